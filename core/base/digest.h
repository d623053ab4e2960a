/* digest.h - SHA-256. The one door to the hashing library. */
#ifndef OA_BASE_DIGEST_H
#define OA_BASE_DIGEST_H

#include "base/context.h"

enum { OA_HEX = 65 }; /* 64 hex digits and the end */

typedef struct oa_digest oa_digest;
oa_status oa_digest_new(oa_context *context, oa_digest **out) OA_MUST_USE;
void oa_digest_add(oa_digest *digest, const void *bytes, size_t n);
void oa_digest_text(oa_digest *digest, const char *text);
void oa_digest_end(oa_digest *digest, char hex[OA_HEX]); /* frees the digest */
oa_status oa_digest_of(oa_context *context, const void *bytes, size_t n, char hex[OA_HEX]) OA_MUST_USE;

#endif
