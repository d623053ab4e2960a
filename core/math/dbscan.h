/* dbscan.h - groups of points that are dense enough: DBSCAN (Ester et al., KDD 1996) with a rule for every tie, and single
 * linkage ("maximum separation", Vaumousse, Cerezo, Warren, Ultramicroscopy 95 (2003) 215). */
#ifndef OA_MATH_DBSCAN_H
#define OA_MATH_DBSCAN_H

#include "base/parallel.h"
#include "math/cells.h"

/* A core point has at least min_points points within eps (inclusive), itself counted. Scanning points in order, each
 * core point without a domain begins the next one; a domain holds the core points linked through core points. A border
 * point belongs to the lowest numbered domain that reaches it. domain (points->n): 1, 2, ...; 0 = none (noise, points
 * left out). Memory: 20 bytes and a bit a point from the arena (32 for doubles that are no steps) and 4 a cell, of which
 * there is one for two points at most, beyond 4 million; neighbours are never stored. The same for any number of threads. */
oa_status oa_dbscan(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                    uint32_t *domain, uint32_t *n_domains) OA_MUST_USE;

/* Points linked within eps (inclusive) form a domain where they are at least min_points; numbered by their first point. */
oa_status oa_max_separation(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                            uint32_t *domain, uint32_t *n_domains) OA_MUST_USE;

/* Domains of several subsets of the points at once. */
enum { OA_SUBSETS_MAX = 8 };
typedef struct oa_size_list {
    size_t n;
    uint32_t *size; /* (n) points of each domain */
} oa_size_list;

typedef struct oa_subsets {
    const oa_points *points; /* take is not looked at */
    const uint8_t *mask;     /* (points->n) bit s: the point is in subset s */
    int n;                   /* of subsets, OA_SUBSETS_MAX at most */
    bool is_linkage;         /* oa_max_separation, else oa_dbscan */
    double eps;
    int64_t min_points;
} oa_subsets;

/* The sizes that oa_dbscan or oa_max_separation find in each subset alone, domains in an order that depends on the points
 * only. Which points are near is found once for all subsets. out (subsets->n); the lists belong to `results`, all other
 * memory, 17 bytes and four and a quarter for each subset for a point in any of them, to `arena`. */
oa_status oa_dbscan_subsets(oa_context *context, oa_arena *arena, const oa_subsets *subsets, oa_arena *results,
                            oa_size_list *out) OA_MUST_USE;

#endif
