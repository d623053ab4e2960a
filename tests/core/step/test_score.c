/* test_score.c - precision, recall and average precision by hand; domains found. */
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
        array->long_name = oa_strdup(*state, "structure: 1 bcc, 3 b2, 4 d03");
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
        cmocka_unit_test_setup_teardown(cropped_ions_are_matched_by_evaporation_id, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
