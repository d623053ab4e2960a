/* csv_shape.c - how a text table is laid out: found from its first two lines (methods: vendor formats, 8). */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/csv.h"

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool oa_csv_field(char separator, const char **at, const char *end, const char **field, size_t *length)
{
    const char *p = *at;
    if (!p) return false;
    while (p < end && is_blank(*p) && *p != separator) p++;
    if (separator == ' ')
        while (p < end && is_blank(*p)) p++;
    const char *stop = p;
    if (separator == ' ') {
        while (stop < end && !is_blank(*stop)) stop++;
        *at = stop < end ? stop : NULL;
    } else {
        const char *found = memchr(p, separator, (size_t)(end - p));
        stop = found ? found : end;
        *at = found ? found + 1 : NULL;
        while (stop > p && is_blank(stop[-1])) stop--;
    }
    *field = p;
    *length = (size_t)(stop - p);
    return true;
}

static unsigned count_fields(char separator, const char *line, const char *end)
{
    unsigned n = 0;
    const char *field;
    size_t length;
    while (oa_csv_field(separator, &line, end, &field, &length)) n++;
    return n;
}

/* The first of tab, semicolon, comma, blanks that makes at least three fields. */
static char find_separator(const oa_lines *line)
{
    static const char candidates[] = "\t;, ";
    for (int i = 0; candidates[i]; i++)
        if (count_fields(candidates[i], line->line, line->line + line->length) >= 3) return candidates[i];
    return 0;
}

static bool is_all_numbers(char separator, const char *line, const char *end)
{
    const char *field;
    size_t length;
    double value;
    while (oa_csv_field(separator, &line, end, &field, &length))
        if (!oa_text_real(field, length, separator != ',', &value)) return false;
    return true;
}

/* Which of x, y, z, mass-to-charge a heading means; -1: none. Quotes and units in brackets say nothing. */
static int meaning_of(const char *field, size_t length)
{
    static const struct heading {
        const char *word;
        int meaning;
    } headings[] = {
        { "x", 0 }, { "y", 1 }, { "z", 2 }, { "m", 3 }, { "mc", 3 }, { "m/q", 3 }, { "m/z", 3 }, { "m/n", 3 }, { "m/c", 3 },
        { "da", 3 }, { "mass", 3 }, { "mass-to-charge", 3 }, { "mass_to_charge", 3 }, { "mass to charge", 3 },
        { "mass-to-charge-state-ratio", 3 },
    };
    char word[64];
    while (length && (*field == '"' || *field == '\'')) field++, length--;
    size_t n = 0;
    while (n < length && n + 1 < sizeof word && !strchr("([{\"'", field[n])) word[n] = field[n], n++;
    while (n && (is_blank(word[n - 1]) || word[n - 1] == '_')) n--;
    word[n] = 0;
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++)
        if (oa_text_equal_nocase(word, headings[i].word)) return headings[i].meaning;
    return -1;
}

static oa_status map_header(oa_context *context, const char *name, const oa_lines *header, oa_csv_shape *shape)
{
    const char *at = header->line, *end = at + header->length, *field;
    size_t length;
    bool found[4] = { false };
    while (at < end && (*at == '#' || is_blank(*at))) at++;
    for (unsigned f = 0; oa_csv_field(shape->separator, &at, end, &field, &length); f++) {
        const int meaning = meaning_of(field, length);
        if (meaning >= 0 && !found[meaning]) {
            found[meaning] = true;
            shape->column[meaning] = f;
        }
        shape->n_fields = f + 1;
    }
    static const char *const wanted[] = { "x", "y", "z", "mass-to-charge (m, mc, m/q, m/z, m/n, Da or mass)" };
    for (int k = 0; k < 4; k++) {
        if (found[k]) continue;
        char text[160];
        oa_text_clean(text, sizeof text, header->line, header->length);
        return oa_fail_at(context, OA_AT_LINE(name, header->number), "E_CSV_HEADER",
                          "the header '%s' has no column for %s; name x, y, z and a mass-to-charge, or leave the header out",
                          text, wanted[k]);
    }
    return OA_OK;
}

static oa_status no_header(oa_context *context, const char *name, const oa_lines *line, oa_csv_shape *shape)
{
    const unsigned n = count_fields(shape->separator, line->line, line->line + line->length);
    if (n != 4)
        return oa_fail_at(context, OA_AT_LINE(name, line->number), "E_CSV_COLUMNS",
                          "line %llu has %u field%s; without a header 4 are expected: x, y, z, mass-to-charge",
                          (unsigned long long)line->number, n, n == 1 ? "" : "s");
    for (unsigned k = 0; k < 4; k++) shape->column[k] = k;
    shape->n_fields = 4;
    return OA_OK;
}

static oa_status shape_of_text(oa_context *context, const char *name, const char *text, size_t length, oa_csv_shape *shape)
{
    oa_lines lines = { .at = text, .end = text + length };
    bool more;
    OA_TRY(oa_lines_next_filled(context, name, &lines, &more));
    if (!more) return oa_fail_at(context, OA_IN_FILE(name), "E_EMPTY_DATA", "there is no line with data");
    const oa_lines first = lines;
    OA_TRY(oa_lines_next_filled(context, name, &lines, &more));
    shape->separator = more ? find_separator(&lines) : 0;
    if (!shape->separator) shape->separator = find_separator(&first);
    if (!shape->separator) shape->separator = ',';
    shape->has_header = !is_all_numbers(shape->separator, first.line, first.line + first.length);
    if (!shape->has_header) return no_header(context, name, &first, shape);
    OA_TRY(map_header(context, name, &first, shape));
    if (!more)
        return oa_fail_at(context, OA_AT_LINE(name, first.number), "E_EMPTY_DATA",
                          "behind the header there is no line with data");
    shape->data_offset += (uint64_t)(first.at - text);
    shape->data_line = first.number + 1;
    return OA_OK;
}

/* Line ends are those of the first line. */
static char find_line_end(const char *text, size_t length)
{
    const char *cr = memchr(text, '\r', length), *lf = memchr(text, '\n', length);
    return cr && (!lf || lf > cr + 1) ? '\r' : '\n';
}

static oa_status look_at(oa_context *context, const char *name, const char *text, size_t n, oa_csv_shape *out)
{
    const unsigned char *b = (const unsigned char *)text;
    if (n >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
        return oa_fail_at(context, OA_AT_BYTE(name, 0), "E_ENCODING", "the text is UTF-16; save it as UTF-8");
    const char *nul = memchr(text, 0, n);
    if (nul)
        return oa_fail_at(context, OA_AT_BYTE(name, nul - text), "E_ENCODING",
                          "byte %zu is NUL: this is no text, or UTF-16 without its mark; save it as UTF-8",
                          (size_t)(nul - text));
    const size_t mark = n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    *out = (oa_csv_shape){ .data_offset = mark, .data_line = 1, .line_end = find_line_end(text, n) };
    return shape_of_text(context, name, text + mark, n - mark, out);
}

oa_status oa_csv_look(oa_context *context, int fd, uint64_t bytes, const char *name, oa_csv_shape *out)
{
    enum { LOOK = 4 * OA_LINE_MAX };
    char *text;
    const size_t n = bytes < LOOK ? (size_t)bytes : LOOK;
    OA_TRY(oa_new(context, &text, n + 1, 1));
    oa_status status = oa_file_read(context, fd, name, text, n, 0);
    if (status == OA_OK) status = look_at(context, name, text, n, out);
    oa_free(context, text);
    return status;
}
