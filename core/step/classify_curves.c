/* classify_curves.c - the mean curve of the voxels of each class: per layer while the scan goes on, of all layers when it is over.
 * Layers add fixed-point numbers, so that neither the order of the threads nor the number of slabs changes a bit. */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "step/classify.h"
#include "step/patterns.h"

/* Curves lie in 0 to 1: whole steps of 2^-24, of which 128 fit the local sums of 32 bits. */
#define STEPS_PER_ONE 16777216.0f
enum { SLOT_SUMS = 7, FLUSH_AFTER = 128 };

/* Sums of one run of voxels in one layer; the sums of curves follow the structure, (classes, values). */
typedef struct local_sums {
    size_t layer, n;
    uint32_t count[OA_CLASSES_MAX];
    uint32_t curve[];
} local_sums;

oa_status oa_classify__curves_begin(oa_run *run, size_t layers, size_t per_layer, size_t classes, size_t values, classify_curves *out)
{
    *out = (classify_curves){ .layers = layers, .per_layer = per_layer, .classes = classes, .values = values };
    OA_TRY(oa_scratch(run, &out->count, layers * classes, sizeof *out->count));
    return oa_scratch(run, &out->sum, layers * classes * values, sizeof *out->sum);
}

static void flush(const classify_curves *c, local_sums *local)
{
    for (size_t class = 0; class < c->classes; class++) {
        const size_t at = local->layer * c->classes + class;
        if (!local->count[class]) continue;
        atomic_fetch_add_explicit(&c->count[at], local->count[class], memory_order_relaxed);
        for (size_t i = 0; i < c->values; i++) atomic_fetch_add_explicit(&c->sum[at * c->values + i], local->curve[class * c->values + i], memory_order_relaxed);
        memset(local->curve + class * c->values, 0, c->values * sizeof *local->curve);
        local->count[class] = 0;
    }
    local->n = 0;
}

/* The likeliest class; probability is (classes), numbers. */
static size_t likeliest(const float *probability, size_t classes)
{
    size_t best = 0;
    for (size_t k = 1; k < classes; k++)
        if (probability[k] > probability[best]) best = k;
    return best;
}

oa_status oa_classify__curves_add(const classify_curves *c, oa_worker *worker, oa_span span, const float *curves, const float *probability)
{
    local_sums *local;
    const size_t size = sizeof *local + c->classes * c->values * sizeof *local->curve;
    OA_TRY(oa_worker_scratch(worker, SLOT_SUMS, &local, size, 1));
    memset(local, 0, size);
    for (size_t voxel = span.begin; voxel < span.end; voxel++) {
        const float *curve = curves + (voxel - span.begin) * c->values, *p = probability + voxel * c->classes;
        if (isnan(p[0])) continue;
        if (local->n == FLUSH_AFTER || voxel / c->per_layer != local->layer) flush(c, local);
        const size_t class = likeliest(p, c->classes);
        uint32_t *sum = local->curve + class * c->values;
        local->layer = voxel / c->per_layer;
        local->count[class]++;
        local->n++;
        for (size_t i = 0; i < c->values; i++) sum[i] += (uint32_t)(int32_t)(curve[i] * STEPS_PER_ONE);
    }
    flush(c, local);
    return OA_OK;
}

oa_status oa_classify__curves_put(oa_run *run, const classify_job *job, const classify_curves *c)
{
    const size_t dims[4] = { c->layers, c->classes, c->values / job->channels, job->channels };
    uint64_t *count;
    double *mean;
    OA_TRY(oa_put_array(run, "layers/curve", 4, dims, &mean));
    OA_TRY(oa_put_array(run, "layers/voxels", 2, dims, &count));
    for (size_t i = 0; i < c->layers * c->classes; i++) {
        count[i] = c->count[i];
        for (size_t k = 0; k < c->values; k++)
            mean[i * c->values + k] = count[i] ? (double)c->sum[i * c->values + k] / (double)STEPS_PER_ONE / (double)count[i] : (double)NAN;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- all layers */

static oa_status put_axes(oa_run *run, const classify_job *job, size_t bins)
{
    const classify_params *p = job->params;
    double *distance;
    OA_TRY(oa_put_class_axis(run, "patterns/class", job->model->classes, (size_t)job->model->n_classes));
    OA_TRY(oa_put_array(run, "patterns/distance", 1, &bins, &distance));
    for (size_t i = 0; i < bins; i++) distance[i] = -p->half_range + ((double)p->crop_first + (double)i + 0.5) * 2 * p->half_range / (double)p->bins;
    return OA_OK;
}

/* Weighted by the voxels of a layer, layer after layer; NaN for a class of no voxel. */
static void join_layers(const oa_array *layers, const uint64_t *voxels, double *sum, uint64_t *count, float *out)
{
    const size_t classes = layers->dims[1], values = layers->dims[2] * layers->dims[3];
    const double *mean = layers->block->data;
    for (size_t at = 0; at < layers->dims[0] * classes; at++) {
        const size_t class = at % classes;
        count[class] += voxels[at];
        for (size_t i = 0; voxels[at] && i < values; i++) sum[class * values + i] += (double)voxels[at] * mean[at * values + i];
    }
    for (size_t class = 0; class < classes; class++)
        for (size_t i = 0; i < values; i++) out[class * values + i] = count[class] ? (float)(sum[class * values + i] / (double)count[class]) : NAN;
}

oa_status oa_classify__curves_join(oa_run *run, const classify_job *job)
{
    const oa_array *layers = oa_values_find(run->out, run->task, "layers/curve"), *voxels = oa_values_find(run->out, run->task, "layers/voxels");
    if (!layers || !voxels) return OA_OK; /* pictures */
    if (layers->rank != 4 || layers->type != OA_F64 || voxels->rank != 2 || voxels->type != OA_U64 || voxels->dims[0] != layers->dims[0] ||
        voxels->dims[1] != layers->dims[1])
        return oa_fail(run->context, "E_SLABS", "the mean curves of the layers do not fit each other; give the parts as `classify` made them");
    const oa_array kept = *layers;
    const uint64_t *by_layer = voxels->block->data;
    uint64_t *count;
    double *sum;
    float *out;
    OA_TRY(oa_scratch(run, &sum, kept.dims[1] * kept.dims[2] * kept.dims[3], sizeof *sum));
    OA_TRY(oa_put_array(run, "patterns/pattern", 3, kept.dims + 1, &out));
    OA_TRY(oa_put_array(run, "patterns/voxels", 1, kept.dims + 1, &count));
    join_layers(&kept, by_layer, sum, count, out);
    OA_TRY(put_axes(run, job, kept.dims[2]));
    return oa_patterns_put_map(run, &job->model->map, "");
}
