/* test_csv.c - reading and writing tables in text. */
#include "temporary.h"

#include "base/text.h"

static void check_four(oa_context *context, const char *name, const char *text)
{
    oa_content c;
    check_reads(context, temporary_text(name, text), "", &c);
    assert_int_equal(c.ions->n, 2);
    static const float want[4][2] = { { -10.4141f, 1.5f }, { -19.1904f, 2 }, { 26.1614f, 3e-2f }, { 1.002f, 27 } };
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 2; i++) assert_true(oa_ions__f32(c.ions, (oa_ion_column)k)[i] == want[k][i]);
    content_drop(&c);
}

static void test_csv__reads_common_layouts(void **state)
{
    check_four(*state, "a.csv", "-10.4141,-19.1904,26.1614,1.0020\n1.5,2,0.03,27\n");
    check_four(*state, "a.csv", "-10.4141, -19.1904 ,26.1614,1.0020\r\n\r\n 1.5,+2,3e-2,27  \r\n");
    check_four(*state, "a.csv", "\xef\xbb\xbf-10.4141,-19.1904,26.1614,1.0020\n1.5,2.,.03,27");
    check_four(*state, "A.TXT", "-10.4141\t-19.1904\t26.1614\t1.0020\n1.5\t2\t0.03\t27\n");
    check_four(*state, "a.txt", "  -10.4141   -19.1904 26.1614 \t1.0020\n1.5 2 3.0E-2 27\n");
    check_four(*state, "a.csv", "-10,4141;-19,1904;26,1614;1,0020\n1,5;2;0,03;27\n");
    check_four(*state, "a.txt", "-10,4141\t-19,1904\t26,1614\t1,0020\n1,5\t2\t0,03\t27\n");
    check_four(*state, "a.csv", "-10.4141,-19.1904,26.1614,1.0020\r1.5,2,0.03,27\r");
    check_four(*state, "a.csv", "x,y,z,Da\n-10.4141,-19.1904,26.1614,1.0020\n1.5,2,0.03,27\n");
    check_four(*state, "a.csv", "\"m/q (Da)\",\"Z (nm)\",\"other\",\"Y (nm)\",\"X [nm]\"\n1.002,26.1614,n/a,-19.1904,-10.4141\n27,0.03,,2,1.5\n");
    check_four(*state, "a.txt", "# x y z mass\n-10.4141 -19.1904 26.1614 1.0020\n1.5 2 0.03 27\n");
    check_four(*state, "a.csv", "-10.41410000000000000001,-19.19040,26.1614000000,1.0020\n15e-1,2.0000000,0.03,27\n");
}

static void test_csv__faults_name_line_and_field(void **state)
{
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n1,2,3,4\n1,2,3,4,5\n1,2,3,4\n"), NULL, "E_CSV_COLUMNS", "line 3 has 5 fields; 4");
    assert_int_equal(oa_error_line(*state), 3);
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n1,2,3\n1,2,3,4\n"), NULL, "E_CSV_COLUMNS", "line 2 has 3 fields; 4");
    check_refused(*state, temporary_text("a.csv", "1,2,3\n1,2,3\n"), NULL, "E_CSV_COLUMNS", "3 fields; without a header 4");
    check_refused(*state, temporary_text("a.csv", "1,2\n1,2\n"), NULL, "E_CSV_COLUMNS", "2 fields");
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n\n1,2,abc,4\n"), NULL, "E_CSV_NUMBER", "line 3, field 3: 'abc'");
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n1,,3,4\n"), NULL, "E_CSV_NUMBER", "field 2: ''");
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n0x10,2,3,4\n"), NULL, "E_CSV_NUMBER", "0x10");
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n1,2,3,4e\n"), NULL, "E_CSV_NUMBER", "4e");
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n1,nan,3,4\n"), NULL, "E_NONFINITE", "line 2, field 2: nan");
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n1,2,3,-inf\n"), NULL, "E_NONFINITE", "-inf");
    check_refused(*state, temporary_text("a.csv", "1,2,3,4\n1e39,2,3,4\n"), NULL, "E_NONFINITE", "field 1");
    check_refused(*state, temporary_text("a.csv", "x,y,z,charge\n1,2,3,4\n"), NULL, "E_CSV_HEADER", "mass-to-charge");
    check_refused(*state, temporary_text("a.csv", "a,y,z,m\n1,2,3,4\n"), NULL, "E_CSV_HEADER", "no column for x");
    check_refused(*state, temporary_text("a.csv", "x,y,z,m\n"), NULL, "E_EMPTY_DATA", NULL);
    check_refused(*state, temporary_text("a.csv", "\n \n\t\n"), NULL, "E_EMPTY_DATA", NULL);
    check_refused(*state, temporary_text("a.csv", ""), NULL, "E_EMPTY_FILE", NULL);
    check_refused(*state, temporary_write("a.csv", "\xff\xfe" "1\0,\0002\0", 8), NULL, "E_ENCODING", "UTF-16");
    check_refused(*state, temporary_write("a.csv", "1,2,3,4\n1,2,3\0,4\n", 17), NULL, "E_ENCODING", "NUL");
}

/* A table of many pieces (1 MiB each), with a fault in the last. */
static void test_csv__long_tables(void **state)
{
    oa_content c;
    const size_t n = 120000;
    char *text = malloc(n * 40 + 71000), *at = text;
    for (size_t i = 0; i < n; i++) at += sprintf(at, "%.3f,%.3f,%.3f,%d%s", (double)i * 0.001, -(double)(i % 977) / 7, (double)i / 3, 27, i % 5 ? "\n" : "\n\n");
    const char *path = temporary_write("long.csv", text, (size_t)(at - text));
    check_reads(*state, path, "", &c);
    assert_int_equal(c.ions->n, n);
    for (size_t i = 0; i < n; i++) {
        char field[32];
        sprintf(field, "%.3f", -(double)(i % 977) / 7);
        assert_true(oa_ions_y(c.ions)[i] == (float)strtod(field, NULL));
    }
    content_drop(&c);
    sprintf(at, "1,2,3,x\n5,6\n");
    check_refused(*state, temporary_write("long.csv", text, (size_t)(at - text) + 12), NULL, "E_CSV_NUMBER", "line 144001, field 4");
    memset(at, '7', 70000), at[70000] = 10;
    check_refused(*state, temporary_write("long.csv", text, (size_t)(at - text) + 70001), NULL, "E_LINE_TOO_LONG", "line 144001");
    memcpy(at, "1,2,3\0004\n", 8);
    check_refused(*state, temporary_write("long.csv", text, (size_t)(at - text) + 8), NULL, "E_ENCODING", "line 144001");
    free(text);
    char *line = malloc(70010);
    memcpy(line, "1,2,3,4\n", 8);
    memset(line + 8, '7', 70000);
    check_refused(*state, temporary_write("line.csv", line, 70008), NULL, "E_LINE_TOO_LONG", "70000");
    free(line);
}

static void test_csv__drops_and_warns_as_asked(void **state)
{
    oa_content c;
    const oa_read_options drop = { .byte_order = "big", .drop_nonfinite = true, .preset = "" };
    check_ok(*state, content_read(*state, temporary_text("a.csv", "1,2,3,4\nnan,2,3,4\n1,inf,3,4\n5,6,7,8\n"), &drop, &c));
    assert_int_equal(c.ions->n, 2);
    assert_string_equal(oa_warning_code(*state, 0), "W_DROPPED");
    assert_int_equal(oa_ions__evaporation_id(c.ions, 1), 3);
    assert_true(oa_ions_x(c.ions)[1] == 5);
    content_drop(&c);
    check_refused(*state, temporary_text("a.csv", "nan,2,3,4\nnan,2,3,4\n"), &drop, "E_EMPTY_DATA", NULL);
    check_reads(*state, temporary_text("a.csv", "1,2,3,0\n1,2,3,-1\n1,2,3,4\n"), "W_MASS_NONPOSITIVE", &c);
    assert_non_null(strstr(oa_warning_text(*state, 0), "2 of 3"));
    content_drop(&c);
    const oa_read_options label = { .byte_order = "big", .fourth_is_label = true, .preset = "" };
    check_ok(*state, content_read(*state, temporary_text("a.csv", "1,2,3,0\n"), &label, &c));
    assert_int_equal(oa_warning_count(*state), 0);
    content_drop(&c);
}

/* Found by fuzz_csv: the comma stood behind a NUL, where a search for it ended. */
static void test_csv__a_nul_before_a_comma_is_no_number(void **state)
{
    double value;
    assert_false(oa_text_real("1\0,2", 4, true, &value));
    check_refused(*state, temporary_write("a.csv", "1;2\0,5;3;4\n", 11), NULL, "E_ENCODING", "NUL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_csv__reads_common_layouts, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_csv__faults_name_line_and_field, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_csv__long_tables, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_csv__drops_and_warns_as_asked, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_csv__a_nul_before_a_comma_is_no_number, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
