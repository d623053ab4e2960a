/* loader.c - a file in a slot: ions, a selection, ranges, a model, a result, vendor files. What the file says of itself is
 * checked against its record before anything is computed from it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "job/job.h"
#include "data/model.h"
#include "math/ranging.h"

enum { REFERENCE_DEPTH = 16 };

typedef struct opened {
    oa_h5 h5;
    char *entry, **names;
    size_t n;
} opened;

static void close_names(opened *file)
{
    if (!file->h5.context) return;
    oa_h5_names_free(&file->h5, file->names, file->n);
    oa_free(file->h5.context, file->entry);
}

static void close_file(opened *file)
{
    close_names(file);
    oa_h5_close(&file->h5);
}

static oa_status open_file(oa_desk *desk, const char *path, opened *out)
{
    *out = (opened){ .n = 0 };
    OA_TRY(oa_h5_open(desk->context, path, &out->h5));
    oa_status status = oa_nexus_entry(&out->h5, &out->entry);
    if (status == OA_OK) status = oa_nexus_subentries(&out->h5, out->entry, &out->names, &out->n);
    if (status != OA_OK) close_file(out);
    return status;
}

static const char *wanted_array(oa_slot_kind kind)
{
    return kind == OA_TAKES_SELECTION ? "selected/ion_index" : kind == OA_TAKES_MODEL ? "definition/model_sha256" : NULL;
}

static bool gives_array(const oa_record *record, const char *name)
{
    char line[160];
    snprintf(line, sizeof line, "\narray 1 %s ", name);
    return strstr(record->manifest, line) != NULL;
}

static oa_status find_subentry(const opened *file, const char *identifier, oa_record **out)
{
    *out = NULL;
    for (size_t i = 0; i < file->n && !*out; i++) {
        oa_record *record;
        OA_TRY(oa_nexus_record(&file->h5, file->entry, file->names[i], &record));
        if (strcmp(record->identifier, identifier) == 0) *out = record;
        else oa_record_free(record);
    }
    return OA_OK;
}

/* Whether the ions that a record's indices refer to can be had: not where they are the result of another line of the same
 * recipe and the file does not hold them, as of the shuffled control. */
static oa_status has_reachable_ions(const opened *file, const oa_record *record, int depth, bool *out)
{
    oa_record *source;
    *out = true;
    if (!record->n_inputs || record->inputs[0].file_name[0] || depth > REFERENCE_DEPTH || oa_nexus_has_ions(&file->h5, file->entry)) return OA_OK;
    OA_TRY(find_subentry(file, record->inputs[0].entry, &source));
    *out = !source || !oa_record_has_ions(source);
    const oa_status status = source && *out ? has_reachable_ions(file, source, depth + 1, out) : OA_OK;
    oa_record_free(source);
    return status;
}

static oa_status fits_slot(const opened *file, oa_slot_kind kind, const oa_record *record, int pass, bool *out)
{
    const char *wanted = wanted_array(kind);
    *out = pass == 2;
    if (pass == 2 || record->is_forgotten) return OA_OK;
    *out = pass == 0 ? gives_array(record, wanted) : oa_nexus_has_ions(&file->h5, file->entry) && oa_record_has_ions(record);
    return *out && kind == OA_TAKES_SELECTION && pass == 0 ? has_reachable_ions(file, record, 0, out) : OA_OK;
}

/* The record of the file that a slot is about: the last that has what the slot wants (of a recipe's selections one whose ions
 * are still there), else the one that gives the ions the file holds, else the last. */
static oa_status choose_record(const opened *file, oa_slot_kind kind, oa_record **out)
{
    *out = NULL;
    for (int pass = wanted_array(kind) ? 0 : 1; pass < 3 && !*out; pass++)
        for (size_t i = file->n; i-- > 0 && !*out;) {
            oa_record *record;
            bool fits;
            OA_TRY(oa_nexus_record(&file->h5, file->entry, file->names[i], &record));
            const oa_status status = fits_slot(file, kind, record, pass, &fits);
            if (status == OA_OK && fits) *out = record;
            else oa_record_free(record);
            OA_TRY(status);
        }
    return OA_OK;
}

static oa_status check_stored_ions(const oa_h5 *h5, const char *entry, const oa_record *record)
{
    oa_ions *ions;
    if (!oa_nexus_has_ions(h5, entry)) return OA_OK;
    OA_TRY(oa_nexus_ions(h5, entry, &ions));
    const oa_status status = oa_record_check_ions(record, ions);
    oa_ions_free(ions);
    return status;
}

oa_status oa_job_check_record(oa_desk *desk, const oa_h5 *h5, const char *entry, const oa_record *record, oa_values **out)
{
    OA_TRY(oa_nexus_values(h5, entry, record, out));
    oa_status status = oa_record_check(record, *out);
    if (status == OA_OK) status = check_stored_ions(h5, entry, record);
    if (status == OA_OK && oa_values_find(*out, 1, "definition/model_sha256")) status = oa_model_from_values(desk->context, *out, h5->path, &(*out)->model);
    if (status == OA_OK) status = oa_h5_trust(h5);
    if (status == OA_OK) return OA_OK;
    oa_values_free(*out);
    *out = NULL;
    return status;
}

/* Files of pynxtools-apm define ranges but give no ion its type: ranged when read. */
static oa_status range_if_needed(oa_ions *ions)
{
    const bool is_needed = ions && ions->ranges && ions->ranges->n && !ions->column[OA_TYPE].block;
    return is_needed ? oa_ranging__assign(ions, ions->ranges, OA_OVERLAP_REJECT) : OA_OK;
}

oa_status oa_load_foreign(const oa_h5 *h5, const char *entry, oa_ions **out)
{
    OA_TRY(oa_nexus_ions(h5, entry, out));
    const oa_status status = range_if_needed(*out);
    if (status == OA_OK) return OA_OK;
    oa_ions_free(*out);
    *out = NULL;
    return status;
}

static oa_status foreign_content(const oa_ions *ions, const oa_ranges *ranges, char hex[OA_HEX])
{
    if (ions) return oa_ions__digest(ions, hex);
    oa_ions nothing = { .context = ranges->context, .ranges = (oa_ranges *)ranges };
    return oa_ions__digest(&nothing, hex);
}

/* ---- the ions behind a result ---- */

static oa_status ions_of(oa_desk *desk, const char *path, const oa_input_record *expected, int depth, oa_ions **out);

static oa_status no_ions(oa_desk *desk, const char *path, const oa_record *record)
{
    return oa_fail_at(desk->context, OA_IN_FILE(path), "E_INPUT_KIND", "%s was made without ions; give a file with ions", record->name);
}

/* The first input of a record is what its indices refer to; inside a recipe's file it may be another record. */
static oa_status follow(oa_desk *desk, const opened *file, const char *path, const oa_record *record, int depth, oa_ions **out)
{
    if (depth > REFERENCE_DEPTH) return oa_fail_at(desk->context, OA_IN_FILE(path), "E_RECORD", "more than %d results refer to each other", REFERENCE_DEPTH);
    if (!record->n_inputs) return no_ions(desk, path, record);
    const oa_input_record *input = &record->inputs[0];
    if (!input->file_name[0]) {
        oa_record *source;
        OA_TRY(find_subentry(file, input->entry, &source));
        if (!source) return oa_fail_at(desk->context, OA_IN_FILE(path), "E_INPUT_NOT_FOUND", "%s refers to a result that is not in the file", record->name);
        const oa_status status = oa_record_has_ions(source)
            ? oa_fail_at(desk->context, OA_IN_FILE(path), "E_INPUT_NOT_FOUND", "the ions that %s gave were not stored; run that step into a file of its own", source->name)
            : follow(desk, file, path, source, depth + 1, out);
        oa_record_free(source);
        return status;
    }
    char *found;
    oa_source source;
    OA_TRY(oa_find_input(desk, path, input, &found));
    oa_status status = oa_source_open(desk->context, found, &source);
    if (status == OA_OK && strcmp(source.format, "nexus") != 0) status = no_ions(desk, path, record); /* a vendor file: its ions would be in this one */
    if (status == OA_OK) status = ions_of(desk, found, input, depth + 1, out);
    oa_free(desk->context, found);
    return status;
}

static oa_status verify_reference(oa_desk *desk, const oa_input_record *expected, const char *path, const oa_record *record, const oa_ions *ions)
{
    char sha256[OA_HEX], content[OA_HEX];
    uint64_t bytes;
    OA_TRY(oa_file_digest(desk->context, path, sha256, &bytes));
    if (record) snprintf(content, sizeof content, "%s", record->results_sha256);
    else OA_TRY(oa_ions__digest(ions, content));
    return oa_check_input(desk, expected, path, sha256, content);
}

static oa_status ions_in(oa_desk *desk, const opened *file, const char *path, const oa_record *record, const oa_input_record *expected, int depth, oa_ions **out)
{
    if (oa_nexus_has_ions(&file->h5, file->entry)) {
        OA_TRY(record ? oa_nexus_ions(&file->h5, file->entry, out) : oa_load_foreign(&file->h5, file->entry, out));
        if (record) OA_TRY(oa_record_check_ions(record, *out));
    } else if (record) {
        OA_TRY(follow(desk, file, path, record, depth, out));
    } else {
        return oa_fail_at(desk->context, OA_IN_FILE(path), "E_INPUT_KIND", "holds no ions; give a file with reconstructed positions");
    }
    return expected ? verify_reference(desk, expected, path, record, *out) : OA_OK;
}

static oa_status ions_of(oa_desk *desk, const char *path, const oa_input_record *expected, int depth, oa_ions **out)
{
    opened file;
    oa_record *record = NULL;
    *out = NULL;
    OA_TRY(open_file(desk, path, &file));
    oa_status status = choose_record(&file, OA_TAKES_SELECTION, &record);
    if (status == OA_OK) status = ions_in(desk, &file, path, record, expected, depth, out);
    oa_record_free(record);
    close_file(&file);
    if (status != OA_OK) oa_ions_free(*out), *out = NULL;
    return status;
}

/* ---- what a slot takes ---- */

static oa_status take_selection(oa_desk *desk, oa_loaded *out)
{
    const oa_array *index = oa_values_find(out->result, 1, "selected/ion_index");
    if (!index) return OA_OK;
    const size_t n = oa_array_count(index);
    OA_TRY(oa_new(desk->context, &out->index, n, sizeof *out->index));
    for (size_t i = 0; i < n; i++) {
        out->index[i] = index->type == OA_U64 ? ((const uint64_t *)index->block->data)[i] : (uint64_t)oa_array_real(index, i);
        if (out->index[i] >= out->ions->n || (i && out->index[i] <= out->index[i - 1]))
            return oa_fail_at(desk->context, OA_IN_FILE(out->path), "E_DIGEST", "selected/ion_index[%zu] is %llu; rows must ascend and lie below %zu", i,
                              (unsigned long long)out->index[i], out->ions->n);
    }
    out->input.has_selection = true;
    out->input.index = out->index;
    out->input.n_index = n;
    return OA_OK;
}

static oa_status load_arrays(const opened *file, oa_loaded *out)
{
    if (!out->record) return OA_OK;
    if (out->record->is_forgotten)
        return oa_fail_at(file->h5.context, OA_IN_FILE(out->path), "E_INPUT_NOT_FOUND", "the recipe did not keep the results of %s; `ordapt run` without its forget "
                          "line does", out->record->name);
    OA_TRY(oa_nexus_values(&file->h5, file->entry, out->record, &out->result));
    return oa_record_check(out->record, out->result);
}

static oa_status load_by_kind(oa_desk *desk, const oa_slot *slot, const opened *file, oa_loaded *out)
{
    const bool wants_ions = slot->kind == OA_TAKES_IONS || slot->kind == OA_TAKES_SELECTION;
    if (slot->kind == OA_TAKES_RANGES) {
        OA_TRY(oa_nexus_ranges(&file->h5, file->entry, &out->ranges));
        if (!out->ranges) return oa_fail_at(desk->context, OA_IN_FILE(out->path), "E_INPUT_KIND", "holds no ranging definitions; give a range file");
        return OA_OK;
    }
    const bool is_selected = slot->kind == OA_TAKES_SELECTION && out->record && gives_array(out->record, "selected/ion_index");
    if (wants_ions && out->choice.step && !is_selected && oa_nexus_has_types(&file->h5, file->entry)) OA_TRY(oa_load_pieces(desk, &file->h5, file->entry, out));
    else if (wants_ions) OA_TRY(ions_in(desk, file, out->path, out->record, NULL, 0, &out->ions));
    if (slot->kind == OA_TAKES_IONS) return OA_OK;
    if (slot->kind == OA_TAKES_SPECIMEN && out->record && oa_record_has_ions(out->record) && oa_nexus_has_ions(&file->h5, file->entry))
        OA_TRY(ions_in(desk, file, out->path, out->record, NULL, 0, &out->ions));
    OA_TRY(load_arrays(file, out));
    if (slot->kind == OA_TAKES_SELECTION && out->result) return take_selection(desk, out);
    if (slot->kind == OA_TAKES_MODEL) {
        if (!out->result) return oa_fail_at(desk->context, OA_IN_FILE(out->path), "E_MODEL", "holds no model; `ordapt import` makes one from published networks");
        return oa_model_from_values(desk->context, out->result, out->path, &out->model);
    }
    return OA_OK;
}

static oa_status fill_content(oa_loaded *out)
{
    if (out->record) snprintf(out->content, sizeof out->content, "%s", out->record->results_sha256);
    else if (out->ions || out->ranges) return foreign_content(out->ions, out->ranges, out->content);
    else snprintf(out->content, sizeof out->content, "%s", out->sha256);
    return OA_OK;
}

static oa_status load_nexus(oa_desk *desk, const oa_slot *slot, oa_loaded *out)
{
    opened file;
    OA_TRY(open_file(desk, out->path, &file));
    oa_status status = choose_record(&file, slot->kind, &out->record);
    if (status == OA_OK && out->record && out->record->slab[0])
        status = oa_fail_at(desk->context, OA_IN_FILE(out->path), "E_SLABS", "is slab %s of %s, no whole result; join the slabs with `ordapt merge`", out->record->slab,
                            out->record->step);
    if (status == OA_OK) status = load_by_kind(desk, slot, &file, out);
    if (status == OA_OK) status = oa_h5_trust(&file.h5);
    close_names(&file);
    if (!out->pieces) oa_h5_close(&file.h5);
    return status == OA_OK ? fill_content(out) : status;
}

static oa_status load_vendor_ranges(oa_desk *desk, oa_loaded *out, oa_source *source)
{
    const oa_read_options options = { .byte_order = "big", .preset = "" };
    oa_content content = { .ions = NULL };
    OA_TRY(source->read(desk->context, source, &options, &content));
    oa_ions_free(content.ions);
    oa_model_free(content.model);
    out->ranges = content.ranges;
    if (!out->ranges) return oa_fail_at(desk->context, OA_IN_FILE(out->path), "E_INPUT_KIND", "holds no ranges; give .rrng, .rng or a NeXus file");
    snprintf(out->content, sizeof out->content, "%s", out->sha256);
    return OA_OK;
}

static oa_status load_sources(oa_desk *desk, const char *const *paths, size_t n, oa_loaded *out)
{
    uint64_t bytes;
    OA_TRY(oa_new(desk->context, &out->sources, n, sizeof *out->sources));
    for (size_t i = 0; i < n; i++) {
        OA_TRY(oa_source_open(desk->context, paths[i], &out->sources[i]));
        OA_TRY(oa_file_digest(desk->context, paths[i], out->sources[i].sha256, &bytes));
    }
    out->input.sources = out->sources;
    out->input.n_sources = n;
    return OA_OK;
}

static oa_status load_one(oa_desk *desk, const oa_slot *slot, oa_loaded *out)
{
    oa_source source;
    uint64_t bytes;
    if (slot->kind == OA_TAKES_METADATA) {
        OA_TRY(oa_file_digest(desk->context, out->path, out->sha256, &bytes));
        snprintf(out->content, sizeof out->content, "%s", out->sha256);
        OA_TRY(oa_metadata_read(desk->context, out->path, &out->metadata));
        return oa_metadata_complete(out->metadata);
    }
    OA_TRY(oa_source_open(desk->context, out->path, &source));
    OA_TRY(oa_file_digest(desk->context, out->path, out->sha256, &bytes));
    if (strcmp(source.format, "nexus") == 0) return load_nexus(desk, slot, out);
    if (slot->kind == OA_TAKES_RANGES) return load_vendor_ranges(desk, out, &source);
    return oa_fail_at(desk->context, OA_IN_FILE(out->path), "E_INPUT_KIND", "is a %s file, %s takes NeXus files; `ordapt import` makes one of it",
                      source.format, slot->name);
}

static void fill_input(const oa_slot *slot, oa_loaded *out)
{
    oa_input *in = &out->input;
    in->role = slot->name;
    in->ions = out->ions;
    in->stream = out->pieces ? &out->stream : NULL;
    in->ranges = out->ranges ? out->ranges : out->ions ? out->ions->ranges : NULL;
    in->model = out->model;
    in->result = out->result;
    in->result_step = out->record ? out->record->step : NULL;
    in->file_name = oa_base_name(out->path);
    in->sha256 = out->sha256;
    in->content_sha256 = out->content;
    in->entry = out->record ? out->record->identifier : NULL;
    in->subentry = out->record ? out->record->name : NULL;
}

oa_status oa_load(oa_desk *desk, const oa_slot *slot, const char *const *paths, size_t n, oa_loaded *out)
{
    const double started = oa_seconds();
    oa_phase(desk->context, "read");
    *out = (oa_loaded){ .input = { .role = slot->name }, .choice = out->choice };
    char shipped[OA_SHIPPED_PATH];
    const bool is_name = slot->kind == OA_TAKES_MODEL && access(paths[0], F_OK) != 0, is_shipped = is_name && oa_shipped_model(paths[0], shipped);
    if (is_name && !is_shipped)
        return oa_fail_at(desk->context, OA_IN_FILE(oa_base_name(paths[0])), "E_NOT_FOUND", "there is no file '%s', and no model of this name ships with this "
                          "program; check the path, or give the file of a model", paths[0]);
    out->path = oa_strdup(desk->context, is_shipped ? shipped : paths[0]);
    if (!out->path) return desk->context->status;
    if (slot->kind == OA_TAKES_SOURCES) return load_sources(desk, paths, n, out);
    oa_status status = load_one(desk, slot, out);
    if (status == OA_OK) status = oa_context__unpardoned(desk->context);
    fill_input(slot, out);
    oa_repeat_file(desk, out);
    desk->read_s += oa_seconds() - started;
    return status;
}

void oa_loaded_free(oa_desk *desk, oa_loaded *loaded)
{
    oa_repeat_free(&loaded->repeat);
    oa_free(desk->context, loaded->path);
    oa_free(desk->context, loaded->index);
    oa_free(desk->context, loaded->sources);
    for (size_t i = 0; loaded->source_paths && i < loaded->input.n_sources; i++) oa_free(desk->context, loaded->source_paths[i]);
    oa_free(desk->context, loaded->source_paths);
    oa_ions_free(loaded->ions);
    oa_nexus_pieces_close(loaded->pieces);
    oa_h5_close(&loaded->h5);
    oa_ranges__free(loaded->ranges);
    oa_model_free(loaded->model);
    oa_values_free(loaded->result);
    oa_record_free(loaded->record);
    oa_metadata_free(loaded->metadata);
}
