/* composition.c - how much of what: counts, fractions and their standard errors.
 *
 * With n atoms counted, a_rE atoms of element E in an ion of type r, a_r in all, N_r ions of the type:
 *   c_E = sum_r a_rE N_r / n        var c_E = sum_r ((a_rE - c_E a_r) / n)^2 N_r
 * which for ions of one atom is the binomial c (1 - c) / n; atoms of one molecular ion are not independent. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"
#include "math/ranging.h"
#include "step/step.h"

typedef struct composition_params {
    bool decompose;
} composition_params;

static const oa_param composition_table[] = {
    OA_PARAM(composition_params, decompose, .dflt = 1,
             .help = "true: a molecular ion counts each of its atoms (atomic composition); false: it is a species of its own, "
                     "counted once (ionic composition)"),
    OA_PARAM_END
};

static const oa_slot composition_slots[] = {
    { "ions", OA_TAKES_SELECTION, false, "ranged ions, or a result that selects some of them" },
    OA_SLOT_END
};

static const oa_output composition_outputs[] = {
    { .name = "composition/fraction", .type = OA_F64, .shape = "(species)", .axes = "species", .is_plot = true,
      .help = "share of the counted atoms (decompose) or ranged ions" },
    { .name = "composition/fraction_errors", .type = OA_F64, .shape = "(species)", .help = "standard error of the share from counting" },
    { .name = "composition/counts", .type = OA_U64, .shape = "(species)", .help = "atoms (decompose) or ions" },
    { .name = "composition/species", .type = OA_U32, .shape = "(species)",
      .help = "number of the species; the long name says which is which" },
    { .name = "ionic/fraction", .type = OA_F64, .shape = "(ion_type)", .axes = "ion_type", .help = "share of the ranged ions" },
    { .name = "ionic/fraction_errors", .type = OA_F64, .shape = "(ion_type)", .help = "standard error of the share from counting" },
    { .name = "ionic/counts", .type = OA_U64, .shape = "(ion_type)", .help = "ions of the type" },
    { .name = "ionic/ion_type", .type = OA_U32, .shape = "(ion_type)", .help = "ion type; the long name says which is which" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions that took part" },
    { .name = "summary/ranged", .type = OA_U64, .help = "ions that have a type" },
    { .name = "summary/unranged", .type = OA_U64, .help = "ions that have none" },
    { .name = "summary/unranged_fraction", .type = OA_F64, .help = "share of the ions that have no type" },
    { .name = "summary/counted", .type = OA_U64, .help = "atoms (decompose) or ions the shares refer to" },
    { .name = "summary/species", .type = OA_TEXT, .help = "names of the species in order" },
    { .name = "summary/composition", .type = OA_TEXT, .help = "shares in percent with standard errors, to be read" },
    OA_OUTPUT_END
};

/* One entry of the composition: an element, or (z = 0) all ion types of one name. */
typedef struct species {
    unsigned z;
    char name[OA_ION_NAME];
    uint64_t counts;
    double fraction, error;
} species;

typedef struct tally {
    const oa_ranges *ranges;
    uint64_t *ions; /* (n_types + 1) ions of each type */
    species *list;
    size_t n;
    uint64_t counted;
} tally;

static int atoms_of(const oa_ion_type *type, unsigned z)
{
    int n = 0;
    for (int k = 0; k < type->n_atoms; k++) n += OA_HASH_Z(type->nuclides[k]) == z;
    return n;
}

/* What one ion of the type adds to the species, and to the total. A user label without elements counts as one. */
static int share_of(const species *s, const oa_ion_type *type, bool decompose)
{
    if (s->z) return atoms_of(type, s->z);
    if (decompose && type->n_atoms) return 0;
    return strcmp(s->name, type->name) == 0;
}

static int total_of(const oa_ion_type *type, bool decompose) { return decompose && type->n_atoms ? type->n_atoms : 1; }

static void add_named(tally *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (!t->list[i].z && strcmp(t->list[i].name, name) == 0) return;
    memcpy(t->list[t->n++].name, name, OA_ION_NAME);
}

/* Elements by atomic number, then what cannot be taken apart, by ion type. */
static oa_status list_species(oa_run *run, tally *t, bool decompose)
{
    const oa_ranges *r = t->ranges;
    OA_TRY(oa_scratch(run, &t->list, r->n_types + 118, sizeof *t->list));
    for (unsigned z = 1; decompose && z <= 118; z++) {
        bool found = false;
        for (size_t i = 0; i < r->n_types && !found; i++) found = atoms_of(&r->types[i], z) > 0;
        if (!found) continue;
        t->list[t->n].z = z;
        oa_text_clean(t->list[t->n++].name, OA_ION_NAME, oa_element_symbol(z), strlen(oa_element_symbol(z)));
    }
    for (size_t i = 0; i < r->n_types; i++)
        if (!decompose || r->types[i].n_atoms == 0) add_named(t, r->types[i].name);
    return OA_OK;
}

static void count_species(tally *t, bool decompose)
{
    const oa_ranges *r = t->ranges;
    for (size_t k = 0; k < r->n_types; k++) t->counted += (uint64_t)total_of(&r->types[k], decompose) * t->ions[k + 1];
    const double n = (double)t->counted;
    for (size_t i = 0; i < t->n; i++) {
        species *s = &t->list[i];
        for (size_t k = 0; k < r->n_types; k++) s->counts += (uint64_t)share_of(s, &r->types[k], decompose) * t->ions[k + 1];
        if (!t->counted) continue;
        s->fraction = (double)s->counts / n;
        double variance = 0;
        for (size_t k = 0; k < r->n_types; k++) {
            const oa_ion_type *type = &r->types[k];
            const double off = (share_of(s, type, decompose) - s->fraction * total_of(type, decompose)) / n;
            variance += off * off * (double)t->ions[k + 1];
        }
        s->error = sqrt(variance);
    }
}

/* ---- putting ---- */

/* A share in percent with three decimals, the same in every locale: the text is part of the digest. */
static const char *percent_of(char out[32], double share) { return oa_text_of_real(out, rint(share * 1e5) / 1e3); }

static oa_status put_names(oa_run *run, const tally *t)
{
    oa_string names = { .context = run->context }, plain = names, percent = names;
    char *text[3] = { NULL, NULL, NULL };
    oa_string_add(&names, "species:");
    for (size_t i = 0; i < t->n; i++) {
        const species *s = &t->list[i];
        oa_string_add(&names, "%s %zu %s", i ? "," : "", i, s->name);
        oa_string_add(&plain, "%s%s", i ? ", " : "", s->name);
        char share[32], error[32];
        oa_string_add(&percent, "%s%s %s +- %s %%", i ? ", " : "", s->name, percent_of(share, s->fraction),
                      percent_of(error, s->error));
    }
    oa_status status = oa_string_take(&names, &text[0]);
    if (status == OA_OK) status = oa_string_take(&plain, &text[1]);
    if (status == OA_OK) status = oa_string_take(&percent, &text[2]);
    if (status == OA_OK) status = oa_put_long_name(run, "composition/species", text[0]);
    if (status == OA_OK) status = oa_put_text(run, "summary/species", text[1]);
    if (status == OA_OK) status = oa_put_text(run, "summary/composition", text[2]);
    oa_string_drop(&names), oa_string_drop(&plain), oa_string_drop(&percent);
    for (int i = 0; i < 3; i++) oa_free(run->context, text[i]);
    return status;
}

static oa_status put_species(oa_run *run, const tally *t)
{
    uint64_t *counts;
    double *fraction, *error;
    uint32_t *number;
    OA_TRY(oa_put_array(run, "composition/fraction", 1, &t->n, &fraction));
    OA_TRY(oa_put_array(run, "composition/fraction_errors", 1, &t->n, &error));
    OA_TRY(oa_put_array(run, "composition/counts", 1, &t->n, &counts));
    OA_TRY(oa_put_array(run, "composition/species", 1, &t->n, &number));
    for (size_t i = 0; i < t->n; i++) {
        fraction[i] = t->list[i].fraction;
        error[i] = t->list[i].error;
        counts[i] = t->list[i].counts;
        number[i] = (uint32_t)i;
    }
    return put_names(run, t);
}

static oa_status put_type_names(oa_run *run, const oa_ranges *r)
{
    oa_string names = { .context = run->context };
    char *text = NULL;
    oa_string_add(&names, "ion type:");
    for (size_t i = 0; i < r->n_types; i++) {
        oa_string_add(&names, "%s %zu %s", i ? "," : "", i + 1, r->types[i].name);
        for (int c = 0; c < r->types[i].charge; c++) oa_string_add(&names, "%s", c ? "+" : " +");
    }
    oa_status status = oa_string_take(&names, &text);
    if (status == OA_OK) status = oa_put_long_name(run, "ionic/ion_type", text);
    oa_string_drop(&names);
    oa_free(run->context, text);
    return status;
}

static oa_status put_types(oa_run *run, const tally *t, uint64_t ranged)
{
    const size_t n = t->ranges->n_types;
    uint64_t *counts;
    double *fraction, *error;
    uint32_t *number;
    OA_TRY(oa_put_array(run, "ionic/fraction", 1, &n, &fraction));
    OA_TRY(oa_put_array(run, "ionic/fraction_errors", 1, &n, &error));
    OA_TRY(oa_put_array(run, "ionic/counts", 1, &n, &counts));
    OA_TRY(oa_put_array(run, "ionic/ion_type", 1, &n, &number));
    for (size_t i = 0; i < n; i++) {
        counts[i] = t->ions[i + 1];
        number[i] = (uint32_t)i + 1;
        if (!ranged) continue;
        fraction[i] = (double)counts[i] / (double)ranged;
        error[i] = sqrt(fraction[i] * (1 - fraction[i]) / (double)ranged);
    }
    return put_type_names(run, t->ranges);
}

static oa_status composition_run(oa_run *run, const void *params)
{
    const composition_params *p = params;
    const oa_input *in = oa_run_input(run, "ions");
    const oa_ions *ions = in->ions;
    if (!ions->ranges || !oa_ions__data(ions, OA_TYPE))
        return oa_fail(run->context, "E_NOT_RANGED", "the ions have no types; run `ordapt range` with a range file first");
    tally t = { .ranges = ions->ranges };
    const size_t n = in->has_selection ? in->n_index : ions->n;
    OA_TRY(oa_scratch(run, &t.ions, t.ranges->n_types + 1, sizeof *t.ions));
    OA_TRY(oa_ranging__count(ions, in->has_selection ? in->index : NULL, in->n_index, t.ranges->n_types, t.ions));
    OA_TRY(list_species(run, &t, p->decompose));
    count_species(&t, p->decompose);

    const uint64_t unranged = t.ions[0], ranged = n - unranged;
    if (!ranged) oa_note(run, "W_NO_IONS", "none of the %zu ions has a type; all shares are 0", n);
    OA_TRY(put_species(run, &t));
    OA_TRY(put_types(run, &t, ranged));
    OA_TRY(oa_put_count(run, "summary/ions", n));
    OA_TRY(oa_put_count(run, "summary/ranged", ranged));
    OA_TRY(oa_put_count(run, "summary/unranged", unranged));
    OA_TRY(oa_put_real(run, "summary/unranged_fraction", n ? (double)unranged / (double)n : 0));
    return oa_put_count(run, "summary/counted", t.counted);
}

static uint64_t composition_memory(const oa_run *run, const void *params)
{
    const oa_input *in = oa_run_input(run, "ions");
    (void)params;
    return (in && in->ions ? (uint64_t)in->ions->n * 17 + in->n_index * 8 : 0) + (1u << 20);
}

const oa_step oa_step_composition = {
    .name = "composition",
    .version = 1,
    .title = "Composition with counting errors",
    .help = "Counts atoms or ions of every species and gives their shares with standard errors from counting, and the same per "
            "ion type. Unranged ions are left out of the shares and reported. Peaks are not corrected for background.",
    .params = composition_table, .params_size = sizeof(composition_params),
    .slots = composition_slots,  .outputs = composition_outputs,
    .run = composition_run,      .memory = composition_memory,
};
