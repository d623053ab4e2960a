/* format_metadata.c - facts of specimen and measurement from YAML or JSON, with the keys of the ELN file that the reader
 * pynxtools-apm takes. The file is flattened to "specimen/initial_radius/value" lines first, then read by a table. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"
#include "io/flat.h"
#include "io/format.h"

enum { BYTES_MAX = 1 << 20, KEY_MAX = OA_FLAT_KEY };

/* ---- units ---- */

/* One unit is multiple * 10^power of the basic one of its dimension; kelvins from degrees Celsius alone have an offset. */
typedef struct unit {
    const char *name;
    char dimension;
    int power;
    double multiple, offset;
} unit;
static const unit units[] = {
    { "m", 'l', 0, 1, 0 }, { "meter", 'l', 0, 1, 0 }, { "metre", 'l', 0, 1, 0 }, { "cm", 'l', -2, 1, 0 },
    { "centimeter", 'l', -2, 1, 0 }, { "mm", 'l', -3, 1, 0 }, { "millimeter", 'l', -3, 1, 0 }, { "um", 'l', -6, 1, 0 },
    { "\xc2\xb5m", 'l', -6, 1, 0 }, { "\xce\xbcm", 'l', -6, 1, 0 }, { "micrometer", 'l', -6, 1, 0 }, { "micron", 'l', -6, 1, 0 },
    { "nm", 'l', -9, 1, 0 }, { "nanometer", 'l', -9, 1, 0 }, { "angstrom", 'l', -10, 1, 0 }, { "\xc3\x85", 'l', -10, 1, 0 },
    { "pm", 'l', -12, 1, 0 }, { "picometer", 'l', -12, 1, 0 },
    { "s", 't', 0, 1, 0 }, { "second", 't', 0, 1, 0 }, { "ms", 't', -3, 1, 0 }, { "minute", 't', 0, 60, 0 },
    { "min", 't', 0, 60, 0 }, { "h", 't', 0, 3600, 0 }, { "hour", 't', 0, 3600, 0 }, { "day", 't', 0, 86400, 0 },
    { "K", 'T', 0, 1, 0 }, { "kelvin", 'T', 0, 1, 0 }, { "mK", 'T', -3, 1, 0 }, { "degC", 'T', 0, 1, 273.15 },
    { "\xc2\xb0""C", 'T', 0, 1, 273.15 }, { "celsius", 'T', 0, 1, 273.15 }, { "degree_Celsius", 'T', 0, 1, 273.15 },
    { "K/s", 'q', 0, 1, 0 }, { "kelvin / second", 'q', 0, 1, 0 }, { "kelvin/second", 'q', 0, 1, 0 },
    { "K/min", 'q', 0, 1.0 / 60, 0 }, { "kelvin / minute", 'q', 0, 1.0 / 60, 0 },
    { "degree", 'a', 0, 1, 0 }, { "deg", 'a', 0, 1, 0 }, { "\xc2\xb0", 'a', 0, 1, 0 }, { "rad", 'a', 0, 57.29577951308232, 0 },
    { "radian", 'a', 0, 57.29577951308232, 0 },
    { "Hz", 'f', 0, 1, 0 }, { "hertz", 'f', 0, 1, 0 }, { "kHz", 'f', 3, 1, 0 }, { "kilohertz", 'f', 3, 1, 0 },
    { "MHz", 'f', 6, 1, 0 }, { "megahertz", 'f', 6, 1, 0 },
    { "Pa", 'p', 0, 1, 0 }, { "pascal", 'p', 0, 1, 0 }, { "hPa", 'p', 2, 1, 0 }, { "kPa", 'p', 3, 1, 0 }, { "bar", 'p', 5, 1, 0 },
    { "mbar", 'p', 2, 1, 0 }, { "millibar", 'p', 2, 1, 0 }, { "torr", 'p', 0, 133.32236842105263, 0 },
    { "Torr", 'p', 0, 133.32236842105263, 0 }, { "mTorr", 'p', -3, 133.32236842105263, 0 }, { "atm", 'p', 0, 101325, 0 },
    { "W", 'w', 0, 1, 0 }, { "watt", 'w', 0, 1, 0 }, { "mW", 'w', -3, 1, 0 }, { "milliwatt", 'w', -3, 1, 0 },
    { "uW", 'w', -6, 1, 0 }, { "nW", 'w', -9, 1, 0 }, { "nanowatt", 'w', -9, 1, 0 },
    { "J", 'e', 0, 1, 0 }, { "joule", 'e', 0, 1, 0 }, { "nJ", 'e', -9, 1, 0 }, { "nanojoule", 'e', -9, 1, 0 },
    { "pJ", 'e', -12, 1, 0 }, { "picojoule", 'e', -12, 1, 0 }, { "fJ", 'e', -15, 1, 0 },
};

static const unit *unit_find(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(units[i].name, name) == 0) return &units[i];
    return NULL;
}

/* Powers of ten are applied by one exact multiplication or division, so that 1.5 micrometre is 1500 nm and no neighbour. */
static bool convert(double value, const char *from_name, const char *to_name, bool is_difference, double *out)
{
    const unit *from = unit_find(from_name), *to = unit_find(to_name);
    if (!from || !to || from->dimension != to->dimension) return false;
    double scale = 1;
    const int power = from->power - to->power;
    for (int i = 0; i < (power < 0 ? -power : power); i++) scale *= 10;
    value *= from->multiple / to->multiple;
    *out = (power < 0 ? value / scale : value * scale) + (is_difference ? 0 : from->offset);
    return true;
}

/* ---- keys ---- */

static const struct { const char *key, *path; } keys[] = {
    { "entry/title", "title" },
    { "entry/operation_mode", "operation_mode" },
    { "entry/start_time", "start_time" },
    { "entry/end_time", "end_time" },
    { "entry/experiment_alias", "experiment_alias" },
    { "entry/experiment_description", "experiment_description" },
    { "entry/run_number", "run_number" },
    { "sample/grain_diameter_error", "sample/grain_diameter_errors" },
    { "sample/heat_treatment_temperature_error", "sample/heat_treatment_temperature_errors" },
    { "sample/heat_treatment_quenching_rate_error", "sample/heat_treatment_quenching_rate_errors" },
    { "status", "measurement/status" },
    { "instrument/initial_radius", "specimen/initial_radius" },
    { "instrument/shank_angle", "specimen/shank_angle" },
    { "instrument/instrument_name", "measurement/instrument/name" },
    { "instrument/location", "measurement/instrument/location" },
    { "instrument/fabrication_vendor", "measurement/instrument/fabrication/vendor" },
    { "instrument/fabrication_model", "measurement/instrument/fabrication/model" },
    { "instrument/fabrication_serial_number", "measurement/instrument/fabrication/serial_number" },
    { "instrument/reflectron_applied", "measurement/instrument/reflectron/applied" },
    { "instrument/local_electrode_name", "measurement/instrument/local_electrode/name" },
    { "instrument/pulse_mode", "measurement/event1/instrument/pulser/pulse_mode" },
    { "instrument/pulse_frequency", "measurement/event1/instrument/pulser/pulse_frequency" },
    { "instrument/pulse_fraction", "measurement/event1/instrument/pulser/pulse_fraction" },
    { "instrument/evaporation_control", "measurement/event1/instrument/control/evaporation_control" },
    { "instrument/target_detection_rate", "measurement/event1/instrument/control/target_detection_rate" },
    { "instrument/chamber_pressure", "measurement/event1/instrument/analysis_chamber/pressure_sensor/value" },
    { "instrument/base_temperature", "measurement/event1/instrument/stage/temperature_sensor/value" },
    { "instrument/laser_source#/name", "measurement/event1/instrument/pulser/source#/name" },
    { "instrument/laser_source#/wavelength", "measurement/event1/instrument/pulser/source#/wavelength" },
    { "instrument/laser_source#/power", "measurement/event1/instrument/pulser/source#/power" },
    { "instrument/laser_source#/pulse_energy", "measurement/event1/instrument/pulser/source#/pulse_energy" },
    { "user#/orcid", "user#/identifier1" },
};

/* Keys of that file which speak of the vendor's reconstruction and of the project: nothing of ours holds them. */
static const char *const elsewhere[] = { "project/", "ranging/", "reconstruction/", "workflow/" };

/* "user/0/name" becomes "user#/name" and 1; a lone "user/name" too. */
static void normal_key(const char *key, char out[KEY_MAX], size_t *number)
{
    size_t n = 0;
    *number = 1;
    for (const char *at = key; *at && n + 1 < KEY_MAX;) {
        const size_t digits = *at == '/' ? strspn(at + 1, "0123456789") : 0;
        if (digits && (at[1 + digits] == '/' || at[1 + digits] == 0)) {
            int64_t value = 0;
            (void)oa_text_integer(at + 1, digits, &value);
            *number = (size_t)value + 1;
            out[n++] = '#';
            at += 1 + digits;
        } else {
            out[n++] = *at++;
        }
    }
    out[n] = 0;
    if (strncmp(out, "user/", 5) == 0) {
        memmove(out + 5, out + 4, n - 3 < KEY_MAX - 6 ? n - 3 : KEY_MAX - 6);
        out[4] = '#';
    }
}

/* The path of the concept a key stands for: by the table, else the key itself. False: none. */
static bool path_of(const char *key, char path[KEY_MAX])
{
    char normal[KEY_MAX];
    size_t number;
    normal_key(key, normal, &number);
    const char *target = normal;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strcmp(keys[i].key, normal) == 0) target = keys[i].path;
    const char *hash = strchr(target, '#');
    if (hash) snprintf(path, KEY_MAX, "%.*s%zu%s", (int)(hash - target), target, number, hash + 1);
    else snprintf(path, KEY_MAX, "%s", target);
    return oa_concept_find(path) != NULL;
}

/* ---- values ---- */

static bool read_bool(const char *text, bool *out)
{
    static const char *const words[] = { "true", "yes", "on", "1", "false", "no", "off", "0" };
    for (size_t i = 0; i < 8; i++)
        if (oa_text_equal_nocase(text, words[i])) {
            *out = i < 4;
            return true;
        }
    return false;
}

/* A sensor says what it measures; an identifier, of which kind it is. */
static oa_status add_companions(oa_metadata *metadata, const char *path)
{
    static const char sensor[] = "measurement/event1/instrument/";
    if (strncmp(path, "user", 4) == 0 && oa_text_ends_nocase(path, "/identifier1"))
        return oa_metadata_set_attribute(metadata, path, "type", "ORCID");
    if (strncmp(path, sensor, sizeof sensor - 1) != 0) return OA_OK;
    if (oa_text_ends_nocase(path, "temperature_sensor/value"))
        return oa_metadata_set_text(metadata, "measurement/event1/instrument/stage/temperature_sensor/measurement", "temperature");
    if (oa_text_ends_nocase(path, "pressure_sensor/value"))
        return oa_metadata_set_text(metadata, "measurement/event1/instrument/analysis_chamber/pressure_sensor/measurement", "pressure");
    return OA_OK;
}

static oa_status set_plain(const oa_flat *f, const oa_leaf *one, const char *path, oa_metadata *metadata)
{
    const oa_concept *concept = oa_concept_find(path);
    double number = 0;
    int64_t whole = 0;
    bool yes = false;
    const size_t length = strlen(one->text);
    switch (concept->type) {
    case OA_TEXT: OA_TRY(oa_metadata_set_text(metadata, path, one->text)); break;
    case OA_BOOL:
        if (!read_bool(one->text, &yes)) return oa_flat_bad(f, one->line, one->key, "neither true nor false");
        OA_TRY(oa_metadata_set_number(metadata, path, OA_BOOL, yes, ""));
        break;
    case OA_U64:
        if (!oa_text_integer(one->text, length, &whole) || whole < 0 || whole > ((int64_t)1 << 53))
            return oa_flat_bad(f, one->line, one->key, "no whole number of 0 or more");
        OA_TRY(oa_metadata_set_number(metadata, path, OA_U64, (double)whole, ""));
        break;
    default:
        if (!oa_text_real(one->text, length, false, &number) || number - number != 0)
            return oa_flat_bad(f, one->line, one->key, "no finite number");
        OA_TRY(oa_metadata_set_number(metadata, path, concept->type, number, concept->unit));
    }
    return add_companions(metadata, path);
}

/* {value, unit}: `one` is the value; base its key without "/value". */
static oa_status set_quantity(const oa_flat *f, oa_leaf *one, const char *base, const char *path, oa_metadata *metadata)
{
    char key[KEY_MAX + 8];
    double number, converted;
    const oa_concept *concept = oa_concept_find(path);
    snprintf(key, sizeof key, "%s/unit", base);
    oa_leaf *of = oa_flat_find(f, key);
    if (!oa_text_real(one->text, strlen(one->text), false, &number) || number - number != 0)
        return oa_flat_bad(f, one->line, one->key, "no finite number");
    if (!of || !of->text) return oa_flat_bad(f, one->line, one->key, "has no unit beside it; give unit");
    of->is_done = true;
    if (!convert(number, of->text, concept->unit, oa_text_ends_nocase(path, "_errors"), &converted)) {
        char text[96], name[40];
        oa_text_clean(name, sizeof name, of->text, strlen(of->text));
        snprintf(text, sizeof text, "unit '%s' cannot be converted to %s", name, concept->unit);
        return oa_flat_bad(f, of->line, of->key, text);
    }
    OA_TRY(oa_metadata_set_number(metadata, path, OA_F64, converted, concept->unit));
    return add_companions(metadata, path);
}

/* Takes one leaf where its key is known. */
static oa_status take_leaf(const oa_flat *f, oa_leaf *one, oa_metadata *metadata)
{
    char base[KEY_MAX], path[KEY_MAX];
    const size_t length = strlen(one->key);
    const bool is_value = oa_text_ends_nocase(one->key, "/value"), is_unit = oa_text_ends_nocase(one->key, "/unit");
    if (path_of(one->key, path) && !oa_concept_find(path)->unit) {
        one->is_done = true;
        return set_plain(f, one, path, metadata);
    }
    if (path_of(one->key, path)) return oa_flat_bad(f, one->line, one->key, "a quantity; give {value: ..., unit: ...}");
    if (!is_value && !is_unit) return OA_OK;
    snprintf(base, sizeof base, "%.*s", (int)(length - (is_value ? 6 : 5)), one->key);
    if (!path_of(base, path) || !oa_concept_find(path)->unit) return OA_OK;
    one->is_done = true;
    return is_value ? set_quantity(f, one, base, path, metadata) : OA_OK;
}

/* "Co, Ni": symbols only. Others are left out by name. */
static oa_status tidy_atom_types(oa_metadata *metadata)
{
    const oa_meta_field *field = oa_metadata_find(metadata, "specimen/atom_types");
    if (!field) return OA_OK;
    oa_string list = { .context = metadata->context };
    for (const char *at = field->text; *at;) {
        at += strspn(at, " ,");
        const size_t n = strcspn(at, " ,");
        if (n && oa_element_number(at, n)) oa_string_add(&list, "%s%.*s", list.length ? ", " : "", (int)n, at);
        else if (n) oa_warn(metadata->context, "W_METADATA", "specimen/atom_types: '%.*s' is no element; left out", n < 20 ? (int)n : 20, at);
        at += n;
    }
    char *text;
    OA_TRY(oa_string_take(&list, &text));
    const oa_status status = oa_metadata_set_text(metadata, "specimen/atom_types", text);
    oa_free(metadata->context, text);
    return status;
}

/* ---- composition: lines like "Fe rem", "Cr 12.5", "Mo 1.2 +- 0.1 wt.-%", "B 30 ppm" ---- */

typedef struct share {
    double percent, error;
    char symbol[4];
    bool is_rest, has_error, is_weight;
} share;

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0) return true;
    return false;
}

static bool read_share(const char *text, share *out)
{
    static const char *const rest[] = { "rem", "remainder", "matrix", NULL }, *const atoms[] = { "%", "at%", "at-%", "at.-%", "at.%", NULL };
    static const char *const weight[] = { "wt%", "wt-%", "wt.-%", "wt.%", NULL };
    char word[5][16] = { "" };
    int n = 0;
    for (const char *at = text; *at && n < 5; n++) {
        at += strspn(at, " \t");
        const size_t length = strcspn(at, " \t");
        if (length == 0) break;
        if (length > 15) return false;
        snprintf(word[n], sizeof word[n], "%.*s", (int)length, at);
        at += length;
        if (n == 4 && at[strspn(at, " \t")]) return false;
    }
    *out = (share){ .percent = 0 };
    if (!oa_element_number(word[0], strlen(word[0]))) return false;
    snprintf(out->symbol, sizeof out->symbol, "%.3s", word[0]);
    out->is_rest = n == 1 || (n == 2 && is_one_of(word[1], rest));
    if (out->is_rest) return true;
    if (!oa_text_real(word[1], strlen(word[1]), false, &out->percent) || !(out->percent >= 0)) return false;
    int at = 2;
    if (strcmp(word[2], "+-") == 0 || strcmp(word[2], "\xc2\xb1") == 0) {
        out->has_error = oa_text_real(word[3], strlen(word[3]), false, &out->error) && out->error >= 0;
        if (!out->has_error) return false;
        at = 4;
    }
    double scale = 1;
    if (at < n && strcmp(word[at], "ppm") == 0) scale = 1e4;
    else if (at < n && strcmp(word[at], "ppb") == 0) scale = 1e7;
    else if (at < n && !is_one_of(word[at], atoms) && !is_one_of(word[at], weight)) return false;
    out->is_weight = at < n && is_one_of(word[at], weight);
    out->percent /= scale;
    out->error /= scale;
    return at + 1 >= n && out->percent <= 100;
}

static oa_status put_share(oa_metadata *metadata, const share *one)
{
    char path[64];
    snprintf(path, sizeof path, "sample/chemical_composition/%.3s/chemical_symbol", one->symbol);
    OA_TRY(oa_metadata_set_text(metadata, path, one->symbol));
    snprintf(path, sizeof path, "sample/chemical_composition/%.3s/composition", one->symbol);
    OA_TRY(oa_metadata_set_number(metadata, path, OA_F64, one->percent, ""));
    if (!one->has_error) return OA_OK;
    snprintf(path, sizeof path, "sample/chemical_composition/%.3s/composition_errors", one->symbol);
    return oa_metadata_set_number(metadata, path, OA_F64, one->error, "");
}

/* All lines or none: a composition of which a part is missing says something else. */
static oa_status take_composition(oa_flat *f, oa_metadata *metadata)
{
    static const char prefix[] = "sample/composition/";
    share shares[118], *rest = NULL;
    int n = 0, weights = 0;
    double sum = 0;
    for (size_t i = 0; i < f->n; i++) {
        oa_leaf *one = &f->leaves[i];
        if (strncmp(one->key, prefix, sizeof prefix - 1) != 0 || !one->text) continue;
        one->is_done = true;
        if (n == 118 || !read_share(one->text, &shares[n]))
            return oa_flat_bad(f, one->line, one->key, "no composition line; write 'Fe rem', 'Cr 12.5', 'Mo 1.2 +- 0.1 wt.-%' or 'B 30 ppm'");
        for (int k = 0; k < n; k++)
            if (strcmp(shares[k].symbol, shares[n].symbol) == 0) return oa_flat_bad(f, one->line, one->key, "an element occurs twice");
        if (shares[n].is_rest && rest) return oa_flat_bad(f, one->line, one->key, "a second remainder; there can be one");
        if (shares[n].is_rest) rest = &shares[n];
        weights += shares[n].is_weight;
        sum += shares[n++].percent;
    }
    if (n == 0) return OA_OK;
    if (weights && weights != n - (rest != NULL))
        return oa_flat_bad(f, 0, "sample/composition", "atomic and weight per cent are mixed; give all in one");
    if (sum > 100.000001) return oa_flat_bad(f, 0, "sample/composition", "the shares sum to more than 100 %");
    if (rest) rest->percent = sum < 100 ? 100 - sum : 0;
    OA_TRY(oa_metadata_set_text(metadata, "sample/chemical_composition/normalization", weights ? "weight_percent" : "atom_percent"));
    for (int k = 0; k < n; k++) OA_TRY(put_share(metadata, &shares[k]));
    return OA_OK;
}

/* ---- the file ---- */

static void warn_leftovers(const oa_flat *f)
{
    for (size_t i = 0; i < f->n; i++) {
        const oa_leaf *one = &f->leaves[i];
        char key[96];
        bool is_elsewhere = false;
        if (!one->text || one->is_done) continue;
        oa_text_clean(key, sizeof key, one->key, strlen(one->key));
        for (size_t k = 0; k < sizeof elsewhere / sizeof *elsewhere; k++)
            is_elsewhere |= strncmp(one->key, elsewhere[k], strlen(elsewhere[k])) == 0;
        oa_warn(f->context, "W_METADATA", is_elsewhere ? "the key '%s' is known but has no place in a file of ours; left out"
                                                       : "the key '%s' is not known; left out", key);
    }
}

static oa_status read_leaves(oa_flat *f, oa_metadata *metadata)
{
    OA_TRY(take_composition(f, metadata));
    for (size_t i = 0; i < f->n; i++)
        if (f->leaves[i].text && !f->leaves[i].is_done) OA_TRY(take_leaf(f, &f->leaves[i], metadata));
    warn_leftovers(f);
    return tidy_atom_types(metadata);
}

static bool looks_like_json(const char *path, const char *text)
{
    if (oa_text_ends_nocase(path, ".json")) return true;
    if (oa_text_ends_nocase(path, ".yaml") || oa_text_ends_nocase(path, ".yml")) return false;
    return text[strspn(text, " \t\r\n")] == '{';
}

oa_status oa_metadata_read(oa_context *context, const char *path, oa_metadata **out)
{
    oa_flat f = { .context = context, .name = oa_base_name(path) };
    char *text;
    size_t length;
    *out = NULL;
    OA_TRY(oa_file_text(context, path, BYTES_MAX, &text, &length));
    oa_status status = looks_like_json(path, text) ? oa_flat_json(&f, text, length) : oa_flat_yaml(&f, text, length);
    oa_free(context, text);
    if (status == OA_OK) status = oa_metadata_new(context, out);
    if (status == OA_OK) status = read_leaves(&f, *out);
    oa_flat_drop(&f);
    if (status == OA_OK) return OA_OK;
    oa_metadata_free(*out);
    *out = NULL;
    return status;
}
