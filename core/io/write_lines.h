/* write_lines.h - text tables of ions: formatted on all cores, written in order. */
#ifndef OA_IO_WRITE_LINES_H
#define OA_IO_WRITE_LINES_H

#include "io/file.h"

enum { OA_LINE_ROOM = 192 }; /* bytes of one line at most */

/* Formats the line of one ion; returns its length. */
typedef size_t oa_line_fn(const void *arg, size_t ion, char out[OA_LINE_ROOM]);

/* The line of every ion that options name, in order. */
oa_status oa_lines_write(oa_output_file *file, const oa_ions *ions, const oa_write_options *options, oa_line_fn *line,
                         const void *arg) OA_MUST_USE;

/* How many ions options name, and which is the k-th. */
static inline size_t oa_write_count(const oa_ions *ions, const oa_write_options *options)
{
    return options->index ? options->n_index : ions->n;
}
static inline size_t oa_write_row(const oa_write_options *options, size_t k)
{
    return options->index ? (size_t)options->index[k] : k;
}

/* Shortest decimal that reads back to the same float; returns its length, at most 31. */
size_t oa_line_float(char *out, float value);
size_t oa_line_count(char *out, uint64_t value);
size_t oa_line_name(char *out, const char *text); /* copies without its end */

/* Names of the types for a text file, one per type from 0; blanks are dropped, or other separators replaced. */
typedef struct oa_names {
    char (*of_type)[OA_ION_NAME];
} oa_names;
oa_status oa_names_make(oa_context *context, oa_names *out, const oa_ranges *ranges, const char *unranged, bool without_blanks) OA_MUST_USE;
void oa_names_drop(oa_context *context, oa_names *names);

/* A word that every reader takes: letters, digits and '_' only; "" becomes the fallback. */
void oa_plain_word(char *out, size_t size, const char *text, const char *fallback, bool underscore);

/* Ends an output file and enters it in the list of the sink; abandons it where status is a failure. */
oa_status oa_sink_finish(oa_context *context, oa_sink *sink, oa_output_file *file, oa_status status) OA_MUST_USE;
/* index and label of the options against the ions. */
oa_status oa_write_check(oa_context *context, const oa_ions *ions, const oa_write_options *options) OA_MUST_USE;

#endif
