/* inverse.c - see inverse.h. */
#include "math/inverse.h"

#include <math.h>

#include "math/cholesky.h"

enum { WAVES = 16 /* along each axis of the zone: vectors of up to 16 half cells are told apart */ };
#define ALPHA_MIN 0.2
#define RIDGE 1e-6 /* of each variance: sums of two numbers may not vary, and then either change is as good */
static const double pi = 3.14159265358979323846;

/* Mean of cos(q r) over the vectors of a shell; q in turns over WAVES half cells. */
static double wave_of(const oa_periodic *crystal, int shell, const int q[3])
{
    const oa_shell *s = &crystal->shell[shell];
    double sum = 0;
    for (int k = s->first; k < s->first + s->coordination; k++) {
        const int32_t *v = crystal->vector[k];
        sum += cos(2 * pi / WAVES * (double)(q[0] * v[0] + q[1] * v[1] + q[2] * v[2]));
    }
    return sum / s->coordination;
}

void oa_inverse_start(const oa_periodic *crystal, int shells, const double *alpha, double c, double kt, double *energies)
{
    double wave[OA_SHELLS_MAX];
    for (int m = 0; m < shells; m++) energies[m] = 0;
    for (int i = 0; i < WAVES * WAVES * WAVES; i++) {
        const int q[3] = { i % WAVES, i / WAVES % WAVES, i / WAVES / WAVES };
        double sum = 1;
        for (int m = 0; m < shells; m++) {
            wave[m] = wave_of(crystal, m, q);
            sum += crystal->shell[m].coordination * alpha[m] * wave[m];
        }
        const double v = kt * (1 - 1 / fmax(sum, ALPHA_MIN)) / (2 * c * (1 - c));
        for (int m = 0; m < shells; m++) energies[m] += v * wave[m] / (WAVES * WAVES * WAVES);
    }
}

bool oa_inverse_step(size_t n, const double *mean, const double *aim, double *covariance, double most, double *step)
{
    double largest = 0;
    for (size_t k = 0; k < n; k++) {
        covariance[k * n + k] *= 1 + RIDGE;
        step[k] = mean[k] - aim[k];
    }
    if (!oa_cholesky(covariance, n)) return false;
    oa_cholesky_forward(covariance, n, step);
    oa_cholesky_back(covariance, n, step);
    for (size_t k = 0; k < n; k++) largest = fmax(largest, fabs(step[k]));
    for (size_t k = 0; k < n && largest > most; k++) step[k] *= most / largest;
    return true;
}

/* Element (i, j) of L L^T. */
static double element(const double *l, size_t n, size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k <= (i < j ? i : j); k++) sum += l[i * n + k] * l[j * n + k];
    return sum;
}

/* Numbers of pairs go up and down together: as the means' errors are longer than those of single samples by the same factors, so are they. */
void oa_inverse_errors(size_t n, const double *covariance, const double *mean_errors, double *room, double *errors)
{
    for (size_t k = 0; k < n; k++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++) room[i] = i == k ? 1 : 0;
        oa_cholesky_forward(covariance, n, room);
        oa_cholesky_back(covariance, n, room); /* row k of the inverse */
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                const double correlation = element(covariance, n, i, j) / sqrt(element(covariance, n, i, i) * element(covariance, n, j, j));
                sum += room[i] * room[j] * correlation * mean_errors[i] * mean_errors[j];
            }
        errors[k] = sqrt(fmax(sum, 0));
    }
}
