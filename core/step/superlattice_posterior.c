/* superlattice_posterior.c - what the listed domains tell of all of them, and the probability of every ion. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "step/superlattice.h"

#define AGAINST (-0.02) /* ln of the likelihood ratio of an ion, mean: the 500 ions of a domain of 1.4 nm then make e^-10 */

static oa_status put_prior(oa_run *run, const oa_mixture *mixture)
{
    const size_t n = (size_t)mixture->prior.n;
    double *share, *radius, found = 0;
    OA_TRY(oa_put_array(run, "prior/share", 1, &n, &share));
    OA_TRY(oa_put_array(run, "prior/radius", 1, &n, &radius));
    memcpy(share, mixture->prior.share, n * sizeof *share);
    memcpy(radius, mixture->prior.radius, n * sizeof *radius);
    for (int r = 0; r < mixture->rounds; r++) found += mixture->found[r];
    OA_TRY(oa_put_real(run, "summary/density", mixture->prior.density));
    OA_TRY(oa_put_count(run, "summary/rounds", (uint64_t)mixture->rounds));
    OA_TRY(oa_put_real(run, "summary/mixture_domains", found));
    return oa_put_real(run, "summary/ion_density", mixture->volume > 0 ? (double)mixture->tiled->n / mixture->volume : 0);
}

static oa_status fit_sigma(const superlattice_job *job, oa_edges *edges) { return job->params->fit_sigma ? oa_fit_edges(edges) : OA_OK; }

/* What labels of the domains' composition, but without order, say on average of the domains that were measured: where they do not speak against them, places
 * that are only richer or poorer would pass for domains. */
static double evidence_without_order(const oa_contrast *c, double around)
{
    const double inside = 0.5 * (c->a + c->b), share[2] = { c->a, c->b };
    double sum = 0;
    for (int s = 0; s < 2; s++)
        sum += 0.5 * (inside * log(fmax(share[s] / around, 0.07)) + (1 - inside) * log(fmax((1 - share[s]) / (1 - around), 0.07)));
    return sum;
}

/* Whether the shares of the listed domains are used, or planes only are compared. */
static oa_status decide_contrast(oa_run *run, const superlattice_job *job, oa_contrast *found)
{
    double around = 0;
    for (size_t i = 0; i < job->tiled.n; i++) around += job->tiled.species[i] == 1;
    around /= (double)job->tiled.n;
    OA_TRY(oa_put_real(run, "summary/occupancy_high", found->a));
    OA_TRY(oa_put_real(run, "summary/occupancy_low", found->b));
    if (evidence_without_order(found, around) < AGAINST) return OA_OK;
    oa_note(run, "W_OCCUPANCY", "the listed domains hold %.3f and %.3f of the species on their two families of planes, the specimen %.3f: too little order to tell "
            "them from places that are only richer or poorer, so the probabilities compare planes only and suppose 0.8 of the highest order; --occupancy gives it",
            found->a, found->b, around);
    *found = (oa_contrast){ .is_known = false };
    return OA_OK;
}

/* Shares and blur hang together: a domain that holds more of the species than is supposed looks larger, and its edges sharper. */
static oa_status fit_both(oa_run *run, const superlattice_job *job, oa_edges *edges)
{
    enum { TURNS = 4 };
    double before = 0;
    for (int turn = 0; turn < TURNS && fabs(edges->width / (before > 0 ? before : 1e9) - 1) > 0.03; turn++) {
        before = edges->width;
        OA_TRY(oa_fit_occupancy(edges));
        OA_TRY(fit_sigma(job, edges));
    }
    OA_TRY(decide_contrast(run, job, &edges->contrast));
    return edges->contrast.is_known ? OA_OK : fit_sigma(job, edges);
}

static oa_status fit_domains(oa_run *run, const superlattice_job *job, oa_edges *edges)
{
    OA_TRY(fit_sigma(job, edges));
    return job->params->fit_occupancy && !edges->contrast.is_known && edges->around ? fit_both(run, job, edges) : OA_OK;
}

/* What the listed domains tell of all: their blur, and what they hold of the species. */
static oa_status measure_domains(oa_run *run, const superlattice_job *job, oa_edges *edges, const oa_maximum *list, size_t n)
{
    edges->error = (double)NAN;
    oa_status status = oa_edges_begin(edges, list, n);
    if (status == OA_OK) status = fit_domains(run, job, edges);
    oa_edges_end(edges);
    OA_TRY(status);
    OA_TRY(oa_put_bool(run, "summary/uses_composition", edges->contrast.is_known));
    if (isfinite(edges->error)) OA_TRY(oa_put_real(run, "summary/sigma_lateral_error", edges->error));
    return oa_put_real(run, "summary/sigma_lateral", edges->width);
}

enum { IONS_A_CHUNK = 1 << 16 };

typedef struct alpha_job {
    const oa_edges *edges;
    float *share, *even; /* even may be NULL */
    double *sum;         /* of each chunk */
} alpha_job;

static oa_status alpha_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const alpha_job *job = arg;
    const oa_tiled *t = job->edges->tiled;
    const oa_contrast *c = &job->edges->contrast;
    double sum = 0;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        float other;
        sum += c->is_known ? 0.5 * (c->a - c->b) : (double)oa_neutral_delta(job->share[i]);
        job->share[i] = oa_contrast_alpha(c, t->species[i] == 1, job->share[i], job->edges->m[i], &other);
        if (job->even) job->even[i] = other;
    }
    job->sum[span.begin / IONS_A_CHUNK] = sum;
    return OA_OK;
}

/* share becomes alpha; half the difference of the shares on the planes, mean over the ions, in *mean. */
static oa_status set_alpha(const oa_edges *edges, float *share, float *even, double *mean)
{
    const size_t n = edges->tiled->n, chunks = oa_chunk_count(n, IONS_A_CHUNK);
    oa_context *context = edges->tiled->context;
    alpha_job job = { edges, share, even, NULL };
    OA_TRY(oa_new(context, &job.sum, chunks + 1, sizeof *job.sum));
    const oa_status status = oa_parallel(context, n, IONS_A_CHUNK, alpha_chunk, &job);
    *mean = 0;
    for (size_t i = 0; i < chunks; i++) *mean += job.sum[i] / (double)n;
    oa_free(context, job.sum);
    return status;
}

typedef struct posterior_job {
    const oa_mixture *mixture;
    float *share;
} posterior_job;

static oa_status posterior_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const posterior_job *job = arg;
    const oa_mixture *m = job->mixture;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) job->share[i] = oa_mixture_posterior(job->share[i], m->even ? m->even[i] : 0, m->plus[i], m->minus[i]);
    return OA_OK;
}

static oa_status take_columns(oa_arena *arena, oa_mixture *mixture, size_t n, float **even)
{
    if (even) OA_TRY(oa_arena_take(arena, even, n, sizeof(float)));
    OA_TRY(oa_arena_take(arena, &mixture->plus, n, sizeof(float)));
    return oa_arena_take(arena, &mixture->minus, n, sizeof(float));
}

oa_status oa_superlattice__posterior(oa_run *run, const superlattice_job *job, float *share, const oa_maximum *list, size_t n)
{
    const superlattice_params *p = job->params;
    const oa_tiled *t = &job->tiled;
    oa_arena arena = { .context = run->context };
    oa_mixture mixture = { .arena = &arena, .tiled = t, .alpha = share, .is_given = p->prior.n > 0 };
    oa_edges edges = { .tiled = t, .share = share, .m = job->m, .width = p->sigma_lateral };
    double contrast = 0;
    float *even = NULL;
    if (p->occupancy.n) edges.contrast = (oa_contrast){ .is_known = true, .a = p->occupancy.v[0], .b = p->occupancy.v[1] };
    mixture.prior.n = p->radii.n;
    memcpy(mixture.prior.radius, p->radii.v, (size_t)p->radii.n * sizeof(double));
    if (mixture.is_given) {
        mixture.prior.density = p->prior.v[0];
        memcpy(mixture.prior.share, p->prior.v + 1, (size_t)p->radii.n * sizeof(double));
    }
    OA_TRY(measure_domains(run, job, &edges, list, n));
    mixture.sigma_lateral = edges.width;
    oa_status status = take_columns(&arena, &mixture, t->n + OA_WAVE_LANES, edges.contrast.is_known ? &even : NULL);
    mixture.even = even;
    if (status == OA_OK) status = set_alpha(&edges, share, even, &contrast);
    if (status == OA_OK) status = oa_mixture_fit(&mixture);
    if (status == OA_OK) status = oa_parallel(run->context, t->n, IONS_A_CHUNK, posterior_chunk, &(posterior_job){ &mixture, share });
    oa_arena_drop(&arena);
    if (status == OA_OK) status = put_prior(run, &mixture);
    if (status == OA_OK) status = oa_put_real(run, "summary/mean_contrast", contrast);
    return status == OA_OK ? oa_superlattice__put_posterior(run, job, share) : status;
}
