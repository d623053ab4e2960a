/* reverse.c - see reverse.h.
 *
 * An exchange changes pairs of its two species with each other and with the rest, by the difference of what surrounds both sites: an attempt
 * counts the neighbours of two sites, whatever the number of targets. */
#include "math/reverse.h"

#include <math.h>
#include <string.h>

#include "base/random.h"

enum { STREAM_REVERSE = 0x4d03, CANCEL_EVERY = 1 << 16 };
#define ROUNDING 1e-6 /* pairs: a target typed from whole pairs is met by them */

double oa_reverse_random(const oa_periodic *crystal, const uint64_t *counts, int shell, int a, int b)
{
    return (double)counts[a] * (double)counts[b] / crystal->n * crystal->shell[shell].coordination;
}

double oa_reverse_step(int n_species) { return n_species == 2 ? 2 : 1; }

double oa_reverse__alpha(const oa_pair_target *t) { return 1 - (double)t->pairs / t->random; }

bool oa_reverse__is_near(const oa_pair_target *t) { return fabs((double)t->pairs - t->aim) <= t->slack + ROUNDING; }

double oa_reverse__cost(const oa_reverse *r)
{
    double sum = 0;
    for (int k = 0; k < r->n; k++) {
        const double off = ((double)r->target[k].pairs - r->target[k].aim) / r->target[k].random;
        sum += r->target[k].weight * off * off;
    }
    return sum;
}

static bool is_met(const oa_reverse *r)
{
    for (int k = 0; k < r->n; k++)
        if (!oa_reverse__is_near(&r->target[k])) return false;
    return true;
}

oa_status oa_reverse__make(oa_arena *arena, oa_exchange *chain, oa_pair_target *targets, int n, oa_reverse *out)
{
    const oa_periodic *crystal = chain->setup.crystal;
    const size_t species = (size_t)chain->setup.n_species;
    uint64_t *pairs;
    *out = (oa_reverse){ .chain = chain, .target = targets, .n = n };
    OA_TRY(oa_arena_take(arena, &pairs, (size_t)crystal->n_shells * species * species, sizeof *pairs));
    oa_periodic__count(crystal, chain->species, chain->setup.n_species, pairs);
    for (int k = 0; k < n; k++) {
        oa_pair_target *t = &targets[k];
        const double step = oa_reverse_step(chain->setup.n_species);
        t->random = oa_reverse_random(crystal, chain->setup.counts, t->shell, t->a, t->b);
        t->aim = (1 - t->alpha) * t->random;
        t->slack = fmax(t->tolerance * t->random, step);
        t->pairs = (int64_t)pairs[((size_t)t->shell * species + (size_t)t->a) * species + (size_t)t->b];
        out->is_used[t->shell] = true;
    }
    out->is_met = is_met(out);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- one exchange */

/* Neighbours of the second of two species, but for those `gap` sites on: pairs of the two sites with each other stay, so they do not count. */
static int32_t count_second(const uint8_t *species, const int32_t *lead, int n, int32_t gap)
{
    int32_t sum = 0;
    for (int k = 0; k < n; k++) sum += lead[k] != gap ? species[lead[k]] : 0;
    return sum;
}

static void count_all(const uint8_t *species, const int32_t *lead, int n, int32_t gap, int by, int8_t *around)
{
    for (int k = 0; k < n; k++) around[species[lead[k]]] += (int8_t)(lead[k] != gap ? by : 0);
}

static void look_around(oa_reverse *r, uint32_t i, uint32_t j)
{
    const oa_exchange *e = r->chain;
    const uint8_t *at_i = e->species + i, *at_j = e->species + j;
    const int32_t *of_i = oa_exchange_leads(e, i), *of_j = oa_exchange_leads(e, j), gap = (int32_t)(j - i);
    for (int m = 0; m < e->n_shells; m++) {
        const int first = e->setup.crystal->shell[m].first, n = e->setup.crystal->shell[m].coordination;
        int8_t *around = r->around[m];
        if (!r->is_used[m]) continue;
        if (e->setup.n_species == 2) { /* both have as many neighbours */
            around[1] = (int8_t)(count_second(at_i, of_i + first, n, gap) - count_second(at_j, of_j + first, n, -gap));
            around[0] = (int8_t)-around[1];
        } else {
            memset(around, 0, (size_t)e->setup.n_species);
            count_all(at_i, of_i + first, n, gap, 1, around);
            count_all(at_j, of_j + first, n, -gap, -1, around);
        }
    }
}

/* By how many pairs of species x and y change where a site of species a becomes one of b and another the reverse. */
static int32_t change_of(const int8_t *around, int x, int y, int a, int b)
{
    if ((x == a && y == b) || (x == b && y == a)) return around[a] - around[b];
    if (x == a) return -around[y];
    if (y == a) return -around[x];
    if (x == b) return around[y];
    return y == b ? around[x] : 0;
}

/* How much an exchange of a site of species a with one of b would add to the cost; remembers what it would change. */
static double rise_of(oa_reverse *r, int a, int b)
{
    double rise = 0;
    for (int k = 0; k < r->n; k++) {
        oa_pair_target *t = &r->target[k];
        t->change = change_of(r->around[t->shell], t->a, t->b, a, b);
        const double off = (double)t->pairs - t->aim;
        rise += t->weight * t->change * (2 * off + t->change) / (t->random * t->random);
    }
    return rise;
}

static bool try_exchange(oa_reverse *r, uint32_t i, uint32_t j, const uint32_t w[4], double temperature)
{
    oa_exchange *e = r->chain;
    const uint8_t a = e->species[i], b = e->species[j];
    look_around(r, i, j);
    const double rise = rise_of(r, a, b) * e->setup.crystal->n;
    const uint64_t word = ((uint64_t)w[2] << 32 | w[3]) >> 11;
    if (rise > 0 && !((double)word * 0x1p-53 < exp(-rise / temperature))) return false;
    e->species[i] = b;
    e->species[j] = a;
    for (int k = 0; k < r->n; k++) r->target[k].pairs += r->target[k].change;
    e->accepted++;
    r->is_met = is_met(r);
    return true;
}

/* ---------------------------------------------------------------------------------------------- a sweep */

static uint32_t below(uint32_t word, uint32_t n) { return (uint32_t)((uint64_t)word * n >> 32); }

/* Two sites of different species, as in exchange.c: a place is drawn with the same chance whoever stands there. */
static void any_pair(oa_reverse *r, const uint32_t w[4], double temperature)
{
    oa_exchange *e = r->chain;
    const uint32_t n = e->setup.crystal->n, p = below(w[0], n), i = e->order[p], *first = &e->first[e->species[i]];
    const uint32_t own = first[1] - first[0], other = below(w[1], n - own), q = other + (other < first[0] ? 0 : own), j = e->order[q];
    if (!try_exchange(r, i, j, w, temperature)) return;
    e->order[p] = j;
    e->order[q] = i;
}

static void near_pair(oa_reverse *r, const uint32_t w[4], double temperature)
{
    const oa_exchange *e = r->chain;
    const oa_periodic *c = e->setup.crystal;
    const uint32_t i = below(w[0], c->n), j = i + (uint32_t)oa_exchange_leads(e, i)[below(w[1], (uint32_t)c->shell[0].coordination)];
    if (e->species[i] != e->species[j]) try_exchange(r, i, j, w, temperature);
}

oa_status oa_reverse__sweep(oa_context *context, oa_reverse *r, double temperature)
{
    oa_exchange *e = r->chain;
    for (uint32_t done = 0; done < e->setup.crystal->n && !r->is_met; done++) {
        uint32_t w[4];
        if (done % CANCEL_EVERY == 0) OA_TRY(oa_check_cancelled(context));
        oa_philox(e->setup.seed, STREAM_REVERSE, e->attempts++, w);
        if (e->setup.neighbours_only) near_pair(r, w, temperature);
        else any_pair(r, w, temperature);
    }
    return OA_OK;
}
