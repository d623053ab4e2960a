/* classify_pixels.c - what needs the whole specimen: are there planes, how many ions of a species, sums on pixels, ions near
 * the chosen ones. Ions come in pieces, so that merged slabs need not hold them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/pixels.h"
#include "step/classify.h"
#include "step/cloud.h"

/* Below this mean Q the planes are not resolved; specimens that show them have 30 and more, random clouds 7. */
#define QUALITY_MIN 12.0
#define TILT_MAX 4.0          /* degrees: across a sphere of 0.75 nm the planes 0.18 nm apart then stand against each other */
#define OUTLIER_SHARE_MAX 0.2 /* of the valid voxels; 0.01 of patterns like those of the training */
enum { IONS_PER_STRIDE = 1 << 20 };

/* ---------------------------------------------------------------------------------------------- first look at the ions */

/* Planes, and ions by type. */
typedef struct survey {
    oa_planes planes;
    oa_planes_found found;
    uint64_t *by_type; /* (types + 1) */
} survey;

static oa_status survey_piece(void *arg, size_t first, const oa_ions *ions)
{
    survey *s = arg;
    const float *x = oa_ions__f32(ions, OA_X), *y = oa_ions__f32(ions, OA_Y), *z = oa_ions__f32(ions, OA_Z);
    (void)first;
    for (size_t i = 0; i < ions->n; i++) {
        const unsigned type = oa_ions__type(ions, i);
        if (i % IONS_PER_STRIDE == 0) OA_TRY(oa_check_cancelled(ions->context));
        s->by_type[type]++;
        if (type) OA_TRY(oa_planes_add(&s->planes, (double[3]){ x[i], y[i], z[i] }));
    }
    return OA_OK;
}

static oa_status look(oa_run *run, const classify_job *job, survey *out)
{
    OA_TRY(oa_scratch(run, &out->by_type, job->ions->ranges->n_types + 1, sizeof *out->by_type));
    oa_planes_begin(run->context, &out->planes, job->box, &job->frame);
    oa_status status = oa_run_each_ions(run, "ions", OA_POSITIONS_TYPES, survey_piece, out);
    if (status == OA_OK) status = oa_planes_find(&out->planes, &out->found);
    oa_planes_end(&out->planes);
    return status;
}

static void warn_of_planes(oa_run *run, const classify_job *job, const oa_planes_found *found)
{
    const double *d = job->params->direction.v, *n = found->direction;
    if (!found->nodes) return;
    if (found->quality < QUALITY_MIN)
        oa_note(run, "W_NO_PLANES", "no atomic planes are resolved along %g,%g,%g: their reflection has quality %.1f where 30 and more is usual and %g the least; "
                "a region around the pole, or direction along the normal of planes that are resolved, would be right", d[0], d[1], d[2], found->quality, QUALITY_MIN);
    else if (found->tilt > TILT_MAX && found->share > 0)
        oa_note(run, "W_NO_PLANES", "the atomic planes of %.3f nm are tilted by %.1f degrees from %g,%g,%g, which blurs them in the maps; direction %.4f,%.4f,%.4f "
                "would be right", found->spacing, found->tilt, d[0], d[1], d[2], n[0], n[1], n[2]);
}

static oa_status put_planes(oa_run *run, const oa_planes_found *found)
{
    if (!found->nodes) return OA_OK;
    OA_TRY(oa_put_real(run, "summary/plane_spacing", found->spacing));
    OA_TRY(oa_put_real(run, "summary/plane_quality", found->quality));
    OA_TRY(oa_put_real(run, "summary/plane_share", found->share));
    return oa_put_real(run, "summary/plane_tilt", found->share > 0 ? found->tilt : 0);
}

/* ---------------------------------------------------------------------------------------------- summary */

/* Ions of the species of a group, and as text "Fe 1204, Al 0". */
static oa_status count_species(oa_run *run, const classify_job *job, size_t group, const survey *s, uint64_t *out, char text[160])
{
    const oa_ranges *ranges = job->ions->ranges;
    bool *is_member, *is_any;
    OA_TRY(oa_scratch(run, &is_any, ranges->n_types + 1, sizeof *is_any));
    OA_TRY(oa_scratch(run, &is_member, ranges->n_types + 1, sizeof *is_member));
    text[0] = 0;
    for (size_t c = 0; c < job->channels; c++) {
        const char *species = job->words[group * job->channels + c];
        const size_t used = strlen(text);
        uint64_t n = 0;
        OA_TRY(oa_ranges__species(run->context, ranges, species, "species", is_member));
        for (size_t t = 0; t <= ranges->n_types; t++) {
            is_any[t] |= is_member[t];
            n += is_member[t] ? s->by_type[t] : 0;
        }
        snprintf(text + used, 160 - used, "%s%s %llu", c ? ", " : "", species, (unsigned long long)n);
    }
    *out = 0;
    for (size_t t = 0; t <= ranges->n_types; t++) *out += is_any[t] ? s->by_type[t] : 0;
    return OA_OK;
}

/* Voxels without a usable pattern, and the sum of the probabilities of the others. */
typedef struct voxel_sums {
    size_t voxels, invalid, outliers;
    double sum;
} voxel_sums;

static voxel_sums add_voxels(const classify_job *job, const float *probability, const float *outlier, size_t class)
{
    const size_t classes = (size_t)job->model->n_classes;
    voxel_sums out = { .voxels = oa_scan_count(&job->scan) };
    for (size_t i = 0; i < out.voxels; i++) {
        const float value = probability[i * classes + job->class[class]];
        out.invalid += isnan(value) != 0;
        out.sum += isnan(value) ? 0 : value;
        out.outliers += !isnan(value) && outlier && (double)outlier[i] > job->model->outlier.limit;
    }
    return out;
}

static oa_status put_outliers(oa_run *run, const classify_job *job, const voxel_sums *v, const char *title, bool is_first)
{
    if (!job->model->outlier.n || v->invalid == v->voxels) return OA_OK;
    const double share = (double)v->outliers / (double)(v->voxels - v->invalid);
    if (share > OUTLIER_SHARE_MAX && is_first)
        oa_note(run, "W_OUT_OF_DISTRIBUTION", "%s: %.0f %% of the voxels are farther from the training of the model than 99 %% of its own patterns; a model trained "
                "for this lattice, noise and direction would be right", title, 100 * share);
    return oa_put_real(run, "summary/outlier_share", share);
}

static oa_status put_summary(oa_run *run, const classify_job *job, size_t group, size_t class, const survey *s, const float *probability, const float *outlier)
{
    char title[128], species[128], counts[160];
    uint64_t ions;
    const voxel_sums v = add_voxels(job, probability, outlier, class);
    classify_job one = *job;
    one.n_classes = 1;
    oa_classify__title(job, group, class, title);
    oa_classify__title(&one, group, 0, species);
    OA_TRY(count_species(run, job, group, s, &ions, counts));
    if (2 * v.invalid > v.voxels && class == 0)
        oa_note(run, "W_FEW_IONS", "%s: %zu of %zu voxels have no usable %s; there are too few ions (%s) for this region", species, v.invalid, v.voxels,
                job->params->dimensions == 2 ? "picture" : "curve", counts);
    OA_TRY(oa_put_text(run, "summary/species", species));
    OA_TRY(oa_put_count(run, "summary/species_ions", ions));
    OA_TRY(oa_put_text(run, "summary/model_sha256", job->model->sha256));
    OA_TRY(oa_put_text(run, "summary/class_name", job->model->classes[job->class[class]]));
    OA_TRY(oa_put_real(run, "summary/threshold", job->threshold[class]));
    OA_TRY(oa_put_count(run, "summary/voxels", v.voxels));
    OA_TRY(oa_put_count(run, "summary/invalid_voxels", v.invalid));
    OA_TRY(put_outliers(run, job, &v, title, class == 0));
    OA_TRY(put_planes(run, &s->found));
    return v.invalid < v.voxels ? oa_put_real(run, "summary/mean_probability", v.sum / (double)(v.voxels - v.invalid)) : OA_OK;
}

/* ---------------------------------------------------------------------------------------------- pixels */

/* Pixels of one task, and the ions found near the chosen ones; index and sum grow. */
typedef struct selection {
    oa_pixels grid;
    const float *sums;
    uint8_t *is_chosen; /* (pixels) */
    size_t n, capacity;
    uint64_t *index;
    float *sum;
    oa_cloud cloud;
} selection;

/* Sums are made and compared in double, and kept as floats. */
static oa_status sum_pixels(oa_run *run, const classify_job *job, size_t class, const float *probability, double *values, double *sums, selection *out)
{
    const size_t voxels = oa_scan_count(&job->scan), pixels = oa_pixels_count(&out->grid), classes = (size_t)job->model->n_classes;
    float *kept;
    for (size_t i = 0; i < voxels; i++) values[i] = probability[i * classes + job->class[class]];
    oa_pixels_sum(&out->grid, values, strcmp(job->params->nan, "zero") == 0 ? OA_NAN_ZERO : OA_NAN_PROPAGATE, sums);
    OA_TRY(oa_put_array(run, "pixels/sum", 3, out->grid.pixels, &kept));
    for (size_t i = 0; i < pixels; i++) kept[i] = (float)sums[i];
    out->sums = kept;
    OA_TRY(oa_scratch(run, &out->is_chosen, pixels, 1));
    const size_t chosen = oa_pixels_choose(&out->grid, sums, job->threshold[class], INFINITY, out->is_chosen);
    OA_TRY(oa_put_count(run, "summary/pixels", pixels));
    return oa_put_count(run, "summary/pixels_selected", chosen);
}

static oa_status put_pixel_axis(oa_run *run, const char *name, const oa_pixels *grid, int axis)
{
    const size_t n = grid->pixels[2 - axis];
    double *values;
    OA_TRY(oa_put_array(run, name, 1, &n, &values));
    for (size_t k = 0; k < n; k++) values[k] = grid->lo[axis] + ((double)k + 0.5) * grid->stride;
    return OA_OK;
}

static oa_status put_pixels(oa_run *run, const classify_job *job, size_t class, const float *probability, selection *out)
{
    static const char *const names[3] = { "pixels/grid_x", "pixels/grid_y", "pixels/grid_z" };
    const oa_scan *scan = &job->scan;
    const size_t voxels[3] = { scan->n[2], scan->n[1], scan->n[0] };
    double *values, *sums = NULL;
    out->grid = oa_pixels_of(voxels, scan->lo, scan->voxel, scan->stride);
    OA_TRY(oa_new(run->context, &values, oa_scan_count(scan), sizeof *values));
    oa_status status = oa_new(run->context, &sums, oa_pixels_count(&out->grid), sizeof *sums);
    if (status == OA_OK) status = sum_pixels(run, job, class, probability, values, sums, out);
    oa_free(run->context, sums);
    oa_free(run->context, values);
    for (int axis = 0; status == OA_OK && axis < 3; axis++) status = put_pixel_axis(run, names[axis], &out->grid, axis);
    return status;
}

/* ---------------------------------------------------------------------------------------------- ions */

/* Sum of the pixel that the ion lies in; 0 outside the grid, where the next pixel may still reach it. */
static float sum_at(const selection *s, const oa_points *ions, size_t ion)
{
    double at[3];
    size_t pixel = 0;
    oa_points_get(ions, ion, at);
    for (int axis = 2; axis >= 0; axis--) {
        const size_t n = s->grid.pixels[2 - axis];
        const double k = floor((at[axis] - s->grid.lo[axis]) / s->grid.stride);
        if (!(k >= 0 && k < (double)n)) return 0;
        pixel = pixel * n + (size_t)k;
    }
    return s->sums[pixel];
}

typedef struct selecting {
    oa_context *context;
    selection *task;
    size_t tasks, room;
    uint8_t *is_inside; /* (room) */
} selecting;

static oa_status grow(oa_context *context, selection *s, size_t more)
{
    if (s->n + more <= s->capacity) return OA_OK;
    const size_t capacity = s->n + more + s->n / 2;
    OA_TRY(oa_resize(context, &s->index, capacity, sizeof *s->index));
    OA_TRY(oa_resize(context, &s->sum, capacity, sizeof *s->sum));
    s->capacity = capacity;
    return OA_OK;
}

static oa_status select_piece(void *arg, size_t first, const oa_ions *ions)
{
    selecting *all = arg;
    const oa_points points = { .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y), .z = oa_ions__f32(ions, OA_Z) };
    if (ions->n > all->room) OA_TRY(oa_resize(all->context, &all->is_inside, ions->n, 1));
    all->room = ions->n > all->room ? ions->n : all->room;
    for (size_t t = 0; t < all->tasks; t++) {
        selection *s = &all->task[t];
        size_t n;
        OA_TRY(oa_pixels_ions(all->context, &s->grid, s->is_chosen, &points, all->is_inside, &n));
        OA_TRY(grow(all->context, s, n));
        for (size_t i = 0; n && i < ions->n; i++) {
            if (!all->is_inside[i]) continue;
            const float position[3] = { points.x[i], points.y[i], points.z[i] };
            s->index[s->n] = first + i;
            s->sum[s->n] = sum_at(s, &points, i);
            OA_TRY(oa_cloud_add(&s->cloud, position, (double)s->sum[s->n++]));
        }
    }
    return OA_OK;
}

static oa_status put_selected(oa_run *run, const classify_job *job, const selecting *all)
{
    for (size_t t = 0; t < all->tasks; t++) {
        const selection *s = &all->task[t];
        uint64_t *index;
        float *sum;
        OA_TRY(oa_classify__task(run, job, t / job->n_classes, t % job->n_classes));
        OA_TRY(oa_put_array(run, "selected/ion_index", 1, &s->n, &index));
        OA_TRY(oa_put_array(run, "selected/pixel_sum", 1, &s->n, &sum));
        if (s->n) memcpy(index, s->index, s->n * sizeof *index);
        if (s->n) memcpy(sum, s->sum, s->n * sizeof *sum);
        OA_TRY(oa_cloud_put(run, &s->cloud, "cloud/pixel_sum"));
        OA_TRY(oa_put_count(run, "summary/ions_selected", s->n));
    }
    return OA_OK;
}

static oa_status select_ions(oa_run *run, const classify_job *job, selection *task)
{
    selecting all = { .context = run->context, .task = task, .tasks = job->groups * job->n_classes };
    for (size_t t = 0; t < all.tasks; t++) task[t].cloud.context = run->context;
    oa_status status = oa_run_each_ions(run, "ions", OA_POSITIONS, select_piece, &all);
    oa_free(run->context, all.is_inside);
    if (status == OA_OK) status = put_selected(run, job, &all);
    for (size_t t = 0; t < all.tasks; t++) {
        oa_free(run->context, task[t].index);
        oa_free(run->context, task[t].sum);
        oa_cloud_drop(&task[t].cloud);
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------- all of it */

/* The joined layers of an array of the current task; NULL: they are not there, or not all of them. */
static const void *whole_array(const oa_run *run, const char *name, size_t values)
{
    const oa_array *found = oa_values_find(run->out, run->task, name);
    return found && found->type == OA_F32 && oa_array_count(found) == values ? found->block->data : NULL;
}

static oa_status finish_task(oa_run *run, const classify_job *job, size_t group, size_t class, const survey *s, selection *out)
{
    const size_t voxels = oa_scan_count(&job->scan), values = voxels * (size_t)job->model->n_classes;
    char title[128];
    oa_classify__title(job, group, class, title);
    OA_TRY(oa_classify__task(run, job, group, class));
    /* The blocks stay where they are while arrays are added. */
    const float *probability = whole_array(run, "probability/probability", values), *outlier = whole_array(run, "probability/outlier", voxels);
    if (!probability || (job->model->outlier.n && !outlier))
        return oa_fail(run->context, "E_SLABS", "%s: there are no probabilities of all %zu voxels; give all parts of one call", title, voxels);
    OA_TRY(put_summary(run, job, group, class, s, probability, outlier));
    OA_TRY(oa_classify__curves_join(run, job));
    return put_pixels(run, job, class, probability, out);
}

oa_status oa_classify__pixels(oa_run *run, const classify_job *job)
{
    survey s = { .found = { .nodes = 0 } };
    selection *task;
    OA_TRY(oa_scratch(run, &task, job->groups * job->n_classes, sizeof *task));
    oa_phase(run->context, "planes");
    OA_TRY(look(run, job, &s));
    warn_of_planes(run, job, &s.found);
    oa_phase(run->context, "pixels");
    for (size_t group = 0; group < job->groups; group++)
        for (size_t class = 0; class < job->n_classes; class++)
            OA_TRY(finish_task(run, job, group, class, &s, &task[group * job->n_classes + class]));
    oa_phase(run->context, "select");
    return select_ions(run, job, task);
}
