/* domains_maps.c - z-SDMs of pairs of ions within each domain, with the rules of math/sdm.h: ordered pairs, offsets
 * neighbour - centre in double, none with dx = 0 or dz = 0, none longer than half_range. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "step/domains.h"
#include "step/pairs.h"

#define MAP_BYTES_MAX 2e9 /* how many domains there are is not known before the search */
enum { DOMAINS_PER_CHUNK = 64, SLOT_PLACES = 0, SLOT_COORDINATES = 1 };

typedef struct map_job {
    const oa_kernels *kernels;
    const oa_grouping *group;
    oa_axis axis;
    oa_pair_list pairs;
    bool **is_member; /* (species, n_types + 1) */
    const uint32_t *start, *row; /* ions of the domains */
    uint32_t *counts;            /* (n_domains, n_pairs, bins) */
} map_job;

/* ---------------------------------------------------------------------------------------------- pairs */

static oa_status read_pairs(oa_run *run, map_job *job, const char *text)
{
    const oa_ions *ions = job->group->ions;
    if (!ions->ranges || !oa_ions__data(ions, OA_TYPE))
        return oa_fail(run->context, "E_NOT_RANGED", "the ions have no types, so no pairs can be told; run range first or leave pairs out");
    OA_TRY(oa_pairs_read(run, text, INT_MAX, &job->pairs));
    OA_TRY(oa_scratch(run, &job->is_member, (size_t)job->pairs.n_species, sizeof *job->is_member));
    for (int s = 0; s < job->pairs.n_species; s++) {
        OA_TRY(oa_scratch(run, &job->is_member[s], ions->ranges->n_types + 1, sizeof **job->is_member));
        OA_TRY(oa_ranges__species(run->context, ions->ranges, job->pairs.species[s], "pairs", job->is_member[s]));
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- one domain */

/* Ions of one species of a domain by z, so that those within reach of a centre are a stretch. */
typedef struct place {
    double z, y, x;
} place;

static int compare_places(const void *a, const void *b)
{
    const double *p = a, *q = b;
    for (int axis = 0; axis < 3; axis++)
        if (p[axis] != q[axis]) return p[axis] < q[axis] ? -1 : 1;
    return 0;
}

static size_t places_of(const map_job *job, size_t d, int s, place *out)
{
    const oa_points *points = &job->group->points;
    size_t n = 0;
    for (uint32_t k = job->start[d]; k < job->start[d + 1]; k++) {
        const uint32_t i = job->row[k];
        if (job->is_member[s][oa_ions__type(job->group->ions, i)]) out[n++] = (place){ points->z[i], points->y[i], points->x[i] };
    }
    qsort(out, n, sizeof *out, compare_places);
    return n;
}

static void count_pair(const map_job *job, uint32_t *counts, const place *centres, size_t n_centres, const place *others, size_t n, double *xyz[3])
{
    const double reach = job->axis.half;
    size_t begin = 0, end = 0;
    for (size_t i = 0; i < n; i++) xyz[0][i] = others[i].x, xyz[1][i] = others[i].y, xyz[2][i] = others[i].z;
    for (size_t c = 0; c < n_centres; c++) {
        while (begin < n && others[begin].z < centres[c].z - reach) begin++;
        while (end < n && others[end].z <= centres[c].z + reach) end++;
        const oa_centre centre = { .x = centres[c].x, .y = centres[c].y, .z = centres[c].z, .reach2 = reach * reach };
        job->kernels->offsets_z(counts, &job->axis, end - begin, xyz[0] + begin, xyz[1] + begin, xyz[2] + begin, &centre);
    }
}

static oa_status map_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const map_job *job = arg;
    const size_t bins = (size_t)job->axis.kept;
    for (size_t d = span.begin; d < span.end; d++) {
        const size_t n = job->start[d + 1] - job->start[d];
        place *places;
        double *buffer, *xyz[3];
        OA_TRY(oa_worker_scratch(worker, SLOT_PLACES, &places, 2 * n, sizeof *places));
        OA_TRY(oa_worker_scratch(worker, SLOT_COORDINATES, &buffer, 3 * (n + OA_KERNEL_PAD), sizeof *buffer));
        memset(buffer, 0, 3 * (n + OA_KERNEL_PAD) * sizeof *buffer);
        for (size_t axis = 0; axis < 3; axis++) xyz[axis] = buffer + axis * (n + OA_KERNEL_PAD);
        for (size_t k = 0; k < job->pairs.n; k++) {
            const size_t centres = places_of(job, d, job->pairs.pair[k].centre, places), others = places_of(job, d, job->pairs.pair[k].neighbour, places + n);
            count_pair(job, job->counts + (d * job->pairs.n + k) * bins, places, centres, places + n, others, xyz);
        }
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- outputs */

static oa_status put_distance(oa_run *run, const map_job *job, const char *name)
{
    const size_t n = (size_t)job->axis.kept;
    double *axis;
    OA_TRY(oa_put_array(run, name, 1, &n, &axis));
    for (size_t k = 0; k < n; k++) axis[k] = ((double)k + 0.5) * (2 * job->axis.half) / (double)n - job->axis.half;
    return oa_put_long_name(run, name, "offset along z (nm)");
}

static oa_status put_axes(oa_run *run, const map_job *job)
{
    const size_t n = job->group->n_domains;
    uint32_t *domain;
    OA_TRY(oa_put_array(run, "maps/domain", 1, &n, &domain));
    for (size_t d = 0; d < n; d++) domain[d] = (uint32_t)d + 1;
    OA_TRY(oa_put_pair_axis(run, "maps/pair", &job->pairs));
    OA_TRY(put_distance(run, job, "maps/distance"));
    OA_TRY(oa_put_pair_axis(run, "map_sum/pair", &job->pairs));
    return put_distance(run, job, "map_sum/distance");
}

static oa_status put_sum(oa_run *run, const map_job *job)
{
    const size_t dims[2] = { job->pairs.n, (size_t)job->axis.kept }, size = dims[0] * dims[1];
    uint64_t *sum;
    OA_TRY(oa_put_array(run, "map_sum/counts", 2, dims, &sum));
    for (size_t d = 0; d < job->group->n_domains; d++)
        for (size_t k = 0; k < size; k++) sum[k] += job->counts[d * size + k];
    return OA_OK;
}

oa_status oa_domains__put_maps(oa_run *run, const domains_params *p, const oa_grouping *g)
{
    map_job job = { .kernels = run->context->kernels, .group = g,
                    .axis = { .half = p->half_range, .scale = (double)p->bins / (2 * p->half_range), .bins = p->bins, .kept = p->bins } };
    uint32_t *start, *row;
    if (!p->pairs[0]) return OA_OK;
    oa_phase(run->context, "maps");
    OA_TRY(read_pairs(run, &job, p->pairs));
    OA_TRY(oa_domains__rows(run, g, &start, &row));
    job.start = start;
    job.row = row;
    const size_t dims[3] = { g->n_domains, job.pairs.n, (size_t)p->bins };
    const double bytes = 4.0 * (double)dims[0] * (double)dims[1] * (double)dims[2];
    if (bytes > MAP_BYTES_MAX)
        return oa_fail_at(run->context, OA_IN_PARAMETER("bins"), "E_MEMORY", "%zu maps of %zu bins would take %.0f MB, more than %.0f MB; use fewer bins or pairs",
                          dims[0] * dims[1], dims[2], bytes / 1e6, MAP_BYTES_MAX / 1e6);
    OA_TRY(oa_put_array(run, "maps/counts", 3, dims, &job.counts));
    OA_TRY(put_axes(run, &job));
    OA_TRY(oa_parallel(run->context, g->n_domains, DOMAINS_PER_CHUNK, map_chunk, &job));
    return put_sum(run, &job);
}
