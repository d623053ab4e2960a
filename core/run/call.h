/* call.h - what is behind oa_call, for the program. */
#ifndef OA_RUN_CALL_H
#define OA_RUN_CALL_H

#include "run/run.h"

struct oa_call {
    oa_context *context;
    const oa_step *step;
    oa_settings *settings;
    oa_input *inputs; /* borrowed parts */
    size_t n_inputs;
    oa_values *values;
    oa_record *record;
};

/* Fills a slot with anything, not only ions; the role of the input names the slot. */
oa_status oa_call__input(oa_call *call, const oa_input *input) OA_MUST_USE;

#endif
