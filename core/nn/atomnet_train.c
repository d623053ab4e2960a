/* atomnet_train.c - epochs of one block of one member. Rows of atoms are made anew for every batch: all of them would not fit in memory. */
#include "nn/atomnet_train.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "math/calibration.h"
#include "nn/atomnet_learner.h"

enum { FOR_BATCHES = 0x41, FOR_ORDER }; /* streams of random numbers: what for, member, block, layer */
enum { SLOT_ROWS, SLOT_NETWORK, SLOT_FIRST, SLOT_SECOND, SLOT_PENALTY };

static uint64_t stream_of(uint64_t what, size_t member, size_t block) { return what << 56 | (uint64_t)member << 32 | (uint64_t)block << 16; }

typedef struct fitting {
    oa_context *context;
    oa_model *model;
    size_t member, block, columns, n_values;
    float *values, *best; /* of the member and block; the best so far */
    const oa_atomnet_samples *samples;
    const float *before;
    const oa_fold *fold;
    const oa_atomnet_training *training;
    oa_atomnet_learner *learner;
    uint32_t *order;  /* (n_train) shuffled anew in each epoch */
    uint8_t *label;   /* (batch), and (n_validation) behind */
    float *logit;     /* (n_validation) */
    double *penalty;  /* (batches of validation) */
    oa_atomnet_plan plan;
} fitting;

static void rows_of(const fitting *f, uint32_t place, float *x)
{
    const oa_atomnet_points *points = &f->samples->points;
    oa_atomnet_rows_of(points, place, f->samples->lists + (size_t)place * (size_t)points->nearest->k, f->before, x);
}

/* ---- learning ---- */

typedef struct batch {
    const fitting *fitting;
    const uint32_t *places;
} batch;

static void fill(void *arg, size_t i, float *x)
{
    const batch *b = arg;
    rows_of(b->fitting, b->places[i], x);
}

static oa_status diverged(const fitting *f, size_t epoch, double loss)
{
    return oa_fail(f->context, "E_DIVERGED", "the loss of member %zu, block %zu, is %g in epoch %zu; a learning rate below %g would be right",
                   f->member + 1, f->block + 1, isnan(loss) ? (double)NAN : loss, epoch + 1, f->training->learning_rate);
}

/* After so many atoms. */
static double rate_of(const fitting *f, size_t seen)
{
    const double all = (double)(f->training->epochs * f->fold->n_train);
    return f->training->learning_rate * (f->training->falls ? 1 - (double)seen / all : 1);
}

static oa_status learn_epoch(fitting *f, size_t epoch, oa_random *random, oa_atomnet_epoch *out)
{
    const size_t n = f->fold->n_train, most = f->training->batch;
    oa_atomnet_loss sum = { .right = 0 };
    oa_random_shuffle(random, f->order, n);
    for (size_t first = 0; first < n; first += most) {
        const size_t now = n - first < most ? n - first : most;
        batch b = { .fitting = f, .places = f->order + first };
        oa_atomnet_loss loss;
        for (size_t i = 0; i < now; i++) f->label[i] = f->samples->label[b.places[i]];
        oa_atomnet_learner_rate(f->learner, rate_of(f, epoch * n + first));
        OA_TRY(oa_atomnet_learner_step(f->learner, now, fill, &b, f->label, &loss));
        if (!isfinite(loss.entropy + loss.penalty)) return diverged(f, epoch, loss.entropy + loss.penalty);
        sum.entropy += loss.entropy * (double)now;
        sum.penalty += loss.penalty * (double)now;
        sum.right += loss.right;
        oa_progress(f->context, epoch * n + first + now, f->training->epochs * n);
    }
    out->loss = (float)(sum.entropy / (double)n), out->penalty = (float)(sum.penalty / (double)n), out->accuracy = (float)((double)sum.right / (double)n);
    return OA_OK;
}

/* ---- validation ---- */

static double penalty_of(const fitting *f, const float *t, size_t n, size_t edge, float *room)
{
    const oa_kernels *kernels = f->context->kernels;
    double sum = 0;
    if (f->training->is_published) return oa_atomnet_penalty_published(kernels, t, n, edge, 0, NULL, room);
    for (size_t i = 0; i < n; i++) sum += oa_atomnet_penalty(kernels, t + i * edge * edge, edge, 0, NULL, room);
    return sum;
}

/* A batch, because the published penalty depends on how many atoms there are in one. */
static oa_status validate_batch(void *arg, oa_span span, oa_worker *worker)
{
    const fitting *f = arg;
    const size_t rows = f->plan.rows, edge = f->columns, most = f->training->batch, channels = 32;
    float *x, *network, *t1, *t2, *room;
    OA_TRY(oa_worker_scratch(worker, SLOT_ROWS, &x, OA_ATOMNET_GROUP * rows * edge, sizeof *x));
    OA_TRY(oa_worker_scratch(worker, SLOT_NETWORK, &network, oa_atomnet_scratch(&f->plan), sizeof *network));
    OA_TRY(oa_worker_scratch(worker, SLOT_FIRST, &t1, most * edge * edge + OA_KERNEL_PAD, sizeof *t1));
    OA_TRY(oa_worker_scratch(worker, SLOT_SECOND, &t2, most * channels * channels + OA_KERNEL_PAD, sizeof *t2));
    OA_TRY(oa_worker_scratch(worker, SLOT_PENALTY, &room, 6 * channels * channels + OA_KERNEL_PAD, sizeof *room));
    for (size_t first = span.begin; first < span.end; first += OA_ATOMNET_GROUP) {
        const size_t n = span.end - first < OA_ATOMNET_GROUP ? span.end - first : OA_ATOMNET_GROUP, at = first - span.begin;
        const oa_atomnet_trace trace = { .t1 = t1 + at * edge * edge, .t2 = t2 + at * channels * channels };
        for (size_t i = 0; i < n; i++) rows_of(f, f->fold->validation[first + i], x + i * rows * edge);
        oa_atomnet_traced(&f->plan, f->member, f->block, n, x, network, f->logit + first, &trace);
    }
    const size_t n = span.end - span.begin;
    f->penalty[span.chunk] = OA_ATOMNET_PENALTY * (penalty_of(f, t1, n, edge, room) + penalty_of(f, t2, n, channels, room));
    return OA_OK;
}

static oa_status judge(const fitting *f, oa_atomnet_epoch *out)
{
    const size_t n = f->fold->n_validation;
    uint8_t *label = f->label + f->training->batch;
    double entropy = 0, penalty = 0, auc;
    size_t right = 0;
    for (size_t i = 0; i < n; i++) {
        const double z = (double)f->logit[i];
        label[i] = f->samples->label[f->fold->validation[i]];
        entropy += log1p(exp(-fabs(z))) + fmax(0, label[i] ? -z : z);
        right += (z > 0) == (label[i] != 0);
    }
    for (size_t b = 0; b < oa_chunk_count(n, f->training->batch); b++) penalty += f->penalty[b];
    out->validation_loss = (float)(entropy / (double)n), out->validation_penalty = (float)(penalty / (double)n);
    out->validation_accuracy = (float)((double)right / (double)n);
    out->validation_auc = NAN;
    if (!isfinite(entropy + penalty)) return OA_OK; /* the caller tells it */
    OA_TRY(oa_auc(f->context, f->logit, label, n, &auc));
    out->validation_auc = (float)auc;
    return OA_OK;
}

/* The network as it is used: norm by the statistics that were kept. */
static oa_status validate(fitting *f, size_t epoch, oa_atomnet_epoch *out)
{
    const size_t n = f->fold->n_validation;
    out->validation_loss = out->validation_penalty = out->validation_accuracy = out->validation_auc = NAN;
    if (n == 0) return OA_OK;
    oa_status status = oa_atomnet_plan_make(f->context, f->model, &f->plan);
    if (status == OA_OK) status = oa_parallel(f->context, n, f->training->batch, validate_batch, f);
    oa_atomnet_plan_free(f->context, &f->plan);
    OA_TRY(status);
    OA_TRY(judge(f, out));
    return isfinite(out->validation_loss + out->validation_penalty) ? OA_OK : diverged(f, epoch, (double)out->validation_loss);
}

/* ---- a block ---- */

static bool is_finite(const fitting *f)
{
    float sum = 0; /* of zeros, or NaN: infinity times 0 is that too */
    for (size_t i = 0; i < f->n_values; i++) sum += f->values[i] * 0;
    return sum == 0;
}

static oa_status run_epochs(fitting *f, oa_atomnet_epoch *history)
{
    oa_random random = oa_random_start(f->training->seed, stream_of(FOR_ORDER, f->member, f->block));
    double least = INFINITY;
    oa_atomnet_learner_begin(f->learner);
    for (size_t e = 0; e < f->training->epochs; e++) {
        OA_TRY(learn_epoch(f, e, &random, &history[e]));
        if (!is_finite(f)) return diverged(f, e, NAN);
        OA_TRY(validate(f, e, &history[e]));
        const double loss = (double)history[e].validation_loss + (double)history[e].validation_penalty;
        if (loss >= least) continue; /* not so where there is none */
        least = loss;
        memcpy(f->best, f->values, f->n_values * sizeof *f->best);
    }
    memcpy(f->values, f->best, f->n_values * sizeof *f->best);
    return OA_OK;
}

static oa_status make_room(fitting *f)
{
    const size_t most = f->training->batch, validation = f->fold->n_validation;
    const oa_atomnet *net = &f->model->atomnet;
    const oa_atomnet_setting set = { .columns = f->columns, .rows = (size_t)net->neighbours, .batch = most, .has_norm = net->has_norm != 0,
                                     .norm_epsilon = net->norm_epsilon, .norm_momentum = f->training->norm_momentum, .dropout = f->training->dropout,
                                     .is_published = f->training->is_published,
                                     .learning_rate = f->training->learning_rate, .seed = f->training->seed, .stream = stream_of(FOR_BATCHES, f->member, f->block) };
    OA_TRY(oa_new(f->context, &f->best, f->n_values, sizeof *f->best));
    OA_TRY(oa_new(f->context, &f->order, f->fold->n_train, sizeof *f->order));
    OA_TRY(oa_new(f->context, &f->label, most + validation, 1));
    OA_TRY(oa_new(f->context, &f->logit, validation, sizeof *f->logit));
    OA_TRY(oa_new(f->context, &f->penalty, oa_chunk_count(validation, most), sizeof *f->penalty));
    memcpy(f->order, f->fold->train, f->fold->n_train * sizeof *f->order);
    return oa_atomnet_learner_new(f->context, &set, f->values, &f->learner);
}

oa_status oa_atomnet_train_block(oa_context *context, oa_model *model, size_t member, size_t block, const oa_atomnet_samples *samples, const float *before,
                                 const oa_fold *fold, const oa_atomnet_training *training, oa_atomnet_epoch *history)
{
    fitting f = { .context = context, .model = model, .member = member, .block = block, .columns = (size_t)oa_atomnet_columns(block), .samples = samples,
                  .before = block ? before : NULL, .fold = fold, .training = training };
    f.n_values = oa_atomnet_values(model, block);
    f.values = model->atomnet.values[block] + member * f.n_values;
    oa_status status = make_room(&f);
    if (status == OA_OK) status = run_epochs(&f, history);
    oa_atomnet_learner_free(f.learner);
    oa_free(context, f.best);
    oa_free(context, f.order);
    oa_free(context, f.label);
    oa_free(context, f.logit);
    oa_free(context, f.penalty);
    return status;
}
