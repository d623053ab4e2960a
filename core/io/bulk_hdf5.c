/* bulk_hdf5.c - arrays through HDF5. Chunks are shuffled and deflated by all cores and written directly: ordinary readers
 * see shuffle + deflate. HDF5's own filter pipeline is serial and 2.6 times slower per core. */
#include <errno.h>
#include <libdeflate.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/parallel.h"
#include "io/bulk.h"
#include "io/h5.h"
#include "io/h5w.h"

size_t oa_bulk_bytes(const oa_bulk_array *array)
{
    size_t n = oa_type_size(array->type);
    for (int i = 0; i < array->rank; i++) n *= array->dims[i];
    return n;
}

void oa_bulk_chunk(const oa_bulk_array *array, size_t chunk[5])
{
    size_t room = 1u << 20; /* bytes, shared out from the innermost dimension */
    room /= oa_type_size(array->type);
    for (int i = array->rank - 1; i >= 0; i--) {
        const size_t want = i == 0 && room > OA_BULK_ROWS ? OA_BULK_ROWS : room;
        chunk[i] = array->dims[i] < want ? array->dims[i] : want;
        if (chunk[i] == 0) chunk[i] = 1;
        room = room / chunk[i] ? room / chunk[i] : 1;
    }
}

static void interleave(const oa_bulk_array *array, size_t first, size_t n, uint32_t *out)
{
    const size_t planes = (size_t)array->planes;
    for (size_t p = 0; p < planes; p++) {
        const uint32_t *from = (const uint32_t *)array->plane[p] + first;
        for (size_t i = 0; i < n; i++) out[planes * i + p] = from[i];
    }
}

void oa_bulk_rows(const oa_bulk_array *array, size_t first, size_t n, void *out)
{
    if (array->planes > 1) { /* 4-byte values only: positions and hits */
        interleave(array, first, n, out);
        return;
    }
    size_t row = oa_type_size(array->type);
    for (int i = 1; i < array->rank; i++) row *= array->dims[i];
    memcpy(out, (const char *)array->plane[0] + first * row, n * row);
}

/* HDF5 may not know why it failed. A file within a page of the limit on file sizes did not fail for another reason. */
static bool reaches_limit(const char *path)
{
    struct stat file;
    struct rlimit limit;
    if (stat(path, &file) != 0 || getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
    return (uint64_t)file.st_size + 65536 >= (uint64_t)limit.rlim_cur;
}

oa_status oa_bulk_failed(oa_context *context, const char *path)
{
    struct statvfs disk;
    const int error = oa_h5__errno();
    const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG || reaches_limit(path) ||
                      (statvfs(path, &disk) == 0 && (uint64_t)disk.f_bavail * disk.f_frsize < 1u << 20);
    return oa_fail_at(context, OA_IN_FILE(path), full ? "E_DISK_FULL" : "E_WRITE",
                      full ? "no space left while writing; free some or choose another place" : "writing failed; try again or choose another place");
}

/* ---- one chunk ---- */

/* Only the first dimension is split (oa_bulk_chunk keeps inner dimensions whole unless they are huge). */
static bool splits_rows_only(const oa_bulk_array *array, const size_t chunk[5])
{
    for (int i = 1; i < array->rank; i++)
        if (chunk[i] != array->dims[i]) return false;
    return true;
}

static void shuffle_bytes(const unsigned char *in, unsigned char *out, size_t n, size_t size)
{
    for (size_t b = 0; b < size; b++)
        for (size_t i = 0; i < n; i++) out[b * n + i] = in[i * size + b];
}

enum { STORED_MAX = 65535, SAMPLES = 8, SAMPLE = 2048 };

/* Blocks of deflate that hold bytes as they are; they begin and end on whole bytes, and none of them is the last. */
static size_t store(unsigned char *out, const unsigned char *in, size_t n)
{
    size_t used = 0;
    for (size_t at = 0; at < n; at += STORED_MAX) {
        const size_t m = n - at < STORED_MAX ? n - at : STORED_MAX;
        const unsigned char head[] = { 0, m & 0xff, m >> 8 & 0xff, ~m & 0xff, ~m >> 8 & 0xff };
        memcpy(out + used, head, sizeof head);
        memcpy(out + used + sizeof head, in + at, m);
        used += sizeof head + m;
    }
    return used;
}

/* Whether pieces from all over a plane become shorter by an eighth at least. Neither its ends nor its middle would do alone: in a picture of a specimen, nothing
 * is there. */
static bool shrinks(struct libdeflate_compressor *compressor, const unsigned char *plane, size_t n, unsigned char *room, size_t bound)
{
    unsigned char pieces[SAMPLES * SAMPLE];
    const size_t apart = n / SAMPLES, piece = apart < SAMPLE ? apart : SAMPLE, sampled = SAMPLES * piece;
    for (size_t i = 0; i < SAMPLES; i++) memcpy(pieces + i * piece, plane + (2 * i + 1) * apart / 2 - piece / 2, piece);
    const size_t packed = libdeflate_deflate_compress(compressor, pieces, sampled, room, bound);
    return packed > 0 && packed < sampled - sampled / 8;
}

static size_t pack_bound(size_t bytes)
{
    return libdeflate_zlib_compress_bound(NULL, bytes) + 5 * (bytes / STORED_MAX + 1);
}

/* A zlib stream of n elements whose bytes lie in `size` planes, lowest first. The lowest bytes of measured values are noise,
 * and trying to compress them is most of the work: such planes are stored as they are. */
static size_t pack_planes(struct libdeflate_compressor *compressor, const unsigned char *planes, size_t n, size_t size, unsigned char *out,
                          size_t bound)
{
    const uint32_t sum = libdeflate_adler32(1, planes, n * size);
    size_t noisy = 0;
    while (noisy + 1 < size && !shrinks(compressor, planes + noisy * n, n, out, bound)) noisy++;
    out[0] = 0x78, out[1] = 0x01; /* zlib, fastest */
    size_t used = 2 + store(out + 2, planes, noisy * n);
    const size_t rest = libdeflate_deflate_compress(compressor, planes + noisy * n, (size - noisy) * n, out + used, bound - used - 4);
    if (rest == 0) return 0;
    used += rest;
    for (int shift = 24; shift >= 0; shift -= 8) out[used++] = sum >> shift & 0xff;
    return used;
}

typedef struct batch {
    const oa_bulk_array *array;
    size_t rows_per_chunk, row_elements, first_chunk;
    int level;
    unsigned char *packed; /* (chunks of the batch, bound) */
    size_t bound;
    size_t *packed_bytes;
} batch;

/* The last chunk is padded with zeros: HDF5 stores whole chunks. */
static oa_status pack_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const batch *b = arg;
    const size_t size = oa_type_size(b->array->type), n = b->rows_per_chunk * b->row_elements;
    const size_t first = (b->first_chunk + span.begin) * b->rows_per_chunk;
    const size_t rows = b->array->dims[0] - first < b->rows_per_chunk ? b->array->dims[0] - first : b->rows_per_chunk;
    unsigned char *plain, *shuffled;
    OA_TRY(oa_worker_scratch(worker, 0, &plain, n, size));
    OA_TRY(oa_worker_scratch(worker, 1, &shuffled, n, size));
    oa_bulk_rows(b->array, first, rows, plain);
    memset(plain + rows * b->row_elements * size, 0, (b->rows_per_chunk - rows) * b->row_elements * size);
    if (size > 1) shuffle_bytes(plain, shuffled, n, size);
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(b->level);
    if (!compressor) return oa_fail(oa_worker_context(worker), "E_MEMORY", "no memory for compression; give more memory");
    b->packed_bytes[span.begin] = pack_planes(compressor, size > 1 ? shuffled : plain, n, size, b->packed + span.begin * b->bound, b->bound);
    libdeflate_free_compressor(compressor);
    return b->packed_bytes[span.begin] ? OA_OK : oa_fail(oa_worker_context(worker), "E_INTERNAL", "a chunk outgrew its bound; report this");
}

static oa_status write_batch(oa_context *context, hid_t set, const char *path, const batch *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hsize_t offset[5] = { (b->first_chunk + i) * b->rows_per_chunk };
        if (H5Dwrite_chunk(set, H5P_DEFAULT, 0, offset, b->packed_bytes[i], b->packed + i * b->bound) < 0)
            return oa_bulk_failed(context, path);
    }
    return OA_OK;
}

static oa_status write_packed(oa_context *context, hid_t set, const char *path, const oa_bulk_array *array, const size_t chunk[5], int level)
{
    batch b = { .array = array, .rows_per_chunk = chunk[0], .row_elements = 1, .level = level };
    for (int i = 1; i < array->rank; i++) b.row_elements *= array->dims[i];
    const size_t bytes = b.rows_per_chunk * b.row_elements * oa_type_size(array->type), chunks = oa_chunk_count(array->dims[0], chunk[0]);
    const size_t per_batch = 4 * (size_t)context->threads;
    b.bound = pack_bound(bytes);
    OA_TRY(oa_new(context, &b.packed, per_batch, b.bound));
    oa_status status = oa_new(context, &b.packed_bytes, per_batch, sizeof *b.packed_bytes);
    for (; b.first_chunk < chunks && status == OA_OK; b.first_chunk += per_batch) {
        const size_t n = chunks - b.first_chunk < per_batch ? chunks - b.first_chunk : per_batch;
        status = oa_parallel(context, n, 1, pack_chunk, &b);
        if (status == OA_OK) status = write_batch(context, set, path, &b, n);
    }
    oa_free(context, b.packed_bytes);
    oa_free(context, b.packed);
    return status;
}

/* Arrays of truth values are bytes, as the NeXus API has no other; the enumeration is for scalars. */
static hid_t element_type(const oa_bulk_array *array) { return oa_h5w_type(array->type == OA_BOOL ? OA_U8 : array->type); }

/* ---- uncompressed, or chunks that split inner dimensions: HDF5's own path, slab by slab ---- */

static oa_status write_slab(hid_t set, const oa_bulk_array *array, size_t first, size_t n, const void *data)
{
    hsize_t start[5] = { first }, count[5] = { n };
    for (int i = 1; i < array->rank; i++) count[i] = array->dims[i];
    const hid_t file_space = H5Dget_space(set), memory_space = H5Screate_simple(array->rank, count, NULL);
    H5Sselect_hyperslab(file_space, H5S_SELECT_SET, start, NULL, count, NULL);
    const herr_t result = H5Dwrite(set, element_type(array), memory_space, file_space, H5P_DEFAULT, data);
    H5Sclose(memory_space);
    H5Sclose(file_space);
    return result < 0 ? OA_E_IO : OA_OK;
}

static oa_status write_plain(oa_context *context, hid_t set, const char *path, const oa_bulk_array *array)
{
    if (array->planes == 1)
        return write_slab(set, array, 0, array->dims[0], array->plane[0]) == OA_OK ? OA_OK : oa_bulk_failed(context, path);
    const size_t rows = OA_BULK_ROWS / 2; /* a buffer that stays in the second-level cache */
    void *buffer;
    OA_TRY(oa_new(context, &buffer, rows * (size_t)array->planes, oa_type_size(array->type)));
    oa_status status = OA_OK;
    for (size_t first = 0; first < array->dims[0] && status == OA_OK; first += rows) {
        const size_t n = array->dims[0] - first < rows ? array->dims[0] - first : rows;
        oa_bulk_rows(array, first, n, buffer);
        if (write_slab(set, array, first, n, buffer) != OA_OK) status = oa_bulk_failed(context, path);
        if (status == OA_OK) status = oa_check_cancelled(context);
    }
    oa_free(context, buffer);
    return status;
}

static hid_t create_set(hid_t file, const oa_bulk_array *array, const size_t chunk[5], bool packs)
{
    hsize_t dims[5], chunks[5];
    for (int i = 0; i < array->rank; i++) dims[i] = array->dims[i], chunks[i] = chunk[i];
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(array->rank, dims, NULL);
    H5Pset_obj_track_times(create, false);
    if (packs) {
        H5Pset_chunk(create, array->rank, chunks);
        if (oa_type_size(array->type) > 1) H5Pset_shuffle(create);
        H5Pset_deflate(create, 1);
    }
    H5Pset_fill_time(create, H5D_FILL_TIME_NEVER);
    const hid_t set = H5Dcreate2(file, array->path, element_type(array), space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(create);
    return set;
}

static oa_status write_array(oa_context *context, hid_t file, const char *path, const oa_bulk_array *array, int level)
{
    size_t chunk[5];
    oa_bulk_chunk(array, chunk);
    const bool packs = level > 0 && oa_bulk_bytes(array) > OA_BULK_SMALL;
    const hid_t set = create_set(file, array, chunk, packs);
    if (set < 0) return oa_bulk_failed(context, path);
    oa_status status = OA_OK;
    if (oa_bulk_bytes(array) > 0)
        status = packs && splits_rows_only(array, chunk) ? write_packed(context, set, path, array, chunk, level)
                                                         : write_plain(context, set, path, array);
    if (H5Dclose(set) < 0 && status == OA_OK) status = oa_bulk_failed(context, path);
    return status;
}

oa_status oa_bulk_hdf5(oa_context *context, const char *path, const oa_bulk_array *arrays, size_t n, int level)
{
    const hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    if (file < 0) return oa_bulk_failed(context, path);
    oa_status status = OA_OK;
    for (size_t i = 0; i < n && status == OA_OK; i++) status = write_array(context, file, path, &arrays[i], level);
    if (H5Fclose(file) < 0 && status == OA_OK) status = oa_bulk_failed(context, path);
    return status;
}
