/* kernel.h - the hot loops, as a table of functions with a contract each.
 *
 * kernel_scalar.c is the specification. The others are compiled for wider vectors and must give the same bytes, unless
 * the contract states a bound. All buffers are borrowed; none may overlap another unless it is said. */
#ifndef OA_MATH_KERNEL_H
#define OA_MATH_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "math/kernel/affine.h"
#include "math/kernel/scatter.h"
#include "math/kernel/waves.h"

/* Room that buffers need behind their last element: kernels read and write whole vectors. */
enum { OA_KERNEL_PAD = 16 };

/* Curves that are clipped side by side. */
enum { OA_CLIP_LANES = 32 };

/* One axis of a map: an offset t in [-half, half) falls into bin trunc((t + half) * scale), scale = bins / (2 half).
 * Only the bins [first, first + kept) are counted. The expression is literal: coordinates with three decimals put one
 * pair in fifteen on the edge of a bin, and any rearrangement moves those. */
typedef struct oa_axis {
    double half, scale;
    int64_t bins, first, kept;
} oa_axis;

/* What one centre is compared with. */
typedef struct oa_centre {
    double x, y, z;
    double reach2; /* square of the largest distance; INFINITY: none */
    bool rounded;  /* offsets are rounded to float before they are tested and binned */
} oa_centre;

/* Points whose coordinates are whole steps: k stands for the double k / steps. Squares of distances in steps up to
 * `inside` belong to points within the radius whatever rounding does, those above `outside` to points beyond it. */
typedef struct oa_reach {
    double steps, radius2;
    float inside, outside;
} oa_reach;

/* The points [begin, end) of those that lie side by side in memory. */
typedef struct oa_stretch {
    uint32_t begin, end;
} oa_stretch;

/* Points around a box, side by side. A key orders the first OA_AROUND_MAX of them by distance from a point: above, the square
 * of the distance in quanta; in the lowest OA_AROUND_BITS, which of them it is. */
enum { OA_AROUND_BITS = 10, OA_AROUND_MAX = 1 << OA_AROUND_BITS, OA_AROUND_SORTED_MAX = 256 };
typedef struct oa_around {
    size_t n, capacity; /* all four have room for OA_KERNEL_PAD more */
    float *x, *y, *z;
    uint32_t *place; /* their numbers in the columns they come from */
} oa_around;

typedef struct oa_kernels {
    const char *name;

    /* ------------------------------------------------------------------------------------------ points */

    /* Appends the points p with (dx*dx + dy*dy) + dz*dz <= radius2, d = p - centre in double, and returns how many.
     * x, y, z have room for n + OA_KERNEL_PAD; y may be NULL. The order is kept. */
    size_t (*gather)(double *x, double *y, double *z, size_t n, const float *px, const float *py, const float *pz,
                     const double centre[3], double radius2);

    /* Bit i is set where point i lies within the radius of the centre, as above; n <= 64. */
    uint64_t (*near)(size_t n, const float *x, const float *y, const float *z, const double centre[3], double radius2);

    /* The same for points and a centre in steps, all of them less than 2^30: bit i is oa_reach_holds of point i. x, y, z have OA_KERNEL_PAD readable entries behind them. */
    uint64_t (*near_steps)(size_t n, const int32_t *x, const int32_t *y, const int32_t *z, const int32_t centre[3],
                           const oa_reach *reach);

    /* Numbers of the points of all lines that near_steps finds, in the order of the lines; returns how many. It may stop where
     * it has `enough` of them: fewer are all there are. Lines may be empty. out has room for OA_KERNEL_PAD more than `enough` or
     * than the points of the lines, whatever is less; x, y, z as above. */
    size_t (*near_lines)(uint32_t *out, size_t enough, const oa_stretch *lines, int n_lines, const int32_t *x, const int32_t *y, const int32_t *z,
                         const int32_t centre[3], const oa_reach *reach);

    /* The points of the stretches of `from` whose square distance from the box [lo, hi] is at most reach2, in their order: beyond(x) is
     * the greatest of lo - x, x - hi and 0, the square (dx*dx + dy*dy) + dz*dz, all in floats. Where `from` has no places, they are
     * the numbers in it. False where there are more than out->capacity: *out is then of no use. */
    bool (*around_box)(oa_around *out, const oa_around *from, const oa_stretch *stretches, size_t n, const float lo[3], const float hi[3], float reach2);

    /* Keys of the points i for which d2 = (dx*dx + dy*dy) + dz*dz, d = at - point in floats, is at most reach2, i ascending:
     * trunc(d2 * scale) << OA_AROUND_BITS | i. reach2 * scale < 2^22. keys has room for OA_AROUND_MAX + OA_KERNEL_PAD. */
    size_t (*around_keys)(uint32_t *keys, const oa_around *around, const float at[3], float reach2, float scale);

    /* Sorts n keys, at most OA_AROUND_SORTED_MAX and for so many there is room; what stands behind the n-th is undefined. */
    void (*around_sort)(uint32_t *keys, size_t n);

    /* ------------------------------------------------------------------------------------------ maps */

    /* All ordered pairs of n points: adds 1 to counts[bin(dz) - first] where neither dx nor dz is 0 and both are on
     * the axis. counts has `kept` entries; x and z have OA_KERNEL_PAD readable entries behind them. */
    void (*pairs_z)(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *z);

    /* The same for the offsets of n points from one centre, with a largest distance. Offsets are point - centre. */
    void (*offsets_z)(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *y,
                      const double *z, const oa_centre *centre);

    /* ------------------------------------------------------------------------------------------ curves */

    /* out[i] = sum over k of taps[k] * in[i + k], k ascending from a sum of 0, i < n; in has n + width - 1 entries. */
    void (*convolve)(double *out, size_t n, const double *in, const double *taps, size_t width);

    /* One sweep, in place and from left to right, over OA_CLIP_LANES curves b[bin][lane]:
     * b_m = min(b_m, (b_(m-1) + b_(m+1)) / 2) for 0 < m < bins - 1.
     * Bit `lane` of the result is set where max over first <= m <= last of b_m, less level[lane], is > tolerance. */
    uint32_t (*clip)(double *b, size_t bins, size_t first, size_t last, const double *level, double tolerance);

    /* ------------------------------------------------------------------------------------------ networks */

    /* C (m, n) += A (m, k) B (k, n), float32, row major. Rows of A begin every a_step floats and may overlap (windows of a
     * curve); those of B and C every n. Each element is one chain of fused multiply-adds, k ascending from its old value:
     * so the bytes of a row do not depend on the other rows. Against plain sums within (k + 1) 2^-23 sum |a b|.
     * All sets give the same bytes, so a digest does not depend on the processor. */
    void (*multiply)(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);

    /* The two products of a backward pass.
     * multiply_tn: C (k, n) += A (m, k)^T B (m, n), rows of A begin every a_step floats and may overlap; each element one
     * chain of fused multiply-adds, m ascending from its old value.
     * multiply_nt: C (m, k) = A (m, n) B (k, n)^T; each element one chain of fused multiply-adds, n ascending from 0.
     * Bounds as above. Same bytes in all sets. */
    void (*multiply_tn)(size_t m, size_t n, size_t k, const float *a, size_t a_step, const float *b, float *c);
    void (*multiply_nt)(size_t m, size_t n, size_t k, const float *a, const float *b, float *c);

    /* One step of Adam (Kingma & Ba 2015, arXiv:1412.6980) on n weights, every operation rounded to float32 by itself:
     * m = b1 m + (1 - b1) g; v = b2 v + ((1 - b2) g) g; w = w - (rate m) / (sqrt(v) + epsilon).
     * rate holds the corrections of the bias: lr sqrt(1 - b2^t) / (1 - b1^t), as Keras has it. Same bytes in all sets. */
    void (*adam)(size_t n, float *w, float *m, float *v, const float *g, float rate, float b1, float b2, float epsilon);

    /* Convolution, max(0, .) and pooling by two at once: y[p][f] = max(0, c[2p][f], c[2p+1][f]), p < n, where c[q][f] is
     * bias[f] + sum over t < taps of x[q * x_step + t] kernel[t][f], the sum a chain as above: y has the bytes that the
     * three would give one after another. x has no NaN. */
    void (*convolve_pool)(size_t n, size_t filters, size_t taps, const float *x, size_t x_step, const float *kernel,
                          const float *bias, float *y);

    /* A layer on many rows, and the largest of each group of them: affine.h. */
    void (*affine)(const oa_affine *p);
    void (*affine_max)(const oa_affine *p);

    /* Sums of waves over points: scatter.h. */
    void (*scatter)(OA_SCATTER_ARGUMENTS);

    /* Waves of order: waves.h. */
    const oa_waves *waves;
} oa_kernels;

/* The set of that name; "auto" or NULL: the fastest this processor has. NULL: unknown, or not supported here. */
const oa_kernels *oa_kernels_find(const char *name);
/* Names of all sets of this build, slowest first; NULL-terminated. */
const char *const *oa_kernels_names(void);

extern const oa_kernels oa_kernels_scalar;
#if defined(__x86_64__)
extern const oa_kernels oa_kernels_avx2, oa_kernels_avx512;
#endif

/* Bin of t within the kept ones, or -1 where it is dropped. */
static inline int64_t oa_axis_bin(const oa_axis *axis, double t)
{
    if (!(t < axis->half) || t < -axis->half) return -1;
    const int64_t bin = (int64_t)((t + axis->half) * axis->scale) - axis->first;
    return bin >= 0 && bin < axis->kept ? bin : -1;
}

/* In steps below 2^30 a coordinate k / steps is off by 2^-23 at most and an offset by 2^-22, so the square of a distance
 * near the radius r by 4 r 2^-22 < 1e-6 r; squares in floats are off by 5 2^-24 < 4e-7 of themselves. */
static inline oa_reach oa_reach_of(double steps, double radius)
{
    const double r = radius * steps, room = 1e-6 * (r * r) + 1e-6 * r + 1e-12;
    return (oa_reach){ .steps = steps, .radius2 = radius * radius, .inside = (float)(r * r - room), .outside = (float)(r * r + room) };
}

/* One point of near_steps by the doubles that its steps stand for. */
static inline bool oa_reach_holds(const oa_reach *reach, const int32_t point[3], const int32_t centre[3])
{
    const double dx = point[0] / reach->steps - centre[0] / reach->steps;
    const double dy = point[1] / reach->steps - centre[1] / reach->steps;
    const double dz = point[2] / reach->steps - centre[2] / reach->steps;
    return (dx * dx + dy * dy) + dz * dz <= reach->radius2;
}

/* The points of the set `open`, a bit each, for which it holds. */
static inline unsigned oa_reach_settle(const oa_reach *reach, unsigned open, const int32_t *x, const int32_t *y, const int32_t *z, const int32_t centre[3])
{
    unsigned holds = 0;
    for (; open; open &= open - 1) {
        const int i = __builtin_ctz(open);
        const int32_t point[3] = { x[i], y[i], z[i] };
        holds |= (unsigned)oa_reach_holds(reach, point, centre) << i;
    }
    return holds;
}

/* True where t is on the axis at all, kept or not. */
static inline bool oa_axis_holds(const oa_axis *axis, double t)
{
    return t < axis->half && t >= -axis->half;
}

#endif
