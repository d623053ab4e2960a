/* cli.h - what the words of the program share: options, loading by slot, reporting. No step is named in this folder. */
#ifndef OA_CLI_CLI_H
#define OA_CLI_CLI_H

#include <signal.h>

#include "io/format.h"
#include "io/nexus.h"
#include "run/record_json.h"
#include "run/run.h"

enum { OA_ARGS_MAX = 4096, OA_SEARCH_MAX = 32 };
typedef enum oa_progress_mode { OA_PROGRESS_AUTO, OA_PROGRESS_NONE, OA_PROGRESS_TEXT, OA_PROGRESS_JSONL } oa_progress_mode;

typedef struct oa_named_arg {
    const char *name, *value; /* value NULL: a flag without one */
} oa_named_arg;

typedef struct oa_cli {
    oa_context *context;
    const char *word; /* argv[1] */
    const char *output, *kernel, *config;
    int threads, slab, slabs, progress_fd, level;
    oa_progress_mode progress;
    bool is_terminated; /* by SIGTERM, which has an exit code of its own */
    bool json, dry_run, overwrite, embed, quiet, verbose, chain, list, seed_given;
    const char *search[OA_SEARCH_MAX];
    size_t n_search;
    const char **inputs; /* arguments without "--" */
    size_t n_inputs;
    oa_named_arg *named; /* parameters and slots */
    size_t n_named;
    struct { const char *code, *option, *value, *wanted, *help; } bad; /* the first common option that is wrong; code NULL: none */
    double started, read_s, compute_s, write_s;
    json_t *document; /* what --json prints on success; taken by the report */
} oa_cli;

/* options.c. Flags of the step (boolean parameters) need no value; step NULL: none. False: memory. */
bool oa_cli_parse(oa_cli *cli, int argc, char **argv, const oa_step *step);
void oa_cli_free(oa_cli *cli);
oa_status oa_cli_check_options(oa_cli *cli) OA_MUST_USE; /* reports what the parser found wrong */
/* Parameters from --config and the command line; what is a slot of the step is left to the loader. */
oa_status oa_cli_settings(oa_cli *cli, const oa_step *step, oa_settings **out) OA_MUST_USE;
const oa_slot *oa_cli_slot(const oa_step *step, const char *name);
void oa_cli_print_common_options(FILE *out);

/* output.c: -o can be written and is no input; has_record_beside: so can OUT.nxs, the record of a file in another format. */
oa_status oa_cli_check_output(oa_cli *cli, bool has_record_beside) OA_MUST_USE;

/* report.c */
void oa_cli_progress(void *payload, const char *phase, uint64_t done, uint64_t total, double elapsed_s);
int oa_cli_report(oa_cli *cli, oa_status status); /* prints everything, gives the exit code */
void oa_cli_document(oa_cli *cli, const oa_record *record, const oa_values *values, const char *file, uint64_t bytes);
void oa_cli_print_summary(FILE *out, const oa_values *values);

/* repeat.c: what selected the ions of an input, to be run again with shuffled ions: an earlier job, or the record of a file. */
typedef struct oa_repeat {
    oa_cli *cli;
    const struct oa_job *earlier; /* or NULL */
    const oa_record *record;      /* of the file `beside` */
    const char *beside;
    struct oa_job *job;           /* made of the record when it is first needed; owned */
} oa_repeat;

/* pieces.c: which ions of its main input a job needs, where it is a slab or a merge of slabs; step NULL: all. */
typedef struct oa_choice {
    const oa_step *step;
    const void *params;
    int slab, slabs;
    bool is_merge;
} oa_choice;

/* loader.c: a file in a slot. Owns what the input borrows; stays where it is once it is loaded. */
typedef struct oa_loaded {
    oa_input input;
    oa_repeat repeat;
    oa_choice choice; /* set before oa_load */
    oa_h5 h5;         /* open while there are pieces */
    oa_nexus_pieces *pieces;
    oa_ion_stream stream;
    char *path, sha256[OA_HEX], content[OA_HEX];
    oa_ions *ions;
    uint64_t *index;
    oa_ranges *ranges;
    struct oa_model *model;
    oa_values *result;
    oa_record *record;
    oa_metadata *metadata;
    oa_source *sources;
    char **source_paths;
} oa_loaded;
oa_status oa_load(oa_cli *cli, const oa_slot *slot, const char *const *paths, size_t n, oa_loaded *out) OA_MUST_USE;
/* What a file holds of a record against the record itself: its arrays, its ions and its model (E_DIGEST). */
oa_status oa_cli_check_record(oa_cli *cli, const oa_h5 *h5, const char *entry, const oa_record *record, oa_values **out) OA_MUST_USE;
/* Ions of a file of another program, ranged where it only defines ranges; *out NULL: none. */
oa_status oa_load_foreign(const oa_h5 *h5, const char *entry, oa_ions **out) OA_MUST_USE;
void oa_loaded_free(oa_cli *cli, oa_loaded *loaded);

/* Give the input its maker where its ions were selected by a step that takes ions. */
void oa_repeat_file(oa_cli *cli, oa_loaded *loaded);
void oa_repeat_job(oa_cli *cli, oa_loaded *loaded, const struct oa_job *earlier);
void oa_repeat_free(oa_repeat *repeat);

/* find.c: an input named by a record: beside the file that names it, in the folder above, under --search. Free with oa_free. */
oa_status oa_find_input(oa_cli *cli, const char *beside, const oa_input_record *input, char **out) OA_MUST_USE;
/* Refuses other content (E_DIGEST), warns of other bytes (W_FILE_CHANGED). */
oa_status oa_check_input(oa_cli *cli, const oa_input_record *expected, const char *path, const char *sha256, const char *content) OA_MUST_USE;

/* job.c: one step, from loaded inputs to results; used by steps, recipes, replay and merge. */
enum { OA_JOB_INPUTS_MAX = 16 };
typedef struct oa_job {
    const oa_step *step;
    oa_settings *settings;
    oa_loaded loaded[OA_JOB_INPUTS_MAX];
    size_t n_loaded;
    oa_sink sink;
    oa_values *values;
    oa_record *record;
    int slab, slabs;
    const char *name;  /* of the NXsubentry; NULL: the step's */
    const char *recorded_identifier; /* replay: the record this job repeats; NULL: none */
    oa_values *joined; /* merge */
    bool is_merge;
} oa_job;
/* Jobs of one recipe or one file, done before; later ones may take their results without a file in between. */
typedef struct oa_jobs {
    oa_job *job;
    size_t n;
} oa_jobs;
oa_status oa_job_run(oa_cli *cli, oa_job *job) OA_MUST_USE;
/* pieces.c: sets the choice for a slot of the job; record: of which the inputs are, NULL for those of the command line. */
void oa_choose_rows(const oa_cli *cli, const oa_job *job, const oa_slot *slot, const oa_record *record, oa_loaded *out);
/* Ions as out->choice says, and a stream of all of them; takes the open file where it sets out->pieces, also after a failure. */
oa_status oa_load_pieces(oa_cli *cli, const oa_h5 *h5, const char *entry, oa_loaded *out) OA_MUST_USE;
oa_status oa_job_slot_is_free(oa_cli *cli, const oa_job *job, const oa_slot *slot) OA_MUST_USE;
/* The result of an earlier job in a slot, which must be free: borrowed, the earlier job must live on. */
oa_status oa_job_use(oa_cli *cli, oa_job *job, const oa_slot *slot, const oa_job *earlier) OA_MUST_USE;
/* The inputs of a record: of earlier jobs where it says so, else files found beside `beside` and checked. */
oa_status oa_job_load_recorded(oa_cli *cli, oa_job *job, const oa_record *record, const char *beside, const oa_jobs *earlier) OA_MUST_USE;
oa_status oa_job_restore(oa_cli *cli, oa_job *job, const oa_record *record) OA_MUST_USE; /* step and settings */
const oa_metadata *oa_job_metadata(const oa_job *job);
const oa_ions *oa_job_ions(const oa_job *job); /* the ions the indices of its results refer to; NULL: none */
void oa_job_free(oa_cli *cli, oa_job *job);

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
