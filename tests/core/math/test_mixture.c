/* test_mixture.c - evidence by transforms against sums over ions, what a posterior must obey, and its worth where truth is known. */
#include "core/math/tiles_made.h"

#include "math/contrast.h"
#include "math/mixture_ball.h"
#include "math/mixture_centres.h"
#include "math/selection.h"

/* ---------------------------------------------------------------------------------------------- transforms */

/* Lines of every length that tiles may have, against the sum that defines them. */
static void test_lines(void **state)
{
    static const size_t lengths[] = { 2, 3, 4, 6, 16, 32, 36, 48, 64, 96, 108, 128, 144, 192 };
    oa_context *context = *state;
    for (size_t k = 0; k < sizeof lengths / sizeof *lengths; k++) {
        const size_t n = lengths[k], all = n * OA_FFT_LANES;
        oa_arena arena = { .context = context };
        oa_fft fft;
        float *data = calloc(8 * all, sizeof *data), *re = data, *im = data + all, *copy = data + 2 * all, *room = data + 4 * all;
        oa_random random = oa_random_start(k, 1);
        check_ok(context, oa_fft_make(&arena, &fft, n));
        for (size_t i = 0; i < 2 * all; i++) copy[i] = data[i] = (float)(oa_random_uniform(&random) - 0.5);
        oa_fft_lines(&fft, context->kernels->waves, re, im, room);
        for (size_t lane = 0; lane < OA_FFT_LANES; lane += 5)
            for (size_t w = 0; w < n; w++) {
                double a = 0, b = 0;
                for (size_t j = 0; j < n; j++) {
                    const double angle = -2 * made_pi * (double)(j * w % n) / (double)n, x = (double)copy[j * OA_FFT_LANES + lane], y = (double)copy[all +
                        j * OA_FFT_LANES + lane];
                    a += x * cos(angle) - y * sin(angle);
                    b += x * sin(angle) + y * cos(angle);
                }
                check_real((double)re[w * OA_FFT_LANES + lane], a, 2e-6 * (double)n);
                check_real((double)im[w * OA_FFT_LANES + lane], b, 2e-6 * (double)n);
            }
        oa_fft_lines(&fft, context->kernels->waves, im, re, room); /* and back */
        for (size_t i = 0; i < 2 * all; i++) check_real((double)data[i] / (double)n, (double)copy[i], 1e-6);
        oa_arena_drop(&arena);
        free(data);
    }
    assert_int_equal(oa_fft_length(70, 16), 96);
    assert_int_equal(oa_fft_length(49, 2), 54);
}

/* ---------------------------------------------------------------------------------------------- evidence */

/* Inside B = 1 the cubic is the logarithm itself, and it is within 2e-3 of it between. */
static void test_cubic(void **state)
{
    enum { N = 64 };
    oa_context *context = *state;
    float alpha[N], plus[N] = { 0 }, minus[N] = { 0 }, out[6][N], *const to[6] = { out[0], out[1], out[2], out[3], out[4], out[5] };
    for (int i = 0; i < N; i++) alpha[i] = (float)(-0.79 + 1.58 * i / (N - 1));
    plus[7] = 0.4f;
    minus[9] = 0.3f;
    context->kernels->waves->evidence(to, N, alpha, NULL, plus, minus);
    for (int i = 0; i < N; i++)
        for (int s = 0; s < 2; s++) {
            const double S = (double)plus[i] - (double)minus[i], a = (double)alpha[i] * ((s ? -1 : 1) - S) / (1 + (double)alpha[i] * S);
            const double b1 = (double)out[3 * s][i], b2 = (double)out[3 * s + 1][i], b3 = (double)out[3 * s + 2][i];
            check_real(b1 + b2 + b3, log(1 + a), 5e-6);
            for (double B = 0; B <= 1; B += 0.1) check_real(((b3 * B + b2) * B + b1) * B, log(1 + a * B), 0.02 * fabs(log(1 + a)));
        }
}

static oa_centres begin_centres(made *m, double sigma, oa_mixture_prior *prior)
{
    oa_centres c;
    const oa_field field = oa_field_of(&m->tiled, 7, 7, 10);
    check_ok(m->context, oa_centres_begin(&m->arena, &c, &field, prior, sigma));
    return c;
}

/* Three complex arrays of a tile in `all`. */
static oa_tile_room room_in(float *all, float *line, size_t cells)
{
    oa_tile_room room = { .line = line };
    for (size_t k = 0; k < 3; k++) {
        room.re[k] = all + 2 * k * cells;
        room.im[k] = room.re[k] + cells;
    }
    return room;
}

static void give_layers(const oa_bank *b, const oa_waves *w, const oa_tile_room *room)
{
    for (int e = 0; e < 3; e++)
        for (size_t z = 0; z < b->n[2]; z++) oa_bank_layer(b, w, room, e, z);
}

/* Puts a value as hats see it: the products of hats among each other, which the spectra take off again. */
static void put_hats(const oa_bank *b, float *data, const size_t at[3], float value)
{
    for (size_t c = 0; c < 27; c++) {
        const size_t d[3] = { c % 3, c / 3 % 3, c / 9 };
        float weight = value;
        for (int a = 0; a < 3; a++) weight *= d[a] == 1 ? 2.0f / 3 : 1.0f / 6;
        data[((at[2] + d[2] - 1) * b->n[1] + at[1] + d[1] - 1) * b->n[0] + at[0] + d[0] - 1] += weight;
    }
}

/* One tile: random coefficients at random cells; the transforms give the sums over them. */
static void test_convolution(void **state)
{
    made m = make_planes(*state, (double[3]){ 7, 5, 9 }, 20, 0.18, 0.03, 3, made_even);
    oa_mixture_prior prior = { .n = 3, .radius = { 0.6, 1.0, 1.6 } };
    made_sort(&m);
    oa_centres c = begin_centres(&m, 0.4, &prior);
    const oa_bank *b = &c.bank;
    const size_t cells = oa_bank_cells(b);
    float *all = calloc(2 * 3 * cells, sizeof *all), *line = calloc(1 << 20, sizeof *line);
    oa_tile_room room = room_in(all, line, cells);
    oa_random random = oa_random_start(2, 2);
    enum { POINTS = 200 };
    size_t at[POINTS][3];
    float value[POINTS][6];
    for (size_t i = 0; i < POINTS; i++) {
        for (int a = 0; a < 3; a++) at[i][a] = 1 + oa_random_below(&random, b->inner[a] + 2 * b->halo[a] - 2);
        for (int e = 0; e < 6; e++) value[i][e] = (float)oa_random_normal(&random);
        for (int e = 0; e < 3; e++) {
            put_hats(b, room.re[e], at[i], value[i][e]);
            put_hats(b, room.im[e], at[i], value[i][3 + e]);
        }
    }
    give_layers(b, m.context->kernels->waves, &room);
    oa_bank_evidence(b, m.context->kernels->waves, &room);
    for (int r = 0; r < 3; r++) {
        oa_ball ball;
        check_ok(m.context, oa_ball_take(&m.arena, &ball, prior.radius[r], 0.4, b->field.edge));
        check_ok(m.context, oa_ball_fill(m.context, &ball));
        for (int probe = 0; probe < 100; probe++) {
            size_t p[3];
            double sum[2] = { 0, 0 };
            for (int a = 0; a < 3; a++) p[a] = b->halo[a] + oa_random_below(&random, b->inner[a]);
            for (size_t i = 0; i < POINTS; i++) {
                ptrdiff_t d[3];
                bool is_near = true;
                for (int a = 0; a < 3; a++) {
                    d[a] = (ptrdiff_t)at[i][a] - (ptrdiff_t)p[a] + (ptrdiff_t)ball.half[a];
                    is_near &= d[a] >= 0 && d[a] <= 2 * (ptrdiff_t)ball.half[a];
                }
                if (!is_near) continue;
                const size_t place = ((size_t)d[2] * (2 * ball.half[1] + 1) + (size_t)d[1]) * (2 * ball.half[0] + 1) + (size_t)d[0];
                for (int s = 0; s < 2; s++)
                    for (int e = 0; e < 3; e++) sum[s] += (double)ball.power[e][place] * (double)value[i][3 * s + e];
            }
            const size_t cell = (p[2] * b->n[1] + p[1]) * b->n[0] + p[0];
            check_real((double)room.re[r][cell], sum[0], 1e-5);
            check_real((double)room.im[r][cell], sum[1], 1e-5);
        }
    }
    free(all);
    free(line);
    oa_centres_drop(&c);
    made_drop(&m);
}

/* A ball keeps its volume whatever the blur and the cells, is 1 deep inside, and symmetric. */
static void test_balls(void **state)
{
    static const double edges[][3] = { { 2.0 / 7, 2.0 / 7, 0.2 }, { 0.4, 0.25, 0.2 }, { 0.25, 0.4, 0.2 } };
    oa_arena arena = { .context = *state };
    for (int k = 0; k < 9; k++) {
        const double radius[] = { 0.6, 1.2, 2.5 }, sigma[] = { 0.4, 0, 0.7 }, *edge = edges[k / 3], r = radius[k % 3];
        oa_ball b;
        double sum = 0;
        check_ok(*state, oa_ball_take(&arena, &b, r, sigma[k % 3], edge));
        check_ok(*state, oa_ball_fill(*state, &b));
        const size_t n = (2 * b.half[0] + 1) * (2 * b.half[1] + 1) * (2 * b.half[2] + 1);
        for (size_t i = 0; i < n; i++) {
            sum += (double)b.power[0][i] * edge[0] * edge[1] * edge[2];
            for (int e = 0; e < 3; e++) check_real((double)b.power[e][i], (double)b.power[e][n - 1 - i], 1e-5);
        }
        const double volume = 4 * made_pi / 3 * (pow(r, 3) + r * OA_BALL_EDGE * OA_BALL_EDGE); /* mean over the radii */
        check_real(sum, volume, 0.02 * volume);
        for (int e = 0; k % 3 && e < 3; e++) check_real((double)b.power[e][n / 2], 1, 2e-2);
    }
    oa_arena_drop(&arena);
}

/* The ball that an ion sees from (x, y, z): the lateral blur integrated step by step, mean over the radii. */
static double ball_seen(double radius, double sigma, const double at[3])
{
    enum { STEPS = 100 };
    const double across = hypot(at[0], at[1]), step = 8 * sigma / STEPS;
    double sum = 0, all = 0;
    for (int i = 0; i < STEPS; i++)
        for (int j = 0; j < STEPS; j++) {
            const double u = (i + 0.5) * step - 4 * sigma, v = (j + 0.5) * step - 4 * sigma, w = exp(-0.5 * (u * u + v * v) / (sigma * sigma));
            all += w;
            sum += w * fmin(fmax(0.5 + 0.5 * (radius - sqrt((across + u) * (across + u) + v * v + at[2] * at[2])) / OA_BALL_EDGE, 0), 1);
        }
    return sum / all;
}

/* An ion between cells, shared among eight, sees nearly the ball as it is: cells 0.4 by 0.4 by 0.25 nm as wide as the blur. */
static void test_hats(void **state)
{
    enum { IONS = 40 };
    made m = make_planes(*state, (double[3]){ 7, 5, 9 }, 20, 0.18, 0.03, 3, made_even);
    oa_mixture_prior prior = { .n = 1, .radius = { 1.2 } };
    made_sort(&m);
    oa_centres c;
    const oa_field field = oa_field_of(&m.tiled, 5, 5, 8);
    check_ok(m.context, oa_centres_begin(&m.arena, &c, &field, &prior, 0.4));
    const oa_bank *b = &c.bank;
    const size_t cells = oa_bank_cells(b), middle[3] = { b->halo[0] + 3, b->halo[1] + 4, b->halo[2] + 5 };
    float *all = calloc(6 * cells, sizeof *all), *line = calloc(1 << 20, sizeof *line);
    oa_tile_room room = room_in(all, line, cells);
    oa_random random = oa_random_start(2, 7);
    double square = 0;
    for (int i = 0; i < IONS; i++) {
        double at[3], share[3];
        size_t low[3];
        memset(all, 0, 6 * cells * sizeof *all);
        for (int a = 0; a < 3; a++) {
            const double u = (a < 2 ? 6 : 12) * (oa_random_uniform(&random) - 0.5), below = floor(u);
            at[a] = u * field.edge[a];
            low[a] = (size_t)((double)middle[a] + below);
            share[a] = u - below;
        }
        for (size_t k = 0; k < 8; k++) {
            const size_t d[3] = { k & 1, k >> 1 & 1, k >> 2 };
            double weight = 1;
            for (int a = 0; a < 3; a++) weight *= d[a] ? share[a] : 1 - share[a];
            room.re[0][((low[2] + d[2]) * b->n[1] + low[1] + d[1]) * b->n[0] + low[0] + d[0]] = (float)weight;
        }
        give_layers(b, m.context->kernels->waves, &room);
        oa_bank_evidence(b, m.context->kernels->waves, &room);
        square += pow((double)room.re[0][(middle[2] * b->n[1] + middle[1]) * b->n[0] + middle[0]] - ball_seen(1.2, 0.4, at), 2);
    }
    assert_true(sqrt(square / IONS) < 0.02);
    free(all);
    free(line);
    oa_centres_drop(&c);
    made_drop(&m);
}

/* ---------------------------------------------------------------------------------------------- centres */

/* All neighbourhoods summed cell by cell, against blocks; L made at random, with a few strong places, one of them beyond exp 600. */
static void test_neighbourhoods(void **state)
{
    made m = make_planes(*state, (double[3]){ 5, 5, 5 }, 40, 0.18, 0.03, 4, made_even);
    oa_mixture_prior prior = { .n = 2, .radius = { 0.6, 1.0 }, .share = { 0.4, 0.6 }, .density = 0.01 };
    made_sort(&m);
    oa_centres c = begin_centres(&m, 0.4, &prior);
    const oa_field *f = &c.bank.field;
    oa_random random = oa_random_start(9, 9);
    double *l = calloc(4 * f->cells, sizeof *l), *omega = calloc(f->cells, sizeof *omega), weight[2], want = 0;
    float *signs = calloc(4 * f->cells, sizeof *signs);
    for (size_t i = 0; i < 4 * f->cells; i++) signs[i] = (float)(c.mask[i % f->cells] ? 4 * oa_random_normal(&random) - 4 : -1e4);
    const size_t middle = (f->dims[2] / 2 * f->dims[1] + f->dims[1] / 2) * f->dims[0] + f->dims[0] / 2;
    const size_t strong[] = { middle, middle + 3, middle + 10 * f->dims[1] * f->dims[0] }; 
    const float height[] = { 30, 25, 640 };
    for (int k = 0; k < 3; k++) signs[(size_t)(k & 1) * f->cells + strong[k]] = height[k];
    for (size_t i = 0; i < 4 * f->cells; i++) l[i] = (double)signs[i];
    for (size_t r = 0; r < 2; r++)
        m.context->kernels->waves->join(f->cells, c.l[r], c.plus[r], signs + 2 * r * f->cells, signs + (2 * r + 1) * f->cells);
    free(signs);
    for (int r = 0; r < 2; r++) weight[r] = log(prior.density * f->edge[0] * f->edge[1] * f->edge[2] * prior.share[r] / 2);
    for (size_t i = 0; i < f->cells; i++) {
        double most = -1e30, sum = 0;
        for (size_t r = 0; r < 4; r++) most = fmax(most, l[r * f->cells + i] + weight[r / 2]);
        for (size_t r = 0; r < 4; r++) sum += exp(l[r * f->cells + i] + weight[r / 2] - most);
        omega[i] = most + log(sum);
    }
    check_ok(m.context, oa_centres_weigh(&c, &prior, prior.density));
    size_t probes = 0;
    for (size_t i = 0; i < f->cells; i++) {
        const bool is_probe = i == strong[0] || i == strong[1] || i == strong[2] || i % 97 == 0;
        for (int r = 0; r < 2; r++) {
            double most = 0, sum = 0;
            const ptrdiff_t at[3] = { (ptrdiff_t)(i % f->dims[0]), (ptrdiff_t)(i / f->dims[0] % f->dims[1]), (ptrdiff_t)(i / f->dims[0] / f->dims[1]) };
            const double reach = prior.radius[r] + 0.3;
            for (int pass = 0; pass < 2; pass++)
                for (ptrdiff_t z = 0; is_probe && z < (ptrdiff_t)f->dims[2]; z++)
                    for (ptrdiff_t y = 0; y < (ptrdiff_t)f->dims[1]; y++)
                        for (ptrdiff_t x = 0; x < (ptrdiff_t)f->dims[0]; x++) {
                            const double dx = (double)(x - at[0]) * f->edge[0], dy = (double)(y - at[1]) * f->edge[1], dz = (double)(z - at[2]) * f->edge[2];
                            if (dx * dx + dy * dy + dz * dz > reach * reach + 1e-9) continue;
                            const double o = omega[((size_t)z * f->dims[1] + (size_t)y) * f->dims[0] + (size_t)x];
                            if (!pass) most = fmax(most, o);
                            else sum += exp(o - most);
                        }
            for (size_t s = 0; is_probe && s < 2; s++) {
                const double w = l[(2 * (size_t)r + s) * f->cells + i] + weight[r], alone = exp(w), both = (double)c.l[r][i], n = most + log(sum +
                    exp(-most));
                const double plus = both * c.plus[r][i] / 255, got = s ? both - plus : plus;
                if (w < -11) { /* too weak to matter: with or without neighbours */
                    assert_true(got <= alone * 1.001 + both / 500 + 1e-11);
                    continue;
                }
                check_real(got, exp(w - n), 1e-4 * exp(w - n) + both / 500 + 1e-7); /* the share of a sign is kept in steps of 1/255 */
                probes++;
            }
        }
        for (size_t r = 0; r < 2; r++) want += (double)c.l[r][i];
    }
    assert_true(probes > 30);
    check_real(c.found, want, 1e-3 * want);
    free(l);
    free(omega);
    oa_centres_drop(&c);
    made_drop(&m);
}

/* A few hundred domains of two radii among noise; the prior, fitted to all blocks or to one in `every`. */
static void fit_prior(oa_context *context, double every, double *density, double *small, double *found)
{
    made m = make_planes(context, (double[3]){ 24, 24, 24 }, 3, 0.18, 0.03, 4, made_even);
    oa_mixture_prior prior = { .n = 2, .radius = { 0.6, 1.0 } };
    made_sort(&m);
    oa_centres c = begin_centres(&m, 0.7, &prior);
    oa_random random = oa_random_start(3, 11);
    float *signs = calloc(2 * c.bank.field.cells, sizeof *signs);
    for (size_t r = 0; r < 2; r++) {
        for (size_t i = 0; i < 2 * c.bank.field.cells; i++) signs[i] = (float)(oa_random_normal(&random) - 2);
        for (size_t k = 0; k < (r ? 300 : 100); k++) signs[oa_random_below(&random, 2 * c.bank.field.cells)] = 25;
        context->kernels->waves->join(c.bank.field.cells, c.l[r], c.plus[r], signs, signs + c.bank.field.cells);
    }
    free(signs);
    if (every > 1) c.enough = c.volume / every;
    check_ok(context, oa_centres_weigh(&c, NULL, 0.005));
    *density = c.density;
    *small = c.share[0];
    *found = c.found;
    oa_centres_drop(&c);
    made_drop(&m);
}

/* A sample of blocks tells the same prior, but for the chance of a fifth of 400 domains, and its domains are those of the whole. */
static void test_sample(void **state)
{
    double density[2], small[2], found[2];
    fit_prior(*state, 1, &density[0], &small[0], &found[0]);
    fit_prior(*state, 5, &density[1], &small[1], &found[1]);
    assert_true(found[0] > 300 && density[0] != density[1]);
    check_real(density[1], density[0], 0.05 * density[0]);
    check_real(small[1], small[0], 0.1);
    check_real(found[1], found[0], 0.05 * found[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_cubic, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_balls, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_hats, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_convolution, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_neighbourhoods, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_sample, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
