/* maps_made.h - contrasts of specimens whose planes are known, and how far numbers are from what they should be spread like. */
#ifndef OA_TESTS_MAPS_MADE_H
#define OA_TESTS_MAPS_MADE_H

#include "core/math/tiles_made.h"
#include "math/maxima.h"

#define SPACING 0.18
#define WIDTH 0.55

typedef struct map {
    oa_field field;
    float *m, *share, *z;
    oa_labels labels;
} map;

/* Contrasts from the true planes: phase 2 pi a plane of the ions as they are seen. */
static inline map begin_map(made *m, double sigma)
{
    map out = { .m = calloc(m->n + OA_WAVE_LANES, sizeof(float)), .share = calloc(m->n + OA_WAVE_LANES, sizeof(float)) };
    made_sort(m);
    out.field = oa_field_of(&m->tiled, 10, 10, 10);
    out.z = calloc(out.field.cells, sizeof(float));
    const double q = made_pi / SPACING;
    for (size_t i = 0; i < m->tiled.n; i++) {
        out.m[i] = (float)fmod(2 * made_pi * (double)m->z[m->tiled.row[i]] / SPACING, 4 * made_pi);
        out.share[i] = (float)exp(-2 * q * q * sigma * sigma);
    }
    check_ok(m->context, oa_plane_contrast(&m->tiled, out.m, out.share, out.m));
    out.labels = (oa_labels){ .tiled = &m->tiled, .species = 1, .share = out.share };
    check_ok(m->context, oa_local_share(&m->tiled, 1, out.share));
    return out;
}

static inline void end_map(map *m)
{
    free(m->m);
    free(m->share);
    free(m->z);
}

static inline void fill(made *m, map *out) { check_ok(m->context, oa_signed_statistic(&out->labels, &out->field, out->m, WIDTH, out->z)); }

static inline int by_value(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

/* Kolmogorov and Smirnov: sqrt(n) times the largest distance from the distribution. */
static inline double distance(double *v, size_t n, double (*cdf)(double))
{
    double most = 0;
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 0; i < n; i++) most = fmax(most, fmax(fabs(cdf(v[i]) - (double)i / (double)n), fabs(cdf(v[i]) - (double)(i + 1) / (double)n)));
    return most * sqrt((double)n);
}

static inline double normal_cdf(double z) { return 0.5 * erfc(-z / sqrt(2)); }
static inline double exponential_cdf(double t) { return 1 - exp(-t); }

/* Cells 4 w apart. */
static inline size_t thin(const oa_field *f, const float *z, double *out)
{
    size_t n = 0;
    for (size_t k = 5; k < f->dims[2]; k += 11)
        for (size_t j = 5; j < f->dims[1]; j += 11)
            for (size_t i = 5; i < f->dims[0]; i += 11) {
                const float value = z[(k * f->dims[1] + j) * f->dims[0] + i];
                if (value == value) out[n++] = (double)value;
            }
    return n;
}

#endif
