/* kernel_scalar.c - the specification of every kernel: plain loops, no tricks. */
#include "math/kernel/around.h"
#include "math/kernel/product.h"

static size_t gather(double *x, double *y, double *z, size_t n, const float *px, const float *py, const float *pz,
                     const double centre[3], double radius2)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const double dx = px[i] - centre[0], dy = py[i] - centre[1], dz = pz[i] - centre[2];
        x[found] = px[i];
        if (y) y[found] = py[i];
        z[found] = pz[i];
        found += (dx * dx + dy * dy) + dz * dz <= radius2;
    }
    return found;
}

static uint64_t near(size_t n, const float *x, const float *y, const float *z, const double centre[3], double radius2)
{
    uint64_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const double dx = x[i] - centre[0], dy = y[i] - centre[1], dz = z[i] - centre[2];
        found |= (uint64_t)((dx * dx + dy * dy) + dz * dz <= radius2) << i;
    }
    return found;
}

/* Three divisions for each point would take most of the time, so they are left to the few points in doubt. */
static uint64_t near_steps(size_t n, const int32_t *x, const int32_t *y, const int32_t *z, const int32_t centre[3],
                           const oa_reach *reach)
{
    uint64_t found = 0, maybe = 0;
    for (size_t i = 0; i < n; i++) {
        const float dx = (float)(x[i] - centre[0]), dy = (float)(y[i] - centre[1]), dz = (float)(z[i] - centre[2]);
        const float d2 = (dx * dx + dy * dy) + dz * dz;
        found |= (uint64_t)(d2 <= reach->inside) << i;
        maybe |= (uint64_t)!(d2 > reach->outside) << i;
    }
    for (uint64_t open = maybe & ~found; open; open &= open - 1) {
        const int i = __builtin_ctzll(open);
        const int32_t point[3] = { x[i], y[i], z[i] };
        found |= (uint64_t)oa_reach_holds(reach, point, centre) << i;
    }
    return found;
}

static size_t near_lines(uint32_t *out, size_t enough, const oa_stretch *lines, int n_lines, const int32_t *x, const int32_t *y, const int32_t *z,
                         const int32_t centre[3], const oa_reach *reach)
{
    size_t found = 0;
    for (int line = 0; line < n_lines; line++)
        for (uint32_t i = lines[line].begin; i < lines[line].end && found < enough; i++) {
            out[found] = i;
            found += near_steps(1, x + i, y + i, z + i, centre, reach);
        }
    return found;
}

static void pairs_z(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *z)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double dx = x[j] - x[i], dz = z[j] - z[i];
            if (dx == 0 || dz == 0 || !oa_axis_holds(axis, dx)) continue;
            const int64_t bin = oa_axis_bin(axis, dz);
            if (bin >= 0) counts[bin]++;
        }
}

static void offsets_z(uint32_t *counts, const oa_axis *axis, size_t n, const double *x, const double *y,
                      const double *z, const oa_centre *centre)
{
    for (size_t i = 0; i < n; i++) {
        double dx = x[i] - centre->x, dz = z[i] - centre->z;
        const double dy = y[i] - centre->y;
        if (!((dx * dx + dy * dy) + dz * dz <= centre->reach2)) continue;
        if (centre->rounded) {
            dx = (float)dx;
            dz = (float)dz;
        }
        if (dx == 0 || dz == 0 || !oa_axis_holds(axis, dx)) continue;
        const int64_t bin = oa_axis_bin(axis, dz);
        if (bin >= 0) counts[bin]++;
    }
}

static void convolve(double *out, size_t n, const double *in, const double *taps, size_t width)
{
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t k = 0; k < width; k++) sum += taps[k] * in[i + k];
        out[i] = sum;
    }
}

static uint32_t clip(double *b, size_t bins, size_t first, size_t last, const double *level, double tolerance)
{
    uint32_t above = 0;
    for (size_t lane = 0; lane < OA_CLIP_LANES; lane++) {
        double *c = b + lane, max = -1.0 / 0.0;
        for (size_t m = 1; m + 1 < bins; m++) {
            const double mean = (c[(m - 1) * OA_CLIP_LANES] + c[(m + 1) * OA_CLIP_LANES]) * 0.5;
            if (mean < c[m * OA_CLIP_LANES]) c[m * OA_CLIP_LANES] = mean;
        }
        for (size_t m = first; m <= last; m++)
            if (c[m * OA_CLIP_LANES] > max) max = c[m * OA_CLIP_LANES];
        if (max - level[lane] > tolerance) above |= UINT32_C(1) << lane;
    }
    return above;
}

const oa_kernels oa_kernels_scalar = {
    .name = "scalar",
    .gather = gather,
    .near = near,
    .near_steps = near_steps,
    .near_lines = near_lines,
    .around_box = oa_around_box_scalar,
    .around_keys = oa_around_keys_scalar,
    .around_sort = oa_around_sort_scalar,
    .pairs_z = pairs_z,
    .offsets_z = offsets_z,
    .convolve = convolve,
    .clip = clip,
    .multiply = oa_product_scalar,
    .multiply_tn = oa_product_tn_scalar,
    .multiply_nt = oa_product_nt_scalar,
    .adam = oa_adam_scalar,
    .convolve_pool = oa_convolve_pool_scalar,
    .affine = oa_affine_scalar,
    .affine_max = oa_affine_max_scalar,
    .scatter = oa_scatter_scalar,
    .waves = &oa_waves_scalar,
};
