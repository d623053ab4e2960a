/* layer_maxpool1d.c - the largest of each window of a curve: pooling of a picture with one row. */
#include "nn/layer.h"

static oa_status maxpool1d_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    size_t before;
    if (in.height != 1) return oa_fail(context, "E_ARCHITECTURE", "a maxpool1d layer takes curves but gets a picture of %zu rows", in.height);
    out->height = 1;
    out->length = oa_windows(in.length, (size_t)layer->width, (size_t)layer->stride, layer->same_padding, &before);
    out->channels = in.channels;
    if (out->length == 0)
        return oa_fail(context, "E_ARCHITECTURE", "a pooling window of %lld finds only %zu positions", (long long)layer->width, in.length);
    return OA_OK;
}

const oa_layer_kind oa_layer_maxpool1d = {
    .name = "maxpool1d", .shape = maxpool1d_shape, .forward = oa_layer_pool_forward, .backward = oa_layer_pool_backward,
};
