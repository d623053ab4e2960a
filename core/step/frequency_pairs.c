/* frequency_pairs.c - do two species go to the same blocks? For every pair the correlation of their numbers and the table of blocks by both,
 * against the labels in random order.
 *
 * Independence is not what chance gives: in a block of fixed size, more of one species leaves fewer places for the other, and a fuller cube holds more
 * of both. The labels of all ions in random order, in the same blocks, hold that, and are what decides. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "math/contingency.h"
#include "math/statistics.h"
#include "step/frequency.h"

enum { SLOT_HITS, SLOT_POINTERS, SLOT_TABLE };

/* Two species: their classes, and what each draw gave. */
typedef struct pair {
    size_t a, b, rows, columns;
    oa_margin row, column;
    uint8_t *row_of, *column_of; /* (largest + 1) */
    uint32_t *table;             /* (rows, columns) */
    oa_contingency_test test;
    size_t cell;                 /* where its cells begin among those of all pairs */
} pair;

typedef struct pairs_job {
    const oa_species_blocks *blocks;
    size_t n, cells;             /* pairs; cells of all their tables */
    pair *pair;
    double *correlation, *chi2, *mu; /* (1 + draws, n) the first row is measured */
    uint64_t *sums, *squares;    /* (threads, cells) over the draws */
} pairs_job;

/* ---------------------------------------------------------------------------------------------- measured */

static oa_status count_hits(oa_run *run, const oa_species_blocks *blocks, size_t species, uint64_t **out)
{
    OA_TRY(oa_scratch(run, out, blocks->largest + 1, sizeof **out));
    for (size_t i = 0; i < blocks->n; i++) (*out)[blocks->hits[species][i]]++;
    return OA_OK;
}

static oa_status measure(oa_run *run, const oa_species_blocks *blocks, pair *p)
{
    uint64_t *a, *b;
    OA_TRY(count_hits(run, blocks, p->a, &a));
    OA_TRY(count_hits(run, blocks, p->b, &b));
    oa_margins_pool(a, b, blocks->largest, blocks->least, &p->row, &p->column);
    p->rows = p->row.n, p->columns = p->column.n;
    OA_TRY(oa_scratch(run, &p->row_of, blocks->largest + 1, 1));
    OA_TRY(oa_scratch(run, &p->column_of, blocks->largest + 1, 1));
    OA_TRY(oa_scratch(run, &p->table, p->rows * p->columns, sizeof *p->table));
    oa_margin_classes(&p->row, blocks->largest, p->row_of);
    oa_margin_classes(&p->column, blocks->largest, p->column_of);
    oa_contingency_count(blocks->hits[p->a], blocks->hits[p->b], blocks->n, p->row_of, p->column_of, p->rows, p->columns, p->table);
    p->test = oa_contingency_compare(p->table, p->rows, p->columns, NULL, NULL);
    return OA_OK;
}

static oa_status measure_all(oa_run *run, pairs_job *job)
{
    const size_t species = job->blocks->species;
    size_t k = 0;
    job->n = species * (species - 1) / 2;
    OA_TRY(oa_scratch(run, &job->pair, job->n, sizeof *job->pair));
    for (size_t a = 0; a < species; a++)
        for (size_t b = a + 1; b < species; b++, k++) {
            pair *p = &job->pair[k];
            *p = (pair){ .a = a, .b = b, .cell = job->cells };
            OA_TRY(measure(run, job->blocks, p));
            job->cells += p->rows * p->columns;
        }
    OA_TRY(oa_scratch(run, &job->correlation, (1 + job->blocks->draws) * job->n, sizeof *job->correlation));
    OA_TRY(oa_scratch(run, &job->chi2, (1 + job->blocks->draws) * job->n, sizeof *job->chi2));
    OA_TRY(oa_scratch(run, &job->mu, (1 + job->blocks->draws) * job->n, sizeof *job->mu));
    for (k = 0; k < job->n; k++) {
        const pair *p = &job->pair[k];
        job->correlation[k] = oa_correlation_u32(job->blocks->hits[p->a], job->blocks->hits[p->b], job->blocks->n);
        job->chi2[k] = p->test.chi2;
        job->mu[k] = p->test.mu;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- in random order */

/* Ions of each species in each block, hits (species) (n): the labels of all ions in blocks, one after the other in random order. */
static void draw_hits(const oa_species_blocks *blocks, size_t number, uint32_t *const *hits)
{
    oa_label_draw draw = oa_label_draw_start(blocks->count, (int)blocks->species + 1, blocks->seed, number);
    for (size_t s = 0; s < blocks->species; s++) memset(hits[s], 0, blocks->n * sizeof **hits);
    for (size_t i = 0; i < blocks->n; i++)
        for (uint32_t k = 0; k < blocks->sizes[i]; k++) {
            const int label = oa_label_draw_next(&draw);
            if (label) hits[label - 1][i]++;
        }
}

static void compare_drawn(const pairs_job *job, size_t row, size_t thread, uint32_t *const *hits, uint32_t *table)
{
    for (size_t k = 0; k < job->n; k++) {
        const pair *p = &job->pair[k];
        uint64_t *sums = job->sums + thread * job->cells + p->cell, *squares = job->squares + thread * job->cells + p->cell;
        oa_contingency_count(hits[p->a], hits[p->b], job->blocks->n, p->row_of, p->column_of, p->rows, p->columns, table);
        const oa_contingency_test test = oa_contingency_compare(table, p->rows, p->columns, NULL, NULL);
        job->correlation[row * job->n + k] = oa_correlation_u32(hits[p->a], hits[p->b], job->blocks->n);
        job->chi2[row * job->n + k] = test.chi2;
        job->mu[row * job->n + k] = test.mu;
        for (size_t c = 0; c < p->rows * p->columns; c++) {
            sums[c] += table[c];
            squares[c] += (uint64_t)table[c] * table[c];
        }
    }
}

static oa_status draw_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const pairs_job *job = arg;
    const oa_species_blocks *blocks = job->blocks;
    uint32_t *room, **hits, *table;
    OA_TRY(oa_worker_scratch(worker, SLOT_HITS, &room, blocks->species * blocks->n, sizeof *room));
    OA_TRY(oa_worker_scratch(worker, SLOT_POINTERS, &hits, blocks->species, sizeof *hits));
    OA_TRY(oa_worker_scratch(worker, SLOT_TABLE, &table, OA_MARGIN_CLASSES * OA_MARGIN_CLASSES, sizeof *table));
    for (size_t s = 0; s < blocks->species; s++) hits[s] = room + s * blocks->n;
    for (size_t draw = span.begin; draw < span.end; draw++) {
        draw_hits(blocks, draw, hits);
        compare_drawn(job, draw + 1, (size_t)oa_worker_number(worker), hits, table);
    }
    return OA_OK;
}

/* Counts are whole numbers: their sums do not depend on which thread had which draw. */
static oa_status draw_all(oa_run *run, pairs_job *job)
{
    const size_t threads = (size_t)run->context->threads;
    OA_TRY(oa_scratch(run, &job->sums, threads * job->cells, sizeof *job->sums));
    OA_TRY(oa_scratch(run, &job->squares, threads * job->cells, sizeof *job->squares));
    oa_phase(run->context, "pairs");
    OA_TRY(oa_parallel(run->context, job->blocks->draws, 1, draw_chunk, job));
    for (size_t t = 1; t < threads; t++)
        for (size_t c = 0; c < job->cells; c++) {
            job->sums[c] += job->sums[t * job->cells + c];
            job->squares[c] += job->squares[t * job->cells + c];
        }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- results */

static oa_status pair_names(oa_run *run, const pairs_job *job, bool is_axis, char **out)
{
    oa_string text = { .context = run->context };
    for (size_t k = 0; k < job->n; k++) {
        oa_string_add(&text, "%s", k ? ", " : is_axis ? "pair: " : "");
        if (is_axis) oa_string_add(&text, "%zu ", k);
        oa_string_add(&text, "%s-%s", job->blocks->words[job->pair[k].a], job->blocks->words[job->pair[k].b]);
    }
    return oa_string_take(&text, out);
}

static oa_status put_axis(oa_run *run, const pairs_job *job, const char *name)
{
    uint32_t *axis;
    char *words;
    OA_TRY(oa_put_array(run, name, 1, &job->n, &axis));
    for (size_t k = 0; k < job->n; k++) axis[k] = (uint32_t)k;
    OA_TRY(pair_names(run, job, true, &words));
    const oa_status status = oa_put_long_name(run, name, words);
    oa_free(run->context, words);
    return status;
}

static oa_status put_measured(oa_run *run, const pairs_job *job)
{
    double *correlation, *chi2, *p_value, *mu;
    uint64_t *degrees;
    OA_TRY(oa_put_array(run, "pairs/correlation", 1, &job->n, &correlation));
    OA_TRY(oa_put_array(run, "pairs/chi2", 1, &job->n, &chi2));
    OA_TRY(oa_put_array(run, "pairs/degrees_of_freedom", 1, &job->n, &degrees));
    OA_TRY(oa_put_array(run, "pairs/p_value", 1, &job->n, &p_value));
    OA_TRY(oa_put_array(run, "pairs/mu", 1, &job->n, &mu));
    for (size_t k = 0; k < job->n; k++) {
        correlation[k] = job->correlation[k];
        chi2[k] = job->chi2[k];
        degrees[k] = job->pair[k].test.degrees;
        p_value[k] = job->pair[k].test.p_value;
        mu[k] = job->mu[k];
    }
    return put_axis(run, job, "pairs/pair");
}

/* Correlations that differ by rounding alone do not differ: two species that fill their blocks together have -1 in every order. */
static void compare_correlations(const pairs_job *job, double *control, double *errors, double *z, double *p)
{
    oa_chance_compare_all(job->correlation, job->n, job->blocks->draws, control, errors, z, p);
    for (size_t k = 0; k < job->n; k++)
        if (!(errors[k] > 1e-12)) z[k] = (double)NAN;
}

/* Mean of the draws, what 95 % of them have at most, and the share of all that have as much as is measured; of one pair. */
static void compare_tables(const pairs_job *job, size_t k, double *column, double *mean, double *high, double *p_permuted)
{
    const size_t draws = job->blocks->draws;
    *mean = *high = *p_permuted = (double)NAN;
    if (!job->pair[k].test.degrees) return;
    for (size_t d = 0; d <= draws; d++) column[d] = job->chi2[d * job->n + k];
    *p_permuted = oa_chance_above(column, draws);
    *mean = 0;
    for (size_t d = 0; d < draws; d++) *mean += column[d] = job->mu[(d + 1) * job->n + k];
    *mean /= (double)draws;
    qsort(column, draws, sizeof *column, oa_ascending_f64);
    *high = column[(size_t)ceil(0.95 * (double)draws) - 1];
}

static oa_status put_strongest(oa_run *run, const pairs_job *job, const double *z)
{
    const size_t at = oa_chance_strongest(z, job->n);
    if (at == job->n) return OA_OK;
    oa_string text = { .context = run->context };
    char *words;
    oa_string_add(&text, "%s-%s", job->blocks->words[job->pair[at].a], job->blocks->words[job->pair[at].b]);
    OA_TRY(oa_string_take(&text, &words));
    const oa_status status = oa_put_text(run, "summary/strongest_pair", words);
    oa_free(run->context, words);
    OA_TRY(status);
    OA_TRY(oa_put_real(run, "summary/strongest_correlation", job->correlation[at]));
    return oa_put_real(run, "summary/strongest_z", z[at]);
}

static oa_status put_tests(oa_run *run, const pairs_job *job)
{
    double *control, *errors, *z, *p, *mu, *high, *permuted, *scratch;
    OA_TRY(oa_put_array(run, "pairs/control_correlation", 1, &job->n, &control));
    OA_TRY(oa_put_array(run, "pairs/control_correlation_errors", 1, &job->n, &errors));
    OA_TRY(oa_put_array(run, "pairs/z", 1, &job->n, &z));
    OA_TRY(oa_put_array(run, "pairs/p_correlation", 1, &job->n, &p));
    OA_TRY(oa_put_array(run, "pairs/control_mu", 1, &job->n, &mu));
    OA_TRY(oa_put_array(run, "pairs/control_mu_high", 1, &job->n, &high));
    OA_TRY(oa_put_array(run, "pairs/p_permuted", 1, &job->n, &permuted));
    OA_TRY(oa_scratch(run, &scratch, job->blocks->draws + 1, sizeof *scratch));
    compare_correlations(job, control, errors, z, p);
    for (size_t k = 0; k < job->n; k++) compare_tables(job, k, scratch, &mu[k], &high[k], &permuted[k]);
    OA_TRY(put_strongest(run, job, z));
    return oa_put_real(run, "summary/p_pairs", oa_chance_joint(job->correlation, job->n, job->blocks->draws, scratch));
}

/* ---------------------------------------------------------------------------------------------- tables */

/* Where no cell of the pair is, NaN stays. */
static oa_status put_blank(oa_run *run, const char *name, int rank, const size_t *dims, double **out)
{
    size_t n = 1;
    for (int i = 0; i < rank; i++) n *= dims[i];
    OA_TRY(oa_put_array(run, name, rank, dims, out));
    for (size_t i = 0; i < n; i++) (*out)[i] = (double)NAN;
    return OA_OK;
}

static oa_status put_classes(oa_run *run, const pairs_job *job, const char *name, const char *number, size_t length, bool is_row)
{
    double *lowest;
    uint32_t *axis;
    OA_TRY(put_blank(run, name, 2, (const size_t[]){ job->n, length }, &lowest));
    OA_TRY(oa_put_array(run, number, 1, &length, &axis));
    for (size_t i = 0; i < length; i++) axis[i] = (uint32_t)i;
    for (size_t k = 0; k < job->n; k++) {
        const oa_margin *m = is_row ? &job->pair[k].row : &job->pair[k].column;
        for (size_t i = 0; i < m->n; i++) lowest[k * length + i] = m->lowest[i];
    }
    return OA_OK;
}

typedef struct table_out {
    double *observed, *expected, *residual, *control, *errors; /* (pair, row, column); the last two NULL without draws */
} table_out;

static oa_status put_table(oa_run *run, const pairs_job *job, size_t k, const size_t *dims, const table_out *out)
{
    const pair *p = &job->pair[k];
    const double draws = (double)job->blocks->draws;
    double *expected, *residual;
    OA_TRY(oa_scratch(run, &expected, p->rows * p->columns, sizeof *expected));
    OA_TRY(oa_scratch(run, &residual, p->rows * p->columns, sizeof *residual));
    (void)oa_contingency_compare(p->table, p->rows, p->columns, expected, residual);
    for (size_t c = 0; c < p->rows * p->columns; c++) {
        const size_t at = (k * dims[1] + c / p->columns) * dims[2] + c % p->columns;
        out->observed[at] = p->table[c];
        out->expected[at] = expected[c];
        out->residual[at] = residual[c];
        if (!out->control) continue;
        const double sum = (double)job->sums[p->cell + c], square = (double)job->squares[p->cell + c];
        out->control[at] = sum / draws;
        out->errors[at] = draws > 1 ? sqrt(fmax(draws * square - sum * sum, 0) / (draws * (draws - 1))) : 0;
    }
    return OA_OK;
}

static oa_status put_tables(oa_run *run, const pairs_job *job)
{
    size_t dims[3] = { job->n, 0, 0 };
    table_out out = { .control = NULL };
    for (size_t k = 0; k < job->n; k++) {
        if (job->pair[k].rows > dims[1]) dims[1] = job->pair[k].rows;
        if (job->pair[k].columns > dims[2]) dims[2] = job->pair[k].columns;
    }
    OA_TRY(put_blank(run, "contingency/residual", 3, dims, &out.residual));
    OA_TRY(put_blank(run, "contingency/observed", 3, dims, &out.observed));
    OA_TRY(put_blank(run, "contingency/expected", 3, dims, &out.expected));
    if (job->blocks->draws) OA_TRY(put_blank(run, "contingency/control", 3, dims, &out.control));
    if (job->blocks->draws) OA_TRY(put_blank(run, "contingency/control_errors", 3, dims, &out.errors));
    OA_TRY(put_axis(run, job, "contingency/pair"));
    OA_TRY(put_classes(run, job, "contingency/row_lowest", "contingency/row", dims[1], true));
    OA_TRY(put_classes(run, job, "contingency/column_lowest", "contingency/column", dims[2], false));
    OA_TRY(oa_put_long_name(run, "contingency/row", "class of blocks by ions of the first species"));
    OA_TRY(oa_put_long_name(run, "contingency/column", "class of blocks by ions of the second species"));
    for (size_t k = 0; k < job->n; k++) OA_TRY(put_table(run, job, k, dims, &out));
    return OA_OK;
}

oa_status oa_frequency__put_pairs(oa_run *run, const oa_species_blocks *blocks)
{
    pairs_job job = { .blocks = blocks };
    char *words;
    OA_TRY(measure_all(run, &job));
    if (blocks->draws) OA_TRY(draw_all(run, &job));
    OA_TRY(put_measured(run, &job));
    OA_TRY(put_tables(run, &job));
    OA_TRY(pair_names(run, &job, false, &words));
    const oa_status status = oa_put_text(run, "summary/pairs", words);
    oa_free(run->context, words);
    OA_TRY(status);
    return blocks->draws ? put_tests(run, &job) : OA_OK;
}
