/* optimizer.c - Adam and RMSprop with the constants of Keras. */
#include "nn/optimizer.h"

#include <math.h>
#include <string.h>

#define BETA1 0.9
#define BETA2 0.999
#define RHO 0.9f
#define EPSILON 1e-7f

enum { BLOCK = 2048 }; /* weights at a time: their gradient is still in the first-level cache when it is cleared */

static void adam(const oa_optimizer *optimizer, const oa_weights *part, size_t first, size_t n)
{
    optimizer->kernels->adam(n, part->w + first, part->m + first, part->v + first, part->gradient + first, optimizer->rate, (float)BETA1,
                             (float)BETA2, EPSILON);
}

/* v = rho v + (1 - rho) g g; w = w - rate g / (sqrt(v) + epsilon) */
static void rmsprop(const oa_optimizer *optimizer, const oa_weights *part, size_t first, size_t n)
{
    float *restrict w = part->w + first, *restrict v = part->v + first;
    const float *restrict g = part->gradient + first;
    for (size_t i = 0; i < n; i++) {
        v[i] = RHO * v[i] + (1 - RHO) * (g[i] * g[i]);
        w[i] -= optimizer->rate * g[i] / (sqrtf(v[i]) + EPSILON);
    }
}

oa_status oa_optimizer_start(oa_context *context, const oa_kernels *kernels, const char *name, double learning_rate, oa_optimizer *out)
{
    *out = (oa_optimizer){ .kernels = kernels, .learning_rate = learning_rate, .beta1_power = 1, .beta2_power = 1 };
    if (strcmp(name, "adam") == 0) out->step = adam;
    else if (strcmp(name, "rmsprop") == 0) out->step = rmsprop;
    else return oa_fail_at(context, OA_IN_PARAMETER("optimizer"), "E_PARAMETER_CHOICE", "no optimizer is called %s; adam and rmsprop are known", name);
    return OA_OK;
}

void oa_optimizer_step(oa_optimizer *optimizer, const oa_weights *weights, int n)
{
    const bool corrects = optimizer->step == adam; /* for the means that begin at 0 */
    optimizer->beta1_power *= BETA1;
    optimizer->beta2_power *= BETA2;
    optimizer->rate = (float)(optimizer->learning_rate * (corrects ? sqrt(1 - optimizer->beta2_power) / (1 - optimizer->beta1_power) : 1));
    for (const oa_weights *part = weights; part < weights + n; part++)
        for (size_t i = 0; i < part->n; i += BLOCK) {
            const size_t block = part->n - i < BLOCK ? part->n - i : BLOCK;
            optimizer->step(optimizer, part, i, block);
            memset(part->gradient + i, 0, block * sizeof *part->gradient);
        }
}
