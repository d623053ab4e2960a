/* train_atomnet.c - networks that tell ordered ions by their neighbours, from cubes whose domains are known: block after block, each on the
 * probabilities that the one before gives for the same cubes. Yu et al., "3D deep learning for enhanced atom probe tomography analysis of
 * nanoscale microstructures", section 2, and the authors' program. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/calibration.h"
#include "nn/atomnet_train.h"
#include "step/training.h"

enum { PART_TRAIN, PART_VALIDATION, PART_TEST, BATCH_MAX = 4096 };
#define NORM_EPSILON 1e-3
#define NORM_MOMENTUM 0.99
#define CLASSES "matrix,domain"

/* ---- parameters ---- */

bool train_is_atomnet(const train_params *p) { return strcmp(p->architecture, "atomnet") == 0; }

static oa_status no_use(oa_context *context, const char *name, const char *architecture, const char *why)
{
    return oa_fail_at(context, OA_IN_PARAMETER(name), "E_PARAMETER_VALUE", "%s has no meaning for architecture %s: %s; leave it out", name, architecture, why);
}

oa_status train_check_atomnet(oa_context *context, const train_params *p)
{
    const struct {
        const char *name;
        bool is_set;
    } layers[] = { { "filters", p->filters.n != 1 || p->filters.v[0] != 16 }, { "kernel_width", p->kernel_width != 10 }, { "padding", strcmp(p->padding, "valid") != 0 },
                   { "pool_padding", strcmp(p->pool_padding, "valid") != 0 }, { "dense", p->dense != 256 } };
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++)
        if (layers[i].is_set) return no_use(context, layers[i].name, "atomnet", "its layers are fixed");
    if (strcmp(p->optimizer, "rmsprop") == 0) return no_use(context, "optimizer", "atomnet", "it is trained by adam or adam_falling");
    if (strcmp(p->split, "group") != 0) return no_use(context, "split", "atomnet", "the file of cubes says which are for what");
    if (p->test_share != 0.1) return no_use(context, "test_share", "atomnet", "the file of cubes says which are for tests");
    if (p->turn != 0) return no_use(context, "turn", "atomnet", "cubes are turned by synthesise");
    if (p->odds.n) return no_use(context, "odds", "atomnet", "segment has a threshold");
    if (p->batch > BATCH_MAX)
        return oa_fail_at(context, OA_IN_PARAMETER("batch"), "E_PARAMETER_RANGE", "%lld ions per step; atomnet takes %d at most", (long long)p->batch, BATCH_MAX);
    if (!p->species_codes[0])
        return oa_fail_at(context, OA_IN_PARAMETER("species_codes"), "E_PARAMETER_VALUE", 
                          "atomnet needs a number for each species; give --species-codes Al:0,Li:1,Mg:2, or --preset al-li-mg, au-cu, co-alloy");
    if (p->lattice_parameter == 0)
        return oa_fail_at(context, OA_IN_PARAMETER("lattice_parameter"), "E_PARAMETER_VALUE", 
                          "atomnet needs the lattice parameter of the cubes; give --lattice-parameter in nm, or --preset");
    return oa_atomnet_check_codes(context, p->species_codes);
}

oa_status train_check_patterns(oa_context *context, const train_params *p)
{
    const struct {
        const char *name;
        bool is_set;
    } rows[] = { { "blocks", p->blocks != 2 }, { "neighbours", p->neighbours != 32 }, { "penalty", strcmp(p->penalty, "per_sample") != 0 },
                 { "norm", strcmp(p->norm, "running") != 0 }, { "optimizer", strcmp(p->optimizer, "adam_falling") == 0 },
                 { "species_codes", p->species_codes[0] != 0 }, { "lattice_parameter", p->lattice_parameter != 0 }, { "threshold", p->threshold != 0.5 } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].is_set) return no_use(context, rows[i].name, p->architecture, "it belongs to atomnet");
    return OA_OK;
}

/* ---- cubes ---- */

/* Ions of some cubes in a tree of their own. */
typedef struct cloud {
    oa_nearest nearest;
    oa_atomnet_points points;
    uint8_t *code, *label; /* by place */
    uint32_t *order;       /* places in the order of their rows: what is summed does not depend on the tree */
} cloud;

typedef struct teaching {
    const train_params *p;
    const oa_ions *ions;
    const uint32_t *domain, *cube, *part; /* (ions), (ions) from 1, (cubes) */
    size_t n_cubes, n_of[3];              /* cubes by part */
    int16_t *code;                        /* (types + 1) */
    cloud pool, test;                     /* of training and validation; of tests */
    oa_atomnet_samples samples;
    oa_model *model;                      /* owned until it is put */
    oa_atomnet_epoch *history;            /* (folds, blocks, epochs) */
} teaching;

static const oa_array *column_of(const oa_values *values, const char *name)
{
    const oa_array *array = values ? oa_values_find(values, 1, name) : NULL;
    return array && array->type == OA_U32 && array->rank == 1 ? array : NULL;
}

static oa_status check_cubes(oa_run *run, teaching *t)
{
    for (size_t c = 0; c < t->n_cubes; c++) {
        if (t->part[c] > PART_TEST) return oa_fail(run->context, "E_INPUT_KIND", "cube %zu is for use %u; 0, 1 or 2 would be right", c + 1, t->part[c]);
        t->n_of[t->part[c]]++;
    }
    for (size_t i = 0; i < t->ions->n; i++)
        if (t->cube[i] < 1 || t->cube[i] > t->n_cubes)
            return oa_fail(run->context, "E_INPUT_KIND", "ion %zu is of cube %u, of which there are %zu; a result of `synthesise --cubes` would be right", i,
                           t->cube[i], t->n_cubes);
    if (t->n_of[PART_TRAIN] == 0)
        return oa_fail(run->context, "E_EMPTY_DATA", "of %zu cubes none is for training; give at least 2, better 100: `synthesise --cubes 100`", t->n_cubes);
    return OA_OK;
}

static oa_status find_cubes(oa_run *run, teaching *t)
{
    const oa_input *input = oa_run_input(run, "patterns");
    const oa_values *values = input ? input->result : NULL;
    const oa_array *domain = column_of(values, "truth/domain"), *cube = column_of(values, "truth/cube"), *part = column_of(values, "cubes/part");
    if (!input || !input->ions || !domain || !cube || !part)
        return oa_fail(run->context, "E_INPUT_KIND", "atomnet learns from cubes whose domains are known (truth/domain, truth/cube, cubes/part and ions), and the file "
                       "lacks %s; give a result of `synthesise --cubes 100`",
                       !input || !input->ions ? "ions" : !domain ? "truth/domain" : !cube ? "truth/cube" : "cubes/part");
    t->ions = input->ions;
    if (oa_array_count(domain) != t->ions->n || oa_array_count(cube) != t->ions->n)
        return oa_fail(run->context, "E_INPUT_KIND", "%zu ions, but %zu numbers of domains and %zu of cubes; a result of `synthesise --cubes` has one of each "
                       "for every ion", t->ions->n, oa_array_count(domain), oa_array_count(cube));
    if (!t->ions->ranges || !oa_ions__data(t->ions, OA_TYPE))
        return oa_fail(run->context, "E_NOT_RANGED", "the ions of the cubes have no types, so no species can be told; give a result of `synthesise --cubes 100`");
    t->domain = domain->block->data, t->cube = cube->block->data, t->part = part->block->data;
    t->n_cubes = oa_array_count(part);
    return check_cubes(run, t);
}

static oa_status find_codes(oa_run *run, teaching *t)
{
    bool *is_met;
    OA_TRY(oa_scratch(run, &t->code, t->ions->ranges->n_types + 1, sizeof *t->code));
    OA_TRY(oa_scratch(run, &is_met, t->ions->ranges->n_types + 1, sizeof *is_met));
    for (size_t i = 0; i < t->ions->n; i++) is_met[oa_ions__type(t->ions, i)] = true;
    return oa_atomnet_codes(run->context, t->p->species_codes, t->ions->ranges, is_met, t->code);
}

/* Every cube must have a list of its own ions; both classes must be there to be learnt. */
static oa_status check_ions(oa_run *run, const teaching *t)
{
    uint64_t *n, of_class[2] = { 0, 0 };
    OA_TRY(oa_scratch(run, &n, t->n_cubes, sizeof *n));
    for (size_t i = 0; i < t->ions->n; i++) {
        const uint32_t c = t->cube[i] - 1;
        if (oa_ions__type(t->ions, i) == 0) continue;
        n[c]++;
        of_class[t->domain[i] != 0] += t->part[c] == PART_TRAIN;
    }
    for (size_t c = 0; c < t->n_cubes; c++)
        if (n[c] < (uint64_t)t->p->neighbours)
            return oa_fail(run->context, "E_FEW_IONS", "cube %zu has %llu ions; at least %lld are needed, as many as neighbours", c + 1, (unsigned long long)n[c],
                           (long long)t->p->neighbours);
    for (int class = 0; class < 2; class++)
        if (of_class[class] == 0)
            return oa_fail(run->context, "E_CLASS_MISSING", "no ion of the training cubes is of the %s; a network cannot learn what it never sees: give cubes with both",
                           class ? "domains" : "matrix");
    return OA_OK;
}

/* The ions of all cubes of the parts [low, high]. */
static oa_status gather(oa_run *run, const teaching *t, uint32_t low, uint32_t high, cloud *out)
{
    const oa_ions *ions = t->ions;
    uint8_t *take;
    uint32_t *place;
    OA_TRY(oa_scratch(run, &take, ions->n, 1));
    OA_TRY(oa_scratch(run, &place, ions->n, sizeof *place));
    for (size_t i = 0; i < ions->n; i++) take[i] = oa_ions__type(ions, i) != 0 && t->part[t->cube[i] - 1] >= low && t->part[t->cube[i] - 1] <= high;
    const oa_points points = { .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y), .z = oa_ions__f32(ions, OA_Z), .take = take };
    OA_TRY(oa_nearest_build(&run->arena, &out->nearest, &points, t->p->lattice_parameter, (int)t->p->neighbours));
    const size_t n = out->nearest.n;
    OA_TRY(oa_scratch(run, &out->code, n, 1));
    OA_TRY(oa_scratch(run, &out->label, n, 1));
    OA_TRY(oa_scratch(run, &out->order, n, sizeof *out->order));
    for (size_t i = 0; i < n; i++) {
        const uint32_t row = out->nearest.row[i];
        place[row] = (uint32_t)i;
        out->code[i] = (uint8_t)t->code[oa_ions__type(ions, row)];
        out->label[i] = t->domain[row] != 0;
    }
    for (size_t i = 0, k = 0; i < ions->n; i++)
        if (take[i]) out->order[k++] = place[i];
    out->points = (oa_atomnet_points){ .nearest = &out->nearest, .code = out->code };
    return OA_OK;
}

static oa_status prepare(oa_run *run, teaching *t)
{
    uint32_t *lists;
    OA_TRY(find_cubes(run, t));
    OA_TRY(find_codes(run, t));
    OA_TRY(check_ions(run, t));
    OA_TRY(gather(run, t, PART_TRAIN, PART_VALIDATION, &t->pool));
    if (t->n_of[PART_TEST]) OA_TRY(gather(run, t, PART_TEST, PART_TEST, &t->test));
    const size_t n = t->pool.nearest.n;
    OA_TRY(oa_scratch(run, &lists, n * (size_t)t->p->neighbours, sizeof *lists));
    OA_TRY(oa_nearest_find(run->context, &t->pool.nearest, 0, n, &(oa_nearest_lists){ .place = lists }));
    t->samples = (oa_atomnet_samples){ .points = t->pool.points, .label = t->pool.label, .lists = lists };
    return oa_scratch(run, &t->history, (size_t)(t->p->folds * t->p->blocks * t->p->epochs), sizeof *t->history);
}

/* ---- members ---- */

static oa_status make_model(oa_run *run, teaching *t)
{
    const train_params *p = t->p;
    OA_TRY(oa_model_new(run->context, &t->model));
    oa_model *model = t->model;
    snprintf(model->architecture, sizeof model->architecture, "%s", p->architecture);
    model->members = p->folds;
    model->atomnet = (oa_atomnet){ .blocks = p->blocks, .neighbours = p->neighbours, .lattice_parameter = p->lattice_parameter, .threshold = p->threshold,
                                   .norm_epsilon = NORM_EPSILON, .has_norm = strcmp(p->norm, "none") != 0 };
    if (strlen(p->species_codes) >= sizeof model->atomnet.species_codes)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species_codes"), "E_PARAMETER_VALUE", "%zu characters; %zu at most can be kept", strlen(p->species_codes),
                          sizeof model->atomnet.species_codes - 1);
    snprintf(model->atomnet.species_codes, sizeof model->atomnet.species_codes, "%s", p->species_codes);
    OA_TRY(oa_model__set_classes(model, CLASSES, NULL));
    return oa_atomnet__new_values(model);
}

/* Which cubes a member is validated on: as many as the file has for that; the first member those themselves, each further one the next of them all. */
static void choose_cubes(const teaching *t, size_t member, uint8_t *validates)
{
    const size_t n = t->n_of[PART_VALIDATION], all = n + t->n_of[PART_TRAIN];
    memset(validates, 0, t->n_cubes);
    for (size_t k = 0; k < n; k++) {
        size_t left = (member * n + k) % all;
        const uint32_t part = left < n ? PART_VALIDATION : PART_TRAIN;
        left -= left < n ? 0 : n;
        for (size_t c = 0; c < t->n_cubes; c++)
            if (t->part[c] == part && left-- == 0) validates[c] = 1;
    }
}

/* Places of the member's ions, in the order of the rows. room: (pool) */
static oa_fold fold_of(const teaching *t, const uint8_t *validates, uint32_t *room)
{
    const size_t n = t->pool.nearest.n;
    size_t train = 0, validation = 0;
    for (size_t i = 0; i < n; i++) {
        const uint32_t place = t->pool.order[i];
        if (validates[t->cube[t->pool.nearest.row[place]] - 1]) room[n - ++validation] = place;
        else room[train++] = place;
    }
    return (oa_fold){ .train = room, .n_train = train, .validation = room + train, .n_validation = validation };
}

/* Probabilities of all ions of the pool by the block, for the next one. */
static oa_status hand_on(oa_run *run, const teaching *t, size_t member, size_t block, const float *before, float *out)
{
    oa_atomnet_plan plan;
    oa_status status = oa_atomnet_plan_make(run->context, t->model, &plan);
    if (status == OA_OK) status = oa_atomnet_points_block(run->context, &plan, member, block, 1, &t->pool.points, before, NULL, out);
    oa_atomnet_plan_free(run->context, &plan);
    return status;
}

static oa_status train_member(oa_run *run, teaching *t, size_t member, const oa_fold *fold, float *const p[2])
{
    static const char *const phases[OA_ATOMNET_BLOCKS_MAX] = { "block 1", "block 2", "block 3", "block 4" };
    const train_params *set = t->p;
    const size_t blocks = (size_t)set->blocks, epochs = (size_t)set->epochs;
    const oa_atomnet_training how = { .learning_rate = set->learning_rate, .dropout = set->dropout, .norm_momentum = strcmp(set->norm, "last") == 0 ? 0 : NORM_MOMENTUM,
                                      .is_published = strcmp(set->penalty, "published") == 0, .falls = strcmp(set->optimizer, "adam_falling") == 0, .batch = (size_t)set->batch, .epochs = epochs,
                                      .seed = (uint64_t)set->seed };
    for (size_t b = 0; b < blocks; b++) {
        oa_phase(run->context, phases[b]);
        OA_TRY(oa_atomnet_train_block(run->context, t->model, member, b, &t->samples, p[b % 2], fold, &how, t->history + (member * blocks + b) * epochs));
        if (b + 1 < blocks) OA_TRY(hand_on(run, t, member, b, p[b % 2], p[(b + 1) % 2]));
    }
    return OA_OK;
}

static oa_status train_members(oa_run *run, teaching *t)
{
    const size_t n = t->pool.nearest.n;
    uint8_t *validates;
    uint32_t *room;
    float *p[2];
    OA_TRY(oa_scratch(run, &validates, t->n_cubes, 1));
    OA_TRY(oa_scratch(run, &room, n, sizeof *room));
    for (int i = 0; i < 2; i++) OA_TRY(oa_scratch(run, &p[i], n, sizeof(float)));
    for (size_t m = 0; m < (size_t)t->p->folds; m++) {
        choose_cubes(t, m, validates);
        const oa_fold fold = fold_of(t, validates, room);
        OA_TRY(train_member(run, t, m, &fold, p));
    }
    return OA_OK;
}

/* The loss of the epoch whose weights were kept, of the last block. */
static double least_loss(const teaching *t, size_t member)
{
    const size_t epochs = (size_t)t->p->epochs;
    const oa_atomnet_epoch *last = t->history + (member + 1) * (size_t)t->p->blocks * epochs - epochs;
    double least = INFINITY;
    for (size_t e = 0; e < epochs; e++) least = fmin(least, (double)last[e].validation_loss + (double)last[e].validation_penalty);
    return least;
}

static void keep_best(teaching *t)
{
    size_t best = 0;
    for (size_t m = 1; m < (size_t)t->p->folds; m++)
        if (least_loss(t, m) < least_loss(t, best)) best = m;
    for (size_t b = 0; b < (size_t)t->p->blocks; b++) {
        const size_t n = oa_atomnet_values(t->model, b);
        memmove(t->model->atomnet.values[b], t->model->atomnet.values[b] + best * n, n * sizeof(float));
    }
    t->model->members = 1;
}

/* ---- the test ---- */

/* What the ensemble says of the ions of the test cubes, in the order of their rows. */
typedef struct verdict {
    size_t n, members, blocks;
    uint8_t *label;
    float *probability[OA_ATOMNET_BLOCKS_MAX]; /* mean over the members */
    float *logit;                              /* (n, members) of the last block */
    float *target;                             /* (n, 2) */
    uint64_t confusion[4];                     /* truth, called */
    oa_reliability_bin bins[TRAIN_RELIABILITY_BINS], scaled[TRAIN_RELIABILITY_BINS];
} verdict;

static oa_status make_verdict(oa_run *run, const teaching *t, verdict *v)
{
    *v = (verdict){ .n = t->test.nearest.n, .members = (size_t)t->model->members, .blocks = (size_t)t->model->atomnet.blocks };
    OA_TRY(oa_scratch(run, &v->label, v->n, 1));
    OA_TRY(oa_scratch(run, &v->logit, v->n * v->members, sizeof *v->logit));
    OA_TRY(oa_scratch(run, &v->target, 2 * v->n, sizeof *v->target));
    for (size_t b = 0; b < v->blocks; b++) OA_TRY(oa_scratch(run, &v->probability[b], v->n, sizeof(float)));
    for (size_t i = 0; i < v->n; i++) {
        v->label[i] = t->test.label[t->test.order[i]];
        v->target[2 * i + v->label[i]] = 1;
    }
    return OA_OK;
}

static oa_status ask_member(oa_run *run, const teaching *t, const oa_atomnet_plan *plan, size_t member, float *const p[2], verdict *v)
{
    for (size_t b = 0; b < v->blocks; b++) {
        const bool is_last = b + 1 == v->blocks;
        OA_TRY(oa_atomnet_points_block(run->context, plan, member, b, is_last ? 0 : 1, &t->test.points, p[b % 2], NULL, p[(b + 1) % 2]));
        for (size_t i = 0; i < v->n; i++) {
            float value = p[(b + 1) % 2][t->test.order[i]];
            if (is_last) {
                v->logit[i * v->members + member] = value;
                value = (float)(1 / (1 + exp(-(double)value)));
            }
            v->probability[b][i] += value / (float)v->members;
        }
    }
    return OA_OK;
}

static oa_status ask(oa_run *run, const teaching *t, verdict *v)
{
    oa_atomnet_plan plan;
    float *p[2];
    OA_TRY(make_verdict(run, t, v));
    for (int i = 0; i < 2; i++) OA_TRY(oa_scratch(run, &p[i], v->n, sizeof(float)));
    oa_status status = oa_atomnet_plan_make(run->context, t->model, &plan);
    for (size_t m = 0; m < v->members && status == OA_OK; m++) status = ask_member(run, t, &plan, m, p, v);
    oa_atomnet_plan_free(run->context, &plan);
    return status;
}

static void count(const verdict *v, size_t block, double threshold, uint64_t confusion[4])
{
    memset(confusion, 0, 4 * sizeof *confusion);
    for (size_t i = 0; i < v->n; i++) confusion[2 * v->label[i] + ((double)v->probability[block][i] > threshold)]++;
}

/* By block: how well the probabilities order the ions, and what the threshold makes of them. */
static oa_status put_blocks(oa_run *run, const teaching *t, verdict *v)
{
    double *auc, *binary, *recall, *precision;
    uint32_t *block;
    OA_TRY(oa_put_array(run, "blocks/auc", 1, &v->blocks, &auc));
    OA_TRY(oa_put_array(run, "blocks/auc_binary", 1, &v->blocks, &binary));
    OA_TRY(oa_put_array(run, "blocks/recall", 1, &v->blocks, &recall));
    OA_TRY(oa_put_array(run, "blocks/precision", 1, &v->blocks, &precision));
    OA_TRY(oa_put_array(run, "blocks/block", 1, &v->blocks, &block));
    for (size_t b = 0; b < v->blocks; b++) {
        count(v, b, t->p->threshold, v->confusion); /* of the last block in the end */
        const double true0 = (double)v->confusion[0], false1 = (double)v->confusion[1], false0 = (double)v->confusion[2], true1 = (double)v->confusion[3];
        OA_TRY(oa_auc(run->context, v->probability[b], v->label, v->n, &auc[b]));
        block[b] = (uint32_t)b + 1;
        recall[b] = true1 / (true1 + false0); /* 0 / 0 is NaN: there are none */
        precision[b] = true1 / (true1 + false1);
        binary[b] = (recall[b] + true0 / (true0 + false1)) / 2;
    }
    return oa_put_real(run, "summary/test_auc", auc[v->blocks - 1]);
}

static void judge(const teaching *t, const oa_logits *logits, verdict *v)
{
    for (size_t i = 0; i < v->n; i++) {
        double log_p[2], p[2];
        for (int scaled = 0; scaled < 2; scaled++) {
            oa_logits_row(logits, i, -1, scaled ? t->model->temperature : 1, log_p);
            for (int c = 0; c < 2; c++) p[c] = exp(log_p[c]);
            oa_reliability_add(scaled ? v->scaled : v->bins, TRAIN_RELIABILITY_BINS, p, 2, v->label[i]);
        }
    }
}

static oa_status put_confusion(oa_run *run, const verdict *v)
{
    const size_t dims[2] = { 2, 2 };
    static const char *const names[] = { "confusion/truth", "confusion/predicted" };
    uint64_t *counts;
    OA_TRY(oa_put_array(run, "confusion/count", 2, dims, &counts));
    memcpy(counts, v->confusion, sizeof v->confusion);
    for (int axis = 0; axis < 2; axis++) {
        uint32_t *class;
        OA_TRY(oa_put_array(run, names[axis], 1, dims, &class));
        class[1] = 1;
        OA_TRY(oa_put_long_name(run, names[axis], "class: 0 matrix, 1 domain"));
    }
    return OA_OK;
}

/* What the ensemble knows of its errors: from cubes that no member has seen. */
static oa_status test_model(oa_run *run, teaching *t)
{
    verdict v;
    if (t->n_of[PART_TEST] == 0) return OA_OK;
    oa_phase(run->context, "test");
    OA_TRY(ask(run, t, &v));
    const oa_logits logits = { .values = v.logit, .n = v.n, .members = v.members, .units = 1 };
    const oa_temperature fit = oa_calibration_temperature(&logits, v.target);
    t->model->temperature = fit.is_at_limit ? 1 : fit.temperature;
    judge(t, &logits, &v);
    OA_TRY(put_blocks(run, t, &v));
    OA_TRY(put_confusion(run, &v));
    OA_TRY(train_put_reliability(run, v.bins));
    OA_TRY(oa_put_real(run, "summary/test_accuracy", (double)(v.confusion[0] + v.confusion[3]) / (double)v.n));
    OA_TRY(oa_put_real(run, "summary/test_loss", fit.loss_before));
    OA_TRY(oa_put_real(run, "summary/temperature", t->model->temperature));
    OA_TRY(oa_put_real(run, "summary/calibration_error", oa_reliability_error(v.bins, TRAIN_RELIABILITY_BINS)));
    return oa_put_real(run, "summary/calibration_error_scaled", oa_reliability_error(v.scaled, TRAIN_RELIABILITY_BINS));
}

/* ---- results ---- */

static oa_status put_history(oa_run *run, const teaching *t)
{
    static const struct {
        const char *name;
        size_t offset;
    } columns[] = { { "history/validation_accuracy", offsetof(oa_atomnet_epoch, validation_accuracy) },
                    { "history/validation_loss", offsetof(oa_atomnet_epoch, validation_loss) },
                    { "history/accuracy", offsetof(oa_atomnet_epoch, accuracy) }, { "history/loss", offsetof(oa_atomnet_epoch, loss) },
                    { "history/penalty", offsetof(oa_atomnet_epoch, penalty) }, { "history/validation_penalty", offsetof(oa_atomnet_epoch, validation_penalty) },
                    { "history/validation_auc", offsetof(oa_atomnet_epoch, validation_auc) } };
    const size_t dims[2] = { (size_t)t->p->folds, (size_t)(t->p->blocks * t->p->epochs) };
    uint32_t *member, *epoch, *block;
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        float *values;
        OA_TRY(oa_put_array(run, columns[c].name, 2, dims, &values));
        for (size_t i = 0; i < dims[0] * dims[1]; i++) memcpy(&values[i], (const char *)&t->history[i] + columns[c].offset, sizeof *values);
    }
    OA_TRY(oa_put_array(run, "history/member", 1, &dims[0], &member));
    OA_TRY(oa_put_array(run, "history/epoch", 1, &dims[1], &epoch));
    OA_TRY(oa_put_array(run, "history/block", 1, &dims[1], &block));
    for (size_t m = 0; m < dims[0]; m++) member[m] = (uint32_t)m + 1;
    for (size_t e = 0; e < dims[1]; e++) epoch[e] = (uint32_t)e + 1, block[e] = (uint32_t)(e / (size_t)t->p->epochs) + 1;
    return OA_OK;
}

static oa_status put_summary(oa_run *run, const teaching *t)
{
    size_t weights = 0;
    for (size_t b = 0; b < (size_t)t->p->blocks; b++) weights += oa_atomnet_values(t->model, b);
    OA_TRY(oa_put_count(run, "summary/patterns", t->pool.nearest.n + t->test.nearest.n));
    OA_TRY(oa_put_count(run, "summary/test_patterns", t->test.nearest.n));
    OA_TRY(oa_put_count(run, "summary/cubes", t->n_cubes));
    OA_TRY(oa_put_count(run, "summary/members", (uint64_t)t->model->members));
    OA_TRY(oa_put_count(run, "summary/weights", weights));
    OA_TRY(oa_put_text(run, "summary/classes", CLASSES));
    return oa_put_text(run, "summary/model_sha256", t->model->sha256);
}

static oa_status teach(oa_run *run, teaching *t)
{
    oa_phase(run->context, "neighbours");
    OA_TRY(prepare(run, t));
    OA_TRY(make_model(run, t));
    OA_TRY(train_members(run, t));
    OA_TRY(put_history(run, t));
    if (strcmp(t->p->keep, "best") == 0) keep_best(t);
    t->model->temperature = 1;
    OA_TRY(test_model(run, t));
    OA_TRY(oa_model_digest(t->model, t->model->sha256));
    OA_TRY(put_summary(run, t));
    oa_model *model = t->model;
    t->model = NULL;
    return oa_put_model(run, model);
}

oa_status train_run_atomnet(oa_run *run, const train_params *p)
{
    teaching t = { .p = p };
    const oa_status status = teach(run, &t);
    oa_model_free(t.model);
    return status;
}

/* Per ion: columns and truth 29, tree 19, lists 4 a neighbour, marks, places and labels 20, probabilities 16, and answers 4 by block and member; per ion of a
 * batch 560 floats a row and 5000 more; weights four times. */
uint64_t train_memory_atomnet(const oa_run *run, const train_params *p)
{
    const oa_input *input = oa_run_input(run, "patterns");
    const double ions = input && input->ions ? (double)input->ions->n : 0, blocks = (double)p->blocks, folds = (double)p->folds, rows = (double)p->neighbours;
    const double an_ion = 84 + 4 * rows + 4 * blocks + 4 * folds;
    return (uint64_t)(an_ion * ions + 4 * (double)p->batch * (560 * rows + 5000) + 16 * 190000 * (blocks * folds + 4) + 64e6);
}
