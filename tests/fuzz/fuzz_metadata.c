/* fuzz_metadata.c - any bytes as a metadata file: JSON where they begin with a brace, else YAML. */
#include "fuzz.h"

static void check_complete(oa_metadata *metadata)
{
    fuzz_must(oa_metadata_complete(metadata) == OA_OK, "what was read can be completed");
    const size_t n = metadata->n;
    fuzz_must(oa_metadata_complete(metadata) == OA_OK && metadata->n == n, "a second completion changes nothing");
    for (size_t i = 0; i < n; i++) fuzz_must(oa_concept_find(metadata->fields[i].path), "only concepts are carried");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    oa_context *context;
    oa_metadata *metadata;
    const char *path = fuzz_file(&context, data, size);
    if (!path) return 0;
    const oa_status status = oa_metadata_read(context, path, &metadata);
    fuzz_must((status == OA_OK) == (metadata != NULL), "success gives metadata and failure none");
    fuzz_must(status == OA_OK || (status == OA_E_DATA && oa_error_text(context)[0]), "failures are bad data and have a text");
    if (metadata) check_complete(metadata);
    oa_metadata_free(metadata);
    fuzz_must(context->bytes < 4096, "nothing stays allocated");
    return 0;
}
