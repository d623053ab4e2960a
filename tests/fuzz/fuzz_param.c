/* fuzz_param.c - parameter text: the first byte chooses the step, each line sets "name=value". Values are set or refused,
 * read back to themselves as text, and the step's own check takes them or refuses them. */
#include "fuzz_room.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base;
    char line[4096];
    oa_settings *settings;
    oa_context *context = fuzz_context(&base);
    fuzz_bytes in = { data, size };
    const oa_step *step = oa_step_at(fuzz_take(&in) % oa_step_count());
    fuzz_must(oa_settings_new(context, &settings, step->params, step->params_size, step->presets) == OA_OK, "settings");
    while (fuzz_line(&in, line, sizeof line)) fuzz_set_line(settings, line);
    fuzz_check_text(settings, step);
    const oa_status status = step->check ? step->check(context, settings->values) : OA_OK;
    fuzz_must(status == OA_OK || fuzz_is_refused_call(context, status), "parameters that disagree are refused as parameters");
    oa_settings_free(settings);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
