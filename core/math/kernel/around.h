/* around.h - inside of the search for neighbours: what the kernel sets bring to it (kernel.h says what they do). */
#ifndef OA_MATH_KERNEL_AROUND_H
#define OA_MATH_KERNEL_AROUND_H

#include "math/kernel/kernel.h"

bool oa_around_box_scalar(oa_around *out, const oa_around *from, const oa_stretch *stretches, size_t n, const float lo[3], const float hi[3], float reach2);
size_t oa_around_keys_scalar(uint32_t *keys, const oa_around *around, const float at[3], float reach2, float scale);
void oa_around_sort_scalar(uint32_t *keys, size_t n);
#if defined(__x86_64__)
bool oa_around_box_avx2(oa_around *out, const oa_around *from, const oa_stretch *stretches, size_t n, const float lo[3], const float hi[3], float reach2);
size_t oa_around_keys_avx2(uint32_t *keys, const oa_around *around, const float at[3], float reach2, float scale);
void oa_around_sort_avx2(uint32_t *keys, size_t n);
#endif

#endif
