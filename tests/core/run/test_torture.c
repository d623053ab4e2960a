/* test_torture.c - whole steps, with every allocation failing in turn: the right status, and every byte given back. */
#include "base/random.h"
#include "check.h"
#include "core/step/step_run.h"
#include "run/run.h"
#include "torture/starved.h"

enum { IONS = 500 };

static oa_ions *specimen(oa_context *context, bool with_ranges)
{
    float v[4][IONS];
    oa_ions *ions;
    oa_random random = oa_random_start(5, 0);
    for (int i = 0; i < IONS; i++) {
        for (int c = 0; c < 3; c++) v[c][i] = (float)(3 * oa_random_uniform(&random));
        v[3][i] = i % 3 ? 29.0f : 27.0f;
    }
    check_ok(context, oa_ions_new(context, &ions, IONS, v[0], v[1], v[2], v[3]));
    if (!with_ranges) return ions;
    oa_ranges *ranges;
    check_ok(context, oa_ranges__create(context, &ranges));
    step_add_range(ranges, 28, 1, 28.9, 29.1);
    step_add_range(ranges, 13, 1, 26.9, 27.1);
    oa_ions__set_ranges(ions, ranges);
    check_ok(context, oa_ions__add_column(ions, OA_TYPE, OA_U8));
    for (int i = 0; i < IONS; i++) ((uint8_t *)oa_ions__data(ions, OA_TYPE))[i] = i % 3 ? 1 : 2;
    return ions;
}

typedef struct job {
    const char *step, *name[4], *text[4];
    bool consumes;
} job;

static oa_status set_all(oa_settings *settings, const job *j)
{
    for (int i = 0; i < 4 && j->name[i]; i++) OA_TRY(oa_settings_set(settings, j->name[i], j->text[i]));
    return OA_OK;
}

static oa_status run_once(oa_context *context, const job *j, oa_ions *ions)
{
    const oa_step *step = oa_step_find(j->step);
    oa_settings *settings;
    oa_values *values = NULL;
    oa_record *record = NULL;
    const oa_input input = { .role = "ions", .ions = ions, .ranges = ions->ranges, .may_consume = j->consumes };
    OA_TRY(oa_settings_new(context, &settings, step->params, step->params_size, step->presets));
    const oa_request request = { .step = step, .settings = settings, .inputs = &input, .n_inputs = 1 };
    oa_status status = set_all(settings, j);
    if (status == OA_OK) status = oa_run_step(context, &request, &values, &record);
    assert_true((status == OA_OK) == (values != NULL) && (status == OA_OK) == (record != NULL));
    oa_values_free(values);
    oa_record_free(record);
    oa_settings_free(settings);
    return status;
}

static void torture(const job *j)
{
    size_t empty;
    for (uint64_t n = 1; n < 10000; n++) {
        oa_context *context = starved_context(&empty);
        oa_ions *ions = specimen(context, true);
        const size_t before = context->bytes;
        oa_context__clear(context);
        context->fail_allocation = context->allocations + n;
        const oa_status status = run_once(context, j, ions);
        const bool is_through = context->allocations < context->fail_allocation;
        if (!j->consumes) starved_check_bytes(context, j->step, n, before);
        oa_ions_free(ions);
        starved_check_bytes(context, j->step, n, empty);
        starved_check(context, j->step, n, is_through, status);
        oa_context_free(context);
        if (is_through) {
            print_message("%s: %llu allocations failed in turn\n", j->step, (unsigned long long)n - 1);
            assert_true(n > 10);
            return;
        }
    }
    fail_msg("%s never got through", j->step);
}

static void test_torture__crop(void **state)
{
    const job j = { .step = "crop", .name = { "roi" }, .text = { "0,2,0,2,0,2" } };
    (void)state;
    torture(&j);
}

static void test_torture__crop_in_place(void **state)
{
    const job j = { .step = "crop", .name = { "sphere", "every" }, .text = { "1,1,1,1", "2" }, .consumes = true };
    (void)state;
    torture(&j);
}

static void test_torture__range(void **state)
{
    const job j = { .step = "range" };
    (void)state;
    torture(&j);
}

static void test_torture__composition(void **state)
{
    const job j = { .step = "composition" };
    (void)state;
    torture(&j);
}

static void test_torture__domains(void **state)
{
    const job j = { .step = "domains", .name = { "species", "eps" }, .text = { "Ni", "0.3" } };
    (void)state;
    torture(&j);
}

static void test_torture__spectrum_and_shuffle(void **state)
{
    const job spectrum = { .step = "spectrum" }, shuffle = { .step = "shuffle" };
    (void)state;
    torture(&spectrum);
    torture(&shuffle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_torture__crop),        cmocka_unit_test(test_torture__crop_in_place),
        cmocka_unit_test(test_torture__range),       cmocka_unit_test(test_torture__composition),
        cmocka_unit_test(test_torture__domains),     cmocka_unit_test(test_torture__spectrum_and_shuffle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
