/* atomnet_model.c - what a model of architecture atomnet keeps otherwise than the networks of patterns: its fields, its weights, and how its blocks join. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "data/model.h"

#define TEXT(field) .type = OA_TEXT, .offset = offsetof(oa_model, field), .size = sizeof(((oa_model *)0)->field)
#define COUNT(field, low, high) .type = OA_I64, .offset = offsetof(oa_model, field), .size = 8, .min = (low), .max = (high)
#define REAL(field, low, high) .type = OA_F64, .offset = offsetof(oa_model, field), .size = 8, .min = (low), .max = (high)

enum { MEMBERS_MAX = 64 };

/* The bounds are what a file may ask for at all. */
const oa_model_field oa_atomnet_fields[] = {
    { "architecture", TEXT(architecture) },
    { "members", COUNT(members, 1, MEMBERS_MAX) },
    { "blocks", COUNT(atomnet.blocks, 1, OA_ATOMNET_BLOCKS_MAX) },
    { "neighbours", COUNT(atomnet.neighbours, 2, OA_ATOMNET_NEIGHBOURS_MAX) },
    { "lattice_parameter", REAL(atomnet.lattice_parameter, 0.05, 10), .unit = OA_NM },
    { "species_codes", TEXT(atomnet.species_codes) },
    { "threshold", REAL(atomnet.threshold, 0, 1) },
    { "has_norm", COUNT(atomnet.has_norm, 0, 1) },
    { "norm_epsilon", REAL(atomnet.norm_epsilon, 0, 1) },
    { "temperature", REAL(temperature, 1e-3, 1e3), .is_note = true },
    { "assumed", TEXT(assumed), .is_note = true },
    { "model_sha256", TEXT(sha256), .is_note = true },
    { .name = NULL }
};

bool oa_model_is_atomnet(const oa_model *model) { return strcmp(model->architecture, "atomnet") == 0; }

oa_status oa_model__check_sees_maps(oa_context *context, const oa_model *model, const char *file)
{
    if (!oa_model_is_atomnet(model)) return OA_OK;
    return oa_fail_at(context, OA_IN_FILE(file), "E_ARCHITECTURE", "this model is a network of neighbours (atomnet), which sees ions and no maps; use segment");
}

const oa_model_field *oa_model_fields_of(const oa_model *model) { return oa_model_is_atomnet(model) ? oa_atomnet_fields : oa_model_fields; }

size_t oa_atomnet_values(const oa_model *model, size_t block) { return oa_atomnet_layout(oa_atomnet_columns(block), model->atomnet.has_norm != 0, NULL); }

oa_status oa_atomnet__new_values(oa_model *model)
{
    for (size_t b = 0; b < (size_t)model->atomnet.blocks; b++)
        OA_TRY(oa_new(model->context, &model->atomnet.values[b], (size_t)model->members * oa_atomnet_values(model, b), sizeof(float)));
    return OA_OK;
}

/* ---- in a file ---- */

static void values_name(char name[64], size_t member, size_t block) { snprintf(name, 64, "weights/member%zu_block%zu", member + 1, block + 1); }

oa_status oa_atomnet__to_values(const oa_model *model, oa_values *values)
{
    for (size_t m = 0; m < (size_t)model->members; m++)
        for (size_t b = 0; b < (size_t)model->atomnet.blocks; b++) {
            const size_t n = oa_atomnet_values(model, b);
            char name[64];
            oa_array *array;
            values_name(name, m, b);
            OA_TRY(oa_values_add(values, 1, name, OA_F32, 1, &n, &array));
            memcpy(array->block->data, model->atomnet.values[b] + m * n, n * sizeof(float));
        }
    return OA_OK;
}

static oa_status find_block(const oa_model *model, const oa_values *values, const char *file, size_t member, size_t block, const oa_array **out)
{
    const size_t n = oa_atomnet_values(model, block);
    char name[64];
    values_name(name, member, block);
    *out = oa_values_find(values, 1, name);
    if (*out && (*out)->type == OA_F32 && (*out)->rank == 1 && (*out)->dims[0] == n) return OA_OK;
    return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "%s is missing or does not hold %zu values; give a result of `ordapt train`, or of "
                      "`ordapt import` of checkpoints", name, n);
}

/* Weights that are no numbers would give no numbers, everywhere; a variance below zero likewise. */
static oa_status check_finite(const oa_model *model, size_t block, const char *file)
{
    const size_t n = oa_atomnet_values(model, block);
    for (size_t i = 0; i < (size_t)model->members * n; i++)
        if (!isfinite(model->atomnet.values[block][i]))
            return oa_fail_at(model->context, OA_IN_FILE(file), "E_NONFINITE", "weight %zu of block %zu is not finite", i % n, block + 1);
    return OA_OK;
}

oa_status oa_atomnet__check(const oa_model *model, const char *file)
{
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    OA_TRY(oa_atomnet_check_codes(model->context, model->atomnet.species_codes));
    for (size_t b = 0; b < (size_t)model->atomnet.blocks; b++) {
        OA_TRY(check_finite(model, b, file));
        const size_t n = oa_atomnet_layout(oa_atomnet_columns(b), model->atomnet.has_norm != 0, place);
        for (size_t m = 0; m < (size_t)model->members; m++)
            for (int l = 0; l < OA_ATOMNET_LAYERS; l++)
                for (size_t u = 0; place[l].norm && u < place[l].units; u++)
                    if (model->atomnet.values[b][m * n + place[l].norm + 3 * place[l].units + u] < 0)
                        return oa_fail_at(model->context, OA_IN_FILE(file), "E_MODEL", "block %zu: a variance of %s is negative", b + 1, oa_atomnet_rows[l].name);
    }
    return OA_OK;
}

oa_status oa_atomnet__from_values(oa_model *model, const oa_values *values, const char *file)
{
    const oa_array *array;
    for (size_t m = 0; m < (size_t)model->members; m++) /* what the file does not hold is noticed before memory is taken for it */
        for (size_t b = 0; b < (size_t)model->atomnet.blocks; b++) OA_TRY(find_block(model, values, file, m, b, &array));
    OA_TRY(oa_atomnet__new_values(model));
    for (size_t m = 0; m < (size_t)model->members; m++)
        for (size_t b = 0; b < (size_t)model->atomnet.blocks; b++) {
            OA_TRY(find_block(model, values, file, m, b, &array));
            memcpy(model->atomnet.values[b] + m * oa_array_count(array), array->block->data, oa_array_bytes(array));
        }
    return oa_atomnet__check(model, file);
}

/* ---- blocks of several files ---- */

static oa_status check_alike(oa_context *context, const oa_model *first, const oa_model *other, size_t number)
{
    for (const oa_model_field *field = oa_atomnet_fields; field->name; field++) {
        char a[320], b[320];
        if (field->is_note || strcmp(field->name, "blocks") == 0) continue;
        oa_model_field__text(first, field, a, sizeof a);
        oa_model_field__text(other, field, b, sizeof b);
        if (strcmp(a, b) != 0) return oa_fail(context, "E_MODEL", "checkpoint %zu has %s, the first has %s; blocks of one network are given together", number, b, a);
    }
    return OA_OK;
}

static size_t block_of(const oa_model *model)
{
    size_t b = 0;
    while (b + 1 < (size_t)model->atomnet.blocks && !model->atomnet.values[b]) b++;
    return b;
}

static oa_status place_block(oa_model *joined, const oa_model *from)
{
    const size_t b = block_of(from), n = (size_t)from->members * oa_atomnet_values(from, b);
    if (joined->atomnet.values[b]) return oa_fail(joined->context, "E_MODEL", "block %zu is given twice; give each block of a network once", b + 1);
    OA_TRY(oa_new(joined->context, &joined->atomnet.values[b], n, sizeof(float)));
    memcpy(joined->atomnet.values[b], from->atomnet.values[b], n * sizeof(float));
    if ((int64_t)b >= joined->atomnet.blocks) joined->atomnet.blocks = (int64_t)b + 1;
    return OA_OK;
}

oa_status oa_atomnet__join(oa_model *joined, oa_model *const *models, size_t n)
{
    for (size_t b = 0; b < OA_ATOMNET_BLOCKS_MAX; b++) joined->atomnet.values[b] = NULL;
    joined->atomnet.blocks = 0;
    for (size_t k = 0; k < n; k++) {
        OA_TRY(check_alike(joined->context, models[0], models[k], k + 1));
        OA_TRY(place_block(joined, models[k]));
    }
    for (size_t b = 0; b < (size_t)joined->atomnet.blocks; b++)
        if (!joined->atomnet.values[b])
            return oa_fail(joined->context, "E_MODEL", "block %zu takes the probabilities of block %zu, which is missing; give the checkpoints of all blocks",
                           (size_t)joined->atomnet.blocks, b + 1);
    OA_TRY(oa_atomnet__check(joined, NULL));
    return oa_model_digest(joined, joined->sha256);
}
