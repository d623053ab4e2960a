/* edges.h - what ordered domains are like, measured at the domains themselves: how far lateral noise has blurred their edges, and how they hold the species. */
#ifndef OA_MATH_EDGES_H
#define OA_MATH_EDGES_H

#include "math/maxima.h"
#include "math/mixture.h"

enum { OA_EDGES_LEAST = 5, OA_EDGES_MOST = 64 }; /* domains */

typedef struct oa_surroundings oa_surroundings; /* ions around the maxima, in shells */

typedef struct oa_edges {
    const oa_tiled *tiled;
    const float *share, *m;      /* (n) of the species around, and P(A) - P(B) of each ion */
    oa_contrast contrast;        /* what domains are taken to hold */
    double width, error;         /* nm; stays as it was where there are fewer than OA_EDGES_LEAST domains; error: where its logarithm has fallen by 1/2, or NaN */
    oa_surroundings *around;     /* from begin to end; NULL where there are fewer domains */
} oa_edges;

/* Takes up to OA_EDGES_MOST of the n maxima, evenly, and the ions within 3.6 nm that no other of the n is nearer to. The list stays the caller's; end is owed
 * after a failure too. */
oa_status oa_edges_begin(oa_edges *edges, const oa_maximum *list, size_t n) OA_MUST_USE;
void oa_edges_end(oa_edges *edges);
/* At each maximum integrates exp L, L = sum_j ln(1 + (even_j + s alpha_j) B(r_j - c)), over the place c and the radius R of the ball B, for widths of its
 * lateral blur from 0.1 to 1.2 nm, and gives the width where the product over the domains is largest, between the widths by a parabola. */
oa_status oa_fit_edges(oa_edges *edges) OA_MUST_USE;
/* At the places and radii where L is largest, shares of the species on the two families of planes by expectation and maximisation (Dempster, Laird, Rubin,
 * J. R. Stat. Soc. B 39 (1977) 1), into contrast.a and .b, a > b; places and radii follow the shares. width is that of the blur. */
oa_status oa_fit_occupancy(oa_edges *edges) OA_MUST_USE;
/* How many of the shells of ions around a maximum, 0.1 nm each, a ball can reach that goes so far. */
size_t oa_edges_shells(double reach);

#endif
