/* test_atomnet.c - which number a network knows each ion by, how its blocks join, and that nothing impossible is believed of a file. */
#include "core/data/atomnet_made.h"

enum { TYPES_MAX = 8 };

/* Types of so many atoms each: "Al", or "Cu O" as its elements 29 and 8. */
typedef struct ion_row {
    unsigned z[3];
    const char *name; /* where there are no atoms */
} ion_row;

static oa_ranges *ranges_of(oa_context *context, const ion_row *rows, size_t n)
{
    oa_ranges *ranges;
    check_ok(context, oa_ranges__create(context, &ranges));
    for (size_t i = 0; i < n; i++) {
        oa_ion_type type = { .n_atoms = 0 };
        unsigned number;
        for (int k = 0; k < 3 && rows[i].z[k]; k++) assert_true(oa_ion_add_atoms(&type, rows[i].z[k], 1));
        oa_ion_type__name(&type);
        if (rows[i].name) snprintf(type.name, sizeof type.name, "%s", rows[i].name);
        check_ok(context, oa_ranges__add_type(ranges, &type, &number));
        assert_int_equal(number, i + 1);
    }
    return ranges;
}

/* The codes of the types, OA_NO_CODE for un-ranged first; all met. */
static oa_status codes_of(oa_context *context, const char *codes, const ion_row *rows, size_t n, int16_t *code)
{
    static const bool all[TYPES_MAX + 1] = { false, true, true, true, true, true, true, true, true };
    oa_ranges *ranges = ranges_of(context, rows, n);
    oa_context__clear(context);
    const oa_status status = oa_atomnet_codes(context, codes, ranges, all, code);
    oa_ranges__free(ranges);
    return status;
}

static void species_have_the_codes_that_are_named(void **state)
{
    static const ion_row alloy[] = { { .z = { 12 } }, { .z = { 13 } }, { .z = { 3 } } };
    int16_t code[TYPES_MAX + 1];
    check_ok(*state, codes_of(*state, "Al:0,Li:1,Mg:2", alloy, 3, code));
    assert_int_equal(code[0], OA_NO_CODE);
    assert_int_equal(code[1], 2);
    assert_int_equal(code[2], 0);
    assert_int_equal(code[3], 1);
    check_ok(*state, codes_of(*state, "Al:0, Mg:255", alloy, 1, code)); /* as people type lists */
    assert_int_equal(code[1], 255);
}

/* CuO counts as Cu; its own name goes before its elements; O2 has none of them. */
static void molecular_ions_count_as_their_only_named_element(void **state)
{
    static const ion_row oxide[] = { { .z = { 29, 8 } }, { .z = { 29, 29 } } }, both[] = { { .z = { 29, 79 } } }, none[] = { { .z = { 8, 8 } } };
    int16_t code[TYPES_MAX + 1];
    check_ok(*state, codes_of(*state, "Cu:3,Au:1", oxide, 2, code));
    assert_int_equal(code[1], 3);
    assert_int_equal(code[2], 3); /* the same element twice is one element */
    oa_ranges *ranges = ranges_of(*state, oxide, 1);
    char named[128];
    snprintf(named, sizeof named, "Cu:3,Au:1,%s:7", ranges->types[0].name);
    oa_ranges__free(ranges);
    check_ok(*state, codes_of(*state, named, oxide, 1, code));
    assert_int_equal(code[1], 7);
    check_fails(*state, codes_of(*state, "Cu:3,Au:1", both, 1, code), "E_SPECIES_UNKNOWN"); /* Cu or Au: nobody knows */
    check_fails(*state, codes_of(*state, "Cu:3,Au:1", none, 1, code), "E_SPECIES_UNKNOWN");
    check_ok(*state, codes_of(*state, "Cu:3,Au:1,other:9", both, 1, code));
    assert_int_equal(code[1], 9);
}

static void what_is_not_named_is_other_or_refused(void **state)
{
    static const ion_row alloy[] = { { .z = { 24 } }, { .z = { 28 } }, { .name = "cluster" } };
    int16_t code[TYPES_MAX + 1];
    check_ok(*state, codes_of(*state, "Ni:2,other:0", alloy, 3, code));
    assert_int_equal(code[1], 0);
    assert_int_equal(code[2], 2);
    assert_int_equal(code[3], 0);
    check_fails(*state, codes_of(*state, "Ni:2", alloy, 3, code), "E_SPECIES_UNKNOWN");
    assert_int_equal(oa_exit_code(((oa_context *)*state)->status), 64);
    assert_non_null(strstr(oa_error_text(*state), "Cr"));
    assert_non_null(strstr(oa_error_text(*state), "Ni:2"));
}

/* A range file may name more than the specimen holds. */
static void types_that_no_ion_has_need_no_code(void **state)
{
    static const ion_row alloy[] = { { .z = { 24 } }, { .z = { 28 } } };
    static const bool met[] = { true, false, true };
    oa_ranges *ranges = ranges_of(*state, alloy, 2);
    int16_t code[3];
    check_ok(*state, oa_atomnet_codes(*state, "Ni:2", ranges, met, code));
    assert_int_equal(code[1], OA_NO_CODE);
    assert_int_equal(code[2], 2);
    oa_ranges__free(ranges);
}

static void lists_that_are_none_are_refused(void **state)
{
    static const char *const bad[] = { "", ",", "Al", "Al:", ":1", "Al:0,Al:1", "Al:-1", "Al:256", "Al:99999999999999999999", "Al:1.5", "Al:0,,Li:1", "Al=0",
                                       "Al:0 Li:1", "Al:0x1", "a-name-that-is-by-far-longer-than-any-ion-could-ever-have-in-a-range-file:1", "other:1,other:2" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        oa_context__clear(*state);
        if (oa_atomnet_check_codes(*state, bad[i]) == OA_OK) fail_msg("'%s' is taken for a list of codes", bad[i]);
        assert_string_equal(oa_error_code(*state), "E_PARAMETER_VALUE");
        assert_int_equal(oa_exit_code(((oa_context *)*state)->status), 64);
    }
    char many[OA_CODES_MAX * 8 + 16] = "";
    for (int i = 0; i < OA_CODES_MAX; i++) snprintf(many + strlen(many), sizeof many - strlen(many), "%sX%d:%d", i ? "," : "", i, i);
    oa_context__clear(*state);
    check_ok(*state, oa_atomnet_check_codes(*state, many));
    strcat(many, ",Y:1");
    check_fails(*state, oa_atomnet_check_codes(*state, many), "E_PARAMETER_VALUE");
    for (const oa_atomnet_preset *p = oa_atomnet_presets; p->name; p++) {
        oa_context__clear(*state);
        check_ok(*state, oa_atomnet_check_codes(*state, p->species_codes));
        assert_ptr_equal(oa_atomnet_preset_find(p->name), p);
    }
    assert_null(oa_atomnet_preset_find("fe-al"));
}

/* Parameters of the blocks as the paper's network has them: layers and sizes of the published network. */
static void blocks_have_as_many_values_as_the_published_ones(void **state)
{
    (void)state;
    assert_int_equal(oa_atomnet_layout(5, false, NULL), 177402);
    assert_int_equal(oa_atomnet_layout(6, false, NULL), 178181);
    assert_int_equal(oa_atomnet_layout(5, true, NULL), 182650);
    assert_int_equal(oa_atomnet_layout(6, true, NULL), 183429);
}

/* ---- joining ---- */

static void drop(oa_model **models, size_t n)
{
    for (size_t i = 0; i < n; i++) oa_model_free(models[i]);
}

static void blocks_join_in_any_order(void **state)
{
    oa_model *whole = atomnet_make(*state, 3, 1, true, 1), *joined;
    static const size_t orders[][3] = { { 0, 1, 2 }, { 2, 0, 1 } };
    for (size_t k = 0; k < 2; k++) {
        oa_model *part[3];
        for (size_t b = 0; b < 3; b++) part[b] = atomnet_block(whole, orders[k][b]);
        check_ok(*state, oa_model_join(*state, part, 3, &joined));
        assert_string_equal(joined->sha256, whole->sha256);
        assert_int_equal(joined->atomnet.blocks, 3);
        oa_model_free(joined);
        drop(part, 3);
    }
    oa_model_free(whole);
}

static void expect_no_join(oa_context *context, oa_model **part, size_t n, const char *word)
{
    oa_model *joined;
    oa_context__clear(context);
    check_fails(context, oa_model_join(context, part, n, &joined), "E_MODEL");
    if (!strstr(oa_error_text(context), word)) fail_msg("'%s' does not speak of '%s'", oa_error_text(context), word);
    drop(part, n);
}

static void blocks_that_do_not_belong_together_are_refused(void **state)
{
    oa_model *whole = atomnet_make(*state, 3, 1, true, 1), *plain = atomnet_make(*state, 3, 1, false, 2);
    expect_no_join(*state, (oa_model *[]){ atomnet_block(whole, 0), atomnet_block(whole, 2) }, 2, "block 2, which is missing");
    expect_no_join(*state, (oa_model *[]){ atomnet_block(whole, 1) }, 1, "block 1, which is missing");
    expect_no_join(*state, (oa_model *[]){ atomnet_block(whole, 0), atomnet_block(whole, 1), atomnet_block(whole, 1) }, 3, "block 2 is given twice");
    expect_no_join(*state, (oa_model *[]){ atomnet_block(whole, 0), atomnet_block(plain, 1) }, 2, "has_norm");
    oa_model *other = atomnet_block(whole, 1);
    other->atomnet.lattice_parameter = 0.36;
    expect_no_join(*state, (oa_model *[]){ atomnet_block(whole, 0), other }, 2, "lattice_parameter");
    other = atomnet_block(whole, 1);
    snprintf(other->atomnet.species_codes, sizeof other->atomnet.species_codes, "Cu:0,Au:1");
    expect_no_join(*state, (oa_model *[]){ atomnet_block(whole, 0), other }, 2, "Cu:0,Au:1");
    oa_model_free(whole);
    oa_model_free(plain);
}

static void weights_that_cannot_be_are_refused(void **state)
{
    oa_model *whole = atomnet_make(*state, 1, 1, true, 1), *joined;
    oa_atomnet_place place[OA_ATOMNET_LAYERS];
    oa_atomnet_layout(5, true, place);
    oa_model *part = atomnet_block(whole, 0);
    part->atomnet.values[0][7] = NAN;
    check_fails(*state, oa_model_join(*state, &part, 1, &joined), "E_NONFINITE");
    oa_model_free(part);
    part = atomnet_block(whole, 0);
    part->atomnet.values[0][place[OA_MLP1_CONV1].norm + 3 * 32 + 5] = -1e-3f;
    oa_context__clear(*state);
    check_fails(*state, oa_model_join(*state, &part, 1, &joined), "E_MODEL");
    assert_non_null(strstr(oa_error_text(*state), "mlp1/conv1"));
    oa_model_free(part);
    oa_model_free(whole);
}

/* ---- files ---- */

static oa_values *to_values(oa_context *context, const oa_model *model)
{
    oa_values *values;
    check_ok(context, oa_values_new(context, &values));
    check_ok(context, oa_model_to_values(model, values));
    return values;
}

static oa_array *array_of(oa_values *values, const char *name)
{
    for (size_t i = 0; i < values->n; i++)
        if (strcmp(values->arrays[i].name, name) == 0) return &values->arrays[i];
    fail_msg("no array %s", name);
    return NULL;
}

static void arrays_give_the_model_back(void **state)
{
    for (int norm = 0; norm < 2; norm++) {
        oa_model *model = atomnet_make(*state, 2, 3, norm, 4), *back;
        oa_values *values = to_values(*state, model);
        check_ok(*state, oa_model_from_values(*state, values, "file.nxs", &back));
        assert_string_equal(back->sha256, model->sha256);
        assert_string_equal(back->atomnet.species_codes, "Al:0,Li:1,Mg:2");
        assert_true(oa_model_is_atomnet(back) && back->members == 3 && back->atomnet.blocks == 2);
        for (size_t b = 0; b < 2; b++)
            assert_memory_equal(back->atomnet.values[b], model->atomnet.values[b], 3 * oa_atomnet_values(model, b) * sizeof(float));
        oa_values_free(values);
        oa_model_free(model);
        oa_model_free(back);
    }
}

static void expect(oa_context *context, oa_values *values, const char *code)
{
    oa_model *back;
    oa_context__clear(context);
    check_fails(context, oa_model_from_values(context, values, "file.nxs", &back), code);
    assert_null(back);
    oa_values_free(values);
}

static void change_count(oa_context *context, const oa_model *model, const char *name, int64_t value)
{
    oa_values *values = to_values(context, model);
    *(int64_t *)array_of(values, name)->block->data = value;
    expect(context, values, "E_MODEL");
}

static void change_real(oa_context *context, const oa_model *model, const char *name, double value, const char *code)
{
    oa_values *values = to_values(context, model);
    *(double *)array_of(values, name)->block->data = value;
    expect(context, values, code);
}

static void hostile_values_are_refused(void **state)
{
    oa_context *context = *state;
    oa_model *model = atomnet_make(context, 2, 2, true, 5);
    change_count(context, model, "definition/members", 0);
    change_count(context, model, "definition/members", INT64_C(1) << 40);
    change_count(context, model, "definition/members", 3);
    change_count(context, model, "definition/blocks", 0);
    change_count(context, model, "definition/blocks", OA_ATOMNET_BLOCKS_MAX + 1);
    change_count(context, model, "definition/blocks", 3);
    change_count(context, model, "definition/neighbours", 1);
    change_count(context, model, "definition/neighbours", OA_ATOMNET_NEIGHBOURS_MAX + 1);
    change_count(context, model, "definition/has_norm", 0);
    change_count(context, model, "definition/has_norm", 2);
    change_real(context, model, "definition/lattice_parameter", 0, "E_MODEL");
    change_real(context, model, "definition/lattice_parameter", NAN, "E_MODEL");
    change_real(context, model, "definition/norm_epsilon", -1, "E_MODEL");
    change_real(context, model, "definition/threshold", 1.5, "E_MODEL");
    change_real(context, model, "definition/lattice_parameter", 0.41, "E_DIGEST"); /* possible, but not what was trained */
    oa_values *values = to_values(context, model);
    ((float *)array_of(values, "weights/member2_block1")->block->data)[100] = 0.5f;
    expect(context, values, "E_DIGEST");
    values = to_values(context, model);
    ((float *)array_of(values, "weights/member2_block2")->block->data)[100] = INFINITY;
    expect(context, values, "E_NONFINITE");
    values = to_values(context, model);
    array_of(values, "weights/member1_block2")->type = OA_U32;
    expect(context, values, "E_MODEL");
    values = to_values(context, model);
    array_of(values, "weights/member1_block2")->dims[0]--;
    expect(context, values, "E_MODEL");
    oa_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(species_have_the_codes_that_are_named, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(molecular_ions_count_as_their_only_named_element, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_named_is_other_or_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(types_that_no_ion_has_need_no_code, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(lists_that_are_none_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(blocks_have_as_many_values_as_the_published_ones, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(blocks_join_in_any_order, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(blocks_that_do_not_belong_together_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(weights_that_cannot_be_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(arrays_give_the_model_back, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(hostile_values_are_refused, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
