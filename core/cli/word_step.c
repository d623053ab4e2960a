/* word_step.c - `ordapt STEP INPUT... [--SLOT FILE] [--PARAMETER VALUE] -o OUT`: any step, from its tables. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

static oa_status unknown_word(oa_cli *cli)
{
    const char *words[256];
    size_t n = 0;
    for (const oa_word *word = oa_words; word->name; word++) words[n++] = word->name;
    for (size_t i = 0; i < oa_step_count() && n < 256; i++) words[n++] = oa_step_name(oa_step_at(i));
    const char *near = oa_text_nearest(cli->word, words, n);
    return oa_fail(cli->context, "E_WORD_UNKNOWN", "there is no word or step '%s'%s%s%s", cli->word, near ? "; did you mean '" : "; `ordapt steps` lists the steps",
                   near ? near : "", near ? "'?" : "");
}

/* Whether no slot beside the main input is given whose file may name rows of the same ions. */
static bool is_alone(const oa_cli *cli, const oa_step *step)
{
    for (size_t i = 0; i < cli->n_named; i++)
        if (oa_slot_is_about_ions(oa_step_slot(step, cli->named[i].name))) return false;
    return true;
}

static oa_status load_slot(oa_cli *cli, oa_job *job, const oa_slot *slot, const char *const *paths, size_t n)
{
    OA_TRY(oa_job_slot_is_free(&cli->desk, job, slot));
    oa_loaded *out = &job->loaded[job->n_loaded++];
    oa_choose_rows(&cli->desk, job, slot, is_alone(cli, job->step), out);
    OA_TRY(oa_load(&cli->desk, slot, paths, n, out));
    out->input.may_consume = !cli->desk.embed && slot == job->step->slots;
    return OA_OK;
}

static oa_status load_inputs(oa_cli *cli, oa_job *job)
{
    const oa_slot *main_slot = job->step->slots;
    const size_t most = !main_slot->name ? 0 : main_slot->kind == OA_TAKES_SOURCES ? OA_ARGS_MAX : 1;
    if (cli->n_inputs > most)
        return oa_fail(cli->context, "E_USAGE", "'%s' is one argument too many; %s takes %zu main input%s, others as --SLOT FILE", cli->inputs[most],
                       job->step->name, most, most == 1 ? "" : "s");
    if (cli->n_inputs) OA_TRY(load_slot(cli, job, main_slot, cli->inputs, cli->n_inputs));
    for (const oa_slot *slot = main_slot; slot->name; slot++)
        for (size_t i = 0; i < cli->n_named; i++) {
            if (oa_step_slot(job->step, cli->named[i].name) != slot) continue;
            if (!cli->named[i].value) return oa_fail(cli->context, "E_USAGE", "--%s lacks its file", slot->name);
            OA_TRY(load_slot(cli, job, slot, &cli->named[i].value, 1));
        }
    return oa_job_use_shipped(&cli->desk, job);
}

/* A job whose result is no NeXus file leaves its record beside it: OUT.pos.nxs. */
static oa_status write_result(oa_cli *cli, oa_job *job, uint64_t *bytes)
{
    char path[4096];
    const oa_part part = { job->record, job->values };
    const bool is_file = job->step->gives_file;
    const oa_ions *ions = job->values->ions ? job->values->ions : cli->desk.embed ? oa_job_ions(job) : NULL;
    oa_bundle bundle = { .ions = ions, .metadata = oa_job_metadata(job), .is_simulation = job->step->is_simulation, .parts = &part,
                         .n_parts = 1, .level = cli->level };
    snprintf(path, sizeof path, "%s%s", cli->output, is_file ? ".nxs" : "");
    OA_TRY(oa_nexus_write(cli->context, path, cli->overwrite, &bundle, bytes));
    for (size_t i = 0; is_file && i < job->sink.n_files; i++) *bytes = i ? *bytes : job->sink.files[i].bytes;
    return OA_OK;
}

static oa_status run_and_write(oa_cli *cli, oa_job *job)
{
    uint64_t bytes = 0;
    OA_TRY(oa_cli_settings(cli, job->step, &job->settings));
    OA_TRY(load_inputs(cli, job));
    if (job->step->gives_file && !cli->dry_run) OA_TRY(oa_sink_open(cli->context, cli->output, cli->overwrite, &job->sink));
    OA_TRY(oa_cli_run(cli, job));
    if (cli->dry_run) return OA_OK;
    const double started = oa_seconds();
    OA_TRY(write_result(cli, job, &bytes));
    cli->write_s = oa_seconds() - started;
    oa_cli_document(cli, job->record, job->values, cli->output, bytes);
    if (cli->json || cli->quiet) return OA_OK;
    printf("%s -> %s\n", job->step->title, cli->output);
    oa_cli_print_summary(stdout, job->values);
    return OA_OK;
}

oa_status oa_word_step(oa_cli *cli)
{
    oa_job job = { .step = oa_step_find(cli->word), .slab = cli->slab, .slabs = cli->slabs };
    if (!job.step) return unknown_word(cli);
    OA_TRY(oa_cli_check_output(cli, job.step->gives_file));
    const oa_status status = run_and_write(cli, &job);
    oa_job_free(&cli->desk, &job);
    return status;
}
