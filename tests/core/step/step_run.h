/* step_run.h - runs one step through its descriptor, without files and without a record: parameters as text, inputs
 * from memory, results in values. */
#ifndef OA_TESTS_STEP_RUN_H
#define OA_TESTS_STEP_RUN_H

#include "check.h"
#include "step/step.h"

typedef struct step_run {
    oa_context *context;
    oa_settings *settings;
    oa_values *values;
    oa_input inputs[4];
    oa_run run;
} step_run;

static inline step_run *step_begin(oa_context *context, const oa_step *step)
{
    step_run *s = calloc(1, sizeof *s);
    s->context = context;
    oa_context__clear(context);
    check_ok(context, oa_settings_new(context, &s->settings, step->params, step->params_size, step->presets));
    check_ok(context, oa_values_new(context, &s->values));
    s->run = (oa_run){ .context = context, .step = step, .inputs = s->inputs, .out = s->values, .task = 1,
                       .arena = { .context = context }, .slab = 1, .slabs = 1 };
    return s;
}

static inline void step_end(step_run *s)
{
    oa_arena_drop(&s->run.arena);
    oa_settings_free(s->settings);
    oa_values_free(s->values);
    free(s);
}

static inline void step_set(step_run *s, const char *name, const char *text)
{
    check_ok(s->context, oa_settings_set(s->settings, name, text));
}

static inline oa_input *step_input(step_run *s, const char *slot)
{
    oa_input *input = &s->inputs[s->run.n_inputs++];
    *input = (oa_input){ .role = slot, .file_name = "", .sha256 = "", .content_sha256 = "", .entry = "", .subentry = "" };
    return input;
}

static inline void step_ions(step_run *s, const char *slot, oa_ions *ions) { step_input(s, slot)->ions = ions; }

static inline oa_status step_go(step_run *s)
{
    const oa_step *step = s->run.step;
    if (step->check) OA_TRY(step->check(s->context, s->settings->values));
    return step->run(&s->run, s->settings->values);
}

/* Takes the ions out of the results. */
static inline oa_ions *step_take_ions(step_run *s)
{
    oa_ions *ions = s->values->ions;
    s->values->ions = NULL;
    return ions;
}

static inline const oa_array *step_array(const step_run *s, const char *name)
{
    const oa_array *array = oa_values_find(s->values, 1, name);
    if (!array) fail_msg("there is no %s", name);
    return array;
}

static inline const void *step_data(const step_run *s, const char *name) { return step_array(s, name)->block->data; }
static inline double step_real(const step_run *s, const char *name) { return oa_array_real(step_array(s, name), 0); }
static inline const char *step_text(const step_run *s, const char *name) { return step_array(s, name)->block->data; }

static inline bool step_warned(const step_run *s, const char *code)
{
    for (size_t i = 0; i < oa_warning_count(s->context); i++)
        if (strcmp(oa_warning_code(s->context, i), code) == 0) return true;
    return false;
}

/* Digest over everything a step gave. */
static inline const char *step_digest(const step_run *s)
{
    static char hex[4][65];
    static int turn;
    char *out = hex[turn = (turn + 1) & 3];
    check_ok(s->context, oa_values_digest(s->values, "", out, NULL));
    return out;
}

/* Ions with given columns, no types. */
static inline oa_ions *step_make_ions(oa_context *context, size_t n, const float *x, const float *y, const float *z, const float *mass)
{
    oa_ions *ions;
    check_ok(context, oa_ions_new(context, &ions, n, x, y, z, mass));
    return ions;
}

/* One type of one element with one range. */
static inline void step_add_range(oa_ranges *ranges, unsigned z, int atoms, double lower, double upper)
{
    oa_ion_type type = { .n_atoms = atoms };
    unsigned number;
    for (int k = 0; k < atoms; k++) type.nuclides[k] = OA_ELEMENT_HASH(z);
    oa_ion_type__name(&type);
    check_ok(ranges->context, oa_ranges__add_type(ranges, &type, &number));
    check_ok(ranges->context, oa_ranges__add(ranges, lower, upper, number));
    oa_ranges__sort(ranges);
}

#endif
