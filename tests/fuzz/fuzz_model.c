/* fuzz_model.c - models of ours, altered by edits, in a slot for models. */
#include "fuzz_nexus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const oa_slot slot = { .name = "model", .kind = OA_TAKES_MODEL };
    return fuzz_nexus(data, size, &slot, 1);
}
