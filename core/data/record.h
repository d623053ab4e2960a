/* record.h - who made a result, from what, with which numbers. Written by the runner only. */
#ifndef OA_DATA_RECORD_H
#define OA_DATA_RECORD_H

#include "base/digest.h"
#include "data/param.h"
#include "data/values.h"

/* One input as it was: enough to find it again and to refuse another. */
typedef struct oa_input_record {
    char *role;       /* the slot */
    char *file_name;  /* base name; "" where the input came from memory or from this same file */
    char sha256[65];  /* of the file; "" for memory */
    char content[65]; /* content digest: results_sha256 of ours; over positions, mass, types, ranging of others */
    char *entry;      /* entry_identifier of the record that made it; "" for foreign files */
    char *subentry;   /* which NXsubentry of that file; "" for foreign files */
} oa_input_record;

typedef struct oa_record {
    oa_context *context;
    char *name;    /* of the NXsubentry: the step's, or the recipe's word */
    char *step;
    int version;   /* of the step */
    char *title;
    char *program_version; /* "0.1.0+g<commit>" */
    char identifier[40];   /* entry_identifier: a UUID */
    char start_time[40], end_time[40];
    double elapsed_s;
    size_t n_params;
    struct oa_param_record {
        char *name, *unit, *text; /* text reads back to the same value */
        oa_kind kind;
        oa_origin origin;
    } *params;
    size_t n_inputs;
    oa_input_record *inputs;
    bool has_seed;
    uint64_t seed;
    char *commit, *compiler, *kernel, *blas, *libraries; /* libraries: "HDF5 1.10.8, NAPI 4.4.3" */
    int threads;
    size_t n_warnings;
    struct oa_warning_record {
        char *code, *text;
    } *warnings;
    char *status;   /* "success" */
    char results_sha256[65];
    char *manifest; /* the text results_sha256 is the SHA-256 of */
    char *slab;     /* "k/n", or "" */
    bool is_forgotten; /* the file holds none of its arrays: a recipe said so, and replay makes them again */
    char embedded[65]; /* digest of the ions in the file where they are not the result of this record; "" otherwise */
} oa_record;

oa_status oa_record_new(oa_context *context, oa_record **out) OA_MUST_USE;
void oa_record_free(oa_record *record);
/* Replaces an owned text; NULL is "". */
oa_status oa_record_set(oa_record *record, char **field, const char *text) OA_MUST_USE;
oa_status oa_record_add_input(oa_record *record, const oa_input_record *input) OA_MUST_USE; /* copies the texts */
oa_status oa_record_add_param(oa_record *record, const char *name, const char *unit, const char *text, oa_kind kind,
                              oa_origin origin) OA_MUST_USE;
oa_status oa_record_add_warning(oa_record *record, const char *code, const char *text) OA_MUST_USE;

/* The lines of the manifest that stand before the arrays: step, parameters, inputs. Free with oa_free. */
oa_status oa_record_head(const oa_record *record, char **out) OA_MUST_USE;
/* Whether record, manifest, digest and the arrays as read agree (E_DIGEST). Arrays the file does not hold are not judged. */
oa_status oa_record_check(const oa_record *record, const oa_values *values) OA_MUST_USE;
/* The same for the ions of a file, which may be those that were embedded. */
oa_status oa_record_check_ions(const oa_record *record, oa_ions *ions) OA_MUST_USE;
bool oa_record_has_ions(const oa_record *record); /* its results include ions */

/* Reads "k/n", 1 <= k <= n, of a command line or a record; false where the text is something else. */
bool oa_slab_parse(const char *text, int *k, int *n);

#endif
