/* word_replay.c - `ordapt replay`: every record of a file is run again from itself alone; the digests must agree. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

enum { CHAIN_MAX = 256 };

typedef struct replay {
    oa_cli *cli;
    char *done[CHAIN_MAX]; /* paths replayed or in progress */
    size_t n_done;
    size_t differing, of_other_version;
    json_t *records;
} replay;

static oa_status replay_file(replay *r, const char *path);

/* ---- a step that gives a file writes into a folder that is removed again ---- */

static void remove_folder(const char *folder, const oa_sink *sink)
{
    char path[4096];
    for (size_t i = 0; i < sink->n_files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, sink->files[i].name);
        unlink(path);
    }
    rmdir(folder);
}

static oa_status temporary_sink(oa_cli *cli, const char *record_path, char folder[256], char path[4096], oa_sink *sink)
{
    const char *base = oa_base_name(record_path);
    const size_t n = strlen(base);
    const char *place = getenv("TMPDIR");
    snprintf(folder, 256, "%.200s/ordapt-replay-XXXXXX", place && place[0] ? place : "/tmp");
    if (!mkdtemp(folder)) return oa_fail_at(cli->context, OA_IN_FILE(folder), "E_OUTPUT", "no folder for temporary files; set TMPDIR to a writable one");
    snprintf(path, 4096, "%s/%.*s", folder, (int)(n > 4 ? n - 4 : n), base); /* OUT.pos.nxs -> OUT.pos */
    return oa_sink_open(cli->context, path, true, sink);
}

/* ---- one record ---- */

static void report_record(replay *r, const char *path, const oa_record *recorded, const oa_record *now)
{
    const bool same = strcmp(recorded->results_sha256, now->results_sha256) == 0, is_other = !same && recorded->version != now->version;
    r->differing += !same;
    r->of_other_version += is_other;
    json_array_append_new(r->records, json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:i}", "file", oa_base_name(path), "name", recorded->name, "step", recorded->step,
                                                "expected", recorded->results_sha256, "got", now->results_sha256, "same", same, "version", recorded->version,
                                                "version_now", now->version));
    if (r->cli->json || r->cli->quiet) return;
    printf("%-24s %-12s %s %.16s%s%.16s", oa_base_name(path), recorded->name, same ? "same digest" : "DIFFERS: recorded", recorded->results_sha256,
           same ? "" : ", now ", same ? "" : now->results_sha256);
    if (is_other) printf(", by version %d of the step instead of %d", now->version, recorded->version);
    putchar('\n');
}

static oa_status rerun(replay *r, const char *path, const oa_record *recorded, oa_jobs *earlier, oa_job *job)
{
    char folder[256] = "", file[4096];
    OA_TRY(oa_job_restore(&r->cli->desk, job, recorded));
    job->recorded_identifier = recorded->identifier;
    OA_TRY(oa_job_load_recorded(&r->cli->desk, job, recorded, path, earlier));
    oa_status status = job->step->gives_file ? temporary_sink(r->cli, path, folder, file, &job->sink) : OA_OK;
    if (status == OA_OK) status = oa_cli_run(r->cli, job);
    if (folder[0]) remove_folder(folder, &job->sink);
    OA_TRY(status);
    report_record(r, path, recorded, job->record);
    return OA_OK;
}

/* ---- a file, after the files it was made from where the chain is asked for ---- */

static oa_status replay_inputs(replay *r, const char *path, const oa_record *record)
{
    for (size_t i = 0; r->cli->chain && i < record->n_inputs; i++) {
        char *found;
        if (!record->inputs[i].entry[0] || !record->inputs[i].file_name[0]) continue; /* vendor, foreign or of this file */
        OA_TRY(oa_find_input(&r->cli->desk, path, &record->inputs[i], &found));
        const oa_status status = replay_file(r, found);
        oa_free(r->cli->context, found);
        OA_TRY(status);
    }
    return OA_OK;
}

static oa_status replay_records(replay *r, const char *path, oa_record **records, size_t n)
{
    oa_jobs jobs = { .n = 0 };
    OA_TRY(oa_new(r->cli->context, &jobs.job, n, sizeof *jobs.job));
    oa_status status = OA_OK;
    for (size_t i = 0; i < n && status == OA_OK; i++) {
        status = replay_inputs(r, path, records[i]);
        if (status == OA_OK) status = rerun(r, path, records[i], &jobs, &jobs.job[i]);
        jobs.n = i + 1;
    }
    for (size_t i = jobs.n; i-- > 0;) oa_job_free(&r->cli->desk, &jobs.job[i]);
    oa_free(r->cli->context, jobs.job);
    return status;
}

/* A changed file must not pass because what it was made from is still good. */
static oa_status read_one(replay *r, const oa_h5 *h5, const char *entry, const char *name, oa_record **out)
{
    oa_values *values = NULL;
    OA_TRY(oa_nexus_record(h5, entry, name, out));
    const oa_status status = oa_job_check_record(&r->cli->desk, h5, entry, *out, &values);
    oa_values_free(values);
    if (status == OA_OK) return OA_OK;
    oa_record_free(*out);
    *out = NULL;
    return status;
}

static oa_status read_records(replay *r, const char *path, oa_record ***out, size_t *n)
{
    oa_h5 h5;
    char *entry = NULL, **names = NULL;
    size_t all = 0;
    oa_source source;
    *n = 0;
    *out = NULL;
    OA_TRY(oa_source_open(r->cli->context, path, &source));
    if (strcmp(source.format, "nexus") != 0)
        return oa_fail_at(r->cli->context, OA_IN_FILE(path), "E_RECORD", "is a %s file, which has no record; give a NeXus file", source.format);
    OA_TRY(oa_h5_open(r->cli->context, path, &h5));
    oa_status status = oa_nexus_entry(&h5, &entry);
    if (status == OA_OK) status = oa_nexus_subentries(&h5, entry, &names, &all);
    if (status == OA_OK && !all) status = oa_fail_at(r->cli->context, OA_IN_FILE(path), "E_RECORD", "holds no record of ordapt; there is nothing to replay");
    if (status == OA_OK) status = oa_new(r->cli->context, out, all, sizeof **out);
    for (size_t i = 0; i < all && status == OA_OK; i++) {
        status = read_one(r, &h5, entry, names[i], &(*out)[i]);
        *n += status == OA_OK;
    }
    oa_h5_names_free(&h5, names, all);
    oa_free(r->cli->context, entry);
    oa_h5_close(&h5);
    return status;
}

static bool seen(replay *r, const char *path)
{
    for (size_t i = 0; i < r->n_done; i++)
        if (strcmp(r->done[i], path) == 0) return true;
    return false;
}

static oa_status replay_file(replay *r, const char *path)
{
    oa_record **records;
    size_t n;
    if (seen(r, path)) return OA_OK;
    if (r->n_done == CHAIN_MAX) return oa_fail_at(r->cli->context, OA_IN_FILE(path), "E_RECORD", "the chain has more than %d files", CHAIN_MAX);
    if (!(r->done[r->n_done] = oa_strdup(r->cli->context, path))) return r->cli->context->status;
    r->n_done++;
    oa_status status = read_records(r, path, &records, &n);
    if (status == OA_OK) status = replay_records(r, path, records, n);
    for (size_t i = 0; i < n; i++) oa_record_free(records[i]);
    oa_free(r->cli->context, records);
    return status;
}

static oa_status tell_difference(const replay *r)
{
    const char *const s = r->differing == 1 ? "" : "s", *file = r->cli->inputs[0];
    if (!r->of_other_version)
        return oa_fail_at(r->cli->context, OA_IN_FILE(file), "E_REPLAY", "%zu record%s gave another digest; compare versions and kernels with `ordapt show`", r->differing, s);
    return oa_fail_at(r->cli->context, OA_IN_FILE(file), "E_REPLAY", "%zu record%s gave another digest, %zu of a step that has changed since; the ordapt that made "
                      "it (`ordapt show`) gives it again, or make it anew with this one", r->differing, s, r->of_other_version);
}

oa_status oa_word_replay(oa_cli *cli)
{
    replay r = { .cli = cli, .records = json_array() };
    if (cli->n_inputs != 1) {
        json_decref(r.records);
        return oa_fail(cli->context, "E_USAGE", "replay takes one file; ordapt replay OUT.nxs");
    }
    oa_status status = replay_file(&r, cli->inputs[0]);
    for (size_t i = 0; i < r.n_done; i++) oa_free(cli->context, r.done[i]);
    cli->document = json_pack("{s:s, s:o}", "step", "replay", "records", r.records);
    if (status == OA_OK && r.differing) status = tell_difference(&r);
    return status;
}
