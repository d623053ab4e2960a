/* classify.c - class probabilities of local SDMs by an ensemble of networks, pixel sums, and the ions selected by them:
 * parameters, species and classes. Li et al., Adv. Mater. 2024, 2407564 (CoCrNi), Nat. Commun. 14, 7410 (2023) (Fe-Al), and npj
 * Comput. Mater. 7, 8 (2021) (Al-Li-Mg, pictures). */
#include "step/classify.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/curve.h"
#include "nn/network.h"
#include "nn/outlier.h"
#include "step/cloud.h"

static const char *const preset_words[] = { "cocrni-002", "cocrni-111", "feal-002", "allimg-011", NULL };
static const char *const nan_words[] = { "propagate", "zero", NULL };
static const char *const picture_words[] = { "", "levels", "linear", NULL };
static const char *const mode_words[] = { "insphere", "tree", NULL };

static const oa_param classify_table[] = {
    OA_PARAM(classify_params, preset, .dflt_text = "cocrni-002", .choices = preset_words,
             .help = "what the network was made for; fills the map below, class and threshold"),
    OA_PARAM(classify_params, species, .dflt_text = "",
             .help = "elements or ion names, Ni or Ni,Co: one result each; a network of several channels takes as many species together (Fe,Al)"),
    OA_PARAM(classify_params, roi, .unit = OA_NM, .n_min = 6, .n_max = 6,
             .help = "box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill; left out: the bounding box, moved inwards to the stride grid"),
    OA_PARAM(classify_params, voxel_edge, .unit = OA_NM, .dflt = 1, .min = 0.01, .max = 100, .help = "edge of a voxel of the scan"),
    OA_PARAM(classify_params, stride, .unit = OA_NM, .dflt = 0.5, .min = 0.01, .max = 100,
             .help = "distance of neighbouring voxels, and edge of a pixel; the voxel edge is a multiple of it"),
    OA_PARAM(classify_params, direction, .dflt_text = "0,0,1", .n_min = 3, .n_max = 3, .min = -1e6, .max = 1e6,
             .help = "x,y,z of the specimen that the maps look along, the normal of the atomic planes; voxels, pixels and ions stay as they are. The "
                     "map's x lies across z and the direction: x' = y' x z', y' = z x z' (y where the direction is along z)"),
    OA_PARAM(classify_params, class, .dflt_text = "1",
             .help = "class whose probability is summed: its number from 0, or its name; several, B2,D03 or 1,2: one result each"),
    OA_PARAM(classify_params, threshold, .dflt_text = "3.75", .n_min = 1, .n_max = OA_CLASSES_MAX, .min = 0, .max = 1e6,
             .help = "pixels above this sum select ions, one number or one for each class; a pixel inside is covered by (voxel edge / stride)^3 "
                     "voxels, 8 for the default"),
    OA_PARAM(classify_params, nan, .dflt_text = "propagate", .choices = nan_words,
             .help = "what a voxel without a usable curve does to the pixels it covers: propagate makes them NaN, which is never above "
                     "the threshold; zero counts it as probability 0"),
    OA_PARAM(classify_params, calibrated, .dflt = 0,
             .help = "divide the logits by the temperature that training fitted to the model, so that probabilities are shares of right answers"),
    OA_PARAM(classify_params, mode, .dflt_text = "insphere", .choices = mode_words,
             .help = "pairs of the map: insphere, all pairs in the sphere; tree, ions in the sphere with all their neighbours"),
    OA_PARAM(classify_params, dimensions, .dflt = 1, .min = 1, .max = 2, .help = "1: z-SDM; 2: zx-SDM, seen as a grey picture"),
    OA_PARAM(classify_params, radius, .unit = OA_NM, .dflt = 0.75, .min = 0.01, .max = 100, .help = "sphere around the centre of a voxel"),
    OA_PARAM(classify_params, half_range, .unit = OA_NM, .dflt = 1.5, .min = 0.01, .max = 100, .help = "the map reaches from minus to plus this distance"),
    OA_PARAM(classify_params, bins, .dflt = 200, .min = 1, .max = 65536, .help = "bins of the map"),
    OA_PARAM(classify_params, crop_first, .dflt = 54, .min = 0, .max = 65535, .help = "first bin the network sees"),
    OA_PARAM(classify_params, crop_bins, .dflt = 93, .min = 1, .max = OA_CURVE_BINS_MAX, .help = "how many bins it sees"),
    OA_PARAM(classify_params, smooth_window, .dflt = 15, .min = 0, .max = OA_CURVE_WINDOW_MAX, .help = "window of the Savitzky-Golay filter; 0: none"),
    OA_PARAM(classify_params, smooth_order, .dflt = 8, .min = 0, .max = 20, .help = "polynomial order of the filter"),
    OA_PARAM(classify_params, background_first, .dflt = 23, .min = 0, .max = 65535, .help = "first bin of the background window"),
    OA_PARAM(classify_params, background_last, .dflt = 68, .min = 0, .max = 65535, .help = "last bin of the background window"),
    OA_PARAM(classify_params, background_sweeps, .dflt = 1001, .min = 0, .max = 1000000, .help = "clipping sweeps of the background at most"),
    OA_PARAM(classify_params, picture, .dflt_text = "", .choices = picture_words, .help = "how a zx-SDM becomes grey: levels, as the published contour "
             "plots, or linear"),
    OA_PARAM(classify_params, pixels, .dflt = 0, .min = 0, .max = 4096, .help = "edge of the picture; 0 for curves"),
    OA_PARAM_END
};

static const oa_slot classify_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ranged ions" },
    { "model", OA_TAKES_MODEL, false, "trained network ensemble" },
    OA_SLOT_END
};

static const oa_output classify_outputs[] = {
    { .name = "probability/probability", .is_split = true, .type = OA_F32, .shape = "(grid_z, grid_y, grid_x, class)",
      .axes = "grid_z,grid_y,grid_x,class", .slice = "*,.,.,-1", .help = "class probability of each voxel, mean over the ensemble; NaN without a usable curve" },
    { .name = "probability/spread", .is_split = true, .type = OA_F32, .shape = "(grid_z, grid_y, grid_x, class)",
      .help = "population standard deviation of the probability over the ensemble" },
    { .name = "probability/is_valid", .is_split = true, .type = OA_U8, .shape = "(grid_z, grid_y, grid_x)", .help = "1 where the voxel has a usable curve" },
    { .name = "probability/outlier", .is_split = true, .is_optional = true, .type = OA_F32, .shape = "(grid_z, grid_y, grid_x)",
      .help = "how far the pattern lies from those of the training: mean square of its whitened features, about 1 for patterns like those" },
    { .name = "probability/grid_z", .is_split = true, .type = OA_F64, .shape = "(grid_z)", .unit = OA_NM, .help = "voxel centres" },
    { .name = "probability/grid_y", .type = OA_F64, .shape = "(grid_y)", .unit = OA_NM, .help = "voxel centres" },
    { .name = "probability/grid_x", .type = OA_F64, .shape = "(grid_x)", .unit = OA_NM, .help = "voxel centres" },
    { .name = "probability/class", .type = OA_U32, .shape = "(class)", .help = "class number; the long name says which is which" },
    { .name = "pixels/sum", .type = OA_F32, .shape = "(grid_z, grid_y, grid_x)", .axes = "grid_z,grid_y,grid_x", .is_plot = true, .slice = "*,.,.",
      .help = "probability of the class, summed over the voxels that cover the pixel" },
    { .name = "pixels/grid_z", .type = OA_F64, .shape = "(grid_z)", .unit = OA_NM, .help = "pixel centres" },
    { .name = "pixels/grid_y", .type = OA_F64, .shape = "(grid_y)", .unit = OA_NM, .help = "pixel centres" },
    { .name = "pixels/grid_x", .type = OA_F64, .shape = "(grid_x)", .unit = OA_NM, .help = "pixel centres" },
    { .name = "selected/pixel_sum", .type = OA_F32, .shape = "(ion)", .axes = "ion_index",
      .help = "sum of the pixel that the ion lies in; 0 beyond the pixels" },
    { .name = "selected/ion_index", .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: all ions near a pixel above the threshold" },
    OA_CLOUD_OUTPUTS("pixel_sum", OA_F32, false, "selected ions seen along y; the colour is the sum of their pixel"),
    { .name = "layers/curve", .is_split = true, .is_optional = true, .type = OA_F64, .shape = "(grid_z, class, bin, channel)",
      .help = "mean curve of the voxels of a layer whose likeliest class this is; NaN where there are none" },
    { .name = "layers/voxels", .is_split = true, .is_optional = true, .type = OA_U64, .shape = "(grid_z, class)", .help = "how many these are" },
    { .name = "patterns/pattern", .is_optional = true, .type = OA_F32, .shape = "(class, bin, channel)", .axes = "class,distance,.", .is_curves = true, .slice = "-1,.,0",
      .help = "mean curve of the voxels whose likeliest class this is, which `attribute` takes; NaN where there are none" },
    { .name = "patterns/voxels", .is_optional = true, .type = OA_U64, .shape = "(class)", .help = "how many these are" },
    { .name = "patterns/class", .is_optional = true, .type = OA_U32, .shape = "(class)", .help = "class number; the long name says which is which" },
    { .name = "patterns/distance", .is_optional = true, .type = OA_F64, .shape = "(bin)", .unit = OA_NM, .help = "middle of the bin" },
    { .name = "map/classes", .is_optional = true, .type = OA_TEXT, .help = "empty: mean curves have no label" },
    OA_MAP_OUTPUTS("map", true),
    { .name = "summary/species", .type = OA_TEXT, .help = "species of the maps" },
    { .name = "summary/species_ions", .type = OA_U64, .help = "ions of these species" },
    { .name = "summary/model_sha256", .type = OA_TEXT, .help = "digest over the weights and the input definition of the model" },
    { .name = "summary/class_name", .type = OA_TEXT, .help = "class that was summed" },
    { .name = "summary/threshold", .type = OA_F64, .help = "sum above which a pixel selects ions" },
    { .name = "summary/voxels", .type = OA_U64, .help = "voxels of the scan" },
    { .name = "summary/invalid_voxels", .type = OA_U64, .help = "voxels without a usable curve" },
    { .name = "summary/mean_probability", .type = OA_F64, .is_optional = true,
      .help = "mean probability of the class over the valid voxels; left out where there are none" },
    { .name = "summary/outlier_share", .type = OA_F64, .is_optional = true,
      .help = "share of the valid voxels that lie farther from the training than 99 in 100 of its held-out patterns; where the model can tell" },
    { .name = "summary/plane_spacing", .type = OA_F64, .unit = OA_NM, .is_optional = true,
      .help = "spacing of the atomic planes along the direction, 0.10 to 0.30 nm: where their reflection is strongest" },
    { .name = "summary/plane_quality", .type = OA_F64, .is_optional = true,
      .help = "strength of that reflection, |F|^2 / sum G^2, mean over nodes in the region: 30 and more where planes are resolved, 7 where there are none" },
    { .name = "summary/plane_share", .type = OA_F64, .is_optional = true, .help = "share of the nodes above 25" },
    { .name = "summary/plane_tilt", .type = OA_F64, .unit = OA_DEGREE, .is_optional = true,
      .help = "angle between the direction and the normal of the planes, mean over the nodes above 25; 0 where there are none" },
    { .name = "summary/pixels", .type = OA_U64, .help = "pixels" },
    { .name = "summary/pixels_selected", .type = OA_U64, .help = "pixels above the threshold" },
    { .name = "summary/ions_selected", .type = OA_U64, .help = "ions near a pixel above the threshold" },
    OA_OUTPUT_END
};

static oa_status check_lists(oa_context *context, const classify_params *p)
{
    int classes = 1;
    double square = 0;
    for (const char *c = p->class; *c; c++) classes += *c == ',';
    for (int i = 0; i < 3; i++) square += p->direction.v[i] * p->direction.v[i];
    if (p->threshold.n != 1 && p->threshold.n != classes)
        return oa_fail_at(context, OA_IN_PARAMETER("threshold"), "E_PARAMETER_VALUE", "%d thresholds for %d classes; give one for all or one for each",
                          p->threshold.n, classes);
    if (!(square > 1e-12))
        return oa_fail_at(context, OA_IN_PARAMETER("direction"), "E_PARAMETER_RANGE", "a direction needs a length; give 0,0,1 or the normal of the planes");
    return OA_OK;
}

static oa_status classify_check(oa_context *context, const void *params)
{
    const classify_params *p = params;
    const double covers = p->voxel_edge / p->stride;
    if (!p->species[0])
        return oa_fail_at(context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "species says which ions the maps are of; give --species Ni, for example");
    if (fabs(covers - rint(covers)) > 1e-9 || covers < 0.5)
        return oa_fail_at(context, OA_IN_PARAMETER("stride"), "E_PARAMETER_RANGE", "a voxel of %g nm is no multiple of the stride of %g nm; give a stride "
                          "that divides it", p->voxel_edge, p->stride);
    if (p->crop_first + p->crop_bins > p->bins)
        return oa_fail_at(context, OA_IN_PARAMETER("crop_bins"), "E_PARAMETER_RANGE", "bins %lld to %lld of a map of %lld bins; the crop must lie inside",
                          (long long)p->crop_first, (long long)(p->crop_first + p->crop_bins - 1), (long long)p->bins);
    if (p->dimensions == 2 && (p->pixels < 1 || !p->picture[0]))
        return oa_fail_at(context, OA_IN_PARAMETER("pixels"), "E_PARAMETER_RANGE", "a zx-SDM becomes a picture of %lld pixels by \"%s\"; give pixels and picture "
                          "(levels, linear)", (long long)p->pixels, p->picture);
    if (p->dimensions == 1 && (p->pixels || p->picture[0]))
        return oa_fail_at(context, OA_IN_PARAMETER("picture"), "E_PARAMETER_VALUE", "curves are no pictures; leave picture and pixels out, or give dimensions 2");
    if (p->smooth_window && (p->smooth_window % 2 == 0 || p->smooth_order >= p->smooth_window || p->smooth_window > p->crop_bins))
        return oa_fail_at(context, OA_IN_PARAMETER("smooth_window"), "E_PARAMETER_RANGE", "a window of %lld with order %lld; the window must be odd, above "
                          "the order and no longer than the curve of %lld bins", (long long)p->smooth_window, (long long)p->smooth_order,
                          (long long)p->crop_bins);
    if (p->background_first > p->background_last || (p->dimensions == 1 && p->background_last >= p->crop_bins))
        return oa_fail_at(context, OA_IN_PARAMETER("background_last"), "E_PARAMETER_RANGE", "the background window %lld to %lld does not lie in a curve of "
                          "%lld bins", (long long)p->background_first, (long long)p->background_last, (long long)p->crop_bins);
    return check_lists(context, p);
}

/* ---------------------------------------------------------------------------------------------- what is to be done */

/* The map that the parameters ask for, in the words of the model. */
static oa_map_definition map_of(const classify_params *p, int64_t channels)
{
    oa_map_definition map = { .dimensions = p->dimensions, .pixels = p->pixels, .channels = channels, .radius = p->radius, .half_range = p->half_range, .bins = p->bins,
                              .crop_first = p->crop_first, .crop_bins = p->crop_bins, .smooth_window = p->smooth_window,
                              .smooth_order = p->smooth_order, .background_first = p->background_first,
                              .background_last = p->background_last, .background_sweeps = p->background_sweeps };
    snprintf(map.preset, sizeof map.preset, "%s", p->preset);
    snprintf(map.mode, sizeof map.mode, "%s", p->mode);
    snprintf(map.picture, sizeof map.picture, "%s", p->picture);
    return map;
}

static oa_status find_classes(oa_run *run, classify_job *job)
{
    const oa_reals *threshold = &job->params->threshold;
    char **words;
    size_t n;
    OA_TRY(oa_words_split(run, job->params->class, ',', &words, &n));
    oa_status status = n >= 1 && n <= OA_CLASSES_MAX ? OA_OK
        : oa_fail_at(run->context, OA_IN_PARAMETER("class"), "E_PARAMETER_VALUE", "class names %zu classes; give 1 to %d", n, OA_CLASSES_MAX);
    for (size_t i = 0; status == OA_OK && i < n; i++) {
        status = oa_model__find_class(run->context, job->model, words[i], &job->class[i]);
        job->threshold[i] = threshold->v[threshold->n == 1 ? 0 : i]; /* the check saw to the numbers */
        for (size_t k = 0; status == OA_OK && k < i; k++)
            if (job->class[k] == job->class[i])
                status = oa_fail_at(run->context, OA_IN_PARAMETER("class"), "E_PARAMETER_VALUE", "class names %s twice", job->model->classes[job->class[i]]);
    }
    job->n_classes = n;
    oa_free(run->context, words);
    return status;
}

static oa_status split_species(oa_run *run, classify_job *job)
{
    char **words;
    size_t n;
    OA_TRY(oa_words_split(run, job->params->species, ',', &words, &n));
    oa_status status = oa_scratch(run, &job->words, n + 1, sizeof *job->words);
    for (size_t i = 0; status == OA_OK && i < n; i++) {
        status = oa_scratch(run, &job->words[i], strlen(words[i]) + 1, 1);
        if (status == OA_OK) memcpy(job->words[i], words[i], strlen(words[i]));
    }
    oa_free(run->context, words);
    OA_TRY(status);
    job->groups = n / job->channels;
    if (n == 0 || n % job->channels)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "%zu species for a model of %zu channels; give %zu for each result",
                          n, job->channels, job->channels);
    return OA_OK;
}

static oa_status place_scan(oa_run *run, const oa_ions *ions, const classify_params *p, double box[6], oa_scan *out)
{
    OA_TRY(oa_roi_resolve(run, ions, &p->roi, p->stride, box));
    *out = oa_scan_of(box, p->voxel_edge, p->stride);
    if (oa_scan_count(out)) return OA_OK;
    return oa_fail_at(run->context, OA_IN_PARAMETER("roi"), "E_ROI_OUTSIDE", "no voxel of %g nm fits into %g x %g x %g nm; give a larger roi",
                      p->voxel_edge, box[1] - box[0], box[3] - box[2], box[5] - box[4]);
}

oa_status oa_classify__prepare(oa_run *run, const classify_params *p, classify_job *job)
{
    const oa_input *ions = oa_run_input(run, "ions"), *model = oa_run_input(run, "model");
    if (!ions || !ions->ions || !model || !model->model)
        return oa_fail(run->context, "E_INPUT_KIND", "classify takes ions and a model; one of them is missing");
    *job = (classify_job){ .params = p, .ions = ions->ions, .model = model->model, .channels = (size_t)model->model->input_channels,
                           .frame = oa_frame_along(p->direction.v) };
    OA_TRY(oa_run_check_types(run, job->ions));
    OA_TRY(oa_model__check_sees_maps(run->context, job->model, model->file_name));
    const oa_map_definition wanted = map_of(p, (int64_t)job->channels);
    OA_TRY(oa_map_definition_compare(run->context, &wanted, &job->model->map));
    OA_TRY(find_classes(run, job));
    OA_TRY(split_species(run, job));
    return place_scan(run, job->ions, p, job->box, &job->scan);
}

oa_sdm_rule oa_classify__rule(const classify_params *p)
{
    return (oa_sdm_rule){ .mode = strcmp(p->mode, "tree") == 0 ? OA_SDM_TREE : OA_SDM_INSPHERE, .dimensions = (int)p->dimensions, .radius = p->radius,
                          .half_range = p->half_range, .bins = p->bins, .first = p->crop_first, .kept = p->crop_bins };
}

void oa_classify__title(const classify_job *job, size_t group, size_t class, char title[128])
{
    title[0] = 0;
    for (size_t c = 0; c < job->channels; c++) {
        const size_t used = strlen(title);
        snprintf(title + used, 128 - used, "%s%s", c ? "-" : "", job->words[group * job->channels + c]);
    }
    const size_t used = strlen(title);
    if (job->n_classes > 1) snprintf(title + used, 128 - used, " %s", job->model->classes[job->class[class]]);
}

oa_status oa_classify__task(oa_run *run, const classify_job *job, size_t group, size_t class)
{
    char title[128];
    oa_classify__title(job, group, class, title);
    return oa_run_task(run, (int)(group * job->n_classes + class) + 1, title);
}

static oa_status classify_run(oa_run *run, const void *params)
{
    classify_job job;
    OA_TRY(oa_classify__prepare(run, params, &job));
    for (size_t group = 0; group < job.groups; group++) OA_TRY(oa_classify__voxels(run, &job, group));
    return OA_OK;
}

/* Layers of this slab, with their spheres and, in mode tree, the neighbours beyond them; a little more for rounding. */
static oa_status classify_window(oa_run *run, const void *params, const oa_ions *ions, double z[2])
{
    const classify_params *p = params;
    const oa_sdm_rule rule = oa_classify__rule(p);
    const double reach = rule.radius + (rule.mode == OA_SDM_TREE ? rule.half_range : 0) + 1e-3;
    oa_scan scan;
    double box[6];
    OA_TRY(place_scan(run, ions, p, box, &scan));
    size_t first, end;
    oa_run_rows(run, scan.n[2], &first, &end);
    z[0] = oa_scan_axis(&scan, 2, first) - reach;
    z[1] = first < end ? oa_scan_axis(&scan, 2, end - 1) + reach : z[0] - 1;
    return OA_OK;
}

/* Needs all layers: after the scan, or after the slabs were joined. */
static oa_status classify_finish(oa_run *run, const void *params)
{
    classify_job job;
    OA_TRY(oa_classify__prepare(run, params, &job));
    return oa_classify__pixels(run, &job);
}

static double count_words(const char *text)
{
    double n = 1;
    for (const char *c = text; *c; c++) n += *c == ',';
    return n;
}

/* Per group of species: probabilities, spread and flags of the voxels, cells of all its ions. Per class: pixels. Once: sums in
 * double, flags of the ions, what the threads work with (docs/memory.md). */
static uint64_t classify_memory(const oa_run *run, const void *params)
{
    const classify_params *p = params;
    const oa_input *ions = oa_run_input(run, "ions"), *model = oa_run_input(run, "model");
    double lo[3], hi[3], voxels = 1;
    if (!ions || !ions->ions || !model || !model->model) return 0;
    oa_ions__bounds(ions->ions, lo, hi);
    for (int axis = 0; axis < 3; axis++) {
        const double length = p->roi.n == 6 ? p->roi.v[2 * axis + 1] - p->roi.v[2 * axis] : hi[axis] - lo[axis];
        voxels *= length / p->stride + 1;
    }
    const double species = count_words(p->species), groups = ceil(species / (double)model->model->input_channels), classes = count_words(p->class);
    const double per_voxel = groups * (8.0 * (double)model->model->n_classes + 6 + 5 * classes) + 16;
    const double bytes = voxels / run->slabs * per_voxel + (12 * fmin(species, 3) + (run->slabs > 1 ? 2 : 19)) * (double)ions->ions->n +
                         (p->dimensions == 2 ? 120e6 : 4e6) * run->context->threads + 4e6;
    return bytes > 0 && bytes < 1e18 ? (uint64_t)bytes : 0;
}

const oa_step oa_step_classify = {
    .name = "classify",
    .version = 2,
    .title = "Class probabilities from local SDMs",
    .help = "Scans the specimen with overlapping voxels, makes the z-SDM of a species in each, cleans the curve (or the picture of the zx-SDM) and "
            "lets an ensemble of networks give class probabilities. These are summed on pixels; all ions near a pixel above the threshold are "
            "selected. Li et al., Adv. Mater. 2024, 2407564, Nat. Commun. 14, 7410 (2023) and npj Comput. Mater. 7, 8 (2021).",
    .params = classify_table, .params_size = sizeof(classify_params), .presets = oa_map_presets,
    .slots = classify_slots,  .outputs = classify_outputs, .has_slabs = true,
    .check = classify_check,  .run = classify_run, .finish = classify_finish, .memory = classify_memory,
    .window = classify_window, .columns = OA_POSITIONS_TYPES,
};
