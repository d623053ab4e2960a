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

typedef struct found {
    double p[4];                 /* x, y, z from the maximum, radius */
    double ions[2], species[2];  /* expected inside, on either family of planes */
} found;

typedef struct edges {
    const oa_edges *asked;
    const oa_tiled *tiled;
    oa_contrast contrast;
    const oa_maximum *list;
    size_t n, count, most;
    double widths[WIDTHS];         /* that the table holds */
    float (*table)[DISCS][PLACES]; /* (WIDTHS) value at a distance of a disc of a radius */
    double (*best)[WIDTHS];        /* (count) L */
    found *found;                  /* (count) */
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
            e->table[w][disc][place] = (float)disc_at((double)disc * GRAIN, e->widths[w], (double)place * GRAIN);
        }
    return OA_OK;
}

/* Ions around a maximum, from there; a: even + s alpha. */
typedef struct around {
    size_t n;
    uint32_t first[SHELLS + 1]; /* of each shell */
    float *x, *y, *z, *a, *m, *share, *seen; /* m: s (P(A) - P(B)); share: of the species around, negative for ions of others; seen: room for B */
} around;
enum { COLUMNS = 6 };

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
    oa_cubes_around(t, m->at, REACH, low, high);
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
                    out->m[out->n] = sign * e->asked->m[r];
                    out->share[out->n++] = t->species[r] == 1 ? e->asked->share[r] : -e->asked->share[r];
                }
            }
}

/* By distance from the maximum, in shells: what lies beyond reach of a ball need not be looked at. */
static void sort_shells(around *ions, float *room)
{
    float *const column[] = { ions->x, ions->y, ions->z, ions->m, ions->share };
    uint32_t next[SHELLS + 1] = { 0 };
    uint8_t *shell = (uint8_t *)(room + ions->n);
    for (size_t i = 0; i < ions->n; i++) {
        shell[i] = (uint8_t)(sqrtf(ions->x[i] * ions->x[i] + ions->y[i] * ions->y[i] + ions->z[i] * ions->z[i]) * (float)(SHELLS / (REACH + 1e-3)));
        next[shell[i] + 1]++;
    }
    for (int s = 0; s < SHELLS; s++) next[s + 1] += next[s];
    memcpy(ions->first, next, sizeof next);
    for (size_t c = 0; c < sizeof column / sizeof *column; c++) {
        uint32_t at[SHELLS + 1];
        memcpy(at, ions->first, sizeof at);
        for (size_t i = 0; i < ions->n; i++) room[at[shell[i]]++] = column[c][i];
        memcpy(column[c], room, ions->n * sizeof *room);
    }
}

/* The ions around a maximum, in shells, and their factors. */
static oa_status look(const edges *e, size_t i, oa_worker *worker, around *out)
{
    float *all;
    OA_TRY(oa_worker_scratch(worker, 0, &all, (COLUMNS + 2) * e->most, sizeof *all));
    *out = (around){ 0, { 0 }, all, all + e->most, all + 2 * e->most, all + 3 * e->most, all + 4 * e->most, all + 5 * e->most, all + COLUMNS * e->most };
    gather(e, &e->list[i * e->n / e->count], out);
    sort_shells(out, out->seen);
    for (size_t j = 0; j < out->n; j++) {
        float even;
        const float alpha = oa_contrast_alpha(&e->contrast, out->share[j] > 0, fabsf(out->share[j]), out->m[j], &even);
        out->a[j] = even + alpha;
    }
    return OA_OK;
}

size_t oa_edges_shells(double reach)
{
    const size_t shells = reach < REACH ? (size_t)(reach * SHELLS / REACH) + 1 : SHELLS;
    return shells < SHELLS ? shells : SHELLS; /* just below REACH the quotient is rounded up */
}

/* Ions that a ball can reach come first. */
static size_t within_reach(const edges *e, const around *ions, size_t w, const double p[4])
{
    const double reach = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) + p[3] + 3.5 * e->widths[w];
    return ions->first[oa_edges_shells(reach)];
}

/* B at each of the ions that come first into `out`; p: x, y, z, radius. Returns how many. */
static size_t ball_at(const edges *e, const around *ions, size_t w, const double p[4], float *out)
{
    const size_t end = within_reach(e, ions, w, p);
    e->tiled->context->kernels->waves->ball(out, end, ions->x, ions->y, ions->z, (float[4]){ (float)p[0], (float)p[1], (float)p[2], (float)p[3] },
                                            (float)(p[3] + 3.5 * e->widths[w]), (float)(1 / GRAIN), &e->table[w][0][0], DISCS, PLACES);
    return end;
}

static double evidence(const edges *e, const around *ions, size_t w, const double p[4])
{
    size_t n = ball_at(e, ions, w, p, ions->seen);
    for (size_t i = 0; i < n; i++) ions->seen[i] *= ions->a[i];
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
    for (size_t i = span.begin; i < span.end; i++) {
        around ions;
        OA_TRY(look(e, i, worker, &ions));
        double start[4] = { 0, 0, 0, 1 }, p[4];
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

/* Takes memory, fills the table for n_widths widths; what it has taken is drop's, also after a failure. */
static oa_status begin(edges *e, const oa_edges *asked, const oa_maximum *list, size_t n, size_t n_widths)
{
    const oa_tiled *t = asked->tiled;
    const double cubes = pow(ceil(2 * REACH / OA_CUBE) + 1, 3);
    *e = (edges){ .asked = asked, .tiled = t, .contrast = asked->contrast, .list = list, .n = n, .count = n < OA_EDGES_MOST ? n : OA_EDGES_MOST,
        .most = (size_t)cubes * oa_tiled_most(t) + OA_WAVE_LANES };
    memcpy(e->widths, widths, sizeof widths);
    if (n_widths == 1) e->widths[0] = asked->width;
    OA_TRY(oa_new(t->context, &e->table, n_widths, sizeof *e->table));
    OA_TRY(oa_new(t->context, &e->best, e->count, sizeof *e->best));
    OA_TRY(oa_new(t->context, &e->found, e->count, sizeof *e->found));
    return oa_parallel(t->context, n_widths * DISCS, 16, fill_table, e);
}

static void drop(edges *e)
{
    oa_free(e->tiled->context, e->table);
    oa_free(e->tiled->context, e->best);
    oa_free(e->tiled->context, e->found);
}

oa_status oa_fit_edges(oa_edges *edges_, const oa_maximum *list, size_t n)
{
    double sum[WIDTHS] = { 0 };
    edges e;
    edges_->error = (double)NAN;
    if (n < OA_EDGES_LEAST) return OA_OK;
    oa_status status = begin(&e, edges_, list, n, WIDTHS);
    if (status == OA_OK) status = oa_parallel(e.tiled->context, e.count, 1, fit_one, &e);
    for (size_t i = 0; i < e.count && status == OA_OK; i++)
        for (size_t w = 0; w < WIDTHS; w++) sum[w] += e.best[i][w];
    if (status == OA_OK) edges_->width = top_of(sum, &edges_->error);
    drop(&e);
    return status;
}

/* ---------------------------------------------------------------------------------------------- occupancy */

/* The ions that lie in the ball by their labels, and on which family of planes: expected numbers. */
static void expect_inside(const edges *e, const around *ions, found *f)
{
    const size_t end = ball_at(e, ions, 0, f->p, ions->seen);
    memset(f->ions, 0, sizeof f->ions);
    memset(f->species, 0, sizeof f->species);
    for (size_t i = 0; i < end; i++) {
        const double ball = (double)ions->seen[i], a = (double)ions->a[i], m = (double)ions->m[i], p = fabs((double)ions->share[i]);
        const bool is_species = ions->share[i] > 0;
        const double delta = (double)oa_neutral_delta((float)p), high = e->contrast.is_known ? e->contrast.a : p + delta,
            low = e->contrast.is_known ? e->contrast.b : p - delta;
        const double on[2] = { 0.5 * (1 + m) * (is_species ? high : 1 - high), 0.5 * (1 - m) * (is_species ? low : 1 - low) }, inside = ball * (1 + a) / (1 + ball * a);
        for (int s = 0; s < 2 && on[0] + on[1] > 0; s++) {
            f->ions[s] += inside * on[s] / (on[0] + on[1]);
            if (is_species) f->species[s] += inside * on[s] / (on[0] + on[1]);
        }
    }
}

static oa_status expect_one(void *arg, oa_span span, oa_worker *worker)
{
    const edges *e = arg;
    for (size_t i = span.begin; i < span.end; i++) {
        around ions;
        OA_TRY(look(e, i, worker, &ions));
        climb(e, &ions, 0, e->found[i].p, 4);
        expect_inside(e, &ions, &e->found[i]);
    }
    return OA_OK;
}

/* Shares of the species on the two families of planes, all domains together. */
static void maximise(edges *e)
{
    double ions[2] = { 0 }, species[2] = { 0 }, share[2];
    for (size_t i = 0; i < e->count; i++)
        for (int s = 0; s < 2; s++) {
            ions[s] += e->found[i].ions[s];
            species[s] += e->found[i].species[s];
        }
    for (int s = 0; s < 2; s++) share[s] = ions[s] > 0 ? species[s] / ions[s] : 0;
    e->contrast = (oa_contrast){ .is_known = true, .a = fmax(share[0], share[1]), .b = fmin(share[0], share[1]) };
}

oa_status oa_fit_occupancy(oa_edges *edges_, const oa_maximum *list, size_t n)
{
    enum { STEPS = 8 };
    edges e;
    if (n < OA_EDGES_LEAST) return OA_OK;
    oa_status status = begin(&e, edges_, list, n, 1);
    for (size_t i = 0; i < e.count && status == OA_OK; i++) e.found[i].p[3] = 1;
    for (int step = 0; step < STEPS && status == OA_OK; step++) {
        status = oa_parallel(e.tiled->context, e.count, 1, expect_one, &e);
        if (status == OA_OK) maximise(&e);
    }
    if (status == OA_OK) edges_->contrast = e.contrast;
    drop(&e);
    return status;
}
