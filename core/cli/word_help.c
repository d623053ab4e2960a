/* word_help.c - help, steps, describe, --version: all read from the tables. `ordapt help man` is the manual page. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "cli/recipes.h"

oa_status oa_word_version(oa_cli *cli)
{
    if (cli->json) {
        cli->document = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "step", "--version", "version", oa_version(), "commit", oa_commit(), "compiler",
                                  oa_compiler(), "libraries", oa_nexus_libraries(), "blas", oa_blas(), "kernels", oa_kernel(cli->context));
        return OA_OK;
    }
    printf("ordapt %s\ncommit    %s\ncompiler  %s\nlibraries %s\nBLAS      %s\nkernels   %s\n", oa_version(), oa_commit(), oa_compiler(),
           oa_nexus_libraries(), oa_blas(), oa_kernel(cli->context));
    return OA_OK;
}

oa_status oa_word_steps(oa_cli *cli)
{
    if (cli->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < oa_step_count(); i++)
            json_array_append_new(list, json_pack("{s:s, s:s, s:i}", "name", oa_step_at(i)->name, "title", oa_step_at(i)->title, "version", oa_step_at(i)->version));
        cli->document = json_pack("{s:s, s:o}", "step", "steps", "steps", list);
        return OA_OK;
    }
    for (size_t i = 0; i < oa_step_count(); i++) printf("%-14s %s\n", oa_step_at(i)->name, oa_step_at(i)->title);
    return OA_OK;
}

oa_status oa_word_describe(oa_cli *cli)
{
    const oa_step *step = cli->n_inputs ? oa_step_find(cli->inputs[0]) : NULL;
    char *text;
    if (cli->n_inputs && !step) return oa_fail(cli->context, "E_WORD_UNKNOWN", "there is no step '%s'; `ordapt steps` lists them", cli->inputs[0]);
    OA_TRY(oa_describe(cli->context, step, &text));
    puts(text);
    oa_string_free(text);
    cli->json = false; /* the catalogue is the one document */
    return OA_OK;
}

/* ---- help ---- */

static void print_wrapped(const char *text, int indent)
{
    int column = 0;
    while (*text) {
        const int length = (int)strcspn(text, " ");
        if (column && column + 1 + length > 100 - indent) putchar('\n'), column = 0;
        printf("%*s%.*s", column ? 1 : indent, "", length, text);
        column += length + (column > 0);
        text += length + (text[length] == ' ');
    }
    putchar('\n');
}

static void print_default(const oa_settings *settings, size_t row)
{
    char *text;
    if (oa_settings_text(settings, row, &text) != OA_OK) return;
    const oa_param *p = &settings->table[row];
    if (text[0]) printf(" (%s%s%s)", text, p->unit ? " " : "", p->unit ? p->unit : "");
    else if (p->unit) printf(" [%s]", p->unit);
    oa_free(settings->context, text);
}

static void print_choices(const oa_param *p)
{
    if (p->choices) {
        printf("      one of:");
        for (size_t k = 0; p->choices[k]; k++) printf("%s %s", k ? "," : "", p->choices[k][0] ? p->choices[k] : "(none)");
        putchar('\n');
    } else if (p->min != 0 || p->max != 0) {
        printf("      from %.10g to %.10g\n", p->min, p->max);
    }
}

static void print_params(const oa_settings *settings)
{
    if (settings->n) printf("\nParameters (default)\n");
    for (size_t i = 0; i < settings->n; i++) {
        char option[64];
        snprintf(option, sizeof option, "%s", settings->table[i].name);
        for (char *c = option; *c; c++)
            if (*c == '_') *c = '-';
        printf("  --%s", option);
        print_default(settings, i);
        putchar('\n');
        print_wrapped(settings->table[i].help ? settings->table[i].help : "", 6);
        print_choices(&settings->table[i]);
    }
}

static void print_presets(const oa_step *step)
{
    for (const oa_preset *p = step->presets; p && p->name; p++) {
        size_t column = 0;
        printf("%s  %s: %s", p == step->presets ? "\nPresets\n" : "", p->name, p->help ? p->help : "");
        for (const oa_preset_value *v = p->values; v && v->name; v++) {
            const size_t width = strlen(v->name) + strlen(v->text) + 2;
            if (!column || column + width > 100) printf("\n   "), column = 3;
            printf(" %s=%s", v->name, v->text);
            column += width;
        }
        putchar('\n');
    }
}

static void print_usage(const oa_step *step)
{
    printf("ordapt %s", step->name);
    for (const oa_slot *slot = step->slots; slot->name; slot++) {
        if (slot == step->slots) printf(slot->kind == OA_TAKES_SOURCES ? " FILE..." : slot->is_optional ? " [INPUT.nxs]" : " INPUT.nxs");
        else printf(slot->is_optional ? " [--%s FILE]" : " --%s FILE", slot->name);
    }
    printf(" [--PARAMETER VALUE]... -o OUT%s\n\n", step->gives_file ? ".{pos,csv,xyz,vtkhdf}" : ".nxs");
}

static oa_status help_step(oa_cli *cli, const oa_step *step)
{
    oa_settings *settings;
    OA_TRY(oa_settings_new(cli->context, &settings, step->params, step->params_size, step->presets));
    print_usage(step);
    print_wrapped(step->help ? step->help : step->title, 0);
    if (step->slots->name) printf("\nInputs\n");
    for (const oa_slot *slot = step->slots; slot->name; slot++) printf("  %-14s %s%s\n", slot->name, slot->help, slot->is_optional ? " (optional)" : "");
    print_params(settings);
    print_presets(step);
    printf("\nResults (below /entry1/%s/%s1)\n", step->name, step->name);
    for (const oa_output *row = step->outputs; row->name; row++) {
        printf("  %-32s %s%s%s%s%s\n", row->name, row->shape ? row->shape : "", row->shape ? " " : "", row->help ? row->help : "",
               row->unit ? ", " : "", row->unit ? row->unit : "");
    }
    printf("\n`ordapt help` lists the common options. Version %d of the step.\n", step->version);
    oa_settings_free(settings);
    return OA_OK;
}

static oa_status help_errors(void)
{
    size_t n;
    const oa_code *table = oa_code_table(&n);
    for (size_t i = 0; i < n; i++) {
        if (table[i].status == OA_OK) printf("%-22s  -  %s\n", table[i].word, table[i].meaning);
        else printf("%-22s %3d %s\n", table[i].word, oa_exit_code(table[i].status), table[i].meaning);
    }
    return OA_OK;
}

static oa_status help_all(void)
{
    printf("ordapt finds chemical order in atom probe data and proves how it was found.\n\nWords\n");
    for (const oa_word *word = oa_words; word->name; word++) printf("  ordapt %s %s\n      %s\n", word->name, word->usage, word->help);
    printf("  ordapt STEP INPUT.nxs [--SLOT FILE]... [--PARAMETER VALUE]... -o OUT.nxs\n      one step; `ordapt help STEP` tells its parameters\n\nSteps\n");
    for (size_t i = 0; i < oa_step_count(); i++) printf("  %-14s %s\n", oa_step_at(i)->name, oa_step_at(i)->title);
    printf("\nCommon options\n");
    oa_cli_print_common_options(stdout);
    printf("\nExit: 0 done, 2 call, 64 parameter, 65 data, 66 missing input, 69 lacking, 70 our bug, 73 output, 74 I/O, 75 temporary, 130/143 stopped.\n");
    return OA_OK;
}

/* ---- the same for machines ---- */

static json_t *codes_json(void)
{
    size_t n;
    const oa_code *table = oa_code_table(&n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:s, s:i, s:s}", "code", table[i].word, "exit_code", oa_exit_code(table[i].status), "meaning", table[i].meaning));
    return list;
}

static json_t *words_json(const char *only)
{
    json_t *list = json_array();
    for (const oa_word *word = oa_words; word->name; word++)
        if (!only || strcmp(word->name, only) == 0)
            json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "name", word->name, "usage", word->usage, "description", word->help));
    return list;
}

static bool is_word(const char *name)
{
    for (const oa_word *word = oa_words; word->name; word++)
        if (strcmp(word->name, name) == 0) return true;
    return false;
}

static oa_status help_json(oa_cli *cli, const char *topic, const oa_step *step, const oa_shipped_recipe *recipe)
{
    char *text = NULL;
    if (step) OA_TRY(oa_describe(cli->context, step, &text));
    cli->document = json_pack("{s:s, s:s}", "step", "help", "topic", topic ? topic : "");
    if (step) json_object_set_new(cli->document, "description", json_loads(text, 0, NULL));
    else if (recipe) json_object_set_new(cli->document, "recipe", oa_shipped_recipe_json(recipe));
    else if (topic && strcmp(topic, "errors") == 0) json_object_set_new(cli->document, "codes", codes_json());
    else json_object_set_new(cli->document, "words", words_json(topic && is_word(topic) ? topic : NULL));
    oa_string_free(text);
    return OA_OK;
}

/* ---- the manual page ---- */

static void roff(const char *text)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\') putchar('\\');
        putchar(*text);
    }
}

static oa_status man_step(oa_cli *cli, const oa_step *step)
{
    oa_settings *settings;
    OA_TRY(oa_settings_new(cli->context, &settings, step->params, step->params_size, step->presets));
    printf(".SS %s \\- ", step->name);
    roff(step->title);
    printf("\n");
    roff(step->help ? step->help : "");
    putchar('\n');
    for (size_t i = 0; i < settings->n; i++) {
        char *text;
        if (oa_settings_text(settings, i, &text) != OA_OK) break;
        printf(".TP\n.BI \\-\\-");
        for (const char *c = settings->table[i].name; *c; c++) printf(*c == '_' ? "\\-" : "%c", *c);
        printf(" \" ");
        roff(text);
        if (settings->table[i].unit) printf(" %s", settings->table[i].unit);
        printf("\"\n");
        roff(settings->table[i].help ? settings->table[i].help : "");
        putchar('\n');
        oa_free(cli->context, text);
    }
    oa_settings_free(settings);
    return OA_OK;
}

static oa_status help_man(oa_cli *cli)
{
    printf(".TH ORDAPT 1 \"\" \"ordapt %s\" \"User commands\"\n.SH NAME\nordapt \\- chemical order in atom probe data, with its provenance\n.SH SYNOPSIS\n", oa_version());
    for (const oa_word *word = oa_words; word->name; word++) {
        printf(".B ordapt ");
        roff(word->name);
        printf("\n");
        roff(word->usage);
        printf("\n.br\n");
    }
    printf(".B ordapt\n.I STEP INPUT.nxs\n[\\-\\-SLOT FILE]... [\\-\\-PARAMETER VALUE]... \\-o OUT.nxs\n.SH STEPS\nValues are the defaults.\n");
    for (size_t i = 0; i < oa_step_count(); i++) OA_TRY(man_step(cli, oa_step_at(i)));
    printf(".SH EXIT STATUS\n0 done, 2 wrong call, 64 parameter refused, 65 input invalid, 66 input missing, 69 something lacking here, 70 our bug, 73 output cannot be written, 74 I/O error, 75 temporary, 130 and 143 interrupted.\n");
    return OA_OK;
}

static oa_status help_word(const char *topic)
{
    for (const oa_word *word = oa_words; word->name; word++)
        if (strcmp(word->name, topic) == 0) printf("ordapt %s %s\n\n%s\n\nCommon options\n", word->name, word->usage, word->help);
    oa_cli_print_common_options(stdout);
    return OA_OK;
}

/* The text of a recipe says what it takes: its comments, and a param line for each value that has a default. */
static oa_status help_recipe(const oa_shipped_recipe *recipe)
{
    printf("ordapt run %s [NAME=FILE]... [NAME=VALUE]... -o OUT.nxs\n\n%s\n\n%s\n`ordapt help STEP` tells what a step takes, `ordapt help run` the common options.\n",
           recipe->name, recipe->help, recipe->text);
    return OA_OK;
}

static oa_status no_help(oa_cli *cli, const char *topic)
{
    const char *names[256], *near;
    size_t n = 0;
    for (const oa_word *word = oa_words; word->name; word++) names[n++] = word->name;
    for (size_t i = 0; i < oa_step_count() && n < 256; i++) names[n++] = oa_step_name(oa_step_at(i));
    for (const oa_shipped_recipe *s = oa_shipped_recipes; s->name && n < 256; s++) names[n++] = s->name;
    near = oa_text_nearest(topic, names, n);
    return oa_fail(cli->context, "E_WORD_UNKNOWN", "there is no help on '%s'%s%s%s", topic, near ? "; did you mean '" : "; `ordapt help` lists words and steps, `ordapt run --list` recipes",
                   near ? near : "", near ? "'?" : "");
}

oa_status oa_word_help(oa_cli *cli)
{
    const char *topic = cli->n_inputs ? cli->inputs[0] : NULL;
    const oa_step *step = topic ? oa_step_find(topic) : NULL;
    const oa_shipped_recipe *recipe = topic && !step ? oa_shipped_recipe_find(topic) : NULL;
    const bool is_errors = topic && strcmp(topic, "errors") == 0, is_man = topic && strcmp(topic, "man") == 0;
    if (topic && !step && !recipe && !is_errors && !is_man && !is_word(topic)) return no_help(cli, topic);
    if (cli->json) return help_json(cli, topic, step, recipe);
    if (!topic) return help_all();
    if (is_errors) return help_errors();
    if (is_man) return help_man(cli);
    if (recipe) return help_recipe(recipe);
    return step ? help_step(cli, step) : help_word(topic);
}
