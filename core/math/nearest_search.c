/* nearest_search.c - lists of neighbours out of the tree.
 *
 * Two ways lead to the same lists. find_one is the definition made quick enough: it walks down the tree, near parts first, and
 * leaves out what cannot hold a neighbour. find_leaf does the points of a leaf together: a guess of how far the neighbours
 * reach, all points around the leaf's box within that reach, then for each point keys (kernel.h) of those within the reach
 * around itself, sorted. Points for which the guess was too short or far too long go the first way.
 *
 * Why find_leaf is exact. For floats x != y the rounding of x - y and of (double)x / a - (double)y / a is below 2^-24 and 2^-26 of
 * the difference, as floats lie at least 2^-25 of their size apart. So the square of a distance in floats is within 8 * 2^-24
 * of a^2 d2, two quanta of 2^22, whatever the size of the coordinates; truncation and scale add less than two. Keys
 * more than CLOSE quanta apart are in the order of d2; those closer are sorted by d2 and row themselves. What is not among the keys is
 * beyond the reach, so a list is whole where its last key is more than CLOSE below the reach. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/parallel.h"
#include "math/nearest.h"
#include "math/nearest_tree.h"

enum { CLOSE = 6, QUANTA = (1 << 22) - 8, STRETCHES_MAX = 512, DEPTH_MAX = 64, TRIES = 4, PLACES_PER_CHUNK = 4096, SLOT_ROOM = 0 };

/* Squares of reaches in nm^2 that floats can handle without running out of their range. */
#define REACH2_MIN 1e-20
#define REACH2_MAX 1e20
#define UNIT_MIN 1e-10
#define UNIT_MAX 1e10

/* The best so far, ascending by d2, then row. */
typedef struct best_list {
    int n;
    double d2[OA_NEAREST_MAX];
    uint32_t row[OA_NEAREST_MAX], place[OA_NEAREST_MAX];
} best_list;

enum { GROUP_LEAVES = 8, GROUP_MAX = 4096 };

struct oa_nearest_room {
    oa_around group, around; /* what lies around some leaves together, and around one */
    float group_axis[3][GROUP_MAX + OA_KERNEL_PAD], axis[3][OA_AROUND_MAX + OA_KERNEL_PAD];
    uint32_t group_place[GROUP_MAX + OA_KERNEL_PAD], place[OA_AROUND_MAX + OA_KERNEL_PAD];
    uint32_t keys[OA_AROUND_MAX + OA_KERNEL_PAD];
    size_t n_stretches;
    oa_stretch stretch[STRETCHES_MAX];
    best_list best;
};

size_t oa_nearest_room_bytes(void) { return sizeof(oa_nearest_room); }

/* What one call works with. */
typedef struct search {
    const oa_nearest *tree;
    const oa_nearest *asked; /* whose lists: the tree itself, or other points, which are in no list */
    const oa_kernels *kernels;
    oa_nearest_room *room;
    const oa_nearest_lists *out;
    size_t first; /* place of the first list */
    double reach2; /* nm^2, the guess; 0: none */
    double group_reach2; /* nm^2, what the room's group is good for; 0: nothing */
} search;

static inline double square_between(const oa_nearest *t, const double p[3], const float x, const float y, const float z)
{
    const double dx = p[0] - (double)x / t->unit, dy = p[1] - (double)y / t->unit, dz = p[2] - (double)z / t->unit;
    return (dx * dx + dy * dy) + dz * dz;
}

static inline void point_at(const oa_nearest *t, size_t place, double out[3])
{
    out[0] = (double)t->x[place] / t->unit;
    out[1] = (double)t->y[place] / t->unit;
    out[2] = (double)t->z[place] / t->unit;
}

static inline bool comes_before(double d2, uint32_t row, double other_d2, uint32_t other_row)
{
    return d2 < other_d2 || (d2 == other_d2 && row < other_row);
}

static void put_list(const search *s, size_t place, const uint32_t *places)
{
    const oa_nearest *t = s->tree;
    const size_t k = (size_t)t->k, at = (place - s->first) * k;
    if (s->out->place) memcpy(s->out->place + at, places, k * sizeof *places);
    for (size_t j = 0; s->out->row && j < k; j++) s->out->row[at + j] = t->row[places[j]];
    if (!s->out->d2) return;
    double p[3];
    point_at(s->asked, place, p);
    for (size_t j = 0; j < k; j++) s->out->d2[at + j] = square_between(t, p, t->x[places[j]], t->y[places[j]], t->z[places[j]]);
}

/* ---------------------------------------------------------------------------------------------- one point */

typedef struct one {
    const oa_nearest *tree;
    size_t place;
    double p[3];
    best_list *best;
} one;

static void offer(one *o, double d2, uint32_t place)
{
    best_list *b = o->best;
    const int k = o->tree->k;
    const uint32_t row = o->tree->row[place];
    if (b->n == k && !comes_before(d2, row, b->d2[k - 1], b->row[k - 1])) return;
    int at = b->n < k ? b->n++ : k - 1;
    for (; at > 0 && comes_before(d2, row, b->d2[at - 1], b->row[at - 1]); at--) {
        b->d2[at] = b->d2[at - 1];
        b->row[at] = b->row[at - 1];
        b->place[at] = b->place[at - 1];
    }
    b->d2[at] = d2;
    b->row[at] = row;
    b->place[at] = place;
}

/* No point of the box has a smaller d2: division, difference, square and sum keep the order when they round. */
static double square_to_box(const one *o, const oa_nearest_box *b)
{
    double d[3];
    for (int axis = 0; axis < 3; axis++) {
        const double below = (double)b->lo[axis] / o->tree->unit - o->p[axis], above = o->p[axis] - (double)b->hi[axis] / o->tree->unit;
        d[axis] = below > 0 ? below : above > 0 ? above : 0;
    }
    return (d[0] * d[0] + d[1] * d[1]) + d[2] * d[2];
}

/* Points at one place stand by row, so that the first tells for all of them. */
static bool may_hold(const one *o, double d2, const oa_nearest_box *b, uint32_t begin)
{
    const best_list *best = o->best;
    if (best->n < o->tree->k) return true;
    const double worst = best->d2[best->n - 1];
    if (d2 != worst) return d2 < worst;
    return !oa_nearest_is_one_place(b) || o->tree->row[begin] < best->row[best->n - 1];
}

static void visit(one *o, oa_nearest_node node)
{
    const oa_nearest *t = o->tree;
    if (oa_nearest_is_leaf(node)) {
        for (size_t i = node.begin; i < (size_t)node.begin + node.n; i++)
            if (i != o->place) offer(o, square_between(t, o->p, t->x[i], t->y[i], t->z[i]), (uint32_t)i);
        return;
    }
    const oa_nearest_node part[2] = { oa_nearest_left(node), oa_nearest_right(node) };
    const double d2[2] = { square_to_box(o, &t->box[part[0].box]), square_to_box(o, &t->box[part[1].box]) };
    const int near = d2[1] < d2[0];
    if (may_hold(o, d2[near], &t->box[part[near].box], part[near].begin)) visit(o, part[near]);
    if (may_hold(o, d2[!near], &t->box[part[!near].box], part[!near].begin)) visit(o, part[!near]);
}

/* First place of what is below a node of the heap of buckets. */
static uint32_t begin_of(const oa_nearest *t, size_t node)
{
    while (node < t->n_buckets) node *= 2;
    return t->begin[node - t->n_buckets];
}

static void visit_top(one *o, size_t node)
{
    const oa_nearest *t = o->tree;
    if (node >= t->n_buckets) {
        const oa_nearest_node root = oa_nearest_bucket(t, node - t->n_buckets);
        if (root.n) visit(o, root);
        return;
    }
    const size_t part[2] = { 2 * node, 2 * node + 1 };
    const double d2[2] = { square_to_box(o, &t->top[part[0]]), square_to_box(o, &t->top[part[1]]) };
    const int near = d2[1] < d2[0];
    if (may_hold(o, d2[near], &t->top[part[near]], begin_of(t, part[near]))) visit_top(o, part[near]);
    if (may_hold(o, d2[!near], &t->top[part[!near]], begin_of(t, part[!near]))) visit_top(o, part[!near]);
}

/* The list of one place; returns the largest d2 of it. */
static double find_one(const search *s, size_t place)
{
    const bool is_own = s->asked == s->tree;
    one o = { .tree = s->tree, .place = is_own ? place : SIZE_MAX, .best = &s->room->best };
    point_at(s->asked, place, o.p);
    o.best->n = is_own;
    o.best->d2[0] = -1; /* itself, before all others */
    o.best->row[0] = 0;
    o.best->place[0] = (uint32_t)place;
    if (s->tree->k > o.best->n) visit_top(&o, 1);
    put_list(s, place, o.best->place);
    return o.best->d2[s->tree->k - 1];
}

/* ---------------------------------------------------------------------------------------------- what lies around a leaf */

static inline float gap(float lo, float hi, float other_lo, float other_hi)
{
    const float below = lo - other_hi, above = other_lo - hi, most = below > above ? below : above;
    return most > 0 ? most : 0;
}

static inline bool is_within(const oa_nearest_box *a, const oa_nearest_box *b, float reach2)
{
    const float dx = gap(a->lo[0], a->hi[0], b->lo[0], b->hi[0]), dy = gap(a->lo[1], a->hi[1], b->lo[1], b->hi[1]);
    const float dz = gap(a->lo[2], a->hi[2], b->lo[2], b->hi[2]);
    return (dx * dx + dy * dy) + dz * dz <= reach2;
}

/* Neighbouring leaves become one stretch. */
static inline bool add_stretch(oa_nearest_room *room, uint32_t begin, uint32_t n)
{
    oa_stretch *last = room->n_stretches ? &room->stretch[room->n_stretches - 1] : NULL;
    if (last && last->end == begin) {
        last->end += n;
        return true;
    }
    if (room->n_stretches == STRETCHES_MAX) return false;
    room->stretch[room->n_stretches++] = (oa_stretch){ begin, begin + n };
    return true;
}

/* Leaves of a bucket that lie within the reach; false: there are too many. */
static bool list_bucket(const oa_nearest *t, oa_nearest_room *room, const oa_nearest_box *box, float reach2, oa_nearest_node node)
{
    oa_nearest_node later[DEPTH_MAX];
    int n_later = 0;
    for (;;) {
        if (is_within(&t->box[node.box], box, reach2)) {
            if (!oa_nearest_is_leaf(node)) {
                later[n_later++] = oa_nearest_right(node);
                node = oa_nearest_left(node);
                continue;
            }
            if (!add_stretch(room, node.begin, node.n)) return false;
        }
        if (n_later == 0) return true;
        node = later[--n_later];
    }
}

static bool list_top(const oa_nearest *t, oa_nearest_room *room, const oa_nearest_box *box, float reach2, size_t node)
{
    if (!is_within(&t->top[node], box, reach2)) return true;
    if (node >= t->n_buckets) return list_bucket(t, room, box, reach2, oa_nearest_bucket(t, node - t->n_buckets));
    return list_top(t, room, box, reach2, 2 * node) && list_top(t, room, box, reach2, 2 * node + 1);
}

/* A little more than the reach, for rounding. */
static inline float widened(double reach2) { return (float)(reach2 * (1 + 32 * (double)FLT_EPSILON)); }

/* All points around the box of a few leaves; where there are too many the group is good for nothing. */
static void gather_group(search *s, const oa_nearest_box *box, double reach2)
{
    const oa_nearest *t = s->tree;
    oa_nearest_room *room = s->room;
    const oa_around all = { .n = t->n, .x = t->x, .y = t->y, .z = t->z };
    room->n_stretches = 0;
    s->group_reach2 = list_top(t, room, box, widened(reach2), 1) &&
                              s->kernels->around_box(&room->group, &all, room->stretch, room->n_stretches, box->lo, box->hi, widened(reach2))
                          ? reach2
                          : 0;
}

/* All points that floats could take to be within the reach of a point of the box, and some more. */
static bool gather(const search *s, const oa_nearest_box *box, double reach2)
{
    const oa_nearest *t = s->tree;
    oa_nearest_room *room = s->room;
    const oa_around all = { .n = t->n, .x = t->x, .y = t->y, .z = t->z };
    if (reach2 <= s->group_reach2) {
        const oa_stretch whole = { 0, (uint32_t)room->group.n };
        return s->kernels->around_box(&room->around, &room->group, &whole, 1, box->lo, box->hi, widened(reach2));
    }
    room->n_stretches = 0;
    return list_top(t, room, box, widened(reach2), 1) &&
           s->kernels->around_box(&room->around, &all, room->stretch, room->n_stretches, box->lo, box->hi, widened(reach2));
}

/* ---------------------------------------------------------------------------------------------- the points of a leaf */

static inline uint32_t quanta_of(uint32_t key) { return key >> OA_AROUND_BITS; }
static inline uint32_t number_of(uint32_t key) { return key & (OA_AROUND_MAX - 1); }

/* Sorts n keys by what they stand for. */
static void sort_exactly(const search *s, size_t place, uint32_t *keys, size_t n)
{
    const oa_nearest *t = s->tree;
    const oa_around *a = &s->room->around;
    const size_t itself = s->asked == t ? place : SIZE_MAX;
    double p[3], d2[OA_AROUND_SORTED_MAX];
    point_at(s->asked, place, p);
    for (size_t i = 0; i < n; i++) {
        const uint32_t key = keys[i], j = number_of(key);
        const double d = a->place[j] == itself ? -1 : square_between(t, p, a->x[j], a->y[j], a->z[j]);
        size_t at = i;
        for (; at > 0 && comes_before(d, t->row[a->place[j]], d2[at - 1], t->row[a->place[number_of(keys[at - 1])]]); at--) {
            d2[at] = d2[at - 1];
            keys[at] = keys[at - 1];
        }
        d2[at] = d;
        keys[at] = key;
    }
}

/* Settles the order of keys too close to tell, as far as the list goes. */
static void settle(const search *s, size_t place, uint32_t *keys, size_t n)
{
    const size_t k = (size_t)s->tree->k;
    for (size_t i = 0; i < k;) {
        size_t end = i + 1;
        while (end < n && quanta_of(keys[end]) - quanta_of(keys[end - 1]) <= CLOSE) end++;
        if (end - i > 1) sort_exactly(s, place, keys + i, end - i);
        i = end;
    }
}

static inline bool has_close(const uint32_t *keys, size_t n)
{
    uint32_t close = 0;
    for (size_t i = 1; i < n; i++) close |= keys[i] - keys[i - 1] < (uint32_t)(CLOSE + 1) << OA_AROUND_BITS;
    return close;
}

enum { TOO_MANY = -1 };

/* The list of a place out of what lies around; returns how many points are within the reach: fewer than k, or TOO_MANY, and there is no
 * list. */
static int find_around(const search *s, size_t place, float reach2, float scale)
{
    const oa_nearest *t = s->tree;
    const size_t k = (size_t)t->k;
    uint32_t *keys = s->room->keys, places[OA_NEAREST_MAX];
    const float at[3] = { s->asked->x[place], s->asked->y[place], s->asked->z[place] };
    const size_t n = s->kernels->around_keys(keys, &s->room->around, at, reach2, scale);
    if (n < k) return (int)n;
    if (n > OA_AROUND_SORTED_MAX) return TOO_MANY;
    s->kernels->around_sort(keys, n);
    if (quanta_of(keys[k - 1]) + CLOSE >= QUANTA - 2) return (int)k - 1; /* others beyond the reach may be as near */
    if (has_close(keys, n < k + 1 ? n : k + 1)) settle(s, place, keys, n);
    for (size_t j = 0; j < k; j++) places[j] = s->room->around.place[number_of(keys[j])];
    put_list(s, place, places);
    return (int)n;
}

/* How many points should be within the guessed reach: with k + 3.6 sqrt(k) of them few guesses are too short, and a second try costs most. */
static double wanted(int k) { return k + 3.6 * sqrt(k) + 2; }

/* The guess after the d2 of a last neighbour. */
static double reach2_of(const search *s, double d2)
{
    return fmax(d2, 0) * s->tree->unit * s->tree->unit * pow(wanted(s->tree->k) / s->tree->k, 2.0 / 3);
}

/* Lists of the places [begin, end) of one leaf, whose box is given. */
static void find_leaf(search *s, const oa_nearest_box *box, size_t begin, size_t end)
{
    const double want = wanted(s->tree->k);
    uint32_t open[OA_NEAREST_LEAF];
    size_t n_open = 0, n_found = 0, sum = 0;
    for (size_t i = begin; i < end; i++) open[n_open++] = (uint32_t)i;
    double reach2 = s->reach2;
    for (int t = 0; t < TRIES && n_open && reach2 > REACH2_MIN && reach2 < REACH2_MAX; t++) {
        size_t left = 0, fewest = SIZE_MAX;
        const float scale = (float)(QUANTA / reach2);
        if (!gather(s, box, reach2)) break;
        for (size_t i = 0; i < n_open; i++) {
            const int n = find_around(s, open[i], (float)reach2, scale);
            if (n >= s->tree->k) {
                n_found++;
                sum += (size_t)n;
                continue;
            }
            open[left++] = open[i];
            if (n != TOO_MANY && (size_t)n < fewest) fewest = (size_t)n;
        }
        n_open = left;
        if (fewest == SIZE_MAX) break;
        if (n_open) reach2 *= fmin(pow(want / fmax((double)fewest, 1), 2.0 / 3), 4);
    }
    double farthest = 0;
    for (size_t i = 0; i < n_open; i++) farthest = fmax(farthest, find_one(s, open[i]));
    if (n_found) s->reach2 *= 1 + 0.5 * (fmax(0.5, fmin(2, want * (double)n_found / (double)sum)) - 1);
    else s->reach2 = reach2_of(s, farthest);
}

/* ---------------------------------------------------------------------------------------------- many points */

static size_t bucket_at(const oa_nearest *t, size_t place)
{
    size_t lo = 0, hi = t->n_buckets;
    while (hi - lo > 1) {
        const size_t mid = lo + (hi - lo) / 2;
        if (t->begin[mid] <= place) lo = mid;
        else hi = mid;
    }
    return lo;
}

/* The node of at most so many leaves of a bucket that holds the place. */
static oa_nearest_node node_at(oa_nearest_node node, size_t place, uint32_t leaves)
{
    while (node.n > leaves * OA_NEAREST_LEAF) {
        const oa_nearest_node right = oa_nearest_right(node);
        node = place < right.begin ? oa_nearest_left(node) : right;
    }
    return node;
}

static size_t end_of(oa_nearest_node node, size_t end)
{
    return node.begin + (size_t)node.n < end ? node.begin + (size_t)node.n : end;
}

static void prepare_room(oa_nearest_room *room)
{
    room->group = (oa_around){ 0, GROUP_MAX, room->group_axis[0], room->group_axis[1], room->group_axis[2], room->group_place };
    room->around = (oa_around){ 0, OA_AROUND_MAX, room->axis[0], room->axis[1], room->axis[2], room->place };
}

void oa_nearest_block_of(const oa_nearest *nearest, const oa_nearest *asked, const oa_kernels *kernels, size_t first, size_t count, oa_nearest_room *room,
                         const oa_nearest_lists *out)
{
    search s = { .tree = nearest, .asked = asked, .kernels = kernels, .room = room, .out = out, .first = first };
    const size_t end = first + count;
    const bool is_usual = nearest->unit > UNIT_MIN && nearest->unit < UNIT_MAX;
    prepare_room(room);
    for (size_t at = first; at < end;) {
        const oa_nearest_node group = node_at(oa_nearest_bucket(asked, bucket_at(asked, at)), at, GROUP_LEAVES);
        s.group_reach2 = 0;
        if (s.reach2 == 0) s.reach2 = reach2_of(&s, find_one(&s, at));
        if (s.reach2 > REACH2_MIN && s.reach2 < REACH2_MAX) gather_group(&s, &asked->box[group.box], 1.35 * s.reach2);
        for (const size_t group_end = end_of(group, end); at < group_end;) {
            const oa_nearest_node leaf = node_at(group, at, 1);
            const size_t stop = end_of(leaf, end);
            if (!is_usual) s.reach2 = 0;
            find_leaf(&s, &asked->box[leaf.box], at, stop);
            at = stop;
        }
    }
}

void oa_nearest_block(const oa_nearest *nearest, const oa_kernels *kernels, size_t first, size_t count, oa_nearest_room *room, const oa_nearest_lists *out)
{
    oa_nearest_block_of(nearest, nearest, kernels, first, count, room, out);
}

typedef struct finding {
    const oa_nearest *nearest;
    const oa_kernels *kernels;
    size_t first;
    const oa_nearest_lists *out;
} finding;

static oa_status find_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const finding *f = arg;
    const size_t at = span.begin * (size_t)f->nearest->k;
    const oa_nearest_lists out = { f->out->place ? f->out->place + at : NULL, f->out->row ? f->out->row + at : NULL, f->out->d2 ? f->out->d2 + at : NULL };
    oa_nearest_room *room;
    OA_TRY(oa_worker_scratch(worker, SLOT_ROOM, &room, 1, sizeof *room));
    oa_nearest_block(f->nearest, f->kernels, f->first + span.begin, span.end - span.begin, room, &out);
    return OA_OK;
}

oa_status oa_nearest_find(oa_context *context, const oa_nearest *nearest, size_t first, size_t count, const oa_nearest_lists *out)
{
    finding f = { nearest, context->kernels, first, out };
    if (first > nearest->n || count > nearest->n - first)
        return oa_fail(context, "E_INTERNAL", "neighbours of the places %zu to %zu of %zu", first, first + count, nearest->n);
    return oa_parallel(context, count, PLACES_PER_CHUNK, find_chunk, &f);
}
