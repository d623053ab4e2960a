/* test_pixel_grid.c - pixels cover what they should; ions are found as by asking every pixel. */
#include "core/math/cloud.h"
#include "math/pixels.h"

static void test_pixel_grid__sums_count_the_voxels(void **state)
{
    (void)state;
    const size_t voxels[3] = { 3, 4, 5 };
    const double lo[3] = { 0, 0, 0 };
    for (int cover = 1; cover <= 3; cover++) {
        const oa_pixels pixels = oa_pixels_of(voxels, lo, cover * 0.1, 0.1);
        double ones[60], sums[7 * 6 * 5], most = 0, total = 0;
        assert_int_equal(pixels.cover, cover);
        assert_int_equal(oa_pixels_count(&pixels), (2 + cover) * (3 + cover) * (4 + cover));
        for (int i = 0; i < 60; i++) ones[i] = 1;
        oa_pixels_sum(&pixels, ones, OA_NAN_PROPAGATE, sums);
        for (size_t i = 0; i < oa_pixels_count(&pixels); i++) {
            total += sums[i];
            most = fmax(most, sums[i]);
        }
        check_real(sums[0], 1, 0);
        check_real(most, cover * cover * cover, 0);
        check_real(total, 60.0 * cover * cover * cover, 0);
    }
}

static void test_pixel_grid__threshold_is_strict(void **state)
{
    (void)state;
    const size_t voxels[3] = { 1, 1, 5 };
    const double lo[3] = { 0, 0, 0 }, sums[5] = { 3.75, 3.7500001, NAN, 8, 2 };
    uint8_t chosen[5];
    const oa_pixels pixels = oa_pixels_of(voxels, lo, 0.5, 0.5);
    assert_int_equal(oa_pixels_choose(&pixels, sums, 3.75, INFINITY, chosen), 2);
    assert_true(!chosen[0] && chosen[1] && !chosen[2] && chosen[3]);
    assert_int_equal(oa_pixels_choose(&pixels, sums, 3, 3.75, chosen), 1);
    assert_true(chosen[0]);
}

static void test_pixel_grid__ions_near_chosen_pixels(void **state)
{
    oa_context *context = *state;
    const size_t voxels[3] = { 5, 6, 7 };
    const double lo[3] = { -1.5, -1.5, -1.5 };
    const oa_pixels pixels = oa_pixels_of(voxels, lo, 1, 0.5);
    const size_t n_pixels = oa_pixels_count(&pixels);
    cloud c = cloud_random(5000, 6, 0.05, 3);
    cloud_set(&c, 0, NAN, 0, 0);
    cloud_set(&c, 1, 1e30, -1e30, 0);
    const oa_points ions = cloud_doubles(&c);
    uint8_t *chosen = calloc(n_pixels, 1), *inside = calloc(c.n, 1);
    size_t n, want = 0;
    for (size_t i = 0; i < n_pixels; i += 5) chosen[i] = 1;
    check_ok(context, oa_pixels_ions(context, &pixels, chosen, &ions, inside, &n));
    const double radius = 0.25 * 1.414;
    for (size_t i = 0; i < c.n; i++) {
        bool is_near = false;
        for (size_t p = 0; p < n_pixels && !is_near; p += 5) {
            double at[3];
            oa_pixels_centre(&pixels, p, at);
            const double dx = c.x[i] - at[0], dy = c.y[i] - at[1], dz = c.z[i] - at[2];
            is_near = (dx * dx + dy * dy) + dz * dz <= radius * radius;
        }
        assert_int_equal(inside[i], is_near);
        want += is_near;
    }
    assert_int_equal(n, want);
    assert_true(n > 100);
    free(chosen);
    free(inside);
    cloud_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pixel_grid__sums_count_the_voxels),
        cmocka_unit_test(test_pixel_grid__threshold_is_strict),
        cmocka_unit_test_setup_teardown(test_pixel_grid__ions_near_chosen_pixels, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
