/* fuzz_h5_edit.c - the mutator of HDF5 targets: opens the input as a file in memory and alters a group, type, shape, chunk, filter, link,
 * attribute, text or number through the HDF5 library, so that what comes out is a sound file which says something else. */
#include "fuzz_h5.h"

#include "base/random.h"

enum { NAMES = 512, NAME = 256, TEXT = 4096, BYTES = 1 << 16 };

typedef struct names {
    size_t n;
    char name[NAMES][NAME];
} names;

typedef struct edit {
    oa_random random;
    hid_t file;
    names all; /* objects by path, without the root */
} edit;

static size_t any(edit *e, size_t n) { return n ? (size_t)(oa_random_uniform(&e->random) * (double)n) % n : 0; }
static bool once_in(edit *e, size_t n) { return any(e, n) == 0; }
static const char *any_name(edit *e) { return e->all.name[any(e, e->all.n)]; }

static herr_t note_name(hid_t root, const char *name, const H5O_info_t *info, void *data)
{
    names *all = data;
    (void)root, (void)info;
    if (strcmp(name, ".") != 0 && all->n < NAMES && strlen(name) < NAME) strcpy(all->name[all->n++], name);
    return 0;
}

/* ---- types, shapes and storage ---- */

static hid_t fixed_text(edit *e)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 1 + any(e, 70));
    if (once_in(e, 2)) H5Tset_cset(type, H5T_CSET_UTF8);
    if (once_in(e, 3)) H5Tset_strpad(type, once_in(e, 2) ? H5T_STR_SPACEPAD : H5T_STR_NULLPAD);
    return type;
}

static hid_t variable_text(void)
{
    const hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    return type;
}

static hid_t odd_number(edit *e)
{
    const hid_t type = H5Tcopy(once_in(e, 2) ? H5T_NATIVE_UINT32 : H5T_NATIVE_FLOAT);
    if (H5Tget_class(type) == H5T_INTEGER) H5Tset_precision(type, 1 + any(e, 32)), H5Tset_offset(type, 0);
    else H5Tset_ebias(type, 1 + any(e, 126));
    return type;
}

static hid_t compound(void)
{
    const hid_t type = H5Tcreate(H5T_COMPOUND, 16);
    H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
    H5Tinsert(type, "i", 8, H5T_NATIVE_DOUBLE);
    return type;
}

static hid_t enumeration(void)
{
    const hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    const int8_t no = 0, yes = 1;
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    return type;
}

static hid_t any_type(edit *e)
{
    const hid_t numbers[] = { H5T_NATIVE_UINT8, H5T_NATIVE_INT8, H5T_NATIVE_UINT16, H5T_NATIVE_INT32, H5T_NATIVE_UINT32, H5T_NATIVE_INT64, H5T_NATIVE_UINT64,
                              H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_IEEE_F32BE, H5T_IEEE_F64BE, H5T_STD_U64BE, H5T_NATIVE_LDOUBLE, H5T_STD_B8LE, H5T_STD_REF_OBJ };
    const hsize_t three = 3;
    switch (any(e, 14)) {
    case 0: return fixed_text(e);
    case 1: return variable_text();
    case 2: return compound();
    case 3: return enumeration();
    case 4: return H5Tcreate(H5T_OPAQUE, 1 + any(e, 40));
    case 5: return H5Tarray_create2(H5T_NATIVE_FLOAT, 1, &three);
    case 6: return H5Tvlen_create(H5T_NATIVE_INT32);
    case 7: return odd_number(e);
    default: return H5Tcopy(numbers[any(e, sizeof numbers / sizeof *numbers)]);
    }
}

/* Near the old one, or of another rank; rarely one that claims much. */
static hid_t any_space(edit *e, hid_t old)
{
    hsize_t dims[H5S_MAX_RANK] = { 0 };
    int rank = H5Sget_simple_extent_ndims(old);
    if (rank > 0) H5Sget_simple_extent_dims(old, dims, NULL);
    if (rank < 0 || once_in(e, 3)) rank = (int)any(e, once_in(e, 8) ? 12 : 4);
    if (once_in(e, 16)) return H5Screate(H5S_NULL);
    if (rank == 0) return H5Screate(H5S_SCALAR);
    for (int i = 0; i < rank; i++) {
        if (once_in(e, 2) || dims[i] == 0) dims[i] = once_in(e, 3) ? any(e, 5) : dims[i] + any(e, 3) - (dims[i] > 0);
        if (once_in(e, 60)) dims[i] = (hsize_t)1 << any(e, 40);
    }
    return H5Screate_simple(rank, dims, NULL);
}

/* Each at most once, and no nbit: HDF5 1.10 dies while it packs what it has just been told to pack so. */
static void any_filters(edit *e, hid_t create)
{
    static const int scale[] = { H5Z_SO_INT, H5Z_SO_FLOAT_DSCALE };
    static const unsigned values[4] = { 1, 2, 3, 4 };
    if (once_in(e, 6)) H5Pset_scaleoffset(create, (H5Z_SO_scale_type_t)scale[any(e, 2)], (int)any(e, 4));
    if (once_in(e, 3)) H5Pset_shuffle(create);
    if (once_in(e, 4)) H5Pset_filter(create, (H5Z_filter_t)(300 + any(e, 3)), H5Z_FLAG_OPTIONAL, any(e, 5), values);
    if (once_in(e, 2)) H5Pset_deflate(create, (unsigned)any(e, 10));
    if (once_in(e, 4)) H5Pset_fletcher32(create);
}

static hid_t any_storage(edit *e, hid_t space)
{
    hsize_t chunk[H5S_MAX_RANK];
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE);
    const int rank = H5Sget_simple_extent_ndims(space);
    const size_t which = any(e, 10);
    if (which == 0) H5Pset_layout(create, H5D_COMPACT);
    else if (which == 1) H5Pset_external(create, "elsewhere.raw", 0, H5F_UNLIMITED);
    else if (which < 7 && rank > 0 && H5Sget_simple_extent_dims(space, chunk, NULL) == rank) {
        for (int i = 0; i < rank; i++) chunk[i] = chunk[i] ? 1 + any(e, chunk[i] < 4096 ? (size_t)chunk[i] : 4096) : 1;
        H5Pset_chunk(create, rank, chunk);
        any_filters(e, create);
    }
    return create;
}

/* ---- content ---- */

static void spoil_text(edit *e, char *text, size_t size)
{
    static const char *const words[] = { "", "nm", "NXdata", "NXprocess", "NXsubentry", "m", "entry1", "..", "/entry1", "../../tip.nxs", "\x1b[2J", "\xff\xfe", "nan",
                                         "inf",
                                         "-1", "0", "1e308", "18446744073709551616", "uint64", "float32", "import", "\n", "{}", "[[[[", "%s%n" };
    const size_t n = strlen(text), at = any(e, n + 1);
    const char *word = words[any(e, sizeof words / sizeof *words)];
    switch (any(e, 5)) {
    case 0: snprintf(text, size, "%s", word); break;
    case 1: if (n) text[at % n] = (char)any(e, 256); break;
    case 2: if (n) memmove(text + at % n, text + at % n + 1, n - at % n); break;
    case 3: if (n) text[at] = 0; break;
    default: if (n + strlen(word) < size) memmove(text + at + strlen(word), text + at, n - at + 1), memcpy(text + at, word, strlen(word));
    }
}

/* The first elements of a dataset or an attribute, some of them set to what nobody expects. */
static void spoil_numbers(edit *e, unsigned char *bytes, size_t size, size_t n)
{
    static const unsigned char odd[][8] = { { 0 }, { 255, 255, 255, 255, 255, 255, 255, 255 }, { 0, 0, 128, 127, 0, 0, 240, 127 }, { 0, 0, 192, 127, 0, 0, 248, 127 },
                                            { 1 }, { 0, 0, 0, 128, 0, 0, 0, 128 }, { 2 }, { 255, 255, 127, 127, 255, 255, 239, 127 } };
    if (!n || !size) return;
    for (size_t k = 1 + any(e, 3); k-- > 0;) {
        unsigned char *to = bytes + any(e, n) * size;
        const unsigned char *from = odd[any(e, 8)] + (size == 4 && once_in(e, 2) ? 4 : 0);
        if (once_in(e, 2)) to[any(e, size)] ^= (unsigned char)(1 << any(e, 8));
        else memcpy(to, from, size < 4 ? size : size == 8 ? 8 : 4);
    }
}

/* Of itself, perhaps: HDF5 then reads until its stack ends. The walk refuses such a dataset before it reads. */
static bool is_virtual(hid_t dataset)
{
    const hid_t create = H5Dget_create_plist(dataset);
    const bool is_so = H5Pget_layout(create) == H5D_VIRTUAL;
    H5Pclose(create);
    return is_so;
}

static herr_t put(hid_t object, bool is_attribute, hid_t type, const void *data)
{
    return is_attribute ? H5Awrite(object, type, data) : H5Dwrite(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
}

static herr_t get(hid_t object, bool is_attribute, hid_t type, void *data)
{
    return is_attribute ? H5Aread(object, type, data) : H5Dread(object, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data);
}

static void spoil_value(edit *e, hid_t object, bool is_attribute)
{
    static union { unsigned char bytes[BYTES]; double aligned; } all;
    char text[TEXT] = "", *pointer = text;
    const hid_t type = is_attribute ? H5Aget_type(object) : H5Dget_type(object), space = is_attribute ? H5Aget_space(object) : H5Dget_space(object);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const size_t size = H5Tget_size(type);
    if (H5Tis_variable_str(type) > 0 && n == 1) {
        char *old = NULL;
        if (get(object, is_attribute, type, &old) >= 0 && old) snprintf(text, sizeof text, "%s", old), H5free_memory(old);
        spoil_text(e, text, sizeof text);
        put(object, is_attribute, type, &pointer);
    } else if (H5Tdetect_class(type, H5T_VLEN) == 0 && H5Tis_variable_str(type) == 0 && H5Tget_class(type) != H5T_REFERENCE && n > 0 && size <= BYTES / (size_t)n &&
               get(object, is_attribute, type, all.bytes) >= 0) {
        spoil_numbers(e, all.bytes, size, (size_t)n);
        put(object, is_attribute, type, all.bytes);
    }
    H5Sclose(space);
    H5Tclose(type);
}

/* The same name with another type, shape or storage, and what fits of the old bytes. */
static void replace_dataset(edit *e, const char *name, hid_t old)
{
    static unsigned char bytes[BYTES];
    const hid_t old_space = H5Dget_space(old), old_type = H5Dget_type(old);
    const hid_t type = once_in(e, 2) ? H5Tcopy(old_type) : any_type(e), space = once_in(e, 3) ? H5Scopy(old_space) : any_space(e, old_space);
    const hid_t create = any_storage(e, space);
    const hssize_t n = H5Sget_simple_extent_npoints(space), had = H5Sget_simple_extent_npoints(old_space);
    const bool is_plain = H5Tdetect_class(type, H5T_VLEN) == 0 && H5Tis_variable_str(type) == 0 && H5Tget_class(type) != H5T_REFERENCE;
    memset(bytes, 0, sizeof bytes);
    if (is_plain && H5Tdetect_class(old_type, H5T_VLEN) == 0 && H5Tis_variable_str(old_type) == 0 && had > 0 && H5Tget_size(old_type) <= BYTES / (size_t)had)
        H5Dread(old, old_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
    if (H5Ldelete(e->file, name, H5P_DEFAULT) >= 0) {
        const hid_t made = H5Dcreate2(e->file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
        if (made >= 0 && is_plain && n > 0 && H5Tget_size(type) <= BYTES / (size_t)n && H5Pget_external_count(create) == 0)
            H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes);
        if (made >= 0) H5Dclose(made);
    }
    H5Pclose(create);
    H5Sclose(space), H5Sclose(old_space);
    H5Tclose(type), H5Tclose(old_type);
}

static void virtual_dataset(edit *e, const char *name)
{
    const hsize_t n = 1 + any(e, 20);
    const hid_t create = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &n, NULL);
    H5Pset_virtual(create, space, once_in(e, 2) ? "." : "elsewhere.h5", any_name(e), space);
    if (H5Ldelete(e->file, name, H5P_DEFAULT) >= 0) {
        const hid_t made = H5Dcreate2(e->file, name, H5T_NATIVE_FLOAT, space, H5P_DEFAULT, create, H5P_DEFAULT);
        if (made >= 0) H5Dclose(made);
    }
    H5Sclose(space);
    H5Pclose(create);
}

/* ---- attributes and links ---- */

static void alter_attribute(edit *e, hid_t object)
{
    static const char *const words[] = { "NX_class", "units", "signal", "axes", "default", "target", "weight_names", "layer_names", "shape", "version" };
    char name[NAME];
    H5O_info_t info;
    if (H5Oget_info(object, &info) < 0) return;
    const bool is_old = info.num_attrs && !once_in(e, 6);
    if (!is_old) snprintf(name, sizeof name, "%s", words[any(e, sizeof words / sizeof *words)]);
    else if (H5Aget_name_by_idx(object, ".", H5_INDEX_NAME, H5_ITER_INC, any(e, info.num_attrs), name, sizeof name, H5P_DEFAULT) < 0) return;
    const hid_t old = is_old ? H5Aopen(object, name, H5P_DEFAULT) : -1;
    if (old >= 0 && !once_in(e, 3)) {
        spoil_value(e, old, true);
        H5Aclose(old);
        return;
    }
    if (old >= 0) H5Aclose(old);
    if (is_old && H5Adelete(object, name) >= 0 && once_in(e, 2)) return;
    const hid_t scalar = H5Screate(H5S_SCALAR), space = any_space(e, scalar), type = any_type(e);
    const hssize_t n = H5Sget_simple_extent_npoints(space);
    const hid_t made = n < 10000 ? H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT) : -1;
    if (made >= 0) spoil_value(e, made, true), H5Aclose(made);
    H5Tclose(type);
    H5Sclose(space), H5Sclose(scalar);
}

static void alter_link(edit *e, const char *name)
{
    char other[NAME + 16];
    snprintf(other, sizeof other, once_in(e, 2) ? "%s" : "%s_2", any_name(e));
    switch (any(e, 7)) {
    case 0: H5Ldelete(e->file, name, H5P_DEFAULT); break;
    case 1: H5Lmove(e->file, name, e->file, other, H5P_DEFAULT, H5P_DEFAULT); break;
    case 2: H5Lcreate_hard(e->file, once_in(e, 4) ? "/" : name, e->file, other, H5P_DEFAULT, H5P_DEFAULT); break;
    case 3: H5Lcreate_soft(once_in(e, 2) ? other : any_name(e), e->file, other, H5P_DEFAULT, H5P_DEFAULT); break;
    case 4: H5Ldelete(e->file, name, H5P_DEFAULT), H5Lcreate_soft(any_name(e), e->file, name, H5P_DEFAULT, H5P_DEFAULT); break;
    case 5: H5Lcreate_external("elsewhere.h5", "/", e->file, other, H5P_DEFAULT, H5P_DEFAULT); break;
    default: H5Ldelete(e->file, other, H5P_DEFAULT), H5Ocopy(e->file, name, e->file, other, H5P_DEFAULT, H5P_DEFAULT);
    }
}

static void edit_once(edit *e)
{
    char name[NAME];
    e->all.n = 0;
    H5Ovisit(e->file, H5_INDEX_NAME, H5_ITER_NATIVE, note_name, &e->all);
    if (!e->all.n) return;
    snprintf(name, sizeof name, "%s", any_name(e));
    const hid_t object = H5Oopen(e->file, once_in(e, 30) ? "/" : name, H5P_DEFAULT);
    if (object < 0) return;
    const bool is_dataset = H5Iget_type(object) == H5I_DATASET;
    const size_t which = any(e, 20);
    if (which < 3) alter_link(e, name);
    else if (which < 7 || !is_dataset) alter_attribute(e, object);
    else if (which < 12 && !is_virtual(object)) replace_dataset(e, name, object);
    else if (which < 13 || is_virtual(object)) virtual_dataset(e, name);
    else spoil_value(e, object, false);
    H5Oclose(object);
}

/* ---- the mutator ---- */

static hid_t open_image(const uint8_t *data, size_t size)
{
    uint8_t none[1] = { 0 };
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_fclose_degree(access, H5F_CLOSE_STRONG);
    H5Pset_fapl_core(access, 1 << 16, 0);
    H5Pset_file_image(access, size ? (void *)(uintptr_t)data : none, size ? size : 1);
    const hid_t file = H5Fopen("image.h5", H5F_ACC_RDWR, access);
    H5Pclose(access);
    return file;
}

/* HDF5 would close at exit what the mutator could not, and crash on it after an hour without a fault. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    H5dont_atexit();
    return 0;
}

/* What does not open, or becomes too long, stays as it is. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    static edit e;
    oa_h5_setup();
    e.random = oa_random_start(seed, 0);
    e.file = open_image(data, size);
    if (e.file < 0) return size;
    for (size_t n = 1 + any(&e, 3); n-- > 0;) edit_once(&e);
    H5Fflush(e.file, H5F_SCOPE_LOCAL);
    const ssize_t length = H5Fget_file_image(e.file, NULL, 0);
    if (length > 0 && (size_t)length <= max_size && H5Fget_file_image(e.file, data, (size_t)length) == length) size = (size_t)length;
    H5Fclose(e.file);
    return size;
}
