/* test_write.c - what export writes, read back. */
#include <regex.h>

#include "temporary.h"

#include "io/write_lines.h"

/* Five ions of three types: Ni, Cr O2 and a user label; the first unranged. */
static oa_ions *make_ions(oa_context *context)
{
    static const float x[] = { -1.5f, 0.1f, 1e-7f, 123456.78f, -0.0f }, m[] = { 1, 28.967f, 84, 21.5f, 29 };
    static const unsigned char types[] = { 0, 1, 2, 3, 1 };
    oa_ions *ions;
    oa_ranges *ranges;
    unsigned number;
    check_ok(context, oa_ions_new(context, &ions, 5, x, x, x, m));
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    memcpy(oa_ions__data(ions, OA_TYPE), types, sizeof types);
    check_ok(context, oa_ranges__create(context, &ranges));
    oa_ion_type ni = { .nuclides = { OA_ELEMENT_HASH(28) }, .n_atoms = 1, .charge = 2, .color = 0x00ff00, .volume = 0.01094 };
    oa_ion_type cro2 = { .nuclides = { OA_ELEMENT_HASH(24), OA_ELEMENT_HASH(8), OA_ELEMENT_HASH(8) }, .n_atoms = 3, .charge = 1, .color = 0xab12cd };
    oa_ion_type label = { .name = "un-1,a" };
    oa_ion_type__name(&ni);
    oa_ion_type__name(&cro2);
    check_ok(context, oa_ranges__add_type(ranges, &ni, &number));
    check_ok(context, oa_ranges__add_type(ranges, &cro2, &number));
    check_ok(context, oa_ranges__add_type(ranges, &label, &number));
    check_ok(context, oa_ranges__add(ranges, 28.9, 29.2, 1));
    check_ok(context, oa_ranges__add(ranges, 83.75, 84.12401, 2));
    check_ok(context, oa_ranges__add(ranges, 21.444, 21.541, 3));
    oa_ranges__sort(ranges);
    oa_ions__set_ranges(ions, ranges);
    return ions;
}

static void write_all(oa_context *context, const char *path, const oa_ions *ions, const oa_write_options *options, oa_sink *sink)
{
    check_ok(context, oa_sink_open(context, path, true, sink));
    check_ok(context, sink->write(context, sink, ions, options));
    for (size_t i = 0; i < sink->n_files; i++) {
        char hex[65];
        uint64_t bytes;
        check_ok(context, oa_file_digest(context, temporary_path(sink->files[i].name), hex, &bytes));
        assert_string_equal(hex, sink->files[i].sha256);
        assert_int_equal(bytes, sink->files[i].bytes);
    }
}

/* What the authors of ML-APT read range lines with; others vanish there silently. */
static void check_strict_reader(const char *text, int ranges)
{
    regex_t line;
    assert_int_equal(regcomp(&line, "^Range[0-9]+=[0-9]+\\.[0-9]+ +[0-9]+\\.[0-9]+ +Vol:[0-9]+\\.[0-9]+ +[A-Za-z:0-9 ]+ +Color:[A-F0-9]{6}$",
                             REG_EXTENDED | REG_NEWLINE), 0);
    int n = 0;
    regmatch_t match;
    for (; regexec(&line, text, 1, &match, 0) == 0; text += match.rm_eo) n++;
    regfree(&line);
    assert_int_equal(n, ranges);
}

static void test_write__pos_and_its_ranges(void **state)
{
    oa_context *context = *state;
    oa_sink sink;
    oa_content c;
    size_t n;
    oa_ions *ions = make_ions(context);
    write_all(context, temporary_path("a.pos"), ions, &(oa_write_options){ .format = "pos" }, &sink);
    assert_int_equal(sink.n_files, 2);
    assert_string_equal(sink.files[1].name, "a.rrng");
    char *bytes = temporary_read(temporary_path("a.pos"), &n);
    assert_int_equal(n, 80);
    assert_memory_equal(bytes, "\xbf\xc0\0\0\xbf\xc0\0\0\xbf\xc0\0\0\x3f\x80\0\0", 16);
    free(bytes);
    char *text = temporary_read(temporary_path("a.rrng"), &n);
    check_strict_reader(text, 3);
    assert_non_null(strstr(text, "[Ions]\nNumber=4\nIon1=O\nIon2=Cr\nIon3=Ni\nIon4=un1a\n[Ranges]\nNumber=3\n"
                                 "Range1=21.4440 21.5410 Vol:0.00000 Name:un1a Color:000000\n"
                                 "Range2=28.9000 29.2000 Vol:0.01094 Ni:1 Color:00FF00\n"));
    assert_non_null(strstr(text, "Range3=83.7500 84.1240 Vol:0.00000 O:2 Cr:1 Color:AB12CD\n"));
    free(text);
    check_reads(context, temporary_path("a.rrng"), "W_USER_LABEL", &c);
    assert_int_equal(c.ranges->n, 3);
    for (size_t i = 0; i < 3; i++) {
        check_real(c.ranges->ranges[i].lower, ions->ranges->ranges[i].lower, 5e-5);
        check_real(c.ranges->ranges[i].upper, ions->ranges->ranges[i].upper, 5e-5);
    }
    content_drop(&c);
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__pos_reads_back_bit_by_bit(void **state)
{
    oa_context *context = *state;
    enum { N = 20000 };
    static float x[4][N];
    uint64_t random = 1;
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < N; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            x[k][i] = (float)((double)(random >> 11) * 0x1p-53 * 100 + (k == 3));
        }
    oa_ions *ions;
    oa_sink sink;
    oa_content c;
    check_ok(context, oa_ions_new(context, &ions, N, x[0], x[1], x[2], x[3]));
    static const char *const names[] = { "b.pos", "b.csv" };
    for (int f = 0; f < 2; f++) {
        write_all(context, temporary_path(names[f]), ions, &(oa_write_options){ 0 }, &sink);
        assert_int_equal(sink.n_files, 1); /* without ranges no .rrng */
        check_reads(context, temporary_path(names[f]), "", &c);
        for (int k = 0; k < 4; k++) assert_memory_equal(oa_ions__f32(c.ions, (oa_ion_column)k), x[k], sizeof x[k]);
        content_drop(&c);
    }
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__labels_replace_masses(void **state)
{
    oa_context *context = *state;
    static const uint32_t label[] = { 0, 7, 7, 0, 1200 };
    static const uint64_t index[] = { 0, 1, 2, 4 };
    oa_sink sink;
    oa_content c;
    size_t n;
    oa_ions *ions = make_ions(context);
    const oa_write_options options = { .label = label, .label_name = "do_main", .index = index, .n_index = 4 };
    write_all(context, temporary_path("l.pos"), ions, &options, &sink);
    char *text = temporary_read(temporary_path("l.rrng"), &n);
    check_strict_reader(text, 3);
    assert_non_null(strstr(text, "Ion1=matrix\nIon2=domain7\nIon3=domain1200\n"));
    assert_non_null(strstr(text, "Range1=0.0000 0.5000 Vol:0.00000 Name:matrix Color:999999\nRange2=6.5000 7.5000 Vol:0.00000 Name:domain7 "));
    free(text);
    const oa_read_options label_too = { .byte_order = "big", .fourth_is_label = true, .force = true, .preset = "" };
    check_ok(context, content_read(context, temporary_path("l.pos"), &label_too, &c));
    static const float want[] = { 0, 7, 7, 1200 };
    assert_int_equal(c.ions->n, 4);
    assert_memory_equal(oa_ions_mass_to_charge(c.ions), want, sizeof want);
    content_drop(&c);
    check_reads(context, temporary_path("l.rrng"), "W_USER_LABEL", &c);
    assert_string_equal(c.ranges->types[oa_ranges__lookup(c.ranges, 7) - 1].name, "domain7");
    assert_string_equal(c.ranges->types[oa_ranges__lookup(c.ranges, 0) - 1].name, "matrix");
    content_drop(&c);
    static const uint32_t large[] = { 16777216, 0, 0, 0, 0 };
    oa_context__clear(context);
    check_ok(context, oa_sink_open(context, temporary_path("m.pos"), true, &sink));
    check_fails(context, sink.write(context, &sink, ions, &(oa_write_options){ .label = large }), "E_PARAMETER_RANGE");
    assert_int_equal(sink.n_files, 0);
    assert_int_equal(temporary_count(), 2); /* nothing of the failed one */
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__both_files_of_pos_are_protected(void **state)
{
    oa_context *context = *state;
    oa_sink sink;
    oa_ions *ions = make_ions(context);
    temporary_text("p.rrng", "mine");
    check_ok(context, oa_sink_open(context, temporary_path("p.pos"), false, &sink));
    check_fails(context, sink.write(context, &sink, ions, &(oa_write_options){ 0 }), "E_EXISTS");
    assert_int_equal(temporary_count(), 1);
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__csv(void **state)
{
    oa_context *context = *state;
    static const uint32_t label[] = { 0, 7, 7, 0, 4294967295u };
    oa_sink sink;
    size_t n;
    oa_ions *ions = make_ions(context);
    write_all(context, temporary_path("a.csv"), ions, &(oa_write_options){ .label = label, .label_name = "domain" }, &sink);
    char *text = temporary_read(temporary_path("a.csv"), &n);
    assert_string_equal(text, "x,y,z,mass_to_charge,ion,domain\n-1.5,-1.5,-1.5,1,unranged,0\n0.1,0.1,0.1,28.967,Ni,7\n"
                              "1e-07,1e-07,1e-07,84,Cr O2,7\n123456.78,123456.78,123456.78,21.5,un-1_a,0\n-0,-0,-0,29,Ni,4294967295\n");
    free(text);
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__xyz(void **state)
{
    oa_context *context = *state;
    static const uint64_t index[] = { 0, 2, 3 };
    oa_sink sink;
    size_t n;
    oa_ions *ions = make_ions(context);
    write_all(context, temporary_path("a.xyz"), ions, &(oa_write_options){ .index = index, .n_index = 3 }, &sink);
    char *text = temporary_read(temporary_path("a.xyz"), &n);
    assert_string_equal(text, "3\nProperties=species:S:1:pos:R:3:mass_to_charge:R:1 length_unit=nm pbc=\"F F F\"\nX -1.5 -1.5 -1.5 1\n"
                              "CrO2 1e-07 1e-07 1e-07 84\nun-1_a 123456.78 123456.78 123456.78 21.5\n");
    free(text);
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__vtkhdf_gives_the_same_bytes_each_time(void **state)
{
    oa_context *context = *state;
    static const uint32_t label[] = { 0, 7, 7, 0, 9 };
    oa_sink sink[2];
    oa_ions *ions = make_ions(context);
    const oa_write_options options = { .label = label };
    write_all(context, temporary_path("a.vtkhdf"), ions, &options, &sink[0]);
    sleep(1); /* HDF5 counts times in seconds */
    write_all(context, temporary_path("b.vtkhdf"), ions, &options, &sink[1]);
    assert_string_equal(sink[0].files[0].sha256, sink[1].files[0].sha256);
    assert_int_equal(temporary_count(), 2);
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__an_empty_selection_is_a_file_too(void **state)
{
    oa_context *context = *state;
    static const char *const names[] = { "e.pos", "e.csv", "e.xyz", "e.vtkhdf" };
    static const uint64_t none = 0;
    oa_sink sink;
    oa_ions *ions = make_ions(context);
    for (int k = 0; k < 4; k++) write_all(context, temporary_path(names[k]), ions, &(oa_write_options){ .index = &none, .n_index = 0 }, &sink);
    static const uint64_t outside[] = { 5 };
    check_ok(context, oa_sink_open(context, temporary_path("e.csv"), true, &sink));
    check_fails(context, sink.write(context, &sink, ions, &(oa_write_options){ .index = outside, .n_index = 1 }), "E_INPUT_KIND");
    oa_ions_free(ions);
    temporary_empty();
}

static void test_write__floats_read_back(void **state)
{
    (void)state;
    uint32_t bits = 1;
    for (int i = 0; i < 2000000; i++) {
        bits = bits * 1664525u + 1013904223u;
        float value;
        memcpy(&value, &bits, 4);
        if (i % 2) value = (float)(bits >> 8) * 1e-5f; /* sizes of coordinates */
        if (!isfinite(value)) continue;
        char text[32] = { 0 };
        assert_in_range(oa_line_float(text, value), 1, 31);
        if ((float)strtod(text, NULL) != value) fail_msg("%s is not %.9g", text, (double)value);
    }
    static const struct { float value; const char *text; } known[] = {
        { 27.35f, "27.35" }, { 100, "100" }, { 0.1f, "0.1" }, { -19.1904f, "-19.1904" }, { 16777216, "16777216" }, { 999999.9f, "999999.9" }, { 0.001f, "0.001" }, { 9.999999f, "9.999999" } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char text[32] = { 0 };
        oa_line_float(text, known[i].value);
        assert_string_equal(text, known[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write__pos_and_its_ranges, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_write__pos_reads_back_bit_by_bit, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_write__labels_replace_masses, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_write__both_files_of_pos_are_protected, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_write__csv, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_write__xyz, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_write__vtkhdf_gives_the_same_bytes_each_time, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_write__an_empty_selection_is_a_file_too, check_setup, check_teardown),
        cmocka_unit_test(test_write__floats_read_back),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
