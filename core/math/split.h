/* split.h - which patterns teach, which judge meanwhile, and which only at the end. */
#ifndef OA_MATH_SPLIT_H
#define OA_MATH_SPLIT_H

#include "base/memory.h"

/* Rows that one member of an ensemble sees. Either list may be empty but not `train`. */
typedef struct oa_fold {
    const uint32_t *train, *validation;
    size_t n_train, n_validation;
} oa_fold;

typedef struct oa_split {
    const uint32_t *test; /* (n_test) never seen while training */
    size_t n_test;
    oa_fold *fold;        /* (folds) together their validation rows are all rows but those of the test, each once */
} oa_split;

/* Shuffles whole groups (group[row] of the rows named, n of them; NULL: every row is a group of its own), keeps the last
 * test_share of the groups for the test and cuts the others into `folds` runs of equal numbers of groups: fold f validates on
 * run f and trains on the rest. One fold has nothing to validate on and trains on all. Rows of a group never part, so a
 * copy cannot give away its original (ML-APT D3). E_EMPTY_DATA where a fold would have nothing to train on. */
oa_status oa_split_make(oa_arena *arena, const uint32_t *rows, size_t n, const uint32_t *group, double test_share, size_t folds, uint64_t seed,
                        oa_split *out) OA_MUST_USE;

#endif
