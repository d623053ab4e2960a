/* memory.h - counted, zeroed, 64-byte aligned memory; shared blocks; the arena of a step. */
#ifndef OA_BASE_MEMORY_H
#define OA_BASE_MEMORY_H

#include "base/context.h"

/* *out becomes n*size zero bytes (never NULL on success, also for 0). E_MEMORY where it does not fit. */
oa_status oa_new(oa_context *context, void *out, size_t n, size_t size) OA_MUST_USE;
/* Changes the length, keeps the content, zeroes what is new; *in_out may point to NULL. */
oa_status oa_resize(oa_context *context, void *in_out, size_t n, size_t size) OA_MUST_USE;
void oa_free(oa_context *context, void *pointer); /* accepts NULL */
char *oa_strdup(oa_context *context, const char *text); /* NULL and a message where memory is out */
oa_status oa_size_multiply(oa_context *context, size_t *out, size_t a, size_t b) OA_MUST_USE;

/* A shared buffer: columns of ions and result arrays. Freed with the last reference. */
typedef struct oa_block {
    oa_context *context;
    atomic_int references;
    size_t bytes;
    void *data;
    bool is_lent;
    oa_release_fn *release; /* of lent data; may be NULL */
    void *payload;
} oa_block;
oa_status oa_block_new(oa_context *context, oa_block **out, size_t n, size_t size) OA_MUST_USE;
/* Memory of somebody else, which is read only. release (may be NULL) is called with the last reference, from any thread. */
oa_status oa_block_lend(oa_context *context, oa_block **out, const void *data, size_t bytes, oa_release_fn *release, void *payload) OA_MUST_USE;
oa_block *oa_block_share(oa_block *block); /* one more reference; accepts NULL */
void oa_block_free(oa_block *block);       /* one less; accepts NULL */
bool oa_block_is_shared(const oa_block *block); /* or lent: must not be written */

/* Everything taken from an arena is dropped at once. */
typedef struct oa_arena {
    oa_context *context;
    void **pieces;
    size_t n, capacity;
} oa_arena;
oa_status oa_arena_take(oa_arena *arena, void *out, size_t n, size_t size) OA_MUST_USE;
void oa_arena_drop(oa_arena *arena);

#endif
