/* test_epos.c - reading .epos: columns, units, multiple events. */
#include "temporary.h"

typedef struct record {
    float f[9]; /* x y z m tof dc pulse hit_x hit_y */
    uint32_t pulses, ions;
} record;

static const char *write_epos(const char *name, const record *records, size_t n)
{
    unsigned char *bytes = malloc(44 * n);
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 11; k++) {
            uint32_t v = k == 9 ? records[i].pulses : records[i].ions;
            if (k < 9) memcpy(&v, &records[i].f[k], 4);
            for (int b = 0; b < 4; b++) bytes[44 * i + 4 * (size_t)k + 3 - (size_t)b] = (unsigned char)(v >> (8 * b));
        }
    const char *path = temporary_write(name, bytes, 44 * n);
    free(bytes);
    return path;
}

static record *make_records(size_t n)
{
    record *r = malloc(n * sizeof *r);
    for (size_t i = 0; i < n; i++)
        r[i] = (record){ { (float)i * 0.25f, -3.5f, (float)i, 27.1f, 500 + (float)i, 4000.5f, 800, (float)(i % 30) - 15, 12 }, 7, 1 };
    return r;
}

static void test_epos__reads_every_column(void **state)
{
    oa_content c;
    record *r = make_records(3000);
    r[10].ions = 2, r[11].ions = 0, r[11].pulses = 0;
    check_reads(*state, write_epos("a.epos", r, 3000), "", &c);
    assert_int_equal(c.ions->n, 3000);
    static const oa_ion_column columns[] = { OA_X, OA_Y, OA_Z, OA_MASS, OA_TIME_OF_FLIGHT, OA_STANDING_VOLTAGE, OA_PULSE_VOLTAGE, OA_HIT_X, OA_HIT_Y };
    for (size_t i = 0; i < 3000; i++) {
        for (int k = 0; k < 9; k++) assert_true(oa_ions__f32(c.ions, columns[k])[i] == r[i].f[k]);
        assert_int_equal(((const uint32_t *)oa_ions__data(c.ions, OA_PULSES_SINCE))[i], r[i].pulses);
        assert_int_equal(((const uint32_t *)oa_ions__data(c.ions, OA_IONS_PER_PULSE))[i], r[i].ions);
    }
    content_drop(&c);
    free(r);
}

static void test_epos__kilovolts_become_volts(void **state)
{
    oa_content c;
    record *r = make_records(40);
    for (int i = 0; i < 40; i++) r[i].f[5] = 4.5f, r[i].f[6] = 0.5f;
    check_reads(*state, write_epos("kv.epos", r, 40), "W_VOLTAGE_UNIT", &c);
    assert_true(oa_ions__f32(c.ions, OA_STANDING_VOLTAGE)[3] == 4500 && oa_ions__f32(c.ions, OA_PULSE_VOLTAGE)[3] == 500);
    content_drop(&c);
    for (int i = 0; i < 40; i++) r[i].f[5] = r[i].f[6] = 0; /* not recorded: no unit to doubt */
    check_reads(*state, write_epos("kv.epos", r, 40), "", &c);
    content_drop(&c);
    free(r);
}

static void test_epos__centimetres_on_the_detector_warn(void **state)
{
    oa_content c;
    record *r = make_records(1500);
    for (int i = 0; i < 1500; i++) r[i].f[7] = 1.5f, r[i].f[8] = -2;
    check_reads(*state, write_epos("cm.epos", r, 1500), "W_DETECTOR_UNIT", &c);
    assert_true(oa_ions__f32(c.ions, OA_HIT_X)[0] == 1.5f);
    content_drop(&c);
    free(r);
}

static void check_events(oa_context *context, const uint32_t (*events)[2], size_t n, size_t violations, size_t first)
{
    oa_content c;
    char want[80];
    record *r = make_records(n);
    for (size_t i = 0; i < n; i++) r[i].pulses = events[i][0], r[i].ions = events[i][1];
    check_reads(context, write_epos("m.epos", r, n), violations ? "W_MULTIPLICITY" : "", &c);
    snprintf(want, sizeof want, "%zu event", violations);
    if (violations) assert_non_null(strstr(oa_warning_text(context, 0), want));
    snprintf(want, sizeof want, "record %zu ", first);
    if (violations) assert_non_null(strstr(oa_warning_text(context, 0), want));
    content_drop(&c);
    free(r);
}

static void test_epos__multiple_events(void **state)
{
    static const uint32_t good[][2] = { { 4, 3 }, { 0, 0 }, { 0, 0 }, { 1, 1 }, { 9, 2 }, { 0, 0 } };
    static const uint32_t short_one[][2] = { { 4, 1 }, { 2, 3 }, { 0, 0 }, { 1, 1 } };
    static const uint32_t cut[][2] = { { 0, 0 }, { 0, 0 }, { 2, 1 }, { 2, 2 }, { 0, 0 } };
    static const uint32_t pulse_inside[][2] = { { 4, 1 }, { 2, 2 }, { 5, 0 }, { 1, 2 } };
    check_events(*state, good, 6, 0, 0);
    check_events(*state, short_one, 4, 1, 1);
    check_events(*state, cut, 5, 1, 0);
    check_events(*state, pulse_inside, 4, 2, 1); /* the last event is cut by the end */
}

static void test_epos__refuses(void **state)
{
    record *r = make_records(44);
    r[2].f[4] = NAN;
    check_refused(*state, write_epos("nan.epos", r, 44), NULL, "E_NONFINITE", "time of flight is NaN or infinite in 1 of 44 records, first in record 2");
    r[2].f[4] = 500;
    for (int i = 0; i < 44; i++) r[i].ions = 5000;
    check_refused(*state, write_epos("wild.epos", r, 44), NULL, "E_IMPLAUSIBLE", "1000 ions");
    unsigned char bytes[236] = { 0 };
    check_refused(*state, temporary_write("s.epos", bytes, 228), NULL, "E_SIZE", "228 bytes are 5 whole records of 44 bytes and 8");
    free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_epos__reads_every_column, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_epos__kilovolts_become_volts, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_epos__centimetres_on_the_detector_warn, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_epos__multiple_events, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_epos__refuses, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
