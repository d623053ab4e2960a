/* test_param.c - every kind of parameter: defaults, bounds, words, lists, presets, and texts that read back. */
#include "data/param.h"

#include "check.h"

typedef struct toy_params {
    double edge;
    int64_t bins;
    bool is_open;
    const char *mode, *species, *preset;
    oa_reals roi, radii;
} toy_params;

static const char *const modes[] = { "insphere", "tree", "all", NULL }, *const preset_words[] = { "", "steel", "gold", NULL };

static const oa_param toy_table[] = {
    OA_PARAM(toy_params, edge, .unit = OA_NM, .dflt = 0, .min = 0.1, .max = 10, .help = "0 means as many as needed"),
    OA_PARAM(toy_params, bins, .dflt = 200, .min = 1, .max = 9007199254740991.0, .help = "bins"),
    OA_PARAM(toy_params, is_open, .dflt = 1, .help = "open"),
    OA_PARAM(toy_params, mode, .dflt_text = "tree", .choices = modes, .help = "mode"),
    OA_PARAM(toy_params, species, .help = "any word"),
    OA_PARAM(toy_params, preset, .dflt_text = "", .choices = preset_words, .help = "preset"),
    OA_PARAM(toy_params, roi, .unit = OA_NM, .n_min = 6, .n_max = 6, .help = "box"),
    OA_PARAM(toy_params, radii, .unit = OA_NM, .dflt_text = "0.6,1.2", .min = 0.1, .max = 5, .n_min = 1, .n_max = 4, .help = "list"),
    OA_PARAM_END
};

static const oa_preset toy_presets[] = {
    { "steel", "bcc", (const oa_preset_value[]){ { "edge", "1.5" }, { "mode", "all" }, { "radii", "2" }, { NULL, NULL } } },
    { "gold", "fcc", (const oa_preset_value[]){ { "bins", "93" }, { "is_open", "false" }, { NULL, NULL } } },
    { NULL, NULL, NULL },
};

static oa_settings *toy(oa_context *context)
{
    oa_settings *s;
    oa_context__clear(context);
    check_ok(context, oa_settings_new(context, &s, toy_table, sizeof(toy_params), toy_presets));
    return s;
}

static void set(oa_settings *s, const char *name, const char *text) { check_ok(s->context, oa_settings_set(s, name, text)); }

static void refuse(oa_settings *s, const char *name, const char *text, const char *code)
{
    const toy_params before = *(const toy_params *)s->values;
    oa_context__clear(s->context);
    check_fails(s->context, oa_settings_set(s, name, text), code);
    if (strcmp(code, "E_OPTION_UNKNOWN") != 0) assert_string_equal(oa_error_parameter(s->context), name);
    assert_memory_equal(&before, s->values, sizeof before); /* a refused value is not used by accident */
    oa_context__clear(s->context);
}

static void test_param__defaults_also_outside_the_bounds(void **state)
{
    oa_settings *s = toy(*state);
    const toy_params *p = s->values;
    assert_true(p->edge == 0 && p->bins == 200 && p->is_open);
    assert_string_equal(p->mode, "tree");
    assert_string_equal(p->species, "");
    assert_int_equal(p->roi.n, 0);
    assert_true(p->radii.n == 2 && p->radii.v[0] == 0.6 && p->radii.v[1] == 1.2);
    for (size_t i = 0; i < s->n; i++) assert_int_equal(s->origin[i], OA_FROM_DEFAULT);
    oa_settings_free(s);
}

static void test_param__values_of_every_kind(void **state)
{
    oa_settings *s = toy(*state);
    const toy_params *p = s->values;
    set(s, "edge", "0.25");
    set(s, "bins", "9007199254740991");
    set(s, "mode", "insphere");
    set(s, "species", "Cu O");
    set(s, "roi", "-10,10,-1e1,+10,-120,0");
    set(s, "radii", "0.5");
    static const char *const yes[] = { "true", "Yes", "1", "ON" }, *const no[] = { "false", "NO", "0", "off" };
    for (int i = 0; i < 4; i++) {
        set(s, "is-open", no[i]); /* '-' and '_' are the same */
        assert_false(p->is_open);
        set(s, "is_open", yes[i]);
        assert_true(p->is_open);
    }
    assert_true(p->edge == 0.25 && p->bins == 9007199254740991);
    assert_string_equal(p->species, "Cu O");
    assert_true(p->roi.n == 6 && p->roi.v[2] == -10 && p->roi.v[5] == 0);
    set(s, "roi", "auto");
    assert_int_equal(p->roi.n, 0);
    oa_settings_free(s);
}

static void test_param__refused_values_change_nothing(void **state)
{
    oa_settings *s = toy(*state);
    refuse(s, "edge", "0.0999", "E_PARAMETER_RANGE");
    refuse(s, "edge", "10.1", "E_PARAMETER_RANGE");
    refuse(s, "edge", "nan", "E_PARAMETER_RANGE");
    refuse(s, "edge", "inf", "E_PARAMETER_RANGE");
    refuse(s, "edge", "one", "E_PARAMETER_VALUE");
    refuse(s, "edge", "", "E_PARAMETER_VALUE");
    refuse(s, "edge", "1,5", "E_PARAMETER_VALUE");
    refuse(s, "bins", "0", "E_PARAMETER_RANGE");
    refuse(s, "bins", "9007199254740992", "E_PARAMETER_RANGE");
    refuse(s, "bins", "1.5", "E_PARAMETER_VALUE");
    refuse(s, "bins", "99999999999999999999", "E_PARAMETER_VALUE");
    refuse(s, "is_open", "maybe", "E_PARAMETER_VALUE");
    refuse(s, "mode", "Tree", "E_PARAMETER_CHOICE");
    refuse(s, "mode", "", "E_PARAMETER_CHOICE");
    refuse(s, "species", "Ni\nstep crop 2", "E_PARAMETER_VALUE"); /* would forge a line of the manifest */
    refuse(s, "species", "Ni\xff", "E_PARAMETER_VALUE"); /* JSON and files hold UTF-8 alone */
    refuse(s, "roi", "1,2,3", "E_PARAMETER_VALUE");
    refuse(s, "roi", "1,2,3,4,5,6,7", "E_PARAMETER_VALUE");
    refuse(s, "roi", "1,2,3,4,5,", "E_PARAMETER_VALUE");
    refuse(s, "roi", "1,2,3,4,5,nan", "E_PARAMETER_RANGE");
    refuse(s, "radii", "0.01", "E_PARAMETER_RANGE");
    refuse(s, "radii", "1,1,1,1,1", "E_PARAMETER_VALUE");
    refuse(s, "radii", "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", "E_PARAMETER_VALUE");
    for (size_t i = 0; i < s->n; i++) assert_int_equal(s->origin[i], OA_FROM_DEFAULT);
    oa_settings_free(s);
}

static void test_param__messages_help(void **state)
{
    oa_settings *s = toy(*state);
    oa_context *context = *state;
    check_fails(context, oa_settings_set(s, "edge", "12"), "E_PARAMETER_RANGE");
    assert_string_equal(oa_error_text(context), "edge is 12 nm; it must lie between 0.1 and 10");
    oa_context__clear(context);
    check_fails(context, oa_settings_set(s, "mode", "ball"), "E_PARAMETER_CHOICE");
    assert_non_null(strstr(oa_error_text(context), "insphere, tree, all"));
    oa_context__clear(context);
    check_fails(context, oa_settings_set(s, "egde", "1"), "E_OPTION_UNKNOWN");
    assert_non_null(strstr(oa_error_text(context), "did you mean 'edge'?"));
    oa_settings_free(s);
}

static void test_param__a_preset_fills_what_the_user_left(void **state)
{
    for (int order = 0; order < 2; order++) {
        oa_settings *s = toy(*state);
        const toy_params *p = s->values;
        if (order) set(s, "preset", "steel");
        set(s, "edge", "3");
        if (!order) set(s, "preset", "steel");
        assert_true(p->edge == 3 && p->radii.n == 1 && p->radii.v[0] == 2);
        assert_string_equal(p->mode, "all");
        assert_int_equal(s->origin[0], OA_FROM_USER);
        assert_int_equal(s->origin[1], OA_FROM_DEFAULT);
        assert_int_equal(s->origin[3], OA_FROM_PRESET);
        assert_int_equal(s->origin[5], OA_FROM_USER);
        assert_string_equal(oa_origin_names[s->origin[3]], "preset");
        oa_settings_free(s);
    }
}

static void test_param__another_preset_takes_back_the_first(void **state)
{
    oa_settings *s = toy(*state);
    const toy_params *p = s->values;
    set(s, "preset", "steel");
    set(s, "preset", "gold");
    assert_true(p->edge == 0 && p->bins == 93 && !p->is_open && p->radii.n == 2);
    assert_string_equal(p->mode, "tree");
    set(s, "preset", "");
    assert_true(p->bins == 200 && p->is_open);
    assert_int_equal(s->origin[1], OA_FROM_DEFAULT);
    refuse(s, "preset", "wood", "E_PARAMETER_CHOICE");
    oa_settings_free(s);
}

/* What replay does: texts and origins of one call restored into a fresh one give the same struct and the same texts. */
static void test_param__texts_read_back_to_the_same_values(void **state)
{
    oa_settings *a = toy(*state), *b = toy(*state);
    set(a, "preset", "steel");
    set(a, "bins", "123456789");
    set(a, "species", "Ni,Co");
    set(a, "roi", "-0.1,0.30000000000000004,1e-30,2,3,4e22");
    for (size_t i = 0; i < a->n; i++) {
        char *text, *again;
        check_ok(*state, oa_settings_text(a, i, &text));
        check_ok(*state, oa_settings_restore(b, toy_table[i].name, text, a->origin[i]));
        check_ok(*state, oa_settings_text(b, i, &again));
        assert_string_equal(text, again);
        assert_int_equal(a->origin[i], b->origin[i]);
        oa_free(*state, text);
        oa_free(*state, again);
    }
    const toy_params *p = a->values, *q = b->values;
    assert_true(p->edge == q->edge && p->bins == q->bins && p->is_open == q->is_open);
    assert_memory_equal(&p->roi, &q->roi, sizeof p->roi);
    assert_memory_equal(&p->radii, &q->radii, sizeof p->radii);
    assert_string_equal(p->mode, q->mode);
    assert_string_equal(p->species, q->species);
    oa_settings_free(a);
    oa_settings_free(b);
}

static void test_param__a_recorded_default_may_lie_outside_the_bounds(void **state)
{
    oa_settings *s = toy(*state);
    check_ok(*state, oa_settings_restore(s, "edge", "0", OA_FROM_DEFAULT));
    assert_true(((const toy_params *)s->values)->edge == 0);
    check_ok(*state, oa_settings_set(s, "edge", "0")); /* what may be left out may be said */
    check_fails(*state, oa_settings_restore(s, "edge", "0.05", OA_FROM_USER), "E_PARAMETER_RANGE");
    oa_context__clear(*state);
    check_fails(*state, oa_settings_restore(s, "gone", "0", OA_FROM_USER), "E_OPTION_UNKNOWN");
    oa_settings_free(s);
}

static void test_param__every_step_has_a_sound_table(void **state)
{
    (void)state;
    for (size_t k = 0; k < oa_step_count(); k++) {
        oa_call *call;
        char *text;
        check_ok(*state, oa_call_new(*state, &call, oa_step_at(k))); /* every default and preset is parsed */
        check_ok(*state, oa_describe(*state, oa_step_at(k), &text));
        oa_string_free(text);
        oa_call_free(call);
    }
}

static void test_param__nothing_is_left(void **state)
{
    oa_context *context = *state;
    oa_settings *s = toy(context);
    for (int i = 0; i < 10; i++) set(s, "species", i % 2 ? "Ni" : "Cobalt and more");
    oa_settings_free(s);
    oa_settings_free(NULL);
    assert_int_equal(context->bytes, 0);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_param__defaults_also_outside_the_bounds),
        with_context(test_param__values_of_every_kind),
        with_context(test_param__refused_values_change_nothing),
        with_context(test_param__messages_help),
        with_context(test_param__a_preset_fills_what_the_user_left),
        with_context(test_param__another_preset_takes_back_the_first),
        with_context(test_param__texts_read_back_to_the_same_values),
        with_context(test_param__a_recorded_default_may_lie_outside_the_bounds),
        with_context(test_param__every_step_has_a_sound_table),
        with_context(test_param__nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
