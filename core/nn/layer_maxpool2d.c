/* layer_maxpool2d.c - the largest of each window, channel by channel; a curve is a picture with one row. */
#include "nn/layer.h"

#include <string.h>

static oa_status maxpool2d_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    const size_t height = (size_t)layer->height, width = (size_t)layer->width, stride = (size_t)layer->stride;
    size_t before;
    out->height = oa_windows(in.height, height, stride, layer->same_padding, &before);
    out->length = oa_windows(in.length, width, stride, layer->same_padding, &before);
    out->channels = in.channels;
    if (out->height == 0 || out->length == 0)
        return oa_fail(context, "E_ARCHITECTURE", "a pooling window of %zu x %zu finds only %zu x %zu positions", height, width, in.height, in.length);
    return OA_OK;
}

/* Positions [low, high) along one axis that window p covers; what lies outside does not count, not even as 0. */
typedef struct span {
    size_t low, high;
} span;

static span covered(size_t p, size_t stride, size_t width, size_t before, size_t length)
{
    const size_t low = p * stride < before ? 0 : p * stride - before, high = p * stride + width - before;
    return (span){ low, high < length ? high : length };
}

/* How windows lie on both axes. */
typedef struct plan {
    size_t height, width, stride, above, left;
} plan;

static plan plan_of(const oa_layer_pass *pass)
{
    const oa_layer *layer = pass->layer;
    plan p = { .height = layer->height ? (size_t)layer->height : 1, .width = (size_t)layer->width, .stride = (size_t)layer->stride };
    oa_windows(pass->in.height, p.height, p.stride, layer->same_padding, &p.above);
    oa_windows(pass->in.length, p.width, p.stride, layer->same_padding, &p.left);
    return p;
}

/* One window: where its first value lies in the batch, how many rows and columns it has, and where its answer lies. */
typedef struct window {
    size_t x, y;
    size_t rows, columns;
} window;

/* Calls see(pass, window) for every window. */
static inline __attribute__((always_inline)) void see_all(const oa_layer_pass *pass, void (*see)(const oa_layer_pass *pass, const window *w))
{
    const plan p = plan_of(pass);
    const size_t channels = pass->in.channels, in = oa_extent_values(pass->in);
    window w = { .y = 0 };
    for (size_t r = 0; r < pass->rows; r++)
        for (size_t i = 0; i < pass->out.height; i++) {
            const span down = covered(i, p.stride, p.height, p.above, pass->in.height);
            w.rows = down.high - down.low;
            for (size_t j = 0; j < pass->out.length; j++, w.y += channels) {
                const span right = covered(j, p.stride, p.width, p.left, pass->in.length);
                w.columns = right.high - right.low;
                w.x = r * in + (down.low * pass->in.length + right.low) * channels;
                see(pass, &w);
            }
        }
}

static void take_larger(float *y, const float *x, size_t n)
{
    for (size_t c = 0; c < n; c++) y[c] = x[c] > y[c] ? x[c] : y[c];
}

static void take_largest(const oa_layer_pass *pass, const window *w)
{
    const size_t channels = pass->in.channels;
    const float *x = pass->x + w->x;
    float *y = pass->y + w->y;
    memcpy(y, x, channels * sizeof *y);
    for (size_t i = 0; i < w->rows; i++)
        for (size_t j = i == 0; j < w->columns; j++) take_larger(y, x + (i * pass->in.length + j) * channels, channels);
}

/* y[i][j][c] = max over u, v of x[i*stride + u - above][j*stride + v - left][c] */
void oa_layer_pool_forward(const oa_layer_pass *pass)
{
    see_all(pass, take_largest);
}

enum { CHANNELS = 16 }; /* at a time: their largest and what is left to give stay in registers */

/* n channels of one window, from x and dx on: dy goes to the first of the largest, after which none is left for the others.
 * n is a constant where it can be; without branches, indices and unrolling the loops become vectors. */
static inline __attribute__((always_inline)) void pass_down(const window *w, size_t down, size_t right, size_t n, const float *restrict x,
                                                            const float *restrict dy, float *restrict dx)
{
    float largest[CHANNELS], left[CHANNELS];
    memcpy(largest, x, n * sizeof *largest);
    memcpy(left, dy, n * sizeof *left);
    for (size_t i = 0; i < w->rows; i++)
        for (size_t j = i == 0; j < w->columns; j++)
#pragma GCC unroll 1
            for (size_t c = 0; c < n; c++) {
                const float value = x[i * down + j * right + c], before = largest[c];
                largest[c] = value > before ? value : before;
            }
    for (size_t i = 0; i < w->rows; i++)
        for (size_t j = 0; j < w->columns; j++)
#pragma GCC unroll 1
            for (size_t c = 0; c < n; c++) {
                const float open = left[c], given = x[i * down + j * right + c] == largest[c] ? open : 0;
                dx[i * down + j * right + c] += given;
                left[c] = open - given;
            }
}

static void give_to_largest(const oa_layer_pass *pass, const window *w)
{
    const size_t right = pass->in.channels, down = pass->in.length * right;
    const float *x = pass->x + w->x, *dy = pass->dy + w->y;
    float *dx = pass->dx + w->x;
    size_t c = 0;
    for (; c + CHANNELS <= right; c += CHANNELS) pass_down(w, down, right, CHANNELS, x + c, dy + c, dx + c);
    if (c < right) pass_down(w, down, right, right - c, x + c, dy + c, dx + c);
}

void oa_layer_pool_backward(const oa_layer_pass *pass)
{
    if (!pass->dx) return;
    memset(pass->dx, 0, pass->rows * oa_extent_values(pass->in) * sizeof *pass->dx);
    see_all(pass, give_to_largest);
}

const oa_layer_kind oa_layer_maxpool2d = {
    .name = "maxpool2d", .shape = maxpool2d_shape, .forward = oa_layer_pool_forward, .backward = oa_layer_pool_backward,
};
