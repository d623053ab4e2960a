/* test_elements.c - symbols and isotopes. */
#include "check.h"

#include "data/elements.h"

static void test_elements__symbols_and_numbers_agree(void **state)
{
    (void)state;
    for (unsigned z = 1; z <= 118; z++) {
        const char *symbol = oa_element_symbol(z);
        assert_non_null(symbol);
        assert_int_equal(oa_element_number(symbol, strlen(symbol)), z);
    }
    assert_int_equal(oa_element_number("Ni", 2), 28);
    assert_int_equal(oa_element_number("Og", 2), 118);
    assert_int_equal(oa_element_number("Nix", 1), 7); /* the length counts, not the end */
}

static void test_elements__others_are_none(void **state)
{
    (void)state;
    static const char *const none[] = { "", "ni", "NI", "nI", "Qx", "A", "Nix", "0", "\xc3\xa4" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) assert_int_equal(oa_element_number(none[i], strlen(none[i])), 0);
    assert_int_equal(oa_element_number("N\0", 2), 0);
    assert_null(oa_element_symbol(0));
    assert_null(oa_element_symbol(119));
}

static void test_elements__abundances_add_up(void **state)
{
    (void)state;
    for (unsigned z = 0; z <= 119; z++) {
        size_t n;
        const oa_isotope *isotopes = oa_element_isotopes(z, &n);
        double sum = 0;
        assert_int_equal(isotopes == NULL, n == 0);
        for (size_t i = 0; i < n; i++) {
            assert_int_equal(isotopes[i].z, z);
            if (i) assert_true(isotopes[i].mass_number > isotopes[i - 1].mass_number);
            check_real(isotopes[i].mass, isotopes[i].mass_number, 0.11);
            assert_true(isotopes[i].abundance > 0 && isotopes[i].abundance <= 1);
            sum += isotopes[i].abundance;
        }
        if (n) check_real(sum, 1, 1e-3);
    }
}

/* Standard atomic weights (IUPAC) follow from masses and abundances. */
static void test_elements__give_atomic_weights(void **state)
{
    (void)state;
    static const struct { const char *symbol; double weight; } known[] = {
        { "H", 1.008 }, { "C", 12.011 }, { "O", 15.999 }, { "Al", 26.982 }, { "Si", 28.085 }, { "Cr", 51.996 },
        { "Fe", 55.845 }, { "Co", 58.933 }, { "Ni", 58.693 }, { "Cu", 63.546 }, { "Sn", 118.71 }, { "W", 183.84 }, { "U", 238.029 } };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        size_t n;
        const oa_isotope *isotopes = oa_element_isotopes(oa_element_number(known[k].symbol, strlen(known[k].symbol)), &n);
        double weight = 0;
        for (size_t i = 0; i < n; i++) weight += isotopes[i].mass * isotopes[i].abundance;
        check_real(weight, known[k].weight, 0.002);
    }
}

static void test_elements__short_lived_ones_have_no_isotopes(void **state)
{
    (void)state;
    static const unsigned none[] = { 43, 61, 84, 86, 89, 94, 118 };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        size_t n = 1;
        assert_null(oa_element_isotopes(none[i], &n));
        assert_int_equal(n, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements__symbols_and_numbers_agree),
        cmocka_unit_test(test_elements__others_are_none),
        cmocka_unit_test(test_elements__abundances_add_up),
        cmocka_unit_test(test_elements__give_atomic_weights),
        cmocka_unit_test(test_elements__short_lived_ones_have_no_isotopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
