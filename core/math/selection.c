/* selection.c - sorting by counting. */
#include "math/selection.h"

enum { BINS = 1 << 20 };

static size_t bin_of(float p)
{
    const double at = ((double)p > 0 ? (double)p : 0) * BINS;
    return at < BINS ? (size_t)at : BINS - 1;
}

typedef struct bins {
    uint64_t *count;
    double *wrong;
} bins;

/* Those of p in bins from `first` to `end`. */
static void fill(const bins *b, const float *p, size_t n, size_t first, size_t end)
{
    for (size_t i = 0; i < n; i++) {
        const size_t bin = bin_of(p[i]);
        if (bin < first || bin >= end) continue;
        b->count[bin]++;
        b->wrong[bin] += 1 - (double)p[i];
    }
}

oa_status oa_select_at_rate(oa_context *context, const float *p, size_t n, double rate, oa_selection *out)
{
    enum { FEW = BINS / 64 }; /* most ions are in the bins below, which are seldom asked for */
    bins b;
    double sum = 0;
    size_t all = 0;
    *out = (oa_selection){ .threshold = 1 };
    OA_TRY(oa_new(context, &b.count, BINS, sizeof *b.count + sizeof *b.wrong));
    b.wrong = (double *)(b.count + BINS);
    fill(&b, p, n, FEW, BINS);
    for (size_t bin = BINS; bin-- > 0;) {
        if (bin + 1 == FEW) fill(&b, p, n, 0, FEW);
        all += b.count[bin];
        sum += b.wrong[bin];
        if (!b.count[bin]) continue;
        if (sum > rate * (double)all) break; /* 1 - p grows from here on, so the mean does too */
        *out = (oa_selection){ .threshold = (double)bin / BINS, .n = all, .false_share = sum / (double)all };
    }
    oa_free(context, b.count);
    return OA_OK;
}
