/* dbscan_near.h - what dbscan.c and dbscan_subsets.c share: the points near a point, 64 at a time, and groups as links to a
 * root. */
#ifndef OA_MATH_DBSCAN_NEAR_H
#define OA_MATH_DBSCAN_NEAR_H

#include <stdatomic.h>
#include <string.h>

#include "base/parallel.h"
#include "math/cells.h"

enum { OA_NEAR_LINES = 9, OA_NEAR_LINES_BEFORE = 5, OA_NEAR_AT_ONCE = 64 };

/* ---------------------------------------------------------------------------------------------- sets of points, a bit each */

/* The 64 bits from bit `at` on; a set of n points has oa_bits_words(n) words. */
static inline size_t oa_bits_words(size_t n) { return n / 64 + 2; }
static inline uint64_t oa_bits_from(const uint64_t *bits, size_t at)
{
    const uint64_t *word = bits + at / 64;
    const unsigned shift = at % 64;
    return shift ? word[0] >> shift | word[1] << (64 - shift) : word[0];
}
static inline bool oa_bits_has(const uint64_t *bits, size_t i) { return bits[i / 64] >> (i % 64) & 1; }

/* ---------------------------------------------------------------------------------------------- points near a point */

/* Points sorted into cells at least eps wide. They are numbered in the order of the cells; row gives their place in the
 * source. */
typedef struct oa_near {
    const oa_kernels *kernels;
    oa_cells cells;
    oa_reach reach;
    double eps2;
} oa_near;

/* A point and the lines of cells around it that hold points. */
typedef struct oa_near_point {
    double p[3];
    int32_t k[3]; /* in steps, where the cells have them */
    uint32_t begin, end; /* the points of its cell */
    int n_lines;
    oa_stretch line[OA_NEAR_LINES];
} oa_near_point;

/* A little wider than eps, so that rounding cannot put a neighbour two cells away. */
static inline oa_status oa_near_begin(oa_arena *arena, oa_near *near, const oa_kernels *kernels, const oa_points *points, double eps)
{
    near->kernels = kernels;
    OA_TRY(oa_cells_build(arena, &near->cells, points, eps * (1 + 1e-6), OA_CELLS_ROWS | OA_CELLS_STEPS | OA_CELLS_PARALLEL));
    near->eps2 = eps * eps;
    near->reach = oa_reach_of(near->cells.steps, eps);
    return OA_OK;
}

static inline void oa_near_place(const oa_cells *cells, const oa_near_point *at, int64_t out[3])
{
    for (int axis = 0; axis < 3; axis++) {
        if (cells->xk) {
            out[axis] = oa_cells_along_steps(cells, axis, at->k[axis]);
            continue;
        }
        const double k = (at->p[axis] - cells->origin[axis]) * cells->inverse;
        out[axis] = k < (double)cells->dims[axis] ? (int64_t)k : (int64_t)cells->dims[axis] - 1;
    }
}

/* Lines of cells around the cell of a point: its own first, for there most neighbours are, then those that come before it
 * in the order of the cells. Neighbours lie in the next cells at most. Lines may be empty: there are always n_lines. */
static inline void oa_near_lines(const oa_cells *cells, const int64_t at[3], int n_lines, oa_stretch out[OA_NEAR_LINES])
{
    static const int offset[OA_NEAR_LINES][2] = { { 0, 0 }, { 0, -1 }, { -1, -1 }, { -1, 0 }, { -1, 1 },
                                                  { 0, 1 }, { 1, -1 }, { 1, 0 },   { 1, 1 } };
    const int64_t nx = (int64_t)cells->dims[0], ny = (int64_t)cells->dims[1], nz = (int64_t)cells->dims[2];
    const uint32_t *own = cells->start + (at[2] * ny + at[1]) * nx;
    const int64_t x0 = at[0] ? at[0] - 1 : 0, x1 = at[0] + 2 < nx ? at[0] + 2 : nx;
    if (at[1] > 0 && at[1] + 1 < ny && at[2] > 0 && at[2] + 1 < nz) { /* nearly all */
        for (int k = 0; k < n_lines; k++) {
            const uint32_t *line = own + (offset[k][0] * ny + offset[k][1]) * nx;
            out[k] = (oa_stretch){ line[x0], line[x1] };
        }
        return;
    }
    for (int k = 0; k < n_lines; k++) {
        const int64_t z = at[2] + offset[k][0], y = at[1] + offset[k][1];
        const uint32_t *line = cells->start + (z * ny + y) * nx;
        out[k] = y < 0 || y >= ny || z < 0 || z >= nz ? (oa_stretch){ 0, 0 } : (oa_stretch){ line[x0], line[x1] };
    }
}

static inline oa_near_point oa_near_point_of(const oa_near *near, size_t i, int n_lines)
{
    const oa_cells *c = &near->cells;
    oa_near_point out;
    int64_t cell[3];
    if (c->xk) out.k[0] = c->xk[i], out.k[1] = c->yk[i], out.k[2] = c->zk[i];
    else oa_cells_point(c, i, out.p);
    oa_near_place(c, &out, cell);
    out.n_lines = n_lines;
    oa_near_lines(c, cell, n_lines, out.line);
    const uint32_t *own = c->start + (cell[2] * (int64_t)c->dims[1] + cell[1]) * (int64_t)c->dims[0] + cell[0];
    out.begin = own[0];
    out.end = own[1];
    return out;
}

static inline uint64_t oa_near_doubles(const oa_near *near, const double p[3], size_t begin, size_t n)
{
    const double *x = near->cells.xd + begin, *y = near->cells.yd + begin, *z = near->cells.zd + begin;
    uint64_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const double dx = x[i] - p[0], dy = y[i] - p[1], dz = z[i] - p[2];
        found |= (uint64_t)((dx * dx + dy * dy) + dz * dz <= near->eps2) << i;
    }
    return found;
}

/* Which of the points [begin, end), of the first 64, are near. */
static inline uint64_t oa_near_points(const oa_near *near, const oa_near_point *at, size_t begin, size_t end)
{
    const size_t n = end - begin < OA_NEAR_AT_ONCE ? end - begin : OA_NEAR_AT_ONCE;
    const oa_cells *c = &near->cells;
    if (c->xk) return near->kernels->near_steps(n, c->xk + begin, c->yk + begin, c->zk + begin, at->k, &near->reach);
    if (c->x) return near->kernels->near(n, c->x + begin, c->y + begin, c->z + begin, at->p, near->eps2);
    return oa_near_doubles(near, at->p, begin, n);
}

/* Room for the numbers of near points. */
typedef struct oa_near_ids {
    size_t capacity;
    uint32_t *id;
} oa_near_ids;

static inline oa_status oa_near_room(oa_worker *worker, oa_near_ids *ids, const oa_near_point *at, size_t enough)
{
    size_t most = 0;
    if (ids->id && enough <= ids->capacity) return OA_OK;
    for (int k = 0; k < at->n_lines; k++) most += at->line[k].end - at->line[k].begin;
    most = most < enough ? most : enough;
    if (ids->id && most <= ids->capacity) return OA_OK;
    ids->capacity = most < 512 ? 1024 : 2 * most;
    return oa_worker_scratch(worker, 2, &ids->id, ids->capacity + OA_KERNEL_PAD, sizeof *ids->id);
}

/* Writes the numbers of the near points and returns how many; where there are `enough`, some may be left out. */
static inline size_t oa_near_find(const oa_near *near, const oa_near_point *at, size_t enough, uint32_t *id)
{
    const oa_cells *c = &near->cells;
    if (c->xk) return near->kernels->near_lines(id, enough, at->line, at->n_lines, c->xk, c->yk, c->zk, at->k, &near->reach);
    size_t n = 0;
    for (int k = 0; k < at->n_lines; k++)
        for (size_t j = at->line[k].begin; j < at->line[k].end; j += OA_NEAR_AT_ONCE)
            for (uint64_t found = oa_near_points(near, at, j, at->line[k].end); found && n < enough; found &= found - 1)
                id[n++] = (uint32_t)(j + (size_t)__builtin_ctzll(found));
    return n;
}

/* ---------------------------------------------------------------------------------------------- the surroundings of a cell */

/* Points of the cells around one cell, side by side: the points of the cell share them. Coordinates in steps or as doubles. */
typedef struct oa_near_cell {
    size_t n, capacity;
    size_t end; /* of the points that share them */
    uint32_t *id; /* (n) which points */
    int32_t *k[3];
    double *d[3];
} oa_near_cell;

static inline oa_status oa_near_cell_room(oa_worker *worker, oa_near_cell *around, bool is_steps, size_t n)
{
    if (n <= around->capacity) return OA_OK;
    const size_t capacity = n < 512 ? 1024 : 2 * n, column = capacity + OA_KERNEL_PAD;
    void *columns;
    OA_TRY(oa_worker_scratch(worker, 0, &around->id, column, sizeof *around->id));
    OA_TRY(oa_worker_scratch(worker, 1, &columns, 3 * column, is_steps ? sizeof(int32_t) : sizeof(double)));
    for (size_t axis = 0; axis < 3; axis++) {
        around->k[axis] = is_steps ? (int32_t *)columns + axis * column : NULL;
        around->d[axis] = is_steps ? NULL : (double *)columns + axis * column;
    }
    around->capacity = capacity;
    return OA_OK;
}

/* Appends the points of a stretch that are in the set. */
static inline size_t oa_near_append(const uint64_t *set, oa_stretch stretch, uint32_t *id, size_t n)
{
    for (size_t at = stretch.begin; at < stretch.end; at += 64) {
        uint64_t bits = oa_bits_from(set, at);
        if (stretch.end - at < 64) bits &= (UINT64_C(1) << (stretch.end - at)) - 1;
        for (; bits; bits &= bits - 1) id[n++] = (uint32_t)(at + (size_t)__builtin_ctzll(bits));
    }
    return n;
}

/* Stretches are short, a few points: whole vectors are copied, what is too much is written over by the next. */
static inline size_t oa_near_copy(const oa_cells *c, oa_stretch stretch, oa_near_cell *out, size_t n)
{
    enum { AT_ONCE = 4 };
    for (uint32_t j = stretch.begin; j < stretch.end; j += AT_ONCE, n += AT_ONCE) {
        memcpy(out->k[0] + n, c->xk + j, AT_ONCE * sizeof(int32_t));
        memcpy(out->k[1] + n, c->yk + j, AT_ONCE * sizeof(int32_t));
        memcpy(out->k[2] + n, c->zk + j, AT_ONCE * sizeof(int32_t));
        for (uint32_t k = 0; k < AT_ONCE; k++) out->id[n + k] = j + k;
    }
    return n - (AT_ONCE - 1 - (stretch.end - stretch.begin + AT_ONCE - 1) % AT_ONCE);
}

static inline void oa_near_fill(const oa_cells *c, oa_near_cell *out)
{
    double p[3];
    if (c->xk) {
        for (size_t j = 0; j < out->n; j++) out->k[0][j] = c->xk[out->id[j]], out->k[1][j] = c->yk[out->id[j]], out->k[2][j] = c->zk[out->id[j]];
        return;
    }
    for (size_t j = 0; j < out->n; j++) {
        oa_cells_point(c, out->id[j], p);
        out->d[0][j] = p[0], out->d[1][j] = p[1], out->d[2][j] = p[2];
    }
}

/* Gathers the lines around the cell of a point, for the points [., at->end) that follow in it; set: only points of it (NULL: all). */
static inline oa_status oa_near_gather(const oa_near *near, const oa_near_point *at, const uint64_t *set, oa_worker *worker, oa_near_cell *out)
{
    const oa_cells *c = &near->cells;
    size_t most = 0, n = 0;
    for (int k = 0; k < at->n_lines; k++) most += at->line[k].end - at->line[k].begin;
    OA_TRY(oa_near_cell_room(worker, out, c->xk != NULL, most));
    for (int k = 0; k < at->n_lines; k++) {
        if (set) n = oa_near_append(set, at->line[k], out->id, n);
        else if (c->xk) n = oa_near_copy(c, at->line[k], out, n);
        else
            for (uint32_t j = at->line[k].begin; j < at->line[k].end; j++) out->id[n++] = j;
    }
    out->n = n;
    out->end = at->end;
    if (set || !c->xk) oa_near_fill(c, out);
    return OA_OK;
}

/* Bit j is set where gathered point begin + j is near point i. */
static inline uint64_t oa_near_of(const oa_near *near, const oa_near_cell *around, size_t i, size_t begin)
{
    const size_t n = around->n - begin < OA_NEAR_AT_ONCE ? around->n - begin : OA_NEAR_AT_ONCE;
    const oa_cells *c = &near->cells;
    if (c->xk) {
        const int32_t k[3] = { c->xk[i], c->yk[i], c->zk[i] };
        return near->kernels->near_steps(n, around->k[0] + begin, around->k[1] + begin, around->k[2] + begin, k, &near->reach);
    }
    uint64_t found = 0;
    double p[3];
    oa_cells_point(c, i, p);
    for (size_t j = 0; j < n; j++) {
        const double dx = around->d[0][begin + j] - p[0], dy = around->d[1][begin + j] - p[1], dz = around->d[2][begin + j] - p[2];
        found |= (uint64_t)((dx * dx + dy * dy) + dz * dz <= near->eps2) << j;
    }
    return found;
}

/* ---------------------------------------------------------------------------------------------- links */

static inline uint32_t oa_link_get(const _Atomic uint32_t *link) { return atomic_load_explicit(link, memory_order_relaxed); }
static inline void oa_link_put(_Atomic uint32_t *link, uint32_t to) { atomic_store_explicit(link, to, memory_order_relaxed); }

/* Several threads link at once. A link always goes from a root to a root that comes earlier in the source, so the last
 * root of a group is its first core point, whoever linked first; shortened paths still lead there. */
static inline uint32_t oa_link_root(_Atomic uint32_t *parent, uint32_t i)
{
    for (;;) {
        const uint32_t up = oa_link_get(&parent[i]);
        if (up == i) return i;
        const uint32_t top = oa_link_get(&parent[up]);
        if (top == up) return up;
        oa_link_put(&parent[i], top);
        i = top;
    }
}

/* Joins two groups; returns the root of both. */
static inline uint32_t oa_link_join(_Atomic uint32_t *parent, const uint32_t *row, uint32_t a, uint32_t b)
{
    for (;;) {
        a = oa_link_root(parent, a);
        b = oa_link_root(parent, b);
        if (a == b) return a;
        if (row[b] < row[a]) {
            const uint32_t swap = a;
            a = b;
            b = swap;
        }
        uint32_t expected = b;
        if (atomic_compare_exchange_weak(&parent[b], &expected, a)) return a;
    }
}

#endif
