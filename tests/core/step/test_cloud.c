/* test_cloud.c - places of ions for viewers: all of a few, some of many, axes that rise, and no word in a digest. */
#include "step/cloud.h"

#include "check.h"
#include "data/values.h"

static oa_cloud filled(oa_context *context, size_t n)
{
    oa_cloud cloud = { .context = context };
    for (size_t i = 0; i < n; i++) {
        const float position[3] = { (float)(i % 977), 1, -(float)i };
        check_ok(context, oa_cloud_add(&cloud, position, (double)(i % 5)));
    }
    return cloud;
}

static void test_cloud__few_points_are_all_kept(void **state)
{
    oa_context *context = *state;
    oa_cloud cloud = filled(context, OA_CLOUD_MAX);
    assert_int_equal(cloud.n, OA_CLOUD_MAX);
    for (size_t i = 0; i < cloud.n; i++) assert_true(cloud.point[i][2] == -(float)i && cloud.point[i][3] == (float)(i % 5));
    oa_cloud_drop(&cloud);
}

static void test_cloud__many_points_are_thinned_evenly(void **state)
{
    oa_context *context = *state;
    oa_cloud cloud = filled(context, 5 * OA_CLOUD_MAX + 7);
    assert_true(cloud.n <= OA_CLOUD_MAX && 2 * cloud.n >= OA_CLOUD_MAX);
    assert_int_equal(cloud.every, 8);
    for (size_t i = 0; i < cloud.n; i++) assert_true(cloud.point[i][2] == -(float)(8 * i)); /* every eighth, from the first on */
    oa_cloud_drop(&cloud);
}

static void digest_of(oa_context *context, bool has_view, uint32_t value, char hex[65])
{
    const size_t n = 3;
    oa_values *values;
    oa_array *array;
    check_ok(context, oa_values_new(context, &values));
    check_ok(context, oa_values_add(values, 1, "map/counts", OA_U32, 1, &n, &array));
    if (has_view) {
        check_ok(context, oa_values_add(values, 1, "cloud/domain", OA_U32, 1, &n, &array));
        array->is_view = true;
        ((uint32_t *)array->block->data)[0] = value;
    }
    check_ok(context, oa_values_digest(values, "head\n", hex, NULL));
    oa_values_free(values);
}

static void test_cloud__views_are_in_no_digest(void **state)
{
    oa_context *context = *state;
    char without[65], with[65], other[65];
    digest_of(context, false, 0, without);
    digest_of(context, true, 1, with);
    digest_of(context, true, 2, other);
    assert_string_equal(without, with);
    assert_string_equal(without, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cloud__few_points_are_all_kept, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cloud__many_points_are_thinned_evenly, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cloud__views_are_in_no_digest, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
