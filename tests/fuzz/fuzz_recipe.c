/* fuzz_recipe.c - any bytes as a recipe for `ordapt run`, with a small specimen as tip=. Lines are read and judged as always; of the steps only
 * small ones are computed, the others end the recipe. */
#include "fuzz_room.h"

#include "cli/cli.h"
#include "fuzz_h5.h"

/* Replaced at link time: the word must not spend minutes on what other targets try. */
oa_status __real_oa_cli_run(oa_cli *cli, oa_job *job);
oa_status __wrap_oa_cli_run(oa_cli *cli, oa_job *job);

static bool is_quick(const oa_job *job)
{
    static const char *const quick[] = { "crop", "shuffle", "composition", "range", "spectrum", "density_map", "frequency", "domains" };
    for (size_t i = 0; i < sizeof quick / sizeof *quick; i++)
        if (strcmp(job->step->name, quick[i]) == 0) return true;
    return false;
}

oa_status __wrap_oa_cli_run(oa_cli *cli, oa_job *job)
{
    uint64_t bytes;
    OA_TRY(oa_job_check(&cli->desk, job, &bytes));
    return is_quick(job) && bytes < 32 << 20 ? __real_oa_cli_run(cli, job) : oa_fail(cli->context, "E_AGAIN", "is not computed here");
}

static const char *tip_argument(void)
{
    static char text[500];
    oa_context *context;
    oa_call *call = NULL;
    const char *path = fuzz_room_path("tip.nxs");
    fuzz_must(oa_context_new(&context, NULL) == OA_OK && oa_call_new(context, &call, oa_step_find("synthesise")) == OA_OK, "a call");
    fuzz_must(oa_call_set(call, "box", "-1,1,-1,1,-2,0") == OA_OK && oa_call_set(call, "domains", "1") == OA_OK && oa_call_run(call) == OA_OK, "a specimen");
    fuzz_must(oa_write_call(call, path, false) == OA_OK, "the specimen can be written");
    oa_call_free(call);
    oa_context_free(context);
    snprintf(text, sizeof text, "tip=%s", path);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *tip;
    size_t base;
    char given[500];
    if (!tip) tip = tip_argument();
    const ssize_t open = fuzz_h5_open();
    oa_context *context = fuzz_context(&base);
    const char *recipe = fuzz_room_write("fuzz.recipe", data, size);
    if (!recipe) return 0;
    snprintf(given, sizeof given, "%s", tip);
    const char *inputs[2] = { recipe, given };
    oa_cli cli = { .context = context, .desk = { .context = context }, .word = "run", .inputs = inputs, .n_inputs = 2, .quiet = true, .overwrite = true,
                   .output = fuzz_room_path("out.nxs"), .progress = OA_PROGRESS_NONE };
    const oa_status status = oa_word_run(&cli);
    fuzz_must(status == OA_OK || oa_error_text(context)[0], "failures have a text");
    fuzz_must(status != OA_E_BUG && status != OA_E_OUTPUT && status != OA_E_IO, "a recipe is done or refused");
    fuzz_must((status == OA_OK) == (access(fuzz_room_path("out.nxs"), F_OK) == 0), "the output is there where all was done, and only there");
    fuzz_must(access(fuzz_room_path("out.nxs.part"), F_OK) != 0, "nothing half is left");
    json_decref(cli.document);
    unlink(fuzz_room_path("out.nxs"));
    fuzz_h5_must_be_closed(open);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
