/* options.c - the command line: common options, parameters, slots, --config. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/recipes.h"

typedef enum common { C_NONE, C_OUTPUT, C_THREADS, C_KERNEL, C_CONFIG, C_PROGRESS, C_JSON, C_DRY, C_OVERWRITE, C_SEARCH, C_EMBED,
                      C_QUIET, C_VERBOSE, C_CHAIN, C_LIST, C_SLAB, C_COMPRESSION, C_LIFELINE, C_MAX_MEMORY,
                      C_MAX_UNPACKED, C_MAX_LOOK, C_HELP } common;

static const struct common_option {
    const char *name, *short_name, *value, *help;
    common code;
} common_options[] = {
    { "output", "-o", "FILE", "where the result goes; it appears complete or not at all", C_OUTPUT },
    { "threads", NULL, "N", "threads (default: all cores this process may use); results do not depend on it", C_THREADS },
    { "kernel", NULL, "NAME", "kernel set: auto, scalar, avx2, avx512", C_KERNEL },
    { "config", NULL, "FILE.json", "parameters from a JSON object; the command line wins", C_CONFIG },
    { "progress", NULL, "MODE", "auto, none, text or jsonl:FD", C_PROGRESS },
    { "lifeline", NULL, "FD", "end, leaving nothing, once the other end of this pipe is closed", C_LIFELINE },
    { "json", NULL, NULL, "one JSON document on standard output and nothing else", C_JSON },
    { "dry-run", NULL, NULL, "check everything, predict memory, write nothing", C_DRY },
    { "overwrite", NULL, NULL, "replace an existing output", C_OVERWRITE },
    { "search", NULL, "DIR", "where inputs named by records are looked for; may be given again", C_SEARCH },
    { "embed", NULL, NULL, "copy positions and ion types into the result", C_EMBED },
    { "slab", NULL, "k/n", "part k of n of a step that can be split; `ordapt merge` joins the parts", C_SLAB },
    { "compression", NULL, "WORD", "gzip (level 1 with shuffle) or none", C_COMPRESSION },
    { "max-memory", NULL, "SIZE", "bytes of memory for arrays, 4G (default: what the machine has)", C_MAX_MEMORY },
    { "max-unpacked", NULL, "SIZE", "what a dataset may unpack to where it stores less than 1/200 of it (1G)", C_MAX_UNPACKED },
    { "max-look", NULL, "SECONDS", "processor time for the first look at an HDF5 file (15)", C_MAX_LOOK },
    { "chain", NULL, NULL, "replay: everything from the vendor file on", C_CHAIN },
    { "list", NULL, NULL, "run: recipes that ship with the program", C_LIST },
    { "quiet", "-q", NULL, "no summary and no warnings", C_QUIET },
    { "verbose", "-v", NULL, "the phases with their times", C_VERBOSE },
    { "help", "-h", NULL, "help for the word", C_HELP },
};
enum { COMMON_OPTIONS = sizeof common_options / sizeof *common_options };

void oa_cli_print_common_options(FILE *out)
{
    for (size_t i = 0; i < COMMON_OPTIONS; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s--%s%s%s", common_options[i].short_name ? common_options[i].short_name : "",
                 common_options[i].short_name ? ", " : "", common_options[i].name, common_options[i].value ? " " : "",
                 common_options[i].value ? common_options[i].value : "");
        fprintf(out, "  %-26s %s\n", left, common_options[i].help);
    }
}

static bool same_option(const char *a, const char *b, size_t length)
{
    if (strlen(b) != length) return false;
    for (size_t i = 0; i < length; i++)
        if ((a[i] == '_' ? '-' : a[i]) != b[i]) return false;
    return true;
}

static const struct common_option *find_common(const char *arg, size_t length)
{
    for (size_t i = 0; i < COMMON_OPTIONS; i++) {
        const struct common_option *o = &common_options[i];
        if (length > 2 && same_option(arg + 2, o->name, length - 2) && arg[1] == '-') return o;
        if (o->short_name && length == 2 && strncmp(arg, o->short_name, 2) == 0) return o;
    }
    return NULL;
}

static bool parse_count(const char *text, int *out)
{
    int64_t value;
    if (!oa_text_integer(text, strlen(text), &value) || value < 1 || value > 4096) return false;
    *out = (int)value;
    return true;
}

/* 4096, 500M, 1.5G, 2T: powers of 1024. */
static bool parse_size(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    size_t n = strlen(text);
    const char *unit = n ? strchr(units, text[n - 1]) : NULL;
    double value;
    if (!oa_text_real(text, unit ? n - 1 : n, false, &value)) return false;
    for (const char *u = units; unit && u <= unit; u++) value *= 1024;
    *out = value >= 1 && value < 0x1p60 ? (uint64_t)value : 0;
    return *out > 0;
}

static bool parse_progress(oa_cli *cli, const char *text)
{
    static const char *const words[] = { "auto", "none", "text" };
    for (int i = 0; i < 3; i++)
        if (strcmp(text, words[i]) == 0) return cli->progress = (oa_progress_mode)i, true;
    int64_t descriptor;
    if (strncmp(text, "jsonl:", 6) != 0 || !oa_text_integer(text + 6, strlen(text + 6), &descriptor) || descriptor < 0 || descriptor > 65535)
        return false;
    if (fcntl((int)descriptor, F_GETFD) == -1) return false; /* it would later be one of our own files */
    cli->progress = OA_PROGRESS_JSONL;
    cli->progress_fd = (int)descriptor;
    return true;
}

/* An open descriptor that is no standard stream. */
static bool parse_lifeline(oa_cli *cli, const char *text)
{
    int64_t descriptor;
    if (!oa_text_integer(text, strlen(text), &descriptor) || descriptor <= STDERR_FILENO || descriptor > 65535) return false;
    cli->lifeline_fd = (int)descriptor;
    return fcntl((int)descriptor, F_GETFD) != -1;
}

/* Of the word, or of the recipe that stands behind `run`. */
static void ask_for_help(oa_cli *cli)
{
    const bool of_recipe = strcmp(cli->word, "run") == 0 && cli->n_inputs && oa_shipped_recipe_find(cli->inputs[0]);
    if (!of_recipe) cli->inputs[0] = cli->word;
    cli->n_inputs = 1;
    cli->word = "help";
}

static bool set_common(oa_cli *cli, common code, const char *value)
{
    switch (code) {
    case C_OUTPUT: cli->output = value; return value[0] != 0;
    case C_THREADS: return parse_count(value, &cli->threads);
    case C_KERNEL: cli->kernel = value; return true;
    case C_CONFIG: cli->config = value; return true;
    case C_PROGRESS: return parse_progress(cli, value);
    case C_LIFELINE: return parse_lifeline(cli, value);
    case C_SLAB: return oa_slab_parse(value, &cli->slab, &cli->slabs) && cli->slabs <= 1000000;
    case C_COMPRESSION: cli->level = strcmp(value, "none") != 0; return strcmp(value, "none") == 0 || strcmp(value, "gzip") == 0;
    case C_SEARCH: if (cli->desk.n_search < OA_SEARCH_MAX) cli->desk.search[cli->desk.n_search++] = value; return true;
    case C_MAX_MEMORY: return parse_size(value, &cli->limits.memory);
    case C_MAX_UNPACKED: return parse_size(value, &cli->limits.unpacked);
    case C_MAX_LOOK: return parse_count(value, &cli->limits.look_s);
    case C_JSON: cli->json = true; return true;
    case C_DRY: cli->dry_run = true; return true;
    case C_OVERWRITE: cli->overwrite = true; return true;
    case C_EMBED: cli->desk.embed = true; return true;
    case C_QUIET: cli->quiet = true; return true;
    case C_VERBOSE: cli->verbose = true; return true;
    case C_CHAIN: cli->chain = true; return true;
    case C_LIST: cli->list = true; return true;
    case C_HELP: ask_for_help(cli); return true;
    case C_NONE: break;
    }
    return false;
}

static bool is_truth(const char *text)
{
    static const char *const words[] = { "true", "false", "yes", "no", "on", "off", "1", "0" };
    for (size_t i = 0; i < 8; i++)
        if (strcmp(text, words[i]) == 0) return true;
    return false;
}

/* Whether --name of this step takes the next argument: flags do so only if it is a truth value. */
static bool takes_value(const oa_step *step, const char *name, const char *next)
{
    if (!next) return false;
    const oa_param *row = step ? oa_param_find(step->params, name) : NULL;
    return row && row->kind == OA_BOOLEAN ? is_truth(next) : true;
}

static void set_or_complain(oa_cli *cli, const struct common_option *option, const char *arg, const char *value)
{
    const char *code = option->code == C_SLAB ? "E_SLAB" : option->code == C_OUTPUT ? "E_USAGE" : "E_PARAMETER_VALUE";
    if (set_common(cli, option->code, value) || cli->bad.code) return;
    cli->bad.code = code, cli->bad.option = arg, cli->bad.value = value, cli->bad.wanted = option->value, cli->bad.help = option->help;
}

static void complain(oa_cli *cli, const char *arg)
{
    if (!cli->bad.code) cli->bad.code = "E_USAGE", cli->bad.option = arg;
}

static int parse_option(oa_cli *cli, int argc, char **argv, int i, const oa_step *step)
{
    const char *arg = argv[i], *equals = strchr(arg, '=');
    const size_t length = equals ? (size_t)(equals - arg) : strlen(arg);
    const char *next = i + 1 < argc ? argv[i + 1] : NULL;
    const struct common_option *option = find_common(arg, length);
    if (option) {
        const char *value = equals ? equals + 1 : option->value ? next : NULL;
        if (option->value ? value != NULL : !equals) set_or_complain(cli, option, arg, value);
        else complain(cli, arg);
        if (option->code == C_HELP) return cli->n_named = 0, cli->bad.code = NULL, argc; /* asked for help: the rest does not matter */
        return option->value && !equals ? i + 1 : i;
    }
    if (arg[1] != '-' || length < 3) {
        complain(cli, arg);
        return i;
    }
    char *name = argv[i] + 2;
    if (equals) name[equals - arg - 2] = 0;
    const bool takes = !equals && takes_value(step, name, next);
    cli->named[cli->n_named++] = (oa_named_arg){ name, equals ? equals + 1 : takes ? next : NULL };
    return takes ? i + 1 : i;
}

/* Names with line ends or terminal escapes, and such that JSON and NeXus cannot hold, would make records that lie. */
static void check_text(oa_cli *cli, const char *text)
{
    bool is_clean = oa_text_is_utf8(text);
    for (const char *c = text; *c && is_clean; c++) is_clean = (unsigned char)*c >= 0x20 && *c != 0x7f;
    if (!is_clean && !cli->bad.code) cli->bad.code = "E_USAGE", cli->bad.help = "has control characters or is no UTF-8 text; rename the file, or give plain text";
}

bool oa_cli_parse(oa_cli *cli, int argc, char **argv, const oa_step *step)
{
    cli->inputs = calloc((size_t)argc + 1, sizeof *cli->inputs);
    cli->named = calloc((size_t)argc + 1, sizeof *cli->named);
    cli->level = 1;
    cli->progress_fd = -1;
    bool only_inputs = false;
    if (!cli->inputs || !cli->named) return false;
    for (int i = 2; i < argc; i++) check_text(cli, argv[i]);
    for (int i = 2; i < argc; i++) {
        if (!only_inputs && strcmp(argv[i], "--") == 0) only_inputs = true;
        else if (!only_inputs && argv[i][0] == '-' && argv[i][1]) i = parse_option(cli, argc, argv, i, step);
        else cli->inputs[cli->n_inputs++] = argv[i];
    }
    return true;
}

void oa_cli_free(oa_cli *cli)
{
    json_decref(cli->document);
    free(cli->inputs);
    free(cli->named);
}

oa_status oa_cli_check_options(oa_cli *cli)
{
    if (!cli->bad.code) return OA_OK;
    if (cli->bad.wanted)
        return oa_fail(cli->context, cli->bad.code, "'%s' is no value for %.*s; give %s: %s", cli->bad.value, (int)strcspn(cli->bad.option, "="), cli->bad.option,
                       cli->bad.wanted, cli->bad.help);
    if (cli->bad.help) return oa_fail(cli->context, cli->bad.code, "an argument %s", cli->bad.help);
    return oa_fail(cli->context, cli->bad.code, "'%s' is not understood or lacks its value; `ordapt help` lists the common options", cli->bad.option);
}

/* ---- parameters ---- */

static oa_status json_text(oa_context *context, const json_t *value, const char *name, oa_string *out)
{
    char number[32];
    if (json_is_string(value)) oa_string_add(out, "%s", json_string_value(value));
    else if (json_is_boolean(value)) oa_string_add(out, "%s", json_is_true(value) ? "true" : "false");
    else if (json_is_integer(value)) oa_string_add(out, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value)) oa_string_add(out, "%s", oa_text_of_real(number, json_real_value(value)));
    else if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            if (i) oa_string_add(out, ",");
            if (json_is_array(json_array_get(value, i))) return oa_fail(context, "E_CONFIG", "%s is a list of lists; give one list", name);
            OA_TRY(json_text(context, json_array_get(value, i), name, out));
        }
    } else {
        return oa_fail(context, "E_CONFIG", "%s is neither number, text, truth value nor list", name);
    }
    return OA_OK;
}

static oa_status set_from_json(oa_settings *settings, const char *name, const json_t *value)
{
    oa_string text = { .context = settings->context };
    char *taken;
    if (json_is_null(value)) return OA_OK; /* null: the default */
    oa_status status = json_text(settings->context, value, name, &text);
    if (status != OA_OK) {
        oa_string_drop(&text);
        return status;
    }
    OA_TRY(oa_string_take(&text, &taken));
    status = oa_settings_set(settings, name, taken);
    oa_free(settings->context, taken);
    return status;
}

static oa_status read_config(oa_cli *cli, const oa_step *step, oa_settings *settings)
{
    char *text;
    size_t length;
    json_error_t error;
    (void)step;
    OA_TRY(oa_file_text(cli->context, cli->config, 1 << 24, &text, &length));
    json_t *config = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    oa_free(cli->context, text);
    if (!json_is_object(config)) {
        json_decref(config);
        return oa_fail_at(cli->context, OA_AT_LINE(cli->config, error.line > 0 ? (uint64_t)error.line : 1), "E_CONFIG",
                          "no JSON object of parameters (%s); give {\"name\": value, ...}", config ? "another kind of value" : error.text);
    }
    oa_status status = OA_OK;
    const char *name;
    json_t *value;
    json_object_foreach(config, name, value)
        if (status == OA_OK) status = set_from_json(settings, name, value);
    json_decref(config);
    return status;
}

static oa_status apply_named(oa_cli *cli, const oa_step *step, oa_settings *settings)
{
    for (size_t i = 0; i < cli->n_named; i++) {
        const oa_named_arg *arg = &cli->named[i];
        if (oa_step_slot(step, arg->name)) continue;
        const oa_param *row = oa_param_find(step->params, arg->name);
        if (row && !arg->value && row->kind != OA_BOOLEAN)
            return oa_fail_at(cli->context, OA_IN_PARAMETER(row->name), "E_USAGE", "--%s lacks its value", arg->name);
        OA_TRY(oa_settings_set(settings, arg->name, arg->value ? arg->value : "true"));
    }
    return OA_OK;
}

oa_status oa_cli_settings(oa_cli *cli, const oa_step *step, oa_settings **out)
{
    OA_TRY(oa_settings_new(cli->context, out, step->params, step->params_size, step->presets));
    oa_status status = cli->config ? read_config(cli, step, *out) : OA_OK;
    if (status == OA_OK) status = apply_named(cli, step, *out);
    if (status == OA_OK) return OA_OK;
    oa_settings_free(*out);
    *out = NULL;
    return status;
}
