/* lattice.c - crystals and their ordered structures. */
#include "math/lattice.h"

#include <math.h>
#include <string.h>

/* ---- structures: Strukturbericht names in small letters ---- */

static bool all_even(int32_t h, int32_t k, int32_t l) { return ((h | k | l) & 1) == 0; }

static bool on_l12(int32_t h, int32_t k, int32_t l) { return all_even(h, k, l); }

static bool on_l10(int32_t h, int32_t k, int32_t l)
{
    (void)h, (void)k;
    return (l & 1) == 0;
}

/* Halved sums stay whole: h + k + l is even on fcc. */
static bool on_l11(int32_t h, int32_t k, int32_t l) { return (((h + k + l) / 2) & 1) == 0; }

/* (0,0,0) and (1/2,1/2,1) in a cell a, a, 2a. */
static bool on_d022(int32_t h, int32_t k, int32_t l)
{
    return (l & 3) == 0 ? all_even(h, k, l) : (l & 3) == 2 && (h & 1) && (k & 1);
}

static bool on_d022_x(int32_t h, int32_t k, int32_t l) { return on_d022(k, l, h); }

static bool on_b2(int32_t h, int32_t k, int32_t l) { return all_even(h, k, l); }

/* Of the cube corners (i, j, k) those with i + j + k odd. */
static bool on_d03(int32_t h, int32_t k, int32_t l) { return all_even(h, k, l) && (((h + k + l) / 2) & 1); }

const oa_structure oa_structures[] = {
    { "fcc", OA_FCC, 0, NULL, "face-centred cubic, no order" },
    { "bcc", OA_BCC, 0, NULL, "body-centred cubic, no order" },
    { "l12", OA_FCC, 0.25, on_l12, "Cu3Au: cube corners ordered" },
    { "l10", OA_FCC, 0.5, on_l10, "CuAu: every other (001) plane ordered" },
    { "d022", OA_FCC, 0.25, on_d022, "Al3Ti with its long axis along [001]" },
    { "d022x", OA_FCC, 0.25, on_d022_x, "Al3Ti with its long axis along [100]: invisible along [001]" },
    { "l11", OA_FCC, 0.5, on_l11, "CuPt: every other (111) plane ordered" },
    { "b2", OA_BCC, 0.5, on_b2, "CsCl: cube corners ordered" },
    { "d03", OA_BCC, 0.25, on_d03, "Fe3Al: every other cube corner ordered" },
    { .name = NULL },
};

const oa_structure *oa_structure__find(const char *name)
{
    for (const oa_structure *s = oa_structures; s->name; s++)
        if (strcmp(s->name, name) == 0) return s;
    return NULL;
}

unsigned oa_structure__number(const oa_structure *structure) { return (unsigned)(structure - oa_structures); }

const int32_t oa_translations[2][OA_TRANSLATIONS][3] = {
    { { 0, 0, 0 }, { 1, 1, 0 }, { 1, 0, 1 }, { 0, 1, 1 }, { 0, 0, 2 }, { 1, 1, 2 }, { 1, 0, 3 }, { 0, 1, 3 } },
    { { 0, 0, 0 }, { 1, 1, 1 }, { 2, 0, 0 }, { 3, 1, 1 }, { 0, 0, 2 }, { 1, 1, 3 }, { 0, 2, 0 }, { 1, 3, 1 } },
};

/* ---- the crystal in the specimen ---- */

static void multiply(double out[3][3], double a[3][3], double b[3][3])
{
    double product[3][3];
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) product[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
    memcpy(out, product, sizeof product);
}

static bool turn_to(const char *direction, double out[3][3])
{
    const double r2 = sqrt(0.5), r3 = sqrt(1 / 3.0), r6 = sqrt(1 / 6.0);
    const double d001[3][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } };
    const double d011[3][3] = { { r2, 0, -r2 }, { 0, 1, 0 }, { r2, 0, r2 } };
    const double d111[3][3] = { { r6, r6, -2 * r6 }, { -r2, r2, 0 }, { r3, r3, r3 } };
    if (strcmp(direction, "001") == 0) memcpy(out, d001, sizeof d001);
    else if (strcmp(direction, "011") == 0) memcpy(out, d011, sizeof d011);
    else if (strcmp(direction, "111") == 0) memcpy(out, d111, sizeof d111);
    else return false;
    return true;
}

oa_status oa_lattice__make(oa_context *context, oa_parent parent, double lattice_parameter, const char *direction,
                           double rotation, double tilt, oa_lattice *out)
{
    const double degree = 3.14159265358979323846 / 180;
    const double c = cos(rotation * degree), s = sin(rotation * degree), ct = cos(tilt * degree), st = sin(tilt * degree);
    double about_z[3][3] = { { c, -s, 0 }, { s, c, 0 }, { 0, 0, 1 } }, about_y[3][3] = { { ct, 0, st }, { 0, 1, 0 }, { -st, 0, ct } };
    *out = (oa_lattice){ .parent = parent, .half = lattice_parameter / 2 };
    if (!turn_to(direction, out->axes))
        return oa_fail_at(context, OA_IN_PARAMETER("orientation"), "E_PARAMETER_CHOICE",
                          "orientation is '%s'; it must be one of: 001, 011, 111", direction);
    if (rotation != 0) multiply(out->axes, about_z, out->axes);
    if (tilt != 0) multiply(out->axes, about_y, out->axes);
    return OA_OK;
}

/* ---- sites of a box: lines along the crystal's third axis, each clipped to the box ---- */

typedef struct scan {
    const oa_lattice *lattice;
    const double *box;
    int32_t first[3], last[3]; /* half cells that can lie in the box */
    oa_site_fn *fn;
    void *arg;
} scan;

static oa_status bound_indices(oa_context *context, scan *s)
{
    const oa_lattice *lattice = s->lattice;
    for (int axis = 0; axis < 3; axis++) {
        double low = INFINITY, high = -INFINITY;
        for (int corner = 0; corner < 8; corner++) {
            double along = 0; /* the inverse of axes is its transpose */
            for (int d = 0; d < 3; d++)
                along += lattice->axes[d][axis] * (s->box[2 * d + (corner >> d & 1)] - lattice->origin[d]);
            low = fmin(low, along / lattice->half);
            high = fmax(high, along / lattice->half);
        }
        if (!(low > 2.0 - OA_SITE_MAX && high < OA_SITE_MAX - 2.0))
            return oa_fail_at(context, OA_IN_PARAMETER("box"), "E_PARAMETER_RANGE",
                              "the box reaches %.0f half cells from the origin of the crystal; at most %d can be numbered",
                              fmax(-low, high), OA_SITE_MAX);
        s->first[axis] = (int32_t)floor(low) - 1;
        s->last[axis] = (int32_t)ceil(high) + 1;
    }
    return OA_OK;
}

/* The part of the line origin + t * along that can lie in the box, with room to spare. */
static bool clip_line(const scan *s, const double start[3], const double along[3], double *from, double *to)
{
    double low = s->first[2], high = s->last[2];
    for (int d = 0; d < 3; d++) {
        const double lo = s->box[2 * d] - start[d], hi = s->box[2 * d + 1] - start[d];
        if (fabs(along[d]) < 1e-9 * s->lattice->half) { /* in parallel: inside or not */
            if (lo > 1e-3 || hi < -1e-3) return false;
            continue;
        }
        const double a = lo / along[d], b = hi / along[d];
        low = fmax(low, fmin(a, b));
        high = fmin(high, fmax(a, b));
    }
    *from = low, *to = high;
    return low <= high + 2;
}

static void place(const oa_lattice *lattice, oa_site *site)
{
    const double h = site->h * lattice->half, k = site->k * lattice->half, l = site->l * lattice->half;
    const double(*m)[3] = lattice->axes;
    site->x = lattice->origin[0] + (m[0][0] * h + m[0][1] * k + m[0][2] * l);
    site->y = lattice->origin[1] + (m[1][0] * h + m[1][1] * k + m[1][2] * l);
    site->z = lattice->origin[2] + (m[2][0] * h + m[2][1] * k + m[2][2] * l);
}

static bool is_inside(const double b[6], const oa_site *site)
{
    return site->z >= b[4] && site->z < b[5] && site->y >= b[2] && site->y < b[3] && site->x >= b[0] && site->x < b[1];
}

static oa_status scan_line(const scan *s, int32_t h, int32_t k)
{
    const oa_lattice *lattice = s->lattice;
    const bool is_fcc = lattice->parent == OA_FCC;
    if (!is_fcc && ((h ^ k) & 1)) return OA_OK;
    double start[3], along[3], from, to;
    for (int d = 0; d < 3; d++) {
        start[d] = lattice->origin[d] + (lattice->axes[d][0] * h + lattice->axes[d][1] * k) * lattice->half;
        along[d] = lattice->axes[d][2] * lattice->half;
    }
    if (!clip_line(s, start, along, &from, &to)) return OA_OK;
    const int32_t parity = (is_fcc ? h + k : h) & 1, last = (int32_t)ceil(to) + 1;
    int32_t l = (int32_t)floor(from) - 1;
    if ((l & 1) != parity) l++;
    for (; l <= last; l += 2) {
        oa_site site = { .h = h, .k = k, .l = l };
        place(lattice, &site);
        if (is_inside(s->box, &site)) OA_TRY(s->fn(s->arg, &site));
    }
    return OA_OK;
}

oa_status oa_lattice__each(oa_context *context, const oa_lattice *lattice, const double box[6], oa_site_fn *fn, void *arg)
{
    scan s = { .lattice = lattice, .box = box, .fn = fn, .arg = arg };
    OA_TRY(bound_indices(context, &s));
    for (int32_t h = s.first[0]; h <= s.last[0]; h++) {
        OA_TRY(oa_check_cancelled(context));
        for (int32_t k = s.first[1]; k <= s.last[1]; k++) OA_TRY(scan_line(&s, h, k));
    }
    return OA_OK;
}

uint64_t oa_site__number(const oa_site *site)
{
    const uint64_t h = (uint64_t)(site->h + OA_SITE_MAX), k = (uint64_t)(site->k + OA_SITE_MAX), l = (uint64_t)(site->l + OA_SITE_MAX);
    return (h << 42) | (k << 21) | l;
}
