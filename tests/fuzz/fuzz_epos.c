/* fuzz_epos.c - any bytes as a .epos file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_read(&oa_format_epos, "fuzz.epos", data, size); }
