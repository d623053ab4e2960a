/* test_curve.c - clean-up: many curves side by side give what one curve gives; the filter reproduces polynomials. */
#include "check.h"

#include "base/context.h"
#include "base/random.h"
#include "math/curve.h"

enum { BINS = 93, CURVES = 420 }; /* more than one filling of all lanes, with a tail */
static const oa_curve_rule cocrni = { .bins = BINS, .window = 15, .order = 8, .first = 23, .last = 68, .sweeps = 1001 };

/* Curves as they occur: few counts, peaks, none at all, constant, rising, single spikes. */
static uint32_t *make_counts(void)
{
    uint32_t *counts = calloc(CURVES * BINS, sizeof *counts);
    oa_random random = oa_random_start(21, 0);
    for (size_t c = 0; c < CURVES; c++)
        for (int i = 0; i < BINS; i++) {
            const double peaks = 8 + 6 * cos((i - 46) * 0.26 * (1 + c % 3));
            uint32_t *at = &counts[c * BINS + (size_t)i];
            if (c % 7 == 0) *at = (uint32_t)oa_random_below(&random, 3);
            else if (c % 50 == 1) *at = 5;
            else if (c % 50 == 2) *at = (uint32_t)i;
            else if (c % 50 == 3) *at = i == 70;
            else *at = (uint32_t)fmax(0, peaks + 2 * oa_random_normal(&random));
        }
    return counts;
}

static void check_block(oa_context *context, const oa_curve_rule *rule, size_t channels)
{
    oa_arena arena = { .context = context };
    oa_curve_plan plan;
    uint32_t *counts = make_counts();
    float *got = calloc(CURVES * BINS, sizeof *got);
    check_ok(context, oa_curve_plan_make(&arena, &plan, rule));
    check_ok(context, oa_curve_clean(context, &plan, CURVES, counts, (oa_curve_output){ got, channels }));
    for (size_t c = 0; c < CURVES; c++) {
        double in[BINS], out[BINS];
        oa_curve_detail detail = { .output = out };
        for (int i = 0; i < BINS; i++) in[i] = counts[c * BINS + (size_t)i];
        oa_curve_clean_one(&plan, in, &detail);
        for (size_t i = 0; i < BINS; i++) {
            const float want = (float)out[i], have = got[c / channels * BINS * channels + i * channels + c % channels];
            if (memcmp(&want, &have, sizeof want) && !(isnan(want) && isnan(have)))
                fail_msg("curve %zu, bin %zu: %.9g, alone %.9g (kernels %s)", c, i, have, want, context->kernels->name);
        }
    }
    free(counts);
    free(got);
    oa_arena_drop(&arena);
}

static void test_curve__side_by_side_is_as_alone(void **state)
{
    (void)state;
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        if (!oa_kernels_find(*name)) continue;
        oa_context *context;
        const oa_context_options options = { .kernel = *name, .threads = 2 };
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        check_block(context, &cocrni, 1);
        oa_context_free(context);
    }
}

static void test_curve__other_rules(void **state)
{
    oa_curve_rule rule = cocrni;
    rule.first = 37;
    rule.last = 52;
    check_block(*state, &rule, 2);
    for (int64_t sweeps = 0; sweeps < 4; sweeps++) {
        rule.sweeps = sweeps;
        check_block(*state, &rule, 3);
    }
    rule = cocrni;
    rule.window = 0;
    check_block(*state, &rule, 1);
    rule.window = 93;
    rule.order = 3;
    rule.last = 92;
    rule.first = 0;
    check_block(*state, &rule, 1);
}

/* A polynomial of the order of the filter passes unchanged, at the ends too: only then is the fit well-conditioned. */
static void test_curve__filter_keeps_polynomials(void **state)
{
    oa_context *context = *state;
    oa_arena arena = { .context = context };
    oa_curve_plan plan;
    double in[BINS], norm[BINS], smooth[BINS];
    check_ok(context, oa_curve_plan_make(&arena, &plan, &cocrni));
    for (int degree = 1; degree <= 8; degree++) {
        for (int i = 0; i < BINS; i++) in[i] = cos(degree * acos((i - 46) / 46.0)); /* Chebyshev */
        oa_curve_detail detail = { .norm = norm, .smooth = smooth };
        oa_curve_clean_one(&plan, in, &detail);
        for (int i = 0; i < BINS; i++) check_real(smooth[i], norm[i], 1e-12);
    }
    oa_arena_drop(&arena);
}

static void test_curve__constant_is_nan(void **state)
{
    oa_context *context = *state;
    oa_arena arena = { .context = context };
    oa_curve_plan plan;
    double in[BINS] = { 0 }, out[BINS];
    check_ok(context, oa_curve_plan_make(&arena, &plan, &cocrni));
    oa_curve_detail detail = { .output = out };
    oa_curve_clean_one(&plan, in, &detail);
    assert_int_equal(detail.sweeps, -2);
    for (int i = 0; i < BINS; i++) assert_true(isnan(out[i]));
    oa_arena_drop(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curve__side_by_side_is_as_alone),
        cmocka_unit_test_setup_teardown(test_curve__other_rules, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_curve__filter_keeps_polynomials, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_curve__constant_is_nan, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
