/* random.c - Philox 4x32-10 and what is drawn from it. */
#include "base/random.h"

#include <math.h>

static void mul_hi_lo(uint32_t a, uint32_t b, uint32_t *hi, uint32_t *lo)
{
    const uint64_t product = (uint64_t)a * b;
    *hi = (uint32_t)(product >> 32);
    *lo = (uint32_t)product;
}

void oa_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4])
{
    uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
    uint32_t x0 = (uint32_t)counter, x1 = (uint32_t)(counter >> 32), x2 = (uint32_t)stream, x3 = (uint32_t)(stream >> 32);
    for (int round = 0; round < 10; round++) {
        uint32_t hi0, lo0, hi1, lo1;
        mul_hi_lo(0xD2511F53u, x0, &hi0, &lo0); /* multipliers and Weyl keys: the paper's table 2 */
        mul_hi_lo(0xCD9E8D57u, x2, &hi1, &lo1);
        x0 = hi1 ^ x1 ^ key0;
        x1 = lo1;
        x2 = hi0 ^ x3 ^ key1;
        x3 = lo0;
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    out[0] = x0, out[1] = x1, out[2] = x2, out[3] = x3;
}

oa_random oa_random_start(uint64_t seed, uint64_t stream) { return (oa_random){ .seed = seed, .stream = stream, .used = 4 }; }

uint32_t oa_random_u32(oa_random *random)
{
    if (random->used == 4) {
        oa_philox(random->seed, random->stream, random->counter++, random->words);
        random->used = 0;
    }
    return random->words[random->used++];
}

static uint64_t random_u64(oa_random *random)
{
    const uint64_t high = oa_random_u32(random);
    return high << 32 | oa_random_u32(random);
}

/* Lemire's multiply-and-reject for 32 bits; plain rejection beyond, which is rare. */
uint64_t oa_random_below(oa_random *random, uint64_t n)
{
    if (n <= 0xffffffffu) {
        const uint32_t bound = (uint32_t)n, threshold = (0u - bound) % bound;
        for (;;) {
            const uint64_t product = (uint64_t)oa_random_u32(random) * bound;
            if ((uint32_t)product >= threshold) return product >> 32;
        }
    }
    const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t value;
    do value = random_u64(random);
    while (value >= limit);
    return value % n;
}

double oa_random_uniform(oa_random *random) { return (double)(random_u64(random) >> 11) * 0x1p-53; }

double oa_random_normal(oa_random *random)
{
    if (random->has_spare) {
        random->has_spare = 0;
        return random->spare;
    }
    const double radius = sqrt(-2 * log(1 - oa_random_uniform(random)));
    const double angle = 6.283185307179586476925 * oa_random_uniform(random);
    random->spare = radius * sin(angle);
    random->has_spare = 1;
    return radius * cos(angle);
}

void oa_random_shuffle(oa_random *random, uint32_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t)oa_random_below(random, i);
        const uint32_t last = order[i - 1];
        order[i - 1] = order[k];
        order[k] = last;
    }
}
