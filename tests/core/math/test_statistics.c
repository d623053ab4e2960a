/* test_statistics.c - tail of chi-squared against forty-digit values; histogram; comparisons with known answers. */
#include "check.h"

#include "math/statistics.h"

static void test_statistics__tail_of_chi_squared(void **state)
{
    (void)state;
    /* The regularised upper incomplete gamma function with 40 digits. */
    static const struct { double chi2; size_t degrees; double tail; } rows[] = {
        { 156.15470030011332, 29, 2.28112550758266937e-19 }, { 0.5, 1, 0.479500122186953462 },
        { 3.841458820694124, 1, 0.0500000000000000574 },     { 10, 2, 0.0067379469990854671 },
        { 1e-08, 3, 0.999999999999734038 },                  { 29, 29, 0.465066241237878936 },
        { 31, 31, 0.466212506217508345 },                    { 1200, 31, 1.55694942039545085e-232 },
        { 5, 1000, 1.0 },                                    { 1000, 1000, 0.494052853829239642 },
        { 2000, 1000, 4.14367859145499174e-69 },             { 0.001, 2, 0.999500124979169271 },
        { 700, 7, 6.89651257409032711e-147 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_real(oa_chi2_tail(rows[i].chi2, rows[i].degrees) / rows[i].tail, 1, 1e-12);
    assert_true(oa_chi2_tail(0, 5) == 1);
    assert_true(oa_chi2_tail(1e6, 5) == 0);
    assert_true(oa_chi2_tail(INFINITY, 5) == 0);
    assert_true(isnan(oa_chi2_tail(1, 0)));
}

static void test_statistics__histogram_pools_the_large(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 0, 4, 5, 154, 155, 159, 160, 4000000000u };
    uint32_t counts[32];
    oa_size_histogram(counts, 32, 5, sizes, 8);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    assert_int_equal(counts[30], 1);
    assert_int_equal(counts[31], 4);
}

static void test_statistics__equal_distributions_do_not_differ(void **state)
{
    (void)state;
    static const double a[5] = { 10, 20, 5, 1, 0 };
    const oa_size_test test = oa_size_compare(a, a, 5);
    check_real(test.pearson_r, 1, 1e-15);
    assert_true(test.chi2 == 0 && test.mu == 0 && test.p_value == 1);
    assert_int_equal(test.bins_used, 4);
    check_real(test.n, 36, 0);
}

static void test_statistics__by_hand(void **state)
{
    (void)state;
    static const double a[4] = { 4, 8, 3, 7 }, c[4] = { 2, 10, 0.5, 7 };
    const oa_size_test test = oa_size_compare(a, c, 4);
    check_real(test.chi2, 4 / 2.0 + 4 / 10.0, 1e-15); /* the third bin expects less than one */
    assert_int_equal(test.degrees_of_freedom, 2);
    check_real(test.p_value, exp(-1.2), 1e-15);
    check_real(test.n, 20.75, 1e-15);
    check_real(test.mu, sqrt(2.4 / 23.15), 1e-15);
}

static void test_statistics__nothing_to_compare(void **state)
{
    (void)state;
    static const double a[3] = { 1, 2, 0 }, none[3] = { 0, 0, 0 };
    const oa_size_test test = oa_size_compare(a, none, 3);
    assert_true(isnan(test.pearson_r) && isnan(test.p_value) && test.mu == 0);
    assert_int_equal(test.degrees_of_freedom, 0);
    const double up[3] = { 1, 2, 3 }, down[3] = { 6, 4, 2 };
    check_real(oa_pearson(up, down, 3), -1, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statistics__tail_of_chi_squared),
        cmocka_unit_test(test_statistics__histogram_pools_the_large),
        cmocka_unit_test(test_statistics__equal_distributions_do_not_differ),
        cmocka_unit_test(test_statistics__by_hand),
        cmocka_unit_test(test_statistics__nothing_to_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
