/* test_env.c - the ranges of .env. */
#include "temporary.h"

#define HEAD "#\n# Rev 2.0\nRev_2.0\n# Number of elements / Number of mass ranges\n2\t3\n# List\nO 0 1 0\nMn 0 .5 1\n"
#define DEFINITION "# Definition of  Mass ranges / Atomic volumes / Increment for concentration\n"
#define RANGES "O\t15.880\t16.840\t20.000\t1.000\nMn2O\t62.850\t63.130\t11.660\t1.000\nMn 27,330 27,950\n"
#define TAIL "# Atom probe definition\n# Flight length (m)\n0.100500\n"

static void test_env__reads_ranges(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.env", HEAD DEFINITION RANGES TAIL), "", &c);
    assert_int_equal(c.ranges->n, 3);
    assert_string_equal(c.ranges->types[0].name, "O");
    assert_string_equal(c.ranges->types[1].name, "Mn2 O");
    assert_int_equal(c.ranges->types[0].charge, 1);
    assert_int_equal(c.ranges->types[1].charge, 2);
    assert_int_equal(c.ranges->types[2].charge, 2);
    check_real(c.ranges->types[1].volume, 0.01166, 1e-12);
    check_real(c.ranges->types[2].volume, 0, 0);
    check_real(c.ranges->ranges[1].lower, 27.33, 0);
    content_drop(&c);
}

static void test_env__labels_and_joins_warn(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.env", DEFINITION "X23 22.24 22.72 11.66 1\nHyd 0.93 3.18 11.66 1\n"), "W_USER_LABEL", &c);
    assert_string_equal(c.ranges->types[0].name, "X23");
    assert_int_equal(c.ranges->types[0].n_atoms, 0);
    content_drop(&c);
    check_reads(*state, temporary_text("a.env", DEFINITION "Er 55.543 55.880 1 1\nEr 55.877 56.270 1 1\n"), "W_RANGE_MERGED", &c);
    assert_int_equal(c.ranges->n, 1);
    content_drop(&c);
}

static void test_env__refuses(void **state)
{
    static const struct { const char *text, *code, *mention; } bad[] = {
        { "1 1\nFe 27 28\n", "E_MISSING_SECTION", "Definition of" },
        { HEAD DEFINITION TAIL, "E_COUNT_MISMATCH", "3 ranges but 0" },
        { DEFINITION TAIL, "E_EMPTY_DATA", NULL },
        { DEFINITION "Mn 27.95 27.33 11.66 1\n", "E_RANGE_REVERSED", "27.95" },
        { DEFINITION "Mn 27.33\n", "E_BAD_NUMBER", "upper bound ''" },
        { DEFINITION "Mn 27.33 27.95 much\n", "E_BAD_NUMBER", "much" },
        { DEFINITION "Mn 27.33 27.95\nO 27.5 28\n", "E_RANGE_OVERLAP", "line 2 and line 3" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(*state, temporary_text("a.env", bad[i].text), NULL, bad[i].code, bad[i].mention);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_env__reads_ranges, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_env__labels_and_joins_warn, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_env__refuses, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
