/* test_planes_physics.c - atomic planes: found where a crystal has them, at their spacing, across their normal, through noise;
 * not found far from a pole, in too much noise, or where ions lie at random. */
#include "check.h"

#include "base/random.h"
#include "math/lattice.h"
#include "math/planes.h"

static const double degree = 3.14159265358979323846 / 180;

/* Noise, nm, and share of the atoms that is kept. */
typedef struct noise {
    double lateral, depth, efficiency;
} noise;

typedef struct crystal {
    oa_planes *planes;
    oa_random random;
    noise noise;
} crystal;

static oa_status add_site(void *arg, const oa_site *site)
{
    crystal *c = arg;
    const double at[3] = { site->x + c->noise.lateral * oa_random_normal(&c->random), site->y + c->noise.lateral * oa_random_normal(&c->random),
                           site->z + c->noise.depth * oa_random_normal(&c->random) };
    return oa_random_uniform(&c->random) < c->noise.efficiency ? oa_planes_add(c->planes, at) : OA_OK;
}

static const double box[6] = { -12, 12, -12, 12, -24, 0 };

/* Planes along `direction` of a crystal of lattice parameter a with `pole` along z, tilted about y, in a part of space. */
static oa_planes_found look_in(oa_context *context, const double part[6], oa_parent parent, double a, const char *pole, double tilt, noise level,
                               const double direction[3])
{
    const oa_frame frame = oa_frame_along(direction);
    oa_planes planes;
    oa_planes_found found;
    oa_lattice lattice;
    crystal c = { .planes = &planes, .random = oa_random_start(11, (uint64_t)fabs(tilt * 100)), .noise = level };
    oa_planes_begin(context, &planes, part, &frame);
    check_ok(context, oa_lattice__make(context, parent, a, pole, 17, tilt, &lattice));
    check_ok(context, oa_lattice__each(context, &lattice, part, add_site, &c));
    check_ok(context, oa_planes_find(&planes, &found));
    oa_planes_end(&planes);
    return found;
}

static oa_planes_found look(oa_context *context, oa_parent parent, double a, const char *pole, double tilt, noise level, const double direction[3])
{
    const oa_planes_found found = look_in(context, box, parent, a, pole, tilt, level, direction);
    assert_true(found.nodes >= 16);
    return found;
}

static const double up[3] = { 0, 0, 1 };
static const noise settings[3] = { { 0.3, 0.030, 0.52 }, { 0.5, 0.030, 0.52 }, { 0.3, 0.045, 0.37 } };

static void resolved_at_their_spacing(void **state)
{
    for (int i = 0; i < 3; i++) {
        const oa_planes_found f = look(*state, OA_FCC, 0.36, "001", 0, settings[i], up);
        print_message("fcc 002, sigma %g/%g, efficiency %g: Q %.1f\n", settings[i].lateral, settings[i].depth, settings[i].efficiency, f.quality);
        assert_true(f.quality > 30 && f.share > 0.9);
        check_real(f.spacing, 0.18, 0.002);
        assert_true(f.tilt < 0.5);
    }
    check_real(look(*state, OA_FCC, 0.36, "111", 0, settings[0], up).spacing, 0.36 / sqrt(3), 0.002);
    check_real(look(*state, OA_FCC, 0.405, "011", 0, settings[0], up).spacing, 0.405 / sqrt(8), 0.002);
    check_real(look(*state, OA_BCC, 0.287, "001", 0, settings[0], up).spacing, 0.1435, 0.0015);
}

static void a_small_tilt_is_measured(void **state)
{
    for (int tilt = 1; tilt <= 7; tilt += 2) {
        const oa_planes_found f = look(*state, OA_FCC, 0.36, "001", tilt, (noise){ 0.1, 0.03, 0.6 }, up);
        check_real(f.tilt, tilt, 0.8); /* wave numbers lie 1.5 degrees apart */
        check_real(fabs(f.direction[0]), sin(tilt * degree), 0.014); /* the tilt is about y */
        check_real(f.direction[1], 0, 0.014);
        const oa_planes_found other = look(*state, OA_FCC, 0.36, "001", -tilt, (noise){ 0.1, 0.03, 0.6 }, up);
        check_real(other.direction[0], -f.direction[0], 0.014); /* the other way */
        check_real(other.tilt, tilt, 0.8);
    }
}

static void nothing_far_from_the_pole(void **state)
{
    for (int tilt = 12; tilt <= 20; tilt += 4) {
        const oa_planes_found f = look(*state, OA_FCC, 0.36, "001", tilt, settings[0], up);
        print_message("%d degrees off: Q %.1f\n", tilt, f.quality);
        assert_true(f.quality < 9 && f.share == 0);
    }
}

/* The frame may be turned instead of the specimen. */
static void found_along_their_normal(void **state)
{
    const noise little = { 0.03, 0.03, 0.6 };
    for (int tilt = 10; tilt <= 40; tilt += 15) {
        const double s = sin(tilt * degree), c = cos(tilt * degree);
        const double sides[2][3] = { { s, 0, c }, { -s, 0, c } };
        oa_planes_found f[2];
        for (int k = 0; k < 2; k++) f[k] = look(*state, OA_FCC, 0.36, "001", tilt, little, sides[k]);
        const int right = fabs(f[0].spacing - 0.18) < fabs(f[1].spacing - 0.18) ? 0 : 1;
        assert_true(f[right].quality > 100);
        check_real(f[right].spacing, 0.18, 0.002);
        for (int i = 0; i < 3; i++) check_real(f[right].direction[i], sides[right][i], 0.01);
    }
}

static void nothing_where_depth_is_blurred(void **state)
{
    const oa_planes_found f = look(*state, OA_FCC, 0.36, "001", 0, (noise){ 0.3, 0.15, 0.52 }, up);
    assert_true(f.quality < 9 && f.share == 0);
}

static void nothing_at_random(void **state)
{
    oa_random random = oa_random_start(5, 0);
    const oa_frame frame = oa_frame_along(up);
    oa_planes planes;
    oa_planes_found f;
    oa_planes_begin(*state, &planes, box, &frame);
    for (int i = 0; i < 600000; i++) {
        double at[3];
        for (int k = 0; k < 3; k++) at[k] = box[2 * k] + 24 * oa_random_uniform(&random);
        check_ok(*state, oa_planes_add(&planes, at));
    }
    check_ok(*state, oa_planes_find(&planes, &f));
    oa_planes_end(&planes);
    print_message("random: Q %.1f in %zu nodes\n", f.quality, f.nodes);
    assert_true(f.quality > 3 && f.quality < 9 && f.share == 0);
}

/* One node is enough: it says what it would say among others. */
static void one_node_alone(void **state)
{
    const oa_planes_found f = look_in(*state, (double[6]){ -2.5, 2.5, -2.5, 2.5, -5, 0 }, OA_FCC, 0.36, "001", 0, settings[0], up);
    assert_int_equal(f.nodes, 1);
    assert_true(f.quality > 15 && f.share == 1);
    check_real(f.spacing, 0.18, 0.004);
}

/* Too few ions for any answer. */
static void no_nodes_without_ions(void **state)
{
    const oa_frame frame = oa_frame_along(up);
    oa_planes planes;
    oa_planes_found f;
    oa_planes_begin(*state, &planes, box, &frame);
    for (int i = 0; i < 50; i++) check_ok(*state, oa_planes_add(&planes, (double[3]){ 0.1 * i, 0, -3 }));
    check_ok(*state, oa_planes_find(&planes, &f));
    oa_planes_end(&planes);
    assert_int_equal(f.nodes, 0);
}

static double dot(const double a[3], const double b[3]) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

static void frames_are_right_handed_and_those_of_the_papers(void **state)
{
    static const double directions[][3] = { { 0, 0, 1 }, { 0, 0, -2 }, { 1, 0, 1 }, { 1, 1, 1 }, { 1, 0, 0 }, { 0, -3, 0 }, { 0.2, -0.1, 0.9 } };
    (void)state;
    for (size_t i = 0; i < sizeof directions / sizeof directions[0]; i++) {
        const oa_frame f = oa_frame_along(directions[i]);
        const double *x = f.axis[0], *y = f.axis[1], *z = f.axis[2], length = sqrt(dot(directions[i], directions[i]));
        for (int k = 0; k < 3; k++) {
            check_real(dot(f.axis[k], f.axis[k]), 1, 1e-12);
            check_real(dot(f.axis[k], f.axis[(k + 1) % 3]), 0, 1e-12);
            check_real(z[k] * length, directions[i][k], 1e-12);
            check_real(x[(k + 1) % 3] * y[(k + 2) % 3] - x[(k + 2) % 3] * y[(k + 1) % 3], z[k], 1e-12);
        }
        assert_int_equal(oa_frame_is_specimen(&f), i == 0);
    }
    const oa_frame a = oa_frame_along(directions[2]), b = oa_frame_along(directions[3]);
    const double x011[3] = { sqrt(0.5), 0, -sqrt(0.5) }, x111[3] = { 1 / sqrt(6), 1 / sqrt(6), -2 / sqrt(6) }, y111[3] = { -sqrt(0.5), sqrt(0.5), 0 };
    for (int k = 0; k < 3; k++) {
        check_real(a.axis[0][k], x011[k], 1e-12);
        check_real(b.axis[0][k], x111[k], 1e-12);
        check_real(b.axis[1][k], y111[k], 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(resolved_at_their_spacing, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(a_small_tilt_is_measured, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(nothing_far_from_the_pole, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(found_along_their_normal, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(nothing_where_depth_is_blurred, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(nothing_at_random, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(one_node_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(no_nodes_without_ions, check_setup, check_teardown),
        cmocka_unit_test(frames_are_right_handed_and_those_of_the_papers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
