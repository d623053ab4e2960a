/* classify on a small crystal with a network of arbitrary weights: slabs, channels, invalid voxels, and what is refused. */
#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "data/model.h"
#include "run/run.h"

enum { CELLS = 14, IONS = 4 * CELLS * CELLS * CELLS };
static const double lattice = 0.36;

/* fcc, every site one of Co, Cr, Ni at random; thinned, so that some spheres hold few of a species. */
static oa_ions *make_ions(oa_context *context)
{
    static const double basis[4][3] = { { 0, 0, 0 }, { 0.5, 0.5, 0 }, { 0.5, 0, 0.5 }, { 0, 0.5, 0.5 } };
    static const unsigned z[] = { 27, 24, 28 };
    oa_random random = oa_random_start(3, 0);
    oa_ions *ions;
    oa_ranges *ranges;
    check_ok(context, oa_ions__create(context, &ions, IONS));
    check_ok(context, oa_ranges__create(context, &ranges));
    for (int i = 0; i < 3; i++) {
        oa_ion_type type = { .nuclides = { OA_ELEMENT_HASH(z[i]) }, .n_atoms = 1, .charge = 1 };
        unsigned number;
        oa_ion_type__name(&type);
        check_ok(context, oa_ranges__add_type(ranges, &type, &number));
    }
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    oa_ions__set_ranges(ions, ranges);
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (int axis = 0; axis < 3; axis++) {
        float *column = oa_ions__data(ions, (oa_ion_column)(OA_X + axis));
        for (size_t i = 0; i < IONS; i++) {
            const size_t cell[3] = { i / 4 % CELLS, i / 4 / CELLS % CELLS, i / 4 / CELLS / CELLS };
            column[i] = (float)(((double)cell[axis] + basis[i % 4][axis]) * lattice + 0.03 * oa_random_normal(&random));
        }
    }
    for (size_t i = 0; i < IONS; i++) type[i] = (uint8_t)(oa_random_below(&random, 6) > 2 ? 0 : 1 + oa_random_below(&random, 3));
    return ions;
}

static oa_model *make_model(oa_context *context, const char *preset)
{
    oa_model *model;
    oa_random random = oa_random_start(5, 0);
    const char *classes;
    check_ok(context, oa_model_new(context, &model));
    assert_true(oa_map_preset_find(preset, &model->map, &classes));
    check_ok(context, oa_model__set_classes(model, classes, NULL));
    model->members = 2;
    model->input_length = 93;
    model->input_channels = model->map.channels;
    const char *const kinds[] = { "conv1d", "maxpool1d", "flatten", "dense" };
    for (int i = 0; i < 4; i++) {
        oa_layer *layer = &model->layers[model->n_layers++];
        snprintf(layer->kind, sizeof layer->kind, "%s", kinds[i]);
        snprintf(layer->activation, sizeof layer->activation, "%s", i == 0 ? "relu" : i == 3 ? "softmax" : "linear");
        layer->width = i == 0 ? 10 : 2, layer->stride = i == 0 ? 1 : 2;
        layer->inputs = i == 0 ? model->input_channels : 42 * 4;
        layer->units = i == 0 ? 4 : model->n_classes;
    }
    check_ok(context, oa_model__new_weights(model));
    for (int i = 0; i < 4; i++)
        for (size_t k = 0; k < 2 * model->layers[i].n_kernel; k++) model->layers[i].kernel[k] = (float)(oa_random_normal(&random) / 4);
    check_ok(context, oa_model_digest(model, model->sha256));
    return model;
}

/* One call: what is given, what came out. */
typedef struct bench {
    oa_context *context;
    oa_ions *ions;
    oa_model *model;
    oa_settings *settings;
    oa_values *values;
    oa_record *record;
} bench;

static bench begin(oa_context *context, const char *preset, const char *species)
{
    bench b = { .context = context, .ions = make_ions(context), .model = make_model(context, preset) };
    const oa_step *step = oa_step_find("classify");
    assert_non_null(step);
    check_ok(context, oa_settings_new(context, &b.settings, step->params, step->params_size, step->presets));
    check_ok(context, oa_settings_set(b.settings, "species", species));
    check_ok(context, oa_settings_set(b.settings, "preset", preset));
    check_ok(context, oa_settings_set(b.settings, "threshold", "3"));
    return b;
}

static void set(bench *b, const char *name, const char *text)
{
    check_ok(b->context, oa_settings_set(b->settings, name, text));
}

static oa_status go(bench *b, int slab, int slabs, oa_values *joined)
{
    const oa_input inputs[2] = { { .role = "ions", .ions = b->ions, .ranges = b->ions->ranges },
                                 { .role = "model", .model = b->model, .content_sha256 = b->model->sha256 } };
    const oa_request request = { .step = oa_step_find("classify"), .settings = b->settings, .inputs = inputs, .n_inputs = 2,
                                 .slab = slab, .slabs = slabs, .joined = joined };
    oa_context__clear(b->context);
    return oa_run_step(b->context, &request, &b->values, &b->record);
}

static void drop(bench *b)
{
    oa_values_free(b->values);
    oa_record_free(b->record);
    b->values = NULL;
    b->record = NULL;
}

static void end(bench *b)
{
    drop(b);
    oa_settings_free(b->settings);
    oa_ions_free(b->ions);
    oa_model_free(b->model);
}

static const oa_array *array_of(const bench *b, int task, const char *name)
{
    const oa_array *array = oa_values_find(b->values, task, name);
    if (!array) fail_msg("task %d has no %s", task, name);
    return array;
}

static void test_classify__shapes_and_sums(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co,Ni");
    check_ok(b.context, go(&b, 0, 0, NULL));
    for (int task = 1; task <= 2; task++) {
        const oa_array *p = array_of(&b, task, "probability/probability"), *sum = array_of(&b, task, "pixels/sum");
        const oa_array *ion = array_of(&b, task, "selected/ion_index"), *valid = array_of(&b, task, "probability/is_valid");
        assert_int_equal(p->rank, 4);
        assert_int_equal(p->dims[3], 2);
        for (int i = 0; i < 3; i++) assert_int_equal(sum->dims[i], p->dims[i] + 1); /* voxel 1 nm, stride 0.5 nm */
        for (size_t v = 0; v < oa_array_count(valid); v++) {
            const double both = oa_array_real(p, 2 * v) + oa_array_real(p, 2 * v + 1);
            assert_int_equal(oa_array_real(valid, v) == 1, !isnan(both));
            if (!isnan(both)) check_real(both, 1, 1e-6);
        }
        assert_int_equal(oa_array_count(ion), (size_t)oa_array_real(array_of(&b, task, "summary/ions_selected"), 0));
        assert_int_equal(oa_array_count(ion), array_of(&b, task, "selected/pixel_sum")->dims[0]);
    }
    assert_string_equal(b.values->task_titles[1], "Ni");
    end(&b);
}

static void test_classify__two_channels_make_one_result(void **state)
{
    bench b = begin(*state, "feal-002", "Co,Ni");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_int_equal(b.values->tasks, 1);
    assert_string_equal(b.values->task_titles[0], "Co-Ni");
    assert_int_equal(array_of(&b, 1, "probability/probability")->dims[3], 3);
    drop(&b);
    set(&b, "species", "Co");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_PARAMETER_VALUE");
    end(&b);
}

static bool is_split(const char *name)
{
    for (const oa_output *row = oa_step_find("classify")->outputs; row->name; row++)
        if (strcmp(row->name, name) == 0) return row->is_split;
    fail_msg("%s is in no table", name);
    return false;
}

/* Appends the layers of the parts, as a merge does. */
static void join(oa_context *context, oa_values *const *parts, int n, const char *name, int task, oa_values *out)
{
    const oa_array *first = oa_values_find(parts[0], task, name);
    const int used = is_split(name) ? n : 1;
    size_t dims[5], at = 0;
    oa_array *array;
    memcpy(dims, first->dims, sizeof dims);
    for (int k = 1; k < used; k++) dims[0] += oa_values_find(parts[k], task, name)->dims[0];
    check_ok(context, oa_values_add(out, task, name, first->type, first->rank, dims, &array));
    for (int k = 0; k < used; k++) {
        const oa_array *part = oa_values_find(parts[k], task, name);
        memcpy((char *)array->block->data + at, part->block->data, oa_array_bytes(part));
        at += oa_array_bytes(part);
    }
}

static void test_classify__slabs_give_the_same_digest(void **state)
{
    enum { PARTS = 3 };
    bench b = begin(*state, "cocrni-002", "Co");
    char whole[OA_HEX];
    oa_values *parts[PARTS], *joined;
    check_ok(b.context, go(&b, 0, 0, NULL));
    snprintf(whole, sizeof whole, "%s", b.record->results_sha256);
    drop(&b);
    for (int k = 0; k < PARTS; k++) {
        check_ok(b.context, go(&b, k + 1, PARTS, NULL));
        parts[k] = b.values;
        b.values = NULL;
        drop(&b);
    }
    check_ok(b.context, oa_values_new(b.context, &joined));
    for (size_t i = 0; i < parts[0]->n; i++) join(b.context, parts, PARTS, parts[0]->arrays[i].name, 1, joined);
    check_ok(b.context, go(&b, 0, 0, joined));
    assert_string_equal(b.record->results_sha256, whole);
    for (int k = 0; k < PARTS; k++) oa_values_free(parts[k]);
    end(&b);
}

/* With few ions many spheres hold less than a pair: NaN spreads over pixels, or counts as nothing. */
static void test_classify__invalid_voxels_propagate_or_count_as_zero(void **state)
{
    bench b = begin(*state, "cocrni-002", "Cr");
    size_t invalid[2] = { 0, 0 };
    uint8_t *type = oa_ions__data(b.ions, OA_TYPE);
    for (size_t i = 0; i < IONS; i++)
        if (type[i] == 2 && i % 16) type[i] = 0; /* Cr is type 2 */
    for (int zero = 0; zero < 2; zero++) {
        set(&b, "nan", zero ? "zero" : "propagate");
        check_ok(b.context, go(&b, 0, 0, NULL));
        const oa_array *sum = array_of(&b, 1, "pixels/sum");
        for (size_t i = 0; i < oa_array_count(sum); i++) invalid[zero] += isnan(oa_array_real(sum, i)) != 0;
        assert_true(oa_array_real(array_of(&b, 1, "summary/invalid_voxels"), 0) > 0);
        assert_int_equal(oa_warning_count(b.context), 1);
        assert_string_equal(oa_warning_code(b.context, 0), "W_FEW_IONS");
        drop(&b);
    }
    assert_true(invalid[0] > 0);
    assert_int_equal(invalid[1], 0);
    end(&b);
}

static void expect(bench *b, const char *code)
{
    check_fails(b->context, go(b, 0, 0, NULL), code);
    assert_null(b->values);
}

static void test_classify__what_does_not_fit_is_refused(void **state)
{
    bench b = begin(*state, "cocrni-002", "Fe");
    expect(&b, "E_SPECIES_UNKNOWN");
    set(&b, "species", "");
    expect(&b, "E_PARAMETER_VALUE");
    set(&b, "species", "Co");
    set(&b, "class", "L12");
    expect(&b, "E_PARAMETER_CHOICE");
    set(&b, "class", "CSRO");
    set(&b, "radius", "0.8");
    expect(&b, "E_MAP_MISMATCH");
    set(&b, "radius", "0.75");
    set(&b, "preset", "feal-002");
    expect(&b, "E_MAP_MISMATCH");
    assert_non_null(strstr(oa_error_text(b.context), "feal-002"));
    set(&b, "preset", "cocrni-002");
    set(&b, "roi", "0,0.8,0,5,0,5");
    expect(&b, "E_ROI_OUTSIDE");
    set(&b, "roi", "50,60,0,5,0,5");
    expect(&b, "E_ROI_OUTSIDE");
    set(&b, "roi", "0,3,0,3,0,3");
    set(&b, "stride", "0.3");
    expect(&b, "E_PARAMETER_RANGE");
    set(&b, "stride", "0.5");
    check_ok(b.context, go(&b, 0, 0, NULL));
    end(&b);
}

static void test_classify__all_ions_in_one_place(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co");
    for (int axis = 0; axis < 3; axis++) {
        float *column = oa_ions__data(b.ions, (oa_ion_column)(OA_X + axis));
        for (size_t i = 0; i < IONS; i++) column[i] = 1;
    }
    expect(&b, "E_ROI_OUTSIDE");
    set(&b, "roi", "0,2,0,2,0,2");
    check_ok(b.context, go(&b, 0, 0, NULL)); /* no pair has an offset: every voxel is invalid */
    assert_int_equal(oa_array_real(array_of(&b, 1, "summary/invalid_voxels"), 0), 27);
    assert_null(oa_values_find(b.values, 1, "summary/mean_probability"));
    end(&b);
}

/* Every allocation fails once, on two threads: each time a message and no leak. */
static void test_classify__memory_may_run_out_anywhere(void **state)
{
    (void)state;
    oa_status status = OA_E_LACKING;
    oa_context *context;
    check_ok(context, oa_context_new(&context, &(oa_context_options){ .threads = 2 }));
    bench b = begin(context, "cocrni-002", "Co,Ni");
    set(&b, "roi", "0,2,0,2,0,2");
    for (uint64_t n = 1; status != OA_OK; n++) {
        context->fail_allocation = context->allocations + n;
        status = go(&b, 0, 0, NULL);
        assert_true(status == OA_OK || status == OA_E_LACKING);
        drop(&b);
        assert_true(n < 3000);
    }
    context->fail_allocation = 0;
    end(&b);
    oa_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_classify__shapes_and_sums, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__two_channels_make_one_result, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__slabs_give_the_same_digest, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__invalid_voxels_propagate_or_count_as_zero, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__what_does_not_fit_is_refused, check_setup, check_teardown),
        cmocka_unit_test(test_classify__memory_may_run_out_anywhere),
        cmocka_unit_test_setup_teardown(test_classify__all_ions_in_one_place, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
