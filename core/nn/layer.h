/* layer.h - what a layer is: one row per kind, found by the name that model files store. */
#ifndef OA_NN_LAYER_H
#define OA_NN_LAYER_H

#include "data/model.h"
#include "math/kernel/kernel.h"

/* What one pattern is between two layers: (height, length, channels), channels fastest; a curve has height 1. */
typedef struct oa_extent {
    size_t height, length, channels;
} oa_extent;
size_t oa_extent_values(oa_extent extent); /* height * length * channels */

/* One pass of one layer over a batch, forward or backward. */
typedef struct oa_layer_pass {
    const oa_kernels *kernels;
    const oa_layer *layer;
    const float *kernel, *bias; /* of one member */
    oa_extent in, out;
    size_t rows;                /* patterns */
    const float *x;             /* (rows, in) */
    float *y;                   /* (rows, out); forward: before the activation; backward: after it, as the state keeps it */
    float *scratch;             /* as many floats as scratch() said */
    /* backward only */
    const float *dy;            /* (rows, out) gradient of the loss by what the layer gave before its activation */
    float *dx;                  /* (rows, in) overwritten; NULL: not wanted (the first layer) */
    float *dkernel, *dbias;     /* of one member; added to */
} oa_layer_pass;

typedef struct oa_layer_kind {
    const char *name;
    bool has_weights;
    /* What goes out for what comes in; E_ARCHITECTURE where the layer cannot take it. */
    oa_status (*shape)(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out);
    size_t (*scratch)(const oa_layer *layer, oa_extent in, oa_extent out); /* floats, for any batch; NULL: none */
    void (*forward)(const oa_layer_pass *pass); /* NULL: y is x, seen with another shape */
    void (*backward)(const oa_layer_pass *pass); /* NULL: dx is dy, seen with another shape */
} oa_layer_kind;

extern const oa_layer_kind oa_layer_conv1d, oa_layer_conv2d, oa_layer_maxpool1d, oa_layer_maxpool2d, oa_layer_flatten, oa_layer_dense;
const oa_layer_kind *oa_layer_kind_find(const char *name); /* NULL: no such kind */

/* y (m, n) = bias + A (m, k) B (k, n): what dense layers and convolutions are. Rows of A begin every a_step floats. */
void oa_layer_product(const oa_layer_pass *pass, size_t m, size_t n, size_t k, const float *a, size_t a_step, float *y);

/* sum (n) += the rows of dy (m, n), in their order: what biases get. */
void oa_layer_sum(const oa_layer_pass *pass, size_t m, size_t n, const float *dy, float *sum);

/* The largest of each window; backward its gradient goes to the first of the largest. For curves and pictures. */
void oa_layer_pool_forward(const oa_layer_pass *pass);
void oa_layer_pool_backward(const oa_layer_pass *pass);

/* y = f(y), in place; rows of n values each: relu, softmax, sigmoid, linear. */
typedef struct oa_activation {
    const char *name;
    void (*apply)(float *y, size_t rows, size_t n); /* NULL: y as it is */
    /* dy, the gradient by f(y), becomes the gradient by y, in place; y holds f(y). NULL: dy as it is. */
    void (*backward)(const float *y, float *dy, size_t rows, size_t n);
} oa_activation;
const oa_activation *oa_activation_find(const char *name); /* NULL: no such activation */

/* Positions along an axis of `length` for windows of `width` every `stride`. valid: windows inside; same: ceil(length /
 * stride) windows, *before zeros on the left and the rest on the right, one more there where the sum is odd (Keras). */
size_t oa_windows(size_t length, size_t width, size_t stride, bool same_padding, size_t *before);

#endif
