/* periodic.h - a crystal in a box without ends: its sites by number, the shells of neighbours of each, and pairs of species in them.
 *
 * Positions are counted in half cells, as in lattice.h. Sites are numbered one sublattice after the other, in each z by z and y by y, so that
 * most neighbours lie a constant number of sites away. */
#ifndef OA_MATH_PERIODIC_H
#define OA_MATH_PERIODIC_H

#include "base/context.h"

enum { OA_SHELLS_MAX = 6, OA_VECTORS_MAX = 96, OA_SUBLATTICES_MAX = 4, OA_REACH_MAX = 4 };

typedef struct oa_shell {
    int first, coordination; /* its vectors */
    int square;              /* of the distance, in half cells */
    uint32_t h, k, l;        /* its vector with h >= k >= l >= 0, in half cells; all others are its permutations and signs */
} oa_shell;

/* Division of numbers below 2^31 by one that stays: n * times >> shift (Granlund & Montgomery, PLDI 1994, theorem 4.2). */
typedef struct oa_divisor {
    uint64_t times;
    int shift;
} oa_divisor;

typedef struct oa_periodic {
    uint32_t cells[3], n_cells, n; /* sites: n_cells * sublattices */
    oa_divisor by[3]; /* by cells */
    int sublattices;
    int32_t basis[OA_SUBLATTICES_MAX][3];
    int n_shells, n_vectors;
    oa_shell shell[OA_SHELLS_MAX];
    int32_t vector[OA_VECTORS_MAX][3]; /* shell after shell; each with its opposite */
    /* where a vector leads from a site of a sublattice: cells on each axis, the other sublattice, and (inside the box) sites */
    int32_t step[OA_SUBLATTICES_MAX][OA_VECTORS_MAX][3];
    uint8_t to[OA_SUBLATTICES_MAX][OA_VECTORS_MAX];
    int32_t offset[OA_SUBLATTICES_MAX][OA_VECTORS_MAX];
    uint32_t reach[3]; /* cells that any vector spans at most */
    uint8_t slot[OA_SUBLATTICES_MAX][OA_VECTORS_MAX][3]; /* step + reach */
} oa_periodic;

extern const char *const oa_periodic_names[]; /* fcc, bcc, sc, square (one layer of sc, no neighbours along z); ends with NULL */

/* shells: the nearest 1 ... OA_SHELLS_MAX. E_PARAMETER_RANGE (of `cells`) where a neighbour would be the site itself; E_TOO_MANY_IONS
 * for more than 2^31 - 1 sites. */
oa_status oa_periodic__make(oa_context *context, const char *name, const uint32_t cells[3], int shells, oa_periodic *out) OA_MUST_USE;

/* Where a site lies: its cell and sublattice. */
typedef struct oa_spot {
    uint32_t at[3], sublattice;
} oa_spot;

static inline uint32_t oa_divide(uint32_t n, oa_divisor by) { return (uint32_t)(n * by.times >> by.shift); }

static inline oa_spot oa_periodic_spot(const oa_periodic *crystal, uint32_t site)
{
    const uint32_t nx = crystal->cells[0], ny = crystal->cells[1], nz = crystal->cells[2];
    const uint32_t row = oa_divide(site, crystal->by[0]), layer = oa_divide(row, crystal->by[1]), sublattice = oa_divide(layer, crystal->by[2]);
    return (oa_spot){ { site - row * nx, row - layer * ny, layer - sublattice * nz }, sublattice };
}

/* All neighbours, in the order of the vectors: to (n_vectors). */
void oa_periodic__neighbours(const oa_periodic *crystal, uint32_t site, uint32_t *to);
/* Position of a site in half cells. */
void oa_periodic__place(const oa_periodic *crystal, uint32_t site, int32_t place[3]);
/* The site at a position inside the box; OA_NO_SITE where none is. */
#define OA_NO_SITE UINT32_MAX
uint32_t oa_periodic__site(const oa_periodic *crystal, const int32_t place[3]);

/* Pairs of neighbours in each shell of which one is of species a, the other of species b: pairs (n_shells, n_species, n_species) is
 * overwritten, both triangles alike; a pair that the box closes twice counts twice. species (n) holds 0 ... n_species - 1. */
void oa_periodic__count(const oa_periodic *crystal, const uint8_t *species, int n_species, uint64_t *pairs);

#endif
