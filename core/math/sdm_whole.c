/* sdm_whole.c - the map of all pairs of one small specimen. Banks make thousands of these, so it is quicker than oa_sdm_all in
 * three ways: a pair is looked at once and counted at both of its offsets; pairs beyond the kept bins are not looked at; and
 * what is too far is told in float, before the arithmetic of the maps decides. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/sdm.h"

/* Columns of atoms along z, cut into short pieces: the pieces of one column follow each other. */
#define COLUMN 0.5 /* nm; measured with 20 to 60 atoms per nm^3 */
#define PIECE 0.1
enum { SLOT_ATOMS, SLOT_PIECES, SLOT_REACHABLE, SLOT_COUNTS };

typedef struct columns {
    size_t n;
    double lo[3], edge[3];
    size_t dims[3];
    float *x, *y, *z; /* (n) */
    uint32_t *start;  /* (pieces + 1) */
} columns;

static size_t piece_count(const columns *c) { return c->dims[0] * c->dims[1] * c->dims[2]; }

static size_t along(const columns *c, int axis, double value)
{
    const double k = (value - c->lo[axis]) / c->edge[axis];
    return k > 0 ? (k < (double)c->dims[axis] ? (size_t)k : c->dims[axis] - 1) : 0;
}

static size_t piece_of(const columns *c, const float p[3])
{
    return (along(c, 1, p[1]) * c->dims[0] + along(c, 0, p[0])) * c->dims[2] + along(c, 2, p[2]);
}

/* Box of the points that are taken, and pieces so few that clearing them costs less than the pairs. */
static void lay_out(columns *c, const oa_points *points)
{
    double hi[3] = { 0, 0, 0 };
    for (size_t i = 0; i < points->n; i++) {
        if (!oa_points_takes(points, i)) continue;
        const double p[3] = { points->x[i], points->y[i], points->z[i] };
        for (int a = 0; a < 3; a++) {
            c->lo[a] = c->n ? fmin(c->lo[a], p[a]) : p[a];
            hi[a] = c->n ? fmax(hi[a], p[a]) : p[a];
        }
        c->n++;
    }
    for (double grow = 1;; grow *= 1.25) {
        double pieces = 1;
        for (int a = 0; a < 3; a++) {
            c->edge[a] = grow * (a == 2 ? PIECE : COLUMN);
            pieces *= floor((hi[a] - c->lo[a]) / c->edge[a]) + 1;
        }
        if (!(pieces <= 16.0 * (double)c->n + 4096)) continue;
        for (int a = 0; a < 3; a++) c->dims[a] = (size_t)((hi[a] - c->lo[a]) / c->edge[a]) + 1;
        return;
    }
}

static oa_status sort_atoms(columns *c, oa_worker *worker, const oa_points *points)
{
    OA_TRY(oa_worker_scratch(worker, SLOT_ATOMS, &c->x, 5 * c->n, sizeof *c->x));
    c->y = c->x + c->n;
    c->z = c->y + c->n;
    OA_TRY(oa_worker_scratch(worker, SLOT_PIECES, &c->start, piece_count(c) + 2, sizeof *c->start));
    memset(c->start, 0, (piece_count(c) + 2) * sizeof *c->start);
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < points->n; i++) {
            if (!oa_points_takes(points, i)) continue;
            const float p[3] = { points->x[i], points->y[i], points->z[i] };
            const size_t piece = piece_of(c, p);
            if (pass == 0) c->start[piece + 2]++;
            else {
                const uint32_t at = c->start[piece + 1]++;
                c->x[at] = p[0], c->y[at] = p[1], c->z[at] = p[2];
            }
        }
        for (size_t k = 0; pass == 0 && k < piece_count(c); k++) c->start[k + 2] += c->start[k + 1];
    }
    return OA_OK;
}

/* What one pass over the centres needs. */
typedef struct search {
    const oa_sdm_rule *rule;
    oa_axis axis;
    double reach2, above;  /* squared largest distance; largest dz that any kept bin holds */
    float middle, doubt;   /* the same in float; nearer to it than this only doubles can tell */
    float *dx, *dz;        /* (n) offsets that were found within reach, rounded to float */
    uint32_t *counts;      /* (map + 1) for what goes nowhere */
} search;

static inline size_t slot_zx(const search *s, double dx, double dz)
{
    const int64_t row = oa_axis_bin(&s->axis, dz), column = oa_axis_bin(&s->axis, dx);
    return row >= 0 && column >= 0 ? (size_t)(row * s->axis.kept + column) : (size_t)(s->axis.kept * s->axis.kept);
}

/* The arithmetic of offsets_z in full, for a pair and its reverse: differences and squares are the same but for the sign. */
static void count_exactly(const columns *c, const search *s, uint32_t i, uint32_t k)
{
    const double dx = (double)c->x[k] - c->x[i], dy = (double)c->y[k] - c->y[i], dz = (double)c->z[k] - c->z[i];
    const double fx = (float)dx, fz = (float)dz;
    if (!((dx * dx + dy * dy) + dz * dz <= s->reach2) || fx == 0 || fz <= 0) return;
    for (int sign = 1; sign >= -1; sign -= 2) {
        const int64_t row = oa_axis_bin(&s->axis, sign * fz);
        if (s->rule->dimensions == 2) s->counts[slot_zx(s, sign * fx, sign * fz)]++;
        else if (row >= 0 && oa_axis_holds(&s->axis, sign * fx)) s->counts[row]++;
    }
}

/* Appends the offsets of the atoms in [begin, end) that lie above the centre and within reach. The difference of two floats
 * rounded to float is that of the doubles rounded to float, as the latter is exact. */
static size_t near_above(const columns *c, const search *s, uint32_t i, uint32_t begin, uint32_t end, size_t n)
{
    const float x = c->x[i], y = c->y[i], z = c->z[i], middle = s->middle, least = -s->doubt, most = s->doubt;
    float *out_x = s->dx, *out_z = s->dz;
    for (uint32_t k = begin; k < end; k++) {
        const float dx = c->x[k] - x, dy = c->y[k] - y, dz = c->z[k] - z, over = (dx * dx + dy * dy + dz * dz) - middle;
        out_x[n] = dx;
        out_z[n] = dz;
        n += (over < least) & (dz > 0) & (dx != 0);
        if ((over >= least) & (over <= most)) count_exactly(c, s, i, k);
    }
    return n;
}

enum { AT_ONCE = 64 };

/* Offsets within reach, counted upwards and downwards; bins first, so that the compiler can do several together. */
static void count_z(const search *s, size_t n)
{
    const double half = s->axis.half, scale = s->axis.scale;
    const uint32_t kept = (uint32_t)s->axis.kept, first = (uint32_t)s->axis.first;
    int32_t up[AT_ONCE], down[AT_ONCE];
    for (size_t begin = 0; begin < n; begin += AT_ONCE) {
        const size_t m = n - begin < AT_ONCE ? n - begin : AT_ONCE;
        const float *dz = s->dz + begin;
        for (size_t q = 0; q < m; q++) {
            up[q] = (int32_t)(((double)dz[q] + half) * scale);
            down[q] = (int32_t)((-(double)dz[q] + half) * scale);
        }
        for (size_t q = 0; q < m; q++) {
            const uint32_t a = (uint32_t)up[q] - first, b = (uint32_t)down[q] - first;
            s->counts[a < kept ? a : kept]++;
            s->counts[b < kept ? b : kept]++;
        }
    }
}

static void count_zx(const search *s, size_t n)
{
    for (size_t q = 0; q < n; q++) {
        s->counts[slot_zx(s, s->dx[q], s->dz[q])]++;
        s->counts[slot_zx(s, -s->dx[q], -s->dz[q])]++;
    }
}

/* A column in reach of another: its first piece, and how many pieces above that of a centre can hold a neighbour. */
typedef struct reachable {
    uint32_t first, span;
} reachable;

static double gap_of(const columns *c, int axis, int64_t steps) { return fmax(0, (double)(llabs(steps) - 1) * c->edge[axis] - 1e-6); }

static size_t find_reachable(const columns *c, const search *s, int64_t a, reachable *out)
{
    const double reach = s->rule->half_range + 1e-6;
    const int64_t nx = (int64_t)c->dims[0], ny = (int64_t)c->dims[1], rx = (int64_t)(reach / c->edge[0]) + 1, ry = (int64_t)(reach / c->edge[1]) + 1;
    size_t n = 0;
    for (int64_t ky = a / nx > ry ? a / nx - ry : 0; ky <= a / nx + ry && ky < ny; ky++)
        for (int64_t kx = a % nx > rx ? a % nx - rx : 0; kx <= a % nx + rx && kx < nx; kx++) {
            const double gx = gap_of(c, 0, kx - a % nx), gy = gap_of(c, 1, ky - a / nx), left = s->reach2 - (gx * gx + gy * gy);
            const size_t first = (size_t)(ky * nx + kx) * c->dims[2];
            if (left < 0 || c->start[first] == c->start[first + c->dims[2]]) continue;
            const double span = fmin((double)c->dims[2], ceil(fmin(s->above, sqrt(left)) / c->edge[2] + 1e-6) + 1);
            out[n++] = (reachable){ .first = (uint32_t)first, .span = (uint32_t)span };
        }
    return n;
}

static size_t atoms_between(const columns *c, size_t first, size_t end) { return c->start[end] - c->start[first]; }

static size_t end_of(const columns *c, size_t piece, const reachable *column)
{
    return piece + column->span < c->dims[2] ? piece + column->span : c->dims[2];
}

/* May a bin get more than 32 bits hold? So few atoms cannot do it; of more, all pairs that are looked at are counted. */
static bool may_overflow(const columns *c, const search *s, reachable *room)
{
    const size_t pieces = c->dims[2];
    uint64_t pairs = 0;
    for (size_t a = 0; c->n > UINT16_MAX && a < c->dims[0] * c->dims[1] && pairs <= UINT32_MAX / 2; a++) {
        if (!atoms_between(c, a * pieces, (a + 1) * pieces)) continue;
        const size_t columns_near = find_reachable(c, s, (int64_t)a, room);
        for (size_t piece = 0; piece < pieces; piece++)
            for (size_t k = 0; k < columns_near; k++)
                pairs += (uint64_t)atoms_between(c, a * pieces + piece, a * pieces + piece + 1) *
                         atoms_between(c, room[k].first + piece, room[k].first + end_of(c, piece, &room[k]));
    }
    return pairs > UINT32_MAX / 2; /* each is counted upwards and downwards */
}

/* All pairs of an atom with one above it. */
static oa_status pair_all(oa_context *context, const columns *c, const search *s, reachable *room)
{
    const size_t pieces = c->dims[2];
    for (size_t a = 0; a < c->dims[0] * c->dims[1]; a++) {
        if (!atoms_between(c, a * pieces, (a + 1) * pieces)) continue;
        OA_TRY(oa_check_cancelled(context));
        const size_t columns_near = find_reachable(c, s, (int64_t)a, room);
        for (size_t piece = 0; piece < pieces; piece++)
            for (uint32_t i = c->start[a * pieces + piece]; i < c->start[a * pieces + piece + 1]; i++) {
                size_t n = 0;
                for (size_t k = 0; k < columns_near; k++)
                    n = near_above(c, s, i, c->start[room[k].first + piece], c->start[room[k].first + end_of(c, piece, &room[k])], n);
                if (s->rule->dimensions == 2) count_zx(s, n);
                else count_z(s, n);
            }
    }
    return OA_OK;
}

oa_status oa_sdm_whole(const oa_sdm_rule *rule, oa_worker *worker, const oa_points *points, uint32_t *map)
{
    columns c = { .n = 0 };
    const double low = fabs(oa_sdm_edge(rule, 0)), high = fabs(oa_sdm_edge(rule, rule->kept)), reach2 = rule->half_range * rule->half_range;
    const size_t size = oa_sdm_map_size(rule);
    search s = { .rule = rule, .axis = oa_sdm_axis(rule), .reach2 = reach2, .above = fmin(rule->half_range, fmax(low, high)), .middle = (float)reach2,
                 .doubt = (float)(1e-5 * reach2) };
    reachable *room;
    lay_out(&c, points);
    if (c.n > UINT32_MAX / 2) return oa_fail(oa_worker_context(worker), "E_TOO_MANY_PAIRS", "%zu atoms in one crystal; give a smaller one", c.n);
    OA_TRY(sort_atoms(&c, worker, points));
    OA_TRY(oa_worker_scratch(worker, SLOT_REACHABLE, &room, c.dims[0] * c.dims[1], sizeof *room));
    OA_TRY(oa_worker_scratch(worker, SLOT_COUNTS, &s.counts, size + 1, sizeof *s.counts));
    memset(s.counts, 0, size * sizeof *s.counts);
    s.dx = c.z + c.n;
    s.dz = s.dx + c.n;
    if (may_overflow(&c, &s, room))
        return oa_fail(oa_worker_context(worker), "E_TOO_MANY_PAIRS", "%zu atoms in one crystal have more pairs than counts of 32 bits hold; give fewer cells or a "
                       "shorter half_range", c.n);
    OA_TRY(pair_all(oa_worker_context(worker), &c, &s, room));
    memcpy(map, s.counts, size * sizeof *map);
    return OA_OK;
}
