/* significance.c - p- and q-values of domains from random controls, and the bootstrap of mu. */
#include "math/significance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "math/statistics.h"

enum { STREAM_BOOTSTRAP = 0x4253, DRAWS_PER_CHUNK = 8 };

/* ---------------------------------------------------------------------------------------------- each domain */

/* All sizes of the lists in ascending order. */
static oa_status sort_sizes(oa_arena *arena, const oa_size_list *lists, size_t n_lists, oa_size_list *out)
{
    size_t n = 0;
    for (size_t k = 0; k < n_lists; k++) n += lists[k].n;
    *out = (oa_size_list){ .n = 0 };
    OA_TRY(oa_arena_take(arena, &out->size, n, sizeof *out->size));
    for (size_t k = 0; k < n_lists; k++) {
        memcpy(out->size + out->n, lists[k].size, lists[k].n * sizeof *out->size);
        out->n += lists[k].n;
    }
    qsort(out->size, n, sizeof *out->size, oa_ascending_u32);
    return OA_OK;
}

/* How many of the sorted sizes are below the limit. */
static size_t below(const oa_size_list *sorted, uint32_t limit)
{
    size_t lo = 0, hi = sorted->n;
    while (lo < hi) {
        const size_t mid = lo + (hi - lo) / 2;
        if (sorted->size[mid] < limit) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

/* rate[i]: q of the i-th sorted size. Sizes between two actual ones need no look: fewer false ones at the same number of
 * actual ones would be found at the next actual size. */
static void false_rates(const oa_size_list *actual, const oa_size_list *control, size_t n_controls, double *rate)
{
    double least = 1;
    for (size_t i = 0; i < actual->n; i++) {
        if (i && actual->size[i] == actual->size[i - 1]) {
            rate[i] = least;
            continue;
        }
        const double found = (double)(control->n - below(control, actual->size[i])) / (double)n_controls;
        least = fmin(least, found / (double)(actual->n - i));
        rate[i] = least;
    }
}

oa_status oa_size_chances(oa_arena *arena, const oa_size_list *actual, const oa_size_list *controls, size_t n_controls,
                          double *p, double *q)
{
    oa_size_list sorted, control;
    double *rate;
    OA_TRY(sort_sizes(arena, actual, 1, &sorted));
    OA_TRY(sort_sizes(arena, controls, n_controls, &control));
    OA_TRY(oa_arena_take(arena, &rate, sorted.n, sizeof *rate));
    false_rates(&sorted, &control, n_controls, rate);
    for (size_t i = 0; i < actual->n; i++) {
        const size_t larger = control.n - below(&control, actual->size[i]);
        p[i] = (double)(1 + larger) / (double)(1 + control.n);
        q[i] = rate[below(&sorted, actual->size[i])];
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the mean control */

oa_status oa_size_mean(oa_arena *arena, const oa_size_bins *bins, const oa_size_list *controls, size_t n_controls, double *mean,
                       double *deviation)
{
    uint32_t *counts;
    double *square;
    OA_TRY(oa_arena_take(arena, &counts, bins->n, sizeof *counts));
    OA_TRY(oa_arena_take(arena, &square, bins->n, sizeof *square));
    const double n = (double)n_controls;
    memset(mean, 0, bins->n * sizeof *mean);
    for (size_t k = 0; k < n_controls; k++) {
        oa_size_histogram(counts, bins->n, bins->width, controls[k].size, controls[k].n);
        for (size_t b = 0; b < bins->n; b++) {
            mean[b] += counts[b];
            square[b] += (double)counts[b] * counts[b];
        }
    }
    for (size_t b = 0; b < bins->n; b++) { /* sums of whole numbers are exact, so nothing cancels */
        if (deviation) deviation[b] = n > 1 ? sqrt((n * square[b] - mean[b] * mean[b]) / (n * (n - 1))) : 0;
        mean[b] /= n;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the whole list */

/* The bin of each domain: what a draw needs of it. */
typedef struct bin_list {
    size_t n;
    uint32_t *bin;
} bin_list;

typedef struct bootstrap {
    const oa_size_bins *bins;
    size_t n_lists; /* the actual one, then the controls */
    bin_list *lists;
    uint64_t seed;
    double *mu, *mu_scaled; /* (draws) */
} bootstrap;

static void draw_list(const bin_list *list, oa_random *random, double weight, double *counts)
{
    for (size_t i = 0; i < list->n; i++) counts[list->bin[oa_random_below(random, list->n)]] += weight;
}

static oa_status bootstrap_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const bootstrap *job = arg;
    const size_t n = job->bins->n;
    double *actual, *control;
    OA_TRY(oa_worker_scratch(worker, 0, &actual, n, sizeof *actual));
    OA_TRY(oa_worker_scratch(worker, 1, &control, n, sizeof *control));
    for (size_t draw = span.begin; draw < span.end; draw++) {
        oa_random random = oa_random_start(job->seed, (uint64_t)STREAM_BOOTSTRAP << 32 | draw);
        memset(actual, 0, n * sizeof *actual);
        memset(control, 0, n * sizeof *control);
        draw_list(&job->lists[0], &random, 1, actual);
        for (size_t k = 1; k < job->n_lists; k++) draw_list(&job->lists[k], &random, 1, control);
        for (size_t b = 0; b < n; b++) control[b] /= (double)(job->n_lists - 1);
        const oa_size_test test = oa_size_compare(actual, control, n);
        job->mu[draw] = test.mu;
        job->mu_scaled[draw] = test.mu_scaled;
    }
    return OA_OK;
}

/* In ascending order, so that a draw does not depend on the order of the domains. */
static oa_status bin_sizes(oa_arena *arena, const oa_size_bins *bins, const oa_size_list *sizes, bin_list *out)
{
    uint32_t *counts;
    out->n = 0;
    OA_TRY(oa_arena_take(arena, &counts, bins->n, sizeof *counts));
    OA_TRY(oa_arena_take(arena, &out->bin, sizes->n, sizeof *out->bin));
    oa_size_histogram(counts, bins->n, bins->width, sizes->size, sizes->n);
    for (size_t b = 0; b < bins->n; b++)
        for (uint32_t k = 0; k < counts[b]; k++) out->bin[out->n++] = (uint32_t)b;
    return OA_OK;
}

static double percentile(const double *sorted, size_t n, double share)
{
    const double at = share * (double)(n - 1);
    const size_t k = (size_t)at;
    return k + 1 < n ? sorted[k] + (at - (double)k) * (sorted[k + 1] - sorted[k]) : sorted[k];
}

static void interval(double *values, size_t n, double out[2])
{
    qsort(values, n, sizeof *values, oa_ascending_f64);
    out[0] = percentile(values, n, 0.025);
    out[1] = percentile(values, n, 0.975);
}

oa_status oa_mu_bootstrap(oa_context *context, oa_arena *arena, const oa_size_bins *bins, const oa_size_list *actual,
                          const oa_size_list *controls, size_t n_controls, size_t draws, uint64_t seed, oa_mu_interval *out)
{
    bootstrap job = { .bins = bins, .n_lists = n_controls + 1, .seed = seed };
    OA_TRY(oa_arena_take(arena, &job.lists, job.n_lists, sizeof *job.lists));
    for (size_t k = 0; k < job.n_lists; k++) OA_TRY(bin_sizes(arena, bins, k ? &controls[k - 1] : actual, &job.lists[k]));
    OA_TRY(oa_arena_take(arena, &job.mu, draws, sizeof *job.mu));
    OA_TRY(oa_arena_take(arena, &job.mu_scaled, draws, sizeof *job.mu_scaled));
    OA_TRY(oa_parallel(context, draws, DRAWS_PER_CHUNK, bootstrap_chunk, &job));
    interval(job.mu, draws, out->mu);
    interval(job.mu_scaled, draws, out->mu_scaled);
    return OA_OK;
}
