/* HDF5 files that want to do harm: none may end this process, lead out of its file, or fill its memory. */
#include "check.h"

#include <unistd.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/random.h"
#include "io/h5.h"

static const char *const path = "test_h5_file.h5";

static hid_t create(void)
{
    oa_h5_setup();
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static void add_numbers(hid_t file, const char *name, hid_t plist)
{
    const hsize_t dims[2] = { 40, 3 };
    double values[120];
    for (int i = 0; i < 120; i++) values[i] = i;
    const hid_t space = H5Screate_simple(2, dims, NULL);
    const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

static hid_t chunked(void)
{
    const hsize_t chunk[2] = { 10, 3 };
    const hid_t plist = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(plist, 2, chunk);
    return plist;
}

/* variable: of variable length. */
static void add_text_attribute(hid_t object, const char *name, const char *text, bool variable, bool list)
{
    const hsize_t one = 1;
    const hid_t type = H5Tcopy(H5T_C_S1), space = list ? H5Screate_simple(1, &one, NULL) : H5Screate(H5S_SCALAR);
    H5Tset_size(type, variable ? H5T_VARIABLE : strlen(text));
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, variable ? (const void *)&text : (const void *)text) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

static void write_good_file(void)
{
    const hid_t file = create(), plist = chunked(), group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Pset_shuffle(plist);
    H5Pset_deflate(plist, 4);
    H5Pset_fletcher32(plist);
    add_numbers(group, "packed", plist);
    add_numbers(group, "plain", H5P_DEFAULT);
    add_text_attribute(group, "fixed", "some words", false, false);
    add_text_attribute(group, "variable", "more words", true, true);
    H5Pclose(plist);
    H5Gclose(group);
    H5Fclose(file);
}

static void check_refused(oa_context *context, const char *code)
{
    oa_h5 h5;
    oa_context__clear(context);
    check_fails(context, oa_h5_open(context, path, &h5), code);
    oa_h5_close(&h5);
    unlink(path);
}

static void test_h5__good_file_is_read(void **state)
{
    oa_context *context = *state;
    oa_h5 h5;
    oa_h5_shape shape;
    float *values;
    double rows[6];
    char *text, **names;
    size_t n;
    write_good_file();
    check_ok(context, oa_h5_open(context, path, &h5));
    check_ok(context, oa_h5_floats(&h5, "group/packed", 2, 1000, &shape, &values));
    assert_int_equal(shape.n, 120);
    for (int i = 0; i < 120; i++) assert_true(values[i] == (float)i);
    oa_free(context, values);
    check_ok(context, oa_h5_read_rows(&h5, "group/plain", &shape, 38, 2, H5T_NATIVE_DOUBLE, rows));
    assert_true(rows[0] == 114 && rows[5] == 119);
    check_ok(context, oa_h5_text(&h5, "group", "fixed", 100, &text));
    assert_string_equal(text, "some words");
    oa_free(context, text);
    check_ok(context, oa_h5_text(&h5, "/group", "variable", 100, &text));
    assert_string_equal(text, "more words");
    oa_free(context, text);
    check_ok(context, oa_h5_names(&h5, "group", &names, &n));
    assert_int_equal(n, 2);
    assert_string_equal(names[0], "packed");
    oa_h5_names_free(&h5, names, n);
    assert_true(oa_h5_has(&h5, "group/plain") && !oa_h5_has(&h5, "group/none/plain") && oa_h5_has(&h5, "/"));
    oa_h5_close(&h5);
    unlink(path);
}

static void test_h5__limits_are_kept(void **state)
{
    oa_context *context = *state;
    oa_h5 h5;
    oa_h5_shape shape;
    float *values;
    char *text;
    double number;
    write_good_file();
    check_ok(context, oa_h5_open(context, path, &h5));
    check_fails(context, oa_h5_floats(&h5, "group/packed", 2, 119, &shape, &values), "E_H5_LENGTH");
    oa_context__clear(context);
    check_fails(context, oa_h5_floats(&h5, "group/packed", 1, 1000, &shape, &values), "E_H5_SHAPE");
    oa_context__clear(context);
    check_fails(context, oa_h5_text(&h5, "group", "fixed", 5, &text), "E_H5_LENGTH");
    oa_context__clear(context);
    check_fails(context, oa_h5_text(&h5, "group", "variable", 5, &text), "E_H5_LENGTH");
    oa_context__clear(context);
    check_fails(context, oa_h5_text(&h5, "group/plain", NULL, 5, &text), "E_H5_SHAPE");
    oa_context__clear(context);
    check_fails(context, oa_h5_real(&h5, "group", "fixed", &number), "E_H5_TYPE");
    oa_context__clear(context);
    check_fails(context, oa_h5_real(&h5, "group/none", NULL, &number), "E_H5_MISSING");
    oa_h5_close(&h5);
    unlink(path);
}

static void test_h5__external_link_is_refused(void **state)
{
    const hid_t file = create();
    assert_true(H5Lcreate_external("other.h5", "/secret", file, "link", H5P_DEFAULT, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    check_refused(*state, "E_H5_EXTERNAL");
}

static void test_h5__external_storage_is_refused(void **state)
{
    const hid_t file = create(), plist = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t n = 8;
    const hid_t space = H5Screate_simple(1, &n, NULL);
    assert_true(H5Pset_external(plist, "raw_bytes", 0, 64) >= 0);
    const hid_t set = H5Dcreate2(file, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    H5Dclose(set), H5Sclose(space), H5Pclose(plist), H5Fclose(file);
    check_refused(*state, "E_H5_EXTERNAL");
}

static void test_h5__virtual_dataset_is_refused(void **state)
{
    const hid_t file = create(), plist = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t n = 8;
    const hid_t space = H5Screate_simple(1, &n, NULL);
    assert_true(H5Pset_virtual(plist, space, "other.h5", "/secret", space) >= 0);
    const hid_t set = H5Dcreate2(file, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set), H5Sclose(space), H5Pclose(plist), H5Fclose(file);
    check_refused(*state, "E_H5_EXTERNAL");
}

static void test_h5__foreign_filter_is_refused(void **state)
{
    const hid_t file = create(), plist = chunked();
    assert_true(H5Pset_filter(plist, 32001, H5Z_FLAG_OPTIONAL, 0, NULL) >= 0);
    add_numbers(file, "data", plist);
    H5Pclose(plist), H5Fclose(file);
    oa_context *context = *state;
    check_refused(context, "E_H5_FILTER");
    assert_non_null(strstr(oa_error_text(context), "32001"));
    assert_int_equal(oa_exit_code(OA_E_LACKING), 69);
}

static void test_h5__bomb_is_refused(void **state)
{
    const hid_t file = create(), plist = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t dims = 1000000000000ull, chunk = 1 << 20;
    const hid_t space = H5Screate_simple(1, &dims, NULL);
    H5Pset_chunk(plist, 1, &chunk);
    H5Pset_deflate(plist, 9);
    const hid_t set = H5Dcreate2(file, "data", H5T_IEEE_F64LE, space, H5P_DEFAULT, plist, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set), H5Sclose(space), H5Pclose(plist), H5Fclose(file);
    check_refused(*state, "E_H5_BOMB");
}

static void test_h5__loops_end(void **state)
{
    oa_context *context = *state;
    oa_h5 h5;
    const hid_t file = create(), group = H5Gcreate2(file, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/b", file, "a", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/a", file, "b", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_hard(file, "/group", group, "itself", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group), H5Fclose(file);
    check_ok(context, oa_h5_open(context, path, &h5));
    assert_false(oa_h5_has(&h5, "a"));
    assert_true(oa_h5_is_group(&h5, "group/itself/itself/itself"));
    oa_h5_close(&h5);
    unlink(path);
}

static size_t load(unsigned char **bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    *bytes = malloc(1 << 20);
    const size_t n = fread(*bytes, 1, 1 << 20, file);
    fclose(file);
    return n;
}

static void store(const unsigned char *bytes, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
}

static void test_h5__cut_and_foreign_files_are_refused(void **state)
{
    unsigned char *bytes;
    write_good_file();
    const size_t n = load(&bytes);
    store(bytes, n / 2);
    check_refused(*state, "E_TRUNCATED");
    store(bytes, 60);
    oa_h5 h5;
    oa_context__clear(*state);
    assert_int_not_equal(oa_h5_open(*state, path, &h5), OA_OK);
    store((const unsigned char *)"just a text, long enough to be looked at", 40);
    check_refused(*state, "E_H5_OPEN");
    assert_non_null(strstr(oa_error_text(*state), "HDF5"));
    check_refused(*state, "E_NOT_FOUND");
    free(bytes);
}

static oa_status nothing(void *arg, oa_span span, oa_worker *worker)
{
    (void)arg, (void)span, (void)worker;
    return OA_OK;
}

/* Whatever the damage, the answer is a message or the data; also beside the threads of the pool. */
static void test_h5__flipped_bytes_never_end_this_process(void **state)
{
    oa_context *context = *state;
    oa_random random = oa_random_start(7, 0);
    unsigned char *bytes;
    size_t refused = 0, n;
    write_good_file();
    n = load(&bytes);
    check_ok(context, oa_parallel(context, 64, 1, nothing, NULL));
    for (int turn = 0; turn < 200; turn++) {
        unsigned char *copy = malloc(n);
        memcpy(copy, bytes, n);
        for (int k = 0; k < 4; k++) copy[oa_random_below(&random, n)] = (unsigned char)oa_random_u32(&random);
        store(copy, n);
        free(copy);
        oa_h5 h5;
        oa_h5_shape shape;
        float *values = NULL;
        oa_context__clear(context);
        oa_status status = oa_h5_open(context, path, &h5);
        if (status == OA_OK) status = oa_h5_floats(&h5, "group/packed", -1, 1000, &shape, &values);
        if (status != OA_OK) {
            refused++;
            assert_true(status == OA_E_DATA || status == OA_E_LACKING);
            assert_true(oa_error_text(context)[0]);
        }
        oa_free(context, values);
        oa_h5_close(&h5);
    }
    print_message("%zu of 200 damaged files were refused\n", refused);
    assert_true(refused > 0);
    free(bytes);
    unlink(path);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_h5__good_file_is_read, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__limits_are_kept, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__external_link_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__external_storage_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__virtual_dataset_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__foreign_filter_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__bomb_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__loops_end, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__cut_and_foreign_files_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_h5__flipped_bytes_never_end_this_process, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, remove_file);
}
