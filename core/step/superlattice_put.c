/* superlattice_put.c - what ions are given, and what is made of it once all of them are there. */
#include <math.h>
#include <string.h>

#include "math/selection.h"
#include "step/cloud.h"
#include "step/superlattice.h"

typedef struct scattering {
    const oa_tiled *tiled;
    const float *posterior;
    float *by_row;
} scattering;

static oa_status scatter_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const scattering *s = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        const float p = s->posterior[i];
        s->by_row[s->tiled->row[i]] = p > 0 ? p < 1 ? p : 1 : 0;
    }
    return OA_OK;
}

/* Ions with a type in the order of their rows; those of this slab. */
oa_status oa_superlattice__put_posterior(oa_run *run, const superlattice_job *job, const float *posterior)
{
    const oa_tiled *t = &job->tiled;
    float *by_row, *out;
    uint64_t *index;
    size_t first, end;
    oa_run_rows(run, t->n, &first, &end);
    const size_t n = end - first;
    OA_TRY(oa_put_array(run, "posterior/probability", 1, &n, &out));
    OA_TRY(oa_put_array(run, "posterior/ion_index", 1, &n, &index));
    OA_TRY(oa_new(run->context, &by_row, job->ions->n, sizeof *by_row));
    const oa_status status = oa_parallel(run->context, t->n, 1 << 16, scatter_chunk, &(scattering){ t, posterior, by_row });
    for (size_t i = 0, number = 0; i < job->ions->n && status == OA_OK; i++) {
        if (job->code[i] == OA_TILED_LEFT_OUT) continue;
        if (number >= first && number < end) {
            out[number - first] = by_row[i];
            index[number - first] = i;
        }
        number++;
    }
    oa_free(run->context, by_row);
    return status;
}

/* ---------------------------------------------------------------------------------------------- selection */

typedef struct found {
    size_t n;
    const float *p;
    const uint64_t *index;
} found;

static oa_status put_selected(oa_run *run, const superlattice_job *job, const found *f)
{
    const float *x = oa_ions__f32(job->ions, OA_X), *y = oa_ions__f32(job->ions, OA_Y), *z = oa_ions__f32(job->ions, OA_Z);
    oa_selection s;
    oa_cloud cloud = { .context = run->context };
    uint64_t *index;
    float *p;
    size_t n = 0;
    double sum = 0;
    OA_TRY(oa_select_at_rate(run->context, f->p, f->n, job->params->ion_rate, &s));
    for (size_t i = 0; i < f->n; i++) {
        n += (double)f->p[i] >= s.threshold && s.n;
        sum += (double)f->p[i];
    }
    OA_TRY(oa_put_array(run, "selected/ion_index", 1, &n, &index));
    OA_TRY(oa_put_array(run, "selected/probability", 1, &n, &p));
    oa_status status = OA_OK;
    for (size_t i = 0, to = 0; i < f->n && status == OA_OK && s.n; i++) {
        const uint64_t row = f->index[i];
        if (!((double)f->p[i] >= s.threshold)) continue;
        index[to] = row;
        p[to++] = f->p[i];
        status = oa_cloud_add(&cloud, (const float[3]){ x[row], y[row], z[row] }, (double)f->p[i]);
    }
    if (status == OA_OK) status = oa_cloud_put(run, &cloud, "cloud/probability");
    oa_cloud_drop(&cloud);
    OA_TRY(status);
    OA_TRY(oa_put_count(run, "summary/ions_selected", n));
    OA_TRY(oa_put_real(run, "summary/ordered_share", f->n ? sum / (double)f->n : 0));
    OA_TRY(oa_put_real(run, "summary/probability_threshold", s.threshold));
    return oa_put_real(run, "summary/expected_wrong_share", s.false_share);
}

/* ---------------------------------------------------------------------------------------------- domains */

enum { AROUND = 27 }; /* cubes: one and those that touch it */

/* Domains in cubes as wide as the farthest an ion may be from the maximum it belongs to; a cube lists those of the cubes around it too, so that an ion asks its
 * own cube only. */
typedef struct near {
    size_t n;
    const double *at[3];
    double reach, low[3];
    size_t dims[3];
    uint32_t *first, *next, *domain; /* the list of each cube, by number from 1, and whom its members name, from 1 */
} near;

/* The cube of a place, or none. */
static bool cube_of(const near *d, const double p[3], size_t cube[3])
{
    for (int a = 0; a < 3; a++) {
        const double k = floor((p[a] - d->low[a]) / d->reach);
        if (!(k >= 0 && k < (double)d->dims[a])) return false;
        cube[a] = (size_t)k;
    }
    return true;
}

static size_t number_of(const near *d, size_t x, size_t y, size_t z) { return (z * d->dims[1] + y) * d->dims[0] + x; }

static void list_domain(near *d, size_t i)
{
    size_t c[3];
    if (!cube_of(d, (double[3]){ d->at[0][i], d->at[1][i], d->at[2][i] }, c)) return;
    for (size_t k = 0; k < AROUND; k++) {
        const size_t member = i * AROUND + k + 1, cube = number_of(d, c[0] + k % 3 - 1, c[1] + k / 3 % 3 - 1, c[2] + k / 9 - 1);
        d->domain[member] = (uint32_t)i + 1;
        d->next[member] = d->first[cube];
        d->first[cube] = (uint32_t)member;
    }
}

/* With a rim of one cube, where ions may lie but no domain does. */
static oa_status sort_domains(oa_run *run, near *d)
{
    size_t cubes = 1;
    for (int a = 0; a < 3; a++) {
        double low = d->at[a][0], high = low;
        for (size_t i = 1; i < d->n; i++) {
            low = fmin(low, d->at[a][i]);
            high = fmax(high, d->at[a][i]);
        }
        d->low[a] = low - 1.5 * d->reach;
        d->dims[a] = (size_t)((high - low) / d->reach) + 4;
        cubes *= d->dims[a];
    }
    OA_TRY(oa_scratch(run, &d->first, cubes, sizeof *d->first));
    OA_TRY(oa_scratch(run, &d->next, AROUND * d->n + 1, sizeof *d->next));
    OA_TRY(oa_scratch(run, &d->domain, AROUND * d->n + 1, sizeof *d->domain));
    for (size_t i = d->n; i-- > 0;) list_domain(d, i);
    return OA_OK;
}

/* The nearest domain within reach, from 1; 0: none. */
static size_t nearest_domain(const near *d, const double p[3])
{
    double best = d->reach * d->reach;
    size_t domain = 0, c[3];
    if (!cube_of(d, p, c)) return 0;
    for (uint32_t k = d->first[number_of(d, c[0], c[1], c[2])]; k; k = d->next[k]) {
        const uint32_t i = d->domain[k];
        const double dx = d->at[0][i - 1] - p[0], dy = d->at[1][i - 1] - p[1], dz = d->at[2][i - 1] - p[2], d2 = dx * dx + dy * dy + dz * dz;
        if (d2 > best || (d2 == best && domain && domain < i)) continue;
        best = d2;
        domain = i;
    }
    return domain;
}

typedef struct looking {
    const near *domains;
    const found *ions;
    const float *at[3];
    uint32_t *domain; /* (n) nearest, from 1 */
} looking;

static oa_status look_for_domains(void *arg, oa_span span, oa_worker *worker)
{
    const looking *l = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        const uint64_t row = l->ions->index[i];
        l->domain[i] = (double)l->ions->p[i] > 1e-3 ? (uint32_t)nearest_domain(l->domains, (double[3]){ l->at[0][row], l->at[1][row], l->at[2][row] }) : 0;
    }
    return OA_OK;
}

static oa_status put_members(oa_run *run, const superlattice_job *job, const found *f, near *d, double density)
{
    looking l = { d, f, { oa_ions__f32(job->ions, OA_X), oa_ions__f32(job->ions, OA_Y), oa_ions__f32(job->ions, OA_Z) }, NULL };
    double *ions, *radius, *fraction;
    OA_TRY(oa_put_array(run, "domains/ions", 1, &d->n, &ions));
    OA_TRY(oa_put_array(run, "domains/radius", 1, &d->n, &radius));
    OA_TRY(oa_put_array(run, "domains/fraction", 1, &d->n, &fraction));
    if (!d->n) return OA_OK;
    OA_TRY(sort_domains(run, d));
    OA_TRY(oa_new(run->context, &l.domain, f->n, sizeof *l.domain));
    const oa_status status = oa_parallel(run->context, f->n, 1 << 16, look_for_domains, &l);
    for (size_t i = 0; i < f->n && status == OA_OK; i++) {
        const size_t domain = l.domain[i];
        if (!domain) continue;
        ions[domain - 1] += (double)f->p[i];
        if (job->code[f->index[i]] == 1) fraction[domain - 1] += (double)f->p[i];
    }
    oa_free(run->context, l.domain);
    OA_TRY(status);
    for (size_t i = 0; i < d->n; i++) {
        fraction[i] = ions[i] > 0 ? fraction[i] / ions[i] : (double)NAN;
        radius[i] = density > 0 ? cbrt(3 * ions[i] / (4 * 3.14159265358979323846 * density)) : 0;
    }
    return OA_OK;
}

static const double *doubles(const oa_run *run, const char *name)
{
    const oa_array *a = oa_values_find(run->out, run->task, name);
    return a ? a->block->data : NULL;
}

oa_status oa_superlattice__finish(oa_run *run, const superlattice_job *job)
{
    const oa_array *p = oa_values_find(run->out, run->task, "posterior/probability"), *index = oa_values_find(run->out, run->task, "posterior/ion_index");
    const oa_array *domains = oa_values_find(run->out, run->task, "domains/x"), *radii = oa_values_find(run->out, run->task, "prior/radius");
    const size_t none = 0;
    void *empty;
    if (!p) {
        OA_TRY(oa_put_array(run, "selected/ion_index", 1, &none, &empty));
        OA_TRY(oa_put_array(run, "selected/probability", 1, &none, &empty));
        return oa_put_count(run, "summary/ions_selected", 0);
    }
    if (!index || !domains || !radii || p->type != OA_F32 || index->type != OA_U64 || oa_array_count(p) != oa_array_count(index) || oa_array_count(p) != job->ranged)
        return oa_fail(run->context, "E_INTERNAL", "probabilities of %zu ions were expected", job->ranged);
    const found f = { .n = oa_array_count(p), .p = p->block->data, .index = index->block->data };
    near d = { .n = oa_array_count(domains), .at = { doubles(run, "domains/x"), doubles(run, "domains/y"), doubles(run, "domains/z") } };
    const double *density = doubles(run, "summary/ion_density");
    d.reach = oa_array_real(radii, oa_array_count(radii) - 1) + job->params->sigma_lateral;
    OA_TRY(put_members(run, job, &f, &d, density ? *density : 0));
    return put_selected(run, job, &f);
}
