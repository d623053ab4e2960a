/* phase.h - the phase of the atomic planes everywhere: 2 pi a plane, however they are stretched, bent or tilted.
 *
 * Geometric phase analysis (Hytch, Snoeck, Kilaas, Ultramicroscopy 74 (1998) 131) on points instead of pictures. Around nodes every 2 nm,
 * F(k) = sum over ions of G exp(i k r), G = exp(-|r|^2 / 2 B^2), B = 0.9 nm, cut at 2.8 B; where |F| is largest, k is the local wave
 * vector of the planes and -arg F their phase. Q = |F|^2 / sum G^2 is about 7 at most where ions lie at random; nodes above 25 count.
 * Phases are joined from the best node on, always over the edge that fits best, and interpolated between nodes. */
#ifndef OA_MATH_PHASE_H
#define OA_MATH_PHASE_H

#include "math/planes.h"
#include "math/tiled.h"

enum { OA_PHASE_IONS_MIN = 100 }; /* in reach of a node that is looked at */

typedef struct oa_phase_node {
    double k[3];    /* 1/nm times 2 pi */
    double phase;   /* at the node; joined: without jumps */
    double quality; /* Q; 0: too few ions */
    bool is_joined; /* reached from the best node */
} oa_phase_node;

/* Nodes lie at the corners of the cubes: node (i, j, k) has the number (k dims[1] + j) dims[0] + i. */
typedef struct oa_plane_phase {
    const oa_tiled *tiled;
    size_t dims[3], n_nodes;
    oa_phase_node *node;
    double wave[3];          /* nominal wave vector of the planes */
    size_t looked_at;        /* nodes with ions enough */
    size_t accepted;         /* of these, Q > OA_PLANES_RESOLVED and joined */
    double median_quality;   /* of the nodes with ions enough */
    double largest_deviation; /* rad, on the edges used between sure nodes: above 1 a dislocation or a grain boundary may lie between */
} oa_plane_phase;

/* Nodes at faces see a part of the planes only, and their wave vectors are off by as much as that lets them. */
static inline bool oa_phase_is_sure(const oa_plane_phase *phase, const oa_phase_node *node)
{
    return node->is_joined && node->quality > OA_PLANES_RESOLVED && node->quality > 0.7 * phase->median_quality;
}

/* Wave vectors within 6 % along the nominal one and 8 degrees across it are looked at. */
oa_status oa_phase_find(oa_arena *arena, oa_plane_phase *out, const oa_tiled *tiled, const double wave[3]) OA_MUST_USE;
/* Joins the phases; nodes that are not reached continue the nearest that is. Nothing where none is accepted. */
oa_status oa_phase_join(oa_plane_phase *phase) OA_MUST_USE;
/* Phase of the ions (in the order of tiled, modulo 4 pi), interpolated by smoothsteps between nodes: exact where it is affine. */
oa_status oa_phase_interpolate(const oa_plane_phase *phase, float *out) OA_MUST_USE;
/* Three times takes off what the mean of exp(i phase) in a Gaussian of 1 nm is turned by; resolution becomes its modulus, which is
 * exp(-2 q^2 sigma^2) for planes blurred by sigma, q half the wave number of the planes. */
oa_status oa_phase_refine(const oa_tiled *tiled, float *phase, float *resolution) OA_MUST_USE;

#endif
