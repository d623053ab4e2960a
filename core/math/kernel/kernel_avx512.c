/* kernel_avx512.c - kernels for 512-bit vectors (F, VL, DQ, BW). Compiled with flags of its own; nothing else is here. */
#include "math/kernel/around.h"
#include "math/kernel/product.h"

#include <immintrin.h>

static __mmask8 first_lanes(size_t n)
{
    return n >= 8 ? 0xff : (__mmask8)((1u << n) - 1);
}

static size_t gather(double *x, double *y, double *z, size_t n, const float *px, const float *py, const float *pz,
                     const double centre[3], double radius2)
{
    const __m512d cx = _mm512_set1_pd(centre[0]), cy = _mm512_set1_pd(centre[1]), cz = _mm512_set1_pd(centre[2]);
    const __m512d limit = _mm512_set1_pd(radius2);
    size_t found = 0;
    for (size_t i = 0; i < n; i += 8) {
        const __mmask8 lanes = first_lanes(n - i);
        const __m512d vx = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, px + i));
        const __m512d vy = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, py + i));
        const __m512d vz = _mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, pz + i));
        const __m512d dx = _mm512_sub_pd(vx, cx), dy = _mm512_sub_pd(vy, cy), dz = _mm512_sub_pd(vz, cz);
        const __m512d d2 = _mm512_add_pd(_mm512_add_pd(_mm512_mul_pd(dx, dx), _mm512_mul_pd(dy, dy)),
                                         _mm512_mul_pd(dz, dz));
        const __mmask8 inside = _mm512_mask_cmp_pd_mask(lanes, d2, limit, _CMP_LE_OQ);
        _mm512_storeu_pd(x + found, _mm512_maskz_compress_pd(inside, vx));
        if (y) _mm512_storeu_pd(y + found, _mm512_maskz_compress_pd(inside, vy));
        _mm512_storeu_pd(z + found, _mm512_maskz_compress_pd(inside, vz));
        found += (size_t)__builtin_popcount(inside);
    }
    return found;
}

static uint64_t near(size_t n, const float *x, const float *y, const float *z, const double centre[3], double radius2)
{
    const __m512d cx = _mm512_set1_pd(centre[0]), cy = _mm512_set1_pd(centre[1]), cz = _mm512_set1_pd(centre[2]);
    const __m512d limit = _mm512_set1_pd(radius2);
    uint64_t found = 0;
    for (size_t i = 0; i < n; i += 8) {
        const __mmask8 lanes = first_lanes(n - i);
        const __m512d dx = _mm512_sub_pd(_mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, x + i)), cx);
        const __m512d dy = _mm512_sub_pd(_mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, y + i)), cy);
        const __m512d dz = _mm512_sub_pd(_mm512_cvtps_pd(_mm256_maskz_loadu_ps(lanes, z + i)), cz);
        const __m512d d2 = _mm512_add_pd(_mm512_add_pd(_mm512_mul_pd(dx, dx), _mm512_mul_pd(dy, dy)),
                                         _mm512_mul_pd(dz, dz));
        found |= (uint64_t)_mm512_mask_cmp_pd_mask(lanes, d2, limit, _CMP_LE_OQ) << i;
    }
    return found;
}

static inline __m512 offset(const int32_t *k, __m512i centre)
{
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_loadu_si512(k), centre));
}

/* Offsets are exact as integers; where floats leave in doubt which side of the radius a point is on, doubles decide. */
static uint64_t near_steps(size_t n, const int32_t *x, const int32_t *y, const int32_t *z, const int32_t centre[3],
                           const oa_reach *reach)
{
    const __m512i cx = _mm512_set1_epi32(centre[0]), cy = _mm512_set1_epi32(centre[1]), cz = _mm512_set1_epi32(centre[2]);
    const __m512 inside = _mm512_set1_ps(reach->inside), outside = _mm512_set1_ps(reach->outside);
    uint64_t found = 0, maybe = 0;
    for (size_t i = 0; i < n; i += 16) {
        const __m512 dx = offset(x + i, cx), dy = offset(y + i, cy), dz = offset(z + i, cz);
        const __m512 d2 = _mm512_add_ps(_mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy)), _mm512_mul_ps(dz, dz));
        found |= (uint64_t)_mm512_cmp_ps_mask(d2, inside, _CMP_LE_OQ) << i;
        maybe |= (uint64_t)_mm512_cmp_ps_mask(d2, outside, _CMP_NGT_UQ) << i;
    }
    const uint64_t all = n < 64 ? (UINT64_C(1) << n) - 1 : UINT64_MAX;
    for (uint64_t open = maybe & ~found & all; open; open &= open - 1) {
        const int i = __builtin_ctzll(open);
        const int32_t point[3] = { x[i], y[i], z[i] };
        found |= (uint64_t)oa_reach_holds(reach, point, centre) << i;
    }
    return found & all;
}

static size_t near_lines(uint32_t *out, size_t enough, const oa_stretch *lines, int n_lines, const int32_t *x, const int32_t *y, const int32_t *z,
                         const int32_t centre[3], const oa_reach *reach)
{
    const __m512i cx = _mm512_set1_epi32(centre[0]), cy = _mm512_set1_epi32(centre[1]), cz = _mm512_set1_epi32(centre[2]);
    const __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    const __m512 inside = _mm512_set1_ps(reach->inside), outside = _mm512_set1_ps(reach->outside);
    size_t found = 0;
    for (int line = 0; line < n_lines && found < enough; line++) {
        uint32_t i = lines[line].begin;
        const uint32_t end = lines[line].end;
        do { /* most lines have fewer points than a vector, and often none, which is found out nowhere else */
            const __mmask16 all = end - i < 16 ? (__mmask16)((1u << (end - i)) - 1) : 0xffff;
            const __m512 dx = offset(x + i, cx), dy = offset(y + i, cy), dz = offset(z + i, cz);
            const __m512 d2 = _mm512_add_ps(_mm512_add_ps(_mm512_mul_ps(dx, dx), _mm512_mul_ps(dy, dy)), _mm512_mul_ps(dz, dz));
            unsigned holds = _mm512_mask_cmp_ps_mask(all, d2, inside, _CMP_LE_OQ);
            const unsigned open = _mm512_mask_cmp_ps_mask(all, d2, outside, _CMP_NGT_UQ) & ~holds;
            if (open) holds |= oa_reach_settle(reach, open, x + i, y + i, z + i, centre);
            const __m512i ids = _mm512_add_epi32(lanes, _mm512_set1_epi32((int)i));
            _mm512_storeu_si512(out + found, _mm512_maskz_compress_epi32((__mmask16)holds, ids));
            found += (size_t)__builtin_popcount(holds);
            if (end - i <= 16) break;
            i += 16;
        } while (found < enough);
    }
    return found;
}

/* Both directions of a pair fall into mirrored bins, so one count per pair is kept, in the lower of the two. Pairs for
 * which that does not hold exactly (on the edge of a bin or of the axis) are counted one by one. */
enum { FOLDED = 128, QUEUE = 512 };

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
    const int64_t half = axis->bins / 2, end = axis->first + axis->kept;
    const int64_t middle = end < half ? end : half;
    int64_t bin = axis->first;
    for (; bin < middle; bin++) counts[bin - axis->first] += folded[bin];
    for (; bin < end; bin++) counts[bin - axis->first] += folded[axis->bins - 1 - bin];
}

/* Bins wait in a queue: counted many at a time, without gaps, one costs little more than its addition in memory. */
static void count_queue(uint32_t *folded, const uint32_t *queue, size_t n)
{
    for (size_t k = 0; k < n; k++) folded[queue[k]]++;
}

static void pairs_z(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *z)
{
    if (axis->bins > 2 * FOLDED || axis->bins % 2) {
        oa_kernels_scalar.pairs_z(counts, axis, n, x, z);
        return;
    }
    uint32_t folded[FOLDED] = { 0 }, queue[QUEUE + 8];
    size_t waiting = 0;
    const __m512d half = _mm512_set1_pd(axis->half), scale = _mm512_set1_pd(axis->scale), zero = _mm512_setzero_pd();
    const __m256i mirror = _mm256_set1_epi32((int)axis->bins - 1);
    for (size_t i = 0; i + 1 < n; i++) {
        const __m512d xi = _mm512_set1_pd(x[i]), zi = _mm512_set1_pd(z[i]);
        for (size_t j = i + 1; j < n; j += 8) {
            const __m512d dx = _mm512_sub_pd(_mm512_loadu_pd(x + j), xi);
            const __m512d dz = _mm512_sub_pd(_mm512_loadu_pd(z + j), zi);
            __mmask8 live = _mm512_mask_cmp_pd_mask(first_lanes(n - j), dx, zero, _CMP_NEQ_OQ);
            live = _mm512_mask_cmp_pd_mask(live, dz, zero, _CMP_NEQ_OQ);
            const __m256i there = _mm512_cvttpd_epi32(_mm512_mul_pd(_mm512_add_pd(dz, half), scale));
            const __m256i back = _mm512_cvttpd_epi32(_mm512_mul_pd(_mm512_sub_pd(half, dz), scale));
            __mmask8 regular = _mm256_mask_cmpeq_epi32_mask(live, _mm256_add_epi32(there, back), mirror);
            regular = _mm512_mask_cmp_pd_mask(regular, _mm512_max_pd(_mm512_abs_pd(dx), _mm512_abs_pd(dz)), half, _CMP_LT_OQ);
            if (live != regular) count_edges(counts, axis, live & ~regular & 0xffu, x + j, z + j, x[i], z[i]);
            _mm256_storeu_si256((__m256i *)(void *)(queue + waiting),
                                _mm256_maskz_compress_epi32(regular, _mm256_min_epi32(there, back)));
            waiting += (size_t)__builtin_popcount(regular);
            if (waiting < QUEUE) continue;
            count_queue(folded, queue, waiting);
            waiting = 0;
        }
    }
    count_queue(folded, queue, waiting);
    unfold(counts, axis, folded);
}

static void offsets_z(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *y,
                      const double *z, const oa_centre *centre)
{
    const __m512d cx = _mm512_set1_pd(centre->x), cy = _mm512_set1_pd(centre->y), cz = _mm512_set1_pd(centre->z);
    const __m512d half = _mm512_set1_pd(axis->half), scale = _mm512_set1_pd(axis->scale), zero = _mm512_setzero_pd();
    const __m512d below = _mm512_set1_pd(-axis->half), reach2 = _mm512_set1_pd(centre->reach2);
    const __m256i first = _mm256_set1_epi32((int)axis->first), kept = _mm256_set1_epi32((int)axis->kept);
    int bins[8];
    for (size_t i = 0; i < n; i += 8) {
        __m512d dx = _mm512_sub_pd(_mm512_loadu_pd(x + i), cx), dz = _mm512_sub_pd(_mm512_loadu_pd(z + i), cz);
        const __m512d dy = _mm512_sub_pd(_mm512_loadu_pd(y + i), cy);
        const __m512d d2 = _mm512_add_pd(_mm512_add_pd(_mm512_mul_pd(dx, dx), _mm512_mul_pd(dy, dy)),
                                         _mm512_mul_pd(dz, dz));
        __mmask8 live = _mm512_mask_cmp_pd_mask(first_lanes(n - i), d2, reach2, _CMP_LE_OQ);
        if (centre->rounded) {
            dx = _mm512_cvtps_pd(_mm512_cvtpd_ps(dx));
            dz = _mm512_cvtps_pd(_mm512_cvtpd_ps(dz));
        }
        live = _mm512_mask_cmp_pd_mask(live, dx, zero, _CMP_NEQ_OQ);
        live = _mm512_mask_cmp_pd_mask(live, dz, zero, _CMP_NEQ_OQ);
        live = _mm512_mask_cmp_pd_mask(live, _mm512_max_pd(dx, dz), half, _CMP_LT_OQ);
        live = _mm512_mask_cmp_pd_mask(live, _mm512_min_pd(dx, dz), below, _CMP_GE_OQ);
        const __m256i bin = _mm256_sub_epi32(_mm512_cvttpd_epi32(_mm512_mul_pd(_mm512_add_pd(dz, half), scale)), first);
        live = _mm256_mask_cmplt_epu32_mask(live, bin, kept);
        _mm256_storeu_si256((__m256i *)(void *)bins, _mm256_maskz_compress_epi32(live, bin));
        for (int k = 0; k < __builtin_popcount(live); k++) counts[bins[k]]++;
    }
}

static void convolve(double *out, size_t n, const double *in, const double *taps, size_t width)
{
    for (size_t i = 0; i < n; i += 8) {
        const __mmask8 lanes = first_lanes(n - i);
        __m512d sum = _mm512_setzero_pd();
        for (size_t k = 0; k < width; k++)
            sum = _mm512_add_pd(sum, _mm512_mul_pd(_mm512_set1_pd(taps[k]), _mm512_maskz_loadu_pd(lanes, in + i + k)));
        _mm512_mask_storeu_pd(out + i, lanes, sum);
    }
}

/* One bin of all curves: four vectors, so that four chains of dependent additions overlap. */
typedef struct bin_row {
    __m512d v[OA_CLIP_LANES / 8];
} bin_row;
enum { ROW = OA_CLIP_LANES / 8 };

static inline bin_row clip_bin(double *b, size_t m, bin_row left)
{
    const __m512d half = _mm512_set1_pd(0.5);
    for (int k = 0; k < ROW; k++) {
        double *here = b + m * OA_CLIP_LANES + 8 * k;
        const __m512d right = _mm512_loadu_pd(here + OA_CLIP_LANES);
        const __m512d mean = _mm512_mul_pd(_mm512_add_pd(left.v[k], right), half);
        left.v[k] = _mm512_min_pd(mean, _mm512_loadu_pd(here));
        _mm512_storeu_pd(here, left.v[k]);
    }
    return left;
}

static uint32_t clip(double *b, size_t bins, size_t first, size_t last, const double *level, double tolerance)
{
    bin_row left, max;
    for (int k = 0; k < ROW; k++) {
        left.v[k] = _mm512_loadu_pd(b + 8 * k);
        max.v[k] = _mm512_set1_pd(-__builtin_inf());
        if (first == 0) max.v[k] = left.v[k];
        if (last + 1 == bins) max.v[k] = _mm512_max_pd(max.v[k], _mm512_loadu_pd(b + last * OA_CLIP_LANES + 8 * k));
    }
    size_t m = 1;
    for (; m < first && m + 1 < bins; m++) left = clip_bin(b, m, left);
    for (; m <= last && m + 1 < bins; m++) {
        left = clip_bin(b, m, left);
        for (int k = 0; k < ROW; k++) max.v[k] = _mm512_max_pd(max.v[k], left.v[k]);
    }
    for (; m + 1 < bins; m++) left = clip_bin(b, m, left);
    uint32_t above = 0;
    for (int k = 0; k < ROW; k++) {
        const __m512d excess = _mm512_sub_pd(max.v[k], _mm512_loadu_pd(level + 8 * k));
        above |= (uint32_t)_mm512_cmp_pd_mask(excess, _mm512_set1_pd(tolerance), _CMP_GT_OQ) << 8 * k;
    }
    return above;
}

const oa_kernels oa_kernels_avx512 = {
    .name = "avx512",
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
    .multiply = oa_product_avx512,
    .multiply_tn = oa_product_tn_avx512,
    .multiply_nt = oa_product_nt_avx512,
    .adam = oa_adam_avx512,
    .convolve_pool = oa_convolve_pool_avx512,
    .affine = oa_affine_avx512,
    .affine_max = oa_affine_max_avx512,
    .scatter = oa_scatter_avx512,
    .waves = &oa_waves_avx512,
};
