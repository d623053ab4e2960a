/* test_sdm_step.c - the step sdm: parameters, grids, centres, slabs, refusals. */
#include "core/step/step_run.h"

#include "math/sdm.h"

extern const oa_step oa_step_sdm;

enum { N = 6000, SIDE = 20 };

/* Nickel and cobalt, one ion each in turn, in a box of 6 nm from (-3, -3, -6) on; every tenth ion has no type. */
static oa_ions *make_ions(oa_context *context)
{
    oa_ions *ions;
    oa_ranges *ranges;
    check_ok(context, oa_ions__create(context, &ions, N));
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    float *x = oa_ions__data(ions, OA_X), *y = oa_ions__data(ions, OA_Y), *z = oa_ions__data(ions, OA_Z);
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (size_t i = 0; i < N; i++) {
        const size_t k = i * 2741 % (SIDE * SIDE * SIDE);
        x[i] = (float)((double)(k % SIDE) * 0.31 - 3 + 0.013 * (double)(i % 7));
        y[i] = (float)((double)(k / SIDE % SIDE) * 0.31 - 3 + 0.011 * (double)(i % 11));
        z[i] = (float)((double)(k / SIDE / SIDE) * 0.31 - 6 + 0.009 * (double)(i % 5));
        type[i] = i % 10 == 0 ? 0 : (uint8_t)(1 + i % 2);
    }
    check_ok(context, oa_ranges__create(context, &ranges));
    step_add_range(ranges, 27, 1, 29.4, 29.6);
    step_add_range(ranges, 28, 1, 28.9, 29.1);
    oa_ions__set_ranges(ions, ranges);
    return ions;
}

static step_run *begin(oa_context *context, oa_ions *ions, const char *pairs)
{
    step_run *s = step_begin(context, &oa_step_sdm);
    step_ions(s, "ions", ions);
    if (pairs) step_set(s, "pairs", pairs);
    return s;
}

static void go(step_run *s)
{
    check_ok(s->context, step_go(s));
    check_ok(s->context, oa_step_sdm.finish(&s->run, s->settings->values));
}

static void test_sdm_step__scan_of_two_pairs(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    step_run *s = begin(context, ions, "Ni-Ni,Co-Ni");
    step_set(s, "roi", "-3,3,-3,3,-6,0");
    go(s);
    const oa_array *maps = step_array(s, "maps/counts"), *mean = step_array(s, "mean_map/counts");
    assert_int_equal(maps->rank, 3);
    assert_int_equal(maps->dims[0], 11 * 11 * 11);
    assert_int_equal(maps->dims[1], 2);
    assert_int_equal(maps->dims[2], 93);
    assert_string_equal(maps->axes, ".,pair,distance");
    assert_string_equal(step_array(s, "maps/pair")->long_name, "pair: 0 Ni-Ni, 1 Co-Ni");
    const double *distance = step_data(s, "maps/distance"), *centre = step_data(s, "grid/centre");
    check_real(distance[0], -0.6825, 1e-12);
    check_real(distance[92], 0.6975, 1e-12);
    assert_true(centre[0] == -2.5 && centre[1] == -2.5 && centre[2] == -5.5);
    assert_true(centre[3] == -2 && centre[3 * 121 + 2] == -5);
    double sum = 0;
    for (size_t i = 0; i < oa_array_count(mean); i++) sum += oa_array_real(mean, i);
    check_real(sum * 1331, step_real(s, "summary/counts"), 1e-6);
    check_real(step_real(s, "summary/voxels"), 1331, 0);
    assert_string_equal(step_text(s, "summary/pairs"), "Ni-Ni,Co-Ni");
    const uint32_t *numbers = step_data(s, "grid/number_of_ions");
    assert_true(numbers[2 * 665] > 3 && numbers[2 * 665 + 1] > 3);
    step_end(s);
    oa_ions_free(ions);
}

/* The parts, one after the other, are the whole. */
static void test_sdm_step__slabs_join_to_the_whole(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    step_run *whole = begin(context, ions, "Ni");
    check_ok(context, step_go(whole));
    const uint32_t *all = step_data(whole, "maps/counts");
    size_t done = 0;
    for (int part = 1; part <= 3; part++) {
        step_run *s = begin(context, ions, "Ni");
        s->run.slab = part;
        s->run.slabs = 3;
        check_ok(context, step_go(s));
        const oa_array *maps = step_array(s, "maps/counts");
        assert_memory_equal(maps->block->data, all + done * 93, oa_array_bytes(maps));
        done += maps->dims[0];
        step_end(s);
    }
    assert_int_equal(done, step_array(whole, "maps/counts")->dims[0]);
    step_end(whole);
    oa_ions_free(ions);
}

static void test_sdm_step__centres_and_selection(void **state)
{
    static const uint64_t index[3] = { 5, 100, 2000 };
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    step_run *s = begin(context, ions, "Ni");
    oa_input *centres = step_input(s, "centres");
    centres->ions = ions;
    centres->has_selection = true;
    centres->index = index;
    centres->n_index = 3;
    go(s);
    const double *at = step_data(s, "grid/centre");
    assert_int_equal(step_array(s, "maps/counts")->dims[0], 3);
    assert_true(at[3] == oa_ions_x(ions)[100] && at[8] == oa_ions_z(ions)[2000]);
    step_end(s);

    s = begin(context, ions, "Ni"); /* only three ions take part: almost all maps are empty */
    s->inputs[0].has_selection = true;
    s->inputs[0].index = index;
    s->inputs[0].n_index = 3;
    go(s);
    check_real(step_real(s, "summary/counts"), 0, 0);
    check_real(step_real(s, "summary/empty_maps"), step_real(s, "summary/voxels"), 0);
    step_end(s);
    oa_ions_free(ions);
}

static void check_refused(oa_context *context, oa_ions *ions, const char *pairs, const char *name, const char *value, const char *code)
{
    step_run *s = begin(context, ions, pairs);
    if (name) step_set(s, name, value);
    check_fails(context, step_go(s), code);
    step_end(s);
}

/* The rest of the first half is the second half. */
static void test_sdm_step__rest_is_what_is_not_selected(void **state)
{
    static uint64_t half[2][N / 2];
    char digest[2][65];
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    for (size_t i = 0; i < N; i++) half[i < N / 2 ? 0 : 1][i % (N / 2)] = i;
    for (int rest = 0; rest < 2; rest++) {
        step_run *s = begin(context, ions, "Ni,Co-Ni");
        s->inputs[0].has_selection = true;
        s->inputs[0].index = half[!rest];
        s->inputs[0].n_index = N / 2;
        step_set(s, "mode", "all");
        step_set(s, "rest", rest ? "true" : "false");
        go(s);
        assert_true(step_real(s, "summary/counts") > 1000);
        snprintf(digest[rest], 65, "%s", step_digest(s));
        step_end(s);
    }
    assert_string_equal(digest[0], digest[1]);
    check_refused(context, ions, "Ni", "rest", "true", "E_PARAMETER_VALUE"); /* of all ions there is none */
    oa_ions_free(ions);
}

/* One map of all ions lies in the middle of the region, or of the ions where none is given. */
static void test_sdm_step__a_map_of_all_has_a_place(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    double lo[3], hi[3];
    oa_ions__bounds(ions, lo, hi);
    for (int boxed = 0; boxed < 2; boxed++) {
        step_run *s = begin(context, ions, "Ni");
        step_set(s, "mode", "all");
        if (boxed) step_set(s, "roi", "-3,2,-2,3,-5,-1");
        go(s);
        const double *centre = step_data(s, "grid/centre"), middle[3] = { -0.5, 0.5, -3 };
        for (int axis = 0; axis < 3; axis++) check_real(centre[axis], boxed ? middle[axis] : (lo[axis] + hi[axis]) / 2, 1e-12);
        step_end(s);
    }
    oa_ions_free(ions);
}

static void test_sdm_step__presets_and_two_dimensions(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    step_run *s = begin(context, ions, "Co-Co");
    step_set(s, "preset", "allimg-011");
    go(s);
    const oa_array *maps = step_array(s, "maps/counts");
    assert_int_equal(maps->rank, 4);
    assert_int_equal(maps->dims[0], 1);
    assert_int_equal(maps->dims[2], 200);
    assert_int_equal(maps->dims[3], 200);
    assert_string_equal(maps->axes, ".,pair,distance,distance_x");
    assert_string_equal(step_array(s, "mean_map/counts")->axes, "pair,distance,distance_x");
    assert_true(step_real(s, "summary/counts") > 0);
    const double zx = step_real(s, "summary/counts");
    step_end(s);

    s = begin(context, ions, "Co-Co"); /* summed over the offset along x, the map is the curve */
    step_set(s, "preset", "allimg-011");
    step_set(s, "dimensions", "1");
    go(s);
    check_real(step_real(s, "summary/counts"), zx, 0);
    step_end(s);

    s = begin(context, ions, "Co");
    step_set(s, "preset", "feal-002");
    go(s);
    assert_int_equal(step_array(s, "maps/counts")->dims[2], 93);
    step_end(s);
    oa_ions_free(ions);
}


static void test_sdm_step__refusals(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    check_refused(context, ions, NULL, NULL, NULL, "E_PARAMETER_VALUE");
    check_refused(context, ions, "Ni-", NULL, NULL, "E_PARAMETER_VALUE");
    check_refused(context, ions, ",", NULL, NULL, "E_PARAMETER_VALUE");
    check_refused(context, ions, " ", NULL, NULL, "E_PARAMETER_VALUE");
    check_refused(context, ions, "Ni-Fe", NULL, NULL, "E_SPECIES_UNKNOWN");
    check_refused(context, ions, "Ni", "crop_bins", "150", "E_PARAMETER_RANGE");
    check_refused(context, ions, "Ni", "picture", "linear", "E_PARAMETER_VALUE");
    check_refused(context, ions, "Ni", "roi", "50,60,50,60,50,60", "E_ROI_OUTSIDE");
    check_refused(context, ions, "Ni", "voxel_edge", "20", "E_ROI_OUTSIDE");
    step_run *s = begin(context, ions, "Ni");
    step_set(s, "mode", "all");
    s->run.slab = 1;
    s->run.slabs = 2;
    check_fails(context, step_go(s), "E_SLAB");
    step_end(s);
    s = begin(context, ions, "Ni"); /* where every ion is a centre, none can be given */
    step_set(s, "mode", "all");
    step_ions(s, "centres", ions);
    check_fails(context, step_go(s), "E_PARAMETER_VALUE");
    step_end(s);
    oa_ions__set_ranges(ions, NULL);
    check_refused(context, ions, "Ni", NULL, NULL, "E_NOT_RANGED");
    oa_ions_free(ions);
}

static void test_sdm_step__few_ions_draw_a_warning(void **state)
{
    oa_context *context = *state;
    oa_ions *ions = make_ions(context);
    step_run *s = begin(context, ions, "Ni");
    s->inputs[0].has_selection = true; /* of nothing */
    go(s);
    assert_true(step_warned(s, "W_FEW_IONS"));
    step_end(s);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sdm_step__scan_of_two_pairs, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_step__slabs_join_to_the_whole, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_step__centres_and_selection, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_step__rest_is_what_is_not_selected, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_step__a_map_of_all_has_a_place, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_step__presets_and_two_dimensions, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_step__refusals, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sdm_step__few_ions_draw_a_warning, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
