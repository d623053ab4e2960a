/* engine.c - the engine without files: ions from memory, the digest of a crop. */
#include <ordapt.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    const float x[] = { 0, 1, 2, 3 };
    oa_context *context;
    oa_ions *ions;
    oa_call *call;
    if (strcmp(oa_version(), OA_VERSION) != 0) return 1;
    if (oa_context_new(&context, NULL) != OA_OK || oa_ions_new(context, &ions, 4, x, x, x, x) != OA_OK) return 1;
    if (oa_call_new(context, &call, oa_step_find("crop")) != OA_OK || oa_call_set(call, "every", "2") != OA_OK) return 1;
    if (oa_call_input_ions(call, "ions", ions) != OA_OK || oa_call_run(call) != OA_OK) return 1;
    printf("%zu ions, %s\n", oa_ions_count(oa_call_ions(call)), oa_call_digest(call));
    oa_call_free(call);
    oa_ions_free(ions);
    oa_context_free(context);
    return 0;
}
