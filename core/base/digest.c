/* digest.c - SHA-256 by libcrypto, which uses the processor's own instructions. Its plain functions are called, not those that
 * ask a provider: they read no configuration of the machine, cannot fail, and pull two files into a program instead of 4 MB. */
#define OPENSSL_SUPPRESS_DEPRECATED 1
#include "base/digest.h"

#include <openssl/sha.h>
#include <string.h>

#include "base/memory.h"

struct oa_digest {
    oa_context *context;
    SHA256_CTX state;
};

oa_status oa_digest_new(oa_context *context, oa_digest **out)
{
    *out = NULL;
    OA_TRY(oa_new(context, out, 1, sizeof **out));
    (*out)->context = context;
    SHA256_Init(&(*out)->state);
    return OA_OK;
}

void oa_digest_add(oa_digest *digest, const void *bytes, size_t n) { SHA256_Update(&digest->state, bytes, n); }
void oa_digest_text(oa_digest *digest, const char *text) { oa_digest_add(digest, text, strlen(text)); }

void oa_digest_end(oa_digest *digest, char hex[OA_HEX])
{
    unsigned char bytes[SHA256_DIGEST_LENGTH];
    SHA256_Final(bytes, &digest->state);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    hex[64] = 0;
    oa_free(digest->context, digest);
}

oa_status oa_digest_of(oa_context *context, const void *bytes, size_t n, char hex[OA_HEX])
{
    oa_digest *digest;
    OA_TRY(oa_digest_new(context, &digest));
    oa_digest_add(digest, bytes, n);
    oa_digest_end(digest, hex);
    return OA_OK;
}
