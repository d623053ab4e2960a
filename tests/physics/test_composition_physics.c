/* test_composition_physics.c - the stated standard errors are the scatter of repeated measurements. */
#include "base/random.h"
#include "core/step/step_run.h"

extern const oa_step oa_step_composition, oa_step_synthesise;

enum { REPEATS = 400, IONS = 3000 };

/* Mean and scatter of one species over repeats, and the mean of the stated variances. */
typedef struct scatter {
    double sum, squares, stated;
} scatter;

static void add(scatter *s, const step_run *run, size_t species)
{
    const double c = ((const double *)step_data(run, "composition/fraction"))[species];
    const double e = ((const double *)step_data(run, "composition/fraction_errors"))[species];
    s->sum += c, s->squares += c * c, s->stated += e * e;
}

/* The variance of a variance over n repeats is 2/(n - 1) of it: four standard deviations are 28 %. */
static void check_scatter(const scatter *s, double mean)
{
    const double m = s->sum / REPEATS, variance = (s->squares - REPEATS * m * m) / (REPEATS - 1), stated = s->stated / REPEATS;
    check_real(variance / stated, 1, 4 * sqrt(2.0 / (REPEATS - 1)));
    check_real(m, mean, 4 * sqrt(stated / REPEATS));
}

/* 50 % Al, 30 % O, 20 % Al2O3: molecular ions make the atoms depend on each other, and the binomial error too small. */
static void errors_with_molecular_ions(void **state)
{
    static float zero[IONS];
    oa_ranges *r;
    check_ok(*state, oa_ranges__create(*state, &r));
    step_add_range(r, 13, 1, 26, 28);
    step_add_range(r, 8, 1, 15, 17);
    oa_ion_type oxide = { .n_atoms = 5, .nuclides = { OA_ELEMENT_HASH(13), OA_ELEMENT_HASH(13), OA_ELEMENT_HASH(8), OA_ELEMENT_HASH(8),
                                                      OA_ELEMENT_HASH(8) } };
    unsigned number;
    check_ok(*state, oa_ranges__add_type(r, &oxide, &number));
    oa_ions *ions = step_make_ions(*state, IONS, zero, zero, zero, zero);
    check_ok(*state, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    oa_ions__set_ranges(ions, r);
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    scatter al = { 0 }, o = { 0 };
    double binomial = 0;
    for (uint64_t seed = 0; seed < REPEATS; seed++) {
        oa_random random = oa_random_start(seed, 0);
        for (int i = 0; i < IONS; i++) {
            const double u = oa_random_uniform(&random);
            type[i] = u < 0.5 ? 1 : u < 0.8 ? 2 : 3;
        }
        step_run *s = step_begin(*state, &oa_step_composition);
        step_ions(s, "ions", ions);
        check_ok(*state, step_go(s));
        add(&o, s, 0);
        add(&al, s, 1);
        binomial += 0.25 / step_real(s, "summary/counted");
        step_end(s);
    }
    check_scatter(&al, 0.9 / 1.8); /* 0.5 + 0.2 * 2 of 0.5 + 0.3 + 0.2 * 5 */
    check_scatter(&o, 0.9 / 1.8);
    assert_true(o.stated / binomial < 0.95 || o.stated / binomial > 1.05);
    oa_ions_free(ions);
}

/* A random alloy measured again and again: shares scatter by their stated errors about the true composition. */
static void errors_of_an_alloy(void **state)
{
    scatter cr = { 0 }, ni = { 0 };
    for (int seed = 0; seed < REPEATS; seed++) {
        char text[16];
        snprintf(text, sizeof text, "%d", seed);
        step_run *made = step_begin(*state, &oa_step_synthesise);
        step_set(made, "seed", text);
        step_set(made, "box", "-2,2,-2,2,-4,0");
        step_set(made, "composition", "Co:0.6,Cr:0.1,Ni:0.3");
        check_ok(*state, step_go(made));
        step_run *s = step_begin(*state, &oa_step_composition);
        step_ions(s, "ions", made->values->ions);
        check_ok(*state, step_go(s));
        add(&cr, s, 0); /* by atomic number */
        add(&ni, s, 2);
        step_end(s);
        step_end(made);
    }
    check_scatter(&cr, 0.1);
    check_scatter(&ni, 0.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(errors_with_molecular_ions, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(errors_of_an_alloy, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
