/* model.h - a trained network ensemble: layers, weights, and the definition of the input it was trained for. */
#ifndef OA_DATA_MODEL_H
#define OA_DATA_MODEL_H

#include "base/digest.h"
#include "data/param.h"
#include "data/values.h"

/* The map and preprocessing a network expects (methods: ML-APT §4, §7.3). Compared field by field at use. */
typedef struct oa_map_definition {
    char preset[32];     /* "cocrni-002", "feal-002"; "" for none */
    char mode[16];       /* insphere, tree, all */
    int64_t dimensions;  /* 1: z-SDM */
    int64_t channels;    /* pairs per pattern */
    double radius;       /* nm, sphere around the voxel centre */
    double half_range;   /* nm */
    int64_t bins;        /* before the crop */
    int64_t crop_first, crop_bins; /* 54 and 93: the bins the network sees */
    int64_t smooth_window, smooth_order; /* Savitzky-Golay; 0: none */
    int64_t background_first, background_last; /* window W, both included; 0, 0: no background */
    int64_t background_sweeps; /* at most */
} oa_map_definition;

/* The maps of the papers, as presets of steps: texts by parameter name, also voxel_edge, stride, class and threshold. */
extern const oa_preset oa_map_presets[]; /* ends with a NULL name */
/* The map definition of a preset; false: no such preset. classes (may be NULL) becomes "FCC,CSRO". */
bool oa_map_preset_find(const char *name, oa_map_definition *out, const char **classes);
/* E_MAP_MISMATCH naming the first value that differs, with both; a preset name that is "" agrees with every other. */
oa_status oa_map_definition_compare(oa_context *context, const oa_map_definition *wanted, const oa_map_definition *model) OA_MUST_USE;
/* E_MODEL where a value is impossible: what comes from files is checked before it sizes anything. */
oa_status oa_map_definition_check(oa_context *context, const oa_map_definition *map, const char *file) OA_MUST_USE;

/* One layer; kernel and bias are (members) blocks after each other, row major as in Keras:
 * conv1d kernel (width, channels, filters), dense kernel (inputs, units). */
typedef struct oa_layer {
    char kind[16];       /* name of the row of nn/: "conv1d", "maxpool1d", "flatten", "dense" */
    char activation[16]; /* "relu", "softmax", "linear" */
    int64_t width, stride, inputs, units; /* conv1d: inputs = channels, units = filters; maxpool1d: width, stride */
    bool same_padding;
    size_t n_kernel, n_bias; /* per member */
    float *kernel, *bias;    /* (members, n_kernel), (members, n_bias) */
} oa_layer;

enum { OA_LAYERS_MAX = 16, OA_CLASSES_MAX = 16 };
typedef struct oa_model {
    oa_context *context;
    char architecture[16]; /* "cnn1d" */
    int64_t members;       /* networks of the ensemble */
    int64_t input_length, input_channels, n_classes;
    char classes[OA_CLASSES_MAX][32]; /* "FCC", "CSRO" */
    int n_layers;
    oa_layer layers[OA_LAYERS_MAX];
    oa_map_definition map;
    char assumed[128]; /* what was not in the file and taken from the preset; "" for nothing */
    char sha256[OA_HEX]; /* over the weights (little-endian float32, member by member, layer order) and the input definition */
} oa_model;

oa_status oa_model_new(oa_context *context, oa_model **out) OA_MUST_USE; /* empty */
void oa_model_free(oa_model *model); /* accepts NULL */
/* Zeroed kernels and biases for the layers and members as they are set; E_ARCHITECTURE where they are too large. */
oa_status oa_model__new_weights(oa_model *model) OA_MUST_USE;
/* "FCC,CSRO" into classes and n_classes; E_MODEL where there are none or too many. file is for messages, may be NULL. */
oa_status oa_model__set_classes(oa_model *model, const char *text, const char *file) OA_MUST_USE;
oa_status oa_model_digest(const oa_model *model, char hex[OA_HEX]) OA_MUST_USE;
/* One ensemble of n models, members in the order given, with its digest. All must have the same layers, classes and map:
 * E_MODEL where not, naming the first that differs. The models stay the caller's. */
oa_status oa_model_join(oa_context *context, oa_model *const *models, size_t n, oa_model **out) OA_MUST_USE;
/* To and from result arrays ("definition/..." scalars, "weights/..." arrays); reading checks shapes against the layers
 * and refuses a digest that does not match (E_DIGEST). file is for messages. */
oa_status oa_model_to_values(const oa_model *model, oa_values *values) OA_MUST_USE;
oa_status oa_model_from_values(oa_context *context, const oa_values *values, const char *file, oa_model **out) OA_MUST_USE;
/* The rows of these arrays, for definitions and help; ends with a NULL name. */
extern const oa_output oa_model_outputs[];

/* The scalars of a model by name, shared by files, digest and comparison (model_fields.c). */
typedef struct oa_model_field {
    const char *name; /* "radius"; "definition/radius" in files */
    oa_type type;     /* OA_TEXT (a buffer in the struct), OA_I64, OA_F64 */
    size_t offset, size; /* in oa_model */
    double min, max;  /* inclusive */
    bool is_map;      /* part of the map definition */
    bool is_note;     /* takes no part in the digest */
} oa_model_field;
extern const oa_model_field oa_model_fields[]; /* ends with a NULL name */
/* "name=value", into text. */
void oa_model_field__text(const oa_model *model, const oa_model_field *field, char *text, size_t size);
/* "conv1d width=10 inputs=1 units=16 stride=1 padding=valid activation=relu", into text; and back (false: not understood). */
enum { OA_LAYER_TEXT = 256 };
void oa_layer__text(const oa_layer *layer, char text[OA_LAYER_TEXT]);
bool oa_layer__parse(const char *text, oa_layer *out);
/* Sets n_kernel and n_bias from the sizes; false where they are impossible. Layers without weights have none. */
bool oa_layer__count(oa_layer *layer);

#endif
