/* test_cameca.c - HDF5 with mass, xyz and ranges: read as written, ranges by their number, refused where columns differ. */
#include <hdf5.h>

#include "temporary.h"

static void write_set(hid_t at, const char *name, int rank, const hsize_t *dims, const float *data)
{
    const hid_t space = H5Screate_simple(rank, dims, NULL), set = H5Dcreate2(at, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(set);
    H5Sclose(space);
}

static void write_attribute(hid_t at, const char *name, hid_t type, const void *value)
{
    const hid_t space = H5Screate(H5S_SCALAR), attribute = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Awrite(attribute, type, value) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static void write_range(hid_t ranges, const char *name, const char *element, double lower, double upper)
{
    const hid_t group = H5Gcreate2(ranges, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(element) + 1);
    write_attribute(group, "element", type, element);
    write_attribute(group, "min_da", H5T_NATIVE_DOUBLE, &lower);
    write_attribute(group, "max_da", H5T_NATIVE_DOUBLE, &upper);
    H5Tclose(type);
    H5Gclose(group);
}

/* Three ions; range_10 must come after range_2. */
static const char *write_file(hsize_t n_mass, hsize_t columns, float last_x)
{
    const char *path = temporary_path("a.hdf5");
    const float mass[] = { 1, 27, 55.85f, 1 }, xyz[] = { 0, 1, 2, 3, 4, 5, last_x, 7, 8 };
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t ranges = H5Gcreate2(file, "ranges", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    write_set(file, "mass", 1, &n_mass, mass);
    write_set(file, "xyz", 2, (hsize_t[]){ 3, columns }, xyz);
    write_range(ranges, "range_10", "FeO", 71, 72);
    write_range(ranges, "range_2", "Al", 26.9, 27.1);
    H5Gclose(ranges);
    H5Fclose(file);
    return path;
}

static oa_status read_it(oa_context *context, const char *path, oa_content *out)
{
    static const oa_read_options options = { .byte_order = "big", .preset = "" };
    oa_source source;
    *out = (oa_content){ .ions = NULL };
    oa_context__clear(context);
    OA_TRY(oa_source_open(context, path, &source));
    assert_string_equal(source.format, "cameca");
    return source.read(context, &source, &options, out);
}

static void test_cameca__ions_and_ranges_come_back(void **state)
{
    oa_content content;
    check_ok(*state, read_it(*state, write_file(3, 3, 6), &content));
    assert_int_equal(content.ions->n, 3);
    check_real(oa_ions_x(content.ions)[2], 6, 0);
    check_real(oa_ions_z(content.ions)[0], 2, 0);
    check_real(oa_ions_mass_to_charge(content.ions)[1], 27, 0);
    assert_int_equal(content.ranges->n_types, 2);
    assert_string_equal(content.ranges->types[0].name, "Al");
    assert_int_equal(oa_ranges__lookup(content.ranges, 27), 1);
    oa_ions_free(content.ions);
    oa_ranges__free(content.ranges);
}

static void test_cameca__columns_that_differ_are_refused(void **state)
{
    oa_content content;
    check_fails(*state, read_it(*state, write_file(4, 3, 6), &content), "E_H5_LENGTH");
    check_fails(*state, read_it(*state, write_file(3, 2, 6), &content), "E_H5_SHAPE");
    check_fails(*state, read_it(*state, write_file(3, 3, NAN), &content), "E_NONFINITE");
    assert_null(content.ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cameca__ions_and_ranges_come_back, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cameca__columns_that_differ_are_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
