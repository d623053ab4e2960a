/* segment.c - the probability of every ion that it belongs to an ordered domain, by a network that looks at its nearest neighbours.
 * Yu et al., "3D deep learning for enhanced atom probe tomography analysis of nanoscale microstructures" (AtomNet). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "math/planes.h"
#include "nn/atomnet_points.h"
#include "step/cloud.h"

enum { HISTOGRAM_BINS = 100 };

typedef struct segment_params {
    oa_reals threshold;
    const char *species_codes;
    double lattice_parameter;
    const char *lattice_from;
    bool calibrated;
} segment_params;

static const char *const from_words[] = { "model", "002", "022", "111", NULL };

static const oa_param segment_table[] = {
    OA_PARAM(segment_params, threshold, .n_min = 1, .n_max = 1, .min = 0, .max = 1,
             .help = "ions above this probability are selected; left out: the model's (0.5, for Au-Cu 0.3)"),
    OA_PARAM(segment_params, species_codes, .dflt_text = "",
             .help = "what number the network knows each species by, Al:0,Li:1,Mg:2; other:0 for all that are not named. A molecular ion counts as its only named "
                     "element. Left out: the model's; a species it does not name is refused"),
    OA_PARAM(segment_params, lattice_parameter, .unit = OA_NM, .dflt = 0, .min = 0, .max = 10,
             .help = "edge of the cubic cell, by which coordinates are divided; 0: the model's"),
    OA_PARAM(segment_params, lattice_from, .dflt_text = "model", .choices = from_words,
             .help = "where the lattice parameter comes from if it is 0: the model, or the spacing of the planes 002, 022 or 111 across z in the specimen itself, "
                     "which must be resolved"),
    OA_PARAM(segment_params, calibrated, .help = "divide the last logit by the temperature that training fitted to the model, so that probabilities are shares of right answers"),
    OA_PARAM_END
};

static const oa_slot segment_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ranged ions; those without a type are left out" },
    { "model", OA_TAKES_MODEL, false, "AtomNet: from `import` of checkpoints, or from `train`" },
    OA_SLOT_END
};

static const oa_output segment_outputs[] = {
    { .name = "probability/probability", .is_split = true, .type = OA_F32, .shape = "(ion)", .axes = "ion_index",
      .help = "probability of the ion by the last block, mean over the ensemble" },
    { .name = "probability/by_block", .is_split = true, .type = OA_F32, .shape = "(ion, block)", .help = "the same by each block" },
    { .name = "probability/spread", .is_split = true, .is_optional = true, .type = OA_F32, .shape = "(ion)",
      .help = "population standard deviation of the probability over the ensemble, where it has several members" },
    { .name = "probability/ion_index", .is_split = true, .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: all ions with a type" },
    { .name = "histogram/ions", .type = OA_U64, .shape = "(bin)", .axes = "probability", .is_plot = true, .help = "ions by their probability" },
    { .name = "histogram/probability", .type = OA_F64, .shape = "(bin)", .help = "middle of the bin" },
    { .name = "selected/probability", .type = OA_F32, .shape = "(ion)", .axes = "ion_index", .help = "of the selected ions" },
    { .name = "selected/ion_index", .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: all ions above the threshold" },
    { .name = "species/share", .type = OA_F64, .shape = "(ion_type)", .axes = "ion_type", .help = "share of the ions of the type that is selected; NaN where there are none" },
    { .name = "species/ions", .type = OA_U64, .shape = "(ion_type)", .help = "ions of the type" },
    { .name = "species/selected", .type = OA_U64, .shape = "(ion_type)", .help = "of these, selected" },
    { .name = "species/ion_type", .type = OA_U32, .shape = "(ion_type)", .help = "ion type; the long name says which is which, and its code" },
    OA_CLOUD_OUTPUTS("probability", OA_F32, false, "selected ions seen along y; the colour is their probability"),
    { .name = "summary/ions", .type = OA_U64, .help = "ions there are" },
    { .name = "summary/ranged", .type = OA_U64, .help = "ions with a type: these have a probability" },
    { .name = "summary/unranged", .type = OA_U64, .help = "ions that were left out" },
    { .name = "summary/ions_selected", .type = OA_U64, .help = "ions above the threshold" },
    { .name = "summary/selected_share", .type = OA_F64, .help = "share of the ranged ions" },
    { .name = "summary/mean_probability", .type = OA_F64, .help = "over the ranged ions" },
    { .name = "summary/threshold", .type = OA_F64, .help = "probability above which ions are selected" },
    { .name = "summary/lattice_parameter", .type = OA_F64, .unit = OA_NM, .help = "by which coordinates were divided" },
    { .name = "summary/species_codes", .type = OA_TEXT, .help = "numbers of the species" },
    { .name = "summary/neighbours", .type = OA_U64, .help = "rows of an ion: itself and its nearest neighbours" },
    { .name = "summary/model_sha256", .type = OA_TEXT, .help = "digest over the weights and the input definition of the model" },
    OA_OUTPUT_END
};

/* ---- what is to be done ---- */

typedef struct segmenting {
    const segment_params *p;
    const oa_ions *ions;
    const oa_model *model;
    const char *codes;
    double lattice, threshold;
    uint8_t *take; /* (ions) 1: has a type */
    size_t taken;
    int16_t *code; /* (types + 1) */
} segmenting;

static oa_status find_inputs(oa_run *run, const segment_params *p, segmenting *s)
{
    const oa_input *ions = oa_run_input(run, "ions"), *model = oa_run_input(run, "model");
    if (!ions || !ions->ions || !model || !model->model)
        return oa_fail(run->context, "E_INPUT_KIND", "segment takes ions and a model; one of them is missing");
    *s = (segmenting){ .p = p, .ions = ions->ions, .model = model->model };
    if (!oa_model_is_atomnet(s->model))
        return oa_fail_at(run->context, OA_IN_FILE(model->file_name), "E_ARCHITECTURE",
                          "segment takes networks of neighbours (atomnet); this model is a %s, which sees maps: use classify", s->model->architecture);
    OA_TRY(oa_run_check_types(run, s->ions));
    s->codes = p->species_codes[0] ? p->species_codes : s->model->atomnet.species_codes;
    s->threshold = p->threshold.n ? p->threshold.v[0] : s->model->atomnet.threshold;
    return OA_OK;
}

/* Types that no ion has need no code: a range file may name more than the specimen holds. */
static oa_status find_codes(oa_run *run, segmenting *s)
{
    const oa_ranges *ranges = s->ions->ranges;
    OA_TRY(oa_scratch(run, &s->code, ranges->n_types + 1, sizeof *s->code));
    OA_TRY(oa_scratch(run, &s->take, s->ions->n, 1));
    bool *is_met;
    OA_TRY(oa_scratch(run, &is_met, ranges->n_types + 1, sizeof *is_met));
    for (size_t i = 0; i < s->ions->n; i++) {
        const unsigned type = oa_ions__type(s->ions, i);
        is_met[type] = true;
        s->take[i] = type != 0;
        s->taken += type != 0;
    }
    return oa_atomnet_codes(run->context, s->codes, ranges, is_met, s->code);
}

static oa_status spacing_of(oa_run *run, const segmenting *s, oa_planes_found *out)
{
    const oa_frame frame = oa_frame_along((double[3]){ 0, 0, 1 });
    const oa_points points = { .n = s->ions->n, .x = oa_ions__f32(s->ions, OA_X), .y = oa_ions__f32(s->ions, OA_Y), .z = oa_ions__f32(s->ions, OA_Z) };
    double lo[3], hi[3];
    oa_ions__bounds(s->ions, lo, hi);
    return oa_planes_of_points(run->context, &points, s->take, 0, (double[6]){ lo[0], hi[0], lo[1], hi[1], lo[2], hi[2] }, &frame, out);
}

static oa_status find_lattice(oa_run *run, segmenting *s)
{
    static const double cells[] = { 0, 2, 2.8284271247461903, 1.7320508075688772 }; /* a in spacings of {002}, {022}, {111} */
    oa_planes_found found;
    int from = 0;
    s->lattice = s->p->lattice_parameter > 0 ? s->p->lattice_parameter : s->model->atomnet.lattice_parameter;
    while (strcmp(from_words[from], s->p->lattice_from) != 0) from++;
    if (s->p->lattice_parameter > 0 || from == 0) return OA_OK;
    OA_TRY(spacing_of(run, s, &found));
    if (found.nodes == 0 || found.quality < OA_PLANES_RESOLVED)
        return oa_fail_at(run->context, OA_IN_PARAMETER("lattice_from"), "E_PLANES", "no atomic planes across z are resolved (quality %.3g, %g and more where they "
                          "are), so the lattice parameter cannot be read from them; give --lattice-parameter", found.nodes ? found.quality : 0, OA_PLANES_RESOLVED);
    s->lattice = cells[from] * found.spacing;
    return OA_OK;
}

/* ---- the network ---- */

/* Results of this slab: ions with a type, numbered in the order of their rows; the numbers [first, end). */
typedef struct results {
    size_t first, end, blocks;
    uint64_t *index;
    float *probability, *by_block, *spread;
} results;

static oa_status put_arrays(oa_run *run, const segmenting *s, results *r)
{
    oa_run_rows(run, s->taken, &r->first, &r->end);
    r->blocks = (size_t)s->model->atomnet.blocks;
    const size_t n = r->end - r->first;
    OA_TRY(oa_put_array(run, "probability/probability", 1, &n, &r->probability));
    OA_TRY(oa_put_array(run, "probability/by_block", 2, (size_t[]){ n, r->blocks }, &r->by_block));
    if (s->model->members > 1) OA_TRY(oa_put_array(run, "probability/spread", 1, &n, &r->spread));
    OA_TRY(oa_put_array(run, "probability/ion_index", 1, &n, &r->index));
    size_t number = 0;
    for (size_t i = 0; i < s->ions->n; i++) {
        if (!s->take[i]) continue;
        if (number >= r->first && number < r->end) r->index[number - r->first] = i;
        number++;
    }
    return OA_OK;
}

typedef struct work {
    const segmenting *s;
    oa_atomnet_plan plan;
    oa_nearest nearest;
    oa_atomnet_points points;
    uint8_t *code;
    uint32_t *number;  /* by place: of the ion among those with a type */
    uint8_t *wanted[OA_ATOMNET_BLOCKS_MAX]; /* by place; NULL: all */
    float *p[2];       /* by place: of the block before, and of this one */
} work;

/* Rows become numbers among the ions with a type: a prefix sum over the rows, 4 bytes an ion while it is needed. */
static oa_status number_places(oa_run *run, work *w)
{
    uint32_t *of_row, next = 0;
    w->number = w->nearest.row;
    if (w->s->taken == w->s->ions->n) return OA_OK;
    OA_TRY(oa_new(run->context, &of_row, w->s->ions->n, sizeof *of_row));
    for (size_t i = 0; i < w->s->ions->n; i++) of_row[i] = w->s->take[i] ? next++ : 0;
    for (size_t i = 0; i < w->nearest.n; i++) w->number[i] = of_row[w->nearest.row[i]];
    oa_free(run->context, of_row);
    return OA_OK;
}

static oa_status sort_ions(oa_run *run, const segmenting *s, work *w)
{
    const oa_points points = { .n = s->ions->n, .x = oa_ions__f32(s->ions, OA_X), .y = oa_ions__f32(s->ions, OA_Y), .z = oa_ions__f32(s->ions, OA_Z), .take = s->take };
    oa_phase(run->context, "neighbours");
    OA_TRY(oa_nearest_build(&run->arena, &w->nearest, &points, s->lattice, (int)s->model->atomnet.neighbours));
    OA_TRY(oa_scratch(run, &w->code, w->nearest.n, 1));
    for (size_t i = 0; i < w->nearest.n; i++) w->code[i] = (uint8_t)s->code[oa_ions__type(s->ions, w->nearest.row[i])];
    w->points = (oa_atomnet_points){ .nearest = &w->nearest, .code = w->code };
    return number_places(run, w);
}

/* What a slab needs of the earlier blocks: the neighbours of its ions, and theirs. */
static oa_status find_wanted(oa_run *run, const results *r, work *w)
{
    const size_t last = r->blocks - 1;
    if (run->slabs == 1) return OA_OK;
    for (size_t b = 0; b < r->blocks; b++) OA_TRY(oa_scratch(run, &w->wanted[b], w->nearest.n, 1));
    for (size_t i = 0; i < w->nearest.n; i++) w->wanted[last][i] = w->number[i] >= r->first && w->number[i] < r->end;
    for (size_t b = last; b > 0; b--) OA_TRY(oa_atomnet_points_spread(run->context, &w->points, w->wanted[b], w->wanted[b - 1]));
    return OA_OK;
}

/* The mean over the members so far, and the sum of squares about it (Welford 1962). */
static void keep_block(const work *w, const results *r, size_t member, size_t block, const float *p)
{
    for (size_t i = 0; i < w->nearest.n; i++) {
        if (w->number[i] < r->first || w->number[i] >= r->end) continue;
        const size_t t = w->number[i] - r->first;
        float *mean = &r->by_block[t * r->blocks + block];
        const float off = p[i] - *mean;
        *mean += off / (float)(member + 1);
        if (block + 1 < r->blocks) continue;
        r->probability[t] = *mean;
        if (r->spread) r->spread[t] += off * (p[i] - *mean);
    }
}

static oa_status run_member(oa_run *run, work *w, const results *r, size_t member)
{
    for (size_t b = 0; b < r->blocks; b++) {
        const bool is_last = b + 1 == r->blocks;
        char phase[32];
        snprintf(phase, sizeof phase, "block %zu", b + 1);
        oa_phase(run->context, phase);
        OA_TRY(oa_atomnet_points_block(run->context, &w->plan, member, b, is_last && w->s->p->calibrated ? w->s->model->temperature : 1, &w->points, w->p[(b + 1) % 2],
                                       w->wanted[b], w->p[b % 2]));
        keep_block(w, r, member, b, w->p[b % 2]);
    }
    return OA_OK;
}

static oa_status run_network(oa_run *run, const segmenting *s, work *w)
{
    results r = { .first = 0 };
    OA_TRY(sort_ions(run, s, w));
    OA_TRY(put_arrays(run, s, &r));
    OA_TRY(find_wanted(run, &r, w));
    for (int i = 0; i < (r.blocks > 1 ? 2 : 1); i++) OA_TRY(oa_scratch(run, &w->p[i], w->nearest.n, sizeof(float)));
    for (size_t m = 0; m < (size_t)s->model->members; m++) OA_TRY(run_member(run, w, &r, m));
    for (size_t t = 0; r.spread && t < r.end - r.first; t++) r.spread[t] = sqrtf(r.spread[t] / (float)s->model->members);
    return OA_OK;
}

static oa_status segment_run(oa_run *run, const void *params)
{
    segmenting s;
    OA_TRY(find_inputs(run, params, &s));
    OA_TRY(find_codes(run, &s));
    OA_TRY(find_lattice(run, &s));
    OA_TRY(oa_put_real(run, "summary/lattice_parameter", s.lattice));
    work w = { .s = &s };
    oa_status status = oa_atomnet_plan_make(run->context, s.model, &w.plan);
    if (status == OA_OK) status = run_network(run, &s, &w);
    oa_atomnet_plan_free(run->context, &w.plan);
    return status;
}

/* ---- what needs all ions: after the run, or after the slabs were joined ---- */

typedef struct tally {
    size_t n, n_selected;
    const float *probability;
    const uint64_t *index;
    uint64_t *ions, *selected; /* (types + 1) */
    uint64_t bins[HISTOGRAM_BINS];
    double sum;
} tally;

static oa_status count(oa_run *run, const segmenting *s, tally *t)
{
    const oa_array *p = oa_values_find(run->out, run->task, "probability/probability"), *index = oa_values_find(run->out, run->task, "probability/ion_index");
    if (!p || !index || p->type != OA_F32 || index->type != OA_U64 || oa_array_count(p) != oa_array_count(index) || oa_array_count(p) != s->taken)
        return oa_fail(run->context, "E_INTERNAL", "probabilities of %zu ions were expected", s->taken);
    *t = (tally){ .n = s->taken, .probability = p->block->data, .index = index->block->data };
    OA_TRY(oa_scratch(run, &t->ions, s->ions->ranges->n_types + 1, sizeof *t->ions));
    OA_TRY(oa_scratch(run, &t->selected, s->ions->ranges->n_types + 1, sizeof *t->selected));
    for (size_t i = 0; i < t->n; i++) {
        const double value = (double)t->probability[i];
        const unsigned type = oa_ions__type(s->ions, t->index[i]);
        const size_t bin = (size_t)(value * HISTOGRAM_BINS);
        const bool is_selected = value > s->threshold;
        t->sum += value;
        t->bins[bin < HISTOGRAM_BINS ? bin : HISTOGRAM_BINS - 1]++;
        t->ions[type]++;
        t->selected[type] += is_selected;
        t->n_selected += is_selected;
    }
    return OA_OK;
}

static oa_status put_selected(oa_run *run, const segmenting *s, const tally *t)
{
    const float *x = oa_ions__f32(s->ions, OA_X), *y = oa_ions__f32(s->ions, OA_Y), *z = oa_ions__f32(s->ions, OA_Z);
    oa_cloud cloud = { .context = run->context };
    uint64_t *index;
    float *probability;
    size_t n = 0;
    OA_TRY(oa_put_array(run, "selected/ion_index", 1, &t->n_selected, &index));
    OA_TRY(oa_put_array(run, "selected/probability", 1, &t->n_selected, &probability));
    oa_status status = OA_OK;
    for (size_t i = 0; i < t->n && status == OA_OK; i++) {
        const uint64_t row = t->index[i];
        if (!((double)t->probability[i] > s->threshold)) continue;
        index[n] = row;
        probability[n++] = t->probability[i];
        status = oa_cloud_add(&cloud, (const float[3]){ x[row], y[row], z[row] }, (double)t->probability[i]);
    }
    if (status == OA_OK) status = oa_cloud_put(run, &cloud, "cloud/probability");
    oa_cloud_drop(&cloud);
    return status;
}

static oa_status put_species(oa_run *run, const segmenting *s, const tally *t)
{
    const oa_ranges *ranges = s->ions->ranges;
    const size_t n = ranges->n_types;
    double *share;
    uint64_t *ions, *selected;
    uint32_t *type;
    char *names;
    OA_TRY(oa_put_array(run, "species/share", 1, &n, &share));
    OA_TRY(oa_put_array(run, "species/ions", 1, &n, &ions));
    OA_TRY(oa_put_array(run, "species/selected", 1, &n, &selected));
    OA_TRY(oa_put_array(run, "species/ion_type", 1, &n, &type));
    oa_string text = { .context = run->context };
    for (size_t i = 0; i < n; i++) {
        type[i] = (uint32_t)i + 1;
        ions[i] = t->ions[i + 1];
        selected[i] = t->selected[i + 1];
        share[i] = ions[i] ? (double)selected[i] / (double)ions[i] : (double)NAN;
        oa_string_add(&text, "%s%zu %s", i ? ", " : "ion_type: ", i + 1, ranges->types[i].name);
        if (s->code[i + 1] != OA_NO_CODE) oa_string_add(&text, " (code %d)", s->code[i + 1]);
    }
    OA_TRY(oa_string_take(&text, &names));
    const oa_status status = oa_put_long_name(run, "species/ion_type", names);
    oa_free(run->context, names);
    return status;
}

static oa_status put_histogram(oa_run *run, const tally *t)
{
    const size_t n = HISTOGRAM_BINS;
    uint64_t *ions;
    double *middle;
    OA_TRY(oa_put_array(run, "histogram/ions", 1, &n, &ions));
    OA_TRY(oa_put_array(run, "histogram/probability", 1, &n, &middle));
    for (size_t i = 0; i < n; i++) {
        ions[i] = t->bins[i];
        middle[i] = ((double)i + 0.5) / HISTOGRAM_BINS;
    }
    return OA_OK;
}

static oa_status put_summary(oa_run *run, const segmenting *s, const tally *t)
{
    const size_t unranged = s->ions->n - s->taken;
    if (unranged) oa_note(run, "W_UNRANGED", "%zu of %zu ions have no range and were left out", unranged, s->ions->n);
    OA_TRY(oa_put_count(run, "summary/ions", s->ions->n));
    OA_TRY(oa_put_count(run, "summary/ranged", s->taken));
    OA_TRY(oa_put_count(run, "summary/unranged", unranged));
    OA_TRY(oa_put_count(run, "summary/ions_selected", t->n_selected));
    OA_TRY(oa_put_real(run, "summary/selected_share", t->n ? (double)t->n_selected / (double)t->n : 0));
    OA_TRY(oa_put_real(run, "summary/mean_probability", t->n ? t->sum / (double)t->n : 0));
    OA_TRY(oa_put_real(run, "summary/threshold", s->threshold));
    OA_TRY(oa_put_text(run, "summary/species_codes", s->codes));
    OA_TRY(oa_put_count(run, "summary/neighbours", (uint64_t)s->model->atomnet.neighbours));
    return oa_put_text(run, "summary/model_sha256", s->model->sha256);
}

static oa_status segment_finish(oa_run *run, const void *params)
{
    segmenting s;
    tally t;
    OA_TRY(find_inputs(run, params, &s));
    OA_TRY(find_codes(run, &s));
    OA_TRY(count(run, &s, &t));
    OA_TRY(put_histogram(run, &t));
    OA_TRY(put_selected(run, &s, &t));
    OA_TRY(put_species(run, &s, &t));
    return put_summary(run, &s, &t);
}

/* Per ion: columns 17, tree 19, code 1, mark 1, number 4 while it is made, probabilities of two blocks 8; results 12 and 4 a block (docs/memory.md). */
static uint64_t segment_memory(const oa_run *run, const void *params)
{
    const oa_input *ions = oa_run_input(run, "ions"), *model = oa_run_input(run, "model");
    (void)params;
    if (!ions || !ions->ions || !model || !model->model || !oa_model_is_atomnet(model->model)) return 0;
    const uint64_t blocks = (uint64_t)model->model->atomnet.blocks, members = (uint64_t)model->model->members;
    const uint64_t an_ion = 17 + 19 + 2 + 8 + 12 + 4 * blocks + (members > 1 ? 4 : 0) + (run->slabs > 1 ? blocks : 0);
    return an_ion * (uint64_t)ions->ions->n + (uint64_t)run->context->threads * 3000000 + members * blocks * 1000000 + 20000000;
}

const oa_step oa_step_segment = {
    .name = "segment",
    .version = 1,
    .title = "Probability of order per ion",
    .help = "Gives every ion with a type the probability that it belongs to an ordered domain, by a network that looks at the ion and its nearest neighbours: "
            "where they are, and what they are; each further block also sees the probabilities of the one before (AtomNet). Ions above the threshold are selected; "
            "`domains --method max_separation` makes clusters of them. The published networks were trained on simulated noise that is not Gaussian: see docs/atomnet.md.",
    .params = segment_table, .params_size = sizeof(segment_params),
    .slots = segment_slots, .outputs = segment_outputs,
    .has_slabs = true,
    .skips_unranged = true,
    .run = segment_run,
    .finish = segment_finish,
    .memory = segment_memory,
};
