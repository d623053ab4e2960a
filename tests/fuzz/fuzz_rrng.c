/* fuzz_rrng.c - any bytes as a .rrng file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_read(&oa_format_rrng, "fuzz.rrng", data, size); }
