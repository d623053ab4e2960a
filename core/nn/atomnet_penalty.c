/* atomnet_penalty.c - what keeps the transforms of AtomNet from going astray: per atom, and as the authors' program has it. */
#include <math.h>
#include <string.h>

#include "nn/atomnet_learner.h"

/* The gradient is 4 (T T' - 1) T. */
double oa_atomnet_penalty(const oa_kernels *kernels, const float *t, size_t edge, float factor, float *slope, float *room)
{
    const size_t n = edge * edge;
    double sum = 0;
    kernels->multiply_nt(edge, edge, edge, t, t, room);
    for (size_t i = 0; i < edge; i++) room[i * edge + i] -= 1;
    for (size_t i = 0; i < n; i++) {
        sum += (double)room[i] * room[i];
        room[i] *= 4 * factor;
    }
    if (slope) kernels->multiply(edge, edge, edge, room, edge, t, slope);
    return sum;
}

/* Sums of rows of the matrices: of each row over all of them, and of those rows that meet a one of the identity at the same place. */
static void sum_rows(const float *t, size_t n, size_t edge, double *of_row, double *of_place)
{
    memset(of_row, 0, edge * edge * sizeof *of_row);
    memset(of_place, 0, edge * edge * sizeof *of_place);
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < edge; i++) {
            const float *row = t + (b * edge + i) * edge;
            double *place = of_place + (i + edge - b % edge) % edge * edge;
            for (size_t k = 0; k < edge; k++) {
                of_row[i * edge + k] += row[k];
                place[k] += row[k];
            }
        }
}

/* By T[b][i]: 4 T[b][i] C - 2 (S_((i n) mod edge) + sum over those i' with (i' n) mod edge = (i - b) mod edge of U_i'). */
static void add_slope(const oa_kernels *kernels, const float *t, size_t n, size_t edge, float factor, const double *of_row, const double *of_place, float *gram,
                      float *other, float *slope)
{
    memset(other, 0, edge * edge * sizeof *other);
    for (size_t i = 0; i < edge; i++)
        for (size_t k = 0; k < edge; k++) other[i * n % edge * edge + k] += (float)of_row[i * edge + k];
    for (size_t i = 0; i < edge * edge; i++) gram[i] *= 4 * factor;
    kernels->multiply(n * edge, edge, edge, t, edge, gram, slope);
    for (size_t b = 0; b < n; b++)
        for (size_t i = 0; i < edge; i++) {
            const double *place = of_place + i * n % edge * edge;
            const float *from = other + (i + edge - b % edge) % edge * edge;
            float *to = slope + (b * edge + i) * edge;
            for (size_t k = 0; k < edge; k++) to[k] -= 2 * factor * ((float)place[k] + from[k]);
        }
}

double oa_atomnet_penalty_published(const oa_kernels *kernels, const float *t, size_t n, size_t edge, float factor, float *slope, float *room)
{
    double *of_row = (double *)room, *of_place = of_row + edge * edge, sum = (double)n * (double)n * (double)edge;
    float *gram = (float *)(of_place + edge * edge);
    memset(gram, 0, edge * edge * sizeof *gram);
    kernels->multiply_tn(n * edge, edge, edge, t, edge, t, gram);
    sum_rows(t, n, edge, of_row, of_place);
    for (size_t i = 0; i < edge * edge; i++) sum += (double)gram[i] * gram[i];
    for (size_t i = 0; i < edge; i++)
        for (size_t k = 0; k < edge; k++) sum -= 2 * of_row[i * edge + k] * of_place[i * n % edge * edge + k];
    if (slope) add_slope(kernels, t, n, edge, factor, of_row, of_place, gram, gram + edge * edge, slope);
    return sum;
}
