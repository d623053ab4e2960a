/* toy.h - a step that exists only in tests: one parameter and one output of every kind. */
#ifndef OA_TESTS_TOY_H
#define OA_TESTS_TOY_H

#include "check.h"
#include "run/run.h"

typedef struct toy_params {
    double edge;
    int64_t bins, seed;
    bool is_open;
    const char *mode, *species, *preset;
    oa_reals roi;
} toy_params;

static const char *const toy_modes[] = { "good", "undeclared", "wrong_type", "missing", "fails", "warns", "cancels", NULL },
                  *const toy_preset_words[] = { "", "steel", NULL };

static const oa_param toy_table[] = {
    OA_PARAM(toy_params, edge, .unit = OA_NM, .dflt = 1, .min = 0.1, .max = 10, .help = "edge"),
    OA_PARAM(toy_params, bins, .dflt = 20, .min = 1, .max = 100, .help = "bins"),
    OA_PARAM(toy_params, seed, .dflt = 1, .min = 0, .max = 9007199254740991.0, .help = "seed"),
    OA_PARAM(toy_params, is_open, .dflt = 1, .help = "open"),
    OA_PARAM(toy_params, mode, .dflt_text = "good", .choices = toy_modes, .help = "mode"),
    OA_PARAM(toy_params, species, .dflt_text = "Ni", .help = "species"),
    OA_PARAM(toy_params, preset, .dflt_text = "", .choices = toy_preset_words, .help = "preset"),
    OA_PARAM(toy_params, roi, .unit = OA_NM, .n_min = 6, .n_max = 6, .help = "box"),
    OA_PARAM_END
};

static const oa_preset toy_presets[] = {
    { "steel", "bcc iron", (const oa_preset_value[]){ { "edge", "2.5" }, { NULL, NULL } } },
    { NULL, NULL, NULL },
};

static const oa_slot toy_slots[] = {
    { "ions", OA_TAKES_IONS, false, "the ions" },
    { "control", OA_TAKES_IONS, true, "other ions" },
    OA_SLOT_END
};

static const oa_output toy_outputs[] = {
    { .name = "maps/counts", .type = OA_U32, .shape = "(bin)", .axes = "bin", .is_plot = true, .help = "counts" },
    { .name = "maps/bin", .type = OA_F64, .shape = "(bin)", .unit = OA_NM, .help = "middle of the bin" },
    { .name = "masks/flag", .type = OA_BOOL, .shape = "(bin)", .is_optional = true, .help = "flags" },
    { .name = "weights/*", .type = OA_F32, .shape = "(bin)", .help = "any" },
    { .name = "summary/mu", .type = OA_F64, .unit = OA_PER_NM, .help = "mean" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions" },
    { .name = "summary/is_good", .type = OA_BOOL, .help = "good" },
    { .name = "summary/species", .type = OA_TEXT, .help = "species" },
    OA_OUTPUT_END
};

static int toy_runs; /* how often the step was begun */

static inline oa_status toy_put(oa_run *run, const toy_params *p)
{
    const size_t n = (size_t)p->bins;
    uint32_t *counts;
    double *middle;
    uint8_t *flag;
    float *weight;
    OA_TRY(oa_put_array(run, "maps/counts", 1, &n, &counts));
    OA_TRY(oa_put_array(run, "maps/bin", 1, &n, &middle));
    OA_TRY(oa_put_array(run, "masks/flag", 1, &n, &flag));
    OA_TRY(oa_put_array(run, "weights/first", 1, &n, &weight));
    for (size_t i = 0; i < n; i++) counts[i] = (uint32_t)i, middle[i] = p->edge * (double)i, flag[i] = i % 2, weight[i] = (float)i / 3;
    OA_TRY(oa_put_long_name(run, "maps/bin", "middle of the bin (nm)"));
    OA_TRY(oa_put_real(run, "summary/mu", 0.125));
    OA_TRY(oa_put_count(run, "summary/ions", oa_run_input(run, "ions")->ions->n));
    OA_TRY(oa_put_bool(run, "summary/is_good", p->is_open));
    return oa_put_text(run, "summary/species", p->species);
}

static inline oa_status toy_run(oa_run *run, const void *params)
{
    const toy_params *p = params;
    const size_t one = 1;
    void *data;
    toy_runs++;
    OA_TRY(oa_scratch(run, &data, 1000, 1));
    if (strcmp(p->mode, "undeclared") == 0) return oa_put_array(run, "maps/secret", 1, &one, &data);
    if (strcmp(p->mode, "wrong_type") == 0) return oa_put_real(run, "summary/ions", 1);
    if (strcmp(p->mode, "missing") == 0) return oa_put_real(run, "summary/mu", 1);
    if (strcmp(p->mode, "fails") == 0) return oa_fail(run->context, "E_DIVERGED", "on purpose");
    if (strcmp(p->mode, "cancels") == 0) oa_cancel(run->context);
    if (strcmp(p->mode, "warns") == 0) oa_note(run, "W_FEW_IONS", "only %d", 3);
    return toy_put(run, p);
}

static inline oa_status toy_check(oa_context *context, const void *params)
{
    const toy_params *p = params;
    if (p->roi.n && p->roi.v[0] >= p->roi.v[1]) return oa_fail_at(context, OA_IN_PARAMETER("roi"), "E_PARAMETER_RANGE", "roi is empty");
    return OA_OK;
}

static const oa_step toy_step = {
    .name = "toy", .version = 7, .title = "A toy", .help = "Only for tests.", .params = toy_table, .params_size = sizeof(toy_params),
    .presets = toy_presets, .slots = toy_slots, .outputs = toy_outputs, .check = toy_check, .run = toy_run,
};

static inline oa_ions *toy_ions(oa_context *context)
{
    const float x[] = { 1, 2, 3, 4 };
    oa_ions *ions;
    check_ok(context, oa_ions_new(context, &ions, 4, x, x, x, x));
    return ions;
}

#endif
