/* scatter_scalar.c - the loop of scatter_loops.h as every processor runs it. */
#define SCATTER oa_scatter_scalar
#include "math/kernel/scatter_loops.h"
