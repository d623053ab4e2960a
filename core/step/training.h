/* training.h - what the files of the step `train` share: train.c has its tables and trains networks of patterns, train_atomnet.c those of neighbours. */
#ifndef OA_STEP_TRAINING_H
#define OA_STEP_TRAINING_H

#include "data/model.h"
#include "math/calibration.h"
#include "step/step.h"

typedef struct train_params {
    const char *preset, *architecture;
    oa_reals filters;
    int64_t kernel_width;
    const char *padding, *pool_padding;
    int64_t dense;
    double dropout;
    const char *optimizer;
    double learning_rate;
    int64_t batch, epochs, folds;
    const char *keep, *split;
    double test_share, turn;
    oa_reals odds;
    int64_t blocks, neighbours;
    const char *penalty, *norm, *species_codes;
    double lattice_parameter, threshold;
    int64_t seed;
} train_params;

enum { TRAIN_RELIABILITY_BINS = 15 };

bool train_is_atomnet(const train_params *p);
/* Parameters that the architecture has no use for, or lacks: E_PARAMETER_*. */
oa_status train_check_atomnet(oa_context *context, const train_params *p) OA_MUST_USE;
oa_status train_check_patterns(oa_context *context, const train_params *p) OA_MUST_USE;
oa_status train_run_atomnet(oa_run *run, const train_params *p) OA_MUST_USE;
/* The group reliability, of so many bins. */
oa_status train_put_reliability(oa_run *run, const oa_reliability_bin bins[TRAIN_RELIABILITY_BINS]) OA_MUST_USE;
uint64_t train_memory_atomnet(const oa_run *run, const train_params *p);

#endif
