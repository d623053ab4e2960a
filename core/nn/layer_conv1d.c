/* layer_conv1d.c - convolution along one axis: a matrix product whose left rows are the windows of the pattern. The product
 * takes rows that overlap, so the windows are never copied; padding copies the pattern once, between zeros. */
#include "nn/layer.h"

#include <string.h>

static oa_status conv1d_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    size_t before;
    if ((size_t)layer->inputs != in.channels)
        return oa_fail(context, "E_ARCHITECTURE", "a conv1d layer takes %lld channels but gets %zu", (long long)layer->inputs, in.channels);
    if (in.height != 1) return oa_fail(context, "E_ARCHITECTURE", "a conv1d layer takes curves but gets a picture of %zu rows", in.height);
    out->height = 1;
    out->length = oa_windows(in.length, (size_t)layer->width, (size_t)layer->stride, layer->same_padding, &before);
    out->channels = (size_t)layer->units;
    if (out->length == 0)
        return oa_fail(context, "E_ARCHITECTURE", "a conv1d kernel of width %lld finds only %zu bins", (long long)layer->width, in.length);
    return OA_OK;
}

/* Values along the axis that the windows reach, zeros included. */
static size_t reach(const oa_layer *layer, oa_extent out)
{
    return (out.length - 1) * (size_t)layer->stride + (size_t)layer->width;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* One padded pattern, and backward the gradients of its windows or of itself with its zeros. */
static size_t conv1d_scratch(const oa_layer *layer, oa_extent in, oa_extent out)
{
    const size_t padded = larger(reach(layer, out), in.length) * in.channels;
    return 2 * padded + out.length * (size_t)layer->width * in.channels;
}

/* Sizes of one pattern in floats. */
typedef struct plan {
    size_t in, out;      /* of a pattern and of what comes out */
    size_t taps, step;   /* of a window; from one to the next */
    size_t before, kept; /* zeros in front; values of the pattern that any window sees */
    size_t padded;
} plan;

static plan plan_of(const oa_layer_pass *pass)
{
    const oa_layer *layer = pass->layer;
    const size_t channels = pass->in.channels, seen = reach(layer, pass->out);
    size_t before;
    oa_windows(pass->in.length, (size_t)layer->width, (size_t)layer->stride, layer->same_padding, &before);
    const size_t kept = seen - before < pass->in.length ? seen - before : pass->in.length;
    return (plan){ .in = pass->in.length * channels, .out = pass->out.length * pass->out.channels, .taps = (size_t)layer->width * channels,
                   .step = (size_t)layer->stride * channels, .before = before * channels, .kept = kept * channels, .padded = seen * channels };
}

/* The pattern that the windows slide over: itself, or its copy between zeros. */
static const float *padded_pattern(const oa_layer_pass *pass, const plan *p, const float *x)
{
    if (!pass->layer->same_padding) return x;
    memset(pass->scratch, 0, p->padded * sizeof *x);
    memcpy(pass->scratch + p->before, x, p->kept * sizeof *x);
    return pass->scratch;
}

/* y[p][f] = bias[f] + sum over w, c of x[p*stride + w - before][c] kernel[w][c][f] */
static void conv1d_forward(const oa_layer_pass *pass)
{
    const plan p = plan_of(pass);
    for (size_t r = 0; r < pass->rows; r++)
        oa_layer_product(pass, pass->out.length, pass->out.channels, p.taps, padded_pattern(pass, &p, pass->x + r * p.in), p.step, pass->y + r * p.out);
}

/* The gradient of each window goes to the values it saw; those of the zeros are dropped. */
static void fold(const oa_layer_pass *pass, const plan *p, const float *windows, float *padded, float *dx)
{
    memset(padded, 0, p->padded * sizeof *padded);
    for (size_t q = 0; q < pass->out.length; q++)
        for (size_t t = 0; t < p->taps; t++) padded[q * p->step + t] += windows[q * p->taps + t];
    memcpy(dx, padded + p->before, p->kept * sizeof *dx);
    memset(dx + p->kept, 0, (p->in - p->kept) * sizeof *dx);
}

static void conv1d_backward(const oa_layer_pass *pass)
{
    const plan p = plan_of(pass);
    const size_t positions = pass->out.length, filters = pass->out.channels;
    const size_t room = larger(p.padded, p.in);
    float *padded = pass->scratch + room, *windows = padded + room;
    if (pass->dbias) oa_layer_sum(pass, pass->rows * positions, filters, pass->dy, pass->dbias);
    for (size_t r = 0; r < pass->rows; r++) {
        const float *dy = pass->dy + r * p.out;
        if (pass->dkernel)
            pass->kernels->multiply_tn(positions, filters, p.taps, padded_pattern(pass, &p, pass->x + r * p.in), p.step, dy, pass->dkernel);
        if (!pass->dx) continue;
        pass->kernels->multiply_nt(positions, filters, p.taps, dy, pass->kernel, windows);
        fold(pass, &p, windows, padded, pass->dx + r * p.in);
    }
}

const oa_layer_kind oa_layer_conv1d = {
    .name = "conv1d", .has_weights = true, .shape = conv1d_shape, .scratch = conv1d_scratch, .forward = conv1d_forward, .backward = conv1d_backward,
};
