/* synthesise.h - what the files of the step `synthesise` share: its parameters, the crystals they mean, and what was made.
 *
 * synthesise.c reads the parameters and puts what was made; synthesise_box.c makes one specimen, synthesise_cubes.c many small ones. */
#ifndef OA_STEP_SYNTHESISE_H
#define OA_STEP_SYNTHESISE_H

#include "math/lattice.h"
#include "math/spheres.h"
#include "step/alloy.h"

typedef struct synthesise_params {
    const char *preset, *structure;
    double lattice_parameter;
    const char *composition, *ordered_species;
    oa_reals box;
    const char *orientation;
    double rotation, tilt;
    int64_t domains;
    oa_reals radii, stretch;
    double gap;
    const char *domain_structure, *domain_composition;
    double order;
    bool antiphase;
    oa_reals sigma_lateral, sigma_depth, efficiency;
    int64_t cubes;
    oa_reals ordered_fraction, cells, cube_domains, angles;
    const char *noise;
    int64_t seed;
} synthesise_params;

enum { SYNTHESISE_STRUCTURES_MAX = 8 };

/* Shares of the species on both sublattices of a region: [0] ordinary, [1] ordered sites; each sums to 1. */
typedef struct occupancy {
    const oa_structure *structure;
    double share[2][OA_ALLOY_MAX], cumulative[2][OA_ALLOY_MAX];
} occupancy;

typedef struct synthesis {
    oa_context *context;
    const synthesise_params *p;
    oa_alloy alloy;
    int ordering; /* the ordered species */
    oa_lattice lattice;
    occupancy matrix, inside[SYNTHESISE_STRUCTURES_MAX];
    int n_inside;          /* structures of domains, taken in turn */
    double matrix_fraction; /* of the ordered species */
    /* what was made; lists by domain have (spheres.n) rows */
    oa_spheres spheres;
    uint8_t *turn;                /* which of `inside` the domain is */
    atomic_uint_least64_t *atoms; /* sites of the domain */
    uint64_t sites;
    oa_ions *ions;                /* borrowed: put out. x, y, z and type are filled */
    uint32_t *domain;             /* truth/domain */
} synthesis;

/* Shares where x of all sites are held by the ordered species, at the order parameter of p. */
void synthesise_occupy(const synthesis *s, double x, occupancy *out);
/* Share of the ordered species that domains of a structure hold, by the words of domain_composition. */
double synthesise_domain_fraction(const synthesis *s, const oa_structure *structure);
/* Puts n ions with a column of types, and truth/domain: s->ions and s->domain. */
oa_status synthesise_put_ions(oa_run *run, synthesis *s, size_t n) OA_MUST_USE;

/* Each makes the ions, domains, and what else s holds of them. */
oa_status synthesise_make_box(oa_run *run, synthesis *s) OA_MUST_USE;
oa_status synthesise_make_cubes(oa_run *run, synthesis *s) OA_MUST_USE;
/* Parameters that cubes cannot follow: E_PARAMETER_*. */
oa_status synthesise_check_cubes(oa_context *context, const synthesise_params *p) OA_MUST_USE;
/* Bytes that making cubes needs. */
double synthesise_cubes_memory(const synthesise_params *p, int threads);

#endif
