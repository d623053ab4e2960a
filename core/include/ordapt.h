/* ordapt.h - chemical order in atom probe data: the whole public interface.
 *
 * Read from top to bottom: what the words mean, the context, parameters, inputs, running a step, results,
 * records, files. What is not in this header is not public and may change.
 *
 * Words
 *   ion       one detected atom or molecule; row i of the columns, in evaporation order, counted from 0
 *   ion type  0 = unranged, else 1..K, row of the table of ranges
 *   step      one operation with a table of parameters, slots and outputs (crop, sdm, domains, ...)
 *   record    who made a result, from what, with which numbers; the runner writes it, never the step
 *
 * Units: nm, Da, degree, V, ns, K, 1/nm; fractions are 0...1. z is the depth direction.
 *
 * Threads: a context serves one caller at a time. Objects may be read from many threads and written from one. A child of fork() may go on with a context
 * that was idle then: it makes threads of its own.
 *
 * Errors: every function that can fail returns a status; the text is kept in the context until the next call.
 * The library never prints and never exits.
 */
#ifndef ORDAPT_H
#define ORDAPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OA_VERSION_MAJOR 0
#define OA_VERSION_MINOR 1
#define OA_VERSION_PATCH 0
#define OA_VERSION "0.1.0"

#if defined(__GNUC__)
#define OA_API __attribute__((visibility("default")))
#define OA_MUST_USE __attribute__((warn_unused_result))
#define OA_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define OA_API
#define OA_MUST_USE
#define OA_PRINTF(text, first)
#endif

/* ---------------------------------------------------------------------------------------------- status */

/* What the caller should do. Values never change meaning; oa_exit_code() gives the exit status of the program. */
typedef enum oa_status {
    OA_OK = 0,
    OA_E_USAGE = -1,     /* unknown word, option, missing argument: fix the call (2) */
    OA_E_PARAMETER = -2, /* parameter value refused: fix the value (64) */
    OA_E_DATA = -3,      /* input invalid or inconsistent: give another file (65) */
    OA_E_MISSING = -4,   /* input missing or not readable (66) */
    OA_E_LACKING = -5,   /* this build or machine lacks something: memory, kernel, filter (69) */
    OA_E_BUG = -6,       /* our mistake: report it (70) */
    OA_E_OUTPUT = -7,    /* output cannot be created or written (73) */
    OA_E_IO = -8,        /* reading or writing failed: try again (74) */
    OA_E_AGAIN = -9,     /* temporary: try again (75) */
    OA_E_CANCELLED = -10 /* the caller asked to stop (130 or 143) */
} oa_status;

OA_API int oa_exit_code(oa_status status);

/* ---------------------------------------------------------------------------------------------- context */

typedef struct oa_context oa_context;

/* Called with a line of JSON without its newline, at most twice a second and at least every 2 s on long work. */
typedef void oa_progress_fn(void *payload, const char *phase, uint64_t done, uint64_t total, double elapsed_s);

/* What a call may cost, whatever its files claim; 0 stands for the value in brackets. */
typedef struct oa_limits {
    uint64_t memory;           /* bytes of all arrays together (what malloc gives; a step that foretells more than the machine has is refused) */
    uint64_t unpacked;         /* bytes a dataset of an HDF5 file may hold where it stores less than 1/200 of them (1 GiB) */
    int look_s;                /* processor seconds for the first look at an HDF5 file (15) */
} oa_limits;

typedef struct oa_context_options {
    int threads;               /* 0: all cores this process may use */
    const char *kernel;        /* NULL or "auto": the fastest this machine has; else a name, e.g. "scalar" */
    oa_progress_fn *progress;  /* may be NULL */
    void *progress_payload;
    uint64_t fail_allocation;  /* for tests: the n-th allocation fails; 0: none does */
    oa_limits limits;
} oa_context_options;

/* Gives a context; NULL options mean the defaults. Fails with OA_E_LACKING where the kernel is unknown here;
 * *out is then still a context that holds the message and must be freed. */
OA_API oa_status oa_context_new(oa_context **out, const oa_context_options *options) OA_MUST_USE;
OA_API void oa_context_free(oa_context *context);

/* The last failure: its code word (E_...), its text, and where it was found (NULL or 0 where that says nothing). */
OA_API const char *oa_error_code(const oa_context *context);
OA_API const char *oa_error_text(const oa_context *context);
OA_API const char *oa_error_parameter(const oa_context *context);
OA_API const char *oa_error_file(const oa_context *context);
OA_API uint64_t oa_error_line(const oa_context *context);
OA_API int64_t oa_error_offset(const oa_context *context); /* -1: none */

/* Warnings of the last call that ran or read something, in the order they came. */
OA_API size_t oa_warning_count(const oa_context *context);
OA_API const char *oa_warning_code(const oa_context *context, size_t i);
OA_API const char *oa_warning_text(const oa_context *context, size_t i);

/* Safe from a signal handler: the work in progress ends within 2 s with OA_E_CANCELLED. */
OA_API void oa_cancel(oa_context *context);
/* Forgets a cancellation once that work has ended: the context may be used again. */
OA_API void oa_resume(oa_context *context);

OA_API const char *oa_version(void);  /* of the library, not of this header */
OA_API const char *oa_commit(void);   /* full commit it was built from, "-dirty" appended where the tree was */
OA_API const char *oa_compiler(void);
OA_API const char *oa_blas(void);     /* e.g. "OpenBLAS 0.3.21 SkylakeX" */
OA_API const char *oa_kernel(const oa_context *context); /* kernel set in use */
OA_API int oa_threads(const oa_context *context);

/* ---------------------------------------------------------------------------------------------- ions */

typedef struct oa_ions oa_ions;
typedef struct oa_ranges oa_ranges;

typedef enum oa_type {
    OA_U8, OA_U16, OA_U32, OA_U64, OA_I8, OA_I32, OA_I64, OA_F32, OA_F64, OA_BOOL, OA_TEXT
} oa_type;

/* Copies n ions, given in evaporation order. They have no types: the step `range` gives them some, or see below.
 * A column that is NULL is left out, and must be lent before the ions are used. */
OA_API oa_status oa_ions_new(oa_context *context, oa_ions **out, size_t n, const float *x, const float *y,
                             const float *z, const float *mass_to_charge) OA_MUST_USE;
OA_API void oa_ions_free(oa_ions *ions);
OA_API size_t oa_ions_count(const oa_ions *ions);

/* Lends a column, shape (n), without a copy: "x", "y", "z" (nm), "mass_to_charge" (Da), all OA_F32, "iontypes" (OA_U8 or
 * OA_U16; 0 = unranged, else the number of a type), "evaporation_id" (OA_U32 or OA_U64). The values must stay as they are
 * until `release` (may be NULL) is called with `payload`: once, by whoever lets go of the column last - the ions, or a
 * result that shares it -, from any thread, and never after a failure. Values are checked when the ions are used. */
typedef void oa_release_fn(void *payload);
OA_API oa_status oa_ions_lend(oa_ions *ions, const char *column, oa_type type, const void *data,
                              oa_release_fn *release, void *payload) OA_MUST_USE;

/* Adds ion type 1, 2, ...: "Ni", "Cr O2", or a label of your own, of which no element is known. charge 0: not known. */
OA_API oa_status oa_ions_add_type(oa_ions *ions, const char *name, int charge) OA_MUST_USE;
/* Mass-to-charge from lower to upper (Da, inclusive) means that type. */
OA_API oa_status oa_ions_add_range(oa_ions *ions, double lower, double upper, unsigned type) OA_MUST_USE;

/* Types are numbered from 1: name NULL, charge 0 where there is no such type. Ranges from 0: the type, 0 past the end. */
OA_API size_t oa_ions_type_count(const oa_ions *ions);
OA_API const char *oa_ions_type_name(const oa_ions *ions, size_t type);
OA_API int oa_ions_type_charge(const oa_ions *ions, size_t type);
OA_API size_t oa_ions_range_count(const oa_ions *ions);
OA_API unsigned oa_ions_range(const oa_ions *ions, size_t i, double *lower, double *upper);

/* Views, owned by the ions, shape (n); NULL where the column does not exist. */
OA_API const void *oa_ions_column(const oa_ions *ions, const char *column, oa_type *type);
OA_API const float *oa_ions_x(const oa_ions *ions);
OA_API const float *oa_ions_y(const oa_ions *ions);
OA_API const float *oa_ions_z(const oa_ions *ions);
OA_API const float *oa_ions_mass_to_charge(const oa_ions *ions);

/* ---------------------------------------------------------------------------------------------- the catalogue */

typedef struct oa_step oa_step;

OA_API size_t oa_step_count(void);
OA_API const oa_step *oa_step_at(size_t i);
OA_API const oa_step *oa_step_find(const char *name); /* NULL: no such step */
OA_API const char *oa_step_name(const oa_step *step);

/* The catalogue as JSON (JSON Schema 2020-12 for parameters); step NULL: all of it. Free with oa_string_free. */
OA_API oa_status oa_describe(oa_context *context, const oa_step *step, char **out) OA_MUST_USE;
OA_API void oa_string_free(char *text);

/* ---------------------------------------------------------------------------------------------- running a step */

/* One call of one step: its parameters, its inputs and, after oa_call_run, its results and record. */
typedef struct oa_call oa_call;

OA_API oa_status oa_call_new(oa_context *context, oa_call **out, const oa_step *step) OA_MUST_USE;
OA_API void oa_call_free(oa_call *call);

/* Text as on the command line: "0.75", "true", "-10,10,-10,10,-120,0", "Ni-Ni,Co-Cr". */
OA_API oa_status oa_call_set(oa_call *call, const char *parameter, const char *text) OA_MUST_USE;

/* Whether the parameters agree with each other; needs no inputs. oa_call_set has judged each for itself. */
OA_API oa_status oa_call_check(oa_call *call) OA_MUST_USE;

/* Borrows the ions until the call is freed; a slot filled again takes the new ones. They may be of another context,
 * which must then outlive the call. */
OA_API oa_status oa_call_input_ions(oa_call *call, const char *slot, oa_ions *ions) OA_MUST_USE;

/* What an earlier call gave - ions, selected ions, a model, arrays -, as the slot takes it. Borrowed in the same way. */
OA_API oa_status oa_call_input_call(oa_call *call, const char *slot, oa_call *earlier) OA_MUST_USE;

/* Checks, runs, times, records. */
OA_API oa_status oa_call_run(oa_call *call) OA_MUST_USE;

/* ---------------------------------------------------------------------------------------------- results */

/* A view of one result array ("maps/counts"). data stays owned by the call. */
typedef struct oa_array_view {
    const char *name;
    oa_type type;
    int rank;
    size_t dims[5];
    const void *data;
    const char *unit; /* "" where it has none */
    int task;         /* 1, 2, ...: one per species */
    const char *long_name; /* "" where it has none */
    const char *axes; /* of a signal: names of the arrays of the same group along its dimensions, with commas; else "" */
} oa_array_view;

OA_API size_t oa_call_array_count(const oa_call *call);
OA_API oa_status oa_call_array(oa_call *call, size_t i, oa_array_view *out) OA_MUST_USE;
OA_API int oa_call_task_count(oa_call *call); /* 0 before a run */
OA_API const char *oa_call_task_title(oa_call *call, int task); /* "Ni"; "" for the only one; NULL: no such task */
OA_API oa_ions *oa_call_ions(oa_call *call); /* the ions a step gives, or NULL; owned by the call */

/* The record as JSON: step, version, parameters with unit and origin, inputs with digests, environment, summary,
 * results_sha256. Free with oa_string_free. */
OA_API oa_status oa_call_record(oa_call *call, char **out) OA_MUST_USE;
OA_API const char *oa_call_digest(const oa_call *call); /* 64 hex digits; valid after oa_call_run */

/* ---------------------------------------------------------------------------------------------- files
 * These need the library ordapt_nexus (HDF5), which brings the engine: link it instead of ordapt. The library ordapt
 * alone never opens a file. */

/* The ions of a NeXus file (ours or pynxtools-apm's), or those behind a result. Records of calls that use them name the file. */
OA_API oa_status oa_read_ions(oa_context *context, const char *path, oa_ions **out) OA_MUST_USE;

/* Fills a slot from a file, with the checks of the program: what the file says of itself is compared with its record, and
 * ions behind a result are found beside it, in the folder above or under oa_call_search. A model may be the name of one that
 * ships. Several paths: for the slot of `import` alone. */
OA_API oa_status oa_call_input_files(oa_call *call, const char *slot, const char *const *paths, size_t n) OA_MUST_USE;
OA_API oa_status oa_call_search(oa_call *call, const char *folder) OA_MUST_USE; /* before the files; may be called again */

/* Fills empty slots for models by what ships for the preset in force; does nothing for steps without presets. */
OA_API oa_status oa_call_use_shipped(oa_call *call) OA_MUST_USE;

/* Where a step that gives a file (export) writes it; the ending says the format. */
OA_API oa_status oa_call_output(oa_call *call, const char *path, bool overwrite) OA_MUST_USE;

/* Writes what a call gave: NXapm with one NXsubentry. Complete under its name or not at all. Calls that take it as an input
 * from then on name the file in their records. */
OA_API oa_status oa_write_call(oa_call *call, const char *path, bool overwrite) OA_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
