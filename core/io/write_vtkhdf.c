/* write_vtkhdf.c - VTKHDF PolyData with one poly-vertex cell: opened by ParaView 5.12 and later, pyvista, VTK 9. Times
 * are not tracked, so the same ions give the same bytes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "io/h5.h"
#include "io/write_lines.h"

enum { SLAB = 65536 }; /* rows of one chunk of a dataset, and of one write */

typedef struct vtk_file {
    oa_context *context;
    const oa_ions *ions;
    const oa_write_options *options;
    size_t n;
    hid_t file, group, points; /* group: /VTKHDF; points: its PointData */
    void *slab;                /* (SLAB, 3) of 8 bytes at most */
} vtk_file;

/* What fills rows [first, first + n) of a dataset. */
typedef void fill_fn(const vtk_file *v, size_t first, size_t n, void *out);

static hid_t make_group(hid_t parent, const char *name)
{
    const hid_t properties = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(properties, 0);
    const hid_t group = H5Gcreate2(parent, name, H5P_DEFAULT, properties, H5P_DEFAULT);
    H5Pclose(properties);
    return group;
}

static hid_t make_dataset(hid_t parent, const char *name, hid_t type, int rank, const hsize_t dims[2])
{
    const hid_t properties = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(rank, dims, NULL);
    const hsize_t chunk[2] = { dims[0] < SLAB ? dims[0] : SLAB, rank > 1 ? dims[1] : 0 };
    H5Pset_obj_track_times(properties, 0);
    if (dims[0] > 64) { /* small arrays are stored plainly */
        H5Pset_chunk(properties, rank, chunk);
        H5Pset_shuffle(properties);
        H5Pset_deflate(properties, 1);
    }
    const hid_t set = H5Dcreate2(parent, name, type, space, H5P_DEFAULT, properties, H5P_DEFAULT);
    H5Sclose(space);
    H5Pclose(properties);
    return set;
}

static herr_t write_slab(hid_t set, hid_t memory_type, const vtk_file *v, int rank, size_t first, size_t n)
{
    const hsize_t start[2] = { first, 0 }, count[2] = { n, 3 };
    const hid_t in_memory = H5Screate_simple(rank, count, NULL), in_file = H5Dget_space(set);
    H5Sselect_hyperslab(in_file, H5S_SELECT_SET, start, NULL, count, NULL);
    const herr_t result = H5Dwrite(set, memory_type, in_memory, in_file, H5P_DEFAULT, v->slab);
    H5Sclose(in_memory);
    H5Sclose(in_file);
    return result;
}

static oa_status failed(const vtk_file *v, const char *what)
{
    const int error = errno;
    return error == ENOSPC || error == EDQUOT || error == EFBIG
               ? oa_write_failed(v->context, what, error)
               : oa_fail(v->context, "E_WRITE", "writing the dataset %s failed; try again", what);
}

/* A column of `components` values per row, filled slab by slab. */
static oa_status write_column(const vtk_file *v, hid_t parent, const char *name, hid_t file_type, hid_t memory_type,
                              int components, fill_fn *fill)
{
    const hsize_t dims[2] = { v->n, (hsize_t)components };
    const int rank = components > 1 ? 2 : 1;
    errno = 0;
    const hid_t set = make_dataset(parent, name, file_type, rank, dims);
    oa_status status = set < 0 ? failed(v, name) : OA_OK;
    for (size_t first = 0; first < v->n && status == OA_OK; first += SLAB) {
        const size_t n = v->n - first < SLAB ? v->n - first : SLAB;
        fill(v, first, n, v->slab);
        if (write_slab(set, memory_type, v, rank, first, n) < 0) status = failed(v, name);
        if (status == OA_OK) status = oa_check_cancelled(v->context);
    }
    if (set >= 0 && H5Dclose(set) < 0 && status == OA_OK) status = failed(v, name);
    return status;
}

static void fill_points(const vtk_file *v, size_t first, size_t n, void *out)
{
    float *xyz = out;
    for (int c = 0; c < 3; c++) {
        const float *column = oa_ions__f32(v->ions, (oa_ion_column)(OA_X + c));
        for (size_t k = 0; k < n; k++) xyz[3 * k + (size_t)c] = column[oa_write_row(v->options, first + k)];
    }
}

static void fill_mass(const vtk_file *v, size_t first, size_t n, void *out)
{
    const float *mass = oa_ions__f32(v->ions, OA_MASS);
    for (size_t k = 0; k < n; k++) ((float *)out)[k] = mass[oa_write_row(v->options, first + k)];
}

static void fill_type(const vtk_file *v, size_t first, size_t n, void *out)
{
    for (size_t k = 0; k < n; k++) ((uint16_t *)out)[k] = (uint16_t)oa_ions__type(v->ions, oa_write_row(v->options, first + k));
}

static void fill_label(const vtk_file *v, size_t first, size_t n, void *out)
{
    for (size_t k = 0; k < n; k++) ((uint32_t *)out)[k] = v->options->label[oa_write_row(v->options, first + k)];
}

static void fill_number(const vtk_file *v, size_t first, size_t n, void *out)
{
    (void)v;
    for (size_t k = 0; k < n; k++) ((int64_t *)out)[k] = (int64_t)(first + k);
}

static oa_status write_integers(const vtk_file *v, hid_t parent, const char *name, const int64_t *values, size_t n)
{
    const hsize_t dims[2] = { n, 0 };
    errno = 0;
    const hid_t set = make_dataset(parent, name, H5T_STD_I64LE, 1, dims);
    const bool good = set >= 0 && (n == 0 || H5Dwrite(set, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    if (set >= 0) H5Dclose(set);
    return good ? OA_OK : failed(v, name);
}

/* One kind of cells; only Vertices has one: all points together. */
static oa_status write_cells(const vtk_file *v, const char *name, bool has_points)
{
    const int64_t cells = has_points, ids = has_points ? (int64_t)v->n : 0, offsets[2] = { 0, (int64_t)v->n };
    const hid_t group = make_group(v->group, name);
    if (group < 0) return failed(v, name);
    oa_status status = write_integers(v, group, "NumberOfCells", &cells, 1);
    if (status == OA_OK) status = write_integers(v, group, "NumberOfConnectivityIds", &ids, 1);
    if (status == OA_OK) status = write_integers(v, group, "Offsets", offsets, has_points ? 2 : 1);
    if (status == OA_OK)
        status = has_points ? write_column(v, group, "Connectivity", H5T_STD_I64LE, H5T_NATIVE_INT64, 1, fill_number)
                            : write_integers(v, group, "Connectivity", NULL, 0);
    H5Gclose(group);
    return status;
}

static bool write_attributes(hid_t group)
{
    static const char kind[] = "PolyData";
    const int64_t version[2] = { 2, 0 };
    const hsize_t two = 2;
    const hid_t text = H5Tcopy(H5T_C_S1), scalar = H5Screate(H5S_SCALAR), pair = H5Screate_simple(1, &two, NULL);
    H5Tset_size(text, sizeof kind - 1);
    H5Tset_strpad(text, H5T_STR_NULLPAD);
    const hid_t a = H5Acreate2(group, "Version", H5T_STD_I64LE, pair, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t b = H5Acreate2(group, "Type", text, scalar, H5P_DEFAULT, H5P_DEFAULT);
    const bool good = a >= 0 && b >= 0 && H5Awrite(a, H5T_NATIVE_INT64, version) >= 0 && H5Awrite(b, text, kind) >= 0;
    if (a >= 0) H5Aclose(a);
    if (b >= 0) H5Aclose(b);
    H5Sclose(scalar);
    H5Sclose(pair);
    H5Tclose(text);
    return good;
}

static oa_status write_point_data(const vtk_file *v)
{
    OA_TRY(write_column(v, v->points, "mass_to_charge", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, fill_mass));
    if (oa_ions__data(v->ions, OA_TYPE))
        OA_TRY(write_column(v, v->points, "iontype", H5T_STD_U16LE, H5T_NATIVE_UINT16, 1, fill_type));
    if (v->options->label) OA_TRY(write_column(v, v->points, "label", H5T_STD_U32LE, H5T_NATIVE_UINT32, 1, fill_label));
    return OA_OK;
}

static oa_status write_all(vtk_file *v)
{
    const int64_t n = (int64_t)v->n;
    if (v->group < 0 || v->points < 0 || !write_attributes(v->group)) return failed(v, "VTKHDF");
    OA_TRY(write_integers(v, v->group, "NumberOfPoints", &n, 1));
    OA_TRY(write_column(v, v->group, "Points", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 3, fill_points));
    OA_TRY(write_cells(v, "Vertices", true));
    OA_TRY(write_cells(v, "Lines", false));
    OA_TRY(write_cells(v, "Polygons", false));
    OA_TRY(write_cells(v, "Strips", false));
    return write_point_data(v);
}

static oa_status write_file(vtk_file *v, const char *part)
{
    errno = 0;
    v->file = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (v->file < 0) return failed(v, "VTKHDF");
    v->group = make_group(v->file, "VTKHDF");
    v->points = v->group >= 0 ? make_group(v->group, "PointData") : -1;
    oa_status status = oa_new(v->context, &v->slab, (size_t)SLAB * 3, sizeof(int64_t));
    if (status == OA_OK) status = write_all(v);
    oa_free(v->context, v->slab);
    if (v->points >= 0) H5Gclose(v->points);
    if (v->group >= 0) H5Gclose(v->group);
    errno = 0;
    if (H5Fclose(v->file) < 0 && status == OA_OK) status = failed(v, "VTKHDF");
    return status;
}

oa_status oa_write_vtkhdf(oa_context *context, oa_sink *sink, const oa_ions *ions, const oa_write_options *options)
{
    vtk_file v = { .context = context, .ions = ions, .options = options, .n = oa_write_count(ions, options) };
    oa_written *written = &sink->files[sink->n_files];
    oa_claim claim;
    oa_h5_setup();
    OA_TRY(oa_write_check(context, ions, options));
    OA_TRY(oa_part_claim(context, sink->path, sink->overwrite, &claim));
    oa_status status = write_file(&v, claim.part);
    if (status == OA_OK) status = oa_file_digest(context, claim.part, written->sha256, &written->bytes);
    if (status != OA_OK) {
        oa_part_forget(context, &claim);
        return status;
    }
    OA_TRY(oa_part_publish(context, &claim, sink->path));
    snprintf(written->name, sizeof written->name, "%s", oa_base_name(sink->path));
    sink->n_files++;
    return OA_OK;
}
