/* scattering.h - what a specimen scatters: structure factors by direct sum, and the diffuse intensity of short-range order. */
#ifndef OA_MATH_SCATTERING_H
#define OA_MATH_SCATTERING_H

#include "base/parallel.h"
#include "math/kernel/kernel.h"

/* Points with two weights each; weights may be NULL for 1. */
typedef struct oa_scatterers {
    size_t n;
    const float *x, *y, *z; /* nm */
    const uint8_t *take;    /* (n) 0: takes no part; NULL: all do */
    const double *weights;  /* (n) */
} oa_scatterers;

/* For every vector |sum exp(i q . r)|^2 over the points that take part, and the same with the weights: squares (n_vectors), weighted (n_vectors;
 * NULL where there are no weights). vectors (n_vectors, 3) in turns per nm (without 2 pi). Bytes do not depend on threads or kernels. */
oa_status oa_diffuse__squares(oa_context *context, const oa_kernels *kernels, const oa_scatterers *points, const double *vectors, size_t n_vectors, double *squares,
                              double *weighted) OA_MUST_USE;

/* A shell of Warren-Cowley parameters on a cubic lattice. */
typedef struct oa_alpha_shell {
    int64_t place[3]; /* half cells; all permutations and signs belong to it */
    double alpha;
} oa_alpha_shell;

/* alpha(q) = 1 + sum over shells and their sites of alpha cos(pi (h l + k m + l n)); hkl in 2 pi / a. In Laue units (Cowley, Phys. Rev. 77 (1950) 669). */
double oa_diffuse_alpha(const oa_alpha_shell *shells, size_t n, const double hkl[3]);

#endif
