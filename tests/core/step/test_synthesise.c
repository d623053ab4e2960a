/* test_synthesise.c - what the step promises besides physics: order of ions, ranges, threads, refusals. */
#include "core/step/step_run.h"

extern const oa_step oa_step_synthesise;

typedef const char *const pairs[][2];

static step_run *specimen(oa_context *context, size_t n, const char *const settings[][2])
{
    step_run *s = step_begin(context, &oa_step_synthesise);
    for (size_t i = 0; i < n; i++) step_set(s, settings[i][0], settings[i][1]);
    return s;
}

static void ions_come_from_the_apex_down(void **state)
{
    step_run *s = specimen(*state, 2, (pairs){ { "box", "-5,5,-5,5,-10,0" }, { "domains", "5" } });
    check_ok(*state, step_go(s));
    const oa_ions *ions = s->values->ions;
    const float *z = oa_ions_z(ions);
    for (size_t i = 1; i < ions->n; i++) assert_true(z[i] <= z[i - 1]);
    assert_true(fabsf(z[0]) < 0.3f && z[ions->n - 1] < -9.7f);
    step_end(s);
}

static void ranges_give_the_types_again(void **state)
{
    step_run *s = specimen(*state, 2, (pairs){ { "box", "-3,3,-3,3,-6,0" },
                                               { "composition", "Fe:0.3,Si:0.2,Al:0.2,Ni:0.1,W:0.1,Co:0.1" } });
    check_ok(*state, step_go(s));
    const oa_ions *ions = s->values->ions;
    const float *m = oa_ions_mass_to_charge(ions);
    size_t seen[7] = { 0 };
    for (size_t i = 0; i < ions->n; i++) {
        assert_int_equal(oa_ranges__lookup(ions->ranges, m[i]), oa_ions__type(ions, i));
        seen[oa_ions__type(ions, i)]++;
    }
    for (int t = 1; t <= 6; t++) assert_true(seen[t] > 0);
    assert_string_equal(ions->ranges->types[0].name, "Fe");
    for (size_t k = 0; k < ions->ranges->n; k++) /* four decimals: the same after a .rrng */
        check_real(ions->ranges->ranges[k].lower * 1e4, rint(ions->ranges->ranges[k].lower * 1e4), 1e-7);
    step_end(s);
}

static void threads_do_not_matter(void **state)
{
    char first[65] = "";
    (void)state;
    for (int threads = 1; threads <= 4; threads *= 2) {
        oa_context *context;
        const oa_context_options options = { .threads = threads };
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        step_run *s = specimen(context, 5, (pairs){ { "preset", "cocrni-a" }, { "box", "-6,6,-6,6,-13.7,-0.4" }, { "domains", "12" },
                                                    { "orientation", "111" }, { "antiphase", "true" } });
        check_ok(context, step_go(s));
        if (!first[0]) strcpy(first, step_digest(s));
        assert_string_equal(step_digest(s), first);
        step_end(s);
        oa_context_free(context);
    }
}

static void seed_changes_it(void **state)
{
    char first[65];
    step_run *s = specimen(*state, 1, (pairs){ { "box", "-2,2,-2,2,-4,0" } });
    check_ok(*state, step_go(s));
    strcpy(first, step_digest(s));
    step_end(s);
    s = specimen(*state, 2, (pairs){ { "box", "-2,2,-2,2,-4,0" }, { "seed", "2" } });
    check_ok(*state, step_go(s));
    assert_string_not_equal(step_digest(s), first);
    step_end(s);
}

/* Without domains a smaller box holds exactly those ions of the larger whose atoms were in it. */
static void boxes_of_one_seed_cut_the_same_crystal(void **state)
{
    step_run *large = specimen(*state, 2, (pairs){ { "box", "-4,4,-4,4,-8,0" }, { "sigma_lateral", "0" } });
    step_run *small = specimen(*state, 2, (pairs){ { "box", "-2,2,-4,4,-8,0" }, { "sigma_lateral", "0" } });
    check_ok(*state, step_go(large));
    check_ok(*state, step_go(small));
    const oa_ions *a = large->values->ions, *b = small->values->ions;
    size_t at = 0;
    for (size_t i = 0; i < b->n; i++, at++) {
        while (at < a->n && (oa_ions_x(a)[at] < -2 || oa_ions_x(a)[at] >= 2)) at++;
        assert_true(at < a->n);
        check_real((double)oa_ions_x(a)[at], (double)oa_ions_x(b)[i], 0);
        check_real((double)oa_ions_y(a)[at], (double)oa_ions_y(b)[i], 0);
        check_real((double)oa_ions_z(a)[at], (double)oa_ions_z(b)[i], 0);
        assert_int_equal(oa_ions__type(a, at), oa_ions__type(b, i));
    }
    step_end(large);
    step_end(small);
}

static void radii_are_one_two_or_a_list(void **state)
{
    step_run *s = specimen(*state, 3, (pairs){ { "box", "-4,4,-4,4,-12,0" }, { "domains", "5" }, { "radii", "1.2,1.0,1.4,0.8,1.0" } });
    check_ok(*state, step_go(s));
    const double want[] = { 1.4, 1.2, 1.0, 1.0, 0.8 }, *radius = step_data(s, "spheres/radius");
    for (int i = 0; i < 5; i++) check_real(radius[i], want[i], 0);
    step_end(s);
    s = specimen(*state, 2, (pairs){ { "domains", "50" }, { "radii", "0.6,0.9" } });
    check_ok(*state, step_go(s));
    radius = step_data(s, "spheres/radius");
    for (int i = 0; i < 50; i++) assert_true(radius[i] >= 0.6 && radius[i] <= 0.9 && (i == 0 || radius[i] <= radius[i - 1]));
    step_end(s);
}

static void no_atoms_is_no_failure(void **state)
{
    step_run *s = specimen(*state, 1, (pairs){ { "box", "0,0.01,0,0.01,-0.01,0" } });
    check_ok(*state, step_go(s));
    assert_int_equal(s->values->ions->n, 0);
    assert_true(step_warned(s, "W_NO_IONS"));
    step_end(s);
}

static void presets_can_be_made(void **state)
{
    for (const oa_preset *p = oa_step_synthesise.presets; p->name; p++) {
        step_run *s = specimen(*state, 1, (pairs){ { "preset", p->name } });
        check_ok(*state, step_go(s));
        assert_true(step_real(s, "summary/ions_in_domains") > 1000);
        step_end(s);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *set[3][2], *code;
    } bad[] = {
        { { { "composition", "Co:0.5,Cr:0.6" } }, "E_PARAMETER_RANGE" },
        { { { "composition", "Co:0.5,Xx:0.5" } }, "E_SPECIES_UNKNOWN" },
        { { { "composition", "Co:0.5,Tc:0.5" } }, "E_SPECIES_UNKNOWN" },
        { { { "composition", "Co:0.5,Co:0.5" } }, "E_PARAMETER_VALUE" },
        { { { "composition", "Co" } }, "E_PARAMETER_VALUE" },
        { { { "composition", "" } }, "E_PARAMETER_VALUE" },
        { { { "ordered_species", "Fe" } }, "E_SPECIES_UNKNOWN" },
        { { { "box", "0,1,0,1,1,0" } }, "E_PARAMETER_RANGE" },
        { { { "domains", "3" }, { "radii", "20" } }, "E_PARAMETER_RANGE" },
        { { { "domains", "3000" } }, "E_PARAMETER_RANGE" },
        { { { "radii", "2,1" } }, "E_PARAMETER_RANGE" },
        { { { "domain_structure", "b2" } }, "E_PARAMETER_CHOICE" },
        { { { "domains", "20" }, { "radii", "2.5" }, { "composition", "Al:0.99,Li:0.01" } }, "E_PARAMETER_RANGE" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        step_run *s = step_begin(*state, &oa_step_synthesise);
        for (int k = 0; k < 3 && bad[i].set[k][0]; k++) step_set(s, bad[i].set[k][0], bad[i].set[k][1]);
        check_fails(*state, step_go(s), bad[i].code);
        step_end(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ions_come_from_the_apex_down, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ranges_give_the_types_again, check_setup, check_teardown),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test_setup_teardown(seed_changes_it, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(boxes_of_one_seed_cut_the_same_crystal, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(radii_are_one_two_or_a_list, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(no_atoms_is_no_failure, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(presets_can_be_made, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_is_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
