/* format_csv.c - .csv and .txt tables: x, y, z, mass-to-charge, with or without a header, in any common separator.
 * Read twice in pieces on all cores, first to count the lines, then to fill the columns: memory is the columns only. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "io/csv.h"

enum { PIECE = 1 << 20 };

typedef enum fault_kind { NO_FAULT, LINE_TOO_LONG, NUL_BYTE, WRONG_COLUMNS, NO_NUMBER, NOT_FINITE } fault_kind;

/* The first thing wrong in a piece; the piece with the lowest number is reported, so threads cannot change it. */
typedef struct fault {
    fault_kind kind;
    size_t piece;
    uint64_t line; /* counted within the piece, from 0 */
    unsigned field, found;
    char token[64];
} fault;

typedef struct table {
    int fd;
    const char *name;
    uint64_t bytes;
    oa_csv_shape shape;
    bool drops;            /* non-finite lines are left out later */
    uint64_t *lines, *rows; /* per piece: how many, then where they begin */
    float *to[4];
    atomic_size_t nonpositive, nonfinite;
    pthread_mutex_t lock;
    fault first;
} table;

/* The lines that begin in one piece. */
typedef struct piece {
    const char *at, *end; /* of the text */
    const char *limit;    /* lines that begin here or behind belong to the next piece */
    char line_end;
} piece;

static void note_fault(table *t, const fault *f)
{
    pthread_mutex_lock(&t->lock);
    if (t->first.kind == NO_FAULT || f->piece < t->first.piece) t->first = *f;
    pthread_mutex_unlock(&t->lock);
}

static bool is_moot(table *t, size_t number)
{
    pthread_mutex_lock(&t->lock);
    const bool moot = t->first.kind != NO_FAULT && t->first.piece < number;
    pthread_mutex_unlock(&t->lock);
    return moot;
}

/* Reads a piece with one byte before it, to know whether a line begins at its first byte, and a line behind it. */
static oa_status load(table *t, oa_span span, oa_worker *worker, piece *out)
{
    const uint64_t begin = t->shape.data_offset + span.begin, before = span.begin > 0;
    const uint64_t last = t->shape.data_offset + span.end + OA_LINE_MAX + 2;
    const size_t n = (size_t)((last < t->bytes ? last : t->bytes) - (begin - before));
    char *text;
    OA_TRY(oa_worker_scratch(worker, 0, &text, PIECE + OA_LINE_MAX + 4, 1));
    OA_TRY(oa_file_read(oa_worker_context(worker), t->fd, t->name, text, n, begin - before));
    *out =
        (piece){ .at = text, .end = text + n, .limit = text + before + (span.end - span.begin), .line_end = t->shape.line_end };
    if (before) {
        const char *stop = memchr(text, out->line_end, n);
        out->at = stop ? stop + 1 : out->end;
    }
    return OA_OK;
}

/* False at the end of the piece. The line is given without blanks around it; CR before LF is such a blank. */
static bool next_line(piece *p, const char **line, const char **end)
{
    if (p->at >= p->limit || p->at >= p->end) return false;
    const char *stop = memchr(p->at, p->line_end, (size_t)(p->end - p->at));
    if (!stop) stop = p->end;
    const char *begin = p->at;
    p->at = stop + 1;
    while (begin < stop && (*begin == ' ' || *begin == '\t')) begin++;
    while (stop > begin && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t')) stop--;
    *line = begin;
    *end = stop;
    return true;
}

static oa_status count_piece(void *arg, oa_span span, oa_worker *worker)
{
    table *t = arg;
    piece p;
    const char *line, *end;
    if (is_moot(t, span.chunk)) return OA_OK;
    OA_TRY(load(t, span, worker, &p));
    fault f = { .piece = span.chunk };
    uint64_t lines = 0, rows = 0;
    const char *nul = memchr(p.at, 0, (size_t)(p.end - p.at));
    for (; f.kind == NO_FAULT && next_line(&p, &line, &end); lines++) {
        rows += line < end;
        if (nul && nul < p.at) f.kind = NUL_BYTE;
        else if (end - line > OA_LINE_MAX) f.kind = LINE_TOO_LONG;
        f.line = lines;
    }
    t->lines[span.chunk] = lines;
    t->rows[span.chunk] = rows;
    if (f.kind != NO_FAULT) note_fault(t, &f);
    return OA_OK;
}

static const double tens[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

/* Sign, at most 15 digits, one point: then mantissa and power of ten are exact and one division rounds correctly
 * (Clinger 1990). Stops at the first other byte; false: too long or no digit, the general parser decides. */
static inline bool plain_number(const char **at, const char *end, bool comma_too, double *out)
{
    const char *p = *at;
    const bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    uint64_t mantissa = 0;
    const char *begin = p, *point = NULL;
    for (; p < end; p++) {
        const unsigned digit = (unsigned)(unsigned char)*p - '0';
        if (digit < 10) mantissa = 10 * mantissa + digit;
        else if (!point && (*p == '.' || (comma_too && *p == ','))) point = p;
        else break;
    }
    const long digits = (long)(p - begin) - (point != NULL), fraction = point ? (long)(p - point) - 1 : 0;
    if (digits < 1 || digits > 15) return false;
    const double value = (double)mantissa / tens[fraction];
    *out = negative ? -value : value;
    *at = p;
    return true;
}

static inline bool ends_field(const char *p, const char *end, char separator)
{
    return p == end || *p == separator || (separator == ' ' && *p == '\t');
}

/* One field as number; *at moves as in oa_csv_field. */
static inline bool number_field(char separator, const char **at, const char *end, double *out, const char **field,
                                size_t *length)
{
    const char *p = *at;
    while (p && p < end && (*p == ' ' || (*p == '\t' && separator != '\t'))) p++;
    *field = p;
    if (p && plain_number(&p, end, separator != ',', out) && ends_field(p, end, separator)) {
        *length = (size_t)(p - *field);
        *at = p < end ? p + (separator != ' ') : NULL;
        return true;
    }
    return oa_csv_field(separator, at, end, field, length) && oa_text_real(*field, *length, separator != ',', out);
}

static fault_kind read_row(const table *t, const char *line, const char *end, double value[4], fault *f)
{
    const oa_csv_shape *s = &t->shape;
    const char *at = line, *field = line;
    size_t length = 0;
    for (unsigned k = 0; k < s->n_fields; k++) {
        int wanted = -1;
        for (int c = 0; c < 4; c++)
            if (s->column[c] == k) wanted = c;
        if (!at) return WRONG_COLUMNS;
        if (wanted < 0 && oa_csv_field(s->separator, &at, end, &field, &length)) continue;
        if (wanted >= 0 && number_field(s->separator, &at, end, &value[wanted], &field, &length)) continue;
        f->field = k;
        oa_text_clean(f->token, sizeof f->token, field, length);
        return NO_NUMBER;
    }
    return at ? WRONG_COLUMNS : NO_FAULT;
}

static unsigned fields_in(const table *t, const char *line, const char *end)
{
    const char *field;
    size_t length;
    unsigned n = 0;
    while (oa_csv_field(t->shape.separator, &line, end, &field, &length)) n++;
    return n;
}

/* A wrong number of fields explains a bad token better than the token does. */
static fault_kind check_row(const table *t, const char *line, const char *end, const double value[4], fault_kind kind, fault *f)
{
    if (kind != NO_FAULT) {
        f->found = fields_in(t, line, end);
        return f->found != t->shape.n_fields ? WRONG_COLUMNS : kind;
    }
    for (unsigned c = 0; c < 4 && !t->drops; c++) {
        if (isfinite((float)value[c])) continue;
        f->field = t->shape.column[c];
        snprintf(f->token, sizeof f->token, "%s", isnan(value[c]) ? "nan" : value[c] > 0 ? "inf" : "-inf");
        return NOT_FINITE;
    }
    return NO_FAULT;
}

static oa_status fill_piece(void *arg, oa_span span, oa_worker *worker)
{
    table *t = arg;
    piece p;
    const char *line, *end;
    if (is_moot(t, span.chunk)) return OA_OK;
    OA_TRY(load(t, span, worker, &p));
    fault f = { .piece = span.chunk };
    size_t row = (size_t)t->rows[span.chunk], nonpositive = 0, nonfinite = 0;
    for (uint64_t number = 0; next_line(&p, &line, &end); number++) {
        if (line == end) continue;
        double value[4];
        const fault_kind kind = read_row(t, line, end, value, &f);
        const bool odd = kind != NO_FAULT || !isfinite((float)(value[0] + value[1] + value[2] + value[3]));
        if (odd && (f.kind = check_row(t, line, end, value, kind, &f)) != NO_FAULT) {
            f.line = number;
            note_fault(t, &f);
            return OA_OK;
        }
        nonfinite += odd;
        nonpositive += value[3] <= 0;
        for (int c = 0; c < 4; c++) t->to[c][row] = (float)value[c];
        row++;
    }
    if (nonpositive) atomic_fetch_add(&t->nonpositive, nonpositive);
    if (nonfinite) atomic_fetch_add(&t->nonfinite, nonfinite);
    return OA_OK;
}

static oa_status report(oa_context *context, const table *t)
{
    const fault *f = &t->first;
    uint64_t line = t->shape.data_line + f->line;
    for (size_t i = 0; i < f->piece; i++) line += t->lines[i];
    const oa_place place = OA_AT_LINE(t->name, line);
    const unsigned long long n = line;
    switch (f->kind) {
    case LINE_TOO_LONG:
        return oa_fail_at(context, place, "E_LINE_TOO_LONG", "line %llu has more than %d bytes; is this a table?", n,
                          OA_LINE_MAX);
    case NUL_BYTE:
        return oa_fail_at(context, place, "E_ENCODING",
                          "line %llu holds a NUL byte: this is no text, or UTF-16; save it as UTF-8", n);
    case WRONG_COLUMNS:
        return oa_fail_at(context, place, "E_CSV_COLUMNS", "line %llu has %u fields; %u are expected, as in the first line", n,
                          f->found, t->shape.n_fields);
    case NO_NUMBER:
        return oa_fail_at(context, place, "E_CSV_NUMBER", "line %llu, field %u: '%s' is no number", n, f->field + 1, f->token);
    case NOT_FINITE:
        return oa_fail_at(context, place, "E_NONFINITE",
                          "line %llu, field %u: %s is not finite as a float; --drop-nonfinite true leaves such lines out", n,
                          f->field + 1, f->token);
    case NO_FAULT: break;
    }
    return OA_OK;
}

/* Evaporation ids are numbers of data lines, from 0. */
static oa_status drop_rows(oa_context *context, const table *t, oa_ions *ions)
{
    const size_t n = ions->n;
    oa_block *rows;
    OA_TRY(oa_block_new(context, &rows, n, sizeof(uint32_t)));
    uint32_t *row = rows->data;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(t->to[0][i]) && isfinite(t->to[1][i]) && isfinite(t->to[2][i]) && isfinite(t->to[3][i]))
            row[kept++] = (uint32_t)i;
    if (kept == 0) {
        oa_block_free(rows);
        return oa_fail_at(context, OA_IN_FILE(t->name), "E_EMPTY_DATA",
                          "none of the %zu lines is finite; nothing is left to read", n);
    }
    if (kept == n) {
        oa_block_free(rows);
        return OA_OK;
    }
    rows->bytes = kept * sizeof(uint32_t);
    oa_warn(context, "W_DROPPED", "%s: %zu of %zu lines were left out because a value is NaN or infinite", t->name, n - kept,
            n);
    return oa_ions__keep(ions, rows, kept);
}

static oa_status count_lines(oa_context *context, table *t, size_t pieces, uint64_t *total)
{
    oa_phase(context, "count");
    OA_TRY(oa_parallel(context, (size_t)(t->bytes - t->shape.data_offset), PIECE, count_piece, t));
    if (t->first.kind != NO_FAULT) return report(context, t);
    *total = 0;
    for (size_t i = 0; i < pieces; i++) {
        const uint64_t here = t->rows[i];
        t->rows[i] = *total;
        *total += here;
    }
    if (*total == 0) return oa_fail_at(context, OA_IN_FILE(t->name), "E_EMPTY_DATA", "there is no line with data");
    if (*total > OA_IONS_MAX)
        return oa_fail_at(context, OA_IN_FILE(t->name), "E_TOO_MANY_IONS",
                          "the table has %llu lines; at most %u ions can be held", (unsigned long long)*total, OA_IONS_MAX);
    return OA_OK;
}

static oa_status read_table(oa_context *context, table *t, size_t pieces, oa_ions **out)
{
    uint64_t total = 0;
    OA_TRY(oa_new(context, &t->rows, pieces, sizeof *t->rows));
    OA_TRY(oa_new(context, &t->lines, pieces, sizeof *t->lines));
    OA_TRY(count_lines(context, t, pieces, &total));
    OA_TRY(oa_ions__create(context, out, (size_t)total));
    for (int c = 0; c < 4; c++) t->to[c] = oa_ions__data(*out, (oa_ion_column)(OA_X + c));
    oa_phase(context, "read");
    OA_TRY(oa_parallel(context, (size_t)(t->bytes - t->shape.data_offset), PIECE, fill_piece, t));
    if (t->first.kind != NO_FAULT) return report(context, t);
    return atomic_load(&t->nonfinite) ? drop_rows(context, t, *out) : OA_OK;
}

static void warn_mass(oa_context *context, table *t, const oa_ions *ions, const oa_read_options *options)
{
    const size_t low = atomic_load(&t->nonpositive);
    if (low && !options->fourth_is_label)
        oa_warn(context, "W_MASS_NONPOSITIVE",
                "%s: mass-to-charge is 0 or below in %zu of %zu ions; they are kept and never ranged", t->name, low, ions->n);
}

static oa_status csv_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    table t = { .name = source->name, .drops = options->drop_nonfinite };
    OA_TRY(oa_file_open(context, source->path, &t.fd, &t.bytes));
    pthread_mutex_init(&t.lock, NULL);
    oa_status status =
        t.bytes ? oa_csv_look(context, t.fd, t.bytes, t.name, &t.shape)
                : oa_fail_at(context, OA_IN_FILE(t.name), "E_EMPTY_FILE", "the file has 0 bytes; was it copied completely?");
    if (status == OA_OK)
        status = read_table(context, &t, oa_chunk_count((size_t)(t.bytes - t.shape.data_offset), PIECE), &out->ions);
    if (status == OA_OK) warn_mass(context, &t, out->ions, options);
    pthread_mutex_destroy(&t.lock);
    oa_file_close(t.fd);
    oa_free(context, t.rows);
    oa_free(context, t.lines);
    if (status != OA_OK) {
        oa_ions_free(out->ions);
        out->ions = NULL;
    }
    return status;
}

static const char *const extensions[] = { "csv", "txt", NULL };

const oa_format oa_format_csv = {
    .name = "csv",
    .extensions = extensions,
    .help = "a table of x, y, z and mass-to-charge in text",
    .read = csv_read,
};
