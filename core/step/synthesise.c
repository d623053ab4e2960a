/* synthesise.c - a specimen of which everything is known: a crystal, ordered domains in it, and what an atom probe makes
 * of both.
 *
 * Every site of the crystal has a number, and all that happens at a site is drawn from that number and the seed:
 * whether it is detected, which species sits there, how far it is displaced. So nothing depends on threads or on the
 * order of the work, and two boxes of the same seed cut the same crystal. The specimen is made slab by slab, twice: to
 * count what is kept, then to fill exactly so much memory. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "math/lattice.h"
#include "math/order.h"
#include "math/spheres.h"
#include "step/alloy.h"
#include "step/cloud.h"

typedef struct synthesise_params {
    const char *preset, *structure;
    double lattice_parameter;
    const char *composition, *ordered_species;
    oa_reals box;
    const char *orientation;
    double rotation, tilt;
    int64_t domains;
    oa_reals radii, stretch;
    double gap;
    const char *domain_structure, *domain_composition;
    double order;
    bool antiphase;
    double sigma_lateral, sigma_depth, efficiency;
    int64_t seed;
} synthesise_params;

enum { STREAM_SITE = 0x5301, STREAM_NOISE, STREAM_RADII, STREAM_PLACES, STREAM_VARIANTS };
enum { DOMAINS_MAX = 10000, STRUCTURES_MAX = 8, PER_CHUNK = 262144 };
#define SLAB 1.0 /* nm: one chunk of work */
#define PI 3.14159265358979323846

static const char *const structure_words[] = { "fcc", "bcc", "l12", "l10", "d022", "d022x", "l11", "b2", "d03", NULL };
static const char *const orientation_words[] = { "001", "011", "111", NULL };
static const char *const composition_words[] = { "stoichiometric", "neutral", NULL };
static const char *const preset_words[] = { "", "cocrni-a", "cocrni-b", "cocrni-c", "cocrni-d", "cocrni-e", "feal", "allimg", NULL };

static const oa_param synthesise_table[] = {
    OA_PARAM(synthesise_params, preset, .dflt_text = "", .choices = preset_words, .help = "a named specimen; what is set beside it wins"),
    OA_PARAM(synthesise_params, structure, .dflt_text = "fcc", .choices = structure_words,
             .help = "crystal: fcc, bcc, or one that is ordered throughout: l12, l10, d022 (long axis along [001]), d022x (along "
                     "[100]), l11 on fcc; b2, d03 on bcc"),
    OA_PARAM(synthesise_params, lattice_parameter, .unit = OA_NM, .dflt = 0.36, .min = 0.1, .max = 2,
             .help = "edge of the cubic cell"),
    OA_PARAM(synthesise_params, composition, .dflt_text = "Co:0.334,Cr:0.333,Ni:0.333",
             .help = "species and their atomic fractions, which sum to 1; ion types are numbered in this order. It holds for the "
                     "whole specimen: the matrix takes what the domains leave"),
    OA_PARAM(synthesise_params, ordered_species, .dflt_text = "",
             .help = "species that prefers the ordered sublattice; left out: the last of the composition"),
    OA_PARAM(synthesise_params, box, .unit = OA_NM, .dflt_text = "-8,8,-8,8,-24,0", .n_min = 6, .n_max = 6,
             .help = "xlo,xhi,ylo,yhi,zlo,zhi, half-open; the apex of the specimen is at z = 0, the data below it"),
    OA_PARAM(synthesise_params, orientation, .dflt_text = "001", .choices = orientation_words,
             .help = "direction of the crystal along z: 001, 011 or 111"),
    OA_PARAM(synthesise_params, rotation, .unit = OA_DEGREE, .dflt = 0, .min = -180, .max = 180, .help = "turn of the crystal about z"),
    OA_PARAM(synthesise_params, tilt, .unit = OA_DEGREE, .dflt = 0, .min = -90, .max = 90,
             .help = "tilt of the crystal about y, after the turn: its planes are no longer level"),
    OA_PARAM(synthesise_params, domains, .dflt = 0, .min = 0, .max = DOMAINS_MAX, .help = "ordered domains in the crystal"),
    OA_PARAM(synthesise_params, radii, .unit = OA_NM, .dflt_text = "0.7,1.4", .n_min = 1, .n_max = OA_REALS_MAX, .min = 0.05, .max = 1000,
             .help = "radii of the domains: one number for all; two: uniform between them; more: taken in turn"),
    OA_PARAM(synthesise_params, stretch, .dflt_text = "1,1,1", .n_min = 3, .n_max = 3, .min = 0.05, .max = 20,
             .help = "semi-axes along x, y, z in units of the radius: 1,1,2 gives needles along z"),
    OA_PARAM(synthesise_params, gap, .unit = OA_NM, .dflt = 0, .min = 0, .max = 1000,
             .help = "least distance between domains, surface to surface"),
    OA_PARAM(synthesise_params, domain_structure, .dflt_text = "",
             .help = "structure of the domains; several are taken in turn, the largest domain first: b2,d03. Left out: l12 in fcc, "
                     "b2 in bcc"),
    OA_PARAM(synthesise_params, domain_composition, .dflt_text = "stoichiometric", .choices = composition_words,
             .help = "stoichiometric: domains hold as much of the ordered species as their structure has sites for it (1/4 in l12); "
                     "neutral: as much as the matrix, so that only order tells them apart"),
    OA_PARAM(synthesise_params, order, .dflt = 1, .min = 0, .max = 1,
             .help = "order parameter: 1 is the highest order the composition allows, 0 none, so that stoichiometric domains are then "
                     "depleted or enriched but random"),
    OA_PARAM(synthesise_params, antiphase,
             .help = "give every domain one of the translations of its structure at random, instead of the same to all"),
    OA_PARAM(synthesise_params, sigma_lateral, .unit = OA_NM, .dflt = 0.3, .min = 0, .max = 10,
             .help = "standard deviation of the displacement along x and along y"),
    OA_PARAM(synthesise_params, sigma_depth, .unit = OA_NM, .dflt = 0.03, .min = 0, .max = 10,
             .help = "standard deviation of the displacement along z"),
    OA_PARAM(synthesise_params, efficiency, .dflt = 0.52, .min = 1e-6, .max = 1,
             .help = "probability that an atom is detected, each for itself (the number of ions then varies by its root, other than "
                     "in the published banks, which keep an exact share)"),
    OA_PARAM(synthesise_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "which specimen"),
    OA_PARAM_END
};

#define NOISE(lateral, depth, share) \
    { "sigma_lateral", lateral }, { "sigma_depth", depth }, { "efficiency", share }
#define SPHERES(number, between) \
    { "domains", number }, { "radii", between }, { "ordered_species", "Ni" }, { NULL, NULL }
static const oa_preset_value box_a[] = { NOISE("0.3", "0.03", "0.52"), SPHERES("60", "0.7,1.4") };
static const oa_preset_value box_b[] = { NOISE("0.5", "0.03", "0.52"), SPHERES("60", "0.7,1.4") };
static const oa_preset_value box_c[] = { NOISE("0.3", "0.045", "0.37"), SPHERES("60", "0.7,1.4") };
static const oa_preset_value box_d[] = { NOISE("0.2", "0.02", "0.8"), SPHERES("80", "0.5,1.2") };
static const oa_preset_value box_e[] = { NOISE("0.7", "0.035", "0.45"), SPHERES("40", "0.8,1.6") };
static const oa_preset_value box_feal[] = {
    { "structure", "bcc" }, { "lattice_parameter", "0.287" }, { "composition", "Fe:0.78,Al:0.22" }, { "ordered_species", "Al" },
    { "domains", "40" }, { "radii", "0.8,1.6" }, { "domain_structure", "b2,d03" }, NOISE("0.3", "0.03", "0.52"), { NULL, NULL }
};
static const oa_preset_value box_allimg[] = {
    { "orientation", "011" }, { "lattice_parameter", "0.405" }, { "composition", "Al:0.88,Li:0.08,Mg:0.04" }, { "ordered_species", "Li" },
    { "domains", "20" }, { "radii", "1.5,2.5" }, NOISE("0.3", "0.025", "0.52"), { NULL, NULL }
};
#define LIKE "CoCrNi with L1_2 spheres in 16 x 16 x 24 nm, noise lateral/depth in nm, efficiency: "
static const oa_preset synthesise_presets[] = {
    { "cocrni-a", LIKE "0.3/0.03, 0.52; 60 spheres of 0.7 to 1.4 nm", box_a },
    { "cocrni-b", LIKE "0.5/0.03, 0.52; 60 spheres of 0.7 to 1.4 nm", box_b },
    { "cocrni-c", LIKE "0.3/0.045, 0.37; 60 spheres of 0.7 to 1.4 nm", box_c },
    { "cocrni-d", LIKE "0.2/0.02, 0.8; 80 spheres of 0.5 to 1.2 nm", box_d },
    { "cocrni-e", LIKE "0.7/0.035, 0.45; 40 spheres of 0.8 to 1.6 nm", box_e },
    { "feal", "Fe with 22 % Al, bcc, with 40 spheres of B2 and D0_3 in turn", box_feal },
    { "allimg", "Al with 8 % Li and 4 % Mg, fcc with <011> along z, with 20 spheres of L1_2 (Al3Li) of 1.5 to 2.5 nm", box_allimg },
    { .name = NULL },
};

static const oa_slot synthesise_slots[] = { OA_SLOT_END };

static const oa_output synthesise_outputs[] = {
    { .name = "ions", .help = "detected ions with types and ranges, from the apex down (z falls)" },
    { .name = "truth/domain", .type = OA_U32, .shape = "(ion)", .axes = ".",
      .help = "domain the atom sat in before it was displaced, from 1; 0: matrix" },
    { .name = "truth/structure", .type = OA_U32, .shape = "(ion)",
      .help = "structure at the atom's site; the long name says which is which" },
    OA_CLOUD_OUTPUTS("domain", OA_U32, true, "ions of domains seen along y; the colour is the number of their domain"),
    { .name = "spheres/ions", .type = OA_U64, .shape = "(domain)", .axes = "domain", .is_optional = true,
      .help = "detected ions of the domain" },
    { .name = "spheres/atoms", .type = OA_U64, .shape = "(domain)", .is_optional = true, .help = "atoms of the domain" },
    { .name = "spheres/radius", .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .is_optional = true, .help = "radius" },
    { .name = "spheres/x", .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .is_optional = true, .help = "centre" },
    { .name = "spheres/y", .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .is_optional = true, .help = "centre" },
    { .name = "spheres/z", .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .is_optional = true, .help = "centre" },
    { .name = "spheres/structure", .type = OA_U32, .shape = "(domain)", .is_optional = true,
      .help = "structure, numbered as in truth/structure" },
    { .name = "spheres/domain", .type = OA_U32, .shape = "(domain)", .is_optional = true,
      .help = "number of the domain, the largest first" },
    { .name = "summary/atoms", .type = OA_U64, .help = "atoms in the box" },
    { .name = "summary/ions", .type = OA_U64, .help = "atoms detected" },
    { .name = "summary/domains", .type = OA_U64, .help = "domains" },
    { .name = "summary/ions_in_domains", .type = OA_U64, .help = "detected ions that come from domains" },
    { .name = "summary/domain_fraction", .type = OA_F64, .help = "share of the ions that come from domains" },
    { .name = "summary/matrix_fraction", .type = OA_F64,
      .help = "share of the ordered species in the matrix, by which the whole keeps its composition" },
    { .name = "summary/ordered_species", .type = OA_TEXT, .help = "species that prefers the ordered sublattice" },
    OA_OUTPUT_END
};

static oa_status synthesise_check(oa_context *context, const void *params)
{
    const synthesise_params *p = params;
    for (int axis = 0; axis < 3; axis++)
        if (!(p->box.v[2 * axis] < p->box.v[2 * axis + 1]))
            return oa_fail_at(context, OA_IN_PARAMETER("box"), "E_PARAMETER_RANGE", "box: %g to %g nm along %c is empty; give lo < hi",
                              p->box.v[2 * axis], p->box.v[2 * axis + 1], "xyz"[axis]);
    if (p->radii.n == 2 && p->radii.v[0] > p->radii.v[1])
        return oa_fail_at(context, OA_IN_PARAMETER("radii"), "E_PARAMETER_RANGE", "radii %g to %g nm: give the smaller one first",
                          p->radii.v[0], p->radii.v[1]);
    return OA_OK;
}

/* ---- who sits where ---- */

/* Cumulative probabilities of the species on both sublattices of a region: [0] ordinary, [1] ordered sites. */
typedef struct occupancy {
    const oa_structure *structure;
    double species[2][OA_ALLOY_MAX];
} occupancy;

typedef struct synthesis {
    oa_context *context;
    const synthesise_params *p;
    oa_alloy alloy;
    int ordering; /* the ordered species */
    oa_lattice lattice;
    oa_spheres spheres;
    occupancy matrix, inside[STRUCTURES_MAX];
    int n_inside;          /* structures of domains, taken in turn */
    double matrix_fraction;
    uint64_t threshold;    /* of 2^32: detected below */
    size_t n_slabs;
    uint64_t *slab_ions, *slab_atoms; /* (n_slabs + 1), (n_slabs) */
    atomic_uint_least64_t *atoms;     /* (domains) */
    /* the ions in the order of their making */
    float *x, *y, *z;
    uint8_t *type;
    uint32_t *domain;
    uint64_t *items; /* (z downwards, row) */
} synthesis;

/* x: share of the ordered species in the region; f: of the ordered sites. At full order it fills these first. */
static void occupy(const synthesis *s, double x, occupancy *out)
{
    const double f = out->structure->share, p = s->alloy.species[s->ordering].fraction;
    const double most = f > 0 ? fmin(1, x / f) : x, rest = f < 1 ? (x - f * most) / (1 - f) : 0;
    for (int on = 0; on < 2; on++) {
        const double share = x + s->p->order * ((on ? most : rest) - x);
        double sum = 0;
        int last = 0;
        for (int i = 0; i < s->alloy.n; i++) {
            const double c = s->alloy.species[i].fraction;
            const double own = i == s->ordering ? share : p < 1 ? (1 - share) * c / (1 - p) : 0;
            if (own > 0) last = i;
            out->species[on][i] = sum += own;
        }
        for (int i = last; i < s->alloy.n; i++) out->species[on][i] = 1; /* whatever rounding left */
    }
}

static double domain_fraction(const synthesis *s, const oa_structure *structure)
{
    const double p = s->alloy.species[s->ordering].fraction;
    return strcmp(s->p->domain_composition, "neutral") == 0 || structure->share == 0 ? p : structure->share;
}

/* The matrix takes what the domains leave of every species, so that the whole has the stated composition. */
static oa_status set_occupancies(synthesis *s)
{
    const double *b = s->p->box.v, volume = (b[1] - b[0]) * (b[3] - b[2]) * (b[5] - b[4]);
    const double p = s->alloy.species[s->ordering].fraction;
    double left = volume, ordered = p * volume;
    for (size_t i = 0; i < s->spheres.n; i++) {
        const double r = s->spheres.sphere[i].radius, *t = s->spheres.stretch;
        const double own = 4 / 3.0 * PI * r * r * r * t[0] * t[1] * t[2];
        left -= own;
        ordered -= own * domain_fraction(s, s->inside[i % (size_t)s->n_inside].structure);
    }
    s->matrix_fraction = ordered / left;
    if (!(s->matrix_fraction >= 0 && s->matrix_fraction <= 1))
        return oa_fail_at(s->context, OA_IN_PARAMETER("composition"), "E_PARAMETER_RANGE",
                          "domains of %.4g nm^3 in a box of %.4g nm^3 need more %s than the stated fraction of %g leaves: the matrix would "
                          "have %.3f; give fewer domains, another composition, or domain_composition neutral",
                          volume - left, volume, s->alloy.species[s->ordering].symbol, p, s->matrix_fraction);
    occupy(s, s->matrix_fraction, &s->matrix);
    for (int i = 0; i < s->n_inside; i++) occupy(s, domain_fraction(s, s->inside[i].structure), &s->inside[i]);
    return OA_OK;
}

static unsigned species_at(const synthesis *s, const occupancy *o, const oa_site *site, const int32_t shift[3], uint32_t word)
{
    const oa_structure *structure = o->structure;
    const bool is_ordered = structure->is_ordered &&
                            structure->is_ordered(site->h + shift[0], site->k + shift[1], site->l + shift[2]);
    const double *cumulative = o->species[is_ordered], u = ((double)word + 0.5) * 0x1p-32;
    unsigned i = 0;
    while (i + 1 < (unsigned)s->alloy.n && u >= cumulative[i]) i++;
    return i;
}

/* ---- domains ---- */

static oa_status domain_structures(oa_run *run, synthesis *s)
{
    const oa_parent parent = s->matrix.structure->parent;
    const char *text = s->p->domain_structure[0] ? s->p->domain_structure : parent == OA_FCC ? "l12" : "b2";
    char **word;
    size_t n;
    OA_TRY(oa_words_split(run, text, ',', &word, &n));
    oa_status status = OA_OK;
    if (n < 1 || n > STRUCTURES_MAX)
        status = oa_fail_at(run->context, OA_IN_PARAMETER("domain_structure"), "E_PARAMETER_VALUE",
                            "domain_structure has %zu structures; it needs 1 to %d", n, STRUCTURES_MAX);
    for (size_t i = 0; i < n && status == OA_OK; i++) {
        const oa_structure *structure = oa_structure__find(word[i]);
        if (!structure || structure->parent != parent)
            status = oa_fail_at(run->context, OA_IN_PARAMETER("domain_structure"), "E_PARAMETER_CHOICE",
                                "domain_structure is '%s'; in %s it must be one of: %s", word[i], s->p->structure,
                                parent == OA_FCC ? "fcc, l12, l10, d022, d022x, l11" : "bcc, b2, d03");
        else s->inside[s->n_inside++].structure = structure;
    }
    oa_free(run->context, word);
    return status;
}

/* The largest first: they are the hardest to place. */
static void draw_radii(synthesis *s)
{
    const oa_reals *radii = &s->p->radii;
    oa_random random = oa_random_start((uint64_t)s->p->seed, STREAM_RADII);
    for (size_t i = 0; i < s->spheres.n; i++) {
        double r = radii->v[i % (size_t)radii->n];
        if (radii->n == 2) r = radii->v[0] + (radii->v[1] - radii->v[0]) * oa_random_uniform(&random);
        size_t at = i;
        for (; at > 0 && s->spheres.sphere[at - 1].radius < r; at--) s->spheres.sphere[at] = s->spheres.sphere[at - 1];
        s->spheres.sphere[at].radius = r;
    }
}

static oa_status make_domains(oa_run *run, synthesis *s)
{
    s->spheres.context = run->context;
    s->spheres.n = (size_t)s->p->domains;
    memcpy(s->spheres.stretch, s->p->stretch.v, sizeof s->spheres.stretch);
    OA_TRY(domain_structures(run, s));
    OA_TRY(oa_new(run->context, &s->spheres.sphere, s->spheres.n, sizeof *s->spheres.sphere));
    draw_radii(s);
    oa_random random = oa_random_start((uint64_t)s->p->seed, STREAM_PLACES);
    return oa_spheres__place(&s->spheres, s->p->box.v, s->p->gap, &random);
}

static const int32_t *variant_of(const synthesis *s, uint32_t domain)
{
    uint32_t word[4] = { 0 };
    if (s->p->antiphase && domain) oa_philox((uint64_t)s->p->seed, STREAM_VARIANTS, domain, word);
    return oa_translations[s->lattice.parent][word[0] % OA_TRANSLATIONS];
}

/* ---- sites ---- */

typedef struct slab_job {
    synthesis *s;
    uint64_t atoms, at; /* sites seen; ions counted, or the row of the next ion */
    bool fills;
} slab_job;

/* Three normal numbers from the four words of one site (Box and Muller). */
static void displace(const synthesis *s, const oa_site *site, float out[3])
{
    uint32_t w[4];
    oa_philox((uint64_t)s->p->seed, STREAM_NOISE, oa_site__number(site), w);
    const double r1 = sqrt(-2 * log(((double)w[0] + 0.5) * 0x1p-32)), a1 = 2 * PI * 0x1p-32 * (double)w[1];
    const double r2 = sqrt(-2 * log(((double)w[2] + 0.5) * 0x1p-32)), a2 = 2 * PI * 0x1p-32 * (double)w[3];
    out[0] = (float)(site->x + s->p->sigma_lateral * (r1 * cos(a1)));
    out[1] = (float)(site->y + s->p->sigma_lateral * (r1 * sin(a1)));
    out[2] = (float)(site->z + s->p->sigma_depth * (r2 * cos(a2)));
}

static void fill_ion(synthesis *s, uint64_t row, const oa_site *site, uint32_t domain, uint32_t word)
{
    const occupancy *o = domain ? &s->inside[(domain - 1) % (uint32_t)s->n_inside] : &s->matrix;
    float at[3];
    displace(s, site, at);
    s->x[row] = at[0], s->y[row] = at[1], s->z[row] = at[2];
    s->type[row] = (uint8_t)(1 + species_at(s, o, site, variant_of(s, domain), word));
    s->domain[row] = domain;
    s->items[row] = (uint64_t)~oa_order__of_float(at[2]) << 32 | row;
}

static oa_status visit_site(void *arg, const oa_site *site)
{
    slab_job *job = arg;
    synthesis *s = job->s;
    uint32_t w[4];
    oa_philox((uint64_t)s->p->seed, STREAM_SITE, oa_site__number(site), w);
    const bool is_detected = w[0] < s->threshold;
    if (job->fills && is_detected) {
        fill_ion(s, job->at, site, oa_spheres__find(&s->spheres, site->x, site->y, site->z), w[1]);
    } else if (!job->fills && s->spheres.n) {
        const uint32_t domain = oa_spheres__find(&s->spheres, site->x, site->y, site->z);
        if (domain) atomic_fetch_add_explicit(&s->atoms[domain - 1], 1, memory_order_relaxed);
    }
    job->at += is_detected;
    job->atoms++;
    return OA_OK;
}

/* Slab k of the box, from the top. */
static void slab_box(const synthesis *s, size_t k, double box[6])
{
    const double lo = s->p->box.v[4], hi = s->p->box.v[5];
    memcpy(box, s->p->box.v, 6 * sizeof *box);
    box[4] = k + 1 == s->n_slabs ? lo : hi - (double)(k + 1) * SLAB;
    box[5] = hi - (double)k * SLAB;
}

static oa_status count_slab(void *arg, oa_span span, oa_worker *worker)
{
    synthesis *s = arg;
    slab_job job = { .s = s };
    double box[6];
    slab_box(s, span.begin, box);
    OA_TRY(oa_lattice__each(oa_worker_context(worker), &s->lattice, box, visit_site, &job));
    s->slab_ions[span.begin + 1] = job.at;
    s->slab_atoms[span.begin] = job.atoms;
    return OA_OK;
}

static oa_status fill_slab(void *arg, oa_span span, oa_worker *worker)
{
    synthesis *s = arg;
    slab_job job = { .s = s, .at = s->slab_ions[span.begin], .fills = true };
    double box[6];
    slab_box(s, span.begin, box);
    return oa_lattice__each(oa_worker_context(worker), &s->lattice, box, visit_site, &job);
}

/* ---- from what was made to ions in order ---- */

typedef struct gather_job {
    const uint64_t *items;
    const void *from;
    void *to;
    size_t size; /* 1 or 4 */
} gather_job;

static oa_status gather_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const gather_job *job = arg;
    (void)worker;
    if (job->size == 1)
        for (size_t i = span.begin; i < span.end; i++) ((uint8_t *)job->to)[i] = ((const uint8_t *)job->from)[(uint32_t)job->items[i]];
    else
        for (size_t i = span.begin; i < span.end; i++) ((uint32_t *)job->to)[i] = ((const uint32_t *)job->from)[(uint32_t)job->items[i]];
    return OA_OK;
}

/* Copies a column into its place in order, and lets go of the copy it was made in. */
static oa_status gather(synthesis *s, void *from_in, void *to, size_t size, size_t n)
{
    void *from;
    memcpy(&from, from_in, sizeof from);
    gather_job job = { s->items, from, to, size };
    const oa_status status = oa_parallel(s->context, n, PER_CHUNK, gather_chunk, &job);
    oa_free(s->context, from);
    memset(from_in, 0, sizeof from);
    return status;
}

static oa_status make_columns(oa_run *run, synthesis *s, oa_ions *ions, uint32_t *domain)
{
    const size_t n = ions->n;
    OA_TRY(oa_ions__add_column(ions, OA_TYPE, OA_U8));
    OA_TRY(gather(s, &s->x, oa_ions__data(ions, OA_X), 4, n));
    OA_TRY(gather(s, &s->y, oa_ions__data(ions, OA_Y), 4, n));
    OA_TRY(gather(s, &s->z, oa_ions__data(ions, OA_Z), 4, n));
    OA_TRY(gather(s, &s->type, oa_ions__data(ions, OA_TYPE), 1, n));
    OA_TRY(gather(s, &s->domain, domain, 4, n));
    const uint8_t *type = oa_ions__data(ions, OA_TYPE);
    float *mass = oa_ions__data(ions, OA_MASS);
    for (size_t i = 0; i < n; i++) mass[i] = (float)s->alloy.species[type[i] - 1].mass_to_charge;
    const double a = s->p->lattice_parameter;
    oa_ranges *ranges;
    OA_TRY(oa_alloy__ranges(run->context, &s->alloy, a * a * a / (s->lattice.parent == OA_FCC ? 4 : 2), &ranges));
    oa_ions__set_ranges(ions, ranges);
    return OA_OK;
}

static oa_status allocate(synthesis *s, size_t n)
{
    OA_TRY(oa_new(s->context, &s->x, n, sizeof *s->x));
    OA_TRY(oa_new(s->context, &s->y, n, sizeof *s->y));
    OA_TRY(oa_new(s->context, &s->z, n, sizeof *s->z));
    OA_TRY(oa_new(s->context, &s->type, n, sizeof *s->type));
    OA_TRY(oa_new(s->context, &s->domain, n, sizeof *s->domain));
    return oa_new(s->context, &s->items, n, sizeof *s->items);
}

static oa_status make_ions(synthesis *s, size_t *n_ions)
{
    const double *b = s->p->box.v;
    s->n_slabs = (size_t)fmax(1, ceil((b[5] - b[4]) / SLAB));
    OA_TRY(oa_new(s->context, &s->slab_ions, s->n_slabs + 1, sizeof *s->slab_ions));
    OA_TRY(oa_new(s->context, &s->slab_atoms, s->n_slabs, sizeof *s->slab_atoms));
    OA_TRY(oa_new(s->context, &s->atoms, s->spheres.n, sizeof *s->atoms));
    oa_phase(s->context, "count");
    OA_TRY(oa_parallel(s->context, s->n_slabs, 1, count_slab, s));
    for (size_t k = 0; k < s->n_slabs; k++) s->slab_ions[k + 1] += s->slab_ions[k];
    const uint64_t n = s->slab_ions[s->n_slabs];
    if (n > OA_IONS_MAX)
        return oa_fail_at(s->context, OA_IN_PARAMETER("box"), "E_TOO_MANY_IONS", "the box would give %llu ions; at most %u can be held",
                          (unsigned long long)n, OA_IONS_MAX);
    OA_TRY(allocate(s, n));
    oa_phase(s->context, "fill");
    OA_TRY(oa_parallel(s->context, s->n_slabs, 1, fill_slab, s));
    oa_phase(s->context, "sort");
    *n_ions = n;
    return oa_order__sort(s->context, s->items, n);
}

/* ---- putting ---- */

static oa_status put_spheres(oa_run *run, const synthesis *s, const uint32_t *domain, size_t n_ions)
{
    static const char *const axis_names[3] = { "spheres/x", "spheres/y", "spheres/z" };
    const size_t n = s->spheres.n;
    uint64_t *ions, *atoms;
    double *radius, *centre[3];
    uint32_t *structure, *number;
    OA_TRY(oa_put_array(run, "spheres/ions", 1, &n, &ions));
    OA_TRY(oa_put_array(run, "spheres/atoms", 1, &n, &atoms));
    OA_TRY(oa_put_array(run, "spheres/radius", 1, &n, &radius));
    for (int d = 0; d < 3; d++) OA_TRY(oa_put_array(run, axis_names[d], 1, &n, &centre[d]));
    OA_TRY(oa_put_array(run, "spheres/structure", 1, &n, &structure));
    OA_TRY(oa_put_array(run, "spheres/domain", 1, &n, &number));
    for (size_t i = 0; i < n; i++) {
        atoms[i] = atomic_load(&s->atoms[i]);
        radius[i] = s->spheres.sphere[i].radius;
        for (int d = 0; d < 3; d++) centre[d][i] = s->spheres.sphere[i].centre[d];
        structure[i] = oa_structure__number(s->inside[i % (size_t)s->n_inside].structure);
        number[i] = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < n_ions; i++)
        if (domain[i]) ions[domain[i] - 1]++;
    return OA_OK;
}

static oa_status put_truth(oa_run *run, const synthesis *s, const uint32_t *domain, size_t n)
{
    uint32_t *structure;
    OA_TRY(oa_put_array(run, "truth/structure", 1, &n, &structure));
    char names[256];
    size_t used = 0;
    for (const oa_structure *o = oa_structures; o->name && used < sizeof names; o++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s %u %s", used ? "," : "structure:", oa_structure__number(o), o->name);
    OA_TRY(oa_put_long_name(run, "truth/structure", names));
    uint64_t inside = 0;
    for (size_t i = 0; i < n; i++) {
        const oa_structure *o = domain[i] ? s->inside[(domain[i] - 1) % (uint32_t)s->n_inside].structure : s->matrix.structure;
        structure[i] = oa_structure__number(o);
        inside += domain[i] != 0;
    }
    OA_TRY(oa_put_count(run, "summary/ions_in_domains", inside));
    return oa_put_real(run, "summary/domain_fraction", n ? (double)inside / (double)n : 0);
}

static oa_status put_all(oa_run *run, synthesis *s, size_t n)
{
    oa_ions *ions;
    uint32_t *domain;
    uint64_t atoms = 0;
    OA_TRY(oa_ions__create(run->context, &ions, n));
    OA_TRY(oa_put_ions(run, ions));
    OA_TRY(oa_put_array(run, "truth/domain", 1, &n, &domain));
    OA_TRY(make_columns(run, s, ions, domain));
    for (size_t k = 0; k < s->n_slabs; k++) atoms += s->slab_atoms[k];
    OA_TRY(oa_put_count(run, "summary/atoms", atoms));
    OA_TRY(oa_put_count(run, "summary/ions", n));
    OA_TRY(oa_put_count(run, "summary/domains", s->spheres.n));
    OA_TRY(put_truth(run, s, domain, n));
    if (s->spheres.n) OA_TRY(put_spheres(run, s, domain, n));
    OA_TRY(oa_cloud_put_domains(run, ions, domain));
    OA_TRY(oa_put_real(run, "summary/matrix_fraction", s->matrix_fraction));
    if (n == 0) oa_note(run, "W_NO_IONS", "the box holds no detected atom");
    return oa_put_text(run, "summary/ordered_species", s->alloy.species[s->ordering].symbol);
}

static oa_status prepare(oa_run *run, synthesis *s)
{
    const synthesise_params *p = s->p;
    OA_TRY(oa_alloy__parse(run, "composition", p->composition, &s->alloy));
    s->ordering = s->alloy.n - 1;
    if (p->ordered_species[0]) OA_TRY(oa_alloy__find(run, &s->alloy, "ordered_species", p->ordered_species, &s->ordering));
    s->matrix.structure = oa_structure__find(p->structure);
    OA_TRY(oa_lattice__make(run->context, s->matrix.structure->parent, p->lattice_parameter, p->orientation, p->rotation, p->tilt,
                            &s->lattice));
    /* An eighth of a cell off the corner: no plane of low index then lies in a face of a box with round numbers. */
    for (int d = 0; d < 3; d++) s->lattice.origin[d] = (d == 2 ? -1 : 1) * p->lattice_parameter / 8;
    s->threshold = (uint64_t)(p->efficiency * 0x1p32);
    OA_TRY(make_domains(run, s));
    return set_occupancies(s);
}

static void drop(synthesis *s)
{
    void *const pieces[] = { s->slab_ions, s->slab_atoms, s->atoms, s->x, s->y, s->z, s->type, s->domain, s->items };
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) oa_free(s->context, pieces[i]);
    oa_spheres__drop(&s->spheres);
}

static oa_status synthesise_run(oa_run *run, const void *params)
{
    synthesis *s;
    size_t n = 0;
    OA_TRY(oa_scratch(run, &s, 1, sizeof *s));
    s->context = s->spheres.context = run->context;
    s->p = params;
    oa_status status = prepare(run, s);
    if (status == OA_OK) status = make_ions(s, &n);
    if (status == OA_OK) status = put_all(run, s, n);
    drop(s);
    return status;
}

/* While sorting: 17 bytes an ion as made, and twice 8 to sort; while gathering one column more than at the end. */
static uint64_t synthesise_memory(const oa_run *run, const void *params)
{
    const synthesise_params *p = params;
    const double *b = p->box.v, a = p->lattice_parameter;
    const oa_structure *structure = oa_structure__find(p->structure);
    const double volume = (b[1] - b[0]) * (b[3] - b[2]) * (b[5] - b[4]);
    const double ions = volume / (a * a * a) * (structure && structure->parent == OA_BCC ? 2 : 4) * p->efficiency;
    (void)run;
    return (uint64_t)fmin(ions * 46, 1e18) + (8u << 20);
}

const oa_step oa_step_synthesise = {
    .name = "synthesise",
    .version = 1,
    .title = "A specimen with known order",
    .help = "Builds a crystal in a box, puts ordered domains into it, displaces every atom by anisotropic Gaussian noise and detects "
            "a share of them. The truth is kept: which domain each ion came from, and all domains. Mass-to-charge is that of the "
            "main isotope in its usual charge state, with ranges that give the same types again. Nothing depends on the number of "
            "threads, and two boxes of one seed without domains cut the same crystal.",
    .params = synthesise_table, .params_size = sizeof(synthesise_params), .presets = synthesise_presets,
    .slots = synthesise_slots,  .outputs = synthesise_outputs,
    .is_simulation = true,      .check = synthesise_check,
    .run = synthesise_run,      .memory = synthesise_memory,
};
