/* dbscan.c - density-based domains in memory that grows with the points, not with their neighbours. */
#include "math/dbscan.h"

#include <stdatomic.h>
#include <string.h>

enum { POINTS_PER_CHUNK = 4096, LINES = 9, LINES_BEFORE = 5, AT_ONCE = 64 };

/* State of a grouping. Points are numbered in the order of the cells; row gives their place in the source. */
typedef struct groups {
    const oa_kernels *kernels;
    oa_cells cells;
    oa_reach reach;
    double eps2;
    int64_t min_points;
    uint8_t *is_core;  /* (n) */
    _Atomic uint32_t *parent; /* (n) links towards the root of a group, its first point in the source */
    uint32_t *domain;  /* of the caller, by source row */
} groups;

/* A point and what its neighbours are looked for in. */
typedef struct place {
    double p[3];
    int32_t k[3]; /* in steps, where the cells have them */
} place;

static place place_of(const groups *g, size_t i)
{
    const oa_cells *c = &g->cells;
    place out = { .k = { 0, 0, 0 } };
    oa_cells_point(c, i, out.p);
    if (!c->xk) return out;
    out.k[0] = c->xk[i];
    out.k[1] = c->yk[i];
    out.k[2] = c->zk[i];
    return out;
}

/* Lines of cells around the cell of a point: its own first, for there most neighbours are, then those that come before it
 * in the order of the cells. Cells are at least eps wide, so neighbours lie in the next ones at most. */
static int lines_around(const oa_cells *cells, const double p[3], int n_lines, oa_stretch out[LINES])
{
    static const int offset[LINES][2] = { { 0, 0 }, { 0, -1 }, { -1, -1 }, { -1, 0 }, { -1, 1 }, { 0, 1 }, { 1, -1 }, { 1, 0 }, { 1, 1 } };
    int64_t at[3];
    for (int axis = 0; axis < 3; axis++) {
        const double k = (p[axis] - cells->origin[axis]) * cells->inverse;
        at[axis] = k < (double)cells->dims[axis] ? (int64_t)k : (int64_t)cells->dims[axis] - 1;
    }
    const int64_t ny = (int64_t)cells->dims[1], nz = (int64_t)cells->dims[2];
    const int64_t x0 = at[0] ? at[0] - 1 : 0, x1 = at[0] + 2 < (int64_t)cells->dims[0] ? at[0] + 2 : (int64_t)cells->dims[0];
    int n = 0;
    for (int k = 0; k < n_lines; k++) {
        const int64_t z = at[2] + offset[k][0], y = at[1] + offset[k][1];
        if (y < 0 || y >= ny || z < 0 || z >= nz) continue;
        const uint32_t *line = cells->start + (size_t)(z * ny + y) * cells->dims[0];
        out[n] = (oa_stretch){ line[x0], line[x1] };
        n += out[n].begin < out[n].end;
    }
    return n;
}

static uint64_t near_doubles(const groups *g, const double p[3], size_t begin, size_t n)
{
    const double *x = g->cells.xd + begin, *y = g->cells.yd + begin, *z = g->cells.zd + begin;
    uint64_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const double dx = x[i] - p[0], dy = y[i] - p[1], dz = z[i] - p[2];
        found |= (uint64_t)((dx * dx + dy * dy) + dz * dz <= g->eps2) << i;
    }
    return found;
}

/* Which of the points [begin, end), 64 at most, are near a place. */
static uint64_t near_points(const groups *g, const place *at, size_t begin, size_t end)
{
    const size_t n = end - begin < AT_ONCE ? end - begin : AT_ONCE;
    const oa_cells *c = &g->cells;
    if (c->xk) return g->kernels->near_steps(n, c->xk + begin, c->yk + begin, c->zk + begin, at->k, &g->reach);
    if (c->x) return g->kernels->near(n, c->x + begin, c->y + begin, c->z + begin, at->p, g->eps2);
    return near_doubles(g, at->p, begin, n);
}

static bool has_enough(const groups *g, size_t i)
{
    oa_stretch lines[LINES];
    const place at = place_of(g, i);
    const int n = lines_around(&g->cells, at.p, LINES, lines);
    int64_t found = 0;
    for (int k = 0; k < n && found < g->min_points; k++)
        for (size_t j = lines[k].begin; j < lines[k].end; j += AT_ONCE)
            found += __builtin_popcountll(near_points(g, &at, j, lines[k].end));
    return found >= g->min_points;
}

static oa_status core_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const groups *g = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) g->is_core[i] = has_enough(g, i);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- linking */

static uint32_t get_relaxed(const _Atomic uint32_t *value) { return atomic_load_explicit(value, memory_order_relaxed); }
static void put_relaxed(_Atomic uint32_t *value, uint32_t to) { atomic_store_explicit(value, to, memory_order_relaxed); }

/* Several threads link at once. A link always goes from a root to a root that comes earlier in the source, so the last
 * root of a group is its first core point, whoever linked first; shortened paths still lead there. */
static uint32_t find_root(_Atomic uint32_t *parent, uint32_t i)
{
    for (;;) {
        const uint32_t up = get_relaxed(&parent[i]);
        if (up == i) return i;
        const uint32_t top = get_relaxed(&parent[up]);
        if (top == up) return up;
        put_relaxed(&parent[i], top);
        i = top;
    }
}

static uint32_t join(const groups *g, uint32_t a, uint32_t b)
{
    for (;;) {
        a = find_root(g->parent, a);
        b = find_root(g->parent, b);
        if (a == b) return a;
        if (g->cells.row[b] < g->cells.row[a]) {
            const uint32_t swap = a;
            a = b;
            b = swap;
        }
        uint32_t expected = b;
        if (atomic_compare_exchange_weak(&g->parent[b], &expected, a)) return a;
    }
}

/* Links the root of a point with those of the core points among `near`, which begin at `first`. */
static uint32_t link_near(const groups *g, uint32_t root, size_t first, uint64_t near)
{
    for (; near; near &= near - 1) {
        const size_t j = first + (size_t)__builtin_ctzll(near);
        if (!g->is_core[j] || get_relaxed(&g->parent[j]) == root) continue;
        root = join(g, root, (uint32_t)j);
    }
    return root;
}

/* Links each core point with the core points before it that are near. */
static oa_status link_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const groups *g = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        if (!g->is_core[i]) continue;
        oa_stretch lines[LINES];
        const place at = place_of(g, i);
        const int n = lines_around(&g->cells, at.p, LINES_BEFORE, lines);
        uint32_t root = (uint32_t)i;
        for (int k = 0; k < n; k++) {
            const size_t end = lines[k].end < i ? lines[k].end : i;
            for (size_t j = lines[k].begin; j < end; j += AT_ONCE) root = link_near(g, root, j, near_points(g, &at, j, end));
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
    for (uint32_t d = 0; d < n_groups; d++) put_relaxed(&number[d], 0);
    for (size_t row = 0; row < n_rows; row++)
        if (g->domain[row]) put_relaxed(&number[g->domain[row] - 1], get_relaxed(&number[g->domain[row] - 1]) + 1);
    for (uint32_t d = 0; d < n_groups; d++) put_relaxed(&number[d], get_relaxed(&number[d]) >= (uint64_t)least ? ++domains : 0);
    for (size_t row = 0; row < n_rows; row++)
        if (g->domain[row]) g->domain[row] = get_relaxed(&number[g->domain[row] - 1]);
    return domains;
}

/* Numbers groups of at least `least` points by their first point, which is their root: its number is known before any
 * other of the group asks for it. domain holds, on entry to the second loop, the place in the cells of each source row
 * (+ 1), and after it the domain of each core point. */
static uint32_t number_groups(groups *g, size_t n_rows, int64_t least)
{
    uint32_t domains = 0;
    memset(g->domain, 0, n_rows * sizeof *g->domain);
    for (size_t i = 0; i < g->cells.n; i++)
        if (g->is_core[i]) g->domain[g->cells.row[i]] = (uint32_t)i + 1;
    for (size_t row = 0; row < n_rows; row++) {
        if (!g->domain[row]) continue;
        const uint32_t i = g->domain[row] - 1, root = find_root(g->parent, i);
        g->domain[row] = root == i ? ++domains : g->domain[g->cells.row[root]];
    }
    return least > 1 ? drop_small(g, n_rows, domains, least) : domains;
}

static uint32_t lowest_of(const groups *g, uint32_t lowest, size_t first, uint64_t near)
{
    for (; near; near &= near - 1) {
        const size_t j = first + (size_t)__builtin_ctzll(near);
        const uint32_t domain = g->is_core[j] ? g->domain[g->cells.row[j]] : 0;
        if (domain && (!lowest || domain < lowest)) lowest = domain;
    }
    return lowest;
}

/* A border point gets the lowest domain among the core points near it. */
static oa_status border_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const groups *g = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        if (g->is_core[i]) continue;
        oa_stretch lines[LINES];
        const place at = place_of(g, i);
        const int n = lines_around(&g->cells, at.p, LINES, lines);
        uint32_t lowest = 0;
        for (int k = 0; k < n; k++)
            for (size_t j = lines[k].begin; j < lines[k].end; j += AT_ONCE)
                lowest = lowest_of(g, lowest, j, near_points(g, &at, j, lines[k].end));
        g->domain[g->cells.row[i]] = lowest;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the two rules */

/* A little wider than eps, so that rounding cannot put a neighbour two cells away. */
static oa_status begin(oa_arena *arena, groups *g, const oa_points *points, double eps)
{
    OA_TRY(oa_cells_build(arena, &g->cells, points, eps * (1 + 1e-9), OA_CELLS_ROWS | OA_CELLS_STEPS));
    OA_TRY(oa_arena_take(arena, &g->is_core, g->cells.n, sizeof *g->is_core));
    OA_TRY(oa_arena_take(arena, &g->parent, g->cells.n, sizeof *g->parent));
    for (size_t i = 0; i < g->cells.n; i++) atomic_init(&g->parent[i], (uint32_t)i);
    g->eps2 = eps * eps;
    g->reach = oa_reach_of(g->cells.steps, eps);
    return OA_OK;
}

oa_status oa_dbscan(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                    uint32_t *domain, uint32_t *n_domains)
{
    groups g = { .kernels = context->kernels, .min_points = min_points, .domain = domain };
    OA_TRY(begin(arena, &g, points, eps));
    OA_TRY(oa_parallel(context, g.cells.n, POINTS_PER_CHUNK, core_chunk, &g));
    OA_TRY(oa_parallel(context, g.cells.n, POINTS_PER_CHUNK, link_chunk, &g));
    *n_domains = number_groups(&g, points->n, 1);
    return oa_parallel(context, g.cells.n, POINTS_PER_CHUNK, border_chunk, &g);
}

oa_status oa_max_separation(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                            uint32_t *domain, uint32_t *n_domains)
{
    groups g = { .kernels = context->kernels, .min_points = min_points, .domain = domain };
    OA_TRY(begin(arena, &g, points, eps));
    memset(g.is_core, 1, g.cells.n);
    OA_TRY(oa_parallel(context, g.cells.n, POINTS_PER_CHUNK, link_chunk, &g));
    *n_domains = number_groups(&g, points->n, min_points);
    return OA_OK;
}
