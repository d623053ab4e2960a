/* score_ranks.c - how well probabilities rank the ions, as a whole, by block, and cube by cube; what other thresholds would select; and which species are
 * found. Cubes: those for tests of a bank that `synthesise` made, as the figures of AtomNet are means over such cubes. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "math/order.h"
#include "step/score.h"

enum { THRESHOLDS = 19, PART_TEST = 2 };

/* ---- area under the curve ---- */

/* Probabilities at a distance of each other, of the items in list (NULL: all). */
typedef struct ranking {
    const scoring *s;
    const float *p;
    size_t step;
    const uint32_t *list;
    size_t n;
} ranking;

/* Pairs of an ion of a domain and one of the matrix in which the former stands higher, ties half, among all such pairs. NaN: there are none. */
static oa_status auc_of(oa_context *context, const ranking *r, uint64_t *items, double *auc)
{
    uint64_t twice = 0, below = 0, positives = 0;
    for (size_t i = 0; i < r->n; i++) {
        const uint32_t k = r->list ? r->list[i] : (uint32_t)i;
        const float p = r->p[k * r->step];
        items[i] = (uint64_t)oa_order__of_float(isnan(p) ? -INFINITY : p) << 32 | k;
    }
    OA_TRY(oa_order__sort(context, items, r->n));
    for (size_t i = 0; i < r->n;) {
        uint64_t hits = 0, others = 0;
        const uint64_t key = items[i] >> 32;
        for (; i < r->n && items[i] >> 32 == key; i++) {
            const bool is_true = oa_score__truth(r->s, oa_score__row(r->s, (uint32_t)items[i])) != 0;
            hits += is_true;
            others += !is_true;
        }
        twice += hits * (2 * below + others);
        below += others;
        positives += hits;
    }
    *auc = positives && below ? (double)twice / 2 / ((double)positives * (double)below) : (double)NAN;
    return OA_OK;
}

static oa_status put_where_defined(oa_run *run, const char *name, double value) { return isnan(value) ? OA_OK : oa_put_real(run, name, value); }

oa_status oa_score__put_auc(oa_run *run, const scoring *s)
{
    const size_t blocks = s->by_block ? s->by_block->dims[1] : 0;
    uint64_t *items;
    double auc, *by_block;
    uint32_t *number;
    OA_TRY(oa_scratch(run, &items, s->n_probability, sizeof *items));
    OA_TRY(auc_of(run->context, &(ranking){ .s = s, .p = s->probability, .step = 1, .n = s->n_probability }, items, &auc));
    OA_TRY(put_where_defined(run, "summary/auc", auc));
    if (!blocks) return OA_OK;
    OA_TRY(oa_put_array(run, "blocks/auc", 1, &blocks, &by_block));
    OA_TRY(oa_put_array(run, "blocks/block", 1, &blocks, &number));
    for (size_t b = 0; b < blocks; b++) {
        const ranking r = { .s = s, .p = (const float *)s->by_block->block->data + b, .step = blocks, .n = s->n_probability };
        OA_TRY(auc_of(run->context, &r, items, &by_block[b]));
        number[b] = (uint32_t)b + 1;
    }
    return OA_OK;
}

/* ---- thresholds ---- */

static double share(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : (double)NAN; }

oa_status oa_score__put_sweep(oa_run *run, const scoring *s)
{
    static const char *const names[] = { "sweep/recall", "sweep/precision", "sweep/f1", "sweep/threshold" };
    const size_t n = THRESHOLDS;
    double *real[4];
    uint64_t *selected, hits[THRESHOLDS] = { 0 }, truths = 0;
    for (int k = 0; k < 4; k++) OA_TRY(oa_put_array(run, names[k], 1, &n, &real[k]));
    OA_TRY(oa_put_array(run, "sweep/selected", 1, &n, &selected));
    for (size_t t = 0; t < n; t++) real[3][t] = (double)(t + 1) / (double)(n + 1);
    for (size_t k = 0; k < s->n_probability; k++) {
        const bool is_true = oa_score__truth(s, oa_score__row(s, k)) != 0;
        truths += is_true;
        for (size_t t = 0; t < n && (double)s->probability[k] > real[3][t]; t++) {
            selected[t]++;
            hits[t] += is_true;
        }
    }
    for (size_t t = 0; t < n; t++) {
        real[0][t] = share(hits[t], truths);
        real[1][t] = share(hits[t], selected[t]);
        real[2][t] = share(2 * hits[t], truths + selected[t]);
    }
    return OA_OK;
}

/* ---- species ---- */

static oa_status put_type_names(oa_run *run, const oa_ranges *ranges)
{
    oa_string text = { .context = run->context };
    char *names;
    for (size_t i = 0; i < ranges->n_types; i++) oa_string_add(&text, "%s%zu %s", i ? ", " : "ion_type: ", i + 1, ranges->types[i].name);
    OA_TRY(oa_string_take(&text, &names));
    const oa_status status = oa_put_long_name(run, "species/ion_type", names);
    oa_free(run->context, names);
    return status;
}

oa_status oa_score__put_species(oa_run *run, const scoring *s)
{
    static const char *const names[] = { "species/ions", "species/true_ions", "species/selected", "species/true_positives" };
    const size_t n = s->ions && s->ions->ranges && oa_ions__data(s->ions, OA_TYPE) ? s->ions->ranges->n_types : 0;
    uint64_t *count[4];
    double *recall, *precision;
    uint32_t *type;
    if (!n) return OA_OK;
    for (int k = 0; k < 4; k++) OA_TRY(oa_put_array(run, names[k], 1, &n, &count[k]));
    OA_TRY(oa_put_array(run, "species/recall", 1, &n, &recall));
    OA_TRY(oa_put_array(run, "species/precision", 1, &n, &precision));
    OA_TRY(oa_put_array(run, "species/ion_type", 1, &n, &type));
    for (size_t i = 0; i < s->n + s->n_selected; i++) {
        const int from = i < s->n ? 0 : 2;
        const uint64_t row = from ? s->selected[i - s->n] : i;
        const unsigned t = oa_ions__type(s->ions, row);
        if (!t) continue;
        count[from][t - 1]++;
        count[from + 1][t - 1] += oa_score__truth(s, row) != 0;
    }
    for (size_t t = 0; t < n; t++) {
        type[t] = (uint32_t)t + 1;
        recall[t] = share(count[3][t], count[1][t]);
        precision[t] = share(count[3][t], count[2][t]);
    }
    return put_type_names(run, s->ions->ranges);
}

/* ---- cubes ---- */

/* The cubes for tests that have ions here, and where their probabilities are. */
typedef struct cube_set {
    const scoring *s;
    const uint32_t *cube_of; /* (n_truth) from 1 */
    const uint32_t *part;    /* (all) */
    size_t all, n;
    uint32_t *place;         /* (all) in the tables below, from 1; 0: none */
    uint64_t *ions, *truths, *selected, *hits; /* (n) */
    uint32_t *first, *list;  /* (n + 1), (n_probability): k by cube */
} cube_set;

/* 0: of no cube that is judged. */
static uint32_t place_of(const cube_set *c, uint64_t row)
{
    const uint32_t cube = c->cube_of[c->s->ions ? oa_ions__evaporation_id(c->s->ions, row) : row];
    return cube && cube <= c->all ? c->place[cube - 1] : 0;
}

static oa_status find_cubes(oa_run *run, const scoring *s, cube_set *c)
{
    const oa_values *truth = oa_run_input(run, "truth")->result;
    const oa_array *cube = oa_values_find(truth, 1, "truth/cube"), *part = oa_values_find(truth, 1, "cubes/part");
    bool *is_met;
    *c = (cube_set){ .s = s };
    if (!cube || !part || cube->type != OA_U32 || part->type != OA_U32 || oa_array_count(cube) != s->n_truth) return OA_OK;
    c->cube_of = cube->block->data, c->part = part->block->data, c->all = oa_array_count(part);
    OA_TRY(oa_scratch(run, &c->place, c->all, sizeof *c->place));
    OA_TRY(oa_scratch(run, &is_met, c->all, sizeof *is_met));
    for (size_t i = 0; i < s->n; i++) {
        const uint32_t k = c->cube_of[s->ions ? oa_ions__evaporation_id(s->ions, i) : i];
        if (k && k <= c->all) is_met[k - 1] = true;
    }
    for (size_t k = 0; k < c->all; k++)
        if (is_met[k] && c->part[k] == PART_TEST) c->place[k] = (uint32_t)++c->n;
    return OA_OK;
}

static oa_status count_cubes(oa_run *run, cube_set *c)
{
    const scoring *s = c->s;
    uint32_t at;
    OA_TRY(oa_scratch(run, &c->truths, 2 * c->n, sizeof *c->truths));
    c->hits = c->truths + c->n;
    OA_TRY(oa_put_array(run, "cubes/ions", 1, &c->n, &c->ions));
    OA_TRY(oa_put_array(run, "cubes/selected", 1, &c->n, &c->selected));
    for (size_t i = 0; i < s->n; i++) {
        if (!(at = place_of(c, i))) continue;
        c->ions[at - 1]++;
        c->truths[at - 1] += oa_score__truth(s, i) != 0;
    }
    for (size_t k = 0; k < s->n_selected; k++) {
        if (!(at = place_of(c, s->selected[k]))) continue;
        c->selected[at - 1]++;
        c->hits[at - 1] += oa_score__truth(s, s->selected[k]) != 0;
    }
    return OA_OK;
}

static oa_status list_cubes(oa_run *run, cube_set *c)
{
    const scoring *s = c->s;
    uint32_t *next;
    OA_TRY(oa_scratch(run, &c->list, s->n_probability, sizeof *c->list));
    OA_TRY(oa_scratch(run, &c->first, 2 * (c->n + 1), sizeof *c->first));
    next = c->first + c->n + 1;
    for (size_t k = 0; k < s->n_probability; k++) {
        const uint32_t at = place_of(c, oa_score__row(s, k));
        if (at) c->first[at]++;
    }
    for (size_t i = 0; i < c->n; i++) {
        next[i] = c->first[i];
        c->first[i + 1] += c->first[i];
    }
    for (size_t k = 0; k < s->n_probability; k++) {
        const uint32_t at = place_of(c, oa_score__row(s, k));
        if (at) c->list[next[at - 1]++] = (uint32_t)k;
    }
    return OA_OK;
}

/* Over the values that are numbers. */
static void spread_of(const double *v, size_t n, double *mean, double *deviation)
{
    double sum = 0, squares = 0;
    size_t m = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(v[i])) sum += v[i], m++;
    *mean = m ? sum / (double)m : (double)NAN;
    for (size_t i = 0; i < n; i++)
        if (!isnan(v[i])) squares += (v[i] - *mean) * (v[i] - *mean);
    *deviation = m > 1 ? sqrt(squares / (double)(m - 1)) : (double)NAN;
}

static oa_status put_spread(oa_run *run, const char *mean_name, const char *deviation_name, const double *v, size_t n)
{
    double mean, deviation;
    spread_of(v, n, &mean, &deviation);
    OA_TRY(put_where_defined(run, mean_name, mean));
    return put_where_defined(run, deviation_name, deviation);
}

static oa_status aucs_of(oa_run *run, const cube_set *c, const float *p, size_t step, uint64_t *items, double *auc)
{
    for (size_t i = 0; i < c->n; i++) {
        const ranking r = { .s = c->s, .p = p, .step = step, .list = c->list + c->first[i], .n = c->first[i + 1] - c->first[i] };
        OA_TRY(auc_of(run->context, &r, items, &auc[i]));
    }
    return OA_OK;
}

static oa_status put_cube_ranks(oa_run *run, cube_set *c)
{
    const scoring *s = c->s;
    const size_t blocks = s->by_block ? s->by_block->dims[1] : 0;
    double *auc, *of_block, *mean, *deviation;
    uint64_t *items;
    OA_TRY(list_cubes(run, c));
    OA_TRY(oa_put_array(run, "cubes/auc", 1, &c->n, &auc));
    OA_TRY(oa_scratch(run, &items, s->n_probability, sizeof *items));
    OA_TRY(aucs_of(run, c, s->probability, 1, items, auc));
    OA_TRY(put_spread(run, "summary/auc_mean", "summary/auc_deviation", auc, c->n));
    if (!blocks) return OA_OK;
    OA_TRY(oa_scratch(run, &of_block, c->n, sizeof *of_block));
    OA_TRY(oa_put_array(run, "blocks/auc_mean", 1, &blocks, &mean));
    OA_TRY(oa_put_array(run, "blocks/auc_deviation", 1, &blocks, &deviation));
    for (size_t b = 0; b < blocks; b++) {
        OA_TRY(aucs_of(run, c, (const float *)s->by_block->block->data + b, blocks, items, of_block));
        spread_of(of_block, c->n, &mean[b], &deviation[b]);
    }
    return OA_OK;
}

static oa_status put_cube_decisions(oa_run *run, cube_set *c)
{
    static const char *const names[] = { "cubes/recall", "cubes/precision", "cubes/auc_binary" };
    double *real[3];
    uint64_t *truths;
    uint32_t *number;
    for (int k = 0; k < 3; k++) OA_TRY(oa_put_array(run, names[k], 1, &c->n, &real[k]));
    OA_TRY(oa_put_array(run, "cubes/true_ions", 1, &c->n, &truths));
    OA_TRY(oa_put_array(run, "cubes/cube", 1, &c->n, &number));
    for (size_t k = 0; k < c->all; k++)
        if (c->place[k]) number[c->place[k] - 1] = (uint32_t)k + 1;
    for (size_t i = 0; i < c->n; i++) {
        const uint64_t others = c->ions[i] - c->truths[i];
        truths[i] = c->truths[i];
        real[0][i] = share(c->hits[i], c->truths[i]);
        real[1][i] = share(c->hits[i], c->selected[i]);
        real[2][i] = (real[0][i] + share(others - (c->selected[i] - c->hits[i]), others)) / 2;
    }
    OA_TRY(oa_put_count(run, "summary/cubes", c->n));
    OA_TRY(put_spread(run, "summary/recall_mean", "summary/recall_deviation", real[0], c->n));
    OA_TRY(put_spread(run, "summary/precision_mean", "summary/precision_deviation", real[1], c->n));
    return put_spread(run, "summary/auc_binary_mean", "summary/auc_binary_deviation", real[2], c->n);
}

oa_status oa_score__put_cubes(oa_run *run, const scoring *s)
{
    cube_set c;
    OA_TRY(find_cubes(run, s, &c));
    if (!c.n) return OA_OK;
    OA_TRY(count_cubes(run, &c));
    OA_TRY(put_cube_decisions(run, &c));
    return s->probability ? put_cube_ranks(run, &c) : OA_OK;
}
