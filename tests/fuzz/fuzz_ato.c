/* fuzz_ato.c - any bytes as a .ato file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_read(&oa_format_ato, "fuzz.ato", data, size); }
