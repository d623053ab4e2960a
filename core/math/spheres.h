/* spheres.h - spheres (or upright ellipsoids of one shape) that do not overlap, placed at random in a box, and the
 * question which of them holds a point. */
#ifndef OA_MATH_SPHERES_H
#define OA_MATH_SPHERES_H

#include "base/memory.h"
#include "base/random.h"

typedef struct oa_sphere {
    double centre[3], radius; /* nm */
} oa_sphere;

typedef struct oa_spheres {
    oa_context *context;
    size_t n;
    oa_sphere *sphere; /* (n) */
    double stretch[3]; /* semi-axes are radius * stretch; 1, 1, 1: spheres */
    /* cells that list the spheres whose bounding box meets them */
    double low[3], cell[3];
    int cells[3];
    uint32_t *first, *member; /* (cells + 1), (first[cells]) */
} oa_spheres;

/* Sets the centres of n spheres whose radii are given, one after the other: uniform where the whole sphere is inside the
 * box, redrawn while it comes nearer than `gap` to one before. E_PARAMETER_RANGE where no place is found. */
oa_status oa_spheres__place(oa_spheres *spheres, const double box[6], double gap, oa_random *random) OA_MUST_USE;
/* Number of the sphere that holds the point, from 1; 0: none. The surface belongs to the sphere. */
uint32_t oa_spheres__find(const oa_spheres *spheres, double x, double y, double z);
void oa_spheres__drop(oa_spheres *spheres);

#endif
