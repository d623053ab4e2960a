/* score.h - the parts of the step `score`: what is found and what is true, brought to the rows of the same ions (score.c), and what is said of it beside
 * precision, recall and domains: ranks, thresholds, species, cubes (score_ranks.c). */
#ifndef OA_STEP_SCORE_H
#define OA_STEP_SCORE_H

#include <math.h>

#include "step/step.h"

typedef struct score_params {
    double threshold, found_share, radius_bin;
    int64_t task;
    const char *structure;
} score_params;

typedef struct scoring {
    const score_params *p;
    size_t n;
    const oa_ions *ions;      /* NULL: row i is row i of the truth */
    const uint32_t *domain;   /* (n_truth) */
    size_t n_truth;
    const uint64_t *selected; /* (n_selected) rows */
    size_t n_selected;
    const float *probability; /* (n_probability) of the ions in row[]; NULL: none */
    const uint64_t *row;      /* NULL: of ion 0, 1, ... */
    size_t n_probability;
    const oa_array *by_block; /* (n_probability, blocks) f32; NULL: none */
    const uint32_t *structure; /* (n_truth) and the number that counts; NULL: all count */
    uint32_t wanted;
} scoring;

/* The true domain of an ion, 0 for none that counts. */
static inline uint32_t oa_score__truth(const scoring *s, uint64_t i)
{
    const uint64_t id = s->ions ? oa_ions__evaporation_id(s->ions, i) : i;
    return s->structure && s->structure[id] != s->wanted ? 0 : s->domain[id];
}

static inline uint64_t oa_score__row(const scoring *s, size_t k) { return s->row ? s->row[k] : k; }

static inline double oa_score__ratio(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : 0; }

/* ---- score_ranks.c: each puts what the input allows, and nothing else */

oa_status oa_score__put_auc(oa_run *run, const scoring *s) OA_MUST_USE;     /* and by block */
oa_status oa_score__put_sweep(oa_run *run, const scoring *s) OA_MUST_USE;
oa_status oa_score__put_species(oa_run *run, const scoring *s) OA_MUST_USE;
oa_status oa_score__put_cubes(oa_run *run, const scoring *s) OA_MUST_USE;

#endif
