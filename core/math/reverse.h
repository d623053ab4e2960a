/* reverse.h - reverse Monte Carlo on a lattice (McGreevy & Pusztai, Mol. Simul. 1 (1988) 359): sites exchange their species until the pairs of
 * neighbours have the Warren-Cowley parameters asked for, cost = sum over targets of weight * (alpha - alpha of the target)^2. */
#ifndef OA_MATH_REVERSE_H
#define OA_MATH_REVERSE_H

#include "math/exchange.h"

typedef struct oa_pair_target {
    int shell, a, b;          /* shell from 0; two different species */
    double alpha;             /* 1 - pairs / random */
    double weight, tolerance; /* of alpha, 0 at least */
    /* set by oa_reverse__make */
    double random, aim, slack; /* pairs: where alpha is 0; wanted; that may be missing or too many, one step of whole pairs at least */
    int64_t pairs;            /* now: whole numbers, so that nothing drifts */
    int32_t change;           /* by the exchange that is tried */
} oa_pair_target;

typedef struct oa_reverse {
    oa_exchange *chain;       /* its sites and the order of them; energies have no part */
    oa_pair_target *target;   /* (n) */
    int n;
    bool is_met;
    int8_t around[OA_SHELLS_MAX][OA_EXCHANGE_SPECIES_MAX]; /* neighbours of the first site less those of the second, by species */
    bool is_used[OA_SHELLS_MAX];
} oa_reverse;

/* Pairs of species a and b, unlike, that a spread with alpha = 0 has in a shell. */
double oa_reverse_random(const oa_periodic *crystal, const uint64_t *counts, int shell, int a, int b);
/* Whole pairs by which their number changes at least. Two of two species: unlike pairs are all that end at a species less twice its like ones. */
double oa_reverse_step(int n_species);

/* chain was made with setup.shells as far as the targets reach; it and the targets stay the caller's, and both change. */
oa_status oa_reverse__make(oa_arena *arena, oa_exchange *chain, oa_pair_target *targets, int n, oa_reverse *out) OA_MUST_USE;
/* As many attempts as there are sites, or until all targets are met. temperature: that of the cost, times the number of sites, above 0; what a sweep does depends
 * on seed, state and the number of attempts before it. Fails only where it is cancelled. */
oa_status oa_reverse__sweep(oa_context *context, oa_reverse *reverse, double temperature) OA_MUST_USE;
double oa_reverse__cost(const oa_reverse *reverse);
/* Alpha of a target now, and whether that is near enough. */
double oa_reverse__alpha(const oa_pair_target *target);
bool oa_reverse__is_near(const oa_pair_target *target);

#endif
