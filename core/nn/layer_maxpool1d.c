/* layer_maxpool1d.c - the largest of each window, channel by channel. */
#include "nn/layer.h"

#include <string.h>

static oa_status maxpool1d_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    size_t before;
    out->length = oa_windows(in.length, (size_t)layer->width, (size_t)layer->stride, layer->same_padding, &before);
    out->channels = in.channels;
    if (out->length == 0)
        return oa_fail(context, "E_ARCHITECTURE", "a pooling window of %lld finds only %zu positions", (long long)layer->width, in.length);
    return OA_OK;
}

static void take_larger(float *y, const float *x, size_t n)
{
    for (size_t c = 0; c < n; c++) y[c] = x[c] > y[c] ? x[c] : y[c];
}

/* y[p][c] = max over w of x[p*stride + w - before][c]; what lies outside does not count. */
static void maxpool1d_forward(const oa_layer_pass *pass)
{
    const size_t channels = pass->in.channels, width = (size_t)pass->layer->width, stride = (size_t)pass->layer->stride;
    size_t before;
    oa_windows(pass->in.length, width, stride, pass->layer->same_padding, &before);
    for (size_t r = 0; r < pass->rows; r++) {
        const float *x = pass->x + r * pass->in.length * channels;
        float *y = pass->y + r * pass->out.length * channels;
        for (size_t p = 0; p < pass->out.length; p++, y += channels) {
            const size_t low = p * stride < before ? 0 : p * stride - before;
            const size_t high = p * stride + width - before < pass->in.length ? p * stride + width - before : pass->in.length;
            memcpy(y, x + low * channels, channels * sizeof *y);
            for (size_t t = low + 1; t < high; t++) take_larger(y, x + t * channels, channels);
        }
    }
}

const oa_layer_kind oa_layer_maxpool1d = { .name = "maxpool1d", .shape = maxpool1d_shape, .forward = maxpool1d_forward };
