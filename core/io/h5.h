/* h5.h - HDF5 files from strangers: walked by a child process first, then read through helpers that check every size. */
#ifndef OA_IO_H5_H
#define OA_IO_H5_H

#define H5_USE_110_API 1
#include <hdf5.h>

#include "base/memory.h"

/* Plugin filters are not loaded from the environment and HDF5 prints nothing. Cheap; oa_h5_open calls it too. */
void oa_h5_setup(void);
/* The error of the system (errno) that made a call of the library fail since oa_h5_setup found no file open; 0: none did. */
int oa_h5__errno(void);
void oa_h5__listen(void); /* for those errors: to be called where another library has changed who is told of them */

/* Walks the whole file in a child process: objects, types, spaces, filters, attributes, chunk indices. A file that kills
 * or stalls the library ends the child and becomes E_H5_OPEN here. Refused with codes of their own: what leads out of
 * the file (E_H5_EXTERNAL), foreign filters (E_H5_FILTER), data that would unpack far beyond its storage (E_H5_BOMB),
 * cut files (E_TRUNCATED). */
oa_status oa_h5_check(oa_context *context, const char *path) OA_MUST_USE;

/* The same walk in this process: only for files of which it is known that the library survives them (tests/fuzz makes such). */
oa_status oa_h5__check_here(oa_context *context, const char *path) OA_MUST_USE;

/* H5Fopen for reading, without the walk: for the walk itself and for files of our own. Negative on failure. */
hid_t oa_h5__open_quietly(const char *path);

/* The group that was asked about last. */
enum { OA_H5_PATH_MAX = 1024 };
typedef struct oa_h5_near {
    hid_t group; /* not above 0: none */
    size_t length;
    char path[OA_H5_PATH_MAX];
} oa_h5_near;

/* An open file. All paths below are from its root, "entry1/atom_probe". */
typedef struct oa_h5 {
    oa_context *context;
    const char *path; /* borrowed; for messages */
    hid_t file;
    oa_h5_near *near; /* NULL: every path is looked up from the root */
} oa_h5;
oa_status oa_h5_open(oa_context *context, const char *path, oa_h5 *out) OA_MUST_USE; /* oa_h5_check, then read-only */
void oa_h5_close(oa_h5 *h5); /* accepts one that was never opened but zeroed */

/* Questions below answer no also where memory ran out or the system could not read. Whoever has trusted their answers asks here before it calls
 * its work done: that failure (E_MEMORY, E_READ, cancellation), or OA_OK. */
oa_status oa_h5_trust(const oa_h5 *h5) OA_MUST_USE;

/* The message of every helper names the file and the object; E_READ instead of `code` where the system could not read. */
oa_status oa_h5_fail(const oa_h5 *h5, const char *code, const char *format, ...) OA_PRINTF(3, 4);

bool oa_h5_has(const oa_h5 *h5, const char *path); /* every part of the path exists; "" and "/" do */
bool oa_h5_is_group(const oa_h5 *h5, const char *path);
bool oa_h5_is_dataset(const oa_h5 *h5, const char *path);
bool oa_h5_has_attribute(const oa_h5 *h5, const char *path, const char *attribute);

/* Names of what a group holds, in the order of names; free with oa_h5_names_free. At most OA_H5_NAMES_MAX. */
enum { OA_H5_NAMES_MAX = 100000 };
oa_status oa_h5_names(const oa_h5 *h5, const char *path, char ***names, size_t *n) OA_MUST_USE;
void oa_h5_names_free(const oa_h5 *h5, char **names, size_t n); /* accepts NULL */

/* Text, of fixed or variable length, scalar or a list of one; NUL-terminated, at most `limit` bytes; free with oa_free.
 * attribute NULL: the dataset itself, else the attribute of that object. */
oa_status oa_h5_text(const oa_h5 *h5, const char *path, const char *attribute, size_t limit, char **out) OA_MUST_USE;
/* A list of texts (a scalar is a list of one); free with oa_h5_names_free. */
oa_status oa_h5_texts(const oa_h5 *h5, const char *path, const char *attribute, size_t limit, char ***out, size_t *n) OA_MUST_USE;

/* One number, scalar or a list of one; integers, floats and enumerations (booleans of h5py). */
oa_status oa_h5_real(const oa_h5 *h5, const char *path, const char *attribute, double *out) OA_MUST_USE;
oa_status oa_h5_integer(const oa_h5 *h5, const char *path, const char *attribute, int64_t *out) OA_MUST_USE;

/* What a dataset holds, without reading it. */
enum { OA_H5_RANK_MAX = 8 };
typedef struct oa_h5_shape {
    H5T_class_t type_class; /* H5T_INTEGER, H5T_FLOAT, H5T_STRING, H5T_ENUM, ... */
    size_t type_size;       /* bytes of one element in the file */
    bool is_signed;
    int rank;               /* 0: scalar */
    size_t dims[OA_H5_RANK_MAX];
    size_t n;               /* elements */
} oa_h5_shape;
oa_status oa_h5_shape_of(const oa_h5 *h5, const char *path, oa_h5_shape *out) OA_MUST_USE;

/* Reads a numeric dataset of exactly `shape->n` elements into memory of the caller, converted to memory_type. */
oa_status oa_h5_read(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, hid_t memory_type, void *out) OA_MUST_USE;
/* Elements [begin, begin + n) of the first dimension, whole rows of the others. */
oa_status oa_h5_read_rows(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, size_t begin, size_t n,
                          hid_t memory_type, void *out) OA_MUST_USE;
/* Hands every row of a dataset to `take` once, in pieces and from several threads, where it is stored in the type memory_type
 * as chunks of whole rows with deflate (and shuffle) and nothing else. *is_done is false for any other dataset and for one
 * with a chunk that cannot be unpacked: that is to be read by oa_h5_read, which will say what is wrong. */
typedef void oa_h5_rows_fn(void *arg, size_t first, size_t n, const void *rows);
oa_status oa_h5_each_rows(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, hid_t memory_type, oa_h5_rows_fn *take,
                          void *arg, bool *is_done) OA_MUST_USE;
/* The same for the chunks that hold the rows [first, first + n): `take` may be given rows before and after them. */
oa_status oa_h5_each_rows_of(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, size_t first, size_t n, hid_t memory_type,
                             oa_h5_rows_fn *take, void *arg, bool *is_done) OA_MUST_USE;
/* A numeric dataset of that rank (-1: any) and at most `limit` elements, as float32; free with oa_free. */
oa_status oa_h5_floats(const oa_h5 *h5, const char *path, int rank, size_t limit, oa_h5_shape *shape, float **out) OA_MUST_USE;

#endif
