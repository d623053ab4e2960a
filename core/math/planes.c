/* planes.c - the reflection of atomic planes, around nodes of a fixed grid. */
#include "math/planes.h"

#include <math.h>
#include <string.h>

#define WIDTH 0.9 /* nm, B of the header */
#define REACH (2.8 * WIDTH)
#define STEP (0.8 / WIDTH) /* 1/nm between wave numbers: no reflection falls between two */
#define SPACING_MIN 0.10
#define SPACING_MAX 0.30
#define TILT_TANGENT 0.140540834702391 /* of 8 degrees */
#define DEPTH_BIN 0.02 /* nm; takes 3 % of the Q of planes 0.2 nm apart */
static const double pi = 3.14159265358979323846;

/* Wave numbers along z' and across; bins of |z'|. Across, half a plane is enough: the other half follows by symmetry. */
enum { DEPTHS = OA_PLANES_WAVES, LATERAL = 9, WAVES = (LATERAL + 1) * (2 * LATERAL + 1), BINS = 127, IONS_MIN = 500 }; /* fewer ions show no planes even where they are */

/* ---------------------------------------------------------------------------------------------- frames */

static double normalise(double v[3])
{
    const double length = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    for (int i = 0; i < 3; i++) v[i] /= length;
    return length;
}

oa_frame oa_frame_along(const double direction[3])
{
    oa_frame f = { { { 0 } } };
    double *x = f.axis[0], *y = f.axis[1], *z = f.axis[2];
    memcpy(z, direction, 3 * sizeof *z);
    normalise(z);
    const bool is_upright = z[0] == 0 && z[1] == 0;
    y[0] = is_upright ? 0 : -z[1];
    y[1] = is_upright ? 1 : z[0];
    normalise(y);
    for (int i = 0; i < 3; i++) {
        const int j = (i + 1) % 3, k = (i + 2) % 3;
        x[i] = y[j] * z[k] - y[k] * z[j];
    }
    return f;
}

bool oa_frame_is_specimen(const oa_frame *frame)
{
    return frame->axis[0][0] == 1 && frame->axis[1][1] == 1 && frame->axis[2][2] == 1;
}

void oa_frame_turn(const oa_frame *frame, const double at[3], double out[3])
{
    const double p[3] = { at[0], at[1], at[2] };
    for (int i = 0; i < 3; i++) out[i] = frame->axis[i][0] * p[0] + frame->axis[i][1] * p[1] + frame->axis[i][2] * p[2];
}

/* ---------------------------------------------------------------------------------------------- nodes */

static size_t count_nodes(const double box[6], double pitch, size_t dims[3])
{
    size_t n = 1;
    for (int axis = 0; axis < 3; axis++) {
        const double k = floor((box[2 * axis + 1] - box[2 * axis]) / pitch);
        dims[axis] = k > 1 ? (k < 1e6 ? (size_t)k : 1000000) : 1;
        n *= dims[axis];
    }
    return n;
}

void oa_planes_begin(oa_context *context, oa_planes *out, const double box[6], const oa_frame *frame)
{
    *out = (oa_planes){ .context = context, .frame = *frame };
    double pitch = 2 * REACH;
    while ((out->n_nodes = count_nodes(box, pitch, out->dims)) > OA_PLANES_NODES) pitch *= 1.02;
    for (int axis = 0; axis < 3; axis++) {
        out->lo[axis] = box[2 * axis];
        out->pitch[axis] = (box[2 * axis + 1] - box[2 * axis]) / (double)out->dims[axis];
    }
}

/* The node whose middle is nearest, and the place seen from there; false where that is too far, as soon as one axis tells. */
static bool node_of(const oa_planes *planes, const double at[3], double from[3], size_t *number)
{
    double square = 0;
    *number = 0;
    for (int axis = 2; axis >= 0 && square <= REACH * REACH; axis--) {
        const double k = floor((at[axis] - planes->lo[axis]) / planes->pitch[axis]), last = (double)planes->dims[axis] - 1;
        const double nearest = k > 0 ? (k < last ? k : last) : 0;
        from[axis] = at[axis] - (planes->lo[axis] + (nearest + 0.5) * planes->pitch[axis]);
        square += from[axis] * from[axis];
        *number = *number * planes->dims[axis] + (size_t)nearest;
    }
    return square <= REACH * REACH;
}

oa_status oa_planes_add(oa_planes *planes, const double at[3])
{
    double from[3];
    size_t number;
    if (!node_of(planes, at, from, &number)) return OA_OK;
    oa_planes_node *node = &planes->node[number];
    if (node->n == node->capacity) {
        const size_t capacity = node->capacity ? 2 * node->capacity : 4096;
        OA_TRY(oa_resize(planes->context, &node->at, 3 * capacity, sizeof *node->at));
        node->capacity = capacity;
    }
    oa_frame_turn(&planes->frame, from, from);
    for (int axis = 0; axis < 3; axis++) node->at[3 * node->n + (size_t)axis] = (float)from[axis];
    node->n++;
    return OA_OK;
}

void oa_planes_end(oa_planes *planes)
{
    for (size_t i = 0; i < planes->n_nodes; i++) oa_free(planes->context, planes->node[i].at);
    *planes = (oa_planes){ .n_nodes = 0 };
}

/* ---------------------------------------------------------------------------------------------- one node */

/* Number of the wave (m, n), m >= 0: in rings of equal max(m, |n|), so that those of a smaller tilt stand first. */
static void number_waves(int m_of[WAVES], int n_of[WAVES])
{
    int at = 0;
    for (int ring = 0; ring <= LATERAL; ring++)
        for (int m = 0; m <= ring; m++)
            for (int n = -ring; n <= ring; n += m == ring || ring == 0 ? 1 : 2 * ring) {
                m_of[at] = m;
                n_of[at++] = n;
            }
}

static double depth_wave(int i) { return 2 * pi / SPACING_MAX + i * STEP; }
static int rings_at(double k) { return (int)(k * TILT_TANGENT / STEP); }
static size_t waves_in(int rings) { return (size_t)((rings + 1) * (2 * rings + 1)); }

/* Sums over the ions of a bin of |z'| of G exp(i(k_x x + k_y y)): of both signs of z' together, and one less the other. */
typedef struct node_sums {
    float plus_re[BINS][WAVES], plus_im[BINS][WAVES], minus_re[BINS][WAVES], minus_im[BINS][WAVES];
    float c_re[WAVES], c_im[WAVES], d_re[WAVES], d_im[WAVES];
} node_sums;

typedef struct node_result {
    float q[DEPTHS];                   /* largest over the waves across */
    int8_t m[DEPTHS], n[DEPTHS];       /* where */
} node_result;

typedef struct planes_job {
    const oa_planes *planes;
    node_result *result;
    int m_of[WAVES], n_of[WAVES];
} planes_job;

/* exp(i k STEP x), k = 0...LATERAL */
static void powers(double x, float re[LATERAL + 1], float im[LATERAL + 1])
{
    const double c = cos(STEP * x), s = sin(STEP * x);
    double a = 1, b = 0;
    for (int k = 0; k <= LATERAL; k++) {
        re[k] = (float)a;
        im[k] = (float)b;
        const double next = a * c - b * s;
        b = a * s + b * c;
        a = next;
    }
}

static double add_ion(const planes_job *job, const float at[3], node_sums *sums)
{
    float x_re[LATERAL + 1], x_im[LATERAL + 1], y_re[LATERAL + 1], y_im[LATERAL + 1];
    const double square = (double)at[0] * at[0] + (double)at[1] * at[1] + (double)at[2] * at[2];
    const double weight = exp(-square / (2 * WIDTH * WIDTH));
    const size_t bin = (size_t)(fabsf(at[2]) / DEPTH_BIN + 0.5);
    const float sign = at[2] < 0 ? -1.0f : 1.0f, w = (float)weight;
    if (bin >= BINS) return 0;
    powers(at[0], x_re, x_im);
    powers(at[1], y_re, y_im);
    for (int q = 0; q < WAVES; q++) {
        const int m = job->m_of[q], n = job->n_of[q] < 0 ? -job->n_of[q] : job->n_of[q];
        const float turned = job->n_of[q] < 0 ? -y_im[n] : y_im[n];
        const float re = w * (x_re[m] * y_re[n] - x_im[m] * turned), im = w * (x_re[m] * turned + x_im[m] * y_re[n]);
        sums->plus_re[bin][q] += re;
        sums->plus_im[bin][q] += im;
        sums->minus_re[bin][q] += sign * re;
        sums->minus_im[bin][q] += sign * im;
    }
    return weight * weight;
}

static void add_depths(node_sums *s, double k, size_t waves)
{
    for (size_t q = 0; q < waves; q++) s->c_re[q] = s->c_im[q] = s->d_re[q] = s->d_im[q] = 0;
    for (int bin = 0; bin < BINS; bin++) {
        const float c = (float)cos(k * bin * DEPTH_BIN), d = (float)sin(k * bin * DEPTH_BIN);
        const float *pr = s->plus_re[bin], *pi_ = s->plus_im[bin], *mr = s->minus_re[bin], *mi = s->minus_im[bin];
        for (size_t q = 0; q < waves; q++) s->c_re[q] += c * pr[q];
        for (size_t q = 0; q < waves; q++) s->c_im[q] += c * pi_[q];
        for (size_t q = 0; q < waves; q++) s->d_re[q] += d * mr[q];
        for (size_t q = 0; q < waves; q++) s->d_im[q] += d * mi[q];
    }
}

/* With C = sum S cos, D = sum S sin: F(q) = C + i D, and F(-q) = conj(C) + i conj(D), since the weights are real. */
static void find_largest(const planes_job *job, const node_sums *s, size_t waves, double squares, int depth, node_result *out)
{
    double best = -1;
    for (size_t q = 0; q < waves; q++)
        for (int sign = 1; sign >= -1; sign -= 2) {
            const double a = (double)s->c_re[q] - sign * (double)s->d_im[q], b = sign * (double)s->c_im[q] + (double)s->d_re[q];
            if (!(a * a + b * b > best)) continue;
            best = a * a + b * b;
            out->m[depth] = (int8_t)(sign * job->m_of[q]);
            out->n[depth] = (int8_t)(sign * job->n_of[q]);
        }
    out->q[depth] = (float)(best / squares);
}

static oa_status node_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const planes_job *job = arg;
    const oa_planes_node *node = &job->planes->node[span.begin];
    node_sums *sums;
    double squares = 0;
    if (node->n < IONS_MIN) return OA_OK;
    OA_TRY(oa_worker_scratch(worker, 0, &sums, 1, sizeof *sums));
    memset(sums, 0, sizeof *sums);
    for (size_t i = 0; i < node->n; i++) squares += add_ion(job, node->at + 3 * i, sums);
    for (int depth = 0; depth < DEPTHS; depth++) {
        const size_t waves = waves_in(rings_at(depth_wave(depth)));
        add_depths(sums, depth_wave(depth), waves);
        find_largest(job, sums, waves, squares, depth, &job->result[span.begin]);
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- all nodes */

static double mean_at(const planes_job *job, int depth, size_t nodes)
{
    double sum = 0;
    for (size_t i = 0; i < job->planes->n_nodes; i++) sum += job->result[i].q[depth];
    return sum / (double)nodes;
}

/* Between the wave numbers: the top of the parabola through the logarithms of three. */
static double refine(const double mean[DEPTHS], int best)
{
    if (best == 0 || best == DEPTHS - 1) return depth_wave(best);
    const double a = log(mean[best - 1]), b = log(mean[best]), c = log(mean[best + 1]), bend = a - 2 * b + c;
    return depth_wave(best) + (bend < 0 ? (a - c) / (2 * bend) * STEP : 0);
}

/* Mean wave vector of the nodes that resolve planes; in the frame, then in the specimen. */
static void find_normal(const planes_job *job, int best, double k, oa_planes_found *out)
{
    double sum[3] = { 0, 0, 0 };
    size_t n = 0;
    for (size_t i = 0; i < job->planes->n_nodes; i++) {
        const node_result *r = &job->result[i];
        if (!(r->q[best] > (float)OA_PLANES_RESOLVED)) continue;
        sum[0] += r->m[best] * STEP;
        sum[1] += r->n[best] * STEP;
        n++;
    }
    for (int i = 0; n && i < 2; i++) sum[i] /= (double)n;
    sum[2] = k;
    out->share = (double)n / (double)out->nodes;
    out->tilt = atan2(sqrt(sum[0] * sum[0] + sum[1] * sum[1]), k) * 180 / pi;
    normalise(sum);
    for (int i = 0; i < 3; i++)
        out->direction[i] = sum[0] * job->planes->frame.axis[0][i] + sum[1] * job->planes->frame.axis[1][i] + sum[2] * job->planes->frame.axis[2][i];
}

oa_status oa_planes_find(const oa_planes *planes, oa_planes_found *out)
{
    planes_job job = { .planes = planes };
    double mean[DEPTHS];
    int best = 0;
    *out = (oa_planes_found){ .nodes = 0 };
    for (size_t i = 0; i < planes->n_nodes; i++) out->nodes += planes->node[i].n >= IONS_MIN;
    if (!out->nodes) return OA_OK;
    number_waves(job.m_of, job.n_of);
    OA_TRY(oa_new(planes->context, &job.result, planes->n_nodes, sizeof *job.result));
    const oa_status status = oa_parallel(planes->context, planes->n_nodes, 1, node_chunk, &job);
    if (status == OA_OK) {
        for (int depth = 0; depth < DEPTHS; depth++) {
            out->strength[depth] = mean[depth] = mean_at(&job, depth, out->nodes);
            out->at[depth] = 2 * pi / depth_wave(depth);
            if (mean[depth] > mean[best]) best = depth;
        }
        out->quality = mean[best];
        const double k = refine(mean, best);
        out->spacing = 2 * pi / k;
        find_normal(&job, best, k, out);
    }
    oa_free(planes->context, job.result);
    return status;
}

typedef struct sorting {
    const oa_planes *planes;
    const oa_points *points;
    const uint8_t *label;
    uint8_t left_out, *is_near; /* (n) to the middle of a node */
} sorting;

static oa_status find_near(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *s = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        double from[3];
        size_t node;
        s->is_near[i] = s->label[i] != s->left_out && node_of(s->planes, (double[3]){ s->points->x[i], s->points->y[i], s->points->z[i] }, from, &node);
    }
    return OA_OK;
}

/* Few ions of a large specimen are near a node: all threads look for them, one takes them in their order. */
oa_status oa_planes_of_points(oa_context *context, const oa_points *points, const uint8_t *label, uint8_t left_out, const double box[6], const oa_frame *frame,
                              oa_planes_found *out)
{
    oa_planes planes;
    sorting s = { &planes, points, label, left_out, NULL };
    oa_planes_begin(context, &planes, box, frame);
    oa_status status = oa_new(context, &s.is_near, points->n, 1);
    if (status == OA_OK) status = oa_parallel(context, points->n, 1 << 18, find_near, &s);
    for (size_t i = 0; i < points->n && status == OA_OK; i++)
        if (s.is_near[i]) status = oa_planes_add(&planes, (double[3]){ points->x[i], points->y[i], points->z[i] });
    if (status == OA_OK) status = oa_planes_find(&planes, out);
    oa_free(context, s.is_near);
    oa_planes_end(&planes);
    return status;
}
