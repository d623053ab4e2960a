/* frequency.h - what the files of the step frequency share: frequency.c counts blocks of one species after the other, frequency_pairs.c compares
 * what two of them have in the same blocks. */
#ifndef OA_STEP_FREQUENCY_H
#define OA_STEP_FREQUENCY_H

#include "math/chance.h"
#include "step/step.h"

enum { OA_FREQUENCY_SPECIES = OA_CHANCE_LABELS - 1 };

/* Blocks of ions and what they hold of several species that share no ions. */
typedef struct oa_species_blocks {
    size_t n, species, largest;                   /* largest: ions of the largest block */
    char **words;                                 /* (species) names */
    const uint32_t *sizes;                        /* (n) */
    const uint32_t *hits[OA_FREQUENCY_SPECIES];   /* (species) (n) */
    uint64_t count[OA_CHANCE_LABELS];             /* ions in blocks of every other species, and of each */
    double least;
    size_t draws;
    uint64_t seed;
} oa_species_blocks;

/* Puts what pairs of species have to do with each other into the current task. */
oa_status oa_frequency__put_pairs(oa_run *run, const oa_species_blocks *blocks) OA_MUST_USE;

#endif
