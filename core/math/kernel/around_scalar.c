/* around_scalar.c - what lies around a box and around a point: the specification. */
#include "math/kernel/around.h"

static float beyond(float at, float lo, float hi)
{
    const float below = lo - at, above = at - hi, most = below > above ? below : above;
    return most > 0 ? most : 0;
}

bool oa_around_box_scalar(oa_around *out, const oa_around *from, const oa_stretch *stretches, size_t n, const float lo[3], const float hi[3], float reach2)
{
    out->n = 0;
    for (size_t s = 0; s < n; s++)
        for (uint32_t i = stretches[s].begin; i < stretches[s].end; i++) {
            const float dx = beyond(from->x[i], lo[0], hi[0]), dy = beyond(from->y[i], lo[1], hi[1]), dz = beyond(from->z[i], lo[2], hi[2]);
            if (!((dx * dx + dy * dy) + dz * dz <= reach2)) continue;
            if (out->n == out->capacity) return false;
            out->x[out->n] = from->x[i];
            out->y[out->n] = from->y[i];
            out->z[out->n] = from->z[i];
            out->place[out->n++] = from->place ? from->place[i] : i;
        }
    return true;
}

size_t oa_around_keys_scalar(uint32_t *keys, const oa_around *around, const float at[3], float reach2, float scale)
{
    size_t found = 0;
    for (size_t i = 0; i < around->n; i++) {
        const float dx = at[0] - around->x[i], dy = at[1] - around->y[i], dz = at[2] - around->z[i];
        const float d2 = (dx * dx + dy * dy) + dz * dz;
        if (d2 <= reach2) keys[found++] = (uint32_t)(d2 * scale) << OA_AROUND_BITS | (uint32_t)i;
    }
    return found;
}

void oa_around_sort_scalar(uint32_t *keys, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const uint32_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--) keys[at] = keys[at - 1];
        keys[at] = key;
    }
}
