/* format_keras.c - one published Keras network (.h5): the architecture from its JSON, the weights by layer. Keras states no
 * map; which one is meant follows from the shape or from --preset, and what was assumed is recorded. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/model.h"
#include "io/checkpoint.h"
#include "io/format.h"
#include "io/h5.h"

enum { CONFIG_BYTES = 4 << 20, NAME_BYTES = 128, WEIGHT_PATH = 4 * NAME_BYTES };

typedef struct keras {
    const oa_h5 *h5;
    oa_model *model;
    char layer_name[OA_LAYERS_MAX][NAME_BYTES]; /* of the groups below model_weights */
} keras;

/* ---------------------------------------------------------------------------------------------- the architecture */

static const char *word_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* A number, or the only number of a list: Keras writes both. */
static int64_t number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_array(value) && json_array_size(value) == 1) value = json_array_get(value, 0);
    return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* Two numbers, rows first; one number stands for both. */
static void pair_of(const json_t *object, const char *key, int64_t out[2])
{
    const json_t *value = json_object_get(object, key);
    out[0] = out[1] = number_of(object, key);
    for (size_t i = 0; i < 2 && json_array_size(value) == 2; i++) out[i] = json_integer_value(json_array_get(value, i));
}

static oa_status unsupported(const keras *k, const char *layer, const char *what, const char *word)
{
    char clean[64], name[64];
    oa_text_clean(clean, sizeof clean, word, strlen(word));
    oa_text_clean(name, sizeof name, layer, strlen(layer));
    return oa_h5_fail(k->h5, "E_KERAS", "%s: %s %s is not supported; networks of Conv1D, Conv2D, MaxPooling1D, MaxPooling2D, Flatten, Dense and Dropout "
                      "are read", name, what, clean);
}

/* [null, 93, 1] or [null, 150, 150, 1] of the first layer. */
static void take_input(keras *k, const json_t *config)
{
    const json_t *shape = json_object_get(config, "batch_input_shape");
    if (!shape) shape = json_object_get(config, "batch_shape");
    const size_t rank = json_array_size(shape);
    if (k->model->input_length || rank < 3 || rank > 4) return;
    k->model->input_height = rank == 4 ? json_integer_value(json_array_get(shape, 1)) : 1;
    k->model->input_length = json_integer_value(json_array_get(shape, rank - 2));
    k->model->input_channels = json_integer_value(json_array_get(shape, rank - 1));
}

static oa_status take_activation(keras *k, oa_layer *layer, const json_t *config)
{
    const char *word = word_of(config, "activation");
    if (strcmp(word, "relu") != 0 && strcmp(word, "softmax") != 0 && strcmp(word, "sigmoid") != 0 && strcmp(word, "linear") != 0)
        return unsupported(k, word_of(config, "name"), "activation", word);
    snprintf(layer->activation, sizeof layer->activation, "%s", word);
    return OA_OK;
}

static oa_status take_padding(keras *k, oa_layer *layer, const json_t *config)
{
    const char *padding = word_of(config, "padding"), *format = word_of(config, "data_format");
    if (strcmp(padding, "same") != 0 && strcmp(padding, "valid") != 0) return unsupported(k, word_of(config, "name"), "padding", padding);
    if (format[0] && strcmp(format, "channels_last") != 0) return unsupported(k, word_of(config, "name"), "data format", format);
    layer->same_padding = strcmp(padding, "same") == 0;
    return OA_OK;
}

/* What has weights also has a name to find them by, a kernel, and a bias. */
static oa_status take_named(keras *k, const json_t *config)
{
    const char *name = word_of(config, "name");
    if (!name[0] || strlen(name) >= NAME_BYTES || strchr(name, '/') || strcmp(name, "..") == 0)
        return oa_h5_fail(k->h5, "E_KERAS", "layer %d has no usable name in model_config", k->model->n_layers + 1);
    snprintf(k->layer_name[k->model->n_layers], NAME_BYTES, "%s", name);
    return json_is_false(json_object_get(config, "use_bias")) ? unsupported(k, name, "use_bias", "false") : OA_OK;
}

/* What convolutions of curves and pictures have in common. */
static oa_status take_convolution(keras *k, oa_layer *layer, const json_t *config)
{
    int64_t dilation[2];
    OA_TRY(take_named(k, config));
    OA_TRY(take_activation(k, layer, config));
    OA_TRY(take_padding(k, layer, config));
    pair_of(config, "dilation_rate", dilation);
    if (json_object_get(config, "dilation_rate") && (dilation[0] != 1 || dilation[1] != 1))
        return unsupported(k, word_of(config, "name"), "dilation", "other than 1");
    if (json_object_get(config, "groups") && number_of(config, "groups") != 1)
        return unsupported(k, word_of(config, "name"), "convolution in", "groups");
    layer->units = number_of(config, "filters");
    return OA_OK;
}

static oa_status take_conv1d(keras *k, oa_layer *layer, const json_t *config)
{
    layer->width = number_of(config, "kernel_size");
    layer->stride = number_of(config, "strides");
    return take_convolution(k, layer, config);
}

/* Windows of pictures step equally far on both axes. */
static oa_status take_window(keras *k, oa_layer *layer, const json_t *config, const char *size)
{
    int64_t edges[2], strides[2];
    pair_of(config, size, edges);
    pair_of(config, json_is_null(json_object_get(config, "strides")) ? size : "strides", strides);
    if (strides[0] != strides[1]) return unsupported(k, word_of(config, "name"), "strides that differ between rows and", "columns");
    layer->height = edges[0];
    layer->width = edges[1];
    layer->stride = strides[0];
    return OA_OK;
}

static oa_status take_conv2d(keras *k, oa_layer *layer, const json_t *config)
{
    OA_TRY(take_window(k, layer, config, "kernel_size"));
    return take_convolution(k, layer, config);
}

static oa_status take_maxpool2d(keras *k, oa_layer *layer, const json_t *config)
{
    OA_TRY(take_window(k, layer, config, "pool_size"));
    return take_padding(k, layer, config);
}

static oa_status take_dense(keras *k, oa_layer *layer, const json_t *config)
{
    OA_TRY(take_named(k, config));
    layer->units = number_of(config, "units");
    return take_activation(k, layer, config);
}

static oa_status take_maxpool1d(keras *k, oa_layer *layer, const json_t *config)
{
    layer->width = number_of(config, "pool_size");
    layer->stride = json_is_null(json_object_get(config, "strides")) ? layer->width : number_of(config, "strides");
    return take_padding(k, layer, config);
}

static oa_status take_flatten(keras *k, oa_layer *layer, const json_t *config)
{
    (void)k, (void)layer, (void)config;
    return OA_OK;
}

/* A softmax may stand alone after a linear layer. */
static oa_status take_lone_activation(keras *k, const json_t *config)
{
    oa_layer *last = k->model->n_layers ? &k->model->layers[k->model->n_layers - 1] : NULL;
    if (!last || strcmp(last->activation, "linear") != 0) return unsupported(k, word_of(config, "name"), "layer", "Activation");
    return take_activation(k, last, config);
}

static const struct layer_row {
    const char *keras, *kind;
    oa_status (*take)(keras *k, oa_layer *layer, const json_t *config);
} layer_rows[] = {
    { "Conv1D", "conv1d", take_conv1d },
    { "Conv2D", "conv2d", take_conv2d },
    { "Dense", "dense", take_dense },
    { "MaxPooling1D", "maxpool1d", take_maxpool1d },
    { "MaxPooling2D", "maxpool2d", take_maxpool2d },
    { "Flatten", "flatten", take_flatten },
};

static oa_status take_layer(keras *k, const json_t *entry)
{
    const char *class_name = word_of(entry, "class_name");
    const json_t *config = json_object_get(entry, "config");
    take_input(k, config);
    if (strcmp(class_name, "InputLayer") == 0 || strcmp(class_name, "Dropout") == 0) return OA_OK; /* nothing at inference */
    if (strcmp(class_name, "Activation") == 0) return take_lone_activation(k, config);
    for (size_t i = 0; i < sizeof layer_rows / sizeof layer_rows[0]; i++) {
        if (strcmp(layer_rows[i].keras, class_name) != 0) continue;
        if (k->model->n_layers == OA_LAYERS_MAX) return oa_h5_fail(k->h5, "E_KERAS", "more than %d layers", OA_LAYERS_MAX);
        oa_layer *layer = &k->model->layers[k->model->n_layers];
        snprintf(layer->kind, sizeof layer->kind, "%s", layer_rows[i].kind);
        snprintf(layer->activation, sizeof layer->activation, "linear");
        OA_TRY(layer_rows[i].take(k, layer, config));
        k->model->n_layers++;
        return OA_OK;
    }
    return unsupported(k, word_of(config, "name"), "layer", class_name);
}

static oa_status take_architecture(keras *k, const json_t *root)
{
    const json_t *config = json_object_get(root, "config"), *layers = json_is_array(config) ? config : json_object_get(config, "layers");
    if (strcmp(word_of(root, "class_name"), "Sequential") != 0) return unsupported(k, "model_config", "architecture", word_of(root, "class_name"));
    for (size_t i = 0; i < json_array_size(layers); i++) OA_TRY(take_layer(k, json_array_get(layers, i)));
    const oa_model *model = k->model;
    if (model->n_layers == 0) return oa_h5_fail(k->h5, "E_KERAS", "model_config lists no layers");
    if (model->input_length < 1 || model->input_channels < 1 || model->input_length > 65536 || model->input_channels > 64 || model->input_height < 1 ||
        model->input_height > 65536)
        return oa_h5_fail(k->h5, "E_KERAS", "model_config states no input of bins and channels, (93, 1) or (93, 2), or of a picture, (150, 150, 1)");
    return OA_OK;
}

static oa_status read_architecture(keras *k)
{
    char *text;
    json_error_t error;
    OA_TRY(oa_h5_text(k->h5, "/", "model_config", CONFIG_BYTES, &text));
    json_t *root = json_loads(text, 0, &error);
    oa_free(k->h5->context, text);
    if (!root) return oa_h5_fail(k->h5, "E_KERAS", "model_config is no JSON (line %d, column %d)", error.line, error.column);
    const oa_status status = take_architecture(k, root);
    json_decref(root);
    return status;
}

/* ---------------------------------------------------------------------------------------------- the weights */

/* Where kernel or bias of a layer lie. The attribute weight_names lists them, "dense_22/kernel:0" in files of 2018 and
 * "sequential/dense_22/kernel" in later ones; without it the old layout is taken. */
static oa_status weight_path(const keras *k, int i, const char *what, char path[WEIGHT_PATH])
{
    char group[NAME_BYTES + 16], **names = NULL;
    size_t n = 0;
    snprintf(group, sizeof group, "model_weights/%s", k->layer_name[i]);
    snprintf(path, WEIGHT_PATH, "%s/%s/%s:0", group, k->layer_name[i], what);
    if (oa_h5_has_attribute(k->h5, group, "weight_names")) OA_TRY(oa_h5_texts(k->h5, group, "weight_names", NAME_BYTES * 2, &names, &n));
    for (size_t j = 0; j < n; j++) {
        const char *base = oa_base_name(names[j]);
        const size_t length = strlen(what);
        if (strncmp(base, what, length) == 0 && (base[length] == 0 || base[length] == ':')) snprintf(path, WEIGHT_PATH, "%s/%s", group, names[j]);
    }
    oa_h5_names_free(k->h5, names, n);
    return OA_OK;
}

static oa_status read_array(const keras *k, int i, const char *what, oa_h5_shape *shape, float **out)
{
    char path[WEIGHT_PATH];
    enum { ARRAY_MAX = 1 << 26 };
    OA_TRY(weight_path(k, i, what, path));
    OA_TRY(oa_h5_floats(k->h5, path, -1, ARRAY_MAX, shape, out));
    for (size_t n = 0; n < shape->n; n++) {
        if (isfinite((*out)[n])) continue;
        oa_free(k->h5->context, *out);
        *out = NULL;
        return oa_h5_fail(k->h5, "E_NONFINITE", "%s: weight %zu is not finite", path, n);
    }
    return OA_OK;
}

/* The kernel says how many inputs there are; everything else must agree with the architecture. */
static oa_status check_kernel(const keras *k, int i, const oa_h5_shape *shape)
{
    oa_layer *layer = &k->model->layers[i];
    const bool is_conv = strncmp(layer->kind, "conv", 4) == 0, is_flat = layer->height > 0;
    const int rank = is_flat ? 4 : is_conv ? 3 : 2;
    if (shape->rank != rank || (int64_t)shape->dims[rank - 1] != layer->units || (is_conv && (int64_t)shape->dims[rank - 3] != layer->width) ||
        (is_flat && (int64_t)shape->dims[0] != layer->height))
        return oa_h5_fail(k->h5, "E_KERAS", "the kernel of %s does not have the shape that model_config says (%lld units)", k->layer_name[i],
                          (long long)layer->units);
    layer->inputs = (int64_t)shape->dims[rank - 2];
    if (!oa_layer__count(layer) || layer->n_kernel != shape->n)
        return oa_h5_fail(k->h5, "E_KERAS", "the sizes of layer %s are impossible", k->layer_name[i]);
    return OA_OK;
}

static oa_status read_layer(keras *k, int i)
{
    oa_layer *layer = &k->model->layers[i];
    oa_h5_shape shape;
    if (strncmp(layer->kind, "conv", 4) != 0 && strcmp(layer->kind, "dense") != 0)
        return oa_layer__count(layer) ? OA_OK : oa_h5_fail(k->h5, "E_KERAS", "layer %d has an impossible window", i + 1);
    OA_TRY(read_array(k, i, "kernel", &shape, &layer->kernel)); /* the model frees it, whatever follows */
    OA_TRY(check_kernel(k, i, &shape));
    OA_TRY(read_array(k, i, "bias", &shape, &layer->bias));
    if (shape.n != layer->n_bias)
        return oa_h5_fail(k->h5, "E_KERAS", "layer %s has %zu biases for %zu units", k->layer_name[i], shape.n, layer->n_bias);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the map */

static const struct known_shape {
    int64_t height, length, channels, classes;
    const char *preset;
} known_shapes[] = {
    { 1, 93, 1, 2, "cocrni-002" },
    { 1, 93, 2, 3, "feal-002" },
    { 150, 150, 1, 2, "allimg-011" },
};

static const char *preset_by_shape(const oa_model *model, int64_t classes)
{
    for (size_t i = 0; i < sizeof known_shapes / sizeof known_shapes[0]; i++) {
        const struct known_shape *s = &known_shapes[i];
        if (s->height == model->input_height && s->length == model->input_length && s->channels == model->input_channels && s->classes == classes) return s->preset;
    }
    return NULL;
}

/* One sigmoid unit is the share of the second of two classes. */
static int64_t classes_of(const oa_model *model)
{
    const oa_layer *last = &model->layers[model->n_layers - 1];
    return last->units == 1 && strcmp(last->activation, "sigmoid") == 0 ? 2 : last->units;
}

static bool fits_map(const oa_model *model)
{
    const oa_map_definition *map = &model->map;
    const bool is_flat = map->dimensions == 2;
    return model->input_height == (is_flat ? map->pixels : 1) && model->input_length == (is_flat ? map->pixels : map->crop_bins) &&
           model->input_channels == map->channels && model->n_classes == classes_of(model);
}

static oa_status assume_map(keras *k, const char *told)
{
    oa_model *model = k->model;
    const int64_t outputs = classes_of(model);
    const char *classes, *preset = told && told[0] ? told : preset_by_shape(model, outputs);
    if (!preset)
        return oa_h5_fail(k->h5, "E_KERAS", "a network from (%lld, %lld, %lld) to %lld classes; (1, 93, 1) to 2, (1, 93, 2) to 3 and (150, 150, 1) to 2 are "
                          "known, for others --preset says what map they were made for", (long long)model->input_height,
                          (long long)model->input_length, (long long)model->input_channels, (long long)outputs);
    if (!oa_map_preset_find(preset, &model->map, &classes))
        return oa_fail_at(k->h5->context, OA_IN_PARAMETER("preset"), "E_PARAMETER_CHOICE", "preset %s is no map of a network; cocrni-002, cocrni-111, "
                          "feal-002 and allimg-011 are known", preset);
    OA_TRY(oa_model__set_classes(model, classes, k->h5->path));
    if (!fits_map(model))
        return oa_h5_fail(k->h5, "E_MAP_MISMATCH", "the network goes from (%lld, %lld, %lld) to %lld classes, preset %s from (%lld, %lld, %lld) to %lld",
                          (long long)model->input_height, (long long)model->input_length, (long long)model->input_channels, (long long)outputs, preset,
                          (long long)(model->map.dimensions == 2 ? model->map.pixels : 1),
                          (long long)(model->map.dimensions == 2 ? model->map.pixels : model->map.crop_bins), (long long)model->map.channels,
                          (long long)model->n_classes);
    snprintf(model->assumed, sizeof model->assumed, "map and class names of preset %s, %s", preset,
             told && told[0] ? "as told" : "from the shape of the network");
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the file */

static oa_status check_kind(const oa_h5 *h5)
{
    if (!oa_h5_has_attribute(h5, "/", "model_config") && oa_h5_has(h5, "layer_names"))
        return oa_h5_fail(h5, "E_KERAS", "weights without an architecture; save the whole model, not only its weights");
    if (!oa_h5_has_attribute(h5, "/", "model_config") || !oa_h5_is_group(h5, "model_weights"))
        return oa_h5_fail(h5, "E_KERAS", "no Keras model: the attribute model_config or the group model_weights is missing");
    return OA_OK;
}

static oa_status fill(keras *k, const char *preset)
{
    OA_TRY(check_kind(k->h5));
    k->model->members = 1;
    OA_TRY(read_architecture(k));
    snprintf(k->model->architecture, sizeof k->model->architecture, "%s", k->model->input_height > 1 ? "cnn2d" : "cnn1d");
    OA_TRY(assume_map(k, preset));
    for (int i = 0; i < k->model->n_layers; i++) OA_TRY(read_layer(k, i));
    return oa_model_digest(k->model, k->model->sha256);
}

static oa_status keras_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    oa_h5 h5;
    keras k = { .h5 = &h5 };
    OA_TRY(oa_h5_open(context, source->path, &h5));
    oa_status status = oa_model_new(context, &k.model);
    const char *preset = options ? options->preset : NULL;
    if (status == OA_OK) status = oa_checkpoint_is_one(&h5) ? oa_checkpoint_read(&h5, preset, k.model) : fill(&k, preset);
    oa_h5_close(&h5);
    if (status == OA_OK) out->model = k.model;
    else oa_model_free(k.model);
    return status;
}

static const char *const keras_extensions[] = { "h5", "hdf5", "keras", NULL };
const oa_format oa_format_keras = {
    .name = "keras",
    .extensions = keras_extensions,
    .help = "published Keras network of z-SDM curves, or AtomNet checkpoint (HDF5)",
    .read = keras_read,
};
