/* test_synthesise_physics.c - a synthesised specimen is the crystal, the order and the noise it claims to be. */
#include "core/step/step_run.h"
#include "math/lattice.h"

extern const oa_step oa_step_synthesise;

typedef const char *const pairs[][2];

static step_run *specimen(oa_context *context, size_t n, const char *const settings[][2])
{
    step_run *s = step_begin(context, &oa_step_synthesise);
    for (size_t i = 0; i < n; i++) step_set(s, settings[i][0], settings[i][1]);
    check_ok(context, step_go(s));
    return s;
}

static const char *const still[3][2] = { { "sigma_lateral", "0" }, { "sigma_depth", "0" }, { "efficiency", "1" } };

static step_run *still_specimen(oa_context *context, size_t n, const char *const settings[][2])
{
    step_run *s = step_begin(context, &oa_step_synthesise);
    for (size_t i = 0; i < 3; i++) step_set(s, still[i][0], still[i][1]);
    for (size_t i = 0; i < n; i++) step_set(s, settings[i][0], settings[i][1]);
    check_ok(context, step_go(s));
    return s;
}

static double distance(const oa_ions *ions, size_t i, size_t j)
{
    const double dx = (double)oa_ions_x(ions)[i] - (double)oa_ions_x(ions)[j], dy = (double)oa_ions_y(ions)[i] - (double)oa_ions_y(ions)[j];
    const double dz = (double)oa_ions_z(ions)[i] - (double)oa_ions_z(ions)[j];
    return sqrt(dx * dx + dy * dy + dz * dz);
}

static bool is_deep(const oa_ions *ions, size_t i, const double box[6], double margin)
{
    const double at[3] = { (double)oa_ions_x(ions)[i], (double)oa_ions_y(ions)[i], (double)oa_ions_z(ions)[i] };
    for (int d = 0; d < 3; d++)
        if (at[d] < box[2 * d] + margin || at[d] > box[2 * d + 1] - margin) return false;
    return true;
}

/* Neighbours of deep ions in shells [r - 0.01, r + 0.01], and how many of them have type `other`. */
typedef struct shell {
    double r;
    uint64_t centres, neighbours, others;
} shell;

static void count_shells(const oa_ions *ions, const double box[6], unsigned type, unsigned other, shell *shells, int n)
{
    for (size_t i = 0; i < ions->n; i++) {
        if ((type && oa_ions__type(ions, i) != type) || !is_deep(ions, i, box, shells[n - 1].r + 0.05)) continue;
        for (int k = 0; k < n; k++) shells[k].centres++;
        for (size_t j = 0; j < ions->n; j++) {
            const double r = distance(ions, i, j);
            for (int k = 0; k < n; k++) {
                if (fabs(r - shells[k].r) > 0.01) continue;
                shells[k].neighbours++;
                shells[k].others += oa_ions__type(ions, j) == other;
            }
        }
    }
}

/* fcc: 12 at a/sqrt2, 6 at a, 24 at a sqrt(3/2). bcc: 8 at a sqrt(3)/2, 6 at a, 12 at a sqrt2. In every orientation. */
static void neighbours_are_those_of_the_crystal(void **state)
{
    static const struct {
        const char *structure;
        double r[3];
        uint64_t n[3];
    } want[] = { { "fcc", { 0.70710678, 1, 1.22474487 }, { 12, 6, 24 } }, { "bcc", { 0.8660254, 1, 1.41421356 }, { 8, 6, 12 } } };
    static const char *const orientations[] = { "001", "011", "111" };
    const double box[6] = { -1.2, 1.2, -1.2, 1.2, -2.4, 0 }, a = 0.36;
    for (int c = 0; c < 2; c++)
        for (int o = 0; o < 3; o++) {
            step_run *s = still_specimen(*state, 4, (pairs){ { "structure", want[c].structure }, { "box", "-1.2,1.2,-1.2,1.2,-2.4,0" },
                                                             { "orientation", orientations[o] }, { "tilt", o == 2 ? "4" : "0" } });
            shell shells[3] = { { .r = a * want[c].r[0] }, { .r = a * want[c].r[1] }, { .r = a * want[c].r[2] } };
            count_shells(s->values->ions, box, 0, 0, shells, 3);
            assert_true(shells[0].centres > 50);
            for (int k = 0; k < 3; k++) assert_int_equal(shells[k].neighbours, want[c].n[k] * shells[k].centres);
            step_end(s);
        }
}

/* Planes along z: fcc a/2, a/(2 sqrt2), a/sqrt3; bcc a/2, a/sqrt2, a/(2 sqrt3). */
static void planes_are_where_they_belong(void **state)
{
    static const double spacing[2][3] = { { 0.5, 0.35355339, 0.57735027 }, { 0.5, 0.70710678, 0.28867513 } };
    static const char *const orientations[] = { "001", "011", "111" };
    for (int c = 0; c < 2; c++)
        for (int o = 0; o < 3; o++) {
            step_run *s = still_specimen(*state, 3, (pairs){ { "structure", c ? "bcc" : "fcc" }, { "box", "-2,2,-2,2,-3,0" },
                                                             { "orientation", orientations[o] } });
            const oa_ions *ions = s->values->ions;
            const float *z = oa_ions_z(ions);
            size_t planes = 1;
            for (size_t i = 1; i < ions->n; i++) {
                const double step = (double)z[i - 1] - (double)z[i];
                if (step < 1e-5) continue;
                check_real(step, 0.36 * spacing[c][o], 1e-5);
                planes++;
            }
            check_real((double)planes, 3 / (0.36 * spacing[c][o]), 1.01);
            step_end(s);
        }
}

/* Warren-Cowley parameters of unlike pairs, 1 - p/c, in shells 1, 2, 3 of ideal crystals. */
static void ordered_structures_have_their_short_range_order(void **state)
{
    static const struct {
        const char *structure, *composition;
        double r[3], alpha[3];
    } want[] = {
        { "l12", "Ni:0.75,Al:0.25", { 0.70710678, 1, 1.22474487 }, { -1 / 3.0, 1, -1 / 3.0 } },
        { "b2", "Fe:0.5,Al:0.5", { 0.8660254, 1, 1.41421356 }, { -1, 1, 1 } },
        { "d03", "Fe:0.75,Al:0.25", { 0.8660254, 1, 1.41421356 }, { -1 / 3.0, -1 / 3.0, 1 } },
        { "l10", "Cu:0.5,Au:0.5", { 0.70710678, 1, 1.22474487 }, { -1 / 3.0, 1, -1 / 3.0 } },
        { "l11", "Cu:0.5,Pt:0.5", { 0.70710678, 1, 1.22474487 }, { 0, -1, 0 } },
        { "d022", "Al:0.75,Ti:0.25", { 0.70710678, 1, 1.22474487 }, { -1 / 3.0, 5 / 9.0, 1 / 9.0 } },
    };
    const double box[6] = { -1.5, 1.5, -1.5, 1.5, -3, 0 }, a = 0.36;
    for (size_t c = 0; c < sizeof want / sizeof *want; c++) {
        step_run *s = still_specimen(*state, 3, (pairs){ { "structure", want[c].structure }, { "composition", want[c].composition },
                                                         { "box", "-1.5,1.5,-1.5,1.5,-3,0" } });
        shell shells[3] = { { .r = a * want[c].r[0] }, { .r = a * want[c].r[1] }, { .r = a * want[c].r[2] } };
        count_shells(s->values->ions, box, 2, 1, shells, 3);
        const double share = strstr(want[c].composition, "0.25") ? 0.75 : 0.5;
        for (int k = 0; k < 3; k++)
            check_real(1 - (double)shells[k].others / (double)shells[k].neighbours / share, want[c].alpha[k], 1e-9);
        step_end(s);
    }
}

static double share_of_type(const oa_ions *ions, const uint32_t *domain, bool inside, unsigned type, double *n_out)
{
    double n = 0, hits = 0;
    for (size_t i = 0; i < ions->n; i++) {
        if (domain && (domain[i] != 0) != inside) continue;
        n++;
        hits += oa_ions__type(ions, i) == type;
    }
    *n_out = n;
    return hits / n;
}

/* The whole has the stated composition, the spheres that of their structure, the matrix the rest. */
static void composition_is_kept(void **state)
{
    static const double stated[3] = { 0.334, 0.333, 0.333 };
    for (int neutral = 0; neutral < 2; neutral++) {
        step_run *s = specimen(*state, 5, (pairs){ { "box", "-10,10,-10,10,-20,0" }, { "domains", "40" }, { "radii", "2" },
                                                   { "ordered_species", "Ni" },
                                                   { "domain_composition", neutral ? "neutral" : "stoichiometric" } });
        const oa_ions *ions = s->values->ions;
        const uint32_t *domain = step_data(s, "truth/domain");
        double n;
        for (unsigned t = 1; t <= 3; t++) {
            const double c = share_of_type(ions, NULL, false, t, &n), p = stated[t - 1];
            check_real(c, p, 4 * sqrt(p * (1 - p) / n) + 0.001); /* 0.001: sites in the spheres against their volume */
        }
        const double inside = share_of_type(ions, domain, true, 3, &n), want = neutral ? 0.333 : 0.25;
        check_real(n / (double)ions->n, 40 * 4 / 3.0 * 3.14159265 * 8 / 8000, 0.002);
        check_real(inside, want, 4 * sqrt(want * (1 - want) / n));
        const double outside = share_of_type(ions, domain, false, 3, &n);
        check_real(outside, step_real(s, "summary/matrix_fraction"), 4 * sqrt(0.25 / n));
        step_end(s);
    }
}

/* In a stoichiometric L1_2 sphere every Ni atom sits on a corner and every corner has one; at order 0.6 in part; at order 0
 * the sphere is depleted, and random. The corners are at even half cells, an eighth of a cell off the axes. */
static void spheres_are_ordered(void **state)
{
    static const char *const orders[] = { "1", "0.6", "0" };
    static const double on[] = { 1, 0.7, 0.25 }, off[] = { 0, 0.1, 0.25 }; /* x + S (1 - x), x - S x, x = 1/4 */
    for (int k = 0; k < 3; k++) {
        step_run *s = still_specimen(*state, 4, (pairs){ { "box", "-6,6,-6,6,-12,0" }, { "domains", "10" }, { "radii", "2" }, { "order", orders[k] } });
        const oa_ions *ions = s->values->ions;
        const uint32_t *domain = step_data(s, "truth/domain");
        double n[2] = { 0, 0 }, ni[2] = { 0, 0 };
        for (size_t i = 0; i < ions->n; i++) {
            if (!domain[i]) continue;
            const int32_t h = (int32_t)lrint(((double)oa_ions_x(ions)[i] - 0.045) / 0.18), l = (int32_t)lrint(((double)oa_ions_z(ions)[i] + 0.045) / 0.18);
            const int32_t m = (int32_t)lrint(((double)oa_ions_y(ions)[i] - 0.045) / 0.18);
            const int corner = ((h | m | l) & 1) == 0;
            n[corner]++;
            ni[corner] += oa_ions__type(ions, i) == 3;
        }
        assert_true(n[1] > 5000);
        check_real(ni[1] / n[1], on[k], on[k] == 1 ? 0 : 4 * sqrt(0.25 / n[1]));
        check_real(ni[0] / n[0], off[k], off[k] == 0 ? 0 : 4 * sqrt(0.25 / n[0]));
        step_end(s);
    }
}

/* Antiphase variants: the corner of Ni differs between domains, but is one within each. */
static void antiphase_domains_differ(void **state)
{
    step_run *s = still_specimen(*state, 4, (pairs){ { "box", "-8,8,-8,8,-16,0" }, { "domains", "24" }, { "radii", "1.2" }, { "antiphase", "true" } });
    const oa_ions *ions = s->values->ions;
    const uint32_t *domain = step_data(s, "truth/domain");
    int variant[24], seen[8] = { 0 };
    for (int d = 0; d < 24; d++) variant[d] = -1;
    for (size_t i = 0; i < ions->n; i++) {
        if (!domain[i] || oa_ions__type(ions, i) != 3) continue;
        const int32_t h = (int32_t)lrint(((double)oa_ions_x(ions)[i] - 0.045) / 0.18), l = (int32_t)lrint(((double)oa_ions_z(ions)[i] + 0.045) / 0.18);
        const int32_t m = (int32_t)lrint(((double)oa_ions_y(ions)[i] - 0.045) / 0.18);
        const int corner = (h & 1) | (m & 1) << 1 | (l & 1) << 2;
        if (variant[domain[i] - 1] < 0) variant[domain[i] - 1] = corner;
        assert_int_equal(variant[domain[i] - 1], corner);
        seen[corner] = 1;
    }
    int different = 0;
    for (int k = 0; k < 8; k++) different += seen[k];
    assert_int_equal(different, 4); /* fcc has four cube-corner sublattices */
    step_end(s);
}

static void truth_is_where_the_atoms_were(void **state)
{
    step_run *s = still_specimen(*state, 4, (pairs){ { "box", "-6,6,-6,6,-12,0" }, { "domains", "12" }, { "radii", "0.7,1.8" }, { "stretch", "1,1,1.5" } });
    const oa_ions *ions = s->values->ions;
    const uint32_t *domain = step_data(s, "truth/domain"), *structure = step_data(s, "truth/structure");
    const double *x = step_data(s, "spheres/x"), *y = step_data(s, "spheres/y"), *z = step_data(s, "spheres/z"), *r = step_data(s, "spheres/radius");
    const uint64_t *atoms = step_data(s, "spheres/atoms"), *detected = step_data(s, "spheres/ions");
    for (size_t i = 0; i < ions->n; i++) {
        uint32_t want = 0;
        for (uint32_t d = 0; d < 12; d++) {
            const double dx = (double)oa_ions_x(ions)[i] - x[d], dy = (double)oa_ions_y(ions)[i] - y[d];
            const double dz = ((double)oa_ions_z(ions)[i] - z[d]) / 1.5;
            const double off = dx * dx + dy * dy + dz * dz - r[d] * r[d];
            if (fabs(off) < 1e-5) want = domain[i]; /* on the surface float decides */
            else if (off < 0) want = d + 1;
        }
        assert_int_equal(domain[i], want);
        assert_string_equal(oa_structures[structure[i]].name, want ? "l12" : "fcc");
    }
    for (int d = 0; d < 12; d++) { /* volume times density, within the roughness of the surface */
        const double volume = 4 / 3.0 * 3.14159265 * r[d] * r[d] * r[d] * 1.5, want = volume * 4 / (0.36 * 0.36 * 0.36);
        check_real((double)atoms[d], want, 4 * sqrt(want));
        assert_int_equal(atoms[d], detected[d]);
    }
    step_end(s);
}

static double width_about_planes(const oa_ions *ions, oa_ion_column column, double spacing, double origin)
{
    double sum = 0;
    const float *v = oa_ions__f32(ions, column);
    for (size_t i = 0; i < ions->n; i++) {
        const double off = ((double)v[i] - origin) / spacing, d = (off - rint(off)) * spacing;
        sum += d * d;
    }
    return sqrt(sum / (double)ions->n);
}

/* Widths about the planes, as long as they do not reach the next; and from the amplitude of the fundamental. */
static void noise_is_as_wide_as_stated(void **state)
{
    step_run *s = specimen(*state, 4, (pairs){ { "box", "-8,8,-8,8,-12,0" }, { "sigma_lateral", "0.02" }, { "sigma_depth", "0.015" }, { "efficiency", "0.5" } });
    const oa_ions *ions = s->values->ions;
    const double relative = 4 / sqrt(2 * (double)ions->n);
    check_real(width_about_planes(ions, OA_X, 0.18, 0.045), 0.02, 0.02 * relative);
    check_real(width_about_planes(ions, OA_Y, 0.18, 0.045), 0.02, 0.02 * relative);
    check_real(width_about_planes(ions, OA_Z, 0.18, -0.045), 0.015, 0.015 * relative);
    step_end(s);

    s = specimen(*state, 3, (pairs){ { "box", "-8,8,-8,8,-18,0" }, { "sigma_lateral", "0.3" }, { "sigma_depth", "0.03" } });
    ions = s->values->ions;
    double re = 0, im = 0, lateral = 0;
    for (size_t i = 0; i < ions->n; i++) {
        const double phase = 2 * 3.14159265358979 / 0.18;
        re += cos(phase * (double)oa_ions_z(ions)[i]), im += sin(phase * (double)oa_ions_z(ions)[i]);
        lateral += cos(phase * (double)oa_ions_x(ions)[i]);
    }
    const double q = 3.14159265358979 / 0.18, m = sqrt(re * re + im * im) / (double)ions->n;
    check_real(sqrt(-log(m) / 2) / q, 0.03, 0.0003);
    check_real(lateral / (double)ions->n, 0, 0.01); /* no planes are left across */
    step_end(s);
}

static void efficiency_is_a_probability(void **state)
{
    static const char *const texts[] = { "0.2", "0.52", "1" };
    static const double values[] = { 0.2, 0.52, 1 };
    for (int k = 0; k < 3; k++) {
        step_run *s = specimen(*state, 2, (pairs){ { "box", "-8,8,-8,8,-12,0" }, { "efficiency", texts[k] } });
        const double n = step_real(s, "summary/atoms"), p = values[k];
        check_real(step_real(s, "summary/ions") / n, p, 4 * sqrt(p * (1 - p) / n));
        check_real(n, 4 * 16 * 16 * 12 / (0.36 * 0.36 * 0.36), 0.02 * n);
        step_end(s);
    }
}

/* As in the published end-to-end box: 8 x 8 x 12 nm, five spheres, label 2 on all corners. */
static void end_to_end_box_can_be_made(void **state)
{
    step_run *s = specimen(*state, 6, (pairs){ { "box", "-4,4,-4,4,-12,0" }, { "domains", "5" }, { "radii", "1.2,1.0,1.4,0.8,1.0" },
                                               { "composition", "Co:0.3333,Ni:0.3334,Cr:0.3333" }, { "ordered_species", "Ni" },
                                               { "efficiency", "0.52" } });
    const uint64_t *ions = step_data(s, "spheres/ions");
    static const double want[] = { 513, 334, 192, 192, 118 }; /* ions of the published spheres, the largest first */
    for (int d = 0; d < 5; d++) check_real((double)ions[d], want[d], 5 * sqrt(want[d]));
    step_end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(neighbours_are_those_of_the_crystal, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(planes_are_where_they_belong, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ordered_structures_have_their_short_range_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(composition_is_kept, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(spheres_are_ordered, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(antiphase_domains_differ, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(truth_is_where_the_atoms_were, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(noise_is_as_wide_as_stated, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(efficiency_is_a_probability, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(end_to_end_box_can_be_made, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
