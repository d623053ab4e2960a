/* test_warren_cowley.c - neighbours by the definition, what must be true of any shares, ideal structures, and chance that must look like chance. */
#include "core/step/labelled.h"

extern const oa_step oa_step_warren_cowley;

static step_run *begin(oa_context *context, oa_ions *ions, const char *pairs, const char *name, const char *shells)
{
    step_run *s = step_begin(context, &oa_step_warren_cowley);
    step_set(s, "pairs", pairs);
    step_set(s, name, shells);
    step_set(s, "draws", "3");
    step_ions(s, "ions", ions);
    return s;
}

/* ---- the definition ---- */

typedef struct near {
    double d2;
    size_t of;
} near;

static int by_distance(const void *a, const void *b)
{
    const near *p = a, *q = b;
    if (p->d2 != q->d2) return p->d2 < q->d2 ? -1 : 1;
    return p->of < q->of ? -1 : p->of > q->of;
}

static double wrapped(double d, double period) { return period > 0 ? d - period * rint(d / period) : d; }

/* Contacts of labels a-b and all neighbours of a, per shell; by rank where `edges` is NULL. */
static void define(const cloud *c, const uint8_t *label, int a, int b, const size_t *ranks, const double *edges, size_t shells, double period,
                   uint64_t *contacts, uint64_t *all)
{
    near *found = calloc(c->n, sizeof *found);
    memset(contacts, 0, shells * sizeof *contacts);
    memset(all, 0, shells * sizeof *all);
    for (size_t i = 0; i < c->n; i++) {
        size_t n = 0;
        if (label[i] != a) continue;
        for (size_t j = 0; j < c->n; j++) {
            const double dx = wrapped((double)c->fx[j] - (double)c->fx[i], period), dy = wrapped((double)c->fy[j] - (double)c->fy[i], period);
            const double dz = wrapped((double)c->fz[j] - (double)c->fz[i], period);
            if (j != i && label[j]) found[n++] = (near){ (dx * dx + dy * dy) + dz * dz, j };
        }
        qsort(found, n, sizeof *found, by_distance);
        for (size_t k = 0; k < n; k++)
            for (size_t m = 0; m < shells; m++) {
                const double d = sqrt(found[k].d2);
                if (edges ? d < edges[m] || d >= edges[m + 1] : k >= ranks[m]) continue;
                all[m]++;
                contacts[m] += label[found[k].of] == b;
            }
    }
    free(found);
}

static void check_definition(oa_context *context, const cloud *c, const uint8_t *label, const size_t *ranks, const double *edges, size_t shells, const char *name,
                             const char *text, double period)
{
    static const int pair[4][2] = { { 1, 1 }, { 1, 2 }, { 3, 2 }, { 2, 2 } };
    oa_ions *ions = labelled(context, c, label);
    step_run *s = begin(context, ions, "Ni,Ni-Cr,Al-Cr,Cr", name, text);
    char box[96];
    snprintf(box, sizeof box, "%.17g,%.17g,%.17g", period, period, period);
    if (period > 0) step_set(s, "periodic", box);
    check_ok(context, go(s));
    const uint64_t *contacts = step_data(s, "order/contacts"), *neighbours = step_data(s, "order/neighbours");
    const double *alpha = step_data(s, "order/alpha"), *pm = step_data(s, "order/alpha_pm");
    uint64_t want[8], all[8];
    size_t count[4] = { 0 };
    for (size_t i = 0; i < c->n; i++) count[label[i]]++;
    for (size_t p = 0; p < 4; p++) {
        const double share = (double)count[pair[p][1]] / (double)(c->n - count[0]), delta = pair[p][0] == pair[p][1];
        define(c, label, pair[p][0], pair[p][1], ranks, edges, shells, period, want, all);
        for (size_t m = 0; m < shells; m++) {
            if (contacts[p * shells + m] != want[m] || neighbours[p * shells + m] != all[m])
                fail_msg("%s %s, pair %zu, shell %zu: %d of %d, expected %d of %d", name, text, p, m, (int)contacts[p * shells + m], (int)neighbours[p * shells + m],
                         (int)want[m], (int)all[m]);
            const double q = (double)want[m] / (double)all[m];
            check_real(alpha[p * shells + m], 1 - q / share, 1e-12);
            check_real(pm[p * shells + m], (q - share) / (delta - share), 1e-12);
        }
    }
    const uint32_t *shell = step_data(s, "shells/shell");
    for (size_t m = 0; m < shells; m++) {
        assert_int_equal(shell[m], ranks ? ranks[m] : m + 1);
        if (!edges) continue;
        check_real(((const double *)step_data(s, "shells/lower"))[m], edges[m], 0);
        check_real(((const double *)step_data(s, "shells/upper"))[m], edges[m + 1], 0);
    }
    step_end(s);
    oa_ions_free(ions);
}

static void neighbours_are_those_of_the_definition(void **state)
{
    static const size_t ranks[] = { 1, 4, 11 };
    static const double edges[] = { 0.1, 0.5, 0.8, 1.3 }, whole[] = { 0, 0.7 };
    cloud c = cloud_random(700, 4, 0, 3);
    uint8_t *label = random_labels(c.n, 3, 5);
    for (size_t i = 0; i < c.n; i += 17) label[i] = 0;
    for (size_t i = 0; i < 20; i++) cloud_set(&c, i, 1, 1, (double)(i / 10)); /* two crowds */
    check_definition(*state, &c, label, ranks, NULL, 3, "k", "1,4,11", 0);
    check_definition(*state, &c, label, NULL, edges, 3, "shells", "0.1,0.5,0.8,1.3", 0);
    check_definition(*state, &c, label, NULL, whole, 1, "shells", "0,0.7", 0);
    check_definition(*state, &c, label, NULL, edges, 3, "shells", "0.1,0.5,0.8,1.3", 4);
    free(label);
    cloud_free(&c);
}

/* ---- what must be true ---- */

/* fcc cells with Al on the corners, Ni on the faces: L1_2. */
static uint8_t *ordered(const cloud *c)
{
    uint8_t *label = calloc(c->n, 1);
    for (size_t i = 0; i < c->n; i++) label[i] = i % 4 == 0 ? 3 : 1;
    return label;
}

/* In a box that repeats, all have the same coordination: shares add up to 1, and contacts a-b are as many as b-a. */
static void contacts_are_mutual(void **state)
{
    cloud c = cloud_fcc(5, 0.36);
    uint8_t *label = random_labels(c.n, 3, 8);
    oa_ions *ions = labelled(*state, &c, label);
    step_run *s = begin(*state, ions, "Ni-Ni,Ni-Cr,Ni-Al,Cr-Ni,Cr-Cr,Cr-Al,Al-Ni,Al-Cr,Al-Al", "lattice", "fcc");
    static const double coordination[] = { 12, 6, 24, 12 };
    step_set(s, "lattice_parameter", "0.36");
    step_set(s, "lattice_shells", "4");
    step_set(s, "periodic", "1.8,1.8,1.8");
    check_ok(*state, go(s));
    const double *share = step_data(s, "order/share"), *z = step_data(s, "shells/coordination"), *radius = step_data(s, "shells/radius");
    const uint64_t *contacts = step_data(s, "order/contacts");
    for (int m = 0; m < 4; m++) {
        check_real(z[m], coordination[m], 0);
        check_real(radius[m], 0.36 * sqrt((m + 1) / 2.0), 1e-6);
        for (int a = 0; a < 3; a++) {
            check_real(share[4 * (3 * a) + m] + share[4 * (3 * a + 1) + m] + share[4 * (3 * a + 2) + m], 1, 1e-14);
            for (int b = 0; b < 3; b++) assert_int_equal(contacts[4 * (3 * a + b) + m], contacts[4 * (3 * b + a) + m]);
        }
    }
    step_end(s);
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* L1_2, whole and with 40 % of the ions lost at random, which changes no share of a fixed shell but by chance. */
static void lost_ions_do_not_bias_shells(void **state)
{
    static const double ideal[] = { -1.0 / 3, 1 };
    cloud c = cloud_fcc(16, 0.36);
    uint8_t *label = ordered(&c);
    oa_random random = oa_random_start(5, 5);
    for (int lost = 0; lost < 2; lost++) {
        for (size_t i = 0; lost && i < c.n; i++)
            if (oa_random_uniform(&random) < 0.4) label[i] = 0;
        oa_ions *ions = labelled(*state, &c, label);
        step_run *s = begin(*state, ions, "Al-Ni,Al-Al", "lattice", "fcc"), *k = begin(*state, ions, "Al-Ni", "k", "12");
        step_set(s, "lattice_parameter", "0.36");
        step_set(s, "lattice_shells", "2");
        step_set(s, "periodic", "5.76,5.76,5.76");
        check_ok(*state, go(s));
        check_ok(*state, go(k));
        const double *alpha = step_data(s, "order/alpha"), *pm = step_data(s, "order/alpha_pm");
        for (int m = 0; m < 2; m++) check_real(alpha[m], ideal[m], lost ? 0.02 : 1e-12);
        check_real(alpha[2], 1, 0);     /* no Al beside Al */
        check_real(pm[2], -1.0 / 3, lost ? 0.02 : 1e-12);
        check_real(alpha[3], -3, lost ? 0.1 : 1e-12);
        check_real(pm[3], 1, 1e-12);
        const double nearest = oa_array_real(step_array(k, "order/alpha"), 0);
        if (lost) assert_true(nearest > -0.25); /* but the 12 nearest now come from farther shells too */
        assert_non_null(strstr(step_text(s, "summary/strongest"), "shell 2")); /* Al-Al and Al-Ni say the same */
        assert_true(strlen(step_text(s, "summary/caveat")) > 100 && strlen(step_text(s, "summary/conventions")) > 100);
        step_end(s);
        step_end(k);
        oa_ions_free(ions);
    }
    free(label);
    cloud_free(&c);
}

/* ---- sets of species ---- */

static const char *const of_order[] = { "order/contacts", "order/neighbours", "order/share", "order/alpha", "order/alpha_pm", "order/alpha_sm" };

static step_run *in_box(oa_context *context, oa_ions *ions, const char *pairs, const char *edge)
{
    char box[64];
    step_run *s = begin(context, ions, pairs, "lattice", "fcc");
    snprintf(box, sizeof box, "%s,%s,%s", edge, edge, edge);
    step_set(s, "lattice_parameter", "0.36");
    step_set(s, "lattice_shells", "3");
    step_set(s, "periodic", box);
    return s;
}

/* A set is what its members would be under one name. */
static void a_set_is_its_members_as_one_species(void **state)
{
    cloud c = cloud_random(700, 4, 0, 3);
    uint8_t *label = random_labels(c.n, 3, 5);
    for (size_t i = 0; i < c.n; i += 17) label[i] = 0;
    oa_ions *apart = labelled(*state, &c, label);
    for (size_t i = 0; i < c.n; i++) label[i] = label[i] == 2 ? 1 : label[i];
    oa_ions *joined = labelled(*state, &c, label);
    for (int way = 0; way < 2; way++) {
        step_run *sets = begin(*state, apart, "Ni+Cr-Al,Al-Cr+Ni, Cr + Ni,Ni+Cr-Cr+Ni,Al", way ? "k" : "shells", way ? "3,7" : "0,0.4,0.7");
        step_run *one = begin(*state, joined, "Ni-Al,Al-Ni,Ni,Ni-Ni,Al", way ? "k" : "shells", way ? "3,7" : "0,0.4,0.7");
        check_ok(*state, go(sets));
        check_ok(*state, go(one));
        for (size_t k = 0; k < sizeof of_order / sizeof *of_order; k++)
            assert_memory_equal(step_data(sets, of_order[k]), step_data(one, of_order[k]), oa_array_bytes(step_array(one, of_order[k])));
        assert_memory_equal(step_data(sets, "profile/alpha"), step_data(one, "profile/alpha"), oa_array_bytes(step_array(one, "profile/alpha")));
        assert_int_equal(oa_array_count(step_array(sets, "species/ions")), 3); /* each on its own */
        assert_non_null(strstr(step_array(sets, "order/pair")->long_name, "0 Ni+Cr-Al, 1 Al-Cr+Ni"));
        step_end(sets);
        step_end(one);
    }
    oa_ions_free(apart);
    oa_ions_free(joined);
    free(label);
    cloud_free(&c);
}

/* L1_2 whose majority sites hold two species at random: both together have the values of the structure, each alone those of chance as to the other. */
static void sets_have_the_values_of_their_sites(void **state)
{
    static const double alpha[4][3] = { { -1.0 / 3, 1, -1.0 / 3 }, { -1.0 / 3, 1, -1.0 / 3 }, { 1, -3, 1 }, { 1.0 / 9, -1.0 / 3, 1.0 / 9 } };
    static const double pm[4][3] = { { -1.0 / 3, 1, -1.0 / 3 }, { -1.0 / 3, 1, -1.0 / 3 }, { -1.0 / 3, 1, -1.0 / 3 }, { -1.0 / 3, 1, -1.0 / 3 } };
    static const double sm[4][3] = { { 1, -1, 1 }, { 1.0 / 9, -1, 1.0 / 9 }, { -1, 1, -1 }, { -1.0 / 9, 1, -1.0 / 9 } };
    cloud c = cloud_fcc(10, 0.36);
    uint8_t *label = ordered(&c);
    oa_random random = oa_random_start(5, 9);
    for (size_t i = 0; i < c.n; i++)
        if (label[i] == 1) label[i] = (uint8_t)(1 + oa_random_below(&random, 2));
    oa_ions *ions = labelled(*state, &c, label);
    step_run *s = in_box(*state, ions, "Al-Ni+Cr,Ni+Cr-Al,Al,Ni+Cr,Ni-Cr", "3.6");
    check_ok(*state, go(s));
    const double *found[3] = { step_data(s, "order/alpha"), step_data(s, "order/alpha_pm"), step_data(s, "order/alpha_sm") };
    const uint64_t *contacts = step_data(s, "order/contacts");
    for (int m = 0; m < 3; m++) {
        for (int p = 0; p < 4; p++) {
            check_real(found[0][3 * p + m], alpha[p][m], 1e-12);
            check_real(found[1][3 * p + m], pm[p][m], 1e-12);
            check_real(found[2][3 * p + m], sm[p][m], 1e-12);
        }
        assert_int_equal(contacts[m], contacts[3 + m]); /* of Al with the set, of the set with Al */
    }
    check_real(found[0][12], 1.0 / 9, 0.03); /* of the neighbours that are no Al, half are Cr */
    step_end(s);
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* -1 without contacts, 1 with no others, 0 at the concentration, and never outside; all species together have nothing to prefer. */
static void alpha_sm_is_between_minus_one_and_one(void **state)
{
    cloud c = cloud_random(120, 2, 0, 4);
    for (uint64_t seed = 0; seed < 40; seed++) {
        uint8_t *label = random_labels(c.n, 3, seed);
        oa_ions *ions = labelled(*state, &c, label);
        step_run *s = begin(*state, ions, "Ni,Ni-Cr,Al+Cr-Ni,Cr+Al,Ni+Cr+Al", "shells", "0,0.3,0.4,0.8");
        check_ok(*state, go(s));
        const double *sm = step_data(s, "order/alpha_sm"), *pm = step_data(s, "order/alpha_pm");
        const double *share = step_data(s, "order/share"), *x = step_data(s, "species/concentration"), *alpha = step_data(s, "order/alpha"), of[] = { x[0], x[1], x[0], x[1] + x[2], 1 };
        for (int p = 0; p < 5; p++)
            for (int m = 0; m < 3; m++) {
                const double value = sm[3 * p + m], q = share[3 * p + m];
                if (isnan(q)) { assert_true(isnan(value)); continue; }
                if (value < -1 || value > 1) fail_msg("alpha_sm is %g", value);
                if (p < 4) check_real(value, q >= of[p] ? (q - of[p]) / (1 - of[p]) : (q - of[p]) / of[p], 1e-12);
                if (p < 4 && q < of[p]) check_real(value, -alpha[3 * p + m], 1e-12);
                if (p == 4) assert_true(q == 1 && value == 0 && alpha[3 * p + m] == 0 && pm[3 * p + m] == 0);
            }
        step_end(s);
        oa_ions_free(ions);
        free(label);
    }
    cloud_free(&c);
}

/* A user's own label may hold a +. */
static void a_label_with_a_plus_is_no_set(void **state)
{
    cloud c = cloud_random(100, 3, 0, 2);
    uint8_t *label = random_labels(c.n, 3, 6);
    oa_ions *ions = labelled(*state, &c, label);
    oa_ion_type *types = (oa_ion_type *)(uintptr_t)ions->ranges->types;
    for (size_t t = 0; t < ions->ranges->n_types; t++)
        if (strcmp(types[t].name, "Al") == 0) snprintf(types[t].name, sizeof types[t].name, "Ni+Cr");
    step_run *s = begin(*state, ions, "Ni+Cr,Ni", "k", "4"), *n = begin(*state, ions, "Al,Ni", "k", "4");
    check_ok(*state, go(s));
    check_ok(*state, go(n));
    assert_memory_equal(step_data(s, "order/alpha"), step_data(n, "order/alpha"), oa_array_bytes(step_array(n, "order/alpha")));
    step_end(s);
    step_end(n);
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* ---- chance ---- */

/* Means of the draws are what drawing without replacement gives: alpha_ij = -1/(n - 1) for i != j, (c/(1 - c))^-1 / (n - 1) for i = j. */
static void random_orders_have_their_expectation(void **state)
{
    cloud c = cloud_random(60, 3, 0, 2);
    uint8_t *label = random_labels(c.n, 2, 3);
    size_t cr = 0;
    for (size_t i = 0; i < c.n; i++) cr += label[i] == 2;
    oa_ions *ions = labelled(*state, &c, label);
    step_run *s = begin(*state, ions, "Cr-Ni,Cr-Cr", "k", "5");
    step_set(s, "draws", "8000");
    check_ok(*state, go(s));
    const double *control = step_data(s, "order/control"), *error = step_data(s, "order/control_errors"), n = (double)c.n, x = (double)cr / n;
    check_real(control[0], -1 / (n - 1), 4 * error[0] / sqrt(8000));
    check_real(control[1], 1 - ((double)cr - 1) / (n - 1) / x, 4 * error[1] / sqrt(8000));
    step_end(s);
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* 500 specimens with random labels on places that are not random (Kolmogorov-Smirnov: 1.63 / sqrt(500) at 1 %). */
static void p_values_are_uniform_at_random(void **state)
{
    static double ranks[SPECIMENS], shells[SPECIMENS], sets[SPECIMENS];
    for (int i = 0; i < SPECIMENS; i++) {
        cloud c = cloud_random(300, 3, 0, (uint64_t)i);
        for (size_t j = 0; j < c.n / 2; j++) cloud_set(&c, j, rint(4 * c.x[j]) / 8, c.y[j] / 3, c.z[j] / 3);
        uint8_t *label = random_labels(c.n, 3, 1000 + (uint64_t)i);
        oa_ions *ions = labelled(*state, &c, label);
        step_run *k = begin(*state, ions, "Cr-Ni+Al,Cr-Cr,Ni-Al,Ni+Cr", "k", "3,9"), *r = begin(*state, ions, "Al-Cr,Al+Cr-Ni", "shells", "0.2,0.5,0.9");
        char seed[16];
        snprintf(seed, sizeof seed, "%d", i);
        step_set(k, "draws", "19"), step_set(r, "draws", "19");
        step_set(k, "seed", seed), step_set(r, "seed", seed);
        check_ok(*state, go(k));
        check_ok(*state, go(r));
        ranks[i] = step_real(k, "summary/p_permuted");
        shells[i] = oa_array_real(step_array(r, "order/p_value"), 1);
        sets[i] = oa_array_real(step_array(r, "order/p_value"), 3);
        step_end(k);
        step_end(r);
        oa_ions_free(ions);
        free(label);
        cloud_free(&c);
    }
    check_uniform(ranks, "all pairs by rank");
    check_uniform(shells, "one pair by distance");
    check_uniform(sets, "two sets by distance");
}

/* ---- nothing else matters ---- */

static const char *digest_of(oa_context *context, oa_ions *ions, bool by_rank)
{
    step_run *s = begin(context, ions, "Cr,Cr-Ni+Al", by_rank ? "k" : "shells", by_rank ? "7,12" : "0,0.3,0.5");
    step_set(s, "draws", "40");
    check_ok(context, go(s));
    const char *digest = step_digest(s);
    step_end(s);
    return digest;
}

static void threads_and_kernels_do_not_matter(void **state)
{
    cloud c = cloud_random(20000, 9, 0, 14);
    uint8_t *label = random_labels(c.n, 3, 9);
    oa_ions *ions = labelled(*state, &c, label);
    char want[2][65];
    for (int i = 0; i < 2; i++) snprintf(want[i], sizeof want[i], "%s", digest_of(*state, ions, i));
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_context_options options = { .threads = 1 + (int)strlen(*name) % 3, .kernel = *name };
        oa_context *context;
        if (!oa_kernels_find(*name)) continue;
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        oa_ions *same = labelled(context, &c, label);
        for (int i = 0; i < 2; i++) assert_string_equal(digest_of(context, same, i), want[i]);
        oa_ions_free(same);
        oa_context_free(context);
    }
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

/* The parts of slabs, one after the other, are the whole: layers and draws. */
static void slabs_are_parts(void **state)
{
    static const char *const split[] = { "profile/alpha", "profile/contacts", "profile/neighbours", "profile/all_neighbours", "profile/distances", "profile/z",
                                         "draws/alpha" };
    enum { ARRAYS = sizeof split / sizeof *split };
    cloud c = cloud_random(700, 5, 0.1, 6);
    uint8_t *label = random_labels(c.n, 2, 7);
    oa_ions *ions = labelled(*state, &c, label);
    for (int slabs = 1; slabs <= 13; slabs += 4) {
        step_run *whole = begin(*state, ions, "Cr-Ni,Cr+Ni", "k", "4,6");
        step_set(whole, "draws", "37");
        check_ok(*state, step_go(whole));
        size_t at[ARRAYS] = { 0 };
        for (int slab = 1; slab <= slabs; slab++) {
            step_run *part = begin(*state, ions, "Cr-Ni,Cr+Ni", "k", "4,6");
            step_set(part, "draws", "37");
            part->run.slab = slab, part->run.slabs = slabs;
            check_ok(*state, step_go(part));
            for (int i = 0; i < ARRAYS; i++) {
                const oa_array *a = step_array(part, split[i]);
                assert_memory_equal((const char *)step_data(whole, split[i]) + at[i], a->block->data, oa_array_bytes(a));
                at[i] += oa_array_bytes(a);
            }
            step_end(part);
        }
        for (int i = 0; i < ARRAYS; i++) assert_int_equal(at[i], oa_array_bytes(step_array(whole, split[i])));
        step_end(whole);
    }
    oa_ions_free(ions);
    free(label);
    cloud_free(&c);
}

static void what_cannot_be_counted_is_said(void **state)
{
    static const struct { const char *pairs, *name, *text, *other, *value, *code; } row[] = {
        { "Cr", "k", "100", NULL, NULL, "E_FEW_IONS" },
        { "Fe", "k", "4", NULL, NULL, "E_SPECIES_UNKNOWN" },
        { "Ni-Al", "k", "4", NULL, NULL, "E_EMPTY_DATA" },                     /* a type that no ion has */
        { "", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" },
        { "Cr+-Ni", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" },               /* a set with an empty place */
        { "+", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" },
        { "-Cr", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" },                  /* an empty set */
        { "Cr+Ni+Cr", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" },             /* a species twice */
        { "Cr+Ni-Cr", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" },             /* partly shared */
        { "Cr+Ni-Ni+Al", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" },
        { "Cr+Fe-Ni", "k", "4", NULL, NULL, "E_SPECIES_UNKNOWN" },
        { "Cr+Al-Ni", "k", "4", NULL, NULL, "E_EMPTY_DATA" },                  /* a member that no ion is of */
        { "Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni+Cr+Ni", "k", "4", NULL, NULL, "E_PARAMETER_VALUE" }, /* too long a name */
        { "Cr", "k", "4.5", NULL, NULL, "E_PARAMETER_VALUE" },
        { "Cr", "k", "7,4", NULL, NULL, "E_PARAMETER_RANGE" },
        { "Cr", "shells", "0.2,0.4,0.3", NULL, NULL, "E_PARAMETER_RANGE" },    /* overlap */
        { "Cr", "shells", "0.2,0.2", NULL, NULL, "E_PARAMETER_RANGE" },
        { "Cr", "lattice", "fcc", NULL, NULL, "E_PARAMETER_VALUE" },           /* no parameter */
        { "Cr", "shells", "0,0.3", "k", "4", "E_PARAMETER_VALUE" },
        { "Cr", "layers", "3", NULL, NULL, "E_PARAMETER_VALUE" },              /* no shells at all */
        { "Cr", "k", "4", "periodic", "3,3,3", "E_PARAMETER_VALUE" },
        { "Cr", "shells", "0,1.6", "periodic", "3,3,3", "E_PARAMETER_RANGE" }, /* beyond half the box */
        { "Cr", "shells", "0,0.5", "periodic", "3,3,2", "E_PARAMETER_RANGE" }, /* ions beyond the box */
    };
    cloud c = cloud_random(100, 3, 0, 2);
    uint8_t label[100];
    for (int i = 0; i < 100; i++) label[i] = i < 40 ? 2 : 1;
    oa_ions *ions = labelled(*state, &c, label);
    for (size_t k = 0; k < sizeof row / sizeof *row; k++) {
        step_run *s = begin(*state, ions, row[k].pairs, row[k].name, row[k].text);
        if (row[k].other) step_set(s, row[k].other, row[k].value);
        check_fails(*state, step_go(s), row[k].code);
        step_end(s);
    }
    step_run *none = begin(*state, ions, "Cr-Ni,Cr", "shells", "0,0.0001,0.5"); /* an empty shell says nothing, and the others still do */
    check_ok(*state, go(none));
    assert_true(isnan(oa_array_real(step_array(none, "order/alpha"), 0)) && isnan(oa_array_real(step_array(none, "order/p_value"), 0)));
    assert_true(isfinite(oa_array_real(step_array(none, "order/alpha"), 1)) && step_real(none, "summary/p_permuted") > 0);
    step_end(none);
    oa_ions_free(ions);
    memset(label, 2, sizeof label);
    ions = labelled(*state, &c, label);
    step_run *all = begin(*state, ions, "Cr", "k", "3");
    check_fails(*state, step_go(all), "E_EMPTY_DATA");
    step_end(all);
    oa_ions_free(ions);
    cloud_free(&c);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(neighbours_are_those_of_the_definition), with_context(contacts_are_mutual), with_context(lost_ions_do_not_bias_shells),
        with_context(a_set_is_its_members_as_one_species), with_context(sets_have_the_values_of_their_sites), with_context(alpha_sm_is_between_minus_one_and_one),
        with_context(a_label_with_a_plus_is_no_set),
        with_context(random_orders_have_their_expectation), with_context(p_values_are_uniform_at_random), with_context(threads_and_kernels_do_not_matter),
        with_context(slabs_are_parts), with_context(what_cannot_be_counted_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
