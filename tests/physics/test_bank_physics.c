/* test_bank_physics.c - what any correct simulation of these crystals shows: peaks where the planes are, and how noise and
 * efficiency change them. */
#include "core/step/step_run.h"

extern const oa_step oa_step_bank;

static step_run *made(oa_context *context, const char *const *options)
{
    step_run *s = step_begin(context, &oa_step_bank);
    for (; *options; options += 2) step_set(s, options[0], options[1]);
    check_ok(context, step_go(s));
    return s;
}
#define MADE(context, ...) made(context, (const char *const[]){ __VA_ARGS__, NULL })
/* Sharp planes and many draws. Lateral noise spreads the pairs, so that the box around 0 decides little. */
#define SHARP "sigma_lateral", "0.3", "sigma_depth", "0.02", "efficiency", "0.8", "repeats", "8", "copies", "0", "matched_sigma", "yes"

/* Mean of the curves of one class and channel, and its value around an offset along z: three bins. */
typedef struct mean_curve {
    double v[93];
} mean_curve;

static mean_curve mean_of(const step_run *s, uint32_t class, size_t channel)
{
    const oa_array *array = step_array(s, "patterns/pattern");
    const float *curve = array->block->data;
    const uint32_t *label = step_data(s, "labels/label");
    const size_t channels = array->dims[2];
    mean_curve out = { { 0 } };
    size_t n = 0;
    for (size_t i = 0; i < array->dims[0]; i++) {
        if (label[i] != class) continue;
        n++;
        for (size_t k = 0; k < 93; k++) out.v[k] += curve[(i * 93 + k) * channels + channel];
    }
    assert_true(n > 0);
    for (size_t k = 0; k < 93; k++) out.v[k] /= (double)n;
    return out;
}

static double at(const mean_curve *c, double z)
{
    const int k = (int)floor((z + 0.69) / 0.015);
    assert_true(k > 0 && k < 92);
    return (c->v[k - 1] + c->v[k] + c->v[k + 1]) / 3;
}

/* Peaks at all multiples of the spacing but 0, valleys half-way between, out to 0.65 nm. */
static void check_peaks(const char *what, const mean_curve *c, double spacing)
{
    for (int side = -1; side <= 1; side += 2)
        for (int k = 1; k * spacing < 0.65; k++) {
            const double peak = at(c, side * k * spacing), valley = at(c, side * (k - 0.5) * spacing);
            if (!(peak > 2 * valley + 0.1)) fail_msg("%s: %.3f at %.4f nm and %.3f half a spacing before", what, peak, side * k * spacing, valley);
        }
}

static void test_bank__fcc_along_002_has_planes_every_half_cell_and_l12_every_cell(void **state)
{
    step_run *s = MADE(*state, SHARP);
    const mean_curve fcc = mean_of(s, 0, 0), l12 = mean_of(s, 1, 0);
    check_peaks("fcc <002>", &fcc, 0.18);
    check_peaks("l12 <002>", &l12, 0.36);
    step_end(s);
}

static void test_bank__l11_along_111_has_every_other_plane(void **state)
{
    step_run *s = MADE(*state, "preset", "cocrni-111", SHARP, "cells", "5");
    const mean_curve fcc = mean_of(s, 0, 0), l11 = mean_of(s, 1, 0);
    const double spacing = 0.36 / sqrt(3);
    check_peaks("fcc <111>", &fcc, spacing);
    check_peaks("l11 <111>", &l11, 2 * spacing);
    step_end(s);
}

/* Along <001> d022 has its ordered sites on every other plane, and l10 too. */
static void test_bank__free_structures(void **state)
{
    step_run *s = MADE(*state, SHARP, "structures", "fcc,d022,l10", "classes", "", "cells", "4");
    const mean_curve d022 = mean_of(s, 1, 0), l10 = mean_of(s, 2, 0);
    check_peaks("d022 <001>", &d022, 0.36);
    check_peaks("l10 <001>", &l10, 0.36);
    step_end(s);
}

static void test_bank__b2_and_d03(void **state)
{
    step_run *s = MADE(*state, "preset", "feal-002", SHARP, "cells", "6,6,12");
    const double a = 0.287;
    for (size_t channel = 0; channel < 2; channel++) {
        const mean_curve bcc = mean_of(s, 0, channel), b2 = mean_of(s, 1, channel);
        check_peaks("bcc <002>", &bcc, a / 2);
        check_peaks("b2 <002>", &b2, a);
    }
    const mean_curve iron = mean_of(s, 2, 0), aluminium = mean_of(s, 2, 1), bcc = mean_of(s, 0, 0);
    check_peaks("d03 <002>, Al-Al", &aluminium, a);
    check_peaks("d03 <002>, Fe-Fe", &iron, a / 2);
    /* Corner planes hold half as much iron as the others, so odd offsets have 1/2 and even ones (1/4 + 1)/2 of what they have
     * without order: 4/5 in a large crystal. One of n cells has n + 1 corner planes, of (n + 1)^2 sites: 0.92 for 12. */
    const double odd = (at(&iron, a / 2) + at(&iron, -a / 2)) / (at(&iron, a) + at(&iron, -a));
    const double plain = (at(&bcc, a / 2) + at(&bcc, -a / 2)) / (at(&bcc, a) + at(&bcc, -a));
    if (!(odd < 0.96 * plain)) fail_msg("d03 <002>, Fe-Fe: odd peaks are %.3f of even ones, without order %.3f", odd, plain);
    step_end(s);
}

/* Height of the first peaks above the valleys, in parts of the highest bin. */
static double contrast(const step_run *s, double first)
{
    const mean_curve c = mean_of(s, 0, 0);
    return at(&c, first) - at(&c, first / 2);
}

static void test_bank__noise_along_z_lowers_peaks(void **state)
{
    const char *const sigma[] = { "0.02", "0.04", "0.05", "0.06" };
    double before = 2;
    for (size_t i = 0; i < 4; i++) {
        step_run *s = MADE(*state, "sigma_lateral", "0.3", "sigma_depth", sigma[i], "efficiency", "0.8", "repeats", "16", "copies", "0", "cells", "5");
        const double now = contrast(s, 0.18);
        if (!(now < before - 0.01)) fail_msg("noise of %s nm: peaks are %.3f high, with less noise %.3f", sigma[i], now, before);
        before = now;
        step_end(s);
    }
}

/* Pairs of two kept atoms: floor(N e) (floor(N e) - 1) of N (N - 1). */
static void test_bank__pairs_grow_as_the_square_of_the_efficiency(void **state)
{
    step_run *s = MADE(*state, "sigma_lateral", "0.3", "sigma_depth", "0.02", "efficiency", "0.25,0.5,1", "repeats", "200", "copies", "0");
    const uint64_t *pairs = step_data(s, "labels/pairs");
    double mean[3] = { 0, 0, 0 };
    for (size_t e = 0; e < 3; e++)
        for (size_t i = 0; i < 200; i++) mean[e] += (double)pairs[e * 200 + i] / 200;
    check_real(mean[0] / mean[2], 43.0 * 42 / (172.0 * 171), 0.03 * mean[0] / mean[2]);
    check_real(mean[1] / mean[2], 86.0 * 85 / (172.0 * 171), 0.02 * mean[1] / mean[2]);
    step_end(s);
}

/* Without noise all atoms of a whole crystal are counted: pairs by arithmetic. Of 2 x 2 x 2 corners (cells 1, bcc centre left
 * out as it is not ordered) a pair counts where both dx and dz differ: 8 centres with 2 such neighbours each. */
static void test_bank__a_crystal_without_noise_by_hand(void **state)
{
    step_run *s = MADE(*state, "structures", "fcc,l12", "cells", "1", "sigma_lateral", "0", "sigma_depth", "0", "efficiency", "1", "copies", "0");
    const uint64_t *pairs = step_data(s, "labels/pairs");
    const float *curve = step_data(s, "patterns/pattern");
    assert_int_equal(pairs[1], 16);
    for (int k = 0; k < 93; k++) {
        const double edge = -0.69 + 0.015 * k;
        const bool is_plane = (edge <= -0.36 + 1e-7 && edge + 0.015 > -0.36 + 1e-7) || (edge <= 0.36 + 1e-7 && edge + 0.015 > 0.36 + 1e-7);
        if (!is_plane && curve[93 + k] != 0) assert_true(fabs(fabs(edge + 0.0075) - 0.36) < 0.016);
    }
    step_end(s);
}

/* Voxels inside domains look as ordered crystals do, those of the matrix as disordered ones. */
static void check_voxels(oa_context *context, const char *preset, size_t channel, double plane, double least)
{
    step_run *s = MADE(context, "preset", preset, "crystals", "no", "voxels", "3000", "specimens", "40", "voxel_sigma_depth", "0.015,0.03", "tilt", "0,1",
                       "stretch_depth", "0.99,1.01", "order", "1,1");
    const oa_array *array = step_array(s, "patterns/pattern");
    const float *curve = array->block->data, *target = step_data(s, "labels/target");
    const size_t channels = array->dims[2], classes = step_array(s, "labels/target")->dims[1];
    double odd[2] = { 0, 0 };
    size_t n[2] = { 0, 0 };
    for (size_t i = 0; i < array->dims[0]; i++) {
        const double share = target[i * classes];
        if (share > 0.05 && share < 0.95) continue;
        const bool is_ordered = share <= 0.05;
        n[is_ordered]++;
        for (int side = -1; side <= 1; side += 2) {
            const size_t k = (size_t)floor((side * plane + 0.69) / 0.015);
            odd[is_ordered] += curve[(i * 93 + k) * channels + channel];
        }
    }
    assert_true(n[0] > 100 && n[1] > 100);
    if (!(odd[0] / (double)n[0] > odd[1] / (double)n[1] + least))
        fail_msg("%s: half-way planes have %.3f in the matrix and %.3f in domains", preset, odd[0] / (double)n[0] / 2, odd[1] / (double)n[1] / 2);
    step_end(s);
}

static void test_bank__voxels_show_the_order_of_their_label(void **state)
{
    check_voxels(*state, "cocrni-002", 0, 0.18, 0.3);
    check_voxels(*state, "cocrni-111", 0, 0.36 / sqrt(3), 0.3);
    check_voxels(*state, "feal-002", 1, 0.1435, 0.3);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_bank__fcc_along_002_has_planes_every_half_cell_and_l12_every_cell),
        with_context(test_bank__l11_along_111_has_every_other_plane),
        with_context(test_bank__free_structures),
        with_context(test_bank__b2_and_d03),
        with_context(test_bank__noise_along_z_lowers_peaks),
        with_context(test_bank__pairs_grow_as_the_square_of_the_efficiency),
        with_context(test_bank__a_crystal_without_noise_by_hand),
        with_context(test_bank__voxels_show_the_order_of_their_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
