/* call.c - oa_call of the public header: one call of one step for C programs and bindings. */
#include "run/call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/record_json.h"

oa_status oa_call_new(oa_context *context, oa_call **out, const oa_step *step)
{
    oa_call *call;
    *out = NULL;
    oa_context__clear(context);
    OA_TRY(oa_new(context, &call, 1, sizeof *call));
    call->context = context;
    call->step = step;
    oa_status status = oa_settings_new(context, &call->settings, step->params, step->params_size, step->presets);
    if (status == OA_OK) status = oa_new(context, &call->inputs, OA_CALL_INPUTS_MAX, sizeof *call->inputs);
    if (status == OA_OK) status = oa_new(context, &call->held, OA_CALL_INPUTS_MAX, sizeof *call->held);
    if (status != OA_OK) {
        oa_call_free(call);
        return status;
    }
    *out = call;
    return OA_OK;
}

void oa_call_free(oa_call *call)
{
    if (!call) return;
    oa_values_free(call->values);
    oa_record_free(call->record);
    oa_settings_free(call->settings);
    for (size_t i = 0; call->held && i < call->n_inputs; i++) oa_ions_free(call->held[i]);
    for (size_t i = 0; i < call->n_said; i++) oa_free(call->context, call->said[i].text);
    if (call->drop_files) call->drop_files(call);
    oa_free(call->context, call->held);
    oa_free(call->context, call->inputs);
    oa_free(call->context, call);
}

oa_status oa_call_set(oa_call *call, const char *parameter, const char *text)
{
    oa_context__clear(call->context);
    return oa_settings_set(call->settings, parameter, text);
}

static oa_status unknown_slot(oa_call *call, const char *slot)
{
    return oa_fail(call->context, "E_OPTION_UNKNOWN", "step %s has no slot '%s'; oa_describe lists them", call->step->name, slot);
}

/* Ions of another context get a handle in this one: its threads and messages must not be those of another caller. */
static oa_status hold_ions(oa_call *call, size_t i)
{
    oa_ions *own = NULL;
    oa_input *input = &call->inputs[i];
    if (input->ions && input->ions->context != call->context) OA_TRY(oa_ions__share_in(call->context, input->ions, &own));
    oa_ions_free(call->held[i]);
    call->held[i] = own;
    if (own) input->ions = own;
    return OA_OK;
}

static oa_status fill_slot(oa_call *call, size_t i, const oa_input *input, const char *role)
{
    call->inputs[i] = *input;
    call->inputs[i].role = role;
    return hold_ions(call, i);
}

oa_status oa_call__input(oa_call *call, const oa_input *input)
{
    for (const oa_slot *row = call->step->slots; row->name; row++) {
        if (strcmp(row->name, input->role) != 0) continue;
        for (size_t i = 0; i < call->n_inputs; i++)
            if (call->inputs[i].role == row->name) return fill_slot(call, i, input, row->name);
        if (call->n_inputs == OA_CALL_INPUTS_MAX) return oa_fail(call->context, "E_USAGE", "more than %d inputs", OA_CALL_INPUTS_MAX);
        return fill_slot(call, call->n_inputs++, input, row->name);
    }
    return unknown_slot(call, input->role);
}

static const oa_slot *find_slot(const oa_call *call, const char *name)
{
    for (const oa_slot *slot = call->step->slots; slot->name; slot++)
        if (strcmp(slot->name, name) == 0) return slot;
    return NULL;
}

static bool takes_ions(const oa_slot *slot) { return slot->kind == OA_TAKES_IONS || slot->kind == OA_TAKES_SELECTION; }

oa_status oa_call_input_ions(oa_call *call, const char *name, oa_ions *ions)
{
    oa_context__clear(call->context);
    const oa_slot *slot = find_slot(call, name);
    if (!slot) return unknown_slot(call, name);
    if (!takes_ions(slot) && slot->kind != OA_TAKES_RANGES) return oa_fail(call->context, "E_INPUT_KIND", "%s takes no ions; give a result or a file", name);
    OA_TRY(oa_ions__check(call->context, ions));
    oa_input input = { .role = name, .ions = slot->kind == OA_TAKES_RANGES ? NULL : ions, .ranges = ions->ranges };
    const oa_ions_source *source = ions->source;
    if (source && takes_ions(slot) && !(source->is_selection && slot->kind == OA_TAKES_SELECTION)) {
        input.file_name = source->file_name;
        input.sha256 = source->sha256;
        input.content_sha256 = source->content;
        input.entry = source->entry;
        input.subentry = source->subentry;
    }
    return oa_call__input(call, &input);
}

/* ---- the result of an earlier call ---- */

/* The ions that the indices of its results refer to. */
static oa_ions *ions_behind(const oa_call *call)
{
    for (size_t i = 0; i < call->n_inputs; i++)
        if (call->inputs[i].ions) return call->inputs[i].ions;
    return NULL;
}

static void use_selection(oa_input *input, const oa_values *values)
{
    const oa_array *index = oa_values_find(values, 1, "selected/ion_index");
    if (!index || index->type != OA_U64) return;
    input->has_selection = true;
    input->index = index->block->data;
    input->n_index = oa_array_count(index);
}

static oa_status make_again(void *self, oa_run *run, oa_ions *shuffled, oa_values **out)
{
    oa_call *earlier = self;
    const oa_request request = { .step = earlier->step, .settings = earlier->settings, .inputs = earlier->inputs, .n_inputs = earlier->n_inputs,
                                 .libraries = earlier->libraries };
    return oa_run_again(run, &request, shuffled, out);
}

static oa_status check_earlier(oa_call *call, const oa_slot *slot, const oa_call *earlier, const oa_ions *ions)
{
    if (!earlier->record) return oa_fail(call->context, "E_USAGE", "%s has no result yet; run it before %s takes it", earlier->step->name, slot->name);
    if (earlier == call) return oa_fail(call->context, "E_USAGE", "a call cannot take its own result");
    if (takes_ions(slot) && !ions) return oa_fail(call->context, "E_INPUT_KIND", "%s has no ions, which %s takes", earlier->record->name, slot->name);
    if (slot->kind == OA_TAKES_MODEL && !earlier->values->model) return oa_fail(call->context, "E_MODEL", "%s gives no model", earlier->record->name);
    if (slot->kind == OA_TAKES_RANGES && !(ions && ions->ranges)) return oa_fail(call->context, "E_INPUT_KIND", "%s has no ranges, which %s takes", earlier->record->name, slot->name);
    if (slot->kind == OA_TAKES_SOURCES || slot->kind == OA_TAKES_METADATA) return oa_fail(call->context, "E_INPUT_KIND", "%s takes files alone", slot->name);
    return OA_OK;
}

oa_status oa_call_input_call(oa_call *call, const char *name, oa_call *earlier)
{
    oa_context__clear(call->context);
    const oa_slot *slot = find_slot(call, name);
    if (!slot) return unknown_slot(call, name);
    oa_ions *own = earlier->values ? earlier->values->ions : NULL, *ions = own ? own : ions_behind(earlier);
    OA_TRY(check_earlier(call, slot, earlier, ions));
    const bool is_ranges = slot->kind == OA_TAKES_RANGES;
    oa_input input = { .role = name, .ions = is_ranges ? NULL : ions, .ranges = ions ? ions->ranges : NULL, .model = earlier->values->model,
                       .result = earlier->values, .result_step = earlier->step->name, .file_name = earlier->file_name, .sha256 = earlier->sha256,
                       .content_sha256 = earlier->record->results_sha256, .entry = earlier->record->identifier, .subentry = earlier->record->name };
    if (slot->kind == OA_TAKES_SELECTION) use_selection(&input, earlier->values);
    const oa_slot *first = earlier->step->slots;
    if (input.has_selection && !own && first->name && first->kind == OA_TAKES_IONS) input.maker = (oa_maker){ make_again, earlier, earlier->step->skips_unranged };
    return oa_call__input(call, &input);
}

/* ---- running ---- */

oa_status oa_call__keep_warnings(oa_call *call)
{
    for (size_t i = 0; i < oa_warning_count(call->context) && call->n_said < OA_WARNINGS_MAX; i++) {
        const size_t n = call->n_said;
        snprintf(call->said[n].code, sizeof call->said[n].code, "%s", oa_warning_code(call->context, i));
        call->said[n].text = oa_strdup(call->context, oa_warning_text(call->context, i));
        if (!call->said[n].text) return call->context->status;
        call->n_said++;
    }
    return OA_OK;
}

oa_status oa_call_check(oa_call *call)
{
    oa_context__clear(call->context);
    return call->step->check ? call->step->check(call->context, call->settings->values) : OA_OK;
}

oa_status oa_call_run(oa_call *call)
{
    oa_context__clear(call->context);
    for (size_t i = 0; i < call->n_said; i++) oa_warn(call->context, call->said[i].code, "%s", call->said[i].text);
    oa_values_free(call->values);
    oa_record_free(call->record);
    call->values = NULL;
    call->record = NULL;
    call->file_name[0] = call->sha256[0] = 0;
    const oa_request request = { .step = call->step, .settings = call->settings, .inputs = call->inputs, .n_inputs = call->n_inputs,
                                 .libraries = call->libraries, .sink = call->sink };
    return oa_run_step(call->context, &request, &call->values, &call->record);
}

size_t oa_call_array_count(const oa_call *call) { return call->values ? call->values->n : 0; }

oa_status oa_call_array(oa_call *call, size_t i, oa_array_view *out)
{
    oa_context__pardon(call->context); /* an old message would hide the new one; the warnings stay */
    if (i >= oa_call_array_count(call)) return oa_fail(call->context, "E_USAGE", "array %zu of %zu", i, oa_call_array_count(call));
    const oa_array *a = &call->values->arrays[i];
    *out = (oa_array_view){ .name = a->name, .type = a->type, .rank = a->rank, .data = a->block->data, .unit = a->unit, .task = a->task,
                            .long_name = a->long_name, .axes = a->axes };
    memcpy(out->dims, a->dims, sizeof out->dims);
    return OA_OK;
}

int oa_call_task_count(oa_call *call) { return call->values ? call->values->tasks : 0; }

const char *oa_call_task_title(oa_call *call, int task)
{
    if (task < 1 || task > oa_call_task_count(call)) return NULL;
    const char *title = call->values->task_titles ? call->values->task_titles[task - 1] : NULL;
    return title ? title : "";
}

oa_ions *oa_call_ions(oa_call *call) { return call->values ? call->values->ions : NULL; }
const char *oa_call_digest(const oa_call *call) { return call->record ? call->record->results_sha256 : ""; }

oa_status oa_call_record(oa_call *call, char **out)
{
    *out = NULL;
    oa_context__pardon(call->context);
    if (!call->record) return oa_fail(call->context, "E_USAGE", "there is no record before oa_call_run succeeded");
    json_t *json = oa_record_json(call->record, call->values);
    *out = json_dumps(json, JSON_INDENT(1));
    json_decref(json);
    return *out ? OA_OK : oa_fail(call->context, "E_MEMORY", "no memory for the record; give more memory");
}
