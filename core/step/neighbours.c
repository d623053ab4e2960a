/* neighbours.c - how far the nearest neighbours of ions are: of all ions or of pairs of species, against complete spatial randomness and
 * against the same places with the labels in random order. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "math/chance.h"
#include "math/nearest.h"
#include "step/neighbours.h"

enum { PLACES_PER_CHUNK = 4096, BINS_MAX = 100000, SLOT_ROOM = 0, SLOT_SQUARES = 1 };

static const oa_param neighbours_table[] = {
    OA_PARAM(neighbours_params, pairs, .dflt_text = "",
             .help = "species of the centre and of its neighbours, Cr-Cr or Cr-Cr,Cr-Ni: one result each; Cr is short for Cr-Cr; left out: all ions with a type, "
                     "whatever they are"),
    OA_PARAM(neighbours_params, k, .dflt = 10, .min = 1, .max = OA_NEAREST_MAX - 1, .help = "neighbours of each ion, from the nearest on"),
    OA_PARAM(neighbours_params, bin_width, .unit = OA_NM, .dflt = 0.05, .min = 1e-4, .max = 10, .help = "bins of the histograms, [lo, lo + width)"),
    OA_PARAM(neighbours_params, range, .unit = OA_NM, .dflt = 0, .min = 0, .max = 1000,
             .help = "where the histograms end; farther neighbours are counted in beyond; 0: three times the mean distance of the k-th among random ions"),
    OA_PARAM(neighbours_params, density, .unit = OA_PER_NM3, .dflt = 0, .min = 0, .max = 1e6,
             .help = "detected ions per volume, all species together, for the random distances; 0: as measured away from the surface"),
    OA_PARAM(neighbours_params, draws, .dflt = 20, .min = 0, .max = 10000,
             .help = "times that the labels of all ions with a type are put in random order and the pair is measured again; a p-value is 1 / (1 + draws) at least; "
                     "0: none"),
    OA_PARAM(neighbours_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "of the random orders"),
    OA_PARAM_END
};

static const oa_slot neighbours_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ranged ions; those without a type are left out" },
    OA_SLOT_END
};

static const oa_output neighbours_outputs[] = {
    { .name = "distribution/ions", .type = OA_U64, .shape = "(order, distance)", .axes = "order,distance", .is_plot = true, .is_curves = true, .beside = "control",
      .help = "ions whose neighbour of this order is so far away" },
    { .name = "distribution/control", .type = OA_F64, .shape = "(order, distance)", .is_optional = true,
      .help = "the same with the labels in random order, mean over the draws" },
    { .name = "distribution/control_errors", .type = OA_F64, .shape = "(order, distance)", .is_optional = true, .help = "standard deviation of one draw" },
    { .name = "distribution/random", .type = OA_F64, .shape = "(order, distance)",
      .help = "the same for random places of the measured density, without surface or lattice" },
    { .name = "distribution/order", .type = OA_U32, .shape = "(order)", .help = "1: nearest neighbour, 2: second nearest, ..." },
    { .name = "distribution/distance", .type = OA_F64, .shape = "(distance)", .unit = OA_NM, .help = "bin centres" },
    { .name = "orders/mean", .type = OA_F64, .shape = "(order)", .unit = OA_NM, .axes = "order", .beside = "control", .help = "mean distance" },
    { .name = "orders/deviation", .type = OA_F64, .shape = "(order)", .unit = OA_NM, .help = "standard deviation of the distance over the ions" },
    { .name = "orders/random", .type = OA_F64, .shape = "(order)", .unit = OA_NM,
      .help = "mean distance among random places: Gamma(k + 1/3) / Gamma(k) (3 / (4 pi density))^(1/3)" },
    { .name = "orders/beyond", .type = OA_U64, .shape = "(order)", .help = "ions whose neighbour is beyond the histogram" },
    { .name = "orders/control", .type = OA_F64, .shape = "(order)", .unit = OA_NM, .is_optional = true,
      .help = "mean distance with the labels in random order, mean over the draws" },
    { .name = "orders/control_errors", .type = OA_F64, .shape = "(order)", .unit = OA_NM, .is_optional = true, .help = "standard deviation of one draw" },
    { .name = "orders/z", .type = OA_F64, .shape = "(order)", .is_optional = true,
      .help = "(mean - control) / standard deviation of one draw: negative where neighbours are nearer than by chance" },
    { .name = "orders/p_value", .type = OA_F64, .shape = "(order)", .is_optional = true,
      .help = "two-sided: share of the draws and the measurement together whose mean distance is as far from that of all of them" },
    { .name = "orders/ks", .type = OA_F64, .shape = "(order)", .is_optional = true,
      .help = "largest difference of the cumulated histograms, measured and control (Kolmogorov-Smirnov)" },
    { .name = "orders/ks_p_value", .type = OA_F64, .shape = "(order)", .is_optional = true,
      .help = "share of the draws and the measurement together that differ so much from the mean of all of them" },
    { .name = "orders/order", .type = OA_U32, .shape = "(order)", .help = "1: nearest neighbour, 2: second nearest, ..." },
    { .name = "distances/distance", .is_split = true, .type = OA_F32, .shape = "(ion, order)", .unit = OA_NM, .axes = "ion_index,order",
      .help = "of each centre to its neighbours" },
    { .name = "distances/ion_index", .is_split = true, .type = OA_U64, .shape = "(ion)", .help = "row of the centre, ascending" },
    { .name = "distances/order", .type = OA_U32, .shape = "(order)", .help = "1: nearest neighbour, 2: second nearest, ..." },
    { .name = "draws/mean", .is_split = true, .is_optional = true, .type = OA_F64, .shape = "(draw, order)", .unit = OA_NM, .axes = ".,.",
      .help = "mean distance of each draw" },
    { .name = "draws/ions", .is_split = true, .is_optional = true, .type = OA_U32, .shape = "(draw, order, distance)", .help = "histograms of each draw" },
    { .name = "summary/pair", .type = OA_TEXT, .help = "species of the centres and of their neighbours" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions with a type" },
    { .name = "summary/centres", .type = OA_U64, .help = "ions whose neighbours were looked for" },
    { .name = "summary/candidates", .type = OA_U64, .help = "ions that may be neighbours" },
    { .name = "summary/density", .type = OA_F64, .unit = OA_PER_NM3, .help = "ions per volume, all with a type" },
    { .name = "summary/candidate_density", .type = OA_F64, .unit = OA_PER_NM3, .help = "of those that may be neighbours: their share of it" },
    { .name = "summary/nearest", .type = OA_F64, .unit = OA_NM, .help = "mean distance of the nearest neighbour" },
    { .name = "summary/nearest_random", .type = OA_F64, .unit = OA_NM, .help = "the same among random places" },
    { .name = "summary/nearest_control", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "the same with the labels in random order" },
    { .name = "summary/strongest_order", .type = OA_U64, .is_optional = true, .help = "order of the neighbour with the largest deviation from the control" },
    { .name = "summary/strongest_z", .type = OA_F64, .is_optional = true, .help = "that deviation, in standard deviations of one draw; negative: nearer than by chance" },
    { .name = "summary/p_permuted", .type = OA_F64, .is_optional = true,
      .help = "of all orders together: share of the draws and the measurement whose largest deviation is as large; at random it is spread evenly" },
    OA_OUTPUT_END
};

/* ---------------------------------------------------------------------------------------------- what is to be done */

static oa_points points_of(const neighbours_job *job, const uint8_t *take)
{
    return (oa_points){ .n = job->ions->n, .x = oa_ions__f32(job->ions, OA_X), .y = oa_ions__f32(job->ions, OA_Y), .z = oa_ions__f32(job->ions, OA_Z), .take = take };
}

static size_t mark(const neighbours_job *job, const bool *is_member, uint8_t *take)
{
    size_t n = 0;
    for (size_t i = 0; i < job->ions->n; i++) {
        const unsigned type = oa_ions__type(job->ions, i);
        take[i] = type && (!is_member || is_member[type]);
        n += take[i];
    }
    return n;
}

static oa_status prepare(oa_run *run, const neighbours_params *p, neighbours_job *job)
{
    *job = (neighbours_job){ .p = p, .ions = oa_run_input(run, "ions")->ions };
    OA_TRY(oa_run_check_types(run, job->ions));
    if (p->pairs[0]) OA_TRY(oa_pairs_read(run, p->pairs, OA_SDM_SPECIES_MAX, &job->pairs));
    OA_TRY(oa_scratch(run, &job->centre, job->ions->n, 1));
    OA_TRY(oa_scratch(run, &job->other, job->ions->n, 1));
    job->ranged = mark(job, NULL, job->centre);
    job->density = p->density;
    if (p->density > 0) return OA_OK;
    oa_arena arena = { .context = run->context };
    const oa_points points = points_of(job, job->centre);
    const oa_status status = oa_chance_density(&arena, &points, &job->density);
    oa_arena_drop(&arena);
    OA_TRY(status);
    if (job->density > 0) return OA_OK;
    return oa_fail_at(run->context, OA_IN_PARAMETER("density"), "E_EMPTY_DATA",
                      "the %zu ions with a type fill no volume, so they have no density; give --density", job->ranged);
}

static oa_status check_counts(oa_run *run, const neighbours_job *job)
{
    const size_t k = (size_t)job->p->k, others = job->others - (job->is_own && job->others);
    if (job->centres == 0 || others < k)
        return oa_fail_at(run->context, OA_IN_PARAMETER("k"), "E_FEW_IONS",
                          "%s: %zu centres with %zu other ions that may be neighbours, and %zu are asked for; a smaller k or a more frequent species would be right",
                          job->name, job->centres, others, k);
    if (job->pairs.n && job->is_own && job->centres == job->ranged)
        return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_EMPTY_DATA",
                          "%s: all %zu ions with a type are of this species, so no other order of labels can be compared; leave pairs out", job->name, job->ranged);
    return OA_OK;
}

static oa_status choose_bins(oa_run *run, neighbours_job *job)
{
    const neighbours_params *p = job->p;
    const double density = job->density * (double)job->others / (double)job->ranged;
    const double bins = ceil((p->range > 0 ? p->range : 3 * oa_chance_distance(density, (int)p->k)) / p->bin_width - 1e-9);
    if (!(bins <= BINS_MAX))
        return oa_fail_at(run->context, OA_IN_PARAMETER("bin_width"), "E_PARAMETER_RANGE",
                          "%s: %g bins of %g nm, %d are possible; wider bins or a smaller range would be right",
                          job->name, bins, p->bin_width, BINS_MAX);
    job->bins = bins < 1 ? 1 : (size_t)bins;
    return OA_OK;
}

static oa_status mark_pair(oa_run *run, neighbours_job *job, const oa_sdm_pair *pair)
{
    const oa_ranges *ranges = job->ions->ranges;
    const char *centre = job->pairs.species[pair->centre], *other = job->pairs.species[pair->neighbour];
    const size_t types = ranges->n_types + 1, length = 2 * (size_t)OA_ION_NAME + 2;
    bool *is_centre, *is_other;
    char *name;
    OA_TRY(oa_scratch(run, &name, length, 1));
    OA_TRY(oa_scratch(run, &is_centre, types, sizeof *is_centre));
    OA_TRY(oa_scratch(run, &is_other, types, sizeof *is_other));
    snprintf(name, length, "%s-%s", centre, other);
    job->name = name;
    OA_TRY(oa_ranges__species(run->context, ranges, centre, "pairs", is_centre));
    OA_TRY(oa_ranges__species(run->context, ranges, other, "pairs", is_other));
    job->is_own = memcmp(is_centre, is_other, types * sizeof *is_centre) == 0;
    for (size_t t = 1; !job->is_own && t < types; t++)
        if (is_centre[t] && is_other[t])
            return oa_fail_at(run->context, OA_IN_PARAMETER("pairs"), "E_PARAMETER_VALUE",
                              "%s: ions of %s belong to both; give species that share no ions, or the same twice",
                              name, ranges->types[t - 1].name);
    job->centres = mark(job, is_centre, job->centre);
    job->others = job->is_own ? job->centres : mark(job, is_other, job->other);
    return OA_OK;
}

/* The task of pair number `pair`, and who is who in it. */
static oa_status take_pair(oa_run *run, neighbours_job *job, size_t pair)
{
    job->is_own = true;
    job->name = "all";
    if (job->pairs.n) OA_TRY(mark_pair(run, job, &job->pairs.pair[pair]));
    else job->centres = job->others = mark(job, NULL, job->centre);
    OA_TRY(oa_run_task(run, (int)pair + 1, job->pairs.n > 1 ? job->name : ""));
    OA_TRY(check_counts(run, job));
    return choose_bins(run, job);
}

static size_t n_tasks(const neighbours_job *job) { return job->pairs.n ? job->pairs.n : 1; }
/* ---------------------------------------------------------------------------------------------- measuring */

typedef struct measuring {
    const neighbours_job *job;
    oa_nearest near, centres;
    const oa_nearest *asked;
    /* either all distances, by centre */
    const uint32_t *number; /* of each row, of those asked for */
    float *distance;
    /* or what is left of them */
    double *sums;     /* (chunks, orders) */
    uint32_t *counts; /* (threads, orders, bins) */
} measuring;

static void keep_distances(const measuring *m, size_t place, const double *d2)
{
    const size_t k = (size_t)m->job->p->k;
    float *to = m->distance + m->number[m->asked->row[place]] * k;
    for (size_t j = 0; j < k; j++) to[j] = (float)sqrt(d2[j]);
}

size_t oa_neighbours__bin(const neighbours_job *job, float distance)
{
    const double bin = floor((double)distance / job->p->bin_width);
    return bin < (double)job->bins ? (size_t)bin : job->bins;
}

static void count_distances(const measuring *m, const double *d2, double *sums, uint32_t *counts)
{
    const size_t k = (size_t)m->job->p->k, bins = m->job->bins;
    for (size_t j = 0; j < k; j++) {
        const float distance = (float)sqrt(d2[j]);
        const size_t bin = oa_neighbours__bin(m->job, distance);
        sums[j] += (double)distance;
        if (bin < bins) counts[j * bins + bin]++;
    }
}

static oa_status measure_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const measuring *m = arg;
    const size_t k = (size_t)m->job->p->k, length = (size_t)m->near.k, n = span.end - span.begin;
    oa_nearest_room *room;
    double *d2;
    OA_TRY(oa_worker_scratch(worker, SLOT_ROOM, &room, 1, oa_nearest_room_bytes()));
    OA_TRY(oa_worker_scratch(worker, SLOT_SQUARES, &d2, n * length, sizeof *d2));
    oa_nearest_block_of(&m->near, m->asked, oa_worker_context(worker)->kernels, span.begin, n, room, &(oa_nearest_lists){ .d2 = d2 });
    double *sums = m->sums ? m->sums + span.chunk * k : NULL;
    uint32_t *counts = m->sums ? m->counts + (size_t)oa_worker_number(worker) * k * m->job->bins : NULL;
    for (size_t i = 0; i < n; i++) { /* where ions are centres and neighbours, each is the nearest to itself, at 0 */
        const double *found = d2 + i * length + (length - k);
        if (m->sums) count_distances(m, found, sums, counts);
        else keep_distances(m, span.begin + i, found);
    }
    return OA_OK;
}

/* The trees of those who may be neighbours and of those who ask. */
static oa_status sort_ions(oa_arena *arena, measuring *m, const uint8_t *asking, const uint8_t *other)
{
    const neighbours_job *job = m->job;
    const oa_points others = points_of(job, other), centres = points_of(job, asking);
    OA_TRY(oa_nearest_build(arena, &m->near, &others, 1, (int)job->p->k + job->is_own));
    m->asked = asking == other ? &m->near : &m->centres;
    return asking == other ? OA_OK : oa_nearest_build(arena, &m->centres, &centres, 1, 1);
}

static const uint8_t *others_of(const neighbours_job *job) { return job->is_own ? job->centre : job->other; }

/* Centres number [first, end) belong to this slab. */
static oa_status measure_ions(oa_run *run, oa_arena *arena, const neighbours_job *job)
{
    size_t first, end;
    oa_run_rows(run, job->centres, &first, &end);
    const size_t dims[2] = { end - first, (size_t)job->p->k };
    measuring m = { .job = job };
    const uint8_t *others = others_of(job);
    uint8_t *mine;
    uint64_t *index;
    uint32_t *number, *order;
    size_t next = 0;
    OA_TRY(oa_put_array(run, "distances/distance", 2, dims, &m.distance));
    OA_TRY(oa_put_array(run, "distances/ion_index", 1, dims, &index));
    OA_TRY(oa_put_array(run, "distances/order", 1, dims + 1, &order));
    for (size_t j = 0; j < dims[1]; j++) order[j] = (uint32_t)j + 1;
    if (dims[0] == 0) return OA_OK;
    OA_TRY(oa_arena_take(arena, &number, job->ions->n, sizeof *number));
    OA_TRY(oa_arena_take(arena, &mine, job->ions->n, 1));
    for (size_t i = 0; i < job->ions->n; i++) {
        if (!job->centre[i] || next++ < first || next > end) continue;
        number[i] = (uint32_t)(next - 1 - first);
        index[next - 1 - first] = i;
        mine[i] = 1;
    }
    m.number = number;
    oa_phase(run->context, "sort");
    OA_TRY(sort_ions(arena, &m, job->is_own && run->slabs == 1 ? others : mine, others));
    oa_phase(run->context, "neighbours");
    return oa_parallel(run->context, m.asked->n, PLACES_PER_CHUNK, measure_chunk, &m);
}

/* Marks with the labels in random order. */
static void draw_labels(const neighbours_job *job, size_t draw, uint8_t *centre, uint8_t *other)
{
    const size_t others = job->is_own ? 0 : job->others;
    const uint64_t count[3] = { job->centres, others, job->ranged - job->centres - others };
    oa_label_draw d = oa_label_draw_start(count, 3, (uint64_t)job->p->seed, draw);
    for (size_t i = 0; i < job->ions->n; i++) {
        const int label = oa_ions__type(job->ions, i) ? oa_label_draw_next(&d) : 2;
        centre[i] = label == 0;
        other[i] = label == 1;
    }
}

typedef struct drawing {
    uint8_t *centre, *other;
    double *mean;   /* (orders) */
    uint32_t *ions; /* (orders, bins) */
} drawing;

static oa_status measure_draw(oa_context *context, oa_arena *arena, const neighbours_job *job, const drawing *d)
{
    const size_t k = (size_t)job->p->k, size = k * job->bins, chunks = oa_chunk_count(job->centres, PLACES_PER_CHUNK);
    measuring m = { .job = job };
    OA_TRY(oa_arena_take(arena, &m.sums, chunks * k, sizeof *m.sums));
    OA_TRY(oa_arena_take(arena, &m.counts, (size_t)context->threads * size, sizeof *m.counts));
    OA_TRY(sort_ions(arena, &m, d->centre, job->is_own ? d->centre : d->other));
    OA_TRY(oa_parallel(context, m.asked->n, PLACES_PER_CHUNK, measure_chunk, &m));
    for (size_t c = 0; c < chunks; c++)
        for (size_t j = 0; j < k; j++) d->mean[j] += m.sums[c * k + j];
    for (size_t j = 0; j < k; j++) d->mean[j] /= (double)job->centres;
    for (size_t t = 0; t < (size_t)context->threads; t++)
        for (size_t i = 0; i < size; i++) d->ions[i] += m.counts[t * size + i];
    return OA_OK;
}

/* The draws of this slab. */
static oa_status measure_draws(oa_run *run, oa_arena *arena, const neighbours_job *job)
{
    size_t first, end;
    oa_run_rows(run, oa_neighbours__draws(job), &first, &end);
    const size_t k = (size_t)job->p->k, dims[3] = { end - first, k, job->bins };
    drawing d;
    if (!oa_neighbours__draws(job)) return OA_OK;
    OA_TRY(oa_put_array(run, "draws/mean", 2, dims, &d.mean));
    OA_TRY(oa_put_array(run, "draws/ions", 3, dims, &d.ions));
    OA_TRY(oa_arena_take(arena, &d.centre, job->ions->n, 1));
    OA_TRY(oa_arena_take(arena, &d.other, job->ions->n, 1));
    for (size_t draw = first; draw < end; draw++) {
        oa_arena own = { .context = run->context };
        oa_phase(run->context, "draws");
        draw_labels(job, draw, d.centre, d.other);
        const oa_status status = measure_draw(run->context, &own, job, &d);
        oa_arena_drop(&own);
        OA_TRY(status);
        d.mean += k;
        d.ions += k * job->bins;
    }
    return OA_OK;
}

static oa_status neighbours_run(oa_run *run, const void *params)
{
    neighbours_job job;
    OA_TRY(prepare(run, params, &job));
    for (size_t pair = 0; pair < n_tasks(&job); pair++) {
        oa_arena arena = { .context = run->context };
        OA_TRY(take_pair(run, &job, pair));
        oa_status status = measure_ions(run, &arena, &job);
        oa_arena_drop(&arena);
        if (status == OA_OK) status = measure_draws(run, &arena, &job);
        oa_arena_drop(&arena);
        OA_TRY(status);
    }
    return OA_OK;
}

static oa_status neighbours_finish(oa_run *run, const void *params)
{
    neighbours_job job;
    OA_TRY(prepare(run, params, &job));
    if (job.ranged < job.ions->n) oa_note(run, "W_UNRANGED", "%zu of %zu ions have no range and were left out", job.ions->n - job.ranged, job.ions->n);
    for (size_t pair = 0; pair < n_tasks(&job); pair++) {
        OA_TRY(take_pair(run, &job, pair));
        OA_TRY(oa_neighbours__put(run, &job));
    }
    return OA_OK;
}

/* Per ion: columns 17, marks 5, two trees of 19, number 4; results 8 and 4 an order, once per pair. Histograms of the draws and of the threads. */
static uint64_t neighbours_memory(const oa_run *run, const void *params)
{
    const neighbours_params *p = params;
    const oa_input *input = oa_run_input(run, "ions");
    double pairs = 1;
    if (!input || !input->ions) return 0;
    for (const char *c = p->pairs; *c; c++) pairs += *c == ',';
    const double k = (double)p->k, n = (double)input->ions->n, bins = p->range > 0 ? p->range / p->bin_width : 6 / p->bin_width;
    const double bytes = n * (17 + 5 + 38 + 4 + pairs / run->slabs * (8 + 4 * k)) + pairs * k * bins * (4 * (double)p->draws / run->slabs + 40) +
                         run->context->threads * (4 * k * bins + 3e6) + 20e6;
    return bytes < 1e18 ? (uint64_t)bytes : UINT64_MAX;
}

const oa_step oa_step_neighbours = {
    .name = "neighbours",
    .version = 1,
    .title = "Distances of nearest neighbours",
    .help = "Measures how far the 1st to k-th nearest neighbour of every ion is, of all ions or of pairs of species, and holds it against random places (Chandrasekhar, "
            "Rev. Mod. Phys. 15 (1943) 1) and against the same places with the labels in random order, which have the surface, density and lattice of the specimen too. "
            "A species whose neighbours of its own are nearer than by chance clusters (Philippe et al., Ultramicroscopy 109 (2009) 1304).",
    .params = neighbours_table, .params_size = sizeof(neighbours_params),
    .slots = neighbours_slots, .outputs = neighbours_outputs,
    .has_slabs = true,
    .skips_unranged = true,
    .run = neighbours_run,
    .finish = neighbours_finish,
    .memory = neighbours_memory,
};
