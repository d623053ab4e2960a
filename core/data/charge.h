/* charge.h - which charge state an ion of given elements must have to appear in a mass-to-charge interval. */
#ifndef OA_DATA_CHARGE_H
#define OA_DATA_CHARGE_H

#include "data/elements.h"
#include "data/ranges.h"

/* Widest spread of nucleon numbers of an ion: 32 atoms of an element whose isotopes span 12 (tin, xenon). */
enum { OA_CHARGE_MAX = 7, OA_NUCLEON_SPREAD = 32 * 12 + 1 };

/* All isotopologues of one composition, by nucleon number: masses lie in [low, high] and reach both ends. Made once
 * per composition in O(atoms * isotopes * spread), however many isotopologues there are. */
typedef struct oa_isotopologues {
    int n_atoms;
    uint16_t nuclides[OA_ATOMS_MAX];
    unsigned electrons;      /* of the neutral molecule */
    int n;                   /* 0: no isotope of some element is found in nature */
    double low[OA_NUCLEON_SPREAD], high[OA_NUCLEON_SPREAD]; /* Da; low > high: no such isotopologue */
} oa_isotopologues;
void oa_isotopologues_make(oa_isotopologues *out, const oa_ion_type *type);

/* The only charge 1...7 for which some isotopologue lies in [lower, upper] Da; 0: none, or several fit, or the search
 * exceeded its budget. The mass of the electrons that are missing (0.5 mDa each) is left out, as is customary. */
int oa_isotopologues_charge(const oa_isotopologues *all, double lower, double upper);

#endif
