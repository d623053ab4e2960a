/* test_zsdm.c - z-SDMs and zx-SDMs of the reference boxes, exact in every bin, for every kernel set. */
#include "check.h"

#include "base/context.h"
#include "math/sdm.h"

/* Ions of one label of a reference box, as doubles. */
typedef struct box {
    size_t n;
    double *x, *y, *z;
    uint8_t *take;
    double *label;
} box;

static box read_box(const char *xyz_name, const char *label_name)
{
    int rank;
    size_t dims[4];
    box b;
    double *xyz = check_npy(check_reference(xyz_name), &rank, dims);
    b.n = dims[0];
    assert_int_equal(dims[1], 3);
    b.x = malloc(b.n * sizeof *b.x);
    b.y = malloc(b.n * sizeof *b.y);
    b.z = malloc(b.n * sizeof *b.z);
    for (size_t i = 0; i < b.n; i++) {
        b.x[i] = xyz[3 * i];
        b.y[i] = xyz[3 * i + 1];
        b.z[i] = xyz[3 * i + 2];
    }
    free(xyz);
    b.label = check_npy(check_reference(label_name), &rank, dims);
    assert_int_equal(dims[0], b.n);
    b.take = malloc(b.n);
    return b;
}

static void free_box(box *b)
{
    free(b->x);
    free(b->y);
    free(b->z);
    free(b->take);
    free(b->label);
}

static void cells_of_label(oa_context *context, oa_arena *arena, box *b, int label, const oa_sdm_rule *rule, oa_cells *out)
{
    for (size_t i = 0; i < b->n; i++) b->take[i] = b->label[i] == label;
    const oa_points points = { .n = b->n, .xd = b->x, .yd = b->y, .zd = b->z, .take = b->take };
    check_ok(context, oa_cells_build(arena, out, &points, oa_sdm_cell_edge(rule), 0));
}

static void compare(const char *name, const uint32_t *got, const char *kernel)
{
    int rank;
    size_t dims[4], n = 1;
    double *want = check_npy(check_reference(name), &rank, dims);
    for (int d = 0; d < rank; d++) n *= dims[d];
    for (size_t i = 0; i < n; i++)
        if ((double)got[i] != want[i]) fail_msg("%s, kernel %s: entry %zu is %u, expected %g", name, kernel, i, got[i], want[i]);
    free(want);
}

/* Runs fn for every kernel set this processor has. */
static void with_kernels(oa_context *context, void (*fn)(oa_context *, const oa_kernels *))
{
    for (const char *const *name = oa_kernels_names(); *name; name++)
        if (oa_kernels_find(*name)) fn(context, oa_kernels_find(*name));
}

static const oa_sdm_rule rule_1d = { .dimensions = 1, .half_range = 1.5, .bins = 200, .first = 54, .kept = 93 };

static void check_voxels(oa_context *context, const oa_kernels *kernels, const char *set, int label, oa_sdm_rule rule)
{
    char name[128];
    int rank;
    size_t dims[4];
    oa_arena arena = { .context = context };
    oa_cells cells;
    snprintf(name, sizeof name, "ml-apt/golden/%s_xyz.npy", set);
    char labels[128];
    snprintf(labels, sizeof labels, "ml-apt/golden/%s_label.npy", set);
    box b = read_box(name, labels);
    cells_of_label(context, &arena, &b, label, &rule, &cells);
    snprintf(name, sizeof name, "ml-apt/golden/%s_centres.npy", set);
    double *centres = check_npy(check_reference(name), &rank, dims);
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    const oa_sites sites = { .n = dims[0], .list = centres };
    uint32_t *maps = calloc(dims[0] * 93, sizeof *maps);
    check_ok(context, oa_sdm_sites(context, &sdm, &sites, maps, NULL));
    snprintf(name, sizeof name, "ml-apt/golden/%s_zsdm_%s_el%d.npy", set,
             rule.mode == OA_SDM_TREE ? "tree050" : "insphere075", label);
    compare(name, maps, kernels->name);
    free(maps);
    free(centres);
    free_box(&b);
    oa_arena_drop(&arena);
}

static void check_whole(oa_context *context, const oa_kernels *kernels, const char *set, int label, oa_sdm_rule rule)
{
    char name[128], labels[128];
    oa_arena arena = { .context = context };
    oa_cells cells;
    snprintf(name, sizeof name, "ml-apt/golden/%s_xyz.npy", set);
    snprintf(labels, sizeof labels, "ml-apt/golden/%s_label.npy", set);
    box b = read_box(name, labels);
    cells_of_label(context, &arena, &b, label, &rule, &cells);
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    uint32_t *map = calloc(oa_sdm_map_size(&rule), sizeof *map);
    check_ok(context, oa_sdm_all(context, &arena, &sdm, map, NULL));
    snprintf(name, sizeof name, "ml-apt/golden/%s_%s_all_f32_el%d.npy", set, rule.dimensions == 2 ? "zxsdm" : "zsdm", label);
    compare(name, map, kernels->name);
    free(map);
    free_box(&b);
    oa_arena_drop(&arena);
}

static void check_set(oa_context *context, const oa_kernels *kernels, const char *set, int labels)
{
    for (int label = 0; label < labels; label++) {
        oa_sdm_rule rule = rule_1d;
        rule.mode = OA_SDM_INSPHERE;
        rule.radius = 0.75;
        check_voxels(context, kernels, set, label, rule);
        rule.mode = OA_SDM_TREE;
        rule.radius = 0.5;
        check_voxels(context, kernels, set, label, rule);
        rule.mode = OA_SDM_ALL;
        check_whole(context, kernels, set, label, rule);
        rule.dimensions = 2;
        rule.first = 0;
        rule.kept = 200;
        check_whole(context, kernels, set, label, rule);
    }
}

static void fcc_set(oa_context *context, const oa_kernels *kernels) { check_set(context, kernels, "zsA", 3); }
static void rounded_set(oa_context *context, const oa_kernels *kernels) { check_set(context, kernels, "zsQ", 3); }
static void bcc_set(oa_context *context, const oa_kernels *kernels) { check_set(context, kernels, "zsB", 2); }

static void test_zsdm__fcc_box(void **state) { with_kernels(*state, fcc_set); }
static void test_zsdm__pairs_on_bin_edges(void **state) { with_kernels(*state, rounded_set); }
static void test_zsdm__bcc_box(void **state) { with_kernels(*state, bcc_set); }

/* Counts of the rendered pictures: mode all, both axes whole. */
static void check_picture(oa_context *context, const oa_kernels *kernels, const char *set)
{
    char name[128];
    int rank;
    size_t dims[4];
    oa_arena arena = { .context = context };
    oa_cells cells;
    snprintf(name, sizeof name, "ml-apt/golden/%s_atoms_xyz.npy", set);
    double *xyz = check_npy(check_reference(name), &rank, dims), *column = malloc(3 * dims[0] * sizeof *column);
    for (size_t i = 0; i < 3 * dims[0]; i++) column[i % 3 * dims[0] + i / 3] = xyz[i];
    oa_sdm_rule rule = { .mode = OA_SDM_ALL, .dimensions = 2, .half_range = 1.5, .bins = 200, .kept = 200 };
    const oa_points points = { .n = dims[0], .xd = column, .yd = column + dims[0], .zd = column + 2 * dims[0] };
    check_ok(context, oa_cells_build(&arena, &cells, &points, oa_sdm_cell_edge(&rule), 0));
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    uint32_t *map = calloc(200 * 200, sizeof *map);
    check_ok(context, oa_sdm_all(context, &arena, &sdm, map, NULL));
    snprintf(name, sizeof name, "ml-apt/golden/%s_counts.npy", set);
    compare(name, map, kernels->name);
    free(map);
    free(xyz);
    free(column);
    oa_arena_drop(&arena);
}

static void test_zsdm__pictures(void **state)
{
    check_picture(*state, &oa_kernels_scalar, "zximg_fcc");
    check_picture(*state, &oa_kernels_scalar, "zximg_l12");
}

/* The end-to-end box: a scan of 5175 voxels over the ions that play nickel. */
static void end_to_end(oa_context *context, const oa_kernels *kernels)
{
    oa_arena arena = { .context = context };
    oa_cells cells;
    oa_sdm_rule rule = rule_1d;
    rule.radius = 0.75;
    box b = read_box("ml-apt/golden/e2e_xyz.npy", "ml-apt/golden/e2e_label.npy");
    cells_of_label(context, &arena, &b, 2, &rule, &cells);
    const double roi[6] = { -4, 4, -4, 4, -12, 0 };
    const oa_scan scan = oa_scan_of(roi, 1.0, 0.5);
    assert_int_equal(scan.n[0], 15);
    assert_int_equal(scan.n[1], 15);
    assert_int_equal(scan.n[2], 23);
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    const oa_sites sites = { .n = oa_scan_count(&scan), .scan = &scan };
    uint32_t *maps = calloc(sites.n * 93, sizeof *maps);
    check_ok(context, oa_sdm_sites(context, &sdm, &sites, maps, NULL));
    compare("ml-apt/golden/e2e_zsdm.npy", maps, kernels->name);
    free(maps);
    free_box(&b);
    oa_arena_drop(&arena);
}

static void test_zsdm__end_to_end_box(void **state) { with_kernels(*state, end_to_end); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_zsdm__fcc_box, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_zsdm__pairs_on_bin_edges, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_zsdm__bcc_box, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_zsdm__pictures, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_zsdm__end_to_end_box, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
