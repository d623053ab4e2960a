/* test_crop.c - boxes are half-open, radii included, and every ion keeps its number. */
#include "core/step/step_run.h"

extern const oa_step oa_step_crop;

static oa_ions *on_a_line(oa_context *context) /* x = 0, 1, ... 9 */
{
    float x[10], zero[10] = { 0 };
    for (int i = 0; i < 10; i++) x[i] = (float)i;
    return step_make_ions(context, 10, x, zero, zero, x);
}

typedef struct option {
    const char *name, *text;
} option;

/* The evaporation ids kept, as text: "3 4 5". */
static const char *kept(oa_context *context, const option *options)
{
    static char text[64];
    oa_ions *ions = on_a_line(context);
    step_run *s = step_begin(context, &oa_step_crop);
    step_ions(s, "ions", ions);
    for (; options->name; options++) step_set(s, options->name, options->text);
    check_ok(context, step_go(s));
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < s->values->ions->n; i++) {
        const unsigned id = (unsigned)oa_ions__evaporation_id(s->values->ions, i);
        used += (size_t)snprintf(text + used, sizeof text - used, used ? " %u" : "%u", id);
        assert_true(oa_ions_x(s->values->ions)[i] == (float)id);
    }
    assert_true(step_real(s, "summary/ions") == (double)s->values->ions->n && step_real(s, "summary/ions_before") == 10);
    assert_int_equal(step_warned(s, "W_NO_IONS"), s->values->ions->n == 0);
    step_end(s);
    oa_ions_free(ions);
    return text;
}

#define KEPT(context, ...) kept(context, (const option[]){ __VA_ARGS__, { NULL, NULL } })

static void test_crop__a_box_is_half_open(void **state)
{
    assert_string_equal(KEPT(*state, { "roi", "2,5,-1,1,-1,1" }), "2 3 4");
    assert_string_equal(KEPT(*state, { "roi", "2,5.000001,-1,1,-1,1" }), "2 3 4 5");
    assert_string_equal(KEPT(*state, { "roi", "-9,99,0,1e-9,0,1" }), "0 1 2 3 4 5 6 7 8 9");
    assert_string_equal(KEPT(*state, { "roi", "-9,99,-1,0,-1,1" }), "");
}

static void test_crop__radii_are_included(void **state)
{
    assert_string_equal(KEPT(*state, { "sphere", "4,0,0,2" }), "2 3 4 5 6");
    assert_string_equal(KEPT(*state, { "sphere", "4,0,1,2" }), "3 4 5");
    assert_string_equal(KEPT(*state, { "cylinder", "4,0,1,0,1" }), "3 4 5");
    assert_string_equal(KEPT(*state, { "cylinder", "4,0,1,-1,0" }), "");
}

static void test_crop__all_that_are_given_must_hold(void **state)
{
    assert_string_equal(KEPT(*state, { "roi", "0,5,-1,1,-1,1" }, { "sphere", "5,0,0,2" }), "3 4");
    assert_string_equal(KEPT(*state, { "cylinder", "3,0,3,-1,1" }, { "sphere", "5,0,0,2" }), "3 4 5 6");
}

static void test_crop__of_those_inside_one_in_so_many(void **state)
{
    assert_string_equal(KEPT(*state, { "every", "3" }), "0 3 6 9");
    assert_string_equal(KEPT(*state, { "every", "3" }, { "roi", "1,8,-1,1,-1,1" }), "1 4 7");
    assert_string_equal(KEPT(*state, { "every", "4294967295" }), "0");
}

static void test_crop__regions_without_ions_of_any_specimen_are_refused(void **state)
{
    static const option bad[] = {
        { "roi", "1,1,0,1,0,1" }, { "roi", "0,1,0,1,1,0" }, { "sphere", "0,0,0,0" }, { "sphere", "0,0,0,-1" },
        { "cylinder", "0,0,0,0,1" }, { "cylinder", "0,0,1,1,1" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        oa_ions *ions = on_a_line(*state);
        step_run *s = step_begin(*state, &oa_step_crop);
        step_ions(s, "ions", ions);
        step_set(s, bad[i].name, bad[i].text);
        check_fails(*state, step_go(s), "E_PARAMETER_RANGE");
        assert_string_equal(oa_error_parameter(*state), bad[i].name);
        step_end(s);
        oa_ions_free(ions);
    }
}

/* In place or beside its input: the same ions. */
static void test_crop__consuming_gives_the_same(void **state)
{
    char shared[65];
    for (int consumes = 0; consumes < 2; consumes++) {
        oa_ions *ions = on_a_line(*state);
        step_run *s = step_begin(*state, &oa_step_crop);
        step_ions(s, "ions", ions);
        s->inputs[0].may_consume = consumes;
        step_set(s, "roi", "2,7,-1,1,-1,1");
        check_ok(*state, step_go(s));
        if (consumes) {
            assert_string_equal(shared, step_digest(s));
            assert_null(oa_ions_x(ions));
        } else {
            memcpy(shared, step_digest(s), 65);
            assert_int_equal(oa_ions_count(ions), 10);
        }
        step_end(s);
        oa_ions_free(ions);
    }
}

static void test_crop__no_ions_is_no_failure(void **state)
{
    oa_ions *ions = step_make_ions(*state, 0, NULL, NULL, NULL, NULL);
    step_run *s = step_begin(*state, &oa_step_crop);
    step_ions(s, "ions", ions);
    check_ok(*state, step_go(s));
    assert_int_equal(s->values->ions->n, 0);
    assert_true(step_warned(s, "W_NO_IONS"));
    step_end(s);
    oa_ions_free(ions);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_crop__a_box_is_half_open),
        with_context(test_crop__radii_are_included),
        with_context(test_crop__all_that_are_given_must_hold),
        with_context(test_crop__of_those_inside_one_in_so_many),
        with_context(test_crop__regions_without_ions_of_any_specimen_are_refused),
        with_context(test_crop__consuming_gives_the_same),
        with_context(test_crop__no_ions_is_no_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
