/* The whole CoCrNi pipeline on the golden boxes: through the step with float32 coordinates, and through the mathematics with
 * the golden doubles, where everything is exact. */
#include "golden/networks.h"

#include "base/memory.h"
#include "math/curve.h"
#include "math/pixels.h"
#include "math/sdm.h"
#include "nn/network.h"
#include "run/call.h"

enum { IONS = 41932, VOXELS = 5175, BINS = 93, PIXELS = 24 * 16 * 16, NI = 2, MOVED = 11 };
static const double roi[6] = { -4, 4, -4, 4, -12, 0 };
static const size_t grid_zyx[3] = { 23, 15, 15 };

/* ---------------------------------------------------------------------------------------------- exact */

typedef struct mathematics {
    uint32_t maps[VOXELS * BINS];
    float curves[VOXELS * BINS], mean[VOXELS * 2];
} mathematics;

static void compute(oa_context *context, const oa_model *model, const oa_points *points, mathematics *out)
{
    oa_arena arena = { .context = context };
    oa_cells cells;
    oa_curve_plan plan;
    oa_network network;
    const oa_sdm_rule rule = { .mode = OA_SDM_INSPHERE, .dimensions = 1, .radius = 0.75, .half_range = 1.5, .bins = 200, .first = 54, .kept = BINS };
    const oa_curve_rule clean = { .bins = BINS, .window = 15, .order = 8, .first = 23, .last = 68, .sweeps = 1001 };
    const oa_sdm_pair pair = { 0, 0 };
    const oa_scan scan = oa_scan_of(roi, 1, 0.5);
    assert_int_equal(oa_scan_count(&scan), VOXELS);
    check_ok(context, oa_cells_build(&arena, &cells, points, oa_sdm_cell_edge(&rule), false));
    const oa_sdm sdm = { .kernels = context->kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    check_ok(context, oa_sdm_sites(context, &sdm, &(oa_sites){ .n = VOXELS, .scan = &scan }, out->maps, NULL));
    check_ok(context, oa_curve_plan_make(&arena, &plan, &clean));
    check_ok(context, oa_curve_clean(context, &plan, VOXELS, out->maps, (oa_curve_output){ out->curves, 1 }));
    check_ok(context, oa_network_plan(context, model, &network));
    check_ok(context, oa_network_forward(context, &network, out->curves, VOXELS, &(oa_prediction){ .mean = out->mean }));
    oa_arena_drop(&arena);
}

/* Golden coordinates as columns, and the flag of the analysed label. */
typedef struct box {
    double *x, *y, *z;
    uint8_t *is_ni, *label;
} box;

static box read_box(const char *labels)
{
    double *xyz = golden("e2e_xyz", 3 * IONS), *label = golden(labels, IONS);
    box out = { malloc(IONS * 8), malloc(IONS * 8), malloc(IONS * 8), malloc(IONS), malloc(IONS) };
    for (size_t i = 0; i < IONS; i++) {
        out.x[i] = xyz[3 * i], out.y[i] = xyz[3 * i + 1], out.z[i] = xyz[3 * i + 2];
        out.label[i] = (uint8_t)label[i];
        out.is_ni[i] = label[i] == NI;
    }
    free(xyz);
    free(label);
    return out;
}

static void free_box(box *b)
{
    free(b->x), free(b->y), free(b->z), free(b->is_ni), free(b->label);
}

/* One voxel of each box is a tie that rounding decides (methods: curve clean-up). */
static void compare_probabilities(const char *name, const float *got, const bool *is_moved, size_t ties)
{
    double *want = golden(name, 2 * VOXELS), worst = 0;
    size_t off = 0;
    for (size_t v = 0; v < VOXELS; v++) {
        if (is_moved && is_moved[v]) continue;
        const double difference = fmax(fabs(got[2 * v] - want[2 * v]), fabs(got[2 * v + 1] - want[2 * v + 1]));
        assert_int_equal(isnan(got[2 * v]) != 0, isnan(want[2 * v]) != 0);
        if (difference > 2e-5) off++;
        else if (difference > worst) worst = difference;
    }
    print_message("%s: largest difference %.2g; %zu voxels decided by rounding\n", name, worst, off);
    assert_true(off <= ties);
    free(want);
}

/* The same pixels chosen, the same ions selected. */
static void compare_ions(const char *name, const uint64_t *got, size_t n, size_t wanted)
{
    double *want = golden(name, wanted);
    static uint8_t is_wanted[IONS];
    memset(is_wanted, 0, sizeof is_wanted);
    for (size_t i = 0; i < wanted; i++) is_wanted[(size_t)want[i]] = 1;
    assert_int_equal(n, wanted);
    for (size_t i = 0; i < n; i++) {
        assert_true(is_wanted[got[i]]);
        assert_true(i == 0 || got[i - 1] < got[i]);
    }
    free(want);
}

static void compare_pixels(const char *name, const double *got, double tolerance)
{
    double *want = golden(name, PIXELS), worst = 0;
    for (size_t i = 0; i < PIXELS; i++) {
        assert_int_equal(isnan(got[i]) != 0, isnan(want[i]) != 0);
        if (fabs(got[i] - want[i]) > worst) worst = fabs(got[i] - want[i]);
    }
    print_message("%s: largest difference %.2g\n", name, worst);
    assert_true(worst <= tolerance);
    free(want);
}

static void test_classify_golden__doubles_are_exact(void **state)
{
    oa_context *context = *state;
    oa_model *model = read_ensemble(context);
    box b = read_box("e2e_label");
    static mathematics m;
    static double values[VOXELS], sums[PIXELS];
    static uint8_t is_chosen[PIXELS], is_inside[IONS];
    static uint64_t index[IONS];
    size_t n;
    compute(context, model, &(oa_points){ .n = IONS, .xd = b.x, .yd = b.y, .zd = b.z, .take = b.is_ni }, &m);
    double *maps = golden("e2e_zsdm", VOXELS * BINS), *curves = golden("e2e_input", VOXELS * BINS);
    size_t ties = 0;
    for (size_t i = 0; i < VOXELS * BINS; i++) assert_int_equal(m.maps[i], (uint32_t)maps[i]);
    for (size_t v = 0; v < VOXELS; v++) {
        double off = 0;
        for (size_t i = v * BINS; i < (v + 1) * BINS; i++) off = fmax(off, fabs(m.curves[i] - curves[i]));
        ties += off > 1e-6;
    }
    assert_true(ties <= 1);
    compare_probabilities("e2e_prob", m.mean, NULL, 1);
    const oa_pixels grid = oa_pixels_of(grid_zyx, (double[3]){ -4, -4, -12 }, 1, 0.5);
    for (size_t v = 0; v < VOXELS; v++) values[v] = m.mean[2 * v + 1];
    oa_pixels_sum(&grid, values, OA_NAN_PROPAGATE, sums);
    compare_pixels("e2e_pixels", sums, ties ? 1.1 : 1e-4);
    assert_int_equal(oa_pixels_choose(&grid, sums, 3.75, INFINITY, is_chosen), 58);
    check_ok(context, oa_pixels_ions(context, &grid, is_chosen, &(oa_points){ .n = IONS, .xd = b.x, .yd = b.y, .zd = b.z }, is_inside, &n));
    size_t k = 0;
    for (size_t i = 0; i < IONS; i++)
        if (is_inside[i]) index[k++] = i;
    assert_int_equal(k, n);
    compare_ions("e2e_extracted_index", index, n, 391);
    free(maps), free(curves);
    free_box(&b);
    oa_model_free(model);
}

/* ---------------------------------------------------------------------------------------------- through the step */

static oa_ions *make_ions(oa_context *context, const box *b)
{
    static const char *const names[] = { "Co", "Cr", "Ni" };
    static const unsigned z[] = { 27, 24, 28 };
    oa_ions *ions;
    oa_ranges *ranges;
    unsigned number;
    check_ok(context, oa_ions__create(context, &ions, IONS));
    check_ok(context, oa_ranges__create(context, &ranges));
    for (int i = 0; i < 3; i++) {
        oa_ion_type type = { .nuclides = { OA_ELEMENT_HASH(z[i]) }, .n_atoms = 1, .charge = 1 };
        snprintf(type.name, sizeof type.name, "%s", names[i]);
        check_ok(context, oa_ranges__add_type(ranges, &type, &number));
        assert_int_equal(number, i + 1);
    }
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    oa_ions__set_ranges(ions, ranges);
    float *x = oa_ions__data(ions, OA_X), *y = oa_ions__data(ions, OA_Y), *zz = oa_ions__data(ions, OA_Z);
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (size_t i = 0; i < IONS; i++) {
        x[i] = (float)b->x[i], y[i] = (float)b->y[i], zz[i] = (float)b->z[i];
        type[i] = (uint8_t)(b->label[i] + 1);
    }
    return ions;
}

static oa_call *call_classify(oa_context *context, oa_ions *ions, const oa_model *model)
{
    oa_call *call;
    check_ok(context, oa_call_new(context, &call, oa_step_find("classify")));
    check_ok(context, oa_call_set(call, "species", "Ni"));
    check_ok(context, oa_call_set(call, "roi", "-4,4,-4,4,-12,0"));
    check_ok(context, oa_call_input_ions(call, "ions", ions));
    check_ok(context, oa_call__input(call, &(oa_input){ .role = "model", .model = model, .content_sha256 = model->sha256 }));
    return call;
}

static const void *array_of(const oa_call *call, const char *name, size_t *n)
{
    const oa_array *array = oa_values_find(call->values, 1, name);
    assert_non_null(array);
    *n = oa_array_count(array);
    return array->block->data;
}

static void find_moved(oa_context *context, const oa_model *model, const oa_ions *ions, const box *b, bool *is_moved)
{
    static mathematics narrow, wide;
    compute(context, model, &(oa_points){ .n = IONS, .xd = b->x, .yd = b->y, .zd = b->z, .take = b->is_ni }, &wide);
    compute(context, model, &(oa_points){ .n = IONS, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y),
                                          .z = oa_ions__f32(ions, OA_Z), .take = b->is_ni }, &narrow);
    size_t moved = 0;
    for (size_t v = 0; v < VOXELS; v++) {
        is_moved[v] = memcmp(narrow.maps + v * BINS, wide.maps + v * BINS, BINS * sizeof(uint32_t)) != 0;
        moved += is_moved[v];
    }
    print_message("%zu of %d maps differ with float32 coordinates\n", moved, VOXELS);
    assert_true(moved <= MOVED);
}

static void run_box(oa_context *context, const char *labels, const char *probability, const char *index, size_t selected)
{
    oa_model *model = read_ensemble(context);
    box b = read_box(labels);
    oa_ions *ions = make_ions(context, &b);
    oa_call *call = call_classify(context, ions, model);
    static bool is_moved[VOXELS];
    size_t n;
    check_ok(context, oa_call_run(call));
    find_moved(context, model, ions, &b, is_moved);
    const float *p = array_of(call, "probability/probability", &n);
    assert_int_equal(n, 2 * VOXELS);
    compare_probabilities(probability, p, is_moved, 1);
    const uint64_t *ion = array_of(call, "selected/ion_index", &n);
    compare_ions(index, ion, n, selected);
    oa_call_free(call);
    oa_ions_free(ions);
    free_box(&b);
    oa_model_free(model);
}

static void test_classify_golden__ordered_box(void **state)
{
    run_box(*state, "e2e_label", "e2e_prob", "e2e_extracted_index", 391);
}

static void test_classify_golden__randomised_box(void **state)
{
    run_box(*state, "e2e_label_randomised", "e2erand_prob", "e2erand_extracted_index", 0);
}

static void test_classify_golden__threads_give_the_same_digest(void **state)
{
    (void)state;
    char digest[3][80];
    box b = read_box("e2e_label");
    for (int i = 0; i < 3; i++) {
        oa_context *context;
        const oa_context_options options = { .threads = 1 << i };
        check_ok(context, oa_context_new(&context, &options));
        oa_model *model = read_ensemble(context);
        oa_ions *ions = make_ions(context, &b);
        oa_call *call = call_classify(context, ions, model);
        check_ok(context, oa_call_run(call));
        snprintf(digest[i], sizeof digest[i], "%s", oa_call_digest(call));
        oa_call_free(call);
        oa_ions_free(ions);
        oa_model_free(model);
        oa_context_free(context);
        assert_string_equal(digest[0], digest[i]);
    }
    free_box(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_classify_golden__doubles_are_exact, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify_golden__ordered_box, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify_golden__randomised_box, check_setup, check_teardown),
        cmocka_unit_test(test_classify_golden__threads_give_the_same_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
