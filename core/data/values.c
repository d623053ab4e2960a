/* values.c - result arrays and their digest. */
#include "data/values.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/parallel.h"
#include "base/text.h"
#include "data/model.h"

oa_status oa_values_new(oa_context *context, oa_values **out)
{
    *out = NULL;
    oa_values *values;
    OA_TRY(oa_new(context, &values, 1, sizeof *values));
    values->context = context;
    values->tasks = 1;
    *out = values;
    return OA_OK;
}

static void array_drop(oa_context *context, oa_array *array)
{
    oa_free(context, array->name);
    oa_free(context, array->unit);
    oa_free(context, array->long_name);
    oa_free(context, array->axes);
    oa_block_free(array->block);
}

void oa_values_free(oa_values *values)
{
    if (!values) return;
    for (size_t i = 0; i < values->n; i++) array_drop(values->context, &values->arrays[i]);
    for (int i = 0; values->task_titles && i < values->tasks; i++) oa_free(values->context, values->task_titles[i]);
    oa_free(values->context, values->task_titles);
    oa_free(values->context, values->arrays);
    oa_ions_free(values->ions);
    oa_model_free(values->model);
    oa_free(values->context, values);
}

static oa_status array_fill(oa_context *context, oa_array *array, const char *name, size_t elements)
{
    array->name = oa_strdup(context, name);
    array->unit = oa_strdup(context, "");
    array->long_name = oa_strdup(context, "");
    array->axes = oa_strdup(context, "");
    if (!array->name || !array->unit || !array->long_name || !array->axes) return context->status;
    const size_t size = array->type == OA_TEXT ? 1 : oa_type_size(array->type);
    return oa_block_new(context, &array->block, elements, size);
}

oa_status oa_values_add(oa_values *values, int task, const char *name, oa_type type, int rank, const size_t *dims,
                        oa_array **out)
{
    if (values->n == values->capacity) {
        const size_t capacity = values->capacity ? 2 * values->capacity : 16;
        OA_TRY(oa_resize(values->context, &values->arrays, capacity, sizeof *values->arrays));
        values->capacity = capacity;
    }
    oa_array *array = &values->arrays[values->n];
    *array = (oa_array){ .task = task, .type = type, .rank = rank };
    size_t elements = 1;
    for (int i = 0; i < rank; i++) {
        array->dims[i] = dims[i];
        OA_TRY(oa_size_multiply(values->context, &elements, elements, dims[i]));
    }
    const oa_status status = array_fill(values->context, array, name, elements);
    if (status != OA_OK) {
        array_drop(values->context, array);
        return status;
    }
    values->n++;
    if (out) *out = array;
    return OA_OK;
}

const oa_array *oa_values_find(const oa_values *values, int task, const char *name)
{
    for (size_t i = 0; values && i < values->n; i++)
        if (values->arrays[i].task == task && strcmp(values->arrays[i].name, name) == 0) return &values->arrays[i];
    return NULL;
}

size_t oa_array_count(const oa_array *array)
{
    size_t n = 1;
    for (int i = 0; i < array->rank; i++) n *= array->dims[i];
    return n;
}

size_t oa_array_bytes(const oa_array *array)
{
    if (array->type == OA_TEXT) return strlen(array->block->data);
    return oa_array_count(array) * oa_type_size(array->type);
}

double oa_array_real(const oa_array *array, size_t i)
{
    const void *d = array->block->data;
    switch (array->type) {
    case OA_U8: case OA_BOOL: return ((const uint8_t *)d)[i];
    case OA_U16: return ((const uint16_t *)d)[i];
    case OA_U32: return ((const uint32_t *)d)[i];
    case OA_U64: return (double)((const uint64_t *)d)[i];
    case OA_I8: return ((const int8_t *)d)[i];
    case OA_I32: return ((const int32_t *)d)[i];
    case OA_I64: return (double)((const int64_t *)d)[i];
    case OA_F32: return (double)((const float *)d)[i];
    case OA_F64: return ((const double *)d)[i];
    case OA_TEXT: break;
    }
    return 0;
}

/* ---- digest ---- */

typedef struct array_line {
    const oa_array *array;
    char hex[OA_HEX];
} array_line;

static int by_task_and_name(const void *a, const void *b)
{
    const oa_array *p = ((const array_line *)a)->array, *q = ((const array_line *)b)->array;
    if (p->task != q->task) return p->task < q->task ? -1 : 1;
    return strcmp(p->name, q->name);
}

static oa_status digest_array(void *arg, oa_span span, oa_worker *worker)
{
    array_line *line = (array_line *)arg + span.begin;
    return oa_digest_of(oa_worker_context(worker), line->array->block->data, oa_array_bytes(line->array), line->hex);
}

static void add_line(oa_string *text, const array_line *line)
{
    oa_string_add(text, "array %d %s %s (", line->array->task, line->array->name, oa_type_name(line->array->type));
    for (int i = 0; i < line->array->rank; i++) oa_string_add(text, "%s%zu", i ? "," : "", line->array->dims[i]);
    oa_string_add(text, ") %s\n", line->hex);
}

static oa_status manifest_of(const oa_values *values, const char *head, array_line *lines, char **out)
{
    size_t n = 0;
    for (size_t i = 0; i < values->n; i++)
        if (!values->arrays[i].is_view) lines[n++].array = &values->arrays[i];
    if (n) qsort(lines, n, sizeof *lines, by_task_and_name);
    OA_TRY(oa_parallel(values->context, n, 1, digest_array, lines));
    char ions[OA_HEX];
    if (values->ions) OA_TRY(oa_ions__digest(values->ions, ions));
    oa_string text = { .context = values->context };
    oa_string_add(&text, "%s", head);
    for (size_t i = 0; i < n; i++) add_line(&text, &lines[i]);
    if (values->ions) oa_string_add(&text, "ions %s\n", ions);
    return oa_string_take(&text, out);
}

oa_status oa_values_digest(const oa_values *values, const char *head, char hex[65], char **manifest)
{
    array_line *lines;
    char *text = NULL;
    OA_TRY(oa_new(values->context, &lines, values->n, sizeof *lines));
    oa_status status = manifest_of(values, head, lines, &text);
    oa_free(values->context, lines);
    if (status == OA_OK) status = oa_digest_of(values->context, text, strlen(text), hex);
    if (status == OA_OK && manifest) *manifest = text;
    else oa_free(values->context, text);
    return status;
}
