/* elements.h - symbols, isotopes and masses of the elements (facts from the NIST tables). */
#ifndef OA_DATA_ELEMENTS_H
#define OA_DATA_ELEMENTS_H

#include <stddef.h>

typedef struct oa_isotope {
    unsigned char z;
    unsigned short mass_number;
    double mass;      /* Da, neutral atom */
    double abundance; /* 0...1 */
} oa_isotope;

unsigned oa_element_number(const char *symbol, size_t length); /* exact case; 0: no such element */
const char *oa_element_symbol(unsigned z);                     /* NULL: none (z 1...118) */
const oa_isotope *oa_element_isotopes(unsigned z, size_t *n);  /* naturally observed ones, by mass number */

#endif
