/* word_merge.c - `ordapt merge`: the slabs of one step become the result of one run, with the same digest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cli.h"

enum { PARTS_MAX = 4096 };

typedef struct part {
    const char *path;
    oa_record *record;
    oa_values *values;
    int k, n;
} part;

static bool is_equal(const oa_array *a, const oa_array *b)
{
    if (a->task == b->task || a->type != b->type || a->rank == 0 || a->rank != b->rank || strcmp(a->name, b->name) != 0) return false;
    for (int d = 0; d < a->rank; d++)
        if (a->dims[d] != b->dims[d]) return false;
    return oa_array_bytes(a) > 0 && memcmp(a->block->data, b->block->data, oa_array_bytes(a)) == 0;
}

/* Results that a step put once for several tasks come back from the file as copies; here they are one again. */
static void share_equal(oa_values *values)
{
    for (size_t i = 1; i < values->n; i++)
        for (size_t k = 0; k < i; k++) {
            oa_array *a = &values->arrays[i];
            if (!is_equal(&values->arrays[k], a)) continue;
            oa_block_free(a->block);
            a->block = oa_block_share(values->arrays[k].block);
            break;
        }
}

static oa_status read_part(oa_cli *cli, part *p)
{
    oa_h5 h5;
    char *entry = NULL, **names = NULL;
    size_t n = 0;
    OA_TRY(oa_h5_open(cli->context, p->path, &h5));
    oa_status status = oa_nexus_entry(&h5, &entry);
    if (status == OA_OK) status = oa_nexus_subentries(&h5, entry, &names, &n);
    if (status == OA_OK && n != 1) status = oa_fail_at(cli->context, OA_IN_FILE(p->path), "E_SLABS", "holds %zu results; a slab has one", n);
    if (status == OA_OK) status = oa_nexus_record(&h5, entry, names[0], &p->record);
    if (status == OA_OK) status = oa_nexus_values(&h5, entry, p->record, &p->values);
    if (status == OA_OK) status = oa_record_check(p->record, p->values);
    oa_h5_names_free(&h5, names, n);
    oa_free(cli->context, entry);
    oa_h5_close(&h5);
    OA_TRY(status);
    if (!oa_slab_parse(p->record->slab, &p->k, &p->n))
        return oa_fail_at(cli->context, OA_IN_FILE(p->path), "E_SLABS", "is no slab; make slabs with --slab k/n");
    share_equal(p->values);
    return OA_OK;
}

static int by_k(const void *a, const void *b)
{
    const int x = ((const part *)a)->k, y = ((const part *)b)->k;
    return (x > y) - (x < y);
}

/* Everything but the number of the slab must be the same: the heads of the manifests, their last line left out. */
static bool same_head(const part *a, const part *b)
{
    const char *x = strstr(a->record->manifest, "\nslab "), *y = strstr(b->record->manifest, "\nslab ");
    const size_t n = x ? (size_t)(x - a->record->manifest) : 0, m = y ? (size_t)(y - b->record->manifest) : 0;
    return n && n == m && memcmp(a->record->manifest, b->record->manifest, n) == 0;
}

static oa_status check_parts(oa_cli *cli, part *parts, size_t n)
{
    qsort(parts, n, sizeof *parts, by_k);
    for (size_t i = 0; i < n; i++) {
        if (!same_head(&parts[0], &parts[i]))
            return oa_fail_at(cli->context, OA_IN_FILE(parts[i].path), "E_SLABS", "has another step, other parameters or other inputs than %s; give the slabs of one run",
                              oa_base_name(parts[0].path));
        if (parts[i].n != (int)n || parts[i].k != (int)i + 1)
            return oa_fail_at(cli->context, OA_IN_FILE(parts[i].path), "E_SLABS", "is slab %s where %zu/%zu was expected; give each of the slabs once",
                              parts[i].record->slab, i + 1, n);
    }
    return OA_OK;
}

/* What was joined is needed no more: the arrays of all parts and the joined ones are never in memory together. */
static void drop_rows(const part *from, const oa_array *like)
{
    for (size_t i = 0; i < from->values->n; i++) {
        oa_array *a = &from->values->arrays[i];
        if (a->task != like->task || strcmp(a->name, like->name) != 0) continue;
        oa_block_free(a->block);
        a->block = NULL;
    }
}

/* The first task that has the same rows in all parts: the array's own, or that of an earlier class of the same species. */
static int find_source(const part *parts, size_t n, const oa_array *array)
{
    for (int task = 1; task < array->task; task++) {
        size_t i = 0;
        for (; i < n; i++) {
            const oa_array *a = oa_values_find(parts[i].values, array->task, array->name), *b = oa_values_find(parts[i].values, task, array->name);
            if (!a || !b || (a->block != b->block && oa_array_bytes(a) + oa_array_bytes(b) > 0)) break; /* a slab may have no layers */
        }
        if (i == n) return task;
    }
    return array->task;
}

/* Rows of the first dimension, one part after the other. */
static oa_status join_rows(oa_cli *cli, const part *parts, size_t n, const oa_array *first, oa_values *out)
{
    size_t dims[5], bytes = 0;
    oa_array *joined;
    memcpy(dims, first->dims, sizeof dims);
    dims[0] = 0;
    for (size_t i = 0; i < n; i++) {
        const oa_array *a = oa_values_find(parts[i].values, first->task, first->name);
        if (!a || a->type != first->type || a->rank != first->rank || a->rank == 0)
            return oa_fail_at(cli->context, OA_IN_FILE(parts[i].path), "E_SLABS", "%s is missing or of another kind", first->name);
        for (int d = 1; d < a->rank; d++)
            if (a->dims[d] != dims[d]) return oa_fail_at(cli->context, OA_IN_FILE(parts[i].path), "E_SLABS", "%s has another shape", first->name);
        dims[0] += a->dims[0];
    }
    OA_TRY(oa_values_add(out, first->task, first->name, first->type, first->rank, dims, &joined));
    for (size_t i = 0; i < n; i++) {
        const oa_array *a = oa_values_find(parts[i].values, first->task, first->name);
        memcpy((char *)joined->block->data + bytes, a->block->data, oa_array_bytes(a));
        bytes += oa_array_bytes(a);
        drop_rows(&parts[i], first);
    }
    return OA_OK;
}

static oa_status copy_array(const oa_array *from, int task, oa_values *out)
{
    const oa_array like = *from; /* the list may move */
    const size_t none[5] = { 0 };
    oa_array *copy;
    OA_TRY(oa_values_add(out, task, like.name, like.type, like.rank, none, &copy));
    memcpy(copy->dims, like.dims, sizeof copy->dims);
    oa_block_free(copy->block);
    copy->block = oa_block_share(like.block);
    return OA_OK;
}

static const oa_output *output_row(const oa_step *step, const char *name)
{
    for (const oa_output *row = step->outputs; row->name; row++)
        if (strcmp(row->name, name) == 0) return row;
    return NULL;
}

static bool is_split(const oa_step *step, const oa_array *array)
{
    const oa_output *row = output_row(step, array->name);
    return row && row->is_split;
}

static oa_status dress(oa_context *context, oa_array *array, const oa_output *row, const oa_array *like)
{
    array->is_plot = row->is_plot;
    array->is_view = row->is_view;
    array->row = row;
    oa_free(context, array->unit);
    oa_free(context, array->long_name);
    oa_free(context, array->axes);
    array->unit = oa_strdup(context, row->unit ? row->unit : "");
    array->long_name = oa_strdup(context, like->long_name);
    array->axes = oa_strdup(context, like->axes);
    return array->unit && array->long_name && array->axes ? OA_OK : context->status;
}

/* Rows that an earlier task has too are joined once. */
static oa_status join_array(oa_cli *cli, const oa_step *step, const part *parts, size_t n, const oa_array *a, int source, oa_values *out)
{
    const oa_output *row = output_row(step, a->name);
    if (!row) return OA_OK;
    if (!row->is_split) OA_TRY(copy_array(a, a->task, out));
    else if (source == a->task) OA_TRY(join_rows(cli, parts, n, a, out));
    else OA_TRY(copy_array(oa_values_find(out, source, a->name), a->task, out));
    return dress(cli->context, &out->arrays[out->n - 1], row, a);
}

static oa_status join(oa_cli *cli, const oa_step *step, const part *parts, size_t n, oa_values *out)
{
    const oa_values *first = parts[0].values;
    OA_TRY(oa_new(cli->context, &out->task_titles, (size_t)first->tasks, sizeof *out->task_titles));
    out->tasks = first->tasks;
    for (int t = 0; t < first->tasks; t++)
        if (!(out->task_titles[t] = oa_strdup(cli->context, first->task_titles && first->task_titles[t] ? first->task_titles[t] : ""))) return cli->context->status;
    int *source; /* asked before any rows are dropped */
    OA_TRY(oa_new(cli->context, &source, first->n, sizeof *source));
    for (size_t i = 0; i < first->n; i++) source[i] = find_source(parts, n, &first->arrays[i]);
    for (size_t i = 0; i < first->n; i++)
        for (size_t k = 0; source[i] != first->arrays[i].task && is_split(step, &first->arrays[i]) && k < n; k++) drop_rows(&parts[k], &first->arrays[i]);
    oa_status status = OA_OK;
    for (size_t i = 0; status == OA_OK && i < first->n; i++) status = join_array(cli, step, parts, n, &first->arrays[i], source[i], out);
    oa_free(cli->context, source);
    return status;
}

static oa_status merge(oa_cli *cli, part *parts, size_t n, oa_job *job)
{
    for (size_t i = 0; i < n; i++) OA_TRY(read_part(cli, &parts[i]));
    OA_TRY(check_parts(cli, parts, n));
    OA_TRY(oa_job_restore(&cli->desk, job, parts[0].record));
    job->slab = job->slabs = 0;
    job->is_merge = true;
    OA_TRY(oa_job_load_recorded(&cli->desk, job, parts[0].record, parts[0].path, NULL));
    OA_TRY(oa_values_new(cli->context, &job->joined));
    const oa_status status = join(cli, job->step, parts, n, job->joined);
    if (status != OA_OK) {
        oa_values_free(job->joined);
        job->joined = NULL;
        return status;
    }
    OA_TRY(oa_cli_run(cli, job));
    if (cli->dry_run) return OA_OK;
    uint64_t bytes;
    const oa_part whole = { job->record, job->values };
    const oa_bundle bundle = { .metadata = oa_job_metadata(job), .is_simulation = job->step->is_simulation, .parts = &whole, .n_parts = 1, .level = cli->level };
    OA_TRY(oa_nexus_write(cli->context, cli->output, cli->overwrite, &bundle, &bytes));
    oa_cli_document(cli, job->record, job->values, cli->output, bytes);
    if (cli->json || cli->quiet) return OA_OK;
    printf("%zu slabs of %s -> %s\n", n, job->step->name, cli->output);
    oa_cli_print_summary(stdout, job->values);
    return OA_OK;
}

oa_status oa_word_merge(oa_cli *cli)
{
    part *parts;
    oa_job job = { .step = NULL };
    const size_t n = cli->n_inputs;
    if (!n || n > PARTS_MAX) return oa_fail(cli->context, "E_USAGE", "merge takes 1 to %d parts; ordapt merge PART... -o OUT.nxs", PARTS_MAX);
    OA_TRY(oa_cli_check_output(cli, false));
    OA_TRY(oa_new(cli->context, &parts, n, sizeof *parts));
    for (size_t i = 0; i < n; i++) parts[i].path = cli->inputs[i];
    const oa_status status = merge(cli, parts, n, &job);
    oa_job_free(&cli->desk, &job);
    for (size_t i = 0; i < n; i++) {
        oa_values_free(parts[i].values);
        oa_record_free(parts[i].record);
    }
    oa_free(cli->context, parts);
    return status;
}
