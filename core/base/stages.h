/* stages.h - work in many short stages, each of which needs all of the one before: one parallel loop for all of them, because waking
 * threads for each would take longer than the stage. */
#ifndef OA_BASE_STAGES_H
#define OA_BASE_STAGES_H

#include "base/parallel.h"

/* Tasks of one stage, any of them at the same time. What a task computes may depend on its number alone; worker (below
 * context->threads) chooses a buffer. `after` is called once, when all tasks of the stage are done and before the next begins; may be NULL. */
typedef struct oa_stage {
    void (*task)(void *arg, int what, size_t task, int worker);
    void (*after)(void *arg, int what);
    int what;
    size_t n_tasks; /* > 0 */
} oa_stage;

enum { OA_STAGES_MAX = 64 };

/* All stages in order. Threads that find no task wait for the others without sleeping, so this is for work of milliseconds. */
oa_status oa_stages_run(oa_context *context, const oa_stage *stages, size_t n, void *arg) OA_MUST_USE;

#endif
