/* file.c - reading files whole or in part, their digest, and lines of text. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/text.h"

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode)) return "a folder";
    if (S_ISFIFO(mode)) return "a pipe";
    if (S_ISSOCK(mode)) return "a socket";
    return "a device";
}

static oa_status open_failed(oa_context *context, const char *path, int error)
{
    const char *name = oa_base_name(path);
    if (error == ENOENT || error == ENOTDIR)
        return oa_fail_at(context, OA_IN_FILE(name), "E_NOT_FOUND", "there is no file '%s'; check the path", path);
    if (error == EACCES || error == EPERM)
        return oa_fail_at(context, OA_IN_FILE(name), "E_PERMISSION",
                          "'%s' may not be read by this user; change its permissions", path);
    return oa_fail_at(context, OA_IN_FILE(name), "E_NOT_FOUND", "'%s' cannot be opened: %s; check the path", path,
                      strerror(error));
}

static oa_status not_a_file(oa_context *context, const char *path, mode_t mode)
{
    return oa_fail_at(context, OA_IN_FILE(oa_base_name(path)), "E_NOT_A_FILE", "'%s' is %s; give a regular file", path,
                      kind_of(mode));
}

oa_status oa_file_open(oa_context *context, const char *path, int *descriptor, uint64_t *bytes)
{
    struct stat about;
    *descriptor = -1;
    /* Asked by name first: a socket cannot be opened, and opening a device may do something. */
    if (stat(path, &about) != 0) return open_failed(context, path, errno);
    if (!S_ISREG(about.st_mode)) return not_a_file(context, path, about.st_mode);
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return open_failed(context, path, errno);
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        close(fd);
        return not_a_file(context, path, about.st_mode);
    }
    *descriptor = fd;
    *bytes = (uint64_t)about.st_size;
    return OA_OK;
}

oa_status oa_file_read(oa_context *context, int descriptor, const char *name, void *to, size_t n, uint64_t offset)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = pread(descriptor, (char *)to + done, n - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return oa_fail_at(context, OA_AT_BYTE(name, (int64_t)(offset + done)), "E_READ", "reading failed: %s; try again",
                              strerror(errno));
        if (got == 0)
            return oa_fail_at(context, OA_AT_BYTE(name, (int64_t)(offset + done)), "E_TRUNCATED",
                              "the file became shorter while it was read; wait until it is complete");
        done += (size_t)got;
    }
    return OA_OK;
}

void oa_file_close(int descriptor)
{
    if (descriptor >= 0) close(descriptor);
}

static oa_status digest_bytes(oa_context *context, int fd, const char *name, uint64_t bytes, oa_digest *digest)
{
    enum { SLAB = 1 << 20 };
    unsigned char *slab;
    OA_TRY(oa_new(context, &slab, SLAB, 1));
    oa_status status = OA_OK;
    for (uint64_t at = 0; at < bytes && status == OA_OK; at += SLAB) {
        const size_t n = bytes - at < SLAB ? (size_t)(bytes - at) : SLAB;
        status = oa_check_cancelled(context);
        if (status == OA_OK) status = oa_file_read(context, fd, name, slab, n, at);
        if (status == OA_OK) oa_digest_add(digest, slab, n);
    }
    oa_free(context, slab);
    return status;
}

oa_status oa_file_digest(oa_context *context, const char *path, char hex[65], uint64_t *bytes)
{
    int fd;
    uint64_t length;
    oa_digest *digest;
    OA_TRY(oa_file_open(context, path, &fd, &length));
    oa_status status = oa_digest_new(context, &digest);
    if (status == OA_OK) {
        status = digest_bytes(context, fd, oa_base_name(path), length, digest);
        oa_digest_end(digest, hex);
    }
    oa_file_close(fd);
    if (bytes) *bytes = length;
    return status;
}

static oa_status check_text(oa_context *context, const char *name, const char *text, size_t length)
{
    const unsigned char *b = (const unsigned char *)text;
    if (length >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff)))
        return oa_fail_at(context, OA_IN_FILE(name), "E_ENCODING", "the text is UTF-16; save it as UTF-8");
    const char *nul = memchr(text, 0, length);
    if (nul)
        return oa_fail_at(context, OA_AT_BYTE(name, nul - text), "E_ENCODING",
                          "byte %zu is NUL: this is no text, or UTF-16 without its mark; save it as UTF-8",
                          (size_t)(nul - text));
    return OA_OK;
}

static oa_status text_bytes(oa_context *context, int fd, const char *name, size_t length, char *text)
{
    OA_TRY(oa_file_read(context, fd, name, text, length, 0));
    return check_text(context, name, text, length);
}

oa_status oa_file_text(oa_context *context, const char *path, size_t limit, char **out, size_t *length)
{
    const char *name = oa_base_name(path);
    int fd;
    uint64_t bytes;
    *out = NULL;
    OA_TRY(oa_file_open(context, path, &fd, &bytes));
    oa_status status;
    if (bytes > limit) {
        status =
            oa_fail_at(context, OA_IN_FILE(name), "E_SIZE", "the file has %llu bytes; no more than %zu are read of such a text",
                       (unsigned long long)bytes, limit);
    } else {
        status = oa_new(context, out, (size_t)bytes + 1, 1);
        if (status == OA_OK) status = text_bytes(context, fd, name, (size_t)bytes, *out);
    }
    oa_file_close(fd);
    if (status != OA_OK) {
        oa_free(context, *out);
        *out = NULL;
        return status;
    }
    *length = (size_t)bytes;
    if (*length >= 3 && memcmp(*out, "\xef\xbb\xbf", 3) == 0) {
        *length -= 3;
        memmove(*out, *out + 3, *length + 1);
    }
    return OA_OK;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\v' || c == '\f'; }

bool oa_lines_next(oa_lines *lines)
{
    if (lines->at >= lines->end) return false;
    const char *line = lines->at, *stop = line;
    while (stop < lines->end && *stop != '\n' && *stop != '\r') stop++;
    lines->at = stop + (stop < lines->end);
    if (stop + 1 < lines->end && stop[0] == '\r' && stop[1] == '\n') lines->at++;
    while (line < stop && is_blank(*line)) line++;
    while (stop > line && is_blank(stop[-1])) stop--;
    lines->line = line;
    lines->length = (size_t)(stop - line);
    lines->number++;
    return true;
}

oa_status oa_lines_next_filled(oa_context *context, const char *name, oa_lines *lines, bool *more)
{
    do {
        *more = oa_lines_next(lines);
    } while (*more && lines->length == 0);
    if (*more && lines->length > OA_LINE_MAX)
        return oa_fail_at(context, OA_AT_LINE(name, lines->number), "E_LINE_TOO_LONG",
                          "the line has %zu bytes; lines have at most %d", lines->length, OA_LINE_MAX);
    return OA_OK;
}

bool oa_token_next(const char **at, const char *end, const char **token, size_t *length)
{
    const char *p = *at;
    while (p < end && is_blank(*p)) p++;
    *token = p;
    while (p < end && !is_blank(*p)) p++;
    *length = (size_t)(p - *token);
    *at = p;
    return *length > 0;
}
