/* outlier.c - features, their whitening, and the score. */
#include "nn/outlier.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/cholesky.h"
#include "math/statistics.h"

enum { LANES = 16 }; /* patterns side by side */
#define SHRINKAGE 1e-3

static size_t up(size_t n, size_t block) { return (n + block - 1) / block; }

static size_t count_features(oa_extent extent, size_t block)
{
    return up(extent.height, block) * up(extent.length, block) * extent.channels;
}

size_t oa_outlier_block(oa_extent extent, size_t *n)
{
    const size_t most = extent.height > extent.length ? extent.height : extent.length;
    size_t block = 1;
    while (count_features(extent, block) > OA_FEATURES_MAX && block < most) block++;
    *n = count_features(extent, block);
    return block;
}

bool oa_outlier_fits(const oa_outlier *outlier, oa_extent extent)
{
    return outlier->n > 0 && outlier->n <= OA_FEATURES_MAX && outlier->block > 0 && (size_t)outlier->n == count_features(extent, (size_t)outlier->block);
}

/* Mean of one block of one channel. */
static double block_mean(oa_extent e, const float *pattern, size_t row, size_t column, size_t channel, size_t block)
{
    const size_t rows = row + block < e.height ? row + block : e.height, columns = column + block < e.length ? column + block : e.length;
    double sum = 0;
    for (size_t i = row; i < rows; i++)
        for (size_t k = column; k < columns; k++) sum += pattern[(i * e.length + k) * e.channels + channel];
    return sum / (double)((rows - row) * (columns - column));
}

/* Feature f of the pattern to out[f * step]. */
static void features(oa_extent e, size_t block, const float *pattern, float *out, size_t step)
{
    for (size_t row = 0; row < e.height; row += block)
        for (size_t column = 0; column < e.length; column += block)
            for (size_t channel = 0; channel < e.channels; channel++, out += step)
                *out = block == 1 ? pattern[(row * e.length + column) * e.channels + channel] : (float)block_mean(e, pattern, row, column, channel, block);
}

/* ---------------------------------------------------------------------------------------------- the score */

/* Up to LANES patterns; the others of the lanes are zeros. */
static void score_lanes(const oa_outlier *o, oa_extent extent, const float *patterns, size_t lanes, float *out)
{
    const size_t n = (size_t)o->n, values = oa_extent_values(extent);
    float x[OA_FEATURES_MAX * LANES] = { 0 }, sum[LANES] = { 0 };
    for (size_t p = 0; p < lanes; p++) features(extent, (size_t)o->block, patterns + p * values, x + p, LANES);
    for (size_t f = 0; f < n; f++)
        for (size_t p = 0; p < LANES; p++) x[f * LANES + p] -= o->mean[f];
    for (size_t i = 0; i < n; i++) {
        float y[LANES] = { 0 };
        for (size_t f = 0; f <= i; f++) /* beyond are zeros */
            for (size_t p = 0; p < LANES; p++) y[p] += o->whiten[i * n + f] * x[f * LANES + p];
        for (size_t p = 0; p < LANES; p++) sum[p] += y[p] * y[p];
    }
    for (size_t p = 0; p < lanes; p++) out[p] = sum[p] / (float)n;
}

void oa_outlier_score(const oa_outlier *outlier, oa_extent extent, const float *patterns, size_t n, float *out)
{
    for (size_t at = 0; at < n; at += LANES)
        score_lanes(outlier, extent, patterns + at * oa_extent_values(extent), n - at < LANES ? n - at : LANES, out + at);
}

double oa_outlier_limit(float *scores, size_t n, double share)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(scores[i])) scores[kept++] = scores[i];
    if (!kept) return NAN;
    qsort(scores, kept, sizeof *scores, oa_ascending_f32);
    const double rank = ceil((1 - share) * (double)kept);
    return scores[rank >= 1 ? (rank <= (double)kept ? (size_t)rank - 1 : kept - 1) : 0];
}

/* ---------------------------------------------------------------------------------------------- the fit */

/* Features of the usable patterns, one after the other; returns how many. */
static size_t gather(oa_extent extent, size_t block, size_t n_features, const float *patterns, size_t n, float *out)
{
    const size_t values = oa_extent_values(extent);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        float *row = out + kept * n_features;
        bool is_void = false;
        features(extent, block, patterns + i * values, row, 1);
        for (size_t f = 0; f < n_features; f++) is_void |= isnan(row[f]) != 0;
        kept += !is_void;
    }
    return kept;
}

/* Lower triangle of the covariance, (n, n), about the mean. */
static void covariance(const float *rows, size_t m, size_t n, const double *mean, double *d, double *out)
{
    memset(out, 0, n * n * sizeof *out);
    for (size_t r = 0; r < m; r++) {
        for (size_t f = 0; f < n; f++) d[f] = rows[r * n + f] - mean[f];
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j <= i; j++) out[i * n + j] += d[i] * d[j];
    }
    for (size_t i = 0; i < n * n; i++) out[i] /= (double)m;
}

/* out (n, n) = L^-1, whose upper triangle is 0, column by column. */
static void invert(const double *l, size_t n, double *column, float *out)
{
    for (size_t c = 0; c < n; c++) {
        for (size_t i = c; i < n; i++) {
            double sum = i == c ? 1 : 0;
            for (size_t k = c; k < i; k++) sum -= l[i * n + k] * column[k];
            column[i] = sum / l[i * n + i];
            out[i * n + c] = (float)column[i];
        }
    }
}

/* work: (n, n) and 2 n doubles */
static oa_status whiten(oa_model *model, const float *rows, size_t m, double *work)
{
    const size_t n = (size_t)model->outlier.n;
    double *mean = work + n * n, *spare = mean + n, ridge = 0;
    memset(mean, 0, n * sizeof *mean);
    for (size_t r = 0; r < m; r++)
        for (size_t f = 0; f < n; f++) mean[f] += rows[r * n + f];
    for (size_t f = 0; f < n; f++) mean[f] /= (double)m;
    covariance(rows, m, n, mean, spare, work);
    for (size_t f = 0; f < n; f++) ridge += work[f * n + f] * SHRINKAGE / (double)n;
    for (size_t f = 0; f < n; f++) work[f * n + f] += ridge;
    if (!oa_cholesky(work, n))
        return oa_fail(model->context, "E_CLASS_MISSING", "all %zu patterns are the same; a score of how far others lie from them needs different ones", m);
    invert(work, n, spare, model->outlier.whiten);
    for (size_t f = 0; f < n; f++) model->outlier.mean[f] = (float)mean[f];
    return OA_OK;
}

oa_status oa_outlier_fit(oa_model *model, oa_extent extent, const float *patterns, size_t n)
{
    oa_context *context = model->context;
    size_t n_features;
    const size_t block = oa_outlier_block(extent, &n_features);
    float *rows;
    double *work = NULL;
    if (n_features > OA_FEATURES_MAX)
        return oa_fail(context, "E_ARCHITECTURE", "%zu channels are too many for a score of %d features", extent.channels, OA_FEATURES_MAX);
    OA_TRY(oa_model__new_outlier(model, (int64_t)n_features));
    model->outlier.block = (int64_t)block;
    OA_TRY(oa_new(context, &rows, n + 1, n_features * sizeof *rows));
    const size_t usable = gather(extent, block, n_features, patterns, n, rows);
    oa_status status = oa_new(context, &work, n_features * (n_features + 2), sizeof *work);
    if (status == OA_OK && usable < 2)
        status = oa_fail(context, "E_CLASS_MISSING", "%zu usable patterns of %zu; a score of how far others lie from them needs two at least", usable, n);
    if (status == OA_OK) status = whiten(model, rows, usable, work);
    oa_free(context, work);
    oa_free(context, rows);
    return status;
}
