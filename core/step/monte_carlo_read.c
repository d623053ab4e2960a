/* monte_carlo_read.c - what was asked of monte_carlo: species and their sites, energies or targets of pairs, and whether targets can be had at all. */
#include "step/monte_carlo.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static oa_status share_sites(oa_run *run, monte_carlo_job *job)
{
    const uint64_t n = job->crystal.n;
    uint64_t given = 0;
    double rest[OA_ALLOY_MAX];
    for (int i = 0; i < job->alloy.n; i++) {
        const double wish = job->alloy.species[i].fraction * (double)n;
        job->counts[i] = (uint64_t)floor(wish + 1e-9);
        rest[i] = wish - (double)job->counts[i];
        given += job->counts[i];
    }
    for (; given < n; given++) { /* the largest remainders first */
        int most = 0;
        for (int i = 1; i < job->alloy.n; i++)
            if (rest[i] > rest[most] + 1e-9) most = i;
        job->counts[most]++;
        rest[most] = -1;
    }
    for (int i = 0; i < job->alloy.n; i++)
        if (!job->counts[i] || job->counts[i] == n)
            return oa_fail_at(run->context, OA_IN_PARAMETER("composition"), "E_PARAMETER_RANGE",
                              "%s at %g %% is %s of the %llu sites, so nothing can be exchanged; at least two species with a site each would be right",
                              job->alloy.species[i].symbol,
                              100 * job->alloy.species[i].fraction, job->counts[i] ? "all" : "none", (unsigned long long)n);
    return OA_OK;
}

/* One of the parameters that give numbers to pairs, shell after shell. */
typedef struct pair_list {
    const char *name, *text, *what, *example;
    double *value; /* (OA_SHELLS_MAX, species, species) */
    int shells;    /* as many as have a number */
} pair_list;

static oa_status refuse(oa_run *run, const pair_list *list, const char *word)
{
    return oa_fail_at(run->context, OA_IN_PARAMETER(list->name), "E_PARAMETER_VALUE", "%s has '%.60s'; a pair of species and at most %d %s would be right, like %s",
                      list->name, word, OA_SHELLS_MAX, list->what, list->example);
}

/* "Ni-Al:-0.03/0.01" into the rows of the list. */
static oa_status read_pair(oa_run *run, const oa_alloy *alloy, const char *word, pair_list *list, bool *named)
{
    const char *dash = strchr(word, '-'), *colon = strchr(word, ':');
    char name[2][8] = { "", "" };
    int s[2], m = 0;
    if (!dash || !colon || colon < dash || dash - word > 3 || colon - dash > 4) return refuse(run, list, word);
    memcpy(name[0], word, (size_t)(dash - word));
    memcpy(name[1], dash + 1, (size_t)(colon - dash - 1));
    for (int k = 0; k < 2; k++) OA_TRY(oa_alloy__find(run, alloy, list->name, name[k], &s[k]));
    const int n = alloy->n;
    if (named[s[0] * n + s[1]])
        return oa_fail_at(run->context, OA_IN_PARAMETER(list->name), "E_PARAMETER_VALUE", "%s names %s-%s twice; once would be right", list->name, name[0], name[1]);
    named[s[0] * n + s[1]] = named[s[1] * n + s[0]] = true;
    for (const char *at = colon + 1;; m++) {
        const size_t length = strcspn(at, "/");
        double value;
        if (m >= OA_SHELLS_MAX || !oa_text_real(at, length, false, &value) || !(fabs(value) <= 100)) return refuse(run, list, word);
        list->value[(m * n + s[0]) * n + s[1]] = list->value[(m * n + s[1]) * n + s[0]] = value;
        if (!at[length]) break;
        at += length + 1;
    }
    if (m + 1 > list->shells) list->shells = m + 1;
    return OA_OK;
}

/* Fills the numbers; those left out are `other`. */
static oa_status read_list(oa_run *run, const oa_alloy *alloy, double other, pair_list *list)
{
    const size_t square = (size_t)alloy->n * (size_t)alloy->n;
    char **word;
    bool *named;
    size_t n;
    OA_TRY(oa_scratch(run, &list->value, OA_SHELLS_MAX * square, sizeof *list->value));
    OA_TRY(oa_scratch(run, &named, square, sizeof *named));
    for (size_t i = 0; i < OA_SHELLS_MAX * square; i++) list->value[i] = other;
    OA_TRY(oa_words_split(run, list->text, ',', &word, &n));
    oa_status status = OA_OK;
    for (size_t i = 0; i < n && status == OA_OK; i++) status = read_pair(run, alloy, word[i], list, named);
    oa_free(run->context, word);
    return status;
}

/* ---------------------------------------------------------------------------------------------- targets */

static const char *symbol_of(const monte_carlo_job *job, int species) { return job->alloy.species[species].symbol; }

static oa_status refuse_like(oa_run *run, const monte_carlo_job *job, const pair_list *list)
{
    const int n = job->alloy.n;
    for (int s = 0; s < n; s++)
        for (int m = 0; m < list->shells; m++)
            if (!isnan(list->value[(m * n + s) * n + s]))
                return oa_fail_at(run->context, OA_IN_PARAMETER(list->name), "E_PARAMETER_VALUE", "%s has %s-%s, and targets are of different species: those of like "
                    "ones follow; another pair would be right",
                                  list->name, symbol_of(job, s), symbol_of(job, s));
    return OA_OK;
}

/* NaN: free. A weight of 0 frees a shell, and one where nothing is aimed at is a mistake. */
static oa_status add_target(oa_run *run, monte_carlo_job *job, int pair, int shell, double alpha, double weight)
{
    int a, b;
    oa_monte_carlo__species(job, pair, &a, &b);
    if (isnan(alpha) && !isnan(weight))
        return oa_fail_at(run->context, OA_IN_PARAMETER("weights"), "E_PARAMETER_VALUE", "weights has %s-%s in shell %d, which has no target; one for each target at "
            "most would be right",
                          symbol_of(job, a), symbol_of(job, b), shell + 1);
    if (weight < 0)
        return oa_fail_at(run->context, OA_IN_PARAMETER("weights"), "E_PARAMETER_RANGE", "weights has %g for %s-%s in shell %d; 0 or more would be right", weight,
                          symbol_of(job, a), symbol_of(job, b), shell + 1);
    if (isnan(alpha) || weight == 0) return OA_OK;
    job->target[job->n_targets++] = (oa_pair_target){ .shell = shell, .a = a, .b = b, .alpha = alpha, .weight = isnan(weight) ? 1 : weight,
                                                      .tolerance = job->p->tolerance };
    return OA_OK;
}

static oa_status read_targets(oa_run *run, monte_carlo_job *job, int *shells)
{
    pair_list aim = { .name = "targets", .text = job->p->targets, .what = "Warren-Cowley parameters", .example = "Ni-Al:-0.2/0.15" };
    pair_list weights = { .name = "weights", .text = job->p->weights, .what = "weights", .example = "Ni-Al:1/0.5" };
    const int n = job->alloy.n;
    OA_TRY(read_list(run, &job->alloy, NAN, &aim));
    OA_TRY(read_list(run, &job->alloy, NAN, &weights));
    OA_TRY(refuse_like(run, job, &aim));
    OA_TRY(refuse_like(run, job, &weights));
    OA_TRY(oa_scratch(run, &job->target, (size_t)(job->n_pairs * OA_SHELLS_MAX), sizeof *job->target));
    for (int k = 0; k < job->n_pairs; k++)
        for (int m = 0; m < OA_SHELLS_MAX; m++) {
            int a, b;
            oa_monte_carlo__species(job, k, &a, &b);
            OA_TRY(add_target(run, job, k, m, aim.value[(m * n + a) * n + b], weights.value[(m * n + a) * n + b]));
        }
    if (!job->n_targets)
        return oa_fail_at(run->context, OA_IN_PARAMETER("targets"), "E_PARAMETER_VALUE", "nothing is aimed at: all targets weigh 0, or there are none; one at least "
            "would be right");
    double sum = 0;
    for (int t = 0; t < job->n_targets; t++) sum += job->target[t].weight;
    for (int t = 0; t < job->n_targets; t++) job->target[t].weight *= job->n_targets / sum;
    *shells = aim.shells;
    return OA_OK;
}

/* A pair takes at most all neighbours of the rarer species: p = 1 there, and alpha = 1 - 1 / c of the other. */
static oa_status check_range(oa_run *run, const monte_carlo_job *job, const oa_pair_target *t)
{
    const uint64_t most = job->counts[t->a] > job->counts[t->b] ? job->counts[t->a] : job->counts[t->b];
    const double least = 1 - (double)job->crystal.n / (double)most;
    if (t->alpha >= least - t->tolerance - 1e-9 && t->alpha <= 1 + t->tolerance + 1e-9) return OA_OK;
    return oa_fail_at(run->context, OA_IN_PARAMETER("targets"), "E_PARAMETER_RANGE", "targets has %g for %s-%s in shell %d, and a species can be none to all of the "
        "neighbours; %.6g to 1 would be right at this composition",
                      t->alpha, symbol_of(job, t->a), symbol_of(job, t->b), t->shell + 1, least);
}

/* Shares of different species among the neighbours of one add up to at most 1. */
static oa_status check_shares(oa_run *run, const monte_carlo_job *job, int species, int shell)
{
    double sum = 0, slack = 1e-9;
    for (int k = 0; k < job->n_targets; k++) {
        const oa_pair_target *t = &job->target[k];
        if (t->shell != shell || (t->a != species && t->b != species)) continue;
        const double share = (double)job->counts[t->a == species ? t->b : t->a] / job->crystal.n;
        sum += (1 - t->alpha) * share;
        slack += t->tolerance * share;
    }
    if (sum <= 1 + slack) return OA_OK;
    return oa_fail_at(run->context, OA_IN_PARAMETER("targets"), "E_PARAMETER_RANGE", "targets would make %.6g %% of the neighbours of %s in shell %d other species; "
        "100 %% at most, so larger targets, would be right",
                      100 * sum, symbol_of(job, species), shell + 1);
}

static oa_status check_targets(oa_run *run, const monte_carlo_job *job)
{
    for (int k = 0; k < job->n_targets; k++) OA_TRY(check_range(run, job, &job->target[k]));
    for (int m = 0; m < job->crystal.n_shells; m++)
        for (int s = 0; s < job->alloy.n; s++) OA_TRY(check_shares(run, job, s, m));
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- all of it */

void oa_monte_carlo__cells(const monte_carlo_params *p, uint32_t cells[3])
{
    for (int d = 0; d < 3; d++) cells[d] = (uint32_t)p->cells.v[p->cells.n == 3 ? d : 0];
    if (p->cells.n == 1 && strcmp(p->structure, "square") == 0) cells[2] = 1;
}

/* With targets the energies are all 0. *shells: the last that has a number. */
static oa_status read_pairs(oa_run *run, monte_carlo_job *job, int *shells)
{
    pair_list energies = { .name = "energies", .text = job->p->energies, .what = "energies in eV", .example = "Ni-Al:-0.03/0.01" };
    OA_TRY(read_list(run, &job->alloy, 0, &energies));
    job->energies = energies.value;
    *shells = energies.shells;
    if (job->p->targets[0]) OA_TRY(read_targets(run, job, shells));
    if (job->p->shells && job->p->shells < *shells)
        return oa_fail_at(run->context, OA_IN_PARAMETER("shells"), "E_PARAMETER_RANGE", "shells is %d, but %s go to shell %d; that or more would be right",
            (int)job->p->shells, job->n_targets ? "targets" : "energies", *shells);
    return OA_OK;
}

static oa_status spread(oa_run *run, monte_carlo_job *job, int shells)
{
    const monte_carlo_params *p = job->p;
    const oa_exchange_setup setup = { .crystal = &job->crystal, .n_species = job->alloy.n, .counts = job->counts, .energies = job->energies, .seed = (uint64_t)p->seed,
                                      .neighbours_only = strcmp(p->exchange, "any") != 0, .shells = job->n_targets ? shells : 0 };
    OA_TRY(oa_exchange__make(&run->arena, &setup, &job->chain));
    return job->n_targets ? oa_reverse__make(&run->arena, &job->chain, job->target, job->n_targets, &job->reverse) : OA_OK;
}

oa_status oa_monte_carlo__prepare(oa_run *run, monte_carlo_job *job)
{
    const monte_carlo_params *p = job->p;
    uint32_t cells[3];
    int shells;
    oa_monte_carlo__cells(p, cells);
    OA_TRY(oa_alloy__parse(run, "composition", p->composition, &job->alloy));
    if (job->alloy.n < 2)
        return oa_fail_at(run->context, OA_IN_PARAMETER("composition"), "E_PARAMETER_RANGE", "%s alone fills all sites, so nothing can be exchanged; two species or "
            "more would be right",
                          job->alloy.species[0].symbol);
    job->n_pairs = job->alloy.n * (job->alloy.n - 1) / 2;
    OA_TRY(read_pairs(run, job, &shells));
    OA_TRY(oa_periodic__make(run->context, p->structure, cells, p->shells ? (int)p->shells : shells > 4 ? shells : 4, &job->crystal));
    OA_TRY(share_sites(run, job));
    OA_TRY(check_targets(run, job));
    job->n_curves = (size_t)job->n_pairs * (size_t)job->crystal.n_shells;
    return spread(run, job, shells);
}
