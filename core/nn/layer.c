/* layer.c - the list of layers, and what several of them share: windows and the matrix product. */
#include "nn/layer.h"

#include <string.h>

static const oa_layer_kind *const kinds[] = {
    &oa_layer_conv1d, &oa_layer_conv2d, &oa_layer_maxpool1d, &oa_layer_maxpool2d, &oa_layer_flatten, &oa_layer_dense,
};

const oa_layer_kind *oa_layer_kind_find(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i]->name, name) == 0) return kinds[i];
    return NULL;
}

size_t oa_extent_values(oa_extent extent)
{
    return extent.height * extent.length * extent.channels;
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

void oa_layer_product(const oa_layer_pass *pass, size_t m, size_t n, size_t k, const float *a, size_t a_step, float *y)
{
    for (size_t r = 0; r < m; r++) memcpy(y + r * n, pass->bias, n * sizeof *y);
    pass->kernels->multiply(m, n, k, a, a_step, pass->kernel, y);
}

void oa_layer_sum(const oa_layer_pass *pass, size_t m, size_t n, const float *dy, float *sum)
{
    static const float one[OA_KERNEL_PAD] = { 1 };
    pass->kernels->multiply_tn(m, n, 1, one, 0, dy, sum); /* every row of the left side is the same 1 */
}
