/* superlattice.c - order that doubles the spacing of atomic planes: a signed map whose distribution without order is known, domains at a stated
 * rate of false ones, and for each ion the probability that it belongs to one. Parameters, outputs and the order of the work. */
#include "step/superlattice.h"

#include <math.h>
#include <string.h>

#include "step/cloud.h"

static const superlattice_structure structures[] = {
    { "l12", 2, "L1_2 along <001>, d = a: all three <001> see it; amplitude 1/4 where it is perfect" },
    { "l12-110", 2, "L1_2 along <110>, d = a / sqrt 2; amplitude 1/4 where it is perfect" },
    { "d022", 2, "D0_22 along <001>, d = a: of its three variants the one whose long axis lies along the direction; there it equals L1_2" },
    { "l11", 2, "L1_1 along <111>, d = 2 a / sqrt 3: of its four variants the one whose normal is the direction; amplitude 1/2 where it is perfect" },
    { "b2", 2, "B2 along <001>, d = a: amplitude 1/2 where it is perfect, p where the species is rarer. D0_3 has the same reflection, and B2 with the species at "
             "random "
               "on one sublattice equals it: along <001> only the amplitude beside the local share hints at which it is" },
    { "d03", 2, "the B2 reflection of D0_3 along <001>, d = a: amplitude 1/4 where it is perfect; B2 with the species at random on one sublattice gives the same: "
             "see d03-111" },
    { "d03-111", 4, "D0_3 along <111>, d = 2 a / sqrt 3: the reflection that B2 lacks; four planes to a period, so only the unsigned statistic is there" },
    { "b2-111", 2, "B2 and D0_3 along <111>, d = a / sqrt 3" },
    { NULL, 0, NULL },
};
static const char *const structure_words[] = { "l12", "l12-110", "d022", "l11", "b2", "d03", "d03-111", "b2-111", NULL };

/* The names of classify: what its networks look for along the same row. */
#define ONE_STRUCTURE(text) ((const oa_preset_value[]){ { "structure", text }, { NULL, NULL } })
static const char *const preset_words[] = { "", "cocrni-002", "cocrni-111", "feal-002", "allimg-011", NULL };
static const oa_preset superlattice_presets[] = {
    { "cocrni-002", "fcc CoCrNi along <002>: L1_2", ONE_STRUCTURE("l12") },
    { "cocrni-111", "fcc CoCrNi along <111>: L1_1", ONE_STRUCTURE("l11") },
    { "feal-002", "bcc Fe-Al along <002>: B2, and D0_3, which has the same reflection", ONE_STRUCTURE("b2") },
    { "allimg-011", "fcc Al-Li-Mg along <011>: L1_2", ONE_STRUCTURE("l12-110") },
    { .name = NULL }
};

static const oa_param superlattice_table[] = {
    OA_PARAM(superlattice_params, preset, .dflt_text = "", .choices = preset_words, .help = "alloy and direction as `classify` names them; fills structure"),
    OA_PARAM(superlattice_params, species, .dflt_text = "", .help = "the species that orders, an element or ion name; several, Ni,Cr: one result each"),
    OA_PARAM(superlattice_params, joint, .dflt = 0,
             .help = "with several species: one result more, the map and the domains of all of them at once, each with a contrast of its own. One species that orders "
                      "alone is seen better by itself"),
    OA_PARAM(superlattice_params, structure, .dflt_text = "l12", .choices = structure_words,
             .help = "ordered structure and, behind a dash, the row of the crystal along the direction where it is not the usual one (<111> for l11, else <001>)"),
    OA_PARAM(superlattice_params, period, .unit = OA_NM, .dflt = 0, .min = 0, .max = 10,
             .help = "period of the order along the direction, twice the spacing of the planes (l12: the lattice parameter); 0: twice the spacing whose planes "
                      "diffract best, "
                     "0.10 to 0.30 nm"),
    OA_PARAM(superlattice_params, direction, .dflt_text = "0,0,1", .n_min = 3, .n_max = 3, .min = -1e6, .max = 1e6,
             .help = "x,y,z of the specimen, the normal of the planes; up to 8 degrees off and up to 6 % of stretch are followed"),
    OA_PARAM(superlattice_params, width, .unit = OA_NM, .dflt = 0.55, .min = 0.3, .max = 5, .help = "w of the window exp(-r^2 / 2 w^2) of the map"),
    OA_PARAM(superlattice_params, sigma_lateral, .unit = OA_NM, .dflt = 0.4, .min = 0, .max = 3,
             .help = "blur of the edges of domains across z: standard deviation of the lateral noise of a reconstruction"),
    OA_PARAM(superlattice_params, fit_sigma, .dflt = 1,
             .help = "measure that blur at the listed domains instead, where there are 5 or more: by the width that makes their ions likeliest"),
    OA_PARAM(superlattice_params, fit_occupancy, .dflt = 1,
             .help = "measure occupancy at the listed domains, where there are 5 or more. Used where domains have order enough: where a place of their composition "
                      "without it would speak against one"),
    OA_PARAM(superlattice_params, radii, .unit = OA_NM, .dflt_text = "0.6,0.8,1,1.2,1.4,1.6", .n_min = 1, .n_max = OA_RADII_MAX, .min = 0.3, .max = 6,
             .help = "radii of domains, ascending; larger ones are added by factors of 1.25 while the largest holds more than 15 % of the domains"),
    OA_PARAM(superlattice_params, rate, .dflt = 0.05, .min = 0, .max = 1, .help = "share of false ones among the listed domains"),
    OA_PARAM(superlattice_params, ion_rate, .dflt = 0.1, .min = 0, .max = 1, .help = "share of wrong ones among the selected ions"),
    OA_PARAM(superlattice_params, prior, .n_min = 0, .n_max = OA_RADII_MAX + 1, .min = 0, .max = 1e6,
             .help = "domains a cubic nanometre, then the shares of the radii, which sum to 1; left out: fitted to the specimen"),
    OA_PARAM(superlattice_params, occupancy, .n_min = 0, .n_max = 2, .min = 0, .max = 1,
             .help = "share of the species on the one family of planes and on the other, in domains, the larger first; 0.5,0 is perfect L1_2 of stoichiometric "
                      "composition. Then what domains hold of the species tells too where they are. Where it is neither given nor measured, domains are taken to hold as "
                      "much as is around them with 0.8 of the order that allows, so that planes only are compared"),
    OA_PARAM_END
};

static const oa_slot superlattice_slots[] = {
    { "ions", OA_TAKES_IONS, false, "ranged ions; those without a type are left out" },
    OA_SLOT_END
};

static const oa_output superlattice_outputs[] = {
    { .name = "map/statistic", .is_split = true, .is_optional = true, .type = OA_F32, .shape = "(grid_z, grid_y, grid_x)", .axes = "grid_z,grid_y,grid_x",
        .is_plot = true, .slice = ".,*,.",
      .help = "Z, normal with variance 1 without order, its sign the antiphase variant; T, half of chi-squared of summary/degrees, where planes are not "
               "resolved or species several. NaN: few ions" },
    { .name = "map/grid_z", .is_split = true, .is_optional = true, .type = OA_F64, .shape = "(grid_z)", .unit = OA_NM, .help = "middles of the cells" },
    { .name = "map/grid_y", .is_optional = true, .type = OA_F64, .shape = "(grid_y)", .unit = OA_NM, .help = "middles of the cells" },
    { .name = "map/grid_x", .is_optional = true, .type = OA_F64, .shape = "(grid_x)", .unit = OA_NM, .help = "middles of the cells" },
    { .name = "phase/stretch", .is_optional = true, .type = OA_F32, .shape = "(node_z, node_y, node_x)", .axes = "node_z,node_y,node_x", .slice = ".,*,.",
      .help = "spacing of the planes over its mean, less 1; NaN where planes are not resolved" },
    { .name = "phase/tilt", .is_optional = true, .type = OA_F32, .shape = "(node_z, node_y, node_x)", .unit = OA_DEGREE, .help = "angle between the normal of the "
             "planes and the direction" },
    { .name = "phase/quality", .is_optional = true, .type = OA_F32, .shape = "(node_z, node_y, node_x)", .help = "Q of the reflection of the planes: above 25 they "
             "are resolved, 7 at most without" },
    { .name = "phase/node_z", .is_optional = true, .type = OA_F64, .shape = "(node_z)", .unit = OA_NM, .help = "nodes" },
    { .name = "phase/node_y", .is_optional = true, .type = OA_F64, .shape = "(node_y)", .unit = OA_NM, .help = "nodes" },
    { .name = "phase/node_x", .is_optional = true, .type = OA_F64, .shape = "(node_x)", .unit = OA_NM, .help = "nodes" },
    { .name = "spectrum/quality", .is_optional = true, .type = OA_F64, .shape = "(spacing)", .axes = "spacing", .help = "mean over nodes of the largest Q of "
             "planes of this spacing" },
    { .name = "spectrum/spacing", .is_optional = true, .type = OA_F64, .shape = "(spacing)", .unit = OA_NM, .help = "spacing of planes" },
    { .name = "domains/statistic", .is_optional = true, .type = OA_F64, .shape = "(domain)", .axes = "domain", .help = "Z at the maximum, corrected for the tails "
             "of rare species; or T" },
    { .name = "domains/domain", .is_optional = true, .type = OA_U32, .shape = "(domain)", .help = "number of the domain, the surest first" },
    { .name = "domains/x", .is_optional = true, .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .help = "place of the maximum" },
    { .name = "domains/y", .is_optional = true, .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .help = "place of the maximum" },
    { .name = "domains/z", .is_optional = true, .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .help = "place of the maximum" },
    { .name = "domains/q_value", .is_optional = true, .type = OA_F64, .shape = "(domain)", .help = "smallest rate of false domains at which it is listed" },
    { .name = "domains/expected_false", .is_optional = true, .type = OA_F64, .shape = "(domain)", .help = "maxima as high that are expected without order, in the "
             "whole specimen" },
    { .name = "domains/amplitude", .is_optional = true, .type = OA_F64, .shape = "(domain)",
      .help = "half the difference of the species' shares on the two families of planes, mean over the window, with the sign of the statistic; 1/4 in perfect L1_2. "
               "Of several: half the sum of all moduli" },
    { .name = "domains/ions", .is_optional = true, .type = OA_F64, .shape = "(domain)", .help = "sum of the probabilities of the ions that are nearest to this "
             "domain" },
    { .name = "domains/radius", .is_optional = true, .type = OA_F64, .shape = "(domain)", .unit = OA_NM, .help = "of the sphere that holds as many ions" },
    { .name = "domains/fraction", .is_optional = true, .type = OA_F64, .shape = "(domain)", .help = "share of the species among them; NaN where there are none" },
    { .name = "posterior/probability", .is_split = true, .is_optional = true, .type = OA_F32, .shape = "(ion)", .axes = "ion_index", .help = "probability that the "
             "ion belongs to an ordered domain" },
    { .name = "posterior/ion_index", .is_split = true, .is_optional = true, .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: all ions with a "
             "type" },
    { .name = "selected/probability", .type = OA_F32, .shape = "(ion)", .axes = "ion_index", .help = "of the selected ions" },
    { .name = "selected/ion_index", .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: the likeliest ions, of which the share ion_rate is "
             "wrong" },
    OA_CLOUD_OUTPUTS("probability", OA_F32, false, "selected ions seen along y; the colour is their probability"),
    { .name = "prior/share", .is_optional = true, .type = OA_F64, .shape = "(radius)", .axes = "radius", .help = "share of the domains of this radius, of the "
             "first round" },
    { .name = "prior/radius", .is_optional = true, .type = OA_F64, .shape = "(radius)", .unit = OA_NM, .help = "radii that were looked for" },
    { .name = "summary/species", .type = OA_TEXT, .help = "species" },
    { .name = "summary/remark", .type = OA_TEXT, .help = "what this reflection can tell" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions with a type" },
    { .name = "summary/species_ions", .type = OA_U64, .help = "of these, of the species" },
    { .name = "summary/period", .type = OA_F64, .unit = OA_NM, .help = "period of the order; 0: none was found" },
    { .name = "summary/plane_spacing", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "spacing of the planes, 0.10 to 0.30 nm: where their reflection "
             "is strongest" },
    { .name = "summary/plane_quality", .type = OA_F64, .is_optional = true, .help = "strength of that reflection: 30 and more where planes are resolved, 7 where "
             "there are none" },
    { .name = "summary/median_quality", .type = OA_F64, .is_optional = true, .help = "median Q of the nodes" },
    { .name = "summary/accepted_share", .type = OA_F64, .is_optional = true, .help = "share of the nodes where planes are resolved" },
    { .name = "summary/largest_deviation", .type = OA_F64, .is_optional = true, .help = "largest jump of the phase between neighbouring nodes, radians; above 1 a "
             "defect may lie between" },
    { .name = "summary/mean_spacing", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "mean spacing of the planes" },
    { .name = "summary/largest_stretch", .type = OA_F64, .is_optional = true, .help = "largest modulus of the stretch" },
    { .name = "summary/largest_tilt", .type = OA_F64, .unit = OA_DEGREE, .is_optional = true, .help = "largest angle between the planes' normal and the direction" },
    { .name = "summary/sigma_depth", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "noise along the normal of the planes, median" },
    { .name = "summary/sigma_depth_low", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "its lower quartile" },
    { .name = "summary/sigma_depth_high", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "its upper quartile" },
    { .name = "summary/sigma_lateral", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "blur of the edges of domains that was used: fitted or given" },
    { .name = "summary/sigma_lateral_error", .type = OA_F64, .unit = OA_NM, .is_optional = true, .help = "standard error of the fitted one, from the bend of the "
             "likelihood" },
    { .name = "summary/is_signed", .type = OA_BOOL, .help = "planes are resolved and the species is one, so that the statistic has a sign and ions have probabilities" },
    { .name = "summary/degrees", .type = OA_U64, .is_optional = true, .help = "degrees of freedom of the statistic: 1 of Z, 2 of T; of several species one less than of "
             "kinds of ions, twice as many where planes are not resolved" },
    { .name = "summary/map_volume", .type = OA_F64, .unit = "nm^3", .is_optional = true, .help = "volume of the map where it is not NaN" },
    { .name = "summary/maxima", .type = OA_U64, .is_optional = true, .help = "maxima of the map that were looked at: |Z| of at least 3, T of at least 4.5" },
    { .name = "summary/threshold", .type = OA_F64, .is_optional = true, .help = "modulus of the statistic of the last listed domain" },
    { .name = "summary/expected_false_domains", .type = OA_F64, .is_optional = true, .help = "of the listed domains" },
    { .name = "summary/domains", .type = OA_U64, .help = "domains at the stated rate" },
    { .name = "summary/density", .type = OA_F64, .unit = "1/nm^3", .is_optional = true, .help = "domains a volume that the mixture found, also too weak ones to be "
             "listed" },
    { .name = "summary/rounds", .type = OA_U64, .is_optional = true, .help = "rounds of the mixture" },
    { .name = "summary/mixture_domains", .type = OA_F64, .is_optional = true, .help = "domains that the mixture found in all rounds" },
    { .name = "summary/occupancy_high", .type = OA_F64, .is_optional = true,
      .help = "share of the species on the family of planes of the listed domains that has more of it, as measured" },
    { .name = "summary/occupancy_low", .type = OA_F64, .is_optional = true, .help = "and on the other" },
    { .name = "summary/uses_composition", .type = OA_BOOL, .is_optional = true,
      .help = "probabilities make use of what domains hold of the species, as occupancy or fit_occupancy says; else they compare planes only" },
    { .name = "summary/mean_contrast", .type = OA_F64, .is_optional = true,
      .help = "half the difference of the shares on the planes that domains are taken to have: 0.8 min(p, 1 - p), mean over the ions, or as occupancy says" },
    { .name = "summary/ion_density", .type = OA_F64, .unit = "1/nm^3", .is_optional = true, .help = "ions in the volume of the mixture" },
    { .name = "summary/ordered_share", .type = OA_F64, .is_optional = true, .help = "mean probability of the ions" },
    { .name = "summary/ions_selected", .type = OA_U64, .help = "ions that were selected" },
    { .name = "summary/probability_threshold", .type = OA_F64, .is_optional = true, .help = "probability above which ions are selected" },
    { .name = "summary/expected_wrong_share", .type = OA_F64, .is_optional = true, .help = "of the selected ions" },
    OA_OUTPUT_END
};

const superlattice_structure *oa_superlattice__structure(const char *name)
{
    const superlattice_structure *s = structures;
    while (strcmp(s->name, name) != 0) s++; /* one of the choices */
    return s;
}

static oa_status superlattice_check(oa_context *context, const void *params)
{
    const superlattice_params *p = params;
    double square = 0, sum = 0;
    for (int i = 0; i < 3; i++) square += p->direction.v[i] * p->direction.v[i];
    if (!p->species[0]) return oa_fail_at(context, OA_IN_PARAMETER("species"), "E_PARAMETER_VALUE", "species says which ions order; give --species Ni, for example");
    if (p->joint && !strchr(p->species, ','))
        return oa_fail_at(context, OA_IN_PARAMETER("joint"), "E_PARAMETER_VALUE", "%s is one species; joint takes several, --species Ni,Cr for example", p->species);
    if (!(square > 1e-12)) return oa_fail_at(context, OA_IN_PARAMETER("direction"), "E_PARAMETER_RANGE", "a direction needs a length; give 0,0,1 or the normal of "
             "the planes");
    for (int i = 1; i < p->radii.n; i++)
        if (!(p->radii.v[i] > p->radii.v[i - 1]))
            return oa_fail_at(context, OA_IN_PARAMETER("radii"), "E_PARAMETER_RANGE", "%g nm follows %g nm; give radii that ascend", p->radii.v[i], p->radii.v[i -
                1]);
    for (int i = 1; i < p->prior.n; i++) sum += p->prior.v[i];
    if (p->prior.n && p->prior.n != p->radii.n + 1)
        return oa_fail_at(context, OA_IN_PARAMETER("prior"), "E_PARAMETER_VALUE", "%d numbers for %d radii; give the density of domains, then one share for each "
                 "radius", p->prior.n, p->radii.n);
    if (p->prior.n && !(p->prior.v[0] > 0 && fabs(sum - 1) < 1e-3))
        return oa_fail_at(context, OA_IN_PARAMETER("prior"), "E_PARAMETER_RANGE", "a density of %g /nm^3 and shares that sum to %g; the density must be above 0, "
                 "the sum 1", p->prior.v[0], sum);
    if (p->occupancy.n == 1 || (p->occupancy.n == 2 && !(p->occupancy.v[0] > p->occupancy.v[1])))
        return oa_fail_at(context, OA_IN_PARAMETER("occupancy"), "E_PARAMETER_VALUE", "two shares of the species, the larger first; give 0.5,0 for example");
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- inputs */

static oa_status split_species(oa_run *run, superlattice_job *job)
{
    char **words;
    OA_TRY(oa_words_split(run, job->params->species, ',', &words, &job->n_words));
    oa_status status = oa_scratch(run, &job->words, job->n_words + 1, sizeof *job->words);
    for (size_t i = 0; status == OA_OK && i < job->n_words; i++) {
        status = oa_scratch(run, &job->words[i], strlen(words[i]) + 1, 1);
        if (status == OA_OK) memcpy(job->words[i], words[i], strlen(words[i]));
    }
    oa_free(run->context, words);
    return status;
}

typedef struct marking {
    const oa_ions *ions;
    const uint8_t *mark; /* of each type */
    uint8_t *code;
} marking;

static oa_status mark_chunk(void *arg, oa_span span, oa_worker *worker)
{
    const marking *m = arg;
    (void)worker;
    for (size_t i = span.begin; i < span.end; i++) m->code[i] = m->mark[oa_ions__type(m->ions, i)];
    return OA_OK;
}

/* Marks the ions of a species by 1, others with a type by 0; how many those of the species are. */
static oa_status mark_species(oa_run *run, superlattice_job *job, size_t word, size_t *count)
{
    const size_t types = job->ions->ranges->n_types + 1;
    bool *is_member;
    uint8_t *mark;
    OA_TRY(oa_scratch(run, &is_member, types, sizeof *is_member));
    OA_TRY(oa_scratch(run, &mark, types, sizeof *mark));
    OA_TRY(oa_ranges__species(run->context, job->ions->ranges, job->words[word], "species", is_member));
    for (size_t type = 0; type < types; type++) mark[type] = type ? is_member[type] : OA_TILED_LEFT_OUT;
    OA_TRY(oa_parallel(run->context, job->ions->n, 1 << 18, mark_chunk, &(marking){ job->ions, mark, job->code }));
    *count = job->ranged = 0;
    for (size_t i = 0; i < job->ions->n; i++) {
        job->ranged += job->code[i] != OA_TILED_LEFT_OUT;
        *count += job->code[i] == 1;
    }
    return OA_OK;
}

static oa_status check_species(oa_run *run, superlattice_job *job, size_t word)
{
    enum { LEAST = 500 };
    size_t count;
    OA_TRY(mark_species(run, job, word, &count));
    if (count < LEAST)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_EMPTY_DATA", "there are %zu ions of %s among %zu; %d at least are needed to tell order from "
                 "chance", count, job->words[word],
                          job->ranged, LEAST);
    if (count == job->ranged)
        return oa_fail_at(run->context, OA_IN_PARAMETER("species"), "E_EMPTY_DATA", "all %zu ions are %s, so none of its places can be told from another; give a "
                 "species that shares its sites",
                          count, job->words[word]);
    return OA_OK;
}

static oa_status prepare(oa_run *run, const superlattice_params *p, superlattice_job *job)
{
    const oa_input *ions = oa_run_input(run, "ions");
    *job = (superlattice_job){ .params = p, .structure = oa_superlattice__structure(p->structure), .ions = ions ? ions->ions : NULL };
    if (!job->ions) return oa_fail(run->context, "E_INPUT_KIND", "superlattice takes ions, and they are missing");
    oa_run_release(ions, OA_POSITIONS_TYPES);
    OA_TRY(oa_run_check_types(run, job->ions));
    OA_TRY(split_species(run, job));
    if (p->joint && job->n_words >= OA_CATEGORIES_MAX)
        return oa_fail_at(run->context, OA_IN_PARAMETER("joint"), "E_PARAMETER_RANGE", "%zu species; joint takes up to %d", job->n_words, OA_CATEGORIES_MAX - 1);
    OA_TRY(oa_scratch(run, &job->code, job->ions->n, 1));
    for (size_t w = job->n_words; w-- > 0;) OA_TRY(check_species(run, job, w)); /* the first stays marked */
    return OA_OK;
}

/* One task a species, and with joint one more of all of them. */
static size_t count_tasks(const superlattice_job *job) { return job->n_words + job->params->joint; }

static oa_status take_task(oa_run *run, const superlattice_job *job, size_t task)
{
    return oa_run_task(run, (int)task + 1, task == job->n_words ? job->params->species : job->n_words > 1 ? job->words[task] : "");
}

/* ---------------------------------------------------------------------------------------------- one species */

static oa_status map_and_posterior(oa_run *run, const superlattice_job *job, const oa_labels *labels, float *share)
{
    oa_maximum *list;
    size_t n;
    OA_TRY(oa_superlattice__map(run, job, &(superlattice_map){ .labels = labels }, &list, &n));
    return job->is_resolved ? oa_superlattice__posterior(run, job, share, list, n) : OA_OK;
}

static oa_status put_counts(oa_run *run, const superlattice_job *job, const char *species, size_t count)
{
    OA_TRY(oa_put_text(run, "summary/species", species));
    OA_TRY(oa_put_text(run, "summary/remark", job->structure->remark));
    OA_TRY(oa_put_count(run, "summary/ions", job->ranged));
    return oa_put_count(run, "summary/species_ions", count);
}

static oa_status one_species(oa_run *run, superlattice_job *job, size_t word)
{
    size_t count;
    OA_TRY(mark_species(run, job, word, &count));
    OA_TRY(put_counts(run, job, job->words[word], count));
    OA_TRY(oa_put_bool(run, "summary/is_signed", job->is_resolved));
    if (!(job->period > 0)) return oa_put_count(run, "summary/domains", 0);
    for (size_t i = 0; i < job->tiled.n; i++) job->tiled.species[i] = job->code[job->tiled.row[i]];
    float *share;
    OA_TRY(oa_new(run->context, &share, job->tiled.n + OA_WAVE_LANES, sizeof *share));
    const oa_labels labels = { .tiled = &job->tiled, .species = 1, .share = share };
    oa_status status = oa_local_share(&job->tiled, 1, share);
    if (status == OA_OK) status = map_and_posterior(run, job, &labels, share);
    oa_free(run->context, share);
    return status;
}

static oa_status all_species(oa_run *run, superlattice_job *job)
{
    size_t sum = 0;
    for (size_t word = 0; word < job->n_words; word++) {
        size_t count;
        OA_TRY(mark_species(run, job, word, &count));
        sum += count;
    }
    OA_TRY(put_counts(run, job, job->params->species, sum));
    OA_TRY(oa_put_bool(run, "summary/is_signed", false));
    if (!(job->period > 0)) return oa_put_count(run, "summary/domains", 0);
    return oa_superlattice__joint(run, job);
}

/* The planes are those of all species: their results stand once, with the first. */
static oa_status share_planes(oa_run *run, const superlattice_job *job, size_t n)
{
    for (size_t task = 1; task < count_tasks(job); task++) {
        OA_TRY(take_task(run, job, task));
        for (size_t i = 0; i < n; i++) OA_TRY(oa_put_same(run, i));
    }
    return OA_OK;
}

static oa_status all_tasks(oa_run *run, superlattice_job *job)
{
    OA_TRY(share_planes(run, job, run->out->n));
    for (size_t task = 0; task < count_tasks(job); task++) {
        OA_TRY(take_task(run, job, task));
        OA_TRY(task < job->n_words ? one_species(run, job, task) : all_species(run, job));
    }
    return OA_OK;
}

static oa_status superlattice_run(oa_run *run, const void *params)
{
    superlattice_job job;
    OA_TRY(prepare(run, params, &job));
    OA_TRY(take_task(run, &job, 0));
    oa_status status = oa_superlattice__planes(run, &job);
    if (status == OA_OK) status = all_tasks(run, &job);
    oa_free(run->context, job.m);
    oa_free(run->context, job.angle);
    return status;
}

static oa_status superlattice_finish(oa_run *run, const void *params)
{
    superlattice_job job;
    size_t count;
    OA_TRY(prepare(run, params, &job));
    for (size_t task = 0; task < count_tasks(&job); task++) {
        OA_TRY(take_task(run, &job, task));
        if (task < job.n_words) OA_TRY(mark_species(run, &job, task, &count));
        OA_TRY(oa_superlattice__finish(run, &job));
    }
    return OA_OK;
}

/* Per ion: columns 13, mark 1, sorted 17, m and share 8, plus and minus 8, even 4; results 12. Per cubic nanometre: the map 64 cells with two fields, or the
 * mixture's, 4 by up to 5 by 5 cells with a weight and a sign of each radius and exp Omega. */
static uint64_t superlattice_memory(const oa_run *run, const void *params)
{
    const superlattice_params *p = params;
    const double kinds = p->joint ? OA_CATEGORIES_MAX : 0; /* a share of each for every ion, six fields for one after the other */
    const oa_input *input = oa_run_input(run, "ions");
    double lo[3], hi[3], cubes = 1;
    if (!input || !input->ions) return 0;
    oa_ions__bounds(input->ions, lo, hi);
    for (int a = 0; a < 3; a++) cubes *= floor(hi[a] / OA_CUBE) - floor(lo[a] / OA_CUBE) + 1;
    const double per = p->fit_sigma ? OA_MIXTURE_FINEST : (double)oa_mixture_cells(p->sigma_lateral), centres = cubes * per * per * OA_MIXTURE_DEPTH * (5 *
        p->radii.n + 5), cells = cubes * SUPERLATTICE_MAP_PER * SUPERLATTICE_MAP_PER * SUPERLATTICE_MAP_PER;
    const double ions = fmax(p->occupancy.n || p->fit_occupancy ? 63 : 59, 38 + 4 * kinds) * (double)oa_ions__count(input->ions);
    const double tile = fmin(125e6, 10e6 + 200 * cubes * per * per * OA_MIXTURE_DEPTH);
    return (uint64_t)(ions + cells * 4 + fmax(cells * (p->joint ? 28 : 8), centres) + run->context->threads * tile) + 60000000;
}

const oa_step oa_step_superlattice = {
    .name = "superlattice",
    .version = 7,
    .title = "Order from the phase of atomic planes",
    .help = "Follows the atomic planes through stretch, bend and tilt by their own reflection and asks on which of the two families of planes a species sits: a "
             "signed map "
            "whose distribution without order is known exactly, domains at a stated rate of false ones (expected Euler characteristic of the map), and for each "
                     "ion the probability that "
            "it belongs to a compact ordered domain, without training. See docs/superlattice.md.",
    .params = superlattice_table, .params_size = sizeof(superlattice_params), .presets = superlattice_presets,
    .slots = superlattice_slots, .outputs = superlattice_outputs,
    .has_slabs = true,
    .skips_unranged = true,
    .check = superlattice_check,
    .run = superlattice_run,
    .finish = superlattice_finish,
    .memory = superlattice_memory,
};
