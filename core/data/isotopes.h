/* isotopes.h - the table behind oa_element_isotopes. */
#ifndef OA_DATA_ISOTOPES_H
#define OA_DATA_ISOTOPES_H

#include "data/elements.h"

extern const oa_isotope oa_isotopes[];
extern const unsigned short oa_isotope_first[120]; /* isotopes of z: [first[z], first[z + 1]) */

#endif
