/* test_overlap.c - groups of two searches: votes of the nearest points, ties, reach, groups that meet nobody. */
#include "check.h"
#include "math/overlap.h"

enum { N = 8 };

/* On a line: own groups {0,1,2} and {5,6}; other groups {1,2,3} = 2, {4} = 1. */
static const float at[N] = { 0.0f, 0.25f, 0.5f, 0.75f, 4.0f, 8.0f, 8.25f, 20.0f };
static const uint32_t own[N] = { 1, 1, 1, 0, 0, 2, 2, 3 }, other[N] = { 0, 2, 2, 2, 1, 0, 0, 0 };

static void find(oa_context *context, const oa_groups *a, const oa_groups *b, double eps, uint32_t out[3][3])
{
    static const float zero[N];
    const oa_points points = { .n = N, .x = at, .y = zero, .z = zero };
    oa_arena arena = { .context = context };
    oa_overlap found = { out[0], out[1], out[2] };
    check_ok(context, oa_overlap_find(&arena, &points, a, b, eps, &found));
    oa_arena_drop(&arena);
}

static void test_overlap__votes_of_the_nearest(void **state)
{
    const oa_groups a = { own, 3 }, b = { other, 2 };
    uint32_t there[3][3], back[3][3];
    find(*state, &a, &b, 0.3, there);
    find(*state, &b, &a, 0.3, back);
    assert_int_equal(there[0][0], 2); /* partner */
    assert_int_equal(there[1][0], 3); /* the first point of the group lies 0.25 from the second, which is of both */
    assert_int_equal(there[2][0], 2);
    for (int g = 1; g < 3; g++)
        for (int column = 0; column < 3; column++) assert_int_equal(there[column][g], 0);
    assert_int_equal(back[0][1], 1);
    assert_int_equal(back[1][1], 3);
    assert_int_equal(back[2][1], 2);
    assert_int_equal(back[0][0], 0);
}

/* The reach is inclusive; of two groups with equal votes the lower is the partner, of two points as near the lower row votes. */
static void test_overlap__reach_and_ties(void **state)
{
    static const uint32_t ends[N] = { 2, 0, 1, 0, 0, 0, 0, 0 }, middle[N] = { 0, 1, 0, 0, 0, 0, 0, 0 }, both[N] = { 1, 0, 1, 0, 0, 0, 0, 0 };
    const oa_groups a = { middle, 1 }, b = { ends, 2 }, c = { both, 1 };
    uint32_t found[3][3];
    find(*state, &a, &b, 0.25, found);
    assert_int_equal(found[0][0], 2);
    find(*state, &a, &b, 0.2499, found);
    assert_int_equal(found[0][0], 0);
    find(*state, &c, &b, 0.1, found);
    assert_int_equal(found[0][0], 1);
    assert_int_equal(found[1][0], 2);
    assert_int_equal(found[2][0], 1);
}

static void test_overlap__nothing_there(void **state)
{
    static const uint32_t none[N];
    const oa_groups a = { own, 3 }, b = { none, 0 };
    uint32_t found[3][3];
    find(*state, &a, &b, 1, found);
    for (int g = 0; g < 3; g++) assert_int_equal(found[0][g] + found[1][g] + found[2][g], 0);
    find(*state, &b, &a, 1, found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_overlap__votes_of_the_nearest, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_overlap__reach_and_ties, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_overlap__nothing_there, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
