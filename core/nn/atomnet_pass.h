/* atomnet_pass.h - AtomNet that runs: probabilities of atoms from the rows of their neighbours. Layers and columns: data/atomnet.h. */
#ifndef OA_NN_ATOMNET_PASS_H
#define OA_NN_ATOMNET_PASS_H

#include "base/memory.h"
#include "data/model.h"
#include "math/kernel/kernel.h"

/* Atoms that one call takes. What an atom gives does not depend on the others, nor on threads, slabs or the kernel set. */
enum { OA_ATOMNET_GROUP = 64 };

/* The weights of all members and blocks with the batch norm folded in (w gamma / sqrt(var + epsilon), in double), laid out for the kernels. */
typedef struct oa_atomnet_plan {
    const oa_kernels *kernels;
    const oa_model *model; /* borrowed */
    size_t rows;           /* of an atom */
    size_t floats[OA_ATOMNET_BLOCKS_MAX]; /* of one member */
    float *weights[OA_ATOMNET_BLOCKS_MAX]; /* (members, floats) */
    struct oa_atomnet_layer_place {
        size_t k, n;            /* n: with the zeros of the transform's panels */
        size_t weights, bias;
    } place[OA_ATOMNET_BLOCKS_MAX][OA_ATOMNET_LAYERS];
} oa_atomnet_plan;

oa_status oa_atomnet_plan_make(oa_context *context, const oa_model *model, oa_atomnet_plan *out) OA_MUST_USE; /* free also after a failure */
void oa_atomnet_plan_free(oa_context *context, oa_atomnet_plan *plan); /* accepts one that is zeroed */

/* Floats that oa_atomnet_logits needs as scratch. */
size_t oa_atomnet_scratch(const oa_atomnet_plan *plan);
/* Logits (n) of n <= OA_ATOMNET_GROUP atoms by block (from 0) of a member; x is (n, rows, columns of the block). */
void oa_atomnet_logits(const oa_atomnet_plan *plan, size_t member, size_t block, size_t n, const float *x, float *scratch, float *logit);

/* What lies inside, for tests and training: any may be NULL. T1 (n, columns, columns), after_tnet1 (n, rows, columns), after_mlp1 (n, rows, 32), T2 (n, 32, 32),
 * after_tnet2 (n, rows, 32), global_max (n, 128), head2 (n, 64). */
typedef struct oa_atomnet_trace {
    float *t1, *after_tnet1, *after_mlp1, *t2, *after_tnet2, *global_max, *head2;
} oa_atomnet_trace;
void oa_atomnet_traced(const oa_atomnet_plan *plan, size_t member, size_t block, size_t n, const float *x, float *scratch, float *logit,
                       const oa_atomnet_trace *trace);

#endif
