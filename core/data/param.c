/* param.c - parameter tables: parsing, bounds, presets, text. */
#include "data/param.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *const oa_origin_names[3] = { "default", "preset", "set" };

size_t oa_param_count(const oa_param *table)
{
    size_t n = 0;
    while (table[n].name) n++;
    return n;
}

static bool same_name(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (*a != *b && !((*a == '-' || *a == '_') && (*b == '-' || *b == '_'))) return false;
    return *a == *b;
}

const oa_param *oa_param_find(const oa_param *table, const char *name)
{
    for (const oa_param *row = table; row->name; row++)
        if (same_name(row->name, name)) return row;
    return NULL;
}

static void *field(const oa_settings *settings, size_t row)
{
    return (char *)settings->values + settings->table[row].offset;
}

double oa_settings_real(const oa_settings *settings, size_t row) { return *(const double *)field(settings, row); }
int64_t oa_settings_int(const oa_settings *settings, size_t row) { return *(const int64_t *)field(settings, row); }
bool oa_settings_bool(const oa_settings *settings, size_t row) { return *(const bool *)field(settings, row); }
const oa_reals *oa_settings_reals(const oa_settings *settings, size_t row) { return field(settings, row); }
const char *oa_settings_word(const oa_settings *settings, size_t row)
{
    return *(const char *const *)field(settings, row);
}

static const char *with_unit(const oa_param *row)
{
    return row->unit ? row->unit : "";
}

static oa_status check_bounds(oa_context *context, const oa_param *row, double value)
{
    const bool is_bounded = row->min != 0 || row->max != 0;
    const bool is_default = row->kind != OA_REALS && value == row->dflt; /* a 0 that means "none" may be written down */
    if (isfinite(value) && (!is_bounded || is_default || (value >= row->min && value <= row->max))) return OA_OK;
    const char *unit = with_unit(row), *gap = row->unit ? " " : "";
    if (!is_bounded)
        return oa_fail_at(context, OA_IN_PARAMETER(row->name), "E_PARAMETER_RANGE", "%s is %g; it must be a finite number",
                          row->name, value);
    return oa_fail_at(context, OA_IN_PARAMETER(row->name), "E_PARAMETER_RANGE",
                      "%s is %.10g%s%s; it must lie between %.10g and %.10g", row->name, value, gap, unit, row->min, row->max);
}

static oa_status not_a(oa_context *context, const oa_param *row, const char *text, const char *what)
{
    return oa_fail_at(context, OA_IN_PARAMETER(row->name), "E_PARAMETER_VALUE", "%s is '%s'; it must be %s", row->name, text, what);
}

static oa_status parse_real(oa_context *context, const oa_param *row, const char *text, double *out)
{
    double value; /* a refused text leaves the old value */
    if (!oa_text_real(text, strlen(text), false, &value)) return not_a(context, row, text, "a number");
    OA_TRY(check_bounds(context, row, value));
    *out = value;
    return OA_OK;
}

static oa_status parse_int(oa_context *context, const oa_param *row, const char *text, int64_t *out)
{
    int64_t value;
    if (!oa_text_integer(text, strlen(text), &value)) return not_a(context, row, text, "a whole number");
    OA_TRY(check_bounds(context, row, (double)value));
    *out = value;
    return OA_OK;
}

static oa_status parse_bool(oa_context *context, const oa_param *row, const char *text, bool *out)
{
    static const char *const yes[] = { "true", "yes", "1", "on" }, *const no[] = { "false", "no", "0", "off" };
    for (int i = 0; i < 4; i++) {
        if (oa_text_equal_nocase(text, yes[i])) return *out = true, OA_OK;
        if (oa_text_equal_nocase(text, no[i])) return *out = false, OA_OK;
    }
    return not_a(context, row, text, "true or false");
}

static oa_status parse_reals(oa_context *context, const oa_param *row, const char *text, oa_reals *out)
{
    oa_reals list = { .n = 0 };
    const bool is_auto = !text[0] || strcmp(text, "auto") == 0;
    for (const char *at = text; !is_auto; at++) {
        const size_t length = strcspn(at, ",");
        if (list.n == OA_REALS_MAX) return not_a(context, row, text, "a shorter list");
        if (!oa_text_real(at, length, false, &list.v[list.n])) return not_a(context, row, text, "numbers with commas between them");
        OA_TRY(check_bounds(context, row, list.v[list.n++]));
        at += length;
        if (!*at) break;
    }
    if (!is_auto && row->n_max && (list.n < row->n_min || list.n > row->n_max))
        return oa_fail_at(context, OA_IN_PARAMETER(row->name), "E_PARAMETER_VALUE", "%s has %d numbers; it needs %d%s", row->name,
                          list.n, row->n_min, row->n_min == row->n_max ? "" : " or more");
    *out = list;
    return OA_OK;
}

static oa_status set_word(oa_settings *settings, size_t number, const char *text)
{
    char *copy = oa_strdup(settings->context, text);
    if (!copy) return settings->context->status;
    oa_free(settings->context, settings->words[number]);
    settings->words[number] = copy;
    *(const char **)field(settings, number) = copy;
    return OA_OK;
}

/* A line break would forge lines of the record's manifest; nothing else has a use for control characters either. */
static bool has_control(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f) return true;
    return false;
}

static oa_status not_allowed(oa_context *context, const oa_param *row, const char *text)
{
    oa_string list = { .context = context };
    for (size_t i = 0; row->choices[i]; i++) oa_string_add(&list, "%s%s", i ? ", " : "", row->choices[i][0] ? row->choices[i] : "(nothing)");
    const oa_status status = oa_fail_at(context, OA_IN_PARAMETER(row->name), "E_PARAMETER_CHOICE", "%s is '%s'; it must be one of: %s",
                                        row->name, text, list.text ? list.text : "");
    oa_string_drop(&list);
    return status;
}

static oa_status parse_word(oa_settings *settings, size_t number, const char *text)
{
    const oa_param *row = &settings->table[number];
    bool is_allowed = !row->choices;
    for (size_t i = 0; !is_allowed && row->choices[i]; i++) is_allowed = strcmp(row->choices[i], text) == 0;
    if (!is_allowed) return not_allowed(settings->context, row, text);
    if (has_control(text) || !oa_text_is_utf8(text)) return not_a(settings->context, row, text, "UTF-8 without control characters");
    return set_word(settings, number, text);
}

static oa_status parse(oa_settings *settings, size_t number, const char *text)
{
    const oa_param *row = &settings->table[number];
    void *at = field(settings, number);
    switch (row->kind) {
    case OA_REAL: return parse_real(settings->context, row, text, at);
    case OA_INT: return parse_int(settings->context, row, text, at);
    case OA_BOOLEAN: return parse_bool(settings->context, row, text, at);
    case OA_REALS: return parse_reals(settings->context, row, text, at);
    case OA_WORD: return parse_word(settings, number, text);
    }
    return oa_fail(settings->context, "E_INTERNAL", "parameter %s has no kind; report this", row->name);
}

/* Bounds do not apply to defaults: a 0 that means "none" may lie outside them. */
static oa_status set_default(oa_settings *settings, size_t number)
{
    const oa_param *row = &settings->table[number];
    void *at = field(settings, number);
    switch (row->kind) {
    case OA_REAL: *(double *)at = row->dflt; return OA_OK;
    case OA_INT: *(int64_t *)at = (int64_t)row->dflt; return OA_OK;
    case OA_BOOLEAN: *(bool *)at = row->dflt != 0; return OA_OK;
    case OA_REALS: return parse(settings, number, row->dflt_text ? row->dflt_text : "");
    case OA_WORD: return set_word(settings, number, row->dflt_text ? row->dflt_text : "");
    }
    return OA_OK;
}

static const oa_preset *find_preset(const oa_settings *settings, const char *name)
{
    for (const oa_preset *p = settings->presets; p && p->name; p++)
        if (strcmp(p->name, name) == 0) return p;
    return NULL;
}

/* What the user set stays; everything else returns to its default, then takes the preset's value. */
static oa_status apply_preset(oa_settings *settings)
{
    const oa_param *row = oa_param_find(settings->table, "preset");
    if (!settings->presets || !row) return OA_OK;
    const oa_preset *preset = find_preset(settings, oa_settings_word(settings, (size_t)(row - settings->table)));
    for (size_t i = 0; i < settings->n; i++) {
        if (settings->origin[i] != OA_FROM_PRESET) continue;
        OA_TRY(set_default(settings, i));
        settings->origin[i] = OA_FROM_DEFAULT;
    }
    for (const oa_preset_value *v = preset ? preset->values : NULL; v && v->name; v++) {
        const oa_param *target = oa_param_find(settings->table, v->name);
        if (!target) return oa_fail(settings->context, "E_INTERNAL", "preset value %s has no parameter; report this", v->name);
        const size_t number = (size_t)(target - settings->table);
        if (settings->origin[number] == OA_FROM_USER) continue;
        OA_TRY(parse(settings, number, v->text));
        settings->origin[number] = OA_FROM_PRESET;
    }
    return OA_OK;
}

static oa_status fill(oa_settings *settings, size_t struct_size)
{
    OA_TRY(oa_new(settings->context, &settings->values, 1, struct_size ? struct_size : 1));
    OA_TRY(oa_new(settings->context, &settings->origin, settings->n, sizeof *settings->origin));
    OA_TRY(oa_new(settings->context, &settings->words, settings->n, sizeof *settings->words));
    for (size_t i = 0; i < settings->n; i++) OA_TRY(set_default(settings, i));
    return apply_preset(settings);
}

oa_status oa_settings_new(oa_context *context, oa_settings **out, const oa_param *table, size_t struct_size,
                          const oa_preset *presets)
{
    oa_settings *settings;
    *out = NULL;
    OA_TRY(oa_new(context, &settings, 1, sizeof *settings));
    settings->context = context;
    settings->table = table;
    settings->presets = presets;
    settings->n = oa_param_count(table);
    const oa_status status = fill(settings, struct_size);
    if (status != OA_OK) {
        oa_settings_free(settings);
        return status;
    }
    *out = settings;
    return OA_OK;
}

void oa_settings_free(oa_settings *settings)
{
    if (!settings) return;
    for (size_t i = 0; settings->words && i < settings->n; i++) oa_free(settings->context, settings->words[i]);
    oa_free(settings->context, settings->words);
    oa_free(settings->context, settings->origin);
    oa_free(settings->context, settings->values);
    oa_free(settings->context, settings);
}

static oa_status unknown(oa_settings *settings, const char *name)
{
    const char *names[256];
    size_t n = 0;
    for (; n < settings->n && n < 256; n++) names[n] = settings->table[n].name;
    const char *near = oa_text_nearest(name, names, n);
    return oa_fail(settings->context, "E_OPTION_UNKNOWN", "there is no parameter '%s'%s%s%s", name,
                   near ? "; did you mean '" : "; `ordapt help STEP` lists them", near ? near : "", near ? "'?" : "");
}

/* A recorded default may lie outside the bounds (a 0 that means "none"), and a newer build may have another default:
 * the recorded text decides, without bounds. */
static oa_status parse_recorded(oa_settings *settings, size_t number, const char *text, oa_origin origin)
{
    const oa_param *row = &settings->table[number];
    if (origin != OA_FROM_DEFAULT) return parse(settings, number, text);
    if (row->kind == OA_REAL && oa_text_real(text, strlen(text), false, field(settings, number))) return OA_OK;
    if (row->kind == OA_INT && oa_text_integer(text, strlen(text), field(settings, number))) return OA_OK;
    if (row->kind == OA_WORD && oa_text_equal(text, row->dflt_text ? row->dflt_text : "")) return set_default(settings, number);
    return parse(settings, number, text);
}

oa_status oa_settings_restore(oa_settings *settings, const char *name, const char *text, oa_origin origin)
{
    const oa_param *row = oa_param_find(settings->table, name);
    if (!row) return unknown(settings, name);
    const size_t number = (size_t)(row - settings->table);
    OA_TRY(parse_recorded(settings, number, text, origin));
    settings->origin[number] = origin;
    return OA_OK;
}

oa_status oa_settings_set(oa_settings *settings, const char *name, const char *text)
{
    OA_TRY(oa_settings_restore(settings, name, text, OA_FROM_USER));
    return same_name(name, "preset") ? apply_preset(settings) : OA_OK;
}

static void add_reals(oa_string *text, const oa_reals *list)
{
    char number[32];
    for (int i = 0; i < list->n; i++) oa_string_add(text, "%s%s", i ? "," : "", oa_text_of_real(number, list->v[i]));
}

oa_status oa_settings_text(const oa_settings *settings, size_t row, char **out)
{
    oa_string text = { .context = settings->context };
    char number[32];
    switch (settings->table[row].kind) {
    case OA_REAL: oa_string_add(&text, "%s", oa_text_of_real(number, oa_settings_real(settings, row))); break;
    case OA_INT: oa_string_add(&text, "%lld", (long long)oa_settings_int(settings, row)); break;
    case OA_BOOLEAN: oa_string_add(&text, "%s", oa_settings_bool(settings, row) ? "true" : "false"); break;
    case OA_REALS: add_reals(&text, oa_settings_reals(settings, row)); break;
    case OA_WORD: oa_string_add(&text, "%s", oa_settings_word(settings, row)); break;
    }
    return oa_string_take(&text, out);
}
