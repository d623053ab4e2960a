/* test_sdm_physics.c - what any right map must show: planes of a lattice, order, mirror symmetry, no origin, no order of
 * ions, nothing where nothing is. */
#include "core/math/cloud.h"
#include "math/sdm.h"

enum { BINS = 200 };
static const double a0 = 0.36;

typedef struct maps {
    size_t n;
    uint32_t *counts; /* (n, BINS) */
} maps;

static oa_sdm_rule rule_of(oa_sdm_mode mode, double radius)
{
    return (oa_sdm_rule){ .mode = mode, .dimensions = 1, .radius = radius, .half_range = 1.5, .bins = BINS, .kept = BINS };
}

/* Maps of centres a and neighbours b (NULL: the same) around places. */
static maps map_of(oa_context *context, oa_sdm_rule rule, const cloud *a, const cloud *b, size_t n, const double *places)
{
    oa_arena arena = { .context = context };
    oa_cells cells[2];
    maps out = { n, calloc(n * BINS, sizeof(uint32_t)) };
    const oa_points points[2] = { cloud_doubles(a), cloud_doubles(b ? b : a) };
    for (int s = 0; s < 2; s++) check_ok(context, oa_cells_build(&arena, &cells[s], &points[s], oa_sdm_cell_edge(&rule), 0));
    const oa_sdm_pair pair = { 0, b ? 1 : 0 };
    const oa_sdm sdm = { .kernels = context->kernels, .rule = rule, .n_species = 2, .species = cells, .n_pairs = 1, .pairs = &pair };
    const oa_sites sites = { .n = n, .list = places };
    if (rule.mode == OA_SDM_ALL) check_ok(context, oa_sdm_all(context, &arena, &sdm, out.counts, NULL));
    else check_ok(context, oa_sdm_sites(context, &sdm, &sites, out.counts, NULL));
    oa_arena_drop(&arena);
    return out;
}

static uint64_t sum(const maps *m)
{
    uint64_t total = 0;
    for (size_t i = 0; i < m->n * BINS; i++) total += m->counts[i];
    return total;
}

/* A lattice shifted off the origin a little, so that no pair is on the edge of a bin. */
static cloud lattice(bool corners_only)
{
    cloud all = cloud_fcc(12, a0), out = cloud_new(all.n);
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if (!corners_only || i % 4 == 0) {
            cloud_set(&out, n, all.x[i] + 0.0011, all.y[i] - 0.0007, all.z[i] + 0.0003);
            n++;
        }
    out.n = n;
    cloud_free(&all);
    return out;
}

/* Which multiples of half a lattice constant occur as dz. */
static void check_planes(const maps *m, bool half_planes)
{
    for (int bin = 0; bin < BINS; bin++) {
        const double lo = bin * 0.015 - 1.5, hi = lo + 0.015, step = half_planes ? a0 / 2 : a0;
        const double nearest = rint((lo + hi) / 2 / step) * step;
        const bool is_plane = fabs(nearest) > 1e-9 && nearest > lo - 1e-9 && nearest < hi + 1e-9;
        if (m->counts[bin] && !is_plane) fail_msg("%u counts between %.3f and %.3f nm, where no plane is", m->counts[bin], lo, hi);
    }
    assert_true(sum(m) > 1000);
}

static void test_sdm_physics__planes_of_fcc(void **state)
{
    cloud fcc = lattice(false), corners = lattice(true);
    maps disordered = map_of(*state, rule_of(OA_SDM_ALL, 0), &fcc, NULL, 1, NULL);
    maps ordered = map_of(*state, rule_of(OA_SDM_ALL, 0), &corners, NULL, 1, NULL);
    check_planes(&disordered, true);
    check_planes(&ordered, false); /* L1_2: every other peak is missing */
    assert_true(disordered.counts[(int)((0.18 + 1.5) / 0.015)] > 0);
    free(disordered.counts);
    free(ordered.counts);
    cloud_free(&fcc);
    cloud_free(&corners);
}

/* There and back: bin b and its mirror hold the same, for same species; swapping the species mirrors the map. */
static void test_sdm_physics__mirror_symmetry(void **state)
{
    cloud a = cloud_random(3000, 5, 0, 1), b = cloud_random(2000, 5, 0, 2);
    const double places[6] = { 0, 0, 0, 0.3, -0.8, 1.1 };
    for (int mode = OA_SDM_INSPHERE; mode <= OA_SDM_ALL; mode++) {
        const size_t n = mode == OA_SDM_ALL ? 1 : 2;
        maps same = map_of(*state, rule_of((oa_sdm_mode)mode, 0.9), &a, NULL, n, places);
        maps there = map_of(*state, rule_of((oa_sdm_mode)mode, 0.9), &a, &b, n, places);
        maps back = map_of(*state, rule_of((oa_sdm_mode)mode, 0.9), &b, &a, n, places);
        for (size_t i = 0; i < n; i++)
            for (int bin = 0; bin < BINS; bin++) {
                const size_t k = i * BINS + (size_t)bin, mirror = i * BINS + (size_t)(BINS - 1 - bin);
                if (mode != OA_SDM_TREE) { /* in tree mode centres and neighbours are different sets */
                    assert_int_equal(same.counts[k], same.counts[mirror]);
                    assert_int_equal(there.counts[k], back.counts[mirror]);
                }
            }
        assert_true(sum(&same) > 0 && sum(&there) > 0);
        free(same.counts);
        free(there.counts);
        free(back.counts);
    }
    cloud_free(&a);
    cloud_free(&b);
}

/* Shifted by a power of two, differences of these coordinates stay the same numbers. */
static void test_sdm_physics__no_place_is_special(void **state)
{
    cloud c = cloud_random(4000, 6, 1.0 / 1048576, 3), shifted = cloud_new(c.n);
    double places[9] = { 0, 0, 0, 1, 0.5, -1, -1.5, 0.25, 2 }, moved[9];
    for (size_t i = 0; i < c.n; i++) cloud_set(&shifted, i, c.x[i] + 64, c.y[i] - 128, c.z[i] + 32);
    for (int i = 0; i < 9; i++) moved[i] = places[i] + (i % 3 == 0 ? 64 : i % 3 == 1 ? -128 : 32);
    for (int mode = OA_SDM_INSPHERE; mode <= OA_SDM_ALL; mode++) {
        const size_t n = mode == OA_SDM_ALL ? 1 : 3;
        maps here = map_of(*state, rule_of((oa_sdm_mode)mode, 0.75), &c, NULL, n, places);
        maps there = map_of(*state, rule_of((oa_sdm_mode)mode, 0.75), &shifted, NULL, n, moved);
        assert_memory_equal(here.counts, there.counts, n * BINS * sizeof(uint32_t));
        assert_true(sum(&here) > 0);
        free(here.counts);
        free(there.counts);
    }
    cloud_free(&c);
    cloud_free(&shifted);
}

static void test_sdm_physics__order_of_ions_is_irrelevant(void **state)
{
    cloud c = cloud_random(4000, 6, 0.015, 4), mixed = cloud_new(c.n);
    const double places[6] = { 0, 0, 0, 1, 0.5, -1 };
    for (size_t i = 0; i < c.n; i++) cloud_set(&mixed, i * 1237 % c.n, c.x[i], c.y[i], c.z[i]);
    for (int mode = OA_SDM_INSPHERE; mode <= OA_SDM_ALL; mode++) {
        const size_t n = mode == OA_SDM_ALL ? 1 : 2;
        maps one = map_of(*state, rule_of((oa_sdm_mode)mode, 0.75), &c, NULL, n, places);
        maps two = map_of(*state, rule_of((oa_sdm_mode)mode, 0.75), &mixed, NULL, n, places);
        assert_memory_equal(one.counts, two.counts, n * BINS * sizeof(uint32_t));
        free(one.counts);
        free(two.counts);
    }
    cloud_free(&c);
    cloud_free(&mixed);
}

/* Turning the specimen about z keeps dz; distances are kept but for rounding. */
static void test_sdm_physics__rotation_about_the_axis(void **state)
{
    cloud c = cloud_random(3000, 5, 0, 5), turned = cloud_new(c.n);
    for (size_t i = 0; i < c.n; i++) cloud_set(&turned, i, 0.6 * c.x[i] - 0.8 * c.y[i], 0.8 * c.x[i] + 0.6 * c.y[i], c.z[i]);
    const double place[3] = { 0, 0, 0 };
    maps one = map_of(*state, rule_of(OA_SDM_INSPHERE, 0.75), &c, NULL, 1, place);
    maps two = map_of(*state, rule_of(OA_SDM_INSPHERE, 0.75), &turned, NULL, 1, place);
    assert_memory_equal(one.counts, two.counts, BINS * sizeof(uint32_t));
    free(one.counts);
    free(two.counts);
    cloud_free(&c);
    cloud_free(&turned);
}

/* In a sphere with n ions there are n (n - 1) ordered pairs, and all of them are on the axis. */
static void test_sdm_physics__counts_add_up(void **state)
{
    cloud c = cloud_random(4000, 6, 0, 6);
    const double places[6] = { 0, 0, 0, 100, 100, 100 };
    size_t n = 0;
    for (size_t i = 0; i < c.n; i++) n += c.x[i] * c.x[i] + c.y[i] * c.y[i] + c.z[i] * c.z[i] <= 0.75 * 0.75;
    maps m = map_of(*state, rule_of(OA_SDM_INSPHERE, 0.75), &c, NULL, 2, places);
    assert_true(n > 10);
    assert_int_equal(sum(&m), n * (n - 1));
    for (int bin = 0; bin < BINS; bin++) assert_int_equal(m.counts[BINS + bin], 0); /* an empty sphere */
    free(m.counts);
    cloud_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sdm_physics__planes_of_fcc, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_physics__mirror_symmetry, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_physics__no_place_is_special, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_physics__order_of_ions_is_irrelevant, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_physics__rotation_about_the_axis, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_physics__counts_add_up, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
