/* range_rules.c - from the ranges of a file to ion types and disjoint intervals. */
#include "io/range_rules.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/charge.h"
#include "data/elements.h"

#define WIDTH_MIN 0.0005 /* Da; narrower intervals are called empty, as other readers do */

void oa_tally_add(oa_tally *tally, const char *format, ...)
{
    enum { LISTED_MAX = 6 };
    const size_t used = strlen(tally->examples), room = sizeof tally->examples - used;
    char text[64], clean[64];
    va_list list;
    tally->count++;
    if (tally->listed > LISTED_MAX) return;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    oa_text_clean(clean, sizeof clean, text, strlen(text));
    if (strcmp(clean, tally->last) == 0) return; /* the same again says nothing */
    memcpy(tally->last, clean, sizeof clean);
    const bool fits = tally->listed < LISTED_MAX && strlen(clean) + 8 < room;
    tally->listed = fits ? tally->listed + 1 : LISTED_MAX + 1;
    snprintf(tally->examples + used, room, "%s%s", used ? ", " : "", fits ? clean : "...");
}

void oa_tally_tell(oa_context *context, const char *name, const char *code, const oa_tally *tally, const char *what)
{
    if (tally->count) oa_warn(context, code, "%s: %s: %zu (%s)", name, what, tally->count, tally->examples);
}

oa_status oa_draft_new(oa_draft_list *list, oa_draft **out)
{
    if (list->n == OA_DRAFTS_MAX)
        return oa_fail_at(list->context, OA_IN_FILE(list->name), "E_TOO_MANY_RANGES", "the file has more than %d ranges",
                          OA_DRAFTS_MAX);
    if (list->n == list->capacity) {
        const size_t capacity = list->capacity ? 2 * list->capacity : 64;
        OA_TRY(oa_resize(list->context, &list->drafts, capacity, sizeof *list->drafts));
        list->capacity = capacity;
    }
    *out = &list->drafts[list->n];
    **out = (oa_draft){ .order = list->n, .ion.color = OA_COLOR_DEFAULT };
    list->n++;
    return OA_OK;
}

void oa_draft_list_drop(oa_draft_list *list)
{
    oa_free(list->context, list->drafts);
    list->drafts = NULL;
    list->n = list->capacity = 0;
}

static oa_status refuse_bounds(const oa_draft_list *list, const oa_draft *d, const char *code, const char *what)
{
    char lower[32], upper[32];
    oa_text_of_real(lower, d->lower);
    oa_text_of_real(upper, d->upper);
    return oa_fail_at(list->context, OA_AT_LINE(list->name, d->line), code, "%s: %s to %s Da %s", d->key, lower, upper, what);
}

oa_status oa_draft_check(const oa_draft_list *list, const oa_draft *d)
{
    if (!isfinite(d->lower) || !isfinite(d->upper))
        return refuse_bounds(list, d, "E_RANGE_NONFINITE", "is no interval; both bounds must be finite");
    if (d->lower < 0 && !list->options->allow_negative)
        return refuse_bounds(list, d, "E_RANGE_NEGATIVE", "begins below 0; --allow-negative true accepts that");
    if (d->upper < d->lower) return refuse_bounds(list, d, "E_RANGE_REVERSED", "is reversed; the lower bound comes first");
    if (d->upper - d->lower < WIDTH_MIN)
        return refuse_bounds(list, d, "E_RANGE_EMPTY", "has no width; at least 0.0005 Da are needed");
    return OA_OK;
}

/* ------------------------------------------------------------------------------------------------ identities */

static int by_ion(const oa_draft *a, const oa_draft *b)
{
    const int nuclides = memcmp(a->ion.nuclides, b->ion.nuclides, sizeof a->ion.nuclides);
    if (nuclides) return nuclides;
    if (a->ion.charge != b->ion.charge) return a->ion.charge - b->ion.charge;
    return a->ion.n_atoms ? 0 : strcmp(a->ion.name, b->ion.name);
}

static int by_ion_and_bounds(const void *p, const void *q)
{
    const oa_draft *a = p, *b = q;
    const int ion = by_ion(a, b);
    if (ion) return ion;
    if (a->lower != b->lower) return a->lower < b->lower ? -1 : 1;
    if (a->upper != b->upper) return a->upper < b->upper ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Drops exact copies and joins overlapping ranges of one ion. A joined range keeps the key that came first. */
static void join_same_ions(oa_draft_list *list)
{
    oa_draft *d = list->drafts;
    size_t kept = 0;
    if (list->n) qsort(d, list->n, sizeof *d, by_ion_and_bounds);
    for (size_t i = 0; i < list->n; i++) {
        oa_draft *last = kept ? &d[kept - 1] : NULL;
        const bool same = last && by_ion(last, &d[i]) == 0;
        if (!same || d[i].lower >= last->upper) {
            const size_t identity = last ? last->identity + !same : 0;
            d[kept] = d[i];
            d[kept++].identity = identity;
            continue;
        }
        if (d[i].lower == last->lower && d[i].upper == last->upper) oa_tally_add(&list->copies, "%s", d[i].key);
        else oa_tally_add(&list->joined, "%s with %s", last->key, d[i].key);
        if (d[i].upper > last->upper) last->upper = d[i].upper;
        if (d[i].order < last->order) last->order = d[i].order, memcpy(last->key, d[i].key, sizeof last->key);
    }
    list->n = kept;
}

/* ------------------------------------------------------------------------------------------------ overlaps */

static int by_bounds(const void *p, const void *q)
{
    const oa_draft *a = p, *b = q;
    if (a->lower != b->lower) return a->lower < b->lower ? -1 : 1;
    if (a->upper != b->upper) return a->upper < b->upper ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static oa_status refuse_overlap(const oa_draft_list *list, const oa_draft *a, const oa_draft *b)
{
    char lower[32], upper[32];
    oa_text_of_real(lower, b->lower);
    oa_text_of_real(upper, a->upper < b->upper ? a->upper : b->upper);
    const oa_draft *first = a->order < b->order ? a : b, *second = first == a ? b : a;
    return oa_fail_at(
        list->context, OA_AT_LINE(list->name, second->line), "E_RANGE_OVERLAP",
        "%s and %s are different ions and share %s to %s Da; separate them, or --allow-overlap first gives it to %s",
        first->key, second->key, lower, upper, first->key);
}

/* A heap of drafts, the one that came first in the file on top. */
typedef struct heap {
    const oa_draft **at;
    size_t n;
} heap;

static void heap_push(heap *h, const oa_draft *d)
{
    size_t i = h->n++;
    for (; i > 0 && h->at[(i - 1) / 2]->order > d->order; i = (i - 1) / 2) h->at[i] = h->at[(i - 1) / 2];
    h->at[i] = d;
}

static void heap_pop(heap *h)
{
    const oa_draft *d = h->at[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && h->at[child + 1]->order < h->at[child]->order) child++;
        if (h->at[child]->order >= d->order) break;
        h->at[i] = h->at[child];
    }
    if (h->n) h->at[i] = d;
}

static int by_number(const void *a, const void *b)
{
    const double p = *(const double *)a, q = *(const double *)b;
    return (p > q) - (p < q);
}

/* Appends [from, to] of the winner; neighbours meet in one point, which belongs to the one that came first. */
static void add_interval(oa_draft *out, size_t *n, const oa_draft *winner, double from, double to)
{
    oa_draft *last = *n ? &out[*n - 1] : NULL;
    if (last && last->upper == from && last->order == winner->order) {
        last->upper = to;
        return;
    }
    out[*n] = *winner;
    out[*n].lower = from;
    out[*n].upper = to;
    if (last && last->upper == from && winner->order < last->order) last->upper = nextafter(from, -INFINITY);
    (*n)++;
}

/* Sweeps over the bounds; between two neighbouring bounds the earliest of the ranges that cover it wins. */
static oa_status cut_overlaps(oa_draft_list *list)
{
    const size_t n = list->n;
    double *bound = NULL;
    oa_draft *out = NULL;
    heap h = { 0 };
    oa_status status = oa_new(list->context, &bound, 2 * n, sizeof *bound);
    if (status == OA_OK) status = oa_new(list->context, &out, 2 * n, sizeof *out);
    if (status == OA_OK) status = oa_new(list->context, &h.at, n, sizeof *h.at);
    if (status == OA_OK) {
        for (size_t i = 0; i < n; i++) bound[2 * i] = list->drafts[i].lower, bound[2 * i + 1] = list->drafts[i].upper;
        qsort(bound, 2 * n, sizeof *bound, by_number);
        size_t kept = 0, next = 0;
        for (size_t k = 0; k + 1 < 2 * n; k++) {
            while (next < n && list->drafts[next].lower <= bound[k]) heap_push(&h, &list->drafts[next++]);
            while (h.n && h.at[0]->upper <= bound[k]) heap_pop(&h);
            if (h.n && bound[k] < bound[k + 1]) add_interval(out, &kept, h.at[0], bound[k], bound[k + 1]);
        }
        oa_free(list->context, list->drafts);
        list->drafts = out;
        list->n = kept;
        list->capacity = 2 * n;
        out = NULL;
    }
    oa_free(list->context, bound);
    oa_free(list->context, out);
    oa_free(list->context, h.at);
    return status;
}

static oa_status settle_overlaps(oa_draft_list *list)
{
    const oa_draft *reach = NULL; /* of those before, the one that reaches farthest */
    if (list->n) qsort(list->drafts, list->n, sizeof *list->drafts, by_bounds);
    for (size_t i = 0; i < list->n; i++) {
        const oa_draft *d = &list->drafts[i];
        if (reach && d->lower < reach->upper) {
            if (!list->options->allow_overlap) return refuse_overlap(list, reach, d);
            oa_tally_add(&list->overlaps, "%s with %s", reach->key, d->key);
        }
        if (!reach || d->upper > reach->upper) reach = d;
    }
    return list->overlaps.count ? cut_overlaps(list) : OA_OK;
}

/* ------------------------------------------------------------------------------------------------ types */

static int by_identity(const void *p, const void *q)
{
    const oa_draft *a = p, *b = q;
    if (a->identity != b->identity) return a->identity < b->identity ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

static int by_order(const void *p, const void *q)
{
    const oa_draft *a = p, *b = q;
    if (a->order != b->order) return a->order < b->order ? -1 : 1;
    return (a->lower > b->lower) - (a->lower < b->lower);
}

/* The isotopologues of an ion serve all its ranges. */
static void recover_charges(oa_draft_list *list)
{
    oa_isotopologues all;
    qsort(list->drafts, list->n, sizeof *list->drafts, by_identity);
    for (size_t i = 0; i < list->n; i++) {
        oa_draft *d = &list->drafts[i];
        if (d->ion.n_atoms == 0 || d->ion.charge) continue;
        if (i == 0 || d[-1].identity != d->identity) oa_isotopologues_make(&all, &d->ion);
        d->ion.charge = oa_isotopologues_charge(&all, d->lower, d->upper);
    }
}

static oa_status add_range(oa_draft_list *list, oa_draft *d, unsigned *known, oa_ranges *ranges)
{
    unsigned *type = &known[d->identity * (OA_CHARGE_MAX + 1) + (size_t)d->ion.charge];
    if (*type == 0) {
        if (ranges->n_types == OA_ION_TYPES_MAX)
            return oa_fail_at(list->context, OA_IN_FILE(list->name), "E_TOO_MANY_RANGES",
                              "the file has more than %d different ions", OA_ION_TYPES_MAX);
        if (d->ion.n_atoms) oa_ion_type__name(&d->ion);
        OA_TRY(oa_ranges__add_type(ranges, &d->ion, type));
    }
    return oa_ranges__add(ranges, d->lower, d->upper, *type);
}

/* Types are numbered as they first appear in the file. */
static oa_status add_ranges(oa_draft_list *list, oa_ranges *ranges)
{
    size_t identities = 0;
    unsigned *known; /* type of (identity, charge); 0: none yet */
    for (size_t i = 0; i < list->n; i++)
        if (list->drafts[i].identity >= identities) identities = list->drafts[i].identity + 1;
    OA_TRY(oa_new(list->context, &known, identities * (OA_CHARGE_MAX + 1), sizeof *known));
    qsort(list->drafts, list->n, sizeof *list->drafts, by_order);
    oa_status status = OA_OK;
    for (size_t i = 0; i < list->n && status == OA_OK; i++) status = add_range(list, &list->drafts[i], known, ranges);
    oa_free(list->context, known);
    if (status == OA_OK) oa_ranges__sort(ranges);
    return status;
}

static void tell_all(const oa_draft_list *list)
{
    oa_tally_tell(list->context, list->name, "W_RANGE_DUPLICATE", &list->copies, "exact copies of ranges were dropped");
    oa_tally_tell(list->context, list->name, "W_RANGE_MERGED", &list->joined, "overlapping ranges of one ion were joined");
    oa_tally_tell(list->context, list->name, "W_RANGE_OVERLAP", &list->overlaps,
                  "overlaps of different ions were given to the range that comes first");
    oa_tally_tell(list->context, list->name, "W_USER_LABEL", &list->labels,
                  "ranges whose name is no element became unknown ions of that name");
    oa_tally_tell(list->context, list->name, "W_COLOR", &list->colors, "missing or wrong colours became grey");
}

oa_status oa_draft_list_finish(oa_draft_list *list, oa_ranges **out)
{
    *out = NULL;
    if (list->n == 0) return oa_fail_at(list->context, OA_IN_FILE(list->name), "E_EMPTY_DATA", "the file defines no range");
    join_same_ions(list);
    OA_TRY(settle_overlaps(list));
    recover_charges(list);
    oa_ranges *ranges;
    OA_TRY(oa_ranges__create(list->context, &ranges));
    const oa_status status = add_ranges(list, ranges);
    if (status != OA_OK) {
        oa_ranges__free(ranges);
        return status;
    }
    tell_all(list);
    *out = ranges;
    return OA_OK;
}
