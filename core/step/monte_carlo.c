/* monte_carlo.c - configurations of an alloy on a lattice at a temperature: exchanges of atoms by pair energies, and the short-range order that follows. */
#include "step/monte_carlo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "math/series.h"

enum { CELLS_MAX = 4096, SWEEPS_MAX = 100000000, DRIFT_SWEEPS = 100, DRIFT_SAMPLES = 10 };
#define DRIFT_MAX 2.0 /* standard deviations */

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
    OA_PARAM(monte_carlo_params, targets, .dflt_text = "",
             .help = "instead of energies: Warren-Cowley parameters of different species that the configuration is to have, shell after shell, -1/3 written -0.3333: "
                 "Ni-Al:-0.2/0.15 gives Ni and Al -0.2 in the first shell and 0.15 in the second. Pairs and shells left out are free. temperature, anneal_from and "
                 "equilibration have no part"),
    OA_PARAM(monte_carlo_params, weights, .dflt_text = "",
             .help = "how much each target counts, written like these, 0 to 100; 0: the shell is free. Those left out are 1"),
    OA_PARAM(monte_carlo_params, infer_energies, .dflt = 0,
             .help = "with targets: energies of pairs whose equilibrium at the temperature has them, then a measurement there. temperature and equilibration count; "
                 "weights but 0 have no part"),
    OA_PARAM(monte_carlo_params, tolerance, .dflt = 0.001, .min = 0, .max = 2,
             .help = "by how much a Warren-Cowley parameter may miss its target; one step of whole pairs is allowed in any case"),
    OA_PARAM(monte_carlo_params, temperature, .unit = OA_KELVIN, .dflt = 1000, .min = 0.001, .max = 1e12, .help = "temperature of the configuration"),
    OA_PARAM(monte_carlo_params, anneal_from, .unit = OA_KELVIN, .dflt = 0, .min = 0, .max = 1e12,
             .help = "above 0: the temperature falls evenly from there during all the sweeps of equilibration, so that order can grow without walls"),
    OA_PARAM(monte_carlo_params, exchange, .dflt_text = "any", .choices = exchange_words,
             .help = "which atoms exchange: any two of different species, or neighbours of the first shell (slower to equilibrate; pairs of one species count as "
                 "attempts)"),
    OA_PARAM(monte_carlo_params, shells, .dflt = 0, .min = 0, .max = OA_SHELLS_MAX, .help = "shells that Warren-Cowley parameters are given of; 0: four, or as many "
        "as have energies or targets"),
    OA_PARAM(monte_carlo_params, equilibration, .dflt = 1000, .min = 0, .max = SWEEPS_MAX,
             .help = "sweeps before the measurement, at most: without annealing they end when the order of the first shell drifts by less than two standard "
                 "deviations over 100 sweeps"),
    OA_PARAM(monte_carlo_params, sweeps, .dflt = 2000, .min = 1, .max = SWEEPS_MAX, .help = "sweeps of the measurement, each of as many attempts as there "
        "are sites; with targets at most so many: they end when all are met"),
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
      .help = "Warren-Cowley parameter 1 - p_ij / c_j of different species, mean over the samples or of what targets led to: 0 at random (but for "
          "-1 / (sites - 1)), negative where they attract" },
    { .name = "shells/alpha_errors", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true,
      .help = "standard error of the mean, with the autocorrelation; NaN where nothing "
        "changed" },
    { .name = "shells/energies", .type = OA_F64, .shape = "(pair, shell)", .unit = OA_EV, .is_optional = true,
      .help = "inferred energies of such pairs; like pairs have 0" },
    { .name = "shells/energies_errors", .type = OA_F64, .shape = "(pair, shell)", .unit = OA_EV, .is_optional = true,
      .help = "their standard errors, by what the last chain tells; NaN where the shell was free" },
    { .name = "shells/targets", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true, .help = "what alpha was to be; NaN where it was free" },
    { .name = "shells/tolerances", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true,
      .help = "by how much it was allowed to miss that: the tolerance, or one step of whole "
        "pairs" },
    { .name = "shells/pairs", .type = OA_F64, .shape = "(pair, shell)", .help = "number of such pairs of neighbours in the box, mean over the samples or with targets "
        "of the last configuration" },
    { .name = "shells/autocorrelation_time", .type = OA_F64, .shape = "(pair, shell)", .is_optional = true,
      .help = "sweeps, integrated; infinite where nothing changed" },
    { .name = "shells/pair", .type = OA_U32, .shape = "(pair)", .help = "number of the pair of species; the long name says which is which" },
    { .name = "shells/distance", .type = OA_F64, .shape = "(shell)", .unit = OA_NM, .help = "distance of the neighbours" },
    { .name = "shells/coordination", .type = OA_U32, .shape = "(shell)", .help = "neighbours of a site" },
    { .name = "shells/h", .type = OA_U32, .shape = "(shell)", .help = "vector to one of them along x, in half cells; the others are its permutations and signs" },
    { .name = "shells/k", .type = OA_U32, .shape = "(shell)", .help = "along y" },
    { .name = "shells/l", .type = OA_U32, .shape = "(shell)", .help = "along z" },
    { .name = "energy/energy", .type = OA_F64, .shape = "(sample)", .unit = OA_EV, .axes = "sweep", .is_optional = true, .help = "energy per site, from the start on" },
    { .name = "energy/temperature", .type = OA_F64, .shape = "(sample)", .unit = OA_KELVIN, .is_optional = true, .help = "temperature of the sweep" },
    { .name = "energy/accepted", .type = OA_F64, .shape = "(sample)", .is_optional = true, .help = "share of the attempts since the last sample that exchanged" },
    { .name = "energy/sweep", .type = OA_U64, .shape = "(sample)", .is_optional = true, .help = "sweeps done; 0: atoms spread at random" },
    { .name = "cost/cost", .type = OA_F64, .shape = "(sample)", .axes = "sweep", .is_optional = true,
      .help = "sum over the targets of weight (over the mean weight) times the square of what "
        "alpha misses" },
    { .name = "cost/temperature", .type = OA_F64, .shape = "(sample)", .is_optional = true,
      .help = "temperature of the sweep, in units of the cost over the number of sites" },
    { .name = "cost/accepted", .type = OA_F64, .shape = "(sample)", .is_optional = true, .help = "share of the attempts since the last sample that exchanged" },
    { .name = "cost/sweep", .type = OA_U64, .shape = "(sample)", .is_optional = true, .help = "sweeps done, the last perhaps in part; 0: atoms spread at random" },
    { .name = "order/alpha", .type = OA_F64, .shape = "(curve, sample)", .axes = "curve,sweep", .is_curves = true, .help = "Warren-Cowley parameters of the samples" },
    { .name = "order/curve", .type = OA_U32, .shape = "(curve)", .help = "number of the shell and pair; the long name says which is which" },
    { .name = "order/sweep", .type = OA_U64, .shape = "(sample)", .help = "sweeps done" },
    { .name = "summary/sites", .type = OA_U64, .help = "sites, each with an atom" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions of the specimen" },
    { .name = "summary/edge_x", .type = OA_F64, .unit = OA_NM, .help = "period of the box along x" },
    { .name = "summary/edge_y", .type = OA_F64, .unit = OA_NM, .help = "along y" },
    { .name = "summary/edge_z", .type = OA_F64, .unit = OA_NM, .help = "along z" },
    { .name = "summary/energy", .type = OA_F64, .unit = OA_EV, .is_optional = true, .help = "energy per site, mean over the samples of the measurement" },
    { .name = "summary/energy_errors", .type = OA_F64, .unit = OA_EV, .is_optional = true, .help = "standard error of the mean, with the autocorrelation" },
    { .name = "summary/alpha", .type = OA_F64, .help = "Warren-Cowley parameter of the first pair in the first shell" },
    { .name = "summary/alpha_errors", .type = OA_F64, .is_optional = true, .help = "its standard error" },
    { .name = "summary/acceptance", .type = OA_F64, .help = "share of the attempts of the measurement, with targets of all, that exchanged two atoms" },
    { .name = "summary/equilibration_sweeps", .type = OA_U64, .is_optional = true, .help = "sweeps before the measurement" },
    { .name = "summary/autocorrelation_time", .type = OA_F64, .is_optional = true,
      .help = "sweeps: the longest of energy and order of the first shell, integrated; infinite where "
        "nothing changed" },
    { .name = "summary/independent_samples", .type = OA_F64, .is_optional = true, .help = "sweeps of the measurement over twice that time" },
    { .name = "summary/halves_apart", .type = OA_F64, .is_optional = true,
      .help = "how far the two halves of the measurement lie apart, in standard errors: the largest of the same" },
    { .name = "summary/is_equilibrated", .type = OA_BOOL, .is_optional = true,
      .help = "no sign of the contrary was seen: the drift ended, the halves agree, and the memory is short" },
    { .name = "summary/is_met", .type = OA_BOOL, .is_optional = true, .help = "all targets are met within their tolerances" },
    { .name = "summary/largest_miss", .type = OA_F64, .is_optional = true, .help = "by how much alpha misses its target at most" },
    { .name = "summary/cost", .type = OA_F64, .is_optional = true, .help = "cost of the last configuration" },
    { .name = "summary/turns", .type = OA_U64, .is_optional = true, .help = "chains at energies that came nearer and nearer, before the one that was measured" },
    { .name = "summary/sweeps", .type = OA_U64, .is_optional = true, .help = "sweeps until the targets were met, the last perhaps in part, or all" },
    OA_OUTPUT_END
};

static size_t samples_of(const monte_carlo_params *p) { return (size_t)(p->equilibration / p->every + p->sweeps / p->every) + 4; }

static oa_status take_samples(oa_run *run, monte_carlo_job *job)
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

void oa_monte_carlo__species(const monte_carlo_job *job, int k, int *a, int *b)
{
    for (*a = 0; k >= job->alloy.n - 1 - *a; ++*a) k -= job->alloy.n - 1 - *a;
    *b = *a + 1 + k;
}

const oa_pair_target *oa_monte_carlo__target(const monte_carlo_job *job, size_t curve)
{
    const int shells = job->crystal.n_shells, shell = (int)curve % shells;
    int a, b;
    oa_monte_carlo__species(job, (int)curve / shells, &a, &b);
    for (int k = 0; k < job->n_targets; k++)
        if (job->target[k].a == a && job->target[k].b == b && job->target[k].shell == shell) return &job->target[k];
    return NULL;
}

double oa_monte_carlo__random_pairs(const monte_carlo_job *job, int pair, int shell)
{
    int a, b;
    oa_monte_carlo__species(job, pair, &a, &b);
    return oa_reverse_random(&job->crystal, job->counts, shell, a, b);
}

void oa_monte_carlo__sample(monte_carlo_job *job, double temperature)
{
    const int n = job->alloy.n, shells = job->crystal.n_shells;
    oa_exchange *chain = &job->chain;
    oa_periodic__count(&job->crystal, chain->species, n, job->pairs);
    for (int k = 0; k < job->n_pairs; k++) {
        int a, b;
        oa_monte_carlo__species(job, k, &a, &b);
        for (int m = 0; m < shells; m++)
            job->alpha[job->n * job->n_curves + (size_t)(k * shells + m)] = 1 - (double)job->pairs[(m * n + a) * n + b] / oa_monte_carlo__random_pairs(job, k, m);
    }
    const uint64_t attempts = chain->attempts - job->seen_attempts, accepted = chain->accepted - job->seen_accepted;
    job->energy[job->n] = oa_monte_carlo__has_cost(job) ? oa_reverse__cost(&job->reverse) : oa_exchange__energy(chain, job->pairs);
    job->temperature[job->n] = temperature;
    job->accepted[job->n] = attempts ? (double)accepted / (double)attempts : 0;
    job->sweep[job->n++] = job->done;
    job->seen_attempts = chain->attempts;
    job->seen_accepted = chain->accepted;
}

/* True where the order of no pair in the first shell drifts in the last `count` samples. */
static bool has_settled(const monte_carlo_job *job, size_t count, double *room)
{
    for (int k = 0; k < job->n_pairs; k++) {
        double rise, deviation;
        for (size_t i = 0; i < count; i++) room[i] = job->alpha[(job->n - count + i) * job->n_curves + (size_t)(k * job->crystal.n_shells)];
        oa_series_drift(room, count, &rise, &deviation);
        if (fabs(rise) > DRIFT_MAX * deviation) return false;
    }
    return true;
}

static oa_status sweep(oa_run *run, monte_carlo_job *job, double temperature)
{
    OA_TRY(oa_exchange__sweep(run->context, &job->chain, temperature));
    job->done++;
    oa_progress(run->context, job->done, (uint64_t)(job->p->equilibration + job->p->sweeps));
    return OA_OK;
}

static oa_status equilibrate(oa_run *run, monte_carlo_job *job)
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
        oa_monte_carlo__sample(job, t);
        if (p->anneal_from > 0 || s / p->every % span) continue;
        job->has_settled = has_settled(job, (size_t)span, room);
        if (job->has_settled) break;
    }
    return OA_OK;
}

static oa_status measure(oa_run *run, monte_carlo_job *job)
{
    oa_phase(run->context, "measure");
    job->first = job->n;
    job->seen_attempts = job->chain.attempts;
    job->seen_accepted = job->chain.accepted;
    for (int64_t s = 1; s <= job->p->sweeps; s++) {
        OA_TRY(sweep(run, job, job->p->temperature));
        if (s % job->p->every == 0) oa_monte_carlo__sample(job, job->p->temperature);
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the step */

/* Energies or targets, one of them, with the parameters that belong to it. */
static oa_status check_aim(oa_context *context, const monte_carlo_params *p)
{
    if (!p->energies[0] && !p->targets[0])
        return oa_fail_at(context, OA_IN_PARAMETER("energies"), "E_PARAMETER_VALUE", "energies says which species attract each other; give --energies "
            "Ni-Al:-0.03/0.01, for example, or by --targets Ni-Al:-0.2/0.15 the order itself");
    if (p->energies[0] && p->targets[0])
        return oa_fail_at(context, OA_IN_PARAMETER("targets"), "E_PARAMETER_VALUE", "energies and targets are both given, and atoms can follow only one of them; "
            "either alone would be right");
    if (p->weights[0] && !p->targets[0])
        return oa_fail_at(context, OA_IN_PARAMETER("weights"), "E_PARAMETER_VALUE", "weights are those of targets, and there are none; targets beside them, or no "
            "weights, would be right");
    if (p->infer_energies && !p->targets[0])
        return oa_fail_at(context, OA_IN_PARAMETER("infer_energies"), "E_PARAMETER_VALUE", "energies are inferred from targets, and there are none; --targets "
            "Ni-Al:-0.2/0.15 beside it, for example, would be right");
    if (p->targets[0] && p->anneal_from > 0)
        return oa_fail_at(context, OA_IN_PARAMETER("anneal_from"), "E_PARAMETER_VALUE", "targets are approached at a temperature of their own, and anneal_from is %g K; "
            "it would have to be left out", p->anneal_from);
    return OA_OK;
}

static oa_status monte_carlo_check(oa_context *context, const void *params)
{
    const monte_carlo_params *p = params;
    OA_TRY(check_aim(context, p));
    if (p->cells.n != 1 && p->cells.n != 3)
        return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_PARAMETER_VALUE", "cells has %d numbers; one, or three along x, y, z, would be right", p->cells.n);
    for (int d = 0; d < p->cells.n; d++)
        if (p->cells.v[d] != floor(p->cells.v[d]))
            return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_PARAMETER_VALUE", "cells has %g; whole numbers would be right", p->cells.v[d]);
    if (p->cells.n == 3 && p->cells.v[2] > 1 && strcmp(p->structure, "square") == 0)
        return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_PARAMETER_RANGE", "square is one layer, and cells has %g of them along z; 1 would be right",
            p->cells.v[2]);
    if (p->every > p->sweeps && (!p->targets[0] || p->infer_energies))
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
    monte_carlo_job *job;
    OA_TRY(oa_scratch(run, &job, 1, sizeof *job));
    job->p = params;
    OA_TRY(oa_monte_carlo__prepare(run, job));
    OA_TRY(take_samples(run, job));
    if (job->p->infer_energies) OA_TRY(oa_monte_carlo__infer(run, job));
    if (oa_monte_carlo__has_cost(job)) {
        OA_TRY(oa_monte_carlo__reach(run, job));
        OA_TRY(oa_monte_carlo__put_reached(run, job));
        return oa_monte_carlo__put_ions(run, job);
    }
    oa_monte_carlo__sample(job, job->p->anneal_from > 0 ? job->p->anneal_from : job->p->temperature);
    OA_TRY(equilibrate(run, job));
    const uint64_t before = job->chain.accepted;
    OA_TRY(measure(run, job));
    OA_TRY(oa_monte_carlo__put(run, job, job->chain.accepted - before));
    return oa_monte_carlo__put_ions(run, job);
}

/* Species are not read yet: a colon each. */
static uint64_t monte_carlo_memory(const oa_run *run, const void *params)
{
    const monte_carlo_params *p = params;
    uint32_t cells[3];
    int species = 0;
    double sublattices = 1;
    (void)run;
    oa_monte_carlo__cells(p, cells);
    for (const char *c = p->composition; *c; c++) species += *c == ':';
    if (strcmp(p->structure, "fcc") == 0) sublattices = 4;
    if (strcmp(p->structure, "bcc") == 0) sublattices = 2;
    const double sites = (double)cells[0] * cells[1] * cells[2] * sublattices, curves = (double)species * (species - 1) / 2 * OA_SHELLS_MAX;
    const double samples = (double)samples_of(p) * (32 + 8 * curves) * 2.5;
    const double chains = p->infer_energies ? 2 : 1;
    return (uint64_t)fmin(chains * oa_exchange__memory(sites, sites / cells[0], species > 1 ? species : 2) + sites * p->efficiency * 17 + samples, 1e18) + (2u << 20);
}

const oa_step oa_step_monte_carlo = {
    .name = "monte_carlo",
    .version = 3,
    .title = "Lattice Monte Carlo of an alloy",
    .help = "Spreads the species of an alloy over the sites of a periodic lattice and lets them exchange sites at a temperature (Metropolis et al., J. Chem. Phys. "
        "21 (1953) 1087; Kawasaki, Phys. Rev. "
            "145 (1966) 224), by energies of pairs in several shells. Gives the last configuration as ions, energy and Warren-Cowley parameters (Cowley, Phys. Rev. "
            "77 (1950) 669) by sweep and their "
            "means with errors, and says where the run is not at equilibrium. With targets instead of energies it makes a configuration that has given Warren-Cowley "
            "parameters (reverse Monte Carlo: McGreevy & Pusztai, Mol. Simul. 1 (1988) 359), or infers the energies whose equilibrium has them (from mean field on, by "
            "the covariance of the numbers of pairs: Lyubartsev & Laaksonen, Phys. Rev. E 52 (1995) 3730). One chain is one thread; what it does depends on the seed alone.",
    .params = monte_carlo_table, .params_size = sizeof(monte_carlo_params),
    .slots = monte_carlo_slots,  .outputs = monte_carlo_outputs,
    .is_simulation = true,       .check = monte_carlo_check,
    .run = monte_carlo_run,      .memory = monte_carlo_memory,
};
