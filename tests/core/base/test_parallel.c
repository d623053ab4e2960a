/* test_parallel.c - results, failures and messages do not depend on the number of threads. */
#include "base/parallel.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/random.h"
#include "check.h"

static oa_context *with_threads(int threads)
{
    oa_context *context;
    const oa_context_options options = { .threads = threads };
    assert_int_equal(oa_context_new(&context, &options), OA_OK);
    return context;
}

static const int thread_counts[] = { 1, 2, 3, 4, 8 };
enum { COUNTS = 5, ITEMS = 10007, CHUNK = 64 };

typedef struct sums {
    double chunk[ITEMS / CHUNK + 1];
    int touched[ITEMS];
} sums;

/* Numbers of very different size: any other order of addition would show in the last bits. */
static oa_status add_up(void *arg, oa_span span, oa_worker *worker)
{
    sums *s = arg;
    double *terms;
    OA_TRY(oa_worker_scratch(worker, 0, &terms, CHUNK, sizeof *terms));
    for (size_t i = span.begin; i < span.end; i++) {
        oa_random random = oa_random_start(1, i);
        terms[i - span.begin] = exp(40 * oa_random_uniform(&random) - 20);
        s->touched[i]++;
    }
    for (size_t i = span.begin; i < span.end; i++) s->chunk[span.chunk] += terms[i - span.begin];
    return OA_OK;
}

static void test_parallel__same_result_for_any_threads(void **state)
{
    double first = 0;
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        oa_context *context = with_threads(thread_counts[t]);
        sums *s = calloc(1, sizeof *s);
        double total = 0;
        check_ok(context, oa_parallel(context, ITEMS, CHUNK, add_up, s));
        for (size_t i = 0; i < oa_chunk_count(ITEMS, CHUNK); i++) total += s->chunk[i];
        for (size_t i = 0; i < ITEMS; i++) assert_int_equal(s->touched[i], 1);
        if (t == 0) first = total;
        assert_true(total == first);
        free(s);
        oa_context_free(context);
    }
}

static void test_parallel__chunks_depend_on_the_data(void **state)
{
    (void)state;
    assert_int_equal(oa_chunk_count(0, 64), 0);
    assert_int_equal(oa_chunk_count(1, 64), 1);
    assert_int_equal(oa_chunk_count(64, 64), 1);
    assert_int_equal(oa_chunk_count(65, 64), 2);
    assert_int_equal(oa_chunk_count(SIZE_MAX, 1), SIZE_MAX);
}

static oa_status never(void *arg, oa_span span, oa_worker *worker)
{
    (void)arg, (void)span;
    return oa_fail(oa_worker_context(worker), "E_INTERNAL", "called for nothing");
}

static void test_parallel__nothing_to_do_is_done(void **state)
{
    oa_context *context = with_threads(4);
    (void)state;
    check_ok(context, oa_parallel(context, 0, 10, never, NULL));
    oa_context_free(context);
}

/* Later chunks fail at once, the lowest one late: it must win with any number of threads, with its own words. */
static oa_status fail_some(void *arg, oa_span span, oa_worker *worker)
{
    oa_context *context = oa_worker_context(worker);
    atomic_int *calls = arg;
    atomic_fetch_add(calls, 1);
    if (span.chunk < 5) return OA_OK;
    if (span.chunk > 5) return oa_fail(context, "E_DIGEST", "chunk %zu", span.chunk);
    for (const double end = oa_seconds() + 0.05; oa_seconds() < end;) continue;
    return oa_fail(context, "E_READ", "chunk %zu", span.chunk);
}

static void test_parallel__the_lowest_failure_is_told(void **state)
{
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        oa_context *context = with_threads(thread_counts[t]);
        atomic_int calls = 0;
        assert_int_equal(oa_parallel(context, 100000, 1, fail_some, &calls), OA_E_IO);
        assert_string_equal(oa_error_code(context), "E_READ");
        assert_string_equal(oa_error_text(context), "chunk 5");
        assert_true(atomic_load(&calls) < 1000); /* the rest was not begun */
        oa_context_free(context);
    }
}

static oa_status cancel_at_ten(void *arg, oa_span span, oa_worker *worker)
{
    atomic_int *calls = arg;
    atomic_fetch_add(calls, 1);
    if (span.chunk == 10) oa_cancel(oa_worker_context(worker));
    return OA_OK;
}

static void test_parallel__cancellation_ends_it(void **state)
{
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        oa_context *context = with_threads(thread_counts[t]);
        atomic_int calls = 0;
        assert_int_equal(oa_parallel(context, 1000000, 1, cancel_at_ten, &calls), OA_E_CANCELLED);
        assert_string_equal(oa_error_code(context), "E_CANCELLED");
        assert_true(atomic_load(&calls) < 100000);
        assert_int_equal(oa_parallel(context, 10, 1, cancel_at_ten, &calls), OA_E_CANCELLED); /* stays so */
        oa_context_free(context);
    }
}

/* The same buffer comes back, grown where more is asked for; slots do not touch each other. */
static oa_status use_scratch(void *arg, oa_span span, oa_worker *worker)
{
    unsigned char *small, *again, *other, *large;
    (void)arg;
    OA_TRY(oa_worker_scratch(worker, 0, &small, 100, 1));
    memset(small, (int)span.chunk, 100);
    OA_TRY(oa_worker_scratch(worker, 7, &other, 5000, 1));
    memset(other, 255, 5000);
    OA_TRY(oa_worker_scratch(worker, 0, &again, 50, 2));
    if (again != small || small[99] != (unsigned char)span.chunk) return oa_fail(oa_worker_context(worker), "E_INTERNAL", "not the same");
    OA_TRY(oa_worker_scratch(worker, 0, &large, 100 + 10 * span.chunk, 1));
    memset(large, 1, 100 + 10 * span.chunk);
    return OA_OK;
}

static void test_parallel__scratch_is_kept_and_given_back(void **state)
{
    oa_context *context = with_threads(3);
    (void)state;
    check_ok(context, oa_parallel(context, 4, 1, use_scratch, NULL)); /* makes the pool */
    const size_t before = context->bytes;
    for (int i = 0; i < 20; i++) check_ok(context, oa_parallel(context, 50, 1, use_scratch, NULL));
    assert_int_equal(context->bytes, before);
    oa_context_free(context);
}

/* Rows of rows: each chunk fills its own part of a table and of a table of tables. */
typedef struct nested {
    uint32_t *row[100];
    size_t length[100];
} nested;

static oa_status fill_rows(void *arg, oa_span span, oa_worker *worker)
{
    nested *n = arg;
    for (size_t i = span.begin; i < span.end; i++) {
        n->length[i] = 1 + i * i % 37;
        OA_TRY(oa_new(oa_worker_context(worker), &n->row[i], n->length[i], sizeof **n->row));
        for (size_t k = 0; k < n->length[i]; k++) n->row[i][k] = (uint32_t)(1000 * i + k);
    }
    return OA_OK;
}

static void test_parallel__chunks_may_take_memory(void **state)
{
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        oa_context *context = with_threads(thread_counts[t]);
        nested n = { .row = { NULL } };
        check_ok(context, oa_parallel(context, 100, 7, fill_rows, &n));
        for (size_t i = 0; i < 100; i++) {
            for (size_t k = 0; k < n.length[i]; k++) assert_int_equal(n.row[i][k], 1000 * i + k);
            oa_free(context, n.row[i]);
        }
        oa_context_free(context);
    }
}

static oa_status count_workers(void *arg, oa_span span, oa_worker *worker)
{
    unsigned *count = arg; /* one per worker, so no two threads share one */
    count[oa_worker_number(worker)] += (unsigned)(span.end - span.begin);
    return OA_OK;
}

static void test_parallel__worker_numbers_stay_below_threads(void **state)
{
    (void)state;
    for (int t = 0; t < COUNTS; t++) {
        oa_context *context = with_threads(thread_counts[t]);
        unsigned count[8] = { 0 }, sum = 0;
        check_ok(context, oa_parallel(context, 100000, 10, count_workers, count));
        for (int i = 0; i < 8; i++) {
            if (i >= thread_counts[t]) assert_int_equal(count[i], 0);
            sum += count[i];
        }
        assert_int_equal(sum, 100000);
        oa_context_free(context);
    }
}

static void test_parallel__a_pool_without_memory_can_be_made_later(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 3; n++) {
        oa_context *context = with_threads(2);
        sums *s = calloc(1, sizeof *s);
        context->fail_allocation = context->allocations + n;
        check_fails(context, oa_parallel(context, ITEMS, CHUNK, add_up, s), "E_MEMORY");
        assert_int_equal(context->bytes, 0);
        oa_context__clear(context);
        check_ok(context, oa_parallel(context, ITEMS, CHUNK, add_up, s));
        free(s);
        oa_context_free(context);
    }
}

static void count_progress(void *payload, const char *phase, uint64_t done, uint64_t total, double elapsed_s)
{
    int *calls = payload;
    assert_string_equal(phase, "chunks");
    assert_true(done <= total && elapsed_s >= 0);
    ++*calls;
}

static void test_parallel__progress_names_the_phase(void **state)
{
    int calls = 0;
    oa_context *context;
    const oa_context_options options = { .threads = 1, .progress = count_progress, .progress_payload = &calls };
    unsigned count[1] = { 0 };
    (void)state;
    assert_int_equal(oa_context_new(&context, &options), OA_OK);
    oa_phase(context, "chunks");
    check_ok(context, oa_parallel(context, 1000, 10, count_workers, count));
    assert_true(calls >= 1 && calls <= 3); /* at most twice a second, and at the end */
    oa_context_free(context);
}

/* Threads do not survive fork(), and one of them may hold the lock at that moment, just as it goes to sleep. */
static void test_parallel__a_child_makes_threads_of_its_own(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    print_message("skipped: the thread sanitizer knows no threads of a child\n");
    skip();
#endif
    oa_context *context = with_threads(8);
    for (int i = 0; i < 100; i++) {
        unsigned count[8] = { 0 }, sum = 0;
        check_ok(context, oa_parallel(context, 64, 1, count_workers, count));
        const pid_t child = fork();
        if (child == 0) {
            alarm(20);
            const oa_status status = oa_parallel(context, 64, 1, count_workers, count);
            oa_context_free(context);
            for (int k = 0; k < 8; k++) sum += count[k];
            _exit(status == OA_OK && sum == 2 * 64 ? 0 : 1);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) fail_msg("child %d: %s", i, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "waits for ever" : "fails");
    }
    oa_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parallel__same_result_for_any_threads),
        cmocka_unit_test(test_parallel__chunks_depend_on_the_data),
        cmocka_unit_test(test_parallel__nothing_to_do_is_done),
        cmocka_unit_test(test_parallel__the_lowest_failure_is_told),
        cmocka_unit_test(test_parallel__cancellation_ends_it),
        cmocka_unit_test(test_parallel__scratch_is_kept_and_given_back),
        cmocka_unit_test(test_parallel__chunks_may_take_memory),
        cmocka_unit_test(test_parallel__worker_numbers_stay_below_threads),
        cmocka_unit_test(test_parallel__a_pool_without_memory_can_be_made_later),
        cmocka_unit_test(test_parallel__progress_names_the_phase),
        cmocka_unit_test(test_parallel__a_child_makes_threads_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
