/* atomnet_points.c - goes over a specimen leaf by leaf. Lists of neighbours are made anew for every block: kept, they would be 128 bytes an atom, and they cost a
 * hundredth of the network. */
#include "nn/atomnet_points.h"

#include <stdatomic.h>
#include <string.h>

#include "base/parallel.h"
#include "nn/layer.h"

enum { PER_CHUNK = 2048 };
enum { SLOT_ROOM, SLOT_LISTS, SLOT_ROWS, SLOT_NETWORK };

void oa_atomnet_rows_of(const oa_atomnet_points *points, size_t place, const uint32_t *neighbours, const float *before, float *x)
{
    const oa_nearest *n = points->nearest;
    const double a = n->unit, px = (double)n->x[place] / a, py = (double)n->y[place] / a, pz = (double)n->z[place] / a;
    const float own = points->code[place];
    for (int j = 0; j < n->k; j++) {
        const uint32_t q = neighbours[j];
        *x++ = (float)(px - (double)n->x[q] / a);
        *x++ = (float)(py - (double)n->y[q] / a);
        *x++ = (float)(pz - (double)n->z[q] / a);
        if (before) *x++ = before[q];
        *x++ = points->code[q];
        *x++ = before ? before[place] : own;
    }
}

static oa_status lists_of(const oa_atomnet_points *points, oa_span span, oa_worker *worker, uint32_t **lists)
{
    oa_nearest_room *room;
    OA_TRY(oa_worker_scratch(worker, SLOT_ROOM, &room, 1, oa_nearest_room_bytes()));
    OA_TRY(oa_worker_scratch(worker, SLOT_LISTS, lists, (size_t)PER_CHUNK * (size_t)points->nearest->k, sizeof **lists));
    oa_nearest_block(points->nearest, oa_worker_context(worker)->kernels, span.begin, span.end - span.begin, room, &(oa_nearest_lists){ .place = *lists });
    return OA_OK;
}

static bool is_any(const uint8_t *wanted, oa_span span) { return !wanted || memchr(wanted + span.begin, 1, span.end - span.begin); }

typedef struct blocking {
    const oa_atomnet_plan *plan;
    const oa_atomnet_points *points;
    size_t member, block;
    float temperature;
    const float *before;
    const uint8_t *wanted;
    float *probability;
} blocking;

/* Of the atoms that were gathered. */
static void give(const blocking *b, const size_t *place, size_t n, const float *x, float *scratch)
{
    float logit[OA_ATOMNET_GROUP];
    oa_atomnet_logits(b->plan, b->member, b->block, n, x, scratch, logit);
    for (size_t i = 0; i < n && b->temperature > 0; i++) logit[i] /= b->temperature;
    if (b->temperature > 0) oa_activation_find("sigmoid")->apply(logit, n, 1);
    for (size_t i = 0; i < n; i++) b->probability[place[i]] = logit[i];
}

static oa_status block_of(void *arg, oa_span span, oa_worker *worker)
{
    const blocking *b = arg;
    const size_t k = b->plan->rows, columns = (size_t)oa_atomnet_columns(b->block);
    uint32_t *lists;
    float *x, *scratch;
    size_t place[OA_ATOMNET_GROUP], n = 0;
    if (!is_any(b->wanted, span)) return OA_OK;
    OA_TRY(lists_of(b->points, span, worker, &lists));
    OA_TRY(oa_worker_scratch(worker, SLOT_ROWS, &x, OA_ATOMNET_GROUP * k * columns, sizeof *x));
    OA_TRY(oa_worker_scratch(worker, SLOT_NETWORK, &scratch, oa_atomnet_scratch(b->plan), sizeof *scratch));
    for (size_t i = span.begin; i < span.end; i++) {
        if (b->wanted && !b->wanted[i]) continue;
        oa_atomnet_rows_of(b->points, i, lists + (i - span.begin) * k, b->before, x + n * k * columns);
        place[n++] = i;
        if (n < OA_ATOMNET_GROUP) continue;
        give(b, place, n, x, scratch);
        n = 0;
    }
    if (n) give(b, place, n, x, scratch);
    return OA_OK;
}

oa_status oa_atomnet_points_block(oa_context *context, const oa_atomnet_plan *plan, size_t member, size_t block, double temperature, const oa_atomnet_points *points,
                                  const float *before, const uint8_t *wanted, float *probability)
{
    blocking b = { .plan = plan, .points = points, .member = member, .block = block, .temperature = (float)temperature, .before = block ? before : NULL,
                   .wanted = wanted, .probability = probability };
    return oa_parallel(context, points->nearest->n, PER_CHUNK, block_of, &b);
}

typedef struct spreading {
    const oa_atomnet_points *points;
    const uint8_t *wanted;
    _Atomic uint8_t *more;
} spreading;

static oa_status spread(void *arg, oa_span span, oa_worker *worker)
{
    const spreading *s = arg;
    const size_t k = (size_t)s->points->nearest->k;
    uint32_t *lists;
    if (!is_any(s->wanted, span)) return OA_OK;
    OA_TRY(lists_of(s->points, span, worker, &lists));
    for (size_t i = span.begin; i < span.end; i++)
        for (size_t j = 0; s->wanted[i] && j < k; j++) atomic_store_explicit(&s->more[lists[(i - span.begin) * k + j]], 1, memory_order_relaxed);
    return OA_OK;
}

oa_status oa_atomnet_points_spread(oa_context *context, const oa_atomnet_points *points, const uint8_t *wanted, uint8_t *more)
{
    spreading s = { .points = points, .wanted = wanted, .more = (_Atomic uint8_t *)more };
    return oa_parallel(context, points->nearest->n, PER_CHUNK, spread, &s);
}
