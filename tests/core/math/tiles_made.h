/* tiles_made.h - specimens for tests of order: planes along z, a species on them, noise, all known. */
#ifndef OA_TESTS_TILES_MADE_H
#define OA_TESTS_TILES_MADE_H

#include "base/random.h"
#include "check.h"
#include "math/tiled.h"

static const double made_pi = 3.14159265358979323846;

typedef struct made {
    oa_context *context;
    oa_arena arena;
    size_t n;
    float *x, *y, *z;
    double *plane;     /* (n) number of the ion's plane, whole; its parity is the family */
    uint8_t *species;  /* (n) 1: of the species */
    oa_tiled tiled;
} made;

/* What the species' share on plane `family` (0, 1) is at a place. */
typedef double made_share(const double at[3], int family);

/* density ions/nm^3 in the box, on planes `spacing` apart (the first at 0), blurred along z by sigma. */
static inline made make_planes(oa_context *context, const double box[3], double density, double spacing, double sigma, uint64_t seed, made_share *share)
{
    made m = { .context = context, .arena = { .context = context }, .n = (size_t)(density * box[0] * box[1] * box[2]) };
    oa_random random = oa_random_start(seed, 5);
    m.x = calloc(m.n, sizeof *m.x);
    m.y = calloc(m.n, sizeof *m.y);
    m.z = calloc(m.n, sizeof *m.z);
    m.plane = calloc(m.n, sizeof *m.plane);
    m.species = calloc(m.n, 1);
    for (size_t i = 0; i < m.n; i++) {
        m.plane[i] = floor(box[2] / spacing * oa_random_uniform(&random));
        const double at[3] = { box[0] * oa_random_uniform(&random), box[1] * oa_random_uniform(&random), m.plane[i] * spacing };
        m.x[i] = (float)at[0];
        m.y[i] = (float)at[1];
        m.z[i] = (float)(at[2] + sigma * oa_random_normal(&random));
        m.species[i] = oa_random_uniform(&random) < share(at, (int)m.plane[i] & 1);
    }
    return m;
}

static inline void made_sort(made *m)
{
    double lo[3] = { 1e30, 1e30, 1e30 }, hi[3] = { -1e30, -1e30, -1e30 };
    oa_arena_drop(&m->arena);
    for (size_t i = 0; i < m->n; i++) {
        const double at[3] = { m->x[i], m->y[i], m->z[i] };
        for (int a = 0; a < 3; a++) {
            lo[a] = fmin(lo[a], at[a]);
            hi[a] = fmax(hi[a], at[a]);
        }
    }
    check_ok(m->context, oa_tiled_build(&m->arena, &m->tiled, m->n, m->x, m->y, m->z, m->species, lo, hi));
}

static inline void made_drop(made *m)
{
    oa_arena_drop(&m->arena);
    free(m->x);
    free(m->y);
    free(m->z);
    free(m->plane);
    free(m->species);
}

/* Position of ion i of the sorted ones. */
static inline void made_place(const oa_tiled *t, size_t i, double at[3])
{
    size_t cube = 0, high = t->cubes, place[3];
    while (high - cube > 1) {
        const size_t middle = (cube + high) / 2;
        if (t->start[middle] <= i) cube = middle;
        else high = middle;
    }
    oa_cube_place(t, cube, place);
    for (int a = 0; a < 3; a++) at[a] = OA_CUBE * (double)(t->first[a] + (int32_t)place[a]) + (double)t->at[a][i];
}

static inline double made_even(const double at[3], int family)
{
    (void)at;
    (void)family;
    return 1.0 / 3;
}

#endif
