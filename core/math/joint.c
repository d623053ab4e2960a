/* joint.c - sums of squares over species, category after category, and the saddlepoint of several labels. */
#include "math/joint.h"

#include <math.h>
#include <string.h>

#include "math/cholesky.h"

/* ---------------------------------------------------------------------------------------------- maps */

typedef struct summing {
    const oa_joint *joint;
    int category;
    const float *m, *angle;
} summing;

static inline float label(const summing *s, size_t i)
{
    return (s->joint->tiled->species[i] == s->category ? 1.0f : 0.0f) - s->joint->share[s->category][i];
}

static void along_planes(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const summing *s = arg;
    (void)t;
    for (size_t i = begin; i < end; i++) {
        value[0][i - begin] = s->m[i] * label(s, i);
        value[1][i - begin] = s->m[i] * s->m[i] * s->joint->share[s->category][i];
    }
}

static void along_wave(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const summing *s = arg;
    t->context->kernels->waves->turn(value[0], value[1], end - begin, s->angle + begin);
    for (size_t i = begin; i < end; i++) {
        value[0][i - begin] *= label(s, i);
        value[1][i - begin] *= label(s, i);
    }
}

static void squares_of_wave(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const summing *s = arg;
    t->context->kernels->waves->turn(value[0], value[1], end - begin, s->angle + begin);
    for (size_t i = begin; i < end; i++) {
        const float c = value[0][i - begin], d = value[1][i - begin], share = s->joint->share[s->category][i];
        value[0][i - begin] = share * c * c;
        value[1][i - begin] = share * d * d;
        value[2][i - begin] = share * c * d;
    }
}

/* Fields of one category, and of all so far: t the sum of squares, all that of G^2 m^2. */
typedef struct squares {
    float *x, *y, *a, *b, *c, *t, *all;
    float least;
} squares;

static oa_status add_along_planes(void *arg, oa_span span, oa_worker *worker)
{
    const squares *s = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        s->t[i] += s->a[i] > 0 ? s->x[i] * s->x[i] / s->a[i] : 0;
        s->all[i] += s->a[i];
    }
    return OA_OK;
}

static oa_status add_along_wave(void *arg, oa_span span, oa_worker *worker)
{
    const squares *s = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        const float a = s->a[i], b = s->b[i], c = s->c[i], determinant = a * b - c * c;
        const float sum = (b * s->x[i] * s->x[i] - 2 * c * s->x[i] * s->y[i] + a * s->y[i] * s->y[i]) / determinant;
        s->t[i] += determinant > 1e-4f * (a + b) * (a + b) ? sum : NAN;
        s->all[i] += a + b;
    }
    return OA_OK;
}

static oa_status halve(void *arg, oa_span span, oa_worker *worker)
{
    const squares *s = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) s->t[i] = s->all[i] > s->least ? 0.5f * s->t[i] : NAN;
    return OA_OK;
}

enum { CELLS_A_CHUNK = 1 << 16 };

static oa_status add_category(const summing *of, const oa_field *field, const oa_window *w, squares *s)
{
    float *const sums[4] = { s->x, of->m ? s->a : s->y, NULL, NULL }, *const products[4] = { s->a, s->b, s->c, NULL };
    summing arg = *of;
    OA_TRY(oa_field_deposit(field, sums, 2, of->m ? along_planes : along_wave, &arg));
    if (!of->m) OA_TRY(oa_field_deposit(field, products, 3, squares_of_wave, &arg));
    OA_TRY(oa_window_blur(field, s->x, w, false));
    if (!of->m) OA_TRY(oa_window_blur(field, s->y, w, false));
    for (int k = 0; k < (of->m ? 1 : 3); k++) OA_TRY(oa_window_blur(field, products[k], w, true));
    return oa_parallel(of->joint->tiled->context, field->cells, CELLS_A_CHUNK, of->m ? add_along_planes : add_along_wave, s);
}

oa_status oa_joint_statistic(const oa_joint *joint, const oa_field *field, const float *m, const float *angle, double width, float *t)
{
    oa_context *context = joint->tiled->context;
    const oa_window w = oa_window_of(field, width);
    const size_t cells = field->cells;
    float *room, median;
    OA_TRY(oa_new(context, &room, (m ? 3 : 6) * cells, sizeof *room));
    squares s = { .t = t, .all = room, .x = room + cells, .a = room + 2 * cells };
    if (!m) s.y = room + 3 * cells, s.b = room + 4 * cells, s.c = room + 5 * cells;
    memset(t, 0, cells * sizeof *t);
    oa_status status = OA_OK;
    for (int c = 0; c < joint->n && status == OA_OK; c++) status = add_category(&(summing){ joint, c, m, angle }, field, &w, &s);
    if (status == OA_OK) status = oa_field_median(field, s.all, 1e-12f, &median);
    if (status == OA_OK) {
        s.least = (float)OA_CONTRAST_MASK * median;
        status = oa_parallel(context, cells, CELLS_A_CHUNK, halve, &s);
    }
    oa_free(context, room);
    return status;
}

/* ---------------------------------------------------------------------------------------------- rare species */

enum { MOST = OA_CATEGORIES_MAX - 1, NEWTON_STEPS = 40 };
#define STEEPEST 60.0 /* of s: X at the end of its range has no finite root */

typedef struct correction {
    const oa_joint *joint;
    const float *m;
    double width;
    oa_maximum *list;
    size_t most;
} correction;

/* Ions within 4 w of a maximum. */
typedef struct around {
    size_t n, d;        /* ions; categories less 1 */
    double *g, *p;      /* (n), (n, d): G m; shares of the categories 1...d, of all a sum of 1 */
    double x[MOST], weights;
} around;

static void add_ion(const correction *c, size_t ion, double d2, around *out)
{
    const oa_joint *j = c->joint;
    const double g = exp(-d2 / (2 * c->width * c->width)) * (double)c->m[ion];
    double *p = out->p + out->n * out->d, sum = (double)j->share[0][ion];
    for (size_t k = 0; k < out->d; k++) sum += p[k] = (double)j->share[k + 1][ion];
    for (size_t k = 0; k < out->d; k++) {
        p[k] /= sum;
        out->x[k] += g * ((j->tiled->species[ion] == k + 1 ? 1 : 0) - p[k]);
    }
    out->weights += g * (double)c->m[ion];
    out->g[out->n++] = g;
}

static void gather(const correction *c, const double at[3], around *out)
{
    const oa_tiled *t = c->joint->tiled;
    const double reach = 4 * c->width;
    ptrdiff_t low[3], high[3];
    oa_cubes_around(t, at, reach, low, high);
    for (ptrdiff_t k = low[2]; k <= high[2]; k++)
        for (ptrdiff_t j = low[1]; j <= high[1]; j++)
            for (ptrdiff_t i = low[0]; i <= high[0]; i++) {
                const size_t cube = ((size_t)k * t->dims[1] + (size_t)j) * t->dims[0] + (size_t)i;
                const ptrdiff_t place[3] = { i, j, k };
                for (size_t r = t->start[cube]; r < t->start[cube + 1]; r++) {
                    double d2 = 0;
                    for (int a = 0; a < 3; a++) {
                        const double d = OA_CUBE * (double)(t->first[a] + place[a]) + (double)t->at[a][r] - at[a];
                        d2 += d * d;
                    }
                    if (d2 <= reach * reach) add_ion(c, r, d2, out);
                }
            }
}

/* A place s on the way to the saddlepoint: K(s) - s x, K(s) = sum over ions of ln sum_c p_c e^(g s_c) - g sum_c s_c p_c (s_0 = 0), its gradient and the lower
 * triangle of its second derivatives. */
typedef struct point {
    double s[MOST], value, gradient[MOST], second[MOST * MOST];
} point;

static void look(const around *a, point *at)
{
    const size_t d = a->d;
    memset(at->second, 0, sizeof at->second);
    at->value = 0;
    for (size_t k = 0; k < d; k++) {
        at->gradient[k] = -a->x[k];
        at->value -= at->s[k] * a->x[k];
    }
    for (size_t i = 0; i < a->n; i++) {
        const double g = a->g[i], *p = a->p + i * d;
        double q[MOST], sum = 1;
        for (size_t k = 0; k < d; k++) {
            q[k] = p[k] * exp(g * at->s[k]);
            sum += q[k] - p[k];
            at->value -= g * at->s[k] * p[k];
        }
        at->value += log(sum);
        for (size_t k = 0; k < d; k++) {
            q[k] /= sum;
            at->gradient[k] += g * (q[k] - p[k]);
            for (size_t l = 0; l <= k; l++) at->second[k * d + l] += g * g * ((l == k ? q[k] : 0) - q[k] * q[l]);
        }
    }
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* Logarithm of the root of the determinant of L L^T. */
static double log_root(const double *l, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += log(l[i * n + i]);
    return sum;
}

/* One step downhill from `at`, whose second derivatives are L; false where none is found or s runs away: X at the end of its range has no finite root. */
static bool go_downhill(const around *a, point *at, const double *step, double decrement)
{
    point next = *at;
    for (double scale = 1; scale > 1e-3; scale /= 2) {
        for (size_t k = 0; k < a->d; k++) next.s[k] = at->s[k] - scale * step[k];
        look(a, &next);
        if (!(next.value < at->value - 1e-4 * scale * decrement)) continue;
        *at = next;
        return dot(at->s, at->s, a->d) < STEEPEST * STEEPEST;
    }
    return false;
}

/* W* of the sums; negative where there is no saddlepoint. Newton's method: K(s) - s x is convex. */
static double saddlepoint(const around *a)
{
    const size_t d = a->d;
    const double half = 0.5 * (double)d;
    point at = { .s = { 0 } };
    double plain = 0, root = 0;
    look(a, &at);
    for (int turn = 0; turn < NEWTON_STEPS; turn++) {
        double step[MOST];
        if (!oa_cholesky(at.second, d)) return -1;
        memcpy(step, at.gradient, sizeof step);
        oa_cholesky_forward(at.second, d, step);
        const double decrement = dot(step, step, d);
        if (!turn) { /* at s = 0: X^T C^-1 X and the determinant of C */
            plain = decrement;
            root = log_root(at.second, d);
        }
        if (decrement <= 1e-8 * plain) {
            const double w = -2 * at.value, log_g = half * log(plain) - (half - 1) * log(w) - log(dot(at.s, a->x, d)) + root - log_root(at.second, d);
            return w > 1e-3 ? w * (1 - log_g / w) * (1 - log_g / w) : plain;
        }
        oa_cholesky_back(at.second, d, step);
        if (!go_downhill(a, &at, step, decrement)) return -1;
    }
    return -1;
}

static oa_status correct_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const correction *c = arg;
    around a = { .d = (size_t)c->joint->n - 1 };
    OA_TRY(oa_worker_scratch(worker, 0, &a.g, c->most, sizeof *a.g));
    OA_TRY(oa_worker_scratch(worker, 1, &a.p, c->most * a.d, sizeof *a.p));
    for (size_t i = span.begin; i < span.end; i++) {
        oa_maximum *m = &c->list[i];
        double rest = 0, sum = 0;
        a.n = 0;
        a.weights = 0;
        memset(a.x, 0, sizeof a.x);
        gather(c, m->at, &a);
        for (size_t k = 0; k < a.d; k++) {
            rest -= a.x[k];
            sum += fabs(a.x[k]);
        }
        if (!(a.weights > 0)) continue;
        m->amplitude = 0.5 * (sum + fabs(rest)) / a.weights;
        const double w = saddlepoint(&a);
        if (w >= 0) m->corrected = 0.5 * w;
    }
    return OA_OK;
}

oa_status oa_correct_joint_maxima(const oa_joint *joint, const float *m, double width, oa_maximum *list, size_t n)
{
    const double cubes = pow(ceil(8 * width / OA_CUBE) + 1, 3);
    correction c = { joint, m, width, list, (size_t)cubes * oa_tiled_most(joint->tiled) };
    return oa_parallel(joint->tiled->context, n, 4, correct_chunk, &c);
}
