/* test_order_physics.c - crystals ordered throughout: the amplitude of each structure along each direction, what cannot be told apart, what a tilt loses. */
#include "core/math/tiles_made.h"
#include "core/step/step_run.h"

#include "math/maxima.h"
#include "math/phase.h"

#define WIDTH 0.55
enum { PROBES = 7 }; /* along each axis */

/* Ions of a specimen by synthesise; options end with NULL. */
static oa_ions *crystal(oa_context *context, const char *const *options)
{
    step_run *s = step_begin(context, oa_step_find("synthesise"));
    step_set(s, "box", "-4,4,-4,4,-8,0");
    for (; *options; options += 2) step_set(s, options[0], options[1]);
    check_ok(context, step_go(s));
    oa_ions *ions = step_take_ions(s);
    step_end(s);
    return ions;
}

static made made_of(oa_context *context, const oa_ions *ions)
{
    made m = { .context = context, .arena = { .context = context }, .n = ions->n };
    const float *from[3] = { oa_ions_x(ions), oa_ions_y(ions), oa_ions_z(ions) };
    float **to[3] = { &m.x, &m.y, &m.z };
    for (int a = 0; a < 3; a++) {
        *to[a] = calloc(m.n, sizeof(float));
        memcpy(*to[a], from[a], m.n * sizeof(float));
    }
    m.species = calloc(m.n, 1);
    for (size_t i = 0; i < m.n; i++) m.species[i] = oa_ions__type(ions, i) == 2; /* the second of the composition orders */
    made_sort(&m);
    return m;
}

/* Phase of the planes at z = 0 and their sharpness exp(-2 q^2 sigma^2), from the positions alone. */
static double plane_phase(const made *m, double spacing, double *sharpness)
{
    double sums[2] = { 0, 0 };
    for (size_t i = 0; i < m->n; i++) {
        const double phase = 2 * made_pi * (double)m->z[i] / spacing;
        sums[0] += cos(phase) / (double)m->n;
        sums[1] += sin(phase) / (double)m->n;
    }
    *sharpness = hypot(sums[0], sums[1]);
    return atan2(sums[1], sums[0]);
}

typedef struct seen {
    double amplitude, error; /* mean over places in the middle, and a bound of its error: places overlap */
} seen;

static seen amplitude_of(made *m, double spacing)
{
    float *contrast = calloc(m->n + OA_WAVE_LANES, sizeof *contrast), *share = calloc(m->n + OA_WAVE_LANES, sizeof *share);
    double sharpness, squares = 0;
    seen out = { 0, 0 };
    const double phase = plane_phase(m, spacing, &sharpness);
    oa_maximum probe[PROBES * PROBES * PROBES] = { { .z = 0 } };
    for (size_t i = 0; i < m->n; i++) {
        double at[3];
        made_place(&m->tiled, i, at);
        contrast[i] = (float)fmod(2 * made_pi * at[2] / spacing - phase, 4 * made_pi);
        share[i] = (float)sharpness;
    }
    check_ok(m->context, oa_plane_contrast(&m->tiled, contrast, share, contrast));
    const oa_labels labels = { .tiled = &m->tiled, .species = 1, .share = share };
    check_ok(m->context, oa_local_share(&m->tiled, 1, share));
    for (int k = 0; k < PROBES * PROBES * PROBES; k++)
        for (int a = 0, rest = k; a < 3; a++, rest /= PROBES) probe[k].at[a] = (a == 2 ? -5.5 : -1.5) + 0.5 * (rest % PROBES);
    check_ok(m->context, oa_correct_maxima(&labels, contrast, WIDTH, probe, PROBES * PROBES * PROBES));
    for (int k = 0; k < PROBES * PROBES * PROBES; k++) {
        out.amplitude += probe[k].amplitude / (PROBES * PROBES * PROBES);
        squares += probe[k].amplitude * probe[k].amplitude / (PROBES * PROBES * PROBES);
    }
    out.error = sqrt((squares - out.amplitude * out.amplitude) / 8); /* at least eight of them are far from each other */
    free(contrast);
    free(share);
    return out;
}

static double modulus(oa_context *context, double spacing, const char *const *options, double *error)
{
    oa_ions *ions = crystal(context, options);
    made m = made_of(context, ions);
    const seen s = amplitude_of(&m, spacing);
    *error = s.error;
    made_drop(&m);
    oa_ions_free(ions);
    return fabs(s.amplitude);
}

#define NICKEL "composition", "Ni:0.75,Al:0.25", "lattice_parameter", "0.36"
#define IRON "composition", "Fe:0.75,Al:0.25", "lattice_parameter", "0.287"

/* Half the difference of the occupancies of the two families of planes, whatever the noise in depth. */
static void amplitudes_are_those_of_the_structures(void **state)
{
    static const struct { double spacing, amplitude; const char *options[13]; } row[] = {
        { 0.18, 0.25, { NICKEL, "structure", "l12", "sigma_depth", "0.02", NULL } },
        { 0.18, 0.25, { NICKEL, "structure", "l12", "sigma_depth", "0.045", NULL } },
        { 0.18, 0.25, { NICKEL, "structure", "d022", NULL } },   /* c along z */
        { 0.18, 0, { NICKEL, "structure", "d022x", NULL } },     /* c across: half the species on each family */
        { 0.2078461, 0, { NICKEL, "structure", "l12", "orientation", "111", NULL } },
        { 0.2078461, 0.5, { "composition", "Cu:0.5,Pt:0.5", "lattice_parameter", "0.36", "structure", "l11", "orientation", "111", NULL } },
        { 0.1435, 0.5, { "composition", "Fe:0.5,Al:0.5", "lattice_parameter", "0.287", "structure", "b2", "sigma_depth", "0.02", NULL } },
        { 0.1435, 0.25, { IRON, "structure", "d03", "sigma_depth", "0.02", NULL } },
        { 0.18, 0, { NICKEL, "structure", "fcc", NULL } },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        double error;
        const double found = modulus(*state, row[i].spacing, row[i].options, &error);
        check_real(found, row[i].amplitude, 0.012 + error);
        if (error > 0.02) fail_msg("row %zu: an error of %g shows nothing", i, error);
    }
}

/* Along <001>, D0_3 is the same as B2 with the rarer species at random on one of its sublattices: only the direction <111> tells them apart. */
static void d03_equals_diluted_b2_along_001(void **state)
{
    static const char *const d03[] = { IRON, "structure", "d03", "sigma_depth", "0.02", NULL }, *const b2[] = { IRON, "structure", "b2", "sigma_depth", "0.02", NULL };
    double errors[2];
    const double a = modulus(*state, 0.1435, d03, &errors[0]), b = modulus(*state, 0.1435, b2, &errors[1]);
    check_real(a, b, 0.012 + hypot(errors[0], errors[1]));
}

/* ---------------------------------------------------------------------------------------------- by the step */

/* Root mean square of Z in the middle of the map. */
static double strength(oa_context *context, oa_ions *ions)
{
    step_run *s = step_begin(context, oa_step_find("superlattice"));
    step_ions(s, "ions", ions);
    step_set(s, "species", "Al");
    step_set(s, "period", "0.36");
    step_set(s, "radii", "1");
    step_set(s, "fit_sigma", "false");
    step_set(s, "prior", "0.01,1");
    check_ok(context, step_go(s));
    const oa_array *map = step_array(s, "map/statistic"), *axis[3] = { step_array(s, "map/grid_z"), step_array(s, "map/grid_y"), step_array(s, "map/grid_x") };
    double squares = 0, n = 0;
    for (size_t i = 0; i < oa_array_count(map); i++) {
        const size_t nx = oa_array_count(axis[2]), ny = oa_array_count(axis[1]);
        const double z = oa_array_real(axis[0], i / nx / ny), y = oa_array_real(axis[1], i / nx % ny), x = oa_array_real(axis[2], i % nx), value = oa_array_real(map, i);
        if (fabs(x) > 2 || fabs(y) > 2 || fabs(z + 4) > 2 || value != value) continue;
        squares += value * value, n++;
    }
    step_end(s);
    assert_true(n > 1000);
    return sqrt(squares / n);
}

static double strength_of(oa_context *context, const char *const *options)
{
    oa_ions *ions = crystal(context, options);
    const double z = strength(context, ions);
    oa_ions_free(ions);
    return z;
}

/* Planes at 5 degrees are followed; what is lost is what lateral noise leaks into their normal, sigma^2 = sigma_z^2 + sigma_xy^2 tan^2. */
static void a_tilt_loses_no_more_than_the_leak(void **state)
{
#define WIDE NICKEL, "structure", "l12", "sigma_lateral", "0.5"
    static const char *const level[] = { WIDE, NULL }, *const tilted[] = { WIDE, "tilt", "5", NULL }, *const blurred[] = { WIDE, "sigma_depth", "0.053", NULL };
    const double z = strength_of(*state, level), t = strength_of(*state, tilted), b = strength_of(*state, blurred);
    assert_true(b < 0.9 * z); /* the leak is seen at all */
    check_real(t / b, 1, 0.03);
}

/* Shifted along z the map is as strong, whatever the shift. */
static void a_shift_changes_nothing(void **state)
{
    static const char *const options[] = { NICKEL, "structure", "l12", NULL };
    oa_ions *ions = crystal(*state, options);
    const double before = strength(*state, ions);
    float *z = oa_ions__data(ions, OA_Z);
    for (size_t i = 0; i < ions->n; i++) z[i] += 0.077f;
    check_real(strength(*state, ions) / before, 1, 0.02);
    oa_ions_free(ions);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = { with_context(amplitudes_are_those_of_the_structures), with_context(d03_equals_diluted_b2_along_001),
        with_context(a_tilt_loses_no_more_than_the_leak), with_context(a_shift_changes_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
