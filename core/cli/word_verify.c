/* word_verify.c - `ordapt verify`: structure, digests of results, inputs and models, the chain of records. Computes nothing anew. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

enum { DEPTH_MAX = 32 };

/* The content digest that a file is asked for: of the record with this identifier (a recipe's file has several), else of its last. */
typedef struct asked {
    const char *identifier;
    bool is_met;
    char content[OA_HEX];
} asked;

static oa_status verify_file(oa_cli *cli, const char *path, int depth, json_t *list, asked *digest);

static void say(oa_cli *cli, json_t *list, const char *path, const char *name, const char *what)
{
    json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "file", oa_base_name(path), "name", name, "verified", what));
    if (!cli->json && !cli->quiet) printf("%-24s %-12s %s\n", oa_base_name(path), name, what);
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

static oa_status verify_input(oa_cli *cli, const char *path, const oa_input_record *input, int depth, json_t *list)
{
    char sha256[OA_HEX], *found;
    asked digest = { .identifier = input->entry };
    uint64_t bytes;
    if (!input->file_name[0]) return OA_OK; /* of this file: verified with it */
    OA_TRY(oa_find_input(&cli->desk, path, input, &found));
    oa_status status = oa_file_digest(cli->context, found, sha256, &bytes);
    const bool same_bytes = status == OA_OK && strcmp(sha256, input->sha256) == 0;
    const bool is_ours = input->entry[0] != 0;
    if (status == OA_OK && (is_ours || !same_bytes)) status = verify_file(cli, found, depth + 1, list, &digest);
    if (status == OA_OK && digest.content[0]) status = oa_check_input(&cli->desk, input, found, sha256, digest.content);
    else if (status == OA_OK) say(cli, list, found, input->role, "bytes as recorded");
    oa_free(cli->context, found);
    return status;
}

/* A recipe's file keeps the ions of its lines only where --embed asked for them. */
static bool holds_all(const oa_h5 *h5, const char *entry, const oa_record *record)
{
    return !oa_record_has_ions(record) || oa_nexus_has_ions(h5, entry);
}

static oa_status verify_record(oa_cli *cli, const oa_h5 *h5, const char *entry, const char *name, int depth, json_t *list, asked *digest)
{
    oa_record *record;
    oa_values *values = NULL;
    OA_TRY(oa_nexus_record(h5, entry, name, &record));
    oa_status status = oa_job_check_record(&cli->desk, h5, entry, record, &values);
    const char *held = record->is_forgotten ? "record as written; the recipe forgot its results, replay makes them again"
        : holds_all(h5, entry, record) ? "results and record as written" : "record as written; its ions are not stored here";
    if (status == OA_OK) say(cli, list, h5->path, name, held);
    for (size_t i = 0; i < record->n_inputs && status == OA_OK; i++) status = verify_input(cli, h5->path, &record->inputs[i], depth, list);
    if (!digest->is_met) snprintf(digest->content, OA_HEX, "%s", record->results_sha256);
    digest->is_met = digest->is_met || strcmp(record->identifier, digest->identifier) == 0;
    oa_values_free(values);
    oa_record_free(record);
    return status;
}

static oa_status verify_foreign(const oa_h5 *h5, const char *entry, char content[OA_HEX])
{
    oa_ions *ions;
    OA_TRY(oa_load_foreign(h5, entry, &ions));
    const oa_status status = ions ? oa_ions__digest(ions, content) : OA_OK;
    oa_ions_free(ions);
    return status;
}

static oa_status verify_open(oa_cli *cli, const oa_h5 *h5, int depth, json_t *list, asked *digest)
{
    char *entry, **names;
    size_t n;
    OA_TRY(oa_nexus_entry(h5, &entry));
    oa_status status = oa_nexus_subentries(h5, entry, &names, &n);
    if (status == OA_OK) {
        if (n) status = verify_structure(h5, entry);
        for (size_t i = 0; i < n && status == OA_OK; i++) status = verify_record(cli, h5, entry, names[i], depth, list, digest);
        if (!n && depth == 0) status = oa_h5_fail(h5, "E_RECORD", "holds no record of ordapt; there is nothing to verify");
        else if (!n) status = verify_foreign(h5, entry, digest->content);
        oa_h5_names_free(h5, names, n);
    }
    oa_free(cli->context, entry);
    return status;
}

static oa_status verify_file(oa_cli *cli, const char *path, int depth, json_t *list, asked *digest)
{
    oa_h5 h5;
    oa_source source;
    if (depth > DEPTH_MAX) return oa_fail_at(cli->context, OA_IN_FILE(path), "E_RECORD", "the chain has more than %d links", DEPTH_MAX);
    OA_TRY(oa_source_open(cli->context, path, &source));
    if (strcmp(source.format, "nexus") != 0) {
        uint64_t bytes;
        return depth ? oa_file_digest(cli->context, path, digest->content, &bytes)
                     : oa_fail_at(cli->context, OA_IN_FILE(path), "E_RECORD", "is a %s file, which has no record; give a NeXus file", source.format);
    }
    OA_TRY(oa_h5_open(cli->context, path, &h5));
    const oa_status status = verify_open(cli, &h5, depth, list, digest);
    oa_h5_close(&h5);
    return status;
}

oa_status oa_word_verify(oa_cli *cli)
{
    asked digest = { .identifier = "" };
    if (cli->n_inputs != 1) return oa_fail(cli->context, "E_USAGE", "verify takes one file; ordapt verify OUT.nxs");
    json_t *list = json_array();
    const oa_status status = verify_file(cli, cli->inputs[0], 0, list, &digest);
    cli->document = json_pack("{s:s, s:o}", "step", "verify", "records", list);
    return status;
}
