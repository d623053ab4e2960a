/* edges.c - discs blurred by a Gaussian, in a table; a search by coordinates at each domain. */
#include "math/edges.h"

#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;
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

/* Ions around a maximum, from there; a: even + s alpha. */
typedef struct around {
    size_t n;
    uint32_t first[SHELLS + 1]; /* of each shell */
    float *x, *y, *z, *m, *share, *outside, *a; /* m: s (P(A) - P(B)); share: of the species around, negative for ions of others; outside: without domains */
} around;
enum { COLUMNS = 7 };

typedef float table[DISCS][PLACES]; /* value at a distance of a disc of a radius, blurred */

struct oa_surroundings {
    oa_arena arena;
    const oa_edges *asked;
    const oa_maximum *list;
    size_t n, count, most;       /* maxima, how many of them are taken, ions around one at most */
    around *around;              /* (count) */
    found *found;                /* (count) */
    table *tables;               /* (WIDTHS) of the widths, then one of the width that shares are found with */
    bool is_filled[WIDTHS];
};

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

typedef struct blurring {
    table *out;
    double width;
} blurring;

static oa_status fill_disc(void *arg, oa_span span, oa_worker *worker)
{
    const blurring *b = arg;
    (void)worker;
    for (size_t disc = span.begin; disc < span.end; disc++)
        for (size_t place = 0; place < PLACES; place++) (*b->out)[disc][place] = (float)disc_at((double)disc * GRAIN, b->width, (double)place * GRAIN);
    return OA_OK;
}

static oa_status fill_table(oa_context *context, double width, table *out)
{
    return oa_parallel(context, DISCS, 1, fill_disc, &(blurring){ out, width });
}

/* ---------------------------------------------------------------------------------------------- ions around maxima */

/* The middle planes between a maximum and the others: beyond them ions are theirs (x * normal > 1), or domains side by side would pass for one with wide edges. */
enum { NEIGHBOURS = 32 };
typedef struct fence {
    size_t n;
    float normal[NEIGHBOURS][3];
} fence;

static void fence_in(const oa_surroundings *e, const oa_maximum *m, fence *out)
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

/* Columns of up to `most` ions in one piece of memory. */
static void lay_out(around *out, float *all, size_t most)
{
    float **const column[COLUMNS] = { &out->x, &out->y, &out->z, &out->m, &out->share, &out->outside, &out->a };
    for (size_t c = 0; c < COLUMNS; c++) *column[c] = all + c * most;
}

static void gather(const oa_surroundings *e, const oa_maximum *m, around *out)
{
    fence own;
    fence_in(e, m, &own);
    const oa_tiled *t = e->asked->tiled;
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
static void sort_shells(const around *ions, uint8_t *shell, around *out)
{
    const float *const from[] = { ions->x, ions->y, ions->z, ions->m, ions->share };
    float *const to[] = { out->x, out->y, out->z, out->m, out->share };
    uint32_t next[SHELLS + 1] = { 0 };
    out->n = ions->n;
    for (size_t i = 0; i < ions->n; i++) {
        shell[i] = (uint8_t)(sqrtf(ions->x[i] * ions->x[i] + ions->y[i] * ions->y[i] + ions->z[i] * ions->z[i]) * (float)(SHELLS / (REACH + 1e-3)));
        next[shell[i] + 1]++;
    }
    for (int s = 0; s < SHELLS; s++) next[s + 1] += next[s];
    memcpy(out->first, next, sizeof next);
    for (size_t c = 0; c < sizeof to / sizeof *to; c++) {
        uint32_t at[SHELLS + 1];
        memcpy(at, out->first, sizeof at);
        for (size_t i = 0; i < ions->n; i++) to[c][at[shell[i]]++] = from[c][i];
    }
}

/* The ions around the maxima, each in shells, are kept: all fits ask for them again and again. */
static oa_status gather_one(void *arg, oa_span span, oa_worker *worker)
{
    oa_surroundings *e = arg;
    around all = { 0 }, *out = &e->around[span.begin];
    float *room, *own;
    uint8_t *shell;
    OA_TRY(oa_worker_scratch(worker, 0, &room, COLUMNS * e->most, sizeof *room));
    OA_TRY(oa_worker_scratch(worker, 1, &shell, e->most, sizeof *shell));
    lay_out(&all, room, e->most);
    gather(e, &e->list[span.begin * e->n / e->count], &all);
    OA_TRY(oa_new(oa_worker_context(worker), &own, COLUMNS * (all.n + OA_WAVE_LANES), sizeof *own));
    lay_out(out, own, all.n + OA_WAVE_LANES);
    sort_shells(&all, shell, out);
    return OA_OK;
}

oa_status oa_edges_begin(oa_edges *edges, const oa_maximum *list, size_t n)
{
    const oa_tiled *t = edges->tiled;
    const double cubes = pow(ceil(2 * REACH / OA_CUBE) + 1, 3);
    oa_surroundings *e;
    edges->around = NULL;
    if (n < OA_EDGES_LEAST) return OA_OK;
    OA_TRY(oa_new(t->context, &e, 1, sizeof *e));
    edges->around = e;
    *e = (oa_surroundings){ .arena = { .context = t->context }, .asked = edges, .list = list, .n = n, .count = n < OA_EDGES_MOST ? n : OA_EDGES_MOST,
        .most = (size_t)cubes * oa_tiled_most(t) + OA_WAVE_LANES };
    OA_TRY(oa_arena_take(&e->arena, &e->tables, WIDTHS + 1, sizeof *e->tables));
    OA_TRY(oa_arena_take(&e->arena, &e->found, e->count, sizeof *e->found));
    OA_TRY(oa_arena_take(&e->arena, &e->around, e->count, sizeof *e->around));
    for (size_t i = 0; i < e->count; i++) e->found[i].p[3] = 1;
    return oa_parallel(t->context, e->count, 1, gather_one, e);
}

void oa_edges_end(oa_edges *edges)
{
    oa_surroundings *e = edges->around;
    if (!e) return;
    for (size_t i = 0; e->around && i < e->count; i++) oa_free(edges->tiled->context, e->around[i].x);
    oa_arena_drop(&e->arena);
    oa_free(edges->tiled->context, e);
    edges->around = NULL;
}

static void set_factors(const oa_contrast *contrast, around *ions)
{
    for (size_t j = 0; j < ions->n; j++) {
        float even;
        const float alpha = oa_contrast_alpha(contrast, ions->share[j] > 0, ions->outside[j], ions->m[j], &even);
        ions->a[j] = even + alpha;
    }
}

/* ---------------------------------------------------------------------------------------------- the share outside */

/* How much of a Gaussian about a place, as wide as the window of shares, a ball holds, by the distance of its middle. */
static double held_by_ball(double radius, double distance)
{
    const double w = OA_SHARE_WIDTH, d = fmax(distance, 1e-3), low = radius - d, high = radius + d;
    return 0.5 * (erf(low / (sqrt(2) * w)) + erf(high / (sqrt(2) * w))) - w / (d * sqrt(2 * pi)) * (exp(-0.5 * low * low / (w * w)) - exp(-0.5 * high * high / (w * w)));
}

typedef struct clearing {
    oa_surroundings *around;
    oa_contrast contrast;
    float held[PLACES];     /* by distance in steps of GRAIN * SPARSE */
} clearing;
enum { SPARSE = 2 };

static float held_at(const clearing *c, const float at[3], float x, float y, float z)
{
    const float dx = x - at[0], dy = y - at[1], dz = z - at[2], place = sqrtf(dx * dx + dy * dy + dz * dz) * (float)(1 / (GRAIN * SPARSE));
    return place < PLACES ? c->held[(size_t)place] : 0;
}

/* What the maxima near this one hold of the window of its ions. */
static void add_held(const clearing *c, const oa_maximum *m, around *ions)
{
    const oa_surroundings *e = c->around;
    const double far = REACH + PLACES * SPARSE * GRAIN;
    for (size_t i = 0; i < e->n; i++) {
        float at[3];
        double square = 0;
        for (int a = 0; a < 3; a++) {
            const double d = e->list[i].at[a] - m->at[a];
            at[a] = (float)d;
            square += d * d;
        }
        if (square > far * far) continue;
        for (size_t j = 0; j < ions->n; j++) ions->outside[j] += held_at(c, at, ions->x[j], ions->y[j], ions->z[j]);
    }
}

static oa_status clear_one(void *arg, oa_span span, oa_worker *worker)
{
    const clearing *c = arg;
    const oa_surroundings *e = c->around;
    around *ions = &e->around[span.begin];
    const float inside = (float)(0.5 * (c->contrast.a + c->contrast.b));
    (void)worker;
    memset(ions->outside, 0, ions->n * sizeof *ions->outside);
    if (c->contrast.is_known) add_held(c, &e->list[span.begin * e->n / e->count], ions);
    for (size_t j = 0; j < ions->n; j++) {
        const float held = fminf(ions->outside[j], 0.5f), share = fabsf(ions->share[j]);
        ions->outside[j] = fminf(fmaxf((share - inside * held) / (1 - held), 1e-3f), 1 - 1e-3f);
    }
    return OA_OK;
}

/* The share of the species around an ion is that of all ions there, those in domains too. Domains that are richer in it than what is around them would look
 * smaller, sharper and less rich than they are: so what the listed ones hold is taken off. */
static oa_status clear_shares(oa_surroundings *e, const oa_contrast *contrast)
{
    clearing c = { .around = e, .contrast = *contrast };
    double radius = 0; /* mean of the domains' */
    for (size_t i = 0; i < e->count; i++) radius += e->found[i].p[3] / (double)e->count;
    for (size_t k = 0; k < PLACES; k++) c.held[k] = (float)held_by_ball(radius, ((double)k + 0.5) * GRAIN * SPARSE);
    return oa_parallel(e->asked->tiled->context, e->count, 1, clear_one, &c);
}

/* ---------------------------------------------------------------------------------------------- one maximum */

size_t oa_edges_shells(double reach)
{
    const size_t shells = reach < REACH ? (size_t)(reach * SHELLS / REACH) + 1 : SHELLS;
    return shells < SHELLS ? shells : SHELLS; /* just below REACH the quotient is rounded up */
}

/* One maximum and one width of the blur. */
typedef struct looking {
    const oa_waves *waves;
    const around *ions;
    const float *balls; /* its table */
    double width;
    float *seen;   /* room for B of the ions */
} looking;

/* Ions that a ball can reach come first. */
static size_t within_reach(const looking *l, const double p[4])
{
    const double reach = sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]) + p[3] + 3.5 * l->width;
    return l->ions->first[oa_edges_shells(reach)];
}

/* B at each of the ions that come first; p: x, y, z, radius. Returns how many. */
static size_t ball_at(const looking *l, const double p[4])
{
    const size_t end = within_reach(l, p);
    l->waves->ball(l->seen, end, l->ions->x, l->ions->y, l->ions->z, (float[4]){ (float)p[0], (float)p[1], (float)p[2], (float)p[3] },
                   (float)(p[3] + 3.5 * l->width), (float)(1 / GRAIN), l->balls, DISCS, PLACES);
    return end;
}

static double evidence(const looking *l, const double p[4])
{
    size_t n = ball_at(l, p);
    for (size_t i = 0; i < n; i++) l->seen[i] *= l->ions->a[i];
    while (n % OA_WAVE_LANES) l->seen[n++] = 0;
    return l->waves->sum_logarithms(n, l->seen);
}

static bool step_on(const looking *l, double p[4], int c, double step, double *best)
{
    double q[4];
    memcpy(q, p, sizeof q);
    q[c] += step;
    if (q[3] < RADIUS_MIN || q[3] > RADIUS_MAX || (c < 3 && fabs(q[c]) > PLACE_MAX)) return false;
    const double value = evidence(l, q);
    if (!(value > *best)) return false;
    *best = value;
    p[c] = q[c];
    return true;
}

/* Steps along each coordinate as long as they help, then smaller ones. */
static double climb(const looking *l, double p[4], int sweeps)
{
    double best = evidence(l, p), step = 0.2;
    for (int sweep = 0; sweep < sweeps; sweep++, step *= 0.6)
        for (int c = 0; c < 4; c++)
            for (int sign = -1; sign <= 1; sign += 2)
                while (step_on(l, p, c, sign * step, &best)) continue;
    return best;
}

/* ln of the integral of exp L over place and radius, by the bends of L about its top (Laplace): sharper edges fit any one place better, and fewer places. */
static double integral(const looking *l, double p[4], int sweeps)
{
    const double top = climb(l, p, sweeps), step = 0.12, least = 2;
    double sum = top;
    for (int c = 0; c < 4; c++) {
        double q[4], sides = 0;
        memcpy(q, p, sizeof q);
        for (int sign = -1; sign <= 1; sign += 2) {
            q[c] = p[c] + sign * step;
            sides += evidence(l, q);
        }
        sum -= 0.5 * log(fmax((2 * top - sides) / (step * step), least));
    }
    return sum;
}

static oa_status look(const oa_surroundings *e, size_t i, const float *balls, double width, oa_worker *worker, looking *out)
{
    *out = (looking){ .waves = oa_worker_context(worker)->kernels->waves, .ions = &e->around[i], .balls = balls, .width = width };
    return oa_worker_scratch(worker, 0, &out->seen, out->ions->n + OA_WAVE_LANES, sizeof *out->seen);
}

/* ---------------------------------------------------------------------------------------------- width */

enum { LOW, HIGH };
typedef struct walk {
    oa_surroundings *around;
    size_t width;
    double (*place)[2][4]; /* (count) where L was largest at the last width, downwards and upwards */
    double *value;         /* (count) */
} walk;

static oa_status fit_one(void *arg, oa_span span, oa_worker *worker)
{
    const walk *k = arg;
    oa_surroundings *e = k->around;
    const size_t i = span.begin, w = k->width;
    looking l;
    OA_TRY(look(e, i, e->tables[w][0], widths[w], worker, &l));
    if (w != START) {
        k->value[i] = integral(&l, k->place[i][w < START ? LOW : HIGH], 2);
        return OA_OK;
    }
    double start[4] = { 0, 0, 0, 1 };
    set_factors(&e->asked->contrast, &e->around[i]);
    k->value[i] = integral(&l, start, 5);
    memcpy(k->place[i][LOW], start, sizeof start);
    memcpy(k->place[i][HIGH], start, sizeof start);
    return OA_OK;
}

/* The sum over the maxima for one width more. */
static oa_status try_width(walk *k, size_t w, double sum[WIDTHS])
{
    oa_surroundings *e = k->around;
    oa_context *context = e->asked->tiled->context;
    if (!e->is_filled[w]) OA_TRY(fill_table(context, widths[w], &e->tables[w]));
    e->is_filled[w] = true;
    k->width = w;
    OA_TRY(oa_parallel(context, e->count, 1, fit_one, k));
    for (size_t i = 0; i < e->count; i++) sum[w] += k->value[i];
    return OA_OK;
}

/* From the middle of the widths to where narrower and wider ones are worse. */
static oa_status try_widths(walk *k, double sum[WIDTHS], size_t *best)
{
    size_t low = START, high = START;
    OA_TRY(try_width(k, *best = START, sum));
    for (;;) {
        if (*best == low && low > 0) OA_TRY(try_width(k, --low, sum));
        else if (*best == high && high + 1 < WIDTHS) OA_TRY(try_width(k, ++high, sum));
        else return OA_OK;
        for (size_t w = low; w <= high; w++)
            if (sum[w] > sum[*best]) *best = w;
    }
}

/* The top of the parabola through three sums over the logarithm of the width. */
static double top_of(const double sum[WIDTHS], size_t best, double *error)
{
    if (best == 0 || best + 1 == WIDTHS) return widths[best];
    const double x = log(widths[best - 1] / widths[best]), y = log(widths[best + 1] / widths[best]), a = sum[best - 1] - sum[best], b = sum[best + 1] - sum[best];
    const double bend = (a / x - b / y) / (x - y), slope = a / x - bend * x;
    if (!(bend < 0)) return widths[best];
    const double at = widths[best] * exp(fmin(fmax(-slope / (2 * bend), x), y));
    *error = at / sqrt(-2 * bend);
    return at;
}

oa_status oa_fit_edges(oa_edges *edges)
{
    oa_surroundings *e = edges->around;
    double sum[WIDTHS] = { 0 };
    size_t best = START;
    edges->error = (double)NAN;
    if (!e) return OA_OK;
    oa_arena arena = { .context = edges->tiled->context };
    walk k = { .around = e };
    oa_status status = oa_arena_take(&arena, &k.place, e->count, sizeof *k.place);
    if (status == OA_OK) status = oa_arena_take(&arena, &k.value, e->count, sizeof *k.value);
    if (status == OA_OK) status = clear_shares(e, &edges->contrast);
    if (status == OA_OK) status = try_widths(&k, sum, &best);
    if (status == OA_OK) edges->width = top_of(sum, best, &edges->error);
    oa_arena_drop(&arena);
    return status;
}

/* ---------------------------------------------------------------------------------------------- occupancy */

/* The ions that lie in the ball by their labels, and on which family of planes: expected numbers. */
static void expect_inside(const looking *l, const oa_contrast *c, found *f)
{
    const size_t end = ball_at(l, f->p);
    memset(f->ions, 0, sizeof f->ions);
    memset(f->species, 0, sizeof f->species);
    for (size_t i = 0; i < end; i++) {
        const double ball = (double)l->seen[i], a = (double)l->ions->a[i], m = (double)l->ions->m[i], p = (double)l->ions->outside[i];
        const bool is_species = l->ions->share[i] > 0;
        const double delta = (double)oa_neutral_delta((float)p), high = c->is_known ? c->a : p + delta, low = c->is_known ? c->b : p - delta;
        const double on[2] = { 0.5 * (1 + m) * (is_species ? high : 1 - high), 0.5 * (1 - m) * (is_species ? low : 1 - low) }, inside = ball * (1 + a) / (1 + ball * a);
        for (int s = 0; s < 2 && on[0] + on[1] > 0; s++) {
            f->ions[s] += inside * on[s] / (on[0] + on[1]);
            if (is_species) f->species[s] += inside * on[s] / (on[0] + on[1]);
        }
    }
}

typedef struct expecting {
    oa_surroundings *around;
    oa_contrast contrast;
    double width;
} expecting;

static oa_status expect_one(void *arg, oa_span span, oa_worker *worker)
{
    const expecting *x = arg;
    oa_surroundings *e = x->around;
    looking l;
    OA_TRY(look(e, span.begin, e->tables[WIDTHS][0], x->width, worker, &l));
    set_factors(&x->contrast, &e->around[span.begin]);
    climb(&l, e->found[span.begin].p, 4);
    expect_inside(&l, &x->contrast, &e->found[span.begin]);
    return OA_OK;
}

/* Shares of the species on the two families of planes, all domains together. */
static oa_contrast maximise(const oa_surroundings *e)
{
    double ions[2] = { 0 }, species[2] = { 0 }, share[2];
    for (size_t i = 0; i < e->count; i++)
        for (int s = 0; s < 2; s++) {
            ions[s] += e->found[i].ions[s];
            species[s] += e->found[i].species[s];
        }
    for (int s = 0; s < 2; s++) share[s] = ions[s] > 0 ? species[s] / ions[s] : 0;
    return (oa_contrast){ .is_known = true, .a = fmax(share[0], share[1]), .b = fmin(share[0], share[1]) };
}

oa_status oa_fit_occupancy(oa_edges *edges)
{
    enum { STEPS = 8 };
    oa_surroundings *e = edges->around;
    if (!e) return OA_OK;
    expecting x = { e, edges->contrast, edges->width };
    OA_TRY(clear_shares(e, &edges->contrast));
    for (size_t i = 0; i < e->count; i++) e->found[i] = (found){ .p = { 0, 0, 0, 1 } };
    OA_TRY(fill_table(edges->tiled->context, edges->width, &e->tables[WIDTHS]));
    for (int step = 0; step < STEPS; step++) {
        OA_TRY(oa_parallel(edges->tiled->context, e->count, 1, expect_one, &x));
        x.contrast = maximise(e);
    }
    edges->contrast = x.contrast;
    return OA_OK;
}
