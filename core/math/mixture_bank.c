/* mixture_bank.c - convolutions with blurred balls, tile by tile. */
#include "math/mixture_bank.h"

#include <math.h>
#include <string.h>

#include "math/mixture_ball.h"

enum { LANES = OA_FFT_LANES, RIM = 2 }; /* cells beyond a ball: one that ions are shared with, one for the tails of the weights of its hats */
static const double pi = 3.14159265358979323846;

/* ---------------------------------------------------------------------------------------------- planes and columns */

/* A plane (y, x) becomes (kx, ky), or back: then re and im are given exchanged. */
static void plane_forward(const oa_bank *b, const oa_waves *w, float *re, float *im, float *line)
{
    const size_t nx = b->n[0], ny = b->n[1], longest = nx > ny ? nx : ny;
    float *lr = line, *li = line + longest * LANES, *room = li + longest * LANES, *copy = room + 2 * longest * LANES;
    for (size_t x = 0; x < nx; x += LANES) {
        for (size_t y = 0; y < ny; y++) {
            memcpy(lr + y * LANES, re + y * nx + x, LANES * sizeof *lr);
            memcpy(li + y * LANES, im + y * nx + x, LANES * sizeof *li);
        }
        oa_fft_lines(&b->fft[1], w, lr, li, room);
        for (size_t y = 0; y < ny; y++) {
            memcpy(copy + y * nx + x, lr + y * LANES, LANES * sizeof *lr);
            memcpy(copy + (ny + y) * nx + x, li + y * LANES, LANES * sizeof *li);
        }
    }
    for (size_t y = 0; y < ny; y += LANES) {
        w->transpose(lr, LANES, copy + y * nx, nx, LANES, nx);
        w->transpose(li, LANES, copy + (ny + y) * nx, nx, LANES, nx);
        oa_fft_lines(&b->fft[0], w, lr, li, room);
        for (size_t x = 0; x < nx; x++) {
            memcpy(re + x * ny + y, lr + x * LANES, LANES * sizeof *lr);
            memcpy(im + x * ny + y, li + x * LANES, LANES * sizeof *li);
        }
    }
}

static void plane_back(const oa_bank *b, const oa_waves *w, float *re, float *im, float *line)
{
    const size_t nx = b->n[0], ny = b->n[1], longest = nx > ny ? nx : ny;
    float *lr = line, *li = line + longest * LANES, *room = li + longest * LANES, *copy = room + 2 * longest * LANES;
    for (size_t y = 0; y < ny; y += LANES) {
        for (size_t x = 0; x < nx; x++) {
            memcpy(lr + x * LANES, re + x * ny + y, LANES * sizeof *lr);
            memcpy(li + x * LANES, im + x * ny + y, LANES * sizeof *li);
        }
        oa_fft_lines(&b->fft[0], w, li, lr, room);
        w->transpose(copy + y * nx, nx, lr, LANES, nx, LANES);
        w->transpose(copy + (ny + y) * nx, nx, li, LANES, nx, LANES);
    }
    for (size_t x = 0; x < nx; x += LANES) {
        for (size_t y = 0; y < ny; y++) {
            memcpy(lr + y * LANES, copy + y * nx + x, LANES * sizeof *lr);
            memcpy(li + y * LANES, copy + (ny + y) * nx + x, LANES * sizeof *li);
        }
        oa_fft_lines(&b->fft[1], w, li, lr, room);
        for (size_t y = 0; y < ny; y++) {
            memcpy(re + y * nx + x, lr + y * LANES, LANES * sizeof *lr);
            memcpy(im + y * nx + x, li + y * LANES, LANES * sizeof *li);
        }
    }
}

static void take_column(const oa_bank *b, float *lr, float *li, const float *re, const float *im, size_t at)
{
    const size_t layer = b->n[0] * b->n[1];
    for (size_t z = 0; z < b->n[2]; z++) {
        memcpy(lr + z * LANES, re + z * layer + at, LANES * sizeof *lr);
        memcpy(li + z * LANES, im + z * layer + at, LANES * sizeof *li);
    }
}

static void give_column(const oa_bank *b, const float *lr, const float *li, float *re, float *im, size_t at)
{
    const size_t layer = b->n[0] * b->n[1];
    for (size_t z = 0; z < b->n[2]; z++) {
        memcpy(re + z * layer + at, lr + z * LANES, LANES * sizeof *lr);
        memcpy(im + z * layer + at, li + z * LANES, LANES * sizeof *li);
    }
}

/* Column of spectrum e of radius r at (kx, ky...): half of it, the rest mirrors. */
static const float *spectrum_at(const oa_bank *b, int r, int e, size_t kx, size_t ky)
{
    const size_t half = b->n[0] / 2 + 1, mirrored = kx < half ? kx : b->n[0] - kx;
    return b->spectrum + ((((size_t)(r * 3 + e) * half + mirrored) * (b->n[1] / LANES) + ky / LANES) * (b->n[2] / 2 + 1)) * LANES;
}

static void add_product(const oa_bank *b, const oa_waves *w, float *to_r, float *to_i, const float *lr, const float *li, const float *spectrum)
{
    const size_t nz = b->n[2], half = nz / 2 + 1;
    w->multiply_add(half * LANES, to_r, lr, spectrum);
    w->multiply_add(half * LANES, to_i, li, spectrum);
    for (size_t z = half; z < nz; z++) {
        w->multiply_add(LANES, to_r + z * LANES, lr + z * LANES, spectrum + (nz - z) * LANES);
        w->multiply_add(LANES, to_i + z * LANES, li + z * LANES, spectrum + (nz - z) * LANES);
    }
}

void oa_bank_layer(const oa_bank *b, const oa_waves *w, const oa_tile_room *room, int array, size_t z)
{
    const size_t layer = b->n[0] * b->n[1];
    plane_forward(b, w, room->re[array] + z * layer, room->im[array] + z * layer, room->line);
}

void oa_bank_evidence(const oa_bank *b, const oa_waves *w, oa_tile_room *room)
{
    const size_t layer = b->n[0] * b->n[1], line = b->n[2] * LANES;
    float *d[6], *sum_r = room->line + 6 * line, *sum_i = sum_r + line, *work = sum_i + line;
    for (size_t k = 0; k < 6; k++) d[k] = room->line + k * line;
    for (size_t at = 0; at < layer; at += LANES) {
        for (int e = 0; e < 3; e++) {
            take_column(b, d[2 * e], d[2 * e + 1], room->re[e], room->im[e], at);
            oa_fft_lines(&b->fft[2], w, d[2 * e], d[2 * e + 1], work);
        }
        for (int r = 0; r < b->radii; r++) {
            memset(sum_r, 0, 2 * line * sizeof *sum_r);
            for (int e = 0; e < 3; e++) add_product(b, w, sum_r, sum_i, d[2 * e], d[2 * e + 1], spectrum_at(b, r, e, at / b->n[1], at % b->n[1]));
            oa_fft_lines(&b->fft[2], w, sum_i, sum_r, work);
            give_column(b, sum_r, sum_i, room->re[r], room->im[r], at);
        }
    }
    for (int r = 0; r < b->radii; r++)
        for (size_t z = b->halo[2]; z < b->n[2] - b->halo[2]; z++) plane_back(b, w, room->re[r] + z * layer, room->im[r] + z * layer, room->line);
}

void oa_bank_spread(const oa_bank *b, const oa_waves *w, oa_tile_room *room)
{
    const size_t layer = b->n[0] * b->n[1], line = b->n[2] * LANES;
    float *lr = room->line, *li = lr + line, *sum_r = li + line, *sum_i = sum_r + line, *work = sum_i + line;
    for (size_t at = 0; at < layer; at += LANES) {
        memset(sum_r, 0, 2 * line * sizeof *sum_r);
        for (int r = 0; r < b->radii; r++) {
            take_column(b, lr, li, room->re[r], room->im[r], at);
            oa_fft_lines(&b->fft[2], w, lr, li, work);
            add_product(b, w, sum_r, sum_i, lr, li, spectrum_at(b, r, 0, at / b->n[1], at % b->n[1]));
        }
        oa_fft_lines(&b->fft[2], w, sum_i, sum_r, work);
        give_column(b, sum_r, sum_i, room->re[0], room->im[0], at);
    }
    for (size_t z = b->halo[2] - 1; z < b->n[2] - b->halo[2] + 1; z++) plane_back(b, w, room->re[0] + z * layer, room->im[0] + z * layer, room->line);
}

/* ---------------------------------------------------------------------------------------------- plans */

/* Tiles along an axis: so many of so many points, of which `inner` belong to no other. */
typedef struct cut {
    size_t n, inner, tiles;
} cut;
enum { EVEN = 4, CUTS_MAX = 64, WIDEST = 192, DEEPEST = 108, POINTS_MOST = 144 * 144 * 108 }; /* points of a tile: 110 MB a thread with six radii */

/* From the shortest on; those that need fewer tiles than any shorter one. */
static size_t list_cuts(const oa_bank *b, int axis, cut out[CUTS_MAX])
{
    const size_t multiple = axis < 2 ? LANES : 2, longest = axis < 2 ? WIDEST : DEEPEST, per = b->field.per[axis], cubes = b->field.tiled->dims[axis];
    size_t count = 0;
    for (size_t n = oa_fft_length(per + 2 * b->halo[axis], multiple); !count || (n <= longest && count < CUTS_MAX); n = oa_fft_length(n + 1, multiple)) {
        const size_t inner = (n - 2 * b->halo[axis]) / per, tiles = (cubes + inner - 1) / inner;
        if (!count || tiles < out[count - 1].tiles) out[count++] = (cut){ n, inner * per, tiles };
    }
    return count;
}

/* The cuts that make the least work of the whole. Tiles are counted in fours, so that a few of them are shared evenly by two or four threads. */
static void plan_tiles(oa_bank *b)
{
    cut cuts[3][CUTS_MAX];
    size_t count[3];
    double least = INFINITY;
    for (int a = 0; a < 3; a++) count[a] = list_cuts(b, a, cuts[a]);
    for (size_t i = 0; i < count[0] * count[1] * count[2]; i++) {
        const cut *const c[3] = { &cuts[0][i % count[0]], &cuts[1][i / count[0] % count[1]], &cuts[2][i / count[0] / count[1]] };
        const size_t points = c[0]->n * c[1]->n * c[2]->n, turns = (c[0]->tiles * c[1]->tiles * c[2]->tiles + EVEN - 1) / EVEN;
        const double work = (double)turns * (double)points * (60 + log2((double)points));
        if (!(work < least) || (i && points > POINTS_MOST)) continue;
        least = work;
        for (int a = 0; a < 3; a++) b->n[a] = c[a]->n, b->inner[a] = c[a]->inner, b->tiles[a] = c[a]->tiles;
    }
}

static size_t line_floats(const oa_bank *b)
{
    const size_t longest = b->n[0] > b->n[1] ? b->n[0] : b->n[1], plane = 4 * longest * LANES + 2 * b->n[0] * b->n[1], column = 10 * b->n[2] * LANES;
    return plane > column ? plane : column;
}

/* Products of hats among each other are 1/6, 2/3, 1/6 along an axis: 1 over their transform, by wave. */
static oa_status plan_hats(oa_arena *arena, oa_bank *b, int axis)
{
    OA_TRY(oa_arena_take(arena, &b->hats[axis], b->n[axis], sizeof(float)));
    for (size_t k = 0; k < b->n[axis]; k++) b->hats[axis][k] = (float)(3 / (2 + cos(2 * pi * (double)k / (double)b->n[axis])));
    return OA_OK;
}

typedef struct ball_job {
    oa_bank *bank;
    const oa_ball *balls;
} ball_job;

/* Spectrum e of a ball: it lies about cell 0, with what is below at the far end; its transform is real. Less that of the products of hats, it is that of
 * the weights by which hats come closest to the ball. */
static oa_status transform_ball(void *arg, oa_span span, oa_worker *worker)
{
    const ball_job *job = arg;
    const oa_bank *b = job->bank;
    const oa_ball *ball = &job->balls[span.begin / 3];
    const int r = (int)(span.begin / 3), e = (int)(span.begin % 3);
    const oa_waves *w = oa_worker_context(worker)->kernels->waves;
    const size_t nx = b->n[0], ny = b->n[1], nz = b->n[2], side[3] = { 2 * ball->half[0] + 1, 2 * ball->half[1] + 1, 2 * ball->half[2] + 1 };
    const float scale = 1.0f / (float)(nx * ny * nz);
    oa_tile_room room;
    OA_TRY(oa_tile_room_take(b, worker, &room));
    float *re = room.re[0], *im = room.im[0], *line = room.line;
    memset(re, 0, nx * ny * nz * sizeof *re);
    memset(im, 0, nx * ny * nz * sizeof *im);
    for (size_t i = 0; i < side[0] * side[1] * side[2]; i++) {
        const size_t x = (i % side[0] + nx - ball->half[0]) % nx, y = (i / side[0] % side[1] + ny - ball->half[1]) % ny, z = (i / side[0] / side[1] + nz -
            ball->half[2]) % nz;
        re[(z * ny + y) * nx + x] = ball->power[e][i] * scale;
    }
    for (size_t z = 0; z < nz; z++)
        if (z <= ball->half[2] || z + ball->half[2] >= nz) plane_forward(b, w, re + z * nx * ny, im + z * nx * ny, line);
    for (size_t kx = 0; kx < nx / 2 + 1; kx++)
        for (size_t ky = 0; ky < ny; ky += LANES) {
            take_column(b, line, line + nz * LANES, re, im, kx * ny + ky);
            oa_fft_lines(&b->fft[2], w, line, line + nz * LANES, line + 2 * nz * LANES);
            float *out = b->spectrum + (spectrum_at(b, r, e, kx, ky) - b->spectrum);
            for (size_t i = 0; i < (nz / 2 + 1) * LANES; i++) out[i] = line[i] * (b->hats[0][kx] * b->hats[1][ky + i % LANES] * b->hats[2][i / LANES]);
        }
    return OA_OK;
}

static oa_status fill_ball(void *arg, oa_span span, oa_worker *worker)
{
    const ball_job *job = arg;
    return oa_ball_fill(oa_worker_context(worker), &job->balls[span.begin]);
}

oa_status oa_bank_plan(oa_arena *arena, oa_bank *out, const oa_field *field, const oa_mixture_prior *prior, double sigma)
{
    oa_context *context = arena->context;
    oa_ball balls[OA_RADII_MAX];
    ball_job job = { .bank = out, .balls = balls };
    *out = (oa_bank){ .field = *field, .radii = prior->n };
    for (int r = 0; r < prior->n; r++) OA_TRY(oa_ball_take(arena, &balls[r], prior->radius[r], sigma, field->edge));
    for (int a = 0; a < 3; a++) {
        for (int r = 0; r < prior->n; r++)
            if (balls[r].half[a] + RIM > out->halo[a]) out->halo[a] = balls[r].half[a] + RIM;
    }
    plan_tiles(out);
    for (int a = 0; a < 3; a++) {
        OA_TRY(oa_fft_make(arena, &out->fft[a], out->n[a]));
        OA_TRY(plan_hats(arena, out, a));
    }
    OA_TRY(oa_arena_take(arena, &out->room, (size_t)context->threads + 1, sizeof *out->room));
    OA_TRY(oa_arena_take(arena, &out->spectrum, (size_t)prior->n * 3 * (out->n[0] / 2 + 1) * out->n[1] * (out->n[2] / 2 + 1), sizeof *out->spectrum));
    OA_TRY(oa_parallel(context, (size_t)prior->n, 1, fill_ball, &job));
    return oa_parallel(context, 3 * (size_t)prior->n, 1, transform_ball, &job);
}

size_t oa_bank_tiles(const oa_bank *bank) { return bank->tiles[0] * bank->tiles[1] * bank->tiles[2]; }

oa_tile oa_bank_tile(const oa_bank *bank, size_t number)
{
    const size_t at[3] = { number % bank->tiles[0], number / bank->tiles[0] % bank->tiles[1], number / bank->tiles[0] / bank->tiles[1] };
    oa_tile t;
    for (int a = 0; a < 3; a++) {
        t.low[a] = at[a] * bank->inner[a];
        t.high[a] = t.low[a] + bank->inner[a] < bank->field.dims[a] ? t.low[a] + bank->inner[a] : bank->field.dims[a];
    }
    return t;
}

oa_status oa_tile_room_take(const oa_bank *bank, oa_worker *worker, oa_tile_room *out)
{
    const size_t arrays = bank->radii < OA_TILE_ARRAYS ? OA_TILE_ARRAYS : (size_t)bank->radii, cells = oa_bank_cells(bank);
    float **room = &bank->room[oa_worker_number(worker)];
    if (!*room) OA_TRY(oa_new(oa_worker_context(worker), room, line_floats(bank) + 2 * arrays * cells, sizeof **room));
    out->line = *room;
    float *const all = *room + line_floats(bank);
    for (size_t k = 0; k < arrays; k++) {
        out->re[k] = all + 2 * k * cells;
        out->im[k] = out->re[k] + cells;
    }
    return OA_OK;
}

void oa_bank_drop(oa_context *context, oa_bank *bank)
{
    for (int i = 0; bank->room && i < context->threads; i++) oa_free(context, bank->room[i]);
    bank->room = NULL;
}
