/* steps.c - the list of steps. A new step is its file, one line here twice, and its test. */
#include "step/step.h"

extern const oa_step oa_step_import;
extern const oa_step oa_step_export;
extern const oa_step oa_step_crop;
extern const oa_step oa_step_range;
extern const oa_step oa_step_composition;
extern const oa_step oa_step_spectrum;
extern const oa_step oa_step_shuffle;
extern const oa_step oa_step_synthesise;
extern const oa_step oa_step_score;
extern const oa_step oa_step_sdm;
extern const oa_step oa_step_domains;
extern const oa_step oa_step_classify;

const oa_step *const oa_steps[] = {
    &oa_step_import,
    &oa_step_export,
    &oa_step_crop,
    &oa_step_range,
    &oa_step_composition,
    &oa_step_spectrum,
    &oa_step_shuffle,
    &oa_step_synthesise,
    &oa_step_score,
    &oa_step_sdm,
    &oa_step_classify,
    &oa_step_domains,
    NULL,
};
