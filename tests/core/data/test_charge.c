/* test_charge.c - charge states recovered from intervals, against plain enumeration. */
#include "check.h"

#include "data/charge.h"

static oa_ion_type ion_of(const char *const *symbols, const int *counts)
{
    oa_ion_type ion = { 0 };
    unsigned z[OA_ATOMS_MAX];
    int n = 0;
    for (int k = 0; symbols[k]; k++)
        for (int i = 0; i < counts[k]; i++) z[n++] = oa_element_number(symbols[k], strlen(symbols[k]));
    for (int i = 0; i < n; i++) { /* falling */
        int best = i;
        for (int j = i; j < n; j++)
            if (z[j] > z[best]) best = j;
        const unsigned swap = z[i];
        z[i] = z[best], z[best] = swap;
        ion.nuclides[ion.n_atoms++] = OA_ELEMENT_HASH(z[i]);
    }
    return ion;
}

static int charge_of(const oa_ion_type *ion, double lower, double upper)
{
    oa_isotopologues all;
    oa_isotopologues_make(&all, ion);
    return oa_isotopologues_charge(&all, lower, upper);
}

#define ION(...) ion_of((const char *const[]){ __VA_ARGS__, NULL }, (const int[]){ 1, 1, 1 })

static void test_charge__of_common_peaks(void **state)
{
    (void)state;
    oa_ion_type ni = ION("Ni"), cr = ION("Cr"), co = ION("Co"), al = ION("Al"), h = ION("H"), si = ION("Si"), w = ION("W");
    assert_int_equal(charge_of(&ni, 28.9, 29.2), 2);
    assert_int_equal(charge_of(&ni, 57.6, 64.2), 1);
    assert_int_equal(charge_of(&cr, 25.9, 26.3), 2);
    assert_int_equal(charge_of(&co, 29.4, 29.7), 2);
    assert_int_equal(charge_of(&al, 26.85, 27.35), 1);
    assert_int_equal(charge_of(&al, 8.9, 9.79), 3);
    assert_int_equal(charge_of(&h, 0.9, 1.3), 1);
    assert_int_equal(charge_of(&h, 0.4, 0.6), 0); /* hydrogen has one electron */
    assert_int_equal(charge_of(&si, 13.87, 14.24), 2);
    assert_int_equal(charge_of(&w, 60.5, 61.5), 3);
}

static void test_charge__of_molecules(void **state)
{
    (void)state;
    oa_ion_type nio = ION("Ni", "O"), cro2 = ion_of((const char *const[]){ "Cr", "O", NULL }, (const int[]){ 1, 2 });
    assert_int_equal(charge_of(&nio, 73.26, 80.17), 1);
    assert_int_equal(charge_of(&nio, 36.9, 40.05), 2);
    assert_int_equal(charge_of(&cro2, 83.7, 84.3), 1);
}

static void test_charge__is_none_where_several_or_no_fit(void **state)
{
    (void)state;
    oa_ion_type ni = ION("Ni"), o2 = ion_of((const char *const[]){ "O", NULL }, (const int[]){ 2 }), tc = ION("Tc");
    assert_int_equal(charge_of(&ni, 20, 70), 0);
    assert_int_equal(charge_of(&ni, 28.0, 28.5), 0);
    assert_int_equal(charge_of(&o2, 15.5, 33), 0);
    assert_int_equal(charge_of(&tc, 90, 110), 0); /* no isotope in nature */
    oa_ion_type nothing = { 0 };
    assert_int_equal(charge_of(&nothing, 1, 1000), 0);
}

/* A hash with a number of neutrons is that isotope alone. */
static void test_charge__of_one_isotope(void **state)
{
    (void)state;
    oa_ion_type ni62 = { .nuclides = { 28 + 34 * 256 }, .n_atoms = 1 }, ni63 = { .nuclides = { 28 + 35 * 256 }, .n_atoms = 1 }, ni = ION("Ni");
    assert_int_equal(charge_of(&ni62, 30.9, 31.1), 2);
    assert_int_equal(charge_of(&ni62, 61.8, 62.1), 1);
    assert_int_equal(charge_of(&ni, 28.9, 29.2), 2); /* by 58Ni */
    assert_int_equal(charge_of(&ni62, 28.9, 29.2), 0);
    assert_int_equal(charge_of(&ni63, 20, 100), 0); /* not in nature */
}

/* A narrow interval between two isotopologues of equal nucleon number. 50Cr 54Cr weighs 103.88492, 52Cr 52Cr
 * 103.88101: 103.882 to 103.884 holds neither. */
static void test_charge__tells_isotopologues_of_one_nucleon_number_apart(void **state)
{
    (void)state;
    oa_ion_type cr2 = ion_of((const char *const[]){ "Cr", NULL }, (const int[]){ 2 });
    assert_int_equal(charge_of(&cr2, 103.8805, 103.8815), 1);
    assert_int_equal(charge_of(&cr2, 103.8845, 103.8855), 1);
    assert_int_equal(charge_of(&cr2, 103.8820, 103.8840), 0);
}

static void enumerate(const oa_ion_type *ion, int k, double mass, double lower, double upper, bool *found)
{
    if (k == ion->n_atoms) {
        *found = *found || (mass >= lower && mass <= upper);
        return;
    }
    size_t n;
    const oa_isotope *isotopes = oa_element_isotopes(OA_HASH_Z(ion->nuclides[k]), &n);
    for (size_t i = 0; i < n; i++) enumerate(ion, k + 1, mass + isotopes[i].mass, lower, upper, found);
}

static void test_charge__agrees_with_enumeration(void **state)
{
    (void)state;
    oa_ion_type ions[] = { ION("Sn", "O"), ION("Ge", "Se"), ION("Cd"), ION("Ti", "C", "N"),
                           ion_of((const char *const[]){ "Cr", "O", NULL }, (const int[]){ 2, 1 }),
                           ion_of((const char *const[]){ "Si", NULL }, (const int[]){ 3 }) };
    uint64_t random = 12345;
    for (int trial = 0; trial < 3000; trial++) {
        oa_ion_type *ion = &ions[trial % 6];
        random = random * 6364136223846793005u + 1442695040888963407u;
        const double lower = 10 + 140 * (double)(random >> 40) / 16777216.0;
        const double width = trial % 3 == 0 ? 0.0012 : trial % 3 == 1 ? 0.01 : 0.4;
        int only = 0;
        for (int q = 1; q <= 7; q++) {
            bool found = false;
            enumerate(ion, 0, 0, lower * q, (lower + width) * q, &found);
            if (found) only = only ? -1 : q;
            if (only < 0) break;
        }
        assert_int_equal(charge_of(ion, lower, lower + width), only < 0 ? 0 : only);
    }
}

/* 32 atoms of an element with ten isotopes have 3e8 isotopologues: answered in well under a millisecond each. */
static void test_charge__is_bounded_for_large_molecules(void **state)
{
    (void)state;
    oa_ion_type big = ion_of((const char *const[]){ "Sn", NULL }, (const int[]){ 32 });
    assert_int_equal(charge_of(&big, 3700, 3900), 1);
    oa_isotopologues all;
    oa_isotopologues_make(&all, &big);
    for (int i = 0; i < 2000; i++) (void)oa_isotopologues_charge(&all, 500 + i, 500.001 + i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charge__of_common_peaks),
        cmocka_unit_test(test_charge__of_molecules),
        cmocka_unit_test(test_charge__is_none_where_several_or_no_fit),
        cmocka_unit_test(test_charge__of_one_isotope),
        cmocka_unit_test(test_charge__tells_isotopologues_of_one_nucleon_number_apart),
        cmocka_unit_test(test_charge__agrees_with_enumeration),
        cmocka_unit_test(test_charge__is_bounded_for_large_molecules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
