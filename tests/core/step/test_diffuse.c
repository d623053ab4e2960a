/* test_diffuse.c - sums done by hand, lattices whose peaks are known, and order that scatters where the books say. */
#include "core/step/step_run.h"

#include "base/parallel.h"
#include "base/random.h"
#include "math/scattering.h"

extern const oa_step oa_step_diffuse;

/* Type 1 (Ni) or 2 (Al) of each; 0: unranged. */
static oa_ions *typed(oa_context *context, size_t n, const float *x, const float *y, const float *z, const uint8_t *type)
{
    float *m = calloc(n, sizeof *m);
    oa_ions *ions = step_make_ions(context, n, x, y, z, m);
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    step_add_range(r, 28, 1, 57.9, 58.1);
    step_add_range(r, 13, 1, 26.9, 27.1);
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    memcpy(oa_ions__data(ions, OA_TYPE), type, n);
    oa_ions__set_ranges(ions, r);
    free(m);
    return ions;
}

/* fcc, n cells along each axis, a = 0.4 nm; Al on the corners where `is_ordered`, else a quarter at random. */
static oa_ions *crystal(oa_context *context, int cells, bool is_ordered)
{
    static const int basis[4][3] = { { 0, 0, 0 }, { 1, 1, 0 }, { 1, 0, 1 }, { 0, 1, 1 } };
    const size_t n = 4 * (size_t)(cells * cells * cells);
    float *at[3];
    uint8_t *type = calloc(n, 1);
    oa_random random = oa_random_start(9, 0);
    for (int d = 0; d < 3; d++) at[d] = calloc(n, sizeof *at[d]);
    for (size_t i = 0; i < n; i++) {
        const int c = (int)(i / 4), cell[3] = { c % cells, c / cells % cells, c / cells / cells };
        for (int d = 0; d < 3; d++) at[d][i] = 0.2f * (float)(2 * cell[d] + basis[i % 4][d]);
        type[i] = (is_ordered ? i % 4 == 0 : oa_random_below(&random, 4) == 0) ? 2 : 1;
    }
    oa_ions *ions = typed(context, n, at[0], at[1], at[2], type);
    for (int d = 0; d < 3; d++) free(at[d]);
    free(type);
    return ions;
}

static step_run *begin(oa_context *context, oa_ions *ions, const char *q)
{
    step_run *s = step_begin(context, &oa_step_diffuse);
    step_set(s, "lattice_parameter", "0.4");
    step_set(s, "q", q);
    if (ions) step_ions(s, "ions", ions);
    return s;
}

static void end(step_run *s, oa_ions *ions)
{
    step_end(s);
    if (ions) oa_ions_free(ions);
}

/* Two ions 0.5 nm apart along x: |1 + exp(i q 0.5)|^2 / 2 = 1 + cos(q / 2). */
static void two_ions_interfere(void **state)
{
    const float x[] = { 0, 0.5f }, zero[] = { 0, 0 };
    oa_ions *ions = step_make_ions(*state, 2, x, zero, zero, zero);
    step_run *s = begin(*state, ions, "0,0,0;1,0,0;3,-2,5;6.283185307179586,0,0;");
    step_set(s, "units", "per_nm");
    check_ok(*state, step_go(s));
    const double *factor = step_data(s, "factor/structure_factor"), *q = step_data(s, "factor/q_z"), want[] = { 2, 1 + cos(0.5), 1 + cos(1.5), 0 };
    for (int i = 0; i < 4; i++) check_real(factor[i], want[i], 1e-14);
    check_real(q[2], 5, 1e-14);
    check_real(step_real(s, "summary/vectors"), 4, 0);
    assert_null(oa_values_find(s->values, 1, "alpha/alpha"));
    end(s, ions);
}

/* Against the C library, for 3000 ions: numbers that do not fill the last vector or block, unranged ones between. */
static void sums_are_those_of_the_library(void **state)
{
    enum { N = 3003 };
    static float r[3][N];
    static uint8_t type[N];
    oa_random random = oa_random_start(2, 0);
    size_t n = 0, al = 0;
    for (size_t i = 0; i < N; i++) {
        for (int d = 0; d < 3; d++) r[d][i] = (float)(60 * oa_random_uniform(&random) - 30);
        type[i] = (uint8_t)oa_random_below(&random, 3);
        n += type[i] != 0;
        al += type[i] == 2;
    }
    oa_ions *ions = typed(*state, N, r[0], r[1], r[2], type);
    step_run *s = begin(*state, ions, "10,-20,30;0.1,0.2,0.3;-77.7,1,0");
    step_set(s, "units", "per_nm");
    step_set(s, "species", "Al");
    check_ok(*state, step_go(s));
    static const double q[3][3] = { { 10, -20, 30 }, { 0.1, 0.2, 0.3 }, { -77.7, 1, 0 } };
    const double *factor = step_data(s, "factor/structure_factor"), *alpha = step_data(s, "alpha/alpha"), c = (double)al / (double)n;
    for (int v = 0; v < 3; v++) {
        double sum[4] = { 0 };
        for (size_t i = 0; i < N; i++) {
            const double phase = q[v][0] * r[0][i] + q[v][1] * r[1][i] + q[v][2] * r[2][i], w = (type[i] == 2) - c;
            if (!type[i]) continue;
            sum[0] += cos(phase), sum[1] += sin(phase), sum[2] += w * cos(phase), sum[3] += w * sin(phase);
        }
        check_real(factor[v], (sum[0] * sum[0] + sum[1] * sum[1]) / (double)n, 1e-9);
        check_real(alpha[v], (sum[2] * sum[2] + sum[3] * sum[3]) / ((double)n * c * (1 - c)), 1e-9);
    }
    end(s, ions);
}

static void a_crystal_has_its_peaks(void **state)
{
    oa_ions *ions = crystal(*state, 6, true);
    step_run *s = begin(*state, ions, "2,0,0;1,1,1;1,0,0;1,1,0;0.5,0,0");
    step_set(s, "species", "Al");
    check_ok(*state, step_go(s));
    const double *factor = step_data(s, "factor/structure_factor"), *alpha = step_data(s, "alpha/alpha");
    check_real(factor[0], 864, 1e-3);
    check_real(factor[1], 864, 1e-3);
    for (int i = 2; i < 5; i++) check_real(factor[i], 0, 1e-3);
    check_real(alpha[0], 0, 1e-9); /* the mean scatters there, not the order */
    check_real(alpha[2], 864.0 / 3, 1e-3); /* L1_2: |216|^2 / (864 * 3/16) */
    check_real(alpha[3], 864.0 / 3, 1e-3);
    check_real(alpha[4], 0, 1e-3);
    end(s, ions);
}

/* Over the vectors of one zone that fit a periodic box alpha is 1 on average, whoever sits where (16 x 16 x 16 of them for 4 x 4 x 4 cells cover it four times). */
static void the_mean_over_a_zone_is_one(void **state)
{
    for (int is_ordered = 0; is_ordered < 2; is_ordered++) {
        oa_ions *ions = crystal(*state, 4, is_ordered);
        step_run *s = begin(*state, ions, "");
        step_set(s, "species", "Al");
        step_set(s, "grid_to", "1.75,1.75,1.75");
        step_set(s, "grid_points", "8,8,8");
        check_ok(*state, step_go(s));
        const double *alpha = step_data(s, "alpha_map/alpha");
        double sum = 0;
        for (int i = 0; i < 512; i++) sum += alpha[i];
        check_real(sum / 512, 1, 1e-4);
        assert_int_equal(step_array(s, "factor_map/structure_factor")->rank, 3);
        end(s, ions);
    }
}

/* Warren-Cowley parameters of perfect L1_2 in two shells: maxima at 100 and 110. The mean over a zone is 1 whatever they are. */
static void shells_give_the_same_as_their_sum(void **state)
{
    step_run *s = begin(*state, NULL, "1,0,0;1,1,0;0.5,0.5,0.5;0,0,0;0.3,0.1,-0.7");
    step_set(s, "shells", "1,1,0:-0.1;0,0,-2:0.05;");
    check_ok(*state, step_go(s));
    const double *alpha = step_data(s, "alpha/alpha"), pi = 3.14159265358979323846;
    check_real(alpha[0], 1 - 0.1 * (4 - 8) + 0.05 * 6, 1e-12);
    check_real(alpha[1], alpha[0], 1e-12);
    check_real(alpha[2], 1 - 0.1 * 0 - 0.05 * 6, 1e-12);
    check_real(alpha[3], 1 - 1.2 + 0.3, 1e-12);
    const double h = 0.3 * pi, k = 0.1 * pi, l = -0.7 * pi;
    check_real(alpha[4], 1 - 0.4 * (cos(h) * cos(k) + cos(h) * cos(l) + cos(k) * cos(l)) + 0.1 * (cos(2 * h) + cos(2 * k) + cos(2 * l)), 1e-12);
    assert_null(oa_values_find(s->values, 1, "factor/structure_factor"));
    step_end(s);
}

static void no_order_is_noise_about_one(void **state)
{
    oa_ions *ions = crystal(*state, 8, false);
    step_run *s = begin(*state, ions, "");
    step_set(s, "species", "Al");
    step_set(s, "grid_from", "0.125,0.125,0.125");
    step_set(s, "grid_to", "0.875,0.875,0.875");
    step_set(s, "grid_points", "7,7,7");
    check_ok(*state, step_go(s));
    const double *alpha = step_data(s, "alpha_map/alpha");
    double sum = 0, square = 0;
    for (int i = 0; i < 343; i++) sum += alpha[i], square += alpha[i] * alpha[i];
    check_real(sum / 343, 1, 4 / sqrt(343));
    check_real(square / 343, 2, 4 * sqrt(20.0 / 343)); /* exponential: second moment 2, fourth 24 */
    end(s, ions);
}

/* Bytes depend on neither threads nor kernels, for many parts and one. */
static void the_same_bytes_however_it_is_done(void **state)
{
    enum { N = 20011, VECTORS = 70 };
    static float r[3][N];
    static double weights[N], q[VECTORS][3], a[2][VECTORS], b[2][VECTORS];
    oa_random random = oa_random_start(6, 0);
    for (size_t i = 0; i < N; i++) {
        for (int d = 0; d < 3; d++) r[d][i] = (float)(80 * oa_random_uniform(&random));
        weights[i] = oa_random_uniform(&random) - 0.5;
    }
    for (int v = 0; v < VECTORS; v++)
        for (int d = 0; d < 3; d++) q[v][d] = 6 * oa_random_uniform(&random) - 3;
    const oa_scatterers points = { N, r[0], r[1], r[2], NULL, weights };
    int made = 0;
    (void)state;
    const char *const kernels[] = { "scalar", "avx2", "avx512" };
    for (int k = 0; k < 3; k++)
        for (int threads = 1; threads <= 3; threads += 2) {
            oa_context *c;
            const oa_context_options options = { .threads = threads, .kernel = kernels[k] };
            if (oa_context_new(&c, &options) != OA_OK) { /* not on this processor */
                oa_context_free(c);
                continue;
            }
            made++;
            check_ok(c, oa_diffuse__squares(c, c->kernels, &points, q[0], VECTORS, k || threads > 1 ? b[0] : a[0], k || threads > 1 ? b[1] : a[1]));
            if (k || threads > 1) assert_memory_equal(a, b, sizeof a);
            oa_context_free(c);
        }
    assert_true(made >= 2);
}

static void golden_points(void **state)
{
    enum { VECTORS = 120, IONS = 2000 };
    static float r[3][IONS], mass[IONS];
    static double want[VECTORS];
    static char q[VECTORS * 90];
    char line[256];
    size_t used = 0;
    FILE *file = fopen(check_reference("conventional/inputs/points.csv"), "r");
    assert_non_null(fgets(line, sizeof line, file));
    for (int i = 0; i < IONS; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(sscanf(line, "%f,%f,%f", &r[0][i], &r[1][i], &r[2][i]), 3);
    }
    fclose(file);
    file = fopen(check_reference("conventional/inputs/qlist.csv"), "r");
    assert_non_null(fgets(line, sizeof line, file));
    for (int i = 0; i < VECTORS; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        used += (size_t)snprintf(q + used, sizeof q - used, "%s%.*s", i ? ";" : "", (int)strcspn(strchr(line, ',') + 1, "\r\n"), strchr(line, ',') + 1);
    }
    fclose(file);
    file = fopen(check_reference("conventional/expected/sq.csv"), "r");
    assert_non_null(fgets(line, sizeof line, file));
    for (int i = 0; i < VECTORS; i++) {
        assert_non_null(fgets(line, sizeof line, file));
        want[i] = strtod(strchr(line, ',') + 1, NULL);
    }
    fclose(file);
    oa_ions *ions = step_make_ions(*state, IONS, r[0], r[1], r[2], mass);
    step_run *s = begin(*state, ions, q);
    step_set(s, "units", "per_nm");
    check_ok(*state, step_go(s));
    const double *factor = step_data(s, "factor/structure_factor");
    for (int i = 0; i < VECTORS; i++) check_real(factor[i], want[i], 1e-9 * (1 + want[i]));
    end(s, ions);
}

static void what_cannot_scatter_is_said(void **state)
{
    static const struct { const char *name, *text, *code; } row[] = {
        { "q", ";", "E_PARAMETER_VALUE" },         { "q", "1,2", "E_PARAMETER_VALUE" },
        { "q", "1,2,x", "E_PARAMETER_VALUE" },     { "q", "1,2,3,4", "E_PARAMETER_VALUE" },
        { "q", "1,2,1e9", "E_PARAMETER_VALUE" },   { "q", "nan,0,0", "E_PARAMETER_VALUE" },
        { "shells", "1,1,0:0.1", "E_PARAMETER_VALUE" }, /* and ions */
        { "species", "Fe", "E_SPECIES_UNKNOWN" },  { "grid_points", "100000,100000,100000", "E_PARAMETER_RANGE" },
        { "grid_points", "1.5,1,1", "E_PARAMETER_VALUE" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        oa_ions *ions = crystal(*state, 2, true);
        step_run *s = begin(*state, ions, "");
        step_set(s, row[i].name, row[i].text);
        check_fails(*state, step_go(s), row[i].code);
        end(s, ions);
    }
    static const char *const shells[] = { "1,1,0", "1,1,0:x", "0,0,0:1", "1,1,0.5:1", "1,1,0:0.1;0,-1,1:0.2", "2,1,0:0.1;0,1,-2:0.2", ";" };
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        step_run *s = begin(*state, NULL, "1,0,0");
        step_set(s, "shells", shells[i]);
        check_fails(*state, step_go(s), "E_PARAMETER_VALUE");
        step_end(s);
    }
    step_run *s = begin(*state, NULL, "1,0,0");
    check_fails(*state, step_go(s), "E_SLOT_MISSING");
    step_end(s);
    const float one[] = { 0, 1 };
    const uint8_t same[] = { 2, 2 };
    oa_ions *ions = typed(*state, 2, one, one, one, same);
    s = begin(*state, ions, "1,0,0");
    step_set(s, "species", "Al");
    check_fails(*state, step_go(s), "E_EMPTY_DATA");
    end(s, ions);
    ions = step_make_ions(*state, 1, one, one, one, one);
    s = begin(*state, ions, "1,0,0");
    check_fails(*state, step_go(s), "E_FEW_IONS");
    step_end(s);
    s = begin(*state, ions, "1,0,0");
    step_set(s, "species", "Al");
    check_fails(*state, step_go(s), "E_NOT_RANGED");
    end(s, ions);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(two_ions_interfere), with_context(sums_are_those_of_the_library), with_context(a_crystal_has_its_peaks), with_context(the_mean_over_a_zone_is_one),
        with_context(shells_give_the_same_as_their_sum), with_context(no_order_is_noise_about_one), with_context(the_same_bytes_however_it_is_done),
            with_context(golden_points),
        with_context(what_cannot_scatter_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
