/* dbscan.c - density-based domains in memory that grows with the points, not with their neighbours. */
#include "math/dbscan.h"

#include <string.h>

#include "math/dbscan_near.h"

enum { POINTS_PER_CHUNK = 2048 }; /* whole words of a set of points */

typedef struct groups {
    oa_near near;
    int64_t min_points;
    uint64_t *is_core; /* a bit a point */
    _Atomic uint32_t *parent; /* (n) links towards the root of a group, its first point in the source */
    uint32_t *domain;  /* of the caller, by source row */
} groups;

/* ---------------------------------------------------------------------------------------------- core points */

/* Nobody links a point that is no core point: its link keeps what is already known for the border points, the only point near
 * it, or that there is none, or (itself) that it has to be searched again. */
#define NO_POINT UINT32_MAX

static uint32_t only_neighbour(const uint32_t *id, size_t found, uint32_t i)
{
    if (found != 2) return found < 2 ? NO_POINT : i;
    return id[0] == i ? id[1] : id[0];
}

/* The neighbours of a point, as far as `enough` are wanted. */
typedef struct search {
    oa_near_ids ids;
    oa_near_cell around;
} search;

/* Where cells are full and more is wanted than is near at hand, the points of a cell share what lies around it; else lines are
 * looked through in place, for most of them have a point or none, or the first one is enough. */
static bool is_shared(const oa_near_point *at, size_t enough)
{
    const size_t own = at->end - at->begin;
    return own >= 3 && enough > 2 * own;
}

static oa_status count_shared(const groups *g, const oa_near_point *at, uint32_t i, oa_worker *worker, search *s, size_t *found, uint32_t *only)
{
    if (i >= s->around.end) OA_TRY(oa_near_gather(&g->near, at, NULL, worker, &s->around));
    *only = i; /* to be searched again */
    *found = 0;
    for (size_t j = 0; j < s->around.n && *found < (size_t)g->min_points; j += OA_NEAR_AT_ONCE)
        *found += (size_t)__builtin_popcountll(oa_near_of(&g->near, &s->around, i, j));
    return OA_OK;
}

static oa_status count_lines(const groups *g, const oa_near_point *at, uint32_t i, size_t enough, oa_worker *worker, search *s, size_t *found, uint32_t *only)
{
    OA_TRY(oa_near_room(worker, &s->ids, at, enough));
    *found = oa_near_find(&g->near, at, enough, s->ids.id);
    *only = only_neighbour(s->ids.id, *found, i);
    return OA_OK;
}

static oa_status core_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const groups *g = arg;
    const size_t enough = g->min_points > 0 ? (size_t)g->min_points : 0;
    search s = { .ids = { .id = NULL } };
    for (size_t i = span.begin; i < span.end; i++) {
        const oa_near_point at = oa_near_point_of(&g->near, i, OA_NEAR_LINES);
        size_t found;
        uint32_t only;
        OA_TRY(is_shared(&at, enough) ? count_shared(g, &at, (uint32_t)i, worker, &s, &found, &only)
                                      : count_lines(g, &at, (uint32_t)i, enough, worker, &s, &found, &only));
        const bool is_core = found >= enough;
        g->is_core[i / 64] |= (uint64_t)is_core << (i % 64);
        oa_link_put(&g->parent[i], is_core ? (uint32_t)i : only);
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- linking */

/* Links each core point with the core points before it that are near. */
static oa_status link_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const groups *g = arg;
    oa_near_ids ids = { .id = NULL };
    for (size_t i = span.begin; i < span.end; i++) {
        if (!oa_bits_has(g->is_core, i)) continue;
        oa_near_point at = oa_near_point_of(&g->near, i, OA_NEAR_LINES_BEFORE);
        at.line[0].end = (uint32_t)i; /* its own */
        OA_TRY(oa_near_room(worker, &ids, &at, SIZE_MAX));
        const size_t n = oa_near_find(&g->near, &at, SIZE_MAX, ids.id);
        uint32_t root = (uint32_t)i;
        for (size_t j = 0; j < n; j++) {
            const uint32_t id = ids.id[j];
            if (oa_bits_has(g->is_core, id) && oa_link_get(&g->parent[id]) != root) root = oa_link_join(g->parent, g->near.cells.row, root, id);
        }
    }
    return OA_OK;
}

/* Leaves out groups of fewer than `least` points and closes the gaps in the numbers. Links are needed no more: their
 * memory takes the sizes, then the new numbers. */
static uint32_t drop_small(groups *g, size_t n_rows, uint32_t n_groups, int64_t least)
{
    _Atomic uint32_t *number = g->parent;
    uint32_t domains = 0;
    for (uint32_t d = 0; d < n_groups; d++) oa_link_put(&number[d], 0);
    for (size_t row = 0; row < n_rows; row++)
        if (g->domain[row]) oa_link_put(&number[g->domain[row] - 1], oa_link_get(&number[g->domain[row] - 1]) + 1);
    for (uint32_t d = 0; d < n_groups; d++) oa_link_put(&number[d], oa_link_get(&number[d]) >= (uint64_t)least ? ++domains : 0);
    for (size_t row = 0; row < n_rows; row++)
        if (g->domain[row]) g->domain[row] = oa_link_get(&number[g->domain[row] - 1]);
    return domains;
}

/* Numbers groups of at least `least` points by their first point, which is their root: its number is known before any
 * other of the group asks for it. domain holds, on entry to the second loop, the place in the cells of each source row
 * (+ 1), and after it the domain of each core point. */
static uint32_t number_groups(groups *g, size_t n_rows, int64_t least)
{
    uint32_t domains = 0;
    memset(g->domain, 0, n_rows * sizeof *g->domain);
    for (size_t i = 0; i < g->near.cells.n; i++)
        if (oa_bits_has(g->is_core, i)) g->domain[g->near.cells.row[i]] = (uint32_t)i + 1;
    for (size_t row = 0; row < n_rows; row++) {
        if (!g->domain[row]) continue;
        const uint32_t i = g->domain[row] - 1, root = oa_link_root(g->parent, i);
        g->domain[row] = root == i ? ++domains : g->domain[g->near.cells.row[root]];
    }
    return least > 1 ? drop_small(g, n_rows, domains, least) : domains;
}

static uint32_t lowest_domain(const groups *g, const oa_near_cell *around, size_t i)
{
    uint32_t lowest = 0;
    for (size_t j = 0; j < around->n; j += OA_NEAR_AT_ONCE)
        for (uint64_t near = oa_near_of(&g->near, around, i, j); near; near &= near - 1) {
            const uint32_t domain = g->domain[g->near.cells.row[around->id[j + (size_t)__builtin_ctzll(near)]]];
            if (!lowest || domain < lowest) lowest = domain;
        }
    return lowest;
}

/* Border points get the lowest domain among the core points near them. Those near one point only know it, the others have
 * to be searched. */
static oa_status border_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const groups *g = arg;
    oa_near_cell around = { .n = 0 };
    for (size_t i = span.begin; i < span.end; i++) {
        const uint32_t only = oa_link_get(&g->parent[i]);
        if (only == NO_POINT || oa_bits_has(g->is_core, i)) continue;
        uint32_t *domain = &g->domain[g->near.cells.row[i]];
        if (only != i) {
            if (oa_bits_has(g->is_core, only)) *domain = g->domain[g->near.cells.row[only]];
            continue;
        }
        if (i >= around.end) {
            const oa_near_point at = oa_near_point_of(&g->near, i, OA_NEAR_LINES);
            OA_TRY(oa_near_gather(&g->near, &at, g->is_core, worker, &around));
        }
        *domain = lowest_domain(g, &around, i);
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the two rules */

static oa_status begin(oa_arena *arena, groups *g, const oa_points *points, double eps)
{
    OA_TRY(oa_near_begin(arena, &g->near, arena->context->kernels, points, eps));
    OA_TRY(oa_arena_take(arena, &g->is_core, oa_bits_words(g->near.cells.n), sizeof *g->is_core));
    OA_TRY(oa_arena_take(arena, &g->parent, g->near.cells.n, sizeof *g->parent));
    return OA_OK;
}

oa_status oa_dbscan(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                    uint32_t *domain, uint32_t *n_domains)
{
    groups g = { .min_points = min_points, .domain = domain };
    OA_TRY(begin(arena, &g, points, eps));
    OA_TRY(oa_parallel(context, g.near.cells.n, POINTS_PER_CHUNK, core_chunk, &g));
    OA_TRY(oa_parallel(context, g.near.cells.n, POINTS_PER_CHUNK, link_chunk, &g));
    *n_domains = number_groups(&g, points->n, 1);
    return oa_parallel(context, g.near.cells.n, POINTS_PER_CHUNK, border_chunk, &g);
}

oa_status oa_max_separation(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                            uint32_t *domain, uint32_t *n_domains)
{
    groups g = { .min_points = min_points, .domain = domain };
    OA_TRY(begin(arena, &g, points, eps));
    memset(g.is_core, 0xff, g.near.cells.n / 64 * 8 + 8);
    for (size_t i = 0; i < g.near.cells.n; i++) oa_link_put(&g.parent[i], (uint32_t)i);
    OA_TRY(oa_parallel(context, g.near.cells.n, POINTS_PER_CHUNK, link_chunk, &g));
    *n_domains = number_groups(&g, points->n, min_points);
    return OA_OK;
}
