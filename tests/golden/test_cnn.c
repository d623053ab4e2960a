/* The published CoCrNi networks against an independent double-precision implementation. */
#include "golden/networks.h"

#include "base/memory.h"
#include "nn/network.h"

enum { ROWS = 200, BINS = 93, MEMBERS = NETWORKS, CLASSES = 2 };

/* Float32 sums of 672 products against double ones. */
#define TOLERANCE 2e-5

static void compare(const char *name, const float *got, size_t n, double tolerance)
{
    double *want = golden(name, n), worst = 0;
    for (size_t i = 0; i < n; i++) {
        if (!(fabs(got[i] - want[i]) <= tolerance)) fail_msg("%s[%zu] = %.9g, expected %.9g", name, i, (double)got[i], want[i]);
        if (fabs(got[i] - want[i]) > worst) worst = fabs(got[i] - want[i]);
    }
    print_message("%s: largest difference %.2g\n", name, worst);
    free(want);
}

/* A context with that kernel set, NULL where this processor has it not. */
static oa_context *with_kernels(const char *name)
{
    oa_context *context;
    const oa_context_options options = { .kernel = name };
    if (oa_context_new(&context, &options) == OA_OK) return context;
    oa_context_free(context);
    print_message("skipped: kernel set %s\n", name);
    return NULL;
}

static void check_probabilities(oa_context *context)
{
    oa_model *model = read_ensemble(context);
    oa_network network;
    static float mean[ROWS * CLASSES], spread[ROWS * CLASSES], each[ROWS * MEMBERS * CLASSES], logits[ROWS * MEMBERS * CLASSES];
    const oa_prediction out = { .mean = mean, .spread = spread, .probability = each, .logits = logits };
    float *curves = golden_floats("cnn_inputs", ROWS * BINS);
    check_ok(context, oa_network_plan(context, model, &network));
    check_ok(context, oa_network_forward(context, &network, curves, ROWS, &out));
    compare("cnn_probs", each, ROWS * MEMBERS * CLASSES, TOLERANCE);
    compare("cnn_logits", logits, ROWS * MEMBERS * CLASSES, 4 * TOLERANCE); /* logits reach 12, probabilities 1 */
    compare("cnn_ensemble_mean", mean, ROWS * CLASSES, TOLERANCE);
    compare("cnn_ensemble_std", spread, ROWS * CLASSES, TOLERANCE);
    free(curves);
    oa_model_free(model);
}

static void check_independence(oa_context *context)
{
    oa_model *model = read_ensemble(context);
    oa_network network;
    static float whole[ROWS * CLASSES], one[CLASSES];
    float *curves = golden_floats("cnn_inputs", ROWS * BINS);
    const oa_prediction out = { .mean = whole }, single = { .mean = one };
    check_ok(context, oa_network_plan(context, model, &network));
    check_ok(context, oa_network_forward(context, &network, curves, ROWS, &out));
    for (size_t i = 0; i < ROWS; i += 7) {
        check_ok(context, oa_network_forward(context, &network, curves + i * BINS, 1, &single));
        assert_memory_equal(one, whole + i * CLASSES, sizeof one);
    }
    static float partly[ROWS * CLASSES]; /* NaN curves: NaN in their rows and nothing elsewhere */
    for (size_t i = 0; i < ROWS; i += 3) curves[i * BINS + i % BINS] = NAN;
    check_ok(context, oa_network_forward(context, &network, curves, ROWS, &(oa_prediction){ .mean = partly }));
    for (size_t i = 0; i < ROWS; i++) {
        if (i % 3 == 0) assert_true(isnan(partly[i * CLASSES]) && isnan(partly[i * CLASSES + 1]));
        else assert_memory_equal(partly + i * CLASSES, whole + i * CLASSES, sizeof one);
    }
    free(curves);
    oa_model_free(model);
}

/* A result carries no trace of the processor. */
static void test_cnn__kernel_sets_give_the_same_bytes(void **state)
{
    (void)state;
    static float logits[2][ROWS * MEMBERS * CLASSES];
    int n = 0;
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        oa_context *context = with_kernels(*name);
        if (!context) continue;
        oa_model *model = read_ensemble(context);
        oa_network network;
        float *curves = golden_floats("cnn_inputs", ROWS * BINS);
        check_ok(context, oa_network_plan(context, model, &network));
        check_ok(context, oa_network_forward(context, &network, curves, ROWS, &(oa_prediction){ .logits = logits[n > 0] }));
        assert_memory_equal(logits[0], logits[n > 0], sizeof *logits);
        n++;
        free(curves);
        oa_model_free(model);
        oa_context_free(context);
    }
}

static void for_all_kernels(void (*check)(oa_context *))
{
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        oa_context *context = with_kernels(*name);
        if (!context) continue;
        print_message("kernel set %s\n", *name);
        check(context);
        oa_context_free(context);
    }
}

static void test_cnn__probabilities_agree(void **state)
{
    (void)state;
    for_all_kernels(check_probabilities);
}

static void test_cnn__rows_do_not_depend_on_their_neighbours(void **state)
{
    (void)state;
    for_all_kernels(check_independence);
}

static void test_cnn__layers_agree(void **state)
{
    oa_context *context = *state;
    oa_model *model = read_network(context, 0);
    oa_network network;
    oa_network_state pass;
    float *curves = golden_floats("cnn_inputs", ROWS * BINS), *memory;
    check_ok(context, oa_network_plan(context, model, &network));
    check_ok(context, oa_new(context, &memory, oa_network_state_floats(&network, OA_BATCH), sizeof *memory));
    oa_network_state_lay(&network, OA_BATCH, memory, &pass);
    memcpy(pass.y[0], curves, BINS * sizeof *curves);
    pass.keeps_layers = true;
    oa_network_pass(&network, 0, OA_BATCH, &pass);
    compare("cnn_row0_model0_conv_relu", pass.y[1], 84 * 16, TOLERANCE);
    compare("cnn_row0_model0_pool", pass.y[2], 42 * 16, TOLERANCE);
    compare("cnn_row0_model0_dense256", pass.y[4], 256, TOLERANCE);
    static float pooled[42 * 16];
    memcpy(pooled, pass.y[2], sizeof pooled);
    pass.keeps_layers = false; /* convolution and pooling in one go: the same bytes */
    oa_network_pass(&network, 0, OA_BATCH, &pass);
    assert_memory_equal(pooled, pass.y[2], sizeof pooled);
    oa_free(context, memory);
    free(curves);
    oa_model_free(model);
}

static void test_cnn__threads_give_the_same_bytes(void **state)
{
    (void)state;
    static float result[3][ROWS * CLASSES];
    for (int i = 0; i < 3; i++) {
        oa_context *context;
        const oa_context_options options = { .threads = 1 << i };
        check_ok(context, oa_context_new(&context, &options));
        oa_model *model = read_ensemble(context);
        oa_network network;
        float *curves = golden_floats("cnn_inputs", ROWS * BINS);
        const oa_prediction out = { .mean = result[i] };
        check_ok(context, oa_network_plan(context, model, &network));
        check_ok(context, oa_network_forward(context, &network, curves, ROWS, &out));
        assert_memory_equal(result[0], result[i], sizeof result[0]);
        free(curves);
        oa_model_free(model);
        oa_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cnn__probabilities_agree),
        cmocka_unit_test_setup_teardown(test_cnn__layers_agree, check_setup, check_teardown),
        cmocka_unit_test(test_cnn__rows_do_not_depend_on_their_neighbours),
        cmocka_unit_test(test_cnn__kernel_sets_give_the_same_bytes),
        cmocka_unit_test(test_cnn__threads_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
