/* bulk.h - numeric arrays on their way into a file: one interface, two libraries. */
#ifndef OA_IO_BULK_H
#define OA_IO_BULK_H

#include "io/nexus.h"

/* One array. Up to three planes of (rows) values are interleaved to (rows, planes): positions are stored as x, y, z
 * columns and written as (n, 3) without a copy of the whole. */
typedef struct oa_bulk_array {
    char path[256];
    oa_type type;
    int rank;
    size_t dims[5];
    const void *plane[3];
    int planes; /* 1: plane[0] holds all elements, row major */
    bool is_view; /* made for viewers: in no manifest, its digest stands beside that */
    /* attributes, set when the file is finished */
    char unit[16], long_name[256], depends_on[64];
} oa_bulk_array;

enum { OA_BULK_ROWS = 65536, OA_BULK_SMALL = 16384 }; /* rows of a chunk for columns; below so many bytes: contiguous */

size_t oa_bulk_bytes(const oa_bulk_array *array);
/* Shape of a chunk: whole inner dimensions where they fit, about 256 KiB to 1 MiB. */
void oa_bulk_chunk(const oa_bulk_array *array, size_t chunk[5]);
/* Elements of rows [first, first+n) of the first dimension, interleaved into out. */
void oa_bulk_rows(const oa_bulk_array *array, size_t first, size_t n, void *out);

/* Each writes the arrays into the closed file `path`, whose groups exist. */
oa_status oa_bulk_hdf5(oa_context *context, const char *path, const oa_bulk_array *arrays, size_t n, int level) OA_MUST_USE;
oa_status oa_bulk_napi(oa_context *context, const char *path, const oa_bulk_array *arrays, size_t n, int level) OA_MUST_USE;
bool oa_bulk_has_napi(void);
const char *oa_bulk_napi_version(void); /* "" without */

/* The status after a failed write: E_DISK_FULL where the file system is full, else E_WRITE. */
oa_status oa_bulk_failed(oa_context *context, const char *path) OA_MUST_USE;

#endif
