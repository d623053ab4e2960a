/* fuzz_config.c - any bytes as the file of --config; the first byte chooses the step. */
#include "fuzz_room.h"

#include "cli/cli.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base;
    oa_settings *settings = NULL;
    oa_context *context = fuzz_context(&base), *unused;
    fuzz_bytes in = { data, size };
    const oa_step *step = oa_step_at(fuzz_take(&in) % oa_step_count());
    oa_cli cli = { .context = context, .config = fuzz_file(&unused, in.at, in.left) };
    if (!cli.config) return 0;
    const oa_status status = oa_cli_settings(&cli, step, &settings);
    fuzz_must((status == OA_OK) == (settings != NULL), "success gives settings and failure none");
    fuzz_must(status == OA_OK || status == OA_E_DATA || fuzz_is_refused_call(context, status), "a configuration is taken or refused");
    if (settings) fuzz_check_text(settings, step);
    oa_settings_free(settings);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
