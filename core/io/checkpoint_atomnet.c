/* checkpoint_atomnet.c - one published AtomNet checkpoint, as HDF5: a group per layer with kernel, bias and, with batch norm, gamma, beta, moving_mean and
 * moving_variance. It is one block of a network; which alloy it was made for is told by --preset, or by its attribute `alloy`. */
#include <stdio.h>
#include <string.h>

#include "io/checkpoint.h"

enum { TEXT_MAX = 256, VALUES_MAX = 1 << 20 };

typedef struct checkpoint {
    const oa_h5 *h5;
    oa_model *model;
    size_t block;
} checkpoint;

bool oa_checkpoint_is_one(const oa_h5 *h5) { return oa_h5_has_attribute(h5, "/", "layer_order"); }

/* ---- what it says of itself ---- */

static oa_status whole_number(const checkpoint *c, const char *name, int64_t low, int64_t high, int64_t *out)
{
    if (!oa_h5_has_attribute(c->h5, "/", name)) return oa_h5_fail(c->h5, "E_CHECKPOINT", "the attribute %s is missing; this is no AtomNet checkpoint", name);
    OA_TRY(oa_h5_integer(c->h5, "/", name, out));
    if (*out >= low && *out <= high) return OA_OK;
    return oa_h5_fail(c->h5, "E_CHECKPOINT", "the attribute %s is %lld; it must lie between %lld and %lld", name, (long long)*out, (long long)low, (long long)high);
}

static oa_status read_facts(checkpoint *c)
{
    oa_atomnet *net = &c->model->atomnet;
    int64_t block, columns;
    OA_TRY(whole_number(c, "block", 1, OA_ATOMNET_BLOCKS_MAX, &block));
    OA_TRY(whole_number(c, "n_input", OA_ATOMNET_COLUMNS_1, OA_ATOMNET_COLUMNS, &columns));
    OA_TRY(whole_number(c, "batch_norm", 0, 1, &net->has_norm));
    OA_TRY(whole_number(c, "n_neighbours", 2, OA_ATOMNET_NEIGHBOURS_MAX, &net->neighbours));
    c->block = (size_t)block - 1;
    net->blocks = block;
    if (columns != oa_atomnet_columns(c->block))
        return oa_h5_fail(c->h5, "E_CHECKPOINT", "block %lld takes %lld columns; block 1 takes %d, the others %d", (long long)block, (long long)columns,
                          OA_ATOMNET_COLUMNS_1, OA_ATOMNET_COLUMNS);
    net->norm_epsilon = 1e-3; /* of Keras */
    if (!oa_h5_has_attribute(c->h5, "/", "bn_epsilon")) return OA_OK;
    OA_TRY(oa_h5_real(c->h5, "/", "bn_epsilon", &net->norm_epsilon));
    if (net->norm_epsilon >= 0 && net->norm_epsilon <= 1) return OA_OK;
    return oa_h5_fail(c->h5, "E_CHECKPOINT", "bn_epsilon is %g; it must lie between 0 and 1", net->norm_epsilon);
}

/* The names that the checkpoints give the alloys. */
static const char *preset_of_alloy(const char *alloy)
{
    static const char *const names[][2] = { { "AlLiMg", "al-li-mg" }, { "AuCu", "au-cu" }, { "CoNiAlW", "co-alloy" } };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(alloy, names[i][0]) == 0) return names[i][1];
    return NULL;
}

static oa_status find_preset(const checkpoint *c, const char *told, const oa_atomnet_preset **out)
{
    char *alloy = NULL;
    const char *name = told;
    if (!name[0] && oa_h5_has_attribute(c->h5, "/", "alloy")) {
        OA_TRY(oa_h5_text(c->h5, "/", "alloy", TEXT_MAX, &alloy));
        name = preset_of_alloy(alloy);
    }
    *out = name ? oa_atomnet_preset_find(name) : NULL;
    oa_free(c->h5->context, alloy);
    if (*out) return OA_OK;
    return oa_fail_at(c->h5->context, OA_IN_PARAMETER("preset"), "E_PARAMETER_CHOICE",
                      "%s%s is no alloy of an AtomNet checkpoint, which states neither lattice parameter nor threshold; give al-li-mg, au-cu or co-alloy",
                      told[0] ? "preset " : "nothing", told);
}

static oa_status take_preset(checkpoint *c, const char *told)
{
    const oa_atomnet_preset *preset;
    oa_model *model = c->model;
    OA_TRY(find_preset(c, told, &preset));
    snprintf(model->atomnet.species_codes, sizeof model->atomnet.species_codes, "%s", preset->species_codes);
    model->atomnet.lattice_parameter = preset->lattice_parameter;
    model->atomnet.threshold = preset->threshold;
    snprintf(model->assumed, sizeof model->assumed, "species codes, lattice parameter and threshold of preset %s, %s", preset->name,
             told[0] ? "as told" : "by the name of the alloy");
    return oa_model__set_classes(model, "matrix,domain", c->h5->path);
}

/* ---- weights ---- */

static oa_status read_part(const checkpoint *c, const char *layer, const char *part, size_t rows, size_t n, float *out)
{
    char path[96];
    float *found;
    oa_h5_shape shape;
    const int rank = rows ? 2 : 1;
    snprintf(path, sizeof path, "%s/%s", layer, part);
    if (!oa_h5_is_dataset(c->h5, path)) return oa_h5_fail(c->h5, "E_CHECKPOINT", "%s is missing; the checkpoint is cut or of another network", path);
    OA_TRY(oa_h5_floats(c->h5, path, rank, VALUES_MAX, &shape, &found));
    const bool fits = rows ? shape.dims[0] == rows && shape.dims[1] == n : shape.dims[0] == n;
    if (fits) memcpy(out, found, shape.n * sizeof *out);
    oa_free(c->h5->context, found);
    if (fits) return OA_OK;
    return rows ? oa_h5_fail(c->h5, "E_CHECKPOINT", "%s has shape (%zu, %zu), AtomNet wants (%zu, %zu)", path, shape.dims[0], shape.dims[1], rows, n)
                : oa_h5_fail(c->h5, "E_CHECKPOINT", "%s has %zu values, AtomNet wants %zu", path, shape.dims[0], n);
}

static oa_status read_layer(const checkpoint *c, int layer, const oa_atomnet_place *place)
{
    static const char *const parts[] = { "gamma", "beta", "moving_mean", "moving_variance" };
    const char *name = oa_atomnet_rows[layer].name;
    float *values = c->model->atomnet.values[c->block];
    OA_TRY(read_part(c, name, "kernel", place->inputs, place->units, values + place->kernel));
    OA_TRY(read_part(c, name, "bias", 0, place->units, values + place->bias));
    for (size_t i = 0; place->norm && i < 4; i++) OA_TRY(read_part(c, name, parts[i], 0, place->units, values + place->norm + i * place->units));
    return OA_OK;
}

static oa_status fill(checkpoint *c, const char *preset)
{
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    oa_model *model = c->model;
    model->members = 1;
    snprintf(model->architecture, sizeof model->architecture, "atomnet");
    OA_TRY(read_facts(c));
    OA_TRY(take_preset(c, preset));
    const size_t n = oa_atomnet_layout(oa_atomnet_columns(c->block), model->atomnet.has_norm != 0, place);
    OA_TRY(oa_new(model->context, &model->atomnet.values[c->block], n, sizeof(float)));
    for (int l = 0; l < OA_ATOMNET_LAYERS; l++) OA_TRY(read_layer(c, l, &place[l]));
    return OA_OK;
}

oa_status oa_checkpoint_read(const oa_h5 *h5, const char *preset, oa_model *model)
{
    checkpoint c = { .h5 = h5, .model = model };
    return fill(&c, preset ? preset : "");
}
