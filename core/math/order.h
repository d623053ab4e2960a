/* order.h - sorting many keys, and numbers as keys that sort like them. */
#ifndef OA_MATH_ORDER_H
#define OA_MATH_ORDER_H

#include "base/memory.h"

/* The bits of a float as an integer that rises with it (-0 below +0, no NaN). */
uint32_t oa_order__of_float(float value);

/* Sorts items by their upper 32 bits, rising; items with equal upper halves keep their order. O(n), n more items of
 * memory while it runs. */
oa_status oa_order__sort(oa_context *context, uint64_t *items, size_t n) OA_MUST_USE;

#endif
