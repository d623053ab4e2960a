/* test_nearest.c - lists of neighbours against the definition written out for every pair of points. */
#include "core/math/cloud.h"
#include "math/nearest.h"

typedef struct pair {
    double d2;
    uint32_t row;
} pair;

static int by_distance(const void *a, const void *b)
{
    const pair *p = a, *q = b;
    if (p->d2 != q->d2) return p->d2 < q->d2 ? -1 : 1;
    return p->row < q->row ? -1 : p->row > q->row;
}

static double square(const cloud *c, size_t i, size_t j, double a)
{
    const double dx = (double)c->fx[i] / a - (double)c->fx[j] / a, dy = (double)c->fy[i] / a - (double)c->fy[j] / a;
    const double dz = (double)c->fz[i] / a - (double)c->fz[j] / a;
    return (dx * dx + dy * dy) + dz * dz;
}

/* All points taken, itself in front. */
static size_t rank_all(const cloud *c, const uint8_t *take, size_t i, double a, pair *all)
{
    size_t n = 0;
    for (size_t j = 0; j < c->n; j++)
        if (!take || take[j]) all[n++] = (pair){ j == i ? -1 : square(c, i, j, a), (uint32_t)j };
    qsort(all, n, sizeof *all, by_distance);
    all[0].d2 = 0;
    return n;
}

typedef struct lists {
    size_t n;
    int k;
    uint32_t *of, *row, *place; /* of (n): whose list */
    double *d2;
} lists;

/* Lists of all places, asked for in stretches of `step`. */
static lists find(oa_context *context, const cloud *c, const uint8_t *take, double a, int k, size_t step)
{
    oa_arena arena = { .context = context };
    oa_points points = cloud_floats(c);
    oa_nearest nearest;
    points.take = take;
    check_ok(context, oa_nearest_build(&arena, &nearest, &points, a, k));
    const size_t n = nearest.n, most = n * (size_t)k;
    lists out = { n, k, calloc(n, sizeof *out.of), calloc(most, sizeof *out.row), calloc(most, sizeof *out.place), calloc(most, sizeof *out.d2) };
    memcpy(out.of, nearest.row, n * sizeof *out.of);
    for (size_t at = 0; at < n; at += step) {
        const oa_nearest_lists to = { out.place + at * (size_t)k, out.row + at * (size_t)k, out.d2 + at * (size_t)k };
        check_ok(context, oa_nearest_find(context, &nearest, at, n - at < step ? n - at : step, &to));
    }
    bool agrees = true;
    for (size_t i = 0; i < most; i++) agrees &= nearest.row[out.place[i]] == out.row[i];
    for (size_t i = 0; i < n; i++) agrees &= nearest.x[i] == c->fx[out.of[i]] && nearest.y[i] == c->fy[out.of[i]] && nearest.z[i] == c->fz[out.of[i]];
    assert_true(agrees);
    oa_arena_drop(&arena);
    return out;
}

static void lists_free(lists *l)
{
    free(l->of);
    free(l->row);
    free(l->place);
    free(l->d2);
}

/* The lists of some points by the definition, as long as any is asked for. */
typedef struct truth {
    size_t n, every, longest;
    pair *list; /* (n / every + 1, longest) */
} truth;

static truth define(const cloud *c, const uint8_t *take, double a, size_t every)
{
    truth out = { .every = every, .longest = c->n < OA_NEAREST_MAX ? c->n : OA_NEAREST_MAX };
    pair *all = calloc(c->n, sizeof *all);
    out.list = calloc((c->n / every + 1) * out.longest, sizeof *out.list);
    for (size_t i = 0; i < c->n; i += every) {
        if (take && !take[i]) continue;
        out.n = rank_all(c, take, i, a, all);
        memcpy(out.list + i / every * out.longest, all, (out.n < out.longest ? out.n : out.longest) * sizeof *all);
    }
    free(all);
    return out;
}

/* Each point taken has one list, that of the definition where it is known. */
static void check_lists(const cloud *c, const uint8_t *take, const lists *l, const truth *t, const char *what)
{
    uint8_t *seen = calloc(c->n, 1);
    assert_int_equal(l->n, t->n);
    for (size_t i = 0; i < l->n; i++) {
        const size_t of = l->of[i];
        if (seen[of]++ || (take && !take[of])) fail_msg("point %zu has %d lists", of, seen[of]);
        for (size_t j = 0; of % t->every == 0 && j < (size_t)l->k; j++) {
            const size_t at = i * (size_t)l->k + j;
            const pair want = t->list[of / t->every * t->longest + j];
            if (l->row[at] != want.row || l->d2[at] != want.d2)
                fail_msg("%s, %zu points, k = %d: neighbour %zu of point %zu is %u at %.17g, expected %u at %.17g", what, l->n, l->k, j, of, l->row[at],
                         l->d2[at], want.row, want.d2);
        }
    }
    free(seen);
}

/* By every kernel set, each k that there are points for. */
static void check_unit(const cloud *c, double a, const char *what)
{
    static const int ks[] = { 1, 2, 10, 32, 64, 128 };
    const truth t = define(c, NULL, a, 1 + c->n / 100);
    for (const char *const *name = oa_kernels_names(); *name; name++) {
        const oa_context_options options = { .threads = 2, .kernel = *name };
        oa_context *context;
        if (!oa_kernels_find(*name)) continue;
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        for (size_t i = 0; i < sizeof ks / sizeof *ks; i++) {
            if ((size_t)ks[i] > c->n) continue;
            lists l = find(context, c, NULL, a, ks[i], i % 2 ? c->n : 100 + i);
            check_lists(c, NULL, &l, &t, what);
            lists_free(&l);
        }
        oa_context_free(context);
    }
    free(t.list);
}

static void check_cloud(const cloud *c, const char *what)
{
    check_unit(c, 1, what);
    check_unit(c, 0.3587, what);
}

static void check_and_free(cloud c, const char *what)
{
    check_cloud(&c, what);
    cloud_free(&c);
}

static void test_nearest__agrees_with_the_definition(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 4; seed++) check_and_free(cloud_random(1 + 500 * seed, 3, 0, seed), "random");
    check_and_free(cloud_random(9000, 7, 0, 5), "random, several buckets");
}

static void test_nearest__few_points(void **state)
{
    (void)state;
    for (size_t n = 1; n < 70; n += 1 + n / 20) check_and_free(cloud_random(n, 1, n % 2 ? 0 : 0.25, n), "few");
}

/* Distances are equal over and over, or nearly: ties go to the smaller row. */
static void test_nearest__ties(void **state)
{
    (void)state;
    check_and_free(cloud_fcc(7, 0.405), "fcc");
    check_and_free(cloud_fcc(7, 0.5), "fcc, exact in binary");
    check_and_free(cloud_random(2000, 4, 0.3, 1), "on a grid");
    check_and_free(cloud_random(2000, 2, 0.25, 2), "on a grid, several at one place");
    check_and_free(cloud_random(2000, 0.5, 0.5, 3), "at 8 places");
}

/* Coordinates of a random cloud times factors, plus offsets. */
static cloud stretched(size_t n, const double factor[3], double offset, uint64_t seed)
{
    cloud c = cloud_random(n, 2, 0, seed);
    for (size_t i = 0; i < n; i++) cloud_set(&c, i, factor[0] * c.x[i] + offset, factor[1] * c.y[i] + offset, factor[2] * c.z[i] + offset);
    return c;
}

static void test_nearest__flat_and_far(void **state)
{
    (void)state;
    check_and_free(stretched(900, (const double[]){ 5, 0, 0 }, 0, 1), "a line");
    check_and_free(stretched(900, (const double[]){ 0, 3, 3 }, -7, 2), "a plane");
    check_and_free(stretched(900, (const double[]){ 0, 0, 0 }, 3, 3), "one place");
    check_and_free(stretched(900, (const double[]){ 3, 3, 300 }, 0, 4), "a needle");
    check_and_free(stretched(900, (const double[]){ 3, 3, 3 }, 1e6, 5), "a millimetre away");
    check_and_free(stretched(900, (const double[]){ 1e-12, 1e-12, 1e-12 }, 0, 6), "minute");
    check_and_free(stretched(900, (const double[]){ 1e-22, 1e-22, 1e-22 }, 0, 7), "squares outside the range of floats");
    check_and_free(stretched(900, (const double[]){ 1e30, 1e30, 1e30 }, 0, 8), "huge");
}

/* Dense clusters, thin matrix, ions a metre away, a crowd at one place: together. */
static void test_nearest__uneven(void **state)
{
    (void)state;
    cloud c = cloud_random(9000, 9, 0, 9);
    for (size_t i = 0; i < c.n; i++) {
        const double shrink = i % 3 == 0 ? 0.02 : 1, at = (double)(i % 7);
        if (i % 3 == 0) cloud_set(&c, i, c.x[i] * shrink + at, c.y[i] * shrink - at, c.z[i] * shrink);
        if (i % 997 == 0) cloud_set(&c, i, c.x[i] * 1e8, c.y[i] * 1e8, c.z[i] * 1e8);
        if (i % 11 == 0) cloud_set(&c, i, 1, 2, 3);
    }
    check_and_free(c, "uneven");
}

/* -0 and 0 are one place. */
static void test_nearest__negative_zero(void **state)
{
    (void)state;
    cloud c = cloud_new(300);
    for (size_t i = 0; i < c.n; i++) cloud_set(&c, i, i % 2 ? -0.0 : 0.0, i % 3 ? -0.0 : 0.0, 0);
    check_and_free(c, "zeros of both signs");
}

/* A crowd at one place is no n^2: each list is itself and the first rows. */
static void test_nearest__a_crowd(void **state)
{
    cloud c = cloud_new(100000);
    for (size_t i = 0; i < c.n; i++) cloud_set(&c, i, 1, 2, 3);
    lists l = find(*state, &c, NULL, 1, 32, c.n);
    for (size_t i = 0; i < l.n; i++)
        for (size_t j = 0, row = 0; j < 32; j++) {
            if (j > 0 && row == l.of[i]) row++;
            if (l.row[i * 32 + j] != (j == 0 ? l.of[i] : row++)) fail_msg("entry %zu of the list of %u is %u", j, l.of[i], l.row[i * 32 + j]);
        }
    lists_free(&l);
    cloud_free(&c);
}

/* Only points that are taken have lists and are in lists. */
static void test_nearest__of_some(void **state)
{
    cloud c = cloud_random(2000, 4, 0, 3);
    uint8_t take[2000];
    for (size_t i = 0; i < c.n; i++) {
        take[i] = i % 3 != 1;
        if (!take[i]) cloud_set(&c, i, NAN, INFINITY, 0); /* what is left out may be anything */
    }
    lists l = find(*state, &c, take, 0.4, 32, 500);
    assert_int_equal(l.n, 2000 - 667);
    const truth t = define(&c, take, 0.4, 3);
    check_lists(&c, take, &l, &t, "some");
    free(t.list);
    lists_free(&l);
    cloud_free(&c);
}

/* Lists of other points, some of them at the places of the first: by the definition, and asked for in any stretches. */
static void check_others(oa_context *context, const cloud *c, const cloud *other, int k, const oa_kernels *kernels)
{
    oa_arena arena = { .context = context };
    const oa_points points = cloud_floats(c), asked_points = cloud_floats(other);
    oa_nearest tree, asked;
    oa_nearest_room *room = calloc(1, oa_nearest_room_bytes());
    uint32_t *rows = calloc(other->n * (size_t)k, sizeof *rows);
    double *d2 = calloc(other->n * (size_t)k, sizeof *d2);
    pair *all = calloc(c->n, sizeof *all);
    check_ok(context, oa_nearest_build(&arena, &tree, &points, 0.7, k));
    check_ok(context, oa_nearest_build(&arena, &asked, &asked_points, 0.7, 1));
    for (size_t at = 0; at < other->n; at += 97) {
        const oa_nearest_lists to = { NULL, rows + at * (size_t)k, d2 + at * (size_t)k };
        oa_nearest_block_of(&tree, &asked, kernels, at, other->n - at < 97 ? other->n - at : 97, room, &to);
    }
    for (size_t i = 0; i < other->n; i++) {
        const size_t of = asked.row[i];
        for (size_t j = 0; j < c->n; j++) {
            const double dx = (double)other->fx[of] / 0.7 - (double)c->fx[j] / 0.7, dy = (double)other->fy[of] / 0.7 - (double)c->fy[j] / 0.7;
            const double dz = (double)other->fz[of] / 0.7 - (double)c->fz[j] / 0.7;
            all[j] = (pair){ (dx * dx + dy * dy) + dz * dz, (uint32_t)j };
        }
        qsort(all, c->n, sizeof *all, by_distance);
        for (size_t j = 0, at = i * (size_t)k; j < (size_t)k; j++, at++)
            if (rows[at] != all[j].row || d2[at] != all[j].d2)
                fail_msg("point %zu of %zu: neighbour %zu of %zu is %u at %.17g, expected %u at %.17g", of, other->n, j, c->n, rows[at], d2[at], all[j].row, all[j].d2);
    }
    free(all);
    free(d2);
    free(rows);
    free(room);
    oa_arena_drop(&arena);
}

static void test_nearest__of_others(void **state)
{
    static const struct { size_t n, asked; double edge, grid; int k; } row[] = {
        { 1500, 300, 4, 0, 10 }, { 1500, 300, 2, 0.25, 31 }, { 40, 2000, 3, 0, 40 }, { 9000, 50, 7, 0, 1 }, { 128, 5, 1, 0, 128 }, { 1, 100, 1, 0.5, 1 },
    };
    for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
        cloud c = cloud_random(row[r].n, row[r].edge, row[r].grid, 31 + r), other = cloud_random(row[r].asked, 1.5 * row[r].edge, row[r].grid, 77 + r);
        for (const char *const *name = oa_kernels_names(); *name; name++)
            if (oa_kernels_find(*name)) check_others(*state, &c, &other, row[r].k, oa_kernels_find(*name));
        cloud_free(&c);
        cloud_free(&other);
    }
}

/* Physics: lists do not know how points are numbered, where no distances are equal, nor where the origin or which axis is which. */
static void test_nearest__numbering_does_not_matter(void **state)
{
    const cloud c = cloud_random(3000, 4, 0, 21);
    cloud turned = cloud_new(c.n);
    for (size_t i = 0; i < c.n; i++) {
        const size_t j = (i * 1009 + 17) % c.n; /* 1009 shares no factor with 3000 */
        cloud_set(&turned, j, c.fz[i], -c.fx[i], c.fy[i]);
    }
    lists a = find(*state, &c, NULL, 1, 32, c.n), b = find(*state, &turned, NULL, 1, 32, c.n);
    uint32_t *at = calloc(c.n, sizeof *at); /* where the list of a row of `turned` is */
    for (size_t i = 0; i < b.n; i++) at[b.of[i]] = (uint32_t)i;
    for (size_t i = 0; i < a.n; i++)
        for (size_t j = 0; j < 32; j++) {
            const uint32_t *other = b.row + 32 * at[(a.of[i] * 1009 + 17) % c.n];
            assert_int_equal(other[j], (a.row[32 * i + j] * 1009 + 17) % c.n);
        }
    free(at);
    lists_free(&a);
    lists_free(&b);
    cloud_free(&turned);
    cloud_free((cloud *)&c);
}

/* The same bytes by any number of threads, in any stretches, with each kernel set; the order of the tree too. */
static void test_nearest__threads_and_kernels(void **state)
{
    const cloud c = cloud_random(40000, 10, 0.01, 2);
    lists want = find(*state, &c, NULL, 0.36, 32, c.n);
    for (const char *const *name = oa_kernels_names(); *name; name++)
        for (int threads = 1; threads < 5; threads += 3) {
            const oa_context_options options = { .threads = threads, .kernel = *name };
            oa_context *context;
            if (!oa_kernels_find(*name)) continue;
            assert_int_equal(oa_context_new(&context, &options), OA_OK);
            lists got = find(context, &c, NULL, 0.36, 32, 777);
            assert_memory_equal(got.of, want.of, c.n * sizeof *want.of);
            assert_memory_equal(got.row, want.row, 32 * c.n * sizeof *want.row);
            assert_memory_equal(got.d2, want.d2, 32 * c.n * sizeof *want.d2);
            lists_free(&got);
            oa_context_free(context);
        }
    lists_free(&want);
    cloud_free((cloud *)&c);
}

static void test_nearest__memory(void **state)
{
    oa_context *context = *state;
    const cloud c = cloud_random(200000, 19, 0, 2);
    const oa_points points = cloud_floats(&c);
    oa_arena arena = { .context = context };
    oa_nearest nearest;
    const size_t before = context->bytes;
    check_ok(context, oa_nearest_build(&arena, &nearest, &points, 1, 32));
    assert_true(context->bytes - before < 20 * c.n);
    oa_arena_drop(&arena);
    cloud_free((cloud *)&c);
}

static void test_nearest__refuses(void **state)
{
    oa_context *context = *state;
    oa_arena arena = { .context = context };
    oa_nearest nearest;
    cloud c = cloud_random(100, 4, 0, 3);
    oa_points points = cloud_floats(&c);
    points.n = 31;
    check_fails(context, oa_nearest_build(&arena, &nearest, &points, 1, 32), "E_FEW_IONS");
    assert_non_null(strstr(oa_error_text(context), "31 ions"));
    assert_int_equal(oa_exit_code(context->status), 65);
    oa_arena_drop(&arena);
    oa_context__clear(context);
    points.n = 0;
    check_fails(context, oa_nearest_build(&arena, &nearest, &points, 1, 1), "E_FEW_IONS");
    oa_context__clear(context);
    points.n = 100;
    c.fy[40] = INFINITY;
    c.fz[70] = NAN;
    check_fails(context, oa_nearest_build(&arena, &nearest, &points, 1, 32), "E_NONFINITE");
    assert_non_null(strstr(oa_error_text(context), "2 of 100 ions"));
    assert_non_null(strstr(oa_error_text(context), "ion 40"));
    oa_arena_drop(&arena);
    oa_context__clear(context);
    c.fy[40] = c.fz[70] = 0;
    check_fails(context, oa_nearest_build(&arena, &nearest, &points, 1, 129), "E_INTERNAL");
    oa_context__clear(context);
    check_fails(context, oa_nearest_build(&arena, &nearest, &points, 0, 32), "E_INTERNAL");
    oa_context__clear(context);
    check_ok(context, oa_nearest_build(&arena, &nearest, &points, 1, 32));
    check_fails(context, oa_nearest_find(context, &nearest, 90, 11, &(oa_nearest_lists){ .row = NULL }), "E_INTERNAL");
    oa_context__clear(context);
    oa_arena_drop(&arena);
    cloud_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest__agrees_with_the_definition),
        cmocka_unit_test(test_nearest__few_points),
        cmocka_unit_test(test_nearest__ties),
        cmocka_unit_test(test_nearest__flat_and_far),
        cmocka_unit_test(test_nearest__uneven),
        cmocka_unit_test(test_nearest__negative_zero),
        cmocka_unit_test_setup_teardown(test_nearest__a_crowd, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_nearest__of_some, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_nearest__of_others, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_nearest__numbering_does_not_matter, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_nearest__threads_and_kernels, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_nearest__memory, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_nearest__refuses, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
