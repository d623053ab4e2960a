/* format_nexus.c - NeXus files where a vendor file is expected, and the file functions of the public header. */
#include "io/format.h"
#include "io/nexus.h"

static oa_status read_open(const oa_h5 *h5, oa_content *out)
{
    char *entry;
    OA_TRY(oa_nexus_entry(h5, &entry));
    oa_status status = oa_nexus_ions(h5, entry, &out->ions);
    if (status == OA_OK) status = oa_nexus_ranges(h5, entry, &out->ranges);
    oa_free(h5->context, entry);
    return status;
}

static oa_status read_nexus(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    oa_h5 h5;
    (void)options; /* nothing of a NeXus file is left to choose */
    *out = (oa_content){ .ions = NULL };
    OA_TRY(oa_h5_open(context, source->path, &h5));
    oa_status status = read_open(&h5, out);
    oa_h5_close(&h5);
    if (status == OA_OK && !out->ions && !out->ranges)
        status = oa_fail_at(context, OA_IN_FILE(source->path), "E_INPUT_KIND", "holds neither ions nor ranging definitions; give an NXapm file");
    if (status == OA_OK) return OA_OK;
    oa_ions_free(out->ions);
    oa_ranges__free(out->ranges);
    *out = (oa_content){ .ions = NULL };
    return status;
}

static const char *const extensions[] = { "nxs", "nx5", "h5", "hdf5", "hdf", NULL };
const oa_format oa_format_nexus = { .name = "nexus", .extensions = extensions, .help = "NXapm, of ordapt and pynxtools-apm", .read = read_nexus };

oa_status oa_read_ions(oa_context *context, const char *path, oa_ions **out)
{
    oa_source source;
    oa_content content;
    *out = NULL;
    oa_context__clear(context);
    OA_TRY(oa_source_open(context, path, &source));
    OA_TRY(read_nexus(context, &source, NULL, &content));
    oa_ranges__free(content.ranges);
    *out = content.ions;
    return *out ? OA_OK : oa_fail_at(context, OA_IN_FILE(path), "E_INPUT_KIND", "holds no ions; give a file with reconstructed positions");
}

oa_status oa_write_call(oa_call *call, const char *path, bool overwrite)
{
    oa_record *record = oa_call__record(call);
    const oa_values *values = oa_call__values(call);
    oa_context *context = oa_call__context(call);
    oa_context__clear(context);
    if (!record) return oa_fail(context, "E_USAGE", "there is nothing to write before oa_call_run succeeded");
    OA_TRY(oa_record_set(record, &record->libraries, oa_nexus_libraries())); /* the engine alone knows none */
    const oa_part part = { record, values };
    const oa_bundle bundle = { .ions = values->ions, .metadata = values->ions ? values->ions->metadata : NULL, .parts = &part, .n_parts = 1, .level = 1 };
    return oa_nexus_write(context, path, overwrite, &bundle, NULL);
}
