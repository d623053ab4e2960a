/* call.c - oa_call of the public header: one call of one step for C programs and bindings. */
#include "run/call.h"

#include <stdlib.h>
#include <string.h>

#include "run/record_json.h"

enum { INPUTS_MAX = 16 };

oa_status oa_call_new(oa_context *context, oa_call **out, const oa_step *step)
{
    oa_call *call;
    *out = NULL;
    oa_context__clear(context);
    OA_TRY(oa_new(context, &call, 1, sizeof *call));
    call->context = context;
    call->step = step;
    oa_status status = oa_settings_new(context, &call->settings, step->params, step->params_size, step->presets);
    if (status == OA_OK) status = oa_new(context, &call->inputs, INPUTS_MAX, sizeof *call->inputs);
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

static oa_status replace_input(oa_input *slot, const oa_input *input)
{
    const char *role = slot->role;
    *slot = *input;
    slot->role = role;
    return OA_OK;
}

oa_status oa_call__input(oa_call *call, const oa_input *input)
{
    for (const oa_slot *row = call->step->slots; row->name; row++) {
        if (strcmp(row->name, input->role) != 0) continue;
        for (size_t i = 0; i < call->n_inputs; i++)
            if (call->inputs[i].role == row->name) return replace_input(&call->inputs[i], input);
        if (call->n_inputs == INPUTS_MAX) return oa_fail(call->context, "E_USAGE", "more than %d inputs", INPUTS_MAX);
        call->inputs[call->n_inputs] = *input;
        call->inputs[call->n_inputs++].role = row->name;
        return OA_OK;
    }
    return unknown_slot(call, input->role);
}

oa_status oa_call_input_ions(oa_call *call, const char *slot, oa_ions *ions)
{
    oa_context__clear(call->context);
    return oa_call__input(call, &(oa_input){ .role = slot, .ions = ions, .ranges = ions->ranges });
}

oa_status oa_call_run(oa_call *call)
{
    oa_context__clear(call->context);
    oa_values_free(call->values);
    oa_record_free(call->record);
    call->values = NULL;
    call->record = NULL;
    const oa_request request = { .step = call->step, .settings = call->settings, .inputs = call->inputs, .n_inputs = call->n_inputs };
    return oa_run_step(call->context, &request, &call->values, &call->record);
}

size_t oa_call_array_count(const oa_call *call) { return call->values ? call->values->n : 0; }

oa_status oa_call_array(oa_call *call, size_t i, oa_array_view *out)
{
    oa_context__pardon(call->context); /* an old message would hide the new one; the warnings stay */
    if (i >= oa_call_array_count(call)) return oa_fail(call->context, "E_USAGE", "array %zu of %zu", i, oa_call_array_count(call));
    const oa_array *a = &call->values->arrays[i];
    *out = (oa_array_view){ .name = a->name, .type = a->type, .rank = a->rank, .data = a->block->data, .unit = a->unit, .task = a->task };
    memcpy(out->dims, a->dims, sizeof out->dims);
    return OA_OK;
}

oa_ions *oa_call_ions(oa_call *call) { return call->values ? call->values->ions : NULL; }
const char *oa_call_digest(const oa_call *call) { return call->record ? call->record->results_sha256 : ""; }

oa_context *oa_call__context(const oa_call *call) { return call->context; }
oa_record *oa_call__record(const oa_call *call) { return call->record; }
const oa_values *oa_call__values(const oa_call *call) { return call->values; }

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
