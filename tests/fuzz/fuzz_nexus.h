/* fuzz_nexus.h - a NeXus file read in every way the program reads one: as a vendor file, as show and verify do, in pieces, and in a slot. */
#ifndef OA_TESTS_FUZZ_NEXUS_H
#define OA_TESTS_FUZZ_NEXUS_H

#include "fuzz_h5.h"

#include "job/job.h"

static inline void fuzz_judge(const oa_context *context, oa_status status)
{
    fuzz_must(status == OA_OK || status == OA_E_DATA || status == OA_E_LACKING || status == OA_E_MISSING ||
                  fuzz_is_refused_call(context, status), "a file is read or refused");
    fuzz_must(status == OA_OK || oa_error_text(context)[0], "failures have a text");
}

static inline oa_status fuzz_read_record(oa_desk *desk, const oa_h5 *h5, const char *entry, const char *name)
{
    oa_record *record;
    oa_values *values = NULL;
    OA_TRY(oa_nexus_record(h5, entry, name, &record));
    oa_status status = oa_job_check_record(desk, h5, entry, record, &values);
    if (status == OA_OK) status = oa_nexus_check_views(h5, entry, name);
    oa_values_free(values);
    oa_record_free(record);
    return status;
}

static inline oa_status fuzz_count(void *arg, size_t first, const oa_ions *piece)
{
    size_t *seen = arg;
    fuzz_must(first == *seen && piece->n > 0, "pieces follow each other");
    *seen += piece->n;
    return OA_OK;
}

static inline oa_status fuzz_read_pieces(const oa_h5 *h5, const char *entry)
{
    const double z[2] = { -5, 0 };
    oa_ions *ions = NULL;
    oa_nexus_pieces *pieces = NULL;
    size_t seen = 0;
    oa_status status = oa_nexus_pieces_open(h5, entry, &pieces);
    if (status == OA_OK) status = oa_nexus_pieces_survey(pieces, entry, &ions);
    if (status == OA_OK) status = oa_nexus_pieces_each(pieces, 1u << OA_X | 1u << OA_TYPE, fuzz_count, &seen);
    fuzz_must(status != OA_OK || seen == oa_ions__count(ions), "every ion comes once");
    if (status == OA_OK) status = oa_nexus_pieces_keep(pieces, 1u << OA_X | 1u << OA_Z, z, ions);
    oa_nexus_pieces_close(pieces);
    oa_ions_free(ions);
    return status;
}

/* As verify and show. */
static inline void fuzz_read_all(oa_desk *desk, const oa_h5 *h5)
{
    oa_context *context = desk->context;
    char *entry, **names = NULL;
    size_t n = 0;
    oa_metadata *metadata = NULL;
    oa_status status = oa_nexus_entry(h5, &entry);
    fuzz_judge(context, status);
    if (status != OA_OK) return;
    fuzz_judge(context, oa_nexus_metadata(h5, entry, &metadata));
    oa_metadata_free(metadata);
    oa_context__clear(context);
    fuzz_judge(context, oa_nexus_subentries(h5, entry, &names, &n));
    for (size_t i = 0; i < n; i++) {
        oa_context__clear(context);
        fuzz_judge(context, fuzz_read_record(desk, h5, entry, names[i]));
    }
    oa_h5_names_free(h5, names, n);
    oa_context__clear(context);
    if (oa_nexus_has_ions(h5, entry)) fuzz_judge(context, fuzz_read_pieces(h5, entry));
    oa_free(context, entry);
}

static inline void fuzz_read_slot(oa_desk *desk, const oa_slot *slot, const char *path)
{
    oa_loaded *loaded;
    oa_context__clear(desk->context);
    fuzz_must(oa_new(desk->context, &loaded, 1, sizeof *loaded) == OA_OK, "memory");
    fuzz_judge(desk->context, oa_load(desk, slot, &path, 1, loaded));
    if (loaded->ions && !loaded->ions->whole.is_part) fuzz_check_ions(loaded->ions);
    if (loaded->ranges && loaded->ranges->n) fuzz_check_ranges(loaded->ranges, true); /* as ranged by others: the first in order wins */
    oa_loaded_free(desk, loaded);
    oa_free(desk->context, loaded);
}

/* The slot depends on the bytes alone. */
static inline int fuzz_nexus(const uint8_t *data, size_t size, const oa_slot *slots, size_t n_slots)
{
    size_t base;
    const ssize_t open = fuzz_h5_open();
    oa_context *context = fuzz_context(&base);
    oa_desk desk = { .context = context };
    oa_h5 h5 = { .context = context };
    const char *path = fuzz_room_write("fuzz.nxs", data, size);
    if (!path) return 0;
    const oa_status status = oa_h5_open(context, path, &h5);
    fuzz_judge(context, status);
    if (status == OA_OK) fuzz_read_all(&desk, &h5);
    oa_h5_close(&h5);
    if (status == OA_OK) fuzz_read_slot(&desk, &slots[size % n_slots], path);
    fuzz_h5_must_be_closed(open);
    fuzz_must(context->bytes - base < 4096, "nothing stays allocated");
    return 0;
}

#endif
