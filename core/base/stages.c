/* stages.c - every thread goes through all stages, taking tasks while there are any; the one that ends the last task of a stage opens
 * the next. A thread that comes late finds less to do, or nothing: the work needs no certain number of them. */
#include "base/stages.h"

#include <sched.h>

enum { PATIENCE = 4000 }; /* looks before a thread offers its place to others */

typedef struct crew {
    const oa_stage *stages;
    size_t n;
    void *arg;
    atomic_size_t open; /* stages before this one are done */
    struct {
        atomic_size_t next, done;
    } of[OA_STAGES_MAX];
} crew;

static void wait_for(const crew *c, size_t stage)
{
    for (int looks = 1; atomic_load_explicit(&c->open, memory_order_acquire) < stage; looks++) {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#endif
        if (looks % PATIENCE == 0) sched_yield();
    }
}

static oa_status go_through(void *arg, oa_span span, oa_worker *worker)
{
    crew *c = arg;
    (void)span;
    for (size_t s = 0; s < c->n; s++) {
        const oa_stage *stage = &c->stages[s];
        for (size_t task; (task = atomic_fetch_add(&c->of[s].next, 1)) < stage->n_tasks;) {
            stage->task(c->arg, stage->what, task, oa_worker_number(worker));
            if (atomic_fetch_add(&c->of[s].done, 1) + 1 < stage->n_tasks) continue;
            if (stage->after) stage->after(c->arg, stage->what);
            atomic_store_explicit(&c->open, s + 1, memory_order_release);
        }
        wait_for(c, s + 1);
    }
    return OA_OK;
}

oa_status oa_stages_run(oa_context *context, const oa_stage *stages, size_t n, void *arg)
{
    crew c = { .stages = stages, .n = n, .arg = arg };
    oa_progress_fn *const told = context->progress; /* threads that came and went say nothing about the work */
    context->progress = NULL;
    const oa_status status = oa_parallel(context, (size_t)context->threads, 1, go_through, &c);
    context->progress = told;
    return status;
}
