/* waves_avx512.c - the loops of waves_loops.h, compiled for AVX512. */
#define WAVES_TABLE oa_waves_avx512
#include "math/kernel/waves_loops.h"
