/* test_maps_memory.c - whichever allocation fails, sdm and domains say so and leave nothing behind. */
#include "core/step/step_run.h"

extern const oa_step oa_step_sdm, oa_step_domains, oa_step_synthesise;

/* Small maps of two species in every mode, domains of everything against themselves. */
static step_run *prepared(oa_context *context, const oa_step *step, oa_ions *ions, const char *mode)
{
    step_run *s = step_begin(context, step);
    step_ions(s, "ions", ions);
    if (step == &oa_step_domains) {
        step_ions(s, "control", ions);
        step_set(s, "species", "Ni,Co");
    } else {
        step_set(s, "pairs", "Ni-Ni,Co-Cr");
        step_set(s, "mode", strcmp(mode, "picture") == 0 ? "insphere" : mode);
    }
    if (strcmp(mode, "picture") == 0) {
        static const char *const values[][2] = { { "dimensions", "2" }, { "bins", "40" }, { "crop_first", "0" }, { "crop_bins", "40" },
                                                 { "picture", "levels" }, { "pixels", "15" } };
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) step_set(s, values[i][0], values[i][1]);
    }
    return s;
}

static oa_status go(step_run *s)
{
    OA_TRY(step_go(s));
    return s->run.step->finish ? s->run.step->finish(&s->run, s->settings->values) : OA_OK;
}

static void fail_each_allocation(oa_context *context, const oa_step *step, oa_ions *ions, const char *mode)
{
    step_run *s = prepared(context, step, ions, mode); /* once in full, so that threads exist */
    check_ok(context, go(s));
    step_end(s);
    const size_t before = context->bytes;
    bool failed = true;
    for (uint64_t k = 1; failed; k++) {
        assert_true(k < 2000);
        s = prepared(context, step, ions, mode);
        context->fail_allocation = context->allocations + k;
        failed = go(s) != OA_OK;
        context->fail_allocation = 0;
        if (failed) assert_string_equal(oa_error_code(context), "E_MEMORY");
        step_end(s);
        if (context->bytes != before) fail_msg("%s: allocation %d fails, bytes stay", step->name, (int)k);
    }
}

static void test_maps_memory__nothing_is_left_behind(void **state)
{
    static const char *const modes[] = { "insphere", "tree", "all", "picture" };
    step_run *made = step_begin(*state, &oa_step_synthesise);
    step_set(made, "box", "-1.5,1.5,-1.5,1.5,-3,0");
    check_ok(*state, step_go(made));
    for (int m = 0; m < 4; m++) fail_each_allocation(*state, &oa_step_sdm, made->values->ions, modes[m]);
    fail_each_allocation(*state, &oa_step_domains, made->values->ions, "");
    step_end(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_maps_memory__nothing_is_left_behind, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
