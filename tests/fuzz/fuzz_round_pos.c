/* fuzz_round_pos.c - ions and ranges to .pos and .rrng and back: every bit of the ions, every bound to the four decimals of the format. */
#include "fuzz_round.h"

static void same_ranges(const oa_ranges *a, const oa_ranges *b)
{
    fuzz_must(b && a->n == b->n, "as many ranges are read as were written");
    for (size_t i = 0; i < a->n; i++) {
        const oa_range *p = &a->ranges[i], *q = &b->ranges[i];
        const oa_ion_type *s = &a->types[p->type - 1], *t = &b->types[q->type - 1];
        fuzz_must(fabs(p->lower - q->lower) <= 6e-5 && fabs(p->upper - q->upper) <= 6e-5, "bounds are read as they were written");
        fuzz_must(s->n_atoms == t->n_atoms && memcmp(s->nuclides, t->nuclides, sizeof s->nuclides) == 0, "atoms are read as they were written");
        fuzz_must(s->n_atoms || strcmp(s->name, t->name) == 0, "labels are read as they were written");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t base;
    oa_context *context = fuzz_context(&base);
    fuzz_bytes in = { data, size };
    oa_ions *ions = fuzz_round_ions(context, &in, oa_write_pos, &oa_format_pos, "fuzz.pos");
    if (ions->ranges) {
        const oa_content content = fuzz_read_back(context, &oa_format_rrng, fuzz_room_path("fuzz.rrng"));
        same_ranges(ions->ranges, content.ranges);
        oa_ranges__free(content.ranges);
    }
    oa_ions_free(ions);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}
