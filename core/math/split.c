/* split.c - test rows and folds, by whole groups. */
#include "math/split.h"

#include <stdlib.h>

#include "base/random.h"

enum { STREAM_SPLIT = 0x5701 };

/* A row and the group it belongs to. */
typedef struct member {
    uint32_t group, row;
} member;

static int by_group(const void *a, const void *b)
{
    const member *x = a, *y = b;
    if (x->group != y->group) return x->group < y->group ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Members sorted by group; first[g] is where group g begins, first[groups] the end. */
static size_t find_groups(member *members, size_t n, size_t *first)
{
    size_t groups = 0;
    qsort(members, n, sizeof *members, by_group);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || members[i].group != members[i - 1].group) first[groups++] = i;
    first[groups] = n;
    return groups;
}

static void shuffle(uint32_t *order, size_t n, uint64_t seed)
{
    oa_random random = oa_random_start(seed, STREAM_SPLIT);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    oa_random_shuffle(&random, order, n);
}

/* Rows by shuffled group; end[g] is where the g-th of them ends. */
static void lay_out(const member *members, const size_t *first, const uint32_t *order, size_t groups, uint32_t *rows, size_t *end)
{
    size_t n = 0;
    for (size_t g = 0; g < groups; g++) {
        for (size_t i = first[order[g]]; i < first[order[g] + 1]; i++) rows[n++] = members[i].row;
        end[g + 1] = n;
    }
}

static oa_status cut_folds(oa_arena *arena, const uint32_t *rows, const size_t *end, size_t groups, size_t folds, oa_split *out)
{
    const size_t n = end[groups];
    if (folds > 1 && folds > groups)
        return oa_fail(arena->context, "E_EMPTY_DATA", "%zu folds of %zu groups of patterns: some would have nothing to be validated on; give more patterns or fewer folds",
                       folds, groups);
    for (size_t f = 0; f < folds; f++) {
        const size_t low = folds > 1 ? end[groups * f / folds] : n, high = folds > 1 ? end[groups * (f + 1) / folds] : n;
        uint32_t *train;
        OA_TRY(oa_arena_take(arena, &train, n - (high - low), sizeof *train));
        for (size_t i = 0, k = 0; i < n; i++)
            if (i < low || i >= high) train[k++] = rows[i];
        out->fold[f] = (oa_fold){ .train = train, .n_train = n - (high - low), .validation = rows + low, .n_validation = high - low };
        if (out->fold[f].n_train == 0)
            return oa_fail(arena->context, "E_EMPTY_DATA", "%zu groups of patterns leave nothing to train fold %zu of %zu on; give more patterns or fewer folds",
                           groups, f + 1, folds);
    }
    return OA_OK;
}

oa_status oa_split_make(oa_arena *arena, const uint32_t *rows, size_t n, const uint32_t *group, double test_share, size_t folds, uint64_t seed,
                        oa_split *out)
{
    member *members;
    size_t *first, *end;
    uint32_t *order, *laid;
    *out = (oa_split){ .n_test = 0 };
    OA_TRY(oa_arena_take(arena, &members, n, sizeof *members));
    OA_TRY(oa_arena_take(arena, &first, n + 1, sizeof *first));
    OA_TRY(oa_arena_take(arena, &end, n + 1, sizeof *end));
    OA_TRY(oa_arena_take(arena, &order, n, sizeof *order));
    OA_TRY(oa_arena_take(arena, &laid, n, sizeof *laid));
    OA_TRY(oa_arena_take(arena, &out->fold, folds, sizeof *out->fold));
    for (size_t i = 0; i < n; i++) members[i] = (member){ .group = group ? group[rows[i]] : rows[i], .row = rows[i] };
    const size_t groups = find_groups(members, n, first), kept = groups - (size_t)(test_share * (double)groups);
    shuffle(order, groups, seed);
    lay_out(members, first, order, groups, laid, end);
    out->test = laid + end[kept];
    out->n_test = n - end[kept];
    return cut_folds(arena, laid, end, kept, folds, out);
}
