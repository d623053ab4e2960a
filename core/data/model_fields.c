/* model_fields.c - the scalars of a model as a table, and its layers as text: files, digest and comparison share them. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/model.h"

#define TEXT(field) .type = OA_TEXT, .offset = offsetof(oa_model, field), .size = sizeof(((oa_model *)0)->field)
#define COUNT(field, low, high) .type = OA_I64, .offset = offsetof(oa_model, field), .size = 8, .min = (low), .max = (high)
#define REAL(field, low, high) .type = OA_F64, .offset = offsetof(oa_model, field), .size = 8, .min = (low), .max = (high)

/* The bounds are what a file may ask for at all; they are far above every network of the field. */
const oa_model_field oa_model_fields[] = {
    { "architecture", TEXT(architecture) },
    { "members", COUNT(members, 1, 64) },
    { "input_height", COUNT(input_height, 1, 4096), .is_later = true, .absent = 1 },
    { "input_length", COUNT(input_length, 1, 65536) },
    { "input_channels", COUNT(input_channels, 1, 64) },
    { "preset", TEXT(map.preset), .is_map = true },
    { "mode", TEXT(map.mode), .is_map = true },
    { "dimensions", COUNT(map.dimensions, 1, 2), .is_map = true },
    { "channels", COUNT(map.channels, 1, 64), .is_map = true },
    { "radius", REAL(map.radius, 0, 100), .is_map = true },
    { "half_range", REAL(map.half_range, 1e-6, 100), .is_map = true },
    { "bins", COUNT(map.bins, 1, 65536), .is_map = true },
    { "crop_first", COUNT(map.crop_first, 0, 65535), .is_map = true },
    { "crop_bins", COUNT(map.crop_bins, 1, 65536), .is_map = true },
    { "smooth_window", COUNT(map.smooth_window, 0, 1001), .is_map = true },
    { "smooth_order", COUNT(map.smooth_order, 0, 20), .is_map = true },
    { "background_first", COUNT(map.background_first, 0, 65535), .is_map = true },
    { "background_last", COUNT(map.background_last, 0, 65535), .is_map = true },
    { "background_sweeps", COUNT(map.background_sweeps, 0, 1000000), .is_map = true },
    { "picture", TEXT(map.picture), .is_map = true, .is_later = true },
    { "pixels", COUNT(map.pixels, 0, 4096), .is_map = true, .is_later = true },
    { "direction", TEXT(map.direction), .is_map = true, .is_later = true },
    { "temperature", REAL(temperature, 1e-3, 1e3), .is_note = true, .is_later = true, .absent = 1 },
    { "assumed", TEXT(assumed), .is_note = true },
    { "model_sha256", TEXT(sha256), .is_note = true },
    { .name = NULL }
};

void oa_model_field__text(const oa_model *model, const oa_model_field *field, char *text, size_t size)
{
    const char *at = (const char *)model + field->offset;
    char number[32];
    if (field->type == OA_TEXT) snprintf(text, size, "%s=%s", field->name, at);
    else if (field->type == OA_I64) snprintf(text, size, "%s=%lld", field->name, (long long)*(const int64_t *)(const void *)at);
    else snprintf(text, size, "%s=%s", field->name, oa_text_of_real(number, *(const double *)(const void *)at));
}

/* ---------------------------------------------------------------------------------------------- layers */

static const struct layer_field {
    const char *name;
    size_t offset;
} layer_fields[] = {
    { "width", offsetof(oa_layer, width) },
    { "inputs", offsetof(oa_layer, inputs) },
    { "units", offsetof(oa_layer, units) },
    { "stride", offsetof(oa_layer, stride) },
    { "height", offsetof(oa_layer, height) },
};
enum { LAYER_FIELDS = sizeof layer_fields / sizeof layer_fields[0], LAYER_SIZE_MAX = 1 << 24 };

static int64_t *layer_number(oa_layer *layer, int i)
{
    return (int64_t *)(void *)((char *)layer + layer_fields[i].offset);
}

void oa_layer__text(const oa_layer *layer, char text[OA_LAYER_TEXT])
{
    oa_layer copy = *layer;
    int n = snprintf(text, OA_LAYER_TEXT, "%s", layer->kind);
    for (int i = 0; i < LAYER_FIELDS; i++) {
        if (layer_fields[i].offset == offsetof(oa_layer, height) && copy.height == 0) continue; /* one axis only */
        n += snprintf(text + n, OA_LAYER_TEXT - (size_t)n, " %s=%lld", layer_fields[i].name, (long long)*layer_number(&copy, i));
    }
    snprintf(text + n, OA_LAYER_TEXT - (size_t)n, " padding=%s activation=%s", layer->same_padding ? "same" : "valid", layer->activation);
}

/* One word "key=value" of a layer's text. */
static bool parse_word(oa_layer *layer, const char *word, size_t length)
{
    const char *equals = memchr(word, '=', length);
    if (!equals) return false;
    const size_t n_key = (size_t)(equals - word), n_value = length - n_key - 1;
    const char *is = equals + 1;
    for (int i = 0; i < LAYER_FIELDS; i++)
        if (strlen(layer_fields[i].name) == n_key && memcmp(word, layer_fields[i].name, n_key) == 0)
            return oa_text_integer(is, n_value, layer_number(layer, i));
    if (n_key == 7 && memcmp(word, "padding", 7) == 0) {
        layer->same_padding = n_value == 4 && memcmp(is, "same", 4) == 0;
        return layer->same_padding || (n_value == 5 && memcmp(is, "valid", 5) == 0);
    }
    if (n_key != 10 || memcmp(word, "activation", 10) != 0 || n_value >= sizeof layer->activation) return false;
    oa_text_clean(layer->activation, sizeof layer->activation, is, n_value);
    return true;
}

bool oa_layer__parse(const char *text, oa_layer *out)
{
    *out = (oa_layer){ .kind = "" };
    size_t length = strcspn(text, " ");
    if (length == 0 || length >= sizeof out->kind) return false;
    oa_text_clean(out->kind, sizeof out->kind, text, length);
    for (text += length; *text == ' '; text += length) {
        length = strcspn(++text, " ");
        if (!parse_word(out, text, length)) return false;
    }
    return oa_layer__count(out);
}

bool oa_layer__count(oa_layer *layer)
{
    layer->n_kernel = layer->n_bias = 0;
    for (int i = 0; i < LAYER_FIELDS; i++)
        if (*layer_number(layer, i) < 0 || *layer_number(layer, i) > LAYER_SIZE_MAX) return false;
    const bool is_flat = strcmp(layer->kind, "conv2d") == 0 || strcmp(layer->kind, "maxpool2d") == 0;
    const bool is_conv = strncmp(layer->kind, "conv", 4) == 0, is_pool = strncmp(layer->kind, "maxpool", 7) == 0;
    if ((is_conv || is_pool) && (layer->width < 1 || layer->stride < 1 || layer->width > 65536)) return false;
    if (is_flat ? layer->height < 1 || layer->height > 65536 : layer->height != 0) return false;
    if (!is_conv && strcmp(layer->kind, "dense") != 0) return true;
    if (layer->inputs < 1 || layer->units < 1) return false;
    const double window = is_conv ? (double)layer->width * (is_flat ? (double)layer->height : 1) : 1;
    const double n = window * (double)layer->inputs * (double)layer->units;
    if (n > LAYER_SIZE_MAX * 16.0) return false;
    layer->n_kernel = (size_t)n;
    layer->n_bias = (size_t)layer->units;
    return true;
}
