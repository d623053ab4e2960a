/* atomnet_learner.h - one block of AtomNet while it is trained: the loss of a batch, its gradient, and a step of Adam.
 *
 * A batch passes the layers one after another, because batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167) needs the mean and variance of
 * every channel over the whole batch before any value of the layer is known. For layers that are applied to every row these need no
 * values: with a the rows that go in, x = a W + b has the mean abar W + b and the variance w' C w, where C is the covariance of a. So C is
 * all that is summed; the layer itself is then one stroke with the norm folded in, and the gradient needs no x either:
 *
 *     P = (a - abar)' dy, S = sum dy, dgamma = (w . P) / s, dbeta = S, dW = gamma / s (P - C W dgamma / s), s = sqrt(variance + epsilon)
 *     da = dy diag(gamma / s) W' - (a - abar) W diag(gamma dgamma / (N s^2)) W' - S diag(gamma / (N s)) W'
 *
 * where only one row of an atom has a gradient, as after a maximum, the first term has few entries.
 *
 * Same bytes for any number of threads and any kernel set: rows are summed by chunks of a fixed number of atoms, chunks in their order. */
#ifndef OA_NN_ATOMNET_LEARNER_H
#define OA_NN_ATOMNET_LEARNER_H

#include "base/memory.h"
#include "base/stages.h"
#include "data/atomnet.h"
#include "math/kernel/kernel.h"

typedef struct oa_atomnet_setting {
    size_t columns, rows; /* of an atom; rows is that of its neighbours, itself included */
    size_t batch;         /* atoms at most */
    bool has_norm;
    double norm_epsilon, norm_momentum; /* below 1: statistics <- momentum statistics + (1 - momentum) those of the batch */
    double dropout;       /* in the two layers of the head, training only */
    bool is_published;    /* penalty across the atoms of a batch, as in the authors' program; else atom by atom */
    double learning_rate;
    uint64_t seed, stream; /* of dropout and of the weights to begin with; the lowest 16 bits of stream are 0 */
} oa_atomnet_setting;

/* Of a batch, means over its atoms. */
typedef struct oa_atomnet_loss {
    double entropy, penalty; /* cross-entropy; R(T1) + R(T2) */
    size_t right;            /* atoms whose probability is on the side of their label */
} oa_atomnet_loss;

typedef struct oa_atomnet_learner oa_atomnet_learner;
/* values: of the block (data/atomnet.h), borrowed, changed by steps. */
oa_status oa_atomnet_learner_new(oa_context *context, const oa_atomnet_setting *setting, float *values, oa_atomnet_learner **out) OA_MUST_USE;
void oa_atomnet_learner_free(oa_atomnet_learner *learner); /* accepts NULL */

/* Glorot-uniform kernels, biases 0, gamma 1, beta 0, mean 0, variance 1; transforms are the identity: kernel 0, bias 1 on the diagonal. */
void oa_atomnet_learner_begin(oa_atomnet_learner *learner);

/* Of the steps that follow; at first that of the setting. */
void oa_atomnet_learner_rate(oa_atomnet_learner *learner, double rate);

/* Writes the rows (columns, setting->rows) of atom i of the batch; called from any thread. */
typedef void oa_atomnet_fill_fn(void *arg, size_t i, float *x);
/* Loss and gradient of n <= batch atoms (label: 0 or 1 each), statistics updated. The weights stay. */
oa_status oa_atomnet_learner_gradient(oa_atomnet_learner *learner, size_t n, oa_atomnet_fill_fn *fill, void *arg, const uint8_t *label,
                                      oa_atomnet_loss *loss) OA_MUST_USE;
/* The same, then one step of Adam (beta 0.9, 0.999, epsilon 1e-7). Where the loss is no number the caller must stop. */
oa_status oa_atomnet_learner_step(oa_atomnet_learner *learner, size_t n, oa_atomnet_fill_fn *fill, void *arg, const uint8_t *label,
                                  oa_atomnet_loss *loss) OA_MUST_USE;
/* Gradient by the values, as they lie; 0 at the running statistics, and at biases before a batch norm, which takes them out again. */
const float *oa_atomnet_learner_slope(const oa_atomnet_learner *learner);

/* ---- penalties on the matrices (n, edge, edge) of a batch, without the factor: R = 1e-3 / n times this (atomnet_penalty.c) ---- */

#define OA_ATOMNET_PENALTY 1e-3
/* || T T' - 1 ||^2 of one matrix; adds factor times its gradient, where slope is not NULL. room: 2 edge^2 + OA_KERNEL_PAD floats. */
double oa_atomnet_penalty(const oa_kernels *kernels, const float *t, size_t edge, float factor, float *slope, float *room);
/* The authors' program compares transforms of different atoms: of the products T[b] T[b']' of all pairs, laid out in the order (b, i, b', j)
 * and cut into matrices one after another, each less the identity, the sum of squares. In O(n edge^2 + edge^3):
 *     || M'M ||^2 - 2 sum over i of U_i . S_((i n) mod edge) + n^2 edge,  M = T as (n edge, edge), U_i = sum over b of T[b][i],
 *     S_o = sum over b of T[b][(o + b) mod edge]. room: 2 edge^2 doubles and 2 edge^2 floats, given as floats: 6 edge^2 + OA_KERNEL_PAD. */
double oa_atomnet_penalty_published(const oa_kernels *kernels, const float *t, size_t n, size_t edge, float factor, float *slope, float *room);

#endif
