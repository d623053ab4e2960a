/* main.c - a table of words and a dispatch. Every word that is none of these is looked up among the steps. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "base/text.h"
#include "cli/cli.h"

const oa_word oa_words[] = {
    { "run", "RECIPE [NAME=FILE]... [NAME=VALUE]... -o OUT.nxs", "several steps from a recipe; run --list names those shipped, help RECIPE tells what one takes", OA_ARGS_MAX, oa_word_run },
    { "merge", "PART... -o OUT.nxs", "join the slabs of one step", OA_ARGS_MAX, oa_word_merge },
    { "replay", "OUT.nxs [--search DIR] [--chain]", "run again from the record and compare the content digests", 1, oa_word_replay },
    { "verify", "OUT.nxs [--search DIR]", "check structure, digests and the chain of records", 1, oa_word_verify },
    { "show", "FILE", "what is in it, who made it, from what", 1, oa_word_show },
    { "steps", "", "one line per step", 0, oa_word_steps },
    { "help", "[STEP | RECIPE | errors]", "help from the tables", 1, oa_word_help },
    { "describe", "[STEP] --json", "the catalogue for machines", 1, oa_word_describe },
    { "--version", "", "version, commit, libraries, kernel set", 0, oa_word_version },
    { NULL, NULL, NULL, 0, NULL },
};

static oa_context *interrupted_context; /* a signal handler has no argument */
static volatile sig_atomic_t received_signal;
static char part_path[4096];            /* unlinked if the work does not end in time */

static void too_late(int number)
{
    (void)number;
    if (part_path[0]) unlink(part_path);
    _exit(received_signal == SIGTERM ? 143 : 130);
}

/* Loops look at the flag between chunks; what hangs in a library is ended after 2 s. */
static void on_signal(int number)
{
    received_signal = number;
    oa_cancel(interrupted_context);
    alarm(2);
}

static void catch_signals(const oa_cli *cli)
{
    struct sigaction stop = { .sa_handler = on_signal }, late = { .sa_handler = too_late }, ignore = { .sa_handler = SIG_IGN };
    interrupted_context = cli->context;
    if (cli->output) snprintf(part_path, sizeof part_path, "%s.part", cli->output);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGALRM, &late, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

/* A word has no parameters and takes only so many arguments. */
static oa_status run_word(oa_cli *cli, const oa_word *word)
{
    if (cli->n_named)
        return oa_fail(cli->context, "E_OPTION_UNKNOWN", "%s has no option '--%s'; `ordapt help` lists the common options", word->name, cli->named[0].name);
    if (cli->n_inputs > word->inputs)
        return oa_fail(cli->context, "E_USAGE", "'%s' is one argument too many; ordapt %s %s", cli->inputs[word->inputs], word->name, word->usage);
    return word->run(cli);
}

static oa_status dispatch(oa_cli *cli)
{
    OA_TRY(oa_cli_check_options(cli));
    OA_TRY(oa_cli_hold_lifeline(cli));
    for (const oa_word *word = oa_words; word->name; word++)
        if (strcmp(word->name, cli->word) == 0) return run_word(cli, word);
    return oa_word_step(cli);
}

/* With a standard stream closed by the caller, the first file we open would get its number and our messages. */
static void keep_streams(void)
{
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1) (void)!open("/dev/null", O_RDWR);
}

/* What did not reach standard output was not said. */
static int said_all(int code)
{
    const bool is_lost = fflush(stdout) != 0 || ferror(stdout);
    fflush(stderr);
    if (!is_lost || code != 0) return code;
    fprintf(stderr, "ordapt: E_WRITE: standard output cannot be written; the result itself is complete\n");
    return oa_exit_code(OA_E_IO);
}

/* Memory that is given back is asked for again a moment later, and the kernel clears it anew each time, two seconds a gigabyte on a virtual machine: it is kept.
 * A program may decide so; the library leaves the allocator of its host alone. */
static void keep_memory(void)
{
#if defined(__GLIBC__)
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, -1);
#endif
}

int main(int argc, char **argv)
{
    keep_memory();
    oa_cli cli = { .started = oa_seconds(), .word = argc > 1 ? argv[1] : "help" };
    if (strcmp(cli.word, "--help") == 0 || strcmp(cli.word, "-h") == 0) cli.word = "help";
    keep_streams();
    if (!oa_text_is_utf8(cli.word)) cli.word = "?";
    if (!oa_cli_parse(&cli, argc, argv, oa_step_find(cli.word))) return 70;
    const oa_context_options options = { .threads = cli.threads, .kernel = cli.kernel, .progress = oa_cli_progress, .progress_payload = &cli, .limits = cli.limits };
    oa_status status = oa_context_new(&cli.context, &options);
    if (!cli.context) return 69;
    cli.desk.context = cli.context;
    catch_signals(&cli);
    if (status == OA_OK) status = dispatch(&cli);
    cli.is_terminated = received_signal == SIGTERM;
    const int code = said_all(oa_cli_report(&cli, status));
    /* After a failed write HDF5's own exit handler may crash on what it could not flush. */
    if (status == OA_E_OUTPUT || status == OA_E_IO) _exit(code);
    oa_context_free(cli.context);
    oa_cli_free(&cli);
    return code;
}
