/* fuzz_pos.c - any bytes as a .pos file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_read(&oa_format_pos, "fuzz.pos", data, size); }
