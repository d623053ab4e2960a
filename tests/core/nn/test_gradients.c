/* Backward against forward: what a layer says about its gradient must be what differences of its own values say. The loss is
 * the sum of y times fixed random numbers, so its gradient by y is known. */
#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "nn/train.h"

enum { ROWS = 3, MOST = 4096 };

static void fill(float *values, size_t n, uint64_t stream)
{
    oa_random random = oa_random_start(17, stream);
    for (size_t i = 0; i < n; i++) values[i] = (float)(2 * oa_random_uniform(&random) - 1);
}

/* Values that keep their order when one of them moves by less than 0.005: what pooling needs. */
static void fill_apart(float *values, size_t n, uint64_t stream)
{
    oa_random random = oa_random_start(18, stream);
    for (size_t i = 0; i < n; i++) values[i] = 0.01f * (float)i - 0.005f * (float)n;
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t)oa_random_below(&random, i);
        const float value = values[i - 1];
        values[i - 1] = values[k];
        values[k] = value;
    }
}

/* ---------------------------------------------------------------------------------------------- layers */

typedef struct bench {
    oa_layer layer;
    oa_layer_pass pass;
    const oa_layer_kind *kind;
    size_t n_x, n_y;
    float x[MOST], y[MOST], kernel[MOST], bias[MOST], dy[MOST], dx[MOST], dkernel[MOST], dbias[MOST];
} bench;

static double loss_of(bench *b)
{
    double sum = 0;
    b->kind->forward(&b->pass);
    for (size_t i = 0; i < b->n_y; i++) sum += (double)b->y[i] * b->dy[i];
    return sum;
}

/* d loss / d *at by a central difference. */
static double slope(bench *b, float *at, float step)
{
    const float here = *at;
    *at = here + step;
    const double above = loss_of(b), reached = *at;
    *at = here - step;
    const double below = loss_of(b), from = *at;
    *at = here;
    return (above - below) / (reached - from);
}

static void check_slopes(bench *b, const char *what, float *values, const float *gradient, float added, size_t n, float step, double tolerance)
{
    for (size_t i = 0; i < n; i++) {
        const double want = slope(b, values + i, step);
        if (!(fabs(gradient[i] - added - want) <= tolerance * (1 + fabs(want))))
            fail_msg("%s: gradient of %s %zu is %g, differences say %g", b->kind->name, what, i, (double)(gradient[i] - added), want);
    }
}

/* Weights' gradients are added to what is there: 2 everywhere. */
static void check_layer(oa_context *context, const oa_kernels *kernels, const oa_layer_kind *kind, oa_layer layer, oa_extent in, float step)
{
    bench *b = calloc(1, sizeof *b);
    b->layer = layer;
    b->kind = kind;
    snprintf(b->layer.kind, sizeof b->layer.kind, "%s", kind->name);
    assert_true(oa_layer__count(&b->layer));
    b->pass = (oa_layer_pass){ .kernels = kernels, .layer = &b->layer, .kernel = b->kernel, .bias = b->bias, .in = in, .rows = ROWS, .x = b->x, .y = b->y,
                               .dy = b->dy, .dx = b->dx, .dkernel = b->dkernel, .dbias = b->dbias };
    check_ok(context, kind->shape(context, &b->layer, in, &b->pass.out));
    b->n_x = ROWS * oa_extent_values(in), b->n_y = ROWS * oa_extent_values(b->pass.out);
    assert_true(b->n_x <= MOST && b->n_y <= MOST && b->layer.n_kernel <= MOST);
    b->pass.scratch = kind->scratch ? malloc(4 * kind->scratch(&b->layer, in, b->pass.out)) : NULL; /* exactly: the sanitizer sees one more */
    fill(b->dy, b->n_y, 1), fill(b->kernel, b->layer.n_kernel, 2), fill(b->bias, b->layer.n_bias, 3);
    if (kind->has_weights) fill(b->x, b->n_x, 4);
    else fill_apart(b->x, b->n_x, 4);
    for (size_t i = 0; i < MOST; i++) b->dkernel[i] = b->dbias[i] = 2, b->dx[i] = NAN;
    b->kind->forward(&b->pass);
    kind->backward(&b->pass);
    check_slopes(b, "input", b->x, b->dx, 0, b->n_x, step, 2e-4);
    check_slopes(b, "weight", b->kernel, b->dkernel, 2, b->layer.n_kernel, step, 2e-4);
    check_slopes(b, "bias", b->bias, b->dbias, 2, b->layer.n_bias, step, 2e-4);
    free(b->pass.scratch);
    free(b);
}

/* Every set has the same bytes (tests of kernels), so the plain one would do; the others show that the layers use them rightly. */
static void for_kernels(oa_context *context, const oa_layer_kind *kind, oa_layer layer, oa_extent in, float step)
{
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_kernels *kernels = oa_kernels_find(*name);
        if (kernels) check_layer(context, kernels, kind, layer, in, step);
    }
}

/* These layers are linear in each of their numbers: a large step has no error of its own. */
static void test_gradients__conv1d(void **state)
{
    for_kernels(*state, &oa_layer_conv1d, (oa_layer){ .width = 10, .stride = 1, .inputs = 1, .units = 16 }, (oa_extent){ 1, 33, 1 }, 0.5f);
    for_kernels(*state, &oa_layer_conv1d, (oa_layer){ .width = 4, .stride = 1, .inputs = 2, .units = 5, .same_padding = true }, (oa_extent){ 1, 11, 2 }, 0.5f);
    for_kernels(*state, &oa_layer_conv1d, (oa_layer){ .width = 3, .stride = 2, .inputs = 3, .units = 4, .same_padding = true }, (oa_extent){ 1, 12, 3 }, 0.5f);
    for_kernels(*state, &oa_layer_conv1d, (oa_layer){ .width = 5, .stride = 3, .inputs = 2, .units = 9 }, (oa_extent){ 1, 18, 2 }, 0.5f);
    for_kernels(*state, &oa_layer_conv1d, (oa_layer){ .width = 1, .stride = 4, .inputs = 2, .units = 3, .same_padding = true }, (oa_extent){ 1, 16, 2 }, 0.5f);
    for_kernels(*state, &oa_layer_conv1d, (oa_layer){ .width = 9, .stride = 1, .inputs = 1, .units = 2, .same_padding = true }, (oa_extent){ 1, 3, 1 }, 0.5f);
}

static void test_gradients__conv2d(void **state)
{
    for_kernels(*state, &oa_layer_conv2d, (oa_layer){ .height = 3, .width = 3, .stride = 1, .inputs = 1, .units = 4 }, (oa_extent){ 7, 8, 1 }, 0.5f);
    for_kernels(*state, &oa_layer_conv2d, (oa_layer){ .height = 2, .width = 3, .stride = 1, .inputs = 3, .units = 5, .same_padding = true },
                (oa_extent){ 5, 4, 3 }, 0.5f);
    for_kernels(*state, &oa_layer_conv2d, (oa_layer){ .height = 4, .width = 2, .stride = 2, .inputs = 2, .units = 3, .same_padding = true },
                (oa_extent){ 7, 6, 2 }, 0.5f);
    for_kernels(*state, &oa_layer_conv2d, (oa_layer){ .height = 3, .width = 2, .stride = 3, .inputs = 2, .units = 3 }, (oa_extent){ 8, 9, 2 }, 0.5f);
    for_kernels(*state, &oa_layer_conv2d, (oa_layer){ .height = 5, .width = 7, .stride = 1, .inputs = 1, .units = 2, .same_padding = true },
                (oa_extent){ 2, 3, 1 }, 0.5f);
}

static void test_gradients__dense(void **state)
{
    for_kernels(*state, &oa_layer_dense, (oa_layer){ .inputs = 21, .units = 17 }, (oa_extent){ 1, 1, 21 }, 0.5f);
    for_kernels(*state, &oa_layer_dense, (oa_layer){ .inputs = 40, .units = 2 }, (oa_extent){ 1, 1, 40 }, 0.5f);
    for_kernels(*state, &oa_layer_dense, (oa_layer){ .inputs = 1, .units = 1 }, (oa_extent){ 1, 1, 1 }, 0.5f);
}

static void test_gradients__maxpool(void **state)
{
    for_kernels(*state, &oa_layer_maxpool1d, (oa_layer){ .width = 2, .stride = 2 }, (oa_extent){ 1, 9, 16 }, 0.004f);
    for_kernels(*state, &oa_layer_maxpool1d, (oa_layer){ .width = 2, .stride = 2, .same_padding = true }, (oa_extent){ 1, 9, 3 }, 0.004f);
    for_kernels(*state, &oa_layer_maxpool1d, (oa_layer){ .width = 3, .stride = 1, .same_padding = true }, (oa_extent){ 1, 8, 37 }, 0.004f);
    for_kernels(*state, &oa_layer_maxpool1d, (oa_layer){ .width = 2, .stride = 3 }, (oa_extent){ 1, 10, 2 }, 0.004f);
    for_kernels(*state, &oa_layer_maxpool2d, (oa_layer){ .height = 2, .width = 2, .stride = 2 }, (oa_extent){ 7, 6, 18 }, 0.004f);
    for_kernels(*state, &oa_layer_maxpool2d, (oa_layer){ .height = 3, .width = 2, .stride = 1, .same_padding = true }, (oa_extent){ 5, 5, 3 }, 0.004f);
    for_kernels(*state, &oa_layer_maxpool2d, (oa_layer){ .height = 3, .width = 3, .stride = 2, .same_padding = true }, (oa_extent){ 6, 7, 2 }, 0.004f);
}

/* Of equal values the first gets the gradient, the others nothing. */
static void test_gradients__ties_go_to_the_first(void **state)
{
    (void)state;
    const oa_layer line = { .width = 3, .stride = 3 }, square = { .height = 2, .width = 2, .stride = 2 };
    const float same[12] = { 0, 4, 4, 0, 4, 4, /* row two of the square */ 7, 4, 4, 0, 4, 4 }, dy[2] = { 5, 6 };
    float dx[12];
    oa_layer_maxpool1d.backward(&(oa_layer_pass){ .layer = &line, .in = { 1, 6, 1 }, .out = { 1, 2, 1 }, .rows = 1, .x = same, .dy = dy, .dx = dx });
    assert_memory_equal(dx, ((const float[]){ 0, 5, 0, 0, 6, 0 }), 6 * sizeof *dx);
    oa_layer_maxpool2d.backward(&(oa_layer_pass){ .layer = &square, .in = { 2, 6, 1 }, .out = { 1, 2, 1 }, .rows = 1, .x = same, .dy = dy, .dx = dx });
    assert_memory_equal(dx, ((const float[]){ 0, 0, 6, 0, 0, 0, 5, 0, 0, 0, 0, 0 }), sizeof dx);
}

static void test_gradients__input_only_or_weights_only(void **state)
{
    (void)state;
    oa_layer layer = { .kind = "conv1d", .width = 3, .stride = 1, .inputs = 1, .units = 2, .same_padding = true };
    const oa_extent in = { 1, 5, 1 }, out = { 1, 5, 2 };
    float x[5], dy[10], kernel[6], scratch[64], both[5], alone[5], weights[6] = { 0 }, weights_alone[6] = { 0 }, bias[2] = { 0 };
    fill(x, 5, 1), fill(dy, 10, 2), fill(kernel, 6, 3);
    assert_true(oa_layer_conv1d.scratch(&layer, in, out) <= 64);
    oa_layer_pass pass = { .kernels = oa_kernels_find("scalar"), .layer = &layer, .kernel = kernel, .in = in, .out = out, .rows = 1, .x = x,
                           .scratch = scratch, .dy = dy, .dx = both, .dkernel = weights, .dbias = bias };
    oa_layer_conv1d.backward(&pass);
    pass.dkernel = pass.dbias = NULL, pass.dx = alone;
    oa_layer_conv1d.backward(&pass);
    pass.dx = NULL, pass.dkernel = weights_alone;
    oa_layer_conv1d.backward(&pass);
    assert_memory_equal(both, alone, sizeof both);
    assert_memory_equal(weights, weights_alone, sizeof weights);
}

/* ---------------------------------------------------------------------------------------------- activations */

static double activated(const oa_activation *activation, const float *z, const float *weight, size_t rows, size_t n)
{
    float y[64];
    double sum = 0;
    memcpy(y, z, rows * n * sizeof *y);
    if (activation->apply) activation->apply(y, rows, n);
    for (size_t i = 0; i < rows * n; i++) sum += (double)y[i] * weight[i];
    return sum;
}

static void check_activation(const char *name, size_t rows, size_t n, double tolerance)
{
    const oa_activation *activation = oa_activation_find(name);
    const float step = 0.005f; /* squared: the error of the difference */
    float z[64], y[64], dy[64], weight[64];
    assert_non_null(activation);
    fill_apart(z, rows * n, 9), fill(weight, rows * n, 8);
    for (size_t i = 0; i < rows * n; i++) z[i] = 8 * z[i] + (z[i] < 0 ? -0.02f : 0.02f); /* no step crosses 0 */
    memcpy(y, z, sizeof z), memcpy(dy, weight, sizeof dy);
    if (activation->apply) activation->apply(y, rows, n);
    if (activation->backward) activation->backward(y, dy, rows, n);
    for (size_t i = 0; i < rows * n; i++) {
        const float here = z[i];
        z[i] = here + step;
        const double above = activated(activation, z, weight, rows, n);
        z[i] = here - step;
        check_real(dy[i], (above - activated(activation, z, weight, rows, n)) / (2 * (double)step), tolerance);
        z[i] = here;
    }
}

static void test_gradients__activations(void **state)
{
    (void)state;
    check_activation("linear", 3, 5, 1e-4);
    check_activation("relu", 3, 5, 1e-4);
    check_activation("sigmoid", 4, 3, 1e-4);
    check_activation("softmax", 4, 3, 1e-4);
    check_activation("softmax", 2, 16, 1e-4);
}

static void test_gradients__sigmoid_does_not_overflow(void **state)
{
    (void)state;
    float y[5] = { -1000, -1, 0, 1, 1000 };
    oa_activation_find("sigmoid")->apply(y, 1, 5);
    assert_true(y[0] == 0 && y[2] == 0.5f && y[4] == 1);
    check_real(y[1], 0.2689414213699951, 1e-7);
    check_real(y[3], 0.7310585786300049, 1e-7);
}

/* ---------------------------------------------------------------------------------------------- networks */

static oa_model *new_model(oa_context *context)
{
    oa_model *model;
    check_ok(context, oa_model_new(context, &model));
    model->members = 2;
    model->input_height = 6, model->input_length = 7, model->input_channels = 2, model->n_classes = 3;
    model->layers[0] = (oa_layer){ .kind = "conv2d", .activation = "sigmoid", .height = 3, .width = 2, .stride = 1, .inputs = 2, .units = 4, .same_padding = true };
    model->layers[1] = (oa_layer){ .kind = "maxpool2d", .activation = "linear", .height = 2, .width = 2, .stride = 2 };
    model->layers[2] = (oa_layer){ .kind = "flatten", .activation = "linear" };
    model->layers[3] = (oa_layer){ .kind = "dense", .activation = "sigmoid", .inputs = 36, .units = 8 };
    model->layers[4] = (oa_layer){ .kind = "dense", .activation = "softmax", .inputs = 8, .units = 3 };
    model->n_layers = 5;
    check_ok(context, oa_model__new_weights(model));
    for (int i = 0; i < model->n_layers; i++) {
        fill(model->layers[i].kernel, 2 * model->layers[i].n_kernel, 30 + (uint64_t)i);
        fill(model->layers[i].bias, 2 * model->layers[i].n_bias, 40 + (uint64_t)i);
    }
    return model;
}

static double said(const oa_network *network, const oa_network_state *s, const float *weight)
{
    double sum = 0;
    oa_network_pass(network, 1, ROWS, s);
    for (size_t i = 0; i < ROWS * 3; i++) sum += (double)s->probability[i] * weight[i];
    return sum;
}

static void check_network(const oa_network *network, const oa_network_state *s, const float *weight, float *values, const float *gradient, size_t n)
{
    const float step = 0.01f;
    for (size_t i = 0; i < n; i++) {
        const float here = values[i];
        values[i] = here + step;
        const double above = said(network, s, weight);
        values[i] = here - step;
        const double want = (above - said(network, s, weight)) / (2 * (double)step);
        values[i] = here;
        check_real(gradient[i], want, 1e-4 + 0.01 * fabs(want));
    }
}

/* The whole way down, by the input and by all weights of the second member; and only a part of the way. */
static void test_gradients__network(void **state)
{
    oa_context *context = *state;
    oa_model *model = new_model(context);
    oa_network network;
    oa_network_state s;
    oa_gradients g;
    float weight[ROWS * 3], *dweights = calloc(2 * MOST, sizeof *dweights), *next = dweights, half[ROWS * 36];
    check_ok(context, oa_network_plan(context, model, &network));
    float *memory = malloc(4 * (oa_network_state_floats(&network, ROWS))), *behind = malloc(4 * oa_gradients_floats(&network, ROWS));
    oa_network_state_lay(&network, ROWS, memory, &s);
    oa_gradients_lay(&network, ROWS, behind, &g);
    s.keeps_layers = true;
    for (int i = 0; i < model->n_layers; i++) {
        g.dkernel[i] = next, next += model->layers[i].n_kernel;
        g.dbias[i] = next, next += model->layers[i].n_bias;
    }
    fill(s.y[0], ROWS * network.n_input, 50), fill(weight, ROWS * 3, 51);
    said(&network, &s, weight);
    memcpy(g.dy[5], weight, sizeof weight);
    oa_network_backward(&network, 1, ROWS, &s, &g, 4, 3);
    memcpy(half, g.dy[3], sizeof half);
    memset(dweights, 0, 2 * MOST * sizeof *dweights);
    memcpy(g.dy[5], weight, sizeof weight);
    oa_network_backward(&network, 1, ROWS, &s, &g, 4, 0);
    assert_true(g.dy[3] == g.dy[2]); /* flatten: the same values, seen otherwise */
    assert_memory_equal(half, g.dy[2], sizeof half);
    check_network(&network, &s, weight, s.y[0], g.dy[0], ROWS * network.n_input);
    for (int i = 0; i < model->n_layers; i++) {
        check_network(&network, &s, weight, model->layers[i].kernel + model->layers[i].n_kernel, g.dkernel[i], model->layers[i].n_kernel);
        check_network(&network, &s, weight, model->layers[i].bias + model->layers[i].n_bias, g.dbias[i], model->layers[i].n_bias);
    }
    free(memory), free(behind), free(dweights);
    oa_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_gradients__conv1d, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_gradients__conv2d, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_gradients__dense, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_gradients__maxpool, check_setup, check_teardown),
        cmocka_unit_test(test_gradients__ties_go_to_the_first),
        cmocka_unit_test(test_gradients__input_only_or_weights_only),
        cmocka_unit_test(test_gradients__activations),
        cmocka_unit_test(test_gradients__sigmoid_does_not_overflow),
        cmocka_unit_test_setup_teardown(test_gradients__network, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
