/* model.c - ensembles of networks: made, joined, freed, and their digest. */
#include "data/model.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

enum { WEIGHTS_MAX = 1 << 28, DIGEST_FLOATS = 2048 };

oa_status oa_model_new(oa_context *context, oa_model **out)
{
    *out = NULL;
    OA_TRY(oa_new(context, out, 1, sizeof **out));
    (*out)->context = context;
    (*out)->input_height = 1;
    (*out)->temperature = 1;
    return OA_OK;
}

void oa_model_free(oa_model *model)
{
    if (!model) return;
    for (int i = 0; i < OA_LAYERS_MAX; i++) {
        oa_free(model->context, model->layers[i].kernel);
        oa_free(model->context, model->layers[i].bias);
    }
    for (int b = 0; b < OA_ATOMNET_BLOCKS_MAX; b++) oa_free(model->context, model->atomnet.values[b]);
    oa_free(model->context, model->outlier.mean);
    oa_free(model->context, model->outlier.whiten);
    oa_free(model->context, model);
}

oa_status oa_model__new_weights(oa_model *model)
{
    size_t total = 0;
    for (int i = 0; i < model->n_layers; i++) {
        oa_layer *layer = &model->layers[i];
        if (!oa_layer__count(layer))
            return oa_fail(model->context, "E_ARCHITECTURE", "layer %d (%s) has impossible sizes: width %lld, %lld inputs, %lld units", i + 1,
                           layer->kind, (long long)layer->width, (long long)layer->inputs, (long long)layer->units);
        total += layer->n_kernel + layer->n_bias;
    }
    if (model->members < 1 || total > WEIGHTS_MAX / (size_t)model->members)
        return oa_fail(model->context, "E_ARCHITECTURE", "%lld networks of %zu weights are too many; at most %d weights are held",
                       (long long)model->members, total, WEIGHTS_MAX);
    for (int i = 0; i < model->n_layers; i++) {
        oa_layer *layer = &model->layers[i];
        if (layer->n_kernel == 0) continue;
        OA_TRY(oa_new(model->context, &layer->kernel, (size_t)model->members * layer->n_kernel, sizeof(float)));
        OA_TRY(oa_new(model->context, &layer->bias, (size_t)model->members * layer->n_bias, sizeof(float)));
    }
    return OA_OK;
}

oa_status oa_model__new_outlier(oa_model *model, int64_t n)
{
    model->outlier.n = n;
    OA_TRY(oa_new(model->context, &model->outlier.mean, (size_t)n, sizeof(float)));
    return oa_new(model->context, &model->outlier.whiten, (size_t)(n * n), sizeof(float));
}

oa_status oa_model__set_classes(oa_model *model, const char *text, const char *file)
{
    model->n_classes = 0;
    for (const char *word = text; *word;) {
        const size_t length = strcspn(word, ",");
        if (length == 0 || length >= sizeof model->classes[0] || model->n_classes == OA_CLASSES_MAX)
            return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "class names must be 1 to %d words of 1 to %zu letters, separated by commas",
                              OA_CLASSES_MAX, sizeof model->classes[0] - 1);
        oa_text_clean(model->classes[model->n_classes++], sizeof model->classes[0], word, length);
        word += length + (word[length] == ',');
    }
    if (model->n_classes == 0) return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "the model names no classes");
    return OA_OK;
}

oa_status oa_model__find_class(oa_context *context, const oa_model *model, const char *word, size_t *out)
{
    int64_t number;
    char names[OA_CLASSES_MAX * 34] = "";
    for (int64_t i = 0; i < model->n_classes; i++) {
        const size_t used = strlen(names);
        snprintf(names + used, sizeof names - used, "%s%lld %s", i ? ", " : "", (long long)i, model->classes[i]);
        *out = (size_t)i;
        if (strcmp(word, model->classes[i]) == 0) return OA_OK;
    }
    if (oa_text_integer(word, strlen(word), &number) && number >= 0 && number < model->n_classes) {
        *out = (size_t)number;
        return OA_OK;
    }
    return oa_fail_at(context, OA_IN_PARAMETER("class"), "E_PARAMETER_CHOICE", "the model has no class %s; it has %s", word, names);
}

/* ---------------------------------------------------------------------------------------------- digest */

static void digest_floats(oa_digest *digest, const float *values, size_t n)
{
    unsigned char bytes[4 * DIGEST_FLOATS];
    for (size_t done = 0; done < n;) {
        const size_t part = n - done < DIGEST_FLOATS ? n - done : DIGEST_FLOATS;
        for (size_t i = 0; i < part; i++) {
            uint32_t bits;
            memcpy(&bits, &values[done + i], sizeof bits);
            for (int b = 0; b < 4; b++) bytes[4 * i + (size_t)b] = (unsigned char)(bits >> 8 * b);
        }
        oa_digest_add(digest, bytes, 4 * part);
        done += part;
    }
}

/* The input definition as lines "name=value", then the class names and the layers. */
static void digest_definition(oa_digest *digest, const oa_model *model)
{
    char line[OA_MODEL_LINE];
    oa_digest_text(digest, "ordapt model 1\n");
    for (const oa_model_field *field = oa_model_fields_of(model); field->name; field++) {
        if (field->is_note || (field->is_later && model->is_first)) continue;
        oa_model_field__text(model, field, line, sizeof line);
        oa_digest_text(digest, line);
        oa_digest_text(digest, "\n");
    }
    for (int64_t i = 0; i < model->n_classes; i++) {
        oa_digest_text(digest, "class=");
        oa_digest_text(digest, model->classes[i]);
        oa_digest_text(digest, "\n");
    }
    for (int i = 0; i < model->n_layers; i++) {
        oa_layer__text(&model->layers[i], line);
        oa_digest_text(digest, line);
        oa_digest_text(digest, "\n");
    }
}

oa_status oa_model_digest(const oa_model *model, char hex[OA_HEX])
{
    oa_digest *digest;
    OA_TRY(oa_digest_new(model->context, &digest));
    digest_definition(digest, model);
    for (size_t m = 0; m < (size_t)model->members; m++) {
        for (size_t b = 0; b < (size_t)model->atomnet.blocks; b++)
            digest_floats(digest, model->atomnet.values[b] + m * oa_atomnet_values(model, b), oa_atomnet_values(model, b));
        for (int i = 0; i < model->n_layers; i++) {
            const oa_layer *layer = &model->layers[i];
            if (!layer->kernel) continue;
            digest_floats(digest, layer->kernel + m * layer->n_kernel, layer->n_kernel);
            digest_floats(digest, layer->bias + m * layer->n_bias, layer->n_bias);
        }
    }
    oa_digest_end(digest, hex);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- ensembles */

static oa_status check_kind(oa_context *context, const oa_model *first, const oa_model *other, size_t number)
{
    if (strcmp(first->architecture, other->architecture) == 0) return OA_OK;
    return oa_fail(context, "E_MODEL", "network %zu is a %s, the first is a %s; an ensemble is of one kind", number, other->architecture, first->architecture);
}

/* What makes two networks members of one ensemble; what was assumed and the number of members do not. */
static oa_status check_alike(oa_context *context, const oa_model *first, const oa_model *other, size_t number)
{
    for (const oa_model_field *field = oa_model_fields; field->name; field++) {
        char a[256], b[256];
        if (field->is_note || strcmp(field->name, "members") == 0) continue;
        oa_model_field__text(first, field, a, sizeof a);
        oa_model_field__text(other, field, b, sizeof b);
        if (strcmp(a, b) != 0) return oa_fail(context, "E_MODEL", "network %zu has %s, the first has %s; an ensemble is of one kind", number, b, a);
    }
    if (first->n_layers != other->n_layers)
        return oa_fail(context, "E_MODEL", "network %zu has %d layers, the first has %d; an ensemble is of one kind", number, other->n_layers, first->n_layers);
    for (int i = 0; i < first->n_layers; i++) {
        char a[OA_LAYER_TEXT], b[OA_LAYER_TEXT];
        oa_layer__text(&first->layers[i], a);
        oa_layer__text(&other->layers[i], b);
        if (strcmp(a, b) != 0)
            return oa_fail(context, "E_MODEL", "layer %d of network %zu is \"%s\", of the first \"%s\"; an ensemble is of one kind", i + 1, number, b, a);
    }
    if (first->n_classes != other->n_classes || memcmp(first->classes, other->classes, sizeof first->classes) != 0)
        return oa_fail(context, "E_MODEL", "network %zu has other classes than the first; an ensemble is of one kind", number);
    return OA_OK;
}

static void copy_members(oa_model *to, const oa_model *from, size_t at)
{
    for (int i = 0; i < to->n_layers; i++) {
        const oa_layer *layer = &from->layers[i];
        if (!layer->kernel) continue;
        memcpy(to->layers[i].kernel + at * layer->n_kernel, layer->kernel, (size_t)from->members * layer->n_kernel * sizeof(float));
        memcpy(to->layers[i].bias + at * layer->n_bias, layer->bias, (size_t)from->members * layer->n_bias * sizeof(float));
    }
}

static oa_status join_into(oa_model *joined, oa_model *const *models, size_t n)
{
    for (int i = 0; i < joined->n_layers; i++) joined->layers[i].kernel = joined->layers[i].bias = NULL;
    joined->outlier = (oa_outlier){ .n = 0 }; /* what each found about its own training holds for none of the others */
    joined->temperature = 1;
    joined->members = 0;
    for (size_t k = 0; k < n; k++) joined->members += models[k]->members;
    OA_TRY(oa_model__new_weights(joined));
    size_t at = 0;
    for (size_t k = 0; k < n; at += (size_t)models[k++]->members) copy_members(joined, models[k], at);
    return oa_model_digest(joined, joined->sha256);
}

oa_status oa_model_join(oa_context *context, oa_model *const *models, size_t n, oa_model **out)
{
    oa_model *joined;
    *out = NULL;
    if (n == 0) return oa_fail(context, "E_MODEL", "no network was given; an ensemble needs one at least");
    const bool are_blocks = oa_model_is_atomnet(models[0]);
    for (size_t k = 1; k < n; k++) OA_TRY(check_kind(context, models[0], models[k], k + 1));
    for (size_t k = 1; k < n && !are_blocks; k++) OA_TRY(check_alike(context, models[0], models[k], k + 1));
    OA_TRY(oa_model_new(context, &joined));
    *joined = *models[0];
    joined->context = context;
    const oa_status status = are_blocks ? oa_atomnet__join(joined, models, n) : join_into(joined, models, n);
    if (status == OA_OK) *out = joined;
    else oa_model_free(joined);
    return status;
}
