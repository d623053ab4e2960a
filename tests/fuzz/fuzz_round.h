/* fuzz_round.h - ions and ranges made of bytes, for targets that write a file, read it and compare. */
#ifndef OA_TESTS_FUZZ_ROUND_H
#define OA_TESTS_FUZZ_ROUND_H

#include "fuzz_room.h"

enum { FUZZ_IONS = 300 };

/* Any finite value; what is not finite becomes a small number. */
static inline float fuzz_float(fuzz_bytes *in)
{
    uint32_t bits = 0;
    float value;
    for (int i = 0; i < 4; i++) bits = bits << 8 | fuzz_take(in);
    memcpy(&value, &bits, sizeof value);
    return isfinite(value) ? value : (float)(bits & 0xfff) / 16;
}

static inline oa_ion_type fuzz_type(fuzz_bytes *in)
{
    oa_ion_type type = { .charge = (int)(fuzz_take(in) % 8), .color = fuzz_take(in) << 16 | fuzz_take(in) << 8, .volume = fuzz_take(in) / 1000.0 };
    const unsigned atoms = fuzz_take(in) % 4;
    char label[2] = { (char)('a' + fuzz_take(in) % 26), 0 };
    for (unsigned k = 0; k < atoms; k++) (void)oa_ion_add_atoms(&type, 1 + fuzz_take(in) % 118, 1 + fuzz_take(in) % 3);
    oa_ion_sort_atoms(&type);
    if (atoms) oa_ion_type__name(&type);
    else oa_ion_set_label(&type, label, 1);
    return type;
}

/* Up to eight ranges side by side with gaps of a tenth, which survive the four decimals of .rrng. NULL: the bytes want none. */
static inline oa_ranges *fuzz_ranges(oa_context *context, fuzz_bytes *in)
{
    oa_ranges *ranges;
    double lower = 0.5;
    const unsigned n = fuzz_take(in) % 9;
    if (!n) return NULL;
    fuzz_must(oa_ranges__create(context, &ranges) == OA_OK, "ranges");
    for (unsigned k = 0; k < n; k++) {
        unsigned number;
        const oa_ion_type type = fuzz_type(in);
        const double upper = lower + (1 + fuzz_take(in)) / 10.0;
        fuzz_must(oa_ranges__add_type(ranges, &type, &number) == OA_OK && oa_ranges__add(ranges, lower, upper, number) == OA_OK, "a range");
        lower = upper + (1 + fuzz_take(in)) / 10.0;
    }
    oa_ranges__sort(ranges);
    return ranges;
}

/* At least one ion; typed where there are ranges. */
static inline oa_ions *fuzz_ions(oa_context *context, fuzz_bytes *in)
{
    oa_ions *ions;
    oa_ranges *ranges = fuzz_ranges(context, in);
    const size_t n = in->left / 16 < 1 ? 1 : in->left / 16 > FUZZ_IONS ? FUZZ_IONS : in->left / 16;
    fuzz_must(oa_ions__create(context, &ions, n) == OA_OK, "ions");
    for (size_t i = 0; i < n; i++)
        for (int c = OA_X; c <= OA_MASS; c++) ((float *)oa_ions__data(ions, (oa_ion_column)c))[i] = fuzz_float(in);
    if (!ranges) return ions;
    oa_ions__set_ranges(ions, ranges);
    fuzz_must(oa_ions__add_column(ions, OA_TYPE, OA_U8) == OA_OK, "types");
    for (size_t i = 0; i < n; i++) ((uint8_t *)oa_ions__data(ions, OA_TYPE))[i] = (uint8_t)oa_ranges__lookup(ranges, oa_ions__f32(ions, OA_MASS)[i]);
    return ions;
}

/* ---- writing with the writer of a table, reading with the reader of that format ---- */

typedef oa_status fuzz_writer(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options);

static inline void fuzz_write(oa_context *context, fuzz_writer *write, const char *path, const oa_ions *ions)
{
    oa_sink sink = { .path = path, .overwrite = true };
    const oa_write_options options = { .format = strrchr(path, '.') + 1 };
    if (write(context, &sink, ions, &options) == OA_OK) return;
    fprintf(stderr, "%s: %s\n", oa_error_code(context), oa_error_text(context));
    fuzz_must(false, "finite ions can be written");
}

static inline oa_content fuzz_read_back(oa_context *context, const oa_format *format, const char *path)
{
    const oa_read_options options = { .byte_order = "big", .force = true, .preset = "" };
    oa_source source = { .path = path, .name = "fuzz", .format = format->name, .read = format->read };
    oa_content content = { 0 };
    oa_context__clear(context);
    const oa_status status = format->read(context, &source, &options, &content);
    if (status != OA_OK) fprintf(stderr, "%s: %s\n", oa_error_code(context), oa_error_text(context));
    fuzz_must(status == OA_OK, "what was written can be read");
    return content;
}

static inline void fuzz_same_columns(const oa_ions *a, const oa_ions *b)
{
    fuzz_must(b && a->n == b->n, "as many ions are read as were written");
    for (int c = OA_X; c <= OA_MASS; c++)
        fuzz_must(memcmp(oa_ions__f32(a, (oa_ion_column)c), oa_ions__f32(b, (oa_ion_column)c), 4 * a->n) == 0, "values are read as they were written");
}

/* Ions made of the bytes, the same when they were written to `name` and read again. */
static inline oa_ions *fuzz_round_ions(oa_context *context, fuzz_bytes *in, fuzz_writer *write, const oa_format *format, const char *name)
{
    oa_ions *ions = fuzz_ions(context, in);
    const char *path = fuzz_room_path(name);
    fuzz_write(context, write, path, ions);
    oa_content content = fuzz_read_back(context, format, path);
    fuzz_same_columns(ions, content.ions);
    oa_ions_free(content.ions);
    return ions;
}

#endif
