/* ion_type.c - what an ion is made of, from symbols, formulas and names. */
#include <string.h>

#include "base/text.h"
#include "data/elements.h"
#include "data/ranges.h"

bool oa_ion_add_atoms(oa_ion_type *ion, unsigned z, int64_t count)
{
    if (count > OA_ATOMS_MAX - ion->n_atoms) return false;
    for (int64_t i = 0; i < count; i++) ion->nuclides[ion->n_atoms++] = OA_ELEMENT_HASH(z);
    return true;
}

void oa_ion_sort_atoms(oa_ion_type *ion)
{
    for (int i = 1; i < ion->n_atoms; i++) {
        const uint16_t hash = ion->nuclides[i];
        int k = i;
        for (; k > 0 && ion->nuclides[k - 1] < hash; k--) ion->nuclides[k] = ion->nuclides[k - 1];
        ion->nuclides[k] = hash;
    }
}

static unsigned longest_symbol(const char *text, size_t length, size_t *used)
{
    for (*used = length < 2 ? length : 2; *used > 0; (*used)--) {
        const unsigned z = oa_element_number(text, *used);
        if (z) return z;
    }
    return 0;
}

bool oa_ion_add_formula(oa_ion_type *ion, const char *text, size_t length, int64_t times)
{
    oa_ion_type made = *ion;
    if (length == 0) return false;
    while (length) {
        size_t used;
        const unsigned z = longest_symbol(text, length, &used);
        if (!z) return false;
        text += used, length -= used;
        int64_t count = 0;
        size_t digits = 0;
        while (digits < length && digits < 3 && text[digits] >= '0' && text[digits] <= '9')
            count = 10 * count + (text[digits++] - '0');
        text += digits, length -= digits;
        if (digits && count == 0) return false;
        if (!oa_ion_add_atoms(&made, z, (digits ? count : 1) * times)) return false;
    }
    *ion = made;
    return true;
}

void oa_ion_set_label(oa_ion_type *ion, const char *text, size_t length)
{
    oa_text_clean(ion->name, sizeof ion->name, text, length);
}

bool oa_ion_type__parse(oa_ion_type *ion, const char *name)
{
    *ion = (oa_ion_type){ .color = 0x808080 };
    bool is_formula = name[0] != 0;
    for (const char *at = name; *at && is_formula; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        is_formula = oa_ion_add_formula(ion, at, length, 1);
        at += length;
    }
    if (!is_formula) {
        *ion = (oa_ion_type){ .color = 0x808080 };
        oa_ion_set_label(ion, name, strlen(name));
        return ion->name[0] != 0;
    }
    oa_ion_sort_atoms(ion);
    oa_ion_type__name(ion);
    return true;
}
