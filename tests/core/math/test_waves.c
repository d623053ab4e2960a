/* test_waves.c - loops for waves of order: every kernel set gives the bytes of the scalar one, and these are right. */
#include "base/context.h"
#include "base/random.h"
#include "check.h"
#include "math/kernel/kernel.h"

enum { N = 1024 + 16, MOST = 6 };

static void fill(float *x, size_t n, double low, double high, uint64_t seed)
{
    oa_random random = oa_random_start(seed, 4);
    for (size_t i = 0; i < n; i++) x[i] = (float)(low + (high - low) * oa_random_uniform(&random));
}

/* All that a set computes of one input, one after the other. */
typedef struct answers {
    float blur[N], weight[N], re[N], im[N], cosine[N], sine[N], contrast[N], evidence[6][N], known[6][N], joined[N], combined[N], product[N], between[N], seen[N], angle[N], turned[24 * 28], fft[3][2][12 * 64];
    double wave[8], moments[11], cumulants[3], logarithms, large_ball[MOST * OA_BALL_SIDE], large_shares[OA_BALL_SIDE + 2 * MOST];
    float ball[MOST * OA_BALL_SIDE], shares[OA_BALL_SIDE + 2 * MOST];
    uint8_t joined_plus[N];
    int32_t point[N];
    float share[3][N], block[8 * 5 * 6 * 7], parts[2][N];
} answers;

static void answer(const oa_waves *w, answers *out)
{
    static float a[N], b[N], c[N], d[N], p[N], q[N];
    static const float taps[] = { 1, 0.7f, 0.2f, 0.03f }, k[] = { 0.3f, -0.8f, 5.5f };
    const size_t n = N - 16 - 3; /* a rest that fills no vector */
    memset(out, 0, sizeof *out);
    fill(a, N, -3, 3, 1);
    fill(b, N, -3, 3, 2);
    fill(c, N, -40, 9, 3);
    fill(d, N, 0.02, 0.98, 4);
    fill(p, N, 0, 0.45, 5);
    fill(q, N, 0, 0.45, 6);
    w->blur(out->blur, a + 8, n - 8, 2, taps, 3);
    w->weigh(out->weight, n, a, b, d, 0.6f);
    w->wave(out->wave, N - 16, a, b, d, p, k);
    memcpy(out->re, a, sizeof a);
    memcpy(out->im, b, sizeof b);
    w->add_turned(n, out->re, out->im, p, q, 0.3f, -0.7f);
    w->turn(out->cosine, out->sine, n, c);
    w->contrast(out->contrast, n, c, d);
    float *const evidence[6] = { out->evidence[0], out->evidence[1], out->evidence[2], out->evidence[3], out->evidence[4], out->evidence[5] };
    float *const known[6] = { out->known[0], out->known[1], out->known[2], out->known[3], out->known[4], out->known[5] };
    for (size_t i = 0; i < N; i++) b[i] *= 0.26f; /* alpha */
    w->evidence(evidence, n, b, NULL, p, q);
    w->evidence(known, n, b, d, p, q);
    w->join(n, out->joined, out->joined_plus, c, a);
    w->part(n, out->parts[0], out->parts[1], a, out->joined_plus);
    w->combine(out->combined, n, (const float *const[]){ a, b, d }, (const float[]){ 0.3f, 7, -1.7f }, 3);
    memcpy(out->product, a, sizeof a);
    w->multiply_add(n, out->product, b, d);
    w->transpose(out->turned, 24, a, 40, 20, 28);
    w->angle(out->angle, n, a, b);
    w->moments(out->moments, N - 16, a, b, c, d);
    w->interpolate(out->between, n, d, d + 3, d + 7, (const float[]){ 2, 4, 3 }, a, (const int[]){ 4, 6 });
    const oa_wave_grid grid = { .per = { 4, 5, 6 }, .origin = { -0.4f, -0.5f, -0.3f }, .high = { 5, 6, 7 }, .row = 5, .layer = 30 };
    float *const share[3] = { out->share[0], out->share[1], out->share[2] };
    w->locate(out->point, share, n, (const float *const[]){ d, d + 3, d + 7 }, &grid);
    w->deposit(out->block, n / 8 - 1, out->point, share, a, &grid);
    w->ball(out->seen, n, b, a, b + 5, (const float[]){ 0.1f, -0.2f, 0.3f, 1.1f }, 0.9f, 10, d, 16, 20);
    w->cumulants(out->cumulants, N - 16, b, d, 0.4f);
    out->logarithms = w->sum_logarithms(N - 16, b);
    double large[OA_BALL_SIDE + 2 * MOST];
    for (int i = 0; i < OA_BALL_SIDE + 2 * MOST; i++) large[i] = (double)a[i];
    static const uint32_t begin[] = { 0, 1, 1, 3, 4 };
    static const uint16_t to[] = { 4, 0, 2, 4 };
    w->ball_row(out->ball, a + MOST, 3, begin, to);
    w->ball_row_large(out->large_ball, large + MOST, 3, begin, to);
    w->shares(out->shares, OA_BALL_SIDE + 2 * MOST - 3, a, out->ball, 0.1f);
    w->shares_large(out->large_shares, OA_BALL_SIDE + 2 * MOST - 3, large, out->large_ball, 0.1);
    for (int radix = 2; radix <= 4; radix++) {
        const oa_fft_pass pass = { .radix = radix, .parts = (size_t)(12 / radix), .stride = 64, .twiddle = d };
        w->fft(&pass, a, b, out->fft[radix - 2][0], out->fft[radix - 2][1]);
    }
}

static void test_sets_agree(void **state)
{
    answers *want = malloc(sizeof *want), *got = malloc(sizeof *got);
    (void)state;
    answer(oa_kernels_find("scalar")->waves, want);
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_kernels *kernels = oa_kernels_find(*name);
        if (!kernels) continue;
        answer(kernels->waves, got);
        assert_memory_equal(got, want, sizeof *want);
    }
    free(want);
    free(got);
}

/* Against libm. */
static void test_functions(void **state)
{
    enum { POINTS = 4096 };
    static float x[POINTS], y[POINTS], z[POINTS];
    const oa_waves *w = ((oa_context *)*state)->kernels->waves;
    static float joined[POINTS];
    static uint8_t plus[POINTS];
    fill(x, POINTS, -80, 90, 7);
    fill(y, POINTS, -80, 90, 12);
    w->join(POINTS, joined, plus, x, y);
    for (int i = 0; i < POINTS; i++) {
        const double p = exp((double)x[i]), m = exp((double)y[i]);
        if (fmaxf(x[i], y[i]) > OA_PLAIN) check_real((double)joined[i], -log(p + m), 1e-5);
        else check_real((double)joined[i], p + m, 2e-6 * (p + m));
        check_real((double)plus[i], 255 * p / (p + m), 0.51);
    }
    fill(x, POINTS, -900, 900, 8);
    w->turn(y, z, POINTS, x);
    for (int i = 0; i < POINTS; i++) {
        check_real((double)y[i], cos((double)x[i]), 2e-6 + 1.2e-7 * fabs((double)x[i]));
        check_real((double)z[i], sin((double)x[i]), 2e-6 + 1.2e-7 * fabs((double)x[i]));
    }
    fill(x, POINTS, -0.97, 4, 9);
    memset(y, 0, sizeof y);
    double sum = 0;
    for (int i = 0; i < POINTS; i++) sum += log1p((double)x[i]);
    check_real(w->sum_logarithms(POINTS, x), sum, 1e-5 * POINTS);
    /* K, K', K'' of labels, written out */
    fill(x, POINTS, -1, 1, 10);
    fill(y, POINTS, 0.01, 0.99, 11);
    double got[3], want[3] = { 0, 0, 0 };
    const double s = (double)0.7f;
    w->cumulants(got, POINTS, x, y, 0.7f);
    for (int i = 0; i < POINTS; i++) {
        const double g = (double)x[i], p = (double)y[i], u = 1 + p * (exp(s * g) - 1), t = p * exp(s * g) / u;
        want[0] += log(u) - s * p * g;
        want[1] += g * (t - p);
        want[2] += g * g * t * (1 - t);
    }
    for (int i = 0; i < 3; i++) check_real(got[i], want[i], 2e-4 * fabs(want[i]));
}

static void test_angle(void **state)
{
    enum { POINTS = 4096 };
    static float x[POINTS], y[POINTS], out[POINTS];
    const oa_waves *w = ((oa_context *)*state)->kernels->waves;
    fill(x, POINTS, -2, 2, 31);
    fill(y, POINTS, -2, 2, 32);
    x[0] = y[0] = x[1] = y[2] = 0;
    for (int i = 3; i < 40; i++) x[i] *= 1e-12f; /* and very small or unequal ones */
    for (int i = 30; i < 60; i++) y[i] *= 1e-12f;
    w->angle(out, POINTS, y, x);
    for (int i = 0; i < POINTS; i++) check_real((double)out[i], atan2((double)y[i], (double)x[i]), 1e-6);
}

static void test_transpose(void **state)
{
    enum { ROWS = 8, COLUMNS = 12, WIDE = 15 };
    static float in[ROWS * WIDE], out[COLUMNS * ROWS];
    for (int i = 0; i < ROWS * WIDE; i++) in[i] = (float)i;
    ((oa_context *)*state)->kernels->waves->transpose(out, ROWS, in, WIDE, ROWS, COLUMNS);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLUMNS; c++) assert_true(out[c * ROWS + r] == in[r * WIDE + c]);
}

static void test_moments(void **state)
{
    enum { POINTS = 1600 };
    static float x[POINTS], y[POINTS], z[POINTS], g[POINTS];
    const oa_waves *w = ((oa_context *)*state)->kernels->waves;
    double got[11], want[11] = { 0 };
    fill(x, POINTS, -2, 3, 33);
    fill(y, POINTS, -2, 2, 34);
    fill(z, POINTS, -1, 2, 35);
    fill(g, POINTS, 0, 1, 36);
    w->moments(got, POINTS, x, y, z, g);
    for (int i = 0; i < POINTS; i++) {
        const double r[3] = { (double)x[i], (double)y[i], (double)z[i] }, weight = (double)g[i];
        want[0] += weight;
        want[1] += weight * weight;
        for (int a = 0, at = 5; a < 3; a++) {
            want[2 + a] += weight * r[a];
            for (int b = a; b < 3; b++) want[at++] += weight * r[a] * r[b];
        }
    }
    for (int i = 0; i < 11; i++) check_real(got[i], want[i], 1e-5 * POINTS);
}

/* Trilinear between points is exact for what is linear along each axis. */
static void test_interpolate(void **state)
{
    enum { POINTS = 500, X = 5, Y = 6, Z = 7 };
    static float x[POINTS], y[POINTS], z[POINTS], out[POINTS], block[X * Y * Z];
    const oa_waves *w = ((oa_context *)*state)->kernels->waves;
    for (int i = 0; i < X * Y * Z; i++) block[i] = (float)((1 + i % X) * (2 - i / X % Y) * (3 + i / X / Y));
    fill(x, POINTS, 0, 2, 21);
    fill(y, POINTS, 0, 2, 22);
    fill(z, POINTS, 0, 2, 23);
    w->interpolate(out, POINTS, x, y, z, (const float[]){ 1.5f, 2, 2.5f }, block, (const int[]){ X, Y });
    for (int i = 0; i < POINTS; i++)
        check_real((double)out[i], (1.5 + 1.5 * (double)x[i]) * (1.5 - 2 * (double)y[i]) * (3.5 + 2.5 * (double)z[i]), 1e-4);
}

/* What is shared among eight points keeps its sum and its middle; places beyond the grid are left out. */
static void test_deposit(void **state)
{
    enum { POINTS = 400, X = 5, Y = 6, Z = 7 };
    static float at[3][POINTS], share[3][POINTS], value[POINTS][8], block[X * Y * Z][8];
    static int32_t point[POINTS];
    static const int side[3] = { X, Y, Z };
    const oa_waves *w = ((oa_context *)*state)->kernels->waves;
    const oa_wave_grid grid = { .per = { 1.5f, 2, 2.5f }, .origin = { 1, -0.5f, 0.25f }, .low = { 0, 0, 1 }, .high = { X, Y, Z }, .row = X, .layer = X * Y };
    double want[4] = { 0 }, got[4] = { 0 };
    int inside = 0;
    memset(block, 0, sizeof block);
    for (int a = 0; a < 3; a++) fill(at[a], POINTS, -0.5, 2.5, 31 + (uint64_t)a);
    fill(value[0], 8 * POINTS, -1, 2, 34);
    w->locate(point, (float *const[]){ share[0], share[1], share[2] }, POINTS, (const float *const[]){ at[0], at[1], at[2] }, &grid);
    w->deposit(block[0], POINTS, point, (float *const[]){ share[0], share[1], share[2] }, value[0], &grid);
    for (int i = 0; i < POINTS; i++) {
        double u[3];
        bool is_inside = true;
        for (int a = 0; a < 3; a++) {
            u[a] = (double)at[a][i] * (double)grid.per[a] + (double)grid.origin[a];
            is_inside &= floor(u[a]) >= grid.low[a] && floor(u[a]) + 1 < side[a];
        }
        assert_int_equal(point[i] >= 0, is_inside);
        inside += is_inside;
        for (int k = 0; k < 4 && is_inside; k++) want[k] += (double)value[i][3] * (k < 3 ? u[k] : 1);
    }
    for (int i = 0; i < X * Y * Z; i++)
        for (int k = 0; k < 4; k++) got[k] += (double)block[i][3] * (k == 0 ? i % X : k == 1 ? i / X % Y : k == 2 ? i / (X * Y) : 1);
    for (int k = 0; k < 4; k++) check_real(got[k], want[k], 1e-3);
    assert_true(inside > 50 && inside < POINTS - 50);
}

/* A table that is linear in the radius of the disc and in the distance from its middle. */
static void test_ball(void **state)
{
    enum { POINTS = 500, DISCS = 20, PLACES = 30 };
    static float x[POINTS], y[POINTS], z[POINTS], out[POINTS], table[DISCS * PLACES];
    static const float at[] = { 0.2f, -0.1f, 0.3f, 1.5f };
    const oa_waves *w = ((oa_context *)*state)->kernels->waves;
    int near = 0, far = 0;
    for (int i = 0; i < DISCS * PLACES; i++) table[i] = 1 + 0.1f * (float)(i / PLACES) + 0.01f * (float)(i % PLACES);
    fill(x, POINTS, -3, 3, 24);
    fill(y, POINTS, -3, 3, 25);
    fill(z, POINTS, -2, 2, 26);
    w->ball(out, POINTS, x, y, z, at, 2.5f, 10, table, DISCS, PLACES);
    for (int i = 0; i < POINTS; i++) {
        const double across = hypot((double)x[i] - 0.2, (double)y[i] + 0.1), dz = (double)z[i] - 0.3, rest = 2.25 - dz * dz;
        const bool is_near = rest > 0 && across < 2.5;
        check_real((double)out[i], is_near ? 1 + sqrt(rest) + 0.1 * across : 0, 1e-3);
        near += is_near;
        far += !is_near;
    }
    assert_true(near > 100 && far > 100);
    w->ball(out, POINTS, x, y, z, at, 2.5f, 10, table, 8, PLACES); /* discs of 0.7 nm and more are not in this table */
    for (int i = 0; i < POINTS; i++)
        if (2.25 - pow((double)z[i] - 0.3, 2) > 0.5) assert_true(out[i] == 0);
}

/* m on a plane of A is 1, on one of B -1, between them 0; and it is the ratio of wrapped Gaussians. */
static void test_contrast(void **state)
{
    const oa_waves *w = ((oa_context *)*state)->kernels->waves;
    const double pi = 3.14159265358979323846;
    for (double s = 0.1; s < 0.9; s += 0.2) { /* standard deviation of half the plane phase */
        float phase[64], resolution[64], m[64];
        for (int i = 0; i < 64; i++) {
            phase[i] = (float)((i - 20) * 0.31);
            resolution[i] = (float)exp(-2 * s * s);
        }
        w->contrast(m, 64, phase, resolution);
        for (int i = 0; i < 64; i++) {
            double g[2] = { 0, 0 };
            for (int family = 0; family < 2; family++)
                for (int n = -6; n <= 6; n++) g[family] += exp(-pow((double)phase[i] / 2 - family * pi + 2 * pi * n, 2) / (2 * s * s));
            check_real((double)m[i], (g[0] - g[1]) / (g[0] + g[1]), 2e-4);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets_agree),
        cmocka_unit_test_setup_teardown(test_functions, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_angle, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_transpose, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_moments, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_interpolate, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_deposit, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_ball, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_contrast, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
