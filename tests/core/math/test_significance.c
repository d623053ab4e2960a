/* test_significance.c - p- and q-values of domains and the bootstrap of mu, against the definitions written out. */
#include "check.h"

#include "base/random.h"
#include "math/significance.h"

static oa_size_list random_sizes(size_t n, uint32_t most, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 3);
    oa_size_list out = { .n = n, .size = calloc(n + 1, sizeof(uint32_t)) };
    for (size_t i = 0; i < n; i++) out.size[i] = 3 + (uint32_t)oa_random_below(&random, most);
    return out;
}

static double at_least(const oa_size_list *lists, size_t n, uint32_t size)
{
    double found = 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < lists[k].n; i++) found += lists[k].size[i] >= size;
    return found;
}

/* The definition: every limit of size up to the domain's own is tried. */
static double q_by_hand(const oa_size_list *actual, const oa_size_list *controls, size_t k, uint32_t size)
{
    double least = 1;
    for (uint32_t limit = 0; limit <= size; limit++) {
        const double rate = at_least(controls, k, limit) / (double)k / at_least(actual, 1, limit);
        least = rate < least ? rate : least;
    }
    return least;
}

static void test_significance__chances_by_hand(void **state)
{
    for (uint64_t seed = 0; seed < 5; seed++)
        for (size_t k = 1; k < 4; k++) {
            oa_arena arena = { .context = *state };
            oa_size_list actual = random_sizes(80, 60, seed), controls[3];
            for (size_t c = 0; c < 3; c++) controls[c] = random_sizes(90, 25, 100 + 3 * seed + c);
            double *p = calloc(actual.n, sizeof *p), *q = calloc(actual.n, sizeof *q);
            check_ok(*state, oa_size_chances(&arena, &actual, controls, k, p, q));
            const double all = at_least(controls, k, 0);
            for (size_t i = 0; i < actual.n; i++) {
                check_real(p[i], (1 + at_least(controls, k, actual.size[i])) / (1 + all), 1e-15);
                check_real(q[i], q_by_hand(&actual, controls, k, actual.size[i]), 1e-15);
            }
            for (size_t c = 0; c < 3; c++) free(controls[c].size);
            free(actual.size), free(p), free(q);
            oa_arena_drop(&arena);
        }
}

static void test_significance__nothing_to_compare(void **state)
{
    static const oa_size_bins bins = { .n = 32, .width = 5 };
    uint32_t sizes[2] = { 5, 9 };
    const oa_size_list none = { .n = 0, .size = sizes }, two = { .n = 2, .size = sizes };
    oa_arena arena = { .context = *state };
    double p[2], q[2];
    oa_mu_interval mu;
    check_ok(*state, oa_size_chances(&arena, &two, &none, 1, p, q));
    assert_true(p[0] == 1 && p[1] == 1 && q[0] == 0 && q[1] == 0); /* no control domain: nothing is known of p, nothing false expected */
    check_ok(*state, oa_size_chances(&arena, &none, &two, 1, p, q));
    check_ok(*state, oa_mu_bootstrap(*state, &arena, &bins, &none, &none, 1, 10, 1, &mu));
    assert_true(mu.mu[0] == 0 && mu.mu[1] == 0);
    oa_arena_drop(&arena);
}

static void test_significance__mean_and_deviation(void **state)
{
    static const oa_size_bins bins = { .n = 2, .width = 10 };
    uint32_t a[3] = { 1, 2, 30 }, b[1] = { 4 }, c[2] = { 5, 6 };
    const oa_size_list lists[3] = { { 3, a }, { 1, b }, { 2, c } };
    oa_arena arena = { .context = *state };
    double mean[2], deviation[2];
    check_ok(*state, oa_size_mean(&arena, &bins, lists, 3, mean, deviation));
    check_real(mean[0], 5.0 / 3, 1e-15);
    check_real(mean[1], 1.0 / 3, 1e-15);
    check_real(deviation[0], sqrt(1.0 / 3), 1e-15); /* 2, 1, 2 */
    check_real(deviation[1], sqrt(1.0 / 3), 1e-15); /* 1, 0, 0 */
    check_ok(*state, oa_size_mean(&arena, &bins, lists, 1, mean, deviation));
    assert_true(mean[0] == 2 && mean[1] == 1 && deviation[0] == 0);
    oa_arena_drop(&arena);
}

static oa_mu_interval interval_of(int threads, const oa_size_list *actual, const oa_size_list *controls, size_t n, size_t draws, uint64_t seed)
{
    static const oa_size_bins bins = { .n = 32, .width = 5 };
    const oa_context_options options = { .threads = threads };
    oa_context *context;
    oa_mu_interval out;
    assert_int_equal(oa_context_new(&context, &options), OA_OK);
    oa_arena arena = { .context = context };
    check_ok(context, oa_mu_bootstrap(context, &arena, &bins, actual, controls, n, draws, seed, &out));
    oa_arena_drop(&arena);
    oa_context_free(context);
    return out;
}

/* The interval is the same for any number of threads, another for another seed, and narrower for longer lists. */
static void test_significance__bootstrap(void **state)
{
    (void)state;
    oa_size_list actual = random_sizes(400, 90, 1), long_one = random_sizes(40000, 90, 1), controls[2] = { random_sizes(400, 60, 2), random_sizes(400, 60, 3) };
    oa_size_list long_control = random_sizes(40000, 60, 2);
    const oa_mu_interval one = interval_of(1, &actual, controls, 2, 300, 5), two = interval_of(3, &actual, controls, 2, 300, 5);
    const oa_mu_interval other = interval_of(1, &actual, controls, 2, 300, 6), narrow = interval_of(2, &long_one, &long_control, 1, 100, 5);
    assert_memory_equal(&one, &two, sizeof one);
    assert_true(one.mu[0] < one.mu[1] && one.mu_scaled[0] < one.mu_scaled[1]);
    assert_true(memcmp(&one, &other, sizeof one) != 0 && fabs(one.mu[0] - other.mu[0]) < 0.1);
    assert_true(narrow.mu[1] - narrow.mu[0] < (one.mu[1] - one.mu[0]) / 3);
    free(actual.size), free(long_one.size), free(controls[0].size), free(controls[1].size), free(long_control.size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_significance__chances_by_hand, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_significance__nothing_to_compare, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_significance__mean_and_deviation, check_setup, check_teardown),
        cmocka_unit_test(test_significance__bootstrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
