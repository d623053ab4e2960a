/* cli.h - what the words of the program share: options, reporting. No step is named in this folder. */
#ifndef OA_CLI_CLI_H
#define OA_CLI_CLI_H

#include <signal.h>

#include "job/job.h"
#include "run/record_json.h"

enum { OA_ARGS_MAX = 4096 };
typedef enum oa_progress_mode { OA_PROGRESS_AUTO, OA_PROGRESS_NONE, OA_PROGRESS_TEXT, OA_PROGRESS_JSONL } oa_progress_mode;

typedef struct oa_named_arg {
    const char *name, *value; /* value NULL: a flag without one */
} oa_named_arg;

typedef struct oa_cli {
    oa_context *context;
    oa_desk desk; /* of the same context: --search, --embed, times */
    const char *word; /* argv[1] */
    const char *output, *kernel, *config;
    oa_limits limits;
    int threads, slab, slabs, progress_fd, lifeline_fd, level;
    oa_progress_mode progress;
    bool is_terminated; /* by SIGTERM, which has an exit code of its own */
    bool json, dry_run, overwrite, quiet, verbose, chain, list, seed_given;
    const char **inputs; /* arguments without "--" */
    size_t n_inputs;
    oa_named_arg *named; /* parameters and slots */
    size_t n_named;
    struct { const char *code, *option, *value, *wanted, *help; } bad; /* the first common option that is wrong; code NULL: none */
    double started, write_s;
    json_t *document; /* what --json prints on success; taken by the report */
} oa_cli;

/* options.c. Flags of the step (boolean parameters) need no value; step NULL: none. False: memory. */
bool oa_cli_parse(oa_cli *cli, int argc, char **argv, const oa_step *step);
void oa_cli_free(oa_cli *cli);
oa_status oa_cli_check_options(oa_cli *cli) OA_MUST_USE; /* reports what the parser found wrong */
/* Parameters from --config and the command line; what is a slot of the step is left to the loader. */
oa_status oa_cli_settings(oa_cli *cli, const oa_step *step, oa_settings **out) OA_MUST_USE;
void oa_cli_print_common_options(FILE *out);

/* lifeline.c: where --lifeline names a pipe, this process is terminated (SIGTERM) when the other end closes: no orphan outlives a
 * caller that was killed. */
oa_status oa_cli_hold_lifeline(oa_cli *cli) OA_MUST_USE;

/* output.c: -o can be written and is no input; has_record_beside: so can OUT.nxs, the record of a file in another format. */
oa_status oa_cli_check_output(oa_cli *cli, bool has_record_beside) OA_MUST_USE;

/* report.c */
void oa_cli_progress(void *payload, const char *phase, uint64_t done, uint64_t total, double elapsed_s);
/* Runs the job; with --dry-run checks it alone and says what it would need. */
oa_status oa_cli_run(oa_cli *cli, oa_job *job) OA_MUST_USE;
int oa_cli_report(oa_cli *cli, oa_status status); /* prints everything, gives the exit code */
void oa_cli_document(oa_cli *cli, const oa_record *record, const oa_values *values, const char *file, uint64_t bytes);
void oa_cli_print_summary(FILE *out, const oa_values *values);

/* The words; each is one file. */
typedef struct oa_word {
    const char *name, *usage, *help;
    size_t inputs; /* arguments at most */
    oa_status (*run)(oa_cli *cli);
} oa_word;
extern const oa_word oa_words[]; /* main.c; ends with a NULL name */
oa_status oa_word_step(oa_cli *cli);
oa_status oa_word_run(oa_cli *cli);
oa_status oa_word_merge(oa_cli *cli);
oa_status oa_word_replay(oa_cli *cli);
oa_status oa_word_verify(oa_cli *cli);
oa_status oa_word_show(oa_cli *cli);
oa_status oa_word_steps(oa_cli *cli);
oa_status oa_word_help(oa_cli *cli);
oa_status oa_word_describe(oa_cli *cli);
oa_status oa_word_version(oa_cli *cli);

#endif
