/* test_spectrum.c - bins, what is left out, threads. */
#include "base/random.h"
#include "core/step/step_run.h"

extern const oa_step oa_step_spectrum;

static step_run *spectrum_of(oa_context *context, oa_ions *ions, const char *bin_width, const char *max)
{
    step_run *s = step_begin(context, &oa_step_spectrum);
    step_set(s, "bin_width", bin_width);
    if (max) step_set(s, "max", max);
    step_ions(s, "ions", ions);
    check_ok(context, step_go(s));
    return s;
}

static void bins_are_half_open(void **state)
{
    const float m[] = { 0, -1, NAN, INFINITY, 1, 0.5f, 0.49999997f, 1.75f, 2, 3e38f }, zero[10] = { 0 };
    oa_ions *ions = step_make_ions(*state, 10, zero, zero, zero, m);
    step_run *s = spectrum_of(*state, ions, "0.5", "2");
    const uint64_t want[] = { 1, 1, 1, 1 }, *counts = step_data(s, "spectrum/counts");
    assert_int_equal(oa_array_count(step_array(s, "spectrum/counts")), 4);
    for (int k = 0; k < 4; k++) assert_int_equal(counts[k], want[k]);
    check_real(step_real(s, "summary/nonpositive"), 3, 0);
    check_real(step_real(s, "summary/beyond"), 3, 0);
    check_real(step_real(s, "summary/counted"), 4, 0);
    check_real(((const double *)step_data(s, "spectrum/mass_to_charge"))[3], 1.75, 0);
    step_end(s);
    oa_ions_free(ions);
}

static void end_is_found(void **state)
{
    const float m[] = { 26.98f, 13.49f, 5000 }, zero[3] = { 0 };
    oa_ions *ions = step_make_ions(*state, 3, zero, zero, zero, m);
    step_run *s = spectrum_of(*state, ions, "0.01", NULL);
    check_real(step_real(s, "summary/bins"), floor((double)26.98f / 0.01) + 1, 0);
    check_real(step_real(s, "summary/counted"), 2, 0); /* 5000 Da is beyond all ions */
    step_end(s);
    oa_ions_free(ions);
}

/* The literal floor(m / w), one value at a time. */
static void bins_are_the_exact_expression(void **state)
{
    enum { N = 300000 };
    static float m[N], zero[N];
    static uint64_t want[10000];
    oa_random random = oa_random_start(1, 1);
    memset(want, 0, sizeof want);
    for (size_t i = 0; i < N; i++) {
        m[i] = i % 3 ? (float)(100 * oa_random_uniform(&random)) : (float)(0.01 * (double)oa_random_below(&random, 10000));
        const double k = floor((double)m[i] / 0.01);
        if (m[i] > 0 && (double)m[i] < 100) want[(size_t)k]++;
    }
    oa_ions *ions = step_make_ions(*state, N, zero, zero, zero, m);
    step_run *s = spectrum_of(*state, ions, "0.01", "100");
    assert_memory_equal(step_data(s, "spectrum/counts"), want, sizeof want);
    char one[65];
    strcpy(one, step_digest(s));
    step_end(s);
    for (int threads = 2; threads <= 4; threads += 2) {
        oa_context *other;
        const oa_context_options options = { .threads = threads };
        check_ok(*state, oa_context_new(&other, &options));
        s = spectrum_of(other, ions, "0.01", "100");
        assert_string_equal(step_digest(s), one);
        step_end(s);
        oa_context_free(other);
    }
    oa_ions_free(ions);
}

static void too_many_bins(void **state)
{
    step_run *s = step_begin(*state, &oa_step_spectrum);
    step_set(s, "bin_width", "0.0001");
    step_set(s, "max", "100000");
    check_fails(*state, step_go(s), "E_PARAMETER_RANGE");
    step_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(bins_are_half_open, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(end_is_found, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(bins_are_the_exact_expression, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(too_many_bins, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
