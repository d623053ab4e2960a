/* domains.c - groups of selected ions: their sizes, shapes, composition and pairs, how many there are in which volume, and
 * whether their sizes differ from those of random controls, and which of them another selection finds too. Here are the tables and
 * the order of the work; domains.h tells what is where. DBSCAN: Ester et al., KDD 1996. Test of randomness: Li et al., Adv. Mater. 2024, 2407564. */
#include <string.h>

#include "base/random.h"
#include "step/cloud.h"
#include "step/domains.h"

static const char *const method_words[] = { "dbscan", "max_separation", NULL };
static const char *const volume_words[] = { "none", "frustum", "frustum_3.14", "cube", "roi", NULL };

static const oa_param domains_table[] = {
    OA_PARAM(domains_params, method, .dflt_text = "dbscan", .choices = method_words,
             .help = "dbscan: core ions with enough neighbours, linked through core ions, with the ions they reach; max_separation: "
                     "all ions linked by steps of at most eps"),
    OA_PARAM(domains_params, species, .dflt_text = "",
             .help = "elements or ion names whose ions take part, Ni,Co; left out: all, ranged or not"),
    OA_PARAM(domains_params, eps, .unit = OA_NM, .dflt = 0.4, .min = 1e-4, .max = 100, .help = "distance of neighbours (inclusive)"),
    OA_PARAM(domains_params, min_points, .dflt = 3, .min = 1, .max = 1e9,
             .help = "dbscan: ions within eps that make an ion a core ion, itself counted; max_separation: smallest domain"),
    OA_PARAM(domains_params, rounding, .unit = OA_NM, .dflt = 0.001, .min = 0, .max = 1,
             .help = "positions are rounded to multiples of this; the published analysis works on lists with three decimals, hence "
                     "0.001; 0: as they are"),
    OA_PARAM(domains_params, size_bin, .dflt = 5, .min = 1, .max = 1e6, .help = "ions per bin of the size distribution"),
    OA_PARAM(domains_params, size_max, .dflt = 160, .min = 1, .max = 1e9,
             .help = "end of the size distribution; larger domains are pooled in the last bin"),
    OA_PARAM(domains_params, draws, .dflt = 0, .min = 0, .max = 1000,
             .help = "shuffled controls made here, beside the one of slot control: types permuted as step shuffle does with seed + 1, "
                     "seed + 2, ... (of ions that `segment` selected, ranged ones only); then species are chosen, or the step that selected the ions is repeated"),
    OA_PARAM(domains_params, seed, .dflt = 1, .min = 0, .max = OA_SEED_MAX, .help = "which controls and which bootstrap"),
    OA_PARAM(domains_params, bootstrap, .dflt = 1000, .min = 0, .max = 1e6,
             .help = "resamplings of the domains for the interval of mu; 0: no interval"),
    OA_PARAM(domains_params, shape_min, .dflt = 20, .min = 1, .max = 1e9,
             .help = "shapes are counted for all domains, and again for those of at least this many ions"),
    OA_PARAM(domains_params, volume, .dflt_text = "none", .choices = volume_words,
             .help = "volume of the number density: roi, that of the region; frustum, of a tip with its apex at z = 0, times ranged ions in "
                     "the region over all (frustum_3.14: with the published value of pi); cube, of the box `cube`, scaled in the same way"),
    OA_PARAM(domains_params, roi, .unit = OA_NM, .n_min = 6, .n_max = 6,
             .help = "region xlo,xhi,ylo,yhi,zlo,zhi that volume, volume fraction and mean composition refer to; left out: the pixels of "
                     "the result that selected the ions, else the bounding box. It does not choose ions"),
    OA_PARAM(domains_params, cube, .unit = OA_NM, .n_min = 6, .n_max = 6, .help = "volume cube: a box filled with ions, xlo,xhi,ylo,yhi,zlo,zhi"),
    OA_PARAM(domains_params, pairs, .dflt_text = "",
             .help = "z-SDMs within each domain: species of the centre and of the neighbour, Ni-Ni or Ni-Ni,Co-Cr; left out: none"),
    OA_PARAM(domains_params, bins, .dflt = 200, .min = 2, .max = 65536, .help = "bins of such a map"),
    OA_PARAM(domains_params, half_range, .unit = OA_NM, .dflt = 1.5, .min = 0.01, .max = 100,
             .help = "the map reaches from minus to plus this distance, and no pair is longer"),
    OA_PARAM_END
};

static const oa_slot domains_slots[] = {
    { "ions", OA_TAKES_SELECTION, false, "ions, or a result with selected ions: then these, each of several selections for itself" },
    { "control", OA_TAKES_SELECTION, true, "the same made from shuffled ions, for the test of randomness" },
    { "witness", OA_TAKES_SELECTION, true, "another selection of the same ions, by another step or network: its domains are found in the same way, and compared" },
    { "selection", OA_TAKES_RESULT, true, "only the ions selected there take part, or those of the true domains of a synthesised specimen" },
    OA_SLOT_END
};

static const oa_output domains_outputs[] = {
    { .name = "membership/domain", .type = OA_U32, .shape = "(ion)", .axes = "ion_index", .help = "domain of the ion, from 1; 0: none" },
    { .name = "membership/ion_index", .type = OA_U64, .shape = "(ion)", .help = "row of the ion, ascending: all that take part" },
    OA_CLOUD_OUTPUTS("domain", OA_U32, false, "ions in domains seen along y; the colour is the number of their domain"),
    { .name = "size_distribution/count", .type = OA_U32, .shape = "(size)", .axes = "size", .is_plot = true, .beside = "control",
      .help = "domains by their number of ions; larger ones than size_max are in the last bin" },
    { .name = "size_distribution/control", .type = OA_F64, .shape = "(size)", .is_optional = true,
      .help = "the same of the control, or the mean of several" },
    { .name = "size_distribution/control_deviation", .type = OA_F64, .shape = "(size)", .is_optional = true,
      .help = "standard deviation among several controls" },
    { .name = "size_distribution/size", .type = OA_F64, .shape = "(size)", .help = "middle of the bin, ions" },
    { .name = "sizes/size", .type = OA_U32, .shape = "(domain)", .axes = "domain", .help = "ions of the domain" },
    { .name = "sizes/domain", .type = OA_U32, .shape = "(domain)", .help = "number of the domain" },
    { .name = "sizes/centre", .type = OA_F64, .shape = "(domain, 3)", .unit = OA_NM, .help = "x, y, z of the centre of its ions" },
    { .name = "sizes/gyration_radius", .type = OA_F64, .shape = "(domain, 3)", .unit = OA_NM,
      .help = "radii of gyration along the principal axes, largest first" },
    { .name = "sizes/aspect_ratio", .type = OA_F64, .shape = "(domain)", .help = "second radius over first; NaN where both are 0" },
    { .name = "sizes/oblateness", .type = OA_F64, .shape = "(domain)", .help = "third radius over second; NaN where both are 0" },
    { .name = "sizes/shape", .type = OA_U8, .shape = "(domain)",
      .help = "sphere: both ratios above 0.5; disc: only the aspect ratio; rod: only the oblateness; lath: none" },
    { .name = "sizes/equivalent_radius", .type = OA_F64, .shape = "(domain)", .unit = OA_NM,
      .help = "of the sphere with the same product of radii of gyration" },
    { .name = "sizes/p_value", .type = OA_F64, .shape = "(domain)", .is_optional = true,
      .help = "(1 + domains of all controls at least as large) / (1 + domains of all controls)" },
    { .name = "sizes/q_value", .type = OA_F64, .shape = "(domain)", .is_optional = true,
      .help = "smallest rate of false discoveries, by the controls, at which a limit of size keeps the domain" },
    { .name = "composition/fraction", .type = OA_F64, .shape = "(domain, element)", .axes = "domain,element", .is_optional = true,
      .help = "share of the atoms of the domain, molecular ions taken apart; NaN where no ion of it has a type" },
    { .name = "composition/fraction_errors", .type = OA_F64, .shape = "(domain, element)", .is_optional = true, .help = "standard error from counting" },
    { .name = "composition/excess", .type = OA_F64, .shape = "(domain, element)", .is_optional = true, .help = "fraction less mean" },
    { .name = "composition/mean", .type = OA_F64, .shape = "(element)", .is_optional = true,
      .help = "share in the region, of the species that take part" },
    { .name = "composition/mean_errors", .type = OA_F64, .shape = "(element)", .is_optional = true, .help = "its standard error from counting" },
    { .name = "composition/element", .type = OA_U32, .shape = "(element)", .is_optional = true, .help = "atomic number; the long name has the symbols" },
    { .name = "composition/domain", .type = OA_U32, .shape = "(domain)", .is_optional = true, .help = "number of the domain" },
    { .name = "ion_types/count", .type = OA_U32, .shape = "(domain, ion_type)", .axes = "domain,ion_type", .is_optional = true,
      .help = "ions of the type in the domain" },
    { .name = "ion_types/ion_type", .type = OA_U32, .shape = "(ion_type)", .is_optional = true, .help = "ion type; the long name says which is which" },
    { .name = "ion_types/domain", .type = OA_U32, .shape = "(domain)", .is_optional = true, .help = "number of the domain" },
    { .name = "maps/counts", .type = OA_U32, .shape = "(domain, pair, distance)", .axes = "domain,pair,distance", .is_optional = true,
      .help = "ordered pairs within the domain per bin of the offset neighbour - centre along z" },
    { .name = "maps/domain", .type = OA_U32, .shape = "(domain)", .is_optional = true, .help = "number of the domain" },
    { .name = "maps/pair", .type = OA_U32, .shape = "(pair)", .is_optional = true, .help = "number of the pair; the long name says which is which" },
    { .name = "maps/distance", .type = OA_F64, .shape = "(distance)", .unit = OA_NM, .is_optional = true, .help = "bin centres" },
    { .name = "map_sum/counts", .type = OA_U64, .shape = "(pair, distance)", .axes = "pair,distance", .is_curves = true, .is_optional = true,
      .help = "the maps of all domains together" },
    { .name = "map_sum/pair", .type = OA_U32, .shape = "(pair)", .is_optional = true, .help = "number of the pair" },
    { .name = "map_sum/distance", .type = OA_F64, .shape = "(distance)", .unit = OA_NM, .is_optional = true, .help = "bin centres" },
    { .name = "agreement/overlap", .type = OA_F64, .shape = "(domain)", .axes = "domain", .is_optional = true,
      .help = "share of the domain's ions that lie within eps of an ion in a domain of the witness" },
    { .name = "agreement/domain", .type = OA_U32, .shape = "(domain)", .is_optional = true, .help = "number of the domain" },
    { .name = "agreement/partner", .type = OA_U32, .shape = "(domain)", .is_optional = true,
      .help = "domain of the witness that is nearest to most of these ions; 0: none" },
    { .name = "agreement/shared", .type = OA_U32, .shape = "(domain)", .is_optional = true, .help = "ions that the domain and its partner both have" },
    { .name = "agreement/p_value", .type = OA_F64, .shape = "(domain)", .is_optional = true,
      .help = "chance of so large a domain with so large a partner, by draws in which both selections are made again from the same shuffled ions" },
    { .name = "agreement/q_value", .type = OA_F64, .shape = "(domain)", .is_optional = true,
      .help = "of both witnesses together: smallest rate of false discoveries, by these draws, at which the domain is kept" },
    { .name = "witness/size", .type = OA_U32, .shape = "(witness_domain)", .axes = "domain", .is_optional = true, .help = "ions of the domain of the witness" },
    { .name = "witness/domain", .type = OA_U32, .shape = "(witness_domain)", .is_optional = true, .help = "number of the domain of the witness" },
    { .name = "witness/centre", .type = OA_F64, .shape = "(witness_domain, 3)", .unit = OA_NM, .is_optional = true, .help = "x, y, z of the centre of its ions" },
    { .name = "witness/partner", .type = OA_U32, .shape = "(witness_domain)", .is_optional = true,
      .help = "domain of the input that is nearest to most of its ions; 0: none" },
    { .name = "witness/overlap", .type = OA_F64, .shape = "(witness_domain)", .is_optional = true,
      .help = "share of its ions that lie within eps of an ion in a domain of the input" },
    { .name = "witness/shared", .type = OA_U32, .shape = "(witness_domain)", .is_optional = true, .help = "ions that it and its partner both have" },
    { .name = "summary/ions", .type = OA_U64, .help = "ions that take part" },
    { .name = "summary/domains", .type = OA_U64, .help = "domains" },
    { .name = "summary/noise_ions", .type = OA_U64, .help = "ions in no domain" },
    { .name = "summary/largest_domain", .type = OA_U64, .help = "ions of the largest domain" },
    { .name = "summary/mean_size", .type = OA_F64, .is_optional = true, .help = "mean ions of a domain" },
    { .name = "summary/median_size", .type = OA_F64, .is_optional = true, .help = "median ions of a domain" },
    { .name = "summary/spheres", .type = OA_U64, .help = "domains of this shape" },
    { .name = "summary/discs", .type = OA_U64, .help = "domains of this shape" },
    { .name = "summary/rods", .type = OA_U64, .help = "domains of this shape" },
    { .name = "summary/laths", .type = OA_U64, .help = "domains of this shape" },
    { .name = "summary/large_spheres", .type = OA_U64, .help = "the same of at least shape_min ions" },
    { .name = "summary/large_discs", .type = OA_U64, .help = "the same of at least shape_min ions" },
    { .name = "summary/large_rods", .type = OA_U64, .help = "the same of at least shape_min ions" },
    { .name = "summary/large_laths", .type = OA_U64, .help = "the same of at least shape_min ions" },
    { .name = "summary/volume_fraction", .type = OA_F64, .is_optional = true,
      .help = "ions of domains among the ions in the region, of the species that take part" },
    { .name = "summary/volume", .type = OA_F64, .unit = "nm^3", .is_optional = true, .help = "volume that parameter volume chose" },
    { .name = "summary/number_density", .type = OA_F64, .unit = "1/nm^3", .is_optional = true, .help = "domains in it; 1/nm^3 is 1e27 1/m^3" },
    { .name = "summary/number_density_error", .type = OA_F64, .unit = "1/nm^3", .is_optional = true, .help = "its standard error from counting" },
    { .name = "summary/controls", .type = OA_U64, .is_optional = true, .help = "random controls: that of the slot and the drawn ones" },
    { .name = "summary/control_domains", .type = OA_U64, .is_optional = true, .help = "domains of the controls, all together" },
    { .name = "summary/significant_domains", .type = OA_U64, .is_optional = true, .help = "domains with a q_value of at most 0.05" },
    { .name = "summary/pearson_r", .type = OA_F64, .is_optional = true, .help = "correlation of the two size distributions over all bins" },
    { .name = "summary/chi2", .type = OA_F64, .is_optional = true,
      .help = "sum of (count - control)^2 / control over bins with control >= 1; the control is not scaled" },
    { .name = "summary/chi2_scaled", .type = OA_F64, .is_optional = true, .help = "the same with the control scaled to as many domains" },
    { .name = "summary/degrees_of_freedom", .type = OA_U64, .is_optional = true, .help = "bins used, less one" },
    { .name = "summary/bins_used", .type = OA_U64, .is_optional = true, .help = "bins with control >= 1" },
    { .name = "summary/p_value", .type = OA_F64, .is_optional = true, .help = "chance of a larger chi2 where there is no difference" },
    { .name = "summary/mu", .type = OA_F64, .is_optional = true,
      .help = "sqrt(chi2 / (chi2 + N)), N half of all domains of both; non-random from 0.25 on; left out where no bin is used" },
    { .name = "summary/mu_low", .type = OA_F64, .is_optional = true, .help = "2.5 % of mu, domains of both lists resampled" },
    { .name = "summary/mu_high", .type = OA_F64, .is_optional = true, .help = "97.5 % of mu" },
    { .name = "summary/mu_scaled", .type = OA_F64, .is_optional = true, .help = "the same from chi2_scaled, N as before" },
    { .name = "summary/mu_scaled_low", .type = OA_F64, .is_optional = true, .help = "2.5 % of mu_scaled" },
    { .name = "summary/mu_scaled_high", .type = OA_F64, .is_optional = true, .help = "97.5 % of mu_scaled" },
    { .name = "summary/agreeing_domains", .type = OA_U64, .is_optional = true, .help = "domains with a domain of the witness beside them" },
    { .name = "summary/agreeing_by_chance", .type = OA_F64, .is_optional = true, .help = "mean number of these in the drawn controls" },
    { .name = "summary/significant_together", .type = OA_U64, .is_optional = true, .help = "domains with an agreement/q_value of at most 0.05" },
    { .name = "summary/witness_ions", .type = OA_U64, .is_optional = true, .help = "ions of the witness that take part" },
    { .name = "summary/witness_domains", .type = OA_U64, .is_optional = true, .help = "domains of the witness" },
    { .name = "summary/witness_agreeing", .type = OA_U64, .is_optional = true, .help = "of these, with a domain of the input beside them" },
    { .name = "summary/shared_ions", .type = OA_U64, .is_optional = true, .help = "ions that are in domains of both" },
    { .name = "summary/shared_share", .type = OA_F64, .is_optional = true, .help = "these among the ions that are in a domain of either" },
    OA_OUTPUT_END
};

static oa_status domains_check(oa_context *context, const void *params)
{
    const domains_params *p = params;
    if (p->size_max < p->size_bin || p->size_max % p->size_bin || p->size_max / p->size_bin > 1000000)
        return oa_fail_at(context, OA_IN_PARAMETER("size_max"), "E_PARAMETER_RANGE",
                          "size_max is %lld; it must be a multiple of size_bin, %lld, and at most a million of them",
                          (long long)p->size_max, (long long)p->size_bin);
    if ((strcmp(p->volume, "cube") == 0) != (p->cube.n == 6))
        return oa_fail_at(context, OA_IN_PARAMETER("cube"), "E_PARAMETER_VALUE", "volume is %s and cube has %d numbers; give cube with volume cube, "
                          "and only then", p->volume, p->cube.n);
    return OA_OK;
}

/* ---------------------------------------------------------------------------------------------- the order of the work */

static oa_status begin_task(oa_run *run, const oa_input *input, int task, int tasks)
{
    if (tasks == 1) return OA_OK;
    const char *title = input->result->task_titles ? input->result->task_titles[task - 1] : NULL;
    return oa_run_task(run, task, title ? title : "");
}

static oa_status run_task(oa_run *run, const domains_params *p, int task, oa_controls *controls)
{
    const oa_input *input = oa_run_input(run, "ions");
    oa_input of_task;
    oa_grouping found;
    double box[6];
    OA_TRY(begin_task(run, input, task, controls->tasks));
    OA_TRY(oa_domains__task_input(run, input, task, &of_task));
    oa_phase(run->context, "domains");
    OA_TRY(oa_domains__find(run, p, &of_task, &found));
    OA_TRY(oa_domains__put_membership(run, &found));
    OA_TRY(oa_cloud_put_domains(run, found.ions, found.domain));
    OA_TRY(oa_domains__put_table(run, p, &found));
    OA_TRY(oa_domains__box(run, p, &of_task, task, box));
    OA_TRY(oa_domains__put_volume(run, p, &found, box));
    OA_TRY(oa_domains__put_composition(run, p, &found, box));
    OA_TRY(oa_domains__put_maps(run, p, &found));
    if (task == controls->tasks) oa_run_release(input, 0);
    OA_TRY(oa_domains__use_control(run, p, task, controls));
    OA_TRY(oa_domains__put_distribution(run, p, &found, controls, task));
    return oa_domains__put_agreement(run, p, &found, task, &controls->agreement[task - 1]);
}

static oa_status domains_run(oa_run *run, const void *params)
{
    const domains_params *p = params;
    const int tasks = oa_domains__tasks(oa_run_input(run, "ions"));
    oa_controls controls;
    OA_TRY(oa_domains__check_control(run, p));
    OA_TRY(oa_domains__check_witness(run));
    OA_TRY(oa_domains__draw(run, p, tasks, &controls));
    for (size_t i = 0; i < run->n_inputs; i++)
        if (run->inputs[i].ions) oa_run_release(&run->inputs[i], OA_POSITIONS_TYPES);
    for (int task = 1; task <= tasks; task++) OA_TRY(run_task(run, p, task, &controls));
    return OA_OK;
}

/* Bytes of an input's ions: as they come, or those that stay. */
static uint64_t held_bytes(const oa_input *in, unsigned wanted)
{
    uint64_t bytes = 0;
    for (int c = 0; c < OA_ION_COLUMNS; c++)
        if (in->ions->column[c].block && wanted >> c & 1) bytes += in->ions->column[c].block->bytes;
    return bytes;
}

/* All ions as they come; or what stays of them while one set after the other is searched: of each set 5 bytes an ion for
 * the choice and the domain and, for each ion that takes part, 21 of the search, which leaves 12 of results, and the
 * cells. Rounding so fine that steps are no int32 in a thousand nm keeps doubles. Drawn controls are searched up to eight
 * together: of these 5 bytes an ion for types and masses, 1 for the choice and at most 56 of the search. */
static uint64_t domains_memory(const oa_run *run, const void *params)
{
    const domains_params *p = params;
    const bool has_doubles = p->rounding > 0 && p->rounding < 1e-6;
    uint64_t loaded = 0, staying = 0, most = 0;
    const uint64_t draws = p->draws > OA_SUBSETS_MAX ? OA_SUBSETS_MAX : (uint64_t)p->draws;
    for (size_t i = 0; i < run->n_inputs; i++) {
        const oa_input *in = &run->inputs[i];
        if (!in->ions) continue;
        loaded += held_bytes(in, ~0u);
        staying += held_bytes(in, in->may_consume ? OA_POSITIONS_TYPES : ~0u);
    }
    for (size_t i = 0; i < run->n_inputs; i++) {
        const oa_input *in = &run->inputs[i];
        if (!in->ions || strcmp(in->role, "selection") == 0) continue;
        const bool is_matched = draws && oa_run_input(run, "witness"); /* a second mask, and both searched once more with their domains */
        if (draws) loaded += (uint64_t)in->ions->n * (6 + 24 + 4 * draws);
        if (is_matched) loaded += (uint64_t)in->ions->n * 32;
        const uint64_t part = in->has_selection ? in->n_index : in->ions->n;
        staying += (oa_domains__takes_all(run, p, in) ? 4 : 5) * (uint64_t)in->ions->n;
        const uint64_t cells = 2 * part + (16u << 20), search = (has_doubles ? 33 : 21) * part + cells;
        most = staying + search > most ? staying + search : most;
        staying += 12 * part;
    }
    return most > loaded ? most : loaded;
}

const oa_step oa_step_domains = {
    .name = "domains",
    .version = 2,
    .title = "Domains, their sizes and shapes, and a test of randomness",
    .help = "Joins ions that lie near each other into domains, gives size, shape and composition of each and the distribution of sizes. With "
            "controls made from shuffled ions it says whether the distribution differs from a random one: Pearson's r, chi-squared "
            "with its p-value, and mu (0.25 or more: not random), and gives each domain a q-value. Defaults are those of Li et al., Adv. Mater. 2024, 2407564.",
    .params = domains_table, .params_size = sizeof(domains_params),
    .slots = domains_slots,  .outputs = domains_outputs,
    .check = domains_check,  .run = domains_run, .memory = domains_memory,
};
