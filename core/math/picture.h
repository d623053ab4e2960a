/* picture.h - a zx-SDM as the grey picture that a network sees (Li et al., npj Comput. Mater. 7, 8 (2021)). */
#ifndef OA_MATH_PICTURE_H
#define OA_MATH_PICTURE_H

#include "base/memory.h"

/* levels: what a filled contour plot of the map shows, in the colours "BuGn" and turned to grey: eight steps at most of
 *         {1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10} 10^k between 1 pair and the fullest bin; what lies below the first level stays
 *         white paper.
 * linear: 255 at the fullest bin, in proportion below.
 * Either shows -0.7 to 0.7 nm, dx to the right and dz upwards, sampled from a drawing of 800 x 800 points by the nearest. */
typedef struct oa_picture_rule {
    bool is_linear;
    double half_range;    /* nm, of the map's axes */
    int64_t bins;         /* of the whole axis */
    int64_t first, kept;  /* bins that the map holds */
    int64_t pixels;       /* edge of the picture */
} oa_picture_rule;

typedef struct oa_picture_plan {
    oa_picture_rule rule;
    int32_t *row, *column; /* (pixels) bin of the map; -1: none is there */
    uint8_t grey[256];     /* of the colours */
} oa_picture_plan;

oa_status oa_picture_plan_make(oa_arena *arena, oa_picture_plan *out, const oa_picture_rule *rule) OA_MUST_USE;
/* map (kept, kept), [dz][dx], to grey (pixels, pixels), row 0 at the largest dz. An empty map is white. */
void oa_picture_draw(const oa_picture_plan *plan, const uint32_t *map, uint8_t *grey);

/* The levels between 1 and `most`: multiples m * step with first <= m <= last. */
typedef struct oa_levels {
    double step;
    int64_t first, last;
} oa_levels;
oa_levels oa_picture_levels(uint32_t most);

#endif
