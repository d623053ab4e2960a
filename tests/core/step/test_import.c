/* test_import.c - what comes from several sources is joined, or refused by name. The sources are made here. */
#include "core/step/step_run.h"
#include "data/model.h"

extern const oa_step oa_step_import;

static oa_status read_ions(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    const float m[] = { 26.98f, 13.5f, 60, 27 }, x[] = { 0, 1, 2, 3 }, z[] = { 0, -1, -2, -3 };
    (void)source;
    assert_string_equal(options->byte_order, "little");
    assert_true(options->fourth_is_label && options->allow_negative && !options->force);
    oa_context__clear(context);
    return oa_ions_new(context, &out->ions, 4, x, x, z, m);
}

static oa_ranges *two_ranges(oa_context *context)
{
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    step_add_range(r, 13, 1, 26.9, 27.1);
    step_add_range(r, 26, 1, 13.4, 13.6);
    return r;
}

static oa_status read_ranges(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    (void)source, (void)options;
    out->ranges = two_ranges(context);
    return OA_OK;
}

/* As a NeXus file of another program: ions that bring their ranges, but no types. */
static oa_status read_both(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    OA_TRY(read_ions(context, source, options, out));
    oa_ions__set_ranges(out->ions, two_ranges(context));
    return OA_OK;
}

static oa_status read_nothing(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    (void)context, (void)source, (void)options, (void)out;
    return OA_OK;
}

static oa_status read_failure(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    (void)options, (void)out;
    return oa_fail_at(context, OA_IN_FILE(source->name), "E_SIZE", "%s is cut", source->name);
}

static step_run *with_sources(oa_context *context, oa_source *sources, size_t n)
{
    step_run *s = step_begin(context, &oa_step_import);
    step_set(s, "byte-order", "little");
    step_set(s, "fourth", "cluster");
    step_set(s, "allow_negative", "true");
    oa_input *files = step_input(s, "files");
    files->sources = sources, files->n_sources = n;
    return s;
}

static void ions_and_ranges_give_types(void **state)
{
    oa_source sources[] = { { .name = "a.rrng", .read = read_ranges }, { .name = "a.pos", .read = read_ions } };
    step_run *s = with_sources(*state, sources, 2);
    check_ok(*state, step_go(s));
    const oa_ions *ions = s->values->ions;
    const unsigned want[] = { 1, 2, 0, 1 };
    for (size_t i = 0; i < 4; i++) assert_int_equal(oa_ions__type(ions, i), want[i]);
    assert_true(step_warned(s, "W_UNRANGED"));
    check_real(step_real(s, "summary/unranged"), 1, 0);
    check_real(step_real(s, "summary/z_min"), -3, 0);
    check_real(step_real(s, "summary/x_max"), 3, 0);
    assert_string_equal(step_text(s, "summary/elements"), "Al, Fe");
    step_end(s);
}

static void ranges_that_come_with_ions_are_applied(void **state)
{
    oa_source sources[] = { { .name = "a.nxs", .read = read_both } };
    step_run *s = with_sources(*state, sources, 1);
    check_ok(*state, step_go(s));
    assert_int_equal(oa_ions__type(s->values->ions, 3), 1);
    step_end(s);
}

static void either_alone_is_legal(void **state)
{
    oa_source ions = { .name = "a.pos", .read = read_ions }, ranges = { .name = "a.rrng", .read = read_ranges };
    step_run *s = with_sources(*state, &ions, 1);
    check_ok(*state, step_go(s));
    assert_null(oa_ions__data(s->values->ions, OA_TYPE));
    assert_false(step_warned(s, "W_UNRANGED"));
    step_end(s);
    s = with_sources(*state, &ranges, 1);
    check_ok(*state, step_go(s));
    assert_int_equal(s->values->ions->n, 0);
    assert_int_equal(s->values->ions->ranges->n, 2);
    step_end(s);
}

static void two_of_a_kind_are_refused(void **state)
{
    oa_source sources[] = { { .name = "a.rrng", .read = read_ranges }, { .name = "a.pos", .read = read_ions },
                            { .name = "b.rrng", .read = read_ranges } };
    step_run *s = with_sources(*state, sources, 3);
    check_fails(*state, step_go(s), "E_RANGES_SEVERAL");
    assert_non_null(strstr(oa_error_text(*state), "a.rrng"));
    assert_string_equal(oa_error_file(*state), "b.rrng");
    step_end(s);
    oa_source pair[] = { { .name = "a.nxs", .read = read_both }, { .name = "a.rrng", .read = read_ranges } };
    s = with_sources(*state, pair, 2);
    check_fails(*state, step_go(s), "E_RANGES_SEVERAL");
    step_end(s);
}

static void failures_pass_through(void **state)
{
    oa_source sources[] = { { .name = "a.pos", .read = read_ions }, { .name = "b.pos", .read = read_failure } };
    step_run *s = with_sources(*state, sources, 2);
    check_fails(*state, step_go(s), "E_SIZE");
    step_end(s);
    oa_source nothing = { .name = "a.nxs", .read = read_nothing };
    s = with_sources(*state, &nothing, 1);
    check_fails(*state, step_go(s), "E_EMPTY_DATA");
    step_end(s);
}

/* A network of one dense layer; value tells it from others. */
static oa_status read_model(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    (void)options;
    oa_model *m;
    OA_TRY(oa_model_new(context, &m));
    out->model = m;
    snprintf(m->architecture, sizeof m->architecture, "cnn1d");
    m->members = 1, m->input_length = 1, m->input_channels = 2, m->n_classes = 2, m->n_layers = 1;
    snprintf(m->classes[0], sizeof m->classes[0], "FCC");
    snprintf(m->classes[1], sizeof m->classes[1], "CSRO");
    snprintf(m->assumed, sizeof m->assumed, "the map is taken as cocrni-002");
    oa_layer *l = &m->layers[0];
    snprintf(l->kind, sizeof l->kind, "dense");
    snprintf(l->activation, sizeof l->activation, "softmax");
    l->inputs = 2, l->units = 2, l->n_kernel = 4, l->n_bias = 2;
    OA_TRY(oa_new(context, &l->kernel, 4, sizeof *l->kernel));
    OA_TRY(oa_new(context, &l->bias, 2, sizeof *l->bias));
    l->bias[0] = (float)source->name[6];
    return oa_model_digest(m, m->sha256);
}

static void networks_become_one_ensemble(void **state)
{
    oa_source sources[] = { { .name = "model_0.h5", .read = read_model }, { .name = "model_1.h5", .read = read_model } };
    step_run *s = with_sources(*state, sources, 2);
    check_ok(*state, step_go(s));
    check_real(step_real(s, "summary/members"), 2, 0);
    assert_string_equal(step_text(s, "summary/classes"), "FCC, CSRO");
    check_real((double)s->values->model->layers[0].bias[2], '1', 0);
    assert_string_equal(step_text(s, "definition/assumed"), "the map is taken as cocrni-002");
    step_end(s);
    s = with_sources(*state, sources, 1);
    check_ok(*state, step_go(s));
    check_real(step_real(s, "summary/members"), 1, 0);
    step_end(s);
    oa_source mixed[] = { { .name = "model_0.h5", .read = read_model }, { .name = "a.pos", .read = read_ions } };
    s = with_sources(*state, mixed, 2);
    check_fails(*state, step_go(s), "E_RANGES_SEVERAL");
    step_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ions_and_ranges_give_types, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ranges_that_come_with_ions_are_applied, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(either_alone_is_legal, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(two_of_a_kind_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(failures_pass_through, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(networks_become_one_ensemble, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
