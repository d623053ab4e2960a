/* test_chunks.c - arrays unpacked by all cores are those that HDF5 reads; what is stored otherwise, or is damaged, is left to it. */
#include "core/io/temporary.h"

#include "base/random.h"
#include "io/bulk.h"
#include "io/h5.h"

enum { ROWS = 150001, CHUNK = 4096 };

static float (*wanted)[3]; /* (ROWS) */
static unsigned char seen[ROWS];
static float (*got)[3];

/* Coordinates: their low bytes are noise, which the writer does not try to compress. */
static void make_rows(void)
{
    oa_random random = oa_random_start(7, 0);
    wanted = calloc(ROWS, sizeof *wanted);
    got = calloc(ROWS, sizeof *got);
    for (size_t i = 0; i < ROWS; i++)
        for (int k = 0; k < 3; k++) wanted[i][k] = (float)(40 * oa_random_uniform(&random) - 20);
}

static void take(void *arg, size_t first, size_t n, const void *rows)
{
    (void)arg;
    memcpy(got + first, rows, n * sizeof *got);
    for (size_t i = 0; i < n; i++) seen[first + i]++;
}

static hid_t new_file(const char *path)
{
    oa_h5_setup();
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

static hid_t chunked(hsize_t rows, hsize_t columns)
{
    const hsize_t chunk[2] = { rows, columns };
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(create, 2, chunk);
    return create;
}

/* Takes the property list. */
static hid_t write_set(hid_t file, const char *name, hid_t type, hid_t create)
{
    const hsize_t dims[2] = { ROWS, 3 };
    const hid_t space = H5Screate_simple(2, dims, NULL);
    const hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, wanted) >= 0);
    H5Sclose(space);
    H5Pclose(create);
    return set;
}

static bool each_rows(oa_context *context, const char *path, const char *name)
{
    oa_h5 h5 = { .context = context, .path = path, .file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT) };
    oa_h5_shape shape;
    bool is_done;
    memset(seen, 0, sizeof seen);
    memset(got, 0, ROWS * sizeof *got);
    check_ok(context, oa_h5_shape_of(&h5, name, &shape));
    check_ok(context, oa_h5_each_rows(&h5, name, &shape, H5T_NATIVE_FLOAT, take, NULL, &is_done));
    oa_h5_close(&h5);
    return is_done;
}

static void check_rows(void)
{
    for (size_t i = 0; i < ROWS; i++) assert_int_equal(seen[i], 1);
    assert_memory_equal(got, wanted, ROWS * sizeof *got);
}

static oa_context *context_of(int threads)
{
    oa_context *context;
    const oa_context_options options = { .threads = threads };
    assert_int_equal(oa_context_new(&context, &options), OA_OK);
    return context;
}

static void our_own_files(void **state)
{
    (void)state;
    const char *path = temporary_path("ours.h5");
    oa_context *context = context_of(3);
    const oa_bulk_array array = { .path = "/positions", .type = OA_F32, .rank = 2, .dims = { ROWS, 3 }, .plane = { wanted }, .planes = 1 };
    H5Fclose(new_file(path));
    check_ok(context, oa_bulk_hdf5(context, path, &array, 1, 1));
    assert_true(each_rows(context, path, "positions"));
    check_rows();
    float *read;
    oa_h5_shape shape;
    oa_h5 h5;
    check_ok(context, oa_h5_open(context, path, &h5));
    check_ok(context, oa_h5_floats(&h5, "positions", 2, 3 * ROWS, &shape, &read)); /* HDF5's own filters */
    assert_memory_equal(read, wanted, ROWS * sizeof *wanted);
    oa_free(context, read);
    oa_h5_close(&h5);
    oa_context_free(context);
}

static void files_of_others(void **state)
{
    (void)state;
    const char *path = temporary_path("others.h5");
    oa_context *context = context_of(2);
    const hid_t file = new_file(path), plain = chunked(CHUNK, 3), shuffled = chunked(CHUNK, 3), summed = chunked(CHUNK, 3),
                split = chunked(CHUNK, 2), turned = chunked(CHUNK, 3);
    H5Pset_deflate(plain, 9);
    H5Pset_shuffle(shuffled), H5Pset_deflate(shuffled, 4);
    H5Pset_deflate(summed, 1), H5Pset_fletcher32(summed);
    H5Pset_shuffle(split), H5Pset_deflate(split, 1);
    H5Pset_deflate(turned, 1), H5Pset_shuffle(turned);
    H5Dclose(write_set(file, "plain", H5T_IEEE_F32LE, plain));
    H5Dclose(write_set(file, "shuffled", H5T_IEEE_F32LE, shuffled));
    H5Dclose(write_set(file, "summed", H5T_IEEE_F32LE, summed));
    H5Dclose(write_set(file, "split", H5T_IEEE_F32LE, split));
    H5Dclose(write_set(file, "turned", H5T_IEEE_F32LE, turned));
    H5Dclose(write_set(file, "contiguous", H5T_IEEE_F32LE, H5Pcreate(H5P_DATASET_CREATE)));
    const hid_t big = chunked(CHUNK, 3);
    H5Pset_deflate(big, 1);
    H5Dclose(write_set(file, "big_endian", H5T_IEEE_F32BE, big));
    H5Fclose(file);
    static const char *const left[] = { "summed", "split", "turned", "contiguous", "big_endian" };
    assert_true(each_rows(context, path, "plain"));
    check_rows();
    assert_true(each_rows(context, path, "shuffled"));
    check_rows();
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) assert_false(each_rows(context, path, left[i]));
    oa_context_free(context);
}

/* Replaces one chunk by bytes of our choice. */
static void spoil(const char *path, const unsigned char *bytes, size_t n, uint32_t skipped)
{
    const hid_t file = new_file(path), create = chunked(CHUNK, 3);
    const hsize_t offset[2] = { 2 * CHUNK, 0 };
    H5Pset_shuffle(create), H5Pset_deflate(create, 1);
    const hid_t set = write_set(file, "positions", H5T_IEEE_F32LE, create);
    assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, skipped, offset, n, bytes) >= 0);
    H5Dclose(set);
    H5Fclose(file);
}

static void damaged_chunks(void **state)
{
    (void)state;
    static unsigned char bytes[CHUNK * 12 * 2] = { 0x78, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01 }; /* a stream of nothing */
    const char *path = temporary_path("damaged.h5");
    oa_context *context = context_of(2);
    spoil(path, bytes, 8, 0); /* unpacks to too little */
    assert_false(each_rows(context, path, "positions"));
    spoil(path, bytes, 3, 0); /* ends early */
    assert_false(each_rows(context, path, "positions"));
    spoil(path, bytes, CHUNK * 12, 3); /* says that both filters were skipped: HDF5 knows what to do */
    assert_false(each_rows(context, path, "positions"));
    spoil(path, bytes, sizeof bytes, 0); /* more than a writer makes of it */
    assert_false(each_rows(context, path, "positions"));
    oa_context_free(context);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(our_own_files),
        cmocka_unit_test(files_of_others),
        cmocka_unit_test(damaged_chunks),
    };
    make_rows();
    const int failed = cmocka_run_group_tests(tests, temporary_make, temporary_remove);
    free(wanted);
    free(got);
    return failed;
}
