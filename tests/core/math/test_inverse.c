/* test_inverse.c - energies from Warren-Cowley parameters: mean field there and back, and steps on what is known. */
#include <math.h>

#include "base/context.h"
#include "check.h"
#include "math/inverse.h"

/* Weak energies in mean field: alpha = 2 c (1 - c) V / kT shell by shell. */
static void test_weak(void **state)
{
    const uint32_t cells[3] = { 8, 8, 8 };
    const double v[] = { -0.002, 0.001, 0.0005, -0.0002 }, kt = 0.1, c = 0.25;
    oa_periodic crystal;
    double alpha[4], out[4];
    check_ok(*state, oa_periodic__make(*state, "fcc", cells, 4, &crystal));
    for (int m = 0; m < 4; m++) alpha[m] = 2 * c * (1 - c) * v[m] / kt;
    oa_inverse_start(&crystal, 4, alpha, c, kt, out);
    for (int m = 0; m < 4; m++) check_real(out[m], v[m], 0.03 * 0.002);
}

/* Stronger ones, with an alpha of each of the six shells from 1 / (1 - 2 c (1 - c) V(q) / kT): the shells beyond are small. */
static void test_mean_field(void **state)
{
    enum { N = 16 };
    const uint32_t cells[3] = { 8, 8, 8 };
    const double v = -0.012, kt = 0.1, c = 0.5, pi = 3.14159265358979323846;
    oa_periodic crystal;
    double alpha[6] = { 0 }, out[6], origin = 0; /* alpha at 0 is not 1 in mean field: all are of its size */
    check_ok(*state, oa_periodic__make(*state, "fcc", cells, 6, &crystal));
    for (int i = 0; i < N * N * N; i++) {
        double wave[6] = { 0 };
        for (int m = 0; m < 6; m++)
            for (int k = 0; k < crystal.shell[m].coordination; k++) {
                const int32_t *r = crystal.vector[crystal.shell[m].first + k];
                wave[m] += cos(2 * pi / N * (i % N * r[0] + i / N % N * r[1] + i / N / N * r[2])) / crystal.shell[m].coordination;
            }
        const double at_q = 1 / (1 - 2 * c * (1 - c) * v * 12 * wave[0] / kt);
        for (int m = 0; m < 6; m++) alpha[m] += at_q * wave[m] / (N * N * N);
        origin += at_q / (N * N * N);
    }
    for (int m = 0; m < 6; m++) alpha[m] /= origin;
    oa_inverse_start(&crystal, 6, alpha, c, kt, out);
    check_real(out[0], v, 0.15 * 0.012);
    for (int m = 1; m < 6; m++) check_real(out[m], 0, 0.1 * 0.012);
}

/* Means that follow energies in a straight line are there after one step, unless it is too long. */
static void test_step(void **state)
{
    const double cov[4] = { 4, 1, 1, 2 }, aim[2] = { 10, 20 }, far[2] = { 0.3, -0.2 };
    double mean[2], copy[4], step[2], errors[2], room[2];
    (void)state;
    for (int k = 0; k < 2; k++) mean[k] = aim[k] + cov[2 * k] * far[0] + cov[2 * k + 1] * far[1]; /* energies are too low by far */
    memcpy(copy, cov, sizeof cov);
    assert_true(oa_inverse_step(2, mean, aim, copy, 1, step));
    for (int k = 0; k < 2; k++) check_real(step[k], far[k], 1e-5);
    oa_inverse_errors(2, copy, (double[2]){ 0.2, 0.1 * sqrt(2) }, room, errors); /* a hundredth of the covariance: a tenth of the roots of its inverse */
    check_real(errors[0], 0.1 * sqrt(2.0 / 7), 1e-5);
    check_real(errors[1], 0.1 * sqrt(4.0 / 7), 1e-5);
    memcpy(copy, cov, sizeof cov);
    assert_true(oa_inverse_step(2, mean, aim, copy, 0.1, step));
    check_real(step[0], 0.1, 1e-6);
    check_real(step[1], -0.2 / 3, 1e-5);
    double still[4] = { 4, 0, 0, 0 };
    assert_false(oa_inverse_step(2, mean, aim, still, 1, step)); /* a number that does not vary tells nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_weak, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_mean_field, check_setup, check_teardown),
        cmocka_unit_test(test_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
