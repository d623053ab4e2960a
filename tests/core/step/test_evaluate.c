/* test_evaluate.c - figures of answers that are known beforehand: the values of the patterns are the logits. */
#include "core/step/patterns_made.h"

extern const oa_step oa_step_evaluate;

/* Seven patterns of three classes; the last is void. The first network turns every answer round,
 * so that it is right where the second is wrong. */
static const float logits[21] = { 5, 0, 1, 4, 0, 1, 0, 3, 1, 2, 0, 1, 1, 0, 6, 0, 2, 4, NAN, 0, 0 };
static const uint32_t label[7] = { 0, 0, 1, 1, 2, 2, 0 };

static void answers_are_counted(void **state)
{
    oa_model *model = model_of_logits(*state, "BCC,B2,D03", 3, 2, (const float[]){ -1, 3 });
    oa_values *bank = made_curves(*state, logits, 7, 3, "BCC,B2,D03", 3, label);
    step_run *s = with_patterns(*state, &oa_step_evaluate, model, bank);
    check_ok(*state, step_go(s));
    const uint64_t *count = step_data(s, "confusion/count"), *correct = step_data(s, "by_member/correct");
    const uint64_t want[9] = { 2, 0, 0, 1, 1, 0, 0, 0, 2 };
    assert_memory_equal(count, want, sizeof want);
    assert_int_equal(correct[0], 1);
    assert_int_equal(correct[1], 5);
    check_real(step_real(s, "summary/patterns"), 7, 0);
    check_real(step_real(s, "summary/invalid_patterns"), 1, 0);
    check_real(step_real(s, "summary/accuracy"), 5 / 6.0, 1e-15);
    const double *recall = step_data(s, "by_class/recall"), *precision = step_data(s, "by_class/precision");
    const uint64_t *patterns = step_data(s, "by_class/patterns");
    assert_true(patterns[0] == 2 && patterns[1] == 2 && patterns[2] == 2);
    check_real(recall[1], 0.5, 0);
    check_real(precision[0], 2 / 3.0, 1e-15);
    check_real(precision[2], 1, 0);
    assert_true(step_warned(s, "W_NO_CURVE"));
    assert_false(step_warned(s, "W_CLASS_MISSING"));
    const float *probability = step_data(s, "predictions/probability");
    assert_true(isnan(probability[18]) && isnan(probability[20]));
    check_real((double)(probability[0] + probability[1] + probability[2]), 1, 1e-6);
    assert_non_null(strstr(step_array(s, "confusion/class")->long_name, "1 B2"));
    step_end(s);
    oa_values_free(bank);
    oa_model_free(model);
}

/* 80 of 100 patterns with logits (0, 2) are of class 1: the loss is least at 2 / ln 4, where confidence is 0.8. */
static void temperature_calibrates(void **state)
{
    float x[200];
    uint32_t of[100];
    for (uint32_t i = 0; i < 100; i++) x[2 * i] = 0, x[2 * i + 1] = 2, of[i] = i < 80;
    oa_model *model = model_of_logits(*state, "FCC,CSRO", 2, 1, (const float[]){ 1 });
    model->temperature = 2 / log(4);
    oa_values *bank = made_curves(*state, x, 100, 2, "FCC,CSRO", 2, of);
    step_run *s = with_patterns(*state, &oa_step_evaluate, model, bank);
    step_set(s, "fit-temperature", "true");
    step_set(s, "bins", "10");
    check_ok(*state, step_go(s));
    const double p = 1 / (1 + exp(-2)), entropy = -0.8 * log(0.8) - 0.2 * log(0.2);
    check_real(step_real(s, "summary/calibration_error"), p - 0.8, 1e-12);
    check_real(step_real(s, "summary/brier_score"), 0.8 * 2 * (1 - p) * (1 - p) + 0.2 * 2 * p * p, 1e-12);
    check_real(step_real(s, "summary/calibrated_error"), 0, 1e-12);
    check_real(step_real(s, "summary/calibrated_log_loss"), entropy, 1e-12);
    check_real(step_real(s, "summary/fitted_temperature"), model->temperature, 1e-6);
    check_real(step_real(s, "summary/fitted_error"), 0, 1e-6);
    check_real(step_real(s, "summary/fitted_brier_score"), 0.32, 1e-6);
    check_real(step_real(s, "summary/auc"), 0.5, 0); /* all alike */
    const double *correct = step_data(s, "reliability/correct"), *confidence = step_data(s, "reliability/confidence"), *bin = step_data(s, "reliability/bin");
    check_real(correct[8], 0.8, 1e-15);
    check_real(confidence[8], p, 1e-12);
    check_real(bin[8], 0.85, 1e-15);
    assert_true(isnan(correct[7]));
    assert_false(step_warned(s, "W_TEMPERATURE"));
    step_end(s);
    oa_values_free(bank);
    oa_model_free(model);
}

static void a_class_that_is_missing_is_named(void **state)
{
    oa_model *model = model_of_logits(*state, "FCC,CSRO", 2, 1, (const float[]){ 1 });
    oa_values *bank = made_curves(*state, (const float[]){ 0, 1, 0, 2 }, 2, 2, "FCC,CSRO", 2, (const uint32_t[]){ 1, 1 });
    step_run *s = with_patterns(*state, &oa_step_evaluate, model, bank);
    step_set(s, "fit_temperature", "true");
    check_ok(*state, step_go(s));
    assert_non_null(strstr(step_warning(s, "W_CLASS_MISSING"), "FCC"));
    assert_true(step_warned(s, "W_TEMPERATURE"));
    const double *recall = step_data(s, "by_class/recall");
    assert_true(isnan(recall[0]));
    check_real(recall[1], 1, 0);
    assert_null(oa_values_find(s->values, 1, "summary/auc"));
    assert_null(oa_values_find(s->values, 1, "summary/calibrated_error"));
    step_end(s);
    oa_values_free(bank);
    oa_model_free(model);
}

/* One sigmoid unit is the share of class 1: z = (sum of grey / 255) - 1. */
static void pictures_and_a_sigmoid(void **state)
{
    static const uint8_t grey[12] = { 255, 255, 255, 0, 0, 0, 51, 0, 255, 255, 0, 255 };
    oa_model *model = made_model(*state, "allimg-011", "FCC,L12", 1, 2, 2);
    made_layer(model, "flatten", "linear", 0, 0, 0, 0);
    oa_layer *dense = made_layer(model, "dense", "sigmoid", 0, 0, 4, 1);
    check_ok(*state, oa_model__new_weights(model));
    for (int i = 0; i < 4; i++) dense->kernel[i] = 1;
    dense->bias[0] = -1;
    oa_values *bank = made_pictures(*state, grey, 3, 2, 2, (const uint32_t[]){ 1, 0, 1 });
    step_run *s = with_patterns(*state, &oa_step_evaluate, model, bank);
    check_ok(*state, step_go(s));
    check_real(step_real(s, "summary/accuracy"), 1, 0);
    check_real(step_real(s, "summary/auc"), 1, 0);
    const float *probability = step_data(s, "predictions/probability");
    check_real((double)probability[1], 1 / (1 + exp(-2)), 1e-6);
    check_real((double)probability[2], 1 / (1 + exp(-0.8)), 1e-6);
    step_end(s);
    oa_values_free(bank);
    oa_model_free(model);
}

static void refuse(oa_context *context, const oa_model *model, oa_values *bank, const char *code, const char *word)
{
    step_run *s = with_patterns(context, &oa_step_evaluate, model, bank);
    check_fails(context, step_go(s), code);
    if (!strstr(oa_error_text(context), word)) fail_msg("'%s' does not mention '%s'", oa_error_text(context), word);
    step_end(s);
    oa_values_free(bank);
}

static void what_does_not_fit_is_refused(void **state)
{
    oa_model *model = model_of_logits(*state, "FCC,CSRO", 2, 1, (const float[]){ 1 });
    const float x[2] = { 0, 1 }, none[2] = { NAN, 0 };
    const uint32_t one = 1;
    refuse(*state, model, made_curves(*state, x, 1, 2, "FCC,CSRO", 2, NULL), "E_INPUT_KIND", "labels");
    refuse(*state, model, made_curves(*state, x, 1, 2, "FCC,L12", 2, &one), "E_MAP_MISMATCH", "L12");
    refuse(*state, model, made_curves(*state, x, 1, 1, "FCC,CSRO", 2, &one), "E_MAP_MISMATCH", "1 x 2 x 1");
    refuse(*state, model, made_curves(*state, none, 1, 2, "FCC,CSRO", 2, &one), "E_EMPTY_DATA", "none of the 1");
    model->map.radius = 0.5;
    refuse(*state, model, made_curves(*state, x, 1, 2, "FCC,CSRO", 2, &one), "E_MAP_MISMATCH", "radius=0.75");
    oa_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_are_counted, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(temperature_calibrates, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(a_class_that_is_missing_is_named, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(pictures_and_a_sigmoid, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
