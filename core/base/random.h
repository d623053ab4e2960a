/* random.h - counter-based random numbers: Philox 4x32-10 (Salmon et al., SC 2011, doi:10.1145/2063384.2063405).
 * A number is a function of (seed, stream, counter): the same for any order and any number of threads. */
#ifndef OA_BASE_RANDOM_H
#define OA_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#define OA_GENERATOR_NAME "philox4x32-10"
#define OA_SEED_MAX 9007199254740991.0 /* 2^53 - 1: exact in JSON and double */

/* Four 32-bit words. */
void oa_philox(uint64_t seed, uint64_t stream, uint64_t counter, uint32_t out[4]);

/* A sequence: stream says what for, counter advances by itself. */
typedef struct oa_random {
    uint64_t seed, stream, counter;
    uint32_t words[4];
    int used;
    double spare; /* second normal of a pair */
    int has_spare;
} oa_random;
oa_random oa_random_start(uint64_t seed, uint64_t stream);
uint32_t oa_random_u32(oa_random *random);
uint64_t oa_random_below(oa_random *random, uint64_t n); /* uniform in [0, n), no bias (Lemire) */
double oa_random_uniform(oa_random *random);             /* [0, 1), 53 bits */
double oa_random_normal(oa_random *random);              /* mean 0, standard deviation 1 (Box-Muller) */
void oa_random_shuffle(oa_random *random, uint32_t *order, size_t n); /* every order equally likely (Fisher and Yates) */

#endif
