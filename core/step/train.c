/* train.c - networks that tell labelled patterns apart: an ensemble, one member per fold, and what it knows of its own errors.
 * The networks of Li et al., Adv. Mater. 2024, 2407564; Nat. Commun. 14, 7410 (2023); npj Comput. Mater. 7, 8 (2021). */
#include "nn/train.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "math/calibration.h"
#include "nn/outlier.h"
#include "step/patterns.h"
#include "step/training.h"

static const char *const preset_words[] = { "cocrni-002", "cocrni-111", "feal-002", "allimg-011", "al-li-mg", "au-cu", "co-alloy", NULL };
static const char *const architecture_words[] = { "cnn1d", "cnn2d", "atomnet", NULL };
static const char *const padding_words[] = { "valid", "same", NULL };
static const char *const optimizer_words[] = { "adam", "rmsprop", "adam_falling", NULL };
static const char *const keep_words[] = { "all", "best", NULL };
static const char *const split_words[] = { "group", "published", NULL };
static const char *const penalty_words[] = { "per_sample", "published", NULL };
static const char *const norm_words[] = { "running", "last", "none", NULL };

static const oa_param train_table[] = {
    OA_PARAM(train_params, preset, .dflt_text = "cocrni-002", .choices = preset_words,
             .help = "network and training of a paper; the patterns must be of the same preset, or of none"),
    OA_PARAM(train_params, architecture, .dflt_text = "cnn1d", .choices = architecture_words,
             .help = "cnn1d: convolutions along curves; cnn2d: over pictures. Each is followed by a ReLU and pooling by two, the last by "
                     "a dense layer and the output. atomnet: of ions and their nearest neighbours, for `segment`; it takes cubes of `synthesise`"),
    OA_PARAM(train_params, filters, .dflt_text = "16", .n_min = 1, .n_max = 4, .min = 1, .max = 1024, .help = "filters of each convolution, in order"),
    OA_PARAM(train_params, kernel_width, .dflt = 10, .min = 1, .max = 1024, .help = "bins of a filter; for pictures its edge in pixels"),
    OA_PARAM(train_params, padding, .dflt_text = "valid", .choices = padding_words,
             .help = "valid: filters stay inside, as in all published models; same: zeros around, as in the published notebooks"),
    OA_PARAM(train_params, pool_padding, .dflt_text = "valid", .choices = padding_words, .help = "the same for pooling"),
    OA_PARAM(train_params, dense, .dflt = 256, .min = 1, .max = 65536, .help = "units of the dense layer"),
    OA_PARAM(train_params, dropout, .dflt = 0.5, .min = 0, .max = 0.95, .help = "share of the first convolution's outputs that training drops"),
    OA_PARAM(train_params, optimizer, .dflt_text = "adam", .choices = optimizer_words,
             .help = "adam (0.9, 0.999) or rmsprop (0.9), both with 1e-7 in the divisor; atomnet also adam_falling, whose step falls evenly to nothing over the epochs of "
                     "a block"),
    OA_PARAM(train_params, learning_rate, .dflt = 0.001, .min = 1e-12, .max = 1e12, .help = "step of the optimizer"),
    OA_PARAM(train_params, batch, .dflt = 32, .min = 1, .max = 65536, .help = "patterns per step"),
    OA_PARAM(train_params, epochs, .dflt = 30, .min = 1, .max = 100000, 
             .help = "times that all patterns are seen; the weights of the last are kept. atomnet: for each block, and those of the best validation are kept"),
    OA_PARAM(train_params, folds, .dflt = 5, .min = 1, .max = 64,
             .help = "members of the ensemble: each leaves out another part of the patterns and is validated on it; 1 trains on all"),
    OA_PARAM(train_params, keep, .dflt_text = "all", .choices = keep_words, .help = "all members, or the best by its validation"),
    OA_PARAM(train_params, split, .dflt_text = "group", .choices = split_words,
             .help = "group: a pattern and its copies stay together; published: each for itself, so that copies of test patterns are trained on"),
    OA_PARAM(train_params, test_share, .dflt = 0.1, .min = 0, .max = 0.9, .help = "share of the patterns that no member sees; accuracy and calibration come from them"),
    OA_PARAM(train_params, turn, .unit = OA_DEGREE, .dflt = 0, .min = 0, .max = 180, .help = "pictures are turned by a random angle up to this while training"),
    OA_PARAM(train_params, odds, .n_min = 2, .n_max = OA_CLASSES_MAX, .min = 1e-3, .max = 1e3,
             .help = "what the odds of each class are multiplied by when training is over, in order of the classes, for specimens where classes are not as "
                     "frequent as among the patterns; left out: 1 each"),
    OA_PARAM(train_params, blocks, .dflt = 2, .min = 1, .max = OA_ATOMNET_BLOCKS_MAX,
             .help = "atomnet: networks one after another, each of which also takes the probabilities of the one before"),
    OA_PARAM(train_params, neighbours, .dflt = 32, .min = 2, .max = OA_ATOMNET_NEIGHBOURS_MAX,
             .help = "atomnet: ions that the network sees at once, the ion itself included"),
    OA_PARAM(train_params, penalty, .dflt_text = "per_sample", .choices = penalty_words,
             .help = "atomnet: what holds the transforms near rotations, ion by ion; published: as in the authors' program, which compares those of different ions"),
    OA_PARAM(train_params, norm, .dflt_text = "running", .choices = norm_words,
             .help = "atomnet: statistics that the batch norm keeps: running, a mean over some hundred batches; last, those of the last batch, as published; "
                     "none: no batch norm"),
    OA_PARAM(train_params, species_codes, .dflt_text = "", .help = "atomnet: what number each species gets, Al:0,Li:1,Mg:2; other:0 for all that are not named"),
    OA_PARAM(train_params, lattice_parameter, .unit = OA_NM, .dflt = 0, .min = 0, .max = 10, .help = "atomnet: edge of the cubic cell, by which coordinates are divided"),
    OA_PARAM(train_params, threshold, .dflt = 0.5, .min = 0, .max = 1, .help = "atomnet: ions above this probability will be selected; the model keeps it"),
    OA_PARAM(train_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "which weights to begin with, which order, which split"),
    OA_PARAM_END
};

#define CURVES(number) { "architecture", "cnn1d" }, { "filters", number }, { "kernel_width", "10" }, { "dense", "256" }, { "dropout", "0.5" }
#define ADAM { "optimizer", "adam" }, { "learning_rate", "0.001" }, { "batch", "32" }, { "epochs", "30" }, { "keep", "all" }, { NULL, NULL }
static const oa_preset_value cocrni[] = { CURVES("16"), ADAM };
static const oa_preset_value feal[] = { CURVES("64"), ADAM };
static const oa_preset_value allimg[] = {
    { "architecture", "cnn2d" }, { "filters", "16,32,64,64" }, { "kernel_width", "3" }, { "dense", "512" }, { "dropout", "0" }, { "optimizer", "rmsprop" },
    { "learning_rate", "0.001" }, { "batch", "32" }, { "epochs", "7" }, { "keep", "best" }, { "turn", "1" }, { NULL, NULL }
};
#define ATOMNET(codes, a, limit, number) { \
    { "architecture", "atomnet" }, { "species_codes", codes }, { "lattice_parameter", a }, { "threshold", limit }, { "blocks", number }, { "dropout", "0.3" }, \
    { "optimizer", "adam" }, { "learning_rate", "0.001" }, { "batch", "256" }, { "epochs", "15" }, { "folds", "1" }, { NULL, NULL } }
static const oa_preset_value al_li_mg[] = ATOMNET("Al:0,Li:1,Mg:2", "0.405", "0.5", "2");
static const oa_preset_value au_cu[] = ATOMNET("Cu:0,Au:1,Ag:1", "0.39", "0.3", "3");
static const oa_preset_value co_alloy[] = ATOMNET("Co:1,Ni:2,Al:3,W:4,other:0", "0.3587", "0.5", "2");
static const oa_preset train_presets[] = {
    { "cocrni-002", "CoCrNi along <002>: 16 filters, Adam, 30 epochs, five networks", cocrni },
    { "cocrni-111", "CoCrNi along <111>: the same", cocrni },
    { "feal-002", "Fe-Al along <002>: two channels, 64 filters, Adam, 30 epochs, five networks", feal },
    { "allimg-011", "Al-Li-Mg along <011>: pictures, four convolutions, RMSprop, 7 epochs, the best of five networks", allimg },
    { "al-li-mg", "Al-Li-Mg, ion by ion: AtomNet of two blocks", al_li_mg },
    { "au-cu", "Au-Cu, ion by ion: AtomNet of three blocks", au_cu },
    { "co-alloy", "Co superalloy, ion by ion: AtomNet of two blocks", co_alloy },
    { .name = NULL }
};

static const oa_slot train_slots[] = {
    { "patterns", OA_TAKES_SPECIMEN, false, "labelled patterns: a result of `bank`, or an imported bank; for atomnet cubes: a result of `synthesise --cubes`" },
    OA_SLOT_END
};

static const oa_output train_outputs[] = {
    { .name = "model", .help = "the ensemble" },
    { .name = "definition/*", .help = "what the networks take and how they are built" },
    { .name = "weights/*", .type = OA_F32, .shape = "(member, weight)", .help = "weights by layer" },
    { .name = "outlier/*", .is_optional = true, .help = "how far a pattern is from those of the training" },
    { .name = "history/validation_accuracy", .type = OA_F32, .shape = "(member, epoch)", .axes = "member,epoch", .is_plot = true, .is_curves = true, .beside = "accuracy",
      .help = "share of the validation patterns called right; NaN where a single fold leaves none" },
    { .name = "history/validation_loss", .type = OA_F32, .shape = "(member, epoch)", .help = "mean cross-entropy of the validation patterns" },
    { .name = "history/accuracy", .type = OA_F32, .shape = "(member, epoch)", .help = "share of the training patterns called right on the way, dropout included" },
    { .name = "history/loss", .type = OA_F32, .shape = "(member, epoch)", .help = "mean cross-entropy of the training patterns" },
    { .name = "history/member", .type = OA_U32, .shape = "(member)", .help = "network of the ensemble" },
    { .name = "history/epoch", .type = OA_U32, .shape = "(epoch)", .help = "epoch, from 1; those of further blocks follow" },
    { .name = "history/block", .type = OA_U32, .shape = "(epoch)", .is_optional = true, .help = "atomnet: block that is trained in the epoch" },
    { .name = "history/penalty", .type = OA_F32, .shape = "(member, epoch)", .is_optional = true, .help = "atomnet: penalty of the transforms, training" },
    { .name = "history/validation_penalty", .type = OA_F32, .shape = "(member, epoch)", .is_optional = true, .help = "atomnet: the same, validation" },
    { .name = "history/validation_auc", .type = OA_F32, .shape = "(member, epoch)", .is_optional = true,
      .help = "atomnet: chance that an ordered ion of the validation is more probable than one of the matrix" },
    { .name = "blocks/auc", .type = OA_F64, .shape = "(block)", .axes = "block", .is_optional = true,
      .help = "atomnet: chance that an ordered ion of the test cubes is more probable than one of the matrix, by block" },
    { .name = "blocks/auc_binary", .type = OA_F64, .shape = "(block)", .is_optional = true,
      .help = "the same where ions are only selected or not: the mean of the shares told right of both classes" },
    { .name = "blocks/recall", .type = OA_F64, .shape = "(block)", .is_optional = true, .help = "share of the ordered ions above the threshold" },
    { .name = "blocks/precision", .type = OA_F64, .shape = "(block)", .is_optional = true,
      .help = "share of the ions above the threshold that are ordered; NaN where there are none" },
    { .name = "blocks/block", .type = OA_U32, .shape = "(block)", .is_optional = true, .help = "block, from 1" },
    { .name = "confusion/count", .type = OA_U64, .shape = "(truth, predicted)", .axes = "truth,predicted", .is_optional = true,
      .help = "test patterns by class (upwards) and by what the ensemble calls them (to the right)" },
    { .name = "confusion/truth", .type = OA_U32, .shape = "(truth)", .is_optional = true, .help = "class; the long name says which is which" },
    { .name = "confusion/predicted", .type = OA_U32, .shape = "(predicted)", .is_optional = true, .help = "class" },
    { .name = "reliability/share", .type = OA_F64, .shape = "(bin)", .axes = "confidence", .beside = "mean", .is_optional = true,
      .help = "share of the test patterns of this confidence that are called right; NaN where there are none" },
    { .name = "reliability/confidence", .type = OA_F64, .shape = "(bin)", .is_optional = true, .help = "middle of the bin" },
    { .name = "reliability/mean", .type = OA_F64, .shape = "(bin)", .is_optional = true, .help = "mean confidence" },
    { .name = "reliability/count", .type = OA_U64, .shape = "(bin)", .is_optional = true, .help = "test patterns" },
    { .name = "summary/patterns", .type = OA_U64, .help = "labelled patterns without NaN" },
    { .name = "summary/test_patterns", .type = OA_U64, .help = "of these, seen by no member" },
    { .name = "summary/members", .type = OA_U64, .help = "networks of the ensemble" },
    { .name = "summary/weights", .type = OA_U64, .help = "weights of each" },
    { .name = "summary/classes", .type = OA_TEXT, .help = "classes they tell apart, in order" },
    { .name = "summary/validation_accuracy", .type = OA_F64, .is_optional = true, .help = "after the last epoch, mean over the members" },
    { .name = "summary/test_accuracy", .type = OA_F64, .is_optional = true, .help = "share of the test patterns that the ensemble calls right" },
    { .name = "summary/test_loss", .type = OA_F64, .is_optional = true, .help = "mean cross-entropy of the ensemble's probabilities" },
    { .name = "summary/temperature", .type = OA_F64, .is_optional = true, .help = "divides the logits for calibrated probabilities; 1 where the test has no error to fit it to" },
    { .name = "summary/calibration_error", .type = OA_F64, .is_optional = true, .help = "expected calibration error of the ensemble" },
    { .name = "summary/calibration_error_scaled", .type = OA_F64, .is_optional = true, .help = "the same with the temperature" },
    { .name = "summary/test_auc", .type = OA_F64, .is_optional = true, .help = "atomnet: of the last block" },
    { .name = "summary/cubes", .type = OA_U64, .is_optional = true, .help = "atomnet: cubes that were learnt from, validated on or tested with" },
    { .name = "summary/model_sha256", .type = OA_TEXT, .help = "digest over weights and input definition" },
    OA_OUTPUT_END
};

static oa_status train_check(oa_context *context, const void *params)
{
    const train_params *p = params;
    OA_TRY(train_is_atomnet(p) ? train_check_atomnet(context, p) : train_check_patterns(context, p));
    for (int i = 0; i < p->filters.n; i++)
        if (p->filters.v[i] != floor(p->filters.v[i]))
            return oa_fail_at(context, OA_IN_PARAMETER("filters"), "E_PARAMETER_RANGE", "%g filters; give whole numbers", p->filters.v[i]);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the network */

static oa_layer *add_layer(oa_model *model, const char *kind, const char *activation)
{
    oa_layer *layer = &model->layers[model->n_layers++];
    snprintf(layer->kind, sizeof layer->kind, "%s", kind);
    snprintf(layer->activation, sizeof layer->activation, "%s", activation);
    return layer;
}

/* A convolution with ReLU, then pooling by two. */
static void add_convolution(const train_params *p, oa_model *model, int64_t inputs, int i)
{
    const bool is_flat = model->input_height > 1;
    oa_layer *conv = add_layer(model, is_flat ? "conv2d" : "conv1d", "relu");
    conv->width = p->kernel_width, conv->height = is_flat ? p->kernel_width : 0, conv->stride = 1;
    conv->inputs = inputs, conv->units = (int64_t)p->filters.v[i];
    conv->same_padding = strcmp(p->padding, "same") == 0;
    conv->dropout = i == 0 ? p->dropout : 0;
    oa_layer *pool = add_layer(model, is_flat ? "maxpool2d" : "maxpool1d", "linear");
    pool->width = 2, pool->height = is_flat ? 2 : 0, pool->stride = 2;
    pool->same_padding = strcmp(p->pool_padding, "same") == 0;
}

/* Values per pattern after the layers so far, asked of the layers themselves. */
static oa_status extent_so_far(oa_context *context, const oa_model *model, oa_extent *at)
{
    *at = (oa_extent){ .height = (size_t)model->input_height, .length = (size_t)model->input_length, .channels = (size_t)model->input_channels };
    for (int i = 0; i < model->n_layers; i++) {
        oa_extent out;
        OA_TRY(oa_layer_kind_find(model->layers[i].kind)->shape(context, &model->layers[i], *at, &out));
        *at = out;
    }
    return OA_OK;
}

/* Two classes of a picture are told apart by one sigmoid, as published. */
static oa_status add_layers(oa_context *context, const train_params *p, oa_model *model)
{
    oa_extent at;
    int64_t inputs = model->input_channels;
    for (int i = 0; i < p->filters.n; i++) {
        add_convolution(p, model, inputs, i);
        inputs = (int64_t)p->filters.v[i];
    }
    add_layer(model, "flatten", "linear");
    OA_TRY(extent_so_far(context, model, &at));
    oa_layer *dense = add_layer(model, "dense", "relu");
    dense->inputs = (int64_t)at.channels, dense->units = p->dense;
    const bool is_sigmoid = model->input_height > 1 && model->n_classes == 2;
    oa_layer *last = add_layer(model, "dense", is_sigmoid ? "sigmoid" : "softmax");
    last->inputs = p->dense, last->units = is_sigmoid ? 1 : model->n_classes;
    return oa_model__new_weights(model);
}

static oa_status make_model(oa_run *run, const train_params *p, const oa_patterns *patterns, oa_model **out)
{
    const bool is_flat = strcmp(p->architecture, "cnn2d") == 0;
    if (is_flat != (patterns->grey != NULL))
        return oa_fail_at(run->context, OA_IN_PARAMETER("architecture"), "E_MAP_MISMATCH", "%s takes %s, the bank holds %s; give --architecture %s, or --preset of the bank",
                          p->architecture, is_flat ? "pictures" : "curves", is_flat ? "curves" : "pictures", is_flat ? "cnn1d" : "cnn2d");
    if (patterns->map.preset[0] && strcmp(patterns->map.preset, p->preset) != 0)
        return oa_fail_at(run->context, OA_IN_PARAMETER("preset"), "E_MAP_MISMATCH", "the training is of preset %s, the bank of %s; give --preset %s", p->preset,
                          patterns->map.preset, patterns->map.preset);
    OA_TRY(oa_model_new(run->context, out));
    oa_model *model = *out;
    snprintf(model->architecture, sizeof model->architecture, "%s", p->architecture);
    model->members = p->folds;
    model->input_height = (int64_t)patterns->height, model->input_length = (int64_t)patterns->length, model->input_channels = (int64_t)patterns->channels;
    model->n_classes = (int64_t)patterns->n_classes;
    memcpy(model->classes, patterns->classes, sizeof model->classes);
    model->map = patterns->map;
    return add_layers(run->context, p, model);
}

/* ---------------------------------------------------------------------------------------------- patterns */

typedef struct training {
    const train_params *p;
    oa_patterns patterns;
    uint32_t *rows; /* (n_rows) patterns without NaN */
    size_t n_rows, values;
    oa_split split;
    oa_model *model; /* owned until it is put */
    oa_epoch *history; /* (folds, epochs) */
} training;

static bool is_whole(const training *t, size_t row)
{
    for (size_t i = 0; t->patterns.values && i < t->values; i++)
        if (!isfinite(t->patterns.values[row * t->values + i])) return false;
    return true;
}

static oa_status take_rows(oa_run *run, training *t)
{
    const oa_patterns *patterns = &t->patterns;
    uint64_t found[OA_CLASSES_MAX] = { 0 };
    if (!patterns->target) return oa_fail(run->context, "E_INPUT_KIND", "the patterns have no labels; import them with --labels, or make a bank");
    OA_TRY(oa_scratch(run, &t->rows, patterns->n, sizeof *t->rows));
    t->values = patterns->height * patterns->length * patterns->channels;
    for (size_t i = 0; i < patterns->n; i++) {
        if (!is_whole(t, i)) continue;
        t->rows[t->n_rows++] = (uint32_t)i;
        found[patterns->label[i]]++;
    }
    if (t->n_rows < patterns->n) oa_note(run, "W_DROPPED", "%zu of %zu patterns have no usable curve and teach nothing", patterns->n - t->n_rows, patterns->n);
    for (size_t c = 0; c < patterns->n_classes; c++)
        if (!found[c])
            return oa_fail(run->context, "E_CLASS_MISSING", "no pattern is of class %zu, %s; a network cannot learn what it never sees: give a bank with all classes", c,
                           patterns->classes[c]);
    return OA_OK;
}

static oa_status prepare(oa_run *run, const train_params *p, training *t)
{
    const bool is_group = strcmp(p->split, "group") == 0;
    *t = (training){ .p = p };
    OA_TRY(oa_patterns_of(run, "patterns", 1, &t->patterns));
    OA_TRY(take_rows(run, t));
    OA_TRY(make_model(run, p, &t->patterns, &t->model));
    OA_TRY(oa_split_make(&run->arena, t->rows, t->n_rows, is_group ? t->patterns.group : NULL, p->test_share, (size_t)p->folds, (uint64_t)p->seed, &t->split));
    return oa_scratch(run, &t->history, (size_t)(p->folds * p->epochs), sizeof *t->history);
}

/* ---------------------------------------------------------------------------------------------- results */

/* The member whose last validation is best; of equals the one with the smaller loss. */
static size_t best_member(const training *t)
{
    const size_t epochs = (size_t)t->p->epochs;
    size_t best = 0;
    for (size_t m = 1; m < (size_t)t->p->folds; m++) {
        const oa_epoch *a = &t->history[m * epochs + epochs - 1], *b = &t->history[best * epochs + epochs - 1];
        if (a->validation_accuracy > b->validation_accuracy ||
            (a->validation_accuracy == b->validation_accuracy && a->validation_loss < b->validation_loss)) best = m;
    }
    return best;
}

static void keep_member(oa_model *model, size_t member)
{
    for (int i = 0; i < model->n_layers; i++) {
        oa_layer *layer = &model->layers[i];
        if (!layer->kernel) continue;
        memmove(layer->kernel, layer->kernel + member * layer->n_kernel, layer->n_kernel * sizeof(float));
        memmove(layer->bias, layer->bias + member * layer->n_bias, layer->n_bias * sizeof(float));
    }
    model->members = 1;
}

static oa_status put_history(oa_run *run, const training *t)
{
    const size_t dims[2] = { (size_t)t->p->folds, (size_t)t->p->epochs };
    float *accuracy, *loss, *validation_accuracy, *validation_loss;
    uint32_t *member, *epoch;
    double sum = 0;
    OA_TRY(oa_put_array(run, "history/validation_accuracy", 2, dims, &validation_accuracy));
    OA_TRY(oa_put_array(run, "history/validation_loss", 2, dims, &validation_loss));
    OA_TRY(oa_put_array(run, "history/accuracy", 2, dims, &accuracy));
    OA_TRY(oa_put_array(run, "history/loss", 2, dims, &loss));
    OA_TRY(oa_put_array(run, "history/member", 1, &dims[0], &member));
    OA_TRY(oa_put_array(run, "history/epoch", 1, &dims[1], &epoch));
    for (size_t i = 0; i < dims[0] * dims[1]; i++) {
        accuracy[i] = t->history[i].accuracy, loss[i] = t->history[i].loss;
        validation_accuracy[i] = t->history[i].validation_accuracy, validation_loss[i] = t->history[i].validation_loss;
    }
    for (size_t m = 0; m < dims[0]; m++) member[m] = (uint32_t)m + 1, sum += validation_accuracy[m * dims[1] + dims[1] - 1];
    for (size_t e = 0; e < dims[1]; e++) epoch[e] = (uint32_t)e + 1;
    return dims[0] > 1 ? oa_put_real(run, "summary/validation_accuracy", sum / (double)dims[0]) : OA_OK;
}

/* Rows of the bank as the network takes them, one after the other. */
static void copy_rows(const training *t, const uint32_t *rows, size_t n, float *out)
{
    for (size_t i = 0; i < n; i++) oa_patterns_row(&t->patterns, rows[i], out + i * t->values);
}

/* ---------------------------------------------------------------------------------------------- the test */

enum { RELIABILITY_BINS = TRAIN_RELIABILITY_BINS };

/* The answers of the ensemble to the test patterns. */
typedef struct verdict {
    float *values, *target; /* (n, input), (n, classes) */
    oa_logits logits;
    uint64_t *confusion;    /* (classes, classes) */
    oa_reliability_bin bins[RELIABILITY_BINS], scaled[RELIABILITY_BINS];
    size_t right;
} verdict;

static oa_status ask(oa_run *run, const training *t, verdict *v)
{
    const size_t n = t->split.n_test, classes = t->patterns.n_classes;
    oa_network network;
    float *logits;
    OA_TRY(oa_scratch(run, &v->values, n * t->values, sizeof *v->values));
    OA_TRY(oa_scratch(run, &v->target, n * classes, sizeof *v->target));
    OA_TRY(oa_scratch(run, &logits, n * classes * (size_t)t->model->members, sizeof *logits));
    OA_TRY(oa_scratch(run, &v->confusion, classes * classes, sizeof *v->confusion));
    copy_rows(t, t->split.test, n, v->values);
    for (size_t i = 0; i < n; i++) memcpy(v->target + i * classes, t->patterns.target + t->split.test[i] * classes, classes * sizeof(float));
    OA_TRY(oa_network_plan(run->context, t->model, &network));
    OA_TRY(oa_network_forward(run->context, &network, v->values, n, &(oa_prediction){ .logits = logits }));
    v->logits = (oa_logits){ .values = logits, .n = n, .members = (size_t)t->model->members, .units = classes };
    return OA_OK;
}

static void judge(const training *t, verdict *v)
{
    const size_t classes = t->patterns.n_classes;
    double log_p[OA_CLASSES_MAX], p[OA_CLASSES_MAX];
    for (size_t i = 0; i < v->logits.n; i++) {
        const size_t label = t->patterns.label[t->split.test[i]];
        oa_logits_row(&v->logits, i, -1, 1, log_p);
        for (size_t c = 0; c < classes; c++) p[c] = exp(log_p[c]);
        oa_reliability_add(v->bins, RELIABILITY_BINS, p, classes, label);
        v->confusion[label * classes + oa_largest(p, classes)]++;
        v->right += oa_largest(p, classes) == label;
        oa_logits_row(&v->logits, i, -1, t->model->temperature, log_p);
        for (size_t c = 0; c < classes; c++) p[c] = exp(log_p[c]);
        oa_reliability_add(v->scaled, RELIABILITY_BINS, p, classes, label);
    }
}

oa_status train_put_reliability(oa_run *run, const oa_reliability_bin bins[TRAIN_RELIABILITY_BINS])
{
    const size_t n = RELIABILITY_BINS;
    double *share, *confidence, *mean;
    uint64_t *count;
    OA_TRY(oa_put_array(run, "reliability/share", 1, &n, &share));
    OA_TRY(oa_put_array(run, "reliability/confidence", 1, &n, &confidence));
    OA_TRY(oa_put_array(run, "reliability/mean", 1, &n, &mean));
    OA_TRY(oa_put_array(run, "reliability/count", 1, &n, &count));
    for (size_t b = 0; b < n; b++) {
        count[b] = bins[b].count;
        confidence[b] = ((double)b + 0.5) / (double)n;
        share[b] = count[b] ? (double)bins[b].correct / (double)count[b] : NAN;
        mean[b] = count[b] ? bins[b].confidence / (double)count[b] : NAN;
    }
    return OA_OK;
}

static oa_status put_confusion(oa_run *run, const training *t, const verdict *v)
{
    const size_t classes = t->patterns.n_classes, dims[2] = { classes, classes };
    uint64_t *count;
    OA_TRY(oa_put_array(run, "confusion/count", 2, dims, &count));
    memcpy(count, v->confusion, classes * classes * sizeof *count);
    OA_TRY(oa_put_class_axis(run, "confusion/truth", t->patterns.classes, classes));
    return oa_put_class_axis(run, "confusion/predicted", t->patterns.classes, classes);
}

/* What the ensemble knows of its errors: from patterns that no member has seen. */
static oa_status test_model(oa_run *run, training *t)
{
    verdict v = { .right = 0 };
    if (t->split.n_test == 0) return OA_OK;
    oa_phase(run->context, "test");
    OA_TRY(ask(run, t, &v));
    const oa_temperature fit = oa_calibration_temperature(&v.logits, v.target);
    t->model->temperature = fit.is_at_limit ? 1 : fit.temperature; /* no error among the patterns says nothing about its frequency */
    judge(t, &v);
    OA_TRY(put_confusion(run, t, &v));
    OA_TRY(train_put_reliability(run, v.bins));
    OA_TRY(oa_put_real(run, "summary/test_accuracy", (double)v.right / (double)v.logits.n));
    OA_TRY(oa_put_real(run, "summary/test_loss", fit.loss_before));
    OA_TRY(oa_put_real(run, "summary/temperature", t->model->temperature));
    OA_TRY(oa_put_real(run, "summary/calibration_error", oa_reliability_error(v.bins, RELIABILITY_BINS)));
    return oa_put_real(run, "summary/calibration_error_scaled", oa_reliability_error(v.scaled, RELIABILITY_BINS));
}

enum { OUTLIER_ROWS = 20000 };
#define OUTLIER_SHARE 0.01

/* At most OUTLIER_ROWS of the rows, evenly spread, as the network takes them. */
static oa_status spread_rows(oa_run *run, const training *t, const uint32_t *rows, size_t n, size_t *n_out, float **out)
{
    uint32_t *chosen;
    *n_out = n < OUTLIER_ROWS ? n : OUTLIER_ROWS;
    OA_TRY(oa_scratch(run, &chosen, *n_out, sizeof *chosen));
    OA_TRY(oa_scratch(run, out, *n_out * t->values, sizeof **out));
    for (size_t i = 0; i < *n_out; i++) chosen[i] = rows[(size_t)((double)i / (double)*n_out * (double)n)];
    copy_rows(t, chosen, *n_out, *out);
    return OA_OK;
}

/* Mean and spread from what the members learnt from, the limit from what none has seen. */
static oa_status fit_outlier(oa_run *run, training *t)
{
    const oa_extent extent = { .height = t->patterns.height, .length = t->patterns.length, .channels = t->patterns.channels };
    const oa_fold *fold = &t->split.fold[0];
    const uint32_t *held = t->split.n_test ? t->split.test : fold->train;
    float *patterns, *scores;
    size_t n;
    OA_TRY(spread_rows(run, t, fold->train, fold->n_train, &n, &patterns));
    OA_TRY(oa_outlier_fit(t->model, extent, patterns, n));
    OA_TRY(spread_rows(run, t, held, t->split.n_test ? t->split.n_test : fold->n_train, &n, &patterns));
    OA_TRY(oa_scratch(run, &scores, n, sizeof *scores));
    oa_outlier_score(&t->model->outlier, extent, patterns, n, scores);
    t->model->outlier.limit = oa_outlier_limit(scores, n, OUTLIER_SHARE);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the step */

static oa_status put_summary(oa_run *run, const training *t)
{
    char text[OA_CLASSES_MAX * 34] = "";
    size_t weights = 0;
    for (int i = 0; i < t->model->n_layers; i++) weights += t->model->layers[i].n_kernel + t->model->layers[i].n_bias;
    for (size_t c = 0; c < t->patterns.n_classes; c++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", c ? ", " : "", t->patterns.classes[c]);
    }
    OA_TRY(oa_put_count(run, "summary/patterns", t->n_rows));
    OA_TRY(oa_put_count(run, "summary/test_patterns", t->split.n_test));
    OA_TRY(oa_put_count(run, "summary/members", (uint64_t)t->model->members));
    OA_TRY(oa_put_count(run, "summary/weights", weights));
    OA_TRY(oa_put_text(run, "summary/classes", text));
    return oa_put_text(run, "summary/model_sha256", t->model->sha256);
}

/* Into the bias of the output: exact for softmax, and for the one unit that tells two classes. */
static void change_odds(training *t)
{
    const oa_reals *odds = &t->p->odds;
    const oa_layer *last = &t->model->layers[t->model->n_layers - 1];
    for (size_t i = 0; odds->n && i < (size_t)t->model->members * last->n_bias; i++) {
        const size_t unit = i % last->n_bias;
        last->bias[i] += (float)(last->n_bias == 1 ? log(odds->v[1] / odds->v[0]) : log(odds->v[unit]));
    }
}

static oa_status fit_and_put(oa_run *run, training *t)
{
    const oa_training how = { .optimizer = t->p->optimizer, .learning_rate = t->p->learning_rate, .batch = (size_t)t->p->batch,
                              .epochs = (size_t)t->p->epochs, .turn = t->p->turn, .seed = (uint64_t)t->p->seed };
    const oa_samples samples = { .n = t->patterns.n, .values = t->patterns.values, .grey = t->patterns.grey, .target = t->patterns.target };
    if (t->p->odds.n && (size_t)t->p->odds.n != t->patterns.n_classes)
        return oa_fail_at(run->context, OA_IN_PARAMETER("odds"), "E_PARAMETER_VALUE", "%d factors for %zu classes; give one for each", t->p->odds.n, t->patterns.n_classes);
    oa_phase(run->context, "train");
    OA_TRY(oa_train(run->context, t->model, &samples, &how, t->split.fold, t->history));
    OA_TRY(put_history(run, t));
    if (strcmp(t->p->keep, "best") == 0) keep_member(t->model, best_member(t));
    change_odds(t);
    OA_TRY(test_model(run, t));
    OA_TRY(fit_outlier(run, t));
    OA_TRY(oa_model_digest(t->model, t->model->sha256));
    OA_TRY(put_summary(run, t));
    oa_model *model = t->model;
    t->model = NULL;
    return oa_put_model(run, model);
}

static oa_status train_run(oa_run *run, const void *params)
{
    training t;
    if (train_is_atomnet(params)) return train_run_atomnet(run, params);
    oa_phase(run->context, "prepare");
    oa_status status = prepare(run, params, &t);
    if (status == OA_OK) status = fit_and_put(run, &t);
    oa_model_free(t.model);
    return status;
}

/* Weights of one network for patterns of this shape. */
static double count_weights(const train_params *p, double height, double length, double channels)
{
    const bool is_flat = height > 1, keeps = strcmp(p->padding, "same") == 0;
    const double width = (double)p->kernel_width, lost = keeps ? 0 : width - 1;
    double n = 0;
    for (int i = 0; i < p->filters.n; i++) {
        n += (width * (is_flat ? width : 1) * channels + 1) * p->filters.v[i];
        channels = p->filters.v[i];
        length = ceil(fmax(length - lost, 0) / 2);
        height = is_flat ? ceil(fmax(height - lost, 0) / 2) : 1;
    }
    return n + (height * length * channels + 1) * (double)p->dense + (double)(p->dense + 1) * OA_CLASSES_MAX;
}

/* The bank as it lies in memory, its test patterns once more, a few batches of every member in work, and weights: of all
 * members, with gradients and two means for those in work, or with a copy in the results. */
static uint64_t train_memory(const oa_run *run, const void *params)
{
    const train_params *p = params;
    const oa_input *input = oa_run_input(run, "patterns");
    const oa_array *curves = NULL, *grey = NULL;
    double bytes = 64e6, weights = 0;
    if (train_is_atomnet(p)) return train_memory_atomnet(run, p);
    for (size_t i = 0; input && input->result && i < input->result->n; i++) bytes += (double)oa_array_bytes(&input->result->arrays[i]);
    if (input && input->result) curves = oa_values_find(input->result, 1, "patterns/pattern"), grey = oa_values_find(input->result, 1, "pictures/grey");
    if (curves && curves->rank == 3) weights = count_weights(p, 1, (double)curves->dims[1], (double)curves->dims[2]);
    else if (grey && grey->rank == 3) weights = count_weights(p, (double)grey->dims[1], (double)grey->dims[2], 1);
    const double folds = (double)p->folds, work = 3 * fmin(folds, run->context->threads);
    return (uint64_t)(bytes * (1 + 4 * p->test_share) + 4 * weights * (folds + fmax(folds, work)));
}

const oa_step oa_step_train = {
    .name = "train",
    .version = 2,
    .title = "Train an ensemble of networks",
    .help = "Fits networks to labelled patterns, one per fold, and judges them on patterns that none has seen: confusion, reliability, the "
            "temperature that calibrates them, and a score for patterns unlike those of the training. The same seed gives the same weights "
            "on any number of threads. Defaults are those of Li et al., Adv. Mater. 2024, 2407564. With architecture atomnet (presets al-li-mg, au-cu, co-alloy) "
            "networks of Yu et al. learn from cubes of synthesise to tell ordered ions.",
    .params = train_table, .params_size = sizeof(train_params), .presets = train_presets,
    .slots = train_slots,  .outputs = train_outputs,
    .is_simulation = true,
    .check = train_check,  .run = train_run, .memory = train_memory,
};
