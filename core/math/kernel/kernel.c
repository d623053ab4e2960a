/* kernel.c - which kernel sets there are and which of them this processor can run. */
#include "math/kernel/kernel.h"

#include <string.h>

#if defined(__x86_64__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
}
#endif

static bool has_c(void)
{
    return true;
}

/* Slowest first. */
static const struct kernel_row {
    const oa_kernels *kernels;
    bool (*is_supported)(void);
} rows[] = {
    { &oa_kernels_scalar, has_c },
#if defined(__x86_64__)
    { &oa_kernels_avx2, has_avx2 },
    { &oa_kernels_avx512, has_avx512 },
#endif
};
enum { N_ROWS = sizeof rows / sizeof rows[0] };

static const char *const names[] = {
    "scalar",
#if defined(__x86_64__)
    "avx2", "avx512",
#endif
    NULL
};

const char *const *oa_kernels_names(void)
{
    return names;
}

const oa_kernels *oa_kernels_find(const char *name)
{
    const bool is_auto = !name || !*name || strcmp(name, "auto") == 0;
    for (int i = N_ROWS - 1; i >= 0; i--)
        if ((is_auto || strcmp(name, rows[i].kernels->name) == 0) && rows[i].is_supported()) return rows[i].kernels;
    return NULL;
}
