/* warren_cowley.c - do ions of one species prefer or avoid those of another as neighbours? Warren-Cowley parameters of shells by distance, of the
 * shells of a lattice, or of the k nearest neighbours, against the labels in random order. */
#include <math.h>
#include <string.h>

#include "step/warren_cowley.h"

typedef struct wc_params {
    const char *pairs;
    oa_reals k, shells;
    const char *lattice;
    double lattice_parameter;
    int64_t lattice_shells;
    oa_reals periodic;
    int64_t layers, draws, seed;
} wc_params;

static const char *const lattice_words[] = { "", "fcc", "bcc", NULL };

static const oa_param wc_table[] = {
    OA_PARAM(wc_params, pairs,
             .help = "species of the centre and of its neighbours, Ni-Cr or Ni-Ni,Ni-Cr,Cr-Cr; Ni is short for Ni-Ni. Sets of species: Al+Ti-Ni+Co, "
                     "or Ni+Co for Ni+Co-Ni+Co; the two of a pair are the same or share no species"),
    OA_PARAM(wc_params, k, .n_min = 1, .n_max = OA_WC_SHELLS, .min = 1, .max = OA_NEAREST_MAX - 1,
             .help = "shells are the k nearest neighbours: 7, or 4,7,12. Of the 12 of a first fcc shell 7 are left where 57 % of the ions are detected"),
    OA_PARAM(wc_params, shells, .unit = OA_NM, .n_min = 2, .n_max = OA_WC_SHELLS + 1, .min = 0, .max = 100,
             .help = "shells are distances between edges: 0.2,0.3,0.4 are [0.2, 0.3) and [0.3, 0.4) nm"),
    OA_PARAM(wc_params, lattice, .dflt_text = "", .choices = lattice_words,
             .help = "shells are those of this lattice, each from half-way to the shell before to half-way to the next, the first from 0 on"),
    OA_PARAM(wc_params, lattice_parameter, .unit = OA_NM, .dflt = 0, .min = 0, .max = 10, .help = "edge of the cubic cell of the lattice"),
    OA_PARAM(wc_params, lattice_shells, .dflt = 3, .min = 1, .max = 12, .help = "how many shells of the lattice"),
    OA_PARAM(wc_params, periodic, .unit = OA_NM, .n_min = 3, .n_max = 3, .min = 1e-3, .max = 1e6,
             .help = "edges along x, y, z of a simulated box that repeats; shells reach half of it at most; left out: ions end at the surface"),
    OA_PARAM(wc_params, layers, .dflt = 10, .min = 1, .max = 10000, .help = "layers of equal thickness along z for the profile"),
    OA_PARAM(wc_params, draws, .dflt = 96, .min = 0, .max = 10000,
             .help = "times that the labels of all ions with a type are put in random order; a p-value is 1 / (1 + draws) at least; 0: none"),
    OA_PARAM(wc_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "of the random orders"),
    OA_PARAM_END
};

static const oa_slot wc_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ranged ions; those without a type are left out, also as neighbours" },
    OA_SLOT_END
};

static const oa_output wc_outputs[] = {
    { .name = "order/alpha", .type = OA_F64, .shape = "(pair, shell)", .axes = "pair,shell", .is_plot = true, .is_curves = true, .beside = "control",
      .help = "1 - share / concentration of the neighbour (Warren and Cowley): 0 at random; negative where the two are neighbours more often, also for i = j; NaN "
              "without neighbours" },
    { .name = "order/alpha_pm", .type = OA_F64, .shape = "(pair, shell)",
      .help = "(share - concentration) / (delta_ij - concentration) (de Fontaine): the same for i != j; for i = j positive where like ions are neighbours more often" },
    { .name = "order/alpha_sm", .type = OA_F64, .shape = "(pair, shell)",
      .help = "(share - concentration) / (1 - concentration), or / concentration where the share is less than that: -1 depleted, 0 at random, 1 enriched, on one "
              "scale for every pair" },
    { .name = "order/share", .type = OA_F64, .shape = "(pair, shell)",
      .help = "of the neighbours in the shell of all centres together, the share of the second species or set" },
    { .name = "order/contacts", .type = OA_U64, .shape = "(pair, shell)", .help = "neighbours of the second species" },
    { .name = "order/neighbours", .type = OA_U64, .shape = "(pair, shell)", .help = "neighbours of any species" },
    { .name = "order/control", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true, .help = "alpha with the labels in random order, mean over the draws" },
    { .name = "order/control_errors", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true, .help = "standard deviation of one draw" },
    { .name = "order/z", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true, .help = "(alpha - control) / standard deviation of one draw" },
    { .name = "order/p_value", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true,
      .help = "two-sided: share of the draws and the measurement together whose alpha is as far from the mean of all of them" },
    { .name = "order/pair", .type = OA_U32, .shape = "(pair)", .help = "number of the pair; the long name says which is which" },
    { .name = "order/shell", .type = OA_U32, .shape = "(shell)", .help = "number of the shell from 1, or k; the long name says which is which" },
    { .name = "shells/coordination", .type = OA_F64, .shape = "(shell)", .axes = "shell", .help = "detected neighbours of an ion, mean over all with a type" },
    { .name = "shells/radius", .type = OA_F64, .shape = "(shell)", .unit = OA_NM, .help = "mean distance of these neighbours; NaN where there are none" },
    { .name = "shells/lower", .type = OA_F64, .shape = "(shell)", .unit = OA_NM, .is_optional = true, .help = "the shell begins here" },
    { .name = "shells/upper", .type = OA_F64, .shape = "(shell)", .unit = OA_NM, .is_optional = true, .help = "and ends before" },
    { .name = "shells/shell", .type = OA_U32, .shape = "(shell)", .help = "number of the shell from 1, or k" },
    { .name = "profile/alpha", .is_split = true, .type = OA_F64, .shape = "(layer, pair, shell)", .axes = "z,pair,shell", .slice = ".,0,.",
      .help = "alpha of the centres of each layer, with the concentration of all ions; NaN where there are none" },
    { .name = "profile/contacts", .is_split = true, .type = OA_U64, .shape = "(layer, pair, shell)", .help = "neighbours of the second species" },
    { .name = "profile/neighbours", .is_split = true, .type = OA_U64, .shape = "(layer, pair, shell)", .help = "neighbours of any species" },
    { .name = "profile/all_neighbours", .is_split = true, .type = OA_U64, .shape = "(layer, shell)", .help = "neighbours of all centres, whatever they are" },
    { .name = "profile/distances", .is_split = true, .type = OA_U64, .shape = "(layer, shell)", .help = "sum of their distances in units of 2^-24 nm" },
    { .name = "profile/z", .is_split = true, .type = OA_F64, .shape = "(layer)", .unit = OA_NM, .help = "middle of the layer" },
    { .name = "profile/pair", .type = OA_U32, .shape = "(pair)", .help = "number of the pair" },
    { .name = "profile/shell", .type = OA_U32, .shape = "(shell)", .help = "number of the shell from 1, or k" },
    { .name = "draws/alpha", .is_split = true, .is_optional = true, .type = OA_F64, .shape = "(draw, pair, shell)", .axes = ".,pair,shell",
      .help = "alpha of each random order" },
    { .name = "draws/pair", .is_optional = true, .type = OA_U32, .shape = "(pair)", .help = "number of the pair" },
    { .name = "draws/shell", .is_optional = true, .type = OA_U32, .shape = "(shell)", .help = "number of the shell from 1, or k" },
    { .name = "species/concentration", .type = OA_F64, .shape = "(species)", .axes = "species", .help = "share of the ions with a type" },
    { .name = "species/ions", .type = OA_U64, .shape = "(species)", .help = "ions of the species" },
    { .name = "species/species", .type = OA_U32, .shape = "(species)", .help = "number of the species; the long name says which is which" },
    { .name = "summary/pairs", .type = OA_TEXT, .help = "pairs, in the order of the results" },
    { .name = "summary/shells", .type = OA_TEXT, .help = "what the shells are" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions with a type: centres and neighbours" },
    { .name = "summary/strongest", .type = OA_TEXT, .is_optional = true, .help = "pair and shell with the largest deviation from the control" },
    { .name = "summary/strongest_alpha", .type = OA_F64, .is_optional = true, .help = "alpha there" },
    { .name = "summary/strongest_z", .type = OA_F64, .is_optional = true, .help = "that deviation, in standard deviations of one draw" },
    { .name = "summary/p_permuted", .type = OA_F64, .is_optional = true,
      .help = "of all pairs and shells together: share of the draws and the measurement whose largest deviation is as large; at random it is spread evenly" },
    { .name = "summary/conventions", .type = OA_TEXT, .help = "what alpha, alpha_pm and alpha_sm are" },
    { .name = "summary/caveat", .type = OA_TEXT, .help = "what detection efficiency and resolution do to them" },
    OA_OUTPUT_END
};

/* ---------------------------------------------------------------------------------------------- what is to be done */

static oa_status check_ascending(oa_context *context, const char *name, const oa_reals *list, bool is_whole)
{
    for (int i = 0; i < list->n; i++) {
        if (is_whole && list->v[i] != floor(list->v[i]))
            return oa_fail_at(context, OA_IN_PARAMETER(name), "E_PARAMETER_VALUE", "%s: %g is no number of neighbours; give whole numbers", name, list->v[i]);
        if (i && !(list->v[i] > list->v[i - 1]))
            return oa_fail_at(context, OA_IN_PARAMETER(name), "E_PARAMETER_RANGE", "%s: %g follows %g; shells must not overlap, so give ascending numbers", name,
                              list->v[i], list->v[i - 1]);
    }
    return OA_OK;
}

static oa_status wc_check(oa_context *context, const void *params)
{
    const wc_params *p = params;
    const int ways = (p->k.n > 0) + (p->shells.n > 0) + (p->lattice[0] != 0);
    if (!p->pairs[0]) return oa_fail_at(context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE", "pairs says which species; give --pairs Ni-Cr, for example");
    if (ways != 1)
        return oa_fail_at(context, OA_IN_PARAMETER("shells"), "E_PARAMETER_VALUE",
                          "%d of k, shells and lattice are given, and one of them says what a shell is; give --k 7, --shells 0.2,0.3 or --lattice fcc "
                          "--lattice-parameter 0.36", ways);
    if (p->lattice[0] && !(p->lattice_parameter > 0))
        return oa_fail_at(context, OA_IN_PARAMETER("lattice_parameter"), "E_PARAMETER_VALUE",
                          "the shells of a lattice need its parameter; give --lattice-parameter 0.36, for example");
    if (p->periodic.n && p->k.n)
        return oa_fail_at(context, OA_IN_PARAMETER("periodic"), "E_PARAMETER_VALUE", "a box that repeats has shells by distance; give shells or lattice instead of k");
    OA_TRY(check_ascending(context, "k", &p->k, true));
    return check_ascending(context, "shells", &p->shells, false);
}

/* Squares of distances in an fcc or bcc lattice, in units of a^2 / 4: sums of squares of h, k, l with an even sum, or all odd or all even. */
static bool is_square_of(bool is_fcc, int square)
{
    for (int h = 0; h * h <= square; h++)
        for (int k = 0; h * h + k * k <= square; k++)
            for (int l = 0; h * h + k * k + l * l <= square; l++)
                if (h * h + k * k + l * l == square && (is_fcc ? (h + k + l) % 2 == 0 : h % 2 == k % 2 && k % 2 == l % 2)) return true;
    return false;
}

static void lattice_edges(const wc_params *p, oa_wc_job *job)
{
    double before = 0;
    job->shells = (size_t)p->lattice_shells;
    job->edge[0] = 0;
    for (int square = 1, shell = 0; shell <= p->lattice_shells; square++) {
        if (!is_square_of(strcmp(p->lattice, "fcc") == 0, square)) continue;
        const double radius = p->lattice_parameter / 2 * sqrt(square);
        if (shell) job->edge[shell] = (before + radius) / 2;
        before = radius;
        shell++;
    }
}

static oa_status choose_shells(oa_run *run, const wc_params *p, oa_wc_job *job)
{
    job->by_rank = p->k.n > 0;
    if (p->lattice[0]) {
        lattice_edges(p, job);
    } else if (job->by_rank) {
        job->shells = (size_t)p->k.n;
        for (int i = 0; i < p->k.n; i++) job->rank[i] = (size_t)p->k.v[i];
        if (job->ranged <= job->rank[job->shells - 1])
            return oa_fail_at(run->context, OA_IN_PARAMETER("k"), "E_FEW_IONS", "%zu ions with a type, so none has %zu neighbours; a smaller k would be right",
                              job->ranged, job->rank[job->shells - 1]);
    } else {
        job->shells = (size_t)p->shells.n - 1;
        memcpy(job->edge, p->shells.v, (size_t)p->shells.n * sizeof *job->edge);
    }
    for (int a = 0; a < p->periodic.n; a++) {
        job->period[a] = p->periodic.v[a];
        if (job->edge[job->shells] > job->period[a] / 2 * (1 + 1e-9))
            return oa_fail_at(run->context, OA_IN_PARAMETER("periodic"), "E_PARAMETER_RANGE",
                              "shells end at %g nm, beyond half the box along %c, %g nm; shorter shells would be right",
                              job->edge[job->shells], "xyz"[a], job->period[a] / 2);
    }
    return OA_OK;
}

static oa_status count_species(oa_run *run, oa_wc_job *job)
{
    OA_TRY(oa_scratch(run, &job->take, job->ions->n, 1));
    for (size_t i = 0; i < job->ions->n; i++) {
        const unsigned type = oa_ions__type(job->ions, i);
        job->take[i] = type != 0;
        job->ranged += type != 0;
        if (type) job->count[job->label_of_type[type]]++;
    }
    for (int s = 0; s < job->n_species; s++)
        if (job->count[s + 1] == 0 || job->count[s + 1] == job->ranged)
            return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_EMPTY_DATA",
                              "%s are %s of the %zu ions with a type, so nothing can be compared; give species that are mixed with others",
                              job->species[s], job->count[s + 1] ? "all" : "none", job->ranged);
    return OA_OK;
}

static oa_status prepare(oa_run *run, const wc_params *p, oa_wc_job *job)
{
    double lo[3], hi[3];
    *job = (oa_wc_job){ .ions = oa_run_input(run, "ions")->ions, .layers = (size_t)p->layers, .seed = (uint64_t)p->seed };
    OA_TRY(oa_run_check_types(run, job->ions));
    oa_ions__bounds(job->ions, lo, hi);
    job->lo = lo[2], job->hi = hi[2];
    OA_TRY(oa_wc__read_sets(run, p->pairs, job));
    OA_TRY(count_species(run, job));
    return choose_shells(run, p, job);
}

static oa_status wc_run(oa_run *run, const void *params)
{
    const wc_params *p = params;
    oa_wc_job job;
    OA_TRY(prepare(run, p, &job));
    oa_phase(run->context, "sort");
    OA_TRY(oa_wc__sort(run, &job));
    oa_phase(run->context, "neighbours");
    OA_TRY(oa_wc__put_profile(run, &job));
    return oa_wc__put_draws(run, &job, (size_t)p->draws);
}

static oa_status wc_finish(oa_run *run, const void *params)
{
    const wc_params *p = params;
    oa_wc_job job;
    OA_TRY(prepare(run, p, &job));
    if (job.ranged < job.ions->n) oa_note(run, "W_UNRANGED", "%zu of %zu ions have no range and were left out", job.ions->n - job.ranged, job.ions->n);
    OA_TRY(oa_put_text(run, "summary/pairs", p->pairs));
    return oa_wc__put(run, &job, (size_t)p->draws);
}

/* Per ion: columns 17, mark and label 2, sorted 20 and cells, labels of the random orders; where the box repeats, up to 8 times as many. Counts of the
 * layers and of the random orders by each thread. */
static uint64_t wc_memory(const oa_run *run, const void *params)
{
    const wc_params *p = params;
    const oa_input *input = oa_run_input(run, "ions");
    double images = 1, labels = 3, shells = p->k.n ? p->k.n : p->shells.n ? p->shells.n - 1 : (double)p->lattice_shells;
    if (!input || !input->ions) return 0;
    for (int a = 0; a < p->periodic.n; a++) {
        const double reach = p->shells.n ? p->shells.v[p->shells.n - 1] : p->lattice_parameter * 2.6;
        images *= 1 + fmin(2 * reach / p->periodic.v[a], 1);
    }
    for (const char *c = p->pairs; *c; c++) labels += *c == ',' || *c == '-' || *c == '+';
    const double each = 18 + images * (2 + 28 + (p->draws ? OA_WC_COLUMNS : 0) + (images > 1 ? 17 : 0));
    const double counts = 8 * labels * labels * shells * ((double)p->layers / run->slabs + OA_WC_COLUMNS);
    const double bytes = each * (double)input->ions->n + 20e6 + (run->context->threads + 1) * (3e6 + counts);
    return bytes < 1e18 ? (uint64_t)bytes : UINT64_MAX;
}

const oa_step oa_step_warren_cowley = {
    .name = "warren_cowley",
    .version = 2,
    .title = "Warren-Cowley parameters",
    .help = "Counts which species the neighbours of a species are, in shells by distance, in those of a lattice or among the k nearest, and compares with its "
            "concentration (Cowley, Phys. Rev. 77 (1950) 669; de Fontaine, J. Appl. Cryst. 4 (1971) 15; for atom probe data Ceguerra et al., Acta Cryst. A68 (2012) 547) "
            "and with the labels in random order. Sets of species are pooled: their concentration is that of all members together (the GM-SRO of Ceguerra et al.). "
            "Detection efficiency and blur dilute the values: see summary/caveat (He et al., Nat. Mater. 2024, "
            "doi:10.1038/s41563-024-01912-1).",
    .params = wc_table, .params_size = sizeof(wc_params),
    .slots = wc_slots, .outputs = wc_outputs,
    .has_slabs = true,
    .skips_unranged = true,
    .check = wc_check,
    .run = wc_run,
    .finish = wc_finish,
    .memory = wc_memory,
};
