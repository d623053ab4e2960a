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

/* ---------------------------------------------------------------------------------------------- targets instead of energies */

static step_run *aim(oa_context *context, const char *const *values)
{
    step_run *s = step_begin(context, &oa_step_monte_carlo);
    step_set(s, "cells", "6");
    for (; *values; values += 2) step_set(s, values[0], values[1]);
    return s;
}
#define AIM(...) aim(*state, (const char *const[]){ __VA_ARGS__, NULL })

/* Every target is met by what the ions of the specimen have, counted afresh, and no species has more or fewer sites than it had. */
static void check_met(step_run *s, const char *what)
{
    const oa_array *targets = step_array(s, "shells/targets");
    const double *want = step_data(s, "shells/targets"), *alpha = step_data(s, "shells/alpha"), *tolerances = step_data(s, "shells/tolerances");
    double largest = 0;
    for (size_t i = 0; i < targets->dims[0] * targets->dims[1]; i++) {
        if (isnan(want[i])) continue;
        if (fabs(alpha[i] - want[i]) > tolerances[i] + 1e-8) fail_msg("%s: target %zu is %g, not %g", what, i, alpha[i], want[i]);
        largest = fmax(largest, fabs(alpha[i] - want[i]));
    }
    check_real(step_real(s, "summary/largest_miss"), largest, 1e-12);
    assert_true(step_real(s, "summary/is_met") > 0);
    assert_false(step_warned(s, "W_TARGETS_MISSED"));
}

static void a_random_alloy_is_there_at_once(void **state)
{
    step_run *s = AIM("cells", "8", "targets", "Ni-Al:0/0/0/0", "tolerance", "0.05");
    check_ok(*state, step_go(s));
    check_met(s, "random");
    check_real(step_real(s, "summary/sweeps"), 0, 0);
    assert_int_equal(step_array(s, "cost/cost")->dims[0], 1);
    step_end(s);
    s = AIM("cells", "8", "targets", "Ni-Al:0", "tolerance", "0.002");
    check_ok(*state, step_go(s));
    check_met(s, "nearly");
    assert_true(step_real(s, "summary/sweeps") <= 2);
    step_end(s);
    s = AIM("targets", "Ni-Al:-0.3", "sweeps", "3"); /* too few, and fewer than `every`: the start and the end are samples all the same */
    check_ok(*state, step_go(s));
    assert_int_equal(step_array(s, "cost/cost")->dims[0], 2);
    assert_true(step_warned(s, "W_TARGETS_MISSED"));
    step_end(s);
}

/* What a configuration by energies has can be had again, within the tolerance, from another spread. */
static void order_by_energies_is_made_again(void **state)
{
    char text[128];
    step_run *first = BEGIN("temperature", "700", "energies", "Ni-Al:-0.03/0.01", "sweeps", "200");
    check_ok(*state, step_go(first));
    const double *alpha = step_data(first, "shells/alpha");
    assert_true(alpha[0] < -0.1 && alpha[1] > 0.1);
    snprintf(text, sizeof text, "Ni-Al:%.6f/%.6f/%.6f/%.6f", alpha[0], alpha[1], alpha[2], alpha[3]);
    for (int near = 0; near < 2; near++) {
        step_run *s = AIM("targets", text, "tolerance", "0.004", "seed", "9", "exchange", near ? "neighbours" : "any");
        check_ok(*state, step_go(s));
        check_met(s, text);
        step_end(s);
    }
    step_end(first);
}

/* No tolerance: whole pairs allow for one step, and that is met; 864 sites, so steps of 2 / (216 * 648 / 864 * 12) in the first shell. */
static void whole_pairs_are_the_finest_step(void **state)
{
    step_run *s = AIM("targets", "Ni-Al:-0.12345/0.23456", "tolerance", "0");
    check_ok(*state, step_go(s));
    const double *tolerances = step_data(s, "shells/tolerances");
    check_real(tolerances[0], 2.0 / (162 * 12), 1e-12);
    check_real(tolerances[1], 2.0 / (162 * 6), 1e-12);
    check_met(s, "finest");
    step_end(s);
}

static void values_of_l1_2_make_it(void **state)
{
    step_run *s = AIM("cells", "4", "targets", "Ni-Al:-0.33333/1/-0.33333", "tolerance", "0.03");
    check_ok(*state, step_go(s));
    check_met(s, "L1_2");
    const double *alpha = step_data(s, "shells/alpha");
    assert_true(alpha[3] > 0.9); /* fourth shell, free: order reaches further than what was asked for */
    step_end(s);
}

static void pairs_of_three_species_are_met_together(void **state)
{
    step_run *s = AIM("composition", "Ni:0.5,Al:0.3,Cr:0.2", "targets", "Al-Ni:-0.2/0.1,Cr-Ni:0.1", "structure", "bcc", "cells", "8");
    check_ok(*state, step_go(s));
    check_met(s, "three");
    const double *want = step_data(s, "shells/targets");
    check_real(want[1], 0.1, 0);
    check_real(want[4], 0.1, 0);
    assert_true(isnan(want[5]) && isnan(want[8]));
    size_t n[4] = { 0 };
    for (size_t i = 0; i < s->values->ions->n; i++) n[oa_ions__type(s->values->ions, i)]++;
    assert_true(n[1] == 512 && n[2] == 307 && n[3] == 205);
    step_end(s);
}

/* All neighbours of Al are Ni and all second neighbours too: each can be, both cannot. The nearer one weighs more, the nearer it comes. */
static void what_contradicts_itself_is_said(void **state)
{
    double miss[2];
    for (int i = 0; i < 2; i++) {
        step_run *s = AIM("targets", "Ni-Al:-0.33333/-0.33333", "weights", i ? "Ni-Al:20/1" : "", "sweeps", "300");
        check_ok(*state, step_go(s));
        assert_true(step_warned(s, "W_TARGETS_MISSED"));
        assert_true(step_real(s, "summary/is_met") == 0 && step_real(s, "summary/largest_miss") > 0.03);
        check_real(step_real(s, "summary/sweeps"), 300, 0);
        const double *cost = step_data(s, "cost/cost"), *alpha = step_data(s, "shells/alpha");
        assert_int_equal(step_array(s, "cost/cost")->dims[0], 31);
        assert_true(cost[30] < 0.5 * cost[0]);
        check_real(cost[30], step_real(s, "summary/cost"), 1e-12);
        miss[i] = alpha[0] + 0.33333;
        step_end(s);
    }
    assert_true(miss[1] < miss[0]);
}

static void a_shell_without_weight_is_free(void **state)
{
    step_run *s = AIM("targets", "Ni-Al:-0.3/0.4", "weights", "Ni-Al:0");
    check_ok(*state, step_go(s));
    const double *want = step_data(s, "shells/targets"), *alpha = step_data(s, "shells/alpha");
    assert_true(isnan(want[0]) && alpha[0] > -0.25);
    check_met(s, "second shell");
    step_end(s);
}

static void a_seed_is_a_chain_to_targets_too(void **state)
{
    static const char *const seeds[] = { "1", "1", "2" };
    char digest[3][65];
    for (int i = 0; i < 3; i++) {
        step_run *s = AIM("targets", "Ni-Al:-0.2/0.1", "seed", seeds[i]);
        check_ok(*state, step_go(s));
        memcpy(digest[i], step_digest(s), 65);
        step_end(s);
    }
    assert_string_equal(digest[0], digest[1]);
    assert_string_not_equal(digest[0], digest[2]);
}

static void impossible_targets_are_refused(void **state)
{
    static const struct { const char *name, *text, *code, *says; } row[] = {
        { "targets", "", "E_PARAMETER_VALUE", "--targets" },
        { "targets", "Ni-Al:-0.34", "E_PARAMETER_RANGE", "-0.333333 to 1" },
        { "targets", "Ni-Al:0/0/1.01", "E_PARAMETER_RANGE", "shell 3" },
        { "targets", "Ni-Al:-1/3", "E_PARAMETER_RANGE", "shell 1" },
        { "targets", "Ni-Ni:0.1", "E_PARAMETER_VALUE", "Ni-Ni" },
        { "targets", "Ni-Al:x", "E_PARAMETER_VALUE", "Warren-Cowley" },
        { "targets", "Ni-Cr:0.1", "E_SPECIES_UNKNOWN", "Cr" },
        { "targets", "Ni-Al:0/0/0/0/0/0/0", "E_PARAMETER_VALUE", "at most 6" },
        { "energies", "Ni-Al:1", "E_PARAMETER_VALUE", "both" },
        { "weights", "Ni-Al:0", "E_PARAMETER_VALUE", "nothing" },
        { "weights", "Ni-Al:-1", "E_PARAMETER_RANGE", "-1" },
        { "weights", "Ni-Al:1/1", "E_PARAMETER_VALUE", "no target" },
        { "anneal_from", "2000", "E_PARAMETER_VALUE", "anneal_from" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        step_run *s = AIM("targets", "Ni-Al:-0.1", row[i].name, row[i].text);
        check_fails(*state, step_go(s), row[i].code);
        if (!strstr(oa_error_text(*state), row[i].says)) fail_msg("row %zu: %s", i, oa_error_text(*state));
        step_end(s);
    }
    /* each of both may be, but all neighbours of Cr would be Ni and Al twice over */
    step_run *s = AIM("cells", "5", "composition", "Ni:0.4,Al:0.4,Cr:0.2", "targets", "Ni-Cr:-0.5,Al-Cr:-0.5");
    check_fails(*state, step_go(s), "E_PARAMETER_RANGE");
    assert_non_null(strstr(oa_error_text(*state), "120 %"));
    step_end(s);
    s = BEGIN("weights", "Ni-Al:1");
    check_fails(*state, step_go(s), "E_PARAMETER_VALUE");
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
        with_context(a_random_alloy_is_there_at_once), with_context(order_by_energies_is_made_again), with_context(whole_pairs_are_the_finest_step),
        with_context(values_of_l1_2_make_it), with_context(pairs_of_three_species_are_met_together), with_context(what_contradicts_itself_is_said),
        with_context(a_shell_without_weight_is_free), with_context(a_seed_is_a_chain_to_targets_too), with_context(impossible_targets_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
