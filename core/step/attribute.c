/* attribute.c - where in a pattern the networks see the class: class activation maps, as published with the CoCrNi networks
 * (Li et al., Adv. Mater. 2024, 2407564) and as Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nn/train.h"
#include "step/patterns.h"

typedef struct attribute_params {
    const char *method, *class;
    int64_t member;
} attribute_params;

static const char *const method_words[] = { "elementwise", "grad_cam", NULL };

static const oa_param attribute_table[] = {
    OA_PARAM(attribute_params, method, .dflt_text = "elementwise", .choices = method_words,
             .help = "elementwise: mean over the filters of activation times gradient, as published; grad_cam: gradients are first averaged over the "
                     "positions. What is negative becomes 0"),
    OA_PARAM(attribute_params, class, .dflt_text = "",
             .help = "class whose probability is followed: its number from 0, or its name; left out: for each pattern the one with the largest mean probability"),
    OA_PARAM(attribute_params, member, .dflt = -1, .min = -1, .max = 1023, .help = "network of the ensemble, from 0; -1: the mean of the maps of all"),
    OA_PARAM_END
};

static const oa_slot attribute_slots[] = {
    { "model", OA_TAKES_MODEL, false, "trained network ensemble" },
    { "patterns", OA_TAKES_RESULT, false, "patterns, labelled or not: a result of `bank` or of `import`" },
    OA_SLOT_END
};

static const oa_output attribute_outputs[] = {
    { .name = "by_class/heat", .type = OA_F64, .shape = "(class, position)", .axes = "class,position", .is_plot = true, .is_optional = true,
      .help = "mean map of the patterns whose class was followed; NaN without any" },
    { .name = "by_class/position", .type = OA_F64, .shape = "(position)", .unit = OA_NM, .is_optional = true,
      .help = "distance along the map at the centre of what the filters see" },
    { .name = "by_class/class", .type = OA_U32, .shape = "(class)", .is_optional = true, .help = "class number; the long name says which is which" },
    { .name = "by_class/patterns", .type = OA_U64, .shape = "(class)", .is_optional = true, .help = "patterns whose class was followed" },
    { .name = "mean_curve/mean", .type = OA_F64, .shape = "(class, bin, channel)", .axes = "class,distance,.", .is_curves = true, .slice = "*,.,0", .is_optional = true,
      .help = "mean curve of these patterns" },
    { .name = "mean_curve/distance", .type = OA_F64, .shape = "(bin)", .unit = OA_NM, .is_optional = true, .help = "middle of the bin" },
    { .name = "mean_curve/class", .type = OA_U32, .shape = "(class)", .is_optional = true, .help = "class number" },
    { .name = "by_class_picture/heat", .type = OA_F64, .shape = "(class, depth, lateral)", .axes = "class,depth,lateral", .is_plot = true, .slice = "*,.,.", .is_optional = true,
      .help = "mean map of the pictures whose class was followed; NaN without any" },
    { .name = "by_class_picture/depth", .type = OA_F64, .shape = "(depth)", .unit = OA_NM, .is_optional = true, .help = "dz at the centre of what the filters see" },
    { .name = "by_class_picture/lateral", .type = OA_F64, .shape = "(lateral)", .unit = OA_NM, .is_optional = true, .help = "dx there" },
    { .name = "by_class_picture/class", .type = OA_U32, .shape = "(class)", .is_optional = true, .help = "class number" },
    { .name = "by_class_picture/patterns", .type = OA_U64, .shape = "(class)", .is_optional = true, .help = "pictures whose class was followed" },
    { .name = "attribution/heat", .type = OA_F32, .shape = "(pattern, position)", .axes = ".,position", .is_optional = true,
      .help = "what each position adds to the probability of the class; NaN where the pattern is invalid" },
    { .name = "attribution/position", .type = OA_F64, .shape = "(position)", .unit = OA_NM, .is_optional = true,
      .help = "distance along the map at the centre of what the filters see" },
    { .name = "attribution_picture/heat", .type = OA_F32, .shape = "(pattern, depth, lateral)", .axes = ".,depth,lateral", .is_optional = true,
      .help = "what each place adds to the probability of the class" },
    { .name = "attribution_picture/depth", .type = OA_F64, .shape = "(depth)", .unit = OA_NM, .is_optional = true, .help = "dz at the centre of what the filters see" },
    { .name = "attribution_picture/lateral", .type = OA_F64, .shape = "(lateral)", .unit = OA_NM, .is_optional = true, .help = "dx there" },
    { .name = "followed/class", .type = OA_I32, .shape = "(pattern)", .help = "class that was followed; -1 where the pattern is invalid" },
    { .name = "followed/probability", .type = OA_F64, .shape = "(pattern)", .help = "its probability, mean over the networks; NaN where the pattern is invalid" },
    { .name = "summary/species", .type = OA_TEXT, .is_optional = true, .help = "species of the maps, where the patterns say it" },
    { .name = "summary/patterns", .type = OA_U64, .help = "patterns" },
    { .name = "summary/invalid_patterns", .type = OA_U64, .help = "of these, without a usable curve" },
    { .name = "summary/layer", .type = OA_U64, .help = "layer of the network that the maps are of, from 1: the last convolution" },
    { .name = "summary/networks", .type = OA_U64, .help = "networks whose maps were averaged" },
    { .name = "summary/model_sha256", .type = OA_TEXT, .help = "digest over the weights and the input definition of the model" },
    OA_OUTPUT_END
};

/* ---------------------------------------------------------------------------------------------- one batch */

typedef struct attribution {
    const attribute_params *p;
    const oa_model *model;
    oa_network network;
    oa_patterns patterns;
    int layer;             /* the last convolution */
    oa_extent extent;      /* of what it gives */
    size_t positions, rows; /* places of a map; patterns of a batch */
    int64_t first, end;    /* networks [first, end) */
    int64_t class;         /* -1: the largest */
    float *heat;           /* (patterns, positions) */
    int32_t *followed;     /* (patterns) */
    double *probability;   /* (patterns) */
} attribution;

/* What one worker holds for a batch. */
typedef struct batch {
    const attribution *a;
    size_t first, n; /* patterns [first, first + n) */
    oa_network_state state;
    oa_gradients gradients;
    double *mean;    /* (rows, classes) */
    double *sum;     /* (rows, positions) of the maps */
    float *weight;   /* (channels) */
} batch;

enum { SLOT_BATCH = 6 };

static bool load(const attribution *a, size_t pattern, float *x)
{
    oa_patterns_row(&a->patterns, pattern, x);
    for (size_t i = 0; i < a->network.n_input; i++) {
        if (!isnan(x[i])) continue;
        memset(x, 0, a->network.n_input * sizeof *x);
        return false;
    }
    return true;
}

/* The class of each pattern: the one asked for, or that of the largest mean probability. */
static void choose_classes(batch *b)
{
    const attribution *a = b->a;
    const size_t classes = a->network.n_classes;
    memset(b->mean, 0, b->n * classes * sizeof *b->mean);
    for (int64_t m = a->first; m < a->end; m++) {
        oa_network_pass(&a->network, m, a->rows, &b->state);
        for (size_t i = 0; i < b->n * classes; i++) b->mean[i] += (double)b->state.probability[i] / (double)(a->end - a->first);
    }
    for (size_t r = 0; r < b->n; r++) {
        const double *p = b->mean + r * classes;
        size_t best = 0;
        for (size_t c = 1; c < classes; c++) best = p[c] > p[best] ? c : best;
        if (a->class >= 0) best = (size_t)a->class;
        if (a->followed[b->first + r] < 0) continue;
        a->followed[b->first + r] = (int32_t)best;
        a->probability[b->first + r] = p[best];
    }
}

/* The gradient of p_c by the logits: p_c (1 - p_c) and -p_c p_j, where 1 - p_c is summed from the others: so it keeps its
 * digits where p_c is nearly 1, which it would not in single precision. One sigmoid unit is the logit of class 1 against 0. */
static void seed(const batch *b)
{
    const attribution *a = b->a;
    const size_t classes = a->network.n_classes, units = a->network.is_share ? 1 : classes;
    float *dy = b->gradients.dy[a->model->n_layers];
    memset(dy, 0, a->rows * units * sizeof *dy);
    for (size_t r = 0; r < b->n; r++) {
        const float *z = b->state.logits + r * classes;
        const size_t c = a->followed[b->first + r] < 0 ? 0 : (size_t)a->followed[b->first + r];
        double p[OA_CLASSES_MAX], largest = (double)z[0], sum = 0, others = 0;
        for (size_t j = 1; j < classes; j++) largest = fmax(largest, (double)z[j]);
        for (size_t j = 0; j < classes; j++) sum += p[j] = exp((double)z[j] - largest);
        for (size_t j = 0; j < classes; j++) others += j == c ? 0 : p[j] / sum;
        for (size_t j = 0; j < classes; j++) {
            const double d = p[c] / sum * (j == c ? others : -p[j] / sum);
            if (units == classes) dy[r * units + j] = (float)d;
            else if (j == 1) dy[r] = (float)d;
        }
    }
}

/* The gradient by what the convolution gave, after its activation. */
static void take_gradients(const batch *b, int64_t member)
{
    const attribution *a = b->a;
    const int last = a->model->n_layers - 1;
    const char *activation = a->model->layers[last].activation;
    if (a->network.is_share || strcmp(activation, "softmax") == 0) {
        seed(b);
        oa_network_layer_backward(&a->network, member, a->rows, &b->state, &b->gradients, last);
        oa_network_backward(&a->network, member, a->rows, &b->state, &b->gradients, last - 1, a->layer + 1);
        return;
    }
    float *dy = b->gradients.dy[last + 1]; /* what the last layer gives is followed as it is */
    memset(dy, 0, a->rows * a->network.n_classes * sizeof *dy);
    for (size_t r = 0; r < b->n; r++)
        if (a->followed[b->first + r] >= 0) dy[r * a->network.n_classes + (size_t)a->followed[b->first + r]] = 1;
    oa_network_backward(&a->network, member, a->rows, &b->state, &b->gradients, last, a->layer + 1);
}

/* Adds max(0, mean over filters of activation * weight); weight is the gradient there, or its mean over the positions. */
static void add_heat(const batch *b, size_t r)
{
    const attribution *a = b->a;
    const size_t filters = a->extent.channels, values = a->positions * filters;
    const float *y = b->state.y[a->layer + 1] + r * values, *dy = b->gradients.dy[a->layer + 1] + r * values;
    const bool is_mean = strcmp(a->p->method, "grad_cam") == 0;
    for (size_t f = 0; is_mean && f < filters; f++) {
        double sum = 0;
        for (size_t t = 0; t < a->positions; t++) sum += (double)dy[t * filters + f];
        b->weight[f] = (float)(sum / (double)a->positions);
    }
    for (size_t t = 0; t < a->positions; t++) {
        double heat = 0;
        for (size_t f = 0; f < filters; f++) heat += (double)y[t * filters + f] * (double)(is_mean ? b->weight[f] : dy[t * filters + f]);
        b->sum[r * a->positions + t] += fmax(heat / (double)filters, 0);
    }
}

static oa_status make_room(const attribution *a, oa_worker *worker, batch *b)
{
    const size_t doubles = a->rows * (a->network.n_classes + a->positions);
    const size_t state = oa_network_state_floats(&a->network, a->rows), gradients = oa_gradients_floats(&a->network, a->rows);
    float *memory;
    OA_TRY(oa_worker_scratch(worker, SLOT_BATCH, &memory, state + gradients + 2 * doubles + a->extent.channels, sizeof *memory));
    oa_network_state_lay(&a->network, a->rows, memory, &b->state);
    oa_gradients_lay(&a->network, a->rows, memory + state, &b->gradients);
    b->state.keeps_layers = true;
    b->mean = (double *)(void *)(memory + state + gradients); /* both are whole cache lines */
    b->sum = b->mean + a->rows * a->network.n_classes;
    b->weight = (float *)(void *)(b->sum + a->rows * a->positions);
    return OA_OK;
}

static oa_status attribute_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const attribution *a = arg;
    batch b = { .a = a, .first = span.begin, .n = span.end - span.begin };
    OA_TRY(make_room(a, worker, &b));
    for (size_t r = 0; r < b.n; r++) {
        const bool is_valid = load(a, b.first + r, b.state.y[0] + r * a->network.n_input);
        a->followed[b.first + r] = is_valid ? 0 : -1;
        a->probability[b.first + r] = NAN;
    }
    memset(b.state.y[0] + b.n * a->network.n_input, 0, (a->rows - b.n) * a->network.n_input * sizeof(float));
    memset(b.sum, 0, b.n * a->positions * sizeof *b.sum);
    choose_classes(&b);
    for (int64_t m = a->first; m < a->end; m++) {
        oa_network_pass(&a->network, m, a->rows, &b.state);
        take_gradients(&b, m);
        for (size_t r = 0; r < b.n; r++) add_heat(&b, r);
    }
    for (size_t r = 0; r < b.n; r++)
        for (size_t t = 0; t < a->positions; t++)
            a->heat[(b.first + r) * a->positions + t] = a->followed[b.first + r] < 0 ? NAN : (float)(b.sum[r * a->positions + t] / (double)(a->end - a->first));
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- axes */

/* Where the centre of what place k of the layer sees lies in the input, in bins or pixels from the middle of the first. */
static double centre_of(const attribution *a, size_t k, bool is_depth)
{
    double at = (double)k;
    for (int i = a->layer; i >= 0; i--) {
        const oa_layer *layer = &a->model->layers[i];
        const int64_t width = is_depth ? layer->height : layer->width;
        size_t before = 0;
        oa_windows(is_depth ? a->network.extent[i].height : a->network.extent[i].length, (size_t)width, (size_t)layer->stride, layer->same_padding, &before);
        at = at * (double)layer->stride - (double)before + (double)(width - 1) / 2;
    }
    return at;
}

/* nm; pictures show -0.7 to 0.7 nm, rows from above. */
static double curve_distance(const attribution *a, double bin)
{
    const oa_map_definition *map = &a->model->map;
    return -map->half_range + ((double)map->crop_first + bin + 0.5) * 2 * map->half_range / (double)map->bins;
}

static double picture_distance(double pixel, size_t pixels) { return -0.7 + (pixel + 0.5) * 1.4 / (double)pixels; }

static oa_status put_axis(oa_run *run, const attribution *a, const char *name, bool is_depth)
{
    const size_t n = is_depth ? a->extent.height : a->extent.length;
    double *axis;
    OA_TRY(oa_put_array(run, name, 1, &n, &axis));
    for (size_t k = 0; k < n; k++) {
        const double at = centre_of(a, k, is_depth);
        if (a->patterns.values) axis[k] = curve_distance(a, at);
        else axis[k] = is_depth ? -picture_distance(at, a->patterns.height) : picture_distance(at, a->patterns.length);
    }
    return OA_OK;
}

static oa_status put_heat(oa_run *run, attribution *a)
{
    const size_t curve[2] = { a->patterns.n, a->positions }, picture[3] = { a->patterns.n, a->extent.height, a->extent.length };
    OA_TRY(oa_put_array(run, "followed/class", 1, &a->patterns.n, &a->followed));
    OA_TRY(oa_put_array(run, "followed/probability", 1, &a->patterns.n, &a->probability));
    if (a->patterns.values) {
        OA_TRY(oa_put_array(run, "attribution/heat", 2, curve, &a->heat));
        return put_axis(run, a, "attribution/position", false);
    }
    OA_TRY(oa_put_array(run, "attribution_picture/heat", 3, picture, &a->heat));
    OA_TRY(put_axis(run, a, "attribution_picture/depth", true));
    return put_axis(run, a, "attribution_picture/lateral", false);
}

/* ---------------------------------------------------------------------------------------------- means */

/* Adds up rows of n values by the class that was followed; then divides. mean (classes, n). */
static void average(const attribution *a, const float *values, size_t n, const uint64_t *count, double *mean)
{
    for (size_t i = 0; i < a->patterns.n; i++)
        for (size_t k = 0; a->followed[i] >= 0 && k < n; k++) mean[(size_t)a->followed[i] * n + k] += (double)values[i * n + k];
    for (size_t k = 0; k < a->network.n_classes * n; k++) mean[k] = count[k / n] ? mean[k] / (double)count[k / n] : NAN;
}

static oa_status put_mean_curves(oa_run *run, const attribution *a, const uint64_t *count)
{
    const size_t dims[3] = { a->network.n_classes, a->patterns.length, a->patterns.channels };
    double *mean, *distance;
    OA_TRY(oa_put_array(run, "mean_curve/mean", 3, dims, &mean));
    OA_TRY(oa_put_array(run, "mean_curve/distance", 1, &a->patterns.length, &distance));
    for (size_t i = 0; i < a->patterns.length; i++) distance[i] = curve_distance(a, (double)i);
    average(a, a->patterns.values, dims[1] * dims[2], count, mean);
    return oa_put_class_axis(run, "mean_curve/class", a->model->classes, a->network.n_classes);
}

static oa_status put_means(oa_run *run, const attribution *a)
{
    const size_t curve[2] = { a->network.n_classes, a->positions }, picture[3] = { a->network.n_classes, a->extent.height, a->extent.length };
    const bool is_curve = a->patterns.values != NULL;
    double *mean;
    uint64_t *count, invalid = 0;
    OA_TRY(oa_put_array(run, is_curve ? "by_class/heat" : "by_class_picture/heat", is_curve ? 2 : 3, is_curve ? curve : picture, &mean));
    OA_TRY(oa_put_array(run, is_curve ? "by_class/patterns" : "by_class_picture/patterns", 1, curve, &count));
    for (size_t i = 0; i < a->patterns.n; i++) {
        if (a->followed[i] >= 0) count[a->followed[i]]++;
        else invalid++;
    }
    average(a, a->heat, a->positions, count, mean);
    OA_TRY(oa_put_class_axis(run, is_curve ? "by_class/class" : "by_class_picture/class", a->model->classes, a->network.n_classes));
    OA_TRY(put_axis(run, a, is_curve ? "by_class/position" : "by_class_picture/lateral", false));
    if (!is_curve) OA_TRY(put_axis(run, a, "by_class_picture/depth", true));
    if (is_curve) OA_TRY(put_mean_curves(run, a, count));
    if (invalid) oa_note(run, "W_NO_CURVE", "%llu of %zu patterns hold NaN and were left out", (unsigned long long)invalid, a->patterns.n);
    OA_TRY(oa_put_count(run, "summary/patterns", a->patterns.n));
    return oa_put_count(run, "summary/invalid_patterns", invalid);
}

/* ---------------------------------------------------------------------------------------------- the step */

static oa_status find_layer(oa_run *run, attribution *a)
{
    a->layer = -1;
    for (int i = 0; i + 1 < a->model->n_layers; i++)
        if (a->network.kind[i] == &oa_layer_conv1d || a->network.kind[i] == &oa_layer_conv2d) a->layer = i;
    if (a->layer < 0) return oa_fail(run->context, "E_ARCHITECTURE", "the network has no convolution, so no place in a pattern belongs to its values; give another model");
    a->extent = a->network.extent[a->layer + 1];
    a->positions = a->extent.height * a->extent.length;
    a->rows = a->network.n_input > 4096 ? 8 : OA_BATCH;
    return OA_OK;
}

static oa_status prepare(oa_run *run, int task, attribution *a)
{
    const oa_input *model = oa_run_input(run, "model");
    if (!model || !model->model) return oa_fail(run->context, "E_INPUT_KIND", "attribute takes a model; the slot model is empty");
    a->model = model->model;
    OA_TRY(oa_patterns_of(run, "patterns", task, &a->patterns));
    OA_TRY(oa_patterns_match(run, &a->patterns, a->model));
    OA_TRY(oa_network_plan(run->context, a->model, &a->network));
    OA_TRY(find_layer(run, a));
    if (a->p->class[0]) {
        size_t class;
        OA_TRY(oa_model__find_class(run->context, a->model, a->p->class, &class));
        a->class = (int64_t)class;
    }
    if (a->p->member >= a->model->members)
        return oa_fail_at(run->context, OA_IN_PARAMETER("member"), "E_PARAMETER_RANGE", "member %lld of %lld networks, which are numbered from 0", (long long)a->p->member,
                          (long long)a->model->members);
    a->first = a->p->member < 0 ? 0 : a->p->member;
    a->end = a->p->member < 0 ? a->model->members : a->first + 1;
    return OA_OK;
}

/* Patterns of one species. */
static oa_status attribute_task(oa_run *run, const void *params, int task)
{
    attribution a = { .p = params, .class = -1 };
    OA_TRY(prepare(run, task, &a));
    OA_TRY(put_heat(run, &a));
    oa_phase(run->context, "networks");
    OA_TRY(oa_parallel(run->context, a.patterns.n, a.rows, attribute_chunk, &a));
    OA_TRY(put_means(run, &a));
    OA_TRY(oa_put_count(run, "summary/layer", (uint64_t)a.layer + 1));
    OA_TRY(oa_put_count(run, "summary/networks", (uint64_t)(a.end - a.first)));
    return oa_put_text(run, "summary/model_sha256", a.model->sha256);
}

/* The classes of one species share its mean curves. */
static bool has_own_patterns(const oa_values *result, int task)
{
    const oa_array *here = oa_values_find(result, task, "patterns/pattern"), *before = oa_values_find(result, task - 1, "patterns/pattern");
    if (!here || !before) return here != NULL;
    return oa_array_bytes(here) != oa_array_bytes(before) || memcmp(here->block->data, before->block->data, oa_array_bytes(here)) != 0;
}

static oa_status attribute_run(oa_run *run, const void *params)
{
    const oa_input *patterns = oa_run_input(run, "patterns");
    const oa_values *result = patterns ? patterns->result : NULL;
    int done = 0;
    for (int task = 1; task == 1 || (result && task <= result->tasks); task++) {
        if (task > 1 && !has_own_patterns(result, task)) continue;
        const oa_array *species = result ? oa_values_find(result, task, "summary/species") : NULL;
        const char *title = species && species->type == OA_TEXT ? species->block->data : "";
        if (result && result->tasks > 1) OA_TRY(oa_run_task(run, ++done, title));
        OA_TRY(attribute_task(run, params, task));
        if (title[0]) OA_TRY(oa_put_text(run, "summary/species", title));
    }
    return OA_OK;
}

const oa_step oa_step_attribute = {
    .name = "attribute",
    .version = 1,
    .title = "Where networks see the class",
    .help = "Follows the probability of a class back to what the last convolution gave, and shows by position what it came from: activation times gradient, "
            "mean over the filters, negative values left out (elementwise, as published), or with the gradients averaged over the positions first (grad_cam). "
            "Gradients vanish where a probability comes near to 1. Also the mean map and the mean curve of the patterns of each class. "
            "Of a result of `classify` for several species: one result each.",
    .params = attribute_table, .params_size = sizeof(attribute_params),
    .slots = attribute_slots,  .outputs = attribute_outputs,
    .run = attribute_run,
};
