/* test_dbscan.c - domains against the rule written out for every pair of points. */
#include "core/math/cloud.h"
#include "math/dbscan.h"

static bool is_near(const cloud *c, size_t i, size_t j, double eps)
{
    const double dx = c->x[i] - c->x[j], dy = c->y[i] - c->y[j], dz = c->z[i] - c->z[j];
    return (dx * dx + dy * dy) + dz * dz <= eps * eps;
}

/* Points in order; each core point without a domain begins the next and takes all it can reach; a border point stays with
 * the first domain that takes it. */
static uint32_t by_hand(const cloud *c, double eps, size_t min_points, uint32_t *domain)
{
    bool *core = calloc(c->n + 1, 1);
    size_t *stack = calloc(c->n + 1, sizeof *stack);
    uint32_t n_domains = 0;
    memset(domain, 0, c->n * sizeof *domain);
    for (size_t i = 0; i < c->n; i++) {
        size_t n = 0;
        for (size_t j = 0; j < c->n; j++) n += is_near(c, i, j, eps);
        core[i] = n >= min_points;
    }
    for (size_t i = 0; i < c->n; i++) {
        if (!core[i] || domain[i]) continue;
        size_t depth = 0;
        domain[i] = ++n_domains;
        stack[depth++] = i;
        while (depth) {
            const size_t from = stack[--depth];
            for (size_t j = 0; j < c->n; j++) {
                if (domain[j] || !is_near(c, from, j, eps)) continue;
                domain[j] = n_domains;
                if (core[j]) stack[depth++] = j;
            }
        }
    }
    free(core);
    free(stack);
    return n_domains;
}

static void check_cloud(oa_context *context, cloud *c, double eps, int64_t min_points)
{
    oa_arena arena = { .context = context };
    const oa_points points = cloud_doubles(c);
    uint32_t *got = calloc(c->n + 1, sizeof *got), *want = calloc(c->n + 1, sizeof *want), n_domains;
    check_ok(context, oa_dbscan(context, &arena, &points, eps, min_points, got, &n_domains));
    assert_int_equal(n_domains, by_hand(c, eps, (size_t)min_points, want));
    assert_memory_equal(got, want, c->n * sizeof *got);
    check_ok(context, oa_max_separation(context, &arena, &points, eps, 1, got, &n_domains));
    assert_int_equal(n_domains, by_hand(c, eps, 1, want)); /* every point is a core: single linkage */
    assert_memory_equal(got, want, c->n * sizeof *got);
    oa_arena_drop(&arena);
    free(got);
    free(want);
}

static void test_dbscan__agrees_with_the_rule(void **state)
{
    for (uint64_t seed = 0; seed < 12; seed++)
        for (int64_t min_points = 1; min_points < 7; min_points++) {
            cloud c = cloud_random(300, 3.5, seed % 3 ? 0 : 0.2, seed), dense = cloud_random(200, 1, 0.1, seed);
            check_cloud(*state, &c, 0.4, min_points);
            check_cloud(*state, &dense, 0.3, min_points + 3);
            cloud_free(&c);
            cloud_free(&dense);
        }
}

/* From a tenth of a point within eps to all of them, all in one place, on a grid where eps is met exactly along the axes and
 * on diagonals (0.3, 0.4, 0.5): as whole steps. */
static void test_dbscan__agrees_with_the_rule_at_any_density(void **state)
{
    static const double edges[] = { 12, 6, 3, 1.5, 0.8, 0.2, 0 }, grids[] = { 0, 0.1, 0.25 };
    for (int e = 0; e < 7; e++)
        for (int g = 0; g < 3; g++) {
            cloud c = cloud_random(250, edges[e], grids[g], (uint64_t)(3 * e + g));
            oa_points steps = cloud_doubles(&c);
            uint32_t *got = calloc(c.n, sizeof *got), *want = calloc(c.n, sizeof *want), n;
            steps.steps = 1000;
            for (size_t i = 0; i < c.n; i++) {
                double p[3];
                oa_points_get(&steps, i, p);
                cloud_set(&c, i, p[0], p[1], p[2]);
            }
            for (int64_t least = 1; least < 300; least += 1 + least / 2) {
                oa_arena arena = { .context = *state };
                check_ok(*state, oa_dbscan(*state, &arena, &steps, 0.5, least, got, &n));
                assert_int_equal(n, by_hand(&c, 0.5, (size_t)least, want));
                assert_memory_equal(got, want, c.n * sizeof *got);
                oa_arena_drop(&arena);
            }
            cloud_free(&c);
            free(got);
            free(want);
        }
}

/* More near points than there is room for at first, in one cell and around it. */
static void test_dbscan__bears_thousands_of_neighbours(void **state)
{
    cloud c = cloud_random(1500, 0.6, 0, 5);
    oa_points steps = cloud_floats(&c);
    oa_arena arena = { .context = *state };
    uint32_t *got = calloc(c.n, sizeof *got), *want = calloc(c.n, sizeof *want), n;
    steps.steps = 1000;
    for (size_t i = 0; i < c.n; i++) {
        double p[3];
        oa_points_get(&steps, i, p);
        cloud_set(&c, i, p[0], p[1], p[2]);
    }
    for (int64_t least = 700; least < 1600; least += 400) {
        check_ok(*state, oa_dbscan(*state, &arena, &steps, 0.5, least, got, &n));
        assert_int_equal(n, by_hand(&c, 0.5, (size_t)least, want));
        assert_memory_equal(got, want, c.n * sizeof *got);
    }
    oa_arena_drop(&arena);
    cloud_free(&c);
    free(got);
    free(want);
}

/* Coordinates kept as steps, as floats and as doubles give the same domains; 1e-9 nm are too fine for steps. */
static void test_dbscan__does_not_depend_on_how_points_are_kept(void **state)
{
    static const double steps[] = { 1000, 20, 7, 0, 1e9 };
    for (int s = 0; s < 5; s++) {
        cloud c = cloud_random(2000, 5, 0, 3), rounded = cloud_new(c.n);
        oa_arena arena = { .context = *state };
        oa_points floats = cloud_floats(&c);
        floats.steps = steps[s];
        for (size_t i = 0; i < c.n; i++) {
            double p[3];
            oa_points_get(&floats, i, p);
            cloud_set(&rounded, i, p[0], p[1], p[2]);
        }
        const oa_points doubles = cloud_doubles(&rounded);
        uint32_t *got = calloc(c.n, sizeof *got), *want = calloc(c.n, sizeof *want), n, m;
        for (int64_t least = 1; least < 9; least += 2) {
            check_ok(*state, oa_dbscan(*state, &arena, &floats, 0.4, least, got, &n));
            check_ok(*state, oa_dbscan(*state, &arena, &doubles, 0.4, least, want, &m));
            assert_int_equal(n, m);
            assert_memory_equal(got, want, c.n * sizeof *got);
            check_ok(*state, oa_max_separation(*state, &arena, &floats, 0.3, least, got, &n));
            check_ok(*state, oa_max_separation(*state, &arena, &doubles, 0.3, least, want, &m));
            assert_int_equal(n, m);
            assert_memory_equal(got, want, c.n * sizeof *got);
        }
        oa_arena_drop(&arena);
        cloud_free(&c);
        cloud_free(&rounded);
        free(got);
        free(want);
    }
}

static void test_dbscan__bears_few_points(void **state)
{
    for (size_t n = 0; n < 4; n++) {
        cloud same = cloud_new(n);
        check_cloud(*state, &same, 0.4, 3);
        cloud_free(&same);
    }
}

/* Distance exactly eps counts. */
static void test_dbscan__eps_is_included(void **state)
{
    cloud c = cloud_new(3);
    for (size_t i = 0; i < 3; i++) cloud_set(&c, i, 0.5 * (double)i, 0, 0);
    check_cloud(*state, &c, 0.5, 2);
    oa_arena arena = { .context = *state };
    const oa_points points = cloud_doubles(&c);
    uint32_t domain[3], n;
    check_ok(*state, oa_dbscan(*state, &arena, &points, 0.5, 2, domain, &n));
    assert_int_equal(n, 1);
    check_ok(*state, oa_dbscan(*state, &arena, &points, 0.4999, 2, domain, &n));
    assert_int_equal(n, 0);
    oa_arena_drop(&arena);
    cloud_free(&c);
}

/* A border point between two domains belongs to the first one, though it comes before both. */
static void test_dbscan__border_goes_to_the_lower_number(void **state)
{
    static const double x[] = { 0, 0.9, 1.0, 1.1, -0.9, -1.0, -1.1 };
    cloud c = cloud_new(7);
    uint32_t domain[7], n;
    for (size_t i = 0; i < 7; i++) cloud_set(&c, i, x[i], 0, 0);
    oa_arena arena = { .context = *state };
    const oa_points points = cloud_doubles(&c);
    check_ok(*state, oa_dbscan(*state, &arena, &points, 0.9, 4, domain, &n));
    assert_int_equal(n, 2);
    assert_int_equal(domain[0], 1);
    assert_int_equal(domain[3], 1);
    assert_int_equal(domain[6], 2);
    oa_arena_drop(&arena);
    cloud_free(&c);
}

static void test_dbscan__left_out_points_have_no_domain(void **state)
{
    uint8_t take[50];
    cloud c = cloud_random(50, 0.5, 0, 1);
    cloud_set(&c, 10, NAN, 0, 0);
    memset(take, 1, sizeof take);
    take[20] = 0;
    oa_arena arena = { .context = *state };
    oa_points points = cloud_floats(&c);
    points.take = take;
    uint32_t domain[50], n;
    check_ok(*state, oa_dbscan(*state, &arena, &points, 1, 3, domain, &n));
    assert_int_equal(n, 1);
    for (int i = 0; i < 50; i++) assert_int_equal(domain[i], i != 10 && i != 20);
    oa_arena_drop(&arena);
    cloud_free(&c);
}

static void test_dbscan__smallest_domain_of_max_separation(void **state)
{
    static const double x[] = { 0, 0.1, 5, 9, 9.1, 9.2 };
    cloud c = cloud_new(6);
    uint32_t domain[6], n;
    for (size_t i = 0; i < 6; i++) cloud_set(&c, i, x[i], 0, 0);
    oa_arena arena = { .context = *state };
    const oa_points points = cloud_doubles(&c);
    check_ok(*state, oa_max_separation(*state, &arena, &points, 0.5, 3, domain, &n));
    assert_int_equal(n, 1);
    assert_int_equal(domain[0], 0);
    assert_int_equal(domain[2], 0);
    assert_int_equal(domain[5], 1);
    oa_arena_drop(&arena);
    cloud_free(&c);
}

/* 40 bytes a point beside the result, and 16 MB of cells at most. */
static void test_dbscan__memory_grows_with_the_points(void **state)
{
    oa_context *context = *state;
    enum { N = 200000 };
    cloud c = cloud_random(N, 3, 0, 9); /* thousands of neighbours each */
    uint32_t *domain = calloc(N, sizeof *domain), n;
    oa_arena arena = { .context = context };
    const oa_points points = cloud_floats(&c);
    const size_t before = context->bytes;
    check_ok(context, oa_dbscan(context, &arena, &points, 0.4, 3, domain, &n));
    assert_true(context->bytes - before <= 40u * N + (17u << 20));
    oa_arena_drop(&arena);
    free(domain);
    cloud_free(&c);
}

static int compare_sizes(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Sizes of the domains of one subset, found alone, in ascending order. */
static uint32_t alone(oa_context *context, const oa_subsets *s, int subset, uint32_t *size)
{
    oa_arena arena = { .context = context };
    oa_points points = *s->points;
    uint8_t *take = calloc(points.n + 1, 1);
    uint32_t *domain = calloc(points.n + 1, sizeof *domain), n;
    for (size_t i = 0; i < points.n; i++) take[i] = s->mask[i] >> subset & 1;
    points.take = take;
    check_ok(context, (s->is_linkage ? oa_max_separation : oa_dbscan)(context, &arena, &points, s->eps, s->min_points, domain, &n));
    memset(size, 0, (n + 1) * sizeof *size);
    for (size_t i = 0; i < points.n; i++) size[domain[i]]++;
    qsort(size + 1, n, sizeof *size, compare_sizes);
    oa_arena_drop(&arena);
    free(take);
    free(domain);
    return n;
}

static void check_subsets(oa_context *context, const oa_subsets *s)
{
    oa_arena arena = { .context = context };
    oa_size_list lists[OA_SUBSETS_MAX];
    uint32_t *size = calloc(s->points->n + 2, sizeof *size);
    check_ok(context, oa_dbscan_subsets(context, &arena, s, &arena, lists));
    for (int k = 0; k < s->n; k++) {
        assert_int_equal(lists[k].n, alone(context, s, k, size));
        qsort(lists[k].size, lists[k].n, sizeof *size, compare_sizes);
        assert_memory_equal(lists[k].size, size + 1, lists[k].n * sizeof *size);
    }
    free(size);
    oa_arena_drop(&arena);
}

/* One to eight subsets in one pass give the sizes that each gives alone: sparse, dense, empty, on edges of eps. */
static void test_dbscan__subsets_equal_each_alone(void **state)
{
    for (uint64_t seed = 0; seed < 12; seed++) {
        cloud c = cloud_random(seed % 4 ? 1000 : seed / 4, 4, seed % 3 ? 0 : 0.2, seed);
        oa_random random = oa_random_start(seed, 5);
        uint8_t *mask = calloc(c.n + 1, 1);
        const double share = seed % 2 ? 0.2 : 0.7;
        for (size_t i = 0; i < c.n; i++)
            for (int k = 0; k < OA_SUBSETS_MAX; k++) mask[i] |= (uint8_t)((k != 3 && oa_random_uniform(&random) < share) << k);
        const oa_points points = seed % 5 ? cloud_floats(&c) : cloud_doubles(&c);
        for (int n = 1; n <= OA_SUBSETS_MAX; n += 7) {
            for (size_t i = 0; i < c.n; i++) mask[i] &= (uint8_t)(0xff >> (OA_SUBSETS_MAX - n));
            for (int64_t least = 1; least < 7; least += 2) {
                oa_subsets s = { .points = &points, .mask = mask, .n = n, .is_linkage = seed % 7 == 2, .eps = 0.4, .min_points = least };
                check_subsets(*state, &s);
            }
            for (size_t i = 0; i < c.n; i++) mask[i] = (uint8_t)(oa_random_u32(&random) & 0xff);
        }
        free(mask);
        cloud_free(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dbscan__agrees_with_the_rule, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__agrees_with_the_rule_at_any_density, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__bears_thousands_of_neighbours, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__does_not_depend_on_how_points_are_kept, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__bears_few_points, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__eps_is_included, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__border_goes_to_the_lower_number, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__left_out_points_have_no_domain, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__smallest_domain_of_max_separation, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__subsets_equal_each_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_dbscan__memory_grows_with_the_points, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
