/* job.c - one step, from loaded inputs to results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "job/job.h"

const oa_slot *oa_step_slot(const oa_step *step, const char *name)
{
    const size_t length = strlen(name);
    for (const oa_slot *slot = step->slots; slot->name; slot++) {
        size_t i = 0;
        while (i < length && (name[i] == '-' ? '_' : name[i]) == slot->name[i]) i++;
        if (i == length && !slot->name[i]) return slot;
    }
    return NULL;
}

void oa_job_free(oa_desk *desk, oa_job *job)
{
    for (size_t i = 0; i < job->n_loaded; i++) oa_loaded_free(desk, &job->loaded[i]);
    oa_settings_free(job->settings);
    oa_values_free(job->values);
    oa_record_free(job->record);
    job->n_loaded = 0;
    job->settings = NULL;
    job->values = NULL;
    job->record = NULL;
}

static oa_request request_of(const oa_job *job, oa_input inputs[OA_JOB_INPUTS_MAX])
{
    for (size_t i = 0; i < job->n_loaded; i++) inputs[i] = job->loaded[i].input;
    return (oa_request){ .step = job->step, .settings = job->settings, .inputs = inputs, .n_inputs = job->n_loaded, .name = job->name,
                         .libraries = oa_nexus_libraries(), .slab = job->slab, .slabs = job->slabs, .joined = job->joined };
}

oa_status oa_job_check(oa_desk *desk, oa_job *job, uint64_t *bytes)
{
    oa_input inputs[OA_JOB_INPUTS_MAX];
    oa_request request = request_of(job, inputs);
    return oa_run_check(desk->context, &request, bytes);
}

oa_status oa_job_run(oa_desk *desk, oa_job *job)
{
    oa_input inputs[OA_JOB_INPUTS_MAX];
    oa_request request = request_of(job, inputs);
    const double started = oa_seconds();
    request.sink = &job->sink;
    job->joined = NULL; /* taken by the run */
    const oa_status status = oa_run_step(desk->context, &request, &job->values, &job->record);
    desk->compute_s += oa_seconds() - started;
    return status;
}

const oa_metadata *oa_job_metadata(const oa_job *job)
{
    for (size_t i = 0; i < job->n_loaded; i++)
        if (job->loaded[i].metadata) return job->loaded[i].metadata;
    if (job->values && job->values->ions && job->values->ions->metadata) return job->values->ions->metadata;
    for (size_t i = 0; i < job->n_loaded; i++)
        if (job->loaded[i].ions && job->loaded[i].ions->metadata) return job->loaded[i].ions->metadata;
    return NULL;
}

const oa_ions *oa_job_ions(const oa_job *job)
{
    for (size_t i = 0; i < job->n_loaded; i++)
        if (job->loaded[i].ions) return job->loaded[i].ions;
    return NULL;
}

oa_status oa_job_restore(oa_desk *desk, oa_job *job, const oa_record *record)
{
    *job = (oa_job){ .step = oa_step_find(record->step), .name = record->name };
    if (!job->step) return oa_fail(desk->context, "E_RECORD", "this program has no step '%s'; use the version that made the file (%s)", record->step, record->program_version);
    if (job->step->version != record->version)
        oa_warn(desk->context, "W_VERSION", "%s: made by version %d of the step, this program has version %d", record->name, record->version, job->step->version);
    if (record->slab[0] && !oa_slab_parse(record->slab, &job->slab, &job->slabs))
        return oa_fail(desk->context, "E_RECORD", "%s: the slab is '%s', which is no k/n; the record was changed", record->name, record->slab);
    OA_TRY(oa_settings_new(desk->context, &job->settings, job->step->params, job->step->params_size, job->step->presets));
    for (size_t i = 0; i < record->n_params; i++) {
        const struct oa_param_record *p = &record->params[i];
        OA_TRY(oa_settings_restore(job->settings, p->name, p->text, p->origin));
    }
    return OA_OK;
}

/* Sources of one slot stand in the record one after the other. */
static size_t same_role(const oa_record *record, size_t first)
{
    size_t n = 1;
    while (first + n < record->n_inputs && strcmp(record->inputs[first + n].role, record->inputs[first].role) == 0) n++;
    return n;
}

static oa_status load_recorded_sources(oa_desk *desk, oa_loaded *out, const oa_slot *slot, const oa_input_record *expected, size_t n, const char *beside)
{
    char **paths;
    OA_TRY(oa_new(desk->context, &paths, n, sizeof *paths));
    oa_status status = OA_OK;
    for (size_t i = 0; i < n && status == OA_OK; i++) status = oa_find_input(desk, beside, &expected[i], &paths[i]);
    if (status == OA_OK) status = oa_load(desk, slot, (const char *const *)paths, n, out);
    out->source_paths = paths; /* the sources borrow them */
    out->input.n_sources = n;
    for (size_t i = 0; i < n && status == OA_OK; i++)
        status = oa_check_input(desk, &expected[i], paths[i], out->sources[i].sha256, out->sources[i].sha256);
    return status;
}

static oa_status load_recorded(oa_desk *desk, oa_loaded *out, const oa_slot *slot, const oa_input_record *expected, const char *beside)
{
    char *path;
    OA_TRY(oa_find_input(desk, beside, expected, &path));
    const char *one = path;
    oa_status status = oa_load(desk, slot, &one, 1, out);
    if (status == OA_OK) status = oa_check_input(desk, expected, path, out->sha256, out->content);
    oa_free(desk->context, path);
    return status;
}

static oa_status use_selection(oa_desk *desk, oa_loaded *out, const oa_values *result)
{
    const oa_array *index = oa_values_find(result, 1, "selected/ion_index");
    if (!index || index->type != OA_U64) return OA_OK;
    (void)desk;
    out->input.has_selection = true;
    out->input.index = index->block->data;
    out->input.n_index = oa_array_count(index);
    return OA_OK;
}

oa_status oa_job_slot_is_free(oa_desk *desk, const oa_job *job, const oa_slot *slot)
{
    if (job->n_loaded == OA_JOB_INPUTS_MAX) return oa_fail(desk->context, "E_USAGE", "more than %d inputs", OA_JOB_INPUTS_MAX);
    for (size_t i = 0; i < job->n_loaded; i++)
        if (oa_text_equal(job->loaded[i].input.role, slot->name)) return oa_fail(desk->context, "E_USAGE", "%s is given twice; a slot takes one input", slot->name);
    return OA_OK;
}

oa_status oa_job_use(oa_desk *desk, oa_job *job, const oa_slot *slot, const oa_job *earlier)
{
    oa_loaded *out = &job->loaded[job->n_loaded++];
    *out = (oa_loaded){ .input = { .role = slot->name } };
    oa_input *in = &out->input;
    const oa_ions *own = earlier->values->ions, *behind = own ? own : oa_job_ions(earlier);
    const bool wants_ions = slot->kind == OA_TAKES_IONS || slot->kind == OA_TAKES_SELECTION;
    if (wants_ions && !behind) return oa_fail(desk->context, "E_INPUT_KIND", "%s has no ions, which %s takes", earlier->record->name, slot->name);
    if (slot->kind == OA_TAKES_MODEL && !earlier->values->model) return oa_fail(desk->context, "E_MODEL", "%s gives no model", earlier->record->name);
    if (behind) OA_TRY(oa_ions__share(behind, &out->ions));
    in->ions = out->ions;
    in->ranges = out->ions ? out->ions->ranges : NULL;
    in->model = earlier->values->model;
    in->result = earlier->values;
    in->result_step = earlier->step->name;
    in->content_sha256 = earlier->record->results_sha256;
    in->entry = earlier->record->identifier;
    in->subentry = earlier->record->name;
    if (slot->kind == OA_TAKES_SELECTION) OA_TRY(use_selection(desk, out, earlier->values));
    oa_repeat_job(desk, out, earlier);
    return OA_OK;
}

static const oa_job *find_earlier(const oa_jobs *earlier, const char *identifier)
{
    for (size_t i = 0; earlier && i < earlier->n; i++)
        if (oa_text_equal(earlier->job[i].recorded_identifier, identifier)) return &earlier->job[i];
    return NULL;
}

static oa_status use_recorded(oa_desk *desk, oa_job *job, const oa_slot *slot, const oa_input_record *expected, const char *beside, const oa_jobs *earlier)
{
    const oa_job *source = find_earlier(earlier, expected->entry);
    if (!source || !source->values)
        return oa_fail_at(desk->context, OA_IN_FILE(beside), "E_INPUT_NOT_FOUND", "%s came from memory and no record of this file made it; it cannot be found again", expected->role);
    return oa_job_use(desk, job, slot, source);
}

/* Other inputs may name rows of all ions. */
static bool is_alone(const oa_job *job, const oa_record *record)
{
    for (size_t i = 0; i < record->n_inputs; i++) {
        const oa_slot *slot = oa_step_slot(job->step, record->inputs[i].role);
        if (slot != job->step->slots && oa_slot_is_about_ions(slot)) return false;
    }
    return true;
}

oa_status oa_job_load_recorded(oa_desk *desk, oa_job *job, const oa_record *record, const char *beside, const oa_jobs *earlier)
{
    for (size_t i = 0; i < record->n_inputs;) {
        const oa_input_record *expected = &record->inputs[i];
        const oa_slot *slot = oa_step_slot(job->step, expected->role);
        if (!slot) return oa_fail_at(desk->context, OA_IN_FILE(beside), "E_RECORD", "%s has no slot '%s' in this program", record->step, expected->role);
        if (job->n_loaded == OA_JOB_INPUTS_MAX) return oa_fail_at(desk->context, OA_IN_FILE(beside), "E_RECORD", "more than %d inputs", OA_JOB_INPUTS_MAX);
        const size_t n = slot->kind == OA_TAKES_SOURCES ? same_role(record, i) : 1;
        i += n;
        if (!expected->file_name[0]) {
            OA_TRY(use_recorded(desk, job, slot, expected, beside, earlier));
            continue;
        }
        oa_loaded *out = &job->loaded[job->n_loaded++];
        oa_choose_rows(desk, job, slot, is_alone(job, record), out);
        if (slot->kind == OA_TAKES_SOURCES) OA_TRY(load_recorded_sources(desk, out, slot, expected, n, beside));
        else OA_TRY(load_recorded(desk, out, slot, expected, beside));
    }
    return OA_OK;
}
