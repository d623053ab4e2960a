/* export.c - ions leave NeXus: for viewers, for spreadsheets, and back into the vendor's program, with labels. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "step/step.h"

typedef struct export_params {
    const char *label;
    bool selected_only;
    int64_t task;
} export_params;

static const char *const label_words[] = { "none", "domain", "selected", NULL };

static const oa_param export_table[] = {
    OA_PARAM(export_params, label, .dflt_text = "none", .choices = label_words,
             .help = "number that each ion gets beside its position, 0 for none: domain (of `domains`, or the true one of "
                     "`synthesise`), or selected (1). In .pos it stands in place of mass-to-charge, and a range file names it; the "
                     "other formats have a column for it"),
    OA_PARAM(export_params, selected_only,
             .help = "write only ions whose label is not 0; without a label, only those that the input selects"),
    OA_PARAM(export_params, task, .dflt = 1, .min = 1, .max = 1000,
             .help = "which species' result the labels come from, where the result has several"),
    OA_PARAM_END
};

static const oa_slot export_slots[] = {
    { "ions", OA_TAKES_SELECTION, false, "ions to write, or a result that leads to them" },
    { "labels", OA_TAKES_RESULT, true, "result with the labels; left out: the first input's own" },
    OA_SLOT_END
};

static const oa_output export_outputs[] = {
    { .name = "summary/ions", .type = OA_U64, .help = "ions written" },
    { .name = "summary/labelled", .type = OA_U64, .help = "ions written with a label that is not 0" },
    { .name = "summary/files", .type = OA_U64, .help = "files written" },
    { .name = "summary/bytes", .type = OA_U64, .help = "bytes of all files" },
    { .name = "summary/file_names", .type = OA_TEXT, .help = "names of the files" },
    { .name = "summary/sha256", .type = OA_TEXT, .help = "SHA-256 of each file, in the same order" },
    OA_OUTPUT_END
};

/* ---- labels ---- */

static oa_status no_labels(oa_run *run, const char *label, const oa_input *from)
{
    return oa_fail_at(run->context, OA_IN_PARAMETER("label"), "E_INPUT_KIND",
                      "label is %s, but %s holds neither membership/domain nor truth/domain nor selected/ion_index of that task; "
                      "give a result that does, with --labels",
                      label, from->file_name && from->file_name[0] ? from->file_name : "the input");
}

static oa_status bad_index(oa_run *run, uint64_t row, size_t n)
{
    return oa_fail(run->context, "E_CONTROL", "a label belongs to ion %llu, but there are %zu ions: labels and ions are of different "
                   "specimens", (unsigned long long)row, n);
}

/* value NULL: 1 for every row. rows NULL: row k is ion k. */
static oa_status spread(oa_run *run, const oa_array *value, const oa_array *rows, size_t n, uint32_t *label)
{
    const size_t m = oa_array_count(value ? value : rows);
    if ((rows && value && oa_array_count(rows) != m) || (!rows && m != n)) return bad_index(run, m, n);
    if ((rows && rows->type != OA_U64) || (value && value->type != OA_U32))
        return oa_fail(run->context, "E_H5_TYPE", "the labels are %s of %s; they must be uint32 of uint64 rows",
                       value ? oa_type_name(value->type) : "set", rows ? oa_type_name(rows->type) : "all");
    for (size_t k = 0; k < m; k++) {
        const uint64_t row = rows ? ((const uint64_t *)rows->block->data)[k] : k;
        if (row >= n) return bad_index(run, row, n);
        label[row] = value ? ((const uint32_t *)value->block->data)[k] : 1;
    }
    return OA_OK;
}

static oa_status label_domains(oa_run *run, const oa_input *from, int task, size_t n, uint32_t *label)
{
    const oa_array *domain = oa_values_find(from->result, task, "membership/domain");
    const oa_array *rows = oa_values_find(from->result, task, "membership/ion_index");
    if (!domain) {
        domain = oa_values_find(from->result, task, "truth/domain");
        rows = NULL;
    }
    return domain ? spread(run, domain, rows, n, label) : no_labels(run, "domain", from);
}

static oa_status label_selected(oa_run *run, const oa_input *from, int task, size_t n, uint32_t *label)
{
    const oa_array *rows = oa_values_find(from->result, task, "selected/ion_index");
    if (rows) return spread(run, NULL, rows, n, label);
    if (!from->has_selection) return no_labels(run, "selected", from);
    for (size_t k = 0; k < from->n_index; k++) {
        if (from->index[k] >= n) return bad_index(run, from->index[k], n);
        label[from->index[k]] = 1;
    }
    return OA_OK;
}

/* *label stays NULL where none is asked for. */
static oa_status make_labels(oa_run *run, const export_params *p, const oa_input *in, uint32_t **label)
{
    const oa_input *labels = oa_run_input(run, "labels"), *from = labels ? labels : in;
    *label = NULL;
    if (strcmp(p->label, "none") == 0) return OA_OK;
    OA_TRY(oa_scratch(run, label, in->ions->n, sizeof **label));
    if (strcmp(p->label, "domain") == 0) return label_domains(run, from, (int)p->task, in->ions->n, *label);
    return label_selected(run, from, (int)p->task, in->ions->n, *label);
}

/* ---- writing ---- */

static oa_status choose_ions(oa_run *run, const export_params *p, const oa_input *in, oa_write_options *options)
{
    if (!p->selected_only) return OA_OK;
    if (!options->label) {
        if (!in->has_selection)
            return oa_fail_at(run->context, OA_IN_PARAMETER("selected_only"), "E_PARAMETER_VALUE",
                              "selected_only needs a label or an input that selects ions");
        options->index = in->index;
        options->n_index = in->n_index;
        return in->n_index ? OA_OK : oa_scratch(run, &options->index, 0, sizeof *options->index); /* NULL would be all */
    }
    uint64_t *index;
    size_t n = 0;
    for (size_t i = 0; i < in->ions->n; i++) n += options->label[i] != 0;
    OA_TRY(oa_scratch(run, &index, n, sizeof *index));
    n = 0;
    for (size_t i = 0; i < in->ions->n; i++)
        if (options->label[i]) index[n++] = i;
    options->index = index;
    options->n_index = n;
    return OA_OK;
}

static void format_of(const char *path, char out[16])
{
    const char *name = oa_base_name(path), *dot = strrchr(name, '.');
    size_t n = 0;
    for (const char *c = dot ? dot + 1 : ""; *c && n < 15; c++) out[n++] = (char)tolower((unsigned char)*c);
    out[n] = 0;
}

static oa_status put_files(oa_run *run, const oa_sink *sink)
{
    oa_string names = { .context = run->context }, digests = names;
    uint64_t bytes = 0;
    for (size_t i = 0; i < sink->n_files; i++) {
        oa_string_add(&names, "%s%s", i ? ", " : "", sink->files[i].name);
        oa_string_add(&digests, "%s%s", i ? ", " : "", sink->files[i].sha256);
        bytes += sink->files[i].bytes;
    }
    char *text[2] = { NULL, NULL };
    oa_status status = oa_string_take(&names, &text[0]);
    if (status == OA_OK) status = oa_string_take(&digests, &text[1]);
    if (status == OA_OK) status = oa_put_text(run, "summary/file_names", text[0]);
    if (status == OA_OK) status = oa_put_text(run, "summary/sha256", text[1]);
    oa_string_drop(&names), oa_string_drop(&digests);
    oa_free(run->context, text[0]), oa_free(run->context, text[1]);
    OA_TRY(status);
    OA_TRY(oa_put_count(run, "summary/files", sink->n_files));
    return oa_put_count(run, "summary/bytes", bytes);
}

static oa_status export_run(oa_run *run, const void *params)
{
    const export_params *p = params;
    const oa_input *in = oa_run_input(run, "ions");
    char format[16];
    uint32_t *label;
    if (!run->sink) return oa_fail(run->context, "E_OUTPUT", "export needs an output file; give one with -o");
    format_of(run->sink->path, format);
    oa_write_options options = { .format = format };
    OA_TRY(make_labels(run, p, in, &label));
    if (label) options.label = label, options.label_name = p->label;
    OA_TRY(choose_ions(run, p, in, &options));

    const size_t n = options.index ? options.n_index : in->ions->n;
    uint64_t labelled = 0;
    for (size_t i = 0; label && i < in->ions->n; i++) labelled += label[i] != 0;
    if (n == 0) oa_note(run, "W_NO_IONS", "no ion is selected; the file has none");
    oa_phase(run->context, "write");
    OA_TRY(run->sink->write(run->context, run->sink, in->ions, &options));
    OA_TRY(oa_put_count(run, "summary/ions", n));
    OA_TRY(oa_put_count(run, "summary/labelled", labelled));
    return put_files(run, run->sink);
}

const oa_step oa_step_export = {
    .name = "export",
    .version = 1,
    .title = "Ions to .pos, .csv, .xyz or .vtkhdf",
    .help = "Writes ions for other programs; the suffix of the output says which format. With a label, .pos carries the number of "
            "the domain in place of mass-to-charge and a .rrng beside it names the numbers: the road back into AP Suite.",
    .params = export_table, .params_size = sizeof(export_params),
    .slots = export_slots,  .outputs = export_outputs,
    .gives_file = true,     .run = export_run,
};
