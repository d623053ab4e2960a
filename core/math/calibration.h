/* calibration.h - what the probabilities of classes are worth: logarithmic loss, temperature, reliability, AUC.
 * Guo et al. 2017, arXiv:1706.04599 (temperature, reliability, expected calibration error). */
#ifndef OA_MATH_CALIBRATION_H
#define OA_MATH_CALIBRATION_H

#include "base/memory.h"

/* What an ensemble said of n patterns before the last activation. Rows with a value that is no number are no part of any
 * mean below. units is the number of classes, or 1: then there are two classes and the unit is the logit of class 1 (as a
 * sigmoid reads it). */
typedef struct oa_logits {
    const float *values; /* (n, members, units), borrowed */
    size_t n, members, units;
} oa_logits;
size_t oa_logits_classes(const oa_logits *logits); /* units, 2 for one unit */

/* log_p (classes): logarithm of the probabilities of pattern `row` at a temperature (> 0): softmax(logits / temperature) of
 * each member, mean over the members; member >= 0: of this one alone. Exact also where a probability underflows. False, and
 * NaN, where a logit is no number. */
bool oa_logits_row(const oa_logits *logits, size_t row, int64_t member, double temperature, double *log_p);

/* Mean over the rows of -sum over classes of target * log p; target (n, classes) are shares that sum to 1. NaN where no row
 * is valid. */
double oa_log_loss(const oa_logits *logits, const float *target, double temperature);

/* The temperature with the least loss, between OA_TEMPERATURE_MIN and _MAX; to 1e-6 of itself. */
#define OA_TEMPERATURE_MIN 0.05
#define OA_TEMPERATURE_MAX 20.0
typedef struct oa_temperature {
    double temperature;       /* 1 where there is nothing to fit */
    double loss_before, loss; /* at temperature 1, and at this one */
    bool is_at_limit;         /* the loss still falls there: patterns told apart without error (low end), or guessed (high end) */
} oa_temperature;
oa_temperature oa_calibration_temperature(const oa_logits *logits, const float *target);

/* One bin of confidence, the largest probability of a pattern: ((b / bins), (b + 1) / bins], the first closed below. */
typedef struct oa_reliability_bin {
    uint64_t count, correct; /* patterns; of these, those whose largest probability is at their label */
    double confidence;       /* sum over the patterns: divide by count for the mean */
} oa_reliability_bin;

/* Adds one pattern to bins (n_bins); classes >= 1. Of equal probabilities the first counts, here and everywhere. */
void oa_reliability_add(oa_reliability_bin *bins, size_t n_bins, const double *probability, size_t classes, size_t label);
size_t oa_largest(const double *values, size_t n); /* index of the first of the largest */
/* Expected calibration error: sum over bins of count / all * |share correct - mean confidence|; NaN where there is nothing. */
double oa_reliability_error(const oa_reliability_bin *bins, size_t n_bins);

/* Chance that a pattern of the class has a higher score than one that is not of it, ties counting one half (area under the
 * curve of sensitivity against 1 - specificity). score (n) without NaN, is_class (n). NaN where one of the two kinds is
 * missing. */
oa_status oa_auc(oa_context *context, const float *score, const uint8_t *is_class, size_t n, double *out) OA_MUST_USE;

#endif
