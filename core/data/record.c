/* record.c - the record as an owned structure. */
#include "data/record.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"

oa_status oa_record_set(oa_record *record, char **field, const char *text)
{
    char *copy = oa_strdup(record->context, text ? text : "");
    if (!copy) return record->context->status;
    oa_free(record->context, *field);
    *field = copy;
    return OA_OK;
}

static oa_status fill_with_nothing(oa_record *record)
{
    char **fields[] = { &record->name, &record->step, &record->title, &record->program_version, &record->commit,
                        &record->compiler, &record->kernel, &record->blas, &record->libraries, &record->status,
                        &record->manifest, &record->slab };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) OA_TRY(oa_record_set(record, fields[i], ""));
    return OA_OK;
}

oa_status oa_record_new(oa_context *context, oa_record **out)
{
    oa_record *record;
    *out = NULL;
    OA_TRY(oa_new(context, &record, 1, sizeof *record));
    record->context = context;
    const oa_status status = fill_with_nothing(record);
    if (status != OA_OK) {
        oa_record_free(record);
        return status;
    }
    *out = record;
    return OA_OK;
}

static void free_lists(oa_record *record)
{
    oa_context *context = record->context;
    for (size_t i = 0; i < record->n_params; i++) {
        oa_free(context, record->params[i].name);
        oa_free(context, record->params[i].unit);
        oa_free(context, record->params[i].text);
    }
    for (size_t i = 0; i < record->n_inputs; i++) {
        oa_free(context, record->inputs[i].role);
        oa_free(context, record->inputs[i].file_name);
        oa_free(context, record->inputs[i].entry);
        oa_free(context, record->inputs[i].subentry);
    }
    for (size_t i = 0; i < record->n_warnings; i++) {
        oa_free(context, record->warnings[i].code);
        oa_free(context, record->warnings[i].text);
    }
    oa_free(context, record->params);
    oa_free(context, record->inputs);
    oa_free(context, record->warnings);
}

void oa_record_free(oa_record *record)
{
    if (!record) return;
    char *texts[] = { record->name, record->step, record->title, record->program_version, record->commit, record->compiler,
                      record->kernel, record->blas, record->libraries, record->status, record->manifest, record->slab };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) oa_free(record->context, texts[i]);
    free_lists(record);
    oa_free(record->context, record);
}

/* The row is counted before its texts are set, so that oa_record_free finds them also after a failure. */
oa_status oa_record_add_input(oa_record *record, const oa_input_record *input)
{
    OA_TRY(oa_resize(record->context, &record->inputs, record->n_inputs + 1, sizeof *record->inputs));
    oa_input_record *row = &record->inputs[record->n_inputs++];
    memcpy(row->sha256, input->sha256, sizeof row->sha256);
    memcpy(row->content, input->content, sizeof row->content);
    OA_TRY(oa_record_set(record, &row->role, input->role));
    OA_TRY(oa_record_set(record, &row->file_name, input->file_name));
    OA_TRY(oa_record_set(record, &row->entry, input->entry));
    return oa_record_set(record, &row->subentry, input->subentry);
}

oa_status oa_record_add_param(oa_record *record, const char *name, const char *unit, const char *text, oa_kind kind,
                              oa_origin origin)
{
    OA_TRY(oa_resize(record->context, &record->params, record->n_params + 1, sizeof *record->params));
    struct oa_param_record *row = &record->params[record->n_params++];
    row->kind = kind;
    row->origin = origin;
    OA_TRY(oa_record_set(record, &row->name, name));
    OA_TRY(oa_record_set(record, &row->unit, unit));
    return oa_record_set(record, &row->text, text);
}

oa_status oa_record_add_warning(oa_record *record, const char *code, const char *text)
{
    OA_TRY(oa_resize(record->context, &record->warnings, record->n_warnings + 1, sizeof *record->warnings));
    struct oa_warning_record *row = &record->warnings[record->n_warnings++];
    OA_TRY(oa_record_set(record, &row->code, code));
    return oa_record_set(record, &row->text, text);
}

oa_status oa_record_head(const oa_record *record, char **out)
{
    oa_string text = { .context = record->context };
    oa_string_add(&text, "ordapt results 1\nstep %s %d\n", record->step, record->version);
    for (size_t i = 0; i < record->n_params; i++) oa_string_add(&text, "parameter %s %s\n", record->params[i].name, record->params[i].text);
    for (size_t i = 0; i < record->n_inputs; i++) oa_string_add(&text, "input %s %s\n", record->inputs[i].role, record->inputs[i].content);
    if (record->slab[0]) oa_string_add(&text, "slab %s\n", record->slab);
    return oa_string_take(&text, out);
}

/* The next line of the manifest that begins with `word`, or NULL. */
static const char *find_line(const char *manifest, const char *word)
{
    const size_t n = strlen(word);
    for (const char *line = manifest; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
        if (strncmp(line, word, n) == 0) return line;
    return NULL;
}

static oa_status check_line(oa_context *context, const oa_record *record, const char *line, size_t length)
{
    const char *manifest = record->manifest;
    for (const char *at = strstr(manifest, line); at; at = strstr(at + 1, line))
        if ((at == manifest || at[-1] == '\n') && at[length] == '\n') return OA_OK;
    return oa_fail(context, "E_DIGEST", "%s: '%.*s' is not what the record says; the file was changed after it was written", record->name,
                   (int)(length < 160 ? length : 160), line);
}

/* Every line of `found` (head, arrays, ions as they are in the file) must stand in the manifest. */
static oa_status check_lines(oa_context *context, const oa_record *record, const char *found)
{
    for (const char *line = found; *line;) {
        const size_t length = strcspn(line, "\n");
        char *copy;
        OA_TRY(oa_new(context, &copy, length + 1, 1));
        memcpy(copy, line, length);
        const oa_status status = check_line(context, record, copy, length);
        oa_free(context, copy);
        OA_TRY(status);
        line += length + (line[length] == '\n');
    }
    return OA_OK;
}

/* And the manifest has no other lines before its arrays: nothing was taken away. */
static oa_status check_head(oa_context *context, const oa_record *record, const char *head)
{
    const size_t n = strlen(head);
    const char *rest = record->manifest + n;
    const bool begins = strncmp(record->manifest, head, n) == 0;
    if (begins && (!*rest || strncmp(rest, "array ", 6) == 0 || strncmp(rest, "ions ", 5) == 0)) return OA_OK;
    return oa_fail(context, "E_DIGEST", "%s: the record lacks a parameter or an input that its manifest has; the file was changed after it was written",
                   record->name);
}

oa_status oa_record_check(const oa_record *record, const oa_values *values)
{
    oa_context *context = record->context;
    char hex[OA_HEX], ignored[OA_HEX], *head, *found = NULL;
    OA_TRY(oa_digest_of(context, record->manifest, strlen(record->manifest), hex));
    if (strcmp(hex, record->results_sha256) != 0)
        return oa_fail(context, "E_DIGEST", "%s: the manifest gives %s, the file states %s; the record was changed", record->name, hex, record->results_sha256);
    OA_TRY(oa_record_head(record, &head));
    oa_status status = oa_values_digest(values, head, ignored, &found);
    if (status == OA_OK) status = check_lines(context, record, found);
    if (status == OA_OK) status = check_head(context, record, head);
    oa_free(context, head);
    oa_free(context, found);
    return status;
}

static oa_status check_embedded(const oa_record *record, const oa_ions *ions)
{
    char hex[OA_HEX];
    OA_TRY(oa_ions__digest(ions, hex));
    if (strcmp(hex, record->embedded) == 0) return OA_OK;
    return oa_fail(record->context, "E_DIGEST", "%s: the embedded ions give %s, the record states %s; the file was changed after it was written", record->name,
                   hex, record->embedded);
}

oa_status oa_record_check_ions(const oa_record *record, oa_ions *ions)
{
    oa_values *values;
    if (record->embedded[0]) return check_embedded(record, ions);
    if (!oa_record_has_ions(record)) return OA_OK;
    OA_TRY(oa_values_new(record->context, &values));
    values->ions = ions;
    const oa_status status = oa_record_check(record, values);
    values->ions = NULL;
    oa_values_free(values);
    return status;
}

bool oa_record_has_ions(const oa_record *record) { return find_line(record->manifest, "ions ") != NULL; }

bool oa_slab_parse(const char *text, int *k, int *n)
{
    int64_t part, parts;
    const char *slash = strchr(text, '/');
    if (!slash || !oa_text_integer(text, (size_t)(slash - text), &part) || !oa_text_integer(slash + 1, strlen(slash + 1), &parts)) return false;
    if (part < 1 || part > parts || parts > INT_MAX) return false;
    *k = (int)part, *n = (int)parts;
    return true;
}
