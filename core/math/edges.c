/* edges.c - discs blurred by a Gaussian, in a table; a search by coordinates at each domain. */
#include "math/edges.h"

#include <math.h>
#include <string.h>

static const double widths[] = { 0.1, 0.15, 0.2, 0.26, 0.33, 0.41, 0.51, 0.63, 0.78, 0.97, 1.2 };
enum { WIDTHS = sizeof widths / sizeof *widths, START = 5, DISCS = 64, PLACES = 128, SUM_STEPS = 48, SHELLS = 36 };
#define GRAIN 0.05 /* nm, of both axes of the table */
#define REACH 3.6  /* nm, of the ions around a maximum */
#define RADIUS_MIN 0.4
#define RADIUS_MAX 2.6
#define PLACE_MAX 1.2 /* from the maximum: farther lies another domain */

typedef struct edges {
    const oa_tiled *tiled;
    const float *alpha;
    const oa_maximum *list;
    size_t n, count, most;
    float (*table)[DISCS][PLACES]; /* (WIDTHS) value at a distance of a disc of a radius */
    double (*best)[WIDTHS];        /* (count) L */
} edges;

/* exp(-x) I0(x): Abramowitz & Stegun, Handbook of Mathematical Functions (1964), 9.8.1 and 9.8.2. */
static double bessel0(double x)
{
    const double t = x / 3.75, u = t * t, v = 1 / t;
    if (x < 3.75) return exp(-x) * (1 + u * (3.5156229 + u * (3.0899424 + u * (1.2067492 + u * (0.2659732 + u * (0.0360768 + u * 0.0045813))))));
    return (0.39894228 + v * (0.01328592 + v * (0.00225319 + v * (-0.00157565 + v * (0.00916281 + v * (-0.02057706 + v * (0.02635537 + v * (-0.01647633 +
        v * 0.00392377)))))))) / sqrt(x);
}

/* Mean of a Gaussian about a place `at` from the middle over a disc: the integral of r/s^2 exp(-(r - at)^2 / 2 s^2) exp(-r at / s^2) I0(r at / s^2). */
static double disc_at(double radius, double s, double at)
{
    const double low = fmax(0, at - 6 * s), high = fmin(radius, at + 6 * s), step = (high - low) / SUM_STEPS;
    double sum = 0;
    for (int i = 0; step > 0 && i < SUM_STEPS; i++) {
        const double r = low + (i + 0.5) * step;
        sum += r / (s * s) * exp(-0.5 * (r - at) * (r - at) / (s * s)) * bessel0(r * at / (s * s)) * step;
    }
    return sum;
}

static oa_status fill_table(void *arg, oa_span span, oa_worker *worker)
{
    const edges *e = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++)
        for (size_t place = 0; place < PLACES; place++) {
            const size_t w = i / DISCS, disc = i % DISCS;
            e->table[w][disc][place] = (float)disc_at((double)disc * GRAIN, widths[w], (double)place * GRAIN);
        }
    return OA_OK;
}

/* Ions around a maximum, from there; a: s alpha. */
typedef struct around {
    size_t n;
    uint32_t first[SHELLS + 1]; /* of each shell */
    float *x, *y, *z, *a, *seen; /* seen: alpha B, of those within reach */
} around;

/* The middle planes between a maximum and the others: beyond them ions are theirs (x * normal > 1), or domains side by side would pass for one with wide edges. */
enum { NEIGHBOURS = 32 };
typedef struct fence {
    size_t n;
    float normal[NEIGHBOURS][3];
} fence;

static void fence_in(const edges *e, const oa_maximum *m, fence *out)
{
    out->n = 0;
    for (size_t i = 0; i < e->n && out->n < NEIGHBOURS; i++) {
        double d[3], d2 = 0;
        for (int a = 0; a < 3; a++) {
            d[a] = e->list[i].at[a] - m->at[a];
            d2 += d[a] * d[a];
        }
        if (!(d2 > 0) || d2 > 4 * REACH * REACH) continue;
        for (int a = 0; a < 3; a++) out->normal[out->n][a] = (float)(2 * d[a] / d2);
        out->n++;
    }
}

static bool is_inside(const fence *f, float x, float y, float z)
{
    for (size_t i = 0; i < f->n; i++)
        if (x * f->normal[i][0] + y * f->normal[i][1] + z * f->normal[i][2] > 1) return false;
    return true;
}

static void gather(const edges *e, const oa_maximum *m, around *out)
{
    fence own;
    fence_in(e, m, &own);
    const oa_tiled *t = e->tiled;
    const float sign = m->z < 0 ? -1.0f : 1.0f;
    ptrdiff_t low[3], high[3];
    out->n = 0;
    for (int a = 0; a < 3; a++) {
        low[a] = (ptrdiff_t)floor((m->at[a] - REACH) / OA_CUBE) - t->first[a];
        high[a] = (ptrdiff_t)floor((m->at[a] + REACH) / OA_CUBE) - t->first[a];
        low[a] = low[a] < 0 ? 0 : low[a];
        high[a] = high[a] < (ptrdiff_t)t->dims[a] ? high[a] : (ptrdiff_t)t->dims[a] - 1;
    }
    for (ptrdiff_t k = low[2]; k <= high[2]; k++)
        for (ptrdiff_t j = low[1]; j <= high[1]; j++)
            for (ptrdiff_t i = low[0]; i <= high[0]; i++) {
                const size_t cube = ((size_t)k * t->dims[1] + (size_t)j) * t->dims[0] + (size_t)i;
                const float o[3] = { (float)(OA_CUBE * (double)(t->first[0] + i) - m->at[0]), (float)(OA_CUBE * (double)(t->first[1] + j) - m->at[1]),
                                     (float)(OA_CUBE * (double)(t->first[2] + k) - m->at[2]) };
                for (size_t r = t->start[cube]; r < t->start[cube + 1]; r++) {
                    const float x = o[0] + t->at[0][r], y = o[1] + t->at[1][r], z = o[2] + t->at[2][r];
                    if (x * x + y * y + z * z > (float)(REACH * REACH) || !is_inside(&own, x, y, z)) continue;
                    out->x[out->n] = x;
                    out->y[out->n] = y;
                    out->z[out->n] = z;
                    out->a[out->n++] = sign * e->alpha[r];
                }
            }
}

/* By distance from the maximum, in shells: what lies beyond reach of a ball need not be looked at. */
static void sort_shells(around *ions, float *room)
{
    float *const column[4] = { ions->x, ions->y, ions->z, ions->a };
    uint32_t next[SHELLS + 1] = { 0 };
    uint8_t *shell = (uint8_t *)(room + ions->n);
    for (size_t i = 0; i < ions->n; i++) {
        shell[i] = (uint8_t)(sqrtf(ions->x[i] * ions->x[i] + ions->y[i] * ions->y[i] + ions->z[i] * ions->z[i]) * (float)(SHELLS / (REACH + 1e-3)));
        next[shell[i] + 1]++;
    }
    for (int s = 0; s < SHELLS; s++) next[s + 1] += next[s];
    memcpy(ions->first, next, sizeof next);
    for (int c = 0; c < 4; c++) {
        uint32_t at[SHELLS + 1];
        memcpy(at, ions->first, sizeof at);
        for (size_t i = 0; i < ions->n; i++) room[at[shell[i]]++] = column[c][i];
        memcpy(column[c], room, ions->n * sizeof *room);
    }
}

/* p: x, y, z, radius */
static double evidence(const edges *e, const around *ions, size_t w, const double p[4])
{
    const float radius2 = (float)(p[3] * p[3]), far = (float)(p[3] + 3.5 * widths[w]), x0 = (float)p[0], y0 = (float)p[1], z0 = (float)p[2],
        per = (float)(1 / GRAIN);
    const double reach = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) + p[3] + 3.5 * widths[w];
    const size_t end = ions->first[reach < REACH ? (size_t)(reach * SHELLS / REACH) + 1 : SHELLS];
    size_t n = 0;
    for (size_t i = 0; i < end; i++) {
        const float x = ions->x[i] - x0, y = ions->y[i] - y0, z = ions->z[i] - z0, rest = radius2 - z * z, r2 = x * x + y * y;
        if (!(rest > 0) || r2 > far * far) continue;
        const float u = sqrtf(rest) * per, v = sqrtf(r2) * per;
        const size_t disc = (size_t)u, place = (size_t)v;
        if (disc + 1 >= DISCS || place + 1 >= PLACES) continue;
        float(*const t)[PLACES] = e->table[w] + disc;
        const float f = u - (float)disc, g = v - (float)place;
        const float low = t[0][place] + g * (t[0][place + 1] - t[0][place]), high = t[1][place] + g * (t[1][place + 1] - t[1][place]);
        ions->seen[n++] = ions->a[i] * (low + f * (high - low));
    }
    while (n % OA_WAVE_LANES) ions->seen[n++] = 0;
    return e->tiled->context->kernels->waves->sum_logarithms(n, ions->seen);
}

static bool step_on(const edges *e, const around *ions, size_t w, double p[4], int c, double step, double *best)
{
    double q[4];
    memcpy(q, p, sizeof q);
    q[c] += step;
    if (q[3] < RADIUS_MIN || q[3] > RADIUS_MAX || (c < 3 && fabs(q[c]) > PLACE_MAX)) return false;
    const double value = evidence(e, ions, w, q);
    if (!(value > *best)) return false;
    *best = value;
    p[c] = q[c];
    return true;
}

/* Steps along each coordinate as long as they help, then smaller ones. */
static double climb(const edges *e, const around *ions, size_t w, double p[4], int sweeps)
{
    double best = evidence(e, ions, w, p), step = 0.2;
    for (int sweep = 0; sweep < sweeps; sweep++, step *= 0.6)
        for (int c = 0; c < 4; c++)
            for (int sign = -1; sign <= 1; sign += 2)
                while (step_on(e, ions, w, p, c, sign * step, &best)) continue;
    return best;
}

/* ln of the integral of exp L over place and radius, by the bends of L about its top (Laplace): sharper edges fit any one place better, and fewer places. */
static double integral(const edges *e, const around *ions, size_t w, double p[4], int sweeps)
{
    const double top = climb(e, ions, w, p, sweeps), step = 0.12, least = 2;
    double sum = top;
    for (int c = 0; c < 4; c++) {
        double q[4], sides = 0;
        memcpy(q, p, sizeof q);
        for (int sign = -1; sign <= 1; sign += 2) {
            q[c] = p[c] + sign * step;
            sides += evidence(e, ions, w, q);
        }
        sum -= 0.5 * log(fmax((2 * top - sides) / (step * step), least));
    }
    return sum;
}

static oa_status fit_one(void *arg, oa_span span, oa_worker *worker)
{
    const edges *e = arg;
    float *all;
    OA_TRY(oa_worker_scratch(worker, 0, &all, 6 * e->most, sizeof *all));
    for (size_t i = span.begin; i < span.end; i++) {
        around ions = { 0, { 0 }, all, all + e->most, all + 2 * e->most, all + 3 * e->most, all + 4 * e->most };
        double start[4] = { 0, 0, 0, 1 }, p[4];
        gather(e, &e->list[i * e->n / e->count], &ions);
        sort_shells(&ions, ions.seen);
        e->best[i][START] = integral(e, &ions, START, start, 5);
        memcpy(p, start, sizeof p);
        for (size_t w = START; w-- > 0;) e->best[i][w] = integral(e, &ions, w, p, 2);
        memcpy(p, start, sizeof p);
        for (size_t w = START + 1; w < WIDTHS; w++) e->best[i][w] = integral(e, &ions, w, p, 2);
    }
    return OA_OK;
}

/* The top of the parabola through three sums over the logarithm of the width. */
static double top_of(const double sum[WIDTHS], double *error)
{
    size_t best = 0;
    for (size_t w = 1; w < WIDTHS; w++)
        if (sum[w] > sum[best]) best = w;
    if (error) *error = (double)NAN;
    if (best == 0 || best + 1 == WIDTHS) return widths[best];
    const double x = log(widths[best - 1] / widths[best]), y = log(widths[best + 1] / widths[best]), a = sum[best - 1] - sum[best], b = sum[best + 1] - sum[best];
    const double bend = (a / x - b / y) / (x - y), slope = a / x - bend * x;
    if (!(bend < 0)) return widths[best];
    const double at = widths[best] * exp(fmin(fmax(-slope / (2 * bend), x), y));
    if (error) *error = at / sqrt(-2 * bend);
    return at;
}

oa_status oa_fit_edges(const oa_tiled *tiled, const float *alpha, const oa_maximum *list, size_t n, double *width, double *error)
{
    oa_context *context = tiled->context;
    const double cubes = pow(ceil(2 * REACH / OA_CUBE) + 1, 3);
    edges e = { .tiled = tiled, .alpha = alpha, .list = list, .n = n, .count = n < OA_EDGES_MOST ? n : OA_EDGES_MOST,
        .most = (size_t)cubes * oa_tiled_most(tiled) + OA_WAVE_LANES };
    double sum[WIDTHS] = { 0 };
    *width = 0;
    if (n < OA_EDGES_LEAST) return OA_OK;
    OA_TRY(oa_new(context, &e.table, WIDTHS, sizeof *e.table));
    oa_status status = oa_new(context, &e.best, e.count, sizeof *e.best);
    if (status == OA_OK) status = oa_parallel(context, (size_t)WIDTHS * DISCS, 16, fill_table, &e);
    if (status == OA_OK) status = oa_parallel(context, e.count, 1, fit_one, &e);
    for (size_t i = 0; i < e.count && status == OA_OK; i++)
        for (size_t w = 0; w < WIDTHS; w++) sum[w] += e.best[i][w];
    if (status == OA_OK) *width = top_of(sum, error);
    oa_free(context, e.table);
    oa_free(context, e.best);
    return status;
}
