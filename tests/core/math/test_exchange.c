/* test_exchange.c - periodic crystals against plain searches, and Monte Carlo against all states of lattices that are small enough to list. */
#include "check.h"

#include "base/random.h"
#include "math/exchange.h"
#include "math/series.h"

static oa_periodic crystal_of(oa_context *context, const char *name, uint32_t x, uint32_t y, uint32_t z, int shells)
{
    oa_periodic p;
    check_ok(context, oa_periodic__make(context, name, (const uint32_t[]){ x, y, z }, shells, &p));
    return p;
}

static void shells_are_those_of_the_books(void **state)
{
    static const struct { const char *name; int coordination[6], square[6]; } row[] = {
        { "fcc", { 12, 6, 24, 12, 24, 8 }, { 2, 4, 6, 8, 10, 12 } },
        { "bcc", { 8, 6, 12, 24, 8, 6 }, { 3, 4, 8, 11, 12, 16 } },
        { "sc", { 6, 12, 8, 6, 24, 24 }, { 4, 8, 12, 16, 20, 24 } },
        { "square", { 4, 4, 4, 8, 4, 4 }, { 4, 8, 16, 20, 32, 36 } },
    };
    for (size_t i = 0; i < 4; i++) {
        const oa_periodic p = crystal_of(*state, row[i].name, 7, 8, i == 3 ? 1 : 9, 6);
        for (int m = 0; m < 6; m++) {
            const oa_shell *s = &p.shell[m];
            assert_int_equal(s->coordination, row[i].coordination[m]);
            assert_int_equal(s->square, row[i].square[m]);
            assert_int_equal(s->h * s->h + s->k * s->k + s->l * s->l, s->square);
            assert_true(s->h >= s->k && s->k >= s->l);
        }
    }
}

/* Every neighbour lies where its vector says, whatever faces are crossed, and leads back. */
static void neighbours_lie_at_their_vectors(void **state)
{
    static const struct { const char *name; uint32_t cells[3]; int shells; } row[] = { { "fcc", { 3, 5, 4 }, 4 }, { "bcc", { 2, 2, 2 }, 1 }, { "sc", { 7, 3, 4 },
        3 }, { "square", { 4, 5, 1 }, 2 } };
    for (size_t i = 0; i < 4; i++) {
        const uint32_t *c = row[i].cells;
        const oa_periodic p = crystal_of(*state, row[i].name, c[0], c[1], c[2], row[i].shells);
        uint32_t to[OA_VECTORS_MAX], back[OA_VECTORS_MAX];
        for (uint32_t site = 0; site < p.n; site++) {
            int32_t from[3], at[3];
            oa_periodic__place(&p, site, from);
            assert_int_equal(oa_periodic__site(&p, from), site);
            oa_periodic__neighbours(&p, site, to);
            for (int k = 0; k < p.n_vectors; k++) {
                bool leads_back = false;
                oa_periodic__place(&p, to[k], at);
                for (int d = 0; d < 3; d++) assert_int_equal((at[d] - from[d] - p.vector[k][d]) % (int32_t)(2 * c[d]), 0);
                oa_periodic__neighbours(&p, to[k], back);
                for (int j = 0; j < p.n_vectors; j++) leads_back = leads_back || back[j] == site;
                assert_true(leads_back);
            }
        }
    }
}

static void pairs_are_counted_as_one_by_one(void **state)
{
    enum { SPECIES = 3 };
    const oa_periodic p = crystal_of(*state, "fcc", 3, 4, 5, 4);
    uint8_t species[240];
    uint64_t pairs[OA_SHELLS_MAX * SPECIES * SPECIES], plain[OA_SHELLS_MAX * SPECIES * SPECIES] = { 0 };
    oa_random random = oa_random_start(5, 0);
    for (uint32_t i = 0; i < p.n; i++) species[i] = (uint8_t)oa_random_below(&random, SPECIES);
    for (uint32_t i = 0; i < p.n; i++) {
        uint32_t to[OA_VECTORS_MAX];
        oa_periodic__neighbours(&p, i, to);
        for (int m = 0; m < p.n_shells; m++)
            for (int k = 0; k < p.shell[m].coordination; k++) plain[(m * SPECIES + species[i]) * SPECIES + species[to[p.shell[m].first + k]]]++;
    }
    oa_periodic__count(&p, species, SPECIES, pairs);
    for (int m = 0; m < p.n_shells; m++)
        for (int a = 0; a < SPECIES; a++)
            for (int b = 0; b < SPECIES; b++) assert_int_equal(pairs[(m * SPECIES + a) * SPECIES + b], plain[(m * SPECIES + a) * SPECIES + b] / (a == b ? 2 : 1));
}

/* ---------------------------------------------------------------------------------------------- detailed balance */

typedef struct exact {
    const oa_periodic *p;
    int n_species;
    const double *energies;
    double kt, weight, energy, first; /* sums: weights, energy per site, pairs of species 0 and 1 in the first shell */
    uint8_t species[64];
    uint64_t left[4];
} exact;

/* Goes through all ways to fill the sites from `site` on. */
static void list_states(exact *x, uint32_t site)
{
    uint64_t pairs[OA_SHELLS_MAX * 16];
    const int n = x->n_species;
    if (site < x->p->n) {
        for (int s = 0; s < n; s++) {
            if (!x->left[s]) continue;
            x->left[s]--;
            x->species[site] = (uint8_t)s;
            list_states(x, site + 1);
            x->left[s]++;
        }
        return;
    }
    oa_periodic__count(x->p, x->species, n, pairs);
    double energy = 0;
    for (int m = 0; m < x->p->n_shells; m++)
        for (int a = 0; a < n; a++)
            for (int b = a; b < n; b++) energy += x->energies[(m * n + a) * n + b] * (double)pairs[(m * n + a) * n + b];
    const double weight = exp(-energy / x->kt);
    x->weight += weight;
    x->energy += weight * energy / x->p->n;
    x->first += weight * (double)pairs[1];
}

enum { CHAIN_SWEEPS = 60000 };

/* Mean energy per site and pairs of a chain, within five of its own errors of the exact ones. */
static void against_all_states(oa_context *context, const oa_periodic *p, const uint64_t *counts, int n_species, const double *energies, bool neighbours_only)
{
    const double temperature = 1000;
    exact x = { .p = p, .n_species = n_species, .energies = energies, .kt = OA_BOLTZMANN * temperature };
    memcpy(x.left, counts, (size_t)n_species * sizeof *counts);
    list_states(&x, 0);
    oa_arena arena = { .context = context };
    oa_exchange chain;
    const oa_exchange_setup setup = { p, n_species, counts, energies, 3, neighbours_only, 0 };
    check_ok(context, oa_exchange__make(&arena, &setup, &chain));
    double *energy = calloc(CHAIN_SWEEPS, sizeof *energy), *first = calloc(CHAIN_SWEEPS, sizeof *first);
    uint64_t pairs[OA_SHELLS_MAX * 16];
    for (int s = 0; s < 200; s++) check_ok(context, oa_exchange__sweep(context, &chain, temperature));
    for (int s = 0; s < CHAIN_SWEEPS; s++) {
        check_ok(context, oa_exchange__sweep(context, &chain, temperature));
        oa_periodic__count(p, chain.species, n_species, pairs);
        energy[s] = oa_exchange__energy(&chain, pairs);
        first[s] = (double)pairs[1];
    }
    const oa_series e = oa_series_of(energy, CHAIN_SWEEPS), f = oa_series_of(first, CHAIN_SWEEPS);
    check_real(e.mean, x.energy / x.weight, 5 * e.error);
    check_real(f.mean, x.first / x.weight, 5 * f.error);
    if (f.error > 0.01 * f.mean) fail_msg("an error of %g of %g shows nothing", f.error, f.mean);
    oa_arena_drop(&arena);
    free(energy);
    free(first);
}

static void chains_visit_states_by_their_weight(void **state)
{
    static const double two[] = { 0, -0.03, -0.03, 0, 0, 0.02, 0.02, 0 }; /* two shells of two species */
    static const double three[] = { 0.01, -0.05, 0.02, -0.05, 0, -0.03, 0.02, -0.03, -0.02 };
    const oa_periodic square = crystal_of(*state, "square", 4, 4, 1, 2), bcc = crystal_of(*state, "bcc", 2, 2, 2, 1), small = crystal_of(*state, "square", 3, 3, 1, 1);
    for (int neighbours_only = 0; neighbours_only < 2; neighbours_only++) {
        against_all_states(*state, &square, (const uint64_t[]){ 11, 5 }, 2, two, neighbours_only);
        against_all_states(*state, &bcc, (const uint64_t[]){ 12, 4 }, 2, two, neighbours_only);
        against_all_states(*state, &small, (const uint64_t[]){ 2, 4, 3 }, 3, three, neighbours_only);
    }
}

/* What is added up exchange by exchange is what the pairs say at the end; atoms are only moved. */
static void fields_keep_up_with_the_atoms(void **state)
{
    static const double energies[] = { 0.013, -0.05, 0.02, -0.05, 0, -0.03, 0.02, -0.03, -0.02, 0, 0.011, 0, 0.011, 0.007, 0, 0, 0, 0 };
    const oa_periodic p = crystal_of(*state, "fcc", 3, 4, 2, 2);
    const uint64_t counts[] = { 20, 46, 30 };
    uint64_t pairs[2 * 9], seen[3] = { 0 };
    oa_arena arena = { .context = *state };
    oa_exchange chain;
    const oa_exchange_setup setup = { &p, 3, counts, energies, 8, false, 0 };
    check_ok(*state, oa_exchange__make(&arena, &setup, &chain));
    oa_periodic__count(&p, chain.species, 3, pairs);
    const double before = oa_exchange__energy(&chain, pairs);
    for (int s = 0; s < 300; s++) check_ok(*state, oa_exchange__sweep(*state, &chain, 600));
    oa_periodic__count(&p, chain.species, 3, pairs);
    check_real(oa_exchange__energy(&chain, pairs) - before, (double)chain.energy * chain.quantum / p.n, 1e-8);
    for (uint32_t i = 0; i < p.n; i++) seen[chain.species[i]]++;
    assert_memory_equal(seen, counts, sizeof seen);
    assert_true(chain.accepted > 0 && chain.attempts == 300 * (uint64_t)p.n);
    oa_arena_drop(&arena);
}

/* ---------------------------------------------------------------------------------------------- the rules, plainly */

typedef struct plain {
    const oa_exchange *chain; /* for its crystal and the whole energies of its pairs */
    uint8_t *species;
    uint32_t *order, first[5];
    uint64_t attempts, accepted;
} plain;

/* Spread and order of sites as the chain has them before its first sweep. */
static plain plain_of(const oa_exchange *chain)
{
    const uint32_t n = chain->setup.crystal->n;
    plain p = { .chain = chain, .species = malloc(n), .order = malloc(n * sizeof(uint32_t)) };
    oa_random random = oa_random_start(chain->setup.seed, 0x4d01);
    for (uint32_t i = 0; i < n; i++) p.order[i] = i;
    oa_random_shuffle(&random, p.order, n);
    for (int s = 0; s < chain->setup.n_species; s++) {
        p.first[s + 1] = p.first[s] + (uint32_t)chain->setup.counts[s];
        for (uint32_t k = p.first[s]; k < p.first[s + 1]; k++) p.species[p.order[k]] = (uint8_t)s;
    }
    return p;
}

/* Energy of all pairs that a site has with others, in quanta; a pair with `left_out` does not count. */
static int64_t plain_energy(const plain *p, uint32_t site, uint32_t left_out)
{
    const oa_periodic *c = p->chain->setup.crystal;
    const int n = p->chain->setup.n_species;
    uint32_t to[OA_VECTORS_MAX];
    int64_t sum = 0;
    oa_periodic__neighbours(c, site, to);
    for (int m = 0; m < c->n_shells; m++)
        for (int k = c->shell[m].first; k < c->shell[m].first + c->shell[m].coordination; k++)
            if (to[k] != left_out) sum += p->chain->table[(m * n + p->species[site]) * n + p->species[to[k]]];
    return sum;
}

static void plain_swap(plain *p, uint32_t i, uint32_t j)
{
    const uint8_t s = p->species[i];
    p->species[i] = p->species[j];
    p->species[j] = s;
}

/* True where the two sites are exchanged for good; the pairs between them stay the same. */
static bool plain_try(plain *p, uint32_t i, uint32_t j, double temperature, const uint32_t *w)
{
    const int64_t before = plain_energy(p, i, j) + plain_energy(p, j, i);
    plain_swap(p, i, j);
    const int64_t rise = plain_energy(p, i, j) + plain_energy(p, j, i) - before;
    const double u = (double)(((uint64_t)w[2] << 32 | w[3]) >> 11) / 0x1p53;
    if (rise <= 0 || u < exp(-(double)rise * p->chain->quantum / (OA_BOLTZMANN * temperature))) return ++p->accepted > 0;
    plain_swap(p, i, j);
    return false;
}

static void plain_sweep(plain *p, double temperature)
{
    const oa_exchange_setup *setup = &p->chain->setup;
    const oa_periodic *c = setup->crystal;
    for (uint32_t k = 0; k < c->n; k++) {
        uint32_t w[4], to[OA_VECTORS_MAX], own = 0;
        oa_philox(setup->seed, 0x4d02, p->attempts++, w);
        const uint32_t at = (uint32_t)((uint64_t)w[0] * c->n >> 32);
        if (setup->neighbours_only) {
            oa_periodic__neighbours(c, at, to);
            const uint32_t j = to[(uint64_t)w[1] * (uint64_t)c->shell[0].coordination >> 32];
            if (p->species[at] != p->species[j]) plain_try(p, at, j, temperature, w);
            continue;
        }
        while (at >= p->first[own + 1]) own++; /* places are sorted by species; the second one is among those of all others */
        const uint32_t count = p->first[own + 1] - p->first[own];
        uint32_t other = (uint32_t)((uint64_t)w[1] * (c->n - count) >> 32);
        if (other >= p->first[own]) other += count;
        const uint32_t i = p->order[at], j = p->order[other];
        if (plain_try(p, i, j, temperature, w)) p->order[at] = j, p->order[other] = i;
    }
}

static void compare_with_plain(oa_context *context, const char *name, const uint32_t *cells, int shells, int n_species, bool neighbours_only)
{
    const oa_periodic p = crystal_of(context, name, cells[0], cells[1], cells[2], shells);
    const uint64_t counts[] = { p.n - p.n / 4 - (n_species > 2 ? p.n / 3 : 0), p.n / 4, p.n / 3 };
    const int with_energies = shells > 3 ? 3 : 2; /* shells without come last */
    double energies[OA_SHELLS_MAX * 9] = { 0 };
    for (int m = 0; m < shells && m < with_energies; m++)
        for (int a = 0; a < n_species; a++)
            for (int b = 0; b < n_species; b++) energies[(m * n_species + a) * n_species + b] = (a == b ? 0.01 * a : -0.03 * (a + b)) / (m ? -4 : 1);
    oa_arena arena = { .context = context };
    oa_exchange chain;
    const oa_exchange_setup setup = { &p, n_species, counts, energies, 11, neighbours_only, 0 };
    check_ok(context, oa_exchange__make(&arena, &setup, &chain));
    assert_true((chain.two != NULL) == (n_species == 2 && !neighbours_only && with_energies == 2));
    plain spec = plain_of(&chain);
    for (int s = 0; s < 12; s++) {
        const double temperature = 1500 - 100 * (s / 4);
        assert_memory_equal(chain.species, spec.species, p.n);
        check_ok(context, oa_exchange__sweep(context, &chain, temperature));
        plain_sweep(&spec, temperature);
    }
    assert_memory_equal(chain.species, spec.species, p.n);
    assert_int_equal(chain.accepted, spec.accepted);
    assert_true(spec.accepted > 0 && spec.accepted < spec.attempts);
    free(spec.species);
    free(spec.order);
    oa_arena_drop(&arena);
}

/* Attempt by attempt the same as energies of all pairs anew, whatever is remembered or added up: same atoms on the same sites. */
static void chains_follow_the_plain_rules(void **state)
{
    static const struct { const char *name; uint32_t cells[3]; int shells; } row[] = { { "fcc", { 3, 4, 5 }, 2 }, { "fcc", { 2, 2, 2 }, 2 }, { "fcc", { 6, 5, 4 }, 4 },
        { "fcc", { 3, 3, 3 }, 6 }, { "bcc", { 5, 3, 4 }, 2 }, { "sc", { 7, 3, 4 }, 3 }, { "square", { 9, 4, 1 }, 2 }, { "fcc", { 26, 27, 28 }, 2 } };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int n_species = 2; n_species < 4; n_species++)
            for (int near = 0; near < 2; near++)
                if (row[i].cells[0] < 20 || n_species + near == 2) compare_with_plain(*state, row[i].name, row[i].cells, row[i].shells, n_species, near);
}

/* Where sites are is found by multiplying: as dividing does, for all boxes that can be. */
static void a_box_of_too_many_sites_is_refused(void **state)
{
    oa_periodic p;
    check_fails(*state, oa_periodic__make(*state, "sc", (const uint32_t[]){ 4, 4, 1u << 28 }, 1, &p), "E_TOO_MANY_IONS");
}

static void sites_lie_where_division_says(void **state)
{
    static const uint32_t cells[][3] = { { 2, 7, 3 }, { 3, 2, 5 }, { 12, 12, 12 }, { 63, 64, 65 }, { 4096, 127, 1023 }, { 640, 2, 838860 }, { 1290, 1290, 1290 } };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        const uint32_t *c = cells[i];
        const oa_periodic p = crystal_of(*state, "sc", c[0], c[1], c[2], 1);
        oa_random random = oa_random_start(6, i);
        for (int k = 0; k < 20000; k++) {
            const uint32_t row = (uint32_t)oa_random_below(&random, p.n / c[0]), site = k % 2 ? row * c[0] : row * c[0] + c[0] - 1; /* both ends of a row */
            const oa_spot spot = oa_periodic_spot(&p, site);
            assert_int_equal(spot.at[0], site % c[0]);
            assert_int_equal(spot.at[1], site / c[0] % c[1]);
            assert_int_equal(spot.at[2], site / c[0] / c[1]);
        }
    }
}

/* ---------------------------------------------------------------------------------------------- series */

/* x' = r x + noise: rho(t) = r^t, so the time is 1/2 (1 + r) / (1 - r). */
static void memory_of_a_known_series(void **state)
{
    enum { N = 200000 };
    static const double r[] = { 0, 0.8, 0.995 };
    double *v = calloc(N, sizeof *v);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        oa_random random = oa_random_start(4, i);
        double x = 0;
        for (int k = 0; k < N; k++) v[k] = 7 + (x = r[i] * x + oa_random_normal(&random));
        const oa_series s = oa_series_of(v, N);
        const double time = 0.5 * (1 + r[i]) / (1 - r[i]);
        check_real(s.time, time, 0.15 * time);
        check_real(s.mean, 7, 4 * s.error);
        assert_false(s.is_long);
    }
    for (int k = 0; k < N; k++) v[k] = k < N / 2;
    assert_true(oa_series_of(v, N).is_long);
    for (int k = 0; k < N; k++) v[k] = 3;
    assert_true(isinf(oa_series_of(v, N).time));
    free(v);
}

static void drift_of_a_line(void **state)
{
    const double v[] = { 1, 3.5, 4.5, 7, 9 };
    double rise, deviation;
    (void)state;
    oa_series_drift(v, 5, &rise, &deviation);
    check_real(rise, 4 * 1.95, 1e-12);
    check_real(deviation, sqrt((0.1 * 0.1 + 0.45 * 0.45 + 0.5 * 0.5 + 0.05 * 0.05 + 0.1 * 0.1) / 3), 1e-12);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(shells_are_those_of_the_books), with_context(neighbours_lie_at_their_vectors), with_context(pairs_are_counted_as_one_by_one),
        with_context(chains_visit_states_by_their_weight), with_context(fields_keep_up_with_the_atoms), with_context(chains_follow_the_plain_rules),
        with_context(a_box_of_too_many_sites_is_refused), with_context(sites_lie_where_division_says), with_context(memory_of_a_known_series),
            with_context(drift_of_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
