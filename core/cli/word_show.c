/* word_show.c - `ordapt show`: a stranger sees what was done to which file with which numbers. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"
#include "data/model.h"

static void show_ions(const oa_ions *ions)
{
    double lo[3], hi[3];
    oa_ions__bounds(ions, lo, hi);
    printf("ions        %zu\n", ions->n);
    if (ions->n) printf("box         x %.3f to %.3f, y %.3f to %.3f, z %.3f to %.3f nm\n", lo[0], hi[0], lo[1], hi[1], lo[2], hi[2]);
}

static void show_ranges(const oa_ranges *ranges, const oa_ions *ions)
{
    size_t *count = NULL;
    if (ions && ions->column[OA_TYPE].block && oa_new(ranges->context, &count, ranges->n_types + 1, sizeof *count) == OA_OK)
        for (size_t i = 0; i < ions->n; i++) count[oa_ions__type(ions, i)]++;
    for (size_t k = 0; k < ranges->n_types; k++) {
        char charge[8] = "";
        if (ranges->types[k].charge) snprintf(charge, sizeof charge, "%d+", ranges->types[k].charge);
        printf("ion %-7zu %-12s %-3s", k + 1, ranges->types[k].name, charge);
        if (count) printf(" %10zu ions", count[k + 1]);
        for (size_t i = 0; i < ranges->n; i++)
            if (ranges->ranges[i].type == k + 1) printf("  %.4f-%.4f", ranges->ranges[i].lower, ranges->ranges[i].upper);
        printf(" Da\n");
    }
    if (count) printf("unranged    %zu ions\n", count[0]);
    oa_free(ranges->context, count);
}

static void show_metadata(const oa_metadata *metadata)
{
    char number[32];
    for (size_t i = 0; metadata && i < metadata->n; i++) {
        const oa_meta_field *f = &metadata->fields[i];
        printf("%-11s %s%s%s\n", f->path, f->type == OA_TEXT ? f->text : oa_text_of_real(number, f->number), f->unit && f->unit[0] ? " " : "", f->unit ? f->unit : "");
    }
}

static void show_inputs(const oa_record *record)
{
    for (size_t i = 0; i < record->n_inputs; i++) {
        const oa_input_record *in = &record->inputs[i];
        printf("  from      %s: %s%s%s\n", in->role, in->file_name[0] ? in->file_name : "a result of this file", in->subentry[0] ? ", " : "", in->subentry);
        if (in->sha256[0]) printf("            SHA-256 of the file    %s\n", in->sha256);
        if (in->content[0]) printf("            digest of its content  %s\n", in->content);
        if (in->entry[0]) printf("            made by record         %s\n", in->entry);
    }
}

static void show_params(const oa_record *record)
{
    for (size_t i = 0; i < record->n_params; i++) {
        const struct oa_param_record *p = &record->params[i];
        const bool is_auto = !p->text[0];
        printf("  %s %-22s %s%s%s (%s)\n", i ? "         " : "with     ", p->name, is_auto ? "-" : p->text, p->unit[0] && !is_auto ? " " : "", is_auto ? "" : p->unit,
               oa_origin_names[p->origin]);
    }
}

static void show_arrays(const oa_values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        const oa_array *a = &values->arrays[i];
        if (a->rank == 0) continue;
        printf("  array     %s%s%s: %s (", values->tasks > 1 ? values->task_titles[a->task - 1] : "", values->tasks > 1 ? " " : "", a->name, oa_type_name(a->type));
        for (int d = 0; d < a->rank; d++) printf("%s%zu", d ? ", " : "", a->dims[d]);
        printf(")%s%s%s%s\n", a->unit[0] ? " " : "", a->unit, a->long_name[0] ? "; " : "", a->long_name);
    }
}

static void show_record(const oa_record *record, const oa_values *values)
{
    printf("\n%s: %s (step %s, version %d)\n", record->name, record->title, record->step, record->version);
    printf("  when      %s, %.3f s, %s\n", record->start_time, record->elapsed_s, record->status);
    printf("  by        ordapt %s, %s, %s, %s, kernels %s, %d threads\n", record->program_version, record->compiler, record->libraries, record->blas,
           record->kernel, record->threads);
    printf("  record    %s\n", record->identifier);
    show_inputs(record);
    show_params(record);
    if (record->has_seed) printf("  random    seed %llu\n", (unsigned long long)record->seed);
    if (record->slab[0]) printf("  slab      %s\n", record->slab);
    for (size_t i = 0; i < record->n_warnings; i++) printf("  warning   %s: %s\n", record->warnings[i].code, record->warnings[i].text);
    printf("  results\n");
    oa_cli_print_summary(stdout, values);
    show_arrays(values);
    printf("  digest    %s\n", record->results_sha256);
}

static oa_status show_part(oa_cli *cli, const oa_h5 *h5, const char *entry, const char *name, json_t *list)
{
    oa_record *record;
    oa_values *values;
    OA_TRY(oa_nexus_record(h5, entry, name, &record));
    const oa_status status = oa_nexus_values(h5, entry, record, &values);
    if (status == OA_OK) {
        json_array_append_new(list, oa_record_json(record, values));
        if (!cli->json) show_record(record, values);
        oa_values_free(values);
    }
    oa_record_free(record);
    return status;
}

static oa_status show_ions_of(oa_cli *cli, const oa_h5 *h5, const char *entry)
{
    oa_ions *ions = NULL;
    oa_ranges *ranges = NULL;
    oa_metadata *metadata = NULL;
    OA_TRY(oa_nexus_ions(h5, entry, &ions));
    oa_status status = ions ? OA_OK : oa_nexus_ranges(h5, entry, &ranges);
    if (status == OA_OK) status = oa_nexus_metadata(h5, entry, &metadata);
    if (ions) json_object_set_new(cli->document, "ions", json_integer((json_int_t)ions->n));
    if (!cli->json && status == OA_OK) {
        show_metadata(metadata);
        if (ions) show_ions(ions);
        if (ions && ions->ranges) show_ranges(ions->ranges, ions);
        if (ranges) show_ranges(ranges, NULL);
    }
    oa_ions_free(ions);
    oa_ranges__free(ranges);
    oa_metadata_free(metadata);
    return status;
}

static oa_status show_nexus(oa_cli *cli, const char *path)
{
    oa_h5 h5;
    char *entry = NULL, **names = NULL;
    size_t n = 0;
    json_t *list = json_array();
    OA_TRY(oa_h5_open(cli->context, path, &h5));
    oa_status status = oa_nexus_entry(&h5, &entry);
    if (status == OA_OK) status = oa_nexus_subentries(&h5, entry, &names, &n);
    if (status == OA_OK && !cli->json) printf("%s: NeXus, %zu result%s of ordapt\n", oa_base_name(path), n, n == 1 ? "" : "s");
    if (status == OA_OK) status = show_ions_of(cli, &h5, entry);
    for (size_t i = 0; i < n && status == OA_OK; i++) status = show_part(cli, &h5, entry, names[i], list);
    json_object_set_new(cli->document, "records", list);
    oa_h5_names_free(&h5, names, n);
    oa_free(cli->context, entry);
    oa_h5_close(&h5);
    return status;
}

static void show_model(const oa_model *model)
{
    printf("network     %s, %lld member%s, input (%lld, %lld), %lld classes\n", model->architecture, (long long)model->members, model->members == 1 ? "" : "s",
           (long long)model->input_length, (long long)model->input_channels, (long long)model->n_classes);
}

static oa_status show_vendor(oa_cli *cli, oa_source *source)
{
    const oa_read_options options = { .byte_order = "big", .preset = "" };
    oa_content content = { .ions = NULL };
    OA_TRY(source->read(cli->context, source, &options, &content));
    if (content.ions) json_object_set_new(cli->document, "ions", json_integer((json_int_t)content.ions->n));
    if (!cli->json) {
        printf("%s: %s\n", source->name, source->format);
        if (content.ions) show_ions(content.ions);
        if (content.ranges) show_ranges(content.ranges, NULL);
        if (content.model) show_model(content.model);
    }
    oa_ions_free(content.ions);
    oa_ranges__free(content.ranges);
    oa_model_free(content.model);
    return OA_OK;
}

oa_status oa_word_show(oa_cli *cli)
{
    oa_source source;
    if (cli->n_inputs != 1) return oa_fail(cli->context, "E_USAGE", "show takes one file; ordapt show FILE");
    OA_TRY(oa_source_open(cli->context, cli->inputs[0], &source));
    cli->document = json_pack("{s:s, s:s, s:s}", "step", "show", "file", source.name, "format", source.format);
    return strcmp(source.format, "nexus") == 0 ? show_nexus(cli, cli->inputs[0]) : show_vendor(cli, &source);
}
