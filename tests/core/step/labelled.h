/* labelled.h - specimens of points with labels, and p-values that must be spread evenly: for steps that test labels against chance. */
#ifndef ORDAPT_TESTS_LABELLED_H
#define ORDAPT_TESTS_LABELLED_H

#include "core/math/cloud.h"
#include "core/step/step_run.h"

/* Labels 1, 2, 3 are the elements of these atomic numbers, 0 has no type. */
static inline oa_ions *labelled_as(oa_context *context, const cloud *c, const uint8_t *label, const unsigned element[3])
{
    static const float mass[] = { 200, 58, 52, 27 };
    float *m = calloc(c->n, sizeof *m);
    for (size_t i = 0; i < c->n; i++) m[i] = mass[label[i]];
    oa_ions *ions = step_make_ions(context, c->n, c->fx, c->fy, c->fz, m);
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    for (int k = 0; k < 3; k++) step_add_range(r, element[k], 1, (double)mass[k + 1] - 0.1, (double)mass[k + 1] + 0.1);
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (size_t i = 0; i < c->n; i++) type[i] = (uint8_t)oa_ranges__lookup(r, m[i]);
    oa_ions__set_ranges(ions, r);
    free(m);
    return ions;
}

/* Ni, Cr, Al. */
static inline oa_ions *labelled(oa_context *context, const cloud *c, const uint8_t *label) { return labelled_as(context, c, label, (const unsigned[]){ 28, 24, 13 }); }

/* Each of the labels 1 ... labels with the same chance. */
static inline uint8_t *random_labels(size_t n, int labels, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 1);
    uint8_t *label = calloc(n, 1);
    for (size_t i = 0; i < n; i++) label[i] = (uint8_t)(1 + oa_random_below(&random, (uint64_t)labels));
    return label;
}

/* The step, and what ends a merge of its slabs. */
static inline oa_status go(step_run *s)
{
    OA_TRY(step_go(s));
    return s->run.step->finish(&s->run, s->settings->values);
}

enum { SPECIMENS = 500, DRAWS = 19 };

/* Share of p-values up to p / (1 + draws), for every p: as many (Kolmogorov-Smirnov: 1.63 / sqrt(500) at 1 %). */
static inline void check_uniform(const double *p, const char *what)
{
    for (int k = 1; k <= DRAWS + 1; k++) {
        int below = 0;
        for (int i = 0; i < SPECIMENS; i++) below += p[i] * (DRAWS + 1) < k + 0.5;
        const double off = (double)below / SPECIMENS - (double)k / (DRAWS + 1);
        if (fabs(off) > 1.63 / sqrt(SPECIMENS)) fail_msg("%s: %d of %d p-values are at most %g", what, below, SPECIMENS, (double)k / (DRAWS + 1));
    }
}

#endif
