/* optimizer.h - what a gradient does to the weights. */
#ifndef OA_NN_OPTIMIZER_H
#define OA_NN_OPTIMIZER_H

#include "base/context.h"
#include "math/kernel/kernel.h"

/* A kernel or a bias of one member, borrowed: n floats each. */
typedef struct oa_weights {
    float *w, *gradient;
    float *m, *v; /* means of the gradient (Adam only) and of its square, 0 in the beginning */
    size_t n;
} oa_weights;

typedef struct oa_optimizer {
    const oa_kernels *kernels;
    void (*step)(const struct oa_optimizer *optimizer, const oa_weights *weights, size_t first, size_t n);
    double learning_rate;
    double beta1_power, beta2_power; /* beta^t after t steps */
    float rate;                      /* of this step */
} oa_optimizer;

/* "adam": beta 0.9 and 0.999 (Kingma & Ba 2015); "rmsprop": rho 0.9 (Tieleman & Hinton 2012); epsilon 1e-7 beside the root, as
 * Keras has both. E_PARAMETER_CHOICE for another name. */
oa_status oa_optimizer_start(oa_context *context, const oa_kernels *kernels, const char *name, double learning_rate, oa_optimizer *out) OA_MUST_USE;
/* One step of all n weights; their gradients are 0 afterwards. */
void oa_optimizer_step(oa_optimizer *optimizer, const oa_weights *weights, int n);

#endif
