/* bank.c - labelled patterns to train networks with: whole small crystals by the published recipe (ML-APT: Li et al., Nat.
 * Commun. 14, 7410 (2023); Adv. Mater. 2024, 2407564; npj Comput. Mater. 7, 8 (2021)), and voxels of simulated specimens as
 * `classify` sees them. Here are the parameters and the results; bank_recipe.c reads the former, bank_crystals.c and
 * bank_voxels.c make the latter. */
#include "step/bank.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const preset_words[] = { "cocrni-002", "cocrni-111", "feal-002", "allimg-011", NULL };
static const char *const direction_words[] = { "001", "002", "011", "111", NULL };
static const char *const analysed_words[] = { "ordering", "any", NULL };
static const char *const spacing_words[] = { "uniform", "log", NULL };
static const char *const mode_words[] = { "insphere", "tree", NULL };
static const char *const picture_words[] = { "", "levels", "linear", NULL };

#define GRID_HELP "; first:last:step or a list with commas, for all classes, or for each with slashes between them"
static const oa_param bank_table[] = {
    OA_PARAM(bank_params, preset, .dflt_text = "cocrni-002", .choices = preset_words, .help = "recipe of a paper; what is set beside it wins"),
    OA_PARAM(bank_params, structures, .dflt_text = "fcc,l12", .help = "one class each, the disordered parent first: fcc with l12, l11, l10, d022, d022x; "
             "bcc with b2, d03"),
    OA_PARAM(bank_params, classes, .dflt_text = "FCC,CSRO", .help = "names of the classes; left empty: the structures in capitals"),
    OA_PARAM(bank_params, channels, .dflt_text = "ordered", .help = "which atoms the maps are of, one word for each channel: ordered, those on the ordered "
             "sublattice, or other, the rest. A crystal without order counts all its atoms in every channel"),
    OA_PARAM(bank_params, direction, .dflt_text = "002", .choices = direction_words, .help = "direction of the crystal along z; 001 is 002"),
    OA_PARAM(bank_params, lattice_parameter, .unit = OA_NM, .dflt = 0.36, .min = 0.1, .max = 2, .help = "edge of the cubic cell"),
    OA_PARAM(bank_params, crystals, .dflt = 1, .help = "make the patterns of whole crystals; no: voxels only"),
    OA_PARAM(bank_params, cells, .dflt_text = "3", .n_min = 1, .n_max = OA_CLASSES_MAX, .min = 1, .max = 60,
             .help = "cells along an edge of the crystal, a cube with all atoms of its faces; one number for all classes or one for each"),
    OA_PARAM(bank_params, sigma_lateral, .unit = OA_NM, .dflt_text = "0.2:0.8:0.05", .help = "standard deviations of the noise along x and along y" GRID_HELP),
    OA_PARAM(bank_params, sigma_depth, .unit = OA_NM, .dflt_text = "0.01:0.058:0.002/0.02:0.048:0.002",
             .help = "standard deviations of the noise along z" GRID_HELP),
    OA_PARAM(bank_params, efficiency, .dflt_text = "0.2:0.65:0.05", .help = "shares of the atoms that are kept, rounded down to whole atoms" GRID_HELP),
    OA_PARAM(bank_params, matched_sigma, .help = "give every class the noise and efficiencies of all classes, so that none can be told by the width of its "
             "peaks; in the papers they differ"),
    OA_PARAM(bank_params, nested, .help = "draw noise and the order of the atoms once for all efficiencies, as published for the pictures: what is kept at a "
             "low efficiency is then part of what is kept at a high one, and all share a group"),
    OA_PARAM(bank_params, copy_channels, .help = "in crystals without order copy the first channel to the others, as in the published Fe-Al bank, instead of "
             "drawing each"),
    OA_PARAM(bank_params, repeats, .dflt = 1, .min = 1, .max = 100000, .help = "patterns for each point of the grid"),
    OA_PARAM(bank_params, copies, .dflt = 1, .min = 0, .max = 64, .help = "shifted copies of each curve of a crystal, behind all originals; pictures take 0"),
    OA_PARAM(bank_params, shift_lo, .dflt = -2, .min = -1000, .max = 1000, .help = "copies move by a whole number of bins, uniform from this one; positive "
             "numbers move to the left, and zeros come in"),
    OA_PARAM(bank_params, shift_hi, .dflt = 1, .min = -1000, .max = 1000, .help = "to this one, included"),
    OA_PARAM(bank_params, voxels, .dflt = 0, .min = 0, .max = 100000000, .help = "voxels of simulated specimens to add, of all classes together"),
    OA_PARAM(bank_params, specimens, .dflt = 0, .min = 0, .max = 10000000, .help = "specimens the voxels are cut from, each with noise, alloy and domains of "
             "its own; 0: one for every 50 voxels"),
    OA_PARAM(bank_params, specimen_edge, .unit = OA_NM, .dflt = 7, .min = 0.5, .max = 100, .help = "edge of the cube that the voxels of a specimen see"),
    OA_PARAM(bank_params, alloy, .dflt_text = "Co:0.334,Cr:0.333,Ni:0.333", .help = "species of the specimens and their fractions; what the ordering species "
             "leaves is shared by the others as here"),
    OA_PARAM(bank_params, ordered_species, .dflt_text = "", .help = "species that prefers the ordered sublattice; left out: the last of the alloy"),
    OA_PARAM(bank_params, ordered_fraction, .dflt_text = "0.25,0.4", .n_min = 2, .n_max = 2, .min = 0.001, .max = 0.999,
             .help = "lowest and highest fraction of that species in the matrix of a specimen"),
    OA_PARAM(bank_params, analysed, .dflt_text = "ordering", .choices = analysed_words, .help = "species of the maps: ordering, the one that orders (for a "
             "channel `other` the first other one), or any of the alloy, drawn for each specimen; of several channels only ordering"),
    OA_PARAM(bank_params, domains, .dflt_text = "4,14", .n_min = 2, .n_max = 2, .min = 0, .max = 64, .help = "fewest and most ordered domains of a specimen"),
    OA_PARAM(bank_params, domain_radii, .unit = OA_NM, .dflt_text = "0.5,1.8", .n_min = 2, .n_max = 2, .min = 0.05, .max = 50,
             .help = "smallest and largest radius of these spheres"),
    OA_PARAM(bank_params, order, .dflt_text = "0.8,1", .n_min = 2, .n_max = 2, .min = 0, .max = 1, .help = "lowest and highest order in the domains of a "
             "specimen: 1 is all that the composition allows"),
    OA_PARAM(bank_params, enrichment, .dflt_text = "0,1", .n_min = 2, .n_max = 2, .min = 0, .max = 1, .help = "composition of domains, lowest and highest: "
             "0, that of the matrix; 1, what their structure has sites for"),
    OA_PARAM(bank_params, overlapping, .dflt = 0.5, .min = 0, .max = 1, .help = "share of the voxels that are placed at domains, at a uniform distance from "
             "the centre up to the radius and target_radius; the others anywhere"),
    OA_PARAM(bank_params, target_radius, .unit = OA_NM, .dflt = 0.5, .min = 0.05, .max = 50, .help = "the target of a voxel is the share of the ions within this "
             "distance of its centre, of all species, that come from each class"),
    OA_PARAM(bank_params, stretch_lateral, .dflt_text = "0.97,1.03", .n_min = 2, .n_max = 2, .min = 0.5, .max = 2,
             .help = "lowest and highest stretch of the lattice along x and y"),
    OA_PARAM(bank_params, stretch_depth, .dflt_text = "0.97,1.03", .n_min = 2, .n_max = 2, .min = 0.5, .max = 2,
             .help = "lowest and highest stretch along z, as a wrong depth scale would give it"),
    OA_PARAM(bank_params, tilt, .unit = OA_DEGREE, .dflt_text = "0,3", .n_min = 2, .n_max = 2, .min = -90, .max = 90,
             .help = "least and largest angle between the direction and z"),
    OA_PARAM(bank_params, rotation, .unit = OA_DEGREE, .dflt_text = "-180,180", .n_min = 2, .n_max = 2, .min = -180, .max = 180,
             .help = "least and largest turn of the crystal about z, before the tilt"),
    OA_PARAM(bank_params, voxel_sigma_lateral, .unit = OA_NM, .dflt_text = "0.15,0.8", .n_min = 2, .n_max = 2, .min = 0, .max = 10,
             .help = "lowest and highest lateral noise of a specimen"),
    OA_PARAM(bank_params, voxel_sigma_depth, .unit = OA_NM, .dflt_text = "0.015,0.06", .n_min = 2, .n_max = 2, .min = 0, .max = 10,
             .help = "lowest and highest depth noise"),
    OA_PARAM(bank_params, voxel_efficiency, .dflt_text = "0.3,0.85", .n_min = 2, .n_max = 2, .min = 0.001, .max = 1,
             .help = "lowest and highest probability that an atom is detected"),
    OA_PARAM(bank_params, spacing, .dflt_text = "uniform", .choices = spacing_words, .help = "how noise and efficiency of a specimen are drawn from their "
             "ranges: uniform, or log, uniform by their logarithm"),
    OA_PARAM(bank_params, mode, .dflt_text = "insphere", .choices = mode_words, .help = "pairs of the maps of voxels, and of the map the network is for: "
             "insphere or tree. Whole crystals always count all their pairs"),
    OA_PARAM(bank_params, dimensions, .dflt = 1, .min = 1, .max = 2, .help = "1: z-SDM; 2: zx-SDM, seen as a grey picture"),
    OA_PARAM(bank_params, radius, .unit = OA_NM, .dflt = 0.75, .min = 0.01, .max = 100, .help = "sphere around the centre of a voxel"),
    OA_PARAM(bank_params, half_range, .unit = OA_NM, .dflt = 1.5, .min = 0.01, .max = 100, .help = "the map reaches from minus to plus this distance"),
    OA_PARAM(bank_params, bins, .dflt = 200, .min = 1, .max = 65536, .help = "bins of the map"),
    OA_PARAM(bank_params, crop_first, .dflt = 54, .min = 0, .max = 65535, .help = "first bin the network sees"),
    OA_PARAM(bank_params, crop_bins, .dflt = 93, .min = 2, .max = OA_CURVE_BINS_MAX, .help = "how many bins it sees"),
    OA_PARAM(bank_params, smooth_window, .dflt = 15, .min = 0, .max = OA_CURVE_WINDOW_MAX, .help = "window of the Savitzky-Golay filter; 0: none. Curves of "
             "whole crystals are neither smoothed nor freed of a background, as published"),
    OA_PARAM(bank_params, smooth_order, .dflt = 8, .min = 0, .max = 20, .help = "polynomial order of the filter"),
    OA_PARAM(bank_params, background_first, .dflt = 23, .min = 0, .max = 65535, .help = "first bin of the background window"),
    OA_PARAM(bank_params, background_last, .dflt = 68, .min = 0, .max = 65535, .help = "last bin of the background window"),
    OA_PARAM(bank_params, background_sweeps, .dflt = 1001, .min = 0, .max = 1000000, .help = "clipping sweeps of the background at most"),
    OA_PARAM(bank_params, picture, .dflt_text = "", .choices = picture_words, .help = "how a zx-SDM becomes grey: levels, as the published contour plots, "
             "or linear"),
    OA_PARAM(bank_params, pixels, .dflt = 0, .min = 0, .max = 4096, .help = "edge of the picture; 0 for curves"),
    OA_PARAM(bank_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "which bank"),
    OA_PARAM_END
};

/* The maps are those of data/map_definition.c; a test holds the two together. */
#define CURVE_MAP(how, sphere, low, high) \
    { "mode", how }, { "dimensions", "1" }, { "radius", sphere }, { "half_range", "1.5" }, { "bins", "200" }, { "crop_first", "54" }, { "crop_bins", "93" }, \
    { "smooth_window", "15" }, { "smooth_order", "8" }, { "background_first", low }, { "background_last", high }, { "background_sweeps", "1001" }, \
    { "picture", "" }, { "pixels", "0" }
#define COCRNI_GRIDS \
    { "channels", "ordered" }, { "lattice_parameter", "0.36" }, { "cells", "3" }, { "sigma_lateral", "0.2:0.8:0.05" }, \
    { "sigma_depth", "0.01:0.058:0.002/0.02:0.048:0.002" }, { "efficiency", "0.2:0.65:0.05" }, { "copies", "1" }, { "shift_lo", "-2" }, { "shift_hi", "1" }
static const oa_preset_value cocrni_002[] = {
    { "structures", "fcc,l12" }, { "classes", "FCC,CSRO" }, { "direction", "002" }, COCRNI_GRIDS, CURVE_MAP("insphere", "0.75", "23", "68"), { NULL, NULL }
};
static const oa_preset_value cocrni_111[] = {
    { "structures", "fcc,l11" }, { "classes", "FCC,CSRO" }, { "direction", "111" }, COCRNI_GRIDS, CURVE_MAP("insphere", "0.75", "23", "68"), { NULL, NULL }
};
static const oa_preset_value feal_002[] = {
    { "structures", "bcc,b2,d03" }, { "classes", "BCC,B2,D03" }, { "channels", "other,ordered" }, { "direction", "002" }, { "lattice_parameter", "0.287" },
    { "cells", "18,11,12" }, { "sigma_lateral", "0.2:0.8:0.2" }, { "sigma_depth", "0.02:0.048:0.002/0.03:0.058:0.002/0.01:0.048:0.002" },
    { "efficiency", "0.2:0.68:0.02" }, { "copies", "1" }, { "shift_lo", "-4" }, { "shift_hi", "3" }, { "domains", "2,8" }, { "specimen_edge", "8" },
    { "alloy", "Fe:0.78,Al:0.22" }, { "ordered_species", "Al" }, { "ordered_fraction", "0.14,0.3" }, CURVE_MAP("tree", "0.5", "37", "52"), { NULL, NULL }
};
static const oa_preset_value allimg_011[] = {
    { "structures", "fcc,l12" }, { "classes", "FCC,L12" }, { "channels", "other" }, { "direction", "011" }, { "lattice_parameter", "0.405" }, { "cells", "13" },
    { "sigma_lateral", "0.2:0.8:0.2" }, { "sigma_depth", "0.01:0.038:0.002/0.03:0.054:0.002" }, { "efficiency", "0.35:0.79:0.02" }, { "nested", "true" },
    { "copies", "0" }, { "specimen_edge", "8" }, { "alloy", "Al:0.88,Li:0.08,Mg:0.04" }, { "ordered_species", "Li" }, { "ordered_fraction", "0.04,0.12" },
    { "domain_radii", "0.8,2.5" }, { "rotation", "-1,1" },
    { "mode", "insphere" }, { "dimensions", "2" }, { "radius", "1.5" }, { "half_range", "1.5" }, { "bins", "200" }, { "crop_first", "0" }, { "crop_bins", "200" },
    { "smooth_window", "0" }, { "smooth_order", "0" }, { "background_first", "0" }, { "background_last", "0" }, { "background_sweeps", "0" },
    { "picture", "levels" }, { "pixels", "150" }, { NULL, NULL }
};
static const oa_preset bank_presets[] = {
    { "cocrni-002", "CoCrNi along <002>: FCC or L1_2-like order, 5200 curves and a shifted copy of each; Adv. Mater. 2024, 2407564", cocrni_002 },
    { "cocrni-111", "CoCrNi along <111>: FCC or L1_1-like order by the same grids; none is published", cocrni_111 },
    { "feal-002", "Fe-Al along <002>: BCC, B2 or D0_3, channels Fe-Fe and Al-Al, 5000 patterns and a copy of each; Nat. Commun. 14, 7410 (2023)", feal_002 },
    { "allimg-011", "Al-Li-Mg along <011>: FCC or L1_2, 2576 pictures of the zx-SDM of Al-Al; npj Comput. Mater. 7, 8 (2021)", allimg_011 },
    { .name = NULL }
};

static const oa_slot bank_slots[] = { OA_SLOT_END };

static const oa_output bank_outputs[] = {
    OA_PATTERN_OUTPUTS,
    { .name = "summary/patterns", .type = OA_U64, .help = "patterns" },
    { .name = "summary/originals", .type = OA_U64, .help = "patterns of whole crystals" },
    { .name = "summary/copies", .type = OA_U64, .help = "shifted copies of them" },
    { .name = "summary/voxels", .type = OA_U64, .help = "patterns of voxels" },
    { .name = "summary/voxels_dropped", .type = OA_U64, .help = "voxels left out, as their curve is constant or no ion is near their centre" },
    { .name = "summary/specimens", .type = OA_U64, .help = "specimens that the voxels come from" },
    { .name = "summary/specimen_ions", .type = OA_U64, .help = "ions of all these specimens" },
    { .name = "summary/constant", .type = OA_U64, .help = "patterns of crystals without a usable curve" },
    { .name = "summary/labels", .type = OA_TEXT, .help = "patterns of each class" },
    OA_OUTPUT_END
};

/* ---------------------------------------------------------------------------------------------- checks */

static oa_status refuse(oa_context *context, const char *parameter, const char *why)
{
    return oa_fail_at(context, OA_IN_PARAMETER(parameter), "E_PARAMETER_RANGE", "%s", why);
}

static oa_status check_ranges(oa_context *context, const bank_params *p)
{
    const struct { const char *name; const oa_reals *range; bool by_logarithm; } row[] = {
        { "ordered_fraction", &p->ordered_fraction, false }, { "domains", &p->domains, false }, { "domain_radii", &p->domain_radii, false },
        { "order", &p->order, false }, { "enrichment", &p->enrichment, false }, { "stretch_lateral", &p->stretch_lateral, false },
        { "stretch_depth", &p->stretch_depth, false }, { "tilt", &p->tilt, false }, { "rotation", &p->rotation, false },
        { "voxel_sigma_lateral", &p->voxel_sigma_lateral, true }, { "voxel_sigma_depth", &p->voxel_sigma_depth, true },
        { "voxel_efficiency", &p->voxel_efficiency, true },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const double *v = row[i].range->v;
        if (!(v[0] <= v[1]))
            return oa_fail_at(context, OA_IN_PARAMETER(row[i].name), "E_PARAMETER_RANGE", "%s runs from %g to %g; give the lower end first", row[i].name, v[0], v[1]);
        if (row[i].by_logarithm && strcmp(p->spacing, "log") == 0 && !(v[0] > 0))
            return oa_fail_at(context, OA_IN_PARAMETER(row[i].name), "E_PARAMETER_RANGE", "%s begins at %g, which has no logarithm; give a larger number, or "
                              "spacing uniform", row[i].name, v[0]);
    }
    if (p->domains.v[0] != floor(p->domains.v[0]) || p->domains.v[1] != floor(p->domains.v[1]))
        return refuse(context, "domains", "domains are counted: give whole numbers");
    return OA_OK;
}

static oa_status check_map(oa_context *context, const bank_params *p)
{
    const bool is_picture = p->dimensions == 2;
    if (p->crop_first + p->crop_bins > p->bins) return refuse(context, "crop_bins", "the crop must lie inside the bins of the map");
    if (p->smooth_window && (p->smooth_window % 2 == 0 || p->smooth_order >= p->smooth_window || p->smooth_window > p->crop_bins))
        return refuse(context, "smooth_window", "the smoothing window must be odd, above the order and no longer than the curve");
    if (p->background_first > p->background_last || p->background_last >= p->crop_bins)
        return refuse(context, "background_last", "the background window must lie in the curve, its first bin not behind the last");
    if (is_picture && (p->pixels < 1 || !p->picture[0])) return refuse(context, "pixels", "a map of two dimensions needs pixels and a way to draw the picture");
    if (!is_picture && (p->pixels || p->picture[0])) return refuse(context, "picture", "curves have no picture; give dimensions 2, or leave picture and pixels out");
    if (is_picture && p->copies) return refuse(context, "copies", "copies are shifted curves; for pictures give 0, they are turned while training");
    return OA_OK;
}

static oa_status bank_check(oa_context *context, const void *params)
{
    const bank_params *p = params;
    const double margin = p->radius + (strcmp(p->mode, "tree") == 0 ? p->half_range : 0);
    OA_TRY(check_ranges(context, p));
    OA_TRY(check_map(context, p));
    if (p->shift_lo > p->shift_hi) return refuse(context, "shift_hi", "shifts run from shift_lo to shift_hi; give the lower one first");
    if (p->copies && (p->shift_lo <= -p->crop_bins || p->shift_hi >= p->crop_bins))
        return refuse(context, p->shift_hi >= p->crop_bins ? "shift_hi" : "shift_lo", "such a shift leaves nothing of a curve; give one shorter than crop_bins");
    if (!p->crystals && !p->voxels) return refuse(context, "voxels", "neither crystals nor voxels are wanted; give --crystals true, or a number of voxels");
    if (p->voxels && !(p->specimen_edge > 2 * margin))
        return oa_fail_at(context, OA_IN_PARAMETER("specimen_edge"), "E_PARAMETER_RANGE", "maps look %g nm far, so no voxel fits into a specimen of %g nm; give "
                          "more than %g nm", margin, p->specimen_edge, 2 * margin);
    if (strcmp(p->analysed, "any") == 0 && strchr(p->channels, ','))
        return refuse(context, "analysed", "with several channels each has its species; give analysed ordering");
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- results */

static oa_status put_patterns(bank *b, size_t n, bank_patterns *out)
{
    oa_run *run = b->run;
    const size_t pixels = (size_t)b->map.pixels;
    const size_t curves[3] = { n, (size_t)b->map.crop_bins, b->n_channels }, pictures[3] = { n, pixels, pixels };
    const size_t targets[2] = { n, b->n_classes }, pairs[2] = { n, b->n_channels };
    *out = (bank_patterns){ .n = n };
    if (bank_has_pictures(b)) OA_TRY(oa_put_array(run, "pictures/grey", 3, pictures, &out->grey));
    else OA_TRY(oa_put_array(run, "patterns/pattern", 3, curves, &out->curves));
    OA_TRY(oa_put_array(run, "labels/target", 2, targets, &out->target));
    OA_TRY(oa_put_array(run, "labels/label", 1, &n, &out->label));
    OA_TRY(oa_put_array(run, "labels/group", 1, &n, &out->group));
    OA_TRY(oa_put_array(run, "labels/sigma_lateral", 1, &n, &out->sigma_lateral));
    OA_TRY(oa_put_array(run, "labels/sigma_depth", 1, &n, &out->sigma_depth));
    OA_TRY(oa_put_array(run, "labels/efficiency", 1, &n, &out->efficiency));
    return oa_put_array(run, "labels/pairs", 2, pairs, &out->pairs);
}

static void append(const bank *b, const bank_patterns *voxels, bank_patterns *out, size_t row)
{
    const size_t n = voxels->n, size = bank_pattern_size(b);
    if (n == 0) return;
    if (voxels->grey) memcpy(out->grey + row * size, voxels->grey, n * size);
    else memcpy(out->curves + row * size, voxels->curves, n * size * sizeof *out->curves);
    memcpy(out->target + row * b->n_classes, voxels->target, n * b->n_classes * sizeof *out->target);
    memcpy(out->pairs + row * b->n_channels, voxels->pairs, n * b->n_channels * sizeof *out->pairs);
    memcpy(out->label + row, voxels->label, n * sizeof *out->label);
    memcpy(out->group + row, voxels->group, n * sizeof *out->group);
    memcpy(out->sigma_lateral + row, voxels->sigma_lateral, n * sizeof *out->sigma_lateral);
    memcpy(out->sigma_depth + row, voxels->sigma_depth, n * sizeof *out->sigma_depth);
    memcpy(out->efficiency + row, voxels->efficiency, n * sizeof *out->efficiency);
}

static bool is_usable(const bank *b, const bank_patterns *out, size_t row)
{
    for (size_t c = 0; out->curves && c < b->n_channels; c++)
        if (isnan(out->curves[row * bank_pattern_size(b) + c])) return false;
    return out->curves || out->pairs[row] > 0;
}

/* Every class must be there: a network cannot learn what it never sees. */
static oa_status count_classes(bank *b, const bank_patterns *out, uint64_t *constant, char *text, size_t size)
{
    uint64_t usable[OA_CLASSES_MAX] = { 0 };
    size_t used = 0;
    *constant = 0;
    for (size_t i = 0; i < out->n; i++) {
        const bool is_good = is_usable(b, out, i);
        usable[out->label[i]] += is_good;
        *constant += !is_good;
    }
    for (size_t c = 0; c < b->n_classes; c++) {
        if (usable[c] == 0)
            return oa_fail(b->run->context, "E_CLASS_MISSING", "of %zu patterns none with a usable map is of class %s; give %s", out->n, b->class[c].name,
                           b->p->crystals ? "higher efficiencies or more cells" : c ? "more voxels, or more and larger domains" : "more voxels, or fewer domains");
        used += (size_t)snprintf(text + used, size - used, "%s%s %llu", used ? ", " : "", b->class[c].name, (unsigned long long)usable[c]);
    }
    if (*constant)
        oa_note(b->run, "W_FEW_IONS", "%llu of %zu patterns are constant, as too few atoms were kept; training leaves them out", (unsigned long long)*constant, out->n);
    return OA_OK;
}

static oa_status put_names(bank *b)
{
    char classes[OA_CLASSES_MAX * 34] = "", numbers[OA_CLASSES_MAX * 40] = "class: ";
    for (size_t c = 0; c < b->n_classes; c++) {
        const size_t a = strlen(classes), n = strlen(numbers);
        snprintf(classes + a, sizeof classes - a, "%s%s", c ? "," : "", b->class[c].name);
        snprintf(numbers + n, sizeof numbers - n, "%s%zu %s", c ? ", " : "", c, b->class[c].name);
    }
    OA_TRY(oa_put_long_name(b->run, "labels/label", numbers));
    return oa_patterns_put_map(b->run, &b->map, classes);
}

static oa_status bank_run(oa_run *run, const void *params)
{
    bank *b;
    bank_patterns voxels, all;
    bank_voxel_report report;
    uint64_t constant;
    char text[OA_CLASSES_MAX * 56];
    OA_TRY(oa_scratch(run, &b, 1, sizeof *b));
    OA_TRY(bank_prepare(run, params, b));
    const size_t copies = b->n_originals * (size_t)b->p->copies, crystals = b->n_originals + copies;
    OA_TRY(bank_make_voxels(b, (uint32_t)b->n_originals, &voxels, &report));
    OA_TRY(put_patterns(b, crystals + voxels.n, &all));
    OA_TRY(bank_make_crystals(b, &all));
    append(b, &voxels, &all, crystals);
    OA_TRY(count_classes(b, &all, &constant, text, sizeof text));
    OA_TRY(put_names(b));
    OA_TRY(oa_put_count(run, "summary/patterns", all.n));
    OA_TRY(oa_put_count(run, "summary/originals", b->n_originals));
    OA_TRY(oa_put_count(run, "summary/copies", copies));
    OA_TRY(oa_put_count(run, "summary/voxels", voxels.n));
    OA_TRY(oa_put_count(run, "summary/voxels_dropped", report.dropped));
    OA_TRY(oa_put_count(run, "summary/specimens", report.specimens));
    OA_TRY(oa_put_count(run, "summary/specimen_ions", report.ions));
    OA_TRY(oa_put_count(run, "summary/constant", constant));
    return oa_put_text(run, "summary/labels", text);
}

/* Patterns, those of voxels twice while they are counted; crystals; and, for each thread, atoms with their cells, maps, and a
 * specimen that reaches three standard deviations beyond its cube. */
static uint64_t bank_memory(const oa_run *run, const void *params)
{
    const bank_params *p = params;
    const bank_estimate crystals = bank_estimate_of(p);
    double channels = 1, classes = 1;
    for (const char *c = p->channels; *c; c++) channels += *c == ',';
    for (const char *c = p->structures; *c; c++) classes += *c == ',';
    const double pattern = p->dimensions == 2 ? (double)(p->pixels * p->pixels) : 4.0 * (double)p->crop_bins * channels;
    const double row = pattern + 4 * classes + 32 + 8 * channels, a = p->lattice_parameter;
    const double map = (p->dimensions == 2 ? (double)(p->crop_bins * p->crop_bins) : (double)p->crop_bins) * channels * 4;
    const double lateral = (p->specimen_edge + 6 * p->voxel_sigma_lateral.v[1]) / p->stretch_lateral.v[0] + 2 * a;
    const double depth = (p->specimen_edge + 6 * p->voxel_sigma_depth.v[1]) / p->stretch_depth.v[0] + 2 * a;
    const double atoms = fmax(p->crystals ? crystals.atoms : 0, p->voxels ? 4 * lateral * lateral * depth / (a * a * a) : 0);
    const double bytes = row * (crystals.patterns + 2.0 * (double)p->voxels) + (p->crystals ? 25 * classes * crystals.atoms : 0) +
                         run->context->threads * (64 * atoms + 64 * map + 4e6) + 8e6;
    return bytes > 0 && bytes < 1e18 ? (uint64_t)bytes : 0;
}

const oa_step oa_step_bank = {
    .name = "bank",
    .version = 1,
    .title = "Labelled patterns for training",
    .help = "Simulates small crystals with and without order over a grid of noise and detection efficiency, and makes the map of each, by the "
            "recipes of Li et al., Nat. Commun. 14, 7410 (2023), Adv. Mater. 2024, 2407564 and npj Comput. Mater. 7, 8 (2021). On demand it adds "
            "voxels cut from simulated specimens, with all species, domains that fill them in part, and a stretched and tilted lattice: what "
            "classify meets. The result is for train and evaluate.",
    .params = bank_table, .params_size = sizeof(bank_params), .presets = bank_presets,
    .slots = bank_slots,  .outputs = bank_outputs, .is_simulation = true,
    .check = bank_check,  .run = bank_run, .memory = bank_memory,
};
