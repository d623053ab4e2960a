/* tiled.h - ions sorted into cubes of an absolute grid, and fields on finer grids that divide the cubes: what is near in space is near
 * in memory, and each cube can be worked on by itself. Cube (i, j, k) is [2i, 2i + 2) x [2j, 2j + 2) x [2k, 2k + 2) nm, wherever the
 * specimen begins, so parts of a specimen have the cubes of the whole. */
#ifndef OA_MATH_TILED_H
#define OA_MATH_TILED_H

#include <math.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "math/kernel/kernel.h"

#define OA_CUBE 2.0 /* nm, edge */

typedef struct oa_tiled {
    oa_context *context;
    size_t n;
    int32_t first[3];  /* cube of the lowest corner */
    size_t dims[3];    /* cubes along x, y, z */
    size_t cubes;
    uint32_t *start;   /* (cubes + 1) first ion; cube (i, j, k) has the number (k ny + j) nx + i */
    float *at[3];      /* (n) nm from the corner of the cube, [0, 2]; room for OA_WAVE_LANES more */
    uint32_t *row;     /* (n) row in the source; in a cube they ascend */
    uint8_t *species;  /* (n) */
} oa_tiled;

/* Ions with species[row] == OA_TILED_LEFT_OUT stay out. The box holds all ions: it is that of the whole specimen. 17 bytes an ion;
 * memory belongs to the arena. E_MEMORY where the box has more than 2^31 cubes. */
enum { OA_TILED_LEFT_OUT = 255 };
oa_status oa_tiled_build(oa_arena *arena, oa_tiled *out, size_t n, const float *x, const float *y, const float *z, const uint8_t *species, const double lo[3],
                         const double hi[3]) OA_MUST_USE;

/* A field: one float a cell, x fastest; per[a] cells divide a cube along axis a. */
typedef struct oa_field {
    const oa_tiled *tiled;
    size_t per[3], dims[3], cells;
    double edge[3]; /* nm */
} oa_field;

oa_field oa_field_of(const oa_tiled *tiled, size_t per_x, size_t per_y, size_t per_z);
/* Middle of cell i along an axis, nm. */
double oa_field_middle(const oa_field *field, int axis, size_t i);

/* Fills fields from values of ions: each ion adds to its cell. `values` writes value[f][i - begin] of the ions [begin, end) of one cube,
 * for n_fields <= 4 fields at once; fields are overwritten. */
typedef void oa_field_values(void *arg, const oa_tiled *tiled, size_t begin, size_t end, float *const value[4]);
oa_status oa_field_deposit(const oa_field *field, float *const data[4], int n_fields, oa_field_values *values, void *arg) OA_MUST_USE;

enum { OA_TAPS_MAX = 64 };
/* Taps of a Gaussian of width sigma cells, taps[0] = 1, up to `half` = ceil(reach sigma) on either side (at most OA_TAPS_MAX - 1); returns half. */
int oa_gaussian_taps(double sigma, double reach, float taps[OA_TAPS_MAX]);
/* Sum over neighbours of taps[|i|] taps[|j|] taps[|k|] data, in place, 0 beyond the field. */
oa_status oa_field_blur(const oa_field *field, float *data, const float *const taps[3], const int half[3]) OA_MUST_USE;

/* Median of the values above `least` > 0, within a tenth of an octave: enough for thresholds. */
oa_status oa_field_median(const oa_field *field, const float *data, float least, float *out) OA_MUST_USE;

/* Value at the ions of one cube, trilinear between middles of cells, flat beyond the last; out[i - begin]. Of fields with up to OA_FIELD_AT cells along the edge
 * of a cube. */
enum { OA_FIELD_AT = 6 };
void oa_field_at(const oa_field *field, const float *data, size_t cube, float *out);

/* Calls fn once for each cube that holds ions, from all threads. */
typedef oa_status oa_cube_fn(void *arg, size_t cube, size_t begin, size_t end, oa_worker *worker);
oa_status oa_tiled_each(const oa_tiled *tiled, oa_cube_fn *fn, void *arg) OA_MUST_USE;
size_t oa_tiled_most(const oa_tiled *tiled); /* ions of the fullest cube */

static inline void oa_cube_place(const oa_tiled *t, size_t cube, size_t at[3])
{
    at[0] = cube % t->dims[0];
    at[1] = cube / t->dims[0] % t->dims[1];
    at[2] = cube / t->dims[0] / t->dims[1];
}

/* Cubes [low, high] along each axis that hold what is within `reach` nm of a place. */
static inline void oa_cubes_around(const oa_tiled *t, const double at[3], double reach, ptrdiff_t low[3], ptrdiff_t high[3])
{
    for (int a = 0; a < 3; a++) {
        low[a] = (ptrdiff_t)floor((at[a] - reach) / OA_CUBE) - t->first[a];
        high[a] = (ptrdiff_t)floor((at[a] + reach) / OA_CUBE) - t->first[a];
        low[a] = low[a] < 0 ? 0 : low[a];
        high[a] = high[a] < (ptrdiff_t)t->dims[a] ? high[a] : (ptrdiff_t)t->dims[a] - 1;
    }
}

#endif
