/* planes.h - a frame whose z is any direction, and whether the atomic planes across that direction are resolved there.
 *
 * Planes of a spacing s diffract at the wave number 2 pi / s: around a node, F(k) = sum over ions of G exp(i k r) with
 * G = exp(-|r|^2 / 2 B^2), B = 0.9 nm, cut at 2.8 B, and Q = |F|^2 / sum G^2. Where ions lie at random Q is exponentially
 * distributed with mean 1, and the largest of the thousands of k that are looked at is about 7; where planes are resolved it is
 * 30 and more (geometric phase analysis on points, after Hytch et al., Ultramicroscopy 74 (1998) 131; Moody et al.,
 * Microsc. Res. Tech. 72 (2009) 542 for planes in atom probe data). */
#ifndef OA_MATH_PLANES_H
#define OA_MATH_PLANES_H

#include "base/parallel.h"
#include "base/memory.h"
#include "math/cells.h"

/* Rows are the unit vectors x', y', z' of a right-handed frame in the coordinates of the specimen. */
typedef struct oa_frame {
    double axis[3][3];
} oa_frame;

/* z' is the direction (any length but 0); y' lies across it and z: z x z' / |z x z'|; x' = y' x z'. Along z and against it
 * y' is y. So (0,0,1) is the specimen's own frame, and (1,0,1) and (1,1,1) are those of the simulated <011> and <111> maps. */
oa_frame oa_frame_along(const double direction[3]);
bool oa_frame_is_specimen(const oa_frame *frame); /* nothing is turned */
void oa_frame_turn(const oa_frame *frame, const double at[3], double out[3]); /* at may be out */

enum { OA_PLANES_NODES = 48, OA_PLANES_WAVES = 48 };
#define OA_PLANES_RESOLVED 25.0 /* Q of a node with planes */

typedef struct oa_planes_node {
    size_t n, capacity;
    float *at; /* (n, 3) nm, in the frame, from the node */
} oa_planes_node;

/* Nodes on a grid in a box, no nearer than two reaches, so that an ion belongs to one of them at most. */
typedef struct oa_planes {
    oa_context *context;
    oa_frame frame;
    double lo[3], pitch[3];
    size_t dims[3], n_nodes;
    oa_planes_node node[OA_PLANES_NODES];
} oa_planes;

typedef struct oa_planes_found {
    size_t nodes;        /* with ions enough; 0: nothing below is meant */
    double spacing;      /* nm, of the planes along the direction: the largest mean of Q, 0.10 to 0.30 nm */
    double quality;      /* mean over the nodes of their largest Q at that spacing, within 8 degrees */
    double share;        /* of the nodes with Q above OA_PLANES_RESOLVED */
    double direction[3]; /* of the planes' normal in the specimen, a unit vector: mean over the nodes that resolve planes */
    double tilt;         /* degrees between it and the direction asked for */
    double at[OA_PLANES_WAVES], strength[OA_PLANES_WAVES]; /* spacings (nm, falling), mean over the nodes of the largest Q there */
} oa_planes_found;

void oa_planes_begin(oa_context *context, oa_planes *out, const double box[6], const oa_frame *frame);
/* One ion; all are given, in the order of their rows. Keeps it where it is near a node (12 bytes). */
oa_status oa_planes_add(oa_planes *planes, const double at[3]) OA_MUST_USE;
oa_status oa_planes_find(const oa_planes *planes, oa_planes_found *out) OA_MUST_USE;
void oa_planes_end(oa_planes *planes); /* frees; accepts one that was zeroed */
/* All of this for points in memory (columns of floats), but for those whose label (points->n) is left_out. */
oa_status oa_planes_of_points(oa_context *context, const oa_points *points, const uint8_t *label, uint8_t left_out, const double box[6], const oa_frame *frame,
                              oa_planes_found *out) OA_MUST_USE;

#endif
