/* fft.h - complex Fourier transforms of many lines side by side, of lengths 2^a 3^b: the butterflies of all lines are the lanes of a
 * vector (Stockham's ordering; Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992, section 1.7). */
#ifndef OA_MATH_FFT_H
#define OA_MATH_FFT_H

#include "base/memory.h"
#include "math/kernel/waves.h"

enum { OA_FFT_PASSES = 12, OA_FFT_LANES = 16 };

typedef struct oa_fft {
    size_t n;
    int passes;
    oa_fft_pass pass[OA_FFT_PASSES]; /* for OA_FFT_LANES lines */
} oa_fft;

/* n = 2^a 3^b >= 2; memory belongs to the arena. E_INTERNAL for other lengths. */
oa_status oa_fft_make(oa_arena *arena, oa_fft *out, size_t n) OA_MUST_USE;

/* Lines (n, OA_FFT_LANES) in re, im become sum over j of x_j exp(-2 pi i j k / n), in place; room: 2 n OA_FFT_LANES floats. With re and im
 * exchanged it is the inverse without the factor 1/n. */
void oa_fft_lines(const oa_fft *fft, const oa_waves *waves, float *re, float *im, float *room);

/* The smallest length 2^a 3^b of at least `least` that is a multiple of `multiple`, itself 2^a 3^b. */
size_t oa_fft_length(size_t least, size_t multiple);

#endif
