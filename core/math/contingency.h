/* contingency.h - do blocks with many ions of one species hold many or few of another? The table of blocks by both numbers, against that of two
 * independent ones (Pearson's chi-squared of independence), and the correlation of the two. */
#ifndef OA_MATH_CONTINGENCY_H
#define OA_MATH_CONTINGENCY_H

#include <stddef.h>
#include <stdint.h>

enum { OA_MARGIN_CLASSES = 64 };

/* Neighbouring numbers of ions pooled to a class: class k begins at lowest[k], lowest[0] = 0, and ends before the next; the last has no end. */
typedef struct oa_margin {
    size_t n;
    uint32_t lowest[OA_MARGIN_CLASSES];
} oa_margin;

/* Pools both margins of a table - tails from either end, and what is rare between them - until each of its cells is expected to hold `least` > 0
 * blocks, were the two independent: as many classes as that leaves, more of them given up by the margin that has more. a, b (largest + 1): blocks with
 * 0 ... largest ions of the one and the other. Exchanging a and b exchanges rows and columns. A single class where that cannot be. */
void oa_margins_pool(const uint64_t *a, const uint64_t *b, size_t largest, double least, oa_margin *rows, oa_margin *columns);
/* The class of each number, of (largest + 1). */
void oa_margin_classes(const oa_margin *margin, size_t largest, uint8_t *of);

/* Blocks of each cell, table (rows, columns) overwritten; a, b (blocks): ions of each block, classed by row_of and column_of. */
void oa_contingency_count(const uint32_t *a, const uint32_t *b, size_t blocks, const uint8_t *row_of, const uint8_t *column_of, size_t rows, size_t columns, uint32_t *table);

typedef struct oa_contingency_test {
    double chi2;       /* sum of (observed - expected)^2 / expected over the cells */
    size_t degrees;    /* (rows - 1) (columns - 1); 0: a single row or column, the rest is NaN */
    double p_value;    /* chance of a larger chi2 were the two independent */
    double mu;         /* contingency coefficient sqrt(chi2 / (blocks + chi2)) */
} oa_contingency_test;

/* expected: row total x column total / blocks; residual: (observed - expected) / sqrt(expected (1 - share of the row) (1 - share of the column)), a
 * standard normal deviate were the two independent, 0 where that is 0 / 0 (Haberman, Biometrics 29 (1973) 205). Both (rows, columns), or NULL. */
oa_contingency_test oa_contingency_compare(const uint32_t *table, size_t rows, size_t columns, double *expected, double *residual);

/* Pearson's correlation coefficient; NaN where one of the two is the same everywhere. */
double oa_correlation_u32(const uint32_t *a, const uint32_t *b, size_t n);

#endif
