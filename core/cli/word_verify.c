/* word_verify.c - `ordapt verify`: structure, digests of results, inputs and models, the chain of records. Computes nothing anew. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

enum { DEPTH_MAX = 32 };

/* What was found out. A file that several records name is visited once: `seen` keeps, by its path, {"sha256", "content": {identifier of a record:
 * digest}, "last": digest}. Files are not meant to change meanwhile; one that does is judged as it was. */
typedef struct verification {
    oa_cli *cli;
    json_t *list, *seen;
} verification;

static oa_status verify_file(verification *v, const char *path, int depth, json_t *file);

static void say(verification *v, const char *path, const char *name, const char *what)
{
    json_array_append_new(v->list, json_pack("{s:s, s:s, s:s}", "file", oa_base_name(path), "name", name, "verified", what));
    if (!v->cli->json && !v->cli->quiet) printf("%-24s %-12s %s\n", oa_base_name(path), name, what);
}

static void keep_digest(json_t *file, const char *identifier, const char *content)
{
    json_object_set_new(json_object_get(file, "content"), identifier, json_string(content));
    json_object_set_new(file, "last", json_string(content));
}

/* Of the record that was used (a recipe's file has several), else of the last; NULL where the content was not looked at. */
static const char *digest_of(const json_t *file, const char *identifier)
{
    const json_t *found = json_object_get(json_object_get(file, "content"), identifier);
    return json_string_value(found ? found : json_object_get(file, "last"));
}

/* What every NXapm file must have; what is inside the groups is the validators' business. */
static oa_status verify_structure(const oa_h5 *h5, const char *entry)
{
    static const char *const needed[] = { "definition", "start_time", "operation_mode", "specimen/is_simulation", "specimen/atom_types" };
    char path[512];
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        snprintf(path, sizeof path, "%s/%s", entry, needed[i]);
        if (!oa_h5_is_dataset(h5, path)) return oa_h5_fail(h5, "E_NX_ENTRY", "%s is missing; the file is no complete NXapm file", path);
    }
    return OA_OK;
}

/* A file whose bytes are as recorded is looked into only where a record of ours names it: that has inputs of its own. */
static oa_status visit(verification *v, const char *path, const oa_input_record *input, int depth, json_t *file)
{
    char sha256[OA_HEX];
    const bool is_new = !json_object_get(file, "sha256");
    if (is_new) {
        OA_TRY(oa_file_digest(v->cli->context, path, sha256, NULL));
        json_object_set_new(file, "sha256", json_string(sha256));
    }
    const bool same_bytes = strcmp(json_string_value(json_object_get(file, "sha256")), input->sha256) == 0;
    if (json_object_get(file, "last")) return OA_OK;
    if (input->entry[0] || !same_bytes) return verify_file(v, path, depth + 1, file);
    if (is_new) say(v, path, input->role, "bytes as recorded");
    return OA_OK;
}

static oa_status file_seen(verification *v, const char *path, json_t **file)
{
    *file = json_object_get(v->seen, path);
    if (*file) return OA_OK;
    *file = json_pack("{s:{}}", "content");
    return json_object_set_new_nocheck(v->seen, path, *file) == 0 ? OA_OK : oa_fail(v->cli->context, "E_MEMORY", "no memory for the list of files");
}

static oa_status verify_input(verification *v, const char *path, const oa_input_record *input, int depth)
{
    char *found;
    json_t *file;
    if (!input->file_name[0]) return OA_OK; /* of this file: verified with it */
    OA_TRY(oa_find_input(&v->cli->desk, path, input, &found));
    oa_status status = file_seen(v, found, &file);
    if (status == OA_OK) status = visit(v, found, input, depth, file);
    if (status == OA_OK && digest_of(file, input->entry))
        status = oa_check_input(&v->cli->desk, input, found, json_string_value(json_object_get(file, "sha256")), digest_of(file, input->entry));
    oa_free(v->cli->context, found);
    return status;
}

/* A recipe's file keeps the ions of its lines only where --embed asked for them. */
static bool holds_all(const oa_h5 *h5, const char *entry, const oa_record *record)
{
    return !oa_record_has_ions(record) || oa_nexus_has_ions(h5, entry);
}

static oa_status verify_record(verification *v, const oa_h5 *h5, const char *entry, const char *name, int depth, json_t *file)
{
    oa_record *record;
    oa_values *values = NULL;
    OA_TRY(oa_nexus_record(h5, entry, name, &record));
    oa_status status = oa_job_check_record(&v->cli->desk, h5, entry, record, &values);
    if (status == OA_OK) status = oa_nexus_check_views(h5, entry, name);
    const char *held = record->is_forgotten ? "record as written; the recipe forgot its results, replay makes them again"
        : holds_all(h5, entry, record) ? "results and record as written" : "record as written; its ions are not stored here";
    if (status == OA_OK) say(v, h5->path, name, held);
    for (size_t i = 0; i < record->n_inputs && status == OA_OK; i++) status = verify_input(v, h5->path, &record->inputs[i], depth);
    keep_digest(file, record->identifier, record->results_sha256);
    oa_values_free(values);
    oa_record_free(record);
    return status;
}

static oa_status verify_foreign(const oa_h5 *h5, const char *entry, json_t *file)
{
    oa_ions *ions;
    char content[OA_HEX] = "";
    OA_TRY(oa_load_foreign(h5, entry, &ions));
    const oa_status status = ions ? oa_ions__digest(ions, content) : OA_OK;
    if (status == OA_OK && content[0]) keep_digest(file, "", content);
    oa_ions_free(ions);
    return status;
}

static oa_status verify_open(verification *v, const oa_h5 *h5, int depth, json_t *file)
{
    char *entry, **names;
    size_t n;
    OA_TRY(oa_nexus_entry(h5, &entry));
    oa_status status = oa_nexus_subentries(h5, entry, &names, &n);
    if (status == OA_OK) {
        if (n) status = verify_structure(h5, entry);
        for (size_t i = 0; i < n && status == OA_OK; i++) status = verify_record(v, h5, entry, names[i], depth, file);
        if (!n && depth == 0) status = oa_h5_fail(h5, "E_RECORD", "holds no record of ordapt; there is nothing to verify");
        else if (!n) status = verify_foreign(h5, entry, file);
        oa_h5_names_free(h5, names, n);
    }
    oa_free(v->cli->context, entry);
    return status;
}

static oa_status verify_file(verification *v, const char *path, int depth, json_t *file)
{
    oa_context *context = v->cli->context;
    oa_h5 h5;
    oa_source source;
    if (depth > DEPTH_MAX) return oa_fail_at(context, OA_IN_FILE(path), "E_RECORD", "the chain has more than %d links", DEPTH_MAX);
    OA_TRY(oa_source_open(context, path, &source));
    if (strcmp(source.format, "nexus") != 0) {
        if (depth == 0)
            return oa_fail_at(context, OA_IN_FILE(path), "E_RECORD", "is a %s file, which has no record; give a NeXus file", source.format);
        keep_digest(file, "", json_string_value(json_object_get(file, "sha256")));
        return OA_OK;
    }
    OA_TRY(oa_h5_open(context, path, &h5));
    const oa_status status = verify_open(v, &h5, depth, file);
    oa_h5_close(&h5);
    return status;
}

oa_status oa_word_verify(oa_cli *cli)
{
    if (cli->n_inputs != 1) return oa_fail(cli->context, "E_USAGE", "verify takes one file; ordapt verify OUT.nxs");
    verification v = { .cli = cli, .list = json_array(), .seen = json_object() };
    json_t *file = json_pack("{s:{}}", "content");
    const oa_status status = verify_file(&v, cli->inputs[0], 0, file);
    json_decref(file);
    json_decref(v.seen);
    cli->document = json_pack("{s:s, s:o}", "step", "verify", "records", v.list);
    return status;
}
