/* test_call_files.c - slots of a call filled from files, from ions of files and from earlier calls: the same digest on every way. */
#include "core/io/temporary.h"
#include "run/call.h"

static oa_call *new_call(oa_context *context, const char *step)
{
    oa_call *call;
    check_ok(context, oa_call_new(context, &call, oa_step_find(step)));
    return call;
}

static void set(oa_call *call, const char *name, const char *value) { check_ok(call->context, oa_call_set(call, name, value)); }
static void file(oa_call *call, const char *slot, const char *path) { check_ok(call->context, oa_call_input_files(call, slot, &path, 1)); }

static oa_call *specimen(oa_context *context)
{
    oa_call *call = new_call(context, "synthesise");
    set(call, "box", "-4,4,-4,4,-8,0");
    set(call, "domains", "4");
    check_ok(context, oa_call_run(call));
    return call;
}

/* Ions with some selected, as a file of its own: what a network would give, at the cost of a threshold. */
static oa_call *domains_of(oa_context *context, oa_call *tip)
{
    oa_call *call = new_call(context, "domains");
    set(call, "species", "Ni");
    check_ok(context, oa_call_input_call(call, "ions", tip));
    check_ok(context, oa_call_run(call));
    return call;
}

static void test_files__three_ways_to_the_same_digest(void **state)
{
    char path[1024], digest[65];
    oa_ions *ions;
    oa_call *tip = specimen(*state), *memory = domains_of(*state, tip);
    snprintf(digest, sizeof digest, "%s", oa_call_digest(memory));
    assert_string_equal(memory->record->inputs[0].file_name, "");
    snprintf(path, sizeof path, "%s", temporary_path("tip.nxs"));
    check_ok(*state, oa_write_call(tip, path, false));
    check_fails(*state, oa_write_call(tip, path, false), "E_EXISTS");

    oa_call *from_path = new_call(*state, "domains"), *from_ions = new_call(*state, "domains"), *after = domains_of(*state, tip);
    set(from_path, "species", "Ni");
    file(from_path, "ions", path);
    check_ok(*state, oa_call_run(from_path));
    check_ok(*state, oa_read_ions(*state, path, &ions));
    set(from_ions, "species", "Ni");
    check_ok(*state, oa_call_input_ions(from_ions, "ions", ions));
    check_ok(*state, oa_call_run(from_ions));
    oa_call *all[] = { from_path, from_ions, after };
    for (int i = 0; i < 3; i++) {
        assert_string_equal(oa_call_digest(all[i]), digest);
        const oa_input_record *input = &all[i]->record->inputs[0];
        assert_string_equal(input->file_name, "tip.nxs"); /* a result that was written is named from then on */
        assert_string_equal(input->sha256, from_path->record->inputs[0].sha256);
        assert_string_equal(input->entry, tip->record->identifier);
    }
    for (int i = 0; i < 3; i++) oa_call_free(all[i]);
    oa_ions_free(ions);
    oa_call_free(memory);
    oa_call_free(tip);
}

/* Threads and messages of a context belong to one caller: ions and results of another are used without it. */
static void test_files__inputs_of_another_context(void **state)
{
    oa_context *other;
    check_ok(*state, oa_context_new(&other, NULL));
    oa_call *tip = specimen(*state), *here = domains_of(*state, tip), *there = domains_of(other, tip), *shuffle = new_call(other, "shuffle");
    assert_string_equal(oa_call_digest(here), oa_call_digest(there));
    assert_ptr_equal(there->inputs[0].ions->context, other);
    check_ok(other, oa_call_input_ions(shuffle, "ions", oa_call_ions(tip)));
    check_ok(other, oa_call_run(shuffle));
    assert_ptr_equal(oa_call_ions(shuffle)->context, other);
    assert_ptr_equal(oa_ions_x(oa_call_ions(shuffle)), oa_ions_x(oa_call_ions(tip)));
    oa_call_free(shuffle);
    oa_call_free(there);
    oa_call_free(here);
    oa_context_free(other);
    oa_call_free(tip);
}

static void test_files__wrong_inputs_are_named(void **state)
{
    const char *none = "none.nxs", *two[] = { "a.nxs", "b.nxs" };
    oa_call *call = new_call(*state, "crop"), *unrun = new_call(*state, "synthesise"), *evaluate = new_call(*state, "evaluate");
    check_fails(*state, oa_call_input_files(call, "ions", &none, 1), "E_NOT_FOUND");
    check_fails(*state, oa_call_input_files(call, "ions", two, 2), "E_USAGE");
    check_fails(*state, oa_call_input_files(call, "nothing", &none, 1), "E_OPTION_UNKNOWN");
    check_fails(*state, oa_call_input_call(call, "nothing", unrun), "E_OPTION_UNKNOWN");
    check_fails(*state, oa_call_input_call(call, "ions", unrun), "E_USAGE");
    check_fails(*state, oa_call_output(call, "x.pos", false), "E_USAGE");
    oa_call *tip = specimen(*state);
    check_fails(*state, oa_call_input_call(evaluate, "model", tip), "E_MODEL");
    check_fails(*state, oa_call_input_ions(evaluate, "patterns", oa_call_ions(tip)), "E_INPUT_KIND");
    check_fails(*state, oa_call_run(call), "E_SLOT_MISSING"); /* what was refused fills nothing */
    oa_call_free(tip);
    oa_call_free(evaluate);
    oa_call_free(unrun);
    oa_call_free(call);
}

static void test_files__a_step_that_gives_a_file(void **state)
{
    char pos[1024], nxs[1024], digest[65];
    oa_call *tip = specimen(*state), *out = new_call(*state, "export"), *in = new_call(*state, "import");
    snprintf(pos, sizeof pos, "%s", temporary_path("out.pos"));
    snprintf(nxs, sizeof nxs, "%s", temporary_path("out.rrng"));
    check_ok(*state, oa_call_input_call(out, "ions", tip));
    check_fails(*state, oa_call_run(out), "E_OUTPUT");
    check_ok(*state, oa_call_output(out, pos, false));
    check_ok(*state, oa_call_run(out));
    check_fails(*state, oa_call_output(out, pos, false), "E_EXISTS");
    const char *both[] = { pos, nxs };
    check_ok(*state, oa_call_input_files(in, "files", both, 2));
    check_ok(*state, oa_call_run(in));
    assert_int_equal(oa_ions_count(oa_call_ions(in)), oa_ions_count(oa_call_ions(tip)));
    assert_int_equal(oa_ions_type_count(oa_call_ions(in)), 3);
    snprintf(digest, sizeof digest, "%s", oa_call_digest(in));
    check_ok(*state, oa_call_run(in)); /* sources are read again */
    assert_string_equal(oa_call_digest(in), digest);
    oa_call_free(in);
    oa_call_free(out);
    oa_call_free(tip);
}

static void test_files__parameters_alone(void **state)
{
    oa_call *call = new_call(*state, "sdm");
    check_fails(*state, oa_call_set(call, "radius", "1000"), "E_PARAMETER_RANGE");
    assert_string_equal(oa_error_parameter(*state), "radius");
    check_fails(*state, oa_call_check(call), "E_PARAMETER_VALUE"); /* no pairs */
    set(call, "pairs", "Ni-Ni");
    check_ok(*state, oa_call_check(call));
    oa_call_free(call);
}

static void test_files__a_cancelled_context_serves_again(void **state)
{
    oa_call *call = new_call(*state, "synthesise");
    set(call, "box", "-4,4,-4,4,-8,0");
    oa_cancel(*state);
    assert_int_equal(oa_call_run(call), OA_E_CANCELLED);
    oa_resume(*state);
    check_ok(*state, oa_call_run(call));
    assert_int_equal(oa_call_task_count(call), 1);
    assert_string_equal(oa_call_task_title(call, 1), "");
    assert_null(oa_call_task_title(call, 2));
    oa_call_free(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_files__three_ways_to_the_same_digest, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_files__inputs_of_another_context, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_files__wrong_inputs_are_named, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_files__a_step_that_gives_a_file, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_files__parameters_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_files__a_cancelled_context_serves_again, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, temporary_make, temporary_remove);
}
