/* atomnet_made.h - an AtomNet with random weights, for tests that ask what must hold whatever the weights are. */
#ifndef OA_TESTS_ATOMNET_MADE_H
#define OA_TESTS_ATOMNET_MADE_H

#include "check.h"

#include "base/random.h"
#include "data/model.h"

static inline void atomnet_fill_layer(float *values, const oa_atomnet_place *place, int layer, int columns, oa_random *random)
{
    const bool is_transform = layer == OA_TNET1_TRANSFORM || layer == OA_TNET2_TRANSFORM;
    const size_t edge = layer == OA_TNET1_TRANSFORM ? (size_t)columns : 32, units = place->units;
    const double wide = is_transform ? 0.05 : sqrt(2.0 / (double)place->inputs);
    for (size_t i = 0; i < place->inputs * units; i++) values[place->kernel + i] = (float)(wide * oa_random_normal(random));
    for (size_t u = 0; u < units; u++) values[place->bias + u] = (float)(0.1 * oa_random_normal(random) + (is_transform && u % (edge + 1) == 0));
    for (size_t u = 0; place->norm && u < units; u++) {
        values[place->norm + u] = (float)(1 + 0.1 * oa_random_normal(random));
        values[place->norm + units + u] = (float)(0.1 * oa_random_normal(random));
        values[place->norm + 2 * units + u] = (float)(0.1 * oa_random_normal(random));
        values[place->norm + 3 * units + u] = (float)(0.5 + oa_random_uniform(random));
    }
}

/* Al-Li-Mg by its codes. The digest is set. */
static inline oa_model *atomnet_make(oa_context *context, int64_t blocks, int64_t members, bool has_norm, uint64_t seed)
{
    oa_model *model;
    oa_random random = oa_random_start(seed, 0);
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    check_ok(context, oa_model_new(context, &model));
    snprintf(model->architecture, sizeof model->architecture, "atomnet");
    model->members = members;
    model->temperature = 1;
    model->atomnet = (oa_atomnet){ .blocks = blocks, .neighbours = 32, .lattice_parameter = 0.4, .species_codes = "Al:0,Li:1,Mg:2", .threshold = 0.5,
                                   .norm_epsilon = 1e-3, .has_norm = has_norm };
    check_ok(context, oa_model__set_classes(model, "matrix,domain", NULL));
    check_ok(context, oa_atomnet__new_values(model));
    for (size_t b = 0; b < (size_t)blocks; b++) {
        const int columns = oa_atomnet_columns(b);
        const size_t n = oa_atomnet_layout(columns, has_norm, place);
        for (size_t m = 0; m < (size_t)members; m++)
            for (int l = 0; l < OA_ATOMNET_LAYERS; l++) atomnet_fill_layer(model->atomnet.values[b] + m * n, &place[l], l, columns, &random);
    }
    check_ok(context, oa_model_digest(model, model->sha256));
    return model;
}

/* The blocks of a model as files hold them, one each, at its place. */
static inline oa_model *atomnet_block(const oa_model *whole, size_t block)
{
    oa_model *model;
    const size_t n = (size_t)whole->members * oa_atomnet_values(whole, block);
    check_ok(whole->context, oa_model_new(whole->context, &model));
    snprintf(model->architecture, sizeof model->architecture, "atomnet");
    model->members = whole->members;
    model->temperature = 1;
    model->atomnet = whole->atomnet;
    memset(model->atomnet.values, 0, sizeof model->atomnet.values);
    model->atomnet.blocks = (int64_t)block + 1;
    check_ok(whole->context, oa_model__set_classes(model, "matrix,domain", NULL));
    check_ok(whole->context, oa_new(whole->context, &model->atomnet.values[block], n, sizeof(float)));
    memcpy(model->atomnet.values[block], whole->atomnet.values[block], n * sizeof(float));
    return model;
}

#endif
