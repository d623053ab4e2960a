/* Models as arrays and back: one changed bit is noticed, and nothing impossible is believed. */
#include "check.h"

#include "base/memory.h"
#include "data/model.h"

/* (93, 1) -> conv 4 of width 10 -> pool -> flatten -> dense 2, all weights different. */
static oa_model *make_model(oa_context *context, int64_t members)
{
    oa_model *model;
    check_ok(context, oa_model_new(context, &model));
    snprintf(model->architecture, sizeof model->architecture, "cnn1d");
    model->members = members;
    model->input_length = 93;
    model->input_channels = 1;
    assert_true(oa_map_preset_find("cocrni-002", &model->map, NULL));
    check_ok(context, oa_model__set_classes(model, "FCC,CSRO", NULL));
    static const char *const layers[] = {
        "conv1d width=10 inputs=1 units=4 stride=1 padding=valid activation=relu", "maxpool1d width=2 stride=2 padding=valid activation=linear",
        "flatten activation=linear", "dense inputs=168 units=2 activation=softmax",
    };
    for (int i = 0; i < 4; i++) assert_true(oa_layer__parse(layers[i], &model->layers[model->n_layers++]));
    check_ok(context, oa_model__new_weights(model));
    float next = 0;
    for (int i = 0; i < 4; i++)
        for (size_t k = 0; model->layers[i].kernel && k < (size_t)members * model->layers[i].n_kernel; k++) model->layers[i].kernel[k] = next += 0.25f;
    check_ok(context, oa_model_digest(model, model->sha256));
    return model;
}

static oa_values *to_values(oa_context *context, const oa_model *model)
{
    oa_values *values;
    check_ok(context, oa_values_new(context, &values));
    check_ok(context, oa_model_to_values(model, values));
    return values;
}

static oa_array *array_of(oa_values *values, const char *name)
{
    for (size_t i = 0; i < values->n; i++)
        if (strcmp(values->arrays[i].name, name) == 0) return &values->arrays[i];
    fail_msg("no array %s", name);
    return NULL;
}

static void test_model__arrays_give_the_model_back(void **state)
{
    oa_context *context = *state;
    oa_model *model = make_model(context, 3), *back;
    oa_values *values = to_values(context, model);
    check_ok(context, oa_model_from_values(context, values, "file.nxs", &back));
    assert_string_equal(back->sha256, model->sha256);
    assert_string_equal(back->classes[1], "CSRO");
    assert_int_equal(back->members, 3);
    assert_true(back->map.radius == 0.75 && back->map.background_last == 68);
    assert_memory_equal(back->layers[0].kernel, model->layers[0].kernel, 3 * 40 * sizeof(float));
    assert_memory_equal(back->layers[3].kernel, model->layers[3].kernel, 3 * 336 * sizeof(float));
    oa_values_free(values);
    oa_model_free(model);
    oa_model_free(back);
}

static void expect(oa_context *context, oa_values *values, const char *code)
{
    oa_model *back;
    oa_context__clear(context);
    check_fails(context, oa_model_from_values(context, values, "file.nxs", &back), code);
    assert_null(back);
    assert_int_equal(oa_exit_code(context->status), 65);
    oa_values_free(values);
}

static void test_model__one_changed_bit_is_noticed(void **state)
{
    oa_context *context = *state;
    oa_model *model = make_model(context, 2);
    static const char *const names[] = { "weights/member1_layer1_kernel", "weights/member2_layer4_kernel", "weights/member2_layer4_bias",
                                         "definition/radius", "definition/background_sweeps" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        oa_values *values = to_values(context, model);
        *(unsigned char *)array_of(values, names[i])->block->data ^= 1;
        expect(context, values, "E_DIGEST");
    }
    oa_values *values = to_values(context, model);
    *(char *)array_of(values, "definition/classes")->block->data = 'B';
    expect(context, values, "E_DIGEST");
    oa_model_free(model);
}

static void change_count(oa_context *context, const oa_model *model, const char *name, int64_t value, const char *code)
{
    oa_values *values = to_values(context, model);
    *(int64_t *)array_of(values, name)->block->data = value;
    expect(context, values, code);
}

static void change_text(oa_context *context, const oa_model *model, const char *name, const char *text, const char *code)
{
    oa_values *values = to_values(context, model);
    oa_array *array = array_of(values, name);
    oa_block_free(array->block);
    check_ok(context, oa_block_new(context, &array->block, strlen(text) + 1, 1));
    memcpy(array->block->data, text, strlen(text));
    expect(context, values, code);
}

static void test_model__impossible_values_are_refused(void **state)
{
    oa_context *context = *state;
    oa_model *model = make_model(context, 2);
    change_count(context, model, "definition/members", 1 << 20, "E_MODEL");
    change_count(context, model, "definition/members", 64, "E_MODEL");
    change_count(context, model, "definition/members", 1, "E_MODEL");
    change_count(context, model, "definition/input_length", -5, "E_MODEL");
    change_count(context, model, "definition/smooth_window", 16, "E_MODEL");
    change_count(context, model, "definition/crop_first", 60000, "E_MODEL");
    change_count(context, model, "definition/background_last", 93, "E_MODEL");
    change_count(context, model, "definition/dimensions", 2, "E_MODEL"); /* without the pixels of its pictures */
    change_text(context, model, "definition/layer1", "conv1d width=10 inputs=1 units=999999999 stride=1", "E_MODEL");
    change_text(context, model, "definition/layer1", "conv1d width=16000000 inputs=16000000 units=16000000 stride=1", "E_MODEL");
    change_text(context, model, "definition/layer4", "dense inputs=84 units=4 activation=softmax", "E_MODEL");
    change_text(context, model, "definition/layer4", "dense inputs=x units=4", "E_MODEL");
    change_text(context, model, "definition/layer4", "dense oops", "E_MODEL");
    change_text(context, model, "definition/mode", "cube", "E_MODEL");
    change_text(context, model, "definition/classes", ",,", "E_MODEL");
    change_text(context, model, "definition/model_sha256", "0", "E_DIGEST");
    oa_values *values = to_values(context, model);
    array_of(values, "weights/member1_layer1_kernel")->name[8] = 'x';
    expect(context, values, "E_MODEL");
    values = to_values(context, model);
    array_of(values, "weights/member1_layer1_kernel")->type = OA_U32;
    expect(context, values, "E_MODEL");
    oa_model_free(model);
}

/* An array of no numbers has no first one to read. */
static void test_model__outlier_score_without_numbers(void **state)
{
    static const char *const names[] = { "outlier/limit", "outlier/block" };
    oa_context *context = *state;
    oa_model *model = make_model(context, 1);
    check_ok(context, oa_model__new_outlier(model, 2));
    model->outlier.block = 1, model->outlier.limit = 3;
    for (int i = 0; i < 2; i++) {
        oa_values *values = to_values(context, model);
        oa_array *array = array_of(values, names[i]);
        oa_block_free(array->block);
        check_ok(context, oa_block_new(context, &array->block, 0, 1));
        array->rank = 1, array->dims[0] = 0;
        expect(context, values, "E_MODEL");
    }
    oa_model_free(model);
}

/* No ensemble while this text of the second network says what the word is; the message says what is different. */
static void refuse_join(oa_context *context, oa_model *const part[2], const char *about, char *text, const char *word)
{
    char kept[64];
    oa_model *joined;
    snprintf(kept, sizeof kept, "%s", text);
    memcpy(text, word, strlen(word) + 1);
    oa_context__clear(context);
    check_fails(context, oa_model_join(context, part, 2, &joined), "E_MODEL");
    if (!strstr(oa_error_text(context), about) && !strstr(oa_error_text(context), word)) fail_msg("%s: %s", about, oa_error_text(context));
    memcpy(text, kept, strlen(kept) + 1);
}

static void test_model__join_keeps_the_order(void **state)
{
    oa_context *context = *state;
    oa_model *part[2] = { make_model(context, 1), make_model(context, 2) }, *joined, *other;
    part[1]->layers[0].kernel[0] = 77;
    check_ok(context, oa_model_join(context, part, 2, &joined));
    assert_int_equal(joined->members, 3);
    assert_true(joined->layers[0].kernel[0] == part[0]->layers[0].kernel[0] && joined->layers[0].kernel[40] == 77);
    char turned[OA_HEX];
    check_ok(context, oa_model_join(context, (oa_model *[]){ part[1], part[0] }, 2, &other));
    snprintf(turned, sizeof turned, "%s", other->sha256);
    assert_string_not_equal(joined->sha256, turned);
    oa_model_free(other);
    refuse_join(context, part, "architecture", part[1]->architecture, "cnn2d");
    refuse_join(context, part, "classes", part[1]->classes[1], "B2");
    refuse_join(context, part, "inf", part[1]->map.mode, "inf");
    part[1]->n_layers = 3;
    refuse_join(context, part, "3 layers", part[1]->layers[3].kind, "dense");
    part[1]->n_layers = 4;
    part[1]->layers[3].units = 3;
    refuse_join(context, part, "layer 4", part[1]->layers[3].kind, "dense");
    oa_model_free(part[0]);
    oa_model_free(part[1]);
    oa_model_free(joined);
}

static void test_model__weights_beyond_measure_are_refused(void **state)
{
    static const char *const layers[] = { "dense inputs=1 units=0", "dense inputs=60000 units=60000" };
    for (int i = 0; i < 2; i++) {
        oa_model *model;
        check_ok(*state, oa_model_new(*state, &model));
        model->members = 1, model->n_layers = 1;
        oa_layer *layer = &model->layers[0];
        snprintf(layer->kind, sizeof layer->kind, "dense");
        layer->inputs = i ? 60000 : 1, layer->units = i ? 60000 : -1;
        oa_context__clear(*state);
        if (oa_model__new_weights(model) == OA_OK) fail_msg("%s", layers[i]);
        assert_string_equal(oa_error_code(*state), "E_ARCHITECTURE");
        oa_model_free(model);
    }
}

static void test_model__maps_are_compared_value_by_value(void **state)
{
    oa_context *context = *state;
    oa_map_definition a, b;
    assert_true(oa_map_preset_find("cocrni-002", &a, NULL) && oa_map_preset_find("feal-002", &b, NULL));
    check_ok(context, oa_map_definition_compare(context, &a, &a));
    check_fails(context, oa_map_definition_compare(context, &a, &b), "E_MAP_MISMATCH");
    assert_non_null(strstr(oa_error_text(context), "cocrni-002"));
    assert_non_null(strstr(oa_error_text(context), "feal-002"));
    b = a;
    b.preset[0] = 0;
    oa_context__clear(context);
    check_ok(context, oa_map_definition_compare(context, &a, &b));
    b.radius = 0.8;
    check_fails(context, oa_map_definition_compare(context, &a, &b), "E_MAP_MISMATCH");
    assert_non_null(strstr(oa_error_text(context), "radius=0.75"));
    assert_non_null(strstr(oa_error_text(context), "radius=0.8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_model__arrays_give_the_model_back, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_model__one_changed_bit_is_noticed, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_model__impossible_values_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_model__outlier_score_without_numbers, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_model__join_keeps_the_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_model__weights_beyond_measure_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_model__maps_are_compared_value_by_value, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
