/* bulk_napi.c - arrays through the NeXus API, the one file that knows napi.h. It is used for numeric arrays only: its
 * texts and classes are stored in a way validators refuse, and it reports failed writes to a callback alone. */
#include "io/bulk.h"
#include "io/h5.h"

#ifdef ORDAPT_HAVE_NAPI

#include <napi.h>
#include <stdio.h>
#include <string.h>

/* NXputslab64 and NXclose return NX_OK when HDF5 failed; only this callback knows. */
static void count_error(void *payload, char *text)
{
    (void)text;
    ++*(int *)payload;
}

static int napi_type(oa_type type)
{
    switch (type) {
    case OA_U8: case OA_BOOL: return NX_UINT8;
    case OA_U16: return NX_UINT16;
    case OA_U32: return NX_UINT32;
    case OA_U64: return NX_UINT64;
    case OA_I8: return NX_INT8;
    case OA_I32: return NX_INT32;
    case OA_I64: return NX_INT64;
    case OA_F32: return NX_FLOAT32;
    case OA_F64: return NX_FLOAT64;
    case OA_TEXT: break;
    }
    return NX_CHAR;
}

static NXstatus make_data(NXhandle handle, const char *name, const oa_bulk_array *array, int level)
{
    int64_t dims[5], chunks[5];
    size_t chunk[5];
    oa_bulk_chunk(array, chunk);
    for (int i = 0; i < array->rank; i++) dims[i] = (int64_t)array->dims[i], chunks[i] = (int64_t)chunk[i];
    if (level == 0 || oa_bulk_bytes(array) <= OA_BULK_SMALL)
        return NXmakedata64(handle, name, napi_type(array->type), array->rank, dims);
    return NXcompmakedata64(handle, name, napi_type(array->type), array->rank, dims, NX_COMP_LZW_LVL1, chunks);
}

static NXstatus put_rows(oa_context *context, NXhandle handle, const oa_bulk_array *array)
{
    if (array->planes == 1) return NXputdata(handle, array->plane[0]);
    void *buffer;
    NXstatus result = NX_OK;
    if (oa_new(context, &buffer, OA_BULK_ROWS * (size_t)array->planes, oa_type_size(array->type)) != OA_OK) return NX_ERROR;
    for (size_t first = 0; first < array->dims[0] && result == NX_OK; first += OA_BULK_ROWS) {
        const size_t n = array->dims[0] - first < OA_BULK_ROWS ? array->dims[0] - first : OA_BULK_ROWS;
        const int64_t start[2] = { (int64_t)first, 0 }, size[2] = { (int64_t)n, array->planes };
        oa_bulk_rows(array, first, n, buffer);
        result = NXputslab64(handle, buffer, start, size);
    }
    oa_free(context, buffer);
    return result;
}

/* Opens and closes are paired here: the handle is a cursor and stands at the root before and after. */
static NXstatus write_array(oa_context *context, NXhandle handle, const oa_bulk_array *array, int level)
{
    char group[256];
    snprintf(group, sizeof group, "%s", array->path);
    char *name = strrchr(group, '/');
    *name++ = 0;
    if (NXopengrouppath(handle, group) != NX_OK && NXopenpath(handle, group) != NX_OK) return NX_ERROR;
    NXstatus result = make_data(handle, name, array, level);
    if (result == NX_OK) result = NXopendata(handle, name);
    if (result == NX_OK) {
        result = put_rows(context, handle, array);
        if (NXclosedata(handle) != NX_OK) result = NX_ERROR;
    }
    return NXopenpath(handle, "/") == NX_OK ? result : NX_ERROR;
}

bool oa_bulk_has_napi(void) { return true; }
const char *oa_bulk_napi_version(void) { return NEXUS_VERSION; }

oa_status oa_bulk_napi(oa_context *context, const char *path, const oa_bulk_array *arrays, size_t n, int level)
{
    int errors = 0;
    NXhandle handle;
    NXMSetTError(&errors, count_error);
    NXstatus result = NXopen(path, NXACC_RDWR, &handle);
    oa_h5__listen(); /* it has told HDF5 to keep silent */
    if (result == NX_OK) {
        for (size_t i = 0; i < n && result == NX_OK && errors == 0; i++) result = write_array(context, handle, &arrays[i], level);
        if (NXclose(&handle) != NX_OK) result = NX_ERROR;
    }
    NXMSetTError(NULL, NULL);
    oa_h5__listen();
    return result == NX_OK && errors == 0 ? OA_OK : oa_bulk_failed(context, path);
}

#else

bool oa_bulk_has_napi(void) { return false; }
const char *oa_bulk_napi_version(void) { return ""; }

oa_status oa_bulk_napi(oa_context *context, const char *path, const oa_bulk_array *arrays, size_t n, int level)
{
    (void)arrays, (void)n, (void)level;
    return oa_fail_at(context, OA_IN_FILE(path), "E_LACKING", "this build has no NeXus API; the HDF5 way writes the same arrays");
}

#endif
