/* test_kernels.c - every kernel set gives the bytes of the scalar one, on random and on awkward input. */
#include "core/math/cloud.h"

enum { KEPT_MOST = 400 };

/* Calls fn for each faster set this processor has. */
static void each_set(void (*fn)(const oa_kernels *))
{
    for (const char *const *name = oa_kernels_names(); *name; name++)
        if (strcmp(*name, "scalar") != 0 && oa_kernels_find(*name)) fn(oa_kernels_find(*name));
}

static oa_axis axis_of(double half, int64_t bins, int64_t first, int64_t kept)
{
    return (oa_axis){ .half = half, .scale = (double)bins / (2 * half), .bins = bins, .first = first, .kept = kept };
}

/* Bins of the papers; without crop; a crop on one side; an odd number; more than fit into the folded table. */
static const struct { double half; int64_t bins, first, kept; } axes[] = {
    { 1.5, 200, 54, 93 }, { 1.5, 200, 0, 200 }, { 1.5, 200, 120, 80 }, { 1.5, 200, 0, 60 },
    { 1.5, 93, 0, 93 }, { 1.5, 400, 0, 400 }, { 0.5, 2, 0, 2 }, { 2.0, 240, 1, 238 },
};
enum { N_AXES = sizeof axes / sizeof *axes };

static void compare_maps(const oa_kernels *kernels, const cloud *c, const char *what)
{
    for (int a = 0; a < N_AXES; a++) {
        const oa_axis axis = axis_of(axes[a].half, axes[a].bins, axes[a].first, axes[a].kept);
        uint32_t want[KEPT_MOST] = { 1, 2, 3 }, got[KEPT_MOST] = { 1, 2, 3 };
        oa_kernels_scalar.pairs_z(want, &axis, c->n, c->x, c->z);
        kernels->pairs_z(got, &axis, c->n, c->x, c->z);
        if (memcmp(want, got, sizeof want)) fail_msg("pairs_z of %s differs: %s, axis %d, %zu points", kernels->name, what, a, c->n);
        for (int rounded = 0; rounded < 2; rounded++)
            for (size_t i = 0; i < c->n && i < 20; i++) {
                const oa_centre centre = { c->x[i], c->y[i], c->z[i], i % 3 ? axis.half * axis.half : INFINITY, rounded };
                oa_kernels_scalar.offsets_z(want, &axis, c->n, c->x, c->y, c->z, &centre);
                kernels->offsets_z(got, &axis, c->n, c->x, c->y, c->z, &centre);
            }
        if (memcmp(want, got, sizeof want)) fail_msg("offsets_z of %s differs: %s, axis %d, %zu points", kernels->name, what, a, c->n);
    }
}

static void maps_of_random_points(const oa_kernels *kernels)
{
    for (size_t n = 0; n < 70; n++) {
        cloud c = cloud_random(n, 1.5, 0, n), edges = cloud_random(n, 1.5, 0.015, n), wide = cloud_random(n, 8, 0.001, n);
        compare_maps(kernels, &c, "random");
        compare_maps(kernels, &edges, "on bin edges");
        compare_maps(kernels, &wide, "wider than the axis");
        cloud_free(&c);
        cloud_free(&edges);
        cloud_free(&wide);
    }
}

static void maps_of_awkward_points(const oa_kernels *kernels)
{
    cloud same = cloud_new(33), line = cloud_new(33), far = cloud_new(9);
    for (size_t i = 0; i < same.n; i++) cloud_set(&same, i, 1.25, -0.5, 3);
    for (size_t i = 0; i < line.n; i++) cloud_set(&line, i, i % 2 ? 0.75 : -0.75, 0, ((double)i - 16) * 0.75 / 16);
    const double values[9] = { 0, -0.0, 1.5, -1.5, 1e300, -1e300, 3e9, 1e-310, 1.4999999999999998 };
    for (size_t i = 0; i < far.n; i++) cloud_set(&far, i, values[i], 0.1, values[(i * 4 + 1) % 9]);
    compare_maps(kernels, &same, "all alike");
    compare_maps(kernels, &line, "at both poles");
    compare_maps(kernels, &far, "far away");
    cloud_free(&same);
    cloud_free(&line);
    cloud_free(&far);
}

static void gather_keeps_order(const oa_kernels *kernels)
{
    for (size_t n = 0; n < 70; n++) {
        cloud c = cloud_random(n, 2, n % 2 ? 0.25 : 0, n), want = cloud_new(n), got = cloud_new(n);
        const double centre[3] = { 0.25, 0, -0.25 };
        for (int with_y = 0; with_y < 2; with_y++) {
            const size_t k = oa_kernels_scalar.gather(want.x, with_y ? want.y : NULL, want.z, n, c.fx, c.fy, c.fz, centre, 0.5625);
            const size_t l = kernels->gather(got.x, with_y ? got.y : NULL, got.z, n, c.fx, c.fy, c.fz, centre, 0.5625);
            assert_int_equal(k, l);
            assert_memory_equal(want.x, got.x, k * sizeof(double));
            assert_memory_equal(want.z, got.z, k * sizeof(double));
            if (with_y) assert_memory_equal(want.y, got.y, k * sizeof(double));
        }
        cloud_free(&c);
        cloud_free(&want);
        cloud_free(&got);
    }
}

static void near_is_the_same(const oa_kernels *kernels)
{
    cloud c = cloud_random(64, 2, 0.25, 8);
    for (size_t n = 0; n <= 64; n++)
        for (size_t i = 0; i < 64; i++) {
            const double centre[3] = { c.x[i], c.y[i], c.z[i] };
            assert_true(oa_kernels_scalar.near(n, c.fx, c.fy, c.fz, centre, 0.25) == kernels->near(n, c.fx, c.fy, c.fz, centre, 0.25));
        }
    cloud_free(&c);
}

/* Steps of 0.001 nm and of 1/3 nm, radii that many offsets meet exactly, near 0 and at the far end of what int32 holds. */
static void near_steps_is_the_rule(const oa_kernels *kernels)
{
    static const double rules[][2] = { { 1000, 0.005 }, { 1000, 0.003 }, { 3, 1 }, { 7, 5 / 7.0 }, { 1000, 1e-4 }, { 1e6, 9e-6 }, { 0.5, 10 } };
    int32_t p[3][64 + OA_KERNEL_PAD] = { { 0 } };
    oa_random random = oa_random_start(9, 0);
    for (int round = 0; round < 200; round++) {
        const oa_reach reach = oa_reach_of(rules[round % 7][0], rules[round % 7][1]);
        const int32_t far = round % 3 ? (round % 3 == 1 ? 118959 : (1 << 30) - 20) : 0;
        for (int i = 0; i < 64; i++)
            for (int axis = 0; axis < 3; axis++) p[axis][i] = far + (int32_t)(15 * oa_random_uniform(&random)) - (round % 2 ? 0 : 2 * far);
        const int32_t centre[3] = { p[0][5], p[1][5], p[2][5] };
        for (size_t n = 0; n <= 64; n++) {
            uint64_t want = 0;
            for (size_t i = 0; i < n; i++) want |= (uint64_t)oa_reach_holds(&reach, (int32_t[]){ p[0][i], p[1][i], p[2][i] }, centre) << i;
            assert_true(kernels->near_steps(n, p[0], p[1], p[2], centre, &reach) == want);
        }
    }
}

static void convolution_is_the_same(const oa_kernels *kernels)
{
    double in[200], taps[31], want[200], got[200];
    oa_random random = oa_random_start(3, 0);
    for (int i = 0; i < 200; i++) in[i] = oa_random_normal(&random);
    for (int i = 0; i < 31; i++) taps[i] = oa_random_normal(&random);
    for (size_t width = 1; width < 32; width += 2)
        for (size_t n = 0; n < 100; n++) {
            memset(want, 0, sizeof want);
            memset(got, 0, sizeof got);
            oa_kernels_scalar.convolve(want, n, in, taps, width);
            kernels->convolve(got, n, in, taps, width);
            assert_memory_equal(want, got, sizeof want);
        }
}

static void clipping_is_the_same(const oa_kernels *kernels)
{
    enum { BINS = 93 };
    static double want[BINS * OA_CLIP_LANES], got[BINS * OA_CLIP_LANES], level[OA_CLIP_LANES];
    static const size_t windows[][2] = { { 23, 68 }, { 37, 52 }, { 0, 92 }, { 1, 91 }, { 0, 0 }, { 92, 92 }, { 91, 92 }, { 40, 40 } };
    oa_random random = oa_random_start(4, 0);
    for (int lane = 0; lane < OA_CLIP_LANES; lane++) level[lane] = 0.3 * oa_random_uniform(&random);
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        for (int i = 0; i < BINS * OA_CLIP_LANES; i++) want[i] = got[i] = oa_random_uniform(&random);
        for (int sweep = 0; sweep < 40; sweep++) {
            const uint32_t a = oa_kernels_scalar.clip(want, BINS, windows[w][0], windows[w][1], level, 1e-12);
            const uint32_t b = kernels->clip(got, BINS, windows[w][0], windows[w][1], level, 1e-12);
            assert_int_equal(a, b);
            assert_memory_equal(want, got, sizeof want);
        }
    }
}

static void test_kernels__maps_of_random_points(void **state) { (void)state; each_set(maps_of_random_points); }
static void test_kernels__maps_of_awkward_points(void **state) { (void)state; each_set(maps_of_awkward_points); }
static void test_kernels__gather_keeps_order(void **state) { (void)state; each_set(gather_keeps_order); }
static void test_kernels__near(void **state) { (void)state; each_set(near_is_the_same); }
static void test_kernels__near_steps(void **state) { (void)state; each_set(near_steps_is_the_rule); }
static void test_kernels__convolution(void **state) { (void)state; each_set(convolution_is_the_same); }
static void test_kernels__clipping(void **state) { (void)state; each_set(clipping_is_the_same); }

static void test_kernels__are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(oa_kernels_find("scalar"), &oa_kernels_scalar);
    assert_null(oa_kernels_find("sse17"));
    assert_non_null(oa_kernels_find("auto"));
    assert_ptr_equal(oa_kernels_find(NULL), oa_kernels_find("auto"));
    for (const char *const *name = oa_kernels_names(); *name; name++)
        if (oa_kernels_find(*name)) assert_string_equal(oa_kernels_find(*name)->name, *name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels__maps_of_random_points),
        cmocka_unit_test(test_kernels__maps_of_awkward_points),
        cmocka_unit_test(test_kernels__gather_keeps_order),
        cmocka_unit_test(test_kernels__near),
        cmocka_unit_test(test_kernels__near_steps),
        cmocka_unit_test(test_kernels__convolution),
        cmocka_unit_test(test_kernels__clipping),
        cmocka_unit_test(test_kernels__are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
