/* train.h - fits the weights of an ensemble: each member on its own fold, all members in parallel. */
#ifndef OA_NN_TRAIN_H
#define OA_NN_TRAIN_H

#include "math/split.h"
#include "nn/network.h"

/* Labelled patterns, borrowed. Either curves or grey pictures (value / 255 goes into the network). */
typedef struct oa_samples {
    size_t n;
    const float *values;  /* (n, input) or NULL */
    const uint8_t *grey;  /* (n, input) or NULL */
    const float *target;  /* (n, classes) shares that sum to 1; a class is 1 at it and 0 elsewhere */
} oa_samples;

typedef struct oa_training {
    const char *optimizer; /* "adam" (beta 0.9, 0.999, epsilon 1e-7) or "rmsprop" (rho 0.9, epsilon 1e-7), as in Keras */
    double learning_rate;
    size_t batch, epochs;
    double turn;           /* degree: pictures are turned by a uniform angle up to this, nearest fill; 0: never */
    uint64_t seed;
} oa_training;

/* After one epoch: mean cross-entropy and share of rows whose largest probability is at the largest target. The training
 * figures are those met on the way, dropout included; validation NaN where there is none. */
typedef struct oa_epoch {
    float loss, accuracy, validation_loss, validation_accuracy;
} oa_epoch;

/* Sets weights Glorot-uniform (biases 0) and fits them; model->members folds, history (members, epochs). Dropout is that of
 * the layers. Loss: cross-entropy of softmax, or of a sigmoid with one unit (then target is (n, 2) and the unit gives the
 * share of class 1). Same bytes for any number of threads and any kernel set. E_DIVERGED with member and epoch where the loss
 * is no number; the weights are then worthless. E_ARCHITECTURE as in oa_network_plan. */
oa_status oa_train(oa_context *context, oa_model *model, const oa_samples *samples, const oa_training *training, const oa_fold *folds,
                   oa_epoch *history) OA_MUST_USE;

/* Position, row * length + column, of the value that (row, column) of a picture gets when it is turned about its centre by the
 * angle with this sine and cosine: the nearest one, and beyond the edge that of the edge. */
size_t oa_train__turned(oa_extent extent, size_t row, size_t column, double sine, double cosine);

/* Gradients of one batch, for training and for activation maps: after oa_network_pass with keeps_layers set. */
typedef struct oa_gradients {
    float *dy[OA_LAYERS_MAX + 1];      /* dy[i + 1]: (rows, extent) by the output of layer i, after its activation; dy[0]: by the input, may be NULL */
    float *dkernel[OA_LAYERS_MAX], *dbias[OA_LAYERS_MAX]; /* added to; NULL: not wanted */
    float *scratch;
} oa_gradients;
size_t oa_gradients_floats(const oa_network *network, size_t rows); /* of dy and scratch */
void oa_gradients_lay(const oa_network *network, size_t rows, float *memory, oa_gradients *out);
/* From layer `from` (its dy[from + 1] is filled by the caller) down to layer `to`: fills dy[to] ... and adds to the weights'. */
void oa_network_backward(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state, const oa_gradients *gradients,
                         int from, int to);
/* Layer i alone, without its activation: dy[i + 1] is the gradient by what it gave before that. */
void oa_network_layer_backward(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state,
                               const oa_gradients *gradients, int i);

#endif
