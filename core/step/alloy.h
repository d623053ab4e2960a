/* alloy.h - an alloy as typed, "Co:0.334,Cr:0.333,Ni:0.333", and how its ions look in a mass spectrum. */
#ifndef OA_STEP_ALLOY_H
#define OA_STEP_ALLOY_H

#include "step/step.h"

enum { OA_ALLOY_MAX = 16 };

typedef struct oa_alloy_species {
    char symbol[4];
    unsigned z;
    double fraction;
    int charge;            /* the usual one in atom probe data */
    double mass_to_charge; /* of the most abundant isotope, Da */
} oa_alloy_species;

typedef struct oa_alloy {
    int n;
    oa_alloy_species species[OA_ALLOY_MAX];
} oa_alloy;

/* Fractions must sum to 1 within 0.001 and are scaled to 1. parameter is for messages. */
oa_status oa_alloy__parse(oa_run *run, const char *parameter, const char *text, oa_alloy *out) OA_MUST_USE;
/* Index of a species; E_SPECIES_UNKNOWN where it is not in the alloy. */
oa_status oa_alloy__find(oa_run *run, const oa_alloy *alloy, const char *parameter, const char *symbol, int *out) OA_MUST_USE;
/* Ion types 1...n in the order of the alloy, one narrow range around each; bounds have four decimals, as in .rrng. */
oa_status oa_alloy__ranges(oa_context *context, const oa_alloy *alloy, double atom_volume, oa_ranges **out) OA_MUST_USE;

#endif
