/* activation.c - what follows a layer, element by element or over the classes. */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

/* y = max(0, y) */
static void relu(float *y, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i++) y[i] = y[i] > 0 ? y[i] : 0;
}

/* y = exp(y - max) / sum: the largest exponent is 0, so nothing overflows. */
static void softmax(float *y, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, y += n) {
        float largest = y[0], sum = 0;
        for (size_t i = 1; i < n; i++) largest = y[i] > largest ? y[i] : largest;
        for (size_t i = 0; i < n; i++) sum += y[i] = expf(y[i] - largest);
        for (size_t i = 0; i < n; i++) y[i] /= sum;
    }
}

static const oa_activation activations[] = { { "linear", NULL }, { "relu", relu }, { "softmax", softmax } };

const oa_activation *oa_activation_find(const char *name)
{
    for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++)
        if (strcmp(activations[i].name, name) == 0) return &activations[i];
    return NULL;
}
