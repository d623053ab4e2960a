/* curve.c - clean-up of curves, many of them side by side. */
#include "math/curve.h"

#include <math.h>
#include <string.h>

#define TIE 1e-12 /* differences below this are rounding: they must not decide whether there is another sweep */
enum { CURVES_PER_CHUNK = 2048 };

/* ---------------------------------------------------------------------------------------------- smoothing */

/* Values at the points -half ... half of polynomials of degree 0 ... order, orthonormal over these points (Gram), by
 * Gram-Schmidt applied twice. Raw powers of degree 8 would lose ten digits. basis is (order + 1, window). */
static void orthonormal_basis(double *basis, int64_t window, int64_t order)
{
    const double half = (double)(window / 2);
    for (int64_t d = 0; d <= order; d++) {
        double *row = basis + d * window;
        for (int64_t i = 0; i < window; i++) row[i] = d == 0 ? 1 : basis[(d - 1) * window + i] * ((double)i - half) / half;
        for (int pass = 0; pass < 2; pass++)
            for (int64_t e = 0; e < d; e++) {
                double dot = 0;
                for (int64_t i = 0; i < window; i++) dot += row[i] * basis[e * window + i];
                for (int64_t i = 0; i < window; i++) row[i] -= dot * basis[e * window + i];
            }
        double norm = 0;
        for (int64_t i = 0; i < window; i++) norm += row[i] * row[i];
        norm = sqrt(norm);
        for (int64_t i = 0; i < window; i++) row[i] /= norm;
    }
}

/* The fit through a window, evaluated at its point `at`, is a weighted sum of the points: weight k is
 * sum over d of P_d(at) P_d(k). */
static void fit_weights(double *weights, const double *basis, const oa_curve_rule *rule, int64_t at)
{
    for (int64_t k = 0; k < rule->window; k++) {
        weights[k] = 0;
        for (int64_t d = 0; d <= rule->order; d++)
            weights[k] += basis[d * rule->window + at] * basis[d * rule->window + k];
    }
}

oa_status oa_curve_plan_make(oa_arena *arena, oa_curve_plan *out, const oa_curve_rule *rule)
{
    const size_t window = (size_t)rule->window, half = window / 2;
    double *basis;
    *out = (oa_curve_plan){ .rule = *rule };
    if (window == 0) return OA_OK;
    OA_TRY(oa_arena_take(arena, &basis, (size_t)(rule->order + 1) * window, sizeof *basis));
    OA_TRY(oa_arena_take(arena, &out->taps, window, sizeof *out->taps));
    OA_TRY(oa_arena_take(arena, &out->ends, half * window + 1, sizeof *out->ends));
    orthonormal_basis(basis, rule->window, rule->order);
    fit_weights(out->taps, basis, rule, (int64_t)half);
    for (size_t i = 0; i < half; i++) fit_weights(out->ends + i * window, basis, rule, (int64_t)i);
    return OA_OK;
}

static void smooth_ends(const oa_curve_plan *plan, double *out, const double *in)
{
    const int64_t bins = plan->rule.bins, window = plan->rule.window, half = window / 2;
    for (int64_t i = 0; i < half; i++) {
        const double *weights = plan->ends + i * window;
        double low = 0, high = 0;
        for (int64_t k = 0; k < window; k++) {
            low += weights[k] * in[k];
            high += weights[k] * in[bins - 1 - k];
        }
        out[i] = low;
        out[bins - 1 - i] = high;
    }
}

static void smooth(const oa_curve_plan *plan, const oa_kernels *kernels, double *out, const double *in)
{
    const size_t bins = (size_t)plan->rule.bins, window = (size_t)plan->rule.window;
    if (window == 0) {
        memcpy(out, in, bins * sizeof *out);
        return;
    }
    smooth_ends(plan, out, in);
    kernels->convolve(out + window / 2, bins - window + 1, in, plan->taps, window);
}

/* ---------------------------------------------------------------------------------------------- parts */

static bool normalise(double *y, size_t n)
{
    double min = y[0], max = y[0];
    for (size_t i = 1; i < n; i++) {
        min = y[i] < min ? y[i] : min;
        max = y[i] > max ? y[i] : max;
    }
    const double range = max - min;
    if (!(range > 0)) return false;
    for (size_t i = 0; i < n; i++) y[i] = (y[i] - min) / range;
    return true;
}

static int first_minimum(const double *s, int64_t bins)
{
    for (int64_t i = bins / 2 + 1; i < bins - 1; i++)
        if (s[i] < s[i - 1] && s[i] < s[i + 1]) return (int)i;
    return -1;
}

static bool exceeds(const oa_curve_rule *rule, const double *b, double level)
{
    double max = b[rule->first];
    for (int64_t i = rule->first + 1; i <= rule->last; i++) max = b[i] > max ? b[i] : max;
    return max - level > TIE;
}

/* The first sweep, from the smoothed curve into b. */
static void first_sweep(double *b, const double *s, int64_t bins)
{
    b[0] = s[0];
    b[bins - 1] = s[bins - 1];
    for (int64_t m = 1; m < bins - 1; m++) {
        const double mean = (s[m - 1] + s[m + 1]) * 0.5;
        b[m] = mean < s[m] ? mean : s[m];
    }
}

static void next_sweep(double *b, int64_t bins)
{
    for (int64_t m = 1; m < bins - 1; m++) {
        const double mean = (b[m - 1] + b[m + 1]) * 0.5;
        b[m] = mean < b[m] ? mean : b[m];
    }
}

static int find_background(const oa_curve_rule *rule, double *b, const double *s, double level)
{
    int sweeps = 0;
    memcpy(b, s, (size_t)rule->bins * sizeof *b);
    while (sweeps < rule->sweeps && exceeds(rule, b, level)) {
        if (sweeps++ == 0) first_sweep(b, s, rule->bins);
        else next_sweep(b, rule->bins);
    }
    return sweeps;
}

static void fill_nan(double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) y[i] = NAN;
}

/* d = s - b, normalised, in place of s; NaN where constant. */
static void finish(double *s, const double *b, size_t bins)
{
    for (size_t i = 0; b && i < bins; i++) s[i] -= b[i];
    if (!normalise(s, bins)) fill_nan(s, bins);
}

/* ---------------------------------------------------------------------------------------------- one curve */

static void keep(double *to, const double *from, size_t n)
{
    if (to) memcpy(to, from, n * sizeof *to);
}

void oa_curve_clean_one(const oa_curve_plan *plan, const double *counts, oa_curve_detail *detail)
{
    const size_t bins = (size_t)plan->rule.bins;
    double y[OA_CURVE_BINS_MAX], s[OA_CURVE_BINS_MAX], b[OA_CURVE_BINS_MAX] = { 0 };
    memcpy(y, counts, bins * sizeof *y);
    detail->local_min = -1;
    detail->sweeps = -2;
    if (!normalise(y, bins)) {
        fill_nan(y, bins);
        keep(detail->norm, y, bins);
        keep(detail->smooth, y, bins);
        keep(detail->background, y, bins);
        keep(detail->output, y, bins);
        return;
    }
    smooth(plan, &oa_kernels_scalar, s, y);
    detail->sweeps = -1;
    detail->local_min = first_minimum(s, plan->rule.bins);
    if (detail->local_min >= 0) detail->sweeps = find_background(&plan->rule, b, s, s[detail->local_min]);
    keep(detail->norm, y, bins);
    keep(detail->smooth, s, bins);
    keep(detail->background, b, bins);
    finish(s, b, bins);
    keep(detail->output, s, bins);
}

/* ---------------------------------------------------------------------------------------------- many curves */

/* OA_CLIP_LANES curves are swept together. Their number of sweeps differs, so a lane that is done takes the next curve
 * at once; what a curve becomes does not depend on its lane. */
typedef struct lanes {
    const oa_curve_plan *plan;
    const oa_kernels *kernels;
    const uint32_t *counts;
    oa_curve_output out;
    size_t n, next;               /* curves, next to start */
    double *norm, *line;          /* (bins) one curve, one background */
    double *smooth;               /* (lanes, bins) */
    double *b;                    /* (bins, lanes) */
    double level[OA_CLIP_LANES];
    size_t curve[OA_CLIP_LANES];
    int64_t ends[OA_CLIP_LANES];  /* round in which a lane reaches the most sweeps allowed */
    uint32_t active;
    int64_t round, next_end;
} lanes;

static void put(const lanes *l, size_t curve, const double *values)
{
    const size_t bins = (size_t)l->plan->rule.bins, channels = l->out.channels;
    float *to = l->out.values + curve / channels * bins * channels + curve % channels;
    for (size_t i = 0; i < bins; i++) to[i * channels] = (float)values[i];
}

static void enter_lane(lanes *l, int lane, size_t curve, double level)
{
    const size_t bins = (size_t)l->plan->rule.bins;
    for (size_t m = 0; m < bins; m++) l->b[m * OA_CLIP_LANES + (size_t)lane] = l->line[m];
    l->level[lane] = level;
    l->curve[lane] = curve;
    l->ends[lane] = l->round + l->plan->rule.sweeps - 1; /* one sweep is already made */
    if (l->ends[lane] < l->next_end) l->next_end = l->ends[lane];
    l->active |= UINT32_C(1) << lane;
}

/* Begins a curve; false where it was done at once. */
static bool begin_curve(lanes *l, int lane, size_t curve)
{
    const oa_curve_rule *rule = &l->plan->rule;
    const size_t bins = (size_t)rule->bins;
    double *s = l->smooth + (size_t)lane * bins;
    for (size_t i = 0; i < bins; i++) l->norm[i] = l->counts[curve * bins + i];
    int reference = -1;
    bool is_flat = !normalise(l->norm, bins), is_done = true;
    if (is_flat) {
        fill_nan(s, bins);
    } else {
        smooth(l->plan, l->kernels, s, l->norm);
        reference = first_minimum(s, rule->bins);
        if (reference < 0) {
            finish(s, NULL, bins);
        } else if (rule->sweeps == 0 || !exceeds(rule, s, s[reference])) {
            fill_nan(s, bins);
        } else {
            const double level = s[reference];
            first_sweep(l->line, s, rule->bins);
            is_done = rule->sweeps == 1 || !exceeds(rule, l->line, level);
            if (is_done) finish(s, l->line, bins);
            else enter_lane(l, lane, curve, level);
        }
    }
    if (is_done) put(l, curve, s);
    return !is_done;
}

static void fill_lane(lanes *l, int lane)
{
    while (l->next < l->n)
        if (begin_curve(l, lane, l->next++)) return;
}

static void leave_lane(lanes *l, int lane)
{
    const size_t bins = (size_t)l->plan->rule.bins;
    double *s = l->smooth + (size_t)lane * bins;
    for (size_t m = 0; m < bins; m++) l->line[m] = l->b[m * OA_CLIP_LANES + (size_t)lane];
    finish(s, l->line, bins);
    put(l, l->curve[lane], s);
    l->active &= ~(UINT32_C(1) << lane);
}

/* Lanes that have made the most sweeps allowed. */
static uint32_t lanes_at_end(lanes *l)
{
    uint32_t at_end = 0;
    int64_t next_end = INT64_MAX;
    for (int lane = 0; lane < OA_CLIP_LANES; lane++) {
        if (!(l->active >> lane & 1)) continue;
        if (l->ends[lane] <= l->round) at_end |= UINT32_C(1) << lane;
        else if (l->ends[lane] < next_end) next_end = l->ends[lane];
    }
    l->next_end = next_end;
    return at_end;
}

static void sweep_lanes(lanes *l)
{
    const oa_curve_rule *rule = &l->plan->rule;
    while (l->active) {
        const uint32_t above = l->kernels->clip(l->b, (size_t)rule->bins, (size_t)rule->first, (size_t)rule->last,
                                                l->level, TIE);
        l->round++;
        uint32_t done = l->active & ~above;
        if (l->round >= l->next_end) done |= lanes_at_end(l);
        for (; done; done &= done - 1) {
            const int lane = __builtin_ctz(done);
            leave_lane(l, lane);
            fill_lane(l, lane);
        }
    }
}

oa_status oa_curve_block(const oa_curve_plan *plan, const oa_kernels *kernels, oa_worker *worker, size_t n,
                         const uint32_t *counts, oa_curve_output out)
{
    const size_t bins = (size_t)plan->rule.bins, padded = bins + OA_KERNEL_PAD;
    lanes l = { .plan = plan, .kernels = kernels, .counts = counts, .out = out, .n = n, .next_end = INT64_MAX };
    double *buffer;
    OA_TRY(oa_worker_scratch(worker, 4, &buffer, 2 * padded + 2 * OA_CLIP_LANES * bins + OA_KERNEL_PAD, sizeof *buffer));
    l.b = buffer; /* first: the sweeps then load whole cache lines */
    l.norm = l.b + OA_CLIP_LANES * bins;
    l.line = l.norm + padded;
    l.smooth = l.line + padded;
    memset(l.b, 0, OA_CLIP_LANES * bins * sizeof *l.b);
    for (int lane = 0; lane < OA_CLIP_LANES; lane++) fill_lane(&l, lane);
    sweep_lanes(&l);
    return OA_OK;
}

typedef struct curve_job {
    const oa_curve_plan *plan;
    const oa_kernels *kernels;
    const uint32_t *counts;
    oa_curve_output out;
} curve_job;

static oa_status curve_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const curve_job *job = arg;
    const size_t bins = (size_t)job->plan->rule.bins, channels = job->out.channels;
    const oa_curve_output out = { job->out.values + span.begin * channels * bins, channels };
    return oa_curve_block(job->plan, job->kernels, worker, (span.end - span.begin) * channels,
                          job->counts + span.begin * channels * bins, out);
}

oa_status oa_curve_clean(oa_context *context, const oa_curve_plan *plan, size_t n, const uint32_t *counts,
                         oa_curve_output out)
{
    curve_job job = { .plan = plan, .kernels = context->kernels, .counts = counts, .out = out };
    return oa_parallel(context, n / out.channels, CURVES_PER_CHUNK, curve_chunk, &job);
}
