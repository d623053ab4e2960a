/* network.c - runs the layers of every member of an ensemble over batches of patterns. */
#include "nn/network.h"

#include <math.h>
#include <string.h>

enum { LINE = 16 }; /* floats of a cache line: every buffer begins on one */

static oa_status plan_layer(oa_context *context, const oa_model *model, int i, oa_network *out)
{
    const oa_layer *layer = &model->layers[i];
    out->kind[i] = oa_layer_kind_find(layer->kind);
    out->activation[i] = oa_activation_find(layer->activation);
    if (!out->kind[i])
        return oa_fail(context, "E_ARCHITECTURE", "layer %d is a %s; conv1d, conv2d, maxpool1d, maxpool2d, flatten and dense are known", i + 1,
                       layer->kind);
    if (!out->activation[i])
        return oa_fail(context, "E_ARCHITECTURE", "layer %d (%s) has the activation %s; relu, softmax, sigmoid and linear are known", i + 1,
                       layer->kind, layer->activation);
    if (out->kind[i]->has_weights && (!layer->kernel || !layer->bias))
        return oa_fail(context, "E_ARCHITECTURE", "layer %d (%s) has no weights", i + 1, layer->kind);
    return out->kind[i]->shape(context, layer, out->extent[i], &out->extent[i + 1]);
}

/* So many that weights, which come from the third-level cache, are read seldom enough: at 192 patterns the published dense
 * layers reach nine tenths of what the multipliers can, at 64 eight. Fewer where what the layers give would fill the memory. */
static size_t patterns_per_batch(const oa_network *network)
{
    enum { MOST = 192, FLOATS = 1 << 23 };
    size_t floats = 1;
    for (int i = 0; i <= network->model->n_layers; i++) floats += oa_extent_values(network->extent[i]);
    const size_t fit = FLOATS / floats;
    return fit > MOST ? MOST : fit < 1 ? 1 : fit;
}

oa_status oa_network_plan(oa_context *context, const oa_model *model, oa_network *out)
{
    *out = (oa_network){ .kernels = context->kernels, .model = model, .n_classes = (size_t)model->n_classes,
                         .n_input = (size_t)(model->input_height * model->input_length * model->input_channels) };
    out->extent[0] = (oa_extent){ .height = (size_t)model->input_height, .length = (size_t)model->input_length, .channels = (size_t)model->input_channels };
    if (model->n_layers < 1) return oa_fail(context, "E_ARCHITECTURE", "the network has no layers");
    for (int i = 0; i < model->n_layers; i++) OA_TRY(plan_layer(context, model, i, out));
    const oa_extent last = out->extent[model->n_layers];
    out->is_share = last.channels == 1 && out->n_classes == 2 && strcmp(model->layers[model->n_layers - 1].activation, "sigmoid") == 0;
    out->batch = patterns_per_batch(out);
    if (out->is_share && last.height == 1 && last.length == 1) return OA_OK;
    if (last.height != 1 || last.length != 1 || last.channels != out->n_classes)
        return oa_fail(context, "E_ARCHITECTURE", "the last layer gives %zu x %zu values, but there are %zu classes", last.length,
                       last.channels, out->n_classes);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the state */

size_t oa_network__whole_lines(size_t floats)
{
    return (floats + LINE - 1) / LINE * LINE;
}

size_t oa_network__floats(const oa_network *network, int i, size_t rows)
{
    return oa_network__whole_lines(rows * oa_extent_values(network->extent[i]));
}

size_t oa_network__scratch_floats(const oa_network *network)
{
    size_t most = 0;
    for (int i = 0; i < network->model->n_layers; i++) {
        if (!network->kind[i]->scratch) continue;
        const size_t n = network->kind[i]->scratch(&network->model->layers[i], network->extent[i], network->extent[i + 1]);
        most = n > most ? n : most;
    }
    return oa_network__whole_lines(most);
}

size_t oa_network_state_floats(const oa_network *network, size_t rows)
{
    size_t n = oa_network__floats(network, 0, rows) + oa_network__whole_lines(rows * network->n_classes) + oa_network__scratch_floats(network);
    if (network->is_share) n += oa_network__whole_lines(rows * network->n_classes);
    for (int i = 0; i < network->model->n_layers; i++)
        if (network->kind[i]->forward) n += oa_network__floats(network, i + 1, rows);
    return n;
}

void oa_network_state_lay(const oa_network *network, size_t rows, float *memory, oa_network_state *out)
{
    *out = (oa_network_state){ .logits = memory };
    memory += oa_network__whole_lines(rows * network->n_classes);
    out->scratch = memory;
    memory += oa_network__scratch_floats(network);
    out->y[0] = memory;
    memory += oa_network__floats(network, 0, rows);
    for (int i = 0; i < network->model->n_layers; i++) {
        out->y[i + 1] = network->kind[i]->forward ? memory : out->y[i];
        if (network->kind[i]->forward) memory += oa_network__floats(network, i + 1, rows);
    }
    out->probability = network->is_share ? memory : out->y[network->model->n_layers];
}

/* ---------------------------------------------------------------------------------------------- the pass */

oa_layer_pass oa_network__pass_of(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state, int i)
{
    const oa_layer *layer = &network->model->layers[i];
    return (oa_layer_pass){
        .kernels = network->kernels, .layer = layer, .in = network->extent[i], .out = network->extent[i + 1], .rows = rows,
        .kernel = layer->kernel ? layer->kernel + (size_t)member * layer->n_kernel : NULL,
        .bias = layer->bias ? layer->bias + (size_t)member * layer->n_bias : NULL,
        .x = state->y[i], .y = state->y[i + 1], .scratch = state->scratch,
    };
}

/* conv1d with relu, then pooling by two, both without padding: one kernel does them, and what lies between never
 * leaves the registers (a sixth of the time of the published networks). */
static bool is_fusible(const oa_network *network, int i)
{
    const oa_layer *conv = &network->model->layers[i], *pool = conv + 1;
    return network->kernels->convolve_pool && i + 2 < network->model->n_layers && network->kind[i] == &oa_layer_conv1d &&
           network->kind[i + 1] == &oa_layer_maxpool1d && strcmp(conv->activation, "relu") == 0 && !network->activation[i + 1]->apply &&
           !conv->same_padding && !pool->same_padding && pool->width == 2 && pool->stride == 2;
}

static void pass_fused(const oa_layer_pass *pass, oa_extent pooled, float *y)
{
    const size_t channels = pass->in.channels, in = pass->in.length * channels, out = pooled.length * pooled.channels;
    for (size_t r = 0; r < pass->rows; r++)
        pass->kernels->convolve_pool(pooled.length, pooled.channels, (size_t)pass->layer->width * channels, pass->x + r * in,
                                     (size_t)pass->layer->stride * channels, pass->kernel, pass->bias, y + r * out);
}

/* What the last layer gives, before and after its activation. One sigmoid unit is the share p of class 1: the logits 0 and z
 * have the softmax 1 - p and p. */
static void keep_logits(const oa_network *network, size_t rows, const float *z, float *logits)
{
    if (!network->is_share) memcpy(logits, z, rows * network->n_classes * sizeof *z);
    for (size_t r = 0; network->is_share && r < rows; r++) logits[2 * r] = 0, logits[2 * r + 1] = z[r];
}

static void keep_shares(const oa_network *network, size_t rows, const float *p, float *probability)
{
    for (size_t r = 0; network->is_share && r < rows; r++) probability[2 * r] = 1 - p[r], probability[2 * r + 1] = p[r];
}

void oa_network_pass(const oa_network *network, int64_t member, size_t rows, const oa_network_state *state)
{
    const oa_model *model = network->model;
    for (int i = 0; i < model->n_layers; i++) {
        const oa_layer_pass pass = oa_network__pass_of(network, member, rows, state, i);
        if (!state->keeps_layers && is_fusible(network, i)) {
            pass_fused(&pass, network->extent[i + 2], state->y[i + 2]);
            i++;
            continue;
        }
        if (network->kind[i]->forward) network->kind[i]->forward(&pass);
        const size_t n = oa_extent_values(pass.out);
        if (i + 1 == model->n_layers) keep_logits(network, rows, pass.y, state->logits);
        if (network->activation[i]->apply) network->activation[i]->apply(pass.y, rows, n);
        if (state->after) state->after(state->after_arg, i, pass.y, rows * n);
    }
    keep_shares(network, rows, state->y[model->n_layers], state->probability);
}

/* The patterns without NaN; the others are not computed at all. */
typedef struct valid_rows {
    size_t n;
    uint16_t row[OA_BATCH_GROUP];
    bool is_void[OA_BATCH_GROUP];
} valid_rows;

static void find_valid(const oa_network *network, const float *patterns, size_t n, valid_rows *out)
{
    out->n = 0;
    for (size_t r = 0; r < n; r++) {
        bool is_void = false;
        for (size_t i = 0; i < network->n_input; i++) is_void |= isnan(patterns[r * network->n_input + i]) != 0;
        out->is_void[r] = is_void;
        if (!is_void) out->row[out->n++] = (uint16_t)r;
    }
}

/* The valid patterns [first, first + rows). */
static void load_batch(const oa_network *network, const float *patterns, const valid_rows *valid, size_t first, size_t rows, float *x)
{
    const size_t values = network->n_input;
    for (size_t r = 0; r < rows; r++) memcpy(x + r * values, patterns + valid->row[first + r] * values, values * sizeof *x);
}

static void fill_with_nan(float *values, size_t n)
{
    for (size_t i = 0; values && i < n; i++) values[i] = NAN;
}

/* mean = sum p / members, spread = sqrt(sum p^2 / members - mean^2), both summed in double in the order of members. */
static void store_ensemble(const oa_network *network, const double *sums, const bool *is_void, size_t n, const oa_prediction *out)
{
    const double members = (double)network->model->members;
    const size_t classes = network->n_classes;
    for (size_t i = 0; i < n * classes; i++) {
        const double mean = sums[2 * i] / members, variance = sums[2 * i + 1] / members - mean * mean;
        if (out->mean) out->mean[i] = is_void[i / classes] ? NAN : (float)mean;
        if (out->spread) out->spread[i] = is_void[i / classes] ? NAN : (float)sqrt(variance > 0 ? variance : 0);
    }
}

/* Scratch of one group: the state of a batch, and sums (patterns, classes, 2) of p and p^2 over the members. */
typedef struct group_room {
    oa_network_state state;
    double *sums;
} group_room;

static oa_status make_room(const oa_network *network, oa_worker *worker, group_room *room)
{
    const size_t sums = 2 * (size_t)OA_BATCH_GROUP * network->n_classes; /* in doubles, first */
    float *memory;
    OA_TRY(oa_worker_scratch(worker, OA_NETWORK_SLOT, &memory, 2 * sums + oa_network_state_floats(network, network->batch), sizeof *memory));
    room->sums = (double *)(void *)memory;
    memset(room->sums, 0, sums * sizeof *room->sums);
    oa_network_state_lay(network, network->batch, memory + 2 * sums, &room->state);
    return OA_OK;
}

/* What one member gave for the valid patterns [first, first + rows): added to the sums, and copied to its place. */
static void store_batch(const oa_network *network, int64_t member, const group_room *room, const valid_rows *valid, size_t first,
                        size_t rows, const oa_prediction *out)
{
    const size_t classes = network->n_classes, members = (size_t)network->model->members;
    const float *p = room->state.probability;
    for (size_t r = 0; r < rows; r++) {
        const size_t row = valid->row[first + r], at = (row * members + (size_t)member) * classes;
        for (size_t c = 0; c < classes; c++) {
            const float value = p[r * classes + c];
            room->sums[2 * (row * classes + c)] += value;
            room->sums[2 * (row * classes + c) + 1] += (double)value * value;
            if (out->probability) out->probability[at + c] = value;
            if (out->logits) out->logits[at + c] = room->state.logits[r * classes + c];
        }
    }
}

oa_status oa_network_group(const oa_network *network, oa_worker *worker, const float *patterns, size_t n, const oa_prediction *out)
{
    const size_t all = n * (size_t)network->model->members * network->n_classes;
    valid_rows valid;
    group_room room;
    OA_TRY(make_room(network, worker, &room));
    find_valid(network, patterns, n, &valid);
    fill_with_nan(out->probability, all);
    fill_with_nan(out->logits, all);
    for (int64_t m = 0; m < network->model->members; m++)
        for (size_t first = 0; first < valid.n; first += network->batch) {
            const size_t rows = valid.n - first < network->batch ? valid.n - first : network->batch;
            load_batch(network, patterns, &valid, first, rows, room.state.y[0]);
            oa_network_pass(network, m, rows, &room.state);
            store_batch(network, m, &room, &valid, first, rows, out);
        }
    store_ensemble(network, room.sums, valid.is_void, n, out);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- many patterns */

typedef struct forward_job {
    const oa_network *network;
    const float *patterns;
    const oa_prediction *out;
} forward_job;

static float *from_row(float *array, size_t row, size_t values)
{
    return array ? array + row * values : NULL;
}

static oa_status forward_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const forward_job *job = arg;
    const size_t classes = job->network->n_classes, all = classes * (size_t)job->network->model->members;
    const oa_prediction part = {
        .mean = from_row(job->out->mean, span.begin, classes), .spread = from_row(job->out->spread, span.begin, classes),
        .probability = from_row(job->out->probability, span.begin, all), .logits = from_row(job->out->logits, span.begin, all),
    };
    return oa_network_group(job->network, worker, job->patterns + span.begin * job->network->n_input, span.end - span.begin, &part);
}

oa_status oa_network_forward(oa_context *context, const oa_network *network, const float *patterns, size_t n, const oa_prediction *out)
{
    forward_job job = { .network = network, .patterns = patterns, .out = out };
    return oa_parallel(context, n, OA_BATCH_GROUP, forward_chunk, &job);
}
