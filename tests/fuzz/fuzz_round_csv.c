/* fuzz_round_csv.c - ions to .csv and back, every bit of them. */
#include "fuzz_round.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base;
    oa_context *context = fuzz_context(&base);
    fuzz_bytes in = { data, size };
    oa_ions_free(fuzz_round_ions(context, &in, oa_write_csv, &oa_format_csv, "fuzz.csv"));
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
