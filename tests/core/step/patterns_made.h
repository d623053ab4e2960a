/* patterns_made.h - small patterns with labels, and networks whose answers can be worked out by hand. */
#ifndef OA_TESTS_PATTERNS_MADE_H
#define OA_TESTS_PATTERNS_MADE_H

#include "core/step/step_run.h"
#include "data/model.h"

static inline void *add_values(oa_values *values, const char *name, oa_type type, int rank, const size_t *dims)
{
    oa_array *array;
    check_ok(values->context, oa_values_add(values, 1, name, type, rank, dims, &array));
    return array->block->data;
}

static inline void add_text(oa_values *values, const char *name, const char *text)
{
    oa_array *array;
    check_ok(values->context, oa_values_add(values, 1, name, OA_TEXT, 0, NULL, &array));
    oa_block_free(array->block);
    check_ok(values->context, oa_block_new(values->context, &array->block, strlen(text) + 1, 1));
    memcpy(array->block->data, text, strlen(text));
}

static inline void add_map(oa_values *values, const char *preset, const char *classes)
{
    oa_map_definition map;
    assert_true(oa_map_preset_find(preset, &map, NULL));
    check_ok(values->context, oa_map_to_values(&map, values, 1, "map"));
    add_text(values, "map/classes", classes);
}

/* Curves (n, length) of one channel with the map of cocrni-002; label NULL: not labelled. */
static inline oa_values *made_curves(oa_context *context, const float *curves, size_t n, size_t length, const char *classes, size_t n_classes,
                                     const uint32_t *label)
{
    oa_values *values;
    const size_t dims[3] = { n, length, 1 }, labels[2] = { n, n_classes };
    check_ok(context, oa_values_new(context, &values));
    memcpy(add_values(values, "patterns/pattern", OA_F32, 3, dims), curves, n * length * sizeof *curves);
    add_map(values, "cocrni-002", label ? classes : "");
    if (!label) return values;
    float *target = add_values(values, "labels/target", OA_F32, 2, labels);
    for (size_t i = 0; i < n; i++) target[i * n_classes + label[i]] = 1;
    memcpy(add_values(values, "labels/label", OA_U32, 1, labels), label, n * sizeof *label);
    uint32_t *group = add_values(values, "labels/group", OA_U32, 1, labels);
    for (size_t i = 0; i < n; i++) group[i] = (uint32_t)i;
    return values;
}

/* Grey pictures (n, height, length) with the map of allimg-011. */
static inline oa_values *made_pictures(oa_context *context, const uint8_t *grey, size_t n, size_t height, size_t length, const uint32_t *label)
{
    oa_values *values;
    const size_t dims[3] = { n, height, length };
    check_ok(context, oa_values_new(context, &values));
    memcpy(add_values(values, "pictures/grey", OA_U8, 3, dims), grey, n * height * length);
    add_map(values, "allimg-011", label ? "FCC,L12" : "");
    if (!label) return values;
    const size_t labels[2] = { n, 2 };
    float *target = add_values(values, "labels/target", OA_F32, 2, labels);
    for (size_t i = 0; i < n; i++) target[2 * i + label[i]] = 1;
    memcpy(add_values(values, "labels/label", OA_U32, 1, labels), label, n * sizeof *label);
    add_values(values, "labels/group", OA_U32, 1, labels);
    return values;
}

/* An ensemble without layers. */
static inline oa_model *made_model(oa_context *context, const char *preset, const char *classes, int64_t members, int64_t height, int64_t length)
{
    oa_model *model;
    check_ok(context, oa_model_new(context, &model));
    assert_true(oa_map_preset_find(preset, &model->map, NULL));
    check_ok(context, oa_model__set_classes(model, classes, NULL));
    snprintf(model->architecture, sizeof model->architecture, height > 1 ? "cnn2d" : "cnn1d");
    model->members = members, model->input_height = height, model->input_length = length, model->input_channels = 1;
    return model;
}

static inline oa_layer *made_layer(oa_model *model, const char *kind, const char *activation, int64_t height, int64_t width, int64_t inputs, int64_t units)
{
    oa_layer *layer = &model->layers[model->n_layers++];
    snprintf(layer->kind, sizeof layer->kind, "%s", kind);
    snprintf(layer->activation, sizeof layer->activation, "%s", activation);
    layer->height = height, layer->width = width, layer->stride = 1, layer->inputs = inputs, layer->units = units;
    return layer;
}

/* Values of a pattern are its logits, times scale[member]. */
static inline oa_model *model_of_logits(oa_context *context, const char *classes, int64_t n, int64_t members, const float *scale)
{
    oa_model *model = made_model(context, "cocrni-002", classes, members, 1, n);
    made_layer(model, "flatten", "linear", 0, 0, 0, 0);
    oa_layer *dense = made_layer(model, "dense", "softmax", 0, 0, n, n);
    check_ok(context, oa_model__new_weights(model));
    for (int64_t m = 0; m < members; m++)
        for (int64_t i = 0; i < n; i++) dense->kernel[m * n * n + i * n + i] = scale[m];
    check_ok(context, oa_model_digest(model, model->sha256));
    return model;
}

static inline step_run *with_patterns(oa_context *context, const oa_step *step, const oa_model *model, const oa_values *patterns)
{
    step_run *s = step_begin(context, step);
    step_input(s, "model")->model = model;
    oa_input *in = step_input(s, "patterns");
    in->result = patterns, in->file_name = "bank.nxs";
    return s;
}

static inline const char *step_warning(const step_run *s, const char *code)
{
    for (size_t i = 0; i < oa_warning_count(s->context); i++)
        if (strcmp(oa_warning_code(s->context, i), code) == 0) return oa_warning_text(s->context, i);
    fail_msg("no warning %s", code);
    return NULL;
}

#endif
