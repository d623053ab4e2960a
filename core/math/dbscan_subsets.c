/* dbscan_subsets.c - the domain sizes of several subsets of one set of points: each distance is computed once. */
#include <stdatomic.h>
#include <string.h>

#include "math/dbscan.h"
#include "math/dbscan_near.h"

enum { POINTS_PER_CHUNK = 4096 }; /* whole words of a set of points */
#define NO_GROUP UINT32_MAX

typedef struct subset_job {
    const oa_subsets *of;
    oa_near near;
    uint8_t *mask; /* (n) in the order of the cells */
    uint64_t *member[OA_SUBSETS_MAX], *core[OA_SUBSETS_MAX]; /* sets of points */
    _Atomic uint32_t *parent[OA_SUBSETS_MAX];                /* (n) */
    oa_arena *results;
    oa_size_list *out;
} subset_job;

/* ---------------------------------------------------------------------------------------------- core points */

/* Subsets of `wanted` in which the point has enough neighbours. */
static unsigned enough_in(const subset_job *job, size_t i, unsigned wanted)
{
    const oa_near_point at = oa_near_point_of(&job->near, i, OA_NEAR_LINES);
    int64_t found[OA_SUBSETS_MAX] = { 0 };
    unsigned missing = wanted;
    for (int k = 0; k < at.n_lines && missing; k++)
        for (size_t j = at.line[k].begin; j < at.line[k].end && missing; j += OA_NEAR_AT_ONCE) {
            const uint64_t near = oa_near_points(&job->near, &at, j, at.line[k].end);
            for (unsigned left = missing; near && left; left &= left - 1) {
                const int s = __builtin_ctz(left);
                found[s] += __builtin_popcountll(near & oa_bits_from(job->member[s], j));
                if (found[s] >= job->of->min_points) missing &= ~(1u << s);
            }
        }
    return wanted & ~missing;
}

static oa_status core_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const subset_job *job = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        const unsigned core = job->of->is_linkage ? job->mask[i] : enough_in(job, i, job->mask[i]);
        for (int s = 0; s < job->of->n; s++) job->core[s][i / 64] |= (uint64_t)(core >> s & 1) << (i % 64);
    }
    return OA_OK;
}

/* Subsets in which the point is a core point. */
static unsigned core_of(const subset_job *job, size_t i)
{
    unsigned out = 0;
    for (int s = 0; s < job->of->n; s++) out |= (unsigned)oa_bits_has(job->core[s], i) << s;
    return out;
}

/* ---------------------------------------------------------------------------------------------- links */

static void link_near(const subset_job *job, int s, uint32_t *root, size_t first, uint64_t near)
{
    for (; near; near &= near - 1) {
        const uint32_t j = (uint32_t)(first + (size_t)__builtin_ctzll(near));
        if (oa_link_get(&job->parent[s][j]) != *root) *root = oa_link_join(job->parent[s], job->near.cells.row, *root, j);
    }
}

static oa_status link_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const subset_job *job = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        const unsigned core = core_of(job, i);
        if (!core) continue;
        const oa_near_point at = oa_near_point_of(&job->near, i, OA_NEAR_LINES_BEFORE);
        uint32_t root[OA_SUBSETS_MAX];
        for (int s = 0; s < OA_SUBSETS_MAX; s++) root[s] = (uint32_t)i;
        for (int k = 0; k < at.n_lines; k++) {
            const size_t end = at.line[k].end < i ? at.line[k].end : i;
            for (size_t j = at.line[k].begin; j < end; j += OA_NEAR_AT_ONCE) {
                const uint64_t near = oa_near_points(&job->near, &at, j, end);
                for (unsigned left = near ? core : 0; left; left &= left - 1) {
                    const int s = __builtin_ctz(left);
                    link_near(job, s, &root[s], j, near & oa_bits_from(job->core[s], j));
                }
            }
        }
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- border points */

/* Domains are numbered by their first core point, which is the root: the lowest number is the root that comes first. */
static void first_root(const subset_job *job, int s, uint32_t *best, size_t first, uint64_t near)
{
    const uint32_t *row = job->near.cells.row;
    for (; near; near &= near - 1) {
        const uint32_t root = oa_link_root(job->parent[s], (uint32_t)(first + (size_t)__builtin_ctzll(near)));
        if (*best == NO_GROUP || row[root] < row[*best]) *best = root;
    }
}

/* Nobody asks for the links of a point that is no core point. */
static void place_border(const subset_job *job, size_t i, unsigned border)
{
    const oa_near_point at = oa_near_point_of(&job->near, i, OA_NEAR_LINES);
    uint32_t best[OA_SUBSETS_MAX];
    memset(best, 0xff, sizeof best);
    for (int k = 0; k < at.n_lines; k++)
        for (size_t j = at.line[k].begin; j < at.line[k].end; j += OA_NEAR_AT_ONCE) {
            const uint64_t near = oa_near_points(&job->near, &at, j, at.line[k].end);
            for (unsigned left = near ? border : 0; left; left &= left - 1) {
                const int s = __builtin_ctz(left);
                first_root(job, s, &best[s], j, near & oa_bits_from(job->core[s], j));
            }
        }
    for (unsigned left = border; left; left &= left - 1) {
        const int s = __builtin_ctz(left);
        oa_link_put(&job->parent[s][i], best[s]);
    }
}

static oa_status border_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const subset_job *job = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        const unsigned border = job->mask[i] & ~core_of(job, i);
        if (border) place_border(job, i, border);
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- sizes */

/* Sizes of one subset. Members end up at their root; border points that no core point reaches have none. */
static oa_status count_subset(const subset_job *job, int s, uint32_t *size)
{
    const uint32_t least = job->of->is_linkage && job->of->min_points > 1 ? (uint32_t)job->of->min_points : 1;
    const size_t n = job->near.cells.n;
    oa_size_list *out = &job->out[s];
    memset(size, 0, n * sizeof *size);
    for (size_t i = 0; i < n; i++) {
        if (!(job->mask[i] >> s & 1)) continue;
        const uint32_t up = oa_link_get(&job->parent[s][i]);
        if (up != NO_GROUP) size[oa_link_root(job->parent[s], up)]++;
    }
    out->n = 0;
    for (size_t i = 0; i < n; i++) out->n += size[i] >= least;
    OA_TRY(oa_arena_take(job->results, &out->size, out->n, sizeof *out->size));
    for (size_t i = 0, k = 0; i < n; i++)
        if (size[i] >= least) out->size[k++] = size[i];
    return OA_OK;
}

static oa_status count_all(oa_arena *arena, const subset_job *job)
{
    uint32_t *size;
    OA_TRY(oa_arena_take(arena, &size, job->near.cells.n, sizeof *size));
    for (int s = 0; s < job->of->n; s++) OA_TRY(count_subset(job, s, size));
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- all of it */

static oa_status take_subset(oa_arena *arena, subset_job *job, int s)
{
    const size_t n = job->near.cells.n, words = oa_bits_words(n);
    OA_TRY(oa_arena_take(arena, &job->member[s], words, sizeof(uint64_t)));
    OA_TRY(oa_arena_take(arena, &job->core[s], words, sizeof(uint64_t)));
    OA_TRY(oa_arena_take(arena, &job->parent[s], n, sizeof(uint32_t)));
    for (size_t i = 0; i < n; i++) {
        job->member[s][i / 64] |= (uint64_t)(job->mask[i] >> s & 1) << (i % 64);
        atomic_init(&job->parent[s][i], (uint32_t)i);
    }
    return OA_OK;
}

static oa_status begin(oa_context *context, oa_arena *arena, subset_job *job)
{
    oa_points points = *job->of->points;
    points.take = job->of->mask; /* in any of them */
    OA_TRY(oa_near_begin(arena, &job->near, context->kernels, &points, job->of->eps));
    const oa_cells *cells = &job->near.cells;
    OA_TRY(oa_arena_take(arena, &job->mask, cells->n, 1));
    for (size_t i = 0; i < cells->n; i++) job->mask[i] = job->of->mask[cells->row[i]];
    for (int s = 0; s < job->of->n; s++) OA_TRY(take_subset(arena, job, s));
    return OA_OK;
}

oa_status oa_dbscan_subsets(oa_context *context, oa_arena *arena, const oa_subsets *subsets, oa_arena *results, oa_size_list *out)
{
    subset_job job = { .of = subsets, .results = results, .out = out };
    OA_TRY(begin(context, arena, &job));
    const size_t n = job.near.cells.n;
    OA_TRY(oa_parallel(context, n, POINTS_PER_CHUNK, core_chunk, &job));
    OA_TRY(oa_parallel(context, n, POINTS_PER_CHUNK, link_chunk, &job));
    OA_TRY(oa_parallel(context, n, POINTS_PER_CHUNK, border_chunk, &job));
    return count_all(arena, &job);
}
