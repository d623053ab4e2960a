/* csv.h - the shape of a table in text: separator, header, which field is what. */
#ifndef OA_IO_CSV_H
#define OA_IO_CSV_H

#include "io/file.h"


typedef struct oa_csv_shape {
    char separator;      /* ' ' stands for any run of blanks and tabs */
    char line_end;       /* '\n', or '\r' in files of old Macintoshes */
    unsigned n_fields;   /* in every line */
    unsigned column[4];  /* field numbers of x, y, z, mass-to-charge */
    bool has_header;
    uint64_t data_offset, data_line; /* where the data begin: byte, number of the line (from 1) */
} oa_csv_shape;

/* Finds the shape from the beginning of the file. */
oa_status oa_csv_look(oa_context *context, int fd, uint64_t bytes, const char *name, oa_csv_shape *out) OA_MUST_USE;

/* Takes the next field of [*at, end): false where none is left. *at moves behind the separator, and to NULL behind the
 * last field. */
bool oa_csv_field(char separator, const char **at, const char *end, const char **field, size_t *length);

#endif
