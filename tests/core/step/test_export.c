/* test_export.c - which ions are written, with which labels. The sink is made here and remembers what it was given. */
#include "core/step/step_run.h"

extern const oa_step oa_step_export;

typedef struct kept {
    char format[16], label_name[16];
    bool has_label;
    uint32_t label[8];
    size_t n;
    uint64_t index[8];
} kept;
static kept seen;

static oa_status remember(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options)
{
    (void)context;
    seen = (kept){ .has_label = options->label != NULL, .n = options->index ? options->n_index : ions->n };
    snprintf(seen.format, sizeof seen.format, "%s", options->format);
    if (options->label) {
        memcpy(seen.label, options->label, ions->n * sizeof *options->label);
        snprintf(seen.label_name, sizeof seen.label_name, "%s", options->label_name);
    }
    for (size_t k = 0; k < seen.n; k++) seen.index[k] = options->index ? options->index[k] : k;
    sink->n_files = 2;
    sink->files[0] = (oa_written){ .name = "a.pos", .sha256 = "aa", .bytes = 64 };
    sink->files[1] = (oa_written){ .name = "a.rrng", .sha256 = "bb", .bytes = 10 };
    return OA_OK;
}

typedef struct setting {
    step_run *s;
    oa_ions *ions;
    oa_values *labels;
    oa_sink sink;
} setting;

static void add_u32(oa_values *values, const char *name, size_t n, const uint32_t *v)
{
    oa_array *array;
    check_ok(values->context, oa_values_add(values, 1, name, OA_U32, 1, &n, &array));
    memcpy(array->block->data, v, n * sizeof *v);
}

static void add_u64(oa_values *values, const char *name, size_t n, const uint64_t *v)
{
    oa_array *array;
    check_ok(values->context, oa_values_add(values, 1, name, OA_U64, 1, &n, &array));
    memcpy(array->block->data, v, n * sizeof *v);
}

static void begin(setting *t, oa_context *context)
{
    static const float v[5] = { 0, 1, 2, 3, 4 };
    t->s = step_begin(context, &oa_step_export);
    t->ions = step_make_ions(context, 5, v, v, v, v);
    check_ok(context, oa_values_new(context, &t->labels));
    t->sink = (oa_sink){ .path = "some.where/a.POS", .write = remember };
    t->s->run.sink = &t->sink;
    step_ions(t->s, "ions", t->ions);
    step_input(t->s, "labels")->result = t->labels;
}

static void end(setting *t)
{
    oa_values_free(t->labels);
    oa_ions_free(t->ions);
    step_end(t->s);
}

static void plain_export(void **state)
{
    setting t;
    begin(&t, *state);
    check_ok(*state, step_go(t.s));
    assert_string_equal(seen.format, "pos");
    assert_false(seen.has_label);
    assert_int_equal(seen.n, 5);
    assert_string_equal(step_text(t.s, "summary/file_names"), "a.pos, a.rrng");
    assert_string_equal(step_text(t.s, "summary/sha256"), "aa, bb");
    check_real(step_real(t.s, "summary/bytes"), 74, 0);
    end(&t);
}

static void domains_are_labels(void **state)
{
    setting t;
    begin(&t, *state);
    add_u64(t.labels, "membership/ion_index", 3, (const uint64_t[]){ 1, 2, 4 });
    add_u32(t.labels, "membership/domain", 3, (const uint32_t[]){ 7, 0, 3 });
    step_set(t.s, "label", "domain");
    check_ok(*state, step_go(t.s));
    const uint32_t want[] = { 0, 7, 0, 0, 3 };
    assert_memory_equal(seen.label, want, sizeof want);
    assert_string_equal(seen.label_name, "domain");
    assert_int_equal(seen.n, 5);
    check_real(step_real(t.s, "summary/labelled"), 2, 0);
    end(&t);

    begin(&t, *state);
    add_u32(t.labels, "truth/domain", 5, (const uint32_t[]){ 0, 1, 0, 2, 2 });
    step_set(t.s, "label", "domain");
    step_set(t.s, "selected_only", "true");
    check_ok(*state, step_go(t.s));
    assert_int_equal(seen.n, 3);
    assert_int_equal(seen.index[0], 1);
    assert_int_equal(seen.index[2], 4);
    end(&t);
}

static void selections_are_labels(void **state)
{
    setting t;
    begin(&t, *state);
    add_u64(t.labels, "selected/ion_index", 2, (const uint64_t[]){ 0, 3 });
    step_set(t.s, "label", "selected");
    check_ok(*state, step_go(t.s));
    const uint32_t want[] = { 1, 0, 0, 1, 0 };
    assert_memory_equal(seen.label, want, sizeof want);
    end(&t);

    static const uint64_t index[] = { 2, 3 };
    begin(&t, *state); /* the main input selects, no label: only these are written */
    t.s->inputs[0].has_selection = true, t.s->inputs[0].index = index, t.s->inputs[0].n_index = 2;
    step_set(t.s, "selected_only", "true");
    check_ok(*state, step_go(t.s));
    assert_int_equal(seen.n, 2);
    assert_int_equal(seen.index[1], 3);
    end(&t);

    begin(&t, *state); /* an empty selection writes nothing, not everything */
    t.s->inputs[0].has_selection = true;
    step_set(t.s, "selected_only", "true");
    check_ok(*state, step_go(t.s));
    assert_int_equal(seen.n, 0);
    assert_true(step_warned(t.s, "W_NO_IONS"));
    end(&t);
}

static void labels_that_do_not_fit(void **state)
{
    setting t;
    begin(&t, *state);
    step_set(t.s, "label", "domain");
    check_fails(*state, step_go(t.s), "E_INPUT_KIND");
    end(&t);
    begin(&t, *state);
    add_u64(t.labels, "selected/ion_index", 1, (const uint64_t[]){ 5 });
    step_set(t.s, "label", "selected");
    check_fails(*state, step_go(t.s), "E_CONTROL");
    end(&t);
    begin(&t, *state);
    add_u32(t.labels, "truth/domain", 4, (const uint32_t[]){ 0, 1, 0, 2 });
    step_set(t.s, "label", "domain");
    check_fails(*state, step_go(t.s), "E_CONTROL");
    end(&t);
    begin(&t, *state);
    step_set(t.s, "selected_only", "true");
    check_fails(*state, step_go(t.s), "E_PARAMETER_VALUE");
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_export, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(domains_are_labels, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(selections_are_labels, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(labels_that_do_not_fit, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
