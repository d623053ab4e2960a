/* test_npy.c - reading .npy made here: every number type, both orders, and headers that lie. */
#include "temporary.h"

#include "data/values.h"

/* A file of version 1.0 with this dictionary, padded as NumPy pads it, and these bytes behind it. */
static const char *make(const char *dictionary, const void *body, size_t n)
{
    static unsigned char bytes[8192];
    const size_t length = (strlen(dictionary) + 11 + 63) / 64 * 64 - 10;
    memcpy(bytes, "\x93NUMPY\1\0", 8);
    bytes[8] = (unsigned char)length, bytes[9] = (unsigned char)(length >> 8);
    memset(bytes + 10, ' ', length);
    memcpy(bytes + 10, dictionary, strlen(dictionary));
    bytes[9 + length] = '\n';
    if (n) memcpy(bytes + 10 + length, body, n);
    return temporary_write("a.npy", bytes, 10 + length + n);
}

static void drop(oa_context *context, oa_content *content)
{
    oa_block_free(content->array->block);
    oa_free(context, content->array);
    content->array = NULL;
}

static oa_content read_one(oa_context *context, const char *path)
{
    oa_content content;
    check_reads(context, path, "", &content);
    assert_non_null(content.array);
    return content;
}

/* The values 1, 2, 3 and the extreme of each type. */
static void every_number_type_is_read(void **state)
{
    static const struct { const char *descr; size_t size; unsigned char bytes[24]; double want[3]; } rows[] = {
        { "|u1", 1, { 1, 2, 255 }, { 1, 2, 255 } },
        { "|b1", 1, { 1, 0, 1 }, { 1, 0, 1 } },
        { "|i1", 1, { 1, 2, 0x80 }, { 1, 2, -128 } },
        { "<u1", 1, { 1, 2, 3 }, { 1, 2, 3 } },
        { "<u2", 2, { 1, 0, 2, 0, 255, 255 }, { 1, 2, 65535 } },
        { "<i2", 2, { 1, 0, 2, 0, 0, 0x80 }, { 1, 2, -32768 } },
        { "<u4", 4, { 1, 0, 0, 0, 2, 0, 0, 0, 255, 255, 255, 255 }, { 1, 2, 4294967295.0 } },
        { "<i4", 4, { 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0x80 }, { 1, 2, -2147483648.0 } },
        { "<u8", 8, { 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80 }, { 1, 2, 9223372036854775808.0 } },
        { "<i8", 8, { 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80 }, { 1, 2, -9223372036854775808.0 } },
        { "<f4", 4, { 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0, 0xbf }, { 1, 2, -0.5 } },
        { "<f8", 8, { 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xe0, 0xbf }, { 1, 2, -0.5 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': (3,), }", rows[i].descr);
        oa_content c = read_one(*state, make(text, rows[i].bytes, 3 * rows[i].size));
        assert_int_equal(c.array->rank, 1);
        assert_int_equal(c.array->dims[0], 3);
        for (size_t k = 0; k < 3; k++) check_real(oa_array_real(c.array, k), rows[i].want[k], 0);
        drop(*state, &c);
    }
}

static void fortran_order_becomes_c_order(void **state)
{
    /* a[i][j][k] = 100 i + 10 j + k, shape (2, 3, 2), the first index fastest in the file */
    unsigned char bytes[12];
    for (size_t f = 0; f < 12; f++) bytes[f] = (unsigned char)(100 * (f % 2) + 10 * (f / 2 % 3) + f / 6);
    oa_content c = read_one(*state, make("{\"shape\":(2,3,2),\"fortran_order\":True,\"descr\":\"|u1\"}", bytes, 12));
    assert_int_equal(c.array->rank, 3);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t k = 0; k < 2; k++) check_real(oa_array_real(c.array, (i * 3 + j) * 2 + k), (double)(100 * i + 10 * j + k), 0);
    drop(*state, &c);
}

static void long_arrays_and_scalars_are_read(void **state)
{
    static unsigned char bytes[7000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 251);
    oa_content c = read_one(*state, make("{'descr': '|u1', 'fortran_order': True, 'shape': (7, 1000), }", bytes, 7000));
    for (size_t i = 0; i < 7000; i++) check_real(oa_array_real(c.array, i % 7 * 1000 + i / 7), (double)(i % 251), 0);
    drop(*state, &c);
    c = read_one(*state, make("{'descr': '|u1', 'fortran_order': False, 'shape': (), }", bytes + 9, 1));
    assert_int_equal(c.array->rank, 0);
    check_real(oa_array_real(c.array, 0), 9, 0);
    drop(*state, &c);
}

static void what_the_header_says_must_be_there(void **state)
{
    static const unsigned char zero[64];
    check_refused(*state, make("{'descr': '<f8', 'fortran_order': False, 'shape': (9,), }", zero, 64), NULL, "E_TRUNCATED", "8 values");
    check_refused(*state, make("{'descr': '<f8', 'fortran_order': False, 'shape': (7,), }", zero, 64), NULL, "E_SIZE", "8 bytes follow");
    check_refused(*state, make("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", zero, 64), NULL, "E_TRUNCATED", NULL);
    check_refused(*state, make("{'descr': '<f8', 'fortran_order': False, 'shape': (3037000500, 3037000500, 2), }", zero, 64), NULL, "E_TRUNCATED", NULL);
    check_refused(*state, make("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), }", zero, 0), NULL, "E_EMPTY_DATA", "dimension 0");
    assert_true(((oa_context *)*state)->bytes < 65536);
}

static void headers_that_are_none(void **state)
{
    static const unsigned char zero[8];
    static const struct { const char *text, *code, *word; } rows[] = {
        { "{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", "E_BYTE_ORDER", "<f8" },
        { "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "E_H5_PICKLE", "never" },
        { "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "E_NPY", "<c8" },
        { "{'descr': '', 'fortran_order': False, 'shape': (8,), }", "E_NPY", NULL },
        { "{'descr': 'f8', 'fortran_order': False, 'shape': (1,), }", "E_NPY", NULL },
        { "{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,), }", "E_NPY", "structured" },
        { "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,), }", "E_NPY", "fortran_order" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': 1, }", "E_NPY", "brackets" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", "E_NPY", "lengths" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }", "E_NPY", "lengths" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1,1,1,1,1,1), }", "E_NPY", "dimensions" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1", "E_NPY", NULL },
        { "{'descr': '<f8', 'fortran_order': False, }", "E_NPY", "missing" },
        { "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", "E_NPY", "twice" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}", "E_NPY", "belong" },
        { "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x", "E_NPY", "follows" },
        { "{'descr': '<f8", "E_NPY", "quote" },
        { "import os", "E_NPY", "begin" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_refused(*state, make(rows[i].text, zero, 8), NULL, rows[i].code, rows[i].word);
        assert_true(oa_error_offset(*state) >= 10);
    }
}

static void files_that_are_none(void **state)
{
    check_refused(*state, temporary_write("a.npy", "\x93NUMPY\1\0v", 9), NULL, "E_TRUNCATED", NULL);
    check_refused(*state, temporary_write("a.npy", "\x93NUMPY\1\0\xff\xff{'descr'", 18), NULL, "E_TRUNCATED", "65535");
    check_refused(*state, temporary_write("a.npy", "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14), NULL, "E_NPY", "4294967295");
    check_refused(*state, temporary_write("a.npy", "\x93NUMPY\x9\0v\0{}    ", 16), NULL, "E_VERSION", "9.0");
    check_refused(*state, temporary_text("a.npy", "0.1 0.2 0.3 0.4"), NULL, "E_MAGIC", NULL);
    check_refused(*state, temporary_write("a.pos", "\x93NUMPY\1\0v\0{}    ", 16), NULL, "E_FORMAT_MISMATCH", "NumPy");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_number_type_is_read, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(fortran_order_becomes_c_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(long_arrays_and_scalars_are_read, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_the_header_says_must_be_there, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(headers_that_are_none, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(files_that_are_none, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
