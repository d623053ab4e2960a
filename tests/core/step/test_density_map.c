/* test_density_map.c - what must hold for any map of counts. */
#include "step_run.h"

static oa_ions *four_ions(oa_context *context)
{
    const float x[] = { 0, 1, 1, 2 }, y[] = { 0, 0, 0, 1 }, z[] = { 0, -1, -5, -10 }, mass[] = { 1, 1, 1, 1 };
    oa_ions *ions;
    check_ok(context, oa_ions_new(context, &ions, 4, x, y, z, mass));
    return ions;
}

static step_run *map_of(oa_context *context, oa_ions *ions, const char *axes, const char *bins)
{
    step_run *s = step_begin(context, oa_step_find("density_map"));
    step_ions(s, "ions", ions);
    step_set(s, "axes", axes);
    step_set(s, "bins", bins);
    check_ok(context, step_go(s));
    return s;
}

static void test_density_map__every_ion_is_counted_once_also_on_the_border(void **state)
{
    oa_ions *ions = four_ions(*state);
    step_run *s = map_of(*state, ions, "xy", "2");
    const uint32_t *counts = step_data(s, "map/counts");
    assert_int_equal(step_array(s, "map/counts")->dims[0], 1); /* 1 nm along y, bins of 1 nm */
    assert_int_equal(step_array(s, "map/counts")->dims[1], 2);
    assert_int_equal(counts[0], 1);
    assert_int_equal(counts[1], 3); /* 1 is the lower border of the second bin, 2 its closed end */
    check_real(step_real(s, "summary/bin_edge"), 1, 0);
    step_end(s);
    oa_ions_free(ions);
}

static void test_density_map__density_times_area_sums_to_the_ions(void **state)
{
    oa_ions *ions = four_ions(*state);
    step_run *s = map_of(*state, ions, "xz", "7");
    const oa_array *density = step_array(s, "map/density");
    double sum = 0;
    for (size_t k = 0; k < oa_array_count(density); k++) sum += oa_array_real(density, k);
    check_real(sum * pow(step_real(s, "summary/bin_edge"), 2), 4, 1e-12);
    step_end(s);
    oa_ions_free(ions);
}

static void test_density_map__a_selection_counts_alone(void **state)
{
    oa_ions *ions = four_ions(*state);
    const uint64_t index[] = { 1, 2 };
    step_run *s = step_begin(*state, oa_step_find("density_map"));
    step_ions(s, "ions", ions);
    s->inputs[0].has_selection = true;
    s->inputs[0].index = index;
    s->inputs[0].n_index = 2;
    check_ok(*state, step_go(s));
    check_real(step_real(s, "summary/ions"), 2, 0);
    step_end(s);
    oa_ions_free(ions);
}

static void test_density_map__ions_in_one_place_have_a_map(void **state)
{
    const float zero[] = { 0, 0 }, mass[] = { 1, 1 };
    oa_ions *ions;
    check_ok(*state, oa_ions_new(*state, &ions, 2, zero, zero, zero, mass));
    step_run *s = map_of(*state, ions, "yz", "200");
    assert_int_equal(*(const uint32_t *)step_data(s, "map/counts"), 2);
    step_end(s);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_density_map__every_ion_is_counted_once_also_on_the_border, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_density_map__density_times_area_sums_to_the_ions, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_density_map__a_selection_counts_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_density_map__ions_in_one_place_have_a_map, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
