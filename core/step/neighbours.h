/* neighbours.h - what the files of the step neighbours share: neighbours.c measures, neighbours_put.c compares. */
#ifndef OA_STEP_NEIGHBOURS_H
#define OA_STEP_NEIGHBOURS_H

#include "step/pairs.h"

typedef struct neighbours_params {
    const char *pairs;
    int64_t k;
    double bin_width, range, density;
    int64_t draws, seed;
} neighbours_params;

/* What is to be done. */
typedef struct neighbours_job {
    const neighbours_params *p;
    const oa_ions *ions;
    oa_pair_list pairs;  /* none: all ions */
    size_t ranged;       /* ions with a type */
    double density;      /* of them */
    /* of the pair in work */
    const char *name;
    bool is_own;               /* centres are neighbours of each other */
    uint8_t *centre, *other;   /* (ions) marks; the same where is_own */
    size_t centres, others, bins;
} neighbours_job;

static inline size_t oa_neighbours__draws(const neighbours_job *job) { return job->pairs.n ? (size_t)job->p->draws : 0; }
/* Bin of a distance; job->bins: beyond. */
size_t oa_neighbours__bin(const neighbours_job *job, float distance);
/* Compares what all slabs have measured of the pair in work, and puts the rest of the results. */
oa_status oa_neighbours__put(oa_run *run, const neighbours_job *job) OA_MUST_USE;

#endif
