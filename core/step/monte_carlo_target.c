/* monte_carlo_target.c - configurations with given Warren-Cowley parameters: the fall of the temperature, and what was reached. */
#include "step/monte_carlo.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

enum { NAMED_MAX = 6 /* targets that a warning names */ };
/* Temperatures in units of the cost over the number of sites: a pair count has some sites' worth of entropy, so that at 1 entropy outweighs targets of any alloy,
 * and at t an alpha lags behind its target by about 3 t times that. A hundredth of the tolerance leaves nothing of it. */
#define HOT 1.0
#define COLD 0.01 /* of the smallest tolerance */

static double tolerance_of(const oa_pair_target *t) { return t->slack / t->random; }
static double miss_of(const oa_pair_target *t) { return fabs(oa_reverse__alpha(t) - t->alpha); }

/* Falls by the same factor from sweep to sweep; s from 1. */
static double temperature_at(const monte_carlo_job *job, int64_t s)
{
    double least = INFINITY;
    for (int k = 0; k < job->n_targets; k++) least = fmin(least, tolerance_of(&job->target[k]));
    const double end = fmin(COLD * least, HOT), far = job->p->sweeps > 1 ? (double)(s - 1) / (double)(job->p->sweeps - 1) : 1;
    return HOT * pow(end / HOT, far);
}

oa_status oa_monte_carlo__reach(oa_run *run, monte_carlo_job *job)
{
    double temperature = HOT;
    oa_phase(run->context, "reach the targets");
    oa_monte_carlo__sample(job, temperature);
    while (!job->reverse.is_met && job->done < (uint64_t)job->p->sweeps) {
        temperature = temperature_at(job, (int64_t)job->done + 1);
        OA_TRY(oa_reverse__sweep(run->context, &job->reverse, temperature));
        oa_progress(run->context, ++job->done, (uint64_t)job->p->sweeps);
        if (job->done % (uint64_t)job->p->every == 0) oa_monte_carlo__sample(job, temperature);
    }
    if (job->sweep[job->n - 1] != job->done) oa_monte_carlo__sample(job, temperature);
    return OA_OK;
}

static oa_status put_pairs(oa_run *run, const monte_carlo_job *job)
{
    const size_t shells = (size_t)job->crystal.n_shells, dims[2] = { (size_t)job->n_pairs, shells };
    const double *last = job->alpha + (job->n - 1) * job->n_curves;
    double *alpha, *targets, *tolerances, *pairs;
    OA_TRY(oa_put_array(run, "shells/alpha", 2, dims, &alpha));
    OA_TRY(oa_put_array(run, "shells/targets", 2, dims, &targets));
    OA_TRY(oa_put_array(run, "shells/tolerances", 2, dims, &tolerances));
    OA_TRY(oa_put_array(run, "shells/pairs", 2, dims, &pairs));
    for (size_t i = 0; i < job->n_curves; i++) {
        int a, b;
        oa_monte_carlo__species(job, (int)(i / shells), &a, &b);
        alpha[i] = last[i];
        targets[i] = tolerances[i] = NAN;
        pairs[i] = (double)job->pairs[((int)(i % shells) * job->alloy.n + a) * job->alloy.n + b];
        const oa_pair_target *t = oa_monte_carlo__target(job, i);
        if (t) targets[i] = t->alpha, tolerances[i] = tolerance_of(t);
    }
    return oa_monte_carlo__put_shells(run, job);
}

/* Names those that are missed, as many as a line holds. */
static oa_status warn(oa_run *run, const monte_carlo_job *job)
{
    oa_string text = { .context = run->context };
    char *missed;
    int n = 0;
    for (int k = 0; k < job->n_targets; k++) {
        const oa_pair_target *t = &job->target[k];
        const double alpha = oa_reverse__alpha(t);
        if (oa_reverse__is_near(t) || n++ >= NAMED_MAX) continue;
        oa_string_add(&text, "%s%s-%s in shell %d has %.6g, %.3g too %s for %.6g", n > 1 ? "; " : "", job->alloy.species[t->a].symbol, job->alloy.species[t->b].symbol,
                      t->shell + 1, alpha, fabs(alpha - t->alpha), alpha > t->alpha ? "large" : "small", t->alpha);
    }
    OA_TRY(oa_string_take(&text, &missed));
    oa_note(run, "W_TARGETS_MISSED", "%d of %d targets missed after %llu sweeps: %s%s. Each is possible by itself at this composition; more sweeps, or targets that "
        "go together, would be right",
            n, job->n_targets, (unsigned long long)job->done, missed, n > NAMED_MAX ? "; and others" : "");
    oa_free(run->context, missed);
    return OA_OK;
}

oa_status oa_monte_carlo__put_reached(oa_run *run, const monte_carlo_job *job)
{
    double largest = 0;
    for (int k = 0; k < job->n_targets; k++) largest = fmax(largest, miss_of(&job->target[k]));
    const oa_exchange *chain = &job->chain;
    OA_TRY(put_pairs(run, job));
    OA_TRY(oa_monte_carlo__put_trace(run, job, "cost"));
    OA_TRY(oa_put_bool(run, "summary/is_met", job->reverse.is_met));
    OA_TRY(oa_put_real(run, "summary/largest_miss", largest));
    OA_TRY(oa_put_real(run, "summary/cost", oa_reverse__cost(&job->reverse)));
    OA_TRY(oa_put_count(run, "summary/sweeps", job->done));
    OA_TRY(oa_put_real(run, "summary/alpha", job->alpha[(job->n - 1) * job->n_curves]));
    OA_TRY(oa_put_real(run, "summary/acceptance", chain->attempts ? (double)chain->accepted / (double)chain->attempts : 0));
    return job->reverse.is_met ? OA_OK : warn(run, job);
}
