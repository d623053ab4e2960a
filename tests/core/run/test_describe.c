/* test_describe.c - the catalogue is JSON that says everything the tables say. */
#include "core/run/toy.h"

#include <jansson.h>

static json_t *described(oa_context *context, const oa_step *step)
{
    char *text;
    json_error_t error;
    check_ok(context, oa_describe(context, step, &text));
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!json) fail_msg("line %d: %s", error.line, error.text);
    oa_string_free(text);
    return json;
}

static const char *word(const json_t *json, const char *key) { return json_string_value(json_object_get(json, key)); }

/* A default outside the bounds ("0: none") stands beside them: anyOf [the default, the bounds]. */
static const json_t *bounds_of(const json_t *json, const oa_param *row)
{
    if (row->dflt >= row->min && row->dflt <= row->max) return json;
    const json_t *any = json_object_get(json, "anyOf");
    assert_true(json_number_value(json_object_get(json_array_get(any, 0), "const")) == row->dflt);
    return json_array_get(any, 1);
}

static void check_param(const json_t *json, const oa_param *row, const char *step)
{
    static const char *const type[] = { "number", "integer", "boolean", "string", "array" };
    if (!json) fail_msg("%s: parameter %s is missing", step, row->name);
    assert_string_equal(word(json, "type"), type[row->kind]);
    assert_non_null(json_object_get(json, "default"));
    if (!row->help || !row->help[0] || strcmp(word(json, "description"), row->help) != 0) fail_msg("%s: %s has no help", step, row->name);
    if (row->unit) assert_string_equal(word(json, "unit"), row->unit);
    else assert_null(json_object_get(json, "unit"));
    assert_non_null(word(json, "nx_units"));
    if ((row->kind == OA_REAL || row->kind == OA_INT) && (row->min != 0 || row->max != 0)) {
        check_real(json_number_value(json_object_get(bounds_of(json, row), "minimum")), row->min, 0);
        check_real(json_number_value(json_object_get(bounds_of(json, row), "maximum")), row->max, 0);
    }
    size_t words = 0;
    while (row->choices && row->choices[words]) words++;
    assert_int_equal(json_array_size(json_object_get(json, "enum")), words);
}

static void check_rest(const json_t *json, const oa_step *step)
{
    size_t slots = 0, outputs = 0;
    for (const oa_slot *row = step->slots; row->name; row++) {
        const json_t *slot = json_array_get(json_object_get(json, "slots"), slots++);
        assert_string_equal(word(slot, "name"), row->name);
        assert_int_equal(json_is_true(json_object_get(slot, "required")), !row->is_optional);
    }
    for (const oa_output *row = step->outputs; row->name; row++) {
        const json_t *output = json_array_get(json_object_get(json, "outputs"), outputs++);
        assert_string_equal(word(output, "name"), row->name);
        if (row->axes) assert_string_equal(word(output, "axes"), row->axes);
        if (!row->help) fail_msg("%s: output %s has no help", step->name, row->name);
    }
    assert_int_equal(json_array_size(json_object_get(json, "slots")), slots);
    assert_int_equal(json_array_size(json_object_get(json, "outputs")), outputs);
}

static void check_step(const json_t *json, const oa_step *step)
{
    const json_t *properties = json_object_get(json_object_get(json, "parameters"), "properties");
    assert_string_equal(word(json, "name"), step->name);
    assert_int_equal(json_integer_value(json_object_get(json, "version")), step->version);
    assert_string_equal(word(json, "title"), step->title);
    assert_string_equal(word(json_object_get(json, "parameters"), "$schema"), "https://json-schema.org/draft/2020-12/schema");
    assert_int_equal(json_object_size(properties), oa_param_count(step->params));
    for (const oa_param *row = step->params; row->name; row++) check_param(json_object_get(properties, row->name), row, step->name);
    for (const oa_preset *p = step->presets; p && p->name; p++)
        for (const oa_preset_value *v = p->values; v->name; v++) {
            const json_t *values = json_object_get(json_object_get(json_object_get(json, "presets"), p->name), "values");
            assert_string_equal(word(values, v->name), v->text);
        }
    check_rest(json, step);
}

static void test_describe__the_whole_catalogue(void **state)
{
    json_t *json = described(*state, NULL);
    const json_t *steps = json_object_get(json, "steps");
    assert_string_equal(word(json, "program"), "ordapt");
    assert_string_equal(word(json, "version"), oa_version());
    assert_int_equal(json_array_size(steps), oa_step_count());
    assert_true(oa_step_count() >= 12);
    for (size_t i = 0; i < oa_step_count(); i++) check_step(json_array_get(steps, i), oa_step_at(i));
    json_decref(json);
    assert_int_equal(((oa_context *)*state)->bytes, 0);
}

static void test_describe__every_kind(void **state)
{
    json_t *json = described(*state, &toy_step);
    const json_t *p = json_object_get(json_object_get(json, "parameters"), "properties"), *roi = json_object_get(p, "roi");
    check_step(json, &toy_step);
    assert_true(json_real_value(json_object_get(json_object_get(p, "edge"), "default")) == 1);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(p, "bins"), "default")), 20);
    assert_true(json_is_true(json_object_get(json_object_get(p, "is_open"), "default")));
    assert_string_equal(word(json_object_get(p, "mode"), "default"), "good");
    assert_int_equal(json_array_size(json_object_get(roi, "default")), 0);
    assert_int_equal(json_integer_value(json_object_get(roi, "maxItems")), 6);
    assert_string_equal(word(json_object_get(p, "edge"), "nx_units"), "NX_LENGTH");
    json_decref(json);
}

static void test_describe__steps_are_found_by_name(void **state)
{
    (void)state;
    assert_null(oa_step_find("no such step"));
    assert_null(oa_step_at(oa_step_count()));
    for (size_t i = 0; i < oa_step_count(); i++) {
        const oa_step *step = oa_step_at(i);
        assert_ptr_equal(oa_step_find(oa_step_name(step)), step); /* no name twice */
        for (size_t k = 0; step->name[k]; k++) assert_true(strchr("abcdefghijklmnopqrstuvwxyz_", step->name[k]) != NULL);
    }
}

/* An option and a slot of one step may not have the same name, nor one of the program's own. */
static void test_describe__names_do_not_collide(void **state)
{
    static const char *const common[] = { "output", "threads", "kernel", "config", "progress", "json", "dry_run", "overwrite", "search", "embed", "slab" };
    (void)state;
    for (size_t i = 0; i < oa_step_count(); i++) {
        const oa_step *step = oa_step_at(i);
        for (const oa_slot *slot = step->slots; slot->name; slot++)
            if (oa_param_find(step->params, slot->name)) fail_msg("%s: %s is a slot and a parameter", step->name, slot->name);
        for (size_t k = 0; k < sizeof common / sizeof *common; k++)
            if (oa_param_find(step->params, common[k])) fail_msg("%s: %s is an option of the program", step->name, common[k]);
    }
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_describe__the_whole_catalogue),
        with_context(test_describe__every_kind),
        with_context(test_describe__steps_are_found_by_name),
        with_context(test_describe__names_do_not_collide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
