/* train.c - fits an ensemble by stochastic gradient descent. A member is trained by one thread from its own random numbers, so
 * its weights depend on nothing but the samples, the settings and the seed. */
#include "nn/train.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "nn/optimizer.h"

/* Streams of random numbers: what for, member, layer. */
enum { FOR_WEIGHTS = 1, FOR_ORDER, FOR_DROPOUT, FOR_TURN };

static uint64_t stream_of(uint64_t what, int64_t member, int layer)
{
    return what << 56 | (uint64_t)member << 8 | (uint64_t)layer;
}

enum { AT_ONCE = 4 << 20 }; /* floats of layers and gradients computed together, or one pattern if that is more */

/* What all members share. */
typedef struct job {
    const oa_network *network;
    const oa_samples *samples;
    const oa_training *training;
    const oa_fold *folds;
    oa_epoch *history;
    size_t at_once;      /* patterns; a batch is taken in parts of so many */
    float share[256];    /* of a grey value */
} job;

/* Decisions of one layer's dropout: one bit each where half is dropped, else 16 bits each. */
typedef struct dropout {
    uint64_t stream, counter;
    uint32_t *bits; /* one per value, set where it is kept; whole blocks of 128 */
    float scale;    /* 1 / (1 - rate); 0: none is dropped here */
} dropout;

/* Sums over rows. */
typedef struct tally {
    double loss;
    size_t right, n;
} tally;

typedef struct member {
    const job *job;
    oa_context *context;
    int64_t number;
    oa_network_state state;
    oa_gradients gradients;
    oa_optimizer optimizer;
    oa_weights weights[2 * OA_LAYERS_MAX];
    int n_weights;
    dropout dropout[OA_LAYERS_MAX];
    uint32_t *order;           /* rows of the fold, shuffled anew in each epoch */
    oa_random shuffle, turn;
} member;

/* ---------------------------------------------------------------------------------------------- patterns */

size_t oa_train__turned(oa_extent extent, size_t row, size_t column, double sine, double cosine)
{
    const double above = (double)(extent.height - 1), right = (double)(extent.length - 1);
    const double y = (double)row - above / 2, x = (double)column - right / 2;
    const double from_y = floor(cosine * y - sine * x + above / 2 + 0.5), from_x = floor(sine * y + cosine * x + right / 2 + 0.5);
    return (size_t)fmin(fmax(from_y, 0), above) * extent.length + (size_t)fmin(fmax(from_x, 0), right);
}

static float value_of(const job *j, size_t at)
{
    return j->samples->values ? j->samples->values[at] : j->share[j->samples->grey[at]];
}

static void load_turned(const job *j, size_t row, double angle, float *x)
{
    const oa_extent extent = j->network->extent[0];
    const double sine = sin(angle), cosine = cos(angle);
    for (size_t i = 0; i < extent.height * extent.length; i++) {
        const size_t from = oa_train__turned(extent, i / extent.length, i % extent.length, sine, cosine);
        for (size_t c = 0; c < extent.channels; c++) *x++ = value_of(j, row * j->network->n_input + from * extent.channels + c);
    }
}

static void load_plain(const job *j, size_t row, float *x)
{
    const size_t n = j->network->n_input;
    if (j->samples->values) memcpy(x, j->samples->values + row * n, n * sizeof *x);
    else for (size_t i = 0; i < n; i++) x[i] = j->share[j->samples->grey[row * n + i]];
}

static void load(member *m, const uint32_t *rows, size_t n, bool turns)
{
    const job *j = m->job;
    const double most = j->training->turn * 3.14159265358979323846 / 180;
    for (size_t r = 0; r < n; r++) {
        float *x = m->state.y[0] + r * j->network->n_input;
        if (turns && most > 0 && j->network->extent[0].height > 1) load_turned(j, rows[r], (2 * oa_random_uniform(&m->turn) - 1) * most, x);
        else load_plain(j, rows[r], x);
    }
}

/* ---------------------------------------------------------------------------------------------- dropout */

enum { WORD = 32, BLOCK = 4 * WORD }; /* decisions of one word and of one Philox block */

static void draw(dropout *d, uint64_t seed, double rate, size_t n)
{
    const uint32_t dropped = (uint32_t)(rate * 65536 + 0.5);
    for (size_t i = 0; i < n; i += BLOCK) {
        uint32_t *bits = d->bits + i / WORD, words[4];
        if (rate == 0.5) {
            oa_philox(seed, d->stream, d->counter++, bits);
            continue;
        }
        memset(bits, 0, BLOCK / 8);
        for (uint32_t k = 0; k < BLOCK; k++) {
            if (k % 8 == 0) oa_philox(seed, d->stream, d->counter++, words);
            const uint32_t half = words[k % 8 / 2] >> k % 2 * 16 & 0xffff;
            bits[k / WORD] |= (uint32_t)(half >= dropped) << k % WORD;
        }
    }
}

/* Kept values times scale, dropped ones 0; the factors of four values at a time from a table of what four bits can be. */
static void mask(const dropout *d, float *y, size_t n)
{
    float factor[16][4];
    for (uint32_t i = 0; i < 64; i++) factor[i / 4][i % 4] = i / 4 >> i % 4 & 1 ? d->scale : 0;
    size_t i = 0;
    for (; i + WORD <= n; i += WORD)
        for (uint32_t k = 0, bits = d->bits[i / WORD]; k < WORD; k += 4, bits >>= 4)
            for (size_t u = 0; u < 4; u++) y[i + k + u] *= factor[bits & 15][u];
    for (size_t k = i; k < n; k++) y[k] *= factor[d->bits[i / WORD] >> (k - i) & 1][0];
}

/* After each layer of the forward pass. */
static void drop(void *arg, int layer, float *y, size_t n)
{
    member *m = arg;
    dropout *d = &m->dropout[layer];
    if (d->scale == 0) return;
    draw(d, m->job->training->seed, m->job->network->model->layers[layer].dropout, n);
    mask(d, y, n);
}

/* dy by what was kept becomes dy before dropout and activation. relu's own zeros and dropped values look the same, so there the
 * bits are not needed; elsewhere y gets back the values that were kept. */
static void undo(const member *m, int layer, size_t rows)
{
    const oa_activation *activation = m->job->network->activation[layer];
    const dropout *d = &m->dropout[layer];
    const size_t values = oa_extent_values(m->job->network->extent[layer + 1]);
    const float scale = d->scale;
    float *restrict y = m->state.y[layer + 1], *restrict dy = m->gradients.dy[layer + 1];
    if (scale > 0 && strcmp(activation->name, "relu") == 0) {
        for (size_t i = 0; i < rows * values; i++) dy[i] = (y[i] > 0 ? scale : 0) * dy[i];
        return;
    }
    if (scale > 0) {
        mask(d, dy, rows * values);
        for (size_t i = 0; i < rows * values; i++) y[i] /= scale;
    }
    if (activation->backward) activation->backward(y, dy, rows, values);
}

/* ---------------------------------------------------------------------------------------------- the loss */

static size_t largest_of(const float *values, size_t n)
{
    size_t at = 0;
    for (size_t c = 1; c < n; c++)
        if (values[c] > values[at]) at = c;
    return at;
}

/* - sum t log softmax(z), from the logits: nothing that is small is subtracted from 1. */
static double cross_entropy(const float *z, const float *target, size_t n)
{
    const double largest = z[largest_of(z, n)];
    double sum = 0, meant = 0;
    for (size_t c = 0; c < n; c++) {
        sum += exp(z[c] - largest);
        meant += target[c] * (z[c] - largest);
    }
    return log(sum) - meant;
}

static const float *target_of(const job *j, uint32_t row)
{
    return j->samples->target + (size_t)row * j->network->n_classes;
}

static void count(const member *m, const uint32_t *rows, size_t n, tally *sums)
{
    const size_t classes = m->job->network->n_classes;
    for (size_t r = 0; r < n; r++) {
        const float *target = target_of(m->job, rows[r]);
        sums->loss += cross_entropy(m->state.logits + r * classes, target, classes);
        sums->right += largest_of(m->state.probability + r * classes, classes) == largest_of(target, classes);
    }
    sums->n += n;
}

/* dy of the last layer before its activation, softmax or sigmoid: (p - t) / rows of the batch. */
static void start_backward(const member *m, const uint32_t *rows, size_t n, size_t batch)
{
    const oa_network *network = m->job->network;
    const size_t units = network->is_share ? 1 : network->n_classes;
    const float *p = m->state.y[network->model->n_layers];
    float *dy = m->gradients.dy[network->model->n_layers];
    for (size_t r = 0; r < n; r++) {
        const float *target = target_of(m->job, rows[r]) + (network->is_share ? 1 : 0);
        for (size_t c = 0; c < units; c++) dy[r * units + c] = (p[r * units + c] - target[c]) / (float)batch;
    }
}

/* ---------------------------------------------------------------------------------------------- batches and epochs */

static void go_backward(const member *m, size_t rows)
{
    const oa_network *network = m->job->network;
    for (int i = network->model->n_layers - 1; i >= 0; i--) {
        if (i + 1 < network->model->n_layers) undo(m, i, rows);
        oa_network_layer_backward(network, m->number, rows, &m->state, &m->gradients, i);
    }
}

/* Adds the gradients of a batch; sums have its losses. */
static void learn_batch(member *m, const uint32_t *rows, size_t batch, tally *sums)
{
    for (size_t first = 0; first < batch; first += m->job->at_once) {
        const size_t n = batch - first < m->job->at_once ? batch - first : m->job->at_once;
        load(m, rows + first, n, true);
        oa_network_pass(m->job->network, m->number, n, &m->state);
        count(m, rows + first, n, sums);
        start_backward(m, rows + first, n, batch);
        go_backward(m, n);
    }
}

static oa_status diverged(const member *m, size_t epoch, double loss)
{
    return oa_fail(m->context, "E_DIVERGED", "the loss of member %lld is %g in epoch %zu; a learning rate below %g would be right", (long long)m->number + 1,
                   isnan(loss) ? (double)NAN : loss, epoch + 1, m->job->training->learning_rate);
}

static oa_status learn_epoch(member *m, size_t epoch, tally *sums)
{
    const size_t n = m->job->folds[m->number].n_train, batch = m->job->training->batch;
    m->state.keeps_layers = true;
    m->state.after = drop;
    m->state.after_arg = m;
    oa_random_shuffle(&m->shuffle, m->order, n);
    for (size_t first = 0; first < n; first += batch) {
        OA_TRY(oa_check_cancelled(m->context));
        learn_batch(m, m->order + first, n - first < batch ? n - first : batch, sums);
        if (!isfinite(sums->loss)) return diverged(m, epoch, sums->loss);
        oa_optimizer_step(&m->optimizer, m->weights, m->n_weights);
    }
    return OA_OK;
}

static oa_status validate(member *m, tally *sums)
{
    const oa_fold *fold = &m->job->folds[m->number];
    m->state.keeps_layers = false;
    m->state.after = NULL;
    for (size_t first = 0; first < fold->n_validation; first += m->job->at_once) {
        const size_t n = fold->n_validation - first < m->job->at_once ? fold->n_validation - first : m->job->at_once;
        OA_TRY(oa_check_cancelled(m->context));
        load(m, fold->validation + first, n, false);
        oa_network_pass(m->job->network, m->number, n, &m->state);
        count(m, fold->validation + first, n, sums);
    }
    return OA_OK;
}

static oa_status run_epoch(member *m, size_t epoch)
{
    tally train = { .n = 0 }, validation = { .n = 0 };
    OA_TRY(learn_epoch(m, epoch, &train));
    OA_TRY(validate(m, &validation));
    if (validation.n && !isfinite(validation.loss)) return diverged(m, epoch, validation.loss); /* the last step may have done it */
    const double seen = (double)train.n, kept = (double)validation.n; /* 0 / 0 is NaN: there is no validation */
    m->job->history[(size_t)m->number * m->job->training->epochs + epoch] = (oa_epoch){
        .loss = (float)(train.loss / seen), .accuracy = (float)((double)train.right / seen),
        .validation_loss = (float)(validation.loss / kept), .validation_accuracy = (float)((double)validation.right / kept),
    };
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- a member */

/* Uniform in +-sqrt(6 / (inputs + outputs of a unit)) (Glorot & Bengio 2010). */
static void set_weights(const member *m, int i)
{
    const oa_layer *layer = &m->job->network->model->layers[i];
    oa_random random = oa_random_start(m->job->training->seed, stream_of(FOR_WEIGHTS, m->number, i));
    float *kernel = layer->kernel + (size_t)m->number * layer->n_kernel;
    const double in = (double)layer->n_kernel / (double)layer->units, out = (double)layer->n_kernel / (double)layer->inputs;
    const double limit = sqrt(6 / (in + out));
    for (size_t k = 0; k < layer->n_kernel; k++) kernel[k] = (float)((2 * oa_random_uniform(&random) - 1) * limit);
    memset(layer->bias + (size_t)m->number * layer->n_bias, 0, layer->n_bias * sizeof *layer->bias);
}

/* Three more floats for every weight: its gradient, m and v. */
static size_t weights_floats(const oa_network *network)
{
    size_t n = 0;
    for (int i = 0; i < network->model->n_layers; i++)
        n += 3 * (oa_network__whole_lines(network->model->layers[i].n_kernel) + oa_network__whole_lines(network->model->layers[i].n_bias));
    return n;
}

static float *lay_weights(member *m, float *memory, float *w, size_t n)
{
    const size_t room = oa_network__whole_lines(n);
    m->weights[m->n_weights++] = (oa_weights){ .w = w, .gradient = memory, .m = memory + room, .v = memory + 2 * room, .n = n };
    return memory + 3 * room;
}

static void lay(member *m, float *memory)
{
    const oa_network *network = m->job->network;
    const oa_model *model = network->model;
    memset(memory, 0, weights_floats(network) * sizeof *memory);
    float *rest = memory + weights_floats(network);
    oa_network_state_lay(network, m->job->at_once, rest, &m->state);
    oa_gradients_lay(network, m->job->at_once, rest + oa_network_state_floats(network, m->job->at_once), &m->gradients);
    m->gradients.dy[0] = NULL; /* nobody asks what the patterns should have been */
    for (int i = 0; i < model->n_layers; i++) {
        const oa_layer *layer = &model->layers[i];
        if (!network->kind[i]->has_weights) continue;
        m->gradients.dkernel[i] = memory;
        memory = lay_weights(m, memory, layer->kernel + (size_t)m->number * layer->n_kernel, layer->n_kernel);
        m->gradients.dbias[i] = memory;
        memory = lay_weights(m, memory, layer->bias + (size_t)m->number * layer->n_bias, layer->n_bias);
    }
}

/* Words of all masks: whole blocks. */
static size_t mask_words(const job *j, int layer)
{
    if (!(j->network->model->layers[layer].dropout > 0)) return 0;
    return (j->at_once * oa_extent_values(j->network->extent[layer + 1]) + BLOCK - 1) / BLOCK * (BLOCK / WORD);
}

static oa_status make_masks(member *m, oa_worker *worker)
{
    const oa_model *model = m->job->network->model;
    size_t n = 0;
    uint32_t *bits;
    for (int i = 0; i < model->n_layers; i++) n += mask_words(m->job, i);
    OA_TRY(oa_worker_scratch(worker, 2, &bits, n, sizeof *bits));
    for (int i = 0; i < model->n_layers; i++) {
        if (model->layers[i].dropout > 0)
            m->dropout[i] = (dropout){ .stream = stream_of(FOR_DROPOUT, m->number, i), .bits = bits, .scale = (float)(1 / (1 - model->layers[i].dropout)) };
        bits += mask_words(m->job, i);
    }
    return OA_OK;
}

static oa_status make_room(member *m, oa_worker *worker)
{
    const oa_network *network = m->job->network;
    const oa_fold *fold = &m->job->folds[m->number];
    const size_t rows = m->job->at_once;
    float *memory;
    OA_TRY(oa_worker_scratch(worker, 0, &memory, weights_floats(network) + oa_network_state_floats(network, rows) + oa_gradients_floats(network, rows),
                             sizeof *memory));
    lay(m, memory);
    OA_TRY(oa_worker_scratch(worker, 1, &m->order, fold->n_train, sizeof *m->order));
    memcpy(m->order, fold->train, fold->n_train * sizeof *m->order);
    return make_masks(m, worker);
}

static bool is_finite(const member *m)
{
    float sum = 0; /* of zeros, or NaN: infinity times 0 is that too */
    for (int i = 0; i < m->n_weights; i++)
        for (size_t k = 0; k < m->weights[i].n; k++) sum += m->weights[i].w[k] * 0;
    return sum == 0;
}

/* No loss is known after the last step where nothing is validated: some patterns of the training tell whether there is one. */
static oa_status check_last_step(member *m)
{
    const size_t n = m->job->folds[m->number].n_train, rows = n < m->job->at_once ? n : m->job->at_once;
    tally sums = { .n = 0 };
    m->state.keeps_layers = false;
    m->state.after = NULL;
    load(m, m->order, rows, false);
    oa_network_pass(m->job->network, m->number, rows, &m->state);
    count(m, m->order, rows, &sums);
    return isfinite(sums.loss) && is_finite(m) ? OA_OK : diverged(m, m->job->training->epochs - 1, NAN);
}

static oa_status train_member(void *arg, oa_span span, oa_worker *worker)
{
    const job *j = arg;
    const uint64_t seed = j->training->seed;
    member m = { .job = j, .context = oa_worker_context(worker), .number = (int64_t)span.begin };
    m.shuffle = oa_random_start(seed, stream_of(FOR_ORDER, m.number, 0));
    m.turn = oa_random_start(seed, stream_of(FOR_TURN, m.number, 0));
    OA_TRY(make_room(&m, worker));
    OA_TRY(oa_optimizer_start(m.context, j->network->kernels, j->training->optimizer, j->training->learning_rate, &m.optimizer));
    for (int i = 0; i < j->network->model->n_layers; i++)
        if (j->network->kind[i]->has_weights) set_weights(&m, i);
    for (size_t epoch = 0; epoch < j->training->epochs; epoch++) OA_TRY(run_epoch(&m, epoch));
    return check_last_step(&m);
}

/* ---------------------------------------------------------------------------------------------- the ensemble */

static oa_status check_network(oa_context *context, const oa_network *network)
{
    const oa_model *model = network->model;
    const int last = model->n_layers - 1;
    if (!network->is_share && strcmp(model->layers[last].activation, "softmax") != 0)
        return oa_fail(context, "E_ARCHITECTURE", "the last layer has the activation %s; softmax, or sigmoid of one unit, would be right for training",
                       model->layers[last].activation);
    for (int i = 0; i <= last; i++) {
        const oa_layer *layer = &model->layers[i];
        if (layer->dropout != 0 && (i == last || !(layer->dropout > 0 && layer->dropout < 1)))
            return oa_fail(context, "E_ARCHITECTURE", "layer %d (%s) drops %g of its outputs; 0 or more and less than 1 would be right, and 0 for the last layer",
                           i + 1, layer->kind, layer->dropout);
        if (i < last && strcmp(layer->activation, "softmax") == 0)
            return oa_fail(context, "E_ARCHITECTURE", "layer %d (%s) has the activation softmax; only the last layer may have it", i + 1, layer->kind);
    }
    return OA_OK;
}

static size_t patterns_at_once(const oa_network *network, size_t batch)
{
    size_t floats = 1;
    for (int i = 0; i <= network->model->n_layers; i++) floats += 2 * oa_extent_values(network->extent[i]);
    const size_t fit = AT_ONCE / floats ? AT_ONCE / floats : 1;
    return fit < batch ? fit : batch;
}

oa_status oa_train(oa_context *context, oa_model *model, const oa_samples *samples, const oa_training *training, const oa_fold *folds, oa_epoch *history)
{
    oa_network network;
    OA_TRY(oa_network_plan(context, model, &network));
    OA_TRY(check_network(context, &network));
    job j = { .network = &network, .samples = samples, .training = training, .folds = folds, .history = history,
              .at_once = patterns_at_once(&network, training->batch) };
    for (int grey = 0; grey < 256; grey++) j.share[grey] = (float)grey / 255;
    return oa_parallel(context, (size_t)model->members, 1, train_member, &j);
}
