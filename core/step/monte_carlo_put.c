/* monte_carlo_put.c - results of monte_carlo: what the samples say, how far they can be trusted, and the ions. */
#include "step/monte_carlo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "math/series.h"

enum { STREAM_SEEN = 0x4d11, STREAM_SHIFT = 0x4d12, MEMORIES = 20 };
#define HALVES_MAX 4.0 /* standard errors between both halves of what was measured */

typedef struct verdict {
    double time, apart; /* sweeps, standard errors: the largest of energy and first shell */
    bool is_long;
} verdict;

/* values: every `step`-th from the first sample of the measurement on. Joins what they say to the verdict where it is not NULL. */
static oa_status judge(oa_run *run, const monte_carlo_job *job, const double *values, size_t step, oa_series *out, verdict *v)
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

static oa_status put_distances(oa_run *run, const monte_carlo_job *job)
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

static void add_name(oa_string *s, const monte_carlo_job *job, int pair, int shell, int number)
{
    int a, b;
    oa_monte_carlo__species(job, pair, &a, &b);
    oa_string_add(s, "%s %d %s-%s", number ? "," : shell ? "curve:" : "pair:", number, job->alloy.species[a].symbol, job->alloy.species[b].symbol);
    if (shell) oa_string_add(s, " shell %d", shell);
}

/* Numbers of pairs, or of pairs and shells, and their names. */
static oa_status put_names(oa_run *run, const monte_carlo_job *job, const char *array, bool has_shells)
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

static oa_status put_shells(oa_run *run, const monte_carlo_job *job, verdict *v)
{
    const size_t shells = (size_t)job->crystal.n_shells, dims[2] = { (size_t)job->n_pairs, shells };
    double *alpha, *errors, *pairs, *time;
    OA_TRY(oa_put_array(run, "shells/alpha", 2, dims, &alpha));
    OA_TRY(oa_put_array(run, "shells/alpha_errors", 2, dims, &errors));
    OA_TRY(oa_put_array(run, "shells/pairs", 2, dims, &pairs));
    OA_TRY(oa_put_array(run, "shells/autocorrelation_time", 2, dims, &time));
    for (size_t i = 0; i < job->n_curves; i++) {
        oa_series s;
        OA_TRY(judge(run, job, job->alpha + job->first * job->n_curves + i, job->n_curves, &s, i % shells == 0 ? v : NULL));
        alpha[i] = s.mean;
        errors[i] = s.error;
        pairs[i] = (1 - s.mean) * oa_monte_carlo__random_pairs(job, (int)(i / shells), (int)(i % shells));
        time[i] = s.time * (double)job->p->every;
    }
    OA_TRY(oa_put_real(run, "summary/alpha", alpha[0]));
    OA_TRY(oa_put_real(run, "summary/alpha_errors", errors[0]));
    if (job->p->infer_energies) OA_TRY(oa_monte_carlo__put_inferred(run, job, alpha, errors));
    return oa_monte_carlo__put_shells(run, job);
}

oa_status oa_monte_carlo__put_shells(oa_run *run, const monte_carlo_job *job)
{
    OA_TRY(oa_put_long_name(run, "shells/alpha", "Warren-Cowley parameter"));
    OA_TRY(put_names(run, job, "shells/pair", false));
    return put_distances(run, job);
}

static oa_status put_order(oa_run *run, const monte_carlo_job *job)
{
    const size_t n = job->n, dims[2] = { job->n_curves, n };
    double *alpha;
    uint64_t *sweep;
    OA_TRY(oa_put_array(run, "order/alpha", 2, dims, &alpha));
    OA_TRY(oa_put_array(run, "order/sweep", 1, &n, &sweep));
    memcpy(sweep, job->sweep, n * sizeof *sweep);
    for (size_t c = 0; c < job->n_curves; c++)
        for (size_t i = 0; i < n; i++) alpha[c * n + i] = job->alpha[i * job->n_curves + c];
    OA_TRY(oa_put_long_name(run, "order/alpha", "Warren-Cowley parameter"));
    return put_names(run, job, "order/curve", true);
}

oa_status oa_monte_carlo__put_trace(oa_run *run, const monte_carlo_job *job, const char *what)
{
    const size_t n = job->n;
    const char *const columns[] = { what, "temperature", "accepted" };
    const double *const from[] = { job->energy, job->temperature, job->accepted };
    char name[64];
    uint64_t *sweep;
    for (int c = 0; c < 3; c++) {
        double *to;
        snprintf(name, sizeof name, "%s/%s", what, columns[c]);
        OA_TRY(oa_put_array(run, name, 1, &n, &to));
        memcpy(to, from[c], n * sizeof *to);
    }
    snprintf(name, sizeof name, "%s/sweep", what);
    OA_TRY(oa_put_array(run, name, 1, &n, &sweep));
    memcpy(sweep, job->sweep, n * sizeof *sweep);
    return put_order(run, job);
}

/* Says what is wrong, the worst first. */
static void warn(oa_run *run, const monte_carlo_job *job, const verdict *v, uint64_t accepted)
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

static oa_status put_verdict(oa_run *run, const monte_carlo_job *job, verdict *v, uint64_t accepted)
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

oa_status oa_monte_carlo__put(oa_run *run, const monte_carlo_job *job, uint64_t accepted)
{
    verdict v = { 0 };
    OA_TRY(put_shells(run, job, &v));
    OA_TRY(oa_monte_carlo__put_trace(run, job, "energy"));
    return put_verdict(run, job, &v, accepted);
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

static void position_of(const monte_carlo_job *job, uint32_t site, double at[3])
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

static void fill(const monte_carlo_job *job, oa_ions *ions)
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

oa_status oa_monte_carlo__put_ions(oa_run *run, const monte_carlo_job *job)
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
