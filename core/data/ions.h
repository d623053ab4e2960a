/* ions.h - ions as columns. Columns are shared blocks: a step that changes one column shares the others. */
#ifndef OA_DATA_IONS_H
#define OA_DATA_IONS_H

#include "base/memory.h"
#include "data/ranges.h"

struct oa_metadata;

/* Row numbers of oa_ion_columns. The first five are what every method uses. */
typedef enum oa_ion_column {
    OA_X, OA_Y, OA_Z, OA_MASS,
    OA_TYPE,           /* u8, or u16 beyond 255 types; 0 = unranged; absent: never ranged */
    OA_EVAPORATION_ID, /* u32 or u64; absent: the row number */
    OA_TIME_OF_FLIGHT, OA_STANDING_VOLTAGE, OA_PULSE_VOLTAGE, OA_HIT_X, OA_HIT_Y, /* .epos */
    OA_PULSES_SINCE, OA_IONS_PER_PULSE,
    OA_ION_COLUMNS
} oa_ion_column;
/* Sets of columns, bit c: column c. */
enum { OA_POSITIONS = 1 << OA_X | 1 << OA_Y | 1 << OA_Z, OA_POSITIONS_TYPES = OA_POSITIONS | 1 << OA_TYPE };

typedef struct oa_ion_column_info {
    const char *name;
    oa_type type; /* the usual one */
    const char *unit;
} oa_ion_column_info;
extern const oa_ion_column_info oa_ion_columns[OA_ION_COLUMNS];

typedef struct oa_column {
    oa_type type;
    oa_block *block; /* NULL: no such column */
} oa_column;

/* Rows fit in 32 bits: 4.29e9 ions, 64 GB of .pos; readers refuse more. */
#define OA_IONS_MAX 4294967295u

/* What is known of all ions of a file where only some of its rows, or none, are held. */
typedef struct oa_ions_whole {
    bool is_part;      /* false: the rows held are all */
    size_t n;
    double lo[3], hi[3];
    char digest[65];   /* content digest of all */
} oa_ions_whole;

/* The file that ions were read from, for the record of who uses them. */
typedef struct oa_ions_source {
    char file_name[256], sha256[65], content[65], entry[64], subentry[256]; /* as in oa_input_record */
    bool is_selection; /* the file selects some of the ions: in a slot for selections they are not what the file is */
} oa_ions_source;

struct oa_ions {
    oa_context *context;
    size_t n;
    oa_column column[OA_ION_COLUMNS];
    oa_ranges *ranges; /* names of the types; may be NULL */
    struct oa_metadata *metadata; /* of the specimen; one reference; may be NULL */
    oa_ions_whole whole;
    oa_ions_source *source; /* owned, not shared with other handles; NULL: memory */
    bool is_unchecked;      /* columns were lent since oa_ions__check */
};

/* Ions with zeroed x, y, z, mass columns (to be filled by a reader). */
oa_status oa_ions__create(oa_context *context, oa_ions **out, size_t n) OA_MUST_USE;
/* Adds (or replaces) a zeroed column of the given type. */
oa_status oa_ions__add_column(oa_ions *ions, oa_ion_column column, oa_type type) OA_MUST_USE;
/* Another handle on the same columns: no copy. In another context: for a call that uses ions of elsewhere. */
oa_status oa_ions__share(const oa_ions *ions, oa_ions **out) OA_MUST_USE;
oa_status oa_ions__share_in(oa_context *context, const oa_ions *ions, oa_ions **out) OA_MUST_USE;
/* Lent columns must be there, finite, and of types that exist (ions_lent.c): E_USAGE, E_NONFINITE. */
oa_status oa_ions__check(oa_context *context, oa_ions *ions) OA_MUST_USE;
/* Makes a column private so that it may be written (copies only where it is shared). */
oa_status oa_ions__own_column(oa_ions *ions, oa_ion_column column) OA_MUST_USE;
/* Keeps the n rows that `rows` (uint32, ascending) names; the list becomes the column of evaporation ids. Columns that
 * nobody shares are compacted in place. Takes the block, also on failure. */
oa_status oa_ions__keep(oa_ions *ions, oa_block *rows, size_t n) OA_MUST_USE;
void oa_ions__set_ranges(oa_ions *ions, oa_ranges *ranges); /* takes one reference of ranges; NULL clears */

/* The values of a column; NULL where it is absent. Writing is allowed to whoever owns the column. */
void *oa_ions__data(const oa_ions *ions, oa_ion_column column);
const float *oa_ions__f32(const oa_ions *ions, oa_ion_column column);
/* Type of ion i, 0 where never ranged. */
unsigned oa_ions__type(const oa_ions *ions, size_t i);
uint64_t oa_ions__evaporation_id(const oa_ions *ions, size_t i);
/* Smallest box that holds all ions (of the file, where only a part is held): lo[3], hi[3]; zeros for no ions. */
void oa_ions__bounds(const oa_ions *ions, double lo[3], double hi[3]);

/* Digest over columns and ranges: the content digest of foreign files (contract §5). */
oa_status oa_ions__digest(const oa_ions *ions, char hex[65]) OA_MUST_USE;
/* The same from the digests of the columns (of those the ions have) of n rows. */
oa_status oa_ions__digest_columns(const oa_ions *ions, size_t n, const char (*hex)[65], char out[65]) OA_MUST_USE;
size_t oa_ions__count(const oa_ions *ions); /* of the file, where only a part is held */

size_t oa_type_size(oa_type type);       /* bytes of one element; OA_TEXT: 0 */
const char *oa_type_name(oa_type type);  /* "uint8", ... */
bool oa_type_parse(const char *word, size_t length, oa_type *out);

#endif
