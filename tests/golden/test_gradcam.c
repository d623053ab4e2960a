/* Class activation maps of the fifth published CoCrNi network against an independent double-precision implementation. */
#include "golden/networks.h"

#include "core/step/patterns_made.h"
#include "nn/train.h"

extern const oa_step oa_step_attribute;

enum { ROWS = 8, BINS = 93, PLACES = 84, FILTERS = 16, NETWORK = 4 };

/* Of the largest value of a pattern. Weights, activations and logits are float32: logits near 20 are known to 2e-6, and the
 * gradient p (1 - p) of a probability inherits that as a relative error. */
#define TOLERANCE 1e-5

/* values (ROWS, n), each row on its own scale: the gradients of the rows differ by nine orders of magnitude. */
static void compare(const char *name, const float *got, size_t n)
{
    double *want = golden(name, ROWS * n), worst = 0;
    for (size_t r = 0; r < ROWS; r++) {
        double most = 0;
        for (size_t i = 0; i < n; i++) most = fmax(most, fabs(want[r * n + i]));
        assert_true(most > 0);
        for (size_t i = 0; i < n; i++) {
            const double off = fabs((double)got[r * n + i] - want[r * n + i]) / most;
            if (!(off <= TOLERANCE)) fail_msg("%s[%zu][%zu] = %.9g, expected %.9g", name, r, i, (double)got[r * n + i], want[r * n + i]);
            worst = fmax(worst, off);
        }
    }
    print_message("%s: largest difference %.2g of the largest value of its row\n", name, worst);
    free(want);
}

static void check_gradient(oa_context *context, const oa_model *model, const float *curves)
{
    oa_network network;
    oa_network_state state;
    oa_gradients gradients;
    float *memory, *room, dact[ROWS * PLACES * FILTERS];
    double *class = golden("gradcam_class_model4", ROWS);
    check_ok(context, oa_network_plan(context, model, &network));
    check_ok(context, oa_new(context, &memory, oa_network_state_floats(&network, OA_BATCH), sizeof *memory));
    check_ok(context, oa_new(context, &room, oa_gradients_floats(&network, OA_BATCH), sizeof *room));
    oa_network_state_lay(&network, OA_BATCH, memory, &state);
    oa_gradients_lay(&network, OA_BATCH, room, &gradients);
    state.keeps_layers = true;
    memcpy(state.y[0], curves, ROWS * BINS * sizeof *curves);
    oa_network_pass(&network, 0, OA_BATCH, &state);
    const int last = model->n_layers - 1;
    for (size_t r = 0; r < ROWS; r++) {
        const int c = (int)class[r];
        const double z = (double)state.logits[2 * r + (size_t)c] - (double)state.logits[2 * r + 1 - (size_t)c];
        assert_true(z > 0); /* the class is the one with the larger output */
        gradients.dy[last + 1][2 * r + (size_t)c] = (float)(1 / (1 + exp(-z)) / (1 + exp(z)));
        gradients.dy[last + 1][2 * r + 1 - (size_t)c] = -gradients.dy[last + 1][2 * r + (size_t)c];
    }
    oa_network_layer_backward(&network, 0, OA_BATCH, &state, &gradients, last);
    oa_network_backward(&network, 0, OA_BATCH, &state, &gradients, last - 1, 1);
    memcpy(dact, gradients.dy[1], sizeof dact);
    compare("gradcam_dprob_dact_model4", dact, PLACES * FILTERS);
    oa_free(context, memory);
    oa_free(context, room);
    free(class);
}

static void test_gradcam__gradient_of_the_probability(void **state)
{
    (void)state;
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        oa_context *context;
        const oa_context_options options = { .kernel = *name };
        if (oa_context_new(&context, &options) != OA_OK) {
            print_message("skipped: kernel set %s\n", *name);
            oa_context_free(context);
            continue;
        }
        print_message("kernel set %s\n", *name);
        oa_model *model = read_network(context, NETWORK);
        float *curves = golden_floats("gradcam_inputs", ROWS * BINS);
        check_gradient(context, model, curves);
        free(curves);
        oa_model_free(model);
        oa_context_free(context);
    }
}

static void check_maps(oa_context *context, const oa_model *model, const oa_values *bank, const char *method, const char *name)
{
    double *class = golden("gradcam_class_model4", ROWS);
    step_run *s = with_patterns(context, &oa_step_attribute, model, bank);
    step_set(s, "method", method);
    check_ok(context, step_go(s));
    const int32_t *followed = step_data(s, "followed/class");
    for (size_t r = 0; r < ROWS; r++) assert_int_equal(followed[r], (int)class[r]);
    compare(name, step_data(s, "attribution/heat"), PLACES);
    step_end(s);
    free(class);
}

static void test_gradcam__both_maps_of_the_step(void **state)
{
    oa_model *model = read_network(*state, NETWORK);
    float *curves = golden_floats("gradcam_inputs", ROWS * BINS);
    oa_values *bank = made_curves(*state, curves, ROWS, BINS, "", 0, NULL);
    check_maps(*state, model, bank, "elementwise", "gradcam_heat_published_model4");
    check_maps(*state, model, bank, "grad_cam", "gradcam_heat_standard_model4");
    oa_values_free(bank);
    free(curves);
    oa_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gradcam__gradient_of_the_probability),
        cmocka_unit_test_setup_teardown(test_gradcam__both_maps_of_the_step, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
