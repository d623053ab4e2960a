/* nexus_write.c - a whole file: skeleton (HDF5), bulk (NeXus API or HDF5), finish (HDF5), rename. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "io/file.h"
#include "io/layout.h"

/* ---- the entry ---- */

/* Groups of a metadata path are made on the way down: "measurement/instrument/type". */
static void write_meta_groups(oa_h5w *w, const char *path)
{
    char relative[256], absolute[512];
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(relative, sizeof relative, "%.*s", (int)(slash - path), path);
        const char *nx_class = oa_concept_class(relative);
        if (nx_class) oa_h5w_group(w, oa_h5w_join(absolute, OA_ENTRY, relative), nx_class);
    }
}

static void write_meta_field(oa_h5w *w, const oa_meta_field *field)
{
    char path[512];
    const uint64_t whole = field->number > 0 ? (uint64_t)field->number : 0;
    oa_h5w_join(path, OA_ENTRY, field->path);
    write_meta_groups(w, field->path);
    if (oa_h5w_exists(w, path)) return;
    if (field->type == OA_TEXT) oa_h5w_text(w, path, field->text);
    else if (field->type == OA_BOOL) oa_h5w_bool(w, path, field->number != 0);
    else if (field->type == OA_U64) oa_h5w_count(w, path, whole);
    else oa_h5w_real(w, path, field->number, field->unit);
    if (field->attribute_name && field->attribute_name[0]) oa_h5w_attribute(w, path, field->attribute_name, field->attribute_value);
}

static void write_frame(oa_h5w *w, const char *path, const char *z_help)
{
    static const double unit[3][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    static const char *const name[] = { "x", "y", "z" };
    const size_t three = 3;
    char field[512];
    oa_h5w_group(w, path, "NXcoordinate_system");
    oa_h5w_text(w, oa_h5w_join(field, path, "type"), "cartesian");
    oa_h5w_text(w, oa_h5w_join(field, path, "z_direction"), z_help);
    for (int i = 0; i < 3; i++) oa_h5w_array(w, oa_h5w_join(field, path, name[i]), OA_F64, 1, &three, unit[i], "nm");
}

static oa_status write_specimen(oa_nexus_writer *writer)
{
    oa_h5w *w = &writer->w;
    const oa_bundle *b = writer->bundle;
    const oa_meta_field *known = oa_metadata_find(b->metadata, "specimen/atom_types");
    oa_h5w_group(w, OA_ENTRY "/specimen", "NXsample");
    const oa_meta_field *simulated = oa_metadata_find(b->metadata, "specimen/is_simulation");
    oa_h5w_bool(w, OA_ENTRY "/specimen/is_simulation", b->is_simulation || (simulated && simulated->number != 0));
    char *elements = NULL;
    if (b->ions && b->ions->ranges) OA_TRY(oa_ranges__elements(b->ions->ranges, &elements));
    oa_h5w_text(w, OA_ENTRY "/specimen/atom_types", elements && elements[0] ? elements : known ? known->text : "unknown");
    if (elements) oa_free(b->ions->ranges->context, elements); /* the ions may be of another context than the writer */
    return OA_OK;
}

static oa_status write_entry(oa_nexus_writer *writer)
{
    oa_h5w *w = &writer->w;
    const oa_bundle *b = writer->bundle;
    const oa_record *last = b->parts[b->n_parts - 1].record;
    const oa_meta_field *mode = oa_metadata_find(b->metadata, "operation_mode"), *start = oa_metadata_find(b->metadata, "start_time");
    oa_h5w_group(w, OA_ENTRY, "NXentry");
    oa_h5w_text(w, OA_ENTRY "/definition", "NXapm");
    oa_h5w_attribute(w, OA_ENTRY "/definition", "version", OA_DEFINITIONS_VERSION);
    oa_h5w_attribute(w, OA_ENTRY "/definition", "URL", "https://manual.nexusformat.org/classes/applications/NXapm.html");
    oa_h5w_text(w, OA_ENTRY "/start_time", start ? start->text : b->parts[0].record->start_time);
    oa_h5w_text(w, OA_ENTRY "/operation_mode", mode ? mode->text : "apt");
    OA_TRY(write_specimen(writer));
    write_frame(w, OA_FRAME, "into the specimen");
    for (size_t i = 0; b->metadata && i < b->metadata->n; i++) write_meta_field(w, &b->metadata->fields[i]);
    oa_h5w_attribute(w, OA_ENTRY, "default", last->name);
    return OA_OK;
}

static void write_root(oa_h5w *w, const char *path, const oa_record *record)
{
    oa_h5w_attribute(w, "/", "NX_class", "NXroot");
    oa_h5w_attribute(w, "/", "default", "entry1");
    oa_h5w_attribute(w, "/", "file_name", oa_base_name(path));
    oa_h5w_attribute(w, "/", "file_time", record->end_time);
    oa_h5w_attribute(w, "/", "creator", "ordapt");
    oa_h5w_attribute(w, "/", "creator_version", record->program_version);
    oa_h5w_attribute(w, "/", "NeXus_release", OA_DEFINITIONS_VERSION);
    oa_h5w_attribute(w, "/", "NeXus_repository", "https://github.com/nexusformat/definitions");
}

/* ---- the three strokes ---- */

static oa_status write_skeleton(oa_nexus_writer *writer, const char *path, const char *part)
{
    writer->w.file = H5Fcreate(part, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (writer->w.file < 0) return oa_bulk_failed(writer->w.context, part);
    write_root(&writer->w, path, writer->bundle->parts[writer->bundle->n_parts - 1].record);
    oa_status status = write_entry(writer);
    if (status == OA_OK && writer->bundle->ions) status = oa_layout_write_ions(writer);
    for (size_t i = 0; i < writer->bundle->n_parts && status == OA_OK; i++)
        status = oa_layout_write_part(writer, &writer->bundle->parts[i], (uint32_t)i + 1);
    if (H5Fclose(writer->w.file) < 0) writer->w.failures++;
    if (status == OA_OK && writer->w.failures) status = oa_bulk_failed(writer->w.context, part);
    return status;
}

static bool goes_to_napi(const oa_bundle *bundle, const oa_bulk_array *array)
{
    if (!oa_bulk_has_napi() || bundle->library == OA_BULK_HDF5) return false;
    if (oa_bulk_bytes(array) == 0) return false; /* the NeXus API makes an unlimited dataset of nothing */
    return bundle->library == OA_BULK_NAPI || oa_bulk_bytes(array) < 1u << 20;
}

/* Sorted so that each library opens the file once. */
static oa_status write_bulk(oa_nexus_writer *writer, const char *part)
{
    size_t small = 0;
    for (size_t i = 0; i < writer->n_bulk; i++) {
        if (!goes_to_napi(writer->bundle, &writer->bulk[i])) continue;
        const oa_bulk_array swap = writer->bulk[small];
        writer->bulk[small++] = writer->bulk[i];
        writer->bulk[i] = swap;
    }
    oa_context *context = writer->w.context;
    if (small) OA_TRY(oa_bulk_napi(context, part, writer->bulk, small, writer->bundle->level));
    if (small == writer->n_bulk) return OA_OK;
    return oa_bulk_hdf5(context, part, writer->bulk + small, writer->n_bulk - small, writer->bundle->level);
}

static void write_bulk_attributes(oa_h5w *w, const oa_bulk_array *array)
{
    if (array->unit[0]) oa_h5w_attribute(w, array->path, "units", array->unit);
    if (array->long_name[0]) oa_h5w_attribute(w, array->path, "long_name", array->long_name);
    if (array->depends_on[0]) oa_h5w_attribute(w, array->path, "depends_on", array->depends_on);
}

/* The NeXus API leaves its own attributes at the root, with the path as it was passed. */
static void clean_root(oa_h5w *w)
{
    static const char *const unwanted[] = { "NeXus_version", "HDF5_Version", "file_update_time" };
    const hid_t root = H5Gopen2(w->file, "/", H5P_DEFAULT);
    for (size_t i = 0; i < 3; i++)
        if (H5Aexists(root, unwanted[i]) > 0) H5Adelete(root, unwanted[i]);
    H5Gclose(root);
}

static oa_status finish(oa_nexus_writer *writer, const char *path, const char *part)
{
    oa_h5w *w = &writer->w;
    char version[32], now[40];
    unsigned major, minor, release;
    w->file = H5Fopen(part, H5F_ACC_RDWR, H5P_DEFAULT);
    if (w->file < 0) return oa_bulk_failed(w->context, part);
    clean_root(w);
    H5get_libversion(&major, &minor, &release);
    snprintf(version, sizeof version, "%u.%u.%u", major, minor, release);
    oa_time_text(now);
    oa_h5w_attribute(w, "/", "file_name", oa_base_name(path));
    oa_h5w_attribute(w, "/", "HDF5_Version", version);
    oa_h5w_attribute(w, "/", "file_update_time", now);
    for (size_t i = 0; i < writer->n_bulk; i++) write_bulk_attributes(w, &writer->bulk[i]);
    for (size_t i = 0; i < writer->n_links; i++) oa_h5w_link(w, writer->link[i].existing, writer->link[i].path);
    if (H5Fclose(w->file) < 0) w->failures++;
    return w->failures || oa_h5__errno() ? oa_bulk_failed(w->context, part) : OA_OK; /* also where a question was answered by a fault of the disk */
}

/* ---- under its name complete or not at all ---- */

/* Each stroke opens the file anew by its name: it must still be ours. */
static oa_status write_all(oa_nexus_writer *writer, const char *path, const oa_claim *claim)
{
    oa_context *context = writer->w.context;
    oa_phase(context, "write");
    OA_TRY(oa_part_check(context, claim));
    OA_TRY(write_skeleton(writer, path, claim->part));
    OA_TRY(oa_part_check(context, claim));
    OA_TRY(write_bulk(writer, claim->part));
    OA_TRY(oa_part_check(context, claim));
    return finish(writer, path, claim->part);
}

static oa_status write_and_publish(oa_nexus_writer *writer, const char *path, oa_claim *claim, uint64_t *bytes)
{
    struct stat info;
    oa_status status = write_all(writer, path, claim);
    if (status == OA_OK) status = oa_check_cancelled(writer->w.context);
    if (status == OA_OK && bytes && fstat(claim->descriptor, &info) == 0) *bytes = (uint64_t)info.st_size;
    if (status == OA_OK) return oa_part_publish(writer->w.context, claim, path);
    oa_part_forget(writer->w.context, claim);
    return status;
}

oa_status oa_nexus_write(oa_context *context, const char *path, bool overwrite, const oa_bundle *bundle, uint64_t *bytes)
{
    oa_claim claim;
    oa_nexus_writer writer = { .w = { .context = context }, .bundle = bundle };
    oa_h5_setup();
    OA_TRY(oa_part_claim(context, path, overwrite, &claim));
    const oa_status status = write_and_publish(&writer, path, &claim, bytes);
    oa_free(context, writer.bulk);
    oa_free(context, writer.link);
    return status;
}

const char *oa_nexus_libraries(void)
{
    static char text[64]; /* the same bytes at every call */
    unsigned major, minor, release;
    H5get_libversion(&major, &minor, &release);
    snprintf(text, sizeof text, "HDF5 %u.%u.%u%s%s", major, minor, release, oa_bulk_has_napi() ? ", NAPI " : "", oa_bulk_napi_version());
    return text;
}
