/* order.c - radix sort, least significant digit first. */
#include "math/order.h"

#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 3, BUCKETS = 1 << DIGIT_BITS };

uint32_t oa_order__of_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static unsigned digit_of(uint64_t item, int digit) { return (unsigned)(item >> (32 + digit * DIGIT_BITS)) & (BUCKETS - 1); }

/* Moves the items to where their digit belongs. False: all have the same digit, nothing moved. */
static bool pass(const uint64_t *from, uint64_t *to, size_t n, int digit)
{
    size_t start[BUCKETS] = { 0 };
    for (size_t i = 0; i < n; i++) start[digit_of(from[i], digit)]++;
    if (start[digit_of(from[0], digit)] == n) return false;
    size_t sum = 0;
    for (int b = 0; b < BUCKETS; b++) {
        const size_t count = start[b];
        start[b] = sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++) to[start[digit_of(from[i], digit)]++] = from[i];
    return true;
}

oa_status oa_order__sort(oa_context *context, uint64_t *items, size_t n)
{
    if (n < 2) return OA_OK;
    uint64_t *other, *from = items;
    OA_TRY(oa_new(context, &other, n, sizeof *other));
    uint64_t *to = other;
    for (int digit = 0; digit < DIGITS; digit++) {
        if (!pass(from, to, n, digit)) continue;
        uint64_t *const held = from;
        from = to;
        to = held;
    }
    if (from != items) memcpy(items, from, n * sizeof *items);
    oa_free(context, other);
    return OA_OK;
}
