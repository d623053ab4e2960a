/* Facts of specimen and measurement: what may be set, what is left out, what is completed. */
#include "check.h"
#include "data/metadata.h"

static oa_metadata *fresh(oa_context *context)
{
    oa_metadata *out;
    check_ok(context, oa_metadata_new(context, &out));
    return out;
}

static void every_row_of_the_table_is_found_and_has_groups_of_known_class(void **state)
{
    (void)state;
    for (const oa_concept *c = oa_concepts; c->path; c++) {
        char path[128] = "", group[128];
        for (const char *p = c->path; *p; p++) {
            const char one[2] = { *p, 0 };
            strcat(path, *p == '#' ? "12" : *p == '*' ? "Cr" : one);
        }
        assert_ptr_equal(oa_concept_find(path), c);
        for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
            snprintf(group, sizeof group, "%.*s", (int)(slash - path), path);
            assert_non_null(oa_concept_class(group));
        }
    }
    assert_null(oa_concept_find("specimen/colour"));
    assert_null(oa_concept_find("user/name"));
    assert_null(oa_concept_find("sample/chemical_composition/Xx/composition"));
    assert_null(oa_concept_class("atom_probe1"));
    assert_string_equal(oa_concept_class("user3"), "NXuser");
    assert_string_equal(oa_concept_class("specimen"), "NXsample");
}

static void a_field_is_added_once_and_replaced(void **state)
{
    oa_metadata *m = fresh(*state);
    check_ok(*state, oa_metadata_set_text(m, "specimen/alias", "first"));
    check_ok(*state, oa_metadata_set_text(m, "specimen/alias", "tip \xc2\xb5\n2\x1b[31m"));
    check_ok(*state, oa_metadata_set_number(m, "specimen/initial_radius", OA_F64, 42, "nm"));
    assert_int_equal(m->n, 2);
    assert_string_equal(oa_metadata_find(m, "specimen/alias")->text, "tip \xc2\xb5 2?[31m");
    check_real(oa_metadata_find(m, "specimen/initial_radius")->number, 42, 0);
    assert_null(oa_metadata_find(m, "specimen/description"));
    assert_null(oa_metadata_find(NULL, "specimen/alias"));
    check_fails(*state, oa_metadata_set_text(m, "specimen/colour", "red"), "E_INTERNAL");
    oa_metadata *again = oa_metadata_share(m);
    oa_metadata_free(m);
    assert_int_equal(again->n, 2);
    oa_metadata_free(again);
}

static void refused_values_are_left_out(void **state)
{
    static const char *const bad_time[] = { "2026-01-01", "2026-01-01T10:00:00", "2026-01-01T10:00:00+01:00x", "soon", "2026-01-01T10:00:00+0100" };
    oa_metadata *m = fresh(*state);
    for (size_t i = 0; i < 5; i++) {
        check_ok(*state, oa_metadata_set_text(m, "start_time", bad_time[i]));
        check_ok(*state, oa_metadata_complete(m));
        assert_null(oa_metadata_find(m, "start_time"));
    }
    check_ok(*state, oa_metadata_set_text(m, "start_time", "2026-01-01 10:00:00.25-00:00"));
    check_ok(*state, oa_metadata_set_text(m, "end_time", "2026-01-01T11:00:00Z"));
    check_ok(*state, oa_metadata_set_text(m, "operation_mode", "APT"));
    check_ok(*state, oa_metadata_set_text(m, "user1/identifier1", "0000-0001"));
    check_ok(*state, oa_metadata_set_text(m, "user1/name", ""));
    check_ok(*state, oa_metadata_set_number(m, "specimen/shank_angle", OA_F64, NAN, "degree"));
    check_ok(*state, oa_metadata_set_number(m, "specimen/initial_radius", OA_F64, 1, "m"));
    check_ok(*state, oa_metadata_complete(m));
    assert_int_equal(m->n, 2);
    assert_string_equal(oa_metadata_find(m, "start_time")->text, "2026-01-01T10:00:00.25+00:00");
    assert_string_equal(oa_warning_code(*state, 0), "W_METADATA");
    oa_metadata_free(m);
}

static void groups_without_required_content_are_left_out_or_completed(void **state)
{
    oa_metadata *m = fresh(*state);
    check_ok(*state, oa_metadata_set_number(m, "sample/grain_diameter", OA_F64, 100, "nm"));
    check_ok(*state, oa_metadata_set_text(m, "sample/chemical_composition/normalization", "atom_percent"));
    check_ok(*state, oa_metadata_set_text(m, "measurement/status", "success"));
    check_ok(*state, oa_metadata_set_text(m, "measurement/instrument/local_electrode/aperture_type", "x"));
    check_ok(*state, oa_metadata_set_text(m, "measurement/event1/instrument/pulser/pulse_mode", "laser"));
    check_ok(*state, oa_metadata_complete(m));
    assert_int_equal(m->n, 0); /* no alias, no element, no instrument: nothing of it may be written */

    check_ok(*state, oa_metadata_set_text(m, "sample/alias", "alloy"));
    check_ok(*state, oa_metadata_set_text(m, "sample/chemical_composition/normalization", "atom_percent"));
    check_ok(*state, oa_metadata_set_number(m, "sample/chemical_composition/Cr/composition", OA_F64, 33, ""));
    check_ok(*state, oa_metadata_set_number(m, "specimen/is_simulation", OA_BOOL, 1, ""));
    check_ok(*state, oa_metadata_set_text(m, "measurement/instrument/fabrication/vendor", "CAMECA"));
    check_ok(*state, oa_metadata_set_number(m, "measurement/event1/instrument/stage/temperature_sensor/value", OA_F64, 50, "K"));
    check_ok(*state, oa_metadata_complete(m));
    assert_string_equal(oa_metadata_find(m, "sample/chemical_composition/Cr/chemical_symbol")->text, "Cr");
    check_real(oa_metadata_find(m, "sample/is_simulation")->number, 1, 0);
    assert_string_equal(oa_metadata_find(m, "measurement/instrument/fabrication/model")->text, "unknown");
    assert_null(oa_metadata_find(m, "measurement/event1/instrument/stage/temperature_sensor/value")); /* no pressure */
    const size_t n = m->n;
    check_ok(*state, oa_metadata_complete(m));
    assert_int_equal(m->n, n);
    oa_metadata_free(m);
    check_ok(*state, oa_metadata_complete(NULL));
}

/* An allocation may fail anywhere: nothing leaks, nothing crashes. */
static void no_memory_is_reported(void **state)
{
    (void)state;
    for (uint64_t k = 1; k < 60; k++) {
        oa_context *context;
        const oa_context_options options = { .threads = 1, .fail_allocation = k };
        oa_metadata *m = NULL;
        if (oa_context_new(&context, &options) == OA_OK && oa_metadata_new(context, &m) == OA_OK) {
            oa_status status = oa_metadata_set_text(m, "sample/alias", "a");
            if (status == OA_OK) status = oa_metadata_set_number(m, "sample/chemical_composition/Cr/composition", OA_F64, 1, "");
            if (status == OA_OK) status = oa_metadata_set_attribute(m, "sample/alias", "type", "x");
            if (status == OA_OK) status = oa_metadata_complete(m);
            if (status != OA_OK) assert_string_equal(oa_error_code(context), "E_MEMORY");
        }
        oa_metadata_free(m);
        oa_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_row_of_the_table_is_found_and_has_groups_of_known_class, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(a_field_is_added_once_and_replaced, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(refused_values_are_left_out, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(groups_without_required_content_are_left_out_or_completed, check_setup, check_teardown),
        cmocka_unit_test(no_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
