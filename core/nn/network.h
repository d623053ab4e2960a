/* network.h - a network that runs. Three lifetimes: the blueprint (shapes) lasts as long as the call, the weights belong to
 * the model, the state (what the layers gave) to one worker and one batch. */
#ifndef OA_NN_NETWORK_H
#define OA_NN_NETWORK_H

#include "base/parallel.h"
#include "nn/layer.h"

/* Patterns that are asked for at a time: pictures, and curves by the group. What a pattern gives does not depend on how
 * many others come along (multiply in math/kernel/kernel.h, tests/golden/test_cnn.c), neither with threads nor with slabs.
 * A group is taken through one member before the next, since the weights of several do not fit the cache together. */
enum { OA_BATCH = 64, OA_BATCH_GROUP = 9 * OA_BATCH };

/* The blueprint; holds no memory. */
typedef struct oa_network {
    const oa_kernels *kernels;
    const oa_model *model; /* borrowed, with its weights */
    const oa_layer_kind *kind[OA_LAYERS_MAX];
    const oa_activation *activation[OA_LAYERS_MAX];
    oa_extent extent[OA_LAYERS_MAX + 1]; /* 0: the input; i + 1: what layer i gives */
    size_t n_input, n_classes;           /* values per pattern */
    size_t batch;                        /* patterns that a group takes through the layers at a time */
    bool is_share;                       /* the last layer is one sigmoid unit, the share of class 1 of two */
} oa_network;

/* Checks that the layers are known and fit together, E_ARCHITECTURE where not. */
oa_status oa_network_plan(oa_context *context, const oa_model *model, oa_network *out) OA_MUST_USE;

/* What every layer gave for one batch. */
typedef struct oa_network_state {
    bool keeps_layers; /* every y is wanted: nothing may be computed in one go with the next layer */
    float *y[OA_LAYERS_MAX + 1]; /* y[0]: the input; y[i + 1]: (rows, extent) of layer i, after its activation */
    float *logits;               /* (rows, classes): the last layer before its activation; (0, z) for one sigmoid unit */
    float *probability;          /* (rows, classes): what the network says; y of the last layer, or (1 - p, p) */
    float *scratch;
    void (*after)(void *arg, int layer, float *y, size_t values); /* may change what a layer gave (dropout); NULL: nothing */
    void *after_arg;
} oa_network_state;
size_t oa_network_state_floats(const oa_network *network, size_t rows);
void oa_network_state_lay(const oa_network *network, size_t rows, float *memory, oa_network_state *out);
/* Fills y[1...] and logits from y[0], with the weights of one member. Where keeps_layers is not set, the output of a
 * convolution that was fused with its pooling is left as it was. */
void oa_network_pass(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state);

/* Shared with what goes backward. */
size_t oa_network__whole_lines(size_t floats);
size_t oa_network__floats(const oa_network *network, int i, size_t rows); /* of y[i] */
size_t oa_network__scratch_floats(const oa_network *network);
oa_layer_pass oa_network__pass_of(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state, int i);

/* What comes out for n patterns; parts that are NULL are not wanted. NaN in a pattern gives NaN throughout its row. */
typedef struct oa_prediction {
    float *mean;        /* (n, classes), over the members */
    float *spread;      /* (n, classes), population standard deviation over the members */
    float *probability; /* (n, members, classes) */
    float *logits;      /* (n, members, classes) */
} oa_prediction;

/* At most OA_BATCH_GROUP patterns (n, input length, channels), inside a parallel loop; uses scratch slot 7. */
enum { OA_NETWORK_SLOT = 7 };
oa_status oa_network_group(const oa_network *network, oa_worker *worker, const float *patterns, size_t n,
                           const oa_prediction *out) OA_MUST_USE;
/* All patterns, groups in parallel. */
oa_status oa_network_forward(oa_context *context, const oa_network *network, const float *patterns, size_t n,
                             const oa_prediction *out) OA_MUST_USE;

#endif
