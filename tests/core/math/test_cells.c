/* test_cells.c - sorting into cells loses nothing, keeps the order, and finds what is near. */
#include "core/math/cloud.h"

static void check_sorted(oa_context *context, const oa_points *points, double edge, size_t expected)
{
    oa_arena arena = { .context = context };
    oa_cells cells;
    check_ok(context, oa_cells_build(&arena, &cells, points, edge, OA_CELLS_ROWS));
    assert_int_equal(cells.n, expected);
    const size_t n_cells = oa_cells_count(&cells);
    uint8_t *seen = calloc(points->n + 1, 1);
    assert_int_equal(cells.start[0], 0);
    assert_int_equal(cells.start[n_cells], cells.n);
    for (size_t c = 0; c < n_cells; c++)
        for (uint32_t i = cells.start[c]; i < cells.start[c + 1]; i++) {
            double a[3], b[3];
            if (i > cells.start[c]) assert_true(cells.row[i] > cells.row[i - 1]);
            oa_cells_point(&cells, i, a);
            oa_points_get(points, cells.row[i], b);
            assert_memory_equal(a, b, sizeof a);
            assert_int_equal(seen[cells.row[i]]++, 0);
        }
    free(seen);
    oa_arena_drop(&arena);
}

static void test_cells__hold_every_point_once(void **state)
{
    cloud c = cloud_random(1000, 6, 0, 1);
    const oa_points floats = cloud_floats(&c), doubles = cloud_doubles(&c);
    check_sorted(*state, &floats, 0.5, 1000);
    check_sorted(*state, &doubles, 0.3, 1000);
    check_sorted(*state, &doubles, 100, 1000);
    cloud_free(&c);
}

/* As whole steps: each point in the cell that oa_cells_along_steps says, by row; no more than one cell from any that is within
 * an edge of it along an axis. */
static void check_steps(oa_context *context, const oa_points *points, double edge, size_t expected)
{
    oa_arena arena = { .context = context };
    oa_cells cells;
    double p[3];
    check_ok(context, oa_cells_build(&arena, &cells, points, edge * (1 + 1e-6), OA_CELLS_ROWS | OA_CELLS_STEPS));
    assert_int_equal(cells.n, expected);
    for (size_t c = 0; c < oa_cells_count(&cells); c++)
        for (uint32_t i = cells.start[c]; i < cells.start[c + 1]; i++) {
            const int32_t k[3] = { cells.xk[i], cells.yk[i], cells.zk[i] };
            size_t at[3];
            oa_points_get(points, cells.row[i], p);
            for (int axis = 0; axis < 3; axis++) {
                at[axis] = oa_cells_along_steps(&cells, axis, k[axis]);
                assert_true(k[axis] / cells.steps == p[axis]);
                assert_true(oa_cells_along_steps(&cells, axis, k[axis] + (int32_t)(edge * cells.steps)) <= at[axis] + 1);
            }
            assert_int_equal((at[2] * cells.dims[1] + at[1]) * cells.dims[0] + at[0], c);
            if (i > cells.start[c]) assert_true(cells.row[i] > cells.row[i - 1]);
        }
    assert_int_equal(cells.start[oa_cells_count(&cells)], cells.n);
    oa_arena_drop(&arena);
}

static void test_cells__keep_whole_steps(void **state)
{
    for (uint64_t seed = 0; seed < 6; seed++) {
        cloud c = cloud_random(30000, seed % 2 ? 90 : 6, seed % 3 ? 0 : 0.4, seed);
        for (size_t i = 0; i < c.n; i++) cloud_set(&c, i, c.x[i] - 40, c.y[i] + 500, c.z[i]);
        cloud_set(&c, 77, 0, NAN, 0);
        oa_points floats = cloud_floats(&c), doubles = cloud_doubles(&c);
        floats.steps = doubles.steps = 1000;
        check_steps(*state, &floats, 0.4, c.n - 1);
        check_steps(*state, &doubles, 0.25, c.n - 1);
        cloud_free(&c);
    }
}

static void test_cells__leave_out_what_is_not_finite(void **state)
{
    cloud c = cloud_random(100, 6, 0, 2);
    cloud_set(&c, 3, NAN, 0, 0);
    cloud_set(&c, 50, 0, INFINITY, 0);
    cloud_set(&c, 99, 0, 0, -INFINITY);
    uint8_t take[100];
    memset(take, 1, sizeof take);
    oa_points points = cloud_doubles(&c);
    check_sorted(*state, &points, 0.5, 97);
    points.take = take;
    take[0] = take[3] = 0;
    check_sorted(*state, &points, 0.5, 96);
    cloud_free(&c);
}

static void test_cells__bear_few_points_and_large_boxes(void **state)
{
    cloud none = cloud_new(0), one = cloud_random(1, 5, 0, 3), far = cloud_random(50, 5, 0, 4), same = cloud_new(20);
    cloud_set(&far, 7, 3e38, -3e38, 1e30);
    const oa_points points[] = { cloud_floats(&none), cloud_floats(&one), cloud_floats(&far), cloud_doubles(&same) };
    for (int i = 0; i < 4; i++) check_sorted(*state, &points[i], 0.1, points[i].n);
    cloud_free(&none);
    cloud_free(&one);
    cloud_free(&far);
    cloud_free(&same);
}

static size_t count_near(const oa_points *points, const double centre[3], double radius)
{
    size_t n = 0;
    double p[3];
    for (size_t i = 0; i < points->n; i++) {
        oa_points_get(points, i, p);
        const double dx = p[0] - centre[0], dy = p[1] - centre[1], dz = p[2] - centre[2];
        n += (dx * dx + dy * dy) + dz * dz <= radius * radius;
    }
    return n;
}

/* Places inside, on faces of cells, outside; points on multiples of a quarter, so that many lie exactly at the radius. */
static void test_cells__gather_what_is_near(void **state)
{
    oa_context *context = *state;
    cloud c = cloud_random(3000, 6, 0.25, 5), out = cloud_new(3000);
    oa_random random = oa_random_start(6, 0);
    for (int kind = 0; kind < 2; kind++) {
        const oa_points points = kind ? cloud_doubles(&c) : cloud_floats(&c);
        oa_arena arena = { .context = context };
        oa_cells cells;
        check_ok(context, oa_cells_build(&arena, &cells, &points, 0.5, 0));
        for (int k = 0; k < 300; k++) {
            double centre[3];
            for (int axis = 0; axis < 3; axis++) centre[axis] = rint(40 * (oa_random_uniform(&random) - 0.5)) * 0.25;
            const double radius = 0.25 * (1 + k % 12);
            oa_stretch *stretches = calloc(oa_cells_stretches_max(&cells, radius), sizeof *stretches);
            size_t candidates;
            const size_t n = oa_cells_stretches(&cells, centre, radius, stretches, &candidates);
            assert_true(n <= oa_cells_stretches_max(&cells, radius));
            const size_t found = oa_cells_gather(&cells, oa_kernels_find("auto"), stretches, n, centre, radius, out.x, out.y, out.z);
            assert_int_equal(found, count_near(&points, centre, radius));
            assert_true(candidates >= found);
            free(stretches);
        }
        oa_arena_drop(&arena);
    }
    cloud_free(&c);
    cloud_free(&out);
}

/* Numbers of points are kept in 32 bits; more are refused before any is looked at. */
static void test_cells__refuse_more_than_they_can_number(void **state)
{
    oa_arena arena = { .context = *state };
    oa_cells cells;
    const oa_points points = { .n = (size_t)UINT32_MAX + 1 };
    check_fails(*state, oa_cells_build(&arena, &cells, &points, 1, 0), "E_TOO_MANY_IONS");
    oa_arena_drop(&arena);
}

static void test_cells__round_to_decimals(void **state)
{
    (void)state;
    cloud c = cloud_new(2);
    double p[3];
    cloud_set(&c, 0, -118.959, 25.9670001, 0.0004999);
    oa_points points = cloud_floats(&c);
    points.steps = 1000;
    oa_points_get(&points, 0, p);
    assert_true(p[0] == -118.959 && p[1] == 25.967 && p[2] == 0);
    cloud_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cells__hold_every_point_once, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cells__keep_whole_steps, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cells__leave_out_what_is_not_finite, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cells__bear_few_points_and_large_boxes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cells__gather_what_is_near, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cells__refuse_more_than_they_can_number, check_setup, check_teardown),
        cmocka_unit_test(test_cells__round_to_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
