/* test_segment.c - probabilities per ion: what must be true whatever the weights are, the rule written out plainly, slabs, and what is refused. */
#include "core/data/atomnet_made.h"

#include "base/memory.h"
#include "nn/atomnet_pass.h"
#include "run/run.h"
#include "step/step.h"

enum { IONS = 240, ROWS = 32 };
#define EDGE 2.0
#define GRAIN 16384 /* coordinates are multiples of its inverse, so that shifts by whole numbers, and division by 0.5, are exact */

/* Types 1, 2, 3 are Al, Li, Mg. */
static oa_ranges *make_ranges(oa_context *context)
{
    static const unsigned elements[] = { 13, 3, 12 };
    oa_ranges *ranges;
    check_ok(context, oa_ranges__create(context, &ranges));
    for (int i = 0; i < 3; i++) {
        oa_ion_type type = { .n_atoms = 0 };
        unsigned number;
        assert_true(oa_ion_add_atoms(&type, elements[i], 1));
        oa_ion_type__name(&type);
        check_ok(context, oa_ranges__add_type(ranges, &type, &number));
    }
    return ranges;
}

static oa_ions *make_ions(oa_context *context, size_t n, uint64_t seed)
{
    float *column[4];
    oa_random random = oa_random_start(seed, 0);
    for (int c = 0; c < 4; c++) column[c] = calloc(n + 1, sizeof(float));
    for (size_t i = 0; i < n; i++)
        for (int c = 0; c < 3; c++) column[c][i] = (float)(floor(EDGE * GRAIN * oa_random_uniform(&random)) / GRAIN);
    oa_ions *ions;
    check_ok(context, oa_ions_new(context, &ions, n, column[0], column[1], column[2], column[3]));
    for (int c = 0; c < 4; c++) free(column[c]);
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    for (size_t i = 0; i < n; i++) type[i] = (uint8_t)(1 + oa_random_below(&random, 3));
    oa_ions__set_ranges(ions, make_ranges(context));
    return ions;
}

typedef struct bench {
    oa_context *context;
    oa_ions *ions;
    oa_model *model;
    oa_settings *settings;
    oa_values *values;
    oa_record *record;
} bench;

static bench begin(oa_context *context, oa_ions *ions, oa_model *model)
{
    bench b = { .context = context, .ions = ions, .model = model };
    const oa_step *step = oa_step_find("segment");
    check_ok(context, oa_settings_new(context, &b.settings, step->params, step->params_size, step->presets));
    check_ok(context, oa_settings_set(b.settings, "lattice_parameter", "0.5"));
    return b;
}

static bench begin_usual(oa_context *context)
{
    return begin(context, make_ions(context, IONS, 1), atomnet_make(context, 2, 1, true, 2));
}

static void set(bench *b, const char *name, const char *text) { check_ok(b->context, oa_settings_set(b->settings, name, text)); }

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

static oa_status go(bench *b, int slab, int slabs, oa_values *joined)
{
    const oa_input inputs[2] = { { .role = "ions", .ions = b->ions, .ranges = b->ions->ranges },
                                 { .role = "model", .model = b->model, .content_sha256 = b->model->sha256 } };
    const oa_request request = { .step = oa_step_find("segment"), .settings = b->settings, .inputs = inputs, .n_inputs = 2, .slab = slab, .slabs = slabs,
                                 .joined = joined };
    oa_context__clear(b->context);
    drop(b);
    return oa_run_step(b->context, &request, &b->values, &b->record);
}

static const oa_array *array_of(const bench *b, const char *name)
{
    const oa_array *array = oa_values_find(b->values, 1, name);
    if (!array) fail_msg("there is no %s", name);
    return array;
}

static const void *data_of(const bench *b, const char *name) { return array_of(b, name)->block->data; }
static double real_of(const bench *b, const char *name) { return oa_array_real(array_of(b, name), 0); }

static float *probabilities(const bench *b)
{
    const oa_array *p = array_of(b, "probability/probability");
    float *out = malloc(oa_array_bytes(p) + 1);
    memcpy(out, p->block->data, oa_array_bytes(p));
    return out;
}

static bool warned(const bench *b, const char *code)
{
    for (size_t i = 0; i < oa_warning_count(b->context); i++)
        if (strcmp(oa_warning_code(b->context, i), code) == 0) return true;
    return false;
}

/* ---- what must hold for any network that sees an ion and its neighbours ---- */

static void each_ion_has_a_probability(void **state)
{
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    const oa_array *p = array_of(&b, "probability/probability"), *blocks = array_of(&b, "probability/by_block");
    const uint64_t *index = data_of(&b, "probability/ion_index"), *bins = data_of(&b, "histogram/ions");
    assert_int_equal(oa_array_count(p), IONS);
    assert_true(blocks->rank == 2 && blocks->dims[0] == IONS && blocks->dims[1] == 2);
    double lo = 1, hi = 0, sum = 0;
    uint64_t counted = 0;
    for (size_t i = 0; i < IONS; i++) {
        const double value = oa_array_real(p, i);
        assert_int_equal(index[i], i);
        assert_true(value == oa_array_real(blocks, 2 * i + 1)); /* that of the last block */
        lo = fmin(lo, value), hi = fmax(hi, value), sum += value;
    }
    for (size_t i = 0; i < 100; i++) counted += bins[i];
    assert_true(lo >= 0 && hi <= 1 && hi - lo > 0.2); /* else the tests below compare constants */
    assert_int_equal(counted, IONS);
    check_real(real_of(&b, "summary/mean_probability"), sum / IONS, 1e-12);
    check_real(real_of(&b, "summary/lattice_parameter"), 0.5, 0);
    assert_null(oa_values_find(b.values, 1, "probability/spread")); /* of one network there is none */
    assert_int_equal(oa_warning_count(b.context), 0);
    end(&b);
}

/* Row i of the specimen becomes row order[i] of the other. */
static void the_order_of_the_ions_does_not_matter(void **state)
{
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *before = probabilities(&b);
    oa_ions *turned = make_ions(b.context, IONS, 1);
    const uint8_t *type = oa_ions__data(b.ions, OA_TYPE);
    for (size_t i = 0; i < IONS; i++) {
        const size_t to = (i * 7 + 11) % IONS; /* 7 and 240 share no factor */
        for (int c = OA_X; c <= OA_Z; c++) ((float *)oa_ions__data(turned, (oa_ion_column)c))[to] = oa_ions__f32(b.ions, (oa_ion_column)c)[i];
        ((uint8_t *)oa_ions__data(turned, OA_TYPE))[to] = type[i];
    }
    oa_ions_free(b.ions);
    b.ions = turned;
    check_ok(b.context, go(&b, 0, 0, NULL));
    const float *after = data_of(&b, "probability/probability");
    for (size_t i = 0; i < IONS; i++) assert_true(before[i] == after[(i * 7 + 11) % IONS]);
    free(before);
    end(&b);
}

static void where_the_specimen_lies_does_not_matter(void **state)
{
    static const float by[3] = { 16, -7, -40 };
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *before = probabilities(&b);
    for (int c = 0; c < 3; c++)
        for (size_t i = 0; i < IONS; i++) ((float *)oa_ions__data(b.ions, (oa_ion_column)(OA_X + c)))[i] += by[c];
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_memory_equal(data_of(&b, "probability/probability"), before, IONS * sizeof *before);
    free(before);
    end(&b);
}

/* Coordinates and lattice parameter grow together: exactly by a power of two, within rounding by another number. */
static void only_the_ratio_to_the_cell_matters(void **state)
{
    static const struct { float by; const char *lattice; double most; } cases[] = { { 4, "2", 0 }, { 0.3587f / 4, "0.179350003600120544", 2e-4 } };
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *before = probabilities(&b);
    for (int k = 0; k < 2; k++) {
        for (int c = OA_X; c <= OA_Z; c++)
            for (size_t i = 0; i < IONS; i++) ((float *)oa_ions__data(b.ions, (oa_ion_column)c))[i] *= cases[k].by;
        set(&b, "lattice_parameter", cases[k].lattice);
        check_ok(b.context, go(&b, 0, 0, NULL));
        const float *after = data_of(&b, "probability/probability");
        for (size_t i = 0; i < IONS; i++) check_real(after[i], before[i], cases[k].most);
    }
    set(&b, "lattice_parameter", "0.5"); /* and it does matter */
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_memory_not_equal(data_of(&b, "probability/probability"), before, IONS * sizeof *before);
    free(before);
    end(&b);
}

/* Ions without a type in between: left out, counted, and nobody's neighbours. */
static void unranged_ions_are_left_out(void **state)
{
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *before = probabilities(&b);
    oa_ions *more = make_ions(b.context, 2 * IONS, 9);
    uint8_t *type = oa_ions__data(more, OA_TYPE);
    for (size_t i = 0; i < 2 * IONS; i++) {
        type[i] = i % 2 ? ((const uint8_t *)oa_ions__data(b.ions, OA_TYPE))[i / 2] : 0;
        for (int c = OA_X; c <= OA_Z && i % 2; c++)
            ((float *)oa_ions__data(more, (oa_ion_column)c))[i] = oa_ions__f32(b.ions, (oa_ion_column)c)[i / 2];
    }
    oa_ions_free(b.ions);
    b.ions = more;
    check_ok(b.context, go(&b, 0, 0, NULL));
    const uint64_t *index = data_of(&b, "probability/ion_index"), *selected = data_of(&b, "selected/ion_index");
    assert_int_equal(oa_array_count(array_of(&b, "probability/probability")), IONS);
    assert_memory_equal(data_of(&b, "probability/probability"), before, IONS * sizeof *before);
    for (size_t i = 0; i < IONS; i++) assert_int_equal(index[i], 2 * i + 1);
    for (size_t i = 0; i < oa_array_count(array_of(&b, "selected/ion_index")); i++) assert_int_equal(selected[i] % 2, 1);
    check_real(real_of(&b, "summary/unranged"), IONS, 0);
    check_real(real_of(&b, "summary/ranged"), IONS, 0);
    assert_true(warned(&b, "W_UNRANGED"));
    free(before);
    end(&b);
}

static void any_number_of_threads_gives_the_same(void **state)
{
    char digest[3][OA_HEX];
    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        oa_context *context;
        check_ok(context, oa_context_new(&context, &(oa_context_options){ .threads = threads }));
        bench b = begin(context, make_ions(context, 2100, 3), atomnet_make(context, 1, 1, false, 2)); /* more ions than one thread takes at a time */
        check_ok(context, go(&b, 0, 0, NULL));
        snprintf(digest[threads - 1], OA_HEX, "%s", b.record->results_sha256);
        end(&b);
        oa_context_free(context);
    }
    assert_string_equal(digest[0], digest[1]);
    assert_string_equal(digest[0], digest[2]);
}

/* ---- the rule, written out ---- */

typedef struct near_ion {
    double d2;
    size_t i;
} near_ion;

static int nearer(const void *a, const void *b)
{
    const near_ion *p = a, *q = b;
    return p->d2 != q->d2 ? (p->d2 > q->d2) - (p->d2 < q->d2) : (p->i > q->i) - (p->i < q->i);
}

/* The 32 rows of an ion: itself first, then 31 neighbours; self minus neighbour in cells, the code of the neighbour, and its own. */
static void plain_rows(const oa_ions *ions, size_t of, const float *before, float *x)
{
    static near_ion list[IONS];
    const float *at[3] = { oa_ions__f32(ions, OA_X), oa_ions__f32(ions, OA_Y), oa_ions__f32(ions, OA_Z) };
    const uint8_t *type = ions->column[OA_TYPE].block->data;
    for (size_t i = 0; i < IONS; i++) {
        list[i] = (near_ion){ i == of ? -1 : 0, i };
        for (int c = 0; c < 3 && i != of; c++) list[i].d2 += ((double)at[c][of] - at[c][i]) * ((double)at[c][of] - at[c][i]);
    }
    qsort(list, IONS, sizeof *list, nearer);
    for (int j = 0; j < ROWS; j++) {
        const size_t q = list[j].i;
        for (int c = 0; c < 3; c++) *x++ = (float)((double)at[c][of] / 0.5 - (double)at[c][q] / 0.5);
        if (before) *x++ = before[q];
        *x++ = (float)(type[q] - 1); /* Al:0,Li:1,Mg:2 */
        *x++ = before ? before[of] : (float)(type[of] - 1);
    }
}

static void probabilities_follow_the_rule(void **state)
{
    bench b = begin_usual(*state);
    static float p[2][IONS], x[ROWS * OA_ATOMNET_COLUMNS];
    oa_atomnet_plan plan;
    check_ok(b.context, go(&b, 0, 0, NULL));
    const float *got = data_of(&b, "probability/by_block");
    check_ok(b.context, oa_atomnet_plan_make(b.context, b.model, &plan));
    float *scratch = malloc(oa_atomnet_scratch(&plan) * sizeof *scratch), logit;
    for (size_t block = 0; block < 2; block++)
        for (size_t i = 0; i < IONS; i++) {
            plain_rows(b.ions, i, block ? p[0] : NULL, x);
            oa_atomnet_logits(&plan, 0, block, 1, x, scratch, &logit);
            p[block][i] = (float)(1 / (1 + exp(-(double)logit)));
            check_real(got[2 * i + block], p[block][i], 1e-5);
        }
    free(scratch);
    oa_atomnet_plan_free(b.context, &plan);
    end(&b);
}

static void several_members_give_mean_and_spread(void **state)
{
    enum { MEMBERS = 3 };
    bench b = begin(*state, make_ions(*state, IONS, 1), atomnet_make(*state, 2, MEMBERS, true, 8));
    static double sum[IONS], squares[IONS];
    memset(sum, 0, sizeof sum), memset(squares, 0, sizeof squares);
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *mean = probabilities(&b), spread[IONS];
    memcpy(spread, data_of(&b, "probability/spread"), sizeof spread);
    for (size_t m = 0; m < MEMBERS; m++) { /* each by itself */
        oa_model *one = atomnet_make(*state, 2, 1, true, 0);
        for (size_t k = 0; k < 2; k++) {
            const size_t n = oa_atomnet_values(b.model, k);
            memcpy(one->atomnet.values[k], b.model->atomnet.values[k] + m * n, n * sizeof(float));
        }
        check_ok(*state, oa_model_digest(one, one->sha256));
        bench alone = begin(*state, make_ions(*state, IONS, 1), one);
        check_ok(*state, go(&alone, 0, 0, NULL));
        const float *p = data_of(&alone, "probability/probability");
        for (size_t i = 0; i < IONS; i++) sum[i] += p[i], squares[i] += (double)p[i] * p[i];
        end(&alone);
    }
    double widest = 0;
    for (size_t i = 0; i < IONS; i++) {
        const double want = sum[i] / MEMBERS;
        check_real(mean[i], want, 1e-6);
        check_real(spread[i], sqrt(fmax(squares[i] / MEMBERS - want * want, 0)), 1e-5);
        widest = fmax(widest, spread[i]);
    }
    assert_true(widest > 0.01);
    free(mean);
    end(&b);
}

static void temperature_divides_the_last_logit(void **state)
{
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *before = probabilities(&b);
    b.model->temperature = 2.5;
    check_ok(b.context, go(&b, 0, 0, NULL)); /* not asked for */
    assert_memory_equal(data_of(&b, "probability/probability"), before, IONS * sizeof *before);
    set(&b, "calibrated", "true");
    check_ok(b.context, go(&b, 0, 0, NULL));
    const float *after = data_of(&b, "probability/probability");
    for (size_t i = 0; i < IONS; i++) {
        const double p = before[i], logit = log(p / (1 - p));
        if (p > 0.01 && p < 0.99) check_real(after[i], 1 / (1 + exp(-logit / 2.5)), 1e-5); /* near 0 and 1 a float does not hold the logit */
        assert_true(p < 0.5 ? after[i] >= before[i] : after[i] <= before[i]);
    }
    free(before);
    end(&b);
}

/* ---- what is selected ---- */

static void ions_above_the_threshold_are_selected(void **state)
{
    bench b = begin_usual(*state);
    char text[64];
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *p = probabilities(&b);
    snprintf(text, sizeof text, "%.17g", (double)p[17]); /* exactly that of ion 17, which is not above it */
    set(&b, "threshold", text);
    check_ok(b.context, go(&b, 0, 0, NULL));
    const uint64_t *index = data_of(&b, "selected/ion_index");
    size_t n = 0;
    for (size_t i = 0; i < IONS; i++)
        if (p[i] > p[17]) assert_int_equal(index[n++], i);
    assert_true(n > 0 && n < IONS);
    assert_int_equal(oa_array_count(array_of(&b, "selected/ion_index")), n);
    check_real(real_of(&b, "summary/ions_selected"), (double)n, 0);
    check_real(real_of(&b, "summary/threshold"), p[17], 0);
    snprintf(text, sizeof text, "%.17g", (double)nextafterf(p[17], 0));
    set(&b, "threshold", text);
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_true(oa_array_count(array_of(&b, "selected/ion_index")) > n);
    free(p);
    end(&b);
}

static void species_are_counted(void **state)
{
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    const uint64_t *ions = data_of(&b, "species/ions"), *selected = data_of(&b, "species/selected");
    const double *share = data_of(&b, "species/share");
    const uint8_t *type = oa_ions__data(b.ions, OA_TYPE);
    const float *p = data_of(&b, "probability/probability");
    for (unsigned t = 1; t <= 3; t++) {
        size_t n = 0, above = 0;
        for (size_t i = 0; i < IONS; i++) n += type[i] == t, above += type[i] == t && p[i] > 0.5f;
        assert_int_equal(ions[t - 1], n);
        assert_int_equal(selected[t - 1], above);
        check_real(share[t - 1], (double)above / (double)n, 1e-15);
    }
    assert_non_null(strstr(array_of(&b, "species/ion_type")->long_name, "2 Li (code 1)"));
    end(&b);
}

static void codes_can_be_given_anew(void **state)
{
    bench b = begin_usual(*state);
    check_ok(b.context, go(&b, 0, 0, NULL));
    float *before = probabilities(&b);
    uint8_t *type = oa_ions__data(b.ions, OA_TYPE);
    for (size_t i = 0; i < IONS; i++) type[i] = (uint8_t)(type[i] == 1 ? 3 : type[i] == 3 ? 1 : 2); /* Al and Mg change places */
    set(&b, "species_codes", "Mg:0,Li:1,other:2");
    check_ok(b.context, go(&b, 0, 0, NULL));
    assert_memory_equal(data_of(&b, "probability/probability"), before, IONS * sizeof *before);
    set(&b, "species_codes", "Mg:0,Li:1");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_SPECIES_UNKNOWN");
    assert_int_equal(oa_exit_code(b.context->status), 64);
    free(before);
    end(&b);
}

/* ---- slabs ---- */

static oa_values *join(oa_context *context, oa_values *const *parts, int n)
{
    oa_values *out;
    check_ok(context, oa_values_new(context, &out));
    for (size_t i = 0; i < parts[0]->n; i++) {
        const char *name = parts[0]->arrays[i].name;
        const oa_output *row = oa_step_find("segment")->outputs;
        while (row->name && strcmp(row->name, name) != 0) row++;
        const oa_array *first = oa_values_find(parts[0], 1, name);
        size_t dims[2] = { first->dims[0], first->dims[1] }, at = 0;
        const int used = row->is_split ? n : 1;
        for (int k = 1; k < used; k++) dims[0] += oa_values_find(parts[k], 1, name)->dims[0];
        oa_array *array;
        check_ok(context, oa_values_add(out, 1, name, first->type, first->rank, dims, &array));
        for (int k = 0; k < used; k++) {
            const oa_array *part = oa_values_find(parts[k], 1, name);
            memcpy((char *)array->block->data + at, part->block->data, oa_array_bytes(part));
            at += oa_array_bytes(part);
        }
    }
    return out;
}

static void slabs_give_the_same_digest(void **state)
{
    static const int counts[] = { 1, 2, 3, 7 };
    for (int members = 1; members <= 2; members++) { /* of a few ions, each needs almost all others */
        bench b = begin(*state, make_ions(*state, 100, 1), atomnet_make(*state, 3, members, true, 2));
        uint8_t *type = oa_ions__data(b.ions, OA_TYPE);
        char whole[OA_HEX];
        for (size_t i = 0; i < 100; i += 5) type[i] = 0;
        check_ok(b.context, go(&b, 0, 0, NULL));
        snprintf(whole, sizeof whole, "%s", b.record->results_sha256);
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            oa_values *parts[7];
            for (int k = 0; k < counts[c]; k++) {
                check_ok(b.context, go(&b, k + 1, counts[c], NULL));
                parts[k] = b.values;
                b.values = NULL;
            }
            oa_values *joined = join(b.context, parts, counts[c]);
            check_ok(b.context, go(&b, 0, 0, joined));
            assert_string_equal(b.record->results_sha256, whole);
            for (int k = 0; k < counts[c]; k++) oa_values_free(parts[k]);
        }
        end(&b);
    }
}

/* ---- the lattice parameter ---- */

/* An fcc crystal of edge 0.41 nm, <001> along z, planes well resolved or smeared out. */
static oa_ions *make_crystal(oa_context *context, double depth_noise)
{
    enum { CELLS = 7, SITES = CELLS * CELLS * CELLS * 4 };
    static const double base[4][3] = { { 0, 0, 0 }, { 0.5, 0.5, 0 }, { 0.5, 0, 0.5 }, { 0, 0.5, 0.5 } };
    oa_ions *ions = make_ions(context, SITES, 1);
    oa_random random = oa_random_start(6, 0);
    for (size_t i = 0; i < SITES; i++) {
        const size_t cell = i / 4, at[3] = { cell % CELLS, cell / CELLS % CELLS, cell / CELLS / CELLS };
        for (int c = 0; c < 3; c++)
            ((float *)oa_ions__data(ions, (oa_ion_column)(OA_X + c)))[i] =
                (float)(0.41 * ((double)at[c] + base[i % 4][c]) + (c < 2 ? 0.1 : depth_noise) * oa_random_normal(&random));
    }
    return ions;
}

static void planes_give_the_lattice_parameter(void **state)
{
    bench b = begin(*state, make_crystal(*state, 0.02), atomnet_make(*state, 1, 1, false, 2));
    set(&b, "lattice_from", "002");
    set(&b, "lattice_parameter", "0");
    check_ok(b.context, go(&b, 0, 0, NULL));
    check_real(real_of(&b, "summary/lattice_parameter"), 0.41, 0.003);
    set(&b, "lattice_parameter", "0.44"); /* what is told goes first */
    check_ok(b.context, go(&b, 0, 0, NULL));
    check_real(real_of(&b, "summary/lattice_parameter"), 0.44, 0);
    set(&b, "lattice_parameter", "0");
    set(&b, "lattice_from", "model");
    check_ok(b.context, go(&b, 0, 0, NULL));
    check_real(real_of(&b, "summary/lattice_parameter"), 0.4, 0);
    oa_ions_free(b.ions);
    b.ions = make_crystal(*state, 0.3);
    set(&b, "lattice_from", "002");
    check_fails(b.context, go(&b, 0, 0, NULL), "E_PLANES");
    end(&b);
}

/* ---- what is refused ---- */

static void few_ions_are_refused(void **state)
{
    for (size_t n = 0; n <= 33; n += n ? 1 : 31) {
        bench b = begin(*state, make_ions(*state, n, 4), atomnet_make(*state, 1, 1, false, 2));
        if (n >= ROWS) {
            check_ok(b.context, go(&b, 0, 0, NULL));
        } else {
            check_fails(b.context, go(&b, 0, 0, NULL), "E_FEW_IONS");
            assert_int_equal(oa_exit_code(b.context->status), 65);
        }
        end(&b);
    }
    bench b = begin(*state, make_ions(*state, 64, 4), atomnet_make(*state, 1, 1, false, 2));
    memset(oa_ions__data(b.ions, OA_TYPE), 0, 33); /* 31 are left */
    check_fails(b.context, go(&b, 0, 0, NULL), "E_FEW_IONS");
    end(&b);
}

static void ions_at_one_place_are_fine(void **state)
{
    bench b = begin_usual(*state);
    for (int c = OA_X; c <= OA_Z; c++)
        for (size_t i = 0; i < IONS; i++) ((float *)oa_ions__data(b.ions, (oa_ion_column)c))[i] = i < IONS / 2 ? 1 : 2;
    memset(oa_ions__data(b.ions, OA_TYPE), 2, IONS);
    check_ok(b.context, go(&b, 0, 0, NULL));
    const float *p = data_of(&b, "probability/probability");
    for (size_t i = 1; i < IONS; i++) assert_true(p[i] == p[0]); /* all see the same */
    end(&b);
}

static void coordinates_that_are_no_numbers_are_refused(void **state)
{
    for (int k = 0; k < 3; k++) {
        bench b = begin_usual(*state);
        ((float *)oa_ions__data(b.ions, (oa_ion_column)(OA_X + k)))[100] = k == 1 ? INFINITY : NAN;
        check_fails(b.context, go(&b, 0, 0, NULL), "E_NONFINITE");
        assert_int_equal(oa_exit_code(b.context->status), 65);
        end(&b);
    }
}

static void ions_without_types_are_refused(void **state)
{
    bench b = begin_usual(*state);
    oa_ions__set_ranges(b.ions, NULL);
    check_fails(b.context, go(&b, 0, 0, NULL), "E_NOT_RANGED");
    end(&b);
}

/* Every allocation fails once, on two threads: each time a message and no leak. */
static void memory_may_run_out_anywhere(void **state)
{
    (void)state;
    oa_status status = OA_E_LACKING;
    oa_context *context;
    check_ok(context, oa_context_new(&context, &(oa_context_options){ .threads = 2 }));
    bench b = begin(context, make_ions(context, 34, 4), atomnet_make(context, 2, 2, true, 2));
    ((uint8_t *)oa_ions__data(b.ions, OA_TYPE))[5] = 0;
    for (uint64_t n = 1; status != OA_OK; n++) {
        context->fail_allocation = context->allocations + n;
        status = go(&b, n % 2 ? 1 : 0, n % 2 ? 2 : 0, NULL);
        if (status == OA_OK && n % 2) status = OA_E_LACKING; /* the slab is done, the whole may not be */
        assert_true(n < 3000);
    }
    context->fail_allocation = 0;
    end(&b);
    oa_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_ion_has_a_probability, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(the_order_of_the_ions_does_not_matter, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(where_the_specimen_lies_does_not_matter, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(only_the_ratio_to_the_cell_matters, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(unranged_ions_are_left_out, check_setup, check_teardown),
        cmocka_unit_test(any_number_of_threads_gives_the_same),
        cmocka_unit_test_setup_teardown(probabilities_follow_the_rule, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(several_members_give_mean_and_spread, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(temperature_divides_the_last_logit, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ions_above_the_threshold_are_selected, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(species_are_counted, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(codes_can_be_given_anew, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(slabs_give_the_same_digest, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(planes_give_the_lattice_parameter, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(few_ions_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ions_at_one_place_are_fine, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(coordinates_that_are_no_numbers_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(ions_without_types_are_refused, check_setup, check_teardown),
        cmocka_unit_test(memory_may_run_out_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
