/* statistics.h - distributions of domain sizes and how they are compared with a random control. */
#ifndef OA_MATH_STATISTICS_H
#define OA_MATH_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/* For qsort: ascending numbers; NaN equals everything. */
int oa_ascending_u32(const void *a, const void *b);
int oa_ascending_f32(const void *a, const void *b);
int oa_ascending_f64(const void *a, const void *b);

/* ln |Gamma(x)| by any thread: lgamma() writes the sign to a variable that all threads share. */
double oa_log_gamma(double x);

/* Counts sizes in bins of `width`; sizes beyond the last bin are pooled in it. counts (n_bins) is overwritten. */
void oa_size_histogram(uint32_t *counts, size_t n_bins, uint64_t width, const uint32_t *sizes, size_t n);

/* How two distributions differ. */
typedef struct oa_size_test {
    double pearson_r; /* over all bins; NaN where one of the two is constant */
    double chi2;      /* sum of (a - c)^2 / c over bins with c >= 1; c is not scaled to the total of a */
    size_t bins_used; /* bins with c >= 1 */
    size_t degrees_of_freedom; /* bins_used - 1; 0 where none is used */
    double p_value;   /* chance of a larger chi2; NaN without degrees of freedom */
    double n;         /* (sum a + sum c) / 2 over all bins */
    double mu;        /* sqrt(chi2 / (chi2 + n)), 0 where both are 0: non-random from 0.25 on */
    double chi2_scaled, mu_scaled; /* the same with c scaled to the total of a over the bins used; bins and n as before */
} oa_size_test;

/* Counts as doubles: a control may be the mean of several. */
oa_size_test oa_size_compare(const double *actual, const double *control, size_t n_bins);

/* NaN where one of the two is constant. */
double oa_pearson(const double *a, const double *b, size_t n);
/* Upper tail of the chi-squared distribution: Q(degrees/2, chi2/2), within 1e-12 relative. */
double oa_chi2_tail(double chi2, size_t degrees);

#endif
