/* monte_carlo.c - configurations of an alloy on a lattice at a temperature: exchanges of atoms by pair energies, and the short-range order that follows. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "math/exchange.h"
#include "math/series.h"
#include "step/alloy.h"

typedef struct monte_carlo_params {
    const char *structure;
    double lattice_parameter;
    oa_reals cells;
    const char *composition, *energies;
    double temperature, anneal_from;
    const char *exchange;
    int64_t shells, equilibration, sweeps, every;
    double sigma_lateral, sigma_depth, efficiency;
    int64_t seed;
} monte_carlo_params;

enum { CELLS_MAX = 4096, SWEEPS_MAX = 100000000, STREAM_SEEN = 0x4d11, STREAM_SHIFT = 0x4d12, DRIFT_SWEEPS = 100, DRIFT_SAMPLES = 10, MEMORIES = 20 };
#define DRIFT_MAX 2.0 /* standard deviations */
#define HALVES_MAX 4.0 /* standard errors between both halves of what was measured */

static const char *const exchange_words[] = { "any", "neighbours", NULL };

static const oa_param monte_carlo_table[] = {
    OA_PARAM(monte_carlo_params, structure, .dflt_text = "fcc", .choices = oa_periodic_names, .help = "lattice of the sites: fcc, bcc, sc (simple cubic), or "
        "square, one layer of sc"),
    OA_PARAM(monte_carlo_params, lattice_parameter, .unit = OA_NM, .dflt = 0.36, .min = 0.1, .max = 2, .help = "edge of the cubic cell"),
    OA_PARAM(monte_carlo_params, cells, .dflt_text = "12", .n_min = 1, .n_max = 3, .min = 1, .max = CELLS_MAX,
             .help = "cells of the periodic box: one number for all axes, or three along x, y, z (1 along z for square)"),
    OA_PARAM(monte_carlo_params, composition, .dflt_text = "Ni:0.75,Al:0.25",
             .help = "species and their atomic fractions, which sum to 1; each gets the nearest number of sites, and keeps it; ion types are numbered in this order"),
    OA_PARAM(monte_carlo_params, energies, .dflt_text = "",
             .help = "energy of a pair of neighbours in eV, shell after shell: Ni-Al:-0.03/0.01,Ni-Ni:0.005 gives Ni and Al -0.03 in the first shell and 0.01 in "
                 "the second. Pairs and shells left out are 0; a negative number binds"),
    OA_PARAM(monte_carlo_params, temperature, .unit = OA_KELVIN, .dflt = 1000, .min = 0.001, .max = 1e12, .help = "temperature of the configuration"),
    OA_PARAM(monte_carlo_params, anneal_from, .unit = OA_KELVIN, .dflt = 0, .min = 0, .max = 1e12,
             .help = "above 0: the temperature falls evenly from there during all the sweeps of equilibration, so that order can grow without walls"),
    OA_PARAM(monte_carlo_params, exchange, .dflt_text = "any", .choices = exchange_words,
             .help = "which atoms exchange: any two of different species, or neighbours of the first shell (slower to equilibrate; pairs of one species count as "
                 "attempts)"),
    OA_PARAM(monte_carlo_params, shells, .dflt = 0, .min = 0, .max = OA_SHELLS_MAX, .help = "shells that Warren-Cowley parameters are given of; 0: four, or as many "
        "as have energies"),
    OA_PARAM(monte_carlo_params, equilibration, .dflt = 1000, .min = 0, .max = SWEEPS_MAX,
             .help = "sweeps before the measurement, at most: without annealing they end when the order of the first shell drifts by less than two standard "
                 "deviations over 100 sweeps"),
    OA_PARAM(monte_carlo_params, sweeps, .dflt = 2000, .min = 1, .max = SWEEPS_MAX, .help = "sweeps of the measurement, each of as many attempts as there are sites"),
    OA_PARAM(monte_carlo_params, every, .dflt = 10, .min = 1, .max = 1000000, .help = "a sample every so many sweeps"),
    OA_PARAM(monte_carlo_params, sigma_lateral, .unit = OA_NM, .dflt = 0, .min = 0, .max = 10, .help = "standard deviation of the displacement of the ions along x "
        "and along y; 0: on their sites"),
    OA_PARAM(monte_carlo_params, sigma_depth, .unit = OA_NM, .dflt = 0, .min = 0, .max = 10, .help = "the same along z"),
    OA_PARAM(monte_carlo_params, efficiency, .dflt = 1, .min = 1e-6, .max = 1, .help = "probability that an atom becomes an ion, each for itself"),
    OA_PARAM(monte_carlo_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "which chain"),
    OA_PARAM_END
};

static const oa_slot monte_carlo_slots[] = { OA_SLOT_END };

static const oa_output monte_carlo_outputs[] = {
    { .name = "ions", .help = "the last configuration with types and ranges, from the top down (z falls); box centred on the axis, its top at z = 0" },
    { .name = "shells/alpha", .type = OA_F64, .shape = "(pair, shell)", .axes = "pair,distance", .is_plot = true, .is_curves = true,
      .help = "Warren-Cowley parameter 1 - p_ij / c_j of different species, mean over the samples: 0 at random (but for -1 / (sites - 1)), negative where they "
          "attract" },
    { .name = "shells/alpha_errors", .type = OA_F64, .shape = "(pair, shell)", .help = "standard error of the mean, with the autocorrelation; NaN where nothing "
        "changed" },
    { .name = "shells/pairs", .type = OA_F64, .shape = "(pair, shell)", .help = "mean number of such pairs of neighbours in the box" },
    { .name = "shells/autocorrelation_time", .type = OA_F64, .shape = "(pair, shell)", .help = "sweeps, integrated; infinite where nothing changed" },
    { .name = "shells/pair", .type = OA_U32, .shape = "(pair)", .help = "number of the pair of species; the long name says which is which" },
    { .name = "shells/distance", .type = OA_F64, .shape = "(shell)", .unit = OA_NM, .help = "distance of the neighbours" },
    { .name = "shells/coordination", .type = OA_U32, .shape = "(shell)", .help = "neighbours of a site" },
    { .name = "shells/h", .type = OA_U32, .shape = "(shell)", .help = "vector to one of them along x, in half cells; the others are its permutations and signs" },
    { .name = "shells/k", .type = OA_U32, .shape = "(shell)", .help = "along y" },
    { .name = "shells/l", .type = OA_U32, .shape = "(shell)", .help = "along z" },
    { .name = "energy/energy", .type = OA_F64, .shape = "(sample)", .unit = OA_EV, .axes = "sweep", .help = "energy per site, from the start on" },
    { .name = "energy/temperature", .type = OA_F64, .shape = "(sample)", .unit = OA_KELVIN, .help = "temperature of the sweep" },
    { .name = "energy/accepted", .type = OA_F64, .shape = "(sample)", .help = "share of the attempts since the last sample that exchanged" },
    { .name = "energy/sweep", .type = OA_U64, .shape = "(sample)", .help = "sweeps done; 0: atoms spread at random" },
    { .name = "order/alpha", .type = OA_F64, .shape = "(curve, sample)", .axes = "curve,sweep", .is_curves = true, .help = "Warren-Cowley parameters of the samples" },
    { .name = "order/curve", .type = OA_U32, .shape = "(curve)", .help = "number of the shell and pair; the long name says which is which" },
    { .name = "order/sweep", .type = OA_U64, .shape = "(sample)", .help = "sweeps done" },
    { .name = "summary/sites", .type = OA_U64, .help = "sites, each with an atom" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions of the specimen" },
    { .name = "summary/edge_x", .type = OA_F64, .unit = OA_NM, .help = "period of the box along x" },
    { .name = "summary/edge_y", .type = OA_F64, .unit = OA_NM, .help = "along y" },
    { .name = "summary/edge_z", .type = OA_F64, .unit = OA_NM, .help = "along z" },
    { .name = "summary/energy", .type = OA_F64, .unit = OA_EV, .help = "energy per site, mean over the samples of the measurement" },
    { .name = "summary/energy_errors", .type = OA_F64, .unit = OA_EV, .help = "standard error of the mean, with the autocorrelation" },
    { .name = "summary/alpha", .type = OA_F64, .help = "Warren-Cowley parameter of the first pair in the first shell" },
    { .name = "summary/alpha_errors", .type = OA_F64, .help = "its standard error" },
    { .name = "summary/acceptance", .type = OA_F64, .help = "share of the attempts of the measurement that exchanged two atoms" },
    { .name = "summary/equilibration_sweeps", .type = OA_U64, .help = "sweeps before the measurement" },
    { .name = "summary/autocorrelation_time", .type = OA_F64, .help = "sweeps: the longest of energy and order of the first shell, integrated; infinite where "
        "nothing changed" },
    { .name = "summary/independent_samples", .type = OA_F64, .help = "sweeps of the measurement over twice that time" },
    { .name = "summary/halves_apart", .type = OA_F64, .help = "how far the two halves of the measurement lie apart, in standard errors: the largest of the same" },
    { .name = "summary/is_equilibrated", .type = OA_BOOL, .help = "no sign of the contrary was seen: the drift ended, the halves agree, and the memory is short" },
    OA_OUTPUT_END
};

typedef struct mc_job {
    const monte_carlo_params *p;
    oa_alloy alloy;
    oa_periodic crystal;
    uint64_t counts[OA_ALLOY_MAX];
    double *energies; /* (shells, species, species) */
    oa_exchange chain;
    int n_pairs;      /* of different species */
    size_t n_curves;  /* n_pairs * shells, pair after pair */
    /* samples */
    size_t n, room, first; /* first: of the measurement */
    uint64_t *sweep;
    double *energy, *temperature, *accepted, *alpha; /* alpha (room, n_curves) */
    uint64_t *pairs;  /* (shells, species, species) of the last sample */
    uint64_t done;    /* sweeps */
    uint64_t seen_attempts, seen_accepted; /* at the last sample */
    bool has_settled;
} mc_job;

/* ---------------------------------------------------------------------------------------------- what was asked for */

static oa_status share_sites(oa_run *run, mc_job *job)
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

static oa_status refuse_energy(oa_run *run, const char *word)
{
    return oa_fail_at(run->context, OA_IN_PARAMETER("energies"), "E_PARAMETER_VALUE", "energies has '%.60s'; a pair of species and at most %d energies in eV would "
        "be right, like Ni-Al:-0.03/0.01",
                      word, OA_SHELLS_MAX);
}

/* "Ni-Al:-0.03/0.01" into the rows of v (OA_SHELLS_MAX, species, species); *shells rises to what it has. */
static oa_status read_pair(oa_run *run, const oa_alloy *alloy, const char *word, double *v, bool *named, int *shells)
{
    const char *dash = strchr(word, '-'), *colon = strchr(word, ':');
    char name[2][8] = { "", "" };
    int s[2], m = 0;
    if (!dash || !colon || colon < dash || dash - word > 3 || colon - dash > 4) return refuse_energy(run, word);
    memcpy(name[0], word, (size_t)(dash - word));
    memcpy(name[1], dash + 1, (size_t)(colon - dash - 1));
    for (int k = 0; k < 2; k++) OA_TRY(oa_alloy__find(run, alloy, "energies", name[k], &s[k]));
    const int n = alloy->n;
    if (named[s[0] * n + s[1]])
        return oa_fail_at(run->context, OA_IN_PARAMETER("energies"), "E_PARAMETER_VALUE", "energies names %s-%s twice; once would be right", name[0], name[1]);
    named[s[0] * n + s[1]] = named[s[1] * n + s[0]] = true;
    for (const char *at = colon + 1;; m++) {
        const size_t length = strcspn(at, "/");
        double value;
        if (m >= OA_SHELLS_MAX || !oa_text_real(at, length, false, &value) || !(fabs(value) <= 100)) return refuse_energy(run, word);
        v[(m * n + s[0]) * n + s[1]] = v[(m * n + s[1]) * n + s[0]] = value;
        if (!at[length]) break;
        at += length + 1;
    }
    if (m + 1 > *shells) *shells = m + 1;
    return OA_OK;
}

static oa_status read_energies(oa_run *run, mc_job *job, int *shells)
{
    const size_t square = (size_t)job->alloy.n * (size_t)job->alloy.n;
    char **word;
    bool *named;
    size_t n;
    OA_TRY(oa_scratch(run, &job->energies, OA_SHELLS_MAX * square, sizeof *job->energies));
    OA_TRY(oa_scratch(run, &named, square, sizeof *named));
    OA_TRY(oa_words_split(run, job->p->energies, ',', &word, &n));
    oa_status status = OA_OK;
    for (size_t i = 0; i < n && status == OA_OK; i++) status = read_pair(run, &job->alloy, word[i], job->energies, named, shells);
    oa_free(run->context, word);
    return status;
}

static void cells_of(const monte_carlo_params *p, uint32_t cells[3])
{
    for (int d = 0; d < 3; d++) cells[d] = (uint32_t)p->cells.v[p->cells.n == 3 ? d : 0];
    if (p->cells.n == 1 && strcmp(p->structure, "square") == 0) cells[2] = 1;
}

static oa_status prepare(oa_run *run, mc_job *job)
{
    const monte_carlo_params *p = job->p;
    uint32_t cells[3];
    int shells = 1;
    cells_of(p, cells);
    OA_TRY(oa_alloy__parse(run, "composition", p->composition, &job->alloy));
    if (job->alloy.n < 2)
        return oa_fail_at(run->context, OA_IN_PARAMETER("composition"), "E_PARAMETER_RANGE", "%s alone fills all sites, so nothing can be exchanged; two species or "
            "more would be right",
                          job->alloy.species[0].symbol);
    OA_TRY(read_energies(run, job, &shells));
    if (p->shells && p->shells < shells)
        return oa_fail_at(run->context, OA_IN_PARAMETER("shells"), "E_PARAMETER_RANGE", "shells is %d, but energies go to shell %d; that or more would be right",
            (int)p->shells, shells);
    OA_TRY(oa_periodic__make(run->context, p->structure, cells, p->shells ? (int)p->shells : shells > 4 ? shells : 4, &job->crystal));
    OA_TRY(share_sites(run, job));
    job->n_pairs = job->alloy.n * (job->alloy.n - 1) / 2;
    job->n_curves = (size_t)job->n_pairs * (size_t)job->crystal.n_shells;
    const oa_exchange_setup setup = { &job->crystal, job->alloy.n, job->counts, job->energies, (uint64_t)p->seed, strcmp(p->exchange, "any") != 0 };
    return oa_exchange__make(&run->arena, &setup, &job->chain);
}

static size_t samples_of(const monte_carlo_params *p) { return (size_t)(p->equilibration / p->every + p->sweeps / p->every) + 4; }

static oa_status take_samples(oa_run *run, mc_job *job)
{
    const size_t square = (size_t)job->alloy.n * (size_t)job->alloy.n;
    job->room = samples_of(job->p);
    OA_TRY(oa_scratch(run, &job->sweep, job->room, sizeof *job->sweep));
    OA_TRY(oa_scratch(run, &job->energy, job->room, sizeof *job->energy));
    OA_TRY(oa_scratch(run, &job->temperature, job->room, sizeof *job->temperature));
    OA_TRY(oa_scratch(run, &job->accepted, job->room, sizeof *job->accepted));
    OA_TRY(oa_scratch(run, &job->alpha, job->room * job->n_curves, sizeof *job->alpha));
    return oa_scratch(run, &job->pairs, (size_t)job->crystal.n_shells * square, sizeof *job->pairs);
}

/* ---------------------------------------------------------------------------------------------- the chain */

/* Species of pair number k: 0-1, 0-2, ..., 1-2, ... */
static void species_of(const mc_job *job, int k, int *a, int *b)
{
    for (*a = 0; k >= job->alloy.n - 1 - *a; ++*a) k -= job->alloy.n - 1 - *a;
    *b = *a + 1 + k;
}

/* Pairs of neighbours that a spread with alpha = 0 has. */
static double random_pairs(const mc_job *job, int pair, int shell)
{
    int a, b;
    species_of(job, pair, &a, &b);
    return (double)job->counts[a] * (double)job->counts[b] / job->crystal.n * job->crystal.shell[shell].coordination;
}

static void sample(mc_job *job, double temperature)
{
    const int n = job->alloy.n, shells = job->crystal.n_shells;
    oa_exchange *chain = &job->chain;
    oa_periodic__count(&job->crystal, chain->species, n, job->pairs);
    for (int k = 0; k < job->n_pairs; k++) {
        int a, b;
        species_of(job, k, &a, &b);
        for (int m = 0; m < shells; m++)
            job->alpha[job->n * job->n_curves + (size_t)(k * shells + m)] = 1 - (double)job->pairs[(m * n + a) * n + b] / random_pairs(job, k, m);
    }
    const uint64_t attempts = chain->attempts - job->seen_attempts, accepted = chain->accepted - job->seen_accepted;
    job->energy[job->n] = oa_exchange__energy(chain, job->pairs);
    job->temperature[job->n] = temperature;
    job->accepted[job->n] = attempts ? (double)accepted / (double)attempts : 0;
    job->sweep[job->n++] = job->done;
    job->seen_attempts = chain->attempts;
    job->seen_accepted = chain->accepted;
}

/* True where the order of no pair in the first shell drifts in the last `count` samples. */
static bool has_settled(const mc_job *job, size_t count, double *room)
{
    for (int k = 0; k < job->n_pairs; k++) {
        double rise, deviation;
        for (size_t i = 0; i < count; i++) room[i] = job->alpha[(job->n - count + i) * job->n_curves + (size_t)(k * job->crystal.n_shells)];
        oa_series_drift(room, count, &rise, &deviation);
        if (fabs(rise) > DRIFT_MAX * deviation) return false;
    }
    return true;
}

static oa_status sweep(oa_run *run, mc_job *job, double temperature)
{
    OA_TRY(oa_exchange__sweep(run->context, &job->chain, temperature));
    job->done++;
    oa_progress(run->context, job->done, (uint64_t)(job->p->equilibration + job->p->sweeps));
    return OA_OK;
}

static oa_status equilibrate(oa_run *run, mc_job *job)
{
    const monte_carlo_params *p = job->p;
    const int64_t span = DRIFT_SWEEPS / p->every >= DRIFT_SAMPLES ? DRIFT_SWEEPS / p->every : DRIFT_SAMPLES; /* samples */
    double *room;
    OA_TRY(oa_scratch(run, &room, (size_t)span, sizeof *room));
    oa_phase(run->context, "equilibrate");
    job->has_settled = p->anneal_from > 0 || p->equilibration < span * p->every; /* too few sweeps to tell: the halves of the measurement will */
    for (int64_t s = 1; s <= p->equilibration; s++) {
        const double far = 1 - (double)s / (double)p->equilibration;
        const double t = p->anneal_from > 0 ? p->temperature + far * (p->anneal_from - p->temperature) : p->temperature;
        OA_TRY(sweep(run, job, t));
        if (s % p->every) continue;
        sample(job, t);
        if (p->anneal_from > 0 || s / p->every % span) continue;
        job->has_settled = has_settled(job, (size_t)span, room);
        if (job->has_settled) break;
    }
    return OA_OK;
}

static oa_status measure(oa_run *run, mc_job *job)
{
    oa_phase(run->context, "measure");
    job->first = job->n;
    job->seen_attempts = job->chain.attempts;
    job->seen_accepted = job->chain.accepted;
    for (int64_t s = 1; s <= job->p->sweeps; s++) {
        OA_TRY(sweep(run, job, job->p->temperature));
        if (s % job->p->every == 0) sample(job, job->p->temperature);
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- what the samples say */

typedef struct verdict {
    double time, apart; /* sweeps, standard errors: the largest of energy and first shell */
    bool is_long;
} verdict;

/* values: every `step`-th from the first sample of the measurement on. Joins what they say to the verdict where it is not NULL. */
static oa_status judge(oa_run *run, const mc_job *job, const double *values, size_t step, oa_series *out, verdict *v)
{
    const size_t n = job->n - job->first, half = n / 2;
    double *room;
    oa_series part[2];
    OA_TRY(oa_new(run->context, &room, n, sizeof *room));
    for (int h = 0; h < 2; h++) {
        for (size_t i = 0; i < half; i++) room[i] = values[(h ? n - half + i : i) * step];
        part[h] = oa_series_of(room, half);
    }
    for (size_t i = 0; i < n; i++) room[i] = values[i * step];
    *out = oa_series_of(room, n);
    oa_free(run->context, room);
    if (!v || isinf(out->time)) return OA_OK;
    const double error = hypot(isnan(part[0].error) ? 0 : part[0].error, isnan(part[1].error) ? 0 : part[1].error);
    const double apart = error > 0 ? fabs(part[0].mean - part[1].mean) / error : 0, time = out->time * (double)job->p->every;
    if (!(v->time >= time)) v->time = time;
    if (apart > v->apart) v->apart = apart;
    v->is_long = v->is_long || out->is_long;
    return OA_OK;
}

static oa_status put_distances(oa_run *run, const mc_job *job)
{
    const size_t shells = (size_t)job->crystal.n_shells;
    uint32_t *coordination, *h, *k, *l;
    double *distance;
    OA_TRY(oa_put_array(run, "shells/distance", 1, &shells, &distance));
    OA_TRY(oa_put_array(run, "shells/coordination", 1, &shells, &coordination));
    OA_TRY(oa_put_array(run, "shells/h", 1, &shells, &h));
    OA_TRY(oa_put_array(run, "shells/k", 1, &shells, &k));
    OA_TRY(oa_put_array(run, "shells/l", 1, &shells, &l));
    for (size_t m = 0; m < shells; m++) {
        const oa_shell *shell = &job->crystal.shell[m];
        distance[m] = job->p->lattice_parameter / 2 * sqrt(shell->square);
        coordination[m] = (uint32_t)shell->coordination;
        h[m] = shell->h, k[m] = shell->k, l[m] = shell->l;
    }
    return oa_put_long_name(run, "shells/distance", "distance of neighbours (nm)");
}

static void add_name(oa_string *s, const mc_job *job, int pair, int shell, int number)
{
    int a, b;
    species_of(job, pair, &a, &b);
    oa_string_add(s, "%s %d %s-%s", number ? "," : shell ? "curve:" : "pair:", number, job->alloy.species[a].symbol, job->alloy.species[b].symbol);
    if (shell) oa_string_add(s, " shell %d", shell);
}

/* Numbers of pairs, or of pairs and shells, and their names. */
static oa_status put_names(oa_run *run, const mc_job *job, const char *array, bool has_shells)
{
    const int shells = has_shells ? job->crystal.n_shells : 1;
    const size_t n = (size_t)(job->n_pairs * shells);
    oa_string names = { .context = run->context };
    uint32_t *number;
    char *text;
    OA_TRY(oa_put_array(run, array, 1, &n, &number));
    for (size_t i = 0; i < n; i++) {
        number[i] = (uint32_t)i;
        add_name(&names, job, (int)i / shells, has_shells ? (int)i % shells + 1 : 0, (int)i);
    }
    OA_TRY(oa_string_take(&names, &text));
    const oa_status status = oa_put_long_name(run, array, text);
    oa_free(run->context, text);
    return status;
}

static oa_status put_shells(oa_run *run, const mc_job *job, verdict *v)
{
    const size_t shells = (size_t)job->crystal.n_shells, dims[2] = { (size_t)job->n_pairs, shells };
    double *alpha, *errors, *pairs, *time;
    OA_TRY(oa_put_array(run, "shells/alpha", 2, dims, &alpha));
    OA_TRY(oa_put_array(run, "shells/alpha_errors", 2, dims, &errors));
    OA_TRY(oa_put_array(run, "shells/pairs", 2, dims, &pairs));
    OA_TRY(oa_put_array(run, "shells/autocorrelation_time", 2, dims, &time));
    OA_TRY(oa_put_long_name(run, "shells/alpha", "Warren-Cowley parameter"));
    for (size_t i = 0; i < job->n_curves; i++) {
        oa_series s;
        OA_TRY(judge(run, job, job->alpha + job->first * job->n_curves + i, job->n_curves, &s, i % shells == 0 ? v : NULL));
        alpha[i] = s.mean;
        errors[i] = s.error;
        pairs[i] = (1 - s.mean) * random_pairs(job, (int)(i / shells), (int)(i % shells));
        time[i] = s.time * (double)job->p->every;
    }
    OA_TRY(oa_put_real(run, "summary/alpha", alpha[0]));
    OA_TRY(oa_put_real(run, "summary/alpha_errors", errors[0]));
    OA_TRY(put_names(run, job, "shells/pair", false));
    return put_distances(run, job);
}

static oa_status put_trace(oa_run *run, const mc_job *job)
{
    const size_t n = job->n, dims[2] = { job->n_curves, n };
    double *energy, *temperature, *accepted, *alpha;
    uint64_t *sweep_of_energy, *sweep_of_order;
    OA_TRY(oa_put_array(run, "energy/energy", 1, &n, &energy));
    OA_TRY(oa_put_array(run, "energy/temperature", 1, &n, &temperature));
    OA_TRY(oa_put_array(run, "energy/accepted", 1, &n, &accepted));
    OA_TRY(oa_put_array(run, "energy/sweep", 1, &n, &sweep_of_energy));
    OA_TRY(oa_put_array(run, "order/alpha", 2, dims, &alpha));
    OA_TRY(oa_put_array(run, "order/sweep", 1, &n, &sweep_of_order));
    memcpy(energy, job->energy, n * sizeof *energy);
    memcpy(temperature, job->temperature, n * sizeof *temperature);
    memcpy(accepted, job->accepted, n * sizeof *accepted);
    memcpy(sweep_of_energy, job->sweep, n * sizeof *sweep_of_energy);
    memcpy(sweep_of_order, job->sweep, n * sizeof *sweep_of_order);
    for (size_t c = 0; c < job->n_curves; c++)
        for (size_t i = 0; i < n; i++) alpha[c * n + i] = job->alpha[i * job->n_curves + c];
    OA_TRY(oa_put_long_name(run, "order/alpha", "Warren-Cowley parameter"));
    return put_names(run, job, "order/curve", true);
}

/* Says what is wrong, the worst first. */
static void warn(oa_run *run, const mc_job *job, const verdict *v, uint64_t accepted)
{
    const char *const advice = "more sweeps, a higher temperature or anneal_from would be right";
    if (!accepted)
        oa_note(run, "W_NOT_EQUILIBRATED", "no exchange was accepted in %lld sweeps: the configuration is frozen, and nothing tells whether it is that of %g K; "
            "%s", (long long)job->p->sweeps,
                job->p->temperature, advice);
    else if (job->n - job->first < 2)
        oa_note(run, "W_NOT_EQUILIBRATED", "one sample tells nothing about equilibrium; more sweeps, or one every fewer, would be right");
    else if (v->is_long || v->time * MEMORIES > (double)job->p->sweeps)
        oa_note(run, "W_NOT_EQUILIBRATED", "the autocorrelation time is %s%.3g sweeps, and %lld were measured, less than %d times that; %s",
            v->is_long ? "at least " : "", v->time,
                (long long)job->p->sweeps, MEMORIES, advice);
    else if (v->apart > HALVES_MAX)
        oa_note(run, "W_NOT_EQUILIBRATED", "the two halves of the measurement lie %.3g standard errors apart, at an autocorrelation time of %.3g sweeps; %s",
            v->apart, v->time, advice);
    else if (!job->has_settled)
        oa_note(run, "W_NOT_EQUILIBRATED", "order still drifted after %lld sweeps of equilibration, at an autocorrelation time of %.3g sweeps; more of them, or "
            "anneal_from, would be right",
                (long long)job->p->equilibration, v->time);
}

static oa_status put_verdict(oa_run *run, const mc_job *job, verdict *v, uint64_t accepted)
{
    const uint64_t attempts = (uint64_t)job->p->sweeps * job->crystal.n;
    oa_series energy;
    OA_TRY(judge(run, job, job->energy + job->first, 1, &energy, v));
    if (!(v->time > 0)) v->time = INFINITY;
    const bool is_long = accepted && isfinite(v->time) && (v->is_long || v->time * MEMORIES > (double)job->p->sweeps);
    OA_TRY(oa_put_real(run, "summary/energy", energy.mean));
    OA_TRY(oa_put_real(run, "summary/energy_errors", energy.error));
    OA_TRY(oa_put_real(run, "summary/acceptance", (double)accepted / (double)attempts));
    OA_TRY(oa_put_count(run, "summary/equilibration_sweeps", job->first ? job->sweep[job->first - 1] : 0));
    OA_TRY(oa_put_real(run, "summary/autocorrelation_time", v->time));
    OA_TRY(oa_put_real(run, "summary/independent_samples", isfinite(v->time) ? (double)job->p->sweeps / (2 * v->time) : 0));
    OA_TRY(oa_put_real(run, "summary/halves_apart", v->apart));
    const bool is_settled = accepted && job->n - job->first >= 2 && !is_long && v->apart <= HALVES_MAX && job->has_settled;
    if (!is_settled) warn(run, job, v, accepted);
    return oa_put_bool(run, "summary/is_equilibrated", is_settled);
}

/* ---------------------------------------------------------------------------------------------- the specimen */

static bool is_seen(const monte_carlo_params *p, uint32_t site)
{
    uint32_t w[4];
    if (p->efficiency >= 1) return true;
    oa_philox((uint64_t)p->seed, STREAM_SEEN, site, w);
    return w[0] < (uint64_t)(p->efficiency * 0x1p32);
}

/* Sites from the top down, row by row: the next from *place on, which moves behind it. */
static uint32_t next_site(const oa_periodic *c, int32_t place[3])
{
    for (; place[2] >= 0; place[2]--, place[1] = 0)
        for (; place[1] < (int32_t)(2 * c->cells[1]); place[1]++, place[0] = 0)
            while (place[0] < (int32_t)(2 * c->cells[0])) {
                const uint32_t site = oa_periodic__site(c, place);
                place[0]++;
                if (site != OA_NO_SITE) return site;
            }
    return OA_NO_SITE;
}

static void position_of(const mc_job *job, uint32_t site, double at[3])
{
    const monte_carlo_params *p = job->p;
    const double half = p->lattice_parameter / 2;
    int32_t place[3];
    oa_periodic__place(&job->crystal, site, place);
    for (int d = 0; d < 3; d++) at[d] = half * (place[d] - (d < 2 ? 1.0 : 2.0) * job->crystal.cells[d]);
    if (!(p->sigma_lateral > 0 || p->sigma_depth > 0)) return;
    oa_random random = oa_random_start((uint64_t)p->seed, (uint64_t)STREAM_SHIFT << 32 | site);
    at[0] += p->sigma_lateral * oa_random_normal(&random);
    at[1] += p->sigma_lateral * oa_random_normal(&random);
    at[2] += p->sigma_depth * oa_random_normal(&random);
}

static void fill(const mc_job *job, oa_ions *ions)
{
    float *x = oa_ions__data(ions, OA_X), *y = oa_ions__data(ions, OA_Y), *z = oa_ions__data(ions, OA_Z), *mass = oa_ions__data(ions, OA_MASS);
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    int32_t place[3] = { 0, 0, (int32_t)(2 * job->crystal.cells[2]) - 1 };
    size_t row = 0;
    for (uint32_t site; (site = next_site(&job->crystal, place)) != OA_NO_SITE;) {
        double at[3];
        if (!is_seen(job->p, site)) continue;
        position_of(job, site, at);
        x[row] = (float)at[0], y[row] = (float)at[1], z[row] = (float)at[2];
        const uint8_t species = job->chain.species[site];
        type[row] = (uint8_t)(species + 1);
        mass[row++] = (float)job->alloy.species[species].mass_to_charge;
    }
}

static oa_status put_specimen(oa_run *run, const mc_job *job)
{
    static const char *const edges[3] = { "summary/edge_x", "summary/edge_y", "summary/edge_z" };
    const double a = job->p->lattice_parameter;
    oa_ions *ions;
    oa_ranges *ranges;
    size_t n = 0;
    oa_phase(run->context, "specimen");
    for (uint32_t site = 0; site < job->crystal.n; site++) n += is_seen(job->p, site);
    OA_TRY(oa_ions__create(run->context, &ions, n));
    OA_TRY(oa_put_ions(run, ions));
    OA_TRY(oa_ions__add_column(ions, OA_TYPE, OA_U8));
    fill(job, ions);
    OA_TRY(oa_alloy__ranges(run->context, &job->alloy, a * a * a / job->crystal.sublattices, &ranges));
    oa_ions__set_ranges(ions, ranges);
    if (!n) oa_note(run, "W_NO_IONS", "no atom of the %u became an ion", job->crystal.n);
    for (int d = 0; d < 3; d++) OA_TRY(oa_put_real(run, edges[d], a * job->crystal.cells[d]));
    OA_TRY(oa_put_count(run, "summary/sites", job->crystal.n));
    return oa_put_count(run, "summary/ions", n);
}

/* ---------------------------------------------------------------------------------------------- the step */

static oa_status monte_carlo_check(oa_context *context, const void *params)
{
    const monte_carlo_params *p = params;
    if (!p->energies[0])
        return oa_fail_at(context, OA_IN_PARAMETER("energies"), "E_PARAMETER_VALUE", "energies says which species attract each other; give --energies "
            "Ni-Al:-0.03/0.01, for example");
    if (p->cells.n != 1 && p->cells.n != 3)
        return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_PARAMETER_VALUE", "cells has %d numbers; one, or three along x, y, z, would be right", p->cells.n);
    for (int d = 0; d < p->cells.n; d++)
        if (p->cells.v[d] != floor(p->cells.v[d]))
            return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_PARAMETER_VALUE", "cells has %g; whole numbers would be right", p->cells.v[d]);
    if (p->cells.n == 3 && p->cells.v[2] > 1 && strcmp(p->structure, "square") == 0)
        return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_PARAMETER_RANGE", "square is one layer, and cells has %g of them along z; 1 would be right",
            p->cells.v[2]);
    if (p->every > p->sweeps)
        return oa_fail_at(context, OA_IN_PARAMETER("every"), "E_PARAMETER_RANGE", "a sample every %lld sweeps: there would be none in %lld; at most that many would "
            "be right", (long long)p->every,
                          (long long)p->sweeps);
    if (p->anneal_from > 0 && p->equilibration == 0)
        return oa_fail_at(context, OA_IN_PARAMETER("equilibration"), "E_PARAMETER_RANGE", "equilibration is 0, so there is no time to fall from %g K; some sweeps "
            "would be right", p->anneal_from);
    return OA_OK;
}

static oa_status monte_carlo_run(oa_run *run, const void *params)
{
    mc_job *job;
    verdict v = { 0 };
    OA_TRY(oa_scratch(run, &job, 1, sizeof *job));
    job->p = params;
    OA_TRY(prepare(run, job));
    OA_TRY(take_samples(run, job));
    sample(job, job->p->anneal_from > 0 ? job->p->anneal_from : job->p->temperature);
    OA_TRY(equilibrate(run, job));
    const uint64_t before = job->chain.accepted;
    OA_TRY(measure(run, job));
    OA_TRY(put_shells(run, job, &v));
    OA_TRY(put_trace(run, job));
    OA_TRY(put_verdict(run, job, &v, job->chain.accepted - before));
    return put_specimen(run, job);
}

/* Species are not read yet: a colon each. */
static uint64_t monte_carlo_memory(const oa_run *run, const void *params)
{
    const monte_carlo_params *p = params;
    uint32_t cells[3];
    int species = 0;
    double sublattices = 1;
    (void)run;
    cells_of(p, cells);
    for (const char *c = p->composition; *c; c++) species += *c == ':';
    if (strcmp(p->structure, "fcc") == 0) sublattices = 4;
    if (strcmp(p->structure, "bcc") == 0) sublattices = 2;
    const double sites = (double)cells[0] * cells[1] * cells[2] * sublattices, curves = (double)species * (species - 1) / 2 * OA_SHELLS_MAX;
    const double samples = (double)samples_of(p) * (32 + 8 * curves) * 2.5;
    return (uint64_t)fmin(oa_exchange__memory(sites, species > 1 ? species : 2) + sites * p->efficiency * 17 + samples, 1e18) + (2u << 20);
}

const oa_step oa_step_monte_carlo = {
    .name = "monte_carlo",
    .version = 1,
    .title = "Lattice Monte Carlo of an alloy",
    .help = "Spreads the species of an alloy over the sites of a periodic lattice and lets them exchange sites at a temperature (Metropolis et al., J. Chem. Phys. "
        "21 (1953) 1087; Kawasaki, Phys. Rev. "
            "145 (1966) 224), by energies of pairs in several shells. Gives the last configuration as ions, energy and Warren-Cowley parameters (Cowley, Phys. Rev. "
            "77 (1950) 669) by sweep and their "
            "means with errors, and says where the run is not at equilibrium. One chain is one thread; what it does depends on the seed alone.",
    .params = monte_carlo_table, .params_size = sizeof(monte_carlo_params),
    .slots = monte_carlo_slots,  .outputs = monte_carlo_outputs,
    .is_simulation = true,       .check = monte_carlo_check,
    .run = monte_carlo_run,      .memory = monte_carlo_memory,
};
