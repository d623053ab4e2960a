/* ranges.h - ion types and the mass-to-charge intervals that name them. Immutable once made; shared by reference. */
#ifndef OA_DATA_RANGES_H
#define OA_DATA_RANGES_H

#include "base/memory.h"

enum { OA_ATOMS_MAX = 32, OA_ION_NAME = 64 };

/* Nuclide hash (ifes, NeXus): Z + 256*N, N = 255 for "the element, any isotope", 0 pads. */
#define OA_ELEMENT_HASH(z) ((uint16_t)((z) + 255 * 256))
#define OA_HASH_Z(hash) ((unsigned)((hash) & 0xff))
#define OA_HASH_N(hash) ((unsigned)((hash) >> 8))

typedef struct oa_ion_type {
    char name[OA_ION_NAME];           /* "Ni", "Cu O", "un1": elements in hash order, or the user's label */
    uint16_t nuclides[OA_ATOMS_MAX];  /* hashes, falling, zero padded; all zero: unknown ion (user label) */
    int n_atoms;                      /* how many of them */
    int charge;                       /* 1...7; 0: not recovered */
    uint32_t color;                   /* 0xRRGGBB */
    double volume;                    /* nm^3 per ion; 0: unknown */
} oa_ion_type;

/* Closed interval [lower, upper] in Da. */
typedef struct oa_range {
    double lower, upper;
    unsigned type; /* 1...n_types */
} oa_range;

struct oa_ranges {
    oa_context *context;
    atomic_int references;
    size_t n_types; /* types are numbered from 1; types[0] is type 1 */
    oa_ion_type *types;
    size_t n;       /* ranges, sorted by lower, then upper */
    oa_range *ranges;
};

/* Builds by adding; both arrays grow. */
oa_status oa_ranges__create(oa_context *context, oa_ranges **out) OA_MUST_USE;
oa_ranges *oa_ranges__share(oa_ranges *ranges); /* accepts NULL */
void oa_ranges__free(oa_ranges *ranges);        /* one reference less; accepts NULL */
/* Adds a type, or finds the one with the same nuclides, charge and (where it has no nuclides) name. */
oa_status oa_ranges__add_type(oa_ranges *ranges, const oa_ion_type *type, unsigned *number) OA_MUST_USE;
/* Adds a type also where an equal one is there: for files whose ions name types by number. */
oa_status oa_ranges__append_type(oa_ranges *ranges, const oa_ion_type *type) OA_MUST_USE;
oa_status oa_ranges__add(oa_ranges *ranges, double lower, double upper, unsigned type) OA_MUST_USE;
/* For qsort, of oa_range: by lower bound, upper bound, type; 0 where two are the same. */
int oa_ranges__order(const void *a, const void *b);
void oa_ranges__sort(oa_ranges *ranges);

/* Type of one mass-to-charge value; 0: none. At a shared end point the range with the lower bounds wins. */
unsigned oa_ranges__lookup(const oa_ranges *ranges, float mass_to_charge);

/* Species: an element symbol ("Ni": ions of exactly one atom of it) or an ion name ("CrO").
 * is_member has n_types + 1 entries. Fails with E_SPECIES_UNKNOWN, which lists the species present. */
oa_status oa_ranges__species(oa_context *context, const oa_ranges *ranges, const char *species,
                             const char *parameter, bool *is_member) OA_MUST_USE;
/* "Co, Cr, Ni": the elements of all types, by atomic number. Free with oa_free. */
oa_status oa_ranges__elements(const oa_ranges *ranges, char **out) OA_MUST_USE;

/* Building ions. False: more than OA_ATOMS_MAX atoms. */
bool oa_ion_add_atoms(oa_ion_type *ion, unsigned z, int64_t count);
void oa_ion_sort_atoms(oa_ion_type *ion);
/* "SiO2", "Zn1Sb1": adds `times` of it, symbols longest first. False: no formula, or too many atoms. */
bool oa_ion_add_formula(oa_ion_type *ion, const char *text, size_t length, int64_t times);
/* A user label: cleaned and cut to the length of a name. */
void oa_ion_set_label(oa_ion_type *ion, const char *text, size_t length);
/* "Ni", "Cu O", "Cr O2": elements with counts; anything else is a label, of which no element is known. False: nothing is left of it. */
bool oa_ion_type__parse(oa_ion_type *ion, const char *name);
/* Writes the name from the nuclides: "Ni", "Cu O", with counts "Cr O2". */
void oa_ion_type__name(oa_ion_type *type);

#endif
