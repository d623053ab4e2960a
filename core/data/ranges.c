/* ranges.c - ion types and ranges: building, looking up, naming. */
#include "data/ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"

oa_status oa_ranges__create(oa_context *context, oa_ranges **out)
{
    OA_TRY(oa_new(context, out, 1, sizeof **out));
    (*out)->context = context;
    (*out)->references = 1;
    return OA_OK;
}

oa_ranges *oa_ranges__share(oa_ranges *ranges)
{
    if (ranges) atomic_fetch_add(&ranges->references, 1);
    return ranges;
}

void oa_ranges__free(oa_ranges *ranges)
{
    if (!ranges || atomic_fetch_sub(&ranges->references, 1) != 1) return;
    oa_free(ranges->context, ranges->types);
    oa_free(ranges->context, ranges->ranges);
    oa_free(ranges->context, ranges);
}

/* Arrays double: capacity is the next power of two, so none is stored. */
static oa_status grow(oa_context *context, void *array, size_t n, size_t size)
{
    if (n & (n - 1)) return OA_OK;
    return oa_resize(context, array, n ? 2 * n : 1, size);
}

static bool same_type(const oa_ion_type *a, const oa_ion_type *b)
{
    return a->charge == b->charge && memcmp(a->nuclides, b->nuclides, sizeof a->nuclides) == 0 &&
           (a->n_atoms || strcmp(a->name, b->name) == 0);
}

oa_status oa_ranges__append_type(oa_ranges *ranges, const oa_ion_type *type)
{
    OA_TRY(grow(ranges->context, &ranges->types, ranges->n_types, sizeof *type));
    ranges->types[ranges->n_types++] = *type;
    return OA_OK;
}

oa_status oa_ranges__add_type(oa_ranges *ranges, const oa_ion_type *type, unsigned *number)
{
    for (size_t i = 0; i < ranges->n_types; i++) {
        if (!same_type(&ranges->types[i], type)) continue;
        *number = (unsigned)i + 1;
        return OA_OK;
    }
    OA_TRY(oa_ranges__append_type(ranges, type));
    *number = (unsigned)ranges->n_types;
    return OA_OK;
}

oa_status oa_ranges__add(oa_ranges *ranges, double lower, double upper, unsigned type)
{
    OA_TRY(grow(ranges->context, &ranges->ranges, ranges->n, sizeof *ranges->ranges));
    ranges->ranges[ranges->n++] = (oa_range){ lower, upper, type };
    return OA_OK;
}

int oa_ranges__order(const void *a, const void *b)
{
    const oa_range *p = a, *q = b;
    if (p->lower != q->lower) return p->lower < q->lower ? -1 : 1;
    if (p->upper != q->upper) return p->upper < q->upper ? -1 : 1;
    return (p->type > q->type) - (p->type < q->type);
}

void oa_ranges__sort(oa_ranges *ranges)
{
    if (ranges->n) qsort(ranges->ranges, ranges->n, sizeof *ranges->ranges, oa_ranges__order);
}

/* Ranges may overlap only where the user allowed it; the first in order wins, as at a shared end point. */
unsigned oa_ranges__lookup(const oa_ranges *ranges, float mass_to_charge)
{
    const double m = mass_to_charge;
    for (size_t i = 0; i < ranges->n && ranges->ranges[i].lower <= m; i++)
        if (m <= ranges->ranges[i].upper) return ranges->ranges[i].type;
    return 0;
}

static bool is_single_atom(const oa_ion_type *type, unsigned z)
{
    return type->n_atoms == 1 && OA_HASH_Z(type->nuclides[0]) == z;
}

/* "Cr O2" and "CrO2" are the same ion. */
static bool same_ion_name(const char *a, const char *b)
{
    for (;; a++, b++) {
        while (*a == ' ') a++;
        while (*b == ' ') b++;
        if (*a != *b) return false;
        if (!*a) return true;
    }
}

static oa_status species_unknown(oa_context *context, const oa_ranges *ranges, const char *species, const char *parameter)
{
    oa_string list = { .context = context };
    for (size_t i = 0; ranges && i < ranges->n_types; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++) seen = seen || strcmp(ranges->types[k].name, ranges->types[i].name) == 0;
        if (!seen) oa_string_add(&list, "%s%s", list.length ? ", " : "", ranges->types[i].name);
    }
    const oa_status status = oa_fail_at(context, OA_IN_PARAMETER(parameter), "E_SPECIES_UNKNOWN", "%s names '%s'; present are: %s",
                                        parameter, species, list.text ? list.text : "none, the ions are not ranged");
    oa_string_drop(&list);
    return status;
}

oa_status oa_ranges__species(oa_context *context, const oa_ranges *ranges, const char *species, const char *parameter,
                             bool *is_member)
{
    const unsigned z = oa_element_number(species, strlen(species));
    bool any = false;
    is_member[0] = false;
    for (size_t i = 0; ranges && i < ranges->n_types; i++) {
        const oa_ion_type *type = &ranges->types[i];
        is_member[i + 1] = (z && is_single_atom(type, z)) || same_ion_name(type->name, species);
        any = any || is_member[i + 1];
    }
    return any ? OA_OK : species_unknown(context, ranges, species, parameter);
}

oa_status oa_ranges__elements(const oa_ranges *ranges, char **out)
{
    oa_string list = { .context = ranges->context };
    for (unsigned z = 1; z <= 118; z++) {
        bool found = false;
        for (size_t i = 0; i < ranges->n_types; i++)
            for (int k = 0; k < ranges->types[i].n_atoms; k++) found = found || OA_HASH_Z(ranges->types[i].nuclides[k]) == z;
        if (found) oa_string_add(&list, "%s%s", list.length ? ", " : "", oa_element_symbol(z));
    }
    return oa_string_take(&list, out);
}

void oa_ion_type__name(oa_ion_type *type)
{
    size_t used = 0;
    type->name[0] = 0;
    for (int i = 0; i < type->n_atoms;) {
        const uint16_t hash = type->nuclides[i];
        int count = 0;
        while (i < type->n_atoms && type->nuclides[i] == hash) i++, count++;
        const char *symbol = oa_element_symbol(OA_HASH_Z(hash));
        const unsigned neutrons = OA_HASH_N(hash);
        char atom[24], times[8] = "";
        if (neutrons == 255) snprintf(atom, sizeof atom, "%s", symbol ? symbol : "X");
        else snprintf(atom, sizeof atom, "%u%s", OA_HASH_Z(hash) + neutrons, symbol ? symbol : "X");
        if (count > 1) snprintf(times, sizeof times, "%d", count);
        const int n = snprintf(type->name + used, sizeof type->name - used, "%s%s%s", used ? " " : "", atom, times);
        if (n < 0 || used + (size_t)n >= sizeof type->name) return; /* 32 different atoms: the name is cut, the hashes are not */
        used += (size_t)n;
    }
}
