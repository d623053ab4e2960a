/* blas.h - the one door to the matrix library. */
#ifndef OA_MATH_BLAS_H
#define OA_MATH_BLAS_H

#include <stddef.h>

/* One thread inside: the pool of the context is outside. Call once before the first product. */
void oa_blas_setup(void);
const char *oa_blas_name(void); /* "OpenBLAS 0.3.21 SkylakeX" */

/* For checks and measurements: the sums of results are made by math/kernel, in an order that no processor changes.
 * C (m, n) = A (m, k) B (k, n) + beta C, row major without gaps, float32. The sums are those of the library: equal for
 * equal shapes, whatever the row, as long as m is a multiple of 16. */
void oa_blas_multiply(size_t m, size_t n, size_t k, const float *a, const float *b, float beta, float *c);

#endif
