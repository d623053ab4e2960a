/* scatter_avx512.c - the loop of scatter_loops.h as AVX-512 runs it. */
#define SCATTER oa_scatter_avx512
#include "math/kernel/scatter_loops.h"
