/* waves_avx2.c - the loops of waves_loops.h, compiled for AVX2. */
#define WAVES_TABLE oa_waves_avx2
#include "math/kernel/waves_loops.h"
