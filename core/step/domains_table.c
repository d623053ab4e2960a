/* domains_table.c - what is said of each domain: its ions, size, shape and composition. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "data/elements.h"
#include "math/statistics.h"
#include "step/domains.h"

oa_status oa_domains__put_membership(oa_run *run, const oa_grouping *g)
{
    uint32_t *domain;
    uint64_t *index;
    OA_TRY(oa_put_array(run, "membership/domain", 1, &g->n_ions, &domain));
    OA_TRY(oa_put_array(run, "membership/ion_index", 1, &g->n_ions, &index));
    for (size_t i = 0, k = 0; i < g->points.n; i++) {
        if (!oa_points_takes(&g->points, i)) continue;
        domain[k] = g->domain[i];
        index[k++] = i;
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- sizes and shapes */

/* The columns of the table of domains. */
typedef struct columns {
    uint32_t *number, *size;
    double *centre, *radius, *aspect_ratio, *oblateness, *equivalent_radius;
    uint8_t *shape;
} columns;

static oa_status put_columns(oa_run *run, size_t n, columns *out)
{
    const size_t dims[2] = { n, 3 };
    OA_TRY(oa_put_array(run, "sizes/domain", 1, dims, &out->number));
    OA_TRY(oa_put_array(run, "sizes/size", 1, dims, &out->size));
    OA_TRY(oa_put_array(run, "sizes/centre", 2, dims, &out->centre));
    OA_TRY(oa_put_array(run, "sizes/gyration_radius", 2, dims, &out->radius));
    OA_TRY(oa_put_array(run, "sizes/aspect_ratio", 1, dims, &out->aspect_ratio));
    OA_TRY(oa_put_array(run, "sizes/oblateness", 1, dims, &out->oblateness));
    OA_TRY(oa_put_array(run, "sizes/shape", 1, dims, &out->shape));
    OA_TRY(oa_put_array(run, "sizes/equivalent_radius", 1, dims, &out->equivalent_radius));
    return oa_put_long_name(run, "sizes/shape", "shape: " OA_SHAPE_WORDS);
}

static oa_status put_shapes(oa_run *run, const domains_params *p, const columns *c, size_t n)
{
    static const char *const names[][2] = { { NULL, NULL }, { "summary/spheres", "summary/large_spheres" }, { "summary/discs", "summary/large_discs" },
                                            { "summary/rods", "summary/large_rods" }, { "summary/laths", "summary/large_laths" } };
    uint64_t all[OA_SHAPE_LATH + 1] = { 0 }, large[OA_SHAPE_LATH + 1] = { 0 };
    for (size_t d = 0; d < n; d++) {
        all[c->shape[d]]++;
        large[c->shape[d]] += c->size[d] >= p->shape_min;
    }
    for (int s = OA_SHAPE_SPHERE; s <= OA_SHAPE_LATH; s++) {
        OA_TRY(oa_put_count(run, names[s][0], all[s]));
        OA_TRY(oa_put_count(run, names[s][1], large[s]));
    }
    return OA_OK;
}

static oa_status put_summary(oa_run *run, const oa_grouping *g)
{
    const size_t n = g->n_domains;
    uint32_t *sorted;
    if (n == 0) oa_note(run, "W_NO_IONS", "no domain was found among %zu ions", g->n_ions);
    OA_TRY(oa_put_count(run, "summary/ions", g->n_ions));
    OA_TRY(oa_put_count(run, "summary/domains", n));
    OA_TRY(oa_put_count(run, "summary/noise_ions", g->size[0]));
    OA_TRY(oa_scratch(run, &sorted, n, sizeof *sorted));
    memcpy(sorted, g->size + 1, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, oa_ascending_u32);
    OA_TRY(oa_put_count(run, "summary/largest_domain", n ? sorted[n - 1] : 0));
    if (n == 0) return OA_OK;
    OA_TRY(oa_put_real(run, "summary/mean_size", (double)(g->n_ions - g->size[0]) / (double)n));
    return oa_put_real(run, "summary/median_size", ((double)sorted[(n - 1) / 2] + (double)sorted[n / 2]) / 2);
}

oa_status oa_domains__put_table(oa_run *run, const domains_params *p, const oa_grouping *g)
{
    oa_moments *moments;
    columns c;
    double at[3];
    OA_TRY(put_columns(run, g->n_domains, &c));
    OA_TRY(oa_scratch(run, &moments, g->n_domains, sizeof *moments));
    for (size_t i = 0; i < g->points.n; i++) {
        if (!g->domain[i]) continue;
        oa_points_get(&g->points, i, at);
        oa_moments_add(&moments[g->domain[i] - 1], at);
    }
    for (size_t d = 0; d < g->n_domains; d++) {
        const oa_morphology m = oa_morphology_of(&moments[d]);
        c.number[d] = (uint32_t)d + 1;
        c.size[d] = g->size[d + 1];
        memcpy(c.centre + 3 * d, m.centre, sizeof m.centre);
        memcpy(c.radius + 3 * d, m.radius, sizeof m.radius);
        c.aspect_ratio[d] = m.aspect_ratio;
        c.oblateness[d] = m.oblateness;
        c.shape[d] = (uint8_t)m.shape;
        c.equivalent_radius[d] = m.equivalent_radius;
    }
    OA_TRY(put_summary(run, g));
    return put_shapes(run, p, &c, g->n_domains);
}

/* ---------------------------------------------------------------------------------------------- composition */

/* Elements of the ion types and how many atoms of each an ion of a type has. */
typedef struct atoms {
    const oa_ranges *ranges;
    size_t types, n;
    unsigned z[118];
    double *count; /* (n, types) */
    double *all;   /* (types) atoms of an ion */
} atoms;

static oa_status list_elements(oa_run *run, const oa_ranges *ranges, atoms *out)
{
    *out = (atoms){ .ranges = ranges, .types = ranges->n_types };
    OA_TRY(oa_scratch(run, &out->count, 118 * ranges->n_types, sizeof *out->count));
    OA_TRY(oa_scratch(run, &out->all, ranges->n_types, sizeof *out->all));
    for (unsigned z = 1; z <= 118; z++) {
        double *count = out->count + out->n * out->types, sum = 0;
        for (size_t t = 0; t < out->types; t++) {
            const oa_ion_type *type = &ranges->types[t];
            for (int k = 0; k < type->n_atoms; k++) count[t] += OA_HASH_Z(type->nuclides[k]) == z;
            out->all[t] += count[t];
            sum += count[t];
        }
        if (sum > 0) out->z[out->n++] = z;
    }
    return OA_OK;
}

/* Share of an element among the atoms of `ions` (types), and its standard error: the atoms of one molecular ion are not
 * independent (as in step composition). */
static void share_of(const atoms *a, size_t element, const uint32_t *ions, double *share, double *error)
{
    const double *count = a->count + element * a->types;
    double total = 0, mine = 0, variance = 0;
    for (size_t t = 0; t < a->types; t++) total += a->all[t] * (double)ions[t], mine += count[t] * (double)ions[t];
    *share = total > 0 ? mine / total : NAN;
    for (size_t t = 0; t < a->types; t++) {
        const double off = (count[t] - *share * a->all[t]) / total;
        variance += off * off * (double)ions[t];
    }
    *error = sqrt(variance);
}

static oa_status put_names(oa_run *run, const atoms *a)
{
    oa_string elements = { .context = run->context }, types = elements;
    char *text[2] = { NULL, NULL };
    uint32_t *number;
    OA_TRY(oa_put_array(run, "composition/element", 1, &a->n, &number));
    for (size_t e = 0; e < a->n; e++) number[e] = a->z[e];
    OA_TRY(oa_put_array(run, "ion_types/ion_type", 1, &a->types, &number));
    for (size_t t = 0; t < a->types; t++) number[t] = (uint32_t)t + 1;
    for (size_t e = 0; e < a->n; e++) oa_string_add(&elements, "%s%u %s", e ? ", " : "element: ", a->z[e], oa_element_symbol(a->z[e]));
    for (size_t t = 0; t < a->types; t++) oa_string_add(&types, "%s%zu %s", t ? ", " : "ion type: ", t + 1, a->ranges->types[t].name);
    oa_status status = oa_string_take(&elements, &text[0]);
    if (status == OA_OK) status = oa_string_take(&types, &text[1]);
    if (status == OA_OK) status = oa_put_long_name(run, "composition/element", text[0]);
    if (status == OA_OK) status = oa_put_long_name(run, "ion_types/ion_type", text[1]);
    oa_string_drop(&elements), oa_string_drop(&types);
    for (int i = 0; i < 2; i++) oa_free(run->context, text[i]);
    return status;
}

/* Ions of each type: in the domains (n_domains, types), and of those that could be in one, in the box. */
static oa_status count_types(oa_run *run, const domains_params *p, const oa_grouping *g, const double box[6], size_t types, uint32_t *domains,
                             uint32_t *others)
{
    bool *is_member = NULL;
    const float *x = g->points.x, *y = g->points.y, *z = g->points.z;
    if (p->species[0]) OA_TRY(oa_domains__species(run, g->ions, p->species, &is_member));
    for (size_t i = 0; i < g->points.n; i++) {
        const unsigned type = oa_ions__type(g->ions, i);
        if (!type) continue;
        if (g->domain[i]) domains[(g->domain[i] - 1) * types + type - 1]++;
        const bool inside = x[i] >= box[0] && x[i] < box[1] && y[i] >= box[2] && y[i] < box[3] && z[i] >= box[4] && z[i] < box[5];
        if (inside && (!is_member || is_member[type])) others[type - 1]++;
    }
    return OA_OK;
}

static oa_status put_shares(oa_run *run, const atoms *a, size_t n, const uint32_t *ions, const uint32_t *others)
{
    const size_t dims[2] = { n, a->n };
    double *share, *error, *excess, *mean, *mean_error;
    uint32_t *domain;
    OA_TRY(oa_put_array(run, "composition/fraction", 2, dims, &share));
    OA_TRY(oa_put_array(run, "composition/fraction_errors", 2, dims, &error));
    OA_TRY(oa_put_array(run, "composition/excess", 2, dims, &excess));
    OA_TRY(oa_put_array(run, "composition/mean", 1, dims + 1, &mean));
    OA_TRY(oa_put_array(run, "composition/mean_errors", 1, dims + 1, &mean_error));
    OA_TRY(oa_put_array(run, "composition/domain", 1, dims, &domain));
    for (size_t d = 0; d < n; d++) domain[d] = (uint32_t)d + 1;
    for (size_t e = 0; e < a->n; e++) {
        share_of(a, e, others, &mean[e], &mean_error[e]);
        for (size_t d = 0; d < n; d++) {
            const size_t at = d * a->n + e;
            share_of(a, e, ions + d * a->types, &share[at], &error[at]);
            excess[at] = share[at] - mean[e];
        }
    }
    return OA_OK;
}

static oa_status put_types(oa_run *run, size_t n, size_t types, uint32_t **count)
{
    const size_t dims[2] = { n, types };
    uint32_t *domain;
    OA_TRY(oa_put_array(run, "ion_types/count", 2, dims, count));
    OA_TRY(oa_put_array(run, "ion_types/domain", 1, dims, &domain));
    for (size_t d = 0; d < n; d++) domain[d] = (uint32_t)d + 1;
    return OA_OK;
}

oa_status oa_domains__put_composition(oa_run *run, const domains_params *p, const oa_grouping *g, const double box[6])
{
    const oa_ranges *ranges = g->ions->ranges;
    atoms elements;
    uint32_t *ions, *others;
    if (!ranges || !ranges->n_types || !oa_ions__data(g->ions, OA_TYPE)) return OA_OK;
    OA_TRY(list_elements(run, ranges, &elements));
    if (!elements.n) return OA_OK;
    OA_TRY(put_types(run, g->n_domains, elements.types, &ions));
    OA_TRY(oa_scratch(run, &others, elements.types, sizeof *others));
    OA_TRY(count_types(run, p, g, box, elements.types, ions, others));
    OA_TRY(put_shares(run, &elements, g->n_domains, ions, others));
    return put_names(run, &elements);
}
