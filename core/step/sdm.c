/* sdm.c - spatial distribution maps of voxels, of given places, or of the whole specimen.
 * Moody et al., Microsc. Res. Tech. 72 (2009) 542; rules of the ML-APT codes (Nat. Commun. 14, 7410; Adv. Mater. 2024,
 * 2407564; npj Comput. Mater. 7, 8). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/picture.h"
#include "math/sdm.h"
#include "step/pairs.h"

typedef struct sdm_params {
    const char *preset, *pairs, *mode;
    int64_t dimensions;
    double radius;
    oa_reals roi;
    double voxel_edge, stride;
    int64_t bins;
    double half_range;
    int64_t crop_first, crop_bins;
    const char *picture;
    int64_t pixels;
    bool rest;
} sdm_params;

static const char *const preset_words[] = { "cocrni-002", "cocrni-111", "feal-002", "allimg-011", NULL };
static const char *const picture_words[] = { "", "levels", "linear", NULL };
static const char *const mode_words[] = { "insphere", "tree", "all", NULL }; /* in the order of oa_sdm_mode */

static const oa_param sdm_table[] = {
    OA_PARAM(sdm_params, preset, .dflt_text = "cocrni-002", .choices = preset_words,
             .help = "whose maps: fills mode, dimensions, radius and the bins"),
    OA_PARAM(sdm_params, pairs, .dflt_text = "",
             .help = "species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr: one map each; Ni is short for Ni-Ni"),
    OA_PARAM(sdm_params, mode, .dflt_text = "insphere", .choices = mode_words,
             .help = "insphere: all pairs in a sphere around the voxel centre; tree: ions in the sphere with all their neighbours; "
                     "all: every ion with all its neighbours, one map"),
    OA_PARAM(sdm_params, dimensions, .dflt = 1, .min = 1, .max = 2,
             .help = "1: histogram of the offsets along z; 2: map of the offsets along z and x"),
    OA_PARAM(sdm_params, radius, .unit = OA_NM, .dflt = 0.75, .min = 0.01, .max = 100, .help = "sphere around the voxel centre"),
    OA_PARAM(sdm_params, roi, .unit = OA_NM, .n_min = 6, .n_max = 6,
             .help = "box xlo,xhi,ylo,yhi,zlo,zhi that the voxels fill (mode all: that holds the ions); left out: the bounding "
                     "box, moved inwards to the stride grid (mode all: all ions)"),
    OA_PARAM(sdm_params, voxel_edge, .unit = OA_NM, .dflt = 1, .min = 0.01, .max = 100, .help = "edge of a voxel of the scan"),
    OA_PARAM(sdm_params, stride, .unit = OA_NM, .dflt = 0.5, .min = 0.01, .max = 100, .help = "distance of neighbouring voxels"),
    OA_PARAM(sdm_params, bins, .dflt = 200, .min = 2, .max = 65536, .help = "bins of the whole axis"),
    OA_PARAM(sdm_params, half_range, .unit = OA_NM, .dflt = 1.5, .min = 0.01, .max = 100,
             .help = "the axis reaches from minus to plus this distance, and no pair is longer"),
    OA_PARAM(sdm_params, crop_first, .dflt = 54, .min = 0, .max = 65535, .help = "first bin that is kept"),
    OA_PARAM(sdm_params, crop_bins, .dflt = 93, .min = 1, .max = 65536,
             .help = "how many bins are kept; 93 from bin 54 on are those of the papers, -0.69 to 0.705 nm"),
    OA_PARAM(sdm_params, picture, .dflt_text = "", .choices = picture_words,
             .help = "draws maps of two dimensions in grey as networks see them, -0.7 to 0.7 nm: levels, as the published contour plots, or linear; "
                     "left out: no pictures"),
    OA_PARAM(sdm_params, pixels, .dflt = 150, .min = 1, .max = 4096, .help = "edge of a picture"),
    OA_PARAM(sdm_params, rest, .help = "the ions that are not selected take part instead, so that what was recognised can be held against the rest"),
    OA_PARAM_END
};

#define MAP_OF_93 { "half_range", "1.5" }, { "bins", "200" }, { "crop_first", "54" }, { "crop_bins", "93" }
static const oa_preset_value cocrni[] = {
    { "mode", "insphere" }, { "dimensions", "1" }, { "radius", "0.75" }, { "voxel_edge", "1" }, { "stride", "0.5" }, MAP_OF_93, { NULL, NULL }
};
static const oa_preset_value feal[] = {
    { "mode", "tree" }, { "dimensions", "1" }, { "radius", "0.5" }, { "voxel_edge", "1" }, { "stride", "0.5" }, MAP_OF_93, { NULL, NULL }
};
static const oa_preset_value allimg[] = {
    { "mode", "all" }, { "dimensions", "2" }, { "half_range", "1.5" }, { "bins", "200" }, { "crop_first", "0" }, { "crop_bins", "200" }, { NULL, NULL }
};
static const oa_preset sdm_presets[] = {
    { "cocrni-002", "fcc CoCrNi along <002>: all pairs in spheres of 0.75 nm", cocrni },
    { "cocrni-111", "fcc CoCrNi along <111>: the map of cocrni-002", cocrni },
    { "feal-002", "bcc Fe-Al along <002>: centres within 0.5 nm, neighbours from everywhere", feal },
    { "allimg-011", "fcc Al-Li-Mg along <011>: one zx map of all ions", allimg },
    { .name = NULL }
};

static const oa_slot sdm_slots[] = {
    { "ions", OA_TAKES_SELECTION, false, "ranged ions, or a selection of them" },
    { "centres", OA_TAKES_SELECTION, true, "maps are made around the positions of these ions instead of on a grid" },
    { "selection", OA_TAKES_RESULT, true, "only the ions selected there take part, or those of the true domains of a synthesised specimen" },
    OA_SLOT_END
};

static const oa_output sdm_outputs[] = {
    { .name = "maps/counts", .is_split = true, .type = OA_U32, .shape = "(voxel, pair, distance, ...)", .axes = ".,pair,distance",
      .help = "ordered pairs per bin of the offset neighbour - centre; a second axis of offsets along x where dimensions is 2" },
    { .name = "maps/pair", .type = OA_U32, .shape = "(pair)", .help = "number of the pair; the long name says which is which" },
    { .name = "maps/distance", .type = OA_F64, .shape = "(distance)", .unit = OA_NM, .help = "bin centres of the offset along z" },
    { .name = "maps/distance_x", .type = OA_F64, .shape = "(distance_x)", .unit = OA_NM, .is_optional = true,
      .help = "bin centres of the offset along x" },
    { .name = "pictures/grey", .is_split = true, .is_optional = true, .type = OA_U8, .shape = "(voxel, pair, row, column)", .axes = ".,.,.,.",
      .help = "the maps as grey pictures; row 0 is the largest offset along z, columns follow the offset along x" },
    { .name = "grid/number_of_ions", .is_split = true, .type = OA_U32, .shape = "(voxel, pair)", .axes = ".,pair",
      .help = "centre ions of each voxel" },
    { .name = "grid/pair", .type = OA_U32, .shape = "(pair)", .help = "number of the pair" },
    { .name = "grid/centre", .is_split = true, .type = OA_F64, .shape = "(voxel, 3)", .unit = OA_NM,
      .help = "x, y, z of the middle of each voxel; z varies slowest, x fastest" },
    { .name = "mean_map/counts", .type = OA_F64, .shape = "(pair, distance, ...)", .axes = "pair,distance", .is_plot = true, .is_curves = true,
      .help = "mean of the maps over all voxels" },
    { .name = "mean_map/pair", .type = OA_U32, .shape = "(pair)", .help = "number of the pair" },
    { .name = "mean_map/distance", .type = OA_F64, .shape = "(distance)", .unit = OA_NM, .help = "bin centres along z" },
    { .name = "mean_map/distance_x", .type = OA_F64, .shape = "(distance_x)", .unit = OA_NM, .is_optional = true,
      .help = "bin centres along x" },
    { .name = "summary/pairs", .type = OA_TEXT, .help = "pairs, in the order of the maps" },
    { .name = "summary/voxels", .type = OA_U64, .help = "maps of each pair" },
    { .name = "summary/empty_maps", .type = OA_U64, .help = "maps without any count, over all pairs" },
    { .name = "summary/counts", .type = OA_U64, .help = "sum of all maps" },
    OA_OUTPUT_END
};

static oa_status sdm_check(oa_context *context, const void *params)
{
    const sdm_params *p = params;
    if (!p->pairs[0])
        return oa_fail_at(context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE",
                          "pairs says which ions the maps are of; give --pairs Ni-Ni, for example");
    if (p->crop_first + p->crop_bins > p->bins)
        return oa_fail_at(context, OA_IN_PARAMETER("crop_bins"), "E_PARAMETER_RANGE",
                          "bins %lld to %lld of a map of %lld bins; the crop must lie inside", (long long)p->crop_first,
                          (long long)(p->crop_first + p->crop_bins - 1), (long long)p->bins);
    if (p->picture[0] && p->dimensions != 2)
        return oa_fail_at(context, OA_IN_PARAMETER("picture"), "E_PARAMETER_VALUE", "maps of one dimension are no pictures; give dimensions 2, or leave picture out");
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- what is to be done */

typedef struct sdm_job {
    const sdm_params *params;
    const oa_input *ions, *centres; /* centres: NULL for a scan or one map */
    oa_sdm_rule rule;
    bool has_box;   /* only ions near it matter */
    double box[6];
    oa_scan scan;
    size_t n_voxels; /* of the whole step */
    oa_pair_list pairs;
} sdm_job;

static int mode_of(const char *word)
{
    int i = 0;
    while (mode_words[i] && strcmp(mode_words[i], word) != 0) i++;
    return i;
}

static oa_status place_voxels(oa_run *run, sdm_job *job)
{
    const sdm_params *p = job->params;
    const bool is_all = job->rule.mode == OA_SDM_ALL;
    job->has_box = !job->centres && (!is_all || p->roi.n == 6);
    if (job->has_box) OA_TRY(oa_roi_resolve(run, job->ions->ions, &p->roi, p->stride, job->box));
    job->n_voxels = 1;
    if (is_all) return OA_OK;
    if (job->centres) {
        job->n_voxels = job->centres->has_selection ? job->centres->n_index : job->centres->ions->n;
        return OA_OK;
    }
    job->scan = oa_scan_of(job->box, p->voxel_edge, p->stride);
    job->n_voxels = oa_scan_count(&job->scan);
    if (job->n_voxels == 0)
        return oa_fail_at(run->context, OA_IN_PARAMETER("roi"), "E_ROI_OUTSIDE",
                          "no voxel of %g nm fits into %g x %g x %g nm; give a larger roi", p->voxel_edge,
                          job->box[1] - job->box[0], job->box[3] - job->box[2], job->box[5] - job->box[4]);
    return OA_OK;
}

static oa_status prepare(oa_run *run, const sdm_params *p, sdm_job *job)
{
    *job = (sdm_job){ .params = p, .ions = oa_run_input(run, "ions"), .centres = oa_run_input(run, "centres") };
    job->rule = (oa_sdm_rule){ .mode = (oa_sdm_mode)mode_of(p->mode), .dimensions = (int)p->dimensions, .radius = p->radius,
                               .half_range = p->half_range, .bins = p->bins, .first = p->crop_first, .kept = p->crop_bins };
    const oa_ions *ions = job->ions->ions;
    OA_TRY(oa_run_check_types(run, ions));
    if (job->centres && job->rule.mode == OA_SDM_ALL)
        return oa_fail_at(run->context, OA_IN_PARAMETER("mode"), "E_PARAMETER_VALUE",
                          "mode all takes no centres: every ion is one; use insphere or tree");
    if (p->rest && !job->ions->has_selection && !oa_run_input(run, "selection"))
        return oa_fail_at(run->context, OA_IN_PARAMETER("rest"), "E_PARAMETER_VALUE", "all ions take part, so there is no rest; give a result with selected ions, or leave rest out");
    OA_TRY(oa_pairs_read(run, job->params->pairs, OA_SDM_SPECIES_MAX, &job->pairs));
    return place_voxels(run, job);
}

/* ---------------------------------------------------------------------------------------------- ions */

static double reach_of(const oa_sdm_rule *rule)
{
    if (rule->mode == OA_SDM_ALL) return 0;
    return rule->radius + (rule->mode == OA_SDM_TREE ? rule->half_range : 0);
}

/* Ions that can take part: selected, and in the box or so near that a voxel reaches them. */
static oa_status mark_ions(oa_run *run, const sdm_job *job, uint8_t *take)
{
    const oa_ions *ions = job->ions->ions;
    const float *at[3] = { oa_ions__f32(ions, OA_X), oa_ions__f32(ions, OA_Y), oa_ions__f32(ions, OA_Z) };
    const double reach = reach_of(&job->rule);
    OA_TRY(oa_run_mark(run, job->ions, take));
    for (size_t i = 0; job->params->rest && i < ions->n; i++) take[i] = !take[i];
    for (int axis = 0; job->has_box && axis < 3; axis++) {
        OA_TRY(oa_check_cancelled(run->context));
        const double lo = job->box[2 * axis] - reach, hi = job->box[2 * axis + 1] + reach;
        const bool is_open = job->rule.mode == OA_SDM_ALL; /* then the box itself: half-open */
        for (size_t i = 0; i < ions->n; i++) take[i] &= at[axis][i] >= lo && (is_open ? at[axis][i] < hi : at[axis][i] <= hi);
    }
    return OA_OK;
}

static oa_status sort_species(oa_run *run, const sdm_job *job, oa_cells *cells)
{
    const oa_ions *ions = job->ions->ions;
    uint8_t *near, *take;
    bool *is_member;
    OA_TRY(oa_scratch(run, &near, ions->n, 1));
    OA_TRY(oa_scratch(run, &take, ions->n, 1));
    OA_TRY(oa_scratch(run, &is_member, ions->ranges->n_types + 1, sizeof *is_member));
    OA_TRY(mark_ions(run, job, near));
    for (int s = 0; s < job->pairs.n_species; s++) {
        OA_TRY(oa_ranges__species(run->context, ions->ranges, job->pairs.species[s], "pairs", is_member));
        for (size_t i = 0; i < ions->n; i++) take[i] = near[i] && is_member[oa_ions__type(ions, i)];
        const oa_points points = { .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y),
                                   .z = oa_ions__f32(ions, OA_Z), .take = take };
        OA_TRY(oa_cells_build(&run->arena, &cells[s], &points, oa_sdm_cell_edge(&job->rule), 0));
        if (cells[s].n < 2)
            oa_note(run, "W_FEW_IONS", "%s: %zu ions take part; a map needs at least two", job->pairs.species[s], cells[s].n);
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- outputs */

static oa_status put_distance(oa_run *run, const sdm_job *job, const char *name, const char *long_name)
{
    const size_t n = (size_t)job->rule.kept;
    double *axis;
    OA_TRY(oa_put_array(run, name, 1, &n, &axis));
    const double half_bin = job->rule.half_range / (double)job->rule.bins;
    for (size_t k = 0; k < n; k++) axis[k] = oa_sdm_edge(&job->rule, (int64_t)k) + half_bin;
    return oa_put_long_name(run, name, long_name);
}

static oa_status put_axes(oa_run *run, const sdm_job *job, const char *group)
{
    char name[64];
    snprintf(name, sizeof name, "%s/pair", group);
    OA_TRY(oa_put_pair_axis(run, name, &job->pairs));
    snprintf(name, sizeof name, "%s/distance", group);
    OA_TRY(put_distance(run, job, name, "offset along z (nm)"));
    if (job->rule.dimensions == 1) return OA_OK;
    snprintf(name, sizeof name, "%s/distance_x", group);
    return put_distance(run, job, name, "offset along x (nm)");
}

/* Places of the voxels [begin, end) of the step. */
static oa_status put_centres(oa_run *run, const sdm_job *job, size_t begin, size_t end, double **out)
{
    const size_t dims[2] = { end - begin, 3 };
    OA_TRY(oa_put_array(run, "grid/centre", 2, dims, out));
    for (size_t i = 0; i < end - begin; i++) {
        double *at = *out + 3 * i;
        if (job->centres) {
            const oa_ions *ions = job->centres->ions;
            const size_t row = job->centres->has_selection ? job->centres->index[begin + i] : begin + i;
            at[0] = oa_ions__f32(ions, OA_X)[row];
            at[1] = oa_ions__f32(ions, OA_Y)[row];
            at[2] = oa_ions__f32(ions, OA_Z)[row];
        } else if (job->rule.mode == OA_SDM_ALL) {
            double lo[3], hi[3];
            oa_ions__bounds(job->ions->ions, lo, hi);
            for (int axis = 0; axis < 3; axis++)
                at[axis] = job->has_box ? (job->box[2 * axis] + job->box[2 * axis + 1]) / 2 : (lo[axis] + hi[axis]) / 2;
        } else {
            oa_scan_centre(&job->scan, begin + i, at);
        }
    }
    return OA_OK;
}

/* Voxels [*begin, *end) of this part: whole layers of a scan. */
static oa_status part_of(oa_run *run, const sdm_job *job, size_t *begin, size_t *end)
{
    const size_t part = (size_t)run->slab, parts = (size_t)run->slabs;
    const bool is_scan = !job->centres && job->rule.mode != OA_SDM_ALL;
    const size_t layer = is_scan ? job->scan.n[0] * job->scan.n[1] : 1, layers = job->n_voxels / layer;
    if (parts > 1 && job->rule.mode == OA_SDM_ALL)
        return oa_fail_at(run->context, OA_IN_PARAMETER("slab"), "E_SLAB", "mode all makes one map, which cannot be split; leave --slab out");
    *begin = layers * (part - 1) / parts * layer;
    *end = layers * part / parts * layer;
    return OA_OK;
}

/* A picture of each of n maps. */
static oa_status put_pictures(oa_run *run, const sdm_job *job, const uint32_t *maps, size_t voxels)
{
    const sdm_params *p = job->params;
    const size_t pixels = (size_t)p->pixels, size = oa_sdm_map_size(&job->rule), dims[4] = { voxels, job->pairs.n, pixels, pixels };
    const oa_picture_rule rule = { .is_linear = strcmp(p->picture, "linear") == 0, .half_range = p->half_range, .bins = p->bins,
                                   .first = p->crop_first, .kept = p->crop_bins, .pixels = p->pixels };
    oa_picture_plan plan;
    uint8_t *grey;
    OA_TRY(oa_picture_plan_make(&run->arena, &plan, &rule));
    OA_TRY(oa_put_array(run, "pictures/grey", 4, dims, &grey));
    for (size_t i = 0; i < voxels * job->pairs.n; i++) oa_picture_draw(&plan, maps + i * size, grey + i * pixels * pixels);
    return OA_OK;
}

static oa_status sdm_run(oa_run *run, const void *params)
{
    sdm_job job;
    size_t begin = 0, end = 0;
    uint32_t *maps, *numbers;
    double *centres;
    oa_cells *cells;
    OA_TRY(prepare(run, params, &job));
    OA_TRY(part_of(run, &job, &begin, &end));
    const size_t kept = (size_t)job.rule.kept, dims[4] = { end - begin, job.pairs.n, kept, kept };
    OA_TRY(oa_put_array(run, "maps/counts", job.rule.dimensions + 2, dims, &maps));
    if (job.rule.dimensions == 2) OA_TRY(oa_put_axes(run, "maps/counts", ".,pair,distance,distance_x"));
    OA_TRY(put_axes(run, &job, "maps"));
    OA_TRY(oa_put_array(run, "grid/number_of_ions", 2, dims, &numbers));
    OA_TRY(oa_put_pair_axis(run, "grid/pair", &job.pairs));
    OA_TRY(put_centres(run, &job, begin, end, &centres));

    OA_TRY(oa_scratch(run, &cells, (size_t)job.pairs.n_species, sizeof *cells));
    oa_phase(run->context, "sort");
    OA_TRY(sort_species(run, &job, cells));
    const oa_sdm sdm = { .kernels = run->context->kernels, .rule = job.rule, .n_species = job.pairs.n_species, .species = cells,
                         .n_pairs = job.pairs.n, .pairs = job.pairs.pair };
    const oa_sites sites = { .n = end - begin, .list = centres };
    oa_phase(run->context, "maps");
    if (job.rule.mode == OA_SDM_ALL) OA_TRY(oa_sdm_all(run->context, &run->arena, &sdm, maps, numbers));
    else OA_TRY(oa_sdm_sites(run->context, &sdm, &sites, maps, numbers));
    return job.params->picture[0] ? put_pictures(run, &job, maps, end - begin) : OA_OK;
}

/* Only a scan has layers to cut a window from; whatever else there is to refuse, prepare refuses. */
static oa_status sdm_window(oa_run *run, const void *params, const oa_ions *ions, double z[2])
{
    const sdm_params *p = params;
    const oa_sdm_rule rule = { .mode = (oa_sdm_mode)mode_of(p->mode), .radius = p->radius, .half_range = p->half_range };
    const double reach = reach_of(&rule) + 1e-3;
    double box[6];
    z[0] = -INFINITY, z[1] = INFINITY;
    if (rule.mode == OA_SDM_ALL) return OA_OK;
    OA_TRY(oa_roi_resolve(run, ions, &p->roi, p->stride, box));
    const oa_scan scan = oa_scan_of(box, p->voxel_edge, p->stride);
    if (oa_scan_count(&scan) == 0) return OA_OK;
    size_t first, end;
    oa_run_rows(run, scan.n[2], &first, &end);
    z[0] = oa_scan_axis(&scan, 2, first) - reach;
    z[1] = first < end ? oa_scan_axis(&scan, 2, end - 1) + reach : z[0] - 1;
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- all voxels */

typedef struct map_sums {
    uint64_t *sum; /* (pairs * map) */
    uint64_t empty, counts;
} map_sums;

static void add_maps(const uint32_t *maps, size_t n_maps, size_t n_pairs, size_t size, map_sums *out)
{
    for (size_t m = 0; m < n_maps; m++) {
        const uint32_t *map = maps + m * size;
        uint64_t *sum = out->sum + m % n_pairs * size, total = 0;
        for (size_t k = 0; k < size; k++) {
            sum[k] += map[k];
            total += map[k];
        }
        out->empty += total == 0;
        out->counts += total;
    }
}

/* Needs the maps of all voxels: after the run, or after the slabs were joined. */
static oa_status sdm_finish(oa_run *run, const void *params)
{
    sdm_job job;
    map_sums sums = { 0 };
    double *mean;
    OA_TRY(prepare(run, params, &job));
    const oa_array *found = oa_values_find(run->out, run->task, "maps/counts");
    const size_t size = oa_sdm_map_size(&job.rule), kept = (size_t)job.rule.kept;
    if (!found || found->type != OA_U32 || oa_array_count(found) != job.n_voxels * job.pairs.n * size)
        return oa_fail(run->context, "E_SLABS", "%zu counts where %zu are wanted; give all parts of one call",
                       found ? oa_array_count(found) : 0, job.n_voxels * job.pairs.n * size);
    const uint32_t *maps = found->block->data;
    OA_TRY(oa_scratch(run, &sums.sum, job.pairs.n * size, sizeof *sums.sum));
    add_maps(maps, job.n_voxels * job.pairs.n, job.pairs.n, size, &sums);
    const size_t dims[3] = { job.pairs.n, kept, kept };
    OA_TRY(oa_put_array(run, "mean_map/counts", job.rule.dimensions + 1, dims, &mean));
    for (size_t k = 0; job.n_voxels && k < job.pairs.n * size; k++) mean[k] = (double)sums.sum[k] / (double)job.n_voxels;
    if (job.rule.dimensions == 2) OA_TRY(oa_put_axes(run, "mean_map/counts", "pair,distance,distance_x"));
    OA_TRY(put_axes(run, &job, "mean_map"));
    OA_TRY(oa_put_text(run, "summary/pairs", job.params->pairs));
    OA_TRY(oa_put_count(run, "summary/voxels", job.n_voxels));
    OA_TRY(oa_put_count(run, "summary/empty_maps", sums.empty));
    return oa_put_count(run, "summary/counts", sums.counts);
}

/* Maps and centres; 17 bytes an ion for its columns, 16 for the cells of the species and 2 for the choice. A slab holds the ions near its layers alone. */
static uint64_t sdm_memory(const oa_run *run, const void *params)
{
    const sdm_params *p = params;
    const oa_input *in = oa_run_input(run, "ions"), *centres = oa_run_input(run, "centres");
    double lo[3], hi[3], voxels = 1, pairs = 1;
    if (!in || !in->ions) return 0;
    oa_ions__bounds(in->ions, lo, hi);
    for (int axis = 0; axis < 3; axis++) {
        const double length = p->roi.n == 6 ? p->roi.v[2 * axis + 1] - p->roi.v[2 * axis] : hi[axis] - lo[axis];
        voxels *= fmax(length - p->voxel_edge, 0) / p->stride + 1;
    }
    if (strcmp(p->mode, "all") == 0) voxels = 1;
    else if (centres && centres->ions) voxels = (double)(centres->has_selection ? centres->n_index : centres->ions->n);
    for (const char *c = p->pairs; *c; c++) pairs += *c == ',';
    const double map = (double)p->crop_bins * (p->dimensions == 2 ? (double)p->crop_bins : 1) + (p->picture[0] ? (double)(p->pixels * p->pixels) / 4 : 0);
    const double bytes = voxels / run->slabs * (pairs * (4 * map + 4) + 24) + (run->slabs > 1 ? 18.0 : 35.0) * (double)in->ions->n +
                         16 * map * pairs * run->context->threads + 16e6;
    return bytes < 1e18 ? (uint64_t)bytes : UINT64_MAX;
}

const oa_step oa_step_sdm = {
    .name = "sdm",
    .version = 2,
    .title = "Spatial distribution maps",
    .help = "Counts how often a neighbour lies at an offset from a centre ion, per voxel of a scan, around given places or for all "
            "ions together. Planes of a lattice appear as peaks along z, order as peaks that are missing. Rules and defaults "
            "are those of Li et al., Adv. Mater. 2024, 2407564; Nat. Commun. 14, 7410 (2023); npj Comput. Mater. 7, 8 (2021).",
    .params = sdm_table, .params_size = sizeof(sdm_params), .presets = sdm_presets,
    .slots = sdm_slots,  .outputs = sdm_outputs, .has_slabs = true,
    .check = sdm_check,  .run = sdm_run, .finish = sdm_finish, .memory = sdm_memory,
    .window = sdm_window, .columns = OA_POSITIONS_TYPES,
};
