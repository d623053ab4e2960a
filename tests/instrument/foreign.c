/* foreign.c - what libraries that were built without the memory sanitizer write is not known to it: each value of theirs would be a finding. Here is, for every call
 * of theirs that hands something out, what it has written. The linker leads calls of OURS(name) here (--wrap; CMake reads the names from this file), so that
 * nothing in core/ knows of it. Only for the preset msan. */
#define _GNU_SOURCE 1
#include <hdf5.h>
#include <jansson.h>
#include <libdeflate.h>
#include <sanitizer/msan_interface.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#pragma clang diagnostic ignored "-Wmissing-prototypes"
#define OURS(name) __wrap_##name
#define THEIRS(name) __real_##name
#define DECLARE(name) extern __attribute__((weak)) __typeof__(name) THEIRS(name) /* weak: a test that does not call it need not link its library */

static int seen(int result, bool is_good, const void *bytes, size_t n)
{
    if (is_good && bytes) __msan_unpoison(bytes, n);
    return result;
}

/* What a library has in its own memory and on its stack counts as never written too, and would be found where the C library reads it for them (write, strlen). So
 * what the C library is given is not looked at on the main thread, and malloc gives clean memory; but to the sources of this tree it gives what is not yet
 * written, and what they write to files and take digests of is looked at here. */
const char *__msan_default_options(void);
const char *__msan_default_options(void) { return "poison_in_malloc=0:poison_in_free=0:allocator_may_return_null=1"; }

DECLARE(malloc);
void *OURS(malloc)(size_t n)
{
    void *const out = THEIRS(malloc)(n);
    if (out) __msan_poison(out, n);
    return out;
}

DECLARE(write);
ssize_t OURS(write)(int descriptor, const void *bytes, size_t n)
{
    __msan_check_mem_is_initialized(bytes, n);
    return THEIRS(write)(descriptor, bytes, n);
}

/* ---- C library: calls that the sanitizer of clang 14 does not know ---- */

DECLARE(stat64);
DECLARE(lstat64);
DECLARE(fstat64);
DECLARE(getentropy);
int OURS(stat64)(const char *path, struct stat64 *out) { const int r = THEIRS(stat64)(path, out); return seen(r, r == 0, out, sizeof *out); }
int OURS(lstat64)(const char *path, struct stat64 *out) { const int r = THEIRS(lstat64)(path, out); return seen(r, r == 0, out, sizeof *out); }
int OURS(fstat64)(int descriptor, struct stat64 *out) { const int r = THEIRS(fstat64)(descriptor, out); return seen(r, r == 0, out, sizeof *out); }
int OURS(getentropy)(void *out, size_t n) { const int r = THEIRS(getentropy)(out, n); return seen(r, r == 0, out, n); }

/* ---- libcrypto, libdeflate, NeXus API ---- */

extern __attribute__((weak)) int THEIRS(SHA256_Final)(unsigned char *out, void *state);
int OURS(SHA256_Final)(unsigned char *out, void *state) { return seen(THEIRS(SHA256_Final)(out, state), true, out, 32); }

extern __attribute__((weak)) int THEIRS(SHA256_Update)(void *state, const void *bytes, size_t n);
int OURS(SHA256_Update)(void *state, const void *bytes, size_t n)
{
    __msan_check_mem_is_initialized(bytes, n);
    return THEIRS(SHA256_Update)(state, bytes, n);
}

DECLARE(libdeflate_zlib_decompress);
enum libdeflate_result OURS(libdeflate_zlib_decompress)(struct libdeflate_decompressor *d, const void *in, size_t n, void *out, size_t room, size_t *got)
{
    const enum libdeflate_result r = THEIRS(libdeflate_zlib_decompress)(d, in, n, out, room, got);
    if (got) __msan_unpoison(got, sizeof *got);
    if (r == LIBDEFLATE_SUCCESS) __msan_unpoison(out, got ? *got : room);
    return r;
}

DECLARE(libdeflate_deflate_compress);
size_t OURS(libdeflate_deflate_compress)(struct libdeflate_compressor *c, const void *in, size_t n, void *out, size_t room)
{
    const size_t written = THEIRS(libdeflate_deflate_compress)(c, in, n, out, room);
    __msan_unpoison(out, written);
    return written;
}

extern __attribute__((weak)) int THEIRS(nxiopen_)(const char *path, int mode, void **handle);
int OURS(nxiopen_)(const char *path, int mode, void **handle) { return seen(THEIRS(nxiopen_)(path, mode, handle), true, handle, sizeof *handle); }

/* ---- libyaml: the parser and an event, with its texts ---- */

DECLARE(yaml_parser_initialize);
DECLARE(yaml_parser_parse);
int OURS(yaml_parser_initialize)(yaml_parser_t *parser) { return seen(THEIRS(yaml_parser_initialize)(parser), true, parser, sizeof *parser); }

static void see_text(const void *text)
{
    if (text) __msan_unpoison_string(text);
}

int OURS(yaml_parser_parse)(yaml_parser_t *parser, yaml_event_t *event)
{
    const int r = THEIRS(yaml_parser_parse)(parser, event);
    __msan_unpoison(parser, sizeof *parser);
    __msan_unpoison(event, sizeof *event);
    see_text(parser->problem);
    if (r && event->type == YAML_SCALAR_EVENT) {
        __msan_unpoison(event->data.scalar.value, event->data.scalar.length + 1);
        see_text(event->data.scalar.tag);
        see_text(event->data.scalar.anchor);
    }
    return r;
}

/* ---- jansson: its inline functions read values of its own, so all its memory counts as written ---- */

static void *zeroed(size_t n) { return calloc(1, n); }

__attribute__((constructor)) static void begin(void)
{
    json_set_alloc_funcs(zeroed, free);
    __msan_scoped_disable_interceptor_checks();
}

/* ---- HDF5 ---- */

DECLARE(H5get_libversion);
DECLARE(H5Gget_info);
DECLARE(H5Sget_simple_extent_dims);
DECLARE(H5Pget_chunk);
DECLARE(H5Pget_filter2);
DECLARE(H5Dget_chunk_storage_size);
DECLARE(H5Dread_chunk);
DECLARE(H5Aread);
DECLARE(H5Dread);

herr_t OURS(H5get_libversion)(unsigned *major, unsigned *minor, unsigned *release)
{
    const herr_t r = THEIRS(H5get_libversion)(major, minor, release);
    seen(r, r >= 0, major, sizeof *major);
    seen(r, r >= 0, minor, sizeof *minor);
    return seen(r, r >= 0, release, sizeof *release);
}

herr_t OURS(H5Gget_info)(hid_t group, H5G_info_t *out) { const herr_t r = THEIRS(H5Gget_info)(group, out); return seen(r, r >= 0, out, sizeof *out); }

int OURS(H5Sget_simple_extent_dims)(hid_t space, hsize_t *dims, hsize_t *most)
{
    const int rank = THEIRS(H5Sget_simple_extent_dims)(space, dims, most);
    seen(rank, rank > 0, dims, (size_t)rank * sizeof *dims);
    return seen(rank, rank > 0, most, (size_t)rank * sizeof *most);
}

int OURS(H5Pget_chunk)(hid_t list, int room, hsize_t *dims)
{
    const int rank = THEIRS(H5Pget_chunk)(list, room, dims);
    return seen(rank, rank > 0, dims, (size_t)(rank < room ? rank : room) * sizeof *dims);
}

H5Z_filter_t OURS(H5Pget_filter2)(hid_t list, unsigned i, unsigned *flags, size_t *n, unsigned *values, size_t room, char *name, unsigned *config)
{
    const size_t asked = n ? *n : 0;
    const H5Z_filter_t r = THEIRS(H5Pget_filter2)(list, i, flags, n, values, room, name, config);
    seen(r, r >= 0, flags, sizeof *flags);
    seen(r, r >= 0, n, sizeof *n);
    seen(r, r >= 0, values, (n && *n < asked ? *n : asked) * sizeof *values);
    return seen(r, r >= 0, config, sizeof *config);
}

herr_t OURS(H5Dget_chunk_storage_size)(hid_t set, const hsize_t *offset, hsize_t *bytes)
{
    const herr_t r = THEIRS(H5Dget_chunk_storage_size)(set, offset, bytes);
    return seen(r, r >= 0, bytes, sizeof *bytes);
}

herr_t OURS(H5Dread_chunk)(hid_t set, hid_t how, const hsize_t *offset, uint32_t *filters, void *out)
{
    const herr_t r = THEIRS(H5Dread_chunk)(set, how, offset, filters, out);
    hsize_t bytes = 0;
    if (r >= 0) THEIRS(H5Dget_chunk_storage_size)(set, offset, &bytes);
    __msan_unpoison(&bytes, sizeof bytes);
    seen(r, r >= 0, filters, sizeof *filters);
    return seen(r, r >= 0, out, (size_t)bytes);
}

/* n elements of a type; the texts behind those of variable length */
static void see_elements(hid_t type, hssize_t n, void *out)
{
    if (n <= 0) return;
    __msan_unpoison(out, (size_t)n * H5Tget_size(type));
    char *const *texts = out;
    for (hssize_t i = 0; H5Tis_variable_str(type) > 0 && i < n; i++) see_text(texts[i]);
}

herr_t OURS(H5Aread)(hid_t attribute, hid_t type, void *out)
{
    const herr_t r = THEIRS(H5Aread)(attribute, type, out);
    const hid_t space = r >= 0 ? H5Aget_space(attribute) : -1;
    if (space >= 0) see_elements(type, H5Sget_simple_extent_npoints(space), out), H5Sclose(space);
    return r;
}

herr_t OURS(H5Dread)(hid_t set, hid_t type, hid_t memory, hid_t file, hid_t how, void *out)
{
    const herr_t r = THEIRS(H5Dread)(set, type, memory, file, how, out);
    const hid_t space = r < 0 ? -1 : memory != H5S_ALL ? H5Scopy(memory) : H5Dget_space(set);
    if (space >= 0) see_elements(type, H5Sget_simple_extent_npoints(space), out), H5Sclose(space);
    return r;
}

/* Functions that HDF5 calls: it does not say that its arguments are values. Steps in between do not look at theirs and so hand on clean ones. */

typedef struct link_call {
    H5L_iterate_t call;
    void *data;
} link_call;

typedef struct attribute_call {
    H5A_operator2_t call;
    void *data;
} attribute_call;

typedef struct object_call {
    H5O_iterate_t call;
    void *data;
} object_call;

typedef struct error_call {
    H5E_walk2_t call;
    void *data;
} error_call;

#define BLIND __attribute__((no_sanitize("memory"))) static herr_t

BLIND on_link(hid_t at, const char *name, const H5L_info_t *info, void *data)
{
    const link_call *c = data;
    see_text(name);
    if (info) __msan_unpoison(info, sizeof *info);
    return c->call(at, name, info, c->data);
}

BLIND on_attribute(hid_t at, const char *name, const H5A_info_t *info, void *data)
{
    const attribute_call *c = data;
    see_text(name);
    if (info) __msan_unpoison(info, sizeof *info);
    return c->call(at, name, info, c->data);
}

BLIND on_object(hid_t at, const char *name, const H5O_info_t *info, void *data)
{
    const object_call *c = data;
    see_text(name);
    if (info) __msan_unpoison(info, sizeof *info);
    return c->call(at, name, info, c->data);
}

BLIND on_error(unsigned n, const H5E_error2_t *what, void *data)
{
    const error_call *c = data;
    __msan_unpoison(what, sizeof *what);
    see_text(what->desc);
    see_text(what->func_name);
    see_text(what->file_name);
    return c->call(n, what, c->data);
}

DECLARE(H5Literate);
DECLARE(H5Lvisit);
DECLARE(H5Ovisit);
DECLARE(H5Aiterate2);
DECLARE(H5Ewalk2);

herr_t OURS(H5Literate)(hid_t group, H5_index_t index, H5_iter_order_t order, hsize_t *at, H5L_iterate_t call, void *data)
{
    return THEIRS(H5Literate)(group, index, order, at, on_link, &(link_call){ call, data });
}

herr_t OURS(H5Lvisit)(hid_t group, H5_index_t index, H5_iter_order_t order, H5L_iterate_t call, void *data)
{
    return THEIRS(H5Lvisit)(group, index, order, on_link, &(link_call){ call, data });
}

herr_t OURS(H5Ovisit)(hid_t object, H5_index_t index, H5_iter_order_t order, H5O_iterate_t call, void *data)
{
    return THEIRS(H5Ovisit)(object, index, order, on_object, &(object_call){ call, data });
}

herr_t OURS(H5Aiterate2)(hid_t object, H5_index_t index, H5_iter_order_t order, hsize_t *at, H5A_operator2_t call, void *data)
{
    return THEIRS(H5Aiterate2)(object, index, order, at, on_attribute, &(attribute_call){ call, data });
}

herr_t OURS(H5Ewalk2)(hid_t stack, H5E_direction_t direction, H5E_walk2_t call, void *data)
{
    return THEIRS(H5Ewalk2)(stack, direction, on_error, &(error_call){ call, data });
}
