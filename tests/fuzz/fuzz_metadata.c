/* fuzz_metadata.c - any bytes as a metadata file. What is accepted is complete after one pass: a second changes nothing. */
#include "data/metadata.h"
#include "fuzz.h"

static oa_status read_twice(oa_context *context, const char *path)
{
    oa_metadata *metadata;
    OA_TRY(oa_metadata_read(context, path, &metadata));
    oa_status status = oa_metadata_complete(metadata);
    const size_t n = metadata->n;
    if (status == OA_OK) status = oa_metadata_complete(metadata);
    if (metadata->n != n) __builtin_trap();
    oa_metadata_free(metadata);
    return status;
}
