/* repeat.c - the step that selected the ions of an input, run again with shuffled ions: for controls that a step draws. */
#include <string.h>

#include "job/job.h"

/* What the indices of a selection refer to must be what the step takes first. */
static bool takes_ions(const oa_step *step)
{
    return step && step->slots->name && step->slots->kind == OA_TAKES_IONS;
}

/* Step, settings and all inputs but the ions, from a record: done once, at the first control. */
static oa_status restore(oa_repeat *repeat)
{
    oa_record others = *repeat->record;
    OA_TRY(oa_new(repeat->desk->context, &repeat->job, 1, sizeof *repeat->job));
    OA_TRY(oa_job_restore(repeat->desk, repeat->job, repeat->record));
    if (others.n_inputs && strcmp(others.inputs[0].role, repeat->job->step->slots->name) == 0) {
        others.inputs++;
        others.n_inputs--;
    }
    return oa_job_load_recorded(repeat->desk, repeat->job, &others, repeat->beside, NULL);
}

static oa_status make(void *self, oa_run *run, oa_ions *shuffled, oa_values **out)
{
    oa_repeat *repeat = self;
    oa_input inputs[OA_JOB_INPUTS_MAX];
    if (!repeat->earlier && !repeat->job) OA_TRY(restore(repeat));
    const oa_job *job = repeat->earlier ? repeat->earlier : repeat->job;
    for (size_t i = 0; i < job->n_loaded; i++) inputs[i] = job->loaded[i].input;
    const oa_request request = { .step = job->step, .settings = job->settings, .inputs = inputs, .n_inputs = job->n_loaded, .name = job->name,
                                 .libraries = oa_nexus_libraries() };
    return oa_run_again(run, &request, shuffled, out);
}

static void set_maker(oa_loaded *loaded, oa_repeat repeat, const oa_step *step)
{
    if (!loaded->input.has_selection || !takes_ions(step)) return;
    loaded->repeat = repeat;
    loaded->input.maker = (oa_maker){ make, &loaded->repeat, step->skips_unranged };
}

void oa_repeat_file(oa_desk *desk, oa_loaded *loaded)
{
    if (loaded->record) set_maker(loaded, (oa_repeat){ .desk = desk, .record = loaded->record, .beside = loaded->path }, oa_step_find(loaded->record->step));
}

void oa_repeat_job(oa_desk *desk, oa_loaded *loaded, const oa_job *earlier)
{
    set_maker(loaded, (oa_repeat){ .desk = desk, .earlier = earlier }, earlier->values->ions ? NULL : earlier->step);
}

void oa_repeat_free(oa_repeat *repeat)
{
    if (!repeat->job) return;
    oa_job_free(repeat->desk, repeat->job);
    oa_free(repeat->desk->context, repeat->job);
    repeat->job = NULL;
}
