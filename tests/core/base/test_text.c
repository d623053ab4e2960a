/* test_text.c - numbers read and written without the locale, exactly; strings, names, words. */
#include "base/text.h"

#include <float.h>
#include <locale.h>

#include "base/memory.h"
#include "base/random.h"
#include "check.h"

static bool reads(const char *text, double *out) { return oa_text_real(text, strlen(text), false, out); }

static void test_text__numbers_are_read(void **state)
{
    static const struct { const char *text; double want; } row[] = {
        { "0", 0 }, { "-0", -0.0 }, { "+1.5", 1.5 }, { "1.", 1 }, { ".5", 0.5 }, { "-.25", -0.25 }, { "1e3", 1000 }, { "1E-3", 0.001 },
        { "24.9", 24.9 }, { "0.1", 0.1 }, { "123456789012345678", 123456789012345678.0 }, { "1.7976931348623157e308", DBL_MAX },
        { "4.9406564584124654e-324", 4.9406564584124654e-324 }, { "2.2250738585072011e-308", 2.2250738585072011e-308 },
        { "9007199254740993", 9007199254740992.0 }, { "0.000000000000000000000000000001", 1e-30 }, { "00012.50", 12.5 },
        { "8.98846567431158e307", 8.98846567431158e307 }, { "6929495644600919.5", 6929495644600920.0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double value = 99;
        if (!reads(row[i].text, &value)) fail_msg("'%s' was not read", row[i].text);
        if (memcmp(&value, &row[i].want, sizeof value) != 0) fail_msg("'%s' was read as %.17g", row[i].text, value);
    }
}

static void test_text__what_is_no_number_is_refused(void **state)
{
    static const char *const row[] = { "", " ", " 1", "1 ", "1,5", "1.2.3", "--1", "+-1", "1e", "1e+", "e5", ".", "-", "+", "0x10", "0X1p3",
                                       "1_000", "1d5", "nan(0)", "NaN(1)", "one", "1\n", "\t1", "1f", "١" };
    double value;
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (reads(row[i], &value)) fail_msg("'%s' was read as %g", row[i], value);
    assert_false(oa_text_real("1\0002", 3, false, &value));
    assert_true(oa_text_real("12345", 3, false, &value)); /* only the token counts */
    assert_true(value == 123);
}

static void test_text__nan_and_infinity_are_seen_as_such(void **state)
{
    double value = 0;
    (void)state;
    assert_true(reads("nan", &value) && isnan(value));
    assert_true(reads("-inf", &value) && isinf(value) && value < 0);
    assert_true(reads("Infinity", &value) && isinf(value));
    assert_true(reads("1e999", &value) && isinf(value));
}

static void test_text__a_comma_may_be_the_point(void **state)
{
    double value = 0;
    (void)state;
    assert_true(oa_text_real("1,5", 3, true, &value) && value == 1.5);
    assert_true(oa_text_real("1,5e2", 5, true, &value) && value == 150);
    assert_true(oa_text_real("1.5", 3, true, &value) && value == 1.5);
    assert_false(oa_text_real("1,234.5", 7, true, &value));
    assert_false(oa_text_real("1,2,3", 5, true, &value));
}

static void test_text__integers(void **state)
{
    int64_t value = 0;
    (void)state;
    assert_true(oa_text_integer("9223372036854775807", 19, &value) && value == INT64_MAX);
    assert_true(oa_text_integer("-42", 3, &value) && value == -42);
    assert_true(oa_text_integer("+007", 4, &value) && value == 7);
    static const char *const bad[] = { "", "-", "+", "9223372036854775808", "1.0", "1e3", " 1", "0x1", "--1", "99999999999999999999" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (oa_text_integer(bad[i], strlen(bad[i]), &value)) fail_msg("'%s' was read", bad[i]);
}

/* Any bit pattern, so also denormals and the largest. */
static void test_text__random_doubles_come_back(void **state)
{
    oa_random random = oa_random_start(21, 0);
    char text[32];
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const uint64_t bits = (uint64_t)oa_random_u32(&random) << 32 | oa_random_u32(&random);
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        assert_true(strlen(oa_text_of_real(text, value)) < 32);
        if (!reads(text, &back) || memcmp(&back, &value, sizeof back) != 0) fail_msg("%.17g became '%s' became %.17g", value, text, back);
    }
}

static void test_text__random_floats_come_back(void **state)
{
    oa_random random = oa_random_start(22, 0);
    char text[32];
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const uint32_t bits = oa_random_u32(&random);
        float value;
        double back;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        oa_text_of_float(text, value);
        if (!reads(text, &back) || (float)back != value) fail_msg("%.9g became '%s'", (double)value, text);
    }
}

static void test_text__short_numbers_stay_short(void **state)
{
    char text[32];
    (void)state;
    assert_string_equal(oa_text_of_real(text, 0.75), "0.75");
    assert_string_equal(oa_text_of_real(text, 24.9), "24.9");
    assert_string_equal(oa_text_of_real(text, 0.1 + 0.2), "0.30000000000000004");
    assert_string_equal(oa_text_of_real(text, -120), "-120");
    assert_string_equal(oa_text_of_real(text, 1e22), "1e+22");
    assert_string_equal(oa_text_of_float(text, 24.9f), "24.9");
    assert_string_equal(oa_text_of_float(text, 1.0f / 3), "0.33333334");
    assert_true(oa_float_as_decimal(24.9f) == 24.9);
    assert_true(oa_float_as_decimal(57.935f) == 57.935);
    assert_true(oa_float_as_decimal(0) == 0);
}

/* Needs a locale with a decimal comma; the library must not see it. */
static void test_text__the_locale_does_not_matter(void **state)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8" };
    const char *found = NULL;
    char text[32];
    double value = 0;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++) found = setlocale(LC_ALL, names[i]);
    if (!found) {
        print_message("skipped: no locale with a decimal comma (de_DE, fr_FR) is installed here\n");
        skip();
    }
    char plain[32];
    snprintf(plain, sizeof plain, "%.1f", 1.5);
    assert_string_equal(plain, "1,5");
    assert_true(reads("1.25e1", &value) && value == 12.5);
    assert_true(reads("123456789.123456789012", &value) && value == 123456789.123456789012);
    assert_false(reads("1,5", &value));
    assert_string_equal(oa_text_of_real(text, 1234567.75), "1234567.75");
    assert_string_equal(oa_text_of_float(text, 0.5f), "0.5");
    setlocale(LC_ALL, "C");
}

static void test_text__strings_grow(void **state)
{
    oa_string string = { .context = *state };
    char *text;
    for (int i = 0; i < 1000; i++) oa_string_add(&string, "%d,", i);
    oa_string_add_n(&string, "endless", 3);
    check_ok(*state, oa_string_take(&string, &text));
    assert_int_equal(strlen(text), 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_string_equal(text + strlen(text) - 7, "999,end");
    oa_free(*state, text);
    check_ok(*state, oa_string_take(&string, &text)); /* nothing added: an empty text */
    assert_string_equal(text, "");
    oa_free(*state, text);
}

static void test_text__cleaning_keeps_characters_whole(void **state)
{
    char out[8];
    (void)state;
    oa_text_clean(out, sizeof out, "a\033[b\n", 5);
    assert_string_equal(out, "a?[b?");
    oa_text_clean(out, sizeof out, "abcdef\xc3\xa9", 8); /* é would be cut in half */
    assert_string_equal(out, "abcdef");
    oa_text_clean(out, sizeof out, "abcde\xc3\xa9", 7);
    assert_string_equal(out, "abcde\xc3\xa9");
    oa_text_clean(out, 1, "abc", 3);
    assert_string_equal(out, "");
}

static void test_text__names_and_words(void **state)
{
    static const char *const words[] = { "voxel_edge", "stride", "radius" };
    (void)state;
    assert_string_equal(oa_base_name("/a/b.pos"), "b.pos");
    assert_string_equal(oa_base_name("b.pos"), "b.pos");
    assert_string_equal(oa_base_name("a/"), "");
    assert_true(oa_text_equal(NULL, NULL) && !oa_text_equal("a", NULL) && oa_text_equal_nocase("POS", "pos"));
    assert_true(oa_text_ends_nocase("TIP.POS", ".pos") && !oa_text_ends_nocase("s", ".pos"));
    assert_string_equal(oa_text_nearest("voxel_egde", words, 3), "voxel_edge");
    assert_string_equal(oa_text_nearest("radios", words, 3), "radius");
    assert_null(oa_text_nearest("temperature", words, 3));
    assert_null(oa_text_nearest("x", words, 0));
}

static void test_text__identifiers_and_times_have_their_form(void **state)
{
    char a[40], b[40], now[40];
    (void)state;
    oa_uuid_text(a);
    oa_uuid_text(b);
    oa_time_text(now);
    assert_int_equal(strlen(a), 36);
    assert_true(a[8] == '-' && a[14] == '4' && strchr("89ab", a[19]) != NULL);
    assert_string_not_equal(a, b);
    assert_int_equal(strlen(now), 25);
    assert_true(now[4] == '-' && now[10] == 'T' && strcmp(now + 19, "+00:00") == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text__numbers_are_read),
        cmocka_unit_test(test_text__what_is_no_number_is_refused),
        cmocka_unit_test(test_text__nan_and_infinity_are_seen_as_such),
        cmocka_unit_test(test_text__a_comma_may_be_the_point),
        cmocka_unit_test(test_text__integers),
        cmocka_unit_test(test_text__random_doubles_come_back),
        cmocka_unit_test(test_text__random_floats_come_back),
        cmocka_unit_test(test_text__short_numbers_stay_short),
        cmocka_unit_test(test_text__the_locale_does_not_matter),
        cmocka_unit_test_setup_teardown(test_text__strings_grow, check_setup, check_teardown),
        cmocka_unit_test(test_text__cleaning_keeps_characters_whole),
        cmocka_unit_test(test_text__names_and_words),
        cmocka_unit_test(test_text__identifiers_and_times_have_their_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
