/* affine_avx512.c - affine and affine_max with 16 floats a vector: twelve rows and two panels, or one, stay in registers while k runs. */
#include <immintrin.h>

#include "math/kernel/affine.h"

enum { ROWS = 12 };
#define INLINED static inline __attribute__((always_inline))

/* One panel of the weights or two, with their bias and the columns that are wanted. */
typedef struct panels {
    __m512 bias[2];
    const float *b;
    size_t step; /* from one to the next */
    __mmask16 mask[2];
} panels;

INLINED panels panels_of(const oa_affine *p, size_t u)
{
    panels l = { .b = p->b + u * p->k, .step = OA_AFFINE_PANEL * p->k };
    for (size_t v = 0; v < 2; v++) {
        const size_t at = u + v * OA_AFFINE_PANEL, left = at < p->n ? p->n - at : 0;
        l.bias[v] = p->bias && left ? _mm512_loadu_ps(p->bias + at) : _mm512_setzero_ps();
        l.mask[v] = (__mmask16)(left >= OA_AFFINE_PANEL ? 0xffffu : (1u << left) - 1);
    }
    return l;
}

INLINED __m512 after(bool relu, __m512 v) { return relu ? _mm512_max_ps(v, _mm512_setzero_ps()) : v; }

/* The sums of `rows` rows in `n` panels, both constants at each call. */
INLINED void sums(const int rows, const int n, const oa_affine *p, const panels *l, size_t row, __m512 sum[ROWS][2])
{
    const float *a = p->a + row * p->a_step, *b = l->b;
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < n; v++) sum[r][v] = l->bias[v];
    for (size_t i = 0; i < p->k; i++, b += OA_AFFINE_PANEL, a++) {
        __m512 w[2];
#pragma GCC unroll 2
        for (int v = 0; v < n; v++) w[v] = _mm512_loadu_ps(b + (size_t)v * l->step);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            const __m512 x = _mm512_set1_ps(a[(size_t)r * p->a_step]);
#pragma GCC unroll 2
            for (int v = 0; v < n; v++) sum[r][v] = _mm512_fmadd_ps(x, w[v], sum[r][v]);
        }
    }
}

INLINED void tile(const int rows, const int n, const oa_affine *p, const panels *l, size_t r, float *c)
{
    __m512 sum[ROWS][2];
    sums(rows, n, p, l, r, sum);
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int v = 0; v < n; v++) _mm512_mask_storeu_ps(c + (r + (size_t)i) * p->c_step + v * OA_AFFINE_PANEL, l->mask[v], after(p->relu, sum[i][v]));
}

INLINED void rows_of(const int n, const oa_affine *p, const panels *l, float *c)
{
    size_t r = 0;
    for (; r + ROWS <= p->m; r += ROWS) tile(12, n, p, l, r, c);
    for (; r + 4 <= p->m; r += 4) tile(4, n, p, l, r, c);
    for (; r < p->m; r++) tile(1, n, p, l, r, c);
}

void oa_affine_avx512(const oa_affine *p)
{
    for (size_t u = 0; u < p->n; u += 2 * OA_AFFINE_PANEL) {
        const panels l = panels_of(p, u);
        if (p->n - u > OA_AFFINE_PANEL) rows_of(2, p, &l, p->c + u);
        else rows_of(1, p, &l, p->c + u);
    }
}

/* The largest so far and, where it is wanted, the row that has it. */
typedef struct largest {
    __m512 value[2];
    __m512i at[2];
} largest;

INLINED void tile_max(const int rows, const int n, const bool finds, const oa_affine *p, const panels *l, size_t r, size_t in_group, largest *most)
{
    __m512 sum[ROWS][2];
    sums(rows, n, p, l, r, sum);
#pragma GCC unroll 12
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 2
        for (int v = 0; v < n; v++) {
            if (in_group == 0 && i == 0) most->value[v] = sum[i][v];
            const __mmask16 larger = finds ? _mm512_cmp_ps_mask(sum[i][v], most->value[v], _CMP_GT_OQ) : 0;
            if (finds) most->at[v] = _mm512_mask_mov_epi32(most->at[v], larger, _mm512_set1_epi32((int)in_group + i));
            most->value[v] = _mm512_max_ps(sum[i][v], most->value[v]);
        }
}

INLINED void group(const int n, const bool finds, const oa_affine *p, const panels *l, size_t first, largest *most)
{
    size_t r = 0;
    for (; r + ROWS <= p->rows; r += ROWS) tile_max(12, n, finds, p, l, first + r, r, most);
    for (; r + 4 <= p->rows; r += 4) tile_max(4, n, finds, p, l, first + r, r, most);
    for (; r < p->rows; r++) tile_max(1, n, finds, p, l, first + r, r, most);
}

INLINED void groups_of(const int n, const oa_affine *p, const panels *l, size_t u)
{
    for (size_t g = 0; g < p->m / p->rows; g++) {
        const __m512i zero = _mm512_setzero_si512();
        largest most = { { l->bias[0], l->bias[1] }, { zero, zero } };
        if (p->first) group(n, true, p, l, g * p->rows, &most);
        else group(n, false, p, l, g * p->rows, &most);
#pragma GCC unroll 2
        for (int v = 0; v < n; v++) {
            const size_t to = g * p->c_step + u + (size_t)v * OA_AFFINE_PANEL;
            _mm512_mask_storeu_ps(p->c + to, l->mask[v], after(p->relu, most.value[v]));
            if (p->first) _mm512_mask_storeu_epi32(p->first + to, l->mask[v], most.at[v]);
        }
    }
}

void oa_affine_max_avx512(const oa_affine *p)
{
    for (size_t u = 0; u < p->n; u += 2 * OA_AFFINE_PANEL) {
        const panels l = panels_of(p, u);
        if (p->n - u > OA_AFFINE_PANEL) groups_of(2, p, &l, u);
        else groups_of(1, p, &l, u);
    }
}
