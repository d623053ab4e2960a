/* domains.c - groups of selected ions, their sizes and shapes, and whether their sizes differ from those of a control.
 * DBSCAN: Ester et al., KDD 1996. Test of randomness: Li et al., Adv. Mater. 2024, 2407564; coefficient mu after
 * Moody et al., Microsc. Res. Tech. 71 (2008) 542. */
#include <math.h>
#include <string.h>

#include "math/dbscan.h"
#include "math/morphology.h"
#include "math/statistics.h"
#include "step/step.h"

typedef struct domains_params {
    const char *method, *species;
    double eps;
    int64_t min_points;
    double rounding;
    int64_t size_bin, size_max, draws;
} domains_params;

static const char *const method_words[] = { "dbscan", "max_separation", NULL };

static const oa_param domains_table[] = {
    OA_PARAM(domains_params, method, .dflt_text = "dbscan", .choices = method_words,
             .help = "dbscan: core ions with enough neighbours, linked through core ions, with the ions they reach; max_separation: "
                     "all ions linked by steps of at most eps"),
    OA_PARAM(domains_params, species, .dflt_text = "",
             .help = "elements or ion names whose ions take part, Ni,Co; left out: all, ranged or not"),
    OA_PARAM(domains_params, eps, .unit = OA_NM, .dflt = 0.4, .min = 1e-4, .max = 100, .help = "distance of neighbours (inclusive)"),
    OA_PARAM(domains_params, min_points, .dflt = 3, .min = 1, .max = 1e9,
             .help = "dbscan: ions within eps that make an ion a core ion, itself counted; max_separation: smallest domain"),
    OA_PARAM(domains_params, rounding, .unit = OA_NM, .dflt = 0.001, .min = 0, .max = 1,
             .help = "positions are rounded to multiples of this; the published analysis works on lists with three decimals, hence "
                     "0.001; 0: as they are"),
    OA_PARAM(domains_params, size_bin, .dflt = 5, .min = 1, .max = 1e6, .help = "ions per bin of the size distribution"),
    OA_PARAM(domains_params, size_max, .dflt = 160, .min = 1, .max = 1e9,
             .help = "end of the size distribution; larger domains are pooled in the last bin"),
    OA_PARAM(domains_params, draws, .dflt = 0, .min = 0, .max = 1000,
             .help = "shuffled controls made here; needs a selection that can be made again from shuffled ions, so 0 as long as "
                     "the control comes from slot control"),
    OA_PARAM_END
};

static const oa_slot domains_slots[] = {
    { "ions", OA_TAKES_SELECTION, false, "ions, or a result with selected ions: then these" },
    { "control", OA_TAKES_SELECTION, true, "the same made from shuffled ions, for the test of randomness" },
    { "selection", OA_TAKES_RESULT, true, "only the ions selected there take part, or those of the true domains of a synthesised specimen" },
    OA_SLOT_END
};

static const oa_output domains_outputs[] = {
    { .name = "membership/domain", .type = OA_U32, .shape = "(ion)", .axes = "ion_index", .help = "domain of the ion, from 1; 0: none" },
    { .name = "membership/ion_index", .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: all that take part" },
    { .name = "size_distribution/count", .type = OA_U32, .shape = "(size)", .axes = "size", .is_plot = true,
      .help = "domains in the bin; larger ones than size_max are in the last" },
    { .name = "size_distribution/control", .type = OA_F64, .shape = "(size)", .is_optional = true, .help = "the same of the control" },
    { .name = "size_distribution/size", .type = OA_F64, .shape = "(size)", .help = "middle of the bin, ions" },
    { .name = "sizes/size", .type = OA_U32, .shape = "(domain)", .axes = "domain", .help = "ions of the domain" },
    { .name = "sizes/domain", .type = OA_U32, .shape = "(domain)", .help = "number of the domain" },
    { .name = "sizes/centre", .type = OA_F64, .shape = "(domain, 3)", .unit = OA_NM, .help = "x, y, z of the centre of its ions" },
    { .name = "sizes/gyration_radius", .type = OA_F64, .shape = "(domain, 3)", .unit = OA_NM,
      .help = "radii of gyration along the principal axes, largest first" },
    { .name = "sizes/aspect_ratio", .type = OA_F64, .shape = "(domain)", .help = "second radius over first; NaN where both are 0" },
    { .name = "sizes/oblateness", .type = OA_F64, .shape = "(domain)", .help = "third radius over second; NaN where both are 0" },
    { .name = "sizes/shape", .type = OA_U8, .shape = "(domain)",
      .help = "sphere: both ratios above 0.5; disc: only the aspect ratio; rod: only the oblateness; lath: none" },
    { .name = "sizes/equivalent_radius", .type = OA_F64, .shape = "(domain)", .unit = OA_NM,
      .help = "of the sphere with the same product of radii of gyration" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions that take part" },
    { .name = "summary/domains", .type = OA_U64, .help = "domains" },
    { .name = "summary/noise_ions", .type = OA_U64, .help = "ions in no domain" },
    { .name = "summary/largest_domain", .type = OA_U64, .help = "ions of the largest domain" },
    { .name = "summary/control_domains", .type = OA_U64, .is_optional = true, .help = "domains of the control" },
    { .name = "summary/pearson_r", .type = OA_F64, .is_optional = true, .help = "correlation of the two size distributions over all bins" },
    { .name = "summary/chi2", .type = OA_F64, .is_optional = true,
      .help = "sum of (count - control)^2 / control over bins with control >= 1; the control is not scaled" },
    { .name = "summary/degrees_of_freedom", .type = OA_U64, .is_optional = true, .help = "bins used, less one" },
    { .name = "summary/bins_used", .type = OA_U64, .is_optional = true, .help = "bins with control >= 1" },
    { .name = "summary/p_value", .type = OA_F64, .is_optional = true, .help = "chance of a larger chi2 where there is no difference" },
    { .name = "summary/mu", .type = OA_F64, .is_optional = true,
      .help = "sqrt(chi2 / (chi2 + N)), N half of all domains of both; non-random from 0.25 on" },
    OA_OUTPUT_END
};

static oa_status domains_check(oa_context *context, const void *params)
{
    const domains_params *p = params;
    if (p->draws > 0)
        return oa_fail_at(context, OA_IN_PARAMETER("draws"), "E_PARAMETER_VALUE",
                          "draws is %lld; a shuffled selection has to be classified anew, which this step cannot do: shuffle the ions, "
                          "classify them and give the result as --control", (long long)p->draws);
    if (p->size_max < p->size_bin || p->size_max % p->size_bin || p->size_max / p->size_bin > 1000000)
        return oa_fail_at(context, OA_IN_PARAMETER("size_max"), "E_PARAMETER_RANGE",
                          "size_max is %lld; it must be a multiple of size_bin, %lld, and at most a million of them",
                          (long long)p->size_max, (long long)p->size_bin);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- one set of ions */

/* The columns that are needed once it is known which ions take part. */
enum { POSITIONS = 1 << OA_X | 1 << OA_Y | 1 << OA_Z };

/* Ions that take part and what became of them. */
typedef struct grouping {
    oa_points points;
    size_t n_ions; /* that take part */
    uint32_t *domain; /* (points.n) */
    uint32_t n_domains;
    uint32_t *size;   /* (n_domains + 1) size[0]: ions in no domain */
} grouping;

static oa_status keep_species(oa_run *run, const oa_ions *ions, const char *species, uint8_t *take)
{
    char **words;
    size_t n;
    bool *is_any, *is_member;
    if (!ions->ranges || !oa_ions__data(ions, OA_TYPE))
        return oa_fail(run->context, "E_NOT_RANGED", "the ions have no types, so no species can be told; run range first or leave species out");
    OA_TRY(oa_scratch(run, &is_any, ions->ranges->n_types + 1, sizeof *is_any));
    OA_TRY(oa_scratch(run, &is_member, ions->ranges->n_types + 1, sizeof *is_member));
    OA_TRY(oa_words_split(run, species, ',', &words, &n));
    oa_status status = OA_OK;
    for (size_t w = 0; status == OA_OK && w < n; w++) {
        status = oa_ranges__species(run->context, ions->ranges, words[w], "species", is_member);
        for (size_t t = 0; status == OA_OK && t <= ions->ranges->n_types; t++) is_any[t] |= is_member[t];
    }
    oa_free(run->context, words);
    OA_TRY(status);
    for (size_t i = 0; i < ions->n; i++) take[i] &= is_any[oa_ions__type(ions, i)];
    return OA_OK;
}

static bool takes_all(const oa_run *run, const domains_params *p, const oa_input *input)
{
    return !p->species[0] && !input->has_selection && !oa_run_input(run, "selection");
}

static oa_status choose_ions(oa_run *run, const domains_params *p, const oa_input *input, grouping *out)
{
    const oa_ions *ions = input->ions;
    uint8_t *take = NULL;
    if (!takes_all(run, p, input)) {
        OA_TRY(oa_scratch(run, &take, ions->n, 1));
        OA_TRY(oa_run_mark(run, input, take));
    }
    if (p->species[0]) OA_TRY(keep_species(run, ions, p->species, take));
    oa_run_release(input, POSITIONS);
    const double steps = p->rounding > 0 ? 1 / p->rounding : 0;
    out->points = (oa_points){ .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y),
                               .z = oa_ions__f32(ions, OA_Z), .take = take,
                               .steps = fabs(steps - rint(steps)) < 1e-9 * steps ? rint(steps) : steps };
    out->n_ions = 0;
    for (size_t i = 0; i < ions->n; i++) out->n_ions += oa_points_takes(&out->points, i);
    return OA_OK;
}

static oa_status find_domains(oa_run *run, const domains_params *p, const oa_input *input, grouping *out)
{
    OA_TRY(choose_ions(run, p, input, out));
    OA_TRY(oa_scratch(run, &out->domain, out->points.n, sizeof *out->domain));
    const bool is_dbscan = strcmp(p->method, "dbscan") == 0;
    oa_arena arena = { .context = run->context }; /* needed no longer when the results are made */
    const oa_status status = (is_dbscan ? oa_dbscan : oa_max_separation)(run->context, &arena, &out->points, p->eps, p->min_points,
                                                                         out->domain, &out->n_domains);
    oa_arena_drop(&arena);
    OA_TRY(status);
    OA_TRY(oa_scratch(run, &out->size, (size_t)out->n_domains + 1, sizeof *out->size));
    for (size_t i = 0; i < out->points.n; i++)
        if (oa_points_takes(&out->points, i)) out->size[out->domain[i]]++;
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- outputs */

static oa_status put_membership(oa_run *run, const grouping *g)
{
    uint32_t *domain;
    uint64_t *index;
    OA_TRY(oa_put_array(run, "membership/domain", 1, &g->n_ions, &domain));
    OA_TRY(oa_put_array(run, "membership/ion_index", 1, &g->n_ions, &index));
    for (size_t i = 0, k = 0; i < g->points.n; i++) {
        if (!oa_points_takes(&g->points, i)) continue;
        domain[k] = g->domain[i];
        index[k++] = i;
    }
    return OA_OK;
}

/* The columns of the table of domains. */
typedef struct columns {
    uint32_t *number, *size;
    double *centre, *radius, *aspect_ratio, *oblateness, *equivalent_radius;
    uint8_t *shape;
} columns;

static oa_status put_columns(oa_run *run, size_t n, columns *out)
{
    const size_t dims[2] = { n, 3 };
    OA_TRY(oa_put_array(run, "sizes/domain", 1, dims, &out->number));
    OA_TRY(oa_put_array(run, "sizes/size", 1, dims, &out->size));
    OA_TRY(oa_put_array(run, "sizes/centre", 2, dims, &out->centre));
    OA_TRY(oa_put_array(run, "sizes/gyration_radius", 2, dims, &out->radius));
    OA_TRY(oa_put_array(run, "sizes/aspect_ratio", 1, dims, &out->aspect_ratio));
    OA_TRY(oa_put_array(run, "sizes/oblateness", 1, dims, &out->oblateness));
    OA_TRY(oa_put_array(run, "sizes/shape", 1, dims, &out->shape));
    OA_TRY(oa_put_array(run, "sizes/equivalent_radius", 1, dims, &out->equivalent_radius));
    return oa_put_long_name(run, "sizes/shape", "shape: " OA_SHAPE_WORDS);
}

static oa_status put_table(oa_run *run, const grouping *g)
{
    oa_moments *moments;
    columns c;
    double at[3];
    OA_TRY(put_columns(run, g->n_domains, &c));
    OA_TRY(oa_scratch(run, &moments, g->n_domains, sizeof *moments));
    for (size_t i = 0; i < g->points.n; i++) {
        if (!g->domain[i]) continue;
        oa_points_get(&g->points, i, at);
        oa_moments_add(&moments[g->domain[i] - 1], at);
    }
    for (size_t d = 0; d < g->n_domains; d++) {
        const oa_morphology m = oa_morphology_of(&moments[d]);
        c.number[d] = (uint32_t)d + 1;
        c.size[d] = g->size[d + 1];
        memcpy(c.centre + 3 * d, m.centre, sizeof m.centre);
        memcpy(c.radius + 3 * d, m.radius, sizeof m.radius);
        c.aspect_ratio[d] = m.aspect_ratio;
        c.oblateness[d] = m.oblateness;
        c.shape[d] = (uint8_t)m.shape;
        c.equivalent_radius[d] = m.equivalent_radius;
    }
    return OA_OK;
}

/* Counts of the bins as doubles, in scratch memory. */
static oa_status count_sizes(oa_run *run, const domains_params *p, const grouping *g, size_t n_bins, double **out)
{
    uint32_t *counts;
    OA_TRY(oa_scratch(run, &counts, n_bins, sizeof *counts));
    OA_TRY(oa_scratch(run, out, n_bins, sizeof **out));
    oa_size_histogram(counts, n_bins, (uint64_t)p->size_bin, g->size + 1, g->n_domains);
    for (size_t b = 0; b < n_bins; b++) (*out)[b] = counts[b];
    return OA_OK;
}

static oa_status put_distribution(oa_run *run, const domains_params *p, const double *actual, size_t n_bins)
{
    uint32_t *count;
    double *size;
    OA_TRY(oa_put_array(run, "size_distribution/count", 1, &n_bins, &count));
    OA_TRY(oa_put_array(run, "size_distribution/size", 1, &n_bins, &size));
    for (size_t b = 0; b < n_bins; b++) {
        count[b] = (uint32_t)actual[b];
        size[b] = ((double)b + 0.5) * (double)p->size_bin;
    }
    return OA_OK;
}

/* A figure that does not exist is left out: files and JSON have no good word for it. */
static oa_status put_where_defined(oa_run *run, const char *name, double value)
{
    return isnan(value) ? OA_OK : oa_put_real(run, name, value);
}

static oa_status put_test(oa_run *run, const double *actual, const double *control, size_t n_bins)
{
    const oa_size_test test = oa_size_compare(actual, control, n_bins);
    double *out;
    OA_TRY(oa_put_array(run, "size_distribution/control", 1, &n_bins, &out));
    memcpy(out, control, n_bins * sizeof *out);
    if (test.degrees_of_freedom < 1)
        oa_note(run, "W_FEW_BINS", "the control has domains in %zu bins; a test of randomness needs two, so there is no p_value", test.bins_used);
    OA_TRY(put_where_defined(run, "summary/pearson_r", test.pearson_r));
    OA_TRY(oa_put_real(run, "summary/chi2", test.chi2));
    OA_TRY(oa_put_count(run, "summary/degrees_of_freedom", test.degrees_of_freedom));
    OA_TRY(oa_put_count(run, "summary/bins_used", test.bins_used));
    OA_TRY(put_where_defined(run, "summary/p_value", test.p_value));
    return oa_put_real(run, "summary/mu", test.mu);
}

/* A control of another kind, or of another specimen, would make the test say something else. */
static oa_status check_control(oa_run *run, const oa_input *input, const oa_input *control)
{
    if (input->has_selection != control->has_selection)
        return oa_fail(run->context, "E_CONTROL", "%s holds %s, the control %s; give the same kind of result for both", "the input",
                       input->has_selection ? "selected ions" : "ions", control->has_selection ? "selected ions" : "ions");
    if (input->has_selection && input->ions->n != control->ions->n)
        return oa_fail(run->context, "E_CONTROL", "the selection is of %zu ions, that of the control of %zu; a control has the same ions with "
                       "shuffled types", input->ions->n, control->ions->n);
    return OA_OK;
}

static oa_status put_control(oa_run *run, const domains_params *p, const oa_input *input, const double *actual, size_t n_bins)
{
    const oa_input *control = oa_run_input(run, "control");
    grouping random;
    double *counts;
    if (!control) return OA_OK;
    OA_TRY(check_control(run, input, control));
    oa_phase(run->context, "control");
    OA_TRY(find_domains(run, p, control, &random));
    OA_TRY(count_sizes(run, p, &random, n_bins, &counts));
    OA_TRY(oa_put_count(run, "summary/control_domains", random.n_domains));
    return put_test(run, actual, counts, n_bins);
}

static oa_status put_summary(oa_run *run, const grouping *g)
{
    uint32_t largest = 0;
    for (size_t d = 1; d <= g->n_domains; d++) largest = g->size[d] > largest ? g->size[d] : largest;
    if (g->n_domains == 0) oa_note(run, "W_NO_IONS", "no domain was found among %zu ions", g->n_ions);
    OA_TRY(oa_put_count(run, "summary/ions", g->n_ions));
    OA_TRY(oa_put_count(run, "summary/domains", g->n_domains));
    OA_TRY(oa_put_count(run, "summary/noise_ions", g->size[0]));
    return oa_put_count(run, "summary/largest_domain", largest);
}

static oa_status domains_run(oa_run *run, const void *params)
{
    const domains_params *p = params;
    const oa_input *input = oa_run_input(run, "ions");
    const size_t n_bins = (size_t)(p->size_max / p->size_bin);
    grouping found;
    double *actual;
    oa_phase(run->context, "domains");
    OA_TRY(find_domains(run, p, input, &found));
    OA_TRY(put_membership(run, &found));
    OA_TRY(put_table(run, &found));
    oa_run_release(input, 0);
    OA_TRY(count_sizes(run, p, &found, n_bins, &actual));
    OA_TRY(put_distribution(run, p, actual, n_bins));
    OA_TRY(put_summary(run, &found));
    return put_control(run, p, input, actual, n_bins);
}

/* Bytes of an input's ions: as they come, or those that stay. */
static uint64_t held_bytes(const oa_input *in, unsigned wanted)
{
    uint64_t bytes = 0;
    for (int c = 0; c < OA_ION_COLUMNS; c++)
        if (in->ions->column[c].block && wanted >> c & 1) bytes += in->ions->column[c].block->bytes;
    return bytes;
}

/* All ions as they come; or what stays of them while one set after the other is searched: of each set 5 bytes an ion for
 * the choice and the domain and, for each ion that takes part, 21 of the search, which leaves 12 of results, and the
 * cells. Rounding so fine that steps are no int32 in a thousand nm keeps doubles. */
static uint64_t domains_memory(const oa_run *run, const void *params)
{
    const domains_params *p = params;
    const bool has_doubles = p->rounding > 0 && p->rounding < 1e-6;
    uint64_t loaded = 0, staying = 0, most = 0;
    for (size_t i = 0; i < run->n_inputs; i++) {
        const oa_input *in = &run->inputs[i];
        if (!in->ions) continue;
        loaded += held_bytes(in, ~0u);
        staying += held_bytes(in, in->may_consume ? POSITIONS : ~0u);
    }
    for (size_t i = 0; i < run->n_inputs; i++) {
        const oa_input *in = &run->inputs[i];
        if (!in->ions || strcmp(in->role, "selection") == 0) continue;
        const uint64_t part = in->has_selection ? in->n_index : in->ions->n;
        staying += (takes_all(run, p, in) ? 4 : 5) * (uint64_t)in->ions->n;
        const uint64_t cells = 2 * part + (16u << 20), search = (has_doubles ? 33 : 21) * part + cells;
        most = staying + search > most ? staying + search : most;
        staying += 12 * part;
    }
    return most > loaded ? most : loaded;
}

const oa_step oa_step_domains = {
    .name = "domains",
    .version = 1,
    .title = "Domains, their sizes and shapes, and a test of randomness",
    .help = "Joins ions that lie near each other into domains, gives size and shape of each and the distribution of sizes. With a "
            "control made from shuffled ions it says whether the distribution differs from a random one: Pearson's r, chi-squared "
            "with its p-value, and mu (0.25 or more: not random). Defaults are those of Li et al., Adv. Mater. 2024, 2407564.",
    .params = domains_table, .params_size = sizeof(domains_params),
    .slots = domains_slots,  .outputs = domains_outputs,
    .check = domains_check,  .run = domains_run, .memory = domains_memory,
};
