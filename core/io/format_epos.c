/* format_epos.c - .epos: .pos with time of flight, voltages, detector hits and the counts of multiple events. */
#include <math.h>

#include "io/records.h"

/* Voltages are V or kV, the file does not say; no instrument stands at less than 100 V (methods: vendor formats, 3). */
static void fix_voltage(oa_context *context, const char *name, oa_ions *ions)
{
    float *standing = oa_ions__data(ions, OA_STANDING_VOLTAGE), *pulse = oa_ions__data(ions, OA_PULSE_VOLTAGE);
    size_t low = 0, nonzero = 0;
    for (size_t i = 0; i < ions->n; i++) {
        low += standing[i] < 100;
        nonzero += standing[i] != 0;
    }
    if (2 * low <= ions->n || nonzero == 0) return; /* the median is at least 100, or the field is not used */
    for (size_t i = 0; i < ions->n; i++) {
        standing[i] *= 1000;
        pulse[i] *= 1000;
    }
    oa_warn(context, "W_VOLTAGE_UNIT",
            "%s: the median standing voltage is below 100, so voltages were read as kV and multiplied by 1000", name);
}

static void check_detector(oa_context *context, const char *name, const oa_ions *ions)
{
    const float *x = oa_ions__f32(ions, OA_HIT_X), *y = oa_ions__f32(ions, OA_HIT_Y);
    double square = 0;
    for (size_t i = 0; i < ions->n; i++) {
        const double r2 = (double)x[i] * x[i] + (double)y[i] * y[i];
        if (r2 > square) square = r2;
    }
    if (ions->n > 1000 && square > 0 && square < 25)
        oa_warn(context, "W_DETECTOR_UNIT",
                "%s: all hits lie within %.3g of the detector's middle, which looks like cm where mm are usual; "
                "kept as they are",
                name, sqrt(square));
}

typedef struct multiplicity {
    size_t violations, first;
} multiplicity;

static void note_violation(multiplicity *m, size_t record)
{
    if (m->violations++ == 0 || record < m->first) m->first = record;
}

/* A record with n >= 1 begins an event; exactly n-1 records with 0 follow, with no pulses in between. */
static multiplicity check_events(const uint32_t *pulses, const uint32_t *count, size_t n)
{
    multiplicity m = { 0, 0 };
    for (size_t i = 0; i < n;) {
        const size_t begin = i;
        const uint32_t said = count[i];
        bool pulse_inside = false;
        i += said > 0;
        size_t followers = 0;
        for (; i < n && count[i] == 0; i++, followers++) pulse_inside = pulse_inside || pulses[i] != 0;
        if ((said == 0) || followers + 1 != said || pulse_inside) note_violation(&m, begin);
    }
    return m;
}

static void check_multiplicity(oa_context *context, const char *name, const oa_ions *ions)
{
    const uint32_t *count = oa_ions__data(ions, OA_IONS_PER_PULSE);
    const multiplicity m = check_events(oa_ions__data(ions, OA_PULSES_SINCE), count, ions->n);
    if (m.violations == 0) return;
    oa_warn(context, "W_MULTIPLICITY",
            "%s: %zu event%s not followed by as many ions as they say, first at record %zu (from 0), which says %u; "
            "do not analyse multiple events",
            name, m.violations, m.violations == 1 ? " is" : "s are", m.first, count[m.first]);
}

static oa_status epos_read(oa_context *context, oa_source *source, const oa_read_options *options, oa_content *out)
{
    OA_TRY(oa_records_read(context, source, &oa_layout_epos, options, &out->ions));
    fix_voltage(context, source->name, out->ions);
    check_detector(context, source->name, out->ions);
    if (!oa_ions__data(out->ions, OA_EVAPORATION_ID)) check_multiplicity(context, source->name, out->ions);
    return OA_OK;
}

static const char *const extensions[] = { "epos", NULL };

const oa_format oa_format_epos = {
    .name = "epos",
    .extensions = extensions,
    .help = "as pos, and time of flight, voltages, detector hits, multiplicity; 44 bytes an ion",
    .read = epos_read,
};
