/* elements.c - symbols of the elements and their isotopes. */
#include "data/elements.h"

#include "data/isotopes.h"

enum { ELEMENTS = 118 };

static const char symbols[ELEMENTS + 1][3] = {
    "",   "H",  "He", "Li", "Be", "B",  "C",  "N",  "O",  "F",  "Ne", "Na", "Mg", "Al", "Si", "P",  "S",
    "Cl", "Ar", "K",  "Ca", "Sc", "Ti", "V",  "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As",
    "Se", "Br", "Kr", "Rb", "Sr", "Y",  "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn",
    "Sb", "Te", "I",  "Xe", "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho",
    "Er", "Tm", "Yb", "Lu", "Hf", "Ta", "W",  "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po",
    "At", "Rn", "Fr", "Ra", "Ac", "Th", "Pa", "U",  "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md",
    "No", "Lr", "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
};

unsigned oa_element_number(const char *symbol, size_t length)
{
    if (length < 1 || length > 2) return 0;
    const char second = length == 2 ? symbol[1] : 0;
    if (length == 2 && !second) return 0;
    for (unsigned z = 1; z <= ELEMENTS; z++)
        if (symbols[z][0] == symbol[0] && symbols[z][1] == second) return z;
    return 0;
}

const char *oa_element_symbol(unsigned z) { return z >= 1 && z <= ELEMENTS ? symbols[z] : NULL; }

const oa_isotope *oa_element_isotopes(unsigned z, size_t *n)
{
    *n = z >= 1 && z <= ELEMENTS ? (size_t)(oa_isotope_first[z + 1] - oa_isotope_first[z]) : 0;
    return *n ? &oa_isotopes[oa_isotope_first[z]] : NULL;
}
