/* test_domains_physics.c - planted clusters are found, nothing is found in thin random ions, and neither place nor order
 * matters; two draws of one random specimen do not differ, no domain of one stands out among others, planted ones do. */
#include "core/math/cloud.h"
#include "math/dbscan.h"
#include "math/significance.h"

enum { CLUSTERS = 20, EACH = 40, NOISE = 200 };

/* Dense balls far from each other in thin noise; ion i < CLUSTERS * EACH belongs to ball i % CLUSTERS. */
static cloud planted(void)
{
    cloud c = cloud_random(CLUSTERS * EACH + NOISE, 1, 0, 1);
    oa_random random = oa_random_start(2, 0);
    for (size_t i = 0; i < c.n; i++) {
        const size_t ball = i % CLUSTERS;
        const double at[3] = { (double)(ball % 3) * 6, (double)(ball / 3 % 3) * 6, (double)(ball / 9) * 6 };
        if (i < CLUSTERS * EACH) cloud_set(&c, i, at[0] + 0.8 * c.x[i], at[1] + 0.8 * c.y[i], at[2] + 0.8 * c.z[i]);
        else cloud_set(&c, i, 40 + 30 * oa_random_uniform(&random), 30 * oa_random_uniform(&random), 30 * oa_random_uniform(&random));
    }
    return c;
}

static uint32_t domains_of(oa_context *context, const cloud *c, uint32_t *domain)
{
    oa_arena arena = { .context = context };
    const oa_points points = cloud_doubles(c);
    uint32_t n;
    check_ok(context, oa_dbscan(context, &arena, &points, 0.4, 3, domain, &n));
    oa_arena_drop(&arena);
    return n;
}

static void test_domains_physics__planted_clusters_are_found(void **state)
{
    cloud c = planted();
    uint32_t *domain = calloc(c.n, sizeof *domain);
    const uint32_t n = domains_of(*state, &c, domain);
    assert_true(n >= CLUSTERS && n <= CLUSTERS + 2); /* noise may hold a chance group */
    for (size_t i = 0; i < CLUSTERS * EACH; i++) assert_int_equal(domain[i], i % CLUSTERS + 1);
    free(domain);
    cloud_free(&c);
}

/* The same sets of ions, whatever they are called. */
static void check_same_partition(const uint32_t *a, const uint32_t *b, size_t n, uint32_t n_domains)
{
    uint32_t *name = calloc(n_domains + 1, sizeof *name);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(a[i] == 0, b[i] == 0);
        if (!a[i]) continue;
        if (!name[a[i]]) name[a[i]] = b[i];
        assert_int_equal(name[a[i]], b[i]);
    }
    free(name);
}

static void test_domains_physics__place_and_order_do_not_matter(void **state)
{
    cloud c = planted(), moved = cloud_new(c.n);
    uint32_t *one = calloc(c.n, sizeof *one), *two = calloc(c.n, sizeof *two), *sorted = calloc(c.n, sizeof *sorted);
    const uint32_t n = domains_of(*state, &c, one);
    for (size_t i = 0; i < c.n; i++) cloud_set(&moved, i * 331 % c.n, c.y[i] + 1000, -c.x[i], c.z[i] - 77);
    assert_int_equal(domains_of(*state, &moved, two), n);
    for (size_t i = 0; i < c.n; i++) sorted[i] = two[i * 331 % c.n];
    check_same_partition(one, sorted, c.n, n);
    free(one);
    free(two);
    free(sorted);
    cloud_free(&c);
    cloud_free(&moved);
}

static void histogram(oa_context *context, const cloud *c, double out[32])
{
    uint32_t *domain = calloc(c->n, sizeof *domain), counts[32];
    const uint32_t n = domains_of(context, c, domain);
    uint32_t *sizes = calloc(n + 1, sizeof *sizes);
    for (size_t i = 0; i < c->n; i++) sizes[domain[i]]++;
    oa_size_histogram(counts, 32, 5, sizes + 1, n);
    for (int b = 0; b < 32; b++) out[b] = counts[b];
    free(domain);
    free(sizes);
}

/* Two draws of the same random specimen: mu far below the limit of 0.25, p not small. A denser one: above. */
static void test_domains_physics__random_is_not_ordered(void **state)
{
    double a[32], b[32], d[32];
    cloud one = cloud_random(20000, 15, 0, 10), two = cloud_random(20000, 15, 0, 11), dense = cloud_random(28000, 15, 0, 12);
    histogram(*state, &one, a);
    histogram(*state, &two, b);
    histogram(*state, &dense, d);
    const oa_size_test same = oa_size_compare(a, b, 32), other = oa_size_compare(d, b, 32);
    assert_true(same.mu < 0.25 && same.p_value > 0.001);
    assert_true(other.mu > 0.25 && other.p_value < 1e-6);
    cloud_free(&one);
    cloud_free(&two);
    cloud_free(&dense);
}

enum { DRAWS = 5, SOLUTES_IN = 5 };

/* One solute in five, chosen at random: subset 0 is the specimen, the others are its controls. Ions within 1 nm of one of
 * the `planted` places are solutes of the specimen one and all. */
static uint8_t *solutes(const cloud *c, size_t planted, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 1);
    uint8_t *mask = calloc(c->n + 1, 1);
    for (size_t i = 0; i < c->n; i++)
        for (int k = 0; k <= DRAWS; k++) mask[i] |= (uint8_t)((oa_random_below(&random, SOLUTES_IN) == 0) << k);
    for (size_t i = 0; i < c->n; i++)
        for (size_t k = 0; k < planted; k++) {
            const double dx = c->x[i] - 5 * ((double)(k % 2) - 0.5), dy = c->y[i] - 5 * ((double)(k / 2 % 2) - 0.5), dz = c->z[i] - 5 * ((double)(k / 4) - 0.5);
            if (dx * dx + dy * dy + dz * dz <= 1) mask[i] |= 1;
        }
    return mask;
}

static oa_size_list *sizes_of(oa_context *context, oa_arena *arena, const cloud *c, const uint8_t *mask)
{
    const oa_points points = cloud_doubles(c);
    const oa_subsets subsets = { .points = &points, .mask = mask, .n = DRAWS + 1, .eps = 0.4, .min_points = 3 };
    oa_size_list *out;
    check_ok(context, oa_arena_take(arena, &out, DRAWS + 1, sizeof *out));
    check_ok(context, oa_dbscan_subsets(context, arena, &subsets, arena, out));
    return out;
}

static int compare_reals(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* q-values of random domains lie near 1; p-values of n domains are evenly spread or, as sizes are whole numbers, larger. */
static void test_domains_physics__no_random_domain_stands_out(void **state)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        oa_arena arena = { .context = *state };
        cloud c = cloud_random(40000, 12, 0, seed);
        uint8_t *mask = solutes(&c, 0, seed);
        const oa_size_list *sizes = sizes_of(*state, &arena, &c, mask);
        const size_t n = sizes[0].n;
        double *p = calloc(n, sizeof *p), *q = calloc(n, sizeof *q);
        size_t small = 0, significant = 0;
        check_ok(*state, oa_size_chances(&arena, &sizes[0], sizes + 1, DRAWS, p, q));
        for (size_t i = 0; i < n; i++) small += p[i] <= 0.1, significant += q[i] <= 0.05;
        assert_true(n > 200 && (double)small < 0.1 * (double)n + 4 * sqrt(0.1 * (double)n));
        assert_true(significant <= 2); /* the largest of all may be of the specimen: once in six */
        qsort(q, n, sizeof *q, compare_reals);
        assert_true(q[n / 2] > 0.85 && q[n / 10] > 0.5);
        free(p), free(q), free(mask);
        cloud_free(&c);
        oa_arena_drop(&arena);
    }
}

static void test_domains_physics__planted_domains_stand_out(void **state)
{
    static const oa_size_bins bins = { .n = 32, .width = 5 };
    oa_arena arena = { .context = *state };
    cloud c = cloud_random(40000, 12, 0, 9);
    uint8_t *mask = solutes(&c, 8, 9);
    const oa_size_list *sizes = sizes_of(*state, &arena, &c, mask);
    const size_t n = sizes[0].n;
    double *p = calloc(n, sizeof *p), *q = calloc(n, sizeof *q), actual[32], mean[32];
    uint32_t counts[32];
    size_t large = 0;
    oa_mu_interval interval;
    check_ok(*state, oa_size_chances(&arena, &sizes[0], sizes + 1, DRAWS, p, q));
    for (size_t i = 0; i < n; i++) {
        if (sizes[0].size[i] < 90) continue; /* 97 ions lie in a sphere of 1 nm on average; thin solutes join them */
        large++;
        assert_true(q[i] < 0.05 && p[i] < 0.01);
    }
    assert_true(large >= 6 && large <= 8);
    oa_size_histogram(counts, 32, 5, sizes[0].size, n);
    for (int b = 0; b < 32; b++) actual[b] = counts[b];
    check_ok(*state, oa_size_mean(&arena, &bins, sizes + 1, DRAWS, mean, NULL));
    const oa_size_test test = oa_size_compare(actual, mean, 32);
    check_ok(*state, oa_mu_bootstrap(*state, &arena, &bins, &sizes[0], sizes + 1, DRAWS, 400, 1, &interval));
    assert_true(interval.mu[0] < interval.mu[1] && interval.mu[0] > 0 && interval.mu[1] < 1 && test.mu < interval.mu[1]);
    free(p), free(q), free(mask);
    cloud_free(&c);
    oa_arena_drop(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domains_physics__planted_clusters_are_found, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_physics__place_and_order_do_not_matter, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_physics__random_is_not_ordered, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_physics__no_random_domain_stands_out, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_physics__planted_domains_stand_out, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
