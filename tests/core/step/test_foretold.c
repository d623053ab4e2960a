/* test_foretold.c - what a step says that it will need holds what it takes, for each thing that makes it grow: so many ions more, so many draws more. Constants, which are
 * meant to be generous, cancel where a large call is held against a small one. */
#include "core/step/labelled.h"

#define X(name) extern const oa_step oa_step_##name;
X(composition) X(range) X(shuffle) X(spectrum) X(frequency) X(neighbours) X(warren_cowley) X(sdm) X(diffuse) X(domains) X(synthesise) X(monte_carlo)
#undef X

/* Ions and parameters of a small call, and what is larger in the large one. At most `generous` times the bytes that are taken more may be foretold. */
typedef struct growth {
    const oa_step *step;
    const char *what, *params[9];
    size_t ions[2];
    const char *grows, *value[2]; /* a parameter; NULL: ions alone */
    double generous;
} growth;

static const growth rows[] = {
    { &oa_step_composition, "ions", { NULL }, { 20000, 120000 }, NULL, { NULL }, 1.5 },
    { &oa_step_range, "ions", { NULL }, { 20000, 120000 }, NULL, { NULL }, 1.5 },
    { &oa_step_shuffle, "ions", { NULL }, { 20000, 120000 }, NULL, { NULL }, 1.5 },
    { &oa_step_frequency, "blocks", { "species", "Ni,Cr", "draws", "0", "block", "20", NULL }, { 20000, 120000 }, NULL, { NULL }, 1.6 },
    { &oa_step_frequency, "draws", { "species", "Ni", "block", "200", NULL }, { 4000, 4000 }, "draws", { "9", "9000" }, 3 },
    { &oa_step_neighbours, "ions", { "pairs", "Ni-Cr", "k", "4", "draws", "0", NULL }, { 20000, 120000 }, NULL, { NULL }, 3 },
    { &oa_step_neighbours, "pairs", { "k", "8", "draws", "0", NULL }, { 60000, 60000 }, "pairs", { "Ni-Ni", "Ni-Ni,Ni-Cr,Cr-Ni,Cr-Cr" }, 5 },
    { &oa_step_neighbours, "k", { "pairs", "Ni-Cr,Cr-Ni", "draws", "0", NULL }, { 60000, 60000 }, "k", { "2", "12" }, 4 },
    { &oa_step_neighbours, "draws", { "pairs", "Ni-Cr", "k", "2", "range", "2", "bin_width", "0.01", NULL }, { 500, 500 }, "draws", { "9", "2000" }, 1.5 },
    { &oa_step_warren_cowley, "ions", { "pairs", "Ni-Cr", "k", "7", "draws", "9", NULL }, { 20000, 120000 }, NULL, { NULL }, 1.6 },
    { &oa_step_sdm, "ions", { "pairs", "Ni-Cr", "radius", "0.5", "stride", "2", NULL }, { 20000, 120000 }, NULL, { NULL }, 1.8 },
    { &oa_step_sdm, "voxels", { "pairs", "Ni-Cr,Cr-Ni", "radius", "0.3", NULL }, { 4000, 4000 }, "stride", { "1", "0.4" }, 2.5 },
    { &oa_step_diffuse, "q", { "species", "Ni", NULL }, { 200, 200 }, "grid_points", { "20,20,20", "40,40,40" }, 2.5 },
    { &oa_step_diffuse, "ions", { "species", "Ni", "q", "0,0,3", NULL }, { 20000, 120000 }, NULL, { NULL }, 1.5 },
    { &oa_step_domains, "ions", { "species", "Ni", NULL }, { 20000, 120000 }, NULL, { NULL }, 1.6 },
    { &oa_step_synthesise, "box", { NULL }, { 0, 0 }, "box", { "-4,4,-4,4,-8,0", "-8,8,-8,8,-16,0" }, 1.5 },
    { &oa_step_monte_carlo, "cells", { "energies", "Ni-Al:-0.03", "sweeps", "10", NULL }, { 0, 0 }, "cells", { "8", "24" }, 1.5 },
};

typedef struct bytes {
    double foretold, taken;
} bytes;

/* Both count the ions that are there already. */
static bytes bytes_of(oa_context *context, const growth *row, int which)
{
    const size_t n = row->ions[which], before = context->bytes;
    step_run *s = step_begin(context, row->step);
    oa_ions *ions = NULL;
    bytes out;
    if (n > 0) {
        cloud c = cloud_random(n, cbrt((double)n / 50), 0, 1);
        uint8_t *label = random_labels(n, 3, 2);
        ions = labelled(context, &c, label);
        step_ions(s, row->step->slots[0].name, ions);
        cloud_free(&c);
        free(label);
    }
    for (int k = 0; k < 8 && row->params[k]; k += 2) step_set(s, row->params[k], row->params[k + 1]);
    if (row->grows) step_set(s, row->grows, row->value[which]);
    out.foretold = (double)row->step->memory(&s->run, s->settings->values);
    context->peak_bytes = context->bytes;
    check_ok(context, step_go(s));
    if (row->step->finish) check_ok(context, row->step->finish(&s->run, s->settings->values));
    out.taken = (double)(context->peak_bytes - before);
    step_end(s);
    if (ions) oa_ions_free(ions);
    return out;
}

static void a_step_takes_no_more_than_it_said(void **state)
{
    bool is_wrong = false;
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const growth *row = &rows[k];
        const bytes small = bytes_of(*state, row, 0), large = bytes_of(*state, row, 1);
        const double taken = large.taken - small.taken, foretold = large.foretold - small.foretold;
        const char *verdict = taken < 2e5 ? "says nothing" : large.taken > large.foretold || taken > 1.05 * foretold ? "is more than was said" : foretold > row->generous * taken ?
            "is far less than was said" : NULL;
        print_message("%s, %s: %.0f of %.0f, more by %.0f of %.0f: %.2f\n", row->step->name, row->what, large.taken, large.foretold, taken, foretold, foretold / taken);
        if (verdict) print_message("    %s\n", verdict);
        is_wrong |= verdict != NULL;
    }
    assert_false(is_wrong);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(a_step_takes_no_more_than_it_said, check_setup, check_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
