/* test_ions_lent.c - columns that stay the caller's: never copied, never written, given back once and last; types made by hand. */
#include "check.h"
#include "data/ions.h"

enum { N = 6 };

static float x[N] = { 0, 1, 2, 3, 4, 5 }, mass[N] = { 1, 2, 3, 1, 2, 3 };
static uint8_t types[N] = { 0, 1, 2, 0, 1, 2 };

static void count(void *payload) { ++*(int *)payload; }

static oa_ions *lent_ions(oa_context *context, int *returned)
{
    static const char *const names[] = { "x", "y", "z", "mass_to_charge" };
    oa_ions *ions;
    check_ok(context, oa_ions_new(context, &ions, N, NULL, NULL, NULL, NULL));
    for (int c = 0; c < 4; c++) check_ok(context, oa_ions_lend(ions, names[c], OA_F32, c == 3 ? mass : x, count, returned));
    return ions;
}

static void test_lent__columns_are_the_callers_and_given_back_once(void **state)
{
    int returned = 0;
    const size_t before = ((oa_context *)*state)->bytes;
    oa_ions *ions = lent_ions(*state, &returned), *other;
    oa_type type = OA_U8;
    assert_ptr_equal(oa_ions_x(ions), x);
    assert_ptr_equal(oa_ions_column(ions, "mass_to_charge", &type), mass);
    assert_int_equal(type, OA_F32);
    assert_null(oa_ions_column(ions, "iontypes", &type));
    assert_null(oa_ions_column(ions, "nothing", NULL));
    check_ok(*state, oa_ions__share(ions, &other));
    oa_ions_free(ions);
    assert_int_equal(returned, 0); /* the other handle still reads them */
    oa_ions_free(other);
    assert_int_equal(returned, 4);
    assert_int_equal(((oa_context *)*state)->bytes, before);
}

static void test_lent__a_column_lent_again_gives_the_first_back(void **state)
{
    int first = 0, second = 0;
    oa_ions *ions = lent_ions(*state, &first);
    check_ok(*state, oa_ions_lend(ions, "x", OA_F32, mass, count, &second));
    assert_int_equal(first, 1);
    assert_ptr_equal(oa_ions_x(ions), mass);
    check_fails(*state, oa_ions_lend(ions, "z", OA_F64, x, count, &second), "E_USAGE");
    check_fails(*state, oa_ions_lend(ions, "w", OA_F32, x, count, &second), "E_USAGE");
    assert_int_equal(second, 0); /* after a failure the column stays the caller's business */
    oa_ions_free(ions);
    assert_true(first == 4 && second == 1);
}

/* Who writes into a column copies it first, though nobody else in the engine has it. */
static void test_lent__nobody_writes_into_them(void **state)
{
    const float kept[N] = { 0, 1, 2, 3, 4, 5 };
    int returned = 0;
    oa_block *rows;
    oa_ions *ions = lent_ions(*state, &returned);
    check_ok(*state, oa_ions__own_column(ions, OA_X));
    assert_ptr_not_equal(oa_ions_x(ions), x);
    assert_int_equal(returned, 1);
    ((float *)oa_ions__data(ions, OA_X))[0] = 99;
    check_ok(*state, oa_block_new(*state, &rows, 2, sizeof(uint32_t)));
    ((uint32_t *)rows->data)[0] = 2;
    ((uint32_t *)rows->data)[1] = 5;
    check_ok(*state, oa_ions__keep(ions, rows, 2));
    assert_true(oa_ions_y(ions)[0] == 2 && oa_ions_y(ions)[1] == 5);
    assert_memory_equal(x, kept, sizeof kept);
    assert_int_equal(returned, 4);
    oa_ions_free(ions);
}

static void test_lent__types_and_ranges_are_read_back(void **state)
{
    double lower, upper;
    oa_ions *ions;
    check_ok(*state, oa_ions_new(*state, &ions, N, x, x, x, mass));
    check_ok(*state, oa_ions_add_type(ions, "Ni", 2));
    check_ok(*state, oa_ions_add_type(ions, "Cr O2", 1));
    check_ok(*state, oa_ions_add_type(ions, "dust", 0));
    check_ok(*state, oa_ions_add_range(ions, 83, 85, 2));
    check_ok(*state, oa_ions_add_range(ions, 28.9, 29.1, 1));
    assert_int_equal(oa_ions_type_count(ions), 3);
    assert_string_equal(oa_ions_type_name(ions, 1), "Ni");
    assert_string_equal(oa_ions_type_name(ions, 3), "dust");
    assert_true(oa_ions_type_charge(ions, 1) == 2 && oa_ions_type_name(ions, 4) == NULL && oa_ions_type_name(ions, 0) == NULL);
    assert_int_equal(ions->ranges->types[1].n_atoms, 3);
    assert_int_equal(ions->ranges->types[2].n_atoms, 0); /* a label is no element */
    assert_int_equal(oa_ions_range_count(ions), 2);
    assert_int_equal(oa_ions_range(ions, 0, &lower, &upper), 1);
    check_real(lower, 28.9, 0);
    check_real(upper, 29.1, 0);
    assert_int_equal(oa_ions_range(ions, 2, &lower, &upper), 0);
    oa_ions_free(ions);
}

static void test_lent__bad_types_and_ranges_are_refused(void **state)
{
    oa_ions *ions, *other;
    check_ok(*state, oa_ions_new(*state, &ions, N, x, x, x, mass));
    check_fails(*state, oa_ions_add_type(ions, "", 1), "E_USAGE");
    check_fails(*state, oa_ions_add_type(ions, "Ni", 8), "E_USAGE");
    check_ok(*state, oa_ions_add_type(ions, "Ni", 2));
    check_fails(*state, oa_ions_add_range(ions, 1, 2, 2), "E_USAGE");
    check_fails(*state, oa_ions_add_range(ions, 2, 1, 1), "E_RANGE_REVERSED");
    check_fails(*state, oa_ions_add_range(ions, 2, INFINITY, 1), "E_RANGE_NONFINITE");
    check_fails(*state, oa_ions_add_range(ions, -1, 2, 1), "E_RANGE_NONFINITE");
    check_ok(*state, oa_ions__share(ions, &other));
    check_fails(*state, oa_ions_add_type(ions, "Co", 2), "E_USAGE"); /* in use elsewhere */
    oa_ions_free(other);
    oa_ions_free(ions);
}

static void test_lent__what_was_lent_is_checked_before_it_is_used(void **state)
{
    float bad[N] = { 0, 1, 2, NAN, 4, 5 };
    oa_ions *ions;
    oa_call *call;
    check_ok(*state, oa_call_new(*state, &call, oa_step_find("crop")));
    check_ok(*state, oa_ions_new(*state, &ions, N, x, x, NULL, mass));
    check_fails(*state, oa_call_input_ions(call, "ions", ions), "E_USAGE");
    assert_non_null(strstr(oa_error_text(*state), "no z"));
    check_ok(*state, oa_ions_lend(ions, "z", OA_F32, bad, NULL, NULL));
    check_fails(*state, oa_call_input_ions(call, "ions", ions), "E_NONFINITE");
    assert_non_null(strstr(oa_error_text(*state), "first in ion 3"));
    check_ok(*state, oa_ions_lend(ions, "z", OA_F32, x, NULL, NULL));
    check_ok(*state, oa_ions_lend(ions, "iontypes", OA_U8, types, NULL, NULL));
    check_ok(*state, oa_ions_add_type(ions, "Ni", 2));
    check_fails(*state, oa_call_input_ions(call, "ions", ions), "E_USAGE");
    assert_non_null(strstr(oa_error_text(*state), "has a 2, but 1 ion types"));
    check_ok(*state, oa_ions_add_type(ions, "Co", 2));
    check_ok(*state, oa_call_input_ions(call, "ions", ions));
    check_ok(*state, oa_call_run(call));
    oa_call_free(call);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lent__columns_are_the_callers_and_given_back_once, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_lent__a_column_lent_again_gives_the_first_back, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_lent__nobody_writes_into_them, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_lent__types_and_ranges_are_read_back, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_lent__bad_types_and_ranges_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_lent__what_was_lent_is_checked_before_it_is_used, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
