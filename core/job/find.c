/* find.c - inputs named by a record: beside it, in the folder above, under --search; of several namesakes the one that was used. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "job/job.h"

enum { DEPTH_MAX = 12 };

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_ino == y.st_ino && x.st_dev == y.st_dev;
}

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Files of that name. The one with the recorded bytes is it; without such a one the first, whose content is judged later. */
typedef struct search {
    oa_context *context;
    const oa_input_record *input;
    const char *beside; /* the file that names the input, which cannot be it */
    char *first, *found;
} search;

static bool has_recorded_bytes(const search *s, const char *path)
{
    char sha256[OA_HEX];
    const bool is_known = oa_file_digest(s->context, path, sha256, NULL) == OA_OK;
    if (!is_known && !atomic_load(&s->context->cancelled)) oa_context__pardon(s->context);
    return is_known && strcmp(sha256, s->input->sha256) == 0;
}

static void consider(search *s, const char *folder, bool is_last)
{
    char path[4096];
    if (s->found || snprintf(path, sizeof path, "%s/%s", folder, s->input->file_name) >= (int)sizeof path) return;
    if (!is_file(path) || is_same_file(path, s->beside)) return;
    char *copy = oa_strdup(s->context, path);
    if (!copy) return;
    if ((is_last && !s->first) || has_recorded_bytes(s, path)) s->found = copy;
    else if (!s->first) s->first = copy;
    else oa_free(s->context, copy);
}

/* Depth first; links are not followed, so loops are impossible. */
static void search_under(search *s, const char *folder, int depth)
{
    consider(s, folder, false);
    DIR *listing = s->found || depth > DEPTH_MAX || atomic_load(&s->context->cancelled) ? NULL : opendir(folder);
    if (!listing) return;
    for (struct dirent *item = readdir(listing); item && !s->found; item = readdir(listing)) {
        char path[4096];
        struct stat info;
        if (item->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, item->d_name) >= (int)sizeof path) continue;
        if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) search_under(s, path, depth + 1);
    }
    closedir(listing);
}

oa_status oa_find_input(oa_desk *desk, const char *beside, const oa_input_record *input, char **out)
{
    char folder[4096], above[4200];
    search s = { .context = desk->context, .input = input, .beside = beside };
    const size_t n = (size_t)(oa_base_name(beside) - beside);
    snprintf(folder, sizeof folder, "%.*s", n > 1 ? (int)n - 1 : 1, n ? beside : "."); /* the slash goes, but for that of the root */
    snprintf(above, sizeof above, "%s/..", folder);
    *out = NULL;
    if (strchr(input->file_name, '/') || strcmp(input->file_name, "..") == 0)
        return oa_fail_at(desk->context, OA_IN_FILE(beside), "E_RECORD", "input '%s' is named with a folder; the record was changed", input->file_name);
    consider(&s, folder, false);
    consider(&s, above, desk->n_search == 0);
    for (size_t i = 0; i < desk->n_search && !s.found; i++) search_under(&s, desk->search[i], 0);
    if (!s.found && !s.first && oa_shipped_folder(folder)) consider(&s, folder, true);
    *out = s.found ? s.found : s.first;
    if (s.found && s.first) oa_free(desk->context, s.first);
    OA_TRY(oa_check_cancelled(desk->context));
    if (*out) return OA_OK;
    return oa_fail_at(desk->context, OA_IN_FILE(beside), "E_INPUT_NOT_FOUND",
                      "its input '%s' (%s) is neither beside it nor in the folder above; give --search DIR", input->file_name, input->role);
}

oa_status oa_check_input(oa_desk *desk, const oa_input_record *expected, const char *path, const char *sha256, const char *content)
{
    const bool same_bytes = strcmp(expected->sha256, sha256) == 0;
    if (strcmp(expected->content, content) != 0)
        return oa_fail_at(desk->context, OA_IN_FILE(path), "E_DIGEST", "its content is %.12s..., the record wants %.12s...; find the file the result was made from",
                          content, expected->content);
    if (!same_bytes && expected->sha256[0])
        oa_warn(desk->context, "W_FILE_CHANGED", "%s: its bytes changed since, its content did not", oa_base_name(path));
    return OA_OK;
}
