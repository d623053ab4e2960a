/* classify_voxels.c - from ions to class probabilities of voxels: map, curve or picture, network, chunk by chunk. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/calibration.h"
#include "math/curve.h"
#include "math/picture.h"
#include "nn/network.h"
#include "nn/outlier.h"
#include "step/classify.h"
#include "step/patterns.h"

typedef struct voxel_job {
    const classify_job *job;
    oa_sdm sdm;
    oa_curve_plan curve;     /* dimensions 1 */
    oa_picture_plan picture; /* dimensions 2 */
    oa_network network;
    oa_sites sites;
    size_t chunk;
    double temperature;          /* 0: the probabilities as the networks say them */
    float *probability, *spread; /* (voxels, classes) */
    float *outlier;              /* (voxels); NULL: the model cannot tell */
    uint8_t *is_valid;
    classify_curves curves; /* dimensions 1 */
} voxel_job;

/* A chunk of maps per thread: 512 curves, or 64 maps of 200 x 200, are 10 MB at most. */
enum { CURVES_PER_CHUNK = OA_BATCH_GROUP, PICTURES_PER_CHUNK = OA_BATCH, SLOT_PLACES = 3, SLOT_MAPS = 5, SLOT_PATTERNS = 6 };

/* ---------------------------------------------------------------------------------------------- one chunk */

/* Spheres stay spheres in a turned frame: the ions were turned when they were sorted, their centres are here. */
static oa_status make_maps(const voxel_job *v, oa_span span, oa_worker *worker, uint32_t *maps)
{
    double *places;
    const size_t n = span.end - span.begin;
    if (oa_frame_is_specimen(&v->job->frame)) return oa_sdm_block(&v->sdm, worker, &v->sites, span.begin, span.end, maps, NULL);
    OA_TRY(oa_worker_scratch(worker, SLOT_PLACES, &places, 3 * v->chunk, sizeof *places));
    for (size_t i = 0; i < n; i++) {
        oa_scan_centre(v->sites.scan, v->sites.first + span.begin + i, places + 3 * i);
        oa_frame_turn(&v->job->frame, places + 3 * i, places + 3 * i);
    }
    return oa_sdm_block(&v->sdm, worker, &(oa_sites){ .n = n, .list = places }, 0, n, maps, NULL);
}

static bool is_empty(const uint32_t *map, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (map[i]) return false;
    return true;
}

/* Grey of every channel side by side, as networks take it; NaN where a map is empty, which makes the voxel invalid. */
static void draw_pictures(const voxel_job *v, const uint32_t *maps, size_t n, uint8_t *grey, float *patterns)
{
    const size_t size = oa_sdm_map_size(&v->sdm.rule), channels = v->sdm.n_pairs, pixels = v->network.n_input / channels;
    for (size_t i = 0; i < n * channels; i++) {
        float *out = patterns + i / channels * v->network.n_input + i % channels;
        const bool is_void = is_empty(maps + i * size, size);
        oa_picture_draw(&v->picture, maps + i * size, grey);
        for (size_t k = 0; k < pixels; k++) out[k * channels] = is_void ? NAN : (float)grey[k] / 255.0f;
    }
}

/* Softmax of logits / temperature per member, then mean and spread as the network makes them. */
static void calibrate(const voxel_job *v, const float *logits, size_t row, float *mean, float *spread)
{
    const size_t classes = v->network.n_classes, members = (size_t)v->network.model->members;
    const oa_logits all = { .values = logits, .n = row + 1, .members = members, .units = classes };
    double p[OA_CLASSES_MAX], sum[OA_CLASSES_MAX] = { 0 }, squares[OA_CLASSES_MAX] = { 0 };
    bool is_number = true;
    for (size_t m = 0; m < members; m++) {
        is_number = oa_logits_row(&all, row, (int64_t)m, v->temperature, p) && is_number;
        for (size_t c = 0; c < classes; c++) {
            const double value = exp(p[c]);
            sum[c] += value;
            squares[c] += value * value;
        }
    }
    for (size_t c = 0; c < classes; c++) {
        const double m = sum[c] / (double)members, variance = squares[c] / (double)members - m * m;
        mean[c] = is_number ? (float)m : NAN;
        spread[c] = is_number ? (float)sqrt(variance > 0 ? variance : 0) : NAN;
    }
}

/* spare: (chunk, members, classes), for the logits */
static oa_status predict(const voxel_job *v, oa_span span, oa_worker *worker, const float *patterns, float *spare)
{
    const size_t classes = v->network.n_classes, n = span.end - span.begin;
    float *mean = v->probability + span.begin * classes, *spread = v->spread + span.begin * classes;
    const oa_prediction out = v->temperature > 0 ? (oa_prediction){ .logits = spare } : (oa_prediction){ .mean = mean, .spread = spread };
    OA_TRY(oa_network_group(&v->network, worker, patterns, n, &out));
    for (size_t i = 0; v->temperature > 0 && i < n; i++) calibrate(v, spare, i, mean + i * classes, spread + i * classes);
    return OA_OK;
}

/* Maps, patterns and probabilities of one chunk: never more of them in memory than there are threads. */
static oa_status classify_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const voxel_job *v = arg;
    const size_t n = span.end - span.begin, pairs = v->sdm.n_pairs, bins = oa_sdm_map_size(&v->sdm.rule), classes = v->network.n_classes;
    const size_t input = v->network.n_input, logits = (size_t)v->network.model->members * classes;
    uint32_t *maps;
    float *patterns;
    OA_TRY(oa_worker_scratch(worker, SLOT_MAPS, &maps, v->chunk * pairs * bins, sizeof *maps));
    OA_TRY(oa_worker_scratch(worker, SLOT_PATTERNS, &patterns, v->chunk * (input + logits) + input, sizeof *patterns));
    float *spare = patterns + v->chunk * input;
    OA_TRY(make_maps(v, span, worker, maps));
    if (v->sdm.rule.dimensions == 2) draw_pictures(v, maps, n, (uint8_t *)(spare + v->chunk * logits), patterns);
    else OA_TRY(oa_curve_block(&v->curve, v->sdm.kernels, worker, n * pairs, maps, (oa_curve_output){ patterns, pairs }));
    OA_TRY(predict(v, span, worker, patterns, spare));
    for (size_t i = span.begin; i < span.end; i++) v->is_valid[i] = !isnan(v->probability[i * classes]);
    if (v->outlier) oa_outlier_score(&v->network.model->outlier, v->network.extent[0], patterns, n, v->outlier + span.begin);
    return v->sdm.rule.dimensions == 1 ? oa_classify__curves_add(&v->curves, worker, span, patterns, v->probability) : OA_OK;
}

/* ---------------------------------------------------------------------------------------------- ions */

static size_t mark_species(const oa_ions *ions, const bool *is_member, uint8_t *take)
{
    size_t n = 0;
    for (size_t i = 0; i < ions->n; i++) n += take[i] = is_member[oa_ions__type(ions, i)];
    return n;
}

/* The ions of the species, turned; (3, n). */
static void turn_ions(const oa_ions *ions, const uint8_t *take, const oa_frame *frame, size_t n, float *out)
{
    const float *at[3] = { oa_ions__f32(ions, OA_X), oa_ions__f32(ions, OA_Y), oa_ions__f32(ions, OA_Z) };
    for (size_t i = 0, k = 0; i < ions->n; i++) {
        if (!take[i]) continue;
        double p[3] = { at[0][i], at[1][i], at[2][i] };
        oa_frame_turn(frame, p, p);
        for (size_t axis = 0; axis < 3; axis++) out[axis * n + k] = (float)p[axis];
        k++;
    }
}

static oa_status build_cells(oa_run *run, const classify_job *job, const oa_sdm_rule *rule, const uint8_t *take, size_t n, oa_cells *out)
{
    const oa_ions *ions = job->ions;
    oa_points points = { .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y), .z = oa_ions__f32(ions, OA_Z), .take = take };
    if (oa_frame_is_specimen(&job->frame)) return oa_cells_build(&run->arena, out, &points, oa_sdm_cell_edge(rule), false);
    float *turned;
    OA_TRY(oa_new(run->context, &turned, 3 * n, sizeof *turned));
    turn_ions(ions, take, &job->frame, n, turned);
    points = (oa_points){ .n = n, .x = turned, .y = turned + n, .z = turned + 2 * n };
    const oa_status status = oa_cells_build(&run->arena, out, &points, oa_sdm_cell_edge(rule), false);
    oa_free(run->context, turned);
    return status;
}

static oa_status species_cells(oa_run *run, const classify_job *job, const char *species, const oa_sdm_rule *rule, oa_cells *out)
{
    bool *is_member;
    uint8_t *take;
    OA_TRY(oa_scratch(run, &is_member, job->ions->ranges->n_types + 1, sizeof *is_member));
    OA_TRY(oa_ranges__species(run->context, job->ions->ranges, species, "species", is_member));
    OA_TRY(oa_new(run->context, &take, job->ions->n, 1));
    const size_t n = mark_species(job->ions, is_member, take);
    const oa_status status = build_cells(run, job, rule, take, n, out);
    oa_free(run->context, take);
    return status;
}

/* ---------------------------------------------------------------------------------------------- the arrays */

/* Centres of n voxels along an axis; number by number, so that slabs give the same bits. */
static oa_status put_voxel_axis(oa_run *run, const char *name, const oa_scan *scan, int axis, size_t first, size_t n)
{
    double *values;
    OA_TRY(oa_put_array(run, name, 1, &n, &values));
    for (size_t k = 0; k < n; k++) values[k] = oa_scan_axis(scan, axis, first + k);
    return OA_OK;
}

/* Arrays of the layers [first, first + layers) along z. */
static oa_status put_grid(oa_run *run, const classify_job *job, size_t first, size_t layers, voxel_job *out)
{
    const oa_scan *scan = &job->scan;
    const size_t dims[4] = { layers, scan->n[1], scan->n[0], (size_t)job->model->n_classes };
    OA_TRY(oa_put_array(run, "probability/probability", 4, dims, &out->probability));
    OA_TRY(oa_put_array(run, "probability/spread", 4, dims, &out->spread));
    OA_TRY(oa_put_array(run, "probability/is_valid", 3, dims, &out->is_valid));
    if (job->model->outlier.n) OA_TRY(oa_put_array(run, "probability/outlier", 3, dims, &out->outlier));
    OA_TRY(put_voxel_axis(run, "probability/grid_z", scan, 2, first, layers));
    OA_TRY(put_voxel_axis(run, "probability/grid_y", scan, 1, 0, scan->n[1]));
    OA_TRY(put_voxel_axis(run, "probability/grid_x", scan, 0, 0, scan->n[0]));
    return oa_put_class_axis(run, "probability/class", job->model->classes, (size_t)job->model->n_classes);
}

/* The other classes of a group have the probabilities of the first: the same memory, and one array in the file. */
static oa_status share_grid(oa_run *run, const classify_job *job, size_t group)
{
    const int from = (int)(group * job->n_classes) + 1;
    const size_t arrays = run->out->n;
    for (size_t class = 1; class < job->n_classes; class++) {
        OA_TRY(oa_classify__task(run, job, group, class));
        for (size_t i = 0; i < arrays; i++)
            if (run->out->arrays[i].task == from) OA_TRY(oa_put_same(run, i));
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- all of it */

static oa_status make_plans(oa_run *run, const classify_job *job, voxel_job *out)
{
    const classify_params *p = job->params;
    const oa_curve_rule clean = { .bins = p->crop_bins, .window = p->smooth_window, .order = p->smooth_order,
                                  .first = p->background_first, .last = p->background_last, .sweeps = p->background_sweeps };
    const oa_picture_rule draw = { .is_linear = strcmp(p->picture, "linear") == 0, .half_range = p->half_range, .bins = p->bins,
                                   .first = p->crop_first, .kept = p->crop_bins, .pixels = p->pixels };
    if (p->dimensions == 2) OA_TRY(oa_picture_plan_make(&run->arena, &out->picture, &draw));
    else OA_TRY(oa_curve_plan_make(&run->arena, &out->curve, &clean));
    OA_TRY(oa_network_plan(run->context, job->model, &out->network));
    const size_t wanted = (p->dimensions == 2 ? (size_t)p->pixels * (size_t)p->pixels : (size_t)p->crop_bins) * job->channels;
    if (out->network.n_input != wanted)
        return oa_fail(run->context, "E_MAP_MISMATCH", "the map has %zu values and the network takes %zu; give the model that belongs to the map", wanted,
                       out->network.n_input);
    if (job->model->outlier.n && !oa_outlier_fits(&job->model->outlier, out->network.extent[0]))
        return oa_fail(run->context, "E_MODEL", "the model's score of outliers has %lld features, which its input does not have; train it again",
                       (long long)job->model->outlier.n);
    return OA_OK;
}

oa_status oa_classify__voxels(oa_run *run, const classify_job *job, size_t group)
{
    const size_t layer = job->scan.n[0] * job->scan.n[1], nz = job->scan.n[2];
    size_t first, end;
    oa_run_rows(run, nz, &first, &end);
    oa_cells *cells;
    oa_sdm_pair *pairs;
    voxel_job v = { .job = job, .sites = { .n = (end - first) * layer, .scan = &job->scan, .first = first * layer },
                    .chunk = job->params->dimensions == 2 ? PICTURES_PER_CHUNK : CURVES_PER_CHUNK,
                    .temperature = job->params->calibrated ? job->model->temperature : 0 };
    v.sdm = (oa_sdm){ .kernels = run->context->kernels, .rule = oa_classify__rule(job->params), .n_species = (int)job->channels, .n_pairs = job->channels };
    OA_TRY(make_plans(run, job, &v));
    OA_TRY(oa_scratch(run, &cells, job->channels, sizeof *cells));
    OA_TRY(oa_scratch(run, &pairs, job->channels, sizeof *pairs));
    for (size_t c = 0; c < job->channels; c++) {
        OA_TRY(species_cells(run, job, job->words[group * job->channels + c], &v.sdm.rule, &cells[c]));
        pairs[c] = (oa_sdm_pair){ (int)c, (int)c };
    }
    v.sdm.species = cells;
    v.sdm.pairs = pairs;
    OA_TRY(oa_classify__task(run, job, group, 0));
    OA_TRY(put_grid(run, job, first, end - first, &v));
    if (v.sdm.rule.dimensions == 1) OA_TRY(oa_classify__curves_begin(run, end - first, layer, v.network.n_classes, v.network.n_input, &v.curves));
    oa_phase(run->context, "voxels");
    OA_TRY(oa_parallel(run->context, v.sites.n, v.chunk, classify_chunk, &v));
    if (v.sdm.rule.dimensions == 1) OA_TRY(oa_classify__curves_put(run, job, &v.curves));
    return share_grid(run, job, group);
}
