/* affine.h - layers that are applied to many rows: products with weights in panels, with what follows them in the same stroke. */
#ifndef OA_MATH_KERNEL_AFFINE_H
#define OA_MATH_KERNEL_AFFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Weights (k, n) lie in panels of so many columns, one after the other: element (i, u) at (u / PANEL * k + i) * PANEL + u % PANEL; the last panel is
 * filled up with zeros, and so is the bias. */
enum { OA_AFFINE_PANEL = 16 };

/* v(r, u) = bias[u] + sum over i < k of a[r a_step + i] b(i, u), the sum one chain of fused multiply-adds, i ascending from the bias (NULL: 0).
 * With relu max(0, v), which is 0 where v is NaN. c must not overlap a. All kernel sets give the same bytes. */
typedef struct oa_affine {
    size_t m, n, k;
    const float *a;
    size_t a_step;
    const float *b, *bias;
    bool relu;
    float *c;
    size_t c_step;
    size_t rows; /* affine_max only: of a group; m is a multiple of it */
    uint32_t *first; /* affine_max only, may be NULL: beside every largest value, at the same place, which row of the group has it */
} oa_affine;

/* affine: c[r c_step + u] = v(r, u). affine_max: c[g c_step + u] is the largest v(r, u) of the rows r of group g, the first of equals; none is NaN. */
void oa_affine_scalar(const oa_affine *p);
void oa_affine_max_scalar(const oa_affine *p);
#if defined(__x86_64__)
void oa_affine_avx2(const oa_affine *p);
void oa_affine_max_avx2(const oa_affine *p);
void oa_affine_avx512(const oa_affine *p);
void oa_affine_max_avx512(const oa_affine *p);
#endif

/* Floats of n columns in panels; (k, n) row major into panels. */
size_t oa_affine_floats(size_t k, size_t n);
void oa_affine_pack(size_t k, size_t n, const float *weights, float *panels);

#endif
