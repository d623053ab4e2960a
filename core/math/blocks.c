/* blocks.c - see blocks.h. */
#include "math/blocks.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "math/statistics.h"

enum { STREAM_FREQUENCY = 0x4651 };

/* Adds `weight` times the binomial distribution of n draws. */
static void add_binomial(double *to, size_t n, double c, double weight)
{
    const double total = oa_log_gamma((double)n + 1), yes = log(c), no = log1p(-c);
    for (size_t k = 0; k <= n; k++)
        to[k] += weight * exp(total - oa_log_gamma((double)k + 1) - oa_log_gamma((double)(n - k) + 1) + (double)k * yes + (double)(n - k) * no);
}

void oa_frequency_expect(const uint64_t *of_size, size_t largest, double c, double *expected)
{
    memset(expected, 0, (largest + 1) * sizeof *expected);
    for (size_t size = 0; size <= largest; size++)
        if (of_size[size]) add_binomial(expected, size, c, (double)of_size[size]);
}

void oa_frequency_count(const oa_blocks *blocks, size_t largest, double *observed)
{
    memset(observed, 0, (largest + 1) * sizeof *observed);
    for (size_t b = 0; b < blocks->n; b++) observed[blocks->hits[b]]++;
}

static double part(double observed, double expected)
{
    return (observed - expected) * (observed - expected) / expected;
}

static double sum(const double *of, size_t first, size_t last)
{
    double total = 0;
    for (size_t k = first; k <= last; k++) total += of[k];
    return total;
}

oa_frequency_test oa_frequency_compare(const double *observed, const double *expected, size_t largest, size_t blocks, double least)
{
    oa_frequency_test t = { .hi = largest, .chi2 = NAN, .p_value = NAN, .mu = NAN };
    double low = expected[0], high = expected[largest];
    while (low < least && t.lo < largest) low += expected[++t.lo];
    while (high < least && t.hi > 0) high += expected[--t.hi];
    if (t.hi < t.lo + 2) return t;
    t.chi2 = part(sum(observed, 0, t.lo), low) + part(sum(observed, t.hi, largest), high);
    for (size_t k = t.lo + 1; k < t.hi; k++) t.chi2 += part(observed[k], expected[k]);
    t.degrees = t.hi - t.lo - 1;
    t.p_value = oa_chi2_tail(t.chi2, t.degrees);
    t.mu = sqrt(t.chi2 / ((double)blocks + t.chi2));
    return t;
}

void oa_frequency_permute(const oa_blocks *blocks, uint64_t total, uint64_t seed, uint64_t draw, uint32_t *hits)
{
    oa_random random = oa_random_start(seed, (uint64_t)STREAM_FREQUENCY << 32 | draw);
    uint64_t left = 0;
    for (size_t b = 0; b < blocks->n; b++) left += blocks->sizes[b];
    for (size_t b = 0; b < blocks->n; b++) {
        hits[b] = 0;
        for (uint32_t i = 0; i < blocks->sizes[b]; i++, left--) {
            const uint32_t is_hit = oa_random_below(&random, left) < total;
            hits[b] += is_hit;
            total -= is_hit;
        }
    }
}
