/* series.c - see series.h. */
#include "math/series.h"

#include <math.h>

enum { WINDOW = 5, LAGS_MAX = 200, LEAST = 20 };

static double mean_of(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i];
    return n ? sum / (double)n : NAN;
}

static double covariance(const double *v, size_t n, double mean, size_t lag)
{
    double sum = 0;
    for (size_t i = 0; i + lag < n; i++) sum += (v[i] - mean) * (v[i + lag] - mean);
    return sum / (double)(n - lag);
}

/* False: the window does not close within LAGS_MAX lags, or within a tenth of the series. */
static bool integrate(const double *v, size_t n, double mean, double *time)
{
    const double variance = covariance(v, n, mean, 0);
    const size_t most = n / 10 < LAGS_MAX ? n / 10 : LAGS_MAX;
    *time = 0.5;
    for (size_t t = 1; t <= most; t++) {
        *time += covariance(v, n, mean, t) / variance;
        if ((double)t >= WINDOW * *time) return true;
    }
    return false;
}

oa_series oa_series_of(double *v, size_t n)
{
    oa_series s = { .mean = mean_of(v, n), .time = INFINITY, .error = NAN };
    const size_t all = n;
    if (n < 2) return s;
    const double variance = covariance(v, n, s.mean, 0);
    s.deviation = sqrt(variance * (double)n / (double)(n - 1));
    if (!(s.deviation > 1e-12 * fabs(s.mean))) return s;
    double time = 0.5, times = 1, spread = variance;
    while (!(integrate(v, n, s.mean, &time))) {
        if (n / 2 < LEAST) {
            s.is_long = true;
            break;
        }
        n /= 2;
        times *= 2;
        for (size_t i = 0; i < n; i++) v[i] = (v[2 * i] + v[2 * i + 1]) / 2;
        spread = covariance(v, n, s.mean, 0);
        if (!(spread > 0)) break;
    }
    s.time = fmax(0.5, times * time * spread / variance); /* the variance of the mean is the same, whatever samples were joined */
    s.error = s.deviation * sqrt(2 * s.time / (double)all);
    return s;
}

void oa_series_drift(const double *v, size_t n, double *rise, double *deviation)
{
    const double mean = mean_of(v, n), middle = ((double)n - 1) / 2;
    double across = 0, along = 0, rest = 0;
    for (size_t i = 0; i < n; i++) {
        across += ((double)i - middle) * (v[i] - mean);
        along += ((double)i - middle) * ((double)i - middle);
    }
    const double slope = across / along;
    for (size_t i = 0; i < n; i++) {
        const double left = v[i] - mean - slope * ((double)i - middle);
        rest += left * left;
    }
    *rise = slope * (double)(n - 1);
    *deviation = sqrt(rest / (double)(n - 2));
}
