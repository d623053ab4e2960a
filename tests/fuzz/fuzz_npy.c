/* fuzz_npy.c - any bytes as a .npy file: success gives an array of doubles as large as its shape says. */
#include "fuzz.h"

#include "data/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oa_context *context;
    const char *path = fuzz_file(&context, data, size);
    if (!path) return 0;
    const oa_read_options options = { .byte_order = "big", .preset = "" };
    oa_source source = { .path = path, .name = "fuzz.npy", .format = oa_format_npy.name, .read = oa_format_npy.read };
    oa_content content = { 0 };
    const oa_status status = oa_format_npy.read(context, &source, &options, &content);
    fuzz_must((status == OA_OK) == (content.array != NULL), "success gives an array and failure none");
    fuzz_must(status == OA_OK || status == OA_E_DATA || status == OA_E_LACKING, "failures are bad or too much data");
    fuzz_must(status == OA_OK || oa_error_text(context)[0], "failures have a text");
    if (content.array) {
        const size_t n = oa_array_count(content.array);
        fuzz_must(content.array->type == OA_F64 && content.array->rank <= 5 && n > 0, "an array of doubles");
        fuzz_must(content.array->block->bytes == n * sizeof(double) && n <= size, "as large as its shape, no larger than the file");
        volatile double last = 0; /* every value is read: the sanitizer sees what was never written */
        for (size_t i = 0; i < n; i++) last = oa_array_real(content.array, i);
        (void)last;
        oa_block_free(content.array->block);
        oa_free(context, content.array);
    }
    fuzz_must(context->bytes < 4096, "nothing but the idle pool stays allocated");
    return 0;
}
