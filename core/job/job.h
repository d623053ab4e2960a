/* job.h - one step, from files or earlier results in its slots to its results: what the program and the public functions on
 * files share. The only place where run and io meet; nothing here prints. */
#ifndef OA_JOB_JOB_H
#define OA_JOB_JOB_H

#include "io/format.h"
#include "io/nexus.h"
#include "run/run.h"

enum { OA_SEARCH_MAX = 32 };

/* What the caller says once for all jobs. */
typedef struct oa_desk {
    oa_context *context;
    const char *search[OA_SEARCH_MAX]; /* where inputs named by records are looked for */
    size_t n_search;
    bool embed;               /* results take their ions along: all of them are needed */
    double read_s, compute_s; /* times, summed */
} oa_desk;

/* The slot of that name ('-' and '_' are the same), or NULL. */
const oa_slot *oa_step_slot(const oa_step *step, const char *name);

/* repeat.c: what selected the ions of an input, to be run again with shuffled ions: an earlier job, or the record of a file. */
typedef struct oa_repeat {
    oa_desk *desk;
    const struct oa_job *earlier; /* or NULL */
    const oa_record *record;      /* of the file `beside` */
    const char *beside;
    struct oa_job *job;           /* made of the record when it is first needed; owned */
} oa_repeat;

/* pieces.c: which ions of its main input a job needs, where it is a slab or a merge of slabs; step NULL: all. */
typedef struct oa_choice {
    const oa_step *step;
    const void *params;
    int slab, slabs;
    bool is_merge;
} oa_choice;

/* loader.c: a file in a slot. Owns what the input borrows; stays where it is once it is loaded. */
typedef struct oa_loaded {
    oa_input input;
    oa_repeat repeat;
    oa_choice choice; /* set before oa_load */
    oa_h5 h5;         /* open while there are pieces */
    oa_nexus_pieces *pieces;
    oa_ion_stream stream;
    char *path, sha256[OA_HEX], content[OA_HEX];
    oa_ions *ions;
    uint64_t *index;
    oa_ranges *ranges;
    struct oa_model *model;
    oa_values *result;
    oa_record *record;
    oa_metadata *metadata;
    oa_source *sources;
    char **source_paths;
} oa_loaded;
oa_status oa_load(oa_desk *desk, const oa_slot *slot, const char *const *paths, size_t n, oa_loaded *out) OA_MUST_USE;
/* What a file holds of a record against the record itself: its arrays, its ions and its model (E_DIGEST). */
oa_status oa_job_check_record(oa_desk *desk, const oa_h5 *h5, const char *entry, const oa_record *record, oa_values **out) OA_MUST_USE;
/* Ions of a file of another program, ranged where it only defines ranges; *out NULL: none. */
oa_status oa_load_foreign(const oa_h5 *h5, const char *entry, oa_ions **out) OA_MUST_USE;
void oa_loaded_free(oa_desk *desk, oa_loaded *loaded);

/* Give the input its maker where its ions were selected by a step that takes ions. */
void oa_repeat_file(oa_desk *desk, oa_loaded *loaded);
void oa_repeat_job(oa_desk *desk, oa_loaded *loaded, const struct oa_job *earlier);
void oa_repeat_free(oa_repeat *repeat);

/* find.c: an input named by a record: beside the file that names it, in the folder above, under --search. Free with oa_free. */
oa_status oa_find_input(oa_desk *desk, const char *beside, const oa_input_record *input, char **out) OA_MUST_USE;
/* Refuses other content (E_DIGEST), warns of other bytes (W_FILE_CHANGED). */
oa_status oa_check_input(oa_desk *desk, const oa_input_record *expected, const char *path, const char *sha256, const char *content) OA_MUST_USE;

/* job.c: one step, from loaded inputs to results; used by steps, recipes, replay and merge. */
enum { OA_JOB_INPUTS_MAX = 16 };
typedef struct oa_job {
    const oa_step *step;
    oa_settings *settings;
    oa_loaded loaded[OA_JOB_INPUTS_MAX];
    size_t n_loaded;
    oa_sink sink;
    oa_values *values;
    oa_record *record;
    int slab, slabs;
    const char *name;  /* of the NXsubentry; NULL: the step's */
    const char *recorded_identifier; /* replay: the record this job repeats; NULL: none */
    oa_values *joined; /* merge */
    bool is_merge;
} oa_job;
/* Jobs of one recipe or one file, done before; later ones may take their results without a file in between. */
typedef struct oa_jobs {
    oa_job *job;
    size_t n;
} oa_jobs;
oa_status oa_job_run(oa_desk *desk, oa_job *job) OA_MUST_USE;
oa_status oa_job_check(oa_desk *desk, oa_job *job, uint64_t *bytes) OA_MUST_USE; /* all that is checked before it computes; predicted memory */
/* pieces.c: sets the choice for a slot of the job. is_alone: no other input may name rows of the same ions. */
void oa_choose_rows(const oa_desk *desk, const oa_job *job, const oa_slot *slot, bool is_alone, oa_loaded *out);
bool oa_slot_is_about_ions(const oa_slot *slot); /* accepts NULL */
/* Ions as out->choice says, and a stream of all of them; takes the open file where it sets out->pieces, also after a failure. */
oa_status oa_load_pieces(oa_desk *desk, const oa_h5 *h5, const char *entry, oa_loaded *out) OA_MUST_USE;
oa_status oa_job_slot_is_free(oa_desk *desk, const oa_job *job, const oa_slot *slot) OA_MUST_USE;
/* The result of an earlier job in a slot, which must be free: borrowed, the earlier job must live on. */
oa_status oa_job_use(oa_desk *desk, oa_job *job, const oa_slot *slot, const oa_job *earlier) OA_MUST_USE;
/* The inputs of a record: of earlier jobs where it says so, else files found beside `beside` and checked. */
oa_status oa_job_load_recorded(oa_desk *desk, oa_job *job, const oa_record *record, const char *beside, const oa_jobs *earlier) OA_MUST_USE;
oa_status oa_job_restore(oa_desk *desk, oa_job *job, const oa_record *record) OA_MUST_USE; /* step and settings */
const oa_metadata *oa_job_metadata(const oa_job *job);
const oa_ions *oa_job_ions(const oa_job *job); /* the ions the indices of its results refer to; NULL: none */
void oa_job_free(oa_desk *desk, oa_job *job);

/* shipped.c: models that come with the program, by name. */
enum { OA_SHIPPED_PATH = 4096 };
/* Where they are; false where this cannot be known. */
bool oa_shipped_folder(char out[OA_SHIPPED_PATH]);
/* The file of the model of that name; false: there is none. */
bool oa_shipped_model(const char *name, char out[OA_SHIPPED_PATH]);
/* The model that ships for the preset in force, for a slot left empty: *path is "" where the step has no preset.
 * E_SLOT_MISSING where none ships. */
oa_status oa_shipped_for(oa_context *context, const oa_settings *settings, const oa_slot *slot, char path[OA_SHIPPED_PATH]) OA_MUST_USE;
/* Fills the slots for models that are still empty by the model that is named as the preset; nothing where the step has no
 * preset. E_SLOT_MISSING where none ships. */
oa_status oa_job_use_shipped(oa_desk *desk, oa_job *job) OA_MUST_USE;

#endif
