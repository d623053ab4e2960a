/* synthesise_cubes.c - many small cubes of one crystal, after AtomNet (Yu et al., 3D deep learning for enhanced atom probe tomography
 * analysis of nanoscale microstructures, section 2, and the authors' program): exact compositions, spheres of order that may overlap
 * and be cut, a turn, noise, and an exact share that is kept.
 *
 * A cube draws from streams of its own, numbered by the cube: it is the same for any number of threads and of cubes, as long as it is
 * for the same use. What it draws for itself, for species, noise and order are streams apart, so that one parameter changed leaves the
 * rest as it was. */
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "step/synthesise.h"

enum { STREAM_CUBE = 0x5311, SLOT_SITES = 0, SLOT_LISTS, SLOT_PLACES };
enum { FOR_DRAWS, FOR_MATRIX, FOR_DOMAINS, FOR_INSIDE, FOR_NOISE, FOR_KEPT };
enum { CUBES_TRAIN, CUBES_VALIDATION, CUBES_TEST };
#define NORMAL_MOST 8.5717 /* sqrt(2 * 53 ln 2): no pair of normal numbers of 53 bits is longer */
#define RADIAN (3.14159265358979323846 / 180)

typedef struct cube {
    uint32_t part;
    int32_t cells, low;    /* corners of cells run from low to low + cells */
    double centre[3], angle[3], sigma_lateral, sigma_depth, efficiency;
    double common[3];      /* the shift that outliers share, nm */
    double turn[3][3];     /* specimen = turn * crystal */
    char noise;            /* first letter of its kind */
    double fraction;       /* of the ordered species in the matrix */
    size_t domains, first_domain;
    uint64_t sites, ions, first;
} cube;

typedef struct cube_work {
    synthesis *s;
    size_t n;
    cube *cube;       /* (n) */
    uint32_t *number; /* truth/cube */
} cube_work;

/* ---- parameters ---- */

static oa_status refuse(oa_context *context, const char *name, const char *why)
{
    return oa_fail_at(context, OA_IN_PARAMETER(name), "E_PARAMETER_VALUE", "%s: %s; leave it out, or make one specimen with cubes 0", name, why);
}

/* What belongs to one specimen alone is refused rather than passed over. */
static oa_status check_unused(oa_context *context, const synthesise_params *p)
{
    static const double box[6] = { -8, 8, -8, 8, -24, 0 };
    for (size_t i = 0; i < 6; i++)
        if (p->box.v[i] != box[i]) return refuse(context, "box", "the size of cubes is given by cells");
    if (p->stretch.v[0] != 1 || p->stretch.v[1] != 1 || p->stretch.v[2] != 1) return refuse(context, "stretch", "domains in cubes are spheres");
    if (p->gap != 0) return refuse(context, "gap", "domains in cubes may overlap");
    if (p->order != 1) return refuse(context, "order", "domains in cubes are fully ordered");
    return p->antiphase ? refuse(context, "antiphase", "domains in cubes have the phase of the crystal") : OA_OK;
}

static oa_status check_range(oa_context *context, const char *name, const oa_reals *list)
{
    for (int i = 0; i + 1 < list->n; i += 2)
        if (list->v[i] > list->v[i + 1])
            return oa_fail_at(context, OA_IN_PARAMETER(name), "E_PARAMETER_RANGE", "%s %g to %g: give the smaller one first", name, list->v[i], list->v[i + 1]);
    return OA_OK;
}

static oa_status check_whole(oa_context *context, const char *name, const oa_reals *list)
{
    for (int i = 0; i < list->n; i++)
        if (list->v[i] != floor(list->v[i]))
            return oa_fail_at(context, OA_IN_PARAMETER(name), "E_PARAMETER_VALUE", "%s has %g; it takes whole numbers", name, list->v[i]);
    return OA_OK;
}

oa_status synthesise_check_cubes(oa_context *context, const synthesise_params *p)
{
    if (strcmp(p->structure, "fcc") != 0)
        return oa_fail_at(context, OA_IN_PARAMETER("structure"), "E_PARAMETER_CHOICE", "structure is '%s'; the matrix of cubes must be fcc", p->structure);
    if (p->cube_domains.n == 3)
        return oa_fail_at(context, OA_IN_PARAMETER("cube_domains"), "E_PARAMETER_VALUE", "cube_domains has 3 numbers; it needs 1, 2 or 4");
    OA_TRY(check_unused(context, p));
    OA_TRY(check_whole(context, "cells", &p->cells));
    OA_TRY(check_whole(context, "cube_domains", &p->cube_domains));
    OA_TRY(check_whole(context, "angles", &p->angles));
    OA_TRY(check_range(context, "ordered_fraction", &p->ordered_fraction));
    OA_TRY(check_range(context, "cube_domains", &p->cube_domains));
    OA_TRY(check_range(context, "sigma_lateral", &p->sigma_lateral));
    OA_TRY(check_range(context, "sigma_depth", &p->sigma_depth));
    return check_range(context, "efficiency", &p->efficiency);
}

/* One half of domain_composition: shares of the alloy's species on one sublattice. */
static oa_status read_sublattice(oa_run *run, const synthesis *s, const char *text, double share[OA_ALLOY_MAX])
{
    oa_alloy given;
    int at;
    OA_TRY(oa_alloy__parse(run, "domain_composition", text, &given));
    memset(share, 0, OA_ALLOY_MAX * sizeof *share);
    for (int i = 0; i < given.n; i++) {
        OA_TRY(oa_alloy__find(run, &s->alloy, "domain_composition", given.species[i].symbol, &at));
        share[at] = given.species[i].fraction;
    }
    return OA_OK;
}

static oa_status set_occupancies(oa_run *run, synthesis *s)
{
    char **half;
    size_t n;
    s->matrix_fraction = s->alloy.species[s->ordering].fraction;
    synthesise_occupy(s, s->matrix_fraction, &s->matrix);
    for (int i = 0; i < s->n_inside; i++) synthesise_occupy(s, synthesise_domain_fraction(s, s->inside[i].structure), &s->inside[i]);
    if (!strchr(s->p->domain_composition, '/')) return OA_OK;
    OA_TRY(oa_words_split(run, s->p->domain_composition, '/', &half, &n));
    oa_status status = OA_OK;
    if (n != 2)
        status = oa_fail_at(run->context, OA_IN_PARAMETER("domain_composition"), "E_PARAMETER_VALUE", "domain_composition has %zu lists; it needs 2: of "
                            "the other sites and of the ordered sites", n);
    for (int on = 0; on < 2 && status == OA_OK; on++)
        for (int i = 0; i < s->n_inside && status == OA_OK; i++) status = read_sublattice(run, s, half[on], s->inside[i].share[on]);
    oa_free(run->context, half);
    return status;
}

/* ---- what a cube draws for itself ---- */

static oa_random stream(const synthesis *s, size_t number, int what)
{
    return oa_random_start((uint64_t)s->p->seed, (uint64_t)STREAM_CUBE << 48 | (uint64_t)what << 40 | number);
}

static double between(const oa_reals *range, oa_random *random)
{
    const double u = oa_random_uniform(random), low = range->v[0], high = range->v[range->n - 1];
    return low + (high - low) * u;
}

/* A tenth for tests, a tenth for validation, both rounded. */
static uint32_t part_of(size_t i, size_t n)
{
    const size_t tenth = (n + 5) / 10, test = tenth ? tenth : 1, validation = tenth ? n > 1 ? tenth : 0 : n > 2;
    return i < n - test - validation ? CUBES_TRAIN : i < n - test ? CUBES_VALIDATION : CUBES_TEST;
}

static double edge_of(const synthesise_params *p, bool is_test) { return p->cells.v[is_test && p->cells.n == 2]; }

static uint64_t sites_of(double cells) { return (uint64_t)((cells + 1) * (cells + 1) * (cells + 1) + 3 * cells * cells * (cells + 1)); }

static size_t domains_of(const synthesise_params *p, bool is_test, oa_random *random)
{
    const double own = (double)p->domains, u = oa_random_uniform(random);
    const double *v = p->cube_domains.n ? p->cube_domains.v : &own;
    const int from = is_test && p->cube_domains.n == 4 ? 2 : 0, to = from + (p->cube_domains.n >= 2);
    return (size_t)(v[from] + floor(u * (v[to] - v[from] + 1)));
}

/* First about x, then y, then z, with the signs of the authors' program: x: y' = y cos + z sin, z' = -y sin + z cos; y: x' = x cos - z sin,
 * z' = x sin + z cos; z: x' = x cos + y sin, y' = -x sin + y cos. */
static void turn_of(const double angle[3], const double axes[3][3], double out[3][3])
{
    const double sign[3] = { 1, -1, 1 };
    memcpy(out, axes, 9 * sizeof(double));
    for (int about = 0; about < 3; about++) {
        const int u = about == 0 ? 1 : 0, v = about == 2 ? 1 : 2;
        const double c = cos(angle[about] * RADIAN), s = sign[about] * sin(angle[about] * RADIAN);
        for (int column = 0; column < 3; column++) {
            const double at_u = out[u][column], at_v = out[v][column];
            out[u][column] = at_u * c + at_v * s;
            out[v][column] = at_v * c - at_u * s;
        }
    }
}

/* So far apart that, however far an atom is thrown out of its cube, all of that cube is nearer than any atom of another: twice the
 * largest distance within a cube. */
static double pitch_of(const synthesise_params *p)
{
    const double edge = fmax(edge_of(p, false), edge_of(p, true)) * p->lattice_parameter;
    const double lateral = p->sigma_lateral.v[p->sigma_lateral.n - 1], depth = p->sigma_depth.v[p->sigma_depth.n - 1];
    return ceil(4 * (sqrt(0.75) * edge + NORMAL_MOST * sqrt(lateral * lateral + depth * depth)));
}

/* Squares grow by a row and a column, so that the place of a cube does not depend on how many there are. */
static void place(const synthesise_params *p, size_t i, double centre[3])
{
    size_t side = (size_t)sqrt((double)i);
    while (side * side > i) side--;
    while ((side + 1) * (side + 1) <= i) side++;
    const size_t rest = i - side * side;
    centre[0] = pitch_of(p) * (double)(rest < side ? side : rest - side);
    centre[1] = pitch_of(p) * (double)(rest < side ? rest : side);
    centre[2] = 0;
}

static void draw_cube(const synthesis *s, size_t i, cube *c)
{
    const synthesise_params *p = s->p;
    oa_random random = stream(s, i, FOR_DRAWS);
    const bool is_test = c->part == CUBES_TEST;
    c->cells = (int32_t)edge_of(p, is_test);
    c->low = -(c->cells / 2);
    c->efficiency = between(&p->efficiency, &random);
    c->sigma_lateral = between(&p->sigma_lateral, &random);
    c->sigma_depth = between(&p->sigma_depth, &random);
    for (int d = 0; d < 3; d++) c->angle[d] = (double)oa_random_below(&random, (uint64_t)(2 * p->angles.v[d] + 1)) - p->angles.v[d];
    for (int d = 0; d < 3; d++) c->common[d] = (d < 2 ? c->sigma_lateral : c->sigma_depth) * (2 * oa_random_uniform(&random) - 1);
    c->domains = domains_of(p, is_test, &random);
    c->noise = p->noise[0] != 'm' ? p->noise[0] : oa_random_below(&random, 2) ? 'p' : 'g';
    c->fraction = p->ordered_fraction.n ? between(&p->ordered_fraction, &random) : s->matrix_fraction;
    c->sites = sites_of(c->cells);
    c->ions = c->sites - (uint64_t)floor((1 - c->efficiency) * (double)c->sites + 1e-9);
    turn_of(c->angle, s->lattice.axes, c->turn);
    place(p, i, c->centre);
}

static oa_status plan(cube_work *w, size_t *n_ions)
{
    synthesis *s = w->s;
    uint64_t ions = 0;
    for (size_t i = 0; i < w->n; i++) {
        cube *c = &w->cube[i];
        c->part = part_of(i, w->n);
        draw_cube(s, i, c);
        c->first = ions;
        c->first_domain = s->spheres.n;
        ions += c->ions;
        s->sites += c->sites;
        s->spheres.n += c->domains;
    }
    if (ions > OA_IONS_MAX)
        return oa_fail_at(s->context, OA_IN_PARAMETER("cubes"), "E_TOO_MANY_IONS", "the cubes would give %llu ions; at most %u can be held",
                          (unsigned long long)ions, OA_IONS_MAX);
    *n_ions = ions;
    return OA_OK;
}

/* ---- sites, species and domains of a cube ---- */

/* Half cells (h, k, l), counted from a corner of the cube, by h, then k, then l; fcc has those with h + k + l even. */
typedef struct cube_sites {
    uint32_t n;
    int16_t (*at)[3];  /* (n) */
    uint8_t *species;  /* (n) */
    uint32_t *domain;  /* (n) from 1, of all cubes */
    uint32_t *list[2]; /* (n) each */
    float (*place)[3]; /* (n) from the centre, displaced */
} cube_sites;

static oa_status make_room(oa_worker *worker, const cube *c, cube_sites *out)
{
    const size_t n = (size_t)c->sites;
    out->n = (uint32_t)n;
    OA_TRY(oa_worker_scratch(worker, SLOT_SITES, &out->at, n, sizeof *out->at + 1));
    out->species = (uint8_t *)(out->at + n);
    OA_TRY(oa_worker_scratch(worker, SLOT_LISTS, &out->domain, n, 3 * sizeof *out->domain));
    out->list[0] = out->domain + n;
    out->list[1] = out->list[0] + n;
    return oa_worker_scratch(worker, SLOT_PLACES, &out->place, n, sizeof *out->place);
}

static void fill_sites(const cube *c, cube_sites *out)
{
    const int last = 2 * c->cells;
    uint32_t i = 0;
    for (int h = 0; h <= last; h++)
        for (int k = 0; k <= last; k++)
            for (int l = (h + k) & 1; l <= last; l += 2, i++) {
                out->at[i][0] = (int16_t)h;
                out->at[i][1] = (int16_t)k;
                out->at[i][2] = (int16_t)l;
            }
}

/* Rows of the sites in planes h of half cells: (cells + 1)^2 + cells^2 where h is even, 2 cells (cells + 1) where it is odd. */
static uint32_t first_of_plane(const cube *c, int h)
{
    const uint64_t n = (uint64_t)c->cells, even = (n + 1) * (n + 1) + n * n, odd = 2 * n * (n + 1), pairs = (uint64_t)h / 2;
    return (uint32_t)(pairs * (even + odd) + (h & 1 ? even : 0));
}

static void mix(uint32_t *list, uint32_t n, uint32_t first, oa_random *random)
{
    for (uint32_t i = 0; i < first && i + 1 < n; i++) {
        const uint32_t other = i + (uint32_t)oa_random_below(random, n - i), held = list[i];
        list[i] = list[other];
        list[other] = held;
    }
}

/* floor(n share) sites of the list to every species, what is left to the one with the largest share. */
static void share_out(const synthesis *s, const double share[OA_ALLOY_MAX], uint32_t *list, uint32_t n, uint8_t *species, oa_random *random)
{
    int most = 0;
    uint32_t at = 0;
    mix(list, n, n, random);
    for (int e = 0; e < s->alloy.n; e++)
        if (share[e] > share[most]) most = e;
    for (int e = 0; e < s->alloy.n; e++)
        for (uint32_t k = (uint32_t)floor((double)n * share[e] + 1e-9); k > 0 && at < n; k--) species[list[at++]] = (uint8_t)e;
    while (at < n) species[list[at++]] = (uint8_t)most;
}

/* Sorts the sites of a sphere by sublattice: n[0] other ones, n[1] ordered. Centre in half cells from the corner, radius in half cells. */
static void find_inside(const cube *c, const oa_structure *structure, const int centre[3], double radius, cube_sites *sites, uint32_t n[2])
{
    const double most = radius * radius * (1 + 1e-9);
    const int reach = (int)radius + 1, from = centre[0] - reach, to = centre[0] + reach, last = 2 * c->cells, low = 2 * c->low;
    const uint32_t end = to >= last ? sites->n : first_of_plane(c, to + 1);
    n[0] = n[1] = 0;
    for (uint32_t i = from > 0 ? first_of_plane(c, from) : 0; i < end; i++) {
        const int h = sites->at[i][0], k = sites->at[i][1], l = sites->at[i][2];
        const double dh = h - centre[0], dk = k - centre[1], dl = l - centre[2];
        if (dh * dh + dk * dk + dl * dl > most) continue;
        const bool on = structure->is_ordered && structure->is_ordered(low + h, low + k, low + l);
        sites->list[on][n[on]++] = i;
    }
}

/* Shares in a domain of the cube: those of all its kind, unless the cube or the domain has its own share of the ordered species. */
static occupancy inside_of(const synthesis *s, const cube *c, const occupancy *kind, oa_random *draws)
{
    const synthesise_params *p = s->p;
    const bool is_between = strcmp(p->domain_composition, "between") == 0, is_neutral = strcmp(p->domain_composition, "neutral") == 0;
    const double stoichiometric = kind->structure->share > 0 ? kind->structure->share : c->fraction;
    occupancy own = *kind;
    if (is_between) synthesise_occupy(s, c->fraction + (stoichiometric - c->fraction) * oa_random_uniform(draws), &own);
    else if (is_neutral) synthesise_occupy(s, c->fraction, &own);
    return own;
}

static void add_domain(cube_work *w, const cube *c, size_t i, oa_random *draws, oa_random *random, cube_sites *sites)
{
    synthesis *s = w->s;
    const size_t d = c->first_domain + i, turn = i % (size_t)s->n_inside;
    const oa_reals *radii = &s->p->radii;
    oa_sphere *sphere = &s->spheres.sphere[d];
    int centre[3];
    uint32_t n[2];
    for (int axis = 0; axis < 3; axis++) centre[axis] = 2 * (int)(1 + oa_random_below(draws, (uint64_t)(c->cells - 1)));
    const double drawn = between(radii, draws);
    sphere->radius = radii->n > 2 ? radii->v[i % (size_t)radii->n] : drawn;
    for (int row = 0; row < 3; row++) {
        sphere->centre[row] = c->centre[row];
        for (int k = 0; k < 3; k++) sphere->centre[row] += s->lattice.half * c->turn[row][k] * (centre[k] - c->cells);
    }
    s->turn[d] = (uint8_t)turn;
    const occupancy inside = inside_of(s, c, &s->inside[turn], draws);
    find_inside(c, inside.structure, centre, sphere->radius / s->lattice.half, sites, n);
    for (int on = 0; on < 2; on++) {
        for (uint32_t k = 0; k < n[on]; k++) sites->domain[sites->list[on][k]] = (uint32_t)d + 1;
        share_out(s, inside.share[on], sites->list[on], n[on], sites->species, random);
    }
}

static void populate(cube_work *w, size_t number, cube_sites *sites)
{
    synthesis *s = w->s;
    const cube *c = &w->cube[number];
    oa_random matrix = stream(s, number, FOR_MATRIX), draws = stream(s, number, FOR_DOMAINS), inside = stream(s, number, FOR_INSIDE);
    for (uint32_t i = 0; i < sites->n; i++) sites->list[0][i] = i;
    occupancy outside = s->matrix;
    synthesise_occupy(s, c->fraction, &outside);
    share_out(s, outside.share[0], sites->list[0], sites->n, sites->species, &matrix);
    memset(sites->domain, 0, sites->n * sizeof *sites->domain);
    for (size_t i = 0; i < c->domains; i++) add_domain(w, c, i, &draws, &inside, sites);
    for (uint32_t i = 0; i < sites->n; i++)
        if (sites->domain[i]) atomic_fetch_add_explicit(&s->atoms[sites->domain[i] - 1], 1, memory_order_relaxed);
}

/* ---- what the atom probe makes of it ---- */

static double within(double value, double sigma, oa_random *random)
{
    return fabs(value) <= sigma ? value : sigma * (2 * oa_random_uniform(random) - 1);
}

/* The authors' program, as it is: outliers share one shift per cube and axis, and whether z is one is asked of a number drawn with the
 * lateral standard deviation. */
static void as_published(const cube *c, const double f[3], double g, double out[3])
{
    for (int d = 0; d < 2; d++) out[d] = fabs(f[d]) <= c->sigma_lateral ? f[d] : c->common[d];
    out[2] = fabs(f[2]) <= c->sigma_depth ? g : c->common[2];
}

static void displace(const cube *c, oa_random *random, double out[3])
{
    double f[3];
    for (int d = 0; d < 3; d++) f[d] = c->sigma_lateral * oa_random_normal(random);
    const double g = c->sigma_depth * oa_random_normal(random);
    if (c->noise == 'p') {
        as_published(c, f, g, out);
        return;
    }
    out[0] = f[0], out[1] = f[1], out[2] = g;
    if (c->noise == 't')
        for (int d = 0; d < 3; d++) out[d] = within(out[d], d < 2 ? c->sigma_lateral : c->sigma_depth, random);
}

static void find_places(cube_work *w, size_t number, cube_sites *sites)
{
    const cube *c = &w->cube[number];
    const double half = w->s->lattice.half;
    oa_random random = stream(w->s, number, FOR_NOISE);
    double shift[3];
    for (uint32_t i = 0; i < sites->n; i++) {
        const int16_t *at = sites->at[i];
        const double h = half * (at[0] - c->cells), k = half * (at[1] - c->cells), l = half * (at[2] - c->cells);
        displace(c, &random, shift);
        for (int d = 0; d < 3; d++)
            sites->place[i][d] = (float)(c->centre[d] + (c->turn[d][0] * h + c->turn[d][1] * k + c->turn[d][2] * l + shift[d]));
    }
}

/* The first so many of a random order are kept, in that order. */
static void detect(cube_work *w, size_t number, cube_sites *sites)
{
    const cube *c = &w->cube[number];
    oa_ions *ions = w->s->ions;
    float *const xyz[3] = { oa_ions__data(ions, OA_X), oa_ions__data(ions, OA_Y), oa_ions__data(ions, OA_Z) };
    uint8_t *type = oa_ions__data(ions, OA_TYPE);
    uint32_t *order = sites->list[0];
    oa_random random = stream(w->s, number, FOR_KEPT);
    for (uint32_t i = 0; i < sites->n; i++) order[i] = i;
    mix(order, sites->n, (uint32_t)c->ions, &random);
    for (uint64_t i = 0; i < c->ions; i++) {
        const uint64_t row = c->first + i;
        for (int d = 0; d < 3; d++) xyz[d][row] = sites->place[order[i]][d];
        type[row] = (uint8_t)(1 + sites->species[order[i]]);
        w->s->domain[row] = sites->domain[order[i]];
        w->number[row] = (uint32_t)number + 1;
    }
}

static oa_status make_cube(void *arg, oa_span span, oa_worker *worker)
{
    cube_work *w = arg;
    cube_sites sites;
    OA_TRY(make_room(worker, &w->cube[span.begin], &sites));
    fill_sites(&w->cube[span.begin], &sites);
    populate(w, span.begin, &sites);
    find_places(w, span.begin, &sites);
    detect(w, span.begin, &sites);
    return OA_OK;
}

/* ---- putting ---- */

static oa_status put_cubes(oa_run *run, const cube_work *w)
{
    static const char *const counts[] = { "cubes/ions", "cubes/atoms", "cubes/first_ion" }, *const words[] = { "cubes/cube", "cubes/part",
                             "cubes/domains", "cubes/cells" };
    static const char *const reals[] = { "cubes/x", "cubes/y", "cubes/z", "cubes/angle_x", "cubes/angle_y", "cubes/angle_z",
                                         "cubes/sigma_lateral", "cubes/sigma_depth", "cubes/efficiency" };
    uint64_t *count[3];
    uint32_t *word[4];
    double *real[9];
    for (int k = 0; k < 3; k++) OA_TRY(oa_put_array(run, counts[k], 1, &w->n, &count[k]));
    for (int k = 0; k < 4; k++) OA_TRY(oa_put_array(run, words[k], 1, &w->n, &word[k]));
    for (int k = 0; k < 9; k++) OA_TRY(oa_put_array(run, reals[k], 1, &w->n, &real[k]));
    for (size_t i = 0; i < w->n; i++) {
        const cube *c = &w->cube[i];
        count[0][i] = c->ions, count[1][i] = c->sites, count[2][i] = c->first;
        word[0][i] = (uint32_t)i + 1, word[1][i] = c->part, word[2][i] = (uint32_t)c->domains, word[3][i] = (uint32_t)c->cells;
        for (int d = 0; d < 3; d++) real[d][i] = c->centre[d], real[3 + d][i] = c->angle[d];
        real[6][i] = c->sigma_lateral, real[7][i] = c->sigma_depth, real[8][i] = c->efficiency;
    }
    return oa_put_long_name(run, "cubes/part", "part: 0 training,1 validation,2 test");
}

oa_status synthesise_make_cubes(oa_run *run, synthesis *s)
{
    cube_work w = { .s = s, .n = (size_t)s->p->cubes };
    size_t n;
    OA_TRY(set_occupancies(run, s));
    OA_TRY(oa_scratch(run, &w.cube, w.n, sizeof *w.cube));
    OA_TRY(plan(&w, &n));
    OA_TRY(oa_scratch(run, &s->atoms, s->spheres.n, sizeof *s->atoms));
    OA_TRY(oa_scratch(run, &s->turn, s->spheres.n, sizeof *s->turn));
    OA_TRY(oa_new(run->context, &s->spheres.sphere, s->spheres.n, sizeof *s->spheres.sphere));
    OA_TRY(synthesise_put_ions(run, s, n));
    OA_TRY(oa_put_array(run, "truth/cube", 1, &n, &w.number));
    oa_phase(run->context, "cubes");
    OA_TRY(oa_parallel(run->context, w.n, 1, make_cube, &w));
    return put_cubes(run, &w);
}

/* 29 bytes an ion in columns and truth, and as many again by half while they are written; 31 a site of the cubes under work: those for tests, which are made last, and others. */
double synthesise_cubes_memory(const synthesise_params *p, int threads)
{
    double ions = 0, tests = 0;
    for (size_t i = 0; i < (size_t)p->cubes; i++) {
        const bool is_test = part_of(i, (size_t)p->cubes) == CUBES_TEST;
        ions += (double)sites_of(edge_of(p, is_test)) * p->efficiency.v[p->efficiency.n - 1];
        tests += is_test;
    }
    const double at_once = fmin(threads, (double)p->cubes), large = fmin(at_once, tests);
    return 42 * ions + 32 * (large * (double)sites_of(edge_of(p, true)) + (at_once - large) * (double)sites_of(edge_of(p, false)));
}
