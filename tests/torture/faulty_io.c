/* faulty_io.c - a library put before the C library (LD_PRELOAD) that makes calls on the files of one folder fail.
 *   FAULTY_FOLDER  calls on files below it count (as realpath gives it); others pass
 *   FAULTY_LOG     file that gets a line "call name" for each of them: how many there are, and in which order
 *   FAULTY_CALL    open, read, write, fsync, rename, ftruncate; pread and pwrite are read and write
 *   FAULTY_N       the n-th such call, counted over all processes, meets the fault; 0: none
 *   FAULTY_HOW     EIO and EINTR once; ENOSPC from there on; short: from there on every read and write moves half of what was asked */
#define _GNU_SOURCE 1
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define API __attribute__((visibility("default")))

static struct {
    const char *folder, *call, *how;
    long n;
    int log;
    atomic_long *seen; /* shared with child processes */
} faulty;

#define REAL(type, name, ...)                                             \
    static type (*real)(__VA_ARGS__);                                     \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

static int real_open(const char *path, int flags, mode_t mode)
{
    REAL(int, "open", const char *, int, ...);
    return real(path, flags, mode);
}

__attribute__((constructor)) static void begin(void)
{
    const char *n = getenv("FAULTY_N"), *log = getenv("FAULTY_LOG");
    faulty.folder = getenv("FAULTY_FOLDER");
    faulty.call = getenv("FAULTY_CALL");
    faulty.how = getenv("FAULTY_HOW");
    faulty.n = n ? atol(n) : 0;
    faulty.log = log ? real_open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666) : -1;
    void *shared = mmap(NULL, sizeof(atomic_long), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    faulty.seen = shared == MAP_FAILED ? NULL : shared;
}

static bool is_below(const char *path)
{
    const size_t length = faulty.folder ? strlen(faulty.folder) : 0;
    return length && strncmp(path, faulty.folder, length) == 0 && (path[length] == '/' || !path[length]);
}

static bool name_of(int descriptor, char out[512])
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t n = readlink(link, out, 511);
    if (n <= 0) return false;
    out[n] = 0;
    return is_below(out);
}

static bool absolute(const char *path, char out[512])
{
    char here[256];
    if (path[0] == '/') snprintf(out, 512, "%s", path);
    else snprintf(out, 512, "%s/%s", getcwd(here, sizeof here) ? here : "", path);
    return is_below(out);
}

static void note(const char *call, const char *path)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    char line[600];
    if (faulty.log < 0) return;
    const int n = snprintf(line, sizeof line, "%s %s\n", call, path);
    const int before = errno;
    if (n > 0 && real(faulty.log, line, (size_t)n) < 0) errno = before;
}

/* 0: nothing happens; -1: the call is short; else the error. */
static int fault(const char *call, const char *path)
{
    note(call, path);
    if (!faulty.n || !faulty.seen || !faulty.call || strcmp(call, faulty.call) != 0 || !faulty.how) return 0;
    const long number = atomic_fetch_add(faulty.seen, 1) + 1;
    if (strcmp(faulty.how, "short") == 0) return number >= faulty.n ? -1 : 0;
    if (strcmp(faulty.how, "ENOSPC") == 0) return number >= faulty.n ? ENOSPC : 0;
    if (number != faulty.n) return 0;
    return strcmp(faulty.how, "EINTR") == 0 ? EINTR : EIO;
}

static size_t half(size_t n) { return n > 1 ? n / 2 : n; }

/* Gives -2 where the call is to be done, with *n shortened perhaps. */
static ssize_t before(const char *call, int descriptor, size_t *n)
{
    char path[512];
    if (descriptor == faulty.log || !name_of(descriptor, path)) return -2;
    const int error = fault(call, path);
    if (error > 0) return errno = error, -1;
    if (error < 0 && n) *n = half(*n);
    return -2;
}

#define PASS(call, descriptor, n)                                         \
    do {                                                                  \
        const ssize_t given = before(call, descriptor, n);                \
        if (given != -2) return given;                                    \
    } while (0)

API ssize_t read(int descriptor, void *to, size_t n);
API ssize_t read(int descriptor, void *to, size_t n)
{
    REAL(ssize_t, "read", int, void *, size_t);
    PASS("read", descriptor, &n);
    return real(descriptor, to, n);
}

API ssize_t pread(int descriptor, void *to, size_t n, off_t at)
{
    REAL(ssize_t, "pread", int, void *, size_t, off_t);
    PASS("read", descriptor, &n);
    return real(descriptor, to, n, at);
}

API ssize_t pread64(int descriptor, void *to, size_t n, off64_t at)
{
    REAL(ssize_t, "pread64", int, void *, size_t, off64_t);
    PASS("read", descriptor, &n);
    return real(descriptor, to, n, at);
}

API ssize_t write(int descriptor, const void *from, size_t n)
{
    REAL(ssize_t, "write", int, const void *, size_t);
    PASS("write", descriptor, &n);
    return real(descriptor, from, n);
}

API ssize_t pwrite(int descriptor, const void *from, size_t n, off_t at)
{
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    PASS("write", descriptor, &n);
    return real(descriptor, from, n, at);
}

API ssize_t pwrite64(int descriptor, const void *from, size_t n, off64_t at)
{
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    PASS("write", descriptor, &n);
    return real(descriptor, from, n, at);
}

API int fsync(int descriptor)
{
    REAL(int, "fsync", int);
    PASS("fsync", descriptor, NULL);
    return real(descriptor);
}

API int ftruncate(int descriptor, off_t length)
{
    REAL(int, "ftruncate", int, off_t);
    PASS("ftruncate", descriptor, NULL);
    return real(descriptor, length);
}

API int rename(const char *from, const char *to)
{
    REAL(int, "rename", const char *, const char *);
    char path[512];
    const int error = absolute(to, path) ? fault("rename", path) : 0;
    return error > 0 ? (errno = error, -1) : real(from, to);
}

static int open_any(const char *path, int flags, mode_t mode)
{
    char full[512];
    const int error = absolute(path, full) ? fault("open", full) : 0;
    return error > 0 ? (errno = error, -1) : real_open(path, flags, mode);
}

#define MODE(flags, mode)                                                 \
    do {                                                                  \
        va_list list;                                                     \
        va_start(list, flags);                                            \
        mode = (flags) & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list);                                                     \
    } while (0)

API int open(const char *path, int flags, ...)
{
    mode_t mode;
    MODE(flags, mode);
    return open_any(path, flags, mode);
}

API int open64(const char *path, int flags, ...)
{
    mode_t mode;
    MODE(flags, mode);
    return open_any(path, flags | O_LARGEFILE, mode);
}
