/* kernel_avx2.c - kernels for 256-bit vectors. Compiled with flags of its own; nothing else is here. */
#include "math/kernel/around.h"
#include "math/kernel/product.h"

#include <immintrin.h>
#include <string.h>

/* Bits of the lanes that hold one of n points. */
static unsigned first_lanes(size_t n)
{
    return n >= 4 ? 0xfu : (1u << n) - 1;
}

/* Moves the lanes named by mask to the front. */
static inline __m256d compress(__m256d v, unsigned mask)
{
    static const uint8_t order[16][8] = {
        { 0, 1, 2, 3, 4, 5, 6, 7 }, { 0, 1, 2, 3, 4, 5, 6, 7 }, { 2, 3, 2, 3, 4, 5, 6, 7 }, { 0, 1, 2, 3, 4, 5, 6, 7 },
        { 4, 5, 2, 3, 4, 5, 6, 7 }, { 0, 1, 4, 5, 4, 5, 6, 7 }, { 2, 3, 4, 5, 4, 5, 6, 7 }, { 0, 1, 2, 3, 4, 5, 6, 7 },
        { 6, 7, 2, 3, 4, 5, 6, 7 }, { 0, 1, 6, 7, 4, 5, 6, 7 }, { 2, 3, 6, 7, 4, 5, 6, 7 }, { 0, 1, 2, 3, 6, 7, 6, 7 },
        { 4, 5, 6, 7, 4, 5, 6, 7 }, { 0, 1, 4, 5, 6, 7, 6, 7 }, { 2, 3, 4, 5, 6, 7, 6, 7 }, { 0, 1, 2, 3, 4, 5, 6, 7 },
    };
    const __m256i lanes = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)order[mask]));
    return _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(v), lanes));
}

static inline __m256d load_floats(const float *p, __m128i lanes)
{
    return _mm256_cvtps_pd(_mm_maskload_ps(p, lanes));
}

static inline __m256d square_length(__m256d dx, __m256d dy, __m256d dz)
{
    return _mm256_add_pd(_mm256_add_pd(_mm256_mul_pd(dx, dx), _mm256_mul_pd(dy, dy)), _mm256_mul_pd(dz, dz));
}

static size_t gather(double *x, double *y, double *z, size_t n, const float *px, const float *py, const float *pz,
                     const double centre[3], double radius2)
{
    const __m256d cx = _mm256_set1_pd(centre[0]), cy = _mm256_set1_pd(centre[1]), cz = _mm256_set1_pd(centre[2]);
    const __m256d limit = _mm256_set1_pd(radius2);
    size_t found = 0;
    for (size_t i = 0; i < n; i += 4) {
        const unsigned left = n - i < 4 ? (unsigned)(n - i) : 4;
        const __m128i lanes = _mm_cmpgt_epi32(_mm_set1_epi32((int)left), _mm_setr_epi32(0, 1, 2, 3));
        const __m256d vx = load_floats(px + i, lanes), vy = load_floats(py + i, lanes), vz = load_floats(pz + i, lanes);
        const __m256d d2 = square_length(_mm256_sub_pd(vx, cx), _mm256_sub_pd(vy, cy), _mm256_sub_pd(vz, cz));
        const unsigned inside = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(d2, limit, _CMP_LE_OQ)) & first_lanes(left);
        _mm256_storeu_pd(x + found, compress(vx, inside));
        if (y) _mm256_storeu_pd(y + found, compress(vy, inside));
        _mm256_storeu_pd(z + found, compress(vz, inside));
        found += (size_t)__builtin_popcount(inside);
    }
    return found;
}

static uint64_t near(size_t n, const float *x, const float *y, const float *z, const double centre[3], double radius2)
{
    const __m256d cx = _mm256_set1_pd(centre[0]), cy = _mm256_set1_pd(centre[1]), cz = _mm256_set1_pd(centre[2]);
    const __m256d limit = _mm256_set1_pd(radius2);
    uint64_t found = 0;
    for (size_t i = 0; i < n; i += 4) {
        const __m128i lanes = _mm_cmpgt_epi32(_mm_set1_epi32(n - i < 4 ? (int)(n - i) : 4), _mm_setr_epi32(0, 1, 2, 3));
        const __m256d dx = _mm256_sub_pd(load_floats(x + i, lanes), cx), dy = _mm256_sub_pd(load_floats(y + i, lanes), cy);
        const __m256d d2 = square_length(dx, dy, _mm256_sub_pd(load_floats(z + i, lanes), cz));
        const unsigned inside = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(d2, limit, _CMP_LE_OQ)) & first_lanes(n - i);
        found |= (uint64_t)inside << i;
    }
    return found;
}

static inline __m256 offset(const int32_t *k, __m256i centre)
{
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(const void *)k), centre));
}

/* Offsets are exact as integers; where floats leave in doubt which side of the radius a point is on, doubles decide. */
static uint64_t near_steps(size_t n, const int32_t *x, const int32_t *y, const int32_t *z, const int32_t centre[3],
                           const oa_reach *reach)
{
    const __m256i cx = _mm256_set1_epi32(centre[0]), cy = _mm256_set1_epi32(centre[1]), cz = _mm256_set1_epi32(centre[2]);
    const __m256 inside = _mm256_set1_ps(reach->inside), outside = _mm256_set1_ps(reach->outside);
    uint64_t found = 0, maybe = 0;
    for (size_t i = 0; i < n; i += 8) {
        const __m256 dx = offset(x + i, cx), dy = offset(y + i, cy), dz = offset(z + i, cz);
        const __m256 d2 = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy)), _mm256_mul_ps(dz, dz));
        found |= (uint64_t)(unsigned)_mm256_movemask_ps(_mm256_cmp_ps(d2, inside, _CMP_LE_OQ)) << i;
        maybe |= (uint64_t)(unsigned)_mm256_movemask_ps(_mm256_cmp_ps(d2, outside, _CMP_NGT_UQ)) << i;
    }
    const uint64_t all = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
    for (uint64_t open = maybe & ~found & all; open; open &= open - 1) {
        const int i = __builtin_ctzll(open);
        const int32_t point[3] = { x[i], y[i], z[i] };
        found |= (uint64_t)oa_reach_holds(reach, point, centre) << i;
    }
    return found & all;
}

/* Writes the numbers of the lanes in mask, counted from first; whole vectors, what is too much is written over by the next. */
static inline size_t append_lanes(uint32_t *out, uint32_t first, unsigned mask)
{
    static const uint8_t lanes[16][4] = {
        { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 2, 0, 0, 0 }, { 0, 2, 0, 0 }, { 1, 2, 0, 0 }, { 0, 1, 2, 0 },
        { 3, 0, 0, 0 }, { 0, 3, 0, 0 }, { 1, 3, 0, 0 }, { 0, 1, 3, 0 }, { 2, 3, 0, 0 }, { 0, 2, 3, 0 }, { 1, 2, 3, 0 }, { 0, 1, 2, 3 },
    };
    size_t n = 0;
    for (int half = 0; half < 2; half++, mask >>= 4) {
        int32_t bytes;
        memcpy(&bytes, lanes[mask & 15], sizeof bytes);
        const __m128i ids = _mm_add_epi32(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(bytes)), _mm_set1_epi32((int)(first + 4 * (uint32_t)half)));
        _mm_storeu_si128((__m128i *)(void *)(out + n), ids);
        n += (size_t)__builtin_popcount(mask & 15);
    }
    return n;
}

static size_t near_lines(uint32_t *out, size_t enough, const oa_stretch *lines, int n_lines, const int32_t *x, const int32_t *y, const int32_t *z,
                         const int32_t centre[3], const oa_reach *reach)
{
    const __m256i cx = _mm256_set1_epi32(centre[0]), cy = _mm256_set1_epi32(centre[1]), cz = _mm256_set1_epi32(centre[2]);
    const __m256 inside = _mm256_set1_ps(reach->inside), outside = _mm256_set1_ps(reach->outside);
    size_t found = 0;
    for (int line = 0; line < n_lines && found < enough; line++) {
        uint32_t i = lines[line].begin;
        const uint32_t end = lines[line].end;
        do { /* most lines have fewer points than a vector, and none that is near */
            const __m256 dx = offset(x + i, cx), dy = offset(y + i, cy), dz = offset(z + i, cz);
            const __m256 d2 = _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy)), _mm256_mul_ps(dz, dz));
            unsigned maybe = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(d2, outside, _CMP_NGT_UQ));
            if (maybe) {
                maybe &= end - i < 8 ? (1u << (end - i)) - 1 : 0xff;
                unsigned holds = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(d2, inside, _CMP_LE_OQ)) & maybe;
                if (holds != maybe) holds |= oa_reach_settle(reach, maybe & ~holds, x + i, y + i, z + i, centre);
                found += append_lanes(out + found, i, holds);
            }
            if (end - i <= 8) break;
            i += 8;
        } while (found < enough);
    }
    return found;
}

/* Both directions of a pair fall into mirrored bins, so one count per pair is kept, in the lower of the two. Pairs for
 * which that does not hold exactly (on the edge of a bin or of the axis) are counted one by one. */
enum { FOLDED = 120, TRASH = 120, FOLDED_ALL = 128 };

static void count_edges(uint32_t *counts, const oa_axis *axis, unsigned lanes, const double *x, const double *z,
                        double xi, double zi)
{
    for (; lanes; lanes &= lanes - 1) {
        const int lane = __builtin_ctz(lanes);
        const double dx = x[lane] - xi, dz = z[lane] - zi;
        const int64_t there = oa_axis_holds(axis, dx) ? oa_axis_bin(axis, dz) : -1;
        const int64_t back = oa_axis_holds(axis, -dx) ? oa_axis_bin(axis, -dz) : -1;
        if (there >= 0) counts[there]++;
        if (back >= 0) counts[back]++;
    }
}

static void unfold(uint32_t *counts, const oa_axis *axis, const uint32_t *folded)
{
    for (int64_t k = 0; k < axis->kept; k++) {
        const int64_t bin = axis->first + k, mirrored = axis->bins - 1 - bin;
        counts[k] += folded[bin < mirrored ? bin : mirrored];
    }
}

static inline __m256d absolute(__m256d v)
{
    return _mm256_andnot_pd(_mm256_set1_pd(-0.0), v);
}

static void pairs_z(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *z)
{
    if (axis->bins > 2 * FOLDED || axis->bins % 2) {
        oa_kernels_scalar.pairs_z(counts, axis, n, x, z);
        return;
    }
    uint32_t folded[FOLDED_ALL] = { 0 };
    const __m256d half = _mm256_set1_pd(axis->half), scale = _mm256_set1_pd(axis->scale), zero = _mm256_setzero_pd();
    const __m128i mirror = _mm_set1_epi32((int)axis->bins - 1);
    for (size_t i = 0; i + 1 < n; i++) {
        const __m256d xi = _mm256_set1_pd(x[i]), zi = _mm256_set1_pd(z[i]);
        for (size_t j = i + 1; j < n; j += 4) {
            const __m256d dx = _mm256_sub_pd(_mm256_loadu_pd(x + j), xi);
            const __m256d dz = _mm256_sub_pd(_mm256_loadu_pd(z + j), zi);
            const __m256d nonzero = _mm256_and_pd(_mm256_cmp_pd(dx, zero, _CMP_NEQ_OQ), _mm256_cmp_pd(dz, zero, _CMP_NEQ_OQ));
            const unsigned live = (unsigned)_mm256_movemask_pd(nonzero) & first_lanes(n - j);
            const __m128i there = _mm256_cvttpd_epi32(_mm256_mul_pd(_mm256_add_pd(dz, half), scale));
            const __m128i back = _mm256_cvttpd_epi32(_mm256_mul_pd(_mm256_sub_pd(half, dz), scale));
            const __m128i mirrored = _mm_cmpeq_epi32(_mm_add_epi32(there, back), mirror);
            const __m256d on_axis = _mm256_cmp_pd(_mm256_max_pd(absolute(dx), absolute(dz)), half, _CMP_LT_OQ);
            const unsigned regular = live & (unsigned)_mm_movemask_ps(_mm_castsi128_ps(mirrored)) & (unsigned)_mm256_movemask_pd(on_axis);
            if (live != regular) count_edges(counts, axis, live & ~regular, x + j, z + j, x[i], z[i]);
            int bins[4];
            _mm_storeu_si128((__m128i *)(void *)bins, _mm_min_epi32(there, back));
            for (int lane = 0; lane < 4; lane++) folded[regular >> lane & 1 ? bins[lane] : TRASH + lane]++;
        }
    }
    unfold(counts, axis, folded);
}

static void offsets_z(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *y,
                      const double *z, const oa_centre *centre)
{
    const __m256d cx = _mm256_set1_pd(centre->x), cy = _mm256_set1_pd(centre->y), cz = _mm256_set1_pd(centre->z);
    const __m256d half = _mm256_set1_pd(axis->half), scale = _mm256_set1_pd(axis->scale), zero = _mm256_setzero_pd();
    const __m256d below = _mm256_set1_pd(-axis->half), reach2 = _mm256_set1_pd(centre->reach2);
    const __m128i first = _mm_set1_epi32((int)axis->first);
    for (size_t i = 0; i < n; i += 4) {
        __m256d dx = _mm256_sub_pd(_mm256_loadu_pd(x + i), cx), dz = _mm256_sub_pd(_mm256_loadu_pd(z + i), cz);
        const __m256d dy = _mm256_sub_pd(_mm256_loadu_pd(y + i), cy);
        __m256d live = _mm256_cmp_pd(square_length(dx, dy, dz), reach2, _CMP_LE_OQ);
        if (centre->rounded) {
            dx = _mm256_cvtps_pd(_mm256_cvtpd_ps(dx));
            dz = _mm256_cvtps_pd(_mm256_cvtpd_ps(dz));
        }
        live = _mm256_and_pd(live, _mm256_and_pd(_mm256_cmp_pd(dx, zero, _CMP_NEQ_OQ), _mm256_cmp_pd(dz, zero, _CMP_NEQ_OQ)));
        live = _mm256_and_pd(live, _mm256_cmp_pd(_mm256_max_pd(dx, dz), half, _CMP_LT_OQ));
        live = _mm256_and_pd(live, _mm256_cmp_pd(_mm256_min_pd(dx, dz), below, _CMP_GE_OQ));
        int bins[4];
        _mm_storeu_si128((__m128i *)(void *)bins,
                         _mm_sub_epi32(_mm256_cvttpd_epi32(_mm256_mul_pd(_mm256_add_pd(dz, half), scale)), first));
        for (unsigned left = (unsigned)_mm256_movemask_pd(live) & first_lanes(n - i); left; left &= left - 1) {
            const int bin = bins[__builtin_ctz(left)];
            if (bin >= 0 && bin < axis->kept) counts[bin]++;
        }
    }
}

static void convolve(double *out, size_t n, const double *in, const double *taps, size_t width)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __m256d sum = _mm256_setzero_pd();
        for (size_t k = 0; k < width; k++)
            sum = _mm256_add_pd(sum, _mm256_mul_pd(_mm256_set1_pd(taps[k]), _mm256_loadu_pd(in + i + k)));
        _mm256_storeu_pd(out + i, sum);
    }
    oa_kernels_scalar.convolve(out + i, n - i, in + i, taps, width);
}

/* A bin of all curves: eight vectors, since each curve is a chain of dependent additions, and eight chains fill the pipes. */
enum { ROW = OA_CLIP_LANES / 4 };

static void sweep_lanes(double *b, size_t bins)
{
    const __m256d half = _mm256_set1_pd(0.5);
    __m256d left[ROW];
#pragma GCC unroll 8
    for (int k = 0; k < ROW; k++) left[k] = _mm256_loadu_pd(b + 4 * k);
    for (size_t m = 1; m + 1 < bins; m++) {
        double *here = b + m * OA_CLIP_LANES;
#pragma GCC unroll 8
        for (int k = 0; k < ROW; k++) {
            const __m256d mean = _mm256_mul_pd(_mm256_add_pd(left[k], _mm256_loadu_pd(here + OA_CLIP_LANES + 4 * k)), half);
            left[k] = _mm256_min_pd(mean, _mm256_loadu_pd(here + 4 * k));
            _mm256_storeu_pd(here + 4 * k, left[k]);
        }
        __asm__ volatile("" ::: "memory"); /* or gcc keeps the row to the right for the next bin, on the stack: there are no registers left */
    }
}

/* The largest values of all curves in the bins [first, last], against their levels. */
static uint32_t lanes_above(const double *b, size_t first, size_t last, const double *level, __m256d tolerance)
{
    __m256d max[ROW];
    uint32_t above = 0;
#pragma GCC unroll 8
    for (int k = 0; k < ROW; k++) max[k] = _mm256_loadu_pd(b + first * OA_CLIP_LANES + 4 * k);
    for (size_t m = first + 1; m <= last; m++) {
#pragma GCC unroll 8
        for (int k = 0; k < ROW; k++) max[k] = _mm256_max_pd(max[k], _mm256_loadu_pd(b + m * OA_CLIP_LANES + 4 * k));
    }
#pragma GCC unroll 8
    for (int k = 0; k < ROW; k++) {
        const __m256d excess = _mm256_sub_pd(max[k], _mm256_loadu_pd(level + 4 * k));
        above |= (uint32_t)_mm256_movemask_pd(_mm256_cmp_pd(excess, tolerance, _CMP_GT_OQ)) << 4 * k;
    }
    return above;
}

static uint32_t clip(double *b, size_t bins, size_t first, size_t last, const double *level, double tolerance)
{
    sweep_lanes(b, bins);
    return lanes_above(b, first, last, level, _mm256_set1_pd(tolerance));
}

const oa_kernels oa_kernels_avx2 = {
    .name = "avx2",
    .gather = gather,
    .near = near,
    .near_steps = near_steps,
    .near_lines = near_lines,
    .around_box = oa_around_box_avx2,
    .around_keys = oa_around_keys_avx2,
    .around_sort = oa_around_sort_avx2,
    .pairs_z = pairs_z,
    .offsets_z = offsets_z,
    .convolve = convolve,
    .clip = clip,
    .multiply = oa_product_avx2,
    .multiply_tn = oa_product_tn_avx2,
    .multiply_nt = oa_product_nt_avx2,
    .adam = oa_adam_avx2,
    .convolve_pool = oa_convolve_pool_avx2,
    .affine = oa_affine_avx2,
    .affine_max = oa_affine_max_avx2,
    .scatter = oa_scatter_avx2,
    .waves = &oa_waves_avx2,
};
