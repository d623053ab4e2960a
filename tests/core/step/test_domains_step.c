/* test_domains_step.c - the step domains: membership, table, control, species, refusals. */
#include "core/step/step_run.h"

#include "base/random.h"

extern const oa_step oa_step_domains;

enum { N = 4000 };

/* Random ions, thin enough for many small domains; types 1 and 2 in turn. */
static oa_ions *make_ions(oa_context *context, uint64_t seed, double edge)
{
    oa_ions *ions;
    oa_ranges *ranges;
    oa_random random = oa_random_start(seed, 0);
    check_ok(context, oa_ions__create(context, &ions, N));
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    float *at[3] = { oa_ions__data(ions, OA_X), oa_ions__data(ions, OA_Y), oa_ions__data(ions, OA_Z) };
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (size_t i = 0; i < N; i++) {
        for (int axis = 0; axis < 3; axis++) at[axis][i] = (float)(edge * oa_random_uniform(&random));
        type[i] = (uint8_t)(1 + i % 2);
    }
    check_ok(context, oa_ranges__create(context, &ranges));
    step_add_range(ranges, 27, 1, 29.4, 29.6);
    step_add_range(ranges, 28, 1, 28.9, 29.1);
    oa_ions__set_ranges(ions, ranges);
    return ions;
}

static step_run *begin(oa_context *context, oa_ions *ions, oa_ions *control)
{
    step_run *s = step_begin(context, &oa_step_domains);
    step_ions(s, "ions", ions);
    if (control) step_ions(s, "control", control);
    return s;
}

static void select_even(oa_input *input, uint64_t *index)
{
    for (size_t i = 0; i < N / 2; i++) index[i] = 2 * i;
    input->has_selection = true;
    input->index = index;
    input->n_index = N / 2;
}

static void test_domains_step__tables_agree_with_membership(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 9);
    step_run *s = begin(context, ions, NULL);
    check_ok(context, step_go(s));
    const uint32_t *domain = step_data(s, "membership/domain"), *size = step_data(s, "sizes/size"), *number = step_data(s, "sizes/domain");
    const uint32_t *count = step_data(s, "size_distribution/count");
    const size_t n = step_array(s, "sizes/size")->dims[0];
    uint32_t *found = calloc(n + 1, sizeof *found), pooled = 0;
    assert_int_equal(step_array(s, "membership/domain")->dims[0], N);
    for (size_t i = 0; i < N; i++) found[domain[i]]++;
    for (size_t d = 0; d < n; d++) {
        assert_int_equal(number[d], d + 1);
        assert_int_equal(size[d], found[d + 1]);
        assert_true(size[d] >= 3);
    }
    for (int b = 0; b < 32; b++) pooled += count[b];
    assert_int_equal(pooled, n);
    assert_true(n > 20);
    check_real(step_real(s, "summary/domains"), (double)n, 0);
    check_real(step_real(s, "summary/noise_ions"), found[0], 0);
    assert_null(oa_values_find(s->values, 1, "summary/mu"));
    assert_null(oa_values_find(s->values, 1, "size_distribution/control"));
    assert_string_equal(step_array(s, "sizes/shape")->long_name, "shape: 0 none, 1 sphere, 2 disc, 3 rod, 4 lath");
    check_real(((const double *)step_data(s, "size_distribution/size"))[1], 7.5, 0);
    free(found);
    step_end(s);
    oa_ions_free(ions);
}

static void test_domains_step__control_gives_a_test(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 1, 9), *control = make_ions(context, 2, 9.3);
    step_run *s = begin(context, ions, control);
    check_ok(context, step_go(s));
    const double chi2 = step_real(s, "summary/chi2"), domains = step_real(s, "summary/domains");
    const double n = (domains + step_real(s, "summary/control_domains")) / 2;
    check_real(step_real(s, "summary/mu"), sqrt(chi2 / (chi2 + n)), 1e-12);
    check_real(step_real(s, "summary/degrees_of_freedom"), step_real(s, "summary/bins_used") - 1, 0);
    assert_true(step_real(s, "summary/p_value") > 0 && step_real(s, "summary/pearson_r") > 0.5);
    step_end(s);

    s = begin(context, ions, ions); /* against itself: no difference */
    check_ok(context, step_go(s));
    check_real(step_real(s, "summary/mu"), 0, 0);
    check_real(step_real(s, "summary/pearson_r"), 1, 1e-12);
    step_end(s);
    oa_ions_free(ions);
    oa_ions_free(control);
}

static void test_domains_step__selection_and_species(void **state)
{
    oa_context *context = *state;
    static uint64_t index[N / 2];
    oa_ions *ions = make_ions(context, 3, 7);
    step_run *chosen = begin(context, ions, NULL), *cobalt = begin(context, ions, NULL);
    select_even(&chosen->inputs[0], index);
    step_set(cobalt, "species", "Co");
    check_ok(context, step_go(chosen));
    check_ok(context, step_go(cobalt));
    const uint64_t *row = step_data(chosen, "membership/ion_index");
    for (size_t i = 0; i < N / 2; i++) assert_int_equal(row[i], 2 * i);
    assert_string_equal(step_digest(chosen), step_digest(cobalt)); /* the even ions are the cobalt ones */
    assert_true(step_real(chosen, "summary/domains") > 5);
    step_end(chosen);
    step_end(cobalt);
    oa_ions_free(ions);
}

static void test_domains_step__rounding_and_methods(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 4, 9);
    step_run *coarse = begin(context, ions, NULL), *linked = begin(context, ions, NULL);
    step_set(coarse, "rounding", "0.5");
    step_set(linked, "method", "max_separation");
    step_set(linked, "min_points", "1");
    check_ok(context, step_go(coarse));
    check_ok(context, step_go(linked));
    const double *centre = step_data(coarse, "sizes/centre");
    const uint32_t *size = step_data(coarse, "sizes/size");
    const double sum = 2 * centre[0] * size[0]; /* coordinates are halves */
    check_real(sum, rint(sum), 1e-9);
    check_real(step_real(linked, "summary/noise_ions"), 0, 0);
    step_end(coarse);
    step_end(linked);
    oa_ions_free(ions);
}

static void test_domains_step__nothing_found(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context, 5, 900), *none;
    check_ok(context, oa_ions__create(context, &none, 0));
    step_run *s = begin(context, ions, ions);
    check_ok(context, step_go(s));
    check_real(step_real(s, "summary/domains"), 0, 0);
    assert_true(step_warned(s, "W_NO_IONS") && step_warned(s, "W_FEW_BINS"));
    assert_null(oa_values_find(s->values, 1, "summary/p_value"));
    step_end(s);
    s = begin(context, none, none);
    check_ok(context, step_go(s));
    step_end(s);
    oa_ions_free(none);
    oa_ions_free(ions);
}

static void test_domains_step__refusals(void **state)
{
    oa_context *context = *state;
    static uint64_t index[N / 2];
    oa_ions *ions = make_ions(context, 6, 9);
    static const struct { const char *name, *value, *code; } rows[] = {
        { "draws", "3", "E_PARAMETER_VALUE" }, { "size_bin", "7", "E_PARAMETER_RANGE" }, { "species", "Fe", "E_SPECIES_UNKNOWN" },
    };
    for (int i = 0; i < 3; i++) {
        step_run *s = begin(context, ions, NULL);
        step_set(s, rows[i].name, rows[i].value);
        check_fails(context, step_go(s), rows[i].code);
        step_end(s);
    }
    step_run *s = begin(context, ions, ions);
    select_even(&s->inputs[0], index);
    check_fails(context, step_go(s), "E_CONTROL");
    step_end(s);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domains_step__tables_agree_with_membership, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__control_gives_a_test, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__selection_and_species, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__rounding_and_methods, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__nothing_found, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_step__refusals, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
