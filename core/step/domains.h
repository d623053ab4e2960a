/* domains.h - the parts of the step `domains`: which ions take part and the domains they form (domains_find.c), what is
 * said of each domain (domains_table.c, domains_maps.c), how many there are in which volume (domains_volume.c), and what
 * random controls say (domains_control.c), and where another selection of the same ions agrees (domains_agreement.c). domains.c holds the tables and the order of the work. */
#ifndef OA_STEP_DOMAINS_H
#define OA_STEP_DOMAINS_H

#include "math/dbscan.h"
#include "math/morphology.h"
#include "math/significance.h"
#include "step/step.h"

typedef struct domains_params {
    const char *method, *species;
    double eps;
    int64_t min_points;
    double rounding;
    int64_t size_bin, size_max, draws, seed, bootstrap, shape_min;
    const char *volume;
    oa_reals roi, cube;
    const char *pairs;
    int64_t bins;
    double half_range;
} domains_params;

/* Ions that take part and what became of them. */
typedef struct oa_grouping {
    const oa_ions *ions;
    oa_points points;
    size_t n_ions;    /* that take part */
    uint32_t *domain; /* (points.n) 0: none */
    uint32_t n_domains;
    uint32_t *size;   /* (n_domains + 1) size[0]: ions in no domain */
} oa_grouping;

/* ---- domains_find.c */

/* How many tasks an input has: selections of their own, 1 at least. */
int oa_domains__tasks(const oa_input *input);
/* The input with the selection of one task. */
oa_status oa_domains__task_input(oa_run *run, const oa_input *input, int task, oa_input *out) OA_MUST_USE;
/* is_member (n_types + 1): the types that `species` names. E_NOT_RANGED, E_SPECIES_UNKNOWN. */
oa_status oa_domains__species(oa_run *run, const oa_ions *ions, const char *species, bool **is_member) OA_MUST_USE;
bool oa_domains__takes_all(const oa_run *run, const domains_params *p, const oa_input *input);
/* Coordinates of the ions as domains see them. */
oa_points oa_domains__points(const domains_params *p, const oa_ions *ions);
/* The domains of out->points and their sizes, memory of `arena`. */
oa_status oa_domains__group(oa_arena *arena, const domains_params *p, oa_grouping *out) OA_MUST_USE;
oa_status oa_domains__find(oa_run *run, const domains_params *p, const oa_input *input, oa_grouping *out) OA_MUST_USE;
/* Rows of the ions of domain d: row[start[d - 1]] to row[start[d]], ascending; start (n_domains + 1). */
oa_status oa_domains__rows(oa_run *run, const oa_grouping *g, uint32_t **start, uint32_t **row) OA_MUST_USE;

/* ---- domains_table.c */

oa_status oa_domains__put_membership(oa_run *run, const oa_grouping *g) OA_MUST_USE;
/* Sizes and shapes, and the figures of the summary that follow from them alone. */
oa_status oa_domains__put_table(oa_run *run, const domains_params *p, const oa_grouping *g) OA_MUST_USE;
/* Counts of types and atoms of each domain against those of the ions that could take part (box). Ranged ions only. */
oa_status oa_domains__put_composition(oa_run *run, const domains_params *p, const oa_grouping *g, const double box[6]) OA_MUST_USE;

/* ---- domains_maps.c: z-SDMs of the pairs within each domain */
oa_status oa_domains__put_maps(oa_run *run, const domains_params *p, const oa_grouping *g) OA_MUST_USE;

/* ---- domains_volume.c */

/* The region of interest: roi, or the pixels of the result the input came with, or all ions. */
oa_status oa_domains__box(oa_run *run, const domains_params *p, const oa_input *input, int task, double box[6]) OA_MUST_USE;
oa_status oa_domains__put_volume(oa_run *run, const domains_params *p, const oa_grouping *g, const double box[6]) OA_MUST_USE;

/* ---- domains_control.c */

/* Domains of controls with those of the witness that lie at them, all draws one after the other. */
typedef struct oa_agreement {
    oa_size_list own, partner; /* ions of each domain; of its partner, 0: it has none */
    size_t draws;
} oa_agreement;

/* Domain sizes of the controls of each task: first the slot's, if it is filled, then the drawn ones. */
typedef struct oa_controls {
    int tasks;
    size_t n;            /* controls of a task */
    oa_size_list *sizes; /* (tasks, n) */
    oa_agreement *agreement; /* (tasks) of the drawn ones; empty without a witness */
} oa_controls;
/* E_CONTROL where the two do not hold the same ions at the same places. */
oa_status oa_domains__compare_positions(oa_run *run, const oa_input *input, const oa_input *other) OA_MUST_USE;
/* E_CONTROL where slot `control` holds something else than the input with shuffled types. */
oa_status oa_domains__check_control(oa_run *run, const domains_params *p) OA_MUST_USE;
/* Makes the shuffled controls; those of the slot stay empty until oa_domains__use_control. */
oa_status oa_domains__draw(oa_run *run, const domains_params *p, int tasks, oa_controls *out) OA_MUST_USE;
oa_status oa_domains__use_control(oa_run *run, const domains_params *p, int task, oa_controls *controls) OA_MUST_USE;
/* The size distribution and, where there are controls, what they say of it and of each domain. */
oa_status oa_domains__put_distribution(oa_run *run, const domains_params *p, const oa_grouping *g, const oa_controls *controls, int task) OA_MUST_USE;

/* ---- domains_agreement.c */

/* E_INPUT_KIND, E_CONTROL where slot `witness` holds no selection, or one of other ions. */
oa_status oa_domains__check_witness(oa_run *run) OA_MUST_USE;
/* Adds the domains of a control: bit `bit` of the masks says which ions each of the two selects. */
oa_status oa_domains__match_draw(oa_run *run, const domains_params *p, const oa_ions *ions, const uint8_t *own, const uint8_t *witness, int bit,
                                 oa_agreement *out) OA_MUST_USE;
/* The domains of the witness, where the two agree, and, where controls were drawn, what chance makes of that. Nothing without a witness. */
oa_status oa_domains__put_agreement(oa_run *run, const domains_params *p, const oa_grouping *g, int task, const oa_agreement *controls) OA_MUST_USE;

#endif
