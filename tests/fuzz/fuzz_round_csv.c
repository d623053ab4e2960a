/* fuzz_round_csv.c - ions to .csv and back, every bit of them. */
#include "fuzz_round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base;
    if (!fuzz_room_folder[0]) fuzz_room_make();
    oa_context *context = fuzz_context(&base);
    fuzz_bytes in = { data, size };
    oa_ions *ions = fuzz_ions(context, &in);
    const char *path = fuzz_room_path("fuzz.csv");
    fuzz_write(context, oa_write_csv, path, ions);
    oa_content content = fuzz_read_back(context, &oa_format_csv, path);
    fuzz_same_columns(ions, content.ions);
    oa_ions_free(content.ions);
    oa_ions_free(ions);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
