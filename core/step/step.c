/* step.c - what a step calls while it works. */
#include "step/step.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/model.h"

const oa_input *oa_run_input(const oa_run *run, const char *slot)
{
    for (size_t i = 0; i < run->n_inputs; i++)
        if (strcmp(run->inputs[i].role, slot) == 0) return &run->inputs[i];
    return NULL;
}

oa_status oa_scratch(oa_run *run, void *out, size_t n, size_t size) { return oa_arena_take(&run->arena, out, n, size); }

oa_status oa_run_each_ions(oa_run *run, const char *slot, unsigned columns, oa_ions_fn *fn, void *arg)
{
    const oa_input *input = oa_run_input(run, slot);
    if (!input || !input->ions) return oa_fail(run->context, "E_INTERNAL", "step %s has no ions in slot %s; report this", run->step->name, slot);
    return input->stream ? input->stream->each(input->stream->self, columns, fn, arg) : fn(arg, 0, input->ions);
}

void oa_run_release(const oa_input *input, unsigned needed)
{
    for (int c = 0; input->may_consume && c < OA_ION_COLUMNS; c++) {
        if (needed >> c & 1) continue;
        oa_block_free(input->ions->column[c].block);
        input->ions->column[c].block = NULL;
    }
}

/* Columns of an input nobody else needs have one reference only once the input lets go of them: the step may then
 * work in place. The caller's handle keeps its count and ranges, so records and messages still work. */
oa_status oa_run_take_ions(oa_run *run, const char *slot, oa_ions **out)
{
    const oa_input *input = oa_run_input(run, slot);
    *out = NULL;
    if (!input || !input->ions) return oa_fail(run->context, "E_INTERNAL", "step %s has no ions in slot %s; report this", run->step->name, slot);
    OA_TRY(oa_ions__share(input->ions, out));
    oa_run_release(input, 0);
    return OA_OK;
}

static oa_status other_ions(oa_run *run, const oa_input *selection, uint64_t row, size_t n)
{
    return oa_fail_at(run->context, OA_IN_FILE(selection->file_name), "E_CONTROL", "is about other ions: row %llu of %zu; give a selection of the same ions",
                      (unsigned long long)row, n);
}

/* A selection names rows. */
static oa_status mark_rows(oa_run *run, const oa_input *selection, const oa_array *rows, size_t n, uint8_t *take)
{
    for (size_t k = 0; k < oa_array_count(rows); k++) {
        const double row = oa_array_real(rows, k);
        if (!(row < (double)n)) return other_ions(run, selection, (uint64_t)row, n);
        take[(size_t)row] |= 2;
    }
    return OA_OK;
}

/* The truth of a specimen is matched by evaporation_id, so that a cropped specimen has it too. */
static oa_status mark_truth(oa_run *run, const oa_input *selection, const oa_array *truth, const oa_ions *ions, uint8_t *take)
{
    const size_t n = oa_array_count(truth);
    for (size_t i = 0; i < ions->n; i++) {
        const uint64_t row = oa_ions__evaporation_id(ions, i);
        if (row >= n) return other_ions(run, selection, row, n);
        if (oa_array_real(truth, row) != 0) take[i] |= 2;
    }
    return OA_OK;
}

/* Bit 1 of take: named by the selection. */
static oa_status mark_selection(oa_run *run, const oa_input *selection, const oa_ions *ions, uint8_t *take)
{
    const oa_array *rows = oa_values_find(selection->result, 1, "selected/ion_index");
    const oa_array *truth = oa_values_find(selection->result, 1, "truth/domain");
    if (rows) return mark_rows(run, selection, rows, ions->n, take);
    if (truth) return mark_truth(run, selection, truth, ions, take);
    return oa_fail_at(run->context, OA_IN_FILE(selection->file_name), "E_INPUT_KIND",
                      "selects no ions; give a result with selected/ion_index, or a synthesised specimen with truth/domain");
}

oa_status oa_run_mark(oa_run *run, const oa_input *input, uint8_t *take)
{
    const size_t n = input->ions->n;
    memset(take, input->has_selection ? 0 : 1, n);
    for (size_t k = 0; input->has_selection && k < input->n_index; k++) take[input->index[k]] = 1;
    const oa_input *selection = oa_run_input(run, "selection");
    if (!selection || strcmp(input->role, run->step->slots[0].name) != 0) return OA_OK;
    OA_TRY(mark_selection(run, selection, input->ions, take));
    for (size_t i = 0; i < n; i++) take[i] = take[i] == 3;
    return OA_OK;
}

oa_status oa_run_task(oa_run *run, int task, const char *title)
{
    oa_values *out = run->out;
    if (task > out->tasks || !out->task_titles) {
        const int tasks = task > out->tasks ? task : out->tasks;
        OA_TRY(oa_resize(run->context, &out->task_titles, (size_t)tasks, sizeof *out->task_titles));
        out->tasks = tasks;
    }
    char *copy = oa_strdup(run->context, title);
    if (!copy) return run->context->status;
    oa_free(run->context, out->task_titles[task - 1]);
    out->task_titles[task - 1] = copy;
    run->task = task;
    return OA_OK;
}

/* "weights/" + any word matches the row "weights/" + '*'. */
static const oa_output *find_output(const oa_run *run, const char *name)
{
    for (const oa_output *row = run->step->outputs; row->name; row++) {
        const size_t n = strlen(row->name);
        if (strcmp(row->name, name) == 0) return row;
        if (row->name[n - 1] == '*' && strncmp(row->name, name, n - 1) == 0) return row;
    }
    return NULL;
}

static oa_status replace(oa_context *context, char **field, const char *text)
{
    char *copy = oa_strdup(context, text);
    if (!copy) return context->status;
    oa_free(context, *field);
    *field = copy;
    return OA_OK;
}

static oa_status put(oa_run *run, const char *name, int rank, const size_t *dims, oa_type type, oa_array **out)
{
    const oa_output *row = find_output(run, name);
    if (!row || (type != OA_TEXT && row->type != type))
        return oa_fail(run->context, "E_INTERNAL", "step %s puts %s as %s, which its table does not declare; report this",
                       run->step->name, name, oa_type_name(type));
    OA_TRY(oa_values_add(run->out, run->task, name, type, rank, dims, out));
    (*out)->is_plot = row->is_plot;
    (*out)->is_view = row->is_view;
    (*out)->row = row;
    if (row->axes) OA_TRY(replace(run->context, &(*out)->axes, row->axes));
    return row->unit ? replace(run->context, &(*out)->unit, row->unit) : OA_OK;
}

oa_status oa_put_array(oa_run *run, const char *name, int rank, const size_t *dims, void *data_out)
{
    const oa_output *row = find_output(run, name);
    oa_array *array;
    OA_TRY(put(run, name, rank, dims, row ? row->type : OA_F64, &array));
    memcpy(data_out, &array->block->data, sizeof(void *));
    return OA_OK;
}

oa_status oa_put_same(oa_run *run, size_t index)
{
    const size_t none[5] = { 0 };
    oa_array *copy;
    OA_TRY(put(run, run->out->arrays[index].name, run->out->arrays[index].rank, none, run->out->arrays[index].type, &copy));
    const oa_array *from = &run->out->arrays[index]; /* the list may have moved */
    memcpy(copy->dims, from->dims, sizeof copy->dims);
    oa_block_free(copy->block);
    copy->block = oa_block_share(from->block);
    OA_TRY(replace(run->context, &copy->axes, from->axes));
    return replace(run->context, &copy->long_name, from->long_name);
}

static oa_array *find_put(oa_run *run, const char *name)
{
    for (size_t i = 0; i < run->out->n; i++) {
        oa_array *array = &run->out->arrays[i];
        if (array->task == run->task && strcmp(array->name, name) == 0) return array;
    }
    return NULL;
}

oa_status oa_put_long_name(oa_run *run, const char *name, const char *text)
{
    oa_array *array = find_put(run, name);
    if (array) return replace(run->context, &array->long_name, text);
    return oa_fail(run->context, "E_INTERNAL", "step %s names %s before it puts it; report this", run->step->name, name);
}

oa_status oa_put_axes(oa_run *run, const char *name, const char *axes)
{
    oa_array *array = find_put(run, name);
    if (array) return replace(run->context, &array->axes, axes);
    return oa_fail(run->context, "E_INTERNAL", "step %s gives %s axes before it puts it; report this", run->step->name, name);
}

static oa_status put_scalar(oa_run *run, const char *name, oa_type type, const void *value)
{
    oa_array *array;
    OA_TRY(put(run, name, 0, NULL, type, &array));
    memcpy(array->block->data, value, oa_type_size(type));
    return OA_OK;
}

oa_status oa_put_real(oa_run *run, const char *name, double value) { return put_scalar(run, name, OA_F64, &value); }
oa_status oa_put_count(oa_run *run, const char *name, uint64_t value) { return put_scalar(run, name, OA_U64, &value); }

oa_status oa_put_bool(oa_run *run, const char *name, bool value)
{
    const uint8_t byte = value;
    return put_scalar(run, name, OA_BOOL, &byte);
}

oa_status oa_put_text(oa_run *run, const char *name, const char *text)
{
    const oa_output *row = find_output(run, name);
    if (!row || row->type != OA_TEXT) return oa_fail(run->context, "E_INTERNAL", "step %s: %s is no text; report this", run->step->name, name);
    oa_array *array;
    OA_TRY(put(run, name, 0, NULL, OA_TEXT, &array));
    oa_block *block;
    OA_TRY(oa_block_new(run->context, &block, strlen(text) + 1, 1));
    memcpy(block->data, text, strlen(text));
    oa_block_free(array->block);
    array->block = block;
    return OA_OK;
}

oa_status oa_put_ions(oa_run *run, oa_ions *ions)
{
    oa_ions_free(run->out->ions);
    run->out->ions = ions;
    return OA_OK;
}

oa_status oa_put_model(oa_run *run, oa_model *model)
{
    oa_model_free(run->out->model);
    run->out->model = model;
    return oa_model_to_values(model, run->out);
}

void oa_note(oa_run *run, const char *code, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    oa_warn(run->context, code, "%s", text);
}

oa_status oa_run_check_types(oa_run *run, const oa_ions *ions)
{
    if (ions->ranges && oa_ions__data(ions, OA_TYPE)) return OA_OK;
    return oa_fail(run->context, "E_NOT_RANGED", "the ions have no types, so no species can be told; run range with a range file first");
}
