/* cells.c - counting sort of points into cells, and the search of what lies around a place.
 *
 * The sort works in parallel and in two levels. Source rows are cut into chunks; ranges of consecutive cells make buckets.
 * Each chunk counts its points per bucket, the sums say where each chunk writes into each bucket, so that points of a bucket
 * stand by row whoever came first; then each bucket sorts itself into its cells. */
#include "math/cells.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"

/* More cells than this beyond one for each two points would only cost memory: 16 MB at most for few points. */
enum { FREE_CELLS = 4 << 20 };
enum { ROWS_PER_CHUNK = 16384, POINTS_PER_BUCKET = 4096, BUCKETS_MAX = 256 };

/* Rounds to the nearest integer, ties to even: at this size doubles have no fraction. */
#define ROUNDER 6755399441055744.0 /* 1.5 * 2^52 */

/* Steps beyond this are no int32, nor are their differences. */
#define STEPS_MAX 1073741824.0 /* 2^30 */

static double count_steps(double value, double steps)
{
    return (value * steps + ROUNDER) - ROUNDER;
}

/* Dividing an integer by the number of steps gives the double nearest to the decimal number: 118959 / 1000 is the double
 * one writes as 118.959. */
static double to_steps(double value, double steps)
{
    return count_steps(value, steps) / steps;
}

static void get_raw(const oa_points *points, size_t i, double out[3])
{
    out[0] = points->x ? (double)points->x[i] : points->xd[i];
    out[1] = points->y ? (double)points->y[i] : points->yd[i];
    out[2] = points->z ? (double)points->z[i] : points->zd[i];
}

void oa_points_get(const oa_points *points, size_t i, double out[3])
{
    get_raw(points, i, out);
    for (int axis = 0; points->steps > 0 && axis < 3; axis++) out[axis] = to_steps(out[axis], points->steps);
}

/* A point in steps, where coordinates are rounded to them; false: it is left out. */
static bool get_counted(const oa_points *points, size_t i, double out[3])
{
    if (!oa_points_takes(points, i)) return false;
    get_raw(points, i, out);
    for (int axis = 0; points->steps > 0 && axis < 3; axis++) out[axis] = count_steps(out[axis], points->steps);
    return isfinite(out[0]) && isfinite(out[1]) && isfinite(out[2]);
}

/* Box and number of the points of a chunk of source rows. */
typedef struct chunk_bounds {
    size_t n;
    double lo[3], hi[3];
} chunk_bounds;

typedef struct sorting {
    oa_cells *cells;
    const oa_points *points;
    chunk_bounds *chunks;
    size_t n_buckets;
    unsigned shift;   /* a bucket has 2^shift cells */
    uint32_t *first;  /* (chunks, buckets) counts, then where the chunk goes on writing in the bucket */
    uint32_t *bucket; /* (buckets + 1) first point */
    bool is_parallel;
    uint32_t *to; /* where it is not: room for the largest bucket */
    void *copy;
} sorting;

/* The chunks one after the other, without a worker, where the caller may be inside a parallel loop itself. */
static oa_status for_chunks(oa_context *context, sorting *job, size_t n, size_t per_chunk, oa_chunk_fn *fn)
{
    if (job->is_parallel) return oa_parallel(context, n, per_chunk, fn, job);
    for (size_t c = 0; c < oa_chunk_count(n, per_chunk); c++) {
        const size_t begin = c * per_chunk, end = n - begin < per_chunk ? n : begin + per_chunk;
        OA_TRY(fn(job, (oa_span){ c, begin, end }, NULL));
    }
    return OA_OK;
}

/* Division keeps the order: only the box is divided. */
static oa_status bounds_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *job = arg;
    const double steps = job->points->steps > 0 ? job->points->steps : 1;
    chunk_bounds b = { .n = 0 };
    double p[3];
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        if (!get_counted(job->points, i, p)) continue;
        for (int axis = 0; axis < 3; axis++) {
            if (b.n == 0 || p[axis] < b.lo[axis]) b.lo[axis] = p[axis];
            if (b.n == 0 || p[axis] > b.hi[axis]) b.hi[axis] = p[axis];
        }
        b.n++;
    }
    for (int axis = 0; b.n && axis < 3; axis++) {
        b.lo[axis] /= steps;
        b.hi[axis] /= steps;
    }
    job->chunks[span.chunk] = b;
    return OA_OK;
}

static oa_status find_bounds(oa_context *context, sorting *job, double lo[3], double hi[3], size_t *n)
{
    OA_TRY(for_chunks(context, job, job->points->n, ROWS_PER_CHUNK, bounds_chunk));
    *n = 0;
    for (size_t c = 0; c < oa_chunk_count(job->points->n, ROWS_PER_CHUNK); c++) {
        const chunk_bounds *b = &job->chunks[c];
        for (int axis = 0; b->n && axis < 3; axis++) {
            lo[axis] = *n ? fmin(lo[axis], b->lo[axis]) : b->lo[axis];
            hi[axis] = *n ? fmax(hi[axis], b->hi[axis]) : b->hi[axis];
        }
        *n += b->n;
    }
    return OA_OK;
}

/* Sets dims for the edge; false where that makes too many cells. */
static bool set_dims(oa_cells *cells, const double hi[3], double edge)
{
    const double limit = (double)(cells->n / 2) + FREE_CELLS;
    double total = 1;
    for (int axis = 0; axis < 3; axis++) total *= floor((hi[axis] - cells->origin[axis]) / edge) + 1;
    if (!(total <= limit)) return false;
    for (int axis = 0; axis < 3; axis++) cells->dims[axis] = (size_t)((hi[axis] - cells->origin[axis]) / edge) + 1;
    cells->edge = edge;
    cells->inverse = 1 / edge;
    return true;
}

static size_t cell_along(const oa_cells *cells, int axis, double value)
{
    const double k = (value - cells->origin[axis]) * cells->inverse;
    if (!(k > 0)) return 0;
    return k < (double)cells->dims[axis] ? (size_t)k : cells->dims[axis] - 1;
}

static size_t cell_of(const oa_cells *cells, const double p[3])
{
    return (cell_along(cells, 2, p[2]) * cells->dims[1] + cell_along(cells, 1, p[1])) * cells->dims[0] +
           cell_along(cells, 0, p[0]);
}

static uint32_t cell_of_steps(const oa_cells *cells, int32_t x, int32_t y, int32_t z)
{
    const uint32_t line = oa_cells_along_steps(cells, 2, z) * (uint32_t)cells->dims[1] + oa_cells_along_steps(cells, 1, y);
    return line * (uint32_t)cells->dims[0] + oa_cells_along_steps(cells, 0, x);
}

size_t oa_cells_count(const oa_cells *cells)
{
    return cells->dims[0] * cells->dims[1] * cells->dims[2];
}

static bool fit_steps(const oa_cells *cells, const double hi[3], double steps)
{
    double most = 0;
    for (int axis = 0; axis < 3; axis++) most = fmax(most, fmax(fabs(cells->origin[axis]), fabs(hi[axis])));
    return most * steps < STEPS_MAX;
}

static oa_status take_columns(oa_arena *arena, oa_cells *cells, bool as_doubles)
{
    void *column[3] = { NULL, NULL, NULL };
    for (int axis = 0; axis < 3; axis++)
        OA_TRY(oa_arena_take(arena, &column[axis], cells->n + OA_KERNEL_PAD, as_doubles ? sizeof(double) : sizeof(float)));
    if (cells->steps > 0) {
        cells->xk = column[0];
        cells->yk = column[1];
        cells->zk = column[2];
    } else if (as_doubles) {
        cells->xd = column[0];
        cells->yd = column[1];
        cells->zd = column[2];
    } else {
        cells->x = column[0];
        cells->y = column[1];
        cells->z = column[2];
    }
    return OA_OK;
}

static void place(oa_cells *cells, size_t at, const double p[3], size_t row)
{
    if (cells->x) {
        cells->x[at] = (float)p[0];
        cells->y[at] = (float)p[1];
        cells->z[at] = (float)p[2];
    } else if (cells->xk) {
        cells->xk[at] = (int32_t)p[0];
        cells->yk[at] = (int32_t)p[1];
        cells->zk[at] = (int32_t)p[2];
    } else {
        cells->xd[at] = p[0];
        cells->yd[at] = p[1];
        cells->zd[at] = p[2];
    }
    if (cells->row) cells->row[at] = (uint32_t)row;
}

/* ---------------------------------------------------------------------------------------------- buckets */

/* A point as the cells keep it, and its bucket; false: it is left out. */
static inline bool get_placed(const sorting *job, size_t i, double p[3], size_t *bucket)
{
    if (!get_counted(job->points, i, p)) return false;
    if (job->cells->xk) {
        *bucket = cell_of_steps(job->cells, (int32_t)p[0], (int32_t)p[1], (int32_t)p[2]) >> job->shift;
        return true;
    }
    for (int axis = 0; job->points->steps > 0 && axis < 3; axis++) p[axis] /= job->points->steps;
    *bucket = cell_of(job->cells, p) >> job->shift;
    return true;
}

static oa_status count_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *job = arg;
    uint32_t *count = job->first + span.chunk * job->n_buckets;
    size_t bucket;
    double p[3];
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++)
        if (get_placed(job, i, p, &bucket)) count[bucket]++;
    return OA_OK;
}

static oa_status place_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *job = arg;
    uint32_t *first = job->first + span.chunk * job->n_buckets;
    size_t bucket;
    double p[3];
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++)
        if (get_placed(job, i, p, &bucket)) place(job->cells, first[bucket]++, p, i);
    return OA_OK;
}

/* Counts become places: bucket by bucket, in it chunk by chunk. */
static void sum_up(sorting *job, size_t n_chunks)
{
    uint32_t sum = 0;
    for (size_t b = 0; b < job->n_buckets; b++) {
        job->bucket[b] = sum;
        for (size_t c = 0; c < n_chunks; c++) {
            const uint32_t count = job->first[c * job->n_buckets + b];
            job->first[c * job->n_buckets + b] = sum;
            sum += count;
        }
    }
    job->bucket[job->n_buckets] = sum;
}

/* ---------------------------------------------------------------------------------------------- cells of a bucket */

enum { SLOT_CELL = 0, SLOT_COPY = 1 };

/* Moves the n entries of a column to their places: entry i goes to begin + to[i]. */
static void move_words(uint32_t *column, size_t n, const uint32_t *to, uint32_t *copy)
{
    memcpy(copy, column, n * sizeof *copy);
    for (size_t i = 0; i < n; i++) column[to[i]] = copy[i];
}

static void move_doubles(double *column, size_t n, const uint32_t *to, double *copy)
{
    memcpy(copy, column, n * sizeof *copy);
    for (size_t i = 0; i < n; i++) column[to[i]] = copy[i];
}

static void move_bucket(const oa_cells *c, size_t at, size_t n, const uint32_t *to, void *copy)
{
    void *words[4] = { c->row, c->xk ? (void *)c->xk : (void *)c->x, c->yk ? (void *)c->yk : (void *)c->y, c->zk ? (void *)c->zk : (void *)c->z };
    double *doubles[3] = { c->xd, c->yd, c->zd };
    for (int k = 0; k < 4; k++)
        if (words[k]) move_words((uint32_t *)words[k] + at, n, to, copy);
    for (int k = 0; k < 3; k++)
        if (doubles[k]) move_doubles(doubles[k] + at, n, to, copy);
}

static void find_cells(const oa_cells *cells, size_t at, size_t n, uint32_t *cell)
{
    double p[3];
    for (size_t i = 0; cells->xk && i < n; i++) cell[i] = cell_of_steps(cells, cells->xk[at + i], cells->yk[at + i], cells->zk[at + i]);
    for (size_t i = 0; !cells->xk && i < n; i++) {
        oa_cells_point(cells, at + i, p);
        cell[i] = (uint32_t)cell_of(cells, p);
    }
}

/* start[c] counts cell c, then is its end, and goes back with each point to its first place. */
static oa_status bucket_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *job = arg;
    const size_t b = span.begin, at = job->bucket[b], n = job->bucket[b + 1] - at, n_cells = oa_cells_count(job->cells);
    const size_t c0 = b << job->shift, c1 = (b + 1) << job->shift < n_cells ? (b + 1) << job->shift : n_cells;
    uint32_t *start = job->cells->start, *to = job->to, sum = (uint32_t)at;
    void *copy = job->copy;
    if (worker) OA_TRY(oa_worker_scratch(worker, SLOT_CELL, &to, n, sizeof *to));
    if (worker) OA_TRY(oa_worker_scratch(worker, SLOT_COPY, &copy, n, sizeof(double)));
    find_cells(job->cells, at, n, to);
    for (size_t i = 0; i < n; i++) start[to[i]]++;
    for (size_t c = c0; c < c1; c++) start[c] = sum += start[c];
    for (size_t i = n; i-- > 0;) to[i] = --start[to[i]] - (uint32_t)at;
    move_bucket(job->cells, at, n, to, copy);
    return OA_OK;
}

static oa_status take_room(oa_arena *own, sorting *job)
{
    size_t most = 0;
    for (size_t b = 0; b < job->n_buckets; b++) most = job->bucket[b + 1] - job->bucket[b] > most ? job->bucket[b + 1] - job->bucket[b] : most;
    OA_TRY(oa_arena_take(own, &job->to, most, sizeof *job->to));
    return oa_arena_take(own, &job->copy, most, sizeof(double));
}

static oa_status sort_points(oa_context *context, oa_arena *own, sorting *job)
{
    const size_t n_chunks = oa_chunk_count(job->points->n, ROWS_PER_CHUNK), n_cells = oa_cells_count(job->cells), n = job->cells->n;
    const size_t wanted = n / POINTS_PER_BUCKET < 1 ? 1 : n / POINTS_PER_BUCKET > BUCKETS_MAX ? BUCKETS_MAX : n / POINTS_PER_BUCKET;
    while (n_cells >> job->shift > wanted) job->shift++;
    job->n_buckets = (n_cells >> job->shift) + 1;
    OA_TRY(oa_arena_take(own, &job->first, n_chunks * job->n_buckets, sizeof *job->first));
    OA_TRY(oa_arena_take(own, &job->bucket, job->n_buckets + 1, sizeof *job->bucket));
    OA_TRY(for_chunks(context, job, job->points->n, ROWS_PER_CHUNK, count_chunk));
    sum_up(job, n_chunks);
    OA_TRY(for_chunks(context, job, job->points->n, ROWS_PER_CHUNK, place_chunk));
    if (!job->is_parallel) OA_TRY(take_room(own, job));
    OA_TRY(for_chunks(context, job, job->n_buckets, 1, bucket_chunk));
    job->cells->start[n_cells] = job->cells->start[n_cells + 1] = (uint32_t)n;
    return OA_OK;
}

static void keep_steps(oa_cells *cells, double steps)
{
    cells->steps = steps;
    cells->cells_per_step = cells->inverse / steps;
    for (int axis = 0; axis < 3; axis++) cells->first[axis] = (int32_t)count_steps(cells->origin[axis], steps);
}

static oa_status build(oa_arena *arena, oa_arena *own, oa_cells *out, const oa_points *points, double edge, unsigned keep)
{
    double hi[3] = { 0, 0, 0 };
    sorting job = { .cells = out, .points = points, .is_parallel = keep & OA_CELLS_PARALLEL };
    OA_TRY(oa_arena_take(own, &job.chunks, oa_chunk_count(points->n, ROWS_PER_CHUNK), sizeof *job.chunks));
    OA_TRY(find_bounds(arena->context, &job, out->origin, hi, &out->n));
    while (!set_dims(out, hi, edge)) edge *= 1.25;
    OA_TRY(oa_arena_take(arena, &out->start, oa_cells_count(out) + 2, sizeof *out->start));
    if (keep & OA_CELLS_STEPS && points->steps > 0 && fit_steps(out, hi, points->steps)) keep_steps(out, points->steps);
    OA_TRY(take_columns(arena, out, out->steps > 0 ? false : !points->x || points->steps > 0));
    if (keep & OA_CELLS_ROWS) OA_TRY(oa_arena_take(arena, &out->row, out->n, sizeof *out->row));
    return sort_points(arena->context, own, &job);
}

oa_status oa_cells_build(oa_arena *arena, oa_cells *out, const oa_points *points, double edge, unsigned keep)
{
    oa_arena own = { .context = arena->context };
    memset(out, 0, sizeof *out);
    if (points->n > UINT32_MAX)
        return oa_fail(arena->context, "E_TOO_MANY_IONS", "%zu points; at most %u can be sorted into cells", points->n, UINT32_MAX);
    const oa_status status = build(arena, &own, out, points, edge, keep);
    oa_arena_drop(&own);
    return status;
}

void oa_cells_point(const oa_cells *cells, size_t i, double out[3])
{
    if (cells->xk) {
        out[0] = cells->xk[i] / cells->steps;
        out[1] = cells->yk[i] / cells->steps;
        out[2] = cells->zk[i] / cells->steps;
        return;
    }
    out[0] = cells->x ? (double)cells->x[i] : cells->xd[i];
    out[1] = cells->y ? (double)cells->y[i] : cells->yd[i];
    out[2] = cells->z ? (double)cells->z[i] : cells->zd[i];
}

/* Cells [*first, *end) along an axis that meet [lo, hi]; empty where none does. */
static inline void cell_span(const oa_cells *cells, int axis, double lo, double hi, int64_t *first, int64_t *end)
{
    const double dim = (double)cells->dims[axis];
    const double a = (lo - cells->origin[axis]) * cells->inverse, b = (hi - cells->origin[axis]) * cells->inverse;
    *first = (int64_t)(a > 0 ? (a < dim ? a : dim) : 0);
    *end = b >= 0 ? (int64_t)(b < dim ? b + 1 : dim) : 0;
}

/* Distance from a place to cell k along an axis; the last cell also holds what lies on its upper face. */
static inline double gap(const oa_cells *cells, int axis, int64_t k, double place_at)
{
    const double below = cells->origin[axis] + (double)k * cells->edge - place_at, above = -below - cells->edge;
    return below > 0 ? below : above > 0 ? above : 0;
}

/* Room for rounding in the choice of cells; the kernels decide exactly which points are inside. */
static double slack(const oa_cells *cells, const double centre[3], double radius)
{
    return 1e-12 * (fabs(centre[0]) + fabs(centre[1]) + fabs(centre[2]) + fabs(cells->origin[0]) +
                    fabs(cells->origin[1]) + fabs(cells->origin[2]) + radius) + 1e-9 * cells->edge;
}

size_t oa_cells_stretches_max(const oa_cells *cells, double radius)
{
    size_t n = 1;
    for (int axis = 1; axis < 3; axis++) {
        const double across = ceil(2 * radius * cells->inverse) + 3, dim = (double)cells->dims[axis];
        n *= (size_t)(across < dim ? across : dim);
    }
    return n;
}

size_t oa_cells_stretches(const oa_cells *cells, const double centre[3], double radius, oa_stretch *out, size_t *points)
{
    const double r = radius + slack(cells, centre, radius), r2 = r * r;
    int64_t y0, y1, z0, z1, x0, x1;
    size_t n = 0, sum = 0;
    cell_span(cells, 2, centre[2] - r, centre[2] + r, &z0, &z1);
    cell_span(cells, 1, centre[1] - r, centre[1] + r, &y0, &y1);
    for (int64_t z = z0; z < z1; z++) {
        const double dz = gap(cells, 2, z, centre[2]), left = r2 - dz * dz;
        for (int64_t y = y0; y < y1; y++) {
            const double dy = gap(cells, 1, y, centre[1]), chord2 = left - dy * dy;
            if (!(chord2 >= 0)) continue;
            const double chord = sqrt(chord2);
            cell_span(cells, 0, centre[0] - chord, centre[0] + chord, &x0, &x1);
            if (x0 >= x1) continue;
            const uint32_t *line = cells->start + (z * (int64_t)cells->dims[1] + y) * (int64_t)cells->dims[0];
            const uint32_t begin = line[x0], end = line[x1];
            out[n] = (oa_stretch){ begin, end };
            n += begin < end;
            sum += end - begin;
        }
    }
    *points = sum;
    return n;
}

static size_t gather_others(const oa_cells *cells, oa_stretch stretch, const double centre[3], double radius2,
                            double *x, double *y, double *z)
{
    size_t found = 0;
    double p[3];
    for (size_t i = stretch.begin; i < stretch.end; i++) {
        oa_cells_point(cells, i, p);
        const double dx = p[0] - centre[0], dy = p[1] - centre[1], dz = p[2] - centre[2];
        x[found] = p[0];
        if (y) y[found] = p[1];
        z[found] = p[2];
        found += (dx * dx + dy * dy) + dz * dz <= radius2;
    }
    return found;
}

size_t oa_cells_gather(const oa_cells *cells, const oa_kernels *kernels, const oa_stretch *stretches, size_t n,
                       const double centre[3], double radius, double *x, double *y, double *z)
{
    size_t found = 0;
    for (size_t k = 0; k < n; k++) {
        const size_t begin = stretches[k].begin, length = stretches[k].end - begin;
        double *to_y = y ? y + found : NULL;
        if (cells->x)
            found += kernels->gather(x + found, to_y, z + found, length, cells->x + begin, cells->y + begin,
                                     cells->z + begin, centre, radius * radius);
        else
            found += gather_others(cells, stretches[k], centre, radius * radius, x + found, to_y, z + found);
    }
    return found;
}
