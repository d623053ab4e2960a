/* layer_conv1d.c - convolution along one axis: a matrix product whose left rows are the windows of the pattern. */
#include "nn/layer.h"

#include <string.h>

enum { GROUP = 16 }; /* patterns unfolded at a time: what they fill stays in the second-level cache */

static oa_status conv1d_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    size_t before;
    if ((size_t)layer->inputs != in.channels)
        return oa_fail(context, "E_ARCHITECTURE", "a conv1d layer takes %lld channels but gets %zu", (long long)layer->inputs, in.channels);
    out->length = oa_windows(in.length, (size_t)layer->width, (size_t)layer->stride, layer->same_padding, &before);
    out->channels = (size_t)layer->units;
    if (out->length == 0)
        return oa_fail(context, "E_ARCHITECTURE", "a conv1d kernel of width %lld finds only %zu bins", (long long)layer->width, in.length);
    return OA_OK;
}

static size_t conv1d_scratch(const oa_layer *layer, oa_extent in, oa_extent out)
{
    (void)in;
    return GROUP * out.length * (size_t)layer->width * (size_t)layer->inputs;
}

/* Row p of `unfolded` holds x[p*stride - before ... + width) of one pattern, zeros outside. */
static void unfold(const oa_layer_pass *pass, const float *x, size_t before, float *unfolded)
{
    const size_t channels = pass->in.channels, width = (size_t)pass->layer->width, stride = (size_t)pass->layer->stride;
    for (size_t p = 0; p < pass->out.length; p++, unfolded += width * channels) {
        const size_t first = p * stride; /* in the padded axis */
        const size_t skip = first < before ? before - first : 0;
        const size_t from = first + skip - before, room = from < pass->in.length ? pass->in.length - from : 0;
        const size_t n = width - skip < room ? width - skip : room;
        memset(unfolded, 0, skip * channels * sizeof *unfolded);
        memcpy(unfolded + skip * channels, x + from * channels, n * channels * sizeof *unfolded);
        memset(unfolded + (skip + n) * channels, 0, (width - skip - n) * channels * sizeof *unfolded);
    }
}

/* Windows inside the pattern need no copy where the product takes rows that overlap. */
static void convolve_directly(const oa_layer_pass *pass)
{
    const size_t in = pass->in.length * pass->in.channels, out = pass->out.length * pass->out.channels;
    const size_t taps = (size_t)pass->layer->width * pass->in.channels, step = (size_t)pass->layer->stride * pass->in.channels;
    for (size_t r = 0; r < pass->rows; r++)
        oa_layer_product(pass, pass->out.length, pass->out.channels, taps, pass->x + r * in, step, pass->y + r * out);
}

static void convolve_unfolded(const oa_layer_pass *pass)
{
    const size_t in = pass->in.length * pass->in.channels, out = pass->out.length * pass->out.channels;
    const size_t taps = (size_t)pass->layer->width * pass->in.channels;
    size_t before;
    oa_windows(pass->in.length, (size_t)pass->layer->width, (size_t)pass->layer->stride, pass->layer->same_padding, &before);
    for (size_t r = 0; r < pass->rows; r += GROUP) {
        const size_t n = pass->rows - r < GROUP ? pass->rows - r : GROUP;
        for (size_t i = 0; i < n; i++)
            unfold(pass, pass->x + (r + i) * in, before, pass->scratch + i * pass->out.length * taps);
        oa_layer_product(pass, n * pass->out.length, pass->out.channels, taps, pass->scratch, taps, pass->y + r * out);
    }
}

/* y[p][f] = bias[f] + sum over w, c of x[p*stride + w - before][c] kernel[w][c][f] */
static void conv1d_forward(const oa_layer_pass *pass)
{
    if (pass->kernels->multiply && !pass->layer->same_padding) convolve_directly(pass);
    else convolve_unfolded(pass);
}

const oa_layer_kind oa_layer_conv1d = {
    .name = "conv1d", .has_weights = true, .shape = conv1d_shape, .scratch = conv1d_scratch, .forward = conv1d_forward,
};
