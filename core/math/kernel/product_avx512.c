/* product_avx512.c - kernels of networks with 16 floats a vector: tiles of C stay in registers while k runs. */
#include <immintrin.h>
#include <string.h>

#include "math/kernel/product.h"
#include "math/kernel/product_turn.h"

enum { WIDE = 16, ROWS = 12, PANEL = 2 * WIDE };
#define INLINED static inline __attribute__((always_inline))

/* Columns of a panel: in one vector or in two, the last of which is masked. */
typedef struct shape {
    int vectors;
    __mmask16 mask;
} shape;

INLINED __mmask16 lanes(const shape *s, int v)
{
    return v + 1 == s->vectors ? s->mask : (__mmask16)0xffff;
}

/* `rows` rows; they, the number of vectors and which stride is 1 are constants at each call. */
INLINED void tile(const int rows, const shape s, size_t k, const float *a, size_t a_row, size_t a_column, const float *b, size_t b_step,
                  float *c, size_t c_step)
{
    __m512 sum[ROWS][2];
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) sum[r][v] = _mm512_maskz_loadu_ps(lanes(&s, v), c + (size_t)r * c_step + v * WIDE);
    for (size_t i = 0; i < k; i++, b += b_step, a += a_column) {
        __m512 row[2];
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) row[v] = _mm512_loadu_ps(b + v * WIDE);
#pragma GCC unroll 12
        for (int r = 0; r < rows; r++) {
            const __m512 x = _mm512_set1_ps(a[(size_t)r * a_row]);
#pragma GCC unroll 2
            for (int v = 0; v < s.vectors; v++) sum[r][v] = _mm512_fmadd_ps(x, row[v], sum[r][v]);
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) _mm512_mask_storeu_ps(c + (size_t)r * c_step + v * WIDE, lanes(&s, v), sum[r][v]);
}

/* All rows of a panel. What a tile of C takes from memory comes while the one before is computed. */
INLINED void rows_of(const shape s, size_t m, size_t k, const float *a, size_t a_row, size_t a_column, const float *b, size_t b_step, float *c,
                     size_t c_step)
{
    size_t r = 0;
    for (; r + ROWS <= m; r += ROWS, a += ROWS * a_row, c += ROWS * c_step) {
        for (size_t ahead = ROWS; ahead < 2 * ROWS && r + ahead < m; ahead++)
            for (int v = 0; v < s.vectors; v++) _mm_prefetch((const char *)(c + ahead * c_step + v * WIDE), _MM_HINT_T0);
        tile(ROWS, s, k, a, a_row, a_column, b, b_step, c, c_step);
    }
    for (; r + 4 <= m; r += 4, a += 4 * a_row, c += 4 * c_step) tile(4, s, k, a, a_row, a_column, b, b_step, c, c_step);
    for (; r < m; r++, a += a_row, c += c_step) tile(1, s, k, a, a_row, a_column, b, b_step, c, c_step);
}

INLINED void either_way(const shape s, size_t m, size_t k, oa_strides a, const float *b, size_t b_step, float *c, size_t c_step)
{
    if (a.column == 1) rows_of(s, m, k, a.at, a.row, 1, b, b_step, c, c_step);
    else rows_of(s, m, k, a.at, 1, a.column, b, b_step, c, c_step);
}

static void panel(size_t m, size_t columns, size_t k, oa_strides a, const float *b, size_t b_step, float *c, size_t c_step)
{
    const size_t left = columns > WIDE ? columns - WIDE : columns;
    const __mmask16 mask = (__mmask16)((1u << left) - 1);
    if (columns > WIDE) either_way((shape){ 2, mask }, m, k, a, b, b_step, c, c_step);
    else either_way((shape){ 1, mask }, m, k, a, b, b_step, c, c_step);
}

static void turn(float *to, size_t columns, size_t k, const float *from, size_t step)
{
    turn_panel(PANEL, to, columns, k, from, step);
}

static const oa_product_set set = { .columns = PANEL, .depth = 224, .panel = panel, .turn = turn };

void oa_product_avx512(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    oa_product(&set, m, n, k, (oa_strides){ a, a_step, 1 }, (oa_strides){ b, n, 1 }, c);
}

void oa_product_tn_avx512(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    oa_product(&set, k, n, m, (oa_strides){ a, 1, a_step }, (oa_strides){ b, n, 1 }, c);
}

void oa_product_nt_avx512(size_t m, size_t n, size_t k, const float *a, const float *b, float *c)
{
    memset(c, 0, m * k * sizeof *c);
    oa_product(&set, m, k, n, (oa_strides){ a, n, 1 }, (oa_strides){ b, 1, n }, c);
}

void oa_adam_avx512(size_t n, float *w, float *m, float *v, const float *g, float rate, float b1, float b2, float epsilon)
{
    const __m512 keep1 = _mm512_set1_ps(b1), rest1 = _mm512_set1_ps(1 - b1), keep2 = _mm512_set1_ps(b2), rest2 = _mm512_set1_ps(1 - b2);
    const __m512 speed = _mm512_set1_ps(rate), small = _mm512_set1_ps(epsilon);
    size_t i = 0;
    for (; i + WIDE <= n; i += WIDE) {
        const __m512 slope = _mm512_loadu_ps(g + i);
        const __m512 mean = _mm512_add_ps(_mm512_mul_ps(keep1, _mm512_loadu_ps(m + i)), _mm512_mul_ps(rest1, slope));
        const __m512 square = _mm512_mul_ps(_mm512_mul_ps(rest2, slope), slope);
        const __m512 second = _mm512_add_ps(_mm512_mul_ps(keep2, _mm512_loadu_ps(v + i)), square);
        const __m512 step = _mm512_div_ps(_mm512_mul_ps(speed, mean), _mm512_add_ps(_mm512_sqrt_ps(second), small));
        _mm512_storeu_ps(m + i, mean);
        _mm512_storeu_ps(v + i, second);
        _mm512_storeu_ps(w + i, _mm512_sub_ps(_mm512_loadu_ps(w + i), step));
    }
    oa_adam_scalar(n - i, w + i, m + i, v + i, g + i, rate, b1, b2, epsilon);
}

/* ---------------------------------------------------------------------------------------------- convolution and pooling */

enum { PAIRS = 6 };

/* Pooled positions [0, pairs), filters as in the shape. pairs is a constant at each call. */
INLINED void pool_tile(const int pairs, const shape s, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                       const float *bias, float *y)
{
    __m512 sum[2 * PAIRS][2];
#pragma GCC unroll 12
    for (int q = 0; q < 2 * pairs; q++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) sum[q][v] = _mm512_maskz_loadu_ps(lanes(&s, v), bias + v * WIDE);
    for (size_t t = 0; t < taps; t++, kernel += filters, x++) {
        __m512 row[2];
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) row[v] = _mm512_maskz_loadu_ps(lanes(&s, v), kernel + v * WIDE);
#pragma GCC unroll 12
        for (int q = 0; q < 2 * pairs; q++) {
            const __m512 value = _mm512_set1_ps(x[(size_t)q * x_step]);
#pragma GCC unroll 2
            for (int v = 0; v < s.vectors; v++) sum[q][v] = _mm512_fmadd_ps(value, row[v], sum[q][v]);
        }
    }
#pragma GCC unroll 6
    for (int p = 0; p < pairs; p++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) {
            const __m512 larger = _mm512_max_ps(_mm512_max_ps(sum[2 * p + 1][v], sum[2 * p][v]), _mm512_setzero_ps());
            _mm512_mask_storeu_ps(y + (size_t)p * filters + v * WIDE, lanes(&s, v), larger);
        }
}

INLINED void pool_panel(const shape s, size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                        const float *bias, float *y)
{
    size_t p = 0;
    for (; p + PAIRS <= n; p += PAIRS) pool_tile(PAIRS, s, filters, taps, x + 2 * p * x_step, x_step, kernel, bias, y + p * filters);
    for (; p < n; p++) pool_tile(1, s, filters, taps, x + 2 * p * x_step, x_step, kernel, bias, y + p * filters);
}

void oa_convolve_pool_avx512(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel, const float *bias,
                             float *y)
{
    size_t f = 0;
    for (; f + PANEL <= filters; f += PANEL) pool_panel((shape){ 2, 0xffff }, n, filters, taps, x, x_step, kernel + f, bias + f, y + f);
    for (; f < filters; f += WIDE) {
        const size_t left = filters - f < WIDE ? filters - f : WIDE;
        pool_panel((shape){ 1, (__mmask16)((1u << left) - 1) }, n, filters, taps, x, x_step, kernel + f, bias + f, y + f);
    }
}
