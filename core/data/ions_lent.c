/* ions_lent.c - ions whose columns are the caller's, with types made by hand; what is said of them is checked once. */
#include <math.h>
#include <string.h>

#include "data/ions.h"

/* The types a column may have: its usual one, and the narrower or wider one of the same kind. */
static bool is_type_of(oa_ion_column column, oa_type type)
{
    if (column == OA_TYPE) return type == OA_U8 || type == OA_U16;
    if (column == OA_EVAPORATION_ID) return type == OA_U32 || type == OA_U64;
    return type == oa_ion_columns[column].type;
}

static int find_column(const char *name)
{
    int c = 0;
    while (c < OA_ION_COLUMNS && strcmp(oa_ion_columns[c].name, name) != 0) c++;
    return c;
}

oa_status oa_ions_lend(oa_ions *ions, const char *column, oa_type type, const void *data, oa_release_fn *release, void *payload)
{
    const int c = find_column(column);
    oa_block *block;
    oa_context__clear(ions->context);
    if (c == OA_ION_COLUMNS) return oa_fail(ions->context, "E_USAGE", "ions have no column '%s'; x, y, z, mass_to_charge, iontypes and evaporation_id are the usual ones", column);
    if (!is_type_of((oa_ion_column)c, type))
        return oa_fail(ions->context, "E_USAGE", "column %s cannot be %s; it is %s", column, oa_type_name(type), c == OA_TYPE ? "uint8 or uint16"
                       : c == OA_EVAPORATION_ID ? "uint32 or uint64" : oa_type_name(oa_ion_columns[c].type));
    OA_TRY(oa_block_lend(ions->context, &block, data, ions->n * oa_type_size(type), release, payload));
    oa_block_free(ions->column[c].block);
    ions->column[c] = (oa_column){ type, block };
    ions->is_unchecked = true;
    return OA_OK;
}

const void *oa_ions_column(const oa_ions *ions, const char *column, oa_type *type)
{
    const int c = find_column(column);
    if (c == OA_ION_COLUMNS || !ions->column[c].block) return NULL;
    if (type) *type = ions->column[c].type;
    return ions->column[c].block->data;
}

/* ---- types and ranges ---- */

/* Tables of ranges are shared by everything made from the ions; only one that nobody else has may grow. */
static oa_status own_ranges(oa_ions *ions)
{
    oa_context__clear(ions->context);
    if (!ions->ranges) return oa_ranges__create(ions->context, &ions->ranges);
    if (atomic_load(&ions->ranges->references) == 1) return OA_OK;
    return oa_fail(ions->context, "E_USAGE", "the types of these ions are in use elsewhere; add types before the ions are used");
}

oa_status oa_ions_add_type(oa_ions *ions, const char *name, int charge)
{
    oa_ion_type type;
    OA_TRY(own_ranges(ions));
    if (charge < 0 || charge > 7) return oa_fail(ions->context, "E_USAGE", "charge %d of %s; it lies between 0 (not known) and 7", charge, name);
    if (!oa_ion_type__parse(&type, name)) return oa_fail(ions->context, "E_USAGE", "an ion type without a name; give an element, a formula or a label");
    if (ions->ranges->n_types == UINT16_MAX) return oa_fail(ions->context, "E_USAGE", "more than %u ion types", UINT16_MAX);
    type.charge = charge;
    return oa_ranges__append_type(ions->ranges, &type);
}

oa_status oa_ions_add_range(oa_ions *ions, double lower, double upper, unsigned type)
{
    OA_TRY(own_ranges(ions));
    if (type < 1 || type > ions->ranges->n_types)
        return oa_fail(ions->context, "E_USAGE", "a range of type %u; there are types 1 to %zu", type, ions->ranges->n_types);
    if (!isfinite(lower) || !isfinite(upper) || lower < 0) return oa_fail(ions->context, "E_RANGE_NONFINITE", "%g to %g Da is no interval; both bounds must be finite and not negative", lower, upper);
    if (upper <= lower) return oa_fail(ions->context, "E_RANGE_REVERSED", "%g to %g Da is reversed or empty; the lower bound comes first", lower, upper);
    OA_TRY(oa_ranges__add(ions->ranges, lower, upper, type));
    oa_ranges__sort(ions->ranges);
    return OA_OK;
}

size_t oa_ions_type_count(const oa_ions *ions) { return ions->ranges ? ions->ranges->n_types : 0; }
size_t oa_ions_range_count(const oa_ions *ions) { return ions->ranges ? ions->ranges->n : 0; }

const char *oa_ions_type_name(const oa_ions *ions, size_t type)
{
    return type >= 1 && type <= oa_ions_type_count(ions) ? ions->ranges->types[type - 1].name : NULL;
}

int oa_ions_type_charge(const oa_ions *ions, size_t type)
{
    return type >= 1 && type <= oa_ions_type_count(ions) ? ions->ranges->types[type - 1].charge : 0;
}

unsigned oa_ions_range(const oa_ions *ions, size_t i, double *lower, double *upper)
{
    if (i >= oa_ions_range_count(ions)) return 0;
    *lower = ions->ranges->ranges[i].lower;
    *upper = ions->ranges->ranges[i].upper;
    return ions->ranges->ranges[i].type;
}

/* ---- what was lent, checked before it is used ---- */

static oa_status check_finite(oa_context *context, const oa_ions *ions, int c)
{
    const float *v = oa_ions__f32(ions, (oa_ion_column)c);
    size_t bad = 0, first = 0;
    for (size_t i = 0; i < ions->n; i++) bad += !isfinite(v[i]);
    if (!bad) return OA_OK;
    while (isfinite(v[first])) first++;
    return oa_fail(context, "E_NONFINITE", "%s is NaN or infinite in %zu of %zu ions, first in ion %zu (from 0); leave such ions out", oa_ion_columns[c].name, bad, ions->n, first);
}

static oa_status check_types(oa_context *context, const oa_ions *ions)
{
    const size_t types = oa_ions_type_count(ions);
    unsigned largest = 0;
    for (size_t i = 0; i < ions->n; i++) {
        const unsigned type = oa_ions__type(ions, i);
        largest = type > largest ? type : largest;
    }
    if (largest <= types) return OA_OK;
    return oa_fail(context, "E_USAGE", "iontypes has a %u, but %zu ion types are named; name them all, 0 is for ions without a range", largest, types);
}

oa_status oa_ions__check(oa_context *context, oa_ions *ions)
{
    if (!ions->is_unchecked) return OA_OK;
    for (int c = OA_X; c <= OA_MASS; c++)
        if (!ions->column[c].block) return oa_fail(context, "E_USAGE", "the ions have no %s; it must be given or lent before they are used", oa_ion_columns[c].name);
    for (int c = 0; c < OA_ION_COLUMNS; c++)
        if (ions->column[c].block && ions->column[c].type == OA_F32) OA_TRY(check_finite(context, ions, c));
    if (ions->column[OA_TYPE].block) OA_TRY(check_types(context, ions));
    ions->is_unchecked = false;
    return OA_OK;
}
