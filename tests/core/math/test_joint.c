/* test_joint.c - several species against planes at once: spread as it should be without order, one species for two, rare ones. */
#include "core/math/maps_made.h"

#include "math/joint.h"
#include "math/statistics.h"

/* Some of the ions that are not of species 1 become species 2, by chance alone: `second` of all where the first has `first`. */
static void add_species(made *m, double first, double second, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 9);
    for (size_t i = 0; i < m->n; i++)
        if (!m->species[i] && oa_random_uniform(&random) < second / (1 - first)) m->species[i] = 2;
}

typedef struct shares {
    oa_joint joint;
    float *all;
} shares;

static shares share_of(made *m, int n)
{
    const size_t room = m->tiled.n + OA_WAVE_LANES;
    shares s = { .joint = { .tiled = &m->tiled, .n = n }, .all = calloc((size_t)n * room, sizeof(float)) };
    for (int c = 0; c < n; c++) {
        s.joint.share[c] = s.all + (size_t)c * room;
        check_ok(m->context, oa_local_share(&m->tiled, (unsigned)c, s.all + (size_t)c * room));
    }
    return s;
}

static double rising(const double at[3], int family)
{
    (void)family;
    return 0.2 + 0.2 * at[0] / 20;
}

static double gamma_cdf(double t) { return 1 - exp(-t) * (1 + t); }

/* Two contrasts, shares with a gradient: T is exponential along planes, and of the gamma distribution of 2 where these are not resolved. */
static void test_null(void **state)
{
    made m = make_planes(*state, (double[3]){ 22, 22, 22 }, 35, SPACING, 0.03, 41, rising);
    const double wave[3] = { 0, 0, made_pi / SPACING };
    double v[4000];
    add_species(&m, 0.3, 0.3, 42);
    map a = begin_map(&m, 0.035);
    shares s = share_of(&m, 3);
    float *angle = calloc(m.n + OA_WAVE_LANES, sizeof *angle);
    check_ok(m.context, oa_joint_statistic(&s.joint, &a.field, a.m, NULL, WIDTH, a.z));
    size_t n = thin(&a.field, a.z, v);
    assert_true(n > 500);
    assert_true(distance(v, n, exponential_cdf) < 1.63);
    check_ok(m.context, oa_wave_angle(&m.tiled, wave, angle));
    check_ok(m.context, oa_joint_statistic(&s.joint, &a.field, NULL, angle, WIDTH, a.z));
    n = thin(&a.field, a.z, v);
    assert_true(n > 500);
    assert_true(distance(v, n, gamma_cdf) < 1.63);
    assert_true(distance(v, n, exponential_cdf) > 1.63);
    free(angle);
    free(s.all);
    end_map(&a);
    made_drop(&m);
}

/* Where the rest is one species, both say the same: T is half of Z squared, its correction that of Z*, its amplitude that of Z. */
static void test_two_are_one(void **state)
{
    made m = make_planes(*state, (double[3]){ 16, 16, 16 }, 40, SPACING, 0.03, 43, rising);
    map a = begin_map(&m, 0.03);
    shares s = share_of(&m, 2);
    float *t = calloc(a.field.cells, sizeof *t);
    oa_maximum *list, *other;
    size_t n, m_other;
    fill(&m, &a);
    check_ok(m.context, oa_joint_statistic(&s.joint, &a.field, a.m, NULL, WIDTH, t));
    for (size_t i = 0; i < a.field.cells; i++)
        if (a.z[i] == a.z[i] && t[i] == t[i]) check_real((double)t[i], 0.5 * (double)a.z[i] * (double)a.z[i], 0.01 + 0.01 * (double)t[i]);
    check_ok(m.context, oa_find_maxima(&m.arena, &a.field, a.z, 2.5, &list, &n));
    check_ok(m.context, oa_find_maxima(&m.arena, &a.field, a.z, 2.5, &other, &m_other));
    check_ok(m.context, oa_correct_maxima(&a.labels, a.m, WIDTH, list, n));
    check_ok(m.context, oa_correct_joint_maxima(&s.joint, a.m, WIDTH, other, n));
    assert_true(n > 20);
    for (size_t i = 0; i < n; i++) {
        check_real(other[i].corrected, 0.5 * list[i].corrected * list[i].corrected, 2e-3 * other[i].corrected);
        check_real(other[i].amplitude, fabs(list[i].amplitude), 1e-4);
    }
    free(t);
    free(s.all);
    end_map(&a);
    made_drop(&m);
}

static double first_on_even_planes(const double at[3], int family)
{
    (void)at;
    return family ? 1.0 / 3 - 0.2 : 1.0 / 3 + 0.2;
}

/* Species 1 likes one family of planes, species 2 the other: T is what both differences make, the amplitude half of their sum. */
static void test_order(void **state)
{
    made m = make_planes(*state, (double[3]){ 14, 14, 14 }, 40, SPACING, 0.03, 44, first_on_even_planes);
    oa_random random = oa_random_start(45, 9);
    for (size_t i = 0; i < m.n; i++) {
        const double first = first_on_even_planes(NULL, (int)m.plane[i] & 1), second = 2.0 / 3 - first;
        if (!m.species[i] && oa_random_uniform(&random) < second / (1 - first)) m.species[i] = 2;
    }
    map a = begin_map(&m, 0.03);
    shares s = share_of(&m, 3);
    double mean = 0, squares = 0, cells = 0, amplitude = 0;
    oa_maximum list[27] = { { .z = 0 } };
    check_ok(m.context, oa_joint_statistic(&s.joint, &a.field, a.m, NULL, WIDTH, a.z));
    for (size_t i = 0; i < a.field.cells; i++) {
        const size_t at[3] = { i % a.field.dims[0], i / a.field.dims[0] % a.field.dims[1], i / a.field.dims[0] / a.field.dims[1] };
        bool is_inside = true;
        for (int k = 0; k < 3; k++) is_inside &= at[k] > 12 && at[k] + 13 < a.field.dims[k];
        if (!is_inside) continue;
        mean += 2 * (double)a.z[i];
        cells++;
    }
    for (size_t i = 0; i < m.tiled.n; i++) squares += (double)a.m[i] * (double)a.m[i] / (double)m.tiled.n;
    /* two degrees of freedom, and (sum G m^2)^2 / sum G^2 m^2 ions, each of which tells the squares of 0.2 over 1/3 and over 1/3 */
    const double ions = squares * 40 * pow(8 * made_pi * WIDTH * WIDTH / 2, 1.5);
    check_real(mean / cells, 2 + ions * (0.04 * 3 + 0.04 * 3), 0.06 * ions * 0.24);
    for (int i = 0; i < 27; i++)
        for (int k = 0; k < 3; k++) list[i].at[k] = 4 + 3 * (i / (k == 0 ? 1 : k == 1 ? 3 : 9) % 3);
    check_ok(m.context, oa_correct_joint_maxima(&s.joint, a.m, WIDTH, list, 27));
    for (int i = 0; i < 27; i++) amplitude += list[i].amplitude / 27;
    check_real(amplitude, 0.2, 0.025); /* and half of the modulus of what chance gives the third species */
    free(s.all);
    end_map(&a);
    made_drop(&m);
}

static double rare(const double at[3], int family)
{
    (void)at;
    (void)family;
    return 0.03;
}

/* Maxima of T above a level and those of its correction, of six boxes where labels are mixed, and how many are expected. */
static void count_maxima(oa_context *context, made_share *share, double first, double *plain, double *corrected, double *expected)
{
    const double level = 9;
    *plain = *corrected = *expected = 0;
    for (int k = 0; k < 6; k++) {
        made m = make_planes(context, (double[3]){ 14, 14, 14 }, 40, SPACING, 0.03, 60 + (uint64_t)k, share);
        oa_maximum *list;
        oa_measure measure;
        size_t n;
        add_species(&m, first, first, 80 + (uint64_t)k);
        map a = begin_map(&m, 0.03);
        shares s = share_of(&m, 3);
        check_ok(m.context, oa_joint_statistic(&s.joint, &a.field, a.m, NULL, WIDTH, a.z));
        check_ok(m.context, oa_measure_cells(&a.field, a.z, &measure));
        check_ok(m.context, oa_find_maxima(&m.arena, &a.field, a.z, 4.5, &list, &n));
        check_ok(m.context, oa_correct_joint_maxima(&s.joint, a.m, WIDTH, list, n));
        *expected += oa_expected_maxima(&measure, WIDTH, 2, 2 * level);
        for (size_t i = 0; i < n; i++) {
            *plain += list[i].z > level;
            *corrected += list[i].corrected > level;
        }
        free(s.all);
        end_map(&a);
        made_drop(&m);
    }
}

/* Two rare species: maxima of T are too many, those of its correction are not; of three equal ones neither are. */
static void test_maxima(void **state)
{
    double plain, corrected, expected;
    count_maxima(*state, rare, 0.03, &plain, &corrected, &expected);
    assert_true(plain > expected + 3 * sqrt(expected));
    assert_true(corrected < 1.1 * expected + 3 * sqrt(expected));
    assert_true(corrected > 0.3 * expected);
    count_maxima(*state, made_even, 1.0 / 3, &plain, &corrected, &expected);
    assert_true(corrected < 1.1 * expected + 3 * sqrt(expected));
    assert_true(corrected > 0.3 * expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_null, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_two_are_one, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_maxima, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
