/* nearest.h - the k nearest neighbours of every point, exactly, ties by row.
 *
 * What is near: the coordinates are floats in nm; in double arithmetic, with the unit a (a lattice parameter in nm, or 1),
 *
 *     d2(i, j) = (dx*dx + dy*dy) + dz*dz,  dx = (double)x[i] / a - (double)x[j] / a, and so on.
 *
 * The list of a point begins with the point itself, also where others share its place; the rest ascends by d2, and where d2
 * is equal, by row. This is all: nothing depends on threads, kernels or the order in which one asks.
 *
 * How: the points are sorted once into a k-d tree (Friedman, Bentley & Finkel 1977, ACM Trans. Math. Softw. 3, 209) whose leaves
 * hold OA_NEAREST_LEAF of them, side by side in memory. The points of a leaf share what lies around it; kernels measure in
 * floats, and doubles decide where floats leave a doubt. Points for which that is too much or too little (in vacuum, far away, many
 * at one place) are looked for one by one: poles, clusters and outliers cost little more than an even cloud. */
#ifndef OA_MATH_NEAREST_H
#define OA_MATH_NEAREST_H

#include "base/memory.h"
#include "math/cells.h"

enum { OA_NEAREST_MAX = 128, OA_NEAREST_LEAF = 32, OA_NEAREST_BUCKETS_MAX = 1024 };

/* Box of the points of a node. Of none: lo is infinity, hi is -infinity. */
typedef struct oa_nearest_box {
    float lo[3], hi[3];
} oa_nearest_box;

/* Points are numbered in the order of the leaves, here called places: columns of other data in the same order (row says
 * which) stand beside their neighbours too. 16 bytes a point and 1.5 for the boxes; while it is built 2 more for a row of the source, and
 * 16 for the points of one bucket a thread (some thousand to n / 1024, all where all are at one place). All memory belongs to the arena.
 * The upper part of the tree is a heap of splits down to n_buckets (a power of two); each bucket is a tree of its own, whose
 * leaves are full but for the last; its nodes are numbered parent, left part, right part. */
typedef struct oa_nearest {
    size_t n;
    int k;
    double unit;      /* a */
    float *x, *y, *z; /* (n) nm, by place */
    uint32_t *row;    /* (n) row in the source, by place */
    size_t n_buckets;
    uint32_t *begin;     /* (n_buckets + 1) first place of each bucket */
    uint32_t *first_box; /* (n_buckets) in box: of the bucket's tree */
    oa_nearest_box *box, *top; /* top (2 n_buckets): [1] is all points, node i has parts 2i and 2i + 1, leaves are the buckets */
} oa_nearest;

/* Sorts the points that are taken (columns of floats only, points->steps 0) for lists of k, the point itself included.
 * E_FEW_IONS: fewer than k; E_NONFINITE: a coordinate that is none; E_TOO_MANY_IONS. Not from inside a parallel loop. */
oa_status oa_nearest_build(oa_arena *arena, oa_nearest *out, const oa_points *points, double unit, int k) OA_MUST_USE;

/* Where lists go; what is NULL is not wanted. Entry (i, j) belongs to neighbour j of the i-th point asked for. */
typedef struct oa_nearest_lists {
    uint32_t *place; /* (count, k) neighbours as places */
    uint32_t *row;   /* (count, k) neighbours as rows of the source */
    double *d2;      /* (count, k) in units of a^2 */
} oa_nearest_lists;

/* Room that a thread needs, 95 kB: from oa_worker_scratch, or anywhere. */
typedef struct oa_nearest_room oa_nearest_room;
size_t oa_nearest_room_bytes(void);

/* The lists of the places [first, first + count). It cannot fail, so it may be called from inside a parallel loop; some
 * thousand at once are worth while. */
void oa_nearest_block(const oa_nearest *nearest, const oa_kernels *kernels, size_t first, size_t count, oa_nearest_room *room,
                      const oa_nearest_lists *out);
/* The same for the places of other points, sorted by themselves with the same unit: the k nearest points of `nearest` to each of them. No point
 * is left out of these lists and none is put first, also where it is the point asked for or shares its place. */
void oa_nearest_block_of(const oa_nearest *nearest, const oa_nearest *asked, const oa_kernels *kernels, size_t first, size_t count, oa_nearest_room *room,
                         const oa_nearest_lists *out);
/* The lists of the points themselves by all threads. Lists of all places need 4 k bytes a point: ask for stretches of them. */
oa_status oa_nearest_find(oa_context *context, const oa_nearest *nearest, size_t first, size_t count, const oa_nearest_lists *out) OA_MUST_USE;

#endif
