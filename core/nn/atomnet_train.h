/* atomnet_train.h - fits a block of AtomNet to labelled atoms (Yu et al., "3D deep learning for enhanced atom probe tomography analysis of nanoscale
 * microstructures"): epochs, validation, and which weights are kept. */
#ifndef OA_NN_ATOMNET_TRAIN_H
#define OA_NN_ATOMNET_TRAIN_H

#include "math/split.h"
#include "nn/atomnet_points.h"

/* Labelled atoms by place (math/nearest.h), borrowed. */
typedef struct oa_atomnet_samples {
    oa_atomnet_points points;
    const uint8_t *label;  /* (n) 0 or 1 */
    const uint32_t *lists; /* (n, k) neighbours of each, as places */
} oa_atomnet_samples;

typedef struct oa_atomnet_training {
    double learning_rate, dropout, norm_momentum;
    bool is_published; /* penalty: nn/atomnet_learner.h */
    bool falls;        /* the learning rate, evenly from step to step, to nothing after the last */
    size_t batch, epochs;
    uint64_t seed;
} oa_atomnet_training;

/* After one epoch, means over atoms: cross-entropy, penalty R(T1) + R(T2), share on the side of their label. The training figures are those
 * met on the way, dropout included; those of validation are of the network as it is used. NaN where nothing is validated. */
typedef struct oa_atomnet_epoch {
    float loss, penalty, accuracy, validation_loss, validation_penalty, validation_accuracy, validation_auc;
} oa_atomnet_epoch;

/* Trains a block (from 0) of one member from fresh weights: those of the epoch with the smallest loss of validation, penalty included, become
 * the model's; those of the last without one. fold holds places; before: probabilities of the block before by place, NULL for the first;
 * history (epochs). The last batch of an epoch may be smaller. Same bytes for any number of threads and any kernel set. E_DIVERGED. */
oa_status oa_atomnet_train_block(oa_context *context, oa_model *model, size_t member, size_t block, const oa_atomnet_samples *samples, const float *before,
                                 const oa_fold *fold, const oa_atomnet_training *training, oa_atomnet_epoch *history) OA_MUST_USE;

#endif
