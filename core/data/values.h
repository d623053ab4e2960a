/* values.h - what a step gives: arrays in groups, a summary of scalars, ions, a model. Also what a file gives back. */
#ifndef OA_DATA_VALUES_H
#define OA_DATA_VALUES_H

#include "base/memory.h"
#include "data/ions.h"

struct oa_model;

/* One row of a step's table of outputs.
 *   "group/field"    array of `group` below <step>1; the group is an NXdata where one of its fields has axes (the
 *                    signal), else NXparameters, which alone may hold text
 *   "group/word*"    fields whose names begin so (weights of a network)
 *   "summary/field"  scalar (rank 0) of <step>1/summary, repeated in the JSON summary
 *   "ions", "model"  the nouns */
typedef struct oa_output {
    const char *name;
    oa_type type;
    const char *shape; /* for people and NXDL: "(voxel, pair, bin)"; NULL: scalar */
    const char *unit;  /* NULL: none */
    const char *axes;  /* set on the signal of a group: "grid_z,grid_y,grid_x,class"; "." where an axis has no values */
    bool is_plot;      /* the group shown first */
    /* how viewers show the signal */
    bool is_curves;    /* its rows are curves, not a picture: the first of them are also drawn in one chart */
    const char *slice; /* what is seen first of more than two dimensions: "*,.,.,-1"; ".": shown, "*": at the fullest place, a number:
                          that index, from the end where negative */
    const char *beside; /* field of the group to draw with it, where it is there */
    bool is_view;      /* made for viewers out of other results: in no digest, and not read again */
    bool is_optional;  /* may be missing, depending on parameters */
    bool is_split;     /* slabs hold rows of its first dimension; merge puts them one after the other */
    const char *help;
} oa_output;
#define OA_OUTPUT_END { .name = NULL }

typedef struct oa_array {
    char *name; /* "maps/counts", "summary/mu" */
    int task;   /* 1...: <step>1, <step>2 (one per species) */
    oa_type type;
    int rank;   /* 0: scalar */
    size_t dims[5];
    oa_block *block; /* row major; OA_TEXT: NUL-terminated UTF-8 (scalar only) */
    char *unit;      /* "" for none */
    char *long_name; /* "" for none: "class: 0 FCC, 1 CSRO" */
    char *axes;      /* on a signal; else "" */
    bool is_plot, is_view;
    const oa_output *row; /* what the table says of it; NULL: read from a file */
} oa_array;

typedef struct oa_values {
    oa_context *context;
    size_t n, capacity;
    oa_array *arrays;
    int tasks;       /* how many, at least 1 */
    char **task_titles; /* (tasks) "Ni"; "" for the only one */
    oa_ions *ions;   /* owned; may be NULL */
    struct oa_model *model; /* owned; may be NULL */
} oa_values;

oa_status oa_values_new(oa_context *context, oa_values **out) OA_MUST_USE;
void oa_values_free(oa_values *values);
/* Adds a zeroed array; *data points into it. */
oa_status oa_values_add(oa_values *values, int task, const char *name, oa_type type, int rank, const size_t *dims,
                        oa_array **out) OA_MUST_USE;
const oa_array *oa_values_find(const oa_values *values, int task, const char *name); /* NULL: none */
size_t oa_array_count(const oa_array *array); /* elements */
size_t oa_array_bytes(const oa_array *array);
double oa_array_real(const oa_array *array, size_t i); /* any number type, widened */

/* The content digest of contract §2: SHA-256 over a manifest, one line per item (docs/records.md).
 * head holds the lines before the arrays (step, parameters, inputs). *manifest may be NULL; else free with oa_free. */
oa_status oa_values_digest(const oa_values *values, const char *head, char hex[65], char **manifest) OA_MUST_USE;

#endif
