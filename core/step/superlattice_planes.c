/* superlattice_planes.c - the period and the phase of the planes: the spectrum of spacings, nodes, and maps of stretch and tilt. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "math/statistics.h"
#include "step/superlattice.h"

static const double pi = 3.14159265358979323846;

static oa_status find_spectrum(oa_run *run, superlattice_job *job)
{
    const oa_ions *ions = job->ions;
    const oa_frame frame = oa_frame_along(job->params->direction.v);
    const oa_points points = { .n = ions->n, .x = oa_ions__f32(ions, OA_X), .y = oa_ions__f32(ions, OA_Y), .z = oa_ions__f32(ions, OA_Z) };
    double lo[3], hi[3];
    oa_ions__bounds(ions, lo, hi);
    return oa_planes_of_points(run->context, &points, job->code, OA_TILED_LEFT_OUT, (double[6]){ lo[0], hi[0], lo[1], hi[1], lo[2], hi[2] }, &frame, &job->planes);
}

static oa_status put_spectrum(oa_run *run, const superlattice_job *job)
{
    const size_t n = OA_PLANES_WAVES;
    double *quality, *spacing;
    if (!job->planes.nodes) return OA_OK;
    OA_TRY(oa_put_array(run, "spectrum/quality", 1, &n, &quality));
    OA_TRY(oa_put_array(run, "spectrum/spacing", 1, &n, &spacing));
    for (size_t i = 0; i < n; i++) { /* spacings ascend */
        quality[i] = job->planes.strength[n - 1 - i];
        spacing[i] = job->planes.at[n - 1 - i];
    }
    OA_TRY(oa_put_real(run, "summary/plane_spacing", job->planes.spacing));
    return oa_put_real(run, "summary/plane_quality", job->planes.quality);
}

static bool has_peak(const superlattice_job *job) { return job->planes.nodes && job->planes.quality > OA_PLANES_RESOLVED; }

static void find_period(oa_run *run, superlattice_job *job)
{
    const superlattice_params *p = job->params;
    const double nominal = p->period / job->structure->planes, found = job->planes.spacing;
    if (p->period > 0) {
        job->period = p->period;
        if (has_peak(job) && fabs(found / nominal - 1) > 0.1 && fabs(found / nominal - 2) > 0.2)
            oa_note(run, "W_NO_PLANES", "planes of %.4f nm are resolved along the direction, %.0f %% from the %.4f nm that a period of %g nm means; left out, the "
                     "period is measured",
                    found, 100 * fabs(found / nominal - 1), nominal, p->period);
    } else if (has_peak(job)) {
        job->period = job->structure->planes * found;
    } else {
        const double *along = p->direction.v;
        if (job->planes.nodes)
            oa_note(run, "W_NO_PLANES", "no period is found: of all spacings from 0.10 to 0.30 nm along %g,%g,%g the strongest reflection, %.4f nm, has quality "
                     "%.1f where %g is the least; give a direction along a row of the lattice, or the period", along[0], along[1], along[2], found,
                     job->planes.quality, OA_PLANES_RESOLVED);
        else
            oa_note(run, "W_NO_PLANES", "no period is found: nowhere are there ions enough to look for planes along %g,%g,%g; give a whole specimen, not a "
                     "selection from it, or the period", along[0], along[1], along[2]);
    }
}

/* ---------------------------------------------------------------------------------------------- phase map */

static double length_of(const double k[3]) { return sqrt(k[0] * k[0] + k[1] * k[1] + k[2] * k[2]); }

static oa_status put_node_axes(oa_run *run, const superlattice_job *job)
{
    static const char *const names[3] = { "phase/node_x", "phase/node_y", "phase/node_z" };
    for (int a = 0; a < 3; a++) {
        double *axis;
        OA_TRY(oa_put_array(run, names[a], 1, &job->phase.dims[a], &axis));
        for (size_t i = 0; i < job->phase.dims[a]; i++) axis[i] = OA_CUBE * (double)(job->tiled.first[a] + (int32_t)i);
    }
    return OA_OK;
}

static oa_status put_phase_map(oa_run *run, const superlattice_job *job)
{
    const oa_plane_phase *p = &job->phase;
    const size_t dims[3] = { p->dims[2], p->dims[1], p->dims[0] };
    float *stretch, *tilt, *quality;
    double mean = 0;
    size_t sure = 0;
    OA_TRY(oa_put_array(run, "phase/stretch", 3, dims, &stretch));
    OA_TRY(oa_put_array(run, "phase/tilt", 3, dims, &tilt));
    OA_TRY(oa_put_array(run, "phase/quality", 3, dims, &quality));
    OA_TRY(put_node_axes(run, job));
    for (size_t i = 0; i < p->n_nodes; i++)
        if (oa_phase_is_sure(p, &p->node[i])) {
            mean += 2 * pi / length_of(p->node[i].k);
            sure++;
        }
    mean /= (double)sure;
    double most = 0, widest = 0;
    for (size_t i = 0; i < p->n_nodes; i++) {
        const oa_phase_node *n = &p->node[i];
        const double length = length_of(n->k);
        quality[i] = (float)n->quality;
        stretch[i] = tilt[i] = NAN;
        if (!oa_phase_is_sure(p, n)) continue;
        const double cosine = (n->k[0] * job->normal[0] + n->k[1] * job->normal[1] + n->k[2] * job->normal[2]) / length;
        stretch[i] = (float)(2 * pi / length / mean - 1);
        tilt[i] = (float)(acos(fmin(fabs(cosine), 1)) * 180 / pi);
        most = fmax(most, fabs((double)stretch[i]));
        widest = fmax(widest, (double)tilt[i]);
    }
    OA_TRY(oa_put_real(run, "summary/mean_spacing", mean));
    OA_TRY(oa_put_real(run, "summary/largest_stretch", most));
    return oa_put_real(run, "summary/largest_tilt", widest);
}

/* Depth noise at every 64th ion or so, sorted. */
static oa_status find_sigma(oa_run *run, const superlattice_job *job, const float *resolution)
{
    const double q = 2 * pi / job->period;
    const size_t every = job->tiled.n / 65536 + 1, n = (job->tiled.n + every - 1) / every;
    float *sigma;
    OA_TRY(oa_new(run->context, &sigma, n, sizeof *sigma));
    for (size_t i = 0; i < n; i++) sigma[i] = (float)(sqrt(-log((double)resolution[i * every]) / 2) / q);
    qsort(sigma, n, sizeof *sigma, oa_ascending_f32);
    const double median = (double)sigma[n / 2], low = (double)sigma[n / 4], high = (double)sigma[3 * n / 4];
    oa_free(run->context, sigma);
    OA_TRY(oa_put_real(run, "summary/sigma_depth", median));
    OA_TRY(oa_put_real(run, "summary/sigma_depth_low", low));
    return oa_put_real(run, "summary/sigma_depth_high", high);
}

static void note_planes(oa_run *run, const superlattice_job *job)
{
    const oa_plane_phase *p = &job->phase;
    if (!p->accepted)
        oa_note(run, "W_NO_PLANES", "no atomic planes of %.4f nm are resolved along %g,%g,%g (median quality %.1f, more than %g is needed): the unsigned statistic "
                 "is used, and ions have no "
                "probability; the direction may lie along no row of the lattice, or planes may be stretched by more than 6 %%", job->period / job->structure->planes,
                job->params->direction.v[0], job->params->direction.v[1], job->params->direction.v[2], p->median_quality, OA_PLANES_RESOLVED);
    else if (p->largest_deviation > 1)
        oa_note(run, "W_PHASE_JUMP", "the phase of the planes jumps by %.2f rad between two nodes; more than 1 may be a dislocation or a grain boundary, beyond "
                 "which signs are not comparable",
                p->largest_deviation);
}

/* From the phase of the planes at the ions and their resolution there to m. */
static oa_status find_contrast(oa_run *run, superlattice_job *job)
{
    const size_t room = job->tiled.n + OA_WAVE_LANES;
    float *resolution;
    OA_TRY(oa_new(run->context, &job->m, room, sizeof *job->m));
    OA_TRY(oa_phase_interpolate(&job->phase, job->m));
    OA_TRY(oa_new(run->context, &resolution, room, sizeof *resolution));
    oa_status status = oa_phase_refine(&job->tiled, job->m, resolution);
    if (status == OA_OK) status = find_sigma(run, job, resolution);
    if (status == OA_OK) status = oa_plane_contrast(&job->tiled, job->m, resolution, job->m);
    oa_free(run->context, resolution);
    return status;
}

static oa_status find_phase(oa_run *run, superlattice_job *job)
{
    const double length = 2 * pi * job->structure->planes / job->period, wave[3] = { length * job->normal[0], length * job->normal[1], length * job->normal[2] };
    oa_phase(run->context, "planes");
    if (job->structure->planes != 2) return OA_OK;
    OA_TRY(oa_phase_find(&run->arena, &job->phase, &job->tiled, wave));
    OA_TRY(oa_phase_join(&job->phase));
    note_planes(run, job);
    OA_TRY(oa_put_real(run, "summary/median_quality", job->phase.median_quality));
    OA_TRY(oa_put_real(run, "summary/accepted_share", job->phase.looked_at ? (double)job->phase.accepted / (double)job->phase.looked_at : 0));
    job->is_resolved = job->phase.accepted > 0;
    if (!job->is_resolved) return OA_OK;
    OA_TRY(oa_put_real(run, "summary/largest_deviation", job->phase.largest_deviation));
    OA_TRY(put_phase_map(run, job));
    return find_contrast(run, job);
}

static oa_status find_angle(oa_run *run, superlattice_job *job)
{
    const double q = 2 * pi / job->period, wave[3] = { q * job->normal[0], q * job->normal[1], q * job->normal[2] };
    OA_TRY(oa_new(run->context, &job->angle, job->tiled.n + OA_WAVE_LANES, sizeof *job->angle));
    return oa_wave_angle(&job->tiled, wave, job->angle);
}

oa_status oa_superlattice__planes(oa_run *run, superlattice_job *job)
{
    double lo[3], hi[3];
    const double *d = job->params->direction.v, length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
    for (int a = 0; a < 3; a++) job->normal[a] = d[a] / length;
    oa_phase(run->context, "period");
    OA_TRY(find_spectrum(run, job));
    OA_TRY(put_spectrum(run, job));
    find_period(run, job);
    OA_TRY(oa_put_real(run, "summary/period", job->period));
    if (!(job->period > 0)) return OA_OK;
    oa_ions__bounds(job->ions, lo, hi);
    OA_TRY(oa_tiled_build(&run->arena, &job->tiled, job->ions->n, oa_ions__f32(job->ions, OA_X), oa_ions__f32(job->ions, OA_Y), oa_ions__f32(job->ions, OA_Z),
        job->code, lo, hi));
    OA_TRY(find_phase(run, job));
    return job->is_resolved ? OA_OK : find_angle(run, job);
}
