/* pixels.h - from probabilities of overlapping voxels to sums on pixels and to the ions around chosen pixels. */
#ifndef OA_MATH_PIXELS_H
#define OA_MATH_PIXELS_H

#include "base/parallel.h"
#include "math/cells.h"

/* n voxels along each axis (z, y, x), each `cover` = voxel / stride pixels wide: m = n + cover - 1 pixels. */
typedef struct oa_pixels {
    size_t voxels[3], pixels[3]; /* z, y, x */
    size_t cover;
    double lo[3], stride; /* x, y, z; nm: pixel k spans lo + k stride ... lo + (k + 1) stride */
} oa_pixels;
oa_pixels oa_pixels_of(const size_t voxels_zyx[3], const double lo[3], double voxel, double stride);
size_t oa_pixels_count(const oa_pixels *pixels);
void oa_pixels_centre(const oa_pixels *pixels, size_t pixel, double out[3]); /* x, y, z */

/* What a voxel without probability (NaN) does to the pixels it covers. */
typedef enum oa_nan_policy { OA_NAN_PROPAGATE, OA_NAN_ZERO } oa_nan_policy;

/* sums (pixels) = sum of the values (voxels) over the voxels that cover the pixel. */
void oa_pixels_sum(const oa_pixels *pixels, const double *values, oa_nan_policy policy, double *sums);

/* Pixels with lower < sum <= upper; NaN is never chosen. is_chosen (pixels). Returns how many. */
size_t oa_pixels_choose(const oa_pixels *pixels, const double *sums, double lower, double upper, uint8_t *is_chosen);

/* is_inside (ions->n): 1 for ions within stride / 2 * 1.414 (inclusive; the published number) of the centre of a chosen
 * pixel. *n_inside is how many. Parallel over the ions. */
oa_status oa_pixels_ions(oa_context *context, const oa_pixels *pixels, const uint8_t *is_chosen, const oa_points *ions,
                         uint8_t *is_inside, size_t *n_inside) OA_MUST_USE;

#endif
