/* write_pos.c - .pos, also relabelled, and beside it a .rrng that names the ions or the labels: the road back into
 * IVAS and AP Suite. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/elements.h"
#include "io/write_lines.h"

enum { SLAB = 4096 };
#define LABEL_MAX 16777215u /* the largest k for which k and k + 0.5 are floats */

static void put_big(unsigned char *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    out[0] = (unsigned char)(bits >> 24);
    out[1] = (unsigned char)(bits >> 16);
    out[2] = (unsigned char)(bits >> 8);
    out[3] = (unsigned char)bits;
}

static oa_status write_records(oa_output_file *file, const oa_ions *ions, const oa_write_options *options)
{
    const float *column[4];
    const size_t n = oa_write_count(ions, options);
    unsigned char slab[SLAB * 16];
    for (int c = 0; c < 4; c++) column[c] = oa_ions__f32(ions, (oa_ion_column)(OA_X + c));
    for (size_t first = 0; first < n; first += SLAB) {
        const size_t here = n - first < SLAB ? n - first : SLAB;
        for (size_t k = 0; k < here; k++) {
            const size_t row = oa_write_row(options, first + k);
            for (int c = 0; c < 3; c++) put_big(slab + 16 * k + 4 * c, column[c][row]);
            put_big(slab + 16 * k + 12, options->label ? (float)options->label[row] : column[3][row]);
        }
        OA_TRY(oa_output_write(file, slab, 16 * here));
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the .rrng beside it
 * Fixed order Vol, elements, Name, Color with plain names: strict readers skip lines that look otherwise. */

/* Fixed decimals without the locale. */
static const char *fixed(char out[48], double value, int decimals)
{
    const double scale = pow(10, decimals);
    if (!(fabs(value) * scale < 9e15)) return oa_text_of_real(out, value);
    const long long scaled = llround(fabs(value) * scale), whole = scaled / (long long)scale;
    snprintf(out, 48, "%s%lld.%0*lld", value < 0 && scaled ? "-" : "", whole, decimals, scaled % (long long)scale);
    return out;
}

static oa_status write_range(oa_output_file *file, size_t number, double lower, double upper, double volume, const char *what,
                             uint32_t color)
{
    char l[48], u[48], v[48];
    return oa_output_text(file, "Range%zu=%s %s Vol:%s %s Color:%06X\n", number, fixed(l, lower, 4), fixed(u, upper, 4),
                          fixed(v, volume, 5), what, (unsigned)(color & 0xffffff));
}

/* "Al:1 O:2" by atomic number, or "Name:un1". */
static void composition_text(const oa_ion_type *type, char *out, size_t size)
{
    char name[OA_ION_NAME];
    size_t used = 0;
    for (int i = type->n_atoms - 1; i >= 0;) {
        const unsigned z = OA_HASH_Z(type->nuclides[i]);
        int count = 0;
        while (i >= 0 && OA_HASH_Z(type->nuclides[i]) == z) i--, count++;
        const int n = snprintf(out + used, size - used, "%s%s:%d", used ? " " : "", oa_element_symbol(z), count);
        used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
    }
    if (used) return;
    oa_plain_word(name, sizeof name, type->name, "unknown", false);
    snprintf(out, size, "Name:%s", name);
}

/* The building blocks: elements by atomic number, then labels. */
static oa_status write_blocks(oa_output_file *file, const oa_ranges *ranges)
{
    bool has[119] = { false };
    size_t n = 0, number = 0;
    for (size_t i = 0; i < ranges->n_types; i++) {
        n += ranges->types[i].n_atoms == 0;
        for (int k = 0; k < ranges->types[i].n_atoms; k++) {
            const unsigned z = OA_HASH_Z(ranges->types[i].nuclides[k]);
            if (z >= 1 && z <= 118 && !has[z]) has[z] = true, n++;
        }
    }
    OA_TRY(oa_output_text(file, "[Ions]\nNumber=%zu\n", n));
    for (unsigned z = 1; z <= 118; z++)
        if (has[z]) OA_TRY(oa_output_text(file, "Ion%zu=%s\n", ++number, oa_element_symbol(z)));
    for (size_t i = 0; i < ranges->n_types; i++) {
        char name[OA_ION_NAME];
        if (ranges->types[i].n_atoms) continue;
        oa_plain_word(name, sizeof name, ranges->types[i].name, "unknown", false);
        OA_TRY(oa_output_text(file, "Ion%zu=%s\n", ++number, name));
    }
    return OA_OK;
}

static oa_status write_own_ranges(oa_output_file *file, const oa_ranges *ranges)
{
    OA_TRY(write_blocks(file, ranges));
    OA_TRY(oa_output_text(file, "[Ranges]\nNumber=%zu\n", ranges->n));
    for (size_t i = 0; i < ranges->n; i++) {
        const oa_range *r = &ranges->ranges[i];
        const oa_ion_type *type = &ranges->types[r->type - 1];
        char what[320];
        composition_text(type, what, sizeof what);
        OA_TRY(write_range(file, i + 1, r->lower, r->upper, type->volume, what, type->color));
    }
    return OA_OK;
}

static int by_value(const void *p, const void *q)
{
    const uint32_t a = *(const uint32_t *)p, b = *(const uint32_t *)q;
    return (a > b) - (a < b);
}

/* The labels that occur, ascending; free with oa_free. Runs are short cuts: neighbours mostly have the same label. */
static oa_status list_labels(oa_context *context, const oa_ions *ions, const oa_write_options *options, uint32_t **out,
                             size_t *n)
{
    const size_t ions_written = oa_write_count(ions, options);
    size_t runs = 0, distinct = 0;
    for (size_t k = 0; k < ions_written; k++)
        runs += k == 0 || options->label[oa_write_row(options, k)] != options->label[oa_write_row(options, k - 1)];
    OA_TRY(oa_new(context, out, runs, sizeof **out));
    runs = 0;
    for (size_t k = 0; k < ions_written; k++) {
        const uint32_t label = options->label[oa_write_row(options, k)];
        if (k == 0 || label != options->label[oa_write_row(options, k - 1)]) (*out)[runs++] = label;
    }
    if (runs) qsort(*out, runs, sizeof **out, by_value);
    for (size_t i = 0; i < runs; i++)
        if (i == 0 || (*out)[i] != (*out)[distinct - 1]) (*out)[distinct++] = (*out)[i];
    *n = distinct;
    return OA_OK;
}

static uint32_t label_color(uint32_t label)
{
    static const uint32_t colors[] = { 0xE6194B, 0x3CB44B, 0x4363D8, 0xF58231, 0x911EB4, 0x42D4F4,
                                       0xF032E6, 0xBFEF45, 0x469990, 0x9A6324, 0x800000, 0x808000 };
    return label ? colors[(label - 1) % (sizeof colors / sizeof *colors)] : 0x999999;
}

static void label_text(char out[OA_ION_NAME], const char *word, uint32_t label)
{
    if (label) snprintf(out, OA_ION_NAME, "%.40s%u", word, (unsigned)label);
    else snprintf(out, OA_ION_NAME, "matrix");
}

/* Label k is the range k-0.5 ... k+0.5; that of 0, the matrix, begins at 0, because ranges may not be negative. */
static oa_status write_label_ranges(oa_output_file *file, const uint32_t *labels, size_t n, const char *label_name)
{
    char word[41], name[OA_ION_NAME], what[OA_ION_NAME + 8];
    oa_plain_word(word, sizeof word, label_name, "label", false);
    OA_TRY(oa_output_text(file, "[Ions]\nNumber=%zu\n", n));
    for (size_t i = 0; i < n; i++) {
        label_text(name, word, labels[i]);
        OA_TRY(oa_output_text(file, "Ion%zu=%s\n", i + 1, name));
    }
    OA_TRY(oa_output_text(file, "[Ranges]\nNumber=%zu\n", n));
    for (size_t i = 0; i < n; i++) {
        label_text(name, word, labels[i]);
        snprintf(what, sizeof what, "Name:%s", name);
        OA_TRY(write_range(file, i + 1, labels[i] ? labels[i] - 0.5 : 0, labels[i] + 0.5, 0, what, label_color(labels[i])));
    }
    return OA_OK;
}

static oa_status write_names(oa_context *context, oa_output_file *file, const oa_ions *ions, const oa_write_options *options)
{
    if (!options->label) return write_own_ranges(file, ions->ranges);
    uint32_t *labels = NULL;
    size_t n = 0;
    oa_status status = list_labels(context, ions, options, &labels, &n);
    if (status == OA_OK && n && labels[n - 1] > LABEL_MAX)
        status =
            oa_fail(context, "E_PARAMETER_RANGE", "label %u does not fit into a .pos file, where labels up to %u are exact",
                    (unsigned)labels[n - 1], LABEL_MAX);
    if (status == OA_OK) status = write_label_ranges(file, labels, n, options->label_name);
    oa_free(context, labels);
    return status;
}

/* "a/b.pos" gives "a/b.rrng". */
static oa_status side_path(oa_context *context, const char *path, char **out)
{
    const size_t stem = (size_t)(strrchr(path, '.') - path);
    OA_TRY(oa_new(context, out, stem + sizeof ".rrng", 1));
    memcpy(*out, path, stem);
    memcpy(*out + stem, ".rrng", sizeof ".rrng");
    return OA_OK;
}

static oa_status write_both(oa_context *context, oa_sink *sink, oa_output_file *pos, const char *side, const oa_ions *ions,
                            const oa_write_options *options)
{
    oa_output_file rrng;
    oa_status status = oa_output_open(context, &rrng, side, sink->overwrite);
    if (status == OA_OK) {
        status = write_records(pos, ions, options);
        if (status == OA_OK) status = write_names(context, &rrng, ions, options);
        if (status != OA_OK) oa_output_abandon(&rrng);
    }
    status = oa_sink_finish(context, sink, pos, status);
    if (status != OA_OK) {
        oa_output_abandon(&rrng);
        return status;
    }
    return oa_sink_finish(context, sink, &rrng, status);
}

oa_status oa_write_pos(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options)
{
    oa_output_file pos;
    char *side;
    OA_TRY(oa_write_check(context, ions, options));
    OA_TRY(oa_output_open(context, &pos, sink->path, sink->overwrite));
    if (!options->label && !ions->ranges) return oa_sink_finish(context, sink, &pos, write_records(&pos, ions, options));
    oa_status status = side_path(context, sink->path, &side);
    if (status != OA_OK) {
        oa_output_abandon(&pos);
        return status;
    }
    status = write_both(context, sink, &pos, side, ions, options);
    oa_free(context, side);
    return status;
}
