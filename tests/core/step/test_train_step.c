/* test_train_step.c - training as a step: what is learnt, what is refused, what the record can rely on. */
#include "step_run.h"

#include "base/random.h"
#include "data/model.h"
#include "step/patterns.h"

extern const oa_step oa_step_train;
enum { PATTERNS = 240, BINS = 24 };

/* Two classes of curves: one bump, early or late, in noise; every second is a copy of the one before it. */
static oa_values *make_bank(oa_context *context, const char *classes, bool has_nan)
{
    oa_values *bank;
    oa_array *pattern, *target, *label, *group, *text;
    const size_t dims[3] = { PATTERNS, BINS, 1 }, shares[2] = { PATTERNS, 2 };
    oa_random random = oa_random_start(3, 0);
    oa_map_definition map = { .mode = "insphere", .dimensions = 1, .channels = 1, .radius = 0.75, .half_range = 1.5, .bins = BINS, .crop_bins = BINS };
    check_ok(context, oa_values_new(context, &bank));
    check_ok(context, oa_values_add(bank, 1, "patterns/pattern", OA_F32, 3, dims, &pattern));
    float *curve = pattern->block->data;
    check_ok(context, oa_values_add(bank, 1, "labels/target", OA_F32, 2, shares, &target));
    float *share = target->block->data;
    check_ok(context, oa_values_add(bank, 1, "labels/label", OA_U32, 1, dims, &label));
    uint32_t *number = label->block->data;
    check_ok(context, oa_values_add(bank, 1, "labels/group", OA_U32, 1, dims, &group));
    uint32_t *family = group->block->data;
    for (size_t i = 0; i < PATTERNS; i++) {
        const size_t class = i / 2 % 2;
        number[i] = (uint32_t)class, family[i] = (uint32_t)(i / 2), share[2 * i + class] = 1;
        for (size_t b = 0; b < BINS; b++) {
            const double at = ((double)b - (class ? 17 : 6)) / 2;
            curve[i * BINS + b] = (float)(exp(-at * at) + 0.1 * oa_random_uniform(&random));
        }
    }
    if (has_nan) curve[5 * BINS] = NAN;
    check_ok(context, oa_map_to_values(&map, bank, 1, "map"));
    check_ok(context, oa_values_add(bank, 1, "map/classes", OA_TEXT, 0, NULL, &text));
    oa_block *block;
    check_ok(context, oa_block_new(context, &block, strlen(classes) + 1, 1));
    memcpy(block->data, classes, strlen(classes));
    oa_block_free(text->block);
    text->block = block;
    return bank;
}

static step_run *begin(oa_context *context, const oa_values *bank)
{
    step_run *s = step_begin(context, &oa_step_train);
    step_input(s, "patterns")->result = bank;
    step_set(s, "filters", "4");
    step_set(s, "kernel_width", "5");
    step_set(s, "dense", "16");
    step_set(s, "epochs", "12");
    step_set(s, "folds", "3");
    return s;
}

static void test_train_step__learns_what_can_be_learnt(void **state)
{
    oa_context *context = *state;
    oa_values *bank = make_bank(context, "EARLY,LATE", false);
    step_run *s = begin(context, bank);
    check_ok(context, step_go(s));
    check_real(step_real(s, "summary/test_accuracy"), 1, 0);
    assert_int_equal(step_real(s, "summary/patterns"), PATTERNS);
    assert_int_equal(step_real(s, "summary/test_patterns"), PATTERNS / 10);
    assert_int_equal(step_real(s, "summary/members"), 3);
    const uint64_t *confusion = step_data(s, "confusion/count");
    assert_int_equal(confusion[0] + confusion[3], PATTERNS / 10);
    const float *loss = step_data(s, "history/loss");
    for (size_t m = 0; m < 3; m++) assert_true(loss[12 * m + 11] < loss[12 * m]);
    assert_non_null(s->values->model);
    assert_true(s->values->model->outlier.n == BINS && s->values->model->outlier.limit > 0);
    oa_model *again; /* what is put can be read, so the digest holds */
    check_ok(context, oa_model_from_values(context, s->values, "bank.nxs", &again));
    assert_string_equal(again->sha256, step_text(s, "summary/model_sha256"));
    check_real(again->temperature, step_real(s, "summary/temperature"), 0);
    oa_model_free(again);
    step_end(s);
    oa_values_free(bank);
}

static void run_with_threads(int threads, const char *seed, char hex[65])
{
    oa_context *context;
    check_ok(NULL, oa_context_new(&context, &(oa_context_options){ .threads = threads }));
    oa_values *bank = make_bank(context, "EARLY,LATE", false);
    step_run *s = begin(context, bank);
    step_set(s, "epochs", "3");
    step_set(s, "seed", seed);
    check_ok(context, step_go(s));
    memcpy(hex, step_digest(s), 65);
    step_end(s);
    oa_values_free(bank);
    oa_context_free(context);
}

static void test_train_step__threads_give_the_same_digest(void **state)
{
    (void)state;
    char one[65], three[65], other[65];
    run_with_threads(1, "1", one);
    run_with_threads(3, "1", three);
    run_with_threads(3, "2", other);
    assert_string_equal(one, three);
    assert_string_not_equal(one, other);
}

static void test_train_step__the_best_member_alone(void **state)
{
    oa_context *context = *state;
    oa_values *bank = make_bank(context, "EARLY,LATE", true);
    step_run *s = begin(context, bank);
    step_set(s, "keep", "best");
    check_ok(context, step_go(s));
    assert_true(step_warned(s, "W_DROPPED"));
    assert_int_equal(step_real(s, "summary/patterns"), PATTERNS - 1);
    assert_int_equal(s->values->model->members, 1);
    check_real(step_real(s, "summary/test_accuracy"), 1, 0);
    step_end(s);
    oa_values_free(bank);
}

/* Odds of 1 to 5 against 1 to 1: the bias of the output differs by log 5, and nothing else does. */
static void test_train_step__odds_change_the_bias_alone(void **state)
{
    oa_context *context = *state;
    oa_values *bank = make_bank(context, "EARLY,LATE", false);
    step_run *even = begin(context, bank), *uneven = begin(context, bank);
    step_set(even, "epochs", "2"), step_set(uneven, "epochs", "2");
    step_set(uneven, "odds", "1,5");
    check_ok(context, step_go(even));
    check_ok(context, step_go(uneven));
    const oa_model *a = even->values->model, *b = uneven->values->model;
    for (int i = 0; i < a->n_layers; i++) {
        const bool is_last = i + 1 == a->n_layers;
        if (a->layers[i].n_kernel) assert_memory_equal(a->layers[i].kernel, b->layers[i].kernel, 3 * a->layers[i].n_kernel * sizeof(float));
        for (size_t k = 0; k < 3 * a->layers[i].n_bias; k++)
            check_real((double)b->layers[i].bias[k] - (double)a->layers[i].bias[k], is_last && k % 2 ? log(5) : 0, 1e-6);
    }
    step_end(even);
    step_end(uneven);
    oa_values_free(bank);
}

static void expect(oa_context *context, const oa_values *bank, const char *name, const char *text, const char *code)
{
    step_run *s = begin(context, bank);
    if (name) step_set(s, name, text);
    check_fails(context, step_go(s), code);
    oa_context__clear(context);
    step_end(s);
}

static void test_train_step__what_cannot_be_trained(void **state)
{
    oa_context *context = *state;
    oa_values *bank = make_bank(context, "EARLY,LATE", false), *three = make_bank(context, "EARLY,LATE,NEVER", false);
    expect(context, bank, "architecture", "cnn2d", "E_MAP_MISMATCH");
    expect(context, bank, "learning_rate", "1e12", "E_DIVERGED");
    expect(context, bank, "kernel_width", "40", "E_ARCHITECTURE");
    expect(context, bank, "odds", "1,2,3", "E_PARAMETER_VALUE");
    expect(context, bank, "filters", "2.5", "E_PARAMETER_RANGE");
    expect(context, three, NULL, NULL, "E_MODEL"); /* targets of two classes, names of three */
    uint32_t *label = oa_values_find(bank, 1, "labels/label")->block->data;
    memset(label, 0, PATTERNS * sizeof *label);
    expect(context, bank, NULL, NULL, "E_CLASS_MISSING");
    oa_values_free(bank);
    oa_values_free(three);
}

/* A network may need more than all patterns. */
static void test_train_step__memory_is_foretold(void **state)
{
    oa_context *context = *state;
    oa_values *bank = make_bank(context, "EARLY,LATE", false);
    const char *const dense[] = { "16", "20000" };
    for (int i = 0; i < 2; i++) {
        step_run *s = begin(context, bank);
        step_set(s, "dense", dense[i]);
        step_set(s, "filters", "64");
        step_set(s, "epochs", "1");
        const uint64_t foretold = oa_step_train.memory(&s->run, s->settings->values);
        const size_t before = context->bytes;
        context->peak_bytes = before;
        check_ok(context, step_go(s));
        const size_t used = context->peak_bytes - before;
        if (!(used <= foretold && foretold <= 4 * used + (96u << 20)))
            fail_msg("dense %s takes %zu bytes where %llu were foretold", dense[i], used, (unsigned long long)foretold);
        step_end(s);
    }
    oa_values_free(bank);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_train_step__learns_what_can_be_learnt, check_setup, check_teardown),
        cmocka_unit_test(test_train_step__threads_give_the_same_digest),
        cmocka_unit_test_setup_teardown(test_train_step__the_best_member_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_step__odds_change_the_bias_alone, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_step__what_cannot_be_trained, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_step__memory_is_foretold, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
