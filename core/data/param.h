/* param.h - parameter tables: one row per parameter; help, checks, record, NXDL, Python and forms read it. */
#ifndef OA_DATA_PARAM_H
#define OA_DATA_PARAM_H

#include "base/context.h"
#include "base/memory.h"

typedef enum oa_kind { OA_REAL, OA_INT, OA_BOOLEAN, OA_WORD, OA_REALS } oa_kind;

/* A list of numbers; n = 0 means "auto" where the row allows it. */
enum { OA_REALS_MAX = 32 };
typedef struct oa_reals {
    int n;
    double v[OA_REALS_MAX];
} oa_reals;

/* Units, spelt once. NXDL categories are in run/describe.c. */
#define OA_NM "nm"
#define OA_DA "Da"
#define OA_DEGREE "degree"
#define OA_PER_NM "1/nm"
#define OA_PER_NM3 "1/nm^3"
#define OA_KELVIN "K"
#define OA_EV "eV"

typedef struct oa_param {
    const char *name;
    size_t offset;
    oa_kind kind;
    const char *unit;    /* NULL: none */
    double dflt;         /* OA_REAL, OA_INT, OA_BOOLEAN */
    const char *dflt_text; /* OA_WORD and OA_REALS: as typed; NULL is "" (a list: auto) */
    double min, max;     /* inclusive, for numbers and for each number of a list; both 0: no bounds */
    const char *const *choices; /* OA_WORD: NULL-terminated list of allowed words; NULL: free text */
    int n_min, n_max;    /* OA_REALS: how many numbers; 0, 0: exactly none or any number up to OA_REALS_MAX */
    const char *help;
} oa_param;

#define OA_KIND_OF(x) \
    _Generic((x), double: OA_REAL, int64_t: OA_INT, bool: OA_BOOLEAN, const char *: OA_WORD, oa_reals: OA_REALS)
/* Name, offset and kind come from the field itself, so a row cannot disagree with it. */
#define OA_PARAM(S, field, ...) \
    { .name = #field, .offset = offsetof(S, field), .kind = OA_KIND_OF(((S *)0)->field), __VA_ARGS__ }
#define OA_PARAM_END { .name = NULL }

/* A named parameter set of a paper. */
typedef struct oa_preset_value {
    const char *name, *text;
} oa_preset_value;
typedef struct oa_preset {
    const char *name;
    const char *help; /* the system and the source */
    const oa_preset_value *values; /* ends with {NULL, NULL} */
} oa_preset;

typedef enum oa_origin { OA_FROM_DEFAULT, OA_FROM_PRESET, OA_FROM_USER } oa_origin;
extern const char *const oa_origin_names[3]; /* "default", "preset", "set" */

/* The values of one call: a filled parameter struct and where each value came from. */
typedef struct oa_settings {
    oa_context *context;
    const oa_param *table;
    const oa_preset *presets; /* NULL-terminated by name; NULL: none. The parameter `preset` chooses. */
    size_t n;
    void *values;      /* the step's struct */
    oa_origin *origin; /* (n) */
    char **words;      /* owned text behind OA_WORD fields, (n) */
} oa_settings;

oa_status oa_settings_new(oa_context *context, oa_settings **out, const oa_param *table, size_t struct_size,
                          const oa_preset *presets) OA_MUST_USE;
void oa_settings_free(oa_settings *settings);
/* Sets from text, as typed. '-' and '_' are the same in names. Bounds and choices are checked here. Setting
 * `preset` fills what the user has not set, whatever the order of calls. */
oa_status oa_settings_set(oa_settings *settings, const char *name, const char *text) OA_MUST_USE;
/* For replay: the recorded origin comes back too. */
oa_status oa_settings_restore(oa_settings *settings, const char *name, const char *text, oa_origin origin) OA_MUST_USE;
const oa_param *oa_param_find(const oa_param *table, const char *name);
size_t oa_param_count(const oa_param *table);

/* The value as text that reads back to the same value: "0.75", "true", "-10,10". Free with oa_free. */
oa_status oa_settings_text(const oa_settings *settings, size_t row, char **out) OA_MUST_USE;

/* Typed access by row, for the record and the files. */
double oa_settings_real(const oa_settings *settings, size_t row);
int64_t oa_settings_int(const oa_settings *settings, size_t row);
bool oa_settings_bool(const oa_settings *settings, size_t row);
const char *oa_settings_word(const oa_settings *settings, size_t row);
const oa_reals *oa_settings_reals(const oa_settings *settings, size_t row);

#endif
