/* test_intervals.c - stated intervals hold the truth as often as they say. */
#include "base/random.h"
#include "check.h"
#include "math/series.h"
#include "math/significance.h"

enum { SPECIMENS = 500 };

/* Of n tries, `held` is as many as share says, within three standard errors. */
static void check_share(size_t held, size_t n, double share)
{
    const double spread = 3 * sqrt((double)n * share * (1 - share));
    if (fabs((double)held - share * (double)n) > spread) fail_msg("%zu of %zu hold the truth, not %.1f +- %.1f", held, n, share * (double)n, spread);
}

/* The mean of samples that remember: x[i] = memory x[i - 1] + noise, whose mean is 0. The error is that of the mean, not of as many samples that do not. */
static size_t means_within(double memory, size_t n, double errors)
{
    double *x = malloc(n * sizeof *x);
    size_t held = 0;
    for (uint64_t k = 0; k < SPECIMENS; k++) {
        oa_random random = oa_random_start(k, 31);
        double last = oa_random_normal(&random) / sqrt(1 - memory * memory);
        for (size_t i = 0; i < n; i++) x[i] = last = memory * last + oa_random_normal(&random);
        const oa_series s = oa_series_of(x, n);
        held += fabs(s.mean) <= errors * s.error;
    }
    free(x);
    return held;
}

static void test_intervals__means_of_series_that_remember(void **state)
{
    static const double memory[] = { 0, 0.5, 0.8, 0.95 };
    (void)state;
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
        check_share(means_within(memory[i], 8000, 1), SPECIMENS, 0.6827);
        check_share(means_within(memory[i], 8000, 1.96), SPECIMENS, 0.95);
    }
}

/* ---- mu ---- */

enum { BINS = 4, WIDTH = 4, CONTROLS = 4, DRAWS = 120, LISTS = 300 };
static const oa_size_bins bins = { .n = BINS, .width = WIDTH };

/* Sizes from 1 on, each `ratio` times as likely as the one before; none beyond the bins. */
static void draw_sizes(oa_size_list *list, size_t n, double ratio, uint64_t seed, uint64_t stream)
{
    oa_random random = oa_random_start(seed, stream);
    const double most = 1 - pow(ratio, BINS * WIDTH - 1);
    list->n = n;
    for (size_t i = 0; i < n; i++) list->size[i] = 1 + (uint32_t)(log(1 - most * oa_random_uniform(&random)) / log(ratio));
}

static void share_of_bins(double share[BINS], double ratio)
{
    uint32_t size[BINS * WIDTH], counts[BINS];
    double sum = 0;
    memset(share, 0, BINS * sizeof *share);
    for (uint32_t k = 1; k < BINS * WIDTH; k++) {
        size[0] = k;
        oa_size_histogram(counts, BINS, WIDTH, size, 1);
        for (int b = 0; b < BINS; b++) share[b] += counts[b] * pow(ratio, k);
        sum += pow(ratio, k);
    }
    for (int b = 0; b < BINS; b++) share[b] /= sum;
}

/* Specimens whose interval holds the mu of what they were drawn from. */
static size_t mu_within(oa_context *context, size_t n, double ratio, double of_control)
{
    uint32_t *room = malloc((1 + CONTROLS) * n * sizeof *room);
    oa_size_list lists[1 + CONTROLS];
    double actual[BINS], control[BINS];
    size_t held = 0;
    for (size_t k = 0; k <= CONTROLS; k++) lists[k].size = room + k * n;
    share_of_bins(actual, ratio);
    share_of_bins(control, of_control);
    for (int b = 0; b < BINS; b++) actual[b] *= (double)n, control[b] *= (double)n;
    const double mu = oa_size_compare(actual, control, BINS).mu;
    for (uint64_t seed = 0; seed < LISTS; seed++) {
        oa_arena arena = { .context = context };
        oa_mu_interval interval;
        for (size_t k = 0; k <= CONTROLS; k++) draw_sizes(&lists[k], n, k ? of_control : ratio, seed, k);
        check_ok(context, oa_mu_bootstrap(context, &arena, &bins, &lists[0], lists + 1, CONTROLS, DRAWS, seed, &interval));
        held += interval.mu[0] <= mu && mu <= interval.mu[1];
        oa_arena_drop(&arena);
    }
    free(room);
    return held;
}

/* Where mu is not near 0: there, drawing the domains anew adds a difference that was not there. */
static void test_intervals__mu_of_many_domains(void **state)
{
    check_share(mu_within(*state, 300, 0.8, 0.7), LISTS, 0.95);
    check_share(mu_within(*state, 1000, 0.75, 0.7), LISTS, 0.95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals__means_of_series_that_remember),
        cmocka_unit_test_setup_teardown(test_intervals__mu_of_many_domains, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
