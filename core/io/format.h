/* format.h - one row per file format; formats.c lists them and recognises a file by its bytes and its suffix. */
#ifndef OA_IO_FORMAT_H
#define OA_IO_FORMAT_H

#include "data/metadata.h"
#include "data/port.h"

typedef struct oa_format {
    const char *name;                /* "pos" */
    const char *const *extensions;   /* without the dot, lower case, NULL-terminated */
    const char *help;
    oa_status (*read)(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out);
} oa_format;

extern const oa_format oa_format_pos, oa_format_epos, oa_format_apt, oa_format_ato, oa_format_csv, oa_format_rrng,
    oa_format_rng, oa_format_env, oa_format_keras, oa_format_nexus, oa_format_cameca, oa_format_npy;

/* Recognises the file (regular file, not empty, magic bytes against suffix) and fills source; the path is borrowed.
 * E_NOT_FOUND, E_NOT_A_FILE, E_EMPTY_FILE, E_FORMAT_MISMATCH, E_FORMAT_UNKNOWN. Does not read further. */
oa_status oa_source_open(oa_context *context, const char *path, oa_source *out) OA_MUST_USE;

/* SHA-256 of a whole file and its length. */
oa_status oa_file_digest(oa_context *context, const char *path, char hex[65], uint64_t *bytes) OA_MUST_USE;

/* A whole text file (at most `limit` bytes), NUL-terminated, byte-order mark removed; E_ENCODING for UTF-16 and NUL bytes. */
oa_status oa_file_text(oa_context *context, const char *path, size_t limit, char **out, size_t *length) OA_MUST_USE;

/* Facts of specimen and measurement from YAML or JSON with the keys of pynxtools-apm's ELN file. Unknown keys are
 * W_METADATA; what is no such file, or hostile (references, depth, keys that occur twice), E_METADATA; > 1 MiB, E_SIZE. */
oa_status oa_metadata_read(oa_context *context, const char *path, oa_metadata **out) OA_MUST_USE;

/* A file that appears under its name complete or not at all: written as NAME.part, fsync, rename. */
typedef struct oa_output_file {
    oa_context *context;
    char *path, *part;
    int descriptor;
    uint64_t bytes;
    unsigned char *buffer;
    size_t used;
    void *digest; /* oa_digest of what was written */
} oa_output_file;
oa_status oa_output_open(oa_context *context, oa_output_file *file, const char *path, bool overwrite) OA_MUST_USE;
oa_status oa_output_write(oa_output_file *file, const void *bytes, size_t n) OA_MUST_USE;
oa_status oa_output_text(oa_output_file *file, const char *format, ...) OA_PRINTF(2, 3) OA_MUST_USE;
oa_status oa_output_commit(oa_output_file *file, char hex[65]) OA_MUST_USE; /* hex may be NULL */
void oa_output_abandon(oa_output_file *file); /* after a failure: nothing is left */

/* Writers for export. */
oa_status oa_sink_open(oa_context *context, const char *path, bool overwrite, oa_sink *out) OA_MUST_USE;
oa_status oa_write_pos(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options) OA_MUST_USE; /* and .rrng */
oa_status oa_write_csv(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options) OA_MUST_USE;
oa_status oa_write_xyz(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options) OA_MUST_USE;
oa_status oa_write_vtkhdf(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options) OA_MUST_USE;

#endif
