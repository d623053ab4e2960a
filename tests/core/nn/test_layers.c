/* Layers against plain loops: the loops here are the specification, the layers are fast. */
#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "math/blas.h"
#include "math/kernel/kernel.h"
#include "nn/network.h"

enum { ROWS = 19 };

static void fill(float *values, size_t n, uint64_t stream)
{
    oa_random random = oa_random_start(11, stream);
    for (size_t i = 0; i < n; i++) values[i] = (float)(2 * oa_random_uniform(&random) - 1);
}

/* y[p][f] = bias[f] + sum over w, c of padded x[p stride + w - before][c] kernel[w][c][f]; how many zeros Keras puts in
 * front is written out here again. */
static void plain_conv1d(const oa_layer *layer, const float *kernel, const float *bias, size_t length, const float *x, size_t out, float *y)
{
    const long width = (long)layer->width, stride = (long)layer->stride, channels = (long)layer->inputs, units = (long)layer->units;
    long before = 0;
    if (layer->same_padding) {
        const long total = ((long)length % stride == 0) ? width - stride : width - (long)length % stride;
        before = total > 0 ? total / 2 : 0;
    }
    for (long p = 0; p < (long)out; p++)
        for (long f = 0; f < units; f++) {
            double sum = bias[f];
            for (long w = 0; w < width; w++)
                for (long c = 0; c < channels; c++) {
                    const long at = p * stride + w - before;
                    if (at >= 0 && at < (long)length) sum += (double)x[at * channels + c] * kernel[(w * channels + c) * units + f];
                }
            y[p * units + f] = (float)sum;
        }
}

static void check_conv1d(oa_context *context, const oa_kernels *kernels, const oa_layer *layer, size_t length, size_t expected)
{
    const oa_extent in = { 1, length, (size_t)layer->inputs };
    oa_extent out;
    check_ok(context, oa_layer_conv1d.shape(context, layer, in, &out));
    assert_int_equal(out.length, expected);
    const size_t n_kernel = (size_t)(layer->width * layer->inputs * layer->units), n_out = out.length * out.channels;
    float *kernel = malloc(n_kernel * 4), *bias = malloc(out.channels * 4), *x = malloc(ROWS * length * in.channels * 4);
    float *y = malloc(ROWS * n_out * 4), *want = malloc(n_out * 4), *scratch = malloc(oa_layer_conv1d.scratch(layer, in, out) * 4 + 4);
    fill(kernel, n_kernel, 1), fill(bias, out.channels, 2), fill(x, ROWS * length * in.channels, 3);
    const oa_layer_pass pass = { .kernels = kernels, .layer = layer, .kernel = kernel, .bias = bias, .in = in, .out = out, .rows = ROWS,
                                 .x = x, .y = y, .scratch = scratch };
    oa_layer_conv1d.forward(&pass);
    for (size_t r = 0; r < ROWS; r++) {
        plain_conv1d(layer, kernel, bias, length, x + r * length * in.channels, out.length, want);
        for (size_t i = 0; i < n_out; i++) check_real(y[r * n_out + i], want[i], 1e-5);
    }
    free(kernel), free(bias), free(x), free(y), free(want), free(scratch);
}

static void test_layers__conv1d_is_a_sum_over_windows(void **state)
{
    oa_context *context = *state;
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_kernels *kernels = oa_kernels_find(*name);
        if (!kernels) continue;
        check_conv1d(context, kernels, &(oa_layer){ .width = 10, .stride = 1, .inputs = 1, .units = 16 }, 93, 84);
        check_conv1d(context, kernels, &(oa_layer){ .width = 10, .stride = 1, .inputs = 1, .units = 16, .same_padding = true }, 93, 93);
        check_conv1d(context, kernels, &(oa_layer){ .width = 10, .stride = 1, .inputs = 2, .units = 64 }, 93, 84);
        check_conv1d(context, kernels, &(oa_layer){ .width = 3, .stride = 2, .inputs = 3, .units = 5, .same_padding = true }, 20, 10);
        check_conv1d(context, kernels, &(oa_layer){ .width = 5, .stride = 3, .inputs = 2, .units = 33 }, 17, 5);
        check_conv1d(context, kernels, &(oa_layer){ .width = 7, .stride = 1, .inputs = 1, .units = 1, .same_padding = true }, 3, 3);
    }
}

/* y[i][j][f] = bias[f] + sum over u, v, c of padded x[i stride + u - above][j stride + v - left][c] kernel[u][v][c][f] */
static double plain_conv2d(const oa_layer *layer, const float *kernel, const float *bias, oa_extent in, const float *x, long i, long j, long f)
{
    const long stride = (long)layer->stride, channels = (long)layer->inputs;
    long zeros[2] = { 0, 0 }; /* above and to the left */
    for (int axis = 0; axis < 2 && layer->same_padding; axis++) {
        const long length = (long)(axis ? in.length : in.height), width = (long)(axis ? layer->width : layer->height);
        const long total = length % stride == 0 ? width - stride : width - length % stride;
        zeros[axis] = total > 0 ? total / 2 : 0;
    }
    double sum = bias[f];
    for (long u = 0; u < layer->height; u++)
        for (long v = 0; v < layer->width; v++)
            for (long c = 0; c < channels; c++) {
                const long row = i * stride + u - zeros[0], column = j * stride + v - zeros[1];
                if (row < 0 || column < 0 || row >= (long)in.height || column >= (long)in.length) continue;
                sum += (double)x[(row * (long)in.length + column) * channels + c] * kernel[((u * layer->width + v) * channels + c) * layer->units + f];
            }
    return sum;
}

static void check_conv2d(oa_context *context, const oa_kernels *kernels, const oa_layer *layer, oa_extent in, size_t high, size_t wide)
{
    enum { FEW = 3 };
    oa_extent out;
    check_ok(context, oa_layer_conv2d.shape(context, layer, in, &out));
    assert_true(out.height == high && out.length == wide && out.channels == (size_t)layer->units);
    const size_t n_kernel = (size_t)(layer->height * layer->width * layer->inputs * layer->units), n_in = oa_extent_values(in), n_out = oa_extent_values(out);
    float *kernel = malloc(n_kernel * 4), *bias = malloc(out.channels * 4), *x = malloc(FEW * n_in * 4), *y = malloc(FEW * n_out * 4);
    float *scratch = malloc(oa_layer_conv2d.scratch(layer, in, out) * 4);
    fill(kernel, n_kernel, 31), fill(bias, out.channels, 32), fill(x, FEW * n_in, 33);
    oa_layer_conv2d.forward(&(oa_layer_pass){ .kernels = kernels, .layer = layer, .kernel = kernel, .bias = bias, .in = in, .out = out, .rows = FEW,
                                              .x = x, .y = y, .scratch = scratch });
    for (size_t k = 0; k < FEW * n_out; k++) {
        const size_t at = k % n_out, f = at % out.channels, j = at / out.channels % out.length, i = at / out.channels / out.length;
        check_real(y[k], plain_conv2d(layer, kernel, bias, in, x + k / n_out * n_in, (long)i, (long)j, (long)f), 1e-5);
    }
    free(kernel), free(bias), free(x), free(y), free(scratch);
}

static void test_layers__conv2d_is_a_sum_over_windows(void **state)
{
    oa_context *context = *state;
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_kernels *kernels = oa_kernels_find(*name);
        if (!kernels) continue;
        check_conv2d(context, kernels, &(oa_layer){ .height = 3, .width = 3, .stride = 1, .inputs = 1, .units = 16 }, (oa_extent){ 30, 25, 1 }, 28, 23);
        check_conv2d(context, kernels, &(oa_layer){ .height = 3, .width = 3, .stride = 1, .inputs = 16, .units = 32 }, (oa_extent){ 20, 17, 16 }, 18, 15);
        check_conv2d(context, kernels, &(oa_layer){ .height = 3, .width = 3, .stride = 1, .inputs = 2, .units = 5, .same_padding = true }, (oa_extent){ 9, 7, 2 }, 9, 7);
        check_conv2d(context, kernels, &(oa_layer){ .height = 2, .width = 5, .stride = 2, .inputs = 3, .units = 9, .same_padding = true }, (oa_extent){ 7, 8, 3 }, 4, 4);
        check_conv2d(context, kernels, &(oa_layer){ .height = 4, .width = 3, .stride = 3, .inputs = 2, .units = 3 }, (oa_extent){ 11, 10, 2 }, 3, 3);
        check_conv2d(context, kernels, &(oa_layer){ .height = 5, .width = 5, .stride = 1, .inputs = 1, .units = 1, .same_padding = true }, (oa_extent){ 2, 1, 1 }, 2, 1);
    }
}

/* A curve is a picture of one row. */
static void test_layers__conv1d_is_conv2d_of_one_row(void **state)
{
    oa_context *context = *state;
    const oa_kernels *kernels = oa_kernels_find("auto");
    oa_layer line = { .width = 10, .stride = 1, .inputs = 2, .units = 7, .same_padding = true }, flat = line;
    const oa_extent in = { 1, 40, 2 };
    oa_extent out;
    float x[80], kernel[140], bias[7], y[280], want[280];
    flat.height = 1;
    check_ok(context, oa_layer_conv2d.shape(context, &flat, in, &out));
    float *scratch = malloc(4 * (oa_layer_conv2d.scratch(&flat, in, out) + oa_layer_conv1d.scratch(&line, in, out)));
    fill(x, 80, 41), fill(kernel, 140, 42), fill(bias, 7, 43);
    oa_layer_pass pass = { .kernels = kernels, .layer = &flat, .kernel = kernel, .bias = bias, .in = in, .out = out, .rows = 1, .x = x, .y = want, .scratch = scratch };
    oa_layer_conv2d.forward(&pass);
    pass.layer = &line, pass.y = y;
    oa_layer_conv1d.forward(&pass);
    assert_memory_equal(y, want, sizeof y);
    free(scratch);
}

static void check_dense(oa_context *context, const oa_kernels *kernels, size_t inputs, size_t units)
{
    const oa_layer layer = { .inputs = (int64_t)inputs, .units = (int64_t)units };
    oa_extent out;
    check_ok(context, oa_layer_dense.shape(context, &layer, (oa_extent){ 1, 1, inputs }, &out));
    float *kernel = malloc(inputs * units * 4), *bias = malloc(units * 4), *x = malloc(ROWS * inputs * 4), *y = malloc(ROWS * units * 4);
    fill(kernel, inputs * units, 4), fill(bias, units, 5), fill(x, ROWS * inputs, 6);
    const oa_layer_pass pass = { .kernels = kernels, .layer = &layer, .kernel = kernel, .bias = bias, .in = { 1, 1, inputs }, .out = out,
                                 .rows = ROWS, .x = x, .y = y };
    oa_layer_dense.forward(&pass);
    for (size_t r = 0; r < ROWS; r++)
        for (size_t u = 0; u < units; u++) {
            double sum = bias[u];
            for (size_t i = 0; i < inputs; i++) sum += (double)x[r * inputs + i] * kernel[i * units + u];
            check_real(y[r * units + u], sum, 1e-6 * (double)(inputs + 1));
        }
    free(kernel), free(bias), free(x), free(y);
}

static void test_layers__dense_is_a_matrix_product(void **state)
{
    static const size_t sizes[][2] = { { 672, 256 }, { 256, 2 }, { 1, 1 }, { 7, 31 }, { 64, 48 }, { 33, 17 }, { 5, 9 } };
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_kernels *kernels = oa_kernels_find(*name);
        for (size_t i = 0; kernels && i < sizeof sizes / sizeof sizes[0]; i++) check_dense(*state, kernels, sizes[i][0], sizes[i][1]);
    }
}

/* The contract of the product: a row has the same bytes whatever rows are beside it. */
static void test_layers__rows_of_a_product_are_independent(void **state)
{
    (void)state;
    enum { M = 37, N = 50, K = 23 };
    static float a[M * K], b[K * N], whole[M * N], one[N];
    fill(a, M * K, 7), fill(b, K * N, 8);
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_kernels *kernels = oa_kernels_find(*name);
        if (!kernels || !kernels->multiply) continue;
        memset(whole, 0, sizeof whole);
        kernels->multiply(M, N, K, a, K, b, whole);
        for (size_t r = 0; r < M; r++) {
            memset(one, 0, sizeof one);
            kernels->multiply(1, N, K, a + r * K, K, b, one);
            assert_memory_equal(one, whole + r * N, sizeof one);
        }
    }
}

/* The fused kernel against convolution, relu and pooling by the product of the same set: equal bytes. */
static void check_fused(const oa_kernels *kernels, size_t length, size_t channels, size_t width, size_t filters)
{
    enum { MOST = 4096 };
    static float x[MOST], weights[MOST], bias[MOST], conv[MOST], want[MOST], got[MOST];
    const size_t taps = width * channels, windows = length - width + 1, n = windows / 2;
    fill(x, length * channels, 21), fill(weights, taps * filters, 22), fill(bias, filters, 23);
    for (size_t q = 0; q < windows; q++) memcpy(conv + q * filters, bias, filters * sizeof *bias);
    kernels->multiply(windows, filters, taps, x, channels, weights, conv);
    oa_activation_find("relu")->apply(conv, windows, filters);
    for (size_t i = 0; i < n * filters; i++) {
        const float first = conv[i / filters * 2 * filters + i % filters], second = conv[(i / filters * 2 + 1) * filters + i % filters];
        want[i] = second > first ? second : first;
    }
    kernels->convolve_pool(n, filters, taps, x, channels, weights, bias, got);
    assert_memory_equal(got, want, n * filters * sizeof *got);
}

static void test_layers__fused_pooling_gives_the_same_bytes(void **state)
{
    (void)state;
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_kernels *kernels = oa_kernels_find(*name);
        if (!kernels || !kernels->convolve_pool) continue;
        check_fused(kernels, 93, 1, 10, 16);
        check_fused(kernels, 40, 2, 10, 64);
        check_fused(kernels, 30, 3, 4, 5);
        check_fused(kernels, 12, 1, 11, 37);
    }
}

static void test_layers__maxpool_takes_the_largest(void **state)
{
    oa_context *context = *state;
    const oa_layer valid = { .width = 2, .stride = 2 }, same = { .width = 2, .stride = 2, .same_padding = true };
    const float x[10] = { 1, -1, 3, -5, 2, -2, 0, -9, 7, -7 }; /* (5, 2) */
    float y[6];
    oa_extent out;
    check_ok(context, oa_layer_maxpool1d.shape(context, &valid, (oa_extent){ 1, 5, 2 }, &out));
    assert_int_equal(out.length, 2);
    oa_layer_maxpool1d.forward(&(oa_layer_pass){ .layer = &valid, .in = { 1, 5, 2 }, .out = out, .rows = 1, .x = x, .y = y });
    assert_true(y[0] == 3 && y[1] == -1 && y[2] == 2 && y[3] == -2);
    check_ok(context, oa_layer_maxpool1d.shape(context, &same, (oa_extent){ 1, 5, 2 }, &out));
    assert_int_equal(out.length, 3);
    oa_layer_maxpool1d.forward(&(oa_layer_pass){ .layer = &same, .in = { 1, 5, 2 }, .out = out, .rows = 1, .x = x, .y = y });
    assert_true(y[4] == 7 && y[5] == -7); /* what lies outside does not count, not even as 0 */
}

static void test_layers__maxpool2d_takes_the_largest(void **state)
{
    oa_context *context = *state;
    const oa_layer valid = { .height = 2, .width = 2, .stride = 2 }, same = { .height = 2, .width = 2, .stride = 2, .same_padding = true };
    const float x[12] = { 1, 5, -3, -1, 2, -8, 0, 9, -2, 3, 4, -7 }; /* (4, 3) */
    float y[4];
    oa_extent out;
    check_ok(context, oa_layer_maxpool2d.shape(context, &valid, (oa_extent){ 4, 3, 1 }, &out));
    assert_true(out.height == 2 && out.length == 1 && out.channels == 1);
    oa_layer_maxpool2d.forward(&(oa_layer_pass){ .layer = &valid, .in = { 4, 3, 1 }, .out = out, .rows = 1, .x = x, .y = y });
    assert_true(y[0] == 5 && y[1] == 9);
    check_ok(context, oa_layer_maxpool2d.shape(context, &same, (oa_extent){ 4, 3, 1 }, &out));
    assert_true(out.height == 2 && out.length == 2);
    oa_layer_maxpool2d.forward(&(oa_layer_pass){ .layer = &same, .in = { 4, 3, 1 }, .out = out, .rows = 1, .x = x, .y = y });
    assert_true(y[0] == 5 && y[1] == -3 && y[2] == 9 && y[3] == -2);
}

static void test_layers__activations(void **state)
{
    (void)state;
    float r[4] = { -1, 0, 2, -0.5f }, s[6] = { 1, 2, 3, 1000, 1000, -1000 };
    oa_activation_find("relu")->apply(r, 1, 4);
    assert_true(r[0] == 0 && r[1] == 0 && r[2] == 2 && r[3] == 0);
    oa_activation_find("softmax")->apply(s, 2, 3);
    check_real(s[0], 0.09003057317038046, 1e-7);
    check_real(s[2], 0.6652409557748219, 1e-7);
    check_real(s[3], 0.5, 1e-7);
    assert_true(s[5] == 0);
    assert_null(oa_activation_find("tanh"));
}

static void test_layers__what_does_not_fit_is_refused(void **state)
{
    oa_context *context = *state;
    oa_extent out;
    check_fails(context, oa_layer_conv1d.shape(context, &(oa_layer){ .width = 10, .stride = 1, .inputs = 1, .units = 4 }, (oa_extent){ 1, 9, 1 }, &out),
                "E_ARCHITECTURE");
    oa_context__clear(context);
    check_fails(context, oa_layer_conv1d.shape(context, &(oa_layer){ .width = 3, .stride = 1, .inputs = 2, .units = 4 }, (oa_extent){ 1, 9, 1 }, &out), "E_ARCHITECTURE");
    oa_context__clear(context);
    check_fails(context, oa_layer_dense.shape(context, &(oa_layer){ .inputs = 9, .units = 4 }, (oa_extent){ 1, 9, 1 }, &out), "E_ARCHITECTURE");
    oa_context__clear(context);
    check_fails(context, oa_layer_dense.shape(context, &(oa_layer){ .inputs = 8, .units = 4 }, (oa_extent){ 1, 1, 9 }, &out), "E_ARCHITECTURE");
    oa_context__clear(context);
    const oa_layer flat = { .height = 3, .width = 3, .stride = 1, .inputs = 1, .units = 4 }, pool = { .height = 3, .width = 2, .stride = 2 };
    check_fails(context, oa_layer_conv2d.shape(context, &flat, (oa_extent){ 2, 9, 1 }, &out), "E_ARCHITECTURE");
    oa_context__clear(context);
    check_fails(context, oa_layer_conv2d.shape(context, &flat, (oa_extent){ 9, 9, 2 }, &out), "E_ARCHITECTURE");
    oa_context__clear(context);
    check_fails(context, oa_layer_maxpool2d.shape(context, &pool, (oa_extent){ 2, 9, 1 }, &out), "E_ARCHITECTURE");
    oa_context__clear(context);
    check_fails(context, oa_layer_maxpool1d.shape(context, &(oa_layer){ .width = 2, .stride = 2 }, (oa_extent){ 2, 9, 1 }, &out), "E_ARCHITECTURE");
    oa_context__clear(context);
    check_fails(context, oa_layer_dense.shape(context, &(oa_layer){ .inputs = 1, .units = 4 }, (oa_extent){ 3, 1, 1 }, &out), "E_ARCHITECTURE");
}

/* A network of two classes as a file may describe it, with one thing wrong. */
static void refuse_plan(oa_context *context, const char *kind, const char *activation, bool has_weights, int64_t classes)
{
    static float weights[64];
    oa_network network;
    oa_model model = { .context = context, .members = 1, .input_height = 1, .input_length = 4, .input_channels = 1, .n_classes = classes, .n_layers = 2 };
    model.layers[0] = (oa_layer){ .kind = "flatten", .activation = "linear" };
    model.layers[1] = (oa_layer){ .inputs = 4, .units = 2, .kernel = has_weights ? weights : NULL, .bias = has_weights ? weights : NULL };
    snprintf(model.layers[1].kind, sizeof model.layers[1].kind, "%s", kind);
    snprintf(model.layers[1].activation, sizeof model.layers[1].activation, "%s", activation);
    oa_context__clear(context);
    if (strcmp(kind, "dense") == 0 && strcmp(activation, "softmax") == 0 && has_weights && classes == 2) check_ok(context, oa_network_plan(context, &model, &network));
    else check_fails(context, oa_network_plan(context, &model, &network), "E_ARCHITECTURE");
}

static void test_layers__networks_that_cannot_be_are_refused(void **state)
{
    oa_network network;
    refuse_plan(*state, "dense", "softmax", true, 2);
    refuse_plan(*state, "dropout", "softmax", true, 2);
    refuse_plan(*state, "dense", "tanh", true, 2);
    refuse_plan(*state, "dense", "softmax", false, 2);
    refuse_plan(*state, "dense", "softmax", true, 3);
    oa_context__clear(*state);
    check_fails(*state, oa_network_plan(*state, &(oa_model){ .context = *state, .input_height = 1, .input_length = 4, .input_channels = 1, .n_classes = 2 }, &network),
                "E_ARCHITECTURE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layers__conv1d_is_a_sum_over_windows, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_layers__conv2d_is_a_sum_over_windows, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_layers__conv1d_is_conv2d_of_one_row, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_layers__dense_is_a_matrix_product, check_setup, check_teardown),
        cmocka_unit_test(test_layers__rows_of_a_product_are_independent),
        cmocka_unit_test(test_layers__fused_pooling_gives_the_same_bytes),
        cmocka_unit_test_setup_teardown(test_layers__maxpool_takes_the_largest, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_layers__maxpool2d_takes_the_largest, check_setup, check_teardown),
        cmocka_unit_test(test_layers__activations),
        cmocka_unit_test_setup_teardown(test_layers__what_does_not_fit_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_layers__networks_that_cannot_be_are_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
