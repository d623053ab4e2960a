/* test_record.c - a record agrees with its results, and stops agreeing with whatever is changed. */
#include "data/record.h"

#include "check.h"

typedef struct made {
    oa_record *record;
    oa_values *values;
} made;

static void seal(made *m)
{
    char *head, *manifest;
    check_ok(m->record->context, oa_record_head(m->record, &head));
    check_ok(m->record->context, oa_values_digest(m->values, head, m->record->results_sha256, &manifest));
    check_ok(m->record->context, oa_record_set(m->record, &m->record->manifest, manifest));
    oa_free(m->record->context, head);
    oa_free(m->record->context, manifest);
}

static made make(oa_context *context, bool with_ions)
{
    const size_t three = 3;
    const float x[] = { 1, 2, 3 };
    made m;
    oa_array *array;
    oa_input_record input = { .role = (char *)"ions", .file_name = (char *)"tip.nxs", .content = "aa", .entry = (char *)"", .subentry = (char *)"" };
    check_ok(context, oa_record_new(context, &m.record));
    check_ok(context, oa_values_new(context, &m.values));
    check_ok(context, oa_record_set(m.record, &m.record->name, "found"));
    check_ok(context, oa_record_set(m.record, &m.record->step, "domains"));
    m.record->version = 2;
    check_ok(context, oa_record_add_param(m.record, "eps", "nm", "0.4", OA_REAL, OA_FROM_DEFAULT));
    check_ok(context, oa_record_add_param(m.record, "species", NULL, "Ni", OA_WORD, OA_FROM_USER));
    check_ok(context, oa_record_add_input(m.record, &input));
    input.role = (char *)"control";
    memcpy(input.content, "bb", 3);
    check_ok(context, oa_record_add_input(m.record, &input));
    check_ok(context, oa_record_add_warning(m.record, "W_FEW_BINS", "only 3"));
    check_ok(context, oa_values_add(m.values, 1, "sizes/size", OA_U32, 1, &three, &array));
    ((uint32_t *)array->block->data)[1] = 7;
    check_ok(context, oa_values_add(m.values, 1, "summary/mu", OA_F64, 0, NULL, &array));
    *(double *)array->block->data = 0.25;
    if (with_ions) check_ok(context, oa_ions_new(context, &m.values->ions, 3, x, x, x, x));
    seal(&m);
    return m;
}

static void drop(made *m)
{
    oa_record_free(m->record);
    oa_values_free(m->values);
}

static void test_record__what_was_made_agrees(void **state)
{
    for (int with_ions = 0; with_ions < 2; with_ions++) {
        made m = make(*state, with_ions);
        check_ok(*state, oa_record_check(m.record, m.values));
        assert_int_equal(oa_record_has_ions(m.record), with_ions);
        drop(&m);
    }
    oa_record_free(NULL);
    assert_true(((oa_context *)*state)->bytes < 4096); /* the pool of threads */
}

static void test_record__the_head_says_step_parameters_and_inputs(void **state)
{
    made m = make(*state, false);
    char *head;
    check_ok(*state, oa_record_set(m.record, &m.record->slab, "1/3"));
    check_ok(*state, oa_record_head(m.record, &head));
    assert_string_equal(head, "ordapt results 1\nstep domains 2\nparameter eps 0.4\nparameter species Ni\n"
                              "input ions aa\ninput control bb\nslab 1/3\n");
    oa_free(*state, head);
    drop(&m);
}

/* ---- one thing is changed at a time ---- */

typedef void change(made *m);
static void step_name(made *m) { m->record->step[0] = 'r'; }
static void step_version(made *m) { m->record->version = 3; }
static void parameter_value(made *m) { m->record->params[0].text[2] = '5'; }
static void parameter_name(made *m) { m->record->params[0].name[0] = 'x'; }
static void parameter_gone(made *m)
{
    struct oa_param_record *last = &m->record->params[--m->record->n_params];
    oa_free(m->record->context, last->name);
    oa_free(m->record->context, last->unit);
    oa_free(m->record->context, last->text);
}
static void parameter_more(made *m) { check_ok(m->record->context, oa_record_add_param(m->record, "seed", "", "1", OA_INT, OA_FROM_USER)); }
static void input_content(made *m) { m->record->inputs[1].content[0] = 'c'; }
static void input_role(made *m) { m->record->inputs[1].role[0] = 'x'; }
static void input_gone(made *m)
{
    oa_input_record *last = &m->record->inputs[--m->record->n_inputs];
    oa_free(m->record->context, last->role);
    oa_free(m->record->context, last->file_name);
    oa_free(m->record->context, last->entry);
    oa_free(m->record->context, last->subentry);
}
static void slab(made *m) { check_ok(m->record->context, oa_record_set(m->record, &m->record->slab, "1/2")); }
static void array_bytes(made *m) { ((uint32_t *)m->values->arrays[0].block->data)[2] = 1; }
static void array_shape(made *m) { m->values->arrays[0].dims[0] = 2; }
static void array_type(made *m) { m->values->arrays[0].type = OA_I32; }
static void array_name(made *m) { m->values->arrays[1].name[8] = 'n'; }
static void array_task(made *m) { m->values->arrays[1].task = 2; }
static void scalar(made *m) { *(double *)m->values->arrays[1].block->data = 0.26; }
static void ion(made *m) { ((float *)oa_ions__data(m->values->ions, OA_Z))[0] = 9; }
static void manifest(made *m) { m->record->manifest[60] ^= 1; }
static void digest(made *m) { m->record->results_sha256[0] ^= 1; }

static void test_record__every_change_is_seen(void **state)
{
    static const struct { const char *name; change *change; } row[] = {
        { "step name", step_name }, { "step version", step_version }, { "parameter value", parameter_value },
        { "parameter name", parameter_name }, { "parameter gone", parameter_gone }, { "parameter more", parameter_more },
        { "input content", input_content }, { "input role", input_role }, { "input gone", input_gone }, { "slab", slab },
        { "array bytes", array_bytes }, { "array shape", array_shape }, { "array type", array_type }, { "array name", array_name },
        { "array task", array_task }, { "scalar", scalar }, { "ion", ion }, { "manifest", manifest }, { "digest", digest },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        made m = make(*state, true);
        row[i].change(&m);
        oa_context__clear(*state);
        if (oa_record_check(m.record, m.values) == OA_OK) fail_msg("a changed %s was not seen", row[i].name);
        assert_string_equal(oa_error_code(*state), "E_DIGEST");
        assert_non_null(strstr(oa_error_text(*state), "found"));
        drop(&m);
    }
}

/* Arrays that a file leaves out are not judged; verify says which. */
static void test_record__absent_arrays_are_not_judged(void **state)
{
    made m = make(*state, true);
    oa_ions_free(m.values->ions);
    m.values->ions = NULL;
    m.values->arrays[0].task = 1;
    oa_values *fewer;
    check_ok(*state, oa_values_new(*state, &fewer));
    check_ok(*state, oa_record_check(m.record, m.values));
    check_ok(*state, oa_record_check(m.record, fewer));
    oa_values_free(fewer);
    drop(&m);
}

static void test_record__texts_are_owned(void **state)
{
    char text[] = "Ni";
    oa_record *r;
    check_ok(*state, oa_record_new(*state, &r));
    check_ok(*state, oa_record_add_param(r, text, text, text, OA_WORD, OA_FROM_PRESET));
    check_ok(*state, oa_record_set(r, &r->commit, text));
    check_ok(*state, oa_record_set(r, &r->title, NULL));
    text[0] = 'X';
    assert_string_equal(r->params[0].text, "Ni");
    assert_string_equal(r->commit, "Ni");
    assert_string_equal(r->title, "");
    oa_record_free(r);
    assert_int_equal(((oa_context *)*state)->bytes, 0);
}

/* A file says which slab it is; what it says may be anything. */
static void test_record__a_slab_is_read_by_one_rule(void **state)
{
    static const char *const bad[] = { "", "1", "/", "1/", "/2", "0/2", "3/2", "-1/2", "1/-2", "1/2x", "1 /2", "1/2/3", "1/2147483648", "1/99999999999999999999",
                                       "4294967297/4294967298", "a/b" };
    int k = -1, n = -1;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (oa_slab_parse(bad[i], &k, &n)) fail_msg("'%s' was read", bad[i]);
    assert_true(k == -1 && n == -1);
    assert_true(oa_slab_parse("1/1", &k, &n) && k == 1 && n == 1);
    assert_true(oa_slab_parse("17/2147483647", &k, &n) && k == 17 && n == 2147483647);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_record__what_was_made_agrees),
        with_context(test_record__the_head_says_step_parameters_and_inputs),
        with_context(test_record__every_change_is_seen),
        with_context(test_record__absent_arrays_are_not_judged),
        with_context(test_record__texts_are_owned),
        cmocka_unit_test(test_record__a_slab_is_read_by_one_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
