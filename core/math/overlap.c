/* overlap.c - each point of a group of the one search votes for the group of the other search that is nearest. */
#include "math/overlap.h"

#include <stdlib.h>
#include <string.h>

#include "math/statistics.h"

typedef struct votes {
    const oa_groups *own, *other;
    uint32_t *start; /* (own->n_groups + 1) where the votes of each group begin */
    uint32_t *vote;  /* a group of `other`, 0: none is near */
} votes;

/* Points of the groups of `other`, in cells as wide as the reach. */
static oa_status sort_others(oa_arena *arena, const oa_points *points, const oa_groups *other, double eps, oa_cells *out)
{
    oa_points some = *points;
    uint8_t *take;
    OA_TRY(oa_arena_take(arena, &take, points->n, 1));
    for (size_t i = 0; i < points->n; i++) take[i] = other->group[i] != 0;
    some.take = take;
    return oa_cells_build(arena, out, &some, eps, OA_CELLS_ROWS);
}

/* The row of the nearest point within eps, -1: none. */
static int64_t nearest_row(const oa_cells *cells, const double at[3], double eps, oa_stretch *stretches)
{
    size_t points;
    int64_t found = -1;
    double least = eps * eps;
    const size_t n = oa_cells_stretches(cells, at, eps, stretches, &points);
    for (size_t s = 0; s < n; s++)
        for (size_t i = stretches[s].begin; i < stretches[s].end; i++) {
            double b[3];
            oa_cells_point(cells, i, b);
            const double d[3] = { b[0] - at[0], b[1] - at[1], b[2] - at[2] }, d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            const int64_t row = cells->row[i];
            if (d2 < least || (d2 == least && (found < 0 || row < found))) {
                found = row;
                least = d2;
            }
        }
    return found;
}

static oa_status collect(oa_arena *arena, const oa_points *points, double eps, const oa_cells *cells, votes *out)
{
    const oa_groups *own = out->own;
    uint32_t *at;
    oa_stretch *stretches;
    OA_TRY(oa_arena_take(arena, &out->start, (size_t)own->n_groups + 1, sizeof *out->start));
    OA_TRY(oa_arena_take(arena, &at, (size_t)own->n_groups + 1, sizeof *at));
    OA_TRY(oa_arena_take(arena, &stretches, oa_cells_stretches_max(cells, eps), sizeof *stretches));
    for (size_t i = 0; i < points->n; i++)
        if (own->group[i]) out->start[own->group[i]]++;
    for (uint32_t g = 1; g <= own->n_groups; g++) out->start[g] += out->start[g - 1];
    memcpy(at, out->start, ((size_t)own->n_groups + 1) * sizeof *at);
    OA_TRY(oa_arena_take(arena, &out->vote, out->start[own->n_groups], sizeof *out->vote));
    for (size_t i = 0; i < points->n; i++) {
        double place[3];
        if (!own->group[i]) continue;
        oa_points_get(points, i, place);
        const int64_t row = cells->n ? nearest_row(cells, place, eps, stretches) : -1;
        out->vote[at[own->group[i] - 1]++] = row < 0 ? 0 : out->other->group[row];
    }
    return OA_OK;
}

/* The commonest number above 0 of a list, which gets sorted; *n: how many are above 0. */
static uint32_t commonest(uint32_t *vote, size_t count, uint32_t *n)
{
    uint32_t best = 0;
    size_t most = 0;
    qsort(vote, count, sizeof *vote, oa_ascending_u32);
    size_t i = 0;
    while (i < count && !vote[i]) i++;
    *n = (uint32_t)(count - i);
    while (i < count) {
        size_t end = i;
        while (end < count && vote[end] == vote[i]) end++;
        if (end - i > most) {
            most = end - i;
            best = vote[i];
        }
        i = end;
    }
    return best;
}

oa_status oa_overlap_find(oa_arena *arena, const oa_points *points, const oa_groups *own, const oa_groups *other, double eps, oa_overlap *out)
{
    votes cast = { .own = own, .other = other };
    oa_cells cells;
    OA_TRY(sort_others(arena, points, other, eps, &cells));
    OA_TRY(collect(arena, points, eps, &cells, &cast));
    for (uint32_t g = 0; g < own->n_groups; g++) {
        out->partner[g] = commonest(cast.vote + cast.start[g], cast.start[g + 1] - cast.start[g], &out->near[g]);
        out->shared[g] = 0;
    }
    for (size_t i = 0; i < points->n; i++)
        if (own->group[i] && other->group[i] && other->group[i] == out->partner[own->group[i] - 1]) out->shared[own->group[i] - 1]++;
    return OA_OK;
}
