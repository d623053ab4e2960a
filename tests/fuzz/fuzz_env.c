/* fuzz_env.c - any bytes as a .env file. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return fuzz_read(&oa_format_env, "fuzz.env", data, size); }
