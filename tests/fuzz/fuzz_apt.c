/* fuzz_apt.c - any bytes as a .apt file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_read(&oa_format_apt, "fuzz.apt", data, size); }
