/* test_rrng.c - reading .rrng with the habits of its writers. */
#include "temporary.h"

#define IONS "[Ions]\nNumber=3\nIon1=Al\nIon2=Cu\nIon3=O\n"
#define AL "Range1=26.8500 27.3500 Vol:0.01661 Al:1 Color:33FFFF\n"

/* A file of Al at 26.85 to 27.35 and one more line. */
static const char *with_line(const char *line)
{
    char text[1024];
    snprintf(text, sizeof text, IONS "[Ranges]\nNumber=2\n" AL "%s\n", line);
    return temporary_text("a.rrng", text);
}

static void check_type(const oa_ranges *r, size_t i, const char *name, int charge, double lower, double upper)
{
    assert_true(i < r->n);
    assert_string_equal(r->types[r->ranges[i].type - 1].name, name);
    assert_int_equal(r->types[r->ranges[i].type - 1].charge, charge);
    check_real(r->ranges[i].lower, lower, 0);
    check_real(r->ranges[i].upper, upper, 0);
}

static void test_rrng__types_charges_and_order(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.RRNG", IONS "[Ranges]\nNumber=5\n" AL
        "Range2=13.3500 13.7500 Vol:0.01661 Al:1 Color:33FFFF\n"
        "Range3=78.8000 81.2000 Vol:0.04064 O:1 Cu:1 Name:CuO Color:00ff00\n"
        "Range4=31.3000 31.9000 Color:FF6600 Cu:1.000 Vol:0.01181\n"
        "Range5=8.9 9.1 Vol:0.01661 Al:1 Color:33FFFF\n"), "", &c);
    const oa_ranges *r = c.ranges;
    assert_int_equal(r->n, 5);
    assert_int_equal(r->n_types, 5); /* Al+, Al++, CuO+, Cu++, Al+++ in the order of the file */
    check_type(r, 0, "Al", 3, 8.9, 9.1);
    check_type(r, 1, "Al", 2, 13.35, 13.75);
    check_type(r, 2, "Al", 1, 26.85, 27.35);
    check_type(r, 3, "Cu", 2, 31.3, 31.9);
    check_type(r, 4, "Cu O", 1, 78.8, 81.2);
    assert_int_equal(r->ranges[2].type, 1);
    assert_int_equal(r->ranges[1].type, 2);
    assert_int_equal(r->ranges[0].type, 5);
    const oa_ion_type *cuo = &r->types[2];
    assert_int_equal(cuo->n_atoms, 2);
    assert_int_equal(cuo->nuclides[0], OA_ELEMENT_HASH(29));
    assert_int_equal(cuo->nuclides[1], OA_ELEMENT_HASH(8));
    assert_int_equal(cuo->color, 0x00ff00);
    check_real(cuo->volume, 0.04064, 0);
    content_drop(&c);
}

static void test_rrng__same_ion_and_charge_share_a_type(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.rrng", "[Ions]\nNumber=1\nIon1=Ni\n[Ranges]\nNumber=3\n"
        "Range1=28.90 29.20 Vol:0.01094 Ni:1 Color:00FF00\nRange2=29.90 30.20 Vol:0.01094 Ni:1 Color:00FF00\n"
        "Range3=57.8 58.1 Vol:0.01094 Ni:1 Color:00FF00\n"), "", &c);
    assert_int_equal(c.ranges->n_types, 2);
    check_type(c.ranges, 0, "Ni", 2, 28.9, 29.2);
    check_type(c.ranges, 2, "Ni", 1, 57.8, 58.1);
    assert_int_equal(c.ranges->ranges[0].type, c.ranges->ranges[1].type);
    content_drop(&c);
}

static void test_rrng__tolerated_spellings(void **state)
{
    static const char *const texts[] = {
        "\xef\xbb\xbf[Ions]\r\nNumber=1\r\nIon1=Al\r\n\r\n[Ranges]\r\nNumber=1\r\nRange1=26.8500 27.3500 Vol:0.01661 Al:1 Color:33FFFF\r\n",
        "# made by hand\n[IONS]\n number = 1 # one\nion1 = Al\n[ranges]\nNUMBER=1\nrange1=   26.8500\t27.3500 vol:0.01661 Al:1 COLOR:33ffff  \n",
        "[Ions]\nNumber=1\nIon1=Al\n[Ranges]\nNumber=1\nRange1=26,8500 27,3500 Vol:0,01661 Al:1 Color:33FFFF",
        "[Ions]\rNumber=1\rIon1=Al\r[Ranges]\rNumber=1\rRange1=26.85 27.35 Vol:0.01661 Al:1 Color:33FFFF # the last\r",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        oa_content c;
        check_reads(*state, temporary_text("a.rrng", texts[i]), "", &c);
        assert_int_equal(c.ranges->n, 1);
        check_type(c.ranges, 0, "Al", 1, 26.85, 27.35);
        assert_int_equal(c.ranges->types[0].color, 0x33ffff);
        check_real(c.ranges->types[0].volume, 0.01661, 0);
        content_drop(&c);
    }
}

static void test_rrng__quirks_with_a_warning(void **state)
{
    static const struct { const char *line, *code, *mention, *name; int charge; } quirks[] = {
        { "Range2=21.4440 21.5410 Vol:0.00000 Name:un1 Color:FF0000", "W_USER_LABEL", "un1", "un1", 0 },
        { "Range2=52.3 52.6 Vol:0 Name:52pt5 Color:FF0000", "W_USER_LABEL", "52pt5", "52pt5", 0 },
        { "Range2=55.8 56.1 Vol:0.01 Fe:1 Color:FF0000", "W_ION_NOT_LISTED", "Fe", "Fe", 1 },
        { "Range2=31.3 31.9 Vol:0.01 Cu:1 Color:F6600", "W_COLOR", "F6600", "Cu", 2 },
        { "Range2=31.3 31.9 Vol:0.01 Cu:1 Color:#FF6600", "W_COLOR", "#FF6600", "Cu", 2 },
        { "Range2=31.3 31.9 Vol:0.01 Cu:1", "W_COLOR", "Range2", "Cu", 2 },
        { "Range3=31.3 31.9 Vol:0.01 Cu:1 Color:FF6600", "W_INDEX_GAP", "1 to 3", "Cu", 2 },
        { "Range2=17 17.1 Vol:0.01 16O 1H2:1 Color:FF6600", "W_COUNT_IS_CHARGE", "Range2", "O H2", 1 },
        { "Range2=31.3 31.9 Vol:0.01 Cu:1 Color:FF6600\n[Other]\nwhatever", "W_UNKNOWN_SECTION", "[Other]", "Cu", 2 },
    };
    for (size_t i = 0; i < sizeof quirks / sizeof *quirks; i++) {
        oa_content c;
        check_reads(*state, with_line(quirks[i].line), quirks[i].code, &c);
        assert_int_equal(oa_warning_count(*state), 1);
        if (!strstr(oa_warning_text(*state, 0), quirks[i].mention)) fail_msg("%s", oa_warning_text(*state, 0));
        assert_int_equal(c.ranges->n, 2);
        assert_string_equal(c.ranges->types[1].name, quirks[i].name);
        assert_int_equal(c.ranges->types[1].charge, quirks[i].charge);
        content_drop(&c);
    }
}

static void test_rrng__labels_listed_in_ions(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.rrng", "[Ions]\nNumber=3\nIon1=A\nIon2=O\nIon3=un1\n[Ranges]\nNumber=4\n"
        "Range1=1 2 Vol:0 A:1 Color:000000\nRange2=3 4 Vol:0 A:2 O:1 Color:000000\nRange3=5 6 Vol:0 un1:1 Color:000000\n"
        "Range4=7 8 Vol:0 A:1 Color:000000\n"), "W_USER_LABEL", &c);
    assert_int_equal(c.ranges->n_types, 3);
    assert_string_equal(c.ranges->types[0].name, "A");
    assert_string_equal(c.ranges->types[1].name, "A2O");
    assert_string_equal(c.ranges->types[2].name, "un1");
    assert_int_equal(c.ranges->types[1].n_atoms, 0);
    assert_int_equal(c.ranges->types[1].nuclides[0], 0);
    content_drop(&c);
}

static void test_rrng__charge_and_formula_in_the_name(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.rrng", "[Ions]\nNumber=2\nIon1=Zn\nIon2=Sb\n[Ranges]\nNumber=1\n"
        "Range1=184 190 Vol:0.01 Name:1Zn1Sb1 Color:0000FF\n"), "", &c);
    check_type(c.ranges, 0, "Sb Zn", 1, 184, 190);
    content_drop(&c);
}

static void test_rrng__copies_and_joins(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.rrng", IONS "[Ranges]\nNumber=4\n" AL "Range2=31.3 31.9 Vol:0.01 Cu:1 Color:FF6600\n"
        "Range3=26.8500 27.3500 Vol:0.01661 Al:1 Color:33FFFF\nRange4=31.3 31.9 Vol:0.01 Cu:1 Color:FF6600\n"), "W_RANGE_DUPLICATE", &c);
    assert_int_equal(c.ranges->n, 2);
    assert_non_null(strstr(oa_warning_text(*state, 0), "2 (Range3, Range4)"));
    content_drop(&c);
    check_reads(*state, temporary_text("a.rrng", IONS "[Ranges]\nNumber=3\n" AL "Range2=27.2 27.6 Vol:0.01661 Al:1 Color:33FFFF\n"
        "Range3=27.0 27.1 Vol:0.01661 Al:1 Color:33FFFF\n"), "W_RANGE_MERGED", &c);
    assert_int_equal(c.ranges->n, 1);
    check_type(c.ranges, 0, "Al", 1, 26.85, 27.6);
    content_drop(&c);
    check_reads(*state, with_line("Range2=27.3500 27.9 Vol:0.01 Cu:1 Color:FF6600"), "", &c); /* they meet in a point */
    assert_int_equal(c.ranges->n, 2);
    content_drop(&c);
    check_reads(*state, with_line("Range2=27.3500 27.9 Vol:0.01 Al:1 Color:FF6600"), "", &c);
    assert_int_equal(c.ranges->n, 2);
    content_drop(&c);
}

static void test_rrng__overlap_is_refused_or_cut(void **state)
{
    oa_content c;
    const oa_read_options cut = { .byte_order = "big", .allow_overlap = true, .preset = "" };
    check_refused(*state, with_line("Range2=27.2 27.9 Vol:0.01 Cu:1 Color:FF6600"), NULL, "E_RANGE_OVERLAP", "Range1 and Range2 are different ions and share 27.2 to 27.35 Da");
    check_ok(*state, content_read(*state, with_line("Range2=27.2 27.9 Vol:0.01 Cu:1 Color:FF6600"), &cut, &c));
    assert_string_equal(oa_warning_code(*state, 0), "W_RANGE_OVERLAP");
    check_type(c.ranges, 0, "Al", 1, 26.85, 27.35);
    check_type(c.ranges, 1, "Cu", 0, 27.35, 27.9);
    content_drop(&c);
    /* The later range surrounds the earlier: two pieces remain, and the end points stay with the earlier. */
    check_ok(*state, content_read(*state, with_line("Range2=26 28 Vol:0.01 Cu:1 Color:FF6600"), &cut, &c));
    assert_int_equal(c.ranges->n, 3);
    assert_int_equal(oa_ranges__lookup(c.ranges, 26.5f), 2);
    assert_int_equal(oa_ranges__lookup(c.ranges, 27.0f), 1);
    assert_int_equal(oa_ranges__lookup(c.ranges, 27.5f), 2);
    assert_true(c.ranges->ranges[0].upper < 26.85 && c.ranges->ranges[1].lower == 26.85);
    content_drop(&c);
    /* A later range inside an earlier one vanishes. */
    check_ok(*state, content_read(*state, with_line("Range2=27 27.1 Vol:0.01 Cu:1 Color:FF6600"), &cut, &c));
    assert_int_equal(c.ranges->n, 1);
    content_drop(&c);
}

static void test_rrng__refuses_lines(void **state)
{
    static const struct { const char *line, *code, *mention; } bad[] = {
        { "Range2=31.9 31.3 Vol:0.01 Cu:1 Color:FF6600", "E_RANGE_REVERSED", "Range2: 31.9 to 31.3" },
        { "Range2=31.3 31.3 Vol:0.01 Cu:1 Color:FF6600", "E_RANGE_EMPTY", "Range2" },
        { "Range2=31.3 31.3004 Vol:0.01 Cu:1 Color:FF6600", "E_RANGE_EMPTY", "Range2" },
        { "Range2=-0.5 0.5 Vol:0.01 Cu:1 Color:FF6600", "E_RANGE_NEGATIVE", "Range2" },
        { "Range2=nan 31.9 Vol:0.01 Cu:1 Color:FF6600", "E_RANGE_NONFINITE", "Range2" },
        { "Range2=31.3 inf Vol:0.01 Cu:1 Color:FF6600", "E_RANGE_NONFINITE", "Range2" },
        { "Range2=31.3O00 31.9 Vol:0.01 Cu:1 Color:FF6600", "E_BAD_NUMBER", "31.3O00" },
        { "Range2=0x1f 31.9 Vol:0.01 Cu:1 Color:FF6600", "E_BAD_NUMBER", "0x1f" },
        { "Range2=31.3", "E_BAD_NUMBER", "upper bound ''" },
        { "Range2=31.3 31.9 Vol:much Cu:1 Color:FF6600", "E_BAD_NUMBER", "Vol:much" },
        { "Range2=31.3 31.9 Vol:-1 Cu:1 Color:FF6600", "E_BAD_NUMBER", "Vol:-1" },
        { "Range2=31.3 31.9 Vol:0.01 Cu:x Color:FF6600", "E_BAD_NUMBER", "Cu:x" },
        { "Range2=31.3 31.9 Vol:0.01 Cu1 Color:FF6600", "E_BAD_FIELD", "Cu1" },
        { "Range2=31.3 31.9 Vol:0.01 16O Color:FF6600", "E_BAD_FIELD", "16O" },
        { "Range2=31.3 31.9 Vol:0.01 :1 Color:FF6600", "E_BAD_FIELD", ":1" },
        { "Range2=31.3 31.9 Vol:0.01 Cu:0 Color:FF6600", "E_MULTIPLICITY", "Cu:0" },
        { "Range2=31.3 31.9 Vol:0.01 Cu:1.5 Color:FF6600", "E_MULTIPLICITY", "Cu:1.5" },
        { "Range2=31.3 31.9 Vol:0.01 Cu:256 Color:FF6600", "E_MULTIPLICITY", "Cu:256" },
        { "Range2=400 401 Vol:0.01 Cu:20 O:13 Color:FF6600", "E_MULTIPLICITY", "33 atoms" },
        { "Range2=17 17.1 Vol:0.01 16O:9 Color:FF6600", "E_MULTIPLICITY", "16O:9" },
        { "Range2=40.1 40.4 Vol:0.01 Qx:1 Color:FF6600", "E_UNKNOWN_ELEMENT", "Qx" },
        { "Range2=40.1 40.4 Vol:0.01 CU:1 Color:FF6600", "E_UNKNOWN_ELEMENT", "did you mean Cu" },
        { "Range2=31.3 31.9 Vol:0.01 Color:FF6600", "E_NO_IDENTITY", "Range2" },
        { "Range2=31.3 31.9 Vol:0.01 Name: Color:FF6600", "E_NO_IDENTITY", "Range2" },
        { "Range1=31.3 31.9 Vol:0.01 Cu:1 Color:FF6600", "E_DUPLICATE_KEY", "Range1" },
        { "Ion2=Cu", "E_BAD_FIELD", "Ion2" },
        { "Range=31.3 31.9 Vol:0.01 Cu:1", "E_BAD_FIELD", "Range=" },
        { "rubbish", "E_BAD_FIELD", "rubbish" },
        { "", "E_COUNT_MISMATCH", "Number=2 but has 1" },
        { "[Ions]", "E_DUPLICATE_SECTION", "[Ions]" },
        { "[Ranges]", "E_DUPLICATE_SECTION", "[Ranges]" },
        { "Number=2", "E_DUPLICATE_KEY", "Number" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) check_refused(*state, with_line(bad[i].line), NULL, bad[i].code, bad[i].mention);
}

static void test_rrng__refuses_files(void **state)
{
    static const struct { const char *text, *code, *mention; } bad[] = {
        { "", "E_EMPTY_FILE", NULL },
        { "# nothing\n", "E_NO_IONS_SECTION", "[Ions]" },
        { "hello\n", "E_NO_IONS_SECTION", "hello" },
        { "[Ranges]\nNumber=0\n", "E_NO_IONS_SECTION", "before" },
        { IONS, "E_NO_RANGES_SECTION", "[Ranges]" },
        { IONS "[Ranges]\nNumber=0\n", "E_EMPTY_DATA", "no range" },
        { IONS "[Ranges]\nNumber=two\n", "E_BAD_NUMBER", "two" },
        { "[Ions]\nNumber=1\nIon1=\n[Ranges]\n", "E_BAD_FIELD", "name" },
        { "[Ions]\nNumber=2\nIon1=Al\n[Ranges]\nNumber=1\n" AL, "E_COUNT_MISMATCH", "[Ions] says Number=2 but has 1" },
        { "[Ions]\nNumber=2\nIon1=Al\nIon1=O\n[Ranges]\nNumber=1\n" AL, "E_DUPLICATE_KEY", "Ion1" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_refused(*state, temporary_text("a.rrng", bad[i].text), NULL, bad[i].code, bad[i].mention);
    check_refused(*state, temporary_write("a.rrng", "\xff\xfe[\0I\0", 6), NULL, "E_ENCODING", "UTF-16");
    check_refused(*state, temporary_write("a.rrng", "[\0I\0o\0n\0", 8), NULL, "E_ENCODING", "NUL");
    char *line = calloc(1, 70002);
    memset(line, ' ', 70000);
    line[0] = '[', line[69999] = ']';
    check_refused(*state, temporary_text("a.rrng", line), NULL, "E_LINE_TOO_LONG", "70000");
    free(line);
}

static void test_rrng__without_number(void **state)
{
    oa_content c;
    check_reads(*state, temporary_text("a.rrng", "[Ions]\nIon1=Al\n[Ranges]\n" AL), "W_NO_NUMBER", &c);
    assert_int_equal(c.ranges->n, 1);
    content_drop(&c);
}

static void test_rrng__negative_bounds_as_asked(void **state)
{
    oa_content c;
    const oa_read_options negative = { .byte_order = "big", .allow_negative = true, .preset = "" };
    check_ok(*state, content_read(*state, with_line("Range2=-0.5 0.5 Vol:0.01 Cu:1 Color:FF6600"), &negative, &c));
    check_type(c.ranges, 0, "Cu", 0, -0.5, 0.5);
    content_drop(&c);
}

static void test_rrng__survives_lack_of_memory(void **state)
{
    (void)state;
    const char *path = with_line("Range2=21.4440 21.5410 Vol:0.00000 Name:un1 Color:FF0000");
    for (uint64_t k = 1;; k++) {
        oa_context *context;
        oa_content c;
        check_ok(context, oa_context_new(&context, &(oa_context_options){ .fail_allocation = k, .threads = 1 }));
        const oa_status status = content_read(context, path, NULL, &c);
        if (status != OA_OK) assert_string_equal(oa_error_code(context), "E_MEMORY");
        content_drop(&c);
        oa_context_free(context);
        if (status == OA_OK) break;
        assert_true(k < 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rrng__types_charges_and_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__same_ion_and_charge_share_a_type, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__tolerated_spellings, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__quirks_with_a_warning, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__labels_listed_in_ions, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__charge_and_formula_in_the_name, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__copies_and_joins, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__overlap_is_refused_or_cut, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__refuses_lines, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__refuses_files, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__without_number, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rrng__negative_bounds_as_asked, check_setup, check_teardown),
        cmocka_unit_test(test_rrng__survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
