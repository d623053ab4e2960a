/* steps.c - the steps of steps.def as a table. */
#include "step/step.h"

#define OA_STEP(name) extern const oa_step oa_step_##name;
#include "step/steps.def"
#undef OA_STEP

#define OA_STEP(name) &oa_step_##name,
const oa_step *const oa_steps[] = {
#include "step/steps.def"
    NULL,
};
