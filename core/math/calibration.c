/* calibration.c - temperature by bracketing and golden section, reliability in bins, AUC by ranks. */
#include "math/calibration.h"

#include <math.h>

#include "math/order.h"

enum { CLASSES_MAX = 16 };

size_t oa_logits_classes(const oa_logits *logits) { return logits->units == 1 ? 2 : logits->units; }

/* log softmax of one member into log_p (classes). */
static void log_softmax(const float *logit, size_t units, double temperature, double *log_p)
{
    const size_t classes = units == 1 ? 2 : units;
    double largest = -INFINITY, sum = 0;
    for (size_t c = 0; c < classes; c++) {
        log_p[c] = (units == 1 ? (c ? (double)logit[0] : 0.0) : (double)logit[c]) / temperature;
        largest = fmax(largest, log_p[c]);
    }
    for (size_t c = 0; c < classes; c++) sum += exp(log_p[c] - largest);
    for (size_t c = 0; c < classes; c++) log_p[c] -= largest + log(sum);
}

bool oa_logits_row(const oa_logits *logits, size_t row, int64_t member, double temperature, double *log_p)
{
    const size_t classes = oa_logits_classes(logits), first = member < 0 ? 0 : (size_t)member;
    const size_t end = member < 0 ? logits->members : first + 1;
    const float *values = logits->values + row * logits->members * logits->units;
    double largest[CLASSES_MAX], sum[CLASSES_MAX], one[CLASSES_MAX];
    for (size_t c = 0; c < classes; c++) log_p[c] = NAN, largest[c] = -INFINITY, sum[c] = 0;
    for (size_t i = first * logits->units; i < end * logits->units; i++)
        if (!isfinite(values[i])) return false;
    for (size_t m = first; m < end; m++) { /* a running log of a sum: the largest so far, and the sum relative to it */
        log_softmax(values + m * logits->units, logits->units, temperature, one);
        for (size_t c = 0; c < classes; c++) {
            if (one[c] > largest[c]) sum[c] = sum[c] * exp(largest[c] - one[c]) + 1, largest[c] = one[c];
            else sum[c] += exp(one[c] - largest[c]);
        }
    }
    for (size_t c = 0; c < classes; c++) log_p[c] = largest[c] + log(sum[c] / (double)(end - first));
    return true;
}

double oa_log_loss(const oa_logits *logits, const float *target, double temperature)
{
    const size_t classes = oa_logits_classes(logits);
    double log_p[CLASSES_MAX], sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < logits->n; i++) {
        if (!oa_logits_row(logits, i, -1, temperature, log_p)) continue;
        n++;
        for (size_t c = 0; c < classes; c++)
            if (target[i * classes + c] > 0) sum -= (double)target[i * classes + c] * log_p[c];
    }
    return n ? sum / (double)n : NAN;
}

/* The loss of an ensemble may have more than one minimum over the temperature: the best of a coarse grid in log T is
 * bracketed by its neighbours, and refined between them. */
oa_temperature oa_calibration_temperature(const oa_logits *logits, const float *target)
{
    enum { GRID = 25 };
    const double low = log(OA_TEMPERATURE_MIN), step = (log(OA_TEMPERATURE_MAX) - low) / (GRID - 1), golden = (sqrt(5) - 1) / 2;
    oa_temperature out = { .temperature = 1, .loss_before = oa_log_loss(logits, target, 1) };
    out.loss = out.loss_before;
    if (!isfinite(out.loss)) return out;
    int best = 0;
    double least = INFINITY;
    for (int k = 0; k < GRID; k++) {
        const double loss = oa_log_loss(logits, target, exp(low + k * step));
        if (loss < least) least = loss, best = k;
    }
    out.is_at_limit = best == 0 || best == GRID - 1;
    double a = low + (best ? best - 1 : 0) * step, b = low + (best < GRID - 1 ? best + 1 : best) * step;
    double x = b - golden * (b - a), y = a + golden * (b - a);
    double at_x = oa_log_loss(logits, target, exp(x)), at_y = oa_log_loss(logits, target, exp(y));
    while (b - a > 1e-6) {
        if (at_x <= at_y) {
            b = y, y = x, at_y = at_x;
            x = b - golden * (b - a);
            at_x = oa_log_loss(logits, target, exp(x));
        } else {
            a = x, x = y, at_x = at_y;
            y = a + golden * (b - a);
            at_y = oa_log_loss(logits, target, exp(y));
        }
    }
    out.temperature = exp((a + b) / 2);
    out.is_at_limit = out.is_at_limit && (out.temperature < OA_TEMPERATURE_MIN * 1.001 || out.temperature > OA_TEMPERATURE_MAX / 1.001);
    out.loss = oa_log_loss(logits, target, out.temperature);
    return out;
}

size_t oa_largest(const double *values, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (values[i] > values[best]) best = i;
    return best;
}

void oa_reliability_add(oa_reliability_bin *bins, size_t n_bins, const double *probability, size_t classes, size_t label)
{
    const size_t chosen = oa_largest(probability, classes);
    const double at = ceil(probability[chosen] * (double)n_bins) - 1;
    oa_reliability_bin *bin = &bins[at > 0 ? (at < (double)n_bins ? (size_t)at : n_bins - 1) : 0];
    bin->count++;
    bin->correct += chosen == label;
    bin->confidence += probability[chosen];
}

double oa_reliability_error(const oa_reliability_bin *bins, size_t n_bins)
{
    double sum = 0;
    uint64_t n = 0;
    for (size_t b = 0; b < n_bins; b++) {
        n += bins[b].count;
        sum += fabs((double)bins[b].correct - bins[b].confidence);
    }
    return n ? sum / (double)n : NAN;
}

/* Mann and Whitney: U / (positives * negatives), from the ranks; ties have the mean of theirs. */
oa_status oa_auc(oa_context *context, const float *score, const uint8_t *is_class, size_t n, double *out)
{
    uint64_t *items;
    double positives = 0, rank_sum = 0;
    *out = NAN;
    OA_TRY(oa_new(context, &items, n, sizeof *items));
    for (size_t i = 0; i < n; i++) items[i] = (uint64_t)oa_order__of_float(score[i] + 0.0f) << 32 | i; /* -0 becomes 0 */
    const oa_status status = oa_order__sort(context, items, n);
    for (size_t i = 0, end; status == OA_OK && i < n; i = end) {
        double here = 0;
        for (end = i; end < n && items[end] >> 32 == items[i] >> 32; end++) here += is_class[(uint32_t)items[end]] != 0;
        positives += here;
        rank_sum += here * ((double)(i + end + 1) / 2); /* ranks from 1 */
    }
    oa_free(context, items);
    OA_TRY(status);
    const double negatives = (double)n - positives;
    if (positives > 0 && negatives > 0) *out = (rank_sum - positives * (positives + 1) / 2) / (positives * negatives);
    return OA_OK;
}
