/* test_frequency_pairs.c - two species in the same blocks: every order of a tiny specimen, species that go together and apart, and chance. */
#include "core/step/labelled.h"

extern const oa_step oa_step_frequency;

/* Ions in a row with these labels: 1 Ni, 2 Cr, 3 Al, 0 without a type. */
static oa_ions *in_a_row(oa_context *context, const uint8_t *label, size_t n)
{
    cloud c = cloud_new(n);
    for (size_t i = 0; i < n; i++) cloud_set(&c, i, 0.1 * (double)i, 0, 0);
    oa_ions *ions = labelled(context, &c, label);
    cloud_free(&c);
    return ions;
}

static step_run *begin(oa_context *context, oa_ions *ions, const char *species, const char *block, const char *draws)
{
    step_run *s = step_begin(context, &oa_step_frequency);
    step_set(s, "species", species);
    step_set(s, "block", block);
    step_set(s, "draws", draws);
    step_ions(s, "ions", ions);
    return s;
}

static double at(const step_run *s, const char *name, size_t i) { return oa_array_real(step_array(s, name), i); }
static size_t length(const step_run *s, const char *name) { return oa_array_count(step_array(s, name)); }

/* ---- every order ---- */

enum { TINY = 12, TINY_BLOCK = 3, TINY_BLOCKS = TINY / TINY_BLOCK };

typedef struct every {
    const step_run *s;
    uint8_t label[TINY];
    int left[3];
    double orders, correlation, chi2, mu, as_much, cell[16];
} every;

static size_t class_of(const step_run *s, const char *name, unsigned hits)
{
    size_t c = 0;
    while (c + 1 < length(s, name) && hits >= at(s, name, c + 1)) c++;
    return c;
}

/* chi2 and the table of the definition, with the classes that the step chose. */
static double define(const step_run *s, const uint8_t *label, double *table, double *correlation)
{
    const size_t rows = length(s, "contingency/row"), columns = length(s, "contingency/column");
    double a[TINY_BLOCKS] = { 0 }, b[TINY_BLOCKS] = { 0 }, row[4] = { 0 }, column[4] = { 0 }, chi2 = 0, sab = 0, saa = 0, sbb = 0;
    memset(table, 0, 16 * sizeof *table);
    for (int i = 0; i < TINY; i++) a[i / TINY_BLOCK] += label[i] == 1, b[i / TINY_BLOCK] += label[i] == 2;
    for (int k = 0; k < TINY_BLOCKS; k++) {
        const size_t r = class_of(s, "contingency/row_lowest", (unsigned)a[k]), c = class_of(s, "contingency/column_lowest", (unsigned)b[k]);
        table[r * columns + c]++, row[r]++, column[c]++;
        sab += (a[k] - 0.75) * (b[k] - 0.75), saa += (a[k] - 0.75) * (a[k] - 0.75), sbb += (b[k] - 0.75) * (b[k] - 0.75);
    }
    for (size_t i = 0; i < rows * columns; i++) {
        const double expected = row[i / columns] * column[i % columns] / TINY_BLOCKS;
        if (expected > 0) chi2 += (table[i] - expected) * (table[i] - expected) / expected;
    }
    *correlation = sab / sqrt(saa * sbb);
    return chi2;
}

static void go_through(every *e, int place)
{
    double table[16], correlation;
    for (int l = 0; place < TINY && l < 3; l++) {
        if (!e->left[l]) continue;
        e->left[l]--;
        e->label[place] = (uint8_t)(l + 1);
        go_through(e, place + 1);
        e->left[l]++;
    }
    if (place < TINY) return;
    const double chi2 = define(e->s, e->label, table, &correlation);
    e->orders++;
    e->correlation += correlation;
    e->mu += sqrt(chi2 / (TINY_BLOCKS + chi2));
    e->as_much += chi2 >= e->chi2 * (1 - 1e-9);
    for (int i = 0; i < 16; i++) e->cell[i] += table[i];
}

/* 3 Ni, 3 Cr and 6 Al in 4 blocks of 3: of the 18480 orders the draws are a fair sample. */
static void draws_are_a_sample_of_every_order(void **state)
{
    const uint8_t label[TINY] = { 1, 1, 2, 3, 3, 3, 1, 2, 2, 3, 3, 3 };
    enum { DRAWN = 40000 };
    oa_ions *ions = in_a_row(*state, label, TINY);
    step_run *s = begin(*state, ions, "Ni,Cr", "3", "40000");
    step_set(s, "least", "0.05");
    check_ok(*state, step_go(s));
    every e = { .s = s, .left = { 3, 3, 6 } };
    double table[16], correlation;
    e.chi2 = define(s, label, table, &correlation);
    assert_true(length(s, "contingency/row") > 1 && length(s, "contingency/column") > 1 && e.chi2 > 0);
    check_real(at(s, "pairs/chi2", 0), e.chi2, 1e-12);
    check_real(at(s, "pairs/correlation", 0), correlation, 1e-12);
    go_through(&e, 0);
    assert_int_equal(e.orders, 18480);
    const double share = e.as_much / e.orders;
    check_real(at(s, "pairs/p_permuted", 0), share, 4 * sqrt(share * (1 - share) / DRAWN) + 1.0 / DRAWN);
    check_real(at(s, "pairs/control_correlation", 0), e.correlation / e.orders, 4 * at(s, "pairs/control_correlation_errors", 0) / sqrt(DRAWN));
    check_real(at(s, "pairs/control_mu", 0), e.mu / e.orders, 4 * 0.5 / sqrt(DRAWN));
    for (size_t i = 0; i < length(s, "contingency/control"); i++)
        check_real(at(s, "contingency/control", i), e.cell[i] / e.orders, 4 * at(s, "contingency/control_errors", i) / sqrt(DRAWN) + 1e-12);
    step_end(s);
    oa_ions_free(ions);
}

/* ---- together, apart ---- */

enum { ROW = 20000 };

/* Ni and Cr with these shares in the two halves of every 400 ions, Al else. */
static uint8_t *modulated(double ni0, double cr0, double ni1, double cr1, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 4);
    uint8_t *label = calloc(ROW, 1);
    for (size_t i = 0; i < ROW; i++) {
        const bool second = i % 400 >= 200;
        const double u = oa_random_uniform(&random), ni = second ? ni1 : ni0, cr = second ? cr1 : cr0;
        label[i] = u < ni ? 1 : u < ni + cr ? 2 : 3;
    }
    return label;
}

typedef struct told {
    double correlation, control, z, p, permuted, chance, few, many, one; /* the last three residuals: few of both, many of both, few Ni and many Cr */
} told;

static told of_modulated(oa_context *context, double ni0, double cr0, double ni1, double cr1)
{
    uint8_t *label = modulated(ni0, cr0, ni1, cr1, 3);
    oa_ions *ions = in_a_row(context, label, ROW);
    step_run *s = begin(context, ions, "Ni,Cr", "50", "99");
    check_ok(context, step_go(s));
    const told t = { at(s, "pairs/correlation", 0), at(s, "pairs/control_correlation", 0), at(s, "pairs/z", 0), at(s, "pairs/p_correlation", 0),
        at(s, "pairs/p_permuted", 0), at(s, "pairs/p_value", 0), at(s, "contingency/residual", 0), at(s, "contingency/residual", length(s, "contingency/residual") - 1),
        at(s, "contingency/residual", length(s, "contingency/column") - 1) };
    check_real(step_real(s, "summary/p_pairs"), t.p, 1e-12); /* of a single pair the same */
    step_end(s);
    oa_ions_free(ions);
    free(label);
    return t;
}

static void what_goes_together_is_seen(void **state)
{
    const told together = of_modulated(*state, 0.02, 0.02, 0.15, 0.15), apart = of_modulated(*state, 0.02, 0.15, 0.15, 0.02),
               none = of_modulated(*state, 0.08, 0.08, 0.08, 0.08);
    assert_true(together.correlation > 0.3 && together.z > 5 && together.few > 3 && together.many > 0 && together.one < -1.5 && together.chance < 1e-6);
    assert_true(apart.correlation < -0.3 && apart.z < -5 && apart.few < -1.5 && apart.many < -1.5 && apart.one > 0 && apart.chance < 1e-6);
    check_real(together.p, 0.01, 1e-12);
    check_real(together.permuted, 0.01, 1e-12);
    check_real(apart.p, 0.01, 1e-12);
    check_real(apart.permuted, 0.01, 1e-12);
    assert_true(fabs(none.z) < 3 && none.p > 0.01 && none.permuted > 0.01);
}

/* A third of each: in random order the correlation is -sqrt(ab / (1 - a)(1 - b)) = -1/2, far from independent. Drawn together a little, they come nearer
 * to independence: chi2 sees less than by chance, the correlation sees more. */
static void places_are_limited(void **state)
{
    const told random = of_modulated(*state, 1.0 / 3, 1.0 / 3, 1.0 / 3, 1.0 / 3), together = of_modulated(*state, 0.286, 0.286, 0.38, 0.38);
    check_real(random.control, -0.5, 0.01);
    assert_true(random.chance < 1e-6 && fabs(random.z) < 3 && random.p > 0.01);
    assert_true(together.z > 5 && together.permuted > 0.9);
    check_real(together.p, 0.01, 1e-12);
}

/* Cubes of which every second holds three times as many ions: numbers of both go together, and the random orders hold that too. */
static void fuller_cubes_hold_more_of_both(void **state)
{
    oa_random random = oa_random_start(12, 0);
    cloud c = cloud_new(ROW);
    uint8_t *label = calloc(ROW, 1);
    for (size_t i = 0; i < ROW; i++) {
        cloud_set(&c, i, (double)(i / 80 * 2 + (i % 80 >= 20)) + oa_random_uniform(&random), 0.5, 0.5);
        label[i] = oa_random_uniform(&random) < 0.1 ? 1 : oa_random_uniform(&random) < 0.1 ? 2 : 3;
    }
    oa_ions *ions = labelled(*state, &c, label);
    step_run *s = begin(*state, ions, "Ni,Cr", "50", "99");
    step_set(s, "edge", "1");
    check_ok(*state, step_go(s));
    assert_true(at(s, "pairs/correlation", 0) > 0.15 && at(s, "pairs/control_correlation", 0) > 0.15 && at(s, "pairs/p_value", 0) < 1e-3);
    assert_true(fabs(at(s, "pairs/z", 0)) < 3 && at(s, "pairs/p_correlation", 0) > 0.01 && at(s, "pairs/p_permuted", 0) > 0.01);
    step_end(s);
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* Two that fill every block: -1 in every order, which tells nothing. */
static void two_alone_have_no_choice(void **state)
{
    uint8_t *label = random_labels(2000, 2, 5);
    oa_ions *ions = in_a_row(*state, label, 2000);
    step_run *s = begin(*state, ions, "Ni,Cr", "20", "9");
    check_ok(*state, step_go(s));
    check_real(at(s, "pairs/correlation", 0), -1, 0);
    check_real(at(s, "pairs/control_correlation", 0), -1, 1e-15);
    check_real(at(s, "pairs/p_correlation", 0), 1, 0);
    assert_true(isnan(at(s, "pairs/z", 0)));
    assert_null(oa_values_find(s->values, 1, "summary/strongest_pair"));
    step_end(s);
    oa_ions_free(ions);
    free(label);
}

/* ---- nothing else matters ---- */

static void exchanged_species_transpose_the_table(void **state)
{
    static const char *const tables[] = { "contingency/observed", "contingency/expected", "contingency/residual" };
    static const char *const same[] = { "pairs/correlation", "pairs/chi2", "pairs/degrees_of_freedom", "pairs/p_value", "pairs/mu" };
    uint8_t *label = modulated(0.05, 0.2, 0.12, 0.3, 8);
    oa_ions *ions = in_a_row(*state, label, ROW);
    step_run *s = begin(*state, ions, "Ni,Cr", "40", "0"), *t = begin(*state, ions, "Cr,Ni", "40", "0");
    check_ok(*state, step_go(s));
    check_ok(*state, step_go(t));
    const size_t rows = length(s, "contingency/row"), columns = length(s, "contingency/column");
    assert_true(rows > 2 && columns > 2 && length(t, "contingency/row") == columns && length(t, "contingency/column") == rows);
    for (size_t i = 0; i < rows * columns; i++)
        for (int k = 0; k < 3; k++) check_real(at(s, tables[k], i), at(t, tables[k], i % columns * rows + i / columns), 1e-12);
    for (size_t i = 0; i < rows; i++) check_real(at(s, "contingency/row_lowest", i), at(t, "contingency/column_lowest", i), 0);
    for (int k = 0; k < 5; k++) check_real(at(s, same[k], 0), at(t, same[k], 0), 1e-12);
    for (size_t i = 0; i < rows * columns; i++) assert_true(at(s, "contingency/expected", i) >= 5 * (1 - 1e-12));
    assert_null(oa_values_find(s->values, 1, "contingency/control"));
    step_end(s);
    step_end(t);
    oa_ions_free(ions);
    free(label);
}

/* What is told of a species does not depend on the others; of three there are three pairs, and blocks may be cubes. */
static void others_change_nothing(void **state)
{
    static const char *const of_one[] = { "distribution/observed", "distribution/expected", "distribution/control", "summary/chi2", "summary/p_permuted",
                                         "summary/control_mu" };
    uint8_t *label = modulated(0.3, 0.2, 0.3, 0.3, 8);
    oa_ions *ions = in_a_row(*state, label, ROW);
    for (int cubes = 0; cubes < 2; cubes++) {
        step_run *one = begin(*state, ions, "Ni", "40", "9"), *all = begin(*state, ions, "Ni,Cr,Al", "40", "9");
        if (cubes) step_set(one, "edge", "4"), step_set(all, "edge", "4");
        check_ok(*state, step_go(one));
        check_ok(*state, step_go(all));
        for (size_t k = 0; k < sizeof of_one / sizeof *of_one; k++)
            assert_memory_equal(step_data(one, of_one[k]), step_data(all, of_one[k]), oa_array_bytes(step_array(one, of_one[k])));
        assert_null(oa_values_find(one->values, 1, "pairs/chi2"));
        assert_null(oa_values_find(all->values, 2, "pairs/chi2"));
        assert_string_equal(step_array(all, "pairs/pair")->long_name, "pair: 0 Ni-Cr, 1 Ni-Al, 2 Cr-Al");
        assert_string_equal(step_text(all, "summary/pairs"), "Ni-Cr, Ni-Al, Cr-Al");
        for (size_t pair = 0; pair < 3; pair++) { /* cells of a pair hold all blocks, and those it does not have none */
            const size_t cells = length(all, "contingency/observed") / 3;
            double sums[3] = { 0 };
            for (size_t i = 0; i < cells; i++) {
                const double seen = at(all, "contingency/observed", pair * cells + i);
                assert_true(isnan(seen) == isnan(at(all, "contingency/control", pair * cells + i)));
                if (isnan(seen)) continue;
                sums[0] += seen, sums[1] += at(all, "contingency/expected", pair * cells + i), sums[2] += at(all, "contingency/control", pair * cells + i);
            }
            for (int k = 0; k < 3; k++) check_real(sums[k], step_real(all, "summary/blocks"), 1e-9);
        }
        step_end(one);
        step_end(all);
    }
    oa_ions_free(ions);
    free(label);
}

static void threads_do_not_matter(void **state)
{
    uint8_t *label = modulated(0.3, 0.2, 0.3, 0.3, 9);
    char want[65] = "";
    for (int threads = 1; threads <= 5; threads += 2) {
        const oa_context_options options = { .threads = threads };
        oa_context *context;
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        oa_ions *ions = in_a_row(context, label, ROW);
        step_run *s = begin(context, ions, "Ni,Cr,Al", "30", "20");
        check_ok(context, step_go(s));
        if (want[0]) assert_string_equal(step_digest(s), want);
        else snprintf(want, sizeof want, "%s", step_digest(s));
        step_end(s);
        oa_ions_free(ions);
        oa_context_free(context);
    }
    (void)state;
    free(label);
}

/* ---- chance ---- */

static void p_values_are_uniform_at_random(void **state)
{
    static double table[SPECIMENS], correlation[SPECIMENS], all[SPECIMENS];
    enum { IONS = 3000 };
    for (int i = 0; i < SPECIMENS; i++) {
        uint8_t *label = random_labels(IONS, 3, 2000 + (uint64_t)i);
        oa_ions *ions = in_a_row(*state, label, IONS);
        step_run *s = begin(*state, ions, "Ni,Cr,Al", "10", "19");
        char seed[16];
        snprintf(seed, sizeof seed, "%d", i);
        step_set(s, "seed", seed);
        check_ok(*state, step_go(s));
        table[i] = at(s, "pairs/p_permuted", 0);
        correlation[i] = at(s, "pairs/p_correlation", 2);
        all[i] = step_real(s, "summary/p_pairs");
        step_end(s);
        oa_ions_free(ions);
        free(label);
    }
    check_uniform(table, "the table");
    check_uniform(correlation, "the correlation");
    check_uniform(all, "all pairs");
}

static void what_cannot_be_compared_is_said(void **state)
{
    static const struct { const char *species, *code; } row[] = {
        { "Ni,Ni", "E_PARAMETER_VALUE" },     /* a species and itself */
        { "Ni,Fe", "E_SPECIES_UNKNOWN" },
        { "Ni,", "E_SPECIES_UNKNOWN" },
        { "Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni,Ni", "E_PARAMETER_VALUE" },
    };
    uint8_t *label = random_labels(900, 3, 4);
    oa_ions *ions = in_a_row(*state, label, 900);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        step_run *s = begin(*state, ions, row[k].species, "20", "3");
        check_fails(*state, step_go(s), row[k].code);
        step_end(s);
    }
    step_run *few = begin(*state, ions, "Ni,Cr", "300", "3"); /* three blocks: enough for each species with this least, no table of both */
    step_set(few, "least", "0.9");
    check_ok(*state, step_go(few));
    assert_int_equal(at(few, "pairs/degrees_of_freedom", 0), 0);
    assert_true(isnan(at(few, "pairs/chi2", 0)) && isnan(at(few, "pairs/p_permuted", 0)) && isfinite(at(few, "pairs/correlation", 0)));
    step_end(few);
    oa_ions_free(ions);
    free(label);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(draws_are_a_sample_of_every_order), with_context(what_goes_together_is_seen), with_context(places_are_limited),
        with_context(fuller_cubes_hold_more_of_both), with_context(two_alone_have_no_choice), with_context(exchanged_species_transpose_the_table),
        with_context(others_change_nothing), with_context(threads_do_not_matter),
        with_context(p_values_are_uniform_at_random), with_context(what_cannot_be_compared_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
