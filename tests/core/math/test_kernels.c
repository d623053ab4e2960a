/* test_kernels.c - every kernel set gives the bytes of the scalar one, on random and on awkward input. */
#include "core/math/cloud.h"

#include "math/blas.h"

enum { KEPT_MOST = 400 };

/* Calls fn for each faster set this processor has. */
static void each_set(void (*fn)(const oa_kernels *))
{
    for (const char *const *name = oa_kernels_names(); *name; name++)
        if (strcmp(*name, "scalar") != 0 && oa_kernels_find(*name)) fn(oa_kernels_find(*name));
}

static oa_axis axis_of(double half, int64_t bins, int64_t first, int64_t kept)
{
    return (oa_axis){ .half = half, .scale = (double)bins / (2 * half), .bins = bins, .first = first, .kept = kept };
}

/* Bins of the papers; without crop; a crop on one side; an odd number; more than fit into the folded table. */
static const struct { double half; int64_t bins, first, kept; } axes[] = {
    { 1.5, 200, 54, 93 }, { 1.5, 200, 0, 200 }, { 1.5, 200, 120, 80 }, { 1.5, 200, 0, 60 },
    { 1.5, 93, 0, 93 }, { 1.5, 400, 0, 400 }, { 0.5, 2, 0, 2 }, { 2.0, 240, 1, 238 },
};
enum { N_AXES = sizeof axes / sizeof *axes };

static void compare_maps(const oa_kernels *kernels, const cloud *c, const char *what)
{
    for (int a = 0; a < N_AXES; a++) {
        const oa_axis axis = axis_of(axes[a].half, axes[a].bins, axes[a].first, axes[a].kept);
        uint32_t want[KEPT_MOST] = { 1, 2, 3 }, got[KEPT_MOST] = { 1, 2, 3 };
        oa_kernels_scalar.pairs_z(want, &axis, c->n, c->x, c->z);
        kernels->pairs_z(got, &axis, c->n, c->x, c->z);
        if (memcmp(want, got, sizeof want)) fail_msg("pairs_z of %s differs: %s, axis %d, %zu points", kernels->name, what, a, c->n);
        for (int rounded = 0; rounded < 2; rounded++)
            for (size_t i = 0; i < c->n && i < 20; i++) {
                const oa_centre centre = { c->x[i], c->y[i], c->z[i], i % 3 ? axis.half * axis.half : INFINITY, rounded };
                oa_kernels_scalar.offsets_z(want, &axis, c->n, c->x, c->y, c->z, &centre);
                kernels->offsets_z(got, &axis, c->n, c->x, c->y, c->z, &centre);
            }
        if (memcmp(want, got, sizeof want)) fail_msg("offsets_z of %s differs: %s, axis %d, %zu points", kernels->name, what, a, c->n);
    }
}

static void maps_of_random_points(const oa_kernels *kernels)
{
    for (size_t n = 0; n < 70; n++) {
        cloud c = cloud_random(n, 1.5, 0, n), edges = cloud_random(n, 1.5, 0.015, n), wide = cloud_random(n, 8, 0.001, n);
        compare_maps(kernels, &c, "random");
        compare_maps(kernels, &edges, "on bin edges");
        compare_maps(kernels, &wide, "wider than the axis");
        cloud_free(&c);
        cloud_free(&edges);
        cloud_free(&wide);
    }
}

static void maps_of_awkward_points(const oa_kernels *kernels)
{
    cloud same = cloud_new(33), line = cloud_new(33), far = cloud_new(9);
    for (size_t i = 0; i < same.n; i++) cloud_set(&same, i, 1.25, -0.5, 3);
    for (size_t i = 0; i < line.n; i++) cloud_set(&line, i, i % 2 ? 0.75 : -0.75, 0, ((double)i - 16) * 0.75 / 16);
    const double values[9] = { 0, -0.0, 1.5, -1.5, 1e300, -1e300, 3e9, 1e-310, 1.4999999999999998 };
    for (size_t i = 0; i < far.n; i++) cloud_set(&far, i, values[i], 0.1, values[(i * 4 + 1) % 9]);
    compare_maps(kernels, &same, "all alike");
    compare_maps(kernels, &line, "at both poles");
    compare_maps(kernels, &far, "far away");
    cloud_free(&same);
    cloud_free(&line);
    cloud_free(&far);
}

static void gather_keeps_order(const oa_kernels *kernels)
{
    for (size_t n = 0; n < 70; n++) {
        cloud c = cloud_random(n, 2, n % 2 ? 0.25 : 0, n), want = cloud_new(n), got = cloud_new(n);
        const double centre[3] = { 0.25, 0, -0.25 };
        for (int with_y = 0; with_y < 2; with_y++) {
            const size_t k = oa_kernels_scalar.gather(want.x, with_y ? want.y : NULL, want.z, n, c.fx, c.fy, c.fz, centre, 0.5625);
            const size_t l = kernels->gather(got.x, with_y ? got.y : NULL, got.z, n, c.fx, c.fy, c.fz, centre, 0.5625);
            assert_int_equal(k, l);
            assert_memory_equal(want.x, got.x, k * sizeof(double));
            assert_memory_equal(want.z, got.z, k * sizeof(double));
            if (with_y) assert_memory_equal(want.y, got.y, k * sizeof(double));
        }
        cloud_free(&c);
        cloud_free(&want);
        cloud_free(&got);
    }
}

static void near_is_the_same(const oa_kernels *kernels)
{
    cloud c = cloud_random(64, 2, 0.25, 8);
    for (size_t n = 0; n <= 64; n++)
        for (size_t i = 0; i < 64; i++) {
            const double centre[3] = { c.x[i], c.y[i], c.z[i] };
            assert_true(oa_kernels_scalar.near(n, c.fx, c.fy, c.fz, centre, 0.25) == kernels->near(n, c.fx, c.fy, c.fz, centre, 0.25));
        }
    cloud_free(&c);
}

/* Steps of 0.001 nm and of 1/3 nm, radii that many offsets meet exactly, near 0 and at the far end of what int32 holds. */
static void near_steps_is_the_rule(const oa_kernels *kernels)
{
    static const double rules[][2] = { { 1000, 0.005 }, { 1000, 0.003 }, { 3, 1 }, { 7, 5 / 7.0 }, { 1000, 1e-4 }, { 1e6, 9e-6 }, { 0.5, 10 } };
    int32_t p[3][64 + OA_KERNEL_PAD] = { { 0 } };
    oa_random random = oa_random_start(9, 0);
    for (int round = 0; round < 200; round++) {
        const oa_reach reach = oa_reach_of(rules[round % 7][0], rules[round % 7][1]);
        const int32_t far = round % 3 ? (round % 3 == 1 ? 118959 : (1 << 30) - 20) : 0;
        for (int i = 0; i < 64; i++)
            for (int axis = 0; axis < 3; axis++) p[axis][i] = far + (int32_t)(15 * oa_random_uniform(&random)) - (round % 2 ? 0 : 2 * far);
        const int32_t centre[3] = { p[0][5], p[1][5], p[2][5] };
        for (size_t n = 0; n <= 64; n++) {
            uint64_t want = 0;
            for (size_t i = 0; i < n; i++) want |= (uint64_t)oa_reach_holds(&reach, (int32_t[]){ p[0][i], p[1][i], p[2][i] }, centre) << i;
            assert_true(kernels->near_steps(n, p[0], p[1], p[2], centre, &reach) == want);
        }
    }
}

/* Lines of no, few and many points, short and long before one another: what near_steps says of each point, and a beginning
 * of it where enough are found. */
static void near_lines_is_near_steps(const oa_kernels *kernels)
{
    enum { N = 400, LINES = 9 };
    static const uint32_t longest[] = { 1, 4, 8, 9, 17, 40 };
    static int32_t p[3][N + OA_KERNEL_PAD];
    uint32_t want[N], got[N + OA_KERNEL_PAD];
    const oa_reach reach = oa_reach_of(1000, 0.005);
    oa_random random = oa_random_start(10, 0);
    for (int round = 0; round < 3000; round++) {
        const int32_t far = round % 2 ? 118959 : (1 << 30) - 20;
        const double edge = round % 5 ? 9 : 1; /* some all near */
        oa_stretch lines[LINES];
        size_t n = 0;
        for (int i = 0; i < N; i++)
            for (int axis = 0; axis < 3; axis++) p[axis][i] = far + (int32_t)(edge * oa_random_uniform(&random));
        const int32_t centre[3] = { p[0][5], p[1][5], p[2][5] };
        for (int k = 0; k < LINES; k++) {
            lines[k].begin = (uint32_t)((N - 40) * oa_random_uniform(&random));
            lines[k].end = lines[k].begin + (uint32_t)((longest[round % 6] + 1) * oa_random_uniform(&random));
            if (round % 7 == 0) lines[k].end = lines[k].begin = N; /* nothing at the very end */
            for (uint32_t i = lines[k].begin; i < lines[k].end; i++)
                if (kernels->near_steps(1, p[0] + i, p[1] + i, p[2] + i, centre, &reach)) want[n++] = i;
        }
        assert_int_equal(kernels->near_lines(got, SIZE_MAX, lines, LINES, p[0], p[1], p[2], centre, &reach), n);
        assert_memory_equal(got, want, n * sizeof *got);
        for (size_t enough = 0; enough < n + 3; enough += 1 + enough / 2) {
            const size_t found = kernels->near_lines(got, enough, lines, LINES, p[0], p[1], p[2], centre, &reach);
            assert_true(found <= n && (found == n || found >= enough));
            assert_memory_equal(got, want, found * sizeof *got);
        }
    }
}

static void convolution_is_the_same(const oa_kernels *kernels)
{
    double in[200], taps[31], want[200], got[200];
    oa_random random = oa_random_start(3, 0);
    for (int i = 0; i < 200; i++) in[i] = oa_random_normal(&random);
    for (int i = 0; i < 31; i++) taps[i] = oa_random_normal(&random);
    for (size_t width = 1; width < 32; width += 2)
        for (size_t n = 0; n < 100; n++) {
            memset(want, 0, sizeof want);
            memset(got, 0, sizeof got);
            oa_kernels_scalar.convolve(want, n, in, taps, width);
            kernels->convolve(got, n, in, taps, width);
            assert_memory_equal(want, got, sizeof want);
        }
}

static void clipping_is_the_same(const oa_kernels *kernels)
{
    enum { BINS = 93 };
    static double want[BINS * OA_CLIP_LANES], got[BINS * OA_CLIP_LANES], level[OA_CLIP_LANES];
    static const size_t windows[][2] = { { 23, 68 }, { 37, 52 }, { 0, 92 }, { 1, 91 }, { 0, 0 }, { 92, 92 }, { 91, 92 }, { 40, 40 } };
    oa_random random = oa_random_start(4, 0);
    for (int lane = 0; lane < OA_CLIP_LANES; lane++) level[lane] = 0.3 * oa_random_uniform(&random);
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        for (int i = 0; i < BINS * OA_CLIP_LANES; i++) want[i] = got[i] = oa_random_uniform(&random);
        for (int sweep = 0; sweep < 40; sweep++) {
            const uint32_t a = oa_kernels_scalar.clip(want, BINS, windows[w][0], windows[w][1], level, 1e-12);
            const uint32_t b = kernels->clip(got, BINS, windows[w][0], windows[w][1], level, 1e-12);
            assert_int_equal(a, b);
            assert_memory_equal(want, got, sizeof want);
        }
    }
}

/* ---------------------------------------------------------------------------------------------- networks */

/* Blocks of exactly n values, so that the sanitizer sees one read or written too many. */
static float *random_floats(size_t n, uint64_t seed)
{
    float *values = malloc(n ? n * sizeof *values : 1);
    oa_random random = oa_random_start(seed, 0);
    assert_non_null(values);
    for (size_t i = 0; i < n; i++) values[i] = (float)oa_random_normal(&random);
    return values;
}

static float *copy_floats(const float *from, size_t n)
{
    float *values = malloc(n ? n * sizeof *values : 1);
    assert_non_null(values);
    memcpy(values, from, n * sizeof *values);
    return values;
}

typedef enum product { PLAIN, TN, NT, PRODUCTS } product;

/* A (m, k) with rows every step, B, C of one of the three products; m, n, k as in kernel.h. */
typedef struct operands {
    size_t m, n, k, step, n_a, n_b, n_c;
    float *a, *b, *c;
} operands;

static operands operands_of(product which, size_t m, size_t n, size_t k, size_t step)
{
    const size_t width = which == NT ? n : k;
    operands o = { .m = m, .n = n, .k = k, .step = which == NT ? n : step, .n_b = (which == TN ? m : k) * n };
    o.n_a = m ? (m - 1) * o.step + width : 0;
    o.n_c = which == PLAIN ? m * n : which == TN ? k * n : m * k;
    o.a = random_floats(o.n_a, 1), o.b = random_floats(o.n_b, 2), o.c = random_floats(o.n_c, 3);
    return o;
}

static void operands_free(operands *o)
{
    free(o->a), free(o->b), free(o->c);
}

static float *result_of(const oa_kernels *kernels, product which, const operands *o)
{
    float *c = copy_floats(o->c, o->n_c);
    if (which == PLAIN) kernels->multiply(o->m, o->n, o->k, o->a, o->step, o->b, c);
    if (which == TN) kernels->multiply_tn(o->m, o->n, o->k, o->a, o->step, o->b, c);
    if (which == NT) kernels->multiply_nt(o->m, o->n, o->k, o->a, o->b, c);
    return c;
}

/* Element i of the result in doubles; *size becomes the sum of the absolute terms, *terms their number. */
static double plain_sum(product which, const operands *o, size_t i, double *size, size_t *terms)
{
    const size_t columns = which == NT ? o->k : o->n, row = i / columns, column = i % columns;
    double sum = which == NT ? 0 : (double)o->c[i];
    *size = fabs(sum);
    *terms = which == PLAIN ? o->k : which == TN ? o->m : o->n;
    for (size_t t = 0; t < *terms; t++) {
        const double a = which == TN ? o->a[t * o->step + row] : o->a[row * o->step + t];
        const double b = which == NT ? o->b[column * o->n + t] : o->b[t * o->n + column];
        sum += a * b;
        *size += fabs(a * b);
    }
    return sum;
}

static const struct { size_t m, n, k, step; } products[] = {
    { 1, 1, 1, 1 }, { 5, 2, 256, 256 }, { 33, 3, 19, 19 }, { 7, 1, 40, 41 }, { 64, 256, 672, 672 }, { 3, 37, 361, 361 }, { 84, 16, 10, 1 },
    { 41, 64, 20, 2 }, { 200, 48, 9, 9 }, { 31, 33, 705, 705 }, { 13, 7, 8, 3 }, { 24, 15, 17, 17 }, { 25, 100, 23, 25 }, { 390, 20, 31, 31 },
    { 1, 50, 2, 0 }, { 9, 24, 1, 0 }, { 6, 8, 0, 4 }, { 0, 8, 5, 5 }, { 12, 32, 1000, 1000 },
};
enum { N_PRODUCTS = sizeof products / sizeof *products };

static void each_product(void (*check)(const oa_kernels *, product, const operands *), const oa_kernels *kernels)
{
    for (size_t i = 0; i < N_PRODUCTS; i++)
        for (int which = PLAIN; which < PRODUCTS; which++) {
            operands o = operands_of((product)which, products[i].m, products[i].n, products[i].k, products[i].step);
            check(kernels, (product)which, &o);
            operands_free(&o);
        }
}

static void has_the_bytes_of_scalar(const oa_kernels *kernels, product which, const operands *o)
{
    float *want = result_of(&oa_kernels_scalar, which, o), *got = result_of(kernels, which, o);
    if (memcmp(want, got, o->n_c * sizeof *got)) fail_msg("product %d of %s differs for %zu, %zu, %zu", which, kernels->name, o->m, o->n, o->k);
    free(want), free(got);
}

static void is_within_the_bound(const oa_kernels *kernels, product which, const operands *o)
{
    float *got = result_of(kernels, which, o);
    for (size_t i = 0; i < o->n_c; i++) {
        double size;
        size_t terms;
        const double want = plain_sum(which, o, i, &size, &terms);
        if (!(fabs(got[i] - want) <= ((double)terms + 1) * 0x1p-23 * size))
            fail_msg("product %d of %s: %g instead of %g at %zu", which, kernels->name, (double)got[i], want, i);
    }
    free(got);
}

/* Another's sums, in another order: a witness that the sum meant is the one made. */
static void agrees_with_blas(const oa_kernels *kernels)
{
    enum { M = 48, N = 33, K = 300 };
    operands o = operands_of(PLAIN, M, N, K, K);
    float *got = result_of(kernels, PLAIN, &o), *want = copy_floats(o.c, o.n_c);
    oa_blas_setup();
    oa_blas_multiply(M, N, K, o.a, o.b, 1, want);
    for (size_t i = 0; i < o.n_c; i++) {
        double size;
        size_t terms;
        plain_sum(PLAIN, &o, i, &size, &terms);
        assert_true(fabs((double)got[i] - (double)want[i]) <= 2 * ((double)terms + 1) * 0x1p-23 * size);
    }
    free(got), free(want);
    operands_free(&o);
}

static void products_are_the_same(const oa_kernels *kernels) { each_product(has_the_bytes_of_scalar, kernels); }
static void products_are_bounded(const oa_kernels *kernels) { each_product(is_within_the_bound, kernels); }

static void convolve_pool_is_the_same(const oa_kernels *kernels)
{
    static const struct { size_t n, filters, taps, step; } sizes[] = { { 42, 16, 10, 1 }, { 42, 64, 20, 2 }, { 7, 5, 12, 3 }, { 1, 37, 11, 1 }, { 2, 1, 1, 1 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = sizes[i].n, filters = sizes[i].filters, taps = sizes[i].taps, step = sizes[i].step;
        float *x = random_floats((2 * n - 1) * step + taps, 4), *kernel = random_floats(taps * filters, 5), *bias = random_floats(filters, 6);
        float *want = random_floats(n * filters, 7), *got = random_floats(n * filters, 8);
        oa_kernels_scalar.convolve_pool(n, filters, taps, x, step, kernel, bias, want);
        kernels->convolve_pool(n, filters, taps, x, step, kernel, bias, got);
        assert_memory_equal(want, got, n * filters * sizeof *got);
        free(x), free(kernel), free(bias), free(want), free(got);
    }
}

/* Gradients that overflow or are 0 belong to it: a training that diverges does so in all sets alike. */
static void adam_is_the_same(const oa_kernels *kernels)
{
    static const size_t sizes[] = { 0, 1, 3, 8, 15, 16, 17, 100, 1025 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t n = sizes[i];
        float *g = random_floats(n, 9), *want[3], *got[3];
        for (int j = 0; j < 3; j++) {
            want[j] = random_floats(n, 10 + (uint64_t)j);
            for (size_t k = 0; j == 2 && k < n; k++) want[j][k] = fabsf(want[j][k]);
            got[j] = copy_floats(want[j], n);
        }
        if (n > 50) g[3] = 1e30f, g[40] = 0, g[41] = 1e-30f, want[2][40] = got[2][40] = 0;
        for (int step = 0; step < 3; step++) {
            oa_kernels_scalar.adam(n, want[0], want[1], want[2], g, 0.001f, 0.9f, 0.999f, 1e-7f);
            kernels->adam(n, got[0], got[1], got[2], g, 0.001f, 0.9f, 0.999f, 1e-7f);
        }
        for (int j = 0; j < 3; j++) assert_memory_equal(want[j], got[j], n * sizeof *got[j]);
        for (int j = 0; j < 3; j++) free(want[j]), free(got[j]);
        free(g);
    }
}

/* The first step from rest moves every weight by the rate against its slope, whatever the slope's size (Kingma & Ba, 2.1). */
static void test_kernels__first_step_of_adam(void **state)
{
    (void)state;
    float w[3] = { 1, 1, 1 }, m[3] = { 0 }, v[3] = { 0 };
    const float g[3] = { 1e-3f, -7, 250 }, rate = 0.001f * sqrtf(1 - 0.999f) / (1 - 0.9f);
    oa_kernels_scalar.adam(3, w, m, v, g, rate, 0.9f, 0.999f, 1e-12f);
    for (int i = 0; i < 3; i++) assert_true(fabs(w[i] - (g[i] > 0 ? 0.999 : 1.001)) < 1e-6);
}

enum { AROUND_MOST = 700 };

typedef struct around_room {
    oa_around around;
    float axis[3][AROUND_MOST + OA_KERNEL_PAD];
    uint32_t place[AROUND_MOST + OA_KERNEL_PAD], keys[OA_AROUND_MAX + OA_KERNEL_PAD];
} around_room;

static around_room *around_new(size_t capacity)
{
    around_room *r = calloc(1, sizeof *r);
    r->around = (oa_around){ 0, capacity, r->axis[0], r->axis[1], r->axis[2], r->place };
    return r;
}

static void check_same_around(const oa_around *got, const oa_around *want)
{
    assert_int_equal(got->n, want->n);
    assert_memory_equal(got->x, want->x, want->n * sizeof(float));
    assert_memory_equal(got->y, want->y, want->n * sizeof(float));
    assert_memory_equal(got->z, want->z, want->n * sizeof(float));
    assert_memory_equal(got->place, want->place, want->n * sizeof(uint32_t));
}

/* Boxes of all sizes, one of them a point, on points of which many lie on a face; room for all, for exactly so many, for one less. */
static void around_box_is_the_same(const oa_kernels *kernels)
{
    const cloud c = cloud_random(AROUND_MOST, 4, 0.25, 5);
    const oa_stretch lines[] = { { 0, 1 }, { 3, 3 }, { 5, 13 }, { 13, 300 }, { 301, AROUND_MOST } };
    for (int i = 0; i < 60; i++) {
        const float half = 0.25f * (float)(i % 6), reach2 = 0.0625f * (float)(i % 11), at = 0.25f * (float)(i % 7) - 0.5f;
        const float lo[3] = { at - half, -half, at }, hi[3] = { at + half, half, at + half };
        around_room *want = around_new(AROUND_MOST), *got = around_new(AROUND_MOST), *again = around_new(AROUND_MOST);
        const oa_around from = { .n = c.n, .x = c.fx, .y = c.fy, .z = c.fz };
        assert_true(oa_kernels_scalar.around_box(&want->around, &from, lines, 5, lo, hi, reach2));
        assert_true(kernels->around_box(&got->around, &from, lines, 5, lo, hi, reach2));
        check_same_around(&got->around, &want->around);
        const oa_stretch all = { 0, (uint32_t)got->around.n };
        assert_true(kernels->around_box(&again->around, &got->around, &all, 1, lo, hi, reach2)); /* keeps places */
        check_same_around(&again->around, &want->around);
        got->around.capacity = want->around.n;
        assert_true(kernels->around_box(&got->around, &from, lines, 5, lo, hi, reach2));
        if (want->around.n) {
            got->around.capacity = want->around.capacity = want->around.n - 1;
            assert_false(kernels->around_box(&got->around, &from, lines, 5, lo, hi, reach2));
            assert_false(oa_kernels_scalar.around_box(&want->around, &from, lines, 5, lo, hi, reach2));
        }
        free(want);
        free(got);
        free(again);
    }
    cloud_free((cloud *)&c);
}

static void around_keys_are_the_same(const oa_kernels *kernels)
{
    for (size_t n = 0; n < AROUND_MOST; n += 1 + n / 8) {
        const cloud c = cloud_random(n, 2, n % 2 ? 0 : 0.125, n);
        const oa_around around = { .n = n, .x = c.fx, .y = c.fy, .z = c.fz };
        uint32_t want[OA_AROUND_MAX + OA_KERNEL_PAD], got[OA_AROUND_MAX + OA_KERNEL_PAD];
        for (int i = 0; i < 8; i++) {
            const float at[3] = { 0.125f * (float)i, 0, -0.5f }, reach2 = i == 7 ? 20 : 0.125f * (float)i, scale = 4.1e6f / (reach2 + 1e-3f);
            const size_t found = oa_kernels_scalar.around_keys(want, &around, at, reach2, scale);
            assert_int_equal(kernels->around_keys(got, &around, at, reach2, scale), found);
            assert_memory_equal(got, want, found * sizeof *want);
            if (i == 7) assert_int_equal(found, n);
        }
        cloud_free((cloud *)&c);
    }
}

static void around_sort_sorts(const oa_kernels *kernels)
{
    for (size_t n = 0; n <= OA_AROUND_SORTED_MAX; n++) {
        oa_random random = oa_random_start(n, 3);
        uint32_t want[OA_AROUND_SORTED_MAX], got[OA_AROUND_SORTED_MAX];
        for (size_t i = 0; i < OA_AROUND_SORTED_MAX; i++) got[i] = want[i] = n % 3 ? (uint32_t)(oa_random_uniform(&random) * 4294967296.0) : (uint32_t)(i % 5 == 0);
        oa_kernels_scalar.around_sort(want, n);
        for (size_t i = 1; i < n; i++) assert_true(want[i - 1] <= want[i]);
        kernels->around_sort(got, n);
        assert_memory_equal(got, want, n * sizeof *want);
    }
}

/* Layers on many rows: weights in panels, blocks of exactly the values that may be touched. */
typedef struct layered {
    oa_affine call;
    float *a, *b, *bias, *c;
    size_t n_c;
} layered;

static layered layered_of(size_t m, size_t n, size_t k, size_t rows, bool has_bias, bool relu)
{
    const size_t out = rows ? m / rows : m, a_step = k + m % 3, c_step = n + k % 2; /* rows may lie apart */
    float *plain = random_floats(k * n, 20);
    layered l = { .n_c = (out - 1) * c_step + n };
    l.a = random_floats((m - 1) * a_step + k, 21);
    l.b = random_floats(oa_affine_floats(k, n), 22);
    oa_affine_pack(k, n, plain, l.b);
    const size_t padded = oa_affine_floats(1, n);
    l.bias = random_floats(padded, 23);
    for (size_t u = n; u < padded; u++) l.bias[u] = 0;
    l.c = random_floats(l.n_c, 24);
    l.call = (oa_affine){ .m = m, .n = n, .k = k, .a = l.a, .a_step = a_step, .b = l.b, .bias = has_bias ? l.bias : NULL, .relu = relu, .c_step = c_step, .rows = rows };
    free(plain);
    return l;
}

static float *layer_of(const oa_kernels *kernels, const layered *l)
{
    oa_affine call = l->call;
    call.c = copy_floats(l->c, l->n_c);
    (call.rows ? kernels->affine_max : kernels->affine)(&call);
    return call.c;
}

static void compare_layer(const oa_kernels *kernels, const layered *l)
{
    float *want = layer_of(&oa_kernels_scalar, l), *got = layer_of(kernels, l);
    const oa_affine *p = &l->call;
    if (memcmp(want, got, l->n_c * sizeof *got))
        fail_msg("affine%s of %s differs: m %zu, n %zu, k %zu, rows %zu, bias %d, relu %d", p->rows ? "_max" : "", kernels->name, p->m, p->n, p->k, p->rows,
                 p->bias != NULL, p->relu);
    free(want), free(got);
}

static void each_layer(const oa_kernels *kernels, size_t rows, size_t m, void (*check)(const oa_kernels *, const layered *))
{
    static const size_t widths[] = { 1, 5, 16, 25, 32, 33, 64, 128 }, depths[] = { 1, 5, 6, 32, 64 };
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (size_t j = 0; j < sizeof depths / sizeof *depths; j++)
            for (int flags = 0; flags < 4; flags++) {
                layered l = layered_of(m, widths[i], depths[j], rows, flags & 1, flags & 2);
                check(kernels, &l);
                free(l.a), free(l.b), free(l.bias), free(l.c);
            }
}

static void layers_are_the_same(const oa_kernels *kernels)
{
    for (size_t m = 1; m <= 40; m++) each_layer(kernels, 0, m, compare_layer);
}

static void maxima_are_the_same(const oa_kernels *kernels)
{
    static const size_t rows[] = { 1, 7, 32, 33, 64 };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t groups = 1; groups < 4; groups++) each_layer(kernels, rows[r], rows[r] * groups, compare_layer);
}

/* Against sums in double: what the rule of affine.h says, whoever computes it. */
static void check_rule(const oa_kernels *kernels, const layered *l)
{
    const oa_affine *p = &l->call;
    const size_t rows = p->rows ? p->rows : 1;
    float *got = layer_of(kernels, l);
    for (size_t g = 0; g < p->m / rows; g++)
        for (size_t u = 0; u < p->n; u++) {
            double most = -INFINITY, size = 0;
            for (size_t r = g * rows; r < (g + 1) * rows; r++) {
                double sum = p->bias ? (double)p->bias[u] : 0, terms = fabs(sum);
                for (size_t i = 0; i < p->k; i++) {
                    const double term = (double)p->a[r * p->a_step + i] * p->b[(u / OA_AFFINE_PANEL * p->k + i) * OA_AFFINE_PANEL + u % OA_AFFINE_PANEL];
                    sum += term;
                    terms += fabs(term);
                }
                most = fmax(most, sum);
                size = fmax(size, terms);
            }
            const double want = p->relu ? fmax(most, 0) : most;
            if (!(fabs(got[g * p->c_step + u] - want) <= ((double)p->k + 1) * 0x1p-23 * size))
                fail_msg("affine of %s: %g instead of %g", kernels->name, (double)got[g * p->c_step + u], want);
        }
    free(got);
}

static void layers_follow_the_rule(const oa_kernels *kernels)
{
    each_layer(kernels, 0, 7, check_rule);
    each_layer(kernels, 7, 21, check_rule);
    each_layer(kernels, 32, 64, check_rule);
}

static void test_kernels__layers(void **state) { (void)state; each_set(layers_are_the_same); }
static void test_kernels__maxima_of_layers(void **state) { (void)state; each_set(maxima_are_the_same); }
static void test_kernels__layers_follow_the_rule(void **state) { (void)state; layers_follow_the_rule(&oa_kernels_scalar); each_set(layers_follow_the_rule); }

static void test_kernels__products(void **state) { (void)state; each_set(products_are_the_same); }
static void test_kernels__products_agree_with_blas(void **state) { (void)state; agrees_with_blas(&oa_kernels_scalar); each_set(agrees_with_blas); }
static void test_kernels__products_are_bounded(void **state) { (void)state; products_are_bounded(&oa_kernels_scalar); each_set(products_are_bounded); }
static void test_kernels__convolve_pool(void **state) { (void)state; each_set(convolve_pool_is_the_same); }
static void test_kernels__adam(void **state) { (void)state; each_set(adam_is_the_same); }

static void test_kernels__maps_of_random_points(void **state) { (void)state; each_set(maps_of_random_points); }
static void test_kernels__maps_of_awkward_points(void **state) { (void)state; each_set(maps_of_awkward_points); }
static void test_kernels__gather_keeps_order(void **state) { (void)state; each_set(gather_keeps_order); }
static void test_kernels__near(void **state) { (void)state; each_set(near_is_the_same); }
static void test_kernels__near_steps(void **state) { (void)state; each_set(near_steps_is_the_rule); }
static void test_kernels__near_lines(void **state) { (void)state; near_lines_is_near_steps(&oa_kernels_scalar); each_set(near_lines_is_near_steps); }
static void test_kernels__around_box(void **state) { (void)state; around_box_is_the_same(&oa_kernels_scalar); each_set(around_box_is_the_same); }
static void test_kernels__around_keys(void **state) { (void)state; each_set(around_keys_are_the_same); }
static void test_kernels__around_sort(void **state) { (void)state; around_sort_sorts(&oa_kernels_scalar); each_set(around_sort_sorts); }
static void test_kernels__convolution(void **state) { (void)state; each_set(convolution_is_the_same); }
static void test_kernels__clipping(void **state) { (void)state; each_set(clipping_is_the_same); }

static void test_kernels__are_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(oa_kernels_find("scalar"), &oa_kernels_scalar);
    assert_null(oa_kernels_find("sse17"));
    assert_non_null(oa_kernels_find("auto"));
    assert_ptr_equal(oa_kernels_find(NULL), oa_kernels_find("auto"));
    for (const char *const *name = oa_kernels_names(); *name; name++)
        if (oa_kernels_find(*name)) assert_string_equal(oa_kernels_find(*name)->name, *name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels__maps_of_random_points),
        cmocka_unit_test(test_kernels__maps_of_awkward_points),
        cmocka_unit_test(test_kernels__gather_keeps_order),
        cmocka_unit_test(test_kernels__near),
        cmocka_unit_test(test_kernels__near_steps),
        cmocka_unit_test(test_kernels__near_lines),
        cmocka_unit_test(test_kernels__around_box),
        cmocka_unit_test(test_kernels__around_keys),
        cmocka_unit_test(test_kernels__around_sort),
        cmocka_unit_test(test_kernels__convolution),
        cmocka_unit_test(test_kernels__clipping),
        cmocka_unit_test(test_kernels__products),
        cmocka_unit_test(test_kernels__products_are_bounded),
        cmocka_unit_test(test_kernels__products_agree_with_blas),
        cmocka_unit_test(test_kernels__convolve_pool),
        cmocka_unit_test(test_kernels__layers),
        cmocka_unit_test(test_kernels__maxima_of_layers),
        cmocka_unit_test(test_kernels__layers_follow_the_rule),
        cmocka_unit_test(test_kernels__adam),
        cmocka_unit_test(test_kernels__first_step_of_adam),
        cmocka_unit_test(test_kernels__are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
