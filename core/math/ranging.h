/* ranging.h - ion types from mass-to-charge: one table lookup per ion, with the result of comparing in double.
 *
 * An ion of mass-to-charge m belongs to a range where lower <= m <= upper, with the float m widened to double. As m is
 * a float, each range is a run of consecutive floats; the runs, cut where ranges overlap, are kept sorted. A table of
 * equal cells over the mass axis holds the type of the cells that lie in one run or in none; the few cells with a
 * border in them lead to a search in the runs. */
#ifndef OA_MATH_RANGING_H
#define OA_MATH_RANGING_H

#include "base/parallel.h"
#include "data/ions.h"

/* Who wins where ranges of different ion types overlap by more than an end point. */
typedef enum oa_overlap {
    OA_OVERLAP_REJECT, /* nobody: E_RANGE_OVERLAP */
    OA_OVERLAP_FIRST,  /* the range that begins lower */
    OA_OVERLAP_LAST,   /* the range that begins higher */
    OA_OVERLAP_NARROW  /* the narrower range */
} oa_overlap;

typedef struct oa_ranging oa_ranging;

/* Two ranges that only share an end point do not overlap: the one with the lower bounds has it. */
oa_status oa_ranging__build(oa_context *context, const oa_ranges *ranges, oa_overlap overlap, oa_ranging **out) OA_MUST_USE;
void oa_ranging__free(oa_ranging *ranging); /* accepts NULL */

/* Type of one value; 0: none. */
unsigned oa_ranging__type(const oa_ranging *ranging, float mass_to_charge);
/* The types of many, u8 or u16. */
void oa_ranging__label_u8(const oa_ranging *ranging, const float *mass_to_charge, size_t n, uint8_t *out);
void oa_ranging__label_u16(const oa_ranging *ranging, const float *mass_to_charge, size_t n, uint16_t *out);

/* Gives the ions a new column of types (u8 up to 255 of them, else u16) and the ranges that name them (shared). */
oa_status oa_ranging__assign(oa_ions *ions, oa_ranges *ranges, oa_overlap overlap) OA_MUST_USE;

/* Ions of each type, counts[0] unranged; counts has room for n_types + 1. index NULL: all ions, else only these. */
oa_status oa_ranging__count(const oa_ions *ions, const uint64_t *index, size_t n_index, size_t n_types,
                            uint64_t *counts) OA_MUST_USE;

#endif
