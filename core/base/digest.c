/* digest.c - SHA-256 by libcrypto, which uses the processor's own instructions. */
#include "base/digest.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/memory.h"

struct oa_digest {
    oa_context *context;
    EVP_MD_CTX *state;
};

oa_status oa_digest_new(oa_context *context, oa_digest **out)
{
    oa_digest *digest;
    *out = NULL;
    OA_TRY(oa_new(context, &digest, 1, sizeof *digest));
    digest->context = context;
    digest->state = EVP_MD_CTX_new();
    if (!digest->state || EVP_DigestInit_ex(digest->state, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(digest->state);
        oa_free(context, digest);
        return oa_fail(context, "E_LACKING", "libcrypto gives no SHA-256 here; check its configuration");
    }
    *out = digest;
    return OA_OK;
}

void oa_digest_add(oa_digest *digest, const void *bytes, size_t n) { EVP_DigestUpdate(digest->state, bytes, n); }
void oa_digest_text(oa_digest *digest, const char *text) { oa_digest_add(digest, text, strlen(text)); }

void oa_digest_end(oa_digest *digest, char hex[OA_HEX])
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_DigestFinal_ex(digest->state, bytes, &n);
    for (unsigned i = 0; i < 32; i++) {
        hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    hex[64] = 0;
    EVP_MD_CTX_free(digest->state);
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
