/* test_outlier.c - the score of outliers: whitened features of the training have variance 1 and no correlation; what differs is
 * far; blocks of pictures; void patterns. */
#include "check.h"

#include "base/random.h"
#include "nn/outlier.h"

enum { N = 4000, LENGTH = 20 };
static const oa_extent curve = { .height = 1, .length = LENGTH, .channels = 1 };

/* Neighbouring values go together, and their spread grows along the curve. */
static float *make_patterns(size_t n, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 0);
    float *out = calloc(n * LENGTH, sizeof *out);
    for (size_t r = 0; r < n; r++) {
        double last = 0;
        for (size_t i = 0; i < LENGTH; i++) {
            last = 0.8 * last + 0.1 * oa_random_normal(&random);
            out[r * LENGTH + i] = (float)(0.3 + last * (1 + 0.1 * (double)i));
        }
    }
    return out;
}

static oa_model *fitted(oa_context *context, const oa_extent extent, const float *patterns, size_t n)
{
    oa_model *model;
    check_ok(context, oa_model_new(context, &model));
    check_ok(context, oa_outlier_fit(model, extent, patterns, n));
    return model;
}

static void whitened_features_are_white(void **state)
{
    float *patterns = make_patterns(N, 1);
    oa_model *model = fitted(*state, curve, patterns, N);
    const oa_outlier *o = &model->outlier;
    double covariance[LENGTH][LENGTH] = { { 0 } };
    assert_int_equal(o->n, LENGTH);
    assert_int_equal(o->block, 1);
    for (size_t r = 0; r < N; r++) {
        double y[LENGTH] = { 0 };
        for (size_t i = 0; i < LENGTH; i++)
            for (size_t f = 0; f < LENGTH; f++) y[i] += (double)o->whiten[i * LENGTH + f] * (patterns[r * LENGTH + f] - o->mean[f]);
        for (size_t i = 0; i < LENGTH; i++)
            for (size_t k = 0; k < LENGTH; k++) covariance[i][k] += y[i] * y[k] / N;
    }
    for (size_t i = 0; i < LENGTH; i++)
        for (size_t k = 0; k < LENGTH; k++) check_real(covariance[i][k], i == k, 0.02); /* 1e-3 of the mean variance is added */
    free(patterns);
    oa_model_free(model);
}

static void others_like_the_training_are_near_and_strangers_far(void **state)
{
    float *patterns = make_patterns(N, 1), *others = make_patterns(N, 2), *score = calloc(N, sizeof *score), *again = calloc(N, sizeof *again);
    oa_model *model = fitted(*state, curve, patterns, N);
    double mean = 0;
    size_t above = 0;
    oa_outlier_score(&model->outlier, curve, others, N, score);
    for (size_t i = 0; i < N; i++) {
        mean += score[i] / N;
        oa_outlier_score(&model->outlier, curve, others + i * LENGTH, 1, again + i); /* alone as in company */
    }
    assert_memory_equal(score, again, N * sizeof *score);
    check_real(mean, 1, 0.05);
    const double limit = oa_outlier_limit(again, N, 0.01);
    for (size_t i = 0; i < N; i++) above += (double)score[i] > limit;
    assert_int_equal(above, N / 100);
    for (size_t i = 0; i < LENGTH; i++) others[i] = i % 2 ? 0.0f : 0.6f; /* neighbours that do not go together */
    others[LENGTH + 3] = NAN;
    oa_outlier_score(&model->outlier, curve, others, 2, score);
    assert_true((double)score[0] > 3 * limit);
    assert_true(isnan(score[1]));
    free(patterns), free(others), free(score), free(again);
    oa_model_free(model);
}

static void pictures_are_seen_in_blocks(void **state)
{
    const oa_extent picture = { .height = 150, .length = 150, .channels = 1 }, channels = { .height = 1, .length = 93, .channels = 2 };
    size_t n;
    assert_int_equal(oa_outlier_block(picture, &n), 10);
    assert_int_equal(n, 225);
    assert_int_equal(oa_outlier_block(channels, &n), 1);
    assert_int_equal(n, 186);
    oa_random random = oa_random_start(3, 0);
    float *x = calloc(300 * 150 * 150, sizeof *x);
    for (size_t i = 0; i < 300 * 150 * 150; i++) x[i] = (float)oa_random_uniform(&random);
    oa_model *model = fitted(*state, picture, x, 300);
    double sum = 0;
    for (size_t i = 0; i < 10; i++)
        for (size_t k = 0; k < 10; k++)
            for (size_t r = 0; r < 300; r++) sum += x[r * 22500 + (20 + i) * 150 + 30 + k] / 30000.0;
    check_real(model->outlier.mean[2 * 15 + 3], sum, 1e-5);
    assert_true(oa_outlier_fits(&model->outlier, picture));
    assert_false(oa_outlier_fits(&model->outlier, channels));
    free(x);
    oa_model_free(model);
}

static void too_little_is_refused(void **state)
{
    float patterns[3 * LENGTH] = { 0 };
    oa_model *model;
    check_ok(*state, oa_model_new(*state, &model));
    check_fails(*state, oa_outlier_fit(model, curve, patterns, 1), "E_CLASS_MISSING");
    oa_model_free(model);
    oa_context__clear(*state);
    check_ok(*state, oa_model_new(*state, &model));
    check_fails(*state, oa_outlier_fit(model, curve, patterns, 3), "E_CLASS_MISSING"); /* all the same */
    oa_model_free(model);
    float scores[2] = { NAN, NAN };
    assert_true(isnan(oa_outlier_limit(scores, 2, 0.01)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whitened_features_are_white, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(others_like_the_training_are_near_and_strangers_far, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(pictures_are_seen_in_blocks, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(too_little_is_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
