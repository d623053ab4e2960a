/* h5.c - small safe helpers to read HDF5: every text and array is measured before memory is taken. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/h5.h"

enum { PATH_MAX_BYTES = OA_H5_PATH_MAX, VARIABLE_COUNT = 65536 };

/* The library keeps what the system said only as words in its list of errors: "errno = 28". */
static _Thread_local int system_error;

static herr_t look_for_errno(unsigned n, const H5E_error2_t *error, void *unused)
{
    static const char words[] = "errno = ";
    const char *at = error->desc ? strstr(error->desc, words) : NULL;
    int64_t number;
    (void)n, (void)unused;
    if (!at) return 0;
    at += sizeof words - 1;
    if (oa_text_integer(at, strspn(at, "0123456789"), &number)) system_error = (int)number;
    return 0;
}

static herr_t note_failure(hid_t list, void *unused) { return H5Ewalk2(list, H5E_WALK_UPWARD, look_for_errno, unused); }

int oa_h5__errno(void) { return system_error; }

void oa_h5__listen(void) { H5Eset_auto2(H5E_DEFAULT, note_failure, NULL); }

void oa_h5_setup(void)
{
    H5PLset_loading_state(0);
    oa_h5__listen();
    if (H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_FILE) == 0) system_error = 0; /* else of a file that is being read */
}

oa_status oa_h5_trust(const oa_h5 *h5)
{
    const oa_status status = oa_context__unpardoned(h5->context);
    return status == OA_OK && system_error ? oa_h5_fail(h5, "E_READ", "a part of it could not be read") : status;
}

hid_t oa_h5__open_quietly(const char *path)
{
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    if (access < 0) return access;
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, access);
    H5Pclose(access);
    return file;
}

oa_status oa_h5_open(oa_context *context, const char *path, oa_h5 *out)
{
    *out = (oa_h5){ .context = context, .path = path };
    oa_h5_setup();
    OA_TRY(oa_h5_check(context, path));
    const hid_t file = oa_h5__open_quietly(path);
    if (file < 0) return oa_h5_fail(out, "E_H5_OPEN", "the HDF5 library cannot open this file; it is damaged");
    out->file = file;
    const oa_status status = oa_new(context, &out->near, 1, sizeof *out->near);
    if (status != OA_OK) oa_h5_close(out);
    return status;
}

void oa_h5_close(oa_h5 *h5)
{
    if (h5->near && h5->near->group > 0) H5Gclose(h5->near->group);
    oa_free(h5->context, h5->near);
    h5->near = NULL;
    if (h5->file > 0) H5Fclose(h5->file);
    h5->file = 0;
}

oa_status oa_h5_fail(const oa_h5 *h5, const char *code, const char *format, ...)
{
    char text[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (system_error) /* then what seems damaged or missing may be sound */
        return oa_fail_at(h5->context, OA_IN_FILE(h5->path), "E_READ", "%s; the system says: %s; try again", text, strerror(system_error));
    return oa_fail_at(h5->context, OA_IN_FILE(h5->path), code, "%s", text);
}

/* ---------------------------------------------------------------------------------------------- what is there */

static bool is_root(const char *path)
{
    return path[strspn(path, "/")] == 0;
}

static bool has_link(hid_t group, const char *name)
{
    return H5Lexists(group, name, H5P_DEFAULT) > 0 && H5Oexists_by_name(group, name, H5P_DEFAULT) > 0;
}

/* H5Lexists fails where a part before the last is missing, so every part is asked for. */
static bool has_every_part(const oa_h5 *h5, const char *path, size_t length)
{
    char part[PATH_MAX_BYTES];
    for (size_t end = 1; end <= length; end++) {
        if ((end < length && path[end] != '/') || path[end - 1] == '/') continue;
        memcpy(part, path, end);
        part[end] = 0;
        if (!has_link(h5->file, part)) return false;
    }
    return true;
}

/* The group of that path, kept open until another is asked for: what is read one after the other mostly lies in one. Negative if it is none. */
static hid_t group_near(const oa_h5 *h5, const char *path, size_t length)
{
    oa_h5_near *near = h5->near;
    if (near->group > 0 && near->length == length && memcmp(near->path, path, length) == 0) return near->group;
    if (!has_every_part(h5, path, length)) return -1;
    if (near->group > 0) H5Gclose(near->group);
    memcpy(near->path, path, length);
    near->path[length] = 0;
    near->length = length;
    return near->group = H5Gopen2(h5->file, near->path, H5P_DEFAULT);
}

bool oa_h5_has(const oa_h5 *h5, const char *path)
{
    if (is_root(path)) return true;
    const size_t length = strlen(path);
    const char *last = strrchr(path, '/');
    if (length >= PATH_MAX_BYTES) return false;
    if (!h5->near || !last || last == path || !last[1]) return has_every_part(h5, path, length);
    const hid_t group = group_near(h5, path, (size_t)(last - path));
    return group >= 0 && has_link(group, last + 1);
}

static H5I_type_t kind_of(const oa_h5 *h5, const char *path)
{
    if (!oa_h5_has(h5, path)) return H5I_BADID;
    const hid_t object = H5Oopen(h5->file, is_root(path) ? "/" : path, H5P_DEFAULT);
    if (object < 0) return H5I_BADID;
    const H5I_type_t kind = H5Iget_type(object);
    H5Oclose(object);
    return kind;
}

bool oa_h5_is_group(const oa_h5 *h5, const char *path)
{
    return kind_of(h5, path) == H5I_GROUP;
}

bool oa_h5_is_dataset(const oa_h5 *h5, const char *path)
{
    return kind_of(h5, path) == H5I_DATASET;
}

bool oa_h5_has_attribute(const oa_h5 *h5, const char *path, const char *attribute)
{
    return oa_h5_has(h5, path) && H5Aexists_by_name(h5->file, is_root(path) ? "/" : path, attribute, H5P_DEFAULT) > 0;
}

void oa_h5_names_free(const oa_h5 *h5, char **names, size_t n)
{
    for (size_t i = 0; names && i < n; i++) oa_free(h5->context, names[i]);
    oa_free(h5->context, names);
}

typedef struct name_list {
    const oa_h5 *h5;
    char **names;
    size_t n, room;
    oa_status status;
} name_list;

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *data)
{
    name_list *list = data;
    const size_t length = strlen(name);
    (void)group;
    (void)info;
    if (list->n == list->room || length >= PATH_MAX_BYTES)
        list->status = oa_h5_fail(list->h5, "E_H5_OPEN", "the name of link %zu cannot be read", list->n);
    else
        list->status = oa_new(list->h5->context, &list->names[list->n], length + 1, 1);
    if (list->status != OA_OK) return -1;
    char *out = list->names[list->n++];
    memcpy(out, name, length + 1);
    if (!oa_text_is_utf8(out)) oa_text_clean(out, length + 1, out, length); /* then nothing of that name is found */
    return 0;
}

/* In one pass: a question for each name by its number sorts all names of a large group every time. */
static oa_status names_of(const oa_h5 *h5, hid_t group, const char *path, char ***names, size_t *n)
{
    H5G_info_t info;
    if (H5Gget_info(group, &info) < 0) return oa_h5_fail(h5, "E_H5_OPEN", "%s: this group cannot be read", path);
    if (info.nlinks > OA_H5_NAMES_MAX)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s: %llu entries; at most %d are read", path, (unsigned long long)info.nlinks, OA_H5_NAMES_MAX);
    name_list list = { .h5 = h5, .room = (size_t)info.nlinks };
    OA_TRY(oa_new(h5->context, &list.names, list.room, sizeof *list.names));
    const herr_t done = H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, &list);
    if (done < 0 && list.status == OA_OK) list.status = oa_h5_fail(h5, "E_H5_OPEN", "%s: the names in this group cannot be read", path);
    if (list.status != OA_OK) {
        oa_h5_names_free(h5, list.names, list.n);
        return list.status;
    }
    *names = list.names;
    *n = list.n;
    return OA_OK;
}

oa_status oa_h5_names(const oa_h5 *h5, const char *path, char ***names, size_t *n)
{
    *names = NULL, *n = 0;
    if (!oa_h5_is_group(h5, path)) return oa_h5_fail(h5, "E_H5_MISSING", "there is no group %s", path);
    const hid_t group = H5Gopen2(h5->file, is_root(path) ? "/" : path, H5P_DEFAULT);
    if (group < 0) return oa_h5_fail(h5, "E_H5_OPEN", "%s: this group cannot be opened", path);
    const oa_status status = names_of(h5, group, path, names, n);
    H5Gclose(group);
    return status;
}

/* ---------------------------------------------------------------------------------------------- one value, opened */

/* A dataset or an attribute with its type and space; closed together. */
typedef struct value {
    bool is_attribute;
    hid_t object, type, space;
    hssize_t n;
    char what[256]; /* for messages: "entry1/title" or "entry1@default" */
} value;

static void value_close(value *v)
{
    if (v->space >= 0) H5Sclose(v->space);
    if (v->type >= 0) H5Tclose(v->type);
    if (v->object >= 0) (v->is_attribute ? H5Aclose : H5Dclose)(v->object);
}

static oa_status value_open(const oa_h5 *h5, const char *path, const char *attribute, value *v)
{
    *v = (value){ .is_attribute = attribute != NULL, .object = -1, .type = -1, .space = -1 };
    snprintf(v->what, sizeof v->what, attribute ? "%s@%s" : "%s", path, attribute);
    if (attribute ? !oa_h5_has_attribute(h5, path, attribute) : !oa_h5_is_dataset(h5, path))
        return oa_h5_fail(h5, "E_H5_MISSING", "there is no %s %s", attribute ? "attribute" : "dataset", v->what);
    v->object = attribute ? H5Aopen_by_name(h5->file, is_root(path) ? "/" : path, attribute, H5P_DEFAULT, H5P_DEFAULT)
                          : H5Dopen2(h5->file, path, H5P_DEFAULT);
    if (v->object >= 0) {
        v->type = attribute ? H5Aget_type(v->object) : H5Dget_type(v->object);
        v->space = attribute ? H5Aget_space(v->object) : H5Dget_space(v->object);
    }
    v->n = v->space >= 0 ? H5Sget_simple_extent_npoints(v->space) : -1;
    if (v->type >= 0 && v->n >= 0) return OA_OK;
    value_close(v);
    return oa_h5_fail(h5, "E_H5_OPEN", "%s cannot be opened", v->what);
}

static herr_t value_read(const value *v, hid_t memory, void *out)
{
    return v->is_attribute ? H5Aread(v->object, memory, out) : H5Dread(v->object, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out);
}

/* ---------------------------------------------------------------------------------------------- text */

/* A stranger's text must not steer a terminal: line ends and tabs stay, other control characters go. */
static void make_harmless(char *text, size_t size)
{
    if (!oa_text_is_utf8(text)) oa_text_clean(text, size, text, size); /* JSON and NeXus know no other encoding */
    for (char *c = text; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t' && *c != '\r') || *c == 0x7f) *c = '?';
}

static oa_status take_text(const oa_h5 *h5, const value *v, const char *from, size_t length, size_t limit, char **out)
{
    if (length > limit)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s: a text of more than %zu bytes; %zu is the most that is read", v->what, limit, limit);
    OA_TRY(oa_new(h5->context, out, length + 1, 1));
    memcpy(*out, from, length);
    make_harmless(*out, length + 1);
    return OA_OK;
}

static size_t length_of(const char *text, size_t most)
{
    const char *end = memchr(text, 0, most);
    return end ? (size_t)(end - text) : most;
}

static oa_status texts_variable(const oa_h5 *h5, const value *v, size_t limit, char **out)
{
    const size_t n = (size_t)v->n;
    char **raw;
    OA_TRY(oa_new(h5->context, &raw, n, sizeof *raw));
    const hid_t memory = H5Tcopy(v->type); /* keeps the character set, which has no conversion */
    oa_status status = OA_OK;
    if (memory < 0 || value_read(v, memory, raw) < 0) status = oa_h5_fail(h5, "E_H5_OPEN", "%s cannot be read", v->what);
    for (size_t i = 0; status == OA_OK && i < n; i++) {
        const char *text = raw[i] ? raw[i] : "";
        status = take_text(h5, v, text, strnlen(text, limit + 1), limit, &out[i]);
    }
    if (memory >= 0) H5Dvlen_reclaim(memory, v->space, H5P_DEFAULT, raw), H5Tclose(memory);
    oa_free(h5->context, raw);
    return status;
}

static oa_status texts_fixed(const oa_h5 *h5, const value *v, size_t limit, char **out)
{
    const size_t n = (size_t)v->n, size = H5Tget_size(v->type);
    if (size == 0 || size > limit + 1)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s: texts of %zu bytes; %zu is the most that is read", v->what, size, limit);
    const bool is_blank_padded = H5Tget_strpad(v->type) == H5T_STR_SPACEPAD;
    char *raw;
    OA_TRY(oa_new(h5->context, &raw, n, size));
    oa_status status = OA_OK;
    if (value_read(v, v->type, raw) < 0) status = oa_h5_fail(h5, "E_H5_OPEN", "%s cannot be read", v->what);
    for (size_t i = 0; status == OA_OK && i < n; i++) {
        size_t length = length_of(raw + i * size, size);
        while (is_blank_padded && length && raw[i * size + length - 1] == ' ') length--;
        status = take_text(h5, v, raw + i * size, length, limit, &out[i]);
    }
    oa_free(h5->context, raw);
    return status;
}

static oa_status texts_of(const oa_h5 *h5, const value *v, size_t limit, char ***out)
{
    if (H5Tget_class(v->type) != H5T_STRING) return oa_h5_fail(h5, "E_H5_TYPE", "%s is no text", v->what);
    if (v->n > VARIABLE_COUNT)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s: %lld texts; at most %d are read", v->what, (long long)v->n, VARIABLE_COUNT);
    OA_TRY(oa_new(h5->context, out, (size_t)v->n, sizeof **out));
    const oa_status status = v->n == 0 ? OA_OK : H5Tis_variable_str(v->type) > 0 ? texts_variable(h5, v, limit, *out) : texts_fixed(h5, v, limit, *out);
    if (status == OA_OK) return OA_OK;
    oa_h5_names_free(h5, *out, (size_t)v->n);
    *out = NULL;
    return status;
}

oa_status oa_h5_texts(const oa_h5 *h5, const char *path, const char *attribute, size_t limit, char ***out, size_t *n)
{
    value v;
    *out = NULL, *n = 0;
    OA_TRY(value_open(h5, path, attribute, &v));
    const oa_status status = texts_of(h5, &v, limit, out);
    if (status == OA_OK) *n = (size_t)v.n;
    value_close(&v);
    return status;
}

oa_status oa_h5_text(const oa_h5 *h5, const char *path, const char *attribute, size_t limit, char **out)
{
    value v;
    char **list = NULL;
    *out = NULL;
    OA_TRY(value_open(h5, path, attribute, &v));
    oa_status status = v.n == 1 ? texts_of(h5, &v, limit, &list)
                                : oa_h5_fail(h5, "E_H5_SHAPE", "%s holds %lld texts; one is wanted", v.what, (long long)v.n);
    if (status == OA_OK) *out = list[0];
    oa_free(h5->context, list);
    value_close(&v);
    return status;
}

/* ---------------------------------------------------------------------------------------------- numbers */

static bool is_number(H5T_class_t type_class)
{
    return type_class == H5T_INTEGER || type_class == H5T_FLOAT || type_class == H5T_ENUM;
}

static oa_status read_one(const oa_h5 *h5, const char *path, const char *attribute, hid_t memory, bool only_integer, void *out)
{
    value v;
    OA_TRY(value_open(h5, path, attribute, &v));
    const H5T_class_t type_class = H5Tget_class(v.type);
    oa_status status = OA_OK;
    if (v.n != 1)
        status = oa_h5_fail(h5, "E_H5_SHAPE", "%s holds %lld values; one is wanted", v.what, (long long)v.n);
    else if (!is_number(type_class) || (only_integer && type_class == H5T_FLOAT))
        status = oa_h5_fail(h5, "E_H5_TYPE", "%s is no %s", v.what, only_integer ? "integer" : "number");
    else if (value_read(&v, memory, out) < 0)
        status = oa_h5_fail(h5, "E_H5_OPEN", "%s cannot be read", v.what);
    value_close(&v);
    return status;
}

oa_status oa_h5_real(const oa_h5 *h5, const char *path, const char *attribute, double *out)
{
    return read_one(h5, path, attribute, H5T_NATIVE_DOUBLE, false, out);
}

oa_status oa_h5_integer(const oa_h5 *h5, const char *path, const char *attribute, int64_t *out)
{
    return read_one(h5, path, attribute, H5T_NATIVE_INT64, true, out);
}

/* ---------------------------------------------------------------------------------------------- arrays */

static oa_status shape_of(const oa_h5 *h5, const value *v, oa_h5_shape *out)
{
    hsize_t dims[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_ndims(v->space);
    if (rank < 0 || rank > OA_H5_RANK_MAX)
        return oa_h5_fail(h5, "E_H5_SHAPE", "%s has %d dimensions; at most %d are read", v->what, rank, OA_H5_RANK_MAX);
    if (H5Sget_simple_extent_dims(v->space, dims, NULL) < 0) return oa_h5_fail(h5, "E_H5_OPEN", "%s: its shape cannot be read", v->what);
    *out = (oa_h5_shape){ .type_class = H5Tget_class(v->type), .type_size = H5Tget_size(v->type), .rank = rank, .n = 1,
                          .is_signed = H5Tget_class(v->type) == H5T_INTEGER && H5Tget_sign(v->type) == H5T_SGN_2 };
    for (int i = 0; i < rank; i++) {
        out->dims[i] = (size_t)dims[i];
        if (dims[i] && out->n > SIZE_MAX / dims[i]) return oa_h5_fail(h5, "E_H5_SHAPE", "%s has more elements than can be counted", v->what);
        out->n *= (size_t)dims[i];
    }
    if (v->n == 0) out->n = 0; /* also the null space, which has no dimensions */
    return OA_OK;
}

oa_status oa_h5_shape_of(const oa_h5 *h5, const char *path, oa_h5_shape *out)
{
    value v;
    OA_TRY(value_open(h5, path, NULL, &v));
    const oa_status status = shape_of(h5, &v, out);
    value_close(&v);
    return status;
}

static oa_status read_checked(const oa_h5 *h5, const value *v, const oa_h5_shape *shape, hid_t memory_type, void *out)
{
    if (!is_number(H5Tget_class(v->type))) return oa_h5_fail(h5, "E_H5_TYPE", "%s holds no numbers", v->what);
    if ((size_t)v->n != shape->n)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s holds %lld values, %zu are wanted", v->what, (long long)v->n, shape->n);
    if (shape->n && value_read(v, memory_type, out) < 0)
        return oa_h5_fail(h5, "E_H5_OPEN", "%s: its data cannot be read; the file is damaged", v->what);
    return OA_OK;
}

oa_status oa_h5_read(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, hid_t memory_type, void *out)
{
    value v;
    OA_TRY(value_open(h5, path, NULL, &v));
    const oa_status status = read_checked(h5, &v, shape, memory_type, out);
    value_close(&v);
    return status;
}

static oa_status read_rows(const oa_h5 *h5, const value *v, const oa_h5_shape *shape, size_t begin, size_t n,
                           hid_t memory_type, void *out)
{
    hsize_t start[OA_H5_RANK_MAX] = { begin }, count[OA_H5_RANK_MAX] = { n };
    if (!is_number(H5Tget_class(v->type))) return oa_h5_fail(h5, "E_H5_TYPE", "%s holds no numbers", v->what);
    if ((size_t)v->n != shape->n || H5Sget_simple_extent_ndims(v->space) != shape->rank || shape->rank < 1 ||
        begin > shape->dims[0] || n > shape->dims[0] - begin)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s: rows %zu to %zu are wanted, it has not that many", v->what, begin, begin + n);
    if (n == 0 || shape->n == 0) return OA_OK;
    for (int i = 1; i < shape->rank; i++) count[i] = shape->dims[i];
    const hid_t memory = H5Screate_simple(shape->rank, count, NULL);
    const bool is_read = memory >= 0 && H5Sselect_hyperslab(v->space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
                         H5Dread(v->object, memory_type, memory, v->space, H5P_DEFAULT, out) >= 0;
    if (memory >= 0) H5Sclose(memory);
    return is_read ? OA_OK : oa_h5_fail(h5, "E_H5_OPEN", "%s: its data cannot be read; the file is damaged", v->what);
}

oa_status oa_h5_read_rows(const oa_h5 *h5, const char *path, const oa_h5_shape *shape, size_t begin, size_t n,
                          hid_t memory_type, void *out)
{
    value v;
    OA_TRY(value_open(h5, path, NULL, &v));
    const oa_status status = read_rows(h5, &v, shape, begin, n, memory_type, out);
    value_close(&v);
    return status;
}

oa_status oa_h5_floats(const oa_h5 *h5, const char *path, int rank, size_t limit, oa_h5_shape *shape, float **out)
{
    *out = NULL;
    OA_TRY(oa_h5_shape_of(h5, path, shape));
    if (!is_number(shape->type_class)) return oa_h5_fail(h5, "E_H5_TYPE", "%s holds no numbers", path);
    if (rank >= 0 && shape->rank != rank)
        return oa_h5_fail(h5, "E_H5_SHAPE", "%s has %d dimensions, %d are wanted", path, shape->rank, rank);
    if (shape->n > limit)
        return oa_h5_fail(h5, "E_H5_LENGTH", "%s holds %zu values; at most %zu are read here", path, shape->n, limit);
    OA_TRY(oa_new(h5->context, out, shape->n, sizeof **out));
    const oa_status status = oa_h5_read(h5, path, shape, H5T_NATIVE_FLOAT, *out);
    if (status != OA_OK) oa_free(h5->context, *out), *out = NULL;
    return status;
}
