/* product_turn.h - transposition by blocks of 8 x 8 floats, for the sets that have 256-bit vectors. */
#ifndef OA_MATH_KERNEL_PRODUCT_TURN_H
#define OA_MATH_KERNEL_PRODUCT_TURN_H

#include <immintrin.h>
#include <stddef.h>

/* to[i * to_step + u] = from[u * from_step + i] for u, i < 8. */
static inline void turn_block(float *to, size_t to_step, const float *from, size_t from_step)
{
    __m256 half[8], pair[8];
    for (size_t u = 0; u < 4; u++) { /* rows u and u + 4: their first halves side by side, then their second halves */
        const float *low = from + u * from_step, *high = from + (u + 4) * from_step;
        half[u] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
        half[u + 4] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low + 4)), _mm_loadu_ps(high + 4), 1);
    }
    for (size_t u = 0; u < 8; u += 4) {
        pair[u] = _mm256_unpacklo_ps(half[u], half[u + 1]);
        pair[u + 1] = _mm256_unpackhi_ps(half[u], half[u + 1]);
        pair[u + 2] = _mm256_unpacklo_ps(half[u + 2], half[u + 3]);
        pair[u + 3] = _mm256_unpackhi_ps(half[u + 2], half[u + 3]);
        float *row = to + u * to_step;
        _mm256_storeu_ps(row, _mm256_shuffle_ps(pair[u], pair[u + 2], 0x44));
        _mm256_storeu_ps(row + to_step, _mm256_shuffle_ps(pair[u], pair[u + 2], 0xee));
        _mm256_storeu_ps(row + 2 * to_step, _mm256_shuffle_ps(pair[u + 1], pair[u + 3], 0x44));
        _mm256_storeu_ps(row + 3 * to_step, _mm256_shuffle_ps(pair[u + 1], pair[u + 3], 0xee));
    }
}

/* oa_product_set.turn for panels of `full` columns, a multiple of 8. */
static inline void turn_panel(size_t full, float *to, size_t columns, size_t k, const float *from, size_t step)
{
    size_t u = 0;
    for (; u + 8 <= columns; u += 8) {
        size_t i = 0;
        for (; i + 8 <= k; i += 8) turn_block(to + i * full + u, full, from + u * step + i, step);
        for (; i < k; i++)
            for (size_t v = u; v < u + 8; v++) to[i * full + v] = from[v * step + i];
    }
    for (; u < columns; u++)
        for (size_t i = 0; i < k; i++) to[i * full + u] = from[u * step + i];
}

#endif
