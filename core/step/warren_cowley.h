/* warren_cowley.h - what the files of the step warren_cowley share: warren_cowley.c says what is wanted,
 * warren_cowley_sets.c reads the pairs, warren_cowley_count.c counts neighbours, warren_cowley_put.c puts results. */
#ifndef OA_STEP_WARREN_COWLEY_H
#define OA_STEP_WARREN_COWLEY_H

#include "math/chance.h"
#include "math/nearest.h"
#include "step/pairs.h"

enum { OA_WC_SHELLS = 31, OA_WC_COLUMNS = 32 };

/* Neighbours of the ions with a type, by label: 0 is every other ion, s + 1 is species s. Centres and neighbours of a pair are sets of species, most
 * of one only; what `pairs` calls species are these sets. Counts of one specimen or draw are
 * (labels, shells, labels): neighbours of the last label, in the shell, of centres of the first. */
typedef struct oa_wc_job {
    const oa_ions *ions;
    oa_pair_list pairs;
    uint64_t *members;        /* (pairs.n_species) labels of each set: bit s + 1 for species s */
    int n_species;
    char (*species)[OA_ION_NAME]; /* (n_species) of all sets, each once, as first named */
    uint8_t *label_of_type;   /* (types + 1) */
    uint8_t *take;            /* (ions) has a type */
    size_t ranged, labels, shells;
    uint64_t count[OA_CHANCE_LABELS]; /* ions of each label */
    uint64_t seed;
    bool by_rank;             /* shells are the first rank[m] neighbours, else [edge[m], edge[m + 1]) nm */
    size_t rank[OA_WC_SHELLS];
    double edge[OA_WC_SHELLS + 1], period[3]; /* period 0: not periodic */
    size_t layers;            /* of equal thickness along z */
    double lo, hi;            /* of the ions along z */
    /* sorted, by oa_wc__sort */
    oa_nearest nearest;
    oa_cells cells;
    size_t places;
    const uint32_t *row;      /* (places) row of the ion; from ions->n on images of image[row - n] */
    uint32_t *image;
    const float *x, *y, *z;   /* (places) */
    uint8_t *label;           /* (places) of the specimen */
    uint8_t *drawn;           /* (places, OA_WC_COLUMNS) */
} oa_wc_job;

static inline size_t oa_wc__size(const oa_wc_job *job) { return job->labels * job->shells * job->labels; }

/* Reads the pairs, checks their sets and labels the types. E_PARAMETER_VALUE for a set without a name, with a species twice, or that shares some
 * species with the other of its pair but not all; E_SPECIES_UNKNOWN. */
oa_status oa_wc__read_sets(oa_run *run, const char *pairs, oa_wc_job *job) OA_MUST_USE;
/* Sorts the ions, and their images where the box repeats, into memory of the step. */
oa_status oa_wc__sort(oa_run *run, oa_wc_job *job) OA_MUST_USE;
/* Neighbours of the centres in the layers [first, end): counts (end - first, labels, shells, labels), and for each shell the sum of the distances
 * in units of 2^-24 nm, distance (end - first, shells). Both are overwritten. E_PARAMETER_RANGE where shells hold too many ions. */
oa_status oa_wc__count_layers(oa_run *run, const oa_wc_job *job, size_t first, size_t end, uint64_t *counts, uint64_t *distance) OA_MUST_USE;
/* Neighbours with the labels in random order, draws [first, first + n), n <= OA_WC_COLUMNS: counts (n, labels, shells, labels), overwritten. */
oa_status oa_wc__count_draws(oa_run *run, const oa_wc_job *job, size_t first, size_t n, uint64_t *counts) OA_MUST_USE;
/* Puts the layers and the draws of this slab, and, of all of them, the rest. */
oa_status oa_wc__put_profile(oa_run *run, const oa_wc_job *job) OA_MUST_USE;
oa_status oa_wc__put_draws(oa_run *run, oa_wc_job *job, size_t draws) OA_MUST_USE;
oa_status oa_wc__put(oa_run *run, const oa_wc_job *job, size_t draws) OA_MUST_USE;

#endif
