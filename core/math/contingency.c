/* contingency.c - see contingency.h. */
#include "math/contingency.h"

#include <math.h>
#include <string.h>

#include "math/statistics.h"

/* ---------------------------------------------------------------------------------------------- classes */

/* Classes of at least `enough` blocks each; no more than fit where that is the 64th part of all or more. */
static void pool(const uint64_t *of, size_t largest, double enough, oa_margin *m)
{
    size_t top = largest;
    double in_class = 0, tail = (double)of[largest];
    while (tail < enough && top > 0) tail += (double)of[--top];
    m->n = 0;
    m->lowest[0] = 0;
    for (size_t k = 0; k < top; k++) {
        in_class += (double)of[k];
        if (in_class < enough) continue;
        m->lowest[++m->n] = (uint32_t)k + 1;
        in_class = 0;
    }
    m->n++; /* what is left below the tail belongs to it */
}

static double fewest(const uint64_t *of, size_t largest, const oa_margin *m)
{
    double least = INFINITY;
    for (size_t c = 0; c < m->n; c++) {
        double in_class = 0;
        for (size_t k = m->lowest[c]; k <= largest && (c + 1 == m->n || k < m->lowest[c + 1]); k++) in_class += (double)of[k];
        least = fmin(least, in_class);
    }
    return least;
}

static double total(const uint64_t *of, size_t largest)
{
    double sum = 0;
    for (size_t k = 0; k <= largest; k++) sum += (double)of[k];
    return sum;
}

void oa_margins_pool(const uint64_t *a, const uint64_t *b, size_t largest, double least, oa_margin *rows, oa_margin *columns)
{
    const double blocks = total(a, largest);
    double enough[2] = { fmax(least, blocks / OA_MARGIN_CLASSES), fmax(least, blocks / OA_MARGIN_CLASSES) };
    for (;;) {
        pool(a, largest, enough[0], rows);
        pool(b, largest, enough[1], columns);
        const double row = fewest(a, largest, rows), column = fewest(b, largest, columns);
        if (rows->n < 2 || columns->n < 2 || row * column >= least * blocks) return;
        if (rows->n > columns->n || (rows->n == columns->n && row <= column)) enough[0] = row + 1;
        if (rows->n < columns->n || (rows->n == columns->n && column <= row)) enough[1] = column + 1;
    }
}

void oa_margin_classes(const oa_margin *margin, size_t largest, uint8_t *of)
{
    for (size_t k = 0, c = 0; k <= largest; k++) {
        while (c + 1 < margin->n && k >= margin->lowest[c + 1]) c++;
        of[k] = (uint8_t)c;
    }
}

/* ---------------------------------------------------------------------------------------------- the table */

void oa_contingency_count(const uint32_t *a, const uint32_t *b, size_t blocks, const uint8_t *row_of, const uint8_t *column_of, size_t rows, size_t columns, uint32_t *table)
{
    memset(table, 0, rows * columns * sizeof *table);
    for (size_t i = 0; i < blocks; i++) table[row_of[a[i]] * columns + column_of[b[i]]]++;
}

oa_contingency_test oa_contingency_compare(const uint32_t *table, size_t rows, size_t columns, double *expected, double *residual)
{
    double row[OA_MARGIN_CLASSES] = { 0 }, column[OA_MARGIN_CLASSES] = { 0 }, all = 0;
    oa_contingency_test t = { .degrees = (rows - 1) * (columns - 1), .chi2 = 0 };
    for (size_t i = 0; i < rows * columns; i++) {
        row[i / columns] += table[i];
        column[i % columns] += table[i];
        all += table[i];
    }
    for (size_t i = 0; i < rows * columns; i++) {
        const double r = row[i / columns], c = column[i % columns], mean = r * c / all, off = table[i] - mean, spread = mean * (1 - r / all) * (1 - c / all);
        if (mean > 0) t.chi2 += off * off / mean;
        if (expected) expected[i] = mean;
        if (residual) residual[i] = spread > 0 ? off / sqrt(spread) : 0;
    }
    if (!t.degrees) t.chi2 = NAN;
    t.p_value = oa_chi2_tail(t.chi2, t.degrees);
    t.mu = sqrt(t.chi2 / (all + t.chi2));
    return t;
}

double oa_correlation_u32(const uint32_t *a, const uint32_t *b, size_t n)
{
    double sum_a = 0, sum_b = 0, aa = 0, bb = 0, ab = 0, blocks = (double)n;
    for (size_t i = 0; i < n; i++) { /* whole numbers: nothing is rounded below 2^53 */
        sum_a += a[i];
        sum_b += b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        ab += (double)a[i] * b[i];
    }
    const double va = blocks * aa - sum_a * sum_a, vb = blocks * bb - sum_b * sum_b;
    return va > 0 && vb > 0 ? (blocks * ab - sum_a * sum_b) / sqrt(va * vb) : (double)NAN;
}
