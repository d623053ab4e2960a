/* temporary.h - a folder for the files of one test, and reading what is in them. */
#ifndef OA_TESTS_TEMPORARY_H
#define OA_TESTS_TEMPORARY_H

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

#include "base/context.h"
#include "io/format.h"

static char temporary_folder[512];

static inline int temporary_make(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(temporary_folder, sizeof temporary_folder, "%s/ordapt-test-XXXXXX", base ? base : "/tmp");
    return mkdtemp(temporary_folder) ? 0 : -1;
}

static inline int temporary_count(void) /* entries of the folder */
{
    int n = 0;
    DIR *folder = opendir(temporary_folder);
    for (struct dirent *e; (e = readdir(folder));) n += e->d_name[0] != '.';
    closedir(folder);
    return n;
}

static inline const char *temporary_path(const char *name)
{
    static char path[4][1024];
    static int turn;
    char *out = path[turn = (turn + 1) & 3];
    snprintf(out, sizeof path[0], "%s/%s", temporary_folder, name);
    return out;
}

static inline void temporary_empty(void)
{
    DIR *folder = opendir(temporary_folder);
    for (struct dirent *e; (e = readdir(folder));)
        if (e->d_name[0] != '.') {
            chmod(temporary_path(e->d_name), 0700);
            if (unlink(temporary_path(e->d_name)) != 0) (void)rmdir(temporary_path(e->d_name));
        }
    closedir(folder);
}

static inline int temporary_remove(void **state)
{
    (void)state;
    temporary_empty();
    return rmdir(temporary_folder);
}

static inline const char *temporary_write(const char *name, const void *bytes, size_t n)
{
    const char *path = temporary_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    fclose(file);
    return path;
}

static inline const char *temporary_text(const char *name, const char *text) { return temporary_write(name, text, strlen(text)); }

/* NUL-terminated; free it. */
static inline char *temporary_read(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *n = (size_t)ftell(file);
    rewind(file);
    char *out = calloc(1, *n + 1);
    assert_int_equal(fread(out, 1, *n, file), *n);
    fclose(file);
    return out;
}

/* Opens and reads as the program does; what was read must be dropped with content_drop. */
static inline oa_status content_read(oa_context *context, const char *path, const oa_read_options *options, oa_content *out)
{
    static const oa_read_options usual = { .byte_order = "big", .preset = "" };
    oa_source source;
    oa_context__clear(context);
    *out = (oa_content){ 0 };
    OA_TRY(oa_source_open(context, path, &source));
    return source.read(context, &source, options ? options : &usual, out);
}

static inline void content_drop(oa_content *content)
{
    oa_ions_free(content->ions);
    oa_ranges__free(content->ranges);
    *content = (oa_content){ 0 };
}

/* Reads a text that must succeed with exactly this warning ("" for none); the content is the caller's. */
static inline void check_reads(oa_context *context, const char *path, const char *warning, oa_content *out)
{
    check_ok(context, content_read(context, path, NULL, out));
    if (!warning[0] && oa_warning_count(context)) fail_msg("needless %s: %s", oa_warning_code(context, 0), oa_warning_text(context, 0));
    for (size_t i = 0; warning[0] && i < oa_warning_count(context); i++)
        if (strcmp(oa_warning_code(context, i), warning) == 0) return;
    if (warning[0]) fail_msg("no warning %s", warning);
}

/* Must fail with the code, and the text must contain every word (NULL for none). */
static inline void check_refused(oa_context *context, const char *path, const oa_read_options *options, const char *code, const char *word)
{
    oa_content content;
    check_fails(context, content_read(context, path, options, &content), code);
    if (word && !strstr(oa_error_text(context), word)) fail_msg("'%s' does not mention '%s'", oa_error_text(context), word);
    assert_null(content.ions);
    assert_null(content.ranges);
}

#endif
