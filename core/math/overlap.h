/* overlap.h - where the groups that one search found in a cloud of points lie at those of another search. */
#ifndef OA_MATH_OVERLAP_H
#define OA_MATH_OVERLAP_H

#include "math/cells.h"

/* Groups of the same points: group (points->n) 1 to n_groups, 0: the point is in none. */
typedef struct oa_groups {
    const uint32_t *group;
    uint32_t n_groups;
} oa_groups;

/* For each group a of `own`, of the points of a: `near` counts those within eps (inclusive) of a point of any group of
 * `other`; the group of the nearest such point (ties: the lowest row) has their vote. partner is the group with most votes
 * (ties: the lowest), 0 where there is none; shared counts the points that are in a and in its partner. The arrays
 * (own->n_groups) belong to the caller. Points are taken whatever points->take says. */
typedef struct oa_overlap {
    uint32_t *partner, *near, *shared;
} oa_overlap;
oa_status oa_overlap_find(oa_arena *arena, const oa_points *points, const oa_groups *own, const oa_groups *other, double eps, oa_overlap *out) OA_MUST_USE;

#endif
