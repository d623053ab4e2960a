/* fuzz_round_nexus.c - ions, types and ranges to NXapm and back: the same content digest. */
#include "fuzz_h5.h"
#include "fuzz_round.h"

#include "io/nexus.h"
#include "run/call.h"

/* The ions through `crop`, which keeps them all, for a record to write beside them. */
static oa_call *record_of(oa_context *context, oa_ions *ions)
{
    oa_call *call;
    const bool is_done = oa_call_new(context, &call, oa_step_find("crop")) == OA_OK && oa_call_input_ions(call, "ions", ions) == OA_OK && oa_call_run(call) == OA_OK;
    if (!is_done) fprintf(stderr, "%s: %s\n", oa_error_code(context), oa_error_text(context));
    fuzz_must(is_done, "a crop of all ions");
    return call;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base;
    uint64_t bytes;
    char written[65], read[65];
    const ssize_t open = fuzz_h5_open();
    oa_context *context = fuzz_context(&base);
    fuzz_bytes in = { data, size };
    const int level = (int)(fuzz_take(&in) % 3);
    oa_ions *ions = fuzz_ions(context, &in);
    oa_call *call = record_of(context, ions);
    const oa_ions *kept = oa_call_ions(call);
    const char *path = fuzz_room_path("fuzz.nxs");
    const oa_part part = { call->record, call->values };
    const oa_bundle bundle = { .ions = kept, .parts = &part, .n_parts = 1, .level = level, .library = (oa_bulk_library)(size % 3) };
    fuzz_must(oa_nexus_write(context, path, true, &bundle, &bytes) == OA_OK, "finite ions can be written");
    oa_content content = fuzz_read_back(context, &oa_format_nexus, path);
    fuzz_same_columns(kept, content.ions);
    fuzz_must(oa_ions__digest(kept, written) == OA_OK && oa_ions__digest(content.ions, read) == OA_OK && strcmp(written, read) == 0, "the digest is the same");
    oa_ions_free(content.ions);
    oa_ranges__free(content.ranges);
    oa_call_free(call);
    oa_ions_free(ions);
    fuzz_h5_must_be_closed(open);
    fuzz_must(context->bytes - base < 65536, "nothing but idle scratch stays allocated");
    return 0;
}
