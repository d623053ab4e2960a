/* test_calibration.c - loss, temperature, reliability and AUC where the answer is known by arithmetic. */
#include "check.h"

#include "math/calibration.h"

/* Of 100 patterns with logits (0, 2), 80 are of class 1: the best probability is 0.8, so 2 / T = ln 4. */
static void temperature_makes_confidence_what_is_correct(void **state)
{
    (void)state;
    float two[200], one[100], target[200] = { 0 };
    for (size_t i = 0; i < 100; i++) {
        two[2 * i] = 0.5f, two[2 * i + 1] = 2.5f, one[i] = 2;
        target[2 * i + (i < 80)] = 1;
    }
    const oa_logits a = { two, 100, 1, 2 }, b = { one, 100, 1, 1 };
    const oa_temperature fit = oa_calibration_temperature(&a, target), unit = oa_calibration_temperature(&b, target);
    check_real(fit.temperature, 2 / log(4), 1e-6);
    check_real(fit.loss, -0.8 * log(0.8) - 0.2 * log(0.2), 1e-12);
    check_real(fit.loss_before, 0.8 * log1p(exp(-2)) + 0.2 * log1p(exp(2)), 1e-12);
    assert_false(fit.is_at_limit);
    check_real(unit.temperature, fit.temperature, 1e-12);
    check_real(unit.loss, fit.loss, 1e-15);
}

static void temperature_of_shares(void **state)
{
    (void)state;
    const float logit[3] = { 3, 0, 0 }, target[3] = { 0.5f, 0.25f, 0.25f }; /* exp(3 / T) = 2 */
    const oa_temperature fit = oa_calibration_temperature(&(oa_logits){ logit, 1, 1, 3 }, target);
    check_real(fit.temperature, 3 / log(2), 1e-5);
}

static void temperature_stops_at_its_limits(void **state)
{
    (void)state;
    const float logits[4] = { 1, 0, 0, 1 }, right[4] = { 1, 0, 0, 1 }, wrong[4] = { 0, 1, 1, 0 }, nothing[2] = { NAN, 0 };
    oa_temperature fit = oa_calibration_temperature(&(oa_logits){ logits, 2, 1, 2 }, right);
    assert_true(fit.is_at_limit);
    check_real(fit.temperature, OA_TEMPERATURE_MIN, 1e-6);
    fit = oa_calibration_temperature(&(oa_logits){ logits, 2, 1, 2 }, wrong);
    assert_true(fit.is_at_limit);
    check_real(fit.temperature, OA_TEMPERATURE_MAX, 1e-4);
    fit = oa_calibration_temperature(&(oa_logits){ nothing, 1, 1, 2 }, right);
    check_real(fit.temperature, 1, 0);
    assert_true(isnan(fit.loss));
}

/* Probabilities of members are averaged, not logits: (e / (1 + e) + 1/2) / 2. */
static void members_are_averaged_by_probability(void **state)
{
    (void)state;
    const float logits[4] = { 0, 1, 7, 7 };
    const oa_logits two = { logits, 1, 2, 2 };
    double log_p[2];
    assert_true(oa_logits_row(&two, 0, -1, 1, log_p));
    check_real(exp(log_p[1]), (1 / (1 + exp(-1)) + 0.5) / 2, 1e-15);
    check_real(exp(log_p[0]) + exp(log_p[1]), 1, 1e-15);
    assert_true(oa_logits_row(&two, 0, 0, 0.5, log_p));
    check_real(exp(log_p[1]), 1 / (1 + exp(-2)), 1e-15);
    assert_true(oa_logits_row(&two, 0, 1, 1, log_p));
    check_real(exp(log_p[1]), 0.5, 1e-15);
}

/* A class with probability e^-4000 costs 4000 and not infinity, however far the other member is from it. */
static void loss_does_not_underflow(void **state)
{
    (void)state;
    const float alone[2] = { 4000, 0 }, both[4] = { 4000, 0, 5000, 0 }, target[2] = { 0, 1 };
    check_real(oa_log_loss(&(oa_logits){ alone, 1, 1, 2 }, target, 1), 4000, 1e-12);
    check_real(oa_log_loss(&(oa_logits){ both, 1, 2, 2 }, target, 1), 4000 + log(2), 1e-12);
}

static void rows_without_number_do_not_count(void **state)
{
    (void)state;
    const float logits[6] = { 0, 0, NAN, 1, 0, 2 }, target[6] = { 1, 0, 1, 0, 0, 1 };
    double log_p[2];
    const oa_logits three = { logits, 3, 1, 2 };
    assert_false(oa_logits_row(&three, 1, -1, 1, log_p));
    assert_true(isnan(log_p[0]));
    check_real(oa_log_loss(&three, target, 1), (log(2) + log1p(exp(-2))) / 2, 1e-15); /* of the one before it and the one behind it */
}

static void reliability_by_hand(void **state)
{
    (void)state;
    oa_reliability_bin bins[4] = { { 0 } };
    assert_true(isnan(oa_reliability_error(bins, 4)));
    oa_reliability_add(bins, 4, (const double[]){ 0.9, 0.1 }, 2, 0);
    oa_reliability_add(bins, 4, (const double[]){ 0.2, 0.8 }, 2, 0); /* wrong */
    oa_reliability_add(bins, 4, (const double[]){ 0.25, 0.75 }, 2, 1); /* 0.75 belongs to the third bin */
    oa_reliability_add(bins, 4, (const double[]){ 0.5, 0.5 }, 2, 0); /* the second bin; the first of equals is chosen */
    oa_reliability_add(bins, 4, (const double[]){ 1, 0 }, 2, 0);
    assert_int_equal(bins[0].count, 0);
    assert_int_equal(bins[1].count, 1);
    assert_int_equal(bins[1].correct, 1);
    assert_int_equal(bins[2].count, 1);
    assert_int_equal(bins[3].count, 3);
    assert_int_equal(bins[3].correct, 2);
    check_real(bins[3].confidence, 2.7, 1e-15);
    check_real(oa_reliability_error(bins, 4), (0.5 + 0.25 + 0.7) / 5, 1e-15);
}

static double auc(oa_context *context, const float *score, const uint8_t *is_class, size_t n)
{
    double out;
    check_ok(context, oa_auc(context, score, is_class, n, &out));
    return out;
}

static void auc_by_hand(void **state)
{
    static const uint8_t of[6] = { 1, 1, 0, 0, 1, 0 };
    check_real(auc(*state, (const float[]){ 0.9f, 0.8f, 0.1f, 0.2f, 0.7f, 0.3f }, of, 6), 1, 0);
    check_real(auc(*state, (const float[]){ 0.1f, 0.2f, 0.9f, 0.8f, 0.3f, 0.7f }, of, 6), 0, 0);
    check_real(auc(*state, (const float[]){ 1, 1, 1, 1, 1, 1 }, of, 6), 0.5, 0);
    check_real(auc(*state, (const float[]){ -0.0f, 0, 0, -0.0f, 0, 0 }, of, 6), 0.5, 0);
    /* pairs (positive, negative): 3 > 1, 3 > 2, 3 = 3, 2 > 1, 2 = 2, 2 < 3, 4 > all: 3 + 3 * 1 + 2 halves = 7 of 9 */
    check_real(auc(*state, (const float[]){ 3, 2, 1, 2, 4, 3 }, of, 6), 7 / 9.0, 1e-15);
    assert_true(isnan(auc(*state, (const float[]){ 1, 2 }, (const uint8_t[]){ 1, 1 }, 2)));
    assert_true(isnan(auc(*state, (const float[]){ 1, 2 }, (const uint8_t[]){ 0, 0 }, 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(temperature_makes_confidence_what_is_correct),
        cmocka_unit_test(temperature_of_shares),
        cmocka_unit_test(temperature_stops_at_its_limits),
        cmocka_unit_test(members_are_averaged_by_probability),
        cmocka_unit_test(loss_does_not_underflow),
        cmocka_unit_test(rows_without_number_do_not_count),
        cmocka_unit_test(reliability_by_hand),
        cmocka_unit_test_setup_teardown(auc_by_hand, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
