/* test_crop_physics.c - what any cutting of a specimen must obey: parts add up, cuts commute, moving moves, volumes count. */
#include "base/random.h"
#include "core/step/step_run.h"

extern const oa_step oa_step_crop;

enum { N = 200000 };
#define EDGE 20.0

/* Even density in a cube around `centre` along x. */
static oa_ions *cube(oa_context *context, double centre)
{
    float *v[3];
    oa_random random = oa_random_start(77, 0);
    for (int c = 0; c < 3; c++) v[c] = malloc(N * sizeof *v[c]);
    for (int i = 0; i < N; i++)
        for (int c = 0; c < 3; c++) v[c][i] = (float)(EDGE * (oa_random_uniform(&random) - 0.5) + (c == 0 ? centre : 0));
    oa_ions *ions = step_make_ions(context, N, v[0], v[1], v[2], v[0]);
    for (int c = 0; c < 3; c++) free(v[c]);
    return ions;
}

static oa_ions *crop(oa_context *context, oa_ions *ions, const char *name, const char *text)
{
    step_run *s = step_begin(context, &oa_step_crop);
    step_ions(s, "ions", ions);
    if (name) step_set(s, name, text);
    check_ok(context, step_go(s));
    oa_ions *out = step_take_ions(s);
    step_end(s);
    return out;
}

static void check_same(const oa_ions *a, const oa_ions *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_int_equal(oa_ions__evaporation_id(a, i), oa_ions__evaporation_id(b, i));
        assert_true(oa_ions_x(a)[i] == oa_ions_x(b)[i] && oa_ions_z(a)[i] == oa_ions_z(b)[i]);
    }
}

static void test_crop_physics__eight_octants_are_the_whole(void **state)
{
    static const char *const half[] = { "-10,0", "0,10.1" };
    oa_ions *ions = cube(*state, 0);
    unsigned char *seen = calloc(N, 1);
    for (int k = 0; k < 8; k++) {
        char roi[64];
        snprintf(roi, sizeof roi, "%s,%s,%s", half[k & 1], half[k >> 1 & 1], half[k >> 2]);
        oa_ions *part = crop(*state, ions, "roi", roi);
        for (size_t i = 0; i < part->n; i++) seen[oa_ions__evaporation_id(part, i)]++;
        oa_ions_free(part);
    }
    for (size_t i = 0; i < N; i++) assert_int_equal(seen[i], 1);
    free(seen);
    oa_ions_free(ions);
}

static void test_crop_physics__cuts_commute_and_repeat_nothing(void **state)
{
    static const char roi[] = "-5,5,-5,5,-5,5", sphere[] = "1,2,3,4";
    oa_ions *ions = cube(*state, 0);
    oa_ions *a = crop(*state, ions, "roi", roi), *ab = crop(*state, a, "sphere", sphere);
    oa_ions *b = crop(*state, ions, "sphere", sphere), *ba = crop(*state, b, "roi", roi), *abb = crop(*state, ab, "sphere", sphere);
    assert_true(ab->n > 100);
    check_same(ab, ba);
    check_same(ab, abb);
    oa_ions *all[] = { ions, a, ab, b, ba, abb };
    for (int i = 0; i < 6; i++) oa_ions_free(all[i]);
}

/* A move by a power of two is exact in float32 here as far as the same ions are concerned: borders lie between ions. */
static void test_crop_physics__moving_the_specimen_and_the_region_changes_nothing(void **state)
{
    oa_ions *here = cube(*state, 0), *there = cube(*state, 64);
    oa_ions *a = crop(*state, here, "sphere", "0.5,1,2,3.3"), *b = crop(*state, there, "sphere", "64.5,1,2,3.3");
    size_t common = 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        const uint64_t p = oa_ions__evaporation_id(a, i), q = oa_ions__evaporation_id(b, k);
        common += p == q;
        i += p <= q, k += q <= p;
    }
    assert_true(a->n > 1000);
    /* Positions around 64 are rounded to 4e-6 nm: ions this near to the surface may change sides. */
    assert_true(a->n - common <= 2 && b->n - common <= 2);
    oa_ions_free(a);
    oa_ions_free(b);
    oa_ions_free(here);
    oa_ions_free(there);
}

/* Even density: counts are volumes, within five standard deviations of a binomial draw. */
static void check_volume(oa_context *context, oa_ions *ions, const char *name, const char *text, double volume)
{
    const double p = volume / (EDGE * EDGE * EDGE);
    oa_ions *part = crop(context, ions, name, text);
    check_real((double)part->n, N * p, 5 * sqrt(N * p * (1 - p)));
    oa_ions_free(part);
}

static void test_crop_physics__counts_are_volumes(void **state)
{
    const double pi = acos(-1);
    oa_ions *ions = cube(*state, 0);
    check_volume(*state, ions, "roi", "-1,2,-3,4,-5,6", 3 * 7 * 11);
    check_volume(*state, ions, "sphere", "1,-1,2,6", 4 * pi / 3 * 216);
    check_volume(*state, ions, "cylinder", "-2,1,5,-4,3", pi * 25 * 7);
    check_volume(*state, ions, "sphere", "10,0,0,4", 2 * pi / 3 * 64); /* half of it outside */
    oa_ions_free(ions);
}

static void test_crop_physics__every_second_of_every_third_is_every_sixth(void **state)
{
    oa_ions *ions = cube(*state, 0);
    oa_ions *three = crop(*state, ions, "every", "3"), *six = crop(*state, three, "every", "2"), *direct = crop(*state, ions, "every", "6");
    check_same(six, direct);
    oa_ions *all[] = { ions, three, six, direct };
    for (int i = 0; i < 4; i++) oa_ions_free(all[i]);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_crop_physics__eight_octants_are_the_whole),
        with_context(test_crop_physics__cuts_commute_and_repeat_nothing),
        with_context(test_crop_physics__moving_the_specimen_and_the_region_changes_nothing),
        with_context(test_crop_physics__counts_are_volumes),
        with_context(test_crop_physics__every_second_of_every_third_is_every_sixth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
