/* morphology.h - size and shape of groups of ions from their second moments. */
#ifndef OA_MATH_MORPHOLOGY_H
#define OA_MATH_MORPHOLOGY_H

#include <stddef.h>
#include <stdint.h>

/* Both ratios > 0.5: sphere; only the first: disc; only the second: rod; none: lath. */
typedef enum oa_shape { OA_SHAPE_NONE, OA_SHAPE_SPHERE, OA_SHAPE_DISC, OA_SHAPE_ROD, OA_SHAPE_LATH } oa_shape;
#define OA_SHAPE_WORDS "0 none, 1 sphere, 2 disc, 3 rod, 4 lath"

/* Sums over the ions of one group; positions are taken from a point near the group, for accuracy. */
typedef struct oa_moments {
    uint32_t n;
    double origin[3], sum[3], square[6]; /* xx, yy, zz, xy, xz, yz */
} oa_moments;
void oa_moments_add(oa_moments *moments, const double p[3]); /* the first point becomes the origin */

typedef struct oa_morphology {
    double centre[3];  /* nm, centre of mass (ions weigh the same) */
    double radius[3];  /* nm, of gyration along the principal axes, largest first: sqrt of the eigenvalues of the
                        * covariance divided by n */
    double aspect_ratio; /* radius[1] / radius[0]; NaN where that is 0/0 */
    double oblateness;   /* radius[2] / radius[1] */
    oa_shape shape;
    double equivalent_radius; /* nm, of the sphere with the same product of radii: (R1 R2 R3)^(1/3) sqrt(5/3) */
} oa_morphology;
oa_morphology oa_morphology_of(const oa_moments *moments);

/* Eigenvalues of a symmetric matrix xx, yy, zz, xy, xz, yz, largest first. */
void oa_eigenvalues3(const double matrix[6], double out[3]);

#endif
