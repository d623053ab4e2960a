/* output.c - files that appear under their name complete or not at all: NAME.part, fsync, rename, fsync of the folder. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/file.h"

enum { BUFFER = 1 << 20 };

oa_status oa_write_failed(oa_context *context, const char *path, int error)
{
    const char *name = oa_base_name(path);
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return oa_fail_at(context, OA_IN_FILE(name), "E_DISK_FULL", "no room for '%s': %s; nothing was left behind", path,
                          strerror(error));
    return oa_fail_at(context, OA_IN_FILE(name), "E_WRITE", "writing '%s' failed: %s; try again", path,
                      error ? strerror(error) : "unknown reason");
}

static oa_status create_failed(oa_context *context, const char *path, int error)
{
    const oa_place place = OA_IN_FILE(oa_base_name(path));
    if (error == ENOSPC || error == EDQUOT) return oa_write_failed(context, path, error);
    if (error == EROFS)
        return oa_fail_at(context, place, "E_OUTPUT", "'%s' lies in a read-only file system; write elsewhere", path);
    if (error == EACCES || error == EPERM)
        return oa_fail_at(context, place, "E_OUTPUT", "there is no permission to create '%s'; write elsewhere", path);
    if (error == ENOENT || error == ENOTDIR)
        return oa_fail_at(context, place, "E_OUTPUT", "the folder of '%s' does not exist; make it first", path);
    return oa_fail_at(context, place, "E_OUTPUT", "'%s' cannot be created: %s", path, strerror(error));
}

/* Only a regular file is ever replaced: renaming over a device would destroy it. */
oa_status oa_output_check(oa_context *context, const char *path, bool overwrite)
{
    struct stat about;
    const oa_place place = OA_IN_FILE(oa_base_name(path));
    const size_t length = strlen(path);
    if (length == 0 || path[length - 1] == '/')
        return oa_fail_at(context, place, "E_OUTPUT", "'%s' names no file; give the name of the file to write", path);
    if (stat(path, &about) != 0) return OA_OK;
    if (!S_ISREG(about.st_mode))
        return oa_fail_at(context, place, "E_OUTPUT", "'%s' exists and is no regular file; give another name", path);
    if (!overwrite) return oa_fail_at(context, place, "E_EXISTS", "'%s' exists; --overwrite replaces it", path);
    return OA_OK;
}

/* A stale .part is somebody's broken run: it goes, and what a link of that name points to stays untouched. */
static oa_status create_part(oa_context *context, const char *path, bool overwrite, char **part, int *descriptor)
{
    *part = NULL;
    *descriptor = -1;
    OA_TRY(oa_output_check(context, path, overwrite));
    const size_t length = strlen(path) + sizeof ".part";
    OA_TRY(oa_new(context, part, length, 1));
    snprintf(*part, length, "%s.part", path);
    if (unlink(*part) == 0 || errno == ENOENT)
        *descriptor = open(*part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (*descriptor >= 0) return OA_OK;
    const oa_status status = create_failed(context, path, errno);
    oa_free(context, *part);
    *part = NULL;
    return status;
}

static bool sync_to_disk(int descriptor)
{
    int result;
    do result = fsync(descriptor);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

/* The rename is on the disk only once the folder is. Some file systems cannot do that for folders: no failure. */
static void sync_folder(const char *path)
{
    char folder[4096] = ".";
    const char *slash = strrchr(path, '/');
    if (slash == path) snprintf(folder, sizeof folder, "/");
    else if (slash) snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    const int fd = open(folder, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)sync_to_disk(fd);
    close(fd);
}

/* Somebody else who writes the same name may have replaced our .part by theirs: never rename what is not ours. */
static bool is_ours(int descriptor, const char *part)
{
    struct stat mine, there;
    return fstat(descriptor, &mine) == 0 && lstat(part, &there) == 0 && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static oa_status replaced(oa_context *context, const char *part)
{
    return oa_fail_at(context, OA_IN_FILE(oa_base_name(part)), "E_OUTPUT",
                      "'%s' was replaced while it was written; is somebody else writing the same output?", part);
}

static oa_status make_permanent(oa_context *context, int descriptor, const char *part, const char *path)
{
    if (!sync_to_disk(descriptor)) return oa_write_failed(context, path, errno);
    if (!is_ours(descriptor, part)) return replaced(context, part);
    if (rename(part, path) != 0) return create_failed(context, path, errno);
    sync_folder(path);
    return OA_OK;
}

oa_status oa_part_claim(oa_context *context, const char *path, bool overwrite, oa_claim *out)
{
    *out = (oa_claim){ .descriptor = -1 };
    return create_part(context, path, overwrite, &out->part, &out->descriptor);
}

oa_status oa_part_check(oa_context *context, const oa_claim *claim)
{
    return is_ours(claim->descriptor, claim->part) ? OA_OK : replaced(context, claim->part);
}

static void drop_claim(oa_context *context, oa_claim *claim)
{
    if (claim->part) close(claim->descriptor);
    oa_free(context, claim->part);
    *claim = (oa_claim){ .descriptor = -1 };
}

oa_status oa_part_publish(oa_context *context, oa_claim *claim, const char *path)
{
    const oa_status status = make_permanent(context, claim->descriptor, claim->part, path);
    if (status == OA_OK) drop_claim(context, claim);
    else oa_part_forget(context, claim);
    return status;
}

void oa_part_forget(oa_context *context, oa_claim *claim)
{
    if (claim->part && is_ours(claim->descriptor, claim->part)) (void)unlink(claim->part);
    drop_claim(context, claim);
}

static void drop(oa_output_file *file)
{
    char unused[OA_HEX];
    if (file->descriptor >= 0) close(file->descriptor);
    if (file->digest) oa_digest_end(file->digest, unused);
    oa_free(file->context, file->buffer);
    oa_free(file->context, file->path);
    oa_free(file->context, file->part);
    *file = (oa_output_file){ .descriptor = -1 };
}

void oa_output_abandon(oa_output_file *file)
{
    if (file->part && (file->descriptor < 0 || is_ours(file->descriptor, file->part))) (void)unlink(file->part);
    drop(file);
}

oa_status oa_output_open(oa_context *context, oa_output_file *file, const char *path, bool overwrite)
{
    *file = (oa_output_file){ .context = context, .descriptor = -1 };
    OA_TRY(create_part(context, path, overwrite, &file->part, &file->descriptor));
    oa_digest *digest = NULL;
    oa_status status = oa_digest_new(context, &digest);
    file->digest = digest;
    if (status == OA_OK) status = oa_new(context, &file->buffer, BUFFER, 1);
    if (status == OA_OK && !(file->path = oa_strdup(context, path))) status = OA_E_LACKING;
    if (status != OA_OK) oa_output_abandon(file);
    return status;
}

static oa_status write_all(oa_output_file *file, const unsigned char *bytes, size_t n)
{
    oa_digest_add(file->digest, bytes, n);
    for (size_t done = 0; done < n;) {
        const ssize_t put = write(file->descriptor, bytes + done, n - done);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return oa_write_failed(file->context, file->path, errno);
        done += (size_t)put;
    }
    return oa_check_cancelled(file->context);
}

static oa_status flush(oa_output_file *file)
{
    const size_t n = file->used;
    file->used = 0;
    return n ? write_all(file, file->buffer, n) : OA_OK;
}

oa_status oa_output_write(oa_output_file *file, const void *bytes, size_t n)
{
    file->bytes += n;
    if (n > BUFFER - file->used) OA_TRY(flush(file));
    if (n >= BUFFER) return write_all(file, bytes, n);
    memcpy(file->buffer + file->used, bytes, n);
    file->used += n;
    return OA_OK;
}

oa_status oa_output_text(oa_output_file *file, const char *format, ...)
{
    char line[1024];
    va_list list;
    va_start(list, format);
    const int n = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (n < 0 || (size_t)n >= sizeof line)
        return oa_fail(file->context, "E_INTERNAL", "a line of %d bytes was to be written; %zu fit", n, sizeof line - 1);
    return oa_output_write(file, line, (size_t)n);
}

oa_status oa_output_commit(oa_output_file *file, char hex[65])
{
    oa_status status = flush(file);
    if (status == OA_OK) status = make_permanent(file->context, file->descriptor, file->part, file->path);
    if (status != OA_OK) {
        oa_output_abandon(file);
        return status;
    }
    if (hex) {
        oa_digest_end(file->digest, hex);
        file->digest = NULL;
    }
    drop(file);
    return OA_OK;
}
