/* fuzz_room.h - for targets above the readers: a whole context, a folder in memory for files that go by name, and the bytes of an input taken in pieces. */
#ifndef OA_TESTS_FUZZ_ROOM_H
#define OA_TESTS_FUZZ_ROOM_H

#include "fuzz.h"

#include <dirent.h>

#include "data/param.h"
#include "step/step.h"

static char fuzz_room_folder[64];

static inline void fuzz_room_remove(void);

/* The folder is made when it is first asked for. */
static inline const char *fuzz_room_path(const char *name)
{
    static char path[4][400];
    static int turn;
    char *out = path[turn = (turn + 1) & 3];
    if (!fuzz_room_folder[0]) {
        snprintf(fuzz_room_folder, sizeof fuzz_room_folder, "%s/ordapt-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        fuzz_must(mkdtemp(fuzz_room_folder) != NULL, "a folder can be made");
        atexit(fuzz_room_remove);
    }
    snprintf(out, sizeof path[0], "%s/%s", fuzz_room_folder, name);
    return out;
}

static inline void fuzz_room_remove(void)
{
    DIR *folder = opendir(fuzz_room_folder);
    for (struct dirent *e; folder && (e = readdir(folder));)
        if (e->d_name[0] != '.') unlink(fuzz_room_path(e->d_name));
    if (folder) closedir(folder);
    rmdir(fuzz_room_folder);
}

/* NULL: no room for it. */
static inline const char *fuzz_room_write(const char *name, const void *data, size_t size)
{
    const char *path = fuzz_room_path(name);
    FILE *file = fopen(path, "wb");
    const bool is_written = file && fwrite(data, 1, size, file) == size;
    return file && fclose(file) == 0 && is_written ? path : NULL;
}

/* One context for all inputs, with kernels and one thread; its bytes before the first input in *base. */
static inline oa_context *fuzz_context(size_t *base)
{
    static oa_context *made;
    static size_t bytes;
    if (!made) {
        fuzz_must(oa_context_new(&made, &(oa_context_options){ .threads = 1 }) == OA_OK, "a context");
        bytes = made->bytes;
    }
    oa_context__clear(made);
    *base = bytes;
    return made;
}

/* ---- the bytes of an input ---- */

typedef struct fuzz_bytes {
    const uint8_t *at;
    size_t left;
} fuzz_bytes;

static inline unsigned fuzz_take(fuzz_bytes *b)
{
    if (!b->left) return 0;
    b->left--;
    return *b->at++;
}

/* The next line without its end, cut to size; false: none is left. */
static inline bool fuzz_line(fuzz_bytes *b, char *out, size_t size)
{
    if (!b->left) return false;
    const uint8_t *end = memchr(b->at, '\n', b->left);
    const size_t n = end ? (size_t)(end - b->at) : b->left, take = n < size ? n : size - 1;
    memcpy(out, b->at, take);
    out[take] = 0;
    b->at += n + (end != NULL);
    b->left -= n + (end != NULL);
    return true;
}

/* ---- parameters ---- */

static inline bool fuzz_is_refused_call(const oa_context *context, oa_status status)
{
    return (status == OA_E_USAGE || status == OA_E_PARAMETER) && oa_error_text(context)[0];
}

/* A line "name=value" that is set or refused; lines without '=' say nothing. */
static inline void fuzz_set_line(oa_settings *settings, char *line)
{
    char *value = strchr(line, '=');
    if (!value) return;
    *value++ = 0;
    oa_context__clear(settings->context);
    const oa_status status = oa_settings_set(settings, line, value);
    fuzz_must(status == OA_OK || fuzz_is_refused_call(settings->context, status), "a value is set or the call refused");
}

/* Values as text read back to the same values. */
static inline void fuzz_check_text(const oa_settings *settings, const oa_step *step)
{
    oa_settings *again;
    oa_context *context = settings->context;
    oa_context__clear(context);
    fuzz_must(oa_settings_new(context, &again, step->params, step->params_size, step->presets) == OA_OK, "settings");
    for (size_t row = 0; row < settings->n; row++) {
        char *text, *same;
        fuzz_must(oa_settings_text(settings, row, &text) == OA_OK, "a value has a text");
        fuzz_must(oa_settings_restore(again, settings->table[row].name, text, settings->origin[row]) == OA_OK, "the text of a value is a value");
        fuzz_must(oa_settings_text(again, row, &same) == OA_OK && strcmp(text, same) == 0, "the text of a value reads back to it");
        oa_free(context, text);
        oa_free(context, same);
    }
    oa_settings_free(again);
}

#endif
