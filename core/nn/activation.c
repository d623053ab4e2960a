/* activation.c - what follows a layer, element by element or over the classes, forward and backward. */
#include "nn/layer.h"

#include <math.h>
#include <string.h>

/* y = max(0, y) */
static void relu(float *y, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i++) y[i] = y[i] > 0 ? y[i] : 0;
}

static void relu_backward(const float *y, float *dy, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i++) dy[i] = y[i] > 0 ? dy[i] : 0;
}

/* y = 1 / (1 + exp(-y)), by the exponential that cannot overflow. */
static void sigmoid(float *y, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i++) {
        const float e = expf(-fabsf(y[i])), share = 1 / (1 + e);
        y[i] = y[i] >= 0 ? share : e * share;
    }
}

static void sigmoid_backward(const float *y, float *dy, size_t rows, size_t n)
{
    for (size_t i = 0; i < rows * n; i++) dy[i] *= y[i] * (1 - y[i]);
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

/* dy_i = y_i (dy_i - sum over j of y_j dy_j) */
static void softmax_backward(const float *y, float *dy, size_t rows, size_t n)
{
    for (size_t r = 0; r < rows; r++, y += n, dy += n) {
        float mean = 0;
        for (size_t i = 0; i < n; i++) mean += y[i] * dy[i];
        for (size_t i = 0; i < n; i++) dy[i] = y[i] * (dy[i] - mean);
    }
}

static const oa_activation activations[] = {
    { .name = "linear" },
    { .name = "relu", .apply = relu, .backward = relu_backward },
    { .name = "sigmoid", .apply = sigmoid, .backward = sigmoid_backward },
    { .name = "softmax", .apply = softmax, .backward = softmax_backward },
};

const oa_activation *oa_activation_find(const char *name)
{
    for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++)
        if (strcmp(activations[i].name, name) == 0) return &activations[i];
    return NULL;
}
