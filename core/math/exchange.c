/* exchange.c - see exchange.h.
 *
 * Every site keeps what its energy would be with each species, so that an attempt reads two sites and only an exchange visits their
 * neighbours, by steps that all sites as far from the faces of the box share. Attempt number k draws from (seed, k) alone: numbers are
 * made in batches, and what they point to is fetched ahead. Simple cases of two species go by exchange_two.c instead. */
#include "math/exchange.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "math/exchange_two.h"

enum { STREAM_START = 0x4d01, STREAM_ATTEMPTS = 0x4d02 };
enum { BATCH = OA_EXCHANGE_BATCH, AHEAD = 12, CANCEL_EVERY = 1 << 20 };
#define LARGEST 134217728.0 /* 2^27 quanta: twice and with a correction still far from the end of int32 */
#define EACH static inline __attribute__((always_inline))

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#define SIX_AT_A_TIME _Pragma("clang loop unroll_count(6)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#define SIX_AT_A_TIME _Pragma("GCC unroll 6")
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

/* Energies end with a shell: its vectors and those before, the first shell and those asked for at least. */
static void choose_vectors(oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    e->n_shells = e->setup.shells > 1 ? e->setup.shells : 1;
    for (int m = e->n_shells; m < p->n_shells; m++)
        for (size_t k = 0; k < square_of(e); k++)
            if (e->table[(size_t)m * square_of(e) + k]) e->n_shells = m + 1;
    e->n_vectors = p->shell[e->n_shells - 1].first + p->shell[e->n_shells - 1].coordination;
    for (int i = 0; i < p->sublattices * e->n_vectors * 3; i++) {
        const uint32_t span = (uint32_t)abs(p->step[i / 3 / e->n_vectors][i / 3 % e->n_vectors][i % 3]);
        if (span > e->reach[i % 3]) e->reach[i % 3] = span;
    }
}

static void set_changes(oa_exchange *e)
{
    const int n = e->setup.n_species;
    int32_t *out = e->change;
    for (int a = 0; a < n; a++)
        for (int b = 0; b < n; b++)
            for (int m = 0; m < e->n_shells; m++) {
                const int32_t *v = e->table + (size_t)m * square_of(e);
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

/* Places that the cells along an axis have: each near a face its own, all between one. */
static uint32_t count_places(const oa_exchange *e, int d)
{
    const uint32_t cells = e->setup.crystal->cells[d], most = 2 * e->reach[d] + 1;
    return cells < most ? cells : most;
}

static uint32_t place_of(const oa_exchange *e, int d, uint32_t cell)
{
    const uint32_t count = count_places(e, d), half = count / 2, left = e->setup.crystal->cells[d] - cell;
    return cell < half ? cell : left <= half ? count - left : half;
}

/* Where the steps of all sites of a row are in e->lead, and what its cells along x add. */
static oa_status set_places(oa_arena *arena, oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    const uint32_t n = (uint32_t)e->n_vectors, rows = p->n / p->cells[0];
    OA_TRY(oa_arena_take(arena, &e->row, rows, sizeof *e->row));
    OA_TRY(oa_arena_take(arena, &e->column, p->cells[0], sizeof *e->column));
    for (uint32_t x = 0; x < p->cells[0]; x++) e->column[x] = place_of(e, 0, x) * n;
    for (uint32_t i = 0; i < rows; i++) {
        const oa_spot spot = oa_periodic_spot(p, i * p->cells[0]);
        const uint32_t yz = place_of(e, 2, spot.at[2]) * count_places(e, 1) + place_of(e, 1, spot.at[1]);
        e->row[i] = (spot.sublattice * count_places(e, 1) * count_places(e, 2) + yz) * count_places(e, 0) * n;
    }
    return OA_OK;
}

EACH uint32_t near_bit(uint32_t gap) { return gap * 2654435769u >> (32 - OA_EXCHANGE_NEAR_BITS); }

static oa_status set_leads(oa_arena *arena, oa_exchange *e)
{
    const oa_periodic *p = e->setup.crystal;
    size_t n = (size_t)e->n_vectors * (size_t)p->sublattices;
    uint32_t to[OA_VECTORS_MAX];
    for (int d = 0; d < 3; d++) n *= count_places(e, d);
    OA_TRY(set_places(arena, e));
    OA_TRY(oa_arena_take(arena, &e->lead, n, sizeof *e->lead));
    for (uint32_t i = 0; i < p->n; i++) {
        int32_t *lead = oa_exchange_leads(e, i);
        if (lead[0]) continue; /* seen */
        oa_periodic__neighbours(p, i, to);
        for (int k = 0; k < e->n_vectors; k++) {
            lead[k] = (int32_t)(to[k] - i);
            e->near[near_bit((uint32_t)lead[k]) / 32] |= 1u << near_bit((uint32_t)lead[k]) % 32;
        }
    }
    return OA_OK;
}

oa_status oa_exchange__make(oa_arena *arena, const oa_exchange_setup *setup, oa_exchange *out)
{
    const size_t n = setup->crystal->n, species = (size_t)setup->n_species, shells = (size_t)setup->crystal->n_shells;
    *out = (oa_exchange){ .setup = *setup };
    OA_TRY(oa_arena_take(arena, &out->species, n, sizeof *out->species));
    OA_TRY(oa_arena_take(arena, &out->order, n, sizeof *out->order));
    OA_TRY(oa_arena_take(arena, &out->table, shells * species * species, sizeof *out->table));
    OA_TRY(oa_arena_take(arena, &out->change, species * species * shells * (species - 1), sizeof *out->change));
    OA_TRY(oa_arena_take(arena, &out->memo, OA_EXCHANGE_MEMO, sizeof *out->memo));
    quantise(out);
    choose_vectors(out);
    set_changes(out);
    OA_TRY(set_leads(arena, out));
    OA_TRY(spread(arena->context, out));
    OA_TRY(oa_two__make(arena, out));
    if (out->two) return OA_OK;
    OA_TRY(oa_arena_take(arena, &out->field, n * (species - 1), sizeof *out->field));
    return set_fields(arena->context, out);
}

double oa_exchange__memory(double sites, double rows, int n_species)
{
    return sites * (1 + 4 + 4.0 * (n_species - 1)) + rows * 4 + 262144;
}

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

uint64_t oa_exchange__limit(const oa_exchange *e, int32_t rise)
{
    return rise > 0 ? (uint64_t)ceil(exp(-(double)rise * e->quantum / (OA_BOLTZMANN * e->temperature)) * 0x1p53) : UINT64_C(1) << 53;
}

static void set_temperature(oa_exchange *e, double temperature)
{
    if (temperature == e->temperature) return;
    e->temperature = temperature;
    memset(e->memo, 0, OA_EXCHANGE_MEMO * sizeof *e->memo);
    e->memo[0].limit = UINT64_C(1) << 53; /* of an energy of 0, which is looked up nowhere else */
    if (e->two) oa_two__heat(e);
}

/* Whether a word of 53 bits over 2^53 is below the chance of that energy. One branch, as nobody can foresee it. */
EACH bool takes_place(oa_exchange *e, int32_t energy, uint64_t word)
{
    const int32_t rise = energy > 0 ? energy : 0;
    oa_exchange_memo *memo = &e->memo[(uint32_t)rise * 2654435769u >> 20];
    if (__builtin_expect(memo->energy != rise, 0)) *memo = (oa_exchange_memo){ oa_exchange__limit(e, rise), rise };
    return word < memo->limit;
}

/* What the fields of two neighbours of species a and b leave out: their own pair stays as it is. */
static int32_t own_pairs(const oa_exchange *e, uint32_t i, uint32_t j, int a, int b)
{
    const oa_periodic *p = e->setup.crystal;
    const int n = e->setup.n_species;
    const int32_t *lead = oa_exchange_leads(e, i), gap = (int32_t)(j - i);
    int32_t sum = 0;
    for (int m = 0; m < e->n_shells; m++) {
        const int32_t *v = e->table + (size_t)m * square_of(e);
        int32_t times = 0;
        for (int k = 0; k < p->shell[m].coordination; k++) times += lead[p->shell[m].first + k] == gap;
        sum += times * (v[a * n + a] + v[b * n + b] - 2 * v[a * n + b]);
    }
    return sum;
}

EACH bool may_be_near(const oa_exchange *e, uint32_t i, uint32_t j)
{
    const uint32_t bit = near_bit(j - i);
    return e->near[bit / 32] >> bit % 32 & 1;
}

EACH void change_around(oa_exchange *e, uint32_t site, int a, int b, int others)
{
    const oa_periodic *p = e->setup.crystal;
    const int32_t *restrict lead = oa_exchange_leads(e, site), *change = e->change + (a * e->setup.n_species + b) * e->n_shells * others;
    int32_t *restrict field = e->field + (size_t)site * (size_t)others;
    e->species[site] = (uint8_t)b;
    for (int m = 0; m < e->n_shells; m++, change += others) {
        const int n = p->shell[m].coordination;
        if (others == 1) {
            const int32_t by = *change;
            SIX_AT_A_TIME
            for (int k = 0; k < n; k++) field[lead[k]] += by;
        } else {
            for (int k = 0; k < n; k++)
                for (int t = 0; t < others; t++) field[(ptrdiff_t)lead[k] * others + t] += change[t];
        }
        lead += n;
    }
}

EACH int32_t field_of(const oa_exchange *e, uint32_t site, int species, int others)
{
    return species ? e->field[(size_t)site * (size_t)others + (size_t)(species - 1)] : 0;
}

/* Site i of species a, j of species b: true where they were exchanged. */
EACH bool try_exchange(oa_exchange *e, uint32_t i, uint32_t j, int a, int b, uint64_t word, int others)
{
    int32_t energy;
    if (others == 1) energy = a ? e->field[j] - e->field[i] : e->field[i] - e->field[j];
    else energy = (field_of(e, i, b, others) - field_of(e, i, a, others)) + (field_of(e, j, a, others) - field_of(e, j, b, others));
    if (__builtin_expect(may_be_near(e, i, j), 0)) energy -= own_pairs(e, i, j, a, b);
    if (!takes_place(e, energy, word >> 11)) return false;
    change_around(e, i, a, b, others);
    change_around(e, j, b, a, others);
    e->energy += energy;
    e->accepted++;
    return true;
}

/* ---------------------------------------------------------------------------------------------- a sweep */

typedef oa_exchange_words batch;

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

EACH int species_at(const oa_exchange *e, uint32_t place, int others)
{
    int s = 0;
    if (others == 1) return place >= e->first[1];
    while (place >= e->first[s + 1]) s++;
    return s;
}

/* Places in e->order of two sites of different species. A place is drawn with the same chance whoever stands there, so an exchange and its
 * reverse are tried equally often. */
EACH void places_of(const oa_exchange *e, const batch *b, size_t k, uint32_t *p, uint32_t *q, int others)
{
    *p = oa_exchange_below(b->w[0][k], e->setup.crystal->n);
    const int s = species_at(e, *p, others);
    const uint32_t own = e->first[s + 1] - e->first[s], other = oa_exchange_below(b->w[1][k], e->setup.crystal->n - own);
    *q = other + (other < e->first[s] ? 0 : own);
}

EACH void any_pairs(oa_exchange *e, const batch *b, int others, bool is_far)
{
    uint32_t p[BATCH], q[BATCH], *order = e->order;
    for (size_t k = 0; k < b->n; k++) {
        places_of(e, b, k, &p[k], &q[k], others);
        if (!is_far) continue;
        __builtin_prefetch(&order[p[k]]);
        __builtin_prefetch(&order[q[k]]);
    }
    for (size_t k = 0; k < b->n; k++) {
        if (is_far && k + AHEAD < b->n) {
            __builtin_prefetch(&e->field[(size_t)order[p[k + AHEAD]] * (size_t)others], 1);
            __builtin_prefetch(&e->field[(size_t)order[q[k + AHEAD]] * (size_t)others], 1);
        }
        const uint32_t i = order[p[k]], j = order[q[k]];
        const uint64_t word = (uint64_t)b->w[2][k] << 32 | b->w[3][k];
        if (!try_exchange(e, i, j, species_at(e, p[k], others), species_at(e, q[k], others), word, others)) continue;
        order[p[k]] = j;
        order[q[k]] = i;
    }
}

EACH void near_pairs(oa_exchange *e, const batch *b, int others)
{
    const oa_periodic *c = e->setup.crystal;
    for (size_t k = 0; k < b->n; k++) {
        const uint32_t i = oa_exchange_below(b->w[0][k], c->n);
        const uint32_t j = i + (uint32_t)oa_exchange_leads(e, i)[oa_exchange_below(b->w[1][k], (uint32_t)c->shell[0].coordination)];
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
        else if (e->two) oa_two__attempts(e, &b);
        else if (others == 1) any_pairs(e, &b, 1, n > OA_EXCHANGE_FAR); /* the compiler knows the stride */
        else any_pairs(e, &b, others, true);
        if (done % CANCEL_EVERY < BATCH) OA_TRY(oa_check_cancelled(context));
    }
    if (e->two) oa_two__show(e);
    return OA_OK;
}
