/* bank_crystals.c - patterns of whole small crystals by the published recipe (ML-APT: Li et al., Nat. Commun. 14, 7410 (2023);
 * Adv. Mater. 2024, 2407564): noise on every atom, an exact share of them kept, one map of all pairs, minimum 0 and maximum 1.
 *
 * A pattern draws from a stream of its own, numbered by class and place in the grid: the same for any number of threads, and
 * whatever the other classes are. The order of the atoms is drawn first and noise in that order, for those that stay. */
#include <math.h>
#include <string.h>

#include "step/bank.h"

enum { PER_CHUNK = 4, SLOT_ORDER = 5, SLOT_PLACES = 6, SLOT_MAPS = 7 };

typedef struct crystal_job {
    bank *b;
    bank_patterns *out;
} crystal_job;

/* One pattern: its class, where it is in the grid, and what it draws from. */
typedef struct draw {
    const bank_class *class;
    size_t class_number;
    double sigma_lateral, sigma_depth, efficiency;
    uint64_t stream_index, group;
} draw;

/* Number p = ((lateral * n_depth + depth) * n_efficiency + efficiency) * repeats + repeat. */
static draw draw_of(const bank *b, size_t row)
{
    size_t c = 0;
    while (row >= b->class[c].first + b->class[c].n) c++;
    const bank_class *k = &b->class[c];
    const bank_grid *g = k->grid;
    const size_t p = row - k->first, repeats = (size_t)b->p->repeats, repeat = p % repeats, i = p / repeats;
    const size_t efficiency = i % g[BANK_EFFICIENCY].n, place = i / g[BANK_EFFICIENCY].n;
    const size_t nested = (place * g[BANK_EFFICIENCY].n) * repeats + repeat;
    return (draw){ .class = k, .class_number = c, .sigma_lateral = g[BANK_LATERAL].v[place / g[BANK_DEPTH].n],
                   .sigma_depth = g[BANK_DEPTH].v[place % g[BANK_DEPTH].n], .efficiency = g[BANK_EFFICIENCY].v[efficiency],
                   .stream_index = b->p->nested ? nested : p, .group = k->first + (b->p->nested ? nested : p) };
}

/* ---------------------------------------------------------------------------------------------- one simulation */

/* The atoms that are detected, in the order drawn; float columns (atoms) each. */
typedef struct detected {
    size_t n;
    float *x, *y, *z;
    uint8_t *is_ordered, *take;
} detected;

static oa_status make_room(oa_worker *worker, size_t atoms, uint32_t **order, detected *out)
{
    OA_TRY(oa_worker_scratch(worker, SLOT_ORDER, order, atoms, sizeof **order + 2));
    out->is_ordered = (uint8_t *)(*order + atoms);
    out->take = out->is_ordered + atoms;
    OA_TRY(oa_worker_scratch(worker, SLOT_PLACES, &out->x, 3 * atoms, sizeof *out->x));
    out->y = out->x + atoms;
    out->z = out->y + atoms;
    return OA_OK;
}

/* Keeps the first floor(atoms * efficiency) of a random order (Fisher-Yates, as far as it is needed) and displaces them. */
static oa_status simulate(const bank *b, const draw *d, uint64_t channel, oa_worker *worker, detected *out)
{
    const bank_class *class = d->class;
    uint32_t *order;
    OA_TRY(make_room(worker, class->atoms, &order, out));
    out->n = (size_t)floor((double)class->atoms * d->efficiency);
    oa_random random = oa_random_start((uint64_t)b->p->seed, bank_stream(BANK_STREAM_CRYSTAL, d->class_number * BANK_CHANNELS_MAX + channel, d->stream_index));
    for (size_t i = 0; i < class->atoms; i++) order[i] = (uint32_t)i;
    for (size_t i = 0; i < out->n; i++) {
        const size_t other = i + (size_t)oa_random_below(&random, class->atoms - i);
        const uint32_t atom = order[other];
        order[other] = order[i];
        out->x[i] = (float)(class->x[atom] + d->sigma_lateral * oa_random_normal(&random));
        out->y[i] = (float)(class->y[atom] + d->sigma_lateral * oa_random_normal(&random));
        out->z[i] = (float)(class->z[atom] + d->sigma_depth * oa_random_normal(&random));
        out->is_ordered[i] = class->is_ordered[atom];
    }
    return OA_OK;
}

static oa_status count_pairs(const bank *b, oa_worker *worker, const detected *atoms, bool takes_all, bool takes_others, uint32_t *map)
{
    const oa_sdm_rule rule = bank_rule(b, OA_SDM_ALL);
    for (size_t i = 0; i < atoms->n; i++) atoms->take[i] = takes_all || atoms->is_ordered[i] != takes_others;
    const oa_points points = { .n = atoms->n, .x = atoms->x, .y = atoms->y, .z = atoms->z, .take = atoms->take };
    return oa_sdm_whole(&rule, worker, &points, map);
}

/* Maps (channels, map) of one pattern. In a crystal without order every channel sees all atoms, so each is a draw of its own,
 * or a copy of the first as in the published bank (ML-APT D12). */
static oa_status make_maps(const bank *b, const draw *d, oa_worker *worker, uint32_t *maps, size_t size)
{
    const bool is_plain = !d->class->structure->is_ordered;
    detected atoms = { 0 };
    for (size_t c = 0; c < b->n_channels; c++) {
        if (c > 0 && is_plain && b->p->copy_channels) memcpy(maps + c * size, maps, size * sizeof *maps);
        else {
            if (c == 0 || is_plain) OA_TRY(simulate(b, d, c, worker, &atoms));
            OA_TRY(count_pairs(b, worker, &atoms, is_plain, b->takes_others[c], maps + c * size));
        }
    }
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- curves */

/* counts (bin) to curve (bin, channel); NaN where all counts are the same. */
static void scale(const uint32_t *counts, size_t bins, float *curve, size_t channels)
{
    uint32_t least = counts[0], most = counts[0];
    for (size_t i = 1; i < bins; i++) {
        least = counts[i] < least ? counts[i] : least;
        most = counts[i] > most ? counts[i] : most;
    }
    for (size_t i = 0; i < bins; i++)
        curve[i * channels] = most > least ? (float)((double)(counts[i] - least) / (double)(most - least)) : NAN;
}

/* Moves a curve by c bins to the left (c < 0: right) and fills with zeros what comes in; one of NaN stays so throughout. */
static void shift(const float *from, float *to, int64_t bins, size_t channels, int64_t c)
{
    for (int64_t i = 0; i < bins; i++)
        for (size_t k = 0; k < channels; k++)
            to[(size_t)i * channels + k] = i + c >= 0 && i + c < bins ? from[(size_t)(i + c) * channels + k] : isnan(from[k]) ? NAN : 0;
}

static void set_labels(const bank *b, bank_patterns *out, size_t row, const draw *d)
{
    out->label[row] = (uint32_t)d->class_number;
    out->target[row * b->n_classes + d->class_number] = 1;
    out->group[row] = (uint32_t)d->group;
    out->sigma_lateral[row] = d->sigma_lateral;
    out->sigma_depth[row] = d->sigma_depth;
    out->efficiency[row] = d->efficiency;
}

/* All channels of a copy move together. Copy k of original i is row (k + 1) * n_originals + i, as published: behind all originals. */
static void make_copies(const bank *b, bank_patterns *out, size_t row, const draw *d)
{
    const size_t size = bank_pattern_size(b);
    const uint64_t spread = (uint64_t)(b->p->shift_hi - b->p->shift_lo + 1);
    oa_random random = oa_random_start((uint64_t)b->p->seed, bank_stream(BANK_STREAM_SHIFT, d->class_number, row - d->class->first));
    for (int64_t k = 0; k < b->p->copies; k++) {
        const size_t copy = row + (size_t)(k + 1) * b->n_originals;
        const int64_t c = b->p->shift_lo + (int64_t)oa_random_below(&random, spread);
        shift(out->curves + row * size, out->curves + copy * size, b->map.crop_bins, b->n_channels, c);
        set_labels(b, out, copy, d);
        memcpy(out->pairs + copy * b->n_channels, out->pairs + row * b->n_channels, b->n_channels * sizeof *out->pairs);
    }
}

static void store(const bank *b, bank_patterns *out, size_t row, const draw *d, const uint32_t *maps, size_t size)
{
    set_labels(b, out, row, d);
    for (size_t c = 0; c < b->n_channels; c++) {
        uint64_t pairs = 0;
        for (size_t i = 0; i < size; i++) pairs += maps[c * size + i];
        out->pairs[row * b->n_channels + c] = pairs;
    }
    if (bank_has_pictures(b)) {
        oa_picture_draw(&b->picture, maps, out->grey + row * bank_pattern_size(b));
        return;
    }
    for (size_t c = 0; c < b->n_channels; c++) scale(maps + c * size, size, out->curves + row * bank_pattern_size(b) + c, b->n_channels);
    make_copies(b, out, row, d);
}

static oa_status crystal_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const crystal_job *job = arg;
    const oa_sdm_rule rule = bank_rule(job->b, OA_SDM_ALL);
    const size_t size = oa_sdm_map_size(&rule);
    uint32_t *maps;
    OA_TRY(oa_worker_scratch(worker, SLOT_MAPS, &maps, size * job->b->n_channels, sizeof *maps));
    for (size_t row = span.begin; row < span.end; row++) {
        const draw d = draw_of(job->b, row);
        OA_TRY(make_maps(job->b, &d, worker, maps, size));
        store(job->b, job->out, row, &d, maps, size);
    }
    return OA_OK;
}

oa_status bank_make_crystals(bank *b, bank_patterns *out)
{
    crystal_job job = { b, out };
    oa_phase(b->run->context, "crystals");
    return oa_parallel(b->run->context, b->n_originals, PER_CHUNK, crystal_chunk, &job);
}
