/* layer.c - the list of layers, and what several of them share: windows and the matrix product. */
#include "nn/layer.h"

#include <string.h>

#include "math/blas.h"

static const oa_layer_kind *const kinds[] = { &oa_layer_conv1d, &oa_layer_maxpool1d, &oa_layer_flatten, &oa_layer_dense };

const oa_layer_kind *oa_layer_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

size_t oa_windows(size_t length, size_t width, size_t stride, bool same_padding, size_t *before)
{
    *before = 0;
    if (!same_padding) return length < width ? 0 : (length - width) / stride + 1;
    const size_t n = (length + stride - 1) / stride;
    const size_t covered = n ? (n - 1) * stride + width : 0;
    if (covered > length) *before = (covered - length) / 2;
    return n;
}

enum { FEW_UNITS = 8 }; /* class outputs: too narrow for the matrix library, whose sums would then depend on the row */

static void multiply_plainly(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *y)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < k; i++)
            for (size_t u = 0; u < n; u++) y[r * n + u] += a[r * a_step + i] * b[i * n + u];
}

void oa_layer_product(const oa_layer_pass *pass, size_t m, size_t n, size_t k, const float *a, size_t a_step, float *y)
{
    for (size_t r = 0; r < m; r++) memcpy(y + r * n, pass->bias, n * sizeof *y);
    if (pass->kernels->multiply) pass->kernels->multiply(m, n, k, a, a_step, pass->kernel, y);
    else if (n < FEW_UNITS || a_step < k) multiply_plainly(m, n, k, a, a_step, pass->kernel, y);
    else oa_blas_multiply(m, n, k, a, pass->kernel, 1.0f, y);
}
