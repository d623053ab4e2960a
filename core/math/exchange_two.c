/* exchange_two.c - see exchange_two.h. */
#include "math/exchange_two.h"

#include <string.h>

enum { REACH = 16 /* bytes of a window */, BYTE = (1 << OA_TWO_SPOT_BITS) - 1, CANCEL_EVERY = 1 << 20 };
enum { AHEAD = 6 };
#define EACH static inline __attribute__((always_inline))

typedef struct oa_two two;

/* ---------------------------------------------------------------------------------------------- setting up */

/* What the energy rises by where an atom of species 1 finds a neighbour of its species more than it leaves. */
static int32_t step_of(const oa_exchange *e, int shell)
{
    const int32_t *v = e->table + 4 * shell;
    return v[3] + v[0] - 2 * v[1];
}

/* A shell's digit goes from minus its coordination to that. False where tallies do not fit. */
static bool choose_units(const oa_exchange *e, two *t)
{
    int unit = 1;
    for (int m = 0; m < e->n_shells; m++) {
        const int n = e->setup.crystal->shell[m].coordination;
        if (step_of(e, m) == 0) continue;
        if (t->largest + n * unit > OA_TWO_TALLY_MAX) return false;
        t->largest += n * unit;
        t->unit[m] = (uint8_t)unit;
        unit *= 2 * n + 1;
    }
    return t->largest > 0;
}

static void set_rises(const oa_exchange *e, two *t)
{
    for (int more = -t->largest; more <= t->largest; more++) {
        int left = more;
        for (int m = 0; m < e->n_shells; m++) {
            const int n = e->setup.crystal->shell[m].coordination, base = 2 * n + 1;
            if (!t->unit[m]) continue;
            const int digit = ((left + n) % base + base) % base - n;
            t->rise[t->largest + more] += digit * step_of(e, m);
            left = (left - digit) / base;
        }
    }
}

/* One window for each row that has neighbours; false where there are too many. */
static bool choose_windows(const oa_exchange *e, two *t)
{
    const oa_periodic *p = e->setup.crystal;
    for (int from = 0; from < p->sublattices; from++) {
        oa_two_window *window = t->window[from];
        int n = 0;
        for (int m = 0; m < e->n_shells; m++)
            for (int k = p->shell[m].first; t->unit[m] && k < p->shell[m].first + p->shell[m].coordination; k++) {
                const int32_t *step = p->step[from][k];
                int w = 0;
                while (w < n && (window[w].y != step[1] || window[w].z != step[2])) w++;
                if (w == OA_TWO_WINDOWS_MAX) return false;
                if (w == n) window[n++] = (oa_two_window){ .y = step[1], .z = step[2] };
                ((uint8_t *)window[w].weight)[(step[0] + 1) * p->sublattices + p->to[from][k]] = t->unit[m];
            }
        if (n > t->n_windows) t->n_windows = n;
    }
    return true;
}

static uint32_t side_of(uint32_t cell, uint32_t cells) { return cell == 0 ? 0 : cell == cells - 1 ? 2 : 1; }

static uint32_t place_of(const oa_periodic *p, const uint32_t at[3])
{
    return (side_of(at[2], p->cells[2]) * 3 + side_of(at[1], p->cells[1])) * 3 + side_of(at[0], p->cells[0]);
}

static uint32_t row_of(const oa_periodic *p, uint32_t y, uint32_t z) { return (z * p->cells[1] + y) * (p->cells[0] + 2) * (uint32_t)p->sublattices; }

/* Steps of one cell around the box. */
static uint32_t turn(uint32_t cell, int32_t by, uint32_t cells) { return (uint32_t)((int64_t)cell + by + cells) % cells; }

static void set_around(two *t, const oa_periodic *p, const uint32_t at[3])
{
    const uint32_t n = (uint32_t)p->sublattices, side = side_of(at[0], p->cells[0]);
    for (uint32_t from = 0; from < n; from++) {
        oa_two_around *around = &t->around[place_of(p, at) * n + from];
        around->twin = (side == 0) * (int32_t)(p->cells[0] * n) - (side == 2) * (int32_t)(p->cells[0] * n);
        for (int w = 0; w < t->n_windows; w++) {
            const oa_two_window *window = &t->window[from][w];
            const uint32_t row = row_of(p, turn(at[1], window->y, p->cells[1]), turn(at[2], window->z, p->cells[2]));
            around->lead[w] = (int32_t)(row - row_of(p, at[1], at[2])) - (int32_t)(n + from);
        }
    }
}

static uint32_t byte_of(const oa_periodic *p, uint32_t site)
{
    const oa_spot spot = oa_periodic_spot(p, site);
    return row_of(p, spot.at[1], spot.at[2]) + (spot.at[0] + 1) * (uint32_t)p->sublattices + spot.sublattice;
}

EACH uint32_t near_bit(uint32_t gap) { return gap * 2654435769u >> (32 - OA_EXCHANGE_NEAR_BITS); }

static oa_status set_places(oa_context *context, const oa_exchange *e, two *t)
{
    const oa_periodic *p = e->setup.crystal;
    uint32_t to[OA_VECTORS_MAX];
    for (uint32_t i = 0; i < p->n; i++) {
        const uint32_t byte = byte_of(p, i);
        if (i % CANCEL_EVERY == 0) OA_TRY(oa_check_cancelled(context));
        if (i < p->n_cells) set_around(t, p, oa_periodic_spot(p, i).at);
        oa_periodic__neighbours(p, i, to);
        for (int k = 0; k < e->n_vectors; k++) {
            const uint32_t bit = near_bit(byte_of(p, to[k]) - byte);
            t->near[bit / 32] |= 1u << bit % 32;
        }
    }
    return OA_OK;
}

static const oa_two_around *around_of(const two *t, uint32_t spot, uint32_t sublattices)
{
    return &t->around[(spot >> OA_TWO_SPOT_BITS) * sublattices + (spot & (sublattices - 1))];
}

static void set_spots(oa_exchange *e, two *t)
{
    const oa_periodic *p = e->setup.crystal;
    for (uint32_t k = 0; k < p->n; k++) {
        const oa_spot at = oa_periodic_spot(p, e->order[k]);
        const uint32_t byte = byte_of(p, e->order[k]), spot = place_of(p, at.at) << OA_TWO_SPOT_BITS | byte;
        const uint8_t is_one = e->species[e->order[k]] ? 255 : 0;
        t->is_one[byte] = t->is_one[(int64_t)byte + around_of(t, spot, (uint32_t)p->sublattices)->twin] = is_one;
        e->order[k] = spot;
    }
}

static bool is_of_this_kind(const oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    for (int d = 0; d < 3; d++)
        if (e->reach[d] > 1) return false;
    if (p->sublattices & (p->sublattices - 1) || p->sublattices > REACH / 3) return false;
    return e->setup.n_species == 2 && !e->setup.neighbours_only && p->cells[0] > 1 && (double)p->n * (1 + 2.0 / p->cells[0]) < BYTE;
}

oa_status oa_two__make(oa_arena *arena, oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    two *t;
    if (!is_of_this_kind(e)) return OA_OK;
    OA_TRY(oa_arena_take(arena, &t, 1, sizeof *t));
    if (!choose_units(e, t) || !choose_windows(e, t)) return OA_OK;
    set_rises(e, t);
    OA_TRY(oa_arena_take(arena, &t->is_one, row_of(p, 0, p->cells[2]) + REACH, 1));
    OA_TRY(set_places(arena->context, e, t));
    set_spots(e, t);
    e->two = t;
    return OA_OK;
}

void oa_two__heat(oa_exchange *e)
{
    two *t = e->two;
    for (int k = 0; k <= 2 * t->largest; k++) t->limit[k] = oa_exchange__limit(e, t->rise[k]);
}

void oa_two__show(oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    const uint32_t n = (uint32_t)p->sublattices, rows = p->cells[1] * p->cells[2], nx = p->cells[0];
    for (uint32_t from = 0; from < n; from++)
        for (uint32_t row = 0; row < rows; row++) {
            const uint8_t *at = e->two->is_one + (size_t)(row * (nx + 2) + 1) * n + from;
            uint8_t *out = e->species + (size_t)from * p->n_cells + (size_t)row * nx;
            for (uint32_t x = 0; x < nx; x++) out[x] = at[(size_t)x * n] & 1;
        }
}

/* ---------------------------------------------------------------------------------------------- attempts */

typedef uint64_t halves __attribute__((vector_size(16)));

/* What the constants are, for the compiler. */
typedef struct shape {
    int n_windows;
    uint32_t sublattices;
} shape;

EACH unsigned tally(const two *t, const uint8_t *is_one, uint32_t spot, const oa_two_around *around, shape s)
{
    const oa_two_window *window = t->window[spot & (s.sublattices - 1)];
    const uint8_t *at = is_one + (spot & BYTE);
    halves sum = { 0, 0 }; /* bytes do not overflow */
    for (int w = 0; w < s.n_windows; w++) {
        halves bytes, weight;
        memcpy(&bytes, at + around->lead[w], sizeof bytes);
        memcpy(&weight, window[w].weight, sizeof weight);
        sum += bytes & weight;
    }
    return (unsigned)((sum[0] + sum[1]) * 0x0101010101010101u >> 56);
}

/* What tallies of neighbours i, of species 0, and j leave out. */
static __attribute__((noinline)) unsigned own_tally(const two *t, uint32_t i, uint32_t j, uint32_t sublattices)
{
    const oa_two_around *around = around_of(t, i, sublattices);
    const int32_t gap = (int32_t)(j & BYTE) - (int32_t)(i & BYTE), twin = around_of(t, j, sublattices)->twin;
    unsigned sum = 0;
    for (int w = 0; w < t->n_windows; w++) {
        const uint8_t *weight = (const uint8_t *)t->window[i & (sublattices - 1)][w].weight;
        const uint32_t at = (uint32_t)(gap - around->lead[w]), again = at + (uint32_t)twin;
        if (at < REACH) sum += weight[at];
        if (twin && again < REACH) sum += weight[again];
    }
    return sum;
}

/* Places in chain->order of a site of species 0 and of one of species 1, from the words as exchange.c draws them. */
static void places_of(const oa_exchange *e, const oa_exchange_words *words, uint32_t *p, uint32_t *q)
{
    const uint32_t n = e->setup.crystal->n, zeros = e->first[1], ones = n - zeros;
    for (size_t k = 0; k < OA_EXCHANGE_BATCH; k++) {
        const uint32_t at = oa_exchange_below(words->w[0][k], n), zero = oa_exchange_below(words->w[1][k], zeros), one = oa_exchange_below(words->w[1][k], ones);
        p[k] = at < zeros ? at : zero;
        q[k] = at < zeros ? zeros + one : at;
    }
}

EACH void fetch(const two *t, const uint8_t *is_one, uint32_t spot, shape s)
{
    const oa_two_around *around = around_of(t, spot, s.sublattices);
    for (int w = 0; w < s.n_windows; w++) __builtin_prefetch(is_one + (spot & BYTE) + around->lead[w]);
}

EACH void attempts(oa_exchange *e, const oa_exchange_words *words, shape s, bool is_far)
{
    const two *t = e->two;
    uint8_t *is_one = t->is_one;
    uint32_t p[OA_EXCHANGE_BATCH], q[OA_EXCHANGE_BATCH], *order = e->order;
    int64_t energy = 0;
    uint64_t accepted = 0;
    places_of(e, words, p, q);
    for (size_t k = 0; is_far && k < words->n; k++) {
        __builtin_prefetch(&order[p[k]], 1);
        __builtin_prefetch(&order[q[k]], 1);
    }
    for (size_t k = 0; k < words->n; k++) {
        if (is_far && k + AHEAD < words->n) {
            fetch(t, is_one, order[p[k + AHEAD]], s);
            fetch(t, is_one, order[q[k + AHEAD]], s);
        }
        const uint32_t i = order[p[k]], j = order[q[k]], bit = near_bit((j & BYTE) - (i & BYTE));
        const oa_two_around *around_i = around_of(t, i, s.sublattices), *around_j = around_of(t, j, s.sublattices);
        uint32_t more = (uint32_t)t->largest + tally(t, is_one, i, around_i, s) - tally(t, is_one, j, around_j, s);
        if (__builtin_expect(t->near[bit / 32] >> bit % 32 & 1, 0)) more -= own_tally(t, i, j, s.sublattices);
        const uint64_t word = (uint64_t)words->w[2][k] << 32 | words->w[3][k], yes = word >> 11 < t->limit[more];
        const uint32_t change = (i ^ j) & (0 - (uint32_t)yes);
        uint8_t *at_i = is_one + (i & BYTE), *at_j = is_one + (j & BYTE);
        at_i[0] = at_i[around_i->twin] = (uint8_t)(0 - yes);
        at_j[0] = at_j[around_j->twin] = (uint8_t)(yes - 1);
        order[p[k]] = i ^ change;
        order[q[k]] = j ^ change;
        energy += t->rise[more] & (0 - (int64_t)yes);
        accepted += yes;
    }
    e->energy += energy;
    e->accepted += accepted;
}

void oa_two__attempts(oa_exchange *e, const oa_exchange_words *words)
{
    const shape s = { e->two->n_windows, (uint32_t)e->setup.crystal->sublattices };
    const bool is_far = e->setup.crystal->n > OA_EXCHANGE_FAR;
    if (s.n_windows == 6 && s.sublattices == 4) attempts(e, words, (shape){ 6, 4 }, is_far); /* fcc, two shells */
    else attempts(e, words, s, is_far);
}
