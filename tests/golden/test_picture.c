/* test_picture.c - grey pictures of two crystals: from the atoms to the last pixel. */
#include "check.h"

#include "base/context.h"
#include "math/picture.h"
#include "math/sdm.h"

static const oa_sdm_rule map_rule = { .mode = OA_SDM_ALL, .dimensions = 2, .half_range = 1.5, .bins = 200, .first = 0, .kept = 200 };
static const oa_picture_rule drawing = { .half_range = 1.5, .bins = 200, .kept = 200, .pixels = 150 };

static double *golden(const char *crystal, const char *part, size_t dims[4])
{
    char name[128];
    int rank;
    snprintf(name, sizeof name, "ml-apt/golden/zximg_%s_%s.npy", crystal, part);
    return check_npy(check_reference(name), &rank, dims);
}

static void map_of_atoms(oa_context *context, oa_arena *arena, const char *crystal, uint32_t *map)
{
    size_t dims[4];
    double *xyz = golden(crystal, "atoms_xyz", dims), *column[3];
    for (int d = 0; d < 3; d++) {
        column[d] = calloc(dims[0], sizeof *column[d]);
        for (size_t i = 0; i < dims[0]; i++) column[d][i] = xyz[3 * i + (size_t)d];
    }
    const oa_points points = { .n = dims[0], .xd = column[0], .yd = column[1], .zd = column[2] };
    oa_cells cells;
    check_ok(context, oa_cells_build(arena, &cells, &points, oa_sdm_cell_edge(&map_rule), 0));
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = context->kernels, .rule = map_rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    check_ok(context, oa_sdm_all(context, arena, &sdm, map, NULL));
    for (int d = 0; d < 3; d++) free(column[d]);
    free(xyz);
}

static double share_equal(const char *crystal, const char *part, const uint8_t *got)
{
    size_t dims[4], equal = 0;
    double *want = golden(crystal, part, dims);
    assert_true(dims[0] == 150 && dims[1] == 150);
    for (size_t i = 0; i < 22500; i++) equal += got[i] == want[i];
    free(want);
    return (double)equal / 22500;
}

static void check_crystal(oa_context *context, const char *crystal)
{
    static uint32_t map[200 * 200];
    static uint8_t grey[150 * 150];
    size_t dims[4];
    oa_arena arena = { .context = context };
    oa_picture_plan plan;
    map_of_atoms(context, &arena, crystal, map);
    double *counts = golden(crystal, "counts", dims);
    for (size_t i = 0; i < 40000; i++) assert_true(map[i] == counts[i]);
    free(counts);
    check_ok(context, oa_picture_plan_make(&arena, &plan, &drawing));
    oa_picture_draw(&plan, map, grey);
    assert_true(share_equal(crystal, "gray150_formula", grey) == 1);
    const double rendered = share_equal(crystal, "gray150", grey);
    if (!(rendered >= 0.98)) fail_msg("%s: %.4f of the pixels equal those of the plotting library, expected 0.98", crystal, rendered);
    oa_arena_drop(&arena);
}

static void test_picture__fcc(void **state) { check_crystal(*state, "fcc"); }
static void test_picture__l12(void **state) { check_crystal(*state, "l12"); }

static void test_picture__the_colours_are_the_published_ones(void **state)
{
    size_t dims[4];
    int rank;
    oa_arena arena = { .context = *state };
    oa_picture_plan plan;
    double *want = check_npy(check_reference("ml-apt/golden/bugn_lut_gray256.npy"), &rank, dims);
    check_ok((oa_context *)*state, oa_picture_plan_make(&arena, &plan, &drawing));
    for (size_t i = 0; i < 256; i++) assert_int_equal(plan.grey[i], (int)want[i]);
    free(want);
    oa_arena_drop(&arena);
}

/* A linear picture is the counts over the largest, pixel by pixel. */
static void test_picture__linear_is_in_proportion(void **state)
{
    static uint32_t map[200 * 200];
    static uint8_t grey[200 * 200];
    oa_arena arena = { .context = *state };
    oa_picture_rule rule = drawing;
    oa_picture_plan plan;
    size_t right = 0, pixels = 200;
    rule.is_linear = true, rule.pixels = 200;
    for (uint32_t i = 0; i < 200 * 200; i++) map[i] = i % 200 * 4;
    check_ok((oa_context *)*state, oa_picture_plan_make(&arena, &plan, &rule));
    oa_picture_draw(&plan, map, grey);
    for (size_t i = 0; i < pixels * pixels; i++) {
        const int32_t column = plan.column[i % pixels];
        if (plan.row[i / pixels] < 0 || column < 0) continue;
        assert_int_equal(grey[i], (int)rint(255.0 * column / 199));
        right++;
    }
    assert_true(right > pixels * pixels / 2);
    oa_arena_drop(&arena);
}

/* Steps that the largest count is an exact multiple of are taken, not the next ones: 8 regions where there may be 8. */
static void test_picture__round_steps_are_taken(void **state)
{
    static const double steps[] = { 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 300, 600 };
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) check_real(oa_picture_levels((uint32_t)(8 * steps[i]) + 1).step, steps[i], 1e-9);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_picture__fcc),
        with_context(test_picture__l12),
        with_context(test_picture__round_steps_are_taken),
        with_context(test_picture__linear_is_in_proportion),
        with_context(test_picture__the_colours_are_the_published_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
