/* parallel.h - one primitive for threads. Chunks depend on the data only, never on the number of threads. */
#ifndef OA_BASE_PARALLEL_H
#define OA_BASE_PARALLEL_H

#include "base/context.h"

typedef struct oa_worker oa_worker;

/* Items [begin, end) of chunk number `chunk`. */
typedef struct oa_span {
    size_t chunk, begin, end;
} oa_span;

typedef oa_status oa_chunk_fn(void *arg, oa_span span, oa_worker *worker);

/* Calls fn once per chunk of `per_chunk` items, chunks in any order on any thread. Returns the failure of the
 * lowest failed chunk; stops early on failure and on cancellation. Reports progress under the current phase.
 * fn may not call oa_parallel. Sum integers freely; keep floating-point sums per chunk and add them in chunk order. */
oa_status oa_parallel(oa_context *context, size_t n_items, size_t per_chunk, oa_chunk_fn *fn, void *arg) OA_MUST_USE;

/* Zeros. What was never touched before costs most of the time of doing so: all threads share it. */
oa_status oa_parallel_clear(oa_context *context, void *data, size_t bytes) OA_MUST_USE;

size_t oa_chunk_count(size_t n_items, size_t per_chunk);
oa_context *oa_worker_context(oa_worker *worker);
int oa_worker_number(const oa_worker *worker); /* 0 ... threads-1: for per-thread integer sums */

/* Buffer number `slot` (0...7) of this worker, at least n*size bytes, not cleared, kept until oa_parallel returns. */
oa_status oa_worker_scratch(oa_worker *worker, int slot, void *out, size_t n, size_t size) OA_MUST_USE;

void oa_pool_free(struct oa_pool *pool);

#endif
