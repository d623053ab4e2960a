/* format_pos.c - .pos: x, y, z in nm and mass-to-charge in Da as big-endian floats, nothing else. */
#include "io/records.h"

static oa_status pos_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    return oa_records_read(context, source, &oa_layout_pos, options, &out->ions);
}

static const char *const extensions[] = { "pos", NULL };

const oa_format oa_format_pos = {
    .name = "pos",
    .extensions = extensions,
    .help = "reconstructed positions and mass-to-charge, 16 bytes an ion",
    .read = pos_read,
};
