/* curve.h - clean-up of z-SDM curves: normalise, smooth, take the background off, normalise.
 * The rule of the ML-APT codes, quirks included; see the words at each member. */
#ifndef OA_MATH_CURVE_H
#define OA_MATH_CURVE_H

#include "base/memory.h"
#include "base/parallel.h"
#include "math/kernel/kernel.h"

typedef struct oa_curve_rule {
    int64_t bins;                 /* of a curve: 93 */
    int64_t window, order;        /* Savitzky-Golay: 15 points, degree 8; window 0: no smoothing */
    int64_t first, last;          /* bins in which the background must not exceed the reference (both included) */
    int64_t sweeps;               /* at most: 1001 */
} oa_curve_rule;
enum { OA_CURVE_BINS_MAX = 1024, OA_CURVE_WINDOW_MAX = 63 };

/* Filter coefficients, made once. */
typedef struct oa_curve_plan {
    oa_curve_rule rule;
    double *taps; /* (window) of the middle */
    double *ends; /* (window / 2, window) of the first points; the last ones mirror them */
} oa_curve_plan;
oa_status oa_curve_plan_make(oa_arena *arena, oa_curve_plan *out, const oa_curve_rule *rule) OA_MUST_USE;

/* What happened to one curve; any pointer may be NULL. */
typedef struct oa_curve_detail {
    double *norm, *smooth, *background, *output; /* (bins) */
    int sweeps;    /* -1: no local minimum, so no background; -2: constant curve */
    int local_min; /* bin of the reference; -1: none */
} oa_curve_detail;

/* One curve, written down plainly: the specification of the blocks below.
 *   norm        (y - min) / (max - min); a constant curve gives NaN everywhere
 *   smooth      Savitzky-Golay; the outer points come from the fit to the first and the last window
 *   reference   the first strict local minimum beyond bin bins / 2; none: background 0
 *   background  starts as the smoothed curve; while its maximum over [first, last] exceeds the reference (by more than
 *               1e-12): b_m = min(b_m, (b_(m-1) + b_(m+1)) / 2), ends fixed. The first sweep reads old values only; later
 *               ones work in place from left to right (in the published code source and target are by then one array).
 *   output      (d - min) / (max - min) of d = smooth - background; NaN where d is constant */
void oa_curve_clean_one(const oa_curve_plan *plan, const double *counts, oa_curve_detail *detail);

/* Where the cleaned curve c goes: out[(c / channels) * bins * channels + bin * channels + c % channels], so that with
 * counts (voxel, pair, bin) and channels = pairs the result is (voxel, bin, pair), what networks take. */
typedef struct oa_curve_output {
    float *values;
    size_t channels;
} oa_curve_output;

/* n curves, counts (n, bins). For use inside a parallel loop; uses scratch slot 4 of the worker. */
oa_status oa_curve_block(const oa_curve_plan *plan, const oa_kernels *kernels, oa_worker *worker, size_t n,
                         const uint32_t *counts, oa_curve_output out) OA_MUST_USE;
/* The same, in parallel. */
oa_status oa_curve_clean(oa_context *context, const oa_curve_plan *plan, size_t n, const uint32_t *counts,
                         oa_curve_output out) OA_MUST_USE;

#endif
