/* call_files.c - the public functions on files: a call's slots filled as the program fills them, and its result written. */
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/text.h"
#include "job/job.h"
#include "run/call.h"

/* What the files in the slots of a call hold; made with the first, dropped with the call. */
typedef struct call_files {
    oa_desk desk;
    oa_loaded loaded[OA_CALL_INPUTS_MAX];
    char **paths[OA_CALL_INPUTS_MAX]; /* sources borrow theirs */
    size_t n_paths[OA_CALL_INPUTS_MAX], n;
    char *folders[OA_SEARCH_MAX];
    oa_sink sink;
    char *output;
} call_files;

static void drop_paths(oa_context *context, char **paths, size_t n)
{
    for (size_t i = 0; paths && i < n; i++) oa_free(context, paths[i]);
    oa_free(context, paths);
}

static void drop_files(oa_call *call)
{
    call_files *files = call->files;
    for (size_t i = 0; i < files->n; i++) {
        oa_loaded_free(&files->desk, &files->loaded[i]);
        drop_paths(call->context, files->paths[i], files->n_paths[i]);
    }
    for (size_t i = 0; i < files->desk.n_search; i++) oa_free(call->context, files->folders[i]);
    oa_free(call->context, files->output);
    oa_free(call->context, files);
}

static oa_status open_files(oa_call *call, call_files **out)
{
    if (!call->files) {
        call_files *files;
        OA_TRY(oa_new(call->context, &files, 1, sizeof *files));
        files->desk.context = call->context;
        call->files = files;
        call->drop_files = drop_files;
        call->libraries = oa_nexus_libraries();
    }
    *out = call->files;
    return OA_OK;
}

static oa_status copy_text(oa_context *context, const char *text, char **out)
{
    *out = oa_strdup(context, text);
    return *out ? OA_OK : context->status;
}

oa_status oa_call_search(oa_call *call, const char *folder)
{
    call_files *files;
    oa_context__clear(call->context);
    OA_TRY(open_files(call, &files));
    const size_t n = files->desk.n_search;
    if (n == OA_SEARCH_MAX) return oa_fail(call->context, "E_USAGE", "more than %d folders to search", OA_SEARCH_MAX);
    OA_TRY(copy_text(call->context, folder, &files->folders[n]));
    files->desk.search[files->desk.n_search++] = files->folders[n];
    return OA_OK;
}

/* Place i of the files takes copies of the paths. */
static oa_status copy_paths(oa_context *context, call_files *files, size_t i, const char *const *paths, size_t n)
{
    OA_TRY(oa_new(context, &files->paths[i], n, sizeof **files->paths));
    files->n_paths[i] = n;
    for (size_t k = 0; k < n; k++) OA_TRY(copy_text(context, paths[k], &files->paths[i][k]));
    return OA_OK;
}

/* A slot filled once more keeps its earlier files until the end: what was made of them may still be borrowed. */
static oa_status load(oa_call *call, const oa_slot *slot, const char *const *paths, size_t n)
{
    call_files *files;
    OA_TRY(open_files(call, &files));
    const size_t i = files->n;
    if (i == OA_CALL_INPUTS_MAX) return oa_fail(call->context, "E_USAGE", "more than %d files", OA_CALL_INPUTS_MAX);
    files->n++;
    OA_TRY(copy_paths(call->context, files, i, paths, n));
    OA_TRY(oa_load(&files->desk, slot, (const char *const *)files->paths[i], n, &files->loaded[i]));
    OA_TRY(oa_call__keep_warnings(call));
    return oa_call__input(call, &files->loaded[i].input);
}

oa_status oa_call_input_files(oa_call *call, const char *name, const char *const *paths, size_t n)
{
    oa_context__clear(call->context);
    const oa_slot *slot = oa_step_slot(call->step, name);
    if (!slot) return oa_fail(call->context, "E_OPTION_UNKNOWN", "step %s has no slot '%s'; oa_describe lists them", call->step->name, name);
    if (n < 1 || (n > 1 && slot->kind != OA_TAKES_SOURCES)) return oa_fail(call->context, "E_USAGE", "%s takes one file, not %zu", slot->name, n);
    return load(call, slot, paths, n);
}

static bool is_filled(const oa_call *call, const oa_slot *slot)
{
    for (size_t i = 0; i < call->n_inputs; i++)
        if (strcmp(call->inputs[i].role, slot->name) == 0) return true;
    return false;
}

oa_status oa_call_use_shipped(oa_call *call)
{
    oa_context__clear(call->context);
    for (const oa_slot *slot = call->step->slots; slot->name; slot++) {
        char path[OA_SHIPPED_PATH];
        const char *one = path;
        if (slot->kind != OA_TAKES_MODEL || is_filled(call, slot)) continue;
        OA_TRY(oa_shipped_for(call->context, call->settings, slot, path));
        if (path[0]) OA_TRY(load(call, slot, &one, 1));
    }
    return OA_OK;
}

oa_status oa_call_output(oa_call *call, const char *path, bool overwrite)
{
    call_files *files;
    oa_context__clear(call->context);
    if (!call->step->gives_file) return oa_fail(call->context, "E_USAGE", "%s gives no file of its own; oa_write_call writes its result", call->step->name);
    OA_TRY(open_files(call, &files));
    oa_free(call->context, files->output);
    OA_TRY(copy_text(call->context, path, &files->output));
    OA_TRY(oa_sink_open(call->context, files->output, overwrite, &files->sink));
    call->sink = &files->sink;
    return OA_OK;
}

/* ---- ions of a file ---- */

static oa_status name_source(oa_ions *ions, const oa_loaded *loaded)
{
    const oa_input *in = &loaded->input;
    OA_TRY(oa_new(ions->context, &ions->source, 1, sizeof *ions->source));
    oa_ions_source *s = ions->source;
    snprintf(s->file_name, sizeof s->file_name, "%s", in->file_name);
    snprintf(s->sha256, sizeof s->sha256, "%s", in->sha256);
    snprintf(s->content, sizeof s->content, "%s", in->content_sha256);
    snprintf(s->entry, sizeof s->entry, "%s", in->entry ? in->entry : "");
    snprintf(s->subentry, sizeof s->subentry, "%s", in->subentry ? in->subentry : "");
    s->is_selection = loaded->record && !oa_record_has_ions(loaded->record);
    return OA_OK;
}

oa_status oa_read_ions(oa_context *context, const char *path, oa_ions **out)
{
    static const oa_slot slot = { "ions", OA_TAKES_IONS, false, "ions of a file" };
    oa_desk desk = { .context = context };
    oa_loaded *loaded;
    *out = NULL;
    oa_context__clear(context);
    OA_TRY(oa_new(context, &loaded, 1, sizeof *loaded));
    oa_status status = oa_load(&desk, &slot, &path, 1, loaded);
    if (status == OA_OK) status = name_source(loaded->ions, loaded);
    if (status == OA_OK) {
        *out = loaded->ions;
        loaded->ions = NULL;
    }
    oa_loaded_free(&desk, loaded);
    oa_free(context, loaded);
    return status;
}

/* ---- writing ---- */

static const oa_metadata *metadata_of(const oa_call *call)
{
    const call_files *files = call->files;
    for (size_t i = 0; files && i < files->n; i++)
        if (files->loaded[i].metadata) return files->loaded[i].metadata;
    if (call->values->ions && call->values->ions->metadata) return call->values->ions->metadata;
    for (size_t i = 0; i < call->n_inputs; i++)
        if (call->inputs[i].ions && call->inputs[i].ions->metadata) return call->inputs[i].ions->metadata;
    return NULL;
}

oa_status oa_write_call(oa_call *call, const char *path, bool overwrite)
{
    uint64_t bytes;
    oa_context__clear(call->context);
    if (!call->record) return oa_fail(call->context, "E_USAGE", "there is nothing to write before oa_call_run succeeded");
    OA_TRY(oa_record_set(call->record, &call->record->libraries, oa_nexus_libraries())); /* the engine alone knows none */
    const oa_part part = { call->record, call->values };
    const oa_bundle bundle = { .ions = call->values->ions, .metadata = metadata_of(call), .is_simulation = call->step->is_simulation,
                               .parts = &part, .n_parts = 1, .level = 1 };
    OA_TRY(oa_nexus_write(call->context, path, overwrite, &bundle, NULL));
    OA_TRY(oa_file_digest(call->context, path, call->sha256, &bytes));
    snprintf(call->file_name, sizeof call->file_name, "%s", oa_base_name(path));
    return OA_OK;
}
