/* fuzz_keras.c - networks of Keras and checkpoints of AtomNet, altered by edits. */
#include "fuzz_h5.h"

#include "data/model.h"

static void check_model(const oa_model *model)
{
    fuzz_must(model->members > 0 && model->n_classes > 0 && model->n_classes <= OA_CLASSES_MAX, "a network has classes");
    fuzz_must(strlen(model->sha256) == 64, "a network has a digest");
    for (int i = 0; i < model->n_layers; i++)
        for (size_t k = 0; k < (size_t)model->members * model->layers[i].n_kernel; k++) fuzz_must(isfinite(model->layers[i].kernel[k]), "weights are finite");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const presets[] = { "", "cocrni-002", "feal-002", "al-li-mg" };
    size_t base;
    const ssize_t open = fuzz_h5_open();
    oa_context *context = fuzz_context(&base);
    const oa_read_options options = { .byte_order = "big", .preset = presets[size % 4] };
    const char *path = fuzz_room_write("fuzz.h5", data, size);
    oa_source source = { .path = path, .name = "fuzz.h5", .format = oa_format_keras.name, .read = oa_format_keras.read };
    oa_content content = { 0 };
    if (!path) return 0;
    const oa_status status = oa_format_keras.read(context, &source, &options, &content);
    fuzz_must((status == OA_OK) == (content.model != NULL), "success gives a network and failure none");
    fuzz_must(status == OA_OK || status == OA_E_DATA || status == OA_E_LACKING || fuzz_is_refused_call(context, status), "a network is read or refused");
    fuzz_must(status == OA_OK || oa_error_text(context)[0], "failures have a text");
    if (content.model) check_model(content.model);
    oa_model_free(content.model);
    fuzz_h5_must_be_closed(open);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
