/* report.c - what people and pipelines see: the table or the JSON document, messages, progress. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"

enum { WARNINGS_SHOWN = 20 };

static bool shows_text_progress(const oa_cli *cli)
{
    return cli->progress == OA_PROGRESS_TEXT || (cli->progress == OA_PROGRESS_AUTO && !cli->quiet && isatty(STDERR_FILENO));
}

void oa_cli_progress(void *payload, const char *phase, uint64_t done, uint64_t total, double elapsed_s)
{
    const oa_cli *cli = payload;
    const double rate = elapsed_s > 0 ? (double)done / elapsed_s : 0, eta = rate > 0 ? (double)(total - done) / rate : 0;
    if (cli->progress == OA_PROGRESS_JSONL) {
        char line[512];
        const int n = snprintf(line, sizeof line, "{\"step\":\"%s\",\"phase\":\"%s\",\"done\":%llu,\"total\":%llu,\"rate\":%.6g,\"eta_s\":%.3g}\n",
                               cli->word, phase, (unsigned long long)done, (unsigned long long)total, rate, eta);
        if (n > 0) (void)!write(cli->progress_fd, line, (size_t)n);
    } else if (shows_text_progress(cli)) {
        fprintf(stderr, "\r%s %s: %3.0f %%, %.0f s left   %s", cli->word, phase, total ? 100.0 * (double)done / (double)total : 100.0, eta,
                done >= total ? "\r\033[K" : "");
        fflush(stderr);
    }
}

/* Linux hands the peak of whoever called us on to getrusage; /proc tells that of this program alone. */
static uint64_t peak_rss(void)
{
    struct rusage usage;
    char line[256];
    unsigned long long kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && !kib && fgets(line, sizeof line, status))
        if (strncmp(line, "VmHWM:", 6) == 0) kib = strtoull(line + 6, NULL, 10);
    if (status) fclose(status);
    if (kib) return kib * 1024;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

static json_t *warnings_json(const oa_context *context)
{
    json_t *list = json_array();
    for (size_t i = 0; i < oa_warning_count(context); i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "code", oa_warning_code(context, i), "text", oa_warning_text(context, i)));
    return list;
}

void oa_cli_document(oa_cli *cli, const oa_record *record, const oa_values *values, const char *file, uint64_t bytes)
{
    json_t *inputs = json_array();
    for (size_t i = 0; i < record->n_inputs; i++)
        json_array_append_new(inputs, json_pack("{s:s, s:s, s:s, s:s}", "role", record->inputs[i].role, "file", record->inputs[i].file_name,
                                                "sha256", record->inputs[i].sha256, "content_sha256", record->inputs[i].content));
    json_decref(cli->document);
    cli->document = json_pack("{s:s, s:{s:s, s:I, s:s}, s:o, s:o}", "step", record->step, "output", "file", oa_base_name(file), "bytes",
                              (json_int_t)bytes, "results_sha256", record->results_sha256, "inputs", inputs, "summary",
                              oa_values_summary_json(values));
}

static json_t *error_json(const oa_context *context)
{
    json_t *error = json_pack("{s:s, s:s}", "code", oa_error_code(context), "text", oa_error_text(context));
    if (oa_error_parameter(context)) json_object_set_new(error, "parameter", json_string(oa_error_parameter(context)));
    if (oa_error_file(context)) json_object_set_new(error, "file", json_string(oa_base_name(oa_error_file(context))));
    if (oa_error_line(context)) json_object_set_new(error, "line", json_integer((json_int_t)oa_error_line(context)));
    if (oa_error_offset(context) >= 0) json_object_set_new(error, "offset", json_integer((json_int_t)oa_error_offset(context)));
    return error;
}

static void print_json(oa_cli *cli, oa_status status, int code)
{
    json_t *out = cli->document && (status == OA_OK || json_object_get(cli->document, "records")) ? json_incref(cli->document)
                                                                                                  : json_pack("{s:s}", "step", cli->word);
    json_object_set_new(out, "status", json_string(status == OA_OK ? "success" : "failure"));
    json_object_set_new(out, "exit_code", json_integer(code));
    if (status != OA_OK) json_object_set_new(out, "error", error_json(cli->context));
    json_object_set_new(out, "warnings", warnings_json(cli->context));
    json_object_set_new(out, "elapsed_s", json_real(oa_seconds() - cli->started));
    json_object_set_new(out, "phases_s", json_pack("{s:f, s:f, s:f}", "read", cli->desk.read_s, "compute", cli->desk.compute_s, "write", cli->write_s));
    json_object_set_new(out, "peak_rss_bytes", json_integer((json_int_t)peak_rss()));
    char *text = json_dumps(out, JSON_REAL_PRECISION(15));
    if (text) puts(text);
    free(text);
    json_decref(out);
}

/* file[:line|@byte]: CODE: text */
static void print_error(const oa_context *context)
{
    if (oa_error_file(context)) {
        fprintf(stderr, "%s", oa_error_file(context));
        if (oa_error_line(context)) fprintf(stderr, ":%llu", (unsigned long long)oa_error_line(context));
        else if (oa_error_offset(context) >= 0) fprintf(stderr, "@%lld", (long long)oa_error_offset(context));
    } else {
        fprintf(stderr, "ordapt");
    }
    fprintf(stderr, ": %s: %s\n", oa_error_code(context), oa_error_text(context));
}

static void print_warnings(const oa_context *context)
{
    const size_t n = oa_warning_count(context);
    for (size_t i = 0; i < n && i < WARNINGS_SHOWN; i++)
        fprintf(stderr, "ordapt: %s: %s\n", oa_warning_code(context, i), oa_warning_text(context, i));
    if (n > WARNINGS_SHOWN) fprintf(stderr, "... and %zu more\n", n - WARNINGS_SHOWN);
}

static void print_value(FILE *out, const oa_array *a)
{
    char number[32];
    if (a->type == OA_TEXT) fprintf(out, "%s", (const char *)a->block->data);
    else if (a->type == OA_BOOL) fprintf(out, "%s", *(const uint8_t *)a->block->data ? "yes" : "no");
    else fprintf(out, "%s", oa_text_of_real(number, oa_array_real(a, 0)));
    if (a->unit[0]) fprintf(out, " %s", a->unit);
}

void oa_cli_print_summary(FILE *out, const oa_values *values)
{
    for (int task = 1; task <= values->tasks; task++) {
        if (values->tasks > 1) fprintf(out, "%s\n", values->task_titles[task - 1]);
        for (size_t i = 0; i < values->n; i++) {
            const oa_array *a = &values->arrays[i];
            if (a->task != task || a->rank != 0 || strncmp(a->name, "summary/", 8) != 0) continue;
            fprintf(out, "  %-24s ", a->name + 8);
            print_value(out, a);
            fputc('\n', out);
        }
    }
}

int oa_cli_report(oa_cli *cli, oa_status status)
{
    const int code = status == OA_E_CANCELLED && cli->is_terminated ? 143 : oa_exit_code(status);
    if (!cli->quiet) print_warnings(cli->context);
    if (status != OA_OK) print_error(cli->context);
    if (cli->json) print_json(cli, status, code);
    else if (cli->verbose)
        fprintf(stderr, "read %.3f s, compute %.3f s, write %.3f s, whole %.3f s, peak memory %.1f MB\n", cli->desk.read_s, cli->desk.compute_s,
                cli->write_s, oa_seconds() - cli->started, (double)peak_rss() / 1e6);
    return code;
}

oa_status oa_cli_run(oa_cli *cli, oa_job *job)
{
    uint64_t bytes;
    if (!cli->dry_run) return oa_job_run(&cli->desk, job);
    OA_TRY(oa_job_check(&cli->desk, job, &bytes));
    cli->document = json_pack("{s:s, s:b, s:I}", "step", job->step->name, "dry_run", 1, "predicted_bytes", (json_int_t)bytes);
    if (!cli->json && !cli->quiet) printf("%s would need about %.1f MB; nothing was written\n", job->step->name, (double)bytes / 1e6);
    return OA_OK;
}
