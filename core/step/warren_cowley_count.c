/* warren_cowley_count.c - who stands beside whom, as it is and with the labels in random order.
 *
 * Where neighbours stand does not depend on labels: they are looked for once for OA_WC_COLUMNS random orders, whose labels lie side by side. */
#include <math.h>
#include <string.h>

#include "step/warren_cowley.h"

enum { PLACES_PER_CHUNK = 4096, COLUMNS_PER_CHUNK = 8, CONTACTS_MAX = 60000, SLOT_ROOM = 0, SLOT_BESIDE, SLOT_SQUARES, SLOT_CONTACTS, SLOT_STRETCHES, SLOT_NEAR };

/* ---------------------------------------------------------------------------------------------- places */

typedef struct image_list {
    size_t n;
    float *x, *y, *z; /* NULL: only count */
    uint32_t *of;
} image_list;

static void add_images(const oa_wc_job *job, const double lo[3], double reach, image_list *out)
{
    const float *at[3] = { oa_ions__f32(job->ions, OA_X), oa_ions__f32(job->ions, OA_Y), oa_ions__f32(job->ions, OA_Z) };
    out->n = 0;
    for (size_t i = 0; i < job->ions->n; i++)
        for (int shift = 0; job->take[i] && shift < 27; shift++) {
            const int by[3] = { shift % 3 - 1, shift / 3 % 3 - 1, shift / 9 - 1 };
            double p[3];
            bool is_near = shift != 13; /* the ion itself */
            for (int a = 0; a < 3; a++) {
                p[a] = (double)at[a][i] + by[a] * job->period[a];
                is_near = is_near && p[a] >= lo[a] - reach && p[a] <= lo[a] + job->period[a] + reach;
            }
            if (!is_near) continue;
            if (out->x) out->x[out->n] = (float)p[0], out->y[out->n] = (float)p[1], out->z[out->n] = (float)p[2], out->of[out->n] = (uint32_t)i;
            out->n++;
        }
}

/* The ions and behind them the images that shells reach. */
static oa_status extend(oa_run *run, oa_wc_job *job, oa_points *points)
{
    const size_t n = job->ions->n;
    const double reach = job->edge[job->shells] * (1 + 1e-6);
    double lo[3], hi[3];
    image_list images = { .n = 0 };
    float *axis[3];
    uint8_t *take;
    oa_ions__bounds(job->ions, lo, hi);
    for (int a = 0; a < 3; a++)
        if (hi[a] - lo[a] > job->period[a] * (1 + 1e-6))
            return oa_fail_at(run->context, OA_IN_PARAMETER("periodic"), "E_PARAMETER_RANGE",
                              "ions span %g nm along %c, more than the period of %g nm; give the edges of the whole box",
                              hi[a] - lo[a], "xyz"[a], job->period[a]);
    add_images(job, lo, reach, &images);
    if (n + images.n > OA_IONS_MAX) return oa_fail(run->context, "E_TOO_MANY_IONS", "%zu ions with %zu images; a smaller box or shorter shells would be right", n,
                                              images.n);
    for (int a = 0; a < 3; a++) {
        OA_TRY(oa_scratch(run, &axis[a], n + images.n, sizeof *axis[a]));
        memcpy(axis[a], oa_ions__f32(job->ions, (oa_ion_column)(OA_X + a)), n * sizeof *axis[a]);
    }
    OA_TRY(oa_scratch(run, &job->image, images.n, sizeof *job->image));
    OA_TRY(oa_scratch(run, &take, n + images.n, 1));
    memcpy(take, job->take, n);
    memset(take + n, 1, images.n);
    images = (image_list){ .x = axis[0] + n, .y = axis[1] + n, .z = axis[2] + n, .of = job->image };
    add_images(job, lo, reach, &images);
    *points = (oa_points){ .n = n + images.n, .x = axis[0], .y = axis[1], .z = axis[2], .take = take };
    return OA_OK;
}

static inline bool is_image(const oa_wc_job *job, size_t place) { return job->row[place] >= job->ions->n; }

oa_status oa_wc__sort(oa_run *run, oa_wc_job *job)
{
    oa_points points = { .n = job->ions->n, .x = oa_ions__f32(job->ions, OA_X), .y = oa_ions__f32(job->ions, OA_Y), .z = oa_ions__f32(job->ions, OA_Z),
        .take = job->take };
    if (job->period[0] > 0) OA_TRY(extend(run, job, &points));
    if (job->by_rank) {
        OA_TRY(oa_nearest_build(&run->arena, &job->nearest, &points, 1, (int)job->rank[job->shells - 1] + 1));
        job->places = job->nearest.n;
        job->row = job->nearest.row;
        job->x = job->nearest.x, job->y = job->nearest.y, job->z = job->nearest.z;
    } else {
        OA_TRY(oa_cells_build(&run->arena, &job->cells, &points, job->edge[job->shells] / 2, OA_CELLS_ROWS | OA_CELLS_PARALLEL));
        job->places = job->cells.n;
        job->row = job->cells.row;
        job->x = job->cells.x, job->y = job->cells.y, job->z = job->cells.z;
    }
    OA_TRY(oa_scratch(run, &job->label, job->places, 1));
    for (size_t i = 0; i < job->places; i++) {
        const size_t row = job->row[i], of = row < job->ions->n ? row : job->image[row - job->ions->n];
        job->label[i] = job->label_of_type[oa_ions__type(job->ions, of)];
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- neighbours of a place */

typedef struct contact {
    uint32_t place, shell;
    double d2;
} contact;

/* What a worker has at hand for the places [begin, end). */
typedef struct search {
    const oa_wc_job *job;
    oa_worker *worker;
    size_t begin, list; /* list: length of each */
    uint32_t *near;
    double *squares;
    contact *contacts;
    size_t n;
} search;

static oa_status search_begin(search *s, const oa_wc_job *job, oa_span span, oa_worker *worker)
{
    *s = (search){ .job = job, .worker = worker, .begin = span.begin };
    if (!job->by_rank) return OA_OK;
    oa_nearest_room *room;
    const size_t n = span.end - span.begin;
    s->list = (size_t)job->nearest.k;
    OA_TRY(oa_worker_scratch(worker, SLOT_ROOM, &room, 1, oa_nearest_room_bytes()));
    OA_TRY(oa_worker_scratch(worker, SLOT_NEAR, &s->near, n * s->list, sizeof *s->near));
    OA_TRY(oa_worker_scratch(worker, SLOT_SQUARES, &s->squares, n * s->list, sizeof *s->squares));
    OA_TRY(oa_worker_scratch(worker, SLOT_CONTACTS, &s->contacts, s->list, sizeof *s->contacts));
    oa_nearest_block(&job->nearest, oa_worker_context(worker)->kernels, span.begin, n, room, &(oa_nearest_lists){ .place = s->near, .d2 = s->squares });
    return OA_OK;
}

static void take_ranks(search *s, size_t place)
{
    const size_t at = (place - s->begin) * s->list;
    uint32_t shell = 0;
    for (size_t j = 1; j < s->list; j++) { /* the first is the ion itself */
        while (j > s->job->rank[shell]) shell++;
        s->contacts[s->n++] = (contact){ s->near[at + j], shell, s->squares[at + j] };
    }
}

static oa_status take_shells(search *s, size_t place)
{
    const oa_wc_job *job = s->job;
    const double reach = job->edge[job->shells], at[3] = { (double)job->x[place], (double)job->y[place], (double)job->z[place] };
    oa_stretch *stretch;
    size_t all;
    OA_TRY(oa_worker_scratch(s->worker, SLOT_STRETCHES, &stretch, oa_cells_stretches_max(&job->cells, reach), sizeof *stretch));
    const size_t n = oa_cells_stretches(&job->cells, at, reach, stretch, &all);
    OA_TRY(oa_worker_scratch(s->worker, SLOT_CONTACTS, &s->contacts, all, sizeof *s->contacts));
    for (size_t k = 0; k < n; k++)
        for (size_t j = stretch[k].begin; j < stretch[k].end; j++) {
            const double dx = (double)job->x[j] - at[0], dy = (double)job->y[j] - at[1], dz = (double)job->z[j] - at[2];
            const double d2 = (dx * dx + dy * dy) + dz * dz;
            uint32_t shell = 0;
            if (j == place || d2 >= reach * reach || d2 < job->edge[0] * job->edge[0]) continue;
            while (d2 >= job->edge[shell + 1] * job->edge[shell + 1]) shell++;
            s->contacts[s->n++] = (contact){ (uint32_t)j, shell, d2 };
        }
    return OA_OK;
}

/* The contacts of one place of the span. */
static oa_status search_at(search *s, size_t place)
{
    s->n = 0;
    if (s->job->by_rank) take_ranks(s, place);
    else OA_TRY(take_shells(s, place));
    return s->n <= CONTACTS_MAX ? OA_OK : oa_fail_at(oa_worker_context(s->worker), OA_IN_PARAMETER("shells"), "E_PARAMETER_RANGE",
                                                      "an ion has %zu others in its shells, up to %d are possible; shorter shells would be right", s->n, CONTACTS_MAX);
}

/* Ranks are nested: what the first 4 neighbours are belongs to the first 7 too. */
static void nest_ranks(const oa_wc_job *job, uint64_t *counts, size_t n, size_t length)
{
    for (size_t i = 0; job->by_rank && i < n; i++)
        for (size_t k = length; k < job->shells * length; k++) counts[i * job->shells * length + k] += counts[i * job->shells * length + k - length];
}

/* ---------------------------------------------------------------------------------------------- as it is */

typedef struct layer_count {
    const oa_wc_job *job;
    size_t first, end;
    uint64_t *counts, *distance; /* (threads, ...) */
} layer_count;

static inline size_t layer_of(const oa_wc_job *job, size_t place)
{
    const double at = job->hi > job->lo ? ((double)job->z[place] - job->lo) / (job->hi - job->lo) * (double)job->layers : 0;
    return at < (double)job->layers ? (size_t)at : job->layers - 1;
}

static inline bool is_asked(const layer_count *c, size_t place)
{
    const size_t layer = layer_of(c->job, place);
    return layer >= c->first && layer < c->end && !is_image(c->job, place);
}

static oa_status count_layers(void *arg, oa_span span, oa_worker *worker)
{
    const layer_count *c = arg;
    const oa_wc_job *job = c->job;
    const size_t thread = (size_t)oa_worker_number(worker), size = oa_wc__size(job), labels = job->labels;
    uint64_t *counts = c->counts + thread * (c->end - c->first) * size, *distance = c->distance + thread * (c->end - c->first) * job->shells;
    size_t begin = span.begin;
    search s;
    while (begin < span.end && !is_asked(c, begin)) begin++;
    if (begin == span.end) return OA_OK;
    OA_TRY(search_begin(&s, job, span, worker));
    for (size_t i = begin; i < span.end; i++) {
        if (!is_asked(c, i)) continue;
        const size_t layer = layer_of(job, i) - c->first;
        uint64_t *of = counts + layer * size + job->label[i] * job->shells * labels;
        OA_TRY(search_at(&s, i));
        for (size_t j = 0; j < s.n; j++) {
            of[s.contacts[j].shell * labels + job->label[s.contacts[j].place]]++;
            distance[layer * job->shells + s.contacts[j].shell] += (uint64_t)(sqrt(s.contacts[j].d2) * 0x1p24 + 0.5);
        }
    }
    return OA_OK;
}

/* The sum over the threads. */
static void join(uint64_t *out, const uint64_t *parts, size_t threads, size_t n)
{
    memset(out, 0, n * sizeof *out);
    for (size_t t = 0; t < threads; t++)
        for (size_t i = 0; i < n; i++) out[i] += parts[t * n + i];
}

oa_status oa_wc__count_layers(oa_run *run, const oa_wc_job *job, size_t first, size_t end, uint64_t *counts, uint64_t *distance)
{
    const size_t threads = (size_t)run->context->threads, n = end - first, size = oa_wc__size(job);
    oa_arena arena = { .context = run->context };
    layer_count c = { .job = job, .first = first, .end = end };
    oa_status status = oa_arena_take(&arena, &c.counts, threads * n * size, sizeof *c.counts);
    if (status == OA_OK) status = oa_arena_take(&arena, &c.distance, threads * n * job->shells, sizeof *c.distance);
    if (status == OA_OK && n) status = oa_parallel(run->context, job->places, PLACES_PER_CHUNK, count_layers, &c);
    if (status == OA_OK) {
        join(counts, c.counts, threads, n * size);
        join(distance, c.distance, threads, n * job->shells);
        nest_ranks(job, counts, n * job->labels, job->labels);
        nest_ranks(job, distance, n, 1);
    }
    oa_arena_drop(&arena);
    return status;
}

/* ---------------------------------------------------------------------------------------------- in random order */

typedef struct draw_count {
    const oa_wc_job *job;
    size_t first, n;
    uint64_t *counts; /* (threads, columns, ...) */
} draw_count;

static oa_status draw_labels(void *arg, oa_span span, oa_worker *worker)
{
    const draw_count *c = arg;
    const oa_wc_job *job = c->job;
    oa_label_draw draw[COLUMNS_PER_CHUNK];
    (void)worker;
    for (size_t w = span.begin; w < span.end; w++) draw[w - span.begin] = oa_label_draw_start(job->count, (int)job->labels, job->seed, c->first + w);
    for (size_t i = 0; i < job->places; i++)
        for (size_t w = span.begin; w < span.end && !is_image(job, i); w++) job->drawn[i * OA_WC_COLUMNS + w] = (uint8_t)oa_label_draw_next(&draw[w - span.begin]);
    return OA_OK;
}

/* Images have the labels of their ions. */
static oa_status label_images(const oa_wc_job *job, oa_arena *arena)
{
    uint32_t *place_of;
    if (!job->image) return OA_OK;
    OA_TRY(oa_arena_take(arena, &place_of, job->ions->n, sizeof *place_of));
    for (size_t i = 0; i < job->places; i++)
        if (!is_image(job, i)) place_of[job->row[i]] = (uint32_t)i;
    for (size_t i = 0; i < job->places; i++)
        if (is_image(job, i)) memcpy(job->drawn + i * OA_WC_COLUMNS, job->drawn + (size_t)place_of[job->image[job->row[i] - job->ions->n]] * OA_WC_COLUMNS,
                                     OA_WC_COLUMNS);
    return OA_OK;
}

/* beside (shells, labels, columns): neighbours of one centre. */
static void count_contacts(const search *s, uint16_t *beside)
{
    const size_t labels = s->job->labels;
    memset(beside, 0, s->job->shells * labels * OA_WC_COLUMNS * sizeof *beside);
    for (size_t j = 0; j < s->n; j++) {
        const uint8_t *label = s->job->drawn + (size_t)s->contacts[j].place * OA_WC_COLUMNS;
        for (size_t l = 0; l < labels; l++) {
            uint16_t *to = beside + (s->contacts[j].shell * labels + l) * OA_WC_COLUMNS;
            for (size_t w = 0; w < OA_WC_COLUMNS; w++) to[w] = (uint16_t)(to[w] + (label[w] == l));
        }
    }
}

static oa_status count_draws(void *arg, oa_span span, oa_worker *worker)
{
    const draw_count *c = arg;
    const oa_wc_job *job = c->job;
    const size_t size = oa_wc__size(job), row = job->shells * job->labels;
    uint64_t *counts = c->counts + (size_t)oa_worker_number(worker) * c->n * size;
    uint16_t *beside;
    search s;
    OA_TRY(search_begin(&s, job, span, worker));
    OA_TRY(oa_worker_scratch(worker, SLOT_BESIDE, &beside, row * OA_WC_COLUMNS, sizeof *beside));
    for (size_t i = span.begin; i < span.end; i++) {
        if (is_image(job, i)) continue;
        OA_TRY(search_at(&s, i));
        count_contacts(&s, beside);
        for (size_t w = 0; w < c->n; w++) {
            uint64_t *of = counts + w * size + job->drawn[i * OA_WC_COLUMNS + w] * row;
            for (size_t k = 0; k < row; k++) of[k] += beside[k * OA_WC_COLUMNS + w];
        }
    }
    return OA_OK;
}

oa_status oa_wc__count_draws(oa_run *run, const oa_wc_job *job, size_t first, size_t n, uint64_t *counts)
{
    const size_t threads = (size_t)run->context->threads, size = oa_wc__size(job);
    oa_arena arena = { .context = run->context };
    draw_count c = { .job = job, .first = first, .n = n };
    oa_status status = oa_arena_take(&arena, &c.counts, threads * n * size, sizeof *c.counts);
    if (status == OA_OK) status = oa_parallel(run->context, n, COLUMNS_PER_CHUNK, draw_labels, &c);
    if (status == OA_OK) status = label_images(job, &arena);
    if (status == OA_OK) status = oa_parallel(run->context, job->places, PLACES_PER_CHUNK, count_draws, &c);
    if (status == OA_OK) {
        join(counts, c.counts, threads, n * size);
        nest_ranks(job, counts, n * job->labels, job->labels);
    }
    oa_arena_drop(&arena);
    return status;
}
