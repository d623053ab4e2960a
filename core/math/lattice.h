/* lattice.h - crystals: which sites lie in a box, and which sublattice of an ordered structure each belongs to.
 *
 * Sites are named by half cells (h, k, l): the site is at a/2 (h, k, l) in the axes of the crystal. fcc has those with
 * h + k + l even, bcc those with h, k, l all even or all odd. An ordered structure marks some of the sites of its parent
 * lattice as the ordered sublattice, where the ordering species prefers to sit. */
#ifndef OA_MATH_LATTICE_H
#define OA_MATH_LATTICE_H

#include "base/context.h"

typedef enum oa_parent { OA_FCC, OA_BCC } oa_parent;

/* One row per structure; the order is fixed, as numbers of structures are written to files. */
typedef struct oa_structure {
    const char *name;
    oa_parent parent;
    double share; /* of the sites that are ordered; 0: a plain crystal */
    bool (*is_ordered)(int32_t h, int32_t k, int32_t l); /* NULL: none is */
    const char *help;
} oa_structure;

extern const oa_structure oa_structures[]; /* ends with a NULL name */
const oa_structure *oa_structure__find(const char *name); /* NULL: no such structure */
unsigned oa_structure__number(const oa_structure *structure);

/* Translations of the parent lattice that turn an ordered domain into its antiphase variants. */
enum { OA_TRANSLATIONS = 8 };
extern const int32_t oa_translations[2][OA_TRANSLATIONS][3]; /* [parent] */

typedef struct oa_lattice {
    oa_parent parent;
    double half;       /* nm, a/2 */
    double axes[3][3]; /* axes[row][column]: specimen = axes * crystal, orthogonal */
    double origin[3];  /* nm, where (0, 0, 0) is */
} oa_lattice;

/* direction "001", "011" or "111" along z; then a turn about z and, last, a tilt of the whole about y, both in degrees. */
oa_status oa_lattice__make(oa_context *context, oa_parent parent, double lattice_parameter, const char *direction,
                           double rotation, double tilt, oa_lattice *out) OA_MUST_USE;

typedef struct oa_site {
    int32_t h, k, l;
    double x, y, z;
} oa_site;
enum { OA_SITE_MAX = 1 << 20 }; /* |h|, |k|, |l| stay below */

typedef oa_status oa_site_fn(void *arg, const oa_site *site);

/* Calls fn for every site of the half-open box xlo,xhi,ylo,yhi,zlo,zhi, in an order that depends on lattice and box
 * only. Boxes that share a face share no site and lose none. E_PARAMETER_RANGE where the box is too far out to number. */
oa_status oa_lattice__each(oa_context *context, const oa_lattice *lattice, const double box[6], oa_site_fn *fn,
                           void *arg) OA_MUST_USE;

/* A number of its own for every site. */
uint64_t oa_site__number(const oa_site *site);

#endif
