/* h5_check.c - walks a foreign HDF5 file in a child process, since the HDF5 library itself dies on some damaged files. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "io/h5.h"

/* What may be asked of the library for a file of unknown origin. */
#define WALL_FACTOR 8 /* seconds that may pass for one of the processor */
#define LOOK_SECONDS 15 /* of the processor: groups, small data; 10^5 objects take two. A damaged length can ask the library for gigabytes of zeros, again and again */
#define UNPACKED_FREE ((unsigned long long)1 << 30) /* bytes a dataset may claim whatever it stores */
#define UNPACKED_RATIO 200ull                       /* measured columns reach 10, a column of one value 1000 */
#define SMALL_BYTES ((size_t)1 << 20)               /* read in the child, to meet faults in the data as well */
#define VARIABLE_COUNT 65536ull                     /* texts of variable length in one object */

/* What the child says through the pipe: an empty code for "sound". */
typedef struct verdict {
    char code[32];
    char text[480];
} verdict;

typedef struct walk {
    verdict *verdict;
    unsigned long long unpacked;
} walk;

/* The first complaint wins. Runs in the child: no context, no allocation of ours. */
static OA_PRINTF(4, 5) int refuse(walk *w, const char *code, const char *object, const char *format, ...)
{
    if (w->verdict->code[0]) return -1;
    char clean[200], told[256];
    oa_text_clean(clean, sizeof clean, object, strlen(object));
    va_list list;
    va_start(list, format);
    vsnprintf(told, sizeof told, format, list);
    va_end(list);
    if (oa_h5__errno()) { /* the file may be sound */
        code = "E_READ";
        snprintf(told, sizeof told, "reading failed: %s; try again", strerror(oa_h5__errno()));
    }
    snprintf(w->verdict->code, sizeof w->verdict->code, "%s", code);
    snprintf(w->verdict->text, sizeof w->verdict->text, "%s: %s", strcmp(clean, ".") == 0 ? "/" : clean, told);
    return -1;
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    (void)group;
    walk *w = data;
    if (info->type == H5L_TYPE_EXTERNAL)
        return refuse(w, "E_H5_EXTERNAL", name, "an external link leads out of the file; copy its target into the file");
    if (info->type != H5L_TYPE_HARD && info->type != H5L_TYPE_SOFT)
        return refuse(w, "E_H5_EXTERNAL", name, "a link of user-defined class %llu; only hard and soft links are followed",
                      (unsigned long long)info->type);
    return 0;
}

static bool is_known_filter(H5Z_filter_t filter)
{
    return filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32 ||
           filter == H5Z_FILTER_NBIT || filter == H5Z_FILTER_SCALEOFFSET ||
           (filter == H5Z_FILTER_SZIP && H5Zfilter_avail(filter) > 0);
}

static int check_creation(walk *w, hid_t plist, const char *name)
{
    const H5D_layout_t layout = H5Pget_layout(plist);
    if (layout == H5D_VIRTUAL)
        return refuse(w, "E_H5_EXTERNAL", name, "a virtual dataset draws on other files; copy the data into the file");
    if (H5Pget_external_count(plist) > 0)
        return refuse(w, "E_H5_EXTERNAL", name, "its data lie in another file; copy them into the file");
    const int n = H5Pget_nfilters(plist);
    if (n < 0 || layout < 0) return refuse(w, "E_H5_OPEN", name, "its layout cannot be read");
    for (unsigned i = 0; i < (unsigned)n; i++) {
        unsigned flags, config;
        size_t n_values = 0;
        const H5Z_filter_t filter = H5Pget_filter2(plist, i, &flags, &n_values, NULL, 0, NULL, &config);
        if (filter < 0) return refuse(w, "E_H5_OPEN", name, "its filter %u cannot be read", i);
        if (!is_known_filter(filter))
            return refuse(w, "E_H5_FILTER", name, "packed with HDF5 filter %llu, which this program does not load; "
                          "repack the file with gzip (h5repack -f GZIP=1)", (unsigned long long)filter);
    }
    return 0;
}

/* Reads small numeric data and all texts of variable length, whose heap is where damaged files hurt. */
static int read_small(walk *w, hid_t object, bool is_attribute, hid_t type, hid_t space, const char *name)
{
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const size_t size = H5Tget_size(type);
    if (n < 0 || size == 0) return refuse(w, "E_H5_OPEN", name, "its size cannot be read");
    const bool is_variable = H5Tdetect_class(type, H5T_VLEN) > 0 || H5Tis_variable_str(type) > 0;
    if (is_variable && (unsigned long long)n > VARIABLE_COUNT) return 0; /* the readers refuse these as well */
    if (n == 0 || (unsigned long long)n > SMALL_BYTES / size) return 0;
    static unsigned char buffer[1 << 20];
    memset(buffer, 0, (size_t)n * size);
    const hid_t memory = H5Tget_native_type(type, H5T_DIR_DEFAULT);
    if (memory < 0 || H5Tget_size(memory) > SMALL_BYTES / (size_t)n) {
        if (memory >= 0) H5Tclose(memory);
        return 0; /* opaque and compound oddities: not read by anyone here */
    }
    const herr_t status = is_attribute ? H5Aread(object, memory, buffer)
                                       : H5Dread(object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, buffer);
    if (status >= 0 && is_variable) H5Dvlen_reclaim(memory, space, H5P_DEFAULT, buffer);
    H5Tclose(memory);
    return status < 0 ? refuse(w, "E_H5_OPEN", name, "its data cannot be read") : 0;
}

static herr_t visit_attribute(hid_t object, const char *name, const H5A_info_t *info, void *data)
{
    (void)info;
    walk *w = data;
    const hid_t attribute = H5Aopen(object, name, H5P_DEFAULT);
    if (attribute < 0) return refuse(w, "E_H5_OPEN", name, "this attribute cannot be opened");
    const hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    int result = type < 0 || space < 0 ? refuse(w, "E_H5_OPEN", name, "this attribute has no type") : 0;
    if (result == 0) result = read_small(w, attribute, true, type, space, name);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    H5Aclose(attribute);
    return result;
}

/* Data that claim far more than they store would fill the memory of whoever reads them. */
static int check_unpacked(walk *w, hid_t dataset, hid_t type, hid_t space, const char *name)
{
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const unsigned long long size = H5Tget_size(type), stored = H5Dget_storage_size(dataset);
    if (n < 0 || size == 0) return refuse(w, "E_H5_OPEN", name, "its size cannot be read");
    const unsigned long long count = (unsigned long long)n;
    if (count > w->unpacked / size && (count > ~0ull / size || count * size / UNPACKED_RATIO > stored))
        return refuse(w, "E_H5_BOMB", name, "claims %llu elements of %llu bytes and stores %llu bytes; such data are not unpacked, "
                      "--max-unpacked SIZE allows more than %llu bytes", count, size, stored, w->unpacked);
    return 0;
}

static int visit_dataset(walk *w, hid_t dataset, const char *name)
{
    const hid_t plist = H5Dget_create_plist(dataset), type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    int result = plist < 0 || type < 0 || space < 0
                     ? refuse(w, "E_H5_OPEN", name, "its type or shape cannot be read") : 0;
    if (result == 0) result = check_creation(w, plist, name);
    if (result == 0) result = check_unpacked(w, dataset, type, space, name);
    if (result == 0 && H5Pget_layout(plist) == H5D_CHUNKED) {
        hsize_t chunks = 0;
        if (H5Dget_num_chunks(dataset, space, &chunks) < 0)
            result = refuse(w, "E_H5_OPEN", name, "its chunk index cannot be read");
    }
    if (result == 0) result = read_small(w, dataset, false, type, space, name);
    if (space >= 0) H5Sclose(space);
    if (type >= 0) H5Tclose(type);
    if (plist >= 0) H5Pclose(plist);
    return result;
}

static herr_t visit_object(hid_t root, const char *name, const H5O_info_t *info, void *data)
{
    walk *w = data;
    const hid_t object = H5Oopen(root, name, H5P_DEFAULT);
    if (object < 0) return refuse(w, "E_H5_OPEN", name, "this object cannot be opened");
    int result = 0;
    if (info->type == H5O_TYPE_DATASET) result = visit_dataset(w, object, name);
    hsize_t at = 0;
    if (result == 0 && H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_NATIVE, &at, visit_attribute, w) < 0)
        result = refuse(w, "E_H5_OPEN", name, "its attributes cannot be read");
    H5Oclose(object);
    return result;
}

/* Links first: an external link must be refused before anything is opened by name. */
static void walk_file(const char *path, const oa_limits *limits, verdict *out)
{
    walk w = { .verdict = out, .unpacked = limits->unpacked ? limits->unpacked : UNPACKED_FREE };
    oa_h5_setup();
    const hid_t file = oa_h5__open_quietly(path);
    if (file < 0) {
        refuse(&w, "E_H5_OPEN", "/", "the HDF5 library cannot open this file; it is damaged, cut, or being written by another program");
        return;
    }
    if (H5Lvisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, visit_link, &w) < 0)
        refuse(&w, "E_H5_OPEN", "/", "its groups cannot be read; the file is damaged");
    else if (H5Ovisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, visit_object, &w) < 0)
        refuse(&w, "E_H5_OPEN", "/", "its objects cannot be read; the file is damaged");
    H5Fclose(file);
}

/* ---------------------------------------------------------------------------------------------- the two processes */

static unsigned look_seconds(const oa_limits *limits) { return limits->look_s > 0 ? (unsigned)limits->look_s : LOOK_SECONDS; }

/* Ends of the world for the child only. Signal handlers of the caller (and of sanitizers) do not belong here. */
static void confine_child(const oa_limits *limits)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGINT, SIGTERM, SIGXCPU, SIGPIPE, SIGALRM };
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) signal(signals[i], SIG_DFL);
    const struct rlimit no_core = { 0, 0 }, cpu = { look_seconds(limits), look_seconds(limits) + 1 }; /* the second ends who would not hear the first */
    setrlimit(RLIMIT_CORE, &no_core);
    setrlimit(RLIMIT_CPU, &cpu);
    alarm(WALL_FACTOR * look_seconds(limits)); /* also where the parent was killed meanwhile */
    const int quiet = open("/dev/null", O_WRONLY);
    if (quiet >= 0) dup2(quiet, STDERR_FILENO), dup2(quiet, STDOUT_FILENO);
}

static void child(const char *path, const oa_limits *limits, int pipe_end)
{
    verdict said = { .code = "" };
    confine_child(limits);
    walk_file(path, limits, &said);
    const char *bytes = (const char *)&said;
    for (size_t done = 0; done < sizeof said;) {
        const ssize_t n = write(pipe_end, bytes + done, sizeof said - done);
        if (n <= 0 && errno != EINTR) break;
        if (n > 0) done += (size_t)n;
    }
    _exit(0);
}

/* Waits for the verdict. True: it came whole; else the child died or was stopped. */
static bool hear(oa_context *context, int pipe_end, verdict *said, bool *too_long)
{
    const double start = oa_seconds();
    size_t done = 0;
    *too_long = false;
    while (done < sizeof *said) {
        struct pollfd ready = { .fd = pipe_end, .events = POLLIN };
        const int n = poll(&ready, 1, 200);
        if (n < 0 && errno != EINTR) return false;
        if (n > 0) {
            const ssize_t got = read(pipe_end, (char *)said + done, sizeof *said - done);
            if (got == 0 || (got < 0 && errno != EINTR)) return false;
            if (got > 0) done += (size_t)got;
        }
        *too_long = oa_seconds() - start > WALL_FACTOR * look_seconds(&context->limits);
        if (*too_long || atomic_load(&context->cancelled)) return false;
    }
    said->code[sizeof said->code - 1] = said->text[sizeof said->text - 1] = 0;
    return true;
}

static oa_status walk_in_child(oa_context *context, const char *path)
{
    int ends[2];
    if (pipe(ends) != 0) return oa_fail(context, "E_AGAIN", "no pipe for the child that looks at %s: %s", oa_base_name(path), strerror(errno));
    const pid_t pid = fork();
    if (pid < 0) {
        close(ends[0]), close(ends[1]);
        return oa_fail(context, "E_AGAIN", "no child process to look at %s: %s", oa_base_name(path), strerror(errno));
    }
    if (pid == 0) {
        close(ends[0]);
        child(path, &context->limits, ends[1]);
    }
    close(ends[1]);
    verdict said = { .code = "" };
    bool too_long;
    const bool heard = hear(context, ends[0], &said, &too_long);
    close(ends[0]);
    if (!heard) kill(pid, SIGKILL);
    int how = 0;
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {}
    OA_TRY(oa_check_cancelled(context));
    if (too_long || (!heard && WIFSIGNALED(how) && (WTERMSIG(how) == SIGXCPU || WTERMSIG(how) == SIGALRM)))
        return oa_fail_at(context, OA_IN_FILE(path), "E_H5_OPEN", "the HDF5 library did not finish looking at this file in %u s of the processor; "
                          "it is damaged, or --max-look SECONDS allows more", look_seconds(&context->limits));
    if (!heard)
        return oa_fail_at(context, OA_IN_FILE(path), "E_H5_OPEN", "the HDF5 library cannot read this file safely (a trial reading "
                          "ended by signal %d); the file is damaged", WIFSIGNALED(how) ? WTERMSIG(how) : 0);
    if (said.code[0]) return oa_fail_at(context, OA_IN_FILE(path), said.code, "%s", said.text);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the first bytes */

static uint64_t little_endian(const unsigned char *bytes, unsigned n)
{
    uint64_t value = 0;
    for (unsigned i = n; i-- > 0;) value = value << 8 | bytes[i];
    return value;
}

/* The end that the superblock states; 0 where it cannot be told. Field order: HDF5 file format 3.0, section II.A. */
static uint64_t stated_end(const unsigned char head[96])
{
    const unsigned version = head[8];
    const unsigned width = version <= 1 ? head[13] : head[9];
    const unsigned base = version == 0 ? 24 : version == 1 ? 28 : 12;
    if (version > 3 || (width != 4 && width != 8)) return 0;
    return little_endian(head + base + 2 * width, width);
}

/* The signature lies at 0, 512, 1024, ... */
static oa_status check_superblock(oa_context *context, const char *path, int descriptor, uint64_t size)
{
    static const unsigned char signature[8] = { 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n' };
    for (uint64_t at = 0; at + sizeof signature <= size; at = at ? 2 * at : 512) {
        unsigned char head[96] = { 0 };
        if (pread(descriptor, head, sizeof head, (off_t)at) < (ssize_t)sizeof signature) break;
        if (memcmp(head, signature, sizeof signature) != 0) continue;
        const uint64_t end = stated_end(head);
        if (end > size)
            return oa_fail_at(context, OA_AT_BYTE(path, (int64_t)size), "E_TRUNCATED", "the file has %llu bytes and its superblock "
                              "says %llu: it was cut; fetch it again", (unsigned long long)size, (unsigned long long)end);
        return OA_OK;
    }
    return oa_fail_at(context, OA_IN_FILE(path), "E_H5_OPEN", "this is no HDF5 file (its signature is missing); give an HDF5 or NeXus file");
}

static oa_status check_head(oa_context *context, const char *path)
{
    const int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0)
        return oa_fail_at(context, OA_IN_FILE(path), "E_NOT_FOUND", "cannot be opened: %s", strerror(errno));
    struct stat about;
    oa_status status;
    if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode))
        status = oa_fail_at(context, OA_IN_FILE(path), "E_NOT_A_FILE", "is no regular file");
    else
        status = check_superblock(context, path, descriptor, (uint64_t)about.st_size);
    close(descriptor);
    return status;
}

oa_status oa_h5_check(oa_context *context, const char *path)
{
    OA_TRY(check_head(context, path));
    return walk_in_child(context, path);
}

oa_status oa_h5__check_here(oa_context *context, const char *path)
{
    verdict said = { .code = "" };
    OA_TRY(check_head(context, path));
    walk_file(path, &context->limits, &said);
    return said.code[0] ? oa_fail_at(context, OA_IN_FILE(path), said.code, "%s", said.text) : OA_OK;
}
