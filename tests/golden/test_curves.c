/* test_curves.c - clean-up of the reference curves for both background windows. */
#include "check.h"

#include "base/context.h"
#include "math/curve.h"

enum { BINS = 93 };
static const oa_curve_rule cocrni = { .bins = BINS, .window = 15, .order = 8, .first = 23, .last = 68, .sweeps = 1001 };
static const oa_curve_rule feal = { .bins = BINS, .window = 15, .order = 8, .first = 37, .last = 52, .sweeps = 1001 };

static double *read(const char *rule, const char *what, size_t *n)
{
    char name[128];
    int rank;
    size_t dims[4];
    snprintf(name, sizeof name, "ml-apt/golden/prep_%s%s.npy", rule, what);
    double *out = check_npy(check_reference(name), &rank, dims);
    *n = dims[0];
    return out;
}

static void compare(const char *what, size_t row, const double *got, const double *want)
{
    for (int i = 0; i < BINS; i++)
        if (!(fabs(got[i] - want[i]) <= 1e-8) && !(isnan(got[i]) && isnan(want[i])))
            fail_msg("%s of curve %zu, bin %d: %.12g, expected %.12g", what, row, i, got[i], want[i]);
}

static void check_rule(oa_context *context, const oa_curve_rule *rule, const char *prefix)
{
    size_t n;
    oa_arena arena = { .context = context };
    oa_curve_plan plan;
    check_ok(context, oa_curve_plan_make(&arena, &plan, rule));
    double *raw = read("", "raw", &n), *norm = read(prefix, "_norm", &n), *smooth = read(prefix, "_smooth", &n);
    double *background = read(prefix, "_background", &n), *output = read(prefix, "_output", &n);
    double *iterations = read(prefix, "_iterations", &n), *local_min = read(prefix, "_localmin", &n);
    for (size_t row = 0; row < n; row++) {
        double y[BINS], s[BINS], b[BINS], d[BINS];
        oa_curve_detail detail = { .norm = y, .smooth = s, .background = b, .output = d };
        oa_curve_clean_one(&plan, raw + row * BINS, &detail);
        compare("norm", row, y, norm + row * BINS);
        compare("smooth", row, s, smooth + row * BINS);
        compare("background", row, b, background + row * BINS);
        compare("output", row, d, output + row * BINS);
        /* The reference counts from 0, so that its counter stands at 1000 after the last of 1001 sweeps. */
        assert_int_equal(detail.sweeps < 1001 ? detail.sweeps : 1000, (int)iterations[row]);
        assert_int_equal(detail.local_min, (int)local_min[row]);
    }
    free(raw);
    free(norm);
    free(smooth);
    free(background);
    free(output);
    free(iterations);
    free(local_min);
    oa_arena_drop(&arena);
}

static void test_curves__cocrni_window(void **state) { check_rule(*state, &cocrni, "cocrni"); }
static void test_curves__feal_window(void **state) { check_rule(*state, &feal, "feal"); }

/* What the networks of the end-to-end box were fed. One voxel is a tie that rounding decides. */
static void test_curves__end_to_end_box(void **state)
{
    oa_context *context = *state;
    int rank;
    size_t dims[4], differ = 0;
    oa_arena arena = { .context = context };
    oa_curve_plan plan;
    check_ok(context, oa_curve_plan_make(&arena, &plan, &cocrni));
    double *counts = check_npy(check_reference("ml-apt/golden/e2e_zsdm.npy"), &rank, dims);
    double *want = check_npy(check_reference("ml-apt/golden/e2e_input.npy"), &rank, dims);
    const size_t n = dims[0];
    uint32_t *in = malloc(n * BINS * sizeof *in);
    float *out = malloc(n * BINS * sizeof *out);
    for (size_t i = 0; i < n * BINS; i++) in[i] = (uint32_t)counts[i];
    check_ok(context, oa_curve_clean(context, &plan, n, in, (oa_curve_output){ out, 1 }));
    for (size_t row = 0; row < n; row++) {
        size_t off = 0;
        for (size_t i = row * BINS; i < (row + 1) * BINS; i++)
            off += !(fabs(out[i] - want[i]) <= 2e-7) && !(isnan(out[i]) && isnan(want[i]));
        differ += off > 0;
    }
    assert_true(differ <= 1);
    free(in);
    free(out);
    free(counts);
    free(want);
    oa_arena_drop(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_curves__cocrni_window, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_curves__feal_window, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_curves__end_to_end_box, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
