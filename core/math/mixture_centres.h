/* mixture_centres.h - inside of the mixture: how likely a domain has its centre in each cell. */
#ifndef OA_MATH_MIXTURE_CENTRES_H
#define OA_MATH_MIXTURE_CENTRES_H

#include "math/mixture_bank.h"

typedef struct oa_centres {
    oa_context *context;
    oa_arena arena;             /* the bank's */
    oa_bank bank;
    double radius[OA_RADII_MAX];
    uint8_t *mask;              /* (cells) 1: a centre may lie there, as ions are around */
    float *l[OA_RADII_MAX];     /* (cells) by radius: e^L of both signs or, above e^OA_PLAIN, minus its logarithm; after oa_centres_weigh densities of centres */
    uint8_t *plus[OA_RADII_MAX]; /* (cells) of these the share of sign +, of 255 */
    float *e;                   /* (cells) exp Omega */
    double volume;              /* nm^3 of the mask */
    double enough;              /* nm^3 that tell the prior; of a larger mask a sample of blocks is looked at, but for the last step */
    double density, share[OA_RADII_MAX], found; /* after oa_centres_weigh */
} oa_centres;

oa_status oa_centres_begin(oa_arena *arena, oa_centres *out, const oa_field *field, const oa_mixture_prior *prior, double sigma) OA_MUST_USE;
void oa_centres_drop(oa_centres *centres);
/* Fits the prior from `density` and equal shares on (given: takes it as it is), then turns L into densities of centres; found is their sum. */
oa_status oa_centres_weigh(oa_centres *centres, const oa_mixture_prior *given, double density) OA_MUST_USE;

#endif
