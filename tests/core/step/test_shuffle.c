/* test_shuffle.c - the step: what it shares, what it rounds, threads. */
#include "core/step/step_run.h"
#include "math/ranging.h"
#include "step/shuffle.h"

extern const oa_step oa_step_shuffle;

enum { N = 5000 };

static oa_ions *ranged(oa_context *context)
{
    static float x[N], m[N];
    for (int i = 0; i < N; i++) x[i] = 0.0137f * (float)i, m[i] = i % 3 == 0 ? 13.5f : i % 3 == 1 ? 27 : 60;
    oa_ions *ions = step_make_ions(context, N, x, x, x, m);
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    step_add_range(r, 13, 1, 26.9, 27.1);
    step_add_range(r, 26, 1, 13.4, 13.6);
    check_ok(context, oa_ranging__assign(ions, r, OA_OVERLAP_REJECT));
    oa_ranges__free(r);
    return ions;
}

static step_run *shuffled(oa_context *context, oa_ions *ions, const char *seed, const char *rounding)
{
    step_run *s = step_begin(context, &oa_step_shuffle);
    step_set(s, "seed", seed);
    if (rounding) step_set(s, "rounding", rounding);
    step_ions(s, "ions", ions);
    check_ok(context, step_go(s));
    return s;
}

static void types_follow_masses(void **state)
{
    oa_ions *ions = ranged(*state), *again;
    step_run *s = shuffled(*state, ions, "5", NULL);
    oa_ions *out = s->values->ions;
    assert_ptr_equal(oa_ions_x(out), oa_ions_x(ions)); /* positions are shared, not copied */
    assert_true(step_real(s, "summary/changed") > N / 2);
    check_ok(*state, oa_ions__share(out, &again));
    check_ok(*state, oa_ranging__assign(again, out->ranges, OA_OVERLAP_REJECT));
    assert_memory_equal(oa_ions__data(again, OA_TYPE), oa_ions__data(out, OA_TYPE), N);
    for (size_t i = 0; i < N; i++) assert_int_equal(oa_ions__type(ions, i), i % 3 == 0 ? 2 : i % 3 == 1 ? 1 : 0);
    oa_ions_free(again);
    step_end(s);
    oa_ions_free(ions);
}

static void rounding_is_that_of_three_decimals(void **state)
{
    oa_ions *ions = ranged(*state);
    step_run *s = shuffled(*state, ions, "1", "0.001");
    for (size_t i = 0; i < N; i++) {
        char text[32];
        snprintf(text, sizeof text, "%.3f", (double)oa_ions_x(ions)[i]);
        check_real((double)oa_ions_x(s->values->ions)[i], (double)strtof(text, NULL), 0);
    }
    step_end(s);
    oa_ions_free(ions);
}

static void threads_do_not_matter(void **state)
{
    oa_ions *ions = ranged(*state);
    step_run *s = shuffled(*state, ions, "1", "0.001");
    char one[65];
    strcpy(one, step_digest(s));
    step_end(s);
    for (int threads = 1; threads <= 4; threads *= 2) {
        oa_context *other;
        const oa_context_options options = { .threads = threads };
        check_ok(*state, oa_context_new(&other, &options));
        s = shuffled(other, ions, "1", "0.001");
        assert_string_equal(step_digest(s), one);
        step_end(s);
        oa_context_free(other);
    }
    oa_ions_free(ions);
}

static void ions_without_a_type_can_keep_their_places(void **state)
{
    oa_ions *ions = ranged(*state);
    size_t count[2][3] = { { 0 } };
    step_run *s = step_begin(*state, &oa_step_shuffle);
    step_set(s, "ranged_only", "true");
    step_ions(s, "ions", ions);
    check_ok(*state, step_go(s));
    const oa_ions *out = s->values->ions;
    const float *before = oa_ions__f32(ions, OA_MASS), *after = oa_ions__f32(out, OA_MASS);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(oa_ions__type(out, i) == 0, oa_ions__type(ions, i) == 0);
        if (!oa_ions__type(ions, i)) assert_true(before[i] == after[i]);
        count[0][oa_ions__type(ions, i)]++, count[1][oa_ions__type(out, i)]++;
    }
    for (int t = 0; t < 3; t++) assert_int_equal(count[0][t], count[1][t]);
    assert_true(step_real(s, "summary/changed") > N / 4);
    step_end(s);
    oa_ions_free(ions);
}

/* Where all ions have a type nothing can keep its place: the permutation is the usual one. */
static void the_permutation_is_the_same_where_all_are_ranged(void **state)
{
    char digest[2][65];
    for (int k = 0; k < 2; k++) {
        oa_ions *ions = ranged(*state), *out;
        for (size_t i = 0; i < N; i++) ((uint8_t *)oa_ions__data(ions, OA_TYPE))[i] = (uint8_t)(1 + i % 2);
        check_ok(*state, oa_ions__share(ions, &out));
        check_ok(*state, oa_shuffle(out, 3, k));
        oa_values *values;
        check_ok(*state, oa_values_new(*state, &values));
        values->ions = out;
        check_ok(*state, oa_values_digest(values, "", digest[k], NULL));
        oa_values_free(values);
        oa_ions_free(ions);
    }
    assert_string_equal(digest[0], digest[1]);
}

static void without_types_nothing_is_ranged(void **state)
{
    const float v[] = { 1, 2 };
    oa_ions *ions = step_make_ions(*state, 2, v, v, v, v);
    step_run *s = step_begin(*state, &oa_step_shuffle);
    step_set(s, "ranged_only", "true");
    step_ions(s, "ions", ions);
    check_fails(*state, step_go(s), "E_NOT_RANGED");
    step_end(s);
    oa_ions_free(ions);
}

static void few_ions(void **state)
{
    const float v[] = { 1 };
    for (size_t n = 0; n < 2; n++) {
        oa_ions *ions = step_make_ions(*state, n, v, v, v, v);
        step_run *s = shuffled(*state, ions, "1", NULL);
        assert_true(step_warned(s, "W_FEW_IONS"));
        check_real(step_real(s, "summary/changed"), 0, 0);
        step_end(s);
        oa_ions_free(ions);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(types_follow_masses, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(rounding_is_that_of_three_decimals, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(threads_do_not_matter, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ions_without_a_type_can_keep_their_places, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(the_permutation_is_the_same_where_all_are_ranged, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(without_types_nothing_is_ranged, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(few_ions, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
