/* monte_carlo.h - inside of the step monte_carlo: what its files share. */
#ifndef OA_STEP_MONTE_CARLO_H
#define OA_STEP_MONTE_CARLO_H

#include "math/reverse.h"
#include "step/alloy.h"

typedef struct monte_carlo_params {
    const char *structure;
    double lattice_parameter;
    oa_reals cells;
    const char *composition, *energies, *targets, *weights;
    bool infer_energies;
    double tolerance, temperature, anneal_from;
    const char *exchange;
    int64_t shells, equilibration, sweeps, every;
    double sigma_lateral, sigma_depth, efficiency;
    int64_t seed;
} monte_carlo_params;

typedef struct monte_carlo_job {
    const monte_carlo_params *p;
    oa_alloy alloy;
    oa_periodic crystal;
    uint64_t counts[OA_ALLOY_MAX];
    double *energies; /* (shells, species, species) */
    oa_exchange chain;
    oa_pair_target *target; /* (n_targets) pair after pair, shell after shell */
    int n_targets;    /* 0: by energies */
    oa_reverse reverse;
    int n_pairs;      /* of different species */
    size_t n_curves;  /* n_pairs * shells, pair after pair */
    /* samples */
    size_t n, room, first; /* first: of the measurement */
    uint64_t *sweep;
    double *energy;   /* per site, eV; with targets the cost */
    double *temperature, *accepted, *alpha; /* alpha (room, n_curves) */
    uint64_t *pairs;  /* (shells, species, species) of the last sample */
    uint64_t done;    /* sweeps */
    uint64_t seen_attempts, seen_accepted; /* at the last sample */
    bool has_settled;
    /* energies that are inferred */
    int turns;
    double *energy_errors; /* (n_targets) kT */
    bool is_inferred;
} monte_carlo_job;

/* Reads the parameters, makes the crystal and spreads the atoms; with targets also these. */
oa_status oa_monte_carlo__prepare(oa_run *run, monte_carlo_job *job) OA_MUST_USE;
void oa_monte_carlo__cells(const monte_carlo_params *params, uint32_t cells[3]);

/* Species of pair number k: 0-1, 0-2, ..., 1-2, ... */
void oa_monte_carlo__species(const monte_carlo_job *job, int k, int *a, int *b);
/* What a pair and shell is to have, curve pair * shells + shell; NULL: it is free. */
const oa_pair_target *oa_monte_carlo__target(const monte_carlo_job *job, size_t curve);
/* Pairs of neighbours that a spread with alpha = 0 has; shell from 0. */
double oa_monte_carlo__random_pairs(const monte_carlo_job *job, int pair, int shell);
/* What there is after job->done sweeps. */
void oa_monte_carlo__sample(monte_carlo_job *job, double temperature);

/* Exchanges until the targets are met or the sweeps end. */
oa_status oa_monte_carlo__reach(oa_run *run, monte_carlo_job *job) OA_MUST_USE;
/* How near the last configuration comes to its targets. Warns where it misses some. */
oa_status oa_monte_carlo__put_reached(oa_run *run, const monte_carlo_job *job) OA_MUST_USE;

/* Atoms follow the cost of the targets; else energies. */
static inline bool oa_monte_carlo__has_cost(const monte_carlo_job *job) { return job->n_targets && !job->p->infer_energies; }
/* Makes job->energies those whose equilibrium at the temperature has the targets, or as near as the turns bring it, and spreads the atoms anew. */
oa_status oa_monte_carlo__infer(oa_run *run, monte_carlo_job *job) OA_MUST_USE;
/* These energies, and how near the means that were measured, (n_curves), come to the targets. Warns where they miss some. */
oa_status oa_monte_carlo__put_inferred(oa_run *run, const monte_carlo_job *job, const double *alpha, const double *errors) OA_MUST_USE;

/* What the samples say, but for the ions; accepted: exchanges during the measurement. Warns where it was not at equilibrium. */
oa_status oa_monte_carlo__put(oa_run *run, const monte_carlo_job *job, uint64_t accepted) OA_MUST_USE;
/* Parts that both have: what the shells are, and by sweep job->energy - under the name of `what` it is, "energy" or "cost" - and Warren-Cowley parameters. */
oa_status oa_monte_carlo__put_shells(oa_run *run, const monte_carlo_job *job) OA_MUST_USE;
oa_status oa_monte_carlo__put_trace(oa_run *run, const monte_carlo_job *job, const char *what) OA_MUST_USE;
/* The last configuration as ions. */
oa_status oa_monte_carlo__put_ions(oa_run *run, const monte_carlo_job *job) OA_MUST_USE;

#endif
