/* selection.h - which ions to take so that a stated share of them at most is wrong, given how likely each is right. */
#ifndef OA_MATH_SELECTION_H
#define OA_MATH_SELECTION_H

#include "base/memory.h"

typedef struct oa_selection {
    double threshold;   /* taken: probability > threshold */
    size_t n;           /* how many that are */
    double false_share; /* their mean of 1 - probability */
} oa_selection;

/* The longest list, from the likeliest on, whose mean of 1 - p is at most `rate` (Sun & Cai, J. Am. Stat. Assoc. 102 (2007) 901); p within 2^-20 are
 * taken together or not at all. */
oa_status oa_select_at_rate(oa_context *context, const float *p, size_t n, double rate, oa_selection *out) OA_MUST_USE;

#endif
