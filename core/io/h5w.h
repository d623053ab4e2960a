/* h5w.h - small writes with HDF5: groups with their NX_class, texts, numbers, attributes. Text is variable-length UTF-8,
 * booleans are the enumeration FALSE, TRUE: what NeXus validators accept. Failures are counted, not returned one by one;
 * the writer looks once at the end of a stroke. */
#ifndef OA_IO_H5W_H
#define OA_IO_H5W_H

#include "data/values.h"
#include "io/h5.h"

typedef struct oa_h5w {
    oa_context *context;
    hid_t file;
    int failures;
} oa_h5w;

hid_t oa_h5w_type(oa_type type); /* memory type; constant of the library, not to be closed; OA_BOOL, OA_TEXT: none */

/* Paths are from the root, parents exist. A group that exists is kept. */
void oa_h5w_group(oa_h5w *w, const char *path, const char *nx_class);
void oa_h5w_text(oa_h5w *w, const char *path, const char *text);
/* Text of fixed length: what validators take for NX_BINARY and viewers still show as text. */
void oa_h5w_bytes(oa_h5w *w, const char *path, const char *text);
void oa_h5w_texts(oa_h5w *w, const char *path, const char *const *texts, size_t n);
void oa_h5w_number(oa_h5w *w, const char *path, oa_type type, const void *value, const char *unit);
void oa_h5w_real(oa_h5w *w, const char *path, double value, const char *unit);
void oa_h5w_count(oa_h5w *w, const char *path, uint64_t value); /* u32 where it fits, else u64 */
void oa_h5w_bool(oa_h5w *w, const char *path, bool value);
void oa_h5w_array(oa_h5w *w, const char *path, oa_type type, int rank, const size_t *dims, const void *data, const char *unit);
void oa_h5w_attribute(oa_h5w *w, const char *path, const char *name, const char *text);
void oa_h5w_attribute_texts(oa_h5w *w, const char *path, const char *name, const char *const *texts, size_t n);
void oa_h5w_attribute_u32(oa_h5w *w, const char *path, const char *name, uint32_t value);
void oa_h5w_link(oa_h5w *w, const char *existing, const char *path); /* hard */
bool oa_h5w_exists(oa_h5w *w, const char *path); /* the last part; its parent exists */

/* "parent/child" into a buffer of the caller. */
const char *oa_h5w_join(char out[512], const char *parent, const char *child);

#endif
