/* layer_dense.c - every unit sees every input: a matrix product. */
#include "nn/layer.h"

static oa_status dense_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    if (in.height != 1 || in.length != 1)
        return oa_fail(context, "E_ARCHITECTURE", "a dense layer gets %zu positions of %zu channels; a flatten layer must come before it",
                       in.height * in.length, in.channels);
    if ((size_t)layer->inputs != in.channels)
        return oa_fail(context, "E_ARCHITECTURE", "a dense layer takes %lld inputs but gets %zu", (long long)layer->inputs, in.channels);
    *out = (oa_extent){ .height = 1, .length = 1, .channels = (size_t)layer->units };
    return OA_OK;
}

/* y[u] = bias[u] + sum over i of x[i] kernel[i][u] */
static void dense_forward(const oa_layer_pass *pass)
{
    oa_layer_product(pass, pass->rows, pass->out.channels, pass->in.channels, pass->x, pass->in.channels, pass->y);
}

static void dense_backward(const oa_layer_pass *pass)
{
    const size_t units = pass->out.channels, inputs = pass->in.channels;
    if (pass->dbias) oa_layer_sum(pass, pass->rows, units, pass->dy, pass->dbias);
    if (pass->dkernel) pass->kernels->multiply_tn(pass->rows, units, inputs, pass->x, inputs, pass->dy, pass->dkernel);
    if (pass->dx) pass->kernels->multiply_nt(pass->rows, units, inputs, pass->dy, pass->kernel, pass->dx);
}

const oa_layer_kind oa_layer_dense = {
    .name = "dense", .has_weights = true, .shape = dense_shape, .forward = dense_forward, .backward = dense_backward,
};
