/* exchange.h - Metropolis Monte Carlo on a lattice at fixed composition: two sites of different species exchange them (Kawasaki, Phys. Rev. 145
 * (1966) 224) with probability min(1, exp(-dE / kT)), E = sum over shells and pairs of V_shell(species, species). */
#ifndef OA_MATH_EXCHANGE_H
#define OA_MATH_EXCHANGE_H

#include "base/memory.h"
#include "math/periodic.h"

enum { OA_EXCHANGE_SPECIES_MAX = 16 };
#define OA_BOLTZMANN 8.617333262145179e-5 /* eV/K, exact by the SI of 2019 */

typedef struct oa_exchange_setup {
    const oa_periodic *crystal;
    int n_species;
    const uint64_t *counts;  /* (n_species) sites of each; they fill the crystal */
    const double *energies;  /* (n_shells, n_species, n_species) eV, symmetric */
    uint64_t seed;
    bool neighbours_only;    /* exchange nearest neighbours; else any two sites of different species */
    int shells;              /* that oa_exchange_leads must reach at least, whatever has energies; 0: the first */
} oa_exchange_setup;

/* Chances exp(-dE / kT) that were computed before, as words of 53 bits: an exchange takes place below. At most that many energies are remembered. */
enum { OA_EXCHANGE_MEMO = 4096, OA_EXCHANGE_NEAR_BITS = 14 };
typedef struct oa_exchange_memo {
    uint64_t limit;
    int32_t energy;
} oa_exchange_memo;

/* Four words of every attempt. */
enum { OA_EXCHANGE_BATCH = 256, OA_EXCHANGE_FAR = 1 << 16 /* more sites leave the nearer caches: what comes next is fetched ahead */ };
typedef struct oa_exchange_words {
    uint32_t w[4][OA_EXCHANGE_BATCH];
    size_t n; /* attempts */
} oa_exchange_words;
static inline uint32_t oa_exchange_below(uint32_t word, uint32_t n) { return (uint32_t)((uint64_t)word * n >> 32); }

typedef struct oa_exchange {
    oa_exchange_setup setup;
    uint8_t *species;   /* (n) of each site */
    /* energies are whole multiples of `quantum`, at most 2^-28 of the largest change: sums are exact and nothing drifts */
    double quantum;
    int32_t *table;     /* (n_shells, n_species, n_species) */
    int32_t *field;     /* (n, n_species - 1) energy of the site with species 1, 2, ... less that with species 0; NULL beside `two` */
    int32_t *change;    /* (n_species, n_species, n_shells, n_species - 1) of the field of a neighbour when a becomes b */
    int n_shells, n_vectors; /* of the crystal: those that have energies, and the first */
    /* steps to the neighbours: a site near a face of the box has its own, all others of a sublattice the same */
    uint32_t reach[3];  /* cells that any of these vectors spans at most */
    uint32_t *row, *column; /* (n / cells along x), (cells along x): where they are, summed */
    int32_t *lead;      /* (sublattices, places along z, y, x, n_vectors) what they add to the number of the site */
    uint32_t *order;    /* (n) sites sorted by species; any pair: which sites exchange. Beside `two` spots instead */
    uint32_t first[OA_EXCHANGE_SPECIES_MAX + 1]; /* of each species in order */
    uint32_t near[1 << (OA_EXCHANGE_NEAR_BITS - 5)]; /* bits, hashed: a neighbour may be so far on in number */
    double temperature; /* that of the memo, K */
    oa_exchange_memo *memo; /* (OA_EXCHANGE_MEMO) by hash of the energy */
    struct oa_two *two; /* what attempts of two species need in simple cases; else NULL */
    uint64_t attempts, accepted;
    int64_t energy;     /* of what has changed since the start, in quanta */
} oa_exchange;

/* Species spread at random; memory belongs to the arena. */
oa_status oa_exchange__make(oa_arena *arena, const oa_exchange_setup *setup, oa_exchange *out) OA_MUST_USE;
/* Steps from a site to its neighbours: n_vectors, shell after shell. */
static inline int32_t *oa_exchange_leads(const oa_exchange *chain, uint32_t site)
{
    const oa_periodic *p = chain->setup.crystal;
    const uint32_t row = oa_divide(site, p->by[0]);
    return chain->lead + chain->row[row] + chain->column[site - row * p->cells[0]];
}

/* As many attempts as there are sites. temperature above 0, K. A sweep depends on seed, state and the number of attempts before it. Fails only where it is
 * cancelled. */
oa_status oa_exchange__sweep(oa_context *context, oa_exchange *chain, double temperature) OA_MUST_USE;
/* Whether an exchange takes place: where a word of 53 bits is below this. rise: of the energy, in quanta. */
uint64_t oa_exchange__limit(const oa_exchange *chain, int32_t rise);
/* eV per site, from pairs counted by oa_periodic__count. */
double oa_exchange__energy(const oa_exchange *chain, const uint64_t *pairs);
/* Bytes of a chain; rows: sites over cells along x. */
double oa_exchange__memory(double sites, double rows, int n_species);

#endif
