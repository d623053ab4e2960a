/* spheres.c - spheres without overlap in a box. */
#include "math/spheres.h"

#include <math.h>

enum { TRIES = 10000, CELLS_MAX = 64 };

static double widest(const oa_spheres *s) { return fmax(s->stretch[0], fmax(s->stretch[1], s->stretch[2])); }

static bool is_free(const oa_spheres *s, size_t i, double gap)
{
    const double wide = widest(s), *c = s->sphere[i].centre;
    for (size_t k = 0; k < i; k++) {
        const double *o = s->sphere[k].centre, reach = (s->sphere[i].radius + s->sphere[k].radius) * wide + gap;
        const double dx = c[0] - o[0], dy = c[1] - o[1], dz = c[2] - o[2];
        if (dx * dx + dy * dy + dz * dz < reach * reach) return false;
    }
    return true;
}

static oa_status place_one(oa_spheres *s, size_t i, const double box[6], double gap, oa_random *random)
{
    oa_sphere *sphere = &s->sphere[i];
    for (int d = 0; d < 3; d++)
        if (2 * sphere->radius * s->stretch[d] > box[2 * d + 1] - box[2 * d])
            return oa_fail_at(s->context, OA_IN_PARAMETER("radii"), "E_PARAMETER_RANGE",
                              "a domain of radius %g nm does not fit into the box, which is %g nm along %c", sphere->radius,
                              box[2 * d + 1] - box[2 * d], "xyz"[d]);
    for (int attempt = 0; attempt < TRIES; attempt++) {
        for (int d = 0; d < 3; d++) {
            const double margin = sphere->radius * s->stretch[d];
            const double low = box[2 * d] + margin, high = box[2 * d + 1] - margin;
            sphere->centre[d] = low + (high - low) * oa_random_uniform(random);
        }
        if (is_free(s, i, gap)) return OA_OK;
    }
    return oa_fail_at(s->context, OA_IN_PARAMETER("domains"), "E_PARAMETER_RANGE",
                      "no room for domain %zu of %zu (radius %g nm) without overlap after %d tries; ask for fewer or smaller ones",
                      i + 1, s->n, sphere->radius, TRIES);
}

/* ---- cells ---- */

static void cells_of(const oa_spheres *s, const oa_sphere *sphere, int from[3], int to[3])
{
    for (int d = 0; d < 3; d++) {
        const double half = sphere->radius * s->stretch[d];
        from[d] = (int)fmax(0, floor((sphere->centre[d] - half - s->low[d]) / s->cell[d]));
        to[d] = (int)fmin(s->cells[d] - 1, floor((sphere->centre[d] + half - s->low[d]) / s->cell[d]));
    }
}

static size_t cell_number(const oa_spheres *s, int i, int j, int k)
{
    return ((size_t)k * (size_t)s->cells[1] + (size_t)j) * (size_t)s->cells[0] + (size_t)i;
}

/* Counts (member NULL) or enters every sphere in the cells it meets. */
static void enter_cells(oa_spheres *s)
{
    for (size_t n = 0; n < s->n; n++) {
        int from[3], to[3];
        cells_of(s, &s->sphere[n], from, to);
        for (int k = from[2]; k <= to[2]; k++)
            for (int j = from[1]; j <= to[1]; j++)
                for (int i = from[0]; i <= to[0]; i++) {
                    uint32_t *at = &s->first[cell_number(s, i, j, k) + (s->member ? 0 : 1)];
                    if (s->member) s->member[*at] = (uint32_t)n;
                    ++*at;
                }
    }
}

/* Counting sort: after entering, first[c] has moved to the begin of cell c + 1, and is moved back. */
static oa_status make_cells(oa_spheres *s, const double box[6])
{
    for (int d = 0; d < 3; d++) {
        const double width = box[2 * d + 1] - box[2 * d];
        s->low[d] = box[2 * d];
        s->cells[d] = (int)fmin(CELLS_MAX, fmax(1, floor(width / (s->sphere[0].radius * s->stretch[d]))));
        s->cell[d] = width / s->cells[d];
    }
    const size_t n = (size_t)s->cells[0] * (size_t)s->cells[1] * (size_t)s->cells[2];
    OA_TRY(oa_new(s->context, &s->first, n + 1, sizeof *s->first));
    enter_cells(s);
    for (size_t c = 0; c < n; c++) s->first[c + 1] += s->first[c];
    OA_TRY(oa_new(s->context, &s->member, s->first[n], sizeof *s->member));
    enter_cells(s);
    for (size_t c = n; c > 0; c--) s->first[c] = s->first[c - 1];
    s->first[0] = 0;
    return OA_OK;
}

oa_status oa_spheres__place(oa_spheres *s, const double box[6], double gap, oa_random *random)
{
    for (size_t i = 0; i < s->n; i++) {
        OA_TRY(oa_check_cancelled(s->context));
        OA_TRY(place_one(s, i, box, gap, random));
    }
    return s->n ? make_cells(s, box) : OA_OK;
}

uint32_t oa_spheres__find(const oa_spheres *s, double x, double y, double z)
{
    const double at[3] = { x, y, z };
    int cell[3];
    if (!s->n) return 0;
    for (int d = 0; d < 3; d++) {
        const double c = (at[d] - s->low[d]) / s->cell[d];
        if (!(c >= 0 && c < s->cells[d])) return 0;
        cell[d] = (int)c;
    }
    const size_t number = cell_number(s, cell[0], cell[1], cell[2]);
    for (uint32_t m = s->first[number]; m < s->first[number + 1]; m++) {
        const oa_sphere *sphere = &s->sphere[s->member[m]];
        const double dx = (x - sphere->centre[0]) / s->stretch[0], dy = (y - sphere->centre[1]) / s->stretch[1];
        const double dz = (z - sphere->centre[2]) / s->stretch[2];
        if (dx * dx + dy * dy + dz * dz <= sphere->radius * sphere->radius) return s->member[m] + 1;
    }
    return 0;
}

void oa_spheres__drop(oa_spheres *s)
{
    oa_free(s->context, s->sphere);
    oa_free(s->context, s->first);
    oa_free(s->context, s->member);
    s->sphere = NULL;
    s->first = s->member = NULL;
    s->n = 0;
}
