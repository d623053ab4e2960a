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

/* Places of ions on the grid of a tile; those of a cube at a time. base: the layer of the tile that is the first of the grid. */
static oa_wave_grid grid_of(const oa_bank *b, const oa_tile *tile, const size_t cube[3], ptrdiff_t base)
{
    oa_wave_grid g = { .row = (int32_t)b->n[0], .layer = (int32_t)(b->n[0] * b->n[1]) };
    for (int a = 0; a < 3; a++) {
        const ptrdiff_t first = a == 2 ? base : 0;
        g.per[a] = (float)((double)b->field.per[a] / OA_CUBE);
        g.origin[a] = (float)((ptrdiff_t)(cube[a] * b->field.per[a]) - (ptrdiff_t)tile->low[a] + (ptrdiff_t)b->halo[a] - first) - 0.5f;
        g.low[a] = (int32_t)-first;
        g.high[a] = (int32_t)((ptrdiff_t)(b->inner[a] + 2 * b->halo[a]) - first);
    }
    return g;
}

/* Columns of the ions of one cube. */
typedef struct places {
    int32_t *point;
    float *share[3];
} places;

static oa_status take_places(oa_worker *worker, int slot, size_t most, places *out)
{
    float *all;
    OA_TRY(oa_worker_scratch(worker, slot, &all, 3 * most, sizeof *all));
    for (size_t a = 0; a < 3; a++) out->share[a] = all + a * most;
    return oa_worker_scratch(worker, slot + 1, &out->point, most, sizeof *out->point);
}

static void locate_cube(const oa_tiled *t, size_t number, const oa_wave_grid *grid, const places *out)
{
    const size_t begin = t->start[number];
    const float *const at[3] = { t->at[0] + begin, t->at[1] + begin, t->at[2] + begin };
    t->context->kernels->waves->locate(out->point, out->share, t->start[number + 1] - begin, at, grid);
}

static size_t number_of(const oa_tiled *t, const size_t cube[3]) { return (cube[2] * t->dims[1] + cube[1]) * t->dims[0] + cube[0]; }

/* What the ions of a layer of cubes tell is summed in `block`, eight numbers a cell: re and im of the three coefficients, and room. */
typedef struct depositing {
    const tile_job *job;
    const oa_tile *tile;
    const oa_tile_room *room;
    ptrdiff_t base;   /* the tile's layer that is the first of the block */
    float *block;     /* (layers, n[1], n[0], 8) */
    float *columns;   /* (8, most) of one cube */
    float *values;    /* (most, 8), the same */
    places places;
} depositing;
enum { VALUES = 8, RIM_BELOW = 1, RIM = 2 }; /* ions are shared with a layer below their cubes, and two beyond the layers of those */

static size_t block_layers(const oa_bank *b) { return b->field.per[2] + RIM; }

static void deposit_cube(const depositing *d, const size_t cube[3])
{
    const tile_job *job = d->job;
    const oa_tiled *t = job->centres->bank.field.tiled;
    const oa_waves *w = t->context->kernels->waves;
    const oa_mixture *m = job->mixture;
    const size_t number = number_of(t, cube), begin = t->start[number], n = t->start[number + 1] - begin, most = job->most;
    const oa_wave_grid grid = grid_of(&job->centres->bank, d->tile, cube, d->base);
    float *const c = d->columns, *const values[6] = { c, c + 2 * most, c + 4 * most, c + most, c + 3 * most, c + 5 * most }; /* re and im take turns */
    locate_cube(t, number, &grid, &d->places);
    w->evidence(values, n, m->alpha + begin, m->even ? m->even + begin : NULL, m->plus + begin, m->minus + begin);
    w->transpose(d->values, VALUES, c, most, VALUES, (n + 3) / 4 * 4);
    w->deposit(d->block, n, d->places.point, d->places.share, d->values, &grid);
}

/* The first n layers of the block are whole: they go to the tile, the others to the front. */
static void hand_layers(depositing *d, size_t n)
{
    const oa_bank *b = &d->job->centres->bank;
    const oa_waves *w = b->field.tiled->context->kernels->waves;
    const size_t layer = b->n[0] * b->n[1], left = block_layers(b) - n;
    for (size_t k = 0; k < n; k++) {
        const ptrdiff_t z = d->base + (ptrdiff_t)k;
        if (z < 0 || z >= (ptrdiff_t)b->n[2]) continue;
        w->transpose(d->room->re[0] + (size_t)z * layer, oa_bank_cells(b), d->block + k * layer * VALUES, VALUES, layer, VALUES);
        for (int e = 0; e < 3; e++) oa_bank_layer(b, w, d->room, e, (size_t)z);
    }
    memmove(d->block, d->block + n * layer * VALUES, left * layer * VALUES * sizeof *d->block);
    memset(d->block + left * layer * VALUES, 0, n * layer * VALUES * sizeof *d->block);
    d->base += (ptrdiff_t)n;
}

/* Layers of the tile [from, to) to which no ion is near. */
static void clear_layers(const oa_bank *b, const oa_tile_room *room, ptrdiff_t from, ptrdiff_t to)
{
    const ptrdiff_t layer = (ptrdiff_t)(b->n[0] * b->n[1]), first = from > 0 ? from : 0, end = to < (ptrdiff_t)b->n[2] ? to : (ptrdiff_t)b->n[2];
    for (int e = 0; e < 3 && first < end; e++) {
        memset(room->re[e] + first * layer, 0, (size_t)((end - first) * layer) * sizeof(float));
        memset(room->im[e] + first * layer, 0, (size_t)((end - first) * layer) * sizeof(float));
    }
}

static void deposit_tile(depositing *d, const size_t cubes[3][2])
{
    const oa_bank *b = &d->job->centres->bank;
    const size_t per = b->field.per[2], layer = b->n[0] * b->n[1];
    d->base = (ptrdiff_t)(cubes[2][0] * per) - (ptrdiff_t)d->tile->low[2] + (ptrdiff_t)b->halo[2] - RIM_BELOW;
    clear_layers(b, d->room, 0, d->base);
    memset(d->block, 0, block_layers(b) * layer * VALUES * sizeof *d->block);
    for (size_t k = cubes[2][0]; k < cubes[2][1]; k++) {
        for (size_t j = cubes[1][0]; j < cubes[1][1]; j++)
            for (size_t i = cubes[0][0]; i < cubes[0][1]; i++) deposit_cube(d, (const size_t[3]){ i, j, k });
        hand_layers(d, per);
    }
    hand_layers(d, RIM);
    clear_layers(b, d->room, d->base, (ptrdiff_t)b->n[2]);
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
    depositing d = { .job = job, .tile = &tile, .room = &room };
    size_t cubes[3][2];
    OA_TRY(oa_tile_room_take(b, worker, &room));
    OA_TRY(take_places(worker, 0, job->most, &d.places));
    OA_TRY(oa_worker_scratch(worker, 2, &d.columns, VALUES * job->most, sizeof *d.columns));
    OA_TRY(oa_worker_scratch(worker, 3, &d.values, VALUES * job->most, sizeof *d.values));
    OA_TRY(oa_worker_scratch(worker, 4, &d.block, VALUES * block_layers(b) * b->n[0] * b->n[1], sizeof *d.block));
    memset(d.columns, 0, VALUES * job->most * sizeof *d.columns);
    for (int a = 0; a < 3; a++)
        cubes_of(&b->field, a, (ptrdiff_t)tile.low[a] - (ptrdiff_t)b->halo[a] - 1, (ptrdiff_t)(tile.low[a] + b->inner[a] + b->halo[a]) + 1, cubes[a]);
    deposit_tile(&d, (const size_t(*)[2])cubes);
    oa_bank_evidence(b, b->field.tiled->context->kernels->waves, &room);
    keep_evidence(job, &tile, &room);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- ions */

/* The part of a tile along an axis, rims included, that lies in the field; in cells of the tile. */
static void within_field(const oa_bank *b, const oa_tile *tile, int axis, size_t out[2])
{
    const size_t whole = b->inner[axis] + 2 * b->halo[axis], dims = b->field.dims[axis] + b->halo[axis] - tile->low[axis];
    out[0] = b->halo[axis] > tile->low[axis] ? b->halo[axis] - tile->low[axis] : 0;
    out[1] = dims < whole ? dims : whole;
}

/* Densities of centres around a tile, both signs, in waves along x and y. */
static void take_centres(const oa_centres *c, const oa_tile *tile, const oa_tile_room *room)
{
    const oa_bank *b = &c->bank;
    const oa_waves *w = c->context->kernels->waves;
    const size_t layer = b->n[0] * b->n[1], *dims = b->field.dims;
    size_t in[3][2];
    for (int a = 0; a < 3; a++) within_field(b, tile, a, in[a]);
    for (int r = 0; r < b->radii; r++)
        for (size_t z = 0; z < b->n[2]; z++) {
            float *const plus = room->re[r] + z * layer, *const minus = room->im[r] + z * layer;
            memset(plus, 0, layer * sizeof *plus);
            memset(minus, 0, layer * sizeof *minus);
            if (z < in[2][0] || z >= in[2][1]) continue;
            for (size_t y = in[1][0]; y < in[1][1]; y++) {
                const size_t from = ((tile->low[2] + z - b->halo[2]) * dims[1] + tile->low[1] + y - b->halo[1]) * dims[0] + tile->low[0] + in[0][0] - b->halo[0],
                    to = y * b->n[0] + in[0][0];
                w->part(in[0][1] - in[0][0], plus + to, minus + to, c->l[r] + from, c->plus[r] + from);
            }
            oa_bank_layer(b, w, room, r, z);
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

static void update_cube(const tile_job *job, const oa_tile *tile, const size_t cube[3], const oa_tile_room *room, const places *at)
{
    const oa_bank *b = &job->centres->bank;
    const oa_tiled *t = b->field.tiled;
    const size_t number = number_of(t, cube), begin = t->start[number], n = t->start[number + 1] - begin;
    const oa_wave_grid grid = grid_of(b, tile, cube, 0);
    locate_cube(t, number, &grid, at);
    for (size_t k = 0; k < n; k++) {
        const float share[3] = { at->share[0][k], at->share[1][k], at->share[2][k] };
        const float p = between(b, room->re[0] + at->point[k], share), m = between(b, room->im[0] + at->point[k], share);
        float plus = p > 0 ? p : 0, minus = m > 0 ? m : 0;
        const float over = plus + minus > 1 ? plus + minus : 1;
        plus /= over;
        minus /= over;
        const float left = 1 - plus - minus;
        const size_t i = begin + k;
        job->plus[i] = job->plus[i] * left + plus;
        job->minus[i] = job->minus[i] * left + minus;
    }
}

static oa_status update_tile(void *arg, oa_span span, oa_worker *worker)
{
    const tile_job *job = arg;
    const oa_bank *b = &job->centres->bank;
    const oa_tile tile = oa_bank_tile(b, span.begin);
    oa_tile_room room;
    places at;
    size_t cubes[3][2];
    OA_TRY(oa_tile_room_take(b, worker, &room));
    OA_TRY(take_places(worker, 0, job->most, &at));
    take_centres(job->centres, &tile, &room);
    oa_bank_spread(b, b->field.tiled->context->kernels->waves, &room);
    for (int a = 0; a < 3; a++) cubes_of(&b->field, a, (ptrdiff_t)tile.low[a], (ptrdiff_t)tile.high[a], cubes[a]);
    for (size_t k = cubes[2][0]; k < cubes[2][1]; k++)
        for (size_t j = cubes[1][0]; j < cubes[1][1]; j++)
            for (size_t i = cubes[0][0]; i < cubes[0][1]; i++) update_cube(job, &tile, (const size_t[3]){ i, j, k }, &room, &at);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- rounds */

/* Cells about as wide as the blur, rather wider: an eighth more costs 0.003 of the average precision at most and a fifth less time; half as wide ones
 * would raise it by 0.005, for three times the time. */
size_t oa_mixture_cells(double sigma)
{
    enum { COARSEST = 3 };
    const double wish = OA_CUBE / (sigma > 1e-3 ? sigma : 1e-3);
    return wish > OA_MIXTURE_FINEST ? OA_MIXTURE_FINEST : wish < COARSEST ? COARSEST : (size_t)(wish + 0.25);
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
