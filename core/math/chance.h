/* chance.h - what chance alone gives: distances in a random cloud of points, labels in random order, and how far an observation lies
 * outside of what random orders give. */
#ifndef OA_MATH_CHANCE_H
#define OA_MATH_CHANCE_H

#include "base/random.h"
#include "math/cells.h"

/* ---- complete spatial randomness: points of `density` per nm^3, each anywhere with the same chance, without an edge ---- */

/* Mean distance to the k-th nearest, nm: Gamma(k + 1/3) / Gamma(k) * (3 / (4 pi density))^(1/3); k >= 1. */
double oa_chance_distance(double density, int k);
/* Share of places whose k-th nearest is nearer than r nm: 1 - exp(-x) (1 + x + ... + x^(k-1) / (k-1)!), x = 4/3 pi density r^3. */
double oa_chance_within(double density, int k, double r);

/* Points per nm^3 inside a specimen of any shape: of the cubes that divide the box of the points and would hold some 64 each, those count that
 * hold half of the median at least and whose six neighbours in the box do too (where there are none, the former alone). 0 where the points
 * fill no volume. */
oa_status oa_chance_density(oa_arena *arena, const oa_points *points, double *out) OA_MUST_USE;

/* ---- labels in random order ---- */

enum { OA_CHANCE_LABELS = 34 };

/* Hands out count[l] times label l, one after the other, every order as likely as any other: a permutation of the labels of a specimen without
 * moving them. Draw number `draw` is a function of seed and draw. */
typedef struct oa_label_draw {
    int n;
    uint64_t left[OA_CHANCE_LABELS], all;
    oa_random random;
} oa_label_draw;
oa_label_draw oa_label_draw_start(const uint64_t *count, int n, uint64_t seed, uint64_t draw);
/* The next label; no more than there are. */
static inline int oa_label_draw_next(oa_label_draw *d)
{
    uint64_t at = oa_random_below(&d->random, d->all--);
    int label = 0;
    while (at >= d->left[label]) at -= d->left[label++];
    d->left[label]--;
    return label;
}

/* ---- an observation among draws ---- */

/* A quantity that was observed once and in each of `draws` random orders. */
typedef struct oa_chance_test {
    double mean, deviation; /* of the draws; deviation of one draw, NaN for fewer than two */
    double z;               /* (observed - mean) / deviation; NaN without a deviation */
    double p_value;         /* two-sided: share of all, the observed among them, that lie as far from the mean of all */
} oa_chance_test;

/* value[0] is observed, value[stride], value[2 stride] ... are the draws. Where all orders are equally likely, p_value <= p happens with probability
 * p at most, for any number of draws. NaN where a value is NaN, or there is no draw. */
oa_chance_test oa_chance_compare(const double *value, size_t stride, size_t draws);
/* The same of n quantities, value (1 + draws, n), in columns (n). */
void oa_chance_compare_all(const double *value, size_t n, size_t draws, double *mean, double *deviation, double *z, double *p_value);
/* Which of n deviations is the largest, whatever its sign; n where all are NaN. */
size_t oa_chance_strongest(const double *z, size_t n);
/* Mean and standard deviation of one draw of n counts, draw (draws, n); the deviation of a single draw is given as 0. */
void oa_chance_spread(const uint32_t *draw, size_t n, size_t draws, double *mean, double *deviation);
/* One p-value for n quantities together, value (1 + draws, n): share of all rows whose largest distance from the mean of all, in deviations,
 * is that of the first row or larger (Westfall & Young 1993, max T). Quantities that do not vary say nothing. scratch (1 + draws). */
double oa_chance_joint(const double *value, size_t n, size_t draws, double *scratch);
/* Share of the values, the first among them, that are at least the first. */
double oa_chance_above(const double *value, size_t draws);

#endif
