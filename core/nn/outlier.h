/* outlier.h - how far a pattern lies from those a network was trained with: the mean square of its whitened features, which is
 * the Mahalanobis distance (Lee et al., NeurIPS 2018, arXiv:1807.03888, there of inner layers) divided by the number of features.
 * Features are means over blocks of the pattern, block x block for pictures and block bins for curves, channel by channel. */
#ifndef OA_NN_OUTLIER_H
#define OA_NN_OUTLIER_H

#include "nn/layer.h"

/* The smallest block that leaves OA_FEATURES_MAX features at most; *n is how many. The blocks at the end may be smaller. */
size_t oa_outlier_block(oa_extent extent, size_t *n);
/* Whether the score was made for patterns of this extent. */
bool oa_outlier_fits(const oa_outlier *outlier, oa_extent extent);

/* Mean and whitening of n patterns (n, extent), into the model; rows with NaN take no part. The covariance gets 1e-3 of its mean
 * diagonal added, so that a feature that never changes is possible; whiten is the inverse of its Cholesky factor, with whiten
 * * (features - mean) of the training patterns uncorrelated and of variance 1. Sums are in double, in the order of the rows: the
 * same bytes on every machine. limit is left to oa_outlier_limit. E_CLASS_MISSING where fewer than two rows are usable. */
oa_status oa_outlier_fit(oa_model *model, oa_extent extent, const float *patterns, size_t n) OA_MUST_USE;

/* out (n); NaN for a pattern with NaN. Same bytes for any n and on every machine. */
void oa_outlier_score(const oa_outlier *outlier, oa_extent extent, const float *patterns, size_t n, float *out);

/* What `share` (0.01) of the scores exceed: the score number ceil((1 - share) n) in ascending order; NaN are left out, and NaN
 * where nothing is left. Sorts the scores. */
double oa_outlier_limit(float *scores, size_t n, double share);

#endif
