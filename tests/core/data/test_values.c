/* test_values.c - arrays of every type; the content digest sees every part and neither threads nor the order of putting. */
#include "data/values.h"

#include "base/digest.h"
#include "check.h"

static oa_array *add(oa_values *values, int task, const char *name, oa_type type, int rank, const size_t *dims)
{
    oa_array *array;
    check_ok(values->context, oa_values_add(values, task, name, type, rank, dims, &array));
    unsigned char *bytes = array->block->data;
    for (size_t i = 0; type != OA_TEXT && i < oa_array_bytes(array); i++) bytes[i] = type == OA_BOOL ? i % 2 : (unsigned char)(i + strlen(name));
    return array;
}

static const size_t dims[] = { 3, 4, 5 };

static oa_values *all_types(oa_context *context, bool is_reversed)
{
    static const char *const names[] = { "maps/a", "maps/b", "maps/c", "maps/d", "maps/e", "maps/f", "maps/g", "maps/h", "maps/i", "maps/j" };
    oa_values *values;
    check_ok(context, oa_values_new(context, &values));
    for (int i = 0; i < 10; i++) {
        const int k = is_reversed ? 9 - i : i;
        add(values, 1 + k % 2, names[k], (oa_type)(OA_U8 + k), k % 4, dims);
    }
    values->tasks = 2;
    return values;
}

static const char *digest(const oa_values *values, const char *head)
{
    static char hex[4][65];
    static int turn;
    char *out = hex[turn = (turn + 1) & 3];
    check_ok(values->context, oa_values_digest(values, head, out, NULL));
    return out;
}

static void test_values__arrays_are_found_counted_and_widened(void **state)
{
    oa_values *values = all_types(*state, false);
    const oa_array *c = oa_values_find(values, 1, "maps/c"), *j = oa_values_find(values, 2, "maps/j");
    assert_non_null(c);
    assert_int_equal(oa_array_count(c), 12);
    assert_int_equal(oa_array_bytes(c), 48);
    assert_int_equal(c->block->bytes, 48);
    assert_null(oa_values_find(values, 2, "maps/c"));
    assert_null(oa_values_find(values, 1, "maps"));
    assert_null(oa_values_find(NULL, 1, "maps/c"));
    assert_true(oa_array_real(j, 0) == 0 && oa_array_real(j, 1) == 1);
    oa_array *n = add(values, 1, "summary/n", OA_I8, 0, NULL);
    *(int8_t *)n->block->data = -5;
    assert_true(oa_array_real(n, 0) == -5);
    oa_values_free(values);
    oa_values_free(NULL);
    assert_int_equal(((oa_context *)*state)->bytes, 0);
}

static void test_values__sizes_that_overflow_are_refused(void **state)
{
    const size_t huge[] = { (size_t)1 << 40, (size_t)1 << 40 };
    oa_values *values;
    check_ok(*state, oa_values_new(*state, &values));
    check_fails(*state, oa_values_add(values, 1, "a/b", OA_F64, 2, huge, NULL), "E_MEMORY");
    assert_int_equal(values->n, 0);
    oa_values_free(values);
}

static void test_values__the_order_of_putting_does_not_matter(void **state)
{
    oa_values *a = all_types(*state, false), *b = all_types(*state, true);
    assert_string_equal(digest(a, "head\n"), digest(b, "head\n"));
    oa_values_free(a);
    oa_values_free(b);
}

static void test_values__threads_do_not_matter(void **state)
{
    char first[65] = "", hex[65];
    (void)state;
    for (int threads = 1; threads <= 8; threads++) {
        oa_context *context;
        const oa_context_options options = { .threads = threads };
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        oa_values *values = all_types(context, false);
        check_ok(context, oa_values_digest(values, "", hex, NULL));
        if (threads == 1) memcpy(first, hex, 65);
        assert_string_equal(hex, first);
        oa_values_free(values);
        oa_context_free(context);
    }
}

static void swap_names(oa_array *a, oa_array *b)
{
    char *name = a->name;
    a->name = b->name;
    b->name = name;
}

/* Names, types, shapes, tasks, bytes, ions and head: every one changes it. */
static void test_values__every_part_counts(void **state)
{
    char seen[16][65];
    size_t n = 0;
    const float x[] = { 1, 2, 3 };
    oa_values *v = all_types(*state, false);
    memcpy(seen[n++], digest(v, ""), 65);
    memcpy(seen[n++], digest(v, "step crop 1\n"), 65);
    v->arrays[3].name[5] = 'z';
    memcpy(seen[n++], digest(v, ""), 65);
    v->arrays[2].dims[0] = 4, v->arrays[2].dims[1] = 3;
    memcpy(seen[n++], digest(v, ""), 65);
    v->arrays[8].type = OA_I64; /* same size, other meaning */
    memcpy(seen[n++], digest(v, ""), 65);
    ((unsigned char *)v->arrays[7].block->data)[0] ^= 1;
    memcpy(seen[n++], digest(v, ""), 65);
    v->arrays[5].task = 1;
    memcpy(seen[n++], digest(v, ""), 65);
    swap_names(&v->arrays[0], &v->arrays[4]);
    memcpy(seen[n++], digest(v, ""), 65);
    check_ok(*state, oa_ions_new(*state, &v->ions, 3, x, x, x, x));
    memcpy(seen[n++], digest(v, ""), 65);
    add(v, 1, "maps/more", OA_U8, 0, NULL);
    memcpy(seen[n++], digest(v, ""), 65);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++) assert_string_not_equal(seen[i], seen[k]);
    oa_values_free(v);
}

/* One line per item; the digest is that of this text. */
static void test_values__the_manifest_is_what_is_hashed(void **state)
{
    oa_values *values;
    char hex[65], again[65], *manifest;
    const size_t three = 3;
    check_ok(*state, oa_values_new(*state, &values));
    memcpy(add(values, 1, "sizes/size", OA_U8, 1, &three)->block->data, "abc", 3);
    add(values, 1, "a/scalar", OA_U8, 0, NULL);
    check_ok(*state, oa_values_digest(values, "ordapt results 1\n", hex, &manifest));
    check_ok(*state, oa_digest_of(*state, manifest, strlen(manifest), again));
    assert_string_equal(hex, again);
    assert_non_null(strstr(manifest, "ordapt results 1\narray 1 a/scalar uint8 () "));
    assert_non_null(strstr(manifest, "\narray 1 sizes/size uint8 (3) ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"));
    oa_free(*state, manifest);
    oa_values_free(values);
}

#define with_context(test) cmocka_unit_test_setup_teardown(test, check_setup, check_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_context(test_values__arrays_are_found_counted_and_widened),
        with_context(test_values__sizes_that_overflow_are_refused),
        with_context(test_values__the_order_of_putting_does_not_matter),
        with_context(test_values__threads_do_not_matter),
        with_context(test_values__every_part_counts),
        with_context(test_values__the_manifest_is_what_is_hashed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
