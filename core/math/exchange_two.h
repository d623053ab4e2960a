/* exchange_two.h - attempts to exchange any two sites of two species whose energies reach no farther than the next cell: the chain of exchange.c,
 * attempt by attempt, without a branch that nobody can foresee.
 *
 * A byte says which species a site has. The sites of a cell lie side by side, cells along x behind each other, and each row repeats before and
 * behind it what lies at its other end, so that all neighbours of a site lie in a few windows of 16 bytes. Their bytes, weighted, add up to a
 * tally: neighbours of species 1, a shell a digit. How much larger it is at one site than at the other says by how much the energy rises. */
#ifndef OA_MATH_EXCHANGE_TWO_H
#define OA_MATH_EXCHANGE_TWO_H

#include "math/exchange.h"

enum { OA_TWO_WINDOWS_MAX = 9, OA_TWO_PLACES = 27, OA_TWO_TALLY_MAX = 255, OA_TWO_SPOT_BITS = 27 };

typedef struct oa_two_window {
    int32_t y, z;       /* cells from the site to its row; it begins with the cell before */
    uint64_t weight[2]; /* of its bytes */
} oa_two_window;

/* Sites at one place of the box, at which faces, and of one sublattice. */
typedef struct oa_two_around {
    int32_t lead[OA_TWO_WINDOWS_MAX]; /* bytes from the site to its windows */
    int32_t twin; /* to what repeats it; 0: nothing does */
} oa_two_around;

struct oa_two {
    uint8_t unit[OA_SHELLS_MAX]; /* what a neighbour in each shell adds to a tally; 0: without energies */
    int largest; /* tally */
    int n_windows;
    oa_two_window window[OA_SUBLATTICES_MAX][OA_TWO_WINDOWS_MAX];
    oa_two_around around[OA_TWO_PLACES * OA_SUBLATTICES_MAX];
    uint8_t *is_one; /* 255: a site of species 1, 0: of species 0 */
    uint32_t near[1 << (OA_EXCHANGE_NEAR_BITS - 5)]; /* bits, hashed: a neighbour may be so many bytes on */
    int32_t rise[2 * OA_TWO_TALLY_MAX + 1];   /* of the energy in quanta, at `largest` + how much larger the tally is */
    uint64_t limit[2 * OA_TWO_TALLY_MAX + 1]; /* of the word, at the temperature */
};

/* chain->two, once its sites are spread; stays NULL where a chain is not of this kind. Else chain->order holds spots from then on: the byte of the site, and
 * above OA_TWO_SPOT_BITS its place. */
oa_status oa_two__make(oa_arena *arena, oa_exchange *chain) OA_MUST_USE;
/* After a change of chain->temperature. */
void oa_two__heat(oa_exchange *chain);
void oa_two__attempts(oa_exchange *chain, const oa_exchange_words *words);
/* Puts into chain->species where the atoms are. */
void oa_two__show(oa_exchange *chain);

#endif
