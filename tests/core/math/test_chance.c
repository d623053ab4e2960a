/* test_chance.c - what chance gives, by formulas, by counting and by drawing. */
#include "core/math/cloud.h"
#include "math/chance.h"

/* E of the k-th distance is the integral of the share of places whose k-th neighbour is farther. */
static void mean_distances_are_integrals(void **state)
{
    (void)state;
    for (int k = 1; k <= 20; k++) {
        double sum = 0;
        for (int i = 0; i < 40000; i++) sum += 1 - oa_chance_within(2.5, k, (i + 0.5) * 1e-4);
        check_real(oa_chance_distance(2.5, k), sum * 1e-4, 1e-9);
    }
    check_real(oa_chance_distance(2, 1), 0.43967856431267055, 1e-15);
    check_real(oa_chance_distance(2, 10), 1.0490028199634194, 1e-14);
    check_real(oa_chance_within(1, 1, 0), 0, 0);
}

/* A box, and a ball that fills half of its own: with the number of points that the cubes hold, to some percent. */
static void density_is_that_inside(void **state)
{
    oa_arena arena = { .context = *state };
    double density;
    cloud c = cloud_random(40000, 20, 0, 5);
    const oa_points box = cloud_floats(&c);
    check_ok(*state, oa_chance_density(&arena, &box, &density));
    check_real(density, 5, 0.01);
    uint8_t *take = calloc(c.n, 1);
    for (size_t i = 0; i < c.n; i++) take[i] = c.x[i] * c.x[i] + c.y[i] * c.y[i] + c.z[i] * c.z[i] < 100;
    oa_points ball = cloud_floats(&c);
    ball.take = take;
    check_ok(*state, oa_chance_density(&arena, &ball, &density));
    check_real(density, 5, 0.2);
    for (size_t i = 0; i < c.n; i++) take[i] = c.z[i] > -5 && c.x[i] * c.x[i] + c.y[i] * c.y[i] < pow(4 + 0.2 * (c.z[i] + 5), 2);
    check_ok(*state, oa_chance_density(&arena, &ball, &density));
    check_real(density, 5, 0.25); /* a tip */
    free(take);
    cloud_free(&c);
    oa_arena_drop(&arena);
}

/* Four cubes of 1 nm in a row, with 19, 39, 20 and 178 points (64 for each, by which they are cut): the third by size is the median, 39, and 20 the least that counts as full. The first has less, and
 * the second lies beside it; the density is that of the other two. */
static void a_cube_is_full_from_half_the_median_on(void **state)
{
    static const size_t count[4] = { 19, 39, 20, 178 };
    static float x[256], y[256], z[256];
    oa_arena arena = { .context = *state };
    double density;
    size_t n = 0;
    for (size_t cube = 0; cube < 4; cube++)
        for (size_t i = 0; i < count[cube]; i++, n++) x[n] = (float)cube + 0.5f, y[n] = z[n] = 0.5f;
    x[0] = y[0] = z[0] = 0;
    x[n - 1] = 4, y[n - 1] = z[n - 1] = 1;
    check_ok(*state, oa_chance_density(&arena, &(oa_points){ .n = n, .x = x, .y = y, .z = z }, &density));
    check_real(density, (20 + 178) / 2.0, 0);
    oa_arena_drop(&arena);
}

static void what_fills_nothing_has_no_density(void **state)
{
    oa_arena arena = { .context = *state };
    double density = 1;
    cloud c = cloud_random(50, 3, 0, 5);
    const oa_points none = { .n = 0, .x = c.fx, .y = c.fy, .z = c.fz }, one = { .n = 1, .x = c.fx, .y = c.fy, .z = c.fz };
    check_ok(*state, oa_chance_density(&arena, &none, &density));
    check_real(density, 0, 0);
    check_ok(*state, oa_chance_density(&arena, &one, &density));
    check_real(density, 0, 0);
    for (size_t i = 0; i < c.n; i++) cloud_set(&c, i, c.x[i] * 1e9, c.y[i] * 1e-9, c.z[i] * 1e-9); /* a needle still has some */
    const oa_points needle = cloud_floats(&c);
    check_ok(*state, oa_chance_density(&arena, &needle, &density));
    assert_true(density > 0);
    cloud_free(&c);
    oa_arena_drop(&arena);
}

/* Each of the 30 orders of a, a, b, c, c less symmetric ones comes as often: chi-squared below its 99.9 % point of 29 degrees, 58.3. */
static void every_order_is_equally_likely(void **state)
{
    enum { DRAWS = 30000 };
    static const uint64_t count[3] = { 2, 1, 2 };
    static int seen[243];
    double chi2 = 0;
    int orders = 0;
    (void)state;
    memset(seen, 0, sizeof seen);
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        oa_label_draw d = oa_label_draw_start(count, 3, 11, draw);
        int order = 0, of[3] = { 0 };
        for (int i = 0; i < 5; i++) {
            const int label = oa_label_draw_next(&d);
            of[label]++;
            order = 3 * order + label;
        }
        assert_true(of[0] == 2 && of[1] == 1 && of[2] == 2);
        seen[order]++;
    }
    for (int i = 0; i < 243; i++) {
        if (!seen[i]) continue;
        orders++;
        chi2 += (seen[i] - DRAWS / 30.0) * (seen[i] - DRAWS / 30.0) / (DRAWS / 30.0);
    }
    assert_int_equal(orders, 30);
    if (chi2 > 58.3) fail_msg("chi2 is %g", chi2);
}

static void observations_are_ranked_from_both_sides(void **state)
{
    const double high[] = { 5, 1, 2, 3, 4 }, low[] = { 1, 5, 2, 3, 4 }, middle[] = { 3, 1, 2, 4, 5 }, same[] = { 2, 2, 2 };
    (void)state;
    oa_chance_test t = oa_chance_compare(high, 1, 4);
    check_real(t.p_value, 0.4, 1e-15); /* 1 lies as far from 3 as 5 does */
    check_real(t.mean, 2.5, 1e-15);
    check_real(t.deviation, sqrt(5.0 / 3), 1e-15);
    check_real(t.z, 2.5 / sqrt(5.0 / 3), 1e-14);
    check_real(oa_chance_compare(low, 1, 4).p_value, 0.4, 1e-15);
    check_real(oa_chance_compare(middle, 1, 4).p_value, 1, 0);
    check_real(oa_chance_compare(same, 1, 2).p_value, 1, 0);
    assert_true(isnan(oa_chance_compare(same, 1, 2).z));
    assert_true(isnan(oa_chance_compare(same, 1, 0).p_value));
    check_real(oa_chance_above(high, 4), 0.2, 1e-15);
    check_real(oa_chance_above(low, 4), 1, 0);
}

/* 2000 times ten correlated quantities, all rows alike: the joint p-value is p or less in a share p of them. */
static void joint_chances_are_uniform(void **state)
{
    enum { TIMES = 2000, N = 10, DRAWS = 19 };
    double value[(DRAWS + 1) * N], scratch[DRAWS + 1];
    int of[DRAWS + 2] = { 0 }, below = 0;
    (void)state;
    oa_random random = oa_random_start(3, 0);
    for (int t = 0; t < TIMES; t++) {
        for (int d = 0; d <= DRAWS; d++) {
            const double common = oa_random_normal(&random);
            for (int k = 0; k < N; k++) value[d * N + k] = k == 4 ? 7 : common + 0.5 * oa_random_normal(&random);
        }
        of[(int)rint(oa_chance_joint(value, N, DRAWS, scratch) * (DRAWS + 1))]++;
    }
    for (int p = 1; p <= DRAWS + 1; p++) {
        below += of[p];
        check_real((double)below / TIMES, (double)p / (DRAWS + 1), 1.63 / sqrt(TIMES));
    }
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

static void the_strongest_is_the_farthest_of_those_that_are_known(void **state)
{
    static const double z[] = { NAN, 1, -3, 2, NAN, 3 };
    (void)state;
    assert_int_equal(oa_chance_strongest(z, 6), 2); /* the first of two as far */
    assert_int_equal(oa_chance_strongest(z, 2), 1);
    assert_int_equal(oa_chance_strongest(z, 1), 1);
    assert_int_equal(oa_chance_strongest(z, 0), 0);
}

static void the_spread_is_that_of_one_draw(void **state)
{
    static const uint32_t draw[] = { 1, 7, 3, 7, 8, 7 };
    double mean[2], deviation[2];
    (void)state;
    oa_chance_spread(draw, 2, 3, mean, deviation);
    check_real(mean[0], 4, 1e-12);
    check_real(deviation[0], sqrt(13), 1e-12);
    check_real(mean[1], 7, 1e-12);
    check_real(deviation[1], 0, 1e-12);
    oa_chance_spread(draw, 2, 1, mean, deviation);
    check_real(mean[0], 1, 1e-12);
    check_real(deviation[0], 0, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_is_the_farthest_of_those_that_are_known),
        cmocka_unit_test(the_spread_is_that_of_one_draw),
        with_context(mean_distances_are_integrals), with_context(density_is_that_inside), with_context(what_fills_nothing_has_no_density),
        with_context(a_cube_is_full_from_half_the_median_on),
        with_context(every_order_is_equally_likely), with_context(observations_are_ranked_from_both_sides), with_context(joint_chances_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
