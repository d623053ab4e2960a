/* exchange.c - see exchange.h.
 *
 * Every site keeps what its energy would be with each species, so that an attempt reads two sites and only an exchange visits their
 * neighbours. Attempt number k draws from (seed, k) alone: numbers are made in batches, and what they point to is fetched ahead. */
#include "math/exchange.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

enum { STREAM_START = 0x4d01, STREAM_ATTEMPTS = 0x4d02 };
enum { BATCH = 256, AHEAD = 12, CANCEL_EVERY = 1 << 20 };
#define LARGEST 134217728.0 /* 2^27 quanta: twice and with a correction still far from the end of int32 */
#define EACH static inline __attribute__((always_inline))

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* ---------------------------------------------------------------------------------------------- setting up */

static size_t square_of(const oa_exchange *e) { return (size_t)e->setup.n_species * (size_t)e->setup.n_species; }

/* The largest energy a site can have, so that a change by an exchange is at most four times that. */
static void quantise(oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    const size_t square = square_of(e);
    double most = 0;
    for (int m = 0; m < p->n_shells; m++) {
        double largest = 0;
        for (size_t k = 0; k < square; k++) largest = fmax(largest, fabs(e->setup.energies[(size_t)m * square + k]));
        most += largest * p->shell[m].coordination;
    }
    e->quantum = most > 0 ? most / LARGEST : 1;
    for (size_t k = 0; k < (size_t)p->n_shells * square; k++) e->table[k] = (int32_t)lrint(e->setup.energies[k] / e->quantum);
}

static void set_changes(oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    const int n = e->setup.n_species;
    int32_t *out = e->change;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            for (int m = 0; m < p->n_shells; m++) {
                const int32_t *v = e->table + (size_t)m * square_of(e);
                for (int k = 0; k < p->shell[m].coordination; k++)
                    for (int t = 1; t < n; t++) *out++ = (v[t * n + b] - v[b]) - (v[t * n + a] - v[a]);
            }
}

static oa_status spread(oa_context *context, oa_exchange *e)
{
    const uint32_t n = e->setup.crystal->n;
    oa_random random = oa_random_start(e->setup.seed, STREAM_START);
    for (uint32_t i = 0; i < n; i++) e->order[i] = i;
    for (uint32_t i = n; i > 1; i--) { /* Fisher and Yates */
        const uint32_t k = (uint32_t)oa_random_below(&random, i), last = e->order[i - 1];
        e->order[i - 1] = e->order[k];
        e->order[k] = last;
        if (i % CANCEL_EVERY == 0) OA_TRY(oa_check_cancelled(context));
    }
    for (int s = 0; s < e->setup.n_species; s++) {
        e->first[s + 1] = e->first[s] + (uint32_t)e->setup.counts[s];
        for (uint32_t k = e->first[s]; k < e->first[s + 1]; k++) e->species[e->order[k]] = (uint8_t)s;
    }
    return OA_OK;
}

static oa_status set_fields(oa_context *context, oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    const int n = e->setup.n_species;
    uint32_t to[OA_VECTORS_MAX];
    for (uint32_t i = 0; i < p->n; i++) {
        int32_t *field = e->field + (size_t)i * (size_t)(n - 1);
        if (i % CANCEL_EVERY == 0) OA_TRY(oa_check_cancelled(context));
        oa_periodic__neighbours(p, i, to);
        for (int m = 0; m < p->n_shells; m++) {
            const int32_t *v = e->table + (size_t)m * square_of(e);
            for (int k = 0; k < p->shell[m].coordination; k++) {
                const int s = e->species[to[p->shell[m].first + k]];
                for (int t = 1; t < n; t++) field[t - 1] += v[t * n + s] - v[s];
            }
        }
    }
    return OA_OK;
}

EACH uint32_t near_bit(uint32_t gap) { return gap * 2654435769u >> (32 - OA_EXCHANGE_NEAR_BITS); }

/* Marks how far apart in number, whole sublattices left out, neighbours can be: along each axis a step may cross the face of the box or not. */
static void mark_near(oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    const int64_t nx = p->cells[0], ny = p->cells[1], nz = p->cells[2], n = p->n_cells;
    for (int b = 0; b < p->sublattices; b++)
        for (int k = 0; k < p->n_vectors; k++)
            for (int cross = 0; cross < 27; cross++) {
                const int32_t *step = p->step[b][k];
                const int64_t x = step[0] + (cross % 3 - 1) * nx, y = step[1] + (cross / 3 % 3 - 1) * ny, z = step[2] + (cross / 9 - 1) * nz;
                const int64_t gap = (((z * ny + y) * nx + x) % n + n) % n;
                e->near[near_bit((uint32_t)gap) / 32] |= 1u << near_bit((uint32_t)gap) % 32;
                e->near[near_bit((uint32_t)((n - gap) % n)) / 32] |= 1u << near_bit((uint32_t)((n - gap) % n)) % 32;
            }
}

oa_status oa_exchange__make(oa_arena *arena, const oa_exchange_setup *setup, oa_exchange *out)
{
    const size_t n = setup->crystal->n, species = (size_t)setup->n_species, shells = (size_t)setup->crystal->n_shells;
    *out = (oa_exchange){ .setup = *setup };
    OA_TRY(oa_arena_take(arena, &out->species, n, sizeof *out->species));
    OA_TRY(oa_arena_take(arena, &out->order, n, sizeof *out->order));
    OA_TRY(oa_arena_take(arena, &out->field, n * (species - 1), sizeof *out->field));
    OA_TRY(oa_arena_take(arena, &out->table, shells * species * species, sizeof *out->table));
    OA_TRY(oa_arena_take(arena, &out->change, species * species * (size_t)setup->crystal->n_vectors * (species - 1), sizeof *out->change));
    OA_TRY(oa_arena_take(arena, &out->memo, 1, sizeof *out->memo));
    quantise(out);
    set_changes(out);
    mark_near(out);
    OA_TRY(spread(arena->context, out));
    return set_fields(arena->context, out);
}

double oa_exchange__memory(double sites, int n_species) { return sites * (1 + 4 + 4.0 * (n_species - 1)) + (double)sizeof(oa_exchange_memo) + 65536; }

double oa_exchange__energy(const oa_exchange *e, const uint64_t *pairs)
{
    const int n = e->setup.n_species;
    double sum = 0;
    for (int m = 0; m < e->setup.crystal->n_shells; m++)
        for (int a = 0; a < n; a++)
            for (int b = a; b < n; b++) {
                const size_t k = (size_t)m * square_of(e) + (size_t)(a * n + b);
                sum += e->setup.energies[k] * (double)pairs[k];
            }
    return sum / e->setup.crystal->n;
}

/* ---------------------------------------------------------------------------------------------- one exchange */

static void set_temperature(oa_exchange *e, double temperature)
{
    if (temperature == e->temperature) return;
    e->temperature = temperature;
    memset(e->memo, 0, sizeof *e->memo); /* an energy of 0 is never looked up */
}

EACH double chance_of(oa_exchange *e, int32_t energy)
{
    const uint32_t slot = (uint32_t)energy * 2654435769u >> 20;
    oa_exchange_memo *memo = e->memo;
    if (memo->energy[slot] != energy) {
        memo->energy[slot] = energy;
        memo->chance[slot] = exp(-(double)energy * e->quantum / (OA_BOLTZMANN * e->temperature));
    }
    return memo->chance[slot];
}

/* What the fields of two neighbours of species a and b leave out: their own pair stays as it is. */
static int32_t own_pairs(const oa_exchange *e, uint32_t i, uint32_t j, int a, int b)
{
    const oa_periodic *p = e->setup.crystal;
    const int n = e->setup.n_species;
    uint32_t to[OA_VECTORS_MAX];
    int32_t sum = 0;
    oa_periodic__neighbours(p, i, to);
    for (int m = 0; m < p->n_shells; m++) {
        const int32_t *v = e->table + (size_t)m * square_of(e);
        int32_t times = 0;
        for (int k = 0; k < p->shell[m].coordination; k++) times += to[p->shell[m].first + k] == j;
        sum += times * (v[a * n + a] + v[b * n + b] - 2 * v[a * n + b]);
    }
    return sum;
}

EACH bool may_be_near(const oa_exchange *e, uint32_t i, uint32_t j)
{
    const uint32_t n = e->setup.crystal->n_cells;
    uint32_t gap = i > j ? i - j : j - i;
    gap -= gap / 2 >= n ? 2 * n : 0; /* at most four sublattices lie one after the other */
    gap -= gap >= n ? n : 0;
    return e->near[near_bit(gap) / 32] >> near_bit(gap) % 32 & 1;
}

EACH void change_around(oa_exchange *e, uint32_t site, int a, int b, int others)
{
    const oa_periodic *p = e->setup.crystal;
    const oa_spot spot = oa_periodic_spot(p, site);
    const int n = p->n_vectors;
    const int32_t *restrict change = e->change + (size_t)(a * e->setup.n_species + b) * (size_t)(n * others), *restrict offset = p->offset[spot.sublattice];
    int32_t *restrict field = e->field + (size_t)site * (size_t)others;
    e->species[site] = (uint8_t)b;
    if (oa_periodic_is_inside(p, &spot)) {
        for (int k = 0; k < n; k++)
            for (int t = 0; t < others; t++) field[(ptrdiff_t)offset[k] * others + t] += change[k * others + t];
        return;
    }
    oa_faces faces;
    oa_periodic_cross(p, &spot, &faces);
    for (int k = 0; k < n; k++) {
        int32_t *at = e->field + (size_t)oa_periodic_cross_to(p, &faces, spot.sublattice, k) * (size_t)others;
        for (int t = 0; t < others; t++) at[t] += change[k * others + t];
    }
}

EACH int32_t field_of(const oa_exchange *e, uint32_t site, int species, int others)
{
    return species ? e->field[(size_t)site * (size_t)others + (size_t)(species - 1)] : 0;
}

/* Site i of species a, j of species b: true where they were exchanged. */
EACH bool try_exchange(oa_exchange *e, uint32_t i, uint32_t j, int a, int b, uint64_t word, int others)
{
    int32_t energy = (field_of(e, i, b, others) - field_of(e, i, a, others)) + (field_of(e, j, a, others) - field_of(e, j, b, others));
    if (may_be_near(e, i, j)) energy -= own_pairs(e, i, j, a, b);
    if (energy > 0 && !((double)(word >> 11) * 0x1p-53 < chance_of(e, energy))) return false;
    change_around(e, i, a, b, others);
    change_around(e, j, b, a, others);
    e->energy += energy;
    e->accepted++;
    return true;
}

/* ---------------------------------------------------------------------------------------------- a sweep */

typedef struct batch {
    uint32_t w[4][BATCH]; /* four words of every attempt */
    size_t n;
} batch;

/* The words that oa_philox gives at counter first, first + 1, ...: the same rounds, attempt beside attempt. */
static void draw(const oa_exchange *e, uint64_t first, batch *out)
{
    const uint64_t seed = e->setup.seed, stream = STREAM_ATTEMPTS;
    INDEPENDENT
    for (size_t i = 0; i < BATCH; i++) {
        const uint64_t counter = first + i;
        uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
        uint32_t x0 = (uint32_t)counter, x1 = (uint32_t)(counter >> 32), x2 = (uint32_t)stream, x3 = (uint32_t)(stream >> 32);
        for (int round = 0; round < 10; round++) {
            const uint64_t p0 = (uint64_t)0xD2511F53u * x0, p1 = (uint64_t)0xCD9E8D57u * x2;
            x0 = (uint32_t)(p1 >> 32) ^ x1 ^ k0;
            x1 = (uint32_t)p1;
            x2 = (uint32_t)(p0 >> 32) ^ x3 ^ k1;
            x3 = (uint32_t)p0;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        out->w[0][i] = x0, out->w[1][i] = x1, out->w[2][i] = x2, out->w[3][i] = x3;
    }
}

EACH uint32_t below(uint32_t word, uint32_t n) { return (uint32_t)((uint64_t)word * n >> 32); }

EACH int species_at(const oa_exchange *e, uint32_t place)
{
    int s = 0;
    while (place >= e->first[s + 1]) s++;
    return s;
}

/* Places in e->order of two sites of different species. A place is drawn with the same chance whoever stands there, so an exchange and its
 * reverse are tried equally often. */
EACH void places_of(const oa_exchange *e, const batch *b, size_t k, uint32_t *p, uint32_t *q, int *s)
{
    *p = below(b->w[0][k], e->setup.crystal->n);
    *s = species_at(e, *p);
    const uint32_t own = e->first[*s + 1] - e->first[*s], other = below(b->w[1][k], e->setup.crystal->n - own);
    *q = other < e->first[*s] ? other : other + own;
}

EACH void any_pairs(oa_exchange *e, const batch *b, int others)
{
    uint32_t p[BATCH], q[BATCH], *order = e->order;
    int s[BATCH];
    for (size_t k = 0; k < b->n; k++) {
        places_of(e, b, k, &p[k], &q[k], &s[k]);
        __builtin_prefetch(&order[p[k]]);
        __builtin_prefetch(&order[q[k]]);
    }
    for (size_t k = 0; k < b->n; k++) {
        if (k + AHEAD < b->n) {
            __builtin_prefetch(&e->field[(size_t)order[p[k + AHEAD]] * (size_t)others], 1);
            __builtin_prefetch(&e->field[(size_t)order[q[k + AHEAD]] * (size_t)others], 1);
        }
        const uint32_t i = order[p[k]], j = order[q[k]];
        const uint64_t word = (uint64_t)b->w[2][k] << 32 | b->w[3][k];
        if (!try_exchange(e, i, j, s[k], species_at(e, q[k]), word, others)) continue;
        order[p[k]] = j;
        order[q[k]] = i;
    }
}

EACH void near_pairs(oa_exchange *e, const batch *b, int others)
{
    const oa_periodic *c = e->setup.crystal;
    for (size_t k = 0; k < b->n; k++) {
        const uint32_t i = below(b->w[0][k], c->n);
        const oa_spot spot = oa_periodic_spot(c, i);
        oa_faces faces;
        oa_periodic_cross(c, &spot, &faces);
        const uint32_t j = oa_periodic_cross_to(c, &faces, spot.sublattice, (int)below(b->w[1][k], (uint32_t)c->shell[0].coordination));
        if (e->species[i] == e->species[j]) continue;
        try_exchange(e, i, j, e->species[i], e->species[j], (uint64_t)b->w[2][k] << 32 | b->w[3][k], others);
    }
}

oa_status oa_exchange__sweep(oa_context *context, oa_exchange *e, double temperature)
{
    const uint32_t n = e->setup.crystal->n;
    const int others = e->setup.n_species - 1;
    batch b;
    set_temperature(e, temperature);
    for (uint32_t done = 0; done < n; done += (uint32_t)b.n) {
        b.n = n - done < BATCH ? n - done : BATCH;
        draw(e, e->attempts, &b);
        e->attempts += b.n;
        if (e->setup.neighbours_only) near_pairs(e, &b, others);
        else if (others == 1) any_pairs(e, &b, 1); /* the compiler knows the stride */
        else any_pairs(e, &b, others);
        if (done % CANCEL_EVERY < BATCH) OA_TRY(oa_check_cancelled(context));
    }
    return OA_OK;
}
