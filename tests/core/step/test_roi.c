/* test_roi.c - regions of interest and lists of words. */
#include "core/step/step_run.h"

extern const oa_step oa_step_crop;

static oa_ions *two_ions(oa_context *context)
{
    const float x[] = { -1.3f, 2.7f }, y[] = { 0, 4 }, z[] = { -9.8f, -0.1f }, m[] = { 1, 1 };
    return step_make_ions(context, 2, x, y, z, m);
}

static void auto_roi_is_the_bounding_box(void **state)
{
    step_run *s = step_begin(*state, &oa_step_crop);
    oa_ions *ions = two_ions(*state);
    const oa_reals none = { .n = 0 };
    double box[6];
    check_ok(*state, oa_roi_resolve(&s->run, ions, &none, 0, box));
    check_real(box[0], (double)-1.3f, 0);
    check_real(box[4], (double)-9.8f, 0);
    assert_true(box[1] > (double)2.7f && box[1] < (double)2.7f + 1e-12); /* half-open, and yet the last ion is in it */
    check_ok(*state, oa_roi_resolve(&s->run, ions, &none, 0.5, box));
    const double want[6] = { -1, 2.5, 0, 4, -9.5, -0.5 };
    for (int i = 0; i < 6; i++) check_real(box[i], want[i], 0);
    oa_ions_free(ions);
    step_end(s);
}

static void given_roi_is_checked(void **state)
{
    step_run *s = step_begin(*state, &oa_step_crop);
    oa_ions *ions = two_ions(*state);
    double box[6];
    oa_reals roi = { 6, { 0, 1, 0, 1, -5, -1 } };
    check_ok(*state, oa_roi_resolve(&s->run, ions, &roi, 0.5, box));
    check_real(box[4], -5, 0);
    roi.v[1] = 0;
    check_fails(*state, oa_roi_resolve(&s->run, ions, &roi, 0, box), "E_PARAMETER_RANGE");
    oa_context__clear(*state);
    roi = (oa_reals){ 6, { 0, 1, 0, 1, 5, 9 } };
    check_fails(*state, oa_roi_resolve(&s->run, ions, &roi, 0, box), "E_ROI_OUTSIDE");
    assert_string_equal(oa_error_parameter(*state), "roi");
    oa_context__clear(*state);
    roi.n = 0;
    check_fails(*state, oa_roi_resolve(&s->run, ions, &roi, 100, box), "E_ROI_OUTSIDE");
    oa_ions_free(ions);
    step_end(s);
}

static void no_ions_have_no_roi(void **state)
{
    step_run *s = step_begin(*state, &oa_step_crop);
    oa_ions *ions = step_make_ions(*state, 0, NULL, NULL, NULL, NULL);
    const oa_reals none = { .n = 0 };
    double box[6];
    check_fails(*state, oa_roi_resolve(&s->run, ions, &none, 0, box), "E_ROI_OUTSIDE");
    oa_ions_free(ions);
    step_end(s);
}

static void check_words(step_run *s, const char *text, char separator, size_t n, const char *const *want)
{
    char **words;
    size_t found;
    check_ok(s->context, oa_words_split(&s->run, text, separator, &words, &found));
    assert_int_equal(found, n);
    for (size_t i = 0; i < n; i++) assert_string_equal(words[i], want[i]);
    oa_free(s->context, words);
}

static void words_are_split(void **state)
{
    step_run *s = step_begin(*state, &oa_step_crop);
    check_words(s, "Ni,Co", ',', 2, (const char *const[]){ "Ni", "Co" });
    check_words(s, " Ni-Ni , Co-Cr ", ',', 2, (const char *const[]){ "Ni-Ni", "Co-Cr" });
    check_words(s, "Co-Cr", '-', 2, (const char *const[]){ "Co", "Cr" });
    check_words(s, "Ni,,Co,", ',', 4, (const char *const[]){ "Ni", "", "Co", "" });
    check_words(s, "", ',', 0, NULL);
    check_words(s, "  ", ',', 0, NULL);
    check_words(s, "Ni", ',', 1, (const char *const[]){ "Ni" });
    step_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(auto_roi_is_the_bounding_box, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(given_roi_is_checked, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(no_ions_have_no_roi, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(words_are_split, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
