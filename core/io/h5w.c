/* h5w.c - see h5w.h. */
#include "io/h5w.h"

#include <stdio.h>
#include <string.h>

hid_t oa_h5w_type(oa_type type)
{
    switch (type) {
    case OA_U8: return H5T_NATIVE_UINT8;
    case OA_U16: return H5T_NATIVE_UINT16;
    case OA_U32: return H5T_NATIVE_UINT32;
    case OA_U64: return H5T_NATIVE_UINT64;
    case OA_I8: return H5T_NATIVE_INT8;
    case OA_I32: return H5T_NATIVE_INT32;
    case OA_I64: return H5T_NATIVE_INT64;
    case OA_F32: return H5T_NATIVE_FLOAT;
    case OA_F64: return H5T_NATIVE_DOUBLE;
    case OA_BOOL: case OA_TEXT: break;
    }
    return H5I_INVALID_HID;
}

const char *oa_h5w_join(char out[512], const char *parent, const char *child)
{
    snprintf(out, 512, "%s/%s", parent, child);
    return out;
}

static void note(oa_h5w *w, herr_t result) { w->failures += result < 0; }

static hid_t text_type(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
}

static hid_t bool_type(void)
{
    const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    const int8_t no = 0, yes = 1;
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    return type;
}

/* Creates a dataset, writes it, closes it; contiguous, without time stamps, so that equal content gives equal bytes. */
static void write_dataset(oa_h5w *w, const char *path, hid_t type, hid_t space, const void *data)
{
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(create, false);
    const hid_t set = H5Dcreate2(w->file, path, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    note(w, (herr_t)(set < 0 ? -1 : 0));
    if (set >= 0) {
        if (H5Sget_simple_extent_npoints(space) > 0) note(w, H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
        note(w, H5Dclose(set));
    }
    H5Pclose(create);
}

static void write_attribute(oa_h5w *w, const char *path, const char *name, hid_t type, hid_t space, const void *data)
{
    const hid_t object = H5Oopen(w->file, path, H5P_DEFAULT);
    if (object < 0) {
        note(w, -1);
        return;
    }
    if (H5Aexists(object, name) > 0) H5Adelete(object, name);
    const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    note(w, attribute < 0 ? -1 : H5Awrite(attribute, type, data));
    if (attribute >= 0) H5Aclose(attribute);
    note(w, H5Oclose(object));
}

static hid_t list_space(size_t n)
{
    const hsize_t size = n;
    return H5Screate_simple(1, &size, NULL);
}

bool oa_h5w_exists(oa_h5w *w, const char *path) { return H5Lexists(w->file, path, H5P_DEFAULT) > 0; }

void oa_h5w_group(oa_h5w *w, const char *path, const char *nx_class)
{
    if (oa_h5w_exists(w, path)) return;
    const hid_t group = H5Gcreate2(w->file, path, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    note(w, group < 0 ? -1 : H5Gclose(group));
    if (group >= 0) oa_h5w_attribute(w, path, "NX_class", nx_class);
}

void oa_h5w_texts(oa_h5w *w, const char *path, const char *const *texts, size_t n)
{
    const hid_t type = text_type(), space = list_space(n);
    write_dataset(w, path, type, space, texts);
    H5Sclose(space);
    H5Tclose(type);
}

void oa_h5w_text(oa_h5w *w, const char *path, const char *text)
{
    const hid_t type = text_type(), space = H5Screate(H5S_SCALAR);
    const char *value = text ? text : "";
    write_dataset(w, path, type, space, &value);
    H5Sclose(space);
    H5Tclose(type);
}

void oa_h5w_bytes(oa_h5w *w, const char *path, const char *text)
{
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    write_dataset(w, path, type, space, text);
    H5Sclose(space);
    H5Tclose(type);
}

static void add_unit(oa_h5w *w, const char *path, const char *unit)
{
    if (unit && unit[0]) oa_h5w_attribute(w, path, "units", unit);
}

void oa_h5w_number(oa_h5w *w, const char *path, oa_type type, const void *value, const char *unit)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    write_dataset(w, path, oa_h5w_type(type), space, value);
    H5Sclose(space);
    add_unit(w, path, unit);
}

void oa_h5w_real(oa_h5w *w, const char *path, double value, const char *unit) { oa_h5w_number(w, path, OA_F64, &value, unit); }

void oa_h5w_count(oa_h5w *w, const char *path, uint64_t value)
{
    const uint32_t small = (uint32_t)value;
    if (value <= UINT32_MAX) oa_h5w_number(w, path, OA_U32, &small, NULL);
    else oa_h5w_number(w, path, OA_U64, &value, NULL);
}

void oa_h5w_bool(oa_h5w *w, const char *path, bool value)
{
    const hid_t type = bool_type(), space = H5Screate(H5S_SCALAR);
    const int8_t byte = value;
    write_dataset(w, path, type, space, &byte);
    H5Sclose(space);
    H5Tclose(type);
}

void oa_h5w_array(oa_h5w *w, const char *path, oa_type type, int rank, const size_t *dims, const void *data, const char *unit)
{
    hsize_t size[8];
    for (int i = 0; i < rank; i++) size[i] = dims[i];
    const hid_t space = H5Screate_simple(rank, size, NULL), bools = type == OA_BOOL ? bool_type() : -1;
    write_dataset(w, path, type == OA_BOOL ? bools : oa_h5w_type(type), space, data);
    if (bools >= 0) H5Tclose(bools);
    H5Sclose(space);
    add_unit(w, path, unit);
}

void oa_h5w_attribute(oa_h5w *w, const char *path, const char *name, const char *text)
{
    const hid_t type = text_type(), space = H5Screate(H5S_SCALAR);
    write_attribute(w, path, name, type, space, &text);
    H5Sclose(space);
    H5Tclose(type);
}

void oa_h5w_attribute_texts(oa_h5w *w, const char *path, const char *name, const char *const *texts, size_t n)
{
    const hid_t type = text_type(), space = list_space(n);
    write_attribute(w, path, name, type, space, texts);
    H5Sclose(space);
    H5Tclose(type);
}

void oa_h5w_attribute_u32(oa_h5w *w, const char *path, const char *name, uint32_t value)
{
    const hid_t space = H5Screate(H5S_SCALAR);
    write_attribute(w, path, name, H5T_NATIVE_UINT32, space, &value);
    H5Sclose(space);
}

void oa_h5w_link(oa_h5w *w, const char *existing, const char *path)
{
    note(w, H5Lcreate_hard(w->file, existing, w->file, path, H5P_DEFAULT, H5P_DEFAULT));
}
