/* test_reverse.c - pairs kept exchange by exchange against pairs counted afresh, and the cost they make. */
#include "check.h"

#include "math/reverse.h"
#include "math/series.h"

enum { SPECIES = 3, TARGETS = 4 };

typedef struct made {
    oa_arena arena;
    oa_periodic crystal;
    oa_exchange chain;
    oa_reverse reverse;
    oa_pair_target target[TARGETS];
} made;

/* Small boxes on purpose: neighbours that meet across faces, once and twice. */
static made *make(oa_context *context, const char *name, const uint32_t cells[3], const uint64_t *counts, bool neighbours_only)
{
    static const double nothing[OA_SHELLS_MAX * SPECIES * SPECIES];
    made *t = calloc(1, sizeof *t);
    t->arena.context = context;
    check_ok(context, oa_periodic__make(context, name, cells, 3, &t->crystal));
    const oa_exchange_setup setup = { .crystal = &t->crystal, .n_species = SPECIES, .counts = counts, .energies = nothing, .seed = 5, .neighbours_only = neighbours_only,
                                      .shells = 3 };
    check_ok(context, oa_exchange__make(&t->arena, &setup, &t->chain));
    const oa_pair_target target[TARGETS] = { { .shell = 0, .a = 0, .b = 1, .alpha = -0.4, .weight = 1 }, { .shell = 0, .a = 2, .b = 1, .alpha = 0.9, .weight = 2 },
                                             { .shell = 1, .a = 0, .b = 1, .alpha = 0.8, .weight = 1 }, { .shell = 2, .a = 0, .b = 2, .alpha = -0.3, .weight = 0.5 } };
    memcpy(t->target, target, sizeof target);
    check_ok(context, oa_reverse__make(&t->arena, &t->chain, t->target, TARGETS, &t->reverse));
    return t;
}

static void drop(made *t)
{
    oa_arena_drop(&t->arena);
    free(t);
}

static void check_pairs(const made *t)
{
    uint64_t pairs[OA_SHELLS_MAX * SPECIES * SPECIES];
    double cost = 0;
    oa_periodic__count(&t->crystal, t->chain.species, SPECIES, pairs);
    for (int k = 0; k < TARGETS; k++) {
        const oa_pair_target *at = &t->target[k];
        assert_int_equal(at->pairs, pairs[(at->shell * SPECIES + at->a) * SPECIES + at->b]);
        const double alpha = 1 - (double)at->pairs / oa_reverse_random(&t->crystal, t->chain.setup.counts, at->shell, at->a, at->b);
        check_real(oa_reverse__alpha(at), alpha, 1e-15);
        cost += at->weight * (alpha - at->alpha) * (alpha - at->alpha);
    }
    check_real(oa_reverse__cost(&t->reverse), cost, 1e-12);
}

static void pairs_kept_are_pairs_counted(void **state)
{
    static const struct { const char *name; uint32_t cells[3]; uint64_t counts[SPECIES]; } row[] = {
        { "fcc", { 3, 4, 2 }, { 20, 46, 30 } }, { "bcc", { 2, 2, 3 }, { 10, 9, 5 } }, { "sc", { 3, 3, 3 }, { 13, 1, 13 } }, { "square", { 3, 5, 1 }, { 5, 5, 5 } },
    };
    for (size_t i = 0; i < 4; i++)
        for (int near = 0; near < 2; near++) {
            made *t = make(*state, row[i].name, row[i].cells, row[i].counts, near);
            uint64_t seen[SPECIES] = { 0 };
            check_pairs(t);
            for (int s = 0; s < 60; s++) {
                check_ok(*state, oa_reverse__sweep(*state, &t->reverse, s < 30 ? 10 : 0.01));
                check_pairs(t);
            }
            for (uint32_t k = 0; k < t->crystal.n; k++) seen[t->chain.species[k]]++;
            assert_memory_equal(seen, row[i].counts, sizeof seen);
            assert_true(t->chain.accepted > 0);
            if (!near)
                for (int s = 0; s < SPECIES; s++)
                    for (uint32_t k = t->chain.first[s]; k < t->chain.first[s + 1]; k++) assert_int_equal(t->chain.species[t->chain.order[k]], s);
            drop(t);
        }
}

/* The same of two species, whose neighbours are counted in a shorter way. */
static void pairs_of_two_species_too(void **state)
{
    static const double nothing[OA_SHELLS_MAX * 4];
    const uint64_t counts[] = { 11, 25 };
    for (int near = 0; near < 2; near++) {
        made *t = calloc(1, sizeof *t);
        uint64_t pairs[OA_SHELLS_MAX * 4];
        t->arena.context = *state;
        check_ok(*state, oa_periodic__make(*state, "sc", (const uint32_t[]){ 3, 3, 4 }, 3, &t->crystal));
        const oa_exchange_setup setup = { .crystal = &t->crystal, .n_species = 2, .counts = counts, .energies = nothing, .seed = 5, .neighbours_only = near,
                                          .shells = 3 };
        check_ok(*state, oa_exchange__make(&t->arena, &setup, &t->chain));
        for (int m = 0; m < 3; m++) t->target[m] = (oa_pair_target){ .shell = m, .a = 0, .b = 1, .alpha = -3, .weight = 1 };
        check_ok(*state, oa_reverse__make(&t->arena, &t->chain, t->target, 3, &t->reverse));
        for (int s = 0; s < 60; s++) {
            check_ok(*state, oa_reverse__sweep(*state, &t->reverse, 20));
            oa_periodic__count(&t->crystal, t->chain.species, 2, pairs);
            for (int m = 0; m < 3; m++) assert_int_equal(t->target[m].pairs, pairs[4 * m + 1]);
        }
        assert_true(t->chain.accepted > 100);
        drop(t);
    }
}

/* A cold sweep only takes what costs nothing. */
static void cold_cost_never_rises(void **state)
{
    made *t = make(*state, "fcc", (const uint32_t[]){ 4, 4, 4 }, (const uint64_t[]){ 100, 100, 56 }, false);
    double last = oa_reverse__cost(&t->reverse);
    const double first = last;
    for (int s = 0; s < 50; s++) {
        check_ok(*state, oa_reverse__sweep(*state, &t->reverse, 1e-12));
        assert_true(oa_reverse__cost(&t->reverse) <= last + 1e-12);
        last = oa_reverse__cost(&t->reverse);
    }
    assert_true(last < 0.5 * first);
    drop(t);
}

/* All states of a box that is small enough to list appear by exp(-cost * sites / temperature). The target is out of reach, so that no sweep ends early. */
static void states_are_visited_by_their_cost(void **state)
{
    static const double nothing[2 * 4];
    enum { SWEEPS = 100000, FEW = 5 };
    oa_periodic square;
    double weight = 0, cost = 0, *seen = calloc(SWEEPS, sizeof *seen);
    check_ok(*state, oa_periodic__make(*state, "square", (const uint32_t[]){ 4, 4, 1 }, 2, &square));
    const uint64_t counts[] = { 16 - FEW, FEW };
    const oa_exchange_setup setup = { .crystal = &square, .n_species = 2, .counts = counts, .energies = nothing, .seed = 3, .shells = 2 };
    oa_pair_target target[2] = { { .shell = 0, .a = 0, .b = 1, .alpha = -2, .weight = 1 }, { .shell = 1, .a = 0, .b = 1, .alpha = 1, .weight = 0.5 } };
    oa_arena arena = { .context = *state };
    oa_exchange chain;
    oa_reverse reverse;
    check_ok(*state, oa_exchange__make(&arena, &setup, &chain));
    check_ok(*state, oa_reverse__make(&arena, &chain, target, 2, &reverse));
    for (unsigned bits = 0; bits < 1u << 16; bits++) {
        uint8_t species[16];
        uint64_t pairs[8];
        int n = 0;
        double sum = 0;
        for (int i = 0; i < 16; i++) n += species[i] = bits >> i & 1;
        if (n != FEW) continue;
        oa_periodic__count(&square, species, 2, pairs);
        for (int k = 0; k < 2; k++) sum += target[k].weight * pow(1 - (double)pairs[4 * k + 1] / target[k].random - target[k].alpha, 2);
        weight += exp(-sum * 16 / 20);
        cost += sum * exp(-sum * 16 / 20);
    }
    for (int s = 0; s < SWEEPS; s++) {
        check_ok(*state, oa_reverse__sweep(*state, &reverse, 20));
        seen[s] = oa_reverse__cost(&reverse);
    }
    const oa_series series = oa_series_of(seen, SWEEPS);
    check_real(series.mean, cost / weight, 5 * series.error);
    assert_true(series.error < 0.002 * series.mean);
    oa_arena_drop(&arena);
    free(seen);
}

/* A met target ends the sweep at that very exchange. */
static void a_sweep_ends_where_targets_are_met(void **state)
{
    made *t = make(*state, "fcc", (const uint32_t[]){ 4, 4, 4 }, (const uint64_t[]){ 100, 100, 56 }, false);
    for (int k = 0; k < TARGETS; k++) t->target[k].alpha = 0, t->target[k].tolerance = 0.02;
    check_ok(*state, oa_reverse__make(&t->arena, &t->chain, t->target, TARGETS, &t->reverse));
    for (int s = 0; s < 1000 && !t->reverse.is_met; s++) check_ok(*state, oa_reverse__sweep(*state, &t->reverse, 0.1));
    assert_true(t->reverse.is_met);
    const uint64_t attempts = t->chain.attempts;
    check_ok(*state, oa_reverse__sweep(*state, &t->reverse, 0.1));
    assert_int_equal(t->chain.attempts, attempts);
    for (int k = 0; k < TARGETS; k++) assert_true(oa_reverse__is_near(&t->target[k]) && fabs(oa_reverse__alpha(&t->target[k])) <= 0.021);
    drop(t);
}

static void a_sweep_can_be_cancelled(void **state)
{
    made *t = make(*state, "fcc", (const uint32_t[]){ 4, 4, 4 }, (const uint64_t[]){ 100, 100, 56 }, false);
    oa_cancel(*state);
    check_fails(*state, oa_reverse__sweep(*state, &t->reverse, 1), "E_CANCELLED");
    assert_int_equal(t->chain.attempts, 0);
    drop(t);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(pairs_kept_are_pairs_counted), with_context(pairs_of_two_species_too),
        with_context(cold_cost_never_rises), with_context(states_are_visited_by_their_cost),
        with_context(a_sweep_ends_where_targets_are_met), with_context(a_sweep_can_be_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
