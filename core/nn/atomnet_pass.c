/* atomnet_pass.c - one block of AtomNet on a group of atoms. Stages go over a few atoms at a time, so that the rows of their neighbours stay in the second-level cache,
 * and the dense layers, whose weights are larger than that, over the whole group. */
#include "nn/atomnet_pass.h"

#include <math.h>
#include <string.h>

enum { PART = 8, CHANNELS = 32, WIDEST_ROW = 64, MAXIMA = 128, PANEL = OA_AFFINE_PANEL };

/* ---- the plan ---- */

/* The transform of a T-Net gives the matrix T row by row, T[j][k] = v[n j + k]. Rows x are multiplied by it afterwards, for which it must lie in panels:
 * so its columns are put there when the weights are laid out. */
static size_t transform_column(size_t n, size_t column)
{
    const size_t j = column / n, k = column % n;
    return (k / PANEL * n + j) * PANEL + k % PANEL;
}

static size_t transform_floats(size_t n) { return (n + PANEL - 1) / PANEL * PANEL * n; }

static bool is_transform(int layer) { return layer == OA_TNET1_TRANSFORM || layer == OA_TNET2_TRANSFORM; }

static size_t transform_edge(int layer, size_t block) { return layer == OA_TNET1_TRANSFORM ? (size_t)oa_atomnet_columns(block) : CHANNELS; }

static void lay_out(oa_atomnet_plan *plan, size_t block)
{
    oa_atomnet_place from[OA_ATOMNET_LAYERS];
    size_t at = 0;
    oa_atomnet_layout(oa_atomnet_columns(block), plan->model->atomnet.has_norm != 0, from);
    for (int l = 0; l < OA_ATOMNET_LAYERS; l++) {
        const size_t n = is_transform(l) ? transform_floats(transform_edge(l, block)) : from[l].units;
        plan->place[block][l] = (struct oa_atomnet_layer_place){ .k = from[l].inputs, .n = n, .weights = at, .bias = at + oa_affine_floats(from[l].inputs, n) };
        at = plan->place[block][l].bias + (n + PANEL - 1) / PANEL * PANEL;
    }
    plan->floats[block] = at;
}

/* Kernel and bias of one layer with its batch norm folded in, as (inputs, n) and (n). */
static void fold(const oa_model *model, size_t block, size_t member, int layer, const oa_atomnet_place *from, size_t n, float *kernel, float *bias)
{
    const float *values = model->atomnet.values[block] + member * oa_atomnet_values(model, block), *norm = values + from->norm;
    memset(kernel, 0, from->inputs * n * sizeof *kernel);
    for (size_t u = 0; u < from->units; u++) {
        double scale = 1, shift = values[from->bias + u];
        if (from->norm) {
            scale = norm[u] / sqrt(norm[3 * from->units + u] + model->atomnet.norm_epsilon);
            shift = (shift - norm[2 * from->units + u]) * scale + norm[from->units + u];
        }
        const size_t to = is_transform(layer) ? transform_column(transform_edge(layer, block), u) : u;
        bias[to] = (float)shift;
        for (size_t i = 0; i < from->inputs; i++) kernel[i * n + to] = (float)(values[from->kernel + i * from->units + u] * scale);
    }
}

static oa_status fold_block(oa_context *context, oa_atomnet_plan *plan, size_t block, float *room)
{
    oa_atomnet_place from[OA_ATOMNET_LAYERS];
    const size_t members = (size_t)plan->model->members;
    oa_atomnet_layout(oa_atomnet_columns(block), plan->model->atomnet.has_norm != 0, from);
    OA_TRY(oa_new(context, &plan->weights[block], members * plan->floats[block], sizeof(float)));
    for (size_t m = 0; m < members; m++)
        for (int l = 0; l < OA_ATOMNET_LAYERS; l++) {
            float *to = plan->weights[block] + m * plan->floats[block];
            const struct oa_atomnet_layer_place *place = &plan->place[block][l];
            fold(plan->model, block, m, l, &from[l], place->n, room, to + place->bias);
            oa_affine_pack(place->k, place->n, room, to + place->weights);
        }
    return OA_OK;
}

oa_status oa_atomnet_plan_make(oa_context *context, const oa_model *model, oa_atomnet_plan *out)
{
    enum { LARGEST_KERNEL = 64 * CHANNELS * CHANNELS };
    float *room;
    *out = (oa_atomnet_plan){ .kernels = context->kernels, .model = model, .rows = (size_t)model->atomnet.neighbours };
    OA_TRY(oa_new(context, &room, LARGEST_KERNEL, sizeof *room));
    oa_status status = OA_OK;
    for (size_t b = 0; b < (size_t)model->atomnet.blocks && status == OA_OK; b++) {
        lay_out(out, b);
        status = fold_block(context, out, b, room);
    }
    oa_free(context, room);
    return status;
}

void oa_atomnet_plan_free(oa_context *context, oa_atomnet_plan *plan)
{
    for (int b = 0; b < OA_ATOMNET_BLOCKS_MAX; b++) oa_free(context, plan->weights[b]);
    *plan = (oa_atomnet_plan){ .kernels = NULL };
}

/* ---- the pass ---- */

typedef struct pass {
    const oa_atomnet_plan *plan;
    const struct oa_atomnet_layer_place *place;
    const float *weights;
    size_t n, columns;
    const float *x;
    /* scratch: of the group */
    float *channels;           /* (n, rows, 32): after mlp1 */
    float *maxima, *d1, *d2;   /* (n, 128), (n, 128), (n, 64) */
    float *t1, *t2;            /* (n, panels of T) */
    /* of a part */
    float *moved, *a, *b;      /* (PART, rows, 6 or 32), (PART, rows, 64) twice */
} pass;

static oa_affine product(const pass *p, int layer, size_t m, const float *a, float *c)
{
    const struct oa_atomnet_layer_place *l = &p->place[layer];
    return (oa_affine){ .m = m, .n = l->n, .k = l->k, .a = a, .a_step = l->k, .b = p->weights + l->weights, .bias = p->weights + l->bias,
                        .relu = !oa_atomnet_rows[layer].is_linear, .c = c, .c_step = l->n, .rows = p->plan->rows };
}

static void layer(const pass *p, int layer, size_t m, const float *a, float *c)
{
    const oa_affine call = product(p, layer, m, a, c);
    p->plan->kernels->affine(&call);
}

/* The three shared layers of a T-Net, or of mlp2, and their largest values, for atoms [first, first + n). */
static void maxima(const pass *p, int first_layer, size_t first, size_t n, const float *x)
{
    const size_t m = n * p->plan->rows;
    layer(p, first_layer, m, x, p->a);
    layer(p, first_layer + 1, m, p->a, p->b);
    const oa_affine call = product(p, first_layer + 2, m, p->b, p->maxima + first * MAXIMA);
    p->plan->kernels->affine_max(&call);
}

static void dense(const pass *p, int first_layer, float *out)
{
    layer(p, first_layer, p->n, p->maxima, p->d1);
    layer(p, first_layer + 1, p->n, p->d1, p->d2);
    layer(p, first_layer + 2, p->n, p->d2, out);
}

/* Rows of atoms [first, first + n), each times the matrix of its atom, (edge, edge) in panels. */
static void transform(const pass *p, size_t first, size_t n, size_t edge, const float *x, const float *t, float *out)
{
    const size_t rows = p->plan->rows, step = transform_floats(edge);
    for (size_t i = 0; i < n; i++) {
        const oa_affine call = { .m = rows, .n = edge, .k = edge, .a = x + i * rows * edge, .a_step = edge, .b = t + (first + i) * step,
                                 .c = out + i * rows * edge, .c_step = edge };
        p->plan->kernels->affine(&call);
    }
}

static void unpack(const float *t, size_t n, size_t edge, float *out)
{
    const size_t step = transform_floats(edge);
    for (size_t i = 0; out && i < n; i++)
        for (size_t c = 0; c < edge * edge; c++) out[i * edge * edge + c] = t[i * step + transform_column(edge, c)];
}

static void keep(float *to, const float *from, size_t first, size_t n)
{
    if (to) memcpy(to + first, from, n * sizeof *to);
}

/* The input moved by T1, then mlp1 and the maxima of T-Net 2. */
static void middle(const pass *p, const oa_atomnet_trace *trace, size_t first, size_t n)
{
    const size_t rows = p->plan->rows, m = n * rows;
    float *channels = p->channels + first * rows * CHANNELS;
    transform(p, first, n, p->columns, p->x + first * rows * p->columns, p->t1, p->moved);
    keep(trace->after_tnet1, p->moved, first * rows * p->columns, m * p->columns);
    layer(p, OA_MLP1_CONV1, m, p->moved, p->a);
    layer(p, OA_MLP1_CONV2, m, p->a, channels);
    maxima(p, OA_TNET2_CONV1, first, n, channels);
}

/* What mlp1 gave moved by T2, then mlp2. */
static void last(const pass *p, const oa_atomnet_trace *trace, size_t first, size_t n)
{
    const size_t rows = p->plan->rows;
    transform(p, first, n, CHANNELS, p->channels + first * rows * CHANNELS, p->t2, p->moved);
    keep(trace->after_tnet2, p->moved, first * rows * CHANNELS, n * rows * CHANNELS);
    maxima(p, OA_MLP2_CONV1, first, n, p->moved);
}

static size_t part_of(const pass *p, size_t first) { return p->n - first < PART ? p->n - first : PART; }

static size_t whole_lines(size_t floats) { return (floats + PANEL - 1) / PANEL * PANEL; }

/* Lays the buffers into scratch (NULL: only counts). */
static size_t lay(pass *p, float *scratch)
{
    const size_t group = OA_ATOMNET_GROUP, rows = p->plan->rows;
    struct {
        float **at;
        size_t floats;
    } const buffers[] = {
        { &p->channels, group * rows * CHANNELS }, { &p->maxima, group * MAXIMA }, { &p->d1, group * MAXIMA }, { &p->d2, group * WIDEST_ROW },
        { &p->t1, group * transform_floats(OA_ATOMNET_COLUMNS) }, { &p->t2, group * transform_floats(CHANNELS) },
        { &p->moved, PART * rows * CHANNELS }, { &p->a, PART * rows * WIDEST_ROW }, { &p->b, PART * rows * WIDEST_ROW },
    };
    size_t at = 0;
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; at += whole_lines(buffers[i++].floats)) *buffers[i].at = scratch ? scratch + at : NULL;
    return at;
}

size_t oa_atomnet_scratch(const oa_atomnet_plan *plan)
{
    pass p = { .plan = plan };
    return lay(&p, NULL);
}

void oa_atomnet_traced(const oa_atomnet_plan *plan, size_t member, size_t block, size_t n, const float *x, float *scratch, float *logit, const oa_atomnet_trace *trace)
{
    pass p = { .plan = plan, .place = plan->place[block], .weights = plan->weights[block] + member * plan->floats[block], .n = n,
               .columns = (size_t)oa_atomnet_columns(block), .x = x };
    lay(&p, scratch);
    for (size_t i = 0; i < n; i += PART) maxima(&p, OA_TNET1_CONV1, i, part_of(&p, i), x + i * plan->rows * p.columns);
    dense(&p, OA_TNET1_DENSE1, p.t1);
    for (size_t i = 0; i < n; i += PART) middle(&p, trace, i, part_of(&p, i));
    dense(&p, OA_TNET2_DENSE1, p.t2);
    for (size_t i = 0; i < n; i += PART) last(&p, trace, i, part_of(&p, i));
    dense(&p, OA_HEAD_DENSE1, logit);
    unpack(p.t1, n, p.columns, trace->t1);
    unpack(p.t2, n, CHANNELS, trace->t2);
    keep(trace->after_mlp1, p.channels, 0, n * plan->rows * CHANNELS);
    keep(trace->global_max, p.maxima, 0, n * MAXIMA);
    keep(trace->head2, p.d2, 0, n * WIDEST_ROW);
}

void oa_atomnet_logits(const oa_atomnet_plan *plan, size_t member, size_t block, size_t n, const float *x, float *scratch, float *logit)
{
    oa_atomnet_traced(plan, member, block, n, x, scratch, logit, &(oa_atomnet_trace){ .t1 = NULL });
}
