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
    return status != OA_OK ? status : oa_h5_trust(h5);
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
