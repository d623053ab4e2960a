/* atomnet_points.h - AtomNet over all atoms of a specimen: their neighbours, the rows of these, and the probabilities block by block. */
#ifndef OA_NN_ATOMNET_POINTS_H
#define OA_NN_ATOMNET_POINTS_H

#include "math/nearest.h"
#include "nn/atomnet_pass.h"

/* Atoms in the order of the leaves (places, math/nearest.h), whose unit is the lattice parameter and k the rows of the network. */
typedef struct oa_atomnet_points {
    const oa_nearest *nearest;
    const uint8_t *code; /* (n) of the species, by place */
} oa_atomnet_points;

/* Rows of one atom, (k, columns): self minus neighbour in units of a, codes, and for blocks after the first the probabilities `before` (by place). */
void oa_atomnet_rows_of(const oa_atomnet_points *points, size_t place, const uint32_t *neighbours, const float *before, float *x);

/* Probabilities by place, of a member and a block (from 0): sigmoid of logit / temperature; temperature 0: the logits themselves. before: of the block
 * before, NULL for the first; wanted: (n) 0 leaves an atom out, NULL takes all. Same bytes for any number of threads. */
oa_status oa_atomnet_points_block(oa_context *context, const oa_atomnet_plan *plan, size_t member, size_t block, double temperature, const oa_atomnet_points *points,
                                  const float *before, const uint8_t *wanted, float *probability) OA_MUST_USE;

/* Marks by 1 the neighbours of all marked atoms, and these: what the block before must give. more may not be wanted. */
oa_status oa_atomnet_points_spread(oa_context *context, const oa_atomnet_points *points, const uint8_t *wanted, uint8_t *more) OA_MUST_USE;

#endif
