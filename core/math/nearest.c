/* nearest.c - points into the leaves of a k-d tree.
 *
 * In two stages, so that all threads have work and most of it happens near the processor. Medians of a sample cut space into
 * buckets of some thousand points, and the points are dealt out to them, chunk by chunk as in cells.c. Then each bucket is
 * split at exact ranks until leaves are left. Points are compared by coordinate and, where that is equal, by row: the order is
 * total, so the tree is a function of the points alone, and points at one place stand by row. */
#include "math/nearest.h"

#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "math/nearest_tree.h"

enum { ROWS_PER_CHUNK = 16384, POINTS_PER_BUCKET = 4096, SAMPLED_PER_BUCKET = 64, SLOT_SPOTS = 0 };

/* Four words, so that one instruction moves a point. */
typedef struct spot {
    float v[3];
    uint32_t row;
} spot;

/* A point goes right where its coordinate along the axis is at least `at`. */
typedef struct cut {
    int axis;
    float at;
} cut;

typedef struct chunk_count {
    size_t taken, bad, first_bad;
} chunk_count;

typedef struct sorting {
    oa_nearest *tree;
    const oa_points *points;
    chunk_count *chunks;
    cut *cuts;       /* (n_buckets) a heap: [1] is the first */
    uint16_t *bucket; /* (points) of each row */
    uint32_t *first; /* (chunks, n_buckets) counts, then where the chunk goes on writing in the bucket */
} sorting;

/* ---------------------------------------------------------------------------------------------- splitting at a rank */

/* Orders points along an axis: floats as integers that ascend with them, then the row. */
static inline uint64_t key_of(const spot *s, int axis)
{
    uint32_t bits;
    memcpy(&bits, &s->v[axis], sizeof bits);
    bits ^= bits >> 31 ? UINT32_MAX : UINT32_C(1) << 31;
    return (uint64_t)bits << 32 | s->row;
}

/* Moves the points below the pivot to the front and returns how many; without a branch, for half of them would be foretold wrongly. */
static size_t partition(spot *p, size_t n, int axis, uint64_t pivot)
{
    size_t below = 0;
    for (size_t i = 0; i < n; i++) {
        const spot s = p[i];
        p[i] = p[below];
        p[below] = s;
        below += key_of(&s, axis) < pivot;
    }
    return below;
}

enum { SAMPLE_MOST = 127 };

/* The key of a point a little beyond the rank, seen from the nearer end: two such pivots enclose the rank (Floyd & Rivest 1975,
 * Comm. ACM 18, 165). */
static uint64_t choose_pivot(const spot *p, size_t n, size_t rank, int axis)
{
    uint64_t key[SAMPLE_MOST];
    const size_t m = n < 128 ? 3 : n < 1024 ? 7 : n < 8192 ? 31 : SAMPLE_MOST;
    for (size_t i = 0; i < m; i++) {
        const uint64_t k = key_of(&p[(2 * i + 1) * n / (2 * m)], axis);
        size_t at = i;
        for (; at > 0 && key[at - 1] > k; at--) key[at] = key[at - 1];
        key[at] = k;
    }
    const double share = (double)rank / (double)n, wide = 0.7 * sqrt((double)m * share * (1 - share));
    const double at = share * (double)m + (2 * rank <= n ? wide : -wide - 1);
    return key[at < 0 ? 0 : at > (double)(m - 1) ? m - 1 : (size_t)at];
}

/* Afterwards the first `rank` points are the lowest ones along the axis; 0 < rank < n. */
static void split_at(spot *p, size_t n, size_t rank, int axis)
{
    while (n > 1) {
        const uint64_t pivot = choose_pivot(p, n, rank, axis);
        size_t below = partition(p, n, axis, pivot);
        if (below == 0) below = partition(p, n, axis, pivot + 1); /* it was the lowest: no two keys are equal */
        if (below == rank) return;
        if (below > rank) {
            n = below;
            continue;
        }
        p += below;
        n -= below;
        rank -= below;
    }
}

/* All four words, the row read as a float too and dropped: so each point is one minimum and one maximum of vectors. */
static oa_nearest_box box_of(const spot *p, size_t n)
{
    float lo[4] = { INFINITY, INFINITY, INFINITY, INFINITY }, hi[4] = { -INFINITY, -INFINITY, -INFINITY, -INFINITY };
    oa_nearest_box b;
    for (size_t i = 0; i < n; i++) {
        float v[4];
        memcpy(v, &p[i], sizeof v);
        for (int k = 0; k < 4; k++) {
            lo[k] = v[k] < lo[k] ? v[k] : lo[k];
            hi[k] = v[k] > hi[k] ? v[k] : hi[k];
        }
    }
    memcpy(b.lo, lo, sizeof b.lo);
    memcpy(b.hi, hi, sizeof b.hi);
    return b;
}

static int longest_axis(const oa_nearest_box *b)
{
    double most = -1;
    int longest = 0;
    for (int axis = 0; axis < 3; axis++)
        if ((double)b->hi[axis] - (double)b->lo[axis] > most) {
            most = (double)b->hi[axis] - (double)b->lo[axis];
            longest = axis;
        }
    return longest;
}

static void sort_by_row(spot *p, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const spot s = p[i];
        size_t at = i;
        for (; at > 0 && p[at - 1].row > s.row; at--) p[at] = p[at - 1];
        p[at] = s;
    }
}

/* p: the points of the node. */
static void grow(oa_nearest *tree, spot *p, oa_nearest_node node)
{
    oa_nearest_box *box = &tree->box[node.box];
    *box = box_of(p, node.n);
    if (oa_nearest_is_leaf(node)) {
        if (oa_nearest_is_one_place(box)) sort_by_row(p, node.n);
        return;
    }
    const oa_nearest_node left = oa_nearest_left(node), right = oa_nearest_right(node);
    split_at(p, node.n, left.n, longest_axis(box));
    grow(tree, p, left);
    grow(tree, p + left.n, right);
}

static oa_status grow_bucket(void *arg, oa_span span, oa_worker *worker)
{
    oa_nearest *t = ((sorting *)arg)->tree;
    const oa_nearest_node root = oa_nearest_bucket(t, span.begin);
    const size_t begin = root.begin;
    spot *p;
    if (root.n == 0) return OA_OK;
    OA_TRY(oa_worker_scratch(worker, SLOT_SPOTS, &p, root.n, sizeof *p));
    for (size_t i = 0; i < root.n; i++) p[i] = (spot){ { t->x[begin + i], t->y[begin + i], t->z[begin + i] }, t->row[begin + i] };
    grow(t, p, root);
    for (size_t i = 0; i < root.n; i++) {
        t->x[begin + i] = p[i].v[0];
        t->y[begin + i] = p[i].v[1];
        t->z[begin + i] = p[i].v[2];
        t->row[begin + i] = p[i].row;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- buckets */

static oa_status check_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *job = arg;
    const oa_points *p = job->points;
    chunk_count count = { 0, 0, SIZE_MAX };
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        if (!oa_points_takes(p, i)) continue;
        count.taken++;
        if (isfinite(p->x[i]) && isfinite(p->y[i]) && isfinite(p->z[i])) continue;
        if (count.bad++ == 0) count.first_bad = i;
    }
    job->chunks[span.chunk] = count;
    return OA_OK;
}

static oa_status check_points(oa_context *context, sorting *job)
{
    const size_t n = job->points->n;
    size_t bad = 0, first_bad = SIZE_MAX, taken = 0;
    OA_TRY(oa_parallel(context, n, ROWS_PER_CHUNK, check_chunk, job));
    for (size_t c = oa_chunk_count(n, ROWS_PER_CHUNK); c-- > 0;) {
        taken += job->chunks[c].taken;
        bad += job->chunks[c].bad;
        if (job->chunks[c].bad) first_bad = job->chunks[c].first_bad;
    }
    if (bad)
        return oa_fail(context, "E_NONFINITE", "%zu of %zu ions have a coordinate that is not finite, first ion %zu (counted from 0); give finite ones", bad,
                       taken, first_bad);
    if (taken < (size_t)job->tree->k)
        return oa_fail(context, "E_FEW_IONS", "%zu ions, %d neighbours (the ion itself included) need at least %d; give more ions or ask for fewer neighbours",
                       taken, job->tree->k, job->tree->k);
    job->tree->n = taken;
    return OA_OK;
}

/* -0 becomes 0, so that equal coordinates have equal bits. */
static inline spot spot_of(const oa_points *p, size_t i)
{
    return (spot){ { p->x[i] + 0.0f, p->y[i] + 0.0f, p->z[i] + 0.0f }, (uint32_t)i };
}

/* The cuts below `node` by the sampled points p. */
static void cut_sample(sorting *job, size_t node, spot *p, size_t n)
{
    if (node >= job->tree->n_buckets) return;
    const oa_nearest_box box = box_of(p, n);
    const int axis = longest_axis(&box);
    if (n > 1) split_at(p, n, n / 2, axis);
    float at = n ? p[n / 2].v[axis] : 0;
    for (size_t i = n / 2; i < n; i++) at = p[i].v[axis] < at ? p[i].v[axis] : at;
    job->cuts[node] = (cut){ axis, at };
    cut_sample(job, 2 * node, p, n / 2);
    cut_sample(job, 2 * node + 1, p + n / 2, n - n / 2);
}

static oa_status choose_cuts(oa_arena *own, sorting *job)
{
    const size_t wanted = job->tree->n_buckets * SAMPLED_PER_BUCKET, n = job->points->n, most = wanted < n ? wanted : n;
    size_t found = 0;
    spot *p;
    OA_TRY(oa_arena_take(own, &p, most, sizeof *p));
    for (size_t i = 0; i < most; i++) {
        const size_t row = (size_t)((double)i / (double)most * (double)n);
        if (oa_points_takes(job->points, row)) p[found++] = spot_of(job->points, row);
    }
    cut_sample(job, 1, p, found);
    return OA_OK;
}

static inline size_t bucket_of(const sorting *job, const spot *s)
{
    size_t node = 1;
    while (node < job->tree->n_buckets) node = 2 * node + (s->v[job->cuts[node].axis] >= job->cuts[node].at);
    return node - job->tree->n_buckets;
}

static oa_status count_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *job = arg;
    uint32_t *count = job->first + span.chunk * job->tree->n_buckets;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        if (!oa_points_takes(job->points, i)) continue;
        const spot s = spot_of(job->points, i);
        const size_t b = bucket_of(job, &s);
        job->bucket[i] = (uint16_t)b;
        count[b]++;
    }
    return OA_OK;
}

static oa_status place_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const sorting *job = arg;
    oa_nearest *t = job->tree;
    uint32_t *first = job->first + span.chunk * t->n_buckets;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) {
        if (!oa_points_takes(job->points, i)) continue;
        const spot s = spot_of(job->points, i);
        const uint32_t at = first[job->bucket[i]]++;
        t->x[at] = s.v[0];
        t->y[at] = s.v[1];
        t->z[at] = s.v[2];
        t->row[at] = s.row;
    }
    return OA_OK;
}

/* Counts become places: bucket by bucket, in it chunk by chunk. */
static void sum_up(sorting *job)
{
    oa_nearest *t = job->tree;
    const size_t n_chunks = oa_chunk_count(job->points->n, ROWS_PER_CHUNK);
    uint32_t sum = 0, boxes = 0;
    for (size_t b = 0; b < t->n_buckets; b++) {
        t->begin[b] = sum;
        for (size_t c = 0; c < n_chunks; c++) {
            uint32_t *first = &job->first[c * t->n_buckets + b];
            const uint32_t count = *first;
            *first = sum;
            sum += count;
        }
        t->first_box[b] = boxes;
        boxes += oa_nearest_boxes(sum - t->begin[b]);
    }
    t->begin[t->n_buckets] = sum;
}

/* ---------------------------------------------------------------------------------------------- the whole */

static oa_status take_columns(oa_arena *arena, oa_nearest *t)
{
    float **column[] = { &t->x, &t->y, &t->z };
    for (int axis = 0; axis < 3; axis++) OA_TRY(oa_arena_take(arena, column[axis], t->n + OA_KERNEL_PAD, sizeof(float)));
    OA_TRY(oa_arena_take(arena, &t->row, t->n + OA_KERNEL_PAD, sizeof *t->row));
    OA_TRY(oa_arena_take(arena, &t->begin, t->n_buckets + 1, sizeof *t->begin));
    OA_TRY(oa_arena_take(arena, &t->first_box, t->n_buckets, sizeof *t->first_box));
    return oa_arena_take(arena, &t->top, 2 * t->n_buckets, sizeof *t->top);
}

static size_t count_boxes(const oa_nearest *t)
{
    size_t n = 0;
    for (size_t b = 0; b < t->n_buckets; b++) n += oa_nearest_boxes(t->begin[b + 1] - t->begin[b]);
    return n;
}

static void join_boxes(oa_nearest *t)
{
    for (size_t b = 0; b < t->n_buckets; b++) t->top[t->n_buckets + b] = t->begin[b] < t->begin[b + 1] ? t->box[t->first_box[b]] : box_of(NULL, 0);
    for (size_t i = t->n_buckets - 1; i > 0; i--)
        for (int axis = 0; axis < 3; axis++) {
            const oa_nearest_box *a = &t->top[2 * i], *b = a + 1;
            t->top[i].lo[axis] = a->lo[axis] < b->lo[axis] ? a->lo[axis] : b->lo[axis];
            t->top[i].hi[axis] = a->hi[axis] > b->hi[axis] ? a->hi[axis] : b->hi[axis];
        }
}

static oa_status build(oa_arena *arena, oa_arena *own, sorting *job)
{
    oa_context *context = arena->context;
    oa_nearest *t = job->tree;
    const size_t n = job->points->n, n_chunks = oa_chunk_count(n, ROWS_PER_CHUNK);
    OA_TRY(oa_arena_take(own, &job->chunks, n_chunks, sizeof *job->chunks));
    OA_TRY(check_points(context, job));
    for (t->n_buckets = 1; t->n_buckets < OA_NEAREST_BUCKETS_MAX && t->n / t->n_buckets >= 2 * POINTS_PER_BUCKET;) t->n_buckets *= 2;
    OA_TRY(take_columns(arena, t));
    OA_TRY(oa_arena_take(own, &job->cuts, t->n_buckets, sizeof *job->cuts));
    OA_TRY(oa_arena_take(own, &job->first, n_chunks * t->n_buckets, sizeof *job->first));
    OA_TRY(oa_arena_take(own, &job->bucket, n, sizeof *job->bucket));
    OA_TRY(choose_cuts(own, job));
    OA_TRY(oa_parallel(context, n, ROWS_PER_CHUNK, count_chunk, job));
    sum_up(job);
    OA_TRY(oa_arena_take(arena, &t->box, count_boxes(t), sizeof *t->box));
    OA_TRY(oa_parallel(context, n, ROWS_PER_CHUNK, place_chunk, job));
    OA_TRY(oa_parallel(context, t->n_buckets, 1, grow_bucket, job));
    join_boxes(t);
    return OA_OK;
}

oa_status oa_nearest_build(oa_arena *arena, oa_nearest *out, const oa_points *points, double unit, int k)
{
    oa_arena own = { .context = arena->context };
    sorting job = { .tree = out, .points = points };
    memset(out, 0, sizeof *out);
    out->k = k;
    out->unit = unit;
    if (points->n > UINT32_MAX)
        return oa_fail(arena->context, "E_TOO_MANY_IONS", "%zu ions; neighbours can be found among at most %u", points->n, UINT32_MAX);
    if (k < 1 || k > OA_NEAREST_MAX || !(unit > 0 && isfinite(unit)))
        return oa_fail(arena->context, "E_INTERNAL", "%d neighbours in units of %g nm; 1 to %d and a unit above 0 are possible", k, unit, OA_NEAREST_MAX);
    const oa_status status = build(arena, &own, &job);
    oa_arena_drop(&own);
    return status;
}
