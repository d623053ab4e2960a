/* phase.c - from the phases of nodes to the phase of every ion. */
#include "math/phase.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/statistics.h"

static const double pi = 3.14159265358979323846;

/* ---------------------------------------------------------------------------------------------- joining */

typedef struct edge {
    double deviation;
    uint32_t to, from;
} edge;

typedef struct heap {
    oa_context *context;
    edge *edge;
    size_t n, capacity;
} heap;

static bool is_before(const edge *a, const edge *b) { return a->deviation != b->deviation ? a->deviation < b->deviation : a->to < b->to; }

static oa_status push(heap *h, edge e)
{
    if (h->n == h->capacity) {
        OA_TRY(oa_resize(h->context, &h->edge, h->capacity ? 2 * h->capacity : 1024, sizeof *h->edge));
        h->capacity = h->capacity ? 2 * h->capacity : 1024;
    }
    size_t i = h->n++;
    for (; i && is_before(&e, &h->edge[(i - 1) / 2]); i = (i - 1) / 2) h->edge[i] = h->edge[(i - 1) / 2];
    h->edge[i] = e;
    return OA_OK;
}

static edge pop(heap *h)
{
    const edge top = h->edge[0], last = h->edge[--h->n];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && is_before(&h->edge[child + 1], &h->edge[child])) child++;
        if (!is_before(&h->edge[child], &last)) break;
        h->edge[i] = h->edge[child];
    }
    if (h->n) h->edge[i] = last;
    return top;
}

static void place_of(const oa_plane_phase *p, size_t node, ptrdiff_t at[3])
{
    at[0] = (ptrdiff_t)(node % p->dims[0]);
    at[1] = (ptrdiff_t)(node / p->dims[0] % p->dims[1]);
    at[2] = (ptrdiff_t)(node / p->dims[0] / p->dims[1]);
}

/* What the phase of `to` should be, seen from `from`. */
static double predict(const oa_plane_phase *p, size_t from, size_t to)
{
    const oa_phase_node *a = &p->node[from], *b = &p->node[to];
    ptrdiff_t u[3], v[3];
    double phase = a->phase;
    place_of(p, from, u);
    place_of(p, to, v);
    for (int i = 0; i < 3; i++) phase += 0.5 * (a->k[i] + b->k[i]) * OA_CUBE * (double)(v[i] - u[i]);
    return phase;
}

static oa_status push_neighbours(const oa_plane_phase *p, heap *h, size_t from)
{
    ptrdiff_t at[3];
    place_of(p, from, at);
    for (int a = 0; a < 3; a++)
        for (int step = -1; step <= 1; step += 2) {
            const size_t stride = a == 0 ? 1 : a == 1 ? p->dims[0] : p->dims[0] * p->dims[1];
            if (at[a] + step < 0 || at[a] + step >= (ptrdiff_t)p->dims[a]) continue;
            const size_t to = step > 0 ? from + stride : from - stride;
            if (p->node[to].is_joined || !(p->node[to].quality > OA_PLANES_RESOLVED)) continue;
            const double off = (predict(p, from, to) - p->node[to].phase) / (2 * pi);
            OA_TRY(push(h, (edge){ fabs(off - nearbyint(off)) * 2 * pi, (uint32_t)to, (uint32_t)from }));
        }
    return OA_OK;
}

static oa_status spread(oa_plane_phase *p, heap *h)
{
    while (h->n) {
        const edge e = pop(h);
        oa_phase_node *node = &p->node[e.to];
        if (node->is_joined) continue;
        if (e.to != e.from) {
            const double predicted = predict(p, e.from, e.to);
            node->phase += 2 * pi * nearbyint((predicted - node->phase) / (2 * pi));
            if (oa_phase_is_sure(p, node) && oa_phase_is_sure(p, &p->node[e.from])) p->largest_deviation = fmax(p->largest_deviation, fabs(predicted - node->phase));
        }
        node->is_joined = true;
        p->accepted++;
        OA_TRY(push_neighbours(p, h, e.to));
    }
    return OA_OK;
}

static oa_status summarise(oa_plane_phase *p)
{
    double *quality;
    OA_TRY(oa_new(p->tiled->context, &quality, p->n_nodes, sizeof *quality));
    p->looked_at = 0;
    for (size_t i = 0; i < p->n_nodes; i++)
        if (p->node[i].quality > 0) quality[p->looked_at++] = p->node[i].quality;
    qsort(quality, p->looked_at, sizeof *quality, oa_ascending_f64);
    p->median_quality = p->looked_at ? 0.5 * (quality[(p->looked_at - 1) / 2] + quality[p->looked_at / 2]) : 0;
    oa_free(p->tiled->context, quality);
    return OA_OK;
}

/* The nearest joined node, the lowest number of equals: shells of growing size, until none farther out can be nearer. */
static size_t nearest_joined(const oa_plane_phase *p, const bool *joined, size_t node)
{
    ptrdiff_t at[3];
    size_t best = node;
    ptrdiff_t best2 = PTRDIFF_MAX;
    place_of(p, node, at);
    for (ptrdiff_t r = 1; r * r <= best2; r++)
        for (ptrdiff_t z = at[2] - r; z <= at[2] + r; z++)
            for (ptrdiff_t y = at[1] - r; y <= at[1] + r; y++) {
                if (z < 0 || y < 0 || z >= (ptrdiff_t)p->dims[2] || y >= (ptrdiff_t)p->dims[1]) continue;
                const bool is_face = z == at[2] - r || z == at[2] + r || y == at[1] - r || y == at[1] + r;
                for (ptrdiff_t x = at[0] - r; x <= at[0] + r; x += is_face ? 1 : 2 * r) {
                    if (x < 0 || x >= (ptrdiff_t)p->dims[0]) continue;
                    const size_t other = ((size_t)z * p->dims[1] + (size_t)y) * p->dims[0] + (size_t)x;
                    const ptrdiff_t d2 = (x - at[0]) * (x - at[0]) + (y - at[1]) * (y - at[1]) + (z - at[2]) * (z - at[2]);
                    if (!joined[other] || d2 > best2 || (d2 == best2 && other > best)) continue;
                    best = other;
                    best2 = d2;
                }
            }
    return best;
}

static oa_status continue_one(oa_plane_phase *p, const bool *joined, size_t node)
{
    const size_t source = nearest_joined(p, joined, node);
    ptrdiff_t u[3], v[3];
    place_of(p, source, u);
    place_of(p, node, v);
    p->node[node].phase = p->node[source].phase;
    for (int a = 0; a < 3; a++) {
        p->node[node].k[a] = p->node[source].k[a];
        p->node[node].phase += p->node[source].k[a] * OA_CUBE * (double)(v[a] - u[a]);
    }
    return OA_OK;
}

oa_status oa_phase_join(oa_plane_phase *phase)
{
    oa_context *context = phase->tiled->context;
    heap h = { .context = context };
    size_t best = 0;
    bool *joined = NULL;
    OA_TRY(summarise(phase));
    for (size_t i = 1; i < phase->n_nodes; i++)
        if (phase->node[i].quality > phase->node[best].quality) best = i;
    if (!(phase->node[best].quality > OA_PLANES_RESOLVED)) return OA_OK;
    oa_status status = push(&h, (edge){ 0, (uint32_t)best, (uint32_t)best });
    if (status == OA_OK) status = spread(phase, &h);
    if (status == OA_OK) status = oa_new(context, &joined, phase->n_nodes, sizeof *joined);
    for (size_t i = 0; i < phase->n_nodes && status == OA_OK; i++) joined[i] = phase->node[i].is_joined;
    for (size_t i = 0; i < phase->n_nodes && status == OA_OK; i++)
        if (!joined[i]) status = continue_one(phase, joined, i);
    oa_free(context, joined);
    oa_free(context, h.edge);
    return status;
}

/* ---------------------------------------------------------------------------------------------- ions */

typedef struct phase_out {
    const oa_plane_phase *phase;
    float *out;
} phase_out;

/* Within a cube the phase of corner n is base[n] + k[n] . at, less a multiple of 4 pi common to all eight, so that few digits are lost. */
static oa_status interpolate_cube(void *arg, size_t cube, size_t begin, size_t end, oa_worker *worker)
{
    const phase_out *o = arg;
    const oa_plane_phase *p = o->phase;
    const oa_tiled *t = p->tiled;
    size_t place[3];
    double base[8], k[8][3];
    (void)worker;
    oa_cube_place(t, cube, place);
    for (size_t c = 0; c < 8; c++) {
        const size_t d[3] = { c & 1, c >> 1 & 1, c >> 2 };
        const oa_phase_node *n = &p->node[((place[2] + d[2]) * p->dims[1] + place[1] + d[1]) * p->dims[0] + place[0] + d[0]];
        base[c] = n->phase;
        for (int a = 0; a < 3; a++) {
            k[c][a] = n->k[a];
            base[c] -= n->k[a] * OA_CUBE * (double)d[a];
        }
    }
    const double whole = 4 * pi * floor(base[0] / (4 * pi));
    for (int c = 0; c < 8; c++) base[c] -= whole;
    for (size_t i = begin; i < end; i++) {
        double u[3], f[3], sum = 0;
        for (int a = 0; a < 3; a++) {
            u[a] = (double)t->at[a][i];
            f[a] = u[a] / OA_CUBE;
            f[a] = f[a] * f[a] * (3 - 2 * f[a]);
        }
        for (int c = 0; c < 8; c++) {
            const double weight = (c & 1 ? f[0] : 1 - f[0]) * (c & 2 ? f[1] : 1 - f[1]) * (c & 4 ? f[2] : 1 - f[2]);
            sum += weight * (base[c] + ((k[c][0] * u[0] + k[c][1] * u[1]) + k[c][2] * u[2]));
        }
        o->out[i] = (float)(sum - 4 * pi * nearbyint(sum / (4 * pi)));
    }
    return OA_OK;
}

oa_status oa_phase_interpolate(const oa_plane_phase *phase, float *out)
{
    phase_out o = { phase, out };
    return oa_tiled_each(phase->tiled, interpolate_cube, &o);
}

typedef struct refinement {
    const oa_tiled *tiled;
    oa_field field;
    float *phase, *resolution, *data[4];
    size_t most;
    bool is_last;
} refinement;

static void circle_of(void *arg, const oa_tiled *t, size_t begin, size_t end, float *const value[4])
{
    const refinement *r = arg;
    t->context->kernels->waves->turn(value[0], value[1], end - begin, r->phase + begin);
    for (size_t i = 0; i < end - begin; i++) value[2][i] = 1;
}

static oa_status refine_cube(void *arg, size_t cube, size_t begin, size_t end, oa_worker *worker)
{
    const refinement *r = arg;
    float *c, *s, *n;
    OA_TRY(oa_worker_scratch(worker, 0, &c, r->most, sizeof *c));
    OA_TRY(oa_worker_scratch(worker, 1, &s, r->most, sizeof *s));
    OA_TRY(oa_worker_scratch(worker, 2, &n, r->most, sizeof *n));
    oa_field_at(&r->field, r->data[0], cube, c);
    oa_field_at(&r->field, r->data[1], cube, s);
    if (!r->is_last) {
        r->tiled->context->kernels->waves->angle(n, end - begin, s, c);
        for (size_t i = begin; i < end; i++) r->phase[i] -= n[i - begin];
        return OA_OK;
    }
    oa_field_at(&r->field, r->data[2], cube, n);
    for (size_t i = begin; i < end; i++) {
        const float x = c[i - begin], y = s[i - begin];
        r->resolution[i] = fminf(fmaxf(sqrtf(x * x + y * y) / fmaxf(n[i - begin], 1e-6f), 1e-4f), 0.9995f);
    }
    return OA_OK;
}

oa_status oa_phase_refine(const oa_tiled *tiled, float *phase, float *resolution)
{
    enum { PER = 4, TIMES = 3 };
    refinement r = { .tiled = tiled, .field = oa_field_of(tiled, PER, PER, PER), .phase = phase, .resolution = resolution, .most = oa_tiled_most(tiled) };
    float taps[OA_TAPS_MAX];
    const int half = oa_gaussian_taps(1.0 / r.field.edge[0], 3.5, taps), halves[3] = { half, half, half };
    const float *const all[3] = { taps, taps, taps };
    float *field;
    OA_TRY(oa_new(tiled->context, &field, 3 * r.field.cells, sizeof *field));
    for (size_t k = 0; k < 3; k++) r.data[k] = field + k * r.field.cells;
    oa_status status = OA_OK;
    for (int time = 0; time <= TIMES && status == OA_OK; time++) {
        r.is_last = time == TIMES;
        const int fields = r.is_last ? 3 : 2;
        status = oa_field_deposit(&r.field, r.data, fields, circle_of, &r);
        for (int k = 0; k < fields && status == OA_OK; k++) status = oa_field_blur(&r.field, r.data[k], all, halves);
        if (status == OA_OK) status = oa_tiled_each(tiled, refine_cube, &r);
    }
    oa_free(tiled->context, field);
    return status;
}
