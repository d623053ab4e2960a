/* scatter_loops.h - the loop of scatter.h, once; the file that includes it names the function SCATTER. No branches, so that compilers turn it
 * into vectors; no fused products, so that all of them round alike. */
#include <string.h>

#include "math/kernel/scatter.h"

#define EACH static inline __attribute__((always_inline))
enum { LANES = OA_SCATTER_LANES };

/* The nearest whole number of |x| < 2^51: the sum keeps no binary places. */
EACH double nearest(double x) { return (x + 6755399441055744.0) - 6755399441055744.0; }

/* Cosine and sine of 2 pi t: Taylor's series within an eighth of a turn, where what they leave out is below 1e-16. */
EACH void circle(double t, double *c, double *s)
{
    const double quarters = nearest(4 * t), r = (t - 0.25 * quarters) * 6.283185307179586476925, z = r * r;
    const double which = quarters - 4 * nearest(0.25 * quarters); /* -2 ... 2 */
    double sine = -1.0 / 1307674368000.0, cosine = 1.0 / 20922789888000.0;
    sine = sine * z + 1.0 / 6227020800.0;
    sine = sine * z - 1.0 / 39916800.0;
    sine = sine * z + 1.0 / 362880.0;
    sine = sine * z - 1.0 / 5040.0;
    sine = sine * z + 1.0 / 120.0;
    sine = sine * z - 1.0 / 6.0;
    sine = sine * z * r + r;
    cosine = cosine * z - 1.0 / 87178291200.0;
    cosine = cosine * z + 1.0 / 479001600.0;
    cosine = cosine * z - 1.0 / 3628800.0;
    cosine = cosine * z + 1.0 / 40320.0;
    cosine = cosine * z - 1.0 / 720.0;
    cosine = cosine * z + 1.0 / 24.0;
    cosine = cosine * z - 0.5;
    cosine = cosine * z + 1;
    const double far = which * which; /* 0, 1 or 4 */
    const double a = far == 1 ? sine : cosine, b = far == 1 ? cosine : sine;
    const double sign_a = far == 4 ? -1 : -which, sign_b = far == 4 ? -1 : which;
    *c = far == 0 ? a : a * sign_a;
    *s = far == 0 ? b : b * sign_b;
}

void SCATTER(double out[4], size_t points, const double *restrict x, const double *restrict y, const double *restrict z, const double *restrict n,
    const double *restrict w,
             const double q[3])
{
    const double qx = q[0], qy = q[1], qz = q[2];
    double sum[4][LANES];
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < points; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            double c, s;
            circle((qx * x[i + l] + qy * y[i + l]) + qz * z[i + l], &c, &s);
            sum[0][l] += c * n[i + l];
            sum[1][l] += s * n[i + l];
            sum[2][l] += c * w[i + l];
            sum[3][l] += s * w[i + l];
        }
    for (int k = 0; k < 4; k++) {
        out[k] = 0;
        for (size_t l = 0; l < LANES; l++) out[k] += sum[k][l];
    }
}
