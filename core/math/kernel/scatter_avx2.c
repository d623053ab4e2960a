/* scatter_avx2.c - the loop of scatter_loops.h as AVX2 runs it. */
#define SCATTER oa_scatter_avx2
#include "math/kernel/scatter_loops.h"
