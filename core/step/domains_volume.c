/* domains_volume.c - how many domains there are in which volume. Volumes after the scripts of Li et al., Adv. Mater. 2024,
 * 2407564: that of the tip, or of a box cut out of it, scaled by the numbers of ranged ions. */
#include <math.h>
#include <string.h>

#include "step/domains.h"

static const char *const grid_names[3] = { "pixels/grid_x", "pixels/grid_y", "pixels/grid_z" };

/* The pixels of a result, n of one edge along each axis, given by their centres. Its edge comes from any axis that has two. */
static bool box_of_pixels(const oa_values *result, int task, double box[6])
{
    const oa_array *grid[3];
    double edge = 0;
    for (int axis = 0; axis < 3; axis++) {
        grid[axis] = oa_values_find(result, task, grid_names[axis]);
        if (!grid[axis] || oa_array_count(grid[axis]) == 0) return false;
        if (oa_array_count(grid[axis]) > 1) edge = oa_array_real(grid[axis], 1) - oa_array_real(grid[axis], 0);
    }
    for (int axis = 0; axis < 3; axis++) {
        box[2 * axis] = oa_array_real(grid[axis], 0) - edge / 2;
        box[2 * axis + 1] = oa_array_real(grid[axis], oa_array_count(grid[axis]) - 1) + edge / 2;
    }
    return edge > 0;
}

oa_status oa_domains__box(oa_run *run, const domains_params *p, const oa_input *input, int task, double box[6])
{
    static const double nothing[6] = { 0 };
    if (p->roi.n != 6 && input->result && box_of_pixels(input->result, task, box)) return OA_OK;
    if (p->roi.n == 6 || input->ions->n) return oa_roi_resolve(run, input->ions, &p->roi, 0, box);
    memcpy(box, nothing, sizeof nothing);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- counts */

static bool holds(const double box[6], double x, double y, double z)
{
    return x >= box[0] && x < box[1] && y >= box[2] && y < box[3] && z >= box[4] && z < box[5];
}

static double volume_of(const double box[6]) { return (box[1] - box[0]) * (box[3] - box[2]) * (box[5] - box[4]); }

static bool is_ranged(const oa_ions *ions, size_t i) { return !oa_ions__data(ions, OA_TYPE) || oa_ions__type(ions, i) != 0; }

/* Ranged ions in a box (NULL: all). Where ions were never ranged, all count. */
static uint64_t ranged_in(const oa_grouping *g, const double *box)
{
    uint64_t n = 0;
    for (size_t i = 0; i < g->points.n; i++)
        n += is_ranged(g->ions, i) && (!box || holds(box, (double)g->points.x[i], (double)g->points.y[i], (double)g->points.z[i]));
    return n;
}

/* ---------------------------------------------------------------------------------------------- volumes */

/* Smallest and largest coordinate of the ions with z above a limit; false: there are none. */
static bool extent(const oa_grouping *g, double above, double lo[3], double hi[3])
{
    bool found = false;
    for (size_t i = 0; i < g->points.n; i++) {
        const double p[3] = { (double)g->points.x[i], (double)g->points.y[i], (double)g->points.z[i] };
        if (!(p[2] > above)) continue;
        for (int axis = 0; axis < 3; axis++) {
            if (!found || p[axis] < lo[axis]) lo[axis] = p[axis];
            if (!found || p[axis] > hi[axis]) hi[axis] = p[axis];
        }
        found = true;
    }
    return found;
}

/* V = pi h (r1^2 + r2^2 + r1 r2) / 3, h = |z_min| + |z_max|, r2 = (|x_min| + |x_max|) / 2 of all ions, r1 the same of the ions
 * with z > -1: a tip that points up, its apex at z = 0. */
static oa_status frustum(oa_run *run, const oa_grouping *g, double pi, double *out)
{
    double lo[3] = { 0 }, hi[3] = { 0 }, top_lo[3] = { 0 }, top_hi[3] = { 0 };
    const bool has_ions = extent(g, -INFINITY, lo, hi), has_top = extent(g, -1, top_lo, top_hi);
    if (!has_ions || !has_top || lo[2] > 0)
        return oa_fail_at(run->context, OA_IN_PARAMETER("volume"), "E_PARAMETER_VALUE",
                          "the ions span %g to %g nm along z; a frustum needs the apex of the tip at z = 0 and the rest below; give volume roi or cube",
                          lo[2], hi[2]);
    const double h = fabs(lo[2]) + fabs(hi[2]), r2 = (fabs(lo[0]) + fabs(hi[0])) / 2, r1 = (fabs(top_lo[0]) + fabs(top_hi[0])) / 2;
    *out = pi * h * (r1 * r1 + r2 * r2 + r1 * r2) / 3;
    return OA_OK;
}

/* A volume scaled by the ranged ions in the region and in the volume. */
static oa_status scale(oa_run *run, const oa_grouping *g, const double box[6], const double *whole, double volume, double *out)
{
    const uint64_t inside = ranged_in(g, box), all = ranged_in(g, whole);
    if (!all)
        return oa_fail_at(run->context, OA_IN_PARAMETER(whole ? "cube" : "volume"), "E_ROI_OUTSIDE",
                          "the volume that is to be scaled holds no ranged ion; give one inside the specimen");
    *out = volume * (double)inside / (double)all;
    return OA_OK;
}

static oa_status find_volume(oa_run *run, const domains_params *p, const oa_grouping *g, const double box[6], double *out)
{
    double whole[6], tip = 0;
    *out = volume_of(box);
    if (strcmp(p->volume, "roi") == 0) return OA_OK;
    if (strcmp(p->volume, "cube") == 0) {
        OA_TRY(oa_roi_resolve(run, g->ions, &p->cube, 0, whole));
        return scale(run, g, box, whole, volume_of(whole), out);
    }
    OA_TRY(frustum(run, g, strcmp(p->volume, "frustum_3.14") == 0 ? 3.14 : acos(-1), &tip));
    return scale(run, g, box, NULL, tip, out);
}

/* ---------------------------------------------------------------------------------------------- outputs */

/* Ions of domains in the box among those that could be in one: ions share the volume alike. */
static oa_status put_fraction(oa_run *run, const domains_params *p, const oa_grouping *g, const double box[6])
{
    uint64_t inside = 0, all = 0;
    bool *is_member = NULL;
    if (p->species[0]) OA_TRY(oa_domains__species(run, g->ions, p->species, &is_member));
    for (size_t i = 0; i < g->points.n; i++) {
        if (!holds(box, (double)g->points.x[i], (double)g->points.y[i], (double)g->points.z[i])) continue;
        if (is_member && !is_member[oa_ions__type(g->ions, i)]) continue;
        all++;
        inside += g->domain[i] != 0;
    }
    return all ? oa_put_real(run, "summary/volume_fraction", (double)inside / (double)all) : OA_OK;
}

oa_status oa_domains__put_volume(oa_run *run, const domains_params *p, const oa_grouping *g, const double box[6])
{
    double volume;
    OA_TRY(put_fraction(run, p, g, box));
    if (strcmp(p->volume, "none") == 0) return OA_OK;
    OA_TRY(find_volume(run, p, g, box, &volume));
    OA_TRY(oa_put_real(run, "summary/volume", volume));
    if (!(volume > 0)) return OA_OK;
    OA_TRY(oa_put_real(run, "summary/number_density", g->n_domains / volume));
    return oa_put_real(run, "summary/number_density_error", sqrt((double)g->n_domains) / volume);
}
