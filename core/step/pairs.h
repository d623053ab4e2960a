/* pairs.h - "Ni-Ni,Co-Cr" of a parameter `pairs`: species of centres and of their neighbours. */
#ifndef OA_STEP_PAIRS_H
#define OA_STEP_PAIRS_H

#include "math/sdm.h"
#include "step/step.h"

typedef struct oa_pair_list {
    size_t n;
    oa_sdm_pair *pair;             /* (n) numbers of species */
    int n_species;
    char (*species)[OA_ION_NAME];  /* (n_species) each once, as first named */
} oa_pair_list;

/* Reads the list, in memory until the step ends; Ni is short for Ni-Ni. E_PARAMETER_VALUE of `pairs` where a name is missing or too
 * long, or where there are more than species_max of them. Whether the ions have such species is not asked here. */
oa_status oa_pairs_read(oa_run *run, const char *text, int species_max, oa_pair_list *out) OA_MUST_USE;
/* The axis `name` of numbers from 0, whose long name says which pair is which: "pair: 0 Ni-Ni, 1 Co-Cr". */
oa_status oa_put_pair_axis(oa_run *run, const char *name, const oa_pair_list *list) OA_MUST_USE;

#endif
