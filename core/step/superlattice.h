/* superlattice.h - inside of the step superlattice: what its files share. */
#ifndef OA_STEP_SUPERLATTICE_H
#define OA_STEP_SUPERLATTICE_H

#include "math/edges.h"
#include "math/joint.h"
#include "math/mixture.h"
#include "math/phase.h"
#include "step/step.h"

enum { SUPERLATTICE_MAP_PER = 8 }; /* cells of the map along the edge of a cube: 0.25 nm; maxima lie between them */

typedef struct superlattice_params {
    const char *preset, *species;
    bool joint;
    const char *structure;
    double period;
    oa_reals direction;
    double width, sigma_lateral;
    bool fit_sigma, fit_occupancy;
    oa_reals radii;
    double rate, ion_rate;
    oa_reals prior, occupancy;
} superlattice_params;

/* An ordered structure along a row of the crystal. */
typedef struct superlattice_structure {
    const char *name;
    int planes;         /* atomic planes in a period */
    const char *remark; /* what this reflection can and cannot tell; put into the result */
} superlattice_structure;
const superlattice_structure *oa_superlattice__structure(const char *name);

/* One call: what all species share. */
typedef struct superlattice_job {
    const superlattice_params *params;
    const superlattice_structure *structure;
    const oa_ions *ions;
    char **words;        /* (n_words) species */
    size_t n_words;
    uint8_t *code;       /* (ions) 1: of the species, 0: not, OA_TILED_LEFT_OUT: without a type */
    size_t ranged;
    oa_planes_found planes;
    double period;       /* nm; 0: not known */
    double normal[3];    /* unit vector of the direction */
    oa_tiled tiled;
    oa_plane_phase phase;
    bool is_resolved;    /* planes are, and a period has two of them: Z; else T */
    float *m, *angle;    /* (tiled.n + OA_WAVE_LANES) P(A) - P(B) of the ions or, where planes are not resolved, the phase of the order; the caller's */
} superlattice_job;

/* superlattice_planes.c: from ions to what each knows of the planes (m, or angle); puts the spectrum, the phase map and their summary. */
oa_status oa_superlattice__planes(oa_run *run, superlattice_job *job) OA_MUST_USE;
/* superlattice_map.c: what is held against what; puts the map and its maxima at the stated rate, which belong to the run. */
typedef struct superlattice_map {
    const oa_labels *labels; /* of one species, or */
    const oa_joint *joint;   /* of several */
} superlattice_map;
oa_status oa_superlattice__map(oa_run *run, const superlattice_job *job, const superlattice_map *of, oa_maximum **out, size_t *n) OA_MUST_USE;
/* superlattice_joint.c: all species at once. */
oa_status oa_superlattice__joint(oa_run *run, const superlattice_job *job) OA_MUST_USE;
/* superlattice_posterior.c: measures blur and shares at the n listed domains as asked, fits the mixture and puts the posterior. share: of the species around
 * each ion, (tiled.n + OA_WAVE_LANES); becomes the posterior. */
oa_status oa_superlattice__posterior(oa_run *run, const superlattice_job *job, float *share, const oa_maximum *list, size_t n) OA_MUST_USE;
/* superlattice_put.c: the posterior as rows, and, when all ions are there, what is selected and what the domains hold. */
oa_status oa_superlattice__put_posterior(oa_run *run, const superlattice_job *job, const float *posterior) OA_MUST_USE;
oa_status oa_superlattice__finish(oa_run *run, const superlattice_job *job) OA_MUST_USE;

#endif
