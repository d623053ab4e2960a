/* records_judge.c - is this really a .pos (.epos) file, and in which byte order? The format has no signature, so a
 * sample of its values has to look like ions (methods: vendor formats, 10). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "io/records.h"

enum { SAMPLE = 100000, RUN = 100 /* records read in one piece */ };

static unsigned record_size(const oa_layout *layout) { return 4 * layout->n_fields; }
static const oa_layout *other_layout(const oa_layout *layout)
{
    return layout == &oa_layout_pos ? &oa_layout_epos : &oa_layout_pos;
}

static oa_status check_size(oa_context *context, uint64_t bytes, const char *name, const oa_layout *layout)
{
    const unsigned size = record_size(layout), other = record_size(other_layout(layout));
    if (bytes == 0)
        return oa_fail_at(context, OA_IN_FILE(name), "E_EMPTY_FILE", "the file has 0 bytes; was it copied completely?");
    if (bytes / size > OA_IONS_MAX)
        return oa_fail_at(context, OA_IN_FILE(name), "E_TOO_MANY_IONS",
                          "the file has %llu records; at most %u ions can be held", (unsigned long long)(bytes / size),
                          OA_IONS_MAX);
    if (bytes % size == 0) return OA_OK;
    return oa_fail_at(context, OA_IN_FILE(name), "E_SIZE",
                      "%llu bytes are %llu whole records of %u bytes and %llu bytes more (%s a multiple of %u, which is %s); "
                      "copy the file again or cut the rest off",
                      (unsigned long long)bytes, (unsigned long long)(bytes / size), size, (unsigned long long)(bytes % size),
                      bytes % other ? "also not" : "but", other, other_layout(layout)->name);
}

/* At most SAMPLE records, in runs spread evenly over the file. */
static oa_status take_sample(oa_context *context, int fd, const char *name, uint64_t bytes, unsigned size, unsigned char **out,
                             size_t *n)
{
    const uint64_t records = bytes / size;
    *n = records < SAMPLE ? (size_t)records : SAMPLE;
    OA_TRY(oa_new(context, out, *n, size));
    if (records <= SAMPLE) return oa_file_read(context, fd, name, *out, *n * size, 0);
    const uint64_t runs = SAMPLE / RUN;
    for (uint64_t k = 0; k < runs; k++) {
        const uint64_t first = (records - RUN) / (runs - 1) * k;
        OA_TRY(oa_file_read(context, fd, name, *out + k * RUN * size, (size_t)RUN * size, first * size));
    }
    return OA_OK;
}

typedef struct verdict {
    bool is_plausible;
    bool looks_like_label; /* the fourth values are small integers: cluster numbers */
    char reason[160];
} verdict;

typedef struct tally {
    size_t values, finite, nonzero, tiny, coordinates, far, masses, light, heavy, whole, wild, records;
} tally;

static void count_float(tally *t, unsigned field, float v)
{
    t->values++;
    if (!isfinite(v)) return;
    t->finite++;
    t->nonzero += v != 0;
    t->tiny += v != 0 && fabsf(v) < 1e-30f;
    if (field < 3) {
        t->coordinates++;
        t->far += fabsf(v) > 1e5f;
    } else if (field == 3) {
        t->masses++;
        t->light += v < 0.5f;
        t->heavy += v > 500.0f;
        t->whole += v == floorf(v);
    }
}

static tally count_sample(const unsigned char *sample, size_t n, const oa_layout *layout, bool big)
{
    tally t = { .records = n };
    for (size_t i = 0; i < n; i++) {
        const unsigned char *record = sample + i * record_size(layout);
        uint32_t bits[OA_FIELDS_MAX] = { 0 };
        for (unsigned f = 0; f < layout->n_fields; f++) {
            bits[f] = big ? oa_u32_big(record + 4 * f) : oa_u32_little(record + 4 * f);
            float value;
            memcpy(&value, &bits[f], sizeof value);
            if (f < layout->n_floats) count_float(&t, f, value);
        }
        if (layout == &oa_layout_epos) t.wild += bits[9] > 100000000u || bits[10] > 1000u;
    }
    return t;
}

static double percent(size_t part, size_t whole) { return whole ? 100.0 * (double)part / (double)whole : 0; }

static verdict judge(const unsigned char *sample, size_t n, const oa_layout *layout, bool big, bool is_label)
{
    const tally t = count_sample(sample, n, layout, big);
    verdict v = { .looks_like_label = t.masses && t.whole == t.masses };
    if (10 * t.finite < 9 * t.values)
        snprintf(v.reason, sizeof v.reason, "only %.1f %% of the values are finite", percent(t.finite, t.values));
    else if (100 * t.tiny > t.nonzero)
        snprintf(v.reason, sizeof v.reason, "%.1f %% of the values are below 1e-30, as integers or text read as floats are",
                 percent(t.tiny, t.nonzero));
    else if (100 * t.far > t.coordinates)
        snprintf(v.reason, sizeof v.reason, "%.1f %% of the coordinates are beyond 1e5 nm", percent(t.far, t.coordinates));
    else if (!is_label && (2 * t.light > t.masses || 2 * t.heavy > t.masses))
        snprintf(v.reason, sizeof v.reason, "mass-to-charge is below 0.5 Da in %.1f %% and above 500 Da in %.1f %% of the ions",
                 percent(t.light, t.masses), percent(t.heavy, t.masses));
    else if (100 * t.wild > t.records)
        snprintf(v.reason, sizeof v.reason,
                 "%.1f %% of the records have more than 1000 ions in a pulse or 1e8 pulses between events",
                 percent(t.wild, t.records));
    else v.is_plausible = true;
    return v;
}

static bool other_is_plausible(oa_context *context, int fd, const char *name, uint64_t bytes, const oa_layout *layout)
{
    const oa_layout *other = other_layout(layout);
    unsigned char *sample = NULL;
    size_t n;
    if (bytes % record_size(other)) return false;
    const bool is = take_sample(context, fd, name, bytes, record_size(other), &sample, &n) == OA_OK &&
                    judge(sample, n, other, true, false).is_plausible;
    oa_free(context, sample);
    return is;
}

static oa_status refuse(oa_context *context, const char *name, const oa_layout *layout, bool big, const verdict *v, bool turned,
                        bool is_other)
{
    if (turned)
        return oa_fail_at(context, OA_IN_FILE(name), "E_BYTE_ORDER",
                          "the bytes look %s-endian (read as %s-endian, %s); pass --byte-order %s", big ? "little" : "big",
                          big ? "big" : "little", v->reason, big ? "little" : "big");
    if (is_other)
        return oa_fail_at(context, OA_IN_FILE(name), "E_FORMAT_MISMATCH",
                          "the suffix says %s (where %s) but the bytes make sense as .%s; give it that suffix", layout->name,
                          v->reason, other_layout(layout)->name);
    return oa_fail_at(context, OA_IN_FILE(name), "E_IMPLAUSIBLE", "this does not look like .%s: %s; %s", layout->name,
                      v->reason,
                      v->looks_like_label ? "if the fourth value is a cluster number, say so with --fourth-is-label true"
                                          : "--force true reads it all the same");
}

oa_status oa_records_judge(oa_context *context, int fd, uint64_t bytes, const char *name, const oa_layout *layout,
                           const oa_read_options *options, bool *big)
{
    OA_TRY(check_size(context, bytes, name, layout));
    *big = !oa_text_equal(options->byte_order, "little");
    if (options->force) return OA_OK;
    unsigned char *sample = NULL;
    size_t n;
    oa_status status = take_sample(context, fd, name, bytes, record_size(layout), &sample, &n);
    if (status == OA_OK) {
        const bool turned = judge(sample, n, layout, !*big, options->fourth_is_label).is_plausible;
        const verdict v = judge(sample, n, layout, *big, options->fourth_is_label);
        if (!v.is_plausible)
            status = refuse(context, name, layout, *big, &v, turned,
                            !turned && other_is_plausible(context, fd, name, bytes, layout));
    }
    oa_free(context, sample);
    return status;
}
