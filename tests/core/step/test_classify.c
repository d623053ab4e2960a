/* classify on a small crystal with a network of arbitrary weights: slabs, channels, invalid voxels, and what is refused. */
#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "data/model.h"
#include "math/curve.h"
#include "math/picture.h"
#include "math/sdm.h"
#include "nn/network.h"
#include "nn/outlier.h"
#include "run/run.h"

enum { CELLS = 14, IONS = 4 * CELLS * CELLS * CELLS };
static const double lattice = 0.36;

/* fcc, every site one of Co, Cr, Ni at random; thinned, so that some spheres hold few of a species. */
static oa_ions *make_ions(oa_context *context)
{
    static const double basis[4][3] = { { 0, 0, 0 }, { 0.5, 0.5, 0 }, { 0.5, 0, 0.5 }, { 0, 0.5, 0.5 } };
    static const unsigned z[] = { 27, 24, 28 };
    oa_random random = oa_random_start(3, 0);
    oa_ions *ions;
    oa_ranges *ranges;
    check_ok(context, oa_ions__create(context, &ions, IONS));
    check_ok(context, oa_ranges__create(context, &ranges));
    for (int i = 0; i < 3; i++) {
        oa_ion_type type = { .nuclides = { OA_ELEMENT_HASH(z[i]) }, .n_atoms = 1, .charge = 1 };
        unsigned number;
        oa_ion_type__name(&type);
        check_ok(context, oa_ranges__add_type(ranges, &type, &number));
    }
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    oa_ions__set_ranges(ions, ranges);
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (int axis = 0; axis < 3; axis++) {
        float *column = oa_ions__data(ions, (oa_ion_column)(OA_X + axis));
        for (size_t i = 0; i < IONS; i++) {
            const size_t cell[3] = { i / 4 % CELLS, i / 4 / CELLS % CELLS, i / 4 / CELLS / CELLS };
            column[i] = (float)(((double)cell[axis] + basis[i % 4][axis]) * lattice + 0.03 * oa_random_normal(&random));
        }
    }
    for (size_t i = 0; i < IONS; i++) type[i] = (uint8_t)(oa_random_below(&random, 6) > 2 ? 0 : 1 + oa_random_below(&random, 3));
    return ions;
}

static oa_model *make_model(oa_context *context, const char *preset)
{
    oa_model *model;
    oa_random random = oa_random_start(5, 0);
    const char *classes;
    check_ok(context, oa_model_new(context, &model));
    assert_true(oa_map_preset_find(preset, &model->map, &classes));
    check_ok(context, oa_model__set_classes(model, classes, NULL));
    model->members = 2;
    model->input_length = 93;
    model->input_channels = model->map.channels;
    const char *const kinds[] = { "conv1d", "maxpool1d", "flatten", "dense" };
    for (int i = 0; i < 4; i++) {
        oa_layer *layer = &model->layers[model->n_layers++];
        snprintf(layer->kind, sizeof layer->kind, "%s", kinds[i]);
        snprintf(layer->activation, sizeof layer->activation, "%s", i == 0 ? "relu" : i == 3 ? "softmax" : "linear");
        layer->width = i == 0 ? 10 : 2, layer->stride = i == 0 ? 1 : 2;
        layer->inputs = i == 0 ? model->input_channels : 42 * 4;
        layer->units = i == 0 ? 4 : model->n_classes;
    }
    check_ok(context, oa_model__new_weights(model));
    for (int i = 0; i < 4; i++)
        for (size_t k = 0; k < 2 * model->layers[i].n_kernel; k++) model->layers[i].kernel[k] = (float)(oa_random_normal(&random) / 4);
    check_ok(context, oa_model_digest(model, model->sha256));
    return model;
}

/* One call: what is given, what came out. */
typedef struct bench {
    oa_context *context;
    oa_ions *ions;
    oa_model *model;
    oa_settings *settings;
    oa_values *values;
    oa_record *record;
} bench;

static bench begin(oa_context *context, const char *preset, const char *species)
{
    bench b = { .context = context, .ions = make_ions(context), .model = make_model(context, preset) };
    const oa_step *step = oa_step_find("classify");
    assert_non_null(step);
    check_ok(context, oa_settings_new(context, &b.settings, step->params, step->params_size, step->presets));
    check_ok(context, oa_settings_set(b.settings, "species", species));
    check_ok(context, oa_settings_set(b.settings, "preset", preset));
    check_ok(context, oa_settings_set(b.settings, "threshold", "3"));
    return b;
}

static void set(bench *b, const char *name, const char *text)
{
    check_ok(b->context, oa_settings_set(b->settings, name, text));
}

static oa_status go(bench *b, int slab, int slabs, oa_values *joined)
{
    const oa_input inputs[2] = { { .role = "ions", .ions = b->ions, .ranges = b->ions->ranges },
                                 { .role = "model", .model = b->model, .content_sha256 = b->model->sha256 } };
    const oa_request request = { .step = oa_step_find("classify"), .settings = b->settings, .inputs = inputs, .n_inputs = 2,
                                 .slab = slab, .slabs = slabs, .joined = joined };
    oa_context__clear(b->context);
    return oa_run_step(b->context, &request, &b->values, &b->record);
}

static void drop(bench *b)
{
    oa_values_free(b->values);
    oa_record_free(b->record);
    b->values = NULL;
    b->record = NULL;
}

static void end(bench *b)
{
    drop(b);
    oa_settings_free(b->settings);
    oa_ions_free(b->ions);
    oa_model_free(b->model);
}

static const oa_array *array_of(const bench *b, int task, const char *name)
{
    const oa_array *array = oa_values_find(b->values, task, name);
    if (!array) fail_msg("task %d has no %s", task, name);
    return array;
}

static void test_classify__shapes_and_sums(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co,Ni");
    check_ok(b.context, go(&b, 0, 0, NULL));
    for (int task = 1; task <= 2; task++) {
        const oa_array *p = array_of(&b, task, "probability/probability"), *sum = array_of(&b, task, "pixels/sum");
        const oa_array *ion = array_of(&b, task, "selected/ion_index"), *valid = array_of(&b, task, "probability/is_valid");
        assert_int_equal(p->rank, 4);
        assert_int_equal(p->dims[3], 2);
        for (int i = 0; i < 3; i++) assert_int_equal(sum->dims[i], p->dims[i] + 1); /* voxel 1 nm, stride 0.5 nm */
        for (size_t v = 0; v < oa_array_count(valid); v++) {
            const double both = oa_array_real(p, 2 * v) + oa_array_real(p, 2 * v + 1);
            assert_int_equal(oa_array_real(valid, v) == 1, !isnan(both));
            if (!isnan(both)) check_real(both, 1, 1e-6);
        }
        assert_int_equal(oa_array_count(ion), (size_t)oa_array_real(array_of(&b, task, "summary/ions_selected"), 0));
        assert_int_equal(oa_array_count(ion), array_of(&b, task, "selected/pixel_sum")->dims[0]);
    }
    assert_string_equal(b.values->task_titles[1], "Ni");
    end(&b);
}

static const float *floats_of(const bench *b, int task, const char *name) { return array_of(b, task, name)->block->data; }
static double summary(const bench *b, int task, const char *name) { return oa_array_real(array_of(b, task, name), 0); }

static bool has_warned(const bench *b, const char *code)
{
    for (size_t i = 0; i < oa_warning_count(b->context); i++)
        if (strcmp(oa_warning_code(b->context, i), code) == 0) return true;
    return false;
}

static void test_classify__two_channels_make_one_result(void **state)
{
    bench b = begin(*state, "feal-002", "Co,Ni");
    set(&b, "class", "B2");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_int_equal(b.values->tasks, 1);
    assert_string_equal(b.values->task_titles[0], "Co-Ni");
    assert_int_equal(array_of(&b, 1, "probability/probability")->dims[3], 3);
    drop(&b);
    set(&b, "species", "Co");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_PARAMETER_VALUE");
    end(&b);
}

/* Both classes of the preset, each with its threshold: what one class alone gives, from probabilities that exist once. */
static void test_classify__several_classes_share_their_maps(void **state)
{
    static const char *const alone[] = { "1", "D03" }, *const titles[] = { "Co-Ni B2", "Co-Ni D03" };
    bench b = begin(*state, "feal-002", "Co,Ni"), one = begin(*state, "feal-002", "Co,Ni");
    set(&b, "threshold", "3,2.5");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_int_equal(b.values->tasks, 2);
    assert_ptr_equal(array_of(&b, 1, "probability/probability")->block, array_of(&b, 2, "probability/probability")->block);
    assert_string_equal(array_of(&b, 2, "probability/probability")->axes, "grid_z,grid_y,grid_x,class");
    for (int task = 1; task <= 2; task++) {
        assert_string_equal(b.values->task_titles[task - 1], titles[task - 1]);
        set(&one, "class", alone[task - 1]);
        set(&one, "threshold", task == 1 ? "3" : "2.5");
        check_ok(one.context, go(&one, 0, 0, NULL));
        for (size_t i = 0; i < one.values->n; i++) {
            const oa_array *want = &one.values->arrays[i], *got = array_of(&b, task, want->name);
            assert_int_equal(oa_array_bytes(want), oa_array_bytes(got));
            assert_memory_equal(want->block->data, got->block->data, oa_array_bytes(want));
        }
        drop(&one);
    }
    drop(&b);
    set(&b, "threshold", "3,2,1");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_PARAMETER_VALUE");
    set(&b, "threshold", "3");
    set(&b, "class", "B2,1");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_PARAMETER_VALUE");
    end(&b);
    end(&one);
}

/* A specimen that is lying down, looked at along where its z went, gives what it gave upright. */
static void test_classify__direction_turns_what_the_maps_see(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co"), lying = begin(*state, "cocrni-002", "Co");
    set(&b, "roi", "0,3,0,4,0,5");
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *x = oa_ions__data(lying.ions, OA_X), *z = oa_ions__data(lying.ions, OA_Z);
    for (size_t i = 0; i < IONS; i++) {
        const float old = x[i];
        x[i] = z[i];
        z[i] = -old;
    }
    set(&lying, "roi", "0,5,0,4,-3,0");
    set(&lying, "direction", "2,0,0");
    check_ok(lying.context, go(&lying, 0, 0, NULL));
    const oa_array *p = array_of(&b, 1, "probability/probability"), *q = array_of(&lying, 1, "probability/probability");
    const float *upright = p->block->data, *turned = q->block->data;
    const size_t nz = p->dims[0], ny = p->dims[1], nx = p->dims[2];
    assert_int_equal(q->dims[0], nx);
    assert_int_equal(q->dims[2], nz);
    for (size_t k = 0; k < nz; k++)
        for (size_t j = 0; j < ny; j++)
            for (size_t i = 0; i < nx; i++)
                assert_memory_equal(upright + 2 * ((k * ny + j) * nx + i), turned + 2 * (((nx - 1 - i) * ny + j) * nz + k), 2 * sizeof(float));
    check_real(summary(&lying, 1, "summary/plane_spacing"), 0.18, 0.002);
    drop(&lying);
    set(&lying, "direction", "0,0,0");
    check_fails(lying.context, go(&lying, 0, 0, NULL), "E_PARAMETER_RANGE");
    end(&b);
    end(&lying);
}

static void test_classify__warns_where_no_planes_are_resolved(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_false(has_warned(&b, "W_NO_PLANES"));
    assert_true(summary(&b, 1, "summary/plane_quality") > 30 && summary(&b, 1, "summary/plane_share") == 1);
    drop(&b);
    set(&b, "direction", "0.32,0.1,1");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_true(has_warned(&b, "W_NO_PLANES"));
    drop(&b);
    set(&b, "direction", "0.105,0,1");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_true(has_warned(&b, "W_NO_PLANES"));
    assert_non_null(strstr(oa_warning_text(b.context, 0), "degrees"));
    end(&b);
}

/* Types that ranges define and no ion, or one, has. */
static void test_classify__species_of_no_and_of_one_ion(void **state)
{
    for (size_t keep = 0; keep <= 1; keep++) {
        bench b = begin(*state, "cocrni-002", "Cr");
        char words[32];
        uint8_t *type = oa_ions__data(b.ions, OA_TYPE);
        for (size_t i = 0, n = 0; i < IONS; i++)
            if (type[i] == 2 && n++ >= keep) type[i] = 0;
        check_ok(b.context, go(&b, 0, 0, NULL));
        assert_true(has_warned(&b, "W_FEW_IONS"));
        snprintf(words, sizeof words, "Cr %zu", keep);
        assert_non_null(strstr(oa_warning_text(b.context, 0), words));
        assert_int_equal(summary(&b, 1, "summary/species_ions"), keep);
        const oa_array *valid = array_of(&b, 1, "probability/is_valid");
        for (size_t i = 0; i < oa_array_count(valid); i++) assert_int_equal(oa_array_real(valid, i), 0);
        assert_int_equal(summary(&b, 1, "summary/ions_selected"), 0);
        end(&b);
    }
}

static void test_classify__calibrated_probabilities(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co"), plain = begin(*state, "cocrni-002", "Co");
    set(&b, "calibrated", "true");
    check_ok(plain.context, go(&plain, 0, 0, NULL));
    const float *p = floats_of(&plain, 1, "probability/probability");
    const size_t n = oa_array_count(array_of(&plain, 1, "probability/probability"));
    for (int t = 1; t <= 4; t *= 2) {
        b.model->temperature = t;
        check_ok(b.context, go(&b, 0, 0, NULL));
        const float *q = floats_of(&b, 1, "probability/probability"), *spread = floats_of(&b, 1, "probability/spread");
        for (size_t i = 0; i < n; i++) {
            if (t == 1) check_real(q[i], p[i], 2e-6);
            if (t == 1) check_real(spread[i], floats_of(&plain, 1, "probability/spread")[i], 2e-6);
            assert_true(isnan(p[i]) ? isnan(q[i]) && isnan(spread[i]) : fabsf(q[i] - 0.5f) <= fmaxf(fabsf(p[i] - 0.5f) + spread[i], 1e-5f) + 1e-5f);
        }
        drop(&b);
    }
    end(&b);
    end(&plain);
}

/* The score is fitted to random walks: the curves of the crystal are unlike those, and like themselves. */
static void test_classify__patterns_unlike_the_training_are_told(void **state)
{
    enum { PATTERNS = 400 };
    const oa_extent extent = { .height = 1, .length = 93, .channels = 1 };
    bench b = begin(*state, "cocrni-002", "Co");
    oa_random random = oa_random_start(9, 0);
    float *patterns = calloc(PATTERNS * 93, sizeof *patterns);
    for (size_t i = 0; i < PATTERNS * 93; i++) patterns[i] = (i % 93 ? patterns[i - 1] : 0) + (float)(0.1 * oa_random_normal(&random));
    check_ok(b.context, oa_outlier_fit(b.model, extent, patterns, PATTERNS));
    b.model->outlier.limit = 2;
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_true(has_warned(&b, "W_OUT_OF_DISTRIBUTION"));
    const oa_array *score = array_of(&b, 1, "probability/outlier"), *valid = array_of(&b, 1, "probability/is_valid");
    size_t above = 0, n = 0;
    for (size_t i = 0; i < oa_array_count(score); i++) {
        assert_int_equal(isnan(oa_array_real(score, i)), oa_array_real(valid, i) == 0);
        above += oa_array_real(score, i) > 2;
        n += oa_array_real(valid, i) == 1;
    }
    check_real(summary(&b, 1, "summary/outlier_share"), (double)above / (double)n, 1e-12);
    drop(&b);
    b.model->outlier.limit = 1e30;
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_false(has_warned(&b, "W_OUT_OF_DISTRIBUTION"));
    assert_int_equal(summary(&b, 1, "summary/outlier_share"), 0);
    b.model->outlier.block = 2;
    drop(&b);
    check_fails(b.context, go(&b, 0, 0, NULL), "E_MODEL");
    free(patterns);
    end(&b);
}

/* A model of grey pictures: a dense layer says the mean grey of two halves. */
static oa_model *make_picture_model(oa_context *context, int64_t pixels)
{
    oa_model *model;
    oa_random random = oa_random_start(5, 0);
    const char *classes;
    check_ok(context, oa_model_new(context, &model));
    assert_true(oa_map_preset_find("allimg-011", &model->map, &classes));
    check_ok(context, oa_model__set_classes(model, classes, NULL));
    model->map.pixels = pixels;
    model->members = 2;
    model->input_height = model->input_length = pixels;
    model->input_channels = 1;
    model->n_layers = 2;
    snprintf(model->layers[0].kind, sizeof model->layers[0].kind, "flatten");
    snprintf(model->layers[0].activation, sizeof model->layers[0].activation, "linear");
    snprintf(model->layers[1].kind, sizeof model->layers[1].kind, "dense");
    snprintf(model->layers[1].activation, sizeof model->layers[1].activation, "softmax");
    model->layers[1].inputs = pixels * pixels;
    model->layers[1].units = 2;
    check_ok(context, oa_model__new_weights(model));
    for (size_t k = 0; k < 2 * model->layers[1].n_kernel; k++) model->layers[1].kernel[k] = (float)(oa_random_normal(&random) / 4);
    check_ok(context, oa_model_digest(model, model->sha256));
    return model;
}

/* One voxel's map by sdm's own mathematics, its picture, its network: the same probability. */
static void check_picture_voxel(const bench *b, size_t voxel)
{
    enum { PIXELS = 12 };
    oa_arena arena = { .context = b->context };
    const double box[6] = { 0, 5, 0, 5, 0, 5 };
    const oa_scan scan = oa_scan_of(box, 2, 1);
    const oa_sdm_rule rule = { .mode = OA_SDM_INSPHERE, .dimensions = 2, .radius = 1.5, .half_range = 1.5, .bins = 200, .kept = 200 };
    const oa_picture_rule draw = { .half_range = 1.5, .bins = 200, .kept = 200, .pixels = PIXELS };
    uint8_t take[IONS], grey[PIXELS * PIXELS];
    float x[PIXELS * PIXELS], p[2];
    oa_cells cells;
    oa_picture_plan plan;
    oa_network network;
    uint32_t *map = calloc(200 * 200, sizeof *map);
    for (size_t i = 0; i < IONS; i++) take[i] = oa_ions__type(b->ions, i) == 1;
    const oa_points points = { .n = IONS, .x = oa_ions__f32(b->ions, OA_X), .y = oa_ions__f32(b->ions, OA_Y), .z = oa_ions__f32(b->ions, OA_Z), .take = take };
    check_ok(b->context, oa_cells_build(&arena, &cells, &points, 0.75, 0));
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = b->context->kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    check_ok(b->context, oa_sdm_sites(b->context, &sdm, &(oa_sites){ .n = 1, .scan = &scan, .first = voxel }, map, NULL));
    check_ok(b->context, oa_picture_plan_make(&arena, &plan, &draw));
    oa_picture_draw(&plan, map, grey);
    for (size_t i = 0; i < PIXELS * PIXELS; i++) x[i] = (float)grey[i] / 255.0f;
    check_ok(b->context, oa_network_plan(b->context, b->model, &network));
    check_ok(b->context, oa_network_forward(b->context, &network, x, 1, &(oa_prediction){ .mean = p }));
    assert_memory_equal(p, floats_of(b, 1, "probability/probability") + 2 * voxel, sizeof p);
    oa_arena_drop(&arena);
    free(map);
}

static void test_classify__pictures(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co");
    oa_model_free(b.model);
    b.model = make_picture_model(b.context, 12);
    set(&b, "preset", "allimg-011");
    set(&b, "roi", "0,5,0,5,0,5");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_MAP_MISMATCH"); /* 150 pixels */
    set(&b, "pixels", "12");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_int_equal(array_of(&b, 1, "probability/probability")->dims[0], 4);
    assert_int_equal(summary(&b, 1, "summary/invalid_voxels"), 0);
    check_picture_voxel(&b, 0);
    check_picture_voxel(&b, 42);
    drop(&b);
    uint8_t *type = oa_ions__data(b.ions, OA_TYPE); /* only one corner keeps its Co */
    for (size_t i = 0; i < IONS; i++)
        if (type[i] == 1 && oa_ions__f32(b.ions, OA_Z)[i] > 1.5f) type[i] = 0;
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_in_range((size_t)summary(&b, 1, "summary/invalid_voxels"), 16, 32); /* all centres at 4 nm; those at 3 nm still touch it */
    for (size_t i = 48; i < 64; i++) assert_int_equal(oa_array_real(array_of(&b, 1, "probability/is_valid"), i), 0);
    drop(&b);
    set(&b, "picture", "");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_PARAMETER_RANGE");
    end(&b);
}

/* All curves of a scan by sdm's own mathematics; (voxels, 93). */
static void clean_curves(const bench *b, const oa_scan *scan, float *out)
{
    oa_arena arena = { .context = b->context };
    const size_t voxels = oa_scan_count(scan);
    const oa_sdm_rule rule = { .mode = OA_SDM_INSPHERE, .dimensions = 1, .radius = 0.75, .half_range = 1.5, .bins = 200, .first = 54, .kept = 93 };
    const oa_curve_rule clean = { .bins = 93, .window = 15, .order = 8, .first = 23, .last = 68, .sweeps = 1001 };
    uint8_t take[IONS];
    oa_cells cells;
    oa_curve_plan plan;
    uint32_t *maps = calloc(voxels * 93, sizeof *maps);
    for (size_t i = 0; i < IONS; i++) take[i] = oa_ions__type(b->ions, i) == 1;
    const oa_points points = { .n = IONS, .x = oa_ions__f32(b->ions, OA_X), .y = oa_ions__f32(b->ions, OA_Y), .z = oa_ions__f32(b->ions, OA_Z), .take = take };
    check_ok(b->context, oa_cells_build(&arena, &cells, &points, oa_sdm_cell_edge(&rule), 0));
    const oa_sdm_pair pair = { 0, 0 };
    const oa_sdm sdm = { .kernels = b->context->kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    check_ok(b->context, oa_sdm_sites(b->context, &sdm, &(oa_sites){ .n = voxels, .scan = scan }, maps, NULL));
    check_ok(b->context, oa_curve_plan_make(&arena, &plan, &clean));
    check_ok(b->context, oa_curve_clean(b->context, &plan, voxels, maps, (oa_curve_output){ out, 1 }));
    oa_arena_drop(&arena);
    free(maps);
}

/* The mean curve of a class is that of the voxels whose likeliest class it is, and `attribute` can take it. */
static void test_classify__mean_curves_of_the_classes(void **state)
{
    const double box[6] = { 0, 5, 0, 5, 0, 5 };
    const oa_scan scan = oa_scan_of(box, 1, 0.5);
    const size_t voxels = oa_scan_count(&scan);
    bench b = begin(*state, "cocrni-002", "Co");
    set(&b, "roi", "0,5,0,5,0,5");
    b.model->layers[3].bias[1] = b.model->layers[3].bias[3] = -1.0f;
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *curves = malloc(voxels * 93 * sizeof *curves);
    clean_curves(&b, &scan, curves);
    const float *p = floats_of(&b, 1, "probability/probability"), *got = floats_of(&b, 1, "patterns/pattern");
    assert_int_equal(oa_array_count(array_of(&b, 1, "probability/is_valid")), voxels);
    double sum[2][93] = { { 0 } };
    size_t n[2] = { 0 };
    for (size_t i = 0; i < voxels; i++) {
        if (isnan(p[2 * i])) continue;
        const int class = p[2 * i + 1] > p[2 * i];
        n[class]++;
        for (int k = 0; k < 93; k++) sum[class][k] += (double)curves[i * 93 + (size_t)k];
    }
    assert_true(n[0] > 10 && n[1] > 10); /* else the weights say nothing here */
    for (size_t class = 0; class < 2; class++) {
        assert_int_equal((size_t)oa_array_real(array_of(&b, 1, "patterns/voxels"), class), n[class]);
        for (size_t k = 0; k < 93; k++) check_real((double)got[class * 93 + k], sum[class][k] / (double)n[class], 1e-6);
    }
    check_real(oa_array_real(array_of(&b, 1, "patterns/distance"), 0), -1.5 + 54.5 * 0.015, 1e-12);
    assert_int_equal(array_of(&b, 1, "layers/curve")->dims[0], scan.n[2]);
    const oa_input inputs[2] = { { .role = "model", .model = b.model, .content_sha256 = b.model->sha256 }, { .role = "patterns", .result = b.values } };
    oa_settings *settings;
    oa_values *why;
    oa_record *record;
    const oa_step *attribute = oa_step_find("attribute");
    check_ok(b.context, oa_settings_new(b.context, &settings, attribute->params, attribute->params_size, attribute->presets));
    const oa_request request = { .step = attribute, .settings = settings, .inputs = inputs, .n_inputs = 2 };
    check_ok(b.context, oa_run_step(b.context, &request, &why, &record));
    assert_int_equal(oa_values_find(why, 1, "attribution/heat")->dims[0], 2);
    oa_values_free(why);
    oa_record_free(record);
    oa_settings_free(settings);
    free(curves);
    end(&b);
}

static bool is_split(const char *name)
{
    for (const oa_output *row = oa_step_find("classify")->outputs; row->name; row++)
        if (strcmp(row->name, name) == 0) return row->is_split;
    fail_msg("%s is in no table", name);
    return false;
}

/* Appends the layers of the parts, as a merge does. */
static void join(oa_context *context, oa_values *const *parts, int n, const char *name, int task, oa_values *out)
{
    const oa_array *first = oa_values_find(parts[0], task, name);
    const int used = is_split(name) ? n : 1;
    size_t dims[5], at = 0;
    oa_array *array;
    memcpy(dims, first->dims, sizeof dims);
    for (int k = 1; k < used; k++) dims[0] += oa_values_find(parts[k], task, name)->dims[0];
    check_ok(context, oa_values_add(out, task, name, first->type, first->rank, dims, &array));
    for (int k = 0; k < used; k++) {
        const oa_array *part = oa_values_find(parts[k], task, name);
        memcpy((char *)array->block->data + at, part->block->data, oa_array_bytes(part));
        at += oa_array_bytes(part);
    }
}

static void test_classify__slabs_give_the_same_digest(void **state)
{
    enum { PARTS = 3 };
    bench b = begin(*state, "cocrni-002", "Co");
    char whole[OA_HEX];
    oa_values *parts[PARTS], *joined;
    check_ok(b.context, go(&b, 0, 0, NULL));
    snprintf(whole, sizeof whole, "%s", b.record->results_sha256);
    drop(&b);
    for (int k = 0; k < PARTS; k++) {
        check_ok(b.context, go(&b, k + 1, PARTS, NULL));
        parts[k] = b.values;
        b.values = NULL;
        drop(&b);
    }
    check_ok(b.context, oa_values_new(b.context, &joined));
    for (size_t i = 0; i < parts[0]->n; i++) join(b.context, parts, PARTS, parts[0]->arrays[i].name, 1, joined);
    check_ok(b.context, go(&b, 0, 0, joined));
    assert_string_equal(b.record->results_sha256, whole);
    for (int k = 0; k < PARTS; k++) oa_values_free(parts[k]);
    end(&b);
}

/* With few ions many spheres hold less than a pair: NaN spreads over pixels, or counts as nothing. */
static void test_classify__invalid_voxels_propagate_or_count_as_zero(void **state)
{
    bench b = begin(*state, "cocrni-002", "Cr");
    size_t invalid[2] = { 0, 0 };
    uint8_t *type = oa_ions__data(b.ions, OA_TYPE);
    for (size_t i = 0; i < IONS; i++)
        if (type[i] == 2 && i % 16) type[i] = 0; /* Cr is type 2 */
    for (int zero = 0; zero < 2; zero++) {
        set(&b, "nan", zero ? "zero" : "propagate");
        check_ok(b.context, go(&b, 0, 0, NULL));
        const oa_array *sum = array_of(&b, 1, "pixels/sum");
        for (size_t i = 0; i < oa_array_count(sum); i++) invalid[zero] += isnan(oa_array_real(sum, i)) != 0;
        assert_true(oa_array_real(array_of(&b, 1, "summary/invalid_voxels"), 0) > 0);
        assert_int_equal(oa_warning_count(b.context), 1);
        assert_string_equal(oa_warning_code(b.context, 0), "W_FEW_IONS");
        drop(&b);
    }
    assert_true(invalid[0] > 0);
    assert_int_equal(invalid[1], 0);
    end(&b);
}

static void expect(bench *b, const char *code)
{
    check_fails(b->context, go(b, 0, 0, NULL), code);
    assert_null(b->values);
}

static void test_classify__what_does_not_fit_is_refused(void **state)
{
    bench b = begin(*state, "cocrni-002", "Fe");
    expect(&b, "E_SPECIES_UNKNOWN");
    set(&b, "species", "");
    expect(&b, "E_PARAMETER_VALUE");
    set(&b, "species", "Co");
    set(&b, "class", "L12");
    expect(&b, "E_PARAMETER_CHOICE");
    set(&b, "class", "CSRO");
    set(&b, "radius", "0.8");
    expect(&b, "E_MAP_MISMATCH");
    set(&b, "radius", "0.75");
    set(&b, "preset", "feal-002");
    expect(&b, "E_MAP_MISMATCH");
    assert_non_null(strstr(oa_error_text(b.context), "feal-002"));
    set(&b, "preset", "cocrni-002");
    set(&b, "roi", "0,0.8,0,5,0,5");
    expect(&b, "E_ROI_OUTSIDE");
    set(&b, "roi", "50,60,0,5,0,5");
    expect(&b, "E_ROI_OUTSIDE");
    set(&b, "roi", "0,3,0,3,0,3");
    set(&b, "stride", "0.3");
    expect(&b, "E_PARAMETER_RANGE");
    set(&b, "stride", "0.5");
    check_ok(b.context, go(&b, 0, 0, NULL));
    end(&b);
}

/* Each rule of a map by itself: one value that cannot be, then what the preset says. */
static void test_classify__rules_that_cannot_be_are_refused(void **state)
{
    static const struct { const char *name, *value, *code; } bad[] = {
        { "crop_bins", "150", "E_PARAMETER_RANGE" },     { "picture", "linear", "E_PARAMETER_VALUE" }, { "pixels", "8", "E_PARAMETER_VALUE" },
        { "dimensions", "2", "E_PARAMETER_RANGE" },      { "smooth_window", "16", "E_PARAMETER_RANGE" },
        { "smooth_order", "15", "E_PARAMETER_RANGE" },   { "background_last", "150", "E_PARAMETER_RANGE" },
        { "background_first", "90", "E_PARAMETER_RANGE" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bench b = begin(*state, "cocrni-002", "Co");
        set(&b, bad[i].name, bad[i].value);
        expect(&b, bad[i].code);
        end(&b);
    }
}

static void test_classify__all_ions_in_one_place(void **state)
{
    bench b = begin(*state, "cocrni-002", "Co");
    for (int axis = 0; axis < 3; axis++) {
        float *column = oa_ions__data(b.ions, (oa_ion_column)(OA_X + axis));
        for (size_t i = 0; i < IONS; i++) column[i] = 1;
    }
    expect(&b, "E_ROI_OUTSIDE");
    set(&b, "roi", "0,2,0,2,0,2");
    check_ok(b.context, go(&b, 0, 0, NULL)); /* no pair has an offset: every voxel is invalid */
    assert_int_equal(oa_array_real(array_of(&b, 1, "summary/invalid_voxels"), 0), 27);
    assert_null(oa_values_find(b.values, 1, "summary/mean_probability"));
    end(&b);
}

/* Every allocation fails once, on two threads: each time a message and no leak. */
static void test_classify__memory_may_run_out_anywhere(void **state)
{
    (void)state;
    oa_status status = OA_E_LACKING;
    oa_context *context;
    check_ok(context, oa_context_new(&context, &(oa_context_options){ .threads = 2 }));
    bench b = begin(context, "cocrni-002", "Co,Ni");
    set(&b, "roi", "0,2,0,2,0,2");
    set(&b, "class", "0,1");
    set(&b, "direction", "0.02,0,1");
    set(&b, "calibrated", "true");
    for (uint64_t n = 1; status != OA_OK; n++) {
        context->fail_allocation = context->allocations + n;
        status = go(&b, 0, 0, NULL);
        assert_true(status == OA_OK || status == OA_E_LACKING);
        drop(&b);
        assert_true(n < 3000);
    }
    context->fail_allocation = 0;
    end(&b);
    oa_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_classify__shapes_and_sums, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__two_channels_make_one_result, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__several_classes_share_their_maps, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__direction_turns_what_the_maps_see, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__warns_where_no_planes_are_resolved, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__species_of_no_and_of_one_ion, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__calibrated_probabilities, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__patterns_unlike_the_training_are_told, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__pictures, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__mean_curves_of_the_classes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__slabs_give_the_same_digest, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__invalid_voxels_propagate_or_count_as_zero, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__what_does_not_fit_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_classify__rules_that_cannot_be_are_refused, check_setup, check_teardown),
        cmocka_unit_test(test_classify__memory_may_run_out_anywhere),
        cmocka_unit_test_setup_teardown(test_classify__all_ions_in_one_place, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
