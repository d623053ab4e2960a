/* monte_carlo_infer.c - energies of pairs whose equilibrium has given Warren-Cowley parameters: chains at energies that get better from turn to turn. */
#include "step/monte_carlo.h"

#include <math.h>
#include <string.h>

#include "math/inverse.h"
#include "math/series.h"

enum { TURNS = 20 };
#define STEP_MOST 0.5  /* kT, of one energy in one turn: numbers of pairs follow energies in a straight line only nearby */
#define ERRORS 2.0     /* standard errors by which a turn may miss */

static double kt_of(const monte_carlo_job *job) { return OA_BOLTZMANN * job->p->temperature; }

static double *energy_of(const monte_carlo_job *job, int shell, int a, int b) { return &job->energies[(shell * job->alloy.n + a) * job->alloy.n + b]; }

static void add_energy(const monte_carlo_job *job, const oa_pair_target *t, double by)
{
    *energy_of(job, t->shell, t->a, t->b) += by;
    *energy_of(job, t->shell, t->b, t->a) += by;
}

/* Mean field says where to begin for two species; more begin without energies. */
static void start(const monte_carlo_job *job)
{
    double alpha[OA_SHELLS_MAX] = { 0 }, energies[OA_SHELLS_MAX];
    if (job->alloy.n > 2) return;
    for (int k = 0; k < job->n_targets; k++) alpha[job->target[k].shell] = job->target[k].alpha;
    oa_inverse_start(&job->crystal, job->crystal.n_shells, alpha, (double)job->counts[0] / job->crystal.n, kt_of(job), energies);
    for (int k = 0; k < job->n_targets; k++) add_energy(job, &job->target[k], energies[job->target[k].shell]);
}

typedef struct turn {
    size_t n, samples;
    double *value;      /* (samples, n) numbers of pairs */
    double *mean, *error, *aim, *step, *covariance, *room;
} turn;

static oa_status take(oa_run *run, const monte_carlo_job *job, turn *t)
{
    t->n = (size_t)job->n_targets;
    t->samples = (size_t)(job->p->sweeps / job->p->every);
    OA_TRY(oa_scratch(run, &t->value, t->samples * t->n, sizeof(double)));
    OA_TRY(oa_scratch(run, &t->mean, t->n, sizeof(double)));
    OA_TRY(oa_scratch(run, &t->error, t->n, sizeof(double)));
    OA_TRY(oa_scratch(run, &t->aim, t->n, sizeof(double)));
    OA_TRY(oa_scratch(run, &t->step, t->n, sizeof(double)));
    OA_TRY(oa_scratch(run, &t->covariance, t->n * t->n, sizeof(double)));
    OA_TRY(oa_scratch(run, &t->room, t->samples, sizeof(double)));
    for (size_t k = 0; k < t->n; k++) t->aim[k] = job->target[k].aim;
    return OA_OK;
}

/* Numbers of pairs of a chain at the energies so far. */
static oa_status sample(oa_run *run, monte_carlo_job *job, oa_exchange *chain, turn *t)
{
    const monte_carlo_params *p = job->p;
    size_t at = 0;
    for (int64_t s = 1; s <= p->equilibration + p->sweeps; s++) {
        OA_TRY(oa_exchange__sweep(run->context, chain, p->temperature));
        if (s <= p->equilibration || (s - p->equilibration) % p->every || at == t->samples) continue;
        oa_periodic__count(&job->crystal, chain->species, job->alloy.n, job->pairs);
        for (size_t k = 0; k < t->n; k++) {
            const oa_pair_target *target = &job->target[k];
            t->value[at * t->n + k] = (double)job->pairs[(target->shell * job->alloy.n + target->a) * job->alloy.n + target->b];
        }
        at++;
    }
    return OA_OK;
}

static void sum_up(turn *t)
{
    for (size_t k = 0; k < t->n; k++) {
        for (size_t i = 0; i < t->samples; i++) t->room[i] = t->value[i * t->n + k];
        const oa_series s = oa_series_of(t->room, t->samples);
        t->mean[k] = s.mean;
        t->error[k] = isnan(s.error) ? 0 : s.error;
    }
    for (size_t k = 0; k < t->n; k++)
        for (size_t l = 0; l <= k; l++) {
            double sum = 0;
            for (size_t i = 0; i < t->samples; i++) sum += (t->value[i * t->n + k] - t->mean[k]) * (t->value[i * t->n + l] - t->mean[l]);
            t->covariance[k * t->n + l] = t->covariance[l * t->n + k] = sum / (double)t->samples;
        }
}

/* Within the tolerance, and that is not only so by the noise of the turn. */
static bool is_near(const monte_carlo_job *job, const turn *t)
{
    for (size_t k = 0; k < t->n; k++) {
        const double off = fabs(t->mean[k] - t->aim[k]), random = job->target[k].random;
        if (off > fmax(job->p->tolerance * random, ERRORS * t->error[k])) return false;
    }
    return true;
}

static oa_status one_turn(oa_run *run, monte_carlo_job *job, int number, turn *t)
{
    oa_arena arena = { .context = run->context };
    oa_exchange chain;
    oa_exchange_setup setup = job->chain.setup;
    setup.seed = (uint64_t)job->p->seed + ((uint64_t)(number + 1) << 53); /* beyond all seeds that can be given */
    oa_status status = oa_exchange__make(&arena, &setup, &chain);
    if (status == OA_OK) status = sample(run, job, &chain, t);
    oa_arena_drop(&arena);
    OA_TRY(status);
    sum_up(t);
    return OA_OK;
}

oa_status oa_monte_carlo__infer(oa_run *run, monte_carlo_job *job)
{
    turn t = { 0 };
    OA_TRY(take(run, job, &t));
    OA_TRY(oa_scratch(run, &job->energy_errors, t.n, sizeof *job->energy_errors));
    start(job);
    oa_phase(run->context, "infer energies");
    for (job->turns = 0; job->turns < TURNS; job->turns++) {
        OA_TRY(one_turn(run, job, job->turns, &t));
        job->is_inferred = is_near(job, &t);
        oa_progress(run->context, (uint64_t)job->turns + 1, TURNS);
        /* the last step of those that are near enough takes off what the mean still says */
        if (!oa_inverse_step(t.n, t.mean, t.aim, t.covariance, STEP_MOST, t.step)) break;
        for (size_t k = 0; k < t.n; k++) add_energy(job, &job->target[k], kt_of(job) * t.step[k]);
        oa_inverse_errors(t.n, t.covariance, t.error, t.mean, job->energy_errors);
        if (job->is_inferred) break;
    }
    const oa_exchange_setup setup = job->chain.setup; /* atoms at random once more, with these energies */
    return oa_exchange__make(&run->arena, &setup, &job->chain);
}

static void warn(oa_run *run, const monte_carlo_job *job, double largest)
{
    oa_note(run, "W_TARGETS_MISSED", "after %d turns of energies the equilibrium at %g K misses a target by %.3g, more than the tolerance of %g and %g of its standard "
            "errors: order of long range may stand there, or targets that no energies of pairs have; a higher temperature, targets of more shells, or more sweeps "
            "would be right", job->turns, job->p->temperature, largest, job->p->tolerance, 2 * ERRORS);
}

oa_status oa_monte_carlo__put_inferred(oa_run *run, const monte_carlo_job *job, const double *alpha, const double *errors)
{
    const size_t shells = (size_t)job->crystal.n_shells, dims[2] = { (size_t)job->n_pairs, shells };
    double *energies, *errors_out, *targets, largest = 0;
    bool is_met = job->is_inferred;
    OA_TRY(oa_put_array(run, "shells/energies", 2, dims, &energies));
    OA_TRY(oa_put_array(run, "shells/energies_errors", 2, dims, &errors_out));
    OA_TRY(oa_put_array(run, "shells/targets", 2, dims, &targets));
    for (size_t i = 0; i < job->n_curves; i++) {
        int a, b;
        oa_monte_carlo__species(job, (int)(i / shells), &a, &b);
        energies[i] = *energy_of(job, (int)(i % shells), a, b);
        targets[i] = errors_out[i] = NAN;
        const oa_pair_target *t = oa_monte_carlo__target(job, i);
        if (!t) continue;
        const double miss = fabs(alpha[i] - t->alpha);
        targets[i] = t->alpha;
        errors_out[i] = kt_of(job) * job->energy_errors[t - job->target];
        largest = fmax(largest, miss);
        is_met &= miss <= fmax(t->tolerance, 2 * ERRORS * (isnan(errors[i]) ? 0 : errors[i]));
    }
    OA_TRY(oa_put_bool(run, "summary/is_met", is_met));
    OA_TRY(oa_put_real(run, "summary/largest_miss", largest));
    OA_TRY(oa_put_count(run, "summary/turns", (uint64_t)job->turns));
    if (!is_met) warn(run, job, largest);
    return OA_OK;
}
