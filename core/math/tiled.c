/* tiled.c - sorting by counting, chunk by chunk; fields cube by cube, so that no two threads meet in a cell. */
#include "math/tiled.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 1 << 18, CUBES_A_CHUNK = 16, COLUMNS = 256 };

/* ---------------------------------------------------------------------------------------------- sorting */

typedef struct sorting {
    oa_tiled *out;
    size_t n;
    const float *column[3];
    const uint8_t *species;
    uint32_t *count; /* (chunks, cubes): how many; then where they go */
} sorting;

static int32_t cube_along(double x) { return (int32_t)floor(x / OA_CUBE); }

static size_t cube_of(const sorting *s, size_t i)
{
    size_t cube = 0;
    for (int a = 2; a >= 0; a--) {
        const int32_t k = cube_along((double)s->column[a][i]) - s->out->first[a], last = (int32_t)s->out->dims[a] - 1;
        cube = cube * s->out->dims[a] + (size_t)(k < 0 ? 0 : k > last ? last : k);
    }
    return cube;
}

static oa_status count_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *s = arg;
    uint32_t *count = s->count + span.chunk * s->out->cubes;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++)
        if (s->species[i] != OA_TILED_LEFT_OUT) count[cube_of(s, i)]++;
    return OA_OK;
}

static oa_status place_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *s = arg;
    const oa_tiled *t = s->out;
    uint32_t *next = s->count + span.chunk * t->cubes;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        if (s->species[i] == OA_TILED_LEFT_OUT) continue;
        const size_t cube = cube_of(s, i);
        const uint32_t to = next[cube]++;
        size_t at[3];
        oa_cube_place(t, cube, at);
        for (int a = 0; a < 3; a++) t->at[a][to] = (float)((double)s->column[a][i] - OA_CUBE * ((double)t->first[a] + (double)at[a]));
        t->row[to] = (uint32_t)i;
        t->species[to] = s->species[i];
    }
    return OA_OK;
}

/* Numbers become places: cube by cube, and in each the chunks in their order. */
static size_t give_places(sorting *s, size_t chunks)
{
    uint32_t next = 0;
    for (size_t c = 0; c < s->out->cubes; c++) {
        s->out->start[c] = next;
        for (size_t k = 0; k < chunks; k++) {
            uint32_t *count = &s->count[k * s->out->cubes + c];
            const uint32_t n = *count;
            *count = next;
            next += n;
        }
    }
    s->out->start[s->out->cubes] = next;
    return next;
}

static oa_status sort(oa_arena *arena, sorting *s)
{
    oa_tiled *t = s->out;
    const size_t room = s->n + OA_WAVE_LANES, per = s->n / 64 > CHUNK ? s->n / 64 : CHUNK, chunks = oa_chunk_count(s->n, per);
    OA_TRY(oa_new(t->context, &s->count, (chunks ? chunks : 1) * t->cubes, sizeof *s->count));
    oa_status status = oa_parallel(t->context, s->n, per, count_chunk, s);
    if (status == OA_OK) status = oa_arena_take(arena, &t->start, t->cubes + 1, sizeof *t->start);
    if (status == OA_OK) t->n = give_places(s, chunks);
    for (int a = 0; a < 3 && status == OA_OK; a++) status = oa_arena_take(arena, &t->at[a], room, sizeof(float));
    if (status == OA_OK) status = oa_arena_take(arena, &t->row, room, sizeof *t->row);
    if (status == OA_OK) status = oa_arena_take(arena, &t->species, room, 1);
    if (status == OA_OK) status = oa_parallel(t->context, s->n, per, place_chunk, s);
    oa_free(t->context, s->count);
    return status;
}

oa_status oa_tiled_build(oa_arena *arena, oa_tiled *out, size_t n, const float *x, const float *y, const float *z, const uint8_t *species, const double lo[3],
                         const double hi[3])
{
    *out = (oa_tiled){ .context = arena->context, .cubes = 1 };
    double cubes = 1;
    for (int a = 0; a < 3; a++) {
        const double span = floor(hi[a] / OA_CUBE) - floor(lo[a] / OA_CUBE) + 1;
        cubes *= span;
        if (!(fabs(lo[a]) < 1e9 && fabs(hi[a]) < 1e9 && cubes < 2147483648.0))
            return oa_fail(arena->context, "E_MEMORY", "the ions span %g to %g nm along %c, too far for cubes of %g nm; crop what lies far out", lo[a], hi[a],
                "xyz"[a], OA_CUBE);
        out->first[a] = cube_along(lo[a]);
        out->dims[a] = (size_t)span;
        out->cubes *= out->dims[a];
    }
    sorting s = { .out = out, .n = n, .column = { x, y, z }, .species = species };
    return sort(arena, &s);
}

size_t oa_tiled_most(const oa_tiled *tiled)
{
    size_t most = 0;
    for (size_t c = 0; c < tiled->cubes; c++) {
        const size_t n = tiled->start[c + 1] - tiled->start[c];
        if (n > most) most = n;
    }
    return most;
}

/* ---------------------------------------------------------------------------------------------- all cubes */

typedef struct each_cube {
    const oa_tiled *tiled;
    oa_cube_fn *fn;
    void *arg;
} each_cube;

static oa_status cube_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const each_cube *e = arg;
    for (size_t c = span.begin; c < span.end; c++)
        if (e->tiled->start[c] < e->tiled->start[c + 1]) OA_TRY(e->fn(e->arg, c, e->tiled->start[c], e->tiled->start[c + 1], worker));
    return OA_OK;
}

oa_status oa_tiled_each(const oa_tiled *tiled, oa_cube_fn *fn, void *arg)
{
    each_cube e = { tiled, fn, arg };
    return oa_parallel(tiled->context, tiled->cubes, CUBES_A_CHUNK, cube_chunk, &e);
}

/* ---------------------------------------------------------------------------------------------- fields */

oa_field oa_field_of(const oa_tiled *tiled, size_t per_x, size_t per_y, size_t per_z)
{
    oa_field f = { .tiled = tiled, .per = { per_x, per_y, per_z }, .cells = 1 };
    for (int a = 0; a < 3; a++) {
        f.dims[a] = f.per[a] * tiled->dims[a];
        f.edge[a] = OA_CUBE / (double)f.per[a];
        f.cells *= f.dims[a];
    }
    return f;
}

double oa_field_middle(const oa_field *field, int axis, size_t i)
{
    return OA_CUBE * (double)field->tiled->first[axis] + ((double)i + 0.5) * field->edge[axis];
}

typedef struct deposit {
    const oa_field *field;
    float *const *data;
    int n_fields;
    oa_field_values *values;
    void *arg;
    size_t most;
} deposit;

/* The cell of a cube that holds a place of it, and the last where rounding has put it on the far side. */
static inline int32_t cell_along(float at, float per, int32_t last)
{
    const int32_t i = (int32_t)(at * per);
    return i < last ? i : last;
}

static void find_cells(const oa_field *f, size_t begin, size_t n, int32_t *restrict cell)
{
    const float *restrict x = f->tiled->at[0] + begin, *restrict y = f->tiled->at[1] + begin, *restrict z = f->tiled->at[2] + begin;
    const int32_t nx = (int32_t)f->per[0], ny = (int32_t)f->per[1], nz = (int32_t)f->per[2];
    const float px = (float)((double)nx / OA_CUBE), py = (float)((double)ny / OA_CUBE), pz = (float)((double)nz / OA_CUBE);
    for (size_t i = 0; i < n; i++) cell[i] = (cell_along(z[i], pz, nz - 1) * ny + cell_along(y[i], py, ny - 1)) * nx + cell_along(x[i], px, nx - 1);
}

/* No other cube has ions for the cells of this one: they are summed in a block that stays in the cache. */
static oa_status deposit_cube(void *arg, size_t cube, size_t begin, size_t end, oa_worker *worker)
{
    const deposit *d = arg;
    const oa_field *f = d->field;
    float *value[4] = { NULL }, *all, *block;
    int32_t *cell;
    size_t at[3];
    const size_t room = d->most + OA_WAVE_LANES, n = end - begin, nx = f->per[0], rows = f->per[1] * f->per[2];
    OA_TRY(oa_worker_scratch(worker, 0, &all, 4 * room, sizeof *all));
    OA_TRY(oa_worker_scratch(worker, 1, &cell, room, sizeof *cell));
    OA_TRY(oa_worker_scratch(worker, 2, &block, rows * nx, sizeof *block));
    for (int i = 0; i < 4; i++) value[i] = all + (size_t)i * room;
    d->values(d->arg, f->tiled, begin, end, value);
    find_cells(f, begin, n, cell);
    oa_cube_place(f->tiled, cube, at);
    const size_t origin = (at[2] * f->per[2] * f->dims[1] + at[1] * f->per[1]) * f->dims[0] + at[0] * nx;
    for (int k = 0; k < d->n_fields; k++) {
        memset(block, 0, rows * nx * sizeof *block);
        for (size_t i = 0; i < n; i++) block[cell[i]] += value[k][i];
        for (size_t r = 0; r < rows; r++)
            memcpy(d->data[k] + origin + (r / f->per[1] * f->dims[1] + r % f->per[1]) * f->dims[0], block + r * nx, nx * sizeof *block);
    }
    return OA_OK;
}

oa_status oa_field_deposit(const oa_field *field, float *const data[4], int n_fields, oa_field_values *values, void *arg)
{
    deposit d = { field, data, n_fields, values, arg, oa_tiled_most(field->tiled) };
    for (int k = 0; k < n_fields; k++) OA_TRY(oa_parallel_clear(field->tiled->context, data[k], field->cells * sizeof(float)));
    return oa_tiled_each(field->tiled, deposit_cube, &d);
}

int oa_gaussian_taps(double sigma, double reach, float taps[OA_TAPS_MAX])
{
    const double half = ceil(reach * sigma);
    const int n = half < OA_TAPS_MAX - 1 ? (int)half : OA_TAPS_MAX - 1;
    for (int k = 0; k <= n; k++) taps[k] = (float)exp(-0.5 * k * k / (sigma * sigma));
    return n;
}

typedef struct blurring {
    const oa_field *field;
    float *data;
    const float *const *taps;
    const int *half;
} blurring;

/* One level plane: along x in rows with zeros at both ends, then along y. */
static oa_status blur_plane(void *arg, oa_span span, oa_worker *worker)
{
    const blurring *b = arg;
    const size_t nx = b->field->dims[0], ny = b->field->dims[1], hx = (size_t)b->half[0], hy = (size_t)b->half[1];
    const oa_waves *waves = b->field->tiled->context->kernels->waves;
    float *row, *plane;
    OA_TRY(oa_worker_scratch(worker, 0, &row, nx + 2 * hx, sizeof *row));
    OA_TRY(oa_worker_scratch(worker, 1, &plane, (ny + 2 * hy) * nx, sizeof *plane));
    memset(row, 0, (nx + 2 * hx) * sizeof *row);
    memset(plane, 0, hy * nx * sizeof *plane);
    memset(plane + (ny + hy) * nx, 0, hy * nx * sizeof *plane);
    for (size_t z = span.begin; z < span.end; z++) {
        float *data = b->data + z * ny * nx;
        for (size_t y = 0; y < ny; y++) {
            memcpy(row + hx, data + y * nx, nx * sizeof *row);
            waves->blur(plane + (y + hy) * nx, row + hx, nx, 1, b->taps[0], (int)hx);
        }
        for (size_t y = 0; y < ny; y++) waves->blur(data + y * nx, plane + (y + hy) * nx, nx, nx, b->taps[1], (int)hy);
    }
    return OA_OK;
}

/* Upright sheets of neighbouring columns. */
static oa_status blur_columns(void *arg, oa_span span, oa_worker *worker)
{
    const blurring *b = arg;
    const size_t nz = b->field->dims[2], layer = b->field->dims[0] * b->field->dims[1], n = span.end - span.begin, h = (size_t)b->half[2];
    const oa_waves *waves = b->field->tiled->context->kernels->waves;
    float *sheet;
    OA_TRY(oa_worker_scratch(worker, 0, &sheet, (nz + 2 * h) * n, sizeof *sheet));
    memset(sheet, 0, h * n * sizeof *sheet);
    memset(sheet + (nz + h) * n, 0, h * n * sizeof *sheet);
    for (size_t z = 0; z < nz; z++) memcpy(sheet + (z + h) * n, b->data + z * layer + span.begin, n * sizeof *sheet);
    for (size_t z = 0; z < nz; z++) waves->blur(b->data + z * layer + span.begin, sheet + (z + h) * n, n, n, b->taps[2], (int)h);
    return OA_OK;
}

oa_status oa_field_blur(const oa_field *field, float *data, const float *const taps[3], const int half[3])
{
    blurring b = { field, data, taps, half };
    OA_TRY(oa_parallel(field->tiled->context, field->dims[2], 1, blur_plane, &b));
    return oa_parallel(field->tiled->context, field->dims[0] * field->dims[1], COLUMNS, blur_columns, &b);
}

/* The upper bits of the positive floats are counted. */
oa_status oa_field_median(const oa_field *field, const float *data, float least, float *out)
{
    enum { BITS = 12 };
    uint64_t *count, all = 0, below = 0;
    OA_TRY(oa_new(field->tiled->context, &count, (size_t)1 << BITS, sizeof *count));
    for (size_t i = 0; i < field->cells; i++) {
        uint32_t bits;
        memcpy(&bits, &data[i], sizeof bits);
        if (!(data[i] > least)) continue;
        count[bits >> (31 - BITS)]++;
        all++;
    }
    uint32_t at = 0;
    while (at + 1 < 1u << BITS && 2 * (below + count[at]) < all) below += count[at++];
    const uint32_t bits = at << (31 - BITS);
    memcpy(out, &bits, sizeof bits);
    oa_free(field->tiled->context, count);
    return OA_OK;
}

/* The cells of a cube with one more all around, those beyond the field like the last. */
static void copy_block(const oa_field *field, const float *data, size_t cube, float *block)
{
    size_t place[3];
    oa_cube_place(field->tiled, cube, place);
    for (size_t k = 0; k < field->per[2] + 2; k++)
        for (size_t j = 0; j < field->per[1] + 2; j++)
            for (size_t i = 0; i < field->per[0] + 2; i++) {
                const size_t step[3] = { i, j, k };
                size_t at[3];
                for (int a = 0; a < 3; a++) {
                    const size_t next = place[a] * field->per[a] + step[a]; /* from 1 */
                    at[a] = next == 0 ? 0 : next > field->dims[a] ? field->dims[a] - 1 : next - 1;
                }
                *block++ = data[(at[2] * field->dims[1] + at[1]) * field->dims[0] + at[0]];
            }
}

void oa_field_at(const oa_field *field, const float *data, size_t cube, float *out)
{
    const oa_tiled *t = field->tiled;
    const size_t begin = t->start[cube];
    float block[(OA_FIELD_AT + 2) * (OA_FIELD_AT + 2) * (OA_FIELD_AT + 2)], per[3];
    for (int a = 0; a < 3; a++) per[a] = (float)((double)field->per[a] / OA_CUBE);
    copy_block(field, data, cube, block);
    t->context->kernels->waves->interpolate(out, t->start[cube + 1] - begin, t->at[0] + begin, t->at[1] + begin, t->at[2] + begin, per, block,
                                            (int[2]){ (int)field->per[0] + 2, (int)field->per[1] + 2 });
}
