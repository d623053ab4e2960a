/* context.h - what a call carries: allocator, messages, threads, cancellation. No global state. */
#ifndef OA_BASE_CONTEXT_H
#define OA_BASE_CONTEXT_H

#include <pthread.h>
#include <stdatomic.h>

#include "ordapt.h"

struct oa_pool;
struct oa_kernels;

/* Where a fault was found. Unused fields are NULL, 0, and -1 for the offset. */
typedef struct oa_place {
    const char *file;
    const char *parameter;
    uint64_t line;
    int64_t offset;
} oa_place;
#define OA_IN_FILE(path) ((oa_place){.file = (path), .offset = -1})
#define OA_AT_LINE(path, number) ((oa_place){.file = (path), .line = (number), .offset = -1})
#define OA_AT_BYTE(path, byte) ((oa_place){.file = (path), .offset = (byte)})
#define OA_IN_PARAMETER(name) ((oa_place){.parameter = (name), .offset = -1})

enum { OA_TEXT_MAX = 2048, OA_WARNINGS_MAX = 64 };

typedef struct oa_warning {
    char code[32];
    char *text;
} oa_warning;

struct oa_context {
    pthread_mutex_t lock; /* guards the message, the warnings and the byte counts */
    oa_status status;     /* of the first failure since oa_context__clear */
    size_t failed_rank;   /* of oa_context__rank when it failed */
    char code[32];
    char text[OA_TEXT_MAX];
    char parameter[128];
    char file[512];
    uint64_t line;
    int64_t offset;
    size_t n_warnings, n_more; /* n_more: not listed */
    oa_warning warnings[OA_WARNINGS_MAX];

    uint64_t allocations, fail_allocation; /* the n-th allocation fails where fail_allocation is n */
    size_t bytes, peak_bytes;              /* in use now, largest so far */
    oa_limits limits;

    atomic_int cancelled;
    int threads;
    struct oa_pool *pool;
    const struct oa_kernels *kernels;

    oa_progress_fn *progress;
    void *progress_payload;
    const char *phase;
    double phase_start, last_progress;
};

/* The part that needs no knowledge of kernels; oa_context_new (run/) completes it. */
oa_status oa_context__create(oa_context **out, const oa_context_options *options) OA_MUST_USE;
void oa_context__clear(oa_context *context); /* forgets the message and the warnings */
/* Forgets the warnings behind the first n: those of work done once more, which have been said. */
void oa_context__unwarn(oa_context *context, size_t n);
/* Forgets a failure whose answer was "no" to a question; lack of memory and cancellation stay. */
void oa_context__pardon(oa_context *context);
/* Questions that answer yes or no say no where memory ran out or the caller asked to stop. Whoever has trusted their answers asks here before it
 * calls its work done: that failure, or OA_OK. */
oa_status oa_context__unpardoned(const oa_context *context) OA_MUST_USE;
/* For this thread: 0, or 1 + the chunk it works on. Of failures in chunks the one of the lowest chunk is kept, so that the
 * message does not depend on the number of threads. */
void oa_context__rank(size_t rank);

/* Sets the message and returns the status that belongs to it (codes.c). The first failure wins, its status too.
 * Style: "what is wrong, with the numbers; what would be right". */
oa_status oa_fail(oa_context *context, const char *code, const char *format, ...) OA_PRINTF(3, 4);
oa_status oa_fail_at(oa_context *context, oa_place place, const char *code, const char *format, ...) OA_PRINTF(4, 5);
/* Adds file and line to a failure that names no place, for one who knows where it was asked for. */
void oa_context__place(oa_context *context, const char *file, uint64_t line);
void oa_warn(oa_context *context, const char *code, const char *format, ...) OA_PRINTF(3, 4);

/* Returns OA_E_CANCELLED once the caller asked to stop: call it in long serial loops. */
oa_status oa_check_cancelled(oa_context *context) OA_MUST_USE;

/* Names what the following work is for progress ("read", "maps", ...); the text must be a literal. */
void oa_phase(oa_context *context, const char *phase);
void oa_progress(oa_context *context, uint64_t done, uint64_t total); /* from one thread at a time */

double oa_seconds(void); /* monotonic clock */

/* The only control-flow macro: hands a failure to the caller. */
#define OA_TRY(expression)                          \
    do {                                            \
        const oa_status oa_try_status_ = (expression); \
        if (oa_try_status_ != OA_OK) return oa_try_status_; \
    } while (0)

/* One row per code word: E_... with its status, W_... with OA_OK. */
typedef struct oa_code {
    const char *word;
    oa_status status;
    const char *meaning;
} oa_code;
const oa_code *oa_code_find(const char *word); /* NULL: not in the table */
const oa_code *oa_code_table(size_t *n);

#endif
