/* superlattice_map.c - the map of one species or of several at once, and the domains that it shows at the stated rate. */
#include <math.h>
#include <string.h>

#include "step/superlattice.h"

static oa_status put_map(oa_run *run, const oa_field *field, const float *z)
{
    static const char *const names[3] = { "map/grid_x", "map/grid_y", "map/grid_z" };
    size_t first, end;
    float *statistic;
    oa_run_rows(run, field->dims[2], &first, &end);
    const size_t layer = field->dims[0] * field->dims[1], dims[3] = { end - first, field->dims[1], field->dims[0] };
    OA_TRY(oa_put_array(run, "map/statistic", 3, dims, &statistic));
    memcpy(statistic, z + first * layer, (end - first) * layer * sizeof *z);
    for (int a = 0; a < 3; a++) {
        const size_t from = a == 2 ? first : 0, n = a == 2 ? end - first : field->dims[a];
        double *axis;
        OA_TRY(oa_put_array(run, names[a], 1, &n, &axis));
        for (size_t i = 0; i < n; i++) axis[i] = oa_field_middle(field, a, from + i);
    }
    return OA_OK;
}

static oa_status put_domains(oa_run *run, const oa_maximum *list, size_t n)
{
    double *z, *at[3], *q, *chance, *amplitude;
    uint32_t *number;
    OA_TRY(oa_put_array(run, "domains/statistic", 1, &n, &z));
    OA_TRY(oa_put_array(run, "domains/domain", 1, &n, &number));
    OA_TRY(oa_put_array(run, "domains/x", 1, &n, &at[0]));
    OA_TRY(oa_put_array(run, "domains/y", 1, &n, &at[1]));
    OA_TRY(oa_put_array(run, "domains/z", 1, &n, &at[2]));
    OA_TRY(oa_put_array(run, "domains/q_value", 1, &n, &q));
    OA_TRY(oa_put_array(run, "domains/expected_false", 1, &n, &chance));
    OA_TRY(oa_put_array(run, "domains/amplitude", 1, &n, &amplitude));
    for (size_t i = 0; i < n; i++) {
        number[i] = (uint32_t)i + 1;
        z[i] = list[i].corrected;
        for (int a = 0; a < 3; a++) at[a][i] = list[i].at[a];
        q[i] = list[i].q;
        chance[i] = list[i].chance;
        amplitude[i] = list[i].amplitude;
    }
    OA_TRY(oa_put_count(run, "summary/domains", n));
    if (n) OA_TRY(oa_put_real(run, "summary/threshold", fabs(list[n - 1].corrected)));
    return oa_put_real(run, "summary/expected_false_domains", n ? list[n - 1].chance : 0);
}

/* Degrees of freedom of 2 T, or of Z squared. */
static int degrees_of(const superlattice_job *job, const superlattice_map *of) { return (of->joint ? of->joint->n - 1 : 1) * (job->is_resolved ? 1 : 2); }

static oa_status find_statistic(const superlattice_job *job, const superlattice_map *of, const oa_field *field, float *z)
{
    const double width = job->params->width;
    if (of->joint) return oa_joint_statistic(of->joint, field, job->m, job->angle, width, z);
    return job->is_resolved ? oa_signed_statistic(of->labels, field, job->m, width, z) : oa_whitened_statistic(of->labels, field, job->angle, width, z);
}

static oa_status correct(const superlattice_job *job, const superlattice_map *of, oa_maximum *list, size_t n)
{
    const double width = job->params->width;
    if (!job->is_resolved) return OA_OK;
    return of->joint ? oa_correct_joint_maxima(of->joint, job->m, width, list, n) : oa_correct_maxima(of->labels, job->m, width, list, n);
}

/* |Z| of 3, T of 4.5, and more with more degrees of freedom: below, expected numbers are no longer those of maxima. */
static double least_of(int degrees) { return degrees == 1 ? 3 : 0.5 * fmax(9, 3 * degrees + 3); }

oa_status oa_superlattice__map(oa_run *run, const superlattice_job *job, const superlattice_map *of, oa_maximum **out, size_t *n_out)
{
    const double width = job->params->width;
    const oa_field field = oa_field_of(&job->tiled, SUPERLATTICE_MAP_PER, SUPERLATTICE_MAP_PER, SUPERLATTICE_MAP_PER);
    const int degrees = degrees_of(job, of);
    oa_arena arena = { .context = run->context };
    oa_measure measure;
    oa_maximum *list = NULL;
    float *z;
    size_t n = 0, kept = 0;
    oa_phase(run->context, "map");
    oa_status status = oa_arena_take(&arena, &z, field.cells, sizeof *z);
    if (status == OA_OK) status = find_statistic(job, of, &field, z);
    if (status == OA_OK) status = put_map(run, &field, z);
    if (status == OA_OK) status = oa_measure_cells(&field, z, &measure);
    if (status == OA_OK) status = oa_find_maxima(&arena, &field, z, least_of(degrees), &list, &n);
    if (status == OA_OK) status = correct(job, of, list, n);
    if (status == OA_OK) {
        kept = oa_rank_maxima(&measure, width, degrees, job->params->rate, list, n);
        status = put_domains(run, list, kept);
    }
    *n_out = kept;
    if (status == OA_OK) status = oa_scratch(run, out, kept + 1, sizeof **out);
    if (status == OA_OK && kept) memcpy(*out, list, kept * sizeof *list);
    if (status == OA_OK) status = oa_put_count(run, "summary/degrees", (uint64_t)degrees);
    if (status == OA_OK) status = oa_put_real(run, "summary/map_volume", measure.mu[3]);
    if (status == OA_OK) status = oa_put_count(run, "summary/maxima", n);
    oa_arena_drop(&arena);
    return status;
}
