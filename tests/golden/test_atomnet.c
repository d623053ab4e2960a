/* test_atomnet.c - the published checkpoints on golden atoms: every matrix on the way, and the probabilities. The goldens were computed in double. */
#include "check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/format.h"
#include "io/h5.h"
#include "nn/atomnet_pass.h"

enum { CHOSEN = 500, TRACED = 8, ROWS = 32 };

static const struct alloy {
    const char *name;
    size_t blocks;
} alloys[] = { { "AlLiMg", 2 }, { "AuCu", 3 }, { "CoNiAlW", 2 } };

static oa_model *read_checkpoints(oa_context *context, const struct alloy *alloy)
{
    oa_model *part[OA_ATOMNET_BLOCKS_MAX], *joined;
    for (size_t b = 0; b < alloy->blocks; b++) {
        char name[64];
        snprintf(name, sizeof name, "atomnet/%s_block%zu.h5", alloy->name, b + 1);
        oa_source source = { .path = check_reference(name), .name = "block.h5" };
        const oa_read_options options = { .preset = "" };
        oa_content content = { .ions = NULL };
        check_ok(context, oa_format_keras.read(context, &source, &options, &content));
        part[b] = content.model;
    }
    check_ok(context, oa_model_join(context, part, alloy->blocks, &joined));
    for (size_t b = 0; b < alloy->blocks; b++) oa_model_free(part[b]);
    return joined;
}

static void open_cube(oa_context *context, const struct alloy *alloy, oa_h5 *h5)
{
    char name[64];
    snprintf(name, sizeof name, "atomnet/golden/%s_cube.h5", alloy->name);
    check_ok(context, oa_h5_open(context, check_reference(name), h5));
}

static float *read_floats(const oa_h5 *h5, const char *format, size_t block, size_t n)
{
    char path[64];
    float *out;
    oa_h5_shape shape;
    snprintf(path, sizeof path, format, block + 1);
    check_ok(h5->context, oa_h5_floats(h5, path, -1, 1u << 26, &shape, &out));
    assert_int_equal(shape.n, n);
    return out;
}

static void logits_of(const oa_atomnet_plan *plan, size_t block, size_t n, const float *x, float *logit)
{
    const size_t columns = (size_t)oa_atomnet_columns(block);
    float *scratch = malloc(oa_atomnet_scratch(plan) * sizeof *scratch);
    for (size_t i = 0; i < n; i += OA_ATOMNET_GROUP)
        oa_atomnet_logits(plan, 0, block, n - i < OA_ATOMNET_GROUP ? n - i : OA_ATOMNET_GROUP, x + i * ROWS * columns, scratch, logit + i);
    free(scratch);
}

static void chosen_atoms_have_their_probabilities(void **state)
{
    (void)state;
    for (size_t a = 0; a < sizeof alloys / sizeof *alloys; a++) {
        oa_context *context;
        assert_int_equal(oa_context_new(&context, NULL), OA_OK);
        oa_model *model = read_checkpoints(context, &alloys[a]);
        oa_atomnet_plan plan;
        oa_h5 h5;
        check_ok(context, oa_atomnet_plan_make(context, model, &plan));
        open_cube(context, &alloys[a], &h5);
        for (size_t b = 0; b < alloys[a].blocks; b++) {
            float *x = read_floats(&h5, "sel/features_block%zu", b, (size_t)(CHOSEN * ROWS * oa_atomnet_columns(b)));
            float *want = read_floats(&h5, "sel/prob_block%zu", b, CHOSEN), logit[CHOSEN];
            logits_of(&plan, b, CHOSEN, x, logit);
            double worst = 0;
            for (size_t i = 0; i < CHOSEN; i++) worst = fmax(worst, fabs(1 / (1 + exp(-(double)logit[i])) - want[i]));
            if (worst > 1e-5) fail_msg("%s, block %zu: a probability is off by %g", alloys[a].name, b + 1, worst);
            oa_free(context, x);
            oa_free(context, want);
        }
        oa_h5_close(&h5);
        oa_atomnet_plan_free(context, &plan);
        oa_model_free(model);
        oa_context_free(context);
    }
}

static void compare(const oa_h5 *h5, const char *format, size_t block, size_t n, const float *got)
{
    float *want = read_floats(h5, format, block, n);
    double largest = 0, worst = 0;
    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)want[i]));
        worst = fmax(worst, fabs((double)want[i] - got[i]));
    }
    if (worst > 1e-5 * fmax(largest, 1)) fail_msg("%s of block %zu is off by %g, its largest value is %g", format, block + 1, worst, largest);
    oa_free(h5->context, want);
}

static void every_matrix_on_the_way_is_right(void **state)
{
    (void)state;
    for (size_t a = 0; a < sizeof alloys / sizeof *alloys; a++) {
        oa_context *context;
        assert_int_equal(oa_context_new(&context, NULL), OA_OK);
        oa_model *model = read_checkpoints(context, &alloys[a]);
        oa_atomnet_plan plan;
        oa_h5 h5;
        check_ok(context, oa_atomnet_plan_make(context, model, &plan));
        open_cube(context, &alloys[a], &h5);
        float *scratch = malloc(oa_atomnet_scratch(&plan) * sizeof *scratch);
        for (size_t b = 0; b < alloys[a].blocks; b++) {
            const size_t columns = (size_t)oa_atomnet_columns(b);
            static float t1[TRACED * 36], tnet1[TRACED * ROWS * 6], mlp1[TRACED * ROWS * 32], t2[TRACED * 1024], tnet2[TRACED * ROWS * 32], most[TRACED * 128],
                head2[TRACED * 64], logit[TRACED];
            float *x = read_floats(&h5, "sel/features_block%zu", b, CHOSEN * ROWS * columns);
            oa_atomnet_traced(&plan, 0, b, TRACED, x, scratch, logit, &(oa_atomnet_trace){ t1, tnet1, mlp1, t2, tnet2, most, head2 });
            compare(&h5, "trace_block%zu/T1", b, TRACED * columns * columns, t1);
            compare(&h5, "trace_block%zu/after_tnet1", b, TRACED * ROWS * columns, tnet1);
            compare(&h5, "trace_block%zu/after_mlp1", b, TRACED * ROWS * 32, mlp1);
            compare(&h5, "trace_block%zu/T2", b, TRACED * 1024, t2);
            compare(&h5, "trace_block%zu/after_tnet2", b, TRACED * ROWS * 32, tnet2);
            compare(&h5, "trace_block%zu/global_max", b, TRACED * 128, most);
            compare(&h5, "trace_block%zu/head2", b, TRACED * 64, head2);
            compare(&h5, "trace_block%zu/logit", b, TRACED, logit);
            oa_free(context, x);
        }
        free(scratch);
        oa_h5_close(&h5);
        oa_atomnet_plan_free(context, &plan);
        oa_model_free(model);
        oa_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_atoms_have_their_probabilities),
        cmocka_unit_test(every_matrix_on_the_way_is_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
