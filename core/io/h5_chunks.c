/* h5_chunks.c - large arrays, unpacked by all cores. HDF5's own filter pipeline is serial; here its chunks are fetched as they
 * are stored and unpacked side by side. Whatever is not exactly what our writer (or h5py with the same filters) makes is left
 * to HDF5, and so is everything that looks wrong: its message is the right one. */
#include <libdeflate.h>
#include <string.h>

#include "base/parallel.h"
#include "io/h5.h"

#define CHUNK_BYTES_MAX ((size_t)4 << 20) /* unpacked; larger chunks would cost each thread too much memory */
enum { CHUNKS_PER_THREAD = 2 };

typedef struct unpacking {
    hid_t set;
    size_t size;           /* bytes of an element */
    size_t row_bytes, chunk_rows, rows, end; /* rows of the dataset; row before which to end */
    bool is_shuffled;
    oa_h5_rows_fn *take;
    void *arg;
    /* the batch in hand */
    size_t first_chunk, bound;
    unsigned char *packed; /* (chunks of the batch, bound) */
    size_t *packed_bytes;
    atomic_bool is_odd;    /* some chunk is not what it should be */
} unpacking;

/* Byte b of element i stands at in[b * n + i]. */
static void unshuffle(const unsigned char *in, unsigned char *out, size_t n, size_t size)
{
    if (size == 4) {
        for (size_t i = 0; i < n; i++) {
            const uint32_t v = in[i] | (uint32_t)in[n + i] << 8 | (uint32_t)in[2 * n + i] << 16 | (uint32_t)in[3 * n + i] << 24;
            const unsigned char bytes[4] = { v & 0xff, v >> 8 & 0xff, v >> 16 & 0xff, v >> 24 };
            memcpy(out + 4 * i, bytes, 4);
        }
        return;
    }
    for (size_t b = 0; b < size; b++)
        for (size_t i = 0; i < n; i++) out[i * size + b] = in[b * n + i];
}

static oa_status unpack_chunk(void *arg, oa_span span, oa_worker *worker)
{
    unpacking *u = arg;
    const size_t bytes = u->chunk_rows * u->row_bytes, first = (u->first_chunk + span.begin) * u->chunk_rows;
    unsigned char *plain, *rows;
    size_t got = 0;
    OA_TRY(oa_worker_scratch(worker, 0, &plain, bytes, 1));
    OA_TRY(oa_worker_scratch(worker, 1, &rows, bytes, 1));
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    if (!decompressor) return oa_fail(oa_worker_context(worker), "E_MEMORY", "no memory for unpacking; give more memory");
    const enum libdeflate_result result = libdeflate_zlib_decompress(decompressor, u->packed + span.begin * u->bound,
                                                                     u->packed_bytes[span.begin], plain, bytes, &got);
    libdeflate_free_decompressor(decompressor);
    if (result != LIBDEFLATE_SUCCESS || got != bytes) {
        atomic_store(&u->is_odd, true);
        return OA_OK;
    }
    if (u->is_shuffled) unshuffle(plain, rows, bytes / u->size, u->size);
    u->take(u->arg, first, u->rows - first < u->chunk_rows ? u->rows - first : u->chunk_rows, u->is_shuffled ? rows : plain);
    return OA_OK;
}

/* False: a chunk that was never written, is larger than deflate makes it, or skipped a filter. */
static bool fetch(unpacking *u, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        hsize_t offset[2] = { (u->first_chunk + i) * u->chunk_rows, 0 }, bytes = 0;
        uint32_t skipped = 1;
        if (H5Dget_chunk_storage_size(u->set, offset, &bytes) < 0 || bytes == 0 || bytes > u->bound) return false;
        if (H5Dread_chunk(u->set, H5P_DEFAULT, offset, &skipped, u->packed + i * u->bound) < 0 || skipped != 0) return false;
        u->packed_bytes[i] = (size_t)bytes;
    }
    return true;
}

static oa_status unpack_batches(oa_context *context, unpacking *u)
{
    const size_t chunks = oa_chunk_count(u->end, u->chunk_rows), per_batch = CHUNKS_PER_THREAD * (size_t)context->threads;
    const size_t bytes = u->chunk_rows * u->row_bytes;
    u->bound = bytes + bytes / 256 + 1024; /* no writer makes it longer than that */
    OA_TRY(oa_new(context, &u->packed, per_batch, u->bound));
    OA_TRY(oa_new(context, &u->packed_bytes, per_batch, sizeof *u->packed_bytes));
    for (; u->first_chunk < chunks && !atomic_load(&u->is_odd); u->first_chunk += per_batch) {
        const size_t n = chunks - u->first_chunk < per_batch ? chunks - u->first_chunk : per_batch;
        if (!fetch(u, n)) atomic_store(&u->is_odd, true);
        else OA_TRY(oa_parallel(context, n, 1, unpack_chunk, u));
    }
    return OA_OK;
}

/* ---- is it stored in the way that is read here? ---- */

/* Exactly deflate, or shuffle and then deflate. */
static bool has_our_filters(hid_t create, bool *is_shuffled)
{
    const int n = H5Pget_nfilters(create);
    if (n < 1 || n > 2) return false;
    for (int i = 0; i < n; i++) {
        unsigned flags, values[8];
        size_t n_values = 8;
        const H5Z_filter_t filter = H5Pget_filter2(create, (unsigned)i, &flags, &n_values, values, 0, NULL, NULL);
        if (filter != (i + 1 < n ? H5Z_FILTER_SHUFFLE : H5Z_FILTER_DEFLATE)) return false;
    }
    *is_shuffled = n == 2;
    return true;
}

/* Chunks of whole rows, small enough. */
static bool has_our_chunks(hid_t create, const oa_h5_shape *shape, unpacking *u)
{
    hsize_t chunk[OA_H5_RANK_MAX] = { 0 };
    if (H5Pget_layout(create) != H5D_CHUNKED || H5Pget_chunk(create, shape->rank, chunk) != shape->rank) return false;
    if (shape->rank == 2 && chunk[1] != shape->dims[1]) return false;
    const size_t columns = shape->rank == 2 ? shape->dims[1] : 1;
    if (chunk[0] == 0 || columns == 0 || columns > CHUNK_BYTES_MAX / u->size || chunk[0] > CHUNK_BYTES_MAX / (columns * u->size)) return false;
    u->chunk_rows = (size_t)chunk[0];
    u->row_bytes = columns * u->size;
    return true;
}

static bool is_ours(const oa_h5_shape *shape, hid_t memory_type, unpacking *u)
{
    if (shape->rank < 1 || shape->rank > 2 || shape->n == 0) return false;
    const hid_t type = H5Dget_type(u->set), space = H5Dget_space(u->set), create = H5Dget_create_plist(u->set);
    hsize_t dims[OA_H5_RANK_MAX] = { 0 };
    bool fits = type >= 0 && space >= 0 && create >= 0 && H5Tequal(type, memory_type) > 0 &&
                H5Sget_simple_extent_ndims(space) == shape->rank && H5Sget_simple_extent_dims(space, dims, NULL) == shape->rank;
    for (int i = 0; i < shape->rank; i++) fits = fits && dims[i] == shape->dims[i];
    u->size = fits ? H5Tget_size(type) : 0;
    u->rows = shape->dims[0];
    fits = fits && u->size > 0 && has_our_filters(create, &u->is_shuffled) && has_our_chunks(create, shape, u);
    if (create >= 0) H5Pclose(create);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    return fits;
}

oa_status oa_h5_each_rows(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, hid_t memory_type, oa_h5_rows_fn *take,
                          void *arg, bool *is_done)
{
    return oa_h5_each_rows_of(h5, path, shape, 0, shape->rank ? shape->dims[0] : 0, memory_type, take, arg, is_done);
}

oa_status oa_h5_each_rows_of(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, size_t first, size_t n, hid_t memory_type,
                             oa_h5_rows_fn *take, void *arg, bool *is_done)
{
    unpacking u = { .take = take, .arg = arg, .end = first + n };
    *is_done = false;
    u.set = H5Dopen2(h5->file, path, H5P_DEFAULT);
    if (u.set < 0) return OA_OK;
    oa_status status = OA_OK;
    if (is_ours(shape, memory_type, &u)) {
        u.first_chunk = first / u.chunk_rows;
        status = unpack_batches(h5->context, &u);
        *is_done = status == OA_OK && !atomic_load(&u.is_odd);
    }
    oa_free(h5->context, u.packed_bytes);
    oa_free(h5->context, u.packed);
    H5Dclose(u.set);
    return status;
}
