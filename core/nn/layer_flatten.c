/* layer_flatten.c - positions and channels become one axis: index = position * channels + channel. */
#include "nn/layer.h"

static oa_status flatten_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    (void)context, (void)layer;
    *out = (oa_extent){ .height = 1, .length = 1, .channels = oa_extent_values(in) };
    return OA_OK;
}

const oa_layer_kind oa_layer_flatten = { .name = "flatten", .shape = flatten_shape };
