/* test_domains_physics.c - planted clusters are found, nothing is found in thin random ions, and neither place nor order
 * matters; two halves of one random specimen do not differ. */
#include "core/math/cloud.h"
#include "math/dbscan.h"
#include "math/statistics.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_domains_physics__planted_clusters_are_found, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_physics__place_and_order_do_not_matter, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_domains_physics__random_is_not_ordered, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
