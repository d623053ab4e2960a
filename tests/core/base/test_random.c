/* test_random.c - the generator is the published one, its numbers are even, and order and threads do not matter. */
#include "base/random.h"

#include "check.h"

/* Known answers of the authors for philox4x32-10: counter, key, result (Random123, kat_vectors). */
static void test_random__philox_gives_the_published_answers(void **state)
{
    static const struct { uint32_t counter[4], key[2], want[4]; } row[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const uint32_t *c = row[i].counter, *k = row[i].key;
        uint32_t got[4];
        oa_philox((uint64_t)k[1] << 32 | k[0], (uint64_t)c[3] << 32 | c[2], (uint64_t)c[1] << 32 | c[0], got);
        for (int w = 0; w < 4; w++) assert_int_equal(got[w], row[i].want[w]);
    }
}

static void test_random__a_sequence_is_the_blocks_in_order(void **state)
{
    uint32_t block[4];
    oa_random random = oa_random_start(7, 9);
    (void)state;
    for (uint64_t counter = 0; counter < 5; counter++) {
        oa_philox(7, 9, counter, block);
        for (int w = 0; w < 4; w++) assert_int_equal(oa_random_u32(&random), block[w]);
    }
}

static void test_random__streams_and_seeds_differ(void **state)
{
    oa_random a = oa_random_start(1, 0), b = oa_random_start(1, 1), c = oa_random_start(2, 0);
    int same = 0;
    (void)state;
    for (int i = 0; i < 1000; i++) {
        const uint32_t x = oa_random_u32(&a), y = oa_random_u32(&b), z = oa_random_u32(&c);
        same += x == y || x == z || y == z;
    }
    assert_true(same <= 1); /* 3000 pairs out of 2^32 */
}

/* Chi-square of counts that should be equal; five standard deviations of its own distribution. */
static void check_even(const unsigned *count, size_t bins, double draws)
{
    const double want = draws / (double)bins;
    double chi2 = 0;
    for (size_t i = 0; i < bins; i++) chi2 += (count[i] - want) * (count[i] - want) / want;
    const double freedom = (double)bins - 1;
    check_real(chi2, freedom, 5 * sqrt(2 * freedom));
}

static void test_random__below_is_even_also_for_awkward_bounds(void **state)
{
    static const uint64_t bound[] = { 3, 7, 100, 1000 };
    unsigned count[1000];
    (void)state;
    for (size_t b = 0; b < 4; b++) {
        oa_random random = oa_random_start(11, b);
        memset(count, 0, sizeof count);
        for (int i = 0; i < 200000; i++) count[oa_random_below(&random, bound[b])]++;
        check_even(count, bound[b], 200000);
    }
}

/* 3 * 2^62: a remainder alone would hit the lower third twice as often. */
static void test_random__below_is_even_beyond_32_bits(void **state)
{
    const uint64_t n = (uint64_t)3 << 62;
    oa_random random = oa_random_start(12, 0);
    unsigned third[3] = { 0 };
    (void)state;
    for (int i = 0; i < 60000; i++) {
        const uint64_t value = oa_random_below(&random, n);
        assert_true(value < n);
        third[value >> 62]++;
    }
    check_even(third, 3, 60000);
    assert_int_equal(oa_random_below(&random, 1), 0);
}

static void test_random__uniform_is_even_and_below_one(void **state)
{
    oa_random random = oa_random_start(13, 0);
    unsigned count[64] = { 0 };
    double sum = 0;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        const double u = oa_random_uniform(&random);
        assert_true(u >= 0 && u < 1);
        count[(int)(64 * u)]++;
        sum += u;
    }
    check_even(count, 64, 200000);
    check_real(sum / 200000, 0.5, 5 * sqrt(1.0 / 12 / 200000));
}

static void test_random__normal_has_its_moments(void **state)
{
    const double n = 200000;
    oa_random random = oa_random_start(14, 0);
    double m1 = 0, m2 = 0, m4 = 0;
    (void)state;
    for (int i = 0; i < (int)n; i++) {
        const double v = oa_random_normal(&random), square = v * v;
        m1 += v, m2 += square, m4 += square * square;
    }
    check_real(m1 / n, 0, 5 / sqrt(n));
    check_real(m2 / n, 1, 5 * sqrt(2 / n));
    check_real(m4 / n, 3, 5 * sqrt(96 / n)); /* variance of the fourth power: 105 - 9 */
}

/* Each of the 24 orders of four things as often as the others. */
static void test_random__shuffle_gives_every_order_alike(void **state)
{
    unsigned count[256] = { 0 }, seen[24];
    oa_random random = oa_random_start(15, 0);
    size_t n = 0;
    (void)state;
    for (int i = 0; i < 120000; i++) {
        uint32_t order[4] = { 0, 1, 2, 3 };
        oa_random_shuffle(&random, order, 4);
        count[order[0] * 64 + order[1] * 16 + order[2] * 4 + order[3]]++;
    }
    for (size_t i = 0; i < 256; i++)
        if (count[i]) {
            assert_true(n < 24);
            seen[n++] = count[i];
        }
    assert_int_equal(n, 24);
    check_even(seen, 24, 120000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random__philox_gives_the_published_answers),
        cmocka_unit_test(test_random__a_sequence_is_the_blocks_in_order),
        cmocka_unit_test(test_random__streams_and_seeds_differ),
        cmocka_unit_test(test_random__below_is_even_also_for_awkward_bounds),
        cmocka_unit_test(test_random__below_is_even_beyond_32_bits),
        cmocka_unit_test(test_random__uniform_is_even_and_below_one),
        cmocka_unit_test(test_random__normal_has_its_moments),
        cmocka_unit_test(test_random__shuffle_gives_every_order_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
