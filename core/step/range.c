/* range.c - give every ion its type from its mass-to-charge, by the ranges of a file or by those the ions came with. */
#include <string.h>

#include "math/ranging.h"
#include "step/step.h"

typedef struct range_params {
    const char *overlap;
} range_params;

/* In the order of oa_overlap. */
static const char *const overlap_words[] = { "reject", "first", "last", "narrow", NULL };

static const oa_param range_table[] = {
    OA_PARAM(range_params, overlap, .dflt_text = "reject", .choices = overlap_words,
             .help = "who gets an ion that lies in ranges of two ion types: reject refuses such ranges, first is the range that "
                     "begins lower, last the one that begins higher, narrow the narrower one; at an end point that two ranges "
                     "share the lower range always has it"),
    OA_PARAM_END
};

static const oa_slot range_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ions with mass-to-charge; types they already have are replaced" },
    { "ranges", OA_TAKES_RANGES, true, "range file, or a NeXus file with ranging; left out: the ranges the ions came with" },
    OA_SLOT_END
};

static const oa_output range_outputs[] = {
    { .name = "ions", .help = "the same ions with their new types" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions there are" },
    { .name = "summary/ranged", .type = OA_U64, .help = "ions that lie in a range" },
    { .name = "summary/unranged", .type = OA_U64, .help = "ions that lie in none (type 0)" },
    { .name = "summary/unranged_fraction", .type = OA_F64, .help = "share of the ions that lie in no range" },
    { .name = "summary/ion_types", .type = OA_U64, .help = "ion types" },
    { .name = "summary/ranges", .type = OA_U64, .help = "ranges" },
    OA_OUTPUT_END
};

static oa_overlap overlap_of(const char *word)
{
    int i = 0;
    while (overlap_words[i] && strcmp(overlap_words[i], word) != 0) i++;
    return (oa_overlap)i;
}

static oa_status range_run(oa_run *run, const void *params)
{
    const range_params *p = params;
    const oa_input *in = oa_run_input(run, "ranges");
    oa_ions *ions;
    OA_TRY(oa_run_take_ions(run, "ions", &ions));
    OA_TRY(oa_put_ions(run, ions));

    const oa_ranges *given = in ? in->ranges : ions->ranges;
    if (!given || given->n == 0)
        return oa_fail(run->context, "E_NOT_RANGED", "the ions came without ranges; give a range file with --ranges");
    oa_ranges *ranges = oa_ranges__share((oa_ranges *)given); /* counts a reference; what it points to stays as it is */
    const size_t n_types = ranges->n_types, n_ranges = ranges->n;
    const oa_status status = oa_ranging__assign(ions, ranges, overlap_of(p->overlap));
    oa_ranges__free(ranges);
    OA_TRY(status);

    uint64_t *counts;
    OA_TRY(oa_scratch(run, &counts, n_types + 1, sizeof *counts));
    OA_TRY(oa_ranging__count(ions, NULL, 0, n_types, counts));
    const uint64_t unranged = counts[0];
    if (unranged) oa_note(run, "W_UNRANGED", "%llu of %zu ions have no range", (unsigned long long)unranged, ions->n);
    OA_TRY(oa_put_count(run, "summary/ions", ions->n));
    OA_TRY(oa_put_count(run, "summary/ranged", ions->n - unranged));
    OA_TRY(oa_put_count(run, "summary/unranged", unranged));
    OA_TRY(oa_put_real(run, "summary/unranged_fraction", ions->n ? (double)unranged / (double)ions->n : 0));
    OA_TRY(oa_put_count(run, "summary/ion_types", n_types));
    return oa_put_count(run, "summary/ranges", n_ranges);
}

/* The ions, and one new column of types. */
static uint64_t range_memory(const oa_run *run, const void *params)
{
    const oa_input *in = oa_run_input(run, "ions");
    (void)params;
    return (in && in->ions ? (uint64_t)in->ions->n * 20 : 0) + (1u << 20);
}

const oa_step oa_step_range = {
    .name = "range",
    .version = 1,
    .title = "Give ions their types from mass-to-charge",
    .help = "Labels every ion with the type whose range its mass-to-charge lies in, both ends included, compared in double "
            "precision. Types the ions had before are replaced; ions in no range have type 0.",
    .params = range_table, .params_size = sizeof(range_params),
    .slots = range_slots,  .outputs = range_outputs,
    .run = range_run,      .memory = range_memory,
};
