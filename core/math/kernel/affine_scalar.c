/* affine_scalar.c - the specification of affine and affine_max. As in product_scalar.c, loops with fmaf() are compiled twice. */
#include <math.h>
#include <string.h>

#include "math/kernel/affine.h"

#define INLINED static inline __attribute__((always_inline))

INLINED float value(const oa_affine *p, size_t r, size_t u)
{
    const float *a = p->a + r * p->a_step, *b = p->b + u / OA_AFFINE_PANEL * OA_AFFINE_PANEL * p->k + u % OA_AFFINE_PANEL;
    float sum = p->bias ? p->bias[u] : 0;
    for (size_t i = 0; i < p->k; i++) sum = fmaf(a[i], b[i * OA_AFFINE_PANEL], sum);
    return sum;
}

INLINED float after(const oa_affine *p, float v) { return p->relu && !(v > 0) ? 0 : v; }

INLINED void affine(const oa_affine *p)
{
    for (size_t r = 0; r < p->m; r++)
        for (size_t u = 0; u < p->n; u++) p->c[r * p->c_step + u] = after(p, value(p, r, u));
}

INLINED void affine_max(const oa_affine *p)
{
    for (size_t g = 0; g < p->m / p->rows; g++)
        for (size_t u = 0; u < p->n; u++) {
            float largest = value(p, g * p->rows, u);
            uint32_t at = 0;
            for (size_t r = 1; r < p->rows; r++) {
                const float v = value(p, g * p->rows + r, u);
                at = v > largest ? (uint32_t)r : at;
                largest = v > largest ? v : largest;
            }
            p->c[g * p->c_step + u] = after(p, largest);
            if (p->first) p->first[g * p->c_step + u] = at;
        }
}

#if defined(__x86_64__) && !defined(__FMA__)
static __attribute__((target("avx2,fma"))) void affine_fma(const oa_affine *p) { affine(p); }
static __attribute__((target("avx2,fma"))) void affine_max_fma(const oa_affine *p) { affine_max(p); }
static bool has_fma(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#else
#define affine_fma affine
#define affine_max_fma affine_max
static bool has_fma(void) { return true; }
#endif

void oa_affine_scalar(const oa_affine *p)
{
    if (has_fma()) affine_fma(p);
    else affine(p);
}

void oa_affine_max_scalar(const oa_affine *p)
{
    if (has_fma()) affine_max_fma(p);
    else affine_max(p);
}

size_t oa_affine_floats(size_t k, size_t n) { return (n + OA_AFFINE_PANEL - 1) / OA_AFFINE_PANEL * OA_AFFINE_PANEL * k; }

void oa_affine_pack(size_t k, size_t n, const float *weights, float *panels)
{
    memset(panels, 0, oa_affine_floats(k, n) * sizeof *panels);
    for (size_t i = 0; i < k; i++)
        for (size_t u = 0; u < n; u++) panels[(u / OA_AFFINE_PANEL * k + i) * OA_AFFINE_PANEL + u % OA_AFFINE_PANEL] = weights[i * n + u];
}
