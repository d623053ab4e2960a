/* test_contingency.c - tables by hand, classes that leave no cell too rare, and chance that must look like chance. */
#include "check.h"

#include "base/random.h"
#include "math/contingency.h"

enum { LARGEST = 40 };

/* 0 ... LARGEST, of a shape that chance chooses: smooth, with gaps, or almost all in one place. */
static void random_margin(oa_random *random, size_t blocks, uint64_t *of)
{
    const uint64_t shape = oa_random_below(random, 4), wide = 1 + oa_random_below(random, LARGEST);
    memset(of, 0, (LARGEST + 1) * sizeof *of);
    for (size_t i = 0; i < blocks; i++) {
        uint64_t k = oa_random_below(random, wide + 1);
        if (shape == 1) k = (k + oa_random_below(random, wide + 1)) / 2;
        if (shape == 2) k -= k % 7;
        if (shape == 3 && oa_random_below(random, 10)) k = 3 < wide ? 3 : 0;
        of[k]++;
    }
}

static double in_class(const uint64_t *of, const oa_margin *m, size_t c)
{
    double sum = 0;
    for (size_t k = m->lowest[c]; k <= LARGEST && (c + 1 == m->n || k < m->lowest[c + 1]); k++) sum += (double)of[k];
    return sum;
}

static void no_cell_is_rarer_than_asked(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 2000; seed++) {
        oa_random random = oa_random_start(seed, 3);
        const size_t blocks = 3 + oa_random_below(&random, seed % 2 ? 100 : 3000);
        const double least = seed % 3 ? 5 : 0.01;
        uint64_t a[LARGEST + 1], b[LARGEST + 1];
        oa_margin rows, columns, other[2];
        random_margin(&random, blocks, a);
        random_margin(&random, blocks, b);
        oa_margins_pool(a, b, LARGEST, least, &rows, &columns);
        oa_margins_pool(b, a, LARGEST, least, &other[1], &other[0]);
        assert_true(rows.n == other[0].n && columns.n == other[1].n);
        assert_memory_equal(rows.lowest, other[0].lowest, rows.n * sizeof *rows.lowest);
        assert_memory_equal(columns.lowest, other[1].lowest, columns.n * sizeof *columns.lowest);
        assert_true(rows.n <= OA_MARGIN_CLASSES && columns.n <= OA_MARGIN_CLASSES && rows.lowest[0] == 0 && columns.lowest[0] == 0);
        if (rows.n < 2 || columns.n < 2) continue;
        for (size_t i = 0; i < rows.n; i++)
            for (size_t j = 0; j < columns.n; j++)
                if (in_class(a, &rows, i) * in_class(b, &columns, j) / (double)blocks < least * (1 - 1e-12))
                    fail_msg("seed %d: a cell expects less than %g", (int)seed, least);
    }
}

/* What is frequent stays apart, tails go together; numbers find their class. */
static void classes_are_pooled_from_both_ends(void **state)
{
    const uint64_t a[] = { 1, 2, 40, 60, 50, 40, 4, 2, 1 }, even[] = { 100, 100, 0, 0, 0, 0, 0, 0, 0 }, one[] = { 200, 0, 0, 0, 0, 0, 0, 0, 0 };
    oa_margin rows, columns;
    uint8_t of[9];
    (void)state;
    oa_margins_pool(a, even, 8, 5, &rows, &columns); /* half of the blocks in each column: rows need 10 */
    const uint32_t want[] = { 0, 3, 4, 5 };
    assert_int_equal(rows.n, 4);
    assert_memory_equal(rows.lowest, want, sizeof want);
    assert_int_equal(columns.n, 2);
    assert_int_equal(columns.lowest[1], 1);
    oa_margin_classes(&rows, 8, of);
    const uint8_t classes[] = { 0, 0, 0, 1, 2, 3, 3, 3, 3 };
    assert_memory_equal(of, classes, sizeof classes);
    oa_margins_pool(a, one, 8, 5, &rows, &columns); /* the same everywhere */
    assert_int_equal(columns.n, 1);
}

static void tables_by_hand(void **state)
{
    const uint32_t a[] = { 0, 0, 1, 1, 2, 2, 0 }, b[] = { 5, 1, 1, 5, 5, 5, 1 };
    const uint8_t row_of[] = { 0, 0, 1 }, column_of[] = { 0, 0, 0, 0, 0, 1 };
    const uint32_t want[] = { 3, 2, 0, 2 };
    uint32_t table[4];
    double expected[4], residual[4];
    (void)state;
    oa_contingency_count(a, b, 7, row_of, column_of, 2, 2, table);
    assert_memory_equal(table, want, sizeof want);
    const oa_contingency_test t = oa_contingency_compare(table, 2, 2, expected, residual);
    const double chi2 = 7.0 * (3 * 2 - 2 * 0) * (3 * 2 - 2 * 0) / (5 * 2 * 3 * 4); /* N (ad - bc)^2 / (r1 r2 c1 c2) */
    check_real(t.chi2, chi2, 1e-12);
    check_real(t.mu, sqrt(chi2 / (7 + chi2)), 1e-12);
    check_real(t.p_value, erfc(sqrt(chi2 / 2)), 1e-12);
    assert_int_equal(t.degrees, 1);
    check_real(expected[0], 15.0 / 7, 1e-12);
    for (int i = 0; i < 4; i++) check_real(residual[i], (i == 0 || i == 3 ? 1 : -1) * sqrt(chi2), 1e-12); /* of four cells each has all of chi2 */
    assert_true(isnan(oa_contingency_compare(table, 1, 4, NULL, NULL).chi2));
}

static void correlations_by_hand(void **state)
{
    const uint32_t a[] = { 1, 2, 3, 4 }, twice[] = { 2, 4, 6, 8 }, less[] = { 9, 7, 5, 3 }, other[] = { 1, 0, 0, 1 }, same[] = { 3, 3, 3, 3 };
    (void)state;
    check_real(oa_correlation_u32(a, twice, 4), 1, 0);
    check_real(oa_correlation_u32(a, less, 4), -1, 0);
    check_real(oa_correlation_u32(a, other, 4), 0, 0);
    assert_true(isnan(oa_correlation_u32(a, same, 4)));
}

/* 500 tables of two independent numbers: p-values are spread evenly (Kolmogorov-Smirnov: 1.63 / sqrt(500) at 1 %). */
static void p_values_are_uniform_where_independent(void **state)
{
    enum { TABLES = 500, BLOCKS = 600, MOST = 8 };
    double p[TABLES];
    (void)state;
    for (int i = 0; i < TABLES; i++) {
        oa_random random = oa_random_start(77, (uint64_t)i);
        uint32_t a[BLOCKS], b[BLOCKS], table[OA_MARGIN_CLASSES * OA_MARGIN_CLASSES];
        uint64_t of_a[MOST + 1] = { 0 }, of_b[MOST + 1] = { 0 };
        uint8_t row_of[MOST + 1], column_of[MOST + 1];
        oa_margin rows, columns;
        for (int k = 0; k < BLOCKS; k++) {
            a[k] = b[k] = 0;
            for (int j = 0; j < MOST; j++) a[k] += oa_random_uniform(&random) < 0.3, b[k] += oa_random_uniform(&random) < 0.6;
            of_a[a[k]]++, of_b[b[k]]++;
        }
        oa_margins_pool(of_a, of_b, MOST, 5, &rows, &columns);
        oa_margin_classes(&rows, MOST, row_of);
        oa_margin_classes(&columns, MOST, column_of);
        oa_contingency_count(a, b, BLOCKS, row_of, column_of, rows.n, columns.n, table);
        p[i] = oa_contingency_compare(table, rows.n, columns.n, NULL, NULL).p_value;
        assert_true(rows.n > 3 && columns.n > 3);
    }
    for (int i = 0; i < TABLES; i++) {
        int below = 0;
        for (int k = 0; k < TABLES; k++) below += p[k] <= p[i];
        if (fabs((double)below / TABLES - p[i]) > 1.63 / sqrt(TABLES)) fail_msg("%d of %d p-values are at most %g", below, TABLES, p[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cell_is_rarer_than_asked), cmocka_unit_test(classes_are_pooled_from_both_ends), cmocka_unit_test(tables_by_hand),
        cmocka_unit_test(correlations_by_hand), cmocka_unit_test(p_values_are_uniform_where_independent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
