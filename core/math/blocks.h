/* blocks.h - how often blocks of ions hold 0, 1, 2, ... of a species, against what chance gives (Moody, Stephenson, Ceguerra, Ringer,
 * Microsc. Res. Tech. 71 (2008) 542). */
#ifndef OA_MATH_BLOCKS_H
#define OA_MATH_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* Blocks of ions, and how many of the ions of each are of the species. */
typedef struct oa_blocks {
    size_t n;
    const uint32_t *sizes, *hits; /* (n) hits[b] <= sizes[b] */
} oa_blocks;

/* Blocks with k of the species, k = 0 ... largest, if each ion is of it with probability 0 < c < 1: the sum of the binomial distributions of
 * all blocks. of_size (largest + 1): blocks of each size. expected (largest + 1) is overwritten. */
void oa_frequency_expect(const uint64_t *of_size, size_t largest, double c, double *expected);
/* The same counted. observed (largest + 1) is overwritten. */
void oa_frequency_count(const oa_blocks *blocks, size_t largest, double *observed);

typedef struct oa_frequency_test {
    size_t lo, hi;     /* classes 0 ... lo and hi ... largest are pooled, so that `least` blocks are expected in each */
    double chi2;       /* sum of (observed - expected)^2 / expected over the pooled classes */
    size_t degrees;    /* pooled classes - 2, as the concentration comes from the data; 0: too few classes, the rest is NaN */
    double p_value;    /* chance of a larger chi2 */
    double mu;         /* sqrt(chi2 / (blocks + chi2)), 0 ... 1: comparable between sizes of specimens */
} oa_frequency_test;

oa_frequency_test oa_frequency_compare(const double *observed, const double *expected, size_t largest, size_t blocks, double least);

/* Hits of each block when the labels of all ions are permuted, hits[b] overwritten: `total` of the species among all ions, which are drawn
 * one by one without replacement. Permutation `draw` is a function of seed and draw. */
void oa_frequency_permute(const oa_blocks *blocks, uint64_t total, uint64_t seed, uint64_t draw, uint32_t *hits);

#endif
