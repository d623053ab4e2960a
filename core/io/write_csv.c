/* write_csv.c - a table with a header: x, y, z, mass_to_charge, and ion type and label where there are some. */
#include "io/write_lines.h"

typedef struct csv_lines {
    const oa_ions *ions;
    const float *column[4];
    oa_names names;
    bool has_types;
    const uint32_t *label;
} csv_lines;

static size_t csv_line(const void *arg, size_t ion, char *out)
{
    const csv_lines *c = arg;
    size_t n = 0;
    for (int k = 0; k < 4; k++) {
        if (k) out[n++] = ',';
        n += oa_line_float(out + n, c->column[k][ion]);
    }
    if (c->has_types) {
        out[n++] = ',';
        n += oa_line_name(out + n, c->names.of_type[oa_ions__type(c->ions, ion)]);
    }
    if (c->label) {
        out[n++] = ',';
        n += oa_line_count(out + n, c->label[ion]);
    }
    out[n++] = '\n';
    return n;
}

static oa_status write_header(oa_output_file *file, const csv_lines *c, const oa_write_options *options)
{
    char label[64];
    oa_plain_word(label, sizeof label, options->label_name, "label", true);
    return oa_output_text(file, "x,y,z,mass_to_charge%s%s%s\n", c->has_types ? ",ion" : "", c->label ? "," : "",
                          c->label ? label : "");
}

oa_status oa_write_csv(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options)
{
    csv_lines c = { .ions = ions, .label = options->label };
    oa_output_file file;
    for (int k = 0; k < 4; k++) c.column[k] = oa_ions__f32(ions, (oa_ion_column)(OA_X + k));
    c.has_types = ions->ranges && oa_ions__data(ions, OA_TYPE);
    OA_TRY(oa_write_check(context, ions, options));
    OA_TRY(oa_output_open(context, &file, sink->path, sink->overwrite));
    oa_status status = oa_names_make(context, &c.names, ions->ranges, "unranged", false);
    if (status == OA_OK) status = write_header(&file, &c, options);
    if (status == OA_OK) status = oa_lines_write(&file, ions, options, csv_line, &c);
    oa_names_drop(context, &c.names);
    return oa_sink_finish(context, sink, &file, status);
}
