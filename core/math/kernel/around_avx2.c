/* around_avx2.c - what lies around a box and around a point, eight points at a time. Compiled with flags of its own. */
#include "math/kernel/around.h"

#include <immintrin.h>

/* Row m of front: the numbers of the lanes in the set m, a byte each, first to last. */
#define BIT(m, i) ((m) >> (i) & 1u)
#define BELOW2(m) (BIT(m, 0) + BIT(m, 1))
#define BELOW4(m) (BELOW2(m) + BIT(m, 2) + BIT(m, 3))
#define BELOW6(m) (BELOW4(m) + BIT(m, 4) + BIT(m, 5))
#define LANE(m, i, below) (BIT(m, i) ? UINT64_C(i) << 8 * (below) : 0)
#define ROW(m)                                                                                                             \
    (LANE(m, 1, BIT(m, 0)) | LANE(m, 2, BELOW2(m)) | LANE(m, 3, BELOW2(m) + BIT(m, 2)) | LANE(m, 4, BELOW4(m)) |            \
     LANE(m, 5, BELOW4(m) + BIT(m, 4)) | LANE(m, 6, BELOW6(m)) | LANE(m, 7, BELOW6(m) + BIT(m, 6)))
#define ROWS4(m) ROW(m), ROW(m + 1), ROW(m + 2), ROW(m + 3)
#define ROWS16(m) ROWS4(m), ROWS4(m + 4), ROWS4(m + 8), ROWS4(m + 12)
#define ROWS64(m) ROWS16(m), ROWS16(m + 16), ROWS16(m + 32), ROWS16(m + 48)
static const uint64_t front[256] = { ROWS64(0u), ROWS64(64u), ROWS64(128u), ROWS64(192u) };

static inline __m256i lanes_to_front(unsigned mask)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)&front[mask]));
}

static inline unsigned first_lanes(size_t n) { return n < 8 ? (1u << n) - 1 : 0xff; }

static inline void store(uint32_t *to, __m256i v) { _mm256_storeu_si256((__m256i *)(void *)to, v); }
static inline __m256i load(const uint32_t *from) { return _mm256_loadu_si256((const __m256i *)(const void *)from); }

/* ---------------------------------------------------------------------------------------------- around a box */

static inline __m256 beyond(__m256 at, __m256 lo, __m256 hi)
{
    return _mm256_max_ps(_mm256_max_ps(_mm256_sub_ps(lo, at), _mm256_sub_ps(at, hi)), _mm256_setzero_ps());
}

static inline __m256 square(__m256 dx, __m256 dy, __m256 dz)
{
    return _mm256_add_ps(_mm256_add_ps(_mm256_mul_ps(dx, dx), _mm256_mul_ps(dy, dy)), _mm256_mul_ps(dz, dz));
}

bool oa_around_box_avx2(oa_around *out, const oa_around *from, const oa_stretch *stretches, size_t n, const float lo[3], const float hi[3], float reach2)
{
    const __m256 lx = _mm256_set1_ps(lo[0]), ly = _mm256_set1_ps(lo[1]), lz = _mm256_set1_ps(lo[2]);
    const __m256 hx = _mm256_set1_ps(hi[0]), hy = _mm256_set1_ps(hi[1]), hz = _mm256_set1_ps(hi[2]);
    const __m256 limit = _mm256_set1_ps(reach2);
    const __m256i count = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const float *const fx = from->x, *const fy = from->y, *const fz = from->z; /* stores cannot change these */
    const uint32_t *const places = from->place;
    const size_t capacity = out->capacity;
    const oa_around to = *out;
    size_t found = 0;
    for (size_t s = 0; s < n; s++)
        for (size_t i = stretches[s].begin; i < stretches[s].end; i += 8) {
            const __m256 x = _mm256_loadu_ps(fx + i), y = _mm256_loadu_ps(fy + i), z = _mm256_loadu_ps(fz + i);
            const __m256i place = places ? load(places + i) : _mm256_add_epi32(_mm256_set1_epi32((int)i), count);
            const __m256 d2 = square(beyond(x, lx, hx), beyond(y, ly, hy), beyond(z, lz, hz));
            const unsigned in = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(d2, limit, _CMP_LE_OQ)) & first_lanes(stretches[s].end - i);
            const __m256i lanes = lanes_to_front(in);
            _mm256_storeu_ps(to.x + found, _mm256_permutevar8x32_ps(x, lanes));
            _mm256_storeu_ps(to.y + found, _mm256_permutevar8x32_ps(y, lanes));
            _mm256_storeu_ps(to.z + found, _mm256_permutevar8x32_ps(z, lanes));
            store(to.place + found, _mm256_permutevar8x32_epi32(place, lanes));
            found += (size_t)__builtin_popcount(in);
            if (found > capacity) return false;
        }
    out->n = found;
    return true;
}

/* ---------------------------------------------------------------------------------------------- around a point */

size_t oa_around_keys_avx2(uint32_t *keys, const oa_around *around, const float at[3], float reach2, float scale)
{
    const __m256 ax = _mm256_set1_ps(at[0]), ay = _mm256_set1_ps(at[1]), az = _mm256_set1_ps(at[2]);
    const __m256 limit = _mm256_set1_ps(reach2), quanta = _mm256_set1_ps(scale);
    const float *x = around->x, *y = around->y, *z = around->z; /* stores to keys cannot change these */
    const size_t n = around->n;
    __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    size_t found = 0;
    for (size_t i = 0; i < n; i += 8) {
        const __m256 dx = _mm256_sub_ps(ax, _mm256_loadu_ps(x + i)), dy = _mm256_sub_ps(ay, _mm256_loadu_ps(y + i));
        const __m256 d2 = square(dx, dy, _mm256_sub_ps(az, _mm256_loadu_ps(z + i)));
        unsigned in = (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(d2, limit, _CMP_LE_OQ));
        if (n - i < 8) in &= first_lanes(n - i);
        const __m256i key = _mm256_or_si256(_mm256_slli_epi32(_mm256_cvttps_epi32(_mm256_mul_ps(d2, quanta)), OA_AROUND_BITS), number);
        store(keys + found, _mm256_permutevar8x32_epi32(key, lanes_to_front(in)));
        found += (size_t)__builtin_popcount(in);
        number = _mm256_add_epi32(number, _mm256_set1_epi32(8));
    }
    return found;
}

/* ---------------------------------------------------------------------------------------------- sorting */

/* Lower keys to a, higher ones to b, lane by lane. */
#define ORDER(a, b)                                   \
    do {                                              \
        const __m256i low_ = _mm256_min_epu32(a, b);  \
        b = _mm256_max_epu32(a, b);                   \
        a = low_;                                     \
    } while (0)

/* Each lane of the eight vectors ascends (the network of 19 comparisons, Knuth, The Art of Computer Programming 3, 5.3.4). */
static inline void sort_lanes(__m256i v[8])
{
    ORDER(v[0], v[2]); ORDER(v[1], v[3]); ORDER(v[4], v[6]); ORDER(v[5], v[7]);
    ORDER(v[0], v[4]); ORDER(v[1], v[5]); ORDER(v[2], v[6]); ORDER(v[3], v[7]);
    ORDER(v[0], v[1]); ORDER(v[2], v[3]); ORDER(v[4], v[5]); ORDER(v[6], v[7]);
    ORDER(v[2], v[4]); ORDER(v[3], v[5]);
    ORDER(v[1], v[4]); ORDER(v[3], v[6]);
    ORDER(v[1], v[2]); ORDER(v[3], v[4]); ORDER(v[5], v[6]);
}

/* Lane i of vector k becomes lane k of vector i. */
static inline void transpose(__m256i v[8])
{
    __m256i a[8], b[8];
    for (int i = 0; i < 4; i++) {
        a[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
        a[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
    }
    for (int i = 0; i < 2; i++) {
        b[4 * i] = _mm256_unpacklo_epi64(a[4 * i], a[4 * i + 2]);
        b[4 * i + 1] = _mm256_unpackhi_epi64(a[4 * i], a[4 * i + 2]);
        b[4 * i + 2] = _mm256_unpacklo_epi64(a[4 * i + 1], a[4 * i + 3]);
        b[4 * i + 3] = _mm256_unpackhi_epi64(a[4 * i + 1], a[4 * i + 3]);
    }
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x20);
        v[i + 4] = _mm256_permute2x128_si256(b[i], b[i + 4], 0x31);
    }
}

static inline __m256i reverse(__m256i v) { return _mm256_permutevar8x32_epi32(v, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0)); }

/* A vector that goes up and then down, or down and then up, ascends (Batcher 1968). */
static inline __m256i settle(__m256i v)
{
    __m256i w = _mm256_permute2x128_si256(v, v, 0x01);
    v = _mm256_blend_epi32(_mm256_min_epu32(v, w), _mm256_max_epu32(v, w), 0xf0);
    w = _mm256_shuffle_epi32(v, 0x4e);
    v = _mm256_blend_epi32(_mm256_min_epu32(v, w), _mm256_max_epu32(v, w), 0xcc);
    w = _mm256_shuffle_epi32(v, 0xb1);
    return _mm256_blend_epi32(_mm256_min_epu32(v, w), _mm256_max_epu32(v, w), 0xaa);
}

/* Two ascending halves of n vectors become one ascending row; n is a power of two. */
static inline __attribute__((always_inline)) void merge(__m256i *v, int n)
{
    for (int i = 0; i < n / 2; i++) v[n / 2 + i] = reverse(v[n / 2 + i]);
    for (int i = 0; i < n / 4; i++) {
        const __m256i swap = v[n / 2 + i];
        v[n / 2 + i] = v[n - 1 - i];
        v[n - 1 - i] = swap;
    }
    for (int step = n / 2; step > 0; step /= 2)
        for (int i = 0; i < n; i++)
            if (!(i & step)) ORDER(v[i], v[i + step]);
    for (int i = 0; i < n; i++) v[i] = settle(v[i]);
}

static inline void sort64(uint32_t *keys)
{
    __m256i v[8];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) v[i] = load(keys + 8 * i);
    sort_lanes(v);
    transpose(v);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i += 2) merge(v + i, 2);
    merge(v, 4);
    merge(v + 4, 4);
    merge(v, 8);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) store(keys + 8 * i, v[i]);
}

static void merge_many(uint32_t *keys, int n)
{
    __m256i v[OA_AROUND_SORTED_MAX / 8];
    for (int i = 0; i < n; i++) v[i] = load(keys + 8 * i);
    merge(v, n);
    for (int i = 0; i < n; i++) store(keys + 8 * i, v[i]);
}

void oa_around_sort_avx2(uint32_t *keys, size_t n)
{
    const size_t all = n <= 64 ? 64 : n <= 128 ? 128 : 256;
    const __m256i last = _mm256_set1_epi32(-1), count = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    if (n < all) { /* the vector that is partly keys, then whole ones */
        const size_t at = n / 8 * 8;
        const __m256i behind = _mm256_cmpgt_epi32(count, _mm256_set1_epi32((int)(n - at) - 1));
        store(keys + at, _mm256_or_si256(load(keys + at), behind));
        for (size_t i = at + 8; i < all; i += 8) store(keys + i, last);
    }
    for (size_t i = 0; i < all; i += 64) sort64(keys + i);
    for (size_t i = 0; all > 64 && i < all; i += 128) merge_many(keys + i, 16);
    if (all == 256) merge_many(keys, 32);
}
