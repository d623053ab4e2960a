/* format_ato.c - .ato of the GPM Rouen, versions 3 and 5: positions and mass-to-charge. The other fields are not
 * documented and not kept (methods: vendor formats, 5). */
#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "base/parallel.h"
#include "io/records.h"

enum { PIECE = 4096, SAMPLE = 100 };

/* How the records of a version lie, and the factors that make nm of them. */
static const struct version {
    uint32_t number;
    unsigned header, record;
    float scale[3];
} versions[] = {
    { 3, 8, 56, { 0.1f, 0.1f, 0.1f } },     /* angstrom */
    { 5, 5000, 40, { 0.01f, 0.01f, 0.1f } }, /* customary, not documented */
};

typedef struct ato {
    oa_context *context;
    int fd;
    const char *name;
    uint64_t bytes;
    const struct version *version;
    bool big;
    float *to[4];
} ato;

static uint32_t u32_at(const ato *a, const unsigned char *b) { return a->big ? oa_u32_big(b) : oa_u32_little(b); }

static float f32_at(const ato *a, const unsigned char *b)
{
    const uint32_t bits = u32_at(a, b);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float i16_at(const ato *a, const unsigned char *b)
{
    const unsigned bits = a->big ? (unsigned)b[0] << 8 | b[1] : (unsigned)b[1] << 8 | b[0];
    return (float)((int)(bits ^ 0x8000u) - 0x8000);
}

static oa_status read_header(ato *a)
{
    unsigned char head[8];
    if (a->bytes < sizeof head)
        return oa_fail_at(a->context, OA_IN_FILE(a->name), "E_SIZE", "the file has %llu bytes; the header alone has 8",
                          (unsigned long long)a->bytes);
    OA_TRY(oa_file_read(a->context, a->fd, a->name, head, sizeof head, 0));
    const uint32_t number = oa_u32_little(head + 4);
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (versions[i].number == number && oa_u32_little(head) == 0) a->version = &versions[i];
    if (a->version) return OA_OK;
    return oa_fail_at(a->context, OA_AT_BYTE(a->name, 4), "E_VERSION",
                      "version %u of .ato is not read; 3 and 5 are, or export .epos or .pos", number);
}

static oa_status check_size(const ato *a)
{
    const unsigned header = a->version->header, record = a->version->record;
    const uint64_t body = a->bytes > header ? a->bytes - header : 0;
    if (a->bytes < header || body % record)
        return oa_fail_at(a->context, OA_IN_FILE(a->name), "E_SIZE",
                          "%llu bytes are no header of %u bytes and whole records of %u (remainder %llu); copy the file again",
                          (unsigned long long)a->bytes, header, record, (unsigned long long)(body % record));
    if (body == 0) return oa_fail_at(a->context, OA_IN_FILE(a->name), "E_EMPTY_DATA", "behind the header there is no record");
    if (body / record > OA_IONS_MAX)
        return oa_fail_at(a->context, OA_IN_FILE(a->name), "E_TOO_MANY_IONS",
                          "the file has %llu records; at most %u ions can be held", (unsigned long long)(body / record),
                          OA_IONS_MAX);
    return OA_OK;
}

/* An order of bytes is bad where a value cannot be what it should be. */
static bool order_is_bad(const ato *a, const unsigned char *sample, size_t n)
{
    static const unsigned fields[] = { 0, 1, 2, 3, 5, 6, 8, 9, 10 };
    for (size_t i = 0; i < n; i++) {
        const unsigned char *record = sample + i * a->version->record;
        for (size_t k = 0; k < sizeof fields / sizeof *fields; k++) {
            const float value = f32_at(a, record + 4 * fields[k]);
            if (!isfinite(value) || (fields[k] == 3 && value < -1000) ||
                ((fields[k] == 6 || fields[k] == 10) && fabsf(value) > 1000))
                return true;
        }
    }
    return false;
}

/* Only version 3 was ever seen in both orders. What is asked for wins; where both or neither look well: little. */
static oa_status find_order(ato *a, const oa_read_options *options)
{
    unsigned char sample[SAMPLE * 56];
    const uint64_t records = (a->bytes - a->version->header) / a->version->record;
    const size_t n = records < SAMPLE ? (size_t)records : SAMPLE;
    if (a->version->number != 3 || (options->byte_order && strcmp(options->byte_order, "little") == 0)) return OA_OK;
    OA_TRY(oa_file_read(a->context, a->fd, a->name, sample, n * a->version->record, a->version->header));
    const bool little_is_bad = order_is_bad(a, sample, n);
    a->big = true;
    a->big = !order_is_bad(a, sample, n) && little_is_bad;
    return OA_OK;
}

static oa_status fill_piece(void *arg, oa_span span, oa_worker *worker)
{
    ato *a = arg;
    const size_t n = span.end - span.begin, size = a->version->record;
    unsigned char *raw;
    OA_TRY(oa_worker_scratch(worker, 0, &raw, PIECE, size));
    OA_TRY(oa_file_read(oa_worker_context(worker), a->fd, a->name, raw, n * size,
                        a->version->header + (uint64_t)span.begin * size));
    for (size_t i = 0; i < n; i++) {
        const unsigned char *record = raw + i * size;
        const bool has_floats = a->version->number == 3;
        const float xyz[3] = { has_floats ? f32_at(a, record) : i16_at(a, record),
                               has_floats ? f32_at(a, record + 4) : i16_at(a, record + 2),
                               f32_at(a, record + (has_floats ? 8 : 4)) };
        for (int c = 0; c < 3; c++) a->to[c][span.begin + i] = xyz[c] * a->version->scale[c];
        a->to[3][span.begin + i] = f32_at(a, record + (has_floats ? 12 : 8));
    }
    return OA_OK;
}

static oa_status read_all(ato *a, const oa_read_options *options, oa_ions **out)
{
    OA_TRY(read_header(a));
    OA_TRY(check_size(a));
    OA_TRY(find_order(a, options));
    OA_TRY(oa_ions__create(a->context, out, (size_t)((a->bytes - a->version->header) / a->version->record)));
    for (int c = 0; c < 4; c++) a->to[c] = oa_ions__data(*out, (oa_ion_column)(OA_X + c));
    oa_phase(a->context, "read");
    OA_TRY(oa_parallel(a->context, (*out)->n, PIECE, fill_piece, a));
    if (a->version->number == 5)
        oa_warn(a->context, "W_ATO5_SCALE", "%s: x and y were multiplied by 0.01 and z by 0.1 to give nm, as is customary",
                a->name);
    return oa_ions_check_values(a->context, a->name, *out, options);
}

static oa_status ato_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    ato a = { .context = context, .name = source->name };
    OA_TRY(oa_file_open(context, source->path, &a.fd, &a.bytes));
    const oa_status status = read_all(&a, options, &out->ions);
    oa_file_close(a.fd);
    if (status != OA_OK) {
        oa_ions_free(out->ions);
        out->ions = NULL;
    }
    return status;
}

static const char *const extensions[] = { "ato", NULL };

const oa_format oa_format_ato = {
    .name = "ato",
    .extensions = extensions,
    .help = "GPM Rouen, versions 3 and 5: positions and mass-to-charge",
    .read = ato_read,
};
