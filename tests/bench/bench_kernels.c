/* bench_kernels.c - items per second of the hot loops, for each kernel set: `bench_kernels [threads]`.
 * One line each: what, kernel set, threads, items per second (best of several). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/memory.h"
#include "base/random.h"
#include "math/blas.h"
#include "math/curve.h"
#include "math/dbscan.h"
#include "math/sdm.h"

enum { ROUNDS = 5, POINTS = 40000 };

/* Ions of one species on a noisy fcc lattice in a box, as in the reference figures: a = 0.36 nm, 52 % efficiency, one
 * third of the species, 0.3 nm lateral and 0.06 nm depth noise. */
typedef struct ions {
    size_t n;
    float *x, *y, *z;
} ions;

static ions make_ions(oa_context *context, const double size[3], double efficiency)
{
    const double a = 0.36, basis[4][3] = { { 0, 0, 0 }, { 0.5, 0.5, 0 }, { 0.5, 0, 0.5 }, { 0, 0.5, 0.5 } };
    const size_t cells[3] = { (size_t)(size[0] / a), (size_t)(size[1] / a), (size_t)(size[2] / a) };
    const size_t most = 4 * cells[0] * cells[1] * cells[2];
    oa_random random = oa_random_start(1, 0);
    ions out = { 0 };
    if (oa_new(context, &out.x, most, sizeof(float)) || oa_new(context, &out.y, most, sizeof(float)) ||
        oa_new(context, &out.z, most, sizeof(float)))
        return out;
    for (size_t site = 0; site < most; site++) {
        const double *b = basis[site % 4];
        const size_t cell = site / 4, i = cell % cells[0], j = cell / cells[0] % cells[1], k = cell / cells[0] / cells[1];
        const double noise[3] = { oa_random_normal(&random), oa_random_normal(&random), oa_random_normal(&random) };
        if (oa_random_uniform(&random) >= efficiency) continue;
        out.x[out.n] = (float)(((double)i + b[0]) * a + 0.3 * noise[0]);
        out.y[out.n] = (float)(((double)j + b[1]) * a + 0.3 * noise[1]);
        out.z[out.n++] = (float)(((double)k + b[2]) * a + 0.06 * noise[2]);
    }
    return out;
}

static void report(const char *what, const char *kernel, int threads, double items, double seconds)
{
    printf("%-22s %-8s %d threads %12.0f items/s\n", what, kernel, threads, items / seconds);
    fflush(stdout);
}

/* The grid of 80 x 80 x 40 voxels; maps are kept for the curves. */
static oa_status bench_maps(oa_context *context, uint32_t **maps, size_t *n_maps, double efficiency, const char *what)
{
    const double size[3] = { 40.5, 40.5, 20.5 }, roi[6] = { 0, 40.5, 0, 40.5, 0, 20.5 };
    const ions ni = make_ions(context, size, efficiency / 3);
    const oa_sdm_rule rule = { .mode = OA_SDM_INSPHERE, .dimensions = 1, .radius = 0.75, .half_range = 1.5, .bins = 200,
                               .first = 54, .kept = 93 };
    const oa_points points = { .n = ni.n, .x = ni.x, .y = ni.y, .z = ni.z };
    const oa_scan scan = oa_scan_of(roi, 1.0, 0.5);
    const oa_sites sites = { .n = oa_scan_count(&scan), .scan = &scan };
    const oa_sdm_pair pair = { 0, 0 };
    oa_arena arena = { .context = context };
    oa_cells cells;
    uint32_t *numbers;
    double best = INFINITY, ions_in = 0;
    OA_TRY(oa_new(context, maps, sites.n * 93, sizeof **maps));
    OA_TRY(oa_arena_take(&arena, &numbers, sites.n, sizeof *numbers));
    for (int round = 0; round < ROUNDS; round++) {
        const double start = oa_seconds();
        OA_TRY(oa_cells_build(&arena, &cells, &points, oa_sdm_cell_edge(&rule), 0));
        const oa_sdm sdm = { .kernels = context->kernels, .rule = rule, .n_species = 1, .species = &cells, .n_pairs = 1, .pairs = &pair };
        OA_TRY(oa_sdm_sites(context, &sdm, &sites, *maps, numbers));
        best = fmin(best, oa_seconds() - start);
    }
    for (size_t i = 0; i < sites.n; i++) ions_in += numbers[i];
    *n_maps = sites.n;
    report(what, context->kernels->name, context->threads, (double)sites.n, best);
    printf("    %zu voxels, %.1f ions in a sphere\n", sites.n, ions_in / (double)sites.n);
    oa_arena_drop(&arena);
    oa_free(context, ni.x);
    oa_free(context, ni.y);
    oa_free(context, ni.z);
    return OA_OK;
}

static oa_status bench_curves(oa_context *context, const uint32_t *maps, size_t n)
{
    const oa_curve_rule rule = { .bins = 93, .window = 15, .order = 8, .first = 23, .last = 68, .sweeps = 1001 };
    oa_arena arena = { .context = context };
    oa_curve_plan plan;
    float *out;
    double best = INFINITY;
    OA_TRY(oa_curve_plan_make(&arena, &plan, &rule));
    OA_TRY(oa_arena_take(&arena, &out, n * 93, sizeof *out));
    for (int round = 0; round < ROUNDS - 2; round++) {
        const double start = oa_seconds();
        OA_TRY(oa_curve_clean(context, &plan, n, maps, (oa_curve_output){ out, 1 }));
        best = fmin(best, oa_seconds() - start);
    }
    report("curve clean-up", context->kernels->name, context->threads, (double)n, best);
    oa_arena_drop(&arena);
    return OA_OK;
}

/* A lattice thinned out in spheres, so that there are clusters with gaps between them. */
static oa_status bench_dbscan(oa_context *context)
{
    const double size[3] = { 40, 40, 40 };
    ions all = make_ions(context, size, 0.5);
    oa_random random = oa_random_start(2, 0);
    size_t n = 0;
    while (n < POINTS) {
        const double c[3] = { 40 * oa_random_uniform(&random), 40 * oa_random_uniform(&random), 40 * oa_random_uniform(&random) };
        for (size_t i = n; i < all.n && n < POINTS; i++) {
            const double dx = all.x[i] - c[0], dy = all.y[i] - c[1], dz = all.z[i] - c[2];
            if (dx * dx + dy * dy + dz * dz > 0.64) continue;
            const float p[3] = { all.x[i], all.y[i], all.z[i] };
            all.x[i] = all.x[n], all.y[i] = all.y[n], all.z[i] = all.z[n];
            all.x[n] = p[0], all.y[n] = p[1], all.z[n++] = p[2];
        }
    }
    oa_arena arena = { .context = context };
    uint32_t *domain, domains = 0;
    double best = INFINITY;
    const oa_points points = { .n = n, .x = all.x, .y = all.y, .z = all.z, .steps = 1000 };
    OA_TRY(oa_arena_take(&arena, &domain, n, sizeof *domain));
    for (int round = 0; round < ROUNDS; round++) {
        oa_arena scratch = { .context = context };
        const double start = oa_seconds();
        OA_TRY(oa_dbscan(context, &scratch, &points, 0.4, 3, domain, &domains));
        best = fmin(best, oa_seconds() - start);
        oa_arena_drop(&scratch);
    }
    report("DBSCAN 40 000", context->kernels->name, context->threads, (double)n, best);
    printf("    %u domains\n", domains);
    oa_arena_drop(&arena);
    oa_free(context, all.x);
    oa_free(context, all.y);
    oa_free(context, all.z);
    return OA_OK;
}

/* The dense layer of the published networks beside the sgemm of OpenBLAS, on one thread, in multiply-adds: what this core can do. */
static oa_status bench_product(oa_context *context, const char *what, size_t m, size_t n, size_t k)
{
    oa_random random = oa_random_start(2, 0);
    oa_arena arena = { .context = context };
    float *a, *b, *c;
    double best[2] = { INFINITY, INFINITY };
    OA_TRY(oa_arena_take(&arena, &a, m * k, sizeof *a));
    OA_TRY(oa_arena_take(&arena, &b, k * n, sizeof *b));
    OA_TRY(oa_arena_take(&arena, &c, m * n, sizeof *c));
    for (size_t i = 0; i < m * k; i++) a[i] = (float)oa_random_uniform(&random);
    for (size_t i = 0; i < k * n; i++) b[i] = (float)oa_random_normal(&random);
    oa_blas_setup();
    for (int round = 0; round < 8 * ROUNDS; round++) {
        const double start = oa_seconds();
        context->kernels->multiply(m, n, k, a, k, b, c);
        const double middle = oa_seconds();
        oa_blas_multiply(m, n, k, a, b, 0, c);
        best[0] = fmin(best[0], middle - start), best[1] = fmin(best[1], oa_seconds() - middle);
    }
    report(what, context->kernels->name, 1, (double)(m * n * k), best[0]);
    report("    the same", oa_blas_name(), 1, (double)(m * n * k), best[1]);
    oa_arena_drop(&arena);
    return OA_OK;
}

static oa_status bench(oa_context *context)
{
    uint32_t *maps = NULL, *dense = NULL;
    size_t n = 0;
    OA_TRY(bench_maps(context, &maps, &n, 0.36, "z-SDM insphere 0.36"));
    OA_TRY(bench_curves(context, maps, n));
    oa_free(context, maps);
    OA_TRY(bench_maps(context, &dense, &n, 0.52, "z-SDM insphere 0.52"));
    oa_free(context, dense);
    OA_TRY(bench_product(context, "dense layer of feal", 192, 256, 2688));
    OA_TRY(bench_product(context, "dense layer of cocrni", 288, 256, 672));
    return bench_dbscan(context);
}

int main(int argc, char **argv)
{
    const int threads = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 1;
    int bad = 0;
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_context_options options = { .threads = threads, .kernel = *name };
        oa_context *context;
        oa_status status = oa_context_new(&context, &options);
        if (status == OA_OK) status = bench(context);
        else if (!oa_kernels_find(*name)) status = OA_OK; /* not on this processor */
        if (status != OA_OK) {
            fprintf(stderr, "%s: %s\n", oa_error_code(context), oa_error_text(context));
            bad = 1;
        }
        oa_context_free(context);
    }
    return bad;
}
