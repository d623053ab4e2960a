/* lifeline.c - the end of the caller is our end: a thread waits for the pipe to close and then sends SIGTERM to this process, whose handler
 * leaves nothing behind. PR_SET_PDEATHSIG would do for the thread of the caller that started us, not for the caller. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "cli/cli.h"

static void *wait_for_end(void *argument)
{
    char byte;
    ssize_t n;
    do n = read((int)(intptr_t)argument, &byte, 1);
    while (n > 0 || (n < 0 && errno == EINTR));
    kill(getpid(), SIGTERM);
    return NULL;
}

oa_status oa_cli_hold_lifeline(oa_cli *cli)
{
    pthread_t thread;
    sigset_t all, before;
    if (!cli->lifeline_fd) return OA_OK;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are for the main thread */
    const int failure = pthread_create(&thread, NULL, wait_for_end, (void *)(intptr_t)cli->lifeline_fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure) return oa_fail(cli->context, "E_LACKING", "no thread can be made to hold --lifeline; leave it out, or raise the limit of threads");
    pthread_detach(thread);
    return OA_OK;
}
