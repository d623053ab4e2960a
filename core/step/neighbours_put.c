/* neighbours_put.c - measured distances against random places and against the labels in random order. */
#include <math.h>
#include <string.h>

#include "math/chance.h"
#include "step/neighbours.h"

static oa_status put_order_axis(oa_run *run, const neighbours_job *job, const char *name)
{
    const size_t k = (size_t)job->p->k;
    uint32_t *order;
    OA_TRY(oa_put_array(run, name, 1, &k, &order));
    for (size_t j = 0; j < k; j++) order[j] = (uint32_t)j + 1;
    return OA_OK;
}

static oa_status put_random(oa_run *run, const neighbours_job *job)
{
    const size_t k = (size_t)job->p->k, dims[2] = { k, job->bins };
    const double density = job->density * (double)job->others / (double)job->ranged;
    double *random, *mean, *distance;
    OA_TRY(oa_put_array(run, "distribution/random", 2, dims, &random));
    OA_TRY(oa_put_array(run, "distribution/distance", 1, &job->bins, &distance));
    OA_TRY(oa_put_array(run, "orders/random", 1, &k, &mean));
    for (size_t b = 0; b < job->bins; b++) distance[b] = ((double)b + 0.5) * job->p->bin_width;
    for (size_t j = 0; j < k; j++) {
        double within = 0;
        mean[j] = oa_chance_distance(density, (int)j + 1);
        for (size_t b = 0; b < job->bins; b++) {
            const double next = oa_chance_within(density, (int)j + 1, (double)(b + 1) * job->p->bin_width);
            random[j * job->bins + b] = (double)job->centres * (next - within);
            within = next;
        }
    }
    OA_TRY(oa_put_long_name(run, "distribution/distance", "distance (nm)"));
    OA_TRY(oa_put_real(run, "summary/candidate_density", density));
    return oa_put_real(run, "summary/nearest_random", mean[0]);
}

typedef struct measured {
    const float *distance; /* (centres, orders) */
    const double *draw_mean;
    const uint32_t *draw_ions;
    uint64_t *ions; /* (orders, bins) */
    double *mean;   /* (orders) */
} measured;

/* The array of all slabs; NULL where it is not whole. */
static const void *whole(oa_run *run, const char *name, oa_type type, size_t count)
{
    const oa_array *found = oa_values_find(run->out, run->task, name);
    return found && found->type == type && oa_array_count(found) == count ? found->block->data : NULL;
}

static oa_status find_measured(oa_run *run, const neighbours_job *job, measured *m)
{
    const size_t k = (size_t)job->p->k;
    *m = (measured){ .distance = whole(run, "distances/distance", OA_F32, job->centres * k) };
    if (oa_neighbours__draws(job)) m->draw_mean = whole(run, "draws/mean", OA_F64, oa_neighbours__draws(job) * k);
    if (oa_neighbours__draws(job)) m->draw_ions = whole(run, "draws/ions", OA_U32, oa_neighbours__draws(job) * k * job->bins);
    if (!m->distance || (oa_neighbours__draws(job) && (!m->draw_mean || !m->draw_ions)))
        return oa_fail(run->context, "E_SLABS", "%s: distances of %zu centres and %zu draws are wanted; give all parts of one call", job->name, job->centres,
                       oa_neighbours__draws(job));
    return OA_OK;
}

static oa_status put_measured(oa_run *run, const neighbours_job *job, measured *m)
{
    const size_t k = (size_t)job->p->k, dims[2] = { k, job->bins };
    double *deviation;
    uint64_t *beyond;
    OA_TRY(oa_put_array(run, "distribution/ions", 2, dims, &m->ions));
    OA_TRY(oa_put_array(run, "orders/mean", 1, &k, &m->mean));
    OA_TRY(oa_put_array(run, "orders/deviation", 1, &k, &deviation));
    OA_TRY(oa_put_array(run, "orders/beyond", 1, &k, &beyond));
    OA_TRY(put_order_axis(run, job, "distribution/order"));
    OA_TRY(put_order_axis(run, job, "orders/order"));
    for (size_t i = 0; i < job->centres; i++)
        for (size_t j = 0; j < k; j++) {
            const float distance = m->distance[i * k + j];
            const size_t bin = oa_neighbours__bin(job, distance);
            m->mean[j] += (double)distance;
            if (bin < job->bins) m->ions[j * job->bins + bin]++;
            else beyond[j]++;
        }
    for (size_t j = 0; j < k; j++) m->mean[j] /= (double)job->centres;
    for (size_t i = 0; i < job->centres; i++)
        for (size_t j = 0; j < k; j++) deviation[j] += pow((double)m->distance[i * k + j] - m->mean[j], 2);
    for (size_t j = 0; j < k; j++) deviation[j] = job->centres > 1 ? sqrt(deviation[j] / (double)(job->centres - 1)) : 0;
    OA_TRY(oa_put_long_name(run, "distribution/ions", "ions"));
    OA_TRY(oa_put_long_name(run, "orders/mean", "mean distance (nm)"));
    return oa_put_real(run, "summary/nearest", m->mean[0]);
}

/* ---- against the draws ---- */

static oa_status put_control(oa_run *run, const neighbours_job *job, const measured *m, double **control)
{
    const size_t dims[2] = { (size_t)job->p->k, job->bins };
    double *error;
    OA_TRY(oa_put_array(run, "distribution/control", 2, dims, control));
    OA_TRY(oa_put_array(run, "distribution/control_errors", 2, dims, &error));
    oa_chance_spread(m->draw_ions, dims[0] * dims[1], oa_neighbours__draws(job), *control, error);
    return OA_OK;
}

/* Largest distance of a cumulated histogram from the mean of all. */
static double ks_of(const neighbours_job *job, const measured *m, const double *control, size_t order, size_t row)
{
    const size_t draws = oa_neighbours__draws(job), size = (size_t)job->p->k * job->bins, at = order * job->bins;
    double off = 0, most = 0;
    for (size_t b = at; b < at + job->bins; b++) {
        const double middle = (control[b] * (double)draws + (double)m->ions[b]) / (double)(draws + 1);
        off += (row ? (double)m->draw_ions[(row - 1) * size + b] : (double)m->ions[b]) - middle;
        most = fmax(most, fabs(off));
    }
    return most / (double)job->centres;
}

static oa_status put_ks(oa_run *run, const neighbours_job *job, const measured *m, const double *control, double *scratch)
{
    const size_t k = (size_t)job->p->k, draws = oa_neighbours__draws(job);
    double *ks, *p;
    OA_TRY(oa_put_array(run, "orders/ks", 1, &k, &ks));
    OA_TRY(oa_put_array(run, "orders/ks_p_value", 1, &k, &p));
    for (size_t j = 0; j < k; j++) {
        for (size_t row = 0; row <= draws; row++) scratch[row] = ks_of(job, m, control, j, row);
        ks[j] = scratch[0] * (double)(draws + 1) / (double)draws; /* from the mean of the draws alone */
        p[j] = oa_chance_above(scratch, draws);
    }
    return OA_OK;
}

static oa_status put_strongest(oa_run *run, const double *z, size_t k)
{
    const size_t strongest = oa_chance_strongest(z, k);
    if (strongest == k) return OA_OK;
    OA_TRY(oa_put_count(run, "summary/strongest_order", strongest + 1));
    return oa_put_real(run, "summary/strongest_z", z[strongest]);
}

static oa_status put_tests(oa_run *run, const neighbours_job *job, const measured *m)
{
    const size_t k = (size_t)job->p->k, draws = oa_neighbours__draws(job);
    double *rows, *scratch, *histogram, *control, *errors, *z, *p;
    if (!draws) return OA_OK;
    OA_TRY(oa_scratch(run, &rows, (draws + 1) * k, sizeof *rows));
    OA_TRY(oa_scratch(run, &scratch, draws + 1, sizeof *scratch));
    memcpy(rows, m->mean, k * sizeof *rows);
    memcpy(rows + k, m->draw_mean, draws * k * sizeof *rows);
    OA_TRY(put_control(run, job, m, &histogram));
    OA_TRY(oa_put_array(run, "orders/control", 1, &k, &control));
    OA_TRY(oa_put_array(run, "orders/control_errors", 1, &k, &errors));
    OA_TRY(oa_put_array(run, "orders/z", 1, &k, &z));
    OA_TRY(oa_put_array(run, "orders/p_value", 1, &k, &p));
    oa_chance_compare_all(rows, k, draws, control, errors, z, p);
    OA_TRY(put_ks(run, job, m, histogram, scratch));
    OA_TRY(put_strongest(run, z, k));
    OA_TRY(oa_put_real(run, "summary/nearest_control", control[0]));
    return oa_put_real(run, "summary/p_permuted", oa_chance_joint(rows, k, draws, scratch));
}

oa_status oa_neighbours__put(oa_run *run, const neighbours_job *job)
{
    measured m;
    OA_TRY(find_measured(run, job, &m));
    OA_TRY(oa_put_text(run, "summary/pair", job->name));
    OA_TRY(oa_put_count(run, "summary/ions", job->ranged));
    OA_TRY(oa_put_count(run, "summary/centres", job->centres));
    OA_TRY(oa_put_count(run, "summary/candidates", job->others));
    OA_TRY(oa_put_real(run, "summary/density", job->density));
    OA_TRY(put_measured(run, job, &m));
    OA_TRY(put_random(run, job));
    return put_tests(run, job, &m);
}
