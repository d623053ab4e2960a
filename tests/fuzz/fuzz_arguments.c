/* fuzz_arguments.c - any bytes as a command line: arguments end with NUL. Parsed and judged; nothing is run. */
#include "fuzz_room.h"

#include "cli/cli.h"

enum { ARGUMENTS = 64 };

static void judge(oa_cli *cli, const oa_step *step)
{
    oa_settings *settings = NULL;
    oa_status status = oa_cli_check_options(cli);
    fuzz_must(status == OA_OK || fuzz_is_refused_call(cli->context, status), "options are taken or refused");
    if (status != OA_OK || !step) return;
    cli->config = NULL; /* has a target of its own */
    status = oa_cli_settings(cli, step, &settings);
    fuzz_must(status == OA_OK || fuzz_is_refused_call(cli->context, status), "parameters are taken or refused");
    if (settings) fuzz_check_text(settings, step);
    oa_settings_free(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base;
    oa_context *context = fuzz_context(&base);
    char *text = calloc(1, size + 1), *argv[ARGUMENTS + 2] = { (char *)"ordapt" };
    int argc = 1;
    fuzz_must(text != NULL, "memory");
    memcpy(text, data, size);
    for (char *at = text; at < text + size && argc < ARGUMENTS; at += strlen(at) + 1) argv[argc++] = at;
    oa_cli cli = { .context = context, .word = argc > 1 ? argv[1] : "help" };
    const oa_step *step = oa_step_find(cli.word);
    fuzz_must(oa_cli_parse(&cli, argc, argv, step), "a command line is parsed");
    fuzz_must(cli.n_inputs + cli.n_named <= (size_t)argc, "no more arguments than were given");
    judge(&cli, step);
    oa_cli_free(&cli);
    free(text);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
