/* density_map.c - where ions lie, seen along one axis: a map of ions per square nanometre. Crystallographic poles and
 * stacking faults stand out as lines and spots of another density (Gault et al., Atom Probe Microscopy, 2012, ch. 7). */
#include <math.h>
#include <string.h>

#include "step/step.h"

typedef struct density_map_params {
    const char *axes;
    int64_t bins;
} density_map_params;

static const char *const axes_words[] = { "xy", "xz", "yz", NULL };

static const oa_param density_map_table[] = {
    OA_PARAM(density_map_params, axes, .dflt_text = "xy", .choices = axes_words, .help = "plane of the map; the third axis is looked along"),
    OA_PARAM(density_map_params, bins, .dflt = 200, .min = 1, .max = 4096, .help = "square bins along the longer side of the map"),
    OA_PARAM_END
};

static const oa_slot density_map_slots[] = {
    { "ions", OA_TAKES_SELECTION, false, "ions to count, or a result with selected ions: then these" },
    { "selection", OA_TAKES_RESULT, true, "only the ions selected there are counted, or those of the true domains of a synthesised specimen" },
    OA_SLOT_END
};

static const oa_output density_map_outputs[] = {
    { .name = "map/density", .type = OA_F64, .shape = "(vertical, horizontal)", .unit = "1/nm^2", .axes = "vertical,horizontal", .is_plot = true,
      .help = "ions per area" },
    { .name = "map/counts", .type = OA_U32, .shape = "(vertical, horizontal)", .help = "ions" },
    { .name = "map/vertical", .type = OA_F64, .shape = "(vertical)", .unit = OA_NM, .help = "bin centres along the second axis" },
    { .name = "map/horizontal", .type = OA_F64, .shape = "(horizontal)", .unit = OA_NM, .help = "bin centres along the first axis" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions counted" },
    { .name = "summary/bin_edge", .type = OA_F64, .unit = OA_NM, .help = "edge of a bin" },
    OA_OUTPUT_END
};

/* One axis of the map: bin k covers [lo + k*edge, lo + (k+1)*edge). */
typedef struct map_axis {
    oa_ion_column column;
    double lo, edge;
    size_t bins;
} map_axis;

static void place_axes(const oa_ions *ions, const density_map_params *p, map_axis axis[2])
{
    double lo[3], hi[3], longest = 0;
    oa_ions__bounds(ions, lo, hi);
    for (int a = 0; a < 2; a++) {
        const int dimension = p->axes[a] - 'x';
        axis[a] = (map_axis){ .column = (oa_ion_column)(OA_X + dimension), .lo = lo[dimension] };
        longest = fmax(longest, hi[dimension] - lo[dimension]);
    }
    for (int a = 0; a < 2; a++) {
        const int dimension = p->axes[a] - 'x';
        axis[a].edge = longest > 0 ? longest / (double)p->bins : 1;
        /* The largest coordinate belongs to the last bin, which is closed. */
        axis[a].bins = (size_t)fmax(1, ceil((hi[dimension] - lo[dimension]) / axis[a].edge));
    }
}

static size_t bin_of(const map_axis *axis, double value)
{
    const size_t bin = (size_t)((value - axis->lo) / axis->edge);
    return bin < axis->bins ? bin : axis->bins - 1;
}

static oa_status put_axis(oa_run *run, const char *name, const map_axis *axis)
{
    double *centre;
    OA_TRY(oa_put_array(run, name, 1, &axis->bins, &centre));
    for (size_t k = 0; k < axis->bins; k++) centre[k] = axis->lo + ((double)k + 0.5) * axis->edge;
    return oa_put_long_name(run, name, axis->column == OA_X ? "x (nm)" : axis->column == OA_Y ? "y (nm)" : "z (nm)");
}

static oa_status density_map_run(oa_run *run, const void *params)
{
    const oa_input *input = oa_run_input(run, "ions");
    const oa_ions *ions = input->ions;
    map_axis axis[2];
    uint8_t *take;
    uint32_t *counts;
    double *density;
    uint64_t counted = 0;
    place_axes(ions, params, axis);
    OA_TRY(oa_scratch(run, &take, ions->n, 1));
    OA_TRY(oa_run_mark(run, input, take));
    const size_t dims[2] = { axis[1].bins, axis[0].bins };
    OA_TRY(oa_put_array(run, "map/density", 2, dims, &density));
    OA_TRY(oa_put_array(run, "map/counts", 2, dims, &counts));
    OA_TRY(put_axis(run, "map/vertical", &axis[1]));
    OA_TRY(put_axis(run, "map/horizontal", &axis[0]));
    const float *u = oa_ions__f32(ions, axis[0].column), *v = oa_ions__f32(ions, axis[1].column);
    for (size_t i = 0; i < ions->n; i++) {
        if (!take[i]) continue;
        counts[bin_of(&axis[1], v[i]) * dims[1] + bin_of(&axis[0], u[i])]++;
        counted++;
    }
    for (size_t k = 0; k < dims[0] * dims[1]; k++) density[k] = counts[k] / (axis[0].edge * axis[0].edge);
    OA_TRY(oa_put_count(run, "summary/ions", counted));
    return oa_put_real(run, "summary/bin_edge", axis[0].edge);
}

const oa_step oa_step_density_map = {
    .name = "density_map",
    .version = 1,
    .title = "Density seen along an axis",
    .help = "Counts ions, or a selection of them, on a square grid seen along x, y or z. Poles and stacking faults stand out.",
    .params = density_map_table, .params_size = sizeof(density_map_params),
    .slots = density_map_slots,  .outputs = density_map_outputs,
    .run = density_map_run,
};
