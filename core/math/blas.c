/* blas.c - calls OpenBLAS and nothing else does. */
#include "math/blas.h"

#include <cblas.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Builds of OpenBLAS that may meet another one in the same process bear a prefix before every name, and say so themselves. */
#ifdef BLAS_SYMBOL_PREFIX
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define BLAS(function) JOIN(BLAS_SYMBOL_PREFIX, function)
#else
#define BLAS(function) function
#endif

static char name[96] = "OpenBLAS";
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The configuration text is "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ... SkylakeX MAX_THREADS=64": two words of it are kept. */
static void set_up(void)
{
    BLAS(openblas_set_num_threads)(1);
    const char *config = BLAS(openblas_get_config)();
    const char *end = strchr(config, ' ');
    if (end) end = strchr(end + 1, ' ');
    snprintf(name, sizeof name, "%.*s %s", (int)(end ? (size_t)(end - config) : strlen(config)), config, BLAS(openblas_get_corename)());
}

void oa_blas_setup(void)
{
    pthread_once(&once, set_up);
}

const char *oa_blas_name(void)
{
    pthread_once(&once, set_up);
    return name;
}

void oa_blas_multiply(size_t m, size_t n, size_t k, const float *a, const float *b, float beta, float *c)
{
    BLAS(cblas_sgemm)(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)m, (blasint)n, (blasint)k, 1.0f, a, (blasint)k, b,
                      (blasint)n, beta, c, (blasint)n);
}
