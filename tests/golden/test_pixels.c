/* test_pixels.c - pixel sums and extracted ions of the reference boxes. */
#include "check.h"

#include "base/context.h"
#include "math/pixels.h"

static void test_pixels__sum_with_one_nan(void **state)
{
    (void)state;
    int rank;
    size_t dims[4], m[4];
    double *conv = check_npy(check_reference("ml-apt/golden/pix_conv_zyx.npy"), &rank, dims);
    double *want = check_npy(check_reference("ml-apt/golden/pix_sum_zyx.npy"), &rank, m);
    const double lo[3] = { 0, 0, 0 };
    const oa_pixels pixels = oa_pixels_of(dims, lo, 1.0, 0.5);
    for (int axis = 0; axis < 3; axis++) assert_int_equal(pixels.pixels[axis], m[axis]);
    double *sums = malloc(oa_pixels_count(&pixels) * sizeof *sums);
    oa_pixels_sum(&pixels, conv, OA_NAN_PROPAGATE, sums);
    size_t nan = 0;
    for (size_t i = 0; i < oa_pixels_count(&pixels); i++) {
        check_real(sums[i], want[i], 1e-12);
        nan += isnan(sums[i]);
    }
    assert_true(nan > 0);
    oa_pixels_sum(&pixels, conv, OA_NAN_ZERO, sums);
    for (size_t i = 0; i < oa_pixels_count(&pixels); i++) {
        assert_false(isnan(sums[i]));
        if (!isnan(want[i])) check_real(sums[i], want[i], 1e-12);
    }
    free(sums);
    free(conv);
    free(want);
}

static void check_box(oa_context *context, const char *prefix)
{
    char name[128];
    int rank;
    size_t dims[4], m[4], n, n_want, n_inside;
    snprintf(name, sizeof name, "ml-apt/golden/%s_prob.npy", prefix);
    double *prob = check_npy(check_reference(name), &rank, dims);
    snprintf(name, sizeof name, "ml-apt/golden/%s_pixels.npy", prefix);
    double *want = check_npy(check_reference(name), &rank, m);
    const size_t voxels[3] = { 23, 15, 15 }, classes = 2;
    const double lo[3] = { -4, -4, -12 };
    const oa_pixels pixels = oa_pixels_of(voxels, lo, 1.0, 0.5);
    const size_t n_pixels = oa_pixels_count(&pixels);
    double *values = malloc(5175 * sizeof *values), *sums = malloc(n_pixels * sizeof *sums);
    for (size_t i = 0; i < 5175; i++) values[i] = prob[classes * i + 1];
    oa_pixels_sum(&pixels, values, OA_NAN_PROPAGATE, sums);
    assert_int_equal(m[0] * m[1] * m[2], n_pixels);
    for (size_t i = 0; i < n_pixels; i++) check_real(sums[i], want[i], 1e-9);

    double *xyz = check_npy(check_reference("ml-apt/golden/e2e_xyz.npy"), &rank, dims), *column;
    n = dims[0];
    column = malloc(3 * n * sizeof *column);
    for (size_t i = 0; i < 3 * n; i++) column[i % 3 * n + i / 3] = xyz[i];
    const oa_points ions = { .n = n, .xd = column, .yd = column + n, .zd = column + 2 * n };
    uint8_t *chosen = malloc(n_pixels), *inside = malloc(n);
    oa_pixels_choose(&pixels, sums, 3.75, INFINITY, chosen);
    check_ok(context, oa_pixels_ions(context, &pixels, chosen, &ions, inside, &n_inside));
    snprintf(name, sizeof name, "ml-apt/golden/%s_extracted_index.npy", prefix);
    double *index = check_npy(check_reference(name), &rank, dims);
    n_want = dims[0];
    assert_int_equal(n_inside, n_want);
    for (size_t i = 0; i < n_want; i++) assert_int_equal(inside[(size_t)index[i]], 1);
    free(prob);
    free(want);
    free(values);
    free(sums);
    free(xyz);
    free(column);
    free(chosen);
    free(inside);
    free(index);
}

static void test_pixels__end_to_end_box(void **state) { check_box(*state, "e2e"); }
static void test_pixels__shuffled_box_selects_nothing(void **state) { check_box(*state, "e2erand"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixels__sum_with_one_nan),
        cmocka_unit_test_setup_teardown(test_pixels__end_to_end_box, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_pixels__shuffled_box_selects_nothing, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
