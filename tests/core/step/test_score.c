/* test_score.c - precision, recall and average precision by hand; domains found; areas under the curve, thresholds, species and cubes. */
#include "core/step/step_run.h"

extern const oa_step oa_step_score;

enum { N = 10 };
/* Two domains of 4 and 2 ions, radius 1.0 and 0.5; a third, of radius 0.7, was not detected at all. */
static const uint32_t truth_domain[N] = { 1, 1, 1, 1, 0, 0, 2, 0, 2, 0 };

typedef struct setting {
    step_run *s;
    oa_ions *ions;
    oa_values *truth, *found;
} setting;

static void *add(oa_values *values, const char *name, oa_type type, size_t n)
{
    oa_array *array;
    check_ok(values->context, oa_values_add(values, 1, name, type, 1, &n, &array));
    return array->block->data;
}

static void begin(setting *t, oa_context *context)
{
    static const float zero[N];
    t->s = step_begin(context, &oa_step_score);
    t->ions = step_make_ions(context, N, zero, zero, zero, zero);
    check_ok(context, oa_values_new(context, &t->truth));
    check_ok(context, oa_values_new(context, &t->found));
    memcpy(add(t->truth, "truth/domain", OA_U32, N), truth_domain, sizeof truth_domain);
    memcpy(add(t->truth, "spheres/radius", OA_F64, 3), (const double[]){ 1.0, 0.5, 0.7 }, 3 * sizeof(double));
    oa_input *in = step_input(t->s, "selection");
    in->ions = t->ions;
    in->result = t->found;
    step_input(t->s, "truth")->result = t->truth;
}

static void end(setting *t)
{
    oa_ions_free(t->ions);
    oa_values_free(t->truth);
    oa_values_free(t->found);
    step_end(t->s);
}

static void selection_is_judged(void **state)
{
    setting t;
    begin(&t, *state);
    memcpy(add(t.found, "selected/ion_index", OA_U64, 3), (const uint64_t[]){ 0, 4, 8 }, 3 * sizeof(uint64_t));
    check_ok(*state, step_go(t.s));
    check_real(step_real(t.s, "summary/precision"), 2 / 3.0, 1e-15);
    check_real(step_real(t.s, "summary/recall"), 2 / 6.0, 1e-15);
    check_real(step_real(t.s, "summary/f1"), 4 / 9.0, 1e-15);
    check_real(step_real(t.s, "summary/prevalence"), 0.6, 1e-15);
    assert_null(oa_values_find(t.s->values, 1, "summary/average_precision"));
    const uint8_t *is_found = step_data(t.s, "spheres/is_found");
    assert_int_equal(is_found[0], 1); /* 1 of 4: just enough */
    assert_int_equal(is_found[1], 1);
    assert_int_equal(is_found[2], 0);
    check_real(step_real(t.s, "summary/spheres"), 2, 0); /* the undetected one is not counted */
    check_real(step_real(t.s, "summary/spheres_found"), 2, 0);
    const uint64_t *spheres = step_data(t.s, "by_radius/spheres"); /* classes 0.4, 0.6, 0.8, 1.0 */
    assert_int_equal(oa_array_count(step_array(t.s, "by_radius/spheres")), 4);
    assert_int_equal(spheres[0], 1);
    assert_int_equal(spheres[1], 0);
    assert_int_equal(spheres[3], 1);
    end(&t);

    begin(&t, *state);
    memcpy(add(t.found, "selected/ion_index", OA_U64, 3), (const uint64_t[]){ 0, 4, 8 }, 3 * sizeof(uint64_t));
    step_set(t.s, "found_share", "0.5");
    check_ok(*state, step_go(t.s));
    check_real(step_real(t.s, "summary/spheres_found"), 1, 0);
    end(&t);
}

/* By hand, ions 0...9 with p = .9 .8 .8 .1 .8 .7 .6 .2 .1 .1: groups .9 (1 true of 1), .8 (2 of 3), .7 (0 of 1), .6 (1 of 1),
 * .2 (0 of 1), .1 (2 of 3). */
static void probabilities_are_judged(void **state)
{
    static const float p[N] = { 0.9f, 0.8f, 0.8f, 0.1f, 0.8f, 0.7f, 0.6f, 0.2f, 0.1f, 0.1f };
    setting t;
    begin(&t, *state);
    memcpy(add(t.found, "posterior/probability", OA_F32, N), p, sizeof p);
    uint64_t *row = add(t.found, "posterior/ion_index", OA_U64, N);
    for (uint64_t i = 0; i < N; i++) row[i] = i;
    step_set(t.s, "threshold", "0.75");
    check_ok(*state, step_go(t.s));
    const double want = 1 / 6.0 * 1 + 2 / 6.0 * (3 / 4.0) + 1 / 6.0 * (4 / 6.0) + 2 / 6.0 * (6 / 10.0);
    check_real(step_real(t.s, "summary/average_precision"), want, 1e-15);
    check_real(step_real(t.s, "summary/selected"), 4, 0);
    check_real(step_real(t.s, "summary/precision"), 3 / 4.0, 1e-15);
    end(&t);
}

/* Pixels of 1 nm, (z, y, x) = (1, 2, 2), from (-1, -1, 0) on; ions in them by their places. */
static void put_pixels(setting *t)
{
    static const size_t dims[3] = { 1, 2, 2 };
    oa_array *sum;
    check_ok(t->found->context, oa_values_add(t->found, 1, "pixels/sum", OA_F32, 3, dims, &sum));
    memcpy(sum->block->data, (const float[]){ 3, 1, 2, NAN }, 4 * sizeof(float)); /* (x, y) = (-, -), (+, -), (-, +), (+, +) */
    memcpy(add(t->found, "pixels/grid_x", OA_F64, 2), (const double[]){ -0.5, 0.5 }, 2 * sizeof(double));
    memcpy(add(t->found, "pixels/grid_y", OA_F64, 2), (const double[]){ -0.5, 0.5 }, 2 * sizeof(double));
    memcpy(add(t->found, "pixels/grid_z", OA_F64, 1), (const double[]){ 0.5 }, sizeof(double));
}

/* By falling sum: 3 (ions 0, 1, 4: two true), 2 (ions 2, 6: two true), 1 (ion 5: none), then all that have no sum: ion 3, in a
 * pixel that is NaN, and 7, 8, 9 beyond the pixels (two true of four). */
static void ions_are_ranked_by_their_pixels(void **state)
{
    static const float x[N] = { -0.5f, -1, -0.1f, 0.5f, -0.01f, 0.99f, -0.5f, 1, -0.5f, -0.5f };
    static const float y[N] = { -0.5f, -1, 0, 0.5f, -0.01f, -0.5f, 0.5f, 0, -1.01f, 0.5f };
    static const float z[N] = { 0.5f, 0, 0.5f, 0.5f, 0.99f, 0, 0.5f, 0.5f, 0.5f, 1 };
    setting t;
    begin(&t, *state);
    memcpy(oa_ions__data(t.ions, OA_X), x, sizeof x);
    memcpy(oa_ions__data(t.ions, OA_Y), y, sizeof y);
    memcpy(oa_ions__data(t.ions, OA_Z), z, sizeof z);
    put_pixels(&t);
    memcpy(add(t.found, "selected/ion_index", OA_U64, 3), (const uint64_t[]){ 0, 1, 4 }, 3 * sizeof(uint64_t));
    check_ok(*state, step_go(t.s));
    check_real(step_real(t.s, "summary/average_precision"), 2 / 6.0 * (2 / 3.0) + 2 / 6.0 * (4 / 5.0) + 2 / 6.0 * (6 / 10.0), 1e-15);
    assert_string_equal(step_text(t.s, "summary/ranked_by"), "pixel_sum");
    check_real(step_real(t.s, "summary/precision"), 2 / 3.0, 1e-15);
    end(&t);

    begin(&t, *state); /* a probability of its own goes before the pixels */
    put_pixels(&t);
    float *p = add(t.found, "posterior/probability", OA_F32, N);
    uint64_t *row = add(t.found, "posterior/ion_index", OA_U64, N);
    for (uint64_t i = 0; i < N; i++) row[i] = i, p[i] = truth_domain[i] ? 0.9f : 0.1f;
    check_ok(*state, step_go(t.s));
    check_real(step_real(t.s, "summary/average_precision"), 1, 1e-15);
    assert_string_equal(step_text(t.s, "summary/ranked_by"), "probability");
    end(&t);
}

/* Domain 1 is B2, domain 2 D03; the selection has 2 ions of the first, 1 of the second and 1 of the matrix. */
static void one_structure_alone_can_be_true(void **state)
{
    for (int k = 0; k < 3; k++) {
        setting t;
        begin(&t, *state);
        memcpy(add(t.found, "selected/ion_index", OA_U64, 4), (const uint64_t[]){ 0, 1, 5, 8 }, 4 * sizeof(uint64_t));
        uint32_t *structure = add(t.truth, "truth/structure", OA_U32, N);
        for (size_t i = 0; i < N; i++) structure[i] = truth_domain[i] == 1 ? 3 : truth_domain[i] == 2 ? 4 : 1;
        oa_array *array = (oa_array *)oa_values_find(t.truth, 1, "truth/structure");
        oa_free(*state, array->long_name);
        array->long_name = oa_strdup(*state, "structure: 1 bcc, 4294967300 b2, 3 b2, 4 d03"); /* no structure has a number beyond 32 bits */
        step_set(t.s, "structure", k == 0 ? "b2" : k == 1 ? "d03" : "l12");
        if (k == 2) {
            check_fails(*state, step_go(t.s), "E_PARAMETER_CHOICE");
            assert_non_null(strstr(oa_error_text(*state), "3 b2"));
        } else {
            check_ok(*state, step_go(t.s));
            check_real(step_real(t.s, "summary/true_ions"), k ? 2 : 4, 0);
            check_real(step_real(t.s, "summary/true_positives"), k ? 1 : 2, 0);
            check_real(step_real(t.s, "summary/spheres"), 1, 0);
            check_real(step_real(t.s, "summary/spheres_found"), 1, 0);
        }
        end(&t);
    }
}

/* ---- ranks ---- */

static void put_probabilities(setting *t, const float *p, const float *blocks)
{
    memcpy(add(t->found, "probability/probability", OA_F32, N), p, N * sizeof *p);
    uint64_t *row = add(t->found, "probability/ion_index", OA_U64, N);
    for (uint64_t i = 0; i < N; i++) row[i] = i;
    if (!blocks) return;
    oa_array *array;
    check_ok(t->found->context, oa_values_add(t->found, 1, "probability/by_block", OA_F32, 2, (const size_t[]){ N, 2 }, &array));
    memcpy(array->block->data, blocks, 2 * N * sizeof *blocks);
}

/* Pairs counted one by one; of the ions whose cube is `cube` (0: all). */
static double plain_auc(const float *p, size_t step, const uint32_t *cube_of, uint32_t cube)
{
    double won = 0, pairs = 0;
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            if (!truth_domain[i] || truth_domain[k] || (cube && (cube_of[i] != cube || cube_of[k] != cube))) continue;
            won += p[i * step] > p[k * step] ? 1 : p[i * step] == p[k * step] ? 0.5 : 0;
            pairs++;
        }
    return pairs > 0 ? won / pairs : (double)NAN;
}

static const float some_p[N] = { 0.9f, 0.8f, 0.8f, 0.1f, 0.8f, 0.7f, 0.6f, 0.2f, 0.1f, 0.1f };
static const float some_blocks[N][2] = { { 0.1f, 0.9f }, { 0.2f, 0.8f }, { 0.3f, 0.8f }, { 0.4f, 0.1f }, { 0.5f, 0.8f }, { 0.6f, 0.7f }, { 0.1f, 0.6f }, { 0.1f, 0.2f },
                                         { 0.2f, 0.1f }, { 0.9f, 0.1f } };

/* Truly 0, 1, 2, 3, 6, 8. Above 0.5 there are 0, 1, 2, 4, 5, 6: 4 of 6 true ones, 2 of 4 others. */
static void the_area_counts_pairs_in_order(void **state)
{
    setting t;
    begin(&t, *state);
    put_probabilities(&t, some_p, &some_blocks[0][0]);
    check_ok(*state, step_go(t.s));
    check_real(step_real(t.s, "summary/auc"), plain_auc(some_p, 1, NULL, 0), 1e-15);
    check_real(step_real(t.s, "summary/specificity"), 2 / 4.0, 1e-15);
    check_real(step_real(t.s, "summary/auc_binary"), (4 / 6.0 + 2 / 4.0) / 2, 1e-15);
    const double *blocks = step_data(t.s, "blocks/auc");
    assert_int_equal(oa_array_count(step_array(t.s, "blocks/auc")), 2);
    for (size_t b = 0; b < 2; b++) check_real(blocks[b], plain_auc(&some_blocks[0][b], 2, NULL, 0), 1e-15);
    assert_null(oa_values_find(t.s->values, 1, "cubes/auc"));
    end(&t);
    for (int k = 0; k < 3; k++) { /* best, worst, all alike */
        static const double want[] = { 1, 0, 0.5 };
        float p[N];
        for (int i = 0; i < N; i++) p[i] = k == 2 ? 0.3f : (k == 0) == (truth_domain[i] != 0) ? 0.9f : 0.1f;
        begin(&t, *state);
        put_probabilities(&t, p, NULL);
        check_ok(*state, step_go(t.s));
        check_real(step_real(t.s, "summary/auc"), want[k], 0);
        assert_null(oa_values_find(t.s->values, 1, "blocks/auc"));
        end(&t);
    }
}

/* Without ions of both kinds there is no area. */
static void an_area_of_nothing_is_left_out(void **state)
{
    setting t;
    begin(&t, *state);
    put_probabilities(&t, some_p, NULL);
    uint32_t *domain = (uint32_t *)oa_values_find(t.truth, 1, "truth/domain")->block->data;
    memset(domain, 0, N * sizeof *domain);
    check_ok(*state, step_go(t.s));
    assert_null(oa_values_find(t.s->values, 1, "summary/auc"));
    assert_null(oa_values_find(t.s->values, 1, "summary/auc_binary"));
    end(&t);
}

static void thresholds_are_swept(void **state)
{
    setting t;
    begin(&t, *state);
    put_probabilities(&t, some_p, NULL);
    check_ok(*state, step_go(t.s));
    const double *threshold = step_data(t.s, "sweep/threshold"), *recall = step_data(t.s, "sweep/recall"), *precision = step_data(t.s, "sweep/precision");
    const uint64_t *selected = step_data(t.s, "sweep/selected");
    assert_int_equal(oa_array_count(step_array(t.s, "sweep/threshold")), 19);
    for (size_t k = 0; k < 19; k++) {
        size_t n = 0, hits = 0;
        check_real(threshold[k], 0.05 * (double)(k + 1), 1e-12);
        for (size_t i = 0; i < N; i++) n += (double)some_p[i] > threshold[k], hits += (double)some_p[i] > threshold[k] && truth_domain[i];
        assert_int_equal(selected[k], n);
        check_real(recall[k], (double)hits / 6, 1e-15);
        check_real(precision[k], n ? (double)hits / (double)n : (double)NAN, 1e-15);
    }
    end(&t);
}

static void species_are_judged_apart(void **state)
{
    setting t;
    oa_ranges *ranges;
    begin(&t, *state);
    check_ok(*state, oa_ranges__create(*state, &ranges));
    step_add_range(ranges, 28, 1, 57.5, 58.5);
    step_add_range(ranges, 27, 1, 58.6, 59.4);
    oa_ions__set_ranges(t.ions, ranges);
    check_ok(*state, oa_ions__add_column(t.ions, OA_TYPE, OA_U8));
    memcpy(oa_ions__data(t.ions, OA_TYPE), (const uint8_t[N]){ 1, 1, 1, 0, 1, 1, 1, 2, 2, 2 }, N);
    memcpy(add(t.found, "selected/ion_index", OA_U64, 5), (const uint64_t[]){ 0, 1, 3, 4, 5 }, 5 * sizeof(uint64_t));
    check_ok(*state, step_go(t.s));
    const double *recall = step_data(t.s, "species/recall"), *precision = step_data(t.s, "species/precision");
    const uint64_t *ions = step_data(t.s, "species/ions"), *truths = step_data(t.s, "species/true_ions");
    check_real(recall[0], 2 / 4.0, 1e-15); /* of 0, 1, 2, 6 there are 0, 1 */
    check_real(precision[0], 2 / 4.0, 1e-15); /* of 0, 1, 4, 5 */
    check_real(recall[1], 0, 0);
    assert_true(isnan(precision[1]));
    assert_int_equal(ions[0], 6);
    assert_int_equal(truths[1], 1);
    end(&t);
}

/* Cubes 1 and 3 are for tests, 2 for training; cube 4, for tests, has no ion. */
static void cubes_for_tests_are_judged_one_by_one(void **state)
{
    static const uint32_t cube_of[N] = { 1, 1, 2, 3, 1, 2, 3, 3, 2, 1 };
    setting t;
    begin(&t, *state);
    put_probabilities(&t, some_p, &some_blocks[0][0]);
    memcpy(add(t.truth, "truth/cube", OA_U32, N), cube_of, sizeof cube_of);
    memcpy(add(t.truth, "cubes/part", OA_U32, 4), (const uint32_t[]){ 2, 0, 2, 2 }, 4 * sizeof(uint32_t));
    check_ok(*state, step_go(t.s));
    const uint32_t *cube = step_data(t.s, "cubes/cube");
    const double *auc = step_data(t.s, "cubes/auc"), *recall = step_data(t.s, "cubes/recall"), *precision = step_data(t.s, "cubes/precision");
    const double *blocks = step_data(t.s, "blocks/auc_mean"), want[2] = { plain_auc(some_p, 1, cube_of, 1), plain_auc(some_p, 1, cube_of, 3) };
    assert_int_equal(oa_array_count(step_array(t.s, "cubes/auc")), 2);
    assert_true(cube[0] == 1 && cube[1] == 3);
    for (int k = 0; k < 2; k++) check_real(auc[k], want[k], 1e-15);
    check_real(recall[0], 1, 0);            /* 0, 1 */
    check_real(precision[0], 2 / 3.0, 1e-15); /* 0, 1, 4 */
    check_real(recall[1], 1 / 2.0, 1e-15);  /* of 3, 6 */
    check_real(precision[1], 1, 0);
    check_real(step_real(t.s, "summary/cubes"), 2, 0);
    check_real(step_real(t.s, "summary/auc_mean"), (want[0] + want[1]) / 2, 1e-15);
    check_real(step_real(t.s, "summary/auc_deviation"), fabs(want[0] - want[1]) / sqrt(2), 1e-15);
    check_real(step_real(t.s, "summary/recall_mean"), 0.75, 1e-15);
    for (size_t b = 0; b < 2; b++)
        check_real(blocks[b], (plain_auc(&some_blocks[0][b], 2, cube_of, 1) + plain_auc(&some_blocks[0][b], 2, cube_of, 3)) / 2, 1e-15);
    end(&t);
}

static void cropped_ions_are_matched_by_evaporation_id(void **state)
{
    setting t;
    begin(&t, *state);
    oa_block *rows;
    check_ok(*state, oa_block_new(*state, &rows, 4, sizeof(uint32_t)));
    memcpy(rows->data, (const uint32_t[]){ 4, 6, 8, 9 }, 4 * sizeof(uint32_t));
    check_ok(*state, oa_ions__keep(t.ions, rows, 4));
    memcpy(add(t.found, "selected/ion_index", OA_U64, 2), (const uint64_t[]){ 1, 3 }, 2 * sizeof(uint64_t));
    check_ok(*state, step_go(t.s));
    check_real(step_real(t.s, "summary/true_ions"), 2, 0);
    check_real(step_real(t.s, "summary/recall"), 0.5, 0);
    check_real(step_real(t.s, "summary/spheres"), 1, 0);
    end(&t);
}

static void what_does_not_fit_is_refused(void **state)
{
    setting t;
    begin(&t, *state);
    check_fails(*state, step_go(t.s), "E_INPUT_KIND"); /* neither selection nor probability */
    end(&t);
    begin(&t, *state);
    memcpy(add(t.found, "selected/ion_index", OA_U64, 1), (const uint64_t[]){ N }, sizeof(uint64_t));
    check_fails(*state, step_go(t.s), "E_CONTROL");
    end(&t);
    begin(&t, *state);
    check_ok(*state, oa_ions__add_column(t.ions, OA_EVAPORATION_ID, OA_U64));
    ((uint64_t *)oa_ions__data(t.ions, OA_EVAPORATION_ID))[3] = 1000;
    check_fails(*state, step_go(t.s), "E_CONTROL");
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(selection_is_judged, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(probabilities_are_judged, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ions_are_ranked_by_their_pixels, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(one_structure_alone_can_be_true, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(the_area_counts_pairs_in_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(an_area_of_nothing_is_left_out, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(thresholds_are_swept, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(species_are_judged_apart, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(cubes_for_tests_are_judged_one_by_one, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(cropped_ions_are_matched_by_evaporation_id, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
