/* atomnet_learner.c - the forward pass of a batch, its loss, and what is done with the gradient. */
#include "nn/atomnet_parts.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "nn/layer.h"

#define BETA1 0.9
#define BETA2 0.999
#define EPSILON 1e-7f
enum { FOR_WEIGHTS = 0x100, ADAM_CHUNK = 8192 };

/* ---- sums over rows ---- */

/* a'a (k, k) and the sum of a (k) of the rows of a chunk. */
static void sum_chunk(const oa_atomnet_learner *l, size_t chunk, const float *a, size_t k)
{
    const size_t rows = oa_learn_rows(l, oa_learn_atoms(l, chunk));
    float *gram = l->partial + chunk * OA_LEARN_PARTIAL, sum[OA_LEARN_WIDEST] = { 0 };
    if (!l->set.has_norm) return;
    a += oa_learn_rows(l, oa_learn_first(chunk)) * k;
    memset(gram, 0, k * k * sizeof *gram);
    l->kernels->multiply_tn(rows, k, k, a, k, a, gram);
    for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < k; i++) sum[i] += a[r * k + i];
    memcpy(gram + k * k, sum, k * sizeof *sum);
}

/* Covariance of what goes into the layer, as floats; the mean in doubles. */
static void covariance(const oa_atomnet_learner *l, oa_learn_layer *layer, float *out)
{
    const size_t k = layer->place.inputs, all = k * k + k;
    const double n = (double)oa_learn_rows(l, l->n);
    memset(l->sums, 0, all * sizeof *l->sums);
    for (size_t c = 0; c < l->chunks; c++)
        for (size_t i = 0; i < all; i++) l->sums[i] += l->partial[c * OA_LEARN_PARTIAL + i];
    for (size_t i = 0; i < k; i++) layer->mean_in[i] = l->sums[k * k + i] / n;
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) out[i * k + j] = (float)(l->sums[i * k + j] / n - layer->mean_in[i] * layer->mean_in[j]);
}

/* Statistics of channel u: scale and shift of its norm, and the running means. */
static void settle_channel(oa_atomnet_learner *l, oa_learn_layer *layer, size_t u, double mean, double variance)
{
    const size_t units = layer->place.units;
    float *norm = l->values + layer->place.norm;
    const double keep = fmin(l->set.norm_momentum, (double)l->steps / (double)(l->steps + 1)); /* in the beginning all batches count alike */
    layer->inverse[u] = 1 / sqrt(variance + l->set.norm_epsilon);
    layer->scale[u] = norm[u] * layer->inverse[u];
    norm[2 * units + u] = (float)(keep * norm[2 * units + u] + (1 - keep) * mean);
    norm[3 * units + u] = (float)(keep * norm[3 * units + u] + (1 - keep) * variance);
}

/* Mean and variance of every channel from those of what goes in. */
static void settle_shared(oa_atomnet_learner *l, oa_learn_layer *layer)
{
    const size_t k = layer->place.inputs, units = layer->place.units;
    const float *w = l->values + layer->place.kernel, *bias = l->values + layer->place.bias, *beta = l->values + layer->place.norm + units;
    float *c = l->folded;
    double mean[OA_LEARN_MAXIMA] = { 0 }, variance[OA_LEARN_MAXIMA] = { 0 };
    covariance(l, layer, c);
    memset(layer->spread, 0, k * units * sizeof(float));
    l->kernels->multiply(k, units, k, c, k, w, layer->spread);
    for (size_t i = 0; i < k; i++)
        for (size_t u = 0; u < units; u++) {
            mean[u] += layer->mean_in[i] * w[i * units + u];
            variance[u] += (double)w[i * units + u] * layer->spread[i * units + u];
        }
    for (size_t u = 0; u < units; u++) {
        settle_channel(l, layer, u, mean[u] + bias[u], fmax(variance[u], 0));
        l->shift[u] = (float)(beta[u] - mean[u] * layer->scale[u]);
    }
}

/* Weights of a shared layer with its norm, in panels: what goes in has been summed. */
static void fold(void *arg, int which)
{
    oa_atomnet_learner *l = arg;
    oa_learn_layer *layer = &l->layer[which];
    const size_t k = layer->place.inputs, units = layer->place.units;
    const float *w = l->values + layer->place.kernel;
    if (layer->has_norm) settle_shared(l, layer);
    else memcpy(l->shift, l->values + layer->place.bias, units * sizeof *l->shift);
    for (size_t p = 0; p < units / OA_LEARN_PANEL; p++)
        for (size_t i = 0; i < k; i++)
            for (size_t u = p * OA_LEARN_PANEL; u < (p + 1) * OA_LEARN_PANEL; u++)
                l->folded[(p * k + i) * OA_LEARN_PANEL + u % OA_LEARN_PANEL] = (float)(w[i * units + u] * layer->scale[u]);
}

/* After a shared layer: the next one is folded, where it takes what this one gives. */
static void fold_next(void *arg, int which) { fold(arg, which + 1); }

/* ---- stages ---- */

static void load(void *arg, int which, size_t chunk, int worker)
{
    oa_atomnet_learner *l = arg;
    const size_t first = oa_learn_first(chunk), columns = l->set.columns;
    (void)which, (void)worker;
    for (size_t i = first; i < first + oa_learn_atoms(l, chunk); i++) l->fill(l->fill_arg, i, l->x + oa_learn_rows(l, i) * columns);
    sum_chunk(l, chunk, l->x, columns);
}

static void shared(void *arg, int which, size_t chunk, int worker)
{
    const oa_atomnet_learner *l = arg;
    const oa_learn_layer *layer = &l->layer[which];
    const size_t k = layer->place.inputs, units = layer->place.units, first = oa_learn_first(chunk), row = oa_learn_rows(l, first);
    oa_affine call = { .m = oa_learn_rows(l, oa_learn_atoms(l, chunk)), .n = units, .k = k, .a = layer->in + row * k, .a_step = k, .b = l->folded,
                       .bias = l->shift, .relu = true, .c_step = units, .rows = l->set.rows };
    (void)worker;
    if (layer->is_max) {
        call.c = layer->out + first * units;
        call.first = layer->first + first * units;
        l->kernels->affine_max(&call);
        return;
    }
    call.c = layer->out + row * units;
    l->kernels->affine(&call);
    sum_chunk(l, chunk, layer->out, units);
}

/* x (n, PANEL) becomes (x - mean) / s, by channel. */
static void normalise(oa_atomnet_learner *l, oa_learn_layer *layer, size_t panel, float *x)
{
    double mean[OA_LEARN_PANEL] = { 0 }, variance[OA_LEARN_PANEL] = { 0 };
    float centre[OA_LEARN_PANEL], inverse[OA_LEARN_PANEL];
    for (size_t r = 0; r < l->n; r++)
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) mean[u] += x[r * OA_LEARN_PANEL + u];
    for (size_t u = 0; u < OA_LEARN_PANEL; u++) mean[u] /= (double)l->n;
    for (size_t r = 0; r < l->n; r++)
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) {
            const double off = x[r * OA_LEARN_PANEL + u] - mean[u];
            variance[u] += off * off;
        }
    for (size_t u = 0; u < OA_LEARN_PANEL; u++) {
        const size_t at = panel * OA_LEARN_PANEL + u;
        settle_channel(l, layer, at, mean[u], variance[u] / (double)l->n);
        centre[u] = (float)mean[u];
        inverse[u] = (float)layer->inverse[at];
    }
    for (size_t r = 0; r < l->n; r++)
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) x[r * OA_LEARN_PANEL + u] = (x[r * OA_LEARN_PANEL + u] - centre[u]) * inverse[u];
}

/* gamma x + beta into out, then what is wanted of ReLU and dropout. */
static void activate(const oa_atomnet_learner *l, const oa_learn_layer *layer, size_t panel, const float *x)
{
    const size_t units = layer->place.units, first = panel * OA_LEARN_PANEL;
    const float *norm = l->values + layer->place.norm + first;
    float gamma[OA_LEARN_PANEL], beta[OA_LEARN_PANEL];
    for (size_t u = 0; u < OA_LEARN_PANEL; u++) gamma[u] = layer->has_norm ? norm[u] : 1, beta[u] = layer->has_norm ? norm[units + u] : 0;
    for (size_t r = 0; r < l->n; r++) {
        float *out = layer->out + r * units + first;
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) {
            const float y = x[r * OA_LEARN_PANEL + u] * gamma[u] + beta[u];
            out[u] = y > 0 ? y : 0;
        }
    }
}

/* Sixteen bits decide about each value; a panel of a row takes two blocks of the generator. */
static void drop(const oa_atomnet_learner *l, int which, size_t panel)
{
    const oa_learn_layer *layer = &l->layer[which];
    const uint32_t dropped = (uint32_t)(l->set.dropout * 65536 + 0.5);
    const float scale = (float)(1 / (1 - l->set.dropout));
    for (size_t r = 0; dropped && r < l->n; r++) {
        float *out = layer->out + r * layer->place.units + panel * OA_LEARN_PANEL;
        uint32_t words[8];
        for (size_t half = 0; half < 2; half++)
            oa_philox(l->set.seed, l->set.stream + (uint64_t)which, l->steps << 22 | panel << 18 | (2 * r + half), words + 4 * half);
        for (size_t u = 0; u < OA_LEARN_PANEL; u++) out[u] = (words[u / 2] >> u % 2 * 16 & 0xffff) < dropped ? 0 : out[u] * scale;
    }
}

/* A panel of a layer per atom: its channels need no others, so norm and all that follows is one task. */
static void dense(void *arg, int which, size_t panel, int worker)
{
    oa_atomnet_learner *l = arg;
    oa_learn_layer *layer = &l->layer[which];
    const oa_learn_room *room = &l->room[worker];
    const size_t k = layer->place.inputs, units = layer->place.units, first = panel * OA_LEARN_PANEL, width = oa_learn_width(units, panel);
    float bias[OA_LEARN_PANEL] = { 0 };
    memcpy(bias, l->values + layer->place.bias + first, width * sizeof *bias);
    memset(room->weights, 0, k * OA_LEARN_PANEL * sizeof *room->weights);
    for (size_t i = 0; i < k; i++) memcpy(room->weights + i * OA_LEARN_PANEL, l->values + layer->place.kernel + i * units + first, width * sizeof(float));
    oa_affine call = { .m = l->n, .n = width, .k = k, .a = layer->in, .a_step = k, .b = room->weights, .bias = bias, .c = layer->out + first, .c_step = units };
    if (!layer->is_linear) call.c = layer->has_norm ? layer->normal + first * l->n : room->panel, call.c_step = OA_LEARN_PANEL;
    l->kernels->affine(&call);
    if (layer->is_linear) return;
    if (layer->has_norm) normalise(l, layer, panel, call.c);
    activate(l, layer, panel, call.c);
    if (layer->drops) drop(l, which, panel);
}

/* Rows of every atom times its matrix. which: the layer that takes the product. */
static void move(void *arg, int which, size_t chunk, int worker)
{
    oa_atomnet_learner *l = arg;
    const int number = which == OA_MLP1_CONV1 ? 0 : 1;
    const size_t edge = l->layer[which].place.inputs, first = oa_learn_first(chunk), atoms = oa_learn_atoms(l, chunk), step = oa_learn_rows(l, 1) * edge;
    const float *from = number == 0 ? l->x : l->layer[OA_MLP1_CONV2].out, *t = l->layer[number == 0 ? OA_TNET1_TRANSFORM : OA_TNET2_TRANSFORM].out;
    double *penalty = &l->penalty[(size_t)number * l->chunks + chunk];
    *penalty = 0;
    memset(l->moved[number] + first * step, 0, atoms * step * sizeof(float));
    for (size_t i = first; i < first + atoms; i++) {
        const float *matrix = t + i * edge * edge;
        l->kernels->multiply(l->set.rows, edge, edge, from + i * step, edge, matrix, l->moved[number] + i * step);
        if (!l->set.is_published) *penalty += oa_atomnet_penalty(l->kernels, matrix, edge, 0, NULL, l->room[worker].small);
    }
    sum_chunk(l, chunk, l->moved[number], edge);
}

/* - log of what was said of the truth: log(1 + exp(-|z|)) + max(0, -+z), by the logit z. */
static double cross_entropy(double z, bool is_one)
{
    return log1p(exp(-fabs(z))) + fmax(0, is_one ? -z : z);
}

static double penalty_of(const oa_atomnet_learner *l, int number)
{
    double sum = 0;
    const int transform = number == 0 ? OA_TNET1_TRANSFORM : OA_TNET2_TRANSFORM;
    const size_t edge = l->layer[number == 0 ? OA_MLP1_CONV1 : OA_MLP2_CONV1].place.inputs;
    for (size_t c = 0; c < l->chunks; c++) sum += l->penalty[(size_t)number * l->chunks + c];
    if (l->set.is_published) sum = oa_atomnet_penalty_published(l->kernels, l->layer[transform].out, l->n, edge, 0, NULL, l->room[0].small);
    return OA_ATOMNET_PENALTY / (double)l->n * sum;
}

/* The loss, and its gradient by the logits: (p - label) / n. */
static void judge(void *arg, int which)
{
    oa_atomnet_learner *l = arg;
    const float *logit = l->layer[OA_HEAD_OUT].out;
    float *dx = l->layer[OA_HEAD_OUT].dx;
    oa_atomnet_loss loss = { .right = 0 };
    (void)which;
    memcpy(dx, logit, l->n * sizeof *dx);
    oa_activation_find("sigmoid")->apply(dx, l->n, 1);
    for (size_t i = 0; i < l->n; i++) {
        const bool is_one = l->label[i] != 0;
        loss.entropy += cross_entropy((double)logit[i], is_one);
        loss.right += (dx[i] > 0.5f) == is_one;
        dx[i] = (dx[i] - (is_one ? 1 : 0)) / (float)l->n;
    }
    loss.entropy /= (double)l->n;
    loss.penalty = penalty_of(l, 0) + penalty_of(l, 1);
    *l->loss = loss;
}

size_t oa_learn__forward(const oa_atomnet_learner *l, oa_stage *stages)
{
    size_t n = 0;
    stages[n++] = (oa_stage){ load, fold, OA_TNET1_CONV1, l->chunks };
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++) {
        const oa_learn_layer *layer = &l->layer[i];
        if (i == OA_MLP1_CONV1 || i == OA_MLP2_CONV1) stages[n++] = (oa_stage){ move, fold, i, l->chunks };
        if (layer->is_shared) stages[n++] = (oa_stage){ shared, layer->is_max ? NULL : fold_next, i, l->chunks };
        else stages[n++] = (oa_stage){ dense, i == OA_HEAD_OUT ? judge : NULL, i, oa_learn_panels(layer->place.units) };
    }
    return n;
}

/* ---- steps ---- */

static void adam(void *arg, int which, size_t chunk, int worker)
{
    oa_atomnet_learner *l = arg;
    const size_t first = chunk * ADAM_CHUNK, n = l->n_values - first < ADAM_CHUNK ? l->n_values - first : ADAM_CHUNK;
    const double rate = l->set.learning_rate * sqrt(1 - l->beta2_power) / (1 - l->beta1_power);
    (void)which, (void)worker;
    l->kernels->adam(n, l->values + first, l->m + first, l->v + first, l->gradient + first, (float)rate, (float)BETA1, (float)BETA2, EPSILON);
}

static oa_status go(oa_atomnet_learner *l, bool steps, size_t n, oa_atomnet_fill_fn *fill, void *arg, const uint8_t *label, oa_atomnet_loss *loss)
{
    oa_stage stages[OA_STAGES_MAX];
    l->n = n, l->chunks = oa_chunk_count(n, OA_LEARN_CHUNK);
    l->fill = fill, l->fill_arg = arg, l->label = label, l->loss = loss;
    size_t count = oa_learn__forward(l, stages);
    count += oa_learn__backward(l, stages + count);
    if (steps) {
        l->beta1_power *= BETA1;
        l->beta2_power *= BETA2;
        stages[count++] = (oa_stage){ adam, NULL, 0, oa_chunk_count(l->n_values, ADAM_CHUNK) };
    }
    const oa_status status = oa_stages_run(l->context, stages, count, l);
    l->steps++;
    return status;
}

oa_status oa_atomnet_learner_gradient(oa_atomnet_learner *learner, size_t n, oa_atomnet_fill_fn *fill, void *arg, const uint8_t *label, oa_atomnet_loss *loss)
{
    return go(learner, false, n, fill, arg, label, loss);
}

oa_status oa_atomnet_learner_step(oa_atomnet_learner *learner, size_t n, oa_atomnet_fill_fn *fill, void *arg, const uint8_t *label, oa_atomnet_loss *loss)
{
    return go(learner, true, n, fill, arg, label, loss);
}

void oa_atomnet_learner_rate(oa_atomnet_learner *learner, double rate) { learner->set.learning_rate = rate; }

const float *oa_atomnet_learner_slope(const oa_atomnet_learner *learner) { return learner->gradient; }

/* ---- the beginning ---- */

static bool is_transform(int layer) { return layer == OA_TNET1_TRANSFORM || layer == OA_TNET2_TRANSFORM; }

/* Uniform in +-sqrt(6 / (inputs + units)) (Glorot & Bengio 2010). */
static void begin_layer(oa_atomnet_learner *l, int which)
{
    const oa_atomnet_place *p = &l->layer[which].place;
    oa_random random = oa_random_start(l->set.seed, l->set.stream + FOR_WEIGHTS + (uint64_t)which);
    const double limit = sqrt(6 / (double)(p->inputs + p->units));
    float *kernel = l->values + p->kernel, *bias = l->values + p->bias, *norm = l->values + p->norm;
    for (size_t i = 0; i < p->inputs * p->units; i++) kernel[i] = is_transform(which) ? 0 : (float)((2 * oa_random_uniform(&random) - 1) * limit);
    const size_t edge = which == OA_TNET1_TRANSFORM ? l->set.columns : OA_LEARN_CHANNELS;
    for (size_t u = 0; u < p->units; u++) bias[u] = is_transform(which) && u % (edge + 1) == 0 ? 1 : 0;
    for (size_t u = 0; p->norm && u < p->units; u++) norm[u] = norm[3 * p->units + u] = 1, norm[p->units + u] = norm[2 * p->units + u] = 0;
}

void oa_atomnet_learner_begin(oa_atomnet_learner *l)
{
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++) begin_layer(l, i);
    memset(l->m, 0, l->n_values * sizeof *l->m);
    memset(l->v, 0, l->n_values * sizeof *l->v);
    l->beta1_power = l->beta2_power = 1;
    l->steps = 0;
}

/* ---- memory ---- */

/* Takes from one piece of memory, or only counts. */
typedef struct piece {
    char *at;
    size_t bytes;
} piece;

static void *take(piece *p, size_t n, size_t size)
{
    void *at = p->at ? p->at + p->bytes : NULL;
    p->bytes += (n * size + 4 * OA_KERNEL_PAD + 63) / 64 * 64;
    return at;
}

static void lay_layer(oa_atomnet_learner *l, int which, piece *p)
{
    oa_learn_layer *layer = &l->layer[which];
    const oa_atomnet_row *row = &oa_atomnet_rows[which];
    const size_t units = layer->place.units, batch = l->set.batch, rows = row->is_shared ? oa_learn_rows(l, batch) : batch;
    layer->is_shared = row->is_shared, layer->is_linear = row->is_linear, layer->has_norm = l->set.has_norm && !row->is_linear;
    layer->is_max = which == OA_TNET1_CONV3 || which == OA_TNET2_CONV3 || which == OA_MLP2_CONV3;
    layer->drops = which == OA_HEAD_DENSE1 || which == OA_HEAD_DENSE2;
    layer->out = take(p, (layer->is_max ? batch : rows) * units, sizeof(float));
    if (layer->is_max) layer->first = take(p, batch * units, sizeof *layer->first);
    if (!row->is_shared) layer->dx = take(p, batch * units, sizeof(float));
    layer->scale = take(p, units, sizeof(double));
    layer->inverse = take(p, units, sizeof(double));
    if (row->is_shared) {
        layer->mean_in = take(p, layer->place.inputs, sizeof(double));
        layer->spread = take(p, layer->place.inputs * units, sizeof(float));
    } else if (layer->has_norm) layer->normal = take(p, batch * units, sizeof(float));
}

/* Gradients of shared layers before ReLU go back and forth between two buffers. */
static void lay_slopes(oa_atomnet_learner *l, piece *p)
{
    const size_t rows = oa_learn_rows(l, l->set.batch);
    float *const two[2] = { take(p, rows * OA_LEARN_WIDEST, sizeof(float)), take(p, rows * OA_LEARN_WIDEST, sizeof(float)) };
    for (int i = 0, which = 0; i < OA_ATOMNET_LAYERS; i++)
        if (l->layer[i].is_shared && !l->layer[i].is_max) l->layer[i].dx = two[which++ % 2];
    l->dmoved = take(p, rows * OA_LEARN_CHANNELS, sizeof(float));
    l->dmax = take(p, l->set.batch * OA_LEARN_MAXIMA, sizeof(float));
}

static void lay_rooms(oa_atomnet_learner *l, piece *p)
{
    const size_t widest = OA_LEARN_CHANNELS * OA_LEARN_CHANNELS;
    l->room = take(p, (size_t)l->context->threads, sizeof *l->room);
    for (int w = 0; w < l->context->threads; w++) {
        const oa_learn_room room = { .weights = take(p, widest * OA_LEARN_PANEL, sizeof(float)), .panel = take(p, l->set.batch * OA_LEARN_PANEL, sizeof(float)),
                                     .slope = take(p, OA_LEARN_MAXIMA * OA_LEARN_PANEL, sizeof(float)), .small = take(p, 6 * widest, sizeof(float)) };
        if (p->at) l->room[w] = room;
    }
}

/* What each layer takes. */
static void join(oa_atomnet_learner *l)
{
    for (int i = 1; i < OA_ATOMNET_LAYERS; i++) l->layer[i].in = l->layer[i - 1].out;
    l->layer[OA_TNET1_CONV1].in = l->x;
    l->layer[OA_MLP1_CONV1].in = l->moved[0];
    l->layer[OA_MLP2_CONV1].in = l->moved[1];
}

static size_t lay(oa_atomnet_learner *l, char *memory)
{
    const size_t rows = oa_learn_rows(l, l->set.batch), chunks = oa_chunk_count(l->set.batch, OA_LEARN_CHUNK), widest = OA_LEARN_MAXIMA * OA_LEARN_WIDEST;
    piece p = { .at = memory };
    l->gradient = take(&p, l->n_values, sizeof(float));
    l->m = take(&p, l->n_values, sizeof(float));
    l->v = take(&p, l->n_values, sizeof(float));
    l->x = take(&p, rows * l->set.columns, sizeof(float));
    l->moved[0] = take(&p, rows * l->set.columns, sizeof(float));
    l->moved[1] = take(&p, rows * OA_LEARN_CHANNELS, sizeof(float));
    l->penalty = take(&p, 2 * chunks, sizeof(double));
    l->partial = take(&p, chunks * OA_LEARN_PARTIAL, sizeof(float));
    l->folded = take(&p, widest, sizeof(float));
    l->shift = take(&p, OA_LEARN_MAXIMA, sizeof(float));
    l->back = take(&p, OA_LEARN_WIDEST * OA_LEARN_WIDEST, sizeof(float));
    l->offset = take(&p, OA_LEARN_WIDEST, sizeof(float));
    l->turned = take(&p, widest, sizeof(float));
    l->sums = take(&p, OA_LEARN_PARTIAL, sizeof(double));
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++) lay_layer(l, i, &p);
    lay_slopes(l, &p);
    lay_rooms(l, &p);
    if (memory) join(l);
    return p.bytes;
}

oa_status oa_atomnet_learner_new(oa_context *context, const oa_atomnet_setting *setting, float *values, oa_atomnet_learner **out)
{
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    oa_atomnet_learner *l;
    OA_TRY(oa_new(context, &l, 1, sizeof *l));
    *out = l;
    *l = (oa_atomnet_learner){ .context = context, .kernels = context->kernels, .set = *setting, .values = values, .beta1_power = 1, .beta2_power = 1 };
    l->n_values = oa_atomnet_layout((int)setting->columns, setting->has_norm, place);
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++) l->layer[i].place = place[i];
    OA_TRY(oa_new(context, &l->memory, lay(l, NULL), 1));
    lay(l, l->memory);
    for (int i = 0; i < OA_ATOMNET_LAYERS; i++)
        for (size_t u = 0; u < place[i].units; u++) l->layer[i].scale[u] = l->layer[i].inverse[u] = 1;
    return OA_OK;
}

void oa_atomnet_learner_free(oa_atomnet_learner *learner)
{
    if (!learner) return;
    oa_free(learner->context, learner->memory);
    oa_free(learner->context, learner);
}
