/* warren_cowley_put.c - counts of neighbours to parameters, of layers, draws and the whole specimen. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "step/warren_cowley.h"

static const char conventions[] = "alpha = 1 - p/c (Warren, Cowley; for i = j negative where like ions are neighbours more often than at random); "
                                  "alpha_pm = (p - c)/(delta_ij - c) (de Fontaine; for i = j positive there); "
                                  "alpha_sm = (p - c)/(1 - c) where p >= c, else (p - c)/c (-1 depleted, 0 at random, 1 enriched, for every pair); c: share of species j, "
                                  "p: its share of the neighbours of i; i and j may be sets of species, counted as one species each";
static const char caveat[] = "Ions that the detector misses do not bias the share in a shell of fixed distance, but the k nearest then come from several shells of the "
                             "crystal; limited resolution mixes shells in any case. Both bring alpha of the first shell nearer to 0 or give it the sign of another "
                             "shell, so these are not the parameters of the crystal: correct them by a simulated specimen of the same efficiency and resolution. "
                             "What lies within the scatter of the random orders cannot be told from no order at all.";

/* ---------------------------------------------------------------------------------------------- counts to parameters */

static bool has(uint64_t members, size_t label) { return members >> label & 1; }

/* Of the second set of the pair. */
static double concentration(const oa_wc_job *job, size_t pair)
{
    uint64_t ions = 0;
    for (size_t l = 1; l < job->labels; l++)
        if (has(job->members[job->pairs.pair[pair].neighbour], l)) ions += job->count[l];
    return (double)ions / (double)job->ranged;
}

static double alpha_of(double contacts, double neighbours, double c) { return neighbours > 0 ? 1 - contacts / neighbours / c : (double)NAN; }

/* A set of all species has c = p = 1: nothing is to be gained, and the parameters are 0. */
static double part_of(double difference, double most) { return most != 0 ? difference / most : difference; }
static double alpha_sm_of(double p, double c) { return part_of(p - c, p >= c ? 1 - c : c); }

/* Neighbours of the pair in the shell, of its second set and of any. counts (labels, shells, labels). */
static void pick(const oa_wc_job *job, const uint64_t *counts, size_t pair, size_t shell, uint64_t *contacts, uint64_t *neighbours)
{
    const uint64_t centre = job->members[job->pairs.pair[pair].centre], neighbour = job->members[job->pairs.pair[pair].neighbour];
    *contacts = *neighbours = 0;
    for (size_t a = 1; a < job->labels; a++) {
        const uint64_t *row = counts + (a * job->shells + shell) * job->labels;
        for (size_t l = 0; has(centre, a) && l < job->labels; l++) {
            *neighbours += row[l];
            if (has(neighbour, l)) *contacts += row[l];
        }
    }
}

static oa_status put_shell_axis(oa_run *run, const oa_wc_job *job, const char *name)
{
    oa_string text = { .context = run->context };
    uint32_t *axis;
    char *words;
    OA_TRY(oa_put_array(run, name, 1, &job->shells, &axis));
    for (size_t m = 0; m < job->shells; m++) {
        axis[m] = job->by_rank ? (uint32_t)job->rank[m] : (uint32_t)m + 1;
        if (job->by_rank) oa_string_add(&text, "%s%zu nearest", m ? ", " : "shell: ", job->rank[m]);
        else oa_string_add(&text, "%s%zu %.6g to %.6g nm", m ? ", " : "shell: ", m + 1, job->edge[m], job->edge[m + 1]);
    }
    OA_TRY(oa_string_take(&text, &words));
    oa_status status = oa_put_long_name(run, name, words);
    if (status == OA_OK && strcmp(name, "order/shell") == 0) status = oa_put_text(run, "summary/shells", words + strlen("shell: "));
    oa_free(run->context, words);
    return status;
}

oa_status oa_wc__put_profile(oa_run *run, const oa_wc_job *job)
{
    size_t first, end;
    oa_run_rows(run, job->layers, &first, &end);
    const size_t dims[3] = { end - first, job->pairs.n, job->shells }, flat[2] = { end - first, job->shells }, size = oa_wc__size(job);
    uint64_t *counts, *contacts, *neighbours, *all, *distances;
    double *alpha, *z;
    OA_TRY(oa_scratch(run, &counts, (end - first) * size, sizeof *counts));
    OA_TRY(oa_put_array(run, "profile/alpha", 3, dims, &alpha));
    OA_TRY(oa_put_array(run, "profile/contacts", 3, dims, &contacts));
    OA_TRY(oa_put_array(run, "profile/neighbours", 3, dims, &neighbours));
    OA_TRY(oa_put_array(run, "profile/all_neighbours", 2, flat, &all));
    OA_TRY(oa_put_array(run, "profile/distances", 2, flat, &distances));
    OA_TRY(oa_put_array(run, "profile/z", 1, dims, &z));
    OA_TRY(oa_put_pair_axis(run, "profile/pair", &job->pairs));
    OA_TRY(put_shell_axis(run, job, "profile/shell"));
    OA_TRY(oa_put_long_name(run, "profile/z", "z (nm)"));
    OA_TRY(oa_wc__count_layers(run, job, first, end, counts, distances));
    for (size_t layer = 0, at = 0; layer < end - first; layer++) {
        const uint64_t *of = counts + layer * size;
        z[layer] = job->lo + (job->hi - job->lo) * ((double)(first + layer) + 0.5) / (double)job->layers;
        for (size_t pair = 0; pair < job->pairs.n; pair++)
            for (size_t m = 0; m < job->shells; m++, at++) {
                pick(job, of, pair, m, &contacts[at], &neighbours[at]);
                alpha[at] = alpha_of((double)contacts[at], (double)neighbours[at], concentration(job, pair));
            }
        for (size_t a = 0; a < job->labels; a++)
            for (size_t k = 0; k < job->shells * job->labels; k++) all[layer * job->shells + k / job->labels] += of[a * job->shells * job->labels + k];
    }
    return OA_OK;
}

oa_status oa_wc__put_draws(oa_run *run, oa_wc_job *job, size_t draws)
{
    size_t first, end;
    oa_run_rows(run, draws, &first, &end);
    const size_t dims[3] = { end - first, job->pairs.n, job->shells }, size = oa_wc__size(job);
    uint64_t *counts;
    double *alpha;
    if (!draws) return OA_OK;
    OA_TRY(oa_put_array(run, "draws/alpha", 3, dims, &alpha));
    OA_TRY(oa_put_pair_axis(run, "draws/pair", &job->pairs));
    OA_TRY(put_shell_axis(run, job, "draws/shell"));
    OA_TRY(oa_scratch(run, &counts, OA_WC_COLUMNS * size, sizeof *counts));
    OA_TRY(oa_scratch(run, &job->drawn, job->places * OA_WC_COLUMNS, 1));
    oa_phase(run->context, "draws");
    for (size_t at = first; at < end; at += OA_WC_COLUMNS) {
        const size_t n = end - at < OA_WC_COLUMNS ? end - at : OA_WC_COLUMNS;
        OA_TRY(oa_wc__count_draws(run, job, at, n, counts));
        for (size_t d = 0; d < n; d++)
            for (size_t pair = 0; pair < job->pairs.n; pair++)
                for (size_t m = 0; m < job->shells; m++) {
                    uint64_t contacts, neighbours;
                    pick(job, counts + d * size, pair, m, &contacts, &neighbours);
                    *alpha++ = alpha_of((double)contacts, (double)neighbours, concentration(job, pair));
                }
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- what needs all of them */

/* The array of all slabs; NULL, and a message, where it is not whole. */
static const void *whole(oa_run *run, const char *name, oa_type type, size_t count)
{
    const oa_array *found = oa_values_find(run->out, run->task, name);
    if (found && found->type == type && oa_array_count(found) == count) return found->block->data;
    (void)!oa_fail(run->context, "E_SLABS", "%zu values of %s where %zu are wanted; give all parts of one call", found ? oa_array_count(found) : 0, name, count);
    return NULL;
}

static oa_status put_order(oa_run *run, const oa_wc_job *job, double **alpha)
{
    const size_t dims[2] = { job->pairs.n, job->shells }, n = dims[0] * dims[1];
    const uint64_t *layer_contacts = whole(run, "profile/contacts", OA_U64, job->layers * n), *layer_neighbours = whole(run, "profile/neighbours", OA_U64,
                                              job->layers * n);
    uint64_t *contacts, *neighbours;
    double *pm, *sm, *share;
    if (!layer_contacts || !layer_neighbours) return run->context->status;
    OA_TRY(oa_put_array(run, "order/alpha", 2, dims, alpha));
    OA_TRY(oa_put_array(run, "order/alpha_pm", 2, dims, &pm));
    OA_TRY(oa_put_array(run, "order/alpha_sm", 2, dims, &sm));
    OA_TRY(oa_put_array(run, "order/share", 2, dims, &share));
    OA_TRY(oa_put_array(run, "order/contacts", 2, dims, &contacts));
    OA_TRY(oa_put_array(run, "order/neighbours", 2, dims, &neighbours));
    OA_TRY(oa_put_pair_axis(run, "order/pair", &job->pairs));
    OA_TRY(put_shell_axis(run, job, "order/shell"));
    for (size_t i = 0; i < job->layers * n; i++) {
        contacts[i % n] += layer_contacts[i];
        neighbours[i % n] += layer_neighbours[i];
    }
    for (size_t i = 0; i < n; i++) {
        const oa_sdm_pair *pair = &job->pairs.pair[i / job->shells];
        const double c = concentration(job, i / job->shells), p = neighbours[i] ? (double)contacts[i] / (double)neighbours[i] : (double)NAN;
        share[i] = p;
        (*alpha)[i] = alpha_of((double)contacts[i], (double)neighbours[i], c);
        pm[i] = part_of(p - c, (job->members[pair->centre] == job->members[pair->neighbour]) - c);
        sm[i] = alpha_sm_of(p, c);
    }
    return OA_OK;
}

static oa_status put_shells(oa_run *run, const oa_wc_job *job)
{
    const size_t n_all = job->layers * job->shells;
    const uint64_t *neighbours = whole(run, "profile/all_neighbours", OA_U64, n_all), *distances = whole(run, "profile/distances", OA_U64, n_all);
    double *coordination, *radius, *lower = NULL, *upper = NULL;
    if (!neighbours || !distances) return run->context->status;
    OA_TRY(oa_put_array(run, "shells/coordination", 1, &job->shells, &coordination));
    OA_TRY(oa_put_array(run, "shells/radius", 1, &job->shells, &radius));
    if (!job->by_rank) OA_TRY(oa_put_array(run, "shells/lower", 1, &job->shells, &lower));
    if (!job->by_rank) OA_TRY(oa_put_array(run, "shells/upper", 1, &job->shells, &upper));
    OA_TRY(put_shell_axis(run, job, "shells/shell"));
    for (size_t m = 0; m < job->shells; m++) {
        uint64_t n = 0, sum = 0;
        for (size_t layer = 0; layer < job->layers; layer++) {
            n += neighbours[layer * job->shells + m];
            sum += distances[layer * job->shells + m];
        }
        coordination[m] = (double)n / (double)job->ranged;
        radius[m] = n ? (double)sum / (double)n * 0x1p-24 : (double)NAN;
        if (lower) lower[m] = job->edge[m], upper[m] = job->edge[m + 1];
    }
    return OA_OK;
}

static oa_status put_strongest(oa_run *run, const oa_wc_job *job, const double *alpha, const double *z)
{
    const size_t at = oa_chance_strongest(z, job->pairs.n * job->shells);
    char text[2 * OA_ION_NAME + 48];
    if (at == job->pairs.n * job->shells) return OA_OK;
    const oa_sdm_pair *pair = &job->pairs.pair[at / job->shells];
    const size_t shell = at % job->shells;
    snprintf(text, sizeof text, "%s-%s, %s%zu", job->pairs.species[pair->centre], job->pairs.species[pair->neighbour], job->by_rank ? "k = " : "shell ",
             job->by_rank ? job->rank[shell] : shell + 1);
    OA_TRY(oa_put_text(run, "summary/strongest", text));
    OA_TRY(oa_put_real(run, "summary/strongest_alpha", alpha[at]));
    return oa_put_real(run, "summary/strongest_z", z[at]);
}

static oa_status put_tests(oa_run *run, const oa_wc_job *job, const double *alpha, size_t draws)
{
    const size_t dims[2] = { job->pairs.n, job->shells }, n = dims[0] * dims[1];
    const double *drawn = draws ? whole(run, "draws/alpha", OA_F64, draws * n) : NULL;
    double *rows, *scratch, *control, *errors, *z, *p;
    if (!draws) return OA_OK;
    if (!drawn) return run->context->status;
    OA_TRY(oa_scratch(run, &rows, (draws + 1) * n, sizeof *rows));
    OA_TRY(oa_scratch(run, &scratch, draws + 1, sizeof *scratch));
    memcpy(rows, alpha, n * sizeof *rows);
    memcpy(rows + n, drawn, draws * n * sizeof *rows);
    OA_TRY(oa_put_array(run, "order/control", 2, dims, &control));
    OA_TRY(oa_put_array(run, "order/control_errors", 2, dims, &errors));
    OA_TRY(oa_put_array(run, "order/z", 2, dims, &z));
    OA_TRY(oa_put_array(run, "order/p_value", 2, dims, &p));
    oa_chance_compare_all(rows, n, draws, control, errors, z, p);
    OA_TRY(put_strongest(run, job, alpha, z));
    return oa_put_real(run, "summary/p_permuted", oa_chance_joint(rows, n, draws, scratch));
}

static oa_status put_species(oa_run *run, const oa_wc_job *job)
{
    const size_t n = (size_t)job->n_species;
    oa_string text = { .context = run->context };
    double *share;
    uint64_t *ions;
    uint32_t *species;
    char *words;
    OA_TRY(oa_put_array(run, "species/concentration", 1, &n, &share));
    OA_TRY(oa_put_array(run, "species/ions", 1, &n, &ions));
    OA_TRY(oa_put_array(run, "species/species", 1, &n, &species));
    for (size_t s = 0; s < n; s++) {
        species[s] = (uint32_t)s;
        ions[s] = job->count[s + 1];
        share[s] = (double)ions[s] / (double)job->ranged;
        oa_string_add(&text, "%s%zu %s", s ? ", " : "species: ", s, job->species[s]);
    }
    OA_TRY(oa_string_take(&text, &words));
    const oa_status status = oa_put_long_name(run, "species/species", words);
    oa_free(run->context, words);
    return status;
}

oa_status oa_wc__put(oa_run *run, const oa_wc_job *job, size_t draws)
{
    double *alpha;
    OA_TRY(put_order(run, job, &alpha));
    OA_TRY(put_shells(run, job));
    OA_TRY(put_species(run, job));
    OA_TRY(put_tests(run, job, alpha, draws));
    OA_TRY(oa_put_count(run, "summary/ions", job->ranged));
    OA_TRY(oa_put_text(run, "summary/conventions", conventions));
    return oa_put_text(run, "summary/caveat", caveat);
}
