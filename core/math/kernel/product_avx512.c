/* product_avx512.c - matrix product with 16 floats a vector: tiles of C stay in registers while k runs. */
#include <immintrin.h>

#include "math/kernel/kernel.h"

enum { WIDE = 16, ROWS = 8 };

/* Columns [0, vectors * 16) of `rows` rows of C; the last vector is masked. rows and vectors are constants at each call. */
static inline __attribute__((always_inline)) void tile(const int rows, const int vectors, __mmask16 mask, size_t n, size_t k,
                                                       const float *a, size_t a_step, const float *b, float *c)
{
    __m512 sum[ROWS][2];
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            sum[r][v] = _mm512_maskz_loadu_ps(v + 1 < vectors ? 0xffff : mask, c + (size_t)r * n + (size_t)v * WIDE);
    for (size_t i = 0; i < k; i++, b += n) {
        __m512 row[2];
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) row[v] = _mm512_maskz_loadu_ps(v + 1 < vectors ? 0xffff : mask, b + (size_t)v * WIDE);
#pragma GCC unroll 8
        for (int r = 0; r < rows; r++) {
            const __m512 x = _mm512_set1_ps(a[(size_t)r * a_step + i]);
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) sum[r][v] = _mm512_fmadd_ps(x, row[v], sum[r][v]);
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++)
            _mm512_mask_storeu_ps(c + (size_t)r * n + (size_t)v * WIDE, v + 1 < vectors ? 0xffff : mask, sum[r][v]);
}

/* All rows of one panel of columns. */
static inline __attribute__((always_inline)) void panel(const int vectors, __mmask16 mask, size_t m, size_t n, size_t k,
                                                        const float *a, size_t a_step, const float *b, float *c)
{
    size_t r = 0;
    for (; r + ROWS <= m; r += ROWS) tile(ROWS, vectors, mask, n, k, a + r * a_step, a_step, b, c + r * n);
    for (; r + 4 <= m; r += 4) tile(4, vectors, mask, n, k, a + r * a_step, a_step, b, c + r * n);
    for (; r < m; r++) tile(1, vectors, mask, n, k, a + r * a_step, a_step, b, c + r * n);
}

void oa_product_avx512(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    size_t u = 0;
    for (; u + 2 * WIDE <= n; u += 2 * WIDE) panel(2, 0xffff, m, n, k, a, a_step, b + u, c + u);
    for (; u < n; u += WIDE) {
        const size_t left = n - u < WIDE ? n - u : WIDE;
        panel(1, (__mmask16)((1u << left) - 1), m, n, k, a, a_step, b + u, c + u);
    }
}

/* Pooled positions [0, pairs), 16 filters. pairs is a constant at each call. */
static inline __attribute__((always_inline)) void pool_tile(const int pairs, __mmask16 mask, size_t filters, size_t taps, const float *x,
                                                            size_t x_step, const float *kernel, __m512 bias, float *y)
{
    __m512 sum[ROWS];
#pragma GCC unroll 8
    for (int q = 0; q < 2 * pairs; q++) sum[q] = bias;
    for (size_t t = 0; t < taps; t++) {
        const __m512 row = _mm512_maskz_loadu_ps(mask, kernel + t * filters);
#pragma GCC unroll 8
        for (int q = 0; q < 2 * pairs; q++) sum[q] = _mm512_fmadd_ps(_mm512_set1_ps(x[(size_t)q * x_step + t]), row, sum[q]);
    }
#pragma GCC unroll 4
    for (int p = 0; p < pairs; p++) {
        const __m512 larger = _mm512_max_ps(_mm512_max_ps(sum[2 * p], sum[2 * p + 1]), _mm512_setzero_ps());
        _mm512_mask_storeu_ps(y + (size_t)p * filters, mask, larger);
    }
}

void oa_convolve_pool_avx512(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                             const float *bias, float *y)
{
    enum { PAIRS = ROWS / 2 };
    for (size_t f = 0; f < filters; f += WIDE) {
        const size_t left = filters - f < WIDE ? filters - f : WIDE;
        const __mmask16 mask = (__mmask16)((1u << left) - 1);
        const __m512 start = _mm512_maskz_loadu_ps(mask, bias + f);
        size_t p = 0;
        for (; p + PAIRS <= n; p += PAIRS)
            pool_tile(PAIRS, mask, filters, taps, x + 2 * p * x_step, x_step, kernel + f, start, y + p * filters + f);
        for (; p < n; p++) pool_tile(1, mask, filters, taps, x + 2 * p * x_step, x_step, kernel + f, start, y + p * filters + f);
    }
}
