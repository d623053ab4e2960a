/* shuffle.h - the permutation of the random control, for steps that draw controls themselves. */
#ifndef OA_STEP_SHUFFLE_H
#define OA_STEP_SHUFFLE_H

#include "data/ions.h"

/* Permutes ion types and, where there are any, masses together over the positions: the permutation of step `shuffle` with
 * that seed. ranged_only: ions of type 0 keep their places. Makes both columns private. */
oa_status oa_shuffle(oa_ions *ions, uint64_t seed, bool ranged_only) OA_MUST_USE;

#endif
