/* test_frequency.c - blocks counted by hand, the golden sequences, and chance that must look like chance. */
#include "core/step/step_run.h"

#include "base/random.h"
#include "math/blocks.h"

extern const oa_step oa_step_frequency;

/* Ions of type 1 (Ni) where label is 1, of type 2 (Al) where it is 0, unranged where it is 2; x advances by 0.1 nm. */
static oa_ions *labelled(oa_context *context, const uint8_t *label, size_t n)
{
    float *x = calloc(n, sizeof *x), *zero = calloc(n, sizeof *zero), *m = calloc(n, sizeof *m);
    for (size_t i = 0; i < n; i++) {
        x[i] = 0.1f * (float)i;
        m[i] = label[i] == 1 ? 58 : label[i] == 0 ? 27 : 200;
    }
    oa_ions *ions = step_make_ions(context, n, x, zero, zero, m);
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    step_add_range(r, 28, 1, 57.9, 58.1);
    step_add_range(r, 13, 1, 26.9, 27.1);
    oa_ranges__sort(r);
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (size_t i = 0; i < n; i++) type[i] = (uint8_t)oa_ranges__lookup(r, m[i]);
    oa_ions__set_ranges(ions, r);
    free(x);
    free(zero);
    free(m);
    return ions;
}

static step_run *begin(oa_context *context, oa_ions *ions, const char *block)
{
    step_run *s = step_begin(context, &oa_step_frequency);
    step_set(s, "species", "Ni");
    step_set(s, "block", block);
    step_ions(s, "ions", ions);
    return s;
}

static void end(step_run *s, oa_ions *ions)
{
    step_end(s);
    oa_ions_free(ions);
}

/* Blocks of 2 of c = 1/2: 1/4, 1/2, 1/4 of them hold 0, 1, 2. */
static void small_blocks_are_counted_by_hand(void **state)
{
    enum { N = 81 };
    uint8_t label[N];
    for (int i = 0; i < N; i++) label[i] = i < 20 ? 1 : i < 40 ? 0 : i < 80 ? i % 2 : 2; /* 10 blocks of 2, 10 of 0, 20 of 1 */
    oa_ions *ions = labelled(*state, label, N);
    step_run *s = begin(*state, ions, "2");
    check_ok(*state, step_go(s));
    const double *observed = step_data(s, "distribution/observed"), *expected = step_data(s, "distribution/expected");
    static const double want[] = { 10, 20, 10 };
    for (int k = 0; k < 3; k++) {
        check_real(observed[k], want[k], 0);
        check_real(expected[k], want[k], 1e-12);
    }
    check_real(step_real(s, "summary/chi2"), 0, 1e-20);
    check_real(step_real(s, "summary/p_value"), 1, 1e-12);
    check_real(step_real(s, "summary/mu"), 0, 1e-10);
    check_real(step_real(s, "summary/concentration"), 0.5, 0);
    check_real(step_real(s, "summary/degrees_of_freedom"), 1, 0);
    check_real(step_real(s, "summary/ions"), 80, 0);
    check_real(step_real(s, "summary/p_permuted"), 1, 0); /* nothing is nearer to the expectation */
    end(s, ions);
}

/* All of the species in the first half: every block is full or empty. */
static void segregation_is_seen(void **state)
{
    enum { N = 4000 };
    uint8_t label[N];
    for (int i = 0; i < N; i++) label[i] = i < N / 2;
    oa_ions *ions = labelled(*state, label, N);
    step_run *s = begin(*state, ions, "20");
    check_ok(*state, step_go(s));
    if (step_real(s, "summary/mu") < 0.9) fail_msg("mu is %g", step_real(s, "summary/mu"));
    if (step_real(s, "summary/control_mu") > 0.5) fail_msg("mu of the control is %g", step_real(s, "summary/control_mu"));
    check_real(step_real(s, "summary/p_permuted"), 0.01, 1e-12);
    end(s, ions);
}

/* Cubes of 1 nm hold 10 ions of the row, so they are the blocks of 10, but for the last, which is cut. */
static void cubes_are_blocks_in_space(void **state)
{
    enum { N = 1204 };
    uint8_t label[N];
    oa_random random = oa_random_start(3, 0);
    for (int i = 0; i < N; i++) label[i] = (uint8_t)oa_random_below(&random, 2);
    oa_ions *ions = labelled(*state, label, N);
    float *x = oa_ions__data(ions, OA_X);
    for (int i = 0; i < N; i++) x[i] = (float)(i / 10) + 0.05f + 0.09f * (float)(i % 10);
    step_run *in_order = begin(*state, ions, "10"), *in_cubes = begin(*state, ions, "50");
    step_set(in_cubes, "edge", "1");
    check_ok(*state, step_go(in_order));
    check_ok(*state, step_go(in_cubes));
    check_real(step_real(in_cubes, "summary/blocks"), 120, 0);
    check_real(step_real(in_cubes, "summary/chi2"), step_real(in_order, "summary/chi2"), 1e-9);
    step_end(in_order);
    end(in_cubes, ions);
}

/* Blocks of several sizes: the expectation is the sum of their binomial distributions. */
static void sizes_may_differ(void **state)
{
    const uint64_t of_size[] = { 0, 3, 2 };
    double expected[3];
    (void)state;
    oa_frequency_expect(of_size, 2, 0.25, expected);
    check_real(expected[0], 3 * 0.75 + 2 * 0.5625, 1e-14);
    check_real(expected[1], 3 * 0.25 + 2 * 2 * 0.25 * 0.75, 1e-14);
    check_real(expected[2], 2 * 0.0625, 1e-14);
}

static void a_permutation_keeps_what_there_is(void **state)
{
    const uint32_t sizes[] = { 5, 1, 9, 20 };
    uint32_t hits[4], first[4];
    double sum[4] = { 0 };
    const oa_blocks blocks = { 4, sizes, NULL };
    (void)state;
    for (uint64_t draw = 0; draw < 20000; draw++) {
        uint64_t total = 0;
        oa_frequency_permute(&blocks, 14, 7, draw, hits);
        for (int b = 0; b < 4; b++) {
            assert_true(hits[b] <= sizes[b]);
            total += hits[b];
            sum[b] += hits[b];
        }
        assert_int_equal(total, 14);
    }
    for (int b = 0; b < 4; b++) check_real(sum[b] / 20000, 14.0 * sizes[b] / 35, 0.06);
    oa_frequency_permute(&blocks, 14, 7, 3, first);
    oa_frequency_permute(&blocks, 14, 7, 3, hits);
    assert_memory_equal(first, hits, sizeof hits);
}

/* 500 random sequences: p-values of both kinds are spread evenly (Kolmogorov-Smirnov: 1.63 / sqrt(500) at 1 %). */
static void p_values_are_uniform_at_random(void **state)
{
    enum { SPECIMENS = 500, BLOCKS = 400, SIZE = 50 };
    static uint32_t sizes[BLOCKS], hits[BLOCKS];
    double observed[SIZE + 1], expected[SIZE + 1], p[SPECIMENS], distance = 0;
    uint64_t of_size[SIZE + 1] = { [SIZE] = BLOCKS };
    (void)state;
    for (int b = 0; b < BLOCKS; b++) sizes[b] = SIZE;
    for (int i = 0; i < SPECIMENS; i++) {
        oa_random random = oa_random_start(21, (uint64_t)i);
        uint64_t members = 0;
        for (int b = 0; b < BLOCKS; b++) {
            hits[b] = 0;
            for (int k = 0; k < SIZE; k++) hits[b] += oa_random_uniform(&random) < 0.3;
            members += hits[b];
        }
        const oa_blocks blocks = { BLOCKS, sizes, hits };
        oa_frequency_count(&blocks, SIZE, observed);
        oa_frequency_expect(of_size, SIZE, (double)members / (BLOCKS * SIZE), expected);
        p[i] = oa_frequency_compare(observed, expected, SIZE, BLOCKS, 5).p_value;
    }
    for (int i = 0; i < SPECIMENS; i++) {
        int below = 0;
        for (int k = 0; k < SPECIMENS; k++) below += p[k] <= p[i];
        const double gap = fabs((double)below / SPECIMENS - p[i]);
        if (gap > distance) distance = gap;
    }
    if (distance > 1.63 / sqrt(SPECIMENS)) fail_msg("p-values are %g away from uniform", distance);
}

static void golden_sequences(void **state)
{
    static const struct { const char *file; double chi2, p, mu; } row[] = {
        { "conventional/inputs/labels_random.csv", 8.456272981410235, 0.7485355898697668, 0.20141045602084504 },
        { "conventional/inputs/labels_segregated.csv", 888.9221078909567, 1.3737455225365473e-182, 0.9035110037034232 },
    };
    static uint8_t label[20000];
    for (size_t k = 0; k < 2; k++) {
        char line[32];
        size_t n = 0;
        FILE *file = fopen(check_reference(row[k].file), "r");
        assert_non_null(file);
        assert_non_null(fgets(line, sizeof line, file));
        while (n < 20000 && fgets(line, sizeof line, file)) label[n++] = line[0] == '1';
        fclose(file);
        oa_ions *ions = labelled(*state, label, n);
        step_run *s = begin(*state, ions, "100");
        step_set(s, "draws", "0");
        check_ok(*state, step_go(s));
        check_real(step_real(s, "summary/chi2"), row[k].chi2, 1e-6 * row[k].chi2);
        check_real(step_real(s, "summary/p_value"), row[k].p, 1e-4 * row[k].p);
        check_real(step_real(s, "summary/mu"), row[k].mu, 1e-6 * row[k].mu);
        check_real(step_real(s, "summary/lowest_class"), 6, 0);
        check_real(step_real(s, "summary/highest_class"), 19, 0);
        check_real(step_real(s, "summary/degrees_of_freedom"), 12, 0);
        assert_null(oa_values_find(s->values, 1, "summary/p_permuted"));
        end(s, ions);
    }
}

static void what_cannot_be_tested_is_said(void **state)
{
    static const struct { const char *name, *text, *code; } row[] = {
        { "block", "1000", "E_EMPTY_DATA" },      /* no three blocks */
        { "least", "300", "E_EMPTY_DATA" },       /* no three classes */
        { "species", "Fe", "E_SPECIES_UNKNOWN" },
        { "species", "", "E_PARAMETER_VALUE" },
        { "edge", "1e-9", "E_PARAMETER_RANGE" },
    };
    enum { N = 1000 };
    uint8_t label[N];
    for (int i = 0; i < N; i++) label[i] = i % 3 == 0;
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        oa_ions *ions = labelled(*state, label, N);
        step_run *s = begin(*state, ions, "10");
        step_set(s, row[k].name, row[k].text);
        check_fails(*state, step_go(s), row[k].code);
        end(s, ions);
    }
    memset(label, 1, N);
    label[N - 1] = 0; /* in no block */
    oa_ions *ions = labelled(*state, label, N);
    step_run *s = begin(*state, ions, "9");
    check_fails(*state, step_go(s), "E_EMPTY_DATA");
    end(s, ions);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(small_blocks_are_counted_by_hand), with_context(segregation_is_seen), with_context(cubes_are_blocks_in_space), with_context(sizes_may_differ),
        with_context(a_permutation_keeps_what_there_is), with_context(p_values_are_uniform_at_random), with_context(golden_sequences), with_context(what_cannot_be_tested_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
