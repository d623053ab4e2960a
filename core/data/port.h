/* port.h - the border between steps and files. A step never opens a file: it is handed sources and sinks, which io/
 * (or a test) fills in. */
#ifndef OA_DATA_PORT_H
#define OA_DATA_PORT_H

#include "data/ions.h"

struct oa_model;

/* Ions that stay in their file, handed out in pieces of whole rows, in the order of the rows. `columns` has a bit for each
 * column that is wanted; first is the row of the piece's first ion in the file. */
typedef oa_status oa_ions_fn(void *arg, size_t first, const oa_ions *piece);
typedef struct oa_ion_stream {
    oa_status (*each)(void *self, unsigned columns, oa_ions_fn *fn, void *arg);
    void *self;
} oa_ion_stream;

/* What the parameters of `import` say about reading (methods: vendor formats). */
typedef struct oa_read_options {
    const char *byte_order; /* "big" or "little" (.pos, .epos) */
    bool force;             /* read although it looks implausible */
    bool drop_nonfinite;    /* leave out records with NaN or infinity, instead of refusing the file */
    bool fourth_is_label;   /* the fourth value of .pos is a cluster number: kept as mass-to-charge, no warning */
    bool allow_overlap;     /* overlapping ranges of different ions: the lower key wins */
    bool allow_negative;    /* ranges may begin below 0 */
    const char *preset;     /* what a published network was made for; "" = by its shape */
} oa_read_options;

/* What a vendor file held; every part may be NULL. Owned by whoever holds it. */
typedef struct oa_content {
    oa_ions *ions;
    oa_ranges *ranges;
    struct oa_model *model; /* published networks */
    struct oa_array *array; /* .npy: one array */
} oa_content;

/* A file given to a step. */
typedef struct oa_source oa_source;
struct oa_source {
    const char *path; /* for opening */
    const char *name; /* base name, for messages and records */
    const char *format; /* "pos", "rrng", ...: found out when it was opened */
    char sha256[65];    /* of the file, for the record */
    oa_status (*read)(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out);
};

/* What export writes beside the ions. */
typedef struct oa_write_options {
    const char *format;      /* "pos", "csv", "xyz", "vtkhdf" */
    const uint32_t *label;   /* per ion: class or domain number, replaces mass-to-charge in .pos; NULL: none */
    const char *label_name;  /* "domain", "selected" */
    const uint64_t *index;   /* ions to write, ascending; NULL: all */
    size_t n_index;
} oa_write_options;

/* A file a step may write. files lists what was written, with digests. */
typedef struct oa_written {
    char name[256]; /* base name */
    char sha256[65];
    uint64_t bytes;
} oa_written;
typedef struct oa_sink oa_sink;
struct oa_sink {
    const char *path;
    bool overwrite;
    oa_status (*write)(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options);
    size_t n_files;
    oa_written files[4];
};

#endif
