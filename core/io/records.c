/* records.c - reading files of binary records into columns: pieces of the file on all cores, nothing kept but columns. */
#include "io/records.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"

enum { PIECE = 8192 }; /* records: 128 KiB of .pos stay in the second-level cache */

const oa_layout oa_layout_pos = {
    .name = "pos", .n_fields = 4, .n_floats = 4,
    .columns = { OA_X, OA_Y, OA_Z, OA_MASS },
    .names = { "x", "y", "z", "mass-to-charge" },
};

const oa_layout oa_layout_epos = {
    .name = "epos", .n_fields = 11, .n_floats = 9,
    .columns = { OA_X, OA_Y, OA_Z, OA_MASS, OA_TIME_OF_FLIGHT, OA_STANDING_VOLTAGE, OA_PULSE_VOLTAGE, OA_HIT_X, OA_HIT_Y,
                 OA_PULSES_SINCE, OA_IONS_PER_PULSE },
    .names = { "x", "y", "z", "mass-to-charge", "time of flight", "standing voltage", "pulse voltage", "detector x",
               "detector y", "pulses since the last event", "ions per pulse" },
};

typedef struct reading {
    int fd;
    const char *name;
    const oa_layout *layout;
    bool big;
    uint32_t *to[OA_FIELDS_MAX];
    atomic_size_t nonfinite[OA_FIELDS_MAX], nonpositive;
} reading;

/* One field of n records; returns how many floats have the exponent of NaN and infinity. */
static inline size_t decode(uint32_t *to, const unsigned char *from, size_t n, size_t size, bool big)
{
    size_t special = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t bits = big ? oa_u32_big(from + i * size) : oa_u32_little(from + i * size);
        to[i] = bits;
        special += (bits & 0x7f800000u) == 0x7f800000u;
    }
    return special;
}

/* Record length and byte order as constants, so that each of the four loops is compiled for itself. */
static size_t decode_field(uint32_t *to, const unsigned char *from, size_t n, const oa_layout *layout, bool big)
{
    if (layout->n_fields == 4) return big ? decode(to, from, n, 16, true) : decode(to, from, n, 16, false);
    return big ? decode(to, from, n, 44, true) : decode(to, from, n, 44, false);
}

static size_t count_nonpositive(const uint32_t *mass, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += (int32_t)mass[i] <= 0; /* sign bit set, or +0 */
    return count;
}

static oa_status read_piece(void *arg, oa_span span, oa_worker *worker)
{
    reading *r = arg;
    const size_t n = span.end - span.begin, size = 4 * r->layout->n_fields;
    unsigned char *raw;
    OA_TRY(oa_worker_scratch(worker, 0, &raw, PIECE, size));
    OA_TRY(oa_file_read(oa_worker_context(worker), r->fd, r->name, raw, n * size, (uint64_t)span.begin * size));
    for (unsigned f = 0; f < r->layout->n_fields; f++) {
        const size_t special = decode_field(r->to[f] + span.begin, raw + 4 * f, n, r->layout, r->big);
        if (f < r->layout->n_floats && special) atomic_fetch_add(&r->nonfinite[f], special);
    }
    const size_t low = count_nonpositive(r->to[3] + span.begin, n);
    if (low) atomic_fetch_add(&r->nonpositive, low);
    return OA_OK;
}

static bool is_nonfinite(uint32_t bits) { return (bits & 0x7f800000u) == 0x7f800000u; }

static oa_status refuse_nonfinite(oa_context *context, const reading *r, size_t n)
{
    for (unsigned f = 0; f < r->layout->n_floats; f++) {
        const size_t count = atomic_load(&r->nonfinite[f]);
        if (count == 0) continue;
        size_t first = 0;
        while (first + 1 < n && !is_nonfinite(r->to[f][first])) first++;
        const bool is_plain = r->layout == &oa_layout_pos || r->layout == &oa_layout_epos;
        const int64_t offset = is_plain ? (int64_t)first * 4 * r->layout->n_fields + 4 * f : -1;
        return oa_fail_at(
            context, OA_AT_BYTE(r->name, offset), "E_NONFINITE",
            "%s is NaN or infinite in %zu of %zu records, first in record %zu (from 0); --drop-nonfinite true leaves "
            "such records out",
            r->layout->names[f], count, n, first);
    }
    return OA_OK;
}

static bool is_whole_finite(const reading *r, size_t i)
{
    for (unsigned f = 0; f < r->layout->n_floats; f++)
        if (is_nonfinite(r->to[f][i])) return false;
    return true;
}

/* The evaporation ids of those kept are their record numbers. */
static oa_status drop_nonfinite(oa_context *context, reading *r, oa_ions *ions)
{
    const size_t n = ions->n;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) kept += is_whole_finite(r, i);
    if (kept == 0)
        return oa_fail_at(context, OA_IN_FILE(r->name), "E_EMPTY_DATA",
                          "none of the %zu records is finite; nothing is left to read", n);
    oa_block *rows;
    OA_TRY(oa_block_new(context, &rows, kept, sizeof(uint32_t)));
    uint32_t *row = rows->data;
    size_t low = 0;
    for (size_t i = 0; i < n; i++) {
        if (!is_whole_finite(r, i)) continue;
        *row++ = (uint32_t)i;
        low += (int32_t)r->to[3][i] <= 0;
    }
    atomic_store(&r->nonpositive, low);
    oa_warn(context, "W_DROPPED", "%s: %zu of %zu records were left out because a value is NaN or infinite", r->name, n - kept,
            n);
    return oa_ions__keep(ions, rows, kept);
}

static oa_status check_values(oa_context *context, reading *r, oa_ions *ions, const oa_read_options *options)
{
    size_t bad = 0;
    for (unsigned f = 0; f < r->layout->n_floats; f++) bad += atomic_load(&r->nonfinite[f]);
    if (bad && !options->drop_nonfinite) return refuse_nonfinite(context, r, ions->n);
    if (bad) OA_TRY(drop_nonfinite(context, r, ions));
    const size_t low = atomic_load(&r->nonpositive);
    if (low && !options->fourth_is_label)
        oa_warn(context, "W_MASS_NONPOSITIVE",
                "%s: mass-to-charge is 0 or below in %zu of %zu ions; they are kept and never ranged", r->name, low, ions->n);
    return OA_OK;
}

/* The columns that are there, as a layout of their own. */
oa_status oa_ions_check_values(oa_context *context, const char *name, oa_ions *ions, const oa_read_options *options)
{
    oa_layout present = { .name = name };
    reading r = { .name = name, .layout = &present };
    for (int c = OA_X; c <= OA_HIT_Y; c++) {
        uint32_t *column =
            ions->column[c].block && ions->column[c].type == OA_F32 ? oa_ions__data(ions, (oa_ion_column)c) : NULL;
        if (!column) continue;
        const unsigned f = present.n_fields++;
        size_t special = 0;
        present.n_floats = present.n_fields;
        present.names[f] = oa_ion_columns[c].name;
        r.to[f] = column;
        for (size_t i = 0; i < ions->n; i++) special += is_nonfinite(column[i]);
        atomic_store(&r.nonfinite[f], special);
    }
    atomic_store(&r.nonpositive, count_nonpositive(r.to[3], ions->n));
    return check_values(context, &r, ions, options);
}

static oa_status fill(oa_context *context, reading *r, oa_ions *ions, const oa_read_options *options)
{
    for (unsigned f = 0; f < r->layout->n_fields; f++) {
        if (f >= 4) OA_TRY(oa_ions__add_column(ions, r->layout->columns[f], f < r->layout->n_floats ? OA_F32 : OA_U32));
        r->to[f] = oa_ions__data(ions, r->layout->columns[f]);
    }
    oa_phase(context, "read");
    OA_TRY(oa_parallel(context, ions->n, PIECE, read_piece, r));
    return check_values(context, r, ions, options);
}

oa_status oa_records_read(oa_context *context, const oa_source *source, const oa_layout *layout, const oa_read_options *options,
                          oa_ions **out)
{
    reading r = { .name = source->name, .layout = layout };
    uint64_t bytes;
    *out = NULL;
    OA_TRY(oa_file_open(context, source->path, &r.fd, &bytes));
    oa_status status = oa_records_judge(context, r.fd, bytes, r.name, layout, options, &r.big);
    if (status == OA_OK) status = oa_ions__create(context, out, (size_t)(bytes / (4 * layout->n_fields)));
    if (status == OA_OK) status = fill(context, &r, *out, options);
    oa_file_close(r.fd);
    if (status != OA_OK) {
        oa_ions_free(*out);
        *out = NULL;
    }
    return status;
}
