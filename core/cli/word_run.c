/* word_run.c - `ordapt run RECIPE NAME=FILE... NAME=VALUE...`: several steps into one file. A line is what one would type:
 *   name = step input key=value ...
 *   param name = default            or $other: the value of an earlier param line
 *   forget name         its arrays stay out of the file; its record is kept, and replay makes them again
 * $name stands for a value; results stay in memory. A line whose name the command line gives is not done: the file stands in. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/recipes.h"

enum { LINES_MAX = 64, NAMES_MAX = 128, WORDS_MAX = 64 };

typedef struct recipe {
    oa_cli *cli;
    const char *file; /* for messages */
    char *text;
    uint64_t line;    /* being read */
    oa_named_arg given[NAMES_MAX]; /* NAME=FILE and NAME=VALUE of the command line, then defaults of param lines */
    size_t n_given, n_typed;
    const char *params[NAMES_MAX]; /* names of param lines */
    size_t n_params;
    char *names[LINES_MAX]; /* of the lines done */
    oa_jobs jobs;
} recipe;

static oa_status wrong(const recipe *r, const char *what, const char *word)
{
    return oa_fail_at(r->cli->context, OA_AT_LINE(r->file, r->line), "E_RECIPE", "'%s': %s", word, what);
}

static const char *given_value(recipe *r, const char *name)
{
    for (size_t i = 0; i < r->n_given; i++)
        if (strcmp(r->given[i].name, name) == 0) return r->given[i].value;
    return NULL;
}

static const char *typed_value(const recipe *r, const char *name)
{
    for (size_t i = 0; i < r->n_typed; i++)
        if (strcmp(r->given[i].name, name) == 0) return r->given[i].value;
    return NULL;
}

static const oa_job *earlier_job(const recipe *r, const char *name)
{
    for (size_t i = 0; i < r->jobs.n; i++)
        if (r->jobs.job[i].values && strcmp(r->names[i], name) == 0) return &r->jobs.job[i]; /* not the line in hand */
    return NULL;
}

/* A slot takes an earlier result, a name from the command line, or a file. */
static oa_status fill_slot(recipe *r, oa_job *job, const oa_slot *slot, const char *const *words, size_t n)
{
    const char *paths[WORDS_MAX];
    OA_TRY(oa_job_slot_is_free(&r->cli->desk, job, slot));
    const oa_job *earlier = n == 1 ? earlier_job(r, words[0]) : NULL;
    if (earlier) return oa_job_use(&r->cli->desk, job, slot, earlier);
    for (size_t i = 0; i < n; i++) {
        paths[i] = given_value(r, words[i]);
        if (!paths[i] && !strpbrk(words[i], "./"))
            return wrong(r, "no earlier line has this name and the command line does not give it; add NAME=FILE", words[i]);
        if (!paths[i]) paths[i] = words[i];
    }
    oa_loaded *out = &job->loaded[job->n_loaded++];
    return oa_load(&r->cli->desk, slot, paths, n, out);
}

static oa_status fill_key(recipe *r, oa_job *job, const char *key, const char *value)
{
    const oa_slot *slot = oa_step_slot(job->step, key);
    if (slot) return fill_slot(r, job, slot, &value, 1);
    const char *text = value;
    if (value[0] == '$') text = given_value(r, value + 1);
    if (!text) return wrong(r, "has no value; give it as NAME=VALUE or with a param line", value);
    return oa_settings_set(job->settings, key, text);
}

static oa_status fill_job(recipe *r, oa_job *job, char **words, size_t n)
{
    size_t inputs = 0;
    const char *plain[WORDS_MAX];
    for (size_t i = 0; i < n; i++)
        if (!strchr(words[i], '=')) plain[inputs++] = words[i];
    const oa_slot *main_slot = job->step->slots;
    if (inputs > 1 && main_slot->name && main_slot->kind != OA_TAKES_SOURCES) return wrong(r, "one main input at most; others as slot=name", plain[1]);
    if (inputs && !main_slot->name) return wrong(r, "the step has no input", plain[0]);
    if (inputs) OA_TRY(fill_slot(r, job, main_slot, plain, inputs));
    for (size_t i = 0; i < n; i++) {
        char *equals = strchr(words[i], '=');
        if (!equals) continue;
        *equals = 0;
        OA_TRY(fill_key(r, job, words[i], equals + 1));
    }
    return oa_job_use_shipped(&r->cli->desk, job);
}

/* What an NXapm entry has itself cannot be the name of a result. */
static bool is_taken(const char *name)
{
    static const char *const taken[] = { "definition", "title", "specimen", "sample", "measurement", "simulation", "start_time", "end_time", "default",
                                         "operation_mode", "run_number", "program_name", "specimen_reference_frame", "detector_reference_frame" };
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(taken[i], name) == 0) return true;
    return strncmp(name, "atom_probe", 10) == 0 || strncmp(name, "user", 4) == 0 || strncmp(name, "experiment_", 11) == 0;
}

/* Large intermediate ions stay in memory; only their digest is recorded. */
static oa_status run_line(recipe *r, char *name, char **words, size_t n)
{
    oa_cli *cli = r->cli;
    if (r->jobs.n == LINES_MAX) return wrong(r, "a recipe has at most 64 steps", name);
    if (earlier_job(r, name)) return wrong(r, "is the name of an earlier line; names must differ", name);
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_') return wrong(r, "names have letters, digits and _ only", name);
    if (is_taken(name)) return wrong(r, "is a name that every NXapm file uses for something else; choose another", name);
    oa_job *job = &r->jobs.job[r->jobs.n];
    *job = (oa_job){ .step = oa_step_find(words[0]), .name = name };
    if (!job->step) return wrong(r, "there is no such step; `ordapt steps` lists them", words[0]);
    if (job->step->gives_file) return wrong(r, "gives no result that another line or the file could hold; run it by itself", words[0]);
    r->names[r->jobs.n++] = name;
    OA_TRY(oa_settings_new(cli->context, &job->settings, job->step->params, job->step->params_size, job->step->presets));
    OA_TRY(fill_job(r, job, words + 1, n - 1));
    OA_TRY(oa_cli_run(cli, job));
    if (!cli->json && !cli->quiet && job->values) {
        printf("%s: %s\n", name, job->step->title);
        oa_cli_print_summary(stdout, job->values);
    }
    return OA_OK;
}

/* What the command line gives under the name of a line stands in for its result, and the line is not done. */
static oa_status stand_in(recipe *r, const char *name)
{
    for (size_t i = 0; i < r->n_params; i++)
        if (strcmp(r->params[i], name) == 0) return wrong(r, "is the name of a param line and of a step; names must differ", name);
    if (earlier_job(r, name)) return wrong(r, "is the name of an earlier line; names must differ", name);
    const char *file = typed_value(r, name);
    if (access(file, F_OK) == 0) return OA_OK;
    return oa_fail_at(r->cli->context, OA_IN_FILE(file), "E_NOT_FOUND", "%s is a line of the recipe, so %s=%s is to stand in for its result, but there is no such file", name,
                      name, file);
}

static size_t split(char *text, char **words)
{
    size_t n = 0;
    for (char *at = text; *at && n <= WORDS_MAX;) {
        while (isspace((unsigned char)*at)) at++;
        if (!*at) break;
        words[n++] = at;
        while (*at && !isspace((unsigned char)*at)) at++;
        if (*at) *at++ = 0;
    }
    return n;
}

static oa_status param_line(recipe *r, char **words, size_t n)
{
    if ((n != 2 && n != 4) || strchr(words[1], '=') || (n > 2 && strcmp(words[2], "=") != 0)) return wrong(r, "write param NAME = DEFAULT", words[0]);
    for (size_t i = 0; i < r->n_params; i++)
        if (strcmp(r->params[i], words[1]) == 0) return wrong(r, "is the name of an earlier param line", words[1]);
    if (r->n_params == NAMES_MAX) return wrong(r, "too many names", words[1]);
    r->params[r->n_params++] = words[1];
    for (size_t i = 0; i < r->n_typed; i++)
        if (strcmp(r->given[i].name, words[1]) == 0) return OA_OK; /* the command line wins */
    if (n < 4) return OA_OK;                                     /* no default: must be given when used */
    if (r->n_given == NAMES_MAX) return wrong(r, "too many names", words[1]);
    const char *text = words[3][0] == '$' ? given_value(r, words[3] + 1) : words[3];
    if (!text) return wrong(r, "has no value; give it as NAME=VALUE or with an earlier param line", words[3]);
    r->given[r->n_given++] = (oa_named_arg){ words[1], text };
    return OA_OK;
}

static oa_status forget_line(recipe *r, char **words, size_t n)
{
    if (n != 2) return wrong(r, "write forget NAME", words[0]);
    for (size_t i = 0; i < r->jobs.n; i++) {
        if (strcmp(r->names[i], words[1]) != 0) continue;
        r->jobs.job[i].record->is_forgotten = true;
        return OA_OK;
    }
    return wrong(r, "no earlier line has this name", words[1]);
}

static oa_status one_line(recipe *r, char *line)
{
    char *words[WORDS_MAX + 1];
    char *comment = strchr(line, '#');
    if (comment) *comment = 0;
    const size_t n = split(line, words);
    if (!n) return OA_OK;
    if (n > WORDS_MAX) return wrong(r, "the line has more than 64 words", words[0]);
    if (strcmp(words[0], "param") == 0) return param_line(r, words, n);
    if (strcmp(words[0], "forget") == 0 && (n < 2 || strcmp(words[1], "=") != 0)) return forget_line(r, words, n);
    if (n < 3 || strcmp(words[1], "=") != 0) return wrong(r, "write NAME = STEP INPUT KEY=VALUE ...", words[0]);
    if (typed_value(r, words[0])) return stand_in(r, words[0]);
    return run_line(r, words[0], words + 2, n - 2);
}

/* Whether a name of the command line stands in the recipe: as an input, behind '=' or '$', or on a param line. */
static bool is_mentioned(const char *text, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name)) {
        const bool begins = at == text || strchr(" \t\r\n=$", at[-1]);
        if (begins && (!at[n] || strchr(" \t\r\n#", at[n]))) return true;
    }
    return false;
}

/* A slip of the pen in a name must not cost the hour that the recipe takes. */
static oa_status check_names(const recipe *r)
{
    for (size_t i = 0; i < r->n_typed; i++) {
        if (!is_mentioned(r->text, r->given[i].name))
            return oa_fail(r->cli->context, "E_OPTION_UNKNOWN", "%s=%s is used by no line of the recipe; leave it out", r->given[i].name, r->given[i].value);
        for (size_t k = 0; k < i; k++)
            if (strcmp(r->given[i].name, r->given[k].name) == 0) return oa_fail(r->cli->context, "E_USAGE", "%s= is given twice", r->given[i].name);
    }
    return OA_OK;
}

static oa_status all_lines(recipe *r)
{
    OA_TRY(check_names(r));
    for (char *line = r->text; line;) {
        char *end = strchr(line, '\n');
        if (end) *end = 0;
        r->line++;
        const oa_status status = one_line(r, line);
        if (status != OA_OK) oa_context__place(r->cli->context, r->file, r->line);
        OA_TRY(status);
        line = end ? end + 1 : NULL;
    }
    if (!r->jobs.n) return oa_fail_at(r->cli->context, OA_IN_FILE(r->file), "E_RECIPE", "the recipe has no step; write NAME = STEP INPUT");
    return OA_OK;
}

/* ---- the recipe's text ---- */

static oa_status read_text(recipe *r, const char *name)
{
    size_t length;
    const oa_shipped_recipe *shipped = oa_shipped_recipe_find(name);
    if (shipped) {
        r->file = shipped->name;
        r->text = oa_strdup(r->cli->context, shipped->text);
        return r->text ? OA_OK : r->cli->context->status;
    }
    r->file = name;
    if (access(name, F_OK) != 0)
        return oa_fail_at(r->cli->context, OA_IN_FILE(name), "E_NOT_FOUND", "there is no recipe '%s', neither a file nor one that ships (%s ...); `ordapt run --list`", name,
                          oa_shipped_recipes[0].name);
    return oa_file_text(r->cli->context, name, 1 << 20, &r->text, &length);
}

static oa_status take_names(recipe *r)
{
    for (size_t i = 1; i < r->cli->n_inputs; i++) {
        char *arg = (char *)r->cli->inputs[i], *equals = strchr(arg, '=');
        if (!equals || equals == arg) return oa_fail(r->cli->context, "E_USAGE", "'%s' is not NAME=FILE or NAME=VALUE", arg);
        if (r->n_given == NAMES_MAX) return oa_fail(r->cli->context, "E_USAGE", "more than %d names", NAMES_MAX);
        *equals = 0;
        r->given[r->n_given++] = (oa_named_arg){ arg, equals + 1 };
    }
    r->n_typed = r->n_given;
    return OA_OK;
}

/* ---- the file ---- */

static oa_status write_file(recipe *r)
{
    oa_part parts[LINES_MAX];
    oa_cli *cli = r->cli;
    uint64_t bytes;
    const oa_ions *embedded = NULL;
    bool is_simulation = false;
    for (size_t i = 0; i < r->jobs.n; i++) {
        parts[i] = (oa_part){ r->jobs.job[i].record, r->jobs.job[i].values };
        is_simulation = is_simulation || r->jobs.job[i].step->is_simulation;
        if (cli->desk.embed && !embedded) embedded = oa_job_ions(&r->jobs.job[i]);
    }
    const oa_bundle bundle = { .ions = embedded, .metadata = oa_job_metadata(&r->jobs.job[0]), .is_simulation = is_simulation, .parts = parts,
                               .n_parts = r->jobs.n, .level = cli->level };
    const double started = oa_seconds();
    OA_TRY(oa_nexus_write(cli->context, cli->output, cli->overwrite, &bundle, &bytes));
    cli->write_s = oa_seconds() - started;
    json_t *records = json_array();
    for (size_t i = 0; i < r->jobs.n; i++) json_array_append_new(records, oa_record_json(parts[i].record, parts[i].values));
    const oa_part *last = &parts[r->jobs.n - 1];
    oa_cli_document(cli, last->record, last->values, cli->output, bytes);
    json_object_set_new(cli->document, "recipe", json_string(oa_base_name(r->file)));
    json_object_set_new(cli->document, "records", records);
    if (!cli->json && !cli->quiet) printf("-> %s\n", cli->output);
    return OA_OK;
}

static oa_status run_recipe(recipe *r)
{
    OA_TRY(read_text(r, r->cli->inputs[0]));
    OA_TRY(take_names(r));
    OA_TRY(oa_new(r->cli->context, &r->jobs.job, LINES_MAX, sizeof *r->jobs.job));
    OA_TRY(all_lines(r));
    return r->cli->dry_run ? OA_OK : write_file(r);
}

static oa_status list_recipes(oa_cli *cli)
{
    json_t *list = json_array();
    for (const oa_shipped_recipe *s = oa_shipped_recipes; s->name; s++) {
        json_array_append_new(list, oa_shipped_recipe_json(s));
        if (!cli->json) printf("%-14s %s\n", s->name, s->help);
    }
    cli->document = json_pack("{s:s, s:o}", "step", "run", "recipes", list);
    return OA_OK;
}

oa_status oa_word_run(oa_cli *cli)
{
    recipe r = { .cli = cli };
    if (cli->list) return list_recipes(cli);
    if (!cli->n_inputs) return oa_fail(cli->context, "E_USAGE", "no recipe; ordapt run RECIPE [NAME=FILE]... [NAME=VALUE]... -o OUT.nxs");
    if (cli->dry_run) return oa_fail(cli->context, "E_USAGE", "--dry-run checks one step; a recipe's later lines depend on what the earlier ones give");
    OA_TRY(oa_cli_check_output(cli, false));
    const oa_status status = run_recipe(&r);
    for (size_t i = r.jobs.n; i-- > 0;) oa_job_free(&cli->desk, &r.jobs.job[i]);
    oa_free(cli->context, r.jobs.job);
    oa_free(cli->context, r.text);
    return status;
}
