/* evaluate.c - what an ensemble is worth: its answers against the labels of patterns, and its probabilities against how often
 * they hold (Guo et al. 2017, arXiv:1706.04599). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/calibration.h"
#include "nn/network.h"
#include "step/patterns.h"

typedef struct evaluate_params {
    int64_t bins;
    bool fit_temperature;
} evaluate_params;

static const oa_param evaluate_table[] = {
    OA_PARAM(evaluate_params, bins, .dflt = 15, .min = 1, .max = 10000, .help = "bins of the reliability curve, of equal width in confidence"),
    OA_PARAM(evaluate_params, fit_temperature,
             .help = "also find the temperature with the least logarithmic loss on these patterns; an honest one needs patterns that training has not seen"),
    OA_PARAM_END
};

static const oa_slot evaluate_slots[] = {
    { "model", OA_TAKES_MODEL, false, "trained network ensemble" },
    { "patterns", OA_TAKES_RESULT, false, "labelled patterns: a result of `bank`, or of `import` with labels" },
    OA_SLOT_END
};

#define RELIABILITY_OUTPUTS(group, when, optional) \
    { .name = group "/correct", .type = OA_F64, .shape = "(bin)", .axes = "bin", .beside = "confidence", .is_optional = optional, \
      .help = "share of the patterns of this confidence whose class is right" when "; NaN without patterns" }, \
    { .name = group "/bin", .type = OA_F64, .shape = "(bin)", .is_optional = optional, .help = "middle of the bin of confidence, the largest probability" }, \
    { .name = group "/confidence", .type = OA_F64, .shape = "(bin)", .is_optional = optional, .help = "mean confidence of the patterns of the bin" }, \
    { .name = group "/count", .type = OA_U64, .shape = "(bin)", .is_optional = optional, .help = "patterns of the bin" }

static const oa_output evaluate_outputs[] = {
    { .name = "confusion/count", .type = OA_U64, .shape = "(class, class)", .axes = "class,found_class", .is_plot = true,
      .help = "patterns by their class (upwards) and by the class that is found (to the right); found is the one with the largest mean probability" },
    { .name = "confusion/class", .type = OA_U32, .shape = "(class)", .help = "class of the label; the long name says which is which" },
    { .name = "confusion/found_class", .type = OA_U32, .shape = "(class)", .help = "class found" },
    { .name = "by_class/recall", .type = OA_F64, .shape = "(class)", .axes = "class", .help = "share of the patterns of a class that is found as it; NaN without any" },
    { .name = "by_class/precision", .type = OA_F64, .shape = "(class)", .help = "share of those found as a class that are of it; NaN without any" },
    { .name = "by_class/auc", .type = OA_F64, .shape = "(class)", .help = "chance that a pattern of the class has a higher probability of it than another "
      "pattern; NaN where one of the two kinds is missing" },
    { .name = "by_class/patterns", .type = OA_U64, .shape = "(class)", .help = "valid patterns" },
    { .name = "by_class/class", .type = OA_U32, .shape = "(class)", .help = "class number" },
    { .name = "by_member/accuracy", .type = OA_F64, .shape = "(member)", .axes = "member", .help = "share of the patterns whose class this network alone finds" },
    { .name = "by_member/correct", .type = OA_U64, .shape = "(member)", .help = "these patterns" },
    { .name = "by_member/member", .type = OA_U32, .shape = "(member)", .help = "network of the ensemble, from 0" },
    RELIABILITY_OUTPUTS("reliability", "", false),
    RELIABILITY_OUTPUTS("calibrated", ", at the temperature of the model", true),
    RELIABILITY_OUTPUTS("fitted", ", at the fitted temperature", true),
    { .name = "predictions/probability", .type = OA_F32, .shape = "(pattern, class)", .axes = ".,class", .help = "mean over the ensemble; NaN where the pattern is invalid" },
    { .name = "predictions/class", .type = OA_U32, .shape = "(class)", .help = "class number" },
    { .name = "summary/patterns", .type = OA_U64, .help = "patterns" },
    { .name = "summary/invalid_patterns", .type = OA_U64, .help = "of these, without a usable curve: they count nowhere" },
    { .name = "summary/correct", .type = OA_U64, .help = "patterns whose class is found" },
    { .name = "summary/accuracy", .type = OA_F64, .help = "share of the valid patterns whose class is found" },
    { .name = "summary/auc", .type = OA_F64, .is_optional = true, .help = "mean AUC of the classes that can have one" },
    { .name = "summary/log_loss", .type = OA_F64, .help = "mean of -log probability of the class; of shares where labels are shares" },
    { .name = "summary/brier_score", .type = OA_F64, .help = "mean squared distance of probabilities and shares, summed over the classes: 0 best, 2 worst" },
    { .name = "summary/calibration_error", .type = OA_F64, .help = "mean distance of confidence and share correct over the bins" },
    { .name = "summary/temperature", .type = OA_F64, .help = "temperature of the model; 1: none was fitted" },
    { .name = "summary/calibrated_log_loss", .type = OA_F64, .is_optional = true, .help = "logarithmic loss at that temperature" },
    { .name = "summary/calibrated_brier_score", .type = OA_F64, .is_optional = true, .help = "Brier score at that temperature" },
    { .name = "summary/calibrated_error", .type = OA_F64, .is_optional = true, .help = "calibration error at that temperature" },
    { .name = "summary/fitted_temperature", .type = OA_F64, .is_optional = true, .help = "temperature with the least logarithmic loss on these patterns" },
    { .name = "summary/fitted_log_loss", .type = OA_F64, .is_optional = true, .help = "logarithmic loss at that temperature" },
    { .name = "summary/fitted_brier_score", .type = OA_F64, .is_optional = true, .help = "Brier score at that temperature" },
    { .name = "summary/fitted_error", .type = OA_F64, .is_optional = true, .help = "calibration error at that temperature" },
    { .name = "summary/model_sha256", .type = OA_TEXT, .help = "digest over the weights and the input definition of the model" },
    OA_OUTPUT_END
};

/* ---------------------------------------------------------------------------------------------- answers */

typedef struct evaluation {
    const evaluate_params *p;
    const oa_model *model;
    oa_network network;
    oa_patterns patterns;
    oa_logits logits;
    size_t classes, valid;
    uint8_t *is_valid; /* (patterns) */
} evaluation;

typedef struct answer_job {
    const evaluation *e;
    float *logits;
} answer_job;

enum { SLOT_FLOATS = 6 };

static oa_status answer_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const answer_job *job = arg;
    const oa_patterns *patterns = &job->e->patterns;
    const size_t values = job->e->network.n_input, n = span.end - span.begin;
    const float *x = patterns->values ? patterns->values + span.begin * values : NULL;
    if (!x) {
        float *grey;
        OA_TRY(oa_worker_scratch(worker, SLOT_FLOATS, &grey, n * values, sizeof *grey));
        for (size_t i = 0; i < n; i++) oa_patterns_row(patterns, span.begin + i, grey + i * values);
        x = grey;
    }
    const oa_prediction out = { .logits = job->logits + span.begin * job->e->logits.members * job->e->logits.units };
    return oa_network_group(&job->e->network, worker, x, n, &out);
}

/* The logits of all patterns; what has none is invalid. */
static oa_status answer(oa_run *run, evaluation *e)
{
    const size_t n = e->patterns.n, each = (size_t)e->model->members * e->network.n_classes;
    double log_p[OA_CLASSES_MAX];
    answer_job job = { .e = e };
    OA_TRY(oa_scratch(run, &job.logits, n * each, sizeof *job.logits));
    OA_TRY(oa_scratch(run, &e->is_valid, n, 1));
    e->logits = (oa_logits){ job.logits, n, (size_t)e->model->members, e->network.n_classes };
    oa_phase(run->context, "networks");
    OA_TRY(oa_parallel(run->context, n, e->patterns.values ? OA_BATCH_GROUP : OA_BATCH, answer_chunk, &job));
    for (size_t i = 0; i < n; i++) e->valid += e->is_valid[i] = oa_logits_row(&e->logits, i, -1, 1, log_p);
    if (e->valid == 0) return oa_fail(run->context, "E_EMPTY_DATA", "none of the %zu patterns is a usable curve; give others", n);
    if (e->valid < n) oa_note(run, "W_NO_CURVE", "%zu of %zu patterns hold NaN and were left out", n - e->valid, n);
    OA_TRY(oa_put_count(run, "summary/patterns", n));
    return oa_put_count(run, "summary/invalid_patterns", n - e->valid);
}

/* ---------------------------------------------------------------------------------------------- right and wrong */

static double share(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : NAN; }

static oa_status put_confusion(oa_run *run, const evaluation *e, uint64_t **out)
{
    const size_t dims[2] = { e->classes, e->classes };
    uint64_t *count, correct = 0;
    double log_p[OA_CLASSES_MAX];
    OA_TRY(oa_put_array(run, "confusion/count", 2, dims, &count));
    OA_TRY(oa_put_class_axis(run, "confusion/class", e->model->classes, e->classes));
    OA_TRY(oa_put_class_axis(run, "confusion/found_class", e->model->classes, e->classes));
    for (size_t i = 0; i < e->patterns.n; i++)
        if (oa_logits_row(&e->logits, i, -1, 1, log_p)) count[e->patterns.label[i] * e->classes + oa_largest(log_p, e->classes)]++;
    for (size_t c = 0; c < e->classes; c++) correct += count[c * (e->classes + 1)];
    *out = count;
    OA_TRY(oa_put_count(run, "summary/correct", correct));
    return oa_put_real(run, "summary/accuracy", share(correct, e->valid));
}

/* The probabilities of class c of the valid patterns, and whether each is of it. */
static oa_status class_auc(oa_run *run, const evaluation *e, const float *probability, size_t c, float *score, uint8_t *is_class, double *out)
{
    size_t n = 0;
    for (size_t i = 0; i < e->patterns.n; i++) {
        if (!e->is_valid[i]) continue;
        score[n] = probability[i * e->classes + c];
        is_class[n++] = e->patterns.label[i] == c;
    }
    return oa_auc(run->context, score, is_class, n, out);
}

static oa_status put_by_class(oa_run *run, const evaluation *e, const uint64_t *count, const float *probability)
{
    double *recall, *precision, *auc, sum = 0;
    uint64_t *patterns, found, with_auc = 0;
    float *score;
    uint8_t *is_class;
    OA_TRY(oa_put_array(run, "by_class/recall", 1, &e->classes, &recall));
    OA_TRY(oa_put_array(run, "by_class/precision", 1, &e->classes, &precision));
    OA_TRY(oa_put_array(run, "by_class/auc", 1, &e->classes, &auc));
    OA_TRY(oa_put_array(run, "by_class/patterns", 1, &e->classes, &patterns));
    OA_TRY(oa_put_class_axis(run, "by_class/class", e->model->classes, e->classes));
    OA_TRY(oa_scratch(run, &score, e->valid, sizeof *score));
    OA_TRY(oa_scratch(run, &is_class, e->valid, 1));
    for (size_t c = 0; c < e->classes; c++) {
        found = 0;
        for (size_t d = 0; d < e->classes; d++) patterns[c] += count[c * e->classes + d], found += count[d * e->classes + c];
        recall[c] = share(count[c * (e->classes + 1)], patterns[c]);
        precision[c] = share(count[c * (e->classes + 1)], found);
        OA_TRY(class_auc(run, e, probability, c, score, is_class, &auc[c]));
        if (!isnan(auc[c])) sum += auc[c], with_auc++;
        if (patterns[c] == 0)
            oa_note(run, "W_CLASS_MISSING", "no pattern is of class %s, so nothing is said about finding it", e->model->classes[c]);
    }
    return with_auc ? oa_put_real(run, "summary/auc", sum / (double)with_auc) : OA_OK;
}

static oa_status put_by_member(oa_run *run, const evaluation *e)
{
    const size_t members = e->logits.members;
    double *accuracy, log_p[OA_CLASSES_MAX];
    uint64_t *correct;
    uint32_t *member;
    OA_TRY(oa_put_array(run, "by_member/accuracy", 1, &members, &accuracy));
    OA_TRY(oa_put_array(run, "by_member/correct", 1, &members, &correct));
    OA_TRY(oa_put_array(run, "by_member/member", 1, &members, &member));
    for (size_t m = 0; m < members; m++) {
        for (size_t i = 0; i < e->patterns.n; i++)
            if (oa_logits_row(&e->logits, i, (int64_t)m, 1, log_p)) correct[m] += oa_largest(log_p, e->classes) == e->patterns.label[i];
        accuracy[m] = share(correct[m], e->valid);
        member[m] = (uint32_t)m;
    }
    return OA_OK;
}

static oa_status put_predictions(oa_run *run, const evaluation *e, float **out)
{
    const size_t dims[2] = { e->patterns.n, e->classes };
    double log_p[OA_CLASSES_MAX];
    OA_TRY(oa_put_array(run, "predictions/probability", 2, dims, out));
    for (size_t i = 0; i < e->patterns.n; i++) {
        oa_logits_row(&e->logits, i, -1, 1, log_p);
        for (size_t c = 0; c < e->classes; c++) (*out)[i * e->classes + c] = (float)exp(log_p[c]);
    }
    return oa_put_class_axis(run, "predictions/class", e->model->classes, e->classes);
}

/* ---------------------------------------------------------------------------------------------- calibration */

static oa_status put_real(oa_run *run, const char *format, const char *word, double value)
{
    char name[64];
    snprintf(name, sizeof name, format, word);
    return oa_put_real(run, name, value);
}

static oa_status put_curve(oa_run *run, const char *group, const oa_reliability_bin *bins, size_t n)
{
    double *correct, *middle, *confidence;
    uint64_t *count;
    char name[64];
    snprintf(name, sizeof name, "%s/correct", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &correct));
    snprintf(name, sizeof name, "%s/bin", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &middle));
    snprintf(name, sizeof name, "%s/confidence", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &confidence));
    snprintf(name, sizeof name, "%s/count", group);
    OA_TRY(oa_put_array(run, name, 1, &n, &count));
    for (size_t b = 0; b < n; b++) {
        correct[b] = share(bins[b].correct, bins[b].count);
        middle[b] = ((double)b + 0.5) / (double)n;
        confidence[b] = bins[b].count ? bins[b].confidence / (double)bins[b].count : NAN;
        count[b] = bins[b].count;
    }
    return OA_OK;
}

/* The curve into `group`, and three figures named summary/<prefix>...; error_name is that of the calibration error. */
static oa_status put_calibration(oa_run *run, const evaluation *e, double temperature, const char *group, const char *prefix, const char *error_name)
{
    const size_t n = (size_t)e->p->bins;
    oa_reliability_bin *bins;
    double brier = 0;
    OA_TRY(oa_scratch(run, &bins, n, sizeof *bins));
    for (size_t i = 0; i < e->patterns.n; i++) {
        double p[OA_CLASSES_MAX];
        if (!oa_logits_row(&e->logits, i, -1, temperature, p)) continue;
        for (size_t c = 0; c < e->classes; c++) {
            p[c] = exp(p[c]);
            const double off = p[c] - (double)e->patterns.target[i * e->classes + c];
            brier += off * off;
        }
        oa_reliability_add(bins, n, p, e->classes, e->patterns.label[i]);
    }
    OA_TRY(put_curve(run, group, bins, n));
    OA_TRY(put_real(run, "summary/%slog_loss", prefix, oa_log_loss(&e->logits, e->patterns.target, temperature)));
    OA_TRY(put_real(run, "summary/%sbrier_score", prefix, brier / (double)e->valid));
    return oa_put_real(run, error_name, oa_reliability_error(bins, n));
}

static oa_status put_fit(oa_run *run, const evaluation *e)
{
    oa_phase(run->context, "temperature");
    const oa_temperature fit = oa_calibration_temperature(&e->logits, e->patterns.target);
    if (fit.is_at_limit)
        oa_note(run, "W_TEMPERATURE", "the loss still falls at a temperature of %.3g: %s, so it is not determined by these patterns", fit.temperature,
                fit.temperature < 1 ? "the patterns are told apart without an error" : "the answers have little to do with the labels");
    OA_TRY(oa_put_real(run, "summary/fitted_temperature", fit.temperature));
    return put_calibration(run, e, fit.temperature, "fitted", "fitted_", "summary/fitted_error");
}

static oa_status prepare(oa_run *run, evaluation *e)
{
    const oa_input *model = oa_run_input(run, "model");
    if (!model || !model->model) return oa_fail(run->context, "E_INPUT_KIND", "evaluate takes a model; the slot model is empty");
    e->model = model->model;
    OA_TRY(oa_patterns_of(run, "patterns", 1, &e->patterns));
    OA_TRY(oa_patterns_match(run, &e->patterns, e->model));
    if (!e->patterns.target)
        return oa_fail_at(run->context, OA_IN_FILE(oa_run_input(run, "patterns")->file_name), "E_INPUT_KIND", "holds patterns without labels, so nothing can be "
                          "judged by them; import them with --labels, or give a result of `ordapt bank`");
    e->classes = (size_t)e->model->n_classes;
    return oa_network_plan(run->context, e->model, &e->network);
}

static oa_status evaluate_run(oa_run *run, const void *params)
{
    evaluation e = { .p = params };
    uint64_t *count;
    float *probability;
    OA_TRY(prepare(run, &e));
    OA_TRY(answer(run, &e));
    OA_TRY(put_confusion(run, &e, &count));
    OA_TRY(put_predictions(run, &e, &probability));
    OA_TRY(put_by_class(run, &e, count, probability));
    OA_TRY(put_by_member(run, &e));
    OA_TRY(put_calibration(run, &e, 1, "reliability", "", "summary/calibration_error"));
    OA_TRY(oa_put_real(run, "summary/temperature", e.model->temperature));
    if (e.model->temperature != 1) OA_TRY(put_calibration(run, &e, e.model->temperature, "calibrated", "calibrated_", "summary/calibrated_error"));
    if (e.p->fit_temperature) OA_TRY(put_fit(run, &e));
    return oa_put_text(run, "summary/model_sha256", e.model->sha256);
}

const oa_step oa_step_evaluate = {
    .name = "evaluate",
    .version = 1,
    .title = "Judge networks by labelled patterns",
    .help = "Lets an ensemble classify labelled patterns and counts what it finds: confusion, accuracy of the ensemble and of each member, precision, "
            "recall and AUC by class, and how far its probabilities can be believed: logarithmic loss, Brier score, reliability curve and expected "
            "calibration error, as the networks give them and at the temperature of the model.",
    .params = evaluate_table, .params_size = sizeof(evaluate_params),
    .slots = evaluate_slots,  .outputs = evaluate_outputs,
    .run = evaluate_run,
};
