/* contrast.c - labels against planes: sums over ions as blurs of what their cells hold. */
#include "math/contrast.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* ---------------------------------------------------------------------------------------------- ions */

typedef struct sharing {
    const oa_tiled *tiled;
    unsigned species;
    oa_field field;
    float *share, *data[4];
} sharing;

static void count_species(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const sharing *s = arg;
    for (size_t i = begin; i < end; i++) {
        value[0][i - begin] = t->species[i] == s->species ? 1 : 0;
        value[1][i - begin] = 1;
    }
}

static oa_status share_cube(void *arg, size_t cube, size_t begin, size_t end, oa_worker *worker)
{
    const sharing *s = arg;
    float *all;
    OA_TRY(oa_worker_scratch(worker, 0, &all, end - begin, sizeof *all));
    oa_field_at(&s->field, s->data[0], cube, s->share + begin);
    oa_field_at(&s->field, s->data[1], cube, all);
    for (size_t i = begin; i < end; i++) s->share[i] = fminf(fmaxf(s->share[i] / fmaxf(all[i - begin], 1e-9f), 1e-3f), 1 - 1e-3f);
    return OA_OK;
}

oa_status oa_local_share(const oa_tiled *tiled, unsigned species, float *share)
{
    enum { PER = 4 };
    sharing s = { .tiled = tiled, .species = species, .field = oa_field_of(tiled, PER, PER, PER), .share = share };
    float taps[OA_TAPS_MAX], *data;
    const int half = oa_gaussian_taps(OA_SHARE_WIDTH / s.field.edge[0], 3.5, taps), halves[3] = { half, half, half };
    const float *const all[3] = { taps, taps, taps };
    OA_TRY(oa_new(tiled->context, &data, 2 * s.field.cells, sizeof *data));
    s.data[0] = data;
    s.data[1] = data + s.field.cells;
    oa_status status = oa_field_deposit(&s.field, s.data, 2, count_species, &s);
    for (int k = 0; k < 2 && status == OA_OK; k++) status = oa_field_blur(&s.field, s.data[k], all, halves);
    if (status == OA_OK) status = oa_tiled_each(tiled, share_cube, &s);
    oa_free(tiled->context, data);
    return status;
}

typedef struct contrasting {
    const float *phase, *resolution;
    float *m;
} contrasting;

static oa_status contrast_cube(void *arg, size_t cube, size_t begin, size_t end, oa_worker *worker)
{
    const contrasting *c = arg;
    float *m;
    (void)cube;
    OA_TRY(oa_worker_scratch(worker, 0, &m, end - begin, sizeof *m));
    oa_worker_context(worker)->kernels->waves->contrast(m, end - begin, c->phase + begin, c->resolution + begin);
    memcpy(c->m + begin, m, (end - begin) * sizeof *m);
    return OA_OK;
}

oa_status oa_plane_contrast(const oa_tiled *tiled, const float *phase, const float *resolution, float *m)
{
    contrasting c = { phase, resolution, m };
    return oa_tiled_each(tiled, contrast_cube, &c);
}

typedef struct angles {
    const oa_tiled *tiled;
    double turns[3];
    float *angle;
} angles;

static oa_status angle_cube(void *arg, size_t cube, size_t begin, size_t end, oa_worker *worker)
{
    const angles *a = arg;
    const oa_tiled *t = a->tiled;
    size_t place[3];
    double corner = 0;
    (void)worker;
    oa_cube_place(t, cube, place);
    for (int i = 0; i < 3; i++) corner += a->turns[i] * OA_CUBE * (double)(t->first[i] + (int32_t)place[i]);
    corner -= floor(corner);
    for (size_t i = begin; i < end; i++) {
        const double turns = corner + ((a->turns[0] * (double)t->at[0][i] + a->turns[1] * (double)t->at[1][i]) + a->turns[2] * (double)t->at[2][i]);
        a->angle[i] = (float)(2 * pi * (turns - nearbyint(turns)));
    }
    return OA_OK;
}

oa_status oa_wave_angle(const oa_tiled *tiled, const double wave[3], float *angle)
{
    angles a = { .tiled = tiled, .turns = { wave[0] / (2 * pi), wave[1] / (2 * pi), wave[2] / (2 * pi) }, .angle = angle };
    return oa_tiled_each(tiled, angle_cube, &a);
}

/* ---------------------------------------------------------------------------------------------- grids */

oa_window oa_window_of(const oa_field *field, double width)
{
    oa_window w;
    for (int a = 0; a < 3; a++) {
        w.half[a] = oa_gaussian_taps(width / field->edge[a], 4, w.g[a]);
        for (int k = 0; k <= w.half[a]; k++) w.g2[a][k] = w.g[a][k] * w.g[a][k];
    }
    return w;
}

oa_status oa_window_blur(const oa_field *field, float *data, const oa_window *w, bool squared)
{
    const float *const taps[3] = { squared ? w->g2[0] : w->g[0], squared ? w->g2[1] : w->g[1], squared ? w->g2[2] : w->g[2] };
    return oa_field_blur(field, data, taps, w->half);
}

typedef struct summing {
    const oa_labels *labels;
    const float *m, *angle;
} summing;

static inline float label(const oa_labels *l, size_t i) { return (l->tiled->species[i] == l->species ? 1.0f : 0.0f) - l->share[i]; }
static inline float variance(const oa_labels *l, size_t i) { return l->share[i] * (1 - l->share[i]); }

static void signed_values(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const summing *s = arg;
    (void)t;
    for (size_t i = begin; i < end; i++) {
        value[0][i - begin] = s->m[i] * label(s->labels, i);
        value[1][i - begin] = s->m[i] * s->m[i] * variance(s->labels, i);
    }
}

typedef struct division {
    float *x, *y;             /* sums; the result goes to x */
    const float *v, *c, *d;   /* variance; T: of the first, of the second, and between them */
    float least;
} division;

static oa_status divide_signed(void *arg, oa_span span, oa_worker *worker)
{
    const division *d = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) d->x[i] = d->v[i] > d->least ? d->x[i] / sqrtf(d->v[i]) : NAN;
    return OA_OK;
}

static oa_status divide_whitened(void *arg, oa_span span, oa_worker *worker)
{
    const division *d = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        const float a = d->v[i], b = d->c[i], c = d->d[i], determinant = a * b - c * c;
        const float t = 0.5f * (b * d->x[i] * d->x[i] - 2 * c * d->x[i] * d->y[i] + a * d->y[i] * d->y[i]) / determinant;
        d->x[i] = a + b > d->least && determinant > 1e-4f * (a + b) * (a + b) ? t : NAN;
    }
    return OA_OK;
}

enum { CELLS_A_CHUNK = 1 << 16 };

oa_status oa_signed_statistic(const oa_labels *labels, const oa_field *field, const float *m, double width, float *z)
{
    oa_context *context = labels->tiled->context;
    const oa_window w = oa_window_of(field, width);
    summing s = { .labels = labels, .m = m };
    float *v, median;
    OA_TRY(oa_new(context, &v, field->cells, sizeof *v));
    float *const data[4] = { z, v, NULL, NULL };
    oa_status status = oa_field_deposit(field, data, 2, signed_values, &s);
    if (status == OA_OK) status = oa_window_blur(field, z, &w, false);
    if (status == OA_OK) status = oa_window_blur(field, v, &w, true);
    if (status == OA_OK) status = oa_field_median(field, v, 1e-12f, &median);
    if (status == OA_OK) {
        division d = { .x = z, .v = v, .least = (float)OA_CONTRAST_MASK * median };
        status = oa_parallel(context, field->cells, CELLS_A_CHUNK, divide_signed, &d);
    }
    oa_free(context, v);
    return status;
}

static void whitened_sums(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const summing *s = arg;
    t->context->kernels->waves->turn(value[0], value[1], end - begin, s->angle + begin);
    for (size_t i = begin; i < end; i++) {
        value[0][i - begin] *= label(s->labels, i);
        value[1][i - begin] *= label(s->labels, i);
    }
}

static void whitened_squares(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const summing *s = arg;
    t->context->kernels->waves->turn(value[0], value[1], end - begin, s->angle + begin);
    for (size_t i = begin; i < end; i++) {
        const float c = value[0][i - begin], d = value[1][i - begin], v = variance(s->labels, i);
        value[0][i - begin] = v * c * c;
        value[1][i - begin] = v * d * d;
        value[2][i - begin] = v * c * d;
    }
}

oa_status oa_whitened_statistic(const oa_labels *labels, const oa_field *field, const float *angle, double width, float *t)
{
    oa_context *context = labels->tiled->context;
    const oa_window w = oa_window_of(field, width);
    summing s = { .labels = labels, .angle = angle };
    float *all, median;
    OA_TRY(oa_new(context, &all, 4 * field->cells, sizeof *all));
    float *const y = all, *const a = all + field->cells, *const b = a + field->cells, *const c = b + field->cells;
    float *const sums[4] = { t, y, NULL, NULL }, *const squares[4] = { a, b, c, NULL };
    oa_status status = oa_field_deposit(field, sums, 2, whitened_sums, &s);
    if (status == OA_OK) status = oa_field_deposit(field, squares, 3, whitened_squares, &s);
    for (int k = 0; k < 2 && status == OA_OK; k++) status = oa_window_blur(field, sums[k], &w, false);
    for (int k = 0; k < 3 && status == OA_OK; k++) status = oa_window_blur(field, squares[k], &w, true);
    if (status == OA_OK) status = oa_field_median(field, a, 1e-12f, &median);
    if (status == OA_OK) {
        division d = { .x = t, .y = y, .v = a, .c = b, .d = c, .least = (float)(2 * OA_CONTRAST_MASK) * median };
        status = oa_parallel(context, field->cells, CELLS_A_CHUNK, divide_whitened, &d);
    }
    oa_free(context, all);
    return status;
}
