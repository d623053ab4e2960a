/* fuzz_rng.c - any bytes as a .rng file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_read(&oa_format_rng, "fuzz.rng", data, size); }
