/* diffuse.c - what a specimen would scatter: structure factors of its ions, and the diffuse intensity of their order, from ions or from
 * Warren-Cowley parameters. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "math/scattering.h"
#include "step/step.h"

typedef struct diffuse_params {
    const char *species, *shells, *q, *units;
    double lattice_parameter;
    oa_reals grid_from, grid_to, grid_points;
} diffuse_params;

enum { VECTORS_MAX = 1 << 24, SHELLS_MAX = 64, PLACE_MAX = 1000 };
#define TURN 6.283185307179586476925
#define LARGEST 1e6 /* of a component of q */

static const char *const unit_words[] = { "hkl", "per_nm", NULL };

static const oa_param diffuse_table[] = {
    OA_PARAM(diffuse_params, species, .dflt_text = "",
             .help = "species whose order scatters diffusely, an element or ion name: alpha(q) of the ions against all other types; ions without a type are left "
                 "out. Empty: the "
                     "structure factor of all ions alone"),
    OA_PARAM(diffuse_params, shells, .dflt_text = "",
             .help = "instead of ions, Warren-Cowley parameters of a cubic lattice: a site of each shell in half cells and its parameter, 1,1,0:-0.1;2,0,0:0.05; "
                 "permutations and "
                     "signs are meant too, and each shell is given once"),
    OA_PARAM(diffuse_params, q, .dflt_text = "", .help = "scattering vectors, three numbers each: 1,0,0;1,0.5,0. Empty: those of the grid"),
    OA_PARAM(diffuse_params, units, .dflt_text = "hkl", .choices = unit_words, .help = "of q and grid: hkl, in 2 pi over the lattice parameter, or per_nm, in 1/nm "
        "with 2 pi in it"),
    OA_PARAM(diffuse_params, lattice_parameter, .unit = OA_NM, .dflt = 0.36, .min = 0.1, .max = 2, .help = "edge of the cubic cell that hkl refer to; its axes are "
        "those of the ions"),
    OA_PARAM(diffuse_params, grid_from, .dflt_text = "0,0,0", .n_min = 3, .n_max = 3, .min = -LARGEST, .max = LARGEST, .help = "first vector of the grid"),
    OA_PARAM(diffuse_params, grid_to, .dflt_text = "2,2,0", .n_min = 3, .n_max = 3, .min = -LARGEST, .max = LARGEST, .help = "last vector of the grid"),
    OA_PARAM(diffuse_params, grid_points, .dflt_text = "41,41,1", .n_min = 3, .n_max = 3, .min = 1, .max = 100000, .help = "points along each axis, ends included"),
    OA_PARAM_END
};

static const oa_slot diffuse_slots[] = {
    { "ions", OA_TAKES_IONS, true, "ions; or give shells" },
    OA_SLOT_END
};

#define VECTORS(group) \
    { .name = group "/vector", .type = OA_U32, .shape = "(vector)", .is_optional = true, .help = "number of the vector, as given, from 0" }, \
    { .name = group "/q_x", .type = OA_F64, .shape = "(vector)", .unit = OA_PER_NM, .is_optional = true, .help = "scattering vector with 2 pi in it" }, \
    { .name = group "/q_y", .type = OA_F64, .shape = "(vector)", .unit = OA_PER_NM, .is_optional = true, .help = "scattering vector with 2 pi in it" }, \
    { .name = group "/q_z", .type = OA_F64, .shape = "(vector)", .unit = OA_PER_NM, .is_optional = true, .help = "scattering vector with 2 pi in it" }
#define GRID(group) \
    { .name = group "/grid_z", .type = OA_F64, .shape = "(nz)", .is_optional = true, .help = "third component of the vector, in the units asked for" }, \
    { .name = group "/grid_y", .type = OA_F64, .shape = "(ny)", .is_optional = true, .help = "second component" }, \
    { .name = group "/grid_x", .type = OA_F64, .shape = "(nx)", .is_optional = true, .help = "first component" }

static const oa_output diffuse_outputs[] = {
    { .name = "alpha_map/alpha", .type = OA_F64, .shape = "(nz, ny, nx)", .axes = "grid_z,grid_y,grid_x", .slice = "*,.,.", .is_plot = true, .is_optional = true,
      .help = "diffuse intensity of order in Laue units: 1 for none, without the lattice's own peaks" },
    GRID("alpha_map"),
    { .name = "alpha/alpha", .type = OA_F64, .shape = "(vector)", .axes = "vector", .is_plot = true, .is_optional = true,
        .help = "the same for the vectors of a list" },
    VECTORS("alpha"),
    { .name = "factor_map/structure_factor", .type = OA_F64, .shape = "(nz, ny, nx)", .axes = "grid_z,grid_y,grid_x", .slice = "*,.,.", .is_plot = true,
        .is_optional = true,
      .help = "square of the sum of exp(i q . r) over the ions, over their number: 1 on average where nothing is ordered, with a standard deviation of 1" },
    GRID("factor_map"),
    { .name = "factor/structure_factor", .type = OA_F64, .shape = "(vector)", .axes = "vector", .is_plot = true, .is_optional = true,
        .help = "the same for the vectors of a list" },
    VECTORS("factor"),
    { .name = "summary/vectors", .type = OA_U64, .help = "scattering vectors" },
    { .name = "summary/ions", .type = OA_U64, .is_optional = true, .help = "ions that scatter" },
    { .name = "summary/shells", .type = OA_U64, .is_optional = true, .help = "shells given" },
    { .name = "summary/species", .type = OA_TEXT, .is_optional = true, .help = "species whose order it is" },
    { .name = "summary/concentration", .type = OA_F64, .is_optional = true, .help = "its share of these ions" },
    { .name = "summary/largest_alpha", .type = OA_F64, .is_optional = true, .help = "largest diffuse intensity" },
    { .name = "summary/largest_structure_factor", .type = OA_F64, .is_optional = true, .help = "largest structure factor" },
    OA_OUTPUT_END
};

typedef struct diffuse_job {
    const diffuse_params *p;
    bool is_grid;
    size_t n, points[3];  /* vectors; along x, y, z of a grid */
    double *vectors;      /* (n, 3) turns per nm */
} diffuse_job;

/* ---------------------------------------------------------------------------------------------- vectors */

/* Three numbers between commas. */
static bool read_three(const char *text, size_t length, double out[3])
{
    for (int d = 0; d < 3; d++) {
        const char *comma = memchr(text, ',', length);
        const size_t own = comma && d < 2 ? (size_t)(comma - text) : length;
        if ((!comma && d < 2) || !oa_text_real(text, own, false, &out[d]) || !(fabs(out[d]) <= LARGEST)) return false;
        text += own + 1;
        length -= own + (d < 2);
    }
    return true;
}

static double turns(const diffuse_params *p, double component) { return strcmp(p->units, "hkl") == 0 ? component / p->lattice_parameter : component / TURN; }

static oa_status read_list(oa_run *run, diffuse_job *job)
{
    size_t n = 1;
    for (const char *c = job->p->q; *c; c++) n += *c == ';';
    if (n > VECTORS_MAX)
        return oa_fail_at(run->context, OA_IN_PARAMETER("q"), "E_PARAMETER_RANGE", "q has %zu vectors; at most %d would be right", n, VECTORS_MAX);
    OA_TRY(oa_scratch(run, &job->vectors, 3 * n, sizeof *job->vectors));
    for (const char *at = job->p->q;; at++) {
        const size_t length = strcspn(at, ";");
        double *v = job->vectors + 3 * job->n;
        if (length == 0 && !at[length] && job->n) break; /* a semicolon may end the list */
        if (!read_three(at, length, v))
            return oa_fail_at(run->context, OA_IN_PARAMETER("q"), "E_PARAMETER_VALUE", "vector %zu of q is '%.*s'; three numbers up to %g would be right, like "
                "1,0.5,0", job->n + 1,
                              (int)(length < 60 ? length : 60), at, LARGEST);
        for (int d = 0; d < 3; d++) v[d] = turns(job->p, v[d]);
        job->n++;
        at += length;
        if (!*at) break;
    }
    return OA_OK;
}

/* Component `axis` of grid point i, in the units asked for. */
static double grid_value(const diffuse_params *p, int axis, size_t i)
{
    const double from = p->grid_from.v[axis], to = p->grid_to.v[axis], n = p->grid_points.v[axis];
    return n > 1 ? from + (to - from) * ((double)i / (n - 1)) : from;
}

static oa_status lay_grid(oa_run *run, diffuse_job *job)
{
    const diffuse_params *p = job->p;
    double n = 1;
    for (int d = 0; d < 3; d++) {
        n *= p->grid_points.v[d];
        job->points[d] = (size_t)p->grid_points.v[d];
    }
    if (!(n <= VECTORS_MAX))
        return oa_fail_at(run->context, OA_IN_PARAMETER("grid_points"), "E_PARAMETER_RANGE", "the grid has %.4g vectors; at most %d would be right", n, VECTORS_MAX);
    job->is_grid = true;
    job->n = (size_t)n;
    OA_TRY(oa_scratch(run, &job->vectors, 3 * job->n, sizeof *job->vectors));
    double *v = job->vectors;
    for (size_t z = 0; z < job->points[2]; z++)
        for (size_t y = 0; y < job->points[1]; y++)
            for (size_t x = 0; x < job->points[0]; x++) {
                *v++ = turns(p, grid_value(p, 0, x));
                *v++ = turns(p, grid_value(p, 1, y));
                *v++ = turns(p, grid_value(p, 2, z));
            }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- putting */

typedef struct target {
    const char *list, *map; /* groups */
    const char *field;
} target;

static void name_of(char out[64], const char *group, const char *field)
{
    const size_t n = strlen(group);
    memcpy(out, group, n);
    out[n] = '/';
    memcpy(out + n + 1, field, strlen(field) + 1);
}

static oa_status put_grid(oa_run *run, const diffuse_job *job, const char *group, const char *field, double **out)
{
    static const char *const axes[3] = { "grid_x", "grid_y", "grid_z" }, *const letters[3] = { "h", "k", "l" };
    static const char *const inverse[3] = { "q_x (1/nm)", "q_y (1/nm)", "q_z (1/nm)" };
    const size_t dims[3] = { job->points[2], job->points[1], job->points[0] };
    char name[64];
    double *axis;
    name_of(name, group, field);
    OA_TRY(oa_put_array(run, name, 3, dims, out));
    for (int d = 0; d < 3; d++) {
        name_of(name, group, axes[d]);
        OA_TRY(oa_put_array(run, name, 1, &job->points[d], &axis));
        OA_TRY(oa_put_long_name(run, name, strcmp(job->p->units, "hkl") == 0 ? letters[d] : inverse[d]));
        for (size_t i = 0; i < job->points[d]; i++) axis[i] = grid_value(job->p, d, i);
    }
    return OA_OK;
}

static oa_status put_list(oa_run *run, const diffuse_job *job, const char *group, const char *field, double **out)
{
    static const char *const axes[3] = { "q_x", "q_y", "q_z" };
    char name[64];
    uint32_t *number;
    double *q;
    name_of(name, group, field);
    OA_TRY(oa_put_array(run, name, 1, &job->n, out));
    name_of(name, group, "vector");
    OA_TRY(oa_put_array(run, name, 1, &job->n, &number));
    for (size_t i = 0; i < job->n; i++) number[i] = (uint32_t)i;
    for (int d = 0; d < 3; d++) {
        name_of(name, group, axes[d]);
        OA_TRY(oa_put_array(run, name, 1, &job->n, &q));
        for (size_t i = 0; i < job->n; i++) q[i] = TURN * job->vectors[3 * i + (size_t)d];
    }
    return OA_OK;
}

static oa_status put_values(oa_run *run, const diffuse_job *job, target where, double **out)
{
    return job->is_grid ? put_grid(run, job, where.map, where.field, out) : put_list(run, job, where.list, where.field, out);
}

static double largest(const double *v, size_t n)
{
    double most = v[0];
    for (size_t i = 1; i < n; i++) most = v[i] > most ? v[i] : most;
    return most;
}

static const target alpha_place = { "alpha", "alpha_map", "alpha" }, factor_place = { "factor", "factor_map", "structure_factor" };

/* ---------------------------------------------------------------------------------------------- from shells */

static oa_status read_shell(oa_run *run, const char *at, size_t length, oa_alpha_shell *out)
{
    const char *colon = memchr(at, ':', length);
    double place[3];
    bool is_good = colon && read_three(at, (size_t)(colon - at), place) && oa_text_real(colon + 1, length - (size_t)(colon + 1 - at), false,
        &out->alpha) && fabs(out->alpha) <= LARGEST;
    for (int d = 0; is_good && d < 3; d++) {
        is_good = place[d] == floor(place[d]) && fabs(place[d]) <= PLACE_MAX;
        out->place[d] = is_good ? (int64_t)place[d] : 0;
    }
    if (is_good && (out->place[0] || out->place[1] || out->place[2])) return OA_OK;
    return oa_fail_at(run->context, OA_IN_PARAMETER("shells"), "E_PARAMETER_VALUE", "shells has '%.*s'; three whole numbers of half cells, not all 0, and a "
        "parameter would be right, "
                      "like 1,1,0:-0.1", (int)(length < 60 ? length : 60), at);
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = llabs(*(const int64_t *)a), y = llabs(*(const int64_t *)b);
    return (x < y) - (x > y);
}

/* One of the sites of a shell that stands for all: none below 0, falling. */
static oa_status check_new(oa_run *run, const oa_alpha_shell *shells, size_t n)
{
    int64_t own[3], other[3];
    memcpy(own, shells[n].place, sizeof own);
    qsort(own, 3, sizeof *own, by_size);
    for (size_t i = 0; i < n; i++) {
        memcpy(other, shells[i].place, sizeof other);
        qsort(other, 3, sizeof *other, by_size);
        if (llabs(own[0]) == llabs(other[0]) && llabs(own[1]) == llabs(other[1]) && llabs(own[2]) == llabs(other[2]))
            return oa_fail_at(run->context, OA_IN_PARAMETER("shells"), "E_PARAMETER_VALUE", "shells %zu and %zu are the same but for permutation and signs; once "
                "would be right", i + 1, n + 1);
    }
    return OA_OK;
}

static oa_status from_shells(oa_run *run, const diffuse_job *job)
{
    oa_alpha_shell shells[SHELLS_MAX];
    size_t n = 0;
    double *alpha;
    for (const char *at = job->p->shells;; at++) {
        const size_t length = strcspn(at, ";");
        if (length == 0 && !at[length] && n) break;
        if (n == SHELLS_MAX)
            return oa_fail_at(run->context, OA_IN_PARAMETER("shells"), "E_PARAMETER_RANGE", "shells has more than %d; fewer would be right", SHELLS_MAX);
        OA_TRY(read_shell(run, at, length, &shells[n]));
        OA_TRY(check_new(run, shells, n++));
        at += length;
        if (!*at) break;
    }
    OA_TRY(put_values(run, job, alpha_place, &alpha));
    for (size_t i = 0; i < job->n; i++) {
        double hkl[3];
        for (int d = 0; d < 3; d++) hkl[d] = job->vectors[3 * i + (size_t)d] * job->p->lattice_parameter;
        alpha[i] = oa_diffuse_alpha(shells, n, hkl);
        if (i % 4096 == 0) OA_TRY(oa_check_cancelled(run->context));
    }
    OA_TRY(oa_put_count(run, "summary/shells", n));
    return oa_put_real(run, "summary/largest_alpha", largest(alpha, job->n));
}

/* ---------------------------------------------------------------------------------------------- from ions */

/* Weights that are 0 on average: 1 - c of the species, -c of the others. */
static oa_status weigh(oa_run *run, const char *species, oa_scatterers *points, const oa_ions *ions, size_t *n_out, double *c_out)
{
    bool *is_member;
    uint8_t *take;
    double *weights;
    size_t n = 0, members = 0;
    if (!ions->ranges || !oa_ions__data(ions, OA_TYPE))
        return oa_fail(run->context, "E_NOT_RANGED", "the ions have no types, so no species can be told; run range with a range file first, or leave species out");
    OA_TRY(oa_scratch(run, &is_member, ions->ranges->n_types + 1, sizeof *is_member));
    OA_TRY(oa_scratch(run, &take, ions->n, sizeof *take));
    OA_TRY(oa_scratch(run, &weights, ions->n, sizeof *weights));
    OA_TRY(oa_ranges__species(run->context, ions->ranges, species, "species", is_member));
    for (size_t i = 0; i < ions->n; i++) {
        const unsigned type = oa_ions__type(ions, i);
        take[i] = type != 0;
        n += type != 0;
        members += type && is_member[type];
    }
    if (members == 0 || members == n)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_EMPTY_DATA", "%s are %s of the %zu ions with a type, so there is no order to scatter; give a "
            "species that is mixed with others",
                          species, members ? "all" : "none", n);
    const double c = (double)members / (double)n;
    for (size_t i = 0; i < ions->n; i++) weights[i] = (is_member[oa_ions__type(ions, i)] ? 1.0 : 0.0) - c;
    points->take = take;
    points->weights = weights;
    *n_out = n;
    *c_out = c;
    return OA_OK;
}

static oa_status from_ions(oa_run *run, const diffuse_job *job, const oa_ions *ions)
{
    oa_scatterers points = { ions->n, oa_ions__f32(ions, OA_X), oa_ions__f32(ions, OA_Y), oa_ions__f32(ions, OA_Z), NULL, NULL };
    const char *species = job->p->species;
    double *factor, *alpha = NULL, c = 0;
    size_t n = ions->n;
    if (species[0]) OA_TRY(weigh(run, species, &points, ions, &n, &c));
    if (n < 2) return oa_fail(run->context, "E_FEW_IONS", "%zu ions scatter nothing that could interfere; two or more would be right", n);
    if (species[0]) OA_TRY(put_values(run, job, alpha_place, &alpha)); /* what is put first is seen first */
    OA_TRY(put_values(run, job, factor_place, &factor));
    oa_phase(run->context, "scatter");
    OA_TRY(oa_diffuse__squares(run->context, run->context->kernels, &points, job->vectors, job->n, factor, alpha));
    for (size_t i = 0; i < job->n; i++) {
        factor[i] /= (double)n;
        if (alpha) alpha[i] /= (double)n * c * (1 - c);
    }
    OA_TRY(oa_put_count(run, "summary/ions", n));
    OA_TRY(oa_put_real(run, "summary/largest_structure_factor", largest(factor, job->n)));
    if (!alpha) return OA_OK;
    OA_TRY(oa_put_text(run, "summary/species", species));
    OA_TRY(oa_put_real(run, "summary/concentration", c));
    return oa_put_real(run, "summary/largest_alpha", largest(alpha, job->n));
}

/* ---------------------------------------------------------------------------------------------- the step */

static oa_status diffuse_check(oa_context *context, const void *params)
{
    const diffuse_params *p = params;
    const oa_reals *lists[3] = { &p->grid_from, &p->grid_to, &p->grid_points };
    static const char *const names[3] = { "grid_from", "grid_to", "grid_points" };
    for (int i = 0; i < 3; i++)
        if (lists[i]->n != 3)
            return oa_fail_at(context, OA_IN_PARAMETER(names[i]), "E_PARAMETER_VALUE", "%s is empty; three numbers would be right", names[i]);
    for (int d = 0; d < 3; d++)
        if (p->grid_points.v[d] != floor(p->grid_points.v[d]))
            return oa_fail_at(context, OA_IN_PARAMETER("grid_points"), "E_PARAMETER_VALUE", "grid_points has %g; whole numbers would be right", p->grid_points.v[d]);
    if (p->shells[0] && p->species[0])
        return oa_fail_at(context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "shells are those of no species; leave one of both out");
    return OA_OK;
}

static oa_status diffuse_run(oa_run *run, const void *params)
{
    diffuse_job job = { .p = params };
    const oa_input *input = oa_run_input(run, "ions");
    if (!input && !job.p->shells[0])
        return oa_fail(run->context, "E_SLOT_MISSING", "neither ions nor shells are given; a file of ions, or --shells 1,1,0:-0.1, would be right");
    if (input && job.p->shells[0])
        return oa_fail_at(run->context, OA_IN_PARAMETER("shells"), "E_PARAMETER_VALUE", "ions and shells are both given; leave one of both out");
    OA_TRY(job.p->q[0] ? read_list(run, &job) : lay_grid(run, &job));
    OA_TRY(oa_put_count(run, "summary/vectors", job.n));
    return input ? from_ions(run, &job, input->ions) : from_shells(run, &job);
}

static uint64_t diffuse_memory(const oa_run *run, const void *params)
{
    const diffuse_params *p = params;
    const oa_input *input = oa_run_input(run, "ions");
    double n = 1;
    for (const char *c = p->q; *c; c++) n += *c == ';';
    if (!p->q[0])
        for (int d = 0; d < 3; d++) n *= p->grid_points.v[d];
    const double parts = n > 4096 ? 1 : 64;
    return (uint64_t)fmin(n * (24 + 16 + 40 + 32 * parts) + (input && input->ions ? (double)input->ions->n * 26 : 0), 1e18) + (2u << 20);
}

const oa_step oa_step_diffuse = {
    .name = "diffuse",
    .version = 1,
    .title = "Structure factor and diffuse scattering",
    .help = "The structure factor S(q) of ions by direct sum, and with a species the diffuse intensity alpha(q) of its order in Laue units (Cowley, Phys. Rev. 77 "
        "(1950) 669), for a list of "
            "vectors or a grid; or alpha(q) of given Warren-Cowley parameters. S(q) contains what the shape of the specimen scatters near every peak; without order "
            "it is spread exponentially about 1.",
    .params = diffuse_table, .params_size = sizeof(diffuse_params),
    .slots = diffuse_slots,  .outputs = diffuse_outputs,
    .check = diffuse_check,
    .run = diffuse_run,      .memory = diffuse_memory,
};
