/* fuzz_nexus.c - NXapm files, ours and foreign, altered by edits: ions, ranges, records, results. */
#include "fuzz_nexus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const oa_slot slots[] = { { .name = "ions", .kind = OA_TAKES_IONS }, { .name = "selection", .kind = OA_TAKES_SELECTION },
                                     { .name = "ranges", .kind = OA_TAKES_RANGES }, { .name = "result", .kind = OA_TAKES_RESULT },
                                     { .name = "truth", .kind = OA_TAKES_SPECIMEN } };
    return fuzz_nexus(data, size, slots, 5);
}
