/* format_rng.c - .rng, the Oak Ridge range files: a block of names with colours, then a table of atom counts (methods:
 * vendor formats, 7.2). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/elements.h"
#include "io/range_rules.h"

#define SAME_BOUND 1e-4 /* Da: the polyatomic extension repeats bounds with four decimals */

typedef struct slice {
    const char *text;
    size_t length;
} slice;

/* One column of the table. */
typedef struct species {
    slice long_name, short_name;
    oa_ion_type ion; /* atoms of one count; none: a user label */
    uint32_t color;
} species;

typedef struct rng {
    oa_context *context;
    const char *name;
    oa_lines lines;
    bool more;
    int64_t n_species, n_rows;
    species *species;
    size_t species_capacity;
    oa_draft_list list;
    oa_tally empty, names;
} rng;

static oa_place here(const rng *r) { return OA_AT_LINE(r->name, r->lines.number); }

static oa_status next_line(rng *r) { return oa_lines_next_filled(r->context, r->name, &r->lines, &r->more); }

static bool is_dash_line(const rng *r) { return r->lines.length >= 2 && r->lines.line[0] == '-' && r->lines.line[1] == '-'; }

static bool says_polyatomic(const rng *r)
{
    static const char word[] = "polyatomic";
    for (size_t i = 0; i + sizeof word - 1 <= r->lines.length; i++) {
        size_t k = 0;
        while (word[k] && (r->lines.line[i + k] | 0x20) == word[k]) k++;
        if (!word[k]) return true;
    }
    return false;
}

static const char *line_text(const rng *r, char out[96])
{
    oa_text_clean(out, 96, r->lines.line, r->lines.length);
    return out;
}

/* ---------------------------------------------------------------------------------------------- header and names */

static oa_status read_header(rng *r)
{
    char text[96];
    int64_t number[2] = { -1, -1 };
    OA_TRY(next_line(r));
    if (!r->more)
        return oa_fail_at(r->context, OA_IN_FILE(r->name), "E_RNG_HEADER",
                          "the file ends before its first line '<ions> <ranges>'");
    const char *at = r->lines.line, *end = at + r->lines.length, *token;
    size_t length;
    int n = 0;
    bool good = true;
    for (; oa_token_next(&at, end, &token, &length); n++)
        good = good && n < 2 && oa_text_integer(token, length, &number[n]) && number[n] >= 0;
    if (!good || n != 2)
        return oa_fail_at(r->context, here(r), "E_RNG_HEADER",
                          "'%s' is not the first line of .rng; two whole numbers, ions and ranges, are right",
                          line_text(r, text));
    r->n_species = number[0];
    r->n_rows = number[1];
    if (r->n_rows == 0) return oa_fail_at(r->context, here(r), "E_EMPTY_DATA", "the file says it has 0 ranges");
    if (r->n_species == 0) return oa_fail_at(r->context, here(r), "E_EMPTY_DATA", "the file says it has 0 ions");
    return OA_OK;
}

/* Three numbers in 0...1 behind the short name. */
static void read_color(rng *r, species *s, const char *at, const char *end)
{
    const char *token;
    size_t length;
    s->color = 0;
    for (int k = 0; k < 3; k++) {
        double value = -1;
        const bool good =
            oa_token_next(&at, end, &token, &length) && oa_text_real(token, length, true, &value) && value >= 0 && value <= 1;
        if (!good) {
            s->color = OA_COLOR_DEFAULT;
            oa_tally_add(&r->list.colors, "%.*s", (int)(s->short_name.length < 30 ? s->short_name.length : 30),
                         s->short_name.text);
            return;
        }
        s->color = 256 * s->color + (uint32_t)lround(255 * value);
    }
}

static oa_status read_name(rng *r, species *s, int64_t found)
{
    for (int line = 0; line < 2; line++) {
        OA_TRY(next_line(r));
        if (!r->more || is_dash_line(r))
            return oa_fail_at(r->context, here(r), r->more ? "E_COUNT_MISMATCH" : "E_RNG_SEPARATOR",
                              "the first line says %lld ions but %lld are named%s", (long long)r->n_species, (long long)found,
                              r->more ? " before the dash line" : ", and no dash line follows");
        if (line == 0) s->long_name = (slice){ r->lines.line, r->lines.length };
    }
    const char *at = r->lines.line, *end = at + r->lines.length;
    oa_token_next(&at, end, &s->short_name.text, &s->short_name.length);
    const unsigned z = oa_element_number(s->short_name.text, s->short_name.length);
    if (z) (void)oa_ion_add_atoms(&s->ion, z, 1);
    else (void)oa_ion_add_formula(&s->ion, s->short_name.text, s->short_name.length, 1); /* else a label */
    read_color(r, s, at, end);
    return OA_OK;
}

/* Grown as names are read: the number in the header is not trusted with memory. */
static oa_status read_names(rng *r)
{
    for (int64_t i = 0; i < r->n_species; i++) {
        if ((size_t)i == r->species_capacity) {
            r->species_capacity = i ? 2 * (size_t)i : 32;
            OA_TRY(oa_resize(r->context, &r->species, r->species_capacity, sizeof *r->species));
        }
        r->species[i] = (species){ 0 };
        OA_TRY(read_name(r, &r->species[i], i));
    }
    return OA_OK;
}

static bool same_slice(slice a, const char *text, size_t length)
{
    return a.length == length && memcmp(a.text, text, length) == 0;
}

/* The names in the dash line are a comment; the order of the columns is that of the name block. */
static oa_status read_dash_line(rng *r)
{
    char text[96];
    OA_TRY(next_line(r));
    if (!r->more || !is_dash_line(r))
        return oa_fail_at(r->context, here(r), "E_RNG_SEPARATOR", "behind %lld names '%s' was found; a line of dashes is right",
                          (long long)r->n_species, r->more ? line_text(r, text) : "the end of the file");
    const char *at = r->lines.line, *end = at + r->lines.length, *token;
    size_t length;
    while (at < end && *at == '-') at++;
    for (int64_t i = 0; oa_token_next(&at, end, &token, &length); i++)
        if (i >= r->n_species ||
            (!same_slice(r->species[i].short_name, token, length) && !same_slice(r->species[i].long_name, token, length)))
            oa_tally_add(&r->names, "%.*s", (int)(length < 30 ? length : 30), token);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- rows */

static oa_status bad_number(const rng *r, const char *token, size_t length)
{
    char text[40], line[96];
    oa_text_clean(text, sizeof text, token, length);
    return oa_fail_at(r->context, here(r), "E_BAD_NUMBER", "'%s' in the row '%s' is no number", text, line_text(r, line));
}

/* A label names the whole ion: its columns with their counts. */
static void add_label(char label[OA_ION_NAME], const species *s, int64_t count)
{
    const size_t used = strlen(label);
    char part[OA_ION_NAME], times[24] = "";
    if (count > 1) snprintf(times, sizeof times, "%d", (int)count);
    oa_text_clean(part, sizeof part, s->short_name.text, s->short_name.length);
    snprintf(label + used, OA_ION_NAME - used, "%s%s", part, times);
}

static oa_status too_many(const rng *r, int64_t atoms)
{
    char line[96];
    return oa_fail_at(r->context, here(r), "E_MULTIPLICITY", "the row '%s' has %lld or more atoms; at most %d are possible",
                      line_text(r, line), (long long)atoms, OA_ATOMS_MAX);
}

static oa_status read_count(const rng *r, const char *token, size_t length, int64_t *count)
{
    double value;
    char line[96];
    if (!oa_text_real(token, length, true, &value)) return bad_number(r, token, length);
    if (!(value >= 0 && value <= 255 && value == floor(value)))
        return oa_fail_at(r->context, here(r), "E_MULTIPLICITY", "the count %g in the row '%s' is none; 0 to 255 is right",
                          value, line_text(r, line));
    *count = (int64_t)value;
    return OA_OK;
}

/* Adds up the columns; label is filled where some column is no element. */
static oa_status read_atoms(const rng *r, const char *at, oa_ion_type *ion, char label[OA_ION_NAME], bool *is_label,
                            int64_t *atoms)
{
    const char *end = r->lines.line + r->lines.length, *token;
    size_t length;
    *atoms = 0;
    for (int64_t i = 0; i < r->n_species && oa_token_next(&at, end, &token, &length); i++) {
        const species *s = &r->species[i];
        int64_t count = 0;
        OA_TRY(read_count(r, token, length, &count));
        if (count == 0) continue;
        if (*atoms == 0) ion->color = s->color;
        *atoms += count;
        add_label(label, s, count);
        if (s->ion.n_atoms == 0) *is_label = true;
        for (int64_t k = 0; k < count && s->ion.n_atoms && *atoms <= OA_ATOMS_MAX; k++)
            for (int a = 0; a < s->ion.n_atoms; a++)
                if (!oa_ion_add_atoms(ion, OA_HASH_Z(s->ion.nuclides[a]), 1)) return too_many(r, ion->n_atoms + 1);
        if (*atoms > OA_ATOMS_MAX) return too_many(r, *atoms);
    }
    return OA_OK;
}

static void settle_ion(rng *r, oa_draft *d, const char label[OA_ION_NAME], bool is_label)
{
    if (is_label) {
        memset(d->ion.nuclides, 0, sizeof d->ion.nuclides);
        d->ion.n_atoms = 0;
        memcpy(d->ion.name, label, OA_ION_NAME);
        oa_tally_add(&r->list.labels, "%s", label);
    }
    oa_ion_sort_atoms(&d->ion);
}

static int64_t count_tokens(const rng *r)
{
    const char *at = r->lines.line, *end = at + r->lines.length, *token;
    size_t length;
    int64_t n = 0;
    while (oa_token_next(&at, end, &token, &length)) n++;
    return n;
}

static bool begins_with_number(const rng *r)
{
    const char *at = r->lines.line, *token;
    size_t length;
    double value;
    return oa_token_next(&at, at + r->lines.length, &token, &length) && oa_text_real(token, length, true, &value);
}

static oa_status read_bounds(const rng *r, const char **at, oa_draft *d)
{
    const char *end = r->lines.line + r->lines.length, *token;
    size_t length;
    for (int bound = 0; bound < 2; bound++) {
        oa_token_next(at, end, &token, &length);
        if (!oa_text_real(token, length, true, bound ? &d->upper : &d->lower)) return bad_number(r, token, length);
    }
    return OA_OK;
}

/* marker lower upper counts... ; the marker may be missing. */
static oa_status read_row(rng *r, int64_t number)
{
    char text[96], label[OA_ION_NAME] = "";
    const int64_t n = count_tokens(r);
    const char *at = r->lines.line, *end = at + r->lines.length, *token;
    size_t length;
    bool is_label = false;
    int64_t atoms;
    oa_draft *d;
    if (n != r->n_species + 3 && (n != r->n_species + 2 || !begins_with_number(r)))
        return oa_fail_at(r->context, here(r), "E_RNG_COLUMNS",
                          "the row '%s' has %lld columns; %lld ions need %lld, marker and bounds included", line_text(r, text),
                          (long long)n, (long long)r->n_species, (long long)r->n_species + 3);
    if (n == r->n_species + 3) oa_token_next(&at, end, &token, &length);
    OA_TRY(oa_draft_new(&r->list, &d));
    d->line = r->lines.number;
    snprintf(d->key, sizeof d->key, "row %lld", (long long)number);
    OA_TRY(read_bounds(r, &at, d));
    OA_TRY(read_atoms(r, at, &d->ion, label, &is_label, &atoms));
    if (atoms == 0) {
        oa_tally_add(&r->empty, "%s", line_text(r, text));
        r->list.n--;
        return OA_OK;
    }
    OA_TRY(oa_draft_check(&r->list, d));
    settle_ion(r, d, label, is_label);
    return OA_OK;
}

static oa_status count_mismatch(const rng *r, int64_t found, bool or_more)
{
    return oa_fail_at(r->context, here(r), "E_COUNT_MISMATCH",
                      "the first line says %lld ranges but %lld%s rows are there; is the file complete?", (long long)r->n_rows,
                      (long long)found, or_more ? " or more" : "");
}

/* Ends at the end of the file or at the line of dashes that begins the extension. */
static oa_status read_table(rng *r)
{
    int64_t found = 0;
    OA_TRY(read_header(r));
    OA_TRY(read_names(r));
    OA_TRY(read_dash_line(r));
    for (;; found++) {
        OA_TRY(next_line(r));
        if (!r->more || is_dash_line(r)) break;
        if (found == r->n_rows) return count_mismatch(r, found + 1, true);
        OA_TRY(read_row(r, found + 1));
    }
    return found < r->n_rows ? count_mismatch(r, found, false) : OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the whole file */

static int by_lower(const void *p, const void *q)
{
    const oa_draft *a = p, *b = q;
    return (a->lower > b->lower) - (a->lower < b->lower);
}

/* The extension repeats ranges of the first table, under the name and colour of the molecule. */
static void take_colors(oa_draft_list *to, oa_draft_list *from)
{
    if (from->n) qsort(from->drafts, from->n, sizeof *from->drafts, by_lower);
    for (size_t i = 0; i < to->n; i++) {
        size_t low = 0, high = from->n;
        while (low < high) {
            const size_t middle = (low + high) / 2;
            if (from->drafts[middle].lower < to->drafts[i].lower - SAME_BOUND) low = middle + 1;
            else high = middle;
        }
        if (low < from->n && fabs(from->drafts[low].lower - to->drafts[i].lower) <= SAME_BOUND &&
            fabs(from->drafts[low].upper - to->drafts[i].upper) <= SAME_BOUND)
            to->drafts[i].ion.color = from->drafts[low].ion.color;
    }
}

static oa_status read_extension(rng *r)
{
    rng extra = *r;
    extra.species = NULL;
    extra.species_capacity = 0;
    extra.list = (oa_draft_list){ .context = r->context, .name = r->name, .options = r->list.options };
    extra.empty = extra.names = (oa_tally){ 0 };
    const oa_status status = read_table(&extra);
    if (status == OA_OK) take_colors(&r->list, &extra.list);
    r->lines = extra.lines;
    r->more = extra.more;
    oa_draft_list_drop(&extra.list);
    oa_free(r->context, extra.species);
    return status;
}

static oa_status read_text(rng *r, oa_ranges **out)
{
    char text[96];
    OA_TRY(read_table(r));
    if (r->more && says_polyatomic(r)) OA_TRY(read_extension(r));
    if (r->more)
        return oa_fail_at(r->context, here(r), "E_BAD_FIELD",
                          "'%s' stands behind the table; only '--- polyatomic extension' may follow", line_text(r, text));
    oa_tally_tell(r->context, r->name, "W_EMPTY_ROW", &r->empty, "rows without any atom were ignored");
    OA_TRY(oa_draft_list_finish(&r->list, out));
    oa_tally_tell(r->context, r->name, "W_RNG_NAMES", &r->names,
                  "names of the dash line differ from the name block, which counts");
    return OA_OK;
}

static oa_status rng_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    rng r = { .context = context, .name = source->name };
    r.list = (oa_draft_list){ .context = context, .name = source->name, .options = options };
    char *text;
    size_t length;
    OA_TRY(oa_file_text(context, source->path, OA_RANGE_FILE_MAX, &text, &length));
    r.lines = (oa_lines){ .at = text, .end = text + length };
    const oa_status status = read_text(&r, &out->ranges);
    oa_draft_list_drop(&r.list);
    oa_free(context, r.species);
    oa_free(context, text);
    return status;
}

static const char *const extensions[] = { "rng", NULL };

const oa_format oa_format_rng = {
    .name = "rng",
    .extensions = extensions,
    .help = "ranges in the Oak Ridge layout",
    .read = rng_read,
};
