/* model_values.c - a model as result arrays and back; what comes back is taken for hostile. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/model.h"

/* ---------------------------------------------------------------------------------------------- to values */

static oa_status add_text(oa_values *values, int task, const char *name, const char *text)
{
    oa_array *array;
    oa_block *block;
    OA_TRY(oa_values_add(values, task, name, OA_TEXT, 0, NULL, &array));
    OA_TRY(oa_block_new(values->context, &block, strlen(text) + 1, 1));
    memcpy(block->data, text, strlen(text));
    oa_block_free(array->block);
    array->block = block;
    return OA_OK;
}

static oa_status set_unit(oa_values *values, oa_array *array, const char *unit)
{
    char *copy = oa_strdup(values->context, unit);
    if (!copy) return values->context->status;
    oa_free(values->context, array->unit);
    array->unit = copy;
    return OA_OK;
}

static oa_status add_field(oa_values *values, int task, const oa_model *model, const oa_model_field *field, const char *group)
{
    char name[64];
    snprintf(name, sizeof name, "%s/%s", group, field->name);
    const char *at = (const char *)model + field->offset;
    if (field->type == OA_TEXT) return add_text(values, task, name, at);
    oa_array *array;
    OA_TRY(oa_values_add(values, task, name, field->type, 0, NULL, &array));
    memcpy(array->block->data, at, field->size);
    const char *unit = field->is_map && field->type == OA_F64 ? OA_NM : field->unit;
    return unit ? set_unit(values, array, unit) : OA_OK;
}

oa_status oa_map_to_values(const oa_map_definition *map, oa_values *values, int task, const char *group)
{
    const oa_model model = { .map = *map };
    for (const oa_model_field *field = oa_model_fields; field->name; field++)
        if (field->is_map) OA_TRY(add_field(values, task, &model, field, group));
    return OA_OK;
}

static oa_status add_outlier(oa_values *values, const oa_outlier *outlier)
{
    const size_t n = (size_t)outlier->n, dims[2] = { n, n };
    oa_array *array;
    if (n == 0) return OA_OK;
    OA_TRY(oa_values_add(values, 1, "outlier/mean", OA_F32, 1, dims, &array));
    memcpy(array->block->data, outlier->mean, n * sizeof(float));
    OA_TRY(oa_values_add(values, 1, "outlier/whiten", OA_F32, 2, dims, &array));
    memcpy(array->block->data, outlier->whiten, n * n * sizeof(float));
    OA_TRY(oa_values_add(values, 1, "outlier/block", OA_I64, 0, NULL, &array));
    memcpy(array->block->data, &outlier->block, sizeof outlier->block);
    OA_TRY(oa_values_add(values, 1, "outlier/limit", OA_F64, 0, NULL, &array));
    memcpy(array->block->data, &outlier->limit, sizeof outlier->limit);
    return OA_OK;
}

static oa_status add_classes(oa_values *values, const oa_model *model)
{
    char text[OA_CLASSES_MAX * sizeof model->classes[0] + 1] = "";
    size_t n = 0;
    for (int64_t i = 0; i < model->n_classes; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i ? ",%s" : "%s", model->classes[i]);
    return add_text(values, 1, "definition/classes", text);
}

/* Shape of a kernel as Keras has it. */
static int kernel_shape(const oa_layer *layer, size_t dims[4])
{
    int rank = 0;
    if (strcmp(layer->kind, "conv2d") == 0) dims[rank++] = (size_t)layer->height;
    if (strncmp(layer->kind, "conv", 4) == 0) dims[rank++] = (size_t)layer->width;
    dims[rank++] = (size_t)layer->inputs;
    dims[rank++] = (size_t)layer->units;
    return rank;
}

static void weights_name(char name[64], size_t member, int layer, const char *what)
{
    snprintf(name, 64, "weights/member%zu_layer%d_%s", member + 1, layer + 1, what);
}

static oa_status add_weights(oa_values *values, const oa_layer *layer, size_t member, int number)
{
    char name[64];
    size_t dims[4], units = layer->n_bias;
    oa_array *array;
    const int rank = kernel_shape(layer, dims);
    weights_name(name, member, number, "kernel");
    OA_TRY(oa_values_add(values, 1, name, OA_F32, rank, dims, &array));
    memcpy(array->block->data, layer->kernel + member * layer->n_kernel, layer->n_kernel * sizeof(float));
    weights_name(name, member, number, "bias");
    OA_TRY(oa_values_add(values, 1, name, OA_F32, 1, &units, &array));
    memcpy(array->block->data, layer->bias + member * layer->n_bias, layer->n_bias * sizeof(float));
    return OA_OK;
}

oa_status oa_model_to_values(const oa_model *model, oa_values *values)
{
    for (const oa_model_field *field = oa_model_fields_of(model); field->name; field++) OA_TRY(add_field(values, 1, model, field, "definition"));
    OA_TRY(add_classes(values, model));
    OA_TRY(oa_atomnet__to_values(model, values));
    for (int i = 0; i < model->n_layers; i++) {
        char name[64], text[OA_LAYER_TEXT];
        snprintf(name, sizeof name, "definition/layer%d", i + 1);
        oa_layer__text(&model->layers[i], text);
        OA_TRY(add_text(values, 1, name, text));
    }
    for (size_t m = 0; m < (size_t)model->members; m++)
        for (int i = 0; i < model->n_layers; i++)
            if (model->layers[i].kernel) OA_TRY(add_weights(values, &model->layers[i], m, i));
    return add_outlier(values, &model->outlier);
}

/* ---------------------------------------------------------------------------------------------- from values */

static oa_status missing(oa_context *context, const char *file, const char *name)
{
    return oa_fail_at(context, OA_IN_FILE(file), "E_MODEL", "%s is missing or no value of its kind, so this is no whole model; give a result of "
                      "`ordapt train`, or of `ordapt import` of networks", name);
}

static const char *text_of(const oa_values *values, int task, const char *name)
{
    const oa_array *array = oa_values_find(values, task, name);
    return array && array->type == OA_TEXT && array->rank == 0 ? array->block->data : NULL;
}

typedef enum taking { TAKEN, MISSING, OUT_OF_BOUNDS } taking;

/* One field into a model; value: the number that was out of bounds. */
static taking take_value(oa_model *model, const oa_values *values, int task, const char *name, const oa_model_field *field, double *value)
{
    char *at = (char *)model + field->offset;
    if (field->type == OA_TEXT) {
        const char *text = text_of(values, task, name);
        if (!text || strlen(text) >= field->size) return MISSING;
        oa_text_clean(at, field->size, text, strlen(text));
        return TAKEN;
    }
    const oa_array *array = oa_values_find(values, task, name);
    if (!array || array->type == OA_TEXT || oa_array_count(array) != 1) return MISSING;
    *value = oa_array_real(array, 0);
    if (!(*value >= field->min && *value <= field->max) || (field->type == OA_I64 && *value != floor(*value))) return OUT_OF_BOUNDS;
    const int64_t count = (int64_t)*value;
    if (field->type == OA_I64) memcpy(at, &count, sizeof count);
    else memcpy(at, value, sizeof *value);
    return TAKEN;
}

/* What the files that were first did not say; texts are "" already. */
static void take_absent(oa_model *model, const oa_model_field *field)
{
    char *at = (char *)model + field->offset;
    const int64_t count = (int64_t)field->absent;
    if (field->type == OA_I64) memcpy(at, &count, sizeof count);
    if (field->type == OA_F64) memcpy(at, &field->absent, sizeof field->absent);
}

static oa_status take_field(oa_model *model, const oa_values *values, const char *file, const oa_model_field *field)
{
    char name[64];
    double value;
    snprintf(name, sizeof name, "definition/%s", field->name);
    if (field->is_later && model->is_first) {
        take_absent(model, field);
        return OA_OK;
    }
    const taking how = take_value(model, values, 1, name, field, &value);
    if (how == MISSING) return missing(model->context, file, name);
    if (how == OUT_OF_BOUNDS)
        return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "%s is %g; it must lie between %g and %g", name, value, field->min, field->max);
    return OA_OK;
}

bool oa_map_from_values(const oa_values *values, int task, const char *group, oa_map_definition *out, const char **which)
{
    oa_model model = { .members = 0 };
    for (const oa_model_field *field = oa_model_fields; field->name; field++) {
        char name[64];
        double value;
        if (!field->is_map) continue;
        snprintf(name, sizeof name, "%s/%s", group, field->name);
        *which = field->name;
        if (take_value(&model, values, task, name, field, &value) != TAKEN) return false;
    }
    *out = model.map;
    return true;
}

/* A score that cannot be understood would only be wrong about warnings, but a file that contradicts itself is refused. */
static oa_status take_outlier(oa_model *model, const oa_values *values, const char *file)
{
    const oa_array *mean = oa_values_find(values, 1, "outlier/mean"), *whiten = oa_values_find(values, 1, "outlier/whiten");
    const oa_array *block = oa_values_find(values, 1, "outlier/block"), *limit = oa_values_find(values, 1, "outlier/limit");
    oa_outlier *out = &model->outlier;
    if (!mean && !whiten && !block && !limit) return OA_OK;
    if (!mean || !whiten || !block || !limit || mean->type != OA_F32 || whiten->type != OA_F32 || mean->rank != 1 || whiten->rank != 2 ||
        mean->dims[0] < 1 || mean->dims[0] > OA_FEATURES_MAX || whiten->dims[0] != mean->dims[0] || whiten->dims[1] != mean->dims[0] ||
        oa_array_count(limit) != 1 || oa_array_count(block) != 1 ||
        !(oa_array_real(limit, 0) >= 0) || !(oa_array_real(block, 0) >= 1 && oa_array_real(block, 0) <= 65536))
        return missing(model->context, file, "outlier/mean, whiten, block or limit");
    OA_TRY(oa_model__new_outlier(model, (int64_t)mean->dims[0]));
    memcpy(out->mean, mean->block->data, oa_array_bytes(mean));
    memcpy(out->whiten, whiten->block->data, oa_array_bytes(whiten));
    out->block = (int64_t)oa_array_real(block, 0);
    out->limit = oa_array_real(limit, 0);
    return OA_OK;
}

static oa_status take_layers(oa_model *model, const oa_values *values, const char *file)
{
    for (;; model->n_layers++) {
        char name[64];
        snprintf(name, sizeof name, "definition/layer%d", model->n_layers + 1);
        const char *text = text_of(values, 1, name);
        if (!text && model->n_layers > 0) return OA_OK;
        if (!text) return missing(model->context, file, name);
        if (model->n_layers == OA_LAYERS_MAX)
            return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "more than %d layers", OA_LAYERS_MAX);
        if (!oa_layer__parse(text, &model->layers[model->n_layers]))
            return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "%s cannot be understood or has impossible sizes", name);
    }
}

static oa_status take_array(oa_model *model, const oa_values *values, const char *file, const char *name, int rank,
                            const size_t *dims, float *out)
{
    const oa_array *array = oa_values_find(values, 1, name);
    if (!array || array->type != OA_F32) return missing(model->context, file, name);
    bool fits = array->rank == rank;
    for (int i = 0; fits && i < rank; i++) fits = array->dims[i] == dims[i];
    if (!fits)
        return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "%s has %zu values in %d dimensions, its layer wants another shape", name,
                          oa_array_count(array), array->rank);
    memcpy(out, array->block->data, oa_array_bytes(array));
    return OA_OK;
}

static oa_status take_weights(oa_model *model, const oa_values *values, const char *file)
{
    OA_TRY(oa_model__new_weights(model));
    for (size_t m = 0; m < (size_t)model->members; m++) {
        for (int i = 0; i < model->n_layers; i++) {
            const oa_layer *layer = &model->layers[i];
            if (!layer->kernel) continue;
            char name[64];
            size_t dims[4];
            const int rank = kernel_shape(layer, dims);
            weights_name(name, m, i, "kernel");
            OA_TRY(take_array(model, values, file, name, rank, dims, layer->kernel + m * layer->n_kernel));
            weights_name(name, m, i, "bias");
            OA_TRY(take_array(model, values, file, name, 1, &layer->n_bias, layer->bias + m * layer->n_bias));
        }
    }
    return OA_OK;
}

/* Members that the arrays cannot hold are noticed before memory is taken for them. */
static oa_status check_members(const oa_model *model, const oa_values *values, const char *file)
{
    size_t held = 0;
    for (size_t i = 0; i < values->n; i++) held += strncmp(values->arrays[i].name, "weights/", 8) == 0 ? oa_array_count(&values->arrays[i]) : 0;
    double wanted = 0;
    for (int i = 0; i < model->n_layers; i++) wanted += (double)model->members * (double)(model->layers[i].n_kernel + model->layers[i].n_bias);
    if (wanted != (double)held)
        return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "the file holds %zu weights, its layers want %.0f", held, wanted);
    return OA_OK;
}

static oa_status take_network(oa_model *model, const oa_values *values, const char *file)
{
    OA_TRY(oa_map_definition_check(model->context, &model->map, file));
    OA_TRY(take_layers(model, values, file));
    OA_TRY(check_members(model, values, file));
    OA_TRY(take_weights(model, values, file));
    return take_outlier(model, values, file);
}

static oa_status fill_from_values(oa_model *model, const oa_values *values, const char *file)
{
    OA_TRY(take_field(model, values, file, &oa_model_fields[0])); /* the architecture, which says what the others are */
    model->is_first = !oa_values_find(values, 1, "definition/input_height") && !oa_model_is_atomnet(model);
    for (const oa_model_field *field = oa_model_fields_of(model); field->name; field++) OA_TRY(take_field(model, values, file, field));
    const char *classes = text_of(values, 1, "definition/classes");
    if (!classes) return missing(model->context, file, "definition/classes");
    OA_TRY(oa_model__set_classes(model, classes, file));
    OA_TRY(oa_model_is_atomnet(model) ? oa_atomnet__from_values(model, values, file) : take_network(model, values, file));
    char hex[OA_HEX];
    OA_TRY(oa_model_digest(model, hex));
    if (strcmp(hex, model->sha256) != 0)
        return oa_fail_at(model->context, OA_IN_FILE(file), "E_DIGEST", "the weights or the definition of this model were changed: their digest is %s, "
                          "model_sha256 says %s; import the networks again", hex, model->sha256);
    return OA_OK;
}

oa_status oa_model_from_values(oa_context *context, const oa_values *values, const char *file, oa_model **out)
{
    oa_model *model;
    *out = NULL;
    OA_TRY(oa_model_new(context, &model));
    const oa_status status = fill_from_values(model, values, file);
    if (status == OA_OK) *out = model;
    else oa_model_free(model);
    return status;
}
