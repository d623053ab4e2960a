/* test_train_atomnet.c - networks of neighbours from cubes: they learn, `segment` says the same with them, and what cannot be is refused. */
#include "step_run.h"

#include "data/model.h"
#include "math/calibration.h"

extern const oa_step oa_step_synthesise, oa_step_train, oa_step_segment;

/* Ten cubes of Al with Al3Li spheres, little noise. */
static step_run *make_cubes(oa_context *context, const char *number)
{
    step_run *s = step_begin(context, &oa_step_synthesise);
    step_set(s, "preset", "al-li-mg");
    step_set(s, "cubes", number);
    step_set(s, "cells", "4,5");
    step_set(s, "cube_domains", "1,1,1,1");
    step_set(s, "radii", "0.7,0.9");
    step_set(s, "angles", "10,10,10");
    step_set(s, "sigma_lateral", "0.02");
    step_set(s, "sigma_depth", "0.02");
    step_set(s, "efficiency", "0.9");
    check_ok(context, step_go(s));
    return s;
}

/* Ions and arrays stay those of the cubes. */
static step_run *begin(oa_context *context, const step_run *cubes)
{
    step_run *s = step_begin(context, &oa_step_train);
    oa_input *input = step_input(s, "patterns");
    input->result = cubes->values, input->ions = cubes->values->ions;
    step_set(s, "preset", "al-li-mg");
    step_set(s, "neighbours", "8");
    step_set(s, "batch", "48");
    step_set(s, "epochs", "3");
    return s;
}

/* The recall that `segment` has on the test cubes with the model that was trained. */
static double segment_recall(oa_context *context, const step_run *cubes, const oa_model *model)
{
    step_run *s = step_begin(context, &oa_step_segment);
    step_ions(s, "ions", cubes->values->ions);
    step_input(s, "model")->model = model;
    check_ok(context, step_go(s));
    const float *p = step_data(s, "probability/probability");
    const uint32_t *cube = step_data(cubes, "truth/cube"), *domain = step_data(cubes, "truth/domain"), *part = step_data(cubes, "cubes/part");
    double right = 0, all = 0;
    for (size_t i = 0; i < cubes->values->ions->n; i++) {
        if (part[cube[i] - 1] != 2 || domain[i] == 0) continue;
        all++;
        right += (double)p[i] > model->atomnet.threshold;
    }
    step_end(s);
    return right / all;
}

static void check_history(const step_run *s, size_t members, size_t blocks, size_t epochs)
{
    const float *loss = step_data(s, "history/loss"), *auc = step_data(s, "history/validation_auc"), *penalty = step_data(s, "history/penalty");
    const uint32_t *block = step_data(s, "history/block"), *epoch = step_data(s, "history/epoch");
    const size_t n = blocks * epochs;
    assert_int_equal(oa_array_count(step_array(s, "history/loss")), members * n);
    for (size_t m = 0; m < members; m++) {
        for (size_t b = 0; b < blocks; b++) assert_true(loss[m * n + (b + 1) * epochs - 1] < loss[m * n + b * epochs]);
        for (size_t e = 0; e < n; e++) assert_true(auc[m * n + e] > 0 && auc[m * n + e] <= 1 && penalty[m * n + e] >= 0);
    }
    for (size_t e = 0; e < n; e++) assert_true(epoch[e] == e + 1 && block[e] == e / epochs + 1);
}

static void test_train_atomnet__learns_and_segment_says_the_same(void **state)
{
    oa_context *context = *state;
    step_run *cubes = make_cubes(context, "10"), *s = begin(context, cubes);
    check_ok(context, step_go(s));
    check_history(s, 1, 2, 3);
    const double *auc = step_data(s, "blocks/auc"), *recall = step_data(s, "blocks/recall"), *precision = step_data(s, "blocks/precision");
    assert_true(auc[0] > 0.75 && auc[1] > 0.75);
    assert_true(auc[1] == step_real(s, "summary/test_auc") && precision[1] > 0.2);
    const uint64_t *confusion = step_data(s, "confusion/count");
    check_real(recall[1], (double)confusion[3] / (double)(confusion[2] + confusion[3]), 1e-15);
    assert_int_equal(confusion[0] + confusion[1] + confusion[2] + confusion[3], step_real(s, "summary/test_patterns"));
    assert_true(step_real(s, "summary/calibration_error") < 0.5 && step_real(s, "summary/temperature") > 0);
    oa_model *again; /* what is put can be read, so the digest holds */
    check_ok(context, oa_model_from_values(context, s->values, "cubes.nxs", &again));
    assert_string_equal(again->sha256, step_text(s, "summary/model_sha256"));
    check_real(again->temperature, step_real(s, "summary/temperature"), 0);
    check_real(segment_recall(context, cubes, again), recall[1], 1e-12);
    oa_model_free(again);
    step_end(s), step_end(cubes);
}

static void run_with(int threads, const char *blocks, const char *name, const char *value, char hex[65])
{
    oa_context *context;
    check_ok(NULL, oa_context_new(&context, &(oa_context_options){ .threads = threads }));
    step_run *cubes = make_cubes(context, "3"), *s = begin(context, cubes);
    step_set(s, "epochs", "1");
    step_set(s, "neighbours", "6");
    step_set(s, "blocks", blocks);
    if (name) step_set(s, name, value);
    check_ok(context, step_go(s));
    memcpy(hex, step_digest(s), 65);
    step_end(s), step_end(cubes);
    oa_context_free(context);
}

static void test_train_atomnet__threads_give_the_same_digest(void **state)
{
    (void)state;
    char one[65], other[65];
    run_with(1, "2", NULL, NULL, one);
    for (int threads = 2; threads <= 3; threads++) {
        run_with(threads, "2", NULL, NULL, other);
        assert_string_equal(one, other);
    }
    run_with(2, "1", NULL, NULL, one);
    const char *const changes[][2] = { { "seed", "2" }, { "penalty", "published" }, { "norm", "last" }, { "norm", "none" }, { "dropout", "0" },
                                      { "optimizer", "adam_falling" } };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        run_with(2, "1", changes[i][0], changes[i][1], other);
        assert_string_not_equal(one, other);
    }
}

/* The step is the learning rate in the beginning and falls from step to step: a single one is the same, of two the second is half as long. */
static void test_train_atomnet__a_falling_rate_begins_in_full(void **state)
{
    oa_context *context = *state;
    step_run *cubes = make_cubes(context, "3");
    for (int epochs = 1; epochs <= 2; epochs++) {
        step_run *s[2];
        for (int falls = 0; falls < 2; falls++) {
            s[falls] = begin(context, cubes);
            step_set(s[falls], "neighbours", "6");
            step_set(s[falls], "blocks", "1");
            step_set(s[falls], "batch", "4096"); /* all in one */
            step_set(s[falls], "epochs", epochs == 1 ? "1" : "2");
            step_set(s[falls], "optimizer", falls ? "adam_falling" : "adam");
            check_ok(context, step_go(s[falls]));
        }
        const float *steady = step_data(s[0], "history/validation_loss"), *falling = step_data(s[1], "history/validation_loss");
        assert_true(steady[0] == falling[0]);
        if (epochs == 2) assert_true(steady[1] != falling[1]);
        step_end(s[0]), step_end(s[1]);
    }
    step_end(cubes);
}

/* Members differ in seed and in the cubes that judge them; the best is one of them, and is itself. */
static void test_train_atomnet__an_ensemble_and_its_best(void **state)
{
    oa_context *context = *state;
    step_run *cubes = make_cubes(context, "5"), *all = begin(context, cubes), *best = begin(context, cubes);
    for (int i = 0; i < 2; i++) {
        step_set(i ? best : all, "folds", "3");
        step_set(i ? best : all, "blocks", "1");
        step_set(i ? best : all, "neighbours", "6");
        step_set(i ? best : all, "epochs", "2");
    }
    step_set(best, "keep", "best");
    check_ok(context, step_go(all));
    check_ok(context, step_go(best));
    check_history(all, 3, 1, 2);
    const oa_model *three = all->values->model, *one = best->values->model;
    const size_t n = oa_atomnet_values(one, 0);
    assert_true(three->members == 3 && one->members == 1);
    size_t same = 0;
    for (size_t m = 0; m < 3; m++) same += memcmp(three->atomnet.values[0] + m * n, one->atomnet.values[0], n * sizeof(float)) == 0;
    assert_int_equal(same, 1);
    step_end(all), step_end(best), step_end(cubes);
}

/* The weights kept are those of the epoch with the least loss of validation: training on gives no others where it gets no better. */
static void test_train_atomnet__the_best_epoch_is_kept(void **state)
{
    oa_context *context = *state;
    step_run *cubes = make_cubes(context, "4"), *longer = begin(context, cubes);
    step_set(longer, "blocks", "1");
    step_set(longer, "epochs", "4");
    step_set(longer, "learning_rate", "0.05"); /* too fast to get better for ever */
    check_ok(context, step_go(longer));
    const float *loss = step_data(longer, "history/validation_loss"), *penalty = step_data(longer, "history/validation_penalty");
    int best = 0;
    for (int e = 1; e < 4; e++)
        if (loss[e] + penalty[e] < loss[best] + penalty[best]) best = e;
    step_run *shorter = begin(context, cubes);
    char epochs[8];
    snprintf(epochs, sizeof epochs, "%d", best + 1);
    step_set(shorter, "blocks", "1");
    step_set(shorter, "epochs", epochs);
    step_set(shorter, "learning_rate", "0.05");
    check_ok(context, step_go(shorter));
    assert_string_equal(step_text(longer, "summary/model_sha256"), step_text(shorter, "summary/model_sha256"));
    step_end(longer), step_end(shorter), step_end(cubes);
}

static void refuse(oa_context *context, const step_run *cubes, const char *name, const char *value, const char *code)
{
    step_run *s = begin(context, cubes);
    if (name) step_set(s, name, value);
    check_fails(context, step_go(s), code);
    oa_context__clear(context);
    step_end(s);
}

static void test_train_atomnet__what_is_refused(void **state)
{
    oa_context *context = *state;
    step_run *cubes = make_cubes(context, "4");
    const char *const useless[][2] = { { "filters", "8" }, { "kernel_width", "3" }, { "padding", "same" }, { "pool_padding", "same" }, { "dense", "64" }, { "turn", "3" },
                                       { "optimizer", "rmsprop" }, { "split", "published" }, { "test_share", "0.2" }, { "odds", "1,2" }, { "species_codes", "" },
                                       { "species_codes", "Al" }, { "lattice_parameter", "0" } };
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) refuse(context, cubes, useless[i][0], useless[i][1], "E_PARAMETER_VALUE");
    refuse(context, cubes, "batch", "5000", "E_PARAMETER_RANGE");
    refuse(context, cubes, "species_codes", "Al:0,Mg:2", "E_SPECIES_UNKNOWN");
    refuse(context, cubes, "learning_rate", "1e12", "E_DIVERGED");
    uint32_t *cube = (uint32_t *)step_data(cubes, "truth/cube"), *domain = (uint32_t *)step_data(cubes, "truth/domain"), *part = (uint32_t *)step_data(cubes, "cubes/part");
    for (size_t i = 0; i + 5 < cubes->values->ions->n; i++) cube[i] = cube[i] == 4 ? 3 : cube[i];
    refuse(context, cubes, NULL, NULL, "E_FEW_IONS");
    cube[0] = 9;
    refuse(context, cubes, NULL, NULL, "E_INPUT_KIND");
    cube[0] = 1;
    part[0] = 1, part[1] = 1;
    refuse(context, cubes, NULL, NULL, "E_EMPTY_DATA");
    part[0] = part[1] = 0;
    for (size_t i = 0; i < cubes->values->ions->n; i++) cube[i] = 1 + (uint32_t)(i % 4);
    memset(domain, 0, cubes->values->ions->n * sizeof *domain);
    refuse(context, cubes, NULL, NULL, "E_CLASS_MISSING");
    step_end(cubes);
}

/* One specimen is no bank of cubes; a network of patterns has no blocks. */
static void test_train_atomnet__other_inputs_are_refused(void **state)
{
    oa_context *context = *state;
    step_run *specimen = step_begin(context, &oa_step_synthesise);
    step_set(specimen, "box", "-3,3,-3,3,-6,0");
    step_set(specimen, "domains", "2");
    check_ok(context, step_go(specimen));
    refuse(context, specimen, NULL, NULL, "E_INPUT_KIND");
    assert_true(oa_array_count(step_array(specimen, "truth/domain")) == specimen->values->ions->n);
    const char *const useless[][2] = { { "blocks", "3" }, { "neighbours", "20" }, { "penalty", "published" }, { "norm", "none" }, { "species_codes", "Al:0" },
                                       { "lattice_parameter", "0.4" }, { "threshold", "0.4" }, { "optimizer", "adam_falling" } };
    for (size_t i = 0; i < sizeof useless / sizeof *useless; i++) {
        step_run *s = step_begin(context, &oa_step_train);
        step_set(s, useless[i][0], useless[i][1]);
        check_fails(context, step_go(s), "E_PARAMETER_VALUE");
        oa_context__clear(context);
        step_end(s);
    }
    step_end(specimen);
}

/* The presets are those of the models (data/atomnet.h). */
static void test_train_atomnet__presets_are_those_of_models(void **state)
{
    oa_context *context = *state;
    for (const oa_atomnet_preset *p = oa_atomnet_presets; p->name; p++) {
        step_run *s = step_begin(context, &oa_step_train);
        step_set(s, "preset", p->name);
        check_ok(context, oa_step_train.check(context, s->settings->values));
        const char *const names[] = { "species_codes", "lattice_parameter", "threshold", "blocks" };
        for (int k = 0; k < 4; k++) {
            const oa_param *row = oa_step_train.params;
            while (strcmp(row->name, names[k]) != 0) row++;
            const char *at = (const char *)s->settings->values + row->offset;
            if (k == 0) assert_string_equal(*(const char *const *)(const void *)at, p->species_codes);
            else if (k == 3) assert_int_equal(*(const int64_t *)(const void *)at, p->blocks);
            else check_real(*(const double *)(const void *)at, k == 1 ? p->lattice_parameter : p->threshold, 0);
        }
        step_end(s);
    }
}

static void test_train_atomnet__memory_is_foretold(void **state)
{
    oa_context *context = *state;
    step_run *cubes = make_cubes(context, "4");
    const char *const batches[] = { "32", "1024" };
    for (int i = 0; i < 2; i++) {
        step_run *s = begin(context, cubes);
        step_set(s, "epochs", "1");
        step_set(s, "batch", batches[i]);
        step_set(s, "folds", "2");
        step_set(s, "blocks", "1");
        const uint64_t foretold = oa_step_train.memory(&s->run, s->settings->values);
        const size_t before = context->bytes;
        context->peak_bytes = before;
        check_ok(context, step_go(s));
        const size_t used = context->peak_bytes - before;
        if (!(used <= foretold && foretold <= 4 * used + (96u << 20)))
            fail_msg("batch %s takes %zu bytes where %llu were foretold", batches[i], used, (unsigned long long)foretold);
        step_end(s);
    }
    step_end(cubes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_train_atomnet__learns_and_segment_says_the_same, check_setup, check_teardown),
        cmocka_unit_test(test_train_atomnet__threads_give_the_same_digest),
        cmocka_unit_test_setup_teardown(test_train_atomnet__a_falling_rate_begins_in_full, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_atomnet__an_ensemble_and_its_best, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_atomnet__the_best_epoch_is_kept, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_atomnet__what_is_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_atomnet__other_inputs_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_atomnet__presets_are_those_of_models, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_train_atomnet__memory_is_foretold, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
