/* record_json.c - a record and its summary as JSON: what `--json`, `show` and bindings print. */
#include "run/record_json.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static json_t *param_json(const struct oa_param_record *p)
{
    double real;
    int64_t whole;
    if (p->kind == OA_REAL && oa_text_real(p->text, strlen(p->text), false, &real)) return json_real(real);
    if (p->kind == OA_INT && oa_text_integer(p->text, strlen(p->text), &whole)) return json_integer(whole);
    if (p->kind == OA_BOOLEAN) return json_boolean(strcmp(p->text, "true") == 0);
    if (p->kind != OA_REALS) return json_string(p->text);
    json_t *list = json_array();
    for (const char *at = p->text; *at;) {
        const size_t length = strcspn(at, ",");
        if (oa_text_real(at, length, false, &real)) json_array_append_new(list, json_real(real));
        at += length + (at[length] == ',');
    }
    return list;
}

json_t *oa_record_params_json(const oa_record *record)
{
    json_t *out = json_object();
    for (size_t i = 0; i < record->n_params; i++) {
        const struct oa_param_record *p = &record->params[i];
        json_object_set_new(out, p->name, json_pack("{s:o, s:s, s:s}", "value", param_json(p), "unit", p->unit, "origin",
                                                    oa_origin_names[p->origin]));
    }
    return out;
}

json_t *oa_record_inputs_json(const oa_record *record)
{
    json_t *out = json_array();
    for (size_t i = 0; i < record->n_inputs; i++) {
        const oa_input_record *in = &record->inputs[i];
        json_t *row = json_pack("{s:s, s:s, s:s, s:s}", "role", in->role, "file", in->file_name, "sha256", in->sha256,
                                "content_sha256", in->content);
        if (in->entry[0]) json_object_set_new(row, "entry_identifier", json_string(in->entry));
        json_array_append_new(out, row);
    }
    return out;
}

json_t *oa_record_warnings_json(const oa_record *record)
{
    json_t *out = json_array();
    for (size_t i = 0; i < record->n_warnings; i++)
        json_array_append_new(out, json_pack("{s:s, s:s}", "code", record->warnings[i].code, "text", record->warnings[i].text));
    return out;
}

json_t *oa_scalar_json(const oa_array *array)
{
    const void *data = array->block->data;
    if (array->type == OA_TEXT) return json_string_nocheck(data);
    if (array->type == OA_BOOL) return json_boolean(*(const uint8_t *)data);
    const double value = oa_array_real(array, 0);
    if (array->type == OA_F32 || array->type == OA_F64) return value - value == 0 ? json_real(value) : json_null();
    return array->type == OA_U64 ? json_integer((json_int_t) * (const uint64_t *)data) : json_integer((json_int_t)value);
}

/* One task: {"domains": 5}; several: {"Ni": {...}, "Co": {...}}. */
json_t *oa_values_summary_json(const oa_values *values)
{
    json_t *out = json_object();
    for (size_t i = 0; i < values->n; i++) {
        const oa_array *a = &values->arrays[i];
        if (a->rank != 0 || strncmp(a->name, "summary/", 8) != 0) continue;
        json_t *to = out;
        if (values->tasks > 1) {
            const char *title = values->task_titles[a->task - 1];
            to = json_object_get(out, title);
            if (!to) json_object_set_new(out, title, to = json_object());
        }
        json_object_set_new(to, a->name + 8, oa_scalar_json(a));
    }
    return out;
}

json_t *oa_record_json(const oa_record *record, const oa_values *values)
{
    json_t *out = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:f}", "name", record->name, "step", record->step, "step_version",
                            record->version, "entry_identifier", record->identifier, "program_version", record->program_version,
                            "start_time", record->start_time, "end_time", record->end_time, "elapsed_s", record->elapsed_s);
    json_object_set_new(out, "parameters", oa_record_params_json(record));
    json_object_set_new(out, "inputs", oa_record_inputs_json(record));
    json_object_set_new(out, "environment",
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "commit", record->commit, "compiler", record->compiler, "kernel",
                                  record->kernel, "blas", record->blas, "libraries", record->libraries, "threads", record->threads));
    if (record->has_seed) json_object_set_new(out, "seed", json_integer((json_int_t)record->seed));
    if (values) json_object_set_new(out, "summary", oa_values_summary_json(values));
    json_object_set_new(out, "warnings", oa_record_warnings_json(record));
    json_object_set_new(out, "status", json_string(record->status));
    json_object_set_new(out, "results_sha256", json_string(record->results_sha256));
    return out;
}
