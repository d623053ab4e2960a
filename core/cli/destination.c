/* destination.c - the output, judged before anything is computed: an hour of work must not end in "exists". */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/cli.h"
#include "io/file.h"

static oa_status check_folder(oa_cli *cli, const char *path)
{
    char folder[4096];
    struct stat about;
    const size_t n = (size_t)(oa_base_name(path) - path);
    const oa_place place = OA_IN_FILE(oa_base_name(path));
    if (snprintf(folder, sizeof folder, "%.*s", n ? (int)n : 1, n ? path : ".") >= (int)sizeof folder)
        return oa_fail_at(cli->context, place, "E_OUTPUT", "the path of the output has more than %zu bytes; give a shorter one", sizeof folder - 1);
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        return oa_fail_at(cli->context, place, "E_OUTPUT", "the folder of '%s' does not exist; make it first", path);
    if (access(folder, W_OK | X_OK) == 0) return OA_OK;
    return oa_fail_at(cli->context, place, "E_OUTPUT", "'%s' cannot be created: %s; write elsewhere", path, strerror(errno));
}

/* Whether an argument, or what follows its first '=', is that very file. */
static bool is_named(const char *argument, const struct stat *file)
{
    struct stat about;
    const char *equals = argument ? strchr(argument, '=') : NULL;
    if (!argument) return false;
    if (stat(argument, &about) == 0 && about.st_ino == file->st_ino && about.st_dev == file->st_dev) return true;
    return equals && is_named(equals + 1, file);
}

/* Neither the output nor what is written on the way to it may be one of the inputs: these are never changed. */
static oa_status check_no_input(oa_cli *cli, const char *path)
{
    struct stat file;
    bool is_input = false;
    if (stat(path, &file) != 0) return OA_OK;
    for (size_t i = 0; i < cli->n_inputs; i++) is_input = is_input || is_named(cli->inputs[i], &file);
    for (size_t i = 0; i < cli->n_named; i++) is_input = is_input || is_named(cli->named[i].value, &file);
    if (!is_input && !is_named(cli->config, &file)) return OA_OK;
    return oa_fail_at(cli->context, OA_IN_FILE(oa_base_name(path)), "E_OUTPUT", "'%s' is an input of this call, and inputs are never changed; give another output", path);
}

static oa_status check_one(oa_cli *cli, const char *suffix)
{
    char path[4096], part[4112];
    if (snprintf(path, sizeof path, "%s%s", cli->output, suffix) >= (int)sizeof path)
        return oa_fail(cli->context, "E_OUTPUT", "the path of the output has more than %zu bytes; give a shorter one", sizeof path - 1);
    snprintf(part, sizeof part, "%s.part", path);
    OA_TRY(check_folder(cli, path));
    OA_TRY(check_no_input(cli, path));
    OA_TRY(check_no_input(cli, part));
    return oa_output_check(cli->context, path, cli->overwrite);
}

oa_status oa_cli_check_output(oa_cli *cli, bool has_record_beside)
{
    if (!cli->output) return cli->dry_run ? OA_OK : oa_fail(cli->context, "E_USAGE", "no output; give -o FILE");
    OA_TRY(check_one(cli, ""));
    return has_record_beside ? check_one(cli, ".nxs") : OA_OK;
}
