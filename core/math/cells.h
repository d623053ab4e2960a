/* cells.h - points sorted into cubic cells once, so that whatever is near lies near in memory. */
#ifndef OA_MATH_CELLS_H
#define OA_MATH_CELLS_H

#include "base/memory.h"
#include "math/kernel/kernel.h"

/* Where points come from: columns of floats or of doubles (the other three are NULL). */
typedef struct oa_points {
    size_t n;
    const float *x, *y, *z;
    const double *xd, *yd, *zd;
    const uint8_t *take; /* (n) 0: leave the point out; NULL: take all */
    double steps;        /* > 0: coordinates are rounded to so many steps a nm (1000: to 0.001 nm), as doubles */
} oa_points;

/* Sorted by cell, x fastest, and inside a cell by row: the cells [c, d) of one line along x are one span of points.
 * Points with a coordinate that is not finite are left out. 12 bytes a point and 4 a cell (rows: 4 more; doubles: 24
 * instead of 12). Coordinates are kept as they come, rounded ones as doubles or, where asked for, as whole steps.
 * All memory belongs to the arena. */
typedef struct oa_cells {
    size_t n;
    double origin[3], edge, inverse;
    size_t dims[3];
    uint32_t *start;  /* (cells + 1) first point of each cell */
    uint32_t *row;    /* (n) row in the source; NULL unless asked for */
    float *x, *y, *z; /* (n) either these */
    double *xd, *yd, *zd; /* or these */
    int32_t *xk, *yk, *zk; /* or these: k stands for the double k / steps */
    double steps;
    int32_t first[3];      /* of steps: where the first cell begins */
    double cells_per_step;
} oa_cells;

/* What else cells keep. Steps: rounded coordinates as whole steps, where they are fewer than 2^30 (a millimetre of
 * 0.001 nm); else as doubles. Parallel is no part of the cells: they may be built by all threads, so not from inside a
 * parallel loop; they are the same. */
enum { OA_CELLS_ROWS = 1, OA_CELLS_STEPS = 2, OA_CELLS_PARALLEL = 4 };

/* edge is a wish: cells grow where the box is so large that there would be many more cells than points. */
oa_status oa_cells_build(oa_arena *arena, oa_cells *out, const oa_points *points, double edge,
                         unsigned keep) OA_MUST_USE;
size_t oa_cells_count(const oa_cells *cells);
/* Point i of the cells, as doubles. */
void oa_cells_point(const oa_cells *cells, size_t i, double out[3]);
/* The cell along an axis of a point in steps: no division, and never further from the next than the steps are. */
static inline uint32_t oa_cells_along_steps(const oa_cells *cells, int axis, int32_t k)
{
    const uint32_t at = (uint32_t)(int64_t)((double)(k - cells->first[axis]) * cells->cells_per_step), last = (uint32_t)cells->dims[axis] - 1;
    return at < last ? at : last;
}
/* Coordinates of a source point as the cells see it (rounded). */
void oa_points_get(const oa_points *points, size_t i, double out[3]);
static inline bool oa_points_takes(const oa_points *points, size_t i) { return !points->take || points->take[i]; }

/* Stretches that hold every point within the radius of the centre (and some others); *points is their sum.
 * `out` has room for oa_cells_stretches_max. */
size_t oa_cells_stretches_max(const oa_cells *cells, double radius);
size_t oa_cells_stretches(const oa_cells *cells, const double centre[3], double radius, oa_stretch *out, size_t *points);

/* The points within the radius (inclusive), in the order of the cells; returns how many. The buffers have room for the
 * sum of the stretches + OA_KERNEL_PAD; y may be NULL. */
size_t oa_cells_gather(const oa_cells *cells, const oa_kernels *kernels, const oa_stretch *stretches, size_t n,
                       const double centre[3], double radius, double *x, double *y, double *z);

#endif
