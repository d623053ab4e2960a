/* test_properties.c - what no step may change its numbers for: where the specimen lies, how it is turned about z, the order of its ions, the names of
 * its species; and what twice the specimen gives twice of. Random specimens; places are odd multiples of 1/2048 nm, so that shifts and turns are exact and nothing
 * lies on an edge. */
#include "core/step/labelled.h"
#include "data/elements.h"

enum { IONS = 1600, SEEDS = 3 };

#define X(name) extern const oa_step oa_step_##name;
X(composition) X(spectrum) X(frequency) X(neighbours) X(warren_cowley) X(sdm) X(diffuse) X(domains)
#undef X

/* ---------------------------------------------------------------------------------------------- specimens */

typedef struct specimen {
    cloud c;
    uint8_t label[2 * IONS]; /* 1, 2, 3; 0: without a type */
    unsigned element[3];     /* atomic number of each label */
} specimen;

static double odd(double value) { return (floor(value * 1024) + 0.5) / 1024; }

/* Half of the ions anywhere in a cube of 6 nm, half in dense balls of the first species. */
static specimen random_specimen(uint64_t seed)
{
    specimen s = { .c = cloud_new(IONS), .element = { 28, 24, 13 } };
    oa_random random = oa_random_start(seed, 3);
    double at[3] = { 0, 0, 0 };
    for (size_t i = 0; i < IONS; i++) {
        double p[3];
        const bool is_dense = i >= IONS / 2;
        if (i % 50 == 0)
            for (int a = 0; a < 3; a++) at[a] = 4 * (oa_random_uniform(&random) - 0.5);
        for (int a = 0; a < 3; a++) p[a] = odd((is_dense ? at[a] : 0) + (is_dense ? 0.8 : 6) * (oa_random_uniform(&random) - 0.5));
        cloud_set(&s.c, i, p[0], p[1], p[2]);
        s.label[i] = is_dense && oa_random_below(&random, 4) ? 1 : (uint8_t)oa_random_below(&random, 4);
    }
    return s;
}

/* ---------------------------------------------------------------------------------------------- changes */

static void shift(specimen *s)
{
    for (size_t i = 0; i < s->c.n; i++) cloud_set(&s->c, i, s->c.x[i] + 12, s->c.y[i] - 8, s->c.z[i] + 20);
}

static void turn(specimen *s)
{
    for (size_t i = 0; i < s->c.n; i++) cloud_set(&s->c, i, -s->c.y[i], s->c.x[i], s->c.z[i]);
}

static void mix(specimen *s)
{
    oa_random random = oa_random_start(99, 0);
    for (size_t i = s->c.n - 1; i > 0; i--) {
        const size_t k = (size_t)oa_random_below(&random, i + 1);
        const double p[3] = { s->c.x[i], s->c.y[i], s->c.z[i] };
        const uint8_t label = s->label[i];
        cloud_set(&s->c, i, s->c.x[k], s->c.y[k], s->c.z[k]);
        cloud_set(&s->c, k, p[0], p[1], p[2]);
        s->label[i] = s->label[k];
        s->label[k] = label;
    }
}

/* Other elements, in the same alphabetical and numerical order. */
static void rename_species(specimen *s)
{
    s->element[0] = 78; /* Pt for Ni */
    s->element[1] = 72; /* Hf for Cr */
    s->element[2] = 47; /* Ag for Al */
}

/* A copy beside it, in the same order behind it, out of reach of all pairs. */
static void twice(specimen *s)
{
    specimen two = { .c = cloud_new(2 * s->c.n), .element = { s->element[0], s->element[1], s->element[2] } };
    for (size_t i = 0; i < two.c.n; i++) {
        const size_t k = i % s->c.n;
        cloud_set(&two.c, i, s->c.x[k] + (i < s->c.n ? 0 : 32), s->c.y[k], s->c.z[k]);
        two.label[i] = s->label[k];
    }
    cloud_free(&s->c);
    *s = two;
}

typedef enum change { SHIFT, TURN, MIX, RENAME, TWICE, CHANGES } change;
static void (*const changes[CHANGES])(specimen *) = { shift, turn, mix, rename_species, twice };
static const char *const change_words[CHANGES] = { "shifted", "turned about z", "in another order", "of other elements", "twice" };

/* ---------------------------------------------------------------------------------------------- steps */

/* Arrays that must stay the same under each change: "*" stands for all of a list; `doubled`: those that become twice as large. {0}, {1}: names of the first two species. */
typedef struct held {
    const oa_step *step;
    const char *params[8];
    const char *same[CHANGES];
    const char *doubled;
} held;

#define COUNTS "composition/fraction,ionic/fraction,summary/unranged_fraction"
#define PAIRS "order/alpha,order/alpha_pm,order/alpha_sm,order/share,order/contacts,order/neighbours,species/concentration"
#define KNN "distribution/ions,orders/mean,orders/deviation,summary/centres,summary/candidates,summary/nearest"
#define DOMAINS "summary/ions,summary/domains,summary/noise_ions,summary/largest_domain,summary/mean_size,summary/median_size,size_distribution/count"
static const held rows[] = {
    { &oa_step_composition, { NULL }, { COUNTS ",composition/counts", COUNTS ",composition/counts", COUNTS ",composition/counts", COUNTS, COUNTS },
      "summary/ions,summary/ranged,summary/unranged,summary/counted" },
    { &oa_step_spectrum, { "bin_width", "0.5", NULL }, { "spectrum/counts", "spectrum/counts", "spectrum/counts", "spectrum/counts", "summary/highest_peak" },
      "spectrum/counts,summary/counted" },
    { &oa_step_frequency, { "species", "{0}", "block", "50", "draws", "0", NULL }, { NULL, NULL, NULL, "distribution/observed,summary/chi2,summary/mu", NULL }, NULL },
    { &oa_step_neighbours, { "pairs", "{0}-{1}", "k", "4", "draws", "0", "range", "4" }, { KNN, KNN, KNN, KNN, "orders/mean,summary/nearest" }, "distribution/ions,summary/centres" },
    { &oa_step_warren_cowley, { "pairs", "{0}-{1},{1}-{0},{0}-{0}", "shells", "0.2,0.5,0.8", "draws", "0", NULL }, { PAIRS, PAIRS, PAIRS, PAIRS, "order/alpha,order/share,species/concentration" },
      "order/contacts,species/ions" },
    { &oa_step_sdm, { "pairs", "{0}-{1}", "radius", "0.7", "stride", "1", NULL }, { "mean_map/counts,summary/voxels,summary/counts", NULL, "mean_map/counts,summary/voxels,summary/counts",
      "mean_map/counts,summary/counts", NULL }, NULL },
    { &oa_step_diffuse, { "species", "{0}", "q", "0,0,3;0,0,11", "units", "per_nm", NULL }, { "factor/structure_factor", "factor/structure_factor", "factor/structure_factor", "factor/structure_factor", NULL }, NULL },
    { &oa_step_domains, { "species", "{0}", "method", "max_separation", "eps", "0.25", "min_points", "4" }, { DOMAINS, DOMAINS, DOMAINS, DOMAINS, "summary/largest_domain,summary/mean_size" },
      "summary/ions,summary/domains,summary/noise_ions,size_distribution/count" },
    /* An ion at the edge of two dense regions goes to the one that comes first (Ester et al. 1996): sizes depend on the order, numbers do not. */
    { &oa_step_domains, { "species", "{0}", "eps", "0.25", "min_points", "4", NULL }, { DOMAINS, DOMAINS, "summary/domains,summary/noise_ions,summary/mean_size", DOMAINS, "summary/mean_size" },
      "summary/domains,summary/noise_ions,size_distribution/count" },
};

/* {0} and {1} are names of species. */
static void set_param(step_run *r, const specimen *s, const char *name, const char *text)
{
    char out[128] = "";
    size_t n = 0;
    for (const char *at = text; *at; at++) {
        const bool is_name = at[0] == '{' && at[2] == '}';
        if (is_name) n += (size_t)snprintf(out + n, sizeof out - n, "%s", oa_element_symbol(s->element[at[1] - '0'])), at += 2;
        else out[n++] = *at, out[n] = 0;
    }
    step_set(r, name, out);
}

static step_run *results(oa_context *context, const held *row, const specimen *s)
{
    oa_ions *ions = labelled_as(context, &s->c, s->label, s->element);
    step_run *r = step_begin(context, row->step);
    for (int k = 0; k < 8 && row->params[k]; k += 2) set_param(r, s, row->params[k], row->params[k + 1]);
    step_ions(r, row->step->slots[0].name, ions);
    check_ok(context, step_go(r));
    if (row->step->finish) check_ok(context, row->step->finish(&r->run, r->settings->values));
    oa_ions_free(ions);
    return r;
}

static void check_array(const step_run *a, const step_run *b, const char *name, double factor, const char *what)
{
    const oa_array *one = step_array(a, name), *two = step_array(b, name);
    const size_t n = oa_array_count(one);
    if (n == 0 || n != oa_array_count(two)) fail_msg("%s, %s: %zu values of %s, then %zu", a->run.step->name, what, n, name, oa_array_count(two));
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const double x = factor * oa_array_real(one, i), y = oa_array_real(two, i);
        any |= x != 0;
        if (!(fabs(x - y) <= 1e-9 * fmax(fabs(x), 1)) && !(isnan(x) && isnan(y))) fail_msg("%s, %s: %s[%zu] is %.12g, then %.12g", a->run.step->name, what, name, i, x, y);
    }
    if (!any) fail_msg("%s: all of %s is 0, which shows nothing", a->run.step->name, name);
}

static void check_list(const step_run *a, const step_run *b, const char *list, double factor, const char *what)
{
    char name[64];
    for (size_t length; list && *list; list += length + (list[length] == ',')) {
        length = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)length, list);
        check_array(a, b, name, factor, what);
    }
}

static void try_change(oa_context *context, const held *row, change how, uint64_t seed)
{
    specimen before = random_specimen(seed), after = random_specimen(seed);
    changes[how](&after);
    step_run *a = results(context, row, &before), *b = results(context, row, &after);
    check_list(a, b, row->same[how], 1, change_words[how]);
    if (how == TWICE) check_list(a, b, row->doubled, 2, change_words[how]);
    step_end(a);
    step_end(b);
    cloud_free(&before.c);
    cloud_free(&after.c);
}

static void all_rows(oa_context *context, change how)
{
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
        for (uint64_t seed = 1; seed <= SEEDS; seed++)
            if (rows[k].same[how]) try_change(context, &rows[k], how, seed);
}

static void a_shift_changes_nothing(void **state) { all_rows(*state, SHIFT); }
static void a_turn_about_z_changes_nothing(void **state) { all_rows(*state, TURN); }
static void the_order_of_ions_changes_nothing(void **state) { all_rows(*state, MIX); }
static void names_change_nothing(void **state) { all_rows(*state, RENAME); }
static void twice_the_specimen_gives_twice_the_counts(void **state) { all_rows(*state, TWICE); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_shift_changes_nothing, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(a_turn_about_z_changes_nothing, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(the_order_of_ions_changes_nothing, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(names_change_nothing, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(twice_the_specimen_gives_twice_the_counts, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
