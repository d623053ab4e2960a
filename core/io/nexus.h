/* nexus.h - NeXus files: NXapm with one NXsubentry per record. Written in three strokes - skeleton, bulk, finish -,
 * read through h5.h only. */
#ifndef OA_IO_NEXUS_H
#define OA_IO_NEXUS_H

#include "data/metadata.h"
#include "data/port.h"
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
/* Ions larger than memory. Opened, surveyed once, then handed out or kept in part; the file stays open meanwhile. */
typedef struct oa_nexus_pieces oa_nexus_pieces;
oa_status oa_nexus_pieces_open(const oa_h5 *h5, const char *entry, oa_nexus_pieces **out) OA_MUST_USE; /* close it also after a failure */
void oa_nexus_pieces_close(oa_nexus_pieces *pieces); /* accepts NULL */
/* Goes over all columns: *out has their types, the ranges and metadata, `whole` with number, bounds and digest, but no rows. What
 * oa_nexus_ions refuses is refused here. Free *out also after a failure. */
oa_status oa_nexus_pieces_survey(oa_nexus_pieces *pieces, const char *entry, oa_ions **out) OA_MUST_USE;
/* Into the surveyed ions: the rows with z[0] <= z <= z[1], of the columns asked for (and z); the other columns go. */
oa_status oa_nexus_pieces_keep(oa_nexus_pieces *pieces, unsigned columns, const double z[2], oa_ions *ions) OA_MUST_USE;
/* For oa_ion_stream; pieces of 1 M rows. */
oa_status oa_nexus_pieces_each(void *pieces, unsigned columns, oa_ions_fn *fn, void *arg) OA_MUST_USE;

/* Shared by the two ways of reading: where the ions are and how many, all columns measured; the factor to our unit. */
oa_status oa_nexus__find_ions(const oa_h5 *h5, const char *entry, char roi[512], size_t *n) OA_MUST_USE;
oa_status oa_nexus__unit_factor(const oa_h5 *h5, const char *path, const char *wanted, double *out) OA_MUST_USE;
/* Whether every ion of the entry has a type in the file. */
bool oa_nexus_has_types(const oa_h5 *h5, const char *entry);

/* Ranging definitions alone; *out NULL where there are none. */
oa_status oa_nexus_ranges(const oa_h5 *h5, const char *entry, oa_ranges **out) OA_MUST_USE;
oa_status oa_nexus_metadata(const oa_h5 *h5, const char *entry, oa_metadata **out) OA_MUST_USE;

/* Records of ours, in the order they were made; free with oa_h5_names_free. */
oa_status oa_nexus_subentries(const oa_h5 *h5, const char *entry, char ***names, size_t *n) OA_MUST_USE;
oa_status oa_nexus_record(const oa_h5 *h5, const char *entry, const char *name, oa_record **out) OA_MUST_USE;
/* The arrays the manifest names (ions excepted). */
oa_status oa_nexus_values(const oa_h5 *h5, const char *entry, const oa_record *record, oa_values **out) OA_MUST_USE;
/* Whether the arrays for viewers are as they were written (E_DIGEST). Files from before they had digests pass. */
oa_status oa_nexus_check_views(const oa_h5 *h5, const char *entry, const char *name) OA_MUST_USE;

/* Attributes "units" and "unit", short and long unit names: factor to the unit wanted ("nm", "Da"); 0: not understood. */
double oa_unit_factor(const char *found, const char *wanted);

#endif
