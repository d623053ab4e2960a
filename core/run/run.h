/* run.h - the only way to run a step: checks, times, records. */
#ifndef OA_RUN_RUN_H
#define OA_RUN_RUN_H

#include "data/record.h"
#include "step/step.h"

typedef struct oa_request {
    const oa_step *step;
    const oa_settings *settings;
    const oa_input *inputs;
    size_t n_inputs;
    const char *name;      /* of the record; NULL: the step's */
    const char *libraries; /* "HDF5 1.10.8": what the caller reads and writes with; NULL: none */
    oa_sink *sink;         /* steps that give a file */
    int slab, slabs;       /* part slab of slabs, from 1; 0, 0: the whole */
    oa_values *joined;     /* merge: the parts' arrays put together; the step's finish() ends it. Taken. */
} oa_request;

/* *out and *record belong to the caller; both are NULL after a failure. */
oa_status oa_run_step(oa_context *context, const oa_request *request, oa_values **out, oa_record **record) OA_MUST_USE;

/* The request once more with other ions in its first slot, for controls that a step draws: what it warns of was said before. */
oa_status oa_run_again(oa_run *run, const oa_request *request, oa_ions *shuffled, oa_values **out) OA_MUST_USE;

/* Everything oa_run_step checks before it computes: slots, parameters, memory. Predicted bytes in *bytes. */
oa_status oa_run_check(oa_context *context, const oa_request *request, uint64_t *bytes) OA_MUST_USE;

#endif
