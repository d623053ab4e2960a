/* test_pos.c - reading and writing .pos. */
#include "temporary.h"

static void put(unsigned char *out, float value, bool big)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    for (int i = 0; i < 4; i++) out[big ? 3 - i : i] = (unsigned char)(bits >> (8 * i));
}

/* n plausible ions; every 100th of them at another mass. */
static unsigned char *make_pos(size_t n, bool big)
{
    unsigned char *out = malloc(16 * n);
    for (size_t i = 0; i < n; i++) {
        put(out + 16 * i, (float)(i % 41) - 20.25f, big);
        put(out + 16 * i + 4, (float)(i % 37) * 0.5f - 9, big);
        put(out + 16 * i + 8, (float)i * 1e-3f, big);
        put(out + 16 * i + 12, i % 100 ? 26.98f : 13.49f, big);
    }
    return out;
}

static const char *write_pos(const char *name, const unsigned char *bytes, size_t n)
{
    return temporary_write(name, bytes, 16 * n);
}

static void test_pos__reads_every_value(void **state)
{
    oa_content c;
    const size_t n = 300000; /* more than one piece and more than the sample */
    unsigned char *bytes = make_pos(n, true);
    check_reads(*state, write_pos("a.pos", bytes, n), "", &c);
    assert_int_equal(c.ions->n, n);
    for (size_t i = 0; i < n; i++) {
        assert_true(oa_ions_x(c.ions)[i] == (float)(i % 41) - 20.25f);
        assert_true(oa_ions_y(c.ions)[i] == (float)(i % 37) * 0.5f - 9);
        assert_true(oa_ions_z(c.ions)[i] == (float)i * 1e-3f);
        assert_true(oa_ions_mass_to_charge(c.ions)[i] == (i % 100 ? 26.98f : 13.49f));
    }
    assert_null(oa_ions__data(c.ions, OA_EVAPORATION_ID));
    content_drop(&c);
    free(bytes);
}

static void test_pos__suffix_without_case_and_one_ion(void **state)
{
    oa_content c;
    unsigned char *bytes = make_pos(1, true);
    check_reads(*state, write_pos("UPPER.POS", bytes, 1), "", &c);
    assert_int_equal(c.ions->n, 1);
    content_drop(&c);
    free(bytes);
}

static void test_pos__size_must_fit(void **state)
{
    unsigned char *bytes = make_pos(20, true);
    check_refused(*state, temporary_write("a.pos", bytes, 319), NULL, "E_SIZE", "19 whole records of 16");
    check_refused(*state, temporary_write("a.pos", bytes, 7), NULL, "E_SIZE", "7 bytes");
    check_refused(*state, temporary_write("a.pos", bytes, 44), NULL, "E_SIZE", "but a multiple of 44, which is epos");
    check_refused(*state, temporary_write("a.pos", bytes, 0), NULL, "E_EMPTY_FILE", NULL);
    free(bytes);
}

static void test_pos__byte_order(void **state)
{
    oa_content c;
    unsigned char *bytes = make_pos(5000, false);
    const char *path = write_pos("little.pos", bytes, 5000);
    check_refused(*state, path, NULL, "E_BYTE_ORDER", "--byte-order little");
    const oa_read_options little = { .byte_order = "little", .preset = "" };
    check_ok(*state, content_read(*state, path, &little, &c));
    assert_true(oa_ions_mass_to_charge(c.ions)[1] == 26.98f);
    content_drop(&c);
    free(bytes);
    bytes = make_pos(5000, true);
    check_refused(*state, write_pos("big.pos", bytes, 5000), &little, "E_BYTE_ORDER", "--byte-order big");
    free(bytes);
}

static void test_pos__implausible_values(void **state)
{
    oa_content c;
    unsigned char *bytes = make_pos(100, true);
    for (int i = 0; i < 50; i++) put(bytes + 16 * i, 1e29f, true);
    const char *path = write_pos("far.pos", bytes, 100);
    check_refused(*state, path, NULL, "E_IMPLAUSIBLE", "1e5 nm");
    const oa_read_options force = { .byte_order = "big", .force = true, .preset = "" };
    check_ok(*state, content_read(*state, path, &force, &c));
    content_drop(&c);
    memset(bytes, 0, 1600);
    for (int i = 0; i < 400; i++) bytes[4 * i + 3] = (unsigned char)i; /* small integers are denormal floats */
    check_refused(*state, write_pos("ints.pos", bytes, 100), NULL, "E_IMPLAUSIBLE", "1e-30");
    for (int i = 0; i < 100; i++) put(bytes + 16 * i, NAN, true), put(bytes + 16 * i + 4, NAN, true);
    check_refused(*state, write_pos("nan.pos", bytes, 100), NULL, "E_IMPLAUSIBLE", "finite");
    free(bytes);
}

static void test_pos__labels_instead_of_masses(void **state)
{
    oa_content c;
    unsigned char *bytes = make_pos(100, true);
    for (int i = 0; i < 100; i++) put(bytes + 16 * i + 12, (float)(i % 3 - 1), true);
    const char *path = write_pos("cluster.pos", bytes, 100);
    check_refused(*state, path, NULL, "E_IMPLAUSIBLE", "--fourth-is-label");
    const oa_read_options label = { .byte_order = "big", .fourth_is_label = true, .preset = "" };
    check_ok(*state, content_read(*state, path, &label, &c));
    assert_int_equal(oa_warning_count(*state), 0);
    assert_true(oa_ions_mass_to_charge(c.ions)[2] == 1);
    content_drop(&c);
    free(bytes);
}

static void test_pos__nonfinite_is_named_or_dropped(void **state)
{
    oa_content c;
    unsigned char *bytes = make_pos(40000, true);
    put(bytes + 16 * 20005 + 4, NAN, true);
    put(bytes + 16 * 30000 + 4, INFINITY, true);
    put(bytes + 16 * 5 + 12, -INFINITY, true);
    const char *path = write_pos("nan.pos", bytes, 40000);
    check_refused(*state, path, NULL, "E_NONFINITE", "y is NaN or infinite in 2 of 40000 records, first in record 20005");
    assert_int_equal(oa_error_offset(*state), 20005 * 16 + 4);
    const oa_read_options drop = { .byte_order = "big", .drop_nonfinite = true, .preset = "" };
    check_ok(*state, content_read(*state, path, &drop, &c));
    assert_int_equal(oa_warning_count(*state), 1);
    assert_string_equal(oa_warning_code(*state, 0), "W_DROPPED");
    assert_int_equal(c.ions->n, 39997);
    assert_int_equal(oa_ions__evaporation_id(c.ions, 4), 4);
    assert_int_equal(oa_ions__evaporation_id(c.ions, 5), 6);
    assert_int_equal(oa_ions__evaporation_id(c.ions, 39996), 39999);
    content_drop(&c);
    for (int i = 0; i < 10; i++) put(bytes + 16 * i, NAN, true);
    const oa_read_options all = { .byte_order = "big", .drop_nonfinite = true, .force = true, .preset = "" };
    check_refused(*state, write_pos("none.pos", bytes, 10), &all, "E_EMPTY_DATA", NULL);
    free(bytes);
}

static void test_pos__masses_at_or_below_zero_warn(void **state)
{
    oa_content c;
    unsigned char *bytes = make_pos(100, true);
    put(bytes + 12, 0.0f, true);
    put(bytes + 28, -0.5f, true);
    check_reads(*state, write_pos("low.pos", bytes, 100), "W_MASS_NONPOSITIVE", &c);
    assert_non_null(strstr(oa_warning_text(*state, 0), "2 of 100"));
    content_drop(&c);
    free(bytes);
}

static void test_pos__other_formats_by_their_bytes(void **state)
{
    unsigned char bytes[352] = { 0x1f, 0x8b, 8 };
    check_refused(*state, temporary_write("a.pos", bytes, 64), NULL, "E_FORMAT_MISMATCH", "gzip");
    memcpy(bytes, "PK\3\4", 4);
    check_refused(*state, temporary_write("a.pos", bytes, 64), NULL, "E_FORMAT_MISMATCH", "zip");
    memcpy(bytes, "\x89HDF\r\n\x1a\n", 8);
    check_refused(*state, temporary_write("a.pos", bytes, 64), NULL, "E_FORMAT_MISMATCH", "HDF5");
    memset(bytes, 0, sizeof bytes);
    for (int i = 0; i < 8; i++) { /* eight .epos records are 22 .pos records */
        for (int k = 0; k < 3; k++) put(bytes + 44 * i + 4 * k, 10.5f + (float)i, true);
        put(bytes + 44 * i + 12, 27, true), put(bytes + 44 * i + 16, 700, true), put(bytes + 44 * i + 20, 4000, true);
        put(bytes + 44 * i + 28, 3, true), bytes[44 * i + 39] = 5, bytes[44 * i + 43] = 1;
    }
    check_refused(*state, temporary_write("a.pos", bytes, 352), NULL, "E_FORMAT_MISMATCH", "epos");
}

static void test_pos__threads_do_not_matter(void **state)
{
    (void)state;
    const size_t n = 100000;
    unsigned char *bytes = make_pos(n, true);
    put(bytes + 16 * 77777, NAN, true);
    const char *path = write_pos("t.pos", bytes, n);
    const oa_read_options drop = { .byte_order = "big", .drop_nonfinite = true, .preset = "" };
    char digest[2][65];
    for (int k = 0; k < 2; k++) {
        oa_context *context;
        oa_content c;
        check_ok(context, oa_context_new(&context, &(oa_context_options){ .threads = k ? 4 : 1 }));
        check_ok(context, content_read(context, path, &drop, &c));
        check_ok(context, oa_ions__digest(c.ions, digest[k]));
        content_drop(&c);
        oa_context_free(context);
    }
    assert_string_equal(digest[0], digest[1]);
    free(bytes);
}

/* Every allocation fails in turn: the reader says so and leaks nothing. */
static void test_pos__survives_lack_of_memory(void **state)
{
    (void)state;
    unsigned char *bytes = make_pos(100, true);
    put(bytes + 160, NAN, true);
    const char *path = write_pos("m.pos", bytes, 100);
    const oa_read_options drop = { .byte_order = "big", .drop_nonfinite = true, .preset = "" };
    for (uint64_t k = 1;; k++) {
        oa_context *context;
        oa_content c;
        check_ok(context, oa_context_new(&context, &(oa_context_options){ .fail_allocation = k, .threads = 1 }));
        const oa_status status = content_read(context, path, &drop, &c);
        if (status != OA_OK) assert_string_equal(oa_error_code(context), "E_MEMORY");
        content_drop(&c);
        oa_context_free(context);
        if (status == OA_OK) break;
        assert_true(k < 200);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pos__reads_every_value, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__suffix_without_case_and_one_ion, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__size_must_fit, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__byte_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__implausible_values, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__labels_instead_of_masses, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__nonfinite_is_named_or_dropped, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__masses_at_or_below_zero_warn, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pos__other_formats_by_their_bytes, check_setup, check_teardown),
        cmocka_unit_test(test_pos__threads_do_not_matter),
        cmocka_unit_test(test_pos__survives_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
