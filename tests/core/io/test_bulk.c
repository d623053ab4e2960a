/* test_bulk.c - the NeXus API and HDF5 write equal arrays, for every type, shape and level, and plain HDF5 reads them. */
#include "core/io/temporary.h"

#include "base/random.h"
#include "io/bulk.h"
#include "io/h5w.h"

/* The NeXus API does not give back everything after a failed open. */
OA_API const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) { return "leak:libNeXus"; }

enum { LARGEST = 4 * OA_BULK_ROWS + 7 };

static unsigned char *noise; /* LARGEST * 3 * 8 bytes, compressible */

static const char *new_file(const char *name)
{
    const char *path = temporary_path(name);
    oa_h5_setup();
    oa_h5w w = { .file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT) };
    assert_true(w.file >= 0);
    oa_h5w_group(&w, "/entry1", "NXentry");
    oa_h5w_group(&w, "/entry1/data", "NXdata");
    assert_int_equal(w.failures, 0);
    H5Fclose(w.file);
    return path;
}

/* What an ordinary program sees: shape and bytes. */
static void check_stored(const char *path, const oa_bulk_array *array, const void *want)
{
    hsize_t dims[5] = { 0 };
    const size_t bytes = oa_bulk_bytes(array);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, array->path, H5P_DEFAULT);
    assert_true(file >= 0 && set >= 0);
    const hid_t space = H5Dget_space(set), stored = H5Dget_type(set);
    const hid_t type = oa_h5w_type(array->type == OA_BOOL ? OA_U8 : array->type);
    assert_true(H5Tequal(stored, type) > 0);
    assert_int_equal(H5Sget_simple_extent_ndims(space), array->rank);
    H5Sget_simple_extent_dims(space, dims, NULL);
    for (int i = 0; i < array->rank; i++) assert_int_equal(dims[i], array->dims[i]);
    unsigned char *got = calloc(1, bytes + 1);
    assert_true(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, got) >= 0);
    if (memcmp(got, want, bytes) != 0) fail_msg("%s %s: other bytes", path, array->path);
    free(got);
    H5Tclose(stored);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
}

static void name(oa_bulk_array *array, size_t i) { snprintf(array->path, sizeof array->path, "/entry1/data/a%zu", i); }

/* All arrays in one file per back end; their bytes are those of memory. */
static void both_ways(oa_context *context, oa_bulk_array *arrays, size_t n, int level, const void *const *want)
{
    for (size_t i = 0; i < n; i++) name(&arrays[i], i);
    const char *path = new_file("hdf5.h5");
    check_ok(context, oa_bulk_hdf5(context, path, arrays, n, level));
    for (size_t i = 0; i < n; i++) check_stored(path, &arrays[i], want[i]);
    if (!oa_bulk_has_napi()) return;
    path = new_file("napi.h5");
    check_ok(context, oa_bulk_napi(context, path, arrays, n, level));
    for (size_t i = 0; i < n; i++) check_stored(path, &arrays[i], want[i]);
}

static oa_bulk_array plain(oa_type type, int rank, size_t a, size_t b, size_t c, size_t d, size_t e)
{
    return (oa_bulk_array){ .type = type, .rank = rank, .dims = { a, b, c, d, e }, .plane = { noise }, .planes = 1 };
}

static void test_bulk__every_type(void **state)
{
    oa_bulk_array arrays[10];
    const void *want[10];
    for (int level = 0; level <= 1; level++) {
        for (int t = 0; t < 10; t++) arrays[t] = plain((oa_type)t, 2, 3001, 3, 0, 0, 0), want[t] = noise;
        both_ways(*state, arrays, 10, level, want);
    }
}

static void test_bulk__every_rank(void **state)
{
    oa_bulk_array arrays[5];
    const void *want[5] = { noise, noise, noise, noise, noise };
    for (int level = 0; level <= 6; level += 3) {
        for (int rank = 1; rank <= 5; rank++) arrays[rank - 1] = plain(OA_F32, rank, 37, 11, 7, 5, 3);
        both_ways(*state, arrays, 5, level, want);
        for (int rank = 1; rank <= 5; rank++) arrays[rank - 1] = plain(OA_U16, rank, 1, rank > 1, rank > 2, rank > 3, rank > 4);
        both_ways(*state, arrays, 5, level, want);
    }
}

static void test_bulk__lengths_around_the_edges_of_chunks(void **state)
{
    static const size_t rows[] = { 1, 2, 4096, 4097, OA_BULK_ROWS - 1, OA_BULK_ROWS, OA_BULK_ROWS + 1, 2 * OA_BULK_ROWS, LARGEST };
    oa_bulk_array arrays[9];
    const void *want[9];
    for (int level = 0; level <= 1; level++) {
        for (int i = 0; i < 9; i++) arrays[i] = plain(OA_F64, 1, rows[i], 0, 0, 0, 0), want[i] = noise;
        both_ways(*state, arrays, 9, level, want);
        for (int i = 0; i < 9; i++) arrays[i].type = OA_U8;
        both_ways(*state, arrays, 9, level, want);
    }
}

/* Inner dimensions beyond a chunk: HDF5's own path. */
static void test_bulk__long_rows(void **state)
{
    oa_bulk_array arrays[] = { plain(OA_F64, 2, 2, 300000, 0, 0, 0), plain(OA_U8, 2, 1, 2000000, 0, 0, 0), plain(OA_F32, 3, 3, 2, 200000, 0, 0) };
    const void *want[] = { noise, noise, noise };
    both_ways(*state, arrays, 3, 1, want);
    both_ways(*state, arrays, 3, 0, want);
}

static void test_bulk__planes_are_interleaved(void **state)
{
    static const size_t rows[] = { 1, OA_BULK_ROWS - 1, OA_BULK_ROWS, OA_BULK_ROWS + 1, LARGEST };
    float *mixed = malloc(3 * sizeof *mixed * LARGEST);
    for (size_t r = 0; r < 5; r++)
        for (size_t planes = 2; planes <= 3; planes++) {
            oa_bulk_array array = { .type = OA_F32, .rank = 2, .dims = { rows[r], planes }, .planes = (int)planes };
            for (size_t p = 0; p < planes; p++) array.plane[p] = noise + p * 4 * LARGEST;
            for (size_t i = 0; i < rows[r]; i++)
                for (size_t p = 0; p < planes; p++) memcpy(&mixed[planes * i + p], noise + p * 4 * LARGEST + 4 * i, 4);
            const void *want = mixed;
            for (int level = 0; level <= 1; level++) both_ways(*state, &array, 1, level, &want);
        }
    free(mixed);
}

static void test_bulk__nothing_is_an_array_too(void **state)
{
    oa_bulk_array array = plain(OA_F32, 2, 0, 3, 0, 0, 0);
    name(&array, 0);
    const char *path = new_file("hdf5.h5"); /* the writer never gives the NeXus API an empty array */
    check_ok(*state, oa_bulk_hdf5(*state, path, &array, 1, 1));
    check_stored(path, &array, "");
}

static void test_bulk__threads_do_not_change_the_bytes(void **state)
{
    char *first = NULL;
    size_t length = 0;
    (void)state;
    for (int threads = 1; threads <= 8; threads *= 2) {
        oa_context *context;
        const oa_context_options options = { .threads = threads };
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        oa_bulk_array array = plain(OA_F32, 2, LARGEST, 3, 0, 0, 0);
        size_t n;
        name(&array, 0);
        const char *path = new_file("threads.h5");
        check_ok(context, oa_bulk_hdf5(context, path, &array, 1, 1));
        char *bytes = temporary_read(path, &n);
        if (first) assert_true(n == length && memcmp(bytes, first, n) == 0);
        else first = bytes, length = n;
        if (bytes != first) free(bytes);
        oa_context_free(context);
    }
    free(first);
}

static void test_bulk__chunks_hold_about_a_megabyte(void **state)
{
    size_t chunk[5];
    (void)state;
    oa_bulk_array array = plain(OA_F32, 2, 10000000, 3, 0, 0, 0);
    oa_bulk_chunk(&array, chunk);
    assert_true(chunk[0] == OA_BULK_ROWS && chunk[1] == 3);
    array = plain(OA_F64, 3, 1000, 1000, 200, 0, 0);
    oa_bulk_chunk(&array, chunk);
    assert_true(chunk[2] == 200 && chunk[0] * chunk[1] * chunk[2] * 8 <= 1u << 20 && chunk[0] >= 1);
    array = plain(OA_U8, 1, 5, 0, 0, 0, 0);
    oa_bulk_chunk(&array, chunk);
    assert_int_equal(chunk[0], 5);
}

static void test_bulk__failures_have_a_code(void **state)
{
    oa_bulk_array array = plain(OA_F32, 1, 10, 0, 0, 0, 0);
    name(&array, 0);
    check_fails(*state, oa_bulk_hdf5(*state, temporary_path("none.h5"), &array, 1, 1), "E_WRITE");
    oa_context__clear(*state);
    check_fails(*state, oa_bulk_napi(*state, temporary_path("none.h5"), &array, 1, 1), oa_bulk_has_napi() ? "E_WRITE" : "E_LACKING");
    oa_context__clear(*state);
    snprintf(array.path, sizeof array.path, "/entry1/nowhere/a");
    check_fails(*state, oa_bulk_hdf5(*state, new_file("hdf5.h5"), &array, 1, 1), "E_WRITE");
    oa_context__clear(*state);
    if (oa_bulk_has_napi()) check_fails(*state, oa_bulk_napi(*state, new_file("napi.h5"), &array, 1, 1), "E_WRITE");
}

static int make_all(void **state)
{
    oa_random random = oa_random_start(31, 0);
    noise = malloc((size_t)LARGEST * 24);
    for (size_t i = 0; i < (size_t)LARGEST * 24; i++) noise[i] = (unsigned char)(oa_random_u32(&random) % 5);
    return temporary_make(state);
}

static int remove_all(void **state)
{
    free(noise);
    return temporary_remove(state);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_bulk__every_type),
        with_context(test_bulk__every_rank),
        with_context(test_bulk__lengths_around_the_edges_of_chunks),
        with_context(test_bulk__long_rows),
        with_context(test_bulk__planes_are_interleaved),
        with_context(test_bulk__nothing_is_an_array_too),
        cmocka_unit_test(test_bulk__threads_do_not_change_the_bytes),
        with_context(test_bulk__chunks_hold_about_a_megabyte),
        with_context(test_bulk__failures_have_a_code),
    };
    return cmocka_run_group_tests(tests, make_all, remove_all);
}
