/* nexus_read.c - ions and ranging of any NXapm file: ours, pynxtools-apm of both generations, paraprobe's spellings. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"
#include "io/layout.h"

double oa_unit_factor(const char *found, const char *wanted)
{
    static const struct { const char *unit, *of; double factor; } table[] = {
        { "nm", "nm", 1 }, { "nanometer", "nm", 1 }, { "nanometers", "nm", 1 }, { "angstrom", "nm", 0.1 }, { "Angstrom", "nm", 0.1 },
        { "m", "nm", 1e9 }, { "Da", "Da", 1 }, { "da", "Da", 1 }, { "dalton", "Da", 1 }, { "Dalton", "Da", 1 }, { "amu", "Da", 1 },
        { "u", "Da", 1 }, { "ns", "ns", 1 }, { "nanosecond", "ns", 1 }, { "V", "V", 1 }, { "volt", "V", 1 }, { "kV", "V", 1000 },
        { "kilovolt", "V", 1000 }, { "mm", "mm", 1 }, { "millimeter", "mm", 1 }, { "cm", "mm", 10 }, { "centimeter", "mm", 10 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].unit, found) == 0 && strcmp(table[i].of, wanted) == 0) return table[i].factor;
    return 0;
}

/* ---- finding the groups ---- */

static const char *join(char out[512], const char *a, const char *b)
{
    snprintf(out, 512, "%s/%s", a, b);
    return out;
}

static bool has_class(const oa_h5 *h5, const char *path, const char *nx_class)
{
    char *text = NULL;
    if (!oa_h5_has_attribute(h5, path, "NX_class")) return false;
    if (oa_h5_text(h5, path, "NX_class", 256, &text) != OA_OK) oa_context__pardon(h5->context);
    const bool same = oa_text_equal(text, nx_class);
    oa_free(h5->context, text);
    return same;
}

/* The first group named atom_probe* with positions (or, failing that, with ranging): "entry1/atom_probe1". */
static bool find_roi(const oa_h5 *h5, const char *entry, const char *needs, char out[512])
{
    char **names, path[512], inner[512];
    size_t n;
    bool found = false;
    if (oa_h5_names(h5, entry, &names, &n) != OA_OK) return false;
    for (size_t i = 0; i < n && !found; i++) {
        if (strncmp(names[i], "atom_probe", 10) != 0) continue;
        join(path, entry, names[i]);
        found = oa_h5_is_group(h5, path) && oa_h5_has(h5, join(inner, path, needs));
        if (found) snprintf(out, 512, "%s", path);
    }
    oa_h5_names_free(h5, names, n);
    return found;
}

static const char positions_path[] = "reconstruction/reconstructed_positions", peaks_path[] = "ranging/peak_identification";

bool oa_nexus_has_ions(const oa_h5 *h5, const char *entry)
{
    char roi[512];
    return find_roi(h5, entry, positions_path, roi);
}

static bool has_subentry(const oa_h5 *h5, const char *entry)
{
    char **names, path[512];
    size_t n;
    bool found = false;
    if (oa_h5_names(h5, entry, &names, &n) != OA_OK) return false;
    for (size_t i = 0; i < n && !found; i++) found = has_class(h5, join(path, entry, names[i]), "NXsubentry");
    oa_h5_names_free(h5, names, n);
    return found;
}

static int usefulness(const oa_h5 *h5, const char *entry)
{
    char roi[512];
    if (!oa_h5_is_group(h5, entry)) return 0;
    if (oa_nexus_has_ions(h5, entry)) return 3;
    if (has_subentry(h5, entry)) return 2;
    return find_roi(h5, entry, peaks_path, roi);
}

oa_status oa_nexus_entry(const oa_h5 *h5, char **entry)
{
    char **names;
    size_t n;
    int best = 0;
    *entry = NULL;
    OA_TRY(oa_h5_names(h5, "/", &names, &n));
    for (size_t i = 0; i < n; i++) {
        const int score = usefulness(h5, names[i]);
        if (score <= best) continue;
        best = score;
        oa_free(h5->context, *entry);
        *entry = oa_strdup(h5->context, names[i]);
    }
    oa_h5_names_free(h5, names, n);
    const oa_status status = oa_h5_trust(h5);
    if (status == OA_OK && best) return OA_OK;
    oa_free(h5->context, *entry);
    *entry = NULL;
    return status != OA_OK ? status : oa_h5_fail(h5, "E_NX_ENTRY", "no entry with reconstructed positions, ranging or results of ordapt; give an NXapm file");
}

/* ---- columns ---- */

/* Factor from the stored unit to ours; files without a unit are taken at their word, as the definitions prescribe it. */
oa_status oa_nexus__unit_factor(const oa_h5 *h5, const char *path, const char *wanted, double *out)
{
    const char *attribute = oa_h5_has_attribute(h5, path, "units") ? "units" : oa_h5_has_attribute(h5, path, "unit") ? "unit" : NULL;
    char *text = NULL;
    *out = 1;
    if (!attribute || !wanted[0]) return OA_OK;
    OA_TRY(oa_h5_text(h5, path, attribute, 64, &text));
    *out = text[0] ? oa_unit_factor(text, wanted) : 1;
    const oa_status status = *out != 0 ? OA_OK : oa_h5_fail(h5, "E_H5_TYPE", "%s is in '%s'; it must be in %s", path, text, wanted);
    oa_free(h5->context, text);
    return status;
}

static void split_planes(const float *rows, size_t n, int planes, double factor, float *const *out)
{
    for (int p = 0; p < planes; p++)
        for (size_t i = 0; i < n; i++) {
            const float v = rows[(size_t)planes * i + (size_t)p];
            out[p][i] = factor == 1 ? v : (float)(v * factor);
        }
}

/* Columns that rows are split into, or one that takes them as they are. */
typedef struct columns {
    int planes;
    double factor;
    float *const *out;
    size_t size;
    char *raw;
} columns;

static void take_planes(void *arg, size_t first, size_t n, const void *rows)
{
    const columns *c = arg;
    float *to[3];
    for (int p = 0; p < c->planes; p++) to[p] = c->out[p] + first;
    split_planes(rows, n, c->planes, c->factor, to);
}

static void take_raw(void *arg, size_t first, size_t n, const void *rows)
{
    const columns *c = arg;
    memcpy(c->raw + first * c->size, rows, n * c->size);
}

/* (n, planes) float32 in slabs: only the columns are ever whole in memory. */
static oa_status read_planes(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, const char *unit, int planes, float *const *out)
{
    const size_t n = shape->dims[0], slab = 4 * OA_BULK_ROWS;
    double factor;
    float *rows;
    bool is_done;
    OA_TRY(oa_nexus__unit_factor(h5, path, unit, &factor));
    columns c = { .planes = planes, .factor = factor, .out = out };
    OA_TRY(oa_h5_each_rows(h5, path, shape, H5T_NATIVE_FLOAT, take_planes, &c, &is_done));
    if (is_done) return OA_OK;
    OA_TRY(oa_new(h5->context, &rows, (slab < n ? slab : n) * (size_t)planes, sizeof *rows));
    oa_status status = OA_OK;
    for (size_t at = 0; at < n && status == OA_OK; at += slab) {
        const size_t m = n - at < slab ? n - at : slab;
        float *to[3];
        for (int p = 0; p < planes; p++) to[p] = out[p] + at;
        status = oa_h5_read_rows(h5, path, shape, at, m, H5T_NATIVE_FLOAT, rows);
        if (status == OA_OK) split_planes(rows, m, planes, factor, to);
        if (status == OA_OK) status = oa_check_cancelled(h5->context);
        oa_progress(h5->context, at + m, n);
    }
    oa_free(h5->context, rows);
    return status;
}

static oa_status check_shape(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, size_t n, int planes)
{
    if (shape->type_class != H5T_FLOAT && shape->type_class != H5T_INTEGER)
        return oa_h5_fail(h5, "E_H5_TYPE", "%s is no array of numbers", path);
    const bool is_flat = planes == 1 && (shape->rank == 1 || (shape->rank == 2 && shape->dims[1] == 1));
    const bool is_table = planes > 1 && shape->rank == 2 && shape->dims[1] == (size_t)planes;
    if (!is_flat && !is_table)
        return oa_h5_fail(h5, "E_H5_SHAPE", "%s has rank %d and %zu columns; it must be (n,%d)", path, shape->rank,
                          shape->rank > 1 ? shape->dims[1] : 1, planes);
    if (shape->dims[0] != n)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s has %zu rows, there are %zu ions; both must agree", path, shape->dims[0], n);
    return OA_OK;
}

static hid_t integer_type(oa_type type) { return oa_h5w_type(type); }

static oa_status read_integers(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, oa_ions *ions, oa_ion_column column)
{
    oa_type type = oa_ion_columns[column].type;
    if (column == OA_TYPE && shape->type_size > 1) type = OA_U16;
    if (column == OA_EVAPORATION_ID && shape->type_size > 4) type = OA_U64;
    OA_TRY(oa_ions__add_column(ions, column, type));
    columns c = { .size = oa_type_size(type), .raw = oa_ions__data(ions, column) };
    bool is_done;
    OA_TRY(oa_h5_each_rows(h5, path, shape, integer_type(type), take_raw, &c, &is_done));
    return is_done ? OA_OK : oa_h5_read(h5, path, shape, integer_type(type), c.raw);
}

/* Every step counts on positions and mass-to-charge being numbers. */
static oa_status check_finite(const oa_h5 *h5, const char *path, size_t n, int planes, float *const *out)
{
    for (int p = 0; p < planes; p++)
        for (size_t i = 0; i < n; i++)
            if (!isfinite(out[p][i]))
                return oa_h5_fail(h5, "E_NONFINITE", "%s is NaN or infinite in row %zu (from 0); export the ions without it", path, i);
    return OA_OK;
}

static oa_status read_row(const oa_h5 *h5, const char *roi, const oa_layout_row *row, oa_ions *ions)
{
    char path[512];
    oa_h5_shape shape;
    if (row->plane != 0 || !oa_h5_is_dataset(h5, join(path, roi, row->path))) return OA_OK;
    OA_TRY(oa_h5_shape_of(h5, path, &shape));
    const oa_ion_column_info *info = &oa_ion_columns[row->column];
    if (info->type != OA_F32) return read_integers(h5, path, &shape, ions, row->column);
    float *out[3] = { NULL };
    for (int p = 0; p < row->planes; p++) {
        const oa_ion_column column = (oa_ion_column)(row->column + p);
        if (!ions->column[column].block) OA_TRY(oa_ions__add_column(ions, column, OA_F32));
        out[p] = oa_ions__data(ions, column);
    }
    OA_TRY(read_planes(h5, path, &shape, info->unit, row->planes, out));
    return row->column == OA_X || row->column == OA_MASS ? check_finite(h5, path, ions->n, row->planes, out) : OA_OK;
}

/* ---- ranging ---- */

/* Old files write elements with 0 neutrons, which the accepted NXapm reads as nuclides. Z > 1 without neutrons does not
 * exist, so one such hash tells that the file is old; then "1" is the element hydrogen, else 1H. */
static bool is_old_hash(uint16_t hash) { return OA_HASH_N(hash) == 0 && OA_HASH_Z(hash) > 1; }

static uint16_t renew_hash(uint16_t hash, bool is_old)
{
    const bool is_element = is_old_hash(hash) || (is_old && hash == 1);
    return is_element ? OA_ELEMENT_HASH(OA_HASH_Z(hash)) : hash;
}

static int falling(const void *a, const void *b) { return (int)*(const uint16_t *)b - (int)*(const uint16_t *)a; }

static void set_nuclides(oa_ion_type *type, const uint16_t *hashes, size_t n, bool is_old)
{
    memset(type->nuclides, 0, sizeof type->nuclides);
    type->n_atoms = 0;
    for (size_t i = 0; i < n && type->n_atoms < OA_ATOMS_MAX; i++)
        if (hashes[i]) type->nuclides[type->n_atoms++] = renew_hash(hashes[i], is_old);
    qsort(type->nuclides, (size_t)type->n_atoms, sizeof *type->nuclides, falling);
}

/* Reads a list of at most `limit` integers of any width; missing: *n = 0. */
static oa_status read_u16(const oa_h5 *h5, const char *path, size_t limit, uint16_t *out, size_t *n)
{
    oa_h5_shape shape;
    *n = 0;
    if (!oa_h5_is_dataset(h5, path)) return OA_OK;
    OA_TRY(oa_h5_shape_of(h5, path, &shape));
    if (shape.type_class != H5T_INTEGER || shape.n > limit)
        return oa_h5_fail(h5, "E_H5_SHAPE", "%s has %zu values; it must be at most %zu whole numbers", path, shape.n, limit);
    OA_TRY(oa_h5_read(h5, path, &shape, H5T_NATIVE_UINT16, out));
    *n = shape.n;
    return OA_OK;
}

/* Atoms make the name, in one spelling for all files; else what the file says, or the group where that is nothing. */
static void set_name(oa_ion_type *type, const char *text, const char *group)
{
    if (text) oa_text_clean(type->name, sizeof type->name, text, strlen(text));
    if (!type->name[0]) oa_text_clean(type->name, sizeof type->name, group, strlen(group));
    if (type->n_atoms) oa_ion_type__name(type);
}

/* The field had another name in the oldest definitions. */
static oa_status read_hashes(const oa_h5 *h5, const char *ion, uint16_t hashes[64], size_t *n)
{
    char path[512];
    const bool is_named_so = oa_h5_has(h5, join(path, ion, "nuclide_hash"));
    return read_u16(h5, join(path, ion, is_named_so ? "nuclide_hash" : "isotope_vector"), 64, hashes, n);
}

static oa_status read_ion_type(const oa_h5 *h5, const char *ion, bool is_old, oa_ion_type *type)
{
    char path[512], *name = NULL;
    uint16_t hashes[64];
    size_t n;
    double charge = 0, volume = 0;
    *type = (oa_ion_type){ .color = 0x808080 };
    OA_TRY(read_hashes(h5, ion, hashes, &n));
    set_nuclides(type, hashes, n, is_old);
    if (oa_h5_is_dataset(h5, join(path, ion, "charge_state"))) OA_TRY(oa_h5_real(h5, path, NULL, &charge));
    if (oa_h5_is_dataset(h5, join(path, ion, "volume"))) OA_TRY(oa_h5_real(h5, path, NULL, &volume));
    type->charge = charge >= 0 && charge <= 7 ? (int)charge : 0;
    type->volume = volume > 0 && isfinite(volume) ? volume : 0;
    if (oa_h5_is_dataset(h5, join(path, ion, "name"))) OA_TRY(oa_h5_text(h5, path, NULL, 4096, &name));
    set_name(type, name, oa_base_name(ion));
    oa_free(h5->context, name);
    return OA_OK;
}

/* float32 bounds are most likely rounded decimals: 24.9f is taken as 24.9, as the range file had it. */
static oa_status read_ion_ranges(const oa_h5 *h5, const char *ion, oa_ranges *ranges, unsigned number)
{
    char path[512];
    oa_h5_shape shape;
    if (!oa_h5_is_dataset(h5, join(path, ion, "mass_to_charge_range"))) return OA_OK;
    OA_TRY(oa_h5_shape_of(h5, path, &shape));
    if (shape.rank < 1 || shape.rank > 2 || shape.n % 2 || shape.n > 200000 || (shape.rank == 2 && shape.dims[1] != 2))
        return oa_h5_fail(h5, "E_H5_SHAPE", "%s must be (n,2)", path);
    double *bounds;
    OA_TRY(oa_new(h5->context, &bounds, shape.n, sizeof *bounds));
    oa_status status = oa_h5_read(h5, path, &shape, H5T_NATIVE_DOUBLE, bounds);
    const bool is_single = shape.type_class == H5T_FLOAT && shape.type_size == 4;
    for (size_t i = 0; i < shape.n / 2 && status == OA_OK; i++) {
        double lower = bounds[2 * i], upper = bounds[2 * i + 1];
        if (is_single) lower = oa_float_as_decimal((float)lower), upper = oa_float_as_decimal((float)upper);
        if (!isfinite(lower) || !isfinite(upper) || upper < lower)
            status = oa_h5_fail(h5, upper < lower ? "E_RANGE_REVERSED" : "E_RANGE_NONFINITE", "%s row %zu is %g to %g Da; lower must not exceed upper", path, i, lower, upper);
        else if (upper > lower) status = oa_ranges__add(ranges, lower, upper, number);
    }
    oa_free(h5->context, bounds);
    return status;
}

static long ion_number(const char *name)
{
    char *end;
    if (strncmp(name, "ion", 3) != 0 || name[3] < '0' || name[3] > '9') return -1;
    const long k = strtol(name + 3, &end, 10);
    return *end || k > 65535 ? -1 : k;
}

typedef struct ion_group {
    long number;
    char path[512];
} ion_group;

static int by_number(const void *a, const void *b)
{
    const long x = ((const ion_group *)a)->number, y = ((const ion_group *)b)->number;
    return (x > y) - (x < y);
}

static oa_status list_ions(const oa_h5 *h5, const char *peaks, ion_group **out, size_t *n)
{
    char **names;
    size_t all;
    *n = 0;
    OA_TRY(oa_h5_names(h5, peaks, &names, &all));
    oa_status status = oa_new(h5->context, out, all, sizeof **out);
    for (size_t i = 0; i < all && status == OA_OK; i++) {
        const long k = ion_number(names[i]);
        if (k < 1) continue;
        (*out)[*n].number = k;
        join((*out)[(*n)++].path, peaks, names[i]);
    }
    oa_h5_names_free(h5, names, all);
    if (status == OA_OK && *n) qsort(*out, *n, sizeof **out, by_number);
    return status;
}

static bool any_old_hash(const oa_h5 *h5, const ion_group *ions, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t hashes[64];
        size_t m = 0;
        if (read_hashes(h5, ions[i].path, hashes, &m) != OA_OK) return false; /* read_ion_type fails on it again */
        for (size_t k = 0; k < m; k++)
            if (is_old_hash(hashes[k])) return true;
    }
    return false;
}

static oa_status append_numbered(const oa_h5 *h5, const ion_group *ion, const oa_ion_type *type, oa_ranges *ranges)
{
    if (ranges->n_types >= (size_t)ion->number) return oa_h5_fail(h5, "E_H5_SHAPE", "%s: there are two groups of this number", ion->path);
    while (ranges->n_types + 1 < (size_t)ion->number) {
        oa_ion_type gap = { .color = 0x808080 };
        snprintf(gap.name, sizeof gap.name, "ion%zu", ranges->n_types + 1);
        OA_TRY(oa_ranges__append_type(ranges, &gap));
    }
    return oa_ranges__append_type(ranges, type);
}

/* Types keep the numbers of their groups, for iontypes refers to them; a missing number becomes an unknown ion. Files
 * without iontypes may say the same ion several times (one group per range): those are joined. */
static oa_status add_ions(const oa_h5 *h5, const ion_group *ions, size_t n, bool keeps_numbers, oa_ranges *ranges)
{
    const bool is_old = any_old_hash(h5, ions, n);
    for (size_t i = 0; i < n; i++) {
        oa_ion_type type;
        unsigned number = (unsigned)ions[i].number;
        OA_TRY(read_ion_type(h5, ions[i].path, is_old, &type));
        if (keeps_numbers) OA_TRY(append_numbered(h5, &ions[i], &type, ranges));
        else OA_TRY(oa_ranges__add_type(ranges, &type, &number));
        OA_TRY(read_ion_ranges(h5, ions[i].path, ranges, number));
    }
    return OA_OK;
}

static void read_colors(const oa_h5 *h5, const char *peaks, oa_ranges *ranges)
{
    char path[512];
    oa_h5_shape shape;
    uint32_t *color;
    if (!oa_h5_is_dataset(h5, join(path, peaks, "display/color")) || oa_h5_shape_of(h5, path, &shape) != OA_OK) return;
    if (shape.type_class != H5T_INTEGER || shape.n != ranges->n_types) return;
    if (oa_new(h5->context, &color, shape.n, sizeof *color) != OA_OK) return;
    if (oa_h5_read(h5, path, &shape, H5T_NATIVE_UINT32, color) == OA_OK)
        for (size_t i = 0; i < shape.n; i++) ranges->types[i].color = color[i] & 0xffffff;
    else oa_context__pardon(h5->context); /* grey does as well */
    oa_free(h5->context, color);
}

/* A copy of a range counts once (readers of pynxtools-apm repeat them); the rest is for the step `range` to judge. */
static void drop_copies(oa_ranges *ranges)
{
    size_t kept = 0;
    oa_ranges__sort(ranges);
    for (size_t i = 0; i < ranges->n; i++)
        if (kept == 0 || oa_ranges__order(&ranges->ranges[i], &ranges->ranges[kept - 1]) != 0) ranges->ranges[kept++] = ranges->ranges[i];
    ranges->n = kept;
}

oa_status oa_nexus_ranges(const oa_h5 *h5, const char *entry, oa_ranges **out)
{
    char roi[512], peaks[512], path[512];
    ion_group *ions = NULL;
    size_t n;
    *out = NULL;
    if (!find_roi(h5, entry, peaks_path, roi)) return OA_OK;
    join(peaks, roi, peaks_path);
    OA_TRY(list_ions(h5, peaks, &ions, &n));
    oa_status status = n ? oa_ranges__create(h5->context, out) : OA_OK;
    if (n && status == OA_OK) status = add_ions(h5, ions, n, oa_h5_is_dataset(h5, join(path, peaks, "iontypes")), *out);
    oa_free(h5->context, ions);
    if (status != OA_OK) {
        oa_ranges__free(*out);
        *out = NULL;
    }
    if (!*out) return status;
    read_colors(h5, peaks, *out);
    drop_copies(*out);
    return OA_OK;
}

/* ---- all of it ---- */

static oa_status check_types(const oa_h5 *h5, const oa_ions *ions)
{
    const unsigned most = ions->ranges ? (unsigned)ions->ranges->n_types : 0;
    for (size_t i = 0; ions->column[OA_TYPE].block && i < ions->n; i++)
        if (oa_ions__type(ions, i) > most)
            return oa_h5_fail(h5, "E_H5_TYPE", "iontypes names type %u of ion %zu, but there are %u ion groups", oa_ions__type(ions, i), i, most);
    return OA_OK;
}

/* All columns are measured before the first is read: what does not fit together should not cost the time of reading it. */
static oa_status check_shapes(const oa_h5 *h5, const char *roi, size_t n)
{
    for (size_t i = 0; i < oa_layout_rows; i++) {
        char path[512];
        oa_h5_shape shape;
        if (oa_layout[i].plane != 0 || !oa_h5_is_dataset(h5, join(path, roi, oa_layout[i].path))) continue;
        OA_TRY(oa_h5_shape_of(h5, path, &shape));
        OA_TRY(check_shape(h5, path, &shape, n, oa_layout[i].planes));
    }
    return OA_OK;
}

oa_status oa_nexus__find_ions(const oa_h5 *h5, const char *entry, char roi[512], size_t *n)
{
    char path[512];
    oa_h5_shape shape;
    if (!find_roi(h5, entry, positions_path, roi)) return oa_h5_fail(h5, "E_H5_MISSING", "%s has no reconstructed positions", entry);
    OA_TRY(oa_h5_shape_of(h5, join(path, roi, positions_path), &shape));
    if (shape.rank != 2 || shape.dims[1] != 3) return oa_h5_fail(h5, "E_H5_SHAPE", "%s must be (n,3)", path);
    if (!oa_h5_is_dataset(h5, join(path, roi, "mass_to_charge_conversion/mass_to_charge")))
        return oa_h5_fail(h5, "E_H5_MISSING", "%s is missing; positions alone are no ions", path);
    *n = shape.dims[0];
    return check_shapes(h5, roi, *n);
}

bool oa_nexus_has_types(const oa_h5 *h5, const char *entry)
{
    char roi[512], path[512];
    return find_roi(h5, entry, positions_path, roi) && oa_h5_is_dataset(h5, join(path, roi, "ranging/peak_identification/iontypes"));
}

static oa_status fill_ions(const oa_h5 *h5, const char *entry, const char *roi, oa_ions *ions)
{
    for (size_t i = 0; i < oa_layout_rows; i++) OA_TRY(read_row(h5, roi, &oa_layout[i], ions));
    OA_TRY(oa_nexus_ranges(h5, entry, &ions->ranges));
    OA_TRY(oa_nexus_metadata(h5, entry, &ions->metadata));
    return check_types(h5, ions);
}

oa_status oa_nexus_ions(const oa_h5 *h5, const char *entry, oa_ions **out)
{
    char roi[512];
    size_t n;
    *out = NULL;
    if (!oa_nexus_has_ions(h5, entry)) return oa_h5_trust(h5);
    OA_TRY(oa_nexus__find_ions(h5, entry, roi, &n));
    OA_TRY(oa_ions__create(h5->context, out, n));
    oa_status status = fill_ions(h5, entry, roi, *out);
    if (status == OA_OK) status = oa_h5_trust(h5);
    if (status == OA_OK) return OA_OK;
    oa_ions_free(*out);
    *out = NULL;
    return status;
}
