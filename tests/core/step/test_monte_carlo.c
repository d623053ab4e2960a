/* test_monte_carlo.c - what any alloy on a lattice does: random when hot, ordered when cold, and said where it is neither at rest. */
#include "core/step/step_run.h"

extern const oa_step oa_step_monte_carlo;

static step_run *begin(oa_context *context, const char *const *values)
{
    step_run *s = step_begin(context, &oa_step_monte_carlo);
    step_set(s, "energies", "Ni-Al:-0.03");
    step_set(s, "cells", "6");
    for (; *values; values += 2) step_set(s, values[0], values[1]);
    return s;
}
#define BEGIN(...) begin(*state, (const char *const[]){ __VA_ARGS__, NULL })

static void heat_makes_it_random(void **state)
{
    step_run *s = BEGIN("cells", "8", "temperature", "1e9", "sweeps", "400", "every", "1");
    check_ok(*state, step_go(s));
    const double *alpha = step_data(s, "shells/alpha"), *errors = step_data(s, "shells/alpha_errors");
    for (int m = 0; m < 4; m++) check_real(alpha[m], -1.0 / 2047, 4 * errors[m]);
    check_real(step_real(s, "summary/acceptance"), 1, 1e-4);
    assert_true(errors[0] < 1e-3);
    assert_true(step_real(s, "summary/is_equilibrated") > 0);
    assert_false(step_warned(s, "W_NOT_EQUILIBRATED"));
    step_end(s);
}

/* Ni3Al: all neighbours of Al are Ni, all second ones Al; NiAl on fcc: layers, 8 unlike of 12. */
static void cold_orders_it(void **state)
{
    static const struct { const char *structure, *composition, *energies; double first, second; } row[] = {
        { "fcc", "Ni:0.75,Al:0.25", "Ni-Al:-0.05/0.03", -1.0 / 3, 1 },
        { "fcc", "Ni:0.5,Al:0.5", "Ni-Al:-0.05/0.05", -1.0 / 3, 1 },
        { "bcc", "Ni:0.5,Al:0.5", "Ni-Al:-0.05", -1, 1 },
        { "sc", "Ni:0.5,Al:0.5", "Ni-Al:-0.05", -1, 1 },
    };
    for (size_t i = 0; i < 4; i++) {
        step_run *s = BEGIN("structure", row[i].structure, "composition", row[i].composition, "energies", row[i].energies, "cells", "4", "temperature", "250",
            "anneal_from", "4000",
                            "equilibration", "1500", "sweeps", "100", "shells", "2");
        check_ok(*state, step_go(s));
        const double *alpha = step_data(s, "shells/alpha");
        check_real(alpha[0], row[i].first, 0.02);
        check_real(alpha[1], row[i].second, 0.06);
        step_end(s);
    }
}

static void the_sign_of_the_energy_decides(void **state)
{
    step_run *attract = BEGIN("temperature", "1500", "shells", "1"), *repel = BEGIN("temperature", "1500", "shells", "1", "energies", "Ni-Al:0.01");
    check_ok(*state, step_go(attract));
    check_ok(*state, step_go(repel));
    assert_true(step_real(attract, "summary/alpha") < -0.02);
    assert_true(step_real(repel, "summary/alpha") > 0.02);
    step_end(attract);
    step_end(repel);
}

/* Energies of like pairs can be put into those of unlike ones: only V_AA + V_BB - 2 V_AB counts. */
static void only_the_exchange_energy_counts(void **state)
{
    step_run *one = BEGIN("energies", "Ni-Al:-0.03125"), *other = BEGIN("energies", "Ni-Ni:0.03125,Al-Al:0.03125");
    check_ok(*state, step_go(one));
    check_ok(*state, step_go(other));
    check_real(step_real(one, "summary/alpha"), step_real(other, "summary/alpha"), 1e-12);
    step_end(one);
    step_end(other);
}

/* alpha of the pairs of three species: the shares of all neighbours of a species sum to 1, so that alpha_ii follows and is no more than 1. */
static void three_species_share_their_neighbours(void **state)
{
    step_run *s = BEGIN("composition", "Ni:0.5,Al:0.3,Cr:0.2", "energies", "Ni-Al:-0.03,Al-Cr:0.02", "shells", "3");
    check_ok(*state, step_go(s));
    const double *pairs = step_data(s, "shells/pairs"), *alpha = step_data(s, "shells/alpha");
    const uint32_t *z = step_data(s, "shells/coordination");
    for (int m = 0; m < 3; m++) {
        const double ends = 432.0 * z[m], unlike = pairs[m] + pairs[3 + m]; /* Ni-Al and Ni-Cr */
        assert_true(unlike > 0 && unlike < ends);
        check_real(1 - pairs[m] / (ends * 259 / 864), alpha[m], 1e-12); /* 864 sites: 432 Ni, 259 Al, 173 Cr */
    }
    assert_true(alpha[0] < -0.03 && alpha[6] > 0);
    assert_string_equal(step_array(s, "shells/pair")->long_name, "pair: 0 Ni-Al, 1 Ni-Cr, 2 Al-Cr");
    step_end(s);
}

static void the_specimen_is_the_lattice(void **state)
{
    step_run *s = BEGIN("cells", "3,4,5", "lattice_parameter", "0.4", "equilibration", "0", "sweeps", "100", "shells", "1");
    check_ok(*state, step_go(s));
    const oa_ions *ions = s->values->ions;
    double lo[3], hi[3], n[3] = { 0 };
    oa_ions__bounds(ions, lo, hi);
    assert_int_equal(ions->n, 240);
    check_real(lo[0], -0.6, 1e-6);
    check_real(hi[1], 0.6, 1e-6);
    check_real(lo[2], -2, 1e-6);
    check_real(hi[2], -0.2, 1e-6);
    check_real(step_real(s, "summary/edge_z"), 2, 1e-12);
    for (size_t i = 0; i < ions->n; i++) {
        n[oa_ions__type(ions, i)]++;
        assert_int_equal(oa_ranges__lookup(ions->ranges, oa_ions__f32(ions, OA_MASS)[i]), oa_ions__type(ions, i));
        if (i) assert_true(oa_ions__f32(ions, OA_Z)[i] <= oa_ions__f32(ions, OA_Z)[i - 1]);
    }
    check_real(n[1], 180, 0);
    check_real(n[2], 60, 0);
    step_end(s);
}

static void an_instrument_may_look_at_it(void **state)
{
    step_run *s = BEGIN("cells", "10", "equilibration", "0", "sweeps", "20", "every", "1", "sigma_lateral", "0.3", "sigma_depth", "0.03", "efficiency", "0.5");
    check_ok(*state, step_go(s));
    const oa_ions *ions = s->values->ions;
    double square = 0;
    check_real((double)ions->n, 2000, 5 * sqrt(4000 * 0.25));
    for (size_t i = 0; i < ions->n; i++) {
        const double z = oa_ions__f32(ions, OA_Z)[i] / 0.18, off = (z - rint(z)) * 0.18;
        square += off * off;
    }
    check_real(sqrt(square / (double)ions->n), 0.03, 0.002);
    step_end(s);
}

static void a_seed_is_a_chain(void **state)
{
    static const char *const seeds[] = { "1", "1", "2" };
    char digest[3][65];
    for (int i = 0; i < 3; i++) {
        step_run *s = BEGIN("cells", "5", "sweeps", "50", "seed", seeds[i]);
        check_ok(*state, step_go(s));
        memcpy(digest[i], step_digest(s), 65);
        step_end(s);
    }
    assert_string_equal(digest[0], digest[1]);
    assert_string_not_equal(digest[0], digest[2]);
}

static void no_equilibrium_is_said(void **state)
{
    static const char *const row[][7] = {
        { "temperature", "20", "equilibration", "300", NULL },                                   /* quenched, then frozen */
        { "temperature", "500", "equilibration", "0", "sweeps", "20", NULL },                    /* too short */
        { "temperature", "1000", "equilibration", "0", "sweeps", "10", NULL },                   /* one sample */
        { "temperature", "300", "exchange", "neighbours", "sweeps", "300", NULL },               /* slow */
    };
    for (size_t i = 0; i < 4; i++) {
        step_run *s = begin(*state, row[i]);
        check_ok(*state, step_go(s));
        if (!step_warned(s, "W_NOT_EQUILIBRATED")) fail_msg("row %zu is called equilibrated", i);
        assert_true(step_real(s, "summary/is_equilibrated") == 0);
        step_end(s);
    }
}

static void what_cannot_be_made_is_said(void **state)
{
    static const struct { const char *name, *text, *code; } row[] = {
        { "energies", "", "E_PARAMETER_VALUE" },
        { "energies", "Ni-Al", "E_PARAMETER_VALUE" },
        { "energies", "Ni-Al:x", "E_PARAMETER_VALUE" },
        { "energies", "Ni-Al:1/2/3/4/5/6/7", "E_PARAMETER_VALUE" },
        { "energies", "Ni-Al:1,Al-Ni:2", "E_PARAMETER_VALUE" },
        { "energies", "Ni-Al:1e9", "E_PARAMETER_VALUE" },
        { "energies", "Ni-Cr:1", "E_SPECIES_UNKNOWN" },
        { "composition", "Ni:1,Al:0", "E_PARAMETER_RANGE" },
        { "composition", "Ni:0.99999,Al:0.00001", "E_PARAMETER_RANGE" },
        { "composition", "Ni:0.5,Al:0.2", "E_PARAMETER_RANGE" },
        { "shells", "1", "E_PARAMETER_RANGE" },
        { "cells", "1", "E_PARAMETER_RANGE" },
        { "cells", "2.5", "E_PARAMETER_VALUE" },
        { "cells", "4,4", "E_PARAMETER_VALUE" },
        { "cells", "4096", "E_TOO_MANY_IONS" },
        { "every", "3000", "E_PARAMETER_RANGE" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        step_run *s = BEGIN("energies", "Ni-Al:0.1/0.2", row[i].name, row[i].text);
        check_fails(*state, step_go(s), row[i].code);
        step_end(s);
    }
    step_run *s = BEGIN("cells", "3");
    check_fails(*state, oa_settings_set(s->settings, "temperature", "0"), "E_PARAMETER_RANGE");
    oa_context__clear(*state);
    check_fails(*state, oa_settings_set(s->settings, "structure", "hcp"), "E_PARAMETER_CHOICE");
    step_end(s);
    s = BEGIN("structure", "square", "cells", "8,8,2");
    check_fails(*state, step_go(s), "E_PARAMETER_RANGE");
    step_end(s);
    s = BEGIN("anneal_from", "2000", "equilibration", "0");
    check_fails(*state, step_go(s), "E_PARAMETER_RANGE");
    step_end(s);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(heat_makes_it_random), with_context(cold_orders_it), with_context(the_sign_of_the_energy_decides), with_context(only_the_exchange_energy_counts),
        with_context(three_species_share_their_neighbours), with_context(the_specimen_is_the_lattice), with_context(an_instrument_may_look_at_it),
            with_context(a_seed_is_a_chain),
        with_context(no_equilibrium_is_said), with_context(what_cannot_be_made_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
