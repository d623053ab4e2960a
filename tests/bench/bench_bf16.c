/* bench_bf16.c - the program with layers of AtomNet as dot products of bfloat16 would do them (AVX512-BF16, AMX): both sides of every product rounded to eight
 * bits of mantissa, sums in float32. It tells what such a processor would cost in probabilities where there is none; how fast one would be it does not tell.
 *
 * Linked with --wrap=oa_kernels_find. ORDAPT_BF16_LEAST: only layers of at least so many weights are rounded (0: all). */
#include <stdlib.h>
#include <string.h>

#include "math/kernel/kernel.h"

const oa_kernels *__real_oa_kernels_find(const char *name);
const oa_kernels *__wrap_oa_kernels_find(const char *name);

static const oa_kernels *exact;
static size_t least;

/* To the nearest, ties to even; finite values only. */
static float rounded(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000u;
    memcpy(&value, &bits, sizeof bits);
    return value;
}

static void with_rounded(const oa_affine *p, void (*affine)(const oa_affine *))
{
    const size_t weights = oa_affine_floats(p->k, p->n);
    if (p->k * p->n < least) {
        affine(p);
        return;
    }
    float *a = malloc((p->m * p->k + OA_KERNEL_PAD) * sizeof *a), *b = malloc((weights + OA_KERNEL_PAD) * sizeof *b);
    if (!a || !b) abort();
    for (size_t r = 0; r < p->m; r++)
        for (size_t i = 0; i < p->k; i++) a[r * p->k + i] = rounded(p->a[r * p->a_step + i]);
    for (size_t i = 0; i < weights; i++) b[i] = rounded(p->b[i]);
    oa_affine call = *p;
    call.a = a;
    call.a_step = p->k;
    call.b = b;
    affine(&call);
    free(a);
    free(b);
}

static void affine(const oa_affine *p) { with_rounded(p, exact->affine); }
static void affine_max(const oa_affine *p) { with_rounded(p, exact->affine_max); }

const oa_kernels *__wrap_oa_kernels_find(const char *name)
{
    static oa_kernels kernels;
    const char *text = getenv("ORDAPT_BF16_LEAST");
    least = text ? (size_t)strtoull(text, NULL, 10) : 0;
    exact = __real_oa_kernels_find(name);
    if (!exact) return NULL;
    kernels = *exact;
    kernels.affine = affine;
    kernels.affine_max = affine_max;
    return &kernels;
}
