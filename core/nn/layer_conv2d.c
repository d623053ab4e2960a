/* layer_conv2d.c - convolution of pictures: a matrix product whose left rows are the windows, copied side by side for a few
 * rows of the output at a time, so that what is copied stays in the second-level cache. */
#include "nn/layer.h"

#include <string.h>

enum { STRIP = 32768 }; /* floats unfolded at a time, or one row of the output if that is more */

static oa_status conv2d_shape(oa_context *context, const oa_layer *layer, oa_extent in, oa_extent *out)
{
    const size_t height = (size_t)layer->height, width = (size_t)layer->width, stride = (size_t)layer->stride;
    size_t before;
    if ((size_t)layer->inputs != in.channels)
        return oa_fail(context, "E_ARCHITECTURE", "a conv2d layer takes %lld channels but gets %zu", (long long)layer->inputs, in.channels);
    out->height = oa_windows(in.height, height, stride, layer->same_padding, &before);
    out->length = oa_windows(in.length, width, stride, layer->same_padding, &before);
    out->channels = (size_t)layer->units;
    if (out->height == 0 || out->length == 0)
        return oa_fail(context, "E_ARCHITECTURE", "a conv2d kernel of %zu x %zu finds only %zu x %zu values", height, width, in.height, in.length);
    return OA_OK;
}

/* The windows of one picture. */
typedef struct plan {
    size_t height, width, stride, channels;
    size_t above, left;  /* zeros of the padding */
    size_t taps;         /* floats of a window */
    size_t in, out;      /* floats of a picture and of what comes out */
    size_t strip;        /* rows of the output unfolded at a time */
} plan;

static size_t strip_rows(const oa_layer *layer, oa_extent in, oa_extent out)
{
    const size_t floats = out.length * (size_t)layer->height * (size_t)layer->width * in.channels;
    const size_t rows = STRIP / floats ? STRIP / floats : 1;
    return rows < out.height ? rows : out.height;
}

static size_t conv2d_scratch(const oa_layer *layer, oa_extent in, oa_extent out)
{
    return strip_rows(layer, in, out) * out.length * (size_t)layer->height * (size_t)layer->width * in.channels;
}

static plan plan_of(const oa_layer_pass *pass)
{
    const oa_layer *layer = pass->layer;
    plan p = { .height = (size_t)layer->height, .width = (size_t)layer->width, .stride = (size_t)layer->stride, .channels = pass->in.channels,
               .in = oa_extent_values(pass->in), .out = oa_extent_values(pass->out), .strip = strip_rows(layer, pass->in, pass->out) };
    oa_windows(pass->in.height, p.height, p.stride, layer->same_padding, &p.above);
    oa_windows(pass->in.length, p.width, p.stride, layer->same_padding, &p.left);
    p.taps = p.height * p.width * p.channels;
    return p;
}

/* One row of a window: `skip` floats lie before the picture, then come `n` of it from `from` on, then what lies behind. */
typedef struct piece {
    size_t from, skip, n;
} piece;

static piece piece_of(const plan *p, oa_extent in, size_t row, size_t column)
{
    const size_t y = row - p->above; /* wraps round where the row lies above the picture: then it is too large too */
    const size_t skip = column < p->left ? p->left - column : 0, first = column + skip - p->left;
    if (y >= in.height || first >= in.length || skip >= p->width) return (piece){ .n = 0 };
    const size_t room = in.length - first, n = p->width - skip < room ? p->width - skip : room;
    return (piece){ .from = (y * in.length + first) * p->channels, .skip = skip * p->channels, .n = n * p->channels };
}

/* Windows of the output rows [first, first + rows), (rows * length, taps), zeros outside the picture. */
static void unfold(const oa_layer_pass *pass, const plan *p, const float *x, size_t first, size_t rows, float *to)
{
    const size_t across = p->width * p->channels;
    for (size_t q = first * pass->out.length; q < (first + rows) * pass->out.length; q++)
        for (size_t ky = 0; ky < p->height; ky++, to += across) {
            const piece part = piece_of(p, pass->in, q / pass->out.length * p->stride + ky, q % pass->out.length * p->stride);
            if (part.n < across) memset(to, 0, across * sizeof *to);
            for (size_t i = 0; i < part.n; i++) to[part.skip + i] = x[part.from + i];
        }
}

/* The gradient of each window goes to the values it saw. */
static void fold(const oa_layer_pass *pass, const plan *p, const float *windows, size_t first, size_t rows, float *dx)
{
    const size_t across = p->width * p->channels;
    for (size_t q = first * pass->out.length; q < (first + rows) * pass->out.length; q++)
        for (size_t ky = 0; ky < p->height; ky++, windows += across) {
            const piece part = piece_of(p, pass->in, q / pass->out.length * p->stride + ky, q % pass->out.length * p->stride);
            for (size_t i = 0; i < part.n; i++) dx[part.from + i] += windows[part.skip + i];
        }
}

/* y[i][j][f] = bias[f] + sum over u, v, c of x[i*stride + u - above][j*stride + v - left][c] kernel[u][v][c][f] */
static void conv2d_forward(const oa_layer_pass *pass)
{
    const plan p = plan_of(pass);
    for (size_t r = 0; r < pass->rows; r++)
        for (size_t i = 0; i < pass->out.height; i += p.strip) {
            const size_t rows = pass->out.height - i < p.strip ? pass->out.height - i : p.strip;
            unfold(pass, &p, pass->x + r * p.in, i, rows, pass->scratch);
            oa_layer_product(pass, rows * pass->out.length, pass->out.channels, p.taps, pass->scratch, p.taps,
                             pass->y + r * p.out + i * pass->out.length * pass->out.channels);
        }
}

static void strip_backward(const oa_layer_pass *pass, const plan *p, size_t r, size_t first, size_t rows)
{
    const size_t positions = rows * pass->out.length, filters = pass->out.channels;
    const float *dy = pass->dy + r * p->out + first * pass->out.length * filters;
    if (pass->dkernel) {
        unfold(pass, p, pass->x + r * p->in, first, rows, pass->scratch);
        pass->kernels->multiply_tn(positions, filters, p->taps, pass->scratch, p->taps, dy, pass->dkernel);
    }
    if (!pass->dx) return;
    pass->kernels->multiply_nt(positions, filters, p->taps, dy, pass->kernel, pass->scratch);
    fold(pass, p, pass->scratch, first, rows, pass->dx + r * p->in);
}

static void conv2d_backward(const oa_layer_pass *pass)
{
    const plan p = plan_of(pass);
    if (pass->dbias) oa_layer_sum(pass, pass->rows * p.out / pass->out.channels, pass->out.channels, pass->dy, pass->dbias);
    if (pass->dx) memset(pass->dx, 0, pass->rows * p.in * sizeof *pass->dx);
    for (size_t r = 0; r < pass->rows; r++)
        for (size_t i = 0; i < pass->out.height; i += p.strip)
            strip_backward(pass, &p, r, i, pass->out.height - i < p.strip ? pass->out.height - i : p.strip);
}

const oa_layer_kind oa_layer_conv2d = {
    .name = "conv2d", .has_weights = true, .shape = conv2d_shape, .scratch = conv2d_scratch, .forward = conv2d_forward, .backward = conv2d_backward,
};
