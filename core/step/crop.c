/* crop.c - keep the ions inside a box, a cylinder or a sphere. */
#include "step/step.h"

typedef struct crop_params {
    oa_reals roi, cylinder, sphere;
    int64_t every;
} crop_params;

static const oa_param crop_table[] = {
    OA_PARAM(crop_params, roi, .unit = OA_NM, .n_min = 6, .n_max = 6,
             .help = "box xlo,xhi,ylo,yhi,zlo,zhi, half-open [lo, hi); left out: no box"),
    OA_PARAM(crop_params, cylinder, .unit = OA_NM, .n_min = 5, .n_max = 5,
             .help = "x,y,radius,zlo,zhi of an upright cylinder, radius included, z half-open"),
    OA_PARAM(crop_params, sphere, .unit = OA_NM, .n_min = 4, .n_max = 4,
             .help = "x,y,z,radius of a sphere, radius included"),
    OA_PARAM(crop_params, every, .dflt = 1, .min = 1, .max = 4294967295.0,
             .help = "of the ions inside keep the first of every so many, in evaporation order"),
    OA_PARAM_END
};

static const oa_slot crop_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ions to choose from" },
    OA_SLOT_END
};

static const oa_output crop_outputs[] = {
    { .name = "ions", .help = "the ions inside; evaporation_id says which they were" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions kept" },
    { .name = "summary/ions_before", .type = OA_U64, .help = "ions there were" },
    OA_OUTPUT_END
};

static bool is_inside(const crop_params *p, double x, double y, double z)
{
    const double *b = p->roi.v, *c = p->cylinder.v, *s = p->sphere.v;
    if (p->roi.n && !(x >= b[0] && x < b[1] && y >= b[2] && y < b[3] && z >= b[4] && z < b[5])) return false;
    if (p->cylinder.n) {
        const double dx = x - c[0], dy = y - c[1];
        if (!(dx * dx + dy * dy <= c[2] * c[2] && z >= c[3] && z < c[4])) return false;
    }
    if (p->sphere.n) {
        const double dx = x - s[0], dy = y - s[1], dz = z - s[2];
        if (!(dx * dx + dy * dy + dz * dz <= s[3] * s[3])) return false;
    }
    return true;
}

static oa_status crop_check(oa_context *context, const void *params)
{
    const crop_params *p = params;
    for (int axis = 0; p->roi.n && axis < 3; axis++)
        if (!(p->roi.v[2 * axis] < p->roi.v[2 * axis + 1]))
            return oa_fail_at(context, OA_IN_PARAMETER("roi"), "E_PARAMETER_RANGE",
                              "roi: %g to %g nm along %c is empty; give lo < hi", p->roi.v[2 * axis],
                              p->roi.v[2 * axis + 1], "xyz"[axis]);
    if (p->cylinder.n && !(p->cylinder.v[2] > 0 && p->cylinder.v[3] < p->cylinder.v[4]))
        return oa_fail_at(context, OA_IN_PARAMETER("cylinder"), "E_PARAMETER_RANGE",
                          "cylinder is x,y,radius,zlo,zhi; the radius must be > 0 and zlo < zhi");
    if (p->sphere.n && !(p->sphere.v[3] > 0))
        return oa_fail_at(context, OA_IN_PARAMETER("sphere"), "E_PARAMETER_RANGE",
                          "sphere is x,y,z,radius; the radius is %g nm and must be > 0", p->sphere.v[3]);
    return OA_OK;
}

static oa_status crop_run(oa_run *run, const void *params)
{
    const crop_params *p = params;
    oa_ions *ions;
    OA_TRY(oa_run_take_ions(run, "ions", &ions));
    OA_TRY(oa_put_ions(run, ions));
    const size_t before = ions->n;
    const float *x = oa_ions__f32(ions, OA_X), *y = oa_ions__f32(ions, OA_Y), *z = oa_ions__f32(ions, OA_Z);

    /* Counted first, so that the list is as long as the answer and no longer. */
    size_t inside = 0, kept = 0;
    for (size_t i = 0; i < before; i++)
        if (is_inside(p, x[i], y[i], z[i])) kept += inside++ % (size_t)p->every == 0;
    oa_block *list;
    OA_TRY(oa_block_new(run->context, &list, kept, sizeof(uint32_t)));
    uint32_t *row = list->data;
    inside = 0;
    for (size_t i = 0; i < before; i++)
        if (is_inside(p, x[i], y[i], z[i]) && inside++ % (size_t)p->every == 0) *row++ = (uint32_t)i;
    OA_TRY(oa_ions__keep(ions, list, kept));

    if (kept == 0) oa_note(run, "W_NO_IONS", "no ion lies inside; the result is empty");
    OA_TRY(oa_put_count(run, "summary/ions", kept));
    return oa_put_count(run, "summary/ions_before", before);
}

const oa_step oa_step_crop = {
    .name = "crop",
    .version = 1,
    .title = "Keep the ions of a region",
    .help = "Keeps the ions inside a box, a cylinder or a sphere (all that are given), and of these one in every so many. "
            "The order of evaporation and the evaporation_id of each ion are kept.",
    .params = crop_table, .params_size = sizeof(crop_params),
    .slots = crop_slots,  .outputs = crop_outputs,
    .check = crop_check,  .run = crop_run,
};
