/* selection.c - sorting by counting. */
#include "math/selection.h"

enum { BINS = 1 << 20 };

static size_t bin_of(float p)
{
    const double at = ((double)p > 0 ? (double)p : 0) * BINS;
    return at < BINS ? (size_t)at : BINS - 1;
}

oa_status oa_select_at_rate(oa_context *context, const float *p, size_t n, double rate, oa_selection *out)
{
    uint64_t *count;
    double *wrong, sum = 0;
    size_t all = 0;
    *out = (oa_selection){ .threshold = 1 };
    OA_TRY(oa_new(context, &count, BINS, sizeof *count + sizeof *wrong));
    wrong = (double *)(count + BINS);
    for (size_t i = 0; i < n; i++) {
        count[bin_of(p[i])]++;
        wrong[bin_of(p[i])] += 1 - (double)p[i];
    }
    for (size_t b = BINS; b-- > 0;) {
        all += count[b];
        sum += wrong[b];
        if (!count[b]) continue;
        if (sum > rate * (double)all) break; /* 1 - p grows from here on, so the mean does too */
        *out = (oa_selection){ .threshold = (double)b / BINS, .n = all, .false_share = sum / (double)all };
    }
    oa_free(context, count);
    return OA_OK;
}
