/* maxima.c - geometry of masks, expected numbers, lists of maxima. */
#include "math/maxima.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/statistics.h"

/* ---------------------------------------------------------------------------------------------- masks */

typedef struct elements {
    int64_t cubes, faces, edges, corners;
} elements;

typedef struct measuring {
    const oa_field *field;
    const float *data;
    elements *part; /* (layers + 1) */
} measuring;

/* One layer of the mask with a rim of nothing. */
static void fill_layer(const measuring *m, ptrdiff_t z, uint8_t *to)
{
    const size_t nx = m->field->dims[0], ny = m->field->dims[1];
    memset(to, 0, (nx + 2) * (ny + 2));
    if (z < 0 || z >= (ptrdiff_t)m->field->dims[2]) return;
    for (size_t y = 0; y < ny; y++)
        for (size_t x = 0; x < nx; x++) {
            const float value = m->data[((size_t)z * ny + y) * nx + x];
            to[(y + 1) * (nx + 2) + x + 1] = value == value;
        }
}

/* What lies on the lower face of layer z, and what stands on it: each element of the union is met once. */
static oa_status measure_layer(void *arg, oa_span span, oa_worker *worker)
{
    const measuring *m = arg;
    const size_t step = m->field->dims[0] + 2, rows = m->field->dims[1] + 2;
    uint8_t *below, *here;
    OA_TRY(oa_worker_scratch(worker, 0, &below, step * rows, 1));
    OA_TRY(oa_worker_scratch(worker, 1, &here, step * rows, 1));
    fill_layer(m, (ptrdiff_t)span.begin - 1, below);
    fill_layer(m, (ptrdiff_t)span.begin, here);
    elements e = { 0, 0, 0, 0 };
    for (size_t y = 1; y < rows; y++) {
        const uint8_t *h = here + y * step, *g = h - step, *b = below + y * step, *a = b - step;
        uint32_t cubes = 0, faces = 0, edges = 0, corners = 0;
        for (size_t x = 1; x < step; x++) {
            const unsigned both = h[x] | b[x], left = h[x - 1] | b[x - 1], back = g[x] | a[x], far = g[x - 1] | a[x - 1];
            cubes += h[x];
            faces += both + (unsigned)(h[x] | h[x - 1]) + (unsigned)(h[x] | g[x]);
            edges += (both | left) + (both | back) + (unsigned)(h[x] | h[x - 1] | g[x] | g[x - 1]);
            corners += both | left | back | far;
        }
        e = (elements){ e.cubes + cubes, e.faces + faces, e.edges + edges, e.corners + corners };
    }
    m->part[span.begin] = e;
    return OA_OK;
}

oa_status oa_measure_cells(const oa_field *field, const float *data, oa_measure *out)
{
    oa_context *context = field->tiled->context;
    const double *h = field->edge;
    measuring m = { field, data, NULL };
    elements all = { 0, 0, 0, 0 };
    OA_TRY(oa_new(context, &m.part, field->dims[2] + 1, sizeof *m.part));
    const oa_status status = oa_parallel(context, field->dims[2] + 1, 1, measure_layer, &m);
    for (size_t z = 0; z <= field->dims[2]; z++) {
        all.cubes += m.part[z].cubes;
        all.faces += m.part[z].faces;
        all.edges += m.part[z].edges;
        all.corners += m.part[z].corners;
    }
    oa_free(context, m.part);
    const double edge = cbrt(h[0] * h[1] * h[2]), c = (double)all.cubes, f = (double)all.faces, e = (double)all.edges, p = (double)all.corners;
    *out = (oa_measure){ .mu = { p - e + f - c, edge * (e - 2 * f + 3 * c), edge * edge * (f - 3 * c), edge * edge * edge * c } };
    return status;
}

double oa_expected_maxima(const oa_measure *measure, double width, int k, double v)
{
    const double l = 1 / (2 * width * width) / (2 * 3.14159265358979323846), root = sqrt(l);
    const double a = pow(v, 0.5 * (k - 1)) * exp(-0.5 * v) / (pow(2, 0.5 * (k - 2)) * tgamma(0.5 * k));
    const double volume = v * v - (2 * k - 1) * v + (k - 1) * (k - 2);
    return measure->mu[0] * oa_chi2_tail(v, (size_t)k) + measure->mu[1] * root * a + measure->mu[2] * l * a / sqrt(v) * (v - (k - 1)) +
        measure->mu[3] * l * root * a / v * volume;
}

/* ---------------------------------------------------------------------------------------------- maxima */

static bool is_top(const oa_field *f, const float *z, const size_t at[3], size_t cell)
{
    const float here = fabsf(z[cell]);
    for (int dz = -1; dz <= 1; dz++)
        for (int dy = -1; dy <= 1; dy++)
            for (int dx = -1; dx <= 1; dx++) {
                const ptrdiff_t x = (ptrdiff_t)at[0] + dx, y = (ptrdiff_t)at[1] + dy, w = (ptrdiff_t)at[2] + dz;
                if (x < 0 || y < 0 || w < 0 || x >= (ptrdiff_t)f->dims[0] || y >= (ptrdiff_t)f->dims[1] || w >= (ptrdiff_t)f->dims[2]) continue;
                const size_t other = ((size_t)w * f->dims[1] + (size_t)y) * f->dims[0] + (size_t)x;
                const float there = fabsf(z[other]);
                if (there > here || (there == here && other < cell)) return false;
            }
    return true;
}

/* Between cells: the top of the parabola through a maximum and its two neighbours along each axis, where both are there. */
static void refine(const oa_field *f, const float *z, oa_maximum *m)
{
    const size_t step[3] = { 1, f->dims[0], f->dims[0] * f->dims[1] }, cell = m->cell[0] + m->cell[1] * step[1] + m->cell[2] * step[2];
    const double here = fabs((double)z[cell]);
    double rise = 0;
    for (int a = 0; a < 3; a++) {
        if (m->cell[a] == 0 || m->cell[a] + 1 == f->dims[a]) continue;
        const double below = fabs((double)z[cell - step[a]]), above = fabs((double)z[cell + step[a]]), bend = below - 2 * here + above;
        if (!(bend < 0)) continue;
        const double off = 0.5 * (below - above) / bend;
        m->at[a] += off * f->edge[a];
        rise -= 0.25 * (below - above) * off;
    }
    m->z = m->corrected = m->z < 0 ? -(here + rise) : here + rise;
}

oa_status oa_find_maxima(oa_arena *arena, const oa_field *field, const float *z, double least, oa_maximum **out, size_t *n)
{
    oa_context *context = field->tiled->context;
    const float level = (float)least;
    oa_maximum *list = NULL;
    size_t count = 0, capacity = 0;
    oa_status status = OA_OK;
    for (size_t cell = 0; cell < field->cells && status == OA_OK; cell++) {
        if (!(fabsf(z[cell]) >= level)) continue;
        const size_t at[3] = { cell % field->dims[0], cell / field->dims[0] % field->dims[1], cell / field->dims[0] / field->dims[1] };
        if (!is_top(field, z, at, cell)) continue;
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 256;
            status = oa_resize(context, &list, capacity, sizeof *list);
            if (status != OA_OK) break;
        }
        oa_maximum *m = &list[count++];
        *m = (oa_maximum){ .z = (double)z[cell], .corrected = (double)z[cell], .amplitude = (double)NAN };
        for (int a = 0; a < 3; a++) {
            m->cell[a] = at[a];
            m->at[a] = oa_field_middle(field, a, at[a]);
        }
        refine(field, z, m);
    }
    if (status == OA_OK) status = oa_arena_take(arena, out, count, sizeof **out);
    if (status == OA_OK && count) memcpy(*out, list, count * sizeof *list);
    *n = count;
    oa_free(context, list);
    return status;
}

/* ---------------------------------------------------------------------------------------------- rare species */

typedef struct correction {
    const oa_labels *labels;
    const float *m;
    double width;
    oa_maximum *list;
    size_t most;
} correction;

/* Ions within 4 w: G m, p and label, in the order of the cubes. */
static size_t gather(const correction *c, const double at[3], float *g, float *p, double *x, double *squares, double *weights)
{
    const oa_labels *l = c->labels;
    const oa_tiled *t = l->tiled;
    const double reach = 4 * c->width;
    ptrdiff_t low[3], high[3];
    size_t n = 0;
    *x = *squares = *weights = 0;
    oa_cubes_around(t, at, reach, low, high);
    for (ptrdiff_t k = low[2]; k <= high[2]; k++)
        for (ptrdiff_t j = low[1]; j <= high[1]; j++)
            for (ptrdiff_t i = low[0]; i <= high[0]; i++) {
                const size_t cube = ((size_t)k * t->dims[1] + (size_t)j) * t->dims[0] + (size_t)i;
                const double o[3] = { OA_CUBE * (double)(t->first[0] + i) - at[0], OA_CUBE * (double)(t->first[1] + j) - at[1], OA_CUBE * (double)(t->first[2] +
                    k) - at[2] };
                for (size_t r = t->start[cube]; r < t->start[cube + 1]; r++) {
                    const double dx = o[0] + (double)t->at[0][r], dy = o[1] + (double)t->at[1][r], dz = o[2] + (double)t->at[2][r], d2 = dx * dx + dy * dy + dz * dz;
                    if (d2 > reach * reach) continue;
                    const double share = (double)l->share[r], w = exp(-d2 / (2 * c->width * c->width)), gm = w * (double)c->m[r];
                    *x += gm * ((t->species[r] == l->species ? 1 : 0) - share);
                    *squares += gm * gm * share * (1 - share);
                    *weights += gm * (double)c->m[r];
                    g[n] = (float)gm;
                    p[n++] = l->share[r];
                }
            }
    return n;
}

/* Root s of K'(s) = x by Newton's method within brackets; r = sqrt(2 (s x - K)), U = s sqrt K'', Z* = r + ln(U / r) / r. */
static double saddlepoint(const oa_waves *waves, size_t even, const float *g, const float *p, double x, double variance)
{
    double k[3], s = x / variance, low = 0, high = INFINITY;
    for (int step = 0; step < 40; step++) {
        waves->cumulants(k, even, g, p, (float)s);
        const double off = k[1] - x;
        if (fabs(off) < 1e-5 * x) break;
        if (off > 0) high = s;
        else low = s;
        double next = k[2] > 0 ? s - off / k[2] : INFINITY;
        if (!(next > low && next < high)) next = isinf(high) ? 2 * s : 0.5 * (low + high);
        if (next > 60) return sqrt(variance) > 0 ? x / sqrt(variance) : 0; /* X at the end of its range: no finite root */
        s = next;
    }
    const double r2 = 2 * (s * x - k[0]);
    if (!(r2 > 1e-6)) return x / sqrt(variance);
    const double r = sqrt(r2), u = s * sqrt(k[2]);
    return r + log(u / r) / r;
}

static oa_status correct_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const correction *c = arg;
    const oa_waves *waves = c->labels->tiled->context->kernels->waves;
    float *g, *p;
    OA_TRY(oa_worker_scratch(worker, 0, &g, c->most, sizeof *g));
    OA_TRY(oa_worker_scratch(worker, 1, &p, c->most, sizeof *p));
    for (size_t i = span.begin; i < span.end; i++) {
        oa_maximum *m = &c->list[i];
        double x, squares, weights;
        const size_t n = gather(c, m->at, g, p, &x, &squares, &weights), even = (n + OA_WAVE_LANES - 1) / OA_WAVE_LANES * OA_WAVE_LANES;
        if (!(squares > 0)) continue;
        const float sign = x < 0 ? -1.0f : 1.0f;
        for (size_t j = 0; j < n; j++) g[j] *= sign;
        for (size_t j = n; j < even; j++) {
            g[j] = 0;
            p[j] = 0.5f;
        }
        m->amplitude = x / weights;
        m->corrected = (double)sign * saddlepoint(waves, even, g, p, fabs(x), squares);
    }
    return OA_OK;
}

oa_status oa_correct_maxima(const oa_labels *labels, const float *m, double width, oa_maximum *list, size_t n)
{
    const double cubes = pow(ceil(8 * width / OA_CUBE) + 1, 3);
    correction c = { labels, m, width, list, (size_t)cubes * oa_tiled_most(labels->tiled) + OA_WAVE_LANES };
    return oa_parallel(labels->tiled->context, n, 4, correct_chunk, &c);
}

/* ---------------------------------------------------------------------------------------------- ranks */

static int by_modulus(const void *a, const void *b)
{
    const oa_maximum *p = a, *q = b;
    const double x = fabs(p->corrected), y = fabs(q->corrected);
    if (x != y) return x > y ? -1 : 1;
    for (int i = 2; i >= 0; i--)
        if (p->cell[i] != q->cell[i]) return p->cell[i] < q->cell[i] ? -1 : 1;
    return 0;
}

size_t oa_rank_maxima(const oa_measure *measure, double width, int k, double rate, oa_maximum *list, size_t n)
{
    size_t kept = 0;
    double least = 1;
    qsort(list, n, sizeof *list, by_modulus);
    for (size_t i = n; i-- > 0;) {
        const double t = fabs(list[i].corrected);
        list[i].chance = oa_expected_maxima(measure, width, k, k == 1 ? t * t : 2 * t);
        least = fmin(least, list[i].chance / (double)(i + 1));
        list[i].q = least;
        if (list[i].q <= rate && i + 1 > kept) kept = i + 1;
    }
    return kept;
}
