/* statistics.c - Pearson's r, chi-squared and its tail, the contingency coefficient mu. */
#define _DEFAULT_SOURCE /* lgamma_r */
#include "math/statistics.h"

#include <math.h>
#include <string.h>

int oa_ascending_u32(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int oa_ascending_f32(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int oa_ascending_f64(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void oa_size_histogram(uint32_t *counts, size_t n_bins, uint64_t width, const uint32_t *sizes, size_t n)
{
    memset(counts, 0, n_bins * sizeof *counts);
    for (size_t i = 0; i < n; i++) {
        const uint64_t bin = sizes[i] / width;
        counts[bin < n_bins ? bin : n_bins - 1]++;
    }
}

double oa_pearson(const double *a, const double *b, size_t n)
{
    double mean_a = 0, mean_b = 0, aa = 0, bb = 0, ab = 0;
    for (size_t i = 0; i < n; i++) {
        mean_a += a[i] / (double)n;
        mean_b += b[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        const double da = a[i] - mean_a, db = b[i] - mean_b;
        aa += da * da;
        bb += db * db;
        ab += da * db;
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

double oa_log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* For whole and half a, Q(a, y) is a finite sum of positive terms, without cancellation:
 *   Q(n, y)       = e^-y sum over k = 0 ... n-1 of y^k / k!
 *   Q(n + 1/2, y) = erfc(sqrt y) + e^-y sum over k = 1 ... n of y^(k-1/2) / Gamma(k + 1/2)
 * The largest term is taken from its logarithm, the others follow by ratios, so that nothing under- or overflows. */
static double gamma_sum(double y, double shift, size_t first, size_t last)
{
    size_t top = (size_t)fmin(fmax(floor(y), (double)first), (double)last); /* terms grow up to k = y */
    const double power = (double)top - shift;
    const double largest = exp(power * log(y) - y - oa_log_gamma(power + 1));
    double sum = largest, term = largest;
    for (size_t k = top; k > first && term > sum * 1e-18; k--) sum += term *= ((double)k - shift) / y;
    term = largest;
    for (size_t k = top + 1; k <= last && term > sum * 1e-18; k++) sum += term *= y / ((double)k - shift);
    return sum;
}

double oa_chi2_tail(double chi2, size_t degrees)
{
    const double y = chi2 / 2;
    if (degrees == 0 || isnan(chi2)) return NAN;
    if (!(y > 0)) return 1;
    if (isinf(y)) return 0;
    const size_t n = degrees / 2;
    double tail = degrees % 2 ? erfc(sqrt(y)) : 0;
    if (degrees % 2 == 0) tail += gamma_sum(y, 0, 0, n - 1);
    else if (n > 0) tail += gamma_sum(y, 0.5, 1, n);
    return fmin(tail, 1);
}

static double mu_of(double chi2, double n) { return chi2 > 0 ? sqrt(chi2 / (chi2 + n)) : 0; }

/* The control scaled to the total of the actual sizes, both over the bins that are used. */
static double scaled_chi2(const double *actual, const double *control, size_t n_bins)
{
    double a = 0, c = 0, chi2 = 0;
    for (size_t b = 0; b < n_bins; b++)
        if (control[b] >= 1) a += actual[b], c += control[b];
    for (size_t b = 0; b < n_bins; b++) {
        if (!(control[b] >= 1) || !(a > 0)) continue;
        const double expected = control[b] * (a / c), difference = actual[b] - expected;
        chi2 += difference * difference / expected;
    }
    return chi2;
}

oa_size_test oa_size_compare(const double *actual, const double *control, size_t n_bins)
{
    oa_size_test test = { .pearson_r = oa_pearson(actual, control, n_bins) };
    for (size_t b = 0; b < n_bins; b++) {
        test.n += (actual[b] + control[b]) / 2;
        if (!(control[b] >= 1)) continue;
        const double difference = actual[b] - control[b];
        test.chi2 += difference * difference / control[b];
        test.bins_used++;
    }
    test.degrees_of_freedom = test.bins_used ? test.bins_used - 1 : 0;
    test.p_value = oa_chi2_tail(test.chi2, test.degrees_of_freedom);
    test.mu = mu_of(test.chi2, test.n);
    test.chi2_scaled = scaled_chi2(actual, control, n_bins);
    test.mu_scaled = mu_of(test.chi2_scaled, test.n);
    return test;
}
