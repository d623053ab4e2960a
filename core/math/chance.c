/* chance.c - see chance.h. */
#include "math/chance.h"

#include <math.h>
#include <stdlib.h>

#include "math/statistics.h"

enum { STREAM_LABELS = 0x4C42, POINTS_PER_CUBE = 64 };

static const double pi = 3.14159265358979323846;

/* ---------------------------------------------------------------------------------------------- distances */

double oa_chance_distance(double density, int k)
{
    double ratio = 0.89297951156924921122; /* Gamma(4/3) / Gamma(1) */
    for (int i = 1; i < k; i++) ratio *= (i + 1.0 / 3) / i;
    return ratio * cbrt(3 / (4 * pi * density));
}

double oa_chance_within(double density, int k, double r) { return 1 - oa_chi2_tail(2 * (4 * pi / 3 * density * r * r * r), 2 * (size_t)k); }

/* ---------------------------------------------------------------------------------------------- density */

typedef struct cube_grid {
    double lo[3], edge[3];
    size_t n[3];
    uint32_t *count; /* x fastest */
} cube_grid;

static void bounds_of(const oa_points *points, double lo[3], double hi[3], size_t *n)
{
    *n = 0;
    for (size_t i = 0; i < points->n; i++) {
        double at[3];
        if (!oa_points_takes(points, i)) continue;
        oa_points_get(points, i, at);
        for (int a = 0; a < 3; a++) {
            lo[a] = *n && lo[a] < at[a] ? lo[a] : at[a];
            hi[a] = *n && hi[a] > at[a] ? hi[a] : at[a];
        }
        ++*n;
    }
}

static size_t cube_of(const cube_grid *g, const double at[3])
{
    size_t cube = 0;
    for (int a = 2; a >= 0; a--) {
        const size_t k = (size_t)((at[a] - g->lo[a]) / g->edge[a]);
        cube = cube * g->n[a] + (k < g->n[a] ? k : g->n[a] - 1);
    }
    return cube;
}

static oa_status median_of(oa_arena *arena, const cube_grid *g, size_t cubes, uint32_t *out)
{
    uint32_t *filled;
    size_t n = 0;
    OA_TRY(oa_arena_take(arena, &filled, cubes, sizeof *filled));
    for (size_t c = 0; c < cubes; c++)
        if (g->count[c]) filled[n++] = g->count[c];
    qsort(filled, n, sizeof *filled, oa_ascending_u32);
    *out = filled[n / 2];
    return OA_OK;
}

static bool is_inside(const cube_grid *g, size_t cube, uint32_t least)
{
    const size_t step[3] = { 1, g->n[0], g->n[0] * g->n[1] };
    const size_t at[3] = { cube % g->n[0], cube / g->n[0] % g->n[1], cube / step[2] };
    for (int a = 0; a < 3; a++) {
        if (at[a] > 0 && g->count[cube - step[a]] < least) return false;
        if (at[a] + 1 < g->n[a] && g->count[cube + step[a]] < least) return false;
    }
    return true;
}

/* Cubes that hold `least`, and of these the inner ones. */
static double mean_count(const cube_grid *g, size_t cubes, uint32_t least)
{
    uint64_t full = 0, points = 0, inner = 0, inner_points = 0;
    for (size_t c = 0; c < cubes; c++) {
        if (g->count[c] < least) continue;
        full++;
        points += g->count[c];
        if (!is_inside(g, c, least)) continue;
        inner++;
        inner_points += g->count[c];
    }
    return inner ? (double)inner_points / (double)inner : (double)points / (double)full;
}

/* About n / POINTS_PER_CUBE cubes; a flat or thin box has no more than n. */
static size_t divide(cube_grid *g, const double lo[3], const double hi[3], size_t n)
{
    double cubes = INFINITY;
    for (double edge = cbrt((hi[0] - lo[0]) * (hi[1] - lo[1]) * (hi[2] - lo[2]) * POINTS_PER_CUBE / (double)n); cubes > (double)n; edge *= 2) {
        cubes = 1;
        for (int a = 0; a < 3; a++) cubes *= fmax(floor((hi[a] - lo[a]) / edge), 1);
        for (int a = 0; a < 3 && cubes <= (double)n; a++) {
            g->lo[a] = lo[a];
            g->n[a] = (size_t)fmax(floor((hi[a] - lo[a]) / edge), 1);
            g->edge[a] = (hi[a] - lo[a]) / (double)g->n[a];
        }
    }
    return g->n[0] * g->n[1] * g->n[2];
}

oa_status oa_chance_density(oa_arena *arena, const oa_points *points, double *out)
{
    cube_grid g = { .count = NULL };
    double lo[3] = { 0 }, hi[3] = { 0 };
    uint32_t median;
    size_t n;
    *out = 0;
    bounds_of(points, lo, hi, &n);
    const double volume = (hi[0] - lo[0]) * (hi[1] - lo[1]) * (hi[2] - lo[2]);
    if (!(volume > 0) || !isfinite(volume)) return OA_OK;
    const size_t cubes = divide(&g, lo, hi, n);
    OA_TRY(oa_arena_take(arena, &g.count, cubes, sizeof *g.count));
    for (size_t i = 0; i < points->n; i++) {
        double at[3];
        if (!oa_points_takes(points, i)) continue;
        oa_points_get(points, i, at);
        g.count[cube_of(&g, at)]++;
    }
    OA_TRY(median_of(arena, &g, cubes, &median));
    *out = mean_count(&g, cubes, (median + 1) / 2) / (g.edge[0] * g.edge[1] * g.edge[2]);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- labels */

oa_label_draw oa_label_draw_start(const uint64_t *count, int n, uint64_t seed, uint64_t draw)
{
    oa_label_draw d = { .n = n, .random = oa_random_start(seed, (uint64_t)STREAM_LABELS << 40 | draw) };
    for (int l = 0; l < n; l++) {
        d.left[l] = count[l];
        d.all += count[l];
    }
    return d;
}

/* ---------------------------------------------------------------------------------------------- among draws */

/* Sums of the same numbers in another order are not the same: what is equal but for that must count as equal. */
static const double as_much = 1 - 1e-9;

oa_chance_test oa_chance_compare(const double *value, size_t stride, size_t draws)
{
    const double none = (double)NAN;
    oa_chance_test out = { none, none, none, none };
    double sum = 0, square = 0;
    size_t as_far = 0;
    if (!draws) return out;
    for (size_t d = 1; d <= draws; d++) sum += value[d * stride];
    out.mean = sum / (double)draws;
    for (size_t d = 1; d <= draws; d++) square += (value[d * stride] - out.mean) * (value[d * stride] - out.mean);
    if (draws > 1) out.deviation = sqrt(square / (double)(draws - 1));
    if (out.deviation > 0) out.z = (value[0] - out.mean) / out.deviation;
    const double middle = (sum + value[0]) / (double)(draws + 1), off = fabs(value[0] - middle) * as_much;
    if (isnan(middle)) return out;
    for (size_t d = 0; d <= draws; d++) as_far += fabs(value[d * stride] - middle) >= off;
    out.p_value = (double)as_far / (double)(draws + 1);
    return out;
}

void oa_chance_compare_all(const double *value, size_t n, size_t draws, double *mean, double *deviation, double *z, double *p_value)
{
    for (size_t k = 0; k < n; k++) {
        const oa_chance_test test = oa_chance_compare(value + k, n, draws);
        mean[k] = test.mean;
        deviation[k] = test.deviation;
        z[k] = test.z;
        p_value[k] = test.p_value;
    }
}

size_t oa_chance_strongest(const double *z, size_t n)
{
    size_t at = n;
    for (size_t k = 0; k < n; k++)
        if (!isnan(z[k]) && (at == n || fabs(z[k]) > fabs(z[at]))) at = k;
    return at;
}

void oa_chance_spread(const uint32_t *draw, size_t n, size_t draws, double *mean, double *deviation)
{
    for (size_t k = 0; k < n; k++) { /* sums of whole numbers are exact, so nothing cancels */
        double sum = 0, square = 0;
        for (size_t d = 0; d < draws; d++) {
            const double v = draw[d * n + k];
            sum += v;
            square += v * v;
        }
        mean[k] = sum / (double)draws;
        deviation[k] = draws > 1 ? sqrt(((double)draws * square - sum * sum) / ((double)draws * (double)(draws - 1))) : 0;
    }
}

double oa_chance_above(const double *value, size_t draws)
{
    size_t above = 0;
    for (size_t d = 0; d <= draws; d++) above += value[d] >= value[0] * as_much;
    return (double)above / (double)(draws + 1);
}

double oa_chance_joint(const double *value, size_t n, size_t draws, double *scratch)
{
    const double rows = (double)draws + 1;
    for (size_t d = 0; d <= draws; d++) scratch[d] = 0;
    for (size_t k = 0; k < n; k++) {
        double sum = 0, square = 0;
        for (size_t d = 0; d <= draws; d++) sum += value[d * n + k];
        const double mean = sum / rows;
        for (size_t d = 0; d <= draws; d++) square += (value[d * n + k] - mean) * (value[d * n + k] - mean);
        const double deviation = sqrt(square / rows);
        if (!(deviation > 1e-12 * fabs(mean))) continue;
        for (size_t d = 0; d <= draws; d++) scratch[d] = fmax(scratch[d], fabs(value[d * n + k] - mean) / deviation);
    }
    return oa_chance_above(scratch, draws);
}
