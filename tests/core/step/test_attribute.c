/* test_attribute.c - maps of networks small enough for the gradient to be written down. */
#include "core/step/patterns_made.h"

extern const oa_step oa_step_attribute;

enum { LENGTH = 6, PLACES = 5, FILTERS = 2 };
static const float curves[3 * LENGTH] = { 0, 0.5f, 1, 0.25f, 0.75f, 0.5f, 1, 0, 0.5f, 0, 1, 0.25f, NAN, 0, 0, 0, 0, 1 };

/* Two filters of width 2, a ReLU, then a dense layer; the second network is the first with other weights. */
static oa_model *small_model(oa_context *context)
{
    oa_model *model = made_model(context, "cocrni-002", "FCC,CSRO", 2, 1, LENGTH);
    oa_layer *conv = made_layer(model, "conv1d", "relu", 0, 2, 1, FILTERS);
    made_layer(model, "flatten", "linear", 0, 0, 0, 0);
    oa_layer *dense = made_layer(model, "dense", "softmax", 0, 0, PLACES * FILTERS, 2);
    check_ok(context, oa_model__new_weights(model));
    const float kernel[8] = { 1, -1, 0.5f, 1, 0.25f, 1, -1, 0.5f };
    memcpy(conv->kernel, kernel, sizeof kernel);
    for (int i = 0; i < 4; i++) conv->bias[i] = 0.1f * (float)i;
    for (int i = 0; i < 2 * 2 * PLACES * FILTERS; i++) dense->kernel[i] = (float)((i * 7) % 11 - 5) / 8;
    return model;
}

/* The map of one network in double precision: p_c (1 - p_c) (w_c - w_other) is the gradient by the activation. */
static double by_hand(const oa_model *model, const float *x, int member, int class, bool is_mean, double heat[PLACES])
{
    const float *kernel = model->layers[0].kernel + member * 2 * FILTERS, *bias = model->layers[0].bias + member * FILTERS;
    const float *w = model->layers[2].kernel + member * 2 * PLACES * FILTERS;
    double a[PLACES * FILTERS], z = 0, mean[FILTERS] = { 0 };
    for (int i = 0; i < PLACES * FILTERS; i++) {
        const int t = i / FILTERS, f = i % FILTERS;
        a[i] = fmax(0, (double)bias[f] + (double)x[t] * (double)kernel[f] + (double)x[t + 1] * (double)kernel[FILTERS + f]);
        z += a[i] * ((double)w[2 * i + class] - (double)w[2 * i + 1 - class]);
        mean[f] += ((double)w[2 * i + class] - (double)w[2 * i + 1 - class]) / PLACES;
    }
    const double p = 1 / (1 + exp(-z));
    for (int t = 0; t < PLACES; t++) {
        double sum = 0;
        for (int f = 0; f < FILTERS; f++) {
            const int i = t * FILTERS + f;
            sum += a[i] * p * (1 - p) * (is_mean ? mean[f] : (double)w[2 * i + class] - (double)w[2 * i + 1 - class]) / FILTERS;
        }
        heat[t] = fmax(0, sum);
    }
    return p;
}

/* One place of a map where the last layer is linear. */
static double linear_by_hand(const oa_model *model, const float *x, int member, int class, int t)
{
    const float *kernel = model->layers[0].kernel + member * 2 * FILTERS, *bias = model->layers[0].bias + member * FILTERS;
    const float *w = model->layers[2].kernel + member * 2 * PLACES * FILTERS;
    double sum = 0;
    for (int f = 0; f < FILTERS; f++) {
        const double a = fmax(0, (double)bias[f] + (double)x[t] * (double)kernel[f] + (double)x[t + 1] * (double)kernel[FILTERS + f]);
        sum += a * (double)w[2 * (t * FILTERS + f) + class] / FILTERS;
    }
    return fmax(0, sum);
}

static void maps_are_those_by_hand(void **state)
{
    oa_model *model = small_model(*state);
    oa_values *bank = made_curves(*state, curves, 3, LENGTH, "", 0, NULL);
    for (int turn = 0; turn < 8; turn++) {
        const int class = turn & 1, member = turn >> 1 & 1;
        const bool is_mean = turn >> 2;
        step_run *s = with_patterns(*state, &oa_step_attribute, model, bank);
        step_set(s, "method", is_mean ? "grad_cam" : "elementwise");
        step_set(s, "class", class ? "CSRO" : "0");
        step_set(s, "member", member ? "1" : "0");
        check_ok(*state, step_go(s));
        const float *heat = step_data(s, "attribution/heat");
        const double *probability = step_data(s, "followed/probability"), *means = step_data(s, "by_class/heat");
        const int32_t *followed = step_data(s, "followed/class");
        const uint64_t *count = step_data(s, "by_class/patterns");
        double want[2][PLACES];
        for (int i = 0; i < 2; i++) {
            check_real(probability[i], by_hand(model, curves + i * LENGTH, member, class, is_mean, want[i]), 1e-6);
            assert_int_equal(followed[i], class);
            for (int t = 0; t < PLACES; t++) check_real((double)heat[i * PLACES + t], want[i][t], 1e-6);
        }
        for (int t = 0; t < PLACES; t++) {
            check_real(means[class * PLACES + t], (want[0][t] + want[1][t]) / 2, 1e-6);
            assert_true(isnan(means[(1 - class) * PLACES + t]) && isnan(heat[2 * PLACES + t]));
        }
        assert_int_equal(count[class], 2);
        assert_int_equal(followed[2], -1);
        assert_true(isnan(probability[2]) && step_warned(s, "W_NO_CURVE"));
        step_end(s);
    }
    oa_values_free(bank);
    oa_model_free(model);
}

static void all_networks_are_averaged_and_follow_one_class(void **state)
{
    oa_model *model = small_model(*state);
    oa_values *bank = made_curves(*state, curves, 3, LENGTH, "FCC,CSRO", 2, (const uint32_t[]){ 0, 1, 0 });
    step_run *s = with_patterns(*state, &oa_step_attribute, model, bank);
    check_ok(*state, step_go(s));
    const float *heat = step_data(s, "attribution/heat");
    const double *probability = step_data(s, "followed/probability");
    const int32_t *followed = step_data(s, "followed/class");
    for (int i = 0; i < 2; i++) {
        double each[2][PLACES], p = 0;
        for (int m = 0; m < 2; m++) p += by_hand(model, curves + i * LENGTH, m, followed[i], false, each[m]) / 2;
        assert_true(p >= 0.5);
        check_real(probability[i], p, 1e-6);
        for (int t = 0; t < PLACES; t++) check_real((double)heat[i * PLACES + t], (each[0][t] + each[1][t]) / 2, 1e-6);
    }
    check_real(step_real(s, "summary/networks"), 2, 0);
    step_end(s);
    oa_values_free(bank);
    oa_model_free(model);
}

/* A last layer that is linear is followed as it is: its gradient is its weights. */
static void what_a_linear_layer_gives_is_followed_as_it_is(void **state)
{
    oa_model *model = small_model(*state);
    snprintf(model->layers[2].activation, sizeof model->layers[2].activation, "linear");
    oa_values *bank = made_curves(*state, curves, 3, LENGTH, "", 0, NULL);
    for (int class = 0; class < 2; class++) {
        step_run *s = with_patterns(*state, &oa_step_attribute, model, bank);
        step_set(s, "class", class ? "CSRO" : "FCC");
        step_set(s, "member", "1");
        check_ok(*state, step_go(s));
        const float *heat = step_data(s, "attribution/heat");
        for (int i = 0; i < 2; i++) {
            for (int t = 0; t < PLACES; t++) check_real((double)heat[i * PLACES + t], linear_by_hand(model, curves + i * LENGTH, 1, class, t), 1e-6);
        }
        assert_true(isnan(heat[2 * PLACES]));
        step_end(s);
    }
    oa_values_free(bank);
    oa_model_free(model);
}

/* Where p is 1 but for 1e-12, single precision knows no 1 - p; the map must still be there. */
static void certain_answers_keep_their_digits(void **state)
{
    oa_model *model = small_model(*state);
    for (int i = 0; i < 2 * PLACES * FILTERS; i++) model->layers[2].kernel[i] *= 24;
    oa_values *bank = made_curves(*state, curves, 2, LENGTH, "", 0, NULL);
    step_run *s = with_patterns(*state, &oa_step_attribute, model, bank);
    step_set(s, "member", "0");
    check_ok(*state, step_go(s));
    const float *heat = step_data(s, "attribution/heat");
    const int32_t *followed = step_data(s, "followed/class");
    double most = 0, want[PLACES], least = 1;
    for (int i = 0; i < 2; i++) {
        const double p = by_hand(model, curves + i * LENGTH, 0, followed[i], false, want);
        least = fmin(least, 1 - p);
        for (int t = 0; t < PLACES; t++) most = fmax(most, want[t]);
        for (int t = 0; t < PLACES; t++) check_real((double)heat[i * PLACES + t], want[t], 1e-3 * want[t]); /* rounding of logits near 30 */
    }
    assert_true(least < 1e-8 && most > 0);
    step_end(s);
    oa_values_free(bank);
    oa_model_free(model);
}

/* A filter of 10 bins sees bins 0...9 first: their middle is the edge between bins 4 and 5 of the crop, -0.615 nm. */
static void positions_are_the_middle_of_what_is_seen(void **state)
{
    static float curve[93] = { 1 };
    for (int padded = 0; padded < 2; padded++) {
        oa_model *model = made_model(*state, "cocrni-002", "FCC,CSRO", 1, 1, 93);
        made_layer(model, "conv1d", "relu", 0, 10, 1, 1)->same_padding = padded;
        oa_layer *pool = made_layer(model, "maxpool1d", "linear", 0, 2, 0, 0);
        pool->stride = 2;
        made_layer(model, "conv1d", "relu", 0, 3, 1, 1);
        made_layer(model, "flatten", "linear", 0, 0, 0, 0);
        made_layer(model, "dense", "softmax", 0, 0, padded ? 44 : 40, 2);
        check_ok(*state, oa_model__new_weights(model));
        oa_values *bank = made_curves(*state, curve, 1, 93, "", 0, NULL);
        step_run *s = with_patterns(*state, &oa_step_attribute, model, bank);
        check_ok(*state, step_go(s));
        const double *position = step_data(s, "attribution/position"), *distance = step_data(s, "mean_curve/distance");
        /* place 0 sees pooled places 0, 1, 2, that is filters at 0 ... 5, and so bins -before ... 14 - before */
        check_real(position[0], -0.69 + 0.015 * (padded ? 3.5 : 7.5), 1e-12);
        check_real(position[1] - position[0], 0.03, 1e-12);
        check_real(distance[0], -0.6825, 1e-12);
        check_real(step_real(s, "summary/layer"), 3, 0);
        step_end(s);
        oa_values_free(bank);
        oa_model_free(model);
    }
}

/* One filter of 1 x 1 pixels and a sigmoid: the map is p (1 - p) a w, of class 0 its negative. */
static void pictures_have_maps_in_the_plane(void **state)
{
    static const uint8_t grey[6] = { 255, 0, 51, 102, 204, 153 };
    static const float weight[6] = { 1, 2, -1, 0.5f, 1, -2 };
    oa_model *model = made_model(*state, "allimg-011", "FCC,L12", 1, 2, 3);
    oa_layer *conv = made_layer(model, "conv2d", "relu", 1, 1, 1, 1);
    made_layer(model, "flatten", "linear", 0, 0, 0, 0);
    oa_layer *dense = made_layer(model, "dense", "sigmoid", 0, 0, 6, 1);
    check_ok(*state, oa_model__new_weights(model));
    conv->kernel[0] = 1;
    memcpy(dense->kernel, weight, sizeof weight);
    oa_values *bank = made_pictures(*state, grey, 1, 2, 3, NULL);
    double z = 0;
    for (int i = 0; i < 6; i++) z += grey[i] / 255.0 * (double)weight[i];
    const double p = 1 / (1 + exp(-z));
    for (int class = 0; class < 2; class++) {
        step_run *s = with_patterns(*state, &oa_step_attribute, model, bank);
        step_set(s, "class", class ? "L12" : "FCC");
        check_ok(*state, step_go(s));
        const float *heat = step_data(s, "attribution_picture/heat");
        const double *depth = step_data(s, "attribution_picture/depth"), *lateral = step_data(s, "attribution_picture/lateral");
        for (int i = 0; i < 6; i++)
            check_real((double)heat[i], fmax(0, (class ? 1 : -1) * p * (1 - p) * grey[i] / 255.0 * (double)weight[i]), 1e-6);
        check_real(*(const double *)step_data(s, "followed/probability"), class ? p : 1 - p, 1e-6);
        check_real(depth[0], 0.35, 1e-12); /* the upper half of -0.7 ... 0.7 */
        check_real(depth[1], -0.35, 1e-12);
        check_real(lateral[0], -0.7 + 1.4 / 6, 1e-12);
        assert_int_equal(step_array(s, "by_class_picture/heat")->dims[2], 3);
        step_end(s);
    }
    oa_values_free(bank);
    oa_model_free(model);
}

static void what_does_not_fit_is_refused(void **state)
{
    oa_model *model = small_model(*state), *flat = model_of_logits(*state, "FCC,CSRO", 2, 1, (const float[]){ 1 });
    oa_values *bank = made_curves(*state, curves, 2, LENGTH, "", 0, NULL), *two = made_curves(*state, curves, 2, 2, "", 0, NULL);
    static const char *const rows[][3] = { { "member", "2", "E_PARAMETER_RANGE" }, { "class", "L12", "E_PARAMETER_CHOICE" }, { "class", "2", "E_PARAMETER_CHOICE" } };
    for (int i = 0; i < 3; i++) {
        step_run *s = with_patterns(*state, &oa_step_attribute, model, bank);
        step_set(s, rows[i][0], rows[i][1]);
        check_fails(*state, step_go(s), rows[i][2]);
        assert_string_equal(oa_error_parameter(*state), rows[i][0]);
        step_end(s);
    }
    step_run *s = with_patterns(*state, &oa_step_attribute, model, two);
    check_fails(*state, step_go(s), "E_MAP_MISMATCH");
    step_end(s);
    s = with_patterns(*state, &oa_step_attribute, flat, two);
    check_fails(*state, step_go(s), "E_ARCHITECTURE");
    step_end(s);
    oa_values_free(bank);
    oa_values_free(two);
    oa_model_free(model);
    oa_model_free(flat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(maps_are_those_by_hand, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(all_networks_are_averaged_and_follow_one_class, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_a_linear_layer_gives_is_followed_as_it_is, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(certain_answers_keep_their_digits, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(positions_are_the_middle_of_what_is_seen, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(pictures_have_maps_in_the_plane, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
