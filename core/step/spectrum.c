/* spectrum.c - histogram of mass-to-charge. */
#include <math.h>

#include "step/step.h"

typedef struct spectrum_params {
    double bin_width, max;
} spectrum_params;

enum { PER_CHUNK = 262144, BINS_MAX = 4000000 };
#define AUTO_MAX 1000.0 /* Da: no ion of a specimen is heavier; a stray value beyond must not ask for gigabytes */

static const oa_param spectrum_table[] = {
    OA_PARAM(spectrum_params, bin_width, .unit = OA_DA, .dflt = 0.01, .min = 1e-4, .max = 100,
             .help = "width of a bin; 0.01 for looking at ranges, 0.001 to 0.005 for the shape of a peak"),
    OA_PARAM(spectrum_params, max, .unit = OA_DA, .dflt = 0, .min = 1e-3, .max = 1e5,
             .help = "end of the spectrum; 0: just above the largest mass-to-charge, at most 1000 Da"),
    OA_PARAM_END
};

static const oa_slot spectrum_slots[] = {
    { "ions", OA_TAKES_SELECTION, false, "ions, or a result that selects some of them" },
    OA_SLOT_END
};

static const oa_output spectrum_outputs[] = {
    { .name = "spectrum/counts", .type = OA_U64, .shape = "(bin)", .axes = "mass_to_charge", .is_plot = true,
      .help = "ions per bin; bin k holds k w <= m < (k + 1) w" },
    { .name = "spectrum/mass_to_charge", .type = OA_F64, .shape = "(bin)", .unit = OA_DA, .help = "centre of the bin" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions that took part" },
    { .name = "summary/counted", .type = OA_U64, .help = "ions in the spectrum" },
    { .name = "summary/nonpositive", .type = OA_U64, .help = "ions left out because their mass-to-charge is 0 or below, or no number" },
    { .name = "summary/beyond", .type = OA_U64, .help = "ions left out because they lie at or above the end of the spectrum" },
    { .name = "summary/bins", .type = OA_U64, .help = "bins" },
    { .name = "summary/max", .type = OA_F64, .unit = OA_DA, .help = "end of the last bin" },
    { .name = "summary/highest_peak", .type = OA_F64, .unit = OA_DA, .help = "centre of the fullest bin" },
    OA_OUTPUT_END
};

static oa_status too_many_bins(oa_context *context, double max, double bin_width)
{
    return oa_fail_at(context, OA_IN_PARAMETER("bin_width"), "E_PARAMETER_RANGE",
                      "%g Da in bins of %g Da are %.0f bins; at most %d: give wider bins or a smaller max", max, bin_width,
                      ceil(max / bin_width), BINS_MAX);
}

static oa_status spectrum_check(oa_context *context, const void *params)
{
    const spectrum_params *p = params;
    return p->max / p->bin_width > BINS_MAX ? too_many_bins(context, p->max, p->bin_width) : OA_OK;
}

/* ---- counting: every thread has its own bins, which are then added; ions fit in 32 bits ---- */

typedef struct spectrum_job {
    const float *mass;
    const uint64_t *index;
    double bin_width, end;
    size_t bins;
    uint32_t *sums; /* (threads, bins + 2): the last two count ions at or below 0 and beyond */
} spectrum_job;

static oa_status count_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const spectrum_job *job = arg;
    uint32_t *sum = job->sums + (size_t)oa_worker_number(worker) * (job->bins + 2);
    for (size_t i = span.begin; i < span.end; i++) {
        const double m = (double)job->mass[job->index ? job->index[i] : i];
        if (!(m > 0)) {
            sum[job->bins]++;
        } else if (!(m < job->end)) {
            sum[job->bins + 1]++;
        } else {
            const size_t k = (size_t)(m / job->bin_width); /* truncation is floor: m > 0 */
            sum[k < job->bins ? k : job->bins + 1]++;
        }
    }
    return OA_OK;
}

static double largest_mass(const float *mass, const uint64_t *index, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) {
        const double m = (double)mass[index ? index[i] : i];
        if (m > largest && m < AUTO_MAX) largest = m;
    }
    return largest;
}

static oa_status put_spectrum(oa_run *run, const spectrum_job *job, size_t n)
{
    const size_t width = job->bins + 2, threads = (size_t)oa_threads(run->context);
    uint64_t *counts, left_out[2] = { 0, 0 };
    double *centre;
    OA_TRY(oa_put_array(run, "spectrum/counts", 1, &job->bins, &counts));
    OA_TRY(oa_put_array(run, "spectrum/mass_to_charge", 1, &job->bins, &centre));
    size_t fullest = 0;
    for (size_t k = 0; k < job->bins; k++) {
        for (size_t t = 0; t < threads; t++) counts[k] += job->sums[t * width + k];
        centre[k] = ((double)k + 0.5) * job->bin_width;
        if (counts[k] > counts[fullest]) fullest = k;
    }
    for (size_t t = 0; t < threads; t++)
        for (size_t k = 0; k < 2; k++) left_out[k] += job->sums[t * width + job->bins + k];
    OA_TRY(oa_put_count(run, "summary/ions", n));
    OA_TRY(oa_put_count(run, "summary/counted", n - left_out[0] - left_out[1]));
    OA_TRY(oa_put_count(run, "summary/nonpositive", left_out[0]));
    OA_TRY(oa_put_count(run, "summary/beyond", left_out[1]));
    OA_TRY(oa_put_count(run, "summary/bins", job->bins));
    OA_TRY(oa_put_real(run, "summary/max", (double)job->bins * job->bin_width));
    return oa_put_real(run, "summary/highest_peak", centre[fullest]);
}

static oa_status spectrum_run(oa_run *run, const void *params)
{
    const spectrum_params *p = params;
    const oa_input *in = oa_run_input(run, "ions");
    const size_t n = in->has_selection ? in->n_index : in->ions->n;
    spectrum_job job = { .mass = oa_ions__f32(in->ions, OA_MASS), .index = in->has_selection ? in->index : NULL,
                         .bin_width = p->bin_width };
    if (p->max > 0) {
        job.end = p->max;
        job.bins = (size_t)ceil(p->max / p->bin_width);
    } else {
        job.bins = (size_t)(largest_mass(job.mass, job.index, n) / p->bin_width) + 1;
        job.end = ((double)job.bins + 1) * p->bin_width; /* the last bin decides */
    }
    if (job.bins > BINS_MAX) return too_many_bins(run->context, (double)job.bins * p->bin_width, p->bin_width);
    OA_TRY(oa_scratch(run, &job.sums, (size_t)oa_threads(run->context) * (job.bins + 2), sizeof *job.sums));
    oa_phase(run->context, "count");
    OA_TRY(oa_parallel(run->context, n, PER_CHUNK, count_chunk, &job));
    return put_spectrum(run, &job, n);
}

const oa_step oa_step_spectrum = {
    .name = "spectrum",
    .version = 1,
    .title = "Mass spectrum",
    .help = "Counts ions by mass-to-charge in bins of equal width that begin at 0. Values of 0 or below and values beyond the "
            "end are left out and counted. Look at it with a logarithmic axis of counts.",
    .params = spectrum_table, .params_size = sizeof(spectrum_params),
    .slots = spectrum_slots,  .outputs = spectrum_outputs,
    .check = spectrum_check,  .run = spectrum_run,
};
