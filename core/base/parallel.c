/* parallel.c - a pool that sleeps when idle. Chunks are handed out by an atomic counter; what they compute depends on
 * the chunk number only, so the order in which threads take them cannot matter. */
#include "base/parallel.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"

enum { SLOTS = 8 };

struct oa_worker {
    oa_context *context;
    int number;
    void *slot[SLOTS];
    size_t slot_bytes[SLOTS];
};

typedef struct job {
    oa_chunk_fn *fn;
    void *arg;
    size_t n_items, per_chunk, n_chunks;
    atomic_size_t next, done_items;
    atomic_bool failed;
    size_t failed_chunk; /* lowest; guarded by the pool's lock, like status */
    oa_status status;
} job;

struct oa_pool {
    oa_context *context;
    pid_t owner;         /* the process that has the threads: a child of fork() has none of them, and locks as they were at that moment */
    pthread_mutex_t lock;
    pthread_cond_t wake, idle;
    pthread_t *threads;
    int n_threads;       /* besides the caller */
    oa_worker *workers;  /* n_threads + 1; the last is the caller's */
    job *current;
    uint64_t generation; /* counts jobs: a thread takes part in each once */
    int busy;
    bool ends;
};

size_t oa_chunk_count(size_t n_items, size_t per_chunk) { return n_items / per_chunk + (n_items % per_chunk != 0); }
oa_context *oa_worker_context(oa_worker *worker) { return worker->context; }
int oa_worker_number(const oa_worker *worker) { return worker->number; }

oa_status oa_worker_scratch(oa_worker *worker, int slot, void *out, size_t n, size_t size)
{
    size_t bytes;
    OA_TRY(oa_size_multiply(worker->context, &bytes, n, size));
    if (!worker->slot[slot] || worker->slot_bytes[slot] < bytes) {
        oa_free(worker->context, worker->slot[slot]);
        worker->slot[slot] = NULL;
        worker->slot_bytes[slot] = 0;
        OA_TRY(oa_new(worker->context, &worker->slot[slot], bytes, 1));
        worker->slot_bytes[slot] = bytes;
    }
    memcpy(out, &worker->slot[slot], sizeof(void *));
    return OA_OK;
}

static void drop_scratch(oa_worker *worker)
{
    for (int i = 0; i < SLOTS; i++) oa_free(worker->context, worker->slot[i]);
    memset(worker->slot, 0, sizeof worker->slot);
    memset(worker->slot_bytes, 0, sizeof worker->slot_bytes);
}

static void note_failure(pthread_mutex_t *lock, job *j, size_t chunk, oa_status status)
{
    pthread_mutex_lock(lock);
    if (j->status == OA_OK || chunk < j->failed_chunk) {
        j->failed_chunk = chunk;
        j->status = status;
    }
    pthread_mutex_unlock(lock);
    atomic_store(&j->failed, true);
}

static void take_chunks(pthread_mutex_t *lock, job *j, oa_worker *worker, bool reports)
{
    for (;;) {
        if (atomic_load(&j->failed)) return;
        const size_t chunk = atomic_fetch_add(&j->next, 1);
        if (chunk >= j->n_chunks) return;
        const size_t begin = chunk * j->per_chunk;
        const size_t end = j->n_items - begin < j->per_chunk ? j->n_items : begin + j->per_chunk;
        oa_status status = oa_check_cancelled(worker->context);
        oa_context__rank(chunk + 1);
        if (status == OA_OK) status = j->fn(j->arg, (oa_span){ chunk, begin, end }, worker);
        oa_context__rank(0);
        if (status != OA_OK) note_failure(lock, j, chunk, status);
        const size_t done = atomic_fetch_add(&j->done_items, end - begin) + (end - begin);
        if (reports) oa_progress(worker->context, done, j->n_items);
    }
}

static void *thread_main(void *arg)
{
    oa_worker *worker = arg;
    struct oa_pool *pool = worker->context->pool;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->ends && (pool->generation == seen || !pool->current)) pthread_cond_wait(&pool->wake, &pool->lock);
        if (pool->ends) break;
        seen = pool->generation;
        job *j = pool->current;
        pool->busy++;
        pthread_mutex_unlock(&pool->lock);
        take_chunks(&pool->lock, j, worker, false);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0) pthread_cond_signal(&pool->idle);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* The first parallel loop makes the threads: a context that never needs them has none. */
static oa_status pool_make(oa_context *context)
{
    struct oa_pool *pool;
    OA_TRY(oa_new(context, &pool, 1, sizeof *pool));
    pool->context = context;
    pool->owner = getpid();
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pthread_cond_init(&pool->idle, NULL);
    context->pool = pool;
    const int n = context->threads;
    OA_TRY(oa_new(context, &pool->workers, (size_t)n, sizeof *pool->workers));
    OA_TRY(oa_new(context, &pool->threads, (size_t)n, sizeof *pool->threads));
    for (int i = 0; i < n; i++) pool->workers[i] = (oa_worker){ .context = context, .number = i };
    while (pool->n_threads < n - 1) { /* fewer threads than asked for are slower, not wrong */
        if (pthread_create(&pool->threads[pool->n_threads], NULL, thread_main, &pool->workers[pool->n_threads])) break;
        pool->n_threads++;
    }
    return OA_OK;
}

static void end_threads(struct oa_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->ends = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->n_threads; i++) pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->idle);
    pthread_mutex_destroy(&pool->lock);
}

void oa_pool_free(struct oa_pool *pool)
{
    if (!pool) return;
    if (pool->owner == getpid()) end_threads(pool);
    oa_free(pool->context, pool->threads);
    oa_free(pool->context, pool->workers);
    oa_free(pool->context, pool);
}

static void drop_pool(oa_context *context)
{
    oa_pool_free(context->pool);
    context->pool = NULL;
}

/* Half a pool is none: the next loop tries again. After fork() the child makes one of its own. */
static oa_status pool_ready(oa_context *context)
{
    if (context->pool && context->pool->owner == getpid()) return OA_OK;
    drop_pool(context);
    const oa_status status = pool_make(context);
    if (status != OA_OK) drop_pool(context);
    return status;
}

oa_status oa_parallel(oa_context *context, size_t n_items, size_t per_chunk, oa_chunk_fn *fn, void *arg)
{
    OA_TRY(pool_ready(context));
    struct oa_pool *pool = context->pool;
    job j = { .fn = fn, .arg = arg, .n_items = n_items, .per_chunk = per_chunk, .n_chunks = oa_chunk_count(n_items, per_chunk) };
    if (j.n_chunks > 1 && pool->n_threads) {
        pthread_mutex_lock(&pool->lock);
        pool->current = &j;
        pool->generation++;
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
    take_chunks(&pool->lock, &j, &pool->workers[context->threads - 1], true);
    pthread_mutex_lock(&pool->lock);
    pool->current = NULL; /* late sleepers find nothing */
    while (pool->busy) pthread_cond_wait(&pool->idle, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < context->threads; i++) drop_scratch(&pool->workers[i]);
    return j.status;
}

static oa_status clear_chunk(void *arg, oa_span span, oa_worker *worker)
{
    (void)worker;
    memset((char *)arg + span.begin, 0, span.end - span.begin);
    return OA_OK;
}

oa_status oa_parallel_clear(oa_context *context, void *data, size_t bytes)
{
    enum { CHUNK = 1 << 24 };
    return oa_parallel(context, bytes, CHUNK, clear_chunk, data);
}
