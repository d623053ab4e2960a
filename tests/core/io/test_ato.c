/* test_ato.c - reading .ato made here. */
#include "temporary.h"

static void put(unsigned char *out, float value, bool big)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    for (int i = 0; i < 4; i++) out[big ? 3 - i : i] = (unsigned char)(bits >> (8 * i));
}

/* n records of version 3: x = i angstrom, y = -2, z = 30, m/q = 27. */
static size_t make_v3(unsigned char *out, size_t n, bool big)
{
    memset(out, 0, 8 + 56 * n);
    out[4] = 3;
    for (size_t i = 0; i < n; i++) {
        const float fields[14] = { (float)i, -2, 30, 27, 0, 100, 4.5f, 0.6f, 1, 1, 0.8f, 0, 0, 0 };
        for (size_t k = 0; k < 14; k++) put(out + 8 + 56 * i + 4 * k, fields[k], big);
    }
    return 8 + 56 * n;
}

static void test_ato__version_3_in_both_byte_orders(void **state)
{
    unsigned char bytes[8 + 56 * 10];
    for (int big = 0; big < 2; big++) {
        oa_content c;
        const size_t n = make_v3(bytes, 10, big);
        check_reads(*state, temporary_write("a.ato", bytes, n), "", &c);
        assert_int_equal(c.ions->n, 10);
        check_real(oa_ions_x(c.ions)[7], 0.7, 1e-6);
        check_real(oa_ions_y(c.ions)[7], -0.2, 1e-6);
        check_real(oa_ions_z(c.ions)[7], 3, 1e-6);
        check_real(oa_ions_mass_to_charge(c.ions)[7], 27, 0);
        content_drop(&c);
    }
}

static void test_ato__version_5_is_scaled(void **state)
{
    oa_content c;
    static unsigned char bytes[5000 + 40];
    bytes[4] = 5;
    bytes[5000] = 0x18, bytes[5001] = 0xfc; /* x = -1000 */
    bytes[5002] = 250;
    put(bytes + 5004, 123.5f, false);
    put(bytes + 5008, 28.97f, false);
    check_reads(*state, temporary_write("b.ato", bytes, sizeof bytes), "W_ATO5_SCALE", &c);
    check_real(oa_ions_x(c.ions)[0], -10, 1e-5);
    check_real(oa_ions_y(c.ions)[0], 2.5, 1e-5);
    check_real(oa_ions_z(c.ions)[0], 12.35, 1e-5);
    check_real(oa_ions_mass_to_charge(c.ions)[0], 28.97f, 0);
    content_drop(&c);
}

static void test_ato__refuses(void **state)
{
    unsigned char bytes[8 + 56 * 2];
    const size_t n = make_v3(bytes, 2, false);
    check_refused(*state, temporary_write("a.ato", bytes, n - 3), NULL, "E_SIZE", "records of 56 (remainder 53)");
    check_refused(*state, temporary_write("a.ato", bytes, 5), NULL, "E_SIZE", "5 bytes");
    check_refused(*state, temporary_write("a.ato", bytes, 8), NULL, "E_EMPTY_DATA", NULL);
    put(bytes + 8 + 56 + 12, NAN, false);
    check_refused(*state, temporary_write("a.ato", bytes, n), NULL, "E_NONFINITE", "first in record 1");
    bytes[4] = 9;
    check_refused(*state, temporary_write("a.ato", bytes, n), NULL, "E_VERSION", "version 9");
    bytes[4] = 5;
    check_refused(*state, temporary_write("a.ato", bytes, n), NULL, "E_SIZE", "5000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ato__version_3_in_both_byte_orders, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_ato__version_5_is_scaled, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_ato__refuses, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
