/* metadata.c - facts of specimen and measurement: which concepts are carried, and what must stand beside what. */
#include "data/metadata.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"

enum { FIELDS_MAX = 4096, TEXT_MAX = 65536, PATH_MAX_LENGTH = 256 };

/* '#' stands for digits, '*' for the symbol of an element. Types and units as NXapm wants them. */
#define INSTRUMENT "measurement/instrument/"
#define EVENT "measurement/event1/instrument/"
const oa_concept oa_concepts[] = {
    { "title", OA_TEXT, NULL },
    { "start_time", OA_TEXT, NULL },
    { "end_time", OA_TEXT, NULL },
    { "run_number", OA_U64, NULL },
    { "experiment_alias", OA_TEXT, NULL },
    { "experiment_description", OA_TEXT, NULL },
    { "operation_mode", OA_TEXT, NULL },
    { "user#/name", OA_TEXT, NULL },
    { "user#/affiliation", OA_TEXT, NULL },
    { "user#/address", OA_TEXT, NULL },
    { "user#/email", OA_TEXT, NULL },
    { "user#/telephone_number", OA_TEXT, NULL },
    { "user#/role", OA_TEXT, NULL },
    { "user#/identifier1", OA_TEXT, NULL },
    { "sample/alias", OA_TEXT, NULL },
    { "sample/description", OA_TEXT, NULL },
    { "sample/identifier_sample", OA_TEXT, NULL },
    { "sample/is_simulation", OA_BOOL, NULL },
    { "sample/grain_diameter", OA_F64, "nm" },
    { "sample/grain_diameter_errors", OA_F64, "nm" },
    { "sample/heat_treatment_time", OA_F64, "s" },
    { "sample/heat_treatment_temperature", OA_F64, "K" },
    { "sample/heat_treatment_temperature_errors", OA_F64, "K" },
    { "sample/heat_treatment_quenching_rate", OA_F64, "K/s" },
    { "sample/heat_treatment_quenching_rate_errors", OA_F64, "K/s" },
    { "sample/chemical_composition/normalization", OA_TEXT, NULL },
    { "sample/chemical_composition/*/chemical_symbol", OA_TEXT, NULL },
    { "sample/chemical_composition/*/composition", OA_F64, NULL },
    { "sample/chemical_composition/*/composition_errors", OA_F64, NULL },
    { "specimen/alias", OA_TEXT, NULL },
    { "specimen/description", OA_TEXT, NULL },
    { "specimen/identifier_parent", OA_TEXT, NULL },
    { "specimen/preparation_date", OA_TEXT, NULL },
    { "specimen/atom_types", OA_TEXT, NULL },
    { "specimen/is_simulation", OA_BOOL, NULL },
    { "specimen/is_polycrystalline", OA_BOOL, NULL },
    { "specimen/is_amorphous", OA_BOOL, NULL },
    { "specimen/initial_radius", OA_F64, "nm" },
    { "specimen/shank_angle", OA_F64, "degree" },
    { "measurement/status", OA_TEXT, NULL },
    { "measurement/quality", OA_TEXT, NULL },
    { INSTRUMENT "type", OA_TEXT, NULL },
    { INSTRUMENT "name", OA_TEXT, NULL },
    { INSTRUMENT "location", OA_TEXT, NULL },
    { INSTRUMENT "flight_path", OA_F64, "mm" },
    { INSTRUMENT "fabrication/vendor", OA_TEXT, NULL },
    { INSTRUMENT "fabrication/model", OA_TEXT, NULL },
    { INSTRUMENT "fabrication/serial_number", OA_TEXT, NULL },
    { INSTRUMENT "reflectron/applied", OA_BOOL, NULL },
    { INSTRUMENT "local_electrode/name", OA_TEXT, NULL },
    { INSTRUMENT "local_electrode/aperture_type", OA_TEXT, NULL },
    { EVENT "stage/temperature_sensor/measurement", OA_TEXT, NULL },
    { EVENT "stage/temperature_sensor/value", OA_F64, "K" },
    { EVENT "analysis_chamber/pressure_sensor/measurement", OA_TEXT, NULL },
    { EVENT "analysis_chamber/pressure_sensor/value", OA_F64, "Pa" },
    { EVENT "control/evaporation_control", OA_TEXT, NULL },
    { EVENT "control/target_detection_rate", OA_F64, NULL }, /* ions per pulse: no unit a validator can read */
    { EVENT "pulser/pulse_mode", OA_TEXT, NULL },
    { EVENT "pulser/pulse_frequency", OA_F64, "kHz" },
    { EVENT "pulser/pulse_fraction", OA_F64, NULL },
    { EVENT "pulser/source#/name", OA_TEXT, NULL },
    { EVENT "pulser/source#/wavelength", OA_F64, "nm" },
    { EVENT "pulser/source#/power", OA_F64, "W" },
    { EVENT "pulser/source#/pulse_energy", OA_F64, "J" },
    { NULL, OA_TEXT, NULL },
};

static const struct { const char *group, *nx_class; } classes[] = {
    { "user#", "NXuser" },
    { "sample", "NXsample" },
    { "sample/chemical_composition", "NXchemical_composition" },
    { "sample/chemical_composition/*", "NXatom" },
    { "specimen", "NXsample" },
    { "measurement", "NXapm_measurement" },
    { "measurement/instrument", "NXapm_instrument" },
    { INSTRUMENT "fabrication", "NXfabrication" },
    { INSTRUMENT "reflectron", "NXcomponent" },
    { INSTRUMENT "local_electrode", "NXelectromagnetic_lens" },
    { "measurement/event1", "NXapm_event_data" },
    { "measurement/event1/instrument", "NXapm_instrument" },
    { EVENT "stage", "NXmanipulator" },
    { EVENT "stage/temperature_sensor", "NXsensor" },
    { EVENT "analysis_chamber", "NXcomponent" },
    { EVENT "analysis_chamber/pressure_sensor", "NXsensor" },
    { EVENT "control", "NXparameters" },
    { EVENT "pulser", "NXcomponent" },
    { EVENT "pulser/source#", "NXsource" },
};

static size_t digits_at(const char *text)
{
    size_t n = 0;
    while (text[n] >= '0' && text[n] <= '9') n++;
    return n;
}

/* How much of the path the pattern takes from its beginning; 0 where it does not fit. */
static size_t pattern_length(const char *pattern, const char *path)
{
    const char *at = path;
    for (; *pattern; pattern++) {
        size_t n = 1;
        if (*pattern == '#') {
            n = digits_at(at);
            if (n == 0 || n > 4) return 0;
        } else if (*pattern == '*') {
            n = strcspn(at, "/");
            if (oa_element_number(at, n) == 0) return 0;
        } else if (*pattern != *at) {
            return 0;
        }
        at += n;
    }
    return (size_t)(at - path);
}

static bool fits(const char *pattern, const char *path)
{
    const size_t n = pattern_length(pattern, path);
    return n && path[n] == 0;
}

const oa_concept *oa_concept_find(const char *path)
{
    for (const oa_concept *c = oa_concepts; c->path; c++)
        if (fits(c->path, path)) return c;
    return NULL;
}

const char *oa_concept_class(const char *group_path)
{
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (fits(classes[i].group, group_path)) return classes[i].nx_class;
    return NULL;
}

/* ---- the list ---- */

oa_status oa_metadata_new(oa_context *context, oa_metadata **out)
{
    OA_TRY(oa_new(context, out, 1, sizeof **out));
    (*out)->context = context;
    (*out)->references = 1;
    return OA_OK;
}

oa_metadata *oa_metadata_share(oa_metadata *metadata)
{
    if (metadata) atomic_fetch_add(&metadata->references, 1);
    return metadata;
}

static void field_drop(oa_context *context, oa_meta_field *field)
{
    oa_free(context, field->path);
    oa_free(context, field->text);
    oa_free(context, field->unit);
    oa_free(context, field->attribute_name);
    oa_free(context, field->attribute_value);
}

void oa_metadata_free(oa_metadata *metadata)
{
    if (!metadata || atomic_fetch_sub(&metadata->references, 1) != 1) return;
    for (size_t i = 0; i < metadata->n; i++) field_drop(metadata->context, &metadata->fields[i]);
    oa_free(metadata->context, metadata->fields);
    oa_free(metadata->context, metadata);
}

const oa_meta_field *oa_metadata_find(const oa_metadata *metadata, const char *path)
{
    for (size_t i = 0; metadata && i < metadata->n; i++)
        if (strcmp(metadata->fields[i].path, path) == 0) return &metadata->fields[i];
    return NULL;
}

static oa_status replace_text(oa_context *context, char **text, const char *with)
{
    char *copy = oa_strdup(context, with);
    if (!copy) return OA_E_LACKING;
    oa_free(context, *text);
    *text = copy;
    return OA_OK;
}

static oa_status field_append(oa_metadata *metadata, const char *path, oa_meta_field **out)
{
    oa_context *context = metadata->context;
    if (metadata->n == FIELDS_MAX)
        return oa_fail(context, "E_METADATA", "more than %d facts about one specimen; give fewer", FIELDS_MAX);
    OA_TRY(oa_resize(context, &metadata->fields, metadata->n + 1, sizeof *metadata->fields));
    oa_meta_field *field = &metadata->fields[metadata->n];
    oa_status status = replace_text(context, &field->path, path);
    if (status == OA_OK) status = replace_text(context, &field->text, "");
    if (status == OA_OK) status = replace_text(context, &field->unit, "");
    if (status == OA_OK) status = replace_text(context, &field->attribute_name, "");
    if (status == OA_OK) status = replace_text(context, &field->attribute_value, "");
    if (status != OA_OK) {
        field_drop(context, field);
        *field = (oa_meta_field){ .path = NULL };
        return status;
    }
    metadata->n++;
    *out = field;
    return OA_OK;
}

static oa_status field_for(oa_metadata *metadata, const char *path, oa_meta_field **out)
{
    const oa_meta_field *found = oa_metadata_find(metadata, path);
    if (strlen(path) >= PATH_MAX_LENGTH || !oa_concept_find(path))
        return oa_fail(metadata->context, "E_INTERNAL", "'%.80s' is no concept that is carried; please report this", path);
    if (!found) return field_append(metadata, path, out);
    *out = &metadata->fields[found - metadata->fields];
    return OA_OK;
}

/* Text from a stranger: line ends become blanks, other control characters question marks. */
static oa_status clean_copy(oa_context *context, const char *text, char **out)
{
    size_t length = strlen(text);
    if (length > TEXT_MAX)
        for (length = TEXT_MAX; length && ((unsigned char)text[length] & 0xc0) == 0x80;) length--; /* whole characters */
    OA_TRY(oa_new(context, out, length + 2, 1));
    memcpy(*out, text, length);
    for (char *c = *out; *c; c++)
        if (*c == '\n' || *c == '\r' || *c == '\t') *c = ' ';
    oa_text_clean(*out, length + 2, *out, length);
    return OA_OK;
}

oa_status oa_metadata_set_text(oa_metadata *metadata, const char *path, const char *text)
{
    oa_meta_field *field;
    char *copy;
    OA_TRY(field_for(metadata, path, &field));
    OA_TRY(clean_copy(metadata->context, text, &copy));
    oa_free(metadata->context, field->text);
    field->text = copy;
    field->type = OA_TEXT;
    field->number = 0;
    return replace_text(metadata->context, &field->unit, "");
}

oa_status oa_metadata_set_number(oa_metadata *metadata, const char *path, oa_type type, double number, const char *unit)
{
    oa_meta_field *field;
    OA_TRY(field_for(metadata, path, &field));
    field->type = type;
    field->number = number;
    OA_TRY(replace_text(metadata->context, &field->text, ""));
    return replace_text(metadata->context, &field->unit, unit ? unit : "");
}

oa_status oa_metadata_set_attribute(oa_metadata *metadata, const char *path, const char *name, const char *value)
{
    oa_meta_field *field;
    char *copy;
    OA_TRY(field_for(metadata, path, &field));
    OA_TRY(clean_copy(metadata->context, value, &copy));
    oa_free(metadata->context, field->attribute_value);
    field->attribute_value = copy;
    return replace_text(metadata->context, &field->attribute_name, name);
}

static void remove_at(oa_metadata *metadata, size_t i)
{
    field_drop(metadata->context, &metadata->fields[i]);
    metadata->n--;
    memmove(&metadata->fields[i], &metadata->fields[i + 1], (metadata->n - i) * sizeof *metadata->fields);
    metadata->fields[metadata->n] = (oa_meta_field){ .path = NULL };
}

/* ---- values NXapm refuses: they are left out with a warning ---- */

/* The words of a concept; NULL ends. Open lists of NXapm are taken as closed, so that no file of ours draws a remark. */
static const char *const operation_words[] = { "apt", "fim", "apt_fim", NULL };
static const char *const status_words[] = { "success", "aborted", NULL };
static const char *const normalization_words[] = { "atom_percent", "weight_percent", NULL };
static const char *const sensor_words[] = { "temperature", "pressure", NULL };
static const char *const instrument_words[] = {
    "Inspico", "3DAP", "LAWATAP", "LEAP 3000 Si", "LEAP 3000X Si", "LEAP 3000 HR", "LEAP 3000X HR", "LEAP 4000 Si",
    "LEAP 4000X Si", "LEAP 4000 HR", "LEAP 4000X HR", "LEAP 5000 XS", "LEAP 5000 XR", "LEAP 5000 R", "EIKOS", "EIKOS-UV",
    "LEAP 6000 XR", "LEAP INVIZO", "Photonic AP", "TeraSAT", "TAPHR", "Modular AP", "Titanium APT", "Extreme UV APT", NULL
};
static const struct { const char *path; const char *const *words; } vocabulary[] = {
    { "operation_mode", operation_words },
    { "measurement/status", status_words },
    { "sample/chemical_composition/normalization", normalization_words },
    { INSTRUMENT "type", instrument_words },
    { EVENT "stage/temperature_sensor/measurement", sensor_words },
    { EVENT "analysis_chamber/pressure_sensor/measurement", sensor_words },
};
static const char *const time_paths[] = { "start_time", "end_time", "specimen/preparation_date" };

static bool is_time_path(const char *path)
{
    for (size_t i = 0; i < sizeof time_paths / sizeof *time_paths; i++)
        if (strcmp(time_paths[i], path) == 0) return true;
    return false;
}

/* 'd' a digit, 'T' a T or blank; all else itself. */
static size_t shape_length(const char *shape, const char *text)
{
    size_t n = 0;
    for (; shape[n]; n++) {
        const char c = text[n];
        const bool ok = shape[n] == 'd' ? c >= '0' && c <= '9' : shape[n] == 'T' ? c == 'T' || c == ' ' : c == shape[n];
        if (!ok) return 0;
    }
    return n;
}

/* A time with its zone; "2026-01-01 10:00:00-00:00" becomes "2026-01-01T10:00:00+00:00" in place. */
static bool normal_time(char *text)
{
    size_t n = shape_length("dddd-dd-ddTdd:dd:dd", text);
    if (n == 0) return false;
    text[10] = 'T';
    if (text[n] == '.') n += 1 + digits_at(text + n + 1);
    char *zone = text + n;
    if (strcmp(zone, "Z") == 0) return true;
    if (shape_length("-dd:dd", zone) != 6 && shape_length("+dd:dd", zone) != 6) return false;
    if (strcmp(zone, "-00:00") == 0) *zone = '+';
    return zone[6] == 0;
}

static bool is_among(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(*words, word) == 0) return true;
    return false;
}

/* What is wrong with the field; NULL: nothing. */
static const char *fault_of(oa_meta_field *field)
{
    const oa_concept *concept = oa_concept_find(field->path);
    if (!concept || field->type != concept->type || strcmp(field->unit, concept->unit ? concept->unit : "") != 0)
        return "has another type or unit than NXapm wants";
    if (field->type != OA_TEXT) return field->number - field->number == 0 ? NULL : "is no finite number";
    if (field->text[0] == 0) return "is empty";
    if (is_time_path(field->path) && !normal_time(field->text)) return "is no time with zone like 2026-01-31T10:00:00+01:00";
    for (size_t i = 0; i < sizeof vocabulary / sizeof *vocabulary; i++)
        if (strcmp(vocabulary[i].path, field->path) == 0 && !is_among(field->text, vocabulary[i].words))
            return "is none of the words NXapm lists";
    if (fits("user#/identifier1", field->path) && !field->attribute_name[0]) return "does not say what kind of identifier it is";
    return NULL;
}

static void drop_faults(oa_metadata *metadata)
{
    for (size_t i = metadata->n; i-- > 0;) {
        oa_meta_field *field = &metadata->fields[i];
        const char *fault = fault_of(field);
        if (!fault) continue;
        oa_warn(metadata->context, "W_METADATA", "%s '%.60s' %s; left out", field->path, field->text, fault);
        remove_at(metadata, i);
    }
}

/* ---- what must stand beside what ---- */

/* A group of that pattern, once it has anything, needs the field; filled with `fill` where that is not NULL, else the
 * group is left out. Inner groups come first, so that a group that lost its content is judged again further out. */
typedef struct need {
    const char *group, *field, *fill;
} need;
static const need needs[] = {
    { "sample/chemical_composition/*", "composition", NULL },
    { "sample/chemical_composition/*", "chemical_symbol", "*" },
    { "sample/chemical_composition", "*/composition", NULL },
    { "sample/chemical_composition", "normalization", NULL },
    { "sample", "alias", NULL },
    { INSTRUMENT "fabrication", "vendor", "unknown" },
    { INSTRUMENT "fabrication", "model", "unknown" },
    { INSTRUMENT "local_electrode", "name", NULL },
    { EVENT "stage/temperature_sensor", "value", NULL },
    { EVENT "stage/temperature_sensor", "measurement", "temperature" },
    { EVENT "analysis_chamber/pressure_sensor", "value", NULL },
    { EVENT "analysis_chamber/pressure_sensor", "measurement", "pressure" },
    { EVENT "control", "evaporation_control", NULL },
    { EVENT "control", "target_detection_rate", NULL },
    { EVENT "pulser/source#", "power", NULL },
    { EVENT "pulser/source#", "pulse_energy", NULL },
    { EVENT "pulser", "pulse_mode", NULL },
    { EVENT "pulser", "pulse_frequency", NULL },
    { EVENT "pulser", "pulse_fraction", NULL },
    { "measurement/event1/instrument", "stage/temperature_sensor/value", NULL },
    { "measurement/event1/instrument", "analysis_chamber/pressure_sensor/value", NULL },
    { "measurement", "instrument/", NULL },
};

static bool is_below(const char *path, const char *group, size_t length)
{
    return strncmp(path, group, length) == 0 && path[length] == '/';
}

static bool group_has(const oa_metadata *metadata, const char *group, size_t length, const char *field)
{
    for (size_t i = 0; i < metadata->n; i++) {
        const char *path = metadata->fields[i].path;
        if (!is_below(path, group, length)) continue;
        const size_t n = pattern_length(field, path + length + 1);
        if (n && (path[length + 1 + n] == 0 || field[strlen(field) - 1] == '/')) return true;
    }
    return false;
}

static void drop_group(oa_metadata *metadata, const char *group, size_t length, const char *lacks)
{
    oa_warn(metadata->context, "W_METADATA", "%.*s lacks %s, which NXapm requires beside the rest; the group is left out",
            (int)length, group, lacks);
    for (size_t i = metadata->n; i-- > 0;)
        if (is_below(metadata->fields[i].path, group, length)) remove_at(metadata, i);
}

static oa_status fill_group(oa_metadata *metadata, const char *group, size_t length, const need *rule)
{
    char path[2 * PATH_MAX_LENGTH], symbol[8];
    snprintf(path, sizeof path, "%.*s/%s", (int)length, group, rule->field);
    const bool is_symbol = strcmp(rule->fill, "*") == 0; /* the element of the group itself: nothing is assumed */
    const char *slash = strrchr(group, '/');
    snprintf(symbol, sizeof symbol, "%.3s", slash ? slash + 1 : "");
    if (!is_symbol)
        oa_warn(metadata->context, "W_METADATA", "%s is not given; '%s' is written, because NXapm requires it", path, rule->fill);
    return oa_metadata_set_text(metadata, path, is_symbol ? symbol : rule->fill);
}

static oa_status apply_need(oa_metadata *metadata, const need *rule)
{
    for (size_t i = 0; i < metadata->n; i++) {
        char group[PATH_MAX_LENGTH];
        const size_t length = pattern_length(rule->group, metadata->fields[i].path);
        if (length == 0 || metadata->fields[i].path[length] != '/') continue;
        snprintf(group, sizeof group, "%.*s", (int)length, metadata->fields[i].path);
        if (group_has(metadata, group, length, rule->field)) continue;
        if (rule->fill) {
            OA_TRY(fill_group(metadata, group, length, rule));
        } else {
            drop_group(metadata, group, length, rule->field);
            i = (size_t)-1; /* places have moved: from the beginning */
        }
    }
    return OA_OK;
}

/* Whether the sample is real: what is said of the specimen, else that it is. */
static oa_status complete_simulation(oa_metadata *metadata)
{
    if (!group_has(metadata, "sample", 6, "alias") || oa_metadata_find(metadata, "sample/is_simulation")) return OA_OK;
    const oa_meta_field *specimen = oa_metadata_find(metadata, "specimen/is_simulation");
    if (!specimen) oa_warn(metadata->context, "W_METADATA", "sample/is_simulation is not given; false is written, because NXapm requires it");
    return oa_metadata_set_number(metadata, "sample/is_simulation", OA_BOOL, specimen ? specimen->number : 0, "");
}

oa_status oa_metadata_complete(oa_metadata *metadata)
{
    if (!metadata) return OA_OK;
    drop_faults(metadata);
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) OA_TRY(apply_need(metadata, &needs[i]));
    return complete_simulation(metadata);
}
