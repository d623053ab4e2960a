/* flat.h - a small YAML or JSON file as lines of "group/key" and text. What a metadata file never needs is refused. */
#ifndef OA_IO_FLAT_H
#define OA_IO_FLAT_H

#include "base/memory.h"

enum { OA_FLAT_KEY = 240 }; /* bytes of a whole key with its end */

typedef struct oa_leaf {
    char *key, *text; /* text NULL: a group, a list or nothing, kept to notice keys that occur twice */
    uint64_t line;    /* 0: unknown */
    bool is_done;
} oa_leaf;

typedef struct oa_flat {
    oa_context *context;
    const char *name; /* of the file, for messages; borrowed */
    oa_leaf *leaves;
    size_t n, capacity;
} oa_flat;

/* Zero the rest of *flat first; to be dropped also after a failure. All failures are E_METADATA. */
oa_status oa_flat_json(oa_flat *flat, const char *text, size_t length) OA_MUST_USE;
oa_status oa_flat_yaml(oa_flat *flat, const char *text, size_t length) OA_MUST_USE;
void oa_flat_drop(oa_flat *flat);
oa_leaf *oa_flat_find(const oa_flat *flat, const char *key); /* NULL: none */
/* The failure of one key: "file:line: E_METADATA: 'key': what". */
oa_status oa_flat_bad(const oa_flat *flat, uint64_t line, const char *key, const char *what);

#endif
