/* test_range.c - ion types by table lookup are those of comparing in double. */
#include "base/random.h"
#include "core/step/step_run.h"
#include "math/ranging.h"

extern const oa_step oa_step_range;

/* Every float near every border, and many at random. */
static void fill_masses(const oa_ranges *r, float *m, size_t n)
{
    oa_random random = oa_random_start(7, 1);
    size_t i = 0;
    for (size_t k = 0; k < r->n; k++)
        for (int end = 0; end < 2; end++) {
            float f = (float)(end ? r->ranges[k].upper : r->ranges[k].lower);
            for (int s = 0; s < 3; s++) f = nextafterf(f, -INFINITY);
            for (int s = 0; s < 7 && i < n; s++, f = nextafterf(f, INFINITY)) m[i++] = f;
        }
    const double top = r->n ? r->ranges[r->n - 1].upper + 3 : 10;
    while (i < n) m[i++] = (float)(top * (oa_random_uniform(&random) - 0.02));
    m[n - 1] = NAN, m[n - 2] = INFINITY, m[n - 3] = -INFINITY, m[n - 4] = 0, m[n - 5] = -0.0f, m[n - 6] = 3e38f;
}

static void check_all(oa_context *context, oa_ranges *ranges, oa_overlap overlap)
{
    enum { N = 60000 };
    static float m[N], zero[N];
    fill_masses(ranges, m, N);
    oa_ions *ions = step_make_ions(context, N, zero, zero, zero, m);
    check_ok(context, oa_ranging__assign(ions, ranges, overlap));
    for (size_t i = 0; i < N; i++)
        if (oa_ions__type(ions, i) != oa_ranges__lookup(ranges, m[i]))
            fail_msg("%.9g Da is type %u, should be %u", (double)m[i], oa_ions__type(ions, i), oa_ranges__lookup(ranges, m[i]));
    oa_ions_free(ions);
}

static void table_equals_comparison(void **state)
{
    oa_ranges *r;
    check_ok(*state, oa_ranges__create(*state, &r));
    oa_random random = oa_random_start(3, 0);
    double at = 0.5;
    for (unsigned z = 1; z <= 60; z++) { /* borders with and without gaps, and shared end points */
        const double lower = at + (z % 3 == 0 ? 0 : oa_random_uniform(&random)), upper = lower + 0.01 + oa_random_uniform(&random);
        step_add_range(r, z, 1, lower, upper);
        at = upper;
    }
    check_all(*state, r, OA_OVERLAP_REJECT);
    oa_ranges__free(r);
}

static void extreme_ranges(void **state)
{
    static const double bounds[][2] = { { 27, 27 }, { -0.5, 0.5 }, { 1e7, 4e7 }, { 1e-30, 2e-30 }, { 26.9821, 26.98210001 }, { -1e300, 1e300 } };
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        oa_ranges *r;
        check_ok(*state, oa_ranges__create(*state, &r));
        step_add_range(r, 13, 1, bounds[i][0], bounds[i][1]);
        check_all(*state, r, OA_OVERLAP_REJECT);
        oa_ranges__free(r);
    }
    oa_ranges *none;
    check_ok(*state, oa_ranges__create(*state, &none));
    check_all(*state, none, OA_OVERLAP_REJECT);
    oa_ranges__free(none);
}

static void shared_end_point_is_the_lower_range(void **state)
{
    oa_ranges *r;
    oa_ranging *ranging;
    check_ok(*state, oa_ranges__create(*state, &r));
    step_add_range(r, 26, 1, 28, 28.5);
    step_add_range(r, 27, 1, 28.5, 29);
    check_ok(*state, oa_ranging__build(*state, r, OA_OVERLAP_REJECT, &ranging));
    assert_int_equal(oa_ranging__type(ranging, 28.5f), 1);
    assert_int_equal(oa_ranging__type(ranging, nextafterf(28.5f, 30)), 2);
    oa_ranging__free(ranging);
    oa_ranges__free(r);
}

/* Al 27...27.4, Fe 27.2...27.3, Co 27.35...28 */
static oa_ranges *overlapping(oa_context *context)
{
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    step_add_range(r, 13, 1, 27, 27.4);
    step_add_range(r, 26, 1, 27.2, 27.3);
    step_add_range(r, 27, 1, 27.35, 28);
    return r;
}

static void overlaps_have_a_winner(void **state)
{
    static const struct {
        oa_overlap overlap;
        unsigned at_2725, at_2738;
    } want[] = { { OA_OVERLAP_FIRST, 1, 1 }, { OA_OVERLAP_LAST, 2, 3 }, { OA_OVERLAP_NARROW, 2, 1 } };
    oa_ranges *r = overlapping(*state);
    oa_ranging *ranging;
    for (size_t i = 0; i < 3; i++) {
        check_ok(*state, oa_ranging__build(*state, r, want[i].overlap, &ranging));
        assert_int_equal(oa_ranging__type(ranging, 27.25f), want[i].at_2725);
        assert_int_equal(oa_ranging__type(ranging, 27.38f), want[i].at_2738);
        assert_int_equal(oa_ranging__type(ranging, 27.1f), 1);
        assert_int_equal(oa_ranging__type(ranging, 27.9f), 3);
        oa_ranging__free(ranging);
    }
    check_all(*state, r, OA_OVERLAP_FIRST);
    check_fails(*state, oa_ranging__build(*state, r, OA_OVERLAP_REJECT, &ranging), "E_RANGE_OVERLAP");
    oa_ranges__free(r);
}

static void many_types_are_u16(void **state)
{
    oa_ranges *r;
    check_ok(*state, oa_ranges__create(*state, &r));
    for (int i = 0; i < 300; i++) step_add_range(r, 1 + (unsigned)i % 100, 1 + i / 100, 1 + i, 1.5 + i);
    check_all(*state, r, OA_OVERLAP_REJECT);
    const float m[] = { 300.2f }, zero[] = { 0 };
    oa_ions *ions = step_make_ions(*state, 1, zero, zero, zero, m);
    check_ok(*state, oa_ranging__assign(ions, r, OA_OVERLAP_REJECT));
    assert_int_equal(ions->column[OA_TYPE].type, OA_U16);
    assert_int_equal(oa_ions__type(ions, 0), 300);
    oa_ions_free(ions);
    oa_ranges__free(r);
}

/* The step: slots, warnings, summary; types the ions had are replaced. */
static void step_ranges_ions(void **state)
{
    const float m[] = { 27.1f, 27.25f, 50, 27.9f }, zero[4] = { 0 };
    oa_ions *ions = step_make_ions(*state, 4, zero, zero, zero, m);
    oa_ranges *r = overlapping(*state);
    step_run *s = step_begin(*state, &oa_step_range);
    step_ions(s, "ions", ions);
    check_fails(*state, step_go(s), "E_NOT_RANGED");
    step_end(s);

    s = step_begin(*state, &oa_step_range);
    step_ions(s, "ions", ions);
    step_input(s, "ranges")->ranges = r;
    check_fails(*state, step_go(s), "E_RANGE_OVERLAP");
    step_end(s);

    s = step_begin(*state, &oa_step_range);
    step_set(s, "overlap", "narrow");
    step_ions(s, "ions", ions);
    step_input(s, "ranges")->ranges = r;
    check_ok(*state, step_go(s));
    assert_true(step_warned(s, "W_UNRANGED"));
    check_real(step_real(s, "summary/ranged"), 3, 0);
    check_real(step_real(s, "summary/unranged_fraction"), 0.25, 0);
    oa_ions *ranged = step_take_ions(s);
    assert_int_equal(oa_ions__type(ranged, 1), 2);
    assert_null(oa_ions__data(ions, OA_TYPE)); /* the input is as it was */
    step_end(s);

    s = step_begin(*state, &oa_step_range); /* by the ions' own ranges, anew */
    step_set(s, "overlap", "first");
    step_ions(s, "ions", ranged);
    check_ok(*state, step_go(s));
    assert_int_equal(oa_ions__type(s->values->ions, 1), 1);
    assert_int_equal(oa_ions__type(ranged, 1), 2);
    step_end(s);
    oa_ions_free(ranged);
    oa_ions_free(ions);
    oa_ranges__free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(table_equals_comparison, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(extreme_ranges, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(shared_end_point_is_the_lower_range, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(overlaps_have_a_winner, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(many_types_are_u16, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(step_ranges_ions, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
