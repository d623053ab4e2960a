/* layout_ions.c - ions in the places NXapm has for them, with the two histograms it wants beside them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/parallel.h"
#include "base/text.h"
#include "io/layout.h"

static void write_process(oa_nexus_writer *writer, const char *path, const char *nx_class, uint32_t sequence)
{
    char field[512];
    oa_h5w_group(&writer->w, path, nx_class);
    if (sequence) oa_h5w_count(&writer->w, oa_h5w_join(field, path, "sequence_index"), sequence);
    oa_layout_program(writer, path);
}

static oa_status add_column(oa_nexus_writer *writer, const oa_layout_row *row)
{
    const oa_ions *ions = writer->bundle->ions;
    const oa_ion_column_info *info = &oa_ion_columns[row->column];
    oa_bulk_array array = { .type = ions->column[row->column].type, .rank = row->planes > 1 ? 2 : 1,
                            .dims = { ions->n, (size_t)row->planes }, .planes = row->planes };
    for (int p = 0; p < row->planes; p++) array.plane[p] = oa_ions__data(ions, (oa_ion_column)(row->column + p));
    snprintf(array.path, sizeof array.path, OA_ROI "/%s", row->path);
    snprintf(array.unit, sizeof array.unit, "%s", info->unit);
    if (row->column == OA_X) snprintf(array.depends_on, sizeof array.depends_on, OA_FRAME);
    if (row->column == OA_HIT_X) snprintf(array.depends_on, sizeof array.depends_on, OA_DETECTOR_FRAME);
    return oa_layout_bulk(writer, &array);
}

/* ---- histograms ---- */

enum { SPECTRUM_BINS = 3000, GRID_MAX = 100, COUNT_CHUNK = 262144, COUNT_CHUNKS_MAX = 8 };
#define SPECTRUM_WIDTH 0.1 /* Da */

static void axes_attributes(oa_h5w *w, const char *group, const char *signal, const char *const *axes, size_t n)
{
    char name[96];
    oa_h5w_attribute(w, group, "signal", signal);
    if (n == 1) oa_h5w_attribute(w, group, "axes", axes[0]);
    else oa_h5w_attribute_texts(w, group, "axes", axes, n);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s_indices", axes[i]);
        oa_h5w_attribute_u32(w, group, name, (uint32_t)i);
    }
}

typedef struct grid {
    double lo[3], edge; /* nm */
    size_t n[3];
} grid;

/* Cubes of 1 nm or as large as needed for at most GRID_MAX along an axis. */
static grid make_grid(const oa_ions *ions)
{
    grid g = { .edge = 1 };
    double hi[3], longest = 0;
    oa_ions__bounds(ions, g.lo, hi);
    for (int a = 0; a < 3; a++) longest = fmax(longest, hi[a] - g.lo[a]);
    g.edge = fmax(1, ceil(longest / (GRID_MAX - 1)));
    for (int a = 0; a < 3; a++) {
        g.lo[a] = floor(g.lo[a] / g.edge) * g.edge;
        g.n[a] = (size_t)((hi[a] - g.lo[a]) / g.edge) + 1;
    }
    return g;
}

/* Both histograms, one copy of each per chunk of ions; the sums end in the first. */
typedef struct counting {
    const oa_ions *ions;
    grid grid;
    size_t cubes;
    uint32_t *spectrum, *cube; /* (chunks, SPECTRUM_BINS), (chunks, cubes) */
} counting;

static void count_masses(const counting *c, oa_span span)
{
    const float *mass = oa_ions__f32(c->ions, OA_MASS);
    uint32_t *out = c->spectrum + span.chunk * SPECTRUM_BINS;
    for (size_t i = span.begin; i < span.end; i++) {
        const double bin = mass[i] * (1 / SPECTRUM_WIDTH);
        if (bin >= 0 && bin < SPECTRUM_BINS) out[(size_t)bin]++;
    }
}

static oa_status count_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const counting *c = arg;
    const grid *g = &c->grid;
    const float *x = oa_ions__f32(c->ions, OA_X), *y = oa_ions__f32(c->ions, OA_Y), *z = oa_ions__f32(c->ions, OA_Z);
    const double per_nm = 1 / g->edge;
    uint32_t *out = c->cube + span.chunk * c->cubes;
    (void)worker;
    count_masses(c, span);
    for (size_t i = span.begin; i < span.end; i++) {
        const size_t ix = (size_t)((x[i] - g->lo[0]) * per_nm), iy = (size_t)((y[i] - g->lo[1]) * per_nm);
        const size_t iz = (size_t)((z[i] - g->lo[2]) * per_nm);
        if (ix < g->n[0] && iy < g->n[1] && iz < g->n[2]) out[(iz * g->n[1] + iy) * g->n[0] + ix]++;
    }
    return OA_OK;
}

static void add_copies(uint32_t *counts, size_t n, size_t copies)
{
    for (size_t k = 1; k < copies; k++)
        for (size_t i = 0; i < n; i++) counts[i] += counts[k * n + i];
}

/* Few chunks, as each has its own counts. The caller frees spectrum and cube, also after a failure. */
static oa_status count_ions(oa_context *context, counting *c)
{
    const size_t n = c->ions->n, share = oa_chunk_count(n, COUNT_CHUNKS_MAX), per_chunk = share > COUNT_CHUNK ? share : COUNT_CHUNK;
    const size_t chunks = n ? oa_chunk_count(n, per_chunk) : 1;
    c->cubes = c->grid.n[0] * c->grid.n[1] * c->grid.n[2];
    OA_TRY(oa_new(context, &c->spectrum, chunks * SPECTRUM_BINS, sizeof *c->spectrum));
    OA_TRY(oa_new(context, &c->cube, chunks * c->cubes, sizeof *c->cube));
    OA_TRY(oa_parallel(context, n, per_chunk, count_chunk, c));
    add_copies(c->spectrum, SPECTRUM_BINS, chunks);
    add_copies(c->cube, c->cubes, chunks);
    return OA_OK;
}

/* An overview for people and viewers; the step `spectrum` is the exact one. */
static void write_spectrum(oa_nexus_writer *writer, const uint32_t *count)
{
    static const char *const axes[] = { "axis_mass_to_charge" };
    static const char process[] = OA_ROI "/ranging/mass_to_charge_distribution", data[] = OA_ROI "/ranging/mass_to_charge_distribution/mass_spectrum";
    oa_h5w *w = &writer->w;
    const size_t bins = SPECTRUM_BINS;
    float centre[SPECTRUM_BINS];
    for (size_t i = 0; i < bins; i++) centre[i] = (float)((i + 0.5) * SPECTRUM_WIDTH);
    write_process(writer, process, "NXprocess", 1);
    oa_h5w_real(w, OA_ROI "/ranging/mass_to_charge_distribution/min_mass_to_charge", 0, "Da");
    oa_h5w_real(w, OA_ROI "/ranging/mass_to_charge_distribution/max_mass_to_charge", SPECTRUM_BINS * SPECTRUM_WIDTH, "Da");
    oa_h5w_count(w, OA_ROI "/ranging/mass_to_charge_distribution/n_mass_to_charge", bins);
    oa_h5w_group(w, data, "NXdata");
    oa_h5w_text(w, OA_ROI "/ranging/mass_to_charge_distribution/mass_spectrum/title", "Mass-to-charge histogram, bins of 0.1 Da");
    oa_h5w_array(w, OA_ROI "/ranging/mass_to_charge_distribution/mass_spectrum/intensity", OA_U32, 1, &bins, count, NULL);
    oa_h5w_attribute(w, OA_ROI "/ranging/mass_to_charge_distribution/mass_spectrum/intensity", "long_name", "Counts");
    oa_h5w_array(w, OA_ROI "/ranging/mass_to_charge_distribution/mass_spectrum/axis_mass_to_charge", OA_F32, 1, &bins, centre, "Da");
    oa_h5w_attribute(w, OA_ROI "/ranging/mass_to_charge_distribution/mass_spectrum/axis_mass_to_charge", "long_name", "Mass-to-charge-state ratio (Da)");
    axes_attributes(w, data, "intensity", axes, 1);
}

static void write_grid_axis(oa_h5w *w, const char *data, const char *name, const grid *g, int axis)
{
    char path[512], title[32];
    float centre[GRID_MAX + 2];
    for (size_t i = 0; i < g->n[axis]; i++) centre[i] = (float)(g->lo[axis] + (i + 0.5) * g->edge);
    oa_h5w_array(w, oa_h5w_join(path, data, name), OA_F32, 1, &g->n[axis], centre, "nm");
    snprintf(title, sizeof title, "%c (nm)", name[5]);
    oa_h5w_attribute(w, path, "long_name", title);
}

static void write_discretization(oa_nexus_writer *writer, const grid *g, const uint32_t *count)
{
    static const char process[] = OA_ROI "/reconstruction/naive_discretization", data[] = OA_ROI "/reconstruction/naive_discretization/data";
    static const char *const axes[] = { "axis_z", "axis_y", "axis_x" };
    oa_h5w *w = &writer->w;
    const size_t dims[] = { g->n[2], g->n[1], g->n[0] };
    write_process(writer, process, "NXprocess", 1);
    oa_h5w_group(w, data, "NXdata");
    oa_h5w_text(w, OA_ROI "/reconstruction/naive_discretization/data/title", "Ions per cube");
    oa_h5w_array(w, OA_ROI "/reconstruction/naive_discretization/data/intensity", OA_U32, 3, dims, count, NULL);
    oa_h5w_attribute(w, OA_ROI "/reconstruction/naive_discretization/data/intensity", "long_name", "Counts");
    for (int i = 0; i < 3; i++) write_grid_axis(w, data, axes[i], g, 2 - i);
    axes_attributes(w, data, "intensity", axes, 3);
    char middle[24];
    const char *const slice[] = { ".", middle, "." }; /* the tip from the side, through its middle */
    snprintf(middle, sizeof middle, "%zu", g->n[1] / 2);
    oa_h5w_attribute_texts(w, data, "default_slice", slice, 3);
}

static oa_status write_histograms(oa_nexus_writer *writer)
{
    counting c = { .ions = writer->bundle->ions, .grid = make_grid(writer->bundle->ions) };
    const oa_status status = count_ions(writer->w.context, &c);
    if (status == OA_OK) write_discretization(writer, &c.grid, c.cube);
    if (status == OA_OK) write_spectrum(writer, c.spectrum);
    oa_free(writer->w.context, c.cube);
    oa_free(writer->w.context, c.spectrum);
    return status;
}

/* ---- ranging ---- */

static void write_nuclides(oa_h5w *w, const char *ion, const oa_ion_type *type)
{
    char path[512];
    const size_t one[] = { OA_ATOMS_MAX }, two[] = { OA_ATOMS_MAX, 2 };
    uint16_t list[OA_ATOMS_MAX][2] = { { 0 } };
    for (int i = 0; i < type->n_atoms; i++) { /* (mass number, Z); mass number 0: the element */
        const unsigned z = OA_HASH_Z(type->nuclides[i]), n = OA_HASH_N(type->nuclides[i]);
        list[i][0] = (uint16_t)(n == 255 ? 0 : z + n);
        list[i][1] = (uint16_t)z;
    }
    oa_h5w_array(w, oa_h5w_join(path, ion, "nuclide_hash"), OA_U16, 1, one, type->nuclides, NULL);
    oa_h5w_array(w, oa_h5w_join(path, ion, "nuclide_list"), OA_U16, 2, two, list, NULL);
}

/* Bounds are float64: exactly the numbers of the range file. */
static oa_status write_ion_ranges(oa_h5w *w, const char *ion, const oa_ranges *ranges, unsigned number)
{
    char path[512];
    double *bounds;
    size_t n = 0;
    OA_TRY(oa_new(w->context, &bounds, 2 * (ranges ? ranges->n : 0) + 2, sizeof *bounds));
    for (size_t i = 0; ranges && i < ranges->n; i++) {
        if (ranges->ranges[i].type != number) continue;
        bounds[2 * n] = ranges->ranges[i].lower;
        bounds[2 * n++ + 1] = ranges->ranges[i].upper;
    }
    const size_t dims[] = { n ? n : 1, 2 }; /* ion0 and ions without a range: one of no width */
    oa_h5w_array(w, oa_h5w_join(path, ion, "mass_to_charge_range"), OA_F64, 2, dims, bounds, "Da");
    oa_free(w->context, bounds);
    return OA_OK;
}

static oa_status write_ion_type(oa_nexus_writer *writer, const oa_ranges *ranges, unsigned number)
{
    static const oa_ion_type nothing = { .name = "unknown iontype" };
    const oa_ion_type *type = number ? &ranges->types[number - 1] : &nothing;
    oa_h5w *w = &writer->w;
    char ion[128], path[512];
    const int8_t charge = (int8_t)type->charge;
    snprintf(ion, sizeof ion, OA_ROI "/ranging/peak_identification/ion%u", number);
    oa_h5w_group(w, ion, "NXatom");
    oa_h5w_text(w, oa_h5w_join(path, ion, "name"), type->name);
    oa_h5w_count(w, oa_h5w_join(path, ion, "id"), number);
    oa_h5w_number(w, oa_h5w_join(path, ion, "charge_state"), OA_I8, &charge, NULL);
    if (type->volume > 0) oa_h5w_real(w, oa_h5w_join(path, ion, "volume"), type->volume, "nm^3");
    write_nuclides(w, ion, type);
    return write_ion_ranges(w, ion, ranges, number);
}

static oa_status write_colors(oa_nexus_writer *writer, const oa_ranges *ranges)
{
    static const char display[] = OA_ROI "/ranging/peak_identification/display";
    uint32_t *color;
    const size_t n = ranges->n_types;
    OA_TRY(oa_new(writer->w.context, &color, n, sizeof *color));
    for (size_t i = 0; i < n; i++) color[i] = ranges->types[i].color;
    oa_h5w_group(&writer->w, display, "NXparameters");
    oa_h5w_array(&writer->w, OA_ROI "/ranging/peak_identification/display/color", OA_U32, 1, &n, color, NULL);
    oa_free(writer->w.context, color);
    return OA_OK;
}

static oa_status write_ranging(oa_nexus_writer *writer)
{
    oa_h5w *w = &writer->w;
    const oa_ranges *ranges = writer->bundle->ions->ranges;
    if (!ranges) return OA_OK;
    write_process(writer, OA_ROI "/ranging/peak_identification", "NXprocess", 2);
    oa_h5w_count(w, OA_ROI "/ranging/peak_identification/number_of_ion_types", ranges->n_types + 1);
    oa_h5w_count(w, OA_ROI "/ranging/peak_identification/maximum_number_of_atoms_per_molecular_ion", OA_ATOMS_MAX);
    for (unsigned k = 0; k <= ranges->n_types; k++) OA_TRY(write_ion_type(writer, ranges, k));
    return ranges->n_types ? write_colors(writer, ranges) : OA_OK;
}

/* ---- all of it ---- */

static bool has(const oa_nexus_writer *writer, oa_ion_column column) { return writer->bundle->ions->column[column].block != NULL; }

static void write_detector_groups(oa_nexus_writer *writer)
{
    oa_h5w *w = &writer->w;
    static const size_t three = 3;
    static const double unit[3][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    if (has(writer, OA_HIT_X)) {
        oa_h5w_group(w, OA_DETECTOR_FRAME, "NXcoordinate_system");
        oa_h5w_text(w, OA_DETECTOR_FRAME "/type", "cartesian");
        oa_h5w_array(w, OA_DETECTOR_FRAME "/x", OA_F64, 1, &three, unit[0], "mm");
        oa_h5w_array(w, OA_DETECTOR_FRAME "/y", OA_F64, 1, &three, unit[1], "mm");
        oa_h5w_array(w, OA_DETECTOR_FRAME "/z", OA_F64, 1, &three, unit[2], "mm");
    }
    if (has(writer, OA_HIT_X) || has(writer, OA_IONS_PER_PULSE)) write_process(writer, OA_ROI "/hit_finding", "NXprocess", 1);
    if (!has(writer, OA_TIME_OF_FLIGHT)) return;
    write_process(writer, OA_ROI "/voltage_and_bowl", "NXprocess", 3);
    oa_h5w_group(w, OA_ROI "/voltage_and_bowl/config", "NXparameters");
}

static void write_evaporation(oa_nexus_writer *writer)
{
    const int32_t zero = 0;
    if (!has(writer, OA_EVAPORATION_ID)) return;
    write_process(writer, OA_ROI "/hit_spatial_filtering", "NXprocess", 2);
    oa_h5w_number(&writer->w, OA_ROI "/hit_spatial_filtering/evaporation_id_offset", OA_I32, &zero, NULL);
}

/* The vendor files, where NXapm looks for them; inputN of the record has them all. */
static oa_status write_source(oa_nexus_writer *writer, const char *path, const char *const *suffixes)
{
    const oa_record *record = writer->bundle->parts[0].record;
    oa_h5w *w = &writer->w;
    char field[512];
    for (size_t i = 0; i < record->n_inputs; i++)
        for (size_t k = 0; suffixes[k]; k++) {
            if (!oa_text_ends_nocase(record->inputs[i].file_name, suffixes[k]) || oa_h5w_exists(w, path)) continue;
            oa_h5w_group(w, path, "NXnote");
            const char *const rows[][2] = { { "file_name", record->inputs[i].file_name }, { "sha256", record->inputs[i].sha256 } };
            OA_TRY(oa_layout_note(w, path, rows, 2));
            oa_h5w_text(w, oa_h5w_join(field, path, "file_name"), record->inputs[i].file_name);
            oa_h5w_text(w, oa_h5w_join(field, path, "checksum"), record->inputs[i].sha256);
            oa_h5w_text(w, oa_h5w_join(field, path, "algorithm"), "sha256");
        }
    return OA_OK;
}

oa_status oa_layout_write_ions(oa_nexus_writer *writer)
{
    static const char *const position_suffixes[] = { ".pos", ".epos", ".csv", ".txt", NULL }, *const range_suffixes[] = { ".rrng", ".rng", NULL };
    oa_h5w_group(&writer->w, OA_ROI, "NXroi_process");
    write_process(writer, OA_ROI "/mass_to_charge_conversion", "NXprocess", 4);
    write_process(writer, OA_ROI "/reconstruction", "NXapm_reconstruction", 5);
    write_process(writer, OA_ROI "/ranging", "NXapm_ranging", 6);
    OA_TRY(write_source(writer, OA_ROI "/reconstruction/results", position_suffixes));
    OA_TRY(write_source(writer, OA_ROI "/ranging/source", range_suffixes));
    OA_TRY(write_histograms(writer));
    OA_TRY(write_ranging(writer));
    write_detector_groups(writer);
    write_evaporation(writer);
    oa_h5w_attribute(&writer->w, OA_ROI, "default", "ranging");
    oa_h5w_attribute(&writer->w, OA_ROI "/ranging", "default", "mass_to_charge_distribution");
    oa_h5w_attribute(&writer->w, OA_ROI "/ranging/mass_to_charge_distribution", "default", "mass_spectrum");
    for (size_t i = 0; i < oa_layout_rows; i++) {
        const oa_layout_row *row = &oa_layout[i];
        const bool is_home_there = row->column != OA_TYPE || writer->bundle->ions->ranges;
        if (row->plane == 0 && has(writer, row->column) && is_home_there) OA_TRY(add_column(writer, row));
    }
    return OA_OK;
}
