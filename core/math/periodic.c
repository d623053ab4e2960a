/* periodic.c - see periodic.h. */
#include "math/periodic.h"

#include <stdlib.h>
#include <string.h>

typedef struct kind {
    int sublattices;
    int32_t basis[OA_SUBLATTICES_MAX][3];
    bool is_flat;
} kind;

const char *const oa_periodic_names[] = { "fcc", "bcc", "sc", "square", NULL };
static const kind kinds[] = {
    { 4, { { 0, 0, 0 }, { 1, 1, 0 }, { 1, 0, 1 }, { 0, 1, 1 } }, false },
    { 2, { { 0, 0, 0 }, { 1, 1, 1 } }, false },
    { 1, { { 0, 0, 0 } }, false },
    { 1, { { 0, 0, 0 } }, true },
};
enum { SPAN = 8 }; /* half cells: no shell that can be asked for reaches further */

/* ---------------------------------------------------------------------------------------------- vectors */

static int floor_half(int32_t v) { return v >= 0 ? v / 2 : -((1 - v) / 2); }

/* The sublattice of a position, -1 where no site is. */
static int sublattice_of(const oa_periodic *p, const int32_t at[3])
{
    for (int b = 0; b < p->sublattices; b++) {
        bool same = true;
        for (int d = 0; d < 3; d++) same = same && ((at[d] - p->basis[b][d]) & 1) == 0;
        if (same) return b;
    }
    return -1;
}

/* Vectors to sites of that square distance, rising in x, then y, then z. */
static int add_shell(oa_periodic *p, bool is_flat, int square)
{
    const int first = p->n_vectors, high = is_flat ? 0 : SPAN;
    for (int32_t x = -SPAN; x <= SPAN; x++)
        for (int32_t y = -SPAN; y <= SPAN; y++)
            for (int32_t z = -high; z <= high; z++) {
                const int32_t v[3] = { x, y, z };
                if (x * x + y * y + z * z != square || sublattice_of(p, v) < 0) continue;
                memcpy(p->vector[p->n_vectors++], v, sizeof v);
            }
    if (p->n_vectors == first) return 0;
    oa_shell *shell = &p->shell[p->n_shells++];
    *shell = (oa_shell){ .first = first, .coordination = p->n_vectors - first, .square = square };
    for (int k = first; k < p->n_vectors; k++) {
        const int32_t *v = p->vector[k];
        if (v[0] < v[1] || v[1] < v[2] || v[2] < 0) continue;
        shell->h = (uint32_t)v[0], shell->k = (uint32_t)v[1], shell->l = (uint32_t)v[2];
    }
    return 1;
}

static void lead(oa_periodic *p, int b, int k)
{
    int32_t at[3], *step = p->step[b][k];
    for (int d = 0; d < 3; d++) {
        at[d] = p->basis[b][d] + p->vector[k][d];
        step[d] = floor_half(at[d]);
        const uint32_t span = (uint32_t)abs(step[d]);
        if (span > p->reach[d]) p->reach[d] = span;
    }
    p->to[b][k] = (uint8_t)sublattice_of(p, at);
    const int64_t nx = p->cells[0], ny = p->cells[1];
    p->offset[b][k] = (int32_t)(((int64_t)p->to[b][k] - b) * p->n_cells + (step[2] * ny + step[1]) * nx + step[0]);
}

/* shift = 31 + log2 n rounded up: the error of times, below 1, times a number below 2^31 stays below what one step of the quotient is. */
static oa_divisor divisor_of(uint32_t n)
{
    int bits = 0;
    while (UINT64_C(1) << bits < n) bits++;
    return (oa_divisor){ ((UINT64_C(1) << (31 + bits)) + n - 1) / n, 31 + bits };
}

static oa_status check_images(oa_context *context, const oa_periodic *p, const char *name)
{
    for (int k = 0; k < p->n_vectors; k++) {
        bool closes = true;
        for (int d = 0; d < 3; d++) closes = closes && p->vector[k][d] % (int32_t)(2 * p->cells[d]) == 0;
        if (closes)
            return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_PARAMETER_RANGE", "in a box of %u x %u x %u cells of %s some of the %d shells reach from a site "
                "to itself; "
                              "more cells or fewer shells would be right", p->cells[0], p->cells[1], p->cells[2], name, p->n_shells);
    }
    return OA_OK;
}

oa_status oa_periodic__make(oa_context *context, const char *name, const uint32_t cells[3], int shells, oa_periodic *out)
{
    int number = 0;
    while (oa_periodic_names[number] && strcmp(oa_periodic_names[number], name) != 0) number++;
    if (!oa_periodic_names[number] || shells < 1 || shells > OA_SHELLS_MAX)
        return oa_fail(context, "E_PARAMETER_CHOICE", "no lattice '%s' of %d shells; fcc, bcc, sc or square with 1 to %d would be right", name, shells, OA_SHELLS_MAX);
    const kind *of = &kinds[number];
    const double n = (double)cells[0] * cells[1] * cells[2] * of->sublattices;
    if (!(n <= INT32_MAX))
        return oa_fail_at(context, OA_IN_PARAMETER("cells"), "E_TOO_MANY_IONS", "the box has %.4g sites; at most %d can be held", n, INT32_MAX);
    memset(out, 0, sizeof *out);
    memcpy(out->cells, cells, sizeof out->cells);
    memcpy(out->basis, of->basis, sizeof out->basis);
    out->sublattices = of->sublattices;
    out->n_cells = cells[0] * cells[1] * cells[2];
    out->n = out->n_cells * (uint32_t)of->sublattices;
    for (int d = 0; d < 3; d++) out->by[d] = divisor_of(cells[d]);
    for (int square = 1; out->n_shells < shells; square++) add_shell(out, of->is_flat, square);
    for (int b = 0; b < out->sublattices; b++)
        for (int k = 0; k < out->n_vectors; k++) lead(out, b, k);
    for (int b = 0; b < out->sublattices; b++)
        for (int k = 0; k < out->n_vectors; k++)
            for (int d = 0; d < 3; d++) out->slot[b][k][d] = (uint8_t)(out->step[b][k][d] + (int32_t)out->reach[d]);
    return check_images(context, out, name);
}

/* ---------------------------------------------------------------------------------------------- sites */

static uint32_t wrapped(int64_t at, uint32_t n)
{
    const int64_t rest = at % n;
    return (uint32_t)(rest < 0 ? rest + n : rest);
}

/* True where no neighbour lies beyond a face of the box: neighbour k is then site + offset[sublattice][k]. */
static bool is_inside(const oa_periodic *p, const oa_spot *spot)
{
    bool inside = true;
    for (int d = 0; d < 3; d++) inside = inside & (spot->at[d] >= p->reach[d]) & (spot->at[d] + p->reach[d] < p->cells[d]);
    return inside;
}

/* What the steps of -reach ... reach cells along each axis add to the number of a site, faces crossed: neighbour k is the sum of three of them and
 * of to[sublattice][k] * n_cells. */
typedef struct faces {
    uint32_t add[3][2 * OA_REACH_MAX + 1];
} faces;

static void cross(const oa_periodic *p, const oa_spot *spot, faces *out)
{
    uint32_t times = 1;
    for (int d = 0; d < 3; d++) {
        const int64_t n = p->cells[d], reach = p->reach[d];
        for (int64_t step = -reach; step <= reach; step++) {
            int64_t to = (int64_t)spot->at[d] + step;
            while (to < 0) to += n;
            while (to >= n) to -= n;
            out->add[d][step + reach] = (uint32_t)to * times;
        }
        times *= p->cells[d];
    }
}

static uint32_t cross_to(const oa_periodic *p, const faces *f, uint32_t sublattice, int vector)
{
    const uint8_t *slot = p->slot[sublattice][vector];
    return p->to[sublattice][vector] * p->n_cells + f->add[0][slot[0]] + f->add[1][slot[1]] + f->add[2][slot[2]];
}

void oa_periodic__neighbours(const oa_periodic *p, uint32_t site, uint32_t *to)
{
    const oa_spot from = oa_periodic_spot(p, site);
    const int32_t *offset = p->offset[from.sublattice];
    if (is_inside(p, &from)) {
        for (int k = 0; k < p->n_vectors; k++) to[k] = site + (uint32_t)offset[k];
    } else {
        faces f;
        cross(p, &from, &f);
        for (int k = 0; k < p->n_vectors; k++) to[k] = cross_to(p, &f, from.sublattice, k);
    }
}

void oa_periodic__place(const oa_periodic *p, uint32_t site, int32_t place[3])
{
    const oa_spot s = oa_periodic_spot(p, site);
    for (int d = 0; d < 3; d++) place[d] = (int32_t)(2 * s.at[d]) + p->basis[s.sublattice][d];
}

uint32_t oa_periodic__site(const oa_periodic *p, const int32_t place[3])
{
    const int b = sublattice_of(p, place);
    if (b < 0) return OA_NO_SITE;
    uint32_t at[3];
    for (int d = 0; d < 3; d++) at[d] = (uint32_t)place[d] / 2;
    return (((uint32_t)b * p->cells[2] + at[2]) * p->cells[1] + at[1]) * p->cells[0] + at[0];
}

/* ---------------------------------------------------------------------------------------------- pairs */

/* Adds what n sites in a row make with the n they lead to. */
static void count_row(const uint8_t *from, const uint8_t *to, size_t n, int n_species, uint64_t *pairs)
{
    for (int a = 0; a + 1 < n_species; a++)
        for (int b = a; b < n_species; b++) {
            uint32_t here = 0;
            for (size_t i = 0; i < n; i++) here += (uint32_t)((from[i] == a) & (to[i] == b)) | (uint32_t)((from[i] == b) & (to[i] == a));
            pairs[a * n_species + b] += here;
        }
}

/* One row of cells along x, and the row that vector k leads to, which begins `shift` cells later and closes. */
static void count_line(const oa_periodic *p, const uint8_t *species, uint32_t b, int k, uint32_t y, uint32_t z, int n_species, uint64_t *pairs)
{
    const int32_t *step = p->step[b][k];
    const uint32_t nx = p->cells[0], shift = wrapped(step[0], nx);
    const uint32_t y1 = wrapped((int64_t)y + step[1], p->cells[1]), z1 = wrapped((int64_t)z + step[2], p->cells[2]);
    const uint8_t *from = species + ((size_t)(b * p->cells[2] + z) * p->cells[1] + y) * nx;
    const uint8_t *to = species + ((size_t)(p->to[b][k] * p->cells[2] + z1) * p->cells[1] + y1) * nx;
    count_row(from, to + shift, nx - shift, n_species, pairs);
    count_row(from + (nx - shift), to, shift, n_species, pairs);
}

/* One of a vector and its opposite. */
static bool is_forward(const int32_t v[3]) { return v[0] > 0 || (v[0] == 0 && (v[1] > 0 || (v[1] == 0 && v[2] > 0))); }

static void count_shell(const oa_periodic *p, const oa_shell *shell, const uint8_t *species, int n_species, uint64_t *pairs)
{
    for (int k = shell->first; k < shell->first + shell->coordination; k++) {
        if (!is_forward(p->vector[k])) continue;
        for (uint32_t b = 0; b < (uint32_t)p->sublattices; b++)
            for (uint32_t z = 0; z < p->cells[2]; z++)
                for (uint32_t y = 0; y < p->cells[1]; y++) count_line(p, species, b, k, y, z, n_species, pairs);
    }
}

/* Pairs of the last species with itself are what is left of all. */
void oa_periodic__count(const oa_periodic *p, const uint8_t *species, int n_species, uint64_t *pairs)
{
    const size_t square = (size_t)n_species * (size_t)n_species;
    memset(pairs, 0, (size_t)p->n_shells * square * sizeof *pairs);
    for (int m = 0; m < p->n_shells; m++) {
        uint64_t *here = pairs + (size_t)m * square, left = (uint64_t)p->n * (uint64_t)p->shell[m].coordination / 2;
        count_shell(p, &p->shell[m], species, n_species, here);
        for (int a = 0; a < n_species; a++)
            for (int b = a; b < n_species; b++) {
                left -= here[a * n_species + b];
                here[b * n_species + a] = here[a * n_species + b];
            }
        here[square - 1] = left;
    }
}
