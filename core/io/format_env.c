/* format_env.c - the mass ranges of .env, the environment files of GPM Rouen (methods: vendor formats, 7.3). */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/range_rules.h"

#define CUBIC_ANGSTROM 1e-3 /* nm3; the volumes of .env */

typedef struct env {
    oa_context *context;
    const char *name;
    oa_draft_list list;
    int64_t declared; /* ranges, by the line "12 26"; -1: not yet */
    bool in_ranges;
} env;

static bool begins_with(const oa_lines *lines, const char *word)
{
    const char *at = lines->line, *end = at + lines->length, *token;
    size_t length;
    while (at < end && (*at == '#' || *at == ' ' || *at == '\t')) at++;
    for (const char *want = word; *want;) {
        const size_t n = strcspn(want, " ");
        if (!oa_token_next(&at, end, &token, &length) || length != n || memcmp(token, want, n) != 0) return false;
        want += n + (want[n] == ' ');
    }
    return true;
}

/* The first line of two whole numbers says how many elements and ranges there are. */
static void read_counts(env *e, const oa_lines *lines)
{
    const char *at = lines->line, *end = at + lines->length, *token;
    size_t length;
    int64_t number[2];
    for (int k = 0; k < 2; k++)
        if (!oa_token_next(&at, end, &token, &length) || !oa_text_integer(token, length, &number[k]) || number[k] < 0) return;
    if (!oa_token_next(&at, end, &token, &length)) e->declared = number[1];
}

static oa_status read_number(const env *e, const oa_lines *lines, const char **at, const char *what, double *out)
{
    const char *token;
    size_t length;
    char text[40];
    oa_token_next(at, lines->line + lines->length, &token, &length);
    if (oa_text_real(token, length, true, out)) return OA_OK;
    oa_text_clean(text, sizeof text, token, length);
    return oa_fail_at(e->context, OA_AT_LINE(e->name, lines->number), "E_BAD_NUMBER",
                      "the %s '%s' is no number; 'Fe 27.8 28.2 11.66 1' is right", what, text);
}

/* label lower upper [volume] [increment] */
static oa_status read_range(env *e, const oa_lines *lines)
{
    const char *at = lines->line, *label;
    size_t length;
    oa_draft *d;
    OA_TRY(oa_draft_new(&e->list, &d));
    d->line = lines->number;
    oa_token_next(&at, at + lines->length, &label, &length);
    snprintf(d->key, sizeof d->key, "line %llu", (unsigned long long)lines->number);
    OA_TRY(read_number(e, lines, &at, "lower bound", &d->lower));
    OA_TRY(read_number(e, lines, &at, "upper bound", &d->upper));
    if (at < lines->line + lines->length) OA_TRY(read_number(e, lines, &at, "volume", &d->ion.volume));
    d->ion.volume = d->ion.volume > 0 && d->ion.volume < 1e6 ? d->ion.volume * CUBIC_ANGSTROM : 0;
    OA_TRY(oa_draft_check(&e->list, d));
    if (!oa_ion_add_formula(&d->ion, label, length, 1)) {
        oa_ion_set_label(&d->ion, label, length);
        oa_tally_add(&e->list.labels, "%s", d->ion.name);
    }
    oa_ion_sort_atoms(&d->ion);
    return OA_OK;
}

static oa_status read_text(env *e, const char *text, size_t length, oa_ranges **out)
{
    oa_lines lines = { .at = text, .end = text + length };
    bool more, found = false;
    for (;;) {
        OA_TRY(oa_lines_next_filled(e->context, e->name, &lines, &more));
        if (!more) break;
        if (lines.line[0] == '#') {
            if (begins_with(&lines, "Definition of")) e->in_ranges = found = true;
            else if (begins_with(&lines, "Atom probe definition")) e->in_ranges = false;
        } else if (e->in_ranges) {
            OA_TRY(read_range(e, &lines));
        } else if (!found && e->declared < 0) {
            read_counts(e, &lines);
        }
    }
    if (!found)
        return oa_fail_at(e->context, OA_IN_FILE(e->name), "E_MISSING_SECTION",
                          "there is no line '# Definition of ...' before the ranges; is this an environment file of the GPM?");
    if (e->declared >= 0 && (uint64_t)e->declared != e->list.n)
        return oa_fail_at(e->context, OA_IN_FILE(e->name), "E_COUNT_MISMATCH",
                          "the file says it has %lld ranges but %zu are there; is it complete?", (long long)e->declared,
                          e->list.n);
    return oa_draft_list_finish(&e->list, out);
}

static oa_status env_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    env e = { .context = context, .name = source->name, .declared = -1 };
    e.list = (oa_draft_list){ .context = context, .name = source->name, .options = options };
    char *text;
    size_t length;
    OA_TRY(oa_file_text(context, source->path, OA_RANGE_FILE_MAX, &text, &length));
    const oa_status status = read_text(&e, text, length, &out->ranges);
    oa_draft_list_drop(&e.list);
    oa_free(context, text);
    return status;
}

static const char *const extensions[] = { "env", NULL };

const oa_format oa_format_env = {
    .name = "env",
    .extensions = extensions,
    .help = "ranges of the GPM Rouen",
    .read = env_read,
};
