/* bench_engine.c - one task of the engine, timed inside the process: `bench_engine TASK THREADS FILE...`.
 *
 * Prepares the task, prints "ready", then runs it once for every line it reads and prints
 * "seconds processor_seconds items check extra": check is a number that the peer must reach too, extra belongs to the
 * task (bytes of memory the task took at most, for dbscan). peers.py speaks the same way, so that bench.py can let both
 * take turns.
 *
 *   rrng FILE.rrng             reads the file              check: ranges
 *   label IONS.pos FILE.rrng   ion types of all ions       check: ions in a range
 *   sdm IONS.pos X,Y,Z         z-SDMs of 1 nm voxels, stride 0.5 nm, over the box 0...X, 0...Y, 0...Z
 *                                                          check: all counts
 *   clean IONS.pos X,Y,Z       clean-up of these maps      check: sum of the curves
 *   cnn NETWORK.f32 C,F,K      conv1d 10 -> pooling -> dense 256 -> dense, C channels, F filters, K classes; the file has
 *                              weights and biases, layer by layer as in Keras, then curves (n, 93, C)
 *                                                          check: sum of the shares of the first class
 *   atomnet BLOCK.f32          one block of AtomNet; the file has its weights without batch norm, layer by layer, then atoms
 *                              (n, 32, 5)                check: sum of the logits
 *   atomnet_training STEPS     batches of 256 atoms with 32 rows of 5 columns, anything in them
 *   monte_carlo CELLS,K        sweeps of an fcc box of that many cells along each edge with two shells, a quarter of the sites Al, -0.03 and 0.01 eV a pair,
 *                              after 40 sweeps          check: alpha of the first shell, mean over some more
 *   dbscan IONS.pos            eps 0.4 nm, 3 points        check: domains
 *   nearest IONS.pos           32 nearest ions, itself included, tree and lists, 2^18 lists at a time
 *   nearest_k10 IONS.pos       11, so 10 others
 *                                                          check: sum of all rows in the lists; extra: bytes of the tree */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/context.h"
#include "base/memory.h"
#include "base/random.h"
#include "io/format.h"
#include "math/curve.h"
#include "math/dbscan.h"
#include "math/exchange.h"
#include "math/nearest.h"
#include "math/ranging.h"
#include "math/sdm.h"
#include "nn/atomnet_pass.h"
#include "nn/atomnet_learner.h"
#include "nn/network.h"

enum { REPEATS_RRNG = 200, KEPT = 93, TAPS = 10, UNITS = 256, NEAREST = 32, LISTS = 1 << 18 };

typedef struct bench {
    oa_context *context;
    oa_arena arena;
    const char *path, *second;
    oa_ions *ions;
    oa_ranges *ranges;
    oa_scan scan;
    uint32_t *maps, *lists;
    float *curves;
    oa_model *model;
    oa_network network;
    oa_atomnet_plan atomnet;
    size_t patterns;
    float *mean;
    oa_atomnet_learner *learner;
    uint8_t *label;
    /* of the last run */
    double items, check, extra;
    oa_periodic crystal;
    oa_exchange chain;
    double temperature;
} bench;

static const oa_read_options options = { .byte_order = "big", .force = true, .preset = "" };

static oa_status read_file(oa_context *context, const char *path, oa_content *out)
{
    oa_source source;
    *out = (oa_content){ .ions = NULL };
    OA_TRY(oa_source_open(context, path, &source));
    return source.read(context, &source, &options, out);
}

static oa_points points_of(const oa_ions *ions)
{
    return (oa_points){ .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y), .z = oa_ions__f32(ions, OA_Z) };
}

/* ---- preparing ---- */

static oa_status prepare_nothing(bench *b)
{
    (void)b;
    return OA_OK;
}

static oa_status prepare_ions(bench *b)
{
    oa_content content;
    OA_TRY(read_file(b->context, b->path, &content));
    b->ions = content.ions;
    return OA_OK;
}

static oa_status prepare_label(bench *b)
{
    oa_content content;
    OA_TRY(prepare_ions(b));
    OA_TRY(read_file(b->context, b->second, &content));
    b->ranges = content.ranges;
    return oa_ranging__assign(b->ions, b->ranges, OA_OVERLAP_FIRST);
}

static oa_status prepare_scan(bench *b)
{
    double box[6] = { 0 };
    const char *at = b->second;
    for (int axis = 0; axis < 3; axis++) {
        char *end;
        box[2 * axis + 1] = strtod(at, &end);
        at = *end == ',' ? end + 1 : end;
    }
    OA_TRY(prepare_ions(b));
    b->scan = oa_scan_of(box, 1.0, 0.5);
    OA_TRY(oa_arena_take(&b->arena, &b->maps, oa_scan_count(&b->scan) * KEPT, sizeof *b->maps));
    return oa_arena_take(&b->arena, &b->curves, oa_scan_count(&b->scan) * KEPT, sizeof *b->curves);
}

static oa_status set_layers(bench *b, const long shape[3])
{
    const oa_layer layers[] = {
        { .kind = "conv1d", .activation = "relu", .width = TAPS, .stride = 1, .inputs = shape[0], .units = shape[1] },
        { .kind = "maxpool1d", .activation = "linear", .width = 2, .stride = 2 },
        { .kind = "flatten", .activation = "linear" },
        { .kind = "dense", .activation = "relu", .inputs = (KEPT - TAPS + 1) / 2 * shape[1], .units = UNITS },
        { .kind = "dense", .activation = "softmax", .inputs = UNITS, .units = shape[2] },
    };
    OA_TRY(oa_model_new(b->context, &b->model));
    b->model->members = 1;
    b->model->input_height = 1;
    b->model->input_length = KEPT;
    b->model->input_channels = shape[0];
    b->model->n_classes = shape[2];
    b->model->n_layers = sizeof layers / sizeof *layers;
    memcpy(b->model->layers, layers, sizeof layers);
    OA_TRY(oa_model__new_weights(b->model));
    return oa_network_plan(b->context, b->model, &b->network);
}

static oa_status read_floats(bench *b, FILE *file, float *to, size_t n)
{
    return fread(to, sizeof *to, n, file) == n ? OA_OK : oa_fail(b->context, "E_READ", "%s is too short", b->path);
}

static oa_status read_network(bench *b, FILE *file)
{
    for (int i = 0; i < b->model->n_layers; i++) {
        const oa_layer *layer = &b->model->layers[i];
        if (layer->n_kernel) OA_TRY(read_floats(b, file, layer->kernel, layer->n_kernel));
        if (layer->n_bias) OA_TRY(read_floats(b, file, layer->bias, layer->n_bias));
    }
    const long here = ftell(file);
    fseek(file, 0, SEEK_END);
    b->patterns = (size_t)(ftell(file) - here) / sizeof(float) / b->network.n_input;
    fseek(file, here, SEEK_SET);
    OA_TRY(oa_arena_take(&b->arena, &b->curves, b->patterns * b->network.n_input, sizeof *b->curves));
    OA_TRY(oa_arena_take(&b->arena, &b->mean, b->patterns * b->network.n_classes, sizeof *b->mean));
    return read_floats(b, file, b->curves, b->patterns * b->network.n_input);
}

static oa_status prepare_cnn(bench *b)
{
    long shape[3] = { 0 };
    const char *at = b->second;
    for (int i = 0; i < 3; i++) {
        char *end;
        shape[i] = strtol(at, &end, 10);
        at = *end == ',' ? end + 1 : end;
    }
    OA_TRY(set_layers(b, shape));
    FILE *file = fopen(b->path, "rb");
    if (!file) return oa_fail(b->context, "E_READ", "%s cannot be read", b->path);
    const oa_status status = read_network(b, file);
    fclose(file);
    return status;
}

enum { ATOM_FLOATS = 32 * OA_ATOMNET_COLUMNS_1 };

static oa_status read_atoms(bench *b, FILE *file)
{
    OA_TRY(read_floats(b, file, b->model->atomnet.values[0], oa_atomnet_values(b->model, 0)));
    const long here = ftell(file);
    fseek(file, 0, SEEK_END);
    b->patterns = (size_t)(ftell(file) - here) / sizeof(float) / ATOM_FLOATS;
    fseek(file, here, SEEK_SET);
    OA_TRY(oa_arena_take(&b->arena, &b->curves, b->patterns * ATOM_FLOATS, sizeof *b->curves));
    OA_TRY(oa_arena_take(&b->arena, &b->mean, b->patterns, sizeof *b->mean));
    OA_TRY(read_floats(b, file, b->curves, b->patterns * ATOM_FLOATS));
    return oa_atomnet_plan_make(b->context, b->model, &b->atomnet);
}

static oa_status prepare_atomnet(bench *b)
{
    OA_TRY(oa_model_new(b->context, &b->model));
    b->model->members = 1;
    b->model->atomnet = (oa_atomnet){ .blocks = 1, .neighbours = 32 };
    OA_TRY(oa_atomnet__new_values(b->model));
    FILE *file = fopen(b->path, "rb");
    if (!file) return oa_fail(b->context, "E_READ", "%s cannot be read", b->path);
    const oa_status status = read_atoms(b, file);
    fclose(file);
    return status;
}

/* ---- running ---- */

static oa_status run_rrng(bench *b)
{
    for (int i = 0; i < REPEATS_RRNG; i++) {
        oa_content content;
        OA_TRY(read_file(b->context, b->path, &content));
        b->check = (double)content.ranges->n;
        oa_ranges__free(content.ranges);
    }
    b->items = REPEATS_RRNG;
    return OA_OK;
}

/* A new column of types each time, as a step makes one. */
static oa_status run_label(bench *b)
{
    OA_TRY(oa_ranging__assign(b->ions, b->ranges, OA_OVERLAP_FIRST));
    b->items = (double)b->ions->n;
    return OA_OK;
}

static void check_label(bench *b)
{
    b->check = 0;
    for (size_t i = 0; i < b->ions->n; i++) b->check += oa_ions__type(b->ions, i) != 0;
}

static oa_status run_sdm(bench *b)
{
    const oa_sdm_rule rule = { .mode = OA_SDM_INSPHERE, .dimensions = 1, .radius = 0.75, .half_range = 1.5, .bins = 200,
                               .first = 54, .kept = KEPT };
    const oa_points points = points_of(b->ions);
    const oa_sites sites = { .n = oa_scan_count(&b->scan), .scan = &b->scan };
    const oa_sdm_pair pair = { 0, 0 };
    oa_arena arena = { .context = b->context };
    oa_cells cells;
    OA_TRY(oa_cells_build(&arena, &cells, &points, oa_sdm_cell_edge(&rule), 0));
    const oa_sdm sdm = { .kernels = b->context->kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    OA_TRY(oa_sdm_sites(b->context, &sdm, &sites, b->maps, NULL));
    oa_arena_drop(&arena);
    b->items = (double)sites.n;
    return OA_OK;
}

static void check_maps(bench *b)
{
    b->check = 0;
    for (size_t i = 0; i < oa_scan_count(&b->scan) * KEPT; i++) b->check += b->maps[i];
}

static oa_status run_clean(bench *b)
{
    const oa_curve_rule rule = { .bins = KEPT, .window = 15, .order = 8, .first = 23, .last = 68, .sweeps = 1001 };
    oa_arena arena = { .context = b->context };
    oa_curve_plan plan;
    OA_TRY(oa_curve_plan_make(&arena, &plan, &rule));
    OA_TRY(oa_curve_clean(b->context, &plan, oa_scan_count(&b->scan), b->maps, (oa_curve_output){ b->curves, 1 }));
    oa_arena_drop(&arena);
    b->items = (double)oa_scan_count(&b->scan);
    return OA_OK;
}

static oa_status prepare_clean(bench *b)
{
    OA_TRY(prepare_scan(b));
    return run_sdm(b);
}

static void check_curves(bench *b)
{
    b->check = 0;
    for (size_t i = 0; i < oa_scan_count(&b->scan) * KEPT; i++)
        if (!isnan(b->curves[i])) b->check += (double)b->curves[i];
}

static oa_status run_cnn(bench *b)
{
    b->items = (double)b->patterns;
    return oa_network_forward(b->context, &b->network, b->curves, b->patterns, &(oa_prediction){ .mean = b->mean });
}

static void check_cnn(bench *b)
{
    b->check = 0;
    for (size_t i = 0; i < b->patterns; i++) b->check += (double)b->mean[i * b->network.n_classes];
}

static oa_status atoms_of(void *arg, oa_span span, oa_worker *worker)
{
    bench *b = arg;
    float *scratch;
    OA_TRY(oa_worker_scratch(worker, 0, &scratch, oa_atomnet_scratch(&b->atomnet), sizeof *scratch));
    oa_atomnet_logits(&b->atomnet, 0, 0, span.end - span.begin, b->curves + span.begin * ATOM_FLOATS, scratch, b->mean + span.begin);
    return OA_OK;
}

static oa_status run_atomnet(bench *b)
{
    b->items = (double)b->patterns;
    return oa_parallel(b->context, b->patterns, OA_ATOMNET_GROUP, atoms_of, b);
}

static void check_atomnet(bench *b)
{
    b->check = 0;
    for (size_t i = 0; i < b->patterns; i++) b->check += (double)b->mean[i];
}

enum { ATOMS = 256, ROWS = 32, COLUMNS = 5 };

static oa_status prepare_learner(bench *b)
{
    const oa_atomnet_setting setting = { .columns = COLUMNS, .rows = ROWS, .batch = ATOMS, .has_norm = true, .norm_epsilon = 1e-3, .norm_momentum = 0.99, .dropout = 0.3,
                                         .learning_rate = 1e-3, .seed = 8 };
    oa_random random = oa_random_start(8, 8);
    float *values;
    OA_TRY(oa_arena_take(&b->arena, &values, oa_atomnet_layout(COLUMNS, true, NULL), sizeof *values));
    OA_TRY(oa_arena_take(&b->arena, &b->curves, ATOMS * ROWS * COLUMNS, sizeof *b->curves));
    OA_TRY(oa_arena_take(&b->arena, &b->label, ATOMS, 1));
    for (size_t i = 0; i < ATOMS * ROWS * COLUMNS; i++) b->curves[i] = (float)oa_random_normal(&random);
    for (size_t i = 0; i < ATOMS; i++) b->label[i] = (uint8_t)oa_random_below(&random, 2);
    OA_TRY(oa_atomnet_learner_new(b->context, &setting, values, &b->learner));
    oa_atomnet_learner_begin(b->learner);
    return OA_OK;
}

static void give_rows(void *arg, size_t i, float *x)
{
    const bench *b = arg;
    memcpy(x, b->curves + i * ROWS * COLUMNS, ROWS * COLUMNS * sizeof *x);
}

static oa_status run_learner(bench *b)
{
    const long steps = strtol(b->path, NULL, 10);
    oa_atomnet_loss loss;
    for (long i = 0; i < steps; i++) OA_TRY(oa_atomnet_learner_step(b->learner, ATOMS, give_rows, b, b->label, &loss));
    b->items = (double)(steps * ATOMS);
    return OA_OK;
}

enum { SWEPT_BEFORE = 40, SWEPT = 1 << 18, LOOKED_AT = 1 << 19 }; /* sweeps; attempts of a round, and of its check */

static oa_status prepare_chain(bench *b)
{
    static const double energies[] = { 0, -0.03, -0.03, 0, 0, 0.01, 0.01, 0 };
    char *end;
    const uint32_t edge = (uint32_t)strtoul(b->path, &end, 10);
    b->temperature = strtod(*end == ',' ? end + 1 : end, NULL);
    OA_TRY(oa_periodic__make(b->context, "fcc", (const uint32_t[]){ edge, edge, edge }, 2, &b->crystal));
    const uint64_t al = b->crystal.n / 4, counts[] = { b->crystal.n - al, al };
    const oa_exchange_setup setup = { &b->crystal, 2, counts, energies, 5, false, 0 };
    OA_TRY(oa_exchange__make(&b->arena, &setup, &b->chain));
    for (int i = 0; i < SWEPT_BEFORE; i++) OA_TRY(oa_exchange__sweep(b->context, &b->chain, b->temperature));
    return OA_OK;
}

static oa_status run_chain(bench *b)
{
    const uint32_t n = b->crystal.n, sweeps = 1 + SWEPT / n;
    for (uint32_t i = 0; i < sweeps; i++) OA_TRY(oa_exchange__sweep(b->context, &b->chain, b->temperature));
    b->items = (double)sweeps * n;
    return OA_OK;
}

/* Mean over sweeps after the time, as that of one state is noise. */
static void check_chain(bench *b)
{
    const uint32_t states = 1 + LOOKED_AT / b->crystal.n;
    const double unlike = 2 * 0.25 * 0.75 * b->crystal.n * b->crystal.shell[0].coordination / 2;
    uint64_t pairs[2 * 4];
    b->check = 0;
    for (uint32_t i = 0; i < states; i++) {
        if (oa_exchange__sweep(b->context, &b->chain, b->temperature) != OA_OK) return;
        oa_periodic__count(&b->crystal, b->chain.species, 2, pairs);
        b->check += (1 - (double)pairs[1] / unlike) / states;
    }
}

static oa_status run_dbscan(bench *b)
{
    oa_points points = points_of(b->ions);
    points.steps = 1000; /* the default of the step `domains` */
    oa_arena arena = { .context = b->context };
    uint32_t *domain, n_domains;
    const size_t before = b->context->bytes;
    b->context->peak_bytes = before;
    OA_TRY(oa_arena_take(&arena, &domain, points.n, sizeof *domain));
    OA_TRY(oa_dbscan(b->context, &arena, &points, 0.4, 3, domain, &n_domains));
    b->extra = (double)(b->context->peak_bytes - before);
    b->check = n_domains;
    b->items = (double)points.n;
    oa_arena_drop(&arena);
    return OA_OK;
}

static oa_status prepare_nearest(bench *b)
{
    OA_TRY(prepare_ions(b));
    return oa_arena_take(&b->arena, &b->lists, (size_t)NEAREST * LISTS, sizeof *b->lists);
}

static oa_status find_nearest(bench *b, int k)
{
    const oa_points points = points_of(b->ions);
    oa_arena arena = { .context = b->context };
    oa_nearest nearest;
    const size_t before = b->context->bytes;
    OA_TRY(oa_nearest_build(&arena, &nearest, &points, 1, k));
    b->extra = (double)(b->context->bytes - before);
    b->check = 0;
    for (size_t at = 0; at < nearest.n; at += LISTS) {
        const size_t n = nearest.n - at < LISTS ? nearest.n - at : LISTS;
        uint64_t sum = 0;
        OA_TRY(oa_nearest_find(b->context, &nearest, at, n, &(oa_nearest_lists){ .row = b->lists }));
        for (size_t i = 0; i < n * (size_t)k; i++) sum += b->lists[i];
        b->check += (double)sum;
    }
    b->items = (double)points.n;
    oa_arena_drop(&arena);
    return OA_OK;
}

static oa_status run_nearest(bench *b) { return find_nearest(b, NEAREST); }
static oa_status run_nearest_k10(bench *b) { return find_nearest(b, 11); }

/* ---- taking turns ---- */

static const struct task {
    const char *name;
    oa_status (*prepare)(bench *b), (*run)(bench *b);
    void (*check)(bench *b); /* outside the time; NULL: done by the run */
} tasks[] = {
    { "rrng", prepare_nothing, run_rrng, NULL },
    { "label", prepare_label, run_label, check_label },
    { "sdm", prepare_scan, run_sdm, check_maps },
    { "clean", prepare_clean, run_clean, check_curves },
    { "cnn", prepare_cnn, run_cnn, check_cnn },
    { "atomnet", prepare_atomnet, run_atomnet, check_atomnet },
    { "atomnet_training", prepare_learner, run_learner, NULL },
    { "monte_carlo", prepare_chain, run_chain, check_chain },
    { "dbscan", prepare_ions, run_dbscan, NULL },
    { "nearest", prepare_nearest, run_nearest, NULL },
    { "nearest_k10", prepare_nearest, run_nearest_k10, NULL },
};

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static oa_status serve(bench *b, const struct task *task)
{
    char line[16];
    OA_TRY(task->prepare(b));
    OA_TRY(task->run(b)); /* warm */
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        const double processor = processor_seconds(), start = oa_seconds();
        OA_TRY(task->run(b));
        const double seconds = oa_seconds() - start, used = processor_seconds() - processor;
        if (task->check) task->check(b);
        printf("%.9g %.9g %.17g %.17g %.17g\n", seconds, used, b->items, b->check, b->extra);
        fflush(stdout);
    }
    return OA_OK;
}

static const struct task *find_task(const char *name)
{
    for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++)
        if (strcmp(tasks[i].name, name) == 0) return &tasks[i];
    return NULL;
}

int main(int argc, char **argv)
{
    const struct task *task = argc > 3 ? find_task(argv[1]) : NULL;
    if (!task) {
        fprintf(stderr, "usage: bench_engine rrng|label|sdm|clean|cnn|atomnet|atomnet_training|monte_carlo|dbscan|nearest|nearest_k10 THREADS FILE [FILE|X,Y,Z]\n");
        return 2;
    }
    const oa_context_options about = { .threads = (int)strtol(argv[2], NULL, 10) };
    bench b = { .path = argv[3], .second = argc > 4 ? argv[4] : "" };
    oa_status status = oa_context_new(&b.context, &about);
    b.arena.context = b.context;
    if (status == OA_OK) status = serve(&b, task);
    if (status != OA_OK) fprintf(stderr, "%s: %s\n", oa_error_code(b.context), oa_error_text(b.context));
    oa_arena_drop(&b.arena);
    oa_ions_free(b.ions);
    oa_ranges__free(b.ranges);
    oa_atomnet_plan_free(b.context, &b.atomnet);
    oa_model_free(b.model);
    oa_atomnet_learner_free(b.learner);
    oa_context_free(b.context);
    return status != OA_OK;
}
