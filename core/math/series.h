/* series.h - what correlated samples tell: mean, error, and over how many samples they remember (Sokal, Monte Carlo Methods in Statistical
 * Mechanics, 1996, section 3). */
#ifndef OA_MATH_SERIES_H
#define OA_MATH_SERIES_H

#include <stdbool.h>
#include <stddef.h>

typedef struct oa_series {
    double mean, deviation; /* standard deviation of one sample */
    double time;            /* integrated autocorrelation time 1/2 + sum of rho(t), in samples: at least 1/2; infinite where the series does not change */
    double error;           /* of the mean: deviation * sqrt(2 time / n); NaN where the time is infinite or n < 2 */
    bool is_long;           /* the series is too short to tell its time, which is then a lower bound */
} oa_series;

/* values (n) is overwritten. The window of the sum is the first t >= 5 time; long memories are summed over means of 2, 4, ... samples. */
oa_series oa_series_of(double *values, size_t n);

/* How far a straight line through the values rises from the first to the last, and the standard deviation of what it leaves. n >= 3. */
void oa_series_drift(const double *values, size_t n, double *rise, double *deviation);

#endif
