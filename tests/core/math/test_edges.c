/* test_edges.c - ions around a maximum are kept in shells: no reach asks for one that is not there. */
#include "check.h"

#include "math/edges.h"

enum { SHELLS = 36 };

/* Just below the last shell the quotient is rounded up: what lies behind the shells was read as a number of ions. */
static void no_reach_goes_past_the_last_shell(void **state)
{
    (void)state;
    assert_int_equal(oa_edges_shells(nextafter(3.6, 0)), SHELLS);
    assert_int_equal(oa_edges_shells(3.6), SHELLS);
    assert_int_equal(oa_edges_shells(1e9), SHELLS);
}

static void a_reach_takes_the_shell_it_ends_in(void **state)
{
    (void)state;
    for (size_t k = 0; k < SHELLS; k++) assert_int_equal(oa_edges_shells(0.1 * (double)k + 0.05), k + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(no_reach_goes_past_the_last_shell), cmocka_unit_test(a_reach_takes_the_shell_it_ends_in) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
