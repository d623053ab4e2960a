/* crop.c - a program of your own: keep the ions of a box, write them with their record, print the content digest.
 *   cc crop.c $(pkg-config --cflags --libs ordapt_nexus) -o crop && ./crop tip.nxs -5,5,-5,5,-20,0 out.nxs */
#include <ordapt.h>

#include <stdio.h>

static oa_status crop(oa_call *call, oa_ions *ions, char **argv)
{
    oa_status status = oa_call_input_ions(call, "ions", ions);
    if (status == OA_OK) status = oa_call_set(call, "roi", argv[2]);
    if (status == OA_OK) status = oa_call_run(call);
    if (status == OA_OK) status = oa_write_call(call, argv[3], true);
    if (status == OA_OK) printf("%zu of %zu ions, %s\n", oa_ions_count(oa_call_ions(call)), oa_ions_count(ions), oa_call_digest(call));
    return status;
}

int main(int argc, char **argv)
{
    oa_context *context;
    oa_ions *ions = NULL;
    oa_call *call = NULL;
    if (argc != 4) return fprintf(stderr, "crop IN.nxs XLO,XHI,YLO,YHI,ZLO,ZHI OUT.nxs\n"), 2;
    oa_status status = oa_context_new(&context, NULL);
    if (status == OA_OK) status = oa_read_ions(context, argv[1], &ions);
    if (status == OA_OK) status = oa_call_new(context, &call, oa_step_find("crop"));
    if (status == OA_OK) status = crop(call, ions, argv);
    if (status != OA_OK) fprintf(stderr, "%s: %s\n", oa_error_code(context), oa_error_text(context));
    oa_call_free(call);
    oa_ions_free(ions);
    oa_context_free(context);
    return oa_exit_code(status);
}
