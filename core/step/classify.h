/* classify.h - what the files of the step share: classify.c (parameters, species, classes), classify_voxels.c (probabilities
 * of voxels) and classify_pixels.c (pixels, ions, summary: all that needs the whole specimen). */
#ifndef OA_STEP_CLASSIFY_H
#define OA_STEP_CLASSIFY_H

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
/* classify_pixels.c: from the probabilities of all layers to everything else. */
oa_status oa_classify__pixels(oa_run *run, const classify_job *job) OA_MUST_USE;

#endif
