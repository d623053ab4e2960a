/* product_avx2.c - matrix product with 8 floats a vector: tiles of C stay in registers while k runs. */
#include <immintrin.h>

#include "math/kernel/kernel.h"

enum { WIDE = 8, ROWS = 4 };

/* Columns [0, vectors * 8) of `rows` rows of C; the last vector is masked. rows and vectors are constants at each call. */
static inline __attribute__((always_inline)) void tile(const int rows, const int vectors, __m256i mask, size_t n, size_t k,
                                                       const float *a, size_t a_step, const float *b, float *c)
{
    __m256 sum[ROWS][2];
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            const float *from = c + (size_t)r * n + (size_t)v * WIDE;
            sum[r][v] = v + 1 < vectors ? _mm256_loadu_ps(from) : _mm256_maskload_ps(from, mask);
        }
    for (size_t i = 0; i < k; i++, b += n) {
        __m256 row[2];
        row[0] = vectors > 1 ? _mm256_loadu_ps(b) : _mm256_maskload_ps(b, mask);
        if (vectors > 1) row[1] = _mm256_maskload_ps(b + WIDE, mask);
#pragma GCC unroll 4
        for (int r = 0; r < rows; r++) {
            const __m256 x = _mm256_set1_ps(a[(size_t)r * a_step + i]);
#pragma GCC unroll 2
            for (int v = 0; v < vectors; v++) sum[r][v] = _mm256_fmadd_ps(x, row[v], sum[r][v]);
        }
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < vectors; v++) {
            float *to = c + (size_t)r * n + (size_t)v * WIDE;
            if (v + 1 < vectors) _mm256_storeu_ps(to, sum[r][v]);
            else _mm256_maskstore_ps(to, mask, sum[r][v]);
        }
}

/* All rows of one panel of columns. */
static inline __attribute__((always_inline)) void panel(const int vectors, __m256i mask, size_t m, size_t n, size_t k,
                                                        const float *a, size_t a_step, const float *b, float *c)
{
    size_t r = 0;
    for (; r + ROWS <= m; r += ROWS) tile(ROWS, vectors, mask, n, k, a + r * a_step, a_step, b, c + r * n);
    for (; r < m; r++) tile(1, vectors, mask, n, k, a + r * a_step, a_step, b, c + r * n);
}

void oa_product_avx2(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), all = _mm256_set1_epi32(-1);
    size_t u = 0;
    for (; u + 2 * WIDE <= n; u += 2 * WIDE) panel(2, all, m, n, k, a, a_step, b + u, c + u);
    for (; u < n; u += WIDE) {
        const int left = n - u < WIDE ? (int)(n - u) : WIDE;
        panel(1, _mm256_cmpgt_epi32(_mm256_set1_epi32(left), lane), m, n, k, a, a_step, b + u, c + u);
    }
}

/* Pooled positions [0, pairs), 8 filters. pairs is a constant at each call. */
static inline __attribute__((always_inline)) void pool_tile(const int pairs, __m256i mask, size_t filters, size_t taps, const float *x,
                                                            size_t x_step, const float *kernel, __m256 bias, float *y)
{
    __m256 sum[2 * ROWS];
#pragma GCC unroll 8
    for (int q = 0; q < 2 * pairs; q++) sum[q] = bias;
    for (size_t t = 0; t < taps; t++) {
        const __m256 row = _mm256_maskload_ps(kernel + t * filters, mask);
#pragma GCC unroll 8
        for (int q = 0; q < 2 * pairs; q++) sum[q] = _mm256_fmadd_ps(_mm256_set1_ps(x[(size_t)q * x_step + t]), row, sum[q]);
    }
#pragma GCC unroll 4
    for (int p = 0; p < pairs; p++) {
        const __m256 larger = _mm256_max_ps(_mm256_max_ps(sum[2 * p], sum[2 * p + 1]), _mm256_setzero_ps());
        _mm256_maskstore_ps(y + (size_t)p * filters, mask, larger);
    }
}

void oa_convolve_pool_avx2(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                           const float *bias, float *y)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    for (size_t f = 0; f < filters; f += WIDE) {
        const int left = filters - f < WIDE ? (int)(filters - f) : WIDE;
        const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(left), lane);
        const __m256 start = _mm256_maskload_ps(bias + f, mask);
        size_t p = 0;
        for (; p + ROWS <= n; p += ROWS)
            pool_tile(ROWS, mask, filters, taps, x + 2 * p * x_step, x_step, kernel + f, start, y + p * filters + f);
        for (; p < n; p++) pool_tile(1, mask, filters, taps, x + 2 * p * x_step, x_step, kernel + f, start, y + p * filters + f);
    }
}
