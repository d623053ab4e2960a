/* test_contrast.c - statistics without order are what they are said to be, with order they see it; maxima at a stated rate. */
#include "core/math/maps_made.h"

#include "math/phase.h"
#include "math/selection.h"

/* A share that rises along x, a density that falls along y and a hole, and a wrong sigma: nothing makes order of it. */
static double rising(const double at[3], int family)
{
    (void)family;
    return 0.15 + 0.5 * at[0] / 20;
}

static void test_null(void **state)
{
    made m = make_planes(*state, (double[3]){ 20, 20, 20 }, 40, SPACING, 0.03, 11, rising);
    size_t kept = 0;
    for (size_t i = 0; i < m.n; i++) {
        const double y = (double)m.y[i], x = (double)m.x[i] - 10, z = (double)m.z[i] - 10;
        if ((i * 7919) % 1000 < 700 * y / 20 || x * x + (y - 10) * (y - 10) + z * z < 9) continue;
        m.x[kept] = m.x[i];
        m.y[kept] = m.y[i];
        m.z[kept] = m.z[i];
        m.species[kept++] = m.species[i];
    }
    m.n = kept;
    map a = begin_map(&m, 0.04);
    double v[4000], sum = 0, squares = 0;
    fill(&m, &a);
    const size_t n = thin(&a.field, a.z, v);
    for (size_t i = 0; i < n; i++) {
        sum += v[i];
        squares += v[i] * v[i];
    }
    assert_true(n > 500);
    check_real(sum / (double)n, 0, 4 / sqrt((double)n));
    check_real(squares / (double)n, 1, 4 * sqrt(2 / (double)n));
    assert_true(distance(v, n, normal_cdf) < 1.63); /* 1 in 100 by chance, and the seed is fixed */
    end_map(&a);
    made_drop(&m);
}

/* T is exponential; |A|^2 / V is not, where planes diffract: that is what whitening is for. */
static void test_whitened(void **state)
{
    made m = make_planes(*state, (double[3]){ 22, 22, 22 }, 30, SPACING, 0.025, 12, made_even);
    map a = begin_map(&m, 0.025);
    float *angle = calloc(m.n + OA_WAVE_LANES, sizeof *angle), *v = calloc(a.field.cells, sizeof *v);
    const double wave[3] = { 0, 0, made_pi / SPACING };
    double values[4000];
    check_ok(m.context, oa_wave_angle(&m.tiled, wave, angle));
    check_ok(m.context, oa_whitened_statistic(&a.labels, &a.field, angle, WIDTH, a.z));
    size_t n = thin(&a.field, a.z, values);
    assert_true(n > 500);
    assert_true(distance(values, n, exponential_cdf) < 1.63);
    /* unwhitened: two statistics with contrasts cos and sin, by their own variances, weighed together by these */
    float *cosine = calloc(m.n + OA_WAVE_LANES, sizeof *cosine), *sine = calloc(m.n + OA_WAVE_LANES, sizeof *sine);
    double squares[2] = { 0, 0 };
    m.context->kernels->waves->turn(cosine, sine, m.tiled.n, angle);
    for (size_t i = 0; i < m.tiled.n; i++) {
        squares[0] += (double)cosine[i] * (double)cosine[i] / (double)m.tiled.n;
        squares[1] += (double)sine[i] * (double)sine[i] / (double)m.tiled.n;
    }
    check_ok(m.context, oa_signed_statistic(&a.labels, &a.field, cosine, WIDTH, a.z));
    check_ok(m.context, oa_signed_statistic(&a.labels, &a.field, sine, WIDTH, v));
    for (size_t i = 0; i < a.field.cells; i++) a.z[i] = (float)squares[0] * a.z[i] * a.z[i] + (float)squares[1] * v[i] * v[i];
    n = thin(&a.field, a.z, values);
    assert_true(distance(values, n, exponential_cdf) > 1.63);
    free(angle);
    free(v);
    free(cosine);
    free(sine);
    end_map(&a);
    made_drop(&m);
}

/* Perfect L1_2 in the upper half along x, its antiphase in the lower one. */
static double antiphase(const double at[3], int family)
{
    return (family == 0) == (at[0] < 10) ? 0.5 : 0;
}

static void test_order(void **state)
{
    static const double sigmas[] = { 0.02, 0.045 };
    for (int k = 0; k < 2; k++) {
        made m = make_planes(*state, (double[3]){ 20, 10, 10 }, 30, SPACING, sigmas[k], 13, antiphase);
        map a = begin_map(&m, sigmas[k]);
        const size_t row = (a.field.dims[2] / 2 * a.field.dims[1] + a.field.dims[1] / 2) * a.field.dims[0];
        oa_maximum probe[2] = { { .at = { 5, 5, 5 } }, { .at = { 15, 5, 5 } } };
        double sum[2] = { 0, 0 };
        fill(&m, &a);
        assert_true(a.z[row + 25] > 5);
        assert_true(a.z[row + 75] < -5);
        float least = INFINITY;
        for (size_t x = 45; x < 56; x++) least = fminf(least, fabsf(a.z[row + x]));
        assert_true(least < 2); /* at the boundary |Z| dips */
        for (int i = 0; i < 30; i++) { /* places all over the two halves */
            probe[0].at[0] = 2.5 + 0.25 * (i % 10);
            probe[1].at[0] = 17.5 - 0.25 * (i % 10);
            probe[0].at[2] = probe[1].at[2] = 2.5 + 2.5 * (i / 10);
            check_ok(m.context, oa_correct_maxima(&a.labels, a.m, WIDTH, probe, 2));
            sum[0] += probe[0].amplitude / 30;
            sum[1] += probe[1].amplitude / 30;
        }
        check_real(sum[0], 0.25, 0.012);
        check_real(sum[1], -0.25, 0.012);
        /* the species swapped: Z turns its sign */
        float *other = calloc(a.field.cells, sizeof *other);
        for (size_t i = 0; i < m.n; i++) m.tiled.species[i] = !m.tiled.species[i];
        check_ok(m.context, oa_local_share(&m.tiled, 1, a.share));
        check_ok(m.context, oa_signed_statistic(&a.labels, &a.field, a.m, WIDTH, other));
        for (size_t i = 0; i < a.field.cells; i++)
            if (a.z[i] == a.z[i]) check_real((double)other[i], -(double)a.z[i], 2e-3);
        free(other);
        end_map(&a);
        made_drop(&m);
    }
}

/* Layers of pure species along x are no order along z. */
static double layered(const double at[3], int family)
{
    (void)family;
    return (int)(at[0] / SPACING) & 1 ? 0.6 : 0.1;
}

static void test_across(void **state)
{
    made m = make_planes(*state, (double[3]){ 16, 16, 16 }, 30, SPACING, 0.03, 14, layered);
    map a = begin_map(&m, 0.03);
    double v[4000], squares = 0;
    fill(&m, &a);
    const size_t n = thin(&a.field, a.z, v);
    for (size_t i = 0; i < n; i++) squares += v[i] * v[i];
    check_real(squares / (double)n, 1, 4 * sqrt(2 / (double)n));
    end_map(&a);
    made_drop(&m);
}

/* ---------------------------------------------------------------------------------------------- masks and maxima */

/* A box a x b x c has 1, a + b + c, ab + bc + ca, abc; a box with a hole through it has the Euler characteristic 0. */
static void test_measure(void **state)
{
    made m = make_planes(*state, (double[3]){ 6, 6, 6 }, 1, SPACING, 0.03, 15, made_even);
    made_sort(&m);
    const oa_field f = oa_field_of(&m.tiled, 10, 10, 10);
    float *data = calloc(f.cells, sizeof *data);
    oa_measure measure;
    for (int hole = 0; hole < 2; hole++) {
        for (size_t i = 0; i < f.cells; i++) {
            const size_t x = i % f.dims[0], y = i / f.dims[0] % f.dims[1], z = i / f.dims[0] / f.dims[1];
            data[i] = x >= 3 && x < 13 && y >= 4 && y < 11 && z < 20 && !(hole && x == 8 && y == 8) ? 0 : NAN;
        }
        check_ok(m.context, oa_measure_cells(&f, data, &measure));
        check_real(measure.mu[0], hole ? 0 : 1, 0);
        check_real(measure.mu[3], (1400 - hole * 20) * 0.008, 1e-9);
        if (hole) continue;
        check_real(measure.mu[1], 2 + 1.4 + 4, 1e-9);
        check_real(measure.mu[2], 2 * 1.4 + 1.4 * 4 + 4 * 2, 1e-9);
    }
    free(data);
    made_drop(&m);
}

/* White noise, blurred, k fields of it squared and summed: maxima above a level are as many as expected. */
static void test_expected(void **state)
{
    made m = make_planes(*state, (double[3]){ 16, 16, 16 }, 1, SPACING, 0.03, 16, made_even);
    made_sort(&m);
    const oa_field f = oa_field_of(&m.tiled, 10, 10, 10);
    float taps[OA_TAPS_MAX], *data = calloc(2 * f.cells, sizeof *data), *sum = data + f.cells;
    const int half = oa_gaussian_taps(WIDTH / 0.2, 4, taps), halves[3] = { half, half, half };
    const float *const all[3] = { taps, taps, taps };
    oa_random random = oa_random_start(17, 1);
    double norm = 0;
    for (int i = -half; i <= half; i++) norm += (double)taps[abs(i)] * (double)taps[abs(i)];
    for (int k = 1; k <= 4; k *= 2) { /* signed; unsigned; unsigned of two contrasts */
        const double level = k == 1 ? 12.25 : k == 2 ? 16 : 20; /* |Z| = 3.5; T = 8, 10 */
        double found = 0, expected = 0;
        for (int field = 0; field < (k == 1 ? 8 : 6); field++) {
            memset(sum, 0, f.cells * sizeof *sum);
            for (int part = 0; part < k; part++) {
                for (size_t i = 0; i < f.cells; i++) data[i] = (float)oa_random_normal(&random);
                check_ok(m.context, oa_field_blur(&f, data, all, halves));
                /* the outer cells have seen less than a whole window */
                for (size_t i = 0; i < f.cells; i++) {
                    const size_t at[3] = { i % f.dims[0], i / f.dims[0] % f.dims[1], i / f.dims[0] / f.dims[1] };
                    bool is_inside = true;
                    for (int a = 0; a < 3; a++) is_inside &= at[a] >= (size_t)half && at[a] + (size_t)half < f.dims[a];
                    sum[i] += is_inside ? data[i] * data[i] / (float)(norm * norm * norm) : NAN;
                }
            }
            oa_arena arena = { .context = m.context };
            oa_maximum *list;
            oa_measure measure;
            size_t n;
            check_ok(m.context, oa_find_maxima(&arena, &f, sum, level, &list, &n));
            check_ok(m.context, oa_measure_cells(&f, sum, &measure));
            found += (double)n;
            expected += oa_expected_maxima(&measure, WIDTH, k, level);
            oa_arena_drop(&arena);
        }
        check_real(found, expected, 0.25 * expected + 3 * sqrt(expected));
        assert_true(found > 0.5 * expected);
    }
    free(data);
    made_drop(&m);
}

/* A bump as wide as those of the map, of either sign, with its top anywhere between the cells. */
static void test_maxima_lie_between_cells(void **state)
{
    made m = make_planes(*state, (double[3]){ 6, 6, 6 }, 5, SPACING, 0.03, 3, made_even);
    made_sort(&m);
    const oa_field f = oa_field_of(&m.tiled, 8, 8, 8);
    float *data = calloc(f.cells, sizeof *data);
    oa_random random = oa_random_start(5, 5);
    for (int k = 0; k < 20; k++) {
        const double sign = k & 1 ? -1 : 1;
        double top[3];
        oa_maximum *list;
        size_t n;
        for (int a = 0; a < 3; a++) top[a] = oa_field_middle(&f, a, f.dims[a] / 2) + (oa_random_uniform(&random) - 0.5) * f.edge[a];
        for (size_t i = 0; i < f.cells; i++) {
            const double dx = oa_field_middle(&f, 0, i % f.dims[0]) - top[0], dy = oa_field_middle(&f, 1, i / f.dims[0] % f.dims[1]) - top[1],
                dz = oa_field_middle(&f, 2, i / f.dims[0] / f.dims[1]) - top[2];
            data[i] = (float)(6 * sign * exp(-(dx * dx + dy * dy + dz * dz) / (4 * WIDTH * WIDTH)));
        }
        check_ok(m.context, oa_find_maxima(&m.arena, &f, data, 3, &list, &n));
        assert_int_equal(n, 1);
        for (int a = 0; a < 3; a++) check_real(list[0].at[a], top[a], 0.01);
        check_real(list[0].z, 6 * sign, 0.02);
    }
    free(data);
    made_drop(&m);
}

static double rare(const double at[3], int family)
{
    (void)at;
    (void)family;
    return 0.03;
}

/* Labels of a rare species have heavy tails: maxima of Z are too many, those of Z* are not. */
static void test_rare(void **state)
{
    double plain = 0, corrected = 0, expected = 0;
    for (int k = 0; k < 6; k++) {
        made m = make_planes(*state, (double[3]){ 14, 14, 14 }, 40, SPACING, 0.03, 30 + (uint64_t)k, rare);
        map a = begin_map(&m, 0.03);
        oa_maximum *list;
        oa_measure measure;
        size_t n;
        fill(&m, &a);
        check_ok(m.context, oa_measure_cells(&a.field, a.z, &measure));
        check_ok(m.context, oa_find_maxima(&m.arena, &a.field, a.z, 3, &list, &n));
        check_ok(m.context, oa_correct_maxima(&a.labels, a.m, WIDTH, list, n));
        expected += oa_expected_maxima(&measure, WIDTH, 1, 14.0625); /* 3.75 */
        for (size_t i = 0; i < n; i++) {
            plain += fabs(list[i].z) > 3.75;
            corrected += fabs(list[i].corrected) > 3.75;
        }
        end_map(&a);
        made_drop(&m);
    }
    assert_true(plain > expected + 3 * sqrt(expected));
    assert_true(corrected < 1.1 * expected + 3 * sqrt(expected));
}

/* q-values rise down the list; with rate 0 nothing is listed, with rate 1 all but what is less likely than that. */
static void test_ranks(void **state)
{
    oa_measure measure = { .mu = { 1, 50, 800, 6000 } };
    oa_maximum list[40] = { { .z = 0 } };
    oa_random random = oa_random_start(3, 3);
    (void)state;
    for (int i = 0; i < 40; i++) list[i].corrected = list[i].z = (i % 2 ? -1 : 1) * (3 + 4 * oa_random_uniform(&random));
    assert_int_equal(oa_rank_maxima(&measure, WIDTH, 1, 0, list, 40), 0);
    const size_t kept = oa_rank_maxima(&measure, WIDTH, 1, 0.05, list, 40);
    assert_true(kept > 10 && kept < 40);
    for (int i = 0; i < 40; i++) {
        assert_true(!i || (fabs(list[i].corrected) <= fabs(list[i - 1].corrected) && list[i].q >= list[i - 1].q));
        assert_true(list[i].q <= list[i].chance / (i + 1) + 1e-15);
        assert_int_equal((size_t)i < kept, list[i].q <= 0.05);
    }
}

/* The mean of 1 - p of what is taken is at most the rate, and of one more it is not. */
static void test_selection(void **state)
{
    enum { N = 5000 };
    float p[N];
    double sorted[N], sum = 0;
    oa_random random = oa_random_start(8, 8);
    for (int i = 0; i < N; i++) {
        const double u = oa_random_uniform(&random);
        p[i] = (float)(u * u);
        sorted[i] = -(double)p[i];
    }
    qsort(sorted, N, sizeof *sorted, by_value);
    size_t want = 0;
    for (size_t i = 0; i < N; i++) {
        sum += 1 + sorted[i];
        if (sum <= 0.2 * (double)(i + 1)) want = i + 1;
    }
    oa_selection s;
    check_ok(*state, oa_select_at_rate(*state, p, N, 0.2, &s));
    assert_true(s.n <= want && s.n + 3 >= want);
    check_ok(*state, oa_select_at_rate(*state, p, N, 0, &s));
    assert_int_equal(s.n, 0);
    check_ok(*state, oa_select_at_rate(*state, p, N, 1, &s));
    assert_int_equal(s.n, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_null, check_setup, check_teardown),     cmocka_unit_test_setup_teardown(test_whitened, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_order, check_setup, check_teardown),    cmocka_unit_test_setup_teardown(test_across, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_measure, check_setup, check_teardown),  cmocka_unit_test_setup_teardown(test_expected, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_maxima_lie_between_cells, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_rare, check_setup, check_teardown),     cmocka_unit_test(test_ranks),
        cmocka_unit_test_setup_teardown(test_selection, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
