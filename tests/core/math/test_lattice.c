/* test_lattice.c - sites, sublattices, spheres without overlap, sorting by key. */
#include "base/random.h"
#include "check.h"
#include "math/lattice.h"
#include "math/order.h"
#include "math/spheres.h"

typedef struct tally {
    const oa_structure *structure;
    uint64_t sites, ordered, sum;
} tally;

static oa_status count_site(void *arg, const oa_site *site)
{
    tally *t = arg;
    t->sites++;
    t->ordered += t->structure->is_ordered && t->structure->is_ordered(site->h, site->k, site->l);
    t->sum += oa_site__number(site) * 2654435761u; /* the same for the same set of sites, whatever the order */
    return OA_OK;
}

static tally tally_of(oa_context *context, const oa_structure *structure, const char *direction, double tilt, const double box[6])
{
    oa_lattice lattice;
    tally t = { .structure = structure };
    check_ok(context, oa_lattice__make(context, structure->parent, 0.4, direction, 10, tilt, &lattice));
    for (int d = 0; d < 3; d++) lattice.origin[d] = 0.05;
    check_ok(context, oa_lattice__each(context, &lattice, box, count_site, &t));
    return t;
}

/* 20 x 20 x 20 cells, whichever way the crystal is turned: 4 or 2 sites a cell, of which the share is ordered. */
static void densities_and_shares(void **state)
{
    static const char *const directions[] = { "001", "011", "111" };
    const double box[6] = { -4, 4, -4, 4, -8, 0 };
    for (const oa_structure *s = oa_structures; s->name; s++)
        for (int d = 0; d < 3; d++) {
            const tally t = tally_of(*state, s, directions[d], 3, box);
            const double want = (s->parent == OA_FCC ? 4 : 2) * 8000.0;
            check_real((double)t.sites, want, 0.01 * want);
            check_real((double)t.ordered, s->share * (double)t.sites, 0.01 * want);
        }
}

static void boxes_that_share_a_face_share_no_site(void **state)
{
    const double whole[6] = { -3, 3, -2, 2.5, -3, 1 };
    for (int axis = 0; axis < 3; axis++) {
        double low[6], high[6];
        memcpy(low, whole, sizeof low);
        memcpy(high, whole, sizeof high);
        low[2 * axis + 1] = high[2 * axis] = 0.25; /* a multiple of the half cell, off by the origin: many sites in the face */
        const tally all = tally_of(*state, oa_structure__find("l12"), "001", 0, whole);
        const tally a = tally_of(*state, oa_structure__find("l12"), "001", 0, low);
        const tally b = tally_of(*state, oa_structure__find("l12"), "001", 0, high);
        assert_int_equal(a.sites + b.sites, all.sites);
        assert_true(a.sum + b.sum == all.sum);
    }
}

/* A translation of the parent lattice keeps its sites; some translation takes an ordered sublattice elsewhere. */
static void translations_make_antiphase_variants(void **state)
{
    (void)state;
    for (const oa_structure *s = oa_structures; s->name; s++) {
        bool moves = false;
        for (int v = 0; v < OA_TRANSLATIONS; v++) {
            const int32_t *t = oa_translations[s->parent][v];
            if (s->parent == OA_FCC) assert_int_equal((t[0] + t[1] + t[2]) & 1, 0);
            else assert_true(((t[0] ^ t[1]) & 1) == 0 && ((t[1] ^ t[2]) & 1) == 0);
            if (s->is_ordered) moves = moves || s->is_ordered(t[0], t[1], t[2]) != s->is_ordered(0, 0, 0);
        }
        assert_true(moves == (s->share > 0));
    }
}

static void far_boxes_are_refused(void **state)
{
    oa_lattice lattice;
    tally t = { .structure = oa_structures };
    const double box[6] = { 1e6, 1e6 + 1, 0, 1, 0, 1 };
    check_ok(*state, oa_lattice__make(*state, OA_FCC, 0.36, "001", 0, 0, &lattice));
    check_fails(*state, oa_lattice__each(*state, &lattice, box, count_site, &t), "E_PARAMETER_RANGE");
}

static void spheres_do_not_overlap(void **state)
{
    enum { SPHERES = 200 };
    const double box[6] = { -10, 10, -10, 10, -30, 0 };
    oa_random random = oa_random_start(11, 0);
    oa_spheres s = { .context = *state, .n = SPHERES, .stretch = { 1, 1, 1.5 } };
    check_ok(*state, oa_new(*state, &s.sphere, SPHERES, sizeof *s.sphere));
    for (int i = 0; i < SPHERES; i++) s.sphere[i].radius = 1.2 - 0.004 * i;
    check_ok(*state, oa_spheres__place(&s, box, 0.1, &random));
    for (int i = 0; i < SPHERES; i++) {
        const oa_sphere *a = &s.sphere[i];
        for (int d = 0; d < 3; d++) {
            assert_true(a->centre[d] - a->radius * s.stretch[d] >= box[2 * d] - 1e-12);
            assert_true(a->centre[d] + a->radius * s.stretch[d] <= box[2 * d + 1] + 1e-12);
        }
        assert_int_equal(oa_spheres__find(&s, a->centre[0], a->centre[1], a->centre[2] + 1.499 * a->radius), i + 1);
        assert_int_equal(oa_spheres__find(&s, a->centre[0] + 1.001 * a->radius, a->centre[1], a->centre[2]), 0);
    }
    for (int k = 0; k < 20000; k++) { /* the cells find what looking at every sphere finds */
        double at[3];
        uint32_t want = 0;
        for (int d = 0; d < 3; d++) at[d] = box[2 * d] + (box[2 * d + 1] - box[2 * d]) * oa_random_uniform(&random);
        for (uint32_t i = 0; i < SPHERES && !want; i++) {
            double sum = 0;
            for (int d = 0; d < 3; d++) sum += pow((at[d] - s.sphere[i].centre[d]) / s.stretch[d], 2);
            if (sum <= s.sphere[i].radius * s.sphere[i].radius) want = i + 1;
        }
        assert_int_equal(oa_spheres__find(&s, at[0], at[1], at[2]), want);
    }
    oa_spheres__drop(&s);
}

static void sorting_keeps_equal_keys_in_order(void **state)
{
    enum { ITEMS = 100000 };
    static uint64_t items[ITEMS];
    oa_random random = oa_random_start(2, 0);
    for (uint64_t i = 0; i < ITEMS; i++) items[i] = (i & 1 ? oa_random_below(&random, 50) : oa_random_u32(&random)) << 32 | i;
    check_ok(*state, oa_order__sort(*state, items, ITEMS));
    for (size_t i = 1; i < ITEMS; i++) assert_true(items[i - 1] < items[i]); /* key first, then the order they came in */
    const float rising[] = { -INFINITY, -3e38f, -1, -1e-40f, -0.0f, 0, 1e-40f, 1, 3e38f, INFINITY };
    for (size_t i = 1; i < sizeof rising / sizeof *rising; i++) assert_true(oa_order__of_float(rising[i - 1]) < oa_order__of_float(rising[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(densities_and_shares, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(boxes_that_share_a_face_share_no_site, check_setup, check_teardown),
        cmocka_unit_test(translations_make_antiphase_variants),
        cmocka_unit_test_setup_teardown(far_boxes_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(spheres_do_not_overlap, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(sorting_keeps_equal_keys_in_order, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
