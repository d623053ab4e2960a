/* test_shuffle_physics.c - the control has the same atoms on the same places, every order equally likely, and no order. */
#include "core/step/step_run.h"

extern const oa_step oa_step_shuffle, oa_step_synthesise;

static oa_ions *shuffled(oa_context *context, oa_ions *ions, int seed)
{
    char text[16];
    snprintf(text, sizeof text, "%d", seed);
    step_run *s = step_begin(context, &oa_step_shuffle);
    step_set(s, "seed", text);
    step_ions(s, "ions", ions);
    check_ok(context, step_go(s));
    oa_ions *out = step_take_ions(s);
    step_end(s);
    return out;
}

static step_run *ordered(oa_context *context)
{
    static const char *const set[][2] = { { "structure", "l12" }, { "composition", "Ni:0.75,Al:0.25" }, { "box", "-2,2,-2,2,-4,0" },
                                          { "sigma_lateral", "0" }, { "sigma_depth", "0" }, { "efficiency", "1" } };
    step_run *s = step_begin(context, &oa_step_synthesise);
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) step_set(s, set[i][0], set[i][1]);
    check_ok(context, step_go(s));
    return s;
}

static int by_value(const void *a, const void *b)
{
    const float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

static void same_atoms_same_places(void **state)
{
    step_run *made = ordered(*state);
    oa_ions *ions = made->values->ions, *one = shuffled(*state, ions, 1), *two = shuffled(*state, ions, 2), *again = shuffled(*state, ions, 1);
    const size_t bytes = ions->n * sizeof(float);
    assert_memory_equal(oa_ions_x(one), oa_ions_x(ions), bytes);
    assert_memory_equal(oa_ions_z(one), oa_ions_z(ions), bytes);
    assert_memory_equal(oa_ions__data(one, OA_TYPE), oa_ions__data(again, OA_TYPE), ions->n);
    assert_memory_not_equal(oa_ions__data(one, OA_TYPE), oa_ions__data(two, OA_TYPE), ions->n);
    float *a = malloc(bytes), *b = malloc(bytes);
    memcpy(a, oa_ions_mass_to_charge(ions), bytes);
    memcpy(b, oa_ions_mass_to_charge(one), bytes);
    qsort(a, ions->n, sizeof *a, by_value);
    qsort(b, ions->n, sizeof *b, by_value);
    assert_memory_equal(a, b, bytes);
    free(a);
    free(b);
    oa_ions_free(one);
    oa_ions_free(two);
    oa_ions_free(again);
    step_end(made);
}

/* Share of Ni among the nearest neighbours of Al, from a cubic crystal: 1 in L1_2, the composition in the control. */
static double unlike_neighbours(const oa_ions *ions)
{
    double pairs = 0, unlike = 0;
    for (size_t i = 0; i < ions->n; i++)
        for (size_t j = 0; j < ions->n && oa_ions__type(ions, i) == 2; j++) {
            const float dx = oa_ions_x(ions)[i] - oa_ions_x(ions)[j], dy = oa_ions_y(ions)[i] - oa_ions_y(ions)[j];
            const float dz = oa_ions_z(ions)[i] - oa_ions_z(ions)[j];
            if (i == j || dx * dx + dy * dy + dz * dz > 0.3f * 0.3f) continue;
            pairs++;
            unlike += oa_ions__type(ions, j) == 1;
        }
    assert_true(pairs > 1000);
    return unlike / pairs;
}

static void order_goes(void **state)
{
    step_run *made = ordered(*state);
    oa_ions *control = shuffled(*state, made->values->ions, 3);
    check_real(unlike_neighbours(made->values->ions), 1, 0);
    double ni = 0;
    for (size_t i = 0; i < control->n; i++) ni += oa_ions__type(control, i) == 1;
    check_real(unlike_neighbours(control), ni / (double)(control->n - 1), 0.015);
    oa_ions_free(control);
    step_end(made);
}

/* 500 seeds, 8 ions: where each ion lands (chi^2 with 7 degrees of freedom, 29.9 at one in 10 000), and every one of the 56
 * ordered pairs of neighbours equally often within five standard deviations. */
static void all_permutations_are_equally_likely(void **state)
{
    enum { N = 8, SEEDS = 500 };
    float v[N];
    int landed[N][N] = { { 0 } }, pair[N][N] = { { 0 } };
    for (int i = 0; i < N; i++) v[i] = (float)i;
    oa_ions *ions = step_make_ions(*state, N, v, v, v, v);
    for (int seed = 0; seed < SEEDS; seed++) {
        oa_ions *out = shuffled(*state, ions, seed);
        const float *m = oa_ions_mass_to_charge(out);
        for (int i = 0; i < N; i++) landed[(int)m[i]][i]++;
        for (int i = 0; i + 1 < N; i++) pair[(int)m[i]][(int)m[i + 1]]++;
        oa_ions_free(out);
    }
    for (int k = 0; k < N; k++) {
        double chi2 = 0;
        for (int i = 0; i < N; i++) chi2 += (landed[k][i] - SEEDS / (double)N) * (landed[k][i] - SEEDS / (double)N) / (SEEDS / (double)N);
        assert_true(chi2 < 29.9);
        for (int i = 0; i < N; i++)
            if (i != k) check_real(pair[k][i], SEEDS * 7 / 56.0, 5 * sqrt(SEEDS * 7 / 56.0));
    }
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_atoms_same_places, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(order_goes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(all_permutations_are_equally_likely, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
