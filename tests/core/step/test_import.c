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

/* ---- banks ---- */

static oa_status give_array(oa_context *context, oa_content *out, int rank, const size_t *dims)
{
    oa_array *array;
    OA_TRY(oa_new(context, &array, 1, sizeof *array));
    out->array = array;
    array->type = OA_F64, array->rank = rank;
    size_t n = 1;
    for (int i = 0; i < rank; i++) n *= array->dims[i] = dims[i];
    return oa_block_new(context, &array->block, n, sizeof(double));
}

/* Pattern p of a file has counts 10 p + seed + 2 b at bin b: minimum 10 p + seed, maximum 184 more. */
enum { BINS = 93 };
static double count_of(size_t p, size_t b, size_t seed) { return 10 * (double)p + (double)seed + 2 * (double)b; }

/* The file is named by layout and patterns: "e2" edges and counts of two, "p3" curves of three, "c2" two channels. */
static oa_status read_bank(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    (void)options;
    const char kind = source->name[0];
    const size_t n = (size_t)(source->name[1] - '0'), seed = (size_t)source->name[2];
    if (kind == 'x') return give_array(context, out, 2, (const size_t[]){ n, 3 });
    if (kind == 'e') OA_TRY(give_array(context, out, 2, (const size_t[]){ BINS, 2 * n }));
    else OA_TRY(give_array(context, out, kind == 'c' ? 3 : 2, (const size_t[]){ n, BINS, 2 }));
    double *v = out->array->block->data;
    for (size_t p = 0; p < n; p++)
        for (size_t b = 0; b < BINS; b++) {
            if (kind == 'e') v[b * 2 * n + 2 * p] = -0.69 + 0.015 * (double)b, v[b * 2 * n + 2 * p + 1] = count_of(p, b, seed);
            else if (kind == 'c') v[(p * BINS + b) * 2] = count_of(p, b, seed), v[(p * BINS + b) * 2 + 1] = -count_of(p, b, seed);
            else v[p * BINS + b] = count_of(p, b, seed);
        }
    if (strchr(source->name, 'N')) v[BINS + 5] = NAN;       /* of pattern 1 of a plain file */
    if (strchr(source->name, 'I')) v[BINS + 5] = INFINITY;
    if (strchr(source->name, 'F')) memset(v, 0, BINS * sizeof *v); /* pattern 0 is flat */
    if (strchr(source->name, 'E')) v[2] += 0.015;                  /* an edge of pattern 1 */
    return OA_OK;
}

static step_run *with_bank(oa_context *context, const char *preset, const char *labels, oa_source *sources, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) sources[i] = (oa_source){ .name = names[i], .read = read_bank };
    step_run *s = step_begin(context, &oa_step_import);
    step_set(s, "preset", preset);
    step_set(s, "labels", labels);
    oa_input *files = step_input(s, "files");
    files->sources = sources, files->n_sources = n;
    return s;
}

static void banks_become_labelled_patterns(void **state)
{
    oa_source sources[6];
    step_run *s = with_bank(*state, "", "FCC,CSRO", sources, (const char *const[]){ "e2a.npy", "p3b.npy" }, 2);
    check_ok(*state, step_go(s));
    const oa_array *patterns = step_array(s, "patterns/pattern");
    const float *v = patterns->block->data, *target = step_data(s, "labels/target");
    const uint32_t *label = step_data(s, "labels/label");
    assert_int_equal(patterns->dims[0], 5);
    assert_int_equal(patterns->dims[1], BINS);
    for (size_t p = 0; p < 5; p++) {
        for (size_t b = 0; b < BINS; b++) check_real((double)v[p * BINS + b], (double)b / 92, 1e-7);
        assert_int_equal(label[p], p >= 2);
        check_real((double)target[2 * p + 1], p >= 2, 0);
    }
    assert_string_equal(step_text(s, "map/classes"), "FCC,CSRO");
    assert_string_equal(step_text(s, "map/preset"), "cocrni-002");
    assert_non_null(strstr(step_text(s, "summary/assumed"), "from the number of channels"));
    step_end(s);

    /* a label of the preset keeps its number there; labels of one's own are numbered as they come */
    s = with_bank(*state, "cocrni-111", "CSRO", sources, (const char *const[]){ "p2a.npy" }, 1);
    check_ok(*state, step_go(s));
    assert_string_equal(step_text(s, "map/classes"), "FCC,CSRO");
    assert_int_equal(*(const uint32_t *)step_data(s, "labels/label"), 1);
    assert_non_null(strstr(step_text(s, "summary/assumed"), "as told"));
    step_end(s);
    s = with_bank(*state, "", "CSRO,L10,CSRO", sources, (const char *const[]){ "p1a.npy", "p1b.npy", "p1c.npy" }, 3);
    check_ok(*state, step_go(s));
    assert_string_equal(step_text(s, "map/classes"), "CSRO,L10");
    assert_memory_equal(step_data(s, "labels/label"), ((const uint32_t[]){ 0, 1, 0 }), 3 * sizeof(uint32_t));
    step_end(s);
}

static void channels_come_from_several_files_or_one(void **state)
{
    oa_source sources[6];
    step_run *s = with_bank(*state, "", "BCC,B2,D03", sources, (const char *const[]){ "e2a", "e2b", "p1a", "p1b", "p2a", "e2b" }, 6);
    check_ok(*state, step_go(s));
    const uint32_t *label = step_data(s, "labels/label");
    assert_int_equal(step_array(s, "patterns/pattern")->dims[2], 2);
    assert_memory_equal(label, ((const uint32_t[]){ 0, 0, 1, 2, 2 }), 5 * sizeof(uint32_t));
    step_end(s);
    s = with_bank(*state, "", "", sources, (const char *const[]){ "c3a" }, 1);
    check_ok(*state, step_go(s));
    const float *v = step_data(s, "patterns/pattern");
    assert_string_equal(step_text(s, "map/preset"), "feal-002");
    assert_string_equal(step_text(s, "map/classes"), "");
    assert_null(oa_values_find(s->values, 1, "labels/target"));
    for (size_t b = 0; b < BINS; b++) check_real((double)v[2 * b] + (double)v[2 * b + 1], 1, 1e-6); /* one rises, one falls */
    step_end(s);
}

static void curves_without_shape_are_void(void **state)
{
    oa_source sources[1];
    step_run *s = with_bank(*state, "", "", sources, (const char *const[]){ "p3aNF" }, 1);
    check_ok(*state, step_go(s));
    const float *v = step_data(s, "patterns/pattern");
    for (size_t b = 0; b < BINS; b++) assert_true(isnan(v[b]) && isnan(v[BINS + b]) && isfinite(v[2 * BINS + b]));
    check_real(step_real(s, "summary/invalid_patterns"), 2, 0);
    assert_true(step_warned(s, "W_NO_CURVE"));
    step_end(s);
}

static void banks_that_do_not_fit_are_refused(void **state)
{
    static const struct { const char *preset, *labels, *names[2]; size_t n; const char *code, *word; } rows[] = {
        { "", "", { "x9a" }, 1, "E_INPUT_KIND", "(9, 3)" },
        { "cocrni-002", "", { "c2a" }, 1, "E_INPUT_KIND", "(2, 93, 2)" },
        { "", "", { "e2aE" }, 1, "E_MAP_MISMATCH", "begins at" },
        { "", "", { "p2aI" }, 1, "E_NONFINITE", "pattern 1" },
        { "cocrni-002", "FCC,CSRO", { "p2a" }, 1, "E_PARAMETER_VALUE", "1 files and 2 labels" },
        { "cocrni-002", "FCC", { "p2a", "p2b" }, 2, "E_PARAMETER_VALUE", "labels" },
        { "", "FCC,", { "p2a", "p2b" }, 2, "E_PARAMETER_VALUE", "words" },
        { "", ",FCC", { "p2a", "p2b" }, 2, "E_PARAMETER_VALUE", "words" },
        { "feal-002", "", { "p2a" }, 1, "E_PARAMETER_VALUE", "2 files" },
        { "feal-002", "BCC", { "p2a", "p3b" }, 2, "E_COUNT_MISMATCH", "3 patterns" },
        { "feal-002", "", { "c2a", "p2b" }, 2, "E_INPUT_KIND", "one kind" },
        { "au-cu", "", { "p2a" }, 1, "E_PARAMETER_CHOICE", "au-cu" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        oa_source sources[2];
        step_run *s = with_bank(*state, rows[i].preset, rows[i].labels, sources, rows[i].names, rows[i].n);
        if (step_go(s) == OA_OK) fail_msg("row %zu was taken", i);
        assert_string_equal(oa_error_code(*state), rows[i].code);
        if (!strstr(oa_error_text(*state), rows[i].word)) fail_msg("'%s' does not mention '%s'", oa_error_text(*state), rows[i].word);
        step_end(s);
    }
    oa_source mixed[] = { { .name = "p2a.npy", .read = read_bank }, { .name = "a.rrng", .read = read_ranges } };
    step_run *s = with_sources(*state, mixed, 2);
    check_fails(*state, step_go(s), "E_RANGES_SEVERAL");
    step_end(s);
    s = with_sources(*state, mixed + 1, 1);
    step_set(s, "labels", "FCC");
    check_fails(*state, step_go(s), "E_PARAMETER_VALUE");
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
        cmocka_unit_test_setup_teardown(banks_become_labelled_patterns, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(channels_come_from_several_files_or_one, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(curves_without_shape_are_void, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(banks_that_do_not_fit_are_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
