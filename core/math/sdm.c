/* sdm.c - maps of voxels and of whole specimens. */
#include "math/sdm.h"

#include <math.h>
#include <string.h>

enum { SITES_PER_CHUNK = 256, CELLS_PER_CHUNK = 64 };

/* ---------------------------------------------------------------------------------------------- the scan */

oa_scan oa_scan_of(const double box[6], double voxel, double stride)
{
    oa_scan scan = { .voxel = voxel, .stride = stride };
    for (int axis = 0; axis < 3; axis++) {
        /* A voxel that ends at the box but for rounding still fits. */
        const double steps = (box[2 * axis + 1] - box[2 * axis] - voxel) / stride + 1e-9;
        scan.lo[axis] = box[2 * axis];
        scan.n[axis] = steps >= 0 && steps < 1e9 ? (size_t)steps + 1 : 0;
    }
    return scan;
}

size_t oa_scan_count(const oa_scan *scan)
{
    return scan->n[0] * scan->n[1] * scan->n[2];
}

double oa_scan_axis(const oa_scan *scan, int axis, size_t k)
{
    return scan->lo[axis] + (double)k * scan->stride + scan->voxel / 2;
}

void oa_scan_centre(const oa_scan *scan, size_t voxel, double out[3])
{
    out[0] = oa_scan_axis(scan, 0, voxel % scan->n[0]);
    out[1] = oa_scan_axis(scan, 1, voxel / scan->n[0] % scan->n[1]);
    out[2] = oa_scan_axis(scan, 2, voxel / scan->n[0] / scan->n[1]);
}

static void site_centre(const oa_sites *sites, size_t i, double out[3])
{
    if (sites->scan) oa_scan_centre(sites->scan, sites->first + i, out);
    else memcpy(out, sites->list + 3 * i, 3 * sizeof *out);
}

/* ---------------------------------------------------------------------------------------------- the rule */

oa_axis oa_sdm_axis(const oa_sdm_rule *rule)
{
    return (oa_axis){ .half = rule->half_range, .scale = (double)rule->bins / (2 * rule->half_range),
                      .bins = rule->bins, .first = rule->first, .kept = rule->kept };
}

double oa_sdm_edge(const oa_sdm_rule *rule, int64_t k)
{
    return (double)(rule->first + k) * (2 * rule->half_range) / (double)rule->bins - rule->half_range;
}

size_t oa_sdm_map_size(const oa_sdm_rule *rule)
{
    const size_t kept = (size_t)rule->kept;
    return rule->dimensions == 2 ? kept * kept : kept;
}

/* Measured on scans of 0.75 nm spheres with 18 ions each: of 0.3 to 0.75 nm the widest cells are quickest, for few long
 * stretches cost less than a few points in vain. */
double oa_sdm_cell_edge(const oa_sdm_rule *rule)
{
    return rule->mode == OA_SDM_INSPHERE ? rule->radius : rule->half_range * (2.0 / 3.0);
}

/* ---------------------------------------------------------------------------------------------- one map */

/* Points around a place, gathered into one piece of scratch memory that grows with the largest. */
typedef struct cloud {
    int slot; /* of the worker's scratch */
    size_t n, capacity;
    double *x, *y, *z;
} cloud;

static void offsets_zx(uint32_t *counts, const oa_axis *axis, const cloud *points, const oa_centre *centre)
{
    for (size_t i = 0; i < points->n; i++) {
        double dx = points->x[i] - centre->x, dz = points->z[i] - centre->z;
        const double dy = points->y[i] - centre->y;
        if (!((dx * dx + dy * dy) + dz * dz <= centre->reach2)) continue;
        if (centre->rounded) {
            dx = (float)dx;
            dz = (float)dz;
        }
        if (dx == 0 || dz == 0) continue;
        const int64_t row = oa_axis_bin(axis, dz), column = oa_axis_bin(axis, dx);
        if (row >= 0 && column >= 0) counts[row * axis->kept + column]++;
    }
}

/* In a sphere no wider than half_range no pair is too long, in whatever way its length would be rounded. */
static bool is_bounded(const oa_sdm_rule *rule)
{
    return rule->mode == OA_SDM_INSPHERE && 2 * rule->radius <= rule->half_range;
}

static void count_offsets(const oa_sdm *sdm, const oa_axis *axis, const cloud *centres, const cloud *neighbours,
                          uint32_t *counts)
{
    const oa_sdm_rule *rule = &sdm->rule;
    for (size_t i = 0; i < centres->n; i++) {
        const oa_centre centre = { .x = centres->x[i], .y = centres->y[i], .z = centres->z[i],
                                   .reach2 = is_bounded(rule) ? INFINITY : rule->half_range * rule->half_range,
                                   .rounded = rule->mode != OA_SDM_INSPHERE };
        if (rule->dimensions == 2) offsets_zx(counts, axis, neighbours, &centre);
        else sdm->kernels->offsets_z(counts, axis, neighbours->n, neighbours->x, neighbours->y, neighbours->z, &centre);
    }
}

enum { SLOT_STRETCHES, SLOT_CENTRES, SLOT_NEIGHBOURS };

/* What a block works with. */
typedef struct room {
    oa_worker *worker;
    oa_stretch *stretches;
    cloud centres, neighbours;
} room;

static oa_status grow(oa_worker *worker, cloud *out, size_t points)
{
    const size_t need = points + OA_KERNEL_PAD;
    if (need <= out->capacity) return OA_OK;
    double *buffer;
    out->capacity = need + need / 2;
    OA_TRY(oa_worker_scratch(worker, out->slot, &buffer, 3 * out->capacity, sizeof *buffer));
    out->x = buffer;
    out->y = buffer + out->capacity;
    out->z = buffer + 2 * out->capacity;
    return OA_OK;
}

static oa_status gather(const oa_sdm *sdm, const room *r, int species, const double place[3], double radius,
                        bool with_y, cloud *out)
{
    const oa_cells *cells = &sdm->species[species];
    size_t points;
    const size_t n = oa_cells_stretches(cells, place, radius, r->stretches, &points);
    OA_TRY(grow(r->worker, out, points));
    out->n = oa_cells_gather(cells, sdm->kernels, r->stretches, n, place, radius, out->x, with_y ? out->y : NULL, out->z);
    return OA_OK;
}

static double largest_radius(const oa_sdm_rule *rule)
{
    return rule->mode == OA_SDM_INSPHERE ? rule->radius : rule->radius + rule->half_range;
}

static oa_status make_room(const oa_sdm *sdm, oa_worker *worker, double radius, room *out)
{
    size_t n = 0;
    for (int s = 0; s < sdm->n_species; s++) {
        const size_t needs = oa_cells_stretches_max(&sdm->species[s], radius);
        if (needs > n) n = needs;
    }
    *out = (room){ .worker = worker, .centres.slot = SLOT_CENTRES, .neighbours.slot = SLOT_NEIGHBOURS };
    return oa_worker_scratch(worker, SLOT_STRETCHES, &out->stretches, n, sizeof *out->stretches);
}

/* More pairs than 32 bits can count, all in one voxel: nothing measured is that dense. */
static oa_status check_pairs(oa_context *context, size_t centres, size_t neighbours)
{
    if (neighbours == 0 || centres <= UINT32_MAX / neighbours) return OA_OK;
    return oa_fail(context, "E_TOO_MANY_PAIRS", "%zu centre ions with %zu neighbours in one voxel; counts have 32 bits, "
                   "give a smaller radius", centres, neighbours);
}

static oa_status map_voxel(const oa_sdm *sdm, const oa_axis *axis, room *r, const double place[3], oa_sdm_pair pair,
                           uint32_t *map, uint32_t *number)
{
    const oa_sdm_rule *rule = &sdm->rule;
    const bool is_one_cloud = rule->mode == OA_SDM_INSPHERE && pair.centre == pair.neighbour;
    const bool is_plain = is_one_cloud && rule->dimensions == 1 && is_bounded(rule);
    cloud *neighbours = is_one_cloud ? &r->centres : &r->neighbours;
    OA_TRY(gather(sdm, r, pair.centre, place, rule->radius, !is_plain, &r->centres));
    if (!is_one_cloud) OA_TRY(gather(sdm, r, pair.neighbour, place, largest_radius(rule), true, neighbours));
    OA_TRY(check_pairs(oa_worker_context(r->worker), r->centres.n, neighbours->n));
    if (number) *number = (uint32_t)r->centres.n;
    if (is_plain) sdm->kernels->pairs_z(map, axis, r->centres.n, r->centres.x, r->centres.z);
    else count_offsets(sdm, axis, &r->centres, neighbours, map);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- many voxels */

oa_status oa_sdm_block(const oa_sdm *sdm, oa_worker *worker, const oa_sites *sites, size_t begin, size_t end,
                       uint32_t *maps, uint32_t *numbers)
{
    const oa_axis axis = oa_sdm_axis(&sdm->rule);
    const size_t size = oa_sdm_map_size(&sdm->rule);
    room r;
    OA_TRY(make_room(sdm, worker, largest_radius(&sdm->rule), &r));
    memset(maps, 0, (end - begin) * sdm->n_pairs * size * sizeof *maps);
    for (size_t i = begin; i < end; i++) {
        double place[3];
        site_centre(sites, i, place);
        for (size_t p = 0; p < sdm->n_pairs; p++) {
            const size_t k = (i - begin) * sdm->n_pairs + p;
            OA_TRY(map_voxel(sdm, &axis, &r, place, sdm->pairs[p], maps + k * size, numbers ? numbers + k : NULL));
        }
    }
    return OA_OK;
}

typedef struct site_job {
    const oa_sdm *sdm;
    const oa_sites *sites;
    uint32_t *maps, *numbers;
} site_job;

static oa_status site_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const site_job *job = arg;
    const size_t size = oa_sdm_map_size(&job->sdm->rule), n_pairs = job->sdm->n_pairs;
    return oa_sdm_block(job->sdm, worker, job->sites, span.begin, span.end, job->maps + span.begin * n_pairs * size,
                        job->numbers ? job->numbers + span.begin * n_pairs : NULL);
}

oa_status oa_sdm_sites(oa_context *context, const oa_sdm *sdm, const oa_sites *sites, uint32_t *maps, uint32_t *numbers)
{
    site_job job = { .sdm = sdm, .sites = sites, .maps = maps, .numbers = numbers };
    return oa_parallel(context, sites->n, SITES_PER_CHUNK, site_chunk, &job);
}

/* ---------------------------------------------------------------------------------------------- one specimen */

typedef struct all_job {
    const oa_sdm *sdm;
    oa_sdm_pair pair;
    size_t size;
    uint64_t *sums; /* (threads, size) */
} all_job;

/* The centres are the ions of one cell; their neighbours are gathered once for all of them. */
static oa_status map_cell(const all_job *job, const oa_axis *axis, room *r, size_t cell, uint32_t *counts)
{
    const oa_cells *cells = &job->sdm->species[job->pair.centre];
    const size_t begin = cells->start[cell], n = cells->start[cell + 1] - begin;
    const size_t k[3] = { cell % cells->dims[0], cell / cells->dims[0] % cells->dims[1], cell / cells->dims[0] / cells->dims[1] };
    double place[3], ion[3];
    for (int a = 0; a < 3; a++) place[a] = cells->origin[a] + ((double)k[a] + 0.5) * cells->edge;
    const double corner = 0.87 * cells->edge; /* beyond sqrt(3) / 2: also holds ions that rounding puts on a face */
    OA_TRY(grow(r->worker, &r->centres, n));
    for (size_t i = 0; i < n; i++) {
        oa_cells_point(cells, begin + i, ion);
        r->centres.x[i] = ion[0];
        r->centres.y[i] = ion[1];
        r->centres.z[i] = ion[2];
    }
    r->centres.n = n;
    OA_TRY(gather(job->sdm, r, job->pair.neighbour, place, job->sdm->rule.half_range + corner, true, &r->neighbours));
    OA_TRY(check_pairs(oa_worker_context(r->worker), n, r->neighbours.n));
    count_offsets(job->sdm, axis, &r->centres, &r->neighbours, counts);
    return OA_OK;
}

static oa_status all_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const all_job *job = arg;
    const oa_axis axis = oa_sdm_axis(&job->sdm->rule);
    const oa_cells *cells = &job->sdm->species[job->pair.centre];
    uint64_t *sums = job->sums + (size_t)oa_worker_number(worker) * job->size;
    uint32_t *counts;
    room r;
    OA_TRY(make_room(job->sdm, worker, job->sdm->rule.half_range + cells->edge, &r));
    OA_TRY(oa_worker_scratch(worker, 3, &counts, job->size, sizeof *counts));
    for (size_t cell = span.begin; cell < span.end; cell++) {
        if (cells->start[cell] == cells->start[cell + 1]) continue; /* specimens with outliers have many of these */
        memset(counts, 0, job->size * sizeof *counts);
        OA_TRY(map_cell(job, &axis, &r, cell, counts));
        for (size_t k = 0; k < job->size; k++) sums[k] += counts[k];
    }
    return OA_OK;
}

static oa_status add_up(oa_context *context, const all_job *job, uint32_t *map)
{
    for (size_t k = 0; k < job->size; k++) {
        uint64_t sum = 0;
        for (int t = 0; t < context->threads; t++) sum += job->sums[(size_t)t * job->size + k];
        if (sum > UINT32_MAX)
            return oa_fail(context, "E_TOO_MANY_PAIRS", "a bin of the map holds %llu pairs; counts have 32 bits, crop the "
                           "specimen or use a scan", (unsigned long long)sum);
        map[k] = (uint32_t)sum;
    }
    return OA_OK;
}

oa_status oa_sdm_all(oa_context *context, oa_arena *arena, const oa_sdm *sdm, uint32_t *maps, uint32_t *numbers)
{
    all_job job = { .sdm = sdm, .size = oa_sdm_map_size(&sdm->rule) };
    const size_t n_sums = (size_t)context->threads * job.size;
    OA_TRY(oa_arena_take(arena, &job.sums, n_sums, sizeof *job.sums));
    for (size_t p = 0; p < sdm->n_pairs; p++) {
        const oa_cells *cells = &sdm->species[sdm->pairs[p].centre];
        job.pair = sdm->pairs[p];
        memset(job.sums, 0, n_sums * sizeof *job.sums);
        OA_TRY(oa_parallel(context, oa_cells_count(cells), CELLS_PER_CHUNK, all_chunk, &job));
        OA_TRY(add_up(context, &job, maps + p * job.size));
        if (numbers) numbers[p] = (uint32_t)cells->n;
    }
    return OA_OK;
}
