/* alloy.c - alloys as typed, and their ions. */
#include "step/alloy.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"

#define SUM_TOLERANCE 1e-3 /* three thirds as 0.333 */
#define HALF_RANGE 0.1     /* Da, where no other peak is near */
#define NEAREST 0.004      /* Da between peaks that ranges with four decimals can still part */

/* Charge states that dominate at usual fields; all others come mostly with charge 2. */
static int usual_charge(const char *symbol)
{
    static const char *const once = " H Li N O F Na Al S Cl K Cu Zn Ga Ag In ", *const thrice = " Ta W Re Os ";
    char word[8] = " ";
    size_t n = 1;
    for (const char *c = symbol; *c && n < 6; c++) word[n++] = *c;
    word[n] = ' ';
    return strstr(once, word) ? 1 : strstr(thrice, word) ? 3 : 2;
}

static bool main_isotope(unsigned z, double *mass)
{
    size_t n;
    const oa_isotope *isotope = oa_element_isotopes(z, &n);
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        if (isotope[i].abundance <= most) continue;
        most = isotope[i].abundance;
        *mass = isotope[i].mass;
    }
    return n > 0;
}

/* The nearest other peak, in Da. */
static double nearest_peak(const oa_alloy *alloy, int i)
{
    double nearest = INFINITY;
    for (int k = 0; k < alloy->n; k++)
        if (k != i) nearest = fmin(nearest, fabs(alloy->species[k].mass_to_charge - alloy->species[i].mass_to_charge));
    return nearest;
}

static oa_status add_species(oa_run *run, const char *parameter, const char *word, oa_alloy *out)
{
    const char *colon = strchr(word, ':');
    const size_t length = colon ? (size_t)(colon - word) : 0;
    oa_alloy_species *s = &out->species[out->n];
    double mass = 0;
    if (!colon || !oa_text_real(colon + 1, strlen(colon + 1), false, &s->fraction))
        return oa_fail_at(run->context, OA_IN_PARAMETER(parameter), "E_PARAMETER_VALUE",
                          "%s has '%s'; it must be a list like Co:0.334,Cr:0.333,Ni:0.333", parameter, word);
    s->z = oa_element_number(word, length);
    if (!s->z || !main_isotope(s->z, &mass))
        return oa_fail_at(run->context, OA_IN_PARAMETER(parameter), "E_SPECIES_UNKNOWN",
                          "%s names '%.*s', which is no element found in nature", parameter, (int)length, word);
    oa_text_clean(s->symbol, sizeof s->symbol, word, length);
    for (int k = 0; k < out->n; k++)
        if (out->species[k].z == s->z)
            return oa_fail_at(run->context, OA_IN_PARAMETER(parameter), "E_PARAMETER_VALUE", "%s names %s twice", parameter, s->symbol);
    if (!(s->fraction >= 0 && s->fraction <= 1))
        return oa_fail_at(run->context, OA_IN_PARAMETER(parameter), "E_PARAMETER_RANGE", "%s: the fraction of %s is %g; it must "
                          "lie between 0 and 1", parameter, s->symbol, s->fraction);
    out->n++;
    s->charge = usual_charge(s->symbol);
    s->mass_to_charge = mass / s->charge;
    while (nearest_peak(out, out->n - 1) < NEAREST && s->charge < 7) s->mass_to_charge = mass / ++s->charge;
    return OA_OK;
}

oa_status oa_alloy__parse(oa_run *run, const char *parameter, const char *text, oa_alloy *out)
{
    char **word;
    size_t n;
    OA_TRY(oa_words_split(run, text, ',', &word, &n));
    *out = (oa_alloy){ .n = 0 };
    oa_status status = OA_OK;
    if (n < 1 || n > OA_ALLOY_MAX)
        status = oa_fail_at(run->context, OA_IN_PARAMETER(parameter), "E_PARAMETER_VALUE", "%s has %zu species; it needs 1 to %d",
                            parameter, n, OA_ALLOY_MAX);
    for (size_t i = 0; i < n && status == OA_OK; i++) status = add_species(run, parameter, word[i], out);
    oa_free(run->context, word);
    OA_TRY(status);
    double sum = 0;
    for (int i = 0; i < out->n; i++) sum += out->species[i].fraction;
    if (!(fabs(sum - 1) <= SUM_TOLERANCE))
        return oa_fail_at(run->context, OA_IN_PARAMETER(parameter), "E_PARAMETER_RANGE",
                          "the fractions of %s sum to %.6g; they must sum to 1", parameter, sum);
    for (int i = 0; i < out->n; i++) out->species[i].fraction /= sum;
    return OA_OK;
}

oa_status oa_alloy__find(oa_run *run, const oa_alloy *alloy, const char *parameter, const char *symbol, int *out)
{
    char list[OA_ALLOY_MAX * 5] = "";
    for (*out = 0; *out < alloy->n; ++*out) {
        const char *name = alloy->species[*out].symbol;
        if (strcmp(name, symbol) == 0) return OA_OK;
        const size_t used = strlen(list);
        if (used) memcpy(list + used, ", ", 3);
        memcpy(list + strlen(list), name, strlen(name) + 1);
    }
    return oa_fail_at(run->context, OA_IN_PARAMETER(parameter), "E_SPECIES_UNKNOWN", "%s is '%s'; the alloy has: %s", parameter,
                      symbol, list);
}

static double four_decimals(double value) { return rint(value * 1e4) / 1e4; }

static oa_status add_range(oa_ranges *ranges, const oa_alloy *alloy, int i, double atom_volume)
{
    static const uint32_t color[] = { 0x3366CC, 0xDC7633, 0x229954, 0xC0392B, 0x7D3C98, 0x17A589, 0xB7950B, 0x566573 };
    const oa_alloy_species *s = &alloy->species[i];
    oa_ion_type type = { .n_atoms = 1, .charge = s->charge, .color = color[i % 8], .volume = atom_volume };
    type.nuclides[0] = OA_ELEMENT_HASH(s->z);
    oa_ion_type__name(&type);
    unsigned number;
    OA_TRY(oa_ranges__add_type(ranges, &type, &number));
    const double half = fmin(HALF_RANGE, 0.4 * nearest_peak(alloy, i)), m = s->mass_to_charge;
    return oa_ranges__add(ranges, four_decimals(m - half), four_decimals(m + half), number);
}

oa_status oa_alloy__ranges(oa_context *context, const oa_alloy *alloy, double atom_volume, oa_ranges **out)
{
    oa_ranges *ranges;
    *out = NULL;
    OA_TRY(oa_ranges__create(context, &ranges));
    oa_status status = OA_OK;
    for (int i = 0; i < alloy->n && status == OA_OK; i++) status = add_range(ranges, alloy, i, atom_volume);
    if (status != OA_OK) {
        oa_ranges__free(ranges);
        return status;
    }
    oa_ranges__sort(ranges);
    *out = ranges;
    return OA_OK;
}
