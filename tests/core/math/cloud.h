/* cloud.h - points for tests: random, on a lattice, on bin edges. */
#ifndef OA_TESTS_CLOUD_H
#define OA_TESTS_CLOUD_H

#include "check.h"

#include "base/memory.h"
#include "base/random.h"
#include "math/cells.h"

typedef struct cloud {
    size_t n;
    double *x, *y, *z;
    float *fx, *fy, *fz;
} cloud;

static inline cloud cloud_new(size_t n)
{
    cloud c = { .n = n };
    double *d = calloc(3 * n + 3 * OA_KERNEL_PAD, sizeof *d);
    float *f = calloc(3 * n + 3 * OA_KERNEL_PAD, sizeof *f);
    c.x = d;
    c.y = d + n + OA_KERNEL_PAD;
    c.z = d + 2 * (n + OA_KERNEL_PAD);
    c.fx = f;
    c.fy = f + n + OA_KERNEL_PAD;
    c.fz = f + 2 * (n + OA_KERNEL_PAD);
    return c;
}

static inline void cloud_free(cloud *c)
{
    free(c->x);
    free(c->fx);
}

static inline void cloud_set(cloud *c, size_t i, double x, double y, double z)
{
    c->fx[i] = (float)x;
    c->fy[i] = (float)y;
    c->fz[i] = (float)z;
    c->x[i] = x;
    c->y[i] = y;
    c->z[i] = z;
}

/* Uniform in a cube of this edge around 0; grid > 0: on multiples of it, so that pairs lie on edges of bins. */
static inline cloud cloud_random(size_t n, double edge, double grid, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 7);
    cloud c = cloud_new(n);
    for (size_t i = 0; i < n; i++) {
        double p[3];
        for (int axis = 0; axis < 3; axis++) {
            p[axis] = edge * (oa_random_uniform(&random) - 0.5);
            if (grid > 0) p[axis] = rint(p[axis] / grid) * grid;
        }
        cloud_set(&c, i, p[0], p[1], p[2]);
    }
    return c;
}

/* n * n * n cells of an fcc lattice with a corner at 0. */
static inline cloud cloud_fcc(size_t n, double a)
{
    static const double basis[4][3] = { { 0, 0, 0 }, { 0.5, 0.5, 0 }, { 0.5, 0, 0.5 }, { 0, 0.5, 0.5 } };
    cloud c = cloud_new(4 * n * n * n);
    for (size_t i = 0; i < c.n; i++) {
        const double *b = basis[i % 4];
        const size_t cell = i / 4;
        cloud_set(&c, i, ((double)(cell % n) + b[0]) * a, ((double)(cell / n % n) + b[1]) * a, ((double)(cell / n / n) + b[2]) * a);
    }
    return c;
}

static inline oa_points cloud_doubles(const cloud *c) { return (oa_points){ .n = c->n, .xd = c->x, .yd = c->y, .zd = c->z }; }
static inline oa_points cloud_floats(const cloud *c) { return (oa_points){ .n = c->n, .x = c->fx, .y = c->fy, .z = c->fz }; }

#endif
