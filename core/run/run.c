/* run.c - the runner. A step gets constant parameters and cannot reach the record. */
#include "run/run.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static oa_status check_slots(oa_context *context, const oa_request *request)
{
    for (const oa_slot *slot = request->step->slots; slot->name; slot++) {
        bool is_filled = false;
        for (size_t i = 0; i < request->n_inputs; i++) is_filled = is_filled || strcmp(request->inputs[i].role, slot->name) == 0;
        if (is_filled || slot->is_optional) continue;
        return oa_fail(context, "E_SLOT_MISSING", "%s needs %s (%s); give it as %s%s", request->step->name, slot->name, slot->help,
                       slot == request->step->slots ? "the main input" : "--", slot == request->step->slots ? "" : slot->name);
    }
    return OA_OK;
}

static uint64_t memory_here(const oa_context *context)
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    const uint64_t all = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : UINT64_MAX, most = context->limits.memory;
    return most && most < all ? most : all;
}

static oa_run make_run(oa_context *context, const oa_request *request)
{
    return (oa_run){ .context = context, .step = request->step, .inputs = request->inputs, .n_inputs = request->n_inputs,
                     .task = 1, .arena = { .context = context }, .sink = request->sink,
                     .slab = request->slab ? request->slab : 1, .slabs = request->slabs ? request->slabs : 1 };
}

static uint64_t ions_bytes(const oa_request *request)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < request->n_inputs; i++) {
        const oa_ions *ions = request->inputs[i].ions;
        for (int c = 0; ions && c < OA_ION_COLUMNS; c++)
            if (ions->column[c].block) bytes += ions->column[c].block->bytes;
    }
    return bytes;
}

oa_status oa_run_check(oa_context *context, const oa_request *request, uint64_t *bytes)
{
    const oa_step *step = request->step;
    OA_TRY(check_slots(context, request));
    if (step->check) OA_TRY(step->check(context, request->settings->values));
    if (request->slabs >= 1 && (!step->has_slabs || request->slab < 1 || request->slab > request->slabs))
        return oa_fail_at(context, OA_IN_PARAMETER("slab"), "E_SLAB", step->has_slabs
                          ? "slab %d/%d; give k/n with k from 1 to n" : "slab %d/%d, but %s cannot be split; leave --slab out",
                          request->slab, request->slabs, step->name);
    const oa_run run = make_run(context, request);
    const uint64_t held = ions_bytes(request);
    *bytes = step->memory ? step->memory(&run, request->settings->values) : 2 * held;
    const uint64_t most = memory_here(context);
    if (*bytes > most)
        return oa_fail(context, "E_MEMORY", "%s would need about %llu MB, %s %llu MB; use %s or another machine", step->name, (unsigned long long)(*bytes >> 20),
                       most == context->limits.memory ? "--max-memory allows" : "this machine has", (unsigned long long)(most >> 20),
                       step->has_slabs ? "--slab, a smaller region" : "smaller parameters or inputs");
    return OA_OK;
}

/* A step must give what its table promises: the tables are what files, forms and bindings are made from. */
static oa_status check_outputs(oa_context *context, const oa_step *step, const oa_values *out)
{
    for (const oa_output *row = step->outputs; row->name; row++) {
        if (row->is_optional || strchr(row->name, '*')) continue;
        const bool is_there = strcmp(row->name, "ions") == 0 ? out->ions != NULL
                            : strcmp(row->name, "model") == 0 ? out->model != NULL
                                                              : oa_values_find(out, 1, row->name) != NULL;
        if (!is_there) return oa_fail(context, "E_INTERNAL", "step %s did not give %s; report this", step->name, row->name);
    }
    return OA_OK;
}

/* ---- the record ---- */

static oa_status record_params(oa_record *record, const oa_settings *settings)
{
    for (size_t i = 0; i < settings->n; i++) {
        const oa_param *row = &settings->table[i];
        char *text;
        OA_TRY(oa_settings_text(settings, i, &text));
        const oa_status status = oa_record_add_param(record, row->name, row->unit, text, row->kind, settings->origin[i]);
        oa_free(settings->context, text); /* which is another where a call repeats one of elsewhere */
        OA_TRY(status);
        if (strcmp(row->name, "seed") == 0 && row->kind == OA_INT) {
            record->has_seed = true;
            record->seed = (uint64_t)oa_settings_int(settings, i);
        }
    }
    return OA_OK;
}

static oa_status record_input(oa_record *record, const char *role, const char *file, const char *sha256, const char *content,
                              const oa_input *from)
{
    oa_input_record row = { .role = (char *)role, .file_name = (char *)file, .entry = (char *)from->entry,
                            .subentry = (char *)from->subentry };
    snprintf(row.sha256, sizeof row.sha256, "%s", sha256 ? sha256 : "");
    snprintf(row.content, sizeof row.content, "%s", content ? content : "");
    return oa_record_add_input(record, &row);
}

static oa_status record_inputs(oa_record *record, const oa_request *request)
{
    for (size_t i = 0; i < request->n_inputs; i++) {
        const oa_input *input = &request->inputs[i];
        char own[OA_HEX] = "";
        for (size_t k = 0; k < input->n_sources; k++)
            OA_TRY(record_input(record, input->role, input->sources[k].name, input->sources[k].sha256, input->sources[k].sha256, input));
        if (input->n_sources) continue;
        if (!input->content_sha256 && input->ions) OA_TRY(oa_ions__digest(input->ions, own));
        OA_TRY(record_input(record, input->role, input->file_name, input->sha256,
                            input->content_sha256 ? input->content_sha256 : own, input));
    }
    return OA_OK;
}

static oa_status record_warnings(oa_record *record, const oa_context *context)
{
    for (size_t i = 0; i < context->n_warnings; i++)
        OA_TRY(oa_record_add_warning(record, context->warnings[i].code, context->warnings[i].text));
    return OA_OK;
}

static oa_status record_start(oa_context *context, const oa_request *request, oa_record **out)
{
    OA_TRY(oa_record_new(context, out));
    oa_record *r = *out;
    char version[96];
    snprintf(version, sizeof version, "%s+g%s", oa_version(), oa_commit());
    oa_uuid_text(r->identifier);
    oa_time_text(r->start_time);
    r->version = request->step->version;
    r->threads = context->threads;
    OA_TRY(oa_record_set(r, &r->name, request->name ? request->name : request->step->name));
    OA_TRY(oa_record_set(r, &r->step, request->step->name));
    OA_TRY(oa_record_set(r, &r->title, request->step->title));
    OA_TRY(oa_record_set(r, &r->program_version, version));
    OA_TRY(oa_record_set(r, &r->commit, oa_commit()));
    OA_TRY(oa_record_set(r, &r->compiler, oa_compiler()));
    OA_TRY(oa_record_set(r, &r->kernel, oa_kernel(context)));
    OA_TRY(oa_record_set(r, &r->blas, oa_blas()));
    OA_TRY(oa_record_set(r, &r->libraries, request->libraries));
    if (request->slabs >= 1) {
        char slab[48];
        snprintf(slab, sizeof slab, "%d/%d", request->slab, request->slabs);
        OA_TRY(oa_record_set(r, &r->slab, slab));
    }
    OA_TRY(record_params(r, request->settings));
    return record_inputs(r, request); /* before the step: it may consume its ions */
}

static oa_status record_end(oa_record *record, const oa_values *out, double started)
{
    char *head, *manifest = NULL;
    OA_TRY(oa_record_head(record, &head));
    oa_status status = oa_values_digest(out, head, record->results_sha256, &manifest);
    oa_free(record->context, head);
    if (status == OA_OK) status = oa_record_set(record, &record->manifest, manifest);
    oa_free(record->context, manifest);
    OA_TRY(status);
    OA_TRY(record_warnings(record, record->context));
    OA_TRY(oa_record_set(record, &record->status, "success"));
    oa_time_text(record->end_time);
    record->elapsed_s = oa_seconds() - started;
    return OA_OK;
}

static oa_status compute(oa_run *run, const oa_request *request)
{
    const void *params = request->settings->values;
    oa_phase(run->context, "compute");
    if (!request->joined) OA_TRY(request->step->run(run, params));
    const bool is_part = request->slabs >= 1;
    if (!is_part && request->step->finish) OA_TRY(request->step->finish(run, params));
    OA_TRY(oa_check_cancelled(run->context));
    return is_part ? OA_OK : check_outputs(run->context, request->step, run->out);
}

static oa_status run_and_record(oa_context *context, const oa_request *request, oa_values *out, oa_record **record)
{
    const double started = oa_seconds();
    uint64_t bytes;
    OA_TRY(oa_run_check(context, request, &bytes));
    OA_TRY(record_start(context, request, record));
    oa_run run = make_run(context, request);
    run.out = out;
    const oa_status status = compute(&run, request);
    oa_arena_drop(&run.arena);
    OA_TRY(status);
    return record_end(*record, out, started);
}

oa_status oa_run_step(oa_context *context, const oa_request *request, oa_values **out, oa_record **record)
{
    oa_values *values = request->joined;
    *out = NULL;
    *record = NULL;
    if (!values) OA_TRY(oa_values_new(context, &values));
    const oa_status status = run_and_record(context, request, values, record);
    if (status == OA_OK) {
        *out = values;
        return OA_OK;
    }
    oa_values_free(values);
    oa_record_free(*record);
    *record = NULL;
    return status;
}

enum { INPUTS_MAX = 17 };

oa_status oa_run_again(oa_run *run, const oa_request *request, oa_ions *shuffled, oa_values **out)
{
    oa_input inputs[INPUTS_MAX];
    oa_request again = *request;
    oa_record *record;
    size_t n = 1;
    inputs[0] = (oa_input){ .role = request->step->slots->name, .ions = shuffled, .ranges = shuffled->ranges, .file_name = "", .sha256 = "",
                            .content_sha256 = "", .entry = "", .subentry = "" };
    for (size_t i = 0; i < request->n_inputs && n < INPUTS_MAX; i++)
        if (strcmp(request->inputs[i].role, inputs[0].role) != 0) inputs[n++] = request->inputs[i];
    again.inputs = inputs;
    again.n_inputs = n;
    const size_t said = oa_warning_count(run->context);
    OA_TRY(oa_run_step(run->context, &again, out, &record));
    oa_context__unwarn(run->context, said);
    oa_record_free(record);
    return OA_OK;
}
