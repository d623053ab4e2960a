/* nexus.h - NeXus files: NXapm with one NXsubentry per record. Written in three strokes - skeleton, bulk, finish -,
 * read through h5.h only. */
#ifndef OA_IO_NEXUS_H
#define OA_IO_NEXUS_H

#include "data/metadata.h"
#include "data/record.h"
#include "io/h5.h"

#define OA_DEFINITIONS_VERSION "v2026.01"

/* Which library writes bulk arrays. AUTO: the NeXus API for arrays below 1 MiB where this build has it, else HDF5,
 * which compresses chunks on all cores. Both give equal arrays (tests/core/io/test_bulk.c). */
typedef enum oa_bulk_library { OA_BULK_AUTO, OA_BULK_HDF5, OA_BULK_NAPI } oa_bulk_library;

typedef struct oa_part {
    const oa_record *record;
    const oa_values *values;
} oa_part;

/* What goes into one file. Everything is borrowed. */
typedef struct oa_bundle {
    const oa_ions *ions;         /* atom_probe1; NULL: results only */
    const oa_metadata *metadata; /* may be NULL */
    bool is_simulation;
    const oa_part *parts;
    size_t n_parts;
    int level;                   /* deflate level with shuffle; 0: uncompressed */
    oa_bulk_library library;
} oa_bundle;

/* Complete under its name or not at all: OUT.part, fsync, rename. */
oa_status oa_nexus_write(oa_context *context, const char *path, bool overwrite, const oa_bundle *bundle, uint64_t *bytes) OA_MUST_USE;
const char *oa_nexus_libraries(void); /* "HDF5 1.10.8, NAPI 4.4.3" */

/* ---- reading; the file is open (oa_h5_open) ---- */

/* Name of the entry that holds ions or our results, e.g. "entry1". Free with oa_free. E_NX_ENTRY where there is none. */
oa_status oa_nexus_entry(const oa_h5 *h5, char **entry) OA_MUST_USE;
/* Whether the entry has reconstructed positions; no failure. */
bool oa_nexus_has_ions(const oa_h5 *h5, const char *entry);
/* Ions with everything known of them: types, ranges (also of pynxtools-apm, both hash generations), metadata. Ions of files
 * with ranging definitions but no ion types come without types; their ranges are set. Positions may be missing: *out is then NULL. */
oa_status oa_nexus_ions(const oa_h5 *h5, const char *entry, oa_ions **out) OA_MUST_USE;
/* Ranging definitions alone; *out NULL where there are none. */
oa_status oa_nexus_ranges(const oa_h5 *h5, const char *entry, oa_ranges **out) OA_MUST_USE;
oa_status oa_nexus_metadata(const oa_h5 *h5, const char *entry, oa_metadata **out) OA_MUST_USE;

/* Records of ours, in the order they were made; free with oa_h5_names_free. */
oa_status oa_nexus_subentries(const oa_h5 *h5, const char *entry, char ***names, size_t *n) OA_MUST_USE;
oa_status oa_nexus_record(const oa_h5 *h5, const char *entry, const char *name, oa_record **out) OA_MUST_USE;
/* The arrays the manifest names (ions excepted). */
oa_status oa_nexus_values(const oa_h5 *h5, const char *entry, const oa_record *record, oa_values **out) OA_MUST_USE;

/* Attributes "units" and "unit", short and long unit names: factor to the unit wanted ("nm", "Da"); 0: not understood. */
double oa_unit_factor(const char *found, const char *wanted);

#endif
