/* mixture.h - the probability of each ion to belong to a compact ordered domain, of either sign (antiphase), by a mixture of blurred
 * balls of several radii at all places of a grid.
 *
 * The label of ion j inside a domain of sign s is likelier by the factor 1 + even_j + s alpha_j than outside, where even_j is 0 unless the composition of
 * domains is known; a domain at c of radius R then has the Bayes factor exp L, L = sum_j ln(1 + (even_j + s alpha_j) B_R(r_j - c)), B_R a ball blurred
 * laterally. A cubic in B makes L three convolutions, on a grid of hats.
 * Density lambda and shares pi_R of the radii are fitted (EM; Dempster, Laird, Rubin, J. R. Stat. Soc. B 39 (1977) 1), one domain at most has its
 * centre in a neighbourhood of R + 0.3 nm, and further rounds look for what the domains found so far leave unexplained. */
#ifndef OA_MATH_MIXTURE_H
#define OA_MATH_MIXTURE_H

#include "math/fft.h"
#include "math/tiled.h"

enum { OA_RADII_MAX = 16, OA_MIXTURE_ROUNDS = 3, OA_MIXTURE_STEPS = 5 };
enum { OA_MIXTURE_FINEST = 10, OA_MIXTURE_DEPTH = 8 }; /* cells of the grid along the edge of a cube, across at most and in depth */

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
    const float *alpha, *even;    /* (n); even NULL: 0 */
    float *plus, *minus;          /* (n) probabilities without the ion's own label, in and out */
    bool is_given;                /* the prior is, and stays */
    oa_mixture_prior prior;       /* of the first round; in: radii, and where given all; out: fitted */
    int rounds;
    double found[OA_MIXTURE_ROUNDS]; /* domains each round has added */
    double volume;                /* nm^3 of places where a centre may lie */
} oa_mixture;

/* Fills plus and minus. The bank of radii is extended by factors of 1.25 while its largest holds more than 0.15 of the domains, unless the prior is given. */
oa_status oa_mixture_fit(oa_mixture *mixture) OA_MUST_USE;

/* Cells across along the edge of a cube, for a lateral blur of sigma nm. */
size_t oa_mixture_cells(double sigma);

/* What domains hold of the species on the two families of planes: a and b where these are known; else as much as is around, p + delta and p - delta with
 * delta = 0.8 min(p, 1 - p), so that a place that is only richer or poorer in the species is no domain. */
typedef struct oa_contrast {
    bool is_known;
    double a, b;
} oa_contrast;

static inline float oa_neutral_delta(float share) { return 0.8f * (share < 0.5f ? share : 1 - share); }

/* alpha and even of an ion. No label is likelier or less likely by more than a factor of 14, so that no single stray ion decides. */
static inline float oa_contrast_alpha(const oa_contrast *c, bool is_species, float share, float m, float *even)
{
    *even = 0;
    if (!c->is_known) return oa_neutral_delta(share) * (is_species ? m / share : -m / (1 - share));
    const float a = (float)c->a, b = (float)c->b, per = 1 / (is_species ? share : 1 - share);
    const float plus = 0.5f * (a * (1 + m) + b * (1 - m)), minus = 0.5f * (a * (1 - m) + b * (1 + m));
    float f[2] = { (is_species ? plus : 1 - plus) * per, (is_species ? minus : 1 - minus) * per };
    for (int s = 0; s < 2; s++) f[s] = f[s] < 0.07f ? 0.07f : f[s] < 14 ? f[s] : 14;
    *even = 0.5f * (f[0] + f[1]) - 1;
    return 0.5f * (f[0] - f[1]);
}

/* P of an ion from plus, minus and its own label. */
static inline float oa_mixture_posterior(float alpha, float even, float plus, float minus)
{
    return (plus * (1 + even + alpha) + minus * (1 + even - alpha)) / (1 + even * (plus + minus) + alpha * (plus - minus));
}

#endif
