/* cholesky.h - small symmetric systems: of channels, of species. */
#ifndef OA_MATH_CHOLESKY_H
#define OA_MATH_CHOLESKY_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* a (n, n) lower triangle becomes L with L L^T = a; false where a is not positive. */
static inline bool oa_cholesky(double *a, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < j; k++) a[j * n + j] -= a[j * n + k] * a[j * n + k];
        if (!(a[j * n + j] > 0)) return false;
        a[j * n + j] = sqrt(a[j * n + j]);
        for (size_t i = j + 1; i < n; i++) {
            for (size_t k = 0; k < j; k++) a[i * n + j] -= a[i * n + k] * a[j * n + k];
            a[i * n + j] /= a[j * n + j];
        }
    }
    return true;
}

/* x becomes L^-1 x. */
static inline void oa_cholesky_forward(const double *l, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
        x[i] /= l[i * n + i];
    }
}

/* x becomes L^-T x. */
static inline void oa_cholesky_back(const double *l, size_t n, double *x)
{
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
        x[i] /= l[i * n + i];
    }
}

#endif
