/* scattering.c - see scattering.h. */
#include "math/scattering.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"

enum { BLOCK = 2048, GROUP = 32, PARTS_MAX = 64, MANY = 4096 };

typedef struct squares_job {
    const oa_kernels *kernels;
    const oa_scatterers *points;
    const double *vectors;
    size_t n_vectors, n_groups, n_parts;
    double *sums; /* (n_parts, n_vectors, 4) */
} squares_job;

/* A block of points side by side, filled up with points of weight 0. */
typedef struct side_by_side {
    double *x, *y, *z, *n, *w;
} side_by_side;

static size_t lay_out(const oa_scatterers *p, size_t begin, size_t end, const side_by_side *to)
{
    size_t m = 0;
    for (size_t i = begin; i < end; i++) {
        if (p->take && !p->take[i]) continue;
        to->x[m] = p->x[i], to->y[m] = p->y[i], to->z[m] = p->z[i];
        to->n[m] = 1;
        to->w[m++] = p->weights ? p->weights[i] : 0;
    }
    for (; m % OA_SCATTER_LANES; m++) to->x[m] = to->y[m] = to->z[m] = to->n[m] = to->w[m] = 0;
    return m;
}

/* One part of the points for one group of vectors. */
static oa_status sum_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const squares_job *job = arg;
    const size_t part = span.begin / job->n_groups, group = span.begin % job->n_groups, n = job->points->n;
    const size_t first = group * GROUP, last = first + GROUP < job->n_vectors ? first + GROUP : job->n_vectors;
    const size_t blocks = (n + BLOCK - 1) / BLOCK, begin = blocks * part / job->n_parts, end = blocks * (part + 1) / job->n_parts;
    double *room, *sums = job->sums + part * job->n_vectors * 4;
    OA_TRY(oa_worker_scratch(worker, 0, &room, 5 * (BLOCK + OA_SCATTER_LANES), sizeof *room));
    const size_t step = BLOCK + OA_SCATTER_LANES;
    const side_by_side lanes = { room, room + step, room + 2 * step, room + 3 * step, room + 4 * step };
    for (size_t b = begin; b < end; b++) {
        const size_t m = lay_out(job->points, b * BLOCK, (b + 1) * BLOCK < n ? (b + 1) * BLOCK : n, &lanes);
        for (size_t v = first; v < last; v++) {
            double here[4];
            job->kernels->scatter(here, m, lanes.x, lanes.y, lanes.z, lanes.n, lanes.w, job->vectors + 3 * v);
            for (int k = 0; k < 4; k++) sums[4 * v + (size_t)k] += here[k];
        }
        if (b % 64 == 0) OA_TRY(oa_check_cancelled(oa_worker_context(worker)));
    }
    return OA_OK;
}

oa_status oa_diffuse__squares(oa_context *context, const oa_kernels *kernels, const oa_scatterers *points, const double *vectors, size_t n_vectors,
    double *squares, double *weighted)
{
    const size_t blocks = (points->n + BLOCK - 1) / BLOCK;
    squares_job job = { kernels, points, vectors, n_vectors, (n_vectors + GROUP - 1) / GROUP, n_vectors > MANY ? 1 : blocks < PARTS_MAX ? blocks : PARTS_MAX, NULL };
    if (!job.n_parts) job.n_parts = 1;
    OA_TRY(oa_new(context, &job.sums, job.n_parts * n_vectors * 4, sizeof *job.sums));
    const oa_status status = oa_parallel(context, job.n_groups * job.n_parts, 1, sum_chunk, &job);
    for (size_t v = 0; v < n_vectors && status == OA_OK; v++) {
        double sum[4] = { 0 };
        for (size_t p = 0; p < job.n_parts; p++)
            for (size_t k = 0; k < 4; k++) sum[k] += job.sums[(p * n_vectors + v) * 4 + k];
        squares[v] = sum[0] * sum[0] + sum[1] * sum[1];
        if (weighted) weighted[v] = sum[2] * sum[2] + sum[3] * sum[3];
    }
    oa_free(context, job.sums);
    return status;
}

/* Half of the different permutations and signs are enough for a cosine; here all are visited, each once. */
static double shell_sum(const int64_t place[3], const double hkl[3])
{
    static const int order[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    int64_t seen[48][3];
    size_t n = 0;
    double sum = 0;
    for (int o = 0; o < 6; o++)
        for (int signs = 0; signs < 8; signs++) {
            int64_t *v = seen[n];
            bool is_new = true;
            for (int d = 0; d < 3; d++) v[d] = (signs >> d & 1 ? -1 : 1) * place[order[o][d]];
            for (size_t i = 0; i < n; i++) is_new = is_new && memcmp(seen[i], v, sizeof seen[i]) != 0;
            if (!is_new) continue;
            n++;
            sum += cos(3.14159265358979323846 * ((hkl[0] * (double)v[0] + hkl[1] * (double)v[1]) + hkl[2] * (double)v[2]));
        }
    return sum;
}

double oa_diffuse_alpha(const oa_alpha_shell *shells, size_t n, const double hkl[3])
{
    double sum = 1;
    for (size_t i = 0; i < n; i++) sum += shells[i].alpha * shell_sum(shells[i].place, hkl);
    return sum;
}
