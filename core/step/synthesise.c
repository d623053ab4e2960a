/* synthesise.c - specimens of which everything is known: a crystal, ordered domains in it, and what an atom probe makes
 * of both. Here are the parameters, what they mean, and what is put out; the specimens are made beside. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "step/cloud.h"
#include "step/synthesise.h"

enum { DOMAINS_MAX = 10000, CUBES_MAX = 10000, CELLS_MAX = 1000 };

static const char *const structure_words[] = { "fcc", "bcc", "l12", "l10", "d022", "d022x", "l11", "b2", "d03", NULL };
static const char *const orientation_words[] = { "001", "011", "111", NULL };
static const char *const noise_words[] = { "gauss", "published", "trunc", "mixed", NULL };
static const char *const preset_words[] = { "", "cocrni-a", "cocrni-b", "cocrni-c", "cocrni-d", "cocrni-e", "feal", "allimg",
                                            "al-li-mg", "au-cu", "co-alloy", NULL };

static const oa_param synthesise_table[] = {
    OA_PARAM(synthesise_params, preset, .dflt_text = "", .choices = preset_words, .help = "a named specimen; what is set beside it wins"),
    OA_PARAM(synthesise_params, structure, .dflt_text = "fcc", .choices = structure_words,
             .help = "crystal: fcc, bcc, or one that is ordered throughout: l12, l10, d022 (long axis along [001]), d022x (along "
                     "[100]), l11 on fcc; b2, d03 on bcc"),
    OA_PARAM(synthesise_params, lattice_parameter, .unit = OA_NM, .dflt = 0.36, .min = 0.1, .max = 2,
             .help = "edge of the cubic cell"),
    OA_PARAM(synthesise_params, composition, .dflt_text = "Co:0.334,Cr:0.333,Ni:0.333",
             .help = "species and their atomic fractions, which sum to 1; ion types are numbered in this order. It holds for the "
                     "whole specimen: the matrix takes what the domains leave. In cubes it is that of the matrix, and exact"),
    OA_PARAM(synthesise_params, ordered_species, .dflt_text = "",
             .help = "species that prefers the ordered sublattice; left out: the last of the composition"),
    OA_PARAM(synthesise_params, box, .unit = OA_NM, .dflt_text = "-8,8,-8,8,-24,0", .n_min = 6, .n_max = 6,
             .help = "xlo,xhi,ylo,yhi,zlo,zhi, half-open; the apex of the specimen is at z = 0, the data below it. Not for cubes, see "
                     "cells"),
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
    OA_PARAM(synthesise_params, domain_composition, .dflt_text = "stoichiometric",
             .help = "stoichiometric: domains hold as much of the ordered species as their structure has sites for it (1/4 in l12); "
                     "neutral: as much as the matrix, so that only order tells them apart. Cubes also take the species of the other sites "
                     "and, behind a slash, those of the ordered sites, Al:1/Li:0.8,Mg:0.2; or between: each of their domains draws its share of the ordered "
                     "species between the two words"),
    OA_PARAM(synthesise_params, order, .dflt = 1, .min = 0, .max = 1,
             .help = "order parameter: 1 is the highest order the composition allows, 0 none, so that stoichiometric domains are then "
                     "depleted or enriched but random"),
    OA_PARAM(synthesise_params, antiphase,
             .help = "give every domain one of the translations of its structure at random, instead of the same to all"),
    OA_PARAM(synthesise_params, sigma_lateral, .unit = OA_NM, .dflt_text = "0.3", .n_min = 1, .n_max = 2, .min = 0, .max = 10,
             .help = "standard deviation of the displacement along x and along y; two numbers: drawn between them for every cube"),
    OA_PARAM(synthesise_params, sigma_depth, .unit = OA_NM, .dflt_text = "0.03", .n_min = 1, .n_max = 2, .min = 0, .max = 10,
             .help = "standard deviation of the displacement along z; two numbers: drawn between them for every cube"),
    OA_PARAM(synthesise_params, efficiency, .dflt_text = "0.52", .n_min = 1, .n_max = 2, .min = 1e-6, .max = 1,
             .help = "probability that an atom is detected, each for itself (the number of ions then varies by its root). Cubes keep "
                     "exactly this share; two numbers: drawn between them for every cube"),
    OA_PARAM(synthesise_params, cubes, .dflt = 0, .min = 0, .max = CUBES_MAX,
             .help = "0: one specimen. n: n cubes, each a small specimen for itself, far apart on a square grid in x and y; a tenth of "
                     "them (rounded, at least one) for tests and a tenth for validation (from 3 cubes on at least one), the rest, which "
                     "come first, for training: 100 are 80, 10 and 10, 10 are 8, 1 and 1, and 1 is a test cube"),
    OA_PARAM(synthesise_params, ordered_fraction, .n_min = 0, .n_max = 2, .min = 0, .max = 1,
             .help = "share of the ordered species in the matrix of a cube; two numbers: drawn between them for every cube. The other species keep "
                     "their proportions. Left out: that of the composition"),
    OA_PARAM(synthesise_params, cells, .dflt_text = "10,28", .n_min = 1, .n_max = 2, .min = 2, .max = CELLS_MAX,
             .help = "edge of a cube in cells, with the sites of all its faces: of those for training and validation, and of those for "
                     "tests"),
    OA_PARAM(synthesise_params, cube_domains, .n_min = 1, .n_max = 4, .min = 0, .max = DOMAINS_MAX,
             .help = "ordered domains in a cube, spheres about corners of cells that may overlap (the later one holds) and are cut by the "
                     "faces: one number; fewest and most; fewest and most of a cube for training or validation, then of one for tests. "
                     "Left out: as domains says"),
    OA_PARAM(synthesise_params, angles, .unit = OA_DEGREE, .dflt_text = "3,3,90", .n_min = 3, .n_max = 3, .min = 0, .max = 180,
             .help = "largest turn of a cube about x, then y, then z, each a whole number of degrees drawn from both signs"),
    OA_PARAM(synthesise_params, noise, .dflt_text = "gauss", .choices = noise_words,
             .help = "displacements. gauss: independent and normal. For cubes also those of AtomNet's program; published: where a normal "
                     "number lies outside its standard deviation all atoms of a cube share one uniform shift, and the number that "
                     "decides for z is drawn with the lateral standard deviation, so that depth is resolved far better than sigma_depth "
                     "says; trunc: what lies outside is drawn again, uniform within; mixed: every cube is gauss or published, as chance has it"),
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
/* AtomNet: sections 2 and 3 of the paper and the ranges of the authors' program, 0.5 to 2 and 0.2 to 0.5 cells of noise. */
#define CUBES(a, alloy, order, species, size, number, between, turn, lateral, depth) \
    { "cubes", "100" }, { "lattice_parameter", a }, { "composition", alloy }, { "domain_structure", order }, { "domain_composition", species }, \
        { "cells", size }, { "cube_domains", number }, { "radii", between }, { "angles", turn }, { "sigma_lateral", lateral }, \
        { "sigma_depth", depth }, { "efficiency", "0.4,0.8" }, { "noise", "published" }, { NULL, NULL }
static const oa_preset_value cubes_allimg[] = {
    CUBES("0.405", "Al:0.9,Li:0.05,Mg:0.05", "l12", "Al:1/Li:0.8,Mg:0.2", "10,25", "1,2,13,13", "1.2,2", "90,90,90", "0.2025,0.81", "0.081,0.2025")
};
static const oa_preset_value cubes_aucu[] = {
    CUBES("0.39", "Cu:0.468,Au:0.479,Ag:0.053", "l10", "Cu:1/Au:1", "10,26", "3,4,50,50", "0.8,1.2", "3,3,90", "0.195,0.78", "0.078,0.195")
};
static const oa_preset_value cubes_co[] = {
    CUBES("0.3587", "Co:0.4,Ni:0.35,Al:0.095,W:0.043,Cr:0.112", "l12", "Co:0.53333333,Ni:0.46666667/Al:0.38,W:0.172,Cr:0.448", "10,28", "1,1,13,13",
          "1.4,2", "3,3,90", "0.17935,0.7174", "0.07174,0.17935")
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
    { "al-li-mg", "AtomNet cubes of Al with 5 % Li and 5 % Mg, with spheres of L1_2, Al3(Li0.8Mg0.2), of 1.2 to 2 nm, turned about all axes", cubes_allimg },
    { "au-cu", "AtomNet cubes of Au-Cu with 5 % Ag, with spheres of L1_0, AuCu, of 0.8 to 1.2 nm", cubes_aucu },
    { "co-alloy", "AtomNet cubes of Co with Ni, Al and W and, under the name of Cr, all its other species; spheres of L1_2, (Co,Ni)3(Al,W,Cr), of "
                  "the same composition, of 1.4 to 2 nm", cubes_co },
    { .name = NULL },
};

static const oa_slot synthesise_slots[] = { OA_SLOT_END };

static const oa_output synthesise_outputs[] = {
    { .name = "ions", .help = "detected ions with types and ranges, from the apex down (z falls); in cubes, one cube after the other, in no order" },
    { .name = "truth/domain", .type = OA_U32, .shape = "(ion)", .axes = ".",
      .help = "domain the atom sat in before it was displaced, from 1; 0: matrix" },
    { .name = "truth/structure", .type = OA_U32, .shape = "(ion)",
      .help = "structure at the atom's site; the long name says which is which" },
    { .name = "truth/cube", .type = OA_U32, .shape = "(ion)", .is_optional = true, .help = "cube of the ion, from 1" },
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
      .help = "number of the domain, the largest first; in cubes, those of the first cube first" },
    { .name = "cubes/ions", .type = OA_U64, .shape = "(cube)", .axes = "cube", .is_optional = true, .help = "detected ions of the cube" },
    { .name = "cubes/cube", .type = OA_U32, .shape = "(cube)", .is_optional = true, .help = "number of the cube, from 1" },
    { .name = "cubes/part", .type = OA_U32, .shape = "(cube)", .is_optional = true,
      .help = "what the cube is for: training, validation or test; the long name says which is which" },
    { .name = "cubes/first_ion", .type = OA_U64, .shape = "(cube)", .is_optional = true, .help = "row of its first ion, from 0" },
    { .name = "cubes/atoms", .type = OA_U64, .shape = "(cube)", .is_optional = true, .help = "sites, each with an atom" },
    { .name = "cubes/domains", .type = OA_U32, .shape = "(cube)", .is_optional = true, .help = "domains put into it" },
    { .name = "cubes/cells", .type = OA_U32, .shape = "(cube)", .is_optional = true, .help = "edge in cells" },
    { .name = "cubes/x", .type = OA_F64, .shape = "(cube)", .unit = OA_NM, .is_optional = true, .help = "centre" },
    { .name = "cubes/y", .type = OA_F64, .shape = "(cube)", .unit = OA_NM, .is_optional = true, .help = "centre" },
    { .name = "cubes/z", .type = OA_F64, .shape = "(cube)", .unit = OA_NM, .is_optional = true, .help = "centre" },
    { .name = "cubes/angle_x", .type = OA_F64, .shape = "(cube)", .unit = OA_DEGREE, .is_optional = true, .help = "turn about x, the first" },
    { .name = "cubes/angle_y", .type = OA_F64, .shape = "(cube)", .unit = OA_DEGREE, .is_optional = true, .help = "turn about y, the second" },
    { .name = "cubes/angle_z", .type = OA_F64, .shape = "(cube)", .unit = OA_DEGREE, .is_optional = true, .help = "turn about z, the last" },
    { .name = "cubes/sigma_lateral", .type = OA_F64, .shape = "(cube)", .unit = OA_NM, .is_optional = true,
      .help = "standard deviation that displacements along x and y were drawn with" },
    { .name = "cubes/sigma_depth", .type = OA_F64, .shape = "(cube)", .unit = OA_NM, .is_optional = true,
      .help = "standard deviation that displacements along z were drawn with" },
    { .name = "cubes/efficiency", .type = OA_F64, .shape = "(cube)", .is_optional = true, .help = "share of the atoms that was to be kept" },
    { .name = "summary/atoms", .type = OA_U64, .help = "atoms in the box or in all cubes" },
    { .name = "summary/ions", .type = OA_U64, .help = "atoms detected" },
    { .name = "summary/domains", .type = OA_U64, .help = "domains" },
    { .name = "summary/ions_in_domains", .type = OA_U64, .help = "detected ions that come from domains" },
    { .name = "summary/domain_fraction", .type = OA_F64, .help = "share of the ions that come from domains" },
    { .name = "summary/matrix_fraction", .type = OA_F64,
      .help = "share of the ordered species in the matrix, by which the whole keeps its composition" },
    { .name = "summary/ordered_species", .type = OA_TEXT, .help = "species that prefers the ordered sublattice" },
    OA_OUTPUT_END
};

/* An empty list would be "auto"; nothing here is. */
static oa_status check_lists(oa_context *context, const synthesise_params *p)
{
    const struct {
        const char *name;
        const oa_reals *list;
    } lists[] = { { "box", &p->box }, { "radii", &p->radii }, { "stretch", &p->stretch }, { "sigma_lateral", &p->sigma_lateral },
                  { "sigma_depth", &p->sigma_depth }, { "efficiency", &p->efficiency }, { "cells", &p->cells }, { "angles", &p->angles } };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].list->n == 0)
            return oa_fail_at(context, OA_IN_PARAMETER(lists[i].name), "E_PARAMETER_VALUE", "%s is empty; give it a number", lists[i].name);
    if (p->radii.n == 2 && p->radii.v[0] > p->radii.v[1])
        return oa_fail_at(context, OA_IN_PARAMETER("radii"), "E_PARAMETER_RANGE", "radii %g to %g nm: give the smaller one first",
                          p->radii.v[0], p->radii.v[1]);
    return OA_OK;
}

/* One specimen has one of everything. */
static oa_status check_box(oa_context *context, const synthesise_params *p)
{
    const struct {
        const char *name;
        const oa_reals *list;
    } ranges[] = { { "sigma_lateral", &p->sigma_lateral }, { "sigma_depth", &p->sigma_depth }, { "efficiency", &p->efficiency } };
    for (int axis = 0; axis < 3; axis++)
        if (!(p->box.v[2 * axis] < p->box.v[2 * axis + 1]))
            return oa_fail_at(context, OA_IN_PARAMETER("box"), "E_PARAMETER_RANGE", "box: %g to %g nm along %c is empty; give lo < hi",
                              p->box.v[2 * axis], p->box.v[2 * axis + 1], "xyz"[axis]);
    for (size_t i = 0; i < 3; i++)
        if (ranges[i].list->n != 1)
            return oa_fail_at(context, OA_IN_PARAMETER(ranges[i].name), "E_PARAMETER_VALUE", "%s has two numbers, between which cubes draw; give "
                              "one for one specimen, or the number of cubes", ranges[i].name);
    if (p->ordered_fraction.n)
        return oa_fail_at(context, OA_IN_PARAMETER("ordered_fraction"), "E_PARAMETER_VALUE", "ordered_fraction is for cubes; give the composition of one specimen "
                          "by composition, or the number of cubes");
    if (strcmp(p->noise, "gauss") != 0)
        return oa_fail_at(context, OA_IN_PARAMETER("noise"), "E_PARAMETER_CHOICE", "noise is '%s', which is made of cubes; for one specimen it "
                          "must be gauss, or give the number of cubes", p->noise);
    return OA_OK;
}

static oa_status check_domain_composition(oa_context *context, const synthesise_params *p)
{
    const char *text = p->domain_composition;
    if (strcmp(text, "stoichiometric") == 0 || strcmp(text, "neutral") == 0 || (p->cubes && (strchr(text, '/') || strcmp(text, "between") == 0))) return OA_OK;
    return oa_fail_at(context, OA_IN_PARAMETER("domain_composition"), "E_PARAMETER_CHOICE", "domain_composition is '%s'; it must be one of: "
                      "stoichiometric, neutral, or for cubes between or a pair of lists like Al:1/Li:0.8,Mg:0.2", text);
}

static oa_status synthesise_check(oa_context *context, const void *params)
{
    const synthesise_params *p = params;
    OA_TRY(check_lists(context, p));
    OA_TRY(check_domain_composition(context, p));
    return p->cubes ? synthesise_check_cubes(context, p) : check_box(context, p);
}

/* ---- who sits where ---- */

/* From shares to what a uniform number is compared with. */
static void cumulate(const synthesis *s, occupancy *out)
{
    for (int on = 0; on < 2; on++) {
        double sum = 0;
        int last = 0;
        for (int i = 0; i < s->alloy.n; i++) {
            if (out->share[on][i] > 0) last = i;
            out->cumulative[on][i] = sum += out->share[on][i];
        }
        for (int i = last; i < s->alloy.n; i++) out->cumulative[on][i] = 1; /* whatever rounding left */
    }
}

/* f: share of the ordered sites. At full order the species fills these first. */
void synthesise_occupy(const synthesis *s, double x, occupancy *out)
{
    const double f = out->structure->share, p = s->alloy.species[s->ordering].fraction;
    const double most = f > 0 ? fmin(1, x / f) : x, rest = f < 1 ? (x - f * most) / (1 - f) : 0;
    for (int on = 0; on < 2; on++) {
        const double share = x + s->p->order * ((on ? most : rest) - x);
        for (int i = 0; i < s->alloy.n; i++) {
            const double c = s->alloy.species[i].fraction;
            out->share[on][i] = i == s->ordering ? share : p < 1 ? (1 - share) * c / (1 - p) : 0;
        }
    }
    cumulate(s, out);
}

double synthesise_domain_fraction(const synthesis *s, const oa_structure *structure)
{
    const double p = s->alloy.species[s->ordering].fraction;
    return strcmp(s->p->domain_composition, "neutral") == 0 || structure->share == 0 ? p : structure->share;
}

static oa_status domain_structures(oa_run *run, synthesis *s)
{
    const oa_parent parent = s->matrix.structure->parent;
    const char *text = s->p->domain_structure[0] ? s->p->domain_structure : parent == OA_FCC ? "l12" : "b2";
    char **word;
    size_t n;
    OA_TRY(oa_words_split(run, text, ',', &word, &n));
    oa_status status = OA_OK;
    if (n < 1 || n > SYNTHESISE_STRUCTURES_MAX)
        status = oa_fail_at(run->context, OA_IN_PARAMETER("domain_structure"), "E_PARAMETER_VALUE",
                            "domain_structure has %zu structures; it needs 1 to %d", n, SYNTHESISE_STRUCTURES_MAX);
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

/* ---- putting ---- */

oa_status synthesise_put_ions(oa_run *run, synthesis *s, size_t n)
{
    OA_TRY(oa_ions__create(run->context, &s->ions, n));
    OA_TRY(oa_put_ions(run, s->ions));
    OA_TRY(oa_put_array(run, "truth/domain", 1, &n, &s->domain));
    return oa_ions__add_column(s->ions, OA_TYPE, OA_U8);
}

/* Mass-to-charge follows from the type, and ranges give it back. */
static oa_status set_masses(const synthesis *s)
{
    const uint8_t *type = oa_ions__data(s->ions, OA_TYPE);
    float *mass = oa_ions__data(s->ions, OA_MASS);
    for (size_t i = 0; i < s->ions->n; i++) mass[i] = (float)s->alloy.species[type[i] - 1].mass_to_charge;
    const double a = s->p->lattice_parameter;
    oa_ranges *ranges;
    OA_TRY(oa_alloy__ranges(s->context, &s->alloy, a * a * a / (s->lattice.parent == OA_FCC ? 4 : 2), &ranges));
    oa_ions__set_ranges(s->ions, ranges);
    return OA_OK;
}

static oa_status put_spheres(oa_run *run, const synthesis *s)
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
        structure[i] = oa_structure__number(s->inside[s->turn[i]].structure);
        number[i] = (uint32_t)i + 1;
    }
    for (size_t i = 0; i < s->ions->n; i++)
        if (s->domain[i]) ions[s->domain[i] - 1]++;
    return OA_OK;
}

static oa_status put_truth(oa_run *run, const synthesis *s)
{
    const uint32_t *domain = s->domain;
    const size_t n = s->ions->n;
    uint32_t *structure;
    OA_TRY(oa_put_array(run, "truth/structure", 1, &n, &structure));
    char names[256];
    size_t used = 0;
    for (const oa_structure *o = oa_structures; o->name && used < sizeof names; o++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s %u %s", used ? "," : "structure:", oa_structure__number(o), o->name);
    OA_TRY(oa_put_long_name(run, "truth/structure", names));
    uint64_t inside = 0;
    for (size_t i = 0; i < n; i++) {
        const oa_structure *o = domain[i] ? s->inside[s->turn[domain[i] - 1]].structure : s->matrix.structure;
        structure[i] = oa_structure__number(o);
        inside += domain[i] != 0;
    }
    OA_TRY(oa_put_count(run, "summary/ions_in_domains", inside));
    return oa_put_real(run, "summary/domain_fraction", n ? (double)inside / (double)n : 0);
}

static oa_status put_all(oa_run *run, const synthesis *s)
{
    OA_TRY(set_masses(s));
    OA_TRY(oa_put_count(run, "summary/atoms", s->sites));
    OA_TRY(oa_put_count(run, "summary/ions", s->ions->n));
    OA_TRY(oa_put_count(run, "summary/domains", s->spheres.n));
    OA_TRY(put_truth(run, s));
    if (s->spheres.n) OA_TRY(put_spheres(run, s));
    OA_TRY(oa_cloud_put_domains(run, s->ions, s->domain));
    OA_TRY(oa_put_real(run, "summary/matrix_fraction", s->matrix_fraction));
    if (s->ions->n == 0) oa_note(run, "W_NO_IONS", "the box holds no detected atom");
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
    return domain_structures(run, s);
}

static oa_status synthesise_run(oa_run *run, const void *params)
{
    synthesis *s;
    OA_TRY(oa_scratch(run, &s, 1, sizeof *s));
    s->context = s->spheres.context = run->context;
    s->p = params;
    OA_TRY(prepare(run, s));
    oa_status status = s->p->cubes ? synthesise_make_cubes(run, s) : synthesise_make_box(run, s);
    if (status == OA_OK) status = put_all(run, s);
    oa_spheres__drop(&s->spheres);
    return status;
}

/* While sorting: 17 bytes an ion as made, and twice 8 to sort; while gathering one column more than at the end. */
static uint64_t synthesise_memory(const oa_run *run, const void *params)
{
    const synthesise_params *p = params;
    if (p->cubes) return (uint64_t)fmin(synthesise_cubes_memory(p, run->context->threads), 1e18) + (8u << 20);
    const double *b = p->box.v, a = p->lattice_parameter;
    const oa_structure *structure = oa_structure__find(p->structure);
    const double volume = (b[1] - b[0]) * (b[3] - b[2]) * (b[5] - b[4]);
    const double ions = volume / (a * a * a) * (structure && structure->parent == OA_BCC ? 2 : 4) * p->efficiency.v[0];
    return (uint64_t)fmin(ions * 46, 1e18) + (8u << 20);
}

const oa_step oa_step_synthesise = {
    .name = "synthesise",
    .version = 3,
    .title = "A specimen with known order",
    .help = "Builds a crystal in a box, puts ordered domains into it, displaces every atom by anisotropic Gaussian noise and detects "
            "a share of them. The truth is kept: which domain each ion came from, and all domains. Mass-to-charge is that of the "
            "main isotope in its usual charge state, with ranges that give the same types again. Nothing depends on the number of "
            "threads, and two boxes of one seed without domains cut the same crystal. With `cubes` it makes instead many small cubes of an fcc "
            "crystal with spheres of order, each with noise, efficiency and orientation of its own, to train networks per atom on, after "
            "AtomNet (Yu et al., 3D deep learning for enhanced atom probe tomography analysis of nanoscale microstructures).",
    .params = synthesise_table, .params_size = sizeof(synthesise_params), .presets = synthesise_presets,
    .slots = synthesise_slots,  .outputs = synthesise_outputs,
    .is_simulation = true,      .check = synthesise_check,
    .run = synthesise_run,      .memory = synthesise_memory,
};
