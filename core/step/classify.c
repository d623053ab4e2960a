/* classify.c - class probabilities of local z-SDMs by an ensemble of networks, pixel sums, and the ions selected by them.
 * Li et al., Adv. Mater. 2024, 2407564 (CoCrNi) and Nat. Commun. 14, 7410 (2023) (Fe-Al). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/model.h"
#include "math/curve.h"
#include "math/pixels.h"
#include "math/sdm.h"
#include "nn/network.h"
#include "step/step.h"

typedef struct classify_params {
    const char *preset, *species;
    oa_reals roi;
    double voxel_edge, stride;
    const char *class;
    double threshold;
    const char *nan;
    const char *mode;
    double radius, half_range;
    int64_t bins, crop_first, crop_bins, smooth_window, smooth_order, background_first, background_last, background_sweeps;
} classify_params;

static const char *const preset_words[] = { "cocrni-002", "cocrni-111", "feal-002", NULL };
static const char *const nan_words[] = { "propagate", "zero", NULL };
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
    OA_PARAM(classify_params, class, .dflt_text = "1", .help = "class whose probability is summed: its number from 0, or its name"),
    OA_PARAM(classify_params, threshold, .dflt = 3.75, .min = 0, .max = 1e6,
             .help = "pixels above this sum select ions; a pixel inside is covered by (voxel edge / stride)^3 voxels, 8 for the default"),
    OA_PARAM(classify_params, nan, .dflt_text = "propagate", .choices = nan_words,
             .help = "what a voxel without a usable curve does to the pixels it covers: propagate makes them NaN, which is never above "
                     "the threshold; zero counts it as probability 0"),
    OA_PARAM(classify_params, mode, .dflt_text = "insphere", .choices = mode_words,
             .help = "pairs of the map: insphere, all pairs in the sphere; tree, ions in the sphere with all their neighbours"),
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
    OA_PARAM_END
};

static const oa_slot classify_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ranged ions" },
    { "model", OA_TAKES_MODEL, false, "trained network ensemble" },
    OA_SLOT_END
};

static const oa_output classify_outputs[] = {
    { .name = "probability/probability", .is_split = true, .type = OA_F32, .shape = "(grid_z, grid_y, grid_x, class)",
      .axes = "grid_z,grid_y,grid_x,class", .help = "class probability of each voxel, mean over the ensemble; NaN without a usable curve" },
    { .name = "probability/spread", .is_split = true, .type = OA_F32, .shape = "(grid_z, grid_y, grid_x, class)",
      .help = "population standard deviation of the probability over the ensemble" },
    { .name = "probability/is_valid", .is_split = true, .type = OA_U8, .shape = "(grid_z, grid_y, grid_x)", .help = "1 where the voxel has a usable curve" },
    { .name = "probability/grid_z", .is_split = true, .type = OA_F64, .shape = "(grid_z)", .unit = OA_NM, .help = "voxel centres" },
    { .name = "probability/grid_y", .type = OA_F64, .shape = "(grid_y)", .unit = OA_NM, .help = "voxel centres" },
    { .name = "probability/grid_x", .type = OA_F64, .shape = "(grid_x)", .unit = OA_NM, .help = "voxel centres" },
    { .name = "probability/class", .type = OA_U32, .shape = "(class)", .help = "class number; the long name says which is which" },
    { .name = "pixels/sum", .type = OA_F32, .shape = "(grid_z, grid_y, grid_x)", .axes = "grid_z,grid_y,grid_x", .is_plot = true,
      .help = "probability of the class, summed over the voxels that cover the pixel" },
    { .name = "pixels/grid_z", .type = OA_F64, .shape = "(grid_z)", .unit = OA_NM, .help = "pixel centres" },
    { .name = "pixels/grid_y", .type = OA_F64, .shape = "(grid_y)", .unit = OA_NM, .help = "pixel centres" },
    { .name = "pixels/grid_x", .type = OA_F64, .shape = "(grid_x)", .unit = OA_NM, .help = "pixel centres" },
    { .name = "selected/pixel_sum", .type = OA_F32, .shape = "(ion)", .axes = "ion_index",
      .help = "sum of the pixel that the ion lies in; 0 beyond the pixels" },
    { .name = "selected/ion_index", .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: all ions near a pixel above the threshold" },
    { .name = "summary/species", .type = OA_TEXT, .help = "species of the maps" },
    { .name = "summary/species_ions", .type = OA_U64, .help = "ions of these species" },
    { .name = "summary/model_sha256", .type = OA_TEXT, .help = "digest over the weights and the input definition of the model" },
    { .name = "summary/class_name", .type = OA_TEXT, .help = "class that was summed" },
    { .name = "summary/voxels", .type = OA_U64, .help = "voxels of the scan" },
    { .name = "summary/invalid_voxels", .type = OA_U64, .help = "voxels without a usable curve" },
    { .name = "summary/mean_probability", .type = OA_F64, .is_optional = true,
      .help = "mean probability of the class over the valid voxels; left out where there are none" },
    { .name = "summary/pixels", .type = OA_U64, .help = "pixels" },
    { .name = "summary/pixels_selected", .type = OA_U64, .help = "pixels above the threshold" },
    { .name = "summary/ions_selected", .type = OA_U64, .help = "ions near a pixel above the threshold" },
    OA_OUTPUT_END
};

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
    if (p->smooth_window && (p->smooth_window % 2 == 0 || p->smooth_order >= p->smooth_window || p->smooth_window > p->crop_bins))
        return oa_fail_at(context, OA_IN_PARAMETER("smooth_window"), "E_PARAMETER_RANGE", "a window of %lld with order %lld; the window must be odd, above "
                          "the order and no longer than the curve of %lld bins", (long long)p->smooth_window, (long long)p->smooth_order,
                          (long long)p->crop_bins);
    if (p->background_first > p->background_last || p->background_last >= p->crop_bins)
        return oa_fail_at(context, OA_IN_PARAMETER("background_last"), "E_PARAMETER_RANGE", "the background window %lld to %lld does not lie in a curve of "
                          "%lld bins", (long long)p->background_first, (long long)p->background_last, (long long)p->crop_bins);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- what is to be done */

/* The map that the parameters ask for, in the words of the model. */
static oa_map_definition map_of(const classify_params *p, int64_t channels)
{
    oa_map_definition map = { .dimensions = 1, .channels = channels, .radius = p->radius, .half_range = p->half_range, .bins = p->bins,
                              .crop_first = p->crop_first, .crop_bins = p->crop_bins, .smooth_window = p->smooth_window,
                              .smooth_order = p->smooth_order, .background_first = p->background_first,
                              .background_last = p->background_last, .background_sweeps = p->background_sweeps };
    snprintf(map.preset, sizeof map.preset, "%s", p->preset);
    snprintf(map.mode, sizeof map.mode, "%s", p->mode);
    return map;
}

static oa_status find_class(oa_run *run, const oa_model *model, const char *word, size_t *out)
{
    int64_t number;
    char names[OA_CLASSES_MAX * 34] = "";
    for (int64_t i = 0; i < model->n_classes; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%lld %s", i ? ", " : "", (long long)i, model->classes[i]);
        *out = (size_t)i;
        if (strcmp(word, model->classes[i]) == 0) return OA_OK;
    }
    if (oa_text_integer(word, strlen(word), &number) && number >= 0 && number < model->n_classes) {
        *out = (size_t)number;
        return OA_OK;
    }
    return oa_fail_at(run->context, OA_IN_PARAMETER("class"), "E_PARAMETER_CHOICE", "the model has no class %s; it has %s", word, names);
}

/* What both halves of the step need: the scan, the species, the class. */
typedef struct classify_job {
    const classify_params *params;
    const oa_ions *ions;
    const oa_model *model;
    char **words; /* (n_words) species; channels of them make one task */
    size_t n_words, channels, class;
    oa_scan scan; /* of the whole region */
} classify_job;

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
    job->n_words = n;
    if (n == 0 || n % job->channels)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "%zu species for a model of %zu channels; give %zu for each result",
                          n, job->channels, job->channels);
    return OA_OK;
}

static oa_status prepare(oa_run *run, const classify_params *p, classify_job *job)
{
    const oa_input *ions = oa_run_input(run, "ions"), *model = oa_run_input(run, "model");
    double box[6];
    if (!ions || !ions->ions || !model || !model->model)
        return oa_fail(run->context, "E_INPUT_KIND", "classify takes ions and a model; one of them is missing");
    *job = (classify_job){ .params = p, .ions = ions->ions, .model = model->model, .channels = (size_t)model->model->input_channels };
    if (!job->ions->ranges || !oa_ions__data(job->ions, OA_TYPE))
        return oa_fail(run->context, "E_NOT_RANGED", "the ions have no types, so no species can be told; run range with a range file first");
    const oa_map_definition wanted = map_of(p, (int64_t)job->channels);
    OA_TRY(oa_map_definition_compare(run->context, &wanted, &job->model->map));
    OA_TRY(find_class(run, job->model, p->class, &job->class));
    OA_TRY(split_species(run, job));
    OA_TRY(oa_roi_resolve(run, job->ions, &p->roi, p->stride, box));
    job->scan = oa_scan_of(box, p->voxel_edge, p->stride);
    if (oa_scan_count(&job->scan) == 0)
        return oa_fail_at(run->context, OA_IN_PARAMETER("roi"), "E_ROI_OUTSIDE", "no voxel of %g nm fits into %g x %g x %g nm; give a larger roi",
                          p->voxel_edge, box[1] - box[0], box[3] - box[2], box[5] - box[4]);
    return OA_OK;
}

/* "Ni", or "Fe-Al" for several channels. */
static void task_title(const classify_job *job, size_t task, char title[96])
{
    title[0] = 0;
    for (size_t c = 0; c < job->channels; c++) {
        const size_t used = strlen(title);
        snprintf(title + used, 96 - used, "%s%s", c ? "-" : "", job->words[task * job->channels + c]);
    }
}

/* ---------------------------------------------------------------------------------------------- voxels */

typedef struct voxel_job {
    oa_sdm sdm;
    oa_curve_plan curve;
    oa_network network;
    oa_sites sites;
    float *probability, *spread; /* (voxels, classes) */
    uint8_t *is_valid;
} voxel_job;

enum { VOXELS_PER_CHUNK = OA_BATCH_GROUP, SLOT_MAPS = 5, SLOT_CURVES = 6 };

/* Maps, curves and probabilities of one chunk: never more of them in memory than there are threads. */
static oa_status classify_chunk(void *arg, oa_span span, oa_worker *worker)
{
    voxel_job *job = arg;
    const size_t n = span.end - span.begin, pairs = job->sdm.n_pairs, bins = oa_sdm_map_size(&job->sdm.rule);
    const size_t classes = job->network.n_classes, input = job->network.n_input;
    uint32_t *maps;
    float *curves;
    OA_TRY(oa_worker_scratch(worker, SLOT_MAPS, &maps, VOXELS_PER_CHUNK * pairs * bins, sizeof *maps));
    OA_TRY(oa_worker_scratch(worker, SLOT_CURVES, &curves, VOXELS_PER_CHUNK * input, sizeof *curves));
    OA_TRY(oa_sdm_block(&job->sdm, worker, &job->sites, span.begin, span.end, maps, NULL));
    OA_TRY(oa_curve_block(&job->curve, job->sdm.kernels, worker, n * pairs, maps, (oa_curve_output){ curves, pairs }));
    const oa_prediction out = { .mean = job->probability + span.begin * classes, .spread = job->spread + span.begin * classes };
    OA_TRY(oa_network_group(&job->network, worker, curves, n, &out));
    for (size_t i = span.begin; i < span.end; i++) job->is_valid[i] = !isnan(job->probability[i * classes]);
    return OA_OK;
}

/* Cells of one species; also how many ions it has. */
static oa_status species_cells(oa_run *run, const classify_job *job, const char *species, const oa_sdm_rule *rule, oa_cells *out)
{
    const oa_ions *ions = job->ions;
    bool *is_member;
    uint8_t *take;
    OA_TRY(oa_scratch(run, &is_member, ions->ranges->n_types + 1, sizeof *is_member));
    OA_TRY(oa_ranges__species(run->context, ions->ranges, species, "species", is_member));
    OA_TRY(oa_new(run->context, &take, ions->n, 1));
    for (size_t i = 0; i < ions->n; i++) take[i] = is_member[oa_ions__type(ions, i)];
    const oa_points points = { .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y), .z = oa_ions__f32(ions, OA_Z),
                               .take = take };
    const oa_status status = oa_cells_build(&run->arena, out, &points, oa_sdm_cell_edge(rule), false);
    oa_free(run->context, take);
    return status;
}

/* Centres of n voxels along an axis; number by number, so that slabs give the same bits. */
static oa_status put_voxel_axis(oa_run *run, const char *name, const oa_scan *scan, int axis, size_t first, size_t n)
{
    double *values;
    OA_TRY(oa_put_array(run, name, 1, &n, &values));
    for (size_t k = 0; k < n; k++) values[k] = oa_scan_axis(scan, axis, first + k);
    return OA_OK;
}

static oa_status put_classes(oa_run *run, const oa_model *model)
{
    const size_t n = (size_t)model->n_classes;
    char text[OA_CLASSES_MAX * 40] = "class: ";
    uint32_t *axis;
    OA_TRY(oa_put_array(run, "probability/class", 1, &n, &axis));
    for (size_t i = 0; i < n; i++) {
        const size_t used = strlen(text);
        axis[i] = (uint32_t)i;
        snprintf(text + used, sizeof text - used, "%s%zu %s", i ? ", " : "", i, model->classes[i]);
    }
    return oa_put_long_name(run, "probability/class", text);
}

/* Arrays of the layers [first, first + layers) along z. */
static oa_status put_grid(oa_run *run, const classify_job *job, size_t first, size_t layers, voxel_job *out)
{
    const oa_scan *scan = &job->scan;
    const size_t dims[4] = { layers, scan->n[1], scan->n[0], (size_t)job->model->n_classes };
    OA_TRY(oa_put_array(run, "probability/probability", 4, dims, &out->probability));
    OA_TRY(oa_put_array(run, "probability/spread", 4, dims, &out->spread));
    OA_TRY(oa_put_array(run, "probability/is_valid", 3, dims, &out->is_valid));
    OA_TRY(put_voxel_axis(run, "probability/grid_z", scan, 2, first, layers));
    OA_TRY(put_voxel_axis(run, "probability/grid_y", scan, 1, 0, scan->n[1]));
    OA_TRY(put_voxel_axis(run, "probability/grid_x", scan, 0, 0, scan->n[0]));
    return put_classes(run, job->model);
}

static oa_status run_task(oa_run *run, const classify_job *job, size_t task)
{
    const classify_params *p = job->params;
    const oa_sdm_rule rule = { .mode = strcmp(p->mode, "tree") == 0 ? OA_SDM_TREE : OA_SDM_INSPHERE, .dimensions = 1, .radius = p->radius,
                               .half_range = p->half_range, .bins = p->bins, .first = p->crop_first, .kept = p->crop_bins };
    const oa_curve_rule clean = { .bins = p->crop_bins, .window = p->smooth_window, .order = p->smooth_order,
                                  .first = p->background_first, .last = p->background_last, .sweeps = p->background_sweeps };
    const size_t layer = job->scan.n[0] * job->scan.n[1], nz = job->scan.n[2];
    const size_t first = nz * (size_t)(run->slab - 1) / (size_t)run->slabs, end = nz * (size_t)run->slab / (size_t)run->slabs;
    oa_cells *cells;
    oa_sdm_pair *pairs;
    char title[96];
    OA_TRY(oa_scratch(run, &cells, job->channels, sizeof *cells));
    OA_TRY(oa_scratch(run, &pairs, job->channels, sizeof *pairs));
    for (size_t c = 0; c < job->channels; c++) {
        OA_TRY(species_cells(run, job, job->words[task * job->channels + c], &rule, &cells[c]));
        pairs[c] = (oa_sdm_pair){ (int)c, (int)c };
    }
    task_title(job, task, title);
    OA_TRY(oa_run_task(run, (int)task + 1, title));
    voxel_job voxels = { .sdm = { .kernels = run->context->kernels, .rule = rule, .n_species = (int)job->channels, .species = cells,
                                  .n_pairs = job->channels, .pairs = pairs },
                         .sites = { .n = (end - first) * layer, .scan = &job->scan, .first = first * layer } };
    OA_TRY(oa_curve_plan_make(&run->arena, &voxels.curve, &clean));
    OA_TRY(oa_network_plan(run->context, job->model, &voxels.network));
    OA_TRY(put_grid(run, job, first, end - first, &voxels));
    oa_phase(run->context, "voxels");
    return oa_parallel(run->context, voxels.sites.n, VOXELS_PER_CHUNK, classify_chunk, &voxels);
}

static oa_status classify_run(oa_run *run, const void *params)
{
    classify_job job;
    OA_TRY(prepare(run, params, &job));
    for (size_t task = 0; task < job.n_words / job.channels; task++) OA_TRY(run_task(run, &job, task));
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- pixels and ions */

/* What the second half makes of one task. */
typedef struct pixel_job {
    oa_pixels grid;
    const double *sums;
    oa_points ions;
} pixel_job;

/* Sum of the pixel that the ion lies in; 0 outside the grid, where the next pixel may still reach it. */
static float sum_at(const pixel_job *job, size_t ion)
{
    double at[3];
    size_t pixel = 0;
    oa_points_get(&job->ions, ion, at);
    for (int axis = 2; axis >= 0; axis--) {
        const size_t n = job->grid.pixels[2 - axis];
        const double k = floor((at[axis] - job->grid.lo[axis]) / job->grid.stride);
        if (!(k >= 0 && k < (double)n)) return 0;
        pixel = pixel * n + (size_t)k;
    }
    return (float)job->sums[pixel];
}

static oa_status put_selected(oa_run *run, const pixel_job *job, double threshold)
{
    uint8_t *is_chosen, *is_inside;
    size_t n;
    OA_TRY(oa_scratch(run, &is_chosen, oa_pixels_count(&job->grid), 1));
    OA_TRY(oa_scratch(run, &is_inside, job->ions.n, 1));
    const size_t chosen = oa_pixels_choose(&job->grid, job->sums, threshold, INFINITY, is_chosen);
    OA_TRY(oa_pixels_ions(run->context, &job->grid, is_chosen, &job->ions, is_inside, &n));
    uint64_t *index;
    float *sum;
    OA_TRY(oa_put_array(run, "selected/ion_index", 1, &n, &index));
    OA_TRY(oa_put_array(run, "selected/pixel_sum", 1, &n, &sum));
    for (size_t i = 0, k = 0; i < job->ions.n; i++) {
        if (!is_inside[i]) continue;
        index[k] = i;
        sum[k++] = sum_at(job, i);
    }
    OA_TRY(oa_put_count(run, "summary/pixels", oa_pixels_count(&job->grid)));
    OA_TRY(oa_put_count(run, "summary/pixels_selected", chosen));
    return oa_put_count(run, "summary/ions_selected", n);
}

/* Sums are made and compared in double, and kept as floats. */
static oa_status sum_pixels(oa_run *run, const classify_job *job, const float *probability, const oa_pixels *grid, const double **out)
{
    const size_t voxels = oa_scan_count(&job->scan), pixels = oa_pixels_count(grid), classes = (size_t)job->model->n_classes;
    double *values, *sums;
    float *kept;
    OA_TRY(oa_scratch(run, &values, voxels, sizeof *values));
    OA_TRY(oa_scratch(run, &sums, pixels, sizeof *sums));
    for (size_t i = 0; i < voxels; i++) values[i] = probability[i * classes + job->class];
    oa_pixels_sum(grid, values, strcmp(job->params->nan, "zero") == 0 ? OA_NAN_ZERO : OA_NAN_PROPAGATE, sums);
    OA_TRY(oa_put_array(run, "pixels/sum", 3, grid->pixels, &kept));
    for (size_t i = 0; i < pixels; i++) kept[i] = (float)sums[i];
    *out = sums;
    return OA_OK;
}

static oa_status put_pixel_axis(oa_run *run, const char *name, const oa_pixels *grid, int axis)
{
    const size_t n = grid->pixels[2 - axis];
    double *values;
    OA_TRY(oa_put_array(run, name, 1, &n, &values));
    for (size_t k = 0; k < n; k++) values[k] = grid->lo[axis] + ((double)k + 0.5) * grid->stride;
    return OA_OK;
}

static oa_status put_pixels(oa_run *run, const classify_job *job, const float *probability)
{
    static const char *const names[3] = { "pixels/grid_x", "pixels/grid_y", "pixels/grid_z" };
    const oa_scan *scan = &job->scan;
    const size_t voxels[3] = { scan->n[2], scan->n[1], scan->n[0] };
    pixel_job pixels = { .grid = oa_pixels_of(voxels, scan->lo, scan->voxel, scan->stride),
                         .ions = { .n = job->ions->n, .x = oa_ions__f32(job->ions, OA_X), .y = oa_ions__f32(job->ions, OA_Y),
                                   .z = oa_ions__f32(job->ions, OA_Z) } };
    OA_TRY(sum_pixels(run, job, probability, &pixels.grid, &pixels.sums));
    for (int axis = 0; axis < 3; axis++) OA_TRY(put_pixel_axis(run, names[axis], &pixels.grid, axis));
    return put_selected(run, &pixels, job->params->threshold);
}

static oa_status count_species(oa_run *run, const classify_job *job, size_t task, uint64_t *out)
{
    const oa_ions *ions = job->ions;
    bool *is_member, *is_any;
    OA_TRY(oa_scratch(run, &is_any, ions->ranges->n_types + 1, sizeof *is_any));
    OA_TRY(oa_scratch(run, &is_member, ions->ranges->n_types + 1, sizeof *is_member));
    for (size_t c = 0; c < job->channels; c++) {
        OA_TRY(oa_ranges__species(run->context, ions->ranges, job->words[task * job->channels + c], "species", is_member));
        for (size_t t = 0; t <= ions->ranges->n_types; t++) is_any[t] |= is_member[t];
    }
    *out = 0;
    for (size_t i = 0; i < ions->n; i++) *out += is_any[oa_ions__type(ions, i)];
    return OA_OK;
}

static oa_status put_summary(oa_run *run, const classify_job *job, size_t task, const float *probability, const char *title)
{
    const size_t voxels = oa_scan_count(&job->scan), classes = (size_t)job->model->n_classes;
    size_t invalid = 0;
    double sum = 0;
    uint64_t ions;
    for (size_t i = 0; i < voxels; i++) {
        const float value = probability[i * classes + job->class];
        invalid += isnan(value) != 0;
        sum += isnan(value) ? 0 : value;
    }
    OA_TRY(count_species(run, job, task, &ions));
    if (2 * invalid > voxels)
        oa_note(run, "W_FEW_IONS", "%s: %zu of %zu voxels have no usable curve; the %llu ions of the species are too few for this region", title,
                invalid, voxels, (unsigned long long)ions);
    OA_TRY(oa_put_text(run, "summary/species", title));
    OA_TRY(oa_put_count(run, "summary/species_ions", ions));
    OA_TRY(oa_put_text(run, "summary/model_sha256", job->model->sha256));
    OA_TRY(oa_put_text(run, "summary/class_name", job->model->classes[job->class]));
    OA_TRY(oa_put_count(run, "summary/voxels", voxels));
    OA_TRY(oa_put_count(run, "summary/invalid_voxels", invalid));
    return invalid < voxels ? oa_put_real(run, "summary/mean_probability", sum / (double)(voxels - invalid)) : OA_OK;
}

/* Needs all layers: after the scan, or after the slabs were joined. */
static oa_status classify_finish(oa_run *run, const void *params)
{
    classify_job job;
    OA_TRY(prepare(run, params, &job));
    oa_phase(run->context, "pixels");
    for (size_t task = 0; task < job.n_words / job.channels; task++) {
        char title[96];
        task_title(&job, task, title);
        OA_TRY(oa_run_task(run, (int)task + 1, title));
        const oa_array *found = oa_values_find(run->out, run->task, "probability/probability");
        const size_t values = oa_scan_count(&job.scan) * (size_t)job.model->n_classes;
        if (!found || found->type != OA_F32 || oa_array_count(found) != values)
            return oa_fail(run->context, "E_SLABS", "%s: %zu probabilities where %zu are wanted; give all parts of one call", title,
                           found ? oa_array_count(found) : 0, values);
        const float *probability = found->block->data; /* the block stays where it is while arrays are added */
        OA_TRY(put_summary(run, &job, task, probability, title));
        OA_TRY(put_pixels(run, &job, probability));
    }
    return OA_OK;
}

/* Probabilities and spread, pixels, cells of one task and flags; buffers of the threads are small beside them. */
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
    size_t tasks = 1;
    for (const char *c = p->species; *c; c++) tasks += *c == ',';
    const double bytes = (double)tasks * (voxels * (8.0 * (double)model->model->n_classes + 22) + 20.0 * (double)ions->ions->n) + 4e6 * run->context->threads;
    return bytes > 0 && bytes < 1e18 ? (uint64_t)bytes : 0;
}

const oa_step oa_step_classify = {
    .name = "classify",
    .version = 1,
    .title = "Class probabilities from local z-SDMs",
    .help = "Scans the specimen with overlapping voxels, makes the z-SDM of a species in each, cleans the curve and lets an ensemble of "
            "networks give class probabilities. These are summed on pixels; all ions near a pixel above the threshold are selected. "
            "Li et al., Adv. Mater. 2024, 2407564 and Nat. Commun. 14, 7410 (2023).",
    .params = classify_table, .params_size = sizeof(classify_params), .presets = oa_map_presets,
    .slots = classify_slots,  .outputs = classify_outputs, .has_slabs = true,
    .check = classify_check,  .run = classify_run, .finish = classify_finish, .memory = classify_memory,
};
