/* starved.h - a context whose n-th allocation fails, and what must then be true: E_MEMORY and its status, every byte given back. */
#ifndef OA_TESTS_STARVED_H
#define OA_TESTS_STARVED_H

#include "check.h"

#include "base/memory.h"
#include "base/parallel.h"

static inline oa_status starved_nothing(void *arg, oa_span span, oa_worker *worker)
{
    (void)arg, (void)span, (void)worker;
    return OA_OK;
}

/* Two threads, whose pool is made first: it stays until the context goes. Its bytes then in *empty. */
static inline oa_context *starved_context(size_t *empty)
{
    oa_context *context;
    assert_int_equal(oa_context_new(&context, &(oa_context_options){ .threads = 2 }), OA_OK);
    check_ok(context, oa_parallel(context, 10, 1, starved_nothing, NULL));
    *empty = context->bytes;
    return context;
}

static inline void starved_check_bytes(const oa_context *context, const char *name, uint64_t n, size_t before)
{
    if (context->bytes != before) fail_msg("%s: allocation %llu left %zu bytes", name, (unsigned long long)n, context->bytes - before);
}

/* is_through: the work was done before allocation n. */
static inline void starved_check(oa_context *context, const char *name, uint64_t n, bool is_through, oa_status status)
{
    if (is_through) check_ok(context, status);
    else if (status != OA_E_LACKING || strcmp(oa_error_code(context), "E_MEMORY") != 0)
        fail_msg("%s: allocation %llu gave %d %s: %s", name, (unsigned long long)n, (int)status, oa_error_code(context), oa_error_text(context));
}

#endif
