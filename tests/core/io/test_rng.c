/* test_rng.c - reading .rng. */
#include "temporary.h"

#define NAMES "Al\nAl 0.20 1.00 1.00\nCu\nCu 1.00 0.40 0.00\n"
#define ROWS ". 13.3500 13.7500 1 0\n. 26.8500 27.3500 1 0\n. 31.3000 31.9000 0 1\n"

static const char *rng(const char *text) { return temporary_text("a.rng", text); }

static void test_rng__reads_types_and_colors(void **state)
{
    static const char *const texts[] = {
        "2 3\n" NAMES "----------------- Al Cu\n" ROWS,
        "2 3\n" NAMES "-----------------Al Cu\n" ROWS,
        "2 3\n" NAMES "-----\n" ROWS,
        "2   3  \n\n" NAMES "\n--- Al Cu\n\n" ROWS "\n\n",
        "2 3\r\n" "Aluminium\r\nAl 0.20 1.00 1.00 (Al)\r\nCu\r\nCu 1.00 0.40 0.00\r\n--- Aluminium Cu\r\n1 13,35 13,75 1 0\r\n2 26.85 27.35 1 0\r\n3 31.3 31.9 0 1\r\n",
        "2 3\n" NAMES "--- Al Cu\n13.3500 13.7500 1 0\n26.8500 27.3500 1 0\n31.3000 31.9000 0 1\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        oa_content c;
        check_reads(*state, rng(texts[i]), "", &c);
        const oa_ranges *r = c.ranges;
        assert_int_equal(r->n, 3);
        assert_int_equal(r->n_types, 3);
        static const struct { const char *name; int charge; double lower, upper; } want[] = {
            { "Al", 2, 13.35, 13.75 }, { "Al", 1, 26.85, 27.35 }, { "Cu", 2, 31.3, 31.9 } };
        for (size_t k = 0; k < 3; k++) {
            assert_string_equal(r->types[r->ranges[k].type - 1].name, want[k].name);
            assert_int_equal(r->types[r->ranges[k].type - 1].charge, want[k].charge);
            check_real(r->ranges[k].lower, want[k].lower, 0);
            check_real(r->ranges[k].upper, want[k].upper, 0);
        }
        assert_int_equal(r->types[0].color, 0x33ffff);
        assert_int_equal(r->types[2].color, 0xff6600);
        content_drop(&c);
    }
}

static void test_rng__molecules_and_formula_columns(void **state)
{
    oa_content c;
    check_reads(*state, rng("3 3\nSi\nSi 0.5 0.5 0.5\nO\nO 0 0 1\nSiO2\nSiO2 1 0 0\n--- Si O SiO2\n. 43.8 44.4 1 1 0\n. 59.8 60.2 1 2 0\n. 119.7 120.3 0 0 2\n"), "", &c);
    assert_string_equal(c.ranges->types[0].name, "Si O");
    assert_string_equal(c.ranges->types[1].name, "Si O2");
    assert_string_equal(c.ranges->types[2].name, "Si2 O4");
    assert_int_equal(c.ranges->types[0].charge, 1);
    content_drop(&c);
}

static void test_rng__polyatomic_extension_gives_colors(void **state)
{
    oa_content c;
    check_reads(*state, rng("2 2\nAl\nAl 0 0.5 1\nH\nH 0 0 0\n--- Al H\n. 26.8500 27.3500 1 0\n. 27.9000 28.1000 1 1\n\n--- Polyatomic Extension\n"
                            "1 1\nAlH\nAlH 1.00 0.00 0.00\n----------------- AlH\n. 27.9000 28.1000 1\n"), "", &c);
    assert_int_equal(c.ranges->n, 2);
    assert_string_equal(c.ranges->types[1].name, "Al H");
    assert_int_equal(c.ranges->types[1].color, 0xff0000);
    assert_int_equal(c.ranges->types[0].color, 0x0080ff);
    content_drop(&c);
}

static void test_rng__quirks_with_a_warning(void **state)
{
    static const struct { const char *text, *code, *mention; size_t n; } quirks[] = {
        { "1 1\r\nAll\r\nAll 1.00 0.00 0.00\r\n-------------  a\r\n. 0 400  1\r\n\r\n", "W_USER_LABEL", "All", 1 },
        { "1 1\r\nAll\r\nAll 1.00 0.00 0.00\r\n-------------  a\r\n. 0 400  1\r\n\r\n", "W_RNG_NAMES", "a", 1 },
        { "2 4\n" NAMES "--- Al Cu\n" ROWS ". 40.0 41.0 0 0\n", "W_EMPTY_ROW", "40.0", 3 },
        { "2 3\nAl\nAl red 0 0\nCu\nCu 1 0 0\n--- Al Cu\n" ROWS, "W_COLOR", "Al", 3 },
        { "2 3\nAl\nAl 0 0 3\nCu\nCu 1 0 0\n--- Al Cu\n" ROWS, "W_COLOR", "Al", 3 },
        { "2 3\nAl\nAl\nCu\nCu 1 0 0\n--- Al Cu\n" ROWS, "W_COLOR", "Al", 3 },
        { "2 3\n" NAMES "--- Cu Al\n" ROWS, "W_RNG_NAMES", "Cu, Al", 3 },
        { "2 4\n" NAMES "--- Al Cu\n" ROWS ". 26.85 27.35 1 0\n", "W_RANGE_DUPLICATE", "row 4", 3 },
        { "2 4\n" NAMES "--- Al Cu\n" ROWS ". 27.0 27.5 1 0\n", "W_RANGE_MERGED", "row 4", 3 },
    };
    for (size_t i = 0; i < sizeof quirks / sizeof *quirks; i++) {
        oa_content c;
        bool mentioned = false;
        check_reads(*state, rng(quirks[i].text), quirks[i].code, &c);
        for (size_t k = 0; k < oa_warning_count(*state); k++) mentioned = mentioned || strstr(oa_warning_text(*state, k), quirks[i].mention);
        if (!mentioned) fail_msg("%s", oa_warning_text(*state, 0));
        assert_int_equal(c.ranges->n, quirks[i].n);
        content_drop(&c);
    }
}

static void test_rng__refuses(void **state)
{
    static const struct { const char *text, *code, *mention; } bad[] = {
        { "", "E_EMPTY_FILE", NULL },
        { "\n\n", "E_RNG_HEADER", NULL },
        { "two 3\n" NAMES "---\n" ROWS, "E_RNG_HEADER", "two" },
        { "2 3 4\n" NAMES "---\n" ROWS, "E_RNG_HEADER", "2 3 4" },
        { "-2 3\n" NAMES "---\n" ROWS, "E_RNG_HEADER", "-2" },
        { "2 0\n" NAMES "---\n" ROWS, "E_EMPTY_DATA", "0 ranges" },
        { "0 3\n---\n" ROWS, "E_EMPTY_DATA", "0 ions" },
        { "2 3\n" NAMES "Al Cu\n" ROWS, "E_RNG_SEPARATOR", "Al Cu" },
        { "2 3\n" NAMES, "E_RNG_SEPARATOR", "end of the file" },
        { "3 3\n" NAMES, "E_RNG_SEPARATOR", "3 ions but 2" },
        { "3 3\n" NAMES "--- Al Cu\n" ROWS, "E_COUNT_MISMATCH", "3 ions but 2" },
        { "1 3\n" NAMES "--- Al Cu\n" ROWS, "E_RNG_SEPARATOR", "Cu" },
        { "2 5\n" NAMES "--- Al Cu\n" ROWS, "E_COUNT_MISMATCH", "5 ranges but 3" },
        { "2 2\n" NAMES "--- Al Cu\n" ROWS, "E_COUNT_MISMATCH", "2 ranges but 3 or more" },
        { "2 3\n" NAMES "--- Al Cu\n. 1 2 1 0\n. 26.8500 27.3500 1\n", "E_RNG_COLUMNS", "26.8500" },
        { "2 3\n" NAMES "--- Al Cu\n. 1 2 1 0 0\n", "E_RNG_COLUMNS", "6 columns" },
        { "2 1\n" NAMES "--- Al Cu\n. 1x 2 1 0\n", "E_BAD_NUMBER", "1x" },
        { "2 1\n" NAMES "--- Al Cu\n. 1 2 one 0\n", "E_BAD_NUMBER", "one" },
        { "2 1\n" NAMES "--- Al Cu\n. 1 2 -1 0\n", "E_MULTIPLICITY", "-1" },
        { "2 1\n" NAMES "--- Al Cu\n. 1 2 0.5 0\n", "E_MULTIPLICITY", "0.5" },
        { "2 1\n" NAMES "--- Al Cu\n. 1 2 20 13\n", "E_MULTIPLICITY", "33" },
        { "2 1\n" NAMES "--- Al Cu\n. 31.9 31.3 0 1\n", "E_RANGE_REVERSED", "31.9" },
        { "2 1\n" NAMES "--- Al Cu\n. -0.5 0.5 0 1\n", "E_RANGE_NEGATIVE", "-0.5" },
        { "2 1\n" NAMES "--- Al Cu\n. 1 1 0 1\n", "E_RANGE_EMPTY", "row 1" },
        { "2 1\n" NAMES "--- Al Cu\n. 1 nan 0 1\n", "E_RANGE_NONFINITE", "row 1" },
        { "2 1\n" NAMES "--- Al Cu\n. 1 2 0 0\n", "E_EMPTY_DATA", NULL },
        { "2 2\n" NAMES "--- Al Cu\n. 26.8 27.4 1 0\n. 27 28 0 1\n", "E_RANGE_OVERLAP", "row 1 and row 2" },
        { "2 3\n" NAMES "--- Al Cu\n" ROWS "--- something\n", "E_BAD_FIELD", "something" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) check_refused(*state, rng(bad[i].text), NULL, bad[i].code, bad[i].mention);
}

/* A header may promise anything: memory follows the lines that are there. */
static void test_rng__a_large_header_costs_nothing(void **state)
{
    check_refused(*state, rng("2000000000 9000000000000000000\n" NAMES "--- Al Cu\n" ROWS), NULL, "E_COUNT_MISMATCH", "2000000000 ions but 2");
    assert_true(((oa_context *)*state)->peak_bytes < 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rng__reads_types_and_colors, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rng__molecules_and_formula_columns, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rng__polyatomic_extension_gives_colors, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rng__quirks_with_a_warning, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rng__refuses, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rng__a_large_header_costs_nothing, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
