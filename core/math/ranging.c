/* ranging.c - ion types from mass-to-charge. */
#include "math/ranging.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    CELLS = 32768, /* 64 KiB: stays in the second-level cache beside the ions that stream by */
    TOP = CELLS + 2, /* cell of what lies above all ranges; 0 is that of what lies below, and of NaN */
    BORDER = 65535, /* a cell with a border inside */
    PER_CHUNK = 262144,
    BLOCK = 256 /* ions labelled together */
};

/* Consecutive floats of one type, both ends included. */
typedef struct run {
    float lower, upper;
    uint16_t type;
} run;

struct oa_ranging {
    oa_context *context;
    size_t n;
    run *runs; /* (n) rising, disjoint */
    float per_dalton, offset; /* cell = m * per_dalton - offset, cut off at 0 and TOP */
    uint16_t cell[TOP + 1];
};

/* ---- the runs ---- */

/* Smallest float >= value, largest float <= value. */
static float float_above(double value)
{
    const float f = (float)value;
    return (double)f < value ? nextafterf(f, INFINITY) : f;
}

static float float_below(double value)
{
    const float f = (float)value;
    return (double)f > value ? nextafterf(f, -INFINITY) : f;
}

/* true where a wins over b; both are rows of the sorted ranges, so the lower address begins lower. */
static bool wins(const oa_range *a, const oa_range *b, oa_overlap overlap)
{
    if (overlap == OA_OVERLAP_LAST) return a > b;
    if (overlap == OA_OVERLAP_NARROW && a->upper - a->lower != b->upper - b->lower)
        return a->upper - a->lower < b->upper - b->lower;
    return a < b;
}

static oa_status check_overlaps(oa_context *context, const oa_ranges *r)
{
    size_t reach = 0; /* the range so far that ends highest */
    for (size_t i = 1; i < r->n; i++) {
        const oa_range *a = &r->ranges[reach], *b = &r->ranges[i];
        if (b->lower < a->upper && a->type != b->type)
            return oa_fail(context, "E_RANGE_OVERLAP",
                           "the range %.4f to %.4f Da of %s and the range %.4f to %.4f Da of %s share %.4f to %.4f Da; correct "
                           "the range file or say who wins with --overlap",
                           a->lower, a->upper, r->types[a->type - 1].name, b->lower, b->upper, r->types[b->type - 1].name,
                           b->lower, a->upper < b->upper ? a->upper : b->upper);
        if (b->upper > a->upper) reach = i;
    }
    return OA_OK;
}

static int by_value(const void *a, const void *b)
{
    const float p = *(const float *)a, q = *(const float *)b;
    return (p > q) - (p < q);
}

/* Between two neighbouring cuts (where some range begins, or has just ended) the winner is the same throughout.
 * *first skips the ranges that have ended for good. */
static const oa_range *winner_of(const oa_ranges *r, float from, oa_overlap overlap, size_t *first)
{
    const oa_range *best = NULL;
    while (*first < r->n && r->ranges[*first].upper < (double)from) ++*first;
    for (size_t i = *first; i < r->n && r->ranges[i].lower <= (double)from; i++) {
        const oa_range *range = &r->ranges[i];
        if ((double)from <= range->upper && (!best || wins(range, best, overlap))) best = range;
    }
    return best;
}

static void add_run(oa_ranging *ranging, float lower, float upper, unsigned type)
{
    run *last = ranging->n ? &ranging->runs[ranging->n - 1] : NULL;
    if (last && last->type == type && nextafterf(last->upper, INFINITY) == lower) last->upper = upper;
    else ranging->runs[ranging->n++] = (run){ lower, upper, (uint16_t)type };
}

static oa_status cut_runs(oa_ranging *ranging, const oa_ranges *r, oa_overlap overlap)
{
    float *cuts;
    OA_TRY(oa_new(ranging->context, &cuts, 2 * r->n, sizeof *cuts));
    size_t n = 0, first = 0;
    for (size_t i = 0; i < r->n; i++) {
        const float lower = float_above(r->ranges[i].lower), upper = float_below(r->ranges[i].upper);
        if (!(lower <= upper)) continue; /* no float lies inside */
        cuts[n++] = lower;
        cuts[n++] = nextafterf(upper, INFINITY);
    }
    if (n) qsort(cuts, n, sizeof *cuts, by_value);
    for (size_t i = 0; i + 1 < n; i++) {
        if (cuts[i] == cuts[i + 1]) continue;
        const oa_range *winner = winner_of(r, cuts[i], overlap, &first);
        if (winner) add_run(ranging, cuts[i], nextafterf(cuts[i + 1], -INFINITY), winner->type);
    }
    oa_free(ranging->context, cuts);
    return OA_OK;
}

/* ---- the table ---- */

/* Rises with m, as multiplication, subtraction, cutting off and truncation each do: all values between two values of one
 * cell are in that cell. */
static inline uint32_t cell_of(const oa_ranging *ranging, float m)
{
    float c = m * ranging->per_dalton - ranging->offset;
    c = c > 0 ? c : 0;
    c = c < (float)TOP ? c : (float)TOP;
    return (uint32_t)(int32_t)c;
}

/* The runs fill the cells 1 to TOP - 1, but for rounding, which can only make more values be searched for. */
static void fill_table(oa_ranging *ranging)
{
    const double lowest = ranging->n ? ranging->runs[0].lower : 0, highest = ranging->n ? ranging->runs[ranging->n - 1].upper : 0;
    const double width = highest - lowest;
    ranging->per_dalton = width > 1e-30 ? (float)(CELLS / width) : 0; /* the offset then stays below 2^40 */
    ranging->offset = (float)lowest * ranging->per_dalton - 1;
    for (size_t i = 0; i < ranging->n; i++) {
        const uint32_t first = cell_of(ranging, ranging->runs[i].lower), last = cell_of(ranging, ranging->runs[i].upper);
        for (uint32_t c = first + 1; c < last; c++) ranging->cell[c] = ranging->runs[i].type;
        ranging->cell[first] = ranging->cell[last] = BORDER;
    }
}

/* Binary search for the last run that begins at or below m. */
static unsigned search(const oa_ranging *ranging, float m)
{
    size_t low = 0, high = ranging->n;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ranging->runs[middle].lower <= m) low = middle + 1;
        else high = middle;
    }
    return low && m <= ranging->runs[low - 1].upper ? ranging->runs[low - 1].type : 0;
}

oa_status oa_ranging__build(oa_context *context, const oa_ranges *ranges, oa_overlap overlap, oa_ranging **out)
{
    oa_ranging *ranging;
    *out = NULL;
    if (ranges->n_types >= BORDER)
        return oa_fail(context, "E_TOO_MANY_TYPES", "%zu ion types; at most %d can be told apart", ranges->n_types, BORDER - 1);
    if (overlap == OA_OVERLAP_REJECT) OA_TRY(check_overlaps(context, ranges));
    OA_TRY(oa_new(context, &ranging, 1, sizeof *ranging));
    ranging->context = context;
    oa_status status = oa_new(context, &ranging->runs, 2 * ranges->n, sizeof *ranging->runs);
    if (status == OA_OK) status = cut_runs(ranging, ranges, overlap);
    if (status != OA_OK) {
        oa_ranging__free(ranging);
        return status;
    }
    fill_table(ranging);
    *out = ranging;
    return OA_OK;
}

void oa_ranging__free(oa_ranging *ranging)
{
    if (!ranging) return;
    oa_free(ranging->context, ranging->runs);
    oa_free(ranging->context, ranging);
}

/* ---- the labels ---- */

unsigned oa_ranging__type(const oa_ranging *ranging, float mass_to_charge)
{
    const unsigned type = ranging->cell[cell_of(ranging, mass_to_charge)];
    return type == BORDER ? search(ranging, mass_to_charge) : type;
}

/* The same for up to BLOCK ions in three passes without a branch that data decide: ions come in no order, and a branch
 * guessed wrong costs more than all the rest. */
static void label_block(const oa_ranging *ranging, const float *mass, size_t n, uint16_t *types)
{
    uint16_t cells[BLOCK], borders[BLOCK];
    size_t n_borders = 0;
    for (size_t i = 0; i < n; i++) cells[i] = (uint16_t)cell_of(ranging, mass[i]);
    for (size_t i = 0; i < n; i++) {
        types[i] = ranging->cell[cells[i]];
        borders[n_borders] = (uint16_t)i;
        n_borders += types[i] == BORDER;
    }
    for (size_t k = 0; k < n_borders; k++) types[borders[k]] = (uint16_t)search(ranging, mass[borders[k]]);
}

void oa_ranging__label_u8(const oa_ranging *ranging, const float *mass_to_charge, size_t n, uint8_t *out)
{
    uint16_t types[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t m = n - at < BLOCK ? n - at : BLOCK;
        label_block(ranging, mass_to_charge + at, m, types);
        for (size_t i = 0; i < m; i++) out[at + i] = (uint8_t)types[i];
    }
}

void oa_ranging__label_u16(const oa_ranging *ranging, const float *mass_to_charge, size_t n, uint16_t *out)
{
    for (size_t at = 0; at < n; at += BLOCK)
        label_block(ranging, mass_to_charge + at, n - at < BLOCK ? n - at : BLOCK, out + at);
}

typedef struct label_job {
    const oa_ranging *ranging;
    const float *mass;
    uint8_t *u8; /* one of the two */
    uint16_t *u16;
} label_job;

static oa_status label_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const label_job *job = arg;
    const size_t n = span.end - span.begin;
    (void)worker;
    if (job->u8) oa_ranging__label_u8(job->ranging, job->mass + span.begin, n, job->u8 + span.begin);
    else oa_ranging__label_u16(job->ranging, job->mass + span.begin, n, job->u16 + span.begin);
    return OA_OK;
}

oa_status oa_ranging__assign(oa_ions *ions, oa_ranges *ranges, oa_overlap overlap)
{
    oa_ranging *ranging;
    OA_TRY(oa_ranging__build(ions->context, ranges, overlap, &ranging));
    const bool is_wide = ranges->n_types > 255;
    oa_status status = oa_ions__add_column(ions, OA_TYPE, is_wide ? OA_U16 : OA_U8);
    if (status == OA_OK) {
        void *types = oa_ions__data(ions, OA_TYPE);
        label_job job = { .ranging = ranging, .mass = oa_ions__f32(ions, OA_MASS), .u8 = is_wide ? NULL : types,
                          .u16 = is_wide ? types : NULL };
        status = oa_parallel(ions->context, ions->n, PER_CHUNK, label_chunk, &job);
    }
    if (status == OA_OK) oa_ions__set_ranges(ions, oa_ranges__share(ranges));
    oa_ranging__free(ranging);
    return status;
}

/* ---- the counts ---- */

typedef struct count_job {
    const oa_ions *ions;
    const uint64_t *index;
    size_t n_types;
    uint64_t *sums; /* (threads, n_types + 1) */
} count_job;

static oa_status count_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const count_job *job = arg;
    uint64_t *sum = job->sums + (size_t)oa_worker_number(worker) * (job->n_types + 1);
    for (size_t i = span.begin; i < span.end; i++) {
        const unsigned type = oa_ions__type(job->ions, job->index ? job->index[i] : i);
        sum[type <= job->n_types ? type : 0]++;
    }
    return OA_OK;
}

oa_status oa_ranging__count(const oa_ions *ions, const uint64_t *index, size_t n_index, size_t n_types, uint64_t *counts)
{
    oa_context *context = ions->context;
    const size_t threads = (size_t)oa_threads(context), width = n_types + 1;
    count_job job = { .ions = ions, .index = index, .n_types = n_types };
    OA_TRY(oa_new(context, &job.sums, threads * width, sizeof *job.sums));
    const oa_status status = oa_parallel(context, index ? n_index : ions->n, PER_CHUNK, count_chunk, &job);
    for (size_t t = 0; t < width; t++) {
        counts[t] = 0;
        for (size_t k = 0; k < threads; k++) counts[t] += job.sums[k * width + t];
    }
    oa_free(context, job.sums);
    return status;
}
