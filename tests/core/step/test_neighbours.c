/* test_neighbours.c - distances by the definition, random places, clusters, and chance that must look like chance. */
#include "core/step/labelled.h"

#include "math/statistics.h"

extern const oa_step oa_step_neighbours;

static step_run *begin(oa_context *context, oa_ions *ions, const char *pairs, const char *k)
{
    step_run *s = step_begin(context, &oa_step_neighbours);
    step_set(s, "pairs", pairs);
    step_set(s, "k", k);
    step_ions(s, "ions", ions);
    return s;
}

/* Each row of distances is what sorting all of them gives; histogram and means follow from them. */
static void check_definition(const step_run *s, const cloud *c, const uint8_t *label, int centre, int other, size_t k)
{
    const float *distance = step_data(s, "distances/distance");
    const uint64_t *index = step_data(s, "distances/ion_index"), *ions = step_data(s, "distribution/ions"), *beyond = step_data(s, "orders/beyond");
    const double *mean = step_data(s, "orders/mean");
    const size_t n = step_array(s, "distances/ion_index")->dims[0], bins = step_array(s, "distribution/ions")->dims[1];
    double *all = calloc(c->n, sizeof *all), *sum = calloc(k, sizeof *sum);
    size_t row = 0;
    for (size_t i = 0; i < c->n; i++) {
        size_t m = 0;
        if (!label[i] || (centre && label[i] != centre)) continue;
        for (size_t j = 0; j < c->n; j++)
            if (j != i && label[j] && (!other || label[j] == other))
                all[m++] = sqrt(pow((double)c->fx[i] - (double)c->fx[j], 2) + pow((double)c->fy[i] - (double)c->fy[j], 2) + pow((double)c->fz[i] - (double)c->fz[j], 2));
        qsort(all, m, sizeof *all, oa_ascending_f64);
        assert_int_equal(index[row], i);
        for (size_t j = 0; j < k; j++) {
            check_real((double)distance[row * k + j], all[j], 1e-6);
            sum[j] += all[j];
        }
        row++;
    }
    assert_int_equal(row, n);
    for (size_t j = 0; j < k; j++) {
        uint64_t total = beyond[j];
        for (size_t b = 0; b < bins; b++) total += ions[j * bins + b];
        assert_int_equal(total, n);
        check_real(mean[j], sum[j] / (double)n, 1e-6);
    }
    free(all);
    free(sum);
}

static void distances_are_those_of_the_definition(void **state)
{
    static const struct { const char *pairs; int centre, other; } row[] = { { "", 0, 0 }, { "Ni", 1, 1 }, { "Cr-Ni", 2, 1 }, { "Al-Cr", 3, 2 } };
    cloud c = cloud_random(900, 5, 0, 3);
    uint8_t *label = random_labels(c.n, 4, 5);
    for (size_t i = 0; i < c.n; i++) label[i] = (uint8_t)(label[i] % 4);
    for (size_t i = 0; i < 30; i++) cloud_set(&c, i, 1, 1, (double)(i / 15)); /* two crowds at one place each */
    oa_ions *ions = labelled(*state, &c, label);
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        step_run *s = begin(*state, ions, row[r].pairs, "7");
        step_set(s, "draws", "2");
        check_ok(*state, go(s));
        check_definition(s, &c, label, row[r].centre, row[r].other, 7);
        assert_true(step_warned(s, "W_UNRANGED"));
        if (row[r].centre) assert_true(step_real(s, "summary/candidate_density") < step_real(s, "summary/density"));
        else assert_null(oa_values_find(s->values, 1, "orders/z"));
        step_end(s);
    }
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* Far from the surface random places are as far from each other as the formula says. */
static void random_places_follow_the_formula(void **state)
{
    cloud c = cloud_random(120000, 30, 0, 8);
    uint8_t *label = random_labels(c.n, 1, 1);
    oa_ions *ions = labelled(*state, &c, label);
    step_run *s = begin(*state, ions, "", "5");
    check_ok(*state, go(s));
    const float *distance = step_data(s, "distances/distance");
    const uint64_t *index = step_data(s, "distances/ion_index");
    const double *want = step_data(s, "orders/random"), *random = step_data(s, "distribution/random"), *at_bin = step_data(s, "distribution/distance");
    double sum[5] = { 0 };
    const size_t bins = oa_array_count(step_array(s, "distribution/distance"));
    for (size_t j = 0; j < 5; j++) { /* the expected distribution holds all centres, and has the expected mean */
        double all = 0, first = 0;
        for (size_t b = 0; b < bins; b++) all += random[j * bins + b], first += random[j * bins + b] * at_bin[b];
        check_real(all, (double)c.n, 0.01 * (double)c.n);
        check_real(first / all, want[j], 0.01 * want[j]);
    }
    size_t n = 0;
    for (size_t i = 0; i < c.n; i++) {
        const size_t at = index[i];
        if (fabs(c.x[at]) > 13.5 || fabs(c.y[at]) > 13.5 || fabs(c.z[at]) > 13.5) continue;
        n++;
        for (int j = 0; j < 5; j++) sum[j] += (double)distance[5 * i + (size_t)j];
    }
    for (int j = 0; j < 5; j++) check_real(sum[j] / (double)n / want[j], 1, 0.004);
    check_real(step_real(s, "summary/density"), 120000.0 / 27000, 0.01);
    step_end(s);
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* A third of the chromium sits in small balls: neighbours of its own are nearer than by chance, nickel around it farther. */
static void clusters_are_seen(void **state)
{
    cloud c = cloud_random(6000, 10, 0, 4);
    uint8_t *label = random_labels(c.n, 1, 1);
    for (size_t i = 0; i < c.n; i++) {
        const double x = fmod(c.x[i] + 5, 2.5) - 1.25, y = fmod(c.y[i] + 5, 2.5) - 1.25, z = fmod(c.z[i] + 5, 2.5) - 1.25;
        label[i] = i % 10 == 0 || x * x + y * y + z * z < 0.2 ? 2 : 1;
    }
    oa_ions *ions = labelled(*state, &c, label);
    step_run *own = begin(*state, ions, "Cr", "3"), *other = begin(*state, ions, "Cr-Ni", "3");
    check_ok(*state, go(own));
    check_ok(*state, go(other));
    if (step_real(own, "summary/strongest_z") > -4) fail_msg("z is %g", step_real(own, "summary/strongest_z"));
    if (step_real(other, "summary/strongest_z") < 4) fail_msg("z is %g", step_real(other, "summary/strongest_z"));
    check_real(step_real(own, "summary/p_permuted"), 1.0 / 21, 1e-15);
    check_real(oa_array_real(step_array(own, "orders/ks_p_value"), 0), 1.0 / 21, 1e-15);
    assert_true(step_real(own, "summary/nearest") < step_real(own, "summary/nearest_control"));
    step_end(own);
    step_end(other);
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

static const char *digest_of(oa_context *context, oa_ions *ions)
{
    step_run *s = begin(context, ions, "Cr,Cr-Ni", "10");
    step_set(s, "draws", "4");
    check_ok(context, go(s));
    const char *digest = step_digest(s);
    step_end(s);
    return digest;
}

static void threads_and_kernels_do_not_matter(void **state)
{
    cloud c = cloud_random(30000, 12, 0, 14);
    uint8_t *label = random_labels(c.n, 3, 9);
    oa_ions *ions = labelled(*state, &c, label);
    char want[65];
    snprintf(want, sizeof want, "%s", digest_of(*state, ions));
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_context_options options = { .threads = 1 + (int)strlen(*name) % 3, .kernel = *name };
        oa_context *context;
        if (!oa_kernels_find(*name)) continue;
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        oa_ions *same = labelled(context, &c, label);
        assert_string_equal(digest_of(context, same), want);
        oa_ions_free(same);
        oa_context_free(context);
    }
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* The parts of n slabs, one after the other, are the whole: distances and draws. */
static void slabs_are_parts(void **state)
{
    static const char *const split[] = { "distances/distance", "distances/ion_index", "draws/mean", "draws/ions" };
    cloud c = cloud_random(700, 5, 0.1, 6);
    uint8_t *label = random_labels(c.n, 2, 7);
    oa_ions *ions = labelled(*state, &c, label);
    for (int pair = 0; pair < 2; pair++) {
        step_run *whole = begin(*state, ions, pair ? "Cr-Ni" : "Cr", "4");
        step_set(whole, "draws", "5");
        check_ok(*state, step_go(whole));
        size_t at[4] = { 0 };
        for (int slab = 1; slab <= 7; slab++) {
            step_run *part = begin(*state, ions, pair ? "Cr-Ni" : "Cr", "4");
            step_set(part, "draws", "5");
            part->run.slab = slab, part->run.slabs = 7;
            check_ok(*state, step_go(part));
            for (int i = 0; i < 4; i++) {
                const oa_array *a = step_array(part, split[i]);
                assert_memory_equal((const char *)step_data(whole, split[i]) + at[i], a->block->data, oa_array_bytes(a));
                at[i] += oa_array_bytes(a);
            }
            step_end(part);
        }
        for (int i = 0; i < 4; i++) assert_int_equal(at[i], oa_array_bytes(step_array(whole, split[i])));
        step_end(whole);
    }
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* 500 specimens whose labels are random on places that are not: half of the ions in a ball, on a grid. */
static void p_values_are_uniform_at_random(void **state)
{
    static double joint[SPECIMENS], first[SPECIMENS], across[SPECIMENS];
    for (int i = 0; i < SPECIMENS; i++) {
        cloud c = cloud_random(150, 3, 0, (uint64_t)i);
        for (size_t j = 0; j < c.n / 2; j++) cloud_set(&c, j, rint(4 * c.x[j]) / 8, c.y[j] / 3, c.z[j] / 3);
        uint8_t *label = random_labels(c.n, 3, 1000 + (uint64_t)i);
        oa_ions *ions = labelled(*state, &c, label);
        step_run *own = begin(*state, ions, "Cr", "4"), *other = begin(*state, ions, "Ni-Al", "2");
        char seed[16], draws[16];
        snprintf(seed, sizeof seed, "%d", i);
        snprintf(draws, sizeof draws, "%d", DRAWS);
        step_set(own, "draws", draws), step_set(other, "draws", draws);
        step_set(own, "seed", seed), step_set(other, "seed", seed);
        check_ok(*state, go(own));
        check_ok(*state, go(other));
        joint[i] = step_real(own, "summary/p_permuted");
        first[i] = oa_array_real(step_array(own, "orders/p_value"), 0);
        across[i] = step_real(other, "summary/p_permuted");
        step_end(own);
        step_end(other);
        oa_ions_free(ions);
        free(label);
        cloud_free(&c);
    }
    check_uniform(joint, "Cr-Cr, all orders");
    check_uniform(first, "Cr-Cr, nearest");
    check_uniform(across, "Ni-Al");
}

static void what_cannot_be_measured_is_said(void **state)
{
    static const struct { const char *pairs, *name, *text, *code; } row[] = {
        { "Cr", "k", "40", "E_FEW_IONS" },             /* 40 of them, each has 39 others */
        { "Ni-Cr", "k", "41", "E_FEW_IONS" },
        { "", "k", "100", "E_FEW_IONS" },
        { "Al", "k", "1", "E_FEW_IONS" },              /* a type that no ion has */
        { "Ni-Al", "k", "1", "E_FEW_IONS" },
        { "Fe", "k", "1", "E_SPECIES_UNKNOWN" },
        { "Ni-", "k", "1", "E_PARAMETER_VALUE" },
        { "Ni", "bin_width", "0.0001", "E_PARAMETER_RANGE" },
    };
    cloud c = cloud_random(100, 3, 0, 2);
    uint8_t label[100];
    for (int i = 0; i < 100; i++) label[i] = i < 40 ? 2 : 1;
    oa_ions *ions = labelled(*state, &c, label);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        step_run *s = begin(*state, ions, row[k].pairs, "3");
        step_set(s, row[k].name, row[k].text);
        if (strcmp(row[k].name, "bin_width") == 0) step_set(s, "range", "20");
        check_fails(*state, step_go(s), row[k].code);
        step_end(s);
    }
    oa_ions_free(ions);
    memset(label, 2, sizeof label);
    ions = labelled(*state, &c, label);
    step_run *all = begin(*state, ions, "Cr", "3");
    check_fails(*state, step_go(all), "E_EMPTY_DATA"); /* no other order of labels */
    step_end(all);
    oa_ions_free(ions);
    for (size_t i = 0; i < c.n; i++) cloud_set(&c, i, c.x[i], 0, 0);
    label[0] = label[1] = 1;
    ions = labelled(*state, &c, label);
    step_run *line = begin(*state, ions, "Cr", "3"), *given = begin(*state, ions, "Cr", "3");
    check_fails(*state, step_go(line), "E_EMPTY_DATA"); /* no volume */
    step_set(given, "density", "5");
    check_ok(*state, step_go(given));
    step_end(line);
    step_end(given);
    oa_ions_free(ions);
    cloud_free(&c);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(distances_are_those_of_the_definition), with_context(random_places_follow_the_formula), with_context(clusters_are_seen),
        with_context(threads_and_kernels_do_not_matter), with_context(slabs_are_parts),
        with_context(p_values_are_uniform_at_random), with_context(what_cannot_be_measured_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
