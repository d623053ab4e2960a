/* test_synthesise_cubes.c - cubes of `synthesise` are the cubes of AtomNet: what is exact is exact, and noise is what it says. */
#include "core/step/step_run.h"
#include "math/lattice.h"

extern const oa_step oa_step_synthesise;

typedef const char *const pairs[][2];

/* Settings in pairs, the last wins. */
static step_run *cubes(oa_context *context, size_t n, const char *const settings[][2])
{
    step_run *s = step_begin(context, &oa_step_synthesise);
    for (size_t i = 0; i < n; i++) step_set(s, settings[i][0], settings[i][1]);
    check_ok(context, step_go(s));
    return s;
}

/* Nothing moves, nothing is lost, nothing turns. */
#define STILL { "sigma_lateral", "0" }, { "sigma_depth", "0" }, { "efficiency", "1" }, { "angles", "0,0,0" }
enum { STILLS = 4 };

static double at(const oa_ions *ions, int axis, size_t i)
{
    return (double)(axis == 0 ? oa_ions_x(ions) : axis == 1 ? oa_ions_y(ions) : oa_ions_z(ions))[i];
}

static double distance(const oa_ions *ions, size_t i, size_t k)
{
    double sum = 0;
    for (int d = 0; d < 3; d++) sum += (at(ions, d, i) - at(ions, d, k)) * (at(ions, d, i) - at(ions, d, k));
    return sqrt(sum);
}

/* Half cells of an ion from the centre of a still cube with an even number of cells; every one is whole. */
static void site_of(const step_run *s, double a, size_t i, int32_t out[3])
{
    static const char *const centre[3] = { "cubes/x", "cubes/y", "cubes/z" };
    const uint32_t cube = ((const uint32_t *)step_data(s, "truth/cube"))[i];
    for (int d = 0; d < 3; d++) {
        const double half_cells = (at(s->values->ions, d, i) - ((const double *)step_data(s, centre[d]))[cube - 1]) / (a / 2);
        out[d] = (int32_t)lrint(half_cells);
        check_real(half_cells, out[d], 2e-3);
    }
}

/* (2k+1)^3 + 3 (2k)^2 (2k+1) sites at k half edges: 4631 at 5; each of them once. */
static void a_cube_holds_the_sites_of_all_its_faces(void **state)
{
    step_run *s = cubes(*state, STILLS + 3, (pairs){ STILL, { "cubes", "1" }, { "cells", "10" }, { "lattice_parameter", "0.4" } });
    assert_int_equal(s->values->ions->n, 4631);
    static uint8_t seen[21][21][21];
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < 4631; i++) {
        int32_t h[3];
        site_of(s, 0.4, i, h);
        for (int d = 0; d < 3; d++) assert_true(h[d] >= -10 && h[d] <= 10);
        assert_int_equal((h[0] + h[1] + h[2]) & 1, 0);
        assert_int_equal(seen[h[0] + 10][h[1] + 10][h[2] + 10]++, 0);
    }
    step_end(s);
    s = cubes(*state, STILLS + 2, (pairs){ STILL, { "cubes", "1" }, { "cells", "10,25" } });
    assert_int_equal(s->values->ions->n, 26 * 26 * 26 + 3 * 25 * 25 * 26);
    for (int d = 0; d < 3; d++) { /* an odd number of cells is centred too */
        double sum = 0;
        for (size_t i = 0; i < s->values->ions->n; i++) sum += at(s->values->ions, d, i);
        check_real(sum / (double)s->values->ions->n, 0, 1e-5);
    }
    step_end(s);
}

static void count_types(const step_run *s, size_t from, size_t n, uint64_t count[8])
{
    memset(count, 0, 8 * sizeof *count);
    for (size_t i = from; i < from + n; i++) count[oa_ions__type(s->values->ions, i)]++;
}

/* floor(N x) of every species, what is left to the most frequent. */
static void compositions_are_exact(void **state)
{
    step_run *s = cubes(*state, STILLS + 3, (pairs){ STILL, { "cubes", "5" }, { "composition", "Cu:0.468,Au:0.479,Ag:0.053" }, { "cells", "10" } });
    for (size_t cube = 0; cube < 5; cube++) {
        uint64_t count[8];
        count_types(s, cube * 4631, 4631, count);
        assert_int_equal(count[1], 2167); /* 2167.3 */
        assert_int_equal(count[2], 2219); /* 2218.2, and one more */
        assert_int_equal(count[3], 245);  /* 245.4 */
    }
    step_end(s);
}

/* One domain: both sublattices within the radius hold exactly what was asked for, and outside there is label 0. */
static void check_domain(oa_context *context, const char *structure, size_t n, const char *const settings[][2])
{
    const oa_structure *o = oa_structure__find(structure);
    step_run *s = cubes(context, n, settings);
    const uint32_t *domain = step_data(s, "truth/domain");
    const double *centre[3] = { step_data(s, "spheres/x"), step_data(s, "spheres/y"), step_data(s, "spheres/z") };
    const double radius = *(const double *)step_data(s, "spheres/radius");
    uint64_t count[2][8] = { { 0 } }, sites[2] = { 0, 0 };
    for (size_t i = 0; i < s->values->ions->n; i++) {
        int32_t h[3];
        double d2 = 0;
        site_of(s, 0.4, i, h);
        for (int d = 0; d < 3; d++) d2 += (at(s->values->ions, d, i) - centre[d][0]) * (at(s->values->ions, d, i) - centre[d][0]);
        assert_int_equal(domain[i] == 1, d2 <= (radius + 1e-4) * (radius + 1e-4));
        if (!domain[i]) continue;
        const int on = o->is_ordered(h[0], h[1], h[2]);
        sites[on]++;
        count[on][oa_ions__type(s->values->ions, i)]++;
    }
    assert_int_equal(sites[0] + sites[1], ((const uint64_t *)step_data(s, "spheres/atoms"))[0]);
    for (int d = 0; d < 3; d++) check_real(centre[d][0] / 0.4, rint(centre[d][0] / 0.4), 1e-9);
    assert_int_equal(count[0][1], sites[0]); /* no antisites */
    assert_int_equal(count[1][1], 0);
    assert_int_equal(count[1][3], (uint64_t)floor((double)sites[1] * 0.2 + 1e-9));
    assert_int_equal(count[1][2], sites[1] - count[1][3]);
    step_end(s);
}

static void sublattices_are_exact_and_without_antisites(void **state)
{
    for (int seed = 1; seed <= 4; seed++) {
        const char *const number[] = { "1", "2", "3", "4" }, *const structure[] = { "l12", "l10", "l12", "d022" };
        check_domain(*state, structure[seed - 1], STILLS + 9,
                     (pairs){ STILL, { "cubes", "1" }, { "cells", "10" }, { "lattice_parameter", "0.4" }, { "composition", "Al:0.8,Li:0.1,Mg:0.1" },
                              { "domains", "1" }, { "radii", seed == 3 ? "1.6" : "1.1,1.9" }, { "domain_structure", structure[seed - 1] },
                              { "domain_composition", "Al:1/Li:0.8,Mg:0.2" }, { "seed", number[seed - 1] } });
    }
}

/* Words of specimens hold for cubes: the ordered species on all its sites, or only as much of it as the matrix has. */
static void words_of_composition_hold(void **state)
{
    for (int neutral = 0; neutral <= 1; neutral++) {
        step_run *s = cubes(*state, STILLS + 7, (pairs){ STILL, { "cubes", "1" }, { "cells", "20" }, { "composition", "Ni:0.9,Al:0.1" }, { "domains", "1" },
                                                         { "radii", "1.8" }, { "lattice_parameter", "0.36" },
                                                         { "domain_composition", neutral ? "neutral" : "stoichiometric" } });
        const uint32_t *domain = step_data(s, "truth/domain");
        uint64_t in[3] = { 0 }, ordered = 0;
        for (size_t i = 0; i < s->values->ions->n; i++) {
            int32_t h[3];
            site_of(s, 0.36, i, h);
            if (!domain[i]) continue;
            in[oa_ions__type(s->values->ions, i)]++;
            ordered += ((h[0] | h[1] | h[2]) & 1) == 0;
            if (oa_ions__type(s->values->ions, i) == 2) assert_int_equal((h[0] | h[1] | h[2]) & 1, 0);
        }
        if (neutral) check_real((double)in[2], 0.4 * (double)ordered, 1);
        else assert_int_equal(in[2], ordered);
        step_end(s);
    }
}

/* A later sphere takes the sites of an earlier one; all together hold what is labelled. */
static void a_later_domain_holds(void **state)
{
    step_run *s = cubes(*state, STILLS + 4, (pairs){ STILL, { "cubes", "1" }, { "cells", "12" }, { "domains", "12" }, { "radii", "0.9,1.3" } });
    const uint32_t *domain = step_data(s, "truth/domain");
    const double *centre[3] = { step_data(s, "spheres/x"), step_data(s, "spheres/y"), step_data(s, "spheres/z") }, *radius = step_data(s, "spheres/radius");
    uint64_t overlaps = 0;
    for (size_t i = 0; i < s->values->ions->n; i++) {
        uint32_t last = 0, met = 0;
        for (uint32_t k = 0; k < 12; k++) {
            double d2 = 0;
            for (int d = 0; d < 3; d++) d2 += (at(s->values->ions, d, i) - centre[d][k]) * (at(s->values->ions, d, i) - centre[d][k]);
            if (d2 <= radius[k] * radius[k] + 1e-6) last = k + 1, met++;
        }
        assert_int_equal(domain[i], last);
        overlaps += met > 1;
    }
    assert_true(overlaps > 10);
    step_end(s);
}

/* The same cube, turned: every distance stays, no position does; and the centre stays. */
static void turning_keeps_distances(void **state)
{
    step_run *a = cubes(*state, STILLS + 3, (pairs){ STILL, { "cubes", "2" }, { "cells", "4,5" }, { "domains", "1" } });
    step_run *b = cubes(*state, STILLS + 4, (pairs){ STILL, { "cubes", "2" }, { "cells", "4,5" }, { "domains", "1" }, { "angles", "90,90,90" } });
    const oa_ions *p = a->values->ions, *q = b->values->ions;
    const uint64_t *first = step_data(a, "cubes/first_ion"), *n = step_data(a, "cubes/ions");
    assert_int_equal(p->n, q->n);
    for (int cube = 0; cube < 2; cube++) {
        double moved = 0;
        for (size_t i = first[cube]; i < first[cube] + n[cube]; i++) {
            for (size_t k = first[cube]; k < i; k++) check_real(distance(q, i, k), distance(p, i, k), 2e-5);
            assert_int_equal(oa_ions__type(p, i), oa_ions__type(q, i));
            for (int d = 0; d < 3; d++) moved = fmax(moved, fabs(at(p, d, i) - at(q, d, i)));
        }
        assert_true(moved > 0.2);
    }
    step_end(a);
    step_end(b);
}

/* First x, then y, then z: x: y' = y cos + z sin, z' = -y sin + z cos; y: x' = x cos - z sin, z' = x sin + z cos; z: x' = x cos + y sin,
 * y' = -x sin + y cos; in whole degrees. */
static void turns_are_in_the_order_stated(void **state)
{
    step_run *a = cubes(*state, STILLS + 2, (pairs){ STILL, { "cubes", "3" }, { "cells", "4,6" } });
    step_run *b = cubes(*state, STILLS + 3, (pairs){ STILL, { "cubes", "3" }, { "cells", "4,6" }, { "angles", "30,50,90" } });
    const double *angle[3] = { step_data(b, "cubes/angle_x"), step_data(b, "cubes/angle_y"), step_data(b, "cubes/angle_z") };
    const double *cx = step_data(b, "cubes/x"), *cy = step_data(b, "cubes/y"), degree = 3.14159265358979323846 / 180;
    const uint32_t *cube = step_data(b, "truth/cube");
    for (int d = 0; d < 3; d++)
        for (int i = 0; i < 3; i++) check_real(angle[d][i], rint(angle[d][i]), 0);
    for (size_t i = 0; i < a->values->ions->n; i++) {
        const size_t k = cube[i] - 1;
        double x = at(a->values->ions, 0, i) - cx[k], y = at(a->values->ions, 1, i) - cy[k], z = at(a->values->ions, 2, i), t;
        double c = cos(angle[0][k] * degree), s = sin(angle[0][k] * degree);
        t = y * c + z * s, z = -y * s + z * c, y = t;
        c = cos(angle[1][k] * degree), s = sin(angle[1][k] * degree);
        t = x * c - z * s, z = x * s + z * c, x = t;
        c = cos(angle[2][k] * degree), s = sin(angle[2][k] * degree);
        t = x * c + y * s, y = -x * s + y * c, x = t;
        check_real(at(b->values->ions, 0, i), x + cx[k], 2e-5);
        check_real(at(b->values->ions, 1, i), y + cy[k], 2e-5);
        check_real(at(b->values->ions, 2, i), z, 2e-5);
    }
    step_end(a);
    step_end(b);
}

static void an_exact_share_is_kept(void **state)
{
    step_run *s = cubes(*state, 3, (pairs){ { "cubes", "20" }, { "cells", "8,10" }, { "efficiency", "0.4,0.8" } });
    const double *efficiency = step_data(s, "cubes/efficiency");
    const uint64_t *atoms = step_data(s, "cubes/atoms"), *ions = step_data(s, "cubes/ions"), *first = step_data(s, "cubes/first_ion");
    const uint32_t *cube = step_data(s, "truth/cube");
    uint64_t sum = 0;
    double low = 1, high = 0;
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(ions[i], atoms[i] - (uint64_t)floor((1 - efficiency[i]) * (double)atoms[i] + 1e-9));
        assert_int_equal(first[i], sum);
        for (size_t k = sum; k < sum + ions[i]; k++) assert_int_equal(cube[k], i + 1);
        sum += ions[i];
        low = fmin(low, efficiency[i]), high = fmax(high, efficiency[i]);
    }
    assert_int_equal(sum, s->values->ions->n);
    assert_true(low >= 0.4 && low < 0.5 && high <= 0.8 && high > 0.7);
    step_end(s);
}

/* The order of ions in a cube carries no meaning: place in the list and place in the cube are uncorrelated. */
static void order_in_a_cube_is_random(void **state)
{
    step_run *s = cubes(*state, STILLS + 2, (pairs){ STILL, { "cubes", "1" }, { "cells", "20" } });
    const size_t n = s->values->ions->n;
    for (int d = 0; d < 3; d++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) {
            const double rank = ((double)i + 0.5) / (double)n - 0.5;
            sum += rank * at(s->values->ions, d, i);
            squares += at(s->values->ions, d, i) * at(s->values->ions, d, i);
        }
        check_real(sum / sqrt(squares * (double)n / 12), 0, 4 / sqrt((double)n));
    }
    step_end(s);
}

/* Displacements are found by the same cube without noise. */
static void displacements(step_run *noisy, step_run *still, int axis, double *out)
{
    for (size_t i = 0; i < still->values->ions->n; i++) out[i] = at(noisy->values->ions, axis, i) - at(still->values->ions, axis, i);
}

#define NOISY { "cubes", "1" }, { "cells", "24" }, { "efficiency", "1" }, { "angles", "10,20,30" }
enum { NOISIES = 4, LARGE = 25 * 25 * 25 + 3 * 24 * 24 * 25 };

static step_run *noisy_cube(oa_context *context, const char *noise, bool is_still)
{
    return cubes(context, NOISIES + 3, (pairs){ NOISY, { "sigma_lateral", is_still ? "0" : "0.5" }, { "sigma_depth", is_still ? "0" : "0.2" },
                                                { "noise", noise } });
}

static double mean_square(const double *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += v[i] * v[i];
    return sum / (double)n;
}

static void gauss_noise_is_normal_with_its_sigma(void **state)
{
    static double v[3][LARGE];
    const double sigma[3] = { 0.5, 0.5, 0.2 }, n = LARGE;
    step_run *a = noisy_cube(*state, "gauss", false), *still = noisy_cube(*state, "gauss", true);
    for (int d = 0; d < 3; d++) {
        displacements(a, still, d, v[d]);
        double mean = 0, fourth = 0, outside = 0;
        for (size_t i = 0; i < LARGE; i++) {
            mean += v[d][i] / n;
            fourth += pow(v[d][i], 4) / n;
            outside += (fabs(v[d][i]) > sigma[d]) / n;
        }
        check_real(mean, 0, 4 * sigma[d] / sqrt(n));
        check_real(mean_square(v[d], LARGE), sigma[d] * sigma[d], 4 * sigma[d] * sigma[d] * sqrt(2 / n));
        check_real(fourth / pow(sigma[d], 4), 3, 4 * sqrt(96 / n));
        check_real(outside, 0.3173, 4 * sqrt(0.3173 * 0.6827 / n));
    }
    for (int d = 0; d < 3; d++) {
        double product = 0;
        for (size_t i = 0; i < LARGE; i++) product += v[d][i] * v[(d + 1) % 3][i];
        check_real(product / n / (sigma[d] * sigma[(d + 1) % 3]), 0, 4 / sqrt(n));
    }
    step_end(a);
    step_end(still);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Share of atoms with one and the same displacement (within rounding). */
static double rigid_share(double *v, size_t n, double *shift)
{
    size_t best = 0;
    qsort(v, n, sizeof *v, by_size);
    for (size_t i = 0, k = 0; i < n; i++) {
        while (v[i] - v[k] > 3e-6) k++;
        if (i - k + 1 <= best) continue;
        best = i - k + 1;
        *shift = v[i];
    }
    return (double)best / (double)n;
}

/* 31.7 % of the atoms move as one in x and in y. In z the share is P(|N(0,1)| > sigma_z/sigma_xy), 68.9 % here, and the rest is a full
 * normal distribution, not cut. */
static void published_noise_has_the_rigid_shares_of_the_program(void **state)
{
    static double v[LARGE];
    const double sigma[3] = { 0.5, 0.5, 0.2 }, want[3] = { 0.31731, 0.31731, erfc(0.2 / 0.5 / sqrt(2)) }, n = LARGE;
    step_run *a = noisy_cube(*state, "published", false), *still = noisy_cube(*state, "published", true);
    for (int d = 0; d < 3; d++) {
        double shift = 0;
        displacements(a, still, d, v);
        check_real(rigid_share(v, LARGE, &shift), want[d], 4 * sqrt(want[d] * (1 - want[d]) / n) + 2e-5);
        assert_true(fabs(shift) <= sigma[d]);
        double outside = 0, free_square = 0, rest = 0;
        for (size_t i = 0; i < LARGE; i++) {
            if (fabs(v[i] - shift) < 4e-6) continue;
            rest++, outside += fabs(v[i]) > sigma[d] + 1e-5, free_square += v[i] * v[i];
        }
        if (d < 2) check_real(outside, 0, 0);
        else check_real(outside / rest, 0.3173, 4 * sqrt(0.217 / rest));
        check_real(free_square / rest, sigma[d] * sigma[d] * (d < 2 ? 0.29112 : 1), 0.03 * sigma[d] * sigma[d] * (d < 2 ? 1 : 1.5));
    }
    step_end(a);
    step_end(still);
}

/* Inside one sigma as normal numbers are, the rest uniform: mean square 0.6827 * 0.29112 + 0.3173 / 3 of sigma^2. */
static void trunc_noise_stays_within_sigma(void **state)
{
    static double v[LARGE];
    const double sigma[3] = { 0.5, 0.5, 0.2 };
    step_run *a = noisy_cube(*state, "trunc", false), *still = noisy_cube(*state, "trunc", true);
    for (int d = 0; d < 3; d++) {
        double shift = 0;
        displacements(a, still, d, v);
        for (size_t i = 0; i < LARGE; i++) assert_true(fabs(v[i]) <= sigma[d] + 1e-5);
        check_real(mean_square(v, LARGE) / (sigma[d] * sigma[d]), 0.6827 * 0.29112 + 0.3173 / 3, 0.01);
        assert_true(rigid_share(v, LARGE, &shift) < 0.001);
    }
    step_end(a);
    step_end(still);
}

/* Whether a cube of both has the same ions at the same places. */
static bool is_same_cube(const step_run *a, const step_run *b, uint32_t cube)
{
    const uint32_t *of = step_data(a, "truth/cube");
    for (size_t i = 0; i < a->values->ions->n; i++)
        for (int d = 0; of[i] == cube && d < 3; d++)
            if (at(a->values->ions, d, i) != at(b->values->ions, d, i)) return false;
    return true;
}

/* Every cube is what it would be with one of the two, and not always with the same. */
static void mixed_noise_is_one_or_the_other_by_cube(void **state)
{
    step_run *s[3];
    size_t of[2] = { 0, 0 };
    for (int k = 0; k < 3; k++)
        s[k] = cubes(*state, 5, (pairs){ { "cubes", "40" }, { "cells", "3" }, { "sigma_lateral", "0.2,0.5" }, { "sigma_depth", "0.1,0.2" },
                                         { "noise", k == 0 ? "mixed" : k == 1 ? "gauss" : "published" } });
    for (uint32_t cube = 1; cube <= 40; cube++) {
        const bool is_gauss = is_same_cube(s[0], s[1], cube), is_published = is_same_cube(s[0], s[2], cube);
        assert_true(is_gauss != is_published);
        of[is_published]++;
    }
    assert_true(of[0] >= 8 && of[1] >= 8); /* 20 each, +- 4 sigma */
    for (int k = 0; k < 3; k++) step_end(s[k]);
}

/* Shares of the ordered species outside and inside, by cube. */
static void shares_by_cube(const step_run *s, size_t n_cubes, double share[2][64])
{
    const uint32_t *cube = step_data(s, "truth/cube"), *domain = step_data(s, "truth/domain");
    double n[2][64] = { { 0 } }, ordered[2][64] = { { 0 } };
    for (size_t i = 0; i < s->values->ions->n; i++) {
        n[domain[i] != 0][cube[i] - 1]++;
        ordered[domain[i] != 0][cube[i] - 1] += oa_ions__type(s->values->ions, i) == 2;
    }
    for (int inside = 0; inside < 2; inside++)
        for (size_t c = 0; c < n_cubes; c++) share[inside][c] = ordered[inside][c] / n[inside][c];
}

/* The matrix has what its cube drew, domains what lies between that and their structure; without domains the share is exact. */
static void cubes_draw_their_share_of_the_ordered_species(void **state)
{
    static const char *const words[] = { "stoichiometric", "neutral", "between" };
    for (int k = 0; k < 3; k++) {
        double share[2][64], low = 1, high = 0;
        step_run *s = cubes(*state, STILLS + 7, (pairs){ STILL, { "cubes", "24" }, { "cells", "12" }, { "composition", "Ni:0.9,Al:0.1" }, { "domains", "1" },
                                                         { "radii", "1.3" }, { "ordered_fraction", "0.05,0.2" }, { "domain_composition", words[k] } });
        shares_by_cube(s, 24, share);
        for (size_t c = 0; c < 24; c++) {
            const double outside = share[0][c], inside = share[1][c];
            low = fmin(low, outside), high = fmax(high, outside);
            assert_true(outside > 0.04 && outside < 0.21);
            if (k == 0) check_real(inside, 0.25, 0.05); /* what the surface cuts of the sublattices */
            if (k == 1) check_real(inside, outside, 0.05);
            if (k == 2) assert_true(inside > outside - 0.05 && inside < 0.3);
        }
        assert_true(low < 0.09 && high > 0.16);
        step_end(s);
    }
    step_run *s = cubes(*state, STILLS + 5, (pairs){ STILL, { "cubes", "2" }, { "cells", "4" }, { "composition", "Co:0.4,Ni:0.4,Al:0.2" }, { "domains", "0" },
                                                     { "ordered_fraction", "0.5" } });
    uint64_t count[8];
    const size_t n = s->values->ions->n / 2;
    count_types(s, 0, n, count);
    assert_int_equal(count[3], n / 2 + n % 2); /* the most frequent takes what is left */
    assert_true(count[1] == n / 4 && count[2] == n / 4);
    step_end(s);
}

/* 80, 10 and 10 of a hundred; large ones for tests; what the long name says. */
static void parts_are_tenths(void **state)
{
    static const struct {
        const char *cubes;
        uint32_t train, validation, test;
    } want[] = { { "1", 0, 0, 1 }, { "2", 1, 0, 1 }, { "3", 1, 1, 1 }, { "10", 8, 1, 1 }, { "25", 19, 3, 3 }, { "100", 80, 10, 10 } };
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        step_run *s = cubes(*state, 3, (pairs){ { "cubes", want[k].cubes }, { "cells", "2,3" }, { "cube_domains", "0,1,2,3" } });
        const uint32_t *part = step_data(s, "cubes/part"), *cells = step_data(s, "cubes/cells"), *domains = step_data(s, "cubes/domains");
        const uint32_t n = want[k].train + want[k].validation + want[k].test;
        assert_int_equal(oa_array_count(step_array(s, "cubes/part")), n);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(part[i], i < want[k].train ? 0 : i < want[k].train + want[k].validation ? 1 : 2);
            assert_int_equal(cells[i], part[i] == 2 ? 3 : 2);
            assert_true(part[i] == 2 ? domains[i] == 2 || domains[i] == 3 : domains[i] <= 1);
        }
        assert_string_equal(step_array(s, "cubes/part")->long_name, "part: 0 training,1 validation,2 test");
        step_end(s);
    }
}

/* Corners of cells that are not in a face, all equally often. */
static void centres_are_corners_within_the_cube(void **state)
{
    step_run *s = cubes(*state, STILLS + 4, (pairs){ STILL, { "cubes", "1" }, { "cells", "6" }, { "domains", "2000" }, { "radii", "0.3,0.5" } });
    static const char *const axis[3] = { "spheres/x", "spheres/y", "spheres/z" };
    const double *radius = step_data(s, "spheres/radius");
    double mean = 0;
    for (int d = 0; d < 3; d++) {
        const double *centre = step_data(s, axis[d]);
        uint64_t at_corner[5] = { 0 };
        for (int i = 0; i < 2000; i++) {
            const double corner = centre[i] / 0.36;
            assert_true(fabs(corner - rint(corner)) < 1e-9 && fabs(corner) < 2.5);
            at_corner[lrint(corner) + 2]++;
        }
        for (int k = 0; k < 5; k++) check_real((double)at_corner[k], 400, 4 * sqrt(320));
    }
    for (int i = 0; i < 2000; i++) {
        assert_true(radius[i] >= 0.3 && radius[i] <= 0.5);
        mean += radius[i] / 2000;
    }
    check_real(mean, 0.4, 4 * 0.2 / sqrt(12 * 2000));
    step_end(s);
}

/* No atom, however far it is thrown, has an atom of another cube nearer than the farthest of its own. */
static void cubes_are_far_apart(void **state)
{
    step_run *s = cubes(*state, 6, (pairs){ { "cubes", "12" }, { "cells", "3,6" }, { "sigma_lateral", "0.2,2" }, { "sigma_depth", "0,1" },
                                            { "angles", "90,90,90" }, { "seed", "5" } });
    const oa_ions *ions = s->values->ions;
    const uint32_t *cube = step_data(s, "truth/cube");
    double own = 0, other = INFINITY;
    for (size_t i = 0; i < ions->n; i++)
        for (size_t k = 0; k < i; k++) {
            const double d = distance(ions, i, k);
            if (cube[i] == cube[k]) own = fmax(own, d);
            else other = fmin(other, d);
        }
    assert_true(other > own);
    const double *x = step_data(s, "cubes/x"), *y = step_data(s, "cubes/y"), reach = sqrt(0.75) * 6 * 0.36 + 8.57 * sqrt(2 * 2 + 1);
    for (int i = 0; i < 12; i++) /* normal numbers of 53 bits end at 8.57 */
        for (int k = 0; k < i; k++) assert_true(hypot(x[i] - x[k], y[i] - y[k]) >= 4 * reach);
    step_end(s);
}

/* Training cubes are the same, byte for byte, however many cubes there are. */
static void a_cube_does_not_depend_on_the_others(void **state)
{
    step_run *few = cubes(*state, 3, (pairs){ { "preset", "au-cu" }, { "cubes", "10" }, { "cells", "6,7" } });
    step_run *many = cubes(*state, 3, (pairs){ { "preset", "au-cu" }, { "cubes", "30" }, { "cells", "6,7" } });
    const uint64_t *first = step_data(few, "cubes/first_ion"), *ions = step_data(few, "cubes/ions");
    const size_t n = first[7] + ions[7];
    assert_memory_equal(oa_ions_x(few->values->ions), oa_ions_x(many->values->ions), n * sizeof(float));
    assert_memory_equal(oa_ions_y(few->values->ions), oa_ions_y(many->values->ions), n * sizeof(float));
    assert_memory_equal(oa_ions_z(few->values->ions), oa_ions_z(many->values->ions), n * sizeof(float));
    assert_memory_equal(step_data(few, "truth/domain"), step_data(many, "truth/domain"), n * sizeof(uint32_t));
    for (size_t i = 0; i < n; i++) assert_int_equal(oa_ions__type(few->values->ions, i), oa_ions__type(many->values->ions, i));
    assert_memory_not_equal(oa_ions_z(few->values->ions), oa_ions_z(few->values->ions) + first[1], 100 * sizeof(float));
    step_end(few);
    step_end(many);
}

static void threads_do_not_matter_and_seeds_do(void **state)
{
    char first[65] = "";
    (void)state;
    for (int threads = 1; threads <= 4; threads++) {
        oa_context *context;
        const oa_context_options options = { .threads = threads };
        assert_int_equal(oa_context_new(&context, &options), OA_OK);
        step_run *s = cubes(context, 4, (pairs){ { "preset", "co-alloy" }, { "cubes", "11" }, { "cells", "6,9" }, { "seed", threads == 4 ? "8" : "7" } });
        if (!first[0]) strcpy(first, step_digest(s));
        if (threads < 4) assert_string_equal(step_digest(s), first);
        else assert_string_not_equal(step_digest(s), first);
        step_end(s);
        oa_context_free(context);
    }
}

/* About one labelled atom to four others; the one sphere of a small Co cube takes a little more. */
static void presets_label_a_fifth(void **state)
{
    static const char *const preset[] = { "al-li-mg", "au-cu", "co-alloy" };
    for (int k = 0; k < 3; k++) {
        step_run *s = cubes(*state, 1, (pairs){ { "preset", preset[k] } });
        const uint32_t *part = step_data(s, "cubes/part"), *domain = step_data(s, "truth/domain"), *cube = step_data(s, "truth/cube");
        double ions[2] = { 0 }, labelled[2] = { 0 };
        for (size_t i = 0; i < s->values->ions->n; i++) {
            const int is_test = part[cube[i] - 1] == 2;
            ions[is_test]++, labelled[is_test] += domain[i] != 0;
        }
        check_real(labelled[0] / ions[0], 0.205, 0.055);
        check_real(labelled[1] / ions[1], 0.19, 0.035);
        check_real(ions[0] / 90, 2780, 200);
        step_end(s);
    }
}

/* -0 is 0, though its bytes are others. */
static void the_box_as_it_is_without_being_named_may_be_named(void **state)
{
    step_run *s = cubes(*state, 3, (pairs){ { "cubes", "3" }, { "cells", "3,4" }, { "box", "-8,8,-8,8,-24,-0" } });
    step_end(s);
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *set[3][2], *code;
    } bad[] = {
        { { { "structure", "bcc" } }, "E_PARAMETER_CHOICE" },
        { { { "structure", "l12" } }, "E_PARAMETER_CHOICE" },
        { { { "domain_structure", "b2" } }, "E_PARAMETER_CHOICE" },
        { { { "box", "-1,1,-1,1,-1,0" } }, "E_PARAMETER_VALUE" },
        { { { "order", "0.5" } }, "E_PARAMETER_VALUE" },
        { { { "gap", "1" } }, "E_PARAMETER_VALUE" },
        { { { "stretch", "1,1,2" } }, "E_PARAMETER_VALUE" },
        { { { "antiphase", "true" } }, "E_PARAMETER_VALUE" },
        { { { "cells", "2.5" } }, "E_PARAMETER_VALUE" },
        { { { "cells", "" } }, "E_PARAMETER_VALUE" },
        { { { "angles", "1,1,0.5" } }, "E_PARAMETER_VALUE" },
        { { { "cube_domains", "1,2,3" } }, "E_PARAMETER_VALUE" },
        { { { "cube_domains", "1,2,4,3" } }, "E_PARAMETER_RANGE" },
        { { { "sigma_depth", "0.2,0.1" } }, "E_PARAMETER_RANGE" },
        { { { "efficiency", "0.8,0.4" } }, "E_PARAMETER_RANGE" },
        { { { "domain_composition", "Co:1/Cr:1/Ni:1" } }, "E_PARAMETER_VALUE" },
        { { { "domain_composition", "Co:1/Fe:1" } }, "E_SPECIES_UNKNOWN" },
        { { { "domain_composition", "Co:0.9/Ni:1" } }, "E_PARAMETER_RANGE" },
        { { { "domain_composition", "Co/Ni" } }, "E_PARAMETER_VALUE" },
        { { { "domain_composition", "ordered" } }, "E_PARAMETER_CHOICE" },
        { { { "ordered_fraction", "0.3,0.2" } }, "E_PARAMETER_RANGE" },
        { { { "cubes", "0" }, { "ordered_fraction", "0.2" } }, "E_PARAMETER_VALUE" },
        { { { "cubes", "0" }, { "domain_composition", "between" } }, "E_PARAMETER_CHOICE" },
        { { { "cubes", "0" }, { "noise", "mixed" } }, "E_PARAMETER_CHOICE" },
        { { { "cubes", "0" }, { "noise", "published" } }, "E_PARAMETER_CHOICE" },
        { { { "cubes", "0" }, { "sigma_depth", "0.02,0.03" } }, "E_PARAMETER_VALUE" },
        { { { "cubes", "0" }, { "domain_composition", "Co:1/Ni:1" } }, "E_PARAMETER_CHOICE" },
        { { { "cubes", "0" }, { "domains", "3" }, { "radii", "" } }, "E_PARAMETER_VALUE" },
        { { { "cubes", "0" }, { "efficiency", "" } }, "E_PARAMETER_VALUE" },
        { { { "cubes", "10000" }, { "cells", "500" } }, "E_TOO_MANY_IONS" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        step_run *s = step_begin(*state, &oa_step_synthesise);
        step_set(s, "cubes", "3");
        for (int k = 0; k < 3 && bad[i].set[k][0]; k++) step_set(s, bad[i].set[k][0], bad[i].set[k][1]);
        check_fails(*state, step_go(s), bad[i].code);
        step_end(s);
    }
}

/* Whichever allocation fails, the step says so and nothing stays. */
static void nothing_is_left_behind(void **state)
{
    oa_context *context = *state;
    size_t before = 0;
    bool failed = true;
    for (uint64_t k = 0; failed; k++) { /* first in full, so that threads exist */
        assert_true(k < 2000);
        step_run *s = step_begin(context, &oa_step_synthesise);
        step_set(s, "preset", "co-alloy");
        step_set(s, "cubes", "3");
        step_set(s, "cells", "3,4");
        context->fail_allocation = k ? context->allocations + k : 0;
        const oa_status status = step_go(s);
        context->fail_allocation = 0;
        failed = k == 0 || status != OA_OK;
        if (k == 0) check_ok(context, status);
        else if (failed) assert_string_equal(oa_error_code(context), "E_MEMORY");
        step_end(s);
        if (k == 0) before = context->bytes;
        assert_int_equal(context->bytes, before);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, check_setup, check_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_cube_holds_the_sites_of_all_its_faces),
        TEST(compositions_are_exact),
        TEST(sublattices_are_exact_and_without_antisites),
        TEST(words_of_composition_hold),
        TEST(a_later_domain_holds),
        TEST(turning_keeps_distances),
        TEST(turns_are_in_the_order_stated),
        TEST(an_exact_share_is_kept),
        TEST(order_in_a_cube_is_random),
        TEST(gauss_noise_is_normal_with_its_sigma),
        TEST(published_noise_has_the_rigid_shares_of_the_program),
        TEST(trunc_noise_stays_within_sigma),
        TEST(mixed_noise_is_one_or_the_other_by_cube),
        TEST(cubes_draw_their_share_of_the_ordered_species),
        TEST(parts_are_tenths),
        TEST(centres_are_corners_within_the_cube),
        TEST(cubes_are_far_apart),
        TEST(a_cube_does_not_depend_on_the_others),
        cmocka_unit_test(threads_do_not_matter_and_seeds_do),
        TEST(presets_label_a_fifth),
        TEST(the_box_as_it_is_without_being_named_may_be_named),
        TEST(what_cannot_be_is_refused),
        TEST(nothing_is_left_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
