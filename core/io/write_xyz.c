/* write_xyz.c - extended XYZ, which OVITO, ASE and most viewers read. Lengths stay in nm, as the comment line says. */
#include "io/write_lines.h"

typedef struct xyz_lines {
    const oa_ions *ions;
    const float *column[4];
    oa_names names;
    bool has_types;
    const uint32_t *label;
} xyz_lines;

static size_t xyz_line(const void *arg, size_t ion, char *out)
{
    const xyz_lines *c = arg;
    size_t n = oa_line_name(out, c->names.of_type[c->has_types ? oa_ions__type(c->ions, ion) : 0]);
    for (int k = 0; k < 4; k++) {
        out[n++] = ' ';
        n += oa_line_float(out + n, c->column[k][ion]);
    }
    if (c->label) {
        out[n++] = ' ';
        n += oa_line_count(out + n, c->label[ion]);
    }
    out[n++] = '\n';
    return n;
}

static oa_status write_header(oa_output_file *file, size_t n, const oa_write_options *options)
{
    char label[64];
    oa_plain_word(label, sizeof label, options->label_name, "label", true);
    return oa_output_text(file, "%zu\nProperties=species:S:1:pos:R:3:mass_to_charge:R:1%s%s%s length_unit=nm pbc=\"F F F\"\n",
                          n, options->label ? ":" : "", options->label ? label : "", options->label ? ":I:1" : "");
}

oa_status oa_write_xyz(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options)
{
    xyz_lines c = { .ions = ions, .label = options->label };
    oa_output_file file;
    for (int k = 0; k < 4; k++) c.column[k] = oa_ions__f32(ions, (oa_ion_column)(OA_X + k));
    c.has_types = ions->ranges && oa_ions__data(ions, OA_TYPE);
    OA_TRY(oa_write_check(context, ions, options));
    OA_TRY(oa_output_open(context, &file, sink->path, sink->overwrite));
    oa_status status = oa_names_make(context, &c.names, ions->ranges, "X", true);
    if (status == OA_OK) status = write_header(&file, oa_write_count(ions, options), options);
    if (status == OA_OK) status = oa_lines_write(&file, ions, options, xyz_line, &c);
    oa_names_drop(context, &c.names);
    return oa_sink_finish(context, sink, &file, status);
}
