/* Lists of 32 neighbours in the cubes of the reference data, against those of an independent implementation. */
#include "check.h"

#include "base/memory.h"
#include "io/h5.h"
#include "math/nearest.h"

enum { K = 32, CHOSEN = 500 };

/* Squares of distances that are equal but for rounding may stand in either order. */
#define ROUNDING 1e-12

typedef struct cube {
    size_t n;
    float *xyz, *x, *y, *z;
    double unit;
    int64_t atom[CHOSEN], neighbours[CHOSEN * K];
} cube;

static void read_cube(oa_context *context, const char *name, cube *c)
{
    char path[64];
    oa_h5 h5;
    oa_h5_shape shape;
    snprintf(path, sizeof path, "atomnet/golden/%s_cube.h5", name);
    check_ok(context, oa_h5_open(context, check_reference(path), &h5));
    check_ok(context, oa_h5_real(&h5, "/", "lattice_nm", &c->unit));
    check_ok(context, oa_h5_floats(&h5, "xyz_nm", 2, SIZE_MAX, &shape, &c->xyz));
    c->n = (size_t)shape.dims[0];
    check_ok(context, oa_h5_shape_of(&h5, "sel/atom", &shape));
    assert_int_equal(shape.dims[0], CHOSEN);
    check_ok(context, oa_h5_read(&h5, "sel/atom", &shape, H5T_NATIVE_INT64, c->atom));
    check_ok(context, oa_h5_shape_of(&h5, "sel/neighbours", &shape));
    assert_true(shape.dims[0] == CHOSEN && shape.dims[1] == K);
    check_ok(context, oa_h5_read(&h5, "sel/neighbours", &shape, H5T_NATIVE_INT64, c->neighbours));
    oa_h5_close(&h5);
    check_ok(context, oa_new(context, &c->x, 3 * c->n, sizeof(float)));
    c->y = c->x + c->n;
    c->z = c->y + c->n;
    for (size_t i = 0; i < 3 * c->n; i++) c->x[i % 3 * c->n + i / 3] = c->xyz[i];
}

static double square(const cube *c, size_t i, size_t j)
{
    double sum = 0;
    for (int axis = 0; axis < 3; axis++) {
        const double d = (double)c->xyz[3 * i + (size_t)axis] / c->unit - (double)c->xyz[3 * j + (size_t)axis] / c->unit;
        sum += d * d;
    }
    return sum;
}

/* Returns how many entries stand at another place than in the reference. */
static size_t compare(const cube *c, size_t atom, const uint32_t *got, const int64_t *want)
{
    size_t moved = 0;
    assert_int_equal(got[0], atom);
    assert_int_equal(want[0], atom);
    for (size_t j = 0; j < K; j++) {
        bool is_there = false;
        for (size_t i = 0; i < K; i++) is_there |= want[i] == got[j];
        if (!is_there) fail_msg("atom %zu: neighbour %zu, %u, is not in the reference", atom, j, got[j]);
        const double a = square(c, atom, got[j]), b = square(c, atom, (size_t)want[j]);
        if (got[j] != want[j] && !(fabs(a - b) <= ROUNDING * b))
            fail_msg("atom %zu: neighbour %zu is %u at %.17g, expected %lld at %.17g", atom, j, got[j], a, (long long)want[j], b);
        moved += got[j] != want[j];
    }
    return moved;
}

static void check_lists(oa_context *context, const char *name)
{
    static cube c;
    uint32_t *row, *place;
    oa_arena arena = { .context = context };
    oa_nearest nearest;
    size_t moved = 0;
    read_cube(context, name, &c);
    const oa_points points = { .n = c.n, .x = c.x, .y = c.y, .z = c.z };
    check_ok(context, oa_nearest_build(&arena, &nearest, &points, c.unit, K));
    check_ok(context, oa_arena_take(&arena, &row, c.n * K, sizeof *row));
    check_ok(context, oa_arena_take(&arena, &place, c.n, sizeof *place));
    check_ok(context, oa_nearest_find(context, &nearest, 0, c.n, &(oa_nearest_lists){ .row = row }));
    for (size_t i = 0; i < c.n; i++) place[nearest.row[i]] = (uint32_t)i;
    for (size_t i = 0; i < CHOSEN; i++) moved += compare(&c, (size_t)c.atom[i], row + place[c.atom[i]] * (size_t)K, c.neighbours + i * K);
    print_message("%s: %d lists, %zu of %d entries in another order among equal distances\n", name, CHOSEN, moved, CHOSEN * K);
    oa_arena_drop(&arena);
    oa_free(context, c.x);
    oa_free(context, c.xyz);
}

static void test_al_li_mg(void **state) { check_lists(*state, "AlLiMg"); }
static void test_au_cu(void **state) { check_lists(*state, "AuCu"); }
static void test_co_ni_al_w(void **state) { check_lists(*state, "CoNiAlW"); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_al_li_mg, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_au_cu, check_setup, check_teardown),
        cmocka_unit_test_setup_teardown(test_co_ni_al_w, check_setup, check_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
