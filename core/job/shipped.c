/* shipped.c - models that come with ordapt: NAME.nxs in ../share/ordapt/models beside the folder of the program or the library. */
#define _GNU_SOURCE /* dladdr */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "job/job.h"

static bool beside(const char *file, const char *way, char out[OA_SHIPPED_PATH])
{
    struct stat about;
    const size_t n = (size_t)(oa_base_name(file) - file);
    const int length = snprintf(out, OA_SHIPPED_PATH, "%.*s%sshare/ordapt/models", (int)n, file, way);
    return length < OA_SHIPPED_PATH && stat(out, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Seen from where the program lies, links to it followed, so that a tree may be moved as a whole. In another program, a
 * Python for instance, from where this library lies, which may be one folder deeper (lib/x86_64-linux-gnu). */
bool oa_shipped_folder(char out[OA_SHIPPED_PATH])
{
    static const char here = 0;
    char program[OA_SHIPPED_PATH - 32];
    Dl_info library;
    const ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    program[n > 0 ? n : 0] = 0;
    if (beside(program, "../", out)) return true;
    if (dladdr(&here, &library) == 0 || !library.dli_fname || !strchr(library.dli_fname, '/')) return false;
    return beside(library.dli_fname, "../", out) || beside(library.dli_fname, "../../", out);
}

bool oa_shipped_model(const char *name, char out[OA_SHIPPED_PATH])
{
    char folder[OA_SHIPPED_PATH];
    struct stat about;
    if (!name[0] || strchr(name, '/') || !oa_shipped_folder(folder)) return false;
    if (snprintf(out, OA_SHIPPED_PATH, "%s/%s.nxs", folder, name) >= OA_SHIPPED_PATH) return false;
    return stat(out, &about) == 0 && S_ISREG(about.st_mode);
}

/* The name that the parameters have for what they were made for, NULL where the step has no such parameter. */
static const char *preset_of(const oa_settings *settings)
{
    for (size_t row = 0; settings && row < settings->n; row++)
        if (oa_text_equal(settings->table[row].name, "preset")) return oa_settings_word(settings, row);
    return NULL;
}

static bool is_filled(const oa_job *job, const oa_slot *slot)
{
    for (size_t i = 0; i < job->n_loaded; i++)
        if (oa_text_equal(job->loaded[i].input.role, slot->name)) return true;
    return false;
}

oa_status oa_shipped_for(oa_context *context, const oa_settings *settings, const oa_slot *slot, char path[OA_SHIPPED_PATH])
{
    const char *preset = preset_of(settings);
    path[0] = 0;
    if (!preset || oa_shipped_model(preset, path)) return OA_OK;
    return oa_fail(context, "E_SLOT_MISSING", "no %s was given, and none for preset %s ships with this program; give --%s FILE", slot->name, preset, slot->name);
}

oa_status oa_job_use_shipped(oa_desk *desk, oa_job *job)
{
    for (const oa_slot *slot = job->step->slots; slot->name; slot++) {
        if (slot->kind != OA_TAKES_MODEL || is_filled(job, slot)) continue;
        char path[OA_SHIPPED_PATH];
        OA_TRY(oa_shipped_for(desk->context, job->settings, slot, path));
        if (!path[0]) continue;
        OA_TRY(oa_job_slot_is_free(desk, job, slot));
        const char *one = path;
        OA_TRY(oa_load(desk, slot, &one, 1, &job->loaded[job->n_loaded++]));
    }
    return OA_OK;
}
