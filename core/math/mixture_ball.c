/* mixture_ball.c - a ball on a grid FINE times as fine, blurred, and projected on hats. */
#include "math/mixture_ball.h"

#include <math.h>
#include <string.h>

enum { FINE = 4 };
#define LATERAL_REACH 3.0 /* of the blur, in its width */

/* ---------------------------------------------------------------------------------------------- fine */

/* A line blurred by a Gaussian of `sigma` steps, stride `step`. */
static void blur_line(float *line, size_t n, size_t step, const double *taps, size_t half, double *copy)
{
    size_t first = n, last = 0;
    for (size_t i = 0; i < n; i++) {
        copy[i] = (double)line[i * step];
        if (copy[i] > 0) {
            first = first < i ? first : i;
            last = i;
        }
    }
    for (size_t i = 0; first <= last && i < (n + 1) / 2; i++) { /* symmetric */
        double sum = 0;
        for (size_t j = i > first + half ? i - half : first; j <= last && j <= i + half; j++) sum += taps[i > j ? i - j : j - i] * copy[j];
        line[i * step] = line[(n - 1 - i) * step] = (float)sum;
    }
}

static oa_status blur_ball(oa_context *context, float *fine, const size_t n[3], const double sigma[2])
{
    double *work;
    const size_t longest = n[0] > n[1] ? n[0] : n[1];
    OA_TRY(oa_new(context, &work, 2 * longest + 2, sizeof *work));
    double *taps = work, *copy = work + longest + 1;
    for (int a = 0; a < 2; a++) {
        double sum = 0;
        const size_t half = (size_t)fmin(ceil(LATERAL_REACH * sigma[a]), (double)n[a] - 1);
        for (size_t k = 0; k <= half; k++) {
            taps[k] = sigma[a] > 0 ? exp(-0.5 * (double)(k * k) / (sigma[a] * sigma[a])) : k == 0;
            sum += k ? 2 * taps[k] : taps[k];
        }
        for (size_t k = 0; k <= half; k++) taps[k] /= sum;
        for (size_t z = 0; z < n[2] / 2; z++)
            for (size_t i = 0; i < n[1 - a]; i++) blur_line(fine + z * n[0] * n[1] + i * (a ? 1 : n[0]), n[a], a ? n[0] : 1, taps, half, copy);
    }
    oa_free(context, work);
    return OA_OK;
}

/* 1 inside, 0 outside, between them as many of the radii as reach there; levels of the upper half mirror those of the lower one. */
static oa_status fill_fine(oa_context *context, const oa_ball *ball, float *fine, const size_t n[3])
{
    const double *edge = ball->edge;
    const size_t level = n[0] * n[1];
    for (size_t i = 0; i < level * n[2] / 2; i++) {
        const size_t at[3] = { i % n[0], i / n[0] % n[1], i / level };
        double square = 0;
        for (int a = 0; a < 3; a++) {
            const double u = ((double)at[a] - 0.5 * (double)(n[a] - 1)) * edge[a] / FINE;
            square += u * u;
        }
        fine[i] = (float)fmin(fmax(0.5 + 0.5 * (ball->radius - sqrt(square)) / OA_BALL_EDGE, 0), 1);
    }
    OA_TRY(blur_ball(context, fine, n, (double[2]){ ball->sigma / edge[0] * FINE, ball->sigma / edge[1] * FINE }));
    for (size_t z = n[2] / 2; z < n[2]; z++) memcpy(fine + z * level, fine + (n[2] - 1 - z) * level, level * sizeof *fine);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- hats */

/* Along one axis, of n fine points that stand `inner` apart in `outer` blocks, the mean under the hat of each cell. */
static void project_axis(float *to, const float *from, size_t inner, size_t n, size_t outer)
{
    const size_t cells = n / FINE;
    for (size_t o = 0; o < outer; o++)
        for (size_t c = 0; c < cells; c++) {
            float *out = to + (o * cells + c) * inner;
            memset(out, 0, inner * sizeof *out);
            for (size_t k = 0; k < 2 * FINE; k++) {
                const size_t at = c * FINE + k - FINE / 2; /* wraps around below 0 */
                const float weight = (float)(1 - fabs((double)k - FINE + 0.5) / FINE) / FINE;
                if (at >= n) continue;
                for (size_t i = 0; i < inner; i++) out[i] += weight * from[(o * n + at) * inner + i];
            }
        }
}

/* From a, n fine points, to `out`, cells; b is room. */
static void project(float *out, float *a, float *b, const size_t n[3])
{
    project_axis(b, a, n[0] * n[1], n[2], 1);
    project_axis(a, b, n[0], n[1], n[2] / FINE);
    project_axis(out, a, 1, n[0], n[1] / FINE * (n[2] / FINE));
}

oa_status oa_ball_take(oa_arena *arena, oa_ball *out, double radius, double sigma, const double edge[3])
{
    size_t cells = 1;
    *out = (oa_ball){ .radius = radius, .sigma = sigma };
    for (int a = 0; a < 3; a++) {
        out->edge[a] = edge[a];
        out->half[a] = (size_t)ceil((radius + OA_BALL_EDGE + (a < 2 ? LATERAL_REACH * sigma : 0)) / edge[a] - 0.5) + 1; /* hats reach one cell farther than the ball */
        cells *= 2 * out->half[a] + 1;
    }
    for (int e = 0; e < 3; e++) OA_TRY(oa_arena_take(arena, &out->power[e], cells, sizeof(float)));
    return OA_OK;
}

oa_status oa_ball_fill(oa_context *context, const oa_ball *ball)
{
    size_t n[3], all = 1;
    float *fine;
    for (int a = 0; a < 3; a++) all *= n[a] = FINE * (2 * ball->half[a] + 1);
    OA_TRY(oa_new(context, &fine, 3 * all, sizeof *fine));
    const oa_status status = fill_fine(context, ball, fine, n);
    float *const power = fine + all, *const room = fine + 2 * all;
    for (int e = 0; e < 3 && status == OA_OK; e++) {
        for (size_t i = 0; i < all; i++) power[i] = e == 0 ? fine[i] : e == 1 ? fine[i] * fine[i] : fine[i] * fine[i] * fine[i];
        project(ball->power[e], power, room, n);
    }
    oa_free(context, fine);
    return status;
}
