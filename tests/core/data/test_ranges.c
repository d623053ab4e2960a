/* test_ranges.c - ion types are found again, named once, and looked up with both ends included. */
#include "data/ranges.h"

#include "check.h"

static oa_ion_type type_of(const char *name, int charge, int n, const uint16_t *hashes)
{
    oa_ion_type type = { .charge = charge, .n_atoms = n };
    for (int i = 0; i < n; i++) type.nuclides[i] = hashes[i];
    snprintf(type.name, sizeof type.name, "%s", name);
    if (n) oa_ion_type__name(&type);
    return type;
}

static unsigned add(oa_ranges *ranges, const char *name, int charge, int n, const uint16_t *hashes)
{
    const oa_ion_type type = type_of(name, charge, n, hashes);
    unsigned number = 0;
    check_ok(ranges->context, oa_ranges__add_type(ranges, &type, &number));
    return number;
}

static const uint16_t ni[] = { OA_ELEMENT_HASH(28) }, ni58[] = { 28 + 256 * 30 }, cro2[] = { OA_ELEMENT_HASH(24), OA_ELEMENT_HASH(8), OA_ELEMENT_HASH(8) },
                      ni2[] = { OA_ELEMENT_HASH(28), OA_ELEMENT_HASH(28) };

static oa_ranges *some_ranges(oa_context *context)
{
    oa_ranges *r;
    check_ok(context, oa_ranges__create(context, &r));
    const unsigned a = add(r, "", 2, 1, ni), b = add(r, "", 1, 3, cro2), c = add(r, "noise", 0, 0, NULL);
    check_ok(context, oa_ranges__add(r, 83, 85, b));
    check_ok(context, oa_ranges__add(r, 28.5, 29.5, a));
    check_ok(context, oa_ranges__add(r, 29.5, 30.5, c));
    check_ok(context, oa_ranges__add(r, 30.75, 30.75, a));
    oa_ranges__sort(r);
    return r;
}

static void test_ranges__equal_types_are_one(void **state)
{
    oa_ranges *r;
    check_ok(*state, oa_ranges__create(*state, &r));
    assert_int_equal(add(r, "", 2, 1, ni), 1);
    assert_int_equal(add(r, "", 1, 1, ni), 2);   /* another charge */
    assert_int_equal(add(r, "", 2, 1, ni58), 3); /* an isotope */
    assert_int_equal(add(r, "a", 0, 0, NULL), 4);
    assert_int_equal(add(r, "b", 0, 0, NULL), 5);
    assert_int_equal(add(r, "a", 0, 0, NULL), 4);
    assert_int_equal(add(r, "", 2, 1, ni), 1);
    assert_int_equal(r->n_types, 5);
    const oa_ion_type again = type_of("", 2, 1, ni);
    check_ok(*state, oa_ranges__append_type(r, &again)); /* where numbers matter */
    assert_int_equal(r->n_types, 6);
    oa_ranges__free(r);
}

static void test_ranges__both_ends_belong(void **state)
{
    oa_ranges *r = some_ranges(*state);
    assert_int_equal(oa_ranges__lookup(r, 28.5f), 1);
    assert_int_equal(oa_ranges__lookup(r, nextafterf(28.5f, 0)), 0);
    assert_int_equal(oa_ranges__lookup(r, 29), 1);
    assert_int_equal(oa_ranges__lookup(r, 29.5f), 1); /* shared end point: the lower range */
    assert_int_equal(oa_ranges__lookup(r, nextafterf(29.5f, 99)), 3);
    assert_int_equal(oa_ranges__lookup(r, 30.5f), 3);
    assert_int_equal(oa_ranges__lookup(r, 30.75f), 1); /* one of no width */
    assert_int_equal(oa_ranges__lookup(r, 84), 2);
    assert_int_equal(oa_ranges__lookup(r, 85.01f), 0);
    assert_int_equal(oa_ranges__lookup(r, NAN), 0);
    assert_int_equal(oa_ranges__lookup(r, INFINITY), 0);
    assert_int_equal(oa_ranges__lookup(r, -28.5f), 0);
    oa_ranges__free(r);
}

static void test_ranges__sharing_counts(void **state)
{
    oa_ranges *r = some_ranges(*state), *again = oa_ranges__share(r);
    assert_ptr_equal(r, again);
    oa_ranges__free(r);
    assert_int_equal(oa_ranges__lookup(again, 29), 1);
    oa_ranges__free(again);
    oa_ranges__free(NULL);
    assert_null(oa_ranges__share(NULL));
    assert_int_equal(((oa_context *)*state)->bytes, 0);
}

static void test_ranges__names(void **state)
{
    static const uint16_t many[OA_ATOMS_MAX] = { [0] = OA_ELEMENT_HASH(110), [1] = OA_ELEMENT_HASH(29), [2] = OA_ELEMENT_HASH(8) };
    oa_ion_type type = type_of("", 1, 3, many);
    (void)state;
    assert_string_equal(type.name, "Ds Cu O");
    assert_string_equal(type_of("", 1, 3, cro2).name, "Cr O2");
    assert_string_equal(type_of("", 1, 1, ni58).name, "58Ni");
    type = (oa_ion_type){ .n_atoms = OA_ATOMS_MAX };
    for (int i = 0; i < OA_ATOMS_MAX; i++) type.nuclides[i] = (uint16_t)(100 - i + 256 * 100); /* too long for a name */
    oa_ion_type__name(&type);
    assert_true(strlen(type.name) < OA_ION_NAME);
    type = (oa_ion_type){ .n_atoms = 1, .nuclides = { 255 + 256 * 255 } }; /* no such element */
    oa_ion_type__name(&type);
    assert_string_equal(type.name, "X");
}

static void test_ranges__species_are_elements_or_ion_names(void **state)
{
    oa_ranges *r = some_ranges(*state);
    bool member[8];
    add(r, "", 1, 1, ni58);
    add(r, "", 1, 2, ni2);
    check_ok(*state, oa_ranges__species(*state, r, "Ni", "species", member));
    assert_true(!member[0] && member[1] && !member[2] && !member[3] && member[4] && !member[5]); /* one atom of it */
    check_ok(*state, oa_ranges__species(*state, r, "CrO2", "species", member));
    assert_true(!member[1] && member[2]);
    check_ok(*state, oa_ranges__species(*state, r, "Cr O2", "species", member));
    assert_true(member[2]);
    check_ok(*state, oa_ranges__species(*state, r, "noise", "species", member));
    assert_true(member[3] && !member[1]);
    check_ok(*state, oa_ranges__species(*state, r, "Ni2", "species", member));
    assert_true(member[5] && !member[1]);
    static const char *const unknown[] = { "ni", "Cr", "O2", "", "Xx", "CrO" };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        oa_context__clear(*state);
        check_fails(*state, oa_ranges__species(*state, r, unknown[i], "species", member), "E_SPECIES_UNKNOWN");
        assert_non_null(strstr(oa_error_text(*state), "Ni, Cr O2, noise, 58Ni, Ni2"));
        assert_string_equal(oa_error_parameter(*state), "species");
    }
    oa_context__clear(*state);
    check_fails(*state, oa_ranges__species(*state, NULL, "Ni", "species", member), "E_SPECIES_UNKNOWN");
    oa_ranges__free(r);
}

static void test_ranges__elements_by_number(void **state)
{
    oa_ranges *r = some_ranges(*state);
    char *text;
    check_ok(*state, oa_ranges__elements(r, &text));
    assert_string_equal(text, "O, Cr, Ni");
    oa_free(*state, text);
    oa_ranges__free(r);
}

static void test_ranges__order_does_not_depend_on_adding(void **state)
{
    oa_ranges *r;
    check_ok(*state, oa_ranges__create(*state, &r));
    for (int i = 0; i < 300; i++) {
        check_ok(*state, oa_ranges__add(r, (i * 7919) % 300, (i * 7919) % 300 + (i % 3), (unsigned)(1 + i % 5)));
    }
    oa_ranges__sort(r);
    for (size_t i = 1; i < r->n; i++) assert_true(r->ranges[i - 1].lower <= r->ranges[i].lower);
    oa_ranges__free(r);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_ranges__equal_types_are_one),
        with_context(test_ranges__both_ends_belong),
        with_context(test_ranges__sharing_counts),
        with_context(test_ranges__names),
        with_context(test_ranges__species_are_elements_or_ion_names),
        with_context(test_ranges__elements_by_number),
        with_context(test_ranges__order_does_not_depend_on_adding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
