/* bank_voxels.c - local maps as `classify` meets them: voxels cut from many small specimens, each with a random alloy of all
 * species, ordered domains, a stretched and tilted lattice and noise of its own.
 *
 * A specimen draws everything from one stream numbered like it, and is made by one thread: threads change nothing. Its crystal
 * reaches three standard deviations beyond the cube that voxels may see, so that displacements leave no thin margin. */
#include <math.h>
#include <string.h>

#include "step/bank.h"

enum { DOMAINS_MAX = 64, TRIES = 100, VOXELS_PER_SPECIMEN = 50, SLOT_IONS = 5, SLOT_MAPS = 6 };

typedef struct domain {
    double centre[3], radius;
    size_t class;
    const int32_t *shift;
} domain;

/* Cumulative shares of the species on ordinary [0] and ordered [1] sites of one class. */
typedef struct occupancy {
    double species[2][OA_ALLOY_MAX];
} occupancy;

typedef struct specimen {
    const bank *b;
    oa_random random;
    double sigma_lateral, sigma_depth, efficiency, stretch[3], order, enrichment, fraction, half;
    int channel_species[BANK_CHANNELS_MAX];
    occupancy occupancy[OA_CLASSES_MAX];
    int n_domains;
    domain domain[DOMAINS_MAX];
    /* detected ions */
    size_t n, capacity;
    float *x, *y, *z;
    uint8_t *species, *class, *take;
} specimen;

typedef struct voxel_job {
    const bank *b;
    bank_patterns *out; /* rows by place; those that are dropped have group UINT32_MAX */
    size_t n_voxels, n_specimens;
    uint64_t *ions; /* (specimens) */
} voxel_job;

/* ---------------------------------------------------------------------------------------------- what is drawn */

static double uniform(oa_random *random, const oa_reals *range) { return range->v[0] + (range->v[1] - range->v[0]) * oa_random_uniform(random); }

/* Noise may be drawn evenly by its logarithm. */
static double spread(const bank *b, oa_random *random, const oa_reals *range)
{
    const double u = oa_random_uniform(random);
    return strcmp(b->p->spacing, "log") == 0 ? range->v[0] * pow(range->v[1] / range->v[0], u) : range->v[0] + (range->v[1] - range->v[0]) * u;
}

/* The species of each channel: the one that orders, or the first of the others; or any, where that is asked for. */
static void draw_species(specimen *s)
{
    const oa_alloy *alloy = &s->b->alloy;
    const int ordering = s->b->ordering, other = ordering == 0 ? 1 : 0;
    for (size_t c = 0; c < s->b->n_channels; c++) s->channel_species[c] = s->b->takes_others[c] ? other : ordering;
    if (strcmp(s->b->p->analysed, "any") == 0) s->channel_species[0] = (int)oa_random_below(&s->random, (uint64_t)alloy->n);
}

/* x: share of the ordering species in the region, f: of the ordered sites. Full order fills these first, no order all alike;
 * the other species share what is left as in the alloy. */
static void occupy(specimen *s, size_t class, double x)
{
    const oa_alloy *alloy = &s->b->alloy;
    const double f = s->b->class[class].structure->share, own = alloy->species[s->b->ordering].fraction;
    const double most = f > 0 ? fmin(1, x / f) : x, rest = f > 0 ? (x - f * most) / (1 - f) : x;
    for (int on = 0; on < 2; on++) {
        const double share = x + s->order * ((on ? most : rest) - x);
        double sum = 0;
        for (int i = 0; i < alloy->n; i++)
            s->occupancy[class].species[on][i] = sum += i == s->b->ordering ? share : (1 - share) * alloy->species[i].fraction / (1 - own);
    }
}

/* Domains hold between as much of the ordering species as the matrix (enrichment 0) and as their structure asks for (1). */
static void draw_alloy(specimen *s)
{
    const bank_params *p = s->b->p;
    s->order = uniform(&s->random, &p->order);
    s->enrichment = uniform(&s->random, &p->enrichment);
    s->fraction = uniform(&s->random, &p->ordered_fraction);
    draw_species(s);
    for (size_t c = 0; c < s->b->n_classes; c++) {
        const double ideal = s->b->class[c].structure->share;
        occupy(s, c, c == 0 ? s->fraction : s->fraction + s->enrichment * (ideal - s->fraction));
    }
}

static void draw_noise(specimen *s)
{
    const bank_params *p = s->b->p;
    s->sigma_lateral = spread(s->b, &s->random, &p->voxel_sigma_lateral);
    s->sigma_depth = spread(s->b, &s->random, &p->voxel_sigma_depth);
    s->efficiency = spread(s->b, &s->random, &p->voxel_efficiency);
    s->stretch[0] = s->stretch[1] = uniform(&s->random, &p->stretch_lateral);
    s->stretch[2] = uniform(&s->random, &p->stretch_depth);
}

/* How far voxel centres stay away from the faces of the cube: no map may look beyond it. */
static double margin_of(const bank *b) { return b->map.radius + (strcmp(b->map.mode, "tree") == 0 ? b->map.half_range : 0); }

static bool is_free(const specimen *s, const domain *d)
{
    for (int i = 0; i < s->n_domains; i++) {
        const double *c = s->domain[i].centre, reach = s->domain[i].radius + d->radius;
        const double dx = c[0] - d->centre[0], dy = c[1] - d->centre[1], dz = c[2] - d->centre[2];
        if (dx * dx + dy * dy + dz * dz < reach * reach) return false;
    }
    return true;
}

/* Spheres whose inner half voxels may reach, also across the faces of the cube; one that finds no place is left out. */
static void draw_domains(specimen *s)
{
    const bank *b = s->b;
    const uint64_t least = (uint64_t)b->p->domains.v[0], most = (uint64_t)b->p->domains.v[1];
    const uint64_t wanted = least + oa_random_below(&s->random, most - least + 1);
    for (uint64_t k = 0; k < wanted; k++) {
        domain d = { .radius = uniform(&s->random, &b->p->domain_radii) };
        d.class = 1 + (size_t)oa_random_below(&s->random, b->n_classes - 1);
        d.shift = oa_translations[b->lattice.parent][oa_random_below(&s->random, OA_TRANSLATIONS)];
        const double room = s->half - margin_of(b) + d.radius / 2;
        bool found = false;
        for (int t = 0; t < TRIES && !found; t++) {
            for (int a = 0; a < 3; a++) d.centre[a] = room * (2 * oa_random_uniform(&s->random) - 1);
            found = is_free(s, &d);
        }
        if (found) s->domain[s->n_domains++] = d;
    }
}

/* ---------------------------------------------------------------------------------------------- ions */

static const domain *domain_at(const specimen *s, const double at[3])
{
    for (int i = 0; i < s->n_domains; i++) {
        const domain *d = &s->domain[i];
        const double dx = at[0] - d->centre[0], dy = at[1] - d->centre[1], dz = at[2] - d->centre[2];
        if (dx * dx + dy * dy + dz * dz <= d->radius * d->radius) return d;
    }
    return NULL;
}

static oa_status add_atom(void *arg, const oa_site *site)
{
    specimen *s = arg;
    if (oa_random_uniform(&s->random) >= s->efficiency) return OA_OK;
    const double at[3] = { site->x * s->stretch[0], site->y * s->stretch[1], site->z * s->stretch[2] };
    const domain *d = domain_at(s, at);
    const oa_structure *structure = s->b->class[d ? d->class : 0].structure;
    const bool is_ordered = d && structure->is_ordered(site->h + d->shift[0], site->k + d->shift[1], site->l + d->shift[2]);
    const double *cumulative = s->occupancy[d ? d->class : 0].species[is_ordered], u = oa_random_uniform(&s->random);
    const int last = s->b->alloy.n - 1;
    int species = 0;
    while (species < last && u >= cumulative[species]) species++;
    if (s->n == s->capacity) return oa_fail(s->b->run->context, "E_INTERNAL", "a specimen has more than %zu ions; report this", s->capacity);
    s->x[s->n] = (float)(at[0] + s->sigma_lateral * oa_random_normal(&s->random));
    s->y[s->n] = (float)(at[1] + s->sigma_lateral * oa_random_normal(&s->random));
    s->z[s->n] = (float)(at[2] + s->sigma_depth * oa_random_normal(&s->random));
    s->species[s->n] = (uint8_t)species;
    s->class[s->n++] = (uint8_t)(d ? d->class : 0);
    return OA_OK;
}

/* A box holds no more sites than one a cell wider on all sides has cells for. */
static oa_status make_ions(specimen *s, oa_worker *worker)
{
    const bank_params *p = s->b->p;
    const double a = p->lattice_parameter, lateral = (s->half + 3 * s->sigma_lateral) / s->stretch[0], depth = (s->half + 3 * s->sigma_depth) / s->stretch[2];
    const double box[6] = { -lateral, lateral, -lateral, lateral, -depth, depth };
    oa_lattice lattice;
    const double tilt = uniform(&s->random, &p->tilt), rotation = uniform(&s->random, &p->rotation);
    OA_TRY(oa_lattice__make(s->b->run->context, s->b->lattice.parent, a, strcmp(s->b->map.direction, "002") == 0 ? "001" : s->b->map.direction, rotation, tilt, &lattice));
    for (int d = 0; d < 3; d++) lattice.origin[d] = a * oa_random_uniform(&s->random);
    s->capacity = (size_t)(8 * (lateral + a) * (lateral + a) * (depth + a) / (a * a * a) * (lattice.parent == OA_BCC ? 2 : 4)) + 64;
    OA_TRY(oa_worker_scratch(worker, SLOT_IONS, &s->x, s->capacity, 3 * sizeof *s->x + 3));
    s->y = s->x + s->capacity;
    s->z = s->y + s->capacity;
    s->species = (uint8_t *)(s->z + s->capacity);
    s->class = s->species + s->capacity;
    s->take = s->class + s->capacity;
    return oa_lattice__each(oa_worker_context(worker), &lattice, box, add_atom, s);
}

/* ---------------------------------------------------------------------------------------------- voxels */

static bool draw_near(specimen *s, double inner, double out[3])
{
    const domain *d = &s->domain[oa_random_below(&s->random, (uint64_t)s->n_domains)];
    const double reach = (d->radius + s->b->p->target_radius) * oa_random_uniform(&s->random);
    double way[3], length2 = 0;
    for (int a = 0; a < 3; a++) {
        way[a] = oa_random_normal(&s->random);
        length2 += way[a] * way[a];
    }
    for (int a = 0; a < 3; a++) {
        out[a] = d->centre[a] + way[a] * reach / sqrt(length2);
        if (!(fabs(out[a]) <= inner)) return false;
    }
    return true;
}

/* At a random place, or, for the share `overlapping`, at a random distance from the centre of a random domain up to where the
 * target sphere leaves it. */
static void draw_places(specimen *s, double *places, size_t n)
{
    const double inner = s->half - margin_of(s->b);
    for (size_t i = 0; i < n; i++) {
        bool is_near = false;
        if (s->n_domains && oa_random_uniform(&s->random) < s->b->p->overlapping)
            for (int t = 0; t < TRIES && !is_near; t++) is_near = draw_near(s, inner, places + 3 * i);
        for (int a = 0; a < 3 && !is_near; a++) places[3 * i + (size_t)a] = inner * (2 * oa_random_uniform(&s->random) - 1);
    }
}

/* Shares of the classes among the ions within the radius; false: there are none. */
static bool set_target(const specimen *s, const oa_cells *cells, oa_stretch *stretches, const double place[3], float *target)
{
    const double r = s->b->p->target_radius;
    size_t count[OA_CLASSES_MAX] = { 0 }, points, all = 0;
    const size_t n = oa_cells_stretches(cells, place, r, stretches, &points);
    for (size_t k = 0; k < n; k++)
        for (uint32_t i = stretches[k].begin; i < stretches[k].end; i++) {
            const double dx = cells->x[i] - place[0], dy = cells->y[i] - place[1], dz = cells->z[i] - place[2];
            if (dx * dx + dy * dy + dz * dz > r * r) continue;
            count[s->class[cells->row[i]]]++;
            all++;
        }
    for (size_t c = 0; c < s->b->n_classes; c++) target[c] = all ? (float)count[c] / (float)all : 0;
    return all > 0;
}

static uint32_t largest(const float *share, size_t n)
{
    uint32_t best = 0;
    for (uint32_t c = 1; c < n; c++)
        if (share[c] > share[best]) best = c;
    return best;
}

static oa_status species_cells(specimen *s, oa_arena *arena, const oa_sdm_rule *rule, oa_cells *out)
{
    for (size_t c = 0; c < s->b->n_channels; c++) {
        for (size_t i = 0; i < s->n; i++) s->take[i] = s->species[i] == s->channel_species[c];
        const oa_points points = { .n = s->n, .x = s->x, .y = s->y, .z = s->z, .take = s->take };
        OA_TRY(oa_cells_build(arena, &out[c], &points, oa_sdm_cell_edge(rule), 0));
    }
    return OA_OK;
}

/* Maps of all places of one specimen, and from them curves or pictures, by the code that classify uses. */
static oa_status make_patterns(specimen *s, oa_worker *worker, oa_arena *arena, const double *places, size_t n, bank_patterns *out, size_t row)
{
    const bank *b = s->b;
    const oa_sdm_rule rule = bank_rule(b, strcmp(b->map.mode, "tree") == 0 ? OA_SDM_TREE : OA_SDM_INSPHERE);
    const size_t size = oa_sdm_map_size(&rule), channels = b->n_channels;
    oa_cells cells[BANK_CHANNELS_MAX];
    oa_sdm_pair pairs[BANK_CHANNELS_MAX];
    uint32_t *maps;
    OA_TRY(species_cells(s, arena, &rule, cells));
    for (size_t c = 0; c < channels; c++) pairs[c] = (oa_sdm_pair){ (int)c, (int)c };
    const oa_sdm sdm = { .kernels = b->run->context->kernels, .rule = rule, .n_species = (int)channels, .species = cells, .n_pairs = channels, .pairs = pairs };
    const oa_sites sites = { .n = n, .list = places };
    /* Pictures one by one, for their maps are large. */
    const size_t at_once = bank_has_pictures(b) ? 1 : n;
    OA_TRY(oa_worker_scratch(worker, SLOT_MAPS, &maps, at_once * channels * size, sizeof *maps));
    for (size_t begin = 0; begin < n; begin += at_once) {
        OA_TRY(oa_sdm_block(&sdm, worker, &sites, begin, begin + at_once, maps, NULL));
        for (size_t i = 0; i < at_once * channels; i++) {
            uint64_t sum = 0;
            for (size_t k = 0; k < size; k++) sum += maps[i * size + k];
            out->pairs[(row + begin) * channels + i] = sum;
        }
        if (bank_has_pictures(b)) oa_picture_draw(&b->picture, maps, out->grey + (row + begin) * bank_pattern_size(b));
    }
    if (bank_has_pictures(b)) return OA_OK;
    return oa_curve_block(&b->curve, b->run->context->kernels, worker, n * channels, maps,
                          (oa_curve_output){ out->curves + row * bank_pattern_size(b), channels });
}

/* A pattern that says nothing: a constant curve in any channel, or a picture without a pair. */
static bool is_void(const bank *b, const bank_patterns *out, size_t row)
{
    const size_t size = bank_pattern_size(b);
    if (bank_has_pictures(b)) return out->pairs[row] == 0;
    for (size_t c = 0; c < b->n_channels; c++)
        if (isnan(out->curves[row * size + c])) return true;
    return false;
}

static oa_status set_labels(const specimen *s, oa_arena *arena, const double *places, size_t n, uint32_t group, bank_patterns *out, size_t row)
{
    const bank *b = s->b;
    const oa_points points = { .n = s->n, .x = s->x, .y = s->y, .z = s->z };
    oa_cells cells;
    oa_stretch *stretches;
    OA_TRY(oa_cells_build(arena, &cells, &points, b->p->target_radius, OA_CELLS_ROWS));
    OA_TRY(oa_arena_take(arena, &stretches, oa_cells_stretches_max(&cells, b->p->target_radius), sizeof *stretches));
    for (size_t i = 0; i < n; i++) {
        float *target = out->target + (row + i) * b->n_classes;
        const bool is_empty = !set_target(s, &cells, stretches, places + 3 * i, target);
        out->label[row + i] = largest(target, b->n_classes);
        out->sigma_lateral[row + i] = s->sigma_lateral;
        out->sigma_depth[row + i] = s->sigma_depth;
        out->efficiency[row + i] = s->efficiency;
        out->group[row + i] = is_empty || is_void(b, out, row + i) ? UINT32_MAX : group;
    }
    return OA_OK;
}

static oa_status make_specimen(const voxel_job *job, size_t number, oa_worker *worker, oa_arena *arena)
{
    const size_t row = job->n_voxels * number / job->n_specimens, n = job->n_voxels * (number + 1) / job->n_specimens - row;
    specimen *s;
    double *places;
    OA_TRY(oa_arena_take(arena, &s, 1, sizeof *s));
    OA_TRY(oa_arena_take(arena, &places, 3 * n, sizeof *places));
    s->b = job->b;
    s->half = job->b->p->specimen_edge / 2;
    s->random = oa_random_start((uint64_t)job->b->p->seed, bank_stream(BANK_STREAM_SPECIMEN, 0, number));
    draw_noise(s);
    draw_alloy(s);
    draw_domains(s);
    draw_places(s, places, n);
    OA_TRY(make_ions(s, worker));
    job->ions[number] = s->n;
    OA_TRY(make_patterns(s, worker, arena, places, n, job->out, row));
    return set_labels(s, arena, places, n, (uint32_t)number, job->out, row);
}

static oa_status specimen_chunk(void *arg, oa_span span, oa_worker *worker)
{
    oa_arena arena = { .context = oa_worker_context(worker) };
    const oa_status status = make_specimen(arg, span.begin, worker, &arena);
    oa_arena_drop(&arena);
    return status;
}

/* ---------------------------------------------------------------------------------------------- all of them */

static oa_status take_room(bank *b, bank_patterns *out, size_t n)
{
    const size_t size = bank_pattern_size(b);
    if (bank_has_pictures(b)) OA_TRY(oa_scratch(b->run, &out->grey, n * size, sizeof *out->grey));
    else OA_TRY(oa_scratch(b->run, &out->curves, n * size, sizeof *out->curves));
    OA_TRY(oa_scratch(b->run, &out->target, n * b->n_classes, sizeof *out->target));
    OA_TRY(oa_scratch(b->run, &out->label, n, sizeof *out->label));
    OA_TRY(oa_scratch(b->run, &out->group, n, sizeof *out->group));
    OA_TRY(oa_scratch(b->run, &out->sigma_lateral, n, sizeof *out->sigma_lateral));
    OA_TRY(oa_scratch(b->run, &out->sigma_depth, n, sizeof *out->sigma_depth));
    OA_TRY(oa_scratch(b->run, &out->efficiency, n, sizeof *out->efficiency));
    return oa_scratch(b->run, &out->pairs, n * b->n_channels, sizeof *out->pairs);
}

static void move_row(const bank *b, bank_patterns *out, size_t to, size_t from)
{
    const size_t size = bank_pattern_size(b), classes = b->n_classes, channels = b->n_channels;
    if (out->grey) memmove(out->grey + to * size, out->grey + from * size, size);
    else memmove(out->curves + to * size, out->curves + from * size, size * sizeof *out->curves);
    memmove(out->target + to * classes, out->target + from * classes, classes * sizeof *out->target);
    memmove(out->pairs + to * channels, out->pairs + from * channels, channels * sizeof *out->pairs);
    out->label[to] = out->label[from];
    out->sigma_lateral[to] = out->sigma_lateral[from];
    out->sigma_depth[to] = out->sigma_depth[from];
    out->efficiency[to] = out->efficiency[from];
}

/* Voxels of one specimen share a group: they may see the same ions. */
static size_t keep_valid(const bank *b, bank_patterns *out, size_t n, uint32_t first_group)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (out->group[i] == UINT32_MAX) continue;
        if (kept < i) move_row(b, out, kept, i);
        out->group[kept++] = first_group + out->group[i];
    }
    return kept;
}

oa_status bank_make_voxels(bank *b, uint32_t first_group, bank_patterns *out, bank_voxel_report *report)
{
    const size_t n = (size_t)b->p->voxels, wanted = b->p->specimens ? (size_t)b->p->specimens : (n + VOXELS_PER_SPECIMEN - 1) / VOXELS_PER_SPECIMEN;
    voxel_job job = { .b = b, .out = out, .n_voxels = n, .n_specimens = wanted < n ? wanted : n };
    *report = (bank_voxel_report){ .specimens = job.n_specimens };
    *out = (bank_patterns){ .n = 0 };
    if (n == 0) return OA_OK;
    OA_TRY(take_room(b, out, n));
    OA_TRY(oa_scratch(b->run, &job.ions, job.n_specimens, sizeof *job.ions));
    oa_phase(b->run->context, "voxels");
    OA_TRY(oa_parallel(b->run->context, job.n_specimens, 1, specimen_chunk, &job));
    for (size_t i = 0; i < job.n_specimens; i++) report->ions += job.ions[i];
    out->n = keep_valid(b, out, n, first_group);
    report->dropped = n - out->n;
    return OA_OK;
}
