/* memory.c - one header before each piece holds its size; everything is zeroed and aligned to a cache line. */
#define _DEFAULT_SOURCE /* madvise */
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { ALIGN = 64, HEADER = 2 * sizeof(size_t), PAGE = 4096, LARGE = 8 << 20 };

/* raw .. [raw address][size] data: the header ends where the data begin. */
static size_t *header_of(void *data) { return (size_t *)((char *)data - HEADER); }

/* A column of ions is touched once from end to end, and at 4 KiB a page the system would spend more time on handing out
 * pages than we on filling them. A wish only: nothing depends on it. */
static void ask_for_huge_pages(char *raw, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    const uintptr_t begin = ((uintptr_t)raw + PAGE - 1) / PAGE * PAGE, end = ((uintptr_t)raw + bytes) / PAGE * PAGE;
    (void)!madvise(raw + (begin - (uintptr_t)raw), end - begin, MADV_HUGEPAGE);
#else
    (void)raw, (void)bytes;
#endif
}

static void *take(size_t bytes)
{
    char *raw = calloc(1, bytes + ALIGN + HEADER);
    if (!raw) return NULL;
    if (bytes >= LARGE) ask_for_huge_pages(raw, bytes);
    const uintptr_t data = ((uintptr_t)raw + HEADER + ALIGN - 1) / ALIGN * ALIGN;
    char *out = raw + (data - (uintptr_t)raw);
    header_of(out)[0] = (size_t)(out - raw);
    header_of(out)[1] = bytes;
    return out;
}

static bool account(oa_context *context, size_t bytes)
{
    const uint64_t most = context->limits.memory;
    pthread_mutex_lock(&context->lock);
    const bool fails = ++context->allocations == context->fail_allocation || (most && (bytes > most || context->bytes > most - bytes));
    if (!fails) {
        context->bytes += bytes;
        if (context->bytes > context->peak_bytes) context->peak_bytes = context->bytes;
    }
    pthread_mutex_unlock(&context->lock);
    return !fails;
}

static void unaccount(oa_context *context, size_t bytes)
{
    pthread_mutex_lock(&context->lock);
    context->bytes -= bytes;
    pthread_mutex_unlock(&context->lock);
}

oa_status oa_size_multiply(oa_context *context, size_t *out, size_t a, size_t b)
{
    if (b && a > (SIZE_MAX / 2) / b)
        return oa_fail(context, "E_MEMORY", "%zu times %zu bytes cannot be addressed; the input is too large", a, b);
    *out = a * b;
    return OA_OK;
}

static oa_status lacking(oa_context *context, size_t bytes)
{
    const uint64_t most = context->limits.memory;
    if (!most) return oa_fail(context, "E_MEMORY", "%zu bytes are not to be had; give fewer ions or more memory", bytes);
    return oa_fail(context, "E_MEMORY", "%zu bytes are not to be had beside %zu in use: %llu are allowed; give fewer ions or --max-memory more", bytes, context->bytes,
                   (unsigned long long)most);
}

oa_status oa_new(oa_context *context, void *out, size_t n, size_t size)
{
    size_t bytes = 0;
    void *null = NULL;
    memcpy(out, &null, sizeof null);
    OA_TRY(oa_size_multiply(context, &bytes, n, size));
    const bool is_counted = account(context, bytes);
    void *data = is_counted ? take(bytes) : NULL;
    if (!data && is_counted) unaccount(context, bytes);
    if (!data) return lacking(context, bytes);
    memcpy(out, &data, sizeof data);
    return OA_OK;
}

oa_status oa_resize(oa_context *context, void *in_out, size_t n, size_t size)
{
    void *old, *data;
    size_t bytes = 0;
    memcpy(&old, in_out, sizeof old);
    OA_TRY(oa_size_multiply(context, &bytes, n, size));
    const size_t had = old ? header_of(old)[1] : 0;
    OA_TRY(oa_new(context, &data, n, size));
    if (old) memcpy(data, old, had < bytes ? had : bytes);
    oa_free(context, old);
    memcpy(in_out, &data, sizeof data);
    return OA_OK;
}

void oa_free(oa_context *context, void *pointer)
{
    if (!pointer) return;
    unaccount(context, header_of(pointer)[1]);
    free((char *)pointer - header_of(pointer)[0]);
}

char *oa_strdup(oa_context *context, const char *text)
{
    const size_t n = strlen(text) + 1;
    char *out;
    if (oa_new(context, &out, n, 1) != OA_OK) return NULL;
    memcpy(out, text, n);
    return out;
}

oa_status oa_block_new(oa_context *context, oa_block **out, size_t n, size_t size)
{
    oa_block *block;
    *out = NULL;
    OA_TRY(oa_new(context, &block, 1, sizeof *block));
    block->context = context;
    block->references = 1;
    const oa_status status = oa_new(context, &block->data, n, size);
    if (status != OA_OK) {
        oa_free(context, block);
        return status;
    }
    block->bytes = n * size;
    *out = block;
    return OA_OK;
}

oa_status oa_block_lend(oa_context *context, oa_block **out, const void *data, size_t bytes, oa_release_fn *release, void *payload)
{
    OA_TRY(oa_new(context, out, 1, sizeof **out));
    **out = (oa_block){ .context = context, .references = 1, .bytes = bytes, .is_lent = true, .release = release, .payload = payload };
    memcpy(&(*out)->data, &data, sizeof data); /* const goes; oa_block_is_shared keeps everybody from writing */
    return OA_OK;
}

oa_block *oa_block_share(oa_block *block)
{
    if (block) atomic_fetch_add(&block->references, 1);
    return block;
}

void oa_block_free(oa_block *block)
{
    if (!block || atomic_fetch_sub(&block->references, 1) != 1) return;
    if (!block->is_lent) oa_free(block->context, block->data);
    else if (block->release) block->release(block->payload);
    oa_free(block->context, block);
}

bool oa_block_is_shared(const oa_block *block) { return block && (block->is_lent || atomic_load(&block->references) > 1); }

oa_status oa_arena_take(oa_arena *arena, void *out, size_t n, size_t size)
{
    if (arena->n == arena->capacity) {
        const size_t capacity = arena->capacity ? 2 * arena->capacity : 16;
        OA_TRY(oa_resize(arena->context, &arena->pieces, capacity, sizeof *arena->pieces));
        arena->capacity = capacity;
    }
    OA_TRY(oa_new(arena->context, out, n, size));
    memcpy(&arena->pieces[arena->n++], out, sizeof(void *));
    return OA_OK;
}

void oa_arena_drop(oa_arena *arena)
{
    for (size_t i = 0; i < arena->n; i++) oa_free(arena->context, arena->pieces[i]);
    oa_free(arena->context, arena->pieces);
    arena->pieces = NULL;
    arena->n = arena->capacity = 0;
}
