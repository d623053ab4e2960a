/* find.c - inputs named by a record: beside it, in the folder above, under --search. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "cli/cli.h"

enum { DEPTH_MAX = 12 };

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static char *try_folder(oa_context *context, const char *folder, const char *name)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path) return NULL;
    return is_file(path) ? oa_strdup(context, path) : NULL;
}

/* Depth first; links are not followed, so loops are impossible. */
static char *search_under(oa_context *context, const char *folder, const char *name, int depth)
{
    char *found = try_folder(context, folder, name);
    DIR *listing = found || depth > DEPTH_MAX ? NULL : opendir(folder);
    if (!listing) return found;
    for (struct dirent *item = readdir(listing); item && !found; item = readdir(listing)) {
        char path[4096];
        struct stat info;
        if (item->d_name[0] == '.' || snprintf(path, sizeof path, "%s/%s", folder, item->d_name) >= (int)sizeof path) continue;
        if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) found = search_under(context, path, name, depth + 1);
    }
    closedir(listing);
    return found;
}

oa_status oa_find_input(oa_cli *cli, const char *beside, const oa_input_record *input, char **out)
{
    char folder[4096], above[4200];
    const size_t n = (size_t)(oa_base_name(beside) - beside);
    snprintf(folder, sizeof folder, "%.*s", n > 1 ? (int)n - 1 : 1, n ? beside : "."); /* the slash goes, but for that of the root */
    snprintf(above, sizeof above, "%s/..", folder);
    *out = NULL;
    if (strchr(input->file_name, '/') || strcmp(input->file_name, "..") == 0)
        return oa_fail_at(cli->context, OA_IN_FILE(beside), "E_RECORD", "input '%s' is named with a folder; the record was changed", input->file_name);
    *out = try_folder(cli->context, folder, input->file_name);
    if (!*out) *out = try_folder(cli->context, above, input->file_name);
    for (size_t i = 0; i < cli->n_search && !*out; i++) *out = search_under(cli->context, cli->search[i], input->file_name, 0);
    if (*out) return OA_OK;
    return oa_fail_at(cli->context, OA_IN_FILE(beside), "E_INPUT_NOT_FOUND",
                      "its input '%s' (%s) is neither beside it nor in the folder above; give --search DIR", input->file_name, input->role);
}

oa_status oa_check_input(oa_cli *cli, const oa_input_record *expected, const char *path, const char *sha256, const char *content)
{
    const bool same_bytes = strcmp(expected->sha256, sha256) == 0;
    if (strcmp(expected->content, content) != 0)
        return oa_fail_at(cli->context, OA_IN_FILE(path), "E_DIGEST", "its content is %.12s..., the record wants %.12s...; find the file the result was made from",
                          content, expected->content);
    if (!same_bytes && expected->sha256[0])
        oa_warn(cli->context, "W_FILE_CHANGED", "%s: its bytes changed since, its content did not", oa_base_name(path));
    return OA_OK;
}
