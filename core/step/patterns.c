/* patterns.c - labelled patterns between the steps that make and those that take them; what a file holds is checked here. */
#include "step/patterns.h"

#include <stdio.h>
#include <string.h>

static oa_status broken(oa_run *run, const oa_input *input, const char *what)
{
    return oa_fail_at(run->context, OA_IN_FILE(input->file_name), "E_MODEL", "%s; give a result of `ordapt bank` or of `ordapt import` as it was made", what);
}

static const char *text_of(const oa_values *values, int task, const char *name)
{
    const oa_array *array = oa_values_find(values, task, name);
    return array && array->type == OA_TEXT && array->rank == 0 ? array->block->data : "";
}

/* Class names by the rules of a model; a model that lives no longer than this call lends its own parser. */
static oa_status take_classes(oa_run *run, const oa_input *input, int task, oa_patterns *out)
{
    oa_model *model;
    OA_TRY(oa_model_new(run->context, &model));
    const oa_status status = oa_model__set_classes(model, text_of(input->result, task, "map/classes"), input->file_name);
    if (status == OA_OK) {
        out->n_classes = (size_t)model->n_classes;
        memcpy(out->classes, model->classes, sizeof out->classes);
    }
    oa_model_free(model);
    return status;
}

static const void *array_of(const oa_values *values, int task, const char *name, oa_type type, int rank, const size_t *dims)
{
    const oa_array *array = oa_values_find(values, task, name);
    if (!array || array->type != type || array->rank != rank) return NULL;
    for (int i = 0; i < rank; i++)
        if (array->dims[i] != dims[i]) return NULL;
    return array->block->data;
}

static oa_status take_labels(oa_run *run, const oa_input *input, int task, oa_patterns *out)
{
    const oa_values *values = input->result;
    if (!oa_values_find(values, task, "labels/target")) return OA_OK;
    OA_TRY(take_classes(run, input, task, out));
    const size_t dims[2] = { out->n, out->n_classes };
    out->target = array_of(values, task, "labels/target", OA_F32, 2, dims);
    out->label = array_of(values, task, "labels/label", OA_U32, 1, dims);
    out->group = array_of(values, task, "labels/group", OA_U32, 1, dims);
    if (!out->target || !out->label || !out->group) return broken(run, input, "targets, labels or groups do not fit the patterns and their classes");
    for (size_t i = 0; i < out->n; i++) {
        double sum = 0;
        for (size_t c = 0; c < out->n_classes; c++) {
            const double share = out->target[i * out->n_classes + c];
            if (!(share >= 0 && share <= 1)) return broken(run, input, "labels/target holds a share that is none");
            sum += share;
        }
        if (!(sum > 0.999 && sum < 1.001)) return broken(run, input, "the shares of a pattern do not sum to 1");
        if (out->label[i] >= out->n_classes) return broken(run, input, "labels/label names a class that is not there");
    }
    return OA_OK;
}

oa_status oa_patterns_of(oa_run *run, const char *slot, int task, oa_patterns *out)
{
    const oa_input *input = oa_run_input(run, slot);
    *out = (oa_patterns){ .height = 1 };
    if (!input || !input->result) return oa_fail(run->context, "E_INPUT_KIND", "slot %s is empty; give a result of `ordapt bank`", slot);
    const oa_array *curves = oa_values_find(input->result, task, "patterns/pattern"), *grey = oa_values_find(input->result, task, "pictures/grey");
    if (!curves && !grey)
        return oa_fail_at(run->context, OA_IN_FILE(input->file_name), "E_INPUT_KIND", "holds no patterns; give a result of `ordapt bank`, or import a published bank");
    const oa_array *array = curves ? curves : grey;
    if (array->rank != 3 || array->type != (curves ? OA_F32 : OA_U8) || oa_array_count(array) == 0 || array->dims[0] > UINT32_MAX)
        return broken(run, input, "the patterns have another shape than (pattern, bin, channel) or (pattern, row, column)");
    out->n = array->dims[0];
    if (curves) out->values = array->block->data, out->length = array->dims[1], out->channels = array->dims[2];
    else out->grey = array->block->data, out->height = array->dims[1], out->length = array->dims[2], out->channels = 1;
    const char *missing = "";
    if (!oa_map_from_values(input->result, task, "map", &out->map, &missing))
        return oa_fail_at(run->context, OA_IN_FILE(input->file_name), "E_MODEL", "map/%s is missing or impossible; the file does not say what its patterns are", missing);
    OA_TRY(oa_map_definition_check(run->context, &out->map, input->file_name));
    return take_labels(run, input, task, out);
}

oa_status oa_patterns_put_map(oa_run *run, const oa_map_definition *map, const char *classes)
{
    OA_TRY(oa_map_to_values(map, run->out, run->task, "map"));
    return oa_put_text(run, "map/classes", classes);
}

void oa_patterns_row(const oa_patterns *patterns, size_t row, float *out)
{
    const size_t n = patterns->height * patterns->length * patterns->channels;
    if (patterns->values) memcpy(out, patterns->values + row * n, n * sizeof *out);
    for (size_t i = 0; !patterns->values && i < n; i++) out[i] = (float)patterns->grey[row * n + i] / 255;
}

oa_status oa_put_class_axis(oa_run *run, const char *name, const char (*classes)[32], size_t n)
{
    char text[OA_CLASSES_MAX * 40] = "class: ";
    uint32_t *axis;
    OA_TRY(oa_put_array(run, name, 1, &n, &axis));
    for (size_t c = 0; c < n; c++) {
        const size_t used = strlen(text);
        axis[c] = (uint32_t)c;
        snprintf(text + used, sizeof text - used, "%s%zu %s", c ? ", " : "", c, classes[c]);
    }
    return oa_put_long_name(run, name, text);
}

oa_status oa_patterns_match(oa_run *run, const oa_patterns *patterns, const oa_model *model)
{
    OA_TRY(oa_model__check_sees_maps(run->context, model, NULL));
    OA_TRY(oa_map_definition_compare(run->context, &patterns->map, &model->map));
    if (patterns->height != (size_t)model->input_height || patterns->length != (size_t)model->input_length || patterns->channels != (size_t)model->input_channels)
        return oa_fail(run->context, "E_MAP_MISMATCH", "patterns of %zu x %zu x %zu values for a network that takes %lld x %lld x %lld", patterns->height,
                       patterns->length, patterns->channels, (long long)model->input_height, (long long)model->input_length, (long long)model->input_channels);
    if (!patterns->target) return OA_OK;
    for (size_t c = 0; c < (patterns->n_classes > (size_t)model->n_classes ? patterns->n_classes : (size_t)model->n_classes); c++)
        if (c >= patterns->n_classes || c >= (size_t)model->n_classes || strcmp(patterns->classes[c], model->classes[c]) != 0)
            return oa_fail(run->context, "E_MAP_MISMATCH", "class %zu of the patterns is %s, of the model %s; give a bank with the classes of the model", c,
                           c < patterns->n_classes ? patterns->classes[c] : "missing", c < (size_t)model->n_classes ? model->classes[c] : "missing");
    return OA_OK;
}
