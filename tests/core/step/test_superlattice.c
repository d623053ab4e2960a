/* test_superlattice.c - order in simulated specimens, found and not found where it should be; what is refused; slabs and threads. */
#include "core/step/step_run.h"

#include "run/run.h"

/* A small specimen by the step synthesise; options are pairs of name and text, ending with NULL. */
static oa_ions *make(oa_context *context, const char *const *options, uint32_t **truth)
{
    step_run *s = step_begin(context, oa_step_find("synthesise"));
    step_set(s, "box", "-4.5,4.5,-4.5,4.5,-9,0");
    step_set(s, "ordered_species", "Ni");
    for (; *options; options += 2) step_set(s, options[0], options[1]);
    check_ok(context, step_go(s));
    const oa_array *domain = step_array(s, "truth/domain");
    *truth = malloc(oa_array_bytes(domain) + 1);
    memcpy(*truth, domain->block->data, oa_array_bytes(domain));
    oa_ions *ions = step_take_ions(s);
    step_end(s);
    return ions;
}

static step_run *begin(oa_context *context, oa_ions *ions)
{
    step_run *s = step_begin(context, oa_step_find("superlattice"));
    step_ions(s, "ions", ions);
    step_set(s, "species", "Ni");
    step_set(s, "radii", "0.8,1.1,1.4");
    step_set(s, "fit_sigma", "false");
    return s;
}

static oa_status go(step_run *s)
{
    OA_TRY(step_go(s));
    return s->run.step->finish(&s->run, s->settings->values);
}

typedef struct ranked {
    float p;
    bool is_true;
} ranked;

static int by_p(const void *a, const void *b) { return (((const ranked *)a)->p < ((const ranked *)b)->p) - (((const ranked *)a)->p > ((const ranked *)b)->p); }

static double average_precision(const step_run *s, const uint32_t *truth)
{
    const oa_array *p = step_array(s, "posterior/probability");
    const size_t n = oa_array_count(p);
    ranked *list = malloc(n * sizeof *list);
    double sum = 0, hits = 0;
    for (size_t i = 0; i < n; i++) list[i] = (ranked){ ((const float *)p->block->data)[i], truth[i] > 0 };
    qsort(list, n, sizeof *list, by_p);
    for (size_t i = 0; i < n; i++)
        if (list[i].is_true) sum += ++hits / (double)(i + 1);
    free(list);
    return sum / hits;
}

static const char *const ordered[] = { "domains", "6", "radii", "0.9,1.4", NULL };

/* Spheres of L1_2: found by map, list and probability; as many as probabilities say. */
static void test_finds_order(void **state)
{
    static const char *const many[] = { "domains", "12", "radii", "0.9,1.5", "box", "-6,6,-6,6,-12,0", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, many, &truth);
    step_run *s = begin(*state, ions);
    double sum = 0, true_ions = 0;
    step_set(s, "radii", "0.6,0.8,1,1.2,1.4,1.6");
    step_set(s, "fit_sigma", "true");
    check_ok(*state, go(s));
    assert_true(average_precision(s, truth) > 0.75);
    const oa_array *p = step_array(s, "posterior/probability"), *domains = step_array(s, "domains/statistic");
    for (size_t i = 0; i < oa_array_count(p); i++) {
        sum += oa_array_real(p, i);
        true_ions += truth[i] > 0;
        assert_true(oa_array_real(p, i) >= 0 && oa_array_real(p, i) <= 1);
    }
    check_real(sum / true_ions, 1, 0.3);
    assert_true(oa_array_count(domains) >= 8 && oa_array_count(domains) <= 14);
    for (size_t i = 0; i < oa_array_count(domains); i++) {
        assert_true(fabs(oa_array_real(domains, i)) > 3.5);
        assert_true(oa_array_real(domains, i) * oa_array_real(domains, 0) > 0); /* one sublattice, one sign */
        assert_true(oa_array_real(step_array(s, "domains/q_value"), i) <= 0.05);
        assert_true(oa_array_real(step_array(s, "domains/radius"), i) > 0.3);
    }
    const oa_array *share = step_array(s, "prior/share"), *radius = step_array(s, "prior/radius");
    double shares = 0, mean = 0;
    for (size_t i = 0; i < oa_array_count(share); i++) {
        shares += oa_array_real(share, i);
        mean += oa_array_real(share, i) * oa_array_real(radius, i);
    }
    check_real(shares, 1, 1e-6);
    check_real(mean, 1.2, 0.2); /* true radii are 0.9 to 1.5 nm */
    check_real(step_real(s, "summary/density"), 12 / (12 * 12 * 12.0), 0.004);
    check_real(step_real(s, "summary/period"), 0.36, 0.003);
    const double *spacing = step_data(s, "spectrum/spacing"), *quality = step_data(s, "spectrum/quality");
    size_t top = 0;
    for (size_t i = 0; i < oa_array_count(step_array(s, "spectrum/spacing")); i++) {
        assert_true(spacing[i] > (i ? spacing[i - 1] : 0) && quality[i] > 0);
        if (quality[i] > quality[top]) top = i;
    }
    check_real(spacing[top], step_real(s, "summary/plane_spacing"), 0.05);
    check_real(step_real(s, "summary/sigma_depth"), 0.03, 0.002);
    check_real(step_real(s, "summary/sigma_lateral"), 0.3, 0.15);
    assert_true(step_real(s, "summary/accepted_share") > 0.8);
    assert_true(step_real(s, "summary/expected_wrong_share") <= 0.1);
    assert_true(step_real(s, "summary/ions_selected") > 0.2 * true_ions);
    assert_false(step_warned(s, "W_NO_PLANES"));
    step_end(s);
    oa_ions_free(ions);
    free(truth);
}

/* A narrow specimen, and the same turned about z: what every ion is told does not change, though tiles lie in other rows. */
static void test_narrow_along_either(void **state)
{
    static const char *const narrow[] = { "domains", "6", "radii", "0.9,1.4", "box", "-2.9,2.9,-9.1,9.1,-9,0", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, narrow, &truth);
    float *told[2];
    size_t n = 0;
    for (int turned = 0; turned < 2; turned++) {
        float *x = oa_ions__data(ions, OA_X), *y = oa_ions__data(ions, OA_Y);
        for (size_t i = 0; turned && i < ions->n; i++) {
            const float old = x[i];
            x[i] = -y[i], y[i] = old;
        }
        step_run *s = begin(*state, ions);
        check_ok(*state, go(s));
        if (turned) assert_int_equal(oa_array_count(step_array(s, "posterior/probability")), n);
        n = oa_array_count(step_array(s, "posterior/probability"));
        assert_true(average_precision(s, truth) > 0.7);
        told[turned] = calloc(n, sizeof(float));
        memcpy(told[turned], step_data(s, "posterior/probability"), n * sizeof(float));
        step_end(s);
    }
    for (size_t i = 0; i < n; i++) check_real((double)told[1][i], (double)told[0][i], 0.02);
    for (int k = 0; k < 2; k++) free(told[k]);
    oa_ions_free(ions);
    free(truth);
}

/* Expected ions in domains over those that are, with what domains hold of the species measured, or without. */
static double told_of_true(oa_context *context, oa_ions *ions, const uint32_t *truth, double share, const char *measured, double *precision)
{
    step_run *s = begin(context, ions);
    double sum = 0, true_ions = 0;
    step_set(s, "radii", "0.6,0.8,1,1.2,1.4,1.6");
    step_set(s, "fit_sigma", "true");
    step_set(s, "fit_occupancy", measured);
    check_ok(context, go(s));
    const oa_array *p = step_array(s, "posterior/probability");
    for (size_t i = 0; i < oa_array_count(p); i++) {
        sum += oa_array_real(p, i);
        true_ions += truth[i] > 0;
    }
    *precision = average_precision(s, truth);
    const bool is_measured = strcmp(measured, "true") == 0;
    assert_true((*(const uint8_t *)step_data(s, "summary/uses_composition") != 0) == is_measured);
    if (is_measured) {
        check_real(step_real(s, "summary/occupancy_high"), 0.5, 0.07);
        check_real(step_real(s, "summary/occupancy_low"), 0, 0.05);
        check_real(step_real(s, "summary/sigma_lateral"), 0.3, 0.06);
        check_real(step_real(s, "summary/mean_contrast"), 0.5 * (step_real(s, "summary/occupancy_high") - step_real(s, "summary/occupancy_low")), 1e-9);
    } else {
        check_real(step_real(s, "summary/mean_contrast"), 0.8 * share, 0.05 * share);
    }
    step_end(s);
    return sum / true_ions;
}

/* Perfect L1_2 has half of its sites on the one family of planes and none on the other. Where the alloy has 0.08 of the species and domains 0.25, who compares
 * planes only takes them for larger than they are. */
static void test_measures_occupancy(void **state)
{
    static const char *const alloys[] = { "Co:0.67,Ni:0.33", "Co:0.92,Ni:0.08" };
    static const double share[] = { 0.33, 0.08 };
    for (int rare = 0; rare < 2; rare++) {
        const char *const options[] = { "domains", "12", "radii", "0.9,1.5", "box", "-6,6,-6,6,-12,0", "composition", alloys[rare], NULL };
        uint32_t *truth;
        double with, without;
        oa_ions *ions = make(*state, options, &truth);
        const double told = told_of_true(*state, ions, truth, share[rare], "true", &with);
        const double planes_only = told_of_true(*state, ions, truth, share[rare], "false", &without);
        check_real(told, 1, 0.2);
        assert_true(rare ? planes_only > 1.5 && with > without + 0.03 : with > without - 0.01);
        oa_ions_free(ions);
        free(truth);
    }
}

/* Spheres as poor in the species as L1_2 is, but without order: nobody is there, also for those who know what domains hold. */
static void depletion_is_no_order(void **state, const char *occupancy)
{
    static const char *const options[] = { "domains", "6", "radii", "0.9,1.4", "order", "0", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, options, &truth);
    step_run *s = begin(*state, ions);
    double prevalence = 0, sum = 0;
    step_set(s, "occupancy", occupancy);
    check_ok(*state, go(s));
    const oa_array *p = step_array(s, "posterior/probability");
    for (size_t i = 0; i < oa_array_count(p); i++) {
        prevalence += truth[i] > 0;
        sum += oa_array_real(p, i);
    }
    const double n = (double)oa_array_count(p);
    assert_true(average_precision(s, truth) < prevalence / n + 0.03);
    assert_true(sum / n < 0.01);
    assert_true(step_real(s, "summary/domains") <= 1);
    step_end(s);
    oa_ions_free(ions);
    free(truth);
}

static void test_depletion_is_no_order(void **state)
{
    depletion_is_no_order(state, "");
    depletion_is_no_order(state, "0.5,0");
}

/* The parts of the map, one after the other, are the whole. */
static void test_slabs_are_parts_of_the_map(void **state)
{
    uint32_t *truth;
    oa_ions *ions = make(*state, ordered, &truth);
    step_run *whole = begin(*state, ions);
    check_ok(*state, go(whole));
    const oa_array *all = step_array(whole, "map/statistic");
    size_t done = 0;
    for (int slab = 1; slab <= 3; slab++) {
        step_run *part = begin(*state, ions);
        part->run.slab = slab, part->run.slabs = 3;
        check_ok(*state, step_go(part));
        const oa_array *map = step_array(part, "map/statistic");
        assert_memory_equal(map->block->data, (const char *)all->block->data + done, oa_array_bytes(map));
        done += oa_array_bytes(map);
        step_end(part);
    }
    assert_int_equal(done, oa_array_bytes(all));
    step_end(whole);
    oa_ions_free(ions);
    free(truth);
}

/* In a binary alloy the other species says the same with the other sign. */
static void test_binary_alloy(void **state)
{
    static const char *const options[] = { "domains", "5", "radii", "1.2", "composition", "Co:0.7,Ni:0.3", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, options, &truth);
    step_run *a = begin(*state, ions), *b = begin(*state, ions);
    check_ok(*state, go(a));
    step_set(b, "species", "Co");
    check_ok(*state, go(b));
    const oa_array *p = step_array(a, "posterior/probability"), *q = step_array(b, "posterior/probability"), *z = step_array(a, "map/statistic"),
        *y = step_array(b, "map/statistic");
    for (size_t i = 0; i < oa_array_count(p); i++) check_real(oa_array_real(p, i), oa_array_real(q, i),
        2e-2); /* the fits of both go their own ways in the last digits */
    for (size_t i = 0; i < oa_array_count(z); i++) check_real(oa_array_real(z, i), -oa_array_real(y, i), 5e-3);
    step_end(a);
    step_end(b);
    oa_ions_free(ions);
    free(truth);
}

/* Several species: a result each, as of calls of their own. */
/* All species at once: the domains of the one that orders, where it has two contrasts; none where labels are mixed; no probabilities. */
static void test_joint(void **state)
{
    static const char *const mixed[] = { "domains", "0", NULL };
    for (int k = 0; k < 2; k++) {
        uint32_t *truth;
        oa_ions *ions = make(*state, k ? mixed : ordered, &truth);
        step_run *s = begin(*state, ions);
        step_set(s, "species", "Cr,Ni");
        step_set(s, "joint", "true");
        check_ok(*state, go(s));
        assert_string_equal(s->values->task_titles[2], "Cr,Ni");
        assert_null(oa_values_find(s->values, 3, "posterior/probability"));
        const oa_array *domains = oa_values_find(s->values, 3, "domains/statistic"), *of_ni = oa_values_find(s->values, 2, "domains/statistic");
        const double n = (double)oa_array_count(domains);
        assert_true(k ? n <= 1 : n >= 3 && n <= (double)oa_array_count(of_ni) + 1);
        for (size_t i = 0; i < oa_array_count(domains); i++) assert_true(oa_array_real(domains, i) > 7);
        for (size_t i = 0; !k && i < 3; i++) { /* the surest are those of the species that orders */
            double nearest = 1e9;
            for (size_t j = 0; j < oa_array_count(of_ni); j++) {
                double d2 = 0;
                for (int a = 0; a < 3; a++) {
                    static const char *const axis[3] = { "domains/x", "domains/y", "domains/z" };
                    const double d = oa_array_real(oa_values_find(s->values, 3, axis[a]), i) - oa_array_real(oa_values_find(s->values, 2, axis[a]), j);
                    d2 += d * d;
                }
                nearest = fmin(nearest, sqrt(d2));
            }
            assert_true(nearest < 0.6);
        }
        check_real(oa_array_real(oa_values_find(s->values, 3, "summary/degrees"), 0), 2, 0);
        check_real(oa_array_real(oa_values_find(s->values, 2, "summary/degrees"), 0), 1, 0);
        step_end(s);
        oa_ions_free(ions);
        free(truth);
    }
}

static void test_several_species(void **state)
{
    uint32_t *truth;
    oa_ions *ions = make(*state, ordered, &truth);
    step_run *both = begin(*state, ions), *one = begin(*state, ions);
    step_set(both, "species", "Cr,Ni");
    check_ok(*state, go(both));
    check_ok(*state, go(one));
    const oa_array *p = oa_values_find(both->values, 2, "posterior/probability"), *q = step_array(one, "posterior/probability");
    assert_non_null(p);
    assert_int_equal(oa_array_count(p), oa_array_count(q));
    assert_memory_equal(p->block->data, q->block->data, oa_array_bytes(q));
    assert_string_equal(both->values->task_titles[1], "Ni");
    step_end(both);
    step_end(one);
    oa_ions_free(ions);
    free(truth);
}

/* Depth noise of half a spacing: no planes. The file says so, with the spectrum, and no more; with a period given, the unsigned map. */
static void test_no_planes(void **state)
{
    static const char *const options[] = { "domains", "0", "sigma_depth", "0.2", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, options, &truth);
    step_run *s = begin(*state, ions);
    check_ok(*state, go(s));
    assert_true(step_warned(s, "W_NO_PLANES"));
    assert_int_equal(oa_array_count(step_array(s, "spectrum/quality")), 48);
    assert_true(step_real(s, "summary/period") == 0);
    assert_null(oa_values_find(s->values, 1, "map/statistic"));
    assert_int_equal(oa_array_count(step_array(s, "selected/ion_index")), 0);
    step_end(s);
    s = begin(*state, ions);
    step_set(s, "period", "0.36");
    check_ok(*state, go(s));
    assert_true(step_warned(s, "W_NO_PLANES"));
    assert_true(step_real(s, "summary/is_signed") == 0);
    const oa_array *t = step_array(s, "map/statistic");
    double sum = 0, n = 0;
    for (size_t i = 0; i < oa_array_count(t); i++) {
        const double value = oa_array_real(t, i);
        if (value != value) continue;
        assert_true(value >= 0);
        sum += value;
        n++;
    }
    check_real(sum / n, 1, 0.1);
    assert_true(step_real(s, "summary/domains") <= 1);
    step_end(s);
    oa_ions_free(ions);
    free(truth);
}

/* A period that is not that of the planes is told. */
static void test_wrong_period(void **state)
{
    static const char *const options[] = { "domains", "0", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, options, &truth);
    step_run *s = begin(*state, ions);
    step_set(s, "period", "0.5");
    check_ok(*state, go(s));
    assert_true(step_warned(s, "W_NO_PLANES"));
    step_end(s);
    oa_ions_free(ions);
    free(truth);
}

/* Two species that are all there is have one contrast, not two. */
static void test_joint_of_two(void **state)
{
    static const char *const binary[] = { "domains", "0", "composition", "Co:0.5,Ni:0.5", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, binary, &truth);
    step_run *s = begin(*state, ions);
    step_set(s, "species", "Co,Ni");
    step_set(s, "joint", "true");
    check_fails(*state, go(s), "E_PARAMETER_VALUE");
    step_end(s);
    oa_ions_free(ions);
    free(truth);
}

static void test_refused(void **state)
{
    static const char *const few[] = { "domains", "0", "composition", "Co:0.995,Ni:0.005", NULL }, *const all[] = { "domains", "0", "composition", "Ni:1", NULL };
    uint32_t *truth;
    oa_ions *ions = make(*state, few, &truth);
    step_run *s = begin(*state, ions);
    check_fails(*state, go(s), "E_EMPTY_DATA");
    step_end(s);
    s = begin(*state, ions);
    step_set(s, "species", "Al");
    check_fails(*state, go(s), "E_SPECIES_UNKNOWN");
    step_end(s);
    s = begin(*state, ions);
    step_set(s, "species", "");
    check_fails(*state, go(s), "E_PARAMETER_VALUE");
    step_end(s);
    static const char *const no_joint[] = { "Co", "Co,Co" };
    for (int i = 0; i < 2; i++) {
        s = begin(*state, ions);
        step_set(s, "species", no_joint[i]);
        step_set(s, "joint", "true");
        check_fails(*state, go(s), "E_PARAMETER_VALUE");
        step_end(s);
    }
    s = begin(*state, ions);
    step_set(s, "direction", "0,0,0");
    check_fails(*state, go(s), "E_PARAMETER_RANGE");
    step_end(s);
    s = begin(*state, ions);
    step_set(s, "radii", "1,0.8");
    check_fails(*state, go(s), "E_PARAMETER_RANGE");
    step_end(s);
    s = begin(*state, ions);
    step_set(s, "prior", "0.01,1");
    check_fails(*state, go(s), "E_PARAMETER_VALUE");
    step_end(s);
    static const char *const no_occupancy[] = { "0.5", "0.1,0.5" };
    for (int i = 0; i < 2; i++) {
        s = begin(*state, ions);
        step_set(s, "occupancy", no_occupancy[i]);
        check_fails(*state, go(s), "E_PARAMETER_VALUE");
        step_end(s);
    }
    oa_ions_free(ions);
    free(truth);
    ions = make(*state, all, &truth);
    s = begin(*state, ions);
    check_fails(*state, go(s), "E_EMPTY_DATA");
    step_end(s);
    oa_ions_free(ions);
    free(truth);
}

/* The same bytes for any number of threads, and of every slab. */
static void test_threads_and_slabs(void **state)
{
    static char digest[2][65];
    (void)state;
    for (int k = 0; k < 2; k++) {
        oa_context *context;
        uint32_t *truth;
        assert_int_equal(oa_context_new(&context, &(oa_context_options){ .threads = k ? 3 : 1 }), OA_OK);
        oa_ions *ions = make(context, ordered, &truth);
        step_run *s = begin(context, ions);
        check_ok(context, go(s));
        snprintf(digest[k], sizeof digest[k], "%s", step_digest(s));
        for (int slab = 1; k && slab <= 2; slab++) {
            step_run *part = begin(context, ions);
            part->run.slab = slab;
            part->run.slabs = 2;
            check_ok(context, step_go(part));
            const oa_array *p = step_array(part, "posterior/probability"), *whole = step_array(s, "posterior/probability");
            const size_t n = oa_array_count(whole), first = n * (size_t)(slab - 1) / 2;
            assert_memory_equal(p->block->data, (const float *)whole->block->data + first, oa_array_bytes(p));
            step_end(part);
        }
        step_end(s);
        oa_ions_free(ions);
        oa_context_free(context);
        free(truth);
    }
    assert_string_equal(digest[0], digest[1]);
}

/* A prior as it was fitted gives nearly what the fit gave; it is taken as it is. */
static void test_given_prior(void **state)
{
    uint32_t *truth;
    oa_ions *ions = make(*state, ordered, &truth);
    step_run *s = begin(*state, ions);
    step_set(s, "radii", "0.8,1.1,1.4");
    step_set(s, "prior", "0.007,0.3,0.3,0.4");
    check_ok(*state, go(s));
    assert_true(average_precision(s, truth) > 0.7);
    check_real(step_real(s, "summary/density"), 0.007, 1e-12);
    check_real(oa_array_real(step_array(s, "prior/share"), 2), 0.4, 1e-12);
    step_end(s);
    oa_ions_free(ions);
    free(truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_finds_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_narrow_along_either, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_depletion_is_no_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_binary_alloy, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_several_species, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_joint, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_joint_of_two, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_no_planes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_period, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_refused, check_setup, check_teardown),
        cmocka_unit_test(test_threads_and_slabs),
        cmocka_unit_test_setup_teardown(test_measures_occupancy, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_slabs_are_parts_of_the_map, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_given_prior, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
