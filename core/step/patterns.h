/* patterns.h - labelled patterns as `bank` and `import` give them and `train`, `evaluate` and `attribute` take them. */
#ifndef OA_STEP_PATTERNS_H
#define OA_STEP_PATTERNS_H

#include "data/model.h"
#include "step/step.h"

/* The rows of a step that gives patterns (names and shapes below <step>1). Curves are cleaned as the map says and ready for a network; pictures are grey. */
#define OA_PATTERN_OUTPUTS \
    { .name = "patterns/pattern", .type = OA_F32, .shape = "(pattern, bin, channel)", .axes = ".,.,.", .is_plot = true, .is_curves = true, .slice = "0,.,0", .is_optional = true, \
      .help = "curves as the network takes them: minimum 0, maximum 1; NaN where a curve is constant" }, \
    { .name = "pictures/grey", .type = OA_U8, .shape = "(pattern, row, column)", .axes = ".,.,.", .is_plot = true, .is_optional = true, \
      .help = "grey pictures of zx-SDMs; the network takes them divided by 255" }, \
    { .name = "labels/target", .type = OA_F32, .shape = "(pattern, class)", .axes = ".,.", .is_optional = true, \
      .help = "share of each class: 1 at the class of a crystal; for voxels the share of the ions that come from it" }, \
    { .name = "labels/label", .type = OA_U32, .shape = "(pattern)", .is_optional = true, \
      .help = "class number, the one with the largest share; the long name says which is which" }, \
    { .name = "labels/group", .type = OA_U32, .shape = "(pattern)", .is_optional = true, .help = "copies share a group with their original" }, \
    { .name = "labels/sigma_lateral", .type = OA_F64, .shape = "(pattern)", .unit = OA_NM, .is_optional = true, .help = "lateral noise" }, \
    { .name = "labels/sigma_depth", .type = OA_F64, .shape = "(pattern)", .unit = OA_NM, .is_optional = true, .help = "depth noise" }, \
    { .name = "labels/efficiency", .type = OA_F64, .shape = "(pattern)", .is_optional = true, .help = "share of the atoms that was kept" }, \
    { .name = "labels/pairs", .type = OA_U64, .shape = "(pattern, channel)", .is_optional = true, .help = "pairs counted in the map" }, \
    { .name = "map/classes", .type = OA_TEXT, .is_optional = true, .help = "class names, by class number from 0; empty: not labelled" }, \
    OA_MAP_OUTPUTS("map", true)

/* What the slot `patterns` holds, borrowed from the input; parts that are missing are NULL. */
typedef struct oa_patterns {
    size_t n, height, length, channels; /* curves: height 1 */
    const float *values;                /* (n, length, channels) or NULL */
    const uint8_t *grey;                /* (n, height, length) or NULL */
    size_t n_classes;
    char classes[OA_CLASSES_MAX][32];
    const float *target;                /* (n, n_classes) or NULL: not labelled */
    const uint32_t *label, *group;      /* (n) or NULL */
    oa_map_definition map;
} oa_patterns;

/* Patterns of a task, 1 of those that one result has. Reads and checks: E_INPUT_KIND where the input holds no patterns, E_MODEL where shapes or labels contradict each other. */
oa_status oa_patterns_of(oa_run *run, const char *slot, int task, oa_patterns *out) OA_MUST_USE;
/* Puts the map and the class names ("FCC,CSRO"; "" where patterns are not labelled) beside the patterns: group `map`. */
oa_status oa_patterns_put_map(oa_run *run, const oa_map_definition *map, const char *classes) OA_MUST_USE;
/* One pattern as networks take it, (height, length, channels): curves as they are, grey from 0 to 1. */
void oa_patterns_row(const oa_patterns *patterns, size_t row, float *out);
/* The axis `name` of numbers from 0, whose long name says which class is which: "class: 0 FCC, 1 CSRO". */
oa_status oa_put_class_axis(oa_run *run, const char *name, const char (*classes)[32], size_t n) OA_MUST_USE;
/* E_MAP_MISMATCH with both values where the patterns were made for another map than the model's, or have other classes. */
oa_status oa_patterns_match(oa_run *run, const oa_patterns *patterns, const oa_model *model) OA_MUST_USE;

#endif
