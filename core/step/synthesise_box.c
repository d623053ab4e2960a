/* synthesise_box.c - one specimen in a box.
 *
 * Every site of the crystal has a number, and all that happens at a site is drawn from that number and the seed:
 * whether it is detected, which species sits there, how far it is displaced. So nothing depends on threads or on the
 * order of the work, and two boxes of the same seed cut the same crystal. The specimen is made slab by slab, twice: to
 * count what is kept, then to fill exactly so much memory. */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "math/order.h"
#include "step/synthesise.h"

enum { STREAM_SITE = 0x5301, STREAM_NOISE, STREAM_RADII, STREAM_PLACES, STREAM_VARIANTS };
enum { PER_CHUNK = 262144 };
#define SLAB 1.0 /* nm: one chunk of work */
#define PI 3.14159265358979323846

typedef struct box_work {
    synthesis *s;
    uint64_t threshold; /* of 2^32: detected below */
    size_t n_slabs;
    uint64_t *slab_ions, *slab_atoms; /* (n_slabs + 1), (n_slabs) */
    /* the ions in the order of their making */
    float *x, *y, *z;
    uint8_t *type;
    uint32_t *domain;
    uint64_t *items; /* (z downwards, row) */
} box_work;

/* ---- who sits where ---- */

/* The matrix takes what the domains leave of every species, so that the whole has the stated composition. */
static oa_status set_occupancies(synthesis *s)
{
    const double *b = s->p->box.v, volume = (b[1] - b[0]) * (b[3] - b[2]) * (b[5] - b[4]);
    const double p = s->alloy.species[s->ordering].fraction;
    double left = volume, ordered = p * volume;
    for (size_t i = 0; i < s->spheres.n; i++) {
        const double r = s->spheres.sphere[i].radius, *t = s->spheres.stretch;
        const double own = 4 / 3.0 * PI * r * r * r * t[0] * t[1] * t[2];
        left -= own;
        ordered -= own * synthesise_domain_fraction(s, s->inside[s->turn[i]].structure);
    }
    s->matrix_fraction = ordered / left;
    if (!(s->matrix_fraction >= 0 && s->matrix_fraction <= 1))
        return oa_fail_at(s->context, OA_IN_PARAMETER("composition"), "E_PARAMETER_RANGE",
                          "domains of %.4g nm^3 in a box of %.4g nm^3 need more %s than the stated fraction of %g leaves: the matrix would "
                          "have %.3f; give fewer domains, another composition, or domain_composition neutral",
                          volume - left, volume, s->alloy.species[s->ordering].symbol, p, s->matrix_fraction);
    synthesise_occupy(s, s->matrix_fraction, &s->matrix);
    for (int i = 0; i < s->n_inside; i++) synthesise_occupy(s, synthesise_domain_fraction(s, s->inside[i].structure), &s->inside[i]);
    return OA_OK;
}

static unsigned species_at(const synthesis *s, const occupancy *o, const oa_site *site, const int32_t shift[3], uint32_t word)
{
    const oa_structure *structure = o->structure;
    const bool is_ordered = structure->is_ordered &&
                            structure->is_ordered(site->h + shift[0], site->k + shift[1], site->l + shift[2]);
    const double *cumulative = o->cumulative[is_ordered], u = ((double)word + 0.5) * 0x1p-32;
    unsigned i = 0;
    while (i + 1 < (unsigned)s->alloy.n && u >= cumulative[i]) i++;
    return i;
}

/* ---- domains ---- */

/* The largest first: they are the hardest to place. */
static void draw_radii(synthesis *s)
{
    const oa_reals *radii = &s->p->radii;
    oa_random random = oa_random_start((uint64_t)s->p->seed, STREAM_RADII);
    for (size_t i = 0; i < s->spheres.n; i++) {
        double r = radii->v[i % (size_t)radii->n];
        if (radii->n == 2) r = radii->v[0] + (radii->v[1] - radii->v[0]) * oa_random_uniform(&random);
        size_t at = i;
        for (; at > 0 && s->spheres.sphere[at - 1].radius < r; at--) s->spheres.sphere[at] = s->spheres.sphere[at - 1];
        s->spheres.sphere[at].radius = r;
    }
}

static const int32_t *variant_of(const synthesis *s, uint32_t domain)
{
    uint32_t word[4] = { 0 };
    if (s->p->antiphase && domain) oa_philox((uint64_t)s->p->seed, STREAM_VARIANTS, domain, word);
    return oa_translations[s->lattice.parent][word[0] % OA_TRANSLATIONS];
}

/* ---- sites ---- */

typedef struct slab_job {
    box_work *work;
    uint64_t atoms, at; /* sites seen; ions counted, or the row of the next ion */
    bool fills;
} slab_job;

/* Three normal numbers from the four words of one site (Box and Muller). */
static void displace(const synthesis *s, const oa_site *site, float out[3])
{
    uint32_t w[4];
    oa_philox((uint64_t)s->p->seed, STREAM_NOISE, oa_site__number(site), w);
    const double r1 = sqrt(-2 * log(((double)w[0] + 0.5) * 0x1p-32)), a1 = 2 * PI * 0x1p-32 * (double)w[1];
    const double r2 = sqrt(-2 * log(((double)w[2] + 0.5) * 0x1p-32)), a2 = 2 * PI * 0x1p-32 * (double)w[3];
    out[0] = (float)(site->x + s->p->sigma_lateral.v[0] * (r1 * cos(a1)));
    out[1] = (float)(site->y + s->p->sigma_lateral.v[0] * (r1 * sin(a1)));
    out[2] = (float)(site->z + s->p->sigma_depth.v[0] * (r2 * cos(a2)));
}

static void fill_ion(box_work *b, uint64_t row, const oa_site *site, uint32_t domain, uint32_t word)
{
    const synthesis *s = b->s;
    const occupancy *o = domain ? &s->inside[s->turn[domain - 1]] : &s->matrix;
    float at[3];
    displace(s, site, at);
    b->x[row] = at[0], b->y[row] = at[1], b->z[row] = at[2];
    b->type[row] = (uint8_t)(1 + species_at(s, o, site, variant_of(s, domain), word));
    b->domain[row] = domain;
    b->items[row] = (uint64_t)~oa_order__of_float(at[2]) << 32 | row;
}

static oa_status visit_site(void *arg, const oa_site *site)
{
    slab_job *job = arg;
    synthesis *s = job->work->s;
    uint32_t w[4];
    oa_philox((uint64_t)s->p->seed, STREAM_SITE, oa_site__number(site), w);
    const bool is_detected = w[0] < job->work->threshold;
    if (job->fills && is_detected) {
        fill_ion(job->work, job->at, site, oa_spheres__find(&s->spheres, site->x, site->y, site->z), w[1]);
    } else if (!job->fills && s->spheres.n) {
        const uint32_t domain = oa_spheres__find(&s->spheres, site->x, site->y, site->z);
        if (domain) atomic_fetch_add_explicit(&s->atoms[domain - 1], 1, memory_order_relaxed);
    }
    job->at += is_detected;
    job->atoms++;
    return OA_OK;
}

/* Slab k of the box, from the top. */
static void slab_box(const box_work *b, size_t k, double box[6])
{
    const double *whole = b->s->p->box.v;
    memcpy(box, whole, 6 * sizeof *box);
    box[4] = k + 1 == b->n_slabs ? whole[4] : whole[5] - (double)(k + 1) * SLAB;
    box[5] = whole[5] - (double)k * SLAB;
}

static oa_status count_slab(void *arg, oa_span span, oa_worker *worker)
{
    box_work *b = arg;
    slab_job job = { .work = b };
    double box[6];
    slab_box(b, span.begin, box);
    OA_TRY(oa_lattice__each(oa_worker_context(worker), &b->s->lattice, box, visit_site, &job));
    b->slab_ions[span.begin + 1] = job.at;
    b->slab_atoms[span.begin] = job.atoms;
    return OA_OK;
}

static oa_status fill_slab(void *arg, oa_span span, oa_worker *worker)
{
    box_work *b = arg;
    slab_job job = { .work = b, .at = b->slab_ions[span.begin], .fills = true };
    double box[6];
    slab_box(b, span.begin, box);
    return oa_lattice__each(oa_worker_context(worker), &b->s->lattice, box, visit_site, &job);
}

static oa_status allocate(box_work *b, size_t n)
{
    oa_context *context = b->s->context;
    OA_TRY(oa_new(context, &b->x, n, sizeof *b->x));
    OA_TRY(oa_new(context, &b->y, n, sizeof *b->y));
    OA_TRY(oa_new(context, &b->z, n, sizeof *b->z));
    OA_TRY(oa_new(context, &b->type, n, sizeof *b->type));
    OA_TRY(oa_new(context, &b->domain, n, sizeof *b->domain));
    return oa_new(context, &b->items, n, sizeof *b->items);
}

static oa_status make_sites(box_work *b, size_t *n_ions)
{
    oa_context *context = b->s->context;
    const double *box = b->s->p->box.v;
    b->threshold = (uint64_t)(b->s->p->efficiency.v[0] * 0x1p32);
    b->n_slabs = (size_t)fmax(1, ceil((box[5] - box[4]) / SLAB));
    OA_TRY(oa_new(context, &b->slab_ions, b->n_slabs + 1, sizeof *b->slab_ions));
    OA_TRY(oa_new(context, &b->slab_atoms, b->n_slabs, sizeof *b->slab_atoms));
    oa_phase(context, "count");
    OA_TRY(oa_parallel(context, b->n_slabs, 1, count_slab, b));
    for (size_t k = 0; k < b->n_slabs; k++) {
        b->slab_ions[k + 1] += b->slab_ions[k];
        b->s->sites += b->slab_atoms[k];
    }
    const uint64_t n = b->slab_ions[b->n_slabs];
    if (n > OA_IONS_MAX)
        return oa_fail_at(context, OA_IN_PARAMETER("box"), "E_TOO_MANY_IONS", "the box would give %llu ions; at most %u can be held",
                          (unsigned long long)n, OA_IONS_MAX);
    OA_TRY(allocate(b, n));
    oa_phase(context, "fill");
    OA_TRY(oa_parallel(context, b->n_slabs, 1, fill_slab, b));
    oa_phase(context, "sort");
    *n_ions = n;
    return oa_order__sort(context, b->items, n);
}

/* ---- from what was made to ions in order ---- */

typedef struct gather_job {
    const uint64_t *items;
    const void *from;
    void *to;
    size_t size; /* 1 or 4 */
} gather_job;

static oa_status gather_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const gather_job *job = arg;
    (void)worker;
    if (job->size == 1)
        for (size_t i = span.begin; i < span.end; i++) ((uint8_t *)job->to)[i] = ((const uint8_t *)job->from)[(uint32_t)job->items[i]];
    else
        for (size_t i = span.begin; i < span.end; i++) ((uint32_t *)job->to)[i] = ((const uint32_t *)job->from)[(uint32_t)job->items[i]];
    return OA_OK;
}

/* Copies a column into its place in order, and lets go of the copy it was made in. */
static oa_status gather(box_work *b, void *from_in, void *to, size_t size)
{
    void *from;
    memcpy(&from, from_in, sizeof from);
    gather_job job = { b->items, from, to, size };
    const oa_status status = oa_parallel(b->s->context, b->s->ions->n, PER_CHUNK, gather_chunk, &job);
    oa_free(b->s->context, from);
    memset(from_in, 0, sizeof from);
    return status;
}

static oa_status put_columns(oa_run *run, box_work *b, size_t n)
{
    synthesis *s = b->s;
    OA_TRY(synthesise_put_ions(run, s, n));
    OA_TRY(gather(b, &b->x, oa_ions__data(s->ions, OA_X), 4));
    OA_TRY(gather(b, &b->y, oa_ions__data(s->ions, OA_Y), 4));
    OA_TRY(gather(b, &b->z, oa_ions__data(s->ions, OA_Z), 4));
    OA_TRY(gather(b, &b->type, oa_ions__data(s->ions, OA_TYPE), 1));
    return gather(b, &b->domain, s->domain, 4);
}

static oa_status make_domains(oa_run *run, synthesis *s)
{
    s->spheres.n = (size_t)s->p->domains;
    memcpy(s->spheres.stretch, s->p->stretch.v, sizeof s->spheres.stretch);
    OA_TRY(oa_new(run->context, &s->spheres.sphere, s->spheres.n, sizeof *s->spheres.sphere));
    OA_TRY(oa_scratch(run, &s->atoms, s->spheres.n, sizeof *s->atoms));
    OA_TRY(oa_scratch(run, &s->turn, s->spheres.n, sizeof *s->turn));
    draw_radii(s);
    for (size_t i = 0; i < s->spheres.n; i++) s->turn[i] = (uint8_t)(i % (size_t)s->n_inside);
    oa_random random = oa_random_start((uint64_t)s->p->seed, STREAM_PLACES);
    return oa_spheres__place(&s->spheres, s->p->box.v, s->p->gap, &random);
}

static void drop(box_work *b)
{
    void *const pieces[] = { b->slab_ions, b->slab_atoms, b->x, b->y, b->z, b->type, b->domain, b->items };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) oa_free(b->s->context, pieces[i]);
}

oa_status synthesise_make_box(oa_run *run, synthesis *s)
{
    box_work b = { .s = s };
    size_t n = 0;
    /* An eighth of a cell off the corner: no plane of low index then lies in a face of a box with round numbers. */
    for (int d = 0; d < 3; d++) s->lattice.origin[d] = (d == 2 ? -1 : 1) * s->p->lattice_parameter / 8;
    OA_TRY(make_domains(run, s));
    OA_TRY(set_occupancies(s));
    oa_status status = make_sites(&b, &n);
    if (status == OA_OK) status = put_columns(run, &b, n);
    drop(&b);
    return status;
}
