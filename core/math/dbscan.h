/* dbscan.h - groups of points that are dense enough: DBSCAN (Ester et al., KDD 1996) with a rule for every tie, and single
 * linkage ("maximum separation", Vaumousse, Cerezo, Warren, Ultramicroscopy 95 (2003) 215). */
#ifndef OA_MATH_DBSCAN_H
#define OA_MATH_DBSCAN_H

#include "base/parallel.h"
#include "math/cells.h"

/* A core point has at least min_points points within eps (inclusive), itself counted. Scanning points in order, each
 * core point without a domain begins the next one; a domain holds the core points linked through core points. A border
 * point belongs to the lowest numbered domain that reaches it. domain (points->n): 1, 2, ...; 0 = none (noise, points
 * left out). Memory: 21 bytes a point from the arena (33 for doubles that are no steps) and 4 a cell, of which there is
 * one for two points at most, beyond 4 million; neighbours are never stored. The same for any number of threads. */
oa_status oa_dbscan(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                    uint32_t *domain, uint32_t *n_domains) OA_MUST_USE;

/* Points linked within eps (inclusive) form a domain where they are at least min_points; numbered by their first point. */
oa_status oa_max_separation(oa_context *context, oa_arena *arena, const oa_points *points, double eps, int64_t min_points,
                            uint32_t *domain, uint32_t *n_domains) OA_MUST_USE;

#endif
