/* format_rrng.c - .rrng, the range files of IVAS and AP Suite, with the habits of their writers (methods: vendor
 * formats, 7.1). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/charge.h"
#include "data/elements.h"
#include "io/range_rules.h"

typedef enum section { NO_SECTION, IONS, RANGES, OTHER_SECTION } section;

typedef struct slice {
    const char *text;
    size_t length;
} slice;

/* The number in a key, "12" of "Range12". */
typedef struct key_number {
    int64_t index;
    uint64_t line;
} key_number;

typedef struct key_list {
    key_number *keys;
    size_t n, capacity;
    int64_t declared; /* Number=; -1: not there */
} key_list;

typedef struct rrng {
    oa_context *context;
    const char *name;
    oa_draft_list list;
    section section;
    bool has_ions, has_ranges;
    key_list ions, ranges;
    slice *labels; /* names in [Ions] that are no elements; sorted once [Ranges] begins */
    size_t n_labels, label_capacity;
    bool listed[119]; /* by atomic number */
    oa_tally unlisted, charges, sections;
} rrng;

static oa_place place_of(const rrng *r, uint64_t line) { return OA_AT_LINE(r->name, line); }

static oa_status grow(oa_context *context, void *array, size_t n, size_t *capacity, size_t size)
{
    if (n < *capacity) return OA_OK;
    *capacity = *capacity ? 2 * *capacity : 64;
    return oa_resize(context, array, *capacity, size);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c; }

static bool equals(slice s, const char *word)
{
    size_t i = 0;
    for (; i < s.length && word[i]; i++)
        if (lower(s.text[i]) != word[i]) return false;
    return i == s.length && !word[i];
}

static int by_text(const void *p, const void *q)
{
    const slice *a = p, *b = q;
    const int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static bool is_label(const rrng *r, slice name)
{
    return r->n_labels && bsearch(&name, r->labels, r->n_labels, sizeof name, by_text);
}

/* ---------------------------------------------------------------------------------------------- sections and keys */

static oa_status enter_section(rrng *r, slice line, uint64_t number)
{
    char text[64];
    oa_text_clean(text, sizeof text, line.text, line.length);
    if (equals(line, "[ions]")) {
        if (r->has_ions)
            return oa_fail_at(r->context, place_of(r, number), "E_DUPLICATE_SECTION", "[Ions] occurs twice; once is right");
        r->has_ions = true;
        r->section = IONS;
    } else if (equals(line, "[ranges]")) {
        if (!r->has_ions)
            return oa_fail_at(r->context, place_of(r, number), "E_NO_IONS_SECTION",
                              "[Ranges] without [Ions] before it; [Ions] comes first");
        if (r->has_ranges)
            return oa_fail_at(r->context, place_of(r, number), "E_DUPLICATE_SECTION", "[Ranges] occurs twice; once is right");
        r->has_ranges = true;
        r->section = RANGES;
        if (r->n_labels) qsort(r->labels, r->n_labels, sizeof *r->labels, by_text);
    } else {
        r->section = OTHER_SECTION;
        oa_tally_add(&r->sections, "%s", text);
    }
    return OA_OK;
}

static oa_status read_declared(rrng *r, key_list *keys, slice value, uint64_t line)
{
    char text[40];
    oa_text_clean(text, sizeof text, value.text, value.length);
    if (keys->declared >= 0)
        return oa_fail_at(r->context, place_of(r, line), "E_DUPLICATE_KEY", "Number= occurs twice in one section");
    if (!oa_text_integer(value.text, value.length, &keys->declared) || keys->declared < 0)
        return oa_fail_at(r->context, place_of(r, line), "E_BAD_NUMBER", "Number='%s' is no count; a whole number is right",
                          text);
    return OA_OK;
}

/* "Range12": the word without letter case, then a whole number. */
static bool parse_key(slice key, const char *word, int64_t *index)
{
    const size_t n = strlen(word);
    return key.length > n && equals((slice){ key.text, n }, word) && oa_text_integer(key.text + n, key.length - n, index) &&
           *index >= 0;
}

static oa_status add_key(rrng *r, key_list *keys, int64_t index, uint64_t line)
{
    OA_TRY(grow(r->context, &keys->keys, keys->n, &keys->capacity, sizeof *keys->keys));
    keys->keys[keys->n++] = (key_number){ index, line };
    return OA_OK;
}

static oa_status read_ion(rrng *r, slice value, uint64_t line)
{
    const unsigned z = oa_element_number(value.text, value.length);
    if (value.length == 0)
        return oa_fail_at(r->context, place_of(r, line), "E_BAD_FIELD", "the ion has no name; Ion1=Al is right");
    if (z) {
        r->listed[z] = true;
        return OA_OK;
    }
    OA_TRY(grow(r->context, &r->labels, r->n_labels, &r->label_capacity, sizeof *r->labels));
    r->labels[r->n_labels++] = value;
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- one range */

/* What the fields of a range line say. */
typedef struct fields {
    oa_draft *draft;
    slice name, pending; /* pending: "16O" of "16O 1H2:1" */
    bool has_color, has_label;
    int64_t atoms;
    char label[OA_ION_NAME];
} fields;

static oa_status bad_field(const rrng *r, const fields *f, slice field)
{
    char text[64];
    oa_text_clean(text, sizeof text, field.text, field.length);
    return oa_fail_at(r->context, place_of(r, f->draft->line), "E_BAD_FIELD",
                      "%s: the field '%s' is not key:value, as Al:1 or Color:33FFFF", f->draft->key, text);
}

static void read_color(rrng *r, fields *f, slice value)
{
    uint32_t color = 0;
    bool good = value.length == 6;
    for (size_t i = 0; good && i < 6; i++) {
        const char *digits = "0123456789abcdef", *found = strchr(digits, lower(value.text[i]));
        good = value.text[i] != 0 && found;
        if (good) color = 16 * color + (uint32_t)(found - digits);
    }
    f->has_color = true;
    f->draft->ion.color = good ? color : OA_COLOR_DEFAULT;
    if (!good)
        oa_tally_add(&r->list.colors, "%s '%.*s'", f->draft->key, (int)(value.length < 20 ? value.length : 20), value.text);
}

static oa_status read_volume(const rrng *r, fields *f, slice value)
{
    char text[40];
    if (oa_text_real(value.text, value.length, true, &f->draft->ion.volume) && isfinite(f->draft->ion.volume) &&
        f->draft->ion.volume >= 0)
        return OA_OK;
    oa_text_clean(text, sizeof text, value.text, value.length);
    return oa_fail_at(r->context, place_of(r, f->draft->line), "E_BAD_NUMBER",
                      "%s: Vol:%s is no volume; a number of nm3, 0 or more, is right", f->draft->key, text);
}

static oa_status bad_count(const rrng *r, const fields *f, slice key, slice value)
{
    char symbol[40], text[40];
    oa_text_clean(symbol, sizeof symbol, key.text, key.length);
    oa_text_clean(text, sizeof text, value.text, value.length);
    return oa_fail_at(r->context, place_of(r, f->draft->line), "E_MULTIPLICITY",
                      "%s: %s:%s is no count of atoms; 1 to 255 is right", f->draft->key, symbol, text);
}

/* "1" or "1.000". */
static oa_status read_count(const rrng *r, const fields *f, slice key, slice value, int64_t *count)
{
    double real;
    char text[40], symbol[40];
    if (!oa_text_real(value.text, value.length, true, &real)) {
        oa_text_clean(text, sizeof text, value.text, value.length);
        oa_text_clean(symbol, sizeof symbol, key.text, key.length);
        return oa_fail_at(r->context, place_of(r, f->draft->line), "E_BAD_NUMBER",
                          "%s: '%s' in %s:%s is no number; a count of atoms is right", f->draft->key, text, symbol, text);
    }
    if (!(real >= 1 && real <= 255 && real == floor(real))) return bad_count(r, f, key, value);
    *count = (int64_t)real;
    return OA_OK;
}

static oa_status unknown_element(const rrng *r, const fields *f, slice key)
{
    char text[64], proper[3] = "", hint[64] = "";
    oa_text_clean(text, sizeof text, key.text, key.length);
    if (key.length <= 2 && key.length > 0) {
        proper[0] = (char)(key.text[0] & ~0x20);
        if (key.length == 2) proper[1] = (char)(key.text[1] | 0x20);
        if (oa_element_number(proper, key.length)) {
            memcpy(hint, "; did you mean ", 16);
            memcpy(hint + 15, proper, 3);
        }
    }
    return oa_fail_at(r->context, place_of(r, f->draft->line), "E_UNKNOWN_ELEMENT",
                      "%s: '%s' is neither an element nor listed in [Ions]; list it there to make it a label%s", f->draft->key,
                      text, hint);
}

/* Mass numbers before symbols, counts behind: "16O", "1H2". False: something else. */
static bool add_nuclides(oa_ion_type *ion, slice text)
{
    size_t i = 0;
    while (i < text.length && text.text[i] >= '0' && text.text[i] <= '9') i++;
    if (i == 0 || i > 3) return false;
    return oa_ion_add_formula(ion, text.text + i, text.length - i, 1);
}

/* A writer that puts the nuclide where the element belongs and the charge where the count belongs. */
static oa_status read_nuclides(rrng *r, fields *f, slice key, slice value)
{
    int64_t charge;
    oa_ion_type *ion = &f->draft->ion;
    bool good = add_nuclides(ion, key);
    if (good && f->pending.length) good = add_nuclides(ion, f->pending);
    OA_TRY(read_count(r, f, key, value, &charge));
    if (!good || charge > OA_CHARGE_MAX) return bad_count(r, f, key, value);
    f->pending.length = 0;
    f->atoms = ion->n_atoms;
    ion->charge = (int)charge;
    oa_tally_add(&r->charges, "%s %.*s", f->draft->key, (int)(key.length < 20 ? key.length : 20), key.text);
    return OA_OK;
}

/* "A", "B2O": the name an ion has where one of its parts is a label. */
static void extend_label(fields *f, slice key, int64_t count)
{
    const size_t used = strlen(f->label);
    char part[OA_ION_NAME], times[24] = "";
    if (count > 1) snprintf(times, sizeof times, "%d", (int)count);
    oa_text_clean(part, sizeof part, key.text, key.length);
    snprintf(f->label + used, sizeof f->label - used, "%s%s", part, times);
}

static void add_element(rrng *r, fields *f, unsigned z, int64_t count)
{
    if (!r->listed[z]) oa_tally_add(&r->unlisted, "%s %s", f->draft->key, oa_element_symbol(z));
    if (f->atoms <= OA_ATOMS_MAX) (void)oa_ion_add_atoms(&f->draft->ion, z, count);
}

static oa_status read_element(rrng *r, fields *f, slice key, slice value)
{
    oa_ion_type probe = { 0 };
    int64_t count;
    const unsigned z = oa_element_number(key.text, key.length);
    if (!z && !is_label(r, key) && add_nuclides(&probe, key)) return read_nuclides(r, f, key, value);
    if (!z && !is_label(r, key)) return unknown_element(r, f, key);
    OA_TRY(read_count(r, f, key, value, &count));
    f->atoms += count;
    extend_label(f, key, count);
    if (z) add_element(r, f, z, count);
    else f->has_label = true;
    if (f->atoms <= OA_ATOMS_MAX) return OA_OK;
    return oa_fail_at(r->context, place_of(r, f->draft->line), "E_MULTIPLICITY", "%s: %lld atoms; at most %d are possible",
                      f->draft->key, (long long)f->atoms, OA_ATOMS_MAX);
}

static oa_status read_field(rrng *r, fields *f, slice field)
{
    oa_ion_type probe = { 0 };
    const char *colon = memchr(field.text, ':', field.length);
    if (!colon && !f->pending.length && add_nuclides(&probe, field)) {
        f->pending = field;
        return OA_OK;
    }
    if (!colon || colon == field.text) return bad_field(r, f, field);
    const slice key = { field.text, (size_t)(colon - field.text) };
    const slice value = { colon + 1, field.length - key.length - 1 };
    if (equals(key, "vol")) return read_volume(r, f, value);
    if (equals(key, "color")) return read_color(r, f, value), OA_OK;
    if (equals(key, "name")) return f->name = value, OA_OK;
    return read_element(r, f, key, value);
}

/* No elements: the name may be a charge and a formula ("1Zn1Sb1"), else it is a label. */
static oa_status name_range(rrng *r, fields *f)
{
    oa_ion_type *ion = &f->draft->ion;
    if (f->has_label) {
        memset(ion->nuclides, 0, sizeof ion->nuclides);
        ion->n_atoms = 0;
        memcpy(ion->name, f->label, sizeof ion->name);
    } else if (ion->n_atoms == 0) {
        const slice name = f->name;
        if (name.length == 0)
            return oa_fail_at(r->context, place_of(r, f->draft->line), "E_NO_IDENTITY",
                              "%s has neither an element nor a Name; add for example Al:1 or Name:un1", f->draft->key);
        const int charge = name.text[0] - '0';
        if (charge >= 1 && charge <= OA_CHARGE_MAX && oa_ion_add_formula(ion, name.text + 1, name.length - 1, 1))
            ion->charge = charge;
        else oa_ion_set_label(ion, name.text, name.length);
    }
    if (ion->n_atoms == 0) oa_tally_add(&r->list.labels, "%s", ion->name);
    oa_ion_sort_atoms(ion);
    return OA_OK;
}

static oa_status read_bound(const rrng *r, const oa_draft *d, slice token, const char *which, double *out)
{
    char text[64];
    if (oa_text_real(token.text, token.length, true, out)) return OA_OK;
    oa_text_clean(text, sizeof text, token.text, token.length);
    return oa_fail_at(r->context, place_of(r, d->line), "E_BAD_NUMBER",
                      "%s: the %s bound '%s' is no number; Range1=26.85 27.35 ... is right", d->key, which, text);
}

static oa_status read_range(rrng *r, slice key, slice value, uint64_t line)
{
    fields f = { 0 };
    const char *at = value.text, *end = value.text + value.length;
    slice token;
    OA_TRY(oa_draft_new(&r->list, &f.draft));
    f.draft->line = line;
    oa_text_clean(f.draft->key, sizeof f.draft->key, key.text, key.length);
    for (int bound = 0; bound < 2; bound++) {
        oa_token_next(&at, end, &token.text, &token.length);
        OA_TRY(read_bound(r, f.draft, token, bound ? "upper" : "lower", bound ? &f.draft->upper : &f.draft->lower));
    }
    OA_TRY(oa_draft_check(&r->list, f.draft));
    while (oa_token_next(&at, end, &token.text, &token.length)) OA_TRY(read_field(r, &f, token));
    if (f.pending.length) return bad_field(r, &f, f.pending);
    if (!f.has_color) oa_tally_add(&r->list.colors, "%s none", f.draft->key);
    return name_range(r, &f);
}

/* ---------------------------------------------------------------------------------------------- the whole file */

/* A comment begins with # at the start or behind a blank; "Color:#33FFFF" is none. */
static slice without_comment(slice line)
{
    for (size_t i = 0; i < line.length; i++)
        if (line.text[i] == '#' && (i == 0 || line.text[i - 1] == ' ' || line.text[i - 1] == '\t')) line.length = i;
    return line;
}

static slice trimmed(slice s)
{
    while (s.length && (s.text[0] == ' ' || s.text[0] == '\t')) s.text++, s.length--;
    while (s.length && (s.text[s.length - 1] == ' ' || s.text[s.length - 1] == '\t')) s.length--;
    return s;
}

static oa_status read_entry(rrng *r, slice line, uint64_t number)
{
    char text[64];
    int64_t index;
    const char *equal = memchr(line.text, '=', line.length);
    oa_text_clean(text, sizeof text, line.text, line.length);
    if (r->section == NO_SECTION)
        return oa_fail_at(r->context, place_of(r, number), "E_NO_IONS_SECTION",
                          "'%s' stands before any section; the file begins with [Ions]", text);
    if (!equal) return oa_fail_at(r->context, place_of(r, number), "E_BAD_FIELD", "'%s' is not key=value", text);
    const slice key = trimmed((slice){ line.text, (size_t)(equal - line.text) });
    const slice value = trimmed((slice){ equal + 1, (size_t)(line.text + line.length - equal - 1) });
    key_list *keys = r->section == IONS ? &r->ions : &r->ranges;
    if (equals(key, "number")) return read_declared(r, keys, value, number);
    if (!parse_key(key, r->section == IONS ? "ion" : "range", &index))
        return oa_fail_at(r->context, place_of(r, number), "E_BAD_FIELD",
                          "'%s': the key is none of this section; %s1=... is right", text,
                          r->section == IONS ? "Ion" : "Range");
    OA_TRY(add_key(r, keys, index, number));
    return r->section == IONS ? read_ion(r, value, number) : read_range(r, key, value, number);
}

static int by_index(const void *p, const void *q)
{
    const key_number *a = p, *b = q;
    if (a->index != b->index) return a->index < b->index ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

static oa_status check_keys(rrng *r, key_list *keys, const char *word, const char *section_name)
{
    if (keys->n) qsort(keys->keys, keys->n, sizeof *keys->keys, by_index);
    for (size_t i = 1; i < keys->n; i++)
        if (keys->keys[i].index == keys->keys[i - 1].index)
            return oa_fail_at(r->context, place_of(r, keys->keys[i].line), "E_DUPLICATE_KEY",
                              "%s%lld occurs twice, first in line %llu", word, (long long)keys->keys[i].index,
                              (unsigned long long)keys->keys[i - 1].line);
    if (keys->declared >= 0 && (uint64_t)keys->declared != keys->n)
        return oa_fail_at(r->context, OA_IN_FILE(r->name), "E_COUNT_MISMATCH",
                          "%s says Number=%lld but has %zu entries; is the file complete?", section_name,
                          (long long)keys->declared, keys->n);
    if (keys->declared < 0)
        oa_warn(r->context, "W_NO_NUMBER", "%s: %s has no Number=; its %zu entries were read", r->name, section_name, keys->n);
    if (keys->n && (keys->keys[0].index != 1 || keys->keys[keys->n - 1].index != (int64_t)keys->n))
        oa_warn(r->context, "W_INDEX_GAP", "%s: the %zu keys of %s run from %lld to %lld", r->name, keys->n, section_name,
                (long long)keys->keys[0].index, (long long)keys->keys[keys->n - 1].index);
    return OA_OK;
}

static oa_status check_sections(rrng *r)
{
    if (!r->has_ions)
        return oa_fail_at(r->context, OA_IN_FILE(r->name), "E_NO_IONS_SECTION",
                          "there is no section [Ions]; is this a .rrng file?");
    if (!r->has_ranges)
        return oa_fail_at(r->context, OA_IN_FILE(r->name), "E_NO_RANGES_SECTION",
                          "there is no section [Ranges]; is the file complete?");
    OA_TRY(check_keys(r, &r->ions, "Ion", "[Ions]"));
    return check_keys(r, &r->ranges, "Range", "[Ranges]");
}

static oa_status read_text(rrng *r, const char *text, size_t length, oa_ranges **out)
{
    oa_lines lines = { .at = text, .end = text + length };
    bool more;
    for (;;) {
        OA_TRY(oa_lines_next_filled(r->context, r->name, &lines, &more));
        if (!more) break;
        const slice line = trimmed(without_comment((slice){ lines.line, lines.length }));
        if (line.length == 0) continue;
        if (line.text[0] == '[') OA_TRY(enter_section(r, line, lines.number));
        else if (r->section != OTHER_SECTION) OA_TRY(read_entry(r, line, lines.number));
    }
    OA_TRY(check_sections(r));
    OA_TRY(oa_draft_list_finish(&r->list, out));
    oa_tally_tell(r->context, r->name, "W_ION_NOT_LISTED", &r->unlisted, "elements that [Ions] does not list");
    oa_tally_tell(r->context, r->name, "W_COUNT_IS_CHARGE", &r->charges, "numbers behind nuclides were read as charge states");
    oa_tally_tell(r->context, r->name, "W_UNKNOWN_SECTION", &r->sections, "unknown sections were skipped");
    return OA_OK;
}

static oa_status rrng_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    rrng r = { .context = context, .name = source->name, .ions.declared = -1, .ranges.declared = -1 };
    r.list = (oa_draft_list){ .context = context, .name = source->name, .options = options };
    char *text;
    size_t length;
    OA_TRY(oa_file_text(context, source->path, OA_RANGE_FILE_MAX, &text, &length));
    const oa_status status = read_text(&r, text, length, &out->ranges);
    oa_draft_list_drop(&r.list);
    oa_free(context, r.ions.keys);
    oa_free(context, r.ranges.keys);
    oa_free(context, r.labels);
    oa_free(context, text);
    return status;
}

static const char *const extensions[] = { "rrng", NULL };

const oa_format oa_format_rrng = {
    .name = "rrng",
    .extensions = extensions,
    .help = "ranges of IVAS and AP Suite",
    .read = rrng_read,
};
