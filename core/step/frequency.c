/* frequency.c - is a species spread at random? Blocks of ions counted by how many of it they hold, against the binomial distribution and
 * against permutations of the labels. */
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "math/blocks.h"
#include "math/chance.h"
#include "math/statistics.h"
#include "step/frequency.h"

typedef struct frequency_params {
    const char *species;
    int64_t block;
    double edge, least;
    int64_t draws, seed;
} frequency_params;

enum { CELLS_MAX = 1 << 26 };

static const oa_param frequency_table[] = {
    OA_PARAM(frequency_params, species,
             .help = "species to count, an element or ion name; several that share no ions, Ni,Cr: one result each, and in the first what every two of them "
                     "have to do with each other"),
    OA_PARAM(frequency_params, block, .dflt = 100, .min = 2, .max = 1000000,
             .help = "ions of a block, one after the other in order of evaporation; what is left at the end makes no block"),
    OA_PARAM(frequency_params, edge, .unit = OA_NM, .min = 0, .max = 1000,
             .help = "above 0: blocks are cubes of this edge instead, with as many ions as lie there; those with less than half the median, at the surface, are left out"),
    OA_PARAM(frequency_params, least, .dflt = 5, .min = 0.01, .max = 1e6,
             .help = "blocks to be expected in each class, and in each cell of the table of two species, at least: rarer ones are pooled at either end"),
    OA_PARAM(frequency_params, draws, .dflt = 99, .min = 0, .max = 100000,
             .help = "permutations of the labels among the ions of all blocks, the control that needs no formula; 0: none"),
    OA_PARAM(frequency_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "of the permutations"),
    OA_PARAM_END
};

static const oa_slot frequency_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ranged ions; those without a type are left out" },
    OA_SLOT_END
};

static const oa_output frequency_outputs[] = {
    { .name = "distribution/observed", .type = OA_F64, .shape = "(class)", .axes = "hits", .is_plot = true, .beside = "expected", .help = "blocks with so many ions of the species" },
    { .name = "distribution/expected", .type = OA_F64, .shape = "(class)", .help = "by the binomial distribution, for the measured concentration" },
    { .name = "distribution/control", .type = OA_F64, .shape = "(class)", .is_optional = true, .help = "mean over the permutations" },
    { .name = "distribution/control_errors", .type = OA_F64, .shape = "(class)", .is_optional = true, .help = "standard deviation of one permutation" },
    { .name = "distribution/hits", .type = OA_U32, .shape = "(class)", .help = "ions of the species in a block" },
    { .name = "summary/species", .type = OA_TEXT, .help = "species" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions with a type" },
    { .name = "summary/blocks", .type = OA_U64, .help = "blocks" },
    { .name = "summary/block_ions", .type = OA_F64, .help = "mean number of ions of a block" },
    { .name = "summary/concentration", .type = OA_F64, .help = "share of the species in the blocks" },
    { .name = "summary/lowest_class", .type = OA_U64, .help = "classes up to this one are pooled" },
    { .name = "summary/highest_class", .type = OA_U64, .help = "classes from this one on are pooled" },
    { .name = "summary/chi2", .type = OA_F64, .help = "sum of (observed - expected)^2 / expected" },
    { .name = "summary/degrees_of_freedom", .type = OA_U64, .help = "pooled classes less 2" },
    { .name = "summary/p_value", .type = OA_F64, .help = "chance of a larger chi2 where the species is spread at random" },
    { .name = "summary/mu", .type = OA_F64, .help = "sqrt(chi2 / (blocks + chi2)): 0 at random, towards 1 the less random; comparable between specimens" },
    { .name = "summary/control_mu", .type = OA_F64, .is_optional = true, .help = "the same of the permutations, mean" },
    { .name = "summary/control_mu_high", .type = OA_F64, .is_optional = true, .help = "95 % of the permutations are at or below" },
    { .name = "summary/p_permuted", .type = OA_F64, .is_optional = true, .help = "(1 + permutations with at least this chi2) / (1 + permutations)" },
    { .name = "pairs/correlation", .is_optional = true, .type = OA_F64, .shape = "(pair)", .axes = "pair", .beside = "control_correlation",
      .help = "of the ions of the two species in a block, to be held against the control: at random it is below 0 in blocks of fixed size, and may be "
              "above 0 in cubes" },
    { .name = "pairs/control_correlation", .is_optional = true, .type = OA_F64, .shape = "(pair)",
      .help = "the same with the labels of all ions in random order, mean over the draws" },
    { .name = "pairs/control_correlation_errors", .is_optional = true, .type = OA_F64, .shape = "(pair)", .help = "standard deviation of one draw" },
    { .name = "pairs/z", .is_optional = true, .type = OA_F64, .shape = "(pair)",
      .help = "(correlation - control) / standard deviation of one draw: above 0 the two are together more often than by chance, below 0 less often" },
    { .name = "pairs/p_correlation", .is_optional = true, .type = OA_F64, .shape = "(pair)",
      .help = "two-sided: share of the draws and the measurement together whose correlation is as far from the mean of all of them" },
    { .name = "pairs/chi2", .is_optional = true, .type = OA_F64, .shape = "(pair)",
      .help = "sum of (observed - expected)^2 / expected over the cells of the table; NaN where only one class is left" },
    { .name = "pairs/degrees_of_freedom", .is_optional = true, .type = OA_U64, .shape = "(pair)", .help = "(rows - 1) (columns - 1)" },
    { .name = "pairs/p_value", .is_optional = true, .type = OA_F64, .shape = "(pair)",
      .help = "chance of a larger chi2 were the two independent, which species in blocks of fixed size are not even at random: small for every abundant pair" },
    { .name = "pairs/mu", .is_optional = true, .type = OA_F64, .shape = "(pair)",
      .help = "contingency coefficient sqrt(chi2 / (blocks + chi2)); at random it is control_mu, not 0" },
    { .name = "pairs/control_mu", .is_optional = true, .type = OA_F64, .shape = "(pair)", .help = "the same with the labels in random order and the same classes, mean" },
    { .name = "pairs/control_mu_high", .is_optional = true, .type = OA_F64, .shape = "(pair)", .help = "95 % of the draws are at or below" },
    { .name = "pairs/p_permuted", .is_optional = true, .type = OA_F64, .shape = "(pair)",
      .help = "(1 + draws with at least this chi2) / (1 + draws), the fair reference of chi2; p_correlation sees both directions" },
    { .name = "pairs/pair", .is_optional = true, .type = OA_U32, .shape = "(pair)", .help = "number of the pair; the long name says which is which" },
    { .name = "contingency/residual", .is_optional = true, .type = OA_F64, .shape = "(pair, row, column)", .axes = "pair,row,column", .slice = "0,.,.",
      .help = "(observed - expected) / sqrt(expected (1 - share of the row) (1 - share of the column)): standard normal where the two are independent; NaN: the "
              "pair has no such class" },
    { .name = "contingency/observed", .is_optional = true, .type = OA_F64, .shape = "(pair, row, column)",
      .help = "blocks of the row's class of the first species and the column's of the second" },
    { .name = "contingency/expected", .is_optional = true, .type = OA_F64, .shape = "(pair, row, column)",
      .help = "blocks of the row x blocks of the column / blocks: independent species" },
    { .name = "contingency/control", .is_optional = true, .type = OA_F64, .shape = "(pair, row, column)",
      .help = "blocks with the labels in random order, mean over the draws" },
    { .name = "contingency/control_errors", .is_optional = true, .type = OA_F64, .shape = "(pair, row, column)", .help = "standard deviation of one draw" },
    { .name = "contingency/row_lowest", .is_optional = true, .type = OA_F64, .shape = "(pair, row)",
      .help = "the class begins with so many ions of the first species and ends before the next" },
    { .name = "contingency/column_lowest", .is_optional = true, .type = OA_F64, .shape = "(pair, column)", .help = "the same of the second species" },
    { .name = "contingency/pair", .is_optional = true, .type = OA_U32, .shape = "(pair)", .help = "number of the pair" },
    { .name = "contingency/row", .is_optional = true, .type = OA_U32, .shape = "(row)", .help = "number of the class" },
    { .name = "contingency/column", .is_optional = true, .type = OA_U32, .shape = "(column)", .help = "number of the class" },
    { .name = "summary/pairs", .is_optional = true, .type = OA_TEXT, .help = "pairs of species, in the order of their results" },
    { .name = "summary/strongest_pair", .is_optional = true, .type = OA_TEXT, .help = "pair whose correlation is farthest from the control" },
    { .name = "summary/strongest_correlation", .is_optional = true, .type = OA_F64, .help = "its correlation" },
    { .name = "summary/strongest_z", .is_optional = true, .type = OA_F64,
      .help = "how far, in standard deviations of one draw: above 0 together more often than by chance" },
    { .name = "summary/p_pairs", .is_optional = true, .type = OA_F64,
      .help = "of all pairs together: share of the draws and the measurement whose largest deviation is as large; at random it is spread evenly" },
    OA_OUTPUT_END
};

typedef struct frequency_job {
    const frequency_params *params;
    const oa_ions *ions;
    const bool *is_member; /* (n_types + 1) */
    oa_blocks blocks;
    uint32_t *sizes, *hits; /* of the blocks */
    uint64_t ranged, counted, members; /* ions with a type; those in blocks; of these, of the species */
    size_t largest;
} frequency_job;

/* ---------------------------------------------------------------------------------------------- blocks */

static oa_status take_blocks(oa_run *run, frequency_job *job, size_t n)
{
    OA_TRY(oa_scratch(run, &job->sizes, n, sizeof *job->sizes));
    return oa_scratch(run, &job->hits, n, sizeof *job->hits);
}

static oa_status count_in_order(oa_run *run, frequency_job *job)
{
    const size_t block = (size_t)job->params->block, n = (size_t)job->ranged / block;
    OA_TRY(take_blocks(run, job, n + 1));
    uint64_t seen = 0;
    for (size_t i = 0; i < job->ions->n; i++) {
        const unsigned type = oa_ions__type(job->ions, i);
        if (!type) continue;
        job->sizes[seen / block]++;
        job->hits[seen++ / block] += job->is_member[type];
    }
    job->blocks = (oa_blocks){ n, job->sizes, job->hits };
    return OA_OK;
}

typedef struct cube_grid {
    int64_t first[3];
    size_t n[3];
    double edge;
} cube_grid;

static oa_status lay_grid(oa_run *run, const frequency_job *job, cube_grid *g)
{
    double lo[3], hi[3], cells = 1;
    oa_ions__bounds(job->ions, lo, hi);
    for (int axis = 0; axis < 3; axis++) {
        const double first = floor(lo[axis] / g->edge), last = floor(hi[axis] / g->edge);
        cells *= last - first + 1;
        if (!(cells <= CELLS_MAX))
            return oa_fail_at(run->context, OA_IN_PARAMETER("edge"), "E_PARAMETER_RANGE", "cubes of %g nm: more than %d of them in this specimen; a larger edge would be right", g->edge,
                              CELLS_MAX);
        g->first[axis] = (int64_t)first;
        g->n[axis] = (size_t)(last - first) + 1;
    }
    return OA_OK;
}

static size_t cube_of(const cube_grid *g, const double at[3])
{
    size_t cube = 0;
    for (int axis = 2; axis >= 0; axis--) cube = cube * g->n[axis] + (size_t)((int64_t)floor(at[axis] / g->edge) - g->first[axis]);
    return cube;
}

/* The size below which as many of the blocks that are not empty lie as above. */
static oa_status median_size(oa_run *run, const uint32_t *sizes, size_t n, size_t *out)
{
    uint64_t *of_size, blocks = 0, below = 0;
    uint32_t most = 0;
    for (size_t b = 0; b < n; b++)
        if (sizes[b] > most) most = sizes[b];
    OA_TRY(oa_scratch(run, &of_size, (size_t)most + 1, sizeof *of_size));
    for (size_t b = 0; b < n; b++) of_size[sizes[b]]++;
    for (size_t s = 1; s <= most; s++) blocks += of_size[s];
    *out = 0;
    while (*out < most && 2 * below < blocks) below += of_size[++*out];
    return OA_OK;
}

static oa_status count_in_cubes(oa_run *run, frequency_job *job)
{
    cube_grid g = { .edge = job->params->edge };
    size_t median, kept = 0;
    OA_TRY(lay_grid(run, job, &g));
    const size_t n = g.n[0] * g.n[1] * g.n[2];
    OA_TRY(take_blocks(run, job, n));
    const float *x = oa_ions__f32(job->ions, OA_X), *y = oa_ions__f32(job->ions, OA_Y), *z = oa_ions__f32(job->ions, OA_Z);
    for (size_t i = 0; i < job->ions->n; i++) {
        const unsigned type = oa_ions__type(job->ions, i);
        if (!type) continue;
        const size_t cube = cube_of(&g, (const double[]){ x[i], y[i], z[i] });
        job->sizes[cube]++;
        job->hits[cube] += job->is_member[type];
    }
    OA_TRY(median_size(run, job->sizes, n, &median));
    for (size_t b = 0; b < n; b++) {
        if (job->sizes[b] == 0 || 2 * (size_t)job->sizes[b] < median) continue;
        job->sizes[kept] = job->sizes[b];
        job->hits[kept++] = job->hits[b];
    }
    job->blocks = (oa_blocks){ kept, job->sizes, job->hits };
    return OA_OK;
}

static oa_status count_blocks(oa_run *run, frequency_job *job)
{
    job->ranged = 0;
    for (size_t i = 0; i < job->ions->n; i++) job->ranged += oa_ions__type(job->ions, i) != 0;
    OA_TRY(job->params->edge > 0 ? count_in_cubes(run, job) : count_in_order(run, job));
    job->counted = job->members = job->largest = 0;
    for (size_t b = 0; b < job->blocks.n; b++) {
        job->counted += job->sizes[b];
        job->members += job->hits[b];
        if (job->sizes[b] > job->largest) job->largest = job->sizes[b];
    }
    return OA_OK;
}

static oa_status check_blocks(oa_run *run, const frequency_job *job, const char *species)
{
    if (job->blocks.n < 3)
        return oa_fail_at(run->context, OA_IN_PARAMETER(job->params->edge > 0 ? "edge" : "block"), "E_EMPTY_DATA",
                          "%llu ions with a type make %zu blocks; smaller blocks would be right", (unsigned long long)job->ranged, job->blocks.n);
    if (job->members == 0 || job->members == job->counted)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_EMPTY_DATA", "%s are %s of the %llu ions in blocks, so nothing can be compared; give a species that is mixed with others",
                          species, job->members ? "all" : "none", (unsigned long long)job->counted);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- permutations */

typedef struct control_job {
    const frequency_job *job;
    const double *expected;
    double *chi2, *mu;  /* (draws) */
    uint32_t *hits;     /* (draws, classes) blocks of each class */
} control_job;

static oa_status permute_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const control_job *c = arg;
    const frequency_job *job = c->job;
    const size_t classes = job->largest + 1;
    uint32_t *hits;
    double *observed;
    OA_TRY(oa_worker_scratch(worker, 0, &hits, job->blocks.n, sizeof *hits));
    OA_TRY(oa_worker_scratch(worker, 1, &observed, classes, sizeof *observed));
    for (size_t draw = span.begin; draw < span.end; draw++) {
        const oa_blocks permuted = { job->blocks.n, job->sizes, hits };
        oa_frequency_permute(&job->blocks, job->members, (uint64_t)job->params->seed, draw, hits);
        oa_frequency_count(&permuted, job->largest, observed);
        const oa_frequency_test test = oa_frequency_compare(observed, c->expected, job->largest, job->blocks.n, job->params->least);
        c->chi2[draw] = test.chi2;
        c->mu[draw] = test.mu;
        for (size_t k = 0; k < classes; k++) c->hits[draw * classes + k] = (uint32_t)observed[k];
    }
    return OA_OK;
}

static oa_status put_spread(oa_run *run, const control_job *c, size_t classes)
{
    const size_t draws = (size_t)c->job->params->draws;
    double *mean, *error;
    OA_TRY(oa_put_array(run, "distribution/control", 1, &classes, &mean));
    OA_TRY(oa_put_array(run, "distribution/control_errors", 1, &classes, &error));
    oa_chance_spread(c->hits, classes, draws, mean, error);
    return OA_OK;
}

static oa_status put_control(oa_run *run, const frequency_job *job, const double *expected, double chi2)
{
    const size_t draws = (size_t)job->params->draws, classes = job->largest + 1;
    control_job c = { .job = job, .expected = expected };
    double sum = 0;
    size_t larger = 0;
    if (!draws) return OA_OK;
    OA_TRY(oa_scratch(run, &c.chi2, draws, sizeof *c.chi2));
    OA_TRY(oa_scratch(run, &c.mu, draws, sizeof *c.mu));
    OA_TRY(oa_scratch(run, &c.hits, draws * classes, sizeof *c.hits));
    oa_phase(run->context, "permute");
    OA_TRY(oa_parallel(run->context, draws, 1, permute_chunk, &c));
    for (size_t d = 0; d < draws; d++) {
        sum += c.mu[d];
        larger += c.chi2[d] >= chi2;
    }
    qsort(c.mu, draws, sizeof *c.mu, oa_ascending_f64);
    OA_TRY(put_spread(run, &c, classes));
    OA_TRY(oa_put_real(run, "summary/control_mu", sum / (double)draws));
    OA_TRY(oa_put_real(run, "summary/control_mu_high", c.mu[(size_t)ceil(0.95 * (double)draws) - 1]));
    return oa_put_real(run, "summary/p_permuted", (double)(1 + larger) / (double)(1 + draws));
}

/* ---------------------------------------------------------------------------------------------- one species */

static oa_status put_distribution(oa_run *run, const frequency_job *job, double **observed, double **expected)
{
    const size_t classes = job->largest + 1;
    uint64_t *of_size;
    uint32_t *hits;
    OA_TRY(oa_put_array(run, "distribution/observed", 1, &classes, observed));
    OA_TRY(oa_put_array(run, "distribution/expected", 1, &classes, expected));
    OA_TRY(oa_put_array(run, "distribution/hits", 1, &classes, &hits));
    for (size_t k = 0; k < classes; k++) hits[k] = (uint32_t)k;
    OA_TRY(oa_put_long_name(run, "distribution/observed", "blocks"));
    OA_TRY(oa_put_long_name(run, "distribution/hits", "ions of the species in a block"));
    OA_TRY(oa_scratch(run, &of_size, classes, sizeof *of_size));
    for (size_t b = 0; b < job->blocks.n; b++) of_size[job->sizes[b]]++;
    oa_frequency_count(&job->blocks, job->largest, *observed);
    oa_frequency_expect(of_size, job->largest, (double)job->members / (double)job->counted, *expected);
    return OA_OK;
}

static oa_status put_test(oa_run *run, const frequency_job *job, const char *species, const oa_frequency_test *test)
{
    OA_TRY(oa_put_text(run, "summary/species", species));
    OA_TRY(oa_put_count(run, "summary/ions", job->ranged));
    OA_TRY(oa_put_count(run, "summary/blocks", job->blocks.n));
    OA_TRY(oa_put_real(run, "summary/block_ions", (double)job->counted / (double)job->blocks.n));
    OA_TRY(oa_put_real(run, "summary/concentration", (double)job->members / (double)job->counted));
    OA_TRY(oa_put_count(run, "summary/lowest_class", test->lo));
    OA_TRY(oa_put_count(run, "summary/highest_class", test->hi));
    OA_TRY(oa_put_real(run, "summary/chi2", test->chi2));
    OA_TRY(oa_put_count(run, "summary/degrees_of_freedom", test->degrees));
    OA_TRY(oa_put_real(run, "summary/p_value", test->p_value));
    return oa_put_real(run, "summary/mu", test->mu);
}

static oa_status choose_species(oa_run *run, frequency_job *job, const char *species)
{
    bool *is_member;
    OA_TRY(oa_scratch(run, &is_member, job->ions->ranges->n_types + 1, sizeof *is_member));
    job->is_member = is_member;
    return oa_ranges__species(run->context, job->ions->ranges, species, "species", is_member);
}

static oa_status one_species(oa_run *run, frequency_job *job, const char *species)
{
    double *observed, *expected;
    OA_TRY(choose_species(run, job, species));
    oa_phase(run->context, "count");
    OA_TRY(count_blocks(run, job));
    OA_TRY(check_blocks(run, job, species));
    OA_TRY(put_distribution(run, job, &observed, &expected));
    const oa_frequency_test test = oa_frequency_compare(observed, expected, job->largest, job->blocks.n, job->params->least);
    if (!test.degrees)
        return oa_fail_at(run->context, OA_IN_PARAMETER("least"), "E_EMPTY_DATA",
                          "%s: %zu blocks are too few for three classes of %g expected blocks; more blocks, or a smaller least, would be right", species, job->blocks.n, job->params->least);
    OA_TRY(put_test(run, job, species, &test));
    return put_control(run, job, expected, test.chi2);
}

/* ---------------------------------------------------------------------------------------------- several */

/* What a species had to do with itself would say nothing. */
static oa_status check_apart(oa_run *run, frequency_job *job, char **words, size_t n)
{
    const oa_ranges *ranges = job->ions->ranges;
    const char **of_type;
    if (n > OA_FREQUENCY_SPECIES)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "%zu species, up to %d are possible; split the call", n,
                          (int)OA_FREQUENCY_SPECIES);
    OA_TRY(oa_scratch(run, &of_type, ranges->n_types + 1, sizeof *of_type));
    for (size_t i = 0; i < n; i++) {
        OA_TRY(choose_species(run, job, words[i]));
        for (size_t t = 1; t <= ranges->n_types; t++) {
            if (!job->is_member[t]) continue;
            if (of_type[t])
                return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "ions of %s belong to %s and to %s; give species that share no ions",
                                  ranges->types[t - 1].name, of_type[t], words[i]);
            of_type[t] = words[i];
        }
    }
    return OA_OK;
}

static void keep_blocks(const frequency_job *job, size_t number, oa_species_blocks *all)
{
    if (!number) all->count[0] = job->counted;
    all->n = job->blocks.n;
    all->sizes = job->sizes;
    all->largest = job->largest;
    all->hits[number] = job->hits;
    all->count[number + 1] = job->members;
    all->count[0] -= job->members;
}

static oa_status all_species(oa_run *run, frequency_job *job, char **words, size_t n)
{
    oa_species_blocks all = { .species = n, .words = words, .least = job->params->least, .draws = (size_t)job->params->draws, .seed = (uint64_t)job->params->seed };
    OA_TRY(check_apart(run, job, words, n));
    for (size_t i = 0; i < n; i++) {
        OA_TRY(oa_run_task(run, (int)i + 1, n > 1 ? words[i] : ""));
        OA_TRY(one_species(run, job, words[i]));
        keep_blocks(job, i, &all);
    }
    if (n < 2) return OA_OK;
    OA_TRY(oa_run_task(run, 1, words[0]));
    return oa_frequency__put_pairs(run, &all);
}

static oa_status frequency_check(oa_context *context, const void *params)
{
    const frequency_params *p = params;
    return p->species[0] ? OA_OK : oa_fail_at(context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "species says which ions to count; give --species Ni, for example");
}

static oa_status frequency_run(oa_run *run, const void *params)
{
    const oa_input *input = oa_run_input(run, "ions");
    frequency_job job = { .params = params, .ions = input->ions };
    char **words;
    size_t n;
    OA_TRY(oa_run_check_types(run, job.ions));
    OA_TRY(oa_words_split(run, job.params->species, ',', &words, &n));
    const oa_status status = all_species(run, &job, words, n);
    oa_free(run->context, words);
    return status;
}

/* Columns of the ions; two counts for each block and species, and those of each permutation; of two species what each draw gave, and the cells of their table. */
static uint64_t frequency_memory(const oa_run *run, const void *params)
{
    const frequency_params *p = params;
    const oa_ions *ions = oa_run_input(run, "ions")->ions;
    double lo[3], hi[3], blocks = (double)ions->n / (double)p->block + 1, classes = (double)p->block + 1, species = 1;
    oa_ions__bounds(ions, lo, hi);
    if (p->edge > 0) {
        blocks = 1;
        for (int axis = 0; axis < 3; axis++) blocks *= floor((hi[axis] - lo[axis]) / p->edge) + 2;
        classes = 2000 * p->edge * p->edge * p->edge < (double)ions->n ? 2000 * p->edge * p->edge * p->edge : (double)ions->n;
    }
    for (const char *c = p->species; *c; c++) species += *c == ',';
    const double draws = (double)p->draws, threads = run->context->threads, pairs = species * (species - 1) / 2, cells = fmin(blocks / p->least + 64, 4096);
    const double bytes = 17.0 * (double)ions->n + blocks * (16 + 8 * species + (pairs > 0 ? 4 * species * threads : 0)) + classes * (4 * draws * (species + 1) + 64 * species);
    return (uint64_t)(bytes + pairs * (24 * draws + cells * (16 * threads + 80) + 20 * classes));
}

const oa_step oa_step_frequency = {
    .name = "frequency",
    .version = 2,
    .title = "Frequency distribution of a species",
    .help = "Counts how many of a species blocks of ions hold, and tests it against the binomial distribution of a random spread (chi-squared, Pearson's contingency coefficient mu; "
            "Moody et al., Microsc. Res. Tech. 71 (2008) 542) and against permutations of the labels. Blocks in order of evaporation follow the detector, where poles and planes "
            "show too: cubes ask about space. Of several species every two are compared by what the same blocks hold of both: their correlation, and the table of blocks "
            "by both numbers with the chi-squared of independence. In a block of fixed size more of one leaves fewer places for the other, and a fuller cube holds "
            "more of both, so that independence is not what chance gives: the fair reference is the labels of all ions in random order (p_permuted, control_mu, z, "
            "p_correlation).",
    .params = frequency_table, .params_size = sizeof(frequency_params),
    .slots = frequency_slots, .outputs = frequency_outputs,
    .skips_unranged = true,
    .check = frequency_check,
    .run = frequency_run,
    .memory = frequency_memory,
};
