/* model.h - a trained network ensemble: layers, weights, and the definition of the input it was trained for. */
#ifndef OA_DATA_MODEL_H
#define OA_DATA_MODEL_H

#include "base/digest.h"
#include "data/atomnet.h"
#include "data/param.h"
#include "data/values.h"

/* The map and preprocessing a network expects (methods: ML-APT §4, §7.3). Compared field by field at use. */
typedef struct oa_map_definition {
    char preset[32];     /* "cocrni-002", "feal-002"; "" for none */
    char mode[16];       /* insphere, tree, all */
    int64_t dimensions;  /* 1: z-SDM; 2: zx-SDM as a grey picture */
    int64_t channels;    /* pairs per pattern */
    double radius;       /* nm, sphere around the voxel centre */
    double half_range;   /* nm */
    int64_t bins;        /* before the crop */
    int64_t crop_first, crop_bins; /* 54 and 93: the bins the network sees */
    int64_t smooth_window, smooth_order; /* Savitzky-Golay; 0: none */
    int64_t background_first, background_last; /* window W, both included; 0, 0: no background */
    int64_t background_sweeps; /* at most */
    char picture[16];    /* how a zx-SDM becomes grey: "levels" (the published contours), "linear"; "" for curves */
    int64_t pixels;      /* edge of the picture: 150; 0 for curves */
    char direction[16];  /* of the crystal along the map's z: "002", "111", "011"; "" where it is not known */
} oa_map_definition;

/* The rows of a map definition in a step's table of outputs; group is "definition" in models and "map" in banks. */
#define OA_MAP_OUTPUTS(group, optional) \
    { .name = group "/preset", .type = OA_TEXT, .is_optional = optional, .help = "preset the map comes from" }, \
    { .name = group "/mode", .type = OA_TEXT, .is_optional = optional, .help = "how pairs are chosen: insphere, tree, all" }, \
    { .name = group "/dimensions", .type = OA_I64, .is_optional = optional, .help = "1: z-SDM; 2: zx-SDM as a grey picture" }, \
    { .name = group "/channels", .type = OA_I64, .is_optional = optional, .help = "pairs of species per pattern" }, \
    { .name = group "/radius", .type = OA_F64, .unit = OA_NM, .is_optional = optional, .help = "sphere around the voxel centre" }, \
    { .name = group "/half_range", .type = OA_F64, .unit = OA_NM, .is_optional = optional, .help = "the map reaches from minus to plus this distance" }, \
    { .name = group "/bins", .type = OA_I64, .is_optional = optional, .help = "bins of the map" }, \
    { .name = group "/crop_first", .type = OA_I64, .is_optional = optional, .help = "first bin the network sees" }, \
    { .name = group "/crop_bins", .type = OA_I64, .is_optional = optional, .help = "bins the network sees" }, \
    { .name = group "/smooth_window", .type = OA_I64, .is_optional = optional, .help = "window of the Savitzky-Golay filter; 0: none" }, \
    { .name = group "/smooth_order", .type = OA_I64, .is_optional = optional, .help = "polynomial order of the filter" }, \
    { .name = group "/background_first", .type = OA_I64, .is_optional = optional, .help = "first bin of the background window" }, \
    { .name = group "/background_last", .type = OA_I64, .is_optional = optional, .help = "last bin of the background window; 0, 0: no background" }, \
    { .name = group "/background_sweeps", .type = OA_I64, .is_optional = optional, .help = "clipping sweeps at most" }, \
    { .name = group "/picture", .type = OA_TEXT, .is_optional = optional, .help = "how a zx-SDM becomes grey: levels, linear" }, \
    { .name = group "/pixels", .type = OA_I64, .is_optional = optional, .help = "edge of the picture; 0 for curves" }, \
    { .name = group "/direction", .type = OA_TEXT, .is_optional = optional, .help = "direction of the crystal along the map's z" }

/* The maps of the papers, as presets of steps: texts by parameter name, also voxel_edge, stride, class and threshold. */
extern const oa_preset oa_map_presets[]; /* ends with a NULL name */
/* The map definition of a preset; false: no such preset. classes (may be NULL) becomes "FCC,CSRO". */
bool oa_map_preset_find(const char *name, oa_map_definition *out, const char **classes);
/* E_MAP_MISMATCH naming the first value that differs, with both; a preset name that is "" agrees with every other. */
oa_status oa_map_definition_compare(oa_context *context, const oa_map_definition *wanted, const oa_map_definition *model) OA_MUST_USE;
/* E_MODEL where a value is impossible: what comes from files is checked before it sizes anything. */
oa_status oa_map_definition_check(oa_context *context, const oa_map_definition *map, const char *file) OA_MUST_USE;

/* One layer; kernel and bias are (members) blocks after each other, row major as in Keras: conv1d kernel (width, channels,
 * filters), conv2d (height, width, channels, filters), dense kernel (inputs, units). */
typedef struct oa_layer {
    char kind[16];       /* name of the row of nn/: "conv1d", "conv2d", "maxpool1d", "maxpool2d", "flatten", "dense" */
    char activation[16]; /* "relu", "softmax", "sigmoid", "linear" */
    int64_t width, stride, inputs, units; /* convolutions: inputs = channels, units = filters; pooling: width, stride */
    int64_t height;      /* conv2d, maxpool2d: of the kernel or window; 0 for the others. stride holds for both axes */
    bool same_padding;
    double dropout;      /* share of the outputs that training drops; no part of the model */
    size_t n_kernel, n_bias; /* per member */
    float *kernel, *bias;    /* (members, n_kernel), (members, n_bias) */
} oa_layer;

/* How far a pattern lies from those of the training: its n features less `mean`, times `whiten` (n, n, row major, feature
 * fastest; lower triangular, what stands above is not read), squared, summed and divided by n. `limit` is exceeded by one held-out pattern in a hundred. Features are the
 * values of the pattern, averaged over blocks of `block` (rows and columns of a picture) so that n <= OA_FEATURES_MAX. */
enum { OA_FEATURES_MAX = 256 };
typedef struct oa_outlier {
    int64_t n, block;
    float *mean, *whiten; /* (n), (n, n) */
    double limit;
} oa_outlier;

enum { OA_LAYERS_MAX = 16, OA_CLASSES_MAX = 16 };
typedef struct oa_model {
    oa_context *context;
    char architecture[16]; /* "cnn1d", "cnn2d"; "atomnet", where `atomnet` holds what layers, map and input do for the others */
    int64_t members;       /* networks of the ensemble */
    int64_t input_height, input_length, input_channels, n_classes; /* curves: height 1 */
    char classes[OA_CLASSES_MAX][32]; /* "FCC", "CSRO" */
    int n_layers;
    oa_layer layers[OA_LAYERS_MAX];
    oa_map_definition map;
    oa_atomnet atomnet;
    /* What training found out about its own answers; no part of the digest. temperature divides the logits so that the
     * probabilities of held-out patterns are calibrated (Guo et al. 2017, arXiv:1706.04599); 1 where it was not fitted. */
    double temperature;
    oa_outlier outlier; /* n = 0 where there is none */
    char assumed[128]; /* what was not in the file and taken from the preset; "" for nothing */
    bool is_first;       /* of a file of the first version: later fields take no part in its digest */
    char sha256[OA_HEX]; /* over the weights (little-endian float32, member by member, layer order) and the input definition */
} oa_model;

oa_status oa_model_new(oa_context *context, oa_model **out) OA_MUST_USE; /* empty */
void oa_model_free(oa_model *model); /* accepts NULL */
/* Zeroed kernels and biases for the layers and members as they are set; E_ARCHITECTURE where they are too large. */
oa_status oa_model__new_weights(oa_model *model) OA_MUST_USE;

/* Architecture atomnet (atomnet_model.c). Values of one member in a block; zeroed ones for the blocks and members as they are set. */
bool oa_model_is_atomnet(const oa_model *model);
/* E_ARCHITECTURE where the network sees ions instead of maps and patterns. */
oa_status oa_model__check_sees_maps(oa_context *context, const oa_model *model, const char *file) OA_MUST_USE;
size_t oa_atomnet_values(const oa_model *model, size_t block);
oa_status oa_atomnet__new_values(oa_model *model) OA_MUST_USE;
/* E_NONFINITE, E_MODEL, E_PARAMETER_VALUE: weights or codes that cannot be. */
oa_status oa_atomnet__check(const oa_model *model, const char *file) OA_MUST_USE;
oa_status oa_atomnet__to_values(const oa_model *model, oa_values *values) OA_MUST_USE;
oa_status oa_atomnet__from_values(oa_model *model, const oa_values *values, const char *file) OA_MUST_USE;
/* The blocks of one network from models that hold one each, at its place; joined has everything else and gets the digest. */
oa_status oa_atomnet__join(oa_model *joined, oa_model *const *models, size_t n) OA_MUST_USE;

/* Room for a score of n features, zeroed. */
oa_status oa_model__new_outlier(oa_model *model, int64_t n) OA_MUST_USE;
/* "FCC,CSRO" into classes and n_classes; E_MODEL where there are none or too many. file is for messages, may be NULL. */
oa_status oa_model__set_classes(oa_model *model, const char *text, const char *file) OA_MUST_USE;
/* The number of a class by its name or its number from 0; E_PARAMETER_CHOICE of parameter `class`, with the names, where there is none. */
oa_status oa_model__find_class(oa_context *context, const oa_model *model, const char *word, size_t *out) OA_MUST_USE;
oa_status oa_model_digest(const oa_model *model, char hex[OA_HEX]) OA_MUST_USE;
/* One ensemble of n models, members in the order given, with its digest. All must have the same layers, classes and map:
 * E_MODEL where not, naming the first that differs. Models of architecture atomnet are blocks of one network instead. The models stay the caller's. */
oa_status oa_model_join(oa_context *context, oa_model *const *models, size_t n, oa_model **out) OA_MUST_USE;
/* To and from result arrays ("definition/..." scalars, "weights/..." arrays); reading checks shapes against the layers
 * and refuses a digest that does not match (E_DIGEST). file is for messages. */
oa_status oa_model_to_values(const oa_model *model, oa_values *values) OA_MUST_USE;
oa_status oa_model_from_values(oa_context *context, const oa_values *values, const char *file, oa_model **out) OA_MUST_USE;

/* The scalars of a model by name, shared by files, digest and comparison (model_fields.c). */
typedef struct oa_model_field {
    const char *name; /* "radius"; "definition/radius" in files */
    oa_type type;     /* OA_TEXT (a buffer in the struct), OA_I64, OA_F64 */
    size_t offset, size; /* in oa_model */
    double min, max;  /* inclusive */
    bool is_map;      /* part of the map definition, whose numbers are lengths */
    const char *unit; /* of numbers that are no part of it; NULL: none */
    bool is_note;     /* takes no part in the digest */
    bool is_later;    /* not in the files that were first, where it was `absent`, or "" */
    double absent;
} oa_model_field;
extern const oa_model_field oa_model_fields[], oa_atomnet_fields[]; /* end with a NULL name */
const oa_model_field *oa_model_fields_of(const oa_model *model);
/* "name=value", into text. */
/* The fields of a map to and from "group/name" values; reading returns false where one is missing or impossible, with its
 * name in `missing`. */
oa_status oa_map_to_values(const oa_map_definition *map, oa_values *values, int task, const char *group) OA_MUST_USE;
bool oa_map_from_values(const oa_values *values, int task, const char *group, oa_map_definition *out, const char **missing);
void oa_model_field__text(const oa_model *model, const oa_model_field *field, char *text, size_t size);
/* "conv1d width=10 inputs=1 units=16 stride=1 padding=valid activation=relu", into text; and back (false: not understood). */
enum { OA_LAYER_TEXT = 256, OA_MODEL_LINE = 320 }; /* OA_MODEL_LINE: any field or layer as a line */
void oa_layer__text(const oa_layer *layer, char text[OA_LAYER_TEXT]);
bool oa_layer__parse(const char *text, oa_layer *out);
/* Sets n_kernel and n_bias from the sizes; false where they are impossible. Layers without weights have none. */
bool oa_layer__count(oa_layer *layer);

#endif
