/* joint.h - several species against planes at once.
 *
 * Labels of n categories c, the species asked for and the rest, with local shares p_c: the sums X_c = sum G m ([label is c] - p_c) add up to 0, and where
 * labels know nothing of planes the covariance of two of them is sum G^2 m^2 p_c (d_cd - p_d). Shares hardly vary within a window, so
 * W = X^T C^-1 X = sum over c of X_c^2 / sum G^2 m^2 p_c (Pearson's form), chi-squared with n - 1 degrees of freedom. */
#ifndef OA_MATH_JOINT_H
#define OA_MATH_JOINT_H

#include "math/maxima.h"

enum { OA_CATEGORIES_MAX = 8 };

typedef struct oa_joint {
    const oa_tiled *tiled;                  /* species: the category, 0...n - 1 */
    int n;
    const float *share[OA_CATEGORIES_MAX];  /* (tiled.n) of each category around each ion */
} oa_joint;

/* T = W / 2 in every cell of the field; NaN where there are few ions. m: P(A) - P(B) of each ion; or m NULL and angle, where planes are not resolved:
 * then the cosine and the sine of each species make 2 (n - 1) degrees of freedom. */
oa_status oa_joint_statistic(const oa_joint *joint, const oa_field *field, const float *m, const float *angle, double width, float *t) OA_MUST_USE;

/* Corrects each T for the tails of labels that are rare, by the saddlepoint of their joint distribution: Skovgaard, Scand. J. Stat. 28 (2001) 3,
 * W* = W (1 - ln g / W)^2, which for one species is the square of Z* of oa_correct_maxima. Fills amplitude with half the sum over the categories of what
 * shares on the two families differ from the mean. */
oa_status oa_correct_joint_maxima(const oa_joint *joint, const float *m, double width, oa_maximum *list, size_t n) OA_MUST_USE;

#endif
