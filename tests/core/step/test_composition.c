/* test_composition.c - counts and shares by hand. */
#include "core/step/step_run.h"

extern const oa_step oa_step_composition;

/* 6 Cr, 3 CrO2 (molecular), 1 user label, 2 unranged. */
static oa_ions *small(oa_context *context)
{
    enum { N = 12 };
    float m[N], zero[N] = { 0 };
    for (int i = 0; i < N; i++) m[i] = i < 6 ? 26 : i < 9 ? 84 : i < 10 ? 59 : 200;
    oa_ions *ions = step_make_ions(context, N, zero, zero, zero, m);
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    step_add_range(r, 24, 1, 25.9, 26.1);
    oa_ion_type oxide = { .n_atoms = 3, .nuclides = { OA_ELEMENT_HASH(24), OA_ELEMENT_HASH(8), OA_ELEMENT_HASH(8) } };
    oa_ion_type__name(&oxide);
    oa_ion_type label = { .n_atoms = 0, .name = "un1" };
    unsigned number;
    check_ok(context, oa_ranges__add_type(r, &oxide, &number));
    check_ok(context, oa_ranges__add(r, 83.5, 84.5, number));
    check_ok(context, oa_ranges__add_type(r, &label, &number));
    check_ok(context, oa_ranges__add(r, 58.5, 59.5, number));
    oa_ranges__sort(r);
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (int i = 0; i < N; i++) type[i] = i < 6 ? 1 : i < 9 ? 2 : i < 10 ? 3 : 0;
    oa_ions__set_ranges(ions, r);
    return ions;
}

static void molecular_ions_count_each_atom(void **state)
{
    oa_ions *ions = small(*state);
    step_run *s = step_begin(*state, &oa_step_composition);
    step_ions(s, "ions", ions);
    check_ok(*state, step_go(s));
    assert_string_equal(step_text(s, "summary/species"), "O, Cr, un1");
    const uint64_t *counts = step_data(s, "composition/counts");
    const double *fraction = step_data(s, "composition/fraction"), *error = step_data(s, "composition/fraction_errors");
    assert_int_equal(counts[0], 6); /* O */
    assert_int_equal(counts[1], 9); /* Cr */
    assert_int_equal(counts[2], 1);
    check_real(step_real(s, "summary/counted"), 16, 0);
    check_real(fraction[1], 9 / 16.0, 1e-15);
    const double c = 9 / 16.0; /* var = sum ((a_rE - c a_r)/n)^2 N_r */
    const double variance = (6 * (1 - c) * (1 - c) + 3 * (1 - 3 * c) * (1 - 3 * c) + c * c) / 256;
    check_real(error[1], sqrt(variance), 1e-15);
    assert_string_equal(step_array(s, "composition/species")->long_name, "species: 0 O, 1 Cr, 2 un1");
    check_real(step_real(s, "summary/unranged"), 2, 0);
    const uint64_t *ionic = step_data(s, "ionic/counts");
    assert_int_equal(ionic[0], 6);
    assert_int_equal(ionic[1], 3);
    assert_int_equal(ionic[2], 1);
    step_end(s);
    oa_ions_free(ions);
}

static void molecular_ions_as_species(void **state)
{
    oa_ions *ions = small(*state);
    step_run *s = step_begin(*state, &oa_step_composition);
    step_set(s, "decompose", "false");
    step_ions(s, "ions", ions);
    check_ok(*state, step_go(s));
    assert_int_equal(oa_array_count(step_array(s, "composition/counts")), 3);
    const double *fraction = step_data(s, "composition/fraction"), *error = step_data(s, "composition/fraction_errors");
    check_real(fraction[0], 0.6, 1e-15);
    check_real(error[0], sqrt(0.6 * 0.4 / 10), 1e-15);
    check_real(fraction[1], 0.3, 1e-15);
    step_end(s);
    oa_ions_free(ions);
}

static void selection_is_counted_alone(void **state)
{
    static const uint64_t index[] = { 0, 6, 11 };
    oa_ions *ions = small(*state);
    step_run *s = step_begin(*state, &oa_step_composition);
    oa_input *in = step_input(s, "ions");
    in->ions = ions, in->has_selection = true, in->index = index, in->n_index = 3;
    check_ok(*state, step_go(s));
    check_real(step_real(s, "summary/ions"), 3, 0);
    check_real(step_real(s, "summary/counted"), 4, 0);
    check_real(step_real(s, "summary/unranged_fraction"), 1 / 3.0, 1e-15);
    step_end(s);
    oa_ions_free(ions);
}

static void unranged_ions_have_no_composition(void **state)
{
    const float zero[] = { 0, 0 };
    oa_ions *ions = step_make_ions(*state, 2, zero, zero, zero, zero);
    step_run *s = step_begin(*state, &oa_step_composition);
    step_ions(s, "ions", ions);
    check_fails(*state, step_go(s), "E_NOT_RANGED");
    step_end(s);
    oa_ions_free(ions);

    ions = small(*state);
    memset(oa_ions__data(ions, OA_TYPE), 0, ions->n);
    s = step_begin(*state, &oa_step_composition);
    step_ions(s, "ions", ions);
    check_ok(*state, step_go(s));
    assert_true(step_warned(s, "W_NO_IONS"));
    check_real(((const double *)step_data(s, "composition/fraction"))[0], 0, 0);
    step_end(s);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(molecular_ions_count_each_atom, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(molecular_ions_as_species, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(selection_is_counted_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(unranged_ions_have_no_composition, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
