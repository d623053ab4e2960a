/* format_cameca.c - the HDF5 files of CAMECA's open data: mass (n), xyz (n, 3), and ranges/range_<i> with the attributes
 * element, min_da, max_da, volume. Read only where a file is neither NeXus nor a network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "io/format.h"
#include "io/h5.h"
#include "io/range_rules.h"

enum { SLAB = 1 << 18, ELEMENT_MAX = 256 };

static oa_status shape_of(const oa_h5 *h5, const char *name, int rank, oa_h5_shape *out)
{
    if (!oa_h5_is_dataset(h5, name)) return oa_h5_fail(h5, "E_H5_MISSING", "the dataset '%s' is missing; such files have mass (n) and xyz (n,3)", name);
    OA_TRY(oa_h5_shape_of(h5, name, out));
    if (out->type_class != H5T_FLOAT && out->type_class != H5T_INTEGER) return oa_h5_fail(h5, "E_H5_TYPE", "%s is no array of numbers", name);
    const bool fits = out->rank == rank && (rank == 1 || out->dims[1] == 3);
    if (fits) return OA_OK;
    return oa_h5_fail(h5, "E_H5_SHAPE", "%s has rank %d and %zu columns; it must be %s", name, out->rank, out->rank > 1 ? out->dims[1] : 1, rank == 1 ? "(n)" : "(n,3)");
}

static oa_status nonfinite(const oa_h5 *h5, const char *column, size_t row)
{
    return oa_h5_fail(h5, "E_NONFINITE", "%s of ion %zu is not finite; repair the file", column, row);
}

static oa_status fill_positions(const oa_h5 *h5, const oa_h5_shape *shape, oa_ions *ions)
{
    static const char *const name[] = { "x", "y", "z" };
    float *rows;
    OA_TRY(oa_new(h5->context, &rows, 3 * (size_t)SLAB, sizeof *rows));
    oa_status status = OA_OK;
    for (size_t at = 0; at < ions->n && status == OA_OK; at += SLAB) {
        const size_t n = ions->n - at < SLAB ? ions->n - at : SLAB;
        status = oa_h5_read_rows(h5, "xyz", shape, at, n, H5T_NATIVE_FLOAT, rows);
        for (size_t i = 0; i < 3 * n && status == OA_OK; i++) {
            ((float *)oa_ions__data(ions, (oa_ion_column)(OA_X + i % 3)))[at + i / 3] = rows[i];
            if (rows[i] - rows[i] != 0) status = nonfinite(h5, name[i % 3], at + i / 3);
        }
    }
    oa_free(h5->context, rows);
    return status;
}

static oa_status fill_mass(const oa_h5 *h5, const oa_h5_shape *shape, oa_ions *ions)
{
    float *mass = oa_ions__data(ions, OA_MASS);
    size_t below = 0;
    OA_TRY(oa_h5_read(h5, "mass", shape, H5T_NATIVE_FLOAT, mass));
    for (size_t i = 0; i < ions->n; i++) {
        if (mass[i] - mass[i] != 0) return nonfinite(h5, "mass", i);
        below += mass[i] <= 0;
    }
    if (below) oa_warn(h5->context, "W_MASS_NONPOSITIVE", "%s: %zu ions with mass-to-charge of 0 or below: never ranged", oa_base_name(h5->path), below);
    return OA_OK;
}

static oa_status read_ions(const oa_h5 *h5, oa_content *out)
{
    oa_h5_shape mass, xyz;
    OA_TRY(shape_of(h5, "mass", 1, &mass));
    OA_TRY(shape_of(h5, "xyz", 2, &xyz));
    if (mass.dims[0] != xyz.dims[0])
        return oa_h5_fail(h5, "E_H5_LENGTH", "mass has %zu rows, xyz has %zu; both must agree", mass.dims[0], xyz.dims[0]);
    if (!mass.dims[0]) return oa_h5_fail(h5, "E_EMPTY_DATA", "mass and xyz have no rows");
    OA_TRY(oa_ions__create(h5->context, &out->ions, mass.dims[0]));
    OA_TRY(fill_positions(h5, &xyz, out->ions));
    return fill_mass(h5, &mass, out->ions);
}

/* ---- ranges ---- */

static oa_status read_range(const oa_h5 *h5, const char *path, oa_draft_list *list)
{
    oa_draft *draft;
    char *element;
    double volume = 0;
    if (!oa_h5_has_attribute(h5, path, "element") || !oa_h5_has_attribute(h5, path, "min_da") || !oa_h5_has_attribute(h5, path, "max_da")) return OA_OK;
    OA_TRY(oa_draft_new(list, &draft));
    snprintf(draft->key, sizeof draft->key, "%s", oa_base_name(path));
    draft->ion.color = OA_COLOR_DEFAULT;
    OA_TRY(oa_h5_real(h5, path, "min_da", &draft->lower));
    OA_TRY(oa_h5_real(h5, path, "max_da", &draft->upper));
    if (oa_h5_has_attribute(h5, path, "volume")) OA_TRY(oa_h5_real(h5, path, "volume", &volume));
    draft->ion.volume = volume > 0 && volume - volume == 0 ? volume : 0;
    OA_TRY(oa_draft_check(list, draft));
    OA_TRY(oa_h5_text(h5, path, "element", ELEMENT_MAX, &element));
    if (oa_ion_add_formula(&draft->ion, element, strlen(element), 1)) {
        oa_ion_sort_atoms(&draft->ion);
    } else {
        draft->ion = (oa_ion_type){ .color = draft->ion.color, .volume = draft->ion.volume };
        oa_ion_set_label(&draft->ion, element, strlen(element));
        oa_tally_add(&list->labels, "%s", draft->ion.name);
    }
    oa_free(h5->context, element);
    return OA_OK;
}

/* Names sort as range_1, range_10, range_2: the number decides the order. */
static int by_number(const void *a, const void *b)
{
    const char *x = strrchr(*(char *const *)a, '_'), *y = strrchr(*(char *const *)b, '_');
    const long p = x ? strtol(x + 1, NULL, 10) : 0, q = y ? strtol(y + 1, NULL, 10) : 0;
    return (p > q) - (p < q);
}

static oa_status read_ranges(const oa_h5 *h5, const oa_read_options *options, oa_content *out)
{
    oa_draft_list list = { .context = h5->context, .name = oa_base_name(h5->path), .options = options };
    char **names, path[512];
    size_t n;
    if (!oa_h5_is_group(h5, "ranges")) return OA_OK;
    OA_TRY(oa_h5_names(h5, "ranges", &names, &n));
    if (n) qsort(names, n, sizeof *names, by_number);
    oa_status status = OA_OK;
    for (size_t i = 0; i < n && status == OA_OK; i++) {
        snprintf(path, sizeof path, "ranges/%s", names[i]);
        status = read_range(h5, path, &list);
    }
    oa_h5_names_free(h5, names, n);
    if (status == OA_OK && list.n) status = oa_draft_list_finish(&list, &out->ranges);
    oa_draft_list_drop(&list);
    return status;
}

static oa_status read_cameca(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    oa_h5 h5;
    *out = (oa_content){ .ions = NULL };
    OA_TRY(oa_h5_open(context, source->path, &h5));
    oa_status status = read_ions(&h5, out);
    if (status == OA_OK) status = read_ranges(&h5, options, out);
    oa_h5_close(&h5);
    if (status == OA_OK) return OA_OK;
    oa_ions_free(out->ions);
    oa_ranges__free(out->ranges);
    *out = (oa_content){ .ions = NULL };
    return status;
}

static const char *const extensions[] = { "hdf5", "h5", NULL };
const oa_format oa_format_cameca = { .name = "cameca", .extensions = extensions, .help = "HDF5 of CAMECA's open data: mass, xyz, ranges", .read = read_cameca };
