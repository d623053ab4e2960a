/* step.h - what a step is: its descriptor, its slots, and the few calls it needs while it works. */
#ifndef OA_STEP_STEP_H
#define OA_STEP_STEP_H

#include "base/parallel.h"
#include "data/param.h"
#include "data/port.h"
#include "data/values.h"

/* What a slot takes. The program reads the file accordingly; a step never does. */
typedef enum oa_slot_kind {
    OA_TAKES_IONS,      /* any file with ions (a result leads to the ions behind it) */
    OA_TAKES_SELECTION, /* ions, or a result with selected/ion_index: then only these take part */
    OA_TAKES_RANGES,    /* a range file or a NeXus file with ranging */
    OA_TAKES_MODEL,
    OA_TAKES_RESULT,    /* arrays of a result */
    OA_TAKES_SPECIMEN,  /* arrays of a result and, where it gave some, its ions: a simulated specimen with its truth */
    OA_TAKES_METADATA,  /* a YAML or JSON file of specimen and measurement facts; the program writes them, no step needs them */
    OA_TAKES_SOURCES    /* vendor files, one or more, read by the step through data/port.h */
} oa_slot_kind;

typedef struct oa_slot {
    const char *name; /* ions, ranges, model, control, selection, centres, patterns, truth, files, metadata */
    oa_slot_kind kind;
    bool is_optional;
    const char *help;
} oa_slot;
#define OA_SLOT_END { .name = NULL }

/* Makes the result of an input again from shuffled ions: the same step with the same parameters and other inputs. The ions
 * stay the caller's; *out, with as many tasks as the result of the input, becomes the caller's (oa_values_free). */
struct oa_run;
typedef struct oa_maker {
    oa_status (*make)(void *self, struct oa_run *run, oa_ions *shuffled, oa_values **out); /* NULL: it cannot be made again */
    void *self;
    bool ranged_only; /* the step leaves ions without a type out: shuffled ions have them where they were */
} oa_maker;

/* One filled slot. Everything is borrowed; absent parts are NULL. */
typedef struct oa_input {
    const char *role;       /* slot name */
    oa_ions *ions;          /* rows are what every ion_index below refers to */
    const oa_ion_stream *stream; /* of all ions, where `ions` holds only those of a slab, or none; else NULL */
    bool may_consume;       /* nobody else needs the ions: oa_run_take_ions gives them away */
    bool has_selection;
    const uint64_t *index;  /* (n_index) ascending; only where has_selection */
    size_t n_index;
    const oa_ranges *ranges;
    const struct oa_model *model;
    const oa_values *result; /* arrays of the result file */
    const char *result_step; /* which step made it */
    oa_maker maker;          /* only where has_selection */
    oa_source *sources;      /* (n_sources) */
    size_t n_sources;
    /* what the record says of it */
    const char *file_name, *sha256, *content_sha256, *entry, *subentry;
} oa_input;

typedef struct oa_run {
    oa_context *context;
    const oa_step *step;
    const oa_input *inputs;
    size_t n_inputs;
    oa_values *out;
    int task;       /* results go here; 1 unless oa_run_task was called */
    oa_arena arena; /* dropped by the runner */
    oa_sink *sink;  /* export only */
    int slab, slabs; /* part slab of slabs, 1 of 1 for all */
} oa_run;

/* Rows [first, end) of n that this slab has. */
static inline void oa_run_rows(const oa_run *run, size_t n, size_t *first, size_t *end)
{
    *first = n * (size_t)(run->slab - 1) / (size_t)run->slabs;
    *end = n * (size_t)run->slab / (size_t)run->slabs;
}

struct oa_step {
    const char *name;
    int version; /* raise it when the numbers change */
    const char *title;
    const char *help;   /* two or three sentences: what it does, the source */
    const oa_param *params;
    size_t params_size;
    const oa_preset *presets; /* NULL: none; ends with a NULL name */
    const oa_slot *slots;     /* the first is the main input */
    const oa_output *outputs;
    bool gives_file;    /* export: the output is no NeXus file */
    bool has_slabs;     /* --slab k/n */
    bool is_simulation; /* the result describes no measured specimen */
    bool skips_unranged; /* ions without a type take no part, as if they were not there */
    oa_status (*check)(oa_context *context, const void *params); /* parameters that constrain each other; may be NULL */
    oa_status (*run)(oa_run *run, const void *params);
    /* Ends a merge of slabs: out holds the joined arrays of all parts; fills what needs them all. NULL: nothing to do. */
    oa_status (*finish)(oa_run *run, const void *params);
    /* For steps with slabs, may be NULL: the depths z[0] to z[1] (nm, inclusive; none: z[0] > z[1]) between which a slab needs the
     * ions of its main input. `ions` has ranges, number and bounds but no rows yet. Where it is set, run needs no other rows and
     * no other columns than `columns` (bit c: column c), and finish goes over the ions by oa_run_each_ions alone. */
    oa_status (*window)(oa_run *run, const void *params, const oa_ions *ions, double z[2]);
    unsigned columns;
    /* Bytes this call will need at most; for --dry-run and for refusing early. NULL: twice the ions. */
    uint64_t (*memory)(const oa_run *run, const void *params);
};

extern const oa_step *const oa_steps[]; /* steps.c; ends with NULL */

/* The filled slot of that name, or NULL where it was left out. */
const oa_input *oa_run_input(const oa_run *run, const char *slot);
/* Memory until the step ends. */
oa_status oa_scratch(oa_run *run, void *out, size_t n, size_t size) OA_MUST_USE;
/* Ions that may be changed and put out: the input's own where nobody else needs them, else shared columns. */
oa_status oa_run_take_ions(oa_run *run, const char *slot, oa_ions **out) OA_MUST_USE;

/* All ions of the slot in order, in one piece or several, with at least the columns asked for (bit c: column c). */
oa_status oa_run_each_ions(oa_run *run, const char *slot, unsigned columns, oa_ions_fn *fn, void *arg) OA_MUST_USE;

/* Frees the columns that are not `needed` (bit c: column c) of an input nobody else needs. */
void oa_run_release(const oa_input *input, unsigned needed);

/* Marks by 1 the ions that take part (take: one zero byte per ion): all, those the input selects, and of these, for the
 * main input, those that slot `selection` names: its selected ions, or the ions of its true domains. */
oa_status oa_run_mark(oa_run *run, const oa_input *input, uint8_t *take) OA_MUST_USE;

/* Results. Names are those of the output table, which also gives type, unit and axes. */
oa_status oa_run_task(oa_run *run, int task, const char *title) OA_MUST_USE; /* 1, 2, ...: one per species */
oa_status oa_put_array(oa_run *run, const char *name, int rank, const size_t *dims, void *data_out) OA_MUST_USE;
/* Array number `index` of the results once more, in the current task: the same memory, which is written once. */
oa_status oa_put_same(oa_run *run, size_t index) OA_MUST_USE;
oa_status oa_put_long_name(oa_run *run, const char *name, const char *text) OA_MUST_USE;
/* Replaces the axes of the table, where they depend on parameters. */
oa_status oa_put_axes(oa_run *run, const char *name, const char *axes) OA_MUST_USE;
oa_status oa_put_real(oa_run *run, const char *name, double value) OA_MUST_USE; /* "summary/mu" */
oa_status oa_put_count(oa_run *run, const char *name, uint64_t value) OA_MUST_USE;
oa_status oa_put_bool(oa_run *run, const char *name, bool value) OA_MUST_USE;
oa_status oa_put_text(oa_run *run, const char *name, const char *text) OA_MUST_USE;
oa_status oa_put_ions(oa_run *run, oa_ions *ions) OA_MUST_USE; /* takes them, also on failure */
oa_status oa_put_model(oa_run *run, struct oa_model *model) OA_MUST_USE; /* takes it, also on failure */
void oa_note(oa_run *run, const char *code, const char *format, ...) OA_PRINTF(3, 4); /* a warning in the record */

/* E_NOT_RANGED where species cannot be told. */
oa_status oa_run_check_types(oa_run *run, const oa_ions *ions) OA_MUST_USE;

/* Fields shared by several steps (roi.c): a box [lo, hi) as xlo,xhi,ylo,yhi,zlo,zhi; empty: the bounding box moved
 * inwards to the grid (grid 0: as it is). E_ROI_OUTSIDE where no ion can lie in it. */
oa_status oa_roi_resolve(oa_run *run, const oa_ions *ions, const oa_reals *roi, double grid, double box[6]) OA_MUST_USE;
/* Splits "Ni,Co" and "Ni-Ni,Co-Cr" in place of a parser per step; free each list with oa_free. */
oa_status oa_words_split(oa_run *run, const char *text, char separator, char ***words, size_t *n) OA_MUST_USE;

#endif
