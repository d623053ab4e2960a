/* waves_loops.h - the loops of waves.h, once; the file that includes it names the table WAVES_TABLE. Elementary functions are
 * polynomials in floats without branches (after S. Moshier's Cephes, 1989), so that compilers turn each loop into vectors. */
#include <math.h>
#include <string.h>

#include "math/kernel/waves.h"

#define EACH static inline __attribute__((always_inline))
enum { LANES = OA_WAVE_LANES };

/* No turn of the loop reads what another writes. */
#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* A loop of a few turns becomes vectors; gcc would write its turns out first and then find none. */
#if defined(__clang__)
#define ROLLED
#else
#define ROLLED _Pragma("GCC unroll 1")
#endif

EACH float of_bits(int32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

EACH int32_t bits_of(float x)
{
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* The nearest whole number of |x| < 2^22: the sum keeps no binary places. */
EACH float nearest(float x) { return (x + 12582912.0f) - 12582912.0f; }

/* 1 ulp or 2; 0 below -87. */
EACH float exponential(float x)
{
    const float top = x < 88.0f ? x : 88.0f, in = top > -87.0f ? top : -87.0f;
    const float n = nearest(in * 1.44269504088896341f);
    const float r = (in - n * 0.693359375f) + n * 2.12194440e-4f;
    float y = 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = (y * (r * r) + r) + 1.0f;
    const float value = y * of_bits(((int32_t)n + 127) << 23);
    return x > -87.0f ? value : 0.0f;
}

/* ln u, u > 0 and normal. */
EACH float logarithm(float u)
{
    const int32_t bits = bits_of(u), low = (bits - 0x3f3504f3) & (int32_t)0xff800000; /* mantissa from sqrt(1/2) on */
    const float e = (float)(low >> 23), x = of_bits(bits - low) - 1.0f, z = x * x;
    float y = 7.0376836292e-2f;
    y = y * x - 1.1514610310e-1f;
    y = y * x + 1.1676998740e-1f;
    y = y * x - 1.2420140846e-1f;
    y = y * x + 1.4249322787e-1f;
    y = y * x - 1.6668057665e-1f;
    y = y * x + 2.0000714765e-1f;
    y = y * x - 2.4999993993e-1f;
    y = y * x + 3.3333331174e-1f;
    y = y * x * z;
    y = y - e * 2.12194440e-4f;
    y = y - 0.5f * z;
    return (x + y) + e * 0.693359375f;
}

/* ln(1 + y), y > -1: what rounding of 1 + y has lost is added to first order. */
EACH float logarithm1(float y)
{
    const float u = 1.0f + y;
    return logarithm(u) + (y - (u - 1.0f)) / u;
}

/* Cosine and sine of 2 pi t, |t| < 2^20. */
EACH void circle(float t, float *c, float *s)
{
    const float q = nearest(4.0f * t), r = (t - 0.25f * q) * 6.283185307179586f, z = r * r;
    const float sine = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
    const float cosine = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z - 0.5f * z + 1.0f;
    const int32_t quarter = (int32_t)q;
    const float a = quarter & 1 ? sine : cosine, b = quarter & 1 ? cosine : sine;
    *c = (quarter + 1) & 2 ? -a : a;
    *s = quarter & 2 ? -b : b;
}

/* ---------------------------------------------------------------------------------------------- grids */

static void blur(float *restrict out, const float *restrict in, size_t n, size_t step, const float *taps, int half)
{
    for (size_t i = 0; i < n; i++) out[i] = taps[0] * in[i];
    for (int k = 1; k <= half; k++) {
        const float *low = in - (size_t)k * step, *high = in + (size_t)k * step, t = taps[k];
        for (size_t i = 0; i < n; i++) out[i] += t * (low[i] + high[i]);
    }
}

static void add_turned(size_t n, float *restrict re, float *restrict im, const float *restrict a, const float *restrict b, float wr, float wi)
{
    for (size_t i = 0; i < n; i++) {
        re[i] += a[i] * wr - b[i] * wi;
        im[i] += a[i] * wi + b[i] * wr;
    }
}

typedef float four __attribute__((vector_size(16)));

/* Four elements of a and b, those of b counted from 4. */
#if defined(__clang__)
#define MIX(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
typedef int32_t four_places __attribute__((vector_size(16)));
#define MIX(a, b, i, j, k, l) __builtin_shuffle(a, b, (four_places){ i, j, k, l })
#endif

/* Four rows of four at a time: written out, compilers move single floats. */
static void transpose(float *restrict out, size_t out_step, const float *restrict in, size_t in_step, size_t rows, size_t columns)
{
    for (size_t c = 0; c < columns; c += 4)
        for (size_t r = 0; r < rows; r += 4) {
            four v[4], w[4];
            for (size_t k = 0; k < 4; k++) memcpy(&v[k], in + (r + k) * in_step + c, sizeof v[k]);
            w[0] = MIX(v[0], v[1], 0, 4, 1, 5);
            w[1] = MIX(v[0], v[1], 2, 6, 3, 7);
            w[2] = MIX(v[2], v[3], 0, 4, 1, 5);
            w[3] = MIX(v[2], v[3], 2, 6, 3, 7);
            v[0] = MIX(w[0], w[2], 0, 1, 4, 5);
            v[1] = MIX(w[0], w[2], 2, 3, 6, 7);
            v[2] = MIX(w[1], w[3], 0, 1, 4, 5);
            v[3] = MIX(w[1], w[3], 2, 3, 6, 7);
            for (size_t k = 0; k < 4; k++) memcpy(out + (c + k) * out_step + r, &v[k], sizeof v[k]);
        }
}

static void multiply_add(size_t n, float *restrict out, const float *restrict a, const float *restrict b)
{
    for (size_t i = 0; i < n; i++) out[i] += a[i] * b[i];
}

EACH void join_one(float *restrict out, uint8_t *restrict plus, float a, float b, bool may_be_large)
{
    const float high = a > b ? a : b, low = a > b ? b : a, t = exponential(low - high), share = 1.0f / (1.0f + t);
    const float sum = exponential(high < OA_PLAIN ? high : OA_PLAIN) * (1.0f + t);
    *out = may_be_large && high > OA_PLAIN ? -(high + logarithm(1.0f + t)) : sum;
    *plus = (uint8_t)(int32_t)((a > b ? share : t * share) * 255.0f + 0.5f);
}

/* Hardly any row has a place so sure that its logarithm is asked for. */
static void join(size_t n, float *restrict out, uint8_t *restrict plus, const float *restrict a, const float *restrict b)
{
    float most = 0;
    for (size_t i = 0; i < n; i++) {
        most = a[i] > most ? a[i] : most;
        most = b[i] > most ? b[i] : most;
    }
    if (most > OA_PLAIN) {
        INDEPENDENT
        for (size_t i = 0; i < n; i++) join_one(&out[i], &plus[i], a[i], b[i], true);
    } else {
        INDEPENDENT
        for (size_t i = 0; i < n; i++) join_one(&out[i], &plus[i], a[i], b[i], false);
    }
}

static void part(size_t n, float *restrict plus, float *restrict minus, const float *restrict both, const uint8_t *restrict share)
{
    for (size_t i = 0; i < n; i++) {
        const float p = both[i] * (float)share[i] * (1.0f / 255);
        plus[i] = p;
        minus[i] = both[i] - p;
    }
}

static void combine(float *restrict out, size_t n, const float *const *in, const float *factor, int m)
{
    for (size_t i = 0; i < n; i++) out[i] = 0;
    for (int k = 0; k < m; k++) {
        const float *restrict a = in[k], f = factor[k];
        for (size_t i = 0; i < n; i++) out[i] += f * a[i];
    }
}

static double sum_logarithms(size_t n, const float *restrict a)
{
    float sum[LANES];
    double all = 0;
    for (size_t l = 0; l < LANES; l++) sum[l] = 0;
    for (size_t i = 0; i < n; i += LANES)
        for (size_t l = 0; l < LANES; l++) sum[l] += logarithm1(a[i + l]);
    for (size_t l = 0; l < LANES; l++) all += (double)sum[l];
    return all;
}

/* What neighbours add and leave, in either precision. */
#define DEFINE_BALLS(REAL, BALL_ROW, SHARES) \
    static void BALL_ROW(REAL *restrict sums, const REAL *restrict row, int most, const uint32_t *begin, const uint16_t *to) \
    { \
        REAL w[OA_BALL_SIDE]; \
        for (int x = 0; x < OA_BALL_SIDE; x++) w[x] = row[x]; \
        for (int k = 0;; k++) { \
            for (uint32_t j = begin[k]; j < begin[k + 1]; j++) { \
                REAL *restrict s = sums + (size_t)to[j] * OA_BALL_SIDE; \
                ROLLED for (int x = 0; x < OA_BALL_SIDE; x++) s[x] += w[x]; \
            } \
            if (k == most) break; \
            ROLLED for (int x = 0; x < OA_BALL_SIDE; x++) w[x] += row[x - k - 1] + row[x + k + 1]; \
        } \
    } \
    static void SHARES(REAL *restrict out, size_t n, const REAL *restrict own, const REAL *restrict around, REAL one) \
    { \
        for (size_t i = 0; i < n; i++) { \
            const REAL all = one + around[i], share = all > 0 ? own[i] / all : 0; \
            out[i] = share < 1 ? share : 1; \
        } \
    }

DEFINE_BALLS(float, ball_row, shares)
DEFINE_BALLS(double, ball_row_large, shares_large)

/* ---------------------------------------------------------------------------------------------- ions */

static void weigh(float *restrict g, size_t n, const float *restrict x, const float *restrict y, const float *restrict z, float scale)
{
    for (size_t i = 0; i < n; i++) g[i] = exponential(-scale * ((x[i] * x[i] + y[i] * y[i]) + z[i] * z[i]));
}

static void add_lanes(double *out, float (*sum)[LANES], int n)
{
    for (int j = 0; j < n; j++) {
        out[j] = 0;
        for (size_t l = 0; l < LANES; l++) out[j] += (double)sum[j][l];
    }
}

static void wave(double out[8], size_t n, const float *restrict x, const float *restrict y, const float *restrict z, const float *restrict g, const float k[3])
{
    const float kx = k[0], ky = k[1], kz = k[2];
    float sum[8][LANES];
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < n; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const float px = x[i + l], py = y[i + l], pz = z[i + l];
            float c, s;
            circle((kx * px + ky * py) + kz * pz, &c, &s);
            c *= g[i + l];
            s *= g[i + l];
            sum[0][l] += c;
            sum[1][l] += s;
            sum[2][l] += c * px;
            sum[3][l] += s * px;
            sum[4][l] += c * py;
            sum[5][l] += s * py;
            sum[6][l] += c * pz;
            sum[7][l] += s * pz;
        }
    add_lanes(out, sum, 8);
}

static void moments(double out[11], size_t n, const float *restrict x, const float *restrict y, const float *restrict z, const float *restrict g)
{
    float sum[11][LANES];
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < n; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const float w = g[i + l], u = x[i + l], v = y[i + l], t = z[i + l], wu = w * u, wv = w * v, wt = w * t;
            sum[0][l] += w;
            sum[1][l] += w * w;
            sum[2][l] += wu;
            sum[3][l] += wv;
            sum[4][l] += wt;
            sum[5][l] += wu * u;
            sum[6][l] += wu * v;
            sum[7][l] += wu * t;
            sum[8][l] += wv * v;
            sum[9][l] += wv * t;
            sum[10][l] += wt * t;
        }
    add_lanes(out, sum, 11);
}

/* The arc tangent of the smaller over the larger, from pi/4 where that is nearer; the polynomial is that of Moshier's atanf (Cephes). */
static void angle(float *out, size_t n, const float *y, const float *x)
{
    const float pi = 3.14159265358979f;
    for (size_t i = 0; i < n; i++) {
        const float u = x[i], v = y[i], a = u < 0 ? -u : u, b = v < 0 ? -v : v, large = a > b ? a : b, small = a > b ? b : a;
        const bool is_far = small > 0.4142135624f * large;
        const float top = is_far ? small - large : small, bottom = is_far ? small + large : large, t = top / (bottom > 1e-30f ? bottom : 1e-30f), q = t * t;
        const float arc = (((0.0805374449538f * q - 0.138776856032f) * q + 0.199777106478f) * q - 0.333329491539f) * q * t + t;
        const float near = is_far ? arc + 0.25f * pi : arc, quarter = a >= b ? near : 0.5f * pi - near, half = u < 0 ? pi - quarter : quarter;
        out[i] = v < 0 ? -half : half;
    }
}

static void turn(float *restrict c, float *restrict s, size_t n, const float *restrict angle)
{
    for (size_t i = 0; i < n; i++) circle(angle[i] * 0.15915494309189535f, &c[i], &s[i]);
}

/* Gaussians about 0 and about pi on a circle, of variance v / 2; the larger of the two nearest terms is divided out. */
static void contrast(float *restrict m, size_t n, const float *restrict phase, const float *restrict resolution)
{
    const float pi = 3.14159265358979f;
    for (size_t i = 0; i < n; i++) {
        const float turns = phase[i] * 0.07957747154594767f, t = (turns - nearest(turns)) * (2.0f * pi), a = t < 0 ? -t : t, b = pi - a;
        const float v = -logarithm(resolution[i]), w = -1.0f / (v > 1e-6f ? v : 1e-6f), least = (a < b ? a : b) * (a < b ? a : b);
        const float g0 = (exponential(w * (a * a - least)) + exponential(w * ((2 * pi - a) * (2 * pi - a) - least))) + exponential(w * ((2 * pi + a) * (2 * pi +
            a) - least));
        const float g1 = (exponential(w * (b * b - least)) + exponential(w * ((pi + a) * (pi + a) - least))) + exponential(w * ((3 * pi - a) * (3 * pi - a) -
            least));
        m[i] = (g0 - g1) / (g0 + g1);
    }
}

EACH void cubic(float a, float *b1, float *b2, float *b3)
{
    const float l1 = logarithm1(a * 0.333333333f), l2 = logarithm1(a * 0.666666667f), l3 = logarithm1(a);
    *b1 = (9.0f * l1 - 4.5f * l2) + l3;
    *b2 = (18.0f * l2 - 22.5f * l1) - 4.5f * l3;
    *b3 = (13.5f * l1 - 13.5f * l2) + 4.5f * l3;
}

static void evidence_even(float *const out[6], size_t n, const float *restrict alpha, const float *restrict even, const float *restrict plus,
    const float *restrict minus)
{
    float *restrict a1 = out[0], *restrict a2 = out[1], *restrict a3 = out[2], *restrict b1 = out[3], *restrict b2 = out[4], *restrict b3 = out[5];
    INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float s = plus[i] - minus[i], t = plus[i] + minus[i], left = 1.0f / ((1.0f + even[i] * t) + alpha[i] * s), both = even[i] * (1.0f - t);
        cubic((both + alpha[i] * (1.0f - s)) * left, &a1[i], &a2[i], &a3[i]);
        cubic((both + alpha[i] * (-1.0f - s)) * left, &b1[i], &b2[i], &b3[i]);
    }
}

static void evidence(float *const out[6], size_t n, const float *restrict alpha, const float *even, const float *restrict plus, const float *restrict minus)
{
    if (even) {
        evidence_even(out, n, alpha, even, plus, minus);
        return;
    }
    float *restrict a1 = out[0], *restrict a2 = out[1], *restrict a3 = out[2], *restrict b1 = out[3], *restrict b2 = out[4], *restrict b3 = out[5];
    INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float s = plus[i] - minus[i], u = alpha[i] / (1.0f + alpha[i] * s);
        cubic(u * (1.0f - s), &a1[i], &a2[i], &a3[i]);
        cubic(u * (-1.0f - s), &b1[i], &b2[i], &b3[i]);
    }
}

static void cumulants(double out[3], size_t n, const float *restrict g, const float *restrict p, float s)
{
    float sum[3][LANES];
    memset(sum, 0, sizeof sum);
    for (size_t i = 0; i < n; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            const float gi = g[i + l], pi = p[i + l], e = exponential(s * gi), u = 1.0f + pi * (e - 1.0f), t = pi * e / u;
            sum[0][l] += logarithm1(pi * (e - 1.0f)) - s * pi * gi;
            sum[1][l] += gi * (t - pi);
            sum[2][l] += gi * gi * t * (1.0f - t);
        }
    add_lanes(out, sum, 3);
}

static void interpolate(float *restrict out, size_t n, const float *restrict x, const float *restrict y, const float *restrict z, const float per[3],
                        const float *restrict block, const int side[2])
{
    const int row = side[0], layer = side[0] * side[1];
    const float px = per[0], py = per[1], pz = per[2];
    for (size_t i = 0; i < n; i++) {
        const float u = x[i] * px + 0.5f, v = y[i] * py + 0.5f, w = z[i] * pz + 0.5f;
        const int j = (int)u, k = (int)v, l = (int)w, at = l * layer + k * row + j;
        const float f = u - (float)j, g = v - (float)k, h = w - (float)l;
        const float a = block[at] + f * (block[at + 1] - block[at]), b = block[at + row] + f * (block[at + row + 1] - block[at + row]);
        const float c = block[at + layer] + f * (block[at + layer + 1] - block[at + layer]);
        const float d = block[at + layer + row] + f * (block[at + layer + row + 1] - block[at + layer + row]);
        const float low = a + g * (b - a), high = c + g * (d - c);
        out[i] = low + h * (high - low);
    }
}

static void locate(int32_t *restrict point, float *const share[3], size_t n, const float *const at[3], const oa_wave_grid *grid)
{
    const oa_wave_grid g = *grid;
    const float *restrict x = at[0], *restrict y = at[1], *restrict z = at[2];
    float *restrict f = share[0], *restrict h = share[1], *restrict k = share[2];
    INDEPENDENT
    for (size_t i = 0; i < n; i++) {
        const float u = x[i] * g.per[0] + g.origin[0], v = y[i] * g.per[1] + g.origin[1], w = z[i] * g.per[2] + g.origin[2];
        const int32_t a = (int32_t)(u + 64) - 64, b = (int32_t)(v + 64) - 64, c = (int32_t)(w + 64) - 64; /* down, also below 0 */
        const int32_t below = (a - g.low[0]) | (b - g.low[1]) | (c - g.low[2]), beyond = (g.high[0] - 2 - a) | (g.high[1] - 2 - b) | (g.high[2] - 2 - c);
        f[i] = u - (float)a;
        h[i] = v - (float)b;
        k[i] = w - (float)c;
        point[i] = (below | beyond) < 0 ? -1 : (c * g.layer + b * g.row) + a;
    }
}

typedef float eight __attribute__((vector_size(32)));

/* point: the lower of two neighbours along x. */
EACH void add_pair(float *point, const eight *value, float weight, float share)
{
    eight near, next;
    memcpy(&near, point, sizeof near);
    memcpy(&next, point + 8, sizeof next);
    near += (weight * (1 - share)) * *value;
    next += (weight * share) * *value;
    memcpy(point, &near, sizeof near);
    memcpy(point + 8, &next, sizeof next);
}

static void deposit(float *block, size_t n, const int32_t *point, float *const share[3], const float *value, const oa_wave_grid *grid)
{
    const ptrdiff_t row = 8 * (ptrdiff_t)grid->row, layer = 8 * (ptrdiff_t)grid->layer;
    for (size_t i = 0; i < n; i++) {
        if (point[i] < 0) continue;
        const float x = share[0][i], y = share[1][i], z = share[2][i];
        float *to = block + 8 * (ptrdiff_t)point[i];
        eight all;
        memcpy(&all, value + 8 * i, sizeof all);
        add_pair(to, &all, (1 - y) * (1 - z), x);
        add_pair(to + row, &all, y * (1 - z), x);
        add_pair(to + layer, &all, (1 - y) * z, x);
        add_pair(to + layer + row, &all, y * z, x);
    }
}

/* Where in the table, and how far towards the next entries; a share of 0 of the table where there is nothing. */
static void ball(float *restrict out, size_t n, const float *restrict x, const float *restrict y, const float *restrict z, const float at[4], float far, float per,
                 const float *restrict table, int discs, int places)
{
    const float x0 = at[0], y0 = at[1], z0 = at[2], square = at[3] * at[3], most = far * far, last_disc = (float)(discs - 1), last_place = (float)(places - 1);
    for (size_t from = 0; from < n; from += LANES) {
        const size_t m = n - from < LANES ? n - from : LANES;
        float f[LANES], g[LANES], share[LANES];
        int entry[LANES];
        for (size_t i = 0; i < m; i++) {
            const float dx = x[from + i] - x0, dy = y[from + i] - y0, dz = z[from + i] - z0, rest = square - dz * dz, across = dx * dx + dy * dy;
            const float u = sqrtf(rest > 0 ? rest : 0.0f) * per, v = sqrtf(across) * per;
            float is_near = rest > 0 ? 1.0f : 0.0f;
            is_near = across <= most ? is_near : 0.0f;
            is_near = u < last_disc ? is_near : 0.0f;
            is_near = v < last_place ? is_near : 0.0f;
            share[i] = is_near;
            const float p = u * is_near, q = v * is_near;
            const int disc = (int)p, place = (int)q;
            f[i] = p - (float)disc;
            g[i] = q - (float)place;
            entry[i] = disc * places + place;
        }
        for (size_t i = 0; i < m; i++) {
            const float *t = table + entry[i], *next = t + places;
            const float low = t[0] + g[i] * (t[1] - t[0]), high = next[0] + g[i] * (next[1] - next[0]);
            out[from + i] = share[i] * (low + f[i] * (high - low));
        }
    }
}

/* ---------------------------------------------------------------------------------------------- transforms */

static void pass2(const oa_fft_pass *p, const float *xr, const float *xi, float *yr, float *yi)
{
    const size_t s = p->stride, m = p->parts;
    for (size_t k = 0; k < m; k++) {
        const float wr = p->twiddle[2 * k], wi = p->twiddle[2 * k + 1];
        const float *restrict ar = xr + s * k, *restrict ai = xi + s * k, *restrict br = xr + s * (k + m), *restrict bi = xi + s * (k + m);
        float *restrict cr = yr + s * 2 * k, *restrict ci = yi + s * 2 * k, *restrict dr = cr + s, *restrict di = ci + s;
        INDEPENDENT
        for (size_t q = 0; q < s; q++) {
            const float er = ar[q] - br[q], ei = ai[q] - bi[q];
            cr[q] = ar[q] + br[q];
            ci[q] = ai[q] + bi[q];
            dr[q] = er * wr - ei * wi;
            di[q] = er * wi + ei * wr;
        }
    }
}

static void pass3(const oa_fft_pass *p, const float *xr, const float *xi, float *yr, float *yi)
{
    const size_t s = p->stride, m = p->parts;
    const float half = 0.86602540378443865f;
    for (size_t k = 0; k < m; k++) {
        const float *w = p->twiddle + 4 * k, ur = w[0], ui = w[1], vr = w[2], vi = w[3];
        const float *restrict ar = xr + s * k, *restrict ai = xi + s * k, *restrict br = ar + s * m, *restrict bi = ai + s * m, *restrict cr = br + s * m,
            *restrict ci = bi + s * m;
        float *restrict zr = yr + s * 3 * k, *restrict zi = yi + s * 3 * k;
        INDEPENDENT
        for (size_t q = 0; q < s; q++) {
            const float tr = br[q] + cr[q], ti = bi[q] + ci[q], dr = half * (bi[q] - ci[q]), di = half * (cr[q] - br[q]);
            const float er = ar[q] - 0.5f * tr, ei = ai[q] - 0.5f * ti, fr = er + dr, fi = ei + di, hr = er - dr, hi = ei - di;
            zr[q] = ar[q] + tr;
            zi[q] = ai[q] + ti;
            zr[q + s] = fr * ur - fi * ui;
            zi[q + s] = fr * ui + fi * ur;
            zr[q + 2 * s] = hr * vr - hi * vi;
            zi[q + 2 * s] = hr * vi + hi * vr;
        }
    }
}

static void pass4(const oa_fft_pass *p, const float *xr, const float *xi, float *yr, float *yi)
{
    const size_t s = p->stride, m = p->parts;
    for (size_t k = 0; k < m; k++) {
        const float *w = p->twiddle + 6 * k, ur = w[0], ui = w[1], vr = w[2], vi = w[3], wr = w[4], wi = w[5];
        const float *restrict ar = xr + s * k, *restrict ai = xi + s * k, *restrict br = ar + s * m, *restrict bi = ai + s * m;
        const float *restrict cr = br + s * m, *restrict ci = bi + s * m, *restrict dr = cr + s * m, *restrict di = ci + s * m;
        float *restrict zr = yr + s * 4 * k, *restrict zi = yi + s * 4 * k;
        INDEPENDENT
        for (size_t q = 0; q < s; q++) {
            const float er = ar[q] + cr[q], ei = ai[q] + ci[q], fr = ar[q] - cr[q], fi = ai[q] - ci[q];
            const float gr = br[q] + dr[q], gi = bi[q] + di[q], hr = di[q] - bi[q], hi = br[q] - dr[q]; /* i (b - d) */
            const float or1 = fr - hr, oi1 = fi - hi, or2 = er - gr, oi2 = ei - gi, or3 = fr + hr, oi3 = fi + hi;
            zr[q] = er + gr;
            zi[q] = ei + gi;
            zr[q + s] = or1 * ur - oi1 * ui;
            zi[q + s] = or1 * ui + oi1 * ur;
            zr[q + 2 * s] = or2 * vr - oi2 * vi;
            zi[q + 2 * s] = or2 * vi + oi2 * vr;
            zr[q + 3 * s] = or3 * wr - oi3 * wi;
            zi[q + 3 * s] = or3 * wi + oi3 * wr;
        }
    }
}

static void fft(const oa_fft_pass *p, const float *xr, const float *xi, float *yr, float *yi)
{
    if (p->radix == 4) pass4(p, xr, xi, yr, yi);
    else if (p->radix == 3) pass3(p, xr, xi, yr, yi);
    else pass2(p, xr, xi, yr, yi);
}

const oa_waves WAVES_TABLE = {
    .blur = blur,
    .weigh = weigh,
    .wave = wave,
    .add_turned = add_turned,
    .moments = moments,
    .angle = angle,
    .turn = turn,
    .contrast = contrast,
    .evidence = evidence,
    .join = join,
    .part = part,
    .combine = combine,
    .shares = shares,
    .shares_large = shares_large,
    .ball_row = ball_row,
    .ball_row_large = ball_row_large,
    .sum_logarithms = sum_logarithms,
    .interpolate = interpolate,
    .locate = locate,
    .deposit = deposit,
    .ball = ball,
    .transpose = transpose,
    .multiply_add = multiply_add,
    .cumulants = cumulants,
    .fft = fft,
};
