/* layout_part.c - one record and its results as an NXsubentry, walking tables: no step is named here. Only classes that
 * stock NXapm accepts below NXsubentry are used: NXprocess, NXparameters, NXdata, NXnote. */
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "io/layout.h"

static void write_param(oa_h5w *w, const char *config, const struct oa_param_record *p)
{
    char path[512];
    double real;
    int64_t whole;
    const size_t length = strlen(p->text);
    oa_h5w_join(path, config, p->name);
    if (p->kind == OA_REAL && oa_text_real(p->text, length, false, &real)) oa_h5w_real(w, path, real, p->unit);
    else if (p->kind == OA_INT && oa_text_integer(p->text, length, &whole)) oa_h5w_number(w, path, OA_I64, &whole, p->unit);
    else if (p->kind == OA_BOOLEAN) oa_h5w_bool(w, path, strcmp(p->text, "true") == 0);
    else if (p->kind == OA_WORD) oa_h5w_text(w, path, p->text);
    if (p->kind != OA_REALS || !length) return; /* an empty list is "auto": its origin alone is written */
    double list[OA_REALS_MAX];
    size_t n = 0;
    for (const char *at = p->text; n < OA_REALS_MAX; at++) {
        const size_t token = strcspn(at, ",");
        if (oa_text_real(at, token, false, &list[n])) n++;
        at += token;
        if (!*at) break;
    }
    oa_h5w_array(w, path, OA_F64, 1, &n, list, p->unit);
}

static void write_config(oa_h5w *w, const char *base, const oa_record *record)
{
    char config[512], origin[512], path[512];
    oa_h5w_group(w, oa_h5w_join(config, base, "config"), "NXparameters");
    oa_h5w_group(w, oa_h5w_join(origin, config, "origin"), "NXparameters");
    for (size_t i = 0; i < record->n_params; i++) {
        write_param(w, config, &record->params[i]);
        oa_h5w_text(w, oa_h5w_join(path, origin, record->params[i].name), oa_origin_names[record->params[i].origin]);
    }
}

/* Role and origin stand in the JSON document alone: of every field whose name begins with "identifier" NOMAD makes an entry of its own. */
static oa_status write_input(oa_h5w *w, const char *base, const oa_input_record *input, size_t number)
{
    char note[512], path[512], name[32];
    snprintf(name, sizeof name, "input%zu", number);
    oa_h5w_group(w, oa_h5w_join(note, base, name), "NXnote");
    const char *const rows[][2] = { { "role", input->role }, { "file_name", input->file_name }, { "sha256", input->sha256 }, { "content_sha256", input->content },
                                    { "made_by_run", input->entry }, { "made_by_step", input->subentry } };
    OA_TRY(oa_layout_note(w, note, rows, sizeof rows / sizeof *rows));
    oa_h5w_text(w, oa_h5w_join(path, note, "file_name"), input->file_name[0] ? input->file_name : ".");
    if (input->sha256[0]) oa_h5w_text(w, oa_h5w_join(path, note, "checksum"), input->sha256);
    if (input->sha256[0]) oa_h5w_text(w, oa_h5w_join(path, note, "algorithm"), "sha256");
    return OA_OK;
}

static void write_random(oa_h5w *w, const char *base, const oa_record *record)
{
    char group[512], path[512];
    if (!record->has_seed) return;
    oa_h5w_group(w, oa_h5w_join(group, base, "random"), "NXparameters");
    oa_h5w_text(w, oa_h5w_join(path, group, "generator"), OA_GENERATOR_NAME);
    oa_h5w_number(w, oa_h5w_join(path, group, "seed"), OA_U64, &record->seed, NULL);
}

static void write_environment(oa_h5w *w, const char *base, const oa_record *record)
{
    char group[512], path[512];
    oa_h5w_group(w, oa_h5w_join(group, base, "environment"), "NXparameters");
    oa_h5w_text(w, oa_h5w_join(path, group, "commit"), record->commit);
    oa_h5w_text(w, oa_h5w_join(path, group, "compiler"), record->compiler);
    oa_h5w_text(w, oa_h5w_join(path, group, "cpu_dispatch"), record->kernel);
    oa_h5w_text(w, oa_h5w_join(path, group, "blas"), record->blas);
    oa_h5w_text(w, oa_h5w_join(path, group, "libraries"), record->libraries);
    oa_h5w_text(w, oa_h5w_join(path, group, "definitions_version"), OA_DEFINITIONS_VERSION);
    oa_h5w_count(w, oa_h5w_join(path, group, "max_threads"), (uint64_t)record->threads);
    oa_h5w_count(w, oa_h5w_join(path, group, "max_gpus"), 0);
    oa_h5w_bool(w, oa_h5w_join(path, group, "is_deterministic"), true);
    if (record->slab[0]) oa_h5w_text(w, oa_h5w_join(path, group, "slab"), record->slab);
}

static oa_status write_warnings(oa_h5w *w, const char *outcome, const oa_record *record)
{
    char path[512];
    const char **lines;
    if (!record->n_warnings) return OA_OK;
    OA_TRY(oa_new(w->context, &lines, 2 * record->n_warnings, sizeof *lines));
    for (size_t i = 0; i < record->n_warnings; i++) {
        lines[2 * i] = record->warnings[i].code;
        lines[2 * i + 1] = record->warnings[i].text;
    }
    oa_h5w_texts(w, oa_h5w_join(path, outcome, "warnings"), lines, 2 * record->n_warnings);
    oa_free(w->context, lines);
    return OA_OK;
}

static oa_status write_outcome(oa_h5w *w, const char *base, const oa_record *record)
{
    char group[512], path[512];
    oa_h5w_group(w, oa_h5w_join(group, base, "outcome"), "NXparameters");
    oa_h5w_text(w, oa_h5w_join(path, group, "status"), record->status);
    oa_h5w_real(w, oa_h5w_join(path, group, "total_elapsed_time"), record->elapsed_s, "s");
    oa_h5w_text(w, oa_h5w_join(path, group, "manifest"), record->manifest);
    if (record->is_forgotten) oa_h5w_bool(w, oa_h5w_join(path, group, "is_forgotten"), true);
    OA_TRY(write_warnings(w, group, record));
    oa_h5w_group(w, oa_h5w_join(group, base, "results_sha256"), "NXnote");
    const char *const rows[][2] = { { "results_sha256", record->results_sha256 }, { "digest_of", "outcome/manifest: step, parameters, inputs, arrays" } };
    OA_TRY(oa_layout_note(w, group, rows, 2));
    oa_h5w_text(w, oa_h5w_join(path, group, "algorithm"), "sha256");
    oa_h5w_text(w, oa_h5w_join(path, group, "checksum"), record->results_sha256);
    oa_h5w_text(w, oa_h5w_join(path, group, "description"), "SHA-256 of outcome/manifest: step, parameters, inputs, arrays");
    return OA_OK;
}

/* Ions that are not the result of the record are in no digest: theirs stands beside it. */
static oa_status write_embedded(oa_nexus_writer *writer, const char *base, const oa_part *part)
{
    char path[512], hex[OA_HEX];
    const oa_ions *ions = writer->bundle->ions;
    if (!ions || ions == part->values->ions) return OA_OK;
    OA_TRY(oa_ions__digest(ions, hex));
    oa_h5w_text(&writer->w, oa_h5w_join(path, base, "outcome/embedded_ions_sha256"), hex);
    return OA_OK;
}

/* ---- results ---- */

static size_t group_length(const char *name) { return strcspn(name, "/"); }

static bool same_group(const oa_array *a, const oa_array *b)
{
    const size_t n = group_length(a->name);
    return a->task == b->task && n == group_length(b->name) && strncmp(a->name, b->name, n) == 0;
}

static const oa_array *signal_of(const oa_values *values, const oa_array *member)
{
    for (size_t i = 0; i < values->n; i++)
        if (same_group(&values->arrays[i], member) && values->arrays[i].axes[0]) return &values->arrays[i];
    return NULL;
}

static oa_status ensure_group(oa_h5w *w, const oa_part *part, const oa_array *array, const char *process, char group[512])
{
    snprintf(group, 512, "%s/%.*s", process, (int)group_length(array->name), array->name);
    if (oa_h5w_exists(w, group)) return OA_OK;
    const oa_array *signal = signal_of(part->values, array);
    oa_h5w_group(w, group, signal ? "NXdata" : "NXparameters");
    return signal ? oa_layout_view(w, group, part->values, signal) : OA_OK;
}

static void write_scalar(oa_h5w *w, const char *path, const oa_array *array)
{
    const void *data = array->block->data;
    if (array->type == OA_TEXT) oa_h5w_text(w, path, data);
    else if (array->type == OA_BOOL) oa_h5w_bool(w, path, *(const uint8_t *)data);
    else oa_h5w_number(w, path, array->type, data, array->unit);
}

/* An earlier array with the same memory (classes that share probabilities): it is written once and has two names. */
static const oa_array *same_block(const oa_values *values, const oa_array *array)
{
    for (const oa_array *a = values->arrays; a < array; a++)
        if (a->block == array->block && strcmp(a->name, array->name) == 0) return a;
    return NULL;
}

static size_t digits(int task) { return (size_t)snprintf(NULL, 0, "%d", task); }

static oa_status write_array(oa_nexus_writer *writer, const oa_part *part, const oa_array *array, const char *process)
{
    char group[512], path[512];
    OA_TRY(ensure_group(&writer->w, part, array, process, group));
    snprintf(path, sizeof path, "%s/%s", process, array->name);
    if (array->rank == 0) {
        write_scalar(&writer->w, path, array);
        return OA_OK;
    }
    const oa_array *first = same_block(part->values, array);
    if (first) {
        char existing[512];
        snprintf(existing, sizeof existing, "%.*s%d/%s", (int)(strlen(process) - digits(array->task)), process, first->task, first->name);
        return oa_layout_link(writer, existing, path);
    }
    oa_bulk_array bulk = { .type = array->type, .rank = array->rank, .plane = { array->block->data }, .planes = 1, .is_view = array->is_view };
    memcpy(bulk.dims, array->dims, sizeof bulk.dims);
    snprintf(bulk.path, sizeof bulk.path, "%.255s", path);
    snprintf(bulk.unit, sizeof bulk.unit, "%s", array->unit);
    snprintf(bulk.long_name, sizeof bulk.long_name, "%s", array->long_name);
    return oa_layout_bulk(writer, &bulk);
}

/* @default never points at a group without something to see: viewers show an error then. */
static oa_status write_default(oa_nexus_writer *writer, const oa_part *part, const char *process, int task)
{
    const oa_array *plot = oa_layout_plot(part->values, task);
    char path[512], name[96] = "";
    if (plot) {
        OA_TRY(oa_layout_curves(writer, process, part->values, plot, name));
        snprintf(path, sizeof path, "%.*s", (int)group_length(plot->name), plot->name);
        oa_h5w_attribute(&writer->w, process, "default", name[0] ? name : path);
    } else if (writer->bundle->ions && task == 1) {
        oa_h5w_join(path, process, "mass_spectrum");
        OA_TRY(oa_layout_link(writer, OA_ROI "/ranging/mass_to_charge_distribution/mass_spectrum", path));
        oa_h5w_attribute(&writer->w, process, "default", "mass_spectrum");
    }
    return OA_OK;
}

static oa_status write_task(oa_nexus_writer *writer, const oa_part *part, const char *base, int task, uint32_t sequence)
{
    oa_h5w *w = &writer->w;
    char process[512], path[512], name[96];
    snprintf(name, sizeof name, "%.80s%d", part->record->step, task);
    oa_h5w_group(w, oa_h5w_join(process, base, name), "NXprocess");
    oa_h5w_text(w, oa_h5w_join(path, process, "program"), "ordapt");
    oa_h5w_text(w, oa_h5w_join(path, process, "version"), part->record->program_version);
    oa_h5w_text(w, oa_h5w_join(path, process, "date"), part->record->end_time);
    oa_h5w_count(w, oa_h5w_join(path, process, "sequence_index"), sequence);
    for (size_t i = 0; i < part->values->n; i++)
        if (part->values->arrays[i].task == task) OA_TRY(write_array(writer, part, &part->values->arrays[i], process));
    return write_default(writer, part, process, task);
}

oa_status oa_layout_write_part(oa_nexus_writer *writer, const oa_part *part, uint32_t sequence)
{
    oa_h5w *w = &writer->w;
    const oa_record *r = part->record;
    char base[512], path[512], definition[160];
    if (strlen(r->name) > 64 || strchr(r->name, '/')) return oa_fail(w->context, "E_RECIPE", "'%.80s' cannot name a result; use a short word without '/'", r->name);
    snprintf(base, sizeof base, OA_ENTRY "/%s", r->name);
    snprintf(definition, sizeof definition, "NXapm_ordapt_%.80s_results", r->step);
    oa_h5w_group(w, base, "NXsubentry");
    oa_h5w_text(w, oa_h5w_join(path, base, "definition"), definition);
    oa_h5w_attribute(w, path, "version", OA_VERSION);
    oa_h5w_text(w, oa_h5w_join(path, base, "title"), r->title);
    oa_h5w_text(w, oa_h5w_join(path, base, "entry_identifier"), r->identifier);
    oa_h5w_text(w, oa_h5w_join(path, base, "start_time"), r->start_time);
    oa_h5w_text(w, oa_h5w_join(path, base, "end_time"), r->end_time);
    oa_h5w_text(w, oa_h5w_join(path, base, "program_name"), "ordapt");
    oa_h5w_attribute(w, path, "version", r->program_version);
    write_config(w, base, r);
    for (size_t i = 0; i < r->n_inputs; i++) OA_TRY(write_input(w, base, &r->inputs[i], i + 1));
    write_random(w, base, r);
    write_environment(w, base, r);
    OA_TRY(write_outcome(w, base, r));
    OA_TRY(write_embedded(writer, base, part));
    const size_t first = writer->n_bulk;
    for (int task = 1; !r->is_forgotten && task <= part->values->tasks; task++) OA_TRY(write_task(writer, part, base, task, sequence));
    OA_TRY(oa_layout_view_digests(writer, base, first));
    snprintf(path, sizeof path, "%.100s1", r->step);
    oa_h5w_attribute(w, base, "default", path);
    return OA_OK;
}
