/* describe.c - the catalogue as JSON, read from the tables. Parameters are a JSON Schema (2020-12). */
#include <jansson.h>
#include <string.h>

#include "run/run.h"

size_t oa_step_count(void)
{
    size_t n = 0;
    while (oa_steps[n]) n++;
    return n;
}

const oa_step *oa_step_at(size_t i) { return i < oa_step_count() ? oa_steps[i] : NULL; }
const char *oa_step_name(const oa_step *step) { return step->name; }

const oa_step *oa_step_find(const char *name)
{
    for (size_t i = 0; oa_steps[i]; i++)
        if (strcmp(oa_steps[i]->name, name) == 0) return oa_steps[i];
    return NULL;
}

/* The NXDL unit category of a unit text, once for the whole house. */
static const char *unit_category(const char *unit)
{
    static const struct { const char *unit, *category; } table[] = {
        { "nm", "NX_LENGTH" }, { "mm", "NX_LENGTH" }, { "Da", "NX_ANY" }, { "degree", "NX_ANGLE" }, { "1/nm", "NX_ANY" },
        { "V", "NX_VOLTAGE" }, { "ns", "NX_TIME" }, { "s", "NX_TIME" }, { "K", "NX_TEMPERATURE" }, { "nm^3", "NX_VOLUME" },
        { "1/nm^3", "NX_ANY" }, { "eV", "NX_ENERGY" },
    };
    for (size_t i = 0; unit && i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].unit, unit) == 0) return table[i].category;
    return unit ? "NX_ANY" : "NX_UNITLESS";
}

static json_t *reals_json(const oa_reals *list)
{
    json_t *array = json_array();
    for (int i = 0; i < list->n; i++) json_array_append_new(array, json_real(list->v[i]));
    return array;
}

static json_t *default_json(const oa_settings *settings, size_t row)
{
    switch (settings->table[row].kind) {
    case OA_REAL: return json_real(oa_settings_real(settings, row));
    case OA_INT: return json_integer(oa_settings_int(settings, row));
    case OA_BOOLEAN: return json_boolean(oa_settings_bool(settings, row));
    case OA_WORD: return json_string(oa_settings_word(settings, row));
    case OA_REALS: return reals_json(oa_settings_reals(settings, row));
    }
    return json_null();
}

/* A default outside the bounds, a 0 that means "none", is allowed beside them. */
static void add_bounds(json_t *to, const oa_param *row)
{
    if (row->min == 0 && row->max == 0) return;
    const bool whole = row->kind == OA_INT;
    if (row->kind != OA_REALS && (row->dflt < row->min || row->dflt > row->max)) {
        json_t *bounds = json_object(), *none = json_pack("{s:o}", "const", whole ? json_integer((json_int_t)row->dflt) : json_real(row->dflt));
        json_object_set_new(to, "anyOf", json_pack("[o, o]", none, bounds));
        to = bounds;
    }
    json_object_set_new(to, "minimum", whole ? json_integer((json_int_t)row->min) : json_real(row->min));
    json_object_set_new(to, "maximum", whole ? json_integer((json_int_t)row->max) : json_real(row->max));
}

static json_t *param_json(const oa_settings *settings, size_t i)
{
    static const char *const type[] = { "number", "integer", "boolean", "string", "array" };
    const oa_param *row = &settings->table[i];
    json_t *out = json_object();
    json_object_set_new(out, "type", json_string(type[row->kind]));
    json_object_set_new(out, "description", json_string(row->help ? row->help : ""));
    json_object_set_new(out, "default", default_json(settings, i));
    if (row->unit) json_object_set_new(out, "unit", json_string(row->unit));
    json_object_set_new(out, "nx_units", json_string(unit_category(row->unit)));
    if (row->kind == OA_REAL || row->kind == OA_INT) add_bounds(out, row);
    if (row->kind == OA_REALS) {
        json_t *item = json_pack("{s:s}", "type", "number");
        add_bounds(item, row);
        json_object_set_new(out, "items", item);
        if (row->n_max) json_object_set_new(out, "maxItems", json_integer(row->n_max));
        if (row->n_max) json_object_set_new(out, "itemsNeeded", json_integer(row->n_min));
    }
    if (row->choices) {
        json_t *words = json_array();
        for (size_t k = 0; row->choices[k]; k++) json_array_append_new(words, json_string(row->choices[k]));
        json_object_set_new(out, "enum", words);
    }
    return out;
}

static json_t *params_json(const oa_settings *settings)
{
    json_t *properties = json_object();
    for (size_t i = 0; i < settings->n; i++)
        json_object_set_new(properties, settings->table[i].name, param_json(settings, i));
    return json_pack("{s:s, s:s, s:o, s:b}", "$schema", "https://json-schema.org/draft/2020-12/schema", "type", "object",
                     "properties", properties, "additionalProperties", 0);
}

static json_t *presets_json(const oa_step *step)
{
    json_t *out = json_object();
    for (const oa_preset *p = step->presets; p && p->name; p++) {
        json_t *values = json_object();
        for (const oa_preset_value *v = p->values; v && v->name; v++) json_object_set_new(values, v->name, json_string(v->text));
        json_object_set_new(out, p->name, json_pack("{s:s, s:o}", "description", p->help ? p->help : "", "values", values));
    }
    return out;
}

static json_t *slots_json(const oa_step *step)
{
    static const char *const takes[] = { [OA_TAKES_IONS] = "ions", [OA_TAKES_SELECTION] = "selection", [OA_TAKES_RANGES] = "ranges", [OA_TAKES_MODEL] = "model",
                                         [OA_TAKES_RESULT] = "result", [OA_TAKES_SPECIMEN] = "result", [OA_TAKES_METADATA] = "metadata", [OA_TAKES_SOURCES] = "sources" };
    json_t *out = json_array();
    for (const oa_slot *slot = step->slots; slot->name; slot++)
        json_array_append_new(out, json_pack("{s:s, s:s, s:b, s:s}", "name", slot->name, "takes", takes[slot->kind], "required",
                                             !slot->is_optional, "description", slot->help));
    return out;
}

static json_t *outputs_json(const oa_step *step)
{
    json_t *out = json_array();
    for (const oa_output *row = step->outputs; row->name; row++) {
        const bool is_noun = strcmp(row->name, "ions") == 0 || strcmp(row->name, "model") == 0;
        json_t *item = json_pack("{s:s, s:s, s:s, s:b, s:s}", "name", row->name, "type", is_noun ? row->name : oa_type_name(row->type),
                                 "shape", row->shape ? row->shape : "", "optional", row->is_optional, "description", row->help ? row->help : "");
        if (row->unit) json_object_set_new(item, "unit", json_string(row->unit));
        json_object_set_new(item, "nx_units", json_string(unit_category(row->unit)));
        if (row->axes) json_object_set_new(item, "axes", json_string(row->axes));
        if (row->is_plot) json_object_set_new(item, "plot", json_true());
        if (row->is_view) json_object_set_new(item, "view", json_true());
        json_array_append_new(out, item);
    }
    return out;
}

static oa_status step_json(oa_context *context, const oa_step *step, json_t **out)
{
    oa_settings *settings;
    OA_TRY(oa_settings_new(context, &settings, step->params, step->params_size, step->presets));
    *out = json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:b}", "name", step->name, "version", step->version, "title",
                     step->title, "description", step->help ? step->help : "", "parameters", params_json(settings), "presets",
                     presets_json(step), "slots", slots_json(step), "outputs", outputs_json(step), "gives_file", step->gives_file,
                     "has_slabs", step->has_slabs);
    oa_settings_free(settings);
    return *out ? OA_OK : oa_fail(context, "E_MEMORY", "no memory for the catalogue; give more memory");
}

static oa_status catalogue_json(oa_context *context, json_t **out)
{
    json_t *steps = json_array();
    for (size_t i = 0; oa_steps[i]; i++) {
        json_t *one;
        const oa_status status = step_json(context, oa_steps[i], &one);
        if (status != OA_OK) {
            json_decref(steps);
            return status;
        }
        json_array_append_new(steps, one);
    }
    *out = json_pack("{s:s, s:s, s:o}", "program", "ordapt", "version", oa_version(), "steps", steps);
    return OA_OK;
}

oa_status oa_describe(oa_context *context, const oa_step *step, char **out)
{
    json_t *json = NULL;
    *out = NULL;
    oa_context__clear(context);
    if (step) OA_TRY(step_json(context, step, &json));
    else OA_TRY(catalogue_json(context, &json));
    *out = json_dumps(json, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    json_decref(json);
    return *out ? OA_OK : oa_fail(context, "E_MEMORY", "no memory for the catalogue; give more memory");
}
