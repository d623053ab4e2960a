/* test_step_memory.c - whichever allocation fails, a step says so and leaves nothing behind. */
#include "core/step/step_run.h"

extern const oa_step oa_step_import, oa_step_range, oa_step_composition, oa_step_spectrum, oa_step_shuffle, oa_step_synthesise,
    oa_step_score, oa_step_export;

/* What the steps work on: a specimen, its truth, and a selection of some of its ions. */
typedef struct world {
    oa_ions *ions;
    oa_values *truth;
    uint64_t index[3];
    oa_sink sink;
    oa_source source;
} world;

static oa_status write_nothing(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options)
{
    (void)context, (void)ions, (void)options;
    sink->n_files = 0;
    return OA_OK;
}

/* The path of the source carries the ions: shared, as a reader would give new ones. */
static oa_status read_shared(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    (void)context, (void)options;
    oa_ions *ions;
    memcpy(&ions, source->path, sizeof ions);
    return oa_ions__share(ions, &out->ions);
}

static step_run *prepared(oa_context *context, const oa_step *step, world *w)
{
    step_run *s = step_begin(context, step);
    if (step == &oa_step_synthesise) {
        step_set(s, "box", "-2,2,-2,2,-4,0");
        step_set(s, "domains", "2");
        step_set(s, "radii", "0.8");
        return s;
    }
    if (step == &oa_step_shuffle) step_set(s, "rounding", "0.001");
    if (step == &oa_step_export) step_set(s, "label", "domain");
    if (step == &oa_step_export) step_set(s, "selected_only", "true");
    if (step == &oa_step_import) {
        oa_input *files = step_input(s, "files");
        files->sources = &w->source, files->n_sources = 1;
        return s;
    }
    oa_input *in = step_input(s, step == &oa_step_score ? "selection" : "ions");
    in->ions = w->ions;
    in->has_selection = true, in->index = w->index, in->n_index = 3;
    if (step == &oa_step_score) step_input(s, "truth")->result = w->truth;
    if (step == &oa_step_export) step_input(s, "labels")->result = w->truth;
    s->run.sink = &w->sink;
    return s;
}

static void fail_each_allocation(oa_context *context, const oa_step *step, world *w)
{
    step_run *s = prepared(context, step, w); /* once in full, so that threads exist */
    check_ok(context, step_go(s));
    step_end(s);
    const size_t before = context->bytes;
    bool failed = true;
    for (uint64_t k = 1; failed; k++) {
        assert_true(k < 2000);
        s = prepared(context, step, w);
        context->fail_allocation = context->allocations + k;
        const oa_status status = step_go(s);
        context->fail_allocation = 0;
        failed = status != OA_OK;
        if (failed) assert_string_equal(oa_error_code(context), "E_MEMORY");
        step_end(s);
        if (context->bytes != before) fail_msg("%s: allocation %d fails, %d bytes stay", step->name, (int)k, (int)(context->bytes - before));
    }
}

static void nothing_is_left_behind(void **state)
{
    static const oa_step *const steps[] = { &oa_step_import, &oa_step_range, &oa_step_composition, &oa_step_spectrum, &oa_step_shuffle,
                                            &oa_step_synthesise, &oa_step_score, &oa_step_export };
    world w = { .index = { 0, 5, 70 }, .sink = { .path = "x.pos", .write = write_nothing } };
    step_run *made = prepared(*state, &oa_step_synthesise, &w);
    check_ok(*state, step_go(made));
    w.ions = made->values->ions;
    w.truth = made->values;
    w.source = (oa_source){ .path = (const char *)&w.ions, .name = "a.nxs", .read = read_shared };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) fail_each_allocation(*state, steps[i], &w);
    step_end(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(nothing_is_left_behind, check_setup, check_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
