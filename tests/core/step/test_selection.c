/* test_selection.c - the slot `selection`: which ions take part. */
#include "step_run.h"

static oa_ions *row_of(oa_context *context, size_t n)
{
    float x[16] = { 0 }, mass[16];
    oa_ions *ions;
    for (size_t i = 0; i < n; i++) x[i] = (float)i, mass[i] = 1;
    check_ok(context, oa_ions_new(context, &ions, n, x, x, x, mass));
    return ions;
}

static oa_values *result_with(oa_context *context, const char *name, oa_type type, const uint64_t *values, size_t n)
{
    oa_values *result;
    oa_array *array;
    check_ok(context, oa_values_new(context, &result));
    check_ok(context, oa_values_add(result, 1, name, type, 1, &n, &array));
    for (size_t i = 0; i < n; i++) {
        if (type == OA_U32) ((uint32_t *)array->block->data)[i] = (uint32_t)values[i];
        else ((uint64_t *)array->block->data)[i] = values[i];
    }
    return result;
}

/* Marks for the main input of density_map with that result in slot selection. */
static oa_status mark(oa_context *context, oa_ions *ions, const oa_values *result, uint8_t *take)
{
    step_run *s = step_begin(context, oa_step_find("density_map"));
    step_ions(s, "ions", ions);
    step_input(s, "selection")->result = result;
    const oa_status status = oa_run_mark(&s->run, &s->inputs[0], take);
    step_end(s);
    return status;
}

static void test_selection__rows_take_part(void **state)
{
    const uint64_t rows[] = { 1, 4 };
    uint8_t take[5];
    oa_ions *ions = row_of(*state, 5);
    oa_values *result = result_with(*state, "selected/ion_index", OA_U64, rows, 2);
    check_ok(*state, mark(*state, ions, result, take));
    assert_memory_equal(take, ((uint8_t[]){ 0, 1, 0, 0, 1 }), 5);
    oa_values_free(result);
    oa_ions_free(ions);
}

static void test_selection__truth_is_matched_by_evaporation_id(void **state)
{
    const uint64_t domain[] = { 0, 0, 2, 0, 1, 0 };
    const uint32_t kept[] = { 1, 2, 4 };
    uint8_t take[3];
    oa_ions *ions = row_of(*state, 6);
    oa_block *rows;
    check_ok(*state, oa_block_new(*state, &rows, 3, sizeof *kept));
    memcpy(rows->data, kept, sizeof kept);
    check_ok(*state, oa_ions__keep(ions, rows, 3));
    oa_values *result = result_with(*state, "truth/domain", OA_U32, domain, 6);
    check_ok(*state, mark(*state, ions, result, take));
    assert_memory_equal(take, ((uint8_t[]){ 0, 1, 1 }), 3);
    oa_values_free(result);
    oa_ions_free(ions);
}

static void test_selection__of_other_ions_is_refused(void **state)
{
    const uint64_t rows[] = { 1, 7 }, domain[] = { 0, 1 };
    uint8_t take[5];
    oa_ions *ions = row_of(*state, 5);
    oa_values *result = result_with(*state, "selected/ion_index", OA_U64, rows, 2);
    check_fails(*state, mark(*state, ions, result, take), "E_CONTROL");
    oa_values_free(result);
    result = result_with(*state, "truth/domain", OA_U32, domain, 2);
    check_fails(*state, mark(*state, ions, result, take), "E_CONTROL");
    oa_values_free(result);
    result = result_with(*state, "other/thing", OA_U32, domain, 2);
    check_fails(*state, mark(*state, ions, result, take), "E_INPUT_KIND");
    oa_values_free(result);
    oa_ions_free(ions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_selection__rows_take_part, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_selection__truth_is_matched_by_evaporation_id, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_selection__of_other_ions_is_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
