/* test_sdm.c - maps against loops over all pairs: modes, two species, two dimensions, odd radii. */
#include "core/math/cloud.h"
#include "math/sdm.h"

static bool is_within(const cloud *c, size_t i, const double at[3], double radius)
{
    const double dx = c->x[i] - at[0], dy = c->y[i] - at[1], dz = c->z[i] - at[2];
    return (dx * dx + dy * dy) + dz * dz <= radius * radius;
}

static int64_t bin_of(const oa_sdm_rule *rule, double t)
{
    if (t >= rule->half_range || t < -rule->half_range) return -1;
    const int64_t bin = (int64_t)((t + rule->half_range) * ((double)rule->bins / (2 * rule->half_range))) - rule->first;
    return bin < rule->kept ? bin : -1;
}

/* What the header says, in the plainest way. */
static void map_by_hand(const oa_sdm_rule *rule, const cloud *a, const cloud *b, const double at[3], uint32_t *map)
{
    const bool is_all = rule->mode == OA_SDM_ALL, is_sphere = rule->mode == OA_SDM_INSPHERE;
    for (size_t i = 0; i < a->n; i++) {
        if (!is_all && !is_within(a, i, at, rule->radius)) continue;
        const double centre[3] = { a->x[i], a->y[i], a->z[i] };
        for (size_t j = 0; j < b->n; j++) {
            if (is_sphere && !is_within(b, j, at, rule->radius)) continue;
            const bool cannot_be_long = is_sphere && 2 * rule->radius <= rule->half_range;
            if (!cannot_be_long && !is_within(b, j, centre, rule->half_range)) continue;
            double dx = b->x[j] - a->x[i], dz = b->z[j] - a->z[i];
            if (!is_sphere) {
                dx = (float)dx;
                dz = (float)dz;
            }
            if (dx == 0 || dz == 0 || dx >= rule->half_range || dx < -rule->half_range) continue;
            const int64_t row = bin_of(rule, dz), column = bin_of(rule, dx);
            if (rule->dimensions == 1 && row >= 0) map[row]++;
            if (rule->dimensions == 2 && row >= 0 && column >= 0) map[row * rule->kept + column]++;
        }
    }
}

static void check_rule(oa_context *context, const oa_sdm_rule *rule, double grid)
{
    enum { SITES = 20 };
    cloud a = cloud_random(700, 4, grid, 11), b = cloud_random(400, 4, grid, 12), at = cloud_random(SITES, 4, 0.25, 13);
    double list[3 * SITES];
    for (size_t i = 0; i < SITES; i++) memcpy(list + 3 * i, (const double[]){ at.x[i], at.y[i], at.z[i] }, 3 * sizeof(double));
    oa_arena arena = { .context = context };
    oa_cells cells[2];
    const oa_points points[2] = { cloud_doubles(&a), cloud_doubles(&b) };
    for (int s = 0; s < 2; s++) check_ok(context, oa_cells_build(&arena, &cells[s], &points[s], oa_sdm_cell_edge(rule), 0));
    const oa_sdm_pair pairs[3] = { { 0, 0 }, { 0, 1 }, { 1, 0 } };
    const oa_sdm sdm = { .kernels = context->kernels, .rule = *rule, .n_species = 2, .species = cells, .n_pairs = 3, .pairs = pairs };
    const size_t size = oa_sdm_map_size(rule), n = rule->mode == OA_SDM_ALL ? 1 : SITES;
    uint32_t *got = calloc(n * 3 * size, sizeof *got), *want = calloc(n * 3 * size, sizeof *want);
    if (rule->mode == OA_SDM_ALL) {
        check_ok(context, oa_sdm_all(context, &arena, &sdm, got, NULL));
    } else {
        const oa_sites sites = { .n = SITES, .list = list };
        check_ok(context, oa_sdm_sites(context, &sdm, &sites, got, NULL));
    }
    for (size_t i = 0; i < n; i++)
        for (size_t p = 0; p < 3; p++)
            map_by_hand(rule, p == 2 ? &b : &a, p == 1 ? &b : &a, list + 3 * i, want + (3 * i + p) * size);
    assert_memory_equal(got, want, n * 3 * size * sizeof *got);
    free(got);
    free(want);
    oa_arena_drop(&arena);
    cloud_free(&a);
    cloud_free(&b);
    cloud_free(&at);
}

static void test_sdm__agrees_with_loops_over_pairs(void **state)
{
    static const double radii[] = { 0.75, 0.5, 1.1, 0.01 }, grids[] = { 0, 0.015, 0.25 };
    for (int mode = OA_SDM_INSPHERE; mode <= OA_SDM_ALL; mode++)
        for (int dimensions = 1; dimensions <= 2; dimensions++)
            for (int r = 0; r < (mode == OA_SDM_ALL ? 1 : 4); r++)
                for (int g = 0; g < 3; g++) {
                    const oa_sdm_rule rule = { .mode = (oa_sdm_mode)mode, .dimensions = dimensions, .radius = radii[r],
                                               .half_range = 1.5, .bins = 200, .first = 54, .kept = 93 };
                    check_rule(*state, &rule, grids[g]);
                }
}

static void test_sdm__axis_has_the_published_edges(void **state)
{
    (void)state;
    const oa_sdm_rule rule = { .half_range = 1.5, .bins = 200, .first = 54, .kept = 93 };
    check_real(oa_sdm_edge(&rule, 0), -0.690, 1e-12);
    check_real(oa_sdm_edge(&rule, 92), 0.690, 1e-12);
    assert_true(oa_sdm_axis(&rule).scale == 200.0 / 3.0);
}

static void test_sdm__scan_has_the_published_voxels(void **state)
{
    (void)state;
    double centre[3];
    const double demo[6] = { -10, 10, -10, 10, -120, 0 }, feal[6] = { -10, 10, -10, 10, -10, 0 }, thin[6] = { 0, 0.9, 0, 5, 0, 5 };
    const oa_scan scan = oa_scan_of(demo, 1, 0.5), small = oa_scan_of(feal, 1, 0.5), none = oa_scan_of(thin, 1, 0.5);
    assert_int_equal(oa_scan_count(&scan), 363519);
    assert_int_equal(oa_scan_count(&small), 28899);
    assert_int_equal(oa_scan_count(&none), 0);
    oa_scan_centre(&scan, 1, centre);
    assert_true(centre[0] == -9 && centre[1] == -9.5 && centre[2] == -119.5);
    oa_scan_centre(&scan, 363518, centre);
    assert_true(centre[0] == 9.5 && centre[1] == 9.5 && centre[2] == -0.5);
    const double tenth[6] = { 0, 1, 0, 1, 0, 1 };
    const oa_scan fine = oa_scan_of(tenth, 0.3, 0.1); /* 0.1 and 0.3 are no binary fractions: still 8 voxels */
    assert_int_equal(fine.n[0], 8);
}

static void test_sdm__numbers_of_ions(void **state)
{
    oa_context *context = *state;
    cloud c = cloud_new(3);
    cloud_set(&c, 0, 0, 0, 0);
    cloud_set(&c, 1, 0.1, 0, 0.2);
    cloud_set(&c, 2, 5, 5, 5);
    oa_arena arena = { .context = context };
    oa_cells cells;
    const oa_sdm_rule rule = { .dimensions = 1, .radius = 0.75, .half_range = 1.5, .bins = 200, .kept = 200 };
    const oa_points points = cloud_floats(&c);
    check_ok(context, oa_cells_build(&arena, &cells, &points, 0.5, 0));
    const double list[9] = { 0, 0, 0, 5, 5, 5, 2.5, 2.5, 2.5 };
    const oa_sites sites = { .n = 3, .list = list };
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = context->kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    uint32_t maps[3 * 200], numbers[3], sum = 0;
    check_ok(context, oa_sdm_sites(context, &sdm, &sites, maps, numbers));
    for (int k = 0; k < 600; k++) sum += maps[k];
    assert_int_equal(numbers[0], 2);
    assert_int_equal(numbers[1], 1);
    assert_int_equal(numbers[2], 0);
    assert_int_equal(sum, 2); /* there and back */
    oa_arena_drop(&arena);
    cloud_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sdm__agrees_with_loops_over_pairs, check_setup, check_teardown),
        cmocka_unit_test(test_sdm__axis_has_the_published_edges),
        cmocka_unit_test(test_sdm__scan_has_the_published_voxels),
        cmocka_unit_test_setup_teardown(test_sdm__numbers_of_ions, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
