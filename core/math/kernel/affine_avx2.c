/* affine_avx2.c - affine and affine_max with 8 floats a vector: six rows of a panel, or four, stay in registers while k runs, and what follows the product
 * (relu, the largest of the rows) happens there too. */
#include <immintrin.h>

#include "math/kernel/affine.h"

enum { WIDE = 8, ROWS = 6 };
#define INLINED static inline __attribute__((always_inline))

/* Columns of a panel that are wanted. */
typedef struct edge {
    bool is_full;
    __m256i mask[2];
} edge;

INLINED edge edge_of(size_t columns)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i n = _mm256_set1_epi32(columns < OA_AFFINE_PANEL ? (int)columns : OA_AFFINE_PANEL);
    return (edge){ columns >= OA_AFFINE_PANEL, { _mm256_cmpgt_epi32(n, lane), _mm256_cmpgt_epi32(n, _mm256_add_epi32(lane, _mm256_set1_epi32(WIDE))) } };
}

INLINED void store(const edge *e, float *at, __m256 low, __m256 high)
{
    if (e->is_full) {
        _mm256_storeu_ps(at, low);
        _mm256_storeu_ps(at + WIDE, high);
    } else {
        _mm256_maskstore_ps(at, e->mask[0], low);
        _mm256_maskstore_ps(at + WIDE, e->mask[1], high);
    }
}

INLINED __m256 after(bool relu, __m256 v) { return relu ? _mm256_max_ps(v, _mm256_setzero_ps()) : v; }

/* The sums of `rows` rows, a constant at each call. */
INLINED void sums(const int rows, size_t k, const float *a, size_t a_step, const float *b, __m256 low, __m256 high, __m256 sum[ROWS][2])
{
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++) sum[r][0] = low, sum[r][1] = high;
    for (size_t i = 0; i < k; i++, b += OA_AFFINE_PANEL, a++) {
        const __m256 b0 = _mm256_loadu_ps(b), b1 = _mm256_loadu_ps(b + WIDE);
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            const __m256 x = _mm256_broadcast_ss(a + (size_t)r * a_step);
            sum[r][0] = _mm256_fmadd_ps(x, b0, sum[r][0]);
            sum[r][1] = _mm256_fmadd_ps(x, b1, sum[r][1]);
        }
    }
}

/* One panel of the weights, with its bias. */
typedef struct panel {
    const float *b;
    __m256 low, high;
    edge edge;
} panel;

INLINED panel panel_of(const oa_affine *p, size_t u)
{
    const __m256 zero = _mm256_setzero_ps();
    return (panel){ p->b + u * p->k, p->bias ? _mm256_loadu_ps(p->bias + u) : zero, p->bias ? _mm256_loadu_ps(p->bias + u + WIDE) : zero, edge_of(p->n - u) };
}

INLINED void tile(const int rows, const oa_affine *p, const panel *l, size_t r, float *c)
{
    __m256 sum[ROWS][2];
    sums(rows, p->k, p->a + r * p->a_step, p->a_step, l->b, l->low, l->high, sum);
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++) store(&l->edge, c + (r + (size_t)i) * p->c_step, after(p->relu, sum[i][0]), after(p->relu, sum[i][1]));
}

/* Tiles of two rows keep the multipliers waiting: two rows more than sixes are two fours instead. */
static size_t sixes(size_t m)
{
    const size_t left = m % ROWS;
    return left == 2 && m > ROWS ? m - left - ROWS : m - left;
}

void oa_affine_avx2(const oa_affine *p)
{
    const size_t end = sixes(p->m);
    for (size_t u = 0; u < p->n; u += OA_AFFINE_PANEL) {
        const panel l = panel_of(p, u);
        size_t r = 0;
        for (; r < end; r += ROWS) tile(6, p, &l, r, p->c + u);
        for (; r + 4 <= p->m; r += 4) tile(4, p, &l, r, p->c + u);
        for (; r < p->m; r++) tile(1, p, &l, r, p->c + u);
    }
}

/* The largest so far and, where it is wanted, the row that has it. */
typedef struct largest {
    __m256 value[2];
    __m256i at[2];
} largest;

INLINED void tile_max(const int rows, const bool finds, const oa_affine *p, const panel *l, size_t r, size_t in_group, largest *most)
{
    __m256 sum[ROWS][2];
    sums(rows, p->k, p->a + r * p->a_step, p->a_step, l->b, l->low, l->high, sum);
#pragma GCC unroll 6
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < 2; v++) {
            if (in_group == 0 && i == 0) most->value[v] = sum[i][v];
            if (finds) {
                const __m256 larger = _mm256_cmp_ps(sum[i][v], most->value[v], _CMP_GT_OQ);
                most->at[v] = _mm256_blendv_epi8(most->at[v], _mm256_set1_epi32((int)in_group + i), _mm256_castps_si256(larger));
            }
            most->value[v] = _mm256_max_ps(sum[i][v], most->value[v]);
        }
}

INLINED void group(const bool finds, const oa_affine *p, const panel *l, size_t first, largest *most)
{
    const size_t end = sixes(p->rows);
    size_t r = 0;
    for (; r < end; r += ROWS) tile_max(6, finds, p, l, first + r, r, most);
    for (; r + 4 <= p->rows; r += 4) tile_max(4, finds, p, l, first + r, r, most);
    for (; r < p->rows; r++) tile_max(1, finds, p, l, first + r, r, most);
}

void oa_affine_max_avx2(const oa_affine *p)
{
    for (size_t u = 0; u < p->n; u += OA_AFFINE_PANEL) {
        const panel l = panel_of(p, u);
        for (size_t g = 0; g < p->m / p->rows; g++) {
            const size_t to = g * p->c_step + u;
            const __m256i zero = _mm256_setzero_si256();
            largest most = { { l.low, l.high }, { zero, zero } };
            if (p->first) group(true, p, &l, g * p->rows, &most);
            else group(false, p, &l, g * p->rows, &most);
            store(&l.edge, p->c + to, after(p->relu, most.value[0]), after(p->relu, most.value[1]));
            if (p->first) store(&l.edge, (float *)(p->first + to), _mm256_castsi256_ps(most.at[0]), _mm256_castsi256_ps(most.at[1]));
        }
    }
}
