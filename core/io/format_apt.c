/* format_apt.c - .apt of AP Suite 6: a header, then sections that describe themselves. Positions, mass-to-charge, time
 * of flight and detector hits are kept; other known sections are passed over, unknown ones with a warning (methods:
 * vendor formats, 4). Every size in the file is doubted. */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "io/range_rules.h"
#include "io/records.h"

enum { FILE_HEADER = 540, SECTION_HEADER = 148, PIECE = 8192, SEEN_MAX = 512 };

/* Sections that are kept, with the columns they fill. */
static const struct wanted {
    const char *name;
    unsigned columns;
    oa_ion_column to[3];
    bool is_needed;
} wanted[] = {
    { "Position", 3, { OA_X, OA_Y, OA_Z }, true },
    { "Mass", 1, { OA_MASS }, true },
    { "tof", 1, { OA_TIME_OF_FLIGHT }, false },
    { "XDet_mm", 1, { OA_HIT_X }, false },
    { "YDet_mm", 1, { OA_HIT_Y }, false },
    { "Detector Coordinates", 2, { OA_HIT_X, OA_HIT_Y }, false },
};
enum { WANTED = sizeof wanted / sizeof *wanted };

static const char *const known[] = {
    "tofc",
    "tofb",
    "Epos ToF",
    "Voltage",
    "Vref",
    "Vap",
    "Pulse Voltage",
    "pulse",
    "pulseDelta",
    "Delta Pulse",
    "freq",
    "tElapsed",
    "erate",
    "TargetErate",
    "TargetFlux",
    "xstage",
    "ystage",
    "zstage",
    "tstage",
    "Pres",
    "VAnodeMon",
    "Temp",
    "AmbTemp",
    "laserx",
    "lasery",
    "laserz",
    "laserpower",
    "FractureGuard",
    "Noise",
    "Uniformity",
    "z",
    "xs",
    "ys",
    "zs",
    "rTip",
    "zApex",
    "zSphereCorr",
    "Multiplicity",
    "Position_0",
    "Position_1",
    "Position_2",
};

typedef struct section {
    char name[33];
    uint32_t relationship, data_type, value_bits, record_bytes;
    uint64_t records, bytes, data; /* data: offset in the file */
} section;

typedef struct apt {
    oa_context *context;
    int fd;
    const char *name;
    uint64_t size, ions;
    section kept[WANTED];
    char seen[SEEN_MAX][33];
    size_t n_seen;
    oa_tally unknown;
} apt;

static uint64_t u64_little(const unsigned char *b) { return oa_u32_little(b) | (uint64_t)oa_u32_little(b + 4) << 32; }

/* UTF-16LE of at most 32 units; what is no plain letter becomes '?'. */
static void read_name(const unsigned char *b, char out[33])
{
    size_t n = 0;
    for (; n < 32; n++) {
        const unsigned unit = b[2 * n] | (unsigned)b[2 * n + 1] << 8;
        if (unit == 0) break;
        out[n] = unit >= 0x20 && unit < 0x7f ? (char)unit : '?';
    }
    out[n] = 0;
}

static oa_status truncated(const apt *a, uint64_t at, const char *what, uint64_t want)
{
    return oa_fail_at(a->context, OA_AT_BYTE(a->name, (int64_t)at), "E_TRUNCATED",
                      "%s needs %llu bytes, %llu are there; copy the file again", what, (unsigned long long)want,
                      (unsigned long long)(a->size - at));
}

static oa_status read_file_header(apt *a, uint64_t *end)
{
    unsigned char head[FILE_HEADER];
    const size_t n = a->size < FILE_HEADER ? (size_t)a->size : FILE_HEADER;
    OA_TRY(oa_file_read(a->context, a->fd, a->name, head, n, 0));
    if (n < 4 || memcmp(head, "APT", 4) != 0)
        return oa_fail_at(a->context, OA_AT_BYTE(a->name, 0), "E_MAGIC",
                          "the file does not begin with the signature APT; is it an .apt file of AP Suite 6?");
    if (n < FILE_HEADER) return truncated(a, 0, "the file header", FILE_HEADER);
    const uint32_t length = oa_u32_little(head + 4), version = oa_u32_little(head + 8);
    if (version != 2 || length < FILE_HEADER)
        return oa_fail_at(a->context, OA_AT_BYTE(a->name, 4), "E_VERSION",
                          "header version %u of %u bytes; version 2 of %d bytes is read", version, length, FILE_HEADER);
    if (length > a->size) return truncated(a, 0, "the file header", length);
    a->ions = u64_little(head + 532);
    *end = length;
    if (a->ions == 0) return oa_fail_at(a->context, OA_AT_BYTE(a->name, 532), "E_EMPTY_DATA", "the file says it has 0 ions");
    if (a->ions > OA_IONS_MAX)
        return oa_fail_at(a->context, OA_AT_BYTE(a->name, 532), "E_TOO_MANY_IONS",
                          "the file says it has %llu ions; at most %u can be held", (unsigned long long)a->ions, OA_IONS_MAX);
    return OA_OK;
}

static oa_status read_section_header(const apt *a, uint64_t at, section *s)
{
    unsigned char head[SECTION_HEADER];
    if (a->size - at < SECTION_HEADER) return truncated(a, at, "a section header", SECTION_HEADER);
    OA_TRY(oa_file_read(a->context, a->fd, a->name, head, SECTION_HEADER, at));
    if (memcmp(head, "SEC", 4) != 0)
        return oa_fail_at(a->context, OA_AT_BYTE(a->name, (int64_t)at), "E_MAGIC",
                          "byte %llu should begin a section with the signature SEC", (unsigned long long)at);
    read_name(head + 12, s->name);
    const uint32_t length = oa_u32_little(head + 4);
    s->relationship = oa_u32_little(head + 80);
    s->data_type = oa_u32_little(head + 88);
    s->value_bits = oa_u32_little(head + 92);
    s->record_bytes = oa_u32_little(head + 96);
    s->records = u64_little(head + 132);
    s->bytes = u64_little(head + 140);
    if (length < SECTION_HEADER || length > a->size - at) return truncated(a, at, s->name, length);
    s->data = at + length;
    if (s->bytes > a->size - s->data) return truncated(a, s->data, s->name, s->bytes);
    return OA_OK;
}

static oa_status note_name(apt *a, const section *s, uint64_t at)
{
    for (size_t i = 0; i < a->n_seen; i++)
        if (strcmp(a->seen[i], s->name) == 0)
            return oa_fail_at(a->context, OA_AT_BYTE(a->name, (int64_t)at), "E_DUPLICATE_SECTION",
                              "the section %s occurs twice; once is right", s->name);
    if (a->n_seen == SEEN_MAX)
        return oa_fail_at(a->context, OA_AT_BYTE(a->name, (int64_t)at), "E_COUNT_MISMATCH",
                          "the file has more than %d sections", SEEN_MAX);
    memcpy(a->seen[a->n_seen++], s->name, sizeof s->name);
    return OA_OK;
}

static oa_status check_wanted(const apt *a, const section *s, const struct wanted *w)
{
    const oa_place place = OA_AT_BYTE(a->name, (int64_t)s->data);
    if (s->relationship != 1 || s->data_type != 3 || s->value_bits != 32 || s->record_bytes != 4 * w->columns)
        return oa_fail_at(
            a->context, place, "E_VERSION",
            "the section %s has records of %u bytes, value type %u/%u, relationship %u; %u floats per ion are read", s->name,
            s->record_bytes, s->data_type, s->value_bits, s->relationship, w->columns);
    if (s->records != a->ions)
        return oa_fail_at(a->context, place, "E_COUNT_MISMATCH",
                          "the section %s has %llu records but the file says it has %llu ions", s->name,
                          (unsigned long long)s->records, (unsigned long long)a->ions);
    if (s->bytes / s->record_bytes < s->records) return truncated(a, s->data, s->name, s->records * s->record_bytes);
    return OA_OK;
}

static oa_status sort_section(apt *a, const section *s)
{
    for (size_t i = 0; i < WANTED; i++) {
        if (strcmp(s->name, wanted[i].name) != 0) continue;
        if (!wanted[i].is_needed && (s->relationship != 1 || s->data_type != 3 || s->value_bits != 32)) return OA_OK;
        OA_TRY(check_wanted(a, s, &wanted[i]));
        a->kept[i] = *s;
        return OA_OK;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(s->name, known[i]) == 0) return OA_OK;
    oa_tally_add(&a->unknown, "%s", s->name);
    return OA_OK;
}

static oa_status find_sections(apt *a)
{
    uint64_t at = 0;
    OA_TRY(read_file_header(a, &at));
    while (at < a->size) {
        section s;
        OA_TRY(read_section_header(a, at, &s));
        OA_TRY(note_name(a, &s, at));
        OA_TRY(sort_section(a, &s));
        at = s.data + s.bytes;
    }
    for (size_t i = 0; i < WANTED; i++)
        if (wanted[i].is_needed && !a->kept[i].data)
            return oa_fail_at(a->context, OA_IN_FILE(a->name), "E_MISSING_SECTION",
                              "there is no section %s; export again with positions and mass", wanted[i].name);
    return OA_OK;
}

/* One section taken apart into its columns, on all cores. */
typedef struct filling {
    const apt *a;
    const section *s;
    unsigned columns;
    uint32_t *to[3];
} filling;

static oa_status fill_piece(void *arg, oa_span span, oa_worker *worker)
{
    filling *f = arg;
    const size_t n = span.end - span.begin, size = 4 * f->columns;
    unsigned char *raw;
    OA_TRY(oa_worker_scratch(worker, 0, &raw, PIECE, size));
    OA_TRY(
        oa_file_read(oa_worker_context(worker), f->a->fd, f->a->name, raw, n * size, f->s->data + (uint64_t)span.begin * size));
    for (unsigned c = 0; c < f->columns; c++)
        for (size_t i = 0; i < n; i++) f->to[c][span.begin + i] = oa_u32_little(raw + i * size + 4 * c);
    return OA_OK;
}

static oa_status fill(apt *a, oa_ions *ions)
{
    oa_phase(a->context, "read");
    for (size_t i = 0; i < WANTED; i++) {
        if (!a->kept[i].data) continue;
        filling f = { .a = a, .s = &a->kept[i], .columns = wanted[i].columns };
        for (unsigned c = 0; c < f.columns; c++) {
            if (wanted[i].to[c] > OA_MASS) OA_TRY(oa_ions__add_column(ions, wanted[i].to[c], OA_F32));
            f.to[c] = oa_ions__data(ions, wanted[i].to[c]);
        }
        OA_TRY(oa_parallel(a->context, ions->n, PIECE, fill_piece, &f));
    }
    return OA_OK;
}

static oa_status read_all(apt *a, const oa_read_options *options, oa_ions **out)
{
    OA_TRY(find_sections(a));
    OA_TRY(oa_ions__create(a->context, out, (size_t)a->ions));
    OA_TRY(fill(a, *out));
    OA_TRY(oa_ions_check_values(a->context, a->name, *out, options));
    oa_tally_tell(a->context, a->name, "W_UNKNOWN_SECTION", &a->unknown, "unknown sections were skipped");
    return OA_OK;
}

static oa_status apt_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    apt *a;
    OA_TRY(oa_new(context, &a, 1, sizeof *a));
    a->context = context;
    a->name = source->name;
    oa_status status = oa_file_open(context, source->path, &a->fd, &a->size);
    if (status == OA_OK) status = read_all(a, options, &out->ions);
    oa_file_close(a->fd);
    oa_free(context, a);
    if (status != OA_OK) {
        oa_ions_free(out->ions);
        out->ions = NULL;
    }
    return status;
}

static const char *const extensions[] = { "apt", NULL };

const oa_format oa_format_apt = {
    .name = "apt",
    .extensions = extensions,
    .help = "AP Suite 6: positions, mass-to-charge, time of flight and detector hits",
    .read = apt_read,
};
