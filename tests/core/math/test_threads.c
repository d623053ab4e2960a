/* test_threads.c - one, two and four threads give the same bytes. */
#include "core/math/cloud.h"
#include "math/curve.h"
#include "math/dbscan.h"
#include "math/pixels.h"
#include "math/sdm.h"

enum { N = 30000, VOXELS = 17 * 17 * 17, BINS = 93 };

typedef struct results {
    uint32_t maps[VOXELS * BINS], numbers[VOXELS], all[BINS], domain[N], n_domains;
    float curves[VOXELS * BINS];
    uint8_t inside[N];
} results;

static void compute_maps(oa_context *context, const oa_points *points, results *out)
{
    oa_arena arena = { .context = context };
    oa_cells cells;
    const double box[6] = { -4.5, 4.5, -4.5, 4.5, -4.5, 4.5 };
    oa_sdm_rule rule = { .dimensions = 1, .radius = 0.75, .half_range = 1.5, .bins = 200, .first = 54, .kept = BINS };
    const oa_scan scan = oa_scan_of(box, 1, 0.5);
    const oa_sites sites = { .n = oa_scan_count(&scan), .scan = &scan };
    const oa_sdm_pair pair = { 0, 0 };
    assert_int_equal(sites.n, VOXELS);
    check_ok(context, oa_cells_build(&arena, &cells, points, 0.5, 0));
    oa_sdm sdm = { .kernels = context->kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    check_ok(context, oa_sdm_sites(context, &sdm, &sites, out->maps, out->numbers));
    sdm.rule.mode = OA_SDM_ALL;
    check_ok(context, oa_sdm_all(context, &arena, &sdm, out->all, NULL));
    const oa_curve_rule clean = { .bins = BINS, .window = 15, .order = 8, .first = 23, .last = 68, .sweeps = 1001 };
    oa_curve_plan plan;
    check_ok(context, oa_curve_plan_make(&arena, &plan, &clean));
    check_ok(context, oa_curve_clean(context, &plan, VOXELS, out->maps, (oa_curve_output){ out->curves, 1 }));
    oa_arena_drop(&arena);
}

static void compute_domains(oa_context *context, const oa_points *points, results *out)
{
    oa_arena arena = { .context = context };
    size_t n;
    check_ok(context, oa_dbscan(context, &arena, points, 0.2, 3, out->domain, &out->n_domains));
    const size_t voxels[3] = { 17, 17, 17 };
    const oa_pixels pixels = oa_pixels_of(voxels, (const double[]){ -4.5, -4.5, -4.5 }, 1, 0.5);
    uint8_t *chosen = calloc(oa_pixels_count(&pixels), 1);
    for (size_t i = 0; i < oa_pixels_count(&pixels); i += 3) chosen[i] = 1;
    check_ok(context, oa_pixels_ions(context, &pixels, chosen, points, out->inside, &n));
    free(chosen);
    oa_arena_drop(&arena);
}

static results *compute(int threads, const oa_points *points)
{
    oa_context *context;
    const oa_context_options options = { .threads = threads };
    results *out = calloc(1, sizeof *out);
    assert_int_equal(oa_context_new(&context, &options), OA_OK);
    compute_maps(context, points, out);
    compute_domains(context, points, out);
    oa_context_free(context);
    return out;
}

static void test_threads__same_bytes(void **state)
{
    (void)state;
    cloud c = cloud_random(N, 10, 0, 1);
    const oa_points points = cloud_floats(&c);
    results *one = compute(1, &points);
    assert_true(one->n_domains > 1);
    for (int threads = 2; threads <= 4; threads += 2) {
        results *more = compute(threads, &points);
        assert_memory_equal(one, more, sizeof *one);
        free(more);
    }
    free(one);
    cloud_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_threads__same_bytes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
