/* layer.h - what a layer is: one row per kind, found by the name that model files store. */
#ifndef OA_NN_LAYER_H
#define OA_NN_LAYER_H

#include "data/model.h"
#include "math/kernel/kernel.h"

/* What one pattern is between two layers: (length, channels), channels fastest. */
typedef struct oa_extent {
    size_t length, channels;
} oa_extent;

/* One pass of one layer over a batch. Training adds dy, dx, dkernel and dbias here and a backward function to the row:
 * x and y are both kept by the state, which is all that the layers below need for it. */
typedef struct oa_layer_pass {
    const oa_kernels *kernels;
    const oa_layer *layer;
    const float *kernel, *bias; /* of one member */
    oa_extent in, out;
    size_t rows;                /* patterns */
    const float *x;             /* (rows, in.length, in.channels) */
    float *y;                   /* (rows, out.length, out.channels), before the activation */
    float *scratch;             /* as many floats as scratch() said */
} oa_layer_pass;

typedef struct oa_layer_kind {
    const char *name;
    bool has_weights;
    /* What goes out for what comes in; E_ARCHITECTURE where the layer cannot take it. */
    oa_status (*shape)(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out);
    size_t (*scratch)(const oa_layer *layer, oa_extent in, oa_extent out); /* floats, for any batch; NULL: none */
    void (*forward)(const oa_layer_pass *pass); /* NULL: y is x, seen with another shape */
} oa_layer_kind;

extern const oa_layer_kind oa_layer_conv1d, oa_layer_maxpool1d, oa_layer_flatten, oa_layer_dense;
const oa_layer_kind *oa_layer_kind_find(const char *name); /* NULL: no such kind */

/* y (m, n) = bias + A (m, k) B (k, n): what dense layers and convolutions are. Rows of A begin every a_step floats. */
void oa_layer_product(const oa_layer_pass *pass, size_t m, size_t n, size_t k, const float *a, size_t a_step, float *y);

/* y = f(y), in place; rows of n values each. */
typedef struct oa_activation {
    const char *name;
    void (*apply)(float *y, size_t rows, size_t n); /* NULL: y as it is */
} oa_activation;
const oa_activation *oa_activation_find(const char *name); /* NULL: no such activation */

/* Positions along an axis of `length` for windows of `width` every `stride`. valid: windows inside; same: ceil(length /
 * stride) windows, *before zeros on the left and the rest on the right, one more there where the sum is odd (Keras). */
size_t oa_windows(size_t length, size_t width, size_t stride, bool same_padding, size_t *before);

#endif
