/* product_avx2.c - kernels of networks with 8 floats a vector: tiles of C stay in registers while k runs. */
#include <immintrin.h>
#include <string.h>

#include "math/kernel/product.h"
#include "math/kernel/product_turn.h"

enum { WIDE = 8, ROWS = 6, PANEL = 2 * WIDE };
#define INLINED static inline __attribute__((always_inline))

/* Columns of a panel: in one vector or in two, the last of which is masked where the panel is not full. */
typedef struct shape {
    int vectors;
    bool is_masked;
    __m256i mask;
} shape;

INLINED __m256 load(const shape *s, const float *at, int v)
{
    return s->is_masked && v + 1 == s->vectors ? _mm256_maskload_ps(at + v * WIDE, s->mask) : _mm256_loadu_ps(at + v * WIDE);
}

INLINED void store(const shape *s, float *at, int v, __m256 value)
{
    if (s->is_masked && v + 1 == s->vectors) _mm256_maskstore_ps(at + v * WIDE, s->mask, value);
    else _mm256_storeu_ps(at + v * WIDE, value);
}

/* `rows` rows; they, the shape (but for its mask) and which stride is 1 are constants at each call. */
INLINED void tile(const int rows, const shape s, size_t k, const float *a, size_t a_row, size_t a_column, const float *b, size_t b_step,
                  float *c, size_t c_step)
{
    __m256 sum[ROWS][2];
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) sum[r][v] = load(&s, c + (size_t)r * c_step, v);
    for (size_t i = 0; i < k; i++, b += b_step, a += a_column) {
        __m256 row[2];
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) row[v] = _mm256_loadu_ps(b + v * WIDE);
#pragma GCC unroll 6
        for (int r = 0; r < rows; r++) {
            const __m256 x = _mm256_broadcast_ss(a + (size_t)r * a_row);
#pragma GCC unroll 2
            for (int v = 0; v < s.vectors; v++) sum[r][v] = _mm256_fmadd_ps(x, row[v], sum[r][v]);
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) store(&s, c + (size_t)r * c_step, v, sum[r][v]);
}

/* All rows of a panel. What a tile of C takes from memory comes while the one before is computed. */
INLINED void rows_of(const shape s, size_t m, size_t k, const float *a, size_t a_row, size_t a_column, const float *b, size_t b_step, float *c,
                     size_t c_step)
{
    size_t r = 0;
    for (; r + ROWS <= m; r += ROWS, a += ROWS * a_row, c += ROWS * c_step) {
        for (size_t ahead = ROWS; ahead < 2 * ROWS && r + ahead < m; ahead++) _mm_prefetch((const char *)(c + ahead * c_step), _MM_HINT_T0);
        tile(ROWS, s, k, a, a_row, a_column, b, b_step, c, c_step);
    }
    for (; r + 4 <= m; r += 4, a += 4 * a_row, c += 4 * c_step) tile(4, s, k, a, a_row, a_column, b, b_step, c, c_step);
    for (; r + 2 <= m; r += 2, a += 2 * a_row, c += 2 * c_step) tile(2, s, k, a, a_row, a_column, b, b_step, c, c_step);
    if (r < m) tile(1, s, k, a, a_row, a_column, b, b_step, c, c_step);
}

INLINED void either_way(const shape s, size_t m, size_t k, oa_strides a, const float *b, size_t b_step, float *c, size_t c_step)
{
    if (a.column == 1) rows_of(s, m, k, a.at, a.row, 1, b, b_step, c, c_step);
    else rows_of(s, m, k, a.at, 1, a.column, b, b_step, c, c_step);
}

static void panel(size_t m, size_t columns, size_t k, oa_strides a, const float *b, size_t b_step, float *c, size_t c_step)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const int left = (int)(columns > WIDE ? columns - WIDE : columns);
    const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(left), lane);
    if (columns == PANEL) either_way((shape){ 2, false, mask }, m, k, a, b, b_step, c, c_step);
    else if (columns > WIDE) either_way((shape){ 2, true, mask }, m, k, a, b, b_step, c, c_step);
    else either_way((shape){ 1, true, mask }, m, k, a, b, b_step, c, c_step);
}

static void turn(float *to, size_t columns, size_t k, const float *from, size_t step)
{
    turn_panel(PANEL, to, columns, k, from, step);
}

static const oa_product_set set = { .columns = PANEL, .depth = 352, .panel = panel, .turn = turn };

void oa_product_avx2(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    oa_product(&set, m, n, k, (oa_strides){ a, a_step, 1 }, (oa_strides){ b, n, 1 }, c);
}

void oa_product_tn_avx2(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    oa_product(&set, k, n, m, (oa_strides){ a, 1, a_step }, (oa_strides){ b, n, 1 }, c);
}

void oa_product_nt_avx2(size_t m, size_t n, size_t k, const float *a, const float *b, float *c)
{
    memset(c, 0, m * k * sizeof *c);
    oa_product(&set, m, k, n, (oa_strides){ a, n, 1 }, (oa_strides){ b, 1, n }, c);
}

void oa_adam_avx2(size_t n, float *w, float *m, float *v, const float *g, float rate, float b1, float b2, float epsilon)
{
    const __m256 keep1 = _mm256_set1_ps(b1), rest1 = _mm256_set1_ps(1 - b1), keep2 = _mm256_set1_ps(b2), rest2 = _mm256_set1_ps(1 - b2);
    const __m256 speed = _mm256_set1_ps(rate), small = _mm256_set1_ps(epsilon);
    size_t i = 0;
    for (; i + WIDE <= n; i += WIDE) {
        const __m256 slope = _mm256_loadu_ps(g + i);
        const __m256 mean = _mm256_add_ps(_mm256_mul_ps(keep1, _mm256_loadu_ps(m + i)), _mm256_mul_ps(rest1, slope));
        const __m256 square = _mm256_mul_ps(_mm256_mul_ps(rest2, slope), slope);
        const __m256 second = _mm256_add_ps(_mm256_mul_ps(keep2, _mm256_loadu_ps(v + i)), square);
        const __m256 step = _mm256_div_ps(_mm256_mul_ps(speed, mean), _mm256_add_ps(_mm256_sqrt_ps(second), small));
        _mm256_storeu_ps(m + i, mean);
        _mm256_storeu_ps(v + i, second);
        _mm256_storeu_ps(w + i, _mm256_sub_ps(_mm256_loadu_ps(w + i), step));
    }
    oa_adam_scalar(n - i, w + i, m + i, v + i, g + i, rate, b1, b2, epsilon);
}

/* ---------------------------------------------------------------------------------------------- convolution and pooling */

enum { PAIRS = 3 };

/* Pooled positions [0, pairs), filters as in the shape. pairs is a constant at each call. */
INLINED void pool_tile(const int pairs, const shape s, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                       const float *bias, float *y)
{
    __m256 sum[2 * PAIRS][2];
#pragma GCC unroll 6
    for (int q = 0; q < 2 * pairs; q++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) sum[q][v] = load(&s, bias, v);
    for (size_t t = 0; t < taps; t++, kernel += filters, x++) {
        __m256 row[2];
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) row[v] = load(&s, kernel, v);
#pragma GCC unroll 6
        for (int q = 0; q < 2 * pairs; q++) {
            const __m256 value = _mm256_broadcast_ss(x + (size_t)q * x_step);
#pragma GCC unroll 2
            for (int v = 0; v < s.vectors; v++) sum[q][v] = _mm256_fmadd_ps(value, row[v], sum[q][v]);
        }
    }
#pragma GCC unroll 3
    for (int p = 0; p < pairs; p++)
#pragma GCC unroll 2
        for (int v = 0; v < s.vectors; v++) {
            const __m256 larger = _mm256_max_ps(sum[2 * p + 1][v], sum[2 * p][v]);
            store(&s, y + (size_t)p * filters, v, _mm256_max_ps(larger, _mm256_setzero_ps()));
        }
}

INLINED void pool_panel(const shape s, size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                        const float *bias, float *y)
{
    size_t p = 0;
    for (; p + PAIRS <= n; p += PAIRS) pool_tile(PAIRS, s, filters, taps, x + 2 * p * x_step, x_step, kernel, bias, y + p * filters);
    for (; p < n; p++) pool_tile(1, s, filters, taps, x + 2 * p * x_step, x_step, kernel, bias, y + p * filters);
}

void oa_convolve_pool_avx2(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel, const float *bias,
                           float *y)
{
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    size_t f = 0;
    for (; f + PANEL <= filters; f += PANEL) pool_panel((shape){ 2, false, lane }, n, filters, taps, x, x_step, kernel + f, bias + f, y + f);
    for (; f < filters; f += WIDE) {
        const int left = filters - f < WIDE ? (int)(filters - f) : WIDE;
        const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(left), lane);
        pool_panel((shape){ 1, true, mask }, n, filters, taps, x, x_step, kernel + f, bias + f, y + f);
    }
}
