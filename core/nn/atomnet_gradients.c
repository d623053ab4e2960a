/* atomnet_gradients.c - the backward pass of a batch, layer by layer from the last. Formulas: atomnet_learner.h. */
#include <math.h>
#include <string.h>

#include "nn/atomnet_parts.h"

enum { AT_ONCE = 32 };

/* ---- layers per atom ---- */

/* The layer that follows a layer per atom directly, or NULL: its gradient was given. */
static const oa_learn_layer *next_of(const oa_atomnet_learner *l, int which)
{
    return l->layer[which].is_linear ? NULL : &l->layer[which + 1];
}

/* Panel p of dy W' of the layer, (n, PANEL), into out. */
static void pull(const oa_atomnet_learner *l, const oa_learn_layer *layer, const oa_learn_room *room, size_t p, float *out, size_t step)
{
    const size_t k = layer->place.inputs, units = layer->place.units, first = p * OA_LEARN_PANEL, width = oa_learn_width(k, p);
    const float *w = l->values + layer->place.kernel + first * units;
    memset(room->weights, 0, units * OA_LEARN_PANEL * sizeof *room->weights);
    for (size_t i = 0; i < width; i++)
        for (size_t u = 0; u < units; u++) room->weights[u * OA_LEARN_PANEL + i] = w[i * units + u];
    const oa_affine call = { .m = l->n, .n = width, .k = units, .a = layer->dx, .a_step = units, .b = room->weights, .c = out, .c_step = step };
    l->kernels->affine(&call);
}

/* What ReLU and dropout made of it: both leave 0 where they let nothing through. */
static void undo(const oa_atomnet_learner *l, const oa_learn_layer *layer, size_t p, float *dy)
{
    const float scale = layer->drops ? (float)(1 / (1 - l->set.dropout)) : 1;
    for (size_t r = 0; r < l->n; r++) {
        const float *y = layer->out + r * layer->place.units + p * OA_LEARN_PANEL;
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) dy[r * OA_LEARN_PANEL + u] = y[u] > 0 ? dy[r * OA_LEARN_PANEL + u] * scale : 0;
    }
}

/* dx = gamma / s (dy - S / n - normal dgamma / n), in place. */
static void undo_norm(oa_atomnet_learner *l, const oa_learn_layer *layer, size_t p, float *dy)
{
    double sum[OA_LEARN_PANEL] = { 0 }, along[OA_LEARN_PANEL] = { 0 };
    float mean[OA_LEARN_PANEL], lean[OA_LEARN_PANEL], scale[OA_LEARN_PANEL];
    const size_t first = p * OA_LEARN_PANEL, units = layer->place.units;
    const float *normal = layer->normal + first * l->n;
    float *slope = l->gradient + layer->place.norm + first;
    for (size_t r = 0; r < l->n; r++)
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) {
            sum[u] += dy[r * OA_LEARN_PANEL + u];
            along[u] += (double)dy[r * OA_LEARN_PANEL + u] * normal[r * OA_LEARN_PANEL + u];
        }
    for (size_t u = 0; u < OA_LEARN_PANEL; u++) {
        slope[u] = (float)along[u], slope[units + u] = (float)sum[u];
        mean[u] = (float)(sum[u] / (double)l->n), lean[u] = (float)(along[u] / (double)l->n), scale[u] = (float)layer->scale[first + u];
    }
    for (size_t r = 0; r < l->n; r++)
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) {
            const size_t i = r * OA_LEARN_PANEL + u;
            dy[i] = scale[u] * (dy[i] - mean[u] - normal[i] * lean[u]);
        }
}

static void panel_slope(oa_atomnet_learner *l, const oa_learn_layer *layer, const oa_learn_room *room, size_t p, const float *dx)
{
    const size_t k = layer->place.inputs, units = layer->place.units, first = p * OA_LEARN_PANEL, width = oa_learn_width(units, p);
    double sum[OA_LEARN_PANEL] = { 0 };
    memset(room->slope, 0, k * OA_LEARN_PANEL * sizeof *room->slope);
    l->kernels->multiply_tn(l->n, OA_LEARN_PANEL, k, layer->in, k, dx, room->slope);
    for (size_t i = 0; i < k; i++) memcpy(l->gradient + layer->place.kernel + i * units + first, room->slope + i * OA_LEARN_PANEL, width * sizeof(float));
    for (size_t r = 0; r < l->n; r++)
        for (size_t u = 0; u < width; u++) sum[u] += dx[r * OA_LEARN_PANEL + u];
    for (size_t u = 0; u < width; u++) l->gradient[layer->place.bias + first + u] = layer->has_norm ? 0 : (float)sum[u];
}

static void dense(void *arg, int which, size_t p, int worker)
{
    oa_atomnet_learner *l = arg;
    const oa_learn_layer *layer = &l->layer[which], *next = next_of(l, which);
    const oa_learn_room *room = &l->room[worker];
    const size_t units = layer->place.units, first = p * OA_LEARN_PANEL, width = oa_learn_width(units, p);
    float *dx = room->panel;
    if (next) {
        pull(l, next, room, p, dx, OA_LEARN_PANEL);
        undo(l, layer, p, dx);
        if (layer->has_norm) undo_norm(l, layer, p, dx);
        for (size_t r = 0; r < l->n; r++) memcpy(layer->dx + r * units + first, dx + r * OA_LEARN_PANEL, width * sizeof *dx);
    } else {
        memset(dx, 0, l->n * OA_LEARN_PANEL * sizeof *dx);
        for (size_t r = 0; r < l->n; r++) memcpy(dx + r * OA_LEARN_PANEL, layer->dx + r * units + first, width * sizeof *dx);
    }
    panel_slope(l, layer, room, p, dx);
}

/* By the maxima that the first layer per atom takes. */
static void to_maxima(void *arg, int which, size_t p, int worker)
{
    oa_atomnet_learner *l = arg;
    const float *y = l->layer[which].in + p * OA_LEARN_PANEL;
    float *dy = l->dmax + p * OA_LEARN_PANEL;
    pull(l, &l->layer[which], &l->room[worker], p, dy, OA_LEARN_MAXIMA);
    for (size_t r = 0; r < l->n; r++)
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) dy[r * OA_LEARN_MAXIMA + u] = y[r * OA_LEARN_MAXIMA + u] > 0 ? dy[r * OA_LEARN_MAXIMA + u] : 0;
}

/* ---- shared layers: sums over rows ---- */

/* Channels [begin, end) of an atom. */
static void add_maxima(const oa_atomnet_learner *l, const oa_learn_layer *layer, size_t atom, size_t begin, size_t end, float *restrict product)
{
    const size_t k = layer->place.inputs, units = layer->place.units;
    const float *rows = layer->in + oa_learn_rows(l, atom) * k, *dy = l->dmax + atom * units;
    for (size_t u = begin; u < end; u++) {
        const float *restrict a = rows + layer->first[atom * units + u] * k;
        if (dy[u] == 0) continue;
        for (size_t c = 0; c < k; c++) product[u * k + c] += dy[u] * a[c];
    }
}

/* a'dy and the sum of dy of a chunk; dy has one row of each atom and channel, so a'dy is summed as (units, inputs): some channels at a time, so that what
 * is summed stays in the first-level cache. */
static void sum_maxima(void *arg, int which, size_t chunk, int worker)
{
    oa_atomnet_learner *l = arg;
    const oa_learn_layer *layer = &l->layer[which];
    const size_t k = layer->place.inputs, units = layer->place.units, first = oa_learn_first(chunk), end = first + oa_learn_atoms(l, chunk);
    float *product = l->partial + chunk * OA_LEARN_PARTIAL, *sum = product + k * units;
    (void)worker;
    memset(product, 0, (k * units + units) * sizeof *product);
    for (size_t u = 0; u < units; u += AT_ONCE)
        for (size_t i = first; i < end; i++) add_maxima(l, layer, i, u, u + AT_ONCE, product);
    for (size_t i = first; i < end; i++)
        for (size_t u = 0; u < units; u++) sum[u] += l->dmax[i * units + u];
}

static void sum_rows(const oa_atomnet_learner *l, const oa_learn_layer *layer, size_t chunk)
{
    const size_t k = layer->place.inputs, units = layer->place.units, row = oa_learn_rows(l, oa_learn_first(chunk)), rows = oa_learn_rows(l, oa_learn_atoms(l, chunk));
    const float *dy = layer->dx + row * units;
    float *product = l->partial + chunk * OA_LEARN_PARTIAL, sum[OA_LEARN_WIDEST] = { 0 };
    memset(product, 0, k * units * sizeof *product);
    l->kernels->multiply_tn(rows, units, k, layer->in + row * k, k, dy, product);
    for (size_t r = 0; r < rows; r++)
        for (size_t u = 0; u < units; u++) sum[u] += dy[r * units + u];
    memcpy(product + k * units, sum, units * sizeof *sum);
}

/* ---- shared layers: what the sums say ---- */

/* sums becomes P (inputs, units) and S (units), in doubles; P less abar S, where there is a norm. */
static void add_partials(const oa_atomnet_learner *l, const oa_learn_layer *layer)
{
    const size_t k = layer->place.inputs, units = layer->place.units, all = k * units + units;
    memset(l->sums, 0, all * sizeof *l->sums);
    for (size_t c = 0; c < l->chunks; c++)
        for (size_t i = 0; i < all; i++) l->sums[i] += l->partial[c * OA_LEARN_PARTIAL + i];
}

/* Slopes of weights and norm. along (units) becomes dgamma. element (i, u) of P stands at i * step + u * other. */
static void weight_slopes(oa_atomnet_learner *l, const oa_learn_layer *layer, double *along)
{
    const size_t k = layer->place.inputs, units = layer->place.units, step = layer->is_max ? 1 : units, other = layer->is_max ? k : 1;
    const double *sum = l->sums + k * units;
    const float *w = l->values + layer->place.kernel;
    float *slope = l->gradient + layer->place.kernel;
    memset(along, 0, units * sizeof *along);
    for (size_t i = 0; i < k && layer->has_norm; i++)
        for (size_t u = 0; u < units; u++) {
            double *p = &l->sums[i * step + u * other];
            *p -= layer->mean_in[i] * sum[u];
            along[u] += *p * w[i * units + u];
        }
    for (size_t u = 0; u < units; u++) along[u] *= layer->inverse[u];
    for (size_t i = 0; i < k; i++)
        for (size_t u = 0; u < units; u++) {
            const double lean = layer->has_norm ? layer->spread[i * units + u] * along[u] * layer->inverse[u] : 0;
            slope[i * units + u] = (float)(layer->scale[u] * (l->sums[i * step + u * other] - lean));
        }
    for (size_t u = 0; u < units; u++) {
        l->gradient[layer->place.bias + u] = layer->has_norm ? 0 : (float)sum[u];
        if (!layer->has_norm) continue;
        l->gradient[layer->place.norm + u] = (float)along[u];
        l->gradient[layer->place.norm + units + u] = (float)sum[u];
    }
}

/* The layer backwards: W' times the scale, and with a norm - W diag(q) W', q = scale dgamma / (N s), with its bias. */
static void turn(oa_atomnet_learner *l, const oa_learn_layer *layer, const double *along)
{
    const size_t k = layer->place.inputs, units = layer->place.units;
    const double rows = (double)oa_learn_rows(l, l->n), *sum = l->sums + k * units;
    const float *w = l->values + layer->place.kernel;
    float *weighted = l->folded, *product = l->partial; /* both are free by now */
    double lean[OA_LEARN_MAXIMA], mean[OA_LEARN_MAXIMA] = { 0 };
    for (size_t u = 0; u < units; u++)
        for (size_t i = 0; i < k; i++) l->turned[u * k + i] = (float)(layer->scale[u] * w[i * units + u]);
    if (!layer->has_norm) return;
    for (size_t u = 0; u < units; u++) lean[u] = layer->scale[u] * layer->inverse[u] * along[u] / rows;
    for (size_t i = 0; i < k; i++)
        for (size_t u = 0; u < units; u++) {
            mean[u] += layer->mean_in[i] * w[i * units + u];
            weighted[i * units + u] = (float)(-w[i * units + u] * lean[u]);
        }
    l->kernels->multiply_nt(k, units, k, weighted, w, product);
    oa_affine_pack(k, k, product, l->back);
    for (size_t i = 0; i < k; i++) {
        double offset = 0;
        for (size_t u = 0; u < units; u++) offset += w[i * units + u] * (lean[u] * mean[u] - layer->scale[u] * sum[u] / rows);
        l->offset[i] = (float)offset;
    }
}

static void settle(void *arg, int which)
{
    oa_atomnet_learner *l = arg;
    double along[OA_LEARN_MAXIMA];
    add_partials(l, &l->layer[which]);
    weight_slopes(l, &l->layer[which], along);
    turn(l, &l->layer[which], along);
}

static void settle_before(void *arg, int which) { settle(arg, which - 1); }

/* ---- shared layers: back through one ---- */

/* Gradient of a chunk by what went into the layer, (rows, inputs). */
static void through(const oa_atomnet_learner *l, const oa_learn_layer *layer, size_t chunk, float *out)
{
    const size_t k = layer->place.inputs, units = layer->place.units, first = oa_learn_first(chunk), atoms = oa_learn_atoms(l, chunk), row = oa_learn_rows(l, first);
    const oa_affine call = { .m = oa_learn_rows(l, atoms), .n = k, .k = k, .a = layer->in + row * k, .a_step = k, .b = l->back, .bias = l->offset,
                             .c = out, .c_step = k };
    if (layer->has_norm) l->kernels->affine(&call);
    else memset(out, 0, call.m * k * sizeof *out);
    if (!layer->is_max) {
        l->kernels->multiply(call.m, k, units, layer->dx + row * units, units, l->turned, out);
        return;
    }
    for (size_t i = 0; i < atoms; i++)
        for (size_t u = 0; u < units; u++) {
            const float dy = l->dmax[(first + i) * units + u], *restrict w = l->turned + u * k;
            if (dy == 0) continue;
            float *restrict to = out + (oa_learn_rows(l, i) + layer->first[(first + i) * units + u]) * k;
            for (size_t c = 0; c < k; c++) to[c] += dy * w[c];
        }
}

/* Through layer `which` and the ReLU before it, then the sums of the layer before. What came past the T-Net joins here. */
static void shared(void *arg, int which, size_t chunk, int worker)
{
    oa_atomnet_learner *l = arg;
    const oa_learn_layer *layer = &l->layer[which], *before = &l->layer[which - 1];
    const size_t k = layer->place.inputs, at = oa_learn_rows(l, oa_learn_first(chunk)) * k, n = oa_learn_rows(l, oa_learn_atoms(l, chunk)) * k;
    const float *restrict y = before->out + at, *restrict past = l->dmoved + at;
    float *restrict dy = before->dx + at;
    (void)worker;
    through(l, layer, chunk, dy);
    if (which == OA_TNET2_CONV1)
        for (size_t i = 0; i < n; i++) dy[i] += past[i];
    for (size_t i = 0; i < n; i++) dy[i] = y[i] > 0 ? dy[i] : 0;
    sum_rows(l, before, chunk);
}

/* Through the layer that takes moved rows, then to the matrices and to the rows before them. */
static void moved(void *arg, int which, size_t chunk, int worker)
{
    oa_atomnet_learner *l = arg;
    const bool is_first = which == OA_MLP1_CONV1;
    const oa_learn_layer *transform = &l->layer[is_first ? OA_TNET1_TRANSFORM : OA_TNET2_TRANSFORM];
    const size_t edge = l->layer[which].place.inputs, step = oa_learn_rows(l, 1) * edge, first = oa_learn_first(chunk), end = first + oa_learn_atoms(l, chunk);
    const float *from = is_first ? l->x : l->layer[OA_MLP1_CONV2].out, factor = (float)(OA_ATOMNET_PENALTY / (double)l->n);
    float *dy = l->layer[which + 1].dx; /* that of the layer behind, which has been used */
    through(l, &l->layer[which], chunk, dy + first * step);
    for (size_t i = first; i < end; i++) {
        const float *dmoved = dy + i * step, *t = transform->out + i * edge * edge;
        float *dt = transform->dx + i * edge * edge;
        memset(dt, 0, edge * edge * sizeof *dt);
        l->kernels->multiply_tn(l->set.rows, edge, edge, from + i * step, edge, dmoved, dt);
        if (!is_first) l->kernels->multiply_nt(l->set.rows, edge, edge, dmoved, t, l->dmoved + i * step);
        if (!l->set.is_published) oa_atomnet_penalty(l->kernels, t, edge, factor, dt, l->room[worker].small);
    }
}

/* The penalty across atoms needs all matrices. */
static void across(void *arg, int which)
{
    oa_atomnet_learner *l = arg;
    const oa_learn_layer *transform = &l->layer[which == OA_MLP1_CONV1 ? OA_TNET1_TRANSFORM : OA_TNET2_TRANSFORM];
    const float factor = (float)(OA_ATOMNET_PENALTY / (double)l->n);
    if (l->set.is_published)
        oa_atomnet_penalty_published(l->kernels, transform->out, l->n, l->layer[which].place.inputs, factor, transform->dx, l->room[0].small);
}

/* ---- the order ---- */

/* From a last layer per atom to the first shared layer of the same net, whose sums are then known. */
static size_t back_net(const oa_atomnet_learner *l, int last, int first, oa_stage *stages)
{
    size_t n = 0;
    int i = last;
    for (; !l->layer[i].is_shared; i--) stages[n++] = (oa_stage){ dense, NULL, i, oa_learn_panels(l->layer[i].place.units) };
    stages[n++] = (oa_stage){ to_maxima, NULL, i + 1, OA_LEARN_MAXIMA / OA_LEARN_PANEL };
    stages[n++] = (oa_stage){ sum_maxima, settle, i, l->chunks };
    for (; i > first; i--) stages[n++] = (oa_stage){ shared, settle_before, i, l->chunks };
    return n;
}

size_t oa_learn__backward(const oa_atomnet_learner *l, oa_stage *stages)
{
    size_t n = back_net(l, OA_HEAD_OUT, OA_MLP2_CONV1, stages);
    stages[n++] = (oa_stage){ moved, across, OA_MLP2_CONV1, l->chunks };
    n += back_net(l, OA_TNET2_TRANSFORM, OA_MLP1_CONV1, stages + n); /* T-Net 2 takes what mlp1 gives */
    stages[n++] = (oa_stage){ moved, across, OA_MLP1_CONV1, l->chunks };
    return n + back_net(l, OA_TNET1_TRANSFORM, OA_TNET1_CONV1, stages + n);
}
