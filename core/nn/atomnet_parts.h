/* atomnet_parts.h - what the forward pass (atomnet_learner.c) and the backward pass (atomnet_gradients.c) of a batch share. */
#ifndef OA_NN_ATOMNET_PARTS_H
#define OA_NN_ATOMNET_PARTS_H

#include "nn/atomnet_learner.h"

enum {
    OA_LEARN_CHUNK = 16, /* atoms whose rows are summed in floats, then in doubles */
    OA_LEARN_PANEL = OA_AFFINE_PANEL,
    OA_LEARN_CHANNELS = 32, OA_LEARN_MAXIMA = 128, OA_LEARN_WIDEST = 64
};

/* A layer in a batch of n atoms. Shared ones have a row per neighbour, the others one per atom; layers before a maximum keep that alone. */
typedef struct oa_learn_layer {
    oa_atomnet_place place;
    bool has_norm, is_shared, is_max, is_linear, drops;
    const float *in;  /* (rows, inputs) */
    float *out;       /* (rows, units), after ReLU and dropout; of a maximum (atoms, units) */
    uint32_t *first;  /* of a maximum: (atoms, units) row that has it */
    float *dx;        /* gradient: of a layer per atom by what it gives before its norm, (atoms, units); of a shared one by what it gives before ReLU */
    /* per channel */
    double *scale, *inverse; /* gamma / s, 1 / s */
    /* shared with norm */
    double *mean_in;  /* (inputs) abar */
    float *spread;    /* (inputs, units) C W */
    /* per atom with norm */
    float *normal;    /* (panels, atoms, PANEL): (x - mean) / s */
} oa_learn_layer;

/* Buffers of one thread. */
typedef struct oa_learn_room {
    float *weights; /* (PANEL, 1024) one panel */
    float *panel;   /* (atoms, PANEL) */
    float *slope;   /* (inputs, PANEL) */
    float *small;   /* penalty of one matrix */
} oa_learn_room;

struct oa_atomnet_learner {
    oa_context *context;
    const oa_kernels *kernels;
    oa_atomnet_setting set;
    oa_learn_layer layer[OA_ATOMNET_LAYERS];
    size_t n_values;
    float *values; /* borrowed */
    float *gradient, *m, *v; /* (n_values) */
    double beta1_power, beta2_power;
    uint64_t steps;
    void *memory;

    /* the batch */
    size_t n, chunks;
    oa_atomnet_fill_fn *fill;
    void *fill_arg;
    const uint8_t *label;
    oa_atomnet_loss *loss;
    float *x, *moved[2]; /* (n, rows, columns); after T1 likewise; after T2 (n, rows, 32) */
    float *dmoved;       /* (n, rows, 32): by what went into T2 */
    float *dmax;         /* (n, 128) by the maxima */
    double *penalty;     /* (2, chunks) */
    oa_learn_room *room; /* by worker */

    /* of the layer in work */
    float *partial;      /* (chunks, PARTIAL): sums of each chunk */
    float *folded, *shift; /* weights in panels, bias */
    float *back, *offset;  /* the layer backwards: - W diag W' in panels, its bias */
    float *turned;         /* (units, inputs): W' times the scale */
    double *sums;          /* (128 * 64 + 2 * 128 ...) */
};
enum { OA_LEARN_PARTIAL = 128 * 64 + 128 };

static inline size_t oa_learn_rows(const oa_atomnet_learner *l, size_t atoms) { return atoms * l->set.rows; }
static inline size_t oa_learn_first(size_t chunk) { return chunk * OA_LEARN_CHUNK; }
static inline size_t oa_learn_atoms(const oa_atomnet_learner *l, size_t chunk)
{
    const size_t first = oa_learn_first(chunk);
    return l->n - first < OA_LEARN_CHUNK ? l->n - first : OA_LEARN_CHUNK;
}
static inline size_t oa_learn_panels(size_t columns) { return (columns + OA_LEARN_PANEL - 1) / OA_LEARN_PANEL; }
static inline size_t oa_learn_width(size_t columns, size_t panel)
{
    const size_t left = columns - panel * OA_LEARN_PANEL;
    return left < OA_LEARN_PANEL ? left : OA_LEARN_PANEL;
}
/* The stages of a batch, in order; returns how many. */
size_t oa_learn__forward(const oa_atomnet_learner *learner, oa_stage *stages);
size_t oa_learn__backward(const oa_atomnet_learner *learner, oa_stage *stages);

#endif
