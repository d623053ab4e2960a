/* write_lines.c - text tables of ions: formatted on all cores, written in order. */
#include "io/write_lines.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"

enum { CHUNK = 1024, BATCH = 32 * CHUNK };

size_t oa_line_name(char *out, const char *text)
{
    const size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

size_t oa_line_count(char *out, uint64_t value)
{
    char digits[24];
    size_t n = 0;
    do digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    for (size_t i = 0; i < n; i++) out[i] = digits[n - 1 - i];
    return n;
}

/* mantissa / 10^fraction without trailing zeros. */
static size_t put_decimal(char *out, bool negative, uint64_t mantissa, int fraction)
{
    size_t n = 0;
    while (fraction > 0 && mantissa % 10 == 0) mantissa /= 10, fraction--;
    static const uint64_t tens[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
                                     100000000000, 1000000000000 };
    const uint64_t whole = mantissa / tens[fraction];
    uint64_t rest = mantissa % tens[fraction];
    if (negative) out[n++] = '-';
    n += oa_line_count(out + n, whole);
    if (fraction == 0) return n;
    out[n++] = '.';
    for (int i = fraction - 1; i >= 0; i--) {
        out[n + (size_t)i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    return n + (size_t)fraction;
}

/* For common sizes: the nearest decimal of 6, 7, 8, 9 digits, taken where it reads back to the same float. Mantissa and
 * power of ten are exact in a double, so the division rounds as a reader's does. */
size_t oa_line_float(char *out, float value)
{
    static const double tens[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12 };
    const double size = fabs((double)value);
    if (size == 0) return oa_line_name(out, signbit(value) ? "-0" : "0");
    if (size >= 1e-3 && size < 1e6) {
        int whole = size >= 1 ? 1 : size >= 0.1 ? 0 : size >= 0.01 ? -1 : -2; /* digits before the point */
        while (whole > 0 && size >= tens[whole]) whole++;
        for (int digits = 6; digits <= 9; digits++) {
            const int fraction = digits - whole;
            const double mantissa = floor(size * tens[fraction] + 0.5);
            if ((float)(mantissa / tens[fraction]) == fabsf(value))
                return put_decimal(out, value < 0, (uint64_t)mantissa, fraction);
        }
    }
    char text[32];
    oa_text_of_float(text, value);
    return oa_line_name(out, text);
}

typedef struct lines_job {
    const oa_write_options *options;
    oa_line_fn *line;
    const void *arg;
    size_t first;               /* of the batch */
    char *text;                 /* (BATCH, OA_LINE_ROOM) */
    size_t length[BATCH / CHUNK];
} lines_job;

static oa_status format_chunk(void *arg, oa_span span, oa_worker *worker)
{
    lines_job *job = arg;
    (void)worker;
    char *begin = job->text + span.begin * OA_LINE_ROOM, *at = begin;
    for (size_t k = span.begin; k < span.end; k++) at += job->line(job->arg, oa_write_row(job->options, job->first + k), at);
    job->length[span.chunk] = (size_t)(at - begin);
    return OA_OK;
}

static oa_status write_batches(oa_output_file *file, size_t n, lines_job *job)
{
    for (job->first = 0; job->first < n; job->first += BATCH) {
        const size_t here = n - job->first < BATCH ? n - job->first : BATCH;
        OA_TRY(oa_parallel(file->context, here, CHUNK, format_chunk, job));
        for (size_t c = 0; c < oa_chunk_count(here, CHUNK); c++)
            OA_TRY(oa_output_write(file, job->text + c * CHUNK * OA_LINE_ROOM, job->length[c]));
    }
    return OA_OK;
}

oa_status oa_lines_write(oa_output_file *file, const oa_ions *ions, const oa_write_options *options, oa_line_fn *line,
                         const void *arg)
{
    lines_job job = { .options = options, .line = line, .arg = arg };
    OA_TRY(oa_new(file->context, &job.text, BATCH, OA_LINE_ROOM));
    const oa_status status = write_batches(file, oa_write_count(ions, options), &job);
    oa_free(file->context, job.text);
    return status;
}

void oa_plain_word(char *out, size_t size, const char *text, const char *fallback, bool underscore)
{
    size_t n = 0;
    for (; text && *text && n + 1 < size; text++) {
        const char c = *text;
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (plain || (underscore && c == '_')) out[n++] = c;
    }
    out[n] = 0;
    if (n == 0) snprintf(out, size, "%s", fallback);
}

/* Blanks separate the atoms of a name ("Cu O") and, in some formats, columns. */
static void table_name(char out[OA_ION_NAME], const char *name, bool without_blanks)
{
    size_t n = 0;
    for (; *name; name++) {
        const bool blank = *name == ' ' || *name == '\t', breaks = strchr(",;\"'", *name) != NULL;
        if (blank && without_blanks) continue;
        out[n++] = breaks ? '_' : *name;
    }
    out[n] = 0;
}

oa_status oa_names_make(oa_context *context, oa_names *out, const oa_ranges *ranges, const char *unranged, bool without_blanks)
{
    const size_t n = ranges ? ranges->n_types : 0;
    OA_TRY(oa_new(context, &out->of_type, n + 1, sizeof *out->of_type));
    snprintf(out->of_type[0], OA_ION_NAME, "%s", unranged);
    for (size_t i = 0; i < n; i++) {
        table_name(out->of_type[i + 1], ranges->types[i].name, without_blanks);
        if (!out->of_type[i + 1][0]) snprintf(out->of_type[i + 1], OA_ION_NAME, "type%zu", i + 1);
    }
    return OA_OK;
}

void oa_names_drop(oa_context *context, oa_names *names) { oa_free(context, names->of_type); }

oa_status oa_write_check(oa_context *context, const oa_ions *ions, const oa_write_options *options)
{
    const unsigned types = ions->ranges ? (unsigned)ions->ranges->n_types : 0;
    for (size_t k = 0; options->index && k < options->n_index; k++)
        if (options->index[k] >= ions->n)
            return oa_fail(context, "E_INPUT_KIND", "the selection names ion %llu; there are %zu",
                           (unsigned long long)options->index[k], ions->n);
    for (size_t i = 0; types && i < ions->n; i++)
        if (oa_ions__type(ions, i) > types)
            return oa_fail(context, "E_INPUT_KIND", "ion %zu has type %u; %u types are defined", i, oa_ions__type(ions, i),
                           types);
    return OA_OK;
}

oa_status oa_sink_finish(oa_context *context, oa_sink *sink, oa_output_file *file, oa_status status)
{
    oa_written *written = &sink->files[sink->n_files];
    if (status == OA_OK && sink->n_files == sizeof sink->files / sizeof *sink->files)
        status = oa_fail(context, "E_INTERNAL", "more than %zu files were to be written", sink->n_files);
    if (status != OA_OK) {
        oa_output_abandon(file);
        return status;
    }
    snprintf(written->name, sizeof written->name, "%s", oa_base_name(file->path));
    written->bytes = file->bytes;
    OA_TRY(oa_output_commit(file, written->sha256));
    sink->n_files++;
    return OA_OK;
}
