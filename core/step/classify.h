/* classify.h - what the files of the step share: classify.c (parameters, species, classes), classify_voxels.c (probabilities
 * of voxels), classify_curves.c (their mean curves) and classify_pixels.c (pixels, ions, summary: all that needs the whole specimen). */
#ifndef OA_STEP_CLASSIFY_H
#define OA_STEP_CLASSIFY_H

#include <stdatomic.h>

#include "data/model.h"
#include "math/planes.h"
#include "math/sdm.h"
#include "step/step.h"

typedef struct classify_params {
    const char *preset, *species;
    oa_reals roi;
    double voxel_edge, stride;
    oa_reals direction;
    const char *class;
    oa_reals threshold;
    const char *nan;
    bool calibrated;
    const char *mode;
    int64_t dimensions;
    double radius, half_range;
    int64_t bins, crop_first, crop_bins, smooth_window, smooth_order, background_first, background_last, background_sweeps;
    const char *picture;
    int64_t pixels;
} classify_params;

/* The scan, the species, the classes. One result per group of species and class, in that order: task
 * group * n_classes + class + 1. */
typedef struct classify_job {
    const classify_params *params;
    const oa_ions *ions;
    const oa_model *model;
    char **words; /* (groups * channels) species; channels of them make one group */
    size_t groups, channels;
    size_t n_classes, class[OA_CLASSES_MAX]; /* numbers of the classes that are summed */
    double threshold[OA_CLASSES_MAX];
    oa_frame frame;
    oa_scan scan; /* of the whole region, in the frame of the specimen */
    double box[6];
} classify_job;

oa_status oa_classify__prepare(oa_run *run, const classify_params *params, classify_job *job) OA_MUST_USE;
oa_sdm_rule oa_classify__rule(const classify_params *params);
/* Makes the task the current one, with its title: "Ni", "Fe-Al" for several channels, "Fe-Al B2" for several classes. */
oa_status oa_classify__task(oa_run *run, const classify_job *job, size_t group, size_t class) OA_MUST_USE;
void oa_classify__title(const classify_job *job, size_t group, size_t class, char title[128]);

/* classify_voxels.c: probabilities of the layers of this slab. */
oa_status oa_classify__voxels(oa_run *run, const classify_job *job, size_t group) OA_MUST_USE;

/* classify_curves.c. Sums of the curves of each class and layer, filled by all threads at once. */
typedef struct classify_curves {
    size_t layers, per_layer, classes, values; /* voxels of a layer; bins * channels */
    _Atomic uint64_t *count;                   /* (layers, classes) */
    _Atomic uint64_t *sum;                     /* (layers, classes, values) in steps of 2^-24 */
} classify_curves;
oa_status oa_classify__curves_begin(oa_run *run, size_t layers, size_t per_layer, size_t classes, size_t values, classify_curves *out) OA_MUST_USE;
/* Voxels [begin, end) of the slab, their curves (n, values) and the probabilities of the slab (voxels, classes). */
oa_status oa_classify__curves_add(const classify_curves *c, oa_worker *worker, oa_span span, const float *curves, const float *probability) OA_MUST_USE;
/* Means of the layers as results of the current task; then, when all layers are there, of the specimen as patterns for `attribute`. */
oa_status oa_classify__curves_put(oa_run *run, const classify_job *job, const classify_curves *c) OA_MUST_USE;
oa_status oa_classify__curves_join(oa_run *run, const classify_job *job) OA_MUST_USE;

/* classify_pixels.c: from the probabilities of all layers to everything else. */
oa_status oa_classify__pixels(oa_run *run, const classify_job *job) OA_MUST_USE;

#endif
