/* call.h - what is behind oa_call. */
#ifndef OA_RUN_CALL_H
#define OA_RUN_CALL_H

#include "run/run.h"

struct oa_call {
    oa_context *context;
    const oa_step *step;
    oa_settings *settings;
    oa_input *inputs; /* (OA_CALL_INPUTS_MAX) borrowed parts */
    oa_ions **held;   /* handles on ions of other contexts, owned; one per input */
    size_t n_inputs;
    struct { char code[32], *text; } said[OA_WARNINGS_MAX]; /* what reading the inputs warned of: part of every record */
    size_t n_said;
    oa_sink *sink;          /* borrowed from files */
    const char *libraries;  /* as in oa_request */
    void *files;            /* what was loaded for the slots (job/); NULL: nothing */
    void (*drop_files)(oa_call *call);
    oa_values *values;
    oa_record *record;
    char file_name[256], sha256[65]; /* of the file that oa_write_call made of it; "": none */
};

enum { OA_CALL_INPUTS_MAX = 16 };

/* Fills a slot with anything, not only ions; the role of the input names the slot. */
oa_status oa_call__input(oa_call *call, const oa_input *input) OA_MUST_USE;
/* The warnings of the context go into the records of this call. */
oa_status oa_call__keep_warnings(oa_call *call) OA_MUST_USE;

#endif
