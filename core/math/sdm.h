/* sdm.h - spatial distribution maps: how often a neighbour lies at an offset (dx, dz) from a centre ion.
 * Moody et al., Microsc. Res. Tech. 72 (2009) 542; here with the literal arithmetic of the ML-APT codes
 * (Li et al., Adv. Mater. 2024, 2407564; Nat. Commun. 14 (2023) 7410). */
#ifndef OA_MATH_SDM_H
#define OA_MATH_SDM_H

#include "base/parallel.h"
#include "math/cells.h"

/* Which pairs count. Ordered pairs, (i, j) and (j, i); a pair with dx = 0 or dz = 0 never counts, which leaves out
 * the ion itself; dy is not looked at; no pair is longer than half_range (inclusive).
 *   insphere  centres and neighbours in one sphere; offsets in double
 *   tree      centres in a sphere, all their neighbours; offsets rounded to float
 *   all       all centres of the specimen, all their neighbours; offsets rounded to float; one map */
typedef enum oa_sdm_mode { OA_SDM_INSPHERE, OA_SDM_TREE, OA_SDM_ALL } oa_sdm_mode;

typedef struct oa_sdm_rule {
    oa_sdm_mode mode;
    int dimensions;    /* 1: dz; 2: (dz, dx) */
    double radius;     /* nm, of the sphere */
    double half_range; /* nm; the axes are [-half_range, half_range) */
    int64_t bins;      /* of the whole axis */
    int64_t first, kept; /* bins that are kept: 54 and 93 in the papers */
} oa_sdm_rule;

/* Offsets are neighbour - centre. */
typedef struct oa_sdm_pair {
    int centre, neighbour; /* rows of oa_sdm.species */
} oa_sdm_pair;

enum { OA_SDM_SPECIES_MAX = 32 };
typedef struct oa_sdm {
    const oa_kernels *kernels;
    oa_sdm_rule rule;
    int n_species;
    const oa_cells *species; /* (n_species) ions of each species */
    size_t n_pairs;
    const oa_sdm_pair *pairs;
} oa_sdm;

/* Voxels of side `voxel` whose corners lie on lo + stride * k; x fastest, then y, then z. */
typedef struct oa_scan {
    double lo[3], voxel, stride;
    size_t n[3]; /* x, y, z */
} oa_scan;
oa_scan oa_scan_of(const double box[6], double voxel, double stride); /* n is 0 where no voxel fits */
size_t oa_scan_count(const oa_scan *scan);
void oa_scan_centre(const oa_scan *scan, size_t voxel, double out[3]);
double oa_scan_axis(const oa_scan *scan, int axis, size_t k); /* centre coordinate number k along an axis */

/* Where maps are made: a scan, or a list of places. */
typedef struct oa_sites {
    size_t n;
    const oa_scan *scan;
    const double *list; /* (n, 3), where scan is NULL */
    size_t first;       /* site i is voxel first + i of the scan */
} oa_sites;

double oa_sdm_cell_edge(const oa_sdm_rule *rule); /* good edge for cells of species */
size_t oa_sdm_map_size(const oa_sdm_rule *rule);  /* kept or kept * kept */
oa_axis oa_sdm_axis(const oa_sdm_rule *rule);
/* Left edge of bin `kept` number k, nm. */
double oa_sdm_edge(const oa_sdm_rule *rule, int64_t k);

/* Maps of the sites [begin, end): maps (end - begin, pairs, map) and, unless NULL, the numbers of centre ions
 * (end - begin, pairs), both overwritten. For use inside a parallel loop; uses scratch slots 0 to 2 of the worker. */
oa_status oa_sdm_block(const oa_sdm *sdm, oa_worker *worker, const oa_sites *sites, size_t begin, size_t end,
                       uint32_t *maps, uint32_t *numbers) OA_MUST_USE;
/* All sites, in parallel. */
oa_status oa_sdm_sites(oa_context *context, const oa_sdm *sdm, const oa_sites *sites, uint32_t *maps, uint32_t *numbers) OA_MUST_USE;
/* Mode all for one small specimen of many: the whole map, overwritten, of points in float columns, all of one species, with
 * the counts of oa_sdm_all (sdm_whole.c). For use inside a parallel loop; uses scratch slots 0 to 3 of the worker.
 * E_TOO_MANY_PAIRS where a count might exceed 32 bits. */
oa_status oa_sdm_whole(const oa_sdm_rule *rule, oa_worker *worker, const oa_points *points, uint32_t *map) OA_MUST_USE;
/* Mode all: one map per pair, (pairs, map). Fails with E_TOO_MANY_PAIRS where a count exceeds 32 bits. */
oa_status oa_sdm_all(oa_context *context, oa_arena *arena, const oa_sdm *sdm, uint32_t *maps, uint32_t *numbers) OA_MUST_USE;

#endif
