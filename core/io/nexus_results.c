/* nexus_results.c - records and results of ours, read back: what replay, verify and show stand on. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "io/layout.h"

enum { MANIFEST_MAX = 16 << 20, TEXT_MAX = 1 << 16 };

static const char *join(char out[512], const char *a, const char *b)
{
    snprintf(out, 512, "%s/%s", a, b);
    return out;
}

/* ---- metadata ---- */

static oa_status read_concept(const oa_h5 *h5, const char *absolute, const char *relative, const oa_concept *concept, oa_metadata *out)
{
    char *text = NULL;
    double number;
    if (concept->type == OA_TEXT) {
        OA_TRY(oa_h5_text(h5, absolute, NULL, TEXT_MAX, &text));
        const oa_status status = oa_metadata_set_text(out, relative, text);
        oa_free(h5->context, text);
        OA_TRY(status);
    } else {
        OA_TRY(oa_h5_real(h5, absolute, NULL, &number));
        OA_TRY(oa_metadata_set_number(out, relative, concept->type, number, concept->unit));
    }
    if (!oa_h5_has_attribute(h5, absolute, "type")) return OA_OK;
    OA_TRY(oa_h5_text(h5, absolute, "type", TEXT_MAX, &text));
    const oa_status status = oa_metadata_set_attribute(out, relative, "type", text);
    oa_free(h5->context, text);
    return status;
}

/* A field of a stranger that is not as the definitions say is left out with a warning: ions matter more. */
static oa_status read_field(const oa_h5 *h5, const char *absolute, const char *relative, oa_metadata *out)
{
    const oa_concept *concept = oa_concept_find(relative);
    oa_h5_shape shape;
    if (!concept) return OA_OK;
    OA_TRY(oa_h5_shape_of(h5, absolute, &shape));
    const bool is_text = shape.type_class == H5T_STRING;
    if (shape.n != 1 || is_text != (concept->type == OA_TEXT)) {
        oa_warn(h5->context, "W_METADATA", "%s is not what the definition wants there; left out", relative);
        return OA_OK;
    }
    return read_concept(h5, absolute, relative, concept, out);
}

/* Down the groups the concept table knows. */
static oa_status walk(const oa_h5 *h5, const char *entry, const char *relative, int depth, oa_metadata *out)
{
    char absolute[512], child[512], **names;
    size_t n;
    snprintf(absolute, sizeof absolute, "%s%s%s", entry, relative[0] ? "/" : "", relative);
    OA_TRY(oa_h5_names(h5, absolute, &names, &n));
    oa_status status = OA_OK;
    for (size_t i = 0; i < n && status == OA_OK; i++) {
        snprintf(child, sizeof child, "%s%s%s", relative, relative[0] ? "/" : "", names[i]);
        snprintf(absolute, sizeof absolute, "%s/%s", entry, child);
        if (oa_h5_is_dataset(h5, absolute)) status = read_field(h5, absolute, child, out);
        else if (depth < 8 && oa_concept_class(child) && oa_h5_is_group(h5, absolute)) status = walk(h5, entry, child, depth + 1, out);
    }
    oa_h5_names_free(h5, names, n);
    return status;
}

oa_status oa_nexus_metadata(const oa_h5 *h5, const char *entry, oa_metadata **out)
{
    OA_TRY(oa_metadata_new(h5->context, out));
    oa_status status = walk(h5, entry, "", 0, *out);
    if (status == OA_OK) status = oa_metadata_complete(*out);
    if (status == OA_OK) return OA_OK;
    oa_metadata_free(*out);
    *out = NULL;
    return status;
}

/* ---- which records ---- */

typedef struct named {
    char *name;
    double order;
} named;

static int by_order(const void *a, const void *b)
{
    const double x = ((const named *)a)->order, y = ((const named *)b)->order;
    return (x > y) - (x < y);
}

static bool is_ours(const oa_h5 *h5, const char *path, char step[96])
{
    char field[512], *text = NULL;
    if (!oa_h5_is_dataset(h5, join(field, path, "definition"))) return false;
    if (oa_h5_text(h5, field, NULL, 256, &text) != OA_OK) return oa_context__pardon(h5->context), false;
    static const char head[] = "NXapm_ordapt_", tail[] = "_results";
    const size_t n = strlen(text), frame = sizeof head + sizeof tail - 2;
    const bool ours = n > frame && n < frame + 90 && strncmp(text, head, sizeof head - 1) == 0 && strcmp(text + n - sizeof tail + 1, tail) == 0;
    if (ours) snprintf(step, 96, "%.*s", (int)(n - frame), text + sizeof head - 1);
    oa_free(h5->context, text);
    return ours;
}

static double order_of(const oa_h5 *h5, const char *path, const char *step)
{
    char field[512];
    double order = 0;
    snprintf(field, sizeof field, "%s/%s1/sequence_index", path, step);
    if (oa_h5_is_dataset(h5, field) && oa_h5_real(h5, field, NULL, &order) != OA_OK) oa_context__pardon(h5->context);
    return order;
}

oa_status oa_nexus_subentries(const oa_h5 *h5, const char *entry, char ***names, size_t *n)
{
    size_t all, ours = 0;
    char path[512], step[96];
    OA_TRY(oa_h5_names(h5, entry, names, &all));
    named *list = NULL;
    const oa_status status = oa_new(h5->context, &list, all, sizeof *list);
    for (size_t i = 0; i < all; i++) {
        if (status == OA_OK && is_ours(h5, join(path, entry, (*names)[i]), step))
            list[ours++] = (named){ (*names)[i], order_of(h5, path, step) };
        else
            oa_free(h5->context, (*names)[i]);
    }
    if (ours) qsort(list, ours, sizeof *list, by_order);
    for (size_t i = 0; i < ours; i++) (*names)[i] = list[i].name;
    oa_free(h5->context, list);
    *n = ours;
    if (status != OA_OK) oa_h5_names_free(h5, *names, 0), *names = NULL;
    return status;
}

/* ---- one record ---- */

typedef struct reading {
    const oa_h5 *h5;
    oa_record *record;
    char base[512];
} reading;

static oa_status text_into(reading *r, const char *child, char **field)
{
    char path[512], *text;
    OA_TRY(oa_h5_text(r->h5, join(path, r->base, child), NULL, MANIFEST_MAX, &text));
    oa_free(r->h5->context, *field);
    *field = text;
    return OA_OK;
}

static oa_status text_copy(reading *r, const char *child, char *out, size_t size)
{
    char path[512], *text;
    OA_TRY(oa_h5_text(r->h5, join(path, r->base, child), NULL, TEXT_MAX, &text));
    oa_text_clean(out, size, text, strlen(text));
    oa_free(r->h5->context, text);
    return OA_OK;
}

/* A value of config as the manifest writes it. */
static oa_status config_text(reading *r, const char *path, const oa_h5_shape *shape, oa_string *out)
{
    double list[OA_REALS_MAX];
    char number[32], *text;
    int64_t whole;
    if (shape->type_class == H5T_STRING) {
        OA_TRY(oa_h5_text(r->h5, path, NULL, TEXT_MAX, &text));
        oa_string_add(out, "%s", text);
        oa_free(r->h5->context, text);
    } else if (shape->type_class == H5T_FLOAT && shape->n <= OA_REALS_MAX) {
        OA_TRY(oa_h5_read(r->h5, path, shape, H5T_NATIVE_DOUBLE, list));
        for (size_t i = 0; i < shape->n; i++) oa_string_add(out, "%s%s", i ? "," : "", oa_text_of_real(number, list[i]));
    } else if (shape->type_class == H5T_INTEGER || shape->type_class == H5T_ENUM) {
        OA_TRY(oa_h5_integer(r->h5, path, NULL, &whole));
        if (shape->type_class == H5T_INTEGER) oa_string_add(out, "%lld", (long long)whole);
        else oa_string_add(out, "%s", whole ? "true" : "false");
    }
    return OA_OK;
}

/* People read config, the digest covers the manifest: both must say the same. */
static oa_status check_config(reading *r, const char *path, const oa_h5_shape *shape, const char *value)
{
    oa_string found = { .context = r->h5->context };
    oa_status status = shape ? config_text(r, path, shape, &found) : OA_OK;
    if (status == OA_OK && strcmp(found.text ? found.text : "", value) != 0)
        status = oa_h5_fail(r->h5, "E_DIGEST", "%s is '%.60s', the manifest says '%.60s'; the file was changed after it was written", path,
                            found.text ? found.text : "", value);
    oa_string_drop(&found);
    return status;
}

/* Parameters come from the manifest: its text is what the digest covers. Units and origins come from config. */
static oa_status read_param(reading *r, const char *line, size_t length)
{
    char name[128], path[512], origin_word[16] = "set", *unit = NULL;
    const size_t n = strcspn(line, " \n");
    snprintf(name, sizeof name, "%.*s", (int)(n < 127 ? n : 127), line);
    char *value;
    OA_TRY(oa_new(r->h5->context, &value, length + 1, 1));
    if (length > n) memcpy(value, line + n + 1, length - n - 1);
    snprintf(path, sizeof path, "config/origin/%s", name);
    oa_status status = text_copy(r, path, origin_word, sizeof origin_word);
    oa_origin origin = OA_FROM_USER;
    for (int i = 0; i < 3; i++)
        if (strcmp(origin_word, oa_origin_names[i]) == 0) origin = (oa_origin)i;
    snprintf(path, sizeof path, "%s/config/%s", r->base, name);
    oa_h5_shape shape = { .type_class = H5T_STRING };
    const bool is_there = oa_h5_is_dataset(r->h5, path);
    if (status == OA_OK && is_there) {
        status = oa_h5_shape_of(r->h5, path, &shape);
        if (status == OA_OK && oa_h5_has_attribute(r->h5, path, "units")) status = oa_h5_text(r->h5, path, "units", 64, &unit);
    }
    if (status == OA_OK) status = check_config(r, path, is_there ? &shape : NULL, value);
    const oa_kind kind = shape.type_class == H5T_FLOAT ? (shape.rank ? OA_REALS : OA_REAL) : shape.type_class == H5T_INTEGER ? OA_INT
                       : shape.type_class == H5T_ENUM ? OA_BOOLEAN : is_there ? OA_WORD : OA_REALS; /* an empty list has no field */
    if (status == OA_OK) status = oa_record_add_param(r->record, name, unit ? unit : "", value, kind, origin);
    oa_free(r->h5->context, unit);
    oa_free(r->h5->context, value);
    return status;
}

static oa_status damaged(const reading *r, const char *what)
{
    return oa_h5_fail(r->h5, "E_RECORD", "%s: %s; the file was not written by ordapt or was changed", r->base, what);
}

static oa_status read_head(reading *r)
{
    const char *line = r->record->manifest;
    if (strncmp(line, "ordapt results 1\nstep ", 22) != 0) return damaged(r, "the manifest does not begin as ours do");
    for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const size_t length = strcspn(line, "\n");
        if (strncmp(line, "step ", 5) == 0) {
            const char *space = memchr(line + 5, ' ', length - 5);
            const size_t n = space ? (size_t)(space - line - 5) : 0;
            if (!space) return damaged(r, "the manifest names no step version");
            if (strlen(r->record->step) != n || strncmp(line + 5, r->record->step, n) != 0) return damaged(r, "definition and manifest name different steps");
            int64_t version;
            if (!oa_text_integer(space + 1, (size_t)(line + length - space - 1), &version) || version < 1 || version > INT_MAX)
                return damaged(r, "the step version of the manifest is no number");
            r->record->version = (int)version;
        } else if (strncmp(line, "parameter ", 10) == 0) {
            OA_TRY(read_param(r, line + 10, length - 10));
        } else if (strncmp(line, "slab ", 5) == 0) {
            char slab[48];
            snprintf(slab, sizeof slab, "%.*s", (int)(length - 5), line + 5);
            OA_TRY(oa_record_set(r->record, &r->record->slab, slab));
        }
    }
    return OA_OK;
}

static oa_status optional_text(reading *r, const char *path, size_t size, char *out)
{
    char absolute[512];
    out[0] = 0;
    return oa_h5_is_dataset(r->h5, join(absolute, r->base, path)) ? text_copy(r, path, out, size) : OA_OK;
}

/* What a note says of an input, "" where it says nothing: in its JSON document, or in the field where files of the first layout have it. */
static oa_status told(reading *r, size_t number, const json_t *document, const char *key, const char *field, size_t size, char *out)
{
    char path[128];
    const char *word = json_string_value(json_object_get(document, key));
    snprintf(path, sizeof path, "input%zu/%s", number, field);
    if (!word) return optional_text(r, path, size, out);
    oa_text_clean(out, size, word, strlen(word));
    return OA_OK;
}

static oa_status open_note(reading *r, size_t number, json_t **out)
{
    char name[32], path[512], *text;
    snprintf(name, sizeof name, "input%zu/data", number);
    *out = NULL;
    if (!oa_h5_is_dataset(r->h5, join(path, r->base, name))) return OA_OK;
    OA_TRY(oa_h5_text(r->h5, path, NULL, TEXT_MAX, &text));
    *out = json_loads(text, 0, NULL);
    oa_free(r->h5->context, text);
    return *out ? OA_OK : damaged(r, "the note of an input is no JSON document");
}

static oa_status read_note(reading *r, size_t number, const json_t *note)
{
    char role[128], file[1024], entry[128], subentry[128], path[128];
    oa_input_record row = { .role = role, .file_name = file, .entry = entry, .subentry = subentry };
    OA_TRY(told(r, number, note, "role", "identifier_role", sizeof role, role));
    if (!role[0]) return damaged(r, "the note of an input says no role");
    snprintf(path, sizeof path, "input%zu/file_name", number);
    OA_TRY(text_copy(r, path, file, sizeof file));
    if (strchr(file, '/')) return damaged(r, "an input is named with a folder"); /* never look where a stranger points */
    if (strcmp(file, ".") == 0) file[0] = 0;
    snprintf(path, sizeof path, "input%zu/checksum", number);
    OA_TRY(optional_text(r, path, sizeof row.sha256, row.sha256));
    OA_TRY(told(r, number, note, "content_sha256", "identifier_content", sizeof row.content, row.content));
    OA_TRY(told(r, number, note, "made_by_run", "identifier_entry", sizeof entry, entry));
    OA_TRY(told(r, number, note, "made_by_step", "identifier_subentry", sizeof subentry, subentry));
    return oa_record_add_input(r->record, &row);
}

static oa_status read_input(reading *r, size_t number)
{
    json_t *note;
    OA_TRY(open_note(r, number, &note));
    const oa_status status = read_note(r, number, note);
    json_decref(note);
    return status;
}

static oa_status read_inputs(reading *r)
{
    char path[512];
    for (size_t k = 1; k < 1000; k++) {
        snprintf(path, sizeof path, "%s/input%zu", r->base, k);
        if (!oa_h5_is_group(r->h5, path)) return OA_OK;
        OA_TRY(read_input(r, k));
    }
    return OA_OK;
}

static oa_status read_warnings(reading *r)
{
    char path[512], **texts;
    size_t n;
    if (!oa_h5_is_dataset(r->h5, join(path, r->base, "outcome/warnings"))) return OA_OK;
    OA_TRY(oa_h5_texts(r->h5, path, NULL, TEXT_MAX, &texts, &n));
    oa_status status = OA_OK;
    for (size_t i = 0; i + 1 < n && status == OA_OK; i += 2) status = oa_record_add_warning(r->record, texts[i], texts[i + 1]);
    oa_h5_names_free(r->h5, texts, n);
    return status;
}

static oa_status read_environment(reading *r)
{
    oa_record *record = r->record;
    char path[512];
    int64_t threads, seed;
    OA_TRY(text_into(r, "environment/commit", &record->commit));
    OA_TRY(text_into(r, "environment/compiler", &record->compiler));
    OA_TRY(text_into(r, "environment/cpu_dispatch", &record->kernel));
    OA_TRY(text_into(r, "environment/blas", &record->blas));
    OA_TRY(text_into(r, "environment/libraries", &record->libraries));
    OA_TRY(oa_h5_integer(r->h5, join(path, r->base, "environment/max_threads"), NULL, &threads));
    record->threads = (int)threads;
    if (!oa_h5_is_dataset(r->h5, join(path, r->base, "random/seed"))) return OA_OK;
    OA_TRY(oa_h5_integer(r->h5, path, NULL, &seed));
    record->has_seed = true;
    record->seed = (uint64_t)seed;
    return OA_OK;
}

static oa_status read_record(reading *r, const char *name, const char *step)
{
    oa_record *record = r->record;
    char path[512], field[512], *version = NULL;
    OA_TRY(oa_record_set(record, &record->name, name));
    OA_TRY(oa_record_set(record, &record->step, step));
    OA_TRY(text_into(r, "title", &record->title));
    OA_TRY(text_copy(r, "entry_identifier", record->identifier, sizeof record->identifier));
    OA_TRY(text_copy(r, "start_time", record->start_time, sizeof record->start_time));
    OA_TRY(text_copy(r, "end_time", record->end_time, sizeof record->end_time));
    OA_TRY(oa_h5_text(r->h5, join(path, r->base, "program_name"), "version", 256, &version));
    oa_free(r->h5->context, record->program_version);
    record->program_version = version;
    OA_TRY(text_into(r, "outcome/status", &record->status));
    OA_TRY(text_into(r, "outcome/manifest", &record->manifest));
    OA_TRY(oa_h5_real(r->h5, join(field, r->base, "outcome/total_elapsed_time"), NULL, &record->elapsed_s));
    OA_TRY(text_copy(r, "results_sha256/checksum", record->results_sha256, sizeof record->results_sha256));
    OA_TRY(optional_text(r, "outcome/embedded_ions_sha256", sizeof record->embedded, record->embedded));
    record->is_forgotten = oa_h5_is_dataset(r->h5, join(path, r->base, "outcome/is_forgotten"));
    OA_TRY(read_head(r));
    OA_TRY(read_inputs(r));
    OA_TRY(read_environment(r));
    return read_warnings(r);
}

oa_status oa_nexus_record(const oa_h5 *h5, const char *entry, const char *name, oa_record **out)
{
    reading r = { .h5 = h5 };
    char step[96];
    *out = NULL;
    join(r.base, entry, name);
    if (!is_ours(h5, r.base, step)) return damaged(&r, "no definition of ours");
    OA_TRY(oa_record_new(h5->context, &r.record));
    const oa_status status = read_record(&r, name, step);
    if (status == OA_OK) *out = r.record;
    else oa_record_free(r.record);
    return status;
}

/* ---- its arrays ---- */

static oa_status read_text_array(const reading *r, const char *path, oa_array *array)
{
    char *text;
    oa_block *block;
    OA_TRY(oa_h5_text(r->h5, path, NULL, MANIFEST_MAX, &text));
    oa_status status = oa_block_new(r->h5->context, &block, strlen(text) + 1, 1);
    if (status == OA_OK) {
        memcpy(block->data, text, strlen(text));
        oa_block_free(array->block);
        array->block = block;
    }
    oa_free(r->h5->context, text);
    return status;
}

static oa_status replace(oa_context *context, char **field, char *taken)
{
    oa_free(context, *field);
    *field = taken;
    return OA_OK;
}

/* The axes of the group, on its signal: "grid_z,grid_y,grid_x,class". */
static oa_status read_axes(const reading *r, const char *path, oa_array *array)
{
    char group[512], *signal, **axes, *text;
    size_t n;
    snprintf(group, sizeof group, "%.*s", (int)(oa_base_name(path) - path) - 1, path);
    if (!oa_h5_has_attribute(r->h5, group, "signal") || !oa_h5_has_attribute(r->h5, group, "axes")) return OA_OK;
    OA_TRY(oa_h5_text(r->h5, group, "signal", 256, &signal));
    const bool is_signal = strcmp(signal, oa_base_name(path)) == 0;
    oa_free(r->h5->context, signal);
    if (!is_signal) return OA_OK;
    OA_TRY(oa_h5_texts(r->h5, group, "axes", 256, &axes, &n));
    oa_string list = { .context = r->h5->context };
    for (size_t i = 0; i < n; i++) oa_string_add(&list, "%s%s", i ? "," : "", axes[i]);
    oa_h5_names_free(r->h5, axes, n);
    OA_TRY(oa_string_take(&list, &text));
    return replace(r->h5->context, &array->axes, text);
}

static oa_status read_array(const reading *r, oa_values *values, int task, const char *name, oa_type type)
{
    char path[512], *text;
    oa_h5_shape shape;
    oa_array *array;
    snprintf(path, sizeof path, "%s/%s%d/%s", r->base, r->record->step, task, name);
    if (!oa_h5_is_dataset(r->h5, path)) return oa_h5_fail(r->h5, "E_DIGEST", "%s is missing, which the manifest names; the file was changed after it was written", path);
    OA_TRY(oa_h5_shape_of(r->h5, path, &shape));
    if (shape.rank > 5) return oa_h5_fail(r->h5, "E_H5_SHAPE", "%s has rank %d; ours have at most 5", path, shape.rank);
    OA_TRY(oa_values_add(values, task, name, type, type == OA_TEXT ? 0 : shape.rank, shape.dims, &array));
    if (type == OA_TEXT) return read_text_array(r, path, array);
    if (oa_h5_has_attribute(r->h5, path, "units")) {
        OA_TRY(oa_h5_text(r->h5, path, "units", 64, &text));
        OA_TRY(replace(r->h5->context, &array->unit, text));
    }
    if (oa_h5_has_attribute(r->h5, path, "long_name")) {
        OA_TRY(oa_h5_text(r->h5, path, "long_name", TEXT_MAX, &text));
        OA_TRY(replace(r->h5->context, &array->long_name, text));
    }
    if (shape.rank) OA_TRY(read_axes(r, path, array));
    const hid_t memory_type = type == OA_BOOL ? H5T_NATIVE_UINT8 : oa_h5w_type(type);
    if (shape.type_class != H5T_ENUM) return oa_h5_read(r->h5, path, &shape, memory_type, array->block->data);
    int64_t flag;
    OA_TRY(oa_h5_integer(r->h5, path, NULL, &flag));
    *(uint8_t *)array->block->data = flag != 0;
    return OA_OK;
}

/* "array TASK NAME TYPE (DIMS) SHA256" */
static oa_status read_line(const reading *r, oa_values *values, const char *line, size_t length)
{
    char name[256], *end;
    if (length == 0 || line[0] < '1' || line[0] > '9') return damaged(r, "an array line of the manifest has no task");
    const long task = strtol(line, &end, 10);
    if (task < 1 || task > 1000 || *end != ' ') return damaged(r, "an array line of the manifest has no task");
    const char *word = end + 1, *stop = line + length, *space = memchr(word, ' ', (size_t)(stop - word));
    if (!space || space - word > 255) return damaged(r, "an array line of the manifest has no name");
    snprintf(name, sizeof name, "%.*s", (int)(space - word), word);
    const char *type_word = space + 1, *type_end = memchr(type_word, ' ', (size_t)(stop - type_word));
    oa_type type;
    if (!type_end || !oa_type_parse(type_word, (size_t)(type_end - type_word), &type)) return damaged(r, "an array line of the manifest has no type");
    if (strstr(name, "..") || name[0] == '/') return damaged(r, "an array of the manifest has a path that is none");
    if ((int)task > values->tasks) {
        OA_TRY(oa_resize(r->h5->context, &values->task_titles, (size_t)task, sizeof *values->task_titles));
        values->tasks = (int)task;
    }
    return read_array(r, values, (int)task, name, type);
}

static oa_status read_arrays(const reading *r, oa_values *values)
{
    OA_TRY(oa_new(r->h5->context, &values->task_titles, 1, sizeof *values->task_titles));
    for (const char *line = r->record->manifest; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, "array ", 6) == 0) OA_TRY(read_line(r, values, line + 6, strcspn(line, "\n") - 6));
    for (int t = 0; t < values->tasks; t++) {
        const oa_array *species = oa_values_find(values, t + 1, "summary/species");
        char *title = oa_strdup(values->context, species && species->type == OA_TEXT ? species->block->data : "");
        if (!title) return values->context->status;
        oa_free(values->context, values->task_titles[t]);
        values->task_titles[t] = title;
    }
    return OA_OK;
}

oa_status oa_nexus_values(const oa_h5 *h5, const char *entry, const oa_record *record, oa_values **out)
{
    reading r = { .h5 = h5, .record = (oa_record *)record };
    join(r.base, entry, record->name);
    OA_TRY(oa_values_new(h5->context, out));
    const oa_status status = record->is_forgotten ? OA_OK : read_arrays(&r, *out);
    if (status == OA_OK) return OA_OK;
    oa_values_free(*out);
    *out = NULL;
    return status;
}
