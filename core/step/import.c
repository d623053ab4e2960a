/* import.c - vendor files become ions with types, ranges, or a network. Reading is done by whoever fills the sources;
 * here their contents are joined. */
#include <string.h>

#include "base/text.h"
#include "data/model.h"
#include "math/ranging.h"
#include "nn/network.h"
#include "step/import_patterns.h"

typedef struct import_params {
    const char *byte_order, *fourth;
    bool force, drop_nonfinite;
    const char *allow_overlap;
    bool allow_negative;
    const char *preset, *labels;
} import_params;

static const char *const byte_order_words[] = { "big", "little", NULL };
static const char *const fourth_words[] = { "mass_to_charge", "cluster", NULL };
static const char *const overlap_words[] = { "reject", "first", NULL };
static const char *const preset_words[] = { "", "cocrni-002", "cocrni-111", "feal-002", "al-li-mg", "au-cu", "co-alloy", NULL };

static const oa_param import_table[] = {
    OA_PARAM(import_params, byte_order, .dflt_text = "big", .choices = byte_order_words,
             .help = "order of the bytes of .pos and .epos; the format says big, a few programs write little. Never guessed"),
    OA_PARAM(import_params, fourth, .dflt_text = "mass_to_charge", .choices = fourth_words,
             .help = "what the fourth value of .pos is: mass_to_charge, or the cluster number that some programs export there"),
    OA_PARAM(import_params, force, .help = "read .pos and .epos although the values look like no atom probe data"),
    OA_PARAM(import_params, drop_nonfinite,
             .help = "leave out ions with NaN or infinite values instead of refusing the file; the others keep their evaporation_id"),
    OA_PARAM(import_params, allow_overlap, .dflt_text = "reject", .choices = overlap_words,
             .help = "ranges of different ions that overlap: reject the range file, or let the range with the lower key (first) "
                     "have the common part"),
    OA_PARAM(import_params, allow_negative, .help = "accept ranges that begin below 0 Da, as simulations write them for labels"),
    OA_PARAM(import_params, preset, .dflt_text = "", .choices = preset_words,
             .help = "what a published network or bank was made for; left out: known by its shape, (93,1) to 2 is cocrni-002, (93,2) to 3 "
                     "is feal-002; an AtomNet checkpoint by its alloy. al-li-mg, au-cu and co-alloy give species codes, lattice parameter and threshold"),
    OA_PARAM(import_params, labels, .dflt_text = "",
             .help = "classes of the .npy files of a bank, FCC,CSRO: one for each file, or for as many files as there are channels; left out: "
                     "patterns without labels"),
    OA_PARAM_END
};

static const oa_slot import_slots[] = {
    { "files", OA_TAKES_SOURCES, false, "ions (.pos, .epos, .apt, .ato, .csv, .txt, .hdf5, .nxs), ranges (.rrng, .rng, .env), published networks or AtomNet checkpoints (.h5), or curves of a bank (.npy)" },
    { "metadata", OA_TAKES_METADATA, true, "what is known about specimen and instrument, .yaml or .json with the keys of pynxtools-apm" },
    OA_SLOT_END
};

static const oa_output import_outputs[] = {
    { .name = "ions", .is_optional = true, .help = "ions in order of evaporation, with types where ranges were given" },
    { .name = "model", .is_optional = true, .help = "the networks as one ensemble" },
    { .name = "definition/*", .is_optional = true, .help = "what the networks take and how they are built" },
    { .name = "weights/*", .type = OA_F32, .shape = "(member, weight)", .is_optional = true, .help = "weights by layer" },
    { .name = "summary/ions", .type = OA_U64, .is_optional = true, .help = "ions" },
    { .name = "summary/ranged", .type = OA_U64, .is_optional = true, .help = "ions that lie in a range" },
    { .name = "summary/unranged", .type = OA_U64, .is_optional = true, .help = "ions that lie in none" },
    { .name = "summary/ion_types", .type = OA_U64, .is_optional = true, .help = "ion types" },
    { .name = "summary/ranges", .type = OA_U64, .is_optional = true, .help = "ranges" },
    { .name = "summary/elements", .type = OA_TEXT, .is_optional = true, .help = "elements of the ion types" },
    { .name = "summary/x_min", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "smallest x of all ions" },
    { .name = "summary/x_max", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "largest x" },
    { .name = "summary/y_min", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "smallest y" },
    { .name = "summary/y_max", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "largest y" },
    { .name = "summary/z_min", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "smallest z: the deepest ion" },
    { .name = "summary/z_max", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "largest z: towards the apex" },
    { .name = "summary/members", .type = OA_U64, .is_optional = true, .help = "networks of the ensemble" },
    { .name = "summary/blocks", .type = OA_U64, .is_optional = true, .help = "blocks of an AtomNet, each of which takes the probabilities of the one before" },
    { .name = "summary/classes", .type = OA_TEXT, .is_optional = true, .help = "classes they tell apart, in order" },
    { .name = "summary/model_sha256", .type = OA_TEXT, .is_optional = true, .help = "digest over weights and input definition" },
    OA_PATTERN_OUTPUTS,
    { .name = "summary/patterns", .type = OA_U64, .is_optional = true, .help = "curves of a bank" },
    { .name = "summary/invalid_patterns", .type = OA_U64, .is_optional = true, .help = "of these, constant or with NaN" },
    { .name = "summary/assumed", .type = OA_TEXT, .is_optional = true, .help = "what the files of a bank do not say and was assumed" },
    OA_OUTPUT_END
};

/* ---- gathering: what the sources hold, and which of them held it ---- */

typedef struct gathered {
    oa_ions *ions;
    oa_ranges *ranges;
    const char *ions_from, *ranges_from, *models_from;
    oa_model **models; /* (n_models), room for one per source */
    size_t n_models;
    oa_bare_array *arrays; /* (n_arrays), likewise */
    oa_array **owned;
    size_t n_arrays;
} gathered;

static void array_drop(oa_context *context, oa_array *array)
{
    if (!array) return;
    oa_block_free(array->block);
    oa_free(context, array->name);
    oa_free(context, array);
}

static void content_drop(oa_context *context, oa_content *content)
{
    oa_ions_free(content->ions);
    oa_ranges__free(content->ranges);
    oa_model_free(content->model);
    array_drop(context, content->array);
}

static oa_status several(oa_run *run, const char *what, const char *first, const char *second)
{
    return oa_fail_at(run->context, OA_IN_FILE(second), "E_RANGES_SEVERAL",
                      "%s came from %s already and come from %s too; give one of them", what, first, second);
}

/* Moves what the source held into the collection. What is not moved stays in content. */
static oa_status gather(oa_run *run, gathered *all, const char *name, oa_content *content)
{
    if (content->ions) {
        if (all->ions) return several(run, "ions", all->ions_from, name);
        all->ions = content->ions, all->ions_from = name;
        content->ions = NULL;
        if (!content->ranges) content->ranges = oa_ranges__share(all->ions->ranges);
    }
    if (content->ranges) {
        if (all->ranges) return several(run, "ranges", all->ranges_from, name);
        all->ranges = content->ranges, all->ranges_from = name;
        content->ranges = NULL;
    }
    if (content->model) {
        all->models[all->n_models++] = content->model;
        all->models_from = name;
        content->model = NULL;
    }
    if (content->array) {
        all->arrays[all->n_arrays] = (oa_bare_array){ name, content->array };
        all->owned[all->n_arrays++] = content->array;
        content->array = NULL;
    }
    return OA_OK;
}

static oa_status read_sources(oa_run *run, const import_params *p, const oa_input *files, gathered *all)
{
    const oa_read_options options = {
        .byte_order = p->byte_order, .force = p->force, .drop_nonfinite = p->drop_nonfinite,
        .fourth_is_label = strcmp(p->fourth, "cluster") == 0, .allow_overlap = strcmp(p->allow_overlap, "first") == 0,
        .allow_negative = p->allow_negative, .preset = p->preset,
    };
    for (size_t i = 0; i < files->n_sources; i++) {
        oa_content content = { .ions = NULL };
        oa_source *source = &files->sources[i];
        oa_status status = source->read(run->context, source, &options, &content);
        if (status == OA_OK) status = gather(run, all, source->name, &content);
        content_drop(run->context, &content);
        OA_TRY(status);
    }
    if (all->n_models && (all->ions || all->ranges))
        return several(run, "ions or ranges", all->ions ? all->ions_from : all->ranges_from, all->models_from);
    if (all->n_arrays && (all->ions || all->ranges || all->n_models))
        return several(run, "ions, ranges or networks", all->ions ? all->ions_from : all->ranges ? all->ranges_from : all->models_from, all->arrays[0].file);
    if (!all->n_arrays && p->labels[0])
        return oa_fail_at(run->context, OA_IN_PARAMETER("labels"), "E_PARAMETER_VALUE", "labels are for the .npy files of a bank; none was given");
    if (!all->n_models && !all->n_arrays && !all->ions && !all->ranges)
        return oa_fail(run->context, "E_EMPTY_DATA", "none of the %zu files holds ions, ranges, networks or curves", files->n_sources);
    return OA_OK;
}

/* ---- joining and putting ---- */

static oa_status put_bounds(oa_run *run, const oa_ions *ions)
{
    static const char *const name[3][2] = { { "summary/x_min", "summary/x_max" }, { "summary/y_min", "summary/y_max" },
                                            { "summary/z_min", "summary/z_max" } };
    double lo[3], hi[3];
    oa_ions__bounds(ions, lo, hi);
    for (int axis = 0; axis < 3; axis++) {
        OA_TRY(oa_put_real(run, name[axis][0], lo[axis]));
        OA_TRY(oa_put_real(run, name[axis][1], hi[axis]));
    }
    return OA_OK;
}

static oa_status put_types(oa_run *run, const oa_ions *ions, bool is_new)
{
    const oa_ranges *ranges = ions->ranges;
    uint64_t *counts;
    OA_TRY(oa_scratch(run, &counts, ranges->n_types + 1, sizeof *counts));
    OA_TRY(oa_ranging__count(ions, NULL, 0, ranges->n_types, counts));
    if (is_new && counts[0])
        oa_note(run, "W_UNRANGED", "%llu of %zu ions have no range", (unsigned long long)counts[0], ions->n);
    OA_TRY(oa_put_count(run, "summary/ranged", ions->n - counts[0]));
    OA_TRY(oa_put_count(run, "summary/unranged", counts[0]));
    OA_TRY(oa_put_count(run, "summary/ion_types", ranges->n_types));
    OA_TRY(oa_put_count(run, "summary/ranges", ranges->n));
    char *elements;
    OA_TRY(oa_ranges__elements(ranges, &elements));
    const oa_status status = oa_put_text(run, "summary/elements", elements);
    oa_free(run->context, elements);
    return status;
}

/* Types that came with the ions stay; ranges without types, or from another file, are applied. Overlaps that the reader
 * let pass go to the range that begins lower. */
static oa_status put_ions(oa_run *run, gathered *all)
{
    oa_ions *ions = all->ions;
    all->ions = NULL;
    if (!ions) OA_TRY(oa_ions__create(run->context, &ions, 0)); /* ranges alone: a file that other files can be ranged with */
    OA_TRY(oa_put_ions(run, ions));
    const bool is_new = all->ranges && !(oa_ions__data(ions, OA_TYPE) && all->ranges == ions->ranges);
    if (is_new) {
        oa_phase(run->context, "range");
        OA_TRY(oa_ranging__assign(ions, all->ranges, OA_OVERLAP_FIRST));
    }
    OA_TRY(oa_put_count(run, "summary/ions", ions->n));
    if (ions->n) OA_TRY(put_bounds(run, ions));
    return ions->ranges ? put_types(run, ions, is_new) : OA_OK;
}

static oa_status put_model(oa_run *run, gathered *all)
{
    oa_model *model = all->models[0];
    const bool is_atomnet = oa_model_is_atomnet(model); /* whose files are blocks */
    if (all->n_models > 1 || is_atomnet) OA_TRY(oa_model_join(run->context, all->models, all->n_models, &model));
    else all->n_models = 0;
    OA_TRY(oa_put_model(run, model)); /* what was assumed stands in definition/assumed */
    oa_network network;
    if (!is_atomnet) OA_TRY(oa_network_plan(run->context, model, &network)); /* layers that do not fit each other are refused here, not at use */
    oa_string classes = { .context = run->context };
    for (int64_t i = 0; i < model->n_classes; i++) oa_string_add(&classes, "%s%s", i ? ", " : "", model->classes[i]);
    char *text;
    OA_TRY(oa_string_take(&classes, &text));
    const oa_status status = oa_put_text(run, "summary/classes", text);
    oa_free(run->context, text);
    OA_TRY(status);
    OA_TRY(oa_put_text(run, "summary/model_sha256", model->sha256));
    if (is_atomnet) OA_TRY(oa_put_count(run, "summary/blocks", (uint64_t)model->atomnet.blocks));
    return oa_put_count(run, "summary/members", (uint64_t)model->members);
}

static oa_status import_run(oa_run *run, const void *params)
{
    const oa_input *files = oa_run_input(run, "files");
    gathered all = { .ions = NULL };
    OA_TRY(oa_scratch(run, &all.models, files->n_sources, sizeof *all.models));
    OA_TRY(oa_scratch(run, &all.arrays, files->n_sources, sizeof *all.arrays));
    OA_TRY(oa_scratch(run, &all.owned, files->n_sources, sizeof *all.owned));
    oa_phase(run->context, "read");
    oa_status status = read_sources(run, params, files, &all);
    const import_params *p = params;
    if (status == OA_OK && all.n_arrays) status = oa_import_patterns(run, all.arrays, all.n_arrays, p->preset, p->labels);
    else if (status == OA_OK) status = all.n_models ? put_model(run, &all) : put_ions(run, &all);
    oa_ions_free(all.ions);
    oa_ranges__free(all.ranges);
    for (size_t i = 0; i < all.n_models; i++) oa_model_free(all.models[i]);
    for (size_t i = 0; i < all.n_arrays; i++) array_drop(run->context, all.owned[i]);
    return status;
}

const oa_step oa_step_import = {
    .name = "import",
    .version = 2,
    .title = "Vendor files to NeXus",
    .help = "Reads ions, range files, published networks and banks of curves. Ions together with a range file get their types; ranges "
            "alone and ions alone are kept as they are; several networks become one ensemble, AtomNet checkpoints the blocks of one network; curves become patterns, file after file, "
            "with minimum 0 and maximum 1. Coordinates are never flipped, shifted or "
            "scaled, and rows stay in order of evaporation.",
    .params = import_table, .params_size = sizeof(import_params),
    .slots = import_slots,  .outputs = import_outputs,
    .run = import_run,
};
