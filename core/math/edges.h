/* edges.h - how far lateral noise has blurred the edges of ordered domains, measured at the domains themselves. */
#ifndef OA_MATH_EDGES_H
#define OA_MATH_EDGES_H

#include "math/maxima.h"

enum { OA_EDGES_LEAST = 8, OA_EDGES_MOST = 64 }; /* domains */

/* Takes up to OA_EDGES_MOST of the n maxima, evenly; at each, over the ions that no other of the n is nearer to, integrates exp L,
 * L = sum_j ln(1 + s alpha_j B(r_j - c)), over the place c and the radius R of the ball B, for widths of its lateral blur from 0.1 to 1.2 nm, and
 * returns the width where the product over the domains is largest, between the widths by a parabola. 0 where there are fewer than OA_EDGES_LEAST.
 * alpha as in the mixture; error (may be NULL): where its logarithm has fallen by 1/2. */
oa_status oa_fit_edges(const oa_tiled *tiled, const float *alpha, const oa_maximum *list, size_t n, double *width, double *error) OA_MUST_USE;

#endif
