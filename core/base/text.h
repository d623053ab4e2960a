/* text.h - numbers and strings without the process locale; growing strings; names, times, identifiers. */
#ifndef OA_BASE_TEXT_H
#define OA_BASE_TEXT_H

#include "base/context.h"

/* Reads a decimal number from [text, text+length): the whole token must be used. nan and inf are read as such;
 * hexadecimal is refused. A comma is read as decimal point where comma_is_point is set and the token has no dot.
 * False: not a number. */
bool oa_text_real(const char *text, size_t length, bool comma_is_point, double *out);
bool oa_text_integer(const char *text, size_t length, int64_t *out);

/* Shortest text that reads back to the same double (or float); needs 32 bytes. */
const char *oa_text_of_real(char out[32], double value);
const char *oa_text_of_float(char out[32], float value);
/* The decimal number a float was most likely made from, as double: 24.9f gives 24.9. */
double oa_float_as_decimal(float value);

/* A string that grows. Zero it to start; failed growth is remembered and reported by oa_string_take. */
typedef struct oa_string {
    oa_context *context;
    char *text;
    size_t length, capacity;
    bool failed;
} oa_string;
void oa_string_add(oa_string *string, const char *format, ...) OA_PRINTF(2, 3);
void oa_string_add_n(oa_string *string, const char *text, size_t length);
oa_status oa_string_take(oa_string *string, char **out) OA_MUST_USE; /* gives the text; free with oa_free */
void oa_string_drop(oa_string *string);

bool oa_text_is_utf8(const char *text);
/* Copies at most size-1 bytes, replaces control characters (also terminal escapes) and what is no UTF-8 by '?', ends with 0. */
void oa_text_clean(char *out, size_t size, const char *text, size_t length);
const char *oa_base_name(const char *path); /* the part after the last '/' */
bool oa_text_equal(const char *a, const char *b);              /* both may be NULL */
bool oa_text_equal_nocase(const char *a, const char *b);
bool oa_text_ends_nocase(const char *text, const char *suffix);
/* Nearest word of a list by edit distance, NULL where none is near: "did you mean". */
const char *oa_text_nearest(const char *word, const char *const *words, size_t n);

void oa_time_text(char out[40]);  /* now, "2026-01-01T00:00:00+00:00" */
void oa_uuid_text(char out[40]);  /* random UUID, version 4, from the system's generator */

#endif
