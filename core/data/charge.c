/* charge.c - charge states from the masses of the isotopologues (methods: vendor formats, 7.6). */
#include "data/charge.h"

#include <string.h>

/* Nodes of the exact search that settles whether a narrow interval between two isotopologues of equal nucleon number
 * holds a third. Reached only by molecules of many isotopes and intervals of about 1 mDa. */
enum { SEARCH_BUDGET = 2000 };

/* Isotopes of one atom; a nuclide hash with its own neutron number stands for that isotope alone. */
static const oa_isotope *isotopes_of(uint16_t hash, size_t *n)
{
    const oa_isotope *isotopes = oa_element_isotopes(OA_HASH_Z(hash), n);
    if (OA_HASH_N(hash) == 255) return isotopes;
    const unsigned mass_number = OA_HASH_Z(hash) + OA_HASH_N(hash);
    for (size_t i = 0; i < *n; i++)
        if (isotopes[i].mass_number == mass_number) {
            *n = 1;
            return &isotopes[i];
        }
    *n = 0;
    return NULL;
}

/* Adds one atom: entry a counts the nucleons above the lightest isotopologue. */
static void add_atom(oa_isotopologues *all, const oa_isotope *isotopes, size_t n)
{
    double low[OA_NUCLEON_SPREAD], high[OA_NUCLEON_SPREAD];
    const int more = isotopes[n - 1].mass_number - isotopes[0].mass_number;
    for (int a = 0; a < all->n + more; a++) low[a] = 1, high[a] = 0;
    for (int a = 0; a < all->n; a++) {
        if (all->low[a] > all->high[a]) continue;
        for (size_t i = 0; i < n; i++) {
            const int b = a + isotopes[i].mass_number - isotopes[0].mass_number;
            const double l = all->low[a] + isotopes[i].mass, h = all->high[a] + isotopes[i].mass;
            if (low[b] > high[b]) low[b] = l, high[b] = h;
            else {
                if (l < low[b]) low[b] = l;
                if (h > high[b]) high[b] = h;
            }
        }
    }
    all->n += more;
    memcpy(all->low, low, (size_t)all->n * sizeof *low);
    memcpy(all->high, high, (size_t)all->n * sizeof *high);
}

void oa_isotopologues_make(oa_isotopologues *out, const oa_ion_type *type)
{
    out->n_atoms = type->n_atoms;
    memcpy(out->nuclides, type->nuclides, sizeof out->nuclides);
    out->electrons = 0;
    out->n = 0;
    for (int k = 0; k < type->n_atoms; k++) {
        size_t n;
        const oa_isotope *isotopes = isotopes_of(type->nuclides[k], &n);
        if (!isotopes) {
            out->n = 0;
            return;
        }
        if (k == 0) {
            out->low[0] = out->high[0] = 0;
            out->n = 1;
        }
        add_atom(out, isotopes, n);
        out->electrons += OA_HASH_Z(type->nuclides[k]);
    }
}

/* Depth-first over multisets: atoms of one element come together and take isotopes in falling order. */
typedef struct search {
    const oa_isotopologues *all;
    double least[OA_ATOMS_MAX + 1], most[OA_ATOMS_MAX + 1]; /* of the atoms from k on */
    double lower, upper;
    long budget;
} search;

static bool search_from(search *s, int k, size_t first, double mass)
{
    if (mass + s->least[k] > s->upper || mass + s->most[k] < s->lower) return false;
    if (k == s->all->n_atoms) return true;
    if (--s->budget < 0) return false;
    size_t n;
    const oa_isotope *isotopes = isotopes_of(s->all->nuclides[k], &n);
    const bool again = k > 0 && s->all->nuclides[k] == s->all->nuclides[k - 1];
    for (size_t i = again ? first : 0; i < n; i++)
        if (search_from(s, k + 1, i, mass + isotopes[i].mass)) return true;
    return false;
}

/* 1: some isotopologue has its mass in [lower, upper]; 0: none; -1: the budget did not suffice. */
static int search_masses(const oa_isotopologues *all, double lower, double upper)
{
    search s = { .all = all, .lower = lower, .upper = upper, .budget = SEARCH_BUDGET };
    for (int k = all->n_atoms - 1; k >= 0; k--) {
        size_t n;
        const oa_isotope *isotopes = isotopes_of(all->nuclides[k], &n);
        s.least[k] = s.least[k + 1] + isotopes[0].mass;
        s.most[k] = s.most[k + 1] + isotopes[n - 1].mass;
    }
    if (search_from(&s, 0, 0, 0)) return 1;
    return s.budget < 0 ? -1 : 0;
}

static int has_mass_in(const oa_isotopologues *all, double lower, double upper)
{
    bool inside_some = false;
    for (int a = 0; a < all->n; a++) {
        if (all->low[a] > all->high[a] || all->low[a] > upper || all->high[a] < lower) continue;
        if ((all->low[a] >= lower && all->low[a] <= upper) || (all->high[a] >= lower && all->high[a] <= upper)) return 1;
        inside_some = true; /* the interval lies between the ends: only a search can tell */
    }
    return inside_some ? search_masses(all, lower, upper) : 0;
}

int oa_isotopologues_charge(const oa_isotopologues *all, double lower, double upper)
{
    int found = 0;
    for (int q = 1; q <= OA_CHARGE_MAX && (unsigned)q <= all->electrons && all->n; q++) {
        const int is_in = has_mass_in(all, lower * q, upper * q);
        if (is_in < 0 || (is_in > 0 && found)) return 0;
        if (is_in > 0) found = q;
    }
    return found;
}
