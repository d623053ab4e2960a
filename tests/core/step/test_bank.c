/* test_bank.c - grids, labels, groups and copies of banks; voxels; what is refused; nothing depends on threads. */
#include "core/step/step_run.h"

#include "base/random.h"
#include "step/bank.h"

extern const oa_step oa_step_bank;

/* name, text, name, text, ..., NULL */
static step_run *prepared(oa_context *context, const char *const *options)
{
    step_run *s = step_begin(context, &oa_step_bank);
    for (; *options; options += 2) step_set(s, options[0], options[1]);
    return s;
}

#define PREPARED(context, ...) prepared(context, (const char *const[]){ __VA_ARGS__, NULL })
/* Few curves of small crystals. */
#define SMALL "sigma_lateral", "0.2,0.4", "sigma_depth", "0.02", "efficiency", "0.5:0.6:0.05"
#define FEW_VOXELS "crystals", "no", "voxels", "60", "specimens", "6", "specimen_edge", "4"

static step_run *made(oa_context *context, const char *const *options)
{
    step_run *s = prepared(context, options);
    check_ok(context, step_go(s));
    return s;
}
#define MADE(context, ...) made(context, (const char *const[]){ __VA_ARGS__, NULL })

/* ---------------------------------------------------------------------------------------------- recipes */

typedef struct recipe {
    const char *preset;
    size_t classes, patterns[3], atoms[3], ordered[3];
} recipe;

/* ML-APT tables of §2 and §3. */
static const recipe recipes[] = {
    { "cocrni-002", 2, { 3250, 1950 }, { 172, 172 }, { 172, 64 } },
    { "cocrni-111", 2, { 3250, 1950 }, { 172, 172 }, { 172, 0 } },
    { "feal-002", 3, { 1500, 1500, 2000 }, { 12691, 3059, 3925 }, { 12691, 1331, 1098 } },
    { "allimg-011", 2, { 1380, 1196 }, { 9842, 9842 }, { 9842, 2744 } },
};

static void test_bank__presets_have_the_published_counts(void **state)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        const recipe *want = &recipes[i];
        step_run *s = PREPARED(*state, "preset", want->preset);
        static bank b;
        check_ok((oa_context *)*state, bank_prepare(&s->run, s->settings->values, &b));
        assert_int_equal(b.n_classes, want->classes);
        for (size_t c = 0; c < b.n_classes; c++) {
            size_t ordered = 0;
            assert_int_equal(b.class[c].n, want->patterns[c]);
            assert_int_equal(b.class[c].atoms, want->atoms[c]);
            for (size_t k = 0; k < b.class[c].atoms; k++) ordered += b.class[c].is_ordered[k];
            if (want->ordered[c]) assert_int_equal(ordered, want->ordered[c]);
        }
        step_end(s);
    }
}

static void test_bank__maps_are_those_of_classify(void **state)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        step_run *s = PREPARED(*state, "preset", recipes[i].preset);
        static bank b;
        oa_map_definition map;
        const char *classes;
        char ours[96] = "";
        check_ok((oa_context *)*state, bank_prepare(&s->run, s->settings->values, &b));
        assert_true(oa_map_preset_find(recipes[i].preset, &map, &classes));
        check_ok((oa_context *)*state, oa_map_definition_compare(*state, &map, &b.map));
        assert_string_equal(map.direction, b.map.direction);
        for (size_t c = 0; c < b.n_classes; c++) snprintf(ours + strlen(ours), sizeof ours - strlen(ours), "%s%s", c ? "," : "", b.class[c].name);
        assert_string_equal(ours, classes);
        step_end(s);
    }
}

static void test_bank__the_table_holds_the_first_preset(void **state)
{
    step_run *a = PREPARED(*state, "seed", "1"), *b = PREPARED(*state, "preset", "cocrni-002");
    for (size_t row = 0; row < oa_param_count(oa_step_bank.params); row++) {
        char *left, *right;
        check_ok((oa_context *)*state, oa_settings_text(a->settings, row, &left));
        check_ok((oa_context *)*state, oa_settings_text(b->settings, row, &right));
        assert_string_equal(left, right);
        oa_free(*state, left);
        oa_free(*state, right);
    }
    step_end(a);
    step_end(b);
}

static void test_bank__a_grid_is_a_run_or_a_list(void **state)
{
    step_run *s = PREPARED(*state, "sigma_lateral", "0.2:0.8:0.05", "sigma_depth", "0.01,0.03,0.02/0.05", "efficiency", "0.3:0.3:1");
    static bank b;
    check_ok((oa_context *)*state, bank_prepare(&s->run, s->settings->values, &b));
    assert_true(b.class[0].grid[0].n == 13 && b.class[0].grid[0].v[12] == 0.2 + 12 * 0.05);
    assert_true(b.class[0].grid[1].n == 3 && b.class[0].grid[1].v[1] == 0.03 && b.class[1].grid[1].n == 1 && b.class[1].grid[1].v[0] == 0.05);
    assert_true(b.class[0].grid[2].n == 1 && b.class[0].grid[2].v[0] == 0.3);
    step_end(s);
    s = PREPARED(*state, "preset", "feal-002", "matched_sigma", "yes");
    check_ok((oa_context *)*state, bank_prepare(&s->run, s->settings->values, &b));
    for (size_t c = 0; c < 3; c++) {
        assert_int_equal(b.class[c].n, 4 * 25 * 25);
        check_real(b.class[c].grid[1].v[0], 0.01, 1e-12);
        check_real(b.class[c].grid[1].v[24], 0.058, 1e-12);
    }
    step_end(s);
}

/* ---------------------------------------------------------------------------------------------- crystals */

static void test_bank__patterns_are_numbered_as_published(void **state)
{
    step_run *s = MADE(*state, SMALL, "repeats", "2");
    const double lateral[] = { 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.4 }, efficiency[] = { 0.5, 0.5, 0.55, 0.55, 0.6, 0.6, 0.5 };
    const double *l = step_data(s, "labels/sigma_lateral"), *e = step_data(s, "labels/efficiency"), *d = step_data(s, "labels/sigma_depth");
    const uint32_t *label = step_data(s, "labels/label");
    for (size_t i = 0; i < 7; i++) {
        check_real(l[i], lateral[i], 1e-12);
        check_real(e[i], efficiency[i], 1e-12);
        check_real(d[i], 0.02, 0);
    }
    assert_int_equal(step_array(s, "patterns/pattern")->dims[0], 48); /* 2 classes, 2 x 3 places, 2 repeats, as many copies */
    for (size_t i = 0; i < 48; i++) assert_int_equal(label[i], i / 12 % 2);
    assert_string_equal(step_text(s, "summary/labels"), "FCC 24, CSRO 24");
    assert_string_equal(step_text(s, "map/classes"), "FCC,CSRO");
    assert_string_equal(step_text(s, "map/preset"), "cocrni-002");
    step_end(s);
}

static void test_bank__curves_run_from_0_to_1(void **state)
{
    step_run *s = MADE(*state, SMALL, "copies", "0");
    const oa_array *array = step_array(s, "patterns/pattern");
    const float *curve = array->block->data, *target = step_data(s, "labels/target");
    const uint32_t *label = step_data(s, "labels/label");
    for (size_t i = 0; i < array->dims[0]; i++) {
        float low = 1, high = 0;
        for (size_t k = 0; k < 93; k++) low = fminf(low, curve[i * 93 + k]), high = fmaxf(high, curve[i * 93 + k]);
        assert_true(low == 0 && high == 1);
        assert_true(target[2 * i + label[i]] == 1 && target[2 * i + 1 - label[i]] == 0);
    }
    step_end(s);
}

/* The shift c for which the copy is the original moved to the left by c, with zeros coming in; 99: none. */
static int shift_between(const float *original, const float *copy, int channels)
{
    for (int c = -9; c <= 9; c++) {
        bool fits = true;
        for (int i = 0; fits && i < 93; i++)
            for (int k = 0; k < channels; k++)
                fits &= copy[i * channels + k] == (i + c >= 0 && i + c < 93 ? original[(i + c) * channels + k] : 0);
        if (fits) return c;
    }
    return 99;
}

static void test_bank__copies_are_shifted_and_share_a_group(void **state)
{
    step_run *s = MADE(*state, "preset", "feal-002", "cells", "4,4,4", SMALL, "copies", "3", "repeats", "8");
    const size_t n = 3 * 6 * 8;
    const float *curve = step_data(s, "patterns/pattern");
    const uint32_t *group = step_data(s, "labels/group"), *label = step_data(s, "labels/label");
    unsigned seen = 0;
    assert_int_equal(step_array(s, "patterns/pattern")->dims[0], 4 * n);
    for (size_t copy = n; copy < 4 * n; copy++) {
        const int c = shift_between(curve + copy % n * 186, curve + copy * 186, 2);
        if (c < -4 || c > 3) fail_msg("copy %zu is shifted by %d", copy, c);
        seen |= 1u << (c + 4);
        assert_true(group[copy] == copy % n && group[copy % n] == copy % n && label[copy] == label[copy % n]);
    }
    assert_int_equal(seen, 255); /* -4 ... 3, all of them */
    step_end(s);
}

static void test_bank__channels_without_order_are_drawn_or_copied(void **state)
{
    for (int copies = 0; copies < 2; copies++) {
        step_run *s = MADE(*state, "preset", "feal-002", "cells", "4", SMALL, "copies", "0", "copy_channels", copies ? "yes" : "no");
        const float *curve = step_data(s, "patterns/pattern");
        const uint64_t *pairs = step_data(s, "labels/pairs");
        for (size_t i = 0; i < 6; i++) {
            size_t equal = 0;
            for (size_t k = 0; k < 93; k++) equal += curve[i * 186 + 2 * k] == curve[i * 186 + 2 * k + 1];
            assert_int_equal(copies, equal == 93 && pairs[2 * i] == pairs[2 * i + 1]);
        }
        step_end(s);
    }
}

/* At equal noise the ions at a low efficiency are among those at a high one. */
static void test_bank__nested_efficiencies_share_a_group(void **state)
{
    step_run *s = MADE(*state, SMALL, "nested", "yes", "copies", "0");
    const uint32_t *group = step_data(s, "labels/group");
    const uint64_t *pairs = step_data(s, "labels/pairs");
    for (size_t i = 0; i < 12; i++) assert_int_equal(group[i], i / 3 * 3);
    for (size_t i = 0; i < 12; i++) assert_true(i % 3 == 0 || pairs[i] >= pairs[i - 1]);
    step_end(s);
}

static void test_bank__pictures(void **state)
{
    step_run *s = MADE(*state, "preset", "allimg-011", "cells", "5", SMALL);
    const oa_array *grey = step_array(s, "pictures/grey");
    const uint8_t *value = grey->block->data;
    assert_true(grey->dims[0] == 12 && grey->dims[1] == 150 && grey->dims[2] == 150);
    for (size_t i = 0; i < 12; i++) {
        uint8_t low = 255, high = 0;
        for (size_t k = i * 22500; k < (i + 1) * 22500; k++) low = value[k] < low ? value[k] : low, high = value[k] > high ? value[k] : high;
        assert_true(low < 100 && high > 200);
    }
    assert_null(oa_values_find(s->values, 1, "patterns/pattern"));
    step_end(s);
}

/* ---------------------------------------------------------------------------------------------- the same bytes */

static void test_bank__threads_change_nothing(void **state)
{
    char first[65] = "";
    (void)state;
    for (int threads = 1; threads <= 5; threads += 2) {
        oa_context *context;
        assert_int_equal(oa_context_new(&context, &(oa_context_options){ .threads = threads }), OA_OK);
        step_run *s = MADE(context, "preset", "feal-002", "cells", "4", SMALL, "voxels", "60", "specimens", "6", "specimen_edge", "4.5");
        if (threads == 1) memcpy(first, step_digest(s), 65);
        assert_string_equal(first, step_digest(s));
        step_end(s);
        oa_context_free(context);
    }
}

/* Other classes and other grids leave a pattern as it was; another seed does not. */
static void test_bank__a_pattern_has_a_stream_of_its_own(void **state)
{
    step_run *a = MADE(*state, SMALL), *b = MADE(*state, SMALL, "structures", "fcc,l12,l10", "classes", ""), *c = MADE(*state, SMALL, "seed", "2");
    const size_t bytes = 12 * 93 * sizeof(float);
    assert_memory_equal(step_data(a, "patterns/pattern"), step_data(b, "patterns/pattern"), bytes);
    assert_true(memcmp(step_data(a, "patterns/pattern"), step_data(c, "patterns/pattern"), bytes) != 0);
    assert_string_equal(step_text(b, "map/classes"), "FCC,L12,L10");
    step_end(a);
    step_end(b);
    step_end(c);
}

/* ---------------------------------------------------------------------------------------------- maps of whole crystals */

typedef struct whole_job {
    oa_sdm_rule rule;
    oa_points points;
    uint32_t *map;
} whole_job;

static oa_status whole_chunk(void *arg, oa_span span, oa_worker *worker)
{
    whole_job *job = arg;
    (void)span;
    return oa_sdm_whole(&job->rule, worker, &job->points, job->map);
}

/* Against the cell search: the same counts, also with coordinates on a grid, where pairs lie on edges of bins. */
static void compare_whole(oa_context *context, size_t n, double edge, int dimensions, int64_t first, int64_t kept, double grid)
{
    float *xyz = malloc(3 * n * sizeof *xyz + 1);
    uint8_t *take = malloc(n + 1);
    oa_random random = oa_random_start(7, n);
    for (size_t i = 0; i < 3 * n; i++) {
        const double v = edge * oa_random_uniform(&random);
        xyz[i] = (float)(grid > 0 ? rint(v / grid) * grid : v);
    }
    for (size_t i = 0; i < n; i++) take[i] = i % 5 != 0;
    const size_t size = (size_t)(dimensions == 2 ? kept * kept : kept);
    uint32_t *want = calloc(size, sizeof *want), *got = calloc(size, sizeof *got);
    const oa_points points = { .n = n, .x = xyz, .y = xyz + n, .z = xyz + 2 * n, .take = take };
    whole_job job = { { .mode = OA_SDM_ALL, .dimensions = dimensions, .half_range = 1.5, .bins = 200, .first = first, .kept = kept }, points, got };
    oa_arena arena = { .context = context };
    oa_cells cells;
    const oa_sdm_pair pair = { 0, 0 };
    check_ok(context, oa_cells_build(&arena, &cells, &points, 1, 0));
    const oa_sdm sdm = { .kernels = context->kernels, .rule = job.rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
    check_ok(context, oa_sdm_all(context, &arena, &sdm, want, NULL));
    check_ok(context, oa_parallel(context, 1, 1, whole_chunk, &job));
    for (size_t i = 0; i < size; i++)
        if (want[i] != got[i]) fail_msg("%zu atoms in %g nm, %d dimensions: entry %zu is %u, expected %u", n, edge, dimensions, i, got[i], want[i]);
    oa_arena_drop(&arena);
    free(xyz);
    free(take);
    free(want);
    free(got);
}

static void test_bank__whole_maps_equal_those_of_sdm(void **state)
{
    const size_t n[] = { 0, 1, 2, 40, 700, 3000 };
    const double edge[] = { 1, 0.5, 0.8, 1.2, 3, 6 }, grids[] = { 0, 0.001, 0.1, 0.5 };
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        for (size_t g = 0; g < 4; g++) {
            compare_whole(*state, n[i], edge[i], 1, 54, 93, grids[g]);
            compare_whole(*state, n[i], edge[i], 1, 120, 11, grids[g]);
            compare_whole(*state, n[i], edge[i], 1, 0, 200, grids[g]);
            compare_whole(*state, n[i], edge[i], 2, 0, 200, grids[g]);
        }
    compare_whole(*state, 50, 500, 1, 54, 93, 0);
}

/* 4.9e9 pairs for three bins of 32 bits; the same atoms far apart are no trouble. */
static void test_bank__more_pairs_than_a_count_holds_are_refused(void **state)
{
    enum { N = 70000, BINS = 3 };
    oa_context *context = *state;
    float *xyz = calloc(3 * (size_t)N, sizeof *xyz);
    uint32_t map[BINS];
    oa_random random = oa_random_start(7, 1);
    for (size_t i = 0; i < 3 * (size_t)N; i++) xyz[i] = (float)oa_random_uniform(&random);
    whole_job job = { { .mode = OA_SDM_ALL, .dimensions = 1, .half_range = 10, .bins = BINS, .kept = BINS },
                      { .n = N, .x = xyz, .y = xyz + N, .z = xyz + 2 * N }, map };
    check_fails(context, oa_parallel(context, 1, 1, whole_chunk, &job), "E_TOO_MANY_PAIRS");
    oa_context__clear(context);
    for (size_t i = 0; i < 3 * (size_t)N; i++) xyz[i] *= 500;
    check_ok(context, oa_parallel(context, 1, 1, whole_chunk, &job));
    free(xyz);
}

/* ---------------------------------------------------------------------------------------------- voxels */

static void test_bank__voxels_are_labelled_by_their_ions(void **state)
{
    step_run *s = MADE(*state, SMALL, "voxels", "200", "specimens", "10", "domain_radii", "0.8,1.2");
    const oa_array *patterns = step_array(s, "patterns/pattern");
    const size_t crystals = 24, n = patterns->dims[0];
    const float *curve = patterns->block->data, *target = step_data(s, "labels/target");
    const uint32_t *label = step_data(s, "labels/label"), *group = step_data(s, "labels/group");
    const double *efficiency = step_data(s, "labels/efficiency");
    assert_true(n == crystals + (size_t)step_real(s, "summary/voxels") && step_real(s, "summary/voxels") + step_real(s, "summary/voxels_dropped") == 200);
    size_t ordered = 0, between = 0;
    for (size_t i = crystals; i < n; i++) {
        check_real(target[2 * i] + target[2 * i + 1], 1, 1e-6);
        assert_int_equal(label[i], target[2 * i + 1] > target[2 * i]);
        assert_true(group[i] >= 12 && group[i] < 22 && efficiency[i] >= 0.3 && efficiency[i] <= 0.85);
        assert_true(group[i] != group[i - 1] || i == crystals || efficiency[i] == efficiency[i - 1]);
        for (size_t k = 0; k < 93; k++) assert_true(curve[i * 93 + k] >= 0 && curve[i * 93 + k] <= 1);
        ordered += label[i];
        between += target[2 * i] > 0.2 && target[2 * i] < 0.8;
    }
    assert_true(ordered > 30 && ordered < 150 && between > 10);
    assert_int_equal(step_real(s, "summary/specimens"), 10);
    step_end(s);
}

static void test_bank__voxels_of_every_preset(void **state)
{
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        step_run *s = MADE(*state, "preset", recipes[i].preset, "crystals", "no", "voxels", "90", "specimens", "15", "specimen_edge", "5");
        assert_true(step_real(s, "summary/voxels") > 60);
        step_end(s);
    }
}

static void test_bank__any_species_may_be_analysed(void **state)
{
    step_run *a = MADE(*state, FEW_VOXELS), *b = MADE(*state, FEW_VOXELS, "analysed", "any");
    assert_true(strcmp(step_digest(a), step_digest(b)) != 0);
    step_end(a);
    step_end(b);
}

/* ---------------------------------------------------------------------------------------------- what is refused */

typedef struct refusal {
    const char *code, *parameter;
    const char *const options[9];
} refusal;

static const refusal refusals[] = {
    { "E_PARAMETER_RANGE", "sigma_lateral", { "sigma_lateral", "0.2,11" } },
    { "E_PARAMETER_RANGE", "sigma_depth", { "sigma_depth", "-0.1" } },
    { "E_PARAMETER_RANGE", "efficiency", { "efficiency", "0.5:1.1:0.1" } },
    { "E_PARAMETER_RANGE", "efficiency", { "efficiency", "0" } },
    { "E_PARAMETER_RANGE", "efficiency", { "efficiency", "nan" } },
    { "E_PARAMETER_VALUE", "efficiency", { "efficiency", "0.5:0.4:0.1" } },
    { "E_PARAMETER_VALUE", "efficiency", { "efficiency", "0.1:0.4:0" } },
    { "E_PARAMETER_VALUE", "efficiency", { "efficiency", "0.1:0.4:1e-9" } },
    { "E_PARAMETER_VALUE", "efficiency", { "efficiency", "0.1:0.4" } },
    { "E_PARAMETER_VALUE", "efficiency", { "efficiency", "0.1,,0.4" } },
    { "E_PARAMETER_VALUE", "efficiency", { "efficiency", "" } },
    { "E_PARAMETER_VALUE", "sigma_depth", { "sigma_depth", "0.1/0.1/0.1" } },
    { "E_PARAMETER_VALUE", "sigma_depth", { "sigma_depth", "0.1/" } },
    { "E_PARAMETER_RANGE", "repeats", { "repeats", "100000" } },
    { "E_PARAMETER_CHOICE", "structures", { "structures", "fcc,b2" } },
    { "E_PARAMETER_CHOICE", "structures", { "structures", "bcc,l12" } },
    { "E_PARAMETER_CHOICE", "structures", { "structures", "l12,fcc" } },
    { "E_PARAMETER_CHOICE", "structures", { "structures", "fcc,fcc" } },
    { "E_PARAMETER_CHOICE", "structures", { "structures", "fcc,a15" } },
    { "E_PARAMETER_VALUE", "structures", { "structures", "fcc" } },
    { "E_PARAMETER_VALUE", "classes", { "classes", "A,B,C" } },
    { "E_PARAMETER_VALUE", "classes", { "classes", "A,A" } },
    { "E_PARAMETER_VALUE", "classes", { "structures", "bcc,b2" } }, /* with the names of the preset: FCC,CSRO */
    { "E_PARAMETER_VALUE", "classes", { "preset", "allimg-011", "structures", "fcc,l10" } },
    { "E_PARAMETER_CHOICE", "channels", { "channels", "Ni" } },
    { "E_PARAMETER_VALUE", "channels", { "preset", "allimg-011", "channels", "other,ordered" } },
    { "E_PARAMETER_VALUE", "cells", { "cells", "3,3,3" } },
    { "E_PARAMETER_RANGE", "cells", { "cells", "2.5" } },
    { "E_PARAMETER_RANGE", "copies", { "preset", "allimg-011", "copies", "1" } },
    { "E_PARAMETER_RANGE", "shift_hi", { "shift_lo", "2" } },
    { "E_PARAMETER_RANGE", "shift_hi", { "shift_hi", "93" } },
    { "E_PARAMETER_RANGE", "shift_lo", { "shift_lo", "-93" } },
    { "E_PARAMETER_RANGE", "voxels", { "crystals", "no" } },
    { "E_PARAMETER_RANGE", "specimen_edge", { "voxels", "1", "specimen_edge", "1.5" } },
    { "E_PARAMETER_RANGE", "specimen_edge", { "preset", "feal-002", "voxels", "1", "specimen_edge", "4" } },
    { "E_PARAMETER_RANGE", "order", { "order", "1,0.5" } },
    { "E_PARAMETER_RANGE", "domains", { "domains", "1.5,2" } },
    { "E_PARAMETER_RANGE", "voxel_sigma_depth", { "voxel_sigma_depth", "0,0.1", "spacing", "log" } },
    { "E_PARAMETER_RANGE", "analysed", { "preset", "feal-002", "analysed", "any" } },
    { "E_PARAMETER_RANGE", "alloy", { "alloy", "Ni:1" } },
    { "E_PARAMETER_RANGE", "alloy", { "alloy", "Ni:0.5,Co:0.6" } },
    { "E_SPECIES_UNKNOWN", "ordered_species", { "ordered_species", "Al" } },
    { "E_PARAMETER_RANGE", "crop_bins", { "crop_first", "150" } },
    { "E_PARAMETER_RANGE", "smooth_window", { "smooth_window", "14" } },
    { "E_PARAMETER_RANGE", "background_last", { "background_last", "93" } },
    { "E_PARAMETER_RANGE", "pixels", { "dimensions", "2", "copies", "0" } },
    { "E_PARAMETER_RANGE", "picture", { "picture", "linear" } },
};

static void test_bank__impossible_recipes_are_refused(void **state)
{
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const refusal *r = &refusals[i];
        step_run *s = prepared(*state, r->options);
        const oa_status status = step_go(s);
        if (status == OA_OK || strcmp(oa_error_code(*state), r->code) != 0 || strcmp(oa_error_parameter(*state), r->parameter) != 0)
            fail_msg("%s %s: %s of %s, expected %s of %s: %s", r->options[0], r->options[1], oa_error_code(*state), oa_error_parameter(*state), r->code,
                     r->parameter, oa_error_text(*state));
        step_end(s);
    }
}

static void test_bank__a_class_that_is_never_there_is_named(void **state)
{
    step_run *s = PREPARED(*state, FEW_VOXELS, "domains", "0,0");
    check_fails(*state, step_go(s), "E_CLASS_MISSING");
    assert_non_null(strstr(oa_error_text(*state), "CSRO"));
    step_end(s);
    s = PREPARED(*state, SMALL, "cells", "3,1", "efficiency", "0.05");
    check_fails(*state, step_go(s), "E_CLASS_MISSING");
    assert_non_null(strstr(oa_error_text(*state), "CSRO"));
    step_end(s);
}

/* A constant curve has no minimum and no maximum; it is counted and said. */
static void test_bank__constant_curves_are_counted(void **state)
{
    step_run *s = MADE(*state, "sigma_lateral", "0.3", "sigma_depth", "0.02", "efficiency", "0.01,0.5", "copies", "0", "repeats", "4");
    const float *curve = step_data(s, "patterns/pattern");
    size_t constant = 0;
    for (size_t i = 0; i < 16; i++) constant += isnan(curve[i * 93]);
    assert_true(constant > 0 && step_real(s, "summary/constant") == (double)constant && step_warned(s, "W_FEW_IONS"));
    step_end(s);
    s = MADE(*state, "sigma_lateral", "0.3", "sigma_depth", "0.02", "efficiency", "0.01,0.5", "copies", "3", "repeats", "4"); /* so are their copies */
    check_real(step_real(s, "summary/constant"), 4.0 * (double)constant, 0);
    step_end(s);
    s = PREPARED(*state, "sigma_lateral", "0.3", "sigma_depth", "0.02", "efficiency", "0.000001", "copies", "1");
    check_fails(*state, step_go(s), "E_CLASS_MISSING");
    oa_context__clear(*state);
    step_end(s);
}

/* ---------------------------------------------------------------------------------------------- memory */

static void test_bank__memory_is_foretold(void **state)
{
    static const char *const calls[][9] = {
        { SMALL }, { "preset", "feal-002", "sigma_lateral", "0.2", "sigma_depth", "0.03", "efficiency", "0.3" },
        { "crystals", "no", "voxels", "3000" },
        { "matched_sigma", "yes", "sigma_lateral", "0:0.18:0.01/0.2:0.38:0.01", "sigma_depth", "0:0.09:0.01/0.1:0.19:0.01", "efficiency",
          "0.1:0.58:0.02/0.59:0.99:0.02" },
    };
    oa_context *context = *state;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        step_run *s = prepared(context, calls[i]);
        const uint64_t foretold = oa_step_bank.memory(&s->run, s->settings->values);
        const size_t before = context->bytes;
        context->peak_bytes = before;
        check_ok(context, step_go(s));
        const size_t used = context->peak_bytes - before;
        if (!(used <= foretold && foretold <= 16 * used + (64u << 20)))
            fail_msg("call %zu takes %zu bytes where %llu were foretold", i, used, (unsigned long long)foretold);
        step_end(s);
    }
}

static void test_bank__nothing_is_left_behind(void **state)
{
    oa_context *context = *state;
    const char *const options[] = { SMALL, "voxels", "8", "specimens", "2", "specimen_edge", "3", NULL };
    step_end(made(context, options)); /* once in full, so that threads exist */
    const size_t before = context->bytes;
    bool failed = true;
    for (uint64_t k = 1; failed; k++) {
        assert_true(k < 2000);
        step_run *s = prepared(context, options);
        context->fail_allocation = context->allocations + k;
        failed = step_go(s) != OA_OK;
        context->fail_allocation = 0;
        if (failed) assert_string_equal(oa_error_code(context), "E_MEMORY");
        step_end(s);
        assert_int_equal(context->bytes, before);
    }
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_bank__presets_have_the_published_counts),
        with_context(test_bank__maps_are_those_of_classify),
        with_context(test_bank__the_table_holds_the_first_preset),
        with_context(test_bank__a_grid_is_a_run_or_a_list),
        with_context(test_bank__patterns_are_numbered_as_published),
        with_context(test_bank__curves_run_from_0_to_1),
        with_context(test_bank__copies_are_shifted_and_share_a_group),
        with_context(test_bank__channels_without_order_are_drawn_or_copied),
        with_context(test_bank__nested_efficiencies_share_a_group),
        with_context(test_bank__pictures),
        with_context(test_bank__threads_change_nothing),
        with_context(test_bank__a_pattern_has_a_stream_of_its_own),
        with_context(test_bank__whole_maps_equal_those_of_sdm),
        with_context(test_bank__more_pairs_than_a_count_holds_are_refused),
        with_context(test_bank__voxels_are_labelled_by_their_ions),
        with_context(test_bank__voxels_of_every_preset),
        with_context(test_bank__any_species_may_be_analysed),
        with_context(test_bank__impossible_recipes_are_refused),
        with_context(test_bank__a_class_that_is_never_there_is_named),
        with_context(test_bank__constant_curves_are_counted),
        with_context(test_bank__memory_is_foretold),
        with_context(test_bank__nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
