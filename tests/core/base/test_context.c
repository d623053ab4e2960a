/* test_context.c - messages, warnings, codes and exit statuses. */
#include "base/context.h"

#include "check.h"

static void test_context__defaults(void **state)
{
    oa_context *context = *state;
    assert_true(oa_threads(context) >= 1);
    assert_string_equal(oa_error_code(context), "");
    assert_null(oa_error_file(context));
    assert_null(oa_error_parameter(context));
    assert_int_equal(oa_error_offset(context), -1);
    assert_string_equal(oa_version(), OA_VERSION);
    assert_true(strlen(oa_commit()) >= 7 && strlen(oa_compiler()) > 3 && strlen(oa_blas()) > 3 && strlen(oa_kernel(context)) > 3);
}

static void test_context__an_unknown_kernel_still_gives_its_message(void **state)
{
    oa_context *context;
    const oa_context_options options = { .kernel = "abacus" };
    (void)state;
    assert_int_equal(oa_context_new(&context, &options), OA_E_LACKING);
    assert_string_equal(oa_error_code(context), "E_KERNEL");
    assert_non_null(strstr(oa_error_text(context), "abacus"));
    oa_context_free(context);
    oa_context_free(NULL);
}

static void test_context__the_scalar_kernel_is_always_there(void **state)
{
    oa_context *context;
    const oa_context_options options = { .kernel = "scalar", .threads = 3 };
    (void)state;
    assert_int_equal(oa_context_new(&context, &options), OA_OK);
    assert_string_equal(oa_kernel(context), "scalar");
    assert_int_equal(oa_threads(context), 3);
    oa_context_free(context);
}

static void test_context__the_first_failure_wins(void **state)
{
    oa_context *context = *state;
    assert_int_equal(oa_fail_at(context, OA_AT_LINE("a.rrng", 12), "E_BAD_NUMBER", "'%s' is none", "x"), OA_E_DATA);
    assert_int_equal(oa_fail(context, "E_EXISTS", "second"), OA_E_DATA); /* the status stays that of the message */
    assert_string_equal(oa_error_code(context), "E_BAD_NUMBER");
    assert_string_equal(oa_error_text(context), "'x' is none");
    assert_string_equal(oa_error_file(context), "a.rrng");
    assert_int_equal(oa_error_line(context), 12);
    oa_context__clear(context);
    assert_int_equal(oa_fail_at(context, OA_AT_BYTE("b.pos", 48), "E_NONFINITE", "NaN"), OA_E_DATA);
    assert_int_equal(oa_error_offset(context), 48);
    assert_int_equal(oa_error_line(context), 0);
}

static void test_context__a_question_answered_no_leaves_no_message(void **state)
{
    oa_context *context = *state;
    oa_warn(context, "W_METADATA", "kept");
    assert_int_equal(oa_fail(context, "E_H5_TYPE", "no text"), OA_E_DATA);
    oa_context__pardon(context);
    assert_string_equal(oa_error_code(context), "");
    assert_int_equal(oa_warning_count(context), 1);
    assert_int_equal(oa_fail(context, "E_MEMORY", "none"), OA_E_LACKING);
    oa_context__pardon(context);
    assert_string_equal(oa_error_code(context), "E_MEMORY"); /* no answer at all */
}

static void test_context__texts_hold_no_control_characters(void **state)
{
    oa_context *context = *state;
    assert_int_equal(oa_fail_at(context, OA_IN_FILE("evil\033[2J.pos"), "E_READ", "a\nb\033]0;title\a"), OA_E_IO);
    assert_string_equal(oa_error_text(context), "a?b?]0;title?");
    assert_string_equal(oa_error_file(context), "evil?[2J.pos");
}

static void test_context__long_texts_are_cut(void **state)
{
    oa_context *context = *state;
    static char text[3 * OA_TEXT_MAX];
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(oa_fail_at(context, OA_IN_FILE(text), "E_READ", "%s", text), OA_E_IO);
    assert_int_equal(strlen(oa_error_text(context)), OA_TEXT_MAX - 1);
    assert_int_equal(strlen(oa_error_file(context)), sizeof context->file - 1);
}

static void test_context__warnings_are_listed_in_order_and_counted(void **state)
{
    oa_context *context = *state;
    for (int i = 0; i < 1000; i++) oa_warn(context, "W_DROPPED", "number %d", i);
    assert_int_equal(oa_warning_count(context), OA_WARNINGS_MAX);
    assert_string_equal(oa_warning_text(context, 0), "number 0");
    assert_string_equal(oa_warning_text(context, OA_WARNINGS_MAX - 2), "number 62");
    assert_string_equal(oa_warning_code(context, OA_WARNINGS_MAX - 1), "W_MORE");
    assert_string_equal(oa_warning_text(context, OA_WARNINGS_MAX - 1), "937 further warnings are not listed");
    oa_context__clear(context);
    assert_int_equal(oa_warning_count(context), 0);
}

/* Work done once more says nothing twice. */
static void test_context__warnings_can_be_taken_back(void **state)
{
    oa_context *context = *state;
    oa_warn(context, "W_DROPPED", "said");
    oa_warn(context, "W_DROPPED", "again");
    oa_context__unwarn(context, 1);
    assert_int_equal(oa_warning_count(context), 1);
    assert_string_equal(oa_warning_text(context, 0), "said");
    for (int i = 0; i < 100; i++) oa_warn(context, "W_DROPPED", "number %d", i);
    oa_context__unwarn(context, 2);
    oa_warn(context, "W_DROPPED", "the third");
    assert_int_equal(oa_warning_count(context), 3);
    assert_string_equal(oa_warning_text(context, 2), "the third");
}

static void test_context__every_code_has_its_exit_status(void **state)
{
    static const int known[] = { 2, 64, 65, 66, 69, 70, 73, 74, 75, 130 };
    size_t n;
    const oa_code *table = oa_code_table(&n);
    (void)state;
    assert_true(n > 100);
    for (size_t i = 0; i < n; i++) {
        const int code = oa_exit_code(table[i].status);
        bool is_known = false;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++) is_known = is_known || code == known[k];
        if (table[i].word[0] == 'W') assert_int_equal(table[i].status, OA_OK);
        else assert_true(table[i].word[0] == 'E' && table[i].status != OA_OK && is_known);
        assert_ptr_equal(oa_code_find(table[i].word), &table[i]); /* no word twice */
        assert_true(strlen(table[i].word) < sizeof ((oa_context *)NULL)->code && table[i].meaning[0]);
    }
    assert_null(oa_code_find("E_NO_SUCH"));
    assert_int_equal(oa_exit_code(OA_OK), 0);
    assert_int_equal(oa_exit_code((oa_status)-99), 70);
}

static void test_context__cancellation_is_a_failure(void **state)
{
    oa_context *context = *state;
    check_ok(context, oa_check_cancelled(context));
    oa_cancel(context);
    check_fails(context, oa_check_cancelled(context), "E_CANCELLED");
    assert_int_equal(oa_exit_code(oa_check_cancelled(context)), 130);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_context__defaults),
        cmocka_unit_test(test_context__an_unknown_kernel_still_gives_its_message),
        cmocka_unit_test(test_context__the_scalar_kernel_is_always_there),
        with_context(test_context__the_first_failure_wins),
        with_context(test_context__a_question_answered_no_leaves_no_message),
        with_context(test_context__texts_hold_no_control_characters),
        with_context(test_context__long_texts_are_cut),
        with_context(test_context__warnings_are_listed_in_order_and_counted),
        with_context(test_context__warnings_can_be_taken_back),
        with_context(test_context__every_code_has_its_exit_status),
        with_context(test_context__cancellation_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
