/* fft.c - twiddle factors, and the order of the passes. */
#include "math/fft.h"

#include <math.h>
#include <string.h>

static oa_status add_pass(oa_arena *arena, oa_fft *f, int radix, size_t length)
{
    const double pi = 3.14159265358979323846;
    oa_fft_pass *p = &f->pass[f->passes++];
    float *w;
    *p = (oa_fft_pass){ .radix = radix, .parts = length / (size_t)radix, .stride = OA_FFT_LANES * (f->n / length) };
    OA_TRY(oa_arena_take(arena, &w, 2 * p->parts * (size_t)(radix - 1), sizeof *w));
    p->twiddle = w;
    for (size_t k = 0; k < p->parts; k++)
        for (int r = 1; r < radix; r++) {
            const double angle = -2 * pi * (double)(k * (size_t)r) / (double)length;
            *w++ = (float)cos(angle);
            *w++ = (float)sin(angle);
        }
    return OA_OK;
}

oa_status oa_fft_make(oa_arena *arena, oa_fft *out, size_t n)
{
    *out = (oa_fft){ .n = n };
    for (size_t left = n; left > 1;) {
        const int radix = left % 4 == 0 ? 4 : left % 2 == 0 ? 2 : 3;
        if (left % (size_t)radix || out->passes == OA_FFT_PASSES) return oa_fail(arena->context, "E_INTERNAL", "no transform of length %zu; report this", n);
        OA_TRY(add_pass(arena, out, radix, left));
        left /= (size_t)radix;
    }
    return OA_OK;
}

void oa_fft_lines(const oa_fft *fft, const oa_waves *waves, float *re, float *im, float *room)
{
    const size_t size = fft->n * OA_FFT_LANES;
    float *ar = re, *ai = im, *br = room, *bi = room + size;
    for (int p = 0; p < fft->passes; p++) {
        waves->fft(&fft->pass[p], ar, ai, br, bi);
        float *const tr = ar, *const ti = ai;
        ar = br;
        ai = bi;
        br = tr;
        bi = ti;
    }
    if (ar == re) return;
    memcpy(re, ar, size * sizeof *re);
    memcpy(im, ai, size * sizeof *im);
}

static bool is_smooth(size_t n)
{
    while (n % 2 == 0) n /= 2;
    while (n % 3 == 0) n /= 3;
    return n == 1;
}

size_t oa_fft_length(size_t least, size_t multiple)
{
    size_t n = (least + multiple - 1) / multiple * multiple;
    while (!is_smooth(n)) n += multiple;
    return n;
}
