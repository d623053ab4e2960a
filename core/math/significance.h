/* significance.h - how far domain sizes can be told from those of random controls: per domain, and for the whole list. */
#ifndef OA_MATH_SIGNIFICANCE_H
#define OA_MATH_SIGNIFICANCE_H

#include "math/dbscan.h"
#include "math/statistics.h"

/* For each of the n actual sizes s, with K controls and counts of domains of at least s:
 *   p[i] = (1 + control domains, all K together) / (1 + all domains of the controls), the empirical p-value of one domain
 *   q[i] = the smallest false-discovery rate at which it is called: the minimum over all t <= s of
 *          (control domains of at least t / K) / (actual domains of at least t), at most 1
 * Storey, Tibshirani, PNAS 100 (2003) 9440, with the null taken from the controls instead of from p-values. K >= 1. */
oa_status oa_size_chances(oa_arena *arena, const oa_size_list *actual, const oa_size_list *controls, size_t n_controls,
                          double *p, double *q) OA_MUST_USE;

/* Bins of the size distributions that are compared. */
typedef struct oa_size_bins {
    size_t n;
    uint64_t width;
} oa_size_bins;

/* Mean over the controls of the domains in each bin, and (unless NULL) the standard deviation of one control; with one
 * control that is 0. mean, deviation (bins->n). */
oa_status oa_size_mean(oa_arena *arena, const oa_size_bins *bins, const oa_size_list *controls, size_t n_controls, double *mean,
                       double *deviation) OA_MUST_USE;

/* 2.5 % and 97.5 % of mu and of mu_scaled. */
typedef struct oa_mu_interval {
    double mu[2], mu_scaled[2];
} oa_mu_interval;

/* Bootstrap (Efron, Tibshirani 1993): the domains of the actual list and of each control are drawn anew with replacement,
 * as many as there were, `draws` >= 1 times; percentiles are interpolated linearly. Draw k is a function of seed and k. */
oa_status oa_mu_bootstrap(oa_context *context, oa_arena *arena, const oa_size_bins *bins, const oa_size_list *actual,
                          const oa_size_list *controls, size_t n_controls, size_t draws, uint64_t seed, oa_mu_interval *out) OA_MUST_USE;

#endif
