/* phase_nodes.c - the wave vector and the phase of the planes around each node. */
#include <math.h>
#include <string.h>

#include "math/phase.h"

#define WIDTH 0.9 /* nm, B of the header */
#define REACH (2.8 * WIDTH)
#define STEP (0.8 / WIDTH)
#define TILT_TANGENT 0.140540834702391 /* of 8 degrees */
#define SPACING_SHARE 0.06
#define ARRIVED 1e-4 /* rad/nm: the next step of Newton's is shorter by far, and over the reach of a node this is 1e-4 of a turn */
static const double pi = 3.14159265358979323846;

enum { SIDE_MAX = 20, WAVES_MAX = 33, LANES = 8, ROOM_MAX = 40, NEWTON = 6 };

/* What all nodes share: for each axis the wave numbers beside the nominal ones, and the cells around a node with the weights
 * G exp(i k r) of both. */
typedef struct search {
    oa_plane_phase *phase;
    oa_field field;      /* of exp(i nominal r) */
    float *re, *im;
    oa_frame frame;
    double length;       /* of the nominal wave vector */
    int waves[3];        /* -waves ... waves steps */
    size_t cells[3];     /* on each side */
    float wr[3][2 * SIDE_MAX * ROOM_MAX], wi[3][2 * SIDE_MAX * ROOM_MAX]; /* z: (wave, cell); y, x: (cell, wave), filled up with zeros to whole vectors */
    size_t most;
} search;

static size_t count(const search *s, int axis) { return (size_t)(2 * s->waves[axis] + 1); }
static size_t filled_up(const search *s, int axis) { return (count(s, axis) + LANES - 1) / LANES * LANES; }

/* Along the planes' normal few wave numbers are looked at, so cells may be longer there. */
static void plan(search *s)
{
    size_t per[3];
    for (int a = 0; a < 3; a++) {
        const double share = fabs(s->frame.axis[2][a]), range = s->length * (SPACING_SHARE * share + TILT_TANGENT * sqrt(fmax(0, 1 - share * share)));
        s->waves[a] = (int)fmin(range / STEP + 1e-9, (WAVES_MAX - 1) / 2);
        per[a] = range < 3 ? 4 : 8;
        s->cells[a] = (size_t)(REACH * (double)per[a] / OA_CUBE);
    }
    s->field = oa_field_of(s->phase->tiled, per[0], per[1], per[2]);
    for (int a = 0; a < 3; a++)
        for (size_t c = 0; c < 2 * s->cells[a]; c++)
            for (size_t w = 0; w < count(s, a); w++) {
                const double r = ((double)c + 0.5 - (double)s->cells[a]) * s->field.edge[a], k = ((double)w - s->waves[a]) * STEP,
                    g = exp(-r * r / (2 * WIDTH * WIDTH));
                const size_t at = a == 2 ? w * 2 * s->cells[a] + c : c * filled_up(s, a) + w;
                s->wr[a][at] = (float)(g * cos(k * r));
                s->wi[a][at] = (float)(g * sin(k * r));
            }
}

static double corner_phase(const oa_tiled *t, const size_t place[3], const double wave[3])
{
    double turns = 0;
    for (int a = 0; a < 3; a++) turns += wave[a] / (2 * pi) * OA_CUBE * (double)(t->first[a] + (int32_t)place[a]);
    return 2 * pi * (turns - floor(turns));
}

static void nominal_wave(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const search *s = arg;
    const double *k = s->phase->wave;
    size_t cube = 0, place[3], high = t->cubes; /* the cube that begins there: ions are sorted */
    while (high - cube > 1) {
        const size_t middle = (cube + high) / 2;
        if (t->start[middle] <= begin) cube = middle;
        else high = middle;
    }
    oa_cube_place(t, cube, place);
    const float base = (float)corner_phase(t, place, k), kx = (float)k[0], ky = (float)k[1], kz = (float)k[2];
    for (size_t i = begin; i < end; i++) value[2][i - begin] = base + ((kx * t->at[0][i] + ky * t->at[1][i]) + kz * t->at[2][i]);
    t->context->kernels->waves->turn(value[0], value[1], end - begin, value[2]);
}

/* ---------------------------------------------------------------------------------------------- one node */

typedef struct node_room {
    float in_r[SIDE_MAX * SIDE_MAX * SIDE_MAX], in_i[SIDE_MAX * SIDE_MAX * SIDE_MAX]; /* (z, y, x) */
    float zr[WAVES_MAX * SIDE_MAX * SIDE_MAX], zi[WAVES_MAX * SIDE_MAX * SIDE_MAX];   /* (kz, y, x) */
    float yr[SIDE_MAX * ROOM_MAX], yi[SIDE_MAX * ROOM_MAX];                           /* (x, ky) of one kz */
    float fr[ROOM_MAX], fi[ROOM_MAX];                                                 /* (kx) of one kz and ky */
} node_room;

static void cut_window(const search *s, const size_t node[3], node_room *room)
{
    const oa_field *f = &s->field;
    const size_t n[3] = { 2 * s->cells[0], 2 * s->cells[1], 2 * s->cells[2] };
    memset(room->in_r, 0, n[0] * n[1] * n[2] * sizeof(float));
    memset(room->in_i, 0, n[0] * n[1] * n[2] * sizeof(float));
    const ptrdiff_t x0 = (ptrdiff_t)(node[0] * f->per[0]) - (ptrdiff_t)s->cells[0], from = x0 < 0 ? -x0 : 0, left = (ptrdiff_t)f->dims[0] - x0;
    const ptrdiff_t to = left < (ptrdiff_t)n[0] ? left : (ptrdiff_t)n[0];
    for (size_t z = 0; z < n[2]; z++)
        for (size_t y = 0; y < n[1]; y++) {
            const ptrdiff_t cz = (ptrdiff_t)(node[2] * f->per[2] + z) - (ptrdiff_t)s->cells[2], cy = (ptrdiff_t)(node[1] * f->per[1] + y) - (ptrdiff_t)s->cells[1];
            if (cz < 0 || cy < 0 || cz >= (ptrdiff_t)f->dims[2] || cy >= (ptrdiff_t)f->dims[1] || to <= from) continue;
            const size_t source = ((size_t)cz * f->dims[1] + (size_t)cy) * f->dims[0] + (size_t)(x0 + from), at = (z * n[1] + y) * n[0] + (size_t)from;
            memcpy(room->in_r + at, s->re + source, (size_t)(to - from) * sizeof(float));
            memcpy(room->in_i + at, s->im + source, (size_t)(to - from) * sizeof(float));
        }
}

static bool is_allowed(const search *s, const double k[3])
{
    double turned[3];
    oa_frame_turn(&s->frame, k, turned);
    const double most = s->length * TILT_TANGENT + 1e-9;
    return fabs(turned[2]) <= s->length * SPACING_SHARE + 1e-9 && fabs(turned[0]) <= most && fabs(turned[1]) <= most;
}

/* y, then x, of one kz; the largest |F|^2 so far and where. */
static void look_at(const search *s, node_room *room, size_t w, const oa_waves *waves, double *best, double at[3])
{
    const size_t nx = 2 * s->cells[0], ny = 2 * s->cells[1], kx = filled_up(s, 0), ky = filled_up(s, 1);
    memset(room->yr, 0, nx * ky * sizeof(float));
    memset(room->yi, 0, nx * ky * sizeof(float));
    for (size_t x = 0; x < nx; x++)
        for (size_t y = 0; y < ny; y++) {
            const size_t from = (w * ny + y) * nx + x;
            waves->add_turned(ky, room->yr + x * ky, room->yi + x * ky, s->wr[1] + y * ky, s->wi[1] + y * ky, room->zr[from], room->zi[from]);
        }
    for (size_t v = 0; v < count(s, 1); v++) {
        float *fr = room->fr, *fi = room->fi;
        memset(fr, 0, kx * sizeof(float));
        memset(fi, 0, kx * sizeof(float));
        for (size_t x = 0; x < nx; x++) waves->add_turned(kx, fr, fi, s->wr[0] + x * kx, s->wi[0] + x * kx, room->yr[x * ky + v], room->yi[x * ky + v]);
        for (size_t u = 0; u < count(s, 0); u++) {
            const double square = (double)fr[u] * (double)fr[u] + (double)fi[u] * (double)fi[u];
            const double k[3] = { ((double)u - s->waves[0]) * STEP, ((double)v - s->waves[1]) * STEP, ((double)w - s->waves[2]) * STEP };
            if (!(square > *best) || !is_allowed(s, k)) continue;
            *best = square;
            for (int a = 0; a < 3; a++) at[a] = s->phase->wave[a] + k[a];
        }
    }
}

static void find_coarsely(const search *s, const size_t node[3], node_room *room, double k[3])
{
    const oa_waves *waves = s->phase->tiled->context->kernels->waves;
    const size_t layer = 4 * s->cells[0] * s->cells[1], nz = 2 * s->cells[2];
    double best = -1;
    cut_window(s, node, room);
    memset(room->zr, 0, count(s, 2) * layer * sizeof(float));
    memset(room->zi, 0, count(s, 2) * layer * sizeof(float));
    for (size_t w = 0; w < count(s, 2); w++)
        for (size_t z = 0; z < nz; z++)
            waves->add_turned(layer, room->zr + w * layer, room->zi + w * layer, room->in_r + z * layer, room->in_i + z * layer, s->wr[2][w * nz + z],
                s->wi[2][w * nz + z]);
    for (size_t w = 0; w < count(s, 2); w++) look_at(s, room, w, waves, &best, k);
}

/* Ions [begin, end) of a cube that lie in reach, seen from the node, which is at -from of the cube; behind those that `out` has. */
static void take_near(const oa_tiled *t, size_t begin, size_t end, const float from[3], oa_around *out)
{
    const oa_around all = { .x = t->at[0] + begin, .y = t->at[1] + begin, .z = t->at[2] + begin };
    const oa_stretch whole = { 0, (uint32_t)(end - begin) };
    const float node[3] = { -from[0], -from[1], -from[2] };
    float *const to[3] = { out->x + out->n, out->y + out->n, out->z + out->n };
    oa_around near = { .capacity = out->capacity - out->n, .x = to[0], .y = to[1], .z = to[2], .place = out->place };
    (void)!t->context->kernels->around_box(&near, &all, &whole, 1, node, node, (float)(REACH * REACH));
    for (int a = 0; a < 3; a++)
        for (size_t i = 0; i < near.n; i++) to[a][i] += from[a];
    out->n += near.n;
}

/* Ions in reach, from the node; at most s->most. */
static void gather(const search *s, const size_t node[3], oa_around *out)
{
    const oa_tiled *t = s->phase->tiled;
    out->n = 0;
    for (int dz = -2; dz < 2; dz++)
        for (int dy = -2; dy < 2; dy++)
            for (int dx = -2; dx < 2; dx++) {
                const int d[3] = { dx, dy, dz };
                size_t cube = 0;
                int outer = 0;
                bool is_there = true;
                for (int a = 2; a >= 0; a--) {
                    const ptrdiff_t c = (ptrdiff_t)node[a] + d[a];
                    outer += d[a] == -2 || d[a] == 1;
                    is_there &= c >= 0 && c < (ptrdiff_t)t->dims[a];
                    cube = cube * t->dims[a] + (size_t)(is_there ? c : 0);
                }
                if (outer > 1 || !is_there) continue; /* beyond 2.8 nm */
                const float ox = (float)(dx * OA_CUBE), oy = (float)(dy * OA_CUBE), oz = (float)(dz * OA_CUBE);
                take_near(t, t->start[cube], t->start[cube + 1], (const float[3]){ ox, oy, oz }, out);
            }
}

typedef struct moments {
    double sum, squares, mean[3], inverse[3][3]; /* of the covariance */
    bool is_flat;
} moments;

static void invert(double c[3][3], moments *out)
{
    double m[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            const int a = (i + 1) % 3, b = (i + 2) % 3, d = (j + 1) % 3, e = (j + 2) % 3;
            m[j][i] = c[a][d] * c[b][e] - c[a][e] * c[b][d];
        }
    const double determinant = c[0][0] * m[0][0] + c[0][1] * m[1][0] + c[0][2] * m[2][0];
    out->is_flat = !(determinant > 1e-6);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) out->inverse[i][j] = m[i][j] / (out->is_flat ? 1 : determinant);
}

static moments find_moments(const oa_waves *waves, size_t n, float *const r[3], const float *g)
{
    double f[11], c[3][3];
    waves->moments(f, n, r[0], r[1], r[2], g);
    moments m = { .sum = f[0], .squares = f[1] };
    for (int a = 0; a < 3; a++) m.mean[a] = f[2 + a] / m.sum;
    for (int a = 0, at = 5; a < 3; a++)
        for (int b = a; b < 3; b++, at++) c[b][a] = c[a][b] = f[at] / m.sum - m.mean[a] * m.mean[b];
    invert(c, &m);
    return m;
}

/* Towards the top of |F|: its logarithm bends by the covariance of the positions. */
static void climb(const oa_waves *waves, size_t n, float *const r[3], const float *g, const moments *m, double k[3], oa_phase_node *out)
{
    double f[8];
    float turns[3];
    for (int step = 0;; step++) {
        for (int a = 0; a < 3; a++) turns[a] = (float)(k[a] / (2 * pi));
        waves->wave(f, n, r[0], r[1], r[2], g, turns);
        const double square = f[0] * f[0] + f[1] * f[1];
        if (step == NEWTON || !(square > 0)) break;
        double slope[3], way = 0;
        for (int a = 0; a < 3; a++) slope[a] = (f[3 + 2 * a] * f[0] - f[2 + 2 * a] * f[1]) / square; /* Im[sum e r / sum e]; the mean of r, being real, drops out */
        for (int a = 0; a < 3; a++) {
            double d = 0;
            for (int b = 0; b < 3; b++) d += m->inverse[a][b] * slope[b];
            k[a] -= d;
            way += d * d;
        }
        if (way < ARRIVED * ARRIVED) step = NEWTON - 1; /* one more look is enough */
    }
    for (int a = 0; a < 3; a++) out->k[a] = 2 * pi * (double)turns[a];
    out->phase = -atan2(f[1], f[0]);
    out->quality = (f[0] * f[0] + f[1] * f[1]) / m->squares;
}

_Static_assert((int)OA_KERNEL_PAD >= (int)OA_WAVE_LANES, "lists are filled up with weights of 0");
static oa_status node_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const search *s = arg;
    const oa_plane_phase *p = s->phase;
    const size_t room_for = s->most + OA_KERNEL_PAD;
    const oa_waves *waves = p->tiled->context->kernels->waves;
    node_room *room;
    oa_around near = { .capacity = s->most };
    float *all, *r[3];
    OA_TRY(oa_worker_scratch(worker, 0, &room, 1, sizeof *room));
    OA_TRY(oa_worker_scratch(worker, 1, &all, 4 * room_for, sizeof *all));
    OA_TRY(oa_worker_scratch(worker, 2, &near.place, room_for, sizeof *near.place));
    for (int a = 0; a < 3; a++) r[a] = all + (size_t)a * room_for;
    near.x = r[0], near.y = r[1], near.z = r[2];
    for (size_t i = span.begin; i < span.end; i++) {
        const size_t node[3] = { i % p->dims[0], i / p->dims[0] % p->dims[1], i / p->dims[0] / p->dims[1] };
        float *g = all + 3 * room_for;
        gather(s, node, &near);
        const size_t n = near.n, even = (n + OA_WAVE_LANES - 1) / OA_WAVE_LANES * OA_WAVE_LANES;
        if (n < OA_PHASE_IONS_MIN) continue;
        waves->weigh(g, n, r[0], r[1], r[2], (float)(0.5 / (WIDTH * WIDTH)));
        for (size_t j = n; j < even; j++) r[0][j] = r[1][j] = r[2][j] = g[j] = 0;
        const moments m = find_moments(waves, even, r, g);
        if (m.is_flat) continue;
        double k[3] = { p->wave[0], p->wave[1], p->wave[2] };
        find_coarsely(s, node, room, k);
        climb(waves, even, r, g, &m, k, &p->node[i]);
    }
    return OA_OK;
}

/* Ions of the 32 cubes around a node at most. */
static size_t most_around(const oa_tiled *t)
{
    return 32 * oa_tiled_most(t);
}

oa_status oa_phase_find(oa_arena *arena, oa_plane_phase *out, const oa_tiled *tiled, const double wave[3])
{
    search *s;
    *out = (oa_plane_phase){ .tiled = tiled, .n_nodes = 1 };
    memcpy(out->wave, wave, sizeof out->wave);
    for (int a = 0; a < 3; a++) out->n_nodes *= out->dims[a] = tiled->dims[a] + 1;
    OA_TRY(oa_arena_take(arena, &out->node, out->n_nodes, sizeof *out->node));
    OA_TRY(oa_new(tiled->context, &s, 1, sizeof *s));
    *s = (search){ .phase = out, .frame = oa_frame_along(wave), .most = most_around(tiled) };
    s->length = sqrt(wave[0] * wave[0] + wave[1] * wave[1] + wave[2] * wave[2]);
    plan(s);
    float *field = NULL;
    oa_status status = oa_new(tiled->context, &field, 2 * s->field.cells, sizeof *field);
    s->re = field;
    s->im = field ? field + s->field.cells : NULL;
    float *const data[4] = { s->re, s->im, NULL, NULL };
    if (status == OA_OK) status = oa_field_deposit(&s->field, data, 2, nominal_wave, s);
    if (status == OA_OK) status = oa_parallel(tiled->context, out->n_nodes, 4, node_chunk, s);
    oa_free(tiled->context, field);
    oa_free(tiled->context, s);
    return status;
}
