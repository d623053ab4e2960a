/* morphology.c - radii of gyration and shape classes. */
#include "math/morphology.h"

#include <math.h>

void oa_moments_add(oa_moments *moments, const double p[3])
{
    double d[3];
    for (int axis = 0; axis < 3; axis++) {
        if (moments->n == 0) moments->origin[axis] = p[axis];
        d[axis] = p[axis] - moments->origin[axis];
        moments->sum[axis] += d[axis];
        moments->square[axis] += d[axis] * d[axis];
    }
    moments->square[3] += d[0] * d[1];
    moments->square[4] += d[0] * d[2];
    moments->square[5] += d[1] * d[2];
    moments->n++;
}

/* Turns the plane (p, q) so that a[p][q] becomes 0. */
static void rotate(double a[3][3], int p, int q)
{
    if (a[p][q] == 0) return;
    const double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
    const double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
    const double c = 1 / sqrt(t * t + 1), s = t * c;
    const int r = 3 - p - q;
    const double arp = a[r][p], arq = a[r][q];
    a[p][p] -= t * a[p][q];
    a[q][q] += t * a[p][q];
    a[p][q] = a[q][p] = 0;
    a[r][p] = a[p][r] = c * arp - s * arq;
    a[r][q] = a[q][r] = s * arp + c * arq;
}

/* Jacobi's method: small eigenvalues keep their relative accuracy, which the cubic formula loses for flat groups. */
void oa_eigenvalues3(const double m[6], double out[3])
{
    enum { SWEEPS = 12 }; /* converges quadratically; four are usual */
    double a[3][3] = { { m[0], m[3], m[4] }, { m[3], m[1], m[5] }, { m[4], m[5], m[2] } };
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        rotate(a, 0, 1);
        rotate(a, 0, 2);
        rotate(a, 1, 2);
    }
    const double x = a[0][0], y = a[1][1], z = a[2][2];
    out[0] = fmax(x, fmax(y, z));
    out[2] = fmin(x, fmin(y, z));
    out[1] = fmax(fmin(x, y), fmin(fmax(x, y), z));
}

static oa_shape shape_of(double aspect_ratio, double oblateness)
{
    if (isnan(aspect_ratio) || isnan(oblateness)) return OA_SHAPE_NONE;
    if (aspect_ratio > 0.5) return oblateness > 0.5 ? OA_SHAPE_SPHERE : OA_SHAPE_DISC;
    return oblateness > 0.5 ? OA_SHAPE_ROD : OA_SHAPE_LATH;
}

oa_morphology oa_morphology_of(const oa_moments *moments)
{
    const double n = moments->n;
    oa_morphology out = { .aspect_ratio = NAN, .oblateness = NAN };
    double mean[3], covariance[6], eigen[3];
    if (moments->n == 0) return out;
    for (int axis = 0; axis < 3; axis++) {
        mean[axis] = moments->sum[axis] / n;
        out.centre[axis] = moments->origin[axis] + mean[axis];
        covariance[axis] = moments->square[axis] / n - mean[axis] * mean[axis];
    }
    covariance[3] = moments->square[3] / n - mean[0] * mean[1];
    covariance[4] = moments->square[4] / n - mean[0] * mean[2];
    covariance[5] = moments->square[5] / n - mean[1] * mean[2];
    oa_eigenvalues3(covariance, eigen);
    for (int axis = 0; axis < 3; axis++) out.radius[axis] = sqrt(fmax(eigen[axis], 0));
    if (out.radius[0] > 0) out.aspect_ratio = out.radius[1] / out.radius[0];
    if (out.radius[1] > 0) out.oblateness = out.radius[2] / out.radius[1];
    out.shape = shape_of(out.aspect_ratio, out.oblateness);
    out.equivalent_radius = cbrt(out.radius[0] * out.radius[1] * out.radius[2]) * sqrt(5.0 / 3.0);
    return out;
}
