/* atomnet.h - networks that look at an atom and its nearest neighbours: what they take, how they are built, their weights.
 *
 * Yu et al., "3D deep learning for enhanced atom probe tomography analysis of nanoscale microstructures", and the authors' code:
 * a PointNet with two transformation nets, one or several times, each block taking the probabilities of the one before. */
#ifndef OA_DATA_ATOMNET_H
#define OA_DATA_ATOMNET_H

#include "data/ranges.h"

/* Layers of a block in the order of evaluation. Shared layers are applied to every row (neighbour) of an atom by itself. */
enum oa_atomnet_layer {
    OA_TNET1_CONV1, OA_TNET1_CONV2, OA_TNET1_CONV3, OA_TNET1_DENSE1, OA_TNET1_DENSE2, OA_TNET1_TRANSFORM,
    OA_MLP1_CONV1, OA_MLP1_CONV2,
    OA_TNET2_CONV1, OA_TNET2_CONV2, OA_TNET2_CONV3, OA_TNET2_DENSE1, OA_TNET2_DENSE2, OA_TNET2_TRANSFORM,
    OA_MLP2_CONV1, OA_MLP2_CONV2, OA_MLP2_CONV3,
    OA_HEAD_DENSE1, OA_HEAD_DENSE2, OA_HEAD_OUT,
    OA_ATOMNET_LAYERS
};

typedef struct oa_atomnet_row {
    const char *name;  /* "tnet1/conv1" */
    int inputs, units; /* -1: columns of the block; -2: their square */
    bool is_shared;
    bool is_linear;    /* neither batch norm nor ReLU after it */
} oa_atomnet_row;
extern const oa_atomnet_row oa_atomnet_rows[OA_ATOMNET_LAYERS];

enum {
    OA_ATOMNET_COLUMNS_1 = 5, /* of block 1: dx, dy, dz, code of the neighbour, own code; dx is self minus neighbour, in units of a */
    OA_ATOMNET_COLUMNS = 6,   /* of the others: dx, dy, dz, probability of the neighbour, its code, own probability */
    OA_ATOMNET_BLOCKS_MAX = 4,
    OA_ATOMNET_NEIGHBOURS_MAX = 128
};

/* Where the values of a layer lie in those of a block: kernel (inputs, units), bias (units) and, in blocks with batch norm, gamma, beta, mean
 * and variance (units each) follow each other, layer by layer. */
typedef struct oa_atomnet_place {
    size_t inputs, units;
    size_t kernel, bias, norm; /* norm: of gamma; 0 where the layer has none */
} oa_atomnet_place;
/* Values of a block of so many columns. place may be NULL. */
size_t oa_atomnet_layout(int columns, bool has_norm, oa_atomnet_place place[OA_ATOMNET_LAYERS]);

typedef struct oa_atomnet {
    int64_t blocks, neighbours; /* neighbours: rows of an atom, itself included, which is the first */
    double lattice_parameter;   /* a, nm: coordinates are divided by it */
    char species_codes[256];    /* "Al:0,Li:1,Mg:2"; "other:0" for all that are not named */
    double threshold;           /* an atom counts as ordered above this probability */
    double norm_epsilon;        /* added to the variance of the batch norm */
    int64_t has_norm;           /* 0, 1 */
    float *values[OA_ATOMNET_BLOCKS_MAX]; /* of each block: (members, layout) */
} oa_atomnet;
int oa_atomnet_columns(size_t block); /* block from 0 */

/* The code of each ion type that is met, both (n_types + 1); type 0 (un-ranged) and those that are not met get OA_NO_CODE. A type is looked up by its name
 * (also "CuO"), then by its elements, of which exactly one must be named; then `other` holds. */
enum { OA_CODES_MAX = 32, OA_CODE_MAX = 255, OA_NO_CODE = -1 };
/* E_SPECIES_UNKNOWN of parameter species_codes for an ion type that it does not name; E_PARAMETER_VALUE where the text is no list of codes. */
oa_status oa_atomnet_codes(oa_context *context, const char *species_codes, const oa_ranges *ranges, const bool *is_met, int16_t *code) OA_MUST_USE;
/* Whether the text is a list of codes: E_PARAMETER_VALUE where not. */
oa_status oa_atomnet_check_codes(oa_context *context, const char *species_codes) OA_MUST_USE;

/* The three alloys of the paper: codes, lattice parameter, threshold. NULL: no such preset. */
typedef struct oa_atomnet_preset {
    const char *name, *species_codes;
    double lattice_parameter, threshold;
    int blocks;
} oa_atomnet_preset;
extern const oa_atomnet_preset oa_atomnet_presets[]; /* ends with a NULL name */
const oa_atomnet_preset *oa_atomnet_preset_find(const char *name);

#endif
