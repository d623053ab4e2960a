/* product_scalar.c - the specification of the kernels of networks: plain loops of fused multiply-adds.
 *
 * fmaf() without an instruction for it costs a hundred times the product, so where the compiler's processor need not have
 * one, each loop is compiled twice and the processor is asked. Both give the same bytes. */
#include "math/kernel/product.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__) && !defined(__FMA__)
#define WITH_FMA __attribute__((target("avx2,fma")))
#define FMA_CHOICE(name, arguments) \
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) name##_fma arguments; \
    else name arguments
#else
#define FMA_CHOICE(name, arguments) name arguments
#endif
#define INLINED static inline __attribute__((always_inline))

INLINED void multiply(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < k; i++)
            for (size_t u = 0; u < n; u++) c[r * n + u] = fmaf(a[r * a_step + i], b[i * n + u], c[r * n + u]);
}

INLINED void multiply_tn(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < k; i++)
            for (size_t u = 0; u < n; u++) c[i * n + u] = fmaf(a[r * a_step + i], b[r * n + u], c[i * n + u]);
}

/* The chain of each element runs over n ascending, from 0. */
INLINED void multiply_nt(size_t m, size_t n, size_t k, const float *a, const float *b, float *c)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < k; i++) {
            float sum = 0;
            for (size_t u = 0; u < n; u++) sum = fmaf(a[r * n + u], b[i * n + u], sum);
            c[r * k + i] = sum;
        }
}

/* Both sums of a pair run side by side; larger() as in the activation relu and in maxpool1d: the first of equals. */
INLINED void convolve_pool(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel, const float *bias,
                           float *y)
{
    for (size_t p = 0; p < n; p++)
        for (size_t f = 0; f < filters; f++) {
            const float *left = x + 2 * p * x_step, *right = left + x_step;
            float first = bias[f], second = bias[f];
            for (size_t t = 0; t < taps; t++) {
                first = fmaf(left[t], kernel[t * filters + f], first);
                second = fmaf(right[t], kernel[t * filters + f], second);
            }
            const float larger = second > first ? second : first;
            y[p * filters + f] = larger > 0 ? larger : 0;
        }
}

#if defined(WITH_FMA)
static WITH_FMA void multiply_fma(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    multiply(m, n, k, a, a_step, b, c);
}

static WITH_FMA void multiply_tn_fma(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    multiply_tn(m, n, k, a, a_step, b, c);
}

static WITH_FMA void multiply_nt_fma(size_t m, size_t n, size_t k, const float *a, const float *b, float *c)
{
    multiply_nt(m, n, k, a, b, c);
}

static WITH_FMA void convolve_pool_fma(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                                       const float *bias, float *y)
{
    convolve_pool(n, filters, taps, x, x_step, kernel, bias, y);
}
#endif

void oa_product_scalar(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    FMA_CHOICE(multiply, (m, n, k, a, a_step, b, c));
}

void oa_product_tn_scalar(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c)
{
    FMA_CHOICE(multiply_tn, (m, n, k, a, a_step, b, c));
}

void oa_product_nt_scalar(size_t m, size_t n, size_t k, const float *a, const float *b, float *c)
{
    FMA_CHOICE(multiply_nt, (m, n, k, a, b, c));
}

void oa_convolve_pool_scalar(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel, const float *bias,
                             float *y)
{
    FMA_CHOICE(convolve_pool, (n, filters, taps, x, x_step, kernel, bias, y));
}

void oa_adam_scalar(size_t n, float *w, float *m, float *v, const float *g, float rate, float b1, float b2, float epsilon)
{
    const float rest1 = 1 - b1, rest2 = 1 - b2;
    for (size_t i = 0; i < n; i++) {
        m[i] = b1 * m[i] + rest1 * g[i];
        v[i] = b2 * v[i] + (rest2 * g[i]) * g[i];
        w[i] = w[i] - (rate * m[i]) / (sqrtf(v[i]) + epsilon);
    }
}
