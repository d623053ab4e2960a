/* pixels.c - sums of overlapping voxels and the ions around chosen pixels. */
#include "math/pixels.h"

#include <math.h>
#include <string.h>

#define CIRCUMSCRIBED 1.414 /* of half a pixel; the published number, not the square root of two */
enum { IONS_PER_CHUNK = 1 << 16 };

oa_pixels oa_pixels_of(const size_t voxels_zyx[3], const double lo[3], double voxel, double stride)
{
    oa_pixels out = { .stride = stride };
    const double cover = floor(voxel / stride + 1e-9);
    out.cover = cover >= 1 ? (size_t)cover : 1;
    for (int axis = 0; axis < 3; axis++) {
        out.voxels[axis] = voxels_zyx[axis];
        out.pixels[axis] = voxels_zyx[axis] ? voxels_zyx[axis] + out.cover - 1 : 0;
        out.lo[axis] = lo[axis];
    }
    return out;
}

size_t oa_pixels_count(const oa_pixels *pixels)
{
    return pixels->pixels[0] * pixels->pixels[1] * pixels->pixels[2];
}

static double centre_along(const oa_pixels *pixels, int axis, size_t k)
{
    return pixels->lo[axis] + ((double)k + 0.5) * pixels->stride;
}

void oa_pixels_centre(const oa_pixels *pixels, size_t pixel, double out[3])
{
    const size_t nx = pixels->pixels[2], ny = pixels->pixels[1];
    out[0] = centre_along(pixels, 0, pixel % nx);
    out[1] = centre_along(pixels, 1, pixel / nx % ny);
    out[2] = centre_along(pixels, 2, pixel / nx / ny);
}

/* Voxels [*first, *end) of n that cover pixel k. */
static void covering(size_t k, size_t n, size_t cover, size_t *first, size_t *end)
{
    *first = k + 1 > cover ? k + 1 - cover : 0;
    *end = k < n ? k + 1 : n;
}

static double sum_of_pixel(const oa_pixels *pixels, const double *values, oa_nan_policy policy, size_t z, size_t y, size_t x)
{
    size_t z0, z1, y0, y1, x0, x1;
    double sum = 0;
    covering(z, pixels->voxels[0], pixels->cover, &z0, &z1);
    covering(y, pixels->voxels[1], pixels->cover, &y0, &y1);
    covering(x, pixels->voxels[2], pixels->cover, &x0, &x1);
    for (size_t k = z0; k < z1; k++)
        for (size_t j = y0; j < y1; j++)
            for (size_t i = x0; i < x1; i++) {
                const double value = values[(k * pixels->voxels[1] + j) * pixels->voxels[2] + i];
                if (policy == OA_NAN_PROPAGATE || !isnan(value)) sum += value;
            }
    return sum;
}

void oa_pixels_sum(const oa_pixels *pixels, const double *values, oa_nan_policy policy, double *sums)
{
    for (size_t z = 0; z < pixels->pixels[0]; z++)
        for (size_t y = 0; y < pixels->pixels[1]; y++)
            for (size_t x = 0; x < pixels->pixels[2]; x++) *sums++ = sum_of_pixel(pixels, values, policy, z, y, x);
}

size_t oa_pixels_choose(const oa_pixels *pixels, const double *sums, double lower, double upper, uint8_t *is_chosen)
{
    const size_t n = oa_pixels_count(pixels);
    size_t chosen = 0;
    for (size_t i = 0; i < n; i++) {
        is_chosen[i] = sums[i] > lower && sums[i] <= upper;
        chosen += is_chosen[i];
    }
    return chosen;
}

/* ---------------------------------------------------------------------------------------------- ions */

typedef struct ion_job {
    const oa_pixels *pixels;
    const uint8_t *is_chosen;
    const oa_points *ions;
    uint8_t *is_inside;
    double radius;
    size_t *found; /* per chunk */
} ion_job;

/* Pixels [*first, *end) along an axis whose centre may lie within the radius. */
static bool pixel_span(const ion_job *job, int axis, double at, size_t *first, size_t *end)
{
    const oa_pixels *p = job->pixels;
    const double n = (double)p->pixels[2 - axis], room = 1e-9;
    const double low = ceil((at - job->radius - p->lo[axis]) / p->stride - 0.5 - room);
    const double high = floor((at + job->radius - p->lo[axis]) / p->stride - 0.5 + room);
    if (!(low < n) || !(high >= 0) || low > high) return false;
    *first = low > 0 ? (size_t)low : 0;
    *end = high < n ? (size_t)high + 1 : (size_t)n;
    return true;
}

/* A pixel and the ions near it see each other: asking each ion for its pixels needs no search. */
static bool is_near_chosen(const ion_job *job, const double at[3])
{
    size_t x0, x1, y0, y1, z0, z1;
    if (!pixel_span(job, 0, at[0], &x0, &x1) || !pixel_span(job, 1, at[1], &y0, &y1) || !pixel_span(job, 2, at[2], &z0, &z1))
        return false;
    const oa_pixels *p = job->pixels;
    for (size_t z = z0; z < z1; z++)
        for (size_t y = y0; y < y1; y++)
            for (size_t x = x0; x < x1; x++) {
                if (!job->is_chosen[(z * p->pixels[1] + y) * p->pixels[2] + x]) continue;
                const double dx = at[0] - centre_along(p, 0, x), dy = at[1] - centre_along(p, 1, y), dz = at[2] - centre_along(p, 2, z);
                if ((dx * dx + dy * dy) + dz * dz <= job->radius * job->radius) return true;
            }
    return false;
}

static oa_status ion_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const ion_job *job = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        double at[3];
        oa_points_get(job->ions, i, at);
        job->is_inside[i] = (!job->ions->take || job->ions->take[i]) && is_near_chosen(job, at);
        job->found[span.chunk] += job->is_inside[i];
    }
    return OA_OK;
}

oa_status oa_pixels_ions(oa_context *context, const oa_pixels *pixels, const uint8_t *is_chosen, const oa_points *ions,
                         uint8_t *is_inside, size_t *n_inside)
{
    ion_job job = { .pixels = pixels, .is_chosen = is_chosen, .ions = ions, .is_inside = is_inside,
                    .radius = pixels->stride / 2 * CIRCUMSCRIBED };
    const size_t chunks = oa_chunk_count(ions->n, IONS_PER_CHUNK);
    *n_inside = 0;
    OA_TRY(oa_new(context, &job.found, chunks, sizeof *job.found));
    const oa_status status = oa_parallel(context, ions->n, IONS_PER_CHUNK, ion_chunk, &job);
    for (size_t c = 0; c < chunks; c++) *n_inside += job.found[c];
    oa_free(context, job.found);
    return status;
}
