/* mixture.h - the probability of each ion to belong to a compact ordered domain, of either sign (antiphase), by a mixture of blurred
 * balls of several radii at all places of a grid.
 *
 * The label of ion j inside a domain of sign s is likelier by the factor 1 + s alpha_j than outside; a domain at c of radius R then has the
 * Bayes factor exp L, L = sum_j ln(1 + s alpha_j B_R(r_j - c)), B_R a ball blurred laterally. A cubic in B makes L three convolutions.
 * Density lambda and shares pi_R of the radii are fitted (EM; Dempster, Laird, Rubin, J. R. Stat. Soc. B 39 (1977) 1), one domain at most has its
 * centre in a neighbourhood of R + 0.3 nm, and further rounds look for what the domains found so far leave unexplained. */
#ifndef OA_MATH_MIXTURE_H
#define OA_MATH_MIXTURE_H

#include "math/fft.h"
#include "math/tiled.h"

enum { OA_RADII_MAX = 16, OA_MIXTURE_ROUNDS = 3, OA_MIXTURE_STEPS = 5 };

typedef struct oa_mixture_prior {
    double density;               /* lambda, domains a cubic nanometre */
    double share[OA_RADII_MAX];   /* pi_R */
    int n;
    double radius[OA_RADII_MAX];  /* nm, ascending */
} oa_mixture_prior;

typedef struct oa_mixture {
    oa_arena *arena;
    const oa_tiled *tiled;
    double sigma_lateral;         /* nm */
    const float *alpha;           /* (n) */
    float *plus, *minus;          /* (n) probabilities without the ion's own label, in and out */
    bool is_given;                /* the prior is, and stays */
    oa_mixture_prior prior;       /* of the first round; in: radii, and where given all; out: fitted */
    int rounds;
    double found[OA_MIXTURE_ROUNDS]; /* domains each round has added */
    double volume;                /* nm^3 of places where a centre may lie */
} oa_mixture;

/* Fills plus and minus. The bank of radii is extended by factors of 1.25 while its largest holds more than 0.15 of the domains, unless the prior is given. */
oa_status oa_mixture_fit(oa_mixture *mixture) OA_MUST_USE;

/* alpha of the neutral contrast: A holds p + delta, B p - delta of the species, delta = 0.8 min(p, 1 - p). */
static inline float oa_neutral_alpha(bool is_species, float share, float m)
{
    const float delta = 0.8f * (share < 0.5f ? share : 1 - share);
    return is_species ? delta / share * m : -delta / (1 - share) * m;
}

/* P of an ion from plus, minus and its own label. */
static inline float oa_mixture_posterior(float alpha, float plus, float minus)
{
    return (plus * (1 + alpha) + minus * (1 - alpha)) / (1 + alpha * (plus - minus));
}

#endif
