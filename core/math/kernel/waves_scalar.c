/* waves_scalar.c - the loops of waves_loops.h as every processor runs them. */
#define WAVES_TABLE oa_waves_scalar
#include "math/kernel/waves_loops.h"
