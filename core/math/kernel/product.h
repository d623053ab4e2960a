/* product.h - inside of the products: what the kernel sets share.
 *
 * All three products are C (m, n) += A (m, k) B (k, n) with other strides. product.c cuts them into panels of columns and
 * stretches of k, whose part of B is copied into one piece that stays in the first-level cache; a set brings the loop over
 * the rows of such a panel. A chain that is cut in k goes on from C, so cutting changes no byte. */
#ifndef OA_MATH_KERNEL_PRODUCT_H
#define OA_MATH_KERNEL_PRODUCT_H

#include "math/kernel/kernel.h"

/* Element (r, i) of a matrix lies at at[r * row + i * column]. */
typedef struct oa_strides {
    const float *at;
    size_t row, column;
} oa_strides;

enum { OA_PANEL_FLOATS = 8192 }; /* of B, 32 KB at most */

typedef struct oa_product_set {
    size_t columns; /* of a full panel, a multiple of 16 */
    size_t depth;   /* of a stretch of k at most; columns * depth <= OA_PANEL_FLOATS */
    /* C (m, columns) += A (m, k) B (k, columns), one of A's strides 1, columns at most those of a full panel. Rows of B
     * begin every b_step floats and are readable for the whole panel; rows of C every c_step floats. */
    void (*panel)(size_t m, size_t columns, size_t k, oa_strides a, const float *b, size_t b_step, float *c, size_t c_step);
    /* to[i * set columns + u] = from[u * step + i], u < columns, i < k: a panel of a matrix that lies on its side. */
    void (*turn)(float *to, size_t columns, size_t k, const float *from, size_t step);
} oa_product_set;

/* C (m, n) += A (m, k) B (k, n), rows of C without gaps; one of the strides of each A and B is 1. */
void oa_product(const oa_product_set *set, size_t m, size_t n, size_t k, oa_strides a, oa_strides b, float *c);

void oa_product_scalar(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);
void oa_product_tn_scalar(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);
void oa_product_nt_scalar(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);
void oa_adam_scalar(size_t n, float *w, float *m, float *v, const float *g, float rate, float b1, float b2, float epsilon);
void oa_convolve_pool_scalar(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel, const float *bias,
                             float *y);
#if defined(__x86_64__)
void oa_product_avx2(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);
void oa_product_tn_avx2(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);
void oa_product_nt_avx2(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);
void oa_adam_avx2(size_t n, float *w, float *m, float *v, const float *g, float rate, float b1, float b2, float epsilon);
void oa_convolve_pool_avx2(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel, const float *bias,
                           float *y);
void oa_product_avx512(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);
void oa_product_tn_avx512(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);
void oa_product_nt_avx512(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);
void oa_adam_avx512(size_t n, float *w, float *m, float *v, const float *g, float rate, float b1, float b2, float epsilon);
void oa_convolve_pool_avx512(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel, const float *bias,
                             float *y);
#endif

#endif
