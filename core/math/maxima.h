/* maxima.h - maxima of a smooth random field at a stated rate of false ones.
 *
 * Maxima of a smooth field above a high level follow the expected Euler characteristic of the set above it (Adler & Taylor, Random Fields
 * and Geometry, 2007; Worsley, Adv. Appl. Prob. 26 (1994) 13, for chi-squared fields; Worsley et al., Hum. Brain Mapp. 4 (1996) 58, for
 * volumes of any shape). Against "independent windows" that is more by a factor of t^2 (t^2 - 1). */
#ifndef OA_MATH_MAXIMA_H
#define OA_MATH_MAXIMA_H

#include "math/contrast.h"

/* Euler characteristic, total mean breadth, half the surface and the volume (nm) of the union of the cells that are not NaN. */
typedef struct oa_measure {
    double mu[4];
} oa_measure;
oa_status oa_measure_cells(const oa_field *field, const float *data, oa_measure *out) OA_MUST_USE;

/* Expected maxima of a chi-squared field of k degrees of freedom above v (Z: k = 1, v = z^2; T: k = 2, v = 2 T), made of white noise blurred by
 * exp(-r^2 / 2 w^2). Meant for v >= 9. */
double oa_expected_maxima(const oa_measure *measure, double width, int k, double v);

typedef struct oa_maximum {
    size_t cell[3];
    double at[3];      /* nm, at most half a cell from its middle */
    double z;          /* signed statistic there; or T */
    double corrected;  /* Z* of the saddlepoint, or again z; sorted by its modulus */
    double amplitude;  /* X / sum G m^2: half the difference of the shares on A and B; NaN for T */
    double chance;     /* expected maxima above */
    double q;          /* smallest rate of false ones at which it is listed */
} oa_maximum;

/* Local maxima of |z| of at least `least` among 26 neighbours (the lower cell of equals), in the order of the cells; place and height by parabolas through the
 * neighbours. The list belongs to the arena. */
oa_status oa_find_maxima(oa_arena *arena, const oa_field *field, const float *z, double least, oa_maximum **out, size_t *n) OA_MUST_USE;

/* Corrects each for the tails of labels that are rare: Lugannani, Rice, Adv. Appl. Prob. 12 (1980) 475; Barndorff-Nielsen, Biometrika 73 (1986) 307.
 * Sums go over the ions themselves. */
oa_status oa_correct_maxima(const oa_labels *labels, const float *m, double width, oa_maximum *list, size_t n) OA_MUST_USE;

/* Sorts by modulus, the largest first, fills chance and q (the running minimum from below of chance over rank: Benjamini & Hochberg over maxima,
 * Schwartzman, Gavrilov, Adler, Ann. Stat. 39 (2011) 3290), and returns how many have q <= rate. */
size_t oa_rank_maxima(const oa_measure *measure, double width, int k, double rate, oa_maximum *list, size_t n);

#endif
