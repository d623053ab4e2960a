/* test_run.c - the runner checks before and after, records everything, and leaves nothing behind when a step fails. */
#include "core/run/toy.h"

#include <jansson.h>

#include "run/call.h"

static oa_call *toy_call(oa_context *context, oa_ions *ions)
{
    oa_call *call;
    check_ok(context, oa_call_new(context, &call, &toy_step));
    if (ions) check_ok(context, oa_call_input_ions(call, "ions", ions));
    return call;
}

static void test_run__a_missing_slot_is_named(void **state)
{
    oa_call *call = toy_call(*state, NULL);
    toy_runs = 0;
    check_fails(*state, oa_call_run(call), "E_SLOT_MISSING");
    assert_non_null(strstr(oa_error_text(*state), "toy needs ions"));
    assert_int_equal(toy_runs, 0);
    assert_int_equal(oa_call_array_count(call), 0);
    assert_string_equal(oa_call_digest(call), "");
    oa_call_free(call);
}

static void test_run__parameters_are_checked_before_the_step(void **state)
{
    oa_ions *ions = toy_ions(*state);
    oa_call *call = toy_call(*state, ions);
    toy_runs = 0;
    check_ok(*state, oa_call_set(call, "roi", "1,1,0,1,0,1"));
    check_fails(*state, oa_call_run(call), "E_PARAMETER_RANGE");
    assert_string_equal(oa_error_parameter(*state), "roi");
    assert_int_equal(toy_runs, 0);
    oa_call_free(call);
    oa_ions_free(ions);
}

/* What a table does not promise, or promises in vain, is our own mistake: 70. */
static void test_run__tables_and_results_must_agree(void **state)
{
    static const char *const modes[] = { "undeclared", "wrong_type", "missing" };
    oa_context *context = *state;
    oa_ions *ions = toy_ions(context);
    char hex[65];
    check_ok(context, oa_ions__digest(ions, hex)); /* makes the pool of threads, which stays */
    const size_t before = context->bytes;
    for (int i = 0; i < 3; i++) {
        oa_call *call = toy_call(context, ions);
        check_ok(context, oa_call_set(call, "mode", modes[i]));
        check_fails(context, oa_call_run(call), "E_INTERNAL");
        assert_int_equal(oa_exit_code(oa_call_run(call)), 70);
        assert_null(oa_call_ions(call));
        assert_string_equal(oa_call_digest(call), "");
        oa_call_free(call);
    }
    assert_int_equal(context->bytes, before);
    oa_ions_free(ions);
}

static void test_run__a_failed_step_leaves_nothing(void **state)
{
    oa_ions *ions = toy_ions(*state);
    oa_call *call = toy_call(*state, ions);
    char *record;
    check_ok(*state, oa_call_set(call, "mode", "fails"));
    check_fails(*state, oa_call_run(call), "E_DIVERGED");
    check_fails(*state, oa_call_record(call, &record), "E_USAGE");
    assert_null(record);
    check_ok(*state, oa_call_set(call, "mode", "good")); /* the same call may be run again */
    check_ok(*state, oa_call_run(call));
    assert_int_equal(strlen(oa_call_digest(call)), 64);
    oa_call_free(call);
    oa_ions_free(ions);
}

static void test_run__cancellation_gives_no_result(void **state)
{
    oa_ions *ions = toy_ions(*state);
    oa_call *call = toy_call(*state, ions);
    check_ok(*state, oa_call_set(call, "mode", "cancels"));
    assert_int_equal(oa_call_run(call), OA_E_CANCELLED);
    assert_int_equal(oa_call_array_count(call), 0);
    oa_call_free(call);
    oa_ions_free(ions);
}

static const oa_array_view *view(oa_call *call, const char *name)
{
    static oa_array_view one;
    for (size_t i = 0; i < oa_call_array_count(call); i++) {
        check_ok(call->context, oa_call_array(call, i, &one));
        if (strcmp(one.name, name) == 0) return &one;
    }
    fail_msg("there is no %s", name);
    return NULL;
}

static void test_run__arrays_are_seen_through_the_call(void **state)
{
    oa_ions *ions = toy_ions(*state);
    oa_call *call = toy_call(*state, ions);
    oa_array_view none;
    check_ok(*state, oa_call_set(call, "bins", "5"));
    check_ok(*state, oa_call_run(call));
    const oa_array_view *bin = view(call, "maps/bin");
    assert_true(bin->type == OA_F64 && bin->rank == 1 && bin->dims[0] == 5 && bin->task == 1);
    assert_true(((const double *)bin->data)[4] == 4);
    assert_string_equal(bin->unit, "nm");
    const oa_array_view *species = view(call, "summary/species");
    assert_true(species->type == OA_TEXT && species->rank == 0);
    assert_string_equal(species->data, "Ni");
    check_fails(*state, oa_call_array(call, 99, &none), "E_USAGE");
    oa_call_free(call);
    oa_ions_free(ions);
}

static void test_run__unknown_slots_and_parameters_are_refused(void **state)
{
    oa_ions *ions = toy_ions(*state);
    oa_call *call = toy_call(*state, ions);
    check_fails(*state, oa_call_input_ions(call, "model", ions), "E_OPTION_UNKNOWN");
    check_fails(*state, oa_call_set(call, "egde", "1"), "E_OPTION_UNKNOWN");
    check_fails(*state, oa_call_set(call, "edge", "11"), "E_PARAMETER_RANGE");
    check_ok(*state, oa_call_set(call, "edge", "9")); /* an old failure does not stick */
    assert_string_equal(oa_error_code(*state), "");
    oa_call_free(call);
    oa_ions_free(ions);
    oa_call_free(NULL);
}

static void test_run__a_slot_filled_again_takes_the_new_ions(void **state)
{
    const float x[] = { 1, 2 };
    oa_ions *four = toy_ions(*state), *two;
    check_ok(*state, oa_ions_new(*state, &two, 2, x, x, x, x));
    oa_call *call = toy_call(*state, four);
    check_ok(*state, oa_call_input_ions(call, "ions", two));
    check_ok(*state, oa_call_run(call));
    assert_int_equal(*(const uint64_t *)view(call, "summary/ions")->data, 2);
    assert_int_equal(call->record->n_inputs, 1);
    oa_call_free(call);
    oa_ions_free(four);
    oa_ions_free(two);
}

/* ---- the record ---- */

static json_t *record_of(oa_call *call)
{
    char *text;
    json_error_t error;
    check_ok(call->context, oa_call_record(call, &text));
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json) fail_msg("the record is no JSON: %s", error.text);
    oa_string_free(text);
    return json;
}

static const char *text_at(const json_t *json, const char *a, const char *b, const char *c)
{
    const json_t *at = json_object_get(json, a);
    if (b) at = json_object_get(at, b);
    if (c) at = json_object_get(at, c);
    if (!json_is_string(at)) fail_msg("no text at %s %s %s", a, b ? b : "", c ? c : "");
    return json_string_value(at);
}

static void check_parameters(const json_t *record)
{
    const json_t *all = json_object_get(record, "parameters");
    assert_int_equal(json_object_size(all), 8);
    for (const oa_param *row = toy_table; row->name; row++) assert_non_null(json_object_get(all, row->name));
    assert_string_equal(text_at(all, "edge", "unit", NULL), "nm");
    assert_string_equal(text_at(all, "edge", "origin", NULL), "preset");
    assert_string_equal(text_at(all, "preset", "origin", NULL), "set");
    assert_string_equal(text_at(all, "bins", "origin", NULL), "default");
    assert_true(json_real_value(json_object_get(json_object_get(all, "edge"), "value")) == 2.5);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(all, "bins"), "value")), 20);
    assert_true(json_is_true(json_object_get(json_object_get(all, "is_open"), "value")));
    assert_int_equal(json_array_size(json_object_get(json_object_get(all, "roi"), "value")), 6);
    assert_string_equal(text_at(all, "species", "value", NULL), "Ni");
}

static void test_run__the_record_says_everything(void **state)
{
    oa_ions *ions = toy_ions(*state);
    oa_call *call = toy_call(*state, ions);
    char content[65];
    check_ok(*state, oa_ions__digest(ions, content));
    check_ok(*state, oa_call_set(call, "preset", "steel"));
    check_ok(*state, oa_call_set(call, "roi", "0,1,0,1,0,1"));
    check_ok(*state, oa_call_set(call, "mode", "warns"));
    check_ok(*state, oa_call_run(call));
    json_t *r = record_of(call);
    check_parameters(r);
    assert_string_equal(text_at(r, "step", NULL, NULL), "toy");
    assert_string_equal(text_at(r, "name", NULL, NULL), "toy");
    assert_int_equal(json_integer_value(json_object_get(r, "step_version")), 7);
    assert_int_equal(strlen(text_at(r, "entry_identifier", NULL, NULL)), 36);
    assert_non_null(strstr(text_at(r, "program_version", NULL, NULL), OA_VERSION "+g"));
    assert_int_equal(strlen(text_at(r, "start_time", NULL, NULL)), 25);
    assert_int_equal(strlen(text_at(r, "end_time", NULL, NULL)), 25);
    assert_true(json_is_real(json_object_get(r, "elapsed_s")));
    assert_string_equal(text_at(r, "environment", "commit", NULL), oa_commit());
    assert_string_equal(text_at(r, "environment", "compiler", NULL), oa_compiler());
    assert_string_equal(text_at(r, "environment", "kernel", NULL), oa_kernel(*state));
    assert_string_equal(text_at(r, "environment", "blas", NULL), oa_blas());
    assert_int_equal(json_integer_value(json_object_get(json_object_get(r, "environment"), "threads")), oa_threads(*state));
    assert_int_equal(json_integer_value(json_object_get(r, "seed")), 1);
    const json_t *input = json_array_get(json_object_get(r, "inputs"), 0);
    assert_string_equal(text_at(input, "role", NULL, NULL), "ions");
    assert_string_equal(text_at(input, "content_sha256", NULL, NULL), content);
    assert_true(json_real_value(json_object_get(json_object_get(r, "summary"), "mu")) == 0.125);
    assert_true(json_is_true(json_object_get(json_object_get(r, "summary"), "is_good")));
    const json_t *warning = json_array_get(json_object_get(r, "warnings"), 0);
    assert_string_equal(text_at(warning, "code", NULL, NULL), "W_FEW_IONS");
    assert_string_equal(text_at(warning, "text", NULL, NULL), "only 3");
    assert_string_equal(text_at(r, "status", NULL, NULL), "success");
    assert_string_equal(text_at(r, "results_sha256", NULL, NULL), oa_call_digest(call));
    check_ok(*state, oa_record_check(call->record, call->values));
    json_decref(r);
    oa_call_free(call);
    oa_ions_free(ions);
}

static void digest_with(oa_context *context, const char *parameter, const char *text, char hex[65])
{
    oa_ions *ions = toy_ions(context);
    oa_call *call = toy_call(context, ions);
    if (parameter) check_ok(context, oa_call_set(call, parameter, text));
    check_ok(context, oa_call_run(call));
    memcpy(hex, oa_call_digest(call), 65);
    oa_call_free(call);
    oa_ions_free(ions);
}

/* The digest is over what was resolved: not the clock, the threads, nor whether a value was typed or the default. */
static void test_run__the_digest_depends_on_values_only(void **state)
{
    char plain[65], typed[65], other[65], threads[65];
    oa_context *eight;
    const oa_context_options options = { .threads = 8, .kernel = "scalar" };
    digest_with(*state, NULL, NULL, plain);
    digest_with(*state, "edge", "1.0", typed);
    digest_with(*state, "edge", "1.5", other);
    assert_int_equal(oa_context_new(&eight, &options), OA_OK);
    digest_with(eight, NULL, NULL, threads);
    oa_context_free(eight);
    assert_string_equal(plain, typed);
    assert_string_equal(plain, threads);
    assert_string_not_equal(plain, other);
}

static oa_request request_for(const oa_settings *settings, const oa_input *input)
{
    return (oa_request){ .step = &toy_step, .settings = settings, .inputs = input, .n_inputs = 1, .name = "named", .libraries = "HDF5 0.0" };
}

static void test_run__slabs_only_where_a_step_has_them(void **state)
{
    oa_ions *ions = toy_ions(*state);
    const oa_input input = { .role = "ions", .ions = ions };
    oa_settings *settings;
    oa_values *values;
    oa_record *record;
    uint64_t bytes;
    check_ok(*state, oa_settings_new(*state, &settings, toy_table, sizeof(toy_params), toy_presets));
    oa_request request = request_for(settings, &input);
    check_ok(*state, oa_run_check(*state, &request, &bytes));
    assert_true(bytes > 0);
    check_ok(*state, oa_run_step(*state, &request, &values, &record));
    assert_string_equal(record->name, "named");
    assert_string_equal(record->libraries, "HDF5 0.0");
    oa_values_free(values);
    oa_record_free(record);
    request.slab = 1, request.slabs = 2;
    check_fails(*state, oa_run_step(*state, &request, &values, &record), "E_SLAB");
    assert_null(values);
    assert_null(record);
    oa_settings_free(settings);
    oa_ions_free(ions);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_run__a_missing_slot_is_named),
        with_context(test_run__parameters_are_checked_before_the_step),
        with_context(test_run__tables_and_results_must_agree),
        with_context(test_run__a_failed_step_leaves_nothing),
        with_context(test_run__cancellation_gives_no_result),
        with_context(test_run__arrays_are_seen_through_the_call),
        with_context(test_run__unknown_slots_and_parameters_are_refused),
        with_context(test_run__a_slot_filled_again_takes_the_new_ions),
        with_context(test_run__the_record_says_everything),
        with_context(test_run__the_digest_depends_on_values_only),
        with_context(test_run__slabs_only_where_a_step_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
