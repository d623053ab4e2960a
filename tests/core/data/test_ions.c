/* test_ions.c - columns are shared until somebody writes, cut in place where nobody else looks, and digested whole. */
#include "data/ions.h"

#include "base/random.h"
#include "check.h"
#include "data/metadata.h"

enum { N = 5000 };

static oa_ions *some_ions(oa_context *context, size_t n)
{
    float *v[4];
    oa_ions *ions;
    oa_random random = oa_random_start(3, 0);
    for (int c = 0; c < 4; c++) {
        v[c] = malloc((n + 1) * sizeof *v[c]);
        for (size_t i = 0; i < n; i++) v[c][i] = (float)(10 * oa_random_uniform(&random));
    }
    check_ok(context, oa_ions_new(context, &ions, n, v[0], v[1], v[2], v[3]));
    for (int c = 0; c < 4; c++) free(v[c]);
    return ions;
}

static void add_types(oa_ions *ions, oa_type type)
{
    check_ok(ions->context, oa_ions__add_column(ions, OA_TYPE, type));
    for (size_t i = 0; i < ions->n; i++) {
        if (type == OA_U8) ((uint8_t *)oa_ions__data(ions, OA_TYPE))[i] = (uint8_t)(i % 200);
        else ((uint16_t *)oa_ions__data(ions, OA_TYPE))[i] = (uint16_t)(i % 40000);
    }
}

static oa_block *every_third(oa_context *context, size_t n, size_t *kept)
{
    oa_block *rows;
    *kept = (n + 2) / 3;
    check_ok(context, oa_block_new(context, &rows, *kept, sizeof(uint32_t)));
    for (size_t i = 0; i < *kept; i++) ((uint32_t *)rows->data)[i] = (uint32_t)(3 * i);
    return rows;
}

static const char *digest(const oa_ions *ions)
{
    static char hex[4][65];
    static int turn;
    char *out = hex[turn = (turn + 1) & 3];
    check_ok(ions->context, oa_ions__digest(ions, out));
    return out;
}

static void test_ions__columns_are_copied(void **state)
{
    float x[] = { 1, 2 };
    oa_ions *ions;
    check_ok(*state, oa_ions_new(*state, &ions, 2, x, x, x, x));
    x[0] = 99;
    assert_int_equal(oa_ions_count(ions), 2);
    assert_true(oa_ions_x(ions)[0] == 1 && oa_ions_mass_to_charge(ions)[1] == 2 && oa_ions_x(ions) != oa_ions_y(ions));
    assert_int_equal(oa_ions__type(ions, 1), 0);
    assert_int_equal(oa_ions__evaporation_id(ions, 1), 1);
    oa_ions_free(ions);
    oa_ions_free(NULL);
}

static void test_ions__none_and_too_many(void **state)
{
    oa_ions *ions;
    double lo[3], hi[3];
    check_ok(*state, oa_ions_new(*state, &ions, 0, NULL, NULL, NULL, NULL));
    oa_ions__bounds(ions, lo, hi);
    assert_true(lo[0] == 0 && hi[2] == 0);
    assert_int_equal(strlen(digest(ions)), 64);
    oa_ions_free(ions);
    check_fails(*state, oa_ions__create(*state, &ions, (size_t)OA_IONS_MAX + 1), "E_TOO_MANY_IONS");
    assert_null(ions);
}

static void test_ions__sharing_copies_nothing_until_somebody_writes(void **state)
{
    oa_context *context = *state;
    oa_ions *a = some_ions(context, N), *b;
    const size_t before = context->bytes;
    check_ok(context, oa_ions__share(a, &b));
    assert_true(context->bytes - before < 4096);
    assert_ptr_equal(oa_ions_x(a), oa_ions_x(b));
    check_ok(context, oa_ions__own_column(b, OA_X));
    assert_true(oa_ions_x(a) != oa_ions_x(b) && oa_ions_y(a) == oa_ions_y(b));
    assert_memory_equal(oa_ions_x(a), oa_ions_x(b), N * sizeof(float));
    const float *own = oa_ions_x(b);
    check_ok(context, oa_ions__own_column(b, OA_X)); /* already private */
    assert_ptr_equal(own, oa_ions_x(b));
    check_ok(context, oa_ions__own_column(b, OA_TYPE)); /* not there */
    oa_ions_free(a);
    assert_true(oa_ions_y(b)[N - 1] >= 0);
    oa_ions_free(b);
    assert_int_equal(context->bytes, 0);
}

static void check_kept(const oa_ions *cut, const oa_ions *whole, size_t kept)
{
    assert_int_equal(cut->n, kept);
    for (size_t i = 0; i < kept; i++) {
        assert_true(oa_ions_x(cut)[i] == oa_ions_x(whole)[3 * i] && oa_ions_mass_to_charge(cut)[i] == oa_ions_mass_to_charge(whole)[3 * i]);
        assert_int_equal(oa_ions__type(cut, i), oa_ions__type(whole, 3 * i));
        assert_int_equal(oa_ions__evaporation_id(cut, i), oa_ions__evaporation_id(whole, 3 * i));
    }
}

static void test_ions__keeping_rows_shared_and_alone(void **state)
{
    static const oa_type types[] = { OA_U8, OA_U16 };
    for (int wide = 0; wide < 2; wide++)
        for (int alone = 0; alone < 2; alone++) {
            oa_ions *whole = some_ions(*state, N), *cut;
            size_t kept;
            add_types(whole, types[wide]);
            if (alone) {
                cut = some_ions(*state, N);
                add_types(cut, types[wide]);
            } else {
                check_ok(*state, oa_ions__share(whole, &cut));
            }
            oa_block *rows = every_third(*state, N, &kept);
            check_ok(*state, oa_ions__keep(cut, rows, kept));
            check_kept(cut, whole, kept);
            oa_ions_free(cut);
            oa_ions_free(whole);
        }
    assert_int_equal(((oa_context *)*state)->bytes, 0);
}

static void test_ions__a_second_cut_keeps_the_first_numbers(void **state)
{
    oa_ions *ions = some_ions(*state, N);
    size_t kept, fewer;
    oa_block *rows = every_third(*state, N, &kept);
    check_ok(*state, oa_ions__keep(ions, rows, kept));
    rows = every_third(*state, kept, &fewer);
    check_ok(*state, oa_ions__keep(ions, rows, fewer));
    assert_int_equal(ions->n, fewer);
    for (size_t i = 0; i < fewer; i++) assert_int_equal(oa_ions__evaporation_id(ions, i), 9 * i);
    oa_ions_free(ions);
}

static oa_call *whole_crop(oa_context *context, oa_ions *ions)
{
    oa_call *call;
    check_ok(context, oa_call_new(context, &call, oa_step_find("crop")));
    check_ok(context, oa_call_input_ions(call, "ions", ions));
    check_ok(context, oa_call_run(call));
    return call;
}

/* x, y, z and mass are 16 bytes, the type 1, the evaporation id 4: what a crop of everything holds. The caller's own
 * ions cost the 17 bytes they always cost; the result must not need more than 24 beside them. */
static void test_ions__a_crop_of_everything_needs_24_bytes_an_ion(void **state)
{
    enum { MANY = 200000 };
    oa_context *context = *state;
    oa_ions *ions = some_ions(context, MANY);
    add_types(ions, OA_U8);
    const size_t held = context->bytes;
    context->peak_bytes = held;
    oa_call *call = whole_crop(context, ions);
    assert_int_equal(oa_ions_count(oa_call_ions(call)), MANY);
    assert_true(context->peak_bytes - held <= 24 * (size_t)MANY + 100000);
    oa_call_free(call);
    oa_ions_free(ions);
}

static void test_ions__bounds(void **state)
{
    const float x[] = { 3, -1, 2 }, y[] = { 0, 0, 0 }, z[] = { -5, -4, -6 };
    oa_ions *ions;
    double lo[3], hi[3];
    check_ok(*state, oa_ions_new(*state, &ions, 3, x, y, z, x));
    oa_ions__bounds(ions, lo, hi);
    assert_true(lo[0] == -1 && hi[0] == 3 && lo[1] == 0 && hi[1] == 0 && lo[2] == -6 && hi[2] == -4);
    oa_ions_free(ions);
}

static void add_range(oa_ions *ions, double upper)
{
    oa_ranges *ranges;
    oa_ion_type type = { .nuclides = { OA_ELEMENT_HASH(28) }, .n_atoms = 1, .charge = 2 };
    unsigned number;
    oa_ion_type__name(&type);
    check_ok(ions->context, oa_ranges__create(ions->context, &ranges));
    check_ok(ions->context, oa_ranges__add_type(ranges, &type, &number));
    check_ok(ions->context, oa_ranges__add(ranges, 28.9, upper, number));
    oa_ions__set_ranges(ions, ranges);
}

/* Every change must change it. */
static void test_ions__the_digest_covers_every_part(void **state)
{
    char seen[12][65];
    size_t n = 0;
    oa_ions *ions = some_ions(*state, N);
    memcpy(seen[n++], digest(ions), 65);
    for (int c = OA_X; c <= OA_MASS; c++) {
        ((unsigned char *)oa_ions__data(ions, (oa_ion_column)c))[4 * N - 1] ^= 1;
        memcpy(seen[n++], digest(ions), 65);
    }
    add_types(ions, OA_U8);
    memcpy(seen[n++], digest(ions), 65);
    add_types(ions, OA_U16);
    memcpy(seen[n++], digest(ions), 65);
    check_ok(*state, oa_ions__add_column(ions, OA_HIT_X, OA_F32));
    memcpy(seen[n++], digest(ions), 65);
    add_range(ions, 29.1);
    memcpy(seen[n++], digest(ions), 65);
    add_range(ions, 29.2);
    memcpy(seen[n++], digest(ions), 65);
    ions->ranges->types[0].charge = 1;
    memcpy(seen[n++], digest(ions), 65);
    ions->ranges->types[0].nuclides[0] = OA_ELEMENT_HASH(27);
    memcpy(seen[n++], digest(ions), 65);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) assert_string_not_equal(seen[i], seen[k]);
    oa_ions_free(ions);
}

static void test_ions__the_digest_is_the_same_for_any_threads(void **state)
{
    char first[65] = "", hex[65];
    (void)state;
    for (int threads = 1; threads <= 8; threads *= 2) {
        oa_context *context;
        const oa_context_options options = { .threads = threads };
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        oa_ions *ions = some_ions(context, N);
        check_ok(context, oa_ions__digest(ions, hex));
        if (threads == 1) memcpy(first, hex, 65);
        assert_string_equal(first, hex);
        oa_ions_free(ions);
        oa_context_free(context);
    }
}

static void test_ions__types_have_sizes_and_names(void **state)
{
    (void)state;
    assert_int_equal(oa_type_size(OA_U16), 2);
    assert_int_equal(oa_type_size(OA_F64), 8);
    assert_int_equal(oa_type_size(OA_TEXT), 0);
    assert_string_equal(oa_type_name(OA_F32), "float32");
    assert_string_equal(oa_type_name(OA_BOOL), "bool");
    for (int c = 0; c < OA_ION_COLUMNS; c++) assert_non_null(oa_ion_columns[c].name);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_ions__columns_are_copied),
        with_context(test_ions__none_and_too_many),
        with_context(test_ions__sharing_copies_nothing_until_somebody_writes),
        with_context(test_ions__keeping_rows_shared_and_alone),
        with_context(test_ions__a_second_cut_keeps_the_first_numbers),
        with_context(test_ions__a_crop_of_everything_needs_24_bytes_an_ion),
        with_context(test_ions__bounds),
        with_context(test_ions__the_digest_covers_every_part),
        with_context(test_ions__the_digest_is_the_same_for_any_threads),
        with_context(test_ions__types_have_sizes_and_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
