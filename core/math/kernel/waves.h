/* waves.h - loops over ions and grids for waves of order: sums of plane waves, blurs, transforms. One source, waves_loops.h, is
 * compiled for each kernel set: no sum depends on the width of a vector, nothing is fused, so all sets give the same bytes. */
#ifndef OA_MATH_KERNEL_WAVES_H
#define OA_MATH_KERNEL_WAVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lists that are summed over are filled up with weights of 0 to a multiple of this. */
enum { OA_WAVE_LANES = 16, OA_BALL_SIDE = 16 };
#define OA_PLAIN 75.0f /* L up to which e^L is kept: the range of floats is e^88, and e^75 leaves room for sums of 10^5 cells */

/* One pass of a transform of many lines side by side, in the order of Stockham: `radix` 2, 3 or 4, `stride` floats lie beside each
 * other (lanes times what earlier passes have split off), `parts` = length left / radix. twiddle: (parts, radix - 1) pairs. */
typedef struct oa_fft_pass {
    int radix;
    size_t parts, stride;
    const float *twiddle;
} oa_fft_pass;

typedef struct oa_wave_grid {
    float per[3], origin[3];
    int32_t low[3], high[3], row, layer;
} oa_wave_grid;

typedef struct oa_waves {
    /* out[i] = taps[0] in[i] + sum over k = 1...half of taps[k] (in[i - k step] + in[i + k step]), i < n. */
    void (*blur)(float *out, const float *in, size_t n, size_t step, const float *taps, int half);
    /* g[i] = exp(-scale (x^2 + y^2 + z^2)) */
    void (*weigh)(float *g, size_t n, const float *x, const float *y, const float *z, float scale);
    /* Sums of g cos, g sin, g cos x, g sin x, g cos y, g sin y, g cos z, g sin z of the angle 2 pi (k . r), k in turns a nm.
     * n is a multiple of OA_WAVE_LANES. */
    void (*wave)(double out[8], size_t n, const float *x, const float *y, const float *z, const float *g, const float k[3]);
    /* Sums of g, g^2, g x, g y, g z, g x^2, g x y, g x z, g y^2, g y z, g z^2; n is a multiple of OA_WAVE_LANES. */
    void (*moments)(double out[11], size_t n, const float *x, const float *y, const float *z, const float *g);
    /* out[i] = angle of (x[i], y[i]) in radians, -pi to pi, within 1e-6; 0 at the origin. out may be x or y. */
    void (*angle)(float *out, size_t n, const float *y, const float *x);
    /* (re, im) += (a, b) (wr + i wi) */
    void (*add_turned)(size_t n, float *re, float *im, const float *a, const float *b, float wr, float wi);
    /* cosine and sine of angles in radians; good for |angle| < 1e4, to 1e-6 and 1e-7 |angle| */
    void (*turn)(float *c, float *s, size_t n, const float *angle);
    /* P(A) - P(B) of ions whose plane phase is `phase` (2 pi a plane) where |mean exp(i phase)| is `resolution`, in (0, 1). */
    void (*contrast)(float *m, size_t n, const float *phase, const float *resolution);
    /* Coefficients of B, B^2 and B^3 of the cubic through ln(1 + a B) at B = 1/3, 2/3, 1, for a = alpha (s - S)/(1 + alpha S), S = plus -
     * minus, s = +1 (out[0...2]) and -1 (out[3...5]). With even: for a = (even (1 - T) + alpha (s - S))/(1 + even T + alpha S), T = plus + minus. */
    void (*evidence)(float *const out[6], size_t n, const float *alpha, const float *even, const float *plus, const float *minus);
    /* Evidence of two signs: out = e^a + e^b (0 below e^-87) or, where the larger is above OA_PLAIN, minus its logarithm; plus = 255 e^a / (e^a + e^b). */
    void (*join)(size_t n, float *out, uint8_t *plus, const float *a, const float *b);
    /* What join has put together: plus[i] = both[i] share[i] / 255, minus[i] the rest of both[i]. */
    void (*part)(size_t n, float *plus, float *minus, const float *both, const uint8_t *share);
    /* out[i] = sum over k < m of factor[k] in[k][i]. */
    void (*combine)(float *out, size_t n, const float *const *in, const float *factor, int m);
    /* out[i] = min(own[i] / (one + around[i]), 1), 0 where nothing is divided by. _large here and below: the same where numbers leave the range of floats. */
    void (*shares)(float *out, size_t n, const float *own, const float *around, float one);
    void (*shares_large)(double *out, size_t n, const double *own, const double *around, double one);
    /* Sum of ln(1 + a), a > -1, n a multiple of OA_WAVE_LANES. */
    double (*sum_logarithms)(size_t n, const float *a);
    /* Sums over neighbourhoods of OA_BALL_SIDE cells side by side: with W_k[x] = sum over |i| <= k of row[x + i], sums[to[j] OA_BALL_SIDE + x] += W_k[x]
     * for the j with begin[k] <= j < begin[k + 1], k = 0...most. row has `most` readable entries on either side. */
    void (*ball_row)(float *sums, const float *row, int most, const uint32_t *begin, const uint16_t *to);
    void (*ball_row_large)(double *sums, const double *row, int most, const uint32_t *begin, const uint16_t *to);
    /* Trilinear: out[i] = value at (x per[0] + 1/2, y per[1] + 1/2, z per[2] + 1/2) between the points of a block of side[0] by side[1] by ... points, x fastest. */
    void (*interpolate)(float *out, size_t n, const float *x, const float *y, const float *z, const float per[3], const float *block, const int side[2]);
    /* Where places lie on a grid of points `row` and `layer` points apart, x fastest: the number of the lower of the eight points around, or -1 unless
     * low <= point and point + 1 < high along each axis; and how far towards the next, share[axis][i]. A place has the coordinate x per[0] + origin[0] and so on,
     * |coordinate| < 64 below 0. */
    void (*locate)(int32_t *point, float *const share[3], size_t n, const float *const at[3], const oa_wave_grid *grid);
    /* block[point][8] += value[i][8] shared among the eight points around place i, as locate has it; places of point -1 are left out. */
    void (*deposit)(float *block, size_t n, const int32_t *point, float *const share[3], const float *value, const oa_wave_grid *grid);
    /* A blurred ball at (at[0], at[1], at[2]) of radius at[3], as places (x, y, z) see it: 0 from `far` on beside it; else between the entries of `table`, for each
     * radius of a disc `per` of a nm apart `places` distances from its middle, as far apart; 0 behind the table, which has `discs` radii. */
    void (*ball)(float *out, size_t n, const float *x, const float *y, const float *z, const float at[4], float far, float per, const float *table, int discs, int places);
    /* out[c out_step + r] = in[r in_step + c] of rows and columns that are multiples of 4. */
    void (*transpose)(float *out, size_t out_step, const float *in, size_t in_step, size_t rows, size_t columns);
    /* out += a b */
    void (*multiply_add)(size_t n, float *out, const float *a, const float *b);
    /* Sums over j of K = ln(1 + p (e^(s g) - 1)) - s p g and of its first and second derivative with respect to s; n a multiple of the
     * lanes, g = 0 beyond the ions. */
    void (*cumulants)(double out[3], size_t n, const float *g, const float *p, float s);
    /* One pass from (xr, xi) to (yr, yi). */
    void (*fft)(const oa_fft_pass *pass, const float *xr, const float *xi, float *yr, float *yi);
} oa_waves;

extern const oa_waves oa_waves_scalar;
#if defined(__x86_64__)
extern const oa_waves oa_waves_avx2, oa_waves_avx512;
#endif

#endif
