/* bundle.h - something to write: ions with every column, a record and results of every type. */
#ifndef OA_TESTS_BUNDLE_H
#define OA_TESTS_BUNDLE_H

#include "core/io/temporary.h"
#include "core/run/toy.h"
#include "core/step/step_run.h"
#include "io/nexus.h"

/* n_types 300 makes the type column u16. */
static inline oa_ions *bundle_ions(oa_context *context, size_t n, unsigned n_types, bool all_columns)
{
    oa_ions *ions;
    oa_ranges *ranges;
    check_ok(context, oa_ions__create(context, &ions, n));
    check_ok(context, oa_ranges__create(context, &ranges));
    for (unsigned k = 0; k < n_types; k++) {
        oa_ion_type type = { .nuclides = { OA_ELEMENT_HASH(1 + k % 100) }, .n_atoms = 1, .charge = (int)(k / 100), .color = 0x010203 * (k % 80), .volume = 0.01 * (k + 1) };
        oa_ion_type__name(&type);
        check_ok(context, oa_ranges__append_type(ranges, &type));
        check_ok(context, oa_ranges__add(ranges, k + 0.1, k + 0.9, k + 1));
    }
    oa_ranges__sort(ranges);
    oa_ions__set_ranges(ions, ranges);
    for (int c = OA_TYPE; c < (all_columns ? OA_ION_COLUMNS : OA_TYPE + 1); c++)
        check_ok(context, oa_ions__add_column(ions, (oa_ion_column)c, c == OA_TYPE && n_types > 255 ? OA_U16 : oa_ion_columns[c].type));
    for (int c = 0; c < OA_ION_COLUMNS; c++)
        for (size_t i = 0; ions->column[c].block && i < n; i++) {
            if (ions->column[c].type == OA_F32) ((float *)oa_ions__data(ions, (oa_ion_column)c))[i] = (float)(i % 1000) / 7 + (float)c;
            else if (ions->column[c].type == OA_U32) ((uint32_t *)oa_ions__data(ions, (oa_ion_column)c))[i] = (uint32_t)(3 * i);
            else if (ions->column[c].type == OA_U16) ((uint16_t *)oa_ions__data(ions, (oa_ion_column)c))[i] = (uint16_t)(i % (n_types + 1));
            else ((uint8_t *)oa_ions__data(ions, (oa_ion_column)c))[i] = (uint8_t)(i % (n_types + 1));
        }
    return ions;
}

typedef struct bundle_made {
    oa_ions *ions; /* what the step was given, and what the file gets */
    oa_values *values;
    oa_record *record;
    oa_part part;
    oa_bundle bundle;
} bundle_made;

/* The toy step run on these ions; takes them. */
static inline void bundle_make(oa_context *context, bundle_made *m, oa_ions *ions)
{
    oa_settings *settings;
    const oa_input input = { .role = "ions", .ions = ions, .file_name = "tip.pos", .sha256 = "", .entry = "e-1", .subentry = "import" };
    check_ok(context, oa_settings_new(context, &settings, toy_table, sizeof(toy_params), toy_presets));
    check_ok(context, oa_settings_set(settings, "preset", "steel"));
    check_ok(context, oa_settings_set(settings, "roi", "-1,1,0,0.1,0,1e-3"));
    check_ok(context, oa_settings_set(settings, "mode", "warns"));
    const oa_request request = { .step = &toy_step, .settings = settings, .inputs = &input, .n_inputs = 1, .libraries = oa_nexus_libraries() };
    check_ok(context, oa_run_step(context, &request, &m->values, &m->record));
    oa_settings_free(settings);
    m->ions = ions;
    m->part = (oa_part){ m->record, m->values };
    m->bundle = (oa_bundle){ .ions = ions, .parts = &m->part, .n_parts = 1, .level = 1 };
}

static inline void bundle_drop(bundle_made *m)
{
    oa_ions_free(m->ions);
    oa_values_free(m->values);
    oa_record_free(m->record);
}

#endif
