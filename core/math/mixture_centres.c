/* mixture_centres.c - one domain at most in a neighbourhood, and the prior that makes the most of all of them. */
#include "math/mixture_centres.h"

#include <math.h>
#include <string.h>

/* Blocks of cells that neighbourhoods are summed for together. */
enum { BX = OA_BALL_SIDE, BY = 4, BZ = 4, ROWS = BY * BZ, REACH_MAX = 48 };
#define CLEARANCE 0.3   /* nm beyond the radius that keeps other centres out */
#define QUIET (-8.0)    /* Omega below which nobody is kept out */
#define PLAIN OA_PLAIN   /* Omega up to which floats do */
#define NOTHING (-1e4)  /* logarithm of a weight of 0 */
#define SILENT (-12.0)  /* Omega that is taken for none where no cell of a block has more */
#define ENOUGH 40000.0  /* nm^3; two million ions, and hundreds of domains where there are as many as one in 100 nm^3 */
#define LEVEL 600.0     /* beyond, exp Omega is kept in steps of exp 600, so that no double overflows */

/* ---------------------------------------------------------------------------------------------- begin and end */

static void count_ions(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    (void)arg;
    (void)t;
    for (size_t i = 0; i < end - begin; i++) value[0][i] = 1;
}

/* Where the density of ions, blurred by 0.5 nm, is at least half of its median. */
static oa_status find_mask(oa_centres *c, float *density)
{
    const oa_field *f = &c->bank.field;
    float taps[3][OA_TAPS_MAX], *const data[4] = { density, NULL, NULL, NULL };
    int half[3];
    for (int a = 0; a < 3; a++) half[a] = oa_gaussian_taps(0.5 / f->edge[a], 3.5, taps[a]);
    const float *const all[3] = { taps[0], taps[1], taps[2] };
    OA_TRY(oa_field_deposit(f, data, 1, count_ions, NULL));
    OA_TRY(oa_field_blur(f, density, all, half));
    float median, largest = 0;
    for (size_t i = 0; i < f->cells; i++) largest = density[i] > largest ? density[i] : largest;
    OA_TRY(oa_field_median(f, density, 1e-3f * largest, &median));
    size_t n = 0;
    for (size_t i = 0; i < f->cells; i++) n += c->mask[i] = density[i] > 0.5f * median;
    c->volume = (double)n * f->edge[0] * f->edge[1] * f->edge[2];
    return OA_OK;
}

oa_status oa_centres_begin(oa_arena *arena, oa_centres *out, const oa_field *field, const oa_mixture_prior *prior, double sigma)
{
    oa_context *context = arena->context;
    *out = (oa_centres){ .context = context, .arena = { .context = context }, .enough = ENOUGH };
    memcpy(out->radius, prior->radius, sizeof out->radius);
    OA_TRY(oa_bank_plan(&out->arena, &out->bank, field, prior, sigma));
    OA_TRY(oa_arena_take(&out->arena, &out->mask, field->cells, 1));
    for (int r = 0; r < prior->n; r++) {
        OA_TRY(oa_arena_take(&out->arena, &out->l[r], field->cells, sizeof(float)));
        OA_TRY(oa_arena_take(&out->arena, &out->plus[r], field->cells, 1));
    }
    OA_TRY(oa_arena_take(&out->arena, &out->e, field->cells + 2 * REACH_MAX, sizeof *out->e));
    return find_mask(out, out->l[0]);
}

void oa_centres_drop(oa_centres *centres)
{
    oa_bank_drop(centres->context, &centres->bank);
    oa_arena_drop(&centres->arena);
    *centres = (oa_centres){ .context = centres->context, .arena = { .context = centres->context } };
}

/* ---------------------------------------------------------------------------------------------- exp Omega */

/* What rows of cells around a block add to: for row (z, y) of reach z + BZ + reach z times reach y + BY + reach y, which lists of `begin` and `to` ball_row takes
 * for all radii up to one. */
typedef struct oa_ball_rows {
    int16_t *most;     /* (rows) -1: nothing */
    uint32_t *first;   /* (rows) in begin */
    uint32_t *begin;
    uint16_t *to;
} oa_ball_rows;

typedef struct weighing {
    oa_centres *c;
    oa_arena arena;
    double weight[OA_RADII_MAX], factor[OA_RADII_MAX]; /* ln(lambda h^3 pi_R / 2) and its exponential */
    size_t blocks[3];
    float *top, *near;            /* by block: the largest Omega in it, and around */
    double *sums;                 /* (layers of blocks, radii) expected domains */
    int level;                    /* that layers are weighed at */
    double *large;                /* exp(Omega - LEVEL k), k = 0, 1, ..., where any Omega is above PLAIN */
    bool is_last;                 /* L becomes the density of centres */
    size_t every;                 /* one block in so many is summed, but for the last step */
    int reach[OA_RADII_MAX][3];   /* cells */
    oa_ball_rows rows[OA_RADII_MAX];
    float *strongest;             /* (radii, blocks) largest logarithm of exp L of both signs */
    double *mass;                 /* (radii, blocks) sum of exp L of both */
} weighing;

/* exp Omega, and that of a level, with REACH_MAX readable zeros before and behind. */
static float *plain_of(const weighing *w) { return w->c->e + REACH_MAX; }
static double *large_of(const weighing *w, int level) { return w->large + (size_t)level * (w->c->bank.field.cells + 2 * REACH_MAX) + REACH_MAX; }

static size_t number_of_blocks(const weighing *w) { return w->blocks[0] * w->blocks[1] * w->blocks[2]; }

/* Whether any cell of a block is kept as a logarithm. */
static bool is_strong(const weighing *w, int r, size_t block) { return w->strongest[(size_t)r * number_of_blocks(w) + block] > PLAIN; }

/* exp Omega of n cells; the largest of each block in `top`. */
static void weigh_plain(const weighing *w, size_t cell, size_t n, float *e, float *top)
{
    const float *in[OA_RADII_MAX];
    float factor[OA_RADII_MAX];
    for (int r = 0; r < w->c->bank.radii; r++) {
        in[r] = w->c->l[r] + cell;
        factor[r] = (float)w->factor[r];
    }
    w->c->context->kernels->waves->combine(e, n, in, factor, w->c->bank.radii);
    for (size_t x = 0; x < n; x++) top[x / BX] = e[x] > top[x / BX] ? e[x] : top[x / BX];
}

/* Omega of a cell, however large. */
static double omega_of(const weighing *w, size_t cell)
{
    double value[OA_RADII_MAX], most = -INFINITY, sum = 0;
    for (int r = 0; r < w->c->bank.radii; r++) {
        const double l = (double)w->c->l[r][cell];
        value[r] = (l < 0 ? -l : l > 0 ? log(l) : NOTHING) + w->weight[r];
        most = fmax(most, value[r]);
    }
    for (int r = 0; r < w->c->bank.radii; r++) sum += exp(value[r] - most);
    return most + log(sum);
}

/* Who is near enough to see a number that is cut off here takes the large ones. */
static void weigh_strong(const weighing *w, size_t cell, size_t n, float *e, float *top)
{
    for (size_t x = 0; x < n; x++) {
        const double omega = omega_of(w, cell + x);
        e[x] = (float)exp(fmin(omega, (double)PLAIN));
        *top = (float)omega > *top ? (float)omega : *top;
    }
}

/* Whether any cell of a block can reach exp SILENT. */
static bool is_silent(const weighing *w, size_t block)
{
    double most = -INFINITY;
    for (int r = 0; r < w->c->bank.radii; r++) most = fmax(most, (double)w->strongest[(size_t)r * number_of_blocks(w) + block] + w->weight[r]);
    return most + log(2.0 * w->c->bank.radii) < SILENT;
}

typedef enum kind { IS_SILENT, IS_PLAIN, IS_STRONG } kind;

static kind kind_of(const weighing *w, size_t block)
{
    if (is_silent(w, block)) return IS_SILENT;
    for (int r = 0; r < w->c->bank.radii; r++)
        if (is_strong(w, r, block)) return IS_STRONG;
    return IS_PLAIN;
}

/* One row of cells of a row of blocks; silent ones are zeros. */
static void weigh_row(const weighing *w, size_t row, const uint8_t *kinds, float *e, float *top)
{
    const size_t nx = w->c->bank.field.dims[0];
    for (size_t b = 0, next; b < w->blocks[0]; b = next) {
        for (next = b + 1; next < w->blocks[0] && kinds[next] == kinds[b] && kinds[b] != IS_STRONG; next++) continue;
        const size_t x0 = b * BX, n = (next * BX < nx ? next * BX : nx) - x0;
        if (kinds[b] == IS_SILENT) memset(e + x0, 0, n * sizeof *e);
        else if (kinds[b] == IS_PLAIN) weigh_plain(w, row + x0, n, e + x0, top + b);
        else weigh_strong(w, row + x0, n, e + x0, top + b);
    }
}

static size_t end_of_layer(const weighing *w, size_t layer)
{
    const size_t nz = w->c->bank.field.dims[2];
    return (layer + 1) * BZ < nz ? (layer + 1) * BZ : nz;
}

static oa_status weigh_layers(void *arg, oa_span span, oa_worker *worker)
{
    const weighing *w = arg;
    const oa_field *f = &w->c->bank.field;
    const size_t nx = f->dims[0], ny = f->dims[1], layer = w->blocks[0] * w->blocks[1];
    float *top = w->top + span.begin * layer;
    uint8_t *kinds;
    OA_TRY(oa_worker_scratch(worker, 0, &kinds, layer, sizeof *kinds));
    for (size_t b = 0; b < layer; b++) {
        kinds[b] = (uint8_t)kind_of(w, span.begin * layer + b);
        top[b] = kinds[b] == IS_PLAIN ? 0 : -1e30f;
    }
    for (size_t z = span.begin * BZ; z < end_of_layer(w, span.begin); z++)
        for (size_t y = 0; y < ny; y++) {
            const size_t row = (z * ny + y) * nx, blocks = y / BY * w->blocks[0];
            weigh_row(w, row, kinds + blocks, plain_of(w) + row, top + blocks);
        }
    for (size_t b = 0; b < layer; b++)
        if (kinds[b] == IS_PLAIN) top[b] = top[b] > 0 ? logf(top[b]) : -1e30f;
    return OA_OK;
}

/* The same of a level, which only those near an Omega above PLAIN ask for. */
static oa_status weigh_large(void *arg, oa_span span, oa_worker *worker)
{
    const weighing *w = arg;
    const oa_field *f = &w->c->bank.field;
    const size_t nx = f->dims[0], ny = f->dims[1];
    const double scale = exp(-LEVEL * w->level);
    (void)worker;
    for (size_t z = span.begin * BZ; z < end_of_layer(w, span.begin); z++)
        for (size_t y = 0; y < ny; y++)
            for (size_t b = 0; b < w->blocks[0]; b++) {
                const size_t block = (span.begin * w->blocks[1] + y / BY) * w->blocks[0] + b, row = (z * ny + y) * nx, end = (b + 1) * BX < nx ? (b + 1) * BX : nx;
                const kind how = kind_of(w, block);
                const float *plain = plain_of(w) + row;
                double *e = large_of(w, w->level) + row;
                for (size_t x = b * BX; x < end; x++)
                    e[x] = how == IS_STRONG ? exp(fmin(omega_of(w, row + x) - LEVEL * w->level, 700)) : (double)plain[x] * scale;
            }
    return OA_OK;
}

/* The largest Omega within reach of a block. */
static oa_status look_around(void *arg, oa_span span, oa_worker *worker)
{
    const weighing *w = arg;
    const int last = w->c->bank.radii - 1;
    const ptrdiff_t side[3] = { BX, BY, BZ };
    ptrdiff_t reach[3];
    (void)worker;
    for (int a = 0; a < 3; a++) reach[a] = (w->reach[last][a] + side[a] - 1) / side[a];
    for (size_t i = span.begin; i < span.end; i++) {
        const ptrdiff_t at[3] = { (ptrdiff_t)(i % w->blocks[0]), (ptrdiff_t)(i / w->blocks[0] % w->blocks[1]), (ptrdiff_t)(i / w->blocks[0] / w->blocks[1]) };
        ptrdiff_t low[3], high[3];
        float most = -1e30f;
        for (int a = 0; a < 3; a++) {
            low[a] = at[a] > reach[a] ? at[a] - reach[a] : 0;
            high[a] = at[a] + reach[a] < (ptrdiff_t)w->blocks[a] ? at[a] + reach[a] : (ptrdiff_t)w->blocks[a] - 1;
        }
        for (ptrdiff_t z = low[2]; z <= high[2]; z++)
            for (ptrdiff_t y = low[1]; y <= high[1]; y++)
                for (ptrdiff_t x = low[0]; x <= high[0]; x++) {
                    const float t = w->top[((size_t)z * w->blocks[1] + (size_t)y) * w->blocks[0] + (size_t)x];
                    most = t > most ? t : most;
                }
        w->near[i] = most;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- neighbourhoods */

/* Row (z, y) of a block. */
static size_t place_in(int r, size_t z, size_t y) { return ((size_t)r * ROWS + z % BZ * BY + y % BY) * BX; }

typedef struct block {
    size_t low[3], high[3];
    bool wanted[OA_RADII_MAX];
    float near;
    int level; /* of the large; below 0: floats do */
    size_t number;
} block;

/* Whether the blocks that hold cells [x0, x1) of row (z, y) are all silent, so that nothing is added there. */
static bool is_nothing_there(const weighing *w, size_t z, size_t y, ptrdiff_t x0, ptrdiff_t x1)
{
    const size_t row = (z / BZ * w->blocks[1] + y / BY) * w->blocks[0], last = (size_t)(x1 - 1) / BX;
    for (size_t b = x0 > 0 ? (size_t)x0 / BX : 0; b <= last && b < w->blocks[0]; b++)
        if (w->top[row + b] > -1e30f) return false;
    return true;
}

/* ---- both precisions ---- */

#define REAL float
#define SUMS(name) name
#define KERNEL(name) name
#define TOP (double)PLAIN
#define AROUND(w, b) plain_of(w)
#include "math/mixture_sums.h"

#define REAL double
#define SUMS(name) name##_large
#define KERNEL(name) name##_large
#define TOP 700
#define AROUND(w, b) large_of(w, (b)->level)
#include "math/mixture_sums.h"

/* Cells of radii for which neighbours do not matter. */
static void settle_alone(const weighing *w, const block *b, double *sums)
{
    const oa_field *f = &w->c->bank.field;
    const size_t n = b->high[0] - b->low[0];
    float number[BX];
    for (int r = 0; r < w->c->bank.radii; r++)
        if (!b->wanted[r]) sums[r] += w->factor[r] * w->mass[(size_t)r * number_of_blocks(w) + b->number];
    for (int r = 0; w->is_last && r < w->c->bank.radii; r++)
        for (size_t z = b->low[2]; !b->wanted[r] && z < b->high[2]; z++)
            for (size_t y = b->low[1]; y < b->high[1]; y++) {
                const size_t cell = (z * f->dims[1] + y) * f->dims[0] + b->low[0];
                exponentials(w, r, cell, n, w->weight[r], w->factor[r], number);
                keep_densities(w, r, cell, n, number);
            }
}

/* A sample that follows no direction of the specimen: Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4). */
static bool is_sampled(const weighing *w, size_t number)
{
    return w->is_last || ((uint64_t)number * UINT64_C(0x9e3779b97f4a7c15) >> 40) % w->every == 0;
}

static oa_status settle_layer(void *arg, oa_span span, oa_worker *worker)
{
    const weighing *w = arg;
    const oa_field *f = &w->c->bank.field;
    const size_t side[3] = { BX, BY, BZ };
    double *sums = w->sums + span.begin * (size_t)w->c->bank.radii;
    memset(sums, 0, (size_t)w->c->bank.radii * sizeof *sums);
    for (size_t i = 0; i < w->blocks[0] * w->blocks[1]; i++) {
        const size_t at[3] = { i % w->blocks[0], i / w->blocks[0], span.begin };
        block b = { .number = span.begin * w->blocks[0] * w->blocks[1] + i };
        b.near = w->near[b.number];
        b.level = b.near > PLAIN ? (int)((double)b.near / LEVEL) : -1;
        for (int a = 0; a < 3; a++) {
            b.low[a] = at[a] * side[a];
            b.high[a] = b.low[a] + side[a] < f->dims[a] ? b.low[a] + side[a] : f->dims[a];
        }
        const bool has_neighbours = b.near >= (float)QUIET;
        double found[OA_RADII_MAX] = { 0 };
        if (has_neighbours && !is_sampled(w, b.number)) continue;
        if (has_neighbours) OA_TRY((b.level < 0 ? settle_block : settle_block_large)(w, &b, found, worker));
        settle_alone(w, &b, found);
        for (int r = 0; r < w->c->bank.radii; r++) sums[r] += has_neighbours && !w->is_last ? (double)w->every * found[r] : found[r];
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- steps */

/* Half the length of the row (z, y) of a ball; -1: none. */
static int row_of_ball(const weighing *w, int r, ptrdiff_t z, ptrdiff_t y)
{
    const double *h = w->c->bank.field.edge, reach = w->c->radius[r] + CLEARANCE, dz = (double)z * h[2], dy = (double)y * h[1], left = reach * reach + 1e-9 -
        dz * dz - dy * dy;
    return left < 0 ? -1 : (int)fmin(sqrt(left) / h[0], REACH_MAX);
}

/* The lists of one row around the block, for radii up to `widest`: cells of the block by how far they are reached on either side. */
static uint32_t sort_row(const weighing *w, int widest, ptrdiff_t z, ptrdiff_t y, oa_ball_rows *out, size_t row, uint32_t lists, uint32_t targets)
{
    const int n = (widest + 1) * ROWS, last = w->reach[widest][0];
    uint32_t *begin = out->begin + lists, at[REACH_MAX + 2] = { 0 };
    int reached[OA_RADII_MAX * ROWS];
    out->first[row] = lists;
    out->most[row] = -1;
    for (int i = 0; i < n; i++) {
        const int k = reached[i] = row_of_ball(w, i / ROWS, z - i % ROWS / BY, y - i % BY);
        if (k < 0) continue;
        at[k + 1]++;
        out->most[row] = (int16_t)(k > out->most[row] ? k : out->most[row]);
    }
    for (int k = 0; k <= last + 1; k++) {
        at[k] += k ? at[k - 1] : targets;
        begin[k] = at[k];
    }
    for (int i = 0; i < n; i++)
        if (reached[i] >= 0) out->to[at[reached[i]]++] = (uint16_t)i;
    return begin[last + 1];
}

static oa_status sort_rows(weighing *w, int widest)
{
    oa_arena *arena = &w->arena;
    oa_ball_rows *out = &w->rows[widest];
    const ptrdiff_t ry = w->reach[widest][1], rz = w->reach[widest][2];
    const size_t n = (size_t)((2 * ry + BY) * (2 * rz + BZ)), step = (size_t)w->reach[widest][0] + 2;
    OA_TRY(oa_arena_take(arena, &out->most, n, sizeof *out->most));
    OA_TRY(oa_arena_take(arena, &out->first, n, sizeof *out->first));
    OA_TRY(oa_arena_take(arena, &out->begin, n * step, sizeof *out->begin));
    OA_TRY(oa_arena_take(arena, &out->to, n * (size_t)(widest + 1) * ROWS, sizeof *out->to));
    uint32_t targets = 0;
    size_t row = 0;
    for (ptrdiff_t z = -rz; z < BZ + rz; z++)
        for (ptrdiff_t y = -ry; y < BY + ry; y++, row++) targets = sort_row(w, widest, z, y, out, row, (uint32_t)(row * step), targets);
    return OA_OK;
}

static oa_status measure_balls(weighing *w)
{
    const oa_centres *c = w->c;
    for (int r = 0; r < c->bank.radii; r++)
        for (int a = 0; a < 3; a++) {
            const double reach = (c->radius[r] + CLEARANCE) / c->bank.field.edge[a] + 1e-9;
            w->reach[r][a] = reach < REACH_MAX ? (int)reach : REACH_MAX;
        }
    for (int r = 0; r < c->bank.radii; r++) OA_TRY(sort_rows(w, r));
    return OA_OK;
}

/* What all steps of the fit ask for of the blocks that lie in rows [y0, y1) and [z0, z1). */
static void survey_row_of_blocks(const weighing *w, int r, size_t first, const size_t y[2], const size_t z[2])
{
    const oa_field *f = &w->c->bank.field;
    const size_t nx = f->dims[0];
    float *most = w->strongest + (size_t)r * number_of_blocks(w) + first;
    double *mass = w->mass + (size_t)r * number_of_blocks(w) + first;
    for (size_t b = 0; b < w->blocks[0]; b++) {
        float plain = 0, logarithm = 0;
        double sum = 0;
        for (size_t k = z[0]; k < z[1]; k++)
            for (size_t j = y[0]; j < y[1]; j++) {
                const float *l = w->c->l[r] + (k * f->dims[1] + j) * nx;
                for (size_t x = b * BX; x < (b + 1) * BX && x < nx; x++) {
                    plain = l[x] > plain ? l[x] : plain;
                    logarithm = -l[x] > logarithm ? -l[x] : logarithm;
                    sum += l[x] < 0 ? exp(fmin(-(double)l[x], 700)) : (double)l[x];
                }
            }
        most[b] = logarithm > 0 ? logarithm : plain > 0 ? fminf(logf(plain), PLAIN) : -1e30f;
        mass[b] = sum;
    }
}

static oa_status survey_layer(void *arg, oa_span span, oa_worker *worker)
{
    const weighing *w = arg;
    const size_t *dims = w->c->bank.field.dims, z[2] = { span.begin * BZ, end_of_layer(w, span.begin) };
    (void)worker;
    for (int r = 0; r < w->c->bank.radii; r++)
        for (size_t b = 0; b < w->blocks[1]; b++) {
            const size_t y[2] = { b * BY, (b + 1) * BY < dims[1] ? (b + 1) * BY : dims[1] };
            survey_row_of_blocks(w, r, (span.begin * w->blocks[1] + b) * w->blocks[0], y, z);
        }
    return OA_OK;
}

/* Levels that are needed, after Omega was weighed. */
static int levels_of(const weighing *w)
{
    float most = -1e30f;
    for (size_t i = 0; i < number_of_blocks(w); i++) most = w->near[i] > most ? w->near[i] : most;
    return most > PLAIN ? (int)((double)most / LEVEL) + 1 : 0;
}

static oa_status expect(weighing *w, double *number)
{
    oa_context *context = w->c->context;
    const int radii = w->c->bank.radii;
    double sum[OA_RADII_MAX] = { 0 };
    OA_TRY(oa_parallel(context, w->blocks[2], 1, weigh_layers, w));
    OA_TRY(oa_parallel(context, number_of_blocks(w), 1024, look_around, w));
    const int levels = levels_of(w);
    if (levels) OA_TRY(oa_new(context, &w->large, (size_t)levels * (w->c->bank.field.cells + 2 * REACH_MAX), sizeof *w->large));
    oa_status status = OA_OK;
    for (w->level = 0; w->level < levels && status == OA_OK; w->level++) status = oa_parallel(context, w->blocks[2], 1, weigh_large, w);
    if (status == OA_OK) status = oa_parallel(context, w->blocks[2], 1, settle_layer, w);
    oa_free(context, w->large);
    w->large = NULL;
    OA_TRY(status);
    for (size_t z = 0; z < w->blocks[2]; z++)
        for (int r = 0; r < radii; r++) sum[r] += w->sums[z * (size_t)radii + (size_t)r];
    *number = 0;
    for (int r = 0; r < radii; r++) *number += sum[r] = fmax(sum[r], 0);
    memcpy(w->c->share, sum, sizeof sum);
    return OA_OK;
}

static void set_weights(weighing *w)
{
    const oa_centres *c = w->c;
    const double *h = c->bank.field.edge;
    for (int r = 0; r < c->bank.radii; r++) {
        w->factor[r] = c->density * h[0] * h[1] * h[2] * c->share[r] / 2;
        w->weight[r] = log(w->factor[r]);
    }
}

static oa_status all_steps(weighing *w, const oa_mixture_prior *given)
{
    oa_centres *c = w->c;
    const int radii = c->bank.radii, steps = given ? 1 : OA_MIXTURE_STEPS;
    for (int step = 0; step < steps; step++) {
        double number;
        set_weights(w);
        w->is_last = step + 1 == steps;
        OA_TRY(expect(w, &number));
        c->found = number;
        for (int r = 0; r < radii; r++) c->share[r] = given ? given->share[r] : number > 0 ? 0.9 * c->share[r] / number + 0.1 / radii : 1.0 / radii;
        c->density = given ? given->density : fmax(c->volume > 0 ? number / c->volume : 0, 1e-4);
    }
    return OA_OK;
}

oa_status oa_centres_weigh(oa_centres *centres, const oa_mixture_prior *given, double density)
{
    const size_t side[3] = { BX, BY, BZ };
    weighing w = { .c = centres, .arena = { .context = centres->context } };
    centres->density = density;
    w.every = centres->volume > centres->enough ? (size_t)(centres->volume / centres->enough) : 1;
    for (int r = 0; r < centres->bank.radii; r++) centres->share[r] = given ? given->share[r] : 1.0 / centres->bank.radii;
    for (int a = 0; a < 3; a++) w.blocks[a] = (centres->bank.field.dims[a] + side[a] - 1) / side[a];
    oa_status status = measure_balls(&w);
    if (status == OA_OK) status = oa_new(centres->context, &w.top, 2 * number_of_blocks(&w), sizeof *w.top);
    w.near = w.top ? w.top + number_of_blocks(&w) : NULL;
    if (status == OA_OK) status = oa_new(centres->context, &w.sums, w.blocks[2] * (size_t)centres->bank.radii, sizeof *w.sums);
    if (status == OA_OK) status = oa_arena_take(&w.arena, &w.strongest, (size_t)centres->bank.radii * number_of_blocks(&w), sizeof *w.strongest);
    if (status == OA_OK) status = oa_arena_take(&w.arena, &w.mass, (size_t)centres->bank.radii * number_of_blocks(&w), sizeof *w.mass);
    if (status == OA_OK) status = oa_parallel(centres->context, w.blocks[2], 1, survey_layer, &w);
    if (status == OA_OK) status = all_steps(&w, given);
    oa_arena_drop(&w.arena);
    oa_free(centres->context, w.top);
    oa_free(centres->context, w.sums);
    return status;
}
