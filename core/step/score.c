/* score.c - how well something was found, where the truth is known.
 *
 * Ions are judged one by one: precision, recall, and, where every ion has a probability or lies in a pixel with a sum, the
 * average precision sum_k (R_k - R_{k-1}) P_k over all thresholds, ties taken together. Domains are judged by how much of
 * each was found. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "math/order.h"
#include "step/score.h"

static const oa_param score_table[] = {
    OA_PARAM(score_params, threshold, .dflt = 0.5, .min = 0, .max = 1,
             .help = "probability from which on an ion counts as selected, where the result gives probabilities but selects none"),
    OA_PARAM(score_params, found_share, .dflt = 0.25, .min = 0, .max = 1,
             .help = "a domain is found where at least this share of its ions, and at least one, is selected"),
    OA_PARAM(score_params, radius_bin, .unit = OA_NM, .dflt = 0.2, .min = 0.001, .max = 1000,
             .help = "width of the classes of radius, half-open from multiples of it, in which domains are counted"),
    OA_PARAM(score_params, task, .dflt = 1, .min = 1, .max = 1000,
             .help = "which species' result is judged, where the result has several"),
    OA_PARAM(score_params, structure, .dflt_text = "",
             .help = "only domains of this structure count as true, b2 or d03, so that a selection can be asked what it finds of another one; "
                     "left out: all domains"),
    OA_PARAM_END
};

static const oa_slot score_slots[] = {
    { "selection", OA_TAKES_SELECTION, false, "what was found: selected ions, or a probability per ion" },
    { "truth", OA_TAKES_RESULT, false, "the result of `synthesise` the ions come from" },
    OA_SLOT_END
};

static const oa_output score_outputs[] = {
    { .name = "by_radius/share", .type = OA_F64, .shape = "(class)", .axes = "radius", .is_plot = true, .is_optional = true,
      .help = "share of the domains of this radius that were found" },
    { .name = "by_radius/radius", .type = OA_F64, .shape = "(class)", .unit = OA_NM, .is_optional = true, .help = "middle of the class" },
    { .name = "by_radius/spheres", .type = OA_U64, .shape = "(class)", .is_optional = true, .help = "domains of this radius" },
    { .name = "by_radius/found", .type = OA_U64, .shape = "(class)", .is_optional = true, .help = "of these, found" },
    { .name = "spheres/recall", .type = OA_F64, .shape = "(domain)", .axes = "domain", .is_optional = true,
      .help = "share of the domain's ions that is selected" },
    { .name = "spheres/selected", .type = OA_U64, .shape = "(domain)", .is_optional = true, .help = "selected ions of the domain" },
    { .name = "spheres/ions", .type = OA_U64, .shape = "(domain)", .is_optional = true, .help = "ions of the domain" },
    { .name = "spheres/radius", .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .is_optional = true, .help = "radius" },
    { .name = "spheres/is_found", .type = OA_U8, .shape = "(domain)", .is_optional = true, .help = "1: found" },
    { .name = "spheres/domain", .type = OA_U32, .shape = "(domain)", .is_optional = true, .help = "number of the domain in the truth" },
    { .name = "sweep/f1", .type = OA_F64, .shape = "(threshold)", .axes = "threshold", .is_optional = true,
      .help = "harmonic mean of precision and recall, were ions above this probability selected; NaN where there is neither" },
    { .name = "sweep/precision", .type = OA_F64, .shape = "(threshold)", .is_optional = true, .help = "precision; NaN where nothing is selected" },
    { .name = "sweep/recall", .type = OA_F64, .shape = "(threshold)", .is_optional = true, .help = "recall, among the ions with a probability" },
    { .name = "sweep/selected", .type = OA_U64, .shape = "(threshold)", .is_optional = true, .help = "ions above it" },
    { .name = "sweep/threshold", .type = OA_F64, .shape = "(threshold)", .is_optional = true, .help = "probability above which (strictly) ions are selected" },
    { .name = "blocks/auc", .type = OA_F64, .shape = "(block)", .axes = "block", .is_optional = true, .help = "auc by the probabilities of each block of the network" },
    { .name = "blocks/auc_mean", .type = OA_F64, .shape = "(block)", .is_optional = true, .help = "mean over the cubes for tests" },
    { .name = "blocks/auc_deviation", .type = OA_F64, .shape = "(block)", .is_optional = true, .help = "standard deviation over these cubes (n - 1)" },
    { .name = "blocks/block", .type = OA_U32, .shape = "(block)", .is_optional = true, .help = "block, from 1" },
    { .name = "species/recall", .type = OA_F64, .shape = "(ion_type)", .axes = "ion_type", .is_optional = true,
      .help = "share of the ions of this type from domains that is selected; NaN where there are none" },
    { .name = "species/precision", .type = OA_F64, .shape = "(ion_type)", .is_optional = true,
      .help = "share of the selected ions of this type that come from a domain; NaN where none is selected" },
    { .name = "species/ions", .type = OA_U64, .shape = "(ion_type)", .is_optional = true, .help = "ions of the type" },
    { .name = "species/true_ions", .type = OA_U64, .shape = "(ion_type)", .is_optional = true, .help = "of these, from domains" },
    { .name = "species/selected", .type = OA_U64, .shape = "(ion_type)", .is_optional = true, .help = "selected ions of the type" },
    { .name = "species/true_positives", .type = OA_U64, .shape = "(ion_type)", .is_optional = true, .help = "of these, from domains" },
    { .name = "species/ion_type", .type = OA_U32, .shape = "(ion_type)", .is_optional = true, .help = "ion type; the long name says which is which" },
    { .name = "cubes/auc", .type = OA_F64, .shape = "(cube)", .axes = "cube", .is_optional = true,
      .help = "auc within the cube, one of those for tests; NaN where it is undefined" },
    { .name = "cubes/auc_binary", .type = OA_F64, .shape = "(cube)", .is_optional = true, .help = "mean of recall and specificity; NaN where it is undefined" },
    { .name = "cubes/recall", .type = OA_F64, .shape = "(cube)", .is_optional = true, .help = "recall; NaN where no ion comes from a domain" },
    { .name = "cubes/precision", .type = OA_F64, .shape = "(cube)", .is_optional = true, .help = "precision; NaN where nothing is selected" },
    { .name = "cubes/ions", .type = OA_U64, .shape = "(cube)", .is_optional = true, .help = "ions of the cube" },
    { .name = "cubes/true_ions", .type = OA_U64, .shape = "(cube)", .is_optional = true, .help = "of these, from domains" },
    { .name = "cubes/selected", .type = OA_U64, .shape = "(cube)", .is_optional = true, .help = "selected ions" },
    { .name = "cubes/cube", .type = OA_U32, .shape = "(cube)", .is_optional = true, .help = "number of the cube" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions there are" },
    { .name = "summary/true_ions", .type = OA_U64, .help = "ions that come from a domain" },
    { .name = "summary/prevalence", .type = OA_F64, .help = "share of these: the precision of guessing" },
    { .name = "summary/selected", .type = OA_U64, .help = "ions selected" },
    { .name = "summary/true_positives", .type = OA_U64, .help = "selected ions that come from a domain" },
    { .name = "summary/precision", .type = OA_F64, .help = "share of the selected ions that come from a domain" },
    { .name = "summary/recall", .type = OA_F64, .help = "share of the ions from domains that is selected" },
    { .name = "summary/f1", .type = OA_F64, .help = "harmonic mean of precision and recall" },
    { .name = "summary/average_precision", .type = OA_F64, .is_optional = true,
      .help = "precision averaged over recall, from what ranked_by says" },
    { .name = "summary/ranked_by", .type = OA_TEXT, .is_optional = true,
      .help = "what the ions were ranked by: probability, or pixel_sum, the sum of the pixel an ion lies in; ions without one come last" },
    { .name = "summary/specificity", .type = OA_F64, .is_optional = true, .help = "share of the ions of the matrix that is not selected" },
    { .name = "summary/auc_binary", .type = OA_F64, .is_optional = true, .help = "mean of recall and specificity: the area under the curve of the decision" },
    { .name = "summary/auc", .type = OA_F64, .is_optional = true,
      .help = "chance that an ion of a domain stands above one of the matrix in what ranked_by says, ties half (Mann and Whitney 1947): the area under the "
              "receiver operating characteristic" },
    { .name = "summary/cubes", .type = OA_U64, .is_optional = true, .help = "cubes for tests that have ions" },
    { .name = "summary/auc_mean", .type = OA_F64, .is_optional = true, .help = "mean over these cubes" },
    { .name = "summary/auc_deviation", .type = OA_F64, .is_optional = true, .help = "standard deviation over these cubes (n - 1)" },
    { .name = "summary/auc_binary_mean", .type = OA_F64, .is_optional = true, .help = "mean over these cubes" },
    { .name = "summary/auc_binary_deviation", .type = OA_F64, .is_optional = true, .help = "standard deviation over these cubes (n - 1)" },
    { .name = "summary/recall_mean", .type = OA_F64, .is_optional = true, .help = "mean over these cubes" },
    { .name = "summary/recall_deviation", .type = OA_F64, .is_optional = true, .help = "standard deviation over these cubes (n - 1)" },
    { .name = "summary/precision_mean", .type = OA_F64, .is_optional = true, .help = "mean over those that have a selected ion" },
    { .name = "summary/precision_deviation", .type = OA_F64, .is_optional = true, .help = "standard deviation over these (n - 1)" },
    { .name = "summary/spheres", .type = OA_U64, .is_optional = true, .help = "domains with at least one ion" },
    { .name = "summary/spheres_found", .type = OA_U64, .is_optional = true, .help = "of these, found" },
    OA_OUTPUT_END
};

/* ---- the two sides, brought to the rows of the same ions ---- */

/* The number of a structure in "structure: 0 fcc, 1 l12". */
static bool find_number(const char *names, const char *word, uint32_t *number)
{
    const size_t n = strlen(word);
    for (const char *at = strchr(names, ':'); at; at = strchr(at + 1, ',')) {
        int64_t value;
        const char *digits = at + 1 + strspn(at + 1, " ");
        const size_t length = strspn(digits, "0123456789");
        if (!oa_text_integer(digits, length, &value) || value > UINT32_MAX) continue;
        const char *name = digits + length + strspn(digits + length, " ");
        *number = (uint32_t)value;
        if (strncmp(name, word, n) == 0 && (name[n] == ',' || name[n] == 0)) return true;
    }
    return false;
}

static oa_status find_structure(oa_run *run, scoring *s)
{
    const oa_input *truth = oa_run_input(run, "truth");
    const oa_array *structure = oa_values_find(truth->result, 1, "truth/structure");
    if (!s->p->structure[0]) return OA_OK;
    if (!structure || structure->type != OA_U32 || oa_array_count(structure) != s->n_truth)
        return oa_fail(run->context, "E_INPUT_KIND", "the truth has no truth/structure; give a result of `ordapt synthesise`");
    if (!find_number(structure->long_name ? structure->long_name : "", s->p->structure, &s->wanted))
        return oa_fail_at(run->context, OA_IN_PARAMETER("structure"), "E_PARAMETER_CHOICE", "structure is '%s'; the truth knows %s", s->p->structure,
                          structure->long_name ? structure->long_name : "none");
    s->structure = structure->block->data;
    return OA_OK;
}

static oa_status find_truth(oa_run *run, scoring *s)
{
    const oa_input *in = oa_run_input(run, "selection"), *truth = oa_run_input(run, "truth");
    const oa_array *domain = oa_values_find(truth->result, 1, "truth/domain");
    if (!domain || domain->type != OA_U32)
        return oa_fail(run->context, "E_INPUT_KIND", "the truth has no truth/domain; give a result of `ordapt synthesise`");
    s->domain = domain->block->data;
    s->n_truth = oa_array_count(domain);
    s->ions = in->ions;
    s->n = in->ions ? in->ions->n : s->n_truth;
    for (size_t i = 0; i < s->n; i++) {
        const uint64_t id = s->ions ? oa_ions__evaporation_id(s->ions, i) : i;
        if (id >= s->n_truth)
            return oa_fail(run->context, "E_CONTROL",
                           "ion %zu has evaporation_id %llu, but the truth knows %zu ions: it is of another specimen", i,
                           (unsigned long long)id, s->n_truth);
    }
    return find_structure(run, s);
}

/* A probability per ion: (m) float32 with (m) rows; the grid of `classify` is none. */
static bool find_probability(const oa_values *result, int task, scoring *s)
{
    static const char *const names[2][2] = { { "posterior/probability", "posterior/ion_index" },
                                             { "probability/probability", "probability/ion_index" } };
    for (int k = 0; k < 2; k++) {
        const oa_array *value = oa_values_find(result, task, names[k][0]), *row = oa_values_find(result, task, names[k][1]);
        if (!value || !row || value->type != OA_F32 || row->type != OA_U64 || value->rank != 1 || row->rank != 1) continue;
        if (value->dims[0] != row->dims[0]) continue;
        s->probability = value->block->data;
        s->row = row->block->data;
        s->n_probability = value->dims[0];
        const oa_array *blocks = k == 1 ? oa_values_find(result, task, "probability/by_block") : NULL;
        if (blocks && blocks->type == OA_F32 && blocks->rank == 2 && blocks->dims[0] == value->dims[0]) s->by_block = blocks;
        return true;
    }
    return false;
}

/* Pixels of `classify`: sums (z, y, x) and the centres along each axis, at one distance. */
typedef struct pixel_grid {
    const float *sum;
    size_t n[3]; /* x, y, z */
    double lo[3], stride;
} pixel_grid;

static bool find_pixels(const oa_values *result, int task, pixel_grid *out)
{
    static const char *const axes[3] = { "pixels/grid_x", "pixels/grid_y", "pixels/grid_z" };
    const oa_array *sum = oa_values_find(result, task, "pixels/sum");
    double first[3];
    *out = (pixel_grid){ .stride = 0 };
    if (!sum || sum->type != OA_F32 || sum->rank != 3) return false;
    for (int a = 0; a < 3; a++) {
        const oa_array *centre = oa_values_find(result, task, axes[a]);
        if (!centre || centre->type != OA_F64 || centre->rank != 1 || centre->dims[0] == 0 || centre->dims[0] != sum->dims[2 - a]) return false;
        out->n[a] = centre->dims[0];
        first[a] = oa_array_real(centre, 0);
        if (out->n[a] > 1) out->stride = (oa_array_real(centre, out->n[a] - 1) - first[a]) / (double)(out->n[a] - 1);
    }
    for (int a = 0; a < 3; a++) out->lo[a] = first[a] - out->stride / 2;
    out->sum = sum->block->data;
    return out->stride > 0;
}

/* The sum of the pixel that a place lies in; NaN beyond the pixels. */
static float sum_at(const pixel_grid *g, const float place[3])
{
    size_t k[3];
    for (int a = 0; a < 3; a++) {
        const double at = floor(((double)place[a] - g->lo[a]) / g->stride);
        if (!(at >= 0 && at < (double)g->n[a])) return NAN;
        k[a] = (size_t)at;
    }
    return g->sum[(k[2] * g->n[1] + k[1]) * g->n[0] + k[0]];
}

static oa_status rank_by_pixels(oa_run *run, scoring *s)
{
    const oa_input *in = oa_run_input(run, "selection");
    pixel_grid grid;
    float *score;
    if (s->probability || !s->ions || !find_pixels(in->result, (int)s->p->task, &grid)) return OA_OK;
    const float *x = oa_ions__f32(s->ions, OA_X), *y = oa_ions__f32(s->ions, OA_Y), *z = oa_ions__f32(s->ions, OA_Z);
    OA_TRY(oa_scratch(run, &score, s->n, sizeof *score));
    for (size_t i = 0; i < s->n; i++) score[i] = sum_at(&grid, (const float[3]){ x[i], y[i], z[i] });
    s->probability = score;
    s->n_probability = s->n;
    return OA_OK;
}

static oa_status select_by_threshold(oa_run *run, scoring *s)
{
    uint64_t *selected;
    size_t n = 0;
    OA_TRY(oa_scratch(run, &selected, s->n_probability, sizeof *selected));
    for (size_t k = 0; k < s->n_probability; k++)
        if ((double)s->probability[k] >= s->p->threshold) selected[n++] = s->row[k];
    s->selected = selected;
    s->n_selected = n;
    return OA_OK;
}

static oa_status find_selection(oa_run *run, scoring *s)
{
    const oa_input *in = oa_run_input(run, "selection");
    const int task = (int)s->p->task;
    const oa_array *rows = oa_values_find(in->result, task, "selected/ion_index");
    const bool has_probability = find_probability(in->result, task, s);
    if (rows && rows->type == OA_U64) {
        s->selected = rows->block->data;
        s->n_selected = oa_array_count(rows);
    } else if (in->has_selection && task == 1) {
        s->selected = in->index;
        s->n_selected = in->n_index;
    } else if (has_probability) {
        OA_TRY(select_by_threshold(run, s));
    } else {
        return oa_fail(run->context, "E_INPUT_KIND",
                       "the first input neither selects ions nor gives a probability per ion (task %d)", task);
    }
    for (size_t k = 0; k < s->n_selected + s->n_probability; k++) {
        const uint64_t row = k < s->n_selected ? s->selected[k] : oa_score__row(s, k - s->n_selected);
        if (row >= s->n)
            return oa_fail(run->context, "E_CONTROL", "the result speaks of ion %llu, but there are %zu", (unsigned long long)row, s->n);
    }
    return OA_OK;
}

/* ---- ions ---- */

static oa_status put_ions_scores(oa_run *run, const scoring *s)
{
    uint64_t truths = 0, hits = 0;
    for (size_t i = 0; i < s->n; i++) truths += oa_score__truth(s, i) != 0;
    for (size_t k = 0; k < s->n_selected; k++) hits += oa_score__truth(s, s->selected[k]) != 0;
    if (!s->n_selected) oa_note(run, "W_NO_IONS", "no ion is selected; precision is given as 0");
    OA_TRY(oa_put_count(run, "summary/ions", s->n));
    OA_TRY(oa_put_count(run, "summary/true_ions", truths));
    OA_TRY(oa_put_real(run, "summary/prevalence", oa_score__ratio(truths, s->n)));
    OA_TRY(oa_put_count(run, "summary/selected", s->n_selected));
    OA_TRY(oa_put_count(run, "summary/true_positives", hits));
    OA_TRY(oa_put_real(run, "summary/precision", oa_score__ratio(hits, s->n_selected)));
    OA_TRY(oa_put_real(run, "summary/recall", oa_score__ratio(hits, truths)));
    if (truths && truths < s->n) { /* half of recall and specificity: the area under the curve of a decision that is 0 or 1 */
        const double specificity = oa_score__ratio(s->n - truths - (s->n_selected - hits), s->n - truths);
        OA_TRY(oa_put_real(run, "summary/specificity", specificity));
        OA_TRY(oa_put_real(run, "summary/auc_binary", (oa_score__ratio(hits, truths) + specificity) / 2));
    }
    return oa_put_real(run, "summary/f1", oa_score__ratio(2 * hits, truths + s->n_selected));
}

/* Ions by falling probability; NaN comes last. */
static oa_status put_average_precision(oa_run *run, const scoring *s)
{
    uint64_t *items, positives = 0, hits = 0, before = 0;
    double average = 0;
    OA_TRY(oa_scratch(run, &items, s->n_probability, sizeof *items));
    for (size_t k = 0; k < s->n_probability; k++) {
        const float p = isnan(s->probability[k]) ? -INFINITY : s->probability[k];
        items[k] = (uint64_t)~oa_order__of_float(p) << 32 | k;
        positives += oa_score__truth(s, oa_score__row(s, k)) != 0;
    }
    OA_TRY(oa_order__sort(run->context, items, s->n_probability));
    for (size_t k = 0; k < s->n_probability; k++) {
        hits += oa_score__truth(s, oa_score__row(s, (uint32_t)items[k])) != 0;
        if (k + 1 < s->n_probability && items[k + 1] >> 32 == items[k] >> 32) continue;
        average += oa_score__ratio(hits - before, positives) * oa_score__ratio(hits, k + 1);
        before = hits;
    }
    OA_TRY(oa_put_text(run, "summary/ranked_by", s->row ? "probability" : "pixel_sum"));
    return oa_put_real(run, "summary/average_precision", average);
}

/* ---- domains ---- */

typedef struct sphere_table {
    size_t n;
    uint64_t *ions, *selected;
    double *recall, *radius;
    uint8_t *is_found;
    uint32_t *domain;
} sphere_table;

static oa_status put_spheres(oa_run *run, const scoring *s, const oa_array *radius, sphere_table *t)
{
    t->n = oa_array_count(radius);
    OA_TRY(oa_put_array(run, "spheres/recall", 1, &t->n, &t->recall));
    OA_TRY(oa_put_array(run, "spheres/selected", 1, &t->n, &t->selected));
    OA_TRY(oa_put_array(run, "spheres/ions", 1, &t->n, &t->ions));
    OA_TRY(oa_put_array(run, "spheres/radius", 1, &t->n, &t->radius));
    OA_TRY(oa_put_array(run, "spheres/is_found", 1, &t->n, &t->is_found));
    OA_TRY(oa_put_array(run, "spheres/domain", 1, &t->n, &t->domain));
    for (size_t i = 0; i < s->n; i++) {
        const uint32_t d = oa_score__truth(s, i);
        if (d && d <= t->n) t->ions[d - 1]++;
    }
    for (size_t k = 0; k < s->n_selected; k++) {
        const uint32_t d = oa_score__truth(s, s->selected[k]);
        if (d && d <= t->n) t->selected[d - 1]++;
    }
    for (size_t i = 0; i < t->n; i++) {
        t->domain[i] = (uint32_t)i + 1;
        t->radius[i] = oa_array_real(radius, i);
        t->recall[i] = oa_score__ratio(t->selected[i], t->ions[i]);
        t->is_found[i] = t->selected[i] > 0 && t->recall[i] >= s->p->found_share;
    }
    return OA_OK;
}

static oa_status put_by_radius(oa_run *run, const scoring *s, const sphere_table *t)
{
    const double bin = s->p->radius_bin;
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < t->n; i++) {
        low = fmin(low, floor(t->radius[i] / bin));
        high = fmax(high, floor(t->radius[i] / bin));
    }
    if (!(high - low < 1e6))
        return oa_fail_at(run->context, OA_IN_PARAMETER("radius_bin"), "E_PARAMETER_RANGE",
                          "radius_bin of %g nm gives %.0f classes; give a wider one", bin, high - low);
    const size_t n = (size_t)(high - low) + 1;
    double *share, *radius;
    uint64_t *spheres, *found, all = 0, all_found = 0;
    OA_TRY(oa_put_array(run, "by_radius/share", 1, &n, &share));
    OA_TRY(oa_put_array(run, "by_radius/radius", 1, &n, &radius));
    OA_TRY(oa_put_array(run, "by_radius/spheres", 1, &n, &spheres));
    OA_TRY(oa_put_array(run, "by_radius/found", 1, &n, &found));
    for (size_t i = 0; i < t->n; i++) {
        const size_t k = (size_t)(floor(t->radius[i] / bin) - low);
        if (!t->ions[i]) continue; /* cut away, or nothing of it was detected */
        spheres[k]++, all++;
        found[k] += t->is_found[i], all_found += t->is_found[i];
    }
    for (size_t k = 0; k < n; k++) {
        radius[k] = (low + (double)k + 0.5) * bin;
        share[k] = oa_score__ratio(found[k], spheres[k]);
    }
    OA_TRY(oa_put_count(run, "summary/spheres", all));
    return oa_put_count(run, "summary/spheres_found", all_found);
}

static oa_status score_run(oa_run *run, const void *params)
{
    scoring s = { .p = params };
    OA_TRY(find_truth(run, &s));
    OA_TRY(find_selection(run, &s));
    OA_TRY(rank_by_pixels(run, &s));
    OA_TRY(put_ions_scores(run, &s));
    if (s.probability) OA_TRY(put_average_precision(run, &s));
    if (s.probability) OA_TRY(oa_score__put_auc(run, &s));
    if (s.probability && s.row) OA_TRY(oa_score__put_sweep(run, &s));
    OA_TRY(oa_score__put_species(run, &s));
    OA_TRY(oa_score__put_cubes(run, &s));
    const oa_array *radius = oa_values_find(oa_run_input(run, "truth")->result, 1, "spheres/radius");
    if (!radius || oa_array_count(radius) == 0) return OA_OK;
    sphere_table table;
    OA_TRY(put_spheres(run, &s, radius, &table));
    return put_by_radius(run, &s, &table);
}

const oa_step oa_step_score = {
    .name = "score",
    .version = 3,
    .title = "Judge a result by the known truth",
    .help = "Compares selected ions, a probability per ion, or the pixel sums of a scan with the truth of a synthesised specimen: precision, "
            "recall, average precision, the area under the receiver operating characteristic, what other thresholds would give, the same by species, by block "
            "and by cube, and which domains were found, by radius. Ions are matched by their evaporation_id, so cropped specimens are judged by the ions they "
            "have left.",
    .params = score_table, .params_size = sizeof(score_params),
    .slots = score_slots,  .outputs = score_outputs,
    .run = score_run,
};
