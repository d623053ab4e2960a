/* fuzz_h5_bytes.c - HDF5 files with altered bytes. Here the trial child looks first, as in the program: HDF5 may die in it, this process may not. */
#include "fuzz_nexus.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const oa_slot slots[] = { { .name = "ions", .kind = OA_TAKES_IONS }, { .name = "model", .kind = OA_TAKES_MODEL },
                                     { .name = "result", .kind = OA_TAKES_RESULT } };
    return fuzz_nexus(data, size, slots, 3);
}
