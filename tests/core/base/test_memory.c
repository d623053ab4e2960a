/* test_memory.c - counted, zeroed, aligned; every failure leaves nothing behind. */
#include "base/memory.h"

#include "base/digest.h"
#include "base/text.h"
#include "check.h"

/* The system's refusal of too much is what one test asks for. */
OA_API const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "allocator_may_return_null=1"; }
OA_API const char *__tsan_default_options(void);
const char *__tsan_default_options(void) { return "allocator_may_return_null=1"; }

static bool is_zero(const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (((const unsigned char *)bytes)[i]) return false;
    return true;
}

static void test_memory__zeroed_aligned_counted(void **state)
{
    oa_context *context = *state;
    unsigned char *piece[50];
    size_t sum = 0;
    for (size_t i = 0; i < 50; i++) {
        check_ok(context, oa_new(context, &piece[i], i * 37, 3));
        assert_int_equal((uintptr_t)piece[i] % 64, 0);
        assert_true(is_zero(piece[i], i * 37 * 3));
        memset(piece[i], 255, i * 37 * 3);
        sum += i * 37 * 3;
        assert_int_equal(context->bytes, sum);
    }
    for (size_t i = 0; i < 50; i++) oa_free(context, piece[i]);
    oa_free(context, NULL);
    assert_int_equal(context->bytes, 0);
    assert_int_equal(context->peak_bytes, sum);
}

static void test_memory__nothing_is_something(void **state)
{
    void *nothing = NULL;
    check_ok(*state, oa_new(*state, &nothing, 0, 8));
    assert_non_null(nothing);
    oa_free(*state, nothing);
}

static void test_memory__resize_keeps_and_zeroes(void **state)
{
    oa_context *context = *state;
    uint16_t *list = NULL;
    check_ok(context, oa_resize(context, &list, 10, sizeof *list));
    for (uint16_t i = 0; i < 10; i++) list[i] = (uint16_t)(i + 1);
    check_ok(context, oa_resize(context, &list, 1000, sizeof *list));
    for (uint16_t i = 0; i < 10; i++) assert_int_equal(list[i], i + 1);
    assert_true(is_zero(list + 10, 990 * sizeof *list));
    check_ok(context, oa_resize(context, &list, 3, sizeof *list));
    assert_int_equal(list[2], 3);
    assert_int_equal(context->bytes, 3 * sizeof *list);
    oa_free(context, list);
    assert_int_equal(context->bytes, 0);
}

static void test_memory__sizes_that_overflow_are_refused(void **state)
{
    oa_context *context = *state;
    void *out = context;
    size_t product = 0;
    check_fails(context, oa_new(context, &out, SIZE_MAX / 2, 3), "E_MEMORY");
    assert_null(out);
    oa_context__clear(context);
    check_fails(context, oa_size_multiply(context, &product, (size_t)1 << 40, (size_t)1 << 40), "E_MEMORY");
    oa_context__clear(context);
    check_ok(context, oa_size_multiply(context, &product, SIZE_MAX, 0));
    assert_int_equal(product, 0);
    assert_int_equal(context->bytes, 0);
}

static void test_memory__what_the_system_refuses_is_not_counted(void **state)
{
    oa_context *context = *state;
    void *out;
    check_fails(context, oa_new(context, &out, SIZE_MAX / 4, 1), "E_MEMORY");
    assert_null(out);
    assert_int_equal(context->bytes, 0);
}

static void test_memory__blocks_live_as_long_as_their_last_owner(void **state)
{
    oa_context *context = *state;
    oa_block *a, *b;
    check_ok(context, oa_block_new(context, &a, 100, 4));
    assert_int_equal(a->bytes, 400);
    assert_false(oa_block_is_shared(a));
    b = oa_block_share(a);
    assert_ptr_equal(a, b);
    assert_true(oa_block_is_shared(a));
    oa_block_free(a);
    assert_false(oa_block_is_shared(b));
    memset(b->data, 1, 400);
    oa_block_free(b);
    oa_block_free(NULL);
    assert_null(oa_block_share(NULL));
    assert_false(oa_block_is_shared(NULL));
    assert_int_equal(context->bytes, 0);
}

static void test_memory__an_arena_is_dropped_at_once(void **state)
{
    oa_arena arena = { .context = *state };
    for (size_t i = 0; i < 100; i++) {
        char *piece;
        check_ok(*state, oa_arena_take(&arena, &piece, i, 1));
        memset(piece, 1, i);
    }
    oa_arena_drop(&arena);
    oa_arena_drop(&arena);
    assert_int_equal(((oa_context *)*state)->bytes, 0);
}

/* ---- every allocation fails in turn ---- */

typedef oa_status call(oa_context *context);

static oa_status call_block(oa_context *context)
{
    oa_block *block;
    OA_TRY(oa_block_new(context, &block, 10, 10));
    oa_block_free(block);
    return OA_OK;
}

static oa_status call_resize(oa_context *context)
{
    int *list = NULL;
    oa_status status = oa_resize(context, &list, 4, sizeof *list);
    if (status == OA_OK) status = oa_resize(context, &list, 400, sizeof *list);
    oa_free(context, list);
    return status;
}

static oa_status call_arena(oa_context *context)
{
    oa_arena arena = { .context = context };
    oa_status status = OA_OK;
    void *piece;
    for (int i = 0; i < 40 && status == OA_OK; i++) status = oa_arena_take(&arena, &piece, 8, 1);
    oa_arena_drop(&arena);
    return status;
}

static oa_status call_string(oa_context *context)
{
    oa_string string = { .context = context };
    char *text;
    for (int i = 0; i < 100; i++) oa_string_add(&string, "line %d\n", i);
    OA_TRY(oa_string_take(&string, &text));
    oa_free(context, text);
    return OA_OK;
}

static oa_status call_strdup(oa_context *context)
{
    char *text = oa_strdup(context, "text");
    if (!text) return context->status;
    oa_free(context, text);
    return OA_OK;
}

static oa_status call_digest(oa_context *context)
{
    char hex[OA_HEX];
    return oa_digest_of(context, "abc", 3, hex);
}

static oa_status call_ions(oa_context *context)
{
    const float x[] = { 1, 2, 3 };
    oa_ions *ions;
    OA_TRY(oa_ions_new(context, &ions, 3, x, x, x, x));
    oa_ions_free(ions);
    return OA_OK;
}

static oa_status call_catalogue(oa_context *context)
{
    char *text;
    OA_TRY(oa_describe(context, NULL, &text));
    oa_string_free(text);
    return OA_OK;
}

static oa_status call_new(oa_context *context)
{
    oa_call *one;
    OA_TRY(oa_call_new(context, &one, oa_step_find("crop")));
    const oa_status status = oa_call_set(one, "roi", "0,1,0,1,0,1");
    oa_call_free(one);
    return status;
}

static void fail_in_turn(call *one, uint64_t at_least)
{
    for (uint64_t n = 1;; n++) {
        oa_context *context;
        const oa_context_options options = { .threads = 2, .fail_allocation = n };
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        const oa_status status = one(context);
        assert_int_equal(context->bytes, 0);
        if (status == OA_OK) {
            if (context->allocations >= n) fail_msg("succeeded although allocation %llu failed", (unsigned long long)n);
            if (n <= at_least) fail_msg("%llu allocations, at least %llu were expected", (unsigned long long)n - 1, (unsigned long long)at_least);
            oa_context_free(context);
            return;
        }
        assert_int_equal(status, OA_E_LACKING);
        assert_string_equal(oa_error_code(context), "E_MEMORY");
        oa_context_free(context);
    }
}

static void test_memory__every_allocation_fails_in_turn(void **state)
{
    (void)state;
    fail_in_turn(call_block, 2);
    fail_in_turn(call_resize, 2);
    fail_in_turn(call_arena, 42);
    fail_in_turn(call_string, 4);
    fail_in_turn(call_strdup, 1);
    fail_in_turn(call_digest, 1);
    fail_in_turn(call_ions, 9);
    fail_in_turn(call_new, 4);
    fail_in_turn(call_catalogue, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_memory__zeroed_aligned_counted, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_memory__nothing_is_something, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_memory__resize_keeps_and_zeroes, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_memory__sizes_that_overflow_are_refused, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_memory__what_the_system_refuses_is_not_counted, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_memory__blocks_live_as_long_as_their_last_owner, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_memory__an_arena_is_dropped_at_once, check_setup, check_teardown),
        cmocka_unit_test(test_memory__every_allocation_fails_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
