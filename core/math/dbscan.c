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

/* Calls fn for the points of each cell in turn, as far as they lie in the span. */
typedef oa_status cell_fn(const groups *g, oa_span points, oa_near_cell *around, oa_worker *worker);

static oa_status for_cells(const groups *g, oa_span span, oa_worker *worker, cell_fn *fn)
{
    oa_near_cell around = { .n = 0 };
    size_t cell = span.begin < span.end ? oa_near_cell_of(&g->near.cells, span.begin) : 0;
    for (size_t i = span.begin, end; i < span.end; i = end) {
        end = oa_near_cell_end(&g->near.cells, i, &cell);
        end = end < span.end ? end : span.end;
        OA_TRY(fn(g, (oa_span){ cell, i, end }, &around, worker));
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- core points */

/* Nobody links a point that is no core point: its link keeps what is already known for the border points, the only point near
 * it, or that there is none, or (itself) that it has to be searched again. */
#define NO_POINT UINT32_MAX

static uint32_t only_neighbour(const groups *g, const oa_near_cell *around, size_t i, int64_t found)
{
    if (found < 2) return NO_POINT;
    for (size_t j = 0; found == 2 && j < around->n; j += OA_NEAR_AT_ONCE)
        for (uint64_t near = oa_near_of(&g->near, around, i, j); near; near &= near - 1) {
            const uint32_t id = around->id[j + (size_t)__builtin_ctzll(near)];
            if (id != i) return id;
        }
    return (uint32_t)i;
}

static oa_status core_cell(const groups *g, oa_span points, oa_near_cell *around, oa_worker *worker)
{
    OA_TRY(oa_near_gather(&g->near, points.begin, OA_NEAR_LINES, NULL, worker, around));
    for (size_t i = points.begin; i < points.end; i++) {
        int64_t found = 0;
        for (size_t j = 0; j < around->n && found < g->min_points; j += OA_NEAR_AT_ONCE)
            found += __builtin_popcountll(oa_near_of(&g->near, around, i, j));
        if (found >= g->min_points) g->is_core[i / 64] |= UINT64_C(1) << (i % 64);
        else oa_link_put(&g->parent[i], only_neighbour(g, around, i, found));
    }
    return OA_OK;
}

static oa_status core_chunk(void *arg, oa_span span, oa_worker *worker) { return for_cells(arg, span, worker, core_cell); }

/* ---------------------------------------------------------------------------------------------- linking */

static bool any_core(const groups *g, oa_span points)
{
    for (size_t i = points.begin; i < points.end; i++)
        if (oa_bits_has(g->is_core, i)) return true;
    return false;
}

/* Links each core point with the core points before it that are near. */
static oa_status link_cell(const groups *g, oa_span points, oa_near_cell *around, oa_worker *worker)
{
    if (!any_core(g, points)) return OA_OK;
    OA_TRY(oa_near_gather(&g->near, points.begin, OA_NEAR_LINES_BEFORE, g->is_core, worker, around));
    for (size_t i = points.begin; i < points.end; i++) {
        if (!oa_bits_has(g->is_core, i)) continue;
        uint32_t root = (uint32_t)i;
        for (size_t j = 0; j < around->n; j += OA_NEAR_AT_ONCE)
            for (uint64_t near = oa_near_of(&g->near, around, i, j); near; near &= near - 1) {
                const uint32_t id = around->id[j + (size_t)__builtin_ctzll(near)];
                if (id < i && oa_link_get(&g->parent[id]) != root) root = oa_link_join(g->parent, g->near.cells.row, root, id);
            }
    }
    return OA_OK;
}

static oa_status link_chunk(void *arg, oa_span span, oa_worker *worker) { return for_cells(arg, span, worker, link_cell); }

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

/* Border points get the lowest domain among the core points near them. Those near one point only know it; true: the others
 * have to be searched. */
static bool settle(const groups *g, oa_span points)
{
    bool is_open = false;
    for (size_t i = points.begin; i < points.end; i++) {
        if (oa_bits_has(g->is_core, i)) continue;
        const uint32_t only = oa_link_get(&g->parent[i]);
        if (only == i) is_open = true;
        else if (only != NO_POINT && oa_bits_has(g->is_core, only)) g->domain[g->near.cells.row[i]] = g->domain[g->near.cells.row[only]];
    }
    return is_open;
}

static oa_status border_cell(const groups *g, oa_span points, oa_near_cell *around, oa_worker *worker)
{
    if (!settle(g, points)) return OA_OK;
    OA_TRY(oa_near_gather(&g->near, points.begin, OA_NEAR_LINES, g->is_core, worker, around));
    for (size_t i = points.begin; i < points.end; i++) {
        if (oa_bits_has(g->is_core, i) || oa_link_get(&g->parent[i]) != i) continue;
        uint32_t lowest = 0;
        for (size_t j = 0; j < around->n; j += OA_NEAR_AT_ONCE)
            for (uint64_t near = oa_near_of(&g->near, around, i, j); near; near &= near - 1) {
                const uint32_t domain = g->domain[g->near.cells.row[around->id[j + (size_t)__builtin_ctzll(near)]]];
                if (!lowest || domain < lowest) lowest = domain;
            }
        g->domain[g->near.cells.row[i]] = lowest;
    }
    return OA_OK;
}

static oa_status border_chunk(void *arg, oa_span span, oa_worker *worker) { return for_cells(arg, span, worker, border_cell); }

/* ---------------------------------------------------------------------------------------------- the two rules */

static oa_status begin(oa_arena *arena, groups *g, const oa_points *points, double eps)
{
    OA_TRY(oa_near_begin(arena, &g->near, arena->context->kernels, points, eps));
    OA_TRY(oa_arena_take(arena, &g->is_core, oa_bits_words(g->near.cells.n), sizeof *g->is_core));
    OA_TRY(oa_arena_take(arena, &g->parent, g->near.cells.n, sizeof *g->parent));
    for (size_t i = 0; i < g->near.cells.n; i++) atomic_init(&g->parent[i], (uint32_t)i);
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
    OA_TRY(oa_parallel(context, g.near.cells.n, POINTS_PER_CHUNK, link_chunk, &g));
    *n_domains = number_groups(&g, points->n, min_points);
    return OA_OK;
}
