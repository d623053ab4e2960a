/* map_definition.c - the maps of the papers (Nat. Commun. 14, 7410; Adv. Mater. 2024, 2407564) and how two are compared. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "data/model.h"

/* Local z-SDM of one species: all pairs inside a sphere of 0.75 nm. */
static const oa_preset_value cocrni[] = {
    { "mode", "insphere" }, { "radius", "0.75" }, { "half_range", "1.5" }, { "bins", "200" },
    { "crop_first", "54" }, { "crop_bins", "93" }, { "smooth_window", "15" }, { "smooth_order", "8" },
    { "background_first", "23" }, { "background_last", "68" }, { "background_sweeps", "1001" },
    { "voxel_edge", "1" }, { "stride", "0.5" }, { "class", "1" }, { "threshold", "3.75" },
    { NULL, NULL }
};
/* Pictures of zx-SDMs along <011>. The voxel is our choice: none is published. */
static const oa_preset_value allimg[] = {
    { "mode", "insphere" }, { "dimensions", "2" }, { "radius", "1.5" }, { "half_range", "1.5" }, { "bins", "200" },
    { "crop_first", "0" }, { "crop_bins", "200" }, { "smooth_window", "0" }, { "smooth_order", "0" },
    { "background_first", "0" }, { "background_last", "0" }, { "background_sweeps", "0" },
    { "picture", "levels" }, { "pixels", "150" },
    { "voxel_edge", "2" }, { "stride", "1" }, { "class", "1" }, { "threshold", "4" },
    { NULL, NULL }
};
/* Two channels, centres within 0.5 nm and neighbours from everywhere. */
static const oa_preset_value feal[] = {
    { "mode", "tree" }, { "radius", "0.5" }, { "half_range", "1.5" }, { "bins", "200" },
    { "crop_first", "54" }, { "crop_bins", "93" }, { "smooth_window", "15" }, { "smooth_order", "8" },
    { "background_first", "37" }, { "background_last", "52" }, { "background_sweeps", "1001" },
    { "voxel_edge", "1" }, { "stride", "0.5" }, { "class", "1,2" }, { "threshold", "4,3.75" },
    { NULL, NULL }
};

const oa_preset oa_map_presets[] = {
    { "cocrni-002", "fcc CoCrNi along <002>: FCC or CSRO (L1_2-like) from one z-SDM", cocrni },
    { "cocrni-111", "fcc CoCrNi along <111>: the map of cocrni-002 with networks of their own", cocrni },
    { "allimg-011", "fcc Al-Li-Mg along <011>: FCC or L1_2 from a picture of the zx-SDM of Al-Al", allimg },
    { "feal-002", "bcc Fe-Al along <002>: BCC, B2 or D0_3 from the z-SDMs of Fe-Fe and Al-Al", feal },
    { .name = NULL }
};

static void set_field(oa_model *model, const oa_preset_value *value)
{
    for (const oa_model_field *field = oa_model_fields; field->name; field++) {
        if (strcmp(field->name, value->name) != 0) continue;
        char *at = (char *)model + field->offset;
        if (field->type == OA_TEXT) snprintf(at, field->size, "%s", value->text);
        else if (field->type == OA_I64) oa_text_integer(value->text, strlen(value->text), (int64_t *)(void *)at);
        else oa_text_real(value->text, strlen(value->text), false, (double *)(void *)at);
    }
}

/* Class names by preset; the direction is what the name ends with. */
static const char *classes_of(const oa_preset_value *values)
{
    return values == feal ? "BCC,B2,D03" : values == allimg ? "FCC,L12" : "FCC,CSRO";
}

bool oa_map_preset_find(const char *name, oa_map_definition *out, const char **classes)
{
    for (const oa_preset *preset = oa_map_presets; preset->name; preset++) {
        if (strcmp(preset->name, name) != 0) continue;
        oa_model model = { .map = { .dimensions = 1, .channels = preset->values == feal ? 2 : 1 } };
        snprintf(model.map.preset, sizeof model.map.preset, "%s", name);
        snprintf(model.map.direction, sizeof model.map.direction, "%s", strrchr(name, '-') + 1);
        for (const oa_preset_value *value = preset->values; value->name; value++) set_field(&model, value);
        *out = model.map;
        if (classes) *classes = classes_of(preset->values);
        return true;
    }
    return false;
}

oa_status oa_map_definition_compare(oa_context *context, const oa_map_definition *wanted, const oa_map_definition *model)
{
    const oa_model a = { .map = *wanted }, b = { .map = *model };
    for (const oa_model_field *field = oa_model_fields; field->name; field++) {
        if (!field->is_map) continue;
        char ours[96], theirs[96];
        oa_model_field__text(&a, field, ours, sizeof ours);
        oa_model_field__text(&b, field, theirs, sizeof theirs);
        if (strcmp(field->name, "preset") == 0 && (!wanted->preset[0] || !model->preset[0])) continue;
        if (strcmp(field->name, "direction") == 0 && (!wanted->direction[0] || !model->direction[0])) continue;
        if (strcmp(ours, theirs) != 0)
            return oa_fail(context, "E_MAP_MISMATCH", "the map has %s here and the model was made for %s; give the preset or the map parameters of "
                           "the model, a bank made with them, or another model", ours, theirs);
    }
    return OA_OK;
}

oa_status oa_map_definition_check(oa_context *context, const oa_map_definition *map, const char *file)
{
    static const char *const modes[] = { "insphere", "tree", "all" };
    bool is_known = false;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) is_known |= strcmp(map->mode, modes[i]) == 0;
    if (!is_known)
        return oa_fail_at(context, OA_IN_FILE(file), "E_MODEL", "the map mode is \"%s\"; insphere, tree and all are known", map->mode);
    if (map->crop_first + map->crop_bins > map->bins)
        return oa_fail_at(context, OA_IN_FILE(file), "E_MODEL", "bins %lld to %lld are cut from a map of %lld", (long long)map->crop_first,
                          (long long)(map->crop_first + map->crop_bins - 1), (long long)map->bins);
    if (map->dimensions == 2 && (map->pixels < 1 || (strcmp(map->picture, "levels") != 0 && strcmp(map->picture, "linear") != 0)))
        return oa_fail_at(context, OA_IN_FILE(file), "E_MODEL", "a picture of %lld pixels by \"%s\"; give 1 pixel at least, and levels or linear",
                          (long long)map->pixels, map->picture);
    if (map->smooth_window && (map->smooth_window % 2 == 0 || map->smooth_order >= map->smooth_window || map->smooth_window > map->crop_bins))
        return oa_fail_at(context, OA_IN_FILE(file), "E_MODEL", "a smoothing window of %lld with order %lld does not fit %lld bins; it must be odd, "
                          "above the order and no longer than the curve", (long long)map->smooth_window, (long long)map->smooth_order,
                          (long long)map->crop_bins);
    if (map->background_last < map->background_first || (map->dimensions == 1 && map->background_last >= map->crop_bins))
        return oa_fail_at(context, OA_IN_FILE(file), "E_MODEL", "the background window %lld to %lld does not lie in a curve of %lld bins",
                          (long long)map->background_first, (long long)map->background_last, (long long)map->crop_bins);
    return OA_OK;
}
