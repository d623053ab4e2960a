/* test_morphology.c - radii and shapes of groups whose answer is known. */
#include "check.h"

#include "math/morphology.h"

static oa_morphology of_box(double a, double b, double c)
{
    oa_moments moments = { 0 };
    for (int i = 0; i < 8; i++) {
        const double p[3] = { 1000 + (i & 1 ? a : -a), -50 + (i & 2 ? b : -b), (i & 4 ? c : -c) };
        oa_moments_add(&moments, p);
    }
    return oa_morphology_of(&moments);
}

static void test_morphology__corners_of_a_box(void **state)
{
    (void)state;
    const oa_morphology m = of_box(1, 3, 2);
    check_real(m.centre[0], 1000, 1e-9);
    check_real(m.centre[1], -50, 1e-9);
    check_real(m.radius[0], 3, 1e-12);
    check_real(m.radius[1], 2, 1e-12);
    check_real(m.radius[2], 1, 1e-12);
    check_real(m.equivalent_radius, cbrt(6) * sqrt(5.0 / 3.0), 1e-12);
    assert_int_equal(m.shape, OA_SHAPE_DISC); /* oblateness exactly 0.5 is not above 0.5 */
}

static void test_morphology__shape_classes(void **state)
{
    (void)state;
    assert_int_equal(of_box(1, 1, 0.9).shape, OA_SHAPE_SPHERE);
    assert_int_equal(of_box(1, 1, 0.1).shape, OA_SHAPE_DISC);
    assert_int_equal(of_box(0.1, 1, 0.1).shape, OA_SHAPE_ROD);
    assert_int_equal(of_box(0.2, 1, 0.05).shape, OA_SHAPE_LATH);
}

static void test_morphology__few_points(void **state)
{
    (void)state;
    oa_moments moments = { 0 };
    assert_int_equal(oa_morphology_of(&moments).shape, OA_SHAPE_NONE);
    oa_moments_add(&moments, (const double[]){ 1, 2, 3 });
    const oa_morphology one = oa_morphology_of(&moments);
    assert_true(one.radius[0] == 0 && isnan(one.aspect_ratio) && one.centre[2] == 3);
    oa_moments_add(&moments, (const double[]){ 1, 2, 5 });
    const oa_morphology two = oa_morphology_of(&moments);
    check_real(two.radius[0], 1, 1e-15);
    check_real(two.radius[1], 0, 1e-8);
}

/* Turned by any rotation, a diagonal matrix keeps its eigenvalues, the small ones to their own accuracy. */
static void test_morphology__eigenvalues(void **state)
{
    (void)state;
    const double wide[3] = { 7, 2, 1e-3 };
    for (int k = 0; k < 50; k++) {
        const double u = 0.13 * k, v = 0.29 * k, w = 0.41 * k;
        const double q[3][3] = {
            { cos(u) * cos(v), cos(u) * sin(v) * sin(w) - sin(u) * cos(w), cos(u) * sin(v) * cos(w) + sin(u) * sin(w) },
            { sin(u) * cos(v), sin(u) * sin(v) * sin(w) + cos(u) * cos(w), sin(u) * sin(v) * cos(w) - cos(u) * sin(w) },
            { -sin(v), cos(v) * sin(w), cos(v) * cos(w) } };
        static const int rows[6][2] = { { 0, 0 }, { 1, 1 }, { 2, 2 }, { 0, 1 }, { 0, 2 }, { 1, 2 } };
        double matrix[6] = { 0 }, found[3];
        for (int e = 0; e < 6; e++)
            for (int i = 0; i < 3; i++) matrix[e] += q[rows[e][0]][i] * wide[i] * q[rows[e][1]][i];
        oa_eigenvalues3(matrix, found);
        for (int i = 0; i < 3; i++) check_real(found[i], wide[i], 1e-14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_morphology__corners_of_a_box),
        cmocka_unit_test(test_morphology__shape_classes),
        cmocka_unit_test(test_morphology__few_points),
        cmocka_unit_test(test_morphology__eigenvalues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
