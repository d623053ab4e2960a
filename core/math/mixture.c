/* mixture.c - rounds: evidence of domains everywhere, their prior, what each ion has of them. */
#include "math/mixture.h"

#include <string.h>

#include "math/mixture_centres.h"

/* ---------------------------------------------------------------------------------------------- evidence */

typedef struct tile_job {
    oa_centres *centres;
    const oa_mixture *mixture;
    size_t most;
    float *plus, *minus;
} tile_job;

/* Cubes that meet the cells [from, to) along an axis. */
static void cubes_of(const oa_field *f, int axis, ptrdiff_t from, ptrdiff_t to, size_t out[2])
{
    const ptrdiff_t per = (ptrdiff_t)f->per[axis], dims = (ptrdiff_t)f->tiled->dims[axis];
    const ptrdiff_t low = from <= 0 ? 0 : from / per, high = (to + per - 1) / per;
    out[0] = (size_t)low;
    out[1] = (size_t)(high < dims ? high : dims);
}

/* Where an ion lies between the cells of a tile: the lower of eight, and how far towards the next. origin: of its cube, in cells from the tile's first. */
static inline ptrdiff_t cell_below(const oa_bank *b, const oa_tiled *t, size_t ion, const float origin[3], float share[3])
{
    ptrdiff_t cell = 0;
    bool is_inside = true;
    for (int a = 2; a >= 0; a--) {
        const float u = t->at[a][ion] * (float)((double)b->field.per[a] / OA_CUBE) + origin[a];
        const ptrdiff_t low = (ptrdiff_t)(u + 64) - 64; /* down, also below 0 */
        share[a] = u - (float)low;
        is_inside &= low >= 0 && low + 1 < (ptrdiff_t)(b->inner[a] + 2 * b->halo[a]);
        cell = cell * (ptrdiff_t)b->n[a] + low;
    }
    return is_inside ? cell : -1;
}

static void origin_of(const oa_bank *b, const oa_tile *tile, size_t cube, float origin[3])
{
    size_t place[3];
    oa_cube_place(b->field.tiled, cube, place);
    for (int a = 0; a < 3; a++) origin[a] = (float)((ptrdiff_t)(place[a] * b->field.per[a]) - (ptrdiff_t)tile->low[a] + (ptrdiff_t)b->halo[a]) - 0.5f;
}

static void deposit_cube(const tile_job *job, const oa_tile *tile, size_t cube, float *const values[6], const oa_tile_room *room)
{
    const oa_bank *b = &job->centres->bank;
    const oa_tiled *t = b->field.tiled;
    const oa_mixture *m = job->mixture;
    const size_t begin = t->start[cube], n = t->start[cube + 1] - begin, nx = b->n[0], layer = nx * b->n[1];
    float origin[3], share[3];
    origin_of(b, tile, cube, origin);
    t->context->kernels->waves->evidence(values, n, m->alpha + begin, m->even ? m->even + begin : NULL, m->plus + begin, m->minus + begin);
    for (size_t i = 0; i < n; i++) {
        const ptrdiff_t cell = cell_below(b, t, begin + i, origin, share);
        if (cell < 0) continue;
        for (size_t c = 0; c < 4; c++) {
            const float row = (c & 1 ? share[1] : 1 - share[1]) * (c & 2 ? share[2] : 1 - share[2]), near = row * (1 - share[0]), next = row * share[0];
            const size_t to = (size_t)cell + (c & 1 ? nx : 0) + (c & 2 ? layer : 0);
            for (int e = 0; e < 3; e++) {
                room->re[e][to] += near * values[e][i];
                room->re[e][to + 1] += next * values[e][i];
                room->im[e][to] += near * values[3 + e][i];
                room->im[e][to + 1] += next * values[3 + e][i];
            }
        }
    }
}

static void keep_evidence(const tile_job *job, const oa_tile *tile, const oa_tile_room *room)
{
    const oa_centres *c = job->centres;
    const oa_bank *b = &c->bank;
    const oa_field *f = &b->field;
    for (int r = 0; r < b->radii; r++)
        for (size_t z = tile->low[2]; z < tile->high[2]; z++)
            for (size_t y = tile->low[1]; y < tile->high[1]; y++) {
                const size_t from = ((z - tile->low[2] + b->halo[2]) * b->n[1] + y - tile->low[1] + b->halo[1]) * b->n[0] + b->halo[0], to = (z * f->dims[1] +
                    y) * f->dims[0];
                float *l = c->l[r] + to;
                f->tiled->context->kernels->waves->join(tile->high[0] - tile->low[0], l + tile->low[0], c->plus[r] + to + tile->low[0], room->re[r] + from,
                    room->im[r] + from);
                for (size_t x = tile->low[0]; x < tile->high[0]; x++) l[x] = c->mask[to + x] ? l[x] : 0;
            }
}

static oa_status evidence_tile(void *arg, oa_span span, oa_worker *worker)
{
    const tile_job *job = arg;
    const oa_bank *b = &job->centres->bank;
    const oa_tile tile = oa_bank_tile(b, span.begin);
    oa_tile_room room;
    float *all, *values[6];
    size_t cubes[3][2];
    OA_TRY(oa_tile_room_take(b, worker, &room));
    OA_TRY(oa_worker_scratch(worker, 2, &all, 6 * job->most, sizeof *all));
    for (size_t k = 0; k < 6; k++) values[k] = all + k * job->most;
    for (int e = 0; e < 3; e++) {
        memset(room.re[e], 0, oa_bank_cells(b) * sizeof(float));
        memset(room.im[e], 0, oa_bank_cells(b) * sizeof(float));
    }
    for (int a = 0; a < 3; a++)
        cubes_of(&b->field, a, (ptrdiff_t)tile.low[a] - (ptrdiff_t)b->halo[a] - 1, (ptrdiff_t)(tile.low[a] + b->inner[a] + b->halo[a]) + 1, cubes[a]);
    const oa_tiled *t = b->field.tiled;
    for (size_t k = cubes[2][0]; k < cubes[2][1]; k++)
        for (size_t j = cubes[1][0]; j < cubes[1][1]; j++)
            for (size_t i = cubes[0][0]; i < cubes[0][1]; i++) deposit_cube(job, &tile, (k * t->dims[1] + j) * t->dims[0] + i, values, &room);
    oa_bank_evidence(b, t->context->kernels->waves, &room);
    keep_evidence(job, &tile, &room);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- ions */

/* Densities of centres around a tile, both signs. */
static void take_centres(const oa_centres *c, const oa_tile *tile, const oa_tile_room *room)
{
    const oa_bank *b = &c->bank;
    const oa_field *f = &b->field;
    for (int r = 0; r < b->radii; r++) {
        memset(room->re[r], 0, oa_bank_cells(b) * sizeof(float));
        memset(room->im[r], 0, oa_bank_cells(b) * sizeof(float));
        for (size_t z = 0; z < b->inner[2] + 2 * b->halo[2]; z++)
            for (size_t y = 0; y < b->inner[1] + 2 * b->halo[1]; y++) {
                const ptrdiff_t fz = (ptrdiff_t)(tile->low[2] + z) - (ptrdiff_t)b->halo[2], fy = (ptrdiff_t)(tile->low[1] + y) - (ptrdiff_t)b->halo[1];
                if (fz < 0 || fy < 0 || fz >= (ptrdiff_t)f->dims[2] || fy >= (ptrdiff_t)f->dims[1]) continue;
                const size_t row = ((size_t)fz * f->dims[1] + (size_t)fy) * f->dims[0], to = (z * b->n[1] + y) * b->n[0];
                for (size_t x = 0; x < b->inner[0] + 2 * b->halo[0]; x++) {
                    const ptrdiff_t fx = (ptrdiff_t)(tile->low[0] + x) - (ptrdiff_t)b->halo[0];
                    if (fx < 0 || fx >= (ptrdiff_t)f->dims[0]) continue;
                    const float both = c->l[r][row + (size_t)fx], plus = both * (float)c->plus[r][row + (size_t)fx] * (1.0f / 255);
                    room->re[r][to + x] = plus;
                    room->im[r][to + x] = both - plus;
                }
            }
    }
}

static float between(const oa_bank *b, const float *p, const float share[3])
{
    const size_t nx = b->n[0], layer = nx * b->n[1];
    float plane[2];
    for (size_t k = 0; k < 2; k++, p += layer) {
        const float near = p[0] + share[0] * (p[1] - p[0]), far = p[nx] + share[0] * (p[nx + 1] - p[nx]);
        plane[k] = near + share[1] * (far - near);
    }
    return plane[0] + share[2] * (plane[1] - plane[0]);
}

static void update_cube(const tile_job *job, const oa_tile *tile, size_t cube, const oa_tile_room *room)
{
    const oa_bank *b = &job->centres->bank;
    const oa_tiled *t = b->field.tiled;
    float origin[3], share[3];
    origin_of(b, tile, cube, origin);
    for (size_t i = t->start[cube]; i < t->start[cube + 1]; i++) {
        const ptrdiff_t cell = cell_below(b, t, i, origin, share);
        const float p = between(b, room->re[0] + cell, share), m = between(b, room->im[0] + cell, share);
        float plus = p > 0 ? p : 0, minus = m > 0 ? m : 0;
        const float over = plus + minus > 1 ? plus + minus : 1;
        plus /= over;
        minus /= over;
        const float left = 1 - plus - minus;
        job->plus[i] = job->plus[i] * left + plus;
        job->minus[i] = job->minus[i] * left + minus;
    }
}

static oa_status update_tile(void *arg, oa_span span, oa_worker *worker)
{
    const tile_job *job = arg;
    const oa_bank *b = &job->centres->bank;
    const oa_tiled *t = b->field.tiled;
    const oa_tile tile = oa_bank_tile(b, span.begin);
    oa_tile_room room;
    size_t cubes[3][2];
    OA_TRY(oa_tile_room_take(b, worker, &room));
    take_centres(job->centres, &tile, &room);
    oa_bank_spread(b, t->context->kernels->waves, &room);
    for (int a = 0; a < 3; a++) cubes_of(&b->field, a, (ptrdiff_t)tile.low[a], (ptrdiff_t)tile.high[a], cubes[a]);
    for (size_t k = cubes[2][0]; k < cubes[2][1]; k++)
        for (size_t j = cubes[1][0]; j < cubes[1][1]; j++)
            for (size_t i = cubes[0][0]; i < cubes[0][1]; i++) update_cube(job, &tile, (k * t->dims[1] + j) * t->dims[0] + i, &room);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- rounds */

/* Cells as wide as the blur. Half as wide ones would raise the average precision by 0.005, for three times the time. */
size_t oa_mixture_cells(double sigma)
{
    enum { COARSEST = 3 };
    const double wish = OA_CUBE / (sigma > 1e-3 ? sigma : 1e-3);
    return wish > OA_MIXTURE_FINEST ? OA_MIXTURE_FINEST : wish < COARSEST ? COARSEST : (size_t)(wish + 0.5);
}

static oa_status do_tiles(oa_centres *c, const oa_mixture *m, oa_chunk_fn *fn)
{
    tile_job job = { c, m, oa_tiled_most(m->tiled) + OA_WAVE_LANES, m->plus, m->minus };
    return oa_parallel(m->tiled->context, oa_bank_tiles(&c->bank), 1, fn, &job);
}

/* The first round says whether the largest radius is large enough. */
static bool extend_bank(oa_mixture *m, const oa_centres *c)
{
    const int n = m->prior.n;
    if (m->is_given || n == OA_RADII_MAX || !(c->share[n - 1] - 0.1 / n > 0.15) || m->prior.radius[n - 1] > 6) return false;
    m->prior.radius[n] = 1.25 * m->prior.radius[n - 1];
    m->prior.n++;
    return true;
}

static oa_status first_round(oa_mixture *m, oa_centres *c, const oa_field *field)
{
    do {
        oa_centres_drop(c);
        OA_TRY(oa_centres_begin(m->arena, c, field, &m->prior, m->sigma_lateral));
        m->volume = c->volume;
        oa_phase(m->tiled->context, "evidence");
        OA_TRY(do_tiles(c, m, evidence_tile));
        oa_phase(m->tiled->context, "domains");
        OA_TRY(oa_centres_weigh(c, m->is_given ? &m->prior : NULL, m->is_given ? m->prior.density : 0.005));
    } while (extend_bank(m, c));
    m->prior.density = c->density;
    memcpy(m->prior.share, c->share, sizeof c->share);
    return OA_OK;
}

static oa_status all_rounds(oa_mixture *m, oa_centres *c, const oa_field *field)
{
    OA_TRY(first_round(m, c, field));
    for (m->rounds = 0; m->rounds < OA_MIXTURE_ROUNDS;) {
        if (m->rounds) {
            oa_phase(m->tiled->context, "evidence");
            OA_TRY(do_tiles(c, m, evidence_tile));
            oa_phase(m->tiled->context, "domains");
            OA_TRY(oa_centres_weigh(c, m->is_given ? &m->prior : NULL, c->density));
        }
        m->found[m->rounds++] = c->found;
        OA_TRY(do_tiles(c, m, update_tile));
        if (m->rounds > 1 && c->found < 0.02 * m->found[0]) break;
    }
    return OA_OK;
}

oa_status oa_mixture_fit(oa_mixture *mixture)
{
    const size_t across = oa_mixture_cells(mixture->sigma_lateral);
    const oa_field field = oa_field_of(mixture->tiled, across, across, OA_MIXTURE_DEPTH);
    oa_centres c = { .context = mixture->tiled->context };
    OA_TRY(oa_parallel_clear(c.context, mixture->plus, mixture->tiled->n * sizeof *mixture->plus));
    OA_TRY(oa_parallel_clear(c.context, mixture->minus, mixture->tiled->n * sizeof *mixture->minus));
    const oa_status status = all_rounds(mixture, &c, &field);
    oa_centres_drop(&c);
    return status;
}
