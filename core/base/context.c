/* context.c - the context: messages, warnings, progress, cancellation. */
#define _GNU_SOURCE 1 /* sched_getaffinity: the cores this process may use */
#include "base/context.h"

#include <assert.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/parallel.h"
#include "base/text.h"

double oa_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int usable_cores(void)
{
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

oa_status oa_context__create(oa_context **out, const oa_context_options *options)
{
    oa_context *context = calloc(1, sizeof *context);
    *out = context;
    if (!context) return OA_E_LACKING;
    pthread_mutex_init(&context->lock, NULL);
    context->offset = -1;
    context->threads = options && options->threads > 0 ? options->threads : usable_cores();
    if (options) {
        context->progress = options->progress;
        context->progress_payload = options->progress_payload;
        context->fail_allocation = options->fail_allocation;
        context->limits = options->limits;
    }
    context->phase = "start";
    context->phase_start = oa_seconds();
    return OA_OK;
}

void oa_context_free(oa_context *context)
{
    if (!context) return;
    oa_pool_free(context->pool);
    oa_context__clear(context);
    pthread_mutex_destroy(&context->lock);
    free(context);
}

static void forget_failure(oa_context *context)
{
    context->status = OA_OK;
    context->failed_rank = 0;
    context->code[0] = context->text[0] = context->parameter[0] = context->file[0] = 0;
    context->line = 0;
    context->offset = -1;
}

void oa_context__clear(oa_context *context)
{
    for (size_t i = 0; i < context->n_warnings; i++) free(context->warnings[i].text);
    context->n_warnings = context->n_more = 0;
    forget_failure(context);
}

oa_status oa_context__unpardoned(const oa_context *context)
{
    return context->status == OA_E_CANCELLED || strcmp(context->code, "E_MEMORY") == 0 ? context->status : OA_OK;
}

void oa_context__pardon(oa_context *context)
{
    if (oa_context__unpardoned(context) == OA_OK) forget_failure(context);
}

static _Thread_local size_t rank;
void oa_context__rank(size_t new_rank) { rank = new_rank; }

static oa_status fail_v(oa_context *context, oa_place place, const char *code, const char *format, va_list list)
{
    const oa_code *row = oa_code_find(code);
    assert(row && row->status != OA_OK); /* a code word without a row in codes.c is our mistake */
    oa_status status = row && row->status != OA_OK ? row->status : OA_E_BUG;
    pthread_mutex_lock(&context->lock);
    if (context->status == OA_OK || (rank > 0 && rank < context->failed_rank)) {
        if (context->status != OA_OK) forget_failure(context);
        char text[OA_TEXT_MAX];
        vsnprintf(text, sizeof text, format, list);
        oa_text_clean(context->text, sizeof context->text, text, strlen(text));
        snprintf(context->code, sizeof context->code, "%s", code);
        snprintf(context->parameter, sizeof context->parameter, "%s", place.parameter ? place.parameter : "");
        if (place.file) oa_text_clean(context->file, sizeof context->file, place.file, strlen(place.file));
        context->line = place.line;
        context->offset = place.offset;
        context->failed_rank = rank;
        context->status = status;
    }
    status = context->status;
    pthread_mutex_unlock(&context->lock);
    return status;
}

void oa_context__place(oa_context *context, const char *file, uint64_t line)
{
    if (context->status == OA_OK || context->file[0]) return;
    oa_text_clean(context->file, sizeof context->file, file, strlen(file));
    context->line = line;
}

oa_status oa_fail(oa_context *context, const char *code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const oa_status status = fail_v(context, (oa_place){ .offset = -1 }, code, format, list);
    va_end(list);
    return status;
}

oa_status oa_fail_at(oa_context *context, oa_place place, const char *code, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const oa_status status = fail_v(context, place, code, format, list);
    va_end(list);
    return status;
}

/* The list is bounded: a file with a million faults must not fill the memory with their texts. Its last row counts. */
static void add_warning(oa_context *context, const char *code, const char *text)
{
    char more[96];
    if (context->n_warnings >= OA_WARNINGS_MAX - 1) {
        snprintf(more, sizeof more, "%zu further warnings are not listed", ++context->n_more);
        code = "W_MORE", text = more;
        if (context->n_warnings == OA_WARNINGS_MAX) free(context->warnings[--context->n_warnings].text);
    }
    oa_warning *warning = &context->warnings[context->n_warnings];
    warning->text = strdup(text);
    snprintf(warning->code, sizeof warning->code, "%s", code);
    if (warning->text) context->n_warnings++;
}

void oa_warn(oa_context *context, const char *code, const char *format, ...)
{
    char raw[OA_TEXT_MAX], text[OA_TEXT_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(raw, sizeof raw, format, list);
    va_end(list);
    oa_text_clean(text, sizeof text, raw, strlen(raw));
    assert(oa_code_find(code));
    pthread_mutex_lock(&context->lock);
    add_warning(context, code, text);
    pthread_mutex_unlock(&context->lock);
}

oa_status oa_check_cancelled(oa_context *context)
{
    if (!atomic_load_explicit(&context->cancelled, memory_order_relaxed)) return OA_OK;
    return oa_fail(context, "E_CANCELLED", "interrupted; nothing was written");
}

void oa_cancel(oa_context *context) { atomic_store(&context->cancelled, 1); }
void oa_resume(oa_context *context) { atomic_store(&context->cancelled, 0); }

void oa_phase(oa_context *context, const char *phase)
{
    context->phase = phase;
    context->phase_start = oa_seconds();
    context->last_progress = 0;
}

void oa_progress(oa_context *context, uint64_t done, uint64_t total)
{
    if (!context->progress) return;
    const double now = oa_seconds();
    if (done < total && now - context->last_progress < 0.5) return;
    context->last_progress = now;
    context->progress(context->progress_payload, context->phase, done, total, now - context->phase_start);
}

static const char *or_null(const char *text) { return text[0] ? text : NULL; }
const char *oa_error_code(const oa_context *context) { return context->code; }
const char *oa_error_text(const oa_context *context) { return context->text; }
const char *oa_error_parameter(const oa_context *context) { return or_null(context->parameter); }
const char *oa_error_file(const oa_context *context) { return or_null(context->file); }
uint64_t oa_error_line(const oa_context *context) { return context->line; }
int64_t oa_error_offset(const oa_context *context) { return context->offset; }
void oa_context__unwarn(oa_context *context, size_t n)
{
    pthread_mutex_lock(&context->lock);
    while (context->n_warnings > n) free(context->warnings[--context->n_warnings].text);
    if (n < OA_WARNINGS_MAX - 1) context->n_more = 0;
    pthread_mutex_unlock(&context->lock);
}

size_t oa_warning_count(const oa_context *context) { return context->n_warnings; }
const char *oa_warning_code(const oa_context *context, size_t i) { return context->warnings[i].code; }
const char *oa_warning_text(const oa_context *context, size_t i) { return context->warnings[i].text; }
int oa_threads(const oa_context *context) { return context->threads; }
