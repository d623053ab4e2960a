/* text.c - numbers without the locale, growing strings, names. */
#define _GNU_SOURCE 1 /* newlocale, uselocale, getentropy */
#include "base/text.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

/* Exact for at most 15 digits and powers of ten up to 22, which are nearly all numbers in files (Clinger 1990). */
static bool simple_real(const char *text, size_t length, char point, double *out)
{
    size_t i = 0;
    bool negative = false, any = false;
    if (i < length && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
    uint64_t mantissa = 0;
    int digits = 0, scale = 0;
    for (bool fraction = false; i < length; i++) {
        const unsigned digit = (unsigned)(text[i] - '0');
        if (digit < 10) {
            any = true;
            mantissa = 10 * mantissa + digit;
            digits += mantissa != 0;
            scale += fraction;
            if (digits > 15) return false;
        } else if (text[i] == point && !fraction) {
            fraction = true;
        } else {
            return false;
        }
    }
    if (!any || scale > 22) return false;
    const double value = (double)mantissa / tens[scale];
    *out = negative ? -value : value;
    return true;
}

/* A constant made at first use, never freed: the one thing here that is not in the context. */
static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;
static void make_c_locale(void) { c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0); }

static locale_t enter_c_locale(void) /* of this thread; gives the one to return to */
{
    pthread_once(&c_locale_once, make_c_locale);
    return c_locale ? uselocale(c_locale) : (locale_t)0;
}

static void leave_c_locale(locale_t before)
{
    if (before) uselocale(before);
}

bool oa_text_real(const char *text, size_t length, bool comma_is_point, double *out)
{
    const bool swap = comma_is_point && memchr(text, ',', length) && !memchr(text, '.', length);
    if (simple_real(text, length, swap ? ',' : '.', out)) return true;
    char buffer[128];
    if (length == 0 || length >= sizeof buffer || isspace((unsigned char)text[0])) return false;
    memcpy(buffer, text, length);
    buffer[length] = 0;
    if (strpbrk(buffer, "xX(")) return false; /* strtod takes hexadecimal and nan(...) */
    if (swap) *(char *)memchr(buffer, ',', length) = '.'; /* not strchr: there may be a NUL before it */
    char *end;
    const locale_t before = enter_c_locale();
    *out = strtod(buffer, &end);
    leave_c_locale(before);
    return end == buffer + length;
}

bool oa_text_integer(const char *text, size_t length, int64_t *out)
{
    size_t i = 0;
    bool negative = false;
    if (length && (text[0] == '-' || text[0] == '+')) negative = text[i++] == '-';
    if (i == length) return false;
    uint64_t value = 0;
    for (; i < length; i++) {
        const unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9 || value > ((uint64_t)INT64_MAX - digit) / 10) return false;
        value = 10 * value + digit;
    }
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

const char *oa_text_of_real(char out[32], double value)
{
    const locale_t before = enter_c_locale();
    for (int digits = 15; digits <= 17; digits++) { /* %g drops trailing zeros: 0.75, not 0.750000000000000 */
        snprintf(out, 32, "%.*g", digits, value);
        double back;
        if (!isfinite(value) || (oa_text_real(out, strlen(out), false, &back) && back == value)) break;
    }
    leave_c_locale(before);
    return out;
}

const char *oa_text_of_float(char out[32], float value)
{
    const locale_t before = enter_c_locale();
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(out, 32, "%.*g", digits, (double)value);
        double back;
        if (!isfinite(value) || (oa_text_real(out, strlen(out), false, &back) && (float)back == value)) break;
    }
    leave_c_locale(before);
    return out;
}

double oa_float_as_decimal(float value)
{
    char text[32];
    double out = value;
    oa_text_of_float(text, value);
    (void)oa_text_real(text, strlen(text), false, &out);
    return out;
}

static bool string_room(oa_string *string, size_t more)
{
    if (string->failed) return false;
    if (string->length + more + 1 <= string->capacity) return true;
    size_t capacity = string->capacity ? string->capacity : 64;
    while (capacity < string->length + more + 1) capacity *= 2;
    if (oa_resize(string->context, &string->text, capacity, 1) != OA_OK) {
        string->failed = true;
        return false;
    }
    string->capacity = capacity;
    return true;
}

void oa_string_add_n(oa_string *string, const char *text, size_t length)
{
    if (!string_room(string, length)) return;
    memcpy(string->text + string->length, text, length);
    string->length += length;
    string->text[string->length] = 0;
}

void oa_string_add(oa_string *string, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    const int n = vsnprintf(NULL, 0, format, list);
    if (n >= 0 && string_room(string, (size_t)n)) {
        vsnprintf(string->text + string->length, (size_t)n + 1, format, again);
        string->length += (size_t)n;
    }
    va_end(again);
    va_end(list);
}

oa_status oa_string_take(oa_string *string, char **out)
{
    *out = NULL;
    if (!string->failed && !string->text) string_room(string, 0);
    if (string->failed) {
        oa_string_drop(string);
        return oa_fail(string->context, "E_MEMORY", "no memory for a text; give more memory");
    }
    *out = string->text;
    *string = (oa_string){ .context = string->context };
    return OA_OK;
}

void oa_string_drop(oa_string *string)
{
    oa_free(string->context, string->text);
    *string = (oa_string){ .context = string->context };
}

/* Bytes of the UTF-8 character at the start of text; 0: none (also surrogates, overlong forms and what ends too early). */
static size_t utf8_length(const unsigned char *text, size_t length)
{
    static const unsigned least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    const size_t n = text[0] < 0x80 ? 1 : text[0] < 0xc0 ? 0 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : text[0] < 0xf8 ? 4 : 0;
    unsigned value = text[0] & (0x7fu >> n);
    if (n < 2 || n > length) return n > length ? 0 : n;
    for (size_t i = 1; i < n; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (text[i] & 0x3fu);
    }
    return value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000) ? 0 : n;
}

bool oa_text_is_utf8(const char *text)
{
    for (size_t length = strlen(text), n; length; text += n, length -= n)
        if ((n = utf8_length((const unsigned char *)text, length)) == 0) return false;
    return true;
}

void oa_text_clean(char *out, size_t size, const char *text, size_t length)
{
    size_t n = 0;
    for (size_t i = 0; i < length && text[i];) {
        const unsigned char c = (unsigned char)text[i];
        const size_t bytes = utf8_length((const unsigned char *)text + i, length - i), step = bytes ? bytes : 1;
        if (n + step >= size) break;
        if (!bytes || c < 0x20 || c == 0x7f) out[n] = '?';
        else memmove(out + n, text + i, step); /* out may be text */
        n += step;
        i += step;
    }
    if (size) out[n] = 0;
}

const char *oa_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool oa_text_equal(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }
bool oa_text_equal_nocase(const char *a, const char *b) { return a == b || (a && b && strcasecmp(a, b) == 0); }

bool oa_text_ends_nocase(const char *text, const char *suffix)
{
    const size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcasecmp(text + n - m, suffix) == 0;
}

/* Levenshtein distance; words are short, so one row on the stack is enough. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[65];
    const size_t n = strlen(b) < 64 ? strlen(b) : 64;
    for (size_t j = 0; j <= n; j++) row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            const size_t above = row[j], swap = diagonal + (a[i - 1] != b[j - 1]);
            size_t best = above + 1 < row[j - 1] + 1 ? above + 1 : row[j - 1] + 1;
            row[j] = swap < best ? swap : best;
            diagonal = above;
        }
    }
    return row[n];
}

const char *oa_text_nearest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t distance = strlen(word) / 3 + 2; /* farther words are no help */
    for (size_t i = 0; i < n; i++) {
        const size_t d = edit_distance(word, words[i]);
        if (d < distance) distance = d, best = words[i];
    }
    return best;
}

void oa_time_text(char out[40])
{
    const time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(out, 40, "%Y-%m-%dT%H:%M:%S+00:00", &utc);
}

void oa_uuid_text(char out[40])
{
    unsigned char b[16];
    if (getentropy(b, sizeof b) != 0) memset(b, 0, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(out, 40, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4],
             b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}
