/* scatter.h - sums of waves over points: the direct sum behind a structure factor. */
#ifndef OA_MATH_KERNEL_SCATTER_H
#define OA_MATH_KERNEL_SCATTER_H

#include <stddef.h>

enum { OA_SCATTER_LANES = 8 };

/* out = sum of n cos, n sin, w cos, w sin of 2 pi (q . r) over the points: n and w are two weights of each. `points` is a multiple of
 * OA_SCATTER_LANES; weights of what fills it up are 0. |q . r| < 2^30; each cosine and sine within 1e-15 + 3e-16 |q . r|. Lane l sums points
 * l, l + LANES, ...; then the lanes, ascending: all kernel sets give the same bytes. */
#define OA_SCATTER_ARGUMENTS double out[4], size_t points, const double *x, const double *y, const double *z, const double *n, const double *w, const double q[3]
void oa_scatter_scalar(OA_SCATTER_ARGUMENTS);
#if defined(__x86_64__)
void oa_scatter_avx2(OA_SCATTER_ARGUMENTS);
void oa_scatter_avx512(OA_SCATTER_ARGUMENTS);
#endif

#endif
