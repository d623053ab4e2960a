/* test_split.c - folds: every row judged once, groups never part, the same seed the same split. */
#include "check.h"

#include "math/split.h"

enum { ROWS = 300, FOLDS = 5 };

static void make_rows(uint32_t *rows, uint32_t *group)
{
    for (uint32_t i = 0; i < ROWS; i++) rows[i] = i, group[i] = 1000 + i % 150; /* pairs: i and i + 150 */
}

/* Counts, for each row, how often the fold names it; bit 0 train, bit 1 validation. */
static void mark(const oa_fold *fold, uint8_t *seen)
{
    memset(seen, 0, ROWS);
    for (size_t i = 0; i < fold->n_train; i++) seen[fold->train[i]] |= 1;
    for (size_t i = 0; i < fold->n_validation; i++) seen[fold->validation[i]] |= 2;
}

static void test_split__every_row_is_judged_once(void **state)
{
    oa_context *context = *state;
    oa_arena arena = { .context = context };
    uint32_t rows[ROWS], group[ROWS];
    uint8_t seen[ROWS], judged[ROWS] = { 0 }, tested[ROWS] = { 0 };
    oa_split split;
    make_rows(rows, group);
    check_ok(context, oa_split_make(&arena, rows, ROWS, group, 0.1, FOLDS, 7, &split));
    assert_int_equal(split.n_test, 30);
    for (size_t i = 0; i < split.n_test; i++) tested[split.test[i]]++;
    for (size_t f = 0; f < FOLDS; f++) {
        mark(&split.fold[f], seen);
        for (size_t i = 0; i < ROWS; i++) {
            assert_int_equal(seen[i], tested[i] ? 0 : seen[(i + 150) % ROWS]); /* the copy is where its original is */
            assert_int_not_equal(seen[i], 3);
            judged[i] += seen[i] == 2;
        }
    }
    for (size_t i = 0; i < ROWS; i++) assert_int_equal(judged[i] + tested[i], 1);
    oa_arena_drop(&arena);
}

static void test_split__the_seed_decides(void **state)
{
    oa_context *context = *state;
    oa_arena arena = { .context = context };
    uint32_t rows[ROWS], group[ROWS];
    oa_split a, b, c, single;
    make_rows(rows, group);
    check_ok(context, oa_split_make(&arena, rows, ROWS, NULL, 0.1, FOLDS, 7, &a));
    check_ok(context, oa_split_make(&arena, rows, ROWS, NULL, 0.1, FOLDS, 7, &b));
    check_ok(context, oa_split_make(&arena, rows, ROWS, NULL, 0.1, FOLDS, 8, &c));
    assert_memory_equal(a.test, b.test, a.n_test * sizeof *a.test);
    assert_memory_not_equal(a.test, c.test, a.n_test * sizeof *a.test);
    check_ok(context, oa_split_make(&arena, rows, ROWS, NULL, 0, 1, 7, &single));
    assert_int_equal(single.n_test, 0);
    assert_int_equal(single.fold[0].n_train, ROWS);
    assert_int_equal(single.fold[0].n_validation, 0);
    check_fails(context, oa_split_make(&arena, rows, 2, NULL, 0.5, 1 + 1, 7, &single), "E_EMPTY_DATA");
    oa_context__clear(context);
    check_fails(context, oa_split_make(&arena, rows, 6, NULL, 0, 7, 7, &single), "E_EMPTY_DATA"); /* a fold without a row to validate */
    oa_context__clear(context);
    check_ok(context, oa_split_make(&arena, rows, 6, NULL, 0, 6, 7, &single));
    for (size_t f = 0; f < 6; f++) assert_int_equal(single.fold[f].n_validation, 1);
    oa_arena_drop(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_split__every_row_is_judged_once, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_split__the_seed_decides, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
