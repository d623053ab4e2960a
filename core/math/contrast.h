/* contrast.h - statistics of order whose distribution without order is known, on a grid.
 *
 * Given the positions, labels that know nothing of planes have E u = 0 for u = [ion is s] - p, p the local share of s. With fixed weights
 * m the sum X = sum G m u has the variance V = sum G^2 m^2 p (1 - p), so Z = X / sqrt V has mean 0 and variance 1 whatever the planes are
 * (errors of m cost power, never validity). G = exp(-|r|^2 / 2 w^2). */
#ifndef OA_MATH_CONTRAST_H
#define OA_MATH_CONTRAST_H

#include "math/tiled.h"

#define OA_CONTRAST_MASK 0.02 /* of the median of V: cells below say nothing */

/* G and G^2 with the same cut: the squares of the taps are the taps of the square. */
typedef struct oa_window {
    float g[3][OA_TAPS_MAX], g2[3][OA_TAPS_MAX];
    int half[3];
} oa_window;
oa_window oa_window_of(const oa_field *field, double width);
oa_status oa_window_blur(const oa_field *field, float *data, const oa_window *window, bool squared) OA_MUST_USE;

#define OA_SHARE_WIDTH 2.0 /* nm */
/* p: share of the ions of `species` in a Gaussian of OA_SHARE_WIDTH around each ion, within [1e-3, 1 - 1e-3]. (n) in the order of tiled. */
oa_status oa_local_share(const oa_tiled *tiled, unsigned species, float *share) OA_MUST_USE;

/* m: P(on a plane of family A) - P(on B) of each ion from the phase of the planes and their local resolution. m may be phase. */
oa_status oa_plane_contrast(const oa_tiled *tiled, const float *phase, const float *resolution, float *m) OA_MUST_USE;

typedef struct oa_labels {
    const oa_tiled *tiled;
    unsigned species;
    const float *share; /* (n) */
} oa_labels;

/* Z in every cell of the field; NaN where V says nothing. */
oa_status oa_signed_statistic(const oa_labels *labels, const oa_field *field, const float *m, double width, float *z) OA_MUST_USE;

/* Where planes are not resolved: with A = sum G u exp(i angle), x = (Re A, Im A) and its covariance C = sum G^2 p (1 - p) (cos^2, cos sin; ..),
 * T = x C^-1 x / 2, exponentially distributed with mean 1 for large numbers. |A|^2 / V would not be: cos^2 and sin^2 differ where planes diffract. */
oa_status oa_whitened_statistic(const oa_labels *labels, const oa_field *field, const float *angle, double width, float *t) OA_MUST_USE;

/* angle[i] = wave . r of the ions, radians modulo 2 pi. */
oa_status oa_wave_angle(const oa_tiled *tiled, const double wave[3], float *angle) OA_MUST_USE;

#endif
