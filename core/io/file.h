/* file.h - what readers and writers of plain files share: opening, reading at an offset, lines of text, outputs that
 * another library writes. */
#ifndef OA_IO_FILE_H
#define OA_IO_FILE_H

#include "io/format.h"

enum { OA_LINE_MAX = 65536 }; /* bytes of one line of text */
#define OA_RANGE_FILE_MAX ((size_t)64 << 20) /* no range file comes near this */

/* Opens a regular file for reading, without ever waiting for the other end of a pipe. name is for the messages. */
oa_status oa_file_open(oa_context *context, const char *path, int *descriptor, uint64_t *bytes) OA_MUST_USE;
/* All of [offset, offset + n): E_READ where the system fails, E_TRUNCATED where the file became shorter. */
oa_status oa_file_read(oa_context *context, int descriptor, const char *name, void *to, size_t n, uint64_t offset) OA_MUST_USE;
void oa_file_close(int descriptor); /* accepts -1 */

/* Lines of a text; LF, CRLF and CR end a line. Zero to start, with at and end set. */
typedef struct oa_lines {
    const char *at, *end;
    uint64_t number;  /* of the line in hand, from 1 */
    const char *line; /* without its end and without blanks around */
    size_t length;
} oa_lines;
bool oa_lines_next(oa_lines *lines);
/* As above without empty lines; E_LINE_TOO_LONG. *more is false at the end. */
oa_status oa_lines_next_filled(oa_context *context, const char *name, oa_lines *lines, bool *more) OA_MUST_USE;

/* Blank-separated tokens: *at moves behind the token; false: none left. */
bool oa_token_next(const char **at, const char *end, const char **token, size_t *length);

/* Whether path may become an output: E_EXISTS, E_OUTPUT (a folder or device, no name). */
oa_status oa_output_check(oa_context *context, const char *path, bool overwrite) OA_MUST_USE;

/* For files that another library writes: checks that path may be written, removes a stale .part, creates an empty one
 * and gives its name; then makes it permanent under its own name, or forgets it. */
typedef struct oa_claim {
    char *part;
    int descriptor; /* held open: nobody else's file can then pass for it */
} oa_claim;
oa_status oa_part_claim(oa_context *context, const char *path, bool overwrite, oa_claim *out) OA_MUST_USE;
oa_status oa_part_check(oa_context *context, const oa_claim *claim) OA_MUST_USE; /* E_OUTPUT where another run replaced it */
oa_status oa_part_publish(oa_context *context, oa_claim *claim, const char *path) OA_MUST_USE; /* frees it */
void oa_part_forget(oa_context *context, oa_claim *claim);                       /* removes and frees; accepts an empty one */

/* The failure for errno after writing: no space (73) or another fault (74). */
oa_status oa_write_failed(oa_context *context, const char *path, int error);

#endif
