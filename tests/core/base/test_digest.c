/* test_digest.c - SHA-256 gives the published answers (FIPS 180-4), in one piece and in many. */
#include "base/digest.h"

#include "base/memory.h"
#include "check.h"

static const char *digest_of(oa_context *context, const void *bytes, size_t n)
{
    static char hex[OA_HEX];
    check_ok(context, oa_digest_of(context, bytes, n, hex));
    return hex;
}

static void test_digest__published_answers(void **state)
{
    assert_string_equal(digest_of(*state, "", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(digest_of(*state, "abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    assert_string_equal(digest_of(*state, two_blocks, sizeof two_blocks - 1),
                        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_digest__a_million_letters_in_uneven_pieces(void **state)
{
    char piece[1000], hex[OA_HEX];
    oa_digest *digest;
    memset(piece, 'a', sizeof piece);
    check_ok(*state, oa_digest_new(*state, &digest));
    for (size_t left = 1000000, n = 1; left; left -= n) {
        n = n * 7 % 997 < left ? n * 7 % 997 : left;
        oa_digest_add(digest, piece, n);
    }
    oa_digest_end(digest, hex);
    assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_digest__text_is_its_bytes(void **state)
{
    char hex[OA_HEX];
    oa_digest *digest;
    check_ok(*state, oa_digest_new(*state, &digest));
    oa_digest_text(digest, "a");
    oa_digest_text(digest, "");
    oa_digest_text(digest, "bc");
    oa_digest_end(digest, hex);
    assert_string_equal(hex, digest_of(*state, "abc", 3));
    assert_int_equal(((oa_context *)*state)->bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_digest__published_answers, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_digest__a_million_letters_in_uneven_pieces, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_digest__text_is_its_bytes, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
